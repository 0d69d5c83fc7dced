"""Amounts spread over the time a row covers: every local day, or hour, gets its part.

A part is the difference of two amounts cut off at its ends, each rounded to a whole grain, so the parts of a row add up
to its whole amount exactly, and those of hours to those of their days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

import narwhals as nw
import polars as pl

from cxkpi.calendar import local_time, midnight_utc
from cxkpi.engines.base import Frame
from cxkpi.kinds.base import Step, flag
from cxkpi.kinds.definition import Split
from cxkpi.kinds.rows import LOCAL, Rows

_EPOCH = datetime(1970, 1, 1)
_TICK = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_QUARTER = timedelta(minutes=15)

# Columns of a part: microseconds from the row's start to both its ends and to the row's end, and whether it is the
# first part of its row, the first on its day, the first in its hour of that day.
_FROM, _UNTIL, _LENGTH = "__from", "__until", "__length"
_BEGUN, _DAILY, _HOURLY = "__begun", "__daily", "__hourly"

# The day before on which a part's row has one, in days since 1970; null on the first. A key of the sums.
BEFORE = "__before"


@dataclass(frozen=True, slots=True)
class Stretches:
    """The step that makes parts of rows, each at the beginning of its local day, or hour if ``hourly``.

    A row without one of its times, or that ends before it starts, stays one part without an amount. ``hours`` and
    ``weekdays``: if there are any, only parts that begin at those local hours, on those days of the week (Monday is 1).
    """

    start: str
    end: str
    hourly: bool = False
    hours: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({self.start, self.end})

    def __call__(self, rows: Rows) -> Rows:
        engine, zone = rows.data.engine, rows.data.zone
        begins, ends = rows.column(self.start), rows.column(self.end)
        frame = rows.frame.with_columns(__s=_microseconds(begins), __e=_microseconds(ends))
        frame = frame.with_columns(__valid=(nw.col("__e") >= nw.col("__s")).fill_null(False))
        if self.hourly:
            grid = _grid(zone)
            first, last = _index(nw.col("__s"), grid), _index(nw.col("__e") - 1, grid)
        else:
            # Where a stretch ends at midnight its last day is the one before.
            frame = engine.local(frame.with_columns(__before_end=ends - nw.lit(_TICK)), "__before_end", zone, "__end")
            first = _index(_microseconds(nw.col(LOCAL)), _DAY)
            last = _index(_microseconds(nw.col("__end")), _DAY)
        frame = frame.with_columns(__first=first, __last=last)
        several = nw.col("__valid") & (nw.col("__last") > nw.col("__first"))
        frame = frame.with_columns(__span=nw.when(several).then(nw.col("__last") - nw.col("__first")).otherwise(0))
        spans, reach = _reach(rows, frame)
        cells = _numbered(self._kept(_hours(reach, zone) if self.hourly else _days(reach, zone)))
        frame = frame.join(engine.frame(_offsets(spans)), on="__span", how="inner")
        frame = frame.with_columns(__cell=nw.col("__first") + nw.col("__offset"))
        frame = frame.join(engine.frame(cells), on="__cell", how="left")
        valid = nw.col("__valid")

        def first_of(cell: str) -> nw.Expr:
            """Whether the row has no part where the one before it would be."""
            return ~valid | nw.col(cell).is_null() | (nw.col(cell) < nw.col("__first"))

        parts = frame.with_columns(
            nw.when(nw.col("__valid")).then(nw.col("__at")).otherwise(nw.col(LOCAL)).alias(LOCAL),
            (nw.max_horizontal("__begins", "__s") - nw.col("__s")).alias(_FROM),
            (nw.min_horizontal("__ends", "__e") - nw.col("__s")).alias(_UNTIL),
            (nw.col("__e") - nw.col("__s")).alias(_LENGTH),
            first_of("__last_cell").alias(_BEGUN),
            first_of("__last_today").alias(_DAILY),
            first_of("__last_now").alias(_HOURLY),
            nw.when(~first_of("__last_other")).then(nw.col("__last_day")).alias(BEFORE),
        )
        return rows.having(parts.filter(~valid | ~nw.col("__at").is_null()))

    def _kept(self, cells: pl.DataFrame) -> pl.DataFrame:
        """The days or hours that parts are made of; one that a zone skipped has no time to give a part to."""
        kept = cells.filter(pl.col("__ends") > pl.col("__begins"))
        if self.hours:
            kept = kept.filter(pl.col("__at").dt.hour().is_in(list(self.hours)))
        if self.weekdays:
            kept = kept.filter(pl.col("__at").dt.weekday().is_in(list(self.weekdays)))
        return kept


def began(at: Split | str | None) -> str | None:
    """The column of a row's time, which for a stretch is its start."""
    return at.split[0] if isinstance(at, Split) else at


