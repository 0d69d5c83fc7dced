"""Fiscal periods, aligned comparisons and days of 23 and 25 hours in what is measured, against counting by hand."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from kinds import centre
from kinds.centre import DAY, ENGINES

from cxkpi.catalogue.load import parse

RETAIL = {"week_starts": "sunday", "year_starts": "february", "pattern": "4-5-4", "year_name": "start"}
COUNT = {"calls": {"kind": "total", "from": "contacts", "count": "rows"}}
MINUTE = timedelta(minutes=1)


def one_a_day(first: date, last: date) -> list[dict[str, Any]]:
    """As many contacts as the day of the year says, at noon UTC of every day, so that no two periods are alike."""
    return [
        {"contact_id": f"{day}-{number}", "ended_at": datetime(day.year, day.month, day.day, 12)}
        for day in (first + at * DAY for at in range((last - first).days + 1))
        for number in range(day.toordinal() % 3 + 1)
    ]


# The months of the retail year 2023 as the National Retail Federation published them: first days, then the year's end.
RETAIL_2023 = [
    "2023-01-29", "2023-02-26", "2023-04-02", "2023-04-30", "2023-05-28", "2023-07-02", "2023-07-30", "2023-08-27",
    "2023-10-01", "2023-10-29", "2023-11-26", "2023-12-31", "2024-02-04",
]  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_months_of_the_published_retail_year(engine: str) -> None:
    contacts = one_a_day(date(2023, 1, 20), date(2024, 2, 10))
    defined = centre.catalogue(COUNT, **RETAIL)
    rows = centre.ask(
        defined, {"contacts": contacts}, "calls", engine=engine, every="month",
        since=date(2023, 1, 29), until=date(2024, 2, 4),
    )  # fmt: skip
    days = [row["ended_at"].date() for row in contacts]
    edges = [date.fromisoformat(text) for text in RETAIL_2023]
    expected = [(start, end, sum(start <= day < end for day in days)) for start, end in itertools.pairwise(edges)]
    assert [(row.period.start, row.period.end, row.value) for row in rows] == expected
    assert [row.period.label for row in rows] == [f"FY23 P{number:02d}" for number in range(1, 13)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rolled_year_is_the_fiscal_years_weeks_and_so_is_an_annual_rate(engine: str) -> None:
    """Turnover over 12 fiscal months: 53 weeks in the long year, and annualised by 12 / 12 all the same."""
    metrics = {
        "calls": {"kind": "total", "from": "contacts", "count": "rows", "roll": "12mo"},
        "left": {
            "kind": "ratio", "unit": "percent", "annualise": "months",
            "numerator": {"from": "agents", "count": "rows", "at": "left_on"},
            "denominator": {"from": "agents", "stock": "mean"},
        },
    }  # fmt: skip
    contacts = one_a_day(date(2022, 1, 1), date(2024, 2, 10))
    agents: list[dict[str, Any]] = [
        {"agent_id": str(number), "hired_on": date(2020, 1, 1), "left_on": None} for number in range(10)
    ]
    agents[0]["left_on"] = date(2023, 3, 1)
    defined = centre.catalogue(metrics, **RETAIL)
    tables = {"contacts": contacts, "agents": agents}
    (rolled,) = centre.ask(
        defined, tables, "calls", engine=engine, every="month", since=date(2023, 12, 31), until=date(2024, 2, 4)
    )
    days = [row["ended_at"].date() for row in contacts]
    assert rolled.value == sum(date(2023, 1, 29) <= day < date(2024, 2, 4) for day in days)
    month, year = (
        centre.ask(defined, tables, "left", engine=engine, every=every, since=since, until=until)
        for every, since, until in (
            ("month", date(2023, 2, 26), date(2023, 4, 2)), ("year", date(2023, 1, 29), date(2024, 2, 4)))
    )  # fmt: skip
    # 35 days, on the first 4 of which (26 February to 1 March) ten were there; of the year's 371 days on 32.
    assert month[0].value == pytest.approx(12 * 1 / ((4 * 10 + 31 * 9) / 35), rel=1e-11)
    assert year[0].value == pytest.approx(1 / ((32 * 10 + 339 * 9) / 371), rel=1e-11)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("compare", "every", "since", "until", "before"),
    [
        ("dates", "month", date(2026, 6, 1), date(2026, 7, 1), (date(2025, 6, 1), date(2025, 7, 1))),
        ("weekdays", "month", date(2026, 6, 1), date(2026, 7, 1), (date(2025, 6, 2), date(2025, 7, 2))),
        ("weekdays", "day", date(2026, 6, 3), date(2026, 6, 4), (date(2025, 6, 4), date(2025, 6, 5))),
        ("weekdays", "quarter", date(2026, 4, 1), date(2026, 7, 1), (date(2025, 4, 2), date(2025, 7, 2))),
    ],
)
def test_a_year_before_by_dates_or_by_weekdays(
    engine: str, compare: str, every: str, since: date, until: date, before: tuple[date, date]
) -> None:
    contacts = one_a_day(date(2025, 1, 1), date(2026, 7, 31))
    defined = centre.catalogue(COUNT, compare=compare)
    (row,) = centre.ask(
        defined, {"contacts": contacts}, "calls", engine=engine, every=every, since=since, until=until, compare="year"
    )
    counted = sum(before[0] <= one["ended_at"].date() < before[1] for one in contacts)
    assert row.change is not None
    assert (row.change.period, row.change.before) == (before[0], counted)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/London", date(2026, 3, 29), 23),
        ("Europe/London", date(2026, 10, 25), 25),
        ("Europe/London", date(2026, 6, 1), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        # At Lord Howe Island the clocks change by half an hour, and in Santiago at midnight.
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Santiago", date(2026, 9, 6), 23),
        ("America/Santiago", date(2026, 4, 4), 25),
    ],
)
def test_a_contact_every_minute_counts_the_hours_of_a_day(engine: str, zone: str, day: date, hours: float) -> None:
    begin = datetime(day.year, day.month, day.day) - timedelta(hours=36)
    contacts = [
        {"contact_id": str(at), "started_at": begin, "ended_at": begin + at * MINUTE} for at in range(4 * 24 * 60)
    ]
    defined = centre.catalogue(COUNT, timezone=zone)
    rows = centre.ask(defined, {"contacts": contacts}, "calls", engine=engine, every="day", since=day, until=day + DAY)
    assert [row.value for row in rows] == [hours * 60]
    # The same from SQL's own idea of the local day.
    sql = duckdb.sql(
        f"select count(*) from range(timestamp '{begin}', timestamp '{begin + timedelta(days=4)}', interval 1 minute) "
        f"r(t) where cast(timezone('{zone}', timezone('UTC', t)) as date) = date '{day}'"
    ).fetchall()
    assert sql == [(hours * 60,)]
    # By hour of the day: an hour that is shown twice has 120 minutes, one that is skipped none.
    by_hour = centre.ask(
        defined, {"contacts": contacts}, "calls", engine=engine, every="day", since=day, until=day + DAY, by=["hour"]
    )
    assert sum(row.value or 0 for row in by_hour if row.by) == hours * 60


def test_fiscal_names_reach_json_and_the_page(run: Callable[..., Any], tmp_path: Path) -> None:
    catalogue = tmp_path / "metrics.yaml"
    calendar = "timezone: Europe/London, year_starts: april"
    metric = "metrics:\n  calls: {kind: total, label: Calls, from: contacts, count: rows}\n"
    catalogue.write_text(f"cxkpi: 1\ncalendar: {{{calendar}}}\n{metric}")
    lines = [f"c{month},2026-{month:02d}-15T12:00:00Z,2026-{month:02d}-15T12:05:00Z" for month in range(1, 10)]
    (tmp_path / "contacts.csv").write_text("contact_id,started_at,ended_at\n" + "\n".join(lines) + "\n")
    arguments = ("report", tmp_path / "contacts.csv", "-c", catalogue, "--no-cache", "--as-of", "2026-09-30")
    found = json.loads(run(*arguments, "--every", "quarter", "-f", "json").out)["results"]
    assert [(one["period"]["label"], one["value"]) for one in found] == [("FY26 Q4", 3), ("FY27 Q1", 3), ("FY27 Q2", 3)]
    page = run(*arguments, "--every", "quarter").out
    assert "FY27 Q2 (1 Jul to 30 Sep 2026)" in page
    assert "FY27 Q1" in page or "Q1" in page
    months = json.loads(run(*arguments, "--every", "month", "-f", "json").out)["results"]
    assert all("label" not in one["period"] for one in months)
    catalogue.write_text(f"cxkpi: 1\ncalendar: {{{calendar}, pattern: 4-4-5}}\n{metric}")
    page = run(*arguments, "--every", "month").out
    assert "FY27 P06 (24 Aug to 27 Sep 2026)" in page


ORDERS = """
cxkpi: 1
calendar: {timezone: Europe/London}
tables:
  orders:
    key: [order_id]
    time: [at]
    columns: {order_id: text, at: COLUMN}
