"""Kind ``repeat``: the share of rows that are followed, or not followed, by another of the same key within a window.

========  ==============  ==================================================================================
chain     count           n, and what counts as followed
========  ==============  ==================================================================================
anchor    contacts        every row; something comes in its own window
anchor    first           rows in nobody's window; as above
anchor    keys            every row; something comes in its window, or it comes in the window of something
gap       contacts, keys  every row; anything in its cluster follows anything in it
gap       first           the first row of every cluster; as above
========  ==============  ==================================================================================

The window of a row opens after its ``clock.from`` plus the gap, and closes ``within`` after ``clock.from``. Who comes
in it is a matter of all rows, whatever is selected, and of all that ``next`` allows. Backwards, the rows are those that
come, and followed means that they follow something.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import narwhals as nw

from cxkpi.kinds.base import Branch, Cells, Figure, Step, cluster_keys, flag, reads
from cxkpi.kinds.definition import NO_TIME, ColumnName, Condition, Duration, Metric, TableName
from cxkpi.kinds.neighbours import (
    BLANK,
    ENDED_TO_STARTED,
    OPENS,
    PREDECESSOR,
    REPEATED,
    SUCCESSOR,
    Both,
    Clock,
    Clusters,
    Predecessors,
    Successors,
)
from cxkpi.kinds.rows import Data, Rows, judged_until
from cxkpi.kinds.share import shares
from cxkpi.stats.waiting import survival_to


@dataclass(frozen=True, slots=True)
class Spec:
    from_: TableName
    key: tuple[ColumnName, ...]
    within: Duration
    counts: Literal["resolved", "repeated"]
    clock: Clock = ENDED_TO_STARTED
    where: Condition | None = None
    next: Condition | None = None
    gap: Duration = NO_TIME
    blank_key: Literal["exclude", "single"] = "exclude"
    chain: Literal["anchor", "gap"] = "anchor"
    count: Literal["contacts", "first", "keys"] = "contacts"
    look: Literal["forward", "backward"] = "forward"
    meets: Condition | None = None
    immature: Literal["exclude", "bounds", "survival"] = "exclude"


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    step = _step(spec)
    read = _reader(spec, data)

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        row = read(rows)
        counted = rows.named(row.member & row.usable, 2)
        mature, waiting = rows.named(counted & row.old_enough, 3), rows.named(counted & ~row.old_enough, 3)
        sums = {
            "n": flag(mature),
            "k": flag(mature & row.succeeds),
            "immature": flag(waiting),
            "missing": flag(row.member & ~row.usable),
        }
        if spec.immature != "exclude":
            # Before its window has passed, a row can only be known to be followed, or to have failed otherwise.
            known = "won" if spec.counts == "repeated" else "lost"
            sums[known] = flag(waiting & (row.succeeds if spec.counts == "repeated" else ~row.succeeds))
        if spec.immature == "survival":
            sums["events"] = flag(counted & row.ended)
            sums["exits"] = flag(counted & ~row.ended)
        return sums

    derived: dict[str, Callable[[Rows], nw.Expr]] = {}
    if spec.immature == "survival":
        derived[_waited(spec)] = lambda rows: read(rows).waited
    at = spec.clock.to if spec.look == "backward" else spec.clock.from_
    needs = reads(spec.where, spec.meets) | step.needs
    keys = (*cluster_keys(metric), *derived)
    return {"rows": Branch(spec.from_, at, needs, adds, spec.where, keys=keys, derived=derived, step=step)}


def _step(spec: Spec) -> Step:
    after = Successors(spec.key, spec.clock, spec.gap, spec.next)
    following = () if spec.next is None else (spec.next,)
    before = Predecessors(spec.key, spec.clock, spec.gap, following)
    if spec.look == "backward":
        return before
    if spec.chain == "gap":
        return Clusters(spec.key, spec.clock, spec.gap, spec.within, spec.where, spec.next)
    if spec.count == "first":
        # What opens an issue comes after no row that is judged, not even within the gap: a dropped call taken up again.
        judged = () if spec.where is None else (spec.where,)
        return Both(after, Predecessors(spec.key, spec.clock, NO_TIME, judged))
    return Both(after, before) if spec.count == "keys" else after


@dataclass(frozen=True, slots=True)
class _Row:
    """What is known of a row: conditions, none of them null, and the microseconds it was watched.

    ``member``: one of those judged. ``usable``: it can be. ``ended``: it failed, and when is known.
    """

    member: nw.Expr
    usable: nw.Expr
    old_enough: nw.Expr
    succeeds: nw.Expr
    ended: nw.Expr
    waited: nw.Expr


def _reader(spec: Spec, data: Data) -> Callable[[Rows], _Row]:
    within, gap = timedelta(seconds=spec.within.seconds), timedelta(seconds=spec.gap.seconds)
    until = judged_until(data, (spec.from_,), spec.within.seconds)
    stored = data.stored.get(spec.from_)
    first = None if stored is None else stored.first

    def read(rows: Rows) -> _Row:
        begins, follows = rows.column(spec.clock.from_), rows.column(spec.clock.to)
        member = rows.true(spec.where)
        # A row that would follow itself (its "to" after its "from") says nothing about what came next.
        usable = ~(follows > (begins if spec.count == "first" else begins + gap)).fill_null(False)
        if spec.blank_key == "exclude":
            usable = usable & ~nw.col(BLANK)
        if spec.chain == "gap" or spec.count != "contacts":
            usable = usable & ~follows.is_null()
        meets = None if spec.meets is None else rows.read(spec.meets)
        if meets is not None:
            usable = usable & ~meets.is_null()
        after = _false(nw.col(SUCCESSOR) <= begins + within)
        before = _false(nw.col(PREDECESSOR) >= follows - within)
        if spec.look == "backward":
            repeated = before
            # Rows before the first may be in nobody's file.
            old_enough = nw.lit(False) if first is None else follows >= nw.lit(first + within)
        else:
            old_enough = begins <= nw.lit(until)
            repeated = after
        if spec.chain == "gap":
            repeated = _false(nw.col(REPEATED))
            member = member & nw.col(OPENS) if spec.count == "first" else member
        elif spec.count == "first":
            member = member & (~before | nw.col(BLANK))
        elif spec.count == "keys":
            repeated = after | before
        repeated = rows.named(repeated & ~nw.col(BLANK))
        resolved = ~repeated if meets is None else ~repeated & _false(meets)
        age = nw.when(begins <= nw.lit(until)).then(begins + within).otherwise(nw.lit(until + within))
        ends = nw.when(repeated).then(nw.col(SUCCESSOR)).otherwise(age)
        if meets is not None:
            # Who fails by what happened on the first contact has failed from the beginning.
            ends = nw.when(~_false(meets)).then(begins).otherwise(ends)
        resolved = rows.named(resolved, 2)
        return _Row(
            rows.named(member),
            rows.named(usable),
            rows.named(_false(old_enough)),
            repeated if spec.counts == "repeated" else resolved,
            ~resolved,
            nw.when(member & usable).then((ends - begins).dt.total_microseconds()),
        )

    return read


def _false(condition: nw.Expr) -> nw.Expr:
    """A condition that is false where it is null."""
    return condition.fill_null(False)


def _waited(spec: Spec) -> str:
    """A name for how long rows were watched, the same where that is the same."""
    written = (spec.where, spec.meets)
    return "\n".join(
        ("=waited", str(spec.within), spec.count, *("" if one is None else one.canonical for one in written))
    )


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    found = shares(metric, cells)
    if spec.look == "backward":
        return [_left_censored(figure, spec) for figure in found]
    if spec.immature == "exclude":
        return found
    totals = cells.totals("rows")
    found = [_bounded(figure, sums) for figure, sums in zip(found, totals, strict=True)]
    return _survivals(metric, cells, found) if spec.immature == "survival" else found


def _left_censored(figure: Figure, spec: Spec) -> Figure:
    if not figure.immature:
        return figure
    note = f"{figure.immature} not judged: they come less than {spec.within} after the first row of the data"
    return replace(figure, notes=(*figure.notes, note))


def _bounded(figure: Figure, sums: Mapping[str, int]) -> Figure:
    """Between all that is still open failing, and all of it succeeding."""
    everything = figure.n + figure.immature
    if not everything:
        return figure
    k = sums.get("k", 0)
    low = k + sums.get("won", 0)
    high = everything - (figure.n - k) - sums.get("lost", 0)
    return replace(figure, bounds=(low / everything, high / everything))


def _survivals(metric: Metric, cells: Cells, figures: list[Figure]) -> list[Figure]:
    """The share not followed by the end of the window, by Kaplan–Meier; rows that wait are at risk up to their age.

    The curve says nothing beyond the longest time that somebody was watched, unless nobody was left by then.
    """
    spec: Spec = metric.spec
    window = round(spec.within.seconds * 1_000_000)
    counts = cells.by_value("rows", _waited(spec), "events", "exits")
    found = []
    for figure, watched in zip(figures, counts, strict=True):
        kept = survival_to([(waited, events, exits) for waited, events, exits in watched], metric.confidence)
        unwatched = kept is not None and kept[0] > 0.0 and watched[-1][0] < window
        share, low, high = (None, None, None) if kept is None or unwatched else kept
        if spec.counts == "repeated" and share is not None:
            share = 1.0 - share
            low, high = (None if high is None else 1.0 - high), (None if low is None else 1.0 - low)
        found.append(
            Figure(
                n=figure.n + figure.immature,
                value=share,
                low=low if cells.limits else None,
                high=high if cells.limits else None,
                immature=figure.immature,
                missing=figure.missing,
                reason="not_reached" if unwatched else "empty" if share is None else None,
                notes=(*figure.notes, f"nobody has been watched for {spec.within} yet") if unwatched else figure.notes,
                bounds=figure.bounds,
            )
        )
    return found


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    spec: Spec = metric.spec
    return None if spec.look == "backward" else ((spec.from_,), spec.within.seconds)
