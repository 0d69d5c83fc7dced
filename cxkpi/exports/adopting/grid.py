"""An unknown file as headings and columns of text: delimiter, the line of headings and what stands above it are found.

A line of headings is one of at least two cells, nearly all filled, all different, hardly any of them a number or a
date, with lines of as many cells below it. Of the delimiters the one counts that parts most lines into as many cells
as the headings have.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.layout.recognise import SEARCHED_LINES
from cxkpi.exports.totals import TOTAL

SAMPLE_ROWS = 100_000
"""Records that are looked at: what is not settled by these is not settled by more."""

_DELIMITERS = (",", ";", "\t", "|")
_LOOKED_AT = 200
_AT_ONCE = 3
_MOST_HEADINGS = 2
_ROWS_TO_TELL = 4
_DATA_LIKE = re.compile(r"^[+-]?[\d.,:/ %£$€-]*\d[\d.,:/ %£$€-]*$|^\d{4}-\d\d-\d\d|^[^@\s]+@[^@\s]+\.\w+$")
_TOTALS = re.compile(rf"^\s*(?:{TOTAL})\b", re.IGNORECASE)
_WHOLE = re.compile(rf"^\s*(?:{TOTAL})\s*:?\s*$", re.IGNORECASE)
_MOST_TOTALS = 0.3
_USUALLY_FILLED = 0.95


@dataclass(frozen=True, slots=True)
class Totals:
    """Records that add up others. ``words``: what stands under ``heading`` in ``count`` of them.

    ``whole``: nothing else stands in these cells.
    """

    heading: str
    words: tuple[str, ...]
    count: int
    whole: bool

    @property
    def rule(self) -> dict[str, Any]:
        """The rule that skips them."""
        pattern = "|".join(re.escape(word) for word in self.words)
        condition: Any = list(self.words) if self.whole else {"matches": rf"(?i)^(?:{pattern})\b"}
        return {"when": {self.heading: condition}, "why": "a line of totals"}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of text. ``columns``: one series for each heading, empty cells null. ``heading_line``: counted from 0.

    ``footer``: words that records begin with which look like a line of totals. ``sampled``: there are more records.
    ``totals``: records that add up others, and are left out.
    ``more_headings``: rows below the headings that are no data.
    """

    shown: str
    headings: tuple[str, ...]
    columns: tuple[pl.Series, ...]
    encoding: str
    delimiter: str
    heading_line: int
    footer: tuple[str, ...] = ()
    sampled: bool = False
    more_headings: int = 0
    totals: tuple[Totals, ...] = ()

    @property
    def height(self) -> int:
        """Records looked at."""
        return self.columns[0].len() if self.columns else 0


def of_text(utf8: bytes, shown: str, encoding: str) -> Grid:
    """The table in a text. Raises InputError where no line of it can be one of headings."""
    lines = utf8.decode("utf-8", errors="replace").split("\n")
    found = _headings(lines)
    if found is None:
        raise no_headings(shown)
    start, delimiter = found
    rows: list[list[str]] = []
    sampled = False
    records = _records(lines[start:], delimiter)
    headings = next(records)
    for row in records:
        if len(rows) == SAMPLE_ROWS:
            sampled = True
            break
        rows.append(row)
    return of_rows(headings, rows, shown, encoding=encoding, delimiter=delimiter, heading_line=start, sampled=sampled)


def of_rows(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    shown: str,
    *,
    encoding: str = "",
    delimiter: str = "",
    heading_line: int = 0,
    sampled: bool = False,
) -> Grid:
    """The table of cells; lines of totals at its end are taken off. Raises InputError where there are no records."""
    names = [heading.strip() for heading in headings]
    while names and not names[-1] and not any(len(row) >= len(names) and row[len(names) - 1].strip() for row in rows):
        names.pop()
    width = len(names)
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    more = _more_headings(filled, width)
    filled = filled[more:]
    ending: list[str] = []
    while filled and _ends(filled[-1], width, text=bool(delimiter)):
        match = _TOTALS.match(next(cell for cell in filled[-1] if cell.strip()))
        assert match is not None
        ending.append(match[0].strip())
        filled = filled[:-1]
    filled, totals = _without_totals(filled, names)
    fitting = [row for row in filled if len(row) > width / 2 or width == 1]
    if not fitting:
        message = (
            "there are headings, but no records below them, and values are half of what a profile is drafted from."
        )
        raise InputError(Problem("I131", message, Place(shown), "Export it again for a time with some records."))
    columns = tuple(
        pl.Series(
            f"c{position}", [_cell(row[position]) if position < len(row) else None for row in fitting], dtype=pl.String
        )
        for position in range(width)
    )
    footer = tuple(dict.fromkeys(reversed(ending)))
    return Grid(shown, tuple(names), columns, encoding, delimiter, heading_line, footer, sampled, more, totals)


def _ends(row: Sequence[str], width: int, *, text: bool) -> bool:
    """Whether a row is a footer as a profile's ``footer`` finds it: words for totals, and no record of its own."""
    filled = [cell for cell in row if cell.strip()]
    if not _TOTALS.match(filled[0]):
        return False
    return not any(cell.strip() for cell in row[1:]) or (text and len(row) != width)


