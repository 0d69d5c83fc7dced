"""The last sheets: what every metric means, and what was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkpi.reports import periods
from cxkpi.reports.many_files import noted
from cxkpi.reports.page import plain
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.sheet import Sheet
from cxkpi.result import Result

# Headings, and how wide their columns are.
_DEFINITIONS: Mapping[str, int] = {
    "metric": 26, "label": 30, "objective": 40, "definition": 60, "description": 60, "unit": 12, "better": 10,
    "family": 16, "covers": 10, "min n": 8, "hash": 12,
}  # fmt: skip


def definitions(book: Any, formats: Formats, result: Result) -> None:
    """One line per metric: its words, and the hashes of the definitions its figures are by."""
    sheet = Sheet(book, formats, "Definitions")
    sheet.heading(list(_DEFINITIONS))
    hashes: dict[tuple[str, str | None], dict[str, None]] = {}
    for row in result.rows:
        hashes.setdefault(row.key, {})[row.definition] = None
    for key, info in result.metrics.items():
        if sheet.full():
            break
        cells = (
            info.metric if info.variant is None else f"{info.metric}.{info.variant}", info.label, info.objective,
            info.formula, info.description, info.unit, info.better, info.family, info.roll,
        )  # fmt: skip
        for column, cell in enumerate(cells):
            sheet.text(column, cell, wrapped=True)
        sheet.number(9, info.min_n, formats.of("#,##0"))
        sheet.text(10, " ".join(hashes.get(key, {})))
        sheet.at += 1
    sheet.finish()
    for column, width in enumerate(_DEFINITIONS.values()):
        sheet.raw.set_column(column, column, width)


def files(book: Any, formats: Formats, result: Result, only: str) -> None:
    """The ledger, and below it what has to be said about the whole run; ``only``: what was selected, in words."""
    sheet = Sheet(book, formats, "Files")
    sheet.heading(["file", "profile", "records", "accepted", "superseded", "rejected", "skipped", "blanked"])
    for entry in result.files:
        if sheet.full():
            break
        sheet.text(0, entry.path)
        sheet.text(1, entry.profile)
        counts = (entry.records, entry.accepted, entry.superseded, entry.rejected, entry.skipped, entry.blanked)
        for column, number in enumerate(counts, start=2):
            sheet.number(column, number, formats.of("#,##0"))
        sheet.at += 1
    sheet.finish()
    sheet.at += 1
    told = [
        *map(plain, noted(result.notes, result.files)),
        *(plain(problem.message) for problem in result.absent),
        f"{result.timezone}, data to {periods.until(result.as_of, result.timezone)}{f'; {only}' if only else ''}",
        f"catalogue {result.catalogue_path} ({result.catalogue_hash}), cxkpi {result.version}",
    ]
    for line in told:
        if sheet.full():
            break
        sheet.line(line)
    sheet.raw.set_column(0, 0, 40)
    sheet.raw.set_column(1, 1, 30)
    sheet.raw.set_column(2, 7, 12)
