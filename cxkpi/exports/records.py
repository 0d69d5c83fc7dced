"""Text lines to records: quoting, line breaks within cells, ragged rows, footers; every line is accounted for.

Ordinary lines (the right number of cells, well-formed quotes) are found with a few whole-column operations and parsed
by Polars. Only the others are looked at one by one. A quote that is opened and never closed costs the record it
stands in, not the rows below it.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from cxkpi.exports.cells import cleaned

_FOOTER_LINES = 60
_LONGEST_RECORD = 500
_TELLING_WIDTH = 4
# White space as ``strip_chars`` means it: what is in ASCII, and the rest.
_BLANKS = r"[\t\x0b\x0c\r ]"
_WIDE_BLANKS = "[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be split into cells: its 1-based line and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Records:
    """``cells``: one row per record, columns ``c0``, ``c1`` … as asked (text) and ``line`` (1-based physical line).

    ``skipped``: records that are no data (preamble, footer, headings again, rows of empty cells). ``lines``: physical
    lines of the file. ``repaired``: records with stray quotes that could still be split.
    """

    cells: pl.DataFrame
    broken: tuple[Broken, ...]
    skipped: int
    lines: int
    repaired: int


def name_of(position: int) -> str:
    """The column of ``Records.cells`` that holds a position of the file."""
    return f"c{position}"


def split(
    utf8: bytes,
    *,
    heading_line: int,
    data_line: int,
    delimiter: str,
    width: int,
    wanted: Sequence[int],
    footer: Sequence[str] = (),
    nulls: Sequence[str] = (),
) -> Records:
    """Split a file into records; see the module.

    ``heading_line`` and ``data_line`` count from 0. ``wanted``: the positions to keep. ``footer``: patterns of the
    first line after the data. ``nulls``: words that stand for an empty cell.
    """
    every = pl.read_lines(io.BytesIO(utf8), name="text", row_index_name="index")
    if not every["index"].is_sorted():
        every = every.sort("index")
    every_line = every["text"].fill_null("")
    total = every_line.len()
    data_line = min(data_line, total)
    end = _data_end(every_line, data_line, footer, delimiter, width)
    skipped = _filled(every_line.slice(0, heading_line)) + _filled(every_line.slice(end))
    if heading_line and every_line[0].strip().strip('"').lower().startswith("sep="):
        skipped -= 1
    lines = every_line.slice(data_line, end - data_line)
    looks = _looks(lines, delimiter)
    blank = ~looks["filled"]
    hollow = ~looks["solid"] & ~blank if width > 1 else blank & False
    if data_line > heading_line and total:
        # Exports put one behind the other with their headings.
        hollow = hollow | ((lines == every_line[heading_line]) & ~blank)
    counts, quoted, spaces = looks["delimiters"], looks["quoted"], bool(looks["spaced"].any())
    spaces = spaces or (not utf8.isascii() and _wide_blanks(lines))
    irregular = counts != width - 1
    any_quotes = bool(quoted.any())
    odd: list[int] = []
    if any_quotes:
        counts, malformed = _quoted_counts(lines, counts, quoted, delimiter)
        irregular = (counts != width - 1) | malformed
        odd = _odd(lines, quoted)
    slow = _Slow(lines, counts, delimiter, width)
    taken = slow.across_lines(odd)
    inside = pl.Series(taken, dtype=pl.UInt32)
    if len(taken):
        within = pl.Series(range(lines.len()), dtype=pl.UInt32).is_in(inside.implode())
        irregular, blank, hollow = irregular & ~within, blank & ~within, hollow & ~within
        regular = ~(irregular | blank | hollow | within)
    else:
        regular = ~(irregular | blank | hollow)
    for index in (irregular & ~blank & ~hollow).arg_true().to_list():
        slow.single(index)
    source = _Source(utf8, data_line) if end == total and regular.all() else None
    parsed = _parse(lines, regular, delimiter, width, sorted(set(wanted)), any_quotes, source)
    first = data_line + 1
    numbers = regular.arg_true().cast(pl.Int64) + first
    # Cleaned here, so that the raw text of a large file is gone before its columns are cast.
    trimmed = (
        parsed.columns if spaces else [name for name in (name_of(0), name_of(width - 1)) if name in parsed.columns]
    )
    cells = cleaned(parsed, nulls, trimmed=trimmed, formulas=any_quotes and b'="' in utf8, quotes=any_quotes)
    cells = cells.with_columns(numbers.alias("line"))
    del parsed
    if slow.records:
        columns = {name_of(p): [row[p] or None for _, row in slow.records] for p in sorted(set(wanted))}
        schema = dict.fromkeys(columns, pl.String)
        extra = pl.DataFrame(columns, schema=schema).with_columns(
            pl.Series("line", [index + first for index, _ in slow.records], dtype=pl.Int64)
        )
        cells = pl.concat([cells, cleaned(extra, nulls)]).sort("line")
    broken = tuple(Broken(index + first, reason) for index, reason in sorted(slow.broken))
    return Records(cells, broken, skipped + int(hollow.sum()), total, slow.repaired)


def _wide_blanks(lines: pl.Series) -> bool:
    """Whether there is white space beyond ASCII anywhere."""
    other = lines.filter(lines.str.len_bytes() != lines.str.len_chars())
    return bool(other.str.contains(_WIDE_BLANKS).any())


def _looks(lines: pl.Series, delimiter: str) -> pl.DataFrame:
    """What can be seen of every line without splitting it.

    ``delimiters``: how many, those within quotes counted. ``quoted``: there is a quote. ``filled``: not only white
    space; ``solid``: not only empty cells. ``spaced``: a cell may begin or end with a blank of ASCII
    beside a delimiter or quote; the ends of the line are not looked at.
    """
    text = pl.col("text")
    edge = f'["{re.escape(delimiter)}]'
    spaced = text.str.contains(f"{edge}{_BLANKS}|{_BLANKS}{edge}")
    looks = (
        lines.to_frame("text")
        .lazy()
        .select(
            text.str.count_matches(delimiter, literal=True).alias("delimiters"),
            text.str.contains('"', literal=True).alias("quoted"),
            text.str.contains(f'[!-~&&[^{re.escape(delimiter)}"]]').alias("solid"),
            spaced.alias("spaced"),
        )
        .collect()
    )
    filled = solid = looks["solid"]
    if not solid.all():
        filled = lines.str.contains(r"\S")
        solid = lines.str.contains(f'[^{re.escape(delimiter)} "\t]')
    return looks.with_columns(filled.alias("filled"), solid.alias("solid"))


def _filled(lines: pl.Series) -> int:
    return int((lines.str.strip_chars() != "").sum())


def _data_end(lines: pl.Series, start: int, footer: Sequence[str], delimiter: str, width: int) -> int:
    """The first line after the data: one that fits a pattern, is in no cell, and has no record at or below it."""
    total = lines.len()
    if not footer:
        return total
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in footer]
    first = max(start, total - _FOOTER_LINES)
    tail = lines.slice(first).to_list()
    fitting: list[int] = []
    quotes = 0
    for offset, line in enumerate(tail):
        written = line.lstrip(' "\t')
        fits = any(pattern.match(written) for pattern in patterns)
        if _holds_record([line], delimiter, width, fits):
            fitting, quotes = [], 0
            continue
        if fits and quotes % 2 == 0:
            fitting.append(offset)
        quotes += line.count('"')
    return next((first + at for at in fitting if not _holds_record(tail[at:], delimiter, width, True)), total)


def _holds_record(lines: Sequence[str], delimiter: str, width: int, fits: bool) -> bool:
    """Whether some record has a cell for every heading, and not only the first is filled.

    Of a file with one heading every line has; there the first line decides by whether it ``fits`` a pattern.
    """
    if width == 1:
        return not fits and any(line.strip() for line in lines)
    try:
        rows = list(csv.reader([line + "\n" for line in lines], delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return any(len(row) == width and any(cell.strip() for cell in row[1:]) for row in rows)


def _quoted_counts(
    lines: pl.Series, counts: pl.Series, quoted: pl.Series, delimiter: str
) -> tuple[pl.Series, pl.Series]:
    """Delimiters outside quotes, and which lines have quotes that do not stand around a whole cell."""
    escaped = re.escape(delimiter)
    skeleton = lines.filter(quoted).str.replace_all(r'"[^"]*"', "\x01")
    malformed = skeleton.str.contains('"', literal=True) | skeleton.str.contains(
        f"[^{escaped}\x01]\x01|\x01[^{escaped}\x01]"
    )
    at = quoted.arg_true()
    counts = counts.scatter(at, skeleton.str.count_matches(delimiter, literal=True))
    return counts, (quoted & False).scatter(at, malformed)


def _odd(lines: pl.Series, quoted: pl.Series) -> list[int]:
    """Lines with an odd number of quotes: where a cell with a line break begins or ends, or a stray quote stands."""
    numbers = quoted.arg_true()
    odd = lines.filter(quoted).str.count_matches('"', literal=True) % 2 == 1
    return numbers.filter(odd).to_list()


@dataclass(frozen=True, slots=True)
class _Source:
    """A file of which every line from ``data_line`` on is regular."""

    utf8: bytes
    data_line: int


def _parse(
    lines: pl.Series,
    regular: pl.Series,
    delimiter: str,
    width: int,
    wanted: Sequence[int],
    quotes: bool,
    whole: _Source | None,
) -> pl.DataFrame:
    names = [name_of(position) for position in wanted]
    count = int(regular.sum())
    if not count or not wanted:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String)).clear(count)
    if width == 1 and not quotes:
        return pl.DataFrame({names[0]: lines.filter(regular)})
    if whole is None:
        buffer = io.BytesIO()
        lines.filter(regular).to_frame("text").write_csv(buffer, include_header=False, quote_style="never")
        whole = _Source(buffer.getvalue(), 0)
        del buffer
    parsed = pl.read_csv(
        whole.utf8,
        has_header=False,
        skip_lines=whole.data_line,
        separator=delimiter,
        quote_char='"' if quotes else None,
        schema={name_of(position): pl.String for position in range(width)},
        columns=list(wanted),
        row_index_name="index",
    )
    if parsed.height != count:
        raise RuntimeError(f"{count} lines became {parsed.height} records")
    if not parsed["index"].is_sorted():
        parsed = parsed.sort("index")
    return parsed.select(names)


class _Slow:
    """The irregular lines of a file, one at a time."""

    def __init__(self, lines: pl.Series, counts: pl.Series, delimiter: str, width: int) -> None:
        self.lines = lines
        self.counts = counts
        self.delimiter = delimiter
        self.width = width
        self.records: list[tuple[int, list[str]]] = []
        self.broken: list[tuple[int, str]] = []
        self.repaired = 0
        escaped = re.escape(delimiter)
        self.tolerant = re.compile(f'(?:^|{escaped})(?:"(.*?)"(?={escaped}|$)|([^{escaped}]*))', re.DOTALL)

    def across_lines(self, odd: Sequence[int]) -> list[int]:
        """Records that begin on lines with an odd number of quotes; returns every line they take."""
        taken: list[int] = []
        position = -1
        for index in odd:
            if index <= position:
                continue
            position = index
            if self._closed(self.lines[index]):
                self.single(index)
                taken.append(index)
                continue
            at = bisect_left(odd, index + 1)
            last = odd[at] if at < len(odd) else None
            if last is not None and last - index <= _LONGEST_RECORD and self._joined(index, last):
                position = last
                taken.extend(range(index, last + 1))
                continue
            self.broken.append((index, "a quote is opened and not closed"))
            taken.append(index)
        return taken

    def _closed(self, line: str) -> bool:
        try:
            next(csv.reader([line], delimiter=self.delimiter, strict=True), None)
        except csv.Error:
            return False
        return True

    def _joined(self, first: int, last: int) -> bool:
        """Try several lines as one record; False where they look like records of their own."""
        between = self.counts.slice(first + 1, last - first - 1)
        if self.width >= _TELLING_WIDTH and bool((between == self.width - 1).any()):
            return False
        text = "\n".join(self.lines.slice(first, last - first + 1).to_list())
        try:
            rows = list(csv.reader([text], delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        if len(rows) != 1:
            return False
        self._keep(first, rows[0])
        return True

    def single(self, index: int) -> None:
        """One line that Polars would refuse or read wrongly."""
        line = self.lines[index]
        if '"' not in line:
            self._keep(index, line.split(self.delimiter))
            return
        try:
            rows = list(csv.reader([line], delimiter=self.delimiter, strict=True))
        except csv.Error:
            rows = []
        if len(rows) == 1 and len(rows[0]) == self.width:
            self._keep(index, rows[0])
            return
        cells = [quoted if quoted is not None else bare for quoted, bare in self._tolerant(line)]
        if len(cells) == self.width:
            self.repaired += 1
            self._keep(index, cells)
        elif rows:
            self._keep(index, rows[0])
        else:
            self.broken.append((index, "a quote stands in the middle of a cell"))

    def _tolerant(self, line: str) -> list[tuple[str | None, str]]:
        return [(found.group(1), found.group(2) or "") for found in self.tolerant.finditer(line)]

    def _keep(self, index: int, cells: list[str]) -> None:
        while len(cells) > self.width and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) == self.width:
            self.records.append((index, cells))
            return
        plural = "cell" if len(cells) == 1 else "cells"
        self.broken.append((index, f"it has {len(cells)} {plural}, the headings {self.width}"))
