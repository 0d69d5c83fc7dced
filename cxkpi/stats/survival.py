"""Kaplan-Meier on counts: how long until something happens, counting those to whom it has not happened yet.

Survival is kept as exact fractions: a product of floats can miss 0.5 by its last bit and move a median by months.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cxkpi.stats.intervals import normal_quantile


@dataclass(frozen=True, slots=True)
class Curve:
    """A Kaplan-Meier curve: parallel columns, one entry per time at which an event happened, ascending.

    ``times``: whole units of duration. ``at_risk``: entities under observation just before. ``events``: events at the
    time. ``survival``: S(t) from this time on, until the next; it is 1 before the first. ``low``, ``high``: pointwise
    limits of S(t).
    """

    times: tuple[int, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    survival: tuple[Fraction, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def kaplan_meier(
    counts: Iterable[tuple[int, int, int]],
    confidence: float,
    entries: Iterable[tuple[int, int]] | None = None,
) -> Curve:
    """The curve of (duration, events, censored exits) counts; a duration may occur more than once.

    Who leaves at t, by event or censored, is at risk at t. Without ``entries`` everybody is at risk from the start.
    With them, (duration, entities) counts say when each came under observation (delayed entry, left truncation): who
    entered at t > 0 is at risk after t, and an entity that left no later than it entered must be in neither list.

    Kaplan & Meier 1958. Limits: Greenwood's variance on the log(-log) scale, which keeps them in [0, 1]; where S falls
    to 0 that scale ends, and the upper limit stays what it was. Unequal numbers of entries and exits, negative counts
    or durations, and more exits than entities at risk raise ValueError.
    """
    events: Counter[int] = Counter()
    exits: Counter[int] = Counter()
    for duration, happened, censored in counts:
        check_counts(duration, happened, censored)
        events[duration] += happened
        exits[duration] += happened + censored
    entered: Counter[int] = Counter()
    if entries is None:
        entered[0] = exits.total()
    else:
        for duration, entities in entries:
            check_counts(duration, entities)
            entered[duration] += entities
        if entered.total() != exits.total():
            raise ValueError(f"{entered.total()} entities enter but {exits.total()} exit")

    times: list[int] = []
    at_risk: list[int] = []
    happened_at: list[int] = []
    present = entered.pop(0, 0)
    for time in sorted(exits.keys() | entered.keys()):
        if exits[time] > present:
            raise ValueError(f"{exits[time]} entities exit at {time}, but only {present} are at risk")
        if events[time]:
            times.append(time)
            at_risk.append(present)
            happened_at.append(events[time])
        present += entered[time] - exits[time]

    survival = _products(at_risk, happened_at)
    low, high = _log_log_limits(at_risk, happened_at, survival, confidence)
    return Curve(tuple(times), tuple(at_risk), tuple(happened_at), survival, low, high)


def survival_at(curve: Curve, time: int) -> Fraction:
    """S(``time``): the share to whom it has not happened by then, 1 before the first event.

    Past the longest observation the curve says nothing; the last value is given.
    """
    index = bisect_right(curve.times, time)
    return curve.survival[index - 1] if index else Fraction(1)


def quantile(curve: Curve, q: float | Fraction) -> int | None:
    """The first time t with S(t) <= 1 - ``q``, compared exactly; None where the curve does not fall so far.

    A float is taken as the decimal it prints as, so 0.9 is nine tenths. ValueError unless 0 < q < 1.
    """
    level = 1 - exact_share(q)
    return next((time for time, share in zip(curve.times, curve.survival, strict=True) if share <= level), None)


def quantile_interval(curve: Curve, q: float | Fraction) -> tuple[int | None, int | None]:
    """Limits of the time quantile: the first times at which the lower, then the upper limit of S(t) is <= 1 - ``q``.

    Brookmeyer & Crowley 1982, on the log(-log) limits of the curve. None for a limit that is not reached.
    """
    level = float(1 - exact_share(q))
    low = next((time for time, limit in zip(curve.times, curve.low, strict=True) if limit <= level), None)
    high = next((time for time, limit in zip(curve.times, curve.high, strict=True) if limit <= level), None)
    return low, high


def survival_limits_at(curve: Curve, time: int) -> tuple[float, float] | None:
    """Limits of S(``time``); None before the first event, when nothing is known of their distance."""
    index = bisect_right(curve.times, time)
    return (curve.low[index - 1], curve.high[index - 1]) if index else None


def restricted_mean(curve: Curve, until: int) -> tuple[Fraction, float]:
    """The mean time to the event, no more than ``until`` of anybody's being counted, and its variance.

    The mean is the area under S from 0 to ``until``, exactly. Variance (Irwin 1949; Klein & Moeschberger 2003, 4.5):
    with A the area from an event's time to ``until``, the sum of A^2 d / (n (n - d)); without censoring that is the
    variance of the times, by their number, over their number. It says nothing where S was not watched up to ``until``:
    that is the caller's to know. ValueError unless until > 0.
    """
    if until <= 0:
        raise ValueError(f"a mean is restricted to a positive time, got {until}")
    edges = [*(time for time in curve.times if time < until), until]
    area, variance = Fraction(0), 0.0
    rest: list[Fraction] = []
    for index in range(len(edges) - 1, 0, -1):
        area += curve.survival[index - 1] * (edges[index] - edges[index - 1])
        rest.append(area)
    for index, after in enumerate(reversed(rest)):
        present, happened = curve.at_risk[index], curve.events[index]
        if happened < present:
            variance += float(after) ** 2 * happened / (present * (present - happened))
    return area + edges[0], variance


def restricted_mean_interval(curve: Curve, until: int, confidence: float) -> tuple[float, float] | None:
    """Normal interval of the restricted mean, held within 0 and ``until``; None where nothing varies before then."""
    mean, variance = restricted_mean(curve, until)
    if variance == 0.0:
        return None
    half = normal_quantile(upper_level(confidence)) * math.sqrt(variance)
    return max(0.0, float(mean) - half), min(float(until), float(mean) + half)


def check_counts(*numbers: int) -> None:
    """ValueError where a duration or a count is negative."""
    if min(numbers) < 0:
        raise ValueError(f"durations and counts cannot be negative, got {numbers}")


def exact_share(q: float | Fraction) -> Fraction:
    """A quantile as the decimal it prints as. ValueError unless it lies strictly between 0 and 1."""
    exact = q if isinstance(q, Fraction) else Fraction(repr(float(q)))
    if not 0 < exact < 1:
        raise ValueError(f"a quantile lies strictly between 0 and 1, got {q}")
    return exact


def upper_level(confidence: float) -> float:
    """The level of the upper limit of a two-sided interval. ValueError unless the confidence lies between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence}")
    return (1.0 + confidence) / 2.0


def _products(at_risk: list[int], events: list[int]) -> tuple[Fraction, ...]:
    survival: list[Fraction] = []
    share = Fraction(1)
    for present, happened in zip(at_risk, events, strict=True):
        share *= Fraction(present - happened, present)
        survival.append(share)
    return tuple(survival)


def _log_log_limits(
    at_risk: list[int], events: list[int], survival: tuple[Fraction, ...], confidence: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    z = normal_quantile(upper_level(confidence))
    low: list[float] = []
    high: list[float] = []
    variance = 0.0
    for present, happened, exact in zip(at_risk, events, survival, strict=True):
        share = float(exact)
        if share == 0.0:
            low.append(0.0)
            high.append(high[-1] if high else 1.0)
            continue
        variance += happened / (present * (present - happened))
        log = math.log(share)
        factor = math.exp(z * math.sqrt(variance) / -log)
        low.append(math.exp(log * factor))
        high.append(math.exp(log / factor))
    return tuple(low), tuple(high)
