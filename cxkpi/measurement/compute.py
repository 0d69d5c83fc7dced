"""The middle of the way: metrics, tables and a question become rows of numbers. No files, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import polars as pl

from cxkpi.calendar import Calendar, is_complete
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds.base import Figure, Window
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.registry import KINDS
from cxkpi.kinds.rows import Data, judged_until
from cxkpi.kinds.time_to_event import MetricRows as MetricRowsRule
from cxkpi.measurement.cells import By, MetricRows, figures, shown
from cxkpi.measurement.dataset import first_day, first_end, holds_instants
from cxkpi.measurement.dimensions import lacking, restated, unknown_dimension, unknown_values
from cxkpi.measurement.judge import guarded, row, with_change
from cxkpi.measurement.needs import guards_of, missing_input, read_by, rule_of, tables_of
from cxkpi.measurement.periods import Span, asked, windows, with_earlier
from cxkpi.measurement.plans import Job, Only, run
from cxkpi.result import Every, Row

Key = tuple[str, str | None]


@dataclass(frozen=True)
class Question:
    """What is asked of the metrics: how periods are cut, which of them, and by which dimensions."""

    calendar: Calendar
    every: Every = "month"
    by: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    last: int | None = None
    only: Only = ()
    compare: str = "previous"


@dataclass(frozen=True)
class Answer:
    """Rows in the declared order, and what has to be said about them."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    left_out: Mapping[Key, str] = field(default_factory=dict)


def compute(metrics: Sequence[Metric], others: Mapping[str, Metric], data: Data, question: Question) -> Answer:
    """Rows of every metric for the whole and each combination of dimension values, period by period.

    ``others``: metrics by title that these read, or guard against. Metrics whose table or columns are not there are
    left out, each with the reason. UsageError for a dimension that no metric has.
    """
    reasons = {metric.key: missing_input(metric, others, data) for metric in metrics}
    left_out = {key: why for key, why in reasons.items() if why is not None}
    usable = [metric for metric in metrics if metric.key not in left_out]
    notes = []
    if question.by:
        lacks = {metric.key: lacking(metric, question.by, data) for metric in usable}
        if usable and all(lacks.values()):
            raise unknown_dimension("cut", question.by, usable, data)
        for metric in usable:
            lack = lacks[metric.key]
            if lack is not None:
                notes.append(f"{metric.title}: {lack[0]} has no {lack[1]}, so only the whole is shown")
    notes += restated(usable, question.by, data)
    selected = [name for name, _ in question.only]
    unselectable = {metric.key: lack for metric in usable if (lack := lacking(metric, selected, data)) is not None}
    if usable and len(unselectable) == len(usable):
        raise unknown_dimension("selected", selected, usable, data)
    for key, (table, name) in unselectable.items():
        left_out[key] = f"{table} has no {name}, by which --only selects"
    usable = [metric for metric in usable if metric.key not in left_out]
    if not usable:
        return Answer((), tuple(notes), left_out)
    guards = {
        title: guard for title, guard in guards_of(usable, others, data).items() if not lacking(guard, selected, data)
    }
    asked_for = {metric.key for metric in usable}
    computed = [*usable, *{guard.key: guard for guard in guards.values() if guard.key not in asked_for}.values()]
    by_of = {metric.key: question.by if lacking(metric, question.by, data) is None else () for metric in computed}
    notes += unknown_values(usable, question.only, data)
    spans = _spans(usable, data, question)
    if not spans:
        raise UsageError(
            Problem(
                "U031",
                "no period lies between the dates asked for.",
                hint=f"The data are read as of {data.as_of_day}; change --since, --until or --as-of.",
            )
        )
    found = _rows(computed, others, data, question, spans, by_of)
    answered = []
    for key, lines in found.items():
        if key not in asked_for:
            continue
        of = {title: guards[title] for title in _metric(key, usable).guards if title in guards}
        for place, line in lines.items():
            beside = {
                guard.label: found[guard.key][place] for guard in of.values() if place in found.get(guard.key, {})
            }
            answered.append(guarded(line, beside) if beside else line)
    return Answer(tuple(answered), tuple(notes), left_out)


def _metric(key: Key, metrics: Sequence[Metric]) -> Metric:
    return next(metric for metric in metrics if metric.key == key)


def _counts_leavers(metric: Metric, data: Data) -> bool:
    term = getattr(metric.spec, "numerator", None)
    span = None if term is None else data.tables[term.from_].span
    return term is not None and span is not None and term.at == span[1]


def _spans(metrics: Sequence[Metric], data: Data, question: Question) -> list[Span]:
    tables = {table for metric in metrics for table in tables_of(metric)}
    # A roster reaches back years before the first contact; it decides the range only where nothing else is asked for.
    dated = {table for table in tables if holds_instants(data.tables[table])}
    first = first_day(data, dated or tables)
    if not dated and question.every != "all" and all(_counts_leavers(metric, data) for metric in metrics):
        first = first_end(data, tables) or first
    return asked(
        data,
        question.calendar,
        question.every,
        first or data.as_of_day,
        question.since,
        question.until,
        question.last,
        question.compare,
    )


