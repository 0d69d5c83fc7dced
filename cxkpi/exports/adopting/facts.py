"""What the values of one column are: how they parse, how often they repeat, and by which format dates are written."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import product

import polars as pl

from cxkpi.exports.adopting.terms import NOTHING, TRUTHS
from cxkpi.exports.values import numbers as values

ENOUGH = 0.9
"""Share of the filled cells that must parse before a column is taken for what they parse as."""

_TRIED = 400
_EPOCH = (9.4e8, 2.1e9)
_NO_MOMENTS = frozenset({0.0, -1.0})
_BELOW_ZERO = frozenset({-1.0, -8.0, -9.0, -66.0, -77.0, -88.0, -98.0, -99.0, -998.0, -999.0, -9999.0})
_ABOVE_SCORES = frozenset({66.0, 77.0, 88.0, 97.0, 98.0, 99.0, 997.0, 998.0, 999.0, 9999.0})
_HIGHEST_SMALL_SCORE = 10
_FEWEST_SCORES = 2
_DAYS = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%m-%d-%y",
    "%d-%m-%y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d/%b/%Y",
    "%d/%b/%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%a, %d %b %Y",
    "%a %d %b %Y",
    "%a %b %d %Y",
    "%Y%m%d",
)
_CLOCKS = ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S%.f", "%H:%M:%S%z", "%H:%M:%S%.f%z", "%H:%M:%S %z")
_BETWEEN = (" ", "T", ", ")
_ISO = re.compile(r"^iso$|^%Y-%m-%d(?:[ T]%H:%M(?::%S(?:%\.f)?)?)?$")
_ISO_PARTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")
_ZONED = r" (?:GMT|UTC)(?:[+-]\d{1,2}(?::?\d\d)?)?$"
_OFFSET = r"(?:Z| ?[+-]\d\d:?\d\d)$"
_CLOCK = r"^-?(?:\d+[.:dD ] ?)?\d*:\d{1,2}(?:[.,]\d+)?$|^-?(?:\d+[.dD ] ?)?\d+:\d{1,2}:\d{1,2}(?:[.,]\d+)?$"
_TWO_PARTS = r"^-?\d+:\d{1,2}$"
_WORDED = (
    r"(?i)^(?:\d+(?:\.\d+)? *(?:d|h|m|s|days?|hours?|hrs?|min(?:ute)?s?|sec(?:ond)?s?)[ ,]*)+$|^PT?(?:\d+[DHMS])+$"
)
_EMAIL = r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$"
_LINK = r"^(?:https?://|www\.)"
_PHONE = r"^(?:tel:|sip:)?(?:\+|00)?\(?\d[\d ()./-]{6,18}$"
_NAME = r"^[A-ZÀ-Þ][\w'’.-]*(?:,? +[A-ZÀ-Þ][\w'’.-]*){1,3}$"


def enough(good: float, total: float) -> bool:
    """Whether so many of all are nearly all: nine in ten, or all but one where there are few."""
    return good >= ENOUGH * total or (3 <= total < 10 and good >= total - 1)


@dataclass(frozen=True)
class Facts:
    """One column. ``text``: its cells, words for nothing (``-``, ``N/A``, ``-99``) among them null.

    ``nothing``: those words, and ``blanks`` the number of cells that hold one.
    """

    text: pl.Series
    nothing: tuple[str, ...]
    blanks: int = 0

    @cached_property
    def filled(self) -> pl.Series:
        """The cells that hold something."""
        return self.text.drop_nulls()

    @cached_property
    def count(self) -> int:
        """How many of them there are."""
        return self.filled.len()

    @cached_property
    def rows(self) -> int:
        """How many records."""
        return self.text.len()

    @cached_property
    def different(self) -> int:
        """How many different values."""
        return self.filled.n_unique()

    @cached_property
    def unique(self) -> bool:
        """Every record has a value of its own."""
        return self.rows > 1 and self.different == self.rows

    @cached_property
    def counts(self) -> dict[str, int]:
        """The values with how often they stand, by frequency, then by name; the 30 most frequent."""
        found = (
            self.filled.value_counts(name="n")
            .rename({self.filled.name: "v"})
            .sort(["n", "v"], descending=[True, False])
        )
        return dict(found.head(30).iter_rows())

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The values in small letters, where there are few (up to 30)."""
        return tuple(word.casefold() for word in self.counts) if self.different <= 30 else ()

    @cached_property
    def sample(self) -> pl.Series:
        """Different values, spread over the column."""
        seen = self.filled.unique(maintain_order=True)
        return seen if seen.len() <= _TRIED else seen.gather_every(-(-seen.len() // _TRIED))

    def share(self, pattern: str) -> float:
        """The share of filled cells that a regular expression is found in."""
        return self._part(self.filled.str.contains(pattern))

    def mostly(self, share: float) -> bool:
        """Whether a share of the filled cells is nearly all of them; one bad cell of a few does not count."""
        return enough(round(share * self.count), self.count)

    def without(self, words: Sequence[str]) -> Facts:
        """The same with further words for nothing."""
        if not words:
            return self
        holds = self.text.is_in(list(words)).fill_null(False)
        return Facts(self.text.set(holds, None), (*self.nothing, *sorted(words)), self.blanks + int(holds.sum()))

    @cached_property
    def scored(self) -> Facts:
        """The same with numbers far above an otherwise small range of scores (``99``, ``999``) taken for nothing."""
        if not self.count or not self.mostly(self.numeric) or self.formats or not self.whole:
            return self
        numbers = self.numbers.drop_nulls()
        above = numbers.filter(numbers > _HIGHEST_SMALL_SCORE)
        rest = numbers.filter(numbers <= _HIGHEST_SMALL_SCORE)
        if above.is_empty() or rest.n_unique() < _FEWEST_SCORES or not set(above.unique()) <= _ABOVE_SCORES:
            return self
        return self.without(_written_as(self, set(above.unique())))

    def _part(self, holds: pl.Series) -> float:
        return int(holds.fill_null(False).sum()) / self.count if self.count else 0.0

    @cached_property
    def decimal(self) -> str | None:
        """The decimal sign where numbers cannot be read without being told: a comma, or a point beside commas."""
        if not self.count or self.share(r"^[+-]?[£$€]? ?[\d.,' ]*\d,\d") < 0.02:
            return None
        commas = values.numbers(values.pointed(self.filled))
        points = values.numbers(self.filled, None, ".")
        as_comma, as_point = self._part(commas.is_not_null()), self._part(points.is_not_null())
        if as_comma > as_point:
            return ","
        return "." if as_point > self._part(values.numbers(self.filled).is_not_null()) else None

    @cached_property
    def numbers(self) -> pl.Series:
        """The cells as numbers, null where they are none; as long as ``text``."""
        if self.decimal == ",":
            return values.numbers(values.pointed(self.text))
        return values.numbers(self.text.str.replace(r" ?%$", ""), None, self.decimal)

    @cached_property
    def numeric(self) -> float:
        """Share of numbers."""
        return self._part(self.numbers.is_not_null())

    @cached_property
    def percent(self) -> bool:
        """Whether they have percent signs."""
        return self.mostly(self.share(r"\d ?%$"))

    @cached_property
    def whole(self) -> bool:
        """All of them whole numbers."""
        numbers = self.numbers.drop_nulls()
        return numbers.len() > 0 and bool((numbers == numbers.round()).all())

    @cached_property
    def least(self) -> float | None:
        """The smallest number."""
        return _float(self.numbers.min())

    @cached_property
    def most(self) -> float | None:
        """The largest number."""
        return _float(self.numbers.max())

    @cached_property
    def clock(self) -> float:
        """Share of clocks, ``0:02:23`` or ``4:10`` or ``:07``."""
        return self.share(_CLOCK)

    @cached_property
    def worded(self) -> float:
        """Share of durations in words, ``19m 10s``."""
        return self.share(_WORDED)

    @cached_property
    def two_part(self) -> bool:
        """Clocks of two parts, of which nothing says whether the first is hours or minutes."""
        return self.mostly(self.clock) and self.mostly(self.share(_TWO_PARTS))

    @cached_property
    def two_parts(self) -> pl.Series:
        """Seconds of the clocks of two parts, read as M:SS; null in all other cells. As long as ``text``."""
        here = self.text.str.contains(_TWO_PARTS).fill_null(False)
        return self.seconds.set(~here, None)

    @cached_property
    def seconds(self) -> pl.Series:
        """The cells as durations, plain numbers being seconds; as long as ``text``."""
        plain = values.pointed(self.text).fill_null(self.text) if self.decimal == "," else self.text
        return values.durations(plain, "s")

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """Every way to read the column as dates or instants, the likeliest first; none where it is no such column."""
        if not self.count or not enough(self.share(r"\d") * self.count, self.count) or self.clock >= 0.5:
            return ()
        if self.mostly(self.numeric) and not self.mostly(self.share(r"^(?:19|20)\d{6}$|^\d{1,2}\.\d{1,2}\.\d{2,4}$")):
            return self._counted()
        sample = self.sample
        few = sample.head(12)
        shapes = {_shape(value) for value in few.to_list()}
        possible = [format for format in _written() if format == "iso" or _shape_of(format) in shapes]
        hopeful = [format for format in possible if _parsed(few, format).is_not_null().any()]
        rated = [(int(_parsed(sample, format).is_not_null().sum()), format) for format in hopeful]
        most = max((number for number, _ in rated), default=0)
        if not enough(most, sample.len()):
            return ()
        likely = [format for number, format in rated if enough(number, sample.len())]
        whole = [(int(_parsed(self.filled, format).is_not_null().sum()), format) for format in likely]
        most = max(number for number, _ in whole)
        if not enough(most, self.count):
            return ()
        return _told_apart(self.filled, self._likeliest([format for number, format in whole if number == most]))

    def _likeliest(self, formats: Sequence[str]) -> list[str]:
        """Days first or months first: numbers without zeros in front, and AM and PM, are American."""
        american = self.share(r"^\d/|^\d{1,2}/\d/") > 0 or "%p" in formats[0]
        if american and any(format.startswith("%m/") for format in formats):
            return sorted(formats, key=lambda format: not format.startswith("%m/"))
        return list(formats)

    def _counted(self) -> tuple[str, ...]:
        named = None if self.different < _FEWEST_SCORES else _counted_from_1970(self.numbers)
        return () if named is None else (named,)

    @cached_property
    def read(self) -> float:
        """Share of cells that the first format reads."""
        if not self.formats or self.formats[0].startswith("unix"):
            return self.numeric if self.formats else 0.0
        return self._part(_parsed(self.filled, self.formats[0]).is_not_null())

    @cached_property
    def has_time(self) -> bool:
        """Whether the dates have a time of day."""
        if self.formats[:1] == ("iso",):
            return self.mostly(self.share(r"\d:\d\d"))
        return bool(self.formats) and any(part in self.formats[0] for part in ("%H", "%I", "unix"))

    @cached_property
    def times(self) -> pl.Series | None:
        """The column as local times by the first format; as long as ``text``."""
        if not self.formats or self.formats[0].startswith("unix"):
            if not self.formats:
                return None
            seconds = self.numbers / (1000 if self.formats[0] == "unix_ms" else 1)
            return pl.from_epoch((seconds * 1e6).cast(pl.Int64), time_unit="us")
        return _parsed(self.text, self.formats[0])

    @cached_property
    def time_of_day(self) -> str | None:
        """How times of day are written, where the column holds nothing else."""
        if not self.count:
            return None
        for format in ("%H:%M:%S", "%H:%M", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S%.f"):
            parsed = _parsed(pl.Series("t", ["2001-02-03 "], dtype=pl.String) + self.sample, f"%Y-%m-%d {format}")
            if enough(int(parsed.is_not_null().sum()), self.sample.len()):
                return format
        return None

    @cached_property
    def truth(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """The words for true and for false, where the column holds no others."""
        words = {word.strip() for word in self.words}
        if not 1 <= len(words) <= 4:
            return None
        for yes, no in TRUTHS:
            if words <= {*yes, *no}:
                return tuple(sorted(words & set(yes))), tuple(sorted(words & set(no)))
        return None

    @cached_property
    def emails(self) -> float:
        """Share of e-mail addresses."""
        return self.share(_EMAIL)

    @cached_property
    def links(self) -> float:
        """Share of web addresses."""
        return self.share(_LINK)

    @cached_property
    def phones(self) -> float:
        """Share of what may be telephone numbers."""
        return 0.0 if self.formats else self.share(_PHONE)

    @cached_property
    def names(self) -> float:
        """Share of what may be names of persons."""
        return self.share(_NAME)

    @cached_property
    def prose(self) -> bool:
        """Free text: long, or of many words, and rarely the same twice."""
        if not self.count or self.numeric > 0.2 or self.links > 0.5 or self.emails > 0.5:
            return False
        spaces = float(self.filled.str.count_matches(" ").mean() or 0)  # type: ignore[arg-type]
        return self.different > 0.5 * self.count and spaces >= (1.5 if self.count >= 20 else 4)

    @cached_property
    def codes(self) -> bool:
        """Short texts such as identifiers are: one word, mostly with digits, and often different."""
        if not self.count or self.formats or self.clock > 0.5:
            return False
        return self.mostly(self.share(r"^\S{1,40}$")) and self.mostly(self.share(r"\d"))


def facts(text: pl.Series) -> Facts:
    """The facts of a column of trimmed text."""
    small = text.str.to_lowercase()
    nothing = small.is_in(list(NOTHING)).fill_null(False)
    found = Facts(text, ())
    if nothing.any():
        words = text.filter(nothing).unique().sort().to_list()
        found = Facts(text.set(nothing, None), tuple(words), int(nothing.sum()))
    return found.without(_unset(found))


def _unset(found: Facts) -> list[str]:
    """Numbers that stand for nothing: ``-99`` where no other is below zero, ``0`` among moments counted from 1970."""
    if not found.count or not found.mostly(found.numeric) or found.decimal is not None:
        return []
    numbers = found.numbers.drop_nulls()
    below, rest = numbers.filter(numbers < 0), numbers.filter(numbers >= 0)
    later = numbers.filter(numbers > 0)
    if later.n_unique() > 1 and later.len() < numbers.len() and _counted_from_1970(later) is not None:
        unset = set(numbers.filter(numbers <= 0).unique())
        return _written_as(found, unset) if unset <= _NO_MOMENTS else []
    most = _float(rest.max())
    if below.is_empty() or most is None or most < _FEWEST_SCORES or not set(below.unique()) <= _BELOW_ZERO:
        return []
    return _written_as(found, set(below.unique()))


def _written_as(found: Facts, numbers: Collection[float]) -> list[str]:
    """How some numbers are written in a column."""
    cells: list[str] = found.text.filter(found.numbers.is_in(list(numbers)).fill_null(False)).unique().to_list()
    return sorted(cells)


def _counted_from_1970(numbers: pl.Series) -> str | None:
    """``unix`` or ``unix_ms`` where numbers are seconds or milliseconds from 2000 to 2036."""
    least, most = _float(numbers.min()), _float(numbers.max())
    if least is None or most is None:
        return None
    for name, unit in (("unix", 1.0), ("unix_ms", 1000.0)):
        if least >= _EPOCH[0] * unit and most <= _EPOCH[1] * unit:
            return name
    return None


def is_iso(format: str) -> bool:
    """Whether cells in this format are read without naming it."""
    return bool(_ISO.match(format))


def _shape(value: str) -> tuple[bool, ...]:
    """What a look at a cell says about its format: slashes, words, clock, AM or PM, the mark between date and time."""
    text = re.sub(_ZONED, "", value)
    clock = ":" in text
    timed = re.sub(r"[ T,]+\d{1,2}:.*$", "", text)
    return (
        "/" in timed,
        "." in timed,
        bool(re.search(r"[A-Za-z]{3}", timed)),
        clock,
        bool(re.search(r"\d ?[AaPp]\.?[Mm]\.?$", text)),
        clock and bool(re.search(r"\dT\d", text)),
        bool(re.search(r"(?:Z|[+-]\d\d:?\d\d)$", text)) and clock,
    )


@lru_cache(maxsize=1024)
def _shape_of(format: str) -> tuple[bool, ...]:
    example = datetime(2026, 3, 13, 14, 5, 9, tzinfo=UTC).strftime(format.replace("%.f", ".5"))
    return _shape(example)


@lru_cache(maxsize=1)
def _written() -> list[str]:
    timed = [f"{day}{between}{clock}" for day, between, clock in product(_DAYS, _BETWEEN, _CLOCKS)]
    return ["iso", *timed, *_DAYS]


def _parsed(text: pl.Series, format: str) -> pl.Series:
    if text.str.contains(_ZONED).any():
        text = text.str.replace(_ZONED, "")
    if format == "iso":
        timed = text.str.contains(r"\d:\d\d")
        plain = text.str.replace("T", " ", literal=True)
        plain = (
            plain.to_frame("t")
            .select(pl.when(timed).then(pl.col("t").str.replace(_OFFSET, "")).otherwise(pl.col("t")))
            .to_series()
        )
        parts = [values.local_times(plain, part) for part in _ISO_PARTS]
        return pl.select(pl.coalesce(parts)).to_series()
    if "%z" in format:
        found = text.str.to_datetime(format, time_unit="us", strict=False)
        return values.sensible(found.dt.replace_time_zone(None))
    unset = text.str.contains("9999|0001")
    read = values.local_times(text, format)
    if not unset.any():
        return read
    # What stands for no date is a date in form.
    later = values.local_times(text.str.replace("9999", "2199").str.replace("0001", "1900"), format)
    return read.zip_with(~unset.fill_null(False), later)


def _told_apart(text: pl.Series, formats: Sequence[str]) -> tuple[str, ...]:
    """One format of each group that reads every value alike; a format without ``%.f`` and with ``%Y`` stands for it."""
    kept: list[tuple[str, pl.Series]] = []
    for format in sorted(formats, key=lambda format: ("%.f" in format, "%y" in format)):
        parsed = _parsed(text, format)
        if not any(parsed.equals(other) for _, other in kept):
            kept.append((format, parsed))
    return tuple(format for format, _ in kept)


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
