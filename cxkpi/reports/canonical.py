"""The canonical tables as one file each, Parquet or CSV, streamed from the parts they were read into."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import polars as pl

from cxkpi.errors import disk_faults
from cxkpi.tables import Stored

Kind = Literal["parquet", "csv"]

# Where a row comes from is of use to doctor alone.
_PLACE = ("file", "line")


def write(stored: Stored, place: Path, kind: Kind) -> None:
    """Write one table to ``place``, its rows in the order of its parts.

    CSV holds instants as ``2026-01-05T09:00:12.000000Z``, an empty cell for null, and every text as it is: these files
    are for programs, and a text that starts like a formula is not altered.

    Raises:
        OSError: ``place`` cannot be written.
    """
    rows = pl.concat([pl.scan_parquet(file) for file in stored.files], how="vertical").drop(*_PLACE, strict=False)
    with disk_faults():
        if kind == "parquet":
            rows.sink_parquet(place)
        else:
            rows.sink_csv(place, datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ")
