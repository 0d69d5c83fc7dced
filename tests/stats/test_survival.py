"""Kaplan-Meier against published curves, against lifelines, and against its own definition."""

from __future__ import annotations

import csv
import math
import os
import random
import statistics
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.datasets import load_waltons
from lifelines.utils import median_survival_times, qth_survival_times, restricted_mean_survival_time

from cxkpi.stats.survival import (
    Curve,
    kaplan_meier,
    quantile,
    quantile_interval,
    restricted_mean,
    restricted_mean_interval,
    survival_at,
    survival_limits_at,
)

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)
LUNG = "survival_lung/lung.csv"

Observation = tuple[int, bool]


def curve_of(observations: list[Observation], entries: list[int] | None = None, confidence: float = 0.95) -> Curve:
    counts = [(duration, int(event), int(not event)) for duration, event in observations]
    return kaplan_meier(counts, confidence, None if entries is None else [(entry, 1) for entry in entries])


def events(*durations: int) -> list[Observation]:
    return [(duration, True) for duration in durations]


def censored(*durations: int) -> list[Observation]:
    return [(duration, False) for duration in durations]


BEWICK = events(1, 1, 4, 5, 9, 22) + censored(6, 9)
CONTROL = events(34, 32, 9, 19) + censored(50, 48)
RIT = events(25, 53) + censored(28, 69, 58, 54, 51, 61, 57, 57, 50)
FREIREICH = events(6, 6, 6, 7, 10, 13, 16, 22, 23) + censored(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)


def test_the_published_table_of_bewick_cheek_and_ball() -> None:
    curve = curve_of(BEWICK)
    assert curve.times == (1, 4, 5, 9, 22)
    assert curve.at_risk == (8, 6, 5, 3, 1)
    assert curve.events == (2, 1, 1, 1, 1)
    assert curve.survival == (Fraction(3, 4), Fraction(5, 8), Fraction(1, 2), Fraction(1, 3), Fraction(0))


def test_the_median_is_the_first_time_at_exactly_one_half() -> None:
    assert quantile(curve_of(BEWICK), 0.5) == 5
    assert quantile(curve_of(CONTROL), 0.5) == 32


def test_the_control_group_of_g3_as_r_prints_it() -> None:
    curve = curve_of(CONTROL)
    assert curve.times == (9, 19, 32, 34)
    assert [float(share) for share in curve.survival] == pytest.approx([0.8333, 0.6667, 0.5, 0.3333], abs=5.1e-5)
    assert curve.low == pytest.approx([0.2731, 0.1946, 0.1109, 0.0461], abs=5.1e-5)
    assert curve.high == pytest.approx([0.975, 0.904, 0.804, 0.676], abs=5.1e-4)


def test_the_treated_group_of_g3_never_reaches_its_median() -> None:
    curve = curve_of(RIT)
    assert curve.times == (25, 53)
    assert [float(share) for share in curve.survival] == pytest.approx([0.909, 0.779], abs=5.1e-4)
    assert quantile(curve, 0.5) is None
    assert quantile_interval(curve, 0.5) == (53, None)


