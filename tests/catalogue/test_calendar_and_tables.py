"""Mistakes in business hours, holidays, and tables of a catalogue's own: each at its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cxkpi.catalogue.load import load, parse
from cxkpi.errors import CatalogueError
from cxkpi.tables import TABLES, Column, Lookup

from .marked import HEAD, SHARE, marked, problems


def calendar(keys: str) -> str:
    """A catalogue with further keys of its calendar."""
    return HEAD.replace("}", f", {keys}}}", 1) + "metrics:" + SHARE


def hours(week: str) -> str:
    return calendar(f"hours: {{{week}}}")


def tables(text: str) -> str:
    return f"{HEAD}tables:\n{text}\nmetrics:{SHARE}"


def orders(keys: str = "", columns: str = "order_id: text, at: instant") -> str:
    return f"  orders:\n    key: [order_id]\n    columns: {{{columns}}}\n{keys}"


LOOKUP = "  contacts:\n    columns: {order_id: text}\n    lookups: {order: {table: orders, on: order_id}}\n"

CASES = [
    ("C105", "'4-4-4' is not a value of 'pattern'; it takes 4-4-5, 4-5-4 or 5-4-4", calendar("pattern: «4-4-4")),
    ("C109", "'year_rule' needs a 'pattern'", calendar("«year_rule: last")),
    ("C109", "'year_name' needs a fiscal year", calendar("«year_name: start")),
    ("C105", "'days' is not a value of 'compare'", calendar("compare: «days")),
    ("C109", "'holidays' needs 'hours'", calendar("«holidays: [2026-01-01]")),
    ("C308", "meets: 'open_seconds' needs business hours", HEAD + "metrics:"
     + SHARE.replace("escalated", "«open_seconds(started_at, ended_at) > 5")),
    ("C406", "'mon-fr' names no weekdays; did you mean", hours("«mon-fr: '08:00-18:00'")),
    ("C406", "'fri' names Friday again, as 'mon-fri' does", hours("mon-fri: '08:00-18:00', «fri: '08:00-12:00'")),
    ("C406", "'8-18' is not a stretch of the day", hours("mon: «8-18")),
    ("C406", "'08:00-25:00' is not a stretch of the day", hours("mon: [«08:00-25:00]")),
    ("C406", "'08:00-08:00' begins where it ends", hours("mon: [10:00-11:00, «08:00-08:00]")),
    ("C406", "two stretches hold 12:00 on Monday", hours("«mon: [08:00-13:00, 12:00-18:00]")),
    ("C406", "two stretches hold 05:00 on Tuesday", hours("mon: 22:00-06:00, «tue: 05:00-09:00")),
    ("C103", "this must be text or a list of texts, not the number 8", hours("mon: «8")),
    ("C407", "'2026-02-30' is not a date", calendar("hours: {mon: 08:00-18:00}, holidays: [2026-01-01, «2026-02-30]")),
    ("C407", "the holidays in 'holidays.csv' cannot be read: there is no such file",
     calendar("hours: {mon: 08:00-18:00}, holidays: «holidays.csv")),
    ("C202", "no table 'order'", tables("  «order: {columns: {order_id: text}}")),
    ("C210", "'customers' is the file that joins the names of systems", tables(
        "  «customers: {key: [customer_id], columns: {customer_id: text}}")),
    ("C108", "'Orders' is not a name and cannot be a table", tables("  «Orders: {key: [a], columns: {a: text}}")),
    ("C109", "'key' of the table 'contacts' is fixed", tables("  contacts: {«key: [contact_id]}")),
    ("C203", "key: no column 'orderid' in table 'orders'; did you mean 'order_id'?",
     tables("  orders: {key: [«orderid], columns: {order_id: text}}")),
    ("C204", "'order_id' stands here twice", tables(
        "  orders: {key: [order_id, «order_id], columns: {order_id: text}}")),
    ("C210", "a column of type number is no key", tables("  orders: {key: [«value], columns: {value: number}}")),
    ("C105", "'txt' is not a value of 'order_id'", tables("  orders: {key: [order_id], columns: {order_id: «txt}}")),
    ("C104", "unknown key 'tpye' in 'order_id'", tables(
        "  orders: {key: [order_id], columns: {order_id: {type: text, «tpye: text}}}")),
    ("C206", "'value' is no timestamp or date, so it is no event", tables(
        orders(columns="order_id: text, value: {type: number, event: «true}"))),
    ("C204", "the table 'orders' has a column 'source' already", tables(
        orders(columns="order_id: text, «source: text"))),
    ("C203", "time: no column 'att' in table 'orders'; did you mean 'at'?", tables(orders("    time: [«att]"))),
    ("C206", "time: 'order_id' is not a timestamp or a date", tables(orders("    time: [«order_id]"))),
    ("C206", "time: timestamps and dates stand here side by side", tables(
        orders("    time: [at, «day]", "order_id: text, at: instant, day: date"))),
    ("C210", "a spell has a first and a last day, not 1", tables(orders("    span: «[at]"))),
    ("C206", "span: 'at' is not a date", tables(orders(
        "    span: [day, «at]", "order_id: text, at: instant, day: date"))),
    ("C202", "no table 'ordes'; did you mean 'orders'?", tables(
        orders() + LOOKUP.replace("table: orders", "table: «ordes"))),
    ("C203", "on: no column 'order' in table 'contacts'; did you mean", tables(
        orders() + LOOKUP.replace("on: order_id", "on: «order"))),
    ("C209", "several rows of 'legs' may have the same 'contact_id'", tables(
        "  cases:\n    lookups: {leg: {table: legs, on: «contact_id}}")),
    ("C209", "'order_id' is integer in 'contacts' and text in 'orders'", tables(
        orders() + LOOKUP.replace("order_id: text", "order_id: integer").replace("on: order_id", "on: «order_id"))),
    ("C204", "the table 'contacts' has a look-up 'agent' already", tables(
        orders() + LOOKUP.replace("order: {", "«agent: {"))),
    ("C209", "the look-up 'contact' leads back to its own table: orders → contacts → orders", tables(
        orders("    lookups: {«contact: {table: contacts, on: contact_id}}\n",
               "order_id: text, at: instant, contact_id: text") + LOOKUP)),
    ("C206", "a row of 'orders' has no time", tables(orders()).replace(SHARE, "")
     + "\n  a: {kind: total, from: «orders, count: rows}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=[f"{code}-{words}" for code, words, _ in CASES])
def test_each_mistake_has_its_code_place_and_words(code: str, message: str, text: str) -> None:
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    (problem,) = found
    assert str(problem).startswith(f"{marked(text)}: error[{code}]: {message}")


HOURS = (
    "cxkpi: 1\ncalendar:\n  timezone: Europe/London\n  hours: {mon-fri: 08:00-18:00}\n  holidays: days.csv\nmetrics:"
)


def saved(folder: Path, holidays: bytes) -> Path:
    (folder / "days.csv").write_bytes(holidays)
    catalogue = folder / "metrics.yaml"
    catalogue.write_text(HOURS + SHARE)
    return catalogue


def test_holidays_are_read_from_a_file_beside_the_catalogue(tmp_path: Path) -> None:
    text = "\ufeffdate,name\n2026-12-25,Christmas\n\n# moved\n2026-12-28 , Boxing Day (substitute)\n2026-01-01\n"
    defined = load(saved(tmp_path, text.encode()))
    assert defined.hours is not None
    assert defined.hours.holidays == (date(2026, 1, 1), date(2026, 12, 25), date(2026, 12, 28))


@pytest.mark.parametrize(
    ("holidays", "expected"),
    [
        (b"2026-01-01\n 25/12/2026,x\n", "days.csv:2:2: error[C407]: this line has no date. Write one"),
        (b"2026-01-01\n\xff\xfe", "metrics.yaml:5:13: error[C407]: the holidays in 'days.csv' are not UTF-8 text"),
        (b"2026-01-01\n" * 10_001, "metrics.yaml:5:13: error[C407]: a file of holidays has at most 10,000 lines"),
        (b" " * 1_100_000, "metrics.yaml:5:13: error[C407]: the holidays in 'days.csv' cannot be read: it is larger"),
    ],
)
def test_a_broken_file_of_holidays_is_told_by_line(tmp_path: Path, holidays: bytes, expected: str) -> None:
    with pytest.raises(CatalogueError) as error:
        load(saved(tmp_path, holidays))
    assert str(error.value.problems[0]).replace(f"{tmp_path.as_posix()}/", "").startswith(expected)


def test_of_a_file_that_holds_no_dates_nothing_is_shown(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError) as error:
        load(saved(tmp_path, b"root:x:0:0\nsecret\n" * 20))
    assert len(error.value.problems) == 5
    assert "secret" not in str(error.value)
    assert "root" not in str(error.value).replace(tmp_path.as_posix(), "")


def test_a_catalogue_may_say_how_files_beside_it_are_read() -> None:
    def beside(name: str) -> tuple[str, str]:
        return "2026-12-25\n", f"main:{name}"

    defined = parse(HOURS + SHARE, "main:metrics.yaml", beside=beside)
    assert defined.hours is not None
    assert defined.hours.holidays == (date(2026, 12, 25),)


def test_hours_of_every_form() -> None:
    week: Any = parse(hours("Mon-thursday: [8:00 - 12:00, 13:00-24:00], fri-sat: 22:00-06:00"), "x.yaml").hours
    office = ((480, 720), (780, 1440))
    assert week.week == (
        office, office, office, office, ((1320, 1440),), ((0, 360), (1320, 1440)), ((0, 360),)
    )  # fmt: skip


def test_a_table_of_ones_own_says_what_it_is() -> None:
    text = tables(
        "  orders:\n    row: one order\n    key: [order_id]\n    time: [ordered_at]\n"
        "    columns:\n      order_id: text\n      ordered_at: {type: instant, event: true}\n      due_at: instant\n"
        "      paid_at: {type: instant, event: true}\n      buyer: {type: text, role: identifier}\n"
        "      customer_id: text\n" + LOOKUP
    )
    defined = parse(text, "x.yaml")
    own = defined.tables["orders"]
    assert list(defined.tables) == [*TABLES, "orders"]
    assert (own.key, own.time, own.seen, own.row) == (("order_id",), ("ordered_at",), ("ordered_at",), "one order")
    assert own.columns["order_id"] == Column("text", role="identifier")
    assert own.columns["ordered_at"] == Column("instant", event=True)
    assert own.columns["due_at"] == Column("instant")
    assert own.columns["paid_at"] == Column("instant", event=True)
    assert own.columns["buyer"] == Column("text", role="identifier")
    assert defined.tables["contacts"].lookups["order"] == Lookup("orders", "order_id")
    assert "order" not in TABLES["contacts"].lookups


def test_a_mistake_in_one_column_does_not_hide_the_others() -> None:
    text = tables("  orders: {key: [order_id], time: [at], columns: {order_id: text, at: instant, x: txt}}")
    text = text.replace(SHARE, "\n  a: {kind: total, from: orders, at: at, count: rows, where: order_id <> ''}\n")
    (problem,) = problems(text)
    assert problem.code == "C105"
