"""Aalen-Johansen on counts: how likely an event is by a time, where another kind of end can come first.

One minus Kaplan-Meier answers what would be if nobody ever left; the incidence here answers what share of those who
began has had the event by then, the others having left or still being on the way. The two differ as much as leavers
weigh. Shares are added up as whole numbers over one denominator and rounded once, each to the nearest double: a sum of
rounded products can miss one half by its last bit and move a median by months.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from cxkpi.stats.intervals import normal_quantile
from cxkpi.stats.survival import check_counts, exact_share, upper_level


@dataclass(frozen=True, slots=True)
class Incidence:
    """A cumulative incidence: parallel columns, one entry per time at which an event of any kind happened, ascending.

    ``times``: whole units of duration. ``at_risk``: entities under observation just before. ``events`` and
    ``competing``: events of interest, and of the other kinds, at the time. ``incidence``: the share that has had the
    event of interest from this time on; ``free``: the share that has had none of either. ``variance`` of the incidence.
    ``low``, ``high``: its pointwise limits; before the first event of interest they say nothing, and once all have had
    it the lower one stays what it was.
    """

    times: tuple[int, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    competing: tuple[int, ...]
    incidence: tuple[float, ...]
    free: tuple[float, ...]
    variance: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def aalen_johansen(
    counts: Iterable[tuple[int, int, int, int]],
    confidence: float,
    entries: Iterable[tuple[int, int]] | None = None,
) -> Incidence:
    """The incidence of (duration, events, competing events, censored exits) counts; a duration may occur repeatedly.

    Who leaves at t in any way is at risk at t. ``entries``: (duration, entities) counts of delayed entry, as in
    ``kaplan_meier``.

    Aalen & Johansen 1978. Variance: the delta method as SAS gives it (Marubini & Valsecchi 1995, 10.4); limits on the
    log(-log) scale of the incidence, which keeps them in [0, 1]. Negative counts, unequal numbers of entries and exits,
    and more exits than entities at risk raise ValueError.
    """
    wanted: Counter[int] = Counter()
    others: Counter[int] = Counter()
    exits: Counter[int] = Counter()
    for duration, happened, competed, censored in counts:
        check_counts(duration, happened, competed, censored)
        wanted[duration] += happened
        others[duration] += competed
        exits[duration] += happened + competed + censored
    entered: Counter[int] = Counter()
    if entries is None:
        entered[0] = exits.total()
    else:
        for duration, entities in entries:
            check_counts(duration, entities)
            entered[duration] += entities
        if entered.total() != exits.total():
            raise ValueError(f"{entered.total()} entities enter but {exits.total()} exit")

    z = normal_quantile(upper_level(confidence))
    steps: list[tuple[int, int, int, int, float, float, float, float, float]] = []
    # Incidence and the share still free, over one denominator that is not reduced: reducing costs more than growing.
    incidence, free, whole = 0, 1, 1
    spread = _Spread()
    present = entered.pop(0, 0)
    for time in sorted(exits.keys() | entered.keys()):
        if exits[time] > present:
            raise ValueError(f"{exits[time]} entities exit at {time}, but only {present} are at risk")
        happened, competed = wanted[time], others[time]
        if happened or competed:
            before = free / whole
            incidence = incidence * present + free * happened
            free *= present - happened - competed
            whole *= present
            share = incidence / whole
            variance = spread.step(share, before, happened, happened + competed, present)
            low, high = _limits(share, variance, z, steps[-1][-2] if steps else 0.0)
            steps.append((time, present, happened, competed, share, free / whole, variance, low, high))
        present += entered[time] - exits[time]
    columns = list(zip(*steps, strict=True)) or [()] * 9
    return Incidence(*columns)


class _Spread:
    """The variance of the incidence F, added up over the times so far.

    With n at risk, d events of any kind, c of interest and S the share free just before each time k <= t::

        sum (F_t - F_k)^2 d / (n (n - d)) + sum S^2 c (n - c) / n^3 - 2 sum (F_t - F_k) S c / n^2

    The squares are multiplied out, so that every time costs the same.
    """

    def __init__(self) -> None:
        self._hazard = self._hazard_f = self._hazard_ff = 0.0
        self._own = self._both = self._both_f = 0.0

    def step(self, incidence: float, before: float, happened: int, ended: int, present: int) -> float:
        # Where everybody at risk ends, F stays as it is, and so this time adds nothing to its first sum.
        hazard = ended / (present * (present - ended)) if ended < present else 0.0
        both = before * happened / present**2
        self._hazard += hazard
        self._hazard_f += hazard * incidence
        self._hazard_ff += hazard * incidence**2
        self._own += before**2 * happened * (present - happened) / present**3
        self._both += both
        self._both_f += both * incidence
        spread = incidence**2 * self._hazard - 2 * incidence * self._hazard_f + self._hazard_ff
        return max(0.0, spread + self._own - 2 * (incidence * self._both - self._both_f))


def _limits(share: float, variance: float, z: float, before: float) -> tuple[float, float]:
    if not 0.0 < share < 1.0:
        return before, 1.0
    log = math.log(share)
    factor = math.exp(z * math.sqrt(variance) / (share * -log))
    return math.exp(log * factor), math.exp(log / factor)


def incidence_at(curve: Incidence, time: int) -> float:
    """The share that has had the event of interest by ``time``, 0 before the first. Past the last time, the last."""
    index = bisect_right(curve.times, time)
    return curve.incidence[index - 1] if index else 0.0


def incidence_limits_at(curve: Incidence, time: int) -> tuple[float, float] | None:
    """Limits of the incidence at ``time``; None while nobody has had the event."""
    index = bisect_right(curve.times, time)
    if not index or not curve.incidence[index - 1]:
        return None
    return curve.low[index - 1], curve.high[index - 1]


def incidence_quantile(curve: Incidence, q: float | Fraction) -> int | None:
    """The first time by which the share ``q`` has had the event; None where it never comes so far.

    Both are the doubles nearest to what they are, so that a share equal to ``q`` is found equal. ValueError unless
    0 < q < 1.
    """
    level = float(exact_share(q))
    return next((time for time, share in zip(curve.times, curve.incidence, strict=True) if share >= level), None)


def incidence_quantile_interval(curve: Incidence, q: float | Fraction) -> tuple[int | None, int | None]:
    """Limits of the time quantile: the first times at which the upper, then the lower limit of the incidence is >= q.

    None for a limit that is not reached. Brookmeyer & Crowley's inversion, on the limits of the incidence.
    """
    level = float(exact_share(q))
    began = [(time, low, high) for time, share, low, high in _columns(curve) if share]
    first = next((time for time, _, high in began if high >= level), None)
    last = next((time for time, low, _ in began if low >= level), None)
    return first, last


def _columns(curve: Incidence) -> Iterable[tuple[int, float, float, float]]:
    return zip(curve.times, curve.incidence, curve.low, curve.high, strict=True)
