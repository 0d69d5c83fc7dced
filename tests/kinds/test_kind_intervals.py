"""Intervals of the kinds against scipy, statsmodels and plain NumPy formulas over the rows themselves."""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
from kinds.centre import DAY, ENGINES, ask, by_cell, catalogue, made_contacts, one, utc
from scipy import stats

Row = Mapping[str, Any]
RATIO = {
    "kind": "ratio",
    "unit": "seconds",
    "numerator": {"from": "contacts", "sum": "talk_s + hold_s", "where": "handled"},
    "denominator": {"from": "contacts", "count": "rows", "where": "handled"},
}
MEAN = {"kind": "mean", "unit": "seconds", "from": "contacts", "value": "talk_s + hold_s", "where": "handled"}


def usable(rows: Sequence[Row]) -> list[Row]:
    return [
        row
        for row in rows
        if row["abandoned"] is False
        and row["answered_at"] is not None
        and row["talk_s"] is not None
        and row["hold_s"] is not None
    ]


def of_ratio(y: Sequence[float], x: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Cochran 1977, 6.4: residuals of each unit about the ratio, with t of one less than the units."""
    above, below = np.asarray(y, dtype=float), np.asarray(x, dtype=float)
    ratio, units = above.sum() / below.sum(), len(above)
    residuals = above - ratio * below
    error = math.sqrt(units / (units - 1) * (residuals**2).sum()) / below.sum()
    half = stats.t.ppf((1 + confidence) / 2, units - 1) * error
    return ratio - half, ratio + half


def clustered(rows: Sequence[Row]) -> tuple[list[float], list[int]]:
    """Per agent the seconds and the contacts."""
    seconds: dict[str | None, float] = {}
    contacts: dict[str | None, int] = {}
    for row in rows:
        agent = row["agent_id"]
        seconds[agent] = seconds.get(agent, 0) + row["talk_s"] + row["hold_s"]
        contacts[agent] = contacts.get(agent, 0) + 1
    return list(seconds.values()), list(contacts.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_ratio_over_rows_and_clusters(confidence, engine):
    defined = catalogue(
        {
            "rows": {**RATIO, "confidence": confidence},
            "agents": {**RATIO, "cluster": "agent_id", "confidence": confidence},
            "mean": {**MEAN, "cluster": "agent_id", "confidence": confidence},
        }
    )
    rows = usable(made_contacts(3, size=400))
    found = {row.metric: row for row in ask(defined, {"contacts": rows}, engine=engine)}
    seconds = [row["talk_s"] + row["hold_s"] for row in rows]
    assert (found["rows"].low, found["rows"].high) == pytest.approx(of_ratio(seconds, [1] * len(rows), confidence))
    expected = pytest.approx(of_ratio(*clustered(rows), confidence))
    assert len(clustered(rows)[0]) >= 10
    assert (found["agents"].low, found["agents"].high) == expected
    assert (found["mean"].low, found["mean"].high) == expected
    assert all(row.confidence == confidence and row.notes == () for row in found.values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("seconds", "held"),
    [
        ([(600, 600), (40, 100), (590, 600)], (False, True)),
        ([(0, 600), (60, 100), (10, 600)], (True, False)),
        # One part that is more than its whole, or less than nothing, and nothing holds the limits.
        ([(601, 600), (40, 100), (590, 600)], (False, False)),
        ([(-1, 600), (60, 100), (10, 600)], (False, False)),
    ],
)
def test_a_share_of_sums_stays_within_0_and_100_percent_where_no_part_is_more_than_its_whole(seconds, held, engine):
    share = {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {"from": "contacts", "sum": "hold_s", "where": "handled"},
        "denominator": {"from": "contacts", "sum": "talk_s", "where": "handled"},
    }
    defined = catalogue({"share": share, "bare": {**share, "unit": "number"}})
    rows = made_contacts(3, size=len(seconds))
    rows = [
        {**row, "abandoned": False, "answered_at": row["started_at"], "hold_s": float(part), "talk_s": float(whole)}
        for row, (part, whole) in zip(rows, seconds, strict=True)
    ]
    found = {row.metric: row for row in ask(defined, {"contacts": rows}, engine=engine)}
    low, high = of_ratio(*zip(*seconds, strict=True))
    assert (found["bare"].low, found["bare"].high) == pytest.approx((low, high))
    assert low < 0 or high > 1
    assert (found["share"].low, found["share"].high) == pytest.approx((0 if held[0] else low, 1 if held[1] else high))


def test_clustered_ratio_is_regression_with_clustered_errors():
    """statsmodels' cluster-robust variance of a mean is that of a ratio to a count, but for its small-sample factor."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import statsmodels.api as sm

        rows = usable(made_contacts(4, size=300))
        y = np.array([row["talk_s"] + row["hold_s"] for row in rows])
        agents = np.unique([row["agent_id"] for row in rows], return_inverse=True)[1]
        fitted = sm.OLS(y, np.ones((len(y), 1))).fit(
            cov_type="cluster", cov_kwds={"groups": agents, "use_correction": False}
        )
    groups = agents.max() + 1
    half = fitted.bse[0] * math.sqrt(groups / (groups - 1)) * stats.t.ppf(0.975, groups - 1)
    row = one(catalogue({"aht": {**RATIO, "cluster": "agent_id"}}), {"contacts": rows})
    assert (row.value - row.low, row.high - row.value) == pytest.approx((half, half), rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_ratio_of_two_sums(engine):
    """Where the denominator is a sum too: points of points available, sections of an evaluation clustered by agent."""
    chance = random.Random(6)
    evaluations = []
    for number in range(120):
        available = float(chance.choice([5, 10, 40]))
        evaluations.append(
            {
                "evaluation_id": f"e{number}",
                "section": "All",
                "agent_id": f"a{chance.randrange(12)}",
                "evaluated_at": utc("2026-01-05 09:00"),
                "points": round(available * chance.random(), 1),
                "points_available": available,
            }
        )
    score = {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {"from": "evaluations", "sum": "points"},
        "denominator": {"from": "evaluations", "sum": "points_available"},
    }
    defined = catalogue({"rows": score, "agents": {**score, "cluster": "agent_id"}})
    by_rows, by_agents = ask(defined, {"evaluations": evaluations}, engine=engine)
    pairs = [(row["points"], row["points_available"]) for row in evaluations]
    assert (by_rows.low, by_rows.high) == pytest.approx(of_ratio(*zip(*pairs, strict=True)))
    parts: dict[str, list[float]] = {}
    for row in evaluations:
        total = parts.setdefault(row["agent_id"], [0.0, 0.0])
        total[0] += row["points"]
        total[1] += row["points_available"]
    assert (by_agents.low, by_agents.high) == pytest.approx(of_ratio(*zip(*parts.values(), strict=True)))


@pytest.mark.parametrize("engine", ENGINES)
def test_parts_of_a_cluster_are_added_before_they_are_squared(engine):
    """An agent's contacts of several days and queues are one part of the whole, though sums are kept by day."""
    defined = catalogue({"aht": {**RATIO, "cluster": "agent_id"}})
    rows = usable(made_contacts(5, size=500))
    cells = by_cell(ask(defined, {"contacts": rows}, every="quarter", by=("queue",), engine=engine))
    checked = 0
    for (cell, start), row in cells.items():
        inside = [
            one
            for one in rows
            if utc(str(start)) <= one["ended_at"] < utc(str(row.period.end)) and (not cell or one["queue"] == cell[0])
        ]
        seconds, contacts = clustered(inside)
        if len(contacts) >= 10:
            assert (row.low, row.high) == pytest.approx(of_ratio(seconds, contacts))
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["ratio", "mean"])
def test_fewer_than_ten_clusters(kind, engine):
    """Nine agents are too few: the interval is over rows, and says so; ten are enough."""
    metric = {**(RATIO if kind == "ratio" else MEAN), "cluster": "agent_id"}
    rows = usable(made_contacts(6, size=300))
    for agents in (9, 10):
        kept = [row for row in rows if int(row["agent_id"][1:]) < agents]
        row = one(catalogue({"aht": metric}), {"contacts": kept}, engine=engine)
        seconds = [one["talk_s"] + one["hold_s"] for one in kept]
        expected = of_ratio(seconds, [1] * len(kept)) if agents == 9 else of_ratio(*clustered(kept))
        assert (row.low, row.high) == pytest.approx(expected)
        assert any("agent_id" in note for note in row.notes) == (agents == 9)


@pytest.mark.parametrize("engine", ENGINES)
def test_cluster_among_dimensions(engine):
    """Within one agent there is nothing to cluster; the whole still knows its agents apart."""
    rows = usable(made_contacts(7, size=300))
    defined = catalogue({"aht": {**RATIO, "cluster": "agent_id"}})
    whole, *parts = ask(defined, {"contacts": rows}, by=("agent_id",), engine=engine)
    assert (whole.low, whole.high) == pytest.approx(of_ratio(*clustered(rows)))
    assert not whole.notes
    for part in parts:
        seconds = [row["talk_s"] + row["hold_s"] for row in rows if row["agent_id"] == part.by["agent_id"]]
        low, high = of_ratio(seconds, [1] * len(seconds))
        # No time is below nothing, and no mean of times.
        assert (part.low, part.high) == pytest.approx((max(0.0, low), high))
        assert part.notes


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["ratio", "mean"])
@pytest.mark.parametrize("unit", ["seconds", "number"])
def test_few_times_of_any_length_are_not_below_nothing(kind, unit, engine):
    """Three calls of 10, 20 and 600 seconds; a score of such values might be negative, a time is not."""
    metric = {**(RATIO if kind == "ratio" else MEAN), "unit": unit}
    seconds = [10.0, 20.0, 600.0]
    rows = [
        {**row, "abandoned": False, "answered_at": row["started_at"], "talk_s": talk, "hold_s": 0.0}
        for row, talk in zip(made_contacts(3, size=3), seconds, strict=True)
    ]
    found = one(catalogue({"aht": metric}), {"contacts": rows}, engine=engine)
    low, high = of_ratio(seconds, [1, 1, 1])
    assert low < -500
    assert (found.low, found.high) == pytest.approx((0 if unit == "seconds" else low, high))


