"""Kind ``net``: 100 (p − d), the share for less the share against, in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, flag, judged, maturity, reads
from cxkpi.kinds.definition import Condition, Metric, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.intervals import net_interval


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    for_: Condition
    against: Condition
    where: Condition | None = None
    at: TimeColumn | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, old_enough = rows.true(spec.where), judged(metric, rows)
        favourable, adverse = rows.read(spec.for_), rows.read(spec.against)
        known = ~favourable.is_null() & ~adverse.is_null()
        counted = member & known & old_enough
        return {
            "n": flag(counted),
            # A row on both sides is on neither.
            "for": flag(counted & favourable & ~adverse),
            "against": flag(counted & adverse & ~favourable),
            "immature": flag(member & ~old_enough),
            "missing": flag(member & ~known & old_enough),
        }

    return {"rows": Branch(spec.from_, spec.at, reads(spec.where, spec.for_, spec.against), adds, spec.where)}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    return [_figure(sums, metric.confidence) for sums in cells.totals("rows")]


def _figure(sums: Mapping[str, int], confidence: float) -> Figure:
    n, favourable, adverse = sums.get("n", 0), sums.get("for", 0), sums.get("against", 0)
    low, high = net_interval(favourable, adverse, n, confidence) or (None, None)
    return Figure(
        n=n,
        value=100 * (favourable - adverse) / n if n else None,
        low=low,
        high=high,
        numerator=favourable - adverse,
        denominator=n,
        immature=sums.get("immature", 0),
        missing=sums.get("missing", 0),
        reason=None if n else "empty",
    )


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
