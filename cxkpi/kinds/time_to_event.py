"""Kind ``time_to_event``: how long until something happens, counting those to whom it has not happened yet.

A row of the cohort is watched from its start, or from when it came into view if that was later, to whichever comes
first: the event, an end that competes with it, an end that does not, or the last moment the data know of. On the same
day the event comes before a competing end, and that before any other. Times are whole units of one clock, rounded up:
local days where any of them is a date, else what the metric's unit says.
"""

from __future__ import annotations

import fractions
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

import narwhals as nw
import polars as pl

from cxkpi.calendar import local_day
from cxkpi.kinds.base import Branch, Cells, Figure, flag, reads
from cxkpi.kinds.definition import Condition, Duration, Fraction, Metric, MetricRows, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows
from cxkpi.kinds.sustained import Runs, SustainedRun
from cxkpi.stats import competing as incidence
from cxkpi.stats import survival

__all__ = ["Cause", "MetricRows", "NthRow", "Reading", "Runs", "Spec", "SustainedRun", "tally"]


@dataclass(frozen=True, slots=True)
class Cause:
    """A time of the row, and of which rows it counts: the others are watched until then, and no longer."""

    at: TimeColumn
    where: Condition | None = None


@dataclass(frozen=True, slots=True)
class NthRow:
    """The ``nth`` row of a table that is of the entity and not before its start."""

    from_: TableName
    where: Condition | None = None
    at: TimeColumn | None = None
    nth: int = 1


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read off the curve; one of the first three.

    ``quantile``: the first time by which that share has had the event. ``by``: the share that has had it by then, or of
    ``survivors`` has not. ``mean_until``: the mean time to it, no more than that being counted of anybody's.
    """

    quantile: Fraction = 0.5
    by: Duration | None = None
    of: Literal["events", "survivors"] | None = None
    mean_until: Duration | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    start: TimeColumn
    event: SustainedRun | NthRow | Cause | TimeColumn
    censor: TimeColumn | None = None
    competing: tuple[Cause, ...] | TimeColumn | None = None
    entered: TimeColumn | None = None
    where: Condition | None = None
    read: Reading = Reading()


UNITS: Mapping[str, int] = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
DAY_UNITS = ("days", "weeks")
_DAY_S = UNITS["days"]


def causes(spec: Spec) -> tuple[Cause | None, tuple[Cause, ...]]:
    """The event, where it is a time of the row itself, and the ends that compete with it."""
    own = Cause(spec.event) if isinstance(spec.event, str) else spec.event if isinstance(spec.event, Cause) else None
    others = (Cause(spec.competing),) if isinstance(spec.competing, str) else spec.competing or ()
    return own, others


def times(spec: Spec) -> tuple[str, ...]:
    """Every column of the cohort's table that is read as a time."""
    own, others = causes(spec)
    found = (spec.start, spec.censor, spec.entered, *(cause.at for cause in (own, *others) if cause is not None))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    entity = data.tables[spec.from_].key[0]
    own, others = causes(spec)
    named = {"entity": entity, "begins": spec.start}
    if spec.censor is not None:
        named["censor"] = spec.censor
    if spec.entered is not None:
        named["entered"] = spec.entered
    ends = {**({} if own is None else {"event": own}), **{f"other{at}": cause for at, cause in enumerate(others)}}
    named |= {name: cause.at for name, cause in ends.items()}

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        conditions = {f"{name}_counts": rows.true(cause.where) for name, cause in ends.items()}
        return {into: rows.column(name) for into, name in named.items()} | conditions

    needs = frozenset(named.values()) | reads(spec.where, *(cause.where for cause in ends.values()))
    found = {"cohort": Branch(spec.from_, spec.start, needs, adds, spec.where, form="list")}
    if isinstance(spec.event, NthRow):
        found["later"] = _later(spec.event, entity)
    return found


