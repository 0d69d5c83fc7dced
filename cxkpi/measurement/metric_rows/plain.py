"""Rows of metrics without much ado: values of many small cells, for the kinds whose value is one sum over another.

What the kind's ``figures`` would say of each cell, but as columns, without intervals and notes: an entity such as a
customer has so many cells that a figure for each would take longer than everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from cxkpi.calendar import Calendar
from cxkpi.kinds.base import GRAIN
from cxkpi.kinds.definition import Limits, Metric
from cxkpi.measurement.computing.cells import per_period, windows_of
from cxkpi.measurement.computing.goals import verdict
from cxkpi.measurement.computing.judge import rounded
from cxkpi.measurement.computing.plans import Job

Values = list[float | None]

# What a row says of one metric: ``band`` is a target of two limits.
COLUMNS: Mapping[str, pl.DataType] = {
    "value": pl.Float64(),
    "n": pl.Int64(),
    "target": pl.Float64(),
    "alarm": pl.Float64(),
    "status": pl.String(),
    "complete": pl.Boolean(),
    "band": pl.List(pl.Float64()),
}


def is_plain(job: Job) -> bool:
    """Whether the values of a job's cells can be read off as columns."""
    metric, spec = job.metric, job.metric.spec
    if metric.versions or metric.targets or metric.protects is not None or job.branches.keys() != {"rows"}:
        return False
    if job.branches["rows"].form != "sums":
        return False
    if metric.kind == "total":
        return spec.distinct is None
    if metric.kind == "ratio":
        return spec.annualise is None
    return metric.kind in ("mean", "share")


def plain_rows(job: Job, sums: pl.DataFrame, waiting: Sequence[bool], calendar: Calendar) -> pl.DataFrame:
    """Per ``period`` and entity with anything to count the ``COLUMNS``; ``complete``: whether all of it is judged.

    ``waiting``: by period, whether its rows are not all old enough yet. A value that is not all judged is null.
    """
    metric, by = job.metric, list(job.by)
    cells = per_period(sums, job.branches["rows"], by, windows_of(job), calendar)
    groups = ("period", *by, *job.branches["rows"].keys)
    added = [name for name in cells.columns if name not in groups]
    cells = cells.group_by("period", *by).agg(pl.col(added).sum())
    cells = cells.with_columns(pl.lit(0).alias(name) for name in ("missing", "immature") if name not in added)
    cells = cells.filter(
        pl.any_horizontal(pl.col(name) > 0 for name in ("n", "missing", "immature")),
        *(pl.col(name).is_not_null() for name in by),
    )
    late = pl.Series("late", waiting, dtype=pl.Boolean).gather(cells["period"])
    complete = (~late) & (cells["immature"] == 0)
    counts = cells["n"].to_list()
    values = [
        rounded(value) if judged else None
        for value, judged in zip(_VALUES[metric.kind](metric, _columns(cells)), complete.to_list(), strict=True)
    ]
    return cells.select("period", *by).with_columns(
        pl.Series("value", values, dtype=pl.Float64),
        cells["n"].cast(pl.Int64),
        _limit(metric.target, "target"),
        _limit(metric.alarm, "alarm"),
        pl.Series("status", _statuses(metric, values, counts), dtype=pl.String),
        complete.alias("complete"),
        pl.lit(list(metric.target) if isinstance(metric.target, tuple) else None, dtype=COLUMNS["band"]).alias("band"),
    )


def _limit(limit: Limits | None, name: str) -> pl.Expr:
    return pl.lit(None if isinstance(limit, tuple) else limit, dtype=pl.Float64).alias(name)


def _columns(cells: pl.DataFrame) -> dict[str, list[int]]:
    return {name: cells[name].to_list() for name in ("n", "missing", "x", "y", "k") if name in cells.columns}


def _statuses(metric: Metric, values: Values, counts: Sequence[int]) -> list[str | None]:
    if metric.target is None and metric.alarm is None:
        return [None] * len(values)
    return [
        None if value is None or n < metric.min_n else verdict(metric, metric.target, metric.alarm, value)
        for value, n in zip(values, counts, strict=True)
    ]


def _total(metric: Metric, sums: Mapping[str, list[int]]) -> Values:
    if metric.spec.sum is None:
        return list(sums["n"])
    return [x / GRAIN if n or not missing else None for x, n, missing in _together(sums, "x", "n", "missing")]


def _mean(metric: Metric, sums: Mapping[str, list[int]]) -> Values:
    return [x / (GRAIN * n) if n else None for x, n in _together(sums, "x", "n")]


def _share(metric: Metric, sums: Mapping[str, list[int]]) -> Values:
    return [k / n if n else None for k, n in _together(sums, "k", "n")]


def _ratio(metric: Metric, sums: Mapping[str, list[int]]) -> Values:
    above, below = (GRAIN if term.sum is not None else 1 for term in (metric.spec.numerator, metric.spec.denominator))
    return [y * below / (x * above) if x else None for y, x in _together(sums, "y", "x")]


def _together(sums: Mapping[str, list[int]], *names: str) -> zip[tuple[int, ...]]:
    return zip(*(sums[name] for name in names), strict=True)


_VALUES: Mapping[str, Callable[[Metric, Mapping[str, list[int]]], Values]] = {
    "total": _total,
    "mean": _mean,
    "share": _share,
    "ratio": _ratio,
}
