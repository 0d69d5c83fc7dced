"""`cxkpi report` against the truth the demo counted, with code of its own, while it wrote the files."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import cxkpi

ROOT = Path(__file__).parents[2]
TRUTH = json.loads((ROOT / "tests" / "demo" / "sample_truth.json").read_text(encoding="utf-8"))
KPIS = ("fcr", "csat", "ces", "aht", "turnover", "speed_to_competency")
FIELDS = ("value", "n", "numerator", "denominator", "immature", "censored", "missing")


def close(got, wanted):
    if got is None or wanted is None:
        return got is wanted
    return got == pytest.approx(wanted, rel=1e-11)


@pytest.fixture(scope="module")
def monthly():
    return cxkpi.measure([ROOT / "sample_data"], metrics=KPIS)


@pytest.fixture(scope="module")
def total():
    return cxkpi.measure([ROOT / "sample_data"], metrics=KPIS, every="all")


@pytest.mark.parametrize("kpi", KPIS)
def test_every_month(monthly, kpi):
    rows = {f"{row.period.start:%Y-%m}": row for row in monthly.rows if row.metric == kpi}
    wanted = {month: figure for month, figure in TRUTH["kpis"][kpi].items() if month != "total"}
    assert rows.keys() == wanted.keys()
    for month, figure in wanted.items():
        for name in FIELDS:
            if name in figure:
                assert close(getattr(rows[month], name), figure[name]), (month, name, figure)


@pytest.mark.parametrize("kpi", KPIS)
def test_the_total(total, kpi):
    (row,) = (row for row in total.rows if row.metric == kpi)
    for name in FIELDS:
        if name in TRUTH["kpis"][kpi]["total"]:
            assert close(getattr(row, name), TRUTH["kpis"][kpi]["total"][name]), name


def test_as_of(monthly):
    assert monthly.as_of.replace(tzinfo=UTC) == datetime.fromisoformat(TRUTH["as_of"])


def test_the_ledger(monthly):
    ledger = {entry.path: entry for entry in monthly.files}
    for name, wanted in TRUTH["files"].items():
        got = {field: getattr(ledger[name], field) for field in wanted}
        assert got == wanted, name
