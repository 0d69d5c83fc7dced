"""Tables of a catalogue's own, from a shop's export to the report: contacts per order."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

CATALOGUE = """
cxkpi: 1
headline: [contact_rate, late_share]
calendar: {timezone: Europe/London}
defaults: {min_n: 1}
tables:
  orders:
    row: one order of the shop
    key: [order_id]
    time: [ordered_at]
    columns:
      order_id: text
      ordered_at: {type: instant, event: true}
      delivered_at: {type: instant, event: true}
      customer_id: {type: text, role: identifier}
      product_line: text
      amount: number
      shop_id: text
    lookups: {shop: {table: shops, on: shop_id}}
  shops:
    row: one shop
    key: [shop_id]
    columns: {shop_id: text, region: text}
  contacts:
    columns: {order_id: text}
    lookups: {order: {table: orders, on: order_id}}
metrics:
  contact_rate:
    kind: ratio
    label: Contacts per order
    unit: contacts per order
    better: lower
    target: 1
    numerator: {from: contacts, count: rows}
    denominator: {from: orders, count: rows}
    examples:
      - name: half of the orders lead to a contact
        given:
          contacts: |
            contact_id | order_id | ended_at
            c1         | o1       | 2026-01-06 09:00
          orders: |
            order_id | ordered_at
            o1       | 2026-01-05 09:00
            o2       | 2026-01-05 10:00
        expect: {value: 0.5, n: 2}
  late_share:
    kind: share
    label: Contacts about orders not yet delivered
    from: contacts
    where: order_id is not null
    meets: coalesce(order.delivered_at, date '2099-01-01') > started_at
"""

PROFILE = """
profile: shop.orders
system: shop
match: {headings: [Order, Placed, Line]}
tables:
  orders:
    order_id: {from: Order, required: true}
    ordered_at: {from: Placed, format: "%d/%m/%Y %H:%M", required: true}
    delivered_at: {from: Delivered, format: "%d/%m/%Y %H:%M"}
    customer_id: Buyer
    product_line: Line
    amount: Total
    shop_id: Shop
