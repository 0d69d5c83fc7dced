"""What a metric needs of the data, and of other metrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkpi.kinds.definition import Metric
from cxkpi.kinds.registry import KINDS
from cxkpi.kinds.rows import Data
from cxkpi.kinds.time_to_event import MetricRows, SustainedRun


def missing_input(metric: Metric, others: Mapping[str, Metric], data: Data) -> str | None:
    """Why a metric cannot be computed from these tables; None where it can."""
    for table in sorted(tables_of(metric)):
        if table not in data.stored:
            return f"no file gives {table} ({data.tables[table].row})"
    for branch in KINDS[metric.kind].branches(metric, data).values():
        absent = sorted(name for name in branch.needs if data.path(branch.table, name) is None)
        if absent:
            return f"no file gives {', '.join(f'{branch.table}.{name}' for name in absent)}"
        if branch.form == "sums" and not data.time_paths(branch.table, branch.at):
            return f"no file gives a time for {branch.table}"
    for inner in read_by(metric, others):
        why = missing_input(inner, others, data)
        if why is not None:
            return f"it reads {inner.title}, and {why}"
    return None


def tables_of(metric: Metric) -> set[str]:
    """The tables a metric's rows come from, look-ups aside."""
    spec = metric.spec
    terms = [getattr(spec, name) for name in ("numerator", "denominator") if hasattr(spec, name)]
    return {term.from_ for term in terms} if terms else {spec.from_}


def rule_of(metric: Metric) -> MetricRows | None:
    """The metric rows a metric reads, where it does."""
    event = getattr(metric.spec, "event", None)
    return event.from_ if isinstance(event, SustainedRun) else None


def read_by(metric: Metric, others: Mapping[str, Metric]) -> list[Metric]:
    """The metrics whose values another metric reads as rows."""
    rule = rule_of(metric)
    return [] if rule is None else [others[title] for title in rule.metrics]


def guards_of(metrics: Sequence[Metric], others: Mapping[str, Metric], data: Data) -> dict[str, Metric]:
    """By title, the metrics that guard these and can be computed."""
    titles = [title for metric in metrics for title in metric.guards]
    return {title: others[title] for title in titles if missing_input(others[title], others, data) is None}
