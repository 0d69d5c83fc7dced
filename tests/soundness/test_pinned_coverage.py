"""Wrong numbers that come of tables which begin or end within what is asked for; one per test."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, catalogue, start_of

from cxkpi.result import Row

COUNT = {"kind": "total", "from": "contacts", "count": "rows", "better": "higher", "target": 100}
FEW = {**COUNT, "better": "lower", "min_n": 0}
A_DAY = timedelta(days=1)
MONTHS = {"every": "month", "as_of": "2025-12-31"}


def contacts(first: date, last: date, every: int = 1) -> list[dict[str, Any]]:
    """One contact at noon of every so many days."""
    days = range(0, (last - first).days + 1, every)
    return [{"contact_id": f"k{n}", "ended_at": start_of(first + n * A_DAY) + timedelta(hours=12)} for n in days]


def cases(first: date, last: date) -> list[dict[str, Any]]:
    days = range((last - first).days + 1)
    return [{"case_id": f"f{n}", "opened_at": start_of(first + n * A_DAY) + timedelta(hours=12)} for n in days]


def months(rows: tuple[Row, ...]) -> dict[int, Row]:
    return {row.period.start.month: row for row in rows}


@pytest.mark.parametrize("engine", ENGINES)
def test_twelve_months_of_which_two_are_there(engine: str) -> None:
    """A contact a day since 25 January: 7 and 35 within the twelve months are no misses, and 28 more no improvement."""
    rows = contacts(date(2025, 1, 25), date(2025, 2, 28))
    defined = catalogue({"year": {**COUNT, "roll": "12mo"}})
    found = months(ask(defined, {"contacts": rows}, "year", every="month", as_of="2025-02-28", engine=engine))
    assert {month: row.value for month, row in found.items()} == {1: 7, 2: 35}
    assert {(row.status, row.reason, row.change) for row in found.values()} == {(None, "partial", None)}
    assert all("before the first row of contacts, 2025-01-25" in row.notes[-1] for row in found.values())


@pytest.mark.parametrize(
    ("first", "judged"),
    [(date(2025, 1, 1), True), (date(2025, 1, 2), True), (date(2025, 1, 19), True), (date(2025, 1, 20), False)],
)
def test_a_year_that_is_as_good_as_full(first: date, judged: bool) -> None:
    """18 of 365 days are less than one in twenty, 19 are more; closed on New Year's Day is no gap."""
    rows = contacts(first, date(2025, 12, 31))
    found = months(ask(catalogue({"year": {**COUNT, "roll": "12mo"}}), {"contacts": rows}, "year", **MONTHS))
    assert found[12].value == (date(2026, 1, 1) - first).days
    assert (found[12].status, found[12].reason) == (("met", None) if judged else (None, "partial"))
    assert found[11].reason == "partial"


def test_twelve_months_of_rows_that_fall_on_their_last_day() -> None:
    """The row of January falls on its 31st and is about all of January: the year of twelve rows is full."""
    rows = contacts(date(2025, 1, 1), date(2025, 12, 31))
    monthly = {"metrics": ["n"], "every": "month"}
    year = {"kind": "total", "unit": "contacts", "from": monthly, "sum": "n", "roll": "12mo", "better": "higher"}
    defined = catalogue({"n": COUNT, "year": {**year, "target": 365}})
    found = months(ask(defined, {"contacts": rows}, "year", **MONTHS))
    assert (found[12].value, found[12].status) == (365, "met")
    assert (found[11].value, found[11].reason) == (334, "partial")


def test_twelve_months_of_two_tables_of_which_one_began_later() -> None:
    """365 contacts over 31 cases since December are no 11.8 contacts per case."""
    per_case = {
        "kind": "ratio",
        "unit": "contacts",
        "numerator": {"from": "contacts", "count": "rows"},
        "denominator": {"from": "cases", "count": "rows"},
        "roll": "12mo",
        "better": "lower",
        "target": 2,
    }
    tables = {
        "contacts": contacts(date(2025, 1, 1), date(2025, 12, 31)),
        "cases": cases(date(2025, 12, 1), date(2025, 12, 31)),
    }
    row = months(ask(catalogue({"per_case": per_case}), tables, "per_case", **MONTHS))[12]
    assert (row.numerator, row.denominator, row.status, row.reason) == (365, 31, None, "partial")
    assert "the first row of cases, 2025-12-01" in row.notes[-1]


