"""Kind ``net``: 100 (p − d), the share for less the share against, in points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, cluster_keys, flag, judged, maturity, reads
from cxkpi.kinds.clusters import limits
from cxkpi.kinds.definition import Condition, Metric, Source, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.intervals import Interval, net_interval


@dataclass(frozen=True, slots=True)
class Spec:
    from_: Source
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
            "net": flag(counted & favourable) - flag(counted & adverse),
            "immature": flag(member & ~old_enough),
            "missing": flag(member & ~known & old_enough),
        }

    needs = reads(spec.where, spec.for_, spec.against)
    return {"rows": Branch(spec.from_, spec.at, needs, adds, spec.where, keys=cluster_keys(metric))}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    def over_rows(sums: Mapping[str, int]) -> Interval | None:
        return net_interval(sums.get("for", 0), sums.get("against", 0), sums.get("n", 0), metric.confidence)

    totals = cells.totals("rows")
    found = limits(metric, cells, totals, "net", over_rows, scale=100.0, least=-100.0)
    return [_figure(sums, interval, notes) for sums, (interval, notes) in zip(totals, found, strict=True)]


def _figure(sums: Mapping[str, int], interval: Interval | None, notes: tuple[str, ...]) -> Figure:
    n, favourable, adverse = sums.get("n", 0), sums.get("for", 0), sums.get("against", 0)
    low, high = interval or (None, None)
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
        notes=notes,
    )


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
