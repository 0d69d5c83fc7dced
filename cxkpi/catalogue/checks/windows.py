"""Windows in conditions: rows are not judged before theirs has passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from cxkpi.catalogue.checks.populations import ALWAYS_THERE, Population, expressions, populations
from cxkpi.catalogue.checks.rules import MATURING
from cxkpi.catalogue.expressions.emptiness import Row, possible
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.kinds import repeat
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.expression import Calculation, Call, Compare, Expression, Literal, Name, Node, OpenTime, Shift, walk
from cxkpi.opening import MINUTES, OpeningHours
from cxkpi.tables import TABLES, Table, paths

_WEEK = 7 * MINUTES
# A row of these comes into view when what it records is over.
_RECORDED_AT_THE_END = ("contacts", "legs")


def check(metric: Metric, tables: Mapping[str, Table], report: Report) -> None:
    """Warn where rows are judged, or counted, before a window that a condition looks ahead has passed."""
    path: Path = ("metrics", metric.title)
    if metric.matures is not None:
        every = [length for _, one in expressions(metric.spec, ()) for length, _ in _windows(one.root)]
        longest = max(every, default=0.0)
        if metric.matures.unit != "mo" and metric.matures.seconds < longest:
            message = f"rows are judged after {metric.matures}, and a condition looks {_length(longest)} ahead"
            hint = f"Write 'matures: {_length(longest)}' or more, else young rows count as failures."
            report.warn("C410", message, (*path, "matures"), hint)
        return
    ahead = [(length, place) for place, length in _ahead(metric, tables)]
    if not ahead:
        return
    longest, place = max(ahead, key=lambda one: one[0])
    window = f"a condition looks {_length(longest)} ahead"
    if not isinstance(metric.spec, repeat.Spec):
        hint = f"Add 'matures: {_length(longest)}' or more, else young rows count as failures."
        report.warn("C410", f"rows are judged at once, and {window}", place, hint)
    elif metric.spec.look == "forward" and metric.spec.within.seconds < longest:
        message = f"rows are judged after {metric.spec.within}, their window, and {window}"
        report.warn("C410", message, place, "Make 'within' as long, or the other window as short.")


def _ahead(metric: Metric, tables: Mapping[str, Table]) -> Iterator[tuple[Path, float]]:
    """Windows, in seconds, that may still be open when a row is first seen, with the condition they stand in.

    Rows that lack the later time must be among those that are judged: where they are left out it is said openly that
    only what has happened counts.
    """
    if metric.kind not in (*MATURING, "repeat") or metric.kind == "total":
        return
    found = list(populations(metric, tables))
    for population in found:
        for key, condition in population.judging.items():
            for length, later in _later(condition, population, tables):
                row = Row(later)
                if not population.excludes(row) and None not in possible(condition.root, row):
                    yield (*population.path, key), length
    if metric.kind == "ratio" and len(found) == 2 and found[0].table == found[1].table:
        above, below = found
        for length, later in _later(above.where, above, tables) if above.where is not None else ():
            if not below.excludes(Row(later)):
                yield (*above.path, "where"), length


def _later(
    condition: Expression, population: Population, tables: Mapping[str, Table]
) -> Iterator[tuple[float, frozenset[str]]]:
    """Windows of a condition over times that may come after the row does, with those times."""
    for length, node in _windows(condition.root):
        names = (one.name for one in walk(node) if isinstance(one, Name))
        later = frozenset(name for name in names if _comes_later(name, population, tables))
        if later:
            yield length, later


def _comes_later(name: str, population: Population, tables: Mapping[str, Table]) -> bool:
    *steps, column = next(iter(paths(tables, population.table, name)), ("",))
    table = tables[population.table]
    seen_by = {population.at, *table.time, *table.seen}
    for step in steps:
        table = tables[table.lookups[step].table]
    if column not in table.columns or ".".join((*steps, column)) in seen_by or name in seen_by:
        return False
    recorded = table.name in _RECORDED_AT_THE_END and column in TABLES[table.name].columns
    own = {*table.time, *table.seen, *table.key, *(table.span or ())[:1], *ALWAYS_THERE}
    return table.columns[column].event and not recorded and column not in own


def _windows(root: Node) -> Iterator[tuple[float, Node]]:
    """Lengths of time, in seconds, by which one time of a row may follow another, and the comparisons they stand in."""
    for node in walk(root):
        if not isinstance(node, Compare):
            continue
        for side, other in ((node.left, node.right), (node.right, node.left)):
            if isinstance(side, Shift) and side.by > timedelta():
                yield side.by.total_seconds(), node
            limit = _constant(other)
            if limit is None or limit <= 0:
                continue
            if isinstance(side, Call) and side.function in ("seconds", "days"):
                yield limit * (86400 if side.function == "days" else 1), node
            if isinstance(side, OpenTime):
                yield _longest(side.hours, limit), node


def _longest(hours: OpeningHours, seconds: float) -> float:
    """The longest time in which a centre is open for so many seconds, without holidays: from a closing time on."""
    week = [(day * MINUTES + start, day * MINUTES + end) for day, one in enumerate(hours.week) for start, end in one]
    whole = sum(end - start for start, end in week)
    if not whole:
        return seconds
    weeks = max(0, -(-seconds // (60 * whole)) - 1)
    rest = seconds / 60 - weeks * whole
    return 60 * (weeks * _WEEK + max(_passes(week, closed, rest) for _, closed in week))


def _passes(week: list[tuple[int, int]], closed: int, minutes: float) -> float:
    """Minutes from a closing time, of the week, until it has been open so long."""
    for start, end in [(start + later, end + later) for later in (0, _WEEK) for start, end in week]:
        if start < closed:
            continue
        if minutes <= end - start:
            return start + minutes - closed
        minutes -= end - start
    return float(_WEEK)


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