PER_CASE = {
    "kind": "ratio",
    "unit": "contacts",
    "numerator": {"from": "contacts", "count": "rows"},
    "denominator": {"from": "cases", "count": "rows"},
    "better": "lower",
    "target": 1,
}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_export_that_stopped_is_no_success(engine: str) -> None:
    """Contacts every day until 27 February, cases until 28 April: no contacts in March would be a target met."""
    tables = {
        "contacts": contacts(date(2025, 1, 1), date(2025, 2, 27)),
        "cases": cases(date(2025, 1, 1), date(2025, 4, 30)),
    }
    metrics = {"per_case": PER_CASE, "n": FEW, "opened": {**COUNT, "from": "cases"}}
    rows = ask(catalogue(metrics), tables, every="month", as_of="2025-04-30", engine=engine)
    found = {name: months(tuple(row for row in rows if row.metric == name)) for name in metrics}
    assert [found["per_case"][month].value for month in (1, 2, 3, 4)] == [1, round(27 / 28, 12), 0, 0]
    assert [found["per_case"][month].status for month in (1, 2, 3, 4)] == ["met", "met", None, None]
    assert [found["n"][month].reason for month in (3, 4)] == ["partial", "partial"]
    assert found["per_case"][3].change is None
    assert "no row of contacts since 2025-02-27" in found["per_case"][3].notes[-1]
    assert {row.reason for row in found["opened"].values()} == {None}


def test_a_formula_over_an_export_that_stopped() -> None:
    tables = {
        "contacts": contacts(date(2025, 1, 1), date(2025, 2, 27)),
        "cases": cases(date(2025, 1, 1), date(2025, 4, 30)),
    }
    load = {"kind": "formula", "formula": "n / opened", "unit": "contacts", "better": "lower", "target": 2}
    metrics = {"n": COUNT, "opened": {**COUNT, "from": "cases"}, "load": load}
    found = months(ask(catalogue(metrics), tables, "load", every="month", as_of="2025-04-30"))
    assert [(found[month].value, found[month].reason) for month in (3, 4)] == [(0, "partial"), (0, "partial")]


@pytest.mark.parametrize(("last", "reason"), [(date(2025, 3, 31), None), (date(2025, 3, 1), "partial")])
def test_what_is_rare_may_truly_not_have_happened(last: date, reason: str | None) -> None:
    """Silent for 21 days once: 30 days up to as_of are less than twice that, and April's 0 is a 0; 60 are more."""
    before = contacts(date(2024, 1, 1), date(2024, 12, 26), every=5)
    after = contacts(before[-1]["ended_at"].date() + 21 * A_DAY, last, every=5)
    rows = [*before, *after, *contacts(last, last)]
    tables = {
        "contacts": [{**row, "contact_id": str(number)} for number, row in enumerate(rows)],
        "cases": cases(date(2024, 1, 1), date(2025, 4, 30)),
    }
    found = months(ask(catalogue({"few": FEW}), tables, "few", every="month", as_of="2025-04-30", last=2))
    assert (found[4].value, found[4].status, found[4].reason) == (0, None if reason else "met", reason)


def test_of_a_table_of_few_days_nothing_is_known() -> None:
    """29 days with rows do not say how often there are any."""
    tables = {
        "contacts": contacts(date(2025, 1, 1), date(2025, 1, 29)),
        "cases": cases(date(2025, 1, 1), date(2025, 4, 30)),
    }
    found = months(ask(catalogue({"few": FEW}), tables, "few", every="month", as_of="2025-04-30"))
    assert (found[3].value, found[3].status) == (0, "met")
