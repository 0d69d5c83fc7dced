"""Days of the demo centre in Europe/London, without a time-zone database.

The centre is open 08:00-20:00 local time and every record carries a time of day after 06:00, so a day has one offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

CLOCK = tuple(f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86400))
_EPOCH = date(1970, 1, 1).toordinal()


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month, 31)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def summer(day: date) -> bool:
    """British Summer Time is in force from 06:00 of ``day`` on; the European rule since 1996, changes at 01:00 UTC."""
    return _last_sunday(day.year, 3) <= day < _last_sunday(day.year, 10)


def midnight(day: date) -> datetime:
    """The UTC instant at which ``day`` begins in London; the day of a change still begins in the old time."""
    before = summer(day - timedelta(days=1))
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=1 if before else 0)


@dataclass(frozen=True, slots=True)
class Day:
    """One local day: its place in the data, its text, and the UTC second from which its times of day count."""

    index: int
    date: date
    text: str
    utc: int
    month: int
    weekday: int


def days_of(start: date, end: date) -> list[Day]:
    """Every day from ``start`` up to, not including, ``end``; ``month`` counts from 0."""
    days = []
    for index in range((end - start).days):
        day = start + timedelta(days=index)
        utc = (day.toordinal() - _EPOCH) * 86400 - (3600 if summer(day) else 0)
        month = (day.year - start.year) * 12 + day.month - start.month
        days.append(Day(index, day, day.isoformat(), utc, month, day.weekday()))
    return days


def add_months(day: date, months: int) -> date:
    """The first of the month ``months`` after the month of ``day``."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
