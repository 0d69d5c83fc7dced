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
    assert [one.code for one in problems(text)] == ["C104", "C104"]


def test_other_line_breaks_of_unicode_count_for_no_line() -> None:
    (problem,) = problems(SHARE + ", source: \"a\u2028b\x85c\"}\n  y: {kind: share, from: contacts, «meet: resolved, "
                          "meets: resolved}\n")  # fmt: skip
    assert problem.place is not None
    assert problem.place.line == 5
    assert problem.source is not None
    assert problem.source.startswith("  y: {kind")