"""

ORDERS = """Order,Placed,Delivered,Buyer,Line,Total,Shop
A1,05/01/2026 09:00,07/01/2026 12:00,K1,Chairs,120.50,S1
A2,05/01/2026 10:00,,K2,Chairs,80,S2
A3,06/01/2026 11:00,06/01/2026 20:00,K1,Lamps,30,S1
A4,07/01/2026 12:00,08/01/2026 12:00,K3,Lamps,35,S1
A1,05/01/2026 09:00,07/01/2026 12:00,K1,Chairs,120.50,S1
"""

SHOPS = "shop_id,region\nS1,North\nS2,South\n"

CONTACTS = """contact_id,order_id,started_at,ended_at
c1,A1,2026-01-06T09:00:00Z,2026-01-06T09:05:00Z
c2,A1,2026-01-08T09:00:00Z,2026-01-08T09:05:00Z
c3,A2,2026-01-08T10:00:00Z,2026-01-08T10:05:00Z
c4,A4,2026-01-08T11:00:00Z,2026-01-08T11:05:00Z
c5,,2026-01-08T12:00:00Z,2026-01-08T12:05:00Z
c6,A9,2026-01-08T13:00:00Z,2026-01-08T13:05:00Z
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with exports, a profile for one of them, and the catalogue that declares the tables."""
    (tmp_path / "exports").mkdir()
    (tmp_path / "profiles").mkdir()
    for name, text in (("orders.csv", ORDERS), ("shops.csv", SHOPS), ("contacts.csv", CONTACTS)):
        (tmp_path / "exports" / name).write_text(text)
    (tmp_path / "profiles" / "shop.yaml").write_text(PROFILE)
    (tmp_path / "metrics.yaml").write_text(CATALOGUE)
    return tmp_path


def report(run: Callable[..., Any], shop: Path, *more: object) -> list[dict[str, Any]]:
    ran = run(
        "report", shop / "exports", "-c", shop / "metrics.yaml", "--profile", shop / "profiles",
        "-f", "json", "--every", "all", "--no-cache", *more,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    results: list[dict[str, Any]] = json.loads(ran.out)["results"]
    return results


def values(rows: Sequence[dict[str, Any]], metric: str) -> dict[tuple[Any, ...], tuple[Any, Any, Any]]:
    return {
        tuple(row["by"].values()): (row["value"], row["numerator"], row["denominator"])
        for row in rows
        if row["metric"] == metric
    }


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_contacts_per_order(run: Callable[..., Any], shop: Path, engine: str) -> None:
    """Six contacts of four orders; the order that stands in the export twice is one order."""
    rows = report(run, shop, "--engine", engine, "--by", "product_line")
    assert values(rows, "contact_rate") == {
        (): (1.5, 6, 4),
        ("Chairs",): (1.5, 3, 2),
        ("Lamps",): (0.5, 1, 2),
        # Neither the contact without an order nor the one of an unknown order is about a product.
        (None,): (None, 2, 0),
    }
    # c1 came before its chair was delivered, and c3's and c6's were not delivered at all; c4's was not yet.
    assert values(rows, "late_share")[()] == (0.8, 4, 5)


def test_dimensions_through_two_look_ups_and_a_selection(run: Callable[..., Any], shop: Path) -> None:
    rows = report(run, shop, "--by", "region")
    assert values(rows, "contact_rate") == {
        (): (1.5, 6, 4),
        ("North",): (1.0, 3, 3),
        ("South",): (1.0, 1, 1),
        (None,): (None, 2, 0),
    }
    rows = report(run, shop, "--only", "order.shop.region=North", "-m", "late_share")
    assert values(rows, "late_share") == {(): (pytest.approx(2 / 3), 2, 3)}
    rows = report(run, shop, "--only", "product_line=Lamps", "-m", "contact_rate")
    assert values(rows, "contact_rate") == {(): (0.5, 1, 2)}


def test_the_tables_are_written(run: Callable[..., Any], shop: Path) -> None:
    ran = run(
        "tables", shop / "exports", "-c", shop / "metrics.yaml", "--profile", shop / "profiles",
        "-o", shop / "out", "--no-cache",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    orders = pl.read_parquet(shop / "out" / "orders.parquet").sort("order_id")
    assert orders["order_id"].to_list() == ["A1", "A2", "A3", "A4"]
    assert orders.schema["delivered_at"] == pl.Datetime("us")
    assert orders["amount"].to_list() == [120.5, 80.0, 30.0, 35.0]
    assert pl.read_parquet(shop / "out" / "shops.parquet")["region"].sort().to_list() == ["North", "South"]


def test_a_profile_maps_to_declared_columns_only(run: Callable[..., Any], shop: Path) -> None:
    (shop / "profiles" / "shop.yaml").write_text(PROFILE.replace("amount: Total", "amounts: Total"))
    ran = run("tables", shop / "exports", "-c", shop / "metrics.yaml", "--profile", shop / "profiles", "-o", shop / "o")
    assert ran.code == 5
    assert "shop.yaml:12:5: error[P202]: 'orders' has no column 'amounts'; did you mean 'amount'?" in ran.err


def test_without_the_export_the_metric_says_what_is_missing(run: Callable[..., Any], shop: Path) -> None:
    (shop / "exports" / "orders.csv").unlink()
    ran = run("report", shop / "exports", "-c", shop / "metrics.yaml", "-m", "contact_rate", "--no-cache")
    assert ran.code == 3
    assert "no file gives orders (one order of the shop)" in ran.err


def test_values_of_identifiers_are_hidden_on_the_terminal(run: Callable[..., Any], shop: Path) -> None:
    more = ("-c", shop / "metrics.yaml", "--profile", shop / "profiles", "--by", "order_id", "-m", "contact_rate")
    hidden = run("report", shop / "exports", *more, "--every", "all", "--no-cache")
    shown = run("report", shop / "exports", *more, "--every", "all", "--no-cache", "--show-values")
    assert "A1" not in hidden.out
    assert "A1" in shown.out


@pytest.mark.parametrize("command", [["doctor"], ["metrics"]])
def test_other_commands_take_such_tables(run: Callable[..., Any], shop: Path, command: list[str]) -> None:
    ran = run(*command, shop / "exports", "-c", shop / "metrics.yaml", "--profile", shop / "profiles")
    assert ran.code in (0, 1), ran.err
    assert "Traceback" not in ran.err


def test_the_catalogue_and_its_example_hold(run: Callable[..., Any], shop: Path) -> None:
    ran = run("check", shop / "metrics.yaml")
    assert ran.code == 0, ran.err + ran.out
