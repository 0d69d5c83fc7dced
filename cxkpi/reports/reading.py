"""Which of a Result's rows a reader is shown first: for each metric its newest complete, judged period.

Renderers and gates use the same choice, so that a gate never fails on a figure the table does not show.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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


def is_hidden(dimension: str, further: Collection[str] = (), *, show_values: bool = False) -> bool:
    """Whether people are shown numbers for a dimension's values; customers are numbered whatever is asked for."""
    return names_customers(dimension) or (not show_values and identifies(dimension, further))


def names_customers(dimension: str) -> bool:
    """Whether a dimension's values are ids of customers, which are in no report."""
    return dimension.rpartition(".")[2] == CUSTOMER


def aliases(result: Result, *, show_values: bool = False) -> Mapping[str, Mapping[str, str]]:
    """What values that identify somebody are printed as, by dimension: ``#1``, ``#2`` … in the order of the values.

    ``show_values``: those of customers alone.
    """
    return _numbered(
        result, [name for name in _cut(result) if is_hidden(name, result.identifiers, show_values=show_values)]
    )


def _cut(result: Result) -> Sequence[str]:
    """The dimensions of which the Result holds values: those it is cut by, and those it is a selection of."""
    return list(dict.fromkeys([*result.by, *result.only]))


def numbered(result: Result, *, show_values: bool = False) -> Result:
    """A Result whose values that identify somebody are what they are printed as, see :func:`aliases`."""
    return _renamed(result, aliases(result, show_values=show_values))


def sheltered(result: Result, *, show_values: bool = False) -> Result:
    """A Result as programs may have it: without ids of customers and their records, and without free text.

    Such values of a dimension are numbered, as in :func:`aliases`. Agents keep their ids, because a file of figures per
    agent is of no use without them; renderers for people number them too. ``show_values``: customers stay numbered.
    """
    hidden = [name for name in _cut(result) if outside(name, result.identifiers, show_values=show_values)]
    return _renamed(result, _numbered(result, hidden))


def _renamed(result: Result, numbers: Mapping[str, Mapping[str, str]]) -> Result:
    if not numbers:
        return result

    def called(by: Mapping[str, str | None]) -> Mapping[str, str | None]:
        return {
            name: numbers[name][value] if value is not None and name in numbers else value for name, value in by.items()
        }

    rows = tuple(replace(row, by=called(row.by)) for row in result.rows)
    only = {name: tuple(numbers.get(name, {}).get(value, value) for value in result.only[name]) for name in result.only}
    restated = result.restated
    if restated is not None:
        restated = replace(restated, cells=tuple(replace(cell, by=called(cell.by)) for cell in restated.cells))
    return replace(result, rows=rows, restated=restated, only=only)


def outside(dimension: str, further: Collection[str] = (), *, show_values: bool = False) -> bool:
    """Whether programs are given numbers for a dimension's values, too: as :func:`is_hidden`, but for agents."""
    return is_hidden(dimension, further, show_values=show_values) and dimension.rpartition(".")[2] not in STAFF


def _numbered(result: Result, dimensions: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    every = [row.by for row in result.rows]
    if result.restated is not None:
        every += [cell.by for cell in result.restated.cells]
    every += [{name: value} for name, values in result.only.items() for value in values]
    return numbers(every, [name for name in dimensions if name not in result.aliased])


_NUMBER = re.compile(r"#([1-9][0-9]{0,17})")


def numbers(bys: Iterable[Mapping[str, str | None]], dimensions: Collection[str]) -> Mapping[str, Mapping[str, str]]:
    """A number for every value of these dimensions; values that are such numbers already keep theirs."""
    values: dict[str, set[str]] = {dimension: set() for dimension in dimensions}
    for by in bys:
        for dimension, those in values.items():
            value = by.get(dimension)
            if value is not None:
                those.add(value)
    return {
        dimension: {value: f"#{index}" for index, value in enumerate(sorted(those, key=_place), start=1)}
        for dimension, those in values.items()
    }


def _place(value: str) -> tuple[int, str]:
    number = _NUMBER.fullmatch(value) if value.isascii() else None
    return (0, value) if number is None else (int(number[1]), value)


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
