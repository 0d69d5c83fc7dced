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

    def coded(self) -> pl.Series:
        """The texts of all cells as categories."""
        return self.texts.cast(pl.Categorical(pl.Categories.random()))[self.codes]


def few(cells: pl.Series) -> Few | None:
    """The different texts of a column; None where they are many, or the cells so few that it would not pay."""
    if cells.len() < FEWEST_CELLS:
        return None
    sample = cells.head(_SAMPLE)
    if sample.n_unique() > _FEW * sample.len():
        return None
    # A dictionary of its own, so that its codes count from 0 and it is gone with the column.
    coded = cells.cast(pl.Categorical(pl.Categories.random()))
    codes = coded.to_physical()
    largest = codes.max()
    count = largest + 1 if isinstance(largest, int) else 0
    texts = pl.int_range(count, eager=True, dtype=pl.UInt32).cat.to(coded.dtype).cast(pl.String)
    if codes.has_nulls():
        codes = codes.fill_null(count)
        texts = texts.extend_constant(None, 1)
    return None if texts.len() > _FEW / 4 * cells.len() else Few(texts, codes)
