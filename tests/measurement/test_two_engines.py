"""The seam is honest: Polars and DuckDB give every number of the sample the same, to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest

import cxkpi

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.mark.parametrize(
    "question",
    [
        {},
        pytest.param({"by": ["queue"]}, marks=pytest.mark.slow),
        pytest.param({"by": ["team"], "every": "quarter"}, marks=pytest.mark.slow),
        pytest.param({"by": ["agent_id"], "every": "all"}, marks=pytest.mark.slow),
        {"by": ["weekday"], "every": "week", "metrics": ["aht", "fcr", "abandonment"]},
        pytest.param({"as_of": "2026-05-15", "by": ["site"]}, marks=pytest.mark.slow),
        {"only": {"queue": ["Billing", "Technical"]}, "metrics": ["aht", "csat", "fcr.any_reason"]},
    ],
    ids=str,
)
def test_identical(question):
    asked = {"all_metrics": "metrics" not in question, **question}
    polars = cxkpi.measure([SAMPLE], engine="polars", **asked)
    duckdb = cxkpi.measure([SAMPLE], engine="duckdb", **asked)
    assert polars.rows == duckdb.rows
    assert polars.notes == duckdb.notes
    assert sum(row.value is not None for row in polars.rows) > 10
