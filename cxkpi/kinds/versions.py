"""The branches of a metric as it is written: of each of its definitions, and with what its protection needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from operator import or_

import narwhals as nw

from cxkpi.kinds.base import Branch, Window, flag, reads
from cxkpi.kinds.definition import Condition, Metric
from cxkpi.kinds.metric_rows import withheld_of
from cxkpi.kinds.registry import KINDS
from cxkpi.kinds.rows import Data, Rows
from cxkpi.tables import paths


@dataclass(frozen=True, slots=True)
class Epoch:
    """The days on which one definition was in force, ``until`` exclusive, and the metric as it was last written then.

    Versions that differ in targets alone share one.
    """

    since: date
    until: date
    metric: Metric

    def clip(self, window: Window) -> Window:
        """The part of a window within these days; an empty one where there is none."""
        start = min(max(window.start, self.since), self.until)
        end = max(min(window.end, self.until), start)
        return Window(start, end, max(start, min(window.until, end)))


def epochs(metric: Metric) -> tuple[Epoch, ...]:
    """The definitions of a metric, oldest first; one where it never changed."""
    found: list[Epoch] = []
    for version in metric.versions:
        if found and found[-1].metric.definition == version.metric.definition:
            found[-1] = replace(found[-1], metric=version.metric)
            continue
        since = version.since or date.min
        if found:
            found[-1] = replace(found[-1], until=since)
        found.append(Epoch(since, date.max, version.metric))
    return tuple(found) or (Epoch(date.min, date.max, metric),)


def in_force(metric: Metric, window: Window) -> Metric:
    """The metric as it was last written on the days of a window that have elapsed."""
    last = metric
    for version in metric.versions:
        if version.since is None or version.since <= window.start or version.since < window.until:
            last = version.metric
    return last


def changes(metric: Metric, window: Window) -> tuple[date, ...]:
    """The days of a window, elapsed ones, on which another definition came into force; none where it is one."""
    return tuple(one.since for one in epochs(metric)[1:] if window.start < one.since < window.until)


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    """Every branch by name; with several definitions ``0/rows``, ``1/rows`` … in their order."""
    several = epochs(metric)
    if len(several) == 1:
        found = _protecting(metric, KINDS[metric.kind].branches(several[0].metric, data), data)
        return {**found, **_withheld(several[0].metric, found, data)}
    return {
        f"{number}/{name}": branch
        for number, epoch in enumerate(several)
        for name, branch in _protecting(metric, KINDS[metric.kind].branches(epoch.metric, data), data).items()
    }


def counting(names: Mapping[str, Branch]) -> str:
    """The branch whose rows are the n of a metric: that of a denominator, or the only one."""
    return next((name for name in ("rows", "below") if name in names), next(iter(names)))


def _protecting(metric: Metric, found: Mapping[str, Branch], data: Data) -> Mapping[str, Branch]:
    """All rows also told apart by those who must not be singled out, wherever a table knows them."""
    if metric.protects is None or not found:
        return found
    counted = counting(found)
    told = {}
    for name, branch in found.items():
        known = name == counted or any(True for _ in paths(data.tables, branch.table, metric.protects))
        if branch.form in ("spells", "events") or not known:
            told[name] = branch
            continue
        keys = tuple(dict.fromkeys((*branch.keys, metric.protects)))
        told[name] = replace(branch, keys=keys, needs=branch.needs | {metric.protects})
    return told


WITHHELD = "withheld"


def _withheld(metric: Metric, found: Mapping[str, Branch], data: Data) -> Mapping[str, Branch]:
    """How many withheld rows of metrics the metric would read, by table; of those it is not known whether they count.

    A condition on what is withheld is null there, and only one that is false says that a row is none of these.
    """
    made = {}
    for branch in found.values():
        table = withheld_of(branch.table)
        if table in data.stored and f"{WITHHELD} {table}" not in made:
            made[f"{WITHHELD} {table}"] = _counting_all(branch, table, _conditions(metric, branch.table))
    return made


def _counting_all(branch: Branch, table: str, conditions: tuple[Condition | None, ...]) -> Branch:
    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        may = (nw.lit(True) if one is None else rows.read(one).fill_null(True) for one in conditions)
        return {WITHHELD: flag(reduce(or_, may))}

    return Branch(table, branch.at, reads(*conditions), adds, as_=branch.as_)


def _conditions(metric: Metric, table: str) -> tuple[Condition | None, ...]:
    """Which rows of a table a metric reads, each term of it."""
    spec = metric.spec
    terms = (spec.numerator, spec.denominator) if metric.kind == "ratio" else (spec,)
    return tuple(term.where for term in terms if term.from_ == table)
