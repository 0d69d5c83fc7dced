"""The rows of a Result as one flat table: the fields of ``-f json`` in their order, one row per number.

``period_*``, ``change_*`` and ``bounds_*`` stand for the nested objects; ``period_label`` is there where some period
has a name of its own, as fiscal ones do; ``only_<name>`` where the figures are of a selection: the values selected,
``Billing or Sales``. Each dimension is a column ``by_<name>``, empty for the whole and ``(blank)`` where the data has
no value; a value that reads so is in quotes. Notes are joined by `` | ``. CSV, Parquet and the sheet for pivoting all
read this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

from cxkpi.reports.selection import selected
from cxkpi.result import Result, Row, Target

BLANK = "(blank)"

Type = Literal["text", "number", "count", "flag", "day", "instant", "limit"]
"""``limit``: a number, or the two of a range."""
Cell = str | float | int | bool | date | datetime | tuple[float, float] | None

_BEFORE_BY: Mapping[str, Type] = {
    "metric": "text", "variant": "text", "kind": "text", "definition": "text", "unit": "text", "better": "text",
    "period_every": "text", "period_start": "day", "period_end": "day", "period_complete": "flag",
    "period_judged_until": "instant",
}  # fmt: skip
_LABEL: Mapping[str, Type] = {"period_label": "text"}
_AFTER_BY: Mapping[str, Type] = {
    "value": "number", "low": "number", "high": "number", "confidence": "number", "bounds_low": "number",
    "bounds_high": "number", "n": "count", "numerator": "number", "denominator": "number", "immature": "count",
    "missing": "count", "censored": "count", "target": "limit", "alarm": "limit", "status": "text", "reason": "text",
    "change_period": "day", "change_from": "number", "change_difference": "number", "change_significant": "flag",
    "notes": "text",
}  # fmt: skip


def columns(result: Result) -> Mapping[str, Type]:
    """The names of the columns and what stands in them, in order. Dimensions of one name are told apart by a number."""
    label = _LABEL if _labelled(result) else {}
    found: dict[str, Type] = {**_BEFORE_BY, **label}
    for wanted in (*(f"only_{dimension}" for dimension in selected(result)), *(f"by_{name}" for name in result.by)):
        name, number = wanted, 2
        while name in found:
            name, number = f"{wanted}_{number}", number + 1
        found[name] = "text"
    return {**found, **_AFTER_BY}


def rows(result: Result) -> Iterator[tuple[Cell, ...]]:
    """What stands in the columns, row by row."""
    labelled, only = _labelled(result), tuple(selected(result).values())
    return (_cells(row, result.by, labelled, only) for row in result.rows)


def _cells(row: Row, by: Sequence[str], labelled: bool, only: Sequence[str]) -> tuple[Cell, ...]:
    period, change = row.period, row.change
    low, high = row.bounds or (None, None)
    return (
        row.metric,
        row.variant,
        row.kind,
        row.definition,
        row.unit,
        row.better,
        period.every,
        period.start,
        period.end,
        period.complete,
        period.judged_until,
        *((period.label,) if labelled else ()),
        *only,
        *(_dimension(row, name) for name in by),
        row.value,
        row.low,
        row.high,
        row.confidence,
        low,
        high,
        row.n,
        row.numerator,
        row.denominator,
        row.immature,
        row.missing,
        row.censored,
        row.target,
        row.alarm,
        row.status,
        row.reason,
        None if change is None else change.period,
        None if change is None else change.before,
        None if change is None else change.difference,
        None if change is None else change.significant,
        " | ".join(row.notes),
    )


def split(types: Mapping[str, Type]) -> Mapping[str, Type]:
    """The columns where a range needs two: ``target_high`` stands after ``target``."""
    found: dict[str, Type] = {}
    for name, kind in types.items():
        found[name] = "number" if kind == "limit" else kind
        if kind == "limit":
            found[f"{name}_high"] = "number"
    return found


def split_cells(types: Mapping[str, Type], row: Sequence[Cell]) -> tuple[Cell, ...]:
    """One row for the columns of :func:`split`; what is no range has no second limit."""
    found: list[Cell] = []
    for kind, cell in zip(types.values(), row, strict=True):
        if kind == "limit":
            found += limits(cell if isinstance(cell, tuple | float | int) else None)
        else:
            found.append(cell)
    return tuple(found)


def limits(target: Target | None) -> tuple[float | None, float | None]:
    """A target or alarm as its only or lower limit, and the upper one of a range."""
    return target if isinstance(target, tuple) else (target, None)


def _labelled(result: Result) -> bool:
    return any(row.period.label is not None for row in result.rows)


def _dimension(row: Row, name: str) -> str | None:
    if name not in row.by:
        return None
    return named(row.by[name])


def named(value: str | None) -> str:
    """A dimension's value; in quotes where it says what an absent one, or the whole, is written as."""
    if value is None:
        return BLANK
    return f'"{value}"' if value.strip('"') in ("", BLANK) else value
