"""Which profile a file is written in, and where its headings are.

A profile is a candidate where every heading it must have stands in one line among the first 25. Among candidates a
user's profile wins over a shipped one and a shipped one over the plain layouts; then the one that asks for more
headings; then the one that knows more of the headings present.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.profile import Profile, normalise

SEARCHED_LINES = 25
_HEAD_BYTES = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_WRITTEN = {"tab": "\t"}
_ORIGINS = {"user": 2, "shipped": 1, "plain": 0}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the data of a file is: its headings in order, the 0-based line they are on, and the first line of data.

    ``more_headings``: rows below the headings that are no data.
    """

    profile: Profile
    delimiter: str
    headings: tuple[str, ...]
    heading_line: int
    data_line: int
    more_headings: int

    @property
    def positions(self) -> Mapping[str, int]:
        """Position of every heading, by its normalised spelling; the first where one is repeated."""
        found: dict[str, int] = {}
        for position, heading in enumerate(self.headings):
            found.setdefault(normalise(heading), position)
        return found

    @property
    def repeated(self) -> tuple[str, ...]:
        """Headings that stand more than once and that the profile reads."""
        seen = [normalise(heading) for heading in self.headings]
        if len(set(seen)) == len(seen):
            return ()
        used = self.profile.known
        return tuple(
            dict.fromkeys(h for h, n in zip(self.headings, seen, strict=True) if n in used and seen.count(n) > 1)
        )


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """No profile fits: the nearest one, and which of its headings are missing."""

    nearest: str | None
    missing: tuple[str, ...]

    def __str__(self) -> str:
        if self.nearest is None:
            return "no profile knows any of its headings"
        names = listed([f"'{name}'" for name in self.missing]).replace(" or ", " and ")
        plural = "headings" if len(self.missing) > 1 else "heading"
        return f"nearest is the profile {self.nearest}, which also needs the {plural} {names}"


def recognise(utf8: bytes, name: str, profiles: Sequence[Profile]) -> Layout | NotRecognised:
    """The layout of a file by the best profile. Raises InputError where two profiles fit equally well."""
    lines = utf8[:_HEAD_BYTES].decode("utf-8", errors="ignore").split("\n")
    found: list[tuple[tuple[int, int, int], Layout]] = []
    nearest: tuple[float, int, str, tuple[str, ...]] | None = None
    for start, delimiter, cells, ends in _header_lines(lines):
        present = {normalise(cell) for cell in cells} - {""}
        for profile in profiles:
            if (
                profile.file.delimiter not in (None, delimiter)
                and _WRITTEN.get(str(profile.file.delimiter)) != delimiter
            ):
                continue
            missing = tuple(
                names[0]
                for names, asked in zip(profile.headings, profile.asked, strict=True)
                if asked.isdisjoint(present)
            )
            known = len(profile.known & present)
            if missing:
                share = 1 - len(missing) / len(profile.headings)
                score = (share, known)
                if share > 0 and (nearest is None or score > nearest[:2]):
                    nearest = (*score, profile.name, missing)
                continue
            if profile.closed and not present <= profile.known | {"source"}:
                nearest = nearest or (0.0, known, profile.name, ())
                continue
            more, data = _below(lines, delimiter, ends, profile)
            rank = (_ORIGINS[profile.origin], len(profile.headings), known)
            found.append((rank, Layout(profile, delimiter, tuple(cells), start, data, more)))
    if not found:
        if nearest is None or not nearest[3]:
            return NotRecognised(None, ())
        return NotRecognised(nearest[2], nearest[3])
    best = max(rank for rank, _ in found)
    fitting = [layout for rank, layout in found if rank == best]
    names = sorted({layout.profile.name for layout in fitting})
    if len(names) > 1:
        hint = f"Give --profile with a profile that asks for more headings than {listed(names)} do."
        message = f"this file fits the profiles {listed(names).replace(' or ', ' and ')} equally well."
        raise InputError(Problem("I104", message, Place(name), hint))
    return min(fitting, key=lambda layout: (layout.heading_line, _DELIMITERS.index(layout.delimiter)))


def _header_lines(lines: Sequence[str]) -> Iterator[tuple[int, str, list[str], int]]:
    """Lines that may hold headings: their number, the delimiter, the cells, and the line after them."""
    delimiters: tuple[str, ...] = _DELIMITERS
    first = 0
    declared = lines[0].strip().strip('"').lower() if lines else ""
    if declared.startswith("sep=") and len(lines[0].strip('"\n')) == 5:
        delimiters, first = (lines[0].strip('"\n')[4:5],), 1
    for start in range(first, min(len(lines), first + SEARCHED_LINES)):
        for delimiter in delimiters:
            cells, used = one_record(lines, start, delimiter)
            if cells:
                yield start, delimiter, cells, start + used


def one_record(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """The record that starts on a line, and how many lines it takes; no cells where it cannot be read."""
    reader = csv.reader((line + "\n" for line in lines[start:]), delimiter=delimiter)
    try:
        cells = next(reader, [])
    except csv.Error:
        return [], 1
    return cells, max(1, reader.line_num)


def _below(lines: Sequence[str], delimiter: str, after: int, profile: Profile) -> tuple[int, int]:
    """How many rows below the headings are no data, and the line after them."""
    at = after
    rows: list[list[str]] = []
    while len(rows) < profile.file.header_rows - 1 and at < len(lines):
        cells, used = one_record(lines, at, delimiter)
        rows.append(cells)
        at += used
    mark = profile.file.header_mark
    last = [cell for cell in rows[-1] if cell.strip()] if rows else []
    if mark is not None and not (last and all(mark in cell for cell in last)):
        return 0, after
    return len(rows), at
