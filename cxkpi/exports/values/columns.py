"""What every reader of text columns needs: plain numbers, and a second look at what a first one left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

import polars as pl

_FEW = 0.1

Parser: TypeAlias = Callable[[pl.Series], pl.Series]


def as_number(text: pl.Expr) -> pl.Expr:
    """Finite numbers written plainly, as nearly all are; null where there is more to it."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def plain_numbers(text: pl.Series) -> pl.Series:
    """As ``as_number``, of a column; whole numbers, as most are, in half the time."""
    whole = text.cast(pl.Int64, strict=False)
    if whole.null_count() == text.null_count():
        return whole.cast(pl.Float64)
    return text.to_frame("t").select(as_number(pl.col("t"))).to_series()


def retried(text: pl.Series, found: pl.Series, parser: Parser) -> pl.Series:
    """``found``, with what it left null but ``text`` has, read by ``parser``."""
    if found.null_count() == text.null_count():
        return found
    left = found.is_null() & text.is_not_null()
    if not left.any():
        return found
    return scattered(found, left, parser(text.filter(left)))


def scattered(into: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """``into`` with ``values`` in some rows. ``scatter`` alone writes into the series it is called on."""
    return into.clone().scatter(rows.arg_true(), values)


def chosen(rows: pl.Series, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    """``then`` in some rows and ``otherwise`` in the rest; ``rows`` are never null, and both are of one type."""
    some = int(rows.sum())
    # Text is put together from two columns ten times as slowly as a few cells are put into one.
    if some < rows.len() * _FEW:
        return scattered(otherwise, rows, then.filter(rows))
    if rows.len() - some < rows.len() * _FEW:
        return scattered(then, ~rows, otherwise.filter(~rows))
    return then.zip_with(rows, otherwise)


def folded(words: Iterable[str]) -> list[str]:
    """Words as cells are compared with them: composed, trimmed, in lower case as Polars makes it."""
    return _folded(tuple(words)).copy()


@lru_cache(maxsize=512)
def _folded(words: tuple[str, ...]) -> list[str]:
    # The words of a profile are asked for in every block of a file.
    return pl.Series("w", [*words], dtype=pl.String).str.normalize("NFC").str.strip_chars().str.to_lowercase().to_list()
