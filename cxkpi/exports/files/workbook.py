"""Excel workbooks (.xlsx): which sheets they have, and the cells of a sheet as the text a CSV export would hold.

python-calamine reads the cells. What it does not tell is read from the workbook's own parts: which cells hold errors,
how large a sheet is before memory is taken for it, and from which day dates are counted.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import unescape
from itertools import chain
from math import isfinite
from typing import TypeAlias
from xml.parsers import expat

import python_calamine as calamine

from cxkpi.errors import InputError, Place
from cxkpi.exports.files.archives import printable
from cxkpi.exports.files.faults import no_panic, unreadable

Cell: TypeAlias = "int | float | str | bool | time | date | datetime | timedelta"

_LARGEST = 4 << 30
_LARGEST_RATIO = 500
_PLAIN_BELOW = 1e25
_MOST_CELLS = 60_000_000
_LOOKED_THROUGH = 400 << 20
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError)
_UNREADABLE = (*_BROKEN_ZIP, RuntimeError, OSError, ValueError)
_DAMAGED = "the workbook is damaged or was cut off."
_TAG = re.compile(rb"<(?:\w+:)?(?:c|row)[\s/>]")
_USUAL_ROW = re.compile(rb'<row r="\d{1,7}"')
_USUAL_CELL = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"')
_REFERENCE = re.compile(r"([A-Za-z]*)(\d*)")
_ERROR = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\st="e")[^>]*\sr="([A-Z]{1,3})(\d{1,7})"[^>]*>(?:(?!</(?:\w+:)?c>).)*?<(?:\w+:)?v>([^<]*)<',
    re.DOTALL,
)
# A formula whose result was never stored: written by a program that does not calculate. An empty text is a result.
_FORMULA = rb'[^>]*?\sr="([A-Z]{1,3})(\d{1,7})"[^>]*><(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)'
_NO_RESULT = re.compile(rb"<(?:\w+:)?c\b" + _FORMULA + rb"\s*</(?:\w+:)?c>")
_EMPTY_RESULT = re.compile(
    rb'<(?:\w+:)?c\b(?![^>]*\st="str")' + _FORMULA + rb"<(?:\w+:)?v(?:\s*/>|>\s*</(?:\w+:)?v>)\s*</(?:\w+:)?c>"
)
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_SHEET = re.compile(r"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(r"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(r'([\w:]+)\s*=\s*"([^"]*)"')
_FIRST_DAY, _FIRST_DAY_1904 = datetime(1899, 12, 31), datetime(1904, 1, 1)


class _NotCalculated(str):
    """An empty text of its own; see ``NOT_CALCULATED``."""

    __slots__ = ()


NOT_CALCULATED = _NotCalculated()
"""In the place of a cell with a formula whose result was not saved."""


class Repeated(str):
    """What the first cell of several merged ones holds, in the place of one below it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of cells. ``hidden``: the workbook does not show it."""

    name: str
    hidden: bool
    empty: bool


class Workbook:
    """An open workbook. Raises InputError (I103) where the bytes are none, are encrypted, or become too large."""

    def __init__(self, content: bytes, shown: str) -> None:
        self._content = content
        self._shown = shown
        self._parts = self._named_parts()
        try:
            with no_panic():
                self._book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        except calamine.PasswordError:
            raise self._refused("it is protected by a password.", "Save it without one.") from None
        except (calamine.CalamineError, OSError, ValueError) as error:
            raise self._refused(_DAMAGED, "Save it again from Excel.") from error

    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets that can hold cells, in the workbook's order; charts and macros are left out."""
        found = []
        for sheet in self._book.sheets_metadata:
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet:
                hidden = sheet.visible != calamine.SheetVisibleEnum.Visible
                found.append(Sheet(sheet.name, hidden, not self._holds_cells(sheet.name)))
        return tuple(found)

    def rows(self, name: str) -> Iterator[tuple[str, ...]]:
        """The rows of a sheet from its first, as text; empty rows are empty tuples.

        A cell may be ``NOT_CALCULATED``. Of cells that were merged over several rows each of the first column holds
        what is shown, the lower ones as ``Repeated``.
        """
        xml = self._xml(name)
        self._check_size(xml)
        errors = _errors(xml)
        merged = _merged(xml)
        shown: dict[int, str] = {}
        del xml
        try:
            with no_panic():
                sheet = self._book.get_sheet_by_name(name)
                if sheet.start is None:
                    return
                first = sheet.start[1]
                for number, row in enumerate(sheet.iter_rows()):
                    texts = [as_text(cell, self._since) for cell in row]
                    for at, text in errors.get(number, {}).items():
                        if 0 <= at - first < len(texts):
                            texts[at - first] = text
                    for at, goes_on in merged.get(number, {}).items():
                        if not 0 <= at - first < len(texts):
                            continue
                        if not goes_on:
                            shown[at] = texts[at - first]
                        elif not texts[at - first] and shown.get(at):
                            texts[at - first] = Repeated(shown[at])
                    yield tuple(texts) if any(text or text is NOT_CALCULATED for text in texts) else ()
        except (calamine.CalamineError, OSError, ValueError, OverflowError) as error:
            message = f"the sheet '{printable(name)}' cannot be read."
            raise self._refused(message, "Save it again from Excel.") from error

    # -- what is looked up in the parts -------------------------------------------------------------------------------

    def _named_parts(self) -> Mapping[str, str]:
        """Sheet name -> the part of the archive that holds its cells."""
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                total = sum(info.file_size for info in archive.infolist())
                if total > _LARGEST or total > _LARGEST_RATIO * len(self._content) + (64 << 20):
                    message = f"the workbook becomes {total / 2**30:.1f} GB when it is unpacked."
                    raise self._refused(message, "Export the data as CSV.")
                if any(info.flag_bits & 0x1 for info in archive.infolist()):
                    raise self._refused("it is encrypted.", "Save it without a password.")
                book = archive.read("xl/workbook.xml").decode("utf-8", errors="replace")
                relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", errors="replace")
        except _UNREADABLE as error:
            raise self._refused(_DAMAGED, "Save it again from Excel.") from error
        self._since = _FIRST_DAY_1904 if re.search(r'date1904\s*=\s*"(1|true)"', book) else _FIRST_DAY
        targets = {}
        for tag in _RELATION.findall(relations):
            relation = dict(_ATTRIBUTE.findall(tag))
            target = relation.get("Target", "")
            inside = target.removeprefix("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[relation.get("Id", "")] = inside
        parts = {}
        for tag in _SHEET.findall(book):
            sheet = {key.rpartition(":")[2]: unescape(value) for key, value in _ATTRIBUTE.findall(tag)}
            parts[sheet.get("name", "")] = targets.get(sheet.get("id", ""), "")
        return parts

    def _xml(self, name: str) -> bytes:
        """The part of a sheet; nothing where it is not found or too large to be looked through as well."""
        part = self._parts.get(name, "")
        try:
            with zipfile.ZipFile(io.BytesIO(self._content)) as archive:
                if archive.getinfo(part).file_size > _LOOKED_THROUGH:
                    return b""
                return archive.read(part)
        except _UNREADABLE:
            return b""

    def _holds_cells(self, name: str) -> bool:
        if name not in self._parts:
            return True
        xml = self._xml(name)
        return not xml or re.search(rb"<(?:\w+:)?(?:v|is)[ >]", xml) is not None

    def _check_size(self, xml: bytes) -> None:
        """One cell far out makes a sheet of billions of cells, all of which would be held in memory."""
        if not xml:
            return
        try:
            rows, columns = _extent(xml)
        except ValueError as error:
            raise self._refused(_DAMAGED, "Save it again from Excel.") from error
        if rows * columns > _MOST_CELLS:
            message = f"a sheet reaches over {rows:,} rows and {columns:,} columns."
            hint = "Delete the stray cells far below or to the right of the data, or export as CSV."
            raise self._refused(message, hint)

    def _refused(self, message: str, hint: str) -> InputError:
        return InputError(unreadable(message, Place(self._shown), hint))


def is_workbook(content: bytes) -> bool:
    """Whether a zip archive is an .xlsx workbook."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False


def as_text(cell: Cell, first_day: datetime = _FIRST_DAY) -> str:
    """A cell's value as text: whole numbers without a point, instants and dates as ISO 8601, durations as H:MM:SS.

    ``first_day``: midnight before day 1. Excel shows a duration of more than a day as a time of that era, unless its
    format says ``[h]``.
    """
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return _number(cell)
    if isinstance(cell, datetime):
        if cell - first_day < timedelta(days=60) and cell.time() != time():
            return clock(cell - first_day)
        fraction = f".{round(cell.microsecond / 1000):03d}" if 500 <= cell.microsecond < 999_500 else ""
        return f"{cell:%Y-%m-%d %H:%M:%S}{fraction}" if cell.year >= 1000 else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return clock(datetime.combine(date.min, cell) - datetime.min)
    return clock(cell)


def clock(span: timedelta) -> str:
    """A span as ``H:MM:SS``, with thousandths where there are any; hours run past 24."""
    sign = "-" if span < timedelta(0) else ""
    thousandths = round(abs(span) / timedelta(milliseconds=1))
    seconds, rest = divmod(thousandths, 1000)
    fraction = f".{rest:03d}" if rest else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"


def _number(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if not isfinite(value) or abs(value) >= _PLAIN_BELOW:
        return repr(value)
    # Fifteen digits are what Excel keeps and shows; more would be the noise of the binary fraction.
    return format(Decimal(f"{value:.15g}"), "f").removesuffix(".0")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _extent(xml: bytes) -> tuple[int, int]:
    """How many rows and columns the cells of a sheet reach over, by where they say they are."""
    cells = _USUAL_CELL.findall(xml)
    if len(cells) + len(_USUAL_ROW.findall(xml)) == len(_TAG.findall(xml)) == xml.count(b' r="'):
        rows = max((int(number) for number in {number for _, number in cells}), default=0)
        return rows, max((_column(letters) + 1 for letters in {letters for letters, _ in cells}), default=0)
    return _careful_extent(xml)


def _careful_extent(xml: bytes) -> tuple[int, int]:
    """The same by an XML parser, for sheets that are written in an unusual way. Raises ValueError for broken XML."""
    rows = columns = row = column = 0

    def begins(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal rows, columns, row, column
        kind = name.rpartition(":")[2]
        if kind == "row":
            number = attributes.get("r", "")
            row, column = (int(number[:18]) if number.isdecimal() else row + 1), 0
        elif kind == "c":
            reference = _REFERENCE.match(attributes.get("r", ""))
            letters, number = reference.groups() if reference else ("", "")
            column = _column(letters[:12].encode()) + 1 if letters else column + 1
            rows, columns = max(rows, row, int(number[:18] or 0)), max(columns, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begins
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return rows, columns


def _errors(xml: bytes) -> Mapping[int, Mapping[int, str]]:
    """Row -> column -> the error a cell shows, counted from 0, or ``NOT_CALCULATED``."""
    found: dict[int, dict[int, str]] = {}
    if b"<f" in xml:
        for letters, number in chain(_NO_RESULT.findall(xml), _EMPTY_RESULT.findall(xml)):
            found.setdefault(int(number) - 1, {})[_column(letters)] = NOT_CALCULATED
    if b't="e"' not in xml:
        return found
    for letters, number, text in _ERROR.findall(xml):
        found.setdefault(int(number) - 1, {})[_column(letters)] = unescape(text.decode("utf-8", errors="replace"))
    return found


def _merged(xml: bytes) -> Mapping[int, Mapping[int, bool]]:
    """Row -> first column of cells that are merged over several rows, from 0 -> whether they began above."""
    found: dict[int, dict[int, bool]] = {}
    if b"mergeCell" not in xml:
        return found
    cells = 0
    for left, top, _, bottom in _MERGED.findall(xml):
        rows = range(int(top) - 1, int(bottom))
        cells += len(rows)
        if len(rows) > 1 and cells <= _MOST_CELLS // 60:
            for row in rows:
                found.setdefault(row, {})[_column(left)] = row >= int(top)
    return found
