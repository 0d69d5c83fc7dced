"""From a checked mapping to the dataclass of its kind: references looked up, expressions parsed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from cxkpi.catalogue.expressions import ColumnScope, Scope, parse
from cxkpi.catalogue.grammar import hints_of, key_of, optional, role
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.scopes import Fields, TableScope, find_column, metric_scope, reachable_names
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.kinds import repeat, stock, time_to_event
from cxkpi.kinds.definition import Duration, Term
from cxkpi.kinds.expression import Expression, Type
from cxkpi.kinds.time_to_event import MetricRows
from cxkpi.tables import Table

MEASURES = ("count", "distinct", "sum", "stock")
_EXPRESSIONS: Mapping[str, Type] = {"boolean": "boolean", "number": "number"}


class Builder:
    """Builds specs against the tables, fields and metric names of one catalogue, reporting what does not fit."""

    def __init__(self, fields: Fields, metrics: Mapping[str, object], zone: str, report: Report) -> None:
        self.fields = fields
        self.metrics = metrics
        self.zone = zone
        self.report = report

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.fields.tables

    def spec(
        self, kind: type, written: Any, path: Path, scope: Scope | None = None, misspelt: frozenset[str] = frozenset()
    ) -> Any:
        """The dataclass ``kind`` from its model, or from a default of it; broken parts are reported and left None.

        ``misspelt``: keys that were meant by unknown ones, which nobody has to miss.
        """
        hints = hints_of(kind)
        fields = dataclasses.fields(kind)
        values: dict[str, Any] = {}
        for field in sorted(fields, key=lambda field: field.name != "from_"):
            value = getattr(written, field.name)
            if value is None and field.default is not dataclasses.MISSING:
                value = field.default
            place = (*path, key_of(field.name))
            values[field.name] = self.value(optional(hints[field.name]), value, place, scope)
            if field.name == "from_":
                scope = self.scope_within(hints["from_"], values["from_"], scope)
        built = kind(**values)
        given = frozenset(field.name for field in fields if getattr(written, field.name) is not None)
        self.check(built, path, given | misspelt)
        return built

    def scope_within(self, annotation: Any, source: Any, outer: Scope | None) -> Scope | None:
        """What names mean in a mapping with this ``from``: a table or rows of metrics; None where that is not known."""
        if isinstance(source, MetricRows):
            return metric_scope(source.metrics)
        if role(annotation) == "table":
            return TableScope(self.fields, source) if source in self.tables else None
        return outer

    def value(self, alternatives: tuple[Any, ...], value: Any, path: Path, scope: Scope | None) -> Any:
        """One field's value: texts become what their role says, mappings become dataclasses."""
        if value is None or isinstance(value, Duration):
            return value
        mapping = isinstance(value, BaseModel) or dataclasses.is_dataclass(value)
        annotation = next(part for part in alternatives if dataclasses.is_dataclass(part) == mapping)
        if mapping:
            return self.spec(annotation, value, path, scope)
        if get_origin(annotation) is tuple:
            inner = (get_args(annotation)[0],)
            return tuple(self.value(inner, item, (*path, at), scope) for at, item in enumerate(value))
        named = role(annotation)
        if named is not None and named in _EXPRESSIONS:
            return self.expression(value, path, scope, _EXPRESSIONS[named])
        if named == "table":
            self.table(value, path)
        elif named in ("column", "time"):
            self.column(value, path, scope, timed=named == "time")
        elif named == "metric":
            self.metric(value, path)
        return value

    def expression(self, text: str, path: Path, scope: Scope | None, expected: Type) -> Expression | None:
        """A row expression; None where it is wrong, or where what it reads is not known."""
        if scope is None:
            return None
        found, faults = parse(text, scope, self.zone, expected)
        self.report.faults(faults, path, str(path[-1]))
        return found

    def table(self, name: str, path: Path) -> None:
        if name not in self.tables:
            hint = f"There are {listed(self.tables)}."
            self.report.add("C202", f"no table '{name}'{did_you_mean(name, self.tables)}", path, hint)

    def column(self, name: str, path: Path, scope: Scope | None, *, timed: bool = False) -> None:
        """A column of the table, or reachable from it; an instant or a date where a time is wanted."""
        if scope is None:
            return
        key = next(step for step in reversed(path) if isinstance(step, str))
        if isinstance(scope, ColumnScope):
            if scope.lookup(name) is None:
                message = f"{key}: no column '{name}' in {scope.title}{did_you_mean(name, scope.names())}"
                self.report.add("C203", message, path)
            return
        assert isinstance(scope, TableScope)
        column = find_column(self.tables, scope.table, name)
        if column is None:
            if name in self.fields.names(scope.table):
                message = f"{key}: '{name}' is a field, and a column is needed here"
                self.report.add("C203", message, path)
                return
            known = reachable_names(self.tables, scope.table)
            self.report.add("C203", f"{key}: no column '{name}' in {scope.title}{did_you_mean(name, known)}", path)
        elif timed and column.type not in ("instant", "date"):
            times = [one for one, kind in self.tables[scope.table].columns.items() if kind.type in ("instant", "date")]
            message = f"{key}: '{name}' is not a timestamp or a date"
            self.report.add("C206", message, path, f"The table has {listed(times)}." if times else None)

    def metric(self, name: str, path: Path) -> None:
        if name not in self.metrics:
            self.report.add("C201", f"no metric '{name}'{did_you_mean(name, self.metrics)}", path)

    def check(self, built: Any, path: Path, written: frozenset[str]) -> None:
        """Rules within one mapping; ``written`` are its keys, right or wrong."""
        names = {field.name for field in dataclasses.fields(built)}
        measures = [name for name in MEASURES if name in names]
        if len(measures) > 1:
            given = [name for name in measures if name in written]
            shown = {"count": "count: rows"}
            choices = listed(shown.get(name, f"{name}:") for name in measures)
            if not given:
                self.report.add("C109", "nothing says what is taken of the rows", path, f"Add {choices}.", key=True)
            elif len(given) > 1:
                message = f"'{given[1]}' does not go with '{given[0]}'"
                self.report.add("C109", message, (*path, given[1]), f"Keep one of {choices}.", key=True)
        if isinstance(built, Term | stock.Spec) and getattr(built, "stock", "mean") is not None:
            self.stock(built, path)
        if isinstance(built, repeat.Spec):
            clock: dict[Path, str | None] = {
                ("clock", "from"): built.clock.from_,
                ("clock", "to"): built.clock.to,
            }
            self.times(built.from_, clock, "instant", "a repeat is timed to the second", path)
        if isinstance(built, time_to_event.Spec):
            event = built.event if isinstance(built.event, str) else None
            days: dict[Path, str | None] = {("start",): built.start, ("event",): event, ("censor",): built.censor}
            self.times(built.from_, days, "date", "a time to an event is counted in days", path)
            if isinstance(built.event, time_to_event.SustainedRun) and built.from_ in self.tables:
                self.run(built.event, self.tables[built.from_].key[0], (*path, "event"))

    def run(self, rule: time_to_event.SustainedRun, entity: str, path: Path) -> None:
        """A sustained run is one of the entity's own periods, and at least one period long."""
        if rule.from_.per != (entity,):
            message = f"a run is looked for per '{entity}', whose time is counted"
            self.report.add("C109", message, (*path, "from", "per"), f"Write per: [{entity}].")
        if rule.sustained < 1:
            message = f"a run is at least 1 period long, not {rule.sustained}"
            self.report.add("C107", message, (*path, "sustained"))

    def times(self, table: str, columns: Mapping[Path, str | None], kind: str, reason: str, path: Path) -> None:
        """Columns that must be of one of the two types of time."""
        for steps, name in columns.items():
            column = find_column(self.tables, table, name) if name is not None and table in self.tables else None
            if column is not None and column.type in ("instant", "date") and column.type != kind:
                needed = "a timestamp" if kind == "instant" else "a date"
                self.report.add("C206", f"{steps[-1]}: '{name}' is not {needed}, and {reason}", (*path, *steps))

    def stock(self, built: Term | stock.Spec, path: Path) -> None:
        if built.from_ in self.tables and self.tables[built.from_].span is None:
            with_spells = [name for name, table in self.tables.items() if table.span is not None]
            message = f"a row of '{built.from_}' is not a spell, so there is no stock of it"
            place = (*path, "stock") if isinstance(built, Term) else (*path, "from")
            self.report.add("C207", message, place, f"Use {listed(with_spells)}.")
        if isinstance(built, Term) and built.at is not None:
            self.report.add("C109", "'at' does not go with 'stock', which counts every day", (*path, "at"), key=True)
