"""Kind ``stock``: how many spells are open.

A reading, for the days of a period that have elapsed (an opening is the closing of the day before):

=============  =========================================================================================
``mean``       person-days over days
``opening``    open at the end of the day before the period
``closing``    open at the end of its last day
``both``       half the opening and half the closing
``snapshots``  the mean of the opening, of the closing of every month that ends within, and of the closing
``joiners``    the opening, and every spell that begins in the period
``through``    open on any day
=============  =========================================================================================
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

import narwhals as nw
import polars as pl

from cxkpi.calendar import Calendar
from cxkpi.kinds.base import Branch, Cells, Figure, Window, reads
from cxkpi.kinds.definition import Condition, Duration, Metric, StockReading, TableName, Term, WholePeriods
from cxkpi.kinds.rows import Data, Rows

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    read: StockReading = "mean"
    last_day: Literal["out", "counted"] = "out"
    served: WholePeriods | None = None
    ago: WholePeriods | None = None
    where: Condition | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    return {"spells": spells(data, spec.from_, spec)}


def spells(data: Data, table: str, counted: Spec | Term) -> Branch:
    """The spells of a table: entity, first day, and last day if it has come."""
    declared = data.tables[table]
    entity = declared.key[0]
    if declared.span is None:
        raise ValueError(f"{table} has no spells")
    first, last = declared.span

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        return {"entity": rows.column(entity), "first": rows.column(first), "last": rows.column(last)}

    needs = frozenset({entity, first, last}) | reads(counted.where)
    return Branch(
        table,
        None,
        needs,
        adds,
        counted.where,
        form="spells",
        last_day=counted.last_day,
        served=counted.served,
        ago=counted.ago,
    )


def looks_back(spec: Any) -> list[Duration]:
    """How long ago the stocks that a spec reads are counted, where that is not now."""
    counted = (spec, getattr(spec, "numerator", None), getattr(spec, "denominator", None))
    return [ago for one in counted if (ago := getattr(one, "ago", None)) is not None]


def earlier(window: Window, ago: Duration | None, calendar: Calendar) -> Window:
    """The window a stock of so long ago is counted in; months are counted back by date, or are the calendar's own."""
    if ago is None:
        return window

    def before(day: date) -> date:
        return calendar.window_start(day, ago.amount, ago.unit)

    def before_end(day: date) -> date:
        # Within a month it is the last day that has a date; the end of a month goes back to the end of a month.
        if day == window.start or day == calendar.period_start(day, "month"):
            return before(day)
        return before(day - _DAY) + _DAY

    return Window(before(window.start), before_end(window.end), before_end(window.until))


def read(sums: Mapping[str, int], window: Window, what: str, calendar: Calendar) -> tuple[int, int]:
    """A stock as (sum, over), whose quotient it is: person-days over elapsed days, counts over how many there are.

    ``window`` is the one the spells were counted in. Over is 0 for a period of which no day has elapsed.
    """
    elapsed = (window.until - window.start).days
    if elapsed <= 0:
        return 0, 0
    if what == "mean":
        return sums.get("days", 0), elapsed
    if what == "both":
        return sums.get("opening", 0) + sums.get("closing", 0), 2
    if what == "snapshots":
        between = [close for close in month_closes([window], calendar) if window.start <= close < window.until - _DAY]
        return sums.get("opening", 0) + sums.get("closes", 0) + sums.get("closing", 0), 2 + len(between)
    if what == "joiners":
        return sums.get("opening", 0) + sums.get("joined", 0), 1
    return sums.get("open" if what == "through" else what, 0), 1


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    found = []
    for sums, asked in zip(cells.totals("spells"), cells.windows, strict=True):
        amount, over = read(sums, earlier(asked, spec.ago, cells.data.calendar), spec.read, cells.data.calendar)
        value = amount / over if over else None
        averaged = spec.read in ("mean", "snapshots")
        found.append(
            Figure(
                n=sums.get("open", 0),
                value=value,
                numerator=amount if averaged else value,
                denominator=over if averaged else None,
                reason=None if over else "empty",
            )
        )
    return found


