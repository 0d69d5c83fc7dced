"""From sums to figures: sums are added up to cells, and each kind reads its value off them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from types import MappingProxyType

import polars as pl

from cxkpi.calendar import Calendar
from cxkpi.kinds.base import Branch, Cells, Figure, Window
from cxkpi.kinds.registry import KINDS
from cxkpi.kinds.rows import Data
from cxkpi.kinds.stock import open_in
from cxkpi.kinds.stretches import Stretches, once_per_period
from cxkpi.measurement.computing.plans import WEEKDAYS, Job

_AS_WRITTEN = pl.QueryOptFlags.none()
"""There is nothing to optimise in two steps over a few rows."""

By = tuple[tuple[str, str | None], ...]
Cut = Sequence[tuple[By, Sequence[Figure]]]


@dataclass(frozen=True)
class MetricRows:
    """Metrics per entity and period, up to ``until``, observed from ``observed_from``."""

    frame: pl.DataFrame
    until: date
    observed_from: date | None


def figures(
    job: Job,
    sums: Mapping[str, pl.DataFrame],
    data: Data,
    metric_rows: MetricRows | None = None,
    refused: bool | None = None,
) -> list[tuple[By, list[Figure]]]:
    """For the whole and each combination of dimension values, one figure per window of the job.

    ``sums``: the job's frames by branch. ``refused``: the values of a dimension may not be told apart, and if True not
    even the whole, because contacts that nobody answered are counted and have no such value. The whole comes first,
    then combinations in the order of their values, null last.
    """
    found = combinations(job, sums)
    return read(job, frames_of(job, sums, found, data), found, data, metric_rows, refused)


def frames_of(
    job: Job, sums: Mapping[str, pl.DataFrame], combinations: pl.DataFrame, data: Data
) -> dict[str, pl.DataFrame]:
    """Per branch its sums with column ``cell``: the windows of the whole, then those of each combination."""
    windows = windows_of(job)
    return {
        name: sums[name]
        if branch.form == "events"
        else _cells(sums[name], branch, job, combinations, windows, data.calendar)
        for name, branch in job.branches.items()
    }


def read(
    job: Job,
    frames: Mapping[str, pl.DataFrame],
    combinations: pl.DataFrame,
    data: Data,
    metric_rows: MetricRows | None = None,
    refused: bool | None = None,
) -> list[tuple[By, list[Figure]]]:
    """The figures of cells whose sums are known; see ``figures``."""
    cells = Cells(
        windows=job.windows * (combinations.height + 1),
        frames=frames,
        data=data,
        by=job.by,
        metric_rows=None if metric_rows is None else metric_rows.frame,
        metric_rows_until=None if metric_rows is None else metric_rows.until,
        observed_from=None if metric_rows is None else metric_rows.observed_from,
        limits=job.limits,
    )
    kind = KINDS[job.metric.kind]
    found = kind.figures(job.metric, cells)
    if refused is not None:
        first = 0 if refused else len(job.windows)
        found[first:] = [replace(Figure(n=0), reason="refused", notes=(_REFUSED,)) for _ in found[first:]]
    keys: list[By] = [(), *(tuple(zip(job.by, values, strict=True)) for values in combinations.iter_rows())]
    size = len(job.windows)
    return [(key, found[position * size : (position + 1) * size]) for position, key in enumerate(keys)]


def occurring(job: Job, sums: Mapping[str, pl.DataFrame], data: Data) -> tuple[pl.DataFrame, list[Figure]]:
    """One figure for each window and combination of dimension values that occur together, and not for the whole.

    First a frame with ``period`` (position in the job's windows) and the dimensions, sorted, without combinations that
    lack a value; then the figures in that order.
    """
    by, windows = list(job.by), windows_of(job)
    parts = {
        name: sums[name] if branch.form == "events" else per_period(sums[name], branch, by, windows, data.calendar)
        for name, branch in job.branches.items()
    }
    placed = [parts[name].select("period", *by) for name, branch in job.branches.items() if branch.form != "events"]
    places = pl.concat(placed).unique().drop_nulls().sort("period", *by)
    cells = places.with_row_index("cell").with_columns(pl.col("cell").cast(pl.Int64))
    frames = {}
    for name, branch in job.branches.items():
        frame = parts[name]
        if branch.form != "events":
            dropped = [dimension for dimension in by if dimension not in branch.keys]
            frame = frame.join(cells, on=["period", *by], how="inner").drop("period", *dropped)
        frames[name] = frame
    found = Cells(
        windows=tuple(job.windows[period] for period in places["period"]),
        frames=frames,
        data=data,
        by=job.by,
        limits=job.limits,
    )
    return places, KINDS[job.metric.kind].figures(job.metric, found)


def windows_of(job: Job) -> pl.DataFrame:
    """The windows of a job: ``period`` (their position), start, until, end."""
    return _frame(job.windows)


@lru_cache(maxsize=64)
def _frame(windows: tuple[Window, ...]) -> pl.DataFrame:
    # Most metrics of a report are about the same periods.
    return pl.DataFrame(
        {
            "period": range(len(windows)),
            "start": [window.start for window in windows],
            "until": [window.until for window in windows],
            "end": [window.end for window in windows],
        },
        schema={"period": pl.Int64, "start": pl.Date, "until": pl.Date, "end": pl.Date},
    )


_REFUSED = "counts contacts nobody answered, and they have no such value"


def combinations(job: Job, sums: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The combinations of dimension values that occur in the population, sorted."""
    by = list(job.by)
    if not by:
        return pl.DataFrame()
    seen = []
    for name, branch in job.branches.items():
        frame = sums[name]
        if branch.form == "events":
            continue
        if branch.form == "sums":
            counted = [column for column in frame.columns if column not in {"atom", *by, *branch.keys}]
            frame = frame.filter(pl.any_horizontal(pl.col(column) != 0 for column in counted))
        seen.append(frame.select(by).unique())
    return ordered(pl.concat(seen), by)


def ordered(seen: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Combinations of dimension values, each once, in the order of their values, null last."""
    return seen.unique().sort(*(_order(name) for name in by), nulls_last=True)


def _order(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Int64) if name in ("hour", "weekday") else pl.col(name)


def _cells(
    frame: pl.DataFrame,
    branch: Branch,
    job: Job,
    combinations: pl.DataFrame,
    windows: pl.DataFrame,
    calendar: Calendar,
) -> pl.DataFrame:
    """The branch's sums with column ``cell``, for the whole and for each combination."""
    by, periods = list(job.by), windows.height
    # A dimension that is also a key (the cluster, by --by) still tells the clusters of the whole apart.
    dropped = [name for name in by if name not in branch.keys]
    whole = per_period(frame.drop(dropped) if dropped else frame, branch, [], windows, calendar)
    # In place, because a plan for it takes longer than the rest where examples are many.
    whole.columns = ["cell" if name == "period" else name for name in whole.columns]
    if not by:
        return whole
    numbered = combinations.with_row_index("combination")
    parts = per_period(frame, branch, by, windows, calendar).join(numbered, on=by, how="inner", nulls_equal=True)
    cell = (pl.col("combination").cast(pl.Int64) + 1) * periods + pl.col("period")
    return pl.concat([whole, parts.with_columns(cell.alias("cell")).select(whole.columns)])


def per_period(
    frame: pl.DataFrame, branch: Branch, by: Sequence[str], windows: pl.DataFrame, calendar: Calendar
) -> pl.DataFrame:
    """A branch's sums by ``period``, dimensions and keys; of a list, its rows by period and dimensions."""
    if branch.form == "spells":
        spells = frame.select("entity", "first", "last", "begun", "leaves", *by)
        return open_in(spells, branch, windows, calendar)
    if windows.height == 1 and not isinstance(branch.step, Stretches) and _within(frame, windows):
        return _added(frame.lazy().with_columns(pl.lit(0, pl.Int64).alias("period")), branch, by)
    atoms = frame.select("atom").unique()
    placed = atoms.join_where(windows, pl.col("atom") >= pl.col("start"), pl.col("atom") < pl.col("end"))
    inside = frame.join(placed.select("atom", "period", "start"), on="atom", how="inner")
    if isinstance(branch.step, Stretches):
        inside = once_per_period(inside, by)
    return _added(inside.drop("start").lazy(), branch, by)


def _within(frame: pl.DataFrame, windows: pl.DataFrame) -> bool:
    """Whether everything lies in the one window there is, as it does without periods."""
    first, last = frame["atom"].min(), frame["atom"].max()
    _, start, _, end = windows.row(0)
    return isinstance(first, date) and isinstance(last, date) and start <= first and last < end


def _added(inside: pl.LazyFrame, branch: Branch, by: Sequence[str]) -> pl.DataFrame:
    columns = inside.collect_schema().names()
    if branch.form == "list":
        return inside.drop("atom").collect(optimizations=_AS_WRITTEN)
    keys = [key for key in branch.keys if key in columns and key not in by]
    groups = ["period", *by, *keys]
    added = [name for name in columns if name not in {"atom", *groups}]
    return inside.group_by(groups).agg(pl.col(added).sum()).collect(optimizations=_AS_WRITTEN)


def shown(by: By) -> Mapping[str, str | None]:
    """Dimension values as people read them: weekdays by name, hours with two digits."""
    return MappingProxyType({name: _shown(name, value) for name, value in by})


def _shown(name: str, value: str | None) -> str | None:
    if value is None:
        return None
    if name == "weekday":
        return WEEKDAYS[int(value) - 1]
    return f"{int(value):02d}" if name == "hour" else value
