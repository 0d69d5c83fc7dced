"""The middle of the way: metrics, tables and a question become rows of numbers. No files, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from cxkpi.calendar import Calendar
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds import stock
from cxkpi.kinds.base import Figure, Window
from cxkpi.kinds.definition import Metric, metric_rows_named
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import branches, changes, in_force
from cxkpi.measurement.computing.cells import By, shown
from cxkpi.measurement.computing.dataset import begun_on, first_day, first_end, holds_instants
from cxkpi.measurement.computing.dimensions import lacking, restated, unknown_dimension, unknown_values
from cxkpi.measurement.computing.formulas import CellFigures, with_formulas
from cxkpi.measurement.computing.judge import guarded, row, with_change
from cxkpi.measurement.computing.maturity import settled_until
from cxkpi.measurement.computing.needs import (
    formulas_below,
    guards_of,
    leaves,
    missing_input,
    reads_ranks,
    rows_read,
    rule_of,
    tables_of,
)
from cxkpi.measurement.computing.periods import Span, asked, windows, with_earlier
from cxkpi.measurement.computing.plans import Job, Only, Sums, run
from cxkpi.measurement.computing.reach import Ended, begins, beyond, ended, not_full
from cxkpi.measurement.computing.versions import figures
from cxkpi.measurement.metric_rows.rows import jobs_of, rows_of_event, why_barred, with_definitions, with_metric_rows
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
    """Rows in the declared order, and what has to be said about them; ``further``: those of metrics beside them."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    left_out: Mapping[Key, str] = field(default_factory=dict)
    further: tuple[Row, ...] = ()


def compute(
    metrics: Sequence[Metric],
    others: Mapping[str, Metric],
    data: Data,
    question: Question,
    *,
    further: Sequence[Metric] = (),
) -> Answer:
    """Rows of every metric for the whole and each combination of dimension values, period by period.

    ``others``: metrics by title that these read, or guard against. Metrics whose table or columns are not there are
    left out, each with the reason. UsageError for a dimension that no metric has. ``further`` metrics are computed in
    the same passes, as a whole and as far as they can be; they change nothing about the rows and notes of the others.
    """
    reasons = {metric.key: missing_input(metric, others, data) for metric in metrics}
    left_out = {key: why for key, why in reasons.items() if why is not None}
    usable = [metric for metric in metrics if metric.key not in left_out]
    further = [metric for metric in further if missing_input(metric, others, data) is None]
    watched = [*usable, *guards_of(usable, others, data).values(), *further]
    data, barred = with_metric_rows(watched, others, data, question.calendar)
    for metric in usable:
        why = why_barred(metric, others, barred)
        left_out |= {} if why is None else {metric.key: why}
    usable = [metric for metric in usable if metric.key not in left_out]
    further = [one for one in further if why_barred(one, others, barred) is None]
    notes = []
    if question.by:
        lacks = {metric.key: _lacks(metric, question.by, others, data) for metric in usable}
        if usable and all(lacks.values()):
            raise unknown_dimension("cut", question.by, leaves(usable, others), data)
        for metric in usable:
            lack = lacks[metric.key]
            if lack is not None:
                notes.append(f"{metric.title}: {lack[0]} has no {lack[1]}, so only the whole is shown")
    notes += restated(leaves(usable, others), question.by, data)
    selected = [name for name, _ in question.only]
    unselectable = {
        metric.key: lack for metric in usable if (lack := _lacks(metric, selected, others, data)) is not None
    }
    if usable and len(unselectable) == len(usable):
        raise unknown_dimension("selected", selected, leaves(usable, others), data)
    for key, (table, name) in unselectable.items():
        left_out[key] = f"{table} has no {name}, by which --only selects"
    usable = [metric for metric in usable if metric.key not in left_out]
    if not usable:
        return Answer((), tuple(notes), left_out)
    guards = {
        title: guard
        for title, guard in guards_of(usable, others, data).items()
        if not _lacks(guard, selected, others, data)
    }
    asked_for = {metric.key for metric in usable}
    beside = [*guards.values(), *further]
    beside += formulas_below([*usable, *beside], others)
    below = leaves([*usable, *beside], others)
    computed = list({metric.key: metric for metric in (*usable, *beside, *below)}.values())
    by_of = {
        metric.key: question.by if _lacks(metric, question.by, others, data) is None else () for metric in computed
    }
    notes += unknown_values(leaves(usable, others), question.only, data)
    spans = _spans(leaves(usable, others), data, question)
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
            beside_it = {
                guard.label: found[guard.key][place] for guard in of.values() if place in found.get(guard.key, {})
            }
            answered.append(guarded(line, beside_it) if beside_it else line)
    rows_beside = (line for one in further if one.key not in asked_for for line in found[one.key].values())
    return Answer(tuple(answered), tuple(notes), left_out, tuple(rows_beside))


