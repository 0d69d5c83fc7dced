"""repeat with all its keys, against SQL in DuckDB written from the definitions, one correlated question per row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from kinds.centre import ENGINES, ask, by_cell, catalogue, local_day, made_contacts, period_of, same
from kinds.test_repeat_oracle import on_a_grid

from cxkpi.tables import POLARS_TYPES, TABLES

WITHIN = {"3d": "INTERVAL 72 HOUR", "12h": "INTERVAL 12 HOUR"}
GAP = {None: "INTERVAL 0 HOUR", "6h": "INTERVAL 6 HOUR"}

# A contact j comes in the window of i: strictly after the gap, no later than the window.
COMES = "j.started_at > i.ended_at + {gap} AND j.started_at <= i.ended_at + {within}"
SAME = "j.customer_id = i.customer_id"


def sql(spec: Mapping[str, Any], where: str, next: str) -> str:
    """Per row of the table: member, usable, repeated, meets, first waiting time; nothing is joined."""
    gap, within = GAP[spec.get("gap")], WITHIN[spec["within"]]
    comes = COMES.format(gap=gap, within=within)
    nobody_before = f"""NOT EXISTS (SELECT 1 FROM t AS j WHERE {SAME} AND ({where.format("j")})
        AND i.started_at > j.ended_at AND i.started_at <= j.ended_at + {within})"""
    after = f"EXISTS (SELECT 1 FROM t AS j WHERE {SAME} AND ({next.format('j')}) AND {comes})"
    mirrored = f"i.started_at > j.ended_at + {gap} AND i.started_at <= j.ended_at + {within}"
    before = f"EXISTS (SELECT 1 FROM t AS j WHERE {SAME} AND ({next.format('j')}) AND {mirrored})"
    repeated = {"first": after, "contacts": after, "keys": f"({after} OR {before})"}[spec.get("count", "contacts")]
    member = f"({where.format('i')})"
    if spec.get("count") == "first":
        member += f" AND ({nobody_before})"
    at = "started_at" if spec.get("look") == "backward" else "ended_at"
    if spec.get("look") == "backward":
        repeated = before
    meets = "NULL" if "meets" not in spec else "i.transfers = 0"
    first = f"(SELECT min(j.started_at) FROM t AS j WHERE {SAME} AND ({next.format('j')}) AND {comes})"
    return f"""SELECT i.*, coalesce({member}, false) AS member, coalesce({repeated}, false) AS repeated,
        {meets} AS meets, {first} AS successor, i.{at} AS at FROM t AS i"""


CASES: Mapping[str, Mapping[str, Any]] = {
    "first": {"count": "first"},
    "first_after_a_gap": {"count": "first", "gap": "6h"},
    "keys": {"count": "keys"},
    "keys_repeated": {"count": "keys", "counts": "repeated", "within": "12h"},
    "backward": {"look": "backward", "counts": "repeated"},
    "backward_resolved": {"look": "backward", "gap": "6h"},
    "no_transfer": {"meets": "transfers = 0"},
    "no_transfer_first": {"meets": "transfers = 0", "count": "first"},
    "bounds": {"immature": "bounds"},
    "bounds_repeated": {"immature": "bounds", "counts": "repeated"},
    "bounds_no_transfer": {"immature": "bounds", "meets": "transfers = 0"},
    "survival": {"immature": "survival"},
    "survival_repeated": {"immature": "survival", "counts": "repeated"},
    "survival_no_transfer": {"immature": "survival", "meets": "transfers = 0"},
    "survival_first": {"immature": "survival", "count": "first", "within": "12h"},
}
SCOPES = {
    "": (None, "true", None, "true"),
    "_inbound": ("direction = 'inbound'", "{}.direction = 'inbound'", "queue = 'Billing'", "{}.queue = 'Billing'"),
}


# Times that coincide are hard with any scope, conditions with any times.
SCOPE_OF = {"grid": "", "chance": "_inbound"}


def definitions(scope: str) -> dict[str, dict[str, Any]]:
    found = {}
    for name, keys in CASES.items():
        where, _, next, _ = SCOPES[scope]
        extra = {key: value for key, value in (("where", where), ("next", next)) if value is not None}
        base = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "3d", "counts": "resolved"}
        found[name] = {**base, **keys, **extra}
    return found


def verdicts(rows: Sequence[Mapping[str, Any]], spec: Mapping[str, Any], scope: str) -> list[dict[str, Any]]:
    table = {name: POLARS_TYPES[kind.type] for name, kind in TABLES["contacts"].columns.items()}
    contents = {name: [row.get(name) for row in rows] for name in table}
    with duckdb.connect() as connection:
        names = ", ".join(f"{name} {_SQL[str(kind)]}" for name, kind in table.items())
        connection.execute(f"CREATE TABLE t ({names})")
        marks = ", ".join("?" * len(table))
        connection.executemany(f"INSERT INTO t VALUES ({marks})", list(zip(*contents.values(), strict=True)))
        _, where, _, next = SCOPES[scope]
        answer = connection.execute(sql(spec, where, next))
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, values, strict=True)) for values in answer.fetchall()]


_SQL = {
    "String": "VARCHAR", "Float64": "DOUBLE", "Int64": "BIGINT", "Boolean": "BOOLEAN", "Date": "DATE",
    "Datetime(time_unit='us', time_zone=None)": "TIMESTAMP",
}  # fmt: skip


def kaplan_meier(durations: Sequence[tuple[timedelta, bool]]) -> float:
    """S after the last time: the product over the times of an event of what share of those still there is left."""
    share = 1.0
    for time in sorted({watched for watched, ended in durations if ended}):
        there = sum(watched >= time for watched, _ in durations)
        share *= 1 - sum(ended for watched, ended in durations if watched == time) / there
    return share


def expected(found: Iterable[Mapping[str, Any]], spec: Mapping[str, Any], newest: datetime, oldest: datetime) -> Any:
    """(value, n, numerator, immature, missing, bounds) of the rows of one cell."""
    window = {"3d": timedelta(hours=72), "12h": timedelta(hours=12)}[spec["within"]]
    n = k = immature = missing = won = lost = 0
    durations: list[tuple[timedelta, bool]] = []
    for row in found:
        if not row["member"]:
            continue
        if row["customer_id"] is None or ("meets" in spec and row["meets"] is None):
            missing += 1
            continue
        resolved = not row["repeated"] and row["meets"] is not False
        good = resolved == (spec["counts"] == "resolved")
        backward = spec.get("look") == "backward"
        judged = row["started_at"] >= oldest + window if backward else row["ended_at"] + window <= newest
        n, k, immature = n + judged, k + (judged and good), immature + (not judged)
        won += not judged and good and spec["counts"] == "repeated"
        lost += not judged and not good and spec["counts"] == "resolved"
        watched = min(newest - row["ended_at"], window)
        if row["repeated"]:
            watched = row["successor"] - row["ended_at"] if row["successor"] else watched
        durations.append((timedelta() if row["meets"] is False else watched, not resolved))
    total = n + immature
    bounds = ((k + won) / total, (total - (n - k) - lost) / total) if total and "immature" in spec else None
    if spec.get("immature") != "survival":
        return k / n if n else None, n, k, immature, missing, bounds
    if not total:
        return None, 0, None, 0, missing, None
    share = kaplan_meier(durations)
    if share > 0 and max(watched for watched, _ in durations) < window:
        return None, total, None, immature, missing, bounds
    return share if spec["counts"] == "resolved" else 1 - share, total, None, immature, missing, bounds


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", ["grid", "chance"])
def test_sql(source, engine):
    scope = SCOPE_OF[source]
    written = definitions(scope)
    defined = catalogue(written)
    rows = on_a_grid(3) if source == "grid" else made_contacts(5, first=date(2025, 3, 20), days=14)
    rows = [{**row, "transfers": (None, 0, 0, 1)[at % 4]} for at, row in enumerate(rows)]
    times = [moment for row in rows for moment in (row["started_at"], row["ended_at"])]
    newest, oldest = max(times), min(row["ended_at"] for row in rows)
    answers = ask(defined, {"contacts": rows}, every="week", by=("queue",), engine=engine)
    compared = 0
    for name, spec in written.items():
        cells: dict[Any, list[Mapping[str, Any]]] = {}
        for row in verdicts(rows, spec, scope):
            start = period_of(local_day(row["at"]), "week")
            cells.setdefault(((), start), []).append(row)
            cells.setdefault(((row["queue"],), start), []).append(row)
        got = by_cell(row for row in answers if row.metric == name)
        for key, row in got.items():
            *numbers, bounds = expected(cells.pop(key, []), spec, newest, oldest)
            assert same((row.value, row.n, row.numerator, row.immature, row.missing), numbers), (name, key)
            assert (row.bounds is None) == (bounds is None), (name, key)
            assert bounds is None or same(row.bounds, bounds), (name, key)
            compared += row.n
        assert not [key for key, found in cells.items() if any(row["member"] for row in found)], name
    assert compared > 500
