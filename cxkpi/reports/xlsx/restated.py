"""The figures of past periods that are not what an earlier run had: from what to what, and why."""

from __future__ import annotations

from typing import Any

from cxkpi.reports import periods, restatements
from cxkpi.reports.page import Page, plain
from cxkpi.reports.xlsx.figures import REASONS, VERDICT_WIDTH, figure
from cxkpi.reports.xlsx.formats import Formats, change
from cxkpi.reports.xlsx.sheet import Sheet
from cxkpi.result import PastCell

_COLUMNS = ("then", "verdict then", "n then", "now", "verdict now", "n now", "difference", "why")
_WORDS = frozenset({"verdict then", "verdict now", "why"})


def restated(book: Any, formats: Formats, page: Page) -> None:
    """Write it, where there was a run to compare with."""
    result = page.result
    if result.restated is None:
        return
    sheet = Sheet(book, formats, "Restated")
    said = restatements.heading(result, result.restated)
    sheet.title("Against an earlier run")
    sheet.line(f"{said[:1].upper()}{said[1:]}.")
    if not result.restated.cells:
        sheet.raw.set_column(0, 0, 34)
        return
    sheet.line("")
    dimensions = [plain(name) for name in result.by]
    sheet.heading(["metric", *dimensions, "period", "start", *_COLUMNS], figures=set(_COLUMNS) - _WORDS)
    first = 3 + len(dimensions)
    place = {name: first + index for index, name in enumerate(_COLUMNS)}
    for one in restatements.told(result, page.aliases):
        if sheet.full():
            break
        sheet.text(0, one.label)
        for column, value in enumerate(one.by.values(), start=1):
            sheet.text(column, value)
        sheet.text(first - 2, periods.name(one.period))
        sheet.day(first - 1, one.cell.start)
        then, now = one.cell.then, one.cell.now
        for name, side, text, n in zip(("then", "now"), (then, now), (one.then, one.now), one.counts, strict=True):
            if side is None or side.value is None:
                sheet.text(place[name], text)
            else:
                figure(sheet, place[name], one.scale, side.value, extra=one.extra)
            sheet.text(place[f"verdict {name}"], _verdict(side), wrapped=True)
            sheet.number(place[f"n {name}"], n, formats.of("#,##0"))
        if then is not None and now is not None and then.value is not None and now.value is not None:
            moved = now.value - then.value
            sheet.number(place["difference"], change(one.scale, moved), formats.change(one.scale, moved))
        sheet.text(place["why"], one.why + ("" if one.final else restatements.WAITED), wrapped=True)
        sheet.at += 1
    sheet.finish()
    sheet.colour("then", "verdict then")
    sheet.colour("now", "verdict now")
    sheet.widths(34, 13, 44)
    for name in ("verdict then", "verdict now"):
        sheet.widen(name, VERDICT_WIDTH)


def _verdict(side: PastCell | None) -> str:
    if side is None:
        return ""
    return side.status or (REASONS[side.reason] if side.reason else "")
