"""Figures of single persons that come through although a metric protects them; one way per test."""

from __future__ import annotations

from typing import Any

import pytest
from kinds.centre import ENGINES, ask, catalogue, one, utc


def contact(number: int, agent: str | None, queue: str, ended: str = "2026-01-05 12:00", **more: Any) -> dict[str, Any]:
    ends = utc(ended)
    return {
        "contact_id": f"c{number}",
        "customer_id": f"u{number}",
        "agent_id": agent,
        "queue": queue,
        "started_at": ends,
        "ended_at": ends,
        "talk_s": 100.0,
        "wait_s": 5.0,
        **more,
    }


def centre(small: dict[str, Any], people: int = 1) -> list[dict[str, Any]]:
    """Twelve contacts of six agents in queues A and B each, and three of one agent in queue C."""
    rows = [contact(number, f"{queue}{number % 6}", queue) for queue in "AB" for number in range(12)]
    rows += [contact(90 + number, f"C{number % people}", "C", **small) for number in range(3)]
    return [{**row, "contact_id": f"c{at}"} for at, row in enumerate(rows)]


def reasons(rows: Any) -> dict[str, str | None]:
    return {row.by.get("queue", ""): row.reason for row in rows}


PROTECTS = {"protects": "agent_id"}
REPEAT = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}
SHARE = {"kind": "share", "from": "contacts", "meets": "wait_s > 3"}
RATIO = {
    "kind": "ratio",
    "unit": "seconds",
    "numerator": {"from": "contacts", "sum": "talk_s", "at": "started_at"},
    "denominator": {"from": "contacts", "count": "rows", "where": "talk_s < 200"},
}
YOUNG = {"ended": "2026-01-30 12:00"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("metric", "small"),
    [
        pytest.param({**REPEAT, "immature": "survival"}, YOUNG, id="survival reads rows that wait"),
        pytest.param({**REPEAT, "immature": "bounds"}, YOUNG, id="bounds are of rows that wait"),
        pytest.param(REPEAT, YOUNG, id="how many wait"),
        pytest.param({**SHARE, "matures": "9d"}, YOUNG, id="how many are too young"),
        pytest.param(SHARE, {"wait_s": None}, id="how many are missing"),
        pytest.param(RATIO, {"talk_s": 300.0}, id="the numerator"),
    ],
)
def test_whoever_is_in_a_cell_counts_not_only_those_behind_n(metric: Any, small: Any, engine: str) -> None:
    """Queue C is one agent's three contacts, none of them in n: n has no people, and the rest of the row was theirs."""
    tables = {"contacts": centre(small)}
    unprotected = ask(catalogue({"x": metric}), tables, by=("queue",), as_of="2026-01-31", engine=engine)
    assert any(row.immature or row.missing or row.numerator for row in unprotected if row.by.get("queue") == "C")
    rows = ask(catalogue({"x": {**metric, **PROTECTS}}), tables, by=("queue",), as_of="2026-01-31", engine=engine)
    assert reasons(rows)["C"] == "withheld"
    # The next smallest goes with it, or the whole less the others would be C.
    assert (
        sorted(reason or "" for queue, reason in reasons(rows).items() if queue in "AB" and queue).count("withheld")
        == 1
    )
    hidden = [row for row in rows if row.reason == "withheld"]
    assert {(row.n, row.value, row.numerator, row.immature, row.missing, row.bounds) for row in hidden} == {
        (0, None, None, 0, 0, None)
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_value_of_few_is_withheld_though_many_wait(engine: str) -> None:
    """Two agents' contacts are judged, six agents' are not: the value is the two's."""
    rows = [contact(number, f"a{number}", "A") for number in range(2)]
    rows += [contact(10 + number, f"b{number}", "A", "2026-01-30 12:00") for number in range(6)]
    row = one(catalogue({"x": {**SHARE, **PROTECTS, "matures": "9d"}}), {"contacts": rows}, as_of="2026-01-31",
              engine=engine)  # fmt: skip
    assert (row.reason, row.n, row.immature) == ("withheld", 0, 0)


def stretch(agent: str, start: str, end: str) -> dict[str, Any]:
    begins, ends = utc(start), utc(end)
    lasts = (ends - begins).total_seconds()
    return {"agent_id": agent, "state": "ready", "started_at": begins, "ended_at": ends, "duration_s": lasts}


SPENT = {
    "kind": "total",
    "unit": "seconds",
    "from": "agent_time",
    "sum": "duration_s",
    "at": {"split": ["started_at", "ended_at"]},
}


@pytest.mark.parametrize("engine", ENGINES)
def test_one_persons_night_is_withheld_by_the_hour_too(engine: str) -> None:
    """Of the selected hour the stretch has neither its first part nor its day's first: nobody seemed to be there."""
    rows = [stretch("a1", "2026-01-05 22:30", "2026-01-06 03:30")]
    rows += [stretch(f"b{number}", "2026-01-07 10:00", "2026-01-07 11:00") for number in range(6)]
    defined = catalogue({"x": {**SPENT, **PROTECTS}})
    row = one(defined, {"agent_time": rows}, only=(("hour", ("01",)),), engine=engine)
    assert (row.reason, row.value, row.n) == ("withheld", None, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_nobody_that_is_known_may_be_anybodys(engine: str) -> None:
    row = one(catalogue({"x": {**SHARE, **PROTECTS}}), {"contacts": [contact(1, None, "A")]}, engine=engine)
    assert row.reason == "withheld"


@pytest.mark.parametrize("engine", ENGINES)
def test_an_empty_cell_says_that_it_is_empty(engine: str) -> None:
    rows = [contact(number, f"a{number}", "A") for number in range(6)]
    months = ask(catalogue({"x": {**SHARE, **PROTECTS}}), {"contacts": rows}, every="month", as_of="2026-02-28",
                 engine=engine)  # fmt: skip
    assert [(row.n, row.reason) for row in months] == [(6, "no_target"), (0, "empty")]


# ------------------------------------------------------------------------------------------- what is made of such cells


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("formula", ["coalesce(p, 0)", "case when p is null then 7 else p end", "1 - p"])
def test_no_formula_makes_a_number_of_a_withheld_cell(formula: str, engine: str) -> None:
    """coalesce(p, 0) would be 0: a figure for the very agent whose own is 100 %."""
    defined = catalogue({"p": {**SHARE, **PROTECTS}, "f": {"kind": "formula", "formula": formula, "unit": "percent"}})
    rows = ask(defined, {"contacts": centre({})}, "f", by=("queue",), engine=engine)
    found = {row.by.get("queue", ""): (row.value, row.n, row.reason) for row in rows}
    assert found["C"] == found["A"] == (None, 0, "withheld")
    assert found["B"][1:] == (12, "no_target")


@pytest.mark.parametrize("engine", ENGINES)
def test_no_formula_makes_a_number_of_a_refused_cell(engine: str) -> None:
    """By agent nobody abandons, as contacts nobody answered have no agent; coalesce would say 0 % of everybody."""
    answered = utc("2026-01-05 12:00")
    rows = [contact(1, "a", "A", answered_at=answered, abandoned=False)]
    rows += [contact(2, None, "A", answered_at=None, abandoned=True)]
    lost = {"kind": "share", "from": "contacts", "meets": "abandoned"}
    defined = catalogue({"lost": lost, "f": {"kind": "formula", "formula": "coalesce(lost, 0)", "unit": "percent"}})
    found = ask(defined, {"contacts": rows}, "f", by=("agent_id",), engine=engine)
    assert [(row.by.get("agent_id"), row.value, row.reason) for row in found] == [
        (None, 0.5, "no_target"), ("a", None, "refused"), (None, None, "refused"),
    ]  # fmt: skip


ROWS = {"metrics": ["p"], "per": ["queue"], "every": "month"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("outer", "value"),
    [
        ({"kind": "total", "sum": "p_n", "unit": "contacts"}, 12),
        ({"kind": "total", "count": "rows", "unit": "queues"}, 1),
        ({"kind": "total", "count": "rows", "where": "p_n > 5", "unit": "queues"}, 1),
        ({"kind": "mean", "value": "p", "unit": "percent"}, 1),
        ({"kind": "share", "meets": "p > 0.5"}, 1),
    ],
)
def test_rows_that_are_withheld_are_missing_and_not_nothing(outer: dict[str, Any], value: float, engine: str) -> None:
    """27 contacts in three queues: 12 of them are told, and the others are not 0."""
    defined = catalogue({"p": {**SHARE, **PROTECTS}, "x": {**outer, "from": ROWS}})
    rows = ask(defined, {"contacts": centre({})}, "x", by=("queue",), as_of="2026-01-31", engine=engine)
    found = {row.by.get("queue", ""): (row.value, row.n, row.missing, row.reason, row.notes) for row in rows}
    note = ("leaves out 1 withheld row",)
    assert found == {
        "": (value, 1, 2, "no_target", ("leaves out 2 withheld rows",)),
        "A": (None, 0, 1, "withheld", note),
        "B": (value, 1, 0, "no_target", ()),
        "C": (None, 0, 1, "withheld", note),
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_surely_none_of_the_rows_is_not_missing(engine: str) -> None:
    count = {"kind": "total", "count": "rows", "unit": "queues", "from": ROWS, "where": "queue = 'B'"}
    row = one(catalogue({"p": {**SHARE, **PROTECTS}, "x": count}), {"contacts": centre({})}, "x", as_of="2026-01-31",
              engine=engine)  # fmt: skip
    assert (row.value, row.missing, row.notes) == (1, 0, ())
