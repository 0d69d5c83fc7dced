"""Cells that would single somebody out: with too few people in them, and those by which they could be worked out.

``protects`` names a person's column, ``min_group`` how many different people the rows of a cell must be of: those
behind n, and all of them, be they judged, immature or missing, above or below the line of a ratio. A cell with fewer is
withheld. Where it would be the only one among its siblings (the cells of one period that differ in one dimension, or
all parts of the whole), the whole less the others would be its figure, so the next smallest goes too. Each period is
looked at by itself: what can be worked out of two runs, or of two windows with days in common, is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.kinds.base import Branch, Figure
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import WITHHELD as LEFT_OUT
from cxkpi.kinds.versions import counting
from cxkpi.measurement.computing import cells
from cxkpi.measurement.computing.cells import By
from cxkpi.measurement.computing.plans import Job

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
            by: (people[number * size + period], _shows(line[period]))
            for number, (by, line) in enumerate(zip(keys, lines, strict=True))
        }
        for by in hidden(counts, metric.min_group):
            lines[keys.index(by)][period] = WITHHELD
    return list(zip(keys, lines, strict=True))


def _shows(figure: Figure) -> int:
    """How many rows a figure is of, at least one where it shows anything at all; 0 for an empty cell."""
    rows = figure.n + figure.immature + figure.missing
    others = (figure.value, figure.numerator, figure.denominator, figure.censored, *(figure.bounds or ()))
    return rows or int(any(others))


def hidden(counts: Mapping[By, tuple[int, int]], min_group: int) -> set[By]:
    """The cells of one period that are withheld, of all by their dimension values, with people and rows of each.

    Rows of nobody that is known may be anybody's. The smallest cell is the one with the fewest people, then with the
    fewest rows, then the first.
    """
    chosen = {by for by, (people, rows) in counts.items() if people < min_group and (people or rows)}
    filled = [by for by, (people, rows) in counts.items() if by and (people or rows)]
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
    """How many different people have rows in each cell: the windows of the whole, then of each combination.

    Those behind n where there are any and they are fewer: the value may be theirs alone.
    """
    seen = []
    for job, sums in parts:
        counted = counting(job.branches)
        told = {name: branch for name, branch in job.branches.items() if _person(job, branch) is not None}
        frames = cells.frames_of(replace(job, branches=told), sums, _combinations(keys, job.by), data)
        for name, branch in told.items():
            behind_n = _behind_n(branch) if name == counted else pl.lit(False)
            frame = frames[name].filter(_in_any_sum(frames[name], job, branch))
            person = pl.col(str(_person(job, branch))).cast(pl.String).alias("person")
            seen.append(frame.select("cell", person, behind_n.alias("behind_n")))
    of_cells = len(keys) * len(parts[0][0].windows)
    everybody = pl.concat(seen).filter(pl.col("person").is_not_null())
    found, behind = (_different(some, of_cells) for some in (everybody, everybody.filter(pl.col("behind_n"))))
    return [few or people for people, few in zip(found, behind, strict=True)]


def _different(frame: pl.DataFrame, of_cells: int) -> list[int]:
    found = [0] * of_cells
    for cell, count in frame.select("cell", "person").unique().group_by("cell").len().iter_rows():
        found[cell] = count
    return found


def _combinations(keys: Sequence[By], by: Sequence[str]) -> pl.DataFrame:
    """Dimension values by cell, of all but the whole."""
    values = {name: [dict(key)[name] for key in keys[1:]] for name in by}
    return pl.DataFrame(values, schema=dict.fromkeys(by, pl.String))


def _behind_n(branch: Branch) -> pl.Expr:
    if branch.form == "list":
        return pl.lit(True)
    return pl.col("open" if branch.form == "spells" else "n") > 0


def _in_any_sum(frame: pl.DataFrame, job: Job, branch: Branch) -> pl.Expr:
    """Where anything was added up; a row that is in none of the sums is none of the metric's."""
    if branch.form == "list":
        return pl.lit(True)
    groups = {"cell", "entity", *job.by, *branch.keys}
    return pl.any_horizontal(pl.col(name) != 0 for name in frame.columns if name not in groups)


def _person(job: Job, branch: Branch) -> str | None:
    """The column of those who must not be singled out; None where a branch does not tell them apart."""
    if branch.form == "spells":
        return "entity"
    return job.metric.protects if job.metric.protects in branch.keys else None


# ------------------------------------------------------------------------------------------- rows that are withheld

_LEAVES_OUT = "leaves out {} withheld row{}"


def without_withheld(
    found: list[tuple[By, list[Figure]]], job: Job, sums: Mapping[str, pl.DataFrame], data: Data
) -> list[tuple[By, list[Figure]]]:
    """The figures of a metric that reads metrics as rows, which say of how many withheld rows they know nothing.

    Those are missing. Where nothing else is there the figure is withheld like the rows it would be of.
    """
    branches = {name: branch for name, branch in job.branches.items() if name.startswith(LEFT_OUT)}
    if not branches:
        return found
    keys, size = [by for by, _ in found], len(job.windows)
    counts = [0] * (len(keys) * size)
    frames = cells.frames_of(replace(job, branches=branches), sums, _combinations(keys, job.by), data)
    for name in branches:
        for cell, count in frames[name].group_by("cell").agg(pl.col(LEFT_OUT).sum()).iter_rows():
            counts[cell] += count
    return [
        (by, [_less(figure, counts[place * size + at]) for at, figure in enumerate(line)])
        for place, (by, line) in enumerate(found)
    ]


def _less(figure: Figure, rows: int) -> Figure:
    if not rows:
        return figure
    notes = (*figure.notes, _LEAVES_OUT.format(rows, "" if rows == 1 else "s"))
    missing = figure.missing + rows
    if not figure.n:
        return Figure(n=0, immature=figure.immature, missing=missing, reason="withheld", notes=notes)
    return replace(figure, missing=missing, notes=notes)
