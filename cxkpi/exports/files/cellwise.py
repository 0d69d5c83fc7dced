"""Records of files that are not split at line ends: workbooks, JSON, Parquet, and reports that are a row of blocks."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence

import polars as pl

from cxkpi.errors import InputError, Place
from cxkpi.exports.files import json_records, parquet_cells
from cxkpi.exports.files.faults import unreadable
from cxkpi.exports.files.reading import NotText, decode
from cxkpi.exports.files.records import Broken, Records, name_of
from cxkpi.exports.files.sections import flat
from cxkpi.exports.files.sources import Source
from cxkpi.exports.files.workbook import NOT_CALCULATED, Repeated, Workbook
from cxkpi.exports.findings import Finding, merged, register
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile import normalise
from cxkpi.exports.values.cells import cleaned

_BLOCK = 50_000
_FOOTER_ROWS = 60
Row = tuple[int, Sequence[str]]


def _cells(one: Finding) -> str:
    return "1 cell" if one.count == 1 else f"{one.count:,} cells"


def _said_uncalculated(one: Finding) -> str:
    hold = "holds a formula whose result was" if one.count == 1 else "hold formulas whose results were"
    return (
        f"{one.path}: {_cells(one)} in '{one.column}' (line {one.line}) {hold} not saved; read as empty. "
        "Open the file in Excel and save it."
    )


def _said_merged(one: Finding) -> str:
    are = "is merged with the one" if one.count == 1 else "are merged with those"
    return (
        f"{one.path}: {_cells(one)} in '{one.column}' (line {one.line}) {are} above; read as holding the same value. "
        "Numbers that are added up may count several times."
    )


def _said_twice(one: Finding) -> str:
    had = "1 record names" if one.count == 1 else f"{one.count:,} records name"
    return f"{one.path}: {had} '{one.column}' twice in one object (line {one.line}); the last value was read."


UNCALCULATED = register("F107", "error", True, _said_uncalculated)
MERGED = register("F108", "warning", True, _said_merged)
NAMED_TWICE = register("F109", "warning", True, _said_twice)


def is_cellwise(source: Source, layout: Layout) -> bool:
    """Whether a source is read here, and not as lines of text."""
    return source.kind != "text" or layout.profile.file.sections is not None


def cells(source: Source, layout: Layout, wanted: Sequence[int], nulls: Sequence[str] = ()) -> Iterator[Records]:
    """The records of a source in blocks, with the columns at the ``wanted`` positions.

    ``line`` is the row of a sheet, the line of JSON, the number of a row of Parquet, the line of a report. The parts of
    all blocks together account for the whole source. Raises InputError where it cannot be read to its end.
    """
    places = sorted(set(wanted))
    if source.kind == "workbook":
        return _workbook(source, layout, places, nulls)
    if source.kind == "json":
        return _json(source, layout, places, nulls)
    if source.kind == "parquet":
        return _parquet(source, places, nulls)
    return _sections(source, layout, places, nulls)


class _Block:
    """Records on their way into a frame."""

    def __init__(self, places: Sequence[int], nulls: Sequence[str]) -> None:
        self.places = places
        self.nulls = nulls
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        self.shared = 0
        self.findings: list[Finding] = []
        self.broken: list[Broken] = []
        self.skipped = self.blank = self.continued = 0

    def between(self, lines: int, blank: bool) -> None:
        """Lines on which no record begins."""
        if blank:
            self.blank += lines
        else:
            self.continued += lines

    @property
    def full(self) -> bool:
        """Whether it is time for another one."""
        return len(self.rows) + len(self.broken) >= _BLOCK

    def take(self) -> Records:
        """What has been collected; the block is empty again."""
        columns = [
            pl.Series(name_of(place), [row[number] or None for _, row in self.rows], dtype=pl.String)
            for number, place in enumerate(self.places)
        ]
        lines = pl.Series("line", [line for line, _ in self.rows], dtype=pl.Int64)
        numbers = pl.Series("record", self.numbers, dtype=pl.Int64)
        numbered = [numbers] if self.numbers and (numbers != lines).any() else []
        frame = cleaned(pl.DataFrame([*columns, lines, *numbered]), self.nulls)
        records = len(self.rows) + len(self.broken) + self.skipped
        made = Records(
            frame,
            tuple(self.broken),
            self.skipped,
            records + self.blank + self.continued - self.shared,
            0,
            blank=self.blank,
            continued=self.continued,
            shared=self.shared,
            findings=merged(self.findings),
        )
        self.rows, self.broken, self.numbers, self.findings = [], [], [], []
        self.skipped = self.blank = self.continued = self.shared = 0
        return made


# -- workbooks --------------------------------------------------------------------------------------------------------


def _workbook(source: Source, layout: Layout, places: Sequence[int], nulls: Sequence[str]) -> Iterator[Records]:
    footer = [re.compile(pattern, re.IGNORECASE) for pattern in layout.profile.file.footer]
    heading = tuple(cell.strip() for cell in layout.headings)
    block = _Block(places, nulls)
    waiting: deque[Row] = deque()
    for number, row in enumerate(Workbook(source.content(), source.shown).rows(source.sheet or "")):
        empty = not any(cell.strip() for cell in row)
        if number < layout.heading_line:
            block.blank, block.skipped = block.blank + empty, block.skipped + (not empty)
        elif number < layout.data_line:
            block.continued += 1
        else:
            waiting.append((number + 1, () if empty else row))
        if number >= layout.data_line:
            block.findings += _of_cells(source, layout, places, number + 1, row)
        if len(waiting) > _FOOTER_ROWS:
            _put(block, waiting.popleft(), heading)
        if block.full:
            yield block.take()
    end = _footer(list(waiting), footer)
    for at, kept in enumerate(waiting):
        if at < end or not kept[1]:
            _put(block, kept, heading)
        else:
            block.skipped += 1
    yield block.take()


def _of_cells(
    source: Source, layout: Layout, places: Sequence[int], line: int, row: Sequence[str]
) -> Iterator[Finding]:
    """What is to be said of the cells of a row that are read."""
    for place in places:
        cell = row[place] if place < len(row) else ""
        if cell is NOT_CALCULATED or type(cell) is Repeated:
            code = UNCALCULATED if cell is NOT_CALCULATED else MERGED
            touched = _touched(layout, place)
            yield Finding(code, source.shown, layout.headings[place].strip(), line=line, columns=touched)


def _touched(layout: Layout, place: int) -> tuple[str, ...]:
    """The canonical columns that are read from a position of the file."""
    found = (
        f"{table}.{column}"
        for table, templates in layout.profile.tables.items()
        for rows in templates
        for column, rules in rows.rules.items()
        for rule in rules
        for name in (*rule.from_, *rule.join, *rule.between, *rule.plus, *rule.minus)
        if layout.positions.get(normalise(name)) == place
    )
    return tuple(dict.fromkeys(found))


def _put(block: _Block, row: Row, heading: Sequence[str]) -> None:
    line, texts = row
    if not texts:
        block.blank += 1
    elif tuple(text.strip() for text in texts) == heading:
        block.skipped += 1
    else:
        block.rows.append((line, [texts[place] if place < len(texts) else "" for place in block.places]))


def _footer(rows: Sequence[Row], patterns: Sequence[re.Pattern[str]]) -> int:
    """Where the lines after the data begin: at one that fits a pattern, if from there on no row has a second cell."""
    end = len(rows)
    if not patterns:
        return end
    for at in range(len(rows) - 1, -1, -1):
        filled = [text.strip() for text in rows[at][1] if text.strip()]
        if len(filled) > 1:
            break
        if filled and any(pattern.match(filled[0]) for pattern in patterns):
            end = at
    return end


# -- JSON and Parquet -------------------------------------------------------------------------------------------------


def _json(source: Source, layout: Layout, places: Sequence[int], nulls: Sequence[str]) -> Iterator[Records]:
    names = [layout.headings[place] for place in places]
    block = _Block(places, nulls)
    last = 0
    with source.open() as stream:
        by_lines, every, tally = json_records.opened(stream, source.shown, layout.profile.file.each)
        for item in every:
            block.shared += item.line == last
            block.between(max(0, item.line - last - 1), by_lines)
            last = item.line
            if item.twice:
                block.findings.append(Finding(NAMED_TWICE, source.shown, item.twice, line=item.line))
            if item.broken is not None:
                block.broken.append(Broken(item.line, item.broken))
            else:
                block.rows.append((item.line, [item.cells.get(name, "") for name in names]))
                block.numbers.append(item.number)
            if block.full:
                yield block.take()
        block.between(max(0, tally.lines - last), by_lines)
    yield block.take()


def _parquet(source: Source, places: Sequence[int], nulls: Sequence[str]) -> Iterator[Records]:
    for frame in parquet_cells.blocks(source.parquet(), source.shown, places):
        yield Records(cleaned(frame, nulls), (), 0, frame.height, 0)


# -- reports of blocks ------------------------------------------------------------------------------------------------


def text_lines(source: Source, encoding: str | None) -> list[str]:
    """All lines of a text. Raises InputError where it is not in the encoding its profile declares, or no text."""
    try:
        text = decode(source.content(), encoding).utf8.decode("utf-8")
    except NotText as what:
        message = f"this is {what}, not the text of an export."
        raise InputError(unreadable(message, Place(source.shown), "Export it again.")) from None
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] else lines


def _sections(source: Source, layout: Layout, places: Sequence[int], nulls: Sequence[str]) -> Iterator[Records]:
    profile = layout.profile
    assert profile.file.sections is not None
    lines = text_lines(source, profile.file.encoding)
    table = flat(lines, layout.delimiter, profile.file.sections, profile.asked)
    assert table is not None
    block = _Block(places, nulls)
    for record in table.records:
        if record.broken is not None:
            block.broken.append(Broken(record.line, record.broken))
        else:
            block.rows.append((record.line, [record.cells[place] for place in places]))
    block.skipped, block.blank, block.continued = table.skipped, table.blank, table.more + 1
    yield block.take()
