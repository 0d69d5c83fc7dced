"""Intervals against published worked examples and against scipy and statsmodels."""

from __future__ import annotations

import math
import random
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from cxkpi.stats import intervals
from cxkpi.stats.quantiles import gamma_quantile, normal_quantile, t_quantile

LEVELS = [1e-6, 0.001, 0.005, 0.025, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 0.975, 0.995, 0.9995, 1 - 1e-9]
CONFIDENCES = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99, 0.999])
quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize("p", LEVELS)
def test_normal_quantile_is_scipys(p: float) -> None:
    assert normal_quantile(p) == pytest.approx(stats.norm.ppf(p), rel=1e-12)


@pytest.mark.parametrize("df", [1, 2, 3, 4, 7, 29, 99, 199, 200, 201, 555, 999, 1000, 1001, 20_000, 1_000_000, 10**9])
def test_t_quantile_is_scipys_for_small_and_large_df(df: int) -> None:
    for p in LEVELS:
        assert t_quantile(p, df) == pytest.approx(stats.t.ppf(p, df), rel=1e-10), p


@pytest.mark.parametrize("df", [1, 10, 1000, 5000])
def test_t_quantile_holds_in_the_far_tail(df: int) -> None:
    assert t_quantile(1e-30, df) == pytest.approx(stats.t.ppf(1e-30, df), rel=1e-10)


def test_t_quantile_is_odd_about_one_half() -> None:
    assert t_quantile(0.5, 3) == 0
    assert t_quantile(0.25, 1) == pytest.approx(-1, rel=1e-14)
    assert t_quantile(0.75, 1) == pytest.approx(1, rel=1e-14)


@pytest.mark.parametrize("shape", [0.5, 1, 2, 3, 10, 17, 100, 1000, 100_000])
def test_gamma_quantile_is_scipys(shape: float) -> None:
    for p in LEVELS:
        assert gamma_quantile(p, shape) == pytest.approx(stats.gamma.ppf(p, shape), rel=2e-10), p


@pytest.mark.parametrize("p", [1e-6, 0.025, 0.4])
def test_gamma_quantile_of_a_large_shape_has_the_tail_asked_for_in_forty_digits(p: float) -> None:
    # scipy's own distribution function is off by several parts in a million here, so the series is summed in decimals.
    shape = Decimal(10**6)
    with localcontext() as context:
        context.prec = 40
        x = Decimal(gamma_quantile(p, float(shape)))
        stirling = shape * shape.ln() - shape + (2 * Decimal(repr(math.pi)) / shape).ln() / 2
        stirling += 1 / (12 * shape) - 1 / (360 * shape**3)
        term = total = 1 / shape
        n = 0
        while term > total * Decimal("1e-16"):
            n += 1
            term *= x / (shape + n)
            total += term
        tail = float((shape * x.ln() - x - stirling).exp() * total)
    assert tail == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("p", [0, 1, -0.1, 1.5, math.nan])
def test_quantiles_refuse_what_is_not_a_probability(p: float) -> None:
    with pytest.raises(ValueError, match="probability"):
        normal_quantile(p)
    with pytest.raises(ValueError, match="probability"):
        t_quantile(p, 5)
    with pytest.raises(ValueError, match="probability"):
        gamma_quantile(p, 5)


def test_quantiles_refuse_impossible_parameters() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_quantile(0.9, 0)
    with pytest.raises(ValueError, match="shape"):
        gamma_quantile(0.9, 0)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (23, 60, 0.2709, 0.5098),
        (280, 400, 0.6534, 0.7428),
        (30, 50, 0.4618, 0.7239),
    ],
)
def test_wilson_gives_the_published_limits(k: int, n: int, low: float, high: float) -> None:
    assert intervals.wilson(k, n, 0.95) == pytest.approx((low, high), abs=5.1e-5)


@quick
@given(st.integers(0, 10**9), st.integers(1, 10**9), CONFIDENCES)
def test_wilson_is_statsmodels(k: int, n: int, confidence: float) -> None:
    k = k % (n + 1)
    interval = intervals.wilson(k, n, confidence)
    assert interval is not None
    expected = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
    assert interval == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert 0 <= interval[0] <= k / n <= interval[1] <= 1


def test_wilson_ends_exactly_at_0_and_1() -> None:
    for n in (1, 3, 7, 20, 10**6):
        nothing, everything = intervals.wilson(0, n, 0.95), intervals.wilson(n, n, 0.95)
        assert nothing is not None
        assert everything is not None
        assert nothing[0] == 0
        assert everything[1] == 1
        assert nothing[1] == pytest.approx(1 - everything[0], rel=1e-12)


def test_a_share_of_nothing_has_no_interval() -> None:
    assert intervals.wilson(0, 0, 0.95) is None


@pytest.mark.parametrize(("k", "n"), [(3, 2), (-1, 2)])
def test_wilson_refuses_what_is_not_a_share(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="0 <= k <= n"):
        intervals.wilson(k, n, 0.95)


