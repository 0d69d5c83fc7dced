"""Kind ``mean``: Σx / n over the rows that have a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from cxkpi.kinds.base import (
    FEW_CLUSTERS,
    GRAIN,
    Branch,
    Cells,
    Figure,
    cluster_keys,
    few_clusters_note,
    flag,
    grains,
    maturity,
    never_negative,
    of_age,
    only,
    reads,
    squarable,
    waiting,
)
from cxkpi.kinds.definition import Amount, Condition, Metric, Source, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.intervals import mean_interval, ratio_interval


@dataclass(frozen=True, slots=True)
class Spec:
    from_: Source
    value: Amount
    where: Condition | None = None
    at: TimeColumn | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, whole = rows.true(spec.where), rows.named(grains(rows.read(spec.value)))
        counted = rows.named(of_age(metric, rows, member & ~whole.is_null()), 2)
        small = rows.named(counted & squarable(whole), 3)
        return {
            "n": flag(counted),
            "x": only(counted, whole),
            "xx": only(small, whole * whole),
            "big": flag(counted & ~small),
            **({"negative": flag(counted & (whole < 0))} if never_negative(metric) else {}),
            **waiting(metric, rows, member),
            "missing": flag(of_age(metric, rows, member & whole.is_null())),
        }

    needs = reads(spec.where, spec.value)
    return {"rows": Branch(spec.from_, spec.at, needs, adds, spec.where, keys=cluster_keys(metric))}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    totals = cells.totals("rows")
    if not cells.limits:
        return [_figure(sums, None) for sums in totals]
    if metric.cluster is None:
        return [_figure(sums, _held(metric, sums, _over_rows(sums, metric.confidence))) for sums in totals]
    clusters = cells.clusters("rows", metric.cluster, "x", "n")
    found = []
    for sums, (count, xx, xn, nn) in zip(totals, clusters, strict=True):
        if count < FEW_CLUSTERS:
            note = few_clusters_note(metric)
            found.append(_figure(sums, _held(metric, sums, _over_rows(sums, metric.confidence)), (note,)))
        else:
            limits = ratio_interval(
                count, sums["x"], sums["n"] * GRAIN, xx, xn * GRAIN, nn * GRAIN * GRAIN, metric.confidence
            )
            found.append(_figure(sums, _held(metric, sums, limits)))
    return found


def _held(metric: Metric, sums: Mapping[str, int], limits: tuple[float, float] | None) -> tuple[float, float] | None:
    """Limits of a mean of times, none of which is below nothing, which theirs cannot be either."""
    if limits is None or not never_negative(metric) or sums.get("negative"):
        return limits
    return max(0.0, limits[0]), limits[1]


def _over_rows(sums: Mapping[str, int], confidence: float) -> tuple[float, float] | None:
    if sums.get("big"):
        return None
    return mean_interval(sums.get("n", 0), sums.get("x", 0), sums.get("xx", 0), confidence, GRAIN)


def _figure(sums: Mapping[str, int], limits: tuple[float, float] | None, notes: tuple[str, ...] = ()) -> Figure:
    n, x = sums.get("n", 0), sums.get("x", 0)
    low, high = limits or (None, None)
    return Figure(
        n=n,
        value=x / (GRAIN * n) if n else None,
        low=low,
        high=high,
        numerator=x / GRAIN,
        denominator=n,
        immature=sums.get("immature", 0),
        missing=sums.get("missing", 0),
        reason=None if n else "empty",
        notes=notes if limits is not None else (),
    )


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
