"""One recognised file to Parquet: its records block by block, the rows they make, and what is to be said of it.

What is written is the file's alone: who is who and which version of a record counts is settled later, over all files.
So it can be kept and used again for as long as the file and its profile stay the same.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from cxkpi.errors import InputError, disk_faults
from cxkpi.exports import cache as kept
from cxkpi.exports.cache import Cache, Damaged
from cxkpi.exports.files import digests
from cxkpi.exports.files.blocks import BLOCK_BYTES, encoding_of, text_records
from cxkpi.exports.files.reading import Encoding, Reconsider
from cxkpi.exports.files.records import Records
from cxkpi.exports.findings import Finding, merged, register
from cxkpi.exports.joining.times import events
from cxkpi.exports.layout.inputs import Recognised
from cxkpi.exports.parquet import NOTHING_CODED, constant, write_rows
from cxkpi.exports.rows import Made, make, numbered_by
from cxkpi.exports.values.decisions import Decisions, columns, decide
from cxkpi.exports.values.noticing import of_file
from cxkpi.result import Reject
from cxkpi.tables import Table

Progress = Callable[[str, int, int], None]

_BLOCKS_AT_ONCE = 3
"""Polars keeps the processors busy within an operation; the other blocks fill the gaps between them."""
_BLOCKS_BEGUN = 4
"""So that the next one is there when a later one is done before the first, whose account comes before its own."""


def _said_stray(one: Finding) -> str:
    had = "1 record had stray quotes and was" if one.count == 1 else f"{one.count:,} records had stray quotes and were"
    return f"{one.path}: {had} read all the same."


def _said_capped(one: Finding) -> str:
    return (
        f"{one.path} has exactly {one.count:,} records, at which {one.detail} cuts exports off; "
        "what comes after them may be missing. Export shorter stretches of time."
    )


def _said_mixed(one: Finding) -> str:
    are = "1 character is" if one.count == 1 else f"{one.count:,} characters are"
    first = "" if one.count == 1 else "the first "
    return (
        f"{one.path}: {are} not written in {one.detail} as the rest of the file is ({first}in line {one.line}); "
        "read as Windows-1252 where that has a character. Several files may have been put together."
    )


def _said_nuls(one: Finding) -> str:
    were = "1 NUL byte was" if one.count == 1 else f"{one.count:,} NUL bytes were"
    first = "" if one.count == 1 else "the first "
    return f"{one.path}: {were} left out ({first}in line {one.line}); what stood there may be damaged."


GUESSED = register("F100", "note", True, "{path} is not UTF-8; it was read as {detail}.")
STRAY = register("F101", "note", True, _said_stray)
REPEATED = register("F102", "note", True, "{path}: the heading '{column}' stands more than once; the first was read.")
REBUILT = register("F103", "note", True, "{path}: what was kept of it in the cache was damaged; it was read again.")
UNKEPT = register("F104", "note", True, "the cache cannot be written ({detail}); nothing was kept.")
CHANGED = register("F111", "note", True, "{path} changed while it was read; it was read again, and not kept.")
MIXED = register("F105", "warning", True, _said_mixed)
NULS = register("F106", "warning", True, _said_nuls)
CAPPED = register("F600", "warning", True, _said_capped)

ASIDE = frozenset({REBUILT, UNKEPT, CHANGED})
"""What is about the cache and not about the data, so that the same data give the same report."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one table, in the order of their records, which stand on the lines ``first`` to ``last``.

    ``numbered``: records share lines; both are numbers of records then, and rows have ``record`` besides ``line``.
    ``filled``: the columns in which some row has a value. ``oldest`` and ``newest``: of the event columns.
    """

    path: Path
    rows: int
    filled: frozenset[str]
    oldest: datetime | None
    newest: datetime | None
    first: int = 0
    last: int = -1
    numbered: bool = False

    def has(self, lines: pl.Series) -> bool:
        """Whether rows of some of these lines may be among these."""
        return bool(lines.is_between(self.first, self.last).any())


@dataclass(frozen=True, slots=True)
class FileRead:
    """What a file holds, its rows being on disk.

    ``parts``: table -> its rows; their columns are the declared ones, ``source``, ``file`` and ``line`` (the record's).
    ``keys``: files of ``line``, ``key`` and ``version`` of every accepted record. ``records`` counts all
    of them, of which ``shared`` stand on the line of another; ``lines`` the physical lines, of which ``blank`` and
    ``continued`` are none. ``movable``: the parts may be moved from where they are. ``sums``: sizes and checksums of
    files that were written for the cache, by name.
    """

    file: Recognised
    encoding: str
    parts: Mapping[str, tuple[Part, ...]]
    keys: tuple[Path, ...]
    records: int
    skipped: int
    blanked: int
    lines: int
    blank: int
    continued: int
    logins: Mapping[tuple[str, str], str]
    supplied: Mapping[str, frozenset[str]]
    rejects: tuple[Reject, ...]
    findings: tuple[Finding, ...]
    shared: int = 0
    cached: bool = False
    movable: bool = True
    sums: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def read(
    file: Recognised,
    tables: Mapping[str, Table],
    timezone: str,
    into: Path,
    cache: Cache | None = None,
    progress: Progress | None = None,
) -> FileRead:
    """A file's rows as Parquet: from the cache, or read into it, or into the folder ``into`` where it is not kept.

    Raises InputError where the file cannot be read by its profile.
    """
    source = file.source
    if cache is None or source.size < cache.least:
        return _read(file, tables, timezone, into, progress)
    made_of = {name: tables[name] for name in file.layout.profile.tables}
    with source.open() as stream:
        head = stream.read(1 << 16)
    begun = kept.begun(source.shown, source.size, head.hex(), file.layout, made_of, timezone, source.kind)
    told: list[Finding] = []
    if cache.has(begun):
        try:
            found = cache.get(f"{begun}-{source.content_hash()}")
        except Damaged:
            told.append(Finding(REBUILT, source.shown))
            found = None
        if found is not None:
            if progress:
                progress(source.shown, source.size, source.size)
            with suppress(FileNotFoundError):
                return _own(_restored(file, *found), into)
    try:
        folder = cache.begin()
    except OSError as error:
        told.append(Finding(UNKEPT, "", detail=error.strerror or str(error)))
        return _with_findings(_read(file, tables, timezone, into, progress), told)
    try:
        before = digests.state(source.path)
        with ThreadPoolExecutor(1, thread_name_prefix="hash") as thread:
            # Of a text that is kept the hash is taken while it is read.
            content = thread.submit(source.content_hash) if file.by_cells else None
            fresh = _read(file, tables, timezone, folder, progress, to_keep=True)
            key = f"{begun}-{source.content_hash() if content is None else content.result()}"
        if digests.state(source.path) != before:
            told.append(Finding(CHANGED, source.shown))
            return _with_findings(_read(file, tables, timezone, into, progress), told)
        place = cache.put(key, folder, source.shown, _told(fresh), fresh.sums)
        own = _own(_at(fresh, place), into)
    except OSError as error:
        told.append(Finding(UNKEPT, "", detail=error.strerror or str(error)))
        return _with_findings(_read(file, tables, timezone, into, progress), told)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return _with_findings(own, told)


def _own(read: FileRead, into: Path) -> FileRead:
    """The same under names of the run's own, because somebody may clear the cache while it runs.

    Raises FileNotFoundError where that has just happened.
    """
    into.mkdir(parents=True, exist_ok=True)
    for path in (*(part.path for parts in read.parts.values() for part in parts), *read.keys):
        another_name(path, into / path.name)
    return _at(read, into)


def another_name(path: Path, place: Path) -> None:
    """A second name for a file, where the file system allows it; else a copy. What was at ``place`` is replaced."""
    place.unlink(missing_ok=True)
    try:
        os.link(path, place)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(path, place)


def _with_findings(read: FileRead, told: Sequence[Finding]) -> FileRead:
    return dataclasses.replace(read, findings=merged([*read.findings, *told])) if told else read


# -- reading ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Gathered:
    """What the blocks of a file have come to so far."""

    parts: dict[str, list[Part]] = field(default_factory=dict)
    keys: list[Path] = field(default_factory=list)
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    several: bool = True
    used: int = 0
    skipped: int = 0
    blanked: int = 0
    lines: int = 0
    blank: int = 0
    continued: int = 0
    repaired: int = 0
    shared: int = 0
    logins: dict[tuple[str, str], str] = field(default_factory=dict)
    supplied: dict[str, frozenset[str]] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Block:
    """What one block became: its account, without its cells and rows, and where these were written."""

    records: Records
    height: int
    made: Made
    parts: Mapping[str, Part]
    keys: Path
    sums: Mapping[str, tuple[int, int]]


class _Undecided(Exception):  # noqa: N818 - not an error: the whole file has to be asked
    """What the first block says does not hold for the others, or says nothing."""


def _read(
    file: Recognised,
    tables: Mapping[str, Table],
    timezone: str,
    into: Path,
    progress: Progress | None,
    *,
    to_keep: bool = False,
) -> FileRead:
    into.mkdir(parents=True, exist_ok=True)
    encoding = None if file.by_cells else encoding_of(file)
    try:
        return _with_encoding(_Reading(file, tables, timezone, into, encoding, progress, to_keep))
    except Reconsider:
        _empty(into)
        whole = encoding_of(file, whole=True)
        return _with_encoding(_Reading(file, tables, timezone, into, whole, progress, to_keep))


def _with_encoding(reading: _Reading) -> FileRead:
    file, into, encoding = reading.file, reading.into, reading.encoding
    decisions: Decisions | None = None
    while True:
        try:
            gathered = reading.gather(decisions)
            break
        except _Undecided:
            _empty(into)
            decisions = reading.decided()
    shown, layout = file.source.shown, file.layout
    findings = [*of_file(gathered.findings, gathered.used)]
    if encoding is not None:
        findings.extend(_of_encoding(encoding, shown))
    if gathered.repaired:
        findings.append(Finding(STRAY, shown, count=gathered.repaired))
    findings.extend(Finding(REPEATED, shown, heading) for heading in layout.repeated)
    records = gathered.used + gathered.skipped + len(gathered.rejects)
    return FileRead(
        file=file,
        encoding="" if encoding is None else encoding.name,
        parts={name: tuple(parts) for name, parts in gathered.parts.items()},
        keys=tuple(gathered.keys),
        sums=gathered.sums,
        records=records,
        skipped=gathered.skipped,
        blanked=gathered.blanked,
        lines=gathered.lines,
        blank=gathered.blank,
        continued=gathered.continued,
        shared=gathered.shared,
        logins=gathered.logins,
        supplied=gathered.supplied,
        rejects=tuple(sorted(gathered.rejects, key=lambda reject: (reject.line, reject.column))),
        findings=merged([*findings, *_capped(file, gathered.used + len(gathered.rejects))]),
    )


def _of_encoding(encoding: Encoding, shown: str) -> Iterator[Finding]:
    if encoding.guessed:
        yield Finding(GUESSED, shown, detail=encoding.name)
    if encoding.others is not None:
        written = encoding.name.upper().removesuffix("-LE").removesuffix("-BE")
        yield Finding(MIXED, shown, count=encoding.others.count, line=encoding.others.line, detail=written)
    if encoding.nuls is not None:
        yield Finding(NULS, shown, count=encoding.nuls.count, line=encoding.nuls.line)


def _capped(file: Recognised, records: int) -> Iterator[Finding]:
    profile = file.layout.profile
    if records in profile.file.caps:
        name = (profile.title or profile.name).split(",")[0]
        yield Finding(CAPPED, file.source.shown, count=records, detail=name, tables=tuple(profile.tables))


class _Reading:
    """The blocks of one file turned into parts."""

    def __init__(
        self,
        file: Recognised,
        tables: Mapping[str, Table],
        timezone: str,
        into: Path,
        encoding: Encoding | None,
        progress: Progress | None,
        to_keep: bool,
    ) -> None:
        self.file = file
        self.tables = tables
        self.timezone = timezone
        self.into = into
        self.encoding = encoding
        self.progress = progress
        self.to_keep = to_keep
        """Whether the files are for the cache, which wants their checksums."""
        self.points_asked = False
        """Whether all records are, or have been, asked what points between digits part."""

    def gather(self, decisions: Decisions | None) -> _Gathered:
        """Read the file; without ``decisions`` its first records decide.

        Raises _Undecided where they cannot, or where others contradict them.
        """
        file = self.file
        final = decisions is not None
        gathered = _Gathered()
        first, blocks = _whether_only(self.blocks(wanted(file)))
        gathered.several = first is None
        begun: deque[Future[_Block]] = deque()
        if first is not None:
            # Of a small file, of which there may be many, a thread would take a good part of the time.
            decisions = decisions or self.decide(first.cells, final=True)
            self.add(gathered, self.block(0, first, decisions), True)
            return gathered
        with ThreadPoolExecutor(_BLOCKS_AT_ONCE, thread_name_prefix="rows") as threads:
            for number, records in enumerate(blocks):
                if decisions is None and records.cells.height:
                    decisions = self.decide(records.cells, final=False)
                if len(begun) == _BLOCKS_BEGUN:
                    self.add(gathered, begun.popleft().result(), final)
                begun.append(threads.submit(self.block, number, records, decisions))
                del records
            while begun:
                self.add(gathered, begun.popleft().result(), final)
        return gathered

    def decided(self) -> Decisions:
        """What all records together decide. Raises InputError where even they cannot."""
        layout = self.file.layout
        asked = columns(layout.profile, layout, self.tables if self.points_asked else None)
        frames = [records.cells.drop("record", strict=False).unique() for records in self.blocks(sorted(asked))]
        return self.decide(pl.concat(frames).sort("line"), final=True)

    def decide(self, cells: pl.DataFrame, *, final: bool) -> Decisions:
        """What these records decide."""
        layout = self.file.layout
        try:
            return decide(self.file.source.shown, cells, layout, layout.profile, self.tables, self.timezone)
        except InputError:
            if final:
                raise
            raise _Undecided from None

    def make(self, records: Records, decisions: Decisions | None) -> Made:
        """The rows of some records."""
        layout, shown = self.file.layout, self.file.source.shown
        return make(
            shown, records.cells, layout, layout.profile, self.tables, self.timezone, decisions, errors=records.errors
        )

    def blocks(self, positions: Sequence[int]) -> Iterator[Records]:
        """The records of the file, block by block."""
        file = self.file
        if self.encoding is None:
            return file.cells(positions)
        # Rows that are added up must all be there; such reports are small.
        added_up = any(rows.sum for templates in file.layout.profile.tables.values() for rows in templates)
        size = None if added_up else BLOCK_BYTES
        return text_records(
            file, self.encoding, positions, size, self._said if self.progress else None, hashed=self.to_keep
        )

    def _said(self, done: int) -> None:
        if self.progress:
            self.progress(self.file.source.shown, done, self.file.source.size)

    def block(self, number: int, records: Records, decisions: Decisions | None) -> _Block:
        """Make the rows of a block and write them."""
        made = self.make(records, decisions)
        height = records.cells.height
        records = dataclasses.replace(records, cells=records.cells.clear())
        shown, parts = self.file.source.shown, {}
        for name, frame in made.tables.items():
            file = pl.repeat(shown, frame.height, eager=True, dtype=pl.String).alias("file")
            path = self.into / f"{name}-{number:05d}.parquet"
            coded = {**made.coded.get(name, {}), "file": constant(shown, frame.height)}
            parts[name] = write_part(frame.hstack([file]), self.tables[name], path, coded)
        keys = self.into / f"keys-{number:05d}.parquet"
        with disk_faults():
            made.keys.write_parquet(keys, compression="uncompressed", statistics=False)
        written = (*(part.path for part in parts.values()), keys)
        # They are still in memory, and the other block keeps the processors busy.
        sums = {path.name: kept.summed(path) for path in written} if self.to_keep else {}
        account = dataclasses.replace(made, tables={}, coded={}, keys=made.keys.clear())
        return _Block(records, height, account, parts, keys, sums)

    def add(self, gathered: _Gathered, block: _Block, settled: bool) -> None:
        """Add what a block became to what those before it came to.

        Raises _Undecided where it contradicts what was decided, unless that is ``settled``.
        """
        records, made = block.records, block.made
        if made.points_doubted and not (settled and (self.points_asked or not gathered.several)):
            self.points_asked = True
            raise _Undecided
        if made.contradicted and not settled:
            raise _Undecided
        for name, part in block.parts.items():
            gathered.parts.setdefault(name, []).append(part)
            gathered.supplied[name] = gathered.supplied.get(name, frozenset()) | made.supplied[name]
        gathered.keys.append(block.keys)
        gathered.sums.update(block.sums)
        gathered.used += block.height - made.skipped - len(made.rejects)
        gathered.skipped += records.skipped + made.skipped
        gathered.blanked += made.blanked
        gathered.lines += records.lines
        gathered.blank += records.blank
        gathered.continued += records.continued
        gathered.repaired += records.repaired
        gathered.shared += records.shared
        gathered.logins.update(made.logins)
        shown = self.file.source.shown
        broken = (Reject(shown, one.line, "", "", one.reason) for one in records.broken)
        gathered.rejects.extend((*broken, *made.rejects))
        gathered.findings = list(merged([*gathered.findings, *records.findings, *made.findings, *made.unsaid]))


def wanted(file: Recognised) -> list[int]:
    """The positions of the columns that the profile reads."""
    return list(file.layout.profile.read_from(file.layout.positions))


def _whether_only(blocks: Iterator[Records]) -> tuple[Records | None, Iterator[Records]]:
    """The first block if there is no other; and all of them."""
    first = next(blocks, None)
    if first is None:
        return None, iter(())
    second = next(blocks, None)
    if second is None:
        return first, iter((first,))
    return None, chain((first, second), blocks)


def write_part(frame: pl.DataFrame, table: Table, path: Path, coded: Mapping[str, pl.Series] = NOTHING_CODED) -> Part:
    """Write rows as Parquet, with what is to be known of them; ``coded``: as in ``write_rows``."""
    names = [*table.columns, "source", "file", "line"]
    further = [name for name in frame.columns if name not in {*names}]
    frame = frame.select(*names, *further)
    write_rows(frame, path, coded)
    oldest, newest = events(frame, table)
    number = pl.col(numbered_by(frame))
    first, last = frame.select(number.min().alias("first"), number.max().alias("last")).row(0)
    if first is None:
        first, last = 0, -1
    return Part(path, frame.height, filled(frame), oldest, newest, first, last, "record" in frame.columns)


def filled(frame: pl.DataFrame) -> frozenset[str]:
    """The columns in which at least one row has a value."""
    return frozenset(column.name for column in frame.iter_columns() if column.null_count() < frame.height)


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


# -- to the cache and back --------------------------------------------------------------------------------------------


def _told(read: FileRead) -> dict[str, Any]:
    """What there is to know of a file besides its parts, as JSON has it."""
    return {
        "encoding": read.encoding,
        "parts": {
            name: [
                [
                    part.path.name,
                    part.rows,
                    sorted(part.filled),
                    part.first,
                    part.last,
                    part.numbered,
                    _iso(part.oldest),
                    _iso(part.newest),
                ]
                for part in parts
            ]
            for name, parts in read.parts.items()
        },
        "keys": [path.name for path in read.keys],
        "counts": [getattr(read, name) for name in _COUNTS],
        "logins": [[*of, system] for of, system in read.logins.items()],
        "supplied": {name: sorted(columns) for name, columns in read.supplied.items()},
        "rejects": [dataclasses.astuple(reject) for reject in read.rejects],
        "findings": [dataclasses.asdict(finding) for finding in read.findings],
    }


_COUNTS = ("records", "skipped", "blanked", "lines", "blank", "continued", "shared")


def _restored(file: Recognised, folder: Path, told: Mapping[str, Any]) -> FileRead:
    return FileRead(
        file=file,
        encoding=told["encoding"],
        parts={
            name: tuple(
                Part(folder / path, rows, frozenset(columns), _instant(oldest), _instant(newest), first, last, numbered)
                for path, rows, columns, first, last, numbered, oldest, newest in parts
            )
            for name, parts in told["parts"].items()
        },
        keys=tuple(folder / name for name in told["keys"]),
        **dict(zip(_COUNTS, told["counts"], strict=True)),
        logins={(table, column): system for table, column, system in told["logins"]},
        supplied={name: frozenset(columns) for name, columns in told["supplied"].items()},
        rejects=tuple(Reject(*reject) for reject in told["rejects"]),
        findings=tuple(_finding(one) for one in told["findings"]),
        cached=True,
        movable=False,
    )


def _finding(told: Mapping[str, Any]) -> Finding:
    return Finding(**{**told, "tables": tuple(told["tables"]), "columns": tuple(told["columns"])})


def _at(read: FileRead, folder: Path) -> FileRead:
    """The same, after its files were moved to another folder."""
    return dataclasses.replace(
        read,
        parts={
            name: tuple(dataclasses.replace(part, path=folder / part.path.name) for part in parts)
            for name, parts in read.parts.items()
        },
        keys=tuple(folder / path.name for path in read.keys),
        movable=False,
    )


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _instant(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)
