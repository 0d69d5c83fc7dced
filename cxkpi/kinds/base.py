"""What every kind of metric is made of: branches (rows to sums) and figures (sums to value).

A kind is one module with a ``Spec`` and three functions::

    branches(metric, data) -> {name: Branch}     what to add up, of which rows
    figures(metric, cells) -> [Figure]           one figure per cell, from sums alone
    window(metric) -> (tables, seconds) | None   how long after its time a row is judged, and by which tables

Branches of one table, time and step are run together in one pass, grouped by day or month, by the dimensions asked for
and by the branch's own ``keys``; the sums are then added up to cells. A cell is one period (or rolled window) of one
combination of dimension values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

import narwhals as nw
import polars as pl

from cxkpi.kinds.definition import Duration, Metric
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.rows import Data, Rows

NoValue = Literal["empty", "not_reached", "refused", "withheld"]

# Row values are whole numbers of a millionth before they are added, so that a sum does not depend on order or engine:
# milliseconds and cents are whole numbers of it, and Int128 has room for the squares of ten million handle times.
GRAIN = 1_000_000


class Step(Protocol):
    """Something done to all rows of a branch before they are added up; equal steps are done once."""

    @property
    def needs(self) -> frozenset[str]: ...

    def __call__(self, rows: Rows) -> Rows: ...


@dataclass(frozen=True)
class Branch:
    """One stream of rows and what is added up over it.

    ``form`` ``"sums"``: ``adds`` gives integer columns, zero for rows outside the population, summed per group.
    ``"list"``: the rows where ``where`` holds, with the columns of ``adds``, not summed. ``"spells"``: likewise, as
    stretches of days, of those that have ``served`` so long, counted so long ``ago``. ``"events"``: like sums, by
    ``keys`` and local day, whatever the period and dimensions asked for, for rows of another branch to be found in.
    ``where`` is also the population by which a dimension known only once answered is refused.
    ``keys`` are columns, but for those that ``derived`` computes: whole numbers, null for rows that have none.
    ``as_``: dimensions that are read from another column here.
    """

    table: str
    at: str | None
    needs: frozenset[str]
    adds: Callable[[Rows], Mapping[str, nw.Expr]]
    where: Expression | None = None
    keys: tuple[str, ...] = ()
    derived: Mapping[str, Callable[[Rows], nw.Expr]] = field(default_factory=dict)
    as_: tuple[tuple[str, str], ...] = ()
    step: Step | None = None
    form: Literal["sums", "list", "spells", "events"] = "sums"
    last_day: Literal["out", "counted"] = "out"
    served: Duration | None = None
    ago: Duration | None = None

    def column(self, dimension: str) -> str:
        """The column from which a dimension is read."""
        return dict(self.as_).get(dimension, dimension)


@dataclass(frozen=True, slots=True)
class Window:
    """The days a cell is computed from, ``end`` exclusive; ``until`` is the end of those that have elapsed by as_of."""

    start: date
    end: date
    until: date


@dataclass(frozen=True, slots=True)
class Figure:
    """What sums say about one cell. ``reason`` says why there is no value; ``notes`` qualify it.

    ``bounds``: between what the value must come to lie once the immature rows are judged.
    """

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    immature: int = 0
    missing: int = 0
    censored: int | None = None
    reason: NoValue | None = None
    notes: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Cells:
    """The sums of one metric, added up to the cells asked for.

    ``frames``: per branch a frame with column ``cell`` (position in ``windows``), the branch's keys, and its sums.
    ``by``: the dimensions of the cells. ``metric_rows``: other metrics per entity and period, where the metric reads
    them, up to ``metric_rows_until``; ``observed_from``: the first day on which there is any. ``limits``: whether
    intervals are wanted.
    """

    windows: Sequence[Window]
    frames: Mapping[str, pl.DataFrame]
    data: Data
    by: tuple[str, ...] = ()
    metric_rows: pl.DataFrame | None = None
    metric_rows_until: date | None = None
    observed_from: date | None = None
    limits: bool = True

    def totals(self, branch: str) -> list[dict[str, int]]:
        """Per cell the sum of every sum column of a branch, as Python whole numbers; zeros for a cell without rows."""
        frame = self.frames[branch]
        columns = [name for name, kind in frame.schema.items() if name != "cell" and kind.is_integer()]
        empty = dict.fromkeys(columns, 0)
        found = [empty] * len(self.windows)
        if columns:
            if frame["cell"].n_unique() < frame.height:
                frame = frame.group_by("cell").agg(pl.col(columns).sum())
            for row in frame.iter_rows(named=True):
                found[row["cell"]] = {name: row[name] or 0 for name in columns}
        return found

    def by_value(self, branch: str, key: str, *columns: str) -> list[list[tuple[int, ...]]]:
        """Per cell, for every value of a derived key in ascending order: the value and its sums, if any is not 0."""
        sums = self.frames[branch].filter(pl.any_horizontal(pl.col(name) != 0 for name in columns))
        found: list[list[tuple[int, ...]]] = [[] for _ in self.windows]
        for cell, *row in sums.group_by("cell", key).agg(pl.col(columns).sum()).sort("cell", key).iter_rows():
            found[cell].append(tuple(row))
        return found

    def clusters(self, branch: str, key: str, y: str, x: str) -> list[tuple[int, int, int, int]]:
        """Per cell (number of clusters, Σy², Σxy, Σx²), squared after the parts of a cluster were added."""
        parts = self.frames[branch].group_by("cell", key).agg(pl.col(y, x).cast(pl.Int128).sum())
        found = [(0, 0, 0, 0)] * len(self.windows)
        # Squares of whole clusters outgrow 128 bits; Python's numbers do not, and there are few clusters.
        for cell, a, b in parts.select("cell", y, x).iter_rows():
            if a or b:
                count, yy, xy, xx = found[cell]
                found[cell] = (count + 1, yy + a * a, xy + a * b, xx + b * b)
        return found


class Kind(Protocol):
    """The interface of a kind's module."""

    Spec: type[Any]

    @staticmethod
    def branches(metric: Metric, data: Data) -> Mapping[str, Branch]: ...

    @staticmethod
    def figures(metric: Metric, cells: Cells) -> list[Figure]: ...

    @staticmethod
    def window(metric: Metric) -> tuple[tuple[str, ...], float] | None: ...


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where the condition holds, else 0; null counts as not."""
    return condition.fill_null(False).cast(nw.Int64)


# Beyond these an Int128 could overflow: a value is taken as missing, or its square as unknown, and then there is no
# interval. They are 10^18 units and 10^9 units: no duration of thirty years, no amount of a billion.
LARGEST_AMOUNT = 1e18
LARGEST_SQUARED = 10**9 * GRAIN


def grains(amount: nw.Expr) -> nw.Expr:
    """A number as a whole number of ``GRAIN``-ths, halves upwards; null where it is null or too large."""
    sane = nw.when(amount.abs() < LARGEST_AMOUNT).then(amount)
    return (sane * float(GRAIN) + 0.5).floor().cast(nw.Int128)


def squarable(whole: nw.Expr) -> nw.Expr:
    """Where the square of a whole number can be added without overflow."""
    return (whole.abs() < LARGEST_SQUARED).fill_null(False)


def only(condition: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """A whole number where the condition holds, else 0."""
    return nw.when(condition).then(whole).otherwise(nw.lit(0, nw.Int128)).fill_null(0)


_NEVER_NEGATIVE = frozenset({"percent", "seconds", "minutes", "hours", "days", "weeks", "months"})


def never_negative(metric: Metric) -> bool:
    """Whether a value below 0 makes no sense: shares and times; a score may well have no negative one so far."""
    return metric.unit in _NEVER_NEGATIVE


def reads(*expressions: Expression | None) -> frozenset[str]:
    """Every name the expressions read: of columns, and of what rows work out from them."""
    given = [expression for expression in expressions if expression is not None]
    return frozenset().union(*(expression.columns | expression.worked_out for expression in given))


def judged(metric: Metric, rows: Rows) -> nw.Expr:
    """Rows old enough for the metric's ``matures``; all rows where it has none."""
    return nw.lit(True) if metric.matures is None else rows.judged(metric.matures.seconds)


def of_age(metric: Metric, rows: Rows, condition: nw.Expr) -> nw.Expr:
    """Where a condition holds and the row is old enough for ``matures``."""
    return condition if metric.matures is None else condition & rows.judged(metric.matures.seconds)


def waiting(metric: Metric, rows: Rows, condition: nw.Expr) -> dict[str, nw.Expr]:
    """The sum ``immature``: rows where a condition holds, too young for ``matures``; nothing where none can be."""
    if metric.matures is None:
        return {}
    return {"immature": flag(condition & ~rows.judged(metric.matures.seconds))}


def maturity(metric: Metric, table: str) -> tuple[tuple[str, ...], float] | None:
    """The window of ``matures``, looked for in the metric's own table."""
    return None if metric.matures is None else ((table,), metric.matures.seconds)


def cluster_keys(metric: Metric) -> tuple[str, ...]:
    """The further group column a clustered interval needs."""
    return () if metric.cluster is None else (metric.cluster,)


FEW_CLUSTERS = 10
OVER_ROWS = "interval over rows"


def few_clusters_note(metric: Metric) -> str:
    """Why an interval is over rows although the metric names a cluster."""
    return f"{OVER_ROWS}: fewer than {FEW_CLUSTERS} different {metric.cluster}"
