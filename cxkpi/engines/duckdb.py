"""DuckDB as a second engine: the same plans, run by SQL."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any
from weakref import finalize

import duckdb
import narwhals as nw
import polars as pl

from cxkpi.engines.base import Frame


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class DuckDBEngine:
    """Runs plans as DuckDB relations in a connection of their own."""

    name = "duckdb"

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._folder: Path | None = None
        self._tables = 0

    def scan(self, files: Sequence[Path]) -> Frame:
        relation: Any = self._connection.read_parquet([str(file) for file in files])
        frame: Frame = nw.from_native(relation)
        return frame

    def frame(self, table: pl.DataFrame) -> Frame:
        # By way of Parquet, because DuckDB takes frames over as Arrow, which would be one more package to install.
        if self._folder is None:
            self._folder = Path(mkdtemp(prefix="cxkpi-"))
            finalize(self, rmtree, self._folder, ignore_errors=True)
        self._tables += 1
        file = self._folder / f"{self._tables}.parquet"
        table.write_parquet(file)
        return self.scan([file])

    def local(self, frame: Frame, column: str, zone: str, into: str) -> Frame:
        native: Any = nw.to_native(frame)
        literal = "'" + zone.replace("'", "''") + "'"
        local = f"timezone({literal}, timezone('UTC', {_quoted(column)}))"
        projected: Frame = nw.from_native(native.project(f"*, {local} AS {_quoted(into)}"))
        return projected

    def collect(self, plans: Sequence[Frame]) -> list[pl.DataFrame]:
        return [_rows(nw.to_native(plan)) for plan in plans]


def _rows(relation: Any) -> pl.DataFrame:
    # Through Python values, because DuckDB hands frames over as Arrow, which would be one more package to install.
    names, types = relation.columns, relation.types
    columns = list(zip(*relation.fetchall(), strict=True)) or [()] * len(names)
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=_dtype(str(kind)), strict=False)
            for name, kind, values in zip(names, types, columns, strict=True)
        ]
    )


def _dtype(kind: str) -> Any:
    if kind.startswith(("DECIMAL", "HUGEINT")):
        return pl.Int128
    return {
        "VARCHAR": pl.String,
        "DATE": pl.Date,
        "TIMESTAMP": pl.Datetime("us"),
        "BOOLEAN": pl.Boolean,
        "DOUBLE": pl.Float64,
    }.get(kind, pl.Int64)
