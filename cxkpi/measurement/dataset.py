"""The stored tables as of one instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from cxkpi.calendar import end_of_day_utc, local_day, midnight_utc, to_utc
from cxkpi.engines.base import Engine
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds.rows import Data
from cxkpi.tables import Stored, Table

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Outlook:
    """The data as of an instant, and what has to be said about how that instant was found."""

    data: Data
    notes: tuple[str, ...]


def dataset(
    stored: Mapping[str, Stored],
    tables: Mapping[str, Table],
    zone: str,
    engine: Engine,
    as_of: str | None = None,
) -> Outlook:
    """Fixes as_of and the reach of each table.

    ``as_of``: a local date (its end) or local timestamp; by default the newest event instant of the data, less the few
    that lie far beyond all others. HR dates can lie in the future (a notice given), so they decide only where no table
    holds instants, and then those of joining and moving.
    """
    with_instants = {name for name in stored if holds_instants(tables[name])}
    reach = {name: table.through for name, table in stored.items() if table.through is not None}
    newest, notes = _newest(stored, tables, with_instants, reach, zone)
    at = newest if as_of is None else instant(as_of, zone)
    seen_until = at - _TICK if as_of is not None and len(as_of) == 10 else at
    cut = any(reach[name] > seen_until for name in reach if name in with_instants)
    through = {}
    for name, until in sorted(reach.items()):
        if until <= seen_until or (until == at and name not in with_instants):
            through[name] = until
        elif name in with_instants:
            through[name] = _newest_event(stored[name], tables[name], seen_until) or at
        else:
            through[name] = at
    # An as_of at midnight is the end of the day before, unless something happened at that very instant.
    begun = as_of is None and any(
        reach.get(name) == at and _latest(stored[name], tables[name]) == at for name in with_instants
    )
    day = local_day(at if begun else at - _TICK, zone)
    targets = {lookup.table for table in tables.values() for lookup in table.lookups.values()}
    ambiguous = frozenset(name for name in targets if name in stored and _sources(stored[name]) > 1)
    data = Data(engine, tables, stored, zone, at, day, as_of is None, seen_until, cut, through, ambiguous)
    return Outlook(data, notes if as_of is None else ())


def _newest(
    stored: Mapping[str, Stored],
    tables: Mapping[str, Table],
    with_instants: set[str],
    reach: Mapping[str, datetime],
    zone: str,
) -> tuple[datetime, tuple[str, ...]]:
    """The newest event of the data, and notes on what was not taken for one."""
    dated = sorted(name for name in reach if name in with_instants)
    if not dated:
        return _newest_of_dates(stored, tables, zone)
    newest = max(reach[name] for name in dated)
    limit = midnight_utc(_last_day(stored, tables, dated, zone) + _FAR, zone)
    if newest <= limit:
        return newest, ()
    sane = [_newest_event(stored[name], tables[name], limit) for name in dated]
    found = max((event for event in sane if event is not None), default=newest)
    return found, (
        f"some events lie far beyond all others, up to {local_day(newest, zone)}; the data are read as of "
        f"{local_day(found, zone)}, and what is later is left out. If those dates are right, name the day: --as-of.",
    )


# One record of a thousand that lies a month beyond everything else, or one of a hundred that lies a year beyond, is a
# wrong date and not the present: were it the present, every figure would be about a month in which nothing else
# happened.
_FAR = timedelta(days=31)
_BEYOND = ((_FAR, 1000), (timedelta(days=366), 100))


def _last_day(stored: Mapping[str, Stored], tables: Mapping[str, Table], names: Sequence[str], zone: str) -> date:
    """The last day with rows, not counting a few far beyond all others."""
    rows: Counter[date] = Counter()
    for name in names:
        own = [column for column in tables[name].time if column in stored[name].supplied]
        if own:
            days = pl.scan_parquet(list(stored[name].files)).group_by(pl.col(own[0]).dt.date().alias("day")).len()
            rows.update({day: count for day, count in days.collect().iter_rows() if day is not None})
    days_seen = sorted(rows)
    if not days_seen:
        return max(local_day(stored[name].through or datetime(1970, 1, 1), zone) for name in names)
    total, beyond = rows.total(), 0
    for earlier, later in zip(reversed(days_seen[:-1]), reversed(days_seen[1:]), strict=True):
        beyond += rows[later]
        if any(later - earlier > far and beyond * few <= total for far, few in _BEYOND):
            return earlier
    return days_seen[-1]


def _newest_of_dates(
    stored: Mapping[str, Stored], tables: Mapping[str, Table], zone: str
) -> tuple[datetime, tuple[str, ...]]:
    newest: date | None = None
    for name, table in stored.items():
        span = tables[name].span
        ends = () if span is None else span[1:]
        columns = [
            column
            for column, declared in tables[name].columns.items()
            if declared.event and declared.type == "date" and column in table.supplied and column not in ends
        ]
        if columns and table.files:
            values = pl.scan_parquet(list(table.files)).select(pl.col(columns).max()).collect().row(0)
            newest = max([value for value in (*values, newest) if value is not None], default=None)
    if newest is None:
        return datetime(1970, 1, 1), ()
    note = (
        f"no file says when it was written, so the data are read as of the newest hire or move, {newest}; leaving "
        "dates can lie in the future. Name the day they were exported with --as-of."
    )
    return end_of_day_utc(newest, zone), (note,)


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
    looks like none at all.
    """
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
            return end_of_day_utc(reasonable(date.fromisoformat(text)), zone)
        moment = datetime.fromisoformat(text)
        reasonable(moment.date())
    except ValueError as error:
        raise UsageError(
            Problem(
                "U030",
                f"'{text}' is not a date or time.",
                hint="Write it as 2026-06-30 or 2026-06-30T17:00, in the catalogue's time zone.",
            )
        ) from error
    if moment.tzinfo is not None:
        return (moment - (moment.utcoffset() or timedelta())).replace(tzinfo=None)
    return to_utc(moment, zone)


_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def reasonable(day: date) -> date:
    """The day itself. UsageError where its year is no year a contact centre has data of."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise UsageError(
            Problem("U033", f"{day} is out of reach.", hint=f"Name a day from {_FIRST_YEAR} to {_LAST_YEAR}.")
        )
    return day


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
