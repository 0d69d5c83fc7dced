"""Aalen-Johansen against SAS as published, against lifelines, and against its own definition."""

from __future__ import annotations

import math
import random
import warnings
from collections import Counter
from fractions import Fraction
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter

from cxkpi.stats.competing import (
    Incidence,
    aalen_johansen,
    incidence_at,
    incidence_limits_at,
    incidence_quantile,
    incidence_quantile_interval,
)
from cxkpi.stats.survival import kaplan_meier, survival_at

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)

EVENT, OTHER, CENSORED = range(3)
Exit = tuple[int, int]


def incidence_of(exits: list[Exit], entries: list[int] | None = None, confidence: float = 0.95) -> Incidence:
    counts = [(time, int(kind == EVENT), int(kind == OTHER), int(kind == CENSORED)) for time, kind in exits]
    return aalen_johansen(counts, confidence, None if entries is None else [(entry, 1) for entry in entries])


# Durations 1 to 6 with the codes 0, 1, 1, 2, 2, 0, where 2 is the event and 1 competes.
PUBLISHED = [(1, CENSORED), (2, OTHER), (3, OTHER), (4, EVENT), (5, EVENT), (6, CENSORED)]


def test_the_published_variances_and_limits_of_sas() -> None:
    """G-25: lifelines' test against SAS."""
    curve = incidence_of(PUBLISHED)
    assert [incidence_at(curve, t) for t in range(7)] == [0, 0, 0, 0, 0.2, 0.4, 0.4]
    assert curve.variance[2:] == pytest.approx((0.032, 0.048), abs=1e-12)
    assert incidence_limits_at(curve, 3) is None
    assert incidence_limits_at(curve, 4) == pytest.approx((0.00836904, 0.58185303), abs=5.1e-9)
    assert incidence_limits_at(curve, 5) == pytest.approx((0.05197575, 0.75281579), abs=5.1e-9)


def test_the_other_cause_of_the_published_data() -> None:
    curve = incidence_of([(time, {EVENT: OTHER, OTHER: EVENT}.get(kind, kind)) for time, kind in PUBLISHED])
    assert incidence_at(curve, 6) == 0.4


def test_one_minus_kaplan_meier_is_not_the_incidence() -> None:
    """Those who ended otherwise taken as censored: 1/3 and 2/3 where 20 % and 40 % have had the event."""
    naive = kaplan_meier([(time, int(kind == EVENT), int(kind != EVENT)) for time, kind in PUBLISHED], 0.95)
    assert [1 - survival_at(naive, t) for t in (4, 5)] == [Fraction(1, 3), Fraction(2, 3)]


exits = st.tuples(st.integers(1, 30), st.sampled_from([EVENT, OTHER, CENSORED]))


@quick
@given(st.lists(exits, min_size=1, max_size=50))
def test_every_share_adds_up_to_the_whole(observed: list[Exit]) -> None:
    """What has happened in one way, in the other, and not at all: 1 at every time, and never less again."""
    curve = incidence_of(observed)
    swapped = incidence_of([(time, {EVENT: OTHER, OTHER: EVENT}.get(kind, kind)) for time, kind in observed])
    assert curve.times == swapped.times
    for one, other, free in zip(curve.incidence, swapped.incidence, curve.free, strict=True):
        assert one + other + free == pytest.approx(1, abs=4e-16)
    assert list(curve.incidence) == sorted(curve.incidence)
    assert list(curve.free) == sorted(curve.free, reverse=True)


@quick
@given(st.lists(exits, min_size=1, max_size=40))
def test_the_definition_step_by_step(observed: list[Exit]) -> None:
    """Incidence and variance from the sums as they are written, with ties."""
    curve = incidence_of(observed)
    steps = []
    free, share = Fraction(1), Fraction(0)
    for t in sorted({time for time, kind in observed if kind != CENSORED}):
        at_risk = sum(time >= t for time, _ in observed)
        wanted = sum((time, kind) == (t, EVENT) for time, kind in observed)
        ended = wanted + sum((time, kind) == (t, OTHER) for time, kind in observed)
        share += free * Fraction(wanted, at_risk)
        steps.append((t, at_risk, wanted, ended, free, share))
        free *= 1 - Fraction(ended, at_risk)
    assert curve.times == tuple(step[0] for step in steps)
    assert curve.incidence == tuple(float(step[5]) for step in steps)
    for index, (_, _, _, _, _, now) in enumerate(steps):
        variance = Fraction(0)
        for _, n, c, d, before, then in steps[: index + 1]:
            if d < n:
                variance += (now - then) ** 2 * Fraction(d, n * (n - d))
            variance += before**2 * Fraction(c * (n - c), n**3) - 2 * (now - then) * before * Fraction(c, n**2)
        assert curve.variance[index] == pytest.approx(float(variance), rel=1e-9, abs=1e-12)


