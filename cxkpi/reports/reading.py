"""Which of a Result's rows a reader is shown first: for each metric its newest complete, judged period.

Renderers and gates use the same choice, so that a gate never fails on a figure the table does not show.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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


def identifies(dimension: str, further: Collection[str] = ()) -> bool:
    """Whether a dimension's values name somebody (an id, a person's name), or are free text, and stay hidden.

    ``further``: dimensions of which the catalogue says so.
    """
    if dimension in further:
        return True
    column = dimension.rpartition(".")[2]
    return any(table.columns[column].role != "plain" for table in TABLES.values() if column in table.columns)


def aliases(result: Result) -> Mapping[str, Mapping[str, str]]:
    """What values that identify somebody are printed as, by dimension: ``#1``, ``#2`` … in the order of the values."""
    found = {}
    for dimension in (name for name in result.by if identifies(name, result.identifiers)):
        values = {value for row in result.rows for value in (row.by.get(dimension),) if value is not None}
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