@pytest.mark.parametrize("engine", ENGINES)
def test_mean_is_students(engine):
    rows = usable(made_contacts(8))
    seconds = [row["talk_s"] + row["hold_s"] for row in rows]
    row = one(catalogue({"talk": MEAN}), {"contacts": rows}, engine=engine)
    expected = stats.t.interval(0.95, len(seconds) - 1, np.mean(seconds), stats.sem(seconds))
    assert (row.value, row.low, row.high) == pytest.approx((np.mean(seconds), *expected))


def test_one_row_has_no_interval():
    rows = usable(made_contacts(8))[:1]
    for metric in (MEAN, RATIO, {**RATIO, "cluster": "agent_id"}):
        row = one(catalogue({"m": metric}), {"contacts": rows})
        assert row.value is not None
        assert (row.low, row.high, row.confidence) == (None, None, None)


@pytest.mark.parametrize(("k", "n"), [(0, 20), (1, 29), (15, 148), (81, 263), (30, 30), (280, 400)])
def test_shares_are_wilsons(k, n):
    """Newcombe's examples and SQM's; against scipy."""
    rows = [
        {"contact_id": str(number), "ended_at": utc("2026-01-05 09:00"), "abandoned": number < k} for number in range(n)
    ]
    row = one(catalogue({"s": {"kind": "share", "from": "contacts", "meets": "abandoned"}}), {"contacts": rows})
    expected = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high), abs=1e-11)


