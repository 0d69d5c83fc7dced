"""What is allowed and probably not meant: warnings about definitions that are right in form."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cxkpi.catalogue.expressions.emptiness import Row, possible
from cxkpi.catalogue.expressions.scopes import Fields, find_column
from cxkpi.catalogue.grammar import key_of
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import listed
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.expression import (
    Calculation,
    Call,
    Case,
    Compare,
    Expression,
    Literal,
    Node,
    Shift,
    canonical,
    walk,
)
from cxkpi.tables import Table, column_at, paths

if TYPE_CHECKING:
    from cxkpi.catalogue.load import Catalogue

# Conditions of success, by the name of their field in a kind's Spec.
_JUDGING = ("meets", "for_", "against")
# A stretch that was recorded has begun.
_ALWAYS_THERE = frozenset({"started_at"})


def check(catalogue: Catalogue, fields: Fields, report: Report) -> None:
    """Warn of everything in a catalogue without errors that reads as a slip."""
    by_title = {metric.title: metric for metric in catalogue.metrics.values()}
    for metric in by_title.values():
        _matures(metric, report)
        _once_answered(metric, catalogue.tables, report)
        _unsaid(metric, catalogue.tables, report)
        _goals(metric, report)
        _guards(metric, by_title, report)
        for path, expression in expressions(metric.spec, ("metrics", metric.title)):
            # A field's cases are its own.
            if "case" in expression.text.lower():
                _cases(expression.root, path, report)
    for (table, name), root in fields.roots():
        _cases(root, ("fields", table, name), report)
    _headline(catalogue, by_title, report)
    _fields(fields, report)


def expressions(value: Any, path: Path) -> Iterator[tuple[Path, Expression]]:
    """Every expression of a spec, with the path it was written at."""
    if isinstance(value, Expression):
        yield path, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from expressions(getattr(value, field.name), (*path, key_of(field.name)))


@dataclass(frozen=True, slots=True)
class _Population:
    """Rows of one table that a metric reads: at ``path`` in the catalogue, those where ``where`` holds."""

    path: Path
    table: str
    where: Expression | None
    judging: Mapping[str, Expression]

    def excludes(self, row: Row) -> bool:
        """Whether such a row is never in it."""
        return self.where is not None and True not in possible(self.where.root, row)


def _populations(metric: Metric, tables: Mapping[str, Table]) -> Iterator[_Population]:
    path: Path = ("metrics", metric.title)
    terms = [(key, getattr(metric.spec, key, None)) for key in ("numerator", "denominator")]
    specs = [((*path, key), term) for key, term in terms if term is not None] or [(path, metric.spec)]
    for place, spec in specs:
        table = getattr(spec, "from_", None)
        if isinstance(table, str) and table in tables:
            found = {name: getattr(spec, name, None) for name in _JUDGING}
            judging = {key_of(name): one for name, one in found.items() if isinstance(one, Expression)}
            yield _Population(place, table, getattr(spec, "where", None), judging)


# -- windows -----------------------------------------------------------------------------------------------------------


def _matures(metric: Metric, report: Report) -> None:
    """A row judged by a window must be as old as the window."""
    if metric.matures is None or metric.matures.unit == "mo":
        return
    longest = max(
        (length for _, expression in expressions(metric.spec, ()) for length in _windows(expression.root)), default=0.0
    )
    if metric.matures.seconds < longest:
        message = f"rows are judged after {metric.matures}, and a condition looks {_length(longest)} ahead"
        hint = f"Write 'matures: {_length(longest)}' or more, else young rows count as failures."
        report.warn("C410", message, ("metrics", metric.title, "matures"), hint)


def _windows(root: Node) -> Iterator[float]:
    """Lengths of time, in seconds, by which one time of a row may follow another."""
    for node in walk(root):
        if not isinstance(node, Compare):
            continue
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, Shift) and side.by > timedelta():
                yield side.by.total_seconds()
            if isinstance(side, Call) and side.function in ("seconds", "days"):
                limit = _constant(other)
                if limit is not None and limit > 0:
                    yield limit * (86400 if side.function == "days" else 1)


def _constant(node: Node) -> float | None:
    match node:
        case Literal(value) if isinstance(value, float):
            return value
        case Calculation(operator, left, right):
            a, b = _constant(left), _constant(right)
            if a is None or b is None or (operator == "/" and b == 0):
                return None
            return {"+": a + b, "-": a - b, "*": a * b}.get(operator) if operator != "/" else a / b
    return None


def _length(seconds: float) -> str:
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


# -- columns that may be empty -----------------------------------------------------------------------------------------


def known_once_answered(tables: Mapping[str, Table], table: str, name: str) -> bool:
    """Whether a column, seen from a table, is filled only once somebody answered the contact."""
    path = next(iter(paths(tables, table, name)), None)
    if path is None:
        return False
    first = tables[table].lookups[path[0]].on if len(path) > 1 else path[0]
    return column_at(tables, table, (first,)).known == "answered"


def _unanswered(population: _Population, tables: Mapping[str, Table], names: Iterable[str] = ()) -> Row:
    """A contact that nobody answered, as the names a population reads show it."""
    read = {*names, *(population.where.columns if population.where is not None else ())}
    late = frozenset(name for name in read if known_once_answered(tables, population.table, name))
    return Row(late, {"abandoned": True}, others_empty=True)


def _once_answered(metric: Metric, tables: Mapping[str, Table], report: Report) -> None:
    """What tells people apart must be there for every row that is counted."""
    for population in _populations(metric, tables):
        if population.excludes(_unanswered(population, tables)):
            continue
        for path, name in _dimensions(metric):
            if known_once_answered(tables, population.table, name):
                message = f"'{name}' is known only once a contact is answered, and unanswered ones are counted here"
                report.warn("C411", message, path, "Count answered contacts only, or leave it out.")


def _dimensions(metric: Metric) -> Iterator[tuple[Path, str]]:
    """Every column by which a metric itself tells its rows apart, and where it says so."""
    path: Path = ("metrics", metric.title)
    for key in ("cluster", "protects"):
        name = getattr(metric, key, None)
        if isinstance(name, str):
            yield (*path, key), name
    for at, goal in enumerate(getattr(metric, "targets", ())):
        for name in dict(getattr(goal, "when", ()) or ()):
            yield (*path, "targets", at, "when", name), name


def _unsaid(metric: Metric, tables: Mapping[str, Table], report: Report) -> None:
    """A condition over a time that may never come says what is meant until it does."""
    for population in _populations(metric, tables):
        answered = population.excludes(_unanswered(population, tables))
        for key, condition in population.judging.items():
            empty = [
                name
                for name in sorted(condition.columns)
                if _may_stay_empty(tables, population.table, name, answered)
                and not population.excludes(Row(frozenset((name,)), others_empty=True))
                and None in possible(condition.root, Row(frozenset((name,))))
            ]
            if empty:
                names = listed(f"'{name}'" for name in empty)
                message = f"{key} reads {names}, and does not say what it means while that is empty"
                hint = (
                    f"Such rows are left out and counted as missing. Say so, 'where: {empty[0]} is not null', or "
                    f"decide: 'coalesce(…, false)'."
                )
                report.warn("C412", message, (*population.path, key), hint)


def _may_stay_empty(tables: Mapping[str, Table], table: str, name: str, answered: bool) -> bool:
    """Whether a column is empty for a reason, and not only where a system did not record it."""
    if known_once_answered(tables, table, name):
        return not answered
    column = find_column(tables, table, name)
    declared = tables[table]
    own = {*declared.time, *declared.seen, *declared.key, *(declared.span or ())[:1], *_ALWAYS_THERE}
    return column is not None and column.event and name.rpartition(".")[2] not in own


# -- goals, guards, headline, fields, cases ----------------------------------------------------------------------------


def _goals(metric: Metric, report: Report) -> None:
    """A target or an alarm that no value can be on the other side of."""
    low, high = _range(metric)
    for key in ("target", "alarm"):
        goal = getattr(metric, key)
        for limit in goal if isinstance(goal, tuple) else (goal,):
            if limit is None:
                continue
            message = None
            if high is not None and limit > high:
                message = f"no value is ever above {_shown(high, metric.unit)}"
            elif low is not None and limit < low:
                message = f"no value is ever below {_shown(low, metric.unit)}"
            elif key == "target" and (metric.better, limit) in (("higher", low), ("lower", high)):
                message = "every value meets this target"
            if message is not None:
                report.warn("C413", message, ("metrics", metric.title, key))


def _range(metric: Metric) -> tuple[float | None, float | None]:
    match metric.kind:
        case "share" | "repeat":
            return 0.0, 1.0
        case "net":
            return -100.0, 100.0
        case "stock" | "time_to_event":
            return 0.0, None
    counts = getattr(metric.spec, "count", None) is not None or getattr(metric.spec, "distinct", None) is not None
    return (0.0 if metric.kind == "total" and counts else None), None


def _shown(limit: float, unit: str) -> str:
    return f"{100 * limit:g}%" if unit == "percent" else f"{limit:g}"


def _guards(metric: Metric, by_title: Mapping[str, Metric], report: Report) -> None:
    for at, title in enumerate(metric.guards):
        if title in by_title and by_title[title].better is None:
            hint = f"Add 'better: higher' or 'better: lower' to '{title}'."
            message = f"'{title}' does not say which side is better, so it never worsens"
            report.warn("C415", message, ("metrics", metric.title, "guards", at), hint)


def _headline(catalogue: Catalogue, by_title: Mapping[str, Metric], report: Report) -> None:
    written = report.document.data.get("headline") or ()
    for at, title in enumerate(written):
        if title in by_title and by_title[title].private:
            message = f"'{title}' is private, and stands in the headline"
            report.warn("C416", message, ("headline", at), "Leave it out, or take 'private' away.")


def _fields(fields: Fields, report: Report) -> None:
    document = report.document
    for table, name in fields.unused():
        place = document.place_of(("fields", table, name), key=True)
        # What a base catalogue offers need not be used.
        if place.file == document.file:
            report.warn("C414", f"nothing uses the field '{name}' of '{table}'", ("fields", table, name), key=True)


def _cases(root: Node, path: Path, report: Report) -> None:
    for node in walk(root):
        if not isinstance(node, Case):
            continue
        seen: set[str] = set()
        always = False
        for condition, _ in node.branches:
            text = canonical(condition)
            never = isinstance(condition, Literal) and condition.value is not True
            if always or never or text in seen:
                why = "never holds" if never else "is reached by no row: an earlier one takes them all"
                report.warn("C417", f"{path[-1]}: 'when {text}' {why}", path)
            seen.add(text)
            always = always or (isinstance(condition, Literal) and condition.value is True)
