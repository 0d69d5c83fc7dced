"""What a rule does with the text of a cell before it is cast: trimming, conditions, parts, maps."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.exports.profile import Condition, Rule
from cxkpi.exports.values.columns import folded, scattered

_UNSEEN = " \t\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
"""Blanks, zero-width characters and marks of direction."""


def cleaned(
    cells: pl.DataFrame,
    nulls: Sequence[str],
    *,
    trimmed: Sequence[str] | None = None,
    formulas: bool = True,
    quotes: bool = True,
    ascii: bool = False,
) -> pl.DataFrame:
    """Cells trimmed and in composed form (NFC); empty ones and the words for nothing are null.

    ``trimmed``: the only columns that may begin or end with white space. ``formulas``: some cell may be a formula.
    ``quotes``: some may be empty without being null. ``ascii``: there is nothing else, so nothing to compose. Where the
    caller knows better, the work is left out.
    """
    if not ascii:
        cells = _composed(cells)
    if trimmed is not None and len(trimmed) < cells.width and not formulas:
        cells = cells.with_columns(pl.col(trimmed).str.strip_chars())
        text = pl.col(pl.String if quotes or nulls else trimmed)
    else:
        text = pl.col(pl.String).str.strip_chars()
    if formulas and any(cells.select(pl.col(pl.String).str.contains('="', literal=True).any()).row(0)):
        # Excel's way to keep leading zeros: ="00417".
        text = pl.when(text.str.starts_with('="')).then(text.str.slice(2).str.strip_suffix('"')).otherwise(text)
    something = text != ""
    for word in nulls:
        something = something & (text != word)
    return cells.with_columns(pl.when(something).then(text).name.keep())


def _composed(cells: pl.DataFrame) -> pl.DataFrame:
    """Letters with their accents as one character: ``e`` and a combining accent look the same and are not equal."""
    names = [name for name, kind in cells.schema.items() if kind == pl.String]
    if not names:
        return cells
    wide = cells.select((pl.col(names).str.len_bytes() != pl.col(names).str.len_chars()).any()).row(0)
    some = [name for name, has in zip(names, wide, strict=True) if has]
    return cells.with_columns(pl.col(some).str.normalize("NFC")) if some else cells


def meets(cell: pl.Expr, condition: Condition, amount: pl.Expr | None = None) -> pl.Expr:
    """Where a cell meets every part of a condition; never null. ``amount``: the cell as a number or duration."""
    held = pl.lit(True)
    if condition.is_ is not None:
        held = held & (cell.is_not_null() if condition.is_ == "filled" else cell.is_null())
    if condition.words:
        held = held & is_word(cell, condition.words)
    if condition.not_:
        held = held & ~is_word(cell, condition.not_)
    if condition.matches is not None:
        held = held & cell.fill_null("").str.contains(condition.matches)
    if condition.not_matches is not None:
        held = held & ~cell.fill_null("").str.contains(condition.not_matches)
    if condition.above is not None:
        assert amount is not None
        held = held & (amount > condition.above).fill_null(False)
    return held


def is_word(cell: pl.Expr, words: Sequence[str]) -> pl.Expr:
    """Where a cell is one of some words, without regard to case; never null."""
    return cell.str.to_lowercase().is_in(folded(words)).fill_null(False)


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
    return scattered(rest, several, chosen)


def mapped(text: pl.Series, rule: Rule) -> pl.Series:
    """The text that ``values`` put in place of a cell's; null where they do not know it and there is no other."""
    known = dict(zip(folded(rule.values), rule.values.values(), strict=True))
    words = text.str.to_lowercase()
    default = rule.otherwise
    found = words.replace_strict(list(known), list(known.values()), default=default, return_dtype=pl.String)
    return found.set(text.is_null(), None)


def null_words(text: pl.Series, rule: Rule) -> pl.Series:
    """Where a cell holds a word that ``values`` map to null on purpose."""
    nothing = folded(key for key, value in rule.values.items() if value is None)
    return text.str.to_lowercase().is_in(nothing).fill_null(False)


def finished(text: pl.Expr, rule: Rule) -> pl.Expr:
    """What follows after a part has been picked: extracting, prefixes, words for nothing, defaults."""
    if rule.extract is not None:
        caught = text.str.extract(rule.extract, 1)
        # What the expression does not fit stays whole, so that it is seen.
        text = pl.when(text.str.contains(rule.extract)).then(pl.when(caught != "").then(caught)).otherwise(text)
    for prefix in rule.strip:
        # Only the beginning is put in lower case: columns of numbers called from are long.
        begins = text.str.slice(0, len(prefix)).str.to_lowercase() == prefix.lower()
        text = pl.when(begins).then(text.str.slice(len(prefix))).otherwise(text)
    if rule.strip or rule.extract is not None:
        # ``tel:`` without a number is nobody's; the empty text would be one customer of all of them.
        text = text.str.strip_chars()
        text = pl.when(text != "").then(text)
    if rule.nulls:
        text = pl.when(~is_word(text, rule.nulls)).then(text)
    if rule.empty is not None and not rule.join:
        text = text.fill_null(rule.empty)
    return text.str.to_lowercase() if rule.lower else text


def is_plain(rule: Rule, *, filled: bool = False) -> bool:
    """Whether ``finished`` has nothing to do; ``filled``: with texts of which none is null."""
    fills = rule.empty is not None and not filled
    return not (rule.strip or rule.nulls or fills or rule.lower or rule.extract)


def text_marked(text: pl.Series) -> pl.Series:
    """Numbers behind an apostrophe, Excel's mark of text (``'00419``); never null."""
    # What sorts from the apostrophe to the sign behind it begins with it: compared faster than looked at.
    begins = ((text >= "'") & (text < "(")).fill_null(False)
    return begins & text.str.contains(r"^'[0-9+]").fill_null(False) if begins.any() else begins


def tidy_identifiers(text: pl.Series) -> pl.Series:
    """Identifiers without the blanks and marks nobody sees, by which two equal ones would differ."""
    marked = text_marked(text)
    if marked.any():
        text = text.str.strip_prefix("'").zip_with(marked, text)
    wide = (text.str.len_bytes() != text.str.len_chars()).fill_null(False)
    if not wide.any():
        return text
    cell = pl.col("t").str.replace_all(r"\p{Zs}", " ").str.strip_chars(_UNSEEN)
    tidied = text.filter(wide).to_frame("t").select(pl.when(cell != "").then(cell)).to_series()
    return scattered(text, wide, tidied)
