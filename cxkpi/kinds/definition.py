"""What a metric is once the catalogue has been read: frozen, checked, with its expressions parsed.

Each kind adds a plain dataclass of its own keys (``Spec`` in its module). The catalogue derives grammar, checks and
JSON Schema from those dataclasses, so a field's type says what may be written there:

========================  ==========================================================================================
``Condition``             a row expression that is true, false or null
``Amount``                a row expression that is a number
``ColumnName``            a column of the ``from`` table, or one reachable through its look-ups, dotted or not
``TimeColumn``            the same, of type instant or date
``TableName``             a canonical table
``Duration``              a quantity of time, ``7d``
``Fraction``              a number from 0 to 1, also written as a percentage
a dataclass               a mapping with that dataclass's keys
========================  ==========================================================================================

A field's trailing underscore is not part of the key (``from_`` is written ``from``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from cxkpi.errors import Place
from cxkpi.kinds.expression import Expression

Condition = Annotated[Expression, "boolean"]
Amount = Annotated[Expression, "number"]
ColumnName = Annotated[str, "column"]
TimeColumn = Annotated[str, "time"]
TableName = Annotated[str, "table"]
MetricName = Annotated[str, "metric"]
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


NO_TIME = Duration(0, "s")


@dataclass(frozen=True, slots=True)
class Term:
    """One side of a ratio: which rows of a table, and what is taken of them (exactly one of the last four)."""

    from_: TableName
    where: Condition | None = None
    at: TimeColumn | None = None
    count: Literal["rows"] | None = None
    distinct: ColumnName | None = None
    sum: Amount | None = None
    stock: Literal["mean", "opening", "closing", "both", "through"] | None = None
    last_day: Literal["out", "counted"] = "out"


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


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric, or one variant of it, as the catalogue defines it.

    ``spec`` is the dataclass of its kind. ``target`` and ``alarm`` are in the metric's stored unit: shares as
    fractions, durations in seconds. ``definition`` hashes what decides the number, so wording and targets do not change
    it.
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
    target: float | tuple[float, float] | None = None
    alarm: float | None = None
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
