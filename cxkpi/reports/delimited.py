"""CSV: the fields of ``-f json`` in their order, one row per number, in the columns of :mod:`cxkpi.reports.tidy`.

A range of a target or an alarm is ``a..b``. UTF-8 without byte-order mark, comma, line feed. In the locale ``de``
cells are separated by semicolons and numbers have a decimal comma, without thousands; days and instants stay ISO 8601.

A spreadsheet runs a text cell that starts like a formula. Such a cell, and one that starts with an apostrophe, gets one
leading apostrophe, so taking one away from every cell that starts with one gives the data back. Numbers are left alone.

A terminal obeys control characters, whatever printed them. Each but tab and the line breaks (line feed, carriage return
and line feed) is written as U+FFFD, so that a name that holds one still looks odd; ``-f json`` keeps it, escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal

from cxkpi.reports.json import instant
from cxkpi.reports.tidy import Cell, columns, rows
from cxkpi.result import Reject, Result

_REJECT_COLUMNS = ("path", "line", "column", "value", "reason")
_CONTROL = re.compile("\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a text begins with that a spreadsheet would run, or take a mark away from."""

Locale = Literal["en", "de"]


def render(result: Result, *, locale: Locale = "en") -> str:
    """The rows of a Result as CSV with a heading."""
    return _write(tuple(columns(result)), rows(result), locale)


def render_rejects(rejects: Iterable[Reject]) -> str:
    """Rejected records as CSV: file, physical line, column of the export, value as written, reason."""
    return _write(_REJECT_COLUMNS, ((item.path, item.line, item.column, item.value, item.reason) for item in rejects))


def _write(heading: Sequence[str], rows: Iterable[Sequence[Cell]], locale: Locale = "en") -> str:
    comma = ";" if locale == "de" else ","
    lines = (comma.join(_quoted(_cell(cell, locale), comma) for cell in row) for row in (heading, *rows))
    return "".join(f"{line}\n" for line in lines)


def _quoted(cell: str, comma: str) -> str:
    # Before Python 3.13 csv.writer leaves a lone carriage return unquoted, which readers take for the end of the row.
    return '"' + cell.replace('"', '""') + '"' if any(char in cell for char in f'{comma}"\r\n') else cell


def _cell(cell: Cell, locale: Locale) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case str():
            text = shown(cell)
            return f"'{text}" if text.startswith(FORMULA) else text
        case datetime():
            return instant(cell)
        case date():
            return cell.isoformat()
        case (low, high):
            return f"{_number(low, locale)}..{_number(high, locale)}"
        case _:
            return _number(cell, locale)


def shown(text: str) -> str:
    """A text with U+FFFD in place of every control character but tab and line breaks."""
    return _CONTROL.sub("\ufffd", text)


def _number(number: float, locale: Locale) -> str:
    return repr(number).replace(".", ",") if locale == "de" else repr(number)