def test_the_6_mp_arm_of_freireich() -> None:
    curve = curve_of(FREIREICH)
    assert curve.times == (6, 7, 10, 13, 16, 22, 23)
    published = [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert [float(share) for share in curve.survival] == pytest.approx(published, abs=5.1e-5)
    assert quantile(curve, 0.5) == 23


@pytest.mark.parametrize(
    ("entries", "exits", "published"),
    [
        ([1, 2, 4, 0, 0], [2, 10, 5, 4, 3], [0.667, 0.444, 0.222, 0.111, 0]),
        # The published example has an entry at 1.9; durations here are whole, so its clock runs ten times faster.
        ([19, 0, 0, 0, 0], [20, 100, 50, 40, 30], [0.8, 0.6, 0.4, 0.2, 0]),
    ],
)
def test_delayed_entry_as_r_prints_it(entries: list[int], exits: list[int], published: list[float]) -> None:
    curve = curve_of(events(*exits), entries)
    assert curve.times == tuple(sorted(exits))
    assert [float(share) for share in curve.survival] == pytest.approx(published, abs=5.1e-4)


def test_who_enters_at_zero_is_at_risk_at_zero() -> None:
    observations = events(0, 3) + censored(3)
    assert curve_of(observations, [0, 0, 0]) == curve_of(observations)
    assert curve_of(observations).survival == (Fraction(2, 3), Fraction(1, 3))


def test_contacts_whose_window_is_open_are_censored_not_failures() -> None:
    # A window of 7 days at day 14: one repeat after 4 days, two judged in full, two still open after 5 and 2 days.
    assert survival_at(curve_of(events(4) + censored(7, 7, 5, 2)), 7) == Fraction(3, 4)


def test_waltons_as_lifelines_publishes_it() -> None:
    data = load_waltons()
    observations = [(int(t), bool(e)) for t, e in zip(data["T"], data["E"], strict=True)]
    assert (len(observations), sum(event for _, event in observations)) == (163, 156)
    assert quantile(curve_of(observations), 0.5) == 56
    groups = {
        name: curve_of([o for o, group in zip(observations, data["group"], strict=True) if group == name])
        for name in ("control", "miR-137")
    }
    assert {name: (sum(curve.events), quantile(curve, 0.5)) for name, curve in groups.items()} == {
        "control": (122, 58),
        "miR-137": (34, 26),
    }


def test_survival_lung_has_the_medians_stated_beside_it() -> None:
    folder = os.environ.get("CXKPI_REFERENCE_DATA")
    if not folder:
        pytest.skip("CXKPI_REFERENCE_DATA is not set")
    with (Path(folder) / LUNG).open(encoding="utf-8", newline="") as file:
        rows = [(int(row["time"]), row["status"] == "1", row["sex"]) for row in csv.DictReader(file)]
    curve = curve_of([(duration, event) for duration, event, _ in rows])
    assert (len(rows), sum(curve.events)) == (228, 165)
    assert quantile(curve, 0.5) == 310
    assert quantile_interval(curve, 0.5) == (284, 361)
    for sex, median in (("1", 270), ("2", 426)):
        assert quantile(curve_of([(duration, event) for duration, event, group in rows if group == sex]), 0.5) == median


@st.composite
def samples(draw: st.DrawFn) -> list[Observation]:
    last = draw(st.integers(1, 60))
    observation = st.tuples(st.integers(1, last), st.booleans())
    # Two who outlast everybody keep the curve above 0, where lifelines and the log(-log) scale agree.
    drawn = draw(st.lists(observation, max_size=60))
    return [*drawn, (draw(st.integers(1, last)), True), *censored(last + 1, last + 1)]


def lifelines_fit(observations: list[Observation], confidence: float) -> KaplanMeierFitter:
    durations, happened = zip(*observations, strict=True)
    return KaplanMeierFitter(alpha=1 - confidence).fit(list(durations), list(happened))


@quick
@given(samples(), st.sampled_from([0.8, 0.95]))
def test_curve_and_limits_are_lifelines(observations: list[Observation], confidence: float) -> None:
    curve = curve_of(observations, confidence=confidence)
    fit = lifelines_fit(observations, confidence)
    times = list(curve.times)
    assert fit.survival_function_.loc[times, "KM_estimate"].tolist() == pytest.approx(list(map(float, curve.survival)))
    limits = fit.confidence_interval_.loc[times]
    assert limits.iloc[:, 0].tolist() == pytest.approx(list(curve.low))
    assert limits.iloc[:, 1].tolist() == pytest.approx(list(curve.high))
    assert fit.event_table.loc[times, "at_risk"].tolist() == list(curve.at_risk)
    assert fit.event_table.loc[times, "observed"].tolist() == list(curve.events)


@quick
@given(samples(), st.sampled_from([0.9, 0.5, 0.23]))
def test_quantile_and_interval_are_lifelines(observations: list[Observation], q: float) -> None:
    curve = curve_of(observations)
    # lifelines compares products of floats: stay away from ties, which are tested by hand.
    if any(math.isclose(share, 1 - q, abs_tol=1e-9) for share in curve.survival):
        return
    fit = lifelines_fit(observations, 0.95)
    expected = [
        float(qth_survival_times(1 - q, fit.survival_function_)),
        *map(float, qth_survival_times(1 - q, fit.confidence_interval_).iloc[0]),
    ]
    low, high = quantile_interval(curve, q)
    assert [math.inf if t is None else t for t in (quantile(curve, q), low, high)] == expected


def test_the_interval_of_the_median_is_lifelines() -> None:
    fit = lifelines_fit(FREIREICH, 0.95)
    expected = tuple(float(limit) for limit in median_survival_times(fit.confidence_interval_).iloc[0])
    low, high = quantile_interval(curve_of(FREIREICH), 0.5)
    assert (low, math.inf if high is None else high) == expected


@quick
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans()), min_size=1, max_size=40))
def test_delayed_entry_counts_who_has_entered_and_not_left(spells: list[tuple[int, int, bool]]) -> None:
    spells = [(entry, entry + stay, event) for entry, stay, event in spells]
    curve = curve_of([(leave, event) for _, leave, event in spells], [entry for entry, _, _ in spells])
    share = Fraction(1)
    for index, t in enumerate(curve.times):
        at_risk = sum(entry < t <= leave for entry, leave, _ in spells)
        happened = sum(leave == t and event for _, leave, event in spells)
        share *= 1 - Fraction(happened, at_risk)
        assert (curve.at_risk[index], curve.events[index], curve.survival[index]) == (at_risk, happened, share)