def _lacks(metric: Metric, names: Sequence[str], others: Mapping[str, Metric], data: Data) -> tuple[str, str] | None:
    """As ``lacking``; a formula lacks what one of its parts lacks."""
    return next((lack for one in leaves([metric], others) if (lack := lacking(one, names, data)) is not None), None)


def _metric(key: Key, metrics: Sequence[Metric]) -> Metric:
    return next(metric for metric in metrics if metric.key == key)


def _counts_leavers(metric: Metric, data: Data) -> bool:
    term = getattr(metric.spec, "numerator", None)
    span = None if term is None else data.tables[term.from_].span
    return term is not None and span is not None and term.at == span[1]


def _spans(metrics: Sequence[Metric], data: Data, question: Question) -> list[Span]:
    tables = {table for metric in metrics for table in tables_of(metric)}
    # A roster reaches back years before the first contact; it decides the range only where nothing else is asked for.
    dated = {table for table in tables if holds_instants(data.tables[table]) or metric_rows_named(table)}
    read = [branch for metric in metrics for branch in branches(metric, data).values()]
    first = first_day(data, dated or tables, read)
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
    inner_jobs: dict[Key, range] = {}
    order, formulas = [metric.key for metric in metrics], formulas_below(metrics, others)
    metrics = [metric for metric in metrics if metric not in formulas]
    cells_of: dict[str, CellFigures] = {}
    for metric in metrics:
        by = by_of[metric.key]
        within, limits = windows(days, metric.roll, data), not reads_ranks(metric)
        jobs.append(Job(metric, branches(metric, data), by, within, question.only, limits))
    for metric in metrics:
        rule = rule_of(metric)
        if rule is None:
            continue
        inner = jobs_of(rule, others, data, question.calendar)
        inner_jobs[metric.key] = range(len(jobs), len(jobs) + len(inner))
        jobs += inner
    sums = run(jobs, data)
    read_at_all = [*metrics, *rows_read(metrics, others)]
    silent = ended({table for metric in read_at_all for table in tables_of(metric)}, data)
    answers: dict[Key, dict[tuple[By, date], Row]] = {}
    for number, metric in enumerate(metrics):
        job = jobs[number]
        own = _of(sums, number, job)
        metric_rows, refused = None, sums.refused.get(number)
        if metric.key in inner_jobs:
            # What may not be told apart by agent says nothing about an agent either.
            refused = True if any(one in sums.refused for one in inner_jobs[metric.key]) else refused
            inner_sums = [(jobs[one], _of(sums, one, jobs[one])) for one in inner_jobs[metric.key]]
            metric_rows = rows_of_event(metric, inner_sums, others, data, question.calendar)
        found = figures(job, own, data, metric_rows, refused)
        cells_of[metric.title] = with_definitions(found, metric, job.windows, others, data, question.calendar)
        read = [metric, *rows_read([metric], others)]
        answers[metric.key] = _judged(job, cells_of[metric.title], data, question, spans, days, read, silent)
    for title, cells in with_formulas(formulas, by_of, cells_of, others).items():
        below = leaves([others[title]], others)
        # The longest window of any part: two of those with days in common say nothing about a difference.
        lengths = (job.windows for job in jobs[: len(metrics)] if job.metric in below)
        longest = min(lengths, key=lambda found: found[0].start)
        job = Job(others[title], {}, by_of[others[title].key], longest, question.only)
        read = [*below, *rows_read(below, others)]
        answers[job.metric.key] = _judged(job, cells, data, question, spans, days, read, silent)
    return {key: answers[key] for key in order}


