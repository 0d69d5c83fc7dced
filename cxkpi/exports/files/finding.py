"""Which files the given paths mean, and what they are called in reports."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from glob import has_magic
from itertools import takewhile
from pathlib import Path

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem, UsageError
from cxkpi.exports.files.faults import unreadable
from cxkpi.exports.files.own import is_own

TEXT = frozenset({".csv", ".tsv", ".txt", ".log"})
JSON = frozenset({".json", ".jsonl", ".ndjson"})
EXTENSIONS = frozenset({*TEXT, *JSON, ".gz", ".zip", ".xlsx", ".parquet"})
_WORKBOOKS = frozenset({".xls", ".xlsm", ".xlsb", ".ods", ".numbers"})
_ARCHIVES = frozenset({".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst"})
NOTHING = "I101"
"""The problem of folders that hold no exports."""
# Asterisk's own log has no extension, and a number or date behind its name when it was rotated.
_NAMED = 3
_BY_NAME = re.compile(r"queue_log(\W.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """An input file. ``shown``: its name in reports; ``given``: named on the command line, not found in a folder.

    Where several files have one name, each is shown with the folders in which they part. Names decide which of two
    records counts that are equally new, so neither the working folder nor the way a path was typed is in them.
    """

    path: Path
    shown: str
    given: bool


def find(paths: Sequence[Path], never: Sequence[Path] = ()) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """The files that ``paths`` mean, in order of their names, and notes about files that are not read.

    ``never``: files that no folder or pattern stands for, because a run writes them.

    A folder is searched, without its sub-folders, for the endings in ``EXTENSIONS``; a path with ``*``, ``?``, ``[]``
    or ``**`` stands for every such file it fits. Hidden files are left alone, and so is what an earlier report left
    there (``own.is_own``). Raises UsageError where a path is missing or fits nothing, InputError where a folder holds
    no such file.
    """
    found: dict[Path, Found] = {}
    notes: list[str] = []
    folders: list[Path] = []
    written = {path.resolve() for path in never}
    for path in paths:
        if path.is_dir():
            entries = [entry for entry in _files(path.iterdir()) if entry.resolve() not in written]
            inside = [entry for entry in entries if is_read(entry) and not is_own(entry)]
            if not inside:
                raise InputError(_nothing(path, entries))
            notes += _left_alone(entries)
            folders.append(path)
        elif path.is_file():
            _add(found, path, given=True)
            continue
        elif path.exists() and not has_magic(path.as_posix()):
            message = "this is not a regular file, but a device, a pipe or the like."
            raise InputError(unreadable(message, Place(readable(path.as_posix())), "Save it as a file first."))
        elif has_magic(path.as_posix()):
            entries = [entry for entry in _files(_fitting(path)) if entry.resolve() not in written]
            inside = [entry for entry in entries if is_read(entry) and not is_own(entry)]
            if not inside:
                message = f"no file fits {path.as_posix()}."
                hint = "Check the pattern; it fits .csv, .xlsx, .json, .parquet and the like."
                raise UsageError(Problem("U010", message, Place(path.as_posix()), hint))
            notes += _left_alone(entries)
        else:
            message = f"there is no file or folder {readable(path.as_posix())}."
            raise UsageError(
                Problem("U010", message, Place(readable(path.as_posix())), "Check the spelling of the path.")
            )
        for entry in inside:
            _add(found, entry, given=False)
    searched = {*(path.resolve() for path in paths), *(file.parent for file in found)}
    notes += _unsearched(folders, searched, written)
    files = sorted(_told_apart(found.values()), key=lambda file: (file.shown, file.path.name))
    return tuple(files), tuple(dict.fromkeys(notes))


def _add(found: dict[Path, Found], path: Path, *, given: bool) -> None:
    """Take a file in; of one that has several names, by links, the first name counts, however they were come by."""
    file, known = path.resolve(), found.get(path.resolve())
    if known is not None:
        path, given = min(path, known.path, key=_order), given or known.given
    found[file] = Found(path, readable(path.name), given)


def _order(path: Path) -> tuple[str, tuple[str, ...]]:
    return path.name, path.parent.resolve().parts


def _told_apart(files: Iterable[Found]) -> Iterator[Found]:
    """The files, those of one name shown with the folders below the innermost that holds them all."""
    by_name: defaultdict[str, list[Found]] = defaultdict(list)
    for file in files:
        by_name[file.shown].append(file)
    for alike in by_name.values():
        if len(alike) == 1:
            yield alike[0]
            continue
        folders = [file.path.parent.resolve().parts for file in alike]
        common = len(list(takewhile(lambda parts: len(set(parts)) == 1, zip(*folders, strict=False))))
        # A file in that folder itself would have a name that says nothing.
        below = common if all(len(folder) > common for folder in folders) else max(1, common - 1)
        for file, folder in zip(alike, folders, strict=True):
            yield replace(file, shown=readable("/".join((*folder[below:], file.path.name))))


def profiles_beside(paths: Sequence[Path], given: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The folders ``profiles`` that lie in the folders of the data and hold a .yaml file, each once.

    ``given``: what the user names as profiles himself; a folder that is among them is left out.
    """
    named = {path.resolve() for path in given}
    found: dict[Path, Path] = {}
    for path in paths:
        base = path if path.is_dir() else path.parent
        folder = base / "profiles"
        if folder.is_dir() and any(entry.suffix in (".yaml", ".yml") for entry in folder.iterdir()):
            found.setdefault(folder.resolve(), folder)
    return tuple(found[key] for key in sorted(found) if key not in named)


