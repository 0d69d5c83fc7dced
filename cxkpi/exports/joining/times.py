"""Over which time a table reaches: its oldest default time, its newest event, and how many rows have no time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from cxkpi.tables import Table

Files = Mapping[str, tuple[Path, ...]]


@dataclass(frozen=True, slots=True)
class Reach:
    """``first``: the oldest default time, ``through``: the newest event, as naive UTC.

    ``timeless``: rows without a default time, which belong to no period.
    """

    first: datetime | None
    through: datetime | None
    timeless: int


def reach(table: Table, tables: Mapping[str, Table], files: Files, timezone: str) -> Reach:
    """The reach of a table. One without event columns of its own (answers) takes the times its rows are seen with."""
    first, timeless = None, 0
    if table.time:
        time = pl.coalesce(pl.all())
        times = _reached(table, table.time, tables, files).select(time.min().alias("first"), time.null_count())
        first, timeless = times.collect().row(0)
    instants = [name for name, column in table.columns.items() if column.event and column.type == "instant"]
    days = [name for name, column in table.columns.items() if column.event and column.type == "date"]
    own = instants or days
    events = pl.scan_parquet(list(files[table.name])).select(own) if own else _reached(table, table.seen, tables, files)
    # A table of the catalogue's own may hold no times at all.
    values = events.select(pl.all().max()).collect().row(0) if own or table.seen else ()
    newest = [value for value in values if value is not None]
    through = max((_end_of(value, timezone) for value in newest), default=None)
    return Reach(None if first is None else _start_of(first, timezone), through, int(timeless))


def events(frame: pl.DataFrame, table: Table) -> tuple[datetime | None, datetime | None]:
    """The oldest and the newest instant (or date) among the event columns of some rows."""
    names = [name for name, column in table.columns.items() if column.event and name in frame.columns]
    if not names:
        return None, None
    found = frame.select(pl.col(names).min().name.prefix("<"), pl.col(names).max().name.prefix(">")).row(0)
    instants = [value if isinstance(value, datetime) else _midnight(value) for value in found if value is not None]
    return min(instants, default=None), max(instants, default=None)


def _reached(
    table: Table,
    names: Sequence[str],
    tables: Mapping[str, Table],
    files: Files,
    by: str | None = None,
    among: pl.LazyFrame | None = None,
) -> pl.LazyFrame:
    """What dotted names lead to from every row of a table, over the look-ups: columns ``0``, ``1`` … in their order.

    ``by``: a column of the table to have one row per value of; null where several rows have the value, because it then
    names none of them. ``among``: the only values of it that are asked for.
    """
    frame = pl.scan_parquet(list(files[table.name]))
    if by is not None and among is not None:
        frame = frame.join(among, on=by, how="semi")
    found = [str(number) for number in range(len(names))]
    further: dict[str, dict[str, str]] = {}
    for number, name in zip(found, names, strict=True):
        step, _, rest = name.partition(".")
        if not rest:
            frame = frame.with_columns(pl.col(step).alias(number))
        elif table.lookups[step].table in files:
            further.setdefault(step, {})[number] = rest
        else:
            frame = frame.with_columns(pl.lit(None, pl.Datetime("us")).alias(number))
    for step, rests in further.items():
        lookup = table.lookups[step]
        keys = frame.select(lookup.on).unique()
        values = _reached(tables[lookup.table], tuple(rests.values()), tables, files, by=lookup.on, among=keys)
        values = values.rename({str(n): number for n, number in enumerate(rests)}, strict=False)
        frame = frame.join(values, on=lookup.on, how="left")
    if by is None:
        return frame.select(found)
    return frame.group_by(by).agg(pl.when(pl.len() == 1).then(pl.col(name).min()).alias(name) for name in found)


def _midnight(day: object) -> datetime:
    assert isinstance(day, date)
    return datetime(day.year, day.month, day.day)


def _start_of(value: datetime | date, timezone: str) -> datetime:
    if isinstance(value, datetime):
        return value
    return _to_utc(datetime(value.year, value.month, value.day), timezone)


def _end_of(value: datetime | date, timezone: str) -> datetime:
    """An instant as it is; of a date, the local midnight it ends with."""
    if isinstance(value, datetime):
        return value
    return _to_utc(datetime(value.year, value.month, value.day) + timedelta(days=1), timezone)


def _to_utc(local: datetime, timezone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)
