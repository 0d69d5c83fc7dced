"""Instants and dates as systems write them: by a declared format, in ISO 8601, as counts; and local times to UTC.

A format is what ``strptime`` takes, or one of the words ``unix`` (seconds since 1970 in UTC), ``unix_ms``, ``excel``
(days since 1899-12-30, local) and ``epoch`` (a duration written as the instant that far behind 1970). Whatever the
format, a value that names its own offset (``Z``, ``+05:30``, ``GMT+3``) is an instant already and never shifted by a
zone, and ISO 8601 is read as well, because it cannot be mistaken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

import polars as pl

from cxkpi.exports.values.columns import as_number, retried
from cxkpi.exports.values.offsets import offset_of

COUNTS = ("unix", "unix_ms", "excel")
UNSET = (date(9999, 12, 31), date(1, 1, 1))
"""What systems write into a date column that has no date: the last and the first day their calendars know."""

_ISO_INSTANTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ISO_LIKE = r"^\d{4}-\d{1,2}-\d{1,2}(?:[T ]|$)"
_DATE_IN_FRONT = r"^(\d{4}-\d{1,2}-\d{1,2})(?:[ T].*)?$"
_TIME_BEHIND = r"^(.+?),? \d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?$"
_OWN_OFFSET = r"^(.*?\d.*?)\s*((?i:Z|(?:GMT|UTC)\s*[+-]\d{1,2}(?::?\d{2})?|GMT|UTC)|[+-]\d{2}(?::?\d{2})?)$"
_YEARS = (1900, 2199)
# The same bounds in microseconds since 1970, the second one excluded.
_SENSIBLE = (-2_208_988_800_000_000, 7_258_118_400_000_000)
_EPOCH = "%Y-%m-%d %H:%M:%S"
_UNIX_TO_US = {"unix": 1e6, "unix_ms": 1e3}
_DAY = timedelta(days=1)
_SHORT = timedelta(days=400)
_EXCEL_DAY_ZERO = -25_569
"""1899-12-30 in days since 1970."""


def instants(
    text: pl.Series, format: str | None, zone: Zoned, local: pl.Series | None = None
) -> tuple[pl.Series, pl.Series | None]:
    """Instants as naive UTC, and the second instant each local time that occurs twice can mean (None: there are none).

    ``format`` None reads ISO 8601 only. ``zone`` turns local times into UTC. ``local``: what ``local_times`` made of
    the text, if that is known.
    """
    if format in _UNIX_TO_US:
        return retried(text, _counted(text, format), lambda rest: _with_own_offset(rest, None)), None
    if format is not None and has_offset(format):
        found = sensible(_with_offset(text, format))
        return retried(text, found, lambda rest: _with_own_offset(rest, format)), None
    if local is None:
        local = _iso(text) if format is None else local_times(text, format)
    if format is not None:
        if _is_utc(format):
            return retried(text, local, lambda rest: _with_own_offset(rest, format.removesuffix("Z"))), None
        local = retried(text, local, _iso)
    if local.null_count() == text.null_count():
        return zone.to_utc(local)
    left = local.is_null() & text.is_not_null()
    own = _with_own_offset(text.filter(left), format)
    found, second = zone.to_utc(local)
    return found.scatter(left.arg_true(), own), second


def dates(text: pl.Series, format: str | None, local: pl.Series | None = None) -> pl.Series:
    """Dates; a time of day behind one is dropped. ``format`` None reads ISO 8601 only. ``local``: as in instants."""
    if format is None:
        return _iso_day(text)
    if local is None:
        local = wall_times(text, format)
    found = retried(text, local.dt.date(), _iso_day)
    if format in COUNTS or "%H" in format or "%I" in format:
        return found

    def by_day(rest: pl.Series) -> pl.Series:
        return local_times(rest.str.extract(_TIME_BEHIND, 1), format).dt.date()

    return retried(text, found, by_day)


def of_any_year(text: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Dates and times by the first format that reads them, else ISO 8601, in whatever year they are."""
    found = pl.repeat(None, text.len(), eager=True, dtype=pl.Datetime("us"))
    for format in formats:
        if format not in COUNTS:
            reader = _with_offset if has_offset(format) else _local
            found = retried(text, found, lambda rest, reader=reader, format=format: reader(rest, format))  # type: ignore[misc]
    found = retried(text, found, _any_iso)
    return retried(text, found, lambda rest: _own_offset(rest, _any_iso))


