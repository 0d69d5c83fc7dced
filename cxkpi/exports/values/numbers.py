"""Text columns to numbers and truth. What cannot be read becomes null; the caller compares with the text to find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from cxkpi.exports.values.columns import as_number, folded, plain_numbers, retried
from cxkpi.exports.values.durations import durations
from cxkpi.exports.values.instants import local_times, sensible

__all__ = [
    "as_boolean",
    "booleans",
    "doubtful",
    "durations",
    "integers",
    "local_times",
    "numbers",
    "pointed",
    "sensible",
]

_TEXT = pl.col("text")

_MONEY = r"(?:[£$€¥₹₩₺₽₪]|R\$|kr\.?|zł|Fr\.|[A-Z]{3})"
_PARTS = "['\u2019\u00a0\u202f\u2009 ]"
_DIGITS = rf"(?:\d+|\d{{1,3}}(?:{_PARTS}\d{{3}})+)"
# Of a comma alone nobody can say whether it parts thousands or decimals.
_INDIAN = r"\d{1,2}(?:,\d{2})+,\d{3}"
_CERTAIN = rf"^(?:\d{{1,3}}(?:(?:,\d{{3}})+\.\d+|(?:,\d{{3}}){{2,}})|{_INDIAN}(?:\.\d+)?|{_DIGITS}(?:\.\d+)?)$"
_POINT = rf"^(?:\d{{1,3}}(?:,\d{{3}})+|{_INDIAN}|{_DIGITS})(?:\.\d+)?$"
_COMMA = rf"^(?:\d{{1,3}}(?:\.\d{{3}})+|{_DIGITS})(?:,\d+)?$"
_DOUBTFUL = r"^\d+,\d+$"
_MORE_THAN_ROUNDED = (1.001, 1.5)
_BESIDE = r"[^\d.,:]*"
_IN_THOUSANDS = rf"^{_BESIDE}[1-9]\d{{0,2}}(?:\.\d{{3}})+{_BESIDE}$"
_DECIMAL_POINT = rf"^{_BESIDE}(?:\d+\.(?:\d{{1,2}}|\d{{4,}})|0+\.\d+|\d{{4,}}\.\d+){_BESIDE}$"
_DECIMAL_COMMA = rf"^{_BESIDE}\d+,(?:\d{{1,2}}|\d{{4,}}){_BESIDE}$|\d\.\d{{3}}(?:\.\d{{3}}|,\d)|:\d\d,\d"
_MINUS = "[-\u2212]"


def numbers(text: pl.Series, read: pl.Series | None = None, decimal: str | None = None) -> pl.Series:
    """Finite numbers; thousands separators and a currency are read over, ``(1,234.00)`` and ``1,234.00-`` are negative.

    ``read``: what ``plain_numbers`` made of it, if that is known. ``decimal`` None leaves a number unread in which a
    comma may part thousands or decimals, as in ``3,125``; ``"."`` says that it parts thousands, ``","`` decimals.
    """
    if decimal == ",":
        return _dressed(text, _COMMA, ",")
    pattern = _CERTAIN if decimal is None else _POINT
    return retried(text, plain_numbers(text) if read is None else read, lambda rest: _dressed(rest, pattern, "."))


def integers(text: pl.Series, read: pl.Series | None = None, decimal: str | None = None) -> pl.Series:
    """Whole numbers, ``3.0`` among them. ``read`` and ``decimal``: as in ``numbers``."""
    return whole(numbers(text, read, decimal))


def whole(number: pl.Series) -> pl.Series:
    """Numbers as integers; those that are none become null."""
    return number.set(number != number.round(), None).cast(pl.Int64, strict=False)


def shares(text: pl.Series, hundred: bool, decimal: str | None = None) -> pl.Series:
    """Shares of one: ``83.2%`` is 0.832, and so is ``83.2`` where ``hundred`` says that the column counts to 100."""
    marked = text.str.ends_with("%").fill_null(False)
    bare = text.str.strip_suffix("%").str.strip_chars() if marked.any() else text
    found = numbers(bare, None, decimal)
    # The nearest double of the share: 83.2 hundredths are not quite 0.832.
    share = (pl.col("found") * 0.01).round(12)
    chosen = pl.when(pl.col("marked") | pl.lit(hundred)).then(share).otherwise("found")
    return pl.DataFrame({"found": found, "marked": marked}).select(chosen).to_series()


def counts_to_hundred(text: pl.Series, decimal: str | None = None) -> bool:
    """Whether shares without a percent sign are above 1, so that the column counts to 100.

    One that is hardly above it does not decide: a fraction may be rounded up, and work may be done beyond the whole.
    """
    found = numbers(_bare(text), None, decimal)
    most = found.max()
    return isinstance(most, float) and (most > _MORE_THAN_ROUNDED[1] or bool((found > _MORE_THAN_ROUNDED[0]).sum() > 1))


def may_count_to_hundred(text: pl.Series, decimal: str | None = None) -> bool:
    """Whether some share without a percent sign is above 1 at all."""
    most = numbers(_bare(text), None, decimal).max()
    return isinstance(most, float) and most > _MORE_THAN_ROUNDED[0]


def undecided_shares(text: pl.Series, decimal: str | None = None) -> pl.Series:
    """Shares without a percent sign that would mean something else if the column counted to 100; never null."""
    return (numbers(_bare(text), None, decimal) != 0).fill_null(False)


def _bare(text: pl.Series) -> pl.Series:
    marked = text.str.ends_with("%").fill_null(False)
    return text.set(marked, None) if marked.any() else text


def pointed(text: pl.Series) -> pl.Series:
    """Numbers written with a decimal comma as plain ones; other numbers null, clocks (``0:19,5``) with points."""
    cell = pl.col("text")
    clock = (
        text.to_frame("text")
        .select(pl.when(cell.str.contains(r"[:A-Za-z]")).then(cell.str.replace_all(r"(\d),(\d)", "${1}.${2}")))
        .to_series()
    )
    plain = _dressed(text, _COMMA, ",").cast(pl.String)
    return plain.zip_with(plain.is_not_null(), clock)


def doubtful(text: pl.Series) -> pl.Series:
    """Numbers in which a comma may part thousands or decimals; never null."""
    if not text.str.contains(",", literal=True).any():
        return text.is_null() & False
    return _undressed(text)["core"].str.contains(_DOUBTFUL).fill_null(False)


class Signs(NamedTuple):
    """What a column shows of its decimal sign. ``comma``: some cell has a decimal comma or points between thousands.

    ``doubtful``: ``1.234`` may be a thousand and more.
    """

    comma: bool
    doubtful: bool


def signs_of(text: pl.Series, european: bool) -> Signs | None:
    """What the cells show; None where they show nothing.

    ``european``: the file parts its cells as is usual where decimals have a comma, so that fractions of three digits
    throughout decide nothing.
    """
    cell = pl.col("text")
    if not text.str.contains("[.,]" if european else r",|\.\d+\.").any():
        return None
    comma, three, other = (
        text.to_frame("text")
        .select(
            cell.str.contains(_DECIMAL_COMMA).any().alias("comma"),
            cell.str.contains(_IN_THOUSANDS).any().alias("three"),
            cell.str.contains(_DECIMAL_POINT).any().alias("other"),
        )
        .row(0)
    )
    if not (comma or (european and (three or other))):
        return None
    return Signs(comma, comma or not other)


def in_thousands(text: pl.Series) -> pl.Series:
    """Numbers in which points may part thousands; never null."""
    return text.str.contains(_IN_THOUSANDS).fill_null(False)


def booleans(text: pl.Series, true: Sequence[str], false: Sequence[str]) -> pl.Series:
    """True and false by their words, compared without case; where ``1`` is known so is ``1.0``."""
    return text.to_frame("text").select(as_boolean(_TEXT, true, false)).to_series()


def as_boolean(text: pl.Expr, true: Sequence[str], false: Sequence[str]) -> pl.Expr:
    """As ``booleans``."""
    words = text.str.to_lowercase()
    yes, no = (words.is_in([word for one in folded(known) for word in _spelt(one)]) for known in (true, false))
    return pl.when(yes).then(True).when(no).then(False)


def _spelt(word: str) -> tuple[str, ...]:
    return (word, f"{word}.0") if word.isdigit() else (word,)


def _undressed(text: pl.Series) -> pl.DataFrame:
    """``core``: the digits and what parts them; ``negative``: by a sign before or behind them, or by brackets."""
    stripped = pl.col("text").str.strip_chars()
    in_brackets = stripped.str.contains(r"^\(.*\)$")
    inner = pl.when(in_brackets).then(stripped.str.slice(1, stripped.str.len_chars() - 2)).otherwise(stripped)
    # A sign may stand before the currency or behind it.
    plain = inner.str.replace(rf"^([-+\u2212]?)\s*{_MONEY}\s*", "${1}").str.replace(rf"\s*{_MONEY}\s*$", "")
    signed = plain.str.contains(rf"^{_MINUS}|{_MINUS}$")
    core = plain.str.replace(r"^[-+\u2212]\s*", "").str.replace(rf"\s*{_MINUS}$", "")
    return text.to_frame("text").select(core=core, negative=signed | in_brackets)


def _dressed(text: pl.Series, pattern: str, decimal: str) -> pl.Series:
    frame = _undressed(text)
    core = pl.when(pl.col("core").str.contains(pattern)).then("core")
    kept = core.str.replace_all(rf"[^0-9{decimal}]", "").str.replace(",", ".", literal=True)
    number = as_number(kept)
    return frame.select(pl.when("negative").then(-number).otherwise(number)).to_series()
