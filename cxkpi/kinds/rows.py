"""The rows a metric reads: one table as of one instant, with the look-ups it needs joined and its local time added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import narwhals as nw

from cxkpi.calendar import Calendar
from cxkpi.engines.base import Engine, Frame
from cxkpi.kinds.expression import Expression, OpenName
from cxkpi.kinds.open_time import decades, with_open_time
from cxkpi.tables import Lookup, Stored, Table, column_at, paths

LOCAL = "__local"
SEEN = "__seen"
SOURCE = "source"  # the system a record came from; with an id it is a key
BUILT_IN_DIMENSIONS = ("hour", "weekday")

Path = tuple[str, ...]
_UTC = Calendar("UTC")


@dataclass(frozen=True)
class Data:
    """Every stored table, and the instant as of which it is read.

    ``as_of``: UTC without zone; ``as_of_day``: its local date; ``as_of_from_data``: nobody named it; ``seen_until``:
    the last instant in view, just before ``as_of`` where that is the end of a named day. ``cut``: whether rows later
    than ``as_of`` exist in tables of instants and must be left out. ``through``: newest event of each table in view.
    ``ambiguous``: look-up tables in which several sources use the same key, so that a key alone does not name one row.
    ``calendar``: how long its months are.
    """

    engine: Engine
    tables: Mapping[str, Table]
    stored: Mapping[str, Stored]
    zone: str
    as_of: datetime
    as_of_day: date
    as_of_from_data: bool
    seen_until: datetime
    cut: bool
    through: Mapping[str, datetime]
    ambiguous: frozenset[str] = frozenset()
    calendar: Calendar = _UTC

    def scan(self, table: str) -> Frame:
        """Every row of a stored table, as the engine reads it."""
        stored = self.stored[table]
        return self.engine.scan(stored.files) if stored.frame is None else self.engine.frame(stored.frame)

    def path(self, table: str, name: str) -> Path | None:
        """The nearest column of that name that some input file fills, seen from ``table``; None where none does."""
        if name == SOURCE or isinstance(name, OpenName):
            return (name,)
        for path in paths(self.tables, table, name):
            stored = self.stored.get(self._table_at(table, path))
            reached = all(self._supplied(table, path[:step]) for step in range(1, len(path)))
            if reached and stored is not None and path[-1] in stored.supplied:
                return path
        return None

    def declared_type(self, table: str, path: Path) -> str:
        """The canonical type of the column at the end of ``path``."""
        return column_at(self.tables, table, path).type

    def tables_on(self, table: str, path: Path) -> Iterable[str]:
        """The tables a path runs through, ``table`` first."""
        yield table
        for step in path[:-1]:
            table = self.tables[table].lookups[step].table
            yield table

    def time_paths(self, table: str, at: str | None) -> tuple[Path, ...]:
        """The columns whose first non-null value is the row's time: the one named, or the table's default."""
        names = (at,) if at is not None else self.tables[table].time
        found = (self.path(table, name) for name in names)
        return tuple(path for path in found if path is not None)

    def _supplied(self, table: str, steps: Path) -> bool:
        *before, step = steps
        for name in before:
            table = self.tables[table].lookups[name].table
        lookup = self.tables[table].lookups[step]
        stored = self.stored.get(table)
        return stored is not None and lookup.on in stored.supplied and lookup.table in self.stored

    def _table_at(self, table: str, path: Path) -> str:
        *_, last = self.tables_on(table, path)
        return last


def flat(path: Path) -> str:
    """The name of a path's column in a joined frame."""
    return "__".join(path)


def judged_until(data: Data, tables: Iterable[str], window_s: float) -> datetime:
    """The newest time whose window has passed by as_of, and by the newest event of the tables the answer is in."""
    newest = min([data.as_of, *(data.through[table] for table in tables if table in data.through)])
    return newest - timedelta(seconds=window_s)