def local_times(text: pl.Series, format: str) -> pl.Series:
    """Local times as written, by one format and nothing else: for choosing among several."""
    if format in COUNTS:
        return _counted(text, format)
    if has_offset(format):
        return sensible(_with_offset(text, format))
    return sensible(retried(text, _local(text, format), lambda rest: _tidied(rest, format)))


def wall_times(text: pl.Series, format: str) -> pl.Series:
    """As ``local_times``; of values with an offset of their own the time on their clock."""
    found = local_times(text, format)
    if format in COUNTS or has_offset(format):
        return found
    return retried(text, found, lambda rest: local_times(rest.str.extract(_OWN_OFFSET, 1), format))


def read_as_iso(text: pl.Series, format: str, among: pl.Series) -> pl.Series:
    """Which values among some look like ISO 8601 and can be read as it beside those of a format; never null."""
    likely = among & text.str.contains(_ISO_LIKE).fill_null(False)
    if not likely.any():
        return likely
    rest = text.filter(likely)
    # Where the format asks for an offset a time without one is no instant.
    read = _with_own_offset(rest, None) if has_offset(format) else sensible(of_any_year(rest, ()))
    return (likely & False).scatter(likely.arg_true(), read.is_not_null())


def sensible(local: pl.Series) -> pl.Series:
    """Instants without years nobody meant: ``%Y`` reads ``88`` as the year 88."""
    instants = local.to_physical()
    low, high = instants.min(), instants.max()
    if low is None or (low >= _SENSIBLE[0] and high < _SENSIBLE[1]):  # type: ignore[operator]
        return local
    odd = ~local.dt.year().is_between(*_YEARS).fill_null(True)
    return local.set(odd, None) if odd.any() else local


# -- reading ----------------------------------------------------------------------------------------------------------


def _local(text: pl.Series, format: str) -> pl.Series:
    # Hardly two records are of the same second: a cache of those read costs more than it saves.
    return text.str.to_datetime(_chrono(format), time_unit="us", strict=False, cache=False)


def _chrono(format: str) -> str:
    """``%f`` of Python is a fraction of any length; here that is ``%.f``, which brings its point along."""
    return _EPOCH if format == "epoch" else format.replace(".%f", "%.f")


def _tidied(text: pl.Series, format: str) -> pl.Series:
    """Values that are in the format but for a fraction of seconds, ``p. m.`` for PM, or a comma before the fraction."""
    if "%p" in format:
        text = text.str.replace(r"(?i)\b([ap])\.?\s?m\.?(\s|$)", "${1}m${2}")
    format = _chrono(format)
    if "%S" not in format or "%.f" in format:
        return _local(text, format)
    text = text.str.replace(r"(:\d{2}),(\d+)", "${1}.${2}")
    return _local(text, format.replace("%S", "%S%.f"))


def _with_offset(text: pl.Series, format: str) -> pl.Series:
    aware = text.str.to_datetime(_chrono(format), time_unit="us", strict=False)
    return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _iso(text: pl.Series) -> pl.Series:
    return sensible(_any_iso(text))


def _any_iso(text: pl.Series) -> pl.Series:
    plain = text.str.replace("T", " ", literal=True) if text.str.contains("T", literal=True).any() else text
    first, *others = _ISO_INSTANTS
    found = _local(plain, first)
    for other in others:
        found = retried(plain, found, lambda rest, other=other: _local(rest, other))  # type: ignore[misc]
    return retried(plain, found, lambda rest: _local(rest.str.replace(r"(:\d{2}),(\d+)", "${1}.${2}"), others[0]))


def _iso_day(text: pl.Series) -> pl.Series:
    return sensible(_local(text.str.extract(_DATE_IN_FRONT, 1), "%Y-%m-%d")).dt.date()


def _with_own_offset(text: pl.Series, format: str | None) -> pl.Series:
    """Values that end in an offset: in the format before it, or in ISO 8601."""
    found = pl.repeat(None, text.len(), eager=True, dtype=pl.Datetime("us"))
    if format is not None and format not in COUNTS:
        front = _without_offset(format)
        found = _own_offset(text, lambda rest: local_times(rest, front))
    return sensible(retried(text, found, lambda rest: _own_offset(rest, _any_iso)))


