"""What names mean in expressions over a table, and over rows of metrics; fields are expanded where they are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from cxkpi.catalogue.expressions.functions import FUNCTIONS
from cxkpi.catalogue.expressions.parser import BROKEN, Broken, ColumnScope, parse
from cxkpi.catalogue.expressions.tokens import KEYWORDS
from cxkpi.catalogue.report import Report
from cxkpi.kinds.definition import metric_rows_named
from cxkpi.kinds.expression import Name, Node, Type, rename
from cxkpi.opening import OpeningHours
from cxkpi.tables import Column, Table, column_at, paths

_TYPES: Mapping[str, Type] = {
    "text": "text",
    "number": "number",
    "integer": "number",
    "duration": "number",
    "boolean": "boolean",
    "instant": "instant",
    "date": "date",
}
RESERVED = KEYWORDS | frozenset(FUNCTIONS) | {"date", "timestamp", "interval"}


def find_column(tables: Mapping[str, Table], table: str, name: str) -> Column | None:
    """The column a name stands for, seen from a table; None where there is none."""
    path = next(iter(paths(tables, table, name)), None)
    return None if path is None else column_at(tables, table, path)


def reachable_names(tables: Mapping[str, Table], table: str) -> tuple[str, ...]:
    """The columns of a table, then those of its look-ups, plain and dotted."""
    own = list(tables[table].columns)
    through: list[str] = []
    for step, lookup in tables[table].lookups.items():
        for name in reachable_names(tables, lookup.table):
            through += [name, f"{step}.{name}"]
    return tuple(dict.fromkeys(own + through))


class Fields:
    """The named fields of every table, each parsed when it is first used."""

    def __init__(
        self, tables: Mapping[str, Table], texts: Mapping[str, Mapping[str, str | None]], zone: str, report: Report
    ) -> None:
        self.tables: dict[str, Table] = dict(tables)
        self.hours: OpeningHours | None = None
        self._texts = texts
        self._zone = zone
        self._report = report
        self._known: dict[tuple[str, str], Node | Broken] = {}
        self._open: list[tuple[str, str]] = []
        self._asked: set[tuple[str, str]] = set()
        self._inside: dict[tuple[str, str], set[tuple[str, str]]] = {}

    def declare(self, table: Table) -> None:
        """A further table that expressions can be over."""
        self.tables[table.name] = table

    def names(self, table: str) -> tuple[str, ...]:
        """The fields declared for a table."""
        return tuple(self._texts.get(table, ()))

    def declared(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Every table with fields, and their names."""
        return ((table, tuple(texts)) for table, texts in self._texts.items())

    def texts(self) -> dict[str, Mapping[str, str]]:
        """Every table with fields, and each field as it was written."""
        return {
            table: {name: text for name, text in texts.items() if text is not None}
            for table, texts in self._texts.items()
        }

    def check(self) -> None:
        """Read every field once, so that one nobody uses is checked too; that is no use of it."""
        for table, names in self.declared():
            for name in names:
                self.lookup(table, name)
        self._asked.clear()

    def roots(self) -> Iterator[tuple[tuple[str, str], Node]]:
        """The tree of every field that is right, by (table, name)."""
        return ((key, root) for key, root in self._known.items() if not isinstance(root, Broken))

    def unused(self) -> list[tuple[str, str]]:
        """Fields, as (table, name), that no metric reads, not even through another field."""
        used, waiting = set[tuple[str, str]](), list(self._asked)
        while waiting:
            field = waiting.pop()
            if field not in used:
                used.add(field)
                waiting.extend(self._inside.get(field, ()))
        return [(table, name) for table, names in self.declared() for name in names if (table, name) not in used]

    def lookup(self, table: str, name: str) -> Node | Broken | None:
        """The tree of a field; ``BROKEN`` where its definition is wrong, None where there is none."""
        key = (table, name)
        if name not in self._texts.get(table, ()):
            return None
        if self._open:
            self._inside.setdefault(self._open[-1], set()).add(key)
        else:
            self._asked.add(key)
        if key in self._open:
            loop = [field for _, field in [*self._open[self._open.index(key) :], key]]
            message = f"the field '{name}' is defined by itself: {' → '.join(loop)}"
            self._report.add("C205", message, ("fields", *key), key=True)
            for part in self._open[self._open.index(key) :]:
                self._known[part] = BROKEN
            return BROKEN
        text = self._texts[table][name]
        if text is None:
            # Its form was wrong, and reported.
            return BROKEN
        if key not in self._known:
            self._open.append(key)
            expression, faults = parse(text, TableScope(self, table), self._zone)
            self._open.pop()
            self._report.faults(faults, ("fields", *key), name)
            self._known.setdefault(key, BROKEN if expression is None else expression.root)
        return self._known[key]


@dataclass(frozen=True, slots=True)
class TableScope:
    """The fields and columns of a table, and those of its look-ups."""

    fields: Fields
    table: str

    @property
    def hours(self) -> OpeningHours | None:
        return self.fields.hours

    @property
    def title(self) -> str:
        return f"table '{self.table}'" if metric_rows_named(self.table) is None else "these rows of metrics"

    def lookup(self, name: str) -> Node | Broken | None:
        tables = self.fields.tables
        own = self.fields.lookup(self.table, name)
        if own is not None:
            return own
        column = find_column(tables, self.table, name)
        if column is not None:
            return Name(name, _TYPES[column.type])
        *steps, last = name.split(".")
        for table in _reached(tables, self.table, steps) if steps else ():
            found = self.fields.lookup(table, last)
            if isinstance(found, Broken):
                return found
            if found is not None:
                return rename(found, partial(_through, steps))
        return None

    def names(self) -> Iterable[str]:
        return (*self.fields.names(self.table), *reachable_names(self.fields.tables, self.table))


def _through(steps: list[str], name: str) -> str:
    return ".".join((*steps, name))


def _reached(tables: Mapping[str, Table], table: str, steps: list[str]) -> Iterator[str]:
    if not steps:
        yield table
        return
    for name, lookup in tables[table].lookups.items():
        yield from _reached(tables, lookup.table, steps[1:] if steps[0] == name else steps)


def metric_scope(rows: Table) -> ColumnScope:
    """The columns of rows of metrics, without look-ups."""
    return ColumnScope("these rows of metrics", {name: _TYPES[column.type] for name, column in rows.columns.items()})
