"""One sheet per metric: its chart, and every period and dimension value under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxkpi.reports import periods
from cxkpi.reports.page import Page, plain, title
from cxkpi.reports.reading import Line
from cxkpi.reports.tidy import limits
from cxkpi.reports.xlsx import figures
from cxkpi.reports.xlsx.formats import Formats
from cxkpi.reports.xlsx.sheet import Sheet, fitted, name_of
from cxkpi.reports.xlsx.summary import interval, value
from cxkpi.result import Row

# More tabs than that nobody turns; those left out are in the sheet for pivoting.
MOST_SHEETS = 200
_INTERVAL = ("interval from", "interval to")
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
    if whole[1] > whole[0] and any(row.value is not None for row in first.rows.values()):
        axis = {"num_format": sheet.formats.axis(page.scale(first)), **_end(page, first)}
        drawn = [name for name in names if any(_has(row, name) for row in first.rows.values())]
        places = {name: begin + names.index(name) for name in drawn}
        _chart(book, sheet, title(first, page), whole, places, after + 3, axis)


def _remarks(row: Row) -> list[str]:
    found = (
        (row.immature, "cannot be judged yet", "cannot be judged yet"),
        (row.missing, "lacks a value", "lack a value"),
        (row.censored, "is not there yet", "are not there yet"),
    )
    return [*(f"{number:,} {one if number == 1 else many}" for number, one, many in found if number), *row.notes]


def _has(row: Row, name: str) -> bool:
    """Whether there is something to draw in the column ``name``."""
    if name.endswith(_INTERVAL):
        return (row.low if name.endswith(_INTERVAL[0]) else row.high) is not None
    low, high = limits(row.target)
    return {"value": row.value, "target": low, "target to": high}.get(name) is not None


def _end(page: Page, line: Line) -> dict[str, Any]:
    """Where the axis ends, if a spreadsheet would draw shares on beyond 100 %: it leaves room above the highest."""
    rows = line.rows.values()
    drawn = (number for row in rows for number in (row.value, row.low, row.high, *limits(row.target)))
    shown = [number for number in drawn if number is not None]
    if page.scale(line).style != "percent" or not shown:
        return {}
    low, high = min(shown), max(shown)
    # From 0 on, unless all of it is close together.
    foot = low if high - low < high / 6 else min(low, 0.0)
    return {"max": 1} if high <= 1 < high + (high - foot) / 5 else {}


def _chart(
    book: Any,
    sheet: Sheet,
    name: str,
    rows: tuple[int, int],
    places: Mapping[str, int],
    beside: int,
    axis: dict[str, Any],
) -> None:
    """The whole over time, with its target and the limits of its interval, from the columns ``places``."""
    chart = book.add_chart({"type": "line"})
    name = fitted(name)
    between = [told for told in places if told.endswith(_INTERVAL)]
    looks: dict[str, dict[str, Any]] = {
        "value": {"line": {"color": "#1F5F99", "width": 2.25}, "marker": {"type": "circle", "size": 6}},
        **{
            told: {"line": {"color": "#8A5A00", "dash_type": "dash", "width": 1.25}} for told in ("target", "target to")
        },
        **{told: {"line": {"color": "#9DB4C8", "width": 1}} for told in between},
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
    chart.set_y_axis({"major_gridlines": grid, **axis})
    chart.set_size({"width": 680, "height": 320})
    sheet.raw.insert_chart(sheet.top, beside + 1, chart, {"description": f"{name} over time"})
