"""``cxkpi diff -f text``: what changed, gravest first, and below it the numbers under both catalogues."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxkpi.catalogue.meaning.changes import Comparison, Detail
from cxkpi.measurement.checking.paired import SideBySide
from cxkpi.reports.changes import MEANS, Block, Figures, becomes, blocks, figures, flips, legend, since, summary
from cxkpi.reports.figures import ASCII, UNICODE
from cxkpi.reports.page import plain

_STYLES = {"meaning": "bold red", "target": "bold yellow", "wording": "bold", "none": "dim"}
_REACHES = 8
_KEY = 22


def render(
    comparison: Comparison, found: SideBySide | None, *, width: int, unicode: bool = True, show_values: bool = False
) -> RenderableType:
    """The comparison as one Rich renderable, ``width`` cells wide; identifying values are numbered unless asked for."""
    arrow = "→" if unicode else "->"
    parts: list[RenderableType] = [
        Padding(Text(f"{plain(comparison.old)} {arrow} {plain(comparison.new)}", style="bold"), (0, 0, 0, 1)),
        Padding(Text(summary(comparison)), (0, 0, 0, 1)),
    ]
    for grade, those in blocks(comparison):
        parts += [Text(), Text.assemble(" ", (grade, _STYLES[grade]), f"  {MEANS[grade]}")]
        for block in those:
            parts += _block(block, width, arrow, unicode)
    if found is not None:
        parts += _numbers(found, unicode, show_values)
    return Group(*parts)


def _block(block: Block, width: int, arrow: str, unicode: bool) -> Iterator[RenderableType]:
    change = block.change
    head = Text.assemble((plain(change.title), "bold"))
    if change.action == "renamed":
        head.append(f"  was {plain(change.old_title or '')}")
    elif change.action != "changed":
        head.append(f"  {change.action}")
    if change.label:
        head.append(f"  {plain(change.label)}")
    yield Padding(head, (0, 0, 0, 3))
    further = [("from", since(change)), ("reaches", _names(change.reaches)), ("also", ", ".join(block.also))]
    said = [(key, text) for key, text in further if text]
    keys = [*(detail.key for detail in block.details), *(key for key, _ in said)]
    if keys:
        longest = min(_KEY, max(map(cell_len, keys)))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=longest, overflow="fold")
        table.add_column(overflow="fold")
        room = width - longest - 8
        for detail in block.details:
            for at, line in enumerate(_values(detail, room, arrow, unicode)):
                table.add_row(Text("" if at else plain(detail.key)), line)
        for key, text in said:
            table.add_row(Text(key, style="dim"), Text(plain(text), style="dim"))
        yield Padding(table, (0, 0, 0, 5))


def _names(titles: Sequence[str]) -> str:
    more = len(titles) - _REACHES
    return ", ".join(titles[:_REACHES]) + (f" and {more} more" if more > 0 else "")


def _values(detail: Detail, room: int, arrow: str, unicode: bool) -> list[Text]:
    none = "—" if unicode else "--"
    old, new = (none if text is None else plain(text) for text in (detail.old, detail.new))
    # Keys that say what is read name it themselves.
    via = "" if detail.via is None or detail.key.startswith("reads") else f", by {plain(detail.via)}"
    if old == new:
        changed = becomes(detail)
        return [Text(f"{new}{via}" if changed is None else f"{new} ({changed})")]
    if cell_len(old) + cell_len(new) + len(via) + 4 <= room:
        return [Text(f"{old} {arrow} {new}{via}")]
    return [Text(f"- {old}", style="dim"), Text(f"+ {new}{via}")]


def _numbers(found: SideBySide, unicode: bool, show_values: bool) -> Iterator[RenderableType]:
    glyphs = UNICODE if unicode else ASCII
    written = figures(found, glyphs, show_values=show_values)
    yield Text()
    if not written:
        what = "No number could be computed." if found.notes else "No number can be different."
        yield Text(f" {what}")
        return
    yield Text.assemble(" ", ("the same exports under both", "bold"), f": {flips(found)}")
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for heading in ("", *found.by):
        table.add_column(plain(heading), overflow="fold")
    for heading in ("old", "new", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for one in written:
        _metric(table, one, found.by)
    yield Padding(table, (0, 0, 0, 3))
    if said := legend(found, glyphs):
        yield Padding(Text(said, style="dim"), (1, 0, 0, 1))


def _metric(table: Table, one: Figures, by: Sequence[str]) -> None:
    cells = [Text.assemble((plain(one.title), "bold"))]
    table.add_row(*cells)
    for line in one.lines:
        values = line.by or tuple("" for _ in by)
        style = "bold" if line.flips else ""
        table.add_row(
            Text(f"  {line.period}"),
            *(Text(plain(value)) for value in values),
            Text(line.old),
            Text(line.new, style=style),
            Text(line.difference),
            Text(line.verdict, style=style),
        )
