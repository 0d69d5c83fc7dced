"""Clustered intervals of share, net and repeat: linearised ratios in NumPy, and statsmodels' cluster-robust GLM."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import statsmodels.api as sm
from kinds.centre import ENGINES, ask, catalogue, one, same
from scipy.stats import t
from statsmodels.stats.proportion import proportion_confint

from cxkpi.errors import CatalogueError

SCORES = {"from": "contacts", "cluster": "agent_id", "unit": "percent"}
HAPPY = {**SCORES, "kind": "share", "meets": "cost >= 7"}
NET = {**SCORES, "unit": "points", "kind": "net", "for": "cost >= 9", "against": "cost <= 6"}
QUANTILE = {**SCORES, "kind": "quantile", "value": "cost", "q": "50%", "unit": "points"}
REPEAT = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "2d", "counts": "resolved"}
FEW = "interval over rows: fewer than 10 different agent_id"


def centre(seed: int, agents: int = 24, size: int = 500) -> list[dict[str, Any]]:
    """Contacts whose scores lean on who took them."""
    chance = random.Random(seed)
    good = {f"a{at}": chance.gauss(7, 2) for at in range(agents)}
    rows = []
    for at in range(size):
        agent = chance.choice(list(good))
        when = datetime(2026, 1, 5) + timedelta(minutes=chance.randrange(20 * 1440))
        score = min(max(round(chance.gauss(good[agent], 1.5)), 0), 10)
        rows.append(
            {
                "contact_id": str(at),
                "customer_id": f"u{chance.randrange(150)}",
                "agent_id": agent,
                "queue": chance.choice("AB"),
                "answered_at": when,
                "started_at": when,
                "ended_at": when,
                "cost": None if chance.random() < 0.05 else float(score),
            }
        )
    beyond = datetime(2026, 2, 1)
    rows.append(
        {**rows[0], "contact_id": "z", "cost": None, "customer_id": None, "started_at": beyond, "ended_at": beyond}
    )
    return rows


def linearised(ys: Sequence[float], clusters: Sequence[str], confidence: float = 0.95) -> tuple[float, float]:
    """Cochran 1977, 6.4: R = Σy / Σn over clusters; Var R = g / (g - 1) Σ (y_i - R n_i)² / (Σn)², with t(g - 1)."""
    names = sorted(set(clusters))
    y = np.array([sum(v for v, c in zip(ys, clusters, strict=True) if c == name) for name in names], dtype=float)
    n = np.array([sum(c == name for c in clusters) for name in names], dtype=float)
    ratio, g = y.sum() / n.sum(), len(names)
    error = np.sqrt(g / (g - 1) * ((y - ratio * n) ** 2).sum()) / n.sum()
    half = t.ppf((1 + confidence) / 2, g - 1) * error
    return ratio - half, ratio + half


@pytest.mark.parametrize("engine", ENGINES)
def test_share_and_net(engine):
    rows = centre(1)
    scored = [row for row in rows if row["cost"] is not None]
    happy, net = ask(catalogue({"happy": HAPPY, "net": NET}), {"contacts": rows}, engine=engine)
    who = [row["agent_id"] for row in scored]
    assert same((happy.low, happy.high), linearised([row["cost"] >= 7 for row in scored], who))
    sides = [(row["cost"] >= 9) - (int(row["cost"] <= 6)) for row in scored]
    assert same((net.low, net.high), [100 * limit for limit in linearised(sides, who)])
    assert happy.notes == net.notes == ()
    # Wider than rows drawn alone would make it: agents differ.
    low, high = proportion_confint(happy.numerator, happy.n, method="wilson")
    assert happy.high - happy.low > 1.3 * (high - low)


def test_statsmodels():
    """A regression on nothing but its mean, with errors robust to clusters: the same variance."""
    rows = [row for row in centre(2) if row["cost"] is not None]
    y = np.array([float(row["cost"] >= 7) for row in rows])
    groups = np.unique([row["agent_id"] for row in rows], return_inverse=True)[1]
    # Its factor for few clusters is g / (g - 1) × (n - 1) / (n - 1) for one parameter.
    fitted = sm.GLM(y, np.ones_like(y)).fit(cov_type="cluster", cov_kwds={"groups": groups})
    row = one(catalogue({"happy": HAPPY}), {"contacts": rows})
    half = t.ppf(0.975, len(set(groups)) - 1) * fitted.bse[0]
    assert row.high - row.value == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_repeat_by_its_key(engine):
    """Contacts of one customer repeat together; so the customer is the cluster, though there are many."""
    rows = centre(3)
    plain, clustered = ask(
        catalogue({"plain": REPEAT, "clustered": {**REPEAT, "cluster": "customer_id"}}),
        {"contacts": rows},
        engine=engine,
    )
    assert same((plain.value, plain.n, plain.missing), (clustered.value, clustered.n, clustered.missing))
    known = [row for row in rows if row["customer_id"] is not None]
    alone = [
        not any(
            other["customer_id"] == row["customer_id"]
            and row["ended_at"] < other["started_at"] <= row["ended_at"] + timedelta(days=2)
            for other in known
        )
        for row in known
    ]
    assert same((clustered.low, clustered.high), linearised(alone, [row["customer_id"] for row in known]))


@pytest.mark.parametrize("engine", ENGINES)
def test_quantile(engine):
    """Woodruff 1952: the interval of the share below the quantile, read back through the sorted values."""
    rows = centre(8, size=900)
    chance = random.Random(8)
    rows = [row if row["cost"] is None else {**row, "cost": row["cost"] + chance.random()} for row in rows]
    values = [row["cost"] for row in rows if row["cost"] is not None]
    who = [row["agent_id"] for row in rows if row["cost"] is not None]
    defined = catalogue({f"q{q}": {**QUANTILE, "q": f"{q}%"} for q in (30, 50, 75)})
    for row, q in zip(ask(defined, {"contacts": rows}, engine=engine), (0.3, 0.5, 0.75), strict=True):
        middle = float(np.quantile(values, q))
        low, high = linearised([value <= middle for value in values], who)
        half = (high - low) / 2
        ordered = sorted(values)
        ranks = int(np.floor(len(values) * (q - half))), int(np.ceil(len(values) * (q + half))) + 1
        # Values are whole millionths.
        wanted = (ordered[ranks[0] - 1], ordered[ranks[1] - 1])
        assert (row.low, row.high) == (pytest.approx(wanted[0], abs=1e-6), pytest.approx(wanted[1], abs=1e-6))
        assert row.value == pytest.approx(middle, abs=1e-6)
        assert row.notes == ()


@pytest.mark.parametrize("definition", [HAPPY, NET, QUANTILE, {**REPEAT, "cluster": "agent_id"}])
def test_too_few_clusters(definition):
    """With nine agents, or one agent per cell, the interval is over rows, and says so."""
    row = one(catalogue({"x": definition}), {"contacts": centre(4, agents=9)})
    plain = one(catalogue({"x": {key: one for key, one in definition.items() if key != "cluster"}}),
                {"contacts": centre(4, agents=9)})  # fmt: skip
    assert (row.low, row.high) == (plain.low, plain.high)
    assert row.notes == (FEW,)
    cells = ask(catalogue({"x": definition}), {"contacts": centre(4)}, by=("agent_id",))
    assert [cell.notes for cell in cells if not cell.by] == [()]
    assert all(cell.notes == (FEW,) for cell in cells if cell.by and cell.n)


def test_all_alike_is_not_certain():
    """Twelve agents without a failure: sums of clusters have no spread, and 100 % ± 0 would be a wrong interval."""
    rows = [{**row, "cost": 10.0} for row in centre(5, agents=12, size=60)[:60]]
    row = one(catalogue({"happy": HAPPY}), {"contacts": rows})
    low, high = proportion_confint(60, 60, method="wilson")
    assert same((row.low, row.high), (low, high))
    assert row.notes == ("interval over rows: every agent_id alike",)


def test_limits_stay_within_what_can_be():
    rows = centre(6, agents=10, size=40)
    rows = [{**row, "cost": 10.0 if row["agent_id"] != "a1" else 0.0} for row in rows]
    happy, net = ask(catalogue({"happy": HAPPY, "net": NET}), {"contacts": rows})
    assert 0 <= happy.low < happy.high <= 1
    assert -100 <= net.low < net.high <= 100


def test_mean_is_t_over_rows_or_clusters():
    """Design §4: Student's t; with a cluster, over cluster sums."""
    rows = centre(7)
    scored = [row for row in rows if row["cost"] is not None]
    mean = {"kind": "mean", "from": "contacts", "value": "cost", "unit": "points"}
    plain, clustered = ask(catalogue({"a": mean, "b": {**mean, "cluster": "agent_id"}}), {"contacts": rows})
    values = np.array([row["cost"] for row in scored])
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    assert same((plain.low, plain.high), (values.mean() - half, values.mean() + half))
    assert same((clustered.low, clustered.high), linearised(list(values), [row["agent_id"] for row in scored]))


def test_a_cluster_where_there_is_none():
    with pytest.raises(CatalogueError) as refused:
        catalogue({"x": {**REPEAT, "cluster": "agent_id", "immature": "survival"}})
    assert [problem.code for problem in refused.value.problems] == ["C109"]


def test_any_cut_offs_of_a_net():
    """Three points: for 3, against 1. And the ends of the scale: all for is 100, all against -100."""
    three = {"kind": "net", "from": "contacts", "for": "cost = 3", "against": "cost = 1"}

    def asked(*scores: float) -> tuple[float | None, float | None, float | None]:
        when = datetime(2026, 1, 5)
        rows = [{"contact_id": str(at), "ended_at": when, "cost": score} for at, score in enumerate(scores)]
        row = one(catalogue({"net": three}), {"contacts": rows}, until=date(2026, 2, 1))
        return row.value, row.low, row.high

    assert asked(3, 3, 2, 1)[0] == 25.0
    assert asked(3, 3, 3) == (100.0, 100.0, 100.0)
    assert asked(1, 1) == (-100.0, -100.0, -100.0)
    assert asked(2, 2, 2)[0] == 0.0
