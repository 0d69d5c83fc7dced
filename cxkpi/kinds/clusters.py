"""Intervals of shares whose rows are alike within a cluster: an agent's contacts, a customer's answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cxkpi.kinds.base import FEW_CLUSTERS, OVER_ROWS, Cells, few_clusters_note
from cxkpi.kinds.definition import Metric
from cxkpi.stats.intervals import Interval, ratio_interval

Sums = Mapping[str, int]
Limits = tuple[Interval | None, tuple[str, ...]]


def limits(
    metric: Metric,
    cells: Cells,
    totals: list[dict[str, int]],
    above: str,
    over_rows: Callable[[Sums], Interval | None],
    scale: float = 1.0,
    least: float = 0.0,
) -> list[Limits]:
    """Per cell the interval of ``scale`` × Σ``above`` / Σn, held within ``least`` and ``scale``, and notes on it.

    With a cluster it is the linearised ratio of cluster sums with t(g - 1); over rows where there are too few clusters,
    or where all of them say the same, so that their spread says nothing about the next one.
    """
    if not cells.limits:
        return [(None, ())] * len(totals)
    if metric.cluster is None:
        return [(over_rows(sums), ()) for sums in totals]
    found: list[Limits] = []
    for sums, (count, yy, xy, xx) in zip(totals, cells.clusters("rows", metric.cluster, above, "n"), strict=True):
        y, x = sums.get(above, 0), sums.get("n", 0)
        alike = y * y * xx + x * x * yy == 2 * x * y * xy
        if count < FEW_CLUSTERS or alike:
            every = f"{OVER_ROWS}: every {metric.cluster} alike"
            note = few_clusters_note(metric) if count < FEW_CLUSTERS else every
            over = over_rows(sums)
            found.append((over, (note,) if over is not None else ()))
            continue
        interval = ratio_interval(count, y, x, yy, xy, xx, metric.confidence)
        low, high = interval or (least, scale)
        found.append(((max(least, scale * low), min(scale, scale * high)), ()))
    return found