@pytest.mark.parametrize(
    ("k", "low", "high"),
    # The table of Poisson limits in Garwood's form that textbooks print, to two digits.
    [(0, 0.00, 3.69), (1, 0.03, 5.57), (2, 0.24, 7.22), (5, 1.62, 11.67), (10, 4.80, 18.39), (16, 9.15, 25.98)],
)
def test_poisson_exact_gives_the_textbook_limits(k: int, low: float, high: float) -> None:
    assert intervals.poisson_exact(k, 0.95) == pytest.approx((low, high), abs=5.1e-3)


@quick
@given(st.integers(1, 200_000), CONFIDENCES)
def test_poisson_exact_inverts_the_poisson_tails(k: int, confidence: float) -> None:
    low, high = intervals.poisson_exact(k, confidence)
    tail = (1 - confidence) / 2
    assert stats.poisson.sf(k - 1, low) == pytest.approx(tail, rel=1e-6)
    assert stats.poisson.cdf(k, high) == pytest.approx(tail, rel=1e-6)
    assert low < k < high


def test_poisson_exact_of_nothing_starts_at_zero() -> None:
    low, high = intervals.poisson_exact(0, 0.95)
    assert low == 0
    assert high == pytest.approx(-math.log(0.025), rel=1e-12)
    with pytest.raises(ValueError, match="negative"):
        intervals.poisson_exact(-1, 0.95)


@quick
@given(st.lists(st.integers(-(10**7), 10**7), min_size=2, max_size=40), CONFIDENCES, st.sampled_from([1, 1000, 10**6]))
def test_mean_interval_is_scipys(values: list[int], confidence: float, grain: int) -> None:
    if len(set(values)) == 1:
        values = [*values, values[0] + 1]
    interval = intervals.mean_interval(len(values), sum(values), sum(v * v for v in values), confidence, grain)
    sample = [v / grain for v in values]
    expected = stats.t.interval(confidence, len(sample) - 1, loc=sum(sample) / len(sample), scale=stats.sem(sample))
    assert interval == pytest.approx(expected, rel=1e-8, abs=1e-8 * max(map(abs, sample)))


def test_mean_interval_survives_values_that_floats_would_cancel() -> None:
    # Three values that differ by one part in 1e15: sum of squares less square of the sum is 0 in floats.
    values = [10**15, 10**15 + 1, 10**15 + 2]
    interval = intervals.mean_interval(3, sum(values), sum(v * v for v in values), 0.95)
    assert interval is not None
    low, high = interval
    assert high - low == pytest.approx(2 * stats.t.ppf(0.975, 2) / math.sqrt(3), abs=0.3)
    assert high > low


def test_mean_interval_needs_two_values() -> None:
    assert intervals.mean_interval(0, 0, 0, 0.95) is None
    assert intervals.mean_interval(1, 5, 25, 0.95) is None
    assert intervals.mean_interval(4, 20, 100, 0.95) == (5.0, 5.0)
    with pytest.raises(ValueError, match="sum of squares"):
        intervals.mean_interval(4, 20, 99, 0.95)


CLUSTERS = [(10, 3000), (20, 8000), (30, 9000), (40, 20000)]


def cluster_sums(clusters: list[tuple[int, int]]) -> tuple[int, int, int, int, int, int]:
    """g, y, x, syy, sxy, sxx of (x, y) pairs."""
    return (
        len(clusters),
        sum(y for _, y in clusters),
        sum(x for x, _ in clusters),
        sum(y * y for _, y in clusters),
        sum(x * y for x, y in clusters),
        sum(x * x for x, _ in clusters),
    )


def test_ratio_interval_gives_the_worked_example() -> None:
    # Four agents, calls and seconds: ratio 400, standard error 58.878.
    interval = intervals.ratio_interval(*cluster_sums(CLUSTERS), 0.95)
    assert interval is not None
    low, high = interval
    assert (low + high) / 2 == pytest.approx(400, rel=1e-14)
    assert (high - low) / 2 == pytest.approx(58.878 * stats.t.ppf(0.975, 3), rel=1e-5)


@quick
@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 10**8)), min_size=2, max_size=30), CONFIDENCES)
def test_ratio_interval_is_the_linearised_variance_in_exact_arithmetic(
    clusters: list[tuple[int, int]], confidence: float
) -> None:
    g, y, x, *squares = cluster_sums(clusters)
    interval = intervals.ratio_interval(g, y, x, *squares, confidence)
    ratio = Fraction(y, x)
    variance = Fraction(g, g - 1) * sum((yi - ratio * xi) ** 2 for xi, yi in clusters) / x**2
    half = float(stats.t.ppf((1 + confidence) / 2, g - 1)) * math.sqrt(variance)
    assert interval == pytest.approx((float(ratio) - half, float(ratio) + half), rel=1e-9, abs=1e-9)


def test_ratio_interval_of_counted_rows_is_the_t_interval_of_their_mean() -> None:
    values = [3, 5, 5, 8, 13, 21]
    rows = cluster_sums([(1, value) for value in values])
    of_mean = intervals.mean_interval(len(values), sum(values), sum(v * v for v in values), 0.9)
    assert of_mean is not None
    assert intervals.ratio_interval(*rows, 0.9) == pytest.approx(of_mean, rel=1e-12)