class Rows:
    """A lazy frame over one table that knows under which name each column it was asked for stands."""

    def __init__(self, data: Data, table: str, frame: Frame, names: Mapping[str, str]) -> None:
        self.data = data
        self.table = table
        self.frame = frame
        self._names = names

    def column(self, name: str) -> nw.Expr:
        """The column a name stands for; null for a declared column that no file fills."""
        if name in self._names:
            return nw.col(self._names[name])
        return _null(next(iter(paths(self.data.tables, self.table, name)), None), self.data, self.table)

    def read(self, expression: Expression) -> nw.Expr:
        """A catalogue expression over these rows."""
        return expression.narwhals(self.column)

    def true(self, expression: Expression | None) -> nw.Expr:
        """Where a condition holds; null counts as not, no condition as always."""
        if expression is None:
            return nw.lit(True)
        return self.read(expression).fill_null(False)

    def named(self, expression: nw.Expr, level: int = 1) -> nw.Expr:
        """The same expression, to be used several times; ``level`` is above that of every named one it is made of."""
        return expression

    def judged(self, window_s: float) -> nw.Expr:
        """Rows whose time plus a window has passed by as_of, and by the newest row of their table."""
        if "__utc" in self.frame.collect_schema():
            until = judged_until(self.data, (self.table,), window_s)
            return nw.col("__utc") <= nw.lit(until)
        ends = datetime.combine(self.data.as_of_day + timedelta(days=1), time())
        return nw.col(LOCAL) <= nw.lit(ends - timedelta(seconds=window_s))

    def having(self, frame: Frame) -> Rows:
        """The same names over a further frame."""
        return Rows(self.data, self.table, frame, self._names)


class Prepared(Rows):
    """Rows on which every expression read becomes a column of its own, made once however often it is then used.

    A condition stands in each of a metric's sums; without this every engine is handed it as many times.
    """

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows.data, rows.table, rows.frame, rows._names)
        self._read: dict[tuple[Expression, bool], nw.Expr] = {}
        self._levels: dict[int, dict[str, nw.Expr]] = {}
        self._count = 0

    def read(self, expression: Expression) -> nw.Expr:
        return self._noted(expression, False, lambda: super(Prepared, self).read(expression))

    def true(self, expression: Expression | None) -> nw.Expr:
        if expression is None:
            return nw.lit(True)
        return self._noted(expression, True, lambda: super(Prepared, self).read(expression).fill_null(False))

    def named(self, expression: nw.Expr, level: int = 1) -> nw.Expr:
        return self._add(level, expression)

    def made(self) -> Frame:
        """The frame with the columns that what was read of it stands in."""
        frame = self.frame
        for _, columns in sorted(self._levels.items()):
            frame = frame.with_columns(*(expression.alias(name) for name, expression in columns.items()))
        return frame

    def _noted(self, expression: Expression, filled: bool, made: Callable[[], nw.Expr]) -> nw.Expr:
        key = (expression, filled)
        if key not in self._read:
            self._read[key] = self._add(0, made())
        return self._read[key]

    def _add(self, level: int, expression: nw.Expr) -> nw.Expr:
        name = f"__e{self._count}"
        self._count += 1
        self._levels.setdefault(level, {})[name] = expression
        return nw.col(name)


def _null(path: Path | None, data: Data, table: str) -> nw.Expr:
    kinds: dict[str, Any] = {
        "text": nw.String,
        "boolean": nw.Boolean,
        "instant": nw.Datetime("us"),
        "date": nw.Date,
        "integer": nw.Int64,
    }
    declared = data.declared_type(table, path) if path is not None else "number"
    return nw.lit(None).cast(kinds.get(declared, nw.Float64))


