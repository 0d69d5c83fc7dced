"""Which row of the same key comes next, which came before, and which rows hang together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

import narwhals as nw

from cxkpi.kinds.base import Step, flag, reads
from cxkpi.kinds.definition import Condition, Duration, TimeColumn
from cxkpi.kinds.rows import SOURCE, Rows

SUCCESSOR = "__successor"
PREDECESSOR = "__predecessor"
BLANK = "__blank"
OPENS = "__opens"
REPEATED = "__repeated"

NEVER = datetime(9999, 12, 31)
LONG_AGO = datetime(1, 1, 1)
_AT, _FOLLOWS, _CLUSTER, _INSIDE, _LATEST = "__at", "__follows", "__cluster", "__inside", "__latest"
_INSTANT = nw.Datetime("us")


@dataclass(frozen=True, slots=True)
class Clock:
    """Where the window of the earlier row starts (``from``); which time of the later row must fall in it (``to``)."""

    from_: TimeColumn = "ended_at"
    to: TimeColumn = "started_at"


ENDED_TO_STARTED = Clock()


def comes(step: Step | None) -> str | None:
    """The column by which a step finds what comes after a row; None for a step that looks for nothing."""
    if isinstance(step, Both):
        return step.after.clock.to
    return step.clock.to if isinstance(step, Successors | Predecessors | Clusters) else None


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
        follows = rows.column(self.clock.to)
        # Both halves begin where other metrics of the table begin, so that an engine sees one scan for all of them.
        followed = rows.frame.with_columns(
            *_keyed(rows, self.key),
            (rows.column(self.clock.from_) + timedelta(seconds=self.gap.seconds)).alias(_AT),
            nw.lit(1).alias(_FOLLOWS),
            nw.lit(NEVER).cast(_INSTANT).alias(SUCCESSOR),
        )
        may_follow = ~_blank(rows, self.key) & ~follows.is_null()
        if self.next is not None:
            may_follow = may_follow & rows.true(self.next)
        following = rows.frame.filter(may_follow).with_columns(
            *_keyed(rows, self.key),
            follows.alias(_AT),
            nw.lit(0).alias(_FOLLOWS),
            follows.alias(SUCCESSOR),
        )
        stream = nw.concat([followed, following], how="vertical").with_columns(
            nw.col(SUCCESSOR).cum_min(reverse=True).over(*_partition(self.key), order_by=[_AT, _FOLLOWS])
        )
        return rows.having(stream.filter(nw.col(_FOLLOWS) == 1).drop(_AT, _FOLLOWS))


@dataclass(frozen=True)
class Predecessors:
    """Adds to every row the latest ``from`` of its key that, with the gap, lies before its own ``to``.

    Only rows for which one of the conditions ``of`` holds, if there are any. This is the stream of ``Successors`` read
    forwards: with equal gaps both say of the same pairs that one row follows the other.
    """

    key: tuple[str, ...]
    clock: Clock
    gap: Duration
    of: tuple[Condition, ...] = ()

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({*self.key, self.clock.from_, self.clock.to}) | reads(*self.of)

    def __call__(self, rows: Rows) -> Rows:
        begins = rows.column(self.clock.from_)
        following = rows.frame.with_columns(
            *_keyed(rows, self.key),
            rows.column(self.clock.to).alias(_AT),
            nw.lit(0).alias(_FOLLOWS),
            nw.lit(LONG_AGO).cast(_INSTANT).alias(PREDECESSOR),
        )
        may_precede = ~_blank(rows, self.key) & ~begins.is_null()
        if self.of:
            may_precede = may_precede & _any(rows, self.of)
        followed = rows.frame.filter(may_precede).with_columns(
            *_keyed(rows, self.key),
            (begins + timedelta(seconds=self.gap.seconds)).alias(_AT),
            nw.lit(1).alias(_FOLLOWS),
            begins.alias(PREDECESSOR),
        )
        stream = nw.concat([following, followed], how="vertical").with_columns(
            nw.col(PREDECESSOR).cum_max().over(*_partition(self.key), order_by=[_AT, _FOLLOWS])
        )
        return rows.having(stream.filter(nw.col(_FOLLOWS) == 0).drop(_AT, _FOLLOWS))


@dataclass(frozen=True)
class Both:
    """The row after and the row before."""

    after: Successors
    before: Predecessors

    @property
    def needs(self) -> frozenset[str]:
        return self.after.needs | self.before.needs

    def __call__(self, rows: Rows) -> Rows:
        return self.before(self.after(rows))


@dataclass(frozen=True)
class Clusters:
    """Adds whether a row opens its cluster, and whether anything in that cluster follows something else in it.

    A cluster goes on while the next row of the key comes no more than ``within`` after the latest ``from`` of those
    before it, so it can last much longer than that. Rows that are neither ``where`` nor ``next`` belong to none. What
    comes within the gap, or while another row lasts, belongs to the cluster without being a repeat. The first row
    ``where`` opens the cluster; of rows with one ``to``, the first by the key of the table.
    """

    key: tuple[str, ...]
    clock: Clock
    gap: Duration
    within: Duration
    where: Condition | None
    next: Condition | None

    @property
    def needs(self) -> frozenset[str]:
        return frozenset({*self.key, self.clock.from_, self.clock.to}) | reads(self.where, self.next)

    def __call__(self, rows: Rows) -> Rows:
        within = timedelta(seconds=self.within.seconds)
        begins, follows = rows.column(self.clock.from_), rows.column(self.clock.to)
        members = () if self.where is None or self.next is None else (self.where, self.next)
        before = Predecessors(self.key, self.clock, self.gap, members)(rows).frame
        inside = ~nw.col(BLANK) & ~follows.is_null()
        if members:
            inside = inside & _any(rows, members)
        repeats = rows.true(self.next) & (nw.col(PREDECESSOR) >= follows - within)
        together = [*_partition(self.key), _INSIDE]
        order = [_AT, *rows.data.tables[rows.table].key, SOURCE]
        frame = before.with_columns(
            inside.alias(_INSIDE),
            follows.alias(_AT),
            nw.coalesce(begins, follows).alias(_LATEST),
            flag(rows.true(self.where)).alias(OPENS),
            flag(repeats).alias(REPEATED),
        )
        frame = frame.with_columns(nw.col(_LATEST).cum_max().over(*together, order_by=order))
        frame = frame.with_columns(nw.col(_LATEST).shift(1).over(*together, order_by=order))
        parted = nw.col(_LATEST).is_null() | (nw.col(_AT) > nw.col(_LATEST) + within)
        frame = frame.with_columns(flag(parted).alias(_CLUSTER))
        frame = frame.with_columns(nw.col(_CLUSTER).cum_sum().over(*together, order_by=order))
        together.append(_CLUSTER)
        frame = frame.with_columns(
            (nw.col(OPENS).cum_sum().over(*together, order_by=order) == 1).alias(OPENS),
            (nw.col(REPEATED).max().over(*together) > 0).alias(REPEATED),
        )
        # Without a key, or a time, a row hangs together with nothing.
        frame = frame.with_columns(nw.col(OPENS) | ~nw.col(_INSIDE), nw.col(REPEATED) & nw.col(_INSIDE))
        return rows.having(frame.drop(_INSIDE, _AT, _LATEST, _CLUSTER))


def _keyed(rows: Rows, key: tuple[str, ...]) -> list[nw.Expr]:
    """The key of the rows under names of its own, and whether any part of it is missing."""
    names = zip(key, _partition(key), strict=True)
    return [*(rows.column(name).alias(column) for name, column in names), _blank(rows, key).alias(BLANK)]


def _blank(rows: Rows, key: tuple[str, ...]) -> nw.Expr:
    return reduce(or_, (rows.column(name).is_null() for name in key))


def _partition(key: tuple[str, ...]) -> list[str]:
    return [f"__key{position}" for position in range(len(key))]


def _any(rows: Rows, conditions: tuple[Condition, ...]) -> nw.Expr:
    return reduce(or_, (rows.true(one) for one in conditions))
