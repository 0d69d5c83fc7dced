"""A Result prepared for people: its lines, how their figures are written, and what data may be called in print."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from cxkpi.reports import figures, periods
from cxkpi.reports.figures import Glyphs, Scale
from cxkpi.reports.reading import Line, aliases, lines
from cxkpi.result import MetricInfo, Period, Result, Row

LONGEST_NAME = 48
"""Cells of the name of a dimension's value, where there is no room for more."""
JOINERS = frozenset("\u200c\u200d")
"""They draw nothing, and say how the letters or pictures at their sides are drawn."""
# Letters that join, marks on them, and pictures, with their shades.
_JOINED = frozenset({"Lo", "Mn", "Mc", "So", "Sk"})


@dataclass(frozen=True, slots=True)
class Page:
    """A Result prepared for printing.

    ``heading`` is the newest period that any line's verdict belongs to; ``aliases`` is what identifying values are
    printed as, by dimension, and ``names`` what all values are printed as, each otherwise. ``refused``: why the values
    of a metric cannot be told apart by dimension; it has no lines for them.
    """

    result: Result
    lines: tuple[Line, ...]
    scales: Mapping[tuple[str, str | None], Scale]
    periods: tuple[Period, ...]
    heading: Period
    aliases: Mapping[str, Mapping[str, str]]
    names: Mapping[str, Mapping[str, str]]
    refused: Mapping[tuple[str, str | None], str]
    glyphs: Glyphs
    several_years: bool
    titles: Mapping[tuple[str, str | None], str]

    def scale(self, line: Line) -> Scale:
        """How the figures of this line are written."""
        return self.scales[line.info.metric, line.info.variant]

    def short(self, period: Period) -> str:
        """A period's name over a column; with the year only where several years are in the table."""
        if period.every == "all":
            return "Value"
        return periods.short(period, year=self.several_years)


def prepare(result: Result, glyphs: Glyphs, show_values: bool, *, longest: int = LONGEST_NAME) -> Page:
    """The page of a Result that has rows; without ``show_values`` identifying values get numbers.

    Those of customers get them always. ``longest``: the cells a name from the data may take.
    """
    refused = _refused(result)
    every_line = tuple(line for line in lines(result) if not line.by or _key(line) not in refused)
    by_start = {row.period.start: row.period for row in result.rows}
    rows_of: dict[tuple[str, str | None], list[Row]] = {}
    for row in result.rows:
        rows_of.setdefault(row.key, []).append(row)
    scales = {
        key: figures.scale(
            result.metrics[key].unit,
            [number for row in rows for number in (row.value, single_target(row))],
            signed=rows[0].kind == "net",
            glyphs=glyphs,
        )
        for key, rows in rows_of.items()
    }
    hidden = aliases(result, show_values=show_values)
    return Page(
        result=result,
        lines=every_line,
        scales=scales,
        periods=tuple(by_start[start] for start in sorted(by_start)),
        heading=max((line.current for line in every_line), key=lambda period: period.start),
        aliases=hidden,
        names={name: hidden.get(name) or _named(result, name, longest, glyphs.ellipsis) for name in result.by},
        refused=refused,
        glyphs=glyphs,
        several_years=len({periods.year(period) for period in by_start.values()}) > 1,
        titles=titles(result),
    )


def _key(line: Line) -> tuple[str, str | None]:
    return (line.info.metric, line.info.variant)


def _refused(result: Result) -> Mapping[tuple[str, str | None], str]:
    """The metrics of which every line but the whole is refused, with the reason."""
    found: dict[tuple[str, str | None], str] = {}
    told: set[tuple[str, str | None]] = set()
    whole = {row.key for row in result.rows if not row.by}
    for row in result.rows:
        if row.by and row.reason == "refused":
            found.setdefault(row.key, "; ".join(map(plain, row.notes)) or "cannot be told from this data")
        elif row.by:
            told.add(row.key)
    return {key: reason for key, reason in found.items() if key in whole and key not in told}


def plain(name: str) -> str:
    """A name from the data without control, format and unpaired characters, which move cursors and turn lines round."""
    odd = {ord(char): _instead(char) for char in set(name) if not char.isprintable()}
    if JOINERS.isdisjoint(name):
        return name.translate(odd) if odd else name
    kept = {place for place, char in enumerate(name) if char in JOINERS and _joins(name, place)}
    return "".join(char if place in kept else odd.get(ord(char), char) for place, char in enumerate(name))


