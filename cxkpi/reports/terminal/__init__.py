"""``-f table``: one table for people at a terminal.

Every line shows the newest complete, judged period of its metric: value, verdict, target, change, n and interval. Where
the terminal is wide enough the periods become columns, as many of the newest as fit; else the earlier ones are a
sparkline. Columns that do not fit are left out in the order of ``DROPPED_FIRST``; metric, value and verdict always
stay. Below stand the legend of what occurs in the table, and one line per input file.

Names come from other people's data: control characters are removed, and nothing in a name is taken for markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cxkpi.reports import periods
from cxkpi.reports.figures import ASCII, UNICODE
from cxkpi.reports.terminal.columns import DROPPED_FIRST, Column, fit
from cxkpi.reports.terminal.layout import RULED, RULED_ASCII, grid, small
from cxkpi.reports.terminal.ledger import ledger
from cxkpi.reports.terminal.legend import packed, sentences, symbols
from cxkpi.reports.terminal.page import Page, plain, prepare, title
from cxkpi.result import Result

__all__ = ["DROPPED_FIRST", "plain", "render", "text"]


def render(result: Result, *, width: int, unicode: bool = True, show_values: bool = False) -> RenderableType:
    """The report as one Rich renderable, ``width`` cells wide.

    ``unicode``: whether the terminal shows symbols beyond ASCII. ``show_values``: print the values of dimensions that
    identify somebody, which are otherwise numbered.
    """
    glyphs = UNICODE if unicode else ASCII
    if not result.rows:
        return Group(Text(" No figures: no metric could be measured."), *ledger(result.files, width, glyphs))
    page = prepare(result, glyphs, show_values)
    columns = fit(page, width)
    return Group(
        Padding(_heading(page), (0, 0, 1, 1)),
        _table(page, columns, unicode),
        Text(),
        *small(packed(symbols(page, columns), width), width),
        *small(sentences(page, columns), width),
        *ledger(result.files, width, glyphs),
    )


def text(result: Result, *, width: int = 100, unicode: bool = True, show_values: bool = False) -> str:
    """The report as plain text without colour, as it reads in a pipe."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(render(result, width=width, unicode=unicode, show_values=show_values))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _heading(page: Page) -> Text:
    result = page.result
    seen = f"{'data to' if result.as_of_from_data else 'as of'} {periods.local(result.as_of, result.timezone)}"
    parts = [Text(periods.name(page.heading), style="bold"), Text(result.timezone), Text(seen)]
    return Text(f" {page.glyphs.dot} ").join(parts)


def _table(page: Page, columns: Sequence[Column], unicode: bool) -> RenderableType:
    table = grid(RULED if unicode else RULED_ASCII, "bold", columns)
    for index, line in enumerate(page.lines):
        if page.result.by and (index == 0 or page.lines[index - 1].info is not line.info):
            if index:
                table.add_section()
            table.add_row(Text(title(line, page), style="bold"))
        table.add_row(*(column.cells[index] for column in columns))
    return Padding(table, (0, 0, 0, 1))