def readable(name: str) -> str:
    """A name that can be shown: what of it is no text is replaced."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def _files(entries: Iterable[Path]) -> list[Path]:
    """Files, and links to what is not there, which must not be missed in silence."""
    shown = (entry for entry in entries if not entry.name.startswith((".", "~$")))
    return sorted(entry for entry in shown if entry.is_file() or _leads_nowhere(entry))


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not os.path.exists(path)


def is_read(path: Path) -> bool:
    """Whether a file in a folder is taken for an export, by its name."""
    return path.suffix.lower() in EXTENSIONS or _BY_NAME.fullmatch(path.name) is not None


def _fitting(pattern: Path) -> Iterable[Path]:
    """The files a pattern fits; what lies in hidden folders does not count."""
    parts = pattern.parts
    first = next(number for number, part in enumerate(parts) if has_magic(part))
    base = Path(*parts[:first]) if first else Path()
    if not base.is_dir():
        return []
    rest = "/".join(parts[first:])
    rest = f"{rest}/*" if rest.endswith("**") else rest
    try:
        fitting = list(base.glob(rest))
    except ValueError as error:
        message = f"{pattern.as_posix()} is no pattern: {error}."
        raise UsageError(
            Problem("U010", message, Place(pattern.as_posix()), "Write ** alone between slashes.")
        ) from None
    return [path for path in fitting if not any(part.startswith(".") for part in path.relative_to(base).parts)]


def _left_alone(entries: Iterable[Path]) -> list[str]:
    notes = []
    for entry in entries:
        advice = advice_for(entry)
        if advice and not is_read(entry):
            notes.append(f"{readable(entry.name)} was not read: {advice[0]}. {advice[1]}")
    return notes


def _unsearched(folders: Sequence[Path], searched: Container[Path], written: Container[Path]) -> Iterator[str]:
    """What is said of folders in folders, where they hold files that would be read, were they named."""
    names = []
    for inner in sorted(inner for folder in folders for inner in folder.iterdir() if inner.is_dir()):
        if inner.name.startswith(".") or inner.resolve() in searched:
            continue
        # Somebody else's folder may not be open to us.
        with suppress(OSError):
            entries = _files(inner.iterdir())
            if any(is_read(one) and one.resolve() not in written and not is_own(one) for one in entries):
                names.append(readable(inner.name))
    names = sorted(set(names))
    some = (
        "" if not names else listed(names, "and") if len(names) <= _NAMED else f"{', '.join(names[:_NAMED])} and others"
    )
    if len(names) == 1:
        yield f"a folder with files of its own was not searched: {some}. Name it, too."
    elif names:
        yield f"{len(names)} folders with files of their own were not searched: {some}. Name them, too."


def advice_for(path: Path) -> tuple[str, str] | None:
    """Why a file with this ending is not read, and what to do; None for endings that mean nothing here."""
    ending = path.suffix.lower()
    if ending in _WORKBOOKS:
        return f"cxkpi does not read {ending} workbooks", "Open it and save it as .xlsx or CSV."
    if ending in _ARCHIVES:
        return f"cxkpi does not unpack {ending} archives", "Unpack it, or pack it as .zip or .gz."
    return None


def _nothing(folder: Path, entries: Iterable[Path]) -> Problem:
    kinds = ".csv, .tsv, .txt, .xlsx, .json, .parquet, .zip or .gz"
    message = f"there is no {kinds} file in the folder {folder.as_posix()}."
    if any(is_own(entry) for entry in entries):
        message = f"there is nothing in the folder {folder.as_posix()} but reports that cxkpi wrote."
    others = [entry.name for entry in entries if advice_for(entry)]
    hint = "Put the exports there, or name another folder."
    if others:
        hint = f"It holds {', '.join(others)}: save workbooks as .xlsx or CSV, and unpack archives."
    return Problem(NOTHING, message, None, hint)
