"""Formulas in a run: their parts are computed like any metric, and read cell by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cxkpi.kinds.base import Figure
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.formula import combined, parts
from cxkpi.measurement.computing.cells import By

CellFigures = Sequence[tuple[By, Sequence[Figure]]]
_NOTHING = Figure(n=0, reason="empty")
ZERO = Figure(n=0, value=0)
"""What a total says of nothing."""

Zeros = Callable[[Metric], Sequence[Figure]]


def with_formulas(
    formulas: Sequence[Metric],
    by_of: Mapping[tuple[str, str | None], tuple[str, ...]],
    cells_of: Mapping[str, CellFigures],
    others: Mapping[str, Metric],
) -> dict[str, CellFigures]:
    """The figures of every formula, by title, parts before what stands on them.

    ``cells_of``: by title the figures of the metrics the formulas stand on, over the same periods. ``by_of``: the
    dimensions of a formula's cells, by key; where there are none, only the whole is read.
    """
    known = dict(cells_of)
    left = list(formulas)
    while left:
        metric = next(one for one in left if all(title in known for title in parts(one)))
        left.remove(metric)
        known[metric.title] = _cells(metric, bool(by_of[metric.key]), known, others)
    return {metric.title: known[metric.title] for metric in formulas}


def _cells(
    metric: Metric, cut: bool, known: Mapping[str, CellFigures], others: Mapping[str, Metric]
) -> list[tuple[By, list[Figure]]]:
    titles = parts(metric)
    read = {title: dict(known[title]) for title in titles}
    places = sorted({by for cells in read.values() for by in cells if cut or not by}, key=_order)
    size = max((len(line) for cells in read.values() for line in cells.values()), default=0)
    nothing = {
        title: of_nothing(others[title], others, size, lambda total: _zeros(known[total.title])) for title in titles
    }
    cells = [
        {title: read[title].get(by, nothing[title])[at] for title in titles} for by in places for at in range(size)
    ]
    found = combined(metric, cells, _confidence(metric, others))
    return [(by, found[place * size : (place + 1) * size]) for place, by in enumerate(places)]


def of_nothing(metric: Metric, others: Mapping[str, Metric], size: int, zeros: Zeros) -> Sequence[Figure]:
    """What a metric says, period by period, of a cell that none of its rows fall into.

    A total says there what it says of a period without rows, ``zeros``; any other metric but a formula has no value.
    """
    titles = parts(metric)
    if titles:
        below = {title: of_nothing(others[title], others, size, zeros) for title in titles}
        cells = [{title: below[title][at] for title in titles} for at in range(size)]
        return combined(metric, cells, _confidence(metric, others))
    return zeros(metric) if metric.kind == "total" else [_NOTHING] * size


def _zeros(lines: CellFigures) -> list[Figure]:
    """What a total says of nothing, period by period, given what it says elsewhere: 0 once the period has begun."""
    wholes = next(line for by, line in lines if not by)
    return [_zero(whole, [line[at] for _, line in lines]) for at, whole in enumerate(wholes)]


def _zero(whole: Figure, said: Sequence[Figure]) -> Figure:
    # Where nothing may be told apart, or definitions do not add up, there is no saying of the rest either.
    refused = next((figure for figure in said if figure.reason == "refused"), None)
    if refused is not None:
        return refused
    # The whole of a period that has begun lacks a value only where it has rows, and all of them lack theirs.
    return _NOTHING if whole.reason == "empty" and not whole.missing else ZERO


def _confidence(metric: Metric, others: Mapping[str, Metric]) -> dict[str, float]:
    return {title: others[title].confidence for title in parts(metric)}


def _order(by: By) -> tuple[object, ...]:
    """The whole first, then combinations by their values, hours and weekdays as numbers, null last."""
    return (
        len(by),
        *(
            (value is None, int(value) if value is not None and name in ("hour", "weekday") else 0, value or "")
            for name, value in by
        ),
    )