def _own_offset(text: pl.Series, reader: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """UTC of values with an offset behind what ``reader`` reads; null where there is none."""
    parts = text.to_frame("t").select(
        pl.col("t").str.extract(_OWN_OFFSET, 1).alias("front"),
        pl.col("t").str.extract(_OWN_OFFSET, 2).str.replace_all(r"\s", "").alias("offset"),
    )
    # Without a time in front, ``-05`` may be a day.
    timed = parts["front"].str.contains(r":\d{2}").fill_null(False)
    offsets = parts["offset"].set(~timed, None)
    names = offsets.drop_nulls().unique().to_list()
    if not names:
        return pl.repeat(None, text.len(), eager=True, dtype=pl.Datetime("us"))
    minutes = offsets.replace_strict(names, [offset_of(name) for name in names], return_dtype=pl.Int64)
    local = reader(parts["front"].set(~timed, None))
    both = pl.DataFrame({"local": local, "minutes": minutes})
    return both.select(pl.col("local") - pl.duration(minutes="minutes", time_unit="us")).to_series()


def _is_utc(format: str) -> bool:
    return format.endswith("Z") and not format.endswith("%Z")


def has_offset(format: str) -> bool:
    """Whether a format asks for an offset behind the time."""
    return "%z" in format or "%:z" in format or "%#z" in format


def _without_offset(format: str) -> str:
    for directive in ("%:z", "%#z", "%z"):
        format = format.replace(directive, "")
    for word in ("GMT", "UTC"):
        format = format.removesuffix(word)
    return format.rstrip()


def _counted(text: pl.Series, format: str) -> pl.Series:
    """Counts of seconds, milliseconds or days as times; days are local, the others UTC."""
    number = text.to_frame("t").select(as_number(pl.col("t"))).to_series()
    if format == "excel":
        # A day has 11 digits at most in a serial; the rest of a millisecond is noise.
        microseconds = ((number + _EXCEL_DAY_ZERO) * 86_400_000).round() * 1000
    else:
        microseconds = number * _UNIX_TO_US[format]
    return sensible(microseconds.round().cast(pl.Int64, strict=False).cast(pl.Datetime("us")))


# -- zones ------------------------------------------------------------------------------------------------------------


class Zoned(Protocol):
    """What turns local times into instants."""

    def to_utc(self, local: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """Instants; and where a local time occurs twice the second of its two, else null (None: there are none)."""
        ...


class Zone:
    """Local times of one zone to naive UTC, counting those that a change of clocks makes doubtful.

    An hour that occurs twice is taken as the first. A time that does not exist, because clocks went forward over it, is
    read with the offset before the change (01:30 in the London gap is 02:30 summer time), which keeps durations right.
    ``first_twice`` and ``first_missing``: where the first of these stands.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.twice = 0
        self.missing = 0
        self.first_twice: int | None = None
        self.first_missing: int | None = None

    def to_utc(self, local: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """Instants; and where a local time occurs twice the second of its two, else null (None: there are none)."""
        offset = offset_of(self.name)
        if offset is not None:
            return pl.select(local - pl.duration(minutes=offset, time_unit="us")).to_series(), None
        steady = _steady(self.name, local)
        if steady is not None:
            return local - steady, None
        plain = self._convert(local, "null")
        if plain.null_count() == local.null_count():
            return plain, None
        first, second = self._convert(local, "earliest"), self._convert(local, "latest")
        again = (first != second).fill_null(False)
        self.twice += int(again.sum())
        if again.any() and self.first_twice is None:
            self.first_twice = again.arg_max()
        gaps = local.is_not_null() & first.is_null()
        if gaps.any():
            self.missing += int(gaps.sum())
            if self.first_missing is None:
                self.first_missing = gaps.arg_max()
            day = pl.duration(days=1)
            at = gaps.arg_true()
            before = self._convert(pl.select(local.filter(gaps) - day).to_series(), "earliest")
            first = first.scatter(at, pl.select(before + day).to_series())
        return first, second.set(~again, None) if again.any() else None

    def _convert(self, local: pl.Series, ambiguous: str) -> pl.Series:
        aware = local.dt.replace_time_zone(self.name, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _steady(zone: str, local: pl.Series) -> timedelta | None:
    """How far local times are ahead of UTC where no clock changes between a day before and a day after all of them."""
    first, last = local.min(), local.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime) or last - first > _SHORT:
        return None
    hours = pl.datetime_range(first - _DAY, last + _DAY, "1h", time_unit="us", eager=True)
    ahead = hours.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None) - hours
    return ahead[0] if ahead.n_unique() == 1 else None
