"""The zone of each row, where a column of the export says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from cxkpi.exports.values.columns import folded
from cxkpi.exports.values.instants import Zone
from cxkpi.exports.values.offsets import offset_of

_AT_THE_END = r"(?i)(?:^|\s)((?:gmt|utc)\s*[+-]\d{1,2}(?::?\d{2})?|[a-z]+(?:/[a-z_+-]+)+|utc|gmt|z)$"

_TIME_ALONE = re.compile(r"\d+[-/.:]\d")

_SOME_DAY = datetime(2026, 1, 5)


class RowZones:
    """Local times to naive UTC, each by the zone its row names; rows that name none have the zone of the file.

    ``column``: where the zones stand. ``cells``: names of the IANA list, offsets (``GMT+3``), or texts that end in one.
    ``words``: what other words mean.
    ``nameless``: rows that name none; ``unknown``: rows with a zone nobody knows, whose times cannot be read.
    """

    def __init__(self, column: str, cells: pl.Series, words: Mapping[str, str], otherwise: Zone) -> None:
        self.column = column
        self.otherwise = otherwise
        self.zones: dict[str, Zone] = {otherwise.name: otherwise}
        distinct = cells.drop_nulls().unique().sort().to_list()
        meant = {cell: self._meant(cell, dict(zip(folded(words), words.values(), strict=True))) for cell in distinct}
        for name in meant.values():
            if name:
                self.zones.setdefault(name, Zone(name))
        names = cells.replace_strict(distinct, list(meant.values()), return_dtype=pl.String) if distinct else cells
        self.nameless = cells.is_null() | (names == "").fill_null(False)
        self.unknown = cells.is_not_null() & names.is_null()
        self.names = names.set(self.nameless, otherwise.name)

    def to_utc(self, local: pl.Series) -> tuple[pl.Series, pl.Series | None]:
        """As ``Zone.to_utc``."""
        found = pl.repeat(None, local.len(), eager=True, dtype=pl.Datetime("us"))
        second: pl.Series | None = None
        for name, zone in self.zones.items():
            here = (self.names == name).fill_null(False) & local.is_not_null()
            if not here.any():
                continue
            # Times of other zones are left out without moving these, so that places stay true.
            first, other = zone.to_utc(local.set(~here, None))
            found = first.zip_with(here, found)
            if other is not None:
                second = other if second is None else other.zip_with(here, second)
        return found, second

    def _meant(self, cell: str, words: Mapping[str, str]) -> str | None:
        """The zone a cell names; ``""`` where it is only a time, null where it names one nobody knows."""
        word = cell.strip().lower()
        if word in words:
            return words[word]
        if is_zone(cell.strip()):
            return cell.strip()
        behind = pl.Series([cell.strip()]).str.extract(_AT_THE_END, 1)[0]
        if behind is not None and is_zone(behind):
            return str(behind)
        return "" if _TIME_ALONE.match(cell) else None


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether a text is an offset or a name of the IANA list."""
    if offset_of(name) is not None:
        return True
    try:
        ZoneInfo(name)
        # What the machine calls localtime is a zone to it, but no name of the list.
        pl.select(pl.lit(_SOME_DAY).dt.replace_time_zone(name))
    except (ZoneInfoNotFoundError, ValueError, OSError, pl.exceptions.ComputeError):
        return False
    return True
