"""Where an axis is marked, and how: round numbers in the unit of its metric, times on the clock's own steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cxkpi.reports.figures import Scale

_MOST = 6
_OF_A_CLOCK = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
_MOST_DECIMALS = 6


def ticks(low: float, high: float, scale: Scale) -> tuple[float, ...]:
    """At most six round numbers from ``low`` to ``high``."""
    for step in _steps(high - low, scale):
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < _MOST:
            return tuple(float(f"{at * step:.12g}") for at in range(first, last + 1))
    return ()


def _steps(span: float, scale: Scale) -> Iterator[float]:
    """Round steps from small to large, beginning with one that is certainly too small."""
    if scale.style == "clock" and span > _MOST / 2:
        yield from (float(step) for step in _OF_A_CLOCK)
        # Days.
        span, unit = span / 86400, 86400.0
    else:
        unit = 1.0
    power = math.floor(math.log10(span)) - 1 if span > 0 else 0
    for exponent in range(power, power + 4):
        for digit in (1.0, 2.0, 5.0):
            yield unit * digit * 10.0**exponent


def labels(marks: Sequence[float], scale: Scale) -> tuple[str, ...]:
    """The marks in their unit, with as few decimals as keep them exact and apart."""
    for decimals in range(_MOST_DECIMALS + 1):
        written = replace(scale, decimals=decimals, even=True)
        said = tuple(written.value(mark) for mark in marks)
        if len(set(said)) == len(said) and all(_exact(mark, scale, decimals) for mark in marks):
            return said
    return tuple(scale.value(mark) for mark in marks)


def _exact(mark: float, scale: Scale, decimals: int) -> bool:
    shown = mark * 100 if scale.style == "percent" else mark
    return math.isclose(round(shown, decimals), shown, rel_tol=1e-9, abs_tol=1e-12)