metrics:
  orders: {kind: total, from: orders, count: rows}
  calls: {kind: total, from: contacts, count: rows}
"""


@pytest.mark.parametrize("engine", ENGINES)
def test_only_events_say_how_far_the_data_reach(engine: str) -> None:
    """What is due in July is no news from July; what happened then is, and brings the days until then into view."""
    orders = [{"order_id": str(month), "at": datetime(2026, month, 10, 12)} for month in (5, 6, 7)]
    contacts = [{"contact_id": "c", "ended_at": datetime(2026, 6, 15, 12)}]
    tables = {"orders": orders, "contacts": contacts}
    due, happened = (
        parse(ORDERS.replace("COLUMN", column), "x.yaml") for column in ("instant", "{type: instant, event: true}")
    )
    found = {row.period.start.month: row for row in centre.ask(due, tables, "calls", engine=engine, every="month")}
    assert [(month, row.value, row.period.complete) for month, row in found.items()] == [(6, 1, False)]
    rows = centre.ask(due, tables, "orders", engine=engine, every="month")
    assert [(row.value, row.period.complete) for row in rows] == [(1, True), (1, False)]
    (told,) = centre.ask(happened, tables, "calls", engine=engine, every="month", since=date(2026, 6, 1), last=1)[:1]
    assert told.period.complete
    as_of = centre.ask(happened, tables, "orders", engine=engine, every="month", as_of="2026-06-30")
    assert [row.value for row in as_of] == [1, 1]


def test_without_any_event_the_newest_row_is_the_present() -> None:
    orders = [{"order_id": str(month), "at": datetime(2026, month, 10, 12)} for month in (5, 6)]
    defined = parse(ORDERS.replace("COLUMN", "instant"), "x.yaml")
    rows = centre.ask(defined, {"orders": orders}, "orders", every="month")
    assert [row.value for row in rows] == [1, 1]


def test_the_page_says_what_a_year_before_is(run: Callable[..., Any], tmp_path: Path) -> None:
    days = [date(2025, 5, 1) + at * DAY for at in range(430)]
    lines = [f"{day},{day}T12:00:00Z,{day}T12:05:00Z" for day in days]
    (tmp_path / "contacts.csv").write_text("contact_id,started_at,ended_at\n" + "\n".join(lines) + "\n")
    metric = "metrics:\n  calls: {kind: total, label: Calls, from: contacts, count: rows}\n"
    for compare, words in (("dates", "the same month a year before"), ("weekdays", "the same weekdays a year before")):
        catalogue = tmp_path / f"{compare}.yaml"
        catalogue.write_text(f"cxkpi: 1\ncalendar: {{timezone: Europe/London, compare: {compare}}}\n{metric}")
        ran = run("report", tmp_path / "contacts.csv", "-c", catalogue, "--no-cache", "--compare", "year")
        assert words in ran.out
