"""The examples beside a definition, run like any data: small tables in, fields of the Result's rows out."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl

from cxkpi.calendar import Calendar, end_of_day_utc, to_utc
from cxkpi.catalogue.load import Catalogue
from cxkpi.engines.base import Engine
from cxkpi.kinds.definition import Example, Metric
from cxkpi.measurement.compute import Question, compute
from cxkpi.measurement.dataset import dataset
from cxkpi.result import Row
from cxkpi.tables import POLARS_TYPES, Column, Stored, Table


def failures(metric: Metric, example: Example, defined: Catalogue, engine: Engine) -> list[str]:
    """What an example expects and did not get, one sentence each; empty when it holds."""
    found = []
    whole = [row for row in rows_of(metric, example, defined, engine) if not row.by]
    found += _differences(example, whole[-1] if whole else None, example.expect, "the whole")
    for dimension, values in example.expect_by.items():
        rows = rows_of(metric, example, defined, engine, [dimension])
        for value, expected in values.items():
            here = [row for row in rows if row.by and row.by[dimension] == (value or None)]
            found += _differences(example, here[-1] if here else None, expected, f"{dimension} {value}")
    return found


def rows_of(
    metric: Metric, example: Example, defined: Catalogue, engine: Engine, by: Sequence[str] = ()
) -> tuple[Row, ...]:
    """The rows a metric gives over the tables of an example; tables it does not give are empty."""
    others = {one.title: one for one in defined.metrics.values()}
    question = Question(
        calendar=Calendar(defined.timezone, defined.week_starts, defined.year_starts),
        every=example.every,  # type: ignore[arg-type]
        by=tuple(by),
        since=date.fromisoformat(example.since) if example.since else None,
        until=date.fromisoformat(example.until) if example.until else None,
    )
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        stored = {
            name: store(name, table, example.given.get(name, ()), defined.timezone, Path(folder))
            for name, table in defined.tables.items()
        }
        data = dataset(stored, defined.tables, defined.timezone, engine, example.as_of).data
        return compute([metric], others, data, question).rows


def store(name: str, table: Table, rows: Sequence[Mapping[str, str | None]], zone: str, folder: Path) -> Stored:
    """Write the rows of one table, given as local text, as a stored table; a column not given is null."""
    columns: dict[str, list[Any]] = {
        column: [_value(row.get(column), kind, zone) for row in rows] for column, kind in table.columns.items()
    }
    schema = {column: POLARS_TYPES[kind.type] for column, kind in table.columns.items()}
    source = pl.Series("source", [row.get("source") or "example" for row in rows], dtype=pl.String)
    frame = pl.DataFrame(columns, schema=schema).with_columns(source)
    file = folder / f"{name}.parquet"
    frame.write_parquet(file)
    return Stored(
        table=name,
        files=(file,),
        supplied=frozenset(table.columns),
        rows=len(rows),
        first=_edge(frame, _times(table), min, zone),
        through=_edge(frame, _events(table), max, zone),
    )


def _value(text: str | None, column: Column, zone: str) -> Any:
    if text is None:
        return None
    if column.type == "text":
        return text
    if column.type == "boolean":
        return text == "true"
    if column.type == "instant":
        return to_utc(datetime.fromisoformat(text), zone)
    if column.type == "date":
        return date.fromisoformat(text)
    return int(text) if column.type == "integer" else float(text)


def _times(table: Table) -> list[str]:
    return [name for name in table.time if "." not in name]


def _events(table: Table) -> list[str]:
    instants = [name for name, column in table.columns.items() if column.event and column.type == "instant"]
    return instants or [name for name, column in table.columns.items() if column.event]


def _edge(frame: pl.DataFrame, columns: Sequence[str], edge: Any, zone: str) -> datetime | None:
    values = [value for name in columns for value in frame[name].drop_nulls().to_list()]
    if not values:
        return None
    value = edge(values)
    if isinstance(value, datetime):
        return value
    return end_of_day_utc(value, zone) if edge is max else to_utc(datetime.combine(value, datetime.min.time()), zone)


def _differences(example: Example, row: Row | None, expected: Mapping[str, Any], where: str) -> list[str]:
    if row is None:
        return [f"{where}: there is no row"]
    found = []
    for name, wanted in expected.items():
        got = getattr(row, name)
        if not _same(got, wanted, example):
            found.append(f"{where}: {name} is {got!r}, expected {wanted!r}")
    return found


def _same(got: Any, wanted: Any, example: Example) -> bool:
    if got is None or wanted is None or isinstance(wanted, str | bool) or isinstance(got, str | bool):
        return bool(got == wanted)
    if example.decimals is not None:
        step = Decimal(1).scaleb(-example.decimals)
        rounding = ROUND_DOWN if example.truncated else ROUND_HALF_UP
        cut = Decimal(repr(float(got))).quantize(step, rounding=rounding)
        return cut == Decimal(repr(float(wanted))).quantize(step, rounding=rounding)
    return math.isclose(float(got), float(wanted), rel_tol=1e-12, abs_tol=1e-12)
