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
from cxkpi.exports.files.workbook import Workbook
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.values.cells import cleaned

_BLOCK = 50_000
_FOOTER_ROWS = 60
Row = tuple[int, Sequence[str]]


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
        self.broken: list[Broken] = []
        self.skipped = self.blank = self.continued = 0

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
        frame = cleaned(pl.DataFrame([*columns, lines]), self.nulls)
        records = len(self.rows) + len(self.broken) + self.skipped
        lines_of_all = records + self.blank + self.continued
        made = Records(
            frame, tuple(self.broken), self.skipped, lines_of_all, 0, blank=self.blank, continued=self.continued
        )
        self.rows, self.broken = [], []
        self.skipped = self.blank = self.continued = 0
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
        by_lines, every = json_records.opened(stream, source.shown, layout.profile.file.each)
        for item in every:
            between = item.line - last - 1
            if by_lines:
                block.blank += between
            else:
                block.continued += between
            last = item.line
            if item.broken is not None:
                block.broken.append(Broken(item.line, item.broken))
            else:
                block.rows.append((item.line, [item.cells.get(name, "") for name in names]))
            if block.full:
                yield block.take()
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
