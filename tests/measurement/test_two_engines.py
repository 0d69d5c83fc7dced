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
        {"by": ["queue"]},
        {"by": ["team"], "every": "quarter"},
        {"by": ["agent_id"], "every": "all"},
        {"by": ["weekday"], "every": "week", "metrics": ["aht", "fcr", "abandonment"]},
        {"as_of": "2026-05-15", "by": ["site"]},
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
