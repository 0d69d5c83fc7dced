"""Metrics as rows, while a catalogue is being read: the columns they will have, known from what is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cxkpi.kinds.definition import Metric, MetricRows
from cxkpi.kinds.formula import parts
from cxkpi.kinds.metric_rows import entity_of, names_of
from cxkpi.kinds.metric_rows import table_of as declared
from cxkpi.tables import Column, Table, column_at, paths


def table_of(rule: MetricRows, metrics: Mapping[str, object], tables: Mapping[str, Table]) -> Table:
    """The table these rows make; ``metrics`` as written, some of which may not be read yet, or be wrong."""
    per: dict[str, Column] = {}
    for title in rule.metrics:
        for table in _tables_written(metrics.get(title)):
            for name in rule.per:
                path = next(iter(paths(tables, table, name)), None) if table in tables else None
                if path is not None:
                    per.setdefault(name, column_at(tables, table, path))
    return declared(rule, per, tables)


def _tables_written(metric: Any) -> Iterator[str]:
    for part in (metric, *((metric.get(term) for term in ("numerator", "denominator")) if _mapping(metric) else ())):
        if _mapping(part) and isinstance(part.get("from"), str):
            yield part["from"]


def _mapping(part: Any) -> bool:
    return isinstance(part, Mapping)


def below(title: str, metrics: Mapping[str, Metric | None]) -> list[Metric]:
    """The metric of that title, a formula replaced by the metrics it stands on in the end; without broken ones."""
    found: list[Metric] = []
    seen: set[str] = set()
    waiting = [title]
    for name in waiting:
        metric = metrics.get(name)
        if metric is None or name in seen:
            continue
        seen.add(name)
        if parts(metric):
            waiting.extend(parts(metric))
        else:
            found.append(metric)
    return found


def entities(spec: Any, per: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every (table, column) that has to say whose a row is."""
    terms = [value for name in ("numerator", "denominator") if (value := getattr(spec, name, None)) is not None]
    for source in terms or [spec]:
        renamed = dict(getattr(source, "as_", ()))
        for name in per:
            yield source.from_, renamed.get(name, name)


def twice(rule: MetricRows) -> Iterator[tuple[str, int, str]]:
    """Parts of a rule, as (key, position), that give a column another part gives too, with its name."""
    parts = [("per", at, [entity_of(name)]) for at, name in enumerate(rule.per)]
    for at, title in enumerate(rule.metrics):
        single = names_of(MetricRows((title,)))[3:]
        parts.append(("metrics", at, single))
    seen = set(names_of(MetricRows(()))[:3])
    for key, at, names in parts:
        found = next((name for name in names if name in seen), None)
        if found is not None:
            yield key, at, found
        seen.update(names)
