"""Metrics as rows: computed per entity and period as a report would show them, for other metrics to read.

Only complete periods, and only values whose rows are all judged: an immature value is null, as is its status. A row
stands wherever one of the metrics has anything to count; there a total of nothing is 0. What has no entity, a contact
without an agent, is in no row. Rows of which a metric is withheld stand in a table of their own: they are not read, but
counted by whatever would read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from cxkpi.calendar import Calendar, is_complete, midnight_utc
from cxkpi.kinds.base import Figure, Window
from cxkpi.kinds.definition import Limits, Metric, MetricRows
from cxkpi.kinds.metric_rows import END, LAST_DAY, START, column_of, entity_of
from cxkpi.kinds.rows import SOURCE, Data
from cxkpi.kinds.versions import branches, changes, epochs, in_force
from cxkpi.measurement.computing import cells
from cxkpi.measurement.computing.dataset import first_day
from cxkpi.measurement.computing.formulas import ZERO, of_nothing, with_formulas
from cxkpi.measurement.computing.goals import goal_of, shortfall
from cxkpi.measurement.computing.judge import row
from cxkpi.measurement.computing.maturity import settled_until
from cxkpi.measurement.computing.needs import formulas_below, leaves, rule_of, rules_of, tables_of
from cxkpi.measurement.computing.periods import Span, windows
from cxkpi.measurement.computing.plans import Job, refused, run
from cxkpi.measurement.computing.versions import figures, is_of_one_meaning
from cxkpi.measurement.metric_rows.plain import COLUMNS, is_plain, plain_rows
from cxkpi.measurement.metric_rows.tables import declared
from cxkpi.tables import POLARS_TYPES

Days = Sequence[tuple[date, date]]
Sums = Sequence[tuple[Job, Mapping[str, pl.DataFrame]]]


def with_metric_rows(
    metrics: Sequence[Metric], others: Mapping[str, Metric], data: Data, calendar: Calendar
) -> tuple[Data, dict[str, str]]:
    """The data with every table of metric rows that these metrics read, and by table why one may not be read.

    ``others``: metrics by title. The question asked does not reach in here: a row is about its whole period, whatever
    dates or dimension values are selected.
    """
    jobs, numbers_of = _jobs_of_each(_rules(metrics, others), others, data, calendar)
    if not jobs:
        return data, {}
    sums = run(jobs, data)
    found = data
    for rule, numbers in numbers_of.items():
        own = [
            (jobs[number], {name: sums.frames[(number, name)] for name in jobs[number].branches}) for number in numbers
        ]
        rows, withheld = side_by_side(rule, own, others, data, calendar)
        found = declared(rule, _tables(rule, others), found, rows, withheld)
    return found, _barred(numbers_of, jobs, sums.refused)


def barred(metrics: Sequence[Metric], others: Mapping[str, Metric], data: Data, calendar: Calendar) -> dict[str, str]:
    """Why rows of metrics that these metrics read may not be read, by table, without computing them.

    Those in which the event of a time to an event is looked for are among them.
    """
    events = (rule_of(metric) for metric in leaves(metrics, others))
    rules = dict.fromkeys([*_rules(metrics, others), *(rule for rule in events if rule is not None)])
    jobs, numbers_of = _jobs_of_each(list(rules), others, data, calendar)
    return _barred(numbers_of, jobs, refused(jobs, data))


def why_barred(
    metric: Metric, others: Mapping[str, Metric], tables: Mapping[str, str], *, events: bool = False
) -> str | None:
    """Why a metric cannot be computed, given the tables that may not be read and why; None where it can.

    ``events``: for want of an event, too, for which a report has a row without a value.
    """
    below = leaves([metric], others)
    read = [table for one in below for table in tables_of(one)]
    rules = [rule_of(one) for one in below] if events else []
    read += [rule.table for rule in rules if rule is not None]
    return next((tables[table] for table in read if table in tables), None)


def _rules(metrics: Sequence[Metric], others: Mapping[str, Metric]) -> list[MetricRows]:
    return list(dict.fromkeys(rule for metric in leaves(metrics, others) for rule in rules_of(metric)))


def _jobs_of_each(
    rules: Sequence[MetricRows], others: Mapping[str, Metric], data: Data, calendar: Calendar
) -> tuple[list[Job], dict[MetricRows, range]]:
    """The jobs of several rules, and by rule which of them are its own."""
    jobs: list[Job] = []
    numbers_of: dict[MetricRows, range] = {}
    for rule in rules:
        inner = jobs_of(rule, others, data, calendar)
        numbers_of[rule] = range(len(jobs), len(jobs) + len(inner))
        jobs += inner
    return jobs, numbers_of


def _barred(
    numbers_of: Mapping[MetricRows, range], jobs: Sequence[Job], refused_jobs: Mapping[int, bool]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for rule, numbers in numbers_of.items():
        title = next((jobs[number].metric.title for number in numbers if number in refused_jobs), None)
        if title is not None:
            entity = ", ".join(rule.per)
            found[rule.table] = (
                f"it reads {title} by {entity}, which counts contacts nobody answered, and they have no {entity}"
            )
    return found


def rows_of_event(
    metric: Metric, sums: Sums, others: Mapping[str, Metric], data: Data, calendar: Calendar
) -> cells.MetricRows:
    """The rows by which the event of a metric is found: those where one of its metrics has a value."""
    rule = rule_of(metric)
    if rule is None:
        raise ValueError(f"the event of {metric.title} is not found by metrics")
    frame, _ = side_by_side(rule, sums, others, data, calendar)
    counted = pl.any_horizontal(pl.col(f"{column_of(title)}_n") > 0 for title in rule.metrics)
    until = max((window.end for job, _ in sums for window in job.windows), default=data.as_of_day)
    return cells.MetricRows(frame.filter(counted), until, first_day(data, _tables(rule, others)))


def jobs_of(rule: MetricRows, others: Mapping[str, Metric], data: Data, calendar: Calendar) -> list[Job]:
    """One job by entity and period for each metric, those that a formula stands on instead of it."""
    days = days_of(rule, others, data, calendar)
    return [
        Job(
            metric,
            branches(metric, data),
            rule.per,
            windows(days, metric.roll, data),
            limits=False,
            # A person's row is no cell that is shown; what is made of such rows protects them.
            shown=metric.protects not in rule.per,
        )
        for metric in leaves([others[title] for title in rule.metrics], others)
    ]


def days_of(rule: MetricRows, others: Mapping[str, Metric], data: Data, calendar: Calendar) -> Days:
    """The complete periods since the first row of any table the metrics read."""
    inner = leaves([others[title] for title in rule.metrics], others)
    read = [branch for one in inner for branch in branches(one, data).values()]
    first = first_day(data, _tables(rule, others), read) or data.as_of_day
    return [
        (start, end)
        for start, end in calendar.periods(first, data.as_of_day, rule.every)
        if is_complete(end, data.as_of, data.as_of_from_data, data.zone)
    ]


def with_definitions(
    found: Sequence[tuple[cells.By, Sequence[Figure]]],
    metric: Metric,
    within: Sequence[Window],
    others: Mapping[str, Metric],
    data: Data,
    calendar: Calendar,
) -> list[tuple[cells.By, list[Figure]]]:
    """The figures of a metric, with a note on those whose rows are of several definitions of a metric that is read."""
    rules = [*rules_of(metric), *(rule for rule in (rule_of(metric),) if rule is not None)]
    notes = [tuple(_mixing(metric, window, rules, others, data, calendar)) for window in within]
    if not any(notes):
        return [(by, list(line)) for by, line in found]
    return [(by, [_noted(figure, more) for figure, more in zip(line, notes, strict=True)]) for by, line in found]


def _noted(figure: Figure, notes: tuple[str, ...]) -> Figure:
    there = figure.n or figure.immature or figure.missing
    return replace(figure, notes=(*figure.notes, *notes)) if there else figure


def _mixing(
    metric: Metric,
    window: Window,
    rules: Iterable[MetricRows],
    others: Mapping[str, Metric],
    data: Data,
    calendar: Calendar,
) -> Iterator[str]:
    for rule in rules:
        dated = [one for one in leaves([others[title] for title in rule.metrics], others) if len(epochs(one)) > 1]
        if not dated:
            continue
        days = [
            (start, end) for start, end in days_of(rule, others, data, calendar) if _falls(start, end, metric, window)
        ]
        for one in dated if days else ():
            read = windows(days, one.roll, data)
            whole = Window(min(each.start for each in read), max(each.end for each in read), read[-1].until)
            changed = changes(one, whole)
            if changed:
                yield f"{one.title} mixes definitions: changed on {', '.join(str(day) for day in changed)}"


def _falls(start: date, end: date, metric: Metric, window: Window) -> bool:
    """Whether the row of a period is one of a cell's: by its last day, unless the metric says otherwise."""
    if rule_of(metric) is not None:
        # An event is looked for in all there is after its start.
        return end > window.start
    own = metric.spec.denominator if metric.kind == "ratio" else metric.spec
    day = {START: start, END: end}.get(str(own.at), end - timedelta(days=1))
    return window.start <= day < window.end


