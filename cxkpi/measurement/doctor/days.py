"""On which days there are rows: the period a file covers, the days it lacks, and dates that cannot be right.

A day is missing where its weekday usually has rows, so that a centre closed on Sundays lacks none. Whether a missing
day is worth a warning depends on how many rows there would have been: with three a day an empty one is chance, with
three hundred it is a hole in the export.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

import polars as pl

from cxkpi.calendar import MONTHS
from cxkpi.exports.findings import Finding, register
from cxkpi.measurement.doctor.spots import in_front
from cxkpi.tables import Stored, Table

FAR_DAYS = 366
"""So many days beyond all others a date is wrong, if few rows have one."""

# (days beyond all others, at most one row of so many): what is no date of the present.
_BEYOND = ((31, 1000), (FAR_DAYS, 5))
_DAY = timedelta(days=1)
_SHORT = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# A run of empty days is a hole where chance leaves one such run in so many exports.
_RARE = 0.01

Run = tuple[date, date]


def _quiet(finding: Finding) -> str:
    days = "1 day" if finding.count == 1 else f"{finding.count:,} days"
    return f"{in_front(finding.path)}no rows of {finding.column} on {days} that usually have some: {finding.detail}."


# So many working days in a row are more than public holidays.
_LONG = 3


def _holiday(finding: Finding) -> str:
    return f"{_quiet(finding)[:-1]}; public holidays?"


QUIET = register("F650", "warning", False, _quiet)
BETWEEN = register("F651", "warning", False, _quiet)
SHORT = register("F658", "note", False, _holiday)


@dataclass(frozen=True, slots=True)
class Covered:
    """The days of one file's rows of one table, by local date. ``last`` is the last day with rows.

    ``closed``: the weekdays on which there are none or next to none. ``missing``: runs of days, first and last, without
    rows that usually have some, ``missing_days`` in all.
    """

    table: str
    first: date
    last: date
    days: int
    closed: tuple[str, ...] = ()
    missing: tuple[Run, ...] = ()
    missing_days: int = 0


@dataclass(frozen=True, slots=True)
class Sane:
    """The days on which things really happened, a few wrong dates left aside: first and last by table.

    ``times``: the column of each table whose days they are.
    """

    spans: Mapping[str, Run] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> date | None:
        """The last day of any table."""
        return max((last for _, last in self.spans.values()), default=None)


def own_time(table: Table, supplied: frozenset[str]) -> str | None:
    """The column of the table itself that says when its rows happened."""
    events = [name for name, column in table.columns.items() if column.event]
    own = [name for name in table.time if "." not in name]
    return next((name for name in [*own, *events] if name in supplied), None)


def counted(stored: Mapping[str, Stored], tables: Mapping[str, Table], zone: str) -> list[tuple[str, pl.LazyFrame]]:
    """Per table with a time of its own: rows, or evaluations, by file, source and local day."""
    found = []
    for name, held in stored.items():
        time = own_time(tables[name], held.supplied)
        if time is None:
            continue
        # The sections of one evaluation come together: they are one chance for a day to have any.
        once = pl.col("evaluation_id").n_unique() if name == "evaluations" else pl.len()
        own = [] if name != "evaluations" else ["evaluation_id"]
        rows = pl.scan_parquet(list(held.files)).select("file", "source", local_day(tables[name], time, zone), *own)
        found.append((name, rows.drop_nulls("day").group_by("file", "source", "day").agg(once.alias("rows"))))
    return found


def local_day(table: Table, column: str, zone: str) -> pl.Expr:
    """The local date of an instant, or a date as it is, as ``day``."""
    if table.columns[column].type == "date":
        return pl.col(column).alias("day")
    return pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date().alias("day")


def sane(days: Mapping[str, pl.DataFrame], stored: Mapping[str, Stored], tables: Mapping[str, Table]) -> Sane:
    """The days that are no wrong dates, by table of instants."""
    spans, times = {}, {}
    for name, rows in days.items():
        time = own_time(tables[name], stored[name].supplied)
        if time is None or tables[name].columns[time].type != "instant" or rows.is_empty():
            continue
        by_day = dict(rows.group_by("day").agg(pl.col("rows").sum()).sort("day").iter_rows())
        spans[name] = (_first_sane(by_day, backwards=False), _first_sane(by_day, backwards=True))
        times[name] = time
    return Sane(spans, times)


def _first_sane(by_day: Mapping[date, int], *, backwards: bool) -> date:
    """The first day from one end that is not one of a few far beyond all others."""
    ordered = sorted(by_day, reverse=backwards)
    total, beyond, found = sum(by_day.values()), 0, ordered[0]
    for day, following in pairwise(ordered):
        beyond += by_day[day]
        if any(abs((following - day).days) > far and beyond * few <= total for far, few in _BEYOND):
            found = following
    return found


def covered(
    days: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], known: Sane
) -> tuple[Mapping[str, Covered], list[Finding]]:
    """What each file covers, by its first table, and the holes in it and between files.

    Files of one table and source are looked at together: a day that another of them has is not missing, and a day that
    none has between two of them is.
    """
    of_files: dict[str, Covered] = {}
    findings: list[Finding] = []
    for name in tables:
        if name not in days or days[name].is_empty():
            continue
        rows = days[name]
        if name not in known.spans:
            for file, first, last, count in _spans(rows):
                of_files.setdefault(file, Covered(name, first, last, count))
            continue
        rows = rows.filter(pl.col("day").is_between(*known.spans[name]))
        for _, of_source in sorted(rows.partition_by("source", as_dict=True).items()):
            together = dict(of_source.group_by("day").agg(pl.col("rows").sum()).iter_rows())
            holes = Holes.of(together)
            spans = list(_spans(of_source))
            for file, first, last, count in spans:
                missing = tuple(open_runs(_clipped(holes.runs, first, last), holes.open))
                closed, lacking = holes.closed_between(first, last), sum(map(holes.count, missing))
                found = Covered(name, first, last, count, closed, missing, lacking)
                of_files.setdefault(file, found)
            findings += _holes(name, spans, holes)
    return of_files, findings


def _spans(rows: pl.DataFrame) -> Iterator[tuple[str, date, date, int]]:
    ends = (pl.col("day").min().alias("first"), pl.col("day").max().alias("last"), pl.col("day").n_unique())
    yield from rows.group_by("file").agg(*ends).sort("first", "last", "file").iter_rows()


@dataclass(frozen=True, slots=True)
class Holes:
    """Days without rows between the first and the last with some, on weekdays that usually have some.

    ``usual``: rows to be expected on a weekday. ``open``: whether a weekday is one on which the centre works.
    """

    usual: tuple[float, ...]
    open: tuple[bool, ...]
    runs: tuple[Run, ...]
    days: int

    @classmethod
    def of(cls, by_day: Mapping[date, int]) -> Holes:
        """The holes in rows by day."""
        first, last = min(by_day), max(by_day)
        occurring, having, rows = [0] * 7, [0] * 7, [0] * 7
        every = [first + number * _DAY for number in range((last - first).days + 1)]
        for day in every:
            occurring[day.weekday()] += 1
            having[day.weekday()] += day in by_day
            rows[day.weekday()] += by_day.get(day, 0)
        worked = sum(count for count, some in zip(occurring, rows, strict=True) if some)
        a_day = sum(rows) / worked
        is_open = tuple(not _closed(n, occurring[n], having[n], rows[n], a_day) for n in range(7))
        # A weekday that occurs once says little of itself.
        usual = tuple((rows[n] + a_day) / (occurring[n] + 1) for n in range(7))
        return cls(usual, is_open, tuple(_runs(every, by_day, is_open)), len(every))

    def closed_between(self, first: date, last: date) -> tuple[str, ...]:
        """The weekdays between two days on which the centre does not work."""
        within = {(first + number * _DAY).weekday() for number in range(min(7, (last - first).days + 1))}
        return tuple(_SHORT[number] for number in sorted(within) if not self.open[number])

    def count(self, run: Run) -> int:
        """The working days of a run."""
        return len(open_days(run, self.open))

    def telling(self, run: Run) -> bool:
        """Whether so many rows would be expected in a run that chance hardly leaves it empty."""
        expected = sum(self.usual[day.weekday()] for day in open_days(run, self.open))
        return expected >= math.log(self.days / _RARE)


_WEEKEND = (5, 6)
_NEXT_TO_NOTHING = 0.05


def _closed(weekday: int, occurring: int, having: int, rows: int, a_day: float) -> bool:
    """Whether a weekday is no working day: it has next to no rows, where so many would be expected.

    One Tuesday without rows is a hole and not a custom; one Sunday is a custom.
    """
    expected = occurring * a_day
    seen_often = occurring > 1 or weekday in _WEEKEND
    return (
        seen_often
        and 2 * having <= occurring
        and rows <= _NEXT_TO_NOTHING * expected
        and expected >= math.log(1 / _RARE)
    )


def open_days(run: Run, is_open: Sequence[bool]) -> list[date]:
    """The days of a run on whose weekday there usually are rows."""
    first, last = run
    days = (first + number * _DAY for number in range((last - first).days + 1))
    return [day for day in days if is_open[day.weekday()]]


def _runs(every: Sequence[date], by_day: Mapping[date, int], is_open: Sequence[bool]) -> Iterator[Run]:
    """Stretches of missing days; closed days between two of them do not part them."""
    begun: date | None = None
    latest: date | None = None
    for day in every:
        if day in by_day:
            if begun is not None and latest is not None:
                yield begun, latest
            begun = latest = None
        elif is_open[day.weekday()]:
            begun, latest = begun or day, day


def open_runs(runs: Iterable[Run], is_open: Sequence[bool]) -> Iterator[Run]:
    """The same days without the closed ones among them."""
    for run in runs:
        found: list[date] = []
        for day in open_days(run, is_open):
            if found and day - found[-1] > _DAY:
                yield found[0], found[-1]
                found = []
            found.append(day)
        if found:
            yield found[0], found[-1]


def _clipped(runs: Iterable[Run], first: date, last: date) -> Iterator[Run]:
    for start, end in runs:
        if max(start, first) <= min(end, last):
            yield max(start, first), min(end, last)


def _holes(table: str, spans: Sequence[tuple[str, date, date, int]], holes: Holes) -> Iterator[Finding]:
    """One finding per file that has holes, and one for what lies between files."""
    by_file: defaultdict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in holes.runs:
        if holes.telling(run):
            file = next((file for file, first, last, _ in spans if first < run[0] and run[1] < last), "")
            code = SHORT if holes.count(run) < _LONG else QUIET if file else BETWEEN
            by_file[file, code].append(run)
    for (file, code), runs in sorted(by_file.items()):
        days = sum(map(holes.count, runs))
        detail = told(tuple(open_runs(runs, holes.open)))
        yield Finding(code, file, table, days, holes.days, detail=detail, tables=(table,))


def _month(day: date) -> str:
    return MONTHS[day.month - 1][:3].capitalize()


_TOLD = 6


def told(runs: Sequence[Run]) -> str:
    """``Fri 3 April 2026, Mon 6 to Wed 8 April 2026 and 2 more``."""
    named = [_told(first, last) for first, last in runs[:_TOLD]]
    more = sum((last - first).days + 1 for first, last in runs[_TOLD:])
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def _told(first: date, last: date) -> str:
    day = f"{_SHORT[last.weekday()]} {last.day} {_month(last)} {last.year}"
    if first == last:
        return day
    month = "" if (first.year, first.month) == (last.year, last.month) else f" {_month(first)}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{_SHORT[first.weekday()]} {first.day}{month}{year} to {day}"
