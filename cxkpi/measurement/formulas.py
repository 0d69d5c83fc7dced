"""Formulas in a run: their parts are computed like any metric, and read cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkpi.kinds.base import Figure
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.formula import combined, parts
from cxkpi.measurement.cells import By

CellFigures = Sequence[tuple[By, Sequence[Figure]]]
_NOTHING = Figure(n=0, reason="empty")


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
    nothing = [_NOTHING] * size
    cells = [{title: read[title].get(by, nothing)[at] for title in titles} for by in places for at in range(size)]
    found = combined(metric, cells, {title: others[title].confidence for title in titles})
    return [(by, found[place * size : (place + 1) * size]) for place, by in enumerate(places)]


def _order(by: By) -> tuple[object, ...]:
    """The whole first, then combinations by their values, hours and weekdays as numbers, null last."""
    return (
        len(by),
        *(
            (value is None, int(value) if value is not None and name in ("hour", "weekday") else 0, value or "")
            for name, value in by
        ),
    )