def test_a_repeat_is_a_share():
    rows = [
        {
            "contact_id": f"{n}",
            "customer_id": f"u{n // 3}",
            "started_at": utc("2026-01-05 09:00") + n * DAY / 24,
            "ended_at": utc("2026-01-05 09:01") + n * DAY / 24,
        }
        for n in range(60)
    ]
    rows.append(
        {**rows[0], "customer_id": None, "started_at": utc("2026-02-05 09:00"), "ended_at": utc("2026-02-05 09:00")}
    )
    row = one(
        catalogue(
            {"r": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "repeated"}}
        ),
        {"contacts": rows},
    )
    expected = stats.binomtest(40, 60).proportion_ci(0.95, method="wilson")
    assert (row.value, row.low, row.high) == pytest.approx((2 / 3, expected.low, expected.high))


@pytest.mark.parametrize(("left", "there"), [(0, 10), (1, 10), (7, 50)])
def test_leavers_over_people_are_poisson(left, there):
    """Garwood's exact interval of the count, over the person-months, and annualised with the value."""
    agents = [
        {"agent_id": str(n), "hired_on": date(2020, 1, 1), "left_on": date(2026, 1, 31) if n < left else None}
        for n in range(there)
    ]
    turnover = {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {"from": "agents", "count": "rows", "at": "left_on"},
        "denominator": {"from": "agents", "stock": "mean"},
    }
    question = {"since": date(2026, 1, 1), "as_of": "2026-01-31"}
    low = stats.chi2.ppf(0.025, 2 * left) / 2 / there if left else 0.0
    high = stats.chi2.ppf(0.975, 2 * left + 2) / 2 / there
    row = one(catalogue({"t": turnover}), {"agents": agents}, **question)
    assert (row.value, row.low, row.high) == pytest.approx((left / there, low, high))
    row = one(catalogue({"t": {**turnover, "annualise": "months"}}), {"agents": agents}, **question)
    assert (row.value, row.low, row.high) == pytest.approx((12 * left / there, 12 * low, 12 * high))


