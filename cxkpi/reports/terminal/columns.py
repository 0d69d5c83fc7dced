"""The columns of the table, and which of them fit a width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.text import Text

from cxkpi.measurement.computing.goals import shortfall
from cxkpi.reports import figures, periods
from cxkpi.reports.page import Page, confidence, group, plain, single_target, title
from cxkpi.reports.reading import Line, at_whose_expense
from cxkpi.result import Period, Row

DROPPED_FIRST = ("trend", "interval", "n", "target", "change")
"""Columns that give way where the terminal is narrow, the first named first."""
GAP = 2
"""Cells between columns."""

_BARS = (24, 12, 6)
_FEWEST_PERIODS = 3
_FEWEST_BARS = 3
_SHORTEST_LABEL = 20
_ROOMY_LABEL = 28
_STYLES = {"met": "green", "missed": "red", "alarm": "bold red"}
_CALLED = {"trend": "history"}
_IN_WORDS = {"not_reached": "not reached", "withheld": "withheld", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column ready to print: one text per line of the table, all of one width unless ``folded``.

    ``uses`` names the symbols in it that the legend explains. ``folded`` is the width at which long texts go on below.
    """

    name: str
    heading: str
    cells: tuple[Text, ...]
    uses: frozenset[str] = frozenset()
    folded: int | None = None

    @property
    def width(self) -> int:
        """Cells of the terminal it needs."""
        if self.folded is not None:
            return self.folded
        return max([cell_len(self.heading), *(cell.cell_len for cell in self.cells)])


def fit(page: Page, width: int) -> tuple[Column, ...]:
    """All periods as columns; else the newest that fit after a sparkline; else one value and what fits beside it."""
    tail = _beside(page)
    widest = _widest_label(page)
    if columns := _fit_over_time(page, width, tail, min(widest, _ROOMY_LABEL)):
        return (_label(page, room(width, columns)), *columns)
    shortest = min(widest, _SHORTEST_LABEL)
    columns = [_value(page), *tail]
    earlier = _earlier(page)
    for bars in _bars(earlier):
        with_trend = [*columns, _trend(page, earlier[-bars:])]
        if room(width, with_trend) >= shortest:
            return (_label(page, room(width, with_trend)), *with_trend)
    for name in DROPPED_FIRST:
        if room(width, columns) >= shortest:
            break
        columns = [column for column in columns if column.name != name]
    return (_label(page, max(room(width, columns), shortest)), *columns)


def left_out(page: Page, columns: Sequence[Column]) -> tuple[tuple[str, ...], int]:
    """What of a table did not fit, as people call it, and the width from which on all of it does."""
    earlier = _earlier(page)
    trend = [_trend(page, earlier[-bars:]) for bars in _bars(earlier)[-1:]]
    wanted = [_value(page), *_beside(page), *trend]
    shown = {column.name for column in columns}
    if "over time" in shown:
        return (), 0
    missing = tuple(_CALLED.get(column.name, column.name) for column in wanted if column.name not in shown)
    needed = 1 + min(_widest_label(page), _SHORTEST_LABEL) + sum(column.width + GAP for column in wanted)
    return missing, needed


def _beside(page: Page) -> list[Column]:
    """What belongs to the newest judged value, as far as there is any of it; which period that is, where it differs."""
    mixed = any(line.current.start != page.heading.start for line in page.lines)
    told = (_target(page), _change(page), _n(page), _interval(page))
    tail = [column for column in told if any(cell.plain.strip() for cell in column.cells)]
    return [_judged(page), *tail] if mixed else tail


def _earlier(page: Page) -> list[Period]:
    return [period for period in page.periods if period.start < page.heading.start]


def _bars(earlier: Sequence[Period]) -> list[int]:
    """How many bars a sparkline may have, most first; none where it has too few to say anything."""
    if len(earlier) < _FEWEST_BARS:
        return []
    return sorted({min(len(earlier), most) for most in _BARS}, reverse=True)


