"""Kind ``quantile``: the value below which a share ``q`` of the rows lies, exact at every level.

Quantiles do not add. What adds are counts per value, so the value itself is a key of the sums: cells, rolled windows
and totals are read off the merged counts, never off other quantiles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import narwhals as nw
import polars as pl

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
    judged,
    maturity,
    reads,
)
from cxkpi.kinds.definition import Amount, Condition, Fraction, Metric, Source, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.order import clustered_ranks, position, quantile_ranks


@dataclass(frozen=True, slots=True)
class Spec:
    from_: Source
    value: Amount
    q: Fraction
    where: Condition | None = None
    at: TimeColumn | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def counted(rows: Rows) -> nw.Expr:
        return rows.true(spec.where) & judged(metric, rows)

    def value(rows: Rows) -> nw.Expr:
        return nw.when(counted(rows)).then(grains(rows.read(spec.value)))

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, old_enough = rows.true(spec.where), judged(metric, rows)
        known = ~grains(rows.read(spec.value)).is_null()
        return {
            "n": flag(member & known & old_enough),
            "immature": flag(member & ~old_enough),
            "missing": flag(member & ~known & old_enough),
        }

    needs, key = reads(spec.where, spec.value), _key(metric)
    keys = (key, *cluster_keys(metric))
    branch = Branch(spec.from_, spec.at, needs, adds, spec.where, keys=keys, derived={key: value})
    return {"rows": branch}


def _key(metric: Metric) -> str:
    """A name for the values, the same for metrics that differ in ``q`` only: those share their counts."""
    spec: Spec = metric.spec
    parts = (spec.value.canonical, "" if spec.where is None else spec.where.canonical, str(metric.matures))
    return "=" + "\n".join(parts)


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    counts = dict(_per_cell(cells.frames["rows"], _key(metric)))
    wanted = cells.limits and 0 < spec.q < 1
    clusters = _clusters(metric, cells, counts) if wanted and metric.cluster is not None else {}
    found = []
    for cell, sums in enumerate(cells.totals("rows")):
        n = sums.get("n", 0)
        value = low = high = None
        notes: tuple[str, ...] = ()
        if n:
            values, reached = counts[cell]
            value = _read(values, reached, n, spec.q)
            ranks = None
            if len(clusters.get(cell, ())) >= FEW_CLUSTERS:
                ranks = clustered_ranks(clusters[cell], spec.q, metric.confidence)
            elif wanted:
                ranks = quantile_ranks(n, spec.q, metric.confidence)
                notes = (few_clusters_note(metric),) if metric.cluster is not None and ranks is not None else ()
            if ranks is not None:
                low, high = (_ranked(values, reached, rank) / GRAIN for rank in ranks)
        found.append(
            Figure(
                n=n,
                value=value,
                low=low,
                high=high,
                immature=sums.get("immature", 0),
                missing=sums.get("missing", 0),
                reason=None if n else "empty",
                notes=notes,
            )
        )
    return found


def _per_cell(frame: pl.DataFrame, key: str) -> Iterator[tuple[int, tuple[pl.Series, pl.Series]]]:
    """Per cell with rows: its values in ascending order, and how many rows have at most each of them."""
    counted = frame.filter(pl.col("n") > 0).group_by("cell", key).agg(pl.col("n").sum().cast(pl.Int64))
    counted = counted.sort("cell", key).with_columns(pl.col("n").cum_sum().over("cell"))
    sizes = counted.group_by("cell").len().sort("cell")
    start = 0
    for cell, size in sizes.iter_rows():
        part = counted.slice(start, size)
        yield cell, (part[key], part["n"])
        start += size


def _clusters(
    metric: Metric, cells: Cells, counts: Mapping[int, tuple[pl.Series, pl.Series]]
) -> dict[int, list[tuple[int, int]]]:
    """Per cell and cluster: how many rows lie at or below the quantile of the cell, and how many rows there are."""
    spec: Spec = metric.spec
    key = _key(metric)
    # Between two neighbouring values there is none, so "at most the quantile" is "at most the lower of them".
    lower = {
        cell: _ranked(values, reached, position(int(reached[-1]), spec.q)[0] + 1)
        for cell, (values, reached) in counts.items()
    }
    quantiles = pl.DataFrame(
        {"cell": list(lower), "__lower": list(lower.values())}, schema={"cell": pl.Int64, "__lower": pl.Int128}
    )
    rows = cells.frames["rows"].filter(pl.col("n") > 0).with_columns(pl.col("cell").cast(pl.Int64))
    at_most = pl.when(pl.col(key) <= pl.col("__lower")).then(pl.col("n")).otherwise(0)
    sums = (
        rows.join(quantiles, on="cell")
        .group_by("cell", metric.cluster)
        .agg(at_most.sum().alias("__below"), pl.col("n").sum().alias("__n"))
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for cell, below, n in sums.select("cell", "__below", "__n").iter_rows():
        found.setdefault(cell, []).append((below, n))
    return found


def _ranked(values: pl.Series, reached: pl.Series, rank: int) -> int:
    """The ``rank``-th smallest value, from 1, in grains."""
    return int(values[int(reached.search_sorted(rank, side="left"))])


def _read(values: pl.Series, reached: pl.Series, n: int, q: float) -> float:
    """The linear quantile: on the line between two neighbouring order statistics, exactly, divided once."""
    whole, part = position(n, q)
    below = _ranked(values, reached, whole + 1)
    above = _ranked(values, reached, whole + 2) if part else below
    over, of = part.numerator, part.denominator
    return (below * (of - over) + above * over) / (of * GRAIN)


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
