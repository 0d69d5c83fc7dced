"""Below the table: what its symbols mean, and what the reader must know about single metrics."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len

from cxkpi.reports import figures, periods
from cxkpi.reports.page import Page, confidence, group, plain, title
from cxkpi.reports.reading import Line
from cxkpi.reports.terminal.columns import Column, left_out
from cxkpi.reports.terminal.layout import WIDEST_LEGEND
from cxkpi.result import Period, Row

_NAMED_GROUPS = 3
# How notes begin that speak of the change, which is told with them.
_OF_A_CHANGE = "improved while "
_OF_DEFINITIONS = "mixes definitions: "


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
    if "judged" in uses:
        yield f"Judged: the newest {periods.noun(page.result.every)} that can be judged in full"
    if "change" in names:
        yield f"change: against {_compared(page)}"
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
        yield f"{' and '.join(missing)}: widen to {needed} columns"


def _compared(page: Page) -> str:
    gaps = {
        (line.current.start - row.change.period).days
        for line in page.lines
        if (row := line.row) is not None and row.change is not None
    }
    noun = periods.noun(page.result.every)
    year_before = page.result.every != "year" and all(gap > 360 for gap in gaps)
    if year_before and page.result.every != "week" and gaps == {364}:
        # Otherwise only a fiscal month after a year of 52 weeks is, and it holds the same weekdays, too.
        return "the same weekdays a year before"
    return f"the same {noun} a year before" if year_before else f"the {noun} before"


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
    about: dict[str, dict[str, list[str]]] = {}
    sizes: dict[str, int] = {}
    for line in page.lines:
        name = title(line, page)
        sizes[name] = sizes.get(name, 0) + 1
        for sentence in _about(page, line):
            about.setdefault(sentence, {}).setdefault(name, []).append(group(page, line) if line.by else "")
    for sentence, metrics in about.items():
        where = "; ".join(_where(name, groups, sizes[name]) for name, groups in metrics.items())
        yield f"{where}: {sentence}"
    if all(column.name != "over time" for column in columns):
        for period in page.periods:
            if period.start > page.heading.start and not period.complete:
                yield f"Only part of {periods.name(period)} is in view, and it is not shown."
    for dimension in page.aliases:
        if any(dimension in line.by for line in page.lines):
            yield f"Values of {dimension} are numbered; --show-values prints them."


def _where(metric: str, groups: Sequence[str], its_lines: int) -> str:
    """A metric, with the dimension values meant where it is not the metric as a whole."""
    if "" in groups or len(groups) == its_lines:
        return metric
    named = ", ".join(groups[:_NAMED_GROUPS])
    more = len(groups) - _NAMED_GROUPS
    return f"{metric}, {named}" + (f" and {more} more" if more > 0 else "")


def _about(page: Page, line: Line) -> Iterator[str]:
    row, whole = line.row, not line.by
    newest = max(
        (period for period in page.periods if period.complete), key=lambda one: one.start, default=line.current
    )
    if whole and line.current.start < newest.start:
        yield f"judged for {periods.name(line.current)}; {_waiting(line.rows.get(newest.start), newest)}"
    if whole and line.info.roll is not None:
        yield f"each figure covers the {_span(line.info.roll)} that end with its period."
    if whole and row is not None and row.immature:
        yield f"{_records(row.immature)} cannot be judged yet and are left out."
    if whole and row is not None and row.censored:
        censored, of = figures.count(row.censored), figures.count(row.n)
        yield f"{censored} of {of} are not there yet, and count as far as they were seen."
    yield from _definitions(page, line)
    if row is not None:
        for note in map(plain, row.notes):
            if note.startswith(_OF_DEFINITIONS):
                continue
            change = (
                f" ({page.scale(line).change(row.change.difference)} against {_compared(page)})" if row.change else ""
            )
            yield note + (change if note.startswith(_OF_A_CHANGE) else "")


def _definitions(page: Page, line: Line) -> Iterator[str]:
    """From which period on a figure is defined in another way, and which figures are of two definitions."""
    rows = [line.rows[period.start] for period in page.periods if period.start in line.rows]
    mixed: dict[str, list[Period]] = {}
    for row in rows:
        for note in row.notes:
            if note.startswith(_OF_DEFINITIONS):
                mixed.setdefault(note.removeprefix(_OF_DEFINITIONS), []).append(row.period)
    for before, row in itertools.pairwise(rows):
        whole = not any(note.startswith(_OF_DEFINITIONS) for one in (before, row) for note in one.notes)
        if whole and before.definition != row.definition:
            yield f"defined otherwise before {periods.name(row.period)}."
    for change, found in mixed.items():
        first, last = periods.name(found[0]), periods.name(found[-1])
        shown = f"{first} mixes" if len(found) == 1 else f"{first} to {last} mix"
        yield f"{shown} two definitions, {change}; earlier figures are by the old one."


def _waiting(later: Row | None, period: Period) -> str:
    """Why a metric is not judged for the newest complete period."""
    if later is None:
        return f"there is nothing to measure in {periods.name(period)}."
    return f"{_records(later.immature)} of {periods.name(period)} cannot be judged yet, their window is still open."


def _records(number: int) -> str:
    return {0: "records", 1: "1 record"}.get(number, f"{figures.count(number)} records")


def _span(roll: str) -> str:
    number = roll.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = {"d": "days", "wk": "weeks", "mo": "months"}.get(roll[len(number) :])
    return f"{number} {unit}" if unit else roll