def test_ratio_interval_needs_two_clusters_and_a_denominator() -> None:
    assert intervals.ratio_interval(1, 5, 2, 25, 10, 4, 0.95) is None
    assert intervals.ratio_interval(0, 0, 0, 0, 0, 0, 0.95) is None
    assert intervals.ratio_interval(3, 5, 0, 25, 0, 0, 0.95) is None
    with pytest.raises(ValueError, match="clusters"):
        intervals.ratio_interval(2, 5, 2, 1, 10, 4, 0.95)


def test_net_interval_gives_the_published_margin() -> None:
    # 162 promoters, 54 detractors of 324: 33.3, standard error 4.1409, margin 8.116.
    interval = intervals.net_interval(162, 54, 324, 0.95)
    assert interval == pytest.approx((100 / 3 - 8.116, 100 / 3 + 8.116), abs=5e-4)


@quick
@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), CONFIDENCES)
def test_net_interval_is_the_variance_of_plus_one_zero_minus_one(
    n_for: int, n_against: int, passive: int, confidence: float
) -> None:
    n = n_for + n_against + passive
    scores = [1] * n_for + [0] * passive + [-1] * n_against
    mean = Fraction(sum(scores), n)
    error = math.sqrt(sum((score - mean) ** 2 for score in scores) / n / n)
    half = 100 * stats.norm.ppf((1 + confidence) / 2) * error
    expected = (max(-100.0, 100 * float(mean) - half), min(100.0, 100 * float(mean) + half))
    assert intervals.net_interval(n_for, n_against, n, confidence) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_net_interval_stays_on_the_scale() -> None:
    assert intervals.net_interval(1, 1, 2, 0.95) == (-100, 100)
    assert intervals.net_interval(5, 0, 5, 0.95) == (100, 100)
    assert intervals.net_interval(0, 0, 0, 0.95) is None
    with pytest.raises(ValueError, match="fit in n"):
        intervals.net_interval(3, 3, 5, 0.95)


def test_mover_difference_of_two_shares_gives_newcombes_published_interval() -> None:
    # Newcombe 1998 (differences), example a: 56/70 less 48/80, hybrid score method: 0.0524 to 0.3339.
    a, b = intervals.wilson(56, 70, 0.95), intervals.wilson(48, 80, 0.95)
    assert a is not None
    assert b is not None
    assert intervals.mover_difference(56 / 70, *a, 48 / 80, *b) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@quick
@given(*[st.floats(-1e6, 1e6) for _ in range(2)], *[st.floats(0, 1e6) for _ in range(2)])
def test_mover_difference_of_symmetric_intervals_adds_their_squares(a: float, b: float, wa: float, wb: float) -> None:
    low, high = intervals.mover_difference(a, a - wa, a + wa, b, b - wb, b + wb)
    assert (high - low) / 2 == pytest.approx(math.hypot(wa, wb), rel=1e-6, abs=1e-6)
    assert (low + high) / 2 == pytest.approx(a - b, rel=1e-6, abs=1e-6)


def test_mover_difference_is_antisymmetric() -> None:
    low, high = intervals.mover_difference(5, 3, 9, 4, 1, 6)
    assert intervals.mover_difference(4, 1, 6, 5, 3, 9) == pytest.approx((-high, -low), rel=1e-15)


@pytest.mark.parametrize("confidence", [0, 1, -1, 95])
def test_confidence_is_a_fraction(confidence: float) -> None:
    for call in (
        lambda: intervals.wilson(1, 2, confidence),
        lambda: intervals.poisson_exact(3, confidence),
        lambda: intervals.mean_interval(3, 6, 14, confidence),
        lambda: intervals.ratio_interval(*cluster_sums(CLUSTERS), confidence),
        lambda: intervals.net_interval(1, 1, 4, confidence),
    ):
        with pytest.raises(ValueError, match="confidence"):
            call()


def test_wilson_covers_as_often_as_it_says() -> None:
    # Exact coverage at n = 40, averaged over shares: the score interval is close to nominal on average.
    n = 40
    limits = [intervals.wilson(k, n, 0.95) for k in range(n + 1)]
    shares = [i / 200 for i in range(10, 191)]
    covered = [
        sum(
            math.comb(n, k) * p**k * (1 - p) ** (n - k)
            for k, limit in enumerate(limits)
            if limit is not None and limit[0] <= p <= limit[1]
        )
        for p in shares
    ]
    assert math.fsum(covered) / len(covered) == pytest.approx(0.95, abs=0.006)


def test_clustered_limits_are_wider_where_contacts_of_an_agent_are_alike() -> None:
    draw = random.Random(7)
    agents = [[200 + 60 * draw.gauss(0, 1)] * 30 for _ in range(20)]
    by_row = cluster_sums([(1, round(value)) for agent in agents for value in agent])
    by_agent = cluster_sums([(len(agent), sum(round(value) for value in agent)) for agent in agents])
    rows, clusters = intervals.ratio_interval(*by_row, 0.95), intervals.ratio_interval(*by_agent, 0.95)
    assert rows is not None
    assert clusters is not None
    assert (clusters[1] - clusters[0]) / (rows[1] - rows[0]) > 4
