"""``loaded``: write export files, load them through the public entry, and look at what they became."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cxkpi.exports.load import Loaded, load
from cxkpi.result import FileEntry
from cxkpi.tables import TABLES


@dataclass(frozen=True)
class Became:
    """A ``Loaded`` with the tables read back."""

    loaded: Loaded

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table in order of its key, only some columns."""
        stored = self.loaded.stored[table]
        frame = pl.concat([pl.read_parquet(file) for file in stored.files])
        return frame.sort(TABLES[table].key).select(columns or tuple(TABLES[table].columns)).rows()

    def frame(self, table: str) -> pl.DataFrame:
        """A table as written."""
        return pl.concat([pl.read_parquet(file) for file in self.loaded.stored[table].files])

    def entry(self, path: str) -> FileEntry:
        """The line of the ledger for a file."""
        return next(entry for entry in self.loaded.files if entry.path == path)

    @property
    def rejects(self) -> list[tuple[str, int, str, str, str]]:
        """Path, line, column, value and reason of every reject."""
        return [(r.path, r.line, r.column, r.value, r.reason) for r in self.loaded.rejects]

    def balanced(self) -> bool:
        """Whether every record is accounted for once."""
        return all(
            entry.records == entry.accepted + entry.superseded + entry.rejected + entry.skipped
            for entry in self.loaded.files
        )


Load = Callable[..., Became]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    """``loaded({"a.csv": text}, profile=yaml, timezone=...)``: the folder of these files, loaded."""
    count = 0

    def call(
        files: Mapping[str, str | bytes],
        *,
        profile: str | None = None,
        timezone: str = "Europe/London",
        named: bool = False,
    ) -> Became:
        nonlocal count
        count += 1
        folder = tmp_path / f"run{count}" / "exports"
        folder.mkdir(parents=True)
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
        profiles = []
        if profile is not None:
            given = folder.parent / "given.yaml"
            given.write_text(profile, encoding="utf-8")
            profiles.append(given)
        paths = [folder / name for name in files] if named else [folder]
        return Became(load(paths, tables=TABLES, timezone=timezone, profiles=profiles, into=folder.parent / "tables"))

    return call
