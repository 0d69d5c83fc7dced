"""Where mistakes are told: at the word that is wrong, once, in the line an editor shows."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.load import parse
from cxkpi.errors import CatalogueError, Problem

HEAD = "cxkpi: 1\ncalendar: {timezone: UTC}\nmetrics:\n"
SHARE = "  x: {kind: share, from: contacts, meets: escalated, better: higher, target: 50%, alarm: 40%"
MARK = "«"


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(CatalogueError) as error:
        parse((HEAD + text).replace(MARK, ""), "mine.yaml")
    return error.value.problems


def marked(text: str) -> str:
    before = (HEAD + text).partition(MARK)[0].split("\n")
    return f"mine.yaml:{len(before)}:{len(before[-1]) + 1}"


@pytest.mark.parametrize(
    ("code", "message", "text"),
    [
        (
            "C203",
            "per: no column 'quee' in table 'contacts'; did you mean 'queue'?",
            SHARE + "}\n  y: {kind: share, from: {metrics: [x], per: [queue, «quee]}, meets: x > 0.5}\n",
        ),
        (
            "C503",
            "expect_by: no column 'quue' in table 'contacts'; did you mean 'queue'?",
            SHARE + ", examples: [{given: {contacts: escalated}, expect_by: {«quue: {a: {n: 1}}}}]}\n",
        ),
        (
            "C402",
            "x.low: the alarm must be above the target, as lower is better",
            SHARE + ", variants: {named: {label: L}, low: {label: L, «better: lower}}}\n",
        ),
        (
            "C302",
            "x.calls: meets: no column 'escalated' in table 'agents'",
            SHARE + ", variants: {calls: {«from: agents}}}\n",
        ),
        (
            "C107",
            "the text '2026-0208' is not a date",
            SHARE + ", variants: {a: {label: A}, b: {label: B}}, versions: [{since: «2026-0208, target: 60%}]}\n",
        ),
        (
            "C103",
            "text with a comma needs quotes between { and }: 'talk and wrap' is read as a key of its own",
            SHARE + ", description: hold, «talk and wrap}\n",
        ),
        ("C104", "unknown key 'lable' in a share metric", SHARE + ', source: "a\u2028b\x85c", «lable: L}\n'),
    ],
)
def test_a_mistake_is_told_once_and_at_the_word(code: str, message: str, text: str) -> None:
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == (code, marked(text))
    assert problem.message.startswith(message)


def test_text_with_a_comma_shows_how_to_write_it() -> None:
    found = problems("  x: {kind: mean, from: contacts, unit: seconds, value: coalesce(wait_s, «0.5)}\n")
    (problem,) = [one for one in found if one.code == "C103"]
    assert problem.hint == 'Write "coalesce(wait_s, 0.5)" in quotes.'
    (problem,) = problems(SHARE + "}\nfields: {contacts: {long: not abandoned, «not escalated}}\n")
    assert "text with a comma needs quotes" in problem.message


def test_a_slip_in_one_term_does_not_hide_another() -> None:
    text = (
        "  y:\n    kind: ratio\n    unit: minutes\n"
        "    numerator: {from: contacts, sum: talk_z, wehre: escalated}\n"
        "    denominator: {from: contacts, count: rows, where: escalatd}\n"
    )
    assert [one.code for one in problems(text)] == ["C302", "C104", "C302"]
    text = text.replace("sum: talk_z", "smu: talk_s")
    assert [one.code for one in problems(text)] == ["C104", "C104", "C302"]


def test_other_line_breaks_of_unicode_count_for_no_line() -> None:
    (problem,) = problems(SHARE + ", source: \"a\u2028b\x85c\"}\n  y: {kind: share, from: contacts, «meet: resolved, "
                          "meets: resolved}\n")  # fmt: skip
    assert problem.place is not None
    assert problem.place.line == 5
    assert problem.source is not None
    assert problem.source.startswith("  y: {kind")


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("x: {kind: mean, from: 3, value: sum(talk_s), where: wait_s > > 3, unit: seconds}", ["C103", "C304", "C301"]),
        ("x: {kind: share, from: contact, meets: lenght(queue) > 1 and}", ["C202", "C305", "C301"]),
        ("x: {kind: share, from: contacts, meets: tlk_s > 3, where: [x], target: [1], better: higher}",
         ["C302", "C103", "C403"]),
        ("x: {kind: share, from: contacts, meets: tlk_s > 3, better: up, target: 80%}", ["C302", "C105"]),
        ("x: {kind: repeat, from: contacts, key: [3], within: 7, counts: resolved, where: abandond}",
         ["C103", "C107", "C302"]),
        ("x: {kind: total, from: contacts, count: 3, where: \"queue = 'a\"}", ["C105", "C301"]),
        ("x: {kind: total, from: contacts, count: 3, sum: talk_s, unit: seconds}", ["C105", "C109"]),
        ("x: {kind: net, from: contacts, for: 3, against: wait > 3, protects: 3, min_group: 9, examples: 3}",
         ["C306", "C302", "C103", "C103"]),
        ("x: {kind: ratio, unit: s2, numerator: {from: contacts, sum: tlk_s, at: 3}, "
         "denominator: {from: 4, count: rows, where: min(wait_s) > 3}, min_n: many}",
         ["C302", "C103", "C103", "C304", "C103"]),
        ("x: {kind: time_to_event, from: agents, start: hird_on, event: {from: {metrics: [b, 3], per: [agent_id]}, "
         "meets: b >> 3, where: 3}, read: {by: 3}}", ["C203", "C201", "C103", "C301", "C306", "C107"]),
        ("x: {kind: share, from: contacts, meets: tlk_s > 3, targets: [{when: {quue: A}, target: 3%}, 5], "
         "better: lower}", ["C302", "C203", "C103"]),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type_hides_nothing_else(text: str, codes: list[str]) -> None:
    """Neither is anything told that follows from it, such as a unit that is missing or a target without a direction."""
    assert [one.code for one in problems(f"  {text}\n")] == codes
