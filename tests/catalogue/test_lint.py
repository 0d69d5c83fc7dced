"""Warnings: what is allowed and probably not meant, and what looks like it and is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.catalogue.expressions.emptiness import Row, possible
from cxkpi.catalogue.expressions.parser import ColumnScope, parse
from cxkpi.catalogue.load import load

from .marked import HEAD, SHARE, marked, metrics, read

ANSWERED = """
  abandonment:
    kind: ratio
    unit: percent
    numerator: {from: contacts, count: rows}
    denominator: {from: contacts, count: rows, where: WHERE}
    cluster: «agent_id
"""


def closed(lines: str) -> str:
    """A share of cases with further lines."""
    return metrics(f"  closed:\n    kind: share\n    from: cases\n{lines}\n")


def with_hours(meets: str, more: str = "") -> str:
    """The same where the centre is open from 08:00 to 18:00, Monday to Friday."""
    hours = 'hours: {mon-fri: "08:00-18:00"}}'
    return closed(f"    meets: {meets}{more}").replace("}", f", {hours}", 1)


SIDE_BY_SIDE = """
  aht: {kind: mean, from: contacts, where: not abandoned, value: talk_s, unit: seconds}
  csat: {kind: mean, from: answers, value: score, unit: points}
  surveys: {kind: total, from: answers, count: rows}
  x:
    kind: share
    from: {metrics: [aht, csat, surveys], per: [agent_id]}
