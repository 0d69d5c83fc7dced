"""Text columns to typed columns. What cannot be read becomes null; the caller compares with the text to find it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from cxkpi.exports.profile import DURATION_UNITS

Parser = Callable[[pl.Series], pl.Series]

_ISO_INSTANTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ISO_OFFSETS = ("%Y-%m-%d %H:%M:%S%.f%z", "%Y-%m-%d %H:%M%z")
_DATE_IN_FRONT = r"^(\d{4}-\d{1,2}-\d{1,2})(?:[ T].*)?$"
_YEARS = (1900, 2199)
_CLOCK = r"^(?:(?:(\d+)[.:dD ] *)??(\d+):)?(\d*):(\d{1,2}(?:\.\d*)?)$"
_NUMBER = r"(\d+(?:\.\d+)?)"
_WORDS = (
    rf"^(?:{_NUMBER} *d(?:ays?)?)?[ ,]*(?:{_NUMBER} *h(?:(?:ou)?rs?)?)?[ ,]*"
    rf"(?:{_NUMBER} *m(?:in(?:ute)?s?)?)?[ ,]*(?:{_NUMBER} *s(?:ec(?:ond)?s?)?)?$"
)
_THOUSANDS = r"^[+-]?[£$€]? ?\d{1,3}(?:[,'\u2019\u00a0\u202f]\d{3})+(?:\.\d+)?$|^[+-]?[£$€] ?\d+(?:\.\d+)?$"


def instants(text: pl.Series, format: str | None, to_utc: Parser) -> pl.Series:
    """Instants as naive UTC.

    ``format`` None reads ISO 8601, with or without an offset; ``to_utc`` turns local times into UTC.
    """
    if format is not None:
        if "%z" in format or "%:z" in format or "%#z" in format:
            return _with_offset(text, (format,))
        return to_utc(_sensible(_local(text, (format,))))
    plain = text
    if text.str.contains("T", literal=True).any():
        plain = text.str.replace("T", " ", literal=True)
    local = to_utc(_sensible(_local(plain, _ISO_INSTANTS)))
    return _retry(plain, local, lambda rest: _sensible(_with_offset(rest.str.replace("Z$", "+00:00"), _ISO_OFFSETS)))


def dates(text: pl.Series, format: str | None) -> pl.Series:
    """Dates; ``format`` None reads ISO 8601, a time of day behind the date being dropped."""
    if format is None:
        return _sensible(_local(text.str.extract(_DATE_IN_FRONT, 1), ("%Y-%m-%d",))).dt.date()
    return _sensible(_local(text, (format,))).dt.date()


def local_times(text: pl.Series, format: str) -> pl.Series:
    """Local times as written, by one format: for choosing among several."""
    return _sensible(_local(text, (format,)))


def durations(text: pl.Series, unit: str) -> pl.Series:
    """Seconds to the millisecond: a number in ``unit``, or a clock (``H:MM:SS``, ``M:SS``, ``:07``), or ``19m 10s``."""
    number = _finite(text.cast(pl.Float64, strict=False)) * DURATION_UNITS[unit]
    # ``round`` gives the nearest double; dividing by 1000 would multiply by 0.001 and miss it.
    return _retry(text, number, _clock).round(3)


def numbers(text: pl.Series) -> pl.Series:
    """Finite numbers with a decimal point; thousands separators and a currency sign in front are read over."""
    return _retry(text, _finite(text.cast(pl.Float64, strict=False)), _thousands)


def integers(text: pl.Series) -> pl.Series:
    """Whole numbers, ``3.0`` among them."""
    value = numbers(text)
    return value.set(value != value.round(), None).cast(pl.Int64, strict=False)


def booleans(text: pl.Series, true: Sequence[str], false: Sequence[str]) -> pl.Series:
    """True and false by their words, compared without case."""
    words = text.str.to_lowercase()
    yes = words.is_in([word.casefold() for word in true])
    no = words.is_in([word.casefold() for word in false])
    return yes.set(~(yes | no).fill_null(True), None)


class Zone:
    """Local times of one zone to naive UTC, counting those that a change of clocks makes doubtful.

    An hour that occurs twice is taken as the first. A time that does not exist, because clocks went forward over it, is
    read with the offset before the change (01:30 in the London gap is 02:30 summer time), which keeps durations right.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.twice = 0
        self.missing = 0

    def to_utc(self, local: pl.Series) -> pl.Series:
        first = self._convert(local, "earliest")
        self.twice += int((first != self._convert(local, "latest")).sum())
        gaps = local.is_not_null() & first.is_null()
        if gaps.any():
            self.missing += int(gaps.sum())
            day = pl.duration(days=1)
            at = gaps.arg_true()
            before = self._convert(pl.select(local.filter(gaps) - day).to_series(), "earliest")
            first = first.scatter(at, pl.select(before + day).to_series())
        return first

    def _convert(self, local: pl.Series, ambiguous: str) -> pl.Series:
        aware = local.dt.replace_time_zone(self.name, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _retry(text: pl.Series, found: pl.Series, parser: Parser) -> pl.Series:
    """``found``, with what it left null but ``text`` has, read by ``parser``."""
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


def _sensible(local: pl.Series) -> pl.Series:
    """Without years nobody meant: ``%Y`` reads ``88`` as the year 88."""
    odd = ~local.dt.year().is_between(*_YEARS).fill_null(True)
    return local.set(odd, None) if odd.any() else local


def _finite(values: pl.Series) -> pl.Series:
    odd = ~values.is_finite().fill_null(True)
    return values.set(odd, None) if odd.any() else values


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


def _thousands(text: pl.Series) -> pl.Series:
    fits = text.str.contains(_THOUSANDS)
    plain = text.str.replace_all(r"[^0-9.+-]", "")
    return plain.set(~fits, None).cast(pl.Float64, strict=False)
