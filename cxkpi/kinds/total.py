"""Kind ``total``: how many rows, how many different values, or how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import polars as pl

from cxkpi.kinds.base import GRAIN, Branch, Cells, Figure, flag, grains, judged, maturity, only, reads
from cxkpi.kinds.definition import Amount, ColumnName, Condition, Metric, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows


@dataclass(frozen=True, slots=True)
class Spec:
    """Exactly one of ``count``, ``distinct`` and ``sum``."""

    from_: TableName
    where: Condition | None = None
    at: TimeColumn | None = None
    count: Literal["rows"] | None = None
    distinct: ColumnName | None = None
    sum: Amount | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, old_enough = rows.true(spec.where), judged(metric, rows)
        sums = {"immature": flag(member & ~old_enough)}
        if spec.sum is None:
            present = nw.lit(True) if spec.distinct is None else ~rows.column(spec.distinct).is_null()
            return {**sums, "n": flag(member & present & old_enough), "missing": flag(member & ~present & old_enough)}
        amount = grains(rows.read(spec.sum))
        counted = member & ~amount.is_null() & old_enough
        return {
            **sums,
            "n": flag(counted),
            "x": only(counted, amount),
            "missing": flag(member & amount.is_null() & old_enough),
        }

    keys = () if spec.distinct is None else (spec.distinct,)
    return {"rows": Branch(spec.from_, spec.at, reads(spec.where, spec.sum), adds, spec.where, keys=keys)}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    totals = cells.totals("rows")
    if spec.distinct is not None:
        values: list[float | None] = list(distinct(cells.frames["rows"], spec.distinct, len(totals)))
    elif spec.sum is not None:
        # Null is not zero: the sum of nothing but nulls is unknown, the sum of no rows is 0.
        values = [None if sums.get("missing") and not sums.get("n") else sums.get("x", 0) / GRAIN for sums in totals]
    else:
        values = [sums.get("n", 0) for sums in totals]
    return [
        Figure(
            n=sums.get("n", 0),
            value=value,
            numerator=value,
            immature=sums.get("immature", 0),
            missing=sums.get("missing", 0),
            reason="empty" if value is None else None,
        )
        for sums, value in zip(totals, values, strict=True)
    ]


def distinct(frame: pl.DataFrame, key: str, cells: int) -> list[int]:
    """How many different values of ``key`` have rows in each cell; this does not add over cells."""
    counts = frame.filter(pl.col("n") > 0).group_by("cell").agg(pl.col(key).drop_nulls().n_unique().alias("distinct"))
    found = [0] * cells
    for cell, count in counts.select("cell", "distinct").iter_rows():
        found[cell] = count
    return found


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
