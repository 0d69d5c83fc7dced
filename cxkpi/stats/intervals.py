"""Confidence intervals from exact sums. Every function gives (low, high), or None where the data allow no interval.

Counts and sums come in as integers (whole numbers of a grain), so that a variance is a difference of exact products and
loses nothing by cancellation; floating point begins with the last division. ``confidence`` is a fraction such as 0.95;
ValueError unless it lies strictly between 0 and 1.
"""

from __future__ import annotations

import math

from cxkpi.stats.quantiles import gamma_quantile, normal_quantile, t_quantile

__all__ = [
    "gamma_quantile",
    "mean_interval",
    "mover_difference",
    "net_interval",
    "normal_quantile",
    "poisson_exact",
    "ratio_interval",
    "t_quantile",
    "wilson",
]

Interval = tuple[float, float]


def wilson(k: int, n: int, confidence: float) -> Interval | None:
    """Wilson's score interval for the share ``k`` of ``n``, as fractions; None for n = 0.

    Wilson 1927; Newcombe 1998, method 3. ValueError unless 0 <= k <= n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"a share needs 0 <= k <= n, got k={k}, n={n}")
    if n == 0:
        return None
    z = normal_quantile(_upper(confidence))
    centre = k + z * z / 2.0
    half = z * math.sqrt(k * (n - k) / n + z * z / 4.0)
    low = 0.0 if k == 0 else max(0.0, (centre - half) / (n + z * z))
    high = 1.0 if k == n else min(1.0, (centre + half) / (n + z * z))
    return low, high


def poisson_exact(k: int, confidence: float) -> Interval:
    """Garwood's exact interval for the expected number of events, ``k`` having been counted; low is 0 for k = 0.

    Garwood 1936. Divide both limits by the exposure for a rate. ValueError for a negative count.
    """
    if k < 0:
        raise ValueError(f"a count cannot be negative, got {k}")
    upper = _upper(confidence)
    low = gamma_quantile((1.0 - confidence) / 2.0, k) if k else 0.0
    return low, gamma_quantile(upper, k + 1)


def mean_interval(n: int, sx: int, sxx: int, confidence: float, grain: int = 1) -> Interval | None:
    """Student's t interval for the mean of ``n`` values; None for n < 2.

    ``sx`` and ``sxx``: sum and sum of squares of the values in whole grains, ``grain`` of them to the unit, so the mean
    is sx / grain / n. ValueError where no real values have such sums.
    """
    if n < 2:
        return None
    spread = n * sxx - sx * sx
    if spread < 0:
        raise ValueError(f"no {n} values have the sum {sx} and the sum of squares {sxx}")
    error = math.sqrt(spread / (n * n * (n - 1) * grain * grain))
    return _around(sx / (n * grain), t_quantile(_upper(confidence), n - 1) * error)


def ratio_interval(g: int, y: int, x: int, syy: int, sxy: int, sxx: int, confidence: float) -> Interval | None:
    """Delta-method interval for the ratio of sums R = ``y`` / ``x`` over ``g`` clusters; None for g < 2 or x = 0.

    ``y``, ``x``: totals; ``syy``, ``sxy``, ``sxx``: sums over clusters of their squares and products, the parts of a
    cluster having been added first. With e = y_i - R x_i, Var R = g / (g - 1) * sum(e^2) / x^2 and the limits are R -/+
    t(g - 1) sqrt(Var R). Where y and x are in different grains the limits are in their quotient, for the caller to
    rescale. Linearised ratio variance: Cochran 1977, 6.4; Deng, Knoblich & Lu 2018. ValueError where no clusters have
    such sums.
    """
    if g < 2 or x == 0:
        return None
    # sum(e^2) * x^2, in integers: the three terms are often equal to ten digits, and floats would cancel them.
    squares = x * x * syy - 2 * x * y * sxy + y * y * sxx
    if squares < 0:
        raise ValueError("no clusters have such sums of squares and products")
    error = math.sqrt(g * squares / ((g - 1) * x**4))
    return _around(y / x, t_quantile(_upper(confidence), g - 1) * error)


def net_interval(n_for: int, n_against: int, n: int, confidence: float) -> Interval | None:
    """Normal interval for a net score 100 (p - q), in points, held within -100 and 100; None for n = 0.

    ``n_for`` and ``n_against`` of ``n`` give p and q; the variance is (p + q - (p - q)^2) / n. ValueError unless the
    two counts are disjoint parts of n.
    """
    if min(n_for, n_against) < 0 or n_for + n_against > n:
        raise ValueError(f"a net score needs counts that fit in n, got for={n_for}, against={n_against}, n={n}")
    if n == 0:
        return None
    net = n_for - n_against
    error = 100.0 * math.sqrt((n * (n_for + n_against) - net * net) / n**3)
    low, high = _around(100 * net / n, normal_quantile(_upper(confidence)) * error)
    return max(-100.0, low), min(100.0, high)


def mover_difference(a: float, a_low: float, a_high: float, b: float, b_low: float, b_high: float) -> Interval:
    """Interval for a - b from the two intervals, the estimates being independent: MOVER.

    Zou & Donner 2008: the distance to each limit is the hypotenuse of the two distances that could have produced it.
    """
    difference = a - b
    return difference - math.hypot(a - a_low, b_high - b), difference + math.hypot(a_high - a, b - b_low)


def _upper(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence}")
    return (1.0 + confidence) / 2.0


def _around(centre: float, half: float) -> Interval:
    return centre - half, centre + half
