"""Numbers people call from, as one key for one customer, however a system writes them; withheld numbers are nobody's.

A number becomes its digits with the country code. Without a country the digits are kept as they are, so that one
number in two spellings may be two customers; a profile that says ``phone: "44"`` avoids it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import polars as pl

from cxkpi.exports.values.columns import folded, retried
from cxkpi.exports.values.spreadsheet import SHORTENED_TEXT

WITHHELD: Final = (
    "anonymous", "anonym", "anonyme", "anónimo", "anônimo", "blocked", "caller id blocked", "desconocido",
    "id unavailable", "inconnu", "masqué", "no caller id", "none", "not available", "not provided", "null",
    "número oculto", "oculto", "private", "private caller", "private number", "privado", "privé", "restricted",
    "unavailable", "unbekannt", "undefined", "unknown", "unknown caller", "unterdrückt", "withheld", "n/a", "na", "-",
    "[none]", "(null)",
)  # fmt: skip
"""What systems write in place of a number that is not shown."""

_SPELT_OUT: Final = ("266696687", "7378742833", "2562533", "8656696", "86282452253")
"""ANONYMOUS, RESTRICTED, BLOCKED, UNKNOWN and UNAVAILABLE on a keypad, as gateways send them."""

_FEWEST_DIGITS = 5
_NO_TRUNK_ZERO = ("39", "378", "379")
"""Countries whose numbers keep their first zero abroad: Italy, San Marino, the Vatican."""

_SIP = r"(?i)^(?:sips?|tel):"
_SCHEMES = r"(?i)^(?:tel|sips?|callto|phone|whatsapp|sms):\s*"
_UNSEEN = "[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
_BETWEEN_BRACKETS = r"<([^<>]+)>\s*$"
_EXTENSION = r"(?i)\s*(?:;.*|,.*|#.*|(?:ext|extension|x)\.?\s*\d+)$"
_OUTSIDE_LINE = r"^\d{1,2},+\s*([+(]?\d[\d\s().-]{6,})$"
"""``9,01632960001``: what is dialled for a line out of the building, and a pause."""
_BROKEN_OFF = r"^[1-9]\d{10,}\.\d{1,2}$"
_NUMBER = "^[+(]?[\\d\\s().\u00b7/\u2010-\u2015\u2212-]+$"
_CLEAR = (10**6, 10**15 - 1)
_OTHER_DIGITS = {
    chr(first + digit): str(digit) for first in (0x0660, 0x06F0, 0x0966, 0xFF10) for digit in range(10)
}  # fmt: skip
"""Arabic, Persian, Devanagari and wide digits."""
_LONGEST_NATIONAL = 10
_SHORTEST_WITH_CODE = 8
_FEW = 100
_STARTS = ("tel:+", "+")
_SAMPLE = 500
_NEARLY_ALL = 0.9


def as_phone(text: pl.Expr, country: str = "") -> pl.Expr:
    """The key of a number; null where it is withheld or too short to be anybody's.

    ``country``: the calling code of numbers written without one. An address that is no number (of a chat or a mail)
    stays, in lower case.
    """
    return text.map_batches(lambda numbers: _keys(numbers, country), return_dtype=pl.String)


def phones(text: pl.Series, country: str = "") -> pl.Series:
    """As ``as_phone``, of a whole column; those written ``+441632960001``, with or without ``tel:``, in a short way."""
    start = _usual_start(text)
    if start:
        digits, abroad = text.str.slice(len(start)), text.str.starts_with(start)
    else:
        bare = text.str.strip_prefix("tel:")
        digits, abroad = bare.str.strip_prefix("+"), bare.str.starts_with("+")
    # As numbers they are compared four times as fast as by a pattern; no zero and no sign comes first.
    number = digits.cast(pl.UInt64, strict=False)
    clear = (number >= _CLEAR[0]) & (number <= _CLEAR[1]) & (digits >= "1")
    for word in _SPELT_OUT:
        clear = clear & (number != int(word))
    if start or country:
        clear = clear & abroad
    if country:
        clear = clear & ~digits.str.starts_with(country + "0")
    if int(clear.sum()) < text.len():
        digits = digits.set(~clear.fill_null(False), None)
    return retried(text, digits, lambda rest: _each_once(rest, country))


def _usual_start(text: pl.Series) -> str:
    """What nearly all numbers of a column begin with."""
    some = text.head(_SAMPLE).drop_nulls()
    for start in _STARTS:
        if int(some.str.starts_with(start).sum()) > _NEARLY_ALL * some.len():
            return start
    return ""


def _each_once(text: pl.Series, country: str) -> pl.Series:
    # What is not clear is mostly one word for a withheld number, many times and in every block.
    every = text.unique().sort()
    keys = _keys(every, country) if every.len() > _FEW else _keys_of_few(tuple(every.to_list()), country)
    return text.replace_strict(every, keys, return_dtype=pl.String)


@lru_cache(maxsize=64)
def _keys_of_few(numbers: Sequence[str], country: str) -> pl.Series:
    return _keys(pl.Series(numbers), country)


def _keys(numbers: pl.Series, country: str) -> pl.Series:
    # Step by step: as one expression what is used twice would be worked out twice, in every step again.
    plain, called = pl.col("plain"), pl.col("called")
    frame = (
        numbers.to_frame("t")
        .with_columns(pl.col("t").str.replace_all(_UNSEEN, "").str.strip_chars(" '=\"\u00a0").alias("plain"))
        .with_columns(plain.str.replace_many(_OTHER_DIGITS))
        .with_columns(
            plain.str.extract(_BETWEEN_BRACKETS, 1).alias("inside"),
            plain.str.replace(_BETWEEN_BRACKETS, "").str.strip_chars(" '\"").alias("before"),
        )
        .with_columns(_of_brackets().alias("plain"))
        .with_columns(plain.str.contains(_SIP).alias("called"), plain.str.replace(_SCHEMES, "").str.strip_chars())
        .with_columns(plain.str.extract(r"^([^@]*)@", 1).alias("user"))
        # Of ``sip:+4420…@host`` the number counts, of a mail address all of it.
        .with_columns(
            pl.when(called & pl.col("user").str.contains(_NUMBER)).then("user").otherwise(plain).alias("plain")
        )
        .with_columns(plain.str.replace(r"^(\d{5,})\.0$", "${1}").alias("cut"))
        .with_columns(
            (plain.str.contains(SHORTENED_TEXT) | pl.col("cut").str.contains(_BROKEN_OFF)).alias("damaged"),
            pl.col("cut").str.replace(_OUTSIDE_LINE, "${1}").str.replace(_EXTENSION, ""),
        )
        .with_columns(pl.when(pl.col("cut").str.contains(_NUMBER)).then("cut").alias("number"))
        .with_columns(_digits(pl.col("number"), country).alias("digits"))
    )
    if country and country not in _NO_TRUNK_ZERO:
        frame = frame.with_columns(_once_abroad(pl.col("digits"), country).alias("digits"))
    return frame.select(_key()).to_series()


def _of_brackets() -> pl.Expr:
    """What stands in brackets, unless a number stands before them and none in them."""
    before, inside = pl.col("before"), pl.col("inside")
    named = before.str.contains(_NUMBER) & ~inside.str.contains(r"\d")
    return pl.when(named).then(before).otherwise(pl.coalesce(inside, "plain"))


def _key() -> pl.Expr:
    plain, digits, number = pl.col("plain"), pl.col("digits"), pl.col("number")
    hidden = pl.coalesce("user", "plain").str.to_lowercase().is_in(folded(WITHHELD)) | plain.str.contains(
        r"(?i)^anonymous|@anonymous\.invalid$"
    )
    dialled = number.str.replace_all(r"\D", "")
    nobody = (digits.str.len_bytes() < _FEWEST_DIGITS) | digits.str.contains(r"^0+$") | dialled.is_in(_SPELT_OUT)
    key = pl.when(number.is_null()).then(plain.str.to_lowercase()).when(~nobody).then(digits)
    return pl.when(~(hidden | pl.col("damaged")) & plain.str.contains(r"[\p{L}\d]")).then(key)


def _once_abroad(digits: pl.Expr, country: str) -> pl.Expr:
    """4401632… is the country's code put before a number as it is dialled at home."""
    doubled = digits.str.starts_with(country + "0") & (digits.str.len_bytes() > len(country) + _SHORTEST_WITH_CODE)
    return pl.when(doubled).then(pl.lit(country) + digits.str.slice(len(country) + 1)).otherwise(digits)


