"""Parquet: the columns of ``-f csv`` in their order, typed, one row per number.

Instants are UTC. A range of a target or an alarm takes two columns, ``target_high`` and ``alarm_high`` beside its lower
limit. Text is as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO

import polars as pl

from cxkpi.reports.tidy import Cell, Type, columns, rows, split, split_cells
from cxkpi.result import Result

_TYPES: Mapping[Type, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float64(),
    "count": pl.Int64(),
    "flag": pl.Boolean(),
    "day": pl.Date(),
    "instant": pl.Datetime("us", "UTC"),
}


def render(result: Result) -> bytes:
    """The rows of a Result as one Parquet file; the same Result gives the same bytes."""
    whole = columns(result)
    types = split(whole)
    table = [split_cells(whole, row) for row in rows(result)]
    frame = pl.DataFrame(
        [
            pl.Series(_utf8(name), [_stored(row[place], kind) for row in table], dtype=_TYPES[kind], strict=True)
            for place, (name, kind) in enumerate(types.items())
        ]
    )
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _stored(cell: Cell, kind: Type) -> Cell:
    match cell:
        case str():
            return _utf8(cell)
        case datetime():
            return cell if cell.tzinfo is not None else cell.replace(tzinfo=UTC)
        case int() if kind == "number":
            return float(cell)
        case _:
            return cell


def _utf8(text: str) -> str:
    # Half of a surrogate pair is no text, and a path may hold one.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
