"""Formulas over totals of nothing: where a total has no rows it is 0 and not unknown; one wrong number per test."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, by_cell, catalogue, one, utc

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
CALLS = {"kind": "total", "from": "contacts", "count": "rows"}
ESCALATED = {**CALLS, "where": "escalated"}
TALK = {"kind": "total", "from": "contacts", "where": "escalated", "sum": "talk_s", "unit": "seconds"}


def formula(text: str, unit: str = "percent") -> dict[str, Any]:
    return {"kind": "formula", "formula": text, "unit": unit}


def contact(number: int, ended: str, queue: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": str(number), "queue": queue, "ended_at": utc(ended), "escalated": False, "talk_s": 60, **more}


ROWS = [
    contact(1, "2026-01-05 12:00", "Sales", escalated=True, agent_id="a"),
    contact(2, "2026-01-06 12:00", "Sales", agent_id="a"),
    contact(3, "2026-01-07 12:00", "Billing", agent_id="b"),
    contact(4, "2026-02-10 12:00", "Sales", agent_id="a"),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("text", "billing"),
    [
        ("escalated / calls", 0),
        ("1 - escalated / calls", 1),
        ("1 - rate", 1),
        ("talk / calls", 0),
        ("people / calls", 0),
        ("mean_talk / calls", None),
    ],
)
def test_a_queue_without_escalations_has_a_rate_of_nothing(text: str, billing: float | None, engine: str) -> None:
    """Billing took one call and escalated none: 0 / 1 is 0, though it has no cell of its own; a mean has no value."""
    defined = catalogue(
        {
            "calls": CALLS,
            "escalated": ESCALATED,
            "talk": TALK,
            "people": {"kind": "total", "from": "contacts", "where": "escalated", "distinct": "agent_id", "unit": "x"},
            "mean_talk": {
                "kind": "mean",
                "from": "contacts",
                "where": "escalated",
                "value": "talk_s",
                "unit": "seconds",
            },
            "rate": formula("escalated / calls"),
            "f": formula(text),
        }
    )
    cells = by_cell(ask(defined, {"contacts": ROWS}, "f", every="month", by=["queue"], engine=engine))
    january, february = cells[("Billing",), JANUARY], cells[("Billing",), FEBRUARY]
    assert (january.value, january.n) == (billing, 0)
    # Nothing was counted below the line: there is no rate.
    assert (february.value, february.reason) == (None, "empty")


def test_a_period_that_has_not_begun_has_no_rate_of_nothing() -> None:
    defined = catalogue({"calls": CALLS, "escalated": ESCALATED, "both": formula("escalated + calls", "calls")})
    until = {"since": JANUARY, "until": date(2026, 4, 1), "as_of": "2026-02-28"}
    cells = by_cell(ask(defined, {"contacts": ROWS}, "both", every="month", by=["queue"], **until))
    assert [cells[("Billing",), month].value for month in (JANUARY, FEBRUARY)] == [1, 0]
    assert all(row.value is None for (_, start), row in cells.items() if start > FEBRUARY)


def test_what_may_not_be_told_apart_is_not_nothing_either() -> None:
    """Abandoned contacts have no agent. That agent b has none of them is not known, so 0 / 1 is not either."""
    lost = {**CALLS, "where": "abandoned or agent_id = 'a'"}
    answered = {**CALLS, "where": "not abandoned"}
    rows = [{**row, "abandoned": False} for row in ROWS]
    rows.append({**contact(5, "2026-01-05 12:00", "Sales"), "abandoned": True, "agent_id": None})
    defined = catalogue({"lost": lost, "answered": answered, "rate": formula("lost / answered")})
    cells = by_cell(ask(defined, {"contacts": rows}, "rate", by=["agent_id"]))
    assert {by: row.reason for (by, _), row in cells.items() if by != ()} == dict.fromkeys(
        [("a",), ("b",), (None,)], "refused"
    )


def test_an_agent_with_nothing_to_escalate_is_at_goal() -> None:
    """Agent b escalated nothing, 0 / 1: one of two agents is below a half. Left out, nobody of one would be."""
    weekly = {"metrics": ["rate"], "per": ["agent_id"], "every": "month"}
    at_goal = {"kind": "share", "from": weekly, "meets": "rate < 0.4"}
    defined = catalogue(
        {"calls": CALLS, "escalated": ESCALATED, "rate": formula("escalated / calls"), "at_goal": at_goal}
    )
    row = one(defined, {"contacts": ROWS}, "at_goal", since=JANUARY, until=FEBRUARY, as_of="2026-02-28")
    assert (row.value, row.n) == (0.5, 2)


def test_a_formula_of_nothing_beside_what_stands() -> None:
    """Where a row stands for its calls, a sum of two counts of nothing is 0 as each of them is."""
    rows = {"metrics": ["calls", "trouble"], "per": ["agent_id"], "every": "month"}
    defined = catalogue(
        {
            "calls": CALLS,
            "escalated": ESCALATED,
            "hard": {**CALLS, "where": "difficult"},
            "trouble": formula("escalated + hard", "calls"),
            "calm": {"kind": "share", "from": rows, "meets": "trouble = 0"},
        }
    )
    given = {"contacts": [{**row, "difficult": False} for row in ROWS]}
    row = one(defined, given, "calm", since=JANUARY, until=FEBRUARY, as_of="2026-02-28")
    assert (row.value, row.n, row.missing) == (0.5, 2, 0)
