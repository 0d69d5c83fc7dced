"""What a finding does to metrics: which columns each metric reads, look-ups and dimensions included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cxkpi.exports.findings import Finding
from cxkpi.exports.joining import gaps
from cxkpi.kinds.definition import Metric, MetricRows, metric_rows_named
from cxkpi.kinds.formula import parts
from cxkpi.kinds.rows import BUILT_IN_DIMENSIONS, SOURCE, Data, Path
from cxkpi.kinds.versions import branches
from cxkpi.measurement.computing.dimensions import dimensions
from cxkpi.measurement.computing.needs import leaves, rule_of, rules_of, tables_of
from cxkpi.measurement.doctor import relations
from cxkpi.measurement.metric_rows.tables import declared

# Rows without a time are lost to what counts these rows, not to what looks them up.
_OF_COUNTED_ROWS = frozenset({gaps.TIMELESS})
# Where a look-up finds nothing, a time that stands nearer takes the place of the one looked up.
_OF_LOOKUPS = frozenset({gaps.UNKNOWN, relations.NO_CONTACT})


@dataclass(frozen=True, slots=True)
class Reads:
    """What the figures of one metric rest on, as ``table`` and ``table.column``.

    ``cuts``: by dimension, the columns that lead from a row to its value, look-ups included. ``counted``: the tables
    whose rows it counts. ``spare``: of the columns, those that only lead to a time for which there is another.
    """

    tables: frozenset[str]
    columns: frozenset[str]
    cuts: Mapping[str, frozenset[str]]
    counted: frozenset[str] = frozenset()
    spare: frozenset[str] = frozenset()

    def touched(self, finding: Finding) -> bool:
        """Whether a finding is about something the figures rest on."""
        if finding.code in _OF_COUNTED_ROWS:
            return not self.counted.isdisjoint(finding.tables)
        if finding.code in _OF_LOOKUPS and finding.columns:
            return not (self.columns - self.spare).isdisjoint(finding.columns)
        return self.touched_by(finding.tables, finding.columns)

    def touched_by(self, tables: Iterable[str], columns: Sequence[str]) -> bool:
        """Whether the figures rest on one of these columns, or, where there are none, on one of these tables."""
        if columns:
            return not self.columns.isdisjoint(columns)
        return not self.tables.isdisjoint(tables)

    def cuts_touched(self, finding: Finding) -> tuple[str, ...]:
        """The dimensions by which a cut of the metric is touched, where the metric itself is not."""
        if not finding.columns or self.touched(finding):
            return ()
        return tuple(name for name, columns in self.cuts.items() if not columns.isdisjoint(finding.columns))


def reads(metric: Metric, others: Mapping[str, Metric], data: Data) -> Reads:
    """What a metric that can be computed reads, of its own branches and of the metrics whose values it reads."""
    tables: set[str] = set()
    columns: set[str] = set()
    firm: set[str] = set()
    counted: set[str] = set()
    cuts: dict[str, set[str]] = {}
    rules = rules_of(metric)
    for rule in rules:
        below = {table for one in leaves([others[title] for title in rule.metrics], others) for table in tables_of(one)}
        data = declared(rule, below, data)
    for branch in branches(metric, data).values():
        step = frozenset() if branch.step is None else branch.step.needs
        # What a clustered interval is grouped by decides how wide it is, not the figure.
        names = {*branch.needs, *branch.keys, *step} - {SOURCE, metric.cluster}
        paths = [path for name in sorted(names) if (path := data.path(branch.table, name)) is not None]
        times = data.time_paths(branch.table, branch.at)
        tables.add(branch.table)
        counted.add(branch.table)
        for path in (*paths, *times):
            tables.update(data.tables_on(branch.table, path))
            columns.update(along(data, branch.table, path))
        for path in paths:
            firm.update(along(data, branch.table, path))
        if times:
            firm.update(frozenset.intersection(*(frozenset(along(data, branch.table, path)) for path in times)))
        for name in dimensions(branch.table, data):
            if name not in BUILT_IN_DIMENSIONS and (path := data.path(branch.table, name)) is not None:
                cuts.setdefault(name, set()).update(along(data, branch.table, path), _history(data, branch.table, path))
    for inner, per in _inner(metric, rules, others):
        below_it = reads(inner, others, data)
        # The values of the other metric are per entity, so what names the entity decides too.
        named = frozenset[str]().union(*(below_it.cuts.get(name, frozenset()) for name in per))
        tables |= below_it.tables
        columns |= below_it.columns | named
        counted |= below_it.counted
        firm |= (below_it.columns - below_it.spare) | named
        if not per:
            for name, found in below_it.cuts.items():
                cuts.setdefault(name, set()).update(found)
    return Reads(
        tables=frozenset(name for name in tables if metric_rows_named(name) is None),
        columns=_stored(columns),
        cuts={name: _stored(found) for name, found in cuts.items()},
        counted=frozenset(name for name in counted if metric_rows_named(name) is None),
        spare=_stored(columns - firm),
    )


def _inner(
    metric: Metric, rules: Sequence[MetricRows], others: Mapping[str, Metric]
) -> Iterable[tuple[Metric, tuple[str, ...]]]:
    """The metrics whose values a metric reads, and by what: the parts of a formula by nothing further."""
    event = rule_of(metric)
    for rule in (*rules, *([] if event is None else [event])):
        yield from ((others[title], rule.per) for title in rule.metrics)
    yield from ((others[title], ()) for title in parts(metric))


def _stored(columns: Iterable[str]) -> frozenset[str]:
    """The columns that stand in files, and not in rows of metrics."""
    return frozenset(name for name in columns if metric_rows_named(name.rpartition(".")[0]) is None)


def along(data: Data, table: str, path: Path) -> Iterable[str]:
    """Every column met on a path: the keys of its look-ups on both sides, and the column at its end."""
    for step in path[:-1]:
        lookup = data.tables[table].lookups[step]
        yield f"{table}.{lookup.on}"
        yield f"{lookup.table}.{lookup.on}"
        table = lookup.table
    yield f"{table}.{path[-1]}"


def _history(data: Data, table: str, path: Path) -> Iterable[str]:
    *_, last = data.tables_on(table, path)
    history = data.tables[last].history
    if history is None or history.table not in data.stored or path[-1] not in history.before:
        return
    yield f"{history.table}.{history.on}"
    yield f"{history.table}.{history.at}"
    yield f"{history.table}.{history.before[path[-1]]}"


@dataclass(frozen=True, slots=True)
class Touched:
    """What one finding touches: titles of metrics, in the catalogue's order; or only cuts of them by dimensions."""

    metrics: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()


def touched(finding: Finding, known: Mapping[str, Reads]) -> Touched:
    """The metrics a finding touches; ``known``: what each that can be computed reads, by title."""
    metrics = tuple(title for title, one in known.items() if one.touched(finding))
    cuts = {name for one in known.values() for name in one.cuts_touched(finding)}
    return Touched(metrics, tuple(sorted(cuts)))
