"""Short hashes of what definitions mean: equal for equal meaning, whatever the wording, spacing and order of keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cxkpi.kinds.definition import Duration, Metric
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.time_to_event import MetricRows


def short_hash(meaning: Any) -> str:
    """The first 8 hexadecimal digits of the SHA-256 of a plain value."""
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def definitions(metrics: Mapping[str, Metric], timezone: str) -> dict[str, str]:
    """The definition of every metric by title: what decides its number, and that of the metrics it reads."""
    known: dict[str, str] = {}

    def definition(title: str) -> str:
        if title not in known:
            metric = metrics[title]
            # Metrics that read metrics do so one level deep; a loop was refused before.
            known[title] = short_hash(
                {
                    "kind": metric.kind,
                    "spec": plain(metric.spec),
                    "roll": plain(metric.roll),
                    "matures": plain(metric.matures),
                    "timezone": timezone,
                    "reads": [definition(read) for rows in metric_rows(metric.spec) for read in rows.metrics],
                    "judged": _judgements(metric, metrics),
                }
            )
        return known[title]

    return {title: definition(title) for title in metrics}


def metric_rows(value: Any) -> list[MetricRows]:
    """Every place where a spec reads rows of metrics."""
    if isinstance(value, MetricRows):
        return [value]
    return [found for _, part in _parts(value) for found in metric_rows(part)]


def expressions(value: Any) -> list[Expression]:
    """Every expression of a spec."""
    if isinstance(value, Expression):
        return [value]
    return [found for _, part in _parts(value) for found in expressions(part)]


def plain(value: Any) -> Any:
    """A spec as plain data, without what is left at its default."""
    if isinstance(value, Expression):
        return value.canonical
    if isinstance(value, Duration):
        return f"{value.amount:g}mo" if value.unit == "mo" else value.seconds
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {name: plain(part) for name, part in _parts(value)}
    return value


def _parts(value: Any) -> list[tuple[str, Any]]:
    """The fields of a dataclass that differ from their defaults: a later version may add a key without a new hash."""
    if not dataclasses.is_dataclass(value):
        return []
    return [
        (field.name, part)
        for field in dataclasses.fields(value)
        if (part := getattr(value, field.name)) != field.default
    ]


def _judgements(metric: Metric, metrics: Mapping[str, Metric]) -> list[Any]:
    """The targets of the metrics read, where an expression reads those too."""
    read = {column for expression in expressions(metric.spec) for column in expression.columns}
    found: list[Any] = []
    for rows in metric_rows(metric.spec):
        for title in rows.metrics:
            inner = metrics[title]
            if f"{title}_target" in read:
                found.append([title, inner.target])
            if f"{title}_status" in read:
                found.append([title, inner.target, inner.alarm, inner.better, inner.min_n])
    return found


def of_catalogue(metrics: Mapping[str, Metric], headline: tuple[str, ...], calendar: tuple[str, ...]) -> str:
    """The hash of everything a catalogue decides about a Result: numbers, verdicts and names, but not examples."""
    unseen = {"spec", "examples", "place"}
    entries = [
        {
            field.name: plain(getattr(metric, field.name))
            for field in dataclasses.fields(Metric)
            if field.name not in unseen
        }
        for metric in metrics.values()
    ]
    return short_hash({"metrics": entries, "headline": headline, "calendar": calendar})
