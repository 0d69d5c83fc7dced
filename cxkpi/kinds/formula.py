"""Kind ``formula``: arithmetic over the values of other metrics, read in the same cell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import narwhals as nw
import polars as pl

from cxkpi.kinds.base import OVER_ROWS, Branch, Cells, Figure, NoValue
from cxkpi.kinds.definition import Metric, MetricFormula
from cxkpi.kinds.expression import Calculation, Expression, Literal, Name, Negative, Node
from cxkpi.kinds.rows import Data


@dataclass(frozen=True, slots=True)
class Spec:
    """``formula``: an expression whose names are metrics, ``fcr`` or ``fcr.any_reason``."""

    formula: MetricFormula


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    """None: a formula reads no rows, its parts do."""
    return {}


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    """Not from sums: see ``combined``."""
    raise NotImplementedError("a formula is computed from the figures of its parts")


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return None


def parts(metric: Metric) -> tuple[str, ...]:
    """The titles of the metrics a formula reads, sorted; none for metrics of other kinds."""
    return tuple(sorted(metric.spec.formula.columns)) if isinstance(metric.spec, Spec) else ()


def combined(metric: Metric, cells: Sequence[Mapping[str, Figure]], confidence: Mapping[str, float]) -> list[Figure]:
    """One figure per cell from those of the parts, by title; ``confidence``: of each part's interval.

    n is the least of the parts', ``immature`` and ``missing`` the largest: a score is as sure as its thinnest part.
    What a formula makes of a part without a figure, such as ``coalesce(p, 0)``, is for a part that has nothing to
    count; where one is withheld or refused the formula is so too.
    """
    spec: Spec = metric.spec
    line = linear(spec.formula)
    # The limits of another confidence are not the limits of this one.
    exact = line is not None and confidence[line[0]] == metric.confidence
    return [
        _figure(read, value, line if exact else None)
        for read, value in zip(cells, _values(spec.formula, cells), strict=True)
    ]


def _values(formula: Expression, cells: Sequence[Mapping[str, Figure]]) -> list[float | None]:
    titles = sorted(formula.columns)
    read = {title: pl.Series([cell[title].value for cell in cells], dtype=pl.Float64) for title in titles}
    frame = nw.from_native(pl.DataFrame(read).lazy())
    found: pl.DataFrame = nw.to_native(frame.select(formula.narwhals(nw.col).alias("value"))).collect()
    return [value if value is not None and math.isfinite(value) else None for value in found["value"]]


def _figure(read: Mapping[str, Figure], value: float | None, line: tuple[str, float, float] | None) -> Figure:
    barred = next((reason for reason in _BARRED if any(part.reason == reason for part in read.values())), None)
    if barred == "withheld":
        return Figure(n=0, reason=barred)
    if barred is not None:
        value = None
    low = high = None
    if line is not None and value is not None:
        title, factor, constant = line
        limits = [None if x is None else factor * x + constant for x in (read[title].low, read[title].high)]
        low, high = limits if factor > 0 else reversed(limits)
    return Figure(
        n=min(part.n for part in read.values()),
        value=value,
        low=low,
        high=high,
        immature=max(part.immature for part in read.values()),
        missing=max(part.missing for part in read.values()),
        reason=_reason(read) if value is None else None,
        notes=tuple(_notes(read, of_limits=low is not None or high is not None)),
    )


def _notes(read: Mapping[str, Figure], *, of_limits: bool) -> Iterator[str]:
    """What the parts have to say about themselves; about their intervals only where the formula takes those over."""
    for title, part in read.items():
        for note in part.notes:
            if of_limits or not note.startswith(OVER_ROWS):
                yield f"{title}: {note}"


_BARRED: tuple[NoValue, ...] = ("withheld", "refused")


def _reason(read: Mapping[str, Figure]) -> NoValue:
    """Why there is no value: what keeps a part from having one, the weightiest first."""
    reasons = {part.reason for part in read.values() if part.value is None}
    return next((reason for reason in (*_BARRED, "not_reached") if reason in reasons), "empty")


def linear(formula: Expression) -> tuple[str, float, float] | None:
    """(metric, a, b) where the formula is a × metric + b with a ≠ 0 of one metric alone; else None.

    Only then is the interval of the metric, moved alike, an exact interval of the formula.
    """
    found = _line(formula.root)
    if found is None:
        return None
    title, factor, constant = found
    return (title, factor, constant) if title is not None and factor else None


Line = tuple[str | None, float, float]


def _line(node: Node) -> Line | None:
    match node:
        case Literal(float() as value, "number"):
            return None, 0.0, value
        case Name(name):
            return name, 1.0, 0.0
        case Negative(operand):
            return _scaled(_line(operand), -1.0)
        case Calculation("+" | "-" as operator, left, right):
            one, other = _line(left), _scaled(_line(right), 1.0 if operator == "+" else -1.0)
            if one is None or other is None or (one[0] and other[0] and one[0] != other[0]):
                return None
            return one[0] or other[0], one[1] + other[1], one[2] + other[2]
        case Calculation("*", left, right):
            one, other = _line(left), _line(right)
            if one is None or other is None or (one[0] and other[0]):
                return None
            return _scaled(other, one[2]) if one[0] is None else _scaled(one, other[2])
        case Calculation("/", left, right):
            one, other = _line(left), _line(right)
            if one is None or other is None or other[0] or not other[2]:
                return None
            return _scaled(one, 1.0 / other[2])
    return None


def _scaled(line: Line | None, by: float) -> Line | None:
    return None if line is None else (line[0], line[1] * by, line[2] * by)
