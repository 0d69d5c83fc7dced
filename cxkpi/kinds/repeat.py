"""Kind ``repeat``: the share of rows that are followed, or not followed, by another of the same key within a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Literal

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, flag, reads
from cxkpi.kinds.definition import NO_TIME, ColumnName, Condition, Duration, Metric, TableName, TimeColumn
from cxkpi.kinds.rows import Data, Rows, judged_until
from cxkpi.kinds.share import share_of


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the window of the earlier row starts (``from``); which time of the later row must fall in it (``to``)."""

    from_: TimeColumn = "ended_at"
    to: TimeColumn = "started_at"


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    key: tuple[ColumnName, ...]
    within: Duration
    counts: Literal["resolved", "repeated"]
    clock: Clock = Clock()
    where: Condition | None = None
    next: Condition | None = None
    gap: Duration = NO_TIME
    blank_key: Literal["exclude", "single"] = "exclude"


NEVER = datetime(9999, 12, 31)
SUCCESSOR = "__successor"
BLANK = "__blank"
_AT, _FOLLOWS = "__at", "__follows"


@dataclass(frozen=True)
class Successors:
    """Adds to every row the earliest ``to`` of its key that lies after its own ``from`` plus the gap.

    Each row stands twice in one stream per key: once as a row that may follow, at its ``to``, and once as a row that
    may be followed, at its ``from``. Read backwards, the smallest ``to`` so far is the answer; at equal times the rows
    that may follow come first, so that ``to`` must be strictly later. As-of joins would say this in a line, but not on
    every engine.
    """

    key: tuple[str, ...]
    clock: Clock
    gap: Duration
    next: Condition | None

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({*self.key, self.clock.from_, self.clock.to}) | reads(self.next)

    def __call__(self, rows: Rows) -> Rows:
        blank = reduce(or_, (rows.column(name).is_null() for name in self.key))
        begins, follows = rows.column(self.clock.from_), rows.column(self.clock.to)
        partition = [f"__key{position}" for position in range(len(self.key))]
        keys = [rows.column(name).alias(column) for name, column in zip(self.key, partition, strict=True)]
        # Both halves begin where other metrics of the table begin, so that an engine sees one scan for all of them.
        followed = rows.frame.with_columns(
            *keys,
            blank.alias(BLANK),
            (begins + timedelta(seconds=self.gap.seconds)).alias(_AT),
            nw.lit(1).alias(_FOLLOWS),
            nw.lit(NEVER).cast(nw.Datetime("us")).alias(SUCCESSOR),
        )
        may_follow = ~blank & ~follows.is_null()
        if self.next is not None:
            may_follow = may_follow & rows.true(self.next)
        following = rows.frame.filter(may_follow).with_columns(
            *keys,
            blank.alias(BLANK),
            follows.alias(_AT),
            nw.lit(0).alias(_FOLLOWS),
            follows.alias(SUCCESSOR),
        )
        stream = nw.concat([followed, following], how="vertical")
        stream = stream.with_columns(nw.col(SUCCESSOR).cum_min(reverse=True).over(*partition, order_by=[_AT, _FOLLOWS]))
        return rows.having(stream.filter(nw.col(_FOLLOWS) == 1))


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    until = judged_until(data, (spec.from_,), spec.within.seconds)

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, begins = rows.true(spec.where), rows.column(spec.clock.from_)
        # A row that would follow itself (its "to" after its "from") says nothing about what came next.
        follows_itself = rows.column(spec.clock.to) > begins + timedelta(seconds=spec.gap.seconds)
        usable = ~follows_itself.fill_null(False)
        if spec.blank_key == "exclude":
            usable = usable & ~nw.col(BLANK)
        old_enough = (begins <= nw.lit(until)).fill_null(False)
        repeated = ~nw.col(BLANK) & (nw.col(SUCCESSOR) <= begins + timedelta(seconds=spec.within.seconds))
        counts = repeated if spec.counts == "repeated" else ~repeated.fill_null(False)
        return {
            "n": flag(member & usable & old_enough),
            "k": flag(member & usable & old_enough & counts),
            "immature": flag(member & usable & ~old_enough),
            "missing": flag(member & ~usable),
        }

    step = Successors(spec.key, spec.clock, spec.gap, spec.next)
    return {"rows": Branch(spec.from_, spec.clock.from_, reads(spec.where) | step.needs, adds, spec.where, step=step)}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    return [share_of(sums, metric.confidence) for sums in cells.totals("rows")]


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    spec: Spec = metric.spec
    return (spec.from_,), spec.within.seconds
