"""Files that are a row of blocks, each with its own lines above its own headings (Avaya CMS): one table of all blocks.

What stands only above a block (its date, its skill) becomes further columns of its records. Such files are reports of a
few thousand lines, so they are read whole.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cxkpi.exports.profile import Sections, normalise

_LONGEST_RECORD = 100
_CLOCK = re.compile(r"^\s*(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp])?\.?(?:[Mm]\.?)?\s*$")
_BETWEEN = re.compile(r"^\s*(\d{1,2}:\d{2}(?:\s*[AaPp]\.?[Mm]\.?)?)\s*[-–]\s*(\d{1,2}:\d{2}\s*[AaPp]\.?[Mm]\.?)\s*$")
_HALF_DAY = 12 * 60


@dataclass(frozen=True, slots=True)
class Line:
    """A record of some block: its 1-based line, its cells in the order of ``Flat.headings``, and its lines.

    ``broken``: why it has none.
    """

    line: int
    cells: tuple[str, ...]
    lines: int = 1
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class Flat:
    """A whole file as one table. ``headings``: of all blocks together, then what was caught above them.

    ``heading_line``: 0-based, of the first block. ``skipped``: lines that are no data; ``blank``: empty ones.
    ``more``: lines that go on with what another one began. ``total``: all lines.
    """

    headings: tuple[str, ...]
    heading_line: int
    records: tuple[Line, ...]
    skipped: int
    blank: int
    more: int
    total: int


def flat(lines: Sequence[str], delimiter: str, sections: Sections, asked: Sequence[frozenset[str]]) -> Flat | None:
    """The table of a file; None where no line has every heading ``asked`` for (but for what is caught above).

    A caught text holds until another takes its place; a new one also ends those that ``captures`` names after it, so
    that no record gets the skill of another date.
    """
    captures = {name: re.compile(pattern, re.IGNORECASE) for name, pattern in sections.captures.items()}
    ends = [re.compile(pattern, re.IGNORECASE) for pattern in sections.ends]
    caught_names = {normalise(name) for name in captures}
    needed = [names for names in asked if names.isdisjoint(caught_names)]
    if not needed:
        return None
    headings: list[str] = []
    place_of: dict[str, int] = {}
    block: list[int] = []
    caught: dict[str, str] = {}
    found: list[tuple[int, list[str], list[int], dict[str, str], int]] = []
    first, skipped, blank, more = -1, 0, 0, 0
    for at, cells, used in _records(lines, delimiter):
        if not any(cell.strip() for cell in cells):
            blank += 1 if not lines[at].strip() else 0
            skipped += 0 if not lines[at].strip() else 1
            continue
        more += used - 1
        present = {normalise(cell) for cell in cells}
        if all(not names.isdisjoint(present) for names in needed):
            first = at if first < 0 else first
            block = _placed(cells, headings, place_of)
            skipped += at != first
            continue
        text = " ".join(cell.strip() for cell in cells if cell.strip())
        new = _caught(text, captures)
        if new:
            for name in new:
                later = list(captures)[list(captures).index(name) + 1 :]
                caught = {key: value for key, value in caught.items() if key not in later}
                caught[name] = new[name]
            block = []
        ended = any(pattern.search(cells[0].strip()) or pattern.search(text) for pattern in ends)
        if new or ended or not block:
            skipped += 1
            continue
        found.append((at, cells, block, caught, used))
    if first < 0:
        return None
    names = (*headings, *captures)
    times = _times(sections.times, place_of)
    records = tuple(
        _record(at, cells, places, [above.get(name, "") for name in captures], len(headings), times, used)
        for at, cells, places, above, used in found
    )
    return Flat(names, first, records, skipped, blank, more, len(lines))


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str], int]]:
    """Every record with the 0-based line it begins on and how many lines it takes; an open quote ends with its line."""
    at = 0
    while at < len(lines):
        cells, used = [lines[at]], 1
        if '"' in lines[at]:
            some = (f"{line}\n" for line in lines[at : at + _LONGEST_RECORD])
            reader = csv.reader(some, delimiter=delimiter, strict=True)
            try:
                cells, used = next(reader), reader.line_num
            except (csv.Error, StopIteration):
                cells = lines[at].replace('"', "").split(delimiter)
        else:
            cells = lines[at].split(delimiter)
        yield at, cells, used
        at += used


def _placed(cells: Sequence[str], headings: list[str], place_of: dict[str, int]) -> list[int]:
    """Where each column of a block stands in the whole table; new headings are put at its end."""
    places = []
    here: set[int] = set()
    trimmed = list(cells)
    while trimmed and not trimmed[-1].strip():
        trimmed.pop()
    for cell in trimmed:
        name = normalise(cell)
        place = place_of.get(name)
        if place is None or place in here:
            place = len(headings)
            headings.append(cell.strip())
            place_of.setdefault(name, place)
        here.add(place)
        places.append(place)
    return places


def _caught(text: str, captures: Mapping[str, re.Pattern[str]]) -> dict[str, str]:
    found = {}
    for name, pattern in captures.items():
        match = pattern.search(text)
        if match is not None and match.group(1) is not None:
            found[name] = match.group(1).strip()
    return found


def _times(names: Sequence[str], place_of: Mapping[str, int]) -> tuple[int, int] | None:
    places = [place_of[normalise(name)] for name in names if normalise(name) in place_of]
    return (places[0], places[1]) if len(places) == 2 else None


def _record(
    at: int,
    cells: list[str],
    places: Sequence[int],
    caught: Sequence[str],
    width: int,
    times: tuple[int, int] | None,
    used: int,
) -> Line:
    if times is not None and times[0] in places:
        cells = _begin_and_end(cells, places.index(times[0]), len(places))
    while len(cells) > len(places) and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) != len(places):
        plural = "cell" if len(cells) == 1 else "cells"
        return Line(at + 1, (), used, f"it has {len(cells)} {plural}, the headings {len(places)}")
    row = [""] * width
    for place, cell in zip(places, cells, strict=True):
        row[place] = cell
    if times is not None:
        row[times[0]], row[times[1]] = whole_day(row[times[0]], row[times[1]])
    return Line(at + 1, (*row, *caught), used)


def _begin_and_end(cells: list[str], begin: int, width: int) -> list[str]:
    """The two times as two cells, where a dash is a cell between them or both are one cell."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    if len(cells) == width + 1 and begin + 1 < len(cells) and cells[begin + 1].strip() in ("-", "–"):
        return [*cells[: begin + 1], *cells[begin + 2 :]]
    if len(cells) == width - 1 and begin < len(cells):
        both = _BETWEEN.match(cells[begin])
        if both is not None:
            return [*cells[:begin], both.group(1), both.group(2), *cells[begin + 1 :]]
    return cells


