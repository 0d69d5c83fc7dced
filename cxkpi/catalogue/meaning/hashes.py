"""Short hashes of what definitions mean: equal for equal meaning, whatever the wording, spacing and order of keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from cxkpi.kinds import formula
from cxkpi.kinds.definition import Duration, Metric, MetricRows, metric_rows_named
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.metric_rows import column_of


def short_hash(meaning: Any) -> str:
    """The first 8 hexadecimal digits of the SHA-256 of a plain value."""
    text = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def definitions(metrics: Mapping[str, Metric], timezone: str, months: str = "") -> dict[str, Metric]:
    """The metrics by title with their definition: what decides the number, and that of the metrics it reads.

    Each version has its own, the same as if it were the only one; that of the metric covers all of them. ``months``
    says how the calendar's months differ from those of the year, which decides the numbers of what is counted in them.
    """
    known: dict[str, str] = {}

    def definition(title: str) -> str:
        if title not in known:
            alone = [meaning(version.metric) for version in metrics[title].versions]
            days = [f"{version.since}" for version in metrics[title].versions]
            known[title] = short_hash([days, alone]) if days else meaning(metrics[title])
        return known[title]

    # Rows of metrics are read one level deep; a loop of formulas was refused before.
    def meaning(metric: Metric) -> str:
        if metric.versions:
            raise ValueError("a metric with versions has one meaning for each of them")
        return short_hash(
            {
                "kind": metric.kind,
                "spec": plain(metric.spec),
                "roll": plain(metric.roll),
                "matures": plain(metric.matures),
                **_unit(metric),
                "timezone": timezone,
                "reads": [
                    definition(read)
                    for read in (
                        *(read for rows in metric_rows(metric.spec) for read in rows.metrics),
                        *formula.parts(metric),
                    )
                ],
                "judged": _judgements(metric, metrics),
                **({"months": months} if months and _counts_months(metric) else {}),
            }
        )

    return {title: _defined(metric, definition(title), meaning) for title, metric in metrics.items()}


def _counts_months(metric: Metric) -> bool:
    """Whether a number depends on how long a month is, apart from that of the period it is for."""
    by_period = any(rows.every in ("month", "quarter", "year") for rows in metric_rows(metric.spec))
    return by_period or _in_months(metric.roll) or _in_months(metric.spec)


def _in_months(value: Any) -> bool:
    if isinstance(value, Duration):
        return value.unit == "mo"
    if isinstance(value, tuple):
        return any(_in_months(item) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, Expression):
        return any(_in_months(part) for _, part in _parts(value))
    return value in ("months", "snapshots")


def _unit(metric: Metric) -> dict[str, str]:
    """A time to an event is counted in whole units, so that weeks are not days by another name."""
    return {"unit": metric.unit} if metric.kind == "time_to_event" and metric.unit not in ("days", "percent") else {}


def _defined(metric: Metric, definition: str, meaning: Callable[[Metric], str]) -> Metric:
    versions = (
        dataclasses.replace(one, metric=dataclasses.replace(one.metric, definition=meaning(one.metric)))
        for one in metric.versions
    )
    return dataclasses.replace(metric, definition=definition, versions=tuple(versions))


def metric_rows(value: Any) -> list[MetricRows]:
    """The rows of metrics that a spec reads."""
    return list(metric_rows_at(value).values())


def metric_rows_at(value: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], MetricRows]:
    """The rows of metrics that a spec reads, by the keys under which they are written."""
    rule = metric_rows_named(value) if isinstance(value, str) else value
    if isinstance(rule, MetricRows):
        return {path: rule}
    found: dict[tuple[str, ...], MetricRows] = {}
    if isinstance(value, Expression):
        # A text in an expression is no source of rows, whatever it says.
        return found
    for name, part in _parts(value):
        found |= metric_rows_at(part, (*path, name.rstrip("_")))
    return found


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
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return {name: plain(part) for name, part in _parts(value)}
    if isinstance(value, date):
        return value.isoformat()
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
            column = column_of(title)
            if f"{column}_target" in read:
                found.append([title, inner.target])
            if f"{column}_alarm" in read:
                found.append([title, inner.alarm])
            if f"{column}_rank" in read:
                found.append([title, inner.better, plain(inner.target) if inner.better == "inside" else None])
            if f"{column}_status" in read:
                found.append([title, inner.target, inner.alarm, inner.better, inner.min_n])
            dated = [[one.metric.target, one.metric.alarm, plain(one.metric.targets)] for one in inner.versions]
            if (inner.targets or dated) and any(f"{column}_{part}" in read for part in _JUDGED):
                found.append([title, plain(inner.targets), plain(dated)])
    return found


_JUDGED = ("target", "alarm", "rank", "status")


def of_catalogue(metrics: Mapping[str, Metric], headline: tuple[str, ...], calendar: tuple[str, ...]) -> str:
    """The hash of everything a catalogue decides about a Result: numbers, verdicts and names, but not examples."""
    entries = [_seen(metric) for metric in metrics.values()]
    return short_hash({"metrics": entries, "headline": headline, "calendar": calendar})


def _seen(metric: Metric) -> dict[str, Any]:
    """What of a metric a Result depends on, without what is left at its default."""
    found = {
        name: plain(part) for name, part in _parts(metric) if name not in ("spec", "examples", "place", "versions")
    }
    if metric.versions:
        found["versions"] = [[f"{version.since}", _seen(version.metric)] for version in metric.versions]
    return found
