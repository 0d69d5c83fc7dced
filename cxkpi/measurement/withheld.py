"""Cells that would single somebody out: with too few people in them, and those by which they could be worked out.

``protects`` names a person's column, ``min_group`` how many different people the rows behind n must be of. A cell with
fewer is withheld. Where it would be the only one among its siblings (the cells of one period that differ in one
dimension, or all parts of the whole), the whole less the others would be its figure, so the next smallest goes too.
Each period is looked at by itself: what can be worked out of two runs, or of two windows with days in common, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.kinds.base import Branch, Figure
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import counting
from cxkpi.measurement import cells
from cxkpi.measurement.cells import By
from cxkpi.measurement.plans import Job

WITHHELD = Figure(n=0, reason="withheld")

Part = tuple[Job, Mapping[str, pl.DataFrame]]


def withheld(found: list[tuple[By, list[Figure]]], parts: Sequence[Part], data: Data) -> list[tuple[By, list[Figure]]]:
    """The figures of a metric, those without that must not be shown; counts are no more shown than values.

    ``parts``: the metric's job with its sums; with several definitions one of each, over the windows of its own days.
    """
    metric = parts[0][0].metric
    if metric.protects is None or not parts[0][0].shown:
        return found
    keys = [by for by, _ in found]
    people = _people(keys, parts, data)
    size = len(found[0][1])
    lines = [list(line) for _, line in found]
    for period in range(size):
        counts = {
            by: (people[number * size + period], line[period].n)
            for number, (by, line) in enumerate(zip(keys, lines, strict=True))
        }
        for by in hidden(counts, metric.min_group):
            lines[keys.index(by)][period] = WITHHELD
    return list(zip(keys, lines, strict=True))


def hidden(counts: Mapping[By, tuple[int, int]], min_group: int) -> set[By]:
    """The cells of one period that are withheld, of all by their dimension values, with people and n of each.

    The smallest is the one with the fewest people, then with the lowest n, then the first.
    """
    chosen = {by for by, (people, _) in counts.items() if 0 < people < min_group}
    filled = [by for by, (_, n) in counts.items() if by and n]
    while True:
        before = len(chosen)
        for siblings in _siblings(filled):
            shown = [by for by in siblings if by not in chosen]
            if shown and len(siblings) - len(shown) == 1:
                chosen.add(min(shown, key=lambda by: counts[by]))
        if len(chosen) == before:
            return chosen


def _siblings(cells_there: Sequence[By]) -> Iterator[list[By]]:
    """The parts that add up to something one could ask for: with all values but one dimension's alike; then all."""
    dimensions = range(max((len(by) for by in cells_there), default=0))
    if len(dimensions) > 1:
        for dimension in reversed(dimensions):
            alike: dict[By, list[By]] = {}
            for by in cells_there:
                alike.setdefault((*by[:dimension], *by[dimension + 1 :]), []).append(by)
            yield from alike.values()
    yield list(cells_there)


def _people(keys: Sequence[By], parts: Sequence[Part], data: Data) -> list[int]:
    """How many different people have rows behind n, per cell: the windows of the whole, then of each combination.

    Rows of nobody in particular, whose person is null, single nobody out.
    """
    by = parts[0][0].by
    combinations = pl.DataFrame(
        {name: [dict(key)[name] for key in keys[1:]] for name in by} if by else {},
        schema=dict.fromkeys(by, pl.String),
    )
    seen = []
    for job, sums in parts:
        name = counting(job.branches)
        branch = job.branches[name]
        frame = cells.frames_of(replace(job, branches={name: branch}), sums, combinations, data)[name]
        seen.append(frame.filter(_counted(branch)).select("cell", pl.col(_person(job, branch)).alias("person")))
    found = [0] * (len(keys) * len(parts[0][0].windows))
    distinct = pl.concat(seen).filter(pl.col("person").is_not_null()).unique().group_by("cell").len()
    for cell, count in distinct.iter_rows():
        found[cell] = count
    return found


def _counted(branch: Branch) -> pl.Expr:
    if branch.form == "list":
        return pl.lit(True)
    return pl.col("open" if branch.form == "spells" else "n") > 0


def _person(job: Job, branch: Branch) -> str:
    return "entity" if branch.form == "spells" else str(job.metric.protects)