def test_published_net_score():
    """G-21: 162, 108 and 54 of 324: 33.3 points, 8.116 to each side."""
    scores = [10.0] * 162 + [8.0] * 108 + [0.0] * 54
    tables = {
        "invitations": [{"invitation_id": "i", "responded_at": utc("2026-01-05 09:00")}],
        "answers": [{"invitation_id": "i", "question": "nps", "score": score} for score in scores],
    }
    nps = {"kind": "net", "from": "answers", "for": "score >= 9", "against": "score <= 6"}
    row = one(catalogue({"nps": nps}), tables)
    assert (row.value, row.n) == (pytest.approx(100 / 3), 324)
    assert (row.high - row.value, row.value - row.low) == pytest.approx((8.116, 8.116), abs=5e-4)


def test_published_ratio_interval():
    """G-39: four agents with 10, 20, 30 and 40 calls; their contacts are too few clusters, so the rows decide here."""
    calls = [(10, 3000.0), (20, 8000.0), (30, 9000.0), (40, 20000.0)]
    rows = [
        {
            "contact_id": f"{agent}-{n}",
            "agent_id": f"a{agent}",
            "ended_at": utc("2026-01-05 09:00"),
            "answered_at": utc("2026-01-05 09:00"),
            "abandoned": False,
            "talk_s": seconds / count,
            "hold_s": 0.0,
        }
        for agent, (count, seconds) in enumerate(calls)
        for n in range(count)
    ]
    whole, *agents = ask(catalogue({"aht": RATIO}), {"contacts": rows}, by=("agent_id",))
    assert whole.value == 400
    # The mean of the agents' own values is another number, and never the answer.
    assert sum(row.value for row in agents) / 4 == pytest.approx(375)


def test_no_interval_for_amounts_of_two_tables():
    """Cost per contact: two ledgers share no rows, so there is no interval, and significance stays unknown."""
    costs = [
        {"cost_id": str(month), "month_start": date(2026, month, 1), "amount": 1000.0 * month} for month in (1, 2, 3)
    ]
    contacts = [{"contact_id": str(n), "ended_at": utc(f"2026-{n % 3 + 1:02d}-15 09:00")} for n in range(30)]
    defined = catalogue(
        {
            "cost": {
                "kind": "ratio",
                "unit": "EUR",
                "numerator": {"from": "costs", "sum": "amount"},
                "denominator": {"from": "contacts", "count": "rows"},
            }
        }
    )
    rows = ask(defined, {"costs": costs, "contacts": contacts}, every="month", as_of="2026-03-31")
    assert [(row.value, row.numerator, row.n, row.low) for row in rows] == [
        (100.0, 1000.0, 10, None),
        (200.0, 2000.0, 10, None),
        (300.0, 3000.0, 10, None),
    ]
    assert [row.change.significant if row.change else "first" for row in rows][1:] == [None, None]