def stretches(at: Split | str | None) -> Stretches | None:
    """The step that spreads amounts, where the time is a stretch."""
    return Stretches(at.split[0], at.split[1]) if isinstance(at, Split) else None


def needed(at: Split | str | None) -> frozenset[str]:
    """The columns of a stretch."""
    return frozenset(at.split) if isinstance(at, Split) else frozenset()


def hourly(step: Step | None) -> Step | None:
    """The same step, with parts by the hour where it makes parts."""
    return replace(step, hourly=True) if isinstance(step, Stretches) else step


def selecting(step: Step | None, hours: Iterable[int], weekdays: Iterable[int]) -> Step | None:
    """The same step, with parts of those hours and weekdays only where it makes parts; all of them if none is named."""
    if not isinstance(step, Stretches):
        return step
    return replace(step, hours=tuple(hours), weekdays=tuple(weekdays))


def part_of(whole: nw.Expr, at: Split | str | None) -> nw.Expr:
    """What a part gets of a row's whole grains; null where a stretch has no end or no beginning."""
    if not isinstance(at, Split):
        return whole
    length = nw.when(nw.col(_LENGTH) > 0).then(nw.col(_LENGTH)).otherwise(1).cast(nw.Float64)

    def up_to(time: str) -> nw.Expr:
        share = nw.col(time).cast(nw.Float64) / length
        return (whole.cast(nw.Float64) * share + 0.5).floor().cast(nw.Int128)

    before = nw.when(nw.col(_FROM) == 0).then(nw.lit(0).cast(nw.Int128)).otherwise(up_to(_FROM))
    until = nw.when(nw.col(_UNTIL) == nw.col(_LENGTH)).then(whole).otherwise(up_to(_UNTIL))
    return nw.when(nw.col("__valid")).then(until - before)


def once(condition: nw.Expr, at: Split | str | None) -> nw.Expr:
    """A condition on rows, for one part of each only."""
    return condition & nw.col(_BEGUN) if isinstance(at, Split) else condition


def counts(condition: nw.Expr, at: Split | str | None) -> dict[str, nw.Expr]:
    """``n`` of the rows where a condition holds; for stretches what ``once_per_period`` makes it of."""
    if not isinstance(at, Split):
        return {"n": flag(condition)}
    return {"n": flag(condition & nw.col(_DAILY)), "hours": flag(condition & nw.col(_HOURLY))}


def told_apart(at: Split | str | None) -> dict[str, Callable[[Rows], nw.Expr]]:
    """The key by which ``once_per_period`` knows what was counted before; none where the time is no stretch."""
    return {BEFORE: lambda rows: nw.col(BEFORE)} if isinstance(at, Split) else {}


def once_per_period(inside: pl.DataFrame, by: Iterable[str]) -> pl.DataFrame:
    """Sums by day, with ``start`` of the period each is in, so that ``n`` adds up to each row once per period.

    A row counts on its first day in the period, be it that it begins there, or that the one before it has lies earlier.
    By hour of the day, or by weekday, it counts once on each of its days.
    """
    if "hour" in by:
        count = pl.col("hours")
    elif "weekday" in by:
        count = pl.col("n")
    else:
        first = pl.col(BEFORE).is_null() | (pl.col(BEFORE) < pl.col("start").cast(pl.Int32).cast(pl.Int64))
        count = pl.when(first).then(pl.col("n")).otherwise(0)
    return inside.with_columns(count.alias("n")).drop("hours", BEFORE)


