"""Many files of one kind as one line, so that a folder of a year's daily exports does not hide what is to be seen.

Up to ``FEW`` files are shown one by one. Of more, those of one folder and profile of which nothing is to be seen
(nothing rejected, nothing left empty, named in no note) are added up; all others keep a line of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import fields

from cxkpi.result import FileEntry

FEW = 40
_FEWEST = 5
"""Fewer than this are not worth a line that stands for them."""
_SAID = 2
"""So many of the notes that differ only in file and numbers are said in full."""
_ADDED = [field.name for field in fields(FileEntry) if field.name not in ("path", "profile", "tables")]
_NUMBER = re.compile(r"\d[\d.,:-]*")
_DAY = re.compile(r"(?<!\d)(?:19|20)\d\d(?P<by>[-_.]?)(?:0[1-9]|1[0-2])(?P=by)(?:0[1-9]|[12]\d|3[01])(?!\d)")
_DAYS = re.compile(r"( \([\d,]+ files), [\d-]+(?: to [\d-]+)?\)$")
# A note of this kind begins with the file it is about.
_AFTER_FILE = re.compile(r"[:\s]")


def folded(files: Sequence[FileEntry], notes: Iterable[str] = ()) -> tuple[FileEntry, ...]:
    """The lines of a list of files: entries, and sums of entries in the place of the first of them.

    The path of a sum is a pattern, how many files it stands for, and the days in their names. ``notes``: what reports
    say; a file that one of them names, once they are ``noted``, has a line of its own.
    """
    if len(files) <= FEW:
        return tuple(files)
    said = _about(noted(notes, files), {entry.path for entry in files})
    groups: defaultdict[tuple[str, str], list[FileEntry]] = defaultdict(list)
    for entry in files:
        if entry.accepted and not entry.rejected and not entry.blanked and entry.path not in said:
            groups[_folder(entry.path), entry.profile].append(entry)
    first = {group[0].path: group for group in groups.values() if len(group) >= _FEWEST}
    gone = {entry.path for group in first.values() for entry in group}
    return tuple(
        _sum(first[entry.path]) if entry.path in first else entry
        for entry in files
        if entry.path in first or entry.path not in gone
    )


def noted(notes: Iterable[str], files: Sequence[FileEntry]) -> tuple[str, ...]:
    """The notes, those of many files that differ only in the file and in numbers as one or a few."""
    every = tuple(notes)
    if len(files) <= FEW:
        return every
    profiles = {entry.path: entry.profile for entry in files}
    groups: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for note in every:
        path = _named(note, profiles)
        if path is not None:
            kind = _NUMBER.sub("#", note.removeprefix(path))
            groups[_folder(path), profiles[path], kind].append((path, note))
    instead: dict[str, tuple[str, ...]] = {}
    for group in groups.values():
        if len(group) < _FEWEST:
            continue
        instead.update((note, ()) for _, note in group)
        path, note = group[0]
        several = pattern([path for path, _ in group])
        if len({note.removeprefix(path) for path, note in group}) == 1:
            instead[note] = (f"{several} ({len(group):,} files){note.removeprefix(path)}",)
        else:
            more = f"{several}: the same, with other numbers, in {len(group) - _SAID:,} more files."
            instead[note] = (*(note for _, note in group[:_SAID]), more)
    return tuple(line for note in every for line in instead.get(note, (note,)))


def pattern(paths: Sequence[str]) -> str:
    """A name that stands for some files of one folder: what they begin and end with, and a star."""
    start, end = _beginning(paths), _beginning([path[::-1] for path in paths])[::-1]
    shortest = min(map(len, paths))
    start = start[: max(0, shortest - len(end))]
    folder, name = _folder(start), start[len(_folder(start)) :]
    name = name.rstrip("0123456789-.:")
    whole = re.sub(r"[^\W_]+$", "", name)
    begins = re.search(r"[._](?!\d)", end)
    return f"{folder}{whole or name}*{end[begins.start() :] if begins else ''}"


def dayless(path: str) -> str:
    """The path of a sum without the days, where there is no room for them; any other as it is."""
    return _DAYS.sub(r"\1)", path)


def _beginning(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    least, most = min(texts), max(texts)
    return next((least[:at] for at, letter in enumerate(least) if letter != most[at : at + 1]), least)


def _sum(files: Sequence[FileEntry]) -> FileEntry:
    tables: dict[str, int] = {}
    for entry in files:
        for name, rows in entry.tables:
            tables[name] = tables.get(name, 0) + rows
    values: Mapping[str, int] = {name: sum(getattr(entry, name) for entry in files) for name in _ADDED}
    paths = [entry.path for entry in files]
    shown = f"{pattern(paths)} ({len(files):,} files{_days(paths)})"
    return FileEntry(path=shown, profile=files[0].profile, tables=tuple(tables.items()), **values)


def _days(paths: Sequence[str]) -> str:
    """The first and the last day in the names of files, where each has one."""
    found = [_DAY.search(path[len(_folder(path)) :]) for path in paths]
    days = sorted(re.sub(r"\D", "", match.group()) for match in found if match is not None)
    if len(days) < len(paths):
        return ""
    first, last = (f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in (days[0], days[-1]))
    return f", {first}" if first == last else f", {first} to {last}"


def _about(notes: Iterable[str], paths: Container[str]) -> set[str]:
    return {path for note in notes if (path := _named(note, paths)) is not None}


def _named(note: str, paths: Container[str]) -> str | None:
    """The file that a note begins with."""
    ends = (match.start() for match in _AFTER_FILE.finditer(note))
    return next((note[:end] for end in ends if note[:end] in paths), None)


def _folder(path: str) -> str:
    """What stands before the name of a file, with the slash at its end; of a sheet, the workbook's."""
    return path.partition("#")[0].rpartition("/")[0] + "/" if "/" in path.partition("#")[0] else ""
