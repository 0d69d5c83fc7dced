"""Which version of a record counts: records of one key across all files, and rows of one key within a table.

The newest wins by version column, then by the newest instant of its file, then by file name and line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from cxkpi.exports.recognise import Layout
from cxkpi.result import FileEntry, Reject


@dataclass(slots=True)
class Part:
    """One file's rows of one table: where they are written, and of every row its record's line and its key's print.

    ``filled``: the columns in which some row has a value.
    """

    path: Path
    lines: pl.Series
    keys: pl.Series
    filled: frozenset[str]


@dataclass(slots=True)
class Account:
    """One file's account while it is being made up."""

    shown: str
    layout: Layout
    lines: int
    records: int
    rejects: tuple[Reject, ...]
    skipped: int
    blanked: int
    keys: pl.DataFrame
    newest: datetime | None
    superseded: int = 0
    parts: dict[str, Part] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)

    def entry(self, rows: Mapping[str, int]) -> FileEntry:
        """The line of the ledger; ``rows`` of the tables this file has rows in."""
        rejected = len(self.rejects)
        return FileEntry(
            path=self.shown,
            profile=self.layout.profile.name,
            records=self.records,
            accepted=self.records - self.superseded - rejected - self.skipped,
            superseded=self.superseded,
            rejected=rejected,
            skipped=self.skipped,
            blanked=self.blanked,
            lines=self.lines,
            tables=tuple(rows.items()),
        )


def newest_in_file(keys: pl.DataFrame) -> pl.DataFrame:
    """The records of one file that no later record of the same file replaces. ``keys``: line, key, version."""
    if keys["key"].n_unique() == keys.height:
        return keys
    again = keys["key"].is_duplicated()
    winners = (
        keys.filter(again)
        .sort("key", "version", "line", descending=[False, True, True], nulls_last=True)
        .unique("key", keep="first", maintain_order=True)
    )
    return pl.concat([keys.filter(~again), winners]).sort("line")


def losers(accounts: Sequence[Account], keys: Sequence[pl.DataFrame]) -> Mapping[int, pl.Series]:
    """Account number -> the lines whose record or row another one replaces.

    ``keys``: line, key and version, a frame per account.
    """
    order = sorted(range(len(accounts)), key=lambda n: (accounts[n].newest or datetime.min, accounts[n].shown))
    place = {number: rank for rank, number in enumerate(order)}
    every = pl.concat(
        [
            frame.with_columns(
                pl.lit(number, pl.UInt32).alias("account"), pl.lit(place[number], pl.UInt32).alias("rank")
            )
            for number, frame in enumerate(keys)
        ]
    )
    if every["key"].n_unique() == every.height:
        return {}
    lost = (
        every.filter(pl.col("key").is_duplicated())
        .sort("key", "version", "rank", "line", descending=[False, True, True, True], nulls_last=True)
        .filter(pl.col("key").cum_count().over("key", order_by=pl.int_range(pl.len())) > 1)
    )
    return {
        int(number): part["line"]
        for (number,), part in sorted(lost.partition_by("account", as_dict=True).items(), key=lambda item: str(item[0]))
    }