@quick
@given(st.lists(st.sampled_from([EVENT, OTHER, CENSORED]), min_size=3, max_size=60), st.sampled_from([0.9, 0.95]))
def test_incidence_variance_and_limits_are_lifelines(kinds: list[int], confidence: float) -> None:
    """Without ties, which lifelines would move apart at random."""
    observed = list(enumerate(kinds, start=1))
    if EVENT not in kinds or kinds[-1] != CENSORED:
        return
    curve = incidence_of(observed, confidence=confidence)
    codes = {EVENT: 2, OTHER: 1, CENSORED: 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = AalenJohansenFitter(alpha=1 - confidence).fit(
            [time for time, _ in observed], [codes[kind] for _, kind in observed], event_of_interest=2
        )
    shares, variances = fit.cumulative_density_.iloc[:, 0], fit.variance_
    for index, t in enumerate(curve.times):
        assert float(curve.incidence[index]) == pytest.approx(shares.loc[t])
        if curve.incidence[index]:
            assert curve.variance[index] == pytest.approx(variances.loc[t], rel=1e-9)
            low, high = fit.confidence_interval_.loc[t]
            assert (curve.low[index], curve.high[index]) == pytest.approx((low, high), rel=1e-9)


@quick
@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from([EVENT, CENSORED])), min_size=1, max_size=40))
def test_without_competition_it_is_one_minus_kaplan_meier(observed: list[Exit]) -> None:
    curve = incidence_of(observed)
    plain = kaplan_meier([(time, int(kind == EVENT), int(kind == CENSORED)) for time, kind in observed], 0.95)
    assert curve.times == plain.times
    assert curve.incidence == tuple(float(1 - share) for share in plain.survival)
    assert curve.free == tuple(float(share) for share in plain.survival)
    greenwood = 0.0
    for n, d, share, variance in zip(plain.at_risk, plain.events, plain.survival, curve.variance, strict=True):
        if d < n:
            greenwood += d / (n * (n - d))
            assert variance == pytest.approx(float(share) ** 2 * greenwood, rel=1e-9, abs=1e-12)


@quick
@given(st.lists(exits, min_size=1, max_size=50))
def test_limits_hold_the_incidence_and_the_quantile(observed: list[Exit]) -> None:
    curve = incidence_of(observed)
    for low, share, high in zip(curve.low, curve.incidence, curve.high, strict=True):
        assert 0 <= low <= share <= high <= 1
    for q in (0.1, 0.5, 0.9):
        at = incidence_quantile(curve, q)
        first, last = incidence_quantile_interval(curve, q)
        if at is not None:
            assert first is not None
            assert first <= at
            assert last is None or at <= last


def test_a_quantile_is_exact() -> None:
    """Ten people, three of whom leave on the first day; all the rest have had the event by the third: 70 %."""
    curve = incidence_of([(1, OTHER)] * 3 + [(2, EVENT)] * 5 + [(3, EVENT)] * 2)
    assert incidence_quantile(curve, 0.5) == 2
    assert incidence_quantile(curve, 0.7) == 3
    assert incidence_quantile(curve, 0.71) is None
    assert incidence_quantile(incidence_of([(day, EVENT) for day in range(1, 11)]), 0.9) == 9
    with pytest.raises(ValueError, match="quantile"):
        incidence_quantile(curve, 1)


@quick
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(1, 15), st.sampled_from(range(3))), min_size=1, max_size=30))
def test_delayed_entry_counts_who_has_entered_and_not_left(spells: list[tuple[int, int, int]]) -> None:
    spells = [(entry, entry + stay, kind) for entry, stay, kind in spells]
    curve = incidence_of([(leave, kind) for _, leave, kind in spells], [entry for entry, _, _ in spells])
    free, share = Fraction(1), Fraction(0)
    for index, t in enumerate(curve.times):
        at_risk = sum(entry < t <= leave for entry, leave, _ in spells)
        ended = Counter(kind for _, leave, kind in spells if leave == t)
        share += free * Fraction(ended[EVENT], at_risk)
        free *= 1 - Fraction(ended[EVENT] + ended[OTHER], at_risk)
        assert (curve.at_risk[index], curve.incidence[index], curve.free[index]) == (
            at_risk,
            float(share),
            float(free),
        )


def test_nobody_and_nothing_happened() -> None:
    for curve in (aalen_johansen([], 0.95), incidence_of([(3, CENSORED)])):
        assert curve == Incidence((), (), (), (), (), (), (), (), ())
        assert incidence_at(curve, 9) == 0
        assert incidence_quantile(curve, 0.5) is None
        assert incidence_quantile_interval(curve, 0.5) == (None, None)


def test_all_of_them() -> None:
    """The scale of the limits ends at 1: the lower limit stays what it was, and the upper is 1."""
    curve = incidence_of([(1, EVENT), (2, EVENT)])
    assert curve.incidence == (0.5, 1)
    assert (curve.low[1], curve.high[1]) == (curve.low[0], 1.0)
    assert 0 < curve.low[0] < 0.5


@pytest.mark.parametrize(
    ("counts", "entries", "message"),
    [
        ([(1, 1, -1, 0)], None, "negative"),
        ([(1, 1, 0, 0)], [(0, 2)], "2 entities enter but 1 exit"),
        ([(3, 0, 1, 0), (9, 0, 0, 1)], [(5, 2)], "1 entities exit at 3, but only 0 are at risk"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    counts: list[tuple[int, int, int, int]], entries: list[tuple[int, int]] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        aalen_johansen(counts, 0.95, entries)


def test_thousands_of_entities_take_milliseconds() -> None:
    draw = random.Random(11)
    counts = [(draw.randrange(1, 800), *draw.choice([(1, 0, 0), (0, 1, 0), (0, 0, 1)])) for _ in range(6000)]
    best = math.inf
    for _ in range(3):
        started = perf_counter()
        curve = aalen_johansen(counts, 0.95)
        best = min(best, perf_counter() - started)
    assert len(curve.times) > 700
    assert best < 0.5