def _joins(name: str, place: int) -> bool:
    sides = name[place - 1 : place] + name[place + 1 : place + 2]
    return len(sides) == 2 and all(unicodedata.category(char) in _JOINED for char in sides)


def _instead(char: str) -> str:
    if char in "\t\r\n" or unicodedata.category(char) in ("Zl", "Zp"):
        return " "
    return "" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


def shortened(text: str, most: int) -> str:
    """As :func:`plain`, on one line and with no more than ``most`` characters."""
    shown = " ".join(plain(text[: 4 * most]).split())
    return shown if len(shown) <= most and len(text) <= 4 * most else shown[: most - 1].rstrip() + "…"


def single_target(row: Row) -> float | None:
    """The target, unless it is a range."""
    return None if isinstance(row.target, tuple) else row.target


def title(line: Line, page: Page) -> str:
    """What a metric is called, see :func:`titles`."""
    return page.titles[_key(line)]


def titles(result: Result) -> Mapping[tuple[str, str | None], str]:
    """What each metric is called: its label, with a variant's name where the label may be that of the metric it varies.

    Metrics that would be called the same have their name in the catalogue beside it.
    """
    found = {key: _titled(info, result) for key, info in result.metrics.items()}
    times = Counter(title.casefold() for title in found.values())
    return {
        (metric, variant): title
        if times[title.casefold()] == 1
        else f"{title} ({plain(metric if variant is None else f'{metric}.{variant}')})"
        for (metric, variant), title in found.items()
    }


def _titled(info: MetricInfo, result: Result) -> str:
    base = result.metrics.get((info.metric, None))
    label = plain(info.label)
    if info.variant is None or (base is not None and base.label != info.label):
        return label
    return f"{label} ({plain(info.variant)})"


def group(page: Page, line: Line) -> str:
    """What a line is of, under its metric: its dimension values, or ``all``."""
    names = [_dimension(page, name, value) for name, value in line.by.items()]
    return f" {page.glyphs.dot} ".join(names) or "all"


def _dimension(page: Page, name: str, value: str | None) -> str:
    if value is None:
        return "(blank)"
    return page.names[name][value]


def _named(result: Result, dimension: str, longest: int, ellipsis: str) -> Mapping[str, str]:
    """What the values of a dimension are printed as: cut in the middle where they are long, and each otherwise."""
    values = sorted({value for row in result.rows if (value := row.by.get(dimension)) is not None})
    found = {value: _fitting(value, longest, ellipsis) for value in values}
    times = Counter(found.values())
    taken = set(found.values())
    for value, shown in found.items():
        if times[shown] > 1:
            numbers = (f"{shown} ({number})" for number in itertools.count(1))
            found[value] = next(one for one in numbers if one not in taken)
            taken.add(found[value])
    return found


def _fitting(value: str, longest: int, ellipsis: str) -> str:
    # Of a text of a megabyte no more is looked at; marks on a letter take no room, so there can be more than cells.
    most = 4 * longest
    head, tail = plain(value[:most]), plain(value[-most:])
    if _cells(head) > longest or len(value) > most:
        kept = longest - len(ellipsis)
        end = _cut(tail[::-1], kept // 3)[::-1]
        return _cut(head, kept - _cells(end)).rstrip() + ellipsis + end.lstrip()
    return f'"{head}"' if is_ours(value) else head


def is_ours(value: str) -> bool:
    """Whether a value from the data reads as what a report itself says in its place, and is in quotes for that."""
    return plain(value).strip() in ("", "all", "(blank)")


def _cells(text: str) -> int:
    """How many cells of a terminal a text takes: two for a wide character, none for a mark on the one before."""
    wide = {"W": 2, "F": 2}
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else wide.get(unicodedata.east_asian_width(char), 1)
        for char in text
    )


def _cut(text: str, cells: int) -> str:
    """As much of a text as fits that many cells."""
    while _cells(text) > cells:
        text = text[:-1]
    return text


def confidence(page: Page) -> str:
    """``95`` where every interval of the table has that level, else empty."""
    rows = [line.row for line in page.lines if line.row is not None]
    levels = {row.confidence for row in rows if row.confidence is not None and (row.low, row.high) != (None, None)}
    return f"{100 * levels.pop():.12g}" if len(levels) == 1 else ""