def _fit_over_time(page: Page, width: int, tail: Sequence[Column], label: int) -> list[Column]:
    """As many of the newest periods as leave ``label`` cells; none where a verdict or all comparison would be lost."""
    oldest_verdict = min(line.current.start for line in page.lines)
    fewest = max(min(_FEWEST_PERIODS, len(page.periods)), sum(one.start >= oldest_verdict for one in page.periods))
    fitting: list[Column] = []
    for period in reversed(page.periods):
        longer = [_over_time(page, period), *fitting]
        if room(width, [*longer, *tail]) < label:
            break
        fitting = longer
    if len(fitting) == len(page.periods):
        return [*fitting, *tail]
    for newest in range(min(len(fitting), len(page.periods) - _FEWEST_BARS), fewest - 1, -1):
        columns = [_trend(page, page.periods[:-newest]), *fitting[-newest:], *tail]
        if room(width, columns) >= label:
            return columns
    return []


def room(width: int, columns: Sequence[Column]) -> int:
    """What one cell of margin and ``columns``, each after a gap, leave for the first column."""
    return width - 1 - sum(column.width + GAP for column in columns)


def _label(page: Page, width: int) -> Column:
    """The metric, or below it its dimension values, folded to ``width``."""
    width = max(1, min(_widest_label(page), width))
    texts = [group(page, line) if page.result.by else title(line, page) for line in page.lines]
    cells = tuple(Text(_fold(text, width, "  " if page.result.by else "")) for text in texts)
    return Column("metric", _label_heading(page), cells, folded=width)


def _fold(text: str, width: int, indent: str) -> str:
    """Break a text between words, and where a word is too long inside it; every line is indented."""
    room, lines = max(1, width - len(indent)), [""]
    for word in text.split():
        for index, piece in enumerate(chop_cells(word, room)):
            joined = f"{lines[-1]} {piece}" if lines[-1] and index == 0 else lines[-1] + piece
            if cell_len(joined) <= room:
                lines[-1] = joined
            else:
                lines.append(piece)
    return "\n".join(indent + line for line in lines)


def _widest_label(page: Page) -> int:
    texts = [
        text for line in page.lines for text in (title(line, page), f"  {group(page, line)}" if page.result.by else "")
    ]
    return max(map(cell_len, [_label_heading(page), *texts]))


def _label_heading(page: Page) -> str:
    return f"Metric by {', '.join(map(plain, page.result.by))}" if page.result.by else "Metric"


def _value(page: Page) -> Column:
    heading = page.heading
    if any(line.current.start != heading.start for line in page.lines):
        # No one period stands for all lines; the column beside it says which.
        return _figures(page, "value", "Newest", _current)
    return _figures(page, "value", page.short(heading) if heading.every == "all" else periods.short(heading), _current)


def _current(line: Line) -> Row | None:
    return line.row


def _over_time(page: Page, period: Period) -> Column:
    return _figures(page, "over time", page.short(period), lambda line: line.rows.get(period.start))


def _figures(page: Page, name: str, heading: str, pick: Callable[[Line], Row | None]) -> Column:
    """Values with their marks, aligned on the value; of a line's periods only the current one carries a verdict."""
    rows = [pick(line) for line in page.lines]
    currents = [
        row is not None and row.period.start == line.current.start for line, row in zip(page.lines, rows, strict=True)
    ]
    marks = [_mark(page, row, current) for row, current in zip(rows, currents, strict=True)]
    room = max(map(cell_len, marks))
    texts = [
        _figure(page, line, row) + (f" {mark:<{room}}" if room else "")
        for line, row, mark in zip(page.lines, rows, marks, strict=True)
    ]
    styles = [_style(row, current) for row, current in zip(rows, currents, strict=True)]
    return aligned(
        name,
        heading + " " * (room + 1 if room else 0),
        texts,
        styles,
        uses={use for row, current in zip(rows, currents, strict=True) for use in _uses(row, current)},
    )


def _figure(page: Page, line: Line, row: Row | None) -> str:
    if row is None:
        return ""
    if row.value is None:
        return _IN_WORDS.get(row.reason or "", page.glyphs.none)
    return page.scale(line).value(row.value, apart_from=single_target(row) if row.status is not None else None)


def _mark(page: Page, row: Row | None, current: bool) -> str:
    if row is None or (row.status is not None and not current):
        return ""
    if row.value is None:
        return page.glyphs.immature if row.immature else ""
    return figures.mark(row.status, row.reason, page.glyphs)


