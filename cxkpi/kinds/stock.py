"""Kind ``stock``: how many spells are open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import narwhals as nw
import polars as pl

from cxkpi.kinds.base import Branch, Cells, Figure, Window, reads
from cxkpi.kinds.definition import Condition, Metric, TableName
from cxkpi.kinds.rows import Data, Rows


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    read: Literal["mean", "opening", "closing", "both", "through"] = "mean"
    last_day: Literal["out", "counted"] = "out"
    where: Condition | None = None


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    return {"spells": spells(data, spec.from_, spec.where, spec.last_day)}


def spells(data: Data, table: str, where: Condition | None, last_day: Literal["out", "counted"]) -> Branch:
    """The spells of a table: entity, first day, and last day if it has come."""
    declared = data.tables[table]
    entity = declared.key[0]
    if declared.span is None:
        raise ValueError(f"{table} has no spells")
    first, last = declared.span

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        return {"entity": rows.column(entity), "first": rows.column(first), "last": rows.column(last)}

    needs = frozenset({entity, first, last}) | reads(where)
    return Branch(table, None, needs, adds, where, form="spells", last_day=last_day)


def read(sums: Mapping[str, int], window: Window, what: str) -> tuple[int, int]:
    """A stock as (sum, over), whose quotient it is: person-days over elapsed days, or one count, or two for ``both``.

    Over is 0 for a period of which no day has elapsed.
    """
    elapsed = (window.until - window.start).days
    if elapsed <= 0:
        return 0, 0
    if what == "mean":
        return sums.get("days", 0), elapsed
    if what == "both":
        return sums.get("opening", 0) + sums.get("closing", 0), 2
    return sums.get("open" if what == "through" else what, 0), 1


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    found = []
    for sums, window in zip(cells.totals("spells"), cells.windows, strict=True):
        amount, over = read(sums, window, spec.read)
        value = amount / over if over else None
        found.append(
            Figure(
                n=sums.get("open", 0),
                value=value,
                numerator=amount if spec.read == "mean" else value,
                denominator=over if spec.read == "mean" else None,
                reason=None if over else "empty",
            )
        )
    return found


def open_spells(spells: pl.DataFrame, windows: pl.DataFrame, last_day: Literal["out", "counted"]) -> pl.DataFrame:
    """Spells by the cells they are open in.

    ``spells``: entity, first, last (null while open), leaves (whether ``last`` is a leave rather than a move), and
    dimension columns. ``windows``: period, start, until (exclusive). Result: one row per entity, period and dimension
    values: days open, and whether open at the opening, at the closing, and at all. A leaver of a day is out at its
    closing unless ``counted``.
    """
    dimensions = [name for name in spells.columns if name not in ("entity", "first", "last", "leaves")]
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
    measured = open_.with_columns(
        pl.when(elapsed).then(days).otherwise(0).alias("days"),
        at_close_of(pl.col("start") - pl.duration(days=1)).cast(pl.Int64).alias("opening"),
        (elapsed & at_close_of(last_elapsed)).cast(pl.Int64).alias("closing"),
    ).with_columns((pl.col("days") > 0).cast(pl.Int64).alias("open"))
    return measured.group_by("period", "entity", *dimensions).agg(
        pl.col("days").sum(), pl.col("opening", "closing", "open").max()
    )


def split_at_changes(spells: pl.DataFrame, changes: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Spells cut where a dimension changed, each piece with the values it had.

    ``spells``: entity, first, last, and a column per dimension holding the spell's newest value. ``changes``: per
    dimension a frame of entity, at, was; the value on a day is ``was`` of the spell's first change after it, else the
    newest. Adds ``leaves``: whether a piece ends with the spell.
    """
    days = ("first", "last", "leaves")
    pieces = spells.with_columns(pl.lit(True).alias("leaves"), pl.col("last").alias("spell_last"))
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
