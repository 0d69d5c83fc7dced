"""quantile, against NumPy over the rows, and its interval against SciPy's binomial distribution."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds.centre import ENGINES, ask, by_cell, catalogue, local_day, made_contacts, one, period_of, same, utc
from scipy.stats import binom

from cxkpi.calendar import Calendar
from cxkpi.engines.base import load
from cxkpi.errors import CatalogueError
from cxkpi.measurement.computing.compute import Question, compute
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.stats.order import binomial, binomial_below, position, quantile_ranks
from cxkpi.tables import POLARS_TYPES, Stored

P90 = {"kind": "quantile", "from": "contacts", "value": "talk_s + hold_s", "q": "90%", "unit": "seconds"}


def interval(values: Sequence[float], q: float, confidence: float) -> tuple[float | None, float | None]:
    """The narrowest pair of order statistics whose tails are each at most half of what the confidence leaves."""
    n, tail = len(values), (1 - confidence) / 2
    lows = [r for r in range(1, n + 1) if binom.cdf(r - 1, n, q) <= tail]
    highs = [s for s in range(1, n + 1) if binom.sf(s - 1, n, q) <= tail]
    if not lows or not highs:
        return None, None
    return sorted(values)[max(lows) - 1], sorted(values)[min(highs) - 1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("roll", [None, "2mo"])
def test_numpy(roll, engine):
    asked = {"p90": 0.9, "median": 0.5, "tenth": 0.1, "smallest": 0.0, "largest": 1.0}
    common = {**P90, "where": "not abandoned", **({"roll": roll} if roll else {})}
    defined = catalogue({name: {**common, "q": q} for name, q in asked.items()})
    rows = made_contacts(7, first=date(2025, 1, 1), days=110)
    answers = ask(defined, {"contacts": rows}, every="month", by=("queue",), engine=engine)
    cells: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        if row["abandoned"] is False:
            start = period_of(local_day(row["ended_at"]), "month")
            following = (start + timedelta(days=32)).replace(day=1)
            for month in (start, following) if roll else (start,):
                for by in ((), (row["queue"],)):
                    cells.setdefault((by, month), []).append(row)
    compared = 0
    for name, q in asked.items():
        for key, row in by_cell(row for row in answers if row.metric == name).items():
            inside = cells.get(key, [])
            values = [x["talk_s"] + x["hold_s"] for x in inside if None not in (x["talk_s"], x["hold_s"])]
            wanted = float(np.quantile(values, q, method="linear")) if values else None
            low, high = interval(values, q, 0.95) if 0 < q < 1 else (None, None)
            got = (row.value, row.low, row.high, row.n, row.missing)
            assert same(got, (wanted, low, high, len(values), len(inside) - len(values))), (name, key)
            assert (row.numerator, row.denominator) == (None, None)
            compared += row.low is not None
    assert compared > 10


def contacts(values: Sequence[float | None]) -> list[dict[str, Any]]:
    when = utc("2026-01-05 09:00")
    return [
        {"contact_id": str(at), "started_at": when, "ended_at": when + timedelta(days=at % 40), "talk_s": value}
        for at, value in enumerate(values)
    ]


def test_the_median_of_everything_is_no_mean_of_medians():
    """Two weeks of 1, 1, 1 and 100: medians of 1 and 100 whose mean is 50.5; of all four rows it is 1."""
    rows = contacts([1.0, 1.0, 1.0, 100.0])
    for row, days in zip(rows, (0, 0, 0, 7), strict=True):
        row["ended_at"] = row["started_at"] + timedelta(days=days)
    median = {**P90, "value": "talk_s", "q": 0.5}
    weekly = [row.value for row in ask(catalogue({"m": median}), {"contacts": rows}, every="week")]
    assert weekly == [1.0, 100.0]
    assert one(catalogue({"m": median}), {"contacts": rows}).value == 1.0


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-50, 50).map(lambda x: x / 8)), min_size=1, max_size=30), st.data())
def test_numpy_on_any_values(values, data):
    q = data.draw(st.integers(0, 100)) / 100
    row = one(catalogue({"x": {**P90, "value": "talk_s", "q": q}}), {"contacts": contacts(values)})
    known = [value for value in values if value is not None]
    wanted = float(np.quantile(known, q, method="linear")) if known else None
    assert same((row.value, row.n, row.missing), (wanted, len(known), len(values) - len(known)))
    assert row.low is None or row.low <= row.value <= row.high


def test_shuffled_rows_and_files_give_the_same_bits():
    values = [random.Random(3).gauss(300, 80) for _ in range(400)]
    defined = catalogue({"x": {**P90, "value": "talk_s"}})
    rows = contacts(values)
    before = ask(defined, {"contacts": rows}, every="week")
    random.Random(4).shuffle(rows)
    assert ask(defined, {"contacts": rows}, every="week", parts=3) == before


def test_very_many_different_values(tmp_path):
    """Counts per value, not lists of rows in Python: soon, and the exact answer."""
    size = 250_000
    values = np.random.default_rng(5).permutation(size).astype(float) / 4
    when = datetime(2026, 1, 5, 9)
    frame = pl.DataFrame({"talk_s": values}).with_columns(
        pl.int_range(size).cast(pl.String).alias("contact_id"), pl.lit("x").alias("source"),
        pl.lit(when).alias("started_at"), pl.lit(when).alias("ended_at"),
    )  # fmt: skip
    defined = catalogue({"x": {**P90, "value": "talk_s"}})
    declared = defined.tables["contacts"].columns
    absent = [
        pl.lit(None, POLARS_TYPES[declared[name].type]).alias(name) for name in declared if name not in frame.columns
    ]
    file = tmp_path / "contacts.parquet"
    frame.with_columns(absent).write_parquet(file)
    supplied = frozenset(frame.columns)
    stored = {"contacts": Stored("contacts", (file,), supplied, size, when, when)}
    data = dataset(stored, defined.tables, "Europe/London", load("polars"), None).data
    titles = {metric.title: metric for metric in defined.metrics.values()}
    question = Question(calendar=Calendar("Europe/London", "monday", "january"), every="all")
    (row,) = compute(list(titles.values()), titles, data, question).rows
    assert (row.n, row.value) == (size, pytest.approx(float(np.quantile(values, 0.9)), rel=1e-12))
    low, high = (binom.ppf(p, size, 0.9) for p in (0.025, 0.975))
    assert (row.low, row.high) == ((low - 1) / 4, high / 4)


# ------------------------------------------------------------------------------------------------- the ranks


@pytest.mark.parametrize("n", [1, 2, 5, 6, 10, 29, 30, 100, 1000, 12345, 1_000_000])
@pytest.mark.parametrize("q", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_ranks_are_exact(n, q):
    for confidence in (0.8, 0.95, 0.99):
        tail = (1 - confidence) / 2
        found = quantile_ranks(n, q, confidence)
        if found is None:
            # No value is low enough, or none high enough, that so little of the chance lies beyond it.
            assert binom.cdf(0, n, q) > tail or binom.sf(n - 1, n, q) > tail
            continue
        low, high = found
        assert binom.cdf(low - 1, n, q) <= tail < binom.cdf(low, n, q)
        assert binom.sf(high - 1, n, q) <= tail < binom.sf(high - 2, n, q)


def test_binomial_against_scipy():
    chance = random.Random(1)
    for _ in range(300):
        n, q = chance.choice([3, 20, 500, 10**6]), chance.uniform(0.02, 0.98)
        k = min(max(int(n * q + chance.gauss(0, 2) * (n * q * (1 - q)) ** 0.5), 0), n)
        assert binomial(k, n, q) == pytest.approx(binom.pmf(k, n, q), rel=1e-9)
        assert binomial_below(k, n, q) == pytest.approx(binom.cdf(k - 1, n, q), rel=1e-9)
    assert binomial_below(0, 5, 0.5) == 0.0
    assert binomial_below(6, 5, 0.5) == 1.0


def test_a_tenth_is_exactly_a_tenth():
    """0.1 is a little more than a tenth in binary: of 11 values the second, not a hair beyond it."""
    assert position(11, 0.1) == (1, 0)
    assert position(10, 0.9) == (8, pytest.approx(0.1))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: position(0, 0.5),
        lambda: position(3, 1.5),
        lambda: quantile_ranks(9, 1, 0.95),
        lambda: quantile_ranks(9, 0.5, 1.0),
    ],
)
def test_what_is_no_quantile(wrong):
    with pytest.raises(ValueError, match=r"quantile|confidence"):
        wrong()


def test_q_is_a_share():
    with pytest.raises(CatalogueError) as refused:
        catalogue({"x": {**P90, "q": "110%"}})
    assert [problem.code for problem in refused.value.problems] == ["C107"]
    with pytest.raises(CatalogueError) as refused:
        catalogue({"x": {key: value for key, value in P90.items() if key not in ("q", "unit")}})
    assert [problem.message.split()[0] for problem in refused.value.problems] == ["'q'", "'unit'"]