@quick
@given(samples(), st.randoms(use_true_random=False))
def test_order_and_grouping_do_not_matter(observations: list[Observation], shuffler: random.Random) -> None:
    grouped = Counter(observations)
    durations = sorted({d for d, _ in observations})
    shuffler.shuffle(durations)
    assert kaplan_meier([(d, grouped[d, True], grouped[d, False]) for d in durations], 0.95) == curve_of(observations)


@quick
@given(samples())
def test_limits_hold_the_curve_and_the_quantile(observations: list[Observation]) -> None:
    curve = curve_of(observations)
    for low, share, high in zip(curve.low, curve.survival, curve.high, strict=True):
        assert 0 <= low <= share <= high <= 1
    for q in (0.1, 0.5, 0.9):
        low_time, high_time = quantile_interval(curve, q)
        at = quantile(curve, q)
        if at is not None:
            assert low_time is not None
            assert low_time <= at
            assert high_time is None or at <= high_time


def test_without_censoring_survival_is_the_share_still_there() -> None:
    curve = curve_of(events(*[1] * 3, *[2] * 4, *[5] * 3))
    assert curve.survival == (Fraction(7, 10), Fraction(3, 10), Fraction(0))


def test_a_quantile_is_the_decimal_it_is_written_as() -> None:
    # Ten exits one by one: S = 0.1 after the ninth. In floats 1 - 0.9 is less than 0.1 and the tenth would be given.
    curve = curve_of(events(*range(1, 11)))
    assert [quantile(curve, tenths / 10) for tenths in range(1, 10)] == list(range(1, 10))
    assert quantile(curve_of(events(1, 2, 3)), Fraction(1, 3)) == 1
    for q in (0, 1, 1.5):
        with pytest.raises(ValueError, match="quantile"):
            quantile(curve, q)


def test_a_curve_that_ends_at_zero_keeps_its_upper_limit() -> None:
    alone = curve_of(events(10))
    assert (alone.low, alone.high) == ((0.0,), (1.0,))
    assert quantile(alone, 0.5) == 10
    assert quantile_interval(alone, 0.5) == (10, None)
    pair = curve_of(events(3, 5))
    assert pair.high[1] == pair.high[0] < 1


def test_nobody_and_nothing_happened() -> None:
    for curve in (kaplan_meier([], 0.95), curve_of(censored(3, 4))):
        assert curve == Curve((), (), (), (), (), ())
        assert quantile(curve, 0.5) is None
        assert quantile_interval(curve, 0.5) == (None, None)
        assert survival_at(curve, 100) == 1


