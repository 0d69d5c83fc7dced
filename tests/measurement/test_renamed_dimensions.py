"""``as``: under which column a dimension is read, so that the two sides of a ratio are cut by the same team."""

from __future__ import annotations

from datetime import date

import pytest
from kinds.centre import ENGINES, answer, ask, by_cell, catalogue, utc

CHURNOVER = {
    "kind": "ratio",
    "unit": "percent",
    "numerator": {
        "from": "moves",
        "count": "rows",
        "where": "from_team <> to_team",
        "as": {"team": "from_team"},
    },
    "denominator": {"from": "agents", "stock": "mean"},
}
AGENTS = [
    {"agent_id": f"a{number}", "hired_on": date(2025, 1, 1), "left_on": None, "team": team}
    for number, team in enumerate(["Blue", "Red", "Red", "Red", "Blue"])
]
MOVES = [
    {"agent_id": "a0", "moved_on": date(2026, 1, 11), "from_team": "Red", "to_team": "Blue"},
    {"agent_id": "a4", "moved_on": date(2026, 2, 1), "from_team": "Red", "to_team": "Blue"},
]


@pytest.mark.parametrize("engine", ENGINES)
def test_moves_out_of_a_team_over_its_headcount(engine: str) -> None:
    """In January Red holds five for ten days and four for twenty-one; one of them moved, out of Red."""
    defined = catalogue({"churnover": CHURNOVER})
    tables = {"agents": AGENTS, "moves": MOVES}
    asked = {"every": "month", "since": date(2026, 1, 1), "as_of": "2026-02-28", "engine": engine}
    found = by_cell(ask(defined, tables, by=("team",), **asked))
    january, february = date(2026, 1, 1), date(2026, 2, 1)
    red = found[(("Red",), january)]
    assert (red.numerator, red.denominator) == (1, pytest.approx((5 * 10 + 4 * 21) / 31))
    assert found[(("Red",), february)].numerator == 1
    assert {found[(("Blue",), month)].numerator for month in (january, february)} == {0}
    assert found[((), january)].value == pytest.approx(1 / 5)
    (only,) = ask(defined, tables, only=(("team", ("Red",)),), **{**asked, "until": february})
    assert (only.value, only.numerator) == (red.value, 1)


def test_without_it_a_move_counts_for_the_team_of_today() -> None:
    """The wrong number that ``as`` is for: Blue lost nobody, and Red would seem to have lost none."""
    numerator = {key: value for key, value in CHURNOVER["numerator"].items() if key != "as"}  # type: ignore[attr-defined]
    defined = catalogue({"churnover": {**CHURNOVER, "numerator": numerator}})
    tables = {"agents": AGENTS, "moves": MOVES}
    found = by_cell(ask(defined, tables, every="month", by=("team",), since=date(2026, 1, 1), as_of="2026-01-31"))
    assert found[(("Blue",), date(2026, 1, 1))].numerator == 1


CONTACTS = [
    {
        "contact_id": str(number),
        "queue": queue,
        "reason": reason,
        "ended_at": utc("2026-01-05 12:00"),
        "wait_s": 10.0 * number,
        "answered_at": utc("2026-01-05 11:00"),
        "abandoned": False,
    }
    for number, (queue, reason) in enumerate([("A", "B"), ("B", "B"), ("B", None), ("A", "A")])
]


def test_totals_and_shares_read_a_dimension_from_another_column() -> None:
    renamed = {"as": {"queue": "reason"}}
    defined = catalogue(
        {
            "plain": {"kind": "total", "from": "contacts", "count": "rows"},
            "renamed": {"kind": "total", "from": "contacts", "count": "rows", **renamed},
            "quick": {"kind": "share", "from": "contacts", "meets": "wait_s < 15", **renamed},
        }
    )
    found = ask(defined, {"contacts": CONTACTS}, by=("queue",))
    values = {(row.metric, *row.by.values()): row.value for row in found if row.by}
    assert values == {
        ("plain", "A"): 2,
        ("plain", "B"): 2,
        ("renamed", "A"): 1,
        ("renamed", "B"): 2,
        ("renamed", None): 1,
        ("quick", "A"): 0,
        ("quick", "B"): 1,
        ("quick", None): 0,
    }


def test_what_a_dimension_is_read_from_decides_whether_it_is_known_before_an_answer() -> None:
    """A contact nobody answered has no reason, so what reads the queue from it is refused as the reason itself is."""
    lost = {"kind": "share", "from": "contacts", "meets": "abandoned"}
    defined = catalogue({"plain": lost, "renamed": {**lost, "as": {"queue": "reason"}}})
    rows = [*CONTACTS, {**CONTACTS[0], "contact_id": "x", "answered_at": None, "abandoned": True, "reason": None}]
    found = answer(defined, {"contacts": rows}, by=("queue",)).rows
    assert {row.reason for row in found if row.metric == "renamed" and row.by} == {"refused"}
    assert {row.reason for row in found if row.metric == "plain" and row.by} == {"no_target"}
