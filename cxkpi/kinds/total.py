"""Kind ``total``: how many rows, how many different values, or how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import polars as pl

from cxkpi.kinds.base import GRAIN, Branch, Cells, Figure, flag, grains, judged, maturity, only, reads
from cxkpi.kinds.definition import Amount, ColumnName, Condition, Metric, Renamed, Source, Split, TimeColumn
from cxkpi.kinds.rows import SOURCE, Data, Rows
from cxkpi.kinds.stretches import began, counts, needed, once, part_of, stretches, told_apart


@dataclass(frozen=True, slots=True)
class Spec:
    """Exactly one of ``count``, ``distinct`` and ``sum``."""

    from_: Source
    where: Condition | None = None
    at: Split | TimeColumn | None = None
    count: Literal["rows"] | None = None
    distinct: ColumnName | None = None
    sum: Amount | None = None
    as_: Renamed = ()


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, old_enough = rows.true(spec.where), judged(metric, rows)
        sums = {"immature": flag(once(member & ~old_enough, spec.at))}
        if spec.sum is None:
            present = nw.lit(True) if spec.distinct is None else ~rows.column(spec.distinct).is_null()
            return {**sums, "n": flag(member & present & old_enough), "missing": flag(member & ~present & old_enough)}
        amount = rows.named(part_of(grains(rows.read(spec.sum)), spec.at))
        counted = member & ~amount.is_null() & old_enough
        return {
            **sums,
            **counts(counted, spec.at),
            "x": only(counted, amount),
            "missing": flag(once(member & amount.is_null() & old_enough, spec.at)),
        }

    split = told_apart(spec.at)
    keys = () if spec.distinct is None else identity(data, spec.from_, spec.distinct)
    rows = Branch(
        spec.from_,
        began(spec.at),
        reads(spec.where, spec.sum) | needed(spec.at),
        adds,
        spec.where,
        keys=(*keys, *split),
        derived=split,
        step=stretches(spec.at),
        as_=spec.as_,
    )
    return {"rows": rows}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    totals = cells.totals("rows")
    if spec.distinct is not None:
        values: list[float | None] = list(
            distinct(cells.frames["rows"], identity(cells.data, spec.from_, spec.distinct), len(totals))
        )
    elif spec.sum is not None:
        # Null is not zero: the sum of nothing but nulls is unknown, the sum of no rows is 0.
        values = [None if sums.get("missing") and not sums.get("n") else sums.get("x", 0) / GRAIN for sums in totals]
    else:
        values = [sums.get("n", 0) for sums in totals]
    # A period that has not begun has no count, not a count of nothing.
    begun = [
        value if window.until > window.start else None for value, window in zip(values, cells.windows, strict=True)
    ]
    return [
        Figure(
            n=sums.get("n", 0),
            value=value,
            numerator=value,
            immature=sums.get("immature", 0),
            missing=sums.get("missing", 0),
            reason="empty" if value is None else None,
        )
        for sums, value in zip(totals, begun, strict=True)
    ]


def identity(data: Data, table: str, column: str) -> tuple[str, ...]:
    """The columns that tell entities apart: a record's id is unique within its source only, a person's everywhere."""
    declared = data.tables[table]
    people = {lookup.on for lookup in declared.lookups.values() if data.tables[lookup.table].span is not None}
    of_records = column == declared.key[0] and column not in people and declared.span is None
    return (column, SOURCE) if of_records else (column,)


def distinct(frame: pl.DataFrame, keys: Sequence[str], cells: int) -> list[int]:
    """How many different values of ``keys`` have rows in each cell; this does not add over cells."""
    counts = frame.filter(pl.col("n") > 0, pl.col(keys[0]).is_not_null())
    counts = counts.group_by("cell").agg(pl.struct(list(keys)).n_unique().alias("distinct"))
    found = [0] * cells
    for cell, count in counts.select("cell", "distinct").iter_rows():
        found[cell] = count
    return found


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
