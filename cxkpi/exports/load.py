"""Export files to canonical tables as Parquet, with a ledger in which every record is accounted for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from cxkpi.exports.finding import find
from cxkpi.exports.identity_tables import IDENTITY
from cxkpi.exports.inputs import Recognised, recognise_all
from cxkpi.exports.one_file import Read, read
from cxkpi.exports.profile_file import collect
from cxkpi.exports.stitching import Loaded, Stitching
from cxkpi.tables import Table

__all__ = ["Loaded", "load"]

# These come first: the others are joined with them while they are read.
_FIRST = ("people", "customers", "agents")
# Several files are in memory at once only where that costs little.
_READERS = 1
_AHEAD_BYTES = 44 << 20


def load(
    paths: Sequence[Path],
    *,
    tables: Mapping[str, Table],
    timezone: str,
    profiles: Sequence[Path] = (),
    into: Path,
) -> Loaded:
    """Read export files into canonical tables.

    ``paths``: files and folders. ``tables``: the canonical tables with the columns a catalogue adds. ``timezone``: of
    local times, unless a profile has its own. ``profiles``: files or folders of profiles that win over the shipped
    ones. ``into``: the folder for the Parquet parts, one folder per table.

    Raises UsageError for a missing path, CatalogueError for a wrong profile, InputError for input that cannot be used:
    empty, not text, not recognised, dates that can be read in two ways, overlapping spells.
    """
    known = collect(profiles, tables)
    found, notes = find(paths)
    recognised, left_out = recognise_all(found, known)
    every = {**tables, **IDENTITY}
    reading = partial(read, tables=every, timezone=timezone)
    stitching = Stitching(every, timezone, into)
    first = [file for file in recognised if any(name in file.layout.profile.tables for name in _FIRST)]
    rest = [file for file in recognised if file not in first]
    for file in first:
        stitching.take(reading(file))
    stitching.know_people()
    _take_all(stitching, reading, rest)
    return stitching.finish([*notes, *(file.note for file in left_out)], [file.entry for file in left_out])


def _take_all(stitching: Stitching, reading: Callable[[Recognised], Read], files: Sequence[Recognised]) -> None:
    """Take the files in their order; the next are read while one is being written, as long as they are not large."""
    waiting = deque(files)
    with ThreadPoolExecutor(max_workers=_READERS, thread_name_prefix="exports") as readers:
        begun: deque[tuple[int, Future[Read]]] = deque()
        while waiting or begun:
            while waiting and len(begun) <= _READERS:
                weight = _weight(waiting[0])
                if begun and weight + sum(taken for taken, _ in begun) > _AHEAD_BYTES:
                    break
                begun.append((weight, readers.submit(reading, waiting.popleft())))
            # Nothing but the call holds what was read, so that its memory is free for another.
            stitching.take(begun[0][1].result())
            begun.popleft()


def _weight(file: Recognised) -> int:
    """What a file takes in memory, roughly: its size for every row that a record may give."""
    rows = sum(len(templates) for templates in file.layout.profile.tables.values())
    return file.size * rows
