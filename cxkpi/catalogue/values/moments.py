"""Dates, timestamps and intervals as people write them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from cxkpi.documents.spelling import did_you_mean

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_TIMESTAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?")
_INTERVAL = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)")
_UNITS = {
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
}
_SHORT = {"s": "second", "m": "minute", "h": "hour", "d": "day", "wk": "week"}


def parse_date(text: str) -> date | None:
    """``2026-01-05``; None for anything else."""
    found = _DATE.fullmatch(text)
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def parse_timestamp(text: str) -> datetime | None:
    """``2026-01-05``, with ``09:00`` or with seconds and their fractions, without a zone; None for anything else."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    *parts, fraction = found.groups()
    year, month, day, hour, minute, second = (int(part or 0) for part in parts)
    try:
        return datetime(year, month, day, hour, minute, second, int((fraction or "0").ljust(6, "0")))
    except ValueError:
        return None


def parse_interval(text: str) -> timedelta | str:
    """The length of ``48 hours`` or ``48h``, or what is wrong with it."""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        return f"'{text}' is not an interval"
    amount, unit = found.groups()
    name = _SHORT.get(unit) or unit.lower().removesuffix("s")
    if name in ("month", "year", "quarter", "mo"):
        return f"a {unit.removesuffix('s')} has no fixed length"
    if name not in _UNITS:
        return f"'{unit}' is not a unit of time{did_you_mean(unit, [f'{unit}s' for unit in _UNITS])}"
    try:
        return timedelta(seconds=float(amount) * _UNITS[name])
    except OverflowError:
        return f"'{text}' is too long"
