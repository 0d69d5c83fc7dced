"""What a metric needs of the data, and of other metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from cxkpi.catalogue.meaning.hashes import expressions
from cxkpi.kinds.definition import Metric, MetricRows, metric_rows_named
from cxkpi.kinds.formula import parts
from cxkpi.kinds.metric_rows import column_of
from cxkpi.kinds.rows import Data
from cxkpi.kinds.time_to_event import SustainedRun
from cxkpi.kinds.versions import branches
from cxkpi.measurement.metric_rows.tables import declared

_NO_FILE = "no file gives "
_BY_WAY_OF = re.compile(r"^(?:it reads [^,]+, and )+")


def missing_input(metric: Metric, others: Mapping[str, Metric], data: Data) -> str | None:
    """Why a metric cannot be computed from these tables; None where it can."""
    for table in sorted(tables_of(metric)):
        if table not in data.stored and metric_rows_named(table) is None:
            return f"{_NO_FILE}{table} ({data.tables[table].row})"
    event = rule_of(metric)
    why = None if event is None else _missing_rows(event, others, data)
    if why is not None:
        return why
    for rule in rules_of(metric):
        why = _missing_rows(rule, others, data)
        if why is not None:
            return why
        read = leaves([others[title] for title in rule.metrics], others)
        data = declared(rule, {table for one in read for table in tables_of(one)}, data)
    for branch in branches(metric, data).values():
        absent = sorted(name for name in branch.needs if data.path(branch.table, name) is None)
        if absent:
            return f"{_NO_FILE}{', '.join(f'{branch.table}.{name}' for name in absent)}"
        if branch.form in ("sums", "events") and not data.time_paths(branch.table, branch.at):
            return f"{_NO_FILE}a time for {branch.table}"
    for inner in (*read_by(metric, others), *(others[title] for title in parts(metric))):
        why = missing_input(inner, others, data)
        if why is not None:
            return f"it reads {inner.title}, and {why}"
    return None


def _missing_rows(rule: MetricRows, others: Mapping[str, Metric], data: Data) -> str | None:
    """Why rows of metrics cannot be computed: what a metric needs, or by what it cannot be cut."""
    for title in rule.metrics:
        why = missing_input(others[title], others, data)
        if why is not None:
            return f"it reads {title}, and {why}"
        for one in leaves([others[title]], others):
            for branch in branches(one, data).values():
                absent = [name for name in rule.per if data.path(branch.table, branch.column(name)) is None]
                if absent:
                    return f"it reads {title} by {absent[0]}, and no file gives {branch.table}.{absent[0]}"
    return None


def rules_of(metric: Metric) -> list[MetricRows]:
    """The rows of metrics that a metric reads like a table."""
    rules = (metric_rows_named(table) for table in sorted(tables_of(metric)))
    return [rule for rule in rules if rule is not None]


def reads_ranks(metric: Metric) -> bool:
    """Whether a metric tells rows by their rank: those are no sample, so there is no interval over them."""
    titles = [title for rule in rules_of(metric) for title in rule.metrics]
    ranks = {f"{column_of(title)}_rank" for title in titles}
    return any(ranks & one.columns for one in expressions(metric.spec)) if ranks else False


def rows_read(metrics: Sequence[Metric], others: Mapping[str, Metric]) -> list[Metric]:
    """The metrics whose values these read as rows of a table, formulas replaced by what they stand on."""
    titles = dict.fromkeys(title for metric in metrics for rule in rules_of(metric) for title in rule.metrics)
    return leaves([others[title] for title in titles], others)


def tables_of(metric: Metric) -> set[str]:
    """The tables a metric's rows come from, look-ups aside; none for a formula, which reads metrics."""
    if parts(metric):
        return set()
    specs = [version.metric.spec for version in metric.versions] or [metric.spec]
    return {table for spec in specs for table in _tables_of(spec)}


def _tables_of(spec: Any) -> set[str]:
    terms = [getattr(spec, name) for name in ("numerator", "denominator") if hasattr(spec, name)]
    return {term.from_ for term in terms} if terms else {spec.from_}


def leaves(metrics: Sequence[Metric], others: Mapping[str, Metric]) -> list[Metric]:
    """These metrics, each formula replaced by the metrics it stands on in the end; each once."""
    found: dict[str, Metric] = {}
    for metric in metrics:
        below = leaves([others[title] for title in parts(metric)], others) if parts(metric) else [metric]
        found |= {one.title: one for one in below}
    return list(found.values())


def formulas_below(metrics: Sequence[Metric], others: Mapping[str, Metric]) -> list[Metric]:
    """The formulas among these metrics, and those they stand on; each once."""
    found: dict[str, Metric] = {}
    for metric in metrics:
        if parts(metric):
            below = formulas_below([others[title] for title in parts(metric)], others)
            found |= {one.title: one for one in (metric, *below)}
    return list(found.values())


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


def by_lack(reasons: Mapping[str, str]) -> tuple[tuple[tuple[str, ...], str], ...]:
    """What is lacking, each thing once, with the titles of all metrics it stops.

    ``reasons``: why each metric cannot be computed, as :func:`missing_input` says it, by title. Columns that stop the
    same metrics stand together. Where there are several metrics, one that reads another lacks what that one lacks.
    """
    stopped: dict[str, list[str]] = {}
    for title, said in reasons.items():
        why = _BY_WAY_OF.sub("", said) if len(reasons) > 1 else said
        columns = why.removeprefix(_NO_FILE).split(", ")
        single = why.startswith(_NO_FILE) and all(" " not in column for column in columns)
        for lack in columns if single else (why,):
            stopped.setdefault(lack, []).append(title)
    together: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for lack, titles in stopped.items():
        together.setdefault((tuple(titles), " " in lack), []).append(lack)
    return tuple(
        (titles, why)
        for (titles, in_words), lacks in together.items()
        for why in (lacks if in_words else [_NO_FILE + ", ".join(lacks)])
    )
