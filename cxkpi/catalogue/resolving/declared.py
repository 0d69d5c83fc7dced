"""The tables of a catalogue: further columns and look-ups of the canonical ones, and tables of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args

from cxkpi.catalogue.expressions.scopes import find_column
from cxkpi.catalogue.grammar import ColumnText, LookupText, TableText
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.tables import TABLES, Column, ColumnType, Lookup, Table

# Every row has these besides its columns; the last two are for accounts and messages.
_EVERY_ROW = ("source", "file", "line")
# Files that join systems, which no table may be mistaken for.
_JOINING = ("people", "customers")
_OWN_KEYS = ("row", "key", "time", "span")
_AS_KEY = ("text", "integer", "instant", "date")

Named = Callable[[str, Path, str], bool]


def tables_of(declared: Mapping[str, TableText], report: Report, named: Named) -> Mapping[str, Table]:
    """The canonical tables with what a catalogue adds to them, and its own after them; what is wrong is reported.

    ``named`` says whether something may be a name, and reports where it may not.
    """
    tables = dict(TABLES)
    for name, text in declared.items():
        path: Path = ("tables", name)
        if name in TABLES:
            tables[name] = _extended(TABLES[name], text, path, report, named)
        elif (own := _own(name, text, path, report, named)) is not None:
            tables[name] = own
    for name, text in declared.items():
        if name in tables:
            lookups = dict(_lookups(tables[name], text.lookups, tables, report, named))
            tables[name] = replace(tables[name], lookups={**tables[name].lookups, **lookups})
    for name, text in declared.items():
        for step in text.lookups if name in tables else ():
            _check_loop(name, step, tables, report)
    for name in declared:
        if name in tables and name not in TABLES:
            _check_time(tables[name], tables, report)
    return tables


def salvaged(section: Any) -> dict[str, TableText]:
    """What is usable of declarations with a mistake in them, so that their names are not called unknown elsewhere."""
    parts = section.items() if isinstance(section, Mapping) else ()
    return {str(name): _usable(part) for name, part in parts if isinstance(part, Mapping)}


def _usable(part: Mapping[str, Any]) -> TableText:
    written = part.get("columns")
    columns = {
        str(name): kind if isinstance(kind, str) and kind in get_args(ColumnType) else "text"
        for name, kind in (written.items() if isinstance(written, Mapping) else ())
    }
    found: dict[str, Any] = {"columns": columns}
    for key in ("key", "time"):
        names = part.get(key)
        if isinstance(names, list) and (known := [name for name in names if name in columns]):
            found[key] = known
    lookups = part.get("lookups")
    found["lookups"] = {
        str(name): LookupText(table=step["table"], on=step["on"])
        for name, step in (lookups.items() if isinstance(lookups, Mapping) else ())
        if isinstance(step, Mapping)
        and {"table", "on"} == set(step)
        and all(isinstance(one, str) for one in step.values())
    }
    return TableText(**found)


def _extended(table: Table, text: TableText, path: Path, report: Report, named: Named) -> Table:
    for key in _OWN_KEYS:
        if getattr(text, key) is not None:
            hint = "Columns and look-ups can be added to it."
            report.add("C109", f"'{key}' of the table '{table.name}' is fixed", (*path, key), hint, key=True)
    columns = dict(_columns(table, text, path, report, named))
    return replace(table, columns={**table.columns, **columns})


def _own(name: str, text: TableText, path: Path, report: Report, named: Named) -> Table | None:
    if text.key is None:
        hint = f"Columns can be added to {listed(TABLES)}; a table of your own needs a 'key'."
        report.add("C202", f"no table '{name}'{did_you_mean(name, TABLES)}", path, hint, key=True)
        return None
    if name in _JOINING:
        message = f"'{name}' is the file that joins the names of systems, and no table"
        report.add("C210", message, path, "Give the table another name.", key=True)
        return None
    if not named(name, path, "table"):
        return None
    empty = Table(name=name, row="", key=(), time=(), columns={})
    columns = dict(_columns(empty, text, path, report, named))
    for column in text.key:
        if column in columns and columns[column].type == "text" and not _says_role(text.columns[column]):
            columns[column] = replace(columns[column], role="identifier")
    key = tuple(text.key)
    for at, column in enumerate(key):
        place = (*path, "key", at)
        if column not in columns:
            report.add("C203", f"key: no column '{column}' in table '{name}'{did_you_mean(column, columns)}", place)
        elif columns[column].type not in _AS_KEY:
            report.add("C210", f"a column of type {columns[column].type} is no key", place, "Use text.")
        elif column in key[:at]:
            report.add("C204", f"'{column}' stands here twice", place)
    span = _span(text, columns, path, report)
    # What is due or planned for a day was seen before it.
    seen = tuple(column for column in text.time or () if column in columns and columns[column].event)
    return Table(
        name=name,
        row=text.row or f"one record of {name}",
        key=key,
        time=tuple(text.time or ()),
        columns=columns,
        seen=seen,
        span=span,
    )


def _says_role(written: ColumnType | ColumnText) -> bool:
    return isinstance(written, ColumnText) and written.role is not None


def _columns(table: Table, text: TableText, path: Path, report: Report, named: Named) -> Iterator[tuple[str, Column]]:
    for name, written in text.columns.items():
        place = (*path, "columns", name)
        if name in table.columns or name in _EVERY_ROW:
            report.add("C204", f"the table '{table.name}' has a column '{name}' already", place, key=True)
        elif named(name, place, "column"):
            if isinstance(written, ColumnText):
                happened = bool(written.event)
                if happened and written.type not in ("instant", "date"):
                    message = f"'{name}' is no timestamp or date, so it is no event"
                    report.add("C206", message, (*place, "event"))
                yield name, Column(written.type, event=happened, role=written.role or "plain")
            else:
                yield name, Column(written)


def _span(text: TableText, columns: Mapping[str, Column], path: Path, report: Report) -> tuple[str, str] | None:
    if text.span is None:
        return None
    place = (*path, "span")
    if len(text.span) != 2:
        message = f"a spell has a first and a last day, not {len(text.span)}"
        report.add("C210", message, place, "Write span: [hired_on, left_on].")
        return None
    for at, name in enumerate(text.span):
        if name not in columns:
            report.add("C203", f"span: no column '{name}' in this table{did_you_mean(name, columns)}", (*place, at))
        elif columns[name].type != "date":
            report.add("C206", f"span: '{name}' is not a date, and spells are counted in days", (*place, at))
    return text.span[0], text.span[1]


def _lookups(
    table: Table, written: Mapping[str, LookupText], tables: Mapping[str, Table], report: Report, named: Named
) -> Iterator[tuple[str, Lookup]]:
    for name, lookup in written.items():
        path: Path = ("tables", table.name, "lookups", name)
        if name in table.lookups:
            report.add("C204", f"the table '{table.name}' has a look-up '{name}' already", path, key=True)
            continue
        if not named(name, path, "look-up"):
            continue
        if lookup.table not in tables:
            message = f"no table '{lookup.table}'{did_you_mean(lookup.table, tables)}"
            report.add("C202", message, (*path, "table"), f"There are {listed(tables)}.")
            continue
        other = tables[lookup.table]
        if _joins(table, other, lookup.on, (*path, "on"), report):
            yield name, Lookup(lookup.table, lookup.on)


def _joins(table: Table, other: Table, on: str, place: Path, report: Report) -> bool:
    """Whether a column leads from many rows of one table to at most one of another."""
    for one in (table, other):
        if on not in one.columns:
            message = f"on: no column '{on}' in table '{one.name}'{did_you_mean(on, one.columns)}"
            report.add("C203", message, place, "The column has one name on both sides.")
            return False
    unique = other.key == (on,) or (other.span is not None and other.key[:1] == (on,))
    if not unique:
        message = f"several rows of '{other.name}' may have the same '{on}'"
        report.add("C209", message, place, f"A look-up goes by the key of its table, here {', '.join(other.key)}.")
        return False
    here, there = table.columns[on].type, other.columns[on].type
    if here != there:
        message = f"'{on}' is {here} in '{table.name}' and {there} in '{other.name}'"
        report.add("C209", message, place, "Declare it with one type.")
        return False
    return True


def _check_loop(name: str, step: str, tables: dict[str, Table], report: Report) -> None:
    """A look-up that leads back to its own table is reported and taken out, because names are searched along them."""
    if step not in tables[name].lookups:
        return
    way = _way(tables[name].lookups[step].table, name, tables)
    if way is None:
        return
    path: Path = ("tables", name, "lookups", step)
    message = f"the look-up '{step}' leads back to its own table: {' → '.join((name, *way))}"
    report.add("C209", message, path, "Leave one of them out.", key=True)
    rest = {other: lookup for other, lookup in tables[name].lookups.items() if other != step}
    tables[name] = replace(tables[name], lookups=rest)


def _way(begin: str, end: str, tables: Mapping[str, Table]) -> tuple[str, ...] | None:
    """The tables from one to another along look-ups, both included."""
    reached: dict[str, tuple[str, ...]] = {begin: (begin,)}
    waiting = [begin]
    while waiting:
        name = waiting.pop(0)
        if name == end:
            return reached[name]
        for lookup in tables[name].lookups.values():
            if lookup.table not in reached:
                reached[lookup.table] = (*reached[name], lookup.table)
                waiting.append(lookup.table)
    return None


def _check_time(table: Table, tables: Mapping[str, Table], report: Report) -> None:
    kinds: dict[str, str] = {}
    for at, name in enumerate(table.time):
        path: Path = ("tables", table.name, "time", at)
        column = find_column(tables, table.name, name)
        if column is None:
            message = f"time: no column '{name}' in table '{table.name}'{did_you_mean(name, table.columns)}"
            report.add("C203", message, path)
        elif column.type not in ("instant", "date"):
            report.add("C206", f"time: '{name}' is not a timestamp or a date", path)
        else:
            kinds[name] = column.type
            if len(set(kinds.values())) > 1:
                report.add("C206", "time: timestamps and dates stand here side by side", path, "Keep to one of them.")
                return