def rows(
    data: Data, table: str, names: Iterable[str], at: str | None, *, timed: bool = True, comes: str | None = None
) -> Rows:
    """The rows of ``table`` in view, with ``names`` readable, and the local time in column ``__local`` if ``timed``.

    A row without a time has none there: it is in no period, but it may still follow another. A look-up never adds rows:
    its key is unique or the look-up is empty. ``comes``: an event; of the rows that are not in view yet, those are
    there too to which it had happened, without a time. On the day of as_of they were open, and follow others all the
    same.
    """
    names = frozenset(names)
    opened = {name for name in names if isinstance(name, OpenName)}
    wanted = {name: path for name in names - opened if (path := data.path(table, name)) is not None}
    times = data.time_paths(table, at) if timed else ()
    seen = _seen_paths(data, table) if _is_cut(data, table) else ()
    frame = _joined(data, table, {*wanted.values(), *times, *seen})
    names_flat = {name: flat(path) for name, path in wanted.items()}
    open_ = seen and comes in wanted and _happens(data, table, wanted[comes])
    if seen:
        in_view = _in_view(data, table, seen)
        frame = frame.filter(in_view | ~nw.col(names_flat[str(comes)]).is_null() if open_ else in_view)
    if opened:
        columns = Rows(data, table, frame, names_flat).column
        frame, added = with_open_time(data.engine, frame, opened, columns, _years(data, wanted.values(), table))
        names_flat |= added
    if timed:
        frame = _with_local_time(data, table, frame, times)
        if open_:
            frame = frame.with_columns(nw.when(in_view).then(nw.col(LOCAL)).alias(LOCAL))
    return Rows(data, table, frame, names_flat)


def _happens(data: Data, table: str, path: Path) -> bool:
    """Whether a column of the table's own says when something happened, so that what lies ahead is not in it."""
    return len(path) == 1 and data.tables[table].columns[path[0]].event


def _years(data: Data, read: Iterable[Path], table: str) -> tuple[int, int]:
    """The years for which opening time is worked out: those of the data, and of every instant that is read."""
    years = {data.as_of.year, *(stored.first.year for stored in data.stored.values() if stored.first is not None)}
    for path in read:
        *_, holder = data.tables_on(table, path)
        if data.declared_type(table, path) == "instant":
            years.update(data.stored[holder].years(path[-1]))
    return decades(min(years), max(years))


def _seen_paths(data: Data, table: str) -> tuple[Path, ...]:
    found = (data.path(table, name) for name in data.tables[table].seen)
    return tuple(path for path in found if path is not None)


def _is_cut(data: Data, table: str) -> bool:
    # Dates of HR systems may lie in the future (a notice given), whatever as_of is; instants of events may not.
    instants = any(column.type == "instant" and column.event for column in data.tables[table].columns.values())
    return data.cut or not instants


def _joined(data: Data, table: str, wanted: Iterable[Path]) -> Frame:
    wanted = set(wanted)
    steps = {path[:depth] for path in wanted for depth in range(1, len(path))}
    own = {path[-1] for path in wanted if len(path) == 1}
    frame = _as_they_were(data, table, _seen_so_far(data, table), own)
    for step in sorted(steps, key=lambda step: (len(step), step)):
        lookup = _lookup(data, table, step)
        columns = {path[-1] for path in wanted if path[:-1] == step}
        columns |= {_lookup(data, table, longer).on for longer in steps if longer[:-1] == step}
        right = _one_row_per_key(data, lookup.table, lookup.on, columns)
        prefix = flat(step)
        key = f"{prefix}__"
        right = right.select(
            nw.col(lookup.on).alias(key), *(nw.col(name).alias(f"{prefix}__{name}") for name in sorted(columns))
        )
        left_on = flat((*step[:-1], lookup.on))
        frame = frame.join(right, left_on=left_on, right_on=key, how="left")
    return frame


def _lookup(data: Data, table: str, step: Path) -> Lookup:
    for name in step[:-1]:
        table = data.tables[table].lookups[name].table
    return data.tables[table].lookups[step[-1]]


def _seen_so_far(data: Data, table: str) -> Frame:
    """A table with events later than as_of made null: they had not happened yet.

    Every reader of a table begins with this very frame, whatever columns it goes on to use, so that an engine can see
    that it is one scan; it reads only the columns used in the end.
    """
    frame = data.scan(table)
    if not _is_cut(data, table):
        return frame
    own = [name for name in data.tables[table].seen if "." not in name]
    if own:
        frame = frame.with_columns((nw.coalesce(*own) if len(own) > 1 else nw.col(*own)).alias(SEEN))
    return frame.with_columns(
        nw.when(nw.col(name) <= nw.lit(data.as_of_day if column.type == "date" else data.seen_until))
        .then(nw.col(name))
        .alias(name)
        for name, column in data.tables[table].columns.items()
        if column.event
    )


