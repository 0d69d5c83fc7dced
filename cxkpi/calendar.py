"""Zones and periods: where a local day, week, month, quarter or year begins and ends, and which instant that is.

Days are ``date``; instants are ``datetime`` without a zone, meaning UTC. Periods are half-open: the end is the first
day after. Zones are IANA names such as ``Europe/London``. Their rules come from the system or from the package tzdata.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Every = Literal["day", "week", "month", "quarter", "year", "all"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
Pattern = Literal["4-4-5", "4-5-4", "5-4-4"]
PATTERNS: tuple[Pattern, ...] = ("4-4-5", "4-5-4", "5-4-4")
_MONTHS_IN = {"month": 1, "quarter": 3, "year": 12}
_DAYS_IN = {"day": 1, "week": 7}
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How time is cut: a zone, the weekday a week starts on and the month a (fiscal) year starts in.

    Quarters follow the year's start. With a ``pattern`` months are whole weeks, as many as it says in each quarter; a
    year then begins on the week start nearest to the first of ``year_starts``, or with ``year_rule`` ``last`` on the
    last one on or before it, and the 53rd week of a long year belongs to its last month. ``year_name``: whether a
    fiscal year is called by the calendar year it ends or starts in. ``compare``: whether a year before is the same
    dates, or the same weekdays, 364 days earlier. ValueError for a name that is not one.
    """

    timezone: str
    week_starts: str = "monday"
    year_starts: str = "january"
    pattern: Pattern | None = None
    year_rule: Literal["nearest", "last"] = "nearest"
    year_name: Literal["end", "start"] = "end"
    compare: Literal["dates", "weekdays"] = "dates"

    def __post_init__(self) -> None:
        zone_named(self.timezone)
        if self.week_starts not in WEEKDAYS:
            raise ValueError(f"unknown weekday {self.week_starts!r}; one of {', '.join(WEEKDAYS)}")
        if self.year_starts not in MONTHS:
            raise ValueError(f"unknown month {self.year_starts!r}; one of {', '.join(MONTHS)}")
        if self.pattern is not None and self.pattern not in PATTERNS:
            raise ValueError(f"unknown pattern {self.pattern!r}; one of {', '.join(PATTERNS)}")

    def period_start(self, day: date, every: Every) -> date:
        """First day of the period that holds ``day``. ValueError for ``all``, whose start only the data know."""
        if every == "day":
            return day
        if every == "week":
            return day - timedelta(days=(day.weekday() - WEEKDAYS.index(self.week_starts)) % 7)
        months = _fixed(_MONTHS_IN, every)
        if self.pattern is not None:
            number = self._month_of(day)
            return self._month_start(number - number % months)
        return _add_months(day.replace(day=1), -((day.month - 1 - MONTHS.index(self.year_starts)) % months))

    def next_start(self, start: date, every: Every) -> date:
        """First day of the period after the one that starts on ``start``. ValueError for ``all``."""
        return self._shifted(start, every, 1)

    def previous_start(self, start: date, every: Every, periods: int = 1) -> date:
        """First day of the period that is ``periods`` before the one starting on ``start``. ValueError for ``all``."""
        return self._shifted(start, every, -periods)

    def year_before(self, start: date, every: Every) -> date:
        """First day of the same period one year before. ValueError for ``all``.

        A week is compared with the one 52 weeks earlier, so that weeks stay weeks; any other period with the same date
        of the year before, 29 February with 28 February. With a pattern a month, quarter or year is compared with the
        one of the same number in the fiscal year before. Where weekdays are compared it is always 52 weeks earlier.
        """
        if every == "all":
            raise ValueError("'all' has no period before it")
        if every == "week" or self.compare == "weekdays":
            return start - timedelta(weeks=52)
        if self.pattern is not None and every in _MONTHS_IN:
            return self._month_start(self._month_of(start) - 12)
        return _add_months(start, -12)

    def compared(self, start: date, end: date, every: Every, *, a_year: bool) -> tuple[date, date]:
        """The days that the period from ``start`` to ``end`` is compared with: a period, or a year, before.

        ValueError for ``all``, which has nothing before it.
        """
        if not a_year:
            return self.previous_start(start, every), start
        before = self.year_before(start, every)
        if self.compare == "weekdays" and self.period_start(before, every) != before:
            return before, before + (end - start)
        return before, self.next_start(before, every)

    def label(self, start: date, every: Every) -> str | None:
        """What a fiscal period is called, ``FY27``, ``FY27 Q1`` or, with a pattern, ``FY27 P03``; None for any other.

        A year is called by the calendar year in which it ends, unless ``year_name`` is ``start``; one that starts in
        January by that year.
        """
        if every not in _MONTHS_IN or (self.pattern is None and (self.year_starts == "january" or every == "month")):
            return None
        year, month = divmod(self._month_of(start), 12)
        name = year if self.year_starts == "january" or self.year_name == "start" else year + 1
        of = {"year": "", "quarter": f" Q{month // 3 + 1}", "month": f" P{month + 1:02d}"}[every]
        return f"FY{name % 100:02d}{of}"

    def window_start(self, end: date, roll_amount: float, roll_unit: str) -> date:
        """First day of the rolled window that ends, exclusive, at ``end``; see the function of that name.

        With a pattern, months are counted back by the calendar's own: from the n-th day of one to the n-th of the
        other, or to its last.
        """
        plain = window_start(end, roll_amount, roll_unit)
        if self.pattern is None or roll_unit != "mo":
            return plain
        number = self._month_of(end)
        into = end - self._month_start(number)
        first = number - int(roll_amount)
        return min(self._month_start(first) + into, self._month_start(first + 1) - _DAY)

    def whole_months(self, start: date, end: date) -> int | None:
        """How many months of this calendar the days from ``start`` to ``end`` (exclusive) make; None unless whole."""
        if self.pattern is None:
            return whole_months(start, end)
        first, last = self._month_of(start), self._month_of(end)
        whole = self._month_start(first) == start and self._month_start(last) == end
        return last - first if whole and last > first else None

    def _shifted(self, start: date, every: Every, periods: int) -> date:
        if every in _DAYS_IN:
            return start + periods * timedelta(days=_DAYS_IN[every])
        months = periods * _fixed(_MONTHS_IN, every)
        if self.pattern is not None:
            return self._month_start(self._month_of(start) + months)
        return _add_months(start, months)

    def _year_start(self, year: int) -> date:
        """First day of the fiscal year whose nominal beginning is in ``year``."""
        first = date(year, MONTHS.index(self.year_starts) + 1, 1)
        if self.pattern is None:
            return first
        past = (first.weekday() - WEEKDAYS.index(self.week_starts)) % 7
        # Half a week is three days and a half, so there is never a tie.
        back = past if self.year_rule == "last" or past <= 3 else past - 7
        return first - timedelta(days=back)

    def _month_start(self, number: int) -> date:
        """First day of a fiscal month, counted from the first of the year 0."""
        year, month = divmod(number, 12)
        start = self._year_start(year)
        if self.pattern is None:
            return _add_months(start, month)
        weeks = [int(count) for count in self.pattern.split("-")]
        return start + timedelta(weeks=month // 3 * sum(weeks) + sum(weeks[: month % 3]))

    def _month_of(self, day: date) -> int:
        """The number of the fiscal month that holds a day."""
        year = day.year + 1
        while self._year_start(year) > day:
            year -= 1
        month = 11
        while month and self._month_start(12 * year + month) > day:
            month -= 1
        return 12 * year + month

    def periods(self, first_day: date, last_day: date, every: Every) -> list[tuple[date, date]]:
        """The periods, as (start, end), that hold any day from ``first_day`` to ``last_day`` inclusive, in order.

        Periods are whole, so the first may start before ``first_day`` and the last end after ``last_day``; ``all`` is
        exactly the days asked for. Empty where last_day < first_day.
        """
        if last_day < first_day:
            return []
        if every == "all":
            return [(first_day, last_day + _DAY)]
        found = []
        start = self.period_start(first_day, every)
        while start <= last_day:
            end = self.next_start(start, every)
            found.append((start, end))
            start = end
        return found


@dataclass(frozen=True, slots=True)
class Resolved:
    """A local time as an instant (``utc``), and whether the local clock showed it twice or never."""

    utc: datetime
    ambiguous: bool
    missing: bool


def zone_named(name: str) -> ZoneInfo:
    """The zone of an IANA name. ValueError where it is not one, or where the machine has no rules for it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"unknown timezone {name!r}; an IANA name such as 'Europe/London' is needed") from error


def window_start(end: date, roll_amount: float, roll_unit: str) -> date:
    """First day of the rolled window that ends, exclusive, at ``end``; ``roll_unit`` is ``d``, ``wk`` or ``mo``.

    Months are counted back by date, a day that the month lacks becoming its last. ValueError for another unit, or an
    amount that is not a positive whole number.
    """
    amount = int(roll_amount)
    if amount != roll_amount or amount < 1:
        raise ValueError(f"a window is a positive whole number of units, got {roll_amount:g}{roll_unit}")
    if roll_unit == "d":
        return end - timedelta(days=amount)
    if roll_unit == "wk":
        return end - timedelta(weeks=amount)
    if roll_unit == "mo":
        return _add_months(end, -amount)
    raise ValueError(f"a window is counted in d, wk or mo, got {roll_unit!r}")


def days_in(start: date, end: date) -> int:
    """Days from ``start`` to ``end``, exclusive."""
    return (end - start).days


def whole_months(start: date, end: date) -> int | None:
    """How many months the days from ``start`` to ``end`` (exclusive) make; None unless a whole, positive number.

    The inverse of ``window_start`` with months: n where the window of n months that ends at ``end`` starts at
    ``start``.
    """
    months = 12 * (end.year - start.year) + end.month - start.month
    return months if months > 0 and _add_months(end, -months) == start else None


def resolve(local: datetime, zone: str) -> Resolved:
    """The instant of a local time without a zone, and whether it was ambiguous or missing.

    Of a time shown twice the first is taken; a time the clock skipped is moved forward by what was skipped.
    """
    rules = zone_named(zone)
    first = local.replace(tzinfo=rules, fold=0)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    utc = first.astimezone(UTC).replace(tzinfo=None)
    if before is None or after is None:
        raise ValueError(f"no offset is known for {local} in {zone}")
    # Around a change of clocks fold 0 reads the old offset and fold 1 the new: larger after a skip, smaller after a
    # repeat.
    return Resolved(utc, ambiguous=after < before, missing=after > before)


def to_utc(local: datetime, zone: str) -> datetime:
    """The instant of a local time; see ``resolve`` for times shown twice or never."""
    return resolve(local, zone).utc


def local_time(instant: datetime, zone: str) -> datetime:
    """What the local clock shows at an instant, without a zone."""
    return instant.replace(tzinfo=UTC).astimezone(zone_named(zone)).replace(tzinfo=None, fold=0)


def local_day(instant: datetime, zone: str) -> date:
    """The local day an instant falls on."""
    return local_time(instant, zone).date()


@lru_cache(maxsize=16384)
def midnight_utc(day: date, zone: str) -> datetime:
    """The instant at which a local day begins: the first with that local date, or later where the day was skipped.

    Where the clock jumps over midnight the day begins at the jump.
    """
    midnight = resolve(datetime.combine(day, time()), zone)
    if not midnight.missing:
        return midnight.utc
    after = midnight.utc
    before = after - _DAY - _DAY
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle -= timedelta(microseconds=middle.microsecond)
        if local_day(middle, zone) >= day:
            after = middle
        else:
            before = middle
    return after


def end_of_day_utc(day: date, zone: str) -> datetime:
    """The instant at which a local day is over: when the next begins."""
    return midnight_utc(day + _DAY, zone)


def is_complete(end_day: date, as_of: datetime, as_of_from_data: bool, zone: str) -> bool:
    """Whether the period that ends, exclusive, at ``end_day`` is complete at ``as_of``.

    It is when it has ended. Data rarely reach to midnight, so an ``as_of`` that was taken from the data is also enough
    when it falls on the period's last local day.
    """
    return midnight_utc(end_day, zone) <= as_of or (as_of_from_data and local_day(as_of, zone) == end_day - _DAY)


def _fixed(lengths: dict[str, int], every: Every) -> int:
    if every not in lengths:
        raise ValueError(f"{every!r} is not a period of fixed length")
    return lengths[every]


def _add_months(day: date, months: int) -> date:
    """The same date ``months`` later; a day that month lacks becomes its last."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))
