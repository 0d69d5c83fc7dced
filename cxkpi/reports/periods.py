"""Names of periods, in English whatever the machine's language, so that output is the same everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cxkpi.result import Every, Period

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def day(on: date, *, year: bool = True) -> str:
    """``5 Jan 2026``, or ``5 Jan``."""
    return f"{on.day} {MONTHS[on.month - 1][:3]}" + (f" {on.year}" if year else "")


def name(period: Period) -> str:
    """``5 Jan 2026``, ``week of 5 Jan 2026``, ``June 2026``, ``Q2 2026``, ``2026``; for ``all`` first to last day.

    A fiscal period is named with its days: ``FY27 P03 (31 May to 27 Jun 2026)``.
    """
    start = period.start
    if period.label is not None:
        last = period.end - timedelta(days=1)
        return f"{_label(period.label)} ({day(start, year=start.year != last.year)} to {day(last)})"
    match period.every:
        case "day":
            return day(start)
        case "week":
            return f"week of {day(start)}"
        case "month":
            return f"{MONTHS[start.month - 1]} {start.year}"
        case _:
            return short(period)


def _label(label: str) -> str:
    """What a fiscal period is called, without what a terminal would act on."""
    return "".join(char if char.isprintable() else " " for char in label).strip() or "?"


def heading(period: Period) -> str:
    """As :func:`name`, where nothing stands before it: ``Week of 5 Jan 2026``."""
    said = name(period)
    return said[:1].upper() + said[1:]


def short(period: Period, *, year: bool = True) -> str:
    """A name that fits over a column: ``Jun 2026``, ``5 Jan``, ``Q2``, ``2026``; without the year unless ``year``.

    A quarter or year that does not start with a calendar quarter or year is named by its first and last month, unless
    it has a name of its own.
    """
    start, last = period.start, period.end - timedelta(days=1)
    if period.label is not None:
        label = _label(period.label)
        return label if year else label.split()[-1]
    tail = f" {start.year}" if year else ""
    match period.every:
        case "day" | "week":
            return day(start, year=year)
        case "month":
            return MONTHS[start.month - 1][:3] + tail
        case "quarter" if start.month % 3 == 1:
            return f"Q{(start.month + 2) // 3}" + tail
        case "quarter":
            return f"{MONTHS[start.month - 1][:3]}-{MONTHS[last.month - 1][:3]}" + tail
        case "year" if start.month == 1:
            return str(start.year)
        case "year":
            return f"{MONTHS[start.month - 1][:3]} {start.year} to {MONTHS[last.month - 1][:3]} {last.year}"
        case _:
            return f"{day(start)} to {day(last)}"


def year(period: Period) -> str:
    """The year a period is in, ``2026``, or ``FY27`` where it has a name of its own."""
    return str(period.start.year) if period.label is None else period.label.split()[0]


def noun(every: Every, number: int = 1) -> str:
    """``month``, ``months``."""
    one = "period" if every == "all" else every
    return one if number == 1 else f"{one}s"


def local(instant: datetime, zone: str) -> str:
    """An instant (UTC, with or without zone) as local wall time, ``30 Jun 2026 23:12``."""
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    there = aware.astimezone(ZoneInfo(zone))
    return f"{day(there.date())} {there:%H:%M}"


def until(instant: datetime, zone: str) -> str:
    """How far an instant reaches: as :func:`local`, but a local midnight is the end of the day before it."""
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    there = aware.astimezone(ZoneInfo(zone))
    if there.time() == time.min:
        return day(there.date() - timedelta(days=1))
    return local(instant, zone)
