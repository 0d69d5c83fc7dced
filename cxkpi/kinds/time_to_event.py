"""Kind ``time_to_event``: how long until something happens, counting those to whom it has not happened yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import narwhals as nw
import polars as pl

from cxkpi.kinds.base import Branch, Cells, Figure, reads
from cxkpi.kinds.definition import ColumnName, Condition, Fraction, Metric, MetricName, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.stats.survival import kaplan_meier, quantile, quantile_interval


@dataclass(frozen=True, slots=True)
class MetricRows:
    """Metrics as a table: one row per entity and period, with columns ``aht``, ``aht_n`` … for each metric named."""

    metrics: tuple[MetricName, ...]
    per: tuple[ColumnName, ...]
    every: Literal["day", "week", "month"] = "week"


@dataclass(frozen=True, slots=True)
class SustainedRun:
    """The first run of ``sustained`` consecutive periods that meet a rule; ``where`` false makes a period thin."""

    from_: MetricRows
    meets: Condition
    where: Condition | None = None
    sustained: int = 1
    thin: Literal["break", "skip"] = "break"
    date: Literal["start", "end"] = "end"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read off the curve: the first day by which the share ``quantile`` has had the event."""

    quantile: Fraction = 0.5


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    start: TimeColumn
    event: SustainedRun | TimeColumn
    censor: TimeColumn | None = None
    where: Condition | None = None
    read: Reading = Reading()


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    entity = data.tables[spec.from_].key[0]
    named = {"entity": entity, "start": spec.start}
    if spec.censor is not None:
        named["censor"] = spec.censor
    if isinstance(spec.event, str):
        named["event"] = spec.event

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        return {into: rows.column(name) for into, name in named.items()}

    needs = frozenset(named.values()) | reads(spec.where)
    return {"cohort": Branch(spec.from_, spec.start, needs, adds, spec.where, form="list")}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    cohort = cells.frames["cohort"]
    # A run ends with the midnight after its last day, as the day of as_of does; an event dated by the day does not.
    watched_until = cells.data.as_of_day + timedelta(days=isinstance(spec.event, SustainedRun))
    runs = None
    if isinstance(spec.event, SustainedRun):
        runs = Runs(spec.event, cells.metric_rows, cells.metric_rows_until)
    per_cell: defaultdict[int, list[tuple[int, bool]]] = defaultdict(list)
    unseen: defaultdict[int, int] = defaultdict(int)
    disordered: defaultdict[int, int] = defaultdict(int)
    for row in cohort.iter_rows(named=True):
        cell, start, left = row["cell"], row["start"], row.get("censor")
        if runs is not None and cells.observed_from is not None and start < cells.observed_from:
            unseen[cell] += 1
            continue
        end = left if left is not None else watched_until
        if runs is None:
            happened, open_since = row["event"], None
        else:
            happened, open_since = runs.first(row["entity"], start)
        if end < start or (happened is not None and happened < start):
            disordered[cell] += 1
        elif happened is not None and happened <= end:
            per_cell[cell].append(((happened - start).days, True))
        elif open_since is not None and left is None:
            per_cell[cell].append((max((open_since - start).days, 0), False))
        else:
            per_cell[cell].append(((end - start).days, False))
    return [_figure(metric, per_cell[cell], unseen[cell], disordered[cell]) for cell in range(len(cells.windows))]


def _figure(metric: Metric, durations: Sequence[tuple[int, bool]], unseen: int, disordered: int) -> Figure:
    spec: Spec = metric.spec
    events = sum(event for _, event in durations)
    notes = tuple(
        note
        for count, note in (
            (unseen, f"{unseen} left out: they began before the data"),
            (disordered, f"{disordered} left out: what should follow their start lies before it"),
        )
        if count
    )
    if not durations:
        return Figure(n=0, missing=unseen + disordered, censored=0, numerator=0, reason="empty", notes=notes)
    curve = kaplan_meier(tally(durations), metric.confidence)
    value = quantile(curve, spec.read.quantile)
    low, high = quantile_interval(curve, spec.read.quantile)
    return Figure(
        n=len(durations),
        value=value,
        low=low,
        high=high,
        numerator=events,
        missing=unseen + disordered,
        censored=len(durations) - events,
        reason="not_reached" if value is None else None,
        notes=notes,
    )


def tally(durations: Iterable[tuple[int, bool]]) -> list[tuple[int, int, int]]:
    """(duration, events, exits) per duration in whole days, ascending; these add over cohorts."""
    events: defaultdict[int, int] = defaultdict(int)
    exits: defaultdict[int, int] = defaultdict(int)
    for duration, happened in durations:
        (events if happened else exits)[duration] += 1
    return [(duration, events[duration], exits[duration]) for duration in sorted({*events, *exits})]


class Runs:
    """For each entity the periods that meet the rule, and those too thin to say."""

    def __init__(self, rule: SustainedRun, metric_rows: pl.DataFrame | None, until: date | None) -> None:
        self._rule = rule
        self._met: dict[str, list[tuple[date, date, bool | None]]] = defaultdict(list)
        self._until = until
        if metric_rows is None:
            return
        (entity,) = rule.from_.per
        frame = nw.from_native(metric_rows.lazy())
        verdicts = frame.select(
            nw.col(entity).alias("entity"),
            nw.col("start"),
            nw.col("end"),
            meets=rule.meets.narwhals(nw.col).fill_null(False),
            thick=nw.lit(True) if rule.where is None else rule.where.narwhals(nw.col).fill_null(False),
        )
        table: pl.DataFrame = nw.to_native(verdicts).collect().sort("entity", "start")
        for name, start, end, meets, thick in table.select("entity", "start", "end", "meets", "thick").iter_rows():
            self._met[name].append((start, end, meets if thick else None))

    def first(self, entity: str, since: date) -> tuple[date | None, date | None]:
        """The day of the first complete run, and the day on which a run still open began; None where there is none."""
        run: list[tuple[date, date]] = []
        for start, end, verdict in self._met.get(entity, []):
            if end <= since:
                continue
            if verdict is None and self._rule.thin == "skip":
                continue
            if run and run[-1][1] != start and self._rule.thin == "break":
                run = []
            if not verdict:
                run = []
                continue
            run.append((start, end))
            if len(run) == self._rule.sustained:
                return (run[-1][1] if self._rule.date == "end" else max(run[0][0], since)), None
        if run and (self._rule.thin == "skip" or run[-1][1] == self._until):
            return None, max(run[0][0], since)
        return None, None


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return None
