"""Short hashes of what definitions mean: equal for equal meaning, whatever the wording, spacing and order of keys."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import groupby
from typing import Any

from cxkpi.calendar import Calendar
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

    Each version has its own, the same as if it were the only one; that of the metric covers all of them, and is that
    of the only one where they differ in nothing that decides the number. ``months``: see ``month_lengths``.
    """
    known: dict[str, str] = {}

    def definition(title: str) -> str:
        if title not in known:
            dated = runs((f"{version.since}", meaning(version.metric)) for version in metrics[title].versions)
            if len(dated) > 1:
                known[title] = short_hash([[day for day, _ in dated], [alone for _, alone in dated]])
            else:
                known[title] = dated[0][1] if dated else meaning(metrics[title])
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
                "reads": [definition(read) for read in _read(metric)],
                "judged": _judgements(metric, metrics),
                **({"months": months} if months and _counts_months(metric) else {}),
            }
        )

    return {title: _defined(metric, definition(title), meaning) for title, metric in metrics.items()}


def month_lengths(calendar: Calendar) -> str:
    """What decides how long the months of a calendar are, where they are not those of the year; else nothing.

    It decides the numbers of what is counted in months.
    """
    if calendar.pattern is None:
        return ""
    return f"{calendar.pattern} {calendar.year_starts} {calendar.week_starts} {calendar.year_rule}"


def runs(dated: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """What held from some day on, without the days from which the same held as before."""
    return [next(same) for _, same in groupby(dated, key=lambda one: one[1])]


def _read(metric: Metric) -> list[str]:
    """The metrics whose values a definition reads; in which order they are named is nothing to it."""
    named = {read for rows in metric_rows(metric.spec) for read in rows.metrics}
    return sorted({*named, *formula.parts(metric)})


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
        return {name: plain(unordered(name, part)) for name, part in _parts(value)}
    if isinstance(value, date):
        return value.isoformat()
    return value


def unordered(name: str, value: Any) -> Any:
    """The value of a key, in one order where its order says nothing: columns of a key, guards, conditions, rows."""
    if name in ("key", "guards") and isinstance(value, tuple):
        return tuple(sorted(value))
    if name == "when" and isinstance(value, tuple):
        return tuple(sorted((dimension, tuple(sorted(values))) for dimension, values in value))
    if name in ("from", "from_"):
        rule = metric_rows_named(value) if isinstance(value, str) else value
        if isinstance(rule, MetricRows):
            rule = dataclasses.replace(rule, metrics=tuple(sorted(rule.metrics)), per=tuple(sorted(rule.per)))
            return rule.table if isinstance(value, str) else rule
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
        for title in sorted(rows.metrics):
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
            judged = ((f"{one.since}", one.metric) for one in inner.versions)
            dated = runs((day, [one.target, one.alarm, plain(one.targets)]) for day, one in judged)
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
        name: plain(unordered(name, part))
        for name, part in _parts(metric)
        if name not in ("spec", "examples", "place", "versions")
    }
    if metric.versions:
        found["versions"] = [[f"{version.since}", _seen(version.metric)] for version in metric.versions]
    return found
