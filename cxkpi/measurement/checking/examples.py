"""The examples beside a definition, run like any data: small tables in, fields of the Result's rows out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from cxkpi.calendar import end_of_day_utc, to_utc
from cxkpi.catalogue.load import Catalogue
from cxkpi.engines.base import Engine
from cxkpi.kinds.definition import Example, Metric
from cxkpi.measurement.computing.compute import Question, compute
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.measurement.computing.rehired import continued
from cxkpi.result import Row
from cxkpi.tables import POLARS_TYPES, Column, ColumnType, Stored, Table


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of an example that came out otherwise.

    ``where``: ``the whole``, or a dimension and its value. ``field`` of the Result's row, None where there is no such
    row. ``reason`` and ``notes``: what the row says about itself.
    """

    where: str
    field: str | None = None
    expected: Any = None
    got: Any = None
    reason: str | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.field is None:
            return f"{self.where}: there is no row"
        return f"{self.where}: {self.field} is {self.got!r}, expected {self.expected!r}"


class Bench:
    """Where the examples of one catalogue are run, by one engine."""

    def __init__(self, defined: Catalogue, engine: Engine) -> None:
        self._defined = defined
        self._engine = engine
        self._metrics = {metric.title: metric for metric in defined.metrics.values()}
        self._empty = {name: store(name, table, (), defined.timezone) for name, table in defined.tables.items()}
        self._calendar = defined.calendar

    def differences(self, metric: Metric, example: Example) -> list[Difference]:
        """What an example expects and did not get; empty when it holds."""
        found = []
        if example.expect or not example.expect_by:
            whole = [row for row in self.rows(metric, example) if not row.by]
            found += _differences(example, whole[-1] if whole else None, example.expect, "the whole")
        for dimension, values in example.expect_by.items():
            rows = self.rows(metric, example, [dimension])
            for value, expected in values.items():
                here = [row for row in rows if row.by and row.by[dimension] == (value or None)]
                found += _differences(example, here[-1] if here else None, expected, f"{dimension} {value}")
        return found

    def rows(self, metric: Metric, example: Example, by: Sequence[str] = ()) -> tuple[Row, ...]:
        """The rows a metric gives over the tables of an example; tables it does not give are empty."""
        defined = self._defined
        question = Question(
            calendar=self._calendar,
            every=example.every,  # type: ignore[arg-type]
            by=tuple(by),
            since=date.fromisoformat(example.since) if example.since else None,
            until=date.fromisoformat(example.until) if example.until else None,
        )
        given = {
            name: store(name, defined.tables[name], rows, defined.timezone) for name, rows in example.given.items()
        }
        stored = {**self._empty, **given}
        data = dataset(stored, defined.tables, defined.timezone, self._engine, example.as_of, defined.calendar).data
        return compute([metric], self._metrics, data, question).rows


def failures(metric: Metric, example: Example, defined: Catalogue, engine: Engine) -> list[str]:
    """What an example expects and did not get, one sentence each; empty when it holds."""
    return [str(difference) for difference in Bench(defined, engine).differences(metric, example)]


def rows_of(
    metric: Metric, example: Example, defined: Catalogue, engine: Engine, by: Sequence[str] = ()
) -> tuple[Row, ...]:
    """The rows a metric gives over the tables of an example; tables it does not give are empty."""
    return Bench(defined, engine).rows(metric, example, by)


def store(name: str, table: Table, rows: Sequence[Mapping[str, str | None]], zone: str) -> Stored:
    """The rows of one table, given as local text, as a table in memory; a column not given is null."""
    nothing = [None] * len(rows)
    given = {column for row in rows for column in row}
    columns = {
        column: [_value(row.get(column), kind.type, zone) for row in rows] if column in given else nothing
        for column, kind in table.columns.items()
    }
    sources = [row.get("source") or "example" for row in rows]
    schema = {column: POLARS_TYPES[kind.type] for column, kind in table.columns.items()}
    # Row by row is several times as fast as making a series of each column.
    lines = list(zip(*columns.values(), sources, strict=True))
    frame = pl.DataFrame(lines, schema={**schema, "source": pl.String}, orient="row")
    if name == "agents":
        frame = continued(frame)
    return Stored(
        table=name,
        files=(),
        supplied=frozenset(table.columns),
        rows=frame.height,
        first=_edge((columns.get(name, ()) for name in _times(table)), min, zone),
        through=_edge((columns.get(name, ()) for name in _events(table)), max, zone),
        frame=frame,
    )


@lru_cache(maxsize=10_000)
def _value(text: str | None, kind: ColumnType, zone: str) -> Any:
    if text is None:
        return None
    match kind:
        case "text":
            return text
        case "boolean":
            return text == "true"
        case "instant":
            return to_utc(datetime.fromisoformat(text), zone)
        case "date":
            return date.fromisoformat(text)
        case "integer":
            return int(text)
        case "number" | "duration":
            return float(text)


def _times(table: Table) -> list[str]:
    return [name for name in table.time if "." not in name]


def _events(table: Table) -> list[str]:
    events: list[tuple[str, Column]] = [(name, column) for name, column in table.columns.items() if column.event]
    instants = [name for name, column in events if column.type == "instant"]
    return instants or [name for name, _ in events]


def _edge(columns: Iterable[Iterable[Any]], edge: Any, zone: str) -> datetime | None:
    values = [value for column in columns for value in column if value is not None]
    if not values:
        return None
    value = edge(values)
    if isinstance(value, datetime):
        return value
    return end_of_day_utc(value, zone) if edge is max else to_utc(datetime.combine(value, datetime.min.time()), zone)


def _differences(example: Example, row: Row | None, expected: Mapping[str, Any], where: str) -> list[Difference]:
    if row is None:
        return [Difference(where)]
    return [
        Difference(where, name, wanted, got, row.reason, row.notes)
        for name, wanted in expected.items()
        if not _same(got := getattr(row, name), wanted, example)
    ]


def _same(got: Any, wanted: Any, example: Example) -> bool:
    if got is None or wanted is None or isinstance(wanted, str | bool) or isinstance(got, str | bool):
        return bool(got == wanted)
    if example.decimals is not None:
        step = Decimal(1).scaleb(-example.decimals)
        rounding = ROUND_DOWN if example.truncated else ROUND_HALF_UP
        cut = Decimal(repr(float(got))).quantize(step, rounding=rounding)
        return cut == Decimal(repr(float(wanted))).quantize(step, rounding=rounding)
    return math.isclose(float(got), float(wanted), rel_tol=1e-12, abs_tol=1e-12)
