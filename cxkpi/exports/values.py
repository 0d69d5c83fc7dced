"""Text columns to typed columns. What cannot be read becomes null; the caller compares with the text to find it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from cxkpi.exports.profile import DURATION_UNITS

Parser = Callable[[pl.Series], pl.Series]
_TEXT = pl.col("text")

_ISO_INSTANTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ISO_OFFSETS = ("%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M%z")
_DATE_IN_FRONT = r"^(\d{4}-\d{1,2}-\d{1,2})(?:[ T].*)?$"
_YEARS = (1900, 2199)
# The same bounds in microseconds since 1970, the second one excluded.
_SENSIBLE = (-2_208_988_800_000_000, 7_258_118_400_000_000)
UNSET = (date(9999, 12, 31), date(1, 1, 1))
"""What systems write into a date column that has no date: the last and the first day their calendars know."""

_CLOCK = r"^(?:(?:(\d+)[.:dD ] *)??(\d+):)?(\d*):(\d{1,2}(?:\.\d*)?)$"
_NUMBER = r"(\d+(?:\.\d+)?)"
_WORDS = (
    rf"^(?:{_NUMBER} *d(?:ays?)?)?[ ,]*(?:{_NUMBER} *h(?:(?:ou)?rs?)?)?[ ,]*"
    rf"(?:{_NUMBER} *m(?:in(?:ute)?s?)?)?[ ,]*(?:{_NUMBER} *s(?:ec(?:ond)?s?)?)?$"
)
# Of a comma alone nobody can say whether it parts thousands or decimals.
_CERTAIN = (
    r"^[+-]?[£$€]? ?\d{1,3}(?:(?:,\d{3})+\.\d+|(?:,\d{3}){2,}|(?:['\u2019\u00a0\u202f]\d{3})+(?:\.\d+)?)$"
    r"|^[+-]?[£$€] ?\d+(?:\.\d+)?$"
)
_DOUBTFUL = r"^[+-]?[£$€]? ?\d+,\d+$"
_COMMA_DECIMAL = r"^[+-]?[£$€]? ?(?:\d{1,3}(?:[.'\u2019\u00a0\u202f]\d{3})+|\d+)(?:,\d+)?$"
_THOUSANDS = r"^[+-]?[£$€]? ?\d{1,3}(?:[,'\u2019\u00a0\u202f]\d{3})+(?:\.\d+)?$|^[+-]?[£$€] ?\d+(?:\.\d+)?$"


def instants(
    text: pl.Series, format: str | None, zone: Zone, local: pl.Series | None = None
) -> tuple[pl.Series, pl.Series | None]:
    """Instants as naive UTC, and those that ``Zone.to_utc`` gives for local times that occur twice.

    ``format`` None reads ISO 8601, with or without an offset; ``zone`` turns local times into UTC. ``local``: what
    ``local_times`` made of the text, if that is known.
    """
    if format is not None:
        if _has_offset(format):
            return sensible(_with_offset(text, (format,))), None
        return zone.to_utc(local_times(text, format) if local is None else local)
    plain = text
    if text.str.contains("T", literal=True).any():
        plain = text.str.replace("T", " ", literal=True)
    found, second = zone.to_utc(sensible(_local(plain, _ISO_INSTANTS)))
    return _retry(plain, found, lambda rest: sensible(_iso_with_offset(rest))), second


def dates(text: pl.Series, format: str | None, local: pl.Series | None = None) -> pl.Series:
    """Dates; ``format`` None reads ISO 8601, a time of day behind the date being dropped. ``local``: as in instants."""
    if local is not None:
        return local.dt.date()
    if format is None:
        return sensible(_local(text.str.extract(_DATE_IN_FRONT, 1), ("%Y-%m-%d",))).dt.date()
    return sensible(_local(text, (format,))).dt.date()


def of_any_year(text: pl.Series, formats: Sequence[str]) -> pl.Series:
    """Dates and times by the first format that reads them (none given: ISO 8601), in whatever year they are."""
    if not formats:
        plain = text.str.replace("T", " ", literal=True)
        return _retry(plain, _local(plain, _ISO_INSTANTS), _iso_with_offset)
    found = pl.repeat(None, text.len(), eager=True, dtype=pl.Datetime("us"))
    for format in formats:
        reader = _with_offset if _has_offset(format) else _local
        found = _retry(text, found, lambda rest, reader=reader, format=format: reader(rest, (format,)))  # type: ignore[misc]
    return found


def local_times(text: pl.Series, format: str) -> pl.Series:
    """Local times as written, by one format: for choosing among several."""
    return sensible(_local(text, (format,)))


def durations(text: pl.Series, unit: str, read: pl.Series | None = None) -> pl.Series:
    """Seconds to the millisecond: a number in ``unit``, or a clock (``H:MM:SS``, ``M:SS``, ``:07``), or ``19m 10s``.

    ``read``: what ``as_duration`` made of the text, if that is known.
    """
    return _retry(text, _read(text, as_duration(_TEXT, unit), read), lambda rest: _clock(rest).round(3))


def numbers(text: pl.Series, read: pl.Series | None = None, decimal: str | None = None) -> pl.Series:
    """Finite numbers with a decimal point; thousands separators and a currency sign in front are read over.

    ``read``: what ``as_number`` made of the text, if that is known. ``decimal`` None leaves a number unread in which a
    comma may part thousands or decimals, as in ``3,125``; ``"."`` says that it parts thousands.
    """
    pattern = _CERTAIN if decimal is None else _THOUSANDS
    return _retry(text, _read(text, as_number(_TEXT), read), lambda rest: _thousands(rest, pattern))


def integers(text: pl.Series, read: pl.Series | None = None, decimal: str | None = None) -> pl.Series:
    """Whole numbers, ``3.0`` among them. ``read`` and ``decimal``: as in ``numbers``."""
    value = numbers(text, read, decimal)
    return value.set(value != value.round(), None).cast(pl.Int64, strict=False)


def pointed(text: pl.Series) -> pl.Series:
    """Numbers written with a decimal comma as plain ones; other numbers null, clocks (``0:19,5``) with points."""
    cell = pl.col("text")
    plain = cell.str.replace_all(r"[^0-9,+-]", "").str.replace(",", ".", literal=True)
    clock = cell.str.replace_all(r"(\d),(\d)", "${1}.${2}")
    read = pl.when(cell.str.contains(_COMMA_DECIMAL)).then(plain)
    return text.to_frame("text").select(read.when(cell.str.contains(r"[:A-Za-z]")).then(clock)).to_series()


def doubtful(text: pl.Series) -> pl.Series:
    """Numbers in which a comma may part thousands or decimals; never null."""
    return text.str.contains(_DOUBTFUL).fill_null(False)


def booleans(text: pl.Series, true: Sequence[str], false: Sequence[str]) -> pl.Series:
    """True and false by their words, compared without case."""
    return _read(text, as_boolean(_TEXT, true, false), None)


def as_number(text: pl.Expr) -> pl.Expr:
    """Finite numbers written plainly, as nearly all are; null where there is more to it."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def as_duration(text: pl.Expr, unit: str) -> pl.Expr:
    """Seconds of durations written as plain numbers; null where there is more to it."""
    # ``round`` gives the nearest double; dividing by 1000 would multiply by 0.001 and miss it.
    return (as_number(text) * DURATION_UNITS[unit]).round(3)


