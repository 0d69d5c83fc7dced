"""Who is protected in a metric over rows of metrics: the people of those rows, where a metric read protects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from cxkpi.catalogue.meaning.hashes import metric_rows
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.formula import parts


def with_protection(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics, those over rows per person protecting whom the metrics they read protect.

    Rows per person are read as they are, each of them being too small to be shown, so what is made of them must be of
    enough people in turn. A metric that says itself whom it protects is left as it is.
    """
    return {title: _protecting(metric, metrics) for title, metric in metrics.items()}


def _protecting(metric: Metric, metrics: Mapping[str, Metric]) -> Metric:
    read = [
        one
        for rows in metric_rows(metric.spec)
        for title in rows.metrics
        for one in _leaves(metrics[title], metrics)
        if one.protects in rows.per
    ]
    if metric.protects is not None or not read:
        return metric
    return replace(metric, protects=read[0].protects, min_group=max(one.min_group for one in read))


def _leaves(metric: Metric, metrics: Mapping[str, Metric]) -> Iterator[Metric]:
    """The metrics a formula stands on; any other metric is its own."""
    below = parts(metric)
    if not below:
        yield metric
    for title in below:
        yield from _leaves(metrics[title], metrics)
