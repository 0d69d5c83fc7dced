"""Rows a plausible implementation would lose or misplace at the edges of periods, and the right counts."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, one, utc

from cxkpi.catalogue.load import Catalogue, parse

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def catalogue(metrics: str) -> Catalogue:
    return parse(f"cxkpi: 1\ncalendar: {{timezone: Europe/London}}\nmetrics:\n{metrics}", "x.yaml")


CONTACTS: list[dict[str, Any]] = [
    {
        "contact_id": "c1",
        "customer_id": "u1",
        "started_at": utc("2026-01-31 23:50"),
        "ended_at": utc("2026-02-01 00:10"),
        "wait_s": 5.0,
        "transfers": 1,
    },
    {
        "contact_id": "c2",
        "customer_id": "u1",
        "started_at": utc("2026-02-03 09:00"),
        "ended_at": utc("2026-02-03 09:10"),
        "wait_s": 6.0,
        "transfers": 10,
    },
    {
        "contact_id": "c3",
        "customer_id": "u2",
        "started_at": utc("2026-02-27 09:00"),
        "ended_at": utc("2026-03-01 09:10"),
        "wait_s": 7.0,
        "transfers": 1,
    },
]


def test_a_row_older_by_the_metrics_own_time_is_counted(engine: str) -> None:
    defined = catalogue("  n: {kind: total, from: contacts, count: rows, at: started_at}\n")
    assert one(defined, {"contacts": CONTACTS}, engine=engine).value == 3  # from the first end of a contact on: 2
    rows = ask(defined, {"contacts": CONTACTS}, engine=engine, every="month")
    assert [(row.period.start, row.value) for row in rows][:2] == [(date(2026, 1, 1), 1), (date(2026, 2, 1), 2)]


def test_a_repeat_on_a_clock_of_its_own_keeps_its_first_row(engine: str) -> None:
    clock = "clock: {from: started_at, to: started_at}"
    defined = catalogue(
        f"  r: {{kind: repeat, from: contacts, key: [customer_id], within: 7d, counts: repeated, {clock}}}\n"
    )
    row = one(defined, {"contacts": CONTACTS}, engine=engine)
    assert (row.numerator, row.denominator) == (1, 2)  # without the first row: 0 of 1


def test_a_stretch_that_begins_before_the_first_end_is_whole(engine: str) -> None:
    split = "at: {split: [started_at, ended_at]}"
    defined = catalogue(f"  s: {{kind: total, from: contacts, unit: seconds, sum: wait_s, {split}}}\n")
    assert one(defined, {"contacts": CONTACTS}, engine=engine).value == 18  # without its part of January: 15.5


def test_a_whole_number_is_selected_as_a_number(engine: str) -> None:
    defined = catalogue("  n: {kind: total, from: contacts, count: rows}\n")
    rows = ask(defined, {"contacts": CONTACTS}, engine=engine, only=(("transfers", ("1",)),))
    assert rows[0].value == 2  # by the text that begins with it: 3
    assert ask(defined, {"contacts": CONTACTS}, engine=engine, only=(("transfers", ("one",)),))[0].value == 0


AGENTS: list[dict[str, Any]] = [
    {"agent_id": "a1", "hired_on": date(2020, 1, 1)},
    {"agent_id": "a2", "hired_on": date(2023, 2, 28)},
    {"agent_id": "a3", "hired_on": date(2020, 1, 1), "left_on": date(2022, 6, 1)},
]


def test_a_year_before_the_last_days_of_february(engine: str) -> None:
    defined = catalogue("  c: {kind: stock, from: agents, read: closing, ago: 12mo}\n")
    since, until = date(2024, 2, 27), date(2024, 3, 2)
    rows = ask(defined, {"agents": AGENTS}, engine=engine, every="day", since=since, until=until, as_of="2024-04-01")
    # By the exclusive end of the day, which has no date a year before, 28 February would be empty.
    assert [row.value for row in rows] == [1, 2, 2, 2]


def test_a_month_before_is_that_month(engine: str) -> None:
    defined = catalogue("  c: {kind: stock, from: agents, read: mean, ago: 1mo}\n")
    since, until = date(2023, 2, 1), date(2023, 5, 1)
    rows = ask(defined, {"agents": AGENTS}, engine=engine, every="month", since=since, until=until, as_of="2024-04-01")
    # January, February and March: a2 was there for one day of 28, and for all of March.
    assert [row.denominator for row in rows] == [31, 28, 31]
    assert [row.numerator for row in rows] == [31, 29, 62]
