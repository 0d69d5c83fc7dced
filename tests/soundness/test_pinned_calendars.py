"""Numbers a plausible implementation of calendars, business hours and look-ups would print, and the right ones."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, one, utc

from cxkpi.catalogue.load import Catalogue, parse
from cxkpi.engines.base import load
from cxkpi.measurement.checking.examples import failures

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def catalogue(calendar: str, metrics: str, tables: str = "") -> Catalogue:
    return parse(f"cxkpi: 1\ncalendar: {{timezone: Europe/London{calendar}}}\n{tables}metrics:\n{metrics}", "x.yaml")


WAITED = "  waited: {kind: total, from: cases, unit: seconds, sum: 'open_seconds(opened_at, closed_at)'}\n"


def case(opened: str, closed: str) -> dict[str, Any]:
    return {"case_id": opened, "opened_at": utc(opened), "closed_at": utc(closed)}


def test_a_night_shift_over_the_change_of_clocks_is_not_eight_hours(engine: str) -> None:
    defined = catalogue(', hours: {mon-sun: "22:00-06:00"}', WAITED)
    spring, autumn = case("2026-03-28 22:00", "2026-03-29 06:00"), case("2026-10-24 22:00", "2026-10-25 06:00")
    assert one(defined, {"cases": [spring]}, engine=engine).value == 7 * 3600  # by the clock's face: 28800
    assert one(defined, {"cases": [autumn]}, engine=engine).value == 9 * 3600  # by the clock's face: 28800


def test_a_summer_wait_is_not_shifted_by_the_hour_of_utc(engine: str) -> None:
    defined = catalogue(', hours: {mon-fri: "08:00-18:00"}', WAITED)
    row = one(defined, {"cases": [case("2026-07-06 07:30", "2026-07-06 08:30")]}, engine=engine)
    assert row.value == 1800  # by hours in UTC: 0


def test_a_holiday_on_a_sunday_closes_nothing_twice(engine: str) -> None:
    defined = catalogue(', hours: {mon-fri: "08:00-18:00"}, holidays: [2026-07-05, 2026-07-05]', WAITED)
    row = one(defined, {"cases": [case("2026-07-03 17:00", "2026-07-06 09:00")]}, engine=engine)
    assert row.value == 7200  # with ten hours taken off per holiday: negative


def test_the_end_of_a_wait_before_its_beginning_is_not_hidden(engine: str) -> None:
    defined = catalogue(', hours: {mon-fri: "08:00-18:00"}', WAITED)
    row = one(defined, {"cases": [case("2026-07-06 10:00", "2026-07-06 09:00")]}, engine=engine)
    assert row.value == -3600  # cut off at 0, a wrong clock would go unseen


CALLS = "  calls: {kind: total, from: contacts, count: rows}\n"


def contact(number: int, at: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": f"c{number}", "ended_at": utc(at), **more}


def test_the_53rd_week_is_in_its_year_once(engine: str) -> None:
    """The retail year 2023 has 53 weeks, the last of which belongs to its last month."""
    defined = catalogue(", week_starts: sunday, year_starts: february, pattern: 4-5-4", CALLS)
    contacts = [contact(1, "2024-01-30 12:00"), contact(2, "2024-02-06 12:00"), contact(3, "2023-01-30 12:00")]
    for every, counts in (("year", [2, 1]), ("quarter", [1, 0, 0, 1, 1])):
        rows = ask(defined, {"contacts": contacts}, engine=engine, every=every)
        assert [row.value or 0 for row in rows] == counts
    months = ask(defined, {"contacts": contacts}, engine=engine, every="month", since=date(2023, 12, 31))
    assert [(row.period.start, row.value) for row in months] == [(date(2023, 12, 31), 1), (date(2024, 2, 4), 1)]


def test_aligned_weekdays_do_not_compare_a_monday_with_a_sunday(engine: str) -> None:
    """Monday 15 June 2026, against Monday 16 June 2025 and not against the quiet Sunday of the same date."""
    contacts = [contact(at, "2025-06-16 12:00") for at in range(10)] + [contact(90, "2025-06-15 12:00")]
    contacts += [contact(100 + at, "2026-06-15 12:00") for at in range(10)] + [contact(200, "2026-06-16 12:00")]
    day = {"every": "day", "since": date(2026, 6, 15), "until": date(2026, 6, 16), "compare": "year"}
    (aligned,) = ask(catalogue(", compare: weekdays", CALLS), {"contacts": contacts}, engine=engine, **day)
    (dated,) = ask(catalogue("", CALLS), {"contacts": contacts}, engine=engine, **day)
    assert aligned.change is not None
    assert dated.change is not None
    assert (aligned.change.before, dated.change.before) == (10, 1)


ORDERS = """tables:
  orders: {key: [order_id], time: [at], columns: {order_id: text, at: {type: instant, event: true}, product: text}}
  contacts: {columns: {order_id: text}, lookups: {order: {table: orders, on: order_id}}}
"""


def test_a_look_up_never_adds_contacts(engine: str) -> None:
    """Two shops have an order 1: its contact is counted once, of no product, and not once for each shop."""
    orders = [
        {"order_id": "1", "at": utc("2026-06-01 09:00"), "product": "chairs", "source": "one"},
        {"order_id": "1", "at": utc("2026-06-01 09:00"), "product": "lamps", "source": "other"},
        {"order_id": "2", "at": utc("2026-06-01 09:00"), "product": "lamps", "source": "one"},
    ]
    contacts = [contact(1, "2026-06-02 09:00", order_id="1"), contact(2, "2026-06-02 09:00", order_id="2")]
    defined = catalogue("", CALLS, ORDERS)
    rows = ask(defined, {"orders": orders, "contacts": contacts}, "calls", engine=engine, by=["product"])
    assert {tuple(row.by.values()): row.value for row in rows} == {(): 2, ("lamps",): 1, (None,): 1}


def test_a_key_given_twice_in_an_example_adds_no_contacts_either(engine: str) -> None:
    example = """    examples:
      - given:
          contacts: |
            contact_id | order_id | ended_at
            c1         | 1        | 2026-06-02 09:00
          orders: |
            order_id | at               | product
            1        | 2026-06-01 09:00 | chairs
            1        | 2026-06-01 09:00 | lamps
        expect: {value: 1}
        expect_by: {product: {"": {value: 1}}}
"""
    defined = catalogue("", CALLS.rstrip().replace("{kind: total", "\n    kind: total").replace(
        ", from: contacts, count: rows}", "\n    from: contacts\n    count: rows\n") + example, ORDERS)  # fmt: skip
    (metric,) = defined.metrics.values()
    assert failures(metric, metric.examples[0], defined, load(engine)) == []
