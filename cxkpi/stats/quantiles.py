"""Quantiles of the normal, Student's t and gamma distributions, in pure Python."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_EPSILON = 2.0**-52
_TINY = 1e-300
_MAX_TERMS = 200_000
_MAX_STEPS = 500
# From here on the expansion in 1/df is exact to 1e-12 for every level with a normal quantile up to _EXPANSION_Z.
_EXPANSION_DF = 1000
_EXPANSION_Z = 5.0
# Below this df, Stirling's ratio series for the density's constant is not yet exact to a double; lgamma is.
_SERIES_DF = 200


def normal_quantile(p: float) -> float:
    """The x with P(X <= x) = ``p`` for a standard normal X. ValueError unless 0 < p < 1."""
    _check_probability(p)
    return _NORMAL.inv_cdf(p)


@lru_cache(maxsize=65536)
def t_quantile(p: float, df: int) -> float:
    """The x with P(T <= x) = ``p`` for Student's t with ``df`` degrees of freedom.

    Newton's method on the tail, which is an incomplete beta function (Abramowitz & Stegun 26.7.1, 26.5.8); the
    expansion of A&S 26.7.5 where df is large. ValueError unless 0 < p < 1 and df >= 1.
    """
    _check_probability(p)
    if df < 1:
        raise ValueError(f"degrees of freedom must be at least 1, got {df}")
    if p == 0.5:
        return 0.0
    if p < 0.5:
        return -_upper_t_quantile(p, df)
    return _upper_t_quantile(1.0 - p, df)


@lru_cache(maxsize=65536)
def gamma_quantile(p: float, shape: float) -> float:
    """The x with P(G <= x) = ``p`` for a gamma variable of the given shape and scale 1.

    The quantile of chi-square with ``df`` degrees of freedom is twice that of shape df / 2. Bracketed Newton from the
    Wilson-Hilferty approximation. ValueError unless 0 < p < 1 and shape > 0.
    """
    _check_probability(p)
    if not shape > 0:
        raise ValueError(f"shape must be positive, got {shape}")
    ninth = 1.0 / (9.0 * shape)
    x = shape * (1.0 - ninth + normal_quantile(p) * math.sqrt(ninth)) ** 3
    if x <= 0.0:
        x = math.exp((math.log(p) + math.lgamma(shape + 1.0)) / shape)
    below, above = 0.0, math.inf
    for _ in range(_MAX_STEPS):
        lower, upper, density = _gamma_tails(shape, x)
        # The smaller tail is the one known to full relative precision.
        excess = lower - p if p <= 0.5 else (1.0 - p) - upper
        if excess == 0.0:
            return x
        if excess > 0.0:
            above = x
        else:
            below = x
        following = x - excess / density if density > 0.0 else math.nan
        if not below < following < above:
            following = (below + above) / 2.0 if above < math.inf else 2.0 * x
        if abs(following - x) <= 2.0 * _EPSILON * x:
            return following
        x = following
    return x


def _check_probability(p: float) -> None:
    if not 0.0 < p < 1.0:
        raise ValueError(f"a probability strictly between 0 and 1 is needed, got {p}")


def _upper_t_quantile(tail: float, df: int) -> float:
    """The x > 0 with P(T > x) = ``tail`` < 0.5."""
    z = -_NORMAL.inv_cdf(tail)
    if df >= _EXPANSION_DF and z <= _EXPANSION_Z:
        return _t_expansion(z, df)
    # Right of 0 the distribution function is concave and z is left of the root, so Newton climbs to it without
    # overshooting.
    x = z
    for _ in range(_MAX_STEPS):
        upper, density = _t_tail(x, df)
        step = (upper - tail) / density
        x += step
        if abs(step) <= 4.0 * _EPSILON * x:
            break
    return x


def _t_expansion(z: float, df: int) -> float:
    square = z * z
    terms = (
        (square + 1) / 4,
        ((5 * square + 16) * square + 3) / 96,
        (((3 * square + 19) * square + 17) * square - 15) / 384,
        ((((79 * square + 776) * square + 1482) * square - 1920) * square - 945) / 92160,
    )
    return z * (1.0 + math.fsum(term / df ** (order + 1) for order, term in enumerate(terms)))


def _t_tail(x: float, df: int) -> tuple[float, float]:
    """P(T > x) and the density at x, for x > 0."""
    ratio = x * x / df
    density = _t_constant(df) * math.exp(-(df + 1) / 2.0 * math.log1p(ratio))
    a = df / 2.0
    far = 1.0 / (1.0 + ratio)
    if far < (a + 1.0) / (a + 2.5):
        return x * density * _beta_fraction(a, 0.5, far) / df, density
    return 0.5 - x * density * _beta_fraction(0.5, a, ratio / (1.0 + ratio)), density


@lru_cache(maxsize=4096)
def _t_constant(df: int) -> float:
    """The density of t at 0: gamma((df + 1) / 2) / (gamma(df / 2) sqrt(pi df))."""
    a = df / 2.0
    if df < _SERIES_DF:
        return math.exp(math.lgamma(a + 0.5) - math.lgamma(a)) / math.sqrt(math.pi * df)
    series = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144)
    return math.fsum(term / a**power for power, term in enumerate(series)) / math.sqrt(2.0 * math.pi)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function (A&S 26.5.8) by Lentz's method."""
    c = 1.0
    d = 1.0 / _apart(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _MAX_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 / _apart(1.0 + even * d)
        c = _apart(1.0 + even / c)
        value *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / _apart(1.0 + odd * d)
        c = _apart(1.0 + odd / c)
        value *= d * c
        if abs(d * c - 1.0) <= _EPSILON:
            return value
    raise ArithmeticError(f"the beta fraction did not converge at a={a}, b={b}, x={x}")


def _gamma_tails(shape: float, x: float) -> tuple[float, float, float]:
    """P(G <= x), P(G > x) and the density at x, by series left of the mean and continued fraction right of it."""
    weight = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    density = weight / x
    if x < shape + 1.0:
        lower = weight * _gamma_series(shape, x)
        return lower, 1.0 - lower, density
    upper = weight * _gamma_fraction(shape, x)
    return 1.0 - upper, upper, density


def _gamma_series(shape: float, x: float) -> float:
    term = 1.0 / shape
    total = term
    for n in range(1, _MAX_TERMS):
        term *= x / (shape + n)
        total += term
        if term <= total * _EPSILON:
            return total
    raise ArithmeticError(f"the gamma series did not converge at shape={shape}, x={x}")


def _gamma_fraction(shape: float, x: float) -> float:
    b = x + 1.0 - shape
    c = 1.0 / _TINY
    d = 1.0 / _apart(b)
    value = d
    for n in range(1, _MAX_TERMS):
        factor = -n * (n - shape)
        b += 2.0
        d = 1.0 / _apart(factor * d + b)
        c = _apart(b + factor / c)
        value *= d * c
        if abs(d * c - 1.0) <= _EPSILON:
            return value
    raise ArithmeticError(f"the gamma fraction did not converge at shape={shape}, x={x}")


def _apart(value: float) -> float:
    """``value`` kept away from 0, as Lentz's method needs."""
    return value if abs(value) >= _TINY else _TINY
