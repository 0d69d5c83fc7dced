"""Quantities as people write them: ``75%``, ``20s``, ``6m``, ``48h``, ``7d``, ``12wk``, ``12mo``, ``3 EUR``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cxkpi.kinds.definition import Duration, TimeUnit

NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?"
DURATION = re.compile(rf"({NUMBER})\s*(s|m|h|d|wk|mo)")
PERCENTAGE = re.compile(rf"({NUMBER})\s*%")
MONEY = re.compile(rf"(?:({NUMBER})\s*([A-Z]{{3}}))")
PLAIN = re.compile(NUMBER)
# Any quantity with its unit, to be looked for as a whole.
WRITTEN = rf"{NUMBER}\s*(?:s|m|h|d|wk|mo|%|[A-Z]{{3}})"

_SPELLED = re.compile(rf"({NUMBER})\s*([A-Za-z]+)")
_UNIT_WORDS: Mapping[str, TimeUnit] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "wk"),
    **dict.fromkeys(("mo", "mon", "mth", "month", "months"), "mo"),
}
_TIME_UNITS: Mapping[str, TimeUnit] = {"s": "s", "m": "m", "h": "h", "d": "d", "wk": "wk", "mo": "mo"}
_UNIT_SECONDS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text is not the quantity that is wanted, and what to write."""

    message: str
    hint: str | None = None


def duration(written: str | float) -> Duration | Refusal:
    """A length of time: a number with ``s``, ``m`` (minutes), ``h``, ``d``, ``wk`` or ``mo`` (months)."""
    hint = "Write a number and a unit: 20s, 6m (minutes), 48h, 7d, 12wk or 12mo (months)."
    if isinstance(written, str) and (found := DURATION.fullmatch(written.strip())):
        amount = float(found.group(1))
        if amount < 0:
            return Refusal(f"'{written}' is negative", hint)
        return Duration(amount, _TIME_UNITS[found.group(2)])
    if isinstance(written, str) and not PLAIN.fullmatch(written.strip()):
        return Refusal(f"'{written}' is not a length of time{_meant(written)}", hint)
    return Refusal(f"'{written}' has no unit of time", hint)


def _meant(written: str) -> str:
    """``; did you mean '7d'?`` for ``7 days``."""
    found = _SPELLED.fullmatch(written.strip())
    unit = None if found is None else _UNIT_WORDS.get(found.group(2).lower())
    return "" if found is None or unit is None else f"; did you mean '{found.group(1)}{unit}'?"


def fraction(written: str | float) -> float | Refusal:
    """A share of the whole from 0 to 1, also written ``95%``."""
    value = _percentage(written)
    if value is None and not isinstance(written, str):
        value = float(written)
    if value is None:
        return Refusal(f"'{written}' is not a share of the whole", "Write 95% or 0.95.")
    if not 0 <= value <= 1:
        hint = f"Write {written:g}% or {written / 100:g}." if isinstance(written, int | float) else None
        return Refusal(f"'{written}' is not between 0 and 100%", hint)
    return value


def confidence(written: str | float) -> float | Refusal:
    """The level of an interval: a share between 0 and 1, neither of them, also written ``95%``."""
    value = fraction(written)
    if isinstance(value, Refusal):
        return value
    # What counts is the quantile an interval is cut at, which must differ from that of 0 and of 1.
    if not 0.5 < 0.5 + value / 2 < 1:
        message = f"'{written}' is no level of confidence: it lies above 0 and below 100%"
        return Refusal(message, "Write 95% or 0.95.")
    return value


def in_unit(written: str | float, unit: str) -> float | Refusal:
    """A target or alarm as it is stored: a fraction for ``percent``, otherwise a number of the metric's unit.

    A plain number is in the metric's unit already. A length of time is converted to a unit of time: ``6m`` is 360
    seconds, ``45d`` is 45 days. Money names its currency, which must be the unit.
    """
    if unit == "percent":
        return _share_target(written)
    if isinstance(written, int | float):
        return float(written)
    text = written.strip()
    if found := DURATION.fullmatch(text):
        return _time_target(Duration(float(found.group(1)), _TIME_UNITS[found.group(2)]), unit)
    if PERCENTAGE.fullmatch(text):
        return Refusal(f"'{written}' is a percentage, and the unit is {unit}", f"Write a number of {unit}.")
    if found := MONEY.fullmatch(text):
        if unit == found.group(2):
            return float(found.group(1))
        return Refusal(f"'{written}' is in {found.group(2)}, and the unit is {unit}")
    lengths = ", or 20s, 6m, 48h, 7d" if unit in _UNIT_SECONDS else ""
    guess = _meant(text) if unit in _UNIT_SECONDS else ""
    return Refusal(f"'{written}' is not a quantity{guess}", f"Write a number of {unit}{lengths}.")


def _percentage(written: str | float) -> float | None:
    found = PERCENTAGE.fullmatch(written.strip()) if isinstance(written, str) else None
    # Written digits are shifted, not divided, so that 74.1% is the double nearest to 0.741.
    return None if found is None else float(f"{found.group(1)}e-2")


def _share_target(written: str | float) -> float | Refusal:
    value = _percentage(written)
    if value is not None:
        return value
    if isinstance(written, str):
        return Refusal(f"'{written}' is not a share", "Write 75% or 0.75.")
    if abs(written) > 1:
        return Refusal(f"'{written:g}' is more than the whole", f"Write {written:g}% or {written / 100:g}.")
    return float(written)


def _time_target(length: Duration, unit: str) -> float | Refusal:
    if unit not in _UNIT_SECONDS:
        return Refusal(f"'{length}' is a length of time, and the unit is {unit}", f"Write a number of {unit}.")
    if length.unit == "mo":
        return Refusal(f"'{length}' has no fixed length", f"Write a number of {unit}.")
    return length.seconds / _UNIT_SECONDS[unit]
