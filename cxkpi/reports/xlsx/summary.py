"""The first sheet: one line per metric and dimension value, its newest judged period."""

from __future__ import annotations

from typing import Any

from cxkpi.reports import periods
from cxkpi.reports.page import Page, confidence, plain, title
from cxkpi.reports.reading import Line, also_missed
from cxkpi.reports.remarks import remarks
from cxkpi.reports.xlsx import figures
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.sheet import Sheet


def summary(book: Any, formats: Formats, page: Page, only: str) -> None:
    """Write it; ``only``: what was selected, in words."""
    result = page.result
    sheet = Sheet(book, formats, "Summary")
    sheet.title(f"Contact centre KPIs, {periods.name(page.heading)}")
    part = f"; {only}" if only else ""
    sheet.line(f"{result.timezone}, data to {periods.until(result.as_of, result.timezone)}{part}")
    missed = [plain(info.label) + (" (alarm)" if row.status == "alarm" else "") for info, row in also_missed(result)]
    sheet.line(f"Also missed their target: {'; '.join(missed)}" if missed else "")
    names = figures.columns((line.row for line in page.lines if line.row is not None), interval(page))
    headings = ["metric", *map(plain, result.by), "period", *names, "remarks"]
    sheet.heading(headings, figures=set(names) - set(figures.WORDS))
    first = 2 + len(result.by)
    for line in page.lines:
        if sheet.full():
            break
        sheet.text(0, title(line, page))
        for column, dimension in enumerate(result.by, start=1):
            sheet.text(column, value(page, line, dimension))
        sheet.text(first - 1, periods.name(line.current))
        if line.row is not None:
            figures.write(sheet, first, names, page.scale(line), line.row)
        told = [*remarks(page, line)]
        if not line.by and (why := page.refused.get((line.info.metric, line.info.variant))) is not None:
            told.append(f"not by {', '.join(map(plain, result.by))}: {why}")
        sheet.text(first + len(names), " | ".join(told), wrapped=True)
        sheet.at += 1
    sheet.finish()
    sheet.colour("value", "verdict")
    sheet.widths(34, 16, 13, 70)
    sheet.widen("verdict", figures.VERDICT_WIDTH)


def interval(page: Page) -> str:
    """``95 % interval``, or ``interval`` where they differ."""
    level = confidence(page)
    return f"{level} % interval" if level else "interval"


def value(page: Page, line: Line, dimension: str) -> str:
    """What a line is of in one dimension; ``all`` where it is not cut by it."""
    if dimension not in line.by:
        return "all"
    found = line.by[dimension]
    if found is None:
        return "(blank)"
    if dimension in page.aliases:
        return page.aliases[dimension][found]
    # What a queue may be called, and what this column calls the whole.
    return f'"{found}"' if found.strip() in ("", "all", "(blank)") else found
