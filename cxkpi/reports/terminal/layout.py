"""How tables and small print are set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.box import Box
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxkpi.reports.terminal.columns import GAP, Column

RULED = Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
RULED_ASCII = Box("    \n    \n -- \n    \n -- \n -- \n    \n    \n", ascii=True)
WIDEST_LEGEND = 110


def grid(box: Box | None, header_style: str, columns: Sequence[Column], *, header: bool = True) -> Table:
    """An empty table whose columns are ``GAP`` apart: one cell of padding, and one of the box."""
    padding = (0, 1 if box is not None else GAP, 0, 0)
    table = Table(
        box=box,
        padding=padding,
        pad_edge=False,
        show_edge=False,
        show_header=header,
        header_style=header_style,
        border_style="dim",
    )
    for column in columns:
        table.add_column(Text(column.heading), width=column.width, no_wrap=column.folded is None, overflow="fold")
    return table


def small(texts: Iterable[str], width: int) -> Iterator[RenderableType]:
    """Small print: each text folded at a width that reads well."""
    for line in texts:
        yield Padding(Text(line, style="dim"), (0, max(0, width - WIDEST_LEGEND), 0, 1))
