"""What every reader of text columns needs: plain numbers, and a second look at what a first one left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import polars as pl

Parser: TypeAlias = Callable[[pl.Series], pl.Series]


def as_number(text: pl.Expr) -> pl.Expr:
    """Finite numbers written plainly, as nearly all are; null where there is more to it."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def together(frame: pl.DataFrame, expressions: Iterable[pl.Expr]) -> pl.DataFrame:
    """Expressions over one frame; what several of them share is worked out once, unlike by ``DataFrame.select``."""
    return frame.lazy().select(expressions).collect()


def retried(text: pl.Series, found: pl.Series, parser: Parser) -> pl.Series:
    """``found``, with what it left null but ``text`` has, read by ``parser``."""
    if found.null_count() == text.null_count():
        return found
    left = found.is_null() & text.is_not_null()
    if not left.any():
        return found
    return found.scatter(left.arg_true(), parser(text.filter(left)))


def folded(words: Iterable[str]) -> list[str]:
    """Words as cells are compared with them: composed, trimmed, in lower case as Polars makes it."""
    return pl.Series("w", [*words], dtype=pl.String).str.normalize("NFC").str.strip_chars().str.to_lowercase().to_list()