def _tables(rule: MetricRows, others: Mapping[str, Metric]) -> set[str]:
    inner = leaves([others[title] for title in rule.metrics], others)
    return {table for metric in inner for table in tables_of(metric)}


def side_by_side(
    rule: MetricRows, sums: Sums, others: Mapping[str, Metric], data: Data, calendar: Calendar
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of the table these make, sorted by entity and period, and those of which a metric is withheld.

    ``sums``: of the jobs of ``jobs_of``.
    """
    reading = _Reading(sums, others, days_of(rule, others, data, calendar), data)
    keys = [*(entity_of(name) for name in rule.per), START]
    ends = {START: [day for day, _ in reading.days], END: [day for _, day in reading.days]}
    joined: pl.DataFrame | None = None
    for title in rule.metrics:
        frame = _rows_of(rule, others[title], reading)
        joined = frame if joined is None else joined.join(frame, on=keys, how="full", coalesce=True)
    if joined is None:
        raise ValueError("metric rows need at least one metric")
    for title in rule.metrics:
        joined = _ranked(others[title], _with_nothing(rule, others[title], reading, joined))
    rows = joined.join(pl.DataFrame(ends, schema=_DATES), on=START, how="inner").with_columns(
        (pl.col(END) - pl.duration(days=1)).alias(LAST_DAY), pl.lit("metrics").alias(SOURCE)
    )
    table = declared(rule, _tables(rule, others), data).tables[rule.table]
    columns = [pl.col(name).cast(POLARS_TYPES[column.type]) for name, column in table.columns.items()]
    withheld = pl.any_horizontal(pl.col(_WITHHELD + column_of(title)).fill_null(False) for title in rule.metrics)
    apart = rows.sort(keys).with_columns(withheld.alias(_WITHHELD)).partition_by(_WITHHELD, as_dict=True)
    shown, hidden = (apart.get((one,), rows.clear()).select(*columns, SOURCE) for one in (False, True))
    return shown, hidden


# Beside each metric's columns: whether it is withheld, null where it has no row, and a target of two limits.
_WITHHELD, _BAND = "__withheld_", "__band_"
_UNSAID = Figure(n=0, reason="refused")
_DATES = {START: pl.Date, END: pl.Date}

Place = tuple[int, tuple[str | None, ...], Figure]


class _Reading:
    """Figures by period and entity, of the metrics whose sums are known."""

    def __init__(self, sums: Sums, others: Mapping[str, Metric], days: Days, data: Data) -> None:
        self._sums = {job.metric.title: (job, own) for job, own in sums}
        self._others = others
        self.days = days
        self.data = data

    def places(self, metric: Metric) -> Iterator[Place]:
        """(position of the period, entity, figure) wherever there is anything to count, or is not to be said."""
        below = leaves([metric], self._others)
        if below == [metric]:
            yield from (place for place in self._places(metric) if _is_there(place))
            return
        # A formula may have a value where one of its parts has nothing to count.
        there = {place[:2] for one in below for place in self._places(one) if _is_there(place)}
        yield from (place for place in self._places(metric) if place[:2] in there)

    def _places(self, metric: Metric) -> Iterator[Place]:
        job, own = self._sums.get(metric.title, (None, {}))
        if job is not None and len(epochs(metric)) == 1 and metric.protects is None:
            alone = epochs(metric)[0].metric
            found, figures_there = cells.occurring(
                Job(alone, job.branches, job.by, job.windows, limits=False), own, self.data
            )
            for (period, *entity), figure in zip(found.iter_rows(), figures_there, strict=True):
                yield period, tuple(entity), figure
            return
        for by, line in self._dense(metric):
            if by or not self._by(metric):
                for period, figure in enumerate(line):
                    yield period, tuple(value for _, value in by), figure

    def _dense(self, metric: Metric) -> cells.Cut:
        known = {
            job.metric.title: figures(job, own, self.data)
            for job, own in (self._sums[one.title] for one in leaves([metric], self._others))
        }
        formulas = formulas_below([metric], self._others)
        by_of = {one.key: self._by(metric) for one in formulas}
        return {**known, **with_formulas(formulas, by_of, known, self._others)}[metric.title]

    def _by(self, metric: Metric) -> tuple[str, ...]:
        return self._sums[leaves([metric], self._others)[0].title][0].by

    def plain(self, metric: Metric, late: Sequence[bool]) -> pl.DataFrame | None:
        """The rows of a metric as columns; None for a metric whose values are no simple columns."""
        job, own = self._sums.get(metric.title, (None, {}))
        return plain_rows(job, own["rows"], late, self.data.calendar) if job is not None and is_plain(job) else None

    def nothing(self, metric: Metric) -> Sequence[Figure]:
        """By period what a metric says of nothing: a total 0, but where several definitions do not add up."""
        return of_nothing(metric, self._others, len(self.days), self._zeros)

    def _zeros(self, total: Metric) -> list[Figure]:
        within = windows(self.days, total.roll, self.data)
        return [ZERO if is_of_one_meaning(total, window) else _UNSAID for window in within]

    def late(self, metric: Metric) -> tuple[list[bool], list[datetime | None]]:
        """By period, whether some of its rows may not be judged yet, and ``waiting``."""
        untils = self.waiting(metric)
        ends = (midnight_utc(end, self.data.zone) for _, end in self.days)
        return [until is not None and end > until for until, end in zip(untils, ends, strict=True)], untils

    def waiting(self, metric: Metric) -> list[datetime | None]:
        """By period the newest time up to which its rows are judged; None where they need not wait."""
        parts = leaves([metric], self._others)
        found = []
        for start, end in self.days:
            until = [settled_until(part, Window(start, end, end), self.data) for part in parts]
            found.append(min((one for one in until if one is not None), default=None))
        return found


def _is_there(place: Place) -> bool:
    _, entity, figure = place
    there = figure.n or figure.missing or figure.immature or figure.reason == "withheld"
    return bool(there) and None not in entity


def _rows_of(rule: MetricRows, metric: Metric, reading: _Reading) -> pl.DataFrame:
    """The columns of one metric but its rank, by entity and start of the period."""
    value = column_of(metric.title)
    late, untils = reading.late(metric)
    rows = reading.plain(metric, late)
    if rows is None:
        rows = _each(rule, metric, reading, untils, late)
    else:
        rows = rows.with_columns(pl.lit(False).alias("withheld"))
    entity = {name: pl.col(name).alias(entity_of(name)) for name in rule.per}
    starts = pl.Series(START, [start for start, _ in reading.days], dtype=pl.Date)
    return rows.select(*entity.values(), starts.gather(rows["period"]), *_named(value))


def _named(value: str) -> list[pl.Expr]:
    """The columns of one metric, from those that ``COLUMNS`` names."""
    return [
        pl.col("value").alias(value),
        pl.col("n").cast(pl.Float64).alias(f"{value}_n"),
        *(pl.col(name).alias(f"{value}_{name}") for name in ("target", "alarm", "status", "complete")),
        pl.col("band").alias(_BAND + value),
        pl.col("withheld").alias(_WITHHELD + value),
    ]


def _ranked(metric: Metric, rows: pl.DataFrame) -> pl.DataFrame:
    value = column_of(metric.title)
    worse = pl.Series("__worse", _worse(metric, rows[value].to_list(), rows[_BAND + value].to_list()), dtype=pl.Float64)
    rank = pl.col("__worse").rank("min").over(START).cast(pl.Float64)
    return rows.with_columns(worse).with_columns(rank.alias(f"{value}_rank")).drop("__worse")


def _with_nothing(rule: MetricRows, metric: Metric, reading: _Reading, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, those in which a total has nothing to count with what a report says of nothing: 0.

    A formula says of nothing what it makes of its parts' nothing.
    """
    value, entity = column_of(metric.title), [entity_of(name) for name in rule.per]
    absent = rows.filter(pl.col(_WITHHELD + value).is_null()).select(*entity, START)
    if metric.kind not in ("total", "formula") or absent.is_empty():
        return rows
    late, untils = reading.late(metric)
    nothing = reading.nothing(metric)
    lines: dict[Any, tuple[Any, ...]] = {}
    found: list[tuple[Any, ...]] = []
    at = {start: number for number, (start, _) in enumerate(reading.days)}
    goals = any(version.metric.targets for version in metric.versions) or metric.targets
    for *names, start in absent.iter_rows():
        period = at[start]
        if nothing[period].value is None:
            continue
        by = dict(zip(rule.per, names, strict=True)) if goals else {}
        key = (period, *by.values())
        if key not in lines:
            line = _line(rule, metric, reading, period, by, nothing[period], untils, late)
            lines[key] = line
        found.append((*names, start, *lines[key]))
    schema = {**{name: rows.schema[name] for name in entity}, START: pl.Date(), **COLUMNS, "withheld": pl.Boolean()}
    zeros = pl.DataFrame(found, schema=schema, orient="row").select(*entity, START, *_named(value))
    return rows.update(zeros, on=[*entity, START], how="left")


def _each(
    rule: MetricRows, metric: Metric, reading: _Reading, untils: Sequence[datetime | None], late: Sequence[bool]
) -> pl.DataFrame:
    """The rows of a metric, one figure at a time, each judged as a report would."""
    found = [
        (
            period,
            *entity,
            *_line(rule, metric, reading, period, dict(zip(rule.per, entity, strict=True)), figure, untils, late),
        )
        for period, entity, figure in reading.places(metric)
    ]
    schema: dict[str, pl.DataType] = {"period": pl.Int64(), **dict.fromkeys(rule.per, pl.String()), **COLUMNS}
    return pl.DataFrame(found, schema={**schema, "withheld": pl.Boolean()}, orient="row")


def _line(
    rule: MetricRows,
    metric: Metric,
    reading: _Reading,
    period: int,
    by: Mapping[str, str | None],
    figure: Figure,
    untils: Sequence[datetime | None],
    late: Sequence[bool],
) -> tuple[Any, ...]:
    """What a row says of one figure: the ``COLUMNS``, and whether it is withheld."""
    start, end = reading.days[period]
    span = Span(start, end, True, None)
    meant = in_force(metric, Window(start, end, end))
    target, alarm = goal_of(meant, by, start)
    band = target if isinstance(target, tuple) else None
    if figure.reason == "withheld":
        return (None, None, _one(target), _one(alarm), None, None, band, True)
    line = row(meant, by, figure, span, rule.every, untils[period], reading.data.zone)
    complete = not (late[period] or figure.immature)
    amount = line.value if complete else None
    return (amount, figure.n, _one(target), _one(alarm), line.status, complete, band, False)


def _worse(metric: Metric, values: Sequence[float | None], bands: Sequence[Any]) -> list[float | None]:
    """By what values are ranked, least first; where nothing says which side is better, the largest comes first."""
    if metric.better is None:
        return [None if value is None else -value for value in values]
    return [
        None if value is None else shortfall(metric.better, None if band is None else (band[0], band[1]), value)
        for value, band in zip(values, bands, strict=True)
    ]


def _one(limit: Limits | None) -> float | None:
    """A single limit; a pair is none."""
    return None if isinstance(limit, tuple) else limit
