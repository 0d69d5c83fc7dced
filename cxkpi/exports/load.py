"""Export files to canonical tables as Parquet, with a ledger in which every record is accounted for."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from cxkpi.errors import InputError, OutputError, Place, Problem, UsageError
from cxkpi.exports import beside
from cxkpi.exports.cache import Cache
from cxkpi.exports.files.finding import find, profiles_beside
from cxkpi.exports.files.own import is_own
from cxkpi.exports.findings import Finding
from cxkpi.exports.joining.identity_tables import IDENTITY
from cxkpi.exports.joining.stitching import FileReport, Loaded, Stitching
from cxkpi.exports.layout.inputs import FileSetting, Recognised, is_export, missed, recognise_all
from cxkpi.exports.one_file import FileRead, Progress, read
from cxkpi.exports.profile import Profile
from cxkpi.exports.profile_file import collect
from cxkpi.tables import Table

__all__ = ["FileReport", "FileSetting", "Loaded", "load"]

_READERS = 2
# Larger files are read one at a time, each with the machine to itself.
_SMALL_BYTES = 16 << 20


def load(
    paths: Sequence[Path],
    *,
    tables: Mapping[str, Table],
    timezone: str,
    profiles: Sequence[Path] = (),
    into: Path,
    cache: Cache | None = None,
    settings: Sequence[FileSetting] = (),
    lenient: bool = False,
    progress: Progress | None = None,
    never: Sequence[Path] = (),
    written: Sequence[Path] = (),
) -> Loaded:
    """Read export files into canonical tables.

    ``paths``: files, folders and globs. ``tables``: the canonical tables with the columns a catalogue adds.
    ``timezone``: of local times, unless a profile or setting has another. ``profiles``: files or folders of profiles
    that win over the shipped ones. ``into``: the folder for the Parquet parts, one folder per table. ``cache``: where
    files are kept that were read. ``settings``: what a run file says of single files. ``lenient``: a file that cannot
    be read is left out, with the reason among the problems. ``progress`` is called with the name of a file, how many of
    its bytes have been read, and how many there are; never by two threads at once. ``never``: files that are not
    read although a folder holds them; so are those ``written``, which the run file says a run writes.

    Raises UsageError for a missing path and where one of those ``written`` is an export, CatalogueError for a wrong
    profile, InputError for input that cannot be used: empty, not text, not recognised, dates that can be read in two
    ways, overlapping spells.
    """
    drafts: list[Finding] = []
    known = collect(profiles, tables, profiles_beside(paths, profiles), drafts if lenient else None)
    _refuse_exports(written, known, settings)
    found, notes = find(paths, [*never, *written])
    recognised, left_out, in_vain = recognise_all(found, known, settings, lenient=lenient)
    if lenient:
        left_out = beside.said(left_out, [Path(one.path) for one in drafts], tables)
    every = {**tables, **IDENTITY}
    into.mkdir(parents=True, exist_ok=True)
    stitching = Stitching(every, timezone, into, lenient=lenient)
    stitching.findings.extend(drafts)
    problems: list[Problem] = [file.problem for file in missed(left_out, recognised)] if lenient else []
    # Beside the tables, so that parts are moved to their place, not copied.
    with _room(into), TemporaryDirectory(prefix=".parts-", dir=into) as scratch:
        reading = partial(read, tables=every, timezone=timezone, cache=cache, progress=_one_at_a_time(progress))
        for outcome in _read_all(reading, recognised, Path(scratch)):
            if isinstance(outcome, FileRead):
                stitching.take(outcome)
            else:
                problems.extend(outcome.problems)
        if problems and not lenient:
            raise InputError(*problems)
        said = [*notes, *in_vain, *(file.note for file in left_out)]
        return stitching.finish(said, [file.entry for file in left_out], problems)


def _refuse_exports(written: Sequence[Path], known: Sequence[Profile], settings: Sequence[FileSetting]) -> None:
    """Refuse to leave out, and to write over, an export that a run file names among what a run writes."""
    for path in written:
        if path.is_file() and not is_own(path) and is_export(path, known, settings):
            message = f"{str(path)!r} is an export, and cxkpi.yaml names it as what a run writes, or as a key."
            hint = "Choose another name there under outputs, manifest or pseudonyms."
            raise UsageError(Problem("U023", message, None, hint))


@contextmanager
def _room(into: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        message = "there is no space left for the tables that exports are read into."
        hint = "Make room, or name another folder for temporary files with TMPDIR."
        if error.errno == errno.EFBIG:
            message = "the tables that exports are read into need larger files than may be written here."
            hint = "Raise the limit (ulimit -f), or name another folder for temporary files with TMPDIR."
        raise OutputError(Problem("O103", message, Place(into.as_posix()), hint)) from error


def _read_all(
    reading: Callable[..., FileRead], files: Sequence[Recognised], scratch: Path
) -> list[FileRead | InputError]:
    """What became of every file, in their order; small ones are read several at a time."""

    def outcome(number: int) -> FileRead | InputError:
        try:
            return reading(files[number], into=scratch / f"{number:05d}")
        except InputError as error:
            return error

    small = [number for number, file in enumerate(files) if _weight(file) <= _SMALL_BYTES]
    several = set(small)
    large = [number for number in range(len(files)) if number not in several]
    outcomes: dict[int, FileRead | InputError] = {}
    if len(small) > 1:
        with ThreadPoolExecutor(_READERS, thread_name_prefix="exports") as readers:
            outcomes.update(zip(small, readers.map(outcome, small), strict=True))
        small = []
    outcomes.update((number, outcome(number)) for number in (*small, *large))
    return [outcomes[number] for number in range(len(files))]


def _weight(file: Recognised) -> int:
    """What a file takes in memory, roughly: its size for every row that a record may give."""
    return file.size * sum(len(templates) for templates in file.layout.profile.tables.values())


def _one_at_a_time(progress: Progress | None) -> Progress | None:
    if progress is None:
        return None
    lock = Lock()

    def said(shown: str, done: int, whole: int) -> None:
        with lock:
            progress(shown, done, whole)

    return said
