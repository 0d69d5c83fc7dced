"""Numbers people call from, as one key for one customer, however a system writes them; withheld numbers are nobody's.

A number becomes its digits with the country code. Without a country the digits are kept as they are, so that one
number in two spellings may be two customers; a profile that says ``phone: "44"`` avoids it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from cxkpi.exports.values.columns import folded, retried

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

_SCHEMES = r"(?i)^(?:tel|sips?|callto|phone|whatsapp|sms):\s*"
_UNSEEN = "[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060\ufeff]"
_BETWEEN_BRACKETS = r"<([^<>]+)>\s*$"
_EXTENSION = r"(?i)\s*(?:;.*|,.*|#.*|\b(?:ext|extension|x)\.?\s*\d+)$"
_NUMBER = "^[+(]?[\\d\\s().\u00b7/\u2010-\u2015\u2212-]+$"
_CLEAR = r"^[1-9]\d{6,14}$"
_SHORTENED = r"^\d(?:[.,]\d+)?[eE]\+\d+$"
_LONGEST_NATIONAL = 10
_SHORTEST_WITH_CODE = 8


def as_phone(text: pl.Expr, country: str = "") -> pl.Expr:
    """The key of a number; null where it is withheld or too short to be anybody's.

    ``country``: the calling code of numbers written without one. An address that is no number (of a chat or a mail)
    stays, in lower case.
    """
    plain = text.str.replace_all(_UNSEEN, "").str.strip_chars(" '=\"\u00a0")
    bracketed = plain.str.extract(_BETWEEN_BRACKETS, 1)
    plain = pl.coalesce(bracketed, plain).str.replace(_SCHEMES, "").str.strip_chars()
    user = plain.str.extract(r"^([^@]*)@", 1)
    # Of ``sip:+4420…@host`` the number counts, of a mail address all of it.
    plain = pl.when(user.str.contains(_NUMBER)).then(user).otherwise(plain)
    shortened = plain.str.contains(_SHORTENED)
    cut = plain.str.replace(r"^(\d{5,})\.0$", "${1}").str.replace(_EXTENSION, "")
    number = pl.when(cut.str.contains(_NUMBER)).then(cut)
    hidden = pl.coalesce(user, plain).str.to_lowercase().is_in(folded(WITHHELD)) | plain.str.contains(
        r"(?i)^anonymous|@anonymous\.invalid$"
    )
    digits = _digits(number, country)
    dialled = number.str.replace_all(r"\D", "")
    nobody = (digits.str.len_bytes() < _FEWEST_DIGITS) | digits.str.contains(r"^0+$") | dialled.is_in(_SPELT_OUT)
    key = pl.when(number.is_null()).then(plain.str.to_lowercase()).when(~nobody).then(digits)
    return pl.when(~(hidden | shortened) & plain.str.contains(r"[\p{L}\d]")).then(key)


def phones(text: pl.Series, country: str = "") -> pl.Series:
    """As ``as_phone``, of a whole column; those written ``+441632960001``, with or without ``tel:``, in a short way."""
    bare = pl.col("t").str.strip_prefix("tel:")
    digits = bare.str.strip_prefix("+")
    clear = digits.str.contains(_CLEAR) & ~digits.is_in(_SPELT_OUT)
    if country:
        clear = clear & bare.str.starts_with("+")
    found = text.to_frame("t").select(pl.when(clear).then(digits)).to_series()
    return retried(text, found, lambda rest: _each_once(rest, country))


def _each_once(text: pl.Series, country: str) -> pl.Series:
    # What is not clear is mostly one word for a withheld number, many times.
    every = text.unique().to_frame("t")
    keys = every.select("t", as_phone(pl.col("t"), country).alias("key"))
    return text.to_frame("t").join(keys, on="t", how="left", maintain_order="left")["key"]


def _digits(number: pl.Expr, country: str) -> pl.Expr:
    every = number.str.replace_all(r"\D", "")
    # +44 (0)20 … is written for people: the zero is dialled at home only.
    abroad = number.str.replace(r"^(\+|00)([^(]*)\(0\)", "${1}${2}").str.replace_all(r"\D", "")
    plus = number.str.starts_with("+")
    zeros = every.str.starts_with("00")
    exit_code = every.str.contains(r"^011\d{8,}$") if country == "1" else pl.lit(False)
    international = (
        pl.when(plus).then(abroad).when(zeros).then(abroad.str.slice(2)).when(exit_code).then(every.str.slice(3))
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