def _microseconds(time: nw.Expr) -> nw.Expr:
    return (time - nw.lit(_EPOCH)).dt.total_microseconds()


def _index(microseconds: nw.Expr, length: timedelta) -> nw.Expr:
    """In which stretch of that length since 1970 a time lies."""
    return (microseconds / nw.lit(length / _TICK)).floor().cast(nw.Int64)


def _reach(rows: Rows, frame: Frame) -> tuple[list[int], tuple[int, int]]:
    """How many days or hours rows span, and from which to which they reach."""
    counted = frame.filter(nw.col("__valid")).group_by("__span")
    plan = counted.agg(nw.col("__first").min().alias("first"), nw.col("__first").max().alias("last"))
    (found,) = rows.data.engine.collect([plan])
    spans = [(int(span), int(first), int(last)) for span, first, last in found.iter_rows()]
    first = min((first for _, first, _ in spans), default=0)
    last = max((last + span for span, _, last in spans), default=-1)
    return sorted({0, *(span for span, _, _ in spans)}), (first, last)


def _offsets(spans: Iterable[int]) -> pl.DataFrame:
    """For every span the parts of a row that spans so many: 0 and so many more."""
    lengths = pl.DataFrame({"__span": spans}, schema={"__span": pl.Int64})
    return lengths.with_columns(__offset=pl.int_ranges(0, pl.col("__span") + 1)).explode("__offset")


_CELLS: Mapping[str, pl.DataType] = {
    "__cell": pl.Int64(),
    "__begins": pl.Int64(),
    "__ends": pl.Int64(),
    "__at": pl.Datetime("us"),
}


def _days(reach: tuple[int, int], zone: str) -> pl.DataFrame:
    first, last = reach
    days = [date(1970, 1, 1) + timedelta(days=number) for number in range(first, last + 2)]
    begins = [(midnight_utc(day, zone) - _EPOCH) // _TICK for day in days]
    at = [datetime.combine(day, datetime.min.time()) for day in days[:-1]]
    rows = zip(range(first, last + 1), begins, begins[1:], at, strict=False)
    return pl.DataFrame(list(rows), schema=_CELLS, orient="row")


def _hours(reach: tuple[int, int], zone: str) -> pl.DataFrame:
    first, last = reach
    grid = _grid(zone)
    rows = []
    for number in range(first, last + 1):
        begins = _EPOCH + number * grid
        times = ((begins - _EPOCH) // _TICK, (begins + grid - _EPOCH) // _TICK)
        rows.append((number, *times, local_time(begins, zone)))
    return pl.DataFrame(rows, schema=_CELLS, orient="row")


def _numbered(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells, in order, with the last one before each: at all, on its day, in its hour of that day, on another day.

    ``__last_day``: what day that other one is, in days since 1970.
    """
    day = pl.col("__at").dt.date()
    found = cells.sort("__cell").with_columns(day.alias("__day"), pl.col("__at").dt.truncate("1h").alias("__hour"))
    before = pl.col("__cell").shift(1)
    found = found.with_columns(
        before.alias("__last_cell"),
        before.over("__day", order_by="__cell").alias("__last_today"),
        before.over("__hour", order_by="__cell").alias("__last_now"),
    )
    ends = found.group_by("__day").agg(pl.col("__cell").max().alias("__last_other")).sort("__day")
    ends = ends.select(
        pl.col("__day"),
        pl.col("__last_other").shift(1),
        pl.col("__day").shift(1).cast(pl.Int32).cast(pl.Int64).alias("__last_day"),
    )
    return found.join(ends, on="__day", how="left").drop("__day", "__hour")


def _grid(zone: str) -> timedelta:
    """How finely UTC has to be cut so that every local hour begins at a cut."""
    years = chain.from_iterable((datetime(year, 1, 1), datetime(year, 7, 1)) for year in range(1970, 2038))
    whole = all(local_time(time, zone).minute == 0 for time in years)
    return _HOUR if whole else _QUARTER