def _without_totals(
    rows: Sequence[Sequence[str]], names: Sequence[str]
) -> tuple[list[Sequence[str]], tuple[Totals, ...]]:
    """The records without those that add up others, and what these begin with."""
    kept = list(rows)
    found: list[Totals] = []
    for position, heading in enumerate(names):
        cells = [row[position].strip() if position < len(row) else "" for row in kept]
        hits = {at for at, cell in enumerate(cells) if heading and _TOTALS.match(cell)}
        begins = all(not any(cell.strip() for cell in kept[at][:position]) for at in hits)
        whole = all(_WHOLE.match(cells[at]) for at in hits)
        if not hits or len(hits) > max(1, _MOST_TOTALS * len(kept)) or not (begins or whole):
            continue
        if not _adds_up(kept, hits, position):
            continue
        words = [match[0].strip() for at in sorted(hits) if (match := _TOTALS.match(cells[at]))]
        texts = [cells[at] for at in sorted(hits)] if whole else words
        found.append(Totals(heading, tuple(dict.fromkeys(texts)), len(hits), whole))
        kept = [row for at, row in enumerate(kept) if at not in hits]
    return kept, tuple(found)


def _adds_up(rows: Sequence[Sequence[str]], hits: Collection[int], position: int) -> bool:
    """Whether rows lack what other rows have, or their numbers are larger than those of most others."""
    others = [row for at, row in enumerate(rows) if at not in hits]
    totals = [rows[at] for at in sorted(hits)]
    larger = smaller = 0
    for column in range(max(map(len, rows))):
        if column == position:
            continue
        usual = [row[column].strip() for row in others if column < len(row) and row[column].strip()]
        own = [row[column].strip() for row in totals if column < len(row) and row[column].strip()]
        if len(usual) >= _USUALLY_FILLED * len(others) and not own:
            return True
        numbers, sums = _numbers(usual), _numbers(own)
        if numbers and sums and len(numbers) >= _USUALLY_FILLED * len(usual):
            above = sum(sums) / len(sums) > sum(numbers) / len(numbers)
            larger, smaller = larger + above, smaller + (not above)
    return larger > smaller


def _numbers(cells: Sequence[str]) -> list[float]:
    return [float(cell) for cell in cells if re.fullmatch(r"-?\d+(?:\.\d+)?", cell)]


def _more_headings(rows: Sequence[Sequence[str]], width: int) -> int:
    """Rows at the top without numbers and dates, where the rows below have them in a third of the columns."""
    if len(rows) < _ROWS_TO_TELL:
        return 0
    for number in range(_MOST_HEADINGS, 0, -1):
        above, below = rows[:number], rows[number : number + 20]
        if len(below) < _MOST_HEADINGS or any(len(row) != width for row in above):
            continue
        data = [
            position
            for position in range(width)
            if sum(bool(_DATA_LIKE.match(row[position].strip())) for row in below if position < len(row))
            >= 0.5 * len(below)
        ]
        plain = all(not _DATA_LIKE.match(row[position].strip()) for row in above for position in data)
        said = all(sum(bool(row[position].strip()) for position in data) >= 0.5 * len(data) for row in above)
        if len(data) >= max(2, width / 3) and plain and said:
            return number
    return 0


def no_headings(shown: str) -> InputError:
    """That no line is one of headings."""
    message = (
        f"none of the first {SEARCHED_LINES} lines can be one of headings, and from values alone nothing can be told."
    )
    hint = "Export it with headings, or write a profile that names its columns under 'file: columns'."
    return InputError(Problem("I130", message, Place(shown), hint))


def _cell(text: str) -> str | None:
    plain = text.strip()
    if plain.startswith('="') and plain.endswith('"'):
        plain = plain[2:-1].strip()
    return plain or None


def _headings(lines: Sequence[str]) -> tuple[int, str] | None:
    """The line of headings and the delimiter; the widest table counts, then the first line."""
    best: tuple[float, int] | None = None
    found: tuple[int, str] | None = None
    declared = lines[0].strip().strip('"') if lines else ""
    says = declared.lower().startswith("sep=") and len(declared) == 5
    for delimiter in (declared[4:5],) if says else _DELIMITERS:
        rows = _looked_at(lines, delimiter)
        for line, cells in rows:
            if line >= SEARCHED_LINES or (says and line == 0) or not is_heading_line(cells):
                continue
            below = [len(row) for at, row in rows if at > line and any(cell.strip() for cell in row)]
            alike = sum(width == len(cells) for width in below)
            share = alike / max(1, len(below))
            # Footers of a short export may be longer than its records.
            if below and share < 0.5 and below[:_AT_ONCE].count(len(cells)) < min(_AT_ONCE, len(below)) - 1:
                continue
            share = max(share, 0.5)
            score = (share * len(cells), -line)
            if best is None or score > best:
                best, found = score, (line, delimiter)
            break
    return found


def is_heading_line(cells: Sequence[str]) -> bool:
    """Whether these cells can be headings: enough filled, all different, hardly any of them data."""
    filled = [" ".join(cell.split()).casefold() for cell in cells if cell.strip()]
    if len(filled) < 2 or len(filled) < 0.7 * len(cells):
        return False
    data = sum(bool(_DATA_LIKE.match(cell)) for cell in filled)
    return data <= 0.2 * len(filled) and len(set(filled)) >= 0.75 * len(filled)


def _looked_at(lines: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader((line + "\n" for line in lines[: _LOOKED_AT + 50]), delimiter=delimiter)
    found: list[tuple[int, list[str]]] = []
    at = 0
    try:
        for row in reader:
            found.append((at, row))
            at = reader.line_num
            if len(found) == _LOOKED_AT:
                break
    except csv.Error:
        pass
    return found


def _records(lines: Sequence[str], delimiter: str) -> Iterator[list[str]]:
    """Records one by one; where a quote is never closed, the line it stands in is split without quotes."""
    csv.field_size_limit(1 << 20)
    reader = csv.reader((line + "\n" for line in lines), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:
        return
