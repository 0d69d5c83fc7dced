"""Which of a Result's rows a reader is shown first: for each metric its newest complete, judged period.

Renderers and gates use the same choice, so that a gate never fails on a figure the table does not show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from cxkpi.result import MetricInfo, Period, Result, Row
from cxkpi.tables import TABLES


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line: a metric for one combination of dimension values, over time.

    ``rows``: period start to row. ``current``: the period the verdict belongs to, the same for all lines of a metric.
    """

    info: MetricInfo
    by: Mapping[str, str | None]
    rows: Mapping[date, Row]
    current: Period

    @property
    def row(self) -> Row | None:
        """The row of the current period, None where this line has nothing in it."""
        return self.rows.get(self.current.start)


def is_judged(row: Row) -> bool:
    """Whether the period is over and no record in it still waits for its window to pass."""
    return row.period.complete and row.immature == 0 and row.reason != "immature"


# How the note of a guard begins and ends, as measurement writes it; between stand the guards' labels.
IMPROVED_WHILE = "improved while "
_GOT_WORSE = " got significantly worse"


def at_whose_expense(row: Row) -> str | None:
    """The labels of the metrics that got significantly worse while this one, which guards them, improved; else None.

    Faster is not better where fewer customers are helped.
    """
    for note in row.notes:
        if note.startswith(IMPROVED_WHILE) and note.endswith(_GOT_WORSE):
            return note.removeprefix(IMPROVED_WHILE).removesuffix(_GOT_WORSE)
    return None


def identifies(dimension: str, further: Collection[str] = ()) -> bool:
    """Whether a dimension's values name somebody (an id, a person's name), or are free text, and stay hidden.

    ``further``: dimensions of which the catalogue says so.
    """
    if dimension in further:
        return True
    column = dimension.rpartition(".")[2]
    return any(table.columns[column].role != "plain" for table in TABLES.values() if column in table.columns)


# Whose values name the centre's own people, not its customers, and none of their records.
STAFF = frozenset({"agent_id", "name", "supervisor"})
CUSTOMER = "customer_id"


def aliases(result: Result) -> Mapping[str, Mapping[str, str]]:
    """What values that identify somebody are printed as, by dimension: ``#1``, ``#2`` … in the order of the values."""
    return _numbered(result, [name for name in result.by if identifies(name, result.identifiers)])


def numbered(result: Result) -> Result:
    """A Result whose values that identify somebody are what they are printed as."""
    return _renamed(result, aliases(result))


def sheltered(result: Result, *, show_values: bool = False) -> Result:
    """A Result as it may leave the house: without ids of customers and their records, and without free text.

    Such values of a dimension are numbered, as in :func:`aliases`. Agents keep their ids, because a file of figures per
    agent is of no use without them; renderers for people number them too. ``show_values``: customers stay numbered.
    """
    hidden = [name for name in result.by if _outside(name, result.identifiers, show_values)]
    return _renamed(result, _numbered(result, hidden))


def _renamed(result: Result, numbers: Mapping[str, Mapping[str, str]]) -> Result:
    if not numbers:
        return result

    def called(by: Mapping[str, str | None]) -> Mapping[str, str | None]:
        return {
            name: numbers[name][value] if value is not None and name in numbers else value for name, value in by.items()
        }

    rows = tuple(replace(row, by=called(row.by)) for row in result.rows)
    restated = result.restated
    if restated is not None:
        restated = replace(restated, cells=tuple(replace(cell, by=called(cell.by)) for cell in restated.cells))
    return replace(result, rows=rows, restated=restated)


def _outside(dimension: str, identifiers: Collection[str], show_values: bool) -> bool:
    column = dimension.rpartition(".")[2]
    if column == CUSTOMER or show_values:
        return column == CUSTOMER
    return identifies(dimension, identifiers) and column not in STAFF


def _numbered(result: Result, dimensions: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    found = {}
    every = [row.by for row in result.rows]
    if result.restated is not None:
        every += [cell.by for cell in result.restated.cells]
    for dimension in (name for name in dimensions if name not in result.aliased):
        values = {value for by in every for value in (by.get(dimension),) if value is not None}
        found[dimension] = {value: f"#{index}" for index, value in enumerate(sorted(values), start=1)}
    return found


def lines(result: Result) -> tuple[Line, ...]:
    """All lines in the Result's order."""
    by_metric: dict[tuple[str, str | None], dict[tuple[tuple[str, str | None], ...], list[Row]]] = {}
    for row in result.rows:
        by_metric.setdefault(row.key, {}).setdefault(tuple(row.by.items()), []).append(row)
    return tuple(
        Line(result.metrics[key], dict(by), {row.period.start: row for row in rows}, current)
        for key, groups in by_metric.items()
        for current in [_current([row for rows in groups.values() for row in rows])]
        for by, rows in groups.items()
    )


def also_missed(result: Result) -> tuple[tuple[MetricInfo, Row], ...]:
    """The metrics nobody asked for whose newest complete, judged period missed its target or is beyond its alarm."""
    by_metric: dict[tuple[str, str | None], list[Row]] = {}
    for row in result.further:
        by_metric.setdefault(row.key, []).append(row)
    currents = {key: _current(rows) for key, rows in by_metric.items()}
    return tuple(
        (result.further_metrics[row.key], row)
        for row in result.further
        if row.period == currents[row.key] and row.status in ("missed", "alarm")
    )


def newest_judged(result: Result) -> tuple[Row, ...]:
    """What gates look at: of every line the row of its newest complete, judged period, if there is one."""
    rows = (line.row for line in lines(result) if line.current.complete)
    return tuple(row for row in rows if row is not None)


def _current(rows: Sequence[Row]) -> Period:
    """Newest judged period of one metric; failing that the newest complete one, failing that the newest."""
    waiting = {row.period.start for row in rows if not is_judged(row)}
    judged = [row.period for row in rows if row.period.start not in waiting]
    complete = [row.period for row in rows if row.period.complete]
    return max(judged or complete or [row.period for row in rows], key=lambda period: period.start)