def _digits(number: pl.Expr, country: str) -> pl.Expr:
    every = number.str.replace_all(r"\D", "")
    # +44 (0)20 … is written for people: the zero is dialled at home only.
    abroad = number.str.replace(r"^(\+|00|\d{1,3}\s?)([^(]*)\(0\)", "${1}${2}").str.replace_all(r"\D", "")
    bare = number.str.contains(r"^[1-9]\d{0,2}\s*\(0\)")
    plus = number.str.starts_with("+")
    zeros = every.str.starts_with("00")
    exit_code = every.str.contains(r"^011\d{8,}$") if country == "1" else pl.lit(False)
    international = (
        pl.when(plus | bare).then(abroad).when(zeros).then(abroad.str.slice(2)).when(exit_code).then(every.str.slice(3))
    )
    return international.otherwise(_at_home(every, country))


def _at_home(digits: pl.Expr, country: str) -> pl.Expr:
    """Digits without a sign that they are international.

    They are all the same where they begin with the country's code and are long enough to have it, or are longer than a
    number within a country.
    """
    if not country:
        return digits
    if country == "1":
        return pl.when(digits.str.contains(r"^[2-9]\d{9}$")).then(pl.lit("1") + digits).otherwise(digits)
    length = digits.str.len_bytes()
    trunk = digits.str.starts_with("0")
    coded = digits.str.starts_with(country) & (length >= len(country) + _SHORTEST_WITH_CODE)
    whole = coded | (~trunk & (length > _LONGEST_NATIONAL)) | (length < _FEWEST_DIGITS)
    national = digits if country in _NO_TRUNK_ZERO else digits.str.strip_prefix("0")
    return pl.when(whole).then(digits).otherwise(pl.lit(country) + national)
