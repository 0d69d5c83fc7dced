"""Figures of metrics whose definition changed on a day, and of those that must not single anybody out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from cxkpi.kinds.base import Branch, Figure, Window
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import Epoch, changes, epochs, in_force
from cxkpi.measurement.computing import cells
from cxkpi.measurement.computing.cells import By, MetricRows
from cxkpi.measurement.computing.plans import Job
from cxkpi.measurement.computing.withheld import withheld, without_withheld

Figures = list[tuple[By, list[Figure]]]


def figures(
    job: Job,
    sums: Mapping[str, pl.DataFrame],
    data: Data,
    metric_rows: MetricRows | None = None,
    refused: bool | None = None,
) -> Figures:
    """As ``cells.figures``, for a metric that may have several definitions and may protect somebody."""
    if len(epochs(job.metric)) == 1:
        # Versions may also differ in nothing but what they are measured against.
        alone = replace(job, metric=epochs(job.metric)[0].metric)
        found = without_withheld(cells.figures(alone, sums, data, metric_rows, refused), alone, sums, data)
        return withheld(found, [(alone, sums)], data)
    parts = _parts(job, sums)
    found = _dated(job, parts, data, refused)
    there = [
        (replace(part, windows=tuple(epoch.clip(window) for window in job.windows)), own) for epoch, part, own in parts
    ]
    return withheld(found, there, data)


Part = tuple[Epoch, Job, dict[str, pl.DataFrame]]


def _parts(job: Job, sums: Mapping[str, pl.DataFrame]) -> list[Part]:
    """Per definition its job and its sums, those of its own days only."""
    found = []
    for number, epoch in enumerate(epochs(job.metric)):
        prefix = f"{number}/"
        named = {name.removeprefix(prefix): name for name in job.branches if name.startswith(prefix)}
        branches = {name: job.branches[full] for name, full in named.items()}
        own = {name: _within(sums[full], branches[name], epoch) for name, full in named.items()}
        found.append((epoch, replace(job, metric=epoch.metric, branches=branches), own))
    return found


def _within(frame: pl.DataFrame, branch: Branch, epoch: Epoch) -> pl.DataFrame:
    # Months are told apart as long as no definition changes within one; see plans.
    if branch.form in ("spells", "events"):
        return frame
    return frame.filter(pl.col("atom") >= epoch.since, pl.col("atom") < epoch.until)


def _dated(job: Job, parts: Sequence[Part], data: Data, refused: bool | None) -> Figures:
    # What occurs at all under any definition has a row in every period, as it would with one.
    seen = [cells.combinations(part, own) for _, part, own in parts]
    combinations = cells.ordered(pl.concat(seen), job.by) if job.by else pl.DataFrame()
    filled: dict[int, Figures] = {}
    for epoch, part, own in parts:
        for metric, positions in _groups(job, epoch):
            there = replace(part, metric=metric, windows=tuple(job.windows[at] for at in positions))
            frames = cells.frames_of(there, own, combinations, data)
            _place(filled, positions, cells.read(there, frames, combinations, data, None, refused))
    for at, window in enumerate(job.windows):
        days = changes(job.metric, window)
        if days:
            there = replace(job, metric=in_force(job.metric, window), windows=(window,))
            note = f"mixes definitions: changed on {', '.join(str(day) for day in days)}"
            mixed = _mixed(there, parts, combinations, data, refused)
            told = [(by, [replace(one, notes=(note, *one.notes)) for one in line]) for by, line in mixed]
            _place(filled, [at], told)
    keys = [by for by, _ in filled[0]] if filled else []
    cell = {at: dict(line) for at, line in filled.items()}
    return [(by, [figure for at in range(len(job.windows)) for figure in cell[at][by]]) for by in keys]


def _groups(job: Job, epoch: Epoch) -> list[tuple[Metric, list[int]]]:
    """The windows that lie in one definition's days, by the metric as it was written then."""
    found: list[tuple[Metric, list[int]]] = []
    for at, window in enumerate(job.windows):
        if epoch.since <= window.start < epoch.until and not changes(job.metric, window):
            metric = in_force(job.metric, window)
            if not found or found[-1][0] is not metric:
                found.append((metric, []))
            found[-1][1].append(at)
    return found


def _place(filled: dict[int, Figures], positions: Sequence[int], found: Figures) -> None:
    for number, at in enumerate(positions):
        filled[at] = [(by, [line[number]]) for by, line in found]


_UNMIXED = "its figures under the two do not add up"


def _mixed(
    job: Job,
    parts: Sequence[Part],
    combinations: pl.DataFrame,
    data: Data,
    refused: bool | None,
) -> Figures:
    """The figures of one window with several definitions: each gives the sums of its own days."""
    (window,) = job.windows
    there = [part for part in parts if part[0].since < window.until and part[0].until > window.start]
    newest = there[-1][1]
    alike = all(part.branches.keys() == newest.branches.keys() for _, part, _ in there)
    if not alike or not all(adds_up(epoch.metric, newest.metric) for epoch, _, _ in there):
        nothing = Figure(n=0, reason="refused", notes=(_UNMIXED,))
        keys: list[By] = [(), *(tuple(zip(job.by, one, strict=True)) for one in combinations.iter_rows())]
        return [(by, [nothing]) for by in keys]
    clipped = [
        cells.frames_of(replace(part, windows=(epoch.clip(window),)), own, combinations, data)
        for epoch, part, own in there
    ]
    whole = cells.frames_of(replace(newest, windows=(window,)), there[-1][2], combinations, data)
    frames = {}
    for name, branch in newest.branches.items():
        if branch.form == "sums":
            # Values as keys are named after what they are values of.
            renamed = [
                own[name].rename(dict(zip(part.branches[name].keys, branch.keys, strict=True)))
                for (_, part, _), own in zip(there, clipped, strict=True)
            ]
            frames[name] = pl.concat(renamed, how="diagonal")
        else:
            frames[name] = whole[name]
    return cells.read(replace(newest, metric=job.metric, windows=(window,)), frames, combinations, data, None, refused)


def is_of_one_meaning(metric: Metric, window: Window) -> bool:
    """Whether the days of a window are of one definition, or of several whose sums can be added."""
    return not changes(metric, window) or all(adds_up(one.metric, epochs(metric)[-1].metric) for one in epochs(metric))


def adds_up(older: Metric, newer: Metric) -> bool:
    """Whether the sums of two definitions of one metric can be added: the newer one's figures are read off both.

    Sums, counts, shares and the successes of repeats can. Stocks are read at two ends of one window, and times to an
    event off one curve, so there both must be the same.
    """
    one, other = older.spec, newer.spec
    match older.kind:
        case "mean" | "share" | "net":
            return True
        case "total":
            return _measure(one) == _measure(other)
        case "quantile":
            return bool(one.q == other.q)
        case "ratio":
            terms = ((one.numerator, other.numerator), (one.denominator, other.denominator))
            return one.annualise == other.annualise and all(_terms_add_up(*pair) for pair in terms)
        case "repeat":
            modes = [(getattr(spec, "immature", None), getattr(spec, "count", None)) for spec in (one, other)]
            curve = modes[0][0] == "survival" and one.within != other.within
            return modes[0] == modes[1] and not curve
    return False


def _measure(spec: Any) -> tuple[Any, ...]:
    return (spec.count, spec.distinct, spec.sum is None)


def _terms_add_up(one: Any, other: Any) -> bool:
    if one.stock is not None or other.stock is not None:
        return bool(one == other)
    return _measure(one) == _measure(other)
