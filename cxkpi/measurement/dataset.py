"""The stored tables as of one instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import polars as pl

from cxkpi.calendar import end_of_day_utc, local_day, to_utc
from cxkpi.engines.base import Engine
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds.rows import Data
from cxkpi.tables import Stored, Table

_TICK = timedelta(microseconds=1)


def dataset(
    stored: Mapping[str, Stored],
    tables: Mapping[str, Table],
    zone: str,
    engine: Engine,
    as_of: str | None = None,
) -> Data:
    """Fixes as_of and the reach of each table.

    ``as_of``: a local date (its end) or local timestamp; by default the newest event instant of the data. HR dates can
    lie in the future (a notice given), so they decide only where no table holds instants."""
    with_instants = {name for name in stored if holds_instants(tables[name])}
    reach = {name: table.through for name, table in stored.items() if table.through is not None}
    newest = max((reach[name] for name in reach if name in with_instants), default=None)
    if newest is None:
        newest = max(reach.values(), default=datetime(1970, 1, 1))
    at = newest if as_of is None else instant(as_of, zone)
    seen_until = at - _TICK if as_of is not None and len(as_of) == 10 else at
    cut = seen_until < newest
    through = {}
    for name, until in sorted(reach.items()):
        if until <= seen_until or (until == at and name not in with_instants):
            through[name] = until
        elif name in with_instants:
            through[name] = _newest_event(stored[name], tables[name], seen_until) or at
        else:
            through[name] = at
    # An as_of at midnight is the end of the day before, unless something happened at that very instant.
    begun = as_of is None and any(_latest(stored[name], tables[name]) == at for name in with_instants)
    day = local_day(at if begun else at - _TICK, zone)
    targets = {lookup.table for table in tables.values() for lookup in table.lookups.values()}
    ambiguous = frozenset(name for name in targets if name in stored and _sources(stored[name]) > 1)
    return Data(engine, tables, stored, zone, at, day, as_of is None, seen_until, cut, through, ambiguous)


def holds_instants(table: Table) -> bool:
    """Whether the table records instants of events, rather than dates."""
    return any(column.type == "instant" and column.event for column in table.columns.values())


def first_day(data: Data, tables: set[str]) -> date | None:
    """The first local day on which any of these tables has a row."""
    firsts = [data.stored[name].first for name in tables if name in data.stored]
    known = [first for first in firsts if first is not None]
    return local_day(min(known), data.zone) if known else None


def first_end(data: Data, tables: set[str]) -> date | None:
    """The first day on which a spell of these tables ended.

    A roster is rarely kept from the beginning: before its first leaver it holds only those who stayed, and turnover
    looks like none at all."""
    ends = []
    for name in sorted(tables & data.stored.keys()):
        span = data.tables[name].span
        if span is not None and span[1] in data.stored[name].supplied:
            frame = pl.scan_parquet(list(data.stored[name].files))
            ends.append(frame.select(pl.col(span[1]).min()).collect().item())
    return min((end for end in ends if end is not None and end <= data.as_of_day), default=None)


def instant(text: str, zone: str) -> datetime:
    """The UTC instant of a local date (its end) or local timestamp. UsageError where it is neither."""
    try:
        if len(text) == 10:
            return end_of_day_utc(date.fromisoformat(text), zone)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            Problem(
                "U020",
                f"'{text}' is not a date or time.",
                hint="Write it as 2026-06-30 or 2026-06-30T17:00, in the catalogue's time zone.",
            )
        ) from error
    if moment.tzinfo is not None:
        return (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)
    return to_utc(moment, zone)


def _newest_event(stored: Stored, table: Table, at: datetime) -> datetime | None:
    events = [name for name, column in table.columns.items() if column.event and column.type == "instant"]
    events = [name for name in events if name in stored.supplied]
    frame = pl.scan_parquet(list(stored.files))
    newest = frame.select(pl.col(name).filter(pl.col(name) <= at).max() for name in events).collect()
    return max((value for value in newest.row(0) if value is not None), default=None)


def _latest(stored: Stored, table: Table) -> datetime | None:
    """The newest default time of a table's own columns; a stretch that ends at midnight does not begin the next day."""
    own = [name for name in table.time if name in stored.supplied]
    if not own or stored.through is None:
        return None
    newest = pl.scan_parquet(list(stored.files)).select(pl.col(own[0]).max()).collect().item()
    return newest if isinstance(newest, datetime) else None


def _sources(stored: Stored) -> int:
    return int(pl.scan_parquet(list(stored.files)).select(pl.col("source").n_unique()).collect().item())
