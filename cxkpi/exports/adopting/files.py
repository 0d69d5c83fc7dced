"""The file to draft a profile for: text, workbook, JSON or Parquet, and whether a known profile reads it already."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from cxkpi.errors import InputError, Place, Problem, UsageError
from cxkpi.exports.adopting.adopted import Known
from cxkpi.exports.adopting.grid import SAMPLE_ROWS, Grid, is_heading_line, no_headings, of_rows, of_text
from cxkpi.exports.files import json_records, parquet_cells
from cxkpi.exports.files.finding import find
from cxkpi.exports.files.reading import NotText, decode
from cxkpi.exports.files.sources import Source, Unread, expand, head
from cxkpi.exports.files.workbook import Workbook
from cxkpi.exports.layout.recognise import SEARCHED_LINES, NotRecognised, recognise
from cxkpi.exports.profile import Profile

_READ_BYTES = 1 << 27
_FEWEST = 2


def source_of(path: Path, part: str | None) -> Source:
    """The table in a file. ``part``: a sheet or a member, where there are several.

    Raises UsageError where there is no such file or part, InputError where nothing can be read or the part is not said.
    """
    if path.is_dir():
        message = f"{path.as_posix()} is a folder."
        hint = "Name one file; a profile is drafted for one at a time."
        raise UsageError(Problem("U120", message, Place(path.as_posix()), hint))
    found, _ = find([path])
    every = list(expand(found[:1]))
    sources = [one for one in every if isinstance(one, Source)]
    if not sources:
        raise InputError(*(one.problem for one in every if isinstance(one, Unread)))
    if part is not None:
        named = [one for one in sources if part in (one.sheet, one.member, one.shown)]
        if not named:
            names = ", ".join(_part(one) for one in sources)
            raise UsageError(
                Problem("U121", f"--part: there is no '{part}' in it.", Place(path.name), f"It holds {names}.")
            )
        return named[0]
    visible = [one for one in sources if not one.hidden]
    if len(visible) > 1:
        names = ", ".join(f"'{_part(one)}'" for one in visible)
        message = f"it holds {len(visible)} tables: {names}."
        raise InputError(Problem("I133", message, Place(path.name), f"Say which, as in --part '{_part(visible[0])}'."))
    return (visible or sources)[0]


def known(source: Source, profiles: Sequence[Profile]) -> Known | None:
    """The profile that reads a file already; None where none does. Two that are close are as good as none."""
    start = head(source)
    try:
        found = recognise(start, source.shown, profiles, sheet=source.sheet, hidden=source.hidden)
    except InputError:
        return None
    if isinstance(found, NotRecognised):
        return None
    return Known(found.profile.name, found.profile.title, found.why, found.profile.refuse)


def grid(source: Source) -> Grid:
    """The file as headings and columns of text. Raises InputError where it has no headings or no records."""
    match source.kind:
        case "text":
            return _text(source)
        case "workbook":
            return _workbook(source)
        case "json":
            return _json(source)
        case _:
            return _parquet(source)


def _text(source: Source) -> Grid:
    head(source)
    with source.open() as stream:
        content = stream.read(_READ_BYTES)
        if len(content) == _READ_BYTES and (end := content.rfind(b"\n")) > 0:
            content = content[: end + 1]
    try:
        text = decode(content)
    except NotText as what:
        message = f"it begins as text, and then it is {what}."
        raise InputError(Problem("I134", message, Place(source.shown), "Export it again.")) from None
    return of_text(text.utf8, source.shown, text.encoding)


def _workbook(source: Source) -> Grid:
    rows = list(islice(Workbook(source.content(), source.shown).rows(source.sheet or ""), SAMPLE_ROWS + SEARCHED_LINES))
    for number, row in enumerate(rows[:SEARCHED_LINES]):
        # A table may begin in the middle of a sheet.
        first = next((position for position, cell in enumerate(row) if cell.strip()), 0)
        if len(row) - first >= _FEWEST and is_heading_line(row[first:]):
            below = [list(other) for other in rows[number + 1 :]]
            return of_rows(list(row), below, source.shown, heading_line=number, sampled=len(below) >= SAMPLE_ROWS)
    raise no_headings(source.shown)


def _json(source: Source) -> Grid:
    with source.open() as stream:
        items = [
            item.cells for item in islice(json_records.items(stream, source.shown), SAMPLE_ROWS) if not item.broken
        ]
    headings = list(dict.fromkeys(name for cells in items for name in cells))
    rows = [[_shown(cells.get(name)) for name in headings] for cells in items]
    return of_rows(headings, rows, source.shown, sampled=len(items) == SAMPLE_ROWS)


def _parquet(source: Source) -> Grid:
    headings = parquet_cells.headings(source.parquet(), source.shown)
    positions = range(len(headings))
    frame = next(iter(parquet_cells.blocks(source.parquet(), source.shown, positions)), None)
    rows = [] if frame is None else [[cell or "" for cell in row[:-1]] for row in frame.head(SAMPLE_ROWS).iter_rows()]
    return of_rows(list(headings), rows, source.shown, sampled=len(rows) == SAMPLE_ROWS)


def _shown(cell: str | None) -> str:
    return "" if cell is None else str(cell)


def _part(source: Source) -> str:
    return source.sheet or source.member or source.shown


def base_name(source: Source) -> str:
    """The name of what is read, for the profile's: of the sheet or member where the file holds several."""
    name = source.path.name
    if source.member is not None:
        name = Path(source.member).name
    return re.sub(r"\.(?:gz|zip)$", "", name)