def as_boolean(text: pl.Expr, true: Sequence[str], false: Sequence[str]) -> pl.Expr:
    """True and false by their words, compared without case."""
    words = text.str.to_lowercase()
    yes = words.is_in([word.casefold() for word in true])
    no = words.is_in([word.casefold() for word in false])
    return pl.when(yes).then(True).when(no).then(False)


def _read(text: pl.Series, expression: pl.Expr, read: pl.Series | None) -> pl.Series:
    return text.to_frame("text").select(expression).to_series() if read is None else read


class Zone:
    """Local times of one zone to naive UTC, counting those that a change of clocks makes doubtful.

    An hour that occurs twice is taken as the first. A time that does not exist, because clocks went forward over it, is
    read with the offset before the change (01:30 in the London gap is 02:30 summer time), which keeps durations right.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.twice = 0
        self.missing = 0

    def to_utc(self, local: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """Instants; and where a local time occurs twice the second of its two, else null (None: there are none)."""
        plain = self._convert(local, "null")
        if plain.null_count() == local.null_count():
            return plain, None
        first, second = self._convert(local, "earliest"), self._convert(local, "latest")
        again = (first != second).fill_null(False)
        self.twice += int(again.sum())
        gaps = local.is_not_null() & first.is_null()
        if gaps.any():
            self.missing += int(gaps.sum())
            day = pl.duration(days=1)
            at = gaps.arg_true()
            before = self._convert(pl.select(local.filter(gaps) - day).to_series(), "earliest")
            first = first.scatter(at, pl.select(before + day).to_series())
        return first, second.set(~again, None) if again.any() else None

    def _convert(self, local: pl.Series, ambiguous: str) -> pl.Series:
        aware = local.dt.replace_time_zone(self.name, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _retry(text: pl.Series, found: pl.Series, parser: Parser) -> pl.Series:
    """``found``, with what it left null but ``text`` has, read by ``parser``."""
    if found.null_count() == text.null_count():
        return found
    left = found.is_null() & text.is_not_null()
    if not left.any():
        return found
    return found.scatter(left.arg_true(), parser(text.filter(left)))


def _local(text: pl.Series, formats: Sequence[str]) -> pl.Series:
    first, *others = formats
    found = text.str.to_datetime(first, time_unit="us", strict=False)
    for other in others:
        found = _retry(text, found, lambda rest, other=other: rest.str.to_datetime(other, time_unit="us", strict=False))  # type: ignore[misc]
    return found


def _with_offset(text: pl.Series, formats: Sequence[str]) -> pl.Series:
    first, *others = formats
    found = (
        text.str.to_datetime(first, time_unit="us", strict=False).dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    )
    for other in others:
        found = _retry(text, found, lambda rest, other=other: _with_offset(rest, (other,)))  # type: ignore[misc]
    return found


def _iso_with_offset(text: pl.Series) -> pl.Series:
    return _with_offset(text.str.replace("Z$", "+00:00"), _ISO_OFFSETS)


def _has_offset(format: str) -> bool:
    return "%z" in format or "%:z" in format or "%#z" in format


def sensible(local: pl.Series) -> pl.Series:
    """Instants without years nobody meant: ``%Y`` reads ``88`` as the year 88."""
    instants = local.to_physical()
    low, high = instants.min(), instants.max()
    if low is None or (low >= _SENSIBLE[0] and high < _SENSIBLE[1]):  # type: ignore[operator]
        return local
    odd = ~local.dt.year().is_between(*_YEARS).fill_null(True)
    return local.set(odd, None) if odd.any() else local


def _clock(text: pl.Series) -> pl.Series:
    frame = text.str.strip_chars().str.to_lowercase().to_frame("t")
    clock = pl.col("t").str.extract_groups(_CLOCK)
    words = pl.col("t").str.extract_groups(_WORDS)
    parts = frame.select(
        negative=pl.col("t").str.starts_with("-"),
        clock=_sum(clock, (86400.0, 3600.0, 60.0, 1.0), last_required=True),
        words=_sum(words, (86400.0, 3600.0, 60.0, 1.0), last_required=False),
    )
    return parts.select(pl.coalesce("clock", "words")).to_series()


def _sum(groups: pl.Expr, factors: Sequence[float], *, last_required: bool) -> pl.Expr:
    fields = [groups.struct.field(str(n + 1)) for n in range(len(factors))]
    values = [field.cast(pl.Float64, strict=False) for field in fields]
    total = pl.sum_horizontal(value * factor for value, factor in zip(values, factors, strict=True))
    known = values[-1].is_not_null() if last_required else pl.any_horizontal(value.is_not_null() for value in values)
    return pl.when(known).then(total)


def _thousands(text: pl.Series, pattern: str) -> pl.Series:
    fits = text.str.contains(pattern)
    plain = text.str.replace_all(r"[^0-9.+-]", "")
    return plain.set(~fits, None).cast(pl.Float64, strict=False)
