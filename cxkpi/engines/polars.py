"""The default engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import narwhals as nw
import polars as pl

from cxkpi.engines.base import Frame

# Up to so many rows in each table in memory a plan costs more to optimise than to run.
_FEW = 1000
_AS_WRITTEN = pl.QueryOptFlags.none()


class PolarsEngine:
    """Runs plans as Polars lazy frames; plans that share a scan read it once."""

    name = "polars"

    def __init__(self) -> None:
        # Plans share a scan only when they hold the same one, not two over the same files.
        self._scans: dict[tuple[Path, ...], pl.LazyFrame] = {}
        self._few = True

    def scan(self, files: Sequence[Path]) -> Frame:
        key = tuple(files)
        self._few = False
        if key not in self._scans:
            self._scans[key] = pl.scan_parquet(list(files))
        return nw.from_native(self._scans[key])

    def frame(self, table: pl.DataFrame) -> Frame:
        self._few &= table.height <= _FEW
        return nw.from_native(table.lazy())

    def local(self, frame: Frame, column: str, zone: str, into: str) -> Frame:
        native: pl.LazyFrame = nw.to_native(frame)
        local = pl.col(column).dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
        return nw.from_native(native.with_columns(local.alias(into)))

    def collect(self, plans: Sequence[Frame]) -> list[pl.DataFrame]:
        natives: list[pl.LazyFrame] = [nw.to_native(plan) for plan in plans]
        if self._few:
            return pl.collect_all(natives, engine="in-memory", optimizations=_AS_WRITTEN)
        return pl.collect_all(natives)

    def explain(self, plans: Sequence[Frame]) -> str:
        """The optimised plan of a run, as Polars prints it: what is read, and how often."""
        natives: list[pl.LazyFrame] = [nw.to_native(plan) for plan in plans]
        return pl.explain_all(natives)
