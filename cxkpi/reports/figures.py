"""Numbers as people read them: in their unit, signed where they are a change, with a verdict that needs no colour.

Pure functions of numbers; nothing here knows a terminal. Every symbol comes from a :class:`Glyphs`, so that a terminal
that cannot show ``✓`` gets ``ok``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

from cxkpi.result import Reason, Status, Target


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The symbols of a report; ``bars`` are the steps of a sparkline from low to high."""

    met: str
    missed: str
    alarm: str
    up: str
    down: str
    noise: str
    expense: str
    partial: str
    immature: str
    few: str
    minus: str
    to: str
    none: str
    unbounded: str
    at_least: str
    at_most: str
    dot: str
    ellipsis: str
    bars: str


UNICODE = Glyphs(
    met="✓", missed="✗", alarm="‼", up="▲", down="▼", noise="·", expense="≠", partial="~", immature="°", few="?",
    minus="\N{MINUS SIGN}", to="\N{EN DASH}",
    none="—", unbounded="∞", at_least="≥", at_most="≤", dot="·", ellipsis="…", bars="▁▂▃▄▅▆▇█",
)  # fmt: skip
ASCII = Glyphs(
    met="ok", missed="x", alarm="!!", up="^", down="v", noise=".", expense="!=", partial="~", immature="o", few="?",
    minus="-", to="-", none="--", unbounded="inf", at_least=">=", at_most="<=", dot="-", ellipsis="...", bars="_.-=^",
)  # fmt: skip

Style = Literal["clock", "seconds", "percent", "points", "plain"]

_SUFFIX = {"seconds": "s", "minutes": "min", "hours": "h", "days": "d", "weeks": "wk", "months": "mo"}
_MOST_DECIMALS = 6
# From this amount on money goes without cents where larger amounts stand beside it.
_CENTS_BELOW = 100
# Digits enough for the largest float.
_EXACT = Context(prec=400)


@dataclass(frozen=True, slots=True)
class Scale:
    """How the figures of one metric are written, so that all of them line up.

    ``style``: ``clock`` is ``m:ss`` or ``h:mm:ss``; ``percent`` takes fractions. ``suffix`` follows the number after a
    space. ``signed``: a value above 0 carries its plus, as a net score does. ``even``: no value has more decimals than
    another, as on an axis; see :meth:`places`.
    """

    style: Style
    decimals: int
    suffix: str
    signed: bool
    glyphs: Glyphs
    even: bool = False

    def number(self, value: float, *, signed: bool = False, extra: int = 0) -> str:
        """The number without its unit; ``extra`` decimals beyond the usual."""
        size, decimals = abs(value), self.places(value, change=signed) + extra
        if self.style == "clock":
            text = _clock(size, decimals)
        else:
            text = fixed(size, decimals, percent=self.style == "percent")
        if _reads_zero(text):
            return text
        if value < 0:
            return self.glyphs.minus + text
        return f"+{text}" if signed or self.signed else text

    def places(self, value: float, *, change: bool = False) -> int:
        """How many decimals this value has: small money has cents whatever stands beside it, and only 0 reads 0.

        A ``change`` may read 0 as well where it is less than what is shown of the values.
        """
        if self.style != "plain" or self.even:
            return self.decimals
        cents = _is_currency(self.suffix) and abs(value) < _CENTS_BELOW
        usual = max(self.decimals, 2) if cents else self.decimals
        if value == 0 or change:
            return usual
        telling = (more for more in range(usual, _MOST_DECIMALS + 1) if not _reads_zero(fixed(value, more)))
        return next(telling, usual)

    def value(self, value: float, *, apart_from: float | None = None, extra: int = 0) -> str:
        """The number with its unit: ``74.9 %``, ``5:38``, ``12 d``.

        With ``apart_from`` (a target) as many decimals as it takes not to look equal to it: 74.96 % is not 75.0 %; and
        no fewer than ``extra`` beyond the usual.
        """
        return self._with_suffix(self.number(value, extra=max(extra, self.apart(value, apart_from))))

    def change(self, difference: float) -> str:
        """A signed difference with its unit: ``+0:08``, ``+1.1 pt``. Differences of shares are points."""
        text = self.number(difference, signed=True)
        return f"{text} pt" if self.style in ("percent", "points") else self._with_suffix(text)

    def target(self, target: Target, better: str | None) -> str:
        """``≥ 75.0 %``, ``≤ 6:00``, or a range."""
        if isinstance(target, tuple):
            return self._with_suffix(self.interval(*target))
        sign = {"higher": f"{self.glyphs.at_least} ", "lower": f"{self.glyphs.at_most} "}.get(better or "", "")
        return sign + self.value(target)

    def interval(self, low: float | None, high: float | None) -> str:
        """Two limits without unit; a limit that the data does not reach is ``∞``. Empty without both."""
        if low is None and high is None:
            return ""
        numbers = [self.number(limit) if limit is not None else self.glyphs.unbounded for limit in (low, high)]
        if low is None:
            numbers[0] = self.glyphs.minus + self.glyphs.unbounded
        # A dash between signed numbers reads as one more sign.
        signed = any(number.startswith(("+", self.glyphs.minus)) for number in numbers)
        return (" to " if signed else self.glyphs.to).join(numbers)

    def apart(self, value: float, other: float | None) -> int:
        """How many decimals more it takes for a value not to look equal to another; 0 where they are equal."""
        if other is None or value == other:
            return 0
        for extra in range(_MOST_DECIMALS - self.decimals):
            if self.number(value, extra=extra) != self.number(other, extra=extra):
                return extra
        return 0

    def _with_suffix(self, text: str) -> str:
        return f"{text} {self.suffix}" if self.suffix else text


