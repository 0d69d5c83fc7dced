"""One sheet, written from the top down, within what a workbook can hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from cxkpi.reports.delimited import FORMULA, shown
from cxkpi.reports.xlsx.formats import Formats

LONGEST_TEXT = 32_767
LONGEST_NAME = 31
MOST_ROWS = 1_048_576
_CUT = " … (cut here: a cell holds no more)"
# Days before are shown as other days by some programs, or not at all.
_FIRST_DAY = date(1900, 3, 1)
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\'\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
# Names that a workbook keeps for itself.
_RESERVED = frozenset({"history"})


class Sheet:
    """A worksheet. ``at`` is the row to write next, from 0; ``raw`` the sheet of the library."""

    def __init__(self, book: Any, formats: Formats, name: str) -> None:
        self.raw = book.add_worksheet(name)
        self.name = name
        self.formats = formats
        self.at = 0
        self.top = 0
        self._headings: Sequence[str] = ()
        self._cut = False

    def title(self, text: str) -> None:
        """A line in large letters."""
        self.raw.write_string(self.at, 0, fitted(text), self.formats.title)
        self.at += 1

    def line(self, text: str) -> None:
        """A line of text, or an empty one."""
        self.text(0, text)
        self.at += 1

    def heading(self, names: Sequence[str], figures: Collection[str] = ()) -> None:
        """The headings of the table that follows; ``figures`` are those over numbers."""
        self.top, self._headings = self.at, names
        self.raw.set_row(self.at, 30)
        for column, name in enumerate(names):
            right = name in figures
            look = self.formats.heading(right=right, indent=int(column > 0 and not right))
            self.raw.write_string(self.at, column, fitted(name), look)
        self.at += 1

    def full(self) -> bool:
        """Whether the sheet holds no further row; if so, the last one says that some were cut."""
        if self.at < MOST_ROWS - 1:
            return False
        if not self._cut:
            self.raw.write_string(MOST_ROWS - 1, 0, "cut here: a sheet holds no more rows")
            self._cut = True
        return True

    def finish(self, frozen: int = 1) -> None:
        """After the last row of the table: its filters, and headings (and the first columns) that stay in view."""
        self.raw.autofilter(self.top, 0, max(self.at - 1, self.top), len(self._headings) - 1)
        self.raw.freeze_panes(self.top + 1, frozen)
        self.raw.set_landscape()
        self.raw.fit_to_pages(1, 0)
        self.raw.repeat_rows(self.top)

    def widths(self, *widths: int) -> None:
        """How wide the columns are, in characters; the last but one of ``widths`` goes for all in between."""
        last = len(self._headings) - 1
        for column, width in enumerate(widths[:-1]):
            self.raw.set_column(column, column if column < len(widths) - 2 else max(last - 1, column), width)
        self.raw.set_column(last, last, widths[-1])

    def widen(self, name: str, width: int) -> None:
        """Give the last column of that name another width, after :meth:`widths`."""
        column = len(self._headings) - 1 - list(reversed(self._headings)).index(name)
        self.raw.set_column(column, column, width)

    def text(self, column: int, text: str | None, *, wrapped: bool = False) -> None:
        """Text, which stays text; nothing where there is none."""
        if text:
            # Text after a figure would touch it.
            look = self.formats.text(wrapped=wrapped, quoted=text.startswith(FORMULA), indent=int(column > 0))
            self.raw.write_string(self.at, column, fitted(text), look)

    def number(self, column: int, value: float | None, look: Any = None) -> None:
        """A number, or nothing."""
        if value is not None:
            self.raw.write_number(self.at, column, value, look)

    def any(self, column: int, cell: object) -> None:
        """Whatever stands in a tidy table, unformatted; instants are UTC."""
        match cell:
            case None:
                return
            case bool():
                self.raw.write_boolean(self.at, column, cell)
            case int() | float():
                self.raw.write_number(self.at, column, cell)
            case datetime():
                utc = cell if cell.tzinfo is None else cell.astimezone(UTC).replace(tzinfo=None)
                if utc.date() < _FIRST_DAY:
                    self.text(column, utc.isoformat())
                else:
                    self.raw.write_datetime(self.at, column, utc, self.formats.instant)
            case date():
                self.day(column, cell)
            case _:
                self.text(column, str(cell))

    def day(self, column: int, day: date) -> None:
        """A date; as text where a workbook's calendar has none."""
        if day < _FIRST_DAY:
            self.text(column, day.isoformat())
        else:
            self.raw.write_datetime(self.at, column, day, self.formats.day)

    def colour(self, value: str, verdict: str) -> None:
        """Colour the columns ``value`` and ``verdict`` by what the latter says."""
        columns = (self._headings.index(value), self._headings.index(verdict))
        first, last = self.top + 1, max(self.at - 1, self.top + 1)
        for word, look in self.formats.verdicts:
            rule = {"type": "formula", "criteria": f'=${_letter(columns[1])}{first + 1}="{word}"', "format": look}
            self.raw.conditional_format(first, min(columns), last, max(columns), rule)


@lru_cache(maxsize=4096)
def fitted(text: str) -> str:
    """A text as a cell holds it: without control characters, line feeds alone, and cut where it is too long."""
    clean = shown(text).replace("\r\n", "\n").replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    units = clean.encode("utf-8", "backslashreplace").decode("utf-8").encode("utf-16-le")
    if len(units) > 2 * LONGEST_TEXT:
        return units[: 2 * (LONGEST_TEXT - len(_CUT))].decode("utf-16-le", "ignore") + _CUT
    return units.decode("utf-16-le")


def name_of(title: str, taken: Collection[str]) -> str:
    """A name for a sheet that is not among ``taken`` (in lower case) and holds nothing that a name may not."""
    base = _short(_NOT_IN_A_NAME.sub("_", title), LONGEST_NAME).strip() or "_"
    name, number = base, 2
    while name.lower() in taken or name.lower() in _RESERVED:
        tail = f"~{number}"
        name, number = _short(base, LONGEST_NAME - len(tail)) + tail, number + 1
    return name


def _short(text: str, most: int) -> str:
    return text.encode("utf-16-le")[: 2 * most].decode("utf-16-le", "ignore")


def _letter(column: int) -> str:
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
