"""What the reader must know about single figures: in words, from what a Result says of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from cxkpi.errors import sentence as with_stop
from cxkpi.reports import figures, periods
from cxkpi.reports.page import Page, group, plain, title
from cxkpi.reports.reading import IMPROVED_WHILE, Line, names_customers
from cxkpi.result import Period

# How notes begin that speak of the change, which is told with them.
_OF_DEFINITIONS = "mixes definitions: "
_NAMED_GROUPS = 3


def compared(page: Page) -> str:
    """What changes are against: ``the month before``, ``the same month a year before``."""
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


def gathered(page: Page) -> Iterator[tuple[str, str]]:
    """The sentences of all lines, each once, with the metrics and dimension values it holds for."""
    about: dict[str, dict[str, list[str]]] = {}
    sizes: dict[str, int] = {}
    for line in page.lines:
        name = title(line, page)
        sizes[name] = sizes.get(name, 0) + 1
        for sentence in remarks(page, line):
            about.setdefault(sentence, {}).setdefault(name, []).append(group(page, line) if line.by else "")
    for sentence, metrics in about.items():
        yield "; ".join(_where(name, groups, sizes[name]) for name, groups in metrics.items()), sentence


def unfinished(page: Page) -> Iterator[str]:
    """Which periods that are not over have no column of their own."""
    for period in page.periods:
        if period.start > page.heading.start and not period.complete:
            yield f"Only part of {periods.name(period)} is in view, and it is not shown."


def _where(metric: str, groups: Sequence[str], its_lines: int) -> str:
    """A metric, with the dimension values meant where it is not the metric as a whole."""
    if "" in groups or len(groups) == its_lines:
        return metric
    named = ", ".join(groups[:_NAMED_GROUPS])
    more = len(groups) - _NAMED_GROUPS
    return f"{metric}, {named}" + (f" and {more} more" if more > 0 else "")


def numbered(page: Page) -> Iterator[str]:
    """Which dimensions' values are numbered, of those that occur, and whether they can be shown."""
    for dimension in page.aliases:
        if dimension not in page.result.only and all(line.by.get(dimension) is None for line in page.lines):
            continue
        shown = "their ids are in no report" if names_customers(dimension) else "--show-values prints them"
        yield f"values of {plain(dimension)} are numbered; {shown}."


def remarks(page: Page, line: Line) -> Iterator[str]:
    """Sentences about a line's current figure: which period, what it leaves out, what was noted."""
    row, whole = line.row, not line.by
    newest = max(
        (period for period in page.periods if period.complete), key=lambda one: one.start, default=line.current
    )
    if whole and line.current.start < newest.start:
        yield f"judged for {periods.name(line.current)}; {_waiting(page, line, newest)}"
    if whole and line.info.roll is not None:
        yield f"each figure covers the {span(line.info.roll)} that end with its period."
    if whole and row is not None and row.immature:
        yield f"{_records(row.immature)} cannot be judged yet and {'is' if row.immature == 1 else 'are'} left out."
    if whole and row is not None and row.censored:
        censored, of = figures.count(row.censored), figures.count(row.n)
        yield f"{censored} of {of} are not there yet, and count as far as they were seen."
    yield from _definitions(page, line)
    if row is not None:
        for note in map(plain, row.notes):
            if note.startswith(_OF_DEFINITIONS):
                continue
            if row.change is not None and note.startswith(IMPROVED_WHILE):
                yield f"{note} ({page.scale(line).change(row.change.difference)} against {compared(page)})."
            else:
                yield with_stop(note)


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


def _waiting(page: Page, line: Line, period: Period) -> str:
    """Why a metric is not judged for the newest complete period, and what its figure can still become."""
    later = line.rows.get(period.start)
    if later is None:
        return f"there is nothing to measure in {periods.name(period)}."
    whose = "its" if later.immature == 1 else "their"
    records = f"{_records(later.immature)} of {periods.name(period)} cannot be judged yet, {whose} window is still open"
    if later.bounds is None:
        return f"{records}."
    return f"{records}; its figure will be in {page.scale(line).target(later.bounds, None)}."


def _records(number: int) -> str:
    return {0: "records", 1: "1 record"}.get(number, f"{figures.count(number)} records")


def span(roll: str) -> str:
    """A length of the catalogue in words: ``12 months``."""
    number = roll.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = {"d": "days", "wk": "weeks", "mo": "months"}.get(roll[len(number) :])
    return f"{number} {unit}" if unit else roll
