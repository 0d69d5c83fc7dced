"""Parquet files as cells: every column as the text a CSV export would hold, a stretch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

from cxkpi.errors import InputError, Place
from cxkpi.exports.files.faults import no_panic, unreadable

_ROWS = 200_000
# From here on neighbouring whole numbers are no longer told apart by a float.
_EXACT = 2.0**53


def headings(source: Path | BytesIO, shown: str) -> tuple[str, ...]:
    """The columns; those of a struct stand under dotted headings. Raises InputError (I103) where it is no Parquet."""
    return tuple(name for name, _ in _columns(_schema(source, shown)))


def height(source: Path | BytesIO, shown: str) -> int:
    """How many rows there are."""
    try:
        with no_panic():
            _rewind(source)
            return int(pl.scan_parquet(source).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise _damaged(shown) from error


def blocks(source: Path | BytesIO, shown: str, wanted: Sequence[int]) -> Iterator[pl.DataFrame]:
    """The wanted columns as text, named by their position (``c0``), and ``line``, the number of the row from 1."""
    every = _columns(_schema(source, shown))
    expressions = [every[position][1].alias(f"c{position}") for position in wanted]
    total = height(source, shown)
    for start in range(0, total, _ROWS):
        try:
            with no_panic():
                _rewind(source)
                rows = pl.scan_parquet(source).slice(start, _ROWS)
                cells = rows.select(expressions).collect().get_columns() if expressions else []
            numbers = pl.int_range(start + 1, min(total, start + _ROWS) + 1, eager=True).alias("line")
            yield pl.DataFrame([*cells, numbers])
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            raise _damaged(shown) from error


def _rewind(source: Path | BytesIO) -> None:
    if isinstance(source, BytesIO):
        source.seek(0)


def _schema(source: Path | BytesIO, shown: str) -> pl.Schema:
    try:
        with no_panic():
            _rewind(source)
            return pl.scan_parquet(source).collect_schema()
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise _damaged(shown) from error


def _damaged(shown: str) -> InputError:
    message = "the Parquet file is damaged, was cut off, or is written in a way that cannot be read."
    return InputError(unreadable(message, Place(shown), "Write or download it again."))


def _columns(schema: pl.Schema) -> list[tuple[str, pl.Expr]]:
    found: list[tuple[str, pl.Expr]] = []
    for name, kind in schema.items():
        found += _column(name, pl.col(name), kind)
    return found


def _column(name: str, column: pl.Expr, kind: pl.DataType) -> list[tuple[str, pl.Expr]]:
    if isinstance(kind, pl.Struct):
        return [
            part
            for field in kind.fields
            for part in _column(f"{name}.{field.name}", column.struct.field(field.name), _made(field.dtype))
        ]
    return [(name, _as_text(column, kind))]


def _made(kind: object) -> pl.DataType:
    return kind() if isinstance(kind, type) else kind  # type: ignore[return-value]  # a class of types or one of them


def _as_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if isinstance(kind, pl.Float32 | pl.Float64):
        return _number(column)
    if isinstance(kind, pl.Datetime):
        zone = "%:z" if kind.time_zone else ""
        instant = column.dt.convert_time_zone("UTC") if kind.time_zone else column
        return instant.dt.cast_time_unit("us").dt.strftime(f"%Y-%m-%d %H:%M:%S%.f{zone}")
    if isinstance(kind, pl.Date):
        return column.dt.strftime("%Y-%m-%d")
    if isinstance(kind, pl.Time):
        return column.dt.strftime("%H:%M:%S%.f")
    if isinstance(kind, pl.Duration):
        return _clock(column)
    if isinstance(kind, pl.List):
        return column.list.eval(pl.element().cast(pl.String, strict=False)).list.join(";", ignore_nulls=True)
    if isinstance(kind, pl.Binary):
        return column.map_batches(_decoded, return_dtype=pl.String)
    return column.cast(pl.String, strict=False)


def _decoded(column: pl.Series) -> pl.Series:
    """Bytes as text: some systems write all their text so."""
    texts = [None if value is None else value.decode("utf-8", errors="replace") for value in column]
    return pl.Series(column.name, texts, dtype=pl.String)


def _number(column: pl.Expr) -> pl.Expr:
    """Whole numbers without a point; what is not a number is empty, as pandas writes an empty cell."""
    wide = column.cast(pl.Float64)
    whole = (wide == wide.floor()) & (wide.abs() <= _EXACT)
    text = pl.when(whole).then(wide.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
    return pl.when(column.is_not_nan()).then(text)


def _clock(column: pl.Expr) -> pl.Expr:
    """A duration as ``H:MM:SS.mmm``, hours past 24."""
    thousandths = column.dt.total_milliseconds()
    size = thousandths.abs()
    two = [
        ((size // 60_000) % 60).cast(pl.String).str.zfill(2),
        ((size // 1000) % 60).cast(pl.String).str.zfill(2),
    ]
    sign = pl.when(thousandths < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    fraction = (size % 1000).cast(pl.String).str.zfill(3)
    hours = (size // 3_600_000).cast(pl.String)
    return pl.concat_str(sign, hours, pl.lit(":"), two[0], pl.lit(":"), two[1], pl.lit("."), fraction)
