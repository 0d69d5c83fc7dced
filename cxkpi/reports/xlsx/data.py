"""The sheet for pivoting: every number on a line of its own, fractions and seconds, with real dates."""

from __future__ import annotations

from typing import Any

from cxkpi.reports.tidy import columns, rows, split, split_cells
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.sheet import Sheet
from cxkpi.result import Result


def data(book: Any, formats: Formats, result: Result) -> None:
    """Write it: the columns of ``-f csv``, and the label, and ``whole`` to leave totals out of sums by.

    Instants are UTC. A range of a target takes a second column, ``target_high``.
    """
    sheet = Sheet(book, formats, "Data")
    types = columns(result)
    names = list(split(types))
    sheet.heading(["label", *(["whole"] if result.by else []), *names])
    for row, cells in zip(result.rows, rows(result), strict=True):
        if sheet.full():
            break
        sheet.text(0, result.metrics[row.key].label)
        first = 1
        if result.by:
            sheet.any(1, not row.by)
            first = 2
        for column, cell in enumerate(split_cells(types, cells), start=first):
            sheet.any(column, cell)
        sheet.at += 1
    sheet.finish(1)
    sheet.widths(28, 13, 40)
