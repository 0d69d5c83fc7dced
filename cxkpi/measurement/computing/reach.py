"""How far the data reach: back, for a rolled window, and on, where a table ended before the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from cxkpi.calendar import local_day
from cxkpi.kinds.base import Window
from cxkpi.kinds.definition import Metric, metric_rows_named
from cxkpi.kinds.metric_rows import START
from cxkpi.kinds.rows import Data
from cxkpi.kinds.versions import branches
from cxkpi.measurement.computing.dataset import days_with_rows, first_day, holds_instants
from cxkpi.measurement.computing.needs import tables_of

NOT_FULL = "the window reaches back before {}: what is not in the data is not counted"

# A centre that is closed over the New Year begins its year some days later, and its twelve months are full.
_TOLERATED = 20


def begins(metrics: Sequence[Metric], data: Data) -> Mapping[str, date]:
    """The first day of each table of events that rolled metrics read, in words.

    ``metrics``: those that read rows. A roster is left out: whoever was there before its first row is in it.
    """
    if not any(metric.roll for metric in metrics):
        return {}
    found: dict[str, date] = {}
    for table in sorted({table for metric in metrics for table in tables_of(metric)}):
        if data.tables[table].span is not None:
            continue
        read = [branch for metric in metrics for branch in branches(metric, data).values() if branch.table == table]
        first = first_day(data, {table}, read)
        if metric_rows_named(table):
            # A row falls on its last day and is about all of its period.
            frame = data.stored[table].frame if table in data.stored else None
            start = None if frame is None or START not in frame.columns else frame[START].min()
            first = start if isinstance(start, date) else first
        if first is not None:
            found[table] = first
    return found


def not_full(window: Window, period: date, begun: Mapping[str, date]) -> str | None:
    """What has to be said of a rolled window that more than one in twenty of its days lie before the data; else None.

    ``period``: first day of the period that the window is of. ``begun``: as ``begins`` finds it.
    """
    if window.start >= period or not begun:
        return None
    table, first = max(begun.items(), key=lambda item: item[1])
    before = min(first, window.end) - window.start
    if before <= timedelta() or before * _TOLERATED <= window.end - window.start:
        return None
    name = "the first of these rows" if metric_rows_named(table) else f"the first row of {table}"
    return NOT_FULL.format(f"{name}, {first}")


ENDED = "no row of {} since {}, which is longer than ever before: an export may be missing"


@dataclass(frozen=True, slots=True)
class Ended:
    """A table that ended before the others: the last day with a row, and the longest it was ever silent before."""

    table: str
    last: date
    silence: timedelta


_KNOWN_DAYS = 30


def ended(tables: Iterable[str], data: Data) -> Mapping[str, Ended]:
    """The tables that have been silent up to as_of for more than twice as long as ever before.

    Only those with rows on 30 days or more: how often the others have rows is not known. Complaints may be silent for
    a month, and there were none; contacts that come daily are not.
    """
    found = {}
    for name in sorted(tables):
        through = data.through.get(name)
        if through is None or metric_rows_named(name) or not holds_instants(data.tables[name]):
            continue
        last = local_day(through, data.zone)
        if data.as_of_day - last <= 2 * timedelta(days=1):
            continue
        days = [day for day in days_with_rows(data.stored[name], data.tables[name]) if day <= last]
        if len(days) < _KNOWN_DAYS:
            continue
        longest = max(later - earlier for earlier, later in pairwise(days))
        if data.as_of_day - last > 2 * longest:
            found[name] = Ended(name, last, longest)
    return found


def beyond(window: Window, of: Iterable[Ended]) -> str | None:
    """What has to be said of a window that reaches further than one of these tables was ever silent; else None."""
    for table in of:
        if window.end - timedelta(days=1) > table.last + table.silence:
            return ENDED.format(table.table, table.last)
    return None