def scale(unit: str, values: Sequence[float | None], *, signed: bool = False, glyphs: Glyphs = UNICODE) -> Scale:
    """The scale on which all ``values`` of a metric in ``unit`` are written.

    ``unit``: ``percent`` (fractions), ``seconds``, ``points``, another time unit, a currency code, or what is counted.
    """
    known = [abs(value) for value in values if value is not None]
    largest = max(known, default=0.0)
    whole = all(value == int(value) for value in known)
    if unit == "seconds":
        if largest < 60 and not whole:
            return Scale("seconds", 1, "s", signed, glyphs)
        return Scale("clock", 0, "", signed, glyphs)
    if unit == "percent":
        return Scale("percent", 2 if 0 < largest < 0.01 else 1, "%", signed, glyphs)
    if unit == "points":
        return Scale("points", 1, "", signed, glyphs)
    suffix = _SUFFIX.get(unit, unit if _is_currency(unit) else "")
    if whole:
        decimals = 2 if _is_currency(unit) else 0
    elif unit in _SUFFIX:
        decimals = 1
    else:
        decimals = 0 if largest >= 10_000 else 1 if largest >= 100 else 2
    return Scale("plain", decimals, suffix, signed, glyphs)


def mark(status: Status | None, reason: Reason | None, glyphs: Glyphs = UNICODE) -> str:
    """The verdict as a symbol, or why there is none; empty where nothing was to be judged."""
    if status is not None:
        return {"met": glyphs.met, "missed": glyphs.missed, "alarm": glyphs.alarm}[status]
    return {"immature": glyphs.immature, "partial": glyphs.partial, "too_few": glyphs.few}.get(reason or "", "")


def arrow(difference: float, significant: bool | None, glyphs: Glyphs = UNICODE) -> str:
    """Direction of a change beyond chance, the sign of noise, or empty where nobody can tell."""
    if significant is None:
        return ""
    if not significant or difference == 0:
        return glyphs.noise
    return glyphs.up if difference > 0 else glyphs.down


def sparkline(values: Sequence[float | None], glyphs: Glyphs = UNICODE) -> str:
    """One bar per value, between the lowest and the highest of them; a gap where there is none."""
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high, steps = min(known), max(known), len(glyphs.bars)
    if low == high:
        return "".join(" " if value is None else glyphs.bars[(steps - 1) // 2] for value in values)
    heights = [None if value is None else int((value - low) / (high - low) * steps) for value in values]
    return "".join(" " if height is None else glyphs.bars[min(height, steps - 1)] for height in heights)


def count(number: int) -> str:
    """A whole number with thousands separators."""
    return f"{number:,}"


def counted(number: int, noun: str) -> str:
    """``1 record``, ``1,204 records``."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def fixed(number: float, decimals: int, *, percent: bool = False) -> str:
    """A number with so many decimals and thousands separators: ``1,234.5``; with ``percent`` of a fraction.

    Every figure of a report that is rounded is rounded here. What is half way goes away from 0, as in a spreadsheet,
    and what is half way is told by the number as it is written in the fewest digits: 2.675 is 2.68.
    """
    if not math.isfinite(number):
        return f"{number}"
    exact = Decimal(repr(number)).scaleb(2 if percent else 0, _EXACT)
    return f"{_rounded(exact, decimals):,f}"


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _EXACT)


def _reads_zero(text: str) -> bool:
    return not any(digit in "123456789" for digit in text)


def _clock(seconds: float, decimals: int) -> str:
    factor = 10**decimals
    ticks = int(_rounded(Decimal(repr(seconds)), decimals).scaleb(decimals, _EXACT))
    whole, fraction = divmod(ticks, factor)
    minutes, rest = divmod(whole, 60)
    hours, minutes_left = divmod(minutes, 60)
    text = f"{hours}:{minutes_left:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
    return f"{text}.{fraction:0{decimals}d}" if decimals else text


def _is_currency(unit: str) -> bool:
    return len(unit) == 3 and unit.isascii() and unit.isupper()
