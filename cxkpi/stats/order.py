"""Quantiles of a sample by its order statistics, and the binomial distribution their ranks follow."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from cxkpi.stats.intervals import ratio_interval
from cxkpi.stats.quantiles import normal_quantile

_SMALL = 2.0**-60


def position(n: int, q: float) -> tuple[int, Fraction]:
    """Where the ``q`` quantile of ``n`` values lies: after how many of the smallest, and how far to the next (0 to 1).

    The linear rule, type 7 of Hyndman & Fan 1996: at (n - 1) q, counted from 0. ``q`` is taken as the decimal it prints
    as. ValueError for n < 1 or q outside 0 to 1.
    """
    if n < 1 or not 0.0 <= q <= 1.0:
        raise ValueError(f"a quantile needs values and a q from 0 to 1, got n={n}, q={q}")
    exact = (n - 1) * Fraction(repr(float(q)))
    whole = math.floor(exact)
    return whole, exact - whole


@lru_cache(maxsize=65536)
def quantile_ranks(n: int, q: float, confidence: float) -> tuple[int, int] | None:
    """The ranks, from 1, of the two values between which the ``q`` quantile of the population lies.

    Exact and free of any distribution: the number of values below the quantile is binomial, so that the r-th and s-th
    smallest hold it with the probability that it is at least r and less than s. Each tail is at most half of what the
    confidence leaves; None where n values are too few for that. David & Nagaraja 2003, 7.1. ValueError unless
    0 < q < 1, 0 < confidence < 1.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence}")
    tail = (1.0 - confidence) / 2.0
    low = _ranks_below(n, q, tail)
    # How many lie above the quantile is binomial too, so the upper rank is the lower one counted from the other end.
    high = n + 1 - _ranks_below(n, 1.0 - q, tail)
    if low < 1 or high > n:
        return None
    whole, part = position(n, q)
    # At very low levels of confidence the ranks can pass the quantile of the sample itself.
    return min(low, whole + 1), max(high, whole + 1 + (part > 0))


def clustered_ranks(clusters: Sequence[tuple[int, int]], q: float, confidence: float) -> tuple[int, int] | None:
    """As ``quantile_ranks``, for values alike within clusters: (values at most the quantile, values) of each.

    Woodruff 1952: the interval of the share of values that lie below the quantile, a ratio of cluster sums, read back
    through the values themselves. None where it reaches beyond them, or nothing differs.
    """
    n, below = sum(size for _, size in clusters), sum(under for under, _ in clusters)
    squares = (
        sum(under * under for under, _ in clusters),
        sum(under * size for under, size in clusters),
        sum(size * size for _, size in clusters),
    )
    limits = ratio_interval(len(clusters), below, n, *squares, confidence)
    if limits is None or limits[0] == limits[1]:
        return None
    half = (limits[1] - limits[0]) / 2.0
    low, high = math.floor(n * (q - half)), math.ceil(n * (q + half)) + 1
    if low < 1 or high > n:
        return None
    whole, part = position(n, q)
    return min(low, whole + 1), max(high, whole + 1 + (part > 0))


def _ranks_below(n: int, q: float, tail: float) -> int:
    """The largest r with P(B < r) <= ``tail`` for B binomial (n, q)."""
    if not 0.0 < q < 1.0:
        raise ValueError(f"a quantile lies strictly between 0 and 1, got {q}")
    if n < 1:
        return 0
    guess = n * q + normal_quantile(tail) * math.sqrt(n * q * (1.0 - q))
    r = min(max(math.floor(guess), 0), n)
    below = binomial_below(r, n, q)
    while r > 0 and below > tail:
        r -= 1
        below = binomial_below(r, n, q)
    while r < n:
        following = below + binomial(r, n, q)
        if following > tail:
            break
        r, below = r + 1, following
    return r


def binomial_below(k: int, n: int, q: float) -> float:
    """P(B < ``k``) for B binomial (``n``, ``q``), added up from its largest term downwards."""
    if k <= 0:
        return 0.0
    if k > n:
        return 1.0
    if k - 1 > n * q:
        return 1.0 - binomial_below(n - k + 1, n, 1.0 - q)
    term = binomial(k - 1, n, q)
    terms = [term]
    for j in range(k - 1, 0, -1):
        term *= j * (1.0 - q) / ((n - j + 1) * q)
        if term < terms[0] * _SMALL:
            break
        terms.append(term)
    return math.fsum(reversed(terms))


def binomial(k: int, n: int, q: float) -> float:
    """P(B = ``k``), to nearly all digits of a double however large n is: Loader's saddle-point form.

    Loader 2000, "Fast and accurate computation of binomial probabilities".
    """
    if k == 0:
        return math.exp(n * math.log1p(-q))
    if k == n:
        return math.exp(n * math.log(q))
    error = _stirling_error(n) - _stirling_error(k) - _stirling_error(n - k)
    deviance = _deviance(k, n * q) + _deviance(n - k, n * (1.0 - q))
    return math.exp(error - deviance) * math.sqrt(n / (2.0 * math.pi * k * (n - k)))


@lru_cache(maxsize=4096)
def _stirling_error(n: int) -> float:
    """log n! less Stirling's approximation of it."""
    if n < 16:
        return math.log(math.factorial(n)) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(2.0 * math.pi)
    square = n * n
    series = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
    return math.fsum(term / (n * square**power) for power, term in enumerate(series))


def _deviance(x: float, mean: float) -> float:
    """x log(x / mean) + mean - x, without cancelling where the two are close."""
    difference = x - mean
    if abs(difference) >= 0.1 * (x + mean):
        return x * math.log(x / mean) + mean - x
    ratio = difference / (x + mean)
    total = difference * ratio
    term = 2.0 * x * ratio
    square = ratio * ratio
    for odd in range(3, 2001, 2):
        term *= square
        following = total + term / odd
        if following == total:
            break
        total = following
    return total