def _rows(
    metrics: Sequence[Metric],
    others: Mapping[str, Metric],
    data: Data,
    question: Question,
    spans: Sequence[Span],
    by_of: Mapping[Key, tuple[str, ...]],
) -> dict[Key, dict[tuple[By, date], Row]]:
    """Per metric its rows by (dimension values, start), after everything was read in one go."""
    days = with_earlier(spans, question.calendar, question.every)
    jobs: list[Job] = []
    inner_jobs: dict[Key, list[int]] = {}
    for metric in metrics:
        kind = KINDS[metric.kind]
        by = by_of[metric.key]
        jobs.append(Job(metric, kind.branches(metric, data), by, windows(days, metric.roll, data), question.only))
    for metric in metrics:
        rule = rule_of(metric)
        if rule is None:
            continue
        inner = read_by(metric, others)
        inner_jobs[metric.key] = list(range(len(jobs), len(jobs) + len(inner)))
        weeks = _inner_windows(rule, inner, data, question.calendar)
        for other in inner:
            branches = KINDS[other.kind].branches(other, data)
            jobs.append(Job(other, branches, rule.per, weeks, limits=False))
    sums = run(jobs, data)
    answers: dict[Key, dict[tuple[By, date], Row]] = {}
    for number, metric in enumerate(metrics):
        job = jobs[number]
        own = {name: sums.frames[(number, name)] for name in job.branches}
        metric_rows, refused = None, sums.refused.get(number)
        if metric.key in inner_jobs:
            # What may not be told apart by agent says nothing about an agent either.
            refused = True if any(one in sums.refused for one in inner_jobs[metric.key]) else refused
            metric_rows = _metric_rows([(jobs[one], one) for one in inner_jobs[metric.key]], sums.frames, data)
        cells = figures(job, own, data, metric_rows, refused)
        answers[metric.key] = _judged(job, cells, data, question, spans, days)
    return answers


def _judged(
    job: Job,
    cells: Sequence[tuple[By, Sequence[Figure]]],
    data: Data,
    question: Question,
    spans: Sequence[Span],
    days: Sequence[tuple[date, date]],
) -> dict[tuple[By, date], Row]:
    metric = job.metric
    until = _judged_until(metric, data)
    shown_spans = {span.start: span for span in spans}
    window_of = {start: window for (start, _), window in zip(days, job.windows, strict=True)}
    found = {}
    begun = first_day(data, tables_of(metric))
    uncovered = first_end(data, tables_of(metric)) if _counts_leavers(metric, data) else None
    for by, line_of in cells:
        label = shown(by)
        line = {}
        for (start, end), figure in zip(days, line_of, strict=True):
            span = shown_spans.get(start) or Span(start, end, True, None)
            covered = uncovered is None or window_of[start].start >= uncovered
            if not covered:
                figure = replace(figure, notes=(*figure.notes, _UNCOVERED.format(uncovered)))
            line[start] = row(metric, label, figure, span, question.every, until, data.zone, covered=covered)
        for span in spans:
            before = line.get(span.before) if span.before is not None else None
            if before is not None and begun is not None and before.period.end <= begun:
                before = None  # Nothing was recorded yet, so there is nothing to have changed from.
            overlapping = before is not None and window_of[span.start].start < window_of[before.period.start].end
            found[(by, span.start)] = with_change(line[span.start], before, span.before, overlapping=overlapping)
    return found


_UNCOVERED = "the window reaches back before the roster's first leaver, {}: earlier ones may not be in it"


def _judged_until(metric: Metric, data: Data) -> datetime | None:
    window = KINDS[metric.kind].window(metric)
    return None if window is None else judged_until(data, *window)


def _inner_windows(rule: MetricRowsRule, inner: Sequence[Metric], data: Data, calendar: Calendar) -> tuple[Window, ...]:
    """The complete periods since the first row of any table the inner metrics read."""
    tables = {table for metric in inner for table in tables_of(metric)}
    first = first_day(data, tables) or data.as_of_day
    days = [
        (start, end)
        for start, end in calendar.periods(first, data.as_of_day, rule.every)
        if is_complete(end, data.as_of, data.as_of_from_data, data.zone)
    ]
    return windows(days, None, data)


def _metric_rows(
    inner: Sequence[tuple[Job, int]], sums: Mapping[tuple[int, str], pl.DataFrame], data: Data
) -> MetricRows:
    """Metrics side by side, a row per entity and period in which any of them has a value."""
    joined: pl.DataFrame | None = None
    first: date | None = None
    tables: set[str] = set()
    for job, number in inner:
        tables |= tables_of(job.metric)
        name = job.metric.title.replace(".", "_")
        records: list[tuple[str | None, date, date, float | None, int]] = []
        for by, cells in figures(job, {branch: sums[(number, branch)] for branch in job.branches}, data):
            if not by:
                continue
            ((_, entity),) = by
            records.extend(
                (entity, window.start, window.end, cell.value, cell.n)
                for window, cell in zip(job.windows, cells, strict=True)
                if cell.n
            )
        schema = {job.by[0]: pl.String, "start": pl.Date, "end": pl.Date, name: pl.Float64, f"{name}_n": pl.Float64}
        frame = pl.DataFrame(records, schema=schema, orient="row")
        if isinstance(job.metric.target, float | int):
            frame = frame.with_columns(pl.lit(float(job.metric.target)).alias(f"{name}_target"))
        keys = [job.by[0], "start", "end"]
        joined = frame if joined is None else joined.join(frame, on=keys, how="full", coalesce=True)
    if joined is None:
        raise ValueError("metric rows need at least one metric")
    first = first_day(data, tables)
    until = max((window.end for job, _ in inner for window in job.windows), default=data.as_of_day)
    return MetricRows(joined, until, first)
