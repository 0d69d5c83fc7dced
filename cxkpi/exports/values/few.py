"""Columns of few different texts (queues, channels, yes and no): what is done with cells is done once for each text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

FEWEST_CELLS = 10_000
"""A column of fewer cells is worked out cell by cell sooner."""

_SAMPLE = 4096
_FEW = 0.5
"""Of a sample, and a fourth of it of all cells, that may be different texts."""


@dataclass(frozen=True, slots=True)
class Few:
    """``texts``: what the cells hold, null among it where some are empty; ``codes``: the place in it of every cell."""

    texts: pl.Series
    codes: pl.Series

    def each(self, work: Callable[[pl.Series], pl.Series]) -> pl.Series:
        """``work`` of all cells; it must make of each cell what it makes of the cell alone."""
        return self.spread(work(self.texts))

    def spread(self, found: pl.Series) -> pl.Series:
        """What was found for every text, for every cell."""
        return found[self.codes]


def few(cells: pl.Series) -> Few | None:
    """The different texts of a column; None where they are many, or the cells so few that it would not pay."""
    if cells.len() < FEWEST_CELLS:
        return None
    sample = cells.head(_SAMPLE)
    if sample.n_unique() > _FEW * sample.len():
        return None
    # A dictionary of its own, so that its codes count from 0 and it is gone with the column.
    coded = cells.cast(pl.Categorical(pl.Categories.random()))
    every = coded.unique()
    if every.len() > _FEW / 4 * cells.len():
        return None
    in_order = every.to_physical().arg_sort(nulls_last=True)
    codes = coded.to_physical()
    if codes.null_count():
        codes = codes.fill_null(every.len() - 1)
    return Few(every.cast(pl.String).gather(in_order), codes)
