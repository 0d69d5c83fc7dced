"""Random draws that are the same on every machine and every Python version.

Only ``random.Random(seed).random()`` is used, whose sequence Python guarantees, and then plain arithmetic. The
curves (exponential, lognormal) are tables of quantiles built with ``+ - * /`` alone: a C library's ``exp`` and ``log``
may differ in the last bit from one platform to the next, and one bit can change a millisecond in a file that is
compared byte for byte.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from random import Random

SIZE = 1024
_LN2 = 0.6931471805599453


def ln(x: float) -> float:
    """Natural logarithm of ``x`` in (0, 2), by the series of artanh."""
    halvings = 0
    while x < 0.5:
        x *= 2.0
        halvings += 1
    y = (x - 1.0) / (x + 1.0)
    power, total = y, 0.0
    for k in range(40):
        total += power / (2 * k + 1)
        power *= y * y
    return 2.0 * total - halvings * _LN2


def exp(x: float) -> float:
    """e to the power ``x`` for |x| < 20, by Taylor's series of x/256, squared eight times."""
    small = x / 256.0
    term, total = 1.0, 1.0
    for k in range(1, 16):
        term *= small / k
        total += term
    for _ in range(8):
        total *= total
    return total


def _scaled(values: Sequence[float]) -> tuple[float, ...]:
    # The mean of a linearly interpolated table is its trapezoid sum.
    mean = (sum(values) - (values[0] + values[-1]) / 2.0) / SIZE
    return tuple(value / mean for value in values)


def exponential() -> tuple[float, ...]:
    """Quantiles of the exponential distribution with mean 1, cut at its 99.95 % point."""
    return _scaled([-ln(1.0 - u / SIZE) if u < SIZE else -ln(0.5 / SIZE) for u in range(SIZE + 1)])


def normal() -> tuple[float, ...]:
    """Quantiles of the standard normal distribution, cut at its 0.05 % and 99.95 % points."""
    step = 1.0 / 256.0
    grid = [k * step for k in range(-1024, 1025)]
    density = [exp(-z * z / 2.0) for z in grid]
    below = [0.0]
    for left, right in pairwise(density):
        below.append(below[-1] + (left + right) / 2.0)
    quantiles = []
    place = 0
    for u in range(SIZE + 1):
        wanted = min(max(u, 0.5), SIZE - 0.5) / SIZE * below[-1]
        while below[place + 1] < wanted:
            place += 1
        share = (wanted - below[place]) / (below[place + 1] - below[place])
        quantiles.append(grid[place] + share * step)
    return tuple(quantiles)


def lognormal(variation: float) -> tuple[float, ...]:
    """Quantiles of a lognormal distribution with mean 1 and the given coefficient of variation (below 1)."""
    spread = ln(1.0 + variation * variation)
    # Newton's square root: as exact as needed and free of any library.
    sigma = spread
    for _ in range(40):
        sigma = (sigma + spread / sigma) / 2.0
    return _scaled([exp(sigma * z) for z in normal()])


class Chance:
    """One stream of draws; every helper takes exactly one number from it."""

    __slots__ = ("random",)

    def __init__(self, seed: int, stream: int) -> None:
        self.random = Random(seed * 64 + stream).random

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self.random() * n)

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def draw(self, table: Sequence[float]) -> float:
        """A value of a table of quantiles, interpolated."""
        x = self.random() * SIZE
        i = int(x)
        low = table[i]
        return low + (x - i) * (table[i + 1] - low)

    def pick(self, cumulative: Sequence[float]) -> int:
        """The index of a weighted choice; ``cumulative`` ends at 1."""
        return min(bisect_right(cumulative, self.random()), len(cumulative) - 1)


def cumulative(weights: Sequence[float]) -> tuple[float, ...]:
    """Running shares of the weights, ending at 1."""
    total = sum(weights)
    running, shares = 0.0, []
    for weight in weights:
        running += weight
        shares.append(running / total)
    shares[-1] = 1.0
    return tuple(shares)
