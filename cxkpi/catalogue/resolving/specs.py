"""From a checked mapping to the dataclass of its kind: references looked up, expressions parsed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from cxkpi.catalogue.checks import durations
from cxkpi.catalogue.checks.repeats import check_repeat
from cxkpi.catalogue.expressions.parser import AnyScope, ColumnScope, Scope, parse
from cxkpi.catalogue.expressions.scopes import Fields, TableScope, find_column, metric_scope, reachable_names
from cxkpi.catalogue.grammar import hints_of, key_of, model_of, optional, role
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.resolving import formulas, rows_of_metrics
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.errors import Place
from cxkpi.kinds import repeat, stock, time_to_event
from cxkpi.kinds.definition import Duration, MetricRows, Split, Term, metric_rows_named
from cxkpi.kinds.expression import Expression, Type
from cxkpi.tables import Table

MEASURES = ("count", "distinct", "sum", "stock")
_SPREAD = "an amount is spread over time to the second"
_EXPRESSIONS: Mapping[str, Type] = {"boolean": "boolean", "number": "number"}


class Builder:
    """Builds specs against the tables, fields and metric names of one catalogue, reporting what does not fit."""

    def __init__(self, fields: Fields, metrics: Mapping[str, object], zone: str, report: Report) -> None:
        self.fields = fields
        self.metrics = metrics
        self.zone = zone
        self.report = report
        self.removed: Mapping[str, Place] = {}
        # Keys that are written and cannot be used: what is wrong with them was reported, and nobody has to miss them.
        self.unusable: set[Path] = set()

    @property
    def tables(self) -> Mapping[str, Table]:
        return self.fields.tables

    def spec(self, kind: type, written: Any, path: Path, scope: Scope | None = None) -> Any:
        """The dataclass ``kind`` from its model, or from a default of it; broken parts are reported and left None."""
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
        given = frozenset(
            field.name
            for field in fields
            if getattr(written, field.name) is not None or (*path, key_of(field.name)) in self.unusable
        )
        self.check(built, path, given)
        return built

    def scope_within(self, annotation: Any, source: Any, outer: Scope | None) -> Scope | None:
        """What names mean in a mapping with this ``from``: a table or rows of metrics; None where that is not known."""
        if isinstance(source, MetricRows):
            return metric_scope(rows_of_metrics.table_of(source, self.metrics, self.tables))
        if role(annotation) in ("table", "source"):
            return TableScope(self.fields, source) if source in self.tables else None
        return outer

    def value(self, alternatives: tuple[Any, ...], value: Any, path: Path, scope: Scope | None) -> Any:
        """One field's value: texts become what their role says, mappings become dataclasses."""
        if value is None or isinstance(value, Duration):
            return value
        mapping = isinstance(value, BaseModel) or dataclasses.is_dataclass(value)
        if mapping and role(alternatives[0]) == "source":
            rule = self.spec(MetricRows, value, path, scope)
            self.fields.declare(rows_of_metrics.table_of(rule, self.metrics, self.tables))
            return rule.table
        annotation = _alternative(alternatives, value)
        if mapping:
            return self.spec(annotation, value, path, scope)
        if get_origin(annotation) is tuple:
            inner = (get_args(annotation)[0],)
            return tuple(self.value(inner, item, (*path, at), scope) for at, item in enumerate(value))
        named = role(annotation)
        if named is not None and named in _EXPRESSIONS:
            return self.expression(value, path, scope, _EXPRESSIONS[named])
        if named == "formula":
            return self.formula(value, path)
        if named in ("table", "source"):
            self.table(value, path)
        elif named == "dimensions":
            return self.dimensions(value, path, scope)
        elif named in ("column", "time"):
            self.column(value, path, scope, timed=named == "time")
        elif named == "metric":
            self.metric(value, path)
        return value

    def expression(self, text: str, path: Path, scope: Scope | None, expected: Type) -> Expression | None:
        """A row expression; None where it is wrong, or where what it reads is not known."""
        found, faults = parse(text, scope or AnyScope(self.fields.hours), self.zone, expected)
        self.report.faults(faults, path, str(path[-1]))
        return found

    def formula(self, text: str, path: Path) -> Expression | None:
        """An expression over the values of this catalogue's metrics; None where it is wrong."""
        found, faults = parse(text, formulas.scope(self.metrics), self.zone, "number")
        self.report.faults(formulas.told(text, faults, self.metrics), path, str(path[-1]))
        if found is not None:
            formulas.check_reads(found, path, self.report)
        return found

    def table(self, name: str, path: Path) -> None:
        known = [table for table in self.tables if metric_rows_named(table) is None]
        if name not in known:
            hint = f"There are {listed(known)}."
            self.report.add("C202", f"no table '{name}'{did_you_mean(name, known)}", path, hint)

    def dimensions(self, renamed: Mapping[str, str], path: Path, scope: Scope | None) -> tuple[tuple[str, str], ...]:
        """Dimensions, each some table's column, and the columns of this table they are read from."""
        known = {column for table in self.tables.values() for column in table.columns}
        for dimension, column in dict(renamed).items():
            place = (*path, dimension)
            if dimension.rpartition(".")[2] not in known:
                message = f"no table has a column '{dimension}'{did_you_mean(dimension, known)}"
                self.report.add("C203", message, place, key=True)
            self.column(column, place, scope)
        return tuple(sorted(dict(renamed).items()))

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
        if name in self.metrics:
            return
        gone = self.removed.get(name, self.removed.get(name.partition(".")[0]))
        if gone is None:
            self.report.add("C201", f"no metric '{name}'{did_you_mean(name, self.metrics)}", path)
            return
        key = next((step for step in reversed(path) if isinstance(step, str)), "")
        hint = f"Keep the metric, or write '{key}' without it in the catalogue that takes it away."
        self.report.add("C201", f"no metric '{name}': it is taken away at {gone}", path, hint)

    def check(self, built: Any, path: Path, written: frozenset[str]) -> None:
        """Rules within one mapping; ``written`` are its keys, right or wrong."""
        names = {field.name for field in dataclasses.fields(built)}
        measures = [name for name in MEASURES if name in names]
        if len(measures) > 1:
            # What was probably meant by an unknown key is not missing, and goes with anything.
            given = [name for name in measures if name in written]
            there = [name for name in given if (*path, name) in self.report.document.written]
            shown = {"count": "count: rows"}
            choices = listed(shown.get(name, f"{name}:") for name in measures)
            if not given:
                self.report.add("C109", "nothing says what is taken of the rows", path, f"Add {choices}.", key=True)
            elif len(there) > 1:
                message = f"'{there[1]}' does not go with '{there[0]}'"
                self.report.add("C109", message, (*path, there[1]), f"Keep one of {choices}.", key=True)
        self.timed(built, path, names)
        if isinstance(built, Term | stock.Spec) and getattr(built, "stock", "mean") is not None:
            self.stock(built, path)
        if isinstance(built, Term) and built.stock is not None and built.as_:
            message = "'as' does not go with 'stock', whose dimensions have a history"
            self.report.add("C109", message, (*path, "as"), key=True)
        if isinstance(getattr(built, "at", None), Split) and built.at.split is not None:
            self.split(built, path)
        if isinstance(built, MetricRows):
            self.rows_of_metrics(built, path)
        if isinstance(built, repeat.Spec):
            clock: dict[Path, str | None] = {
                ("clock", "from"): built.clock.from_,
                ("clock", "to"): built.clock.to,
            }
            self.times(built.from_, clock, "instant", "a repeat is timed to the second", path)
            check_repeat(built, path, self.report)
        if isinstance(built, time_to_event.Spec):
            durations.check_spec(built, self.tables, path, self.report)
        if isinstance(built, time_to_event.Reading):
            durations.check_reading(built, written, path, self.report)

    def split(self, built: Any, path: Path) -> None:
        """A stretch has two ends, and only an amount can be spread over it."""
        place = (*path, "at", "split")
        if len(built.at.split) != 2:
            message = f"a stretch is from one time to another, not {len(built.at.split)} of them"
            self.report.add("C107", message, place, "Write split: [started_at, ended_at].")
        ends: dict[Path, str | None] = {("at", "split", at): name for at, name in enumerate(built.at.split)}
        self.times(built.from_, ends, "instant", _SPREAD, path)
        if built.sum is None:
            message = "only an amount ('sum') can be spread over a stretch"
            self.report.add("C109", message, (*path, "at"), "Name one time, or take a sum.", key=True)

    def rows_of_metrics(self, rule: MetricRows, path: Path) -> None:
        """No two parts of the rule may give a column of the same name."""
        for key, at, name in rows_of_metrics.twice(rule):
            message = f"these rows would have two columns '{name}'"
            self.report.add("C204", message, (*path, key, at))

    def timed(self, built: Any, path: Path, names: set[str]) -> None:
        """Rows that fall into periods have a time, their table's or one that is named."""
        table = self.tables.get(built.from_) if {"from_", "at"} <= names and isinstance(built.from_, str) else None
        if table is None or table.time or built.at is not None or getattr(built, "stock", None) is not None:
            return
        message = f"a row of '{built.from_}' has no time"
        hint = f"Add 'at:', or 'time:' to tables: {built.from_}."
        self.report.add("C206", message, (*path, "from"), hint)

    def times(self, table: str, columns: Mapping[Path, str | None], kind: str, reason: str, path: Path) -> None:
        """Columns that must be of one of the two types of time."""
        for steps, name in columns.items():
            column = find_column(self.tables, table, name) if name is not None and table in self.tables else None
            if column is not None and column.type in ("instant", "date") and column.type != kind:
                needed = "a timestamp" if kind == "instant" else "a date"
                key = next(step for step in reversed(steps) if isinstance(step, str))
                self.report.add("C206", f"{key}: '{name}' is not {needed}, and {reason}", (*path, *steps))

    def stock(self, built: Term | stock.Spec, path: Path) -> None:
        if built.from_ in self.tables and self.tables[built.from_].span is None:
            with_spells = [name for name, table in self.tables.items() if table.span is not None]
            message = f"a row of '{built.from_}' is not a spell, so there is no stock of it"
            place = (*path, "stock") if isinstance(built, Term) else (*path, "from")
            self.report.add("C207", message, place, f"Use {listed(with_spells)}.")
        if isinstance(built, Term) and built.at is not None:
            self.report.add("C109", "'at' does not go with 'stock', which counts every day", (*path, "at"), key=True)


def _alternative(alternatives: tuple[Any, ...], value: Any) -> Any:
    """Which of the alternatives of a field a value was checked as."""
    mappings = [part for part in alternatives if dataclasses.is_dataclass(part)]
    if isinstance(value, BaseModel):
        return next(part for part in mappings if isinstance(value, model_of(part)))  # type: ignore[arg-type]
    if dataclasses.is_dataclass(value):
        return next(part for part in mappings if isinstance(value, part))  # type: ignore[arg-type]
    several = isinstance(value, list)
    others = [part for part in alternatives if part not in mappings]
    return next((part for part in others if (get_origin(part) is tuple) == several), others[0])
