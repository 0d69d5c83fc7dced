"""Rows to Parquet, quickly: parts are written with every file that is read.

They are not packed, because that takes longer than all else about them and leaves two thirds of their size, and have no
statistics, because nobody asks for some rows of a part.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import polars as pl

from cxkpi.errors import disk_faults

NOTHING_CODED: Mapping[str, pl.Series] = MappingProxyType({})

_SCHEMA = "ARROW:schema"


def write_rows(frame: pl.DataFrame, path: Path, coded: Mapping[str, pl.Series] = NOTHING_CODED) -> None:
    """Write a frame as Parquet.

    ``coded``: some of its columns of text as categories. The dictionaries that Parquet keeps of text are then taken
    from them and not made of all cells anew; what is read from the file is text all the same.
    """
    told = _as_text(tuple(frame.schema.items()))
    if told is not None:
        nothing = pl.repeat(None, frame.height, eager=True, dtype=pl.Categorical(pl.Categories.random()))
        columns = {
            one.name: nothing
            for one in frame.iter_columns()
            if one.dtype == pl.String and one.null_count() == frame.height
        }
        columns.update(coded)
        frame = pl.DataFrame({one.name: columns.get(one.name, one) for one in frame.iter_columns()})
    with disk_faults():
        frame.write_parquet(path, compression="uncompressed", statistics=False, metadata=told)


def constant(value: str, count: int) -> pl.Series:
    """One text in every row, as categories."""
    return pl.Series([value], dtype=pl.Categorical(pl.Categories.random())).new_from_index(0, count)


@lru_cache(maxsize=64)
def _as_text(schema: tuple[tuple[str, pl.DataType], ...]) -> dict[str, str] | None:
    """What a file says of itself so that its categories are read as text; None where a reader does not heed it."""
    plain = pl.DataFrame(schema=dict(schema))
    file = io.BytesIO()
    plain.write_parquet(file)
    told = {_SCHEMA: pl.read_parquet_metadata(io.BytesIO(file.getvalue()))[_SCHEMA]}
    coded = plain.with_columns(pl.col(pl.String).cast(pl.Categorical(pl.Categories.random())))
    file = io.BytesIO()
    coded.write_parquet(file, metadata=told)
    return told if pl.read_parquet(io.BytesIO(file.getvalue())).schema == plain.schema else None
