"""Text columns to numbers and truth. What cannot be read becomes null; the caller compares with the text to find it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.exports.values.columns import as_number, folded, retried
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
_MINUS = "[-\u2212]"


def numbers(text: pl.Series, read: pl.Series | None = None, decimal: str | None = None) -> pl.Series:
    """Finite numbers; thousands separators and a currency are read over, ``(1,234.00)`` and ``1,234.00-`` are negative.

    ``read``: what ``as_number`` made of the text, if that is known. ``decimal`` None leaves a number unread in which a
    comma may part thousands or decimals, as in ``3,125``; ``"."`` says that it parts thousands, ``","`` decimals.
    """
    if decimal == ",":
        return _dressed(text, _COMMA, ",")
    pattern = _CERTAIN if decimal is None else _POINT
    return retried(text, _read(text, as_number(_TEXT), read), lambda rest: _dressed(rest, pattern, "."))


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
    """Whether some share without a percent sign is above 1, so that the column counts to 100."""
    bare = text.set(text.str.ends_with("%").fill_null(False), None)
    most = numbers(bare, None, decimal).max()
    return isinstance(most, float) and most > 1


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


def booleans(text: pl.Series, true: Sequence[str], false: Sequence[str]) -> pl.Series:
    """True and false by their words, compared without case; where ``1`` is known so is ``1.0``."""
    return _read(text, as_boolean(_TEXT, true, false), None)


def as_boolean(text: pl.Expr, true: Sequence[str], false: Sequence[str]) -> pl.Expr:
    """As ``booleans``."""
    words = text.str.to_lowercase()
    yes, no = (words.is_in([word for one in folded(known) for word in _spelt(one)]) for known in (true, false))
    return pl.when(yes).then(True).when(no).then(False)


def _spelt(word: str) -> tuple[str, ...]:
    return (word, f"{word}.0") if word.isdigit() else (word,)


def _read(text: pl.Series, expression: pl.Expr, read: pl.Series | None) -> pl.Series:
    return text.to_frame("text").select(expression).to_series() if read is None else read


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
