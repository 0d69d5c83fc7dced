"""Business hours: when a centre is open by its local clock, and how many seconds of that lie before an instant.

An instant is open where the local clock shows a time within the hours of that weekday and the local day is no holiday.
So a stretch over midnight belongs to two days, a holiday is closed from midnight to midnight, and on the nights the
clocks change an hour that is skipped is not counted and one that is shown twice is counted twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import polars as pl

from cxkpi.calendar import midnight_utc, zone_named

MINUTES = 24 * 60
_EPOCH = date(1970, 1, 1)
_MIDNIGHT = datetime(1970, 1, 1)
_DAY = timedelta(days=1)
_MINUTE_US = 60_000_000
_DAY_US = MINUTES * _MINUTE_US

Stretch = tuple[int, int]


@dataclass(frozen=True)
class OpeningHours:
    """The hours of a week in a zone, and the days on which they do not hold.

    ``week``: by weekday, Monday first, stretches in minutes of the local day, in order, apart and within 0 to 1440.
    ``holidays``: in order.
    """

    zone: str
    week: tuple[tuple[Stretch, ...], ...]
    holidays: tuple[date, ...] = ()

    @cached_property
    def digest(self) -> str:
        """8 hexadecimal digits that differ where the hours do; a day that is closed anyway is no holiday to them."""
        closed = [day.isoformat() for day in self.holidays if self.week[day.weekday()]]
        text = f"{self.zone} {self.week} {closed}"
        return hashlib.sha256(text.encode()).hexdigest()[:8]

    def on(self, day: date) -> tuple[Stretch, ...]:
        """The stretches of a local day."""
        return () if day in self._closed else self.week[day.weekday()]

    @cached_property
    def _closed(self) -> frozenset[date]:
        return frozenset(self.holidays)

    def __hash__(self) -> int:
        return hash(self.digest)


def by_day(hours: OpeningHours, first: date, last: date) -> pl.DataFrame:
    """Opening time by UTC day, from ``first`` to ``last``, in whole microseconds.

    Columns: ``day``; ``before``: opening time from the first day's beginning to that day's; and for each stretch that a
    day may have ``from0``, ``from1``, … since the day's beginning, and ``length0``, ``length1``, …, 0 where it has
    fewer.
    """
    days = (last - first).days + 1
    begin = (first - _EPOCH).days
    pieces: list[list[Stretch]] = [[] for _ in range(days)]
    for opens, closes in _intervals(hours, first - _DAY, last + _DAY):
        day, until = opens // _DAY_US, (closes - 1) // _DAY_US
        for number in range(max(day, begin), min(until, begin + days - 1) + 1):
            midnight = number * _DAY_US
            start, end = max(opens, midnight), min(closes, midnight + _DAY_US)
            here = pieces[number - begin]
            if here and here[-1][1] == start - midnight:
                here[-1] = (here[-1][0], end - midnight)
            else:
                here.append((start - midnight, end - midnight))
    before, total = [], 0
    for here in pieces:
        before.append(total)
        total += sum(end - start for start, end in here)
    most = max(1, max(map(len, pieces), default=0))
    columns: dict[str, pl.Series] = {
        "day": pl.date_range(first, last, eager=True),
        "before": pl.Series(before, dtype=pl.Int64),
    }
    for place in range(most):
        stretches = [here[place] if place < len(here) else (0, 0) for here in pieces]
        columns[f"from{place}"] = pl.Series([start for start, _ in stretches], dtype=pl.Int64)
        columns[f"length{place}"] = pl.Series([end - start for start, end in stretches], dtype=pl.Int64)
    return pl.DataFrame(columns)


@lru_cache(maxsize=8)
def by_day_of_years(hours: OpeningHours, first_year: int, last_year: int) -> pl.DataFrame:
    """``by_day`` for whole years; asked for again and again by every branch of every metric."""
    return by_day(hours, date(first_year, 1, 1), date(last_year, 12, 31))


def _intervals(hours: OpeningHours, first: date, last: date) -> Iterator[Stretch]:
    """When it is open, in microseconds of UTC, in order and apart, for local days from ``first`` to ``last``."""
    rules = zone_named(hours.zone)
    day, shift = first, _offset(first, rules)
    while day <= last:
        following = day + _DAY
        shift_after = _offset(following, rules)
        stretches = hours.on(day)
        if stretches and shift is not None and shift == shift_after:
            midnight = (day - _EPOCH).days * _DAY_US - shift
            for start, end in stretches:
                yield midnight + start * _MINUTE_US, midnight + end * _MINUTE_US
        elif stretches:
            yield from _changing(day, stretches, hours.zone, rules)
        day, shift = following, shift_after


def _offset(day: date, rules: ZoneInfo) -> int | None:
    """What the local clock is ahead of UTC by at midnight, in microseconds; None where it changes just then."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=rules)
    first, second = midnight.utcoffset(), midnight.replace(fold=1).utcoffset()
    return None if first is None or first != second else first // timedelta(microseconds=1)


def _changing(day: date, stretches: tuple[Stretch, ...], zone: str, rules: ZoneInfo) -> Iterator[Stretch]:
    """The open time of a day on which the clocks change: that of each part between two changes."""
    begin, end = (_us(midnight_utc(one, zone)) for one in (day, day + _DAY))
    midnight = (day - _EPOCH).days * _DAY_US
    for part_begin, part_end, shift in _parts(begin, end, rules):
        for start, stop in stretches:
            opens = max(part_begin, midnight + start * _MINUTE_US - shift)
            closes = min(part_end, midnight + stop * _MINUTE_US - shift)
            if opens < closes:
                yield opens, closes


def _parts(begin: int, end: int, rules: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """A stretch of time cut where the offset changes, each part with its offset; changes fall on whole minutes."""
    minutes = [*range(begin, end, _MINUTE_US), end]
    shift = _shift(begin, rules)
    for minute in minutes[1:-1]:
        now = _shift(minute, rules)
        if now != shift:
            yield begin, minute, shift
            begin, shift = minute, now
    yield begin, end, shift


def _shift(instant: int, rules: ZoneInfo) -> int:
    moment = (_MIDNIGHT + timedelta(microseconds=instant)).replace(tzinfo=UTC).astimezone(rules)
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _us(instant: datetime) -> int:
    return (instant - _MIDNIGHT) // timedelta(microseconds=1)
