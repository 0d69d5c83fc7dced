"""Durations in every spelling systems write them, to seconds.

Plain numbers are in a unit the caller names. Clocks are ``H:MM:SS`` with any number of hours, ``M:SS``, ``:07``, with
days in front as ``1.02:30:00``, ``1:02:30:00`` or ``1 day, 2:30:00``; words are ``19m 10s`` or ``1 Day 9 Hours 46
Minutes``; and ISO 8601 ``PT5M3S``, without months and years, which have no fixed length. All may have a fraction in
their last part and a minus sign in front.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from cxkpi.exports.values.columns import as_number, plain_numbers, retried

DURATION_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

_SIGN = "([-\u2212])?"
_SECONDS = r"([0-5]?\d(?:[.,]\d*)?)"
_DAYS = r"(?:(\d+) ?(?:days?|[.:d ]),? ?)?"
_CLOCK = rf"^{_SIGN}(?:{_DAYS}(\d+):([0-5]?\d)|(\d*)):{_SECONDS}$"
_HOURS_AND_MINUTES = rf"^{_SIGN}(\d*):([0-5]?\d)$"
_TWO_PARTS = r"^[-\u2212]?\d*:\d+(?:[.,]\d*)?$"
_NUMBER = r"(\d+(?:\.\d+)?)"
_AND = "[ ,]*(?:and )?"
_WORDS = (
    rf"^{_SIGN} ?(?:{_NUMBER} *w(?:(?:ee)?ks?)?)?{_AND}(?:{_NUMBER} *d(?:ays?)?)?{_AND}"
    rf"(?:{_NUMBER} *h(?:(?:ou)?rs?)?)?{_AND}(?:{_NUMBER} *m(?:in(?:ute)?s?)?)?{_AND}"
    rf"(?:{_NUMBER} *s(?:ec(?:ond)?s?)?)?{_AND}(?:{_NUMBER} *m(?:illi)?s(?:ec(?:ond)?s?)?)?$"
)
_ISO = rf"^{_SIGN}p(?:{_NUMBER}w)?(?:{_NUMBER}d)?(?:t(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?)?$"
_WEEK_TO_MS = (604800.0, 86400.0, 3600.0, 60.0, 1.0, 0.001)


def in_seconds(number: pl.Series, unit: str) -> pl.Series:
    """Seconds of durations written as plain numbers, read by ``plain_numbers``; null where there is more to it."""
    # ``round`` gives the nearest double; dividing by 1000 would multiply by 0.001 and miss it.
    return (number * DURATION_UNITS[unit]).round(3)


def durations(text: pl.Series, unit: str, read: pl.Series | None = None, clock: str = "m:s") -> pl.Series:
    """Seconds to the millisecond; see the module. ``unit``: of plain numbers.

    ``read``: what ``in_seconds`` made of it, if that is known. ``clock``: whether ``5:30`` are minutes and
    seconds (``m:s``) or hours and minutes (``h:m``).
    """
    if read is None:
        read = in_seconds(plain_numbers(text), unit)
    return retried(text, retried(text, read, _time_of_day), lambda rest: _spelt(rest, clock))


def is_clock(text: pl.Expr) -> pl.Expr:
    """Where a duration is written so that its unit can be seen: as a clock or in words."""
    return text.str.contains(r"[:A-Za-z]").fill_null(False)


def _time_of_day(text: pl.Series) -> pl.Series:
    """``H:MM:SS`` below 24 hours, as most clocks are: five times as fast as a pattern."""
    nanoseconds = text.str.to_time("%H:%M:%S", strict=False).to_physical()
    return (nanoseconds // 1_000_000_000).cast(pl.Float64)


def _spelt(text: pl.Series, clock: str) -> pl.Series:
    plain = text.str.to_lowercase().str.replace_all(r"\p{Zs}+", " ").str.strip_chars()
    found = _by_parts(plain, _CLOCK, (86400.0, 3600.0, 60.0, 60.0, 1.0))
    if clock == "h:m":
        two = plain.str.contains(_TWO_PARTS).fill_null(False)
        if two.any():
            found = _by_parts(plain, _HOURS_AND_MINUTES, (3600.0, 60.0)).zip_with(two, found)
            plain = plain.set(two, None)
    found = retried(plain, found, lambda rest: _by_parts(rest, _WORDS, _WEEK_TO_MS))
    found = retried(plain, found, lambda rest: _by_parts(rest, _ISO, _WEEK_TO_MS[:-1]))
    return found.round(3)


def _by_parts(text: pl.Series, pattern: str, factors: Sequence[float]) -> pl.Series:
    """The sum of a pattern's groups, each by its factor; the first group is the sign. Null where no group is filled."""
    groups = pl.col("t").str.extract_groups(pattern)
    fields = [groups.struct.field(str(number)) for number in range(2, len(factors) + 2)]
    numbers = [as_number(field.str.replace(",", ".", literal=True)) for field in fields]
    total = pl.sum_horizontal(number * factor for number, factor in zip(numbers, factors, strict=True))
    signed = pl.when(groups.struct.field("1").is_not_null()).then(-total).otherwise(total)
    known = pl.any_horizontal(number.is_not_null() for number in numbers)
    return text.to_frame("t").select(pl.when(known).then(signed)).to_series()