def test_survival_between_before_and_after_the_steps() -> None:
    curve = curve_of(BEWICK)
    assert [survival_at(curve, t) for t in (0, 1, 3, 4, 21, 22, 99)] == [
        Fraction(1), Fraction(3, 4), Fraction(3, 4), Fraction(5, 8), Fraction(1, 3), Fraction(0), Fraction(0)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "entries", "message"),
    [
        ([(-1, 1, 0)], None, "negative"),
        ([(1, -1, 2)], None, "negative"),
        ([(1, 1, 0)], [(0, 2)], "2 entities enter but 1 exit"),
        ([(1, 1, 0), (9, 0, 1)], [(0, 1), (-2, 1)], "negative"),
        ([(3, 1, 0), (9, 0, 1)], [(5, 2)], "1 entities exit at 3, but only 0 are at risk"),
    ],
)
def test_counts_that_cannot_be_are_refused(
    counts: list[tuple[int, int, int]], entries: list[tuple[int, int]] | None, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kaplan_meier(counts, 0.95, entries)


def test_confidence_is_a_fraction() -> None:
    with pytest.raises(ValueError, match="confidence"):
        kaplan_meier([(1, 1, 1)], 95)


def test_thousands_of_entities_take_milliseconds() -> None:
    draw = random.Random(11)
    counts = [(draw.randrange(1, 800), *draw.choice([(1, 0), (0, 1)])) for _ in range(6000)]
    best = math.inf
    for _ in range(3):
        started = time.perf_counter()
        curve = kaplan_meier(counts, 0.95)
        quantile(curve, 0.5)
        quantile_interval(curve, 0.5)
        best = min(best, time.perf_counter() - started)
    assert len(curve.times) > 700
    assert best < 0.25


# ------------------------------------------------------------------------------------------------- restricted means


def test_the_area_under_the_published_curve() -> None:
    """G-22 until day 9: 1 x 1 + 3/4 x 3 + 5/8 x 1 + 1/2 x 4 = 5.875; the event on day 9 takes nothing from it."""
    mean, variance = restricted_mean(curve_of(BEWICK), 9)
    assert mean == Fraction(47, 8)
    # Areas after days 1, 4 and 5: 39/8, 21/8, 2.
    terms = [Fraction(39, 8) ** 2 * Fraction(2, 48), Fraction(21, 8) ** 2 * Fraction(1, 30), 4 * Fraction(1, 20)]
    assert variance == pytest.approx(float(sum(terms)))
    low, high = restricted_mean_interval(curve_of(BEWICK), 9, 0.95)
    assert (low + high) / 2 == pytest.approx(5.875)
    assert high - low == pytest.approx(2 * 1.959963985 * math.sqrt(float(sum(terms))))


@quick
@given(samples(), st.integers(1, 60))
def test_the_restricted_mean_is_lifelines(observations: list[Observation], until: int) -> None:
    fit = lifelines_fit(observations, 0.95)
    mean, _ = restricted_mean(curve_of(observations), until)
    assert float(mean) == pytest.approx(restricted_mean_survival_time(fit, t=until))


@quick
@given(st.lists(st.integers(0, 40), min_size=2, max_size=40), st.integers(1, 41))
def test_without_censoring_it_is_the_mean_of_what_was_watched(durations: list[int], until: int) -> None:
    """And its variance that of the durations, cut, by their number, over their number."""
    cut = [min(duration, until) for duration in durations]
    mean, variance = restricted_mean(curve_of(events(*durations)), until)
    assert mean == Fraction(sum(cut), len(cut))
    assert variance == pytest.approx(statistics.pvariance(cut) / len(cut), rel=1e-9, abs=1e-12)
    limits = restricted_mean_interval(curve_of(events(*durations)), until, 0.95)
    if limits is None:
        assert len(set(cut)) == 1
    else:
        assert 0 <= limits[0] <= mean <= limits[1] <= until


def test_a_mean_needs_a_limit() -> None:
    with pytest.raises(ValueError, match="positive"):
        restricted_mean(curve_of(BEWICK), 0)


def test_limits_at_a_time_are_those_of_the_step_before() -> None:
    curve = curve_of(BEWICK)
    assert survival_limits_at(curve, 0) is None
    assert survival_limits_at(curve, 4) == (curve.low[1], curve.high[1])
    assert survival_limits_at(curve, 8) == (curve.low[2], curve.high[2])
