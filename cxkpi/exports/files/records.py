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
from dataclasses import dataclass, replace
from typing import NamedTuple

import polars as pl

from cxkpi.exports.files.reading import in_pieces
from cxkpi.exports.findings import Finding
from cxkpi.exports.values.cells import cleaned

_FOOTER_LINES = 60
_LONGEST_RECORD = 500
_TELLING_WIDTH = 4
# White space as ``strip_chars`` means it: what is in ASCII, and the rest.
_MARK = "\ufeff".encode()
_LINE_END, _SPACE = b"\n "
_BEYOND_WESTERN = 0xC4
"""The first byte of U+0100 in UTF-8; those of all that is above are larger."""
_ASCII = bytes(range(128))
_RARE_BLANKS = (b"\t", b"\x0b", b"\x0c")
_WESTERN_BLANKS = (b"\xc2\x85", b"\xc2\xa0")
"""The two blanks that Latin-1 has beyond ASCII."""
_ERROR = b"#"
_SOUGHT = {_MARK[:1]: (_MARK,), _WESTERN_BLANKS[0][:1]: _WESTERN_BLANKS}
"""What begins with a byte, which alone is found twenty times as fast."""
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
    lines, of which ``blank`` hold nothing and ``continued`` are no record of their own: the headings, and lines that go
    on with a record from above. ``repaired``: records with stray quotes that could still be split. ``shared``: records
    that stand on the line of another one; then ``cells`` also has ``record``: a number of each, see ``numbering``.
    """

    cells: pl.DataFrame
    broken: tuple[Broken, ...]
    skipped: int
    lines: int
    repaired: int
    blank: int = 0
    continued: int = 0
    shared: int = 0
    findings: tuple[Finding, ...] = ()
    errors: bool = True
    """Whether some cell may hold an error of a spreadsheet, which begins with a sign that other cells hardly have."""


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
    """Split a whole file into records; the parameters are those of ``Splitter``."""
    splitter = Splitter(
        heading_line=heading_line,
        data_line=data_line,
        delimiter=delimiter,
        width=width,
        wanted=wanted,
        footer=footer,
        nulls=nulls,
    )
    return splitter.split(utf8, last=True)


class Splitter:
    """Splits the blocks of one file into records, in their order; see the module.

    What cannot be decided before the next block is seen (an open quote, the lines that may be a footer) is carried over
    to it, so that where the blocks are cut changes nothing.

    ``heading_line`` and ``data_line`` count from 0. ``wanted``: the positions to keep. ``footer``: patterns of the
    first line after the data. ``nulls``: words that stand for an empty cell. ``more_headings``: records below the
    headings, and above ``data_line``, that are no data. ``ragged``: a record may have fewer cells
    than there are headings, and more, which are ignored.
    """

    def __init__(
        self,
        *,
        heading_line: int,
        data_line: int,
        delimiter: str,
        width: int,
        wanted: Sequence[int],
        footer: Sequence[str] = (),
        nulls: Sequence[str] = (),
        more_headings: int = 0,
        ragged: bool = False,
    ) -> None:
        self.heading_line = heading_line
        self.data_line = data_line
        self.delimiter = delimiter
        self.width = width
        self.wanted = sorted(set(wanted))
        self.footer = footer
        self.nulls = nulls
        self.more_headings = more_headings
        self.ragged = ragged
        self._heading: str | None = None
        self._begun = False
        self._carried = b""
        self._line = 0
        self._last_filled = True

    def split(self, text: bytes, *, last: bool, following: bytes = b"") -> Records:
        """The records that end in this block or before; ``text`` ends with a line unless it is the ``last``.

        ``following``: what comes behind it, as far as that is known; where it has lines enough for a footer, none of
        these lines can belong to it.
        """
        text = self._carried + text if self._carried else text
        self._carried = b""
        skipped = blank = continued = lines = 0
        if not self._begun:
            if not last and text.count(b"\n") <= self.data_line:
                self._carried = text
                return self._none()
            self._begun = True
            head, text = _first_lines(text, self.data_line)
            lines = head.len()
            above = head.head(self.heading_line)
            skipped = _filled(above)
            blank = above.len() - skipped
            continued = lines - above.len() - self.more_headings
            skipped += self.more_headings
            if self.data_line > self.heading_line and lines > self.heading_line:
                self._heading = head[self.heading_line]
            self._line = lines
        footed = bool(self.footer) and not last and not _has_lines(following, _FOOTER_LINES)
        found = self._plain(text, last, footed) or self._careful(text, last, footed)
        self._line += found.lines
        return replace(
            found,
            skipped=found.skipped + skipped,
            lines=found.lines + lines,
            blank=found.blank + blank,
            continued=found.continued + continued,
        )

    def _none(self) -> Records:
        schema = {**{name_of(position): pl.String() for position in self.wanted}, "line": pl.Int64()}
        return Records(pl.DataFrame(schema=schema), (), 0, 0, 0)

    # -- all lines alike ----------------------------------------------------------------------------------------------

    def _plain(self, text: bytes, last: bool, footed: bool = False) -> Records | None:
        """The records of a block in which every line is an ordinary one without quotes; None if it may not be so.

        ``footed``: a footer may begin in it.
        """
        if self.width == 1 or self.ragged or not self.wanted or b'"' in text:
            return None
        if self.footer and last:
            return None
        carried = b""
        if footed:
            text, carried = _without_last_lines(text, _FOOTER_LINES)
        apart = self.delimiter.encode()
        if not text:
            return None
        if not text.endswith(b"\n") and text[text.rfind(b"\n") + 1 :].count(apart) != self.width - 1:
            # Polars does not see an empty cell too many where the text ends without a line end.
            return None
        counted = _counted(text, apart)
        rows = counted.ends + (not text.endswith(b"\n"))
        if {b"\r", _MARK} & counted.signs or counted.delimiters != rows * (self.width - 1):
            return None
        parsed = self._parsed_plainly(text)
        if parsed is None or parsed.height != rows:
            return None
        if _hollow(parsed) or parsed.select(self._headings_again()).item():
            return None
        western = counted.largest < _BEYOND_WESTERN and not counted.signs.intersection(_WESTERN_BLANKS)
        spaced = parsed.columns
        if western and not counted.signs.intersection(_RARE_BLANKS) - {apart}:
            spaced = _spaced(parsed) if counted.spaces else []
        cells = cleaned(parsed, self.nulls, trimmed=spaced, formulas=False, quotes=False, ascii=western)
        if spaced and _hollow(cells):
            return None
        first = self._line + 1
        cells = cells.with_columns(pl.int_range(first, first + rows, dtype=pl.Int64).alias("line"))
        self._carried = carried
        return Records(cells, (), 0, rows, 0, errors=_ERROR in counted.signs)

    def _parsed_plainly(self, text: bytes) -> pl.DataFrame | None:
        """The wanted cells, if every line has as many cells as there are headings.

        The delimiters of all lines together are right in number, so that no line has too many unless one has too few.
        Polars reads both without a word where it reads only some columns; a short line leaves the last one empty. Where
        that column has empty cells all are read, since Polars then refuses a line with too many.
        """
        last = name_of(self.width - 1)
        names = [name_of(position) for position in self.wanted]
        try:
            if self._last_filled:
                positions = sorted({*self.wanted, self.width - 1})
                parsed = _read_csv(text, self.delimiter, self.width, positions, quotes=False)
                if len(positions) == self.width or not parsed[last].has_nulls():
                    return parsed.select(names)
                self._last_filled = False
            return _read_csv(text, self.delimiter, self.width, range(self.width), quotes=False).select(names)
        except pl.exceptions.PolarsError:
            return None

    def _headings_again(self) -> pl.Expr:
        """Whether some record has the cell of the headings in the first of the columns wanted."""
        if self._heading is None:
            return pl.lit(False).alias("again")
        cells = self._heading.split(self.delimiter)
        position = self.wanted[0]
        if position >= len(cells):
            return pl.lit(True).alias("again")
        return (pl.col(name_of(position)) == cells[position]).any().alias("again")

    # -- line by line -------------------------------------------------------------------------------------------------

    def _careful(self, text: bytes, last: bool, footed: bool = False) -> Records:
        """The records of a block, whatever it holds; ``footed``: as in ``_plain``."""
        delimiter, width = self.delimiter, self.width
        every = _lines(text)
        total = every.len()
        end = _data_end(every, 0, self.footer, delimiter, width) if last else total
        below = every.slice(end)
        skipped = _filled(below)
        blanks = below.len() - skipped
        lines = every.slice(0, end)
        looks = _looks(lines, delimiter)
        counts, quoted = looks["delimiters"], looks["quoted"]
        any_quotes = bool(quoted.any())
        malformed = quoted & False
        odd: list[int] = []
        if any_quotes:
            counts, malformed = _quoted_counts(lines, counts, quoted, delimiter)
            odd = _odd(lines, quoted)
        slow = _Slow(lines, counts, delimiter, width, self.ragged)
        until = max(0, total - _FOOTER_LINES) if footed else end
        taken, cut = slow.across_lines(odd, until, last)
        if cut < total and not last:
            self._carried = _last_lines(text, total - cut)
            text = text[: len(text) - len(self._carried)]
            lines, looks = lines.head(cut), looks.head(cut)
            counts, malformed = counts.head(cut), malformed.head(cut)
            total = end = cut
        blank = ~looks["filled"]
        hollow = ~looks["solid"] & ~blank if width > 1 else blank & False
        western = _is_western(text)
        if self._heading is not None:
            # Exports put one behind the other with their headings.
            again = lines if western else lines.str.strip_prefix(_MARK.decode())
            hollow = hollow | ((again == self._heading) & ~blank)
        spaces = bool(looks["spaced"].any()) or (not western and _wide_blanks(lines))
        irregular = malformed if self.ragged else (counts != width - 1) | malformed
        if taken:
            inside = pl.Series(taken, dtype=pl.UInt32)
            within = pl.Series(range(lines.len()), dtype=pl.UInt32).is_in(inside.implode())
            irregular, blank, hollow = irregular & ~within, blank & ~within, hollow & ~within
            regular = ~(irregular | blank | hollow | within)
        else:
            regular = ~(irregular | blank | hollow)
        for index in (irregular & ~blank & ~hollow).arg_true().to_list():
            slow.single(index)
        whole = text if end == total and regular.all() else None
        widest = max(width, int(counts.max() or 0) + 1) if self.ragged else width  # type: ignore[arg-type]
        parsed = _parse(lines, regular, delimiter, widest, self.wanted, any_quotes, whole)
        first = self._line + 1
        numbers = regular.arg_true().cast(pl.Int64) + first
        # Cleaned here, so that the raw text of a large file is gone before its columns are cast.
        edges = (name_of(0), name_of(width - 1))
        trimmed = parsed.columns if spaces or self.ragged else [name for name in edges if name in parsed.columns]
        formulas = any_quotes and b'="' in text
        cells = cleaned(parsed, self.nulls, trimmed=trimmed, formulas=formulas, quotes=any_quotes, ascii=western)
        cells = cells.with_columns(numbers.alias("line"))
        del parsed
        if slow.records:
            columns = {name_of(p): [row[p] or None for _, row in slow.records] for p in self.wanted}
            schema = dict.fromkeys(columns, pl.String)
            extra = pl.DataFrame(columns, schema=schema).with_columns(
                pl.Series("line", [index + first for index, _ in slow.records], dtype=pl.Int64)
            )
            cells = pl.concat([cells, cleaned(extra, self.nulls)]).sort("line")
        broken = tuple(Broken(index + first, reason) for index, reason in sorted(slow.broken))
        return Records(
            cells=cells,
            broken=broken,
            skipped=skipped + int(hollow.sum()),
            lines=total,
            repaired=slow.repaired,
            blank=blanks + int(blank.sum()),
            continued=slow.continued,
        )


def _lines(text: bytes) -> pl.Series:
    """Lines of text without their ends."""
    if not text:
        return pl.Series("text", [], dtype=pl.String)
    every = pl.read_lines(io.BytesIO(text), name="text", row_index_name="index")
    if not every["index"].is_sorted():
        every = every.sort("index")
    return every["text"].fill_null("")


def _first_lines(text: bytes, count: int) -> tuple[pl.Series, bytes]:
    """The first lines, and the text below them."""
    at = 0
    for _ in range(count):
        found = text.find(b"\n", at)
        if found < 0:
            at = len(text)
            break
        at = found + 1
    return _lines(text[:at]), text[at:] if at else text


def _has_lines(text: bytes, count: int) -> bool:
    """Whether a text has so many line ends."""
    at = -1
    return all((at := text.find(b"\n", at + 1)) >= 0 for _ in range(count))


def _last_lines(text: bytes, count: int) -> bytes:
    """The last lines of a text that ends with one."""
    return _without_last_lines(text, count)[1]


def _without_last_lines(text: bytes, count: int) -> tuple[bytes, bytes]:
    """A text that ends with a line, cut above its last lines; all of it if there are no more."""
    at = len(text)
    for _ in range(count):
        at = text.rfind(b"\n", 0, at - 1) + 1
        if not at:
            break
    return text[:at], text[at:]


def _read_csv(text: bytes, delimiter: str, width: int, positions: Sequence[int], *, quotes: bool) -> pl.DataFrame:
    """The cells of a text in which every line has no more cells than ``width``, in the order of the lines."""
    parsed = pl.read_csv(
        text,
        has_header=False,
        separator=delimiter,
        quote_char='"' if quotes else None,
        schema={name_of(position): pl.String for position in range(width)},
        columns=list(positions),
        row_index_name="index",
        missing_columns="insert",
    )
    if not parsed["index"].is_sorted():
        parsed = parsed.sort("index")
    return parsed.drop("index")


def _hollow(cells: pl.DataFrame) -> bool:
    """Whether some record has nothing in any cell."""
    if any(not column.null_count() for column in cells.iter_columns()):
        return False
    return bool(cells.select(pl.all_horizontal(pl.all().is_null()).any()).item())


def _is_western(text: bytes) -> bool:
    """Whether there is nothing beyond Latin-1 and no blank beyond ASCII: all letters are single characters then."""
    return text.isascii() or _all_western(text.translate(None, _ASCII))


def _all_western(beyond: bytes) -> bool:
    """The same of the bytes beyond ASCII alone."""
    return not beyond or (max(beyond) < _BEYOND_WESTERN and not _western_blanks(beyond))


def _western_blanks(text: bytes) -> bool:
    """Whether there is one of the ``_WESTERN_BLANKS``."""
    return _WESTERN_BLANKS[0][:1] in text and any(blank in text for blank in _WESTERN_BLANKS)


class _Counted(NamedTuple):
    """What stands in a text without quotes.

    ``ends`` of lines, ``delimiters``, the ``largest`` byte; ``spaces``: whether one stands where a cell begins or ends;
    ``signs``: which there are of those that ask for a closer look.
    """

    ends: int
    delimiters: int
    largest: int
    spaces: bool
    signs: frozenset[bytes]


def _counted(text: bytes, apart: bytes) -> _Counted:
    ends = delimiters = largest = 0
    spaces = False
    signs: set[bytes] = set()
    # By pieces, which a processor has at hand for one look after the other.
    for piece in in_pieces(text):
        # As numbers bytes are counted ten times as fast as by their own methods, and other threads can go on meanwhile.
        every = pl.Series([piece], dtype=pl.Binary).cast(pl.List(pl.UInt8))[0]
        end, delimiter, space = every == _LINE_END, every == apart[0], every == _SPACE
        ended, highest = int(end.sum()), int(every.max())
        ends += ended
        delimiters += int(delimiter.sum())
        largest = max(largest, highest)
        sought = {_ERROR}
        if int((every < _SPACE).sum()) > ended:
            sought.update((b"\r", *_RARE_BLANKS))
        for first, several in _SOUGHT.items():
            if first[0] <= highest and first in piece:
                sought.update(several)
        signs.update(sign for sign in sought if sign not in signs and sign in piece)
        edge = end | delimiter
        spaces = spaces or bool(space[0]) or bool(space[-1])
        spaces = spaces or bool((space.slice(1) & edge.slice(0, edge.len() - 1)).any())
        spaces = spaces or bool((edge.slice(1) & space.slice(0, space.len() - 1)).any())
    return _Counted(ends, delimiters, largest, spaces, frozenset(signs))


def _spaced(cells: pl.DataFrame) -> list[str]:
    """The columns in which some cell begins or ends with a blank."""
    edges = cells.select(((pl.all() < "!") | pl.all().str.ends_with(" ")).any())
    return [name for name, found in zip(edges.columns, edges.row(0), strict=True) if found]


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


def _parse(
    lines: pl.Series,
    regular: pl.Series,
    delimiter: str,
    width: int,
    wanted: Sequence[int],
    quotes: bool,
    whole: bytes | None,
) -> pl.DataFrame:
    """The cells of the regular lines; ``whole``: the text, where all lines are."""
    names = [name_of(position) for position in wanted]
    count = int(regular.sum())
    if not count or not wanted:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String)).clear(count)
    if width == 1 and not quotes:
        return pl.DataFrame({names[0]: lines.filter(regular)})
    if whole is None:
        buffer = io.BytesIO()
        lines.filter(regular).to_frame("text").write_csv(buffer, include_header=False, quote_style="never")
        whole = buffer.getvalue()
        del buffer
    parsed = _read_csv(whole, delimiter, width, wanted, quotes=quotes)
    if parsed.height != count:
        raise RuntimeError(f"{count} lines became {parsed.height} records")
    return parsed.select(names)


class _Slow:
    """The irregular lines of a file, one at a time."""

    def __init__(self, lines: pl.Series, counts: pl.Series, delimiter: str, width: int, ragged: bool) -> None:
        self.lines = lines
        self.counts = counts
        self.delimiter = delimiter
        self.width = width
        self.ragged = ragged
        self.records: list[tuple[int, list[str]]] = []
        self.broken: list[tuple[int, str]] = []
        self.repaired = 0
        self.continued = 0
        escaped = re.escape(delimiter)
        # Blanks between a quote and the delimiter, which belong to no cell.
        blank = "[ ]" if delimiter == "\t" else r"[ \t]"
        self.spaced = re.compile(f'(?:^|{escaped}){blank}+"|"{blank}+(?:{escaped}|$)')
        quoted = f'{blank}*"(.*?)"{blank}*(?={escaped}|$)'
        self.tolerant = re.compile(f"(?:^|{escaped})(?:{quoted}|([^{escaped}]*))", re.DOTALL)

    def across_lines(self, odd: Sequence[int], until: int, last: bool) -> tuple[list[int], int]:
        """Records that begin on lines with an odd number of quotes, above line ``until``.

        Returns every line they take, and the line with which the next block begins: ``until``, or above it that of a
        record which reaches further, or may do so unless this block is the ``last``.
        """
        taken: list[int] = []
        position = -1
        for index in odd:
            if index <= position:
                continue
            if index >= until:
                break
            position = index
            if self._closed(self.lines[index]):
                self.single(index)
                taken.append(index)
                continue
            at = bisect_left(odd, index + 1)
            end = odd[at] if at < len(odd) else None
            if end is None and not last and self.lines.len() - index <= _LONGEST_RECORD:
                return taken, index
            if end is not None and end - index <= _LONGEST_RECORD:
                if end >= until and not last:
                    return taken, index
                if self._joined(index, end):
                    position = end
                    taken.extend(range(index, end + 1))
                    self.continued += end - index
                    continue
            self.broken.append((index, "a quote is opened and not closed"))
            taken.append(index)
        return taken, until

    def _closed(self, line: str) -> bool:
        try:
            next(csv.reader([line], delimiter=self.delimiter, strict=True), None)
        except csv.Error:
            return False
        return True

    def _joined(self, first: int, last: int) -> bool:
        """Try several lines as one record; False where they look like records of their own."""
        between = self.counts.slice(first + 1, last - first - 1)
        if not self.ragged and self.width >= _TELLING_WIDTH and bool((between == self.width - 1).any()):
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
        spaced = self.spaced.search(line) is not None
        if len(rows) == 1 and not spaced and (self.ragged or len(rows[0]) == self.width):
            self._keep(index, rows[0])
            return
        cells = [bare if quoted is None else quoted.replace('""', '"') for quoted, bare in self._tolerant(line)]
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
        if self.ragged:
            cells = [*cells, *[""] * (self.width - len(cells))][: self.width]
        while len(cells) > self.width and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) == self.width:
            self.records.append((index, cells))
            return
        plural = "cell" if len(cells) == 1 else "cells"
        self.broken.append((index, f"it has {len(cells)} {plural}, the headings {self.width}"))