"""

WARNED = [
    ("C410", "rows are judged after 24h, and a condition looks 2d ahead",
     closed("    where: closed_at is not null\n    meets: closed_at <= opened_at + interval '48 hours'\n"
            "    matures: «24h")),
    ("C410", "rows are judged after 1h, and a condition looks 4h ahead",
     closed("    where: first_reply_at is not null\n    meets: seconds(opened_at, first_reply_at) <= 4 * 3600\n"
            "    matures: «1h")),
    ("C410", "rows are judged at once, and a condition looks 2d ahead",
     closed("    meets: «coalesce(closed_at <= opened_at + interval '48 hours', false)")),
    ("C410", "rows are judged at once, and a condition looks 90d ahead", metrics(
        "  early: {kind: share, from: agents, meets: «'coalesce(days(hired_on, left_on) <= 90, false)'}\n")),
    ("C410", "rows are judged at once, and a condition looks 2d ahead", metrics(
        "  loop:\n    kind: share\n    from: answers\n    meets: «coalesce(invitation.followed_up_at <= "
        "invitation.responded_at + interval '48 hours', false)\n")),
    ("C410", "rows are judged at once, and a condition looks 2d ahead", metrics(
        "  quick:\n    kind: ratio\n    unit: percent\n"
        "    numerator: {from: cases, count: rows, where: «closed_at < opened_at + interval '2 days'}\n"
        "    denominator: {from: cases, count: rows}\n")),
    ("C410", "rows are judged after 1d, their window, and a condition looks 3d ahead", metrics(
        "  once:\n    kind: repeat\n    from: cases\n    key: [customer_id]\n    within: 1d\n    counts: resolved\n"
        "    clock: {from: opened_at, to: opened_at}\n"
        "    meets: «coalesce(closed_at < opened_at + interval '3 days', false)\n")),
    # From Friday 18:00 eight open hours take until Monday 16:00; forty take a week, to the next Friday.
    ("C410", "rows are judged after 24h, and a condition looks 70h ahead", with_hours(
        "coalesce(open_seconds(opened_at, closed_at) <= 8 * 3600, false)", "\n    matures: «24h")),
    ("C410", "rows are judged at once, and a condition looks 7d ahead", with_hours(
        "«coalesce(open_seconds(opened_at, closed_at) <= 50 * 3600, false)")),
    ("C411", "'reason' is known only once a contact is answered", metrics(
        "  fcr: {kind: repeat, from: contacts, key: [customer_id, «reason], within: 7d, counts: resolved}\n")),
    ("C411", "'agent_id' is known only once a contact is answered, and 'lost' counts others too", metrics(
        "  lost: {kind: share, from: contacts, meets: abandoned}\n"
        "  x: {kind: share, from: {metrics: [lost], per: [«agent_id]}, meets: lost < 0.1}\n")),
    ("C412", "meets reads 'csat', and does not say what it means where that has nothing to count", metrics(
        f"{SIDE_BY_SIDE}    where: aht_n >= 30\n    meets: «aht < 300 and csat > 4\n")),
    ("C412", "meets reads 's_target', which is always empty: 's' has no single target", metrics(
        "  s: {kind: share, from: contacts, meets: escalated}\n"
        "  x: {kind: share, from: {metrics: [s], per: [queue]}, meets: «s <= s_target}\n")),
    ("C412", "where reads 's_status', which is always empty: 's' has no target", metrics(
        "  s: {kind: share, from: contacts, meets: escalated}\n"
        "  x: {kind: total, from: {metrics: [s], per: [queue]}, where: «s_status = 'met', count: rows, unit: q}\n")),
    ("C412", "x.strict: meets reads 'resolved', and does not say", metrics(
        "  x: {kind: share, from: contacts, meets: escalated, variants: {strict: {meets: «not resolved}}}\n")),
    ("C413", "x.bold: no value is ever above 100%", metrics(
        SHARE.replace("escalation", "x") + "    better: higher\n    variants: {bold: {target: «120%}}\n")),
    ("C411", "'agent_id' is known only once a contact is answered", metrics(ANSWERED.replace("WHERE", "wait_s > 5"))),
    ("C411", "'agent.team' is known only once a contact is answered",
     metrics(ANSWERED.replace("WHERE", "wait_s > 5").replace("agent_id", "agent.team"))),
    ("C412", "meets reads 'closed_at', and does not say", closed("    meets: «closed_at <= due_at")),
    ("C412", "meets reads 'closed_at', and does not say", closed("    where: complaint\n    meets: «not closed_at > due_at")),  # noqa: E501
    ("C412", "meets reads 'resolved', and does not say", metrics(
        "  solved: {kind: share, from: contacts, meets: «resolved}\n")),
    ("C412", "for reads 'closed_at', and does not say", metrics(
        "  x: {kind: net, from: cases, for: «closed_at < due_at, against: complaint}\n")),
    ("C413", "no value is ever above 100%", metrics(SHARE + "    better: higher\n    target: «120%\n")),
    ("C413", "every value meets this target", metrics(SHARE + "    better: higher\n    target: «0%\n")),
    ("C413", "no value is ever below -100", metrics(
        "  x: {kind: net, from: contacts, for: escalated, against: difficult, better: higher, target: 0, alarm: «-120}\n")),  # noqa: E501
    ("C414", "nothing uses the field 'slow' of 'contacts'",
     HEAD + "fields: {contacts: {«slow: wait_s > 60}}\nmetrics:" + SHARE),
    ("C415", "'escalation' does not say which side is better", metrics(
        SHARE + "  x: {kind: mean, from: contacts, value: talk_s, unit: seconds, better: lower, guards: [«escalation]}\n")),  # noqa: E501
    ("C416", "'escalation' is private", HEAD + "headline: [«escalation]\nmetrics:" + SHARE + "    private: true\n"),
    ("C417", "value: 'when escalated' is reached by no row", metrics(
        "  x: {kind: mean, from: contacts, unit: points, value: «case when escalated then 1 when escalated then 2 else 0 end}\n")),  # noqa: E501
    ("C417", "value: 'when false' never holds", metrics(
        "  x: {kind: mean, from: contacts, unit: points, value: «case when false then 1 else 0 end}\n")),
    ("C417", "weight: 'when difficult' is reached by no row",
     HEAD + "fields: {contacts: {weight: «case when true then 1 when difficult then 2 else 0 end}}\nmetrics:\n"
     "  x: {kind: mean, from: contacts, unit: points, value: weight}\n"),
    ("C420", "'x' has the same label as 'escalation', 'Escalation'", metrics(
        SHARE + "  x: {kind: mean, label: «Escalation, from: contacts, value: talk_s, unit: seconds}\n")),
    ("C420", "'other' has the same label as 'escalation', 'OUT  of hand'", metrics(
        SHARE + "    label: Out of hand\n"
        "  other: {kind: share, label: «OUT  of hand, from: contacts, meets: escalated}\n")),
    ("C420", "'out_of_hand' has the same label as 'escalation', 'Out of hand'", metrics(
        SHARE + "    label: Out Of hand\n  «out_of_hand: {kind: share, from: contacts, meets: difficult}\n")),
    ("C420", "'x.strict' has the same label as 'escalation', 'Escalation'", metrics(
        SHARE + "  x: {kind: share, from: contacts, meets: difficult, variants: {strict: {label: «Escalation}}}\n")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), WARNED, ids=[f"{code}-{words}" for code, words, _ in WARNED])
def test_a_slip_is_warned_of_at_its_place(code: str, message: str, text: str) -> None:
    (problem,) = read(text).warnings
    assert (problem.code, problem.severity) == (code, "warning")
    assert problem.message.startswith(message)
    assert str(problem.place) == marked(text)


@pytest.mark.parametrize(
    "text",
    [
        closed("    meets: coalesce(closed_at <= due_at, false)"),
        closed("    where: closed_at is not null and complaint\n    meets: closed_at <= due_at"),
        closed("    where: outcome = 'won' and closed_at > opened_at\n    meets: closed_at <= due_at"),
        closed("    meets: closed_at is not null and closed_at <= due_at"),
        closed("    meets: case when closed_at is null then false else closed_at <= due_at end"),
        closed("    meets: reopens > 0"),
        closed("    at: closed_at\n    meets: closed_at <= opened_at + interval '2 days'"),
        closed("    where: closed_at is not null\n    meets: closed_at <= opened_at + interval '2 days'"),
        metrics("  sl: {kind: share, from: contacts, where: not abandoned and queued_at is not null, "
                "meets: 'seconds(queued_at, answered_at) <= 20'}\n"),
        metrics(f"{SIDE_BY_SIDE}    where: aht_n >= 30 and csat_n >= 5\n    meets: aht < 300 and csat > 4\n"),
        metrics(f"{SIDE_BY_SIDE}    where: aht is not null and surveys > 4\n    meets: aht < 300 and csat > 4\n"),
        metrics(f"{SIDE_BY_SIDE}    where: aht_n >= 30\n    meets: aht < 300 and surveys = 0\n"),
        metrics("  s: {kind: share, from: contacts, meets: escalated, better: lower, "
                "targets: [{when: {queue: VIP}, target: 3%}]}\n"
                "  x: {kind: share, from: {metrics: [s], per: [queue]}, meets: s <= s_target or s_status = 'met'}\n"),
        closed("    meets: opened_at < due_at"),
        closed("    meets: coalesce(closed_at <= opened_at + interval '2 days', false)\n    matures: 2d"),
        metrics(ANSWERED.replace("WHERE", "not abandoned").replace(
            "count: rows}", "count: rows, where: answered_at is not null}")),
        metrics("  solved: {kind: share, from: contacts, where: not abandoned, meets: resolved}\n"),
        metrics("  solved: {kind: share, from: contacts, where: disposition = 'done', meets: resolved}\n"),
        HEAD + "fields: {contacts: {slow: wait_s > 60, bad: slow or difficult}}\nmetrics:\n"
        "  x: {kind: share, from: contacts, meets: bad}\n",
        HEAD + "fields: {contacts: {slow: wait_s > 60}}\nmetrics:\n  x: {kind: share, from: cases, meets: contact.slow}\n",  # noqa: E501
        metrics(SHARE + "    better: lower\n    target: 0%\n"),
        # A variant is shown with its name, and what is private is not shown.
        metrics(SHARE + "    variants: {hard: {meets: difficult}}\n"),
        metrics(SHARE + "  x: {kind: share, from: contacts, meets: difficult, label: Escalation, private: true}\n"),
    ],
)  # fmt: skip
def test_what_is_meant_is_not_warned_of(text: str) -> None:
    assert [str(problem) for problem in read(text.replace("«", "")).warnings] == []


def test_the_shipped_catalogue_has_no_warnings() -> None:
    assert load(None).warnings == ()


def test_of_two_alike_the_one_written_here_is_named_and_not_the_inherited_one(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(metrics(SHARE), encoding="utf-8")
    (tmp_path / "metrics.yaml").write_text(
        "cxkpi: 1\nextends: base.yaml\n"
        "metrics:\n  a: {kind: share, label: Escalation, from: contacts, meets: difficult}\n",
        encoding="utf-8",
    )
    (found,) = load(tmp_path / "metrics.yaml").warnings
    assert found.code == "C420"
    assert found.place is not None
    assert (Path(found.place.file).name, found.place.line) == ("metrics.yaml", 4)


def test_a_variant_repeats_no_warning_of_its_metric() -> None:
    text = closed(
        "    meets: closed_at <= due_at\n    variants: {late: {label: Late}, own: {meets: resolved_at > due_at}}"
    )
    found = read(text.replace("resolved_at", "first_reply_at")).warnings
    assert [(one.place.line if one.place else 0, one.code) for one in found] == [(7, "C412"), (8, "C412")]


COLUMNS = ColumnScope("here", {"a": "boolean", "b": "boolean", "x": "number"})


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        ("a", {None}),
        ("a and b", {None, False}),
        ("a or b", {None, True}),
        ("a is null", {True}),
        ("not a", {None}),
        ("coalesce(a, b)", {True, False}),
        ("coalesce(a, false)", {False}),
        ("a = b", {None}),
        ("b = true", {True, False}),
        ("x > 1", {True, False}),
        ("x in (1, 2)", {True, False}),
        ("case when a then b else false end", {False}),
        ("case when a is null then true else b end", {True}),
        ("case when b then a else true end", {None, True}),
    ],
)
def test_what_a_condition_may_come_to_while_a_is_empty(text: str, outcomes: set[bool | None]) -> None:
    expression, faults = parse(text, COLUMNS, "UTC")
    assert faults == []
    assert expression is not None
    assert possible(expression.root, Row(frozenset({"a"}))) == outcomes
