"""The seam between plans and whatever runs them: four methods."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import narwhals as nw
import polars as pl

Frame = nw.LazyFrame[Any]


class Engine(Protocol):
    """What runs a plan. Plans are Narwhals lazy frames; an engine supplies the only four things Narwhals cannot."""

    name: str

    def scan(self, files: Sequence[Path]) -> Frame:
        """A lazy frame over the Parquet parts of one table."""
        ...

    def frame(self, table: pl.DataFrame) -> Frame:
        """A lazy frame over a small table in memory."""
        ...

    def local(self, frame: Frame, column: str, zone: str, into: str) -> Frame:
        """``frame`` with a further column ``into``: the local time in ``zone`` of ``column``, a UTC instant."""
        ...

    def collect(self, plans: Sequence[Frame]) -> list[pl.DataFrame]:
        """Run the plans together. Whole numbers come back as Int128 or smaller, never as floats; rows in no order."""
        ...


def load(name: str) -> Engine:
    """The engine of that name, imported only now. UsageError for an unknown name or one whose package is missing."""
    from cxkpi.errors import Problem, UsageError

    if name == "polars":
        from cxkpi.engines.polars import PolarsEngine

        return PolarsEngine()
    if name == "duckdb":
        try:
            from cxkpi.engines.duckdb import DuckDBEngine
        except ImportError as missing:
            raise UsageError(
                Problem(
                    "U040",
                    "the engine 'duckdb' needs the package duckdb, which is not installed.",
                    hint="Install it with: pip install 'cxkpi[duckdb]', or leave --engine out.",
                )
            ) from missing
        return DuckDBEngine()
    raise UsageError(Problem("U041", f"there is no engine '{name}'.", hint="Engines are: polars, duckdb."))
