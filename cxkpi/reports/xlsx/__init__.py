"""XLSX: a summary, every number in one tidy sheet, a sheet per metric, the definitions, and the files read.

Numbers are numbers: shares are percentages, durations are durations, days are dates. Text is text, whatever it begins
with. What a workbook cannot hold is cut, with a note where it was. The bytes depend on the Result alone.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import xlsxwriter

from cxkpi.reports.figures import UNICODE
from cxkpi.reports.page import prepare
from cxkpi.reports.reading import numbered
from cxkpi.reports.selection import selection
from cxkpi.reports.xlsx.data import data
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.metrics import metrics
from cxkpi.reports.xlsx.restated import restated
from cxkpi.reports.xlsx.sources import definitions, files
from cxkpi.reports.xlsx.summary import summary
from cxkpi.result import Result

# A workbook says when it was made; this one says nothing of it.
_ALWAYS = datetime(2000, 1, 1)
_MANY_ROWS = 20_000


def render(result: Result, *, show_values: bool = False) -> bytes:
    """The report as a workbook.

    ``show_values``: identifiers and free text among the dimension values are written; otherwise they are numbered.
    """
    buffer = BytesIO()
    # Memory is a matter of large reports only, and small ones are smaller with their texts in one place.
    large = len(result.rows) > _MANY_ROWS
    options = {"in_memory": not large, "constant_memory": large}
    with xlsxwriter.Workbook(buffer, options) as book:
        only = selection(result, show_values=show_values)
        book.set_properties({"title": f"Contact centre KPIs{f', {only}' if only else ''}", "created": _ALWAYS})
        formats = Formats(book)
        if result.rows:
            page = prepare(result, UNICODE, show_values)
            summary(book, formats, page, only)
            restated(book, formats, page)
            data(book, formats, numbered(result, show_values=show_values))
            metrics(book, formats, page, only)
        definitions(book, formats, result)
        files(book, formats, result, only)
    return buffer.getvalue()
