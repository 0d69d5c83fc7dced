"""``-f table``: one table for people at a terminal.

Every line shows the newest complete, judged period of its metric: value, verdict, target, change, n and interval. Where
the terminal is wide enough the periods become columns, as many of the newest as fit; else the earlier ones are a
sparkline of three bars or more. Where metrics are judged in different periods, a column says which. Columns that do not
fit are left out in the order of ``DROPPED_FIRST``, and the legend says so; metric, value and verdict always stay. A
metric that a dimension cannot cut says why in one line instead of one per value. Below stand what else missed its
target, the legend of what occurs in the table, and one line per input file.

Names come from other people's data: control characters are removed, and nothing in a name is taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cxkpi.reports import periods
from cxkpi.reports.figures import ASCII, UNICODE
from cxkpi.reports.page import LONGEST_NAME, Page, plain, prepare, title
from cxkpi.reports.reading import also_missed
from cxkpi.reports.selection import selection
from cxkpi.reports.terminal.columns import DROPPED_FIRST, GAP, Column, fit
from cxkpi.reports.terminal.layout import RULED, RULED_ASCII, grid, small
from cxkpi.reports.terminal.ledger import ledger
from cxkpi.reports.terminal.legend import packed, sentences, symbols
from cxkpi.result import Result

__all__ = ["DROPPED_FIRST", "plain", "render", "text"]


def render(result: Result, *, width: int, unicode: bool = True, show_values: bool = False) -> RenderableType:
    """The report as one Rich renderable, ``width`` cells wide.

    ``unicode``: whether the terminal shows symbols beyond ASCII. ``show_values``: print the values of dimensions that
    identify somebody, which are otherwise numbered.
    """
    glyphs = UNICODE if unicode else ASCII
    only = selection(result, show_values=show_values)
    if not result.rows:
        said = f" No figures{f', {only}' if only else ''}: no metric could be measured."
        return Group(Text(said), *ledger(result.files, width, glyphs, result.notes))
    page = prepare(result, glyphs, show_values, longest=max(LONGEST_NAME, width // 2))
    columns = fit(page, width)
    return Group(
        Padding(_heading(page, only), (0, 0, 1, 1)),
        _table(page, columns, unicode),
        *_also_missed(result),
        Text(),
        *small(packed(symbols(page, columns), width), width),
        *small(sentences(page, columns), width),
        *ledger(result.files, width, glyphs, result.notes),
    )


def text(result: Result, *, width: int = 100, unicode: bool = True, show_values: bool = False) -> str:
    """The report as plain text without colour, as it reads in a pipe."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(render(result, width=width, unicode=unicode, show_values=show_values))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _heading(page: Page, only: str) -> Text:
    result = page.result
    seen = f"{'data to' if result.as_of_from_data else 'as of'} {periods.until(result.as_of, result.timezone)}"
    parts = [Text(periods.heading(page.heading), style="bold"), Text(plain(result.timezone)), Text(seen)]
    parts += [Text(only, style="bold")] if only else []
    return Text(f" {page.glyphs.dot} ").join(parts)


def _also_missed(result: Result) -> Iterator[RenderableType]:
    """One sentence that names what else missed its target, of all that was not asked for."""
    found = also_missed(result)
    if found:
        line = Text("Also missed:", style="bold red")
        named = (plain(info.label) + (" (alarm)" if row.status == "alarm" else "") for info, row in found)
        line.append(f" {'; '.join(named)}. --all shows {'them' if len(found) > 1 else 'it'}.", style="not bold default")
        yield Text()
        yield Padding(line, (0, 0, 0, 1))


def _table(page: Page, columns: Sequence[Column], unicode: bool) -> RenderableType:
    """The lines under their metrics; below a metric that a dimension cannot cut, in one line across, why not."""
    box = RULED if unicode else RULED_ASCII
    table = grid(box, "bold", columns)
    parts: list[RenderableType] = [table]
    blocks = [list(block) for _, block in groupby(page.lines, key=lambda line: (line.info.metric, line.info.variant))]
    indexes = {id(line): index for index, line in enumerate(page.lines)}
    for number, block in enumerate(blocks):
        if page.result.by:
            table.add_row(Text(title(block[0], page), style="bold"))
        for line in block:
            table.add_row(*(column.cells[indexes[id(line)]] for column in columns))
        last = number == len(blocks) - 1
        if why := page.refused.get((block[0].info.metric, block[0].info.variant)):
            cut = ", ".join(map(plain, page.result.by))
            parts.append(Padding(Text(f"by {cut}  refused: {why}", style="dim"), (0, 0, 0, 2)))
            if not last:
                table = grid(box, "bold", columns, header=False)
                parts += [Text(_rule(columns, unicode), style="dim"), table]
        elif page.result.by and not last:
            table.add_section()
    return Padding(Group(*parts), (0, 0, 0, 1))


def _rule(columns: Sequence[Column], unicode: bool) -> str:
    return ("─" if unicode else "-") * (sum(column.width + GAP for column in columns) - GAP)