def _of(sums: Sums, number: int, job: Job) -> dict[str, pl.DataFrame]:
    """The sums of one job, by branch."""
    return {name: sums.frames[(number, name)] for name in job.branches}


def _judged(
    job: Job,
    cells: Sequence[tuple[By, Sequence[Figure]]],
    data: Data,
    question: Question,
    spans: Sequence[Span],
    days: Sequence[tuple[date, date]],
    below: Sequence[Metric],
    silent: Mapping[str, Ended],
) -> dict[tuple[By, date], Row]:
    """``below``: the metrics that read the rows, which is the metric itself unless it is a formula.

    ``silent``: the tables that ended before the others.
    """
    metric = job.metric
    shown_spans = {span.start: span for span in spans}
    window_of = {start: window for (start, _), window in zip(days, job.windows, strict=True)}
    found = {}
    tables = {table for one in below for table in tables_of(one)}
    begun = begun_on(data, tables, [branch for one in below for branch in branches(one, data).values()])
    kept = begins(below, data)
    over = [silent[table] for table in sorted(tables & silent.keys())]
    ago = [length for one in below for length in stock.looks_back(one.spec)]
    uncovered = first_end(data, tables) if ago or any(_counts_leavers(one, data) for one in below) else None
    for by, line_of in cells:
        label = shown(by)
        line = {}
        for (start, end), figure in zip(days, line_of, strict=True):
            span = shown_spans.get(start) or Span(start, end, True, None)
            reached = min(stock.earlier(window_of[start], length, data.calendar).start for length in (None, *ago))
            covered = uncovered is None or reached >= uncovered
            if not covered:
                figure = replace(figure, notes=(*figure.notes, _UNCOVERED.format(uncovered)))
            if begun is not None and window_of[start].end <= begun:
                covered = False
                figure = replace(figure, notes=(*figure.notes, _NOT_BEGUN.format(begun)))
            elif (lacking := not_full(window_of[start], start, kept) or beyond(window_of[start], over)) is not None:
                covered = False
                figure = replace(figure, notes=(*figure.notes, lacking))
            window = window_of[start]
            waited = [one for metric in below if (one := settled_until(metric, window, data)) is not None]
            until, written = min(waited, default=None), in_force(metric, window)
            line[start] = row(written, label, figure, span, question.every, until, data.zone, covered=covered)
        for span in spans:
            before = line.get(span.before) if span.before is not None else None
            if before is not None and begun is not None and before.period.end <= begun:
                before = None  # Nothing was recorded yet, so there is nothing to have changed from.
            if before is not None and not _one_meaning(below, window_of[span.start], window_of[before.period.start]):
                before = None
            overlapping = before is not None and window_of[span.start].start < window_of[before.period.start].end
            found[(by, span.start)] = with_change(line[span.start], before, span.before, overlapping=overlapping)
    return found


_NOT_BEGUN = "nothing was recorded yet of some of what it counts, which begins on {}"
_UNCOVERED = "the window reaches back before the roster's first leaver, {}: earlier ones may not be in it"


def _one_meaning(metrics: Sequence[Metric], *windows: Window) -> bool:
    """Whether these windows are of one definition of each metric, none of them of two."""
    return all(
        not any(changes(metric, window) for window in windows)
        and len({in_force(metric, window).definition for window in windows}) == 1
        for metric in metrics
    )
