"""The values of a dimension in the exports that a command line names, as quickly as a person waits for them.

The files are read as a report reads them, the newest first and 16 MB of them at most; what lies beyond is not looked
at. What was found is kept in the cache, as of the files' sizes and dates, so that the second time nothing is read.
Only texts that name nobody are looked at and kept: neither ids, nor names, nor free text.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxkpi.measurement.run_file import RunFile
    from cxkpi.tables import Stored, Table

MOST_BYTES = 16 << 20
"""Of the files that are read for it: about two seconds."""
MOST_VALUES = 1_000
"""Of one dimension: what has more is no list to choose from."""

scratch: list[str] = []
"""Folders to be taken away where the process is ended before it is done."""


def of(
    dimension: str, *, paths: Sequence[Path], catalogue: Path | None, profiles: Sequence[Path], keep: bool
) -> Sequence[str]:
    """The values found, sorted; none of what names somebody. ``keep``: whether the cache may be used."""
    column = dimension.rpartition(".")[2]
    if column == "hour":
        return [f"{hour:02d}" for hour in range(24)]
    if column == "weekday":
        from cxkpi.calendar import WEEKDAYS

        return [name[:3].title() for name in WEEKDAYS]
    from cxkpi.catalogue import names

    # What nothing may be shown of is not looked for.
    if not any(kinds.get(column) == ("text", "plain") for kinds in names.tables(catalogue).values()):
        return []
    from cxkpi.exports.files import finding
    from cxkpi.measurement import run_file

    meant = run_file.find(paths)
    newest = _newest([found.path for found in finding.find(meant.paths, meant.written)[0]])
    return _known(newest, meant, catalogue, profiles, keep).get(column, [])


def _newest(files: Iterable[Path]) -> list[Path]:
    """As many of the newest files as may be read, by name."""
    room = MOST_BYTES
    chosen = []
    for _, size, path in sorted((-file.stat().st_mtime_ns, file.stat().st_size, file) for file in files):
        if size <= room:
            chosen.append(path)
            room -= size
    return sorted(chosen)


def _known(
    files: Sequence[Path], meant: RunFile, catalogue: Path | None, profiles: Sequence[Path], keep: bool
) -> Mapping[str, Sequence[str]]:
    """The values of every column that may be shown, from the cache if they are there."""
    from cxkpi.exports import cache as kept

    cache = kept.Cache(kept.default_folder())
    beside = [path for path in (meant.file, catalogue or meant.catalogue, *profiles, *meant.profiles) if path]
    stamps = [[str(path.resolve()), *_stamp(path)] for path in (*files, *beside)]
    begun = kept.begun("values of dimensions", stamps)
    key = begun + "-" + 2 * begun
    if keep and (found := cache.get(key)) is not None:
        return {str(column): list(values) for column, values in found[1].items()}
    values = _read(files, meant, catalogue, profiles, cache if keep else None)
    if keep:
        folder = cache.begin()
        try:
            cache.put(key, folder, f"values in {', '.join(sorted({path.parent.name for path in files}))}", values)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return values


def _stamp(path: Path) -> tuple[int, int]:
    """A dialect's path is that of no file; what it holds changes with the version alone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns


def _read(
    files: Sequence[Path], meant: RunFile, catalogue: Path | None, profiles: Sequence[Path], cache: object
) -> dict[str, list[str]]:
    from cxkpi.catalogue.load import load as load_catalogue
    from cxkpi.exports.cache import Cache
    from cxkpi.exports.load import load

    defined = load_catalogue(catalogue or meant.catalogue)
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        scratch.append(folder)
        loaded = load(
            files,
            tables=defined.tables,
            timezone=defined.timezone,
            profiles=[*profiles, *meant.profiles],
            into=Path(folder),
            cache=cache if isinstance(cache, Cache) else None,
            settings=meant.settings,
            lenient=True,
        )
        return _distinct(loaded.stored.values(), defined.tables)


def _distinct(stored: Iterable[Stored], tables: Mapping[str, Table]) -> dict[str, list[str]]:
    import polars as pl

    found: dict[str, set[str]] = {}
    for table in stored:
        columns = tables[table.table].columns if table.table in tables else {}
        shown = [name for name, column in columns.items() if (column.type, column.role) == ("text", "plain")]
        shown = [name for name in shown if name in table.supplied]
        if not shown:
            continue
        rows = table.lazy()
        several = pl.collect_all([rows.select(pl.col(name).unique().drop_nulls()) for name in shown])
        for name, frame in zip(shown, several, strict=True):
            found.setdefault(name, set()).update(frame[name].to_list())
    return {name: sorted(values) for name, values in found.items() if len(values) <= MOST_VALUES}