def month_closes(windows: Iterable[Window], calendar: Calendar) -> list[date]:
    """The last day of every month of the calendar that a window reaches, ascending."""
    reached = [(window.start, window.until) for window in windows if window.start < window.until]
    if not reached:
        return []
    months = calendar.periods(min(start for start, _ in reached), max(until for _, until in reached), "month")
    return [end - _DAY for _, end in months]


def open_in(spells: pl.DataFrame, branch: Branch, windows: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """The spells of a branch by the cells they are open in: ``open_spells`` as its keys say.

    ``windows``: period, start, end, until.
    """
    asked = [Window(start, end, until) for start, end, until in windows.select("start", "end", "until").iter_rows()]
    counted = [earlier(window, branch.ago, calendar) for window in asked]
    days = {"start": [window.start for window in counted], "until": [window.until for window in counted]}
    cut = pl.DataFrame({"period": windows["period"], **days}, schema_overrides={"start": pl.Date, "until": pl.Date})
    return open_spells(_served(spells, branch.served, calendar), cut, branch.last_day, month_closes(counted, calendar))


def _served(spells: pl.DataFrame, served: Duration | None, calendar: Calendar) -> pl.DataFrame:
    """Spells from the day at whose end they have lasted so long."""
    if served is None:
        return spells
    begun = spells["begun"].drop_nulls().unique()
    days = pl.DataFrame({"begun": begun, "reached": [_lasted(day, served, calendar) for day in begun]})
    reached = spells.join(days.cast({"reached": pl.Date}), on="begun", how="left")
    reached = reached.with_columns(pl.max_horizontal("first", "reached").alias("first")).drop("reached")
    return reached.filter(pl.col("last").is_null() | (pl.col("first") <= pl.col("last")))


_LONGEST = {"d": 1, "wk": 7, "mo": 42}


def _lasted(begun: date, served: Duration, calendar: Calendar) -> date:
    """The first day at whose end a spell has lasted so long.

    That is one so long before whose end it had begun. Counted back like ``ago``, so that over the same days those who
    served are a part of those of so long ago.
    """
    after = begun + _DAY

    def back(days: int) -> date:
        return calendar.window_start(after + timedelta(days=days), served.amount, served.unit)

    return begun + timedelta(days=bisect_left(range(int(served.amount) * _LONGEST[served.unit]), after, key=back))


def open_spells(
    spells: pl.DataFrame, windows: pl.DataFrame, last_day: Literal["out", "counted"], closes: Sequence[date]
) -> pl.DataFrame:
    """Spells by the cells they are open in.

    ``spells``: entity, first, last (null while open), begun (first day of the spell it is a piece of), leaves (whether
    ``last`` is a leave rather than a move), and dimension columns. ``windows``: period, start, until (exclusive).
    ``closes``: last days of months. Result: one row per entity, period and dimension values: days open, months' closes
    within at which open, spells begun, and whether open at the opening, at the closing, and at all. A leaver of a day
    is out at its closing unless ``counted``.
    """
    dimensions = [name for name in spells.columns if name not in ("entity", "first", "last", "begun", "leaves")]
    open_ = spells.join(windows, how="cross").filter(
        (pl.col("first") < pl.col("until"))
        & (pl.col("last").is_null() | (pl.col("last") >= pl.col("start") - pl.duration(days=1)))
    )
    out = pl.col("leaves") if last_day == "out" else pl.lit(False)
    gone_after = pl.col("last") - pl.when(out).then(pl.duration(days=1)).otherwise(pl.duration(days=0))

    def at_close_of(day: pl.Expr) -> pl.Expr:
        return (pl.col("first") <= day) & (pl.col("last").is_null() | (gone_after >= day))

    last_elapsed = pl.col("until") - pl.duration(days=1)
    begins = pl.max_horizontal("first", "start")
    ends = pl.min_horizontal(pl.col("last").fill_null(last_elapsed), last_elapsed)
    days = ((ends - begins).dt.total_days() + 1).clip(lower_bound=0)
    elapsed = pl.col("until") > pl.col("start")
    stays = pl.min_horizontal(gone_after.fill_null(last_elapsed), last_elapsed - pl.duration(days=1))
    open_ = open_.with_columns(begins.alias("from"), stays.alias("to"))
    closed = _up_to(closes, open_["to"]) - _up_to(closes, open_["from"] - _DAY)
    begun = (pl.col("first") == pl.col("begun")) & (pl.col("first") >= pl.col("start"))
    measured = open_.with_columns(
        pl.when(elapsed).then(days).otherwise(0).alias("days"),
        closed.clip(lower_bound=0).alias("closes"),
        begun.cast(pl.Int64).alias("joined"),
        at_close_of(pl.col("start") - pl.duration(days=1)).cast(pl.Int64).alias("opening"),
        (elapsed & at_close_of(last_elapsed)).cast(pl.Int64).alias("closing"),
    ).with_columns((pl.col("days") > 0).cast(pl.Int64).alias("open"))
    return measured.group_by("period", "entity", *dimensions).agg(
        pl.col("days", "closes", "joined").sum(), pl.col("opening", "closing", "open").max()
    )


def _up_to(closes: Sequence[date], days: pl.Series) -> pl.Series:
    """How many of the closes lie on or before each day."""
    return pl.Series(closes, dtype=pl.Date).search_sorted(days, side="right").cast(pl.Int64)


def split_at_changes(spells: pl.DataFrame, changes: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Spells cut where a dimension changed, each piece with the values it had.

    ``spells``: entity, first, last, and a column per dimension holding the spell's newest value. ``changes``: per
    dimension a frame of entity, at, was; the value on a day is ``was`` of the spell's first change after it, else the
    newest. Adds ``leaves``, whether a piece ends with the spell, and ``begun``, the spell's first day.
    """
    days = ("first", "last", "leaves")
    pieces = spells.with_columns(
        pl.lit(True).alias("leaves"), pl.col("last").alias("spell_last"), pl.col("first").alias("begun")
    )
    for dimension, moves in changes.items():
        pieces = pieces.with_row_index("piece")
        own = pieces.select("piece", "entity", "first", "last", "spell_last").join(moves, on="entity", how="inner")
        own = own.filter(
            (pl.col("at") > pl.col("first")) & (pl.col("spell_last").is_null() | (pl.col("at") <= pl.col("spell_last")))
        )
        within = pl.col("last").is_null() | (pl.col("at") <= pl.col("last"))
        inside, later = own.filter(within).sort("piece", "at"), own.filter(~within)
        others = [name for name in pieces.columns if name not in (*days, dimension)]
        begins = pl.col("at").shift(1).over("piece", order_by="at").fill_null(pl.col("first"))
        before = inside.select(
            "piece",
            begins.alias("first"),
            (pl.col("at") - pl.duration(days=1)).alias("last"),
            pl.lit(False).alias("leaves"),
            pl.col("was").alias(dimension),
        ).join(pieces.select(others), on="piece", how="left")
        since = inside.group_by("piece").agg(pl.col("at").max().alias("since"))
        until_next = later.group_by("piece").agg(pl.col("was").sort_by("at").first().alias("was"))
        after = pieces.join(since, on="piece", how="left").join(until_next, on="piece", how="left")
        after = after.with_columns(
            pl.coalesce("since", "first").alias("first"), pl.coalesce("was", dimension).alias(dimension)
        )
        columns = [*others, *days, dimension]
        pieces = pl.concat([before.select(columns), after.select(columns)]).drop("piece")
    return pieces.drop("spell_last")


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return None