def _uses(row: Row | None, current: bool) -> Iterator[str]:
    if row is None:
        return
    if row.value is None:
        yield row.reason if row.reason in _IN_WORDS else "immature" if row.immature else "empty"
    elif row.status is not None and current:
        yield row.status
    elif row.status is None and row.reason is not None:
        yield row.reason


def _style(row: Row | None, current: bool) -> str:
    if row is None or not current:
        return "dim"
    return f"bold {_STYLES[row.status]}" if row.status is not None else "bold"


def aligned(
    name: str, heading: str, texts: Sequence[str], styles: Sequence[str], *, uses: Iterable[str] = ()
) -> Column:
    """A column flush right. Rich strips the blanks behind a text it aligns itself, and with them the room for marks."""
    width = max(map(cell_len, [heading, *texts]))
    padded = [" " * (width - cell_len(cell)) + cell for cell in (heading, *texts)]
    cells = tuple(Text(cell, style=style) for cell, style in zip(padded[1:], styles, strict=True))
    return Column(name, padded[0], cells, frozenset(uses))


def _judged(page: Page) -> Column:
    """Which period the verdict, target, change, n and interval are of."""
    texts = [page.short(line.current) for line in page.lines]
    return Column("period", "Judged", tuple(Text(cell) for cell in texts), frozenset({"judged"}))


def _target(page: Page) -> Column:
    texts = [
        "" if (row := line.row) is None or row.target is None else page.scale(line).target(row.target, row.better)
        for line in page.lines
    ]
    return aligned("target", "Target", texts, [""] * len(texts))


def _change(page: Page) -> Column:
    texts, styles, uses = [], [], set()
    dear = {id(line) for line in page.lines if line.row is not None and at_whose_expense(line.row) is not None}
    room = f" {page.glyphs.expense}" if dear else ""
    for line in page.lines:
        change = line.row.change if line.row is not None else None
        if change is None:
            texts.append("")
            styles.append("")
            continue
        arrow = figures.arrow(change.difference, change.significant, page.glyphs)
        mark = room if id(line) in dear else " " * cell_len(room)
        texts.append(f"{page.scale(line).change(change.difference)} {arrow or ' '}{mark}")
        gain = _gain(line.row) if line.row is not None and change.significant else 0
        styles.append("yellow" if id(line) in dear else "" if not gain else "green" if gain > 0 else "red")
        uses.add({page.glyphs.up: "up", page.glyphs.down: "down", page.glyphs.noise: "noise"}.get(arrow, "changed"))
    uses |= {"expense"} if dear else set()
    return aligned("change", "Change  " + " " * cell_len(room), texts, styles, uses=uses)


def _gain(row: Row) -> float:
    """How much better a figure is than the one it is compared with; 0 where that cannot be said."""
    if row.change is None or row.value is None:
        return 0.0
    now, before = (shortfall(row.better, row.target, value) for value in (row.value, row.change.before))
    return 0.0 if now is None or before is None else before - now


def _n(page: Page) -> Column:
    texts = [
        "" if (row := line.row) is None or row.reason == "withheld" else figures.count(row.n) for line in page.lines
    ]
    return aligned("n", "n", texts, [""] * len(texts))


def _interval(page: Page) -> Column:
    texts = ["" if (row := line.row) is None else page.scale(line).interval(row.low, row.high) for line in page.lines]
    level = confidence(page)
    return aligned("interval", f"{level} % interval" if level else "Interval", texts, ["dim"] * len(texts))


def _trend(page: Page, over: Sequence[Period]) -> Column:
    """A bar for each of the periods before the line's current one."""
    drawn = over[-_BARS[0] :]

    def bars(line: Line) -> str:
        earlier = [line.rows.get(period.start) if period.start < line.current.start else None for period in drawn]
        values = [row.value if row is not None else None for row in earlier]
        # One bar has nothing to be compared with.
        return figures.sparkline(values, page.glyphs) if sum(value is not None for value in values) > 1 else ""

    last = page.short(drawn[-1])
    first = page.short(drawn[0])
    heading = last if len(drawn) == 1 else f"{first}{page.glyphs.to}{last}"
    if cell_len(heading) > max(len(drawn), 9):
        heading = "Earlier"
    return Column("trend", heading, tuple(Text(bars(line), style="cyan") for line in page.lines), frozenset({"trend"}))