def whole_day(begin: str, end: str) -> tuple[str, str]:
    """Two clock times of which only the last may say AM or PM, on a clock of 24 hours.

    The first is in the half of the day that makes the stretch between them the shorter; a midnight that ends it is
    ``24:00``. Anything else stays as it is.
    """
    first, last = _CLOCK.match(begin), _CLOCK.match(end)
    if first is None or last is None or last.group(4) is None:
        return begin, end
    until = _minutes(last, last.group(4))
    if until is None:
        return begin, end
    halves = [first.group(4)] if first.group(4) else ["a", "p"]
    starts = [minutes for half in halves if (minutes := _minutes(first, half)) is not None]
    if not starts:
        return begin, end
    start = min(starts, key=lambda minutes: (until - minutes - 1) % (2 * _HALF_DAY))
    if len(halves) == 2 and (until - start) % _HALF_DAY == 0:
        return begin, end
    return _written(start, first), _written(until or (2 * _HALF_DAY if start else 0), last)


def _minutes(match: re.Match[str], half: str) -> int | None:
    hour, minute = int(match.group(1)), int(match.group(2))
    if not 1 <= hour <= 12 or minute > 59:
        return None
    return hour % 12 * 60 + minute + (_HALF_DAY if half.lower() == "p" else 0)


def _written(minutes: int, match: re.Match[str]) -> str:
    seconds = f":{match.group(3)}" if match.group(3) else ""
    return f"{minutes // 60:02d}:{minutes % 60:02d}{seconds}"