def _one_row_per_key(data: Data, table: str, key: str, columns: Iterable[str]) -> Frame:
    """A look-up's right side: the newest spell of an agent, the one row of anything else."""
    declared = data.tables[table]
    frame = _seen_so_far(data, table)
    needed = {key, *columns}
    if declared.span is not None:
        start = declared.span[0]
        frame = frame.filter(~nw.col(start).is_null())
        newest = frame.group_by(key).agg(nw.col(start).max().alias("__newest"))
        frame = frame.join(newest, on=key, how="inner").filter(nw.col(start) == nw.col("__newest"))
        return _as_they_were(data, table, _only_unique(frame, key), needed)
    return _only_unique(frame, key) if table in data.ambiguous else frame


def _only_unique(frame: Frame, key: str) -> Frame:
    """Rows whose key no other row has: a key of two systems names nobody."""
    unique = frame.group_by(key).agg(nw.len().alias("__rows")).filter(nw.col("__rows") == 1).select(key)
    return frame.join(unique, on=key, how="inner")


def _as_they_were(data: Data, table: str, frame: Frame, columns: Iterable[str]) -> Frame:
    """Spells with the values they had when they were last seen: on their last day, or at as_of.

    That is what the first change after it says was before it, unless the entity's next spell began in between.
    """
    declared = data.tables[table]
    history = declared.history
    if history is None or declared.span is None or history.table not in data.stored:
        return frame
    supplied = data.stored[history.table].supplied
    changing = [name for name in history.before if name in columns and history.before[name] in supplied]
    if not changing:
        return frame
    start, end = declared.span
    today = nw.lit(data.as_of_day)
    spells = data.scan(table).select(
        nw.col(history.on).alias("__entity"),
        nw.col(start).alias("__start"),
        nw.when(nw.col(end) <= today).then(nw.col(end)).otherwise(today).alias("__until"),
        nw.col(start).shift(-1).over(history.on, order_by=start).alias("__next"),
    )
    for column in changing:
        changes = data.scan(history.table).select(
            nw.col(history.on).alias("__entity"),
            nw.col(history.at).alias("__at"),
            nw.col(history.before[column]).alias("__was"),
        )
        later = spells.join(changes.filter(~nw.col("__was").is_null()), on="__entity", how="inner").filter(
            nw.col("__at") > nw.col("__until"), nw.col("__next").is_null() | (nw.col("__at") < nw.col("__next"))
        )
        first = later.group_by("__entity", "__start").agg(nw.col("__at").min().alias("__first"))
        was = later.join(first, on=["__entity", "__start"], how="inner").filter(nw.col("__at") == nw.col("__first"))
        was = was.group_by("__entity", "__start").agg(nw.col("__was").min())
        frame = frame.join(was, left_on=[history.on, start], right_on=["__entity", "__start"], how="left")
        frame = frame.with_columns(nw.coalesce(nw.col("__was"), nw.col(column)).alias(column)).drop("__was")
    return frame


def _in_view(data: Data, table: str, seen: tuple[Path, ...]) -> nw.Expr:
    limit = nw.lit(data.as_of_day if data.declared_type(table, seen[0]) == "date" else data.seen_until)
    if all(len(path) == 1 for path in seen):
        return nw.col(SEEN).is_null() | (nw.col(SEEN) <= limit)
    columns = [nw.col(flat(path)) for path in seen]
    return ((nw.coalesce(*columns) if len(columns) > 1 else columns[0]) <= limit).fill_null(False)


def _with_local_time(data: Data, table: str, frame: Frame, times: tuple[Path, ...]) -> Frame:
    """Adds ``__local``; several candidate times are coalesced, nearest first."""
    if not times:
        return frame.with_columns(nw.lit(None).cast(nw.Datetime("us")).alias(LOCAL))
    columns = [nw.col(flat(path)) for path in times]
    first = nw.coalesce(*columns) if len(columns) > 1 else columns[0]
    if data.declared_type(table, times[0]) == "date":
        return frame.with_columns(first.cast(nw.Datetime("us")).alias(LOCAL))
    return data.engine.local(frame.with_columns(first.alias("__utc")), "__utc", data.zone, LOCAL)
