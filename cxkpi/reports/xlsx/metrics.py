"""One sheet per metric: its chart, and every period and dimension value under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxkpi.reports import periods
from cxkpi.reports.page import Page, plain, title
from cxkpi.reports.reading import Line
from cxkpi.reports.xlsx import figures
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.sheet import Sheet, fitted, name_of
from cxkpi.reports.xlsx.summary import interval, value
from cxkpi.result import Row

# More tabs than that nobody turns; those left out are in the sheet for pivoting.
MOST_SHEETS = 200
OTHERS = ("Summary", "Restated", "Data", "Definitions", "Files")


def metrics(book: Any, formats: Formats, page: Page, only: str) -> None:
    """Write them, in the order of the Result; ``only``: what was selected, in words."""
    by_metric: dict[tuple[str, str | None], list[Line]] = {}
    for line in page.lines:
        by_metric.setdefault((line.info.metric, line.info.variant), []).append(line)
    taken = {name.lower() for name in OTHERS}
    for (metric, variant), lines in list(by_metric.items())[:MOST_SHEETS]:
        name = name_of(metric if variant is None else f"{metric}.{variant}", taken)
        taken.add(name.lower())
        _metric(Sheet(book, formats, name), page, lines, book, only)


def _metric(sheet: Sheet, page: Page, lines: Sequence[Line], book: Any, only: str) -> None:
    first, dimensions = lines[0], page.result.by
    sheet.title(title(first, page))
    sheet.line(plain(first.info.objective or ""))
    sheet.line(plain(first.info.description or ""))
    if only:
        sheet.line(only)
    sheet.line("")
    rows = [row for line in lines for row in line.rows.values()]
    names = figures.columns(rows, interval(page))
    counted = ("numerator", "denominator")
    sheet.heading(
        ["period", "start", *map(plain, dimensions), *names, *counted, "remarks"],
        figures={*names, *counted} - set(figures.WORDS),
    )
    begin, after = 2 + len(dimensions), 2 + len(dimensions) + len(names)
    whole = (0, 0)
    for line in lines:
        top = sheet.at
        for _, row in sorted(line.rows.items()):
            if sheet.full():
                break
            sheet.text(0, periods.short(row.period))
            sheet.day(1, row.period.start)
            for column, dimension in enumerate(dimensions, start=2):
                sheet.text(column, value(page, line, dimension))
            figures.write(sheet, begin, names, page.scale(line), row)
            sheet.number(after, row.numerator, sheet.formats.counted(row.numerator))
            sheet.number(after + 1, row.denominator, sheet.formats.counted(row.denominator))
            sheet.text(after + 2, " | ".join(_remarks(row)), wrapped=True)
            sheet.at += 1
        if not line.by:
            whole = (top, sheet.at - 1)
    sheet.finish()
    sheet.colour("value", "verdict")
    sheet.widths(18, 13, 44)
    sheet.widen("verdict", figures.VERDICT_WIDTH)
    if whole[1] > whole[0]:
        _chart(book, sheet, title(first, page), whole, (begin, names), sheet.formats.axis(page.scale(first)))


def _remarks(row: Row) -> list[str]:
    found = [(row.immature, "cannot be judged yet"), (row.missing, "lack a value"), (row.censored, "are not there yet")]
    return [*(f"{number:,} {what}" for number, what in found if number), *row.notes]


def _chart(
    book: Any, sheet: Sheet, name: str, rows: tuple[int, int], columns: tuple[int, Sequence[str]], axis: str
) -> None:
    """The whole over time, with its target and the limits of its interval."""
    chart = book.add_chart({"type": "line"})
    first, names = columns
    name = fitted(name)
    places = {told: first + index for index, told in enumerate(names)}
    limits = [
        told for told in names if told.endswith((" interval from", " interval to")) or told.startswith("interval")
    ]
    looks: dict[str, dict[str, Any]] = {
        "value": {"line": {"color": "#1F5F99", "width": 2.25}, "marker": {"type": "circle", "size": 6}},
        **{
            told: {"line": {"color": "#8A5A00", "dash_type": "dash", "width": 1.25}} for told in ("target", "target to")
        },
        **{told: {"line": {"color": "#9DB4C8", "width": 1}} for told in limits},
    }
    for told, look in looks.items():
        if told in places:
            column = places[told]
            chart.add_series(
                {
                    "name": told,
                    "categories": [sheet.name, rows[0], 0, rows[1], 0],
                    "values": [sheet.name, rows[0], column, rows[1], column],
                    **look,
                }
            )
    chart.set_legend({"position": "bottom"})
    chart.set_title({"name": "", "overlay": False, "name_font": {"size": 12}})
    # Given as an option, a name such as Great!Q1 is taken for a reference to a cell.
    chart.title.name = name
    grid = {"visible": True, "line": {"color": "#DDDDDD"}}
    chart.set_y_axis({"num_format": axis, "major_gridlines": grid, **({"max": 1} if whole_at_most else {})})
    chart.set_size({"width": 680, "height": 320})
    place = first + len(names) + 4  # after numerator, denominator and remarks, with a gap
    sheet.raw.insert_chart(sheet.top, place, chart, {"description": f"{name} over time"})
