"""The stored tables as of one instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import narwhals as nw
import polars as pl

from cxkpi.calendar import Calendar, end_of_day_utc, local_day, midnight_utc, to_utc
from cxkpi.engines.base import Engine
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds.base import Branch
from cxkpi.kinds.rows import LOCAL, Data, rows
from cxkpi.kinds.stretches import Stretches
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
    calendar: Calendar | None = None,
) -> Outlook:
    """Fixes as_of and the reach of each table.

    ``as_of``: a local date (its end) or local timestamp; by default the newest event instant of the data, less the few
    that lie far beyond all others. HR dates can lie in the future (a notice given), so they decide only where no table
    holds instants, and then those of joining and moving. ``calendar``: what counts as a month.
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
    ambiguous = frozenset(
        name
        for name in targets
        if name in stored and (_sources(stored[name]) > 1 or _repeats(stored[name], tables[name]))
    )
    months = calendar or Calendar(zone)
    data = Data(engine, tables, stored, zone, at, day, as_of is None, seen_until, cut, through, ambiguous, months)
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
            rows.update(_days(stored[name], own[0]))
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
        if columns and table.rows:
            values = table.lazy().select(pl.col(columns).max()).collect().row(0)
            newest = max([value for value in (*values, newest) if value is not None], default=None)
    if newest is None:
        return _newest_time(stored, tables, zone)
    note = (
        f"no file says when it was written, so the data are read as of the newest hire or move, {newest}; leaving "
        "dates can lie in the future. Name the day they were exported with --as-of."
    )
    return end_of_day_utc(newest, zone), (note,)


def _newest_time(
    stored: Mapping[str, Stored], tables: Mapping[str, Table], zone: str
) -> tuple[datetime, tuple[str, ...]]:
    """The newest time of any row, where no column says what happened."""
    found = []
    for name, table in stored.items():
        own = [column for column in tables[name].time if column in table.supplied]
        values = table.lazy().select(pl.col(own).max()).collect().row(0) if own and table.rows else ()
        found += [
            value if isinstance(value, datetime) else end_of_day_utc(value, zone)
            for value in values
            if value is not None
        ]
    if not found:
        return datetime(1970, 1, 1), ()
    note = (
        "no column in use records an event, so the data are read as of the newest time of any row; declare one with "
        "'event: true', or name the day with --as-of."
    )
    return max(found), (note,)


def holds_instants(table: Table) -> bool:
    """Whether the table records instants of events, rather than dates."""
    return any(column.type == "instant" and column.event for column in table.columns.values())


def first_day(data: Data, tables: set[str], read: Iterable[Branch] = ()) -> date | None:
    """The first local day on which any of these tables has a row, or any of these branches by a time of its own."""
    return min(_first_days(data, tables, read).values(), default=None)


def begun_on(data: Data, tables: set[str], read: Iterable[Branch] = ()) -> date | None:
    """The first local day on which every one of these tables has begun: before it some were not recorded yet.

    Spells begin long before anything else is recorded, so they are asked only where there is nothing but them.
    """
    events = {name for name in tables if data.tables[name].span is None} or tables
    return max(_first_days(data, events, read).values(), default=None)


def _first_days(data: Data, tables: set[str], read: Iterable[Branch]) -> Mapping[str, date]:
    """The first day of each table that has any."""
    known = {
        name: [local_day(first, data.zone) for first in _firsts(data, name) if first is not None]
        for name in sorted(tables & data.stored.keys())
    }
    own = {
        (branch.table, branch.at, branch.step if isinstance(branch.step, Stretches) else None)
        for branch in read
        if branch.table in known and branch.at is not None
    }
    others = [one for one in sorted(own, key=repr) if data.time_paths(*one[:2]) != data.time_paths(one[0], None)]
    plans = [
        rows(data, table, frozenset() if step is None else step.needs, at).frame.select(nw.col(LOCAL).min())
        for table, at, step in others
    ]
    for (table, _, _), frame in zip(others, data.engine.collect(plans) if plans else (), strict=True):
        first = frame.item()
        known[table] += [] if first is None else [first.date()]
    return {name: min(firsts) for name, firsts in known.items() if firsts}


def _firsts(data: Data, table: str) -> list[datetime | None]:
    """The oldest time of a table; where only its look-ups have times, the oldest of those: no row of it is older."""
    own = data.stored[table].first
    if own is not None:
        return [own]
    reached = {tuple(data.tables_on(table, path))[-1] for path in data.time_paths(table, None) if len(path) > 1}
    return [data.stored[name].first for name in sorted(reached) if name in data.stored]


def first_end(data: Data, tables: set[str]) -> date | None:
    """The first day on which a spell of these tables ended.

    A roster is rarely kept from the beginning: before its first leaver it holds only those who stayed, and turnover
    looks like none at all.
    """
    ends = []
    for name in sorted(tables & data.stored.keys()):
        span = data.tables[name].span
        if span is not None and span[1] in data.stored[name].supplied:
            frame = data.stored[name].lazy()
            ends.append(frame.select(pl.col(span[1]).min()).collect().item())
    return min((end for end in ends if end is not None and end <= data.as_of_day), default=None)


def days_with_rows(stored: Stored, table: Table) -> list[date]:
    """The days, UTC, on which a table has rows by its default time, ascending; none where the time is a look-up's."""
    own = [column for column in table.time if column in stored.supplied]
    return sorted(_days(stored, own[0])) if own and stored.rows else []


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
    frame = stored.lazy()
    newest = frame.select(pl.col(name).filter(pl.col(name) <= at).max() for name in events).collect()
    return max((value for value in newest.row(0) if value is not None), default=None)


def _latest(stored: Stored, table: Table) -> datetime | None:
    """The newest default time of a table's own columns; a stretch that ends at midnight does not begin the next day."""
    own = [name for name in table.time if name in stored.supplied]
    if not own or stored.through is None:
        return None
    newest = _max(stored, own[0])
    return newest if isinstance(newest, datetime) else None


def _sources(stored: Stored) -> int:
    if stored.frame is not None:
        return stored.frame["source"].n_unique()
    return int(stored.lazy().select(pl.col("source").n_unique()).collect().item())


# A table in memory is small, and a look at one of its columns need not go through a plan.


def _max(stored: Stored, column: str) -> object:
    if stored.frame is not None:
        return stored.frame[column].max()
    return stored.lazy().select(pl.col(column).max()).collect().item()


def _days(stored: Stored, column: str) -> Mapping[date, int]:
    """How many rows each day has, UTC."""
    if stored.frame is not None:
        moments = stored.frame[column].to_list()
        return Counter(one.date() if isinstance(one, datetime) else one for one in moments if one is not None)
    days = stored.lazy().group_by(pl.col(column).dt.date().alias("day")).len().collect()
    return {day: count for day, count in days.iter_rows() if day is not None}


def _repeats(stored: Stored, table: Table) -> bool:
    """Whether a key stands in several rows, as in a table written by hand; files were freed of that when read."""
    if stored.frame is None or table.span is not None or stored.frame.height < 2:
        return False
    if len(table.key) == 1:
        key = stored.frame[table.key[0]]
        nulls = key.null_count()
        return key.n_unique() - bool(nulls) < key.len() - nulls
    keys = stored.frame.select(table.key).drop_nulls()
    return bool(keys.is_duplicated().any())
