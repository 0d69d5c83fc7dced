"""Kind ``share``: the fraction of judged rows that meet a condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, cluster_keys, flag, maturity, of_age, reads, waiting
from cxkpi.kinds.clusters import limits
from cxkpi.kinds.definition import Condition, Metric, Renamed, Source, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.intervals import Interval, wilson


@dataclass(frozen=True, slots=True)
class Spec:
    from_: Source
    meets: Condition
    where: Condition | None = None
    at: TimeColumn | None = None
    as_: Renamed = ()


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, meets = rows.true(spec.where), rows.read(spec.meets)
        counted = rows.named(of_age(metric, rows, member & ~meets.is_null()))
        return {
            "n": flag(counted),
            "k": flag(counted & meets),
            **waiting(metric, rows, member),
            "missing": flag(of_age(metric, rows, member & meets.is_null())),
        }

    needs = reads(spec.where, spec.meets)
    return {"rows": Branch(spec.from_, spec.at, needs, adds, spec.where, keys=cluster_keys(metric), as_=spec.as_)}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    return shares(metric, cells)


def shares(metric: Metric, cells: Cells) -> list[Figure]:
    """k / n per cell with its interval, from sums ``n``, ``k``, ``immature``, ``missing`` of the branch ``rows``."""
    totals = cells.totals("rows")
    found = limits(
        metric, cells, totals, "k", lambda sums: wilson(sums.get("k", 0), sums.get("n", 0), metric.confidence)
    )
    return [share_of(sums, interval, notes) for sums, (interval, notes) in zip(totals, found, strict=True)]


def share_of(sums: Mapping[str, int], interval: Interval | None, notes: tuple[str, ...] = ()) -> Figure:
    n, k = sums.get("n", 0), sums.get("k", 0)
    low, high = interval or (None, None)
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
        notes=notes,
    )


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.from_)
