"""What a metric is once the catalogue has been read: frozen, checked, with its expressions parsed.

Each kind adds a plain dataclass of its own keys (``Spec`` in its module). The catalogue derives grammar, checks and
JSON Schema from those dataclasses, so a field's type says what may be written there:

========================  ==========================================================================================
``Condition``             a row expression that is true, false or null
``Amount``                a row expression that is a number
``MetricFormula``         an expression over the values of metrics, a number
``ColumnName``            a column of the ``from`` table, or one reachable through its look-ups, dotted or not
``TimeColumn``            the same, of type instant or date
``TableName``             a canonical table
``Source``                a table, or metrics as rows: a mapping with the keys of ``MetricRows``
``Renamed``               dimensions, and the column each is read from instead
``Duration``              a quantity of time, ``7d``
``Fraction``              a number from 0 to 1, also written as a percentage
a dataclass               a mapping with that dataclass's keys
========================  ==========================================================================================

A field's trailing underscore is not part of the key (``from_`` is written ``from``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal

from cxkpi.errors import Place
from cxkpi.kinds.expression import Expression

Condition = Annotated[Expression, "boolean"]
Amount = Annotated[Expression, "number"]
ColumnName = Annotated[str, "column"]
TimeColumn = Annotated[str, "time"]
TableName = Annotated[str, "table"]
Source = Annotated[str, "source"]
Renamed = Annotated[tuple[tuple[str, str], ...], "dimensions"]
MetricName = Annotated[str, "metric"]
MetricFormula = Annotated[Expression, "formula"]
Fraction = Annotated[float, "fraction"]

TimeUnit = Literal["s", "m", "h", "d", "wk", "mo"]
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "wk": 604800}


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of time as written in a catalogue; months have no fixed length in seconds."""

    amount: float
    unit: TimeUnit

    @property
    def seconds(self) -> float:
        """Length in seconds; ValueError for months."""
        if self.unit == "mo":
            raise ValueError("a month has no fixed length in seconds")
        return self.amount * _SECONDS[self.unit]

    def __str__(self) -> str:
        return f"{self.amount:g}{self.unit}"


# A length in whole days, weeks or months; the latter are counted by date.
WholePeriods = Annotated[Duration, "periods"]
StockReading = Literal["mean", "opening", "closing", "both", "snapshots", "joiners", "through"]

NO_TIME = Duration(0, "s")
MIN_GROUP = 5


@dataclass(frozen=True, slots=True)
class MetricRows:
    """Metrics as a table: one row per entity and period, with columns ``aht``, ``aht_n`` … for each metric named.

    Without ``per`` there is one row per period.
    """

    metrics: tuple[MetricName, ...]
    per: tuple[ColumnName, ...] = ()
    every: Literal["day", "week", "month", "quarter", "year"] = "week"

    @property
    def table(self) -> str:
        """The name of the table these rows make; it says all there is to say, see ``metric_rows_named``."""
        return f"{', '.join(self.metrics)} {''.join(f'per {name} ' for name in self.per)}every {self.every}"


_METRIC_ROWS = re.compile(r"(?P<metrics>\S+(?:, \S+)*) (?P<per>(?:per \S+ )*)every (?P<every>\w+)")


def metric_rows_named(table: str) -> MetricRows | None:
    """The metric rows whose table has that name; None for a table of the data."""
    found = _METRIC_ROWS.fullmatch(table)
    if found is None:
        return None
    every: Any = found["every"]
    return MetricRows(tuple(found["metrics"].split(", ")), tuple(found["per"].split()[1::2]), every)


@dataclass(frozen=True, slots=True)
class Split:
    """A time that is a stretch, from the first column to the second: its amount falls on every day it covers."""

    split: tuple[TimeColumn, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """One side of a ratio: which rows of a table, and what is taken of them (exactly one of the last four)."""

    from_: Source
    where: Condition | None = None
    at: Split | TimeColumn | None = None
    count: Literal["rows"] | None = None
    distinct: ColumnName | None = None
    sum: Amount | None = None
    stock: StockReading | None = None
    last_day: Literal["out", "counted"] = "out"
    served: WholePeriods | None = None
    ago: WholePeriods | None = None
    as_: Renamed = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example written beside its metric: small tables, and fields of the Result's row they must give.

    ``given``: table name to rows, each a mapping of column to the text as written (None for an empty cell); ``rows`` is
    already expanded. ``as_of``: local date or timestamp as written. ``expect``: field names of a Result row to expected
    values. ``expect_by``: dimension, then value, then fields. ``decimals`` and ``truncated``: how far ``expect`` is
    exact.
    """

    name: str
    given: Mapping[str, tuple[Mapping[str, str | None], ...]]
    expect: Mapping[str, Any]
    expect_by: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    as_of: str | None = None
    every: str = "all"
    since: str | None = None
    until: str | None = None
    decimals: int | None = None
    truncated: bool = False
    place: Place | None = None


Limits = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Goal:
    """A target, an alarm or both for some cells: those with certain dimension values, in periods that start in time.

    ``when``: each dimension named is one the cell is cut by, and its value one of those. ``since`` (inclusive) and
    ``until`` (exclusive) are compared with the first day of the period.
    """

    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    since: date | None = None
    until: date | None = None
    target: Limits | None = None
    alarm: Limits | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """The definition in force from the local midnight of ``since`` on; the first one has no beginning."""

    since: date | None
    metric: Metric


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, or one variant of it, as the catalogue defines it.

    ``spec`` is the dataclass of its kind. ``target`` and ``alarm`` are in the metric's stored unit: shares as
    fractions, durations in seconds. ``definition`` hashes what decides the number, so wording and targets do not change
    it. ``targets`` say where others hold, the last that matches first. ``protects`` is the column of those whose rows
    must not be singled out, and ``min_group`` how many of them a cell needs. Where the definition changed,
    ``versions`` holds all of them, oldest first; the metric itself then has the keys of the first.
    """

    name: str
    variant: str | None
    kind: str
    spec: Any
    label: str
    unit: str
    definition: str
    confidence: float
    min_n: int
    better: Literal["higher", "lower", "inside"] | None = None
    target: Limits | None = None
    alarm: Limits | None = None
    objective: str | None = None
    description: str | None = None
    family: str | None = None
    source: str | None = None
    owner: str | None = None
    aka: tuple[str, ...] = ()
    private: bool = False
    roll: Duration | None = None
    matures: Duration | None = None
    cluster: str | None = None
    guards: tuple[str, ...] = ()
    targets: tuple[Goal, ...] = ()
    protects: str | None = None
    min_group: int = MIN_GROUP
    versions: tuple[Version, ...] = ()
    examples: tuple[Example, ...] = ()
    place: Place | None = None

    @property
    def key(self) -> tuple[str, str | None]:
        """(name, variant)."""
        return (self.name, self.variant)

    @property
    def title(self) -> str:
        """``name`` or ``name.variant``, as ``-m`` takes it."""
        return self.name if self.variant is None else f"{self.name}.{self.variant}"
