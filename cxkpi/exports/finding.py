"""Which files the given paths mean, and what they are called in reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cxkpi.errors import InputError, Place, Problem, UsageError

EXTENSIONS = frozenset({".csv", ".tsv", ".txt"})
_ELSEWHERE = frozenset({".xlsx", ".xls", ".xlsm", ".zip", ".gz", ".json", ".jsonl", ".parquet"})


@dataclass(frozen=True, slots=True)
class Found:
    """An input file. ``shown``: its name in reports; ``given``: named on the command line, not found in a folder."""

    path: Path
    shown: str
    given: bool


def find(paths: Sequence[Path]) -> tuple[tuple[Found, ...], tuple[str, ...]]:
    """The files that ``paths`` mean, in order of their names, and notes about files of other kinds.

    A folder is searched, without its sub-folders, for .csv, .tsv and .txt; hidden files are left alone. Raises
    UsageError where a path is missing, InputError where a folder holds no such file.
    """
    found: dict[Path, Found] = {}
    notes: list[str] = []
    for path in paths:
        if path.is_dir():
            entries = sorted(entry for entry in path.iterdir() if entry.is_file() and not entry.name.startswith("."))
            inside = [entry for entry in entries if entry.suffix.lower() in EXTENSIONS]
            others = [entry.name for entry in entries if entry.suffix.lower() in _ELSEWHERE]
            if not inside:
                message = f"there is no .csv, .tsv or .txt file in the folder {path.as_posix()}."
                hint = (
                    f"It holds {', '.join(others)}: export or save as CSV."
                    if others
                    else "Put the exports there, or name another folder."
                )
                raise InputError(Problem("I101", message, None, hint))
            notes += [f"{name} was not read: cxkpi reads CSV. Export it again as CSV." for name in others]
            for entry in inside:
                found.setdefault(entry.resolve(), Found(entry, entry.name, False))
        elif path.is_file():
            known = found.get(path.resolve())
            found[path.resolve()] = Found(path, known.shown if known else path.name, True)
        else:
            message = f"there is no file or folder {path.as_posix()}."
            raise UsageError(Problem("U010", message, Place(path.as_posix()), "Check the spelling of the path."))
    names = Counter(file.shown for file in found.values())
    unique = [f if names[f.shown] == 1 else replace(f, shown=f.path.as_posix()) for f in found.values()]
    return tuple(sorted(unique, key=lambda file: (file.shown, file.path.as_posix()))), tuple(notes)
