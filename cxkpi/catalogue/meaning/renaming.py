"""Definitions under the names another catalogue gives to the metrics and tables they read.

A metric that reads one of another name means the same if that one does; said with the other's names, it has the other's
definition.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cxkpi.catalogue.meaning.hashes import definitions
from cxkpi.catalogue.meaning.words import is_part, roles
from cxkpi.kinds.definition import Metric, MetricRows, metric_rows_named
from cxkpi.kinds.expression import Expression, rename
from cxkpi.kinds.metric_rows import BESIDE, column_of
from cxkpi.tables import Table


@dataclass(frozen=True)
class Names:
    """What another catalogue calls things: metrics by title, tables by name; those of one name are not in it."""

    titles: Mapping[str, str]
    tables: Mapping[str, str]

    def title(self, title: str) -> str:
        return self.titles.get(title, title)

    def table(self, name: str) -> str:
        rule = metric_rows_named(name)
        return self.tables.get(name, name) if rule is None else self.rows(rule).table

    def rows(self, rule: MetricRows) -> MetricRows:
        return dataclasses.replace(rule, metrics=tuple(self.title(title) for title in rule.metrics))

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The columns that rows of the renamed metrics have."""
        found: dict[str, str] = {}
        for old, new in self.titles.items():
            was, now = column_of(old), column_of(new)
            found |= {was: now, **{f"{was}_{what}": f"{now}_{what}" for what in BESIDE}}
        return found


def tables_renamed(old: Mapping[str, Table], new: Mapping[str, Table]) -> dict[str, str]:
    """What NEW calls the tables of OLD that it declares under another name and alike in everything else."""
    found: dict[str, str] = {}
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    # A table may look up another one that is renamed as well.
    for _ in gone:
        for name in list(gone):
            same = next((other for other in come if table_under(old[name], other, found) == new[other]), None)
            if same is not None:
                found[name] = same
                gone.remove(name)
                come.remove(same)
    return found


def table_under(table: Table, name: str, tables: Mapping[str, str]) -> Table:
    """A table with another name and the new names of those it looks up."""
    lookups = {
        step: dataclasses.replace(lookup, table=tables.get(lookup.table, lookup.table))
        for step, lookup in table.lookups.items()
    }
    history = table.history
    if history is not None:
        history = dataclasses.replace(history, table=tables.get(history.table, history.table))
    return dataclasses.replace(table, name=name, lookups=lookups, history=history)


def retold(metrics: Mapping[str, Metric], names: Names, timezone: str, months: str) -> dict[str, Metric]:
    """The metrics by their own titles, with the definitions they have where everything they read is called so."""
    if not names.titles and not names.tables:
        return dict(metrics)
    return read_in({title: _metric(metric, names) for title, metric in metrics.items()}, names, timezone, months)


def read_in(metrics: Mapping[str, Metric], names: Names, timezone: str, months: str) -> dict[str, Metric]:
    """Metrics that were retold, by their own titles, with the definitions they have in another zone or calendar."""
    defined = definitions({names.title(title): metric for title, metric in metrics.items()}, timezone, months)
    return {title: defined[names.title(title)] for title in metrics}


def _metric(metric: Metric, names: Names) -> Metric:
    return dataclasses.replace(
        metric,
        spec=_spec(metric.spec, names, {}),
        # Rows that are counted are the unit where none is named.
        unit=names.tables.get(metric.unit, metric.unit),
        guards=tuple(names.title(title) for title in metric.guards),
        versions=tuple(dataclasses.replace(one, metric=_metric(one.metric, names)) for one in metric.versions),
        examples=tuple(
            dataclasses.replace(one, given={names.table(table): rows for table, rows in one.given.items()})
            for one in metric.examples
        ),
    )


def _spec(spec: Any, names: Names, outer: Mapping[str, str]) -> Any:
    """``outer``: new names of the columns that expressions read, those of the rows of metrics they are over."""
    source = getattr(spec, "from_", None)
    columns = outer
    if source is not None:
        rule = metric_rows_named(source) if isinstance(source, str) else source
        columns = names.columns if isinstance(rule, MetricRows) else {}
    known = roles(type(spec))
    changed = {
        field.name: _value(getattr(spec, field.name), known[field.name], names, columns)
        for field in dataclasses.fields(spec)
    }
    return dataclasses.replace(spec, **changed)


def _value(value: Any, role: str | None, names: Names, columns: Mapping[str, str]) -> Any:
    if isinstance(value, Expression):
        if role == "formula":
            return dataclasses.replace(value, root=rename(value.root, names.title))
        if not columns:
            return value
        return dataclasses.replace(value, root=rename(value.root, lambda name: columns.get(name, name)))
    if isinstance(value, MetricRows):
        return names.rows(value)
    if is_part(value):
        return _spec(value, names, columns)
    if isinstance(value, tuple):
        return tuple(_value(part, role, names, columns) for part in value)
    if not isinstance(value, str):
        return value
    if role in ("table", "source"):
        return names.table(value)
    if role == "metric":
        return names.title(value)
    return columns.get(value, value) if role in ("column", "time") else value
