"""CSV: the fields of ``-f json`` in their order, one row per number, nested fields flattened.

Columns: ``period_*``, ``change_*`` and ``bounds_*`` stand for the nested objects; each dimension is a column
``by_<name>``, empty for the whole and ``(blank)`` where the data has no value; a range of a target or an alarm is
``a..b``; notes are joined by `` | ``. UTF-8 without byte-order mark, comma, line feed.

A spreadsheet runs a text cell that starts like a formula. Such a cell, and one that starts with an apostrophe, gets one
leading apostrophe, so taking one away from every cell that starts with one gives the data back. Numbers are left alone.

A terminal obeys control characters, whatever printed them. Each but tab and the line breaks (line feed, carriage return
and line feed) is written as U+FFFD, so that a name that holds one still looks odd; ``-f json`` keeps it, escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cxkpi.reports.json import instant
from cxkpi.result import Reject, Result, Row

BLANK = "(blank)"

_BEFORE_BY = (
    "metric", "variant", "kind", "definition", "unit", "better",
    "period_every", "period_start", "period_end", "period_complete", "period_judged_until",
)  # fmt: skip
_AFTER_BY = (
    "value", "low", "high", "confidence", "bounds_low", "bounds_high", "n", "numerator", "denominator", "immature",
    "missing", "censored", "target", "alarm", "status", "reason",
    "change_period", "change_from", "change_difference", "change_significant", "notes",
)  # fmt: skip
_REJECT_COLUMNS = ("path", "line", "column", "value", "reason")
_CONTROL = re.compile("\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")

Cell = str | float | int | bool | None


def render(result: Result) -> str:
    """The rows of a Result as CSV with a heading."""
    heading = (*_BEFORE_BY, *(f"by_{dimension}" for dimension in result.by), *_AFTER_BY)
    return _write(heading, (_row(row, result.by) for row in result.rows))


def render_rejects(rejects: Iterable[Reject]) -> str:
    """Rejected records as CSV: file, physical line, column of the export, value as written, reason."""
    return _write(_REJECT_COLUMNS, ((item.path, item.line, item.column, item.value, item.reason) for item in rejects))


def _row(row: Row, by: Sequence[str]) -> tuple[Cell, ...]:
    period, change = row.period, row.change
    low, high = row.bounds or (None, None)
    target, alarm = (
        f"{limits[0]!r}..{limits[1]!r}" if isinstance(limits, tuple) else limits for limits in (row.target, row.alarm)
    )
    return (
        row.metric,
        row.variant,
        row.kind,
        row.definition,
        row.unit,
        row.better,
        period.every,
        period.start.isoformat(),
        period.end.isoformat(),
        period.complete,
        None if period.judged_until is None else instant(period.judged_until),
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
        target,
        alarm,
        row.status,
        row.reason,
        None if change is None else change.period.isoformat(),
        None if change is None else change.before,
        None if change is None else change.difference,
        None if change is None else change.significant,
        " | ".join(row.notes),
    )


def _dimension(row: Row, name: str) -> str | None:
    if name not in row.by:
        return None
    value = row.by[name]
    return BLANK if value is None else value


def _write(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    lines = (",".join(map(_quoted, map(_cell, row))) for row in (heading, *rows))
    return "".join(f"{line}\n" for line in lines)


def _quoted(cell: str) -> str:
    # Before Python 3.13 csv.writer leaves a lone carriage return unquoted, which readers take for the end of the row.
    return '"' + cell.replace('"', '""') + '"' if any(char in cell for char in ',"\r\n') else cell


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            text = _CONTROL.sub("\ufffd", cell)
            return f"'{text}" if text.startswith(_FORMULA) else text
        case _:
            return repr(cell)
