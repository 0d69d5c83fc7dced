"""Kind ``share``: the fraction of judged rows that meet a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, flag, judged, maturity, reads
from cxkpi.kinds.definition import Condition, Metric, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.intervals import wilson


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    meets: Condition
    where: Condition | None = None
    at: TimeColumn | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, meets, old_enough = rows.true(spec.where), rows.read(spec.meets), judged(metric, rows)
        known = ~meets.is_null()
        return {
            "n": flag(member & known & old_enough),
            "k": flag(member & meets & old_enough),
            "immature": flag(member & ~old_enough),
            "missing": flag(member & ~known & old_enough),
        }

    return {"rows": Branch(spec.from_, spec.at, reads(spec.where, spec.meets), adds, spec.where)}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    return [share_of(sums, metric.confidence) for sums in cells.totals("rows")]


def share_of(sums: Mapping[str, int], confidence: float) -> Figure:
    """k / n with its Wilson interval, from sums ``n``, ``k``, ``immature``, ``missing``."""
    n, k = sums.get("n", 0), sums.get("k", 0)
    low, high = wilson(k, n, confidence) or (None, None)
    return Figure(
        n=n,
        value=k / n if n else None,
        low=low,
        high=high,
        numerator=k,
        denominator=n,
        immature=sums.get("immature", 0),
        missing=sums.get("missing", 0),
        reason=None if n else "empty",
    )


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
