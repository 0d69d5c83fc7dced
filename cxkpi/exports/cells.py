"""What a rule does with the text of a cell before it is cast: trimming, conditions, parts, maps."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.exports.profile import Condition, Rule


def cleaned(
    cells: pl.DataFrame,
    nulls: Sequence[str],
    *,
    trimmed: Sequence[str] | None = None,
    formulas: bool = True,
    quotes: bool = True,
) -> pl.DataFrame:
    """Cells trimmed; empty ones and the words for nothing are null.

    ``trimmed``: the only columns that may begin or end with white space. ``formulas``: some cell may be a formula.
    ``quotes``: some may be empty without being null. Where the caller knows better, the work is left out.
    """
    if trimmed is not None and len(trimmed) < cells.width and not formulas:
        cells = cells.with_columns(pl.col(trimmed).str.strip_chars())
        text = pl.col(pl.String if quotes or nulls else trimmed)
    else:
        text = pl.col(pl.String).str.strip_chars()
    if formulas and any(cells.select(pl.col(pl.String).str.starts_with('="').any()).row(0)):
        # Excel's way to keep leading zeros: ="00417".
        text = pl.when(text.str.starts_with('="')).then(text.str.slice(2).str.strip_suffix('"')).otherwise(text)
    something = text != ""
    for word in nulls:
        something = something & (text != word)
    return cells.with_columns(pl.when(something).then(text).name.keep())


def meets(cell: pl.Expr, condition: Condition) -> pl.Expr:
    """Where a cell meets every part of a condition; never null."""
    held = pl.lit(True)
    if condition.is_ is not None:
        held = held & (cell.is_not_null() if condition.is_ == "filled" else cell.is_null())
    if condition.words:
        held = held & is_word(cell, condition.words)
    if condition.not_:
        held = held & ~is_word(cell, condition.not_)
    if condition.matches is not None:
        held = held & cell.fill_null("").str.contains(condition.matches)
    return held


def is_word(cell: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """Where a cell is one of some words, without regard to case; never null."""
    return cell.str.to_lowercase().is_in([word.strip().casefold() for word in words]).fill_null(False)


def picked(text: pl.Series, separator: str, pick: str | int) -> pl.Series:
    """One part of a multi-value cell; empty parts do not count."""
    several = text.str.contains(separator, literal=True).fill_null(False)
    if not several.any() and pick in ("first", "last", 1):
        return text
    index = {"first": 0, "last": -1}.get(str(pick))
    parts = pl.element().str.strip_chars()
    wanted = pl.col("text").str.split(separator).list.eval(parts.filter(parts != ""))
    at = index if index is not None else int(pick) - 1
    chosen = text.filter(several).to_frame("text").select(wanted.list.get(at, null_on_oob=True)).to_series()
    rest = text if pick in ("first", "last", 1) else text.set(~several, None)
    return rest.scatter(several.arg_true(), chosen)


def mapped(text: pl.Series, rule: Rule) -> pl.Series:
    """The text that ``values`` put in place of a cell's; null where they do not know it and there is no other."""
    known = {key.strip().casefold(): value for key, value in rule.values.items()}
    words = text.str.to_lowercase()
    default = rule.otherwise
    found = words.replace_strict(list(known), list(known.values()), default=default, return_dtype=pl.String)
    return found.set(text.is_null(), None)


def null_words(text: pl.Series, rule: Rule) -> pl.Series:
    """Where a cell holds a word that ``values`` map to null on purpose."""
    nothing = [key.strip().casefold() for key, value in rule.values.items() if value is None]
    return text.str.to_lowercase().is_in(nothing).fill_null(False)
