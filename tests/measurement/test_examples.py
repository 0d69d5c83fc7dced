"""Every example beside a definition of the shipped catalogue holds, on both engines."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.load import load
from cxkpi.engines.base import load as engine
from cxkpi.measurement.checking.examples import failures

CATALOGUE = load(None)
EXAMPLES = [(metric, example) for metric in CATALOGUE.metrics.values() for example in metric.examples]


@pytest.mark.parametrize("runner", ["polars", "duckdb"])
@pytest.mark.parametrize(
    ("metric", "example"), EXAMPLES, ids=[f"{metric.title}: {example.name}" for metric, example in EXAMPLES]
)
def test_example(metric, example, runner):
    assert failures(metric, example, CATALOGUE, engine(runner)) == []


def test_every_headline_metric_has_an_example():
    with_examples = {metric.name for metric, _ in EXAMPLES}
    assert set(CATALOGUE.headline) <= with_examples


def test_a_wrong_expectation_is_reported():
    metric, example = EXAMPLES[0]
    from dataclasses import replace

    wrong = replace(example, expect={"value": 0.123, "n": 999})
    (value, n) = failures(metric, wrong, CATALOGUE, engine("polars"))
    assert "0.123" in value
    assert "999" in n
