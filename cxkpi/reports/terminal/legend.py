"""Below the table: what its symbols mean, and what the reader must know about single metrics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from cxkpi.documents.spelling import listed
from cxkpi.reports import periods
from cxkpi.reports.page import Page, confidence
from cxkpi.reports.remarks import compared, gathered, numbered, unfinished
from cxkpi.reports.terminal.columns import Column, left_out
from cxkpi.reports.terminal.layout import WIDEST_LEGEND


def symbols(page: Page, columns: Sequence[Column]) -> Iterator[str]:
    """What the marks and headings mean that occur in the table, and no others."""
    glyphs, names = page.glyphs, {column.name for column in columns}
    uses = frozenset().union(*(column.uses for column in columns))
    few = {line.info.min_n for line in page.lines}
    meanings = {
        "met": f"{glyphs.met} target met",
        "missed": f"{glyphs.missed} target missed",
        "alarm": f"{glyphs.alarm} at or beyond the alarm",
        "partial": f"{glyphs.partial} only part of the period",
        "immature": f"{glyphs.immature} not all of it can be judged yet",
        "too_few": f"{glyphs.few} too few to judge" + (f", n below {few.pop()}" if len(few) == 1 else ""),
        "empty": f"{glyphs.none} nothing to measure",
        "not_reached": "not reached: too few got there while they were seen",
        "withheld": "withheld: too few people to show",
        "refused": "refused: cannot be told from this data",
    }
    yield from (meaning for use, meaning in meanings.items() if use in uses)
    if arrows := " ".join(symbol for use, symbol in (("up", glyphs.up), ("down", glyphs.down)) if use in uses):
        yield f"{arrows} change beyond chance"
    if "noise" in uses:
        yield f"{glyphs.noise} change within chance"
    if "expense" in uses:
        yield f"{glyphs.expense} better at the expense of another figure"
    if "judged" in uses:
        yield f"Judged: the newest {periods.noun(page.result.every)} that can be judged in full"
    if "change" in names:
        yield f"change: against {compared(page)}"
    if "n" in names:
        yield "n: contacts, answers or people measured"
    if "interval" in names and (level := confidence(page)):
        yield f"{level} % interval: holds the true figure {level} times in 100"
    if any(page.scale(line).style == "clock" for line in page.lines):
        yield "times: minutes:seconds"
    if "trend" in uses:
        yield f"{glyphs.bars[0]}{glyphs.bars[-1]} lowest to highest of its row"
    missing, needed = left_out(page, columns)
    if missing:
        yield f"{listed(missing, 'and')}: widen to {needed} columns"


def packed(entries: Iterable[str], width: int) -> Iterator[str]:
    """Entries side by side, as many to a line as fit."""
    room, line = min(width, WIDEST_LEGEND) - 1, ""
    for entry in entries:
        joined = f"{line}   {entry}" if line and entry else line or entry
        if line and cell_len(joined) > room:
            yield line
            line = entry
        else:
            line = joined
    if line:
        yield line


def sentences(page: Page, columns: Sequence[Column]) -> Iterator[str]:
    """What the reader must know about single metrics; a sentence that holds for several names them all."""
    for where, sentence in gathered(page):
        yield f"{where}: {sentence}"
    if all(column.name != "over time" for column in columns):
        yield from unfinished(page)
    yield from (sentence[0].upper() + sentence[1:] for sentence in numbered(page))