def _later(event: NthRow, entity: str) -> Branch:
    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        return {"n": flag(rows.true(event.where))}

    needs = reads(event.where) | {entity}
    return Branch(event.from_, event.at, needs, adds, event.where, keys=(entity,), form="events")


# ------------------------------------------------------------------------------------------------- the clock


@dataclass(frozen=True, slots=True)
class Clock:
    """How times are told apart: whole units of ``seconds``, between local days or, if ``timed``, between instants."""

    seconds: int
    timed: bool
    zone: str

    def moment(self, time: date | datetime | None) -> Any:
        """A time as this clock reads it; both kinds of time are never compared with each other."""
        if isinstance(time, datetime) and not self.timed:
            return local_day(time, self.zone)
        return time

    def between(self, start: Any, end: Any) -> int:
        """Units from one time to another, a part of one counted as whole."""
        return -int(-((end - start) // _TICK) // (self.seconds * _TICKS))

    def elapsed(self, start: Any, end: Any) -> int:
        """Whole units that have passed."""
        return int(((end - start) // _TICK) // (self.seconds * _TICKS))


_TICK = timedelta(microseconds=1)
_TICKS = 10**6


def clock_of(metric: Metric, data: Data) -> Clock:
    """The clock of a metric: what the catalogue has checked its unit and reading against."""
    spec: Spec = metric.spec
    paths = [data.path(spec.from_, name) for name in times(spec)]
    kinds = {data.declared_type(spec.from_, path) for path in paths if path is not None}
    timed = kinds == {"instant"} and not isinstance(spec.event, NthRow | SustainedRun)
    if spec.read.by is None:
        return Clock(UNITS[metric.unit], timed, data.zone)
    if not timed:
        return Clock(_DAY_S, timed, data.zone)
    # The same length may be written 48h or 2d: what it is measured in must not depend on that.
    fine = next(size for size in (3600, 60, 1) if not spec.read.by.seconds % size)
    return Clock(fine, timed, data.zone)


# ------------------------------------------------------------------------------------------------- histories


@dataclass
class _Cell:
    """What is known of one cell's people: exits by duration, when each came into view, and who is left out and why."""

    exits: list[tuple[int, str]] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    before_the_data: int = 0
    disordered: int = 0
    over_before_view: int = 0

    def add(self, clock: Clock, start: Any, entered: Any, end: Any, kind: str) -> None:
        """One person watched from start, or from ``entered`` if that was later, to an end of that kind."""
        duration = clock.between(start, end)
        entry = 0 if entered is None or entered <= start else clock.elapsed(start, entered)
        if entry and duration <= entry:
            self.over_before_view += 1
            return
        self.exits.append((duration, kind))
        self.entries.append(entry)

    @property
    def left_out(self) -> int:
        return self.before_the_data + self.disordered + self.over_before_view

    @property
    def notes(self) -> tuple[str, ...]:
        said = (
            (self.before_the_data, "they began before the data"),
            (self.disordered, "what should follow their start lies before it"),
            (self.over_before_view, "it was over before they came into view"),
        )
        return tuple(f"{count} left out: {why}" for count, why in said if count)


_ORDER = {"event": 0, "competing": 1, "censored": 2}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    clock = clock_of(metric, cells.data)
    find = _finder(spec, cells, clock)
    observed_from, watched_until = _watched(spec, cells, clock)
    others = [f"other{at}" for at in range(len(causes(spec)[1]))]
    found: defaultdict[int, _Cell] = defaultdict(_Cell)
    for row in cells.frames["cohort"].iter_rows(named=True):
        cell, start = found[row["cell"]], clock.moment(row["begins"])
        if observed_from is not None and start < observed_from:
            cell.before_the_data += 1
            continue
        happened, open_since = find(row, start)
        ends = [(happened, "event"), (clock.moment(row.get("censor")), "censored")]
        ends += [(clock.moment(row[name]), "competing" if row[f"{name}_counts"] else "censored") for name in others]
        if not row.get("event_counts", True):
            ends.append((clock.moment(row["event"]), "censored"))
        known = [(time, kind) for time, kind in ends if time is not None]
        if watched_until < start or any(time < start for time, _ in known):
            cell.disordered += 1
            continue
        time, kind = min([*known, (watched_until, "")], key=lambda end: (end[0], _ORDER.get(end[1], 3)))
        if not kind and open_since is not None:
            time = max(open_since, start)
        cell.add(clock, start, clock.moment(row.get("entered")), time, kind or "censored")
    return [_figure(metric, found[cell], clock) for cell in range(len(cells.windows))]


Finder = Callable[[Mapping[str, Any], Any], tuple[Any, Any]]


def _finder(spec: Spec, cells: Cells, clock: Clock) -> Finder:
    """How to find, for a row and its start, when the event happened, and since when it may be about to."""
    if isinstance(spec.event, SustainedRun):
        runs = Runs(spec.event, cells.metric_rows, cells.metric_rows_until)
        return lambda row, start: runs.first(row["entity"], start)
    if isinstance(spec.event, NthRow):
        nth, days = spec.event.nth, _days_of(cells.frames["later"], cells.data.tables[spec.from_].key[0])
        return lambda row, start: (_nth_day(days.get(str(row["entity"]), ()), start, nth), None)
    return lambda row, start: (clock.moment(row["event"]) if row["event_counts"] else None, None)


def _days_of(later: pl.DataFrame, entity: str) -> Mapping[str, Sequence[tuple[date, int]]]:
    """Per entity the days with rows, ascending, and how many."""
    days: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
    for name, day, count in later.filter(pl.col("n") > 0).sort("atom").select(entity, "atom", "n").iter_rows():
        days[name].append((day, count))
    return days


def _nth_day(days: Sequence[tuple[date, int]], start: date, nth: int) -> date | None:
    seen = 0
    for day, count in days:
        if day >= start:
            seen += count
            if seen >= nth:
                return day
    return None


def _watched(spec: Spec, cells: Cells, clock: Clock) -> tuple[Any, Any]:
    """The first day on which the event could be seen, where that is known, and the last moment."""
    data = cells.data
    if isinstance(spec.event, SustainedRun):
        # A run ends with the midnight after its last day, as the day of as_of does; an event dated by the day does not.
        return cells.observed_from, data.as_of_day + timedelta(days=1)
    if isinstance(spec.event, NthRow):
        table = spec.event.from_
        path = next(iter(data.time_paths(table, spec.event.at)), None)
        if path is None or data.declared_type(table, path) != "instant":
            # A list of dates, such as a roster, does not say from when on it was kept.
            return None, data.as_of_day
        first, through = data.stored[table].first, data.through.get(table)
        until = data.as_of_day if through is None else min(data.as_of_day, local_day(through, data.zone))
        return None if first is None else local_day(first, data.zone), until
    own, _ = causes(spec)
    path = None if own is None else data.path(spec.from_, own.at)
    if not clock.timed or path is None:
        return None, data.as_of_day
    *_, table = data.tables_on(spec.from_, path)
    return None, min(data.as_of, data.through.get(table, data.as_of))


# ------------------------------------------------------------------------------------------------- readings


def _figure(metric: Metric, cell: _Cell, clock: Clock) -> Figure:
    spec: Spec = metric.spec
    kinds = Counter(kind for _, kind in cell.exits)
    if not cell.exits:
        return Figure(n=0, missing=cell.left_out, censored=0, numerator=0, reason="empty", notes=cell.notes)
    entries = sorted(Counter(cell.entries).items()) if any(cell.entries) else None
    if spec.competing is None:
        read = _off_survival(metric, cell, entries, clock)
    else:
        read = _off_incidence(metric, cell, entries, clock)
    return Figure(
        n=len(cell.exits),
        value=read.value,
        low=read.limits[0],
        high=read.limits[1],
        numerator=kinds["event"],
        missing=cell.left_out,
        censored=kinds["censored"],
        reason="not_reached" if read.value is None else None,
        notes=(*cell.notes, *read.notes),
    )


_NO_LIMITS = (None, None)


@dataclass(frozen=True, slots=True)
class _Read:
    value: float | None = None
    limits: tuple[float | None, float | None] = _NO_LIMITS
    notes: tuple[str, ...] = ()


Entries = list[tuple[int, int]] | None


def _off_survival(metric: Metric, cell: _Cell, entries: Entries, clock: Clock) -> _Read:
    read: Reading = metric.spec.read
    curve = survival.kaplan_meier(tally(cell.exits), metric.confidence, entries)
    longest = max(duration for duration, _ in cell.exits)
    notes = _emptied(curve.times, curve.survival, longest)
    until = read.by or read.mean_until
    if until is None:
        value = survival.quantile(curve, read.quantile)
        return _Read(value, survival.quantile_interval(curve, read.quantile), notes)
    units = int(until.seconds) // clock.seconds
    ended = survival.survival_at(curve, units) == 0
    if longest < units and not ended:
        return _Read(notes=(*notes, _UNWATCHED.format(until)))
    if read.mean_until is not None:
        mean, _ = survival.restricted_mean(curve, units)
        limits = survival.restricted_mean_interval(curve, units, metric.confidence) or _NO_LIMITS
        return _Read(float(mean), limits, notes)
    share = survival.survival_at(curve, units)
    # Where it has happened to all, the formula for the limits says no more than where it has happened to nobody.
    around = survival.survival_limits_at(curve, units) if share else None
    if read.of == "survivors":
        return _Read(float(share), around or _NO_LIMITS, notes)
    return _Read(float(1 - share), _complement(around), notes)


def _off_incidence(metric: Metric, cell: _Cell, entries: Entries, clock: Clock) -> _Read:
    read: Reading = metric.spec.read
    counts = [(time, kind == "event", kind == "competing", kind == "censored") for time, kind in cell.exits]
    curve = incidence.aalen_johansen(counts, metric.confidence, entries)
    longest = max(duration for duration, _ in cell.exits)
    notes = _emptied(curve.times, curve.free, longest)
    if read.by is None:
        value = incidence.incidence_quantile(curve, read.quantile)
        return _Read(value, incidence.incidence_quantile_interval(curve, read.quantile), notes)
    units = int(read.by.seconds) // clock.seconds
    ended = any(time <= units and not free for time, free in zip(curve.times, curve.free, strict=True))
    if longest < units and not ended:
        return _Read(notes=(*notes, _UNWATCHED.format(read.by)))
    share = incidence.incidence_at(curve, units)
    around = incidence.incidence_limits_at(curve, units) if share < 1 else None
    if read.of == "survivors":
        return _Read(1 - share, _complement(around), notes)
    return _Read(share, around or _NO_LIMITS, notes)


_UNWATCHED = "nobody has been watched for {} yet"


def _complement(limits: tuple[float, float] | None) -> tuple[float | None, float | None]:
    return _NO_LIMITS if limits is None else (1 - limits[1], 1 - limits[0])


def _emptied(times: Sequence[int], free: Sequence[float | fractions.Fraction], longest: int) -> tuple[str, ...]:
    """Says so where nobody was left while others were still to come into view: they can change nothing any more."""
    ended = next((time for time, share in zip(times, free, strict=True) if not share), None)
    if ended is None or ended >= longest:
        return ()
    return (f"all in view at {ended} were over then; those who came into view later count for nothing",)


def tally(exits: Iterable[tuple[int, str]]) -> list[tuple[int, int, int]]:
    """(duration, events, other exits) per duration, ascending; these add over cohorts."""
    events: Counter[int] = Counter()
    others: Counter[int] = Counter()
    for duration, kind in exits:
        (events if kind == "event" else others)[duration] += 1
    return [(duration, events[duration], others[duration]) for duration in sorted({*events, *others})]


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return None
