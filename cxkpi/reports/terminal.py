"""``-f table``: one table for people at a terminal.

Every line shows the newest complete, judged period of its metric: value, verdict, target, change, n and interval. Where
the terminal is wide enough the periods become columns, as many of the newest as fit; else the earlier ones are a
sparkline. Columns that do not fit are left out in the order of ``DROPPED_FIRST``; metric, value and verdict always
stay. Below stand the legend of what occurs in the table, and one line per input file.

Names come from other people's data: control characters are removed, and nothing in a name is taken for markup.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from rich.box import Box
from rich.cells import cell_len, chop_cells, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxkpi.reports import figures, periods
from cxkpi.reports.figures import ASCII, UNICODE, Glyphs, Scale
from cxkpi.reports.reading import Line, identifies, lines
from cxkpi.result import FileEntry, Period, Result, Row

DROPPED_FIRST = ("trend", "interval", "n", "target", "change", "period")
"""Columns that give way where the terminal is narrow, the first named first."""
LEDGER_DROPPED_FIRST = ("blanked", "skipped", "superseded", "profile")
"""The same for the lines of the files."""

_GAP = 2
_BARS = (24, 12, 6)
_FEWEST_PERIODS = 3
_LONGEST_NAME = 48
_SHORTEST_LABEL = 20
_ROOMY_LABEL = 28
_WIDEST_LEGEND = 110
_SHORTEST_PATH = 16
_STYLES = {"met": "green", "missed": "red", "alarm": "bold red"}
_IN_WORDS = {"not_reached": "not reached", "withheld": "withheld", "refused": "refused"}

_RULED = Box("    \n    \n ── \n    \n ── \n ── \n    \n    \n")
_RULED_ASCII = Box("    \n    \n -- \n    \n -- \n -- \n    \n    \n", ascii=True)


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


@dataclass(frozen=True, slots=True)
class Page:
    """A Result prepared for printing.

    ``heading`` is the newest period that any line's verdict belongs to; ``aliases`` is what identifying values are
    printed as, by dimension.
    """

    result: Result
    lines: tuple[Line, ...]
    scales: Mapping[tuple[str, str | None], Scale]
    periods: tuple[Period, ...]
    heading: Period
    aliases: Mapping[str, Mapping[str, str]]
    glyphs: Glyphs

    def scale(self, line: Line) -> Scale:
        """How the figures of this line are written."""
        return self.scales[line.info.metric, line.info.variant]

    def short(self, period: Period) -> str:
        """A period's name over a column; with the year only where several years are in the table."""
        if period.every == "all":
            return "Value"
        return periods.short(period, year=len({other.start.year for other in self.periods}) > 1)


def render(result: Result, *, width: int, unicode: bool = True, show_values: bool = False) -> RenderableType:
    """The report as one Rich renderable, ``width`` cells wide.

    ``unicode``: whether the terminal shows symbols beyond ASCII. ``show_values``: print the values of dimensions that
    identify somebody, which are otherwise numbered.
    """
    glyphs = UNICODE if unicode else ASCII
    if not result.rows:
        return Group(Text(" No figures: no metric could be measured."), *_ledger(result.files, width, glyphs))
    page = _page(result, glyphs, show_values)
    columns = _fit(page, width)
    return Group(
        Padding(_heading(page), (0, 0, 1, 1)),
        _table(page, columns, unicode),
        Text(),
        *_small(_packed(_symbols(page, columns), width), width),
        *_small(_sentences(page, columns), width),
        *_ledger(result.files, width, glyphs),
    )


def text(result: Result, *, width: int = 100, unicode: bool = True, show_values: bool = False) -> str:
    """The report as plain text without colour, as it reads in a pipe."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(render(result, width=width, unicode=unicode, show_values=show_values))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def plain(name: str) -> str:
    """A name from the data without control, format and unpaired characters, which move cursors and turn lines round."""
    spaced = "".join(" " if char in "\t\r\n" or unicodedata.category(char) in ("Zl", "Zp") else char for char in name)
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))


def _page(result: Result, glyphs: Glyphs, show_values: bool) -> Page:
    every_line = lines(result)
    by_start = {row.period.start: row.period for row in result.rows}
    rows_of: dict[tuple[str, str | None], list[Row]] = {}
    for row in result.rows:
        rows_of.setdefault(row.key, []).append(row)
    scales = {
        key: figures.scale(
            result.metrics[key].unit,
            [number for row in rows for number in (row.value, _single_target(row))],
            signed=rows[0].kind == "net",
            glyphs=glyphs,
        )
        for key, rows in rows_of.items()
    }
    return Page(
        result=result,
        lines=every_line,
        scales=scales,
        periods=tuple(by_start[start] for start in sorted(by_start)),
        heading=max((line.current for line in every_line), key=lambda period: period.start),
        aliases={} if show_values else _aliases(result),
        glyphs=glyphs,
    )


def _single_target(row: Row) -> float | None:
    return None if isinstance(row.target, tuple) else row.target


def _aliases(result: Result) -> Mapping[str, Mapping[str, str]]:
    aliases = {}
    for dimension in filter(identifies, result.by):
        values = {value for row in result.rows for value in (row.by.get(dimension),) if value is not None}
        aliases[dimension] = {value: f"#{index}" for index, value in enumerate(sorted(values), start=1)}
    return aliases


def _heading(page: Page) -> Text:
    result = page.result
    seen = f"{'data to' if result.as_of_from_data else 'as of'} {periods.local(result.as_of, result.timezone)}"
    parts = [Text(periods.name(page.heading), style="bold"), Text(result.timezone), Text(seen)]
    return Text(f" {page.glyphs.dot} ").join(parts)


def _fit(page: Page, width: int) -> tuple[Column, ...]:
    """All periods as columns; else the newest that fit after a sparkline; else one value and what fits beside it."""
    target, change, n, interval = _target(page), _change(page), _n(page), _interval(page)
    tail = [column for column in (target, change, n, interval) if any(cell.plain.strip() for cell in column.cells)]
    mixed = any(line.current.start != page.heading.start for line in page.lines)
    shown = len(page.periods)
    oldest_verdict = min(line.current.start for line in page.lines)
    fewest = max(min(_FEWEST_PERIODS, shown), sum(period.start >= oldest_verdict for period in page.periods))
    for newest in range(shown, fewest - 1, -1):
        columns = [_over_time(page, period) for period in page.periods[-newest:]]
        if newest < shown:
            columns.insert(0, _trend(page, page.periods[:-newest]))
        columns += [_judged(page), *tail] if mixed else tail
        label = _label(page, _room(width, columns))
        if label.width >= min(_widest_label(page), _ROOMY_LABEL):
            return (label, *columns)
    columns = [_value(page), *([_period(page)] if mixed else []), *tail]
    if earlier := [period for period in page.periods if period.start < page.heading.start]:
        for bars in sorted({min(len(earlier), most) for most in _BARS}, reverse=True):
            with_trend = [*columns, _trend(page, earlier[-bars:])]
            label = _label(page, _room(width, with_trend))
            if label.width >= min(_widest_label(page), _SHORTEST_LABEL):
                return (label, *with_trend)
    for name in DROPPED_FIRST:
        label = _label(page, _room(width, columns))
        if label.width >= min(_widest_label(page), _SHORTEST_LABEL):
            break
        columns = [column for column in columns if column.name != name]
    return (_label(page, max(_room(width, columns), _SHORTEST_LABEL)), *columns)


def _room(width: int, columns: Sequence[Column]) -> int:
    """What one cell of margin and ``columns``, each after a gap, leave for the first column."""
    return width - 1 - sum(column.width + _GAP for column in columns)


def _label(page: Page, room: int) -> Column:
    """The metric, or below it its dimension values, folded to ``room``."""
    width = max(1, min(_widest_label(page), room))
    texts = [_group(page, line) if page.result.by else _title(line, page) for line in page.lines]
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
        text
        for line in page.lines
        for text in (_title(line, page), f"  {_group(page, line)}" if page.result.by else "")
    ]
    return max(map(cell_len, [_label_heading(page), *texts]))


def _label_heading(page: Page) -> str:
    return f"Metric by {', '.join(page.result.by)}" if page.result.by else "Metric"


def _title(line: Line, page: Page) -> str:
    """The label; with a variant's name where the label may be that of the metric it varies."""
    info = line.info
    base = page.result.metrics.get((info.metric, None))
    title = plain(info.label)
    if info.variant is None or (base is not None and base.label != info.label):
        return title
    return f"{title} ({plain(info.variant)})"


def _group(page: Page, line: Line) -> str:
    names = [_dimension(page, name, value) for name, value in line.by.items()]
    return f" {page.glyphs.dot} ".join(names) or "all"


def _dimension(page: Page, name: str, value: str | None) -> str:
    if value is None:
        return "(blank)"
    if name in page.aliases:
        return page.aliases[name][value]
    shown = plain(value)
    if cell_len(shown) > _LONGEST_NAME:
        shown = set_cell_size(shown, _LONGEST_NAME - len(page.glyphs.ellipsis)).rstrip() + page.glyphs.ellipsis
    return f'"{shown}"' if shown.strip() in ("", "all", "(blank)") else shown


def _value(page: Page) -> Column:
    heading = page.heading
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
    return _aligned(
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
    return page.scale(line).value(row.value, apart_from=_single_target(row) if row.status is not None else None)


def _mark(page: Page, row: Row | None, current: bool) -> str:
    if row is None or row.value is None or (row.status is not None and not current):
        return ""
    return figures.mark(row.status, row.reason, page.glyphs)


def _uses(row: Row | None, current: bool) -> Iterator[str]:
    if row is None:
        return
    if row.value is None:
        yield row.reason if row.reason in _IN_WORDS else "empty"
    elif row.status is not None and current:
        yield row.status
    elif row.status is None and row.reason is not None:
        yield row.reason


def _style(row: Row | None, current: bool) -> str:
    if row is None or not current:
        return "dim"
    return f"bold {_STYLES[row.status]}" if row.status is not None else "bold"


def _aligned(
    name: str, heading: str, texts: Sequence[str], styles: Sequence[str], *, uses: Iterable[str] = ()
) -> Column:
    """A column flush right. Rich strips the blanks behind a text it aligns itself, and with them the room for marks."""
    width = max(map(cell_len, [heading, *texts]))
    padded = [" " * (width - cell_len(cell)) + cell for cell in (heading, *texts)]
    cells = tuple(Text(cell, style=style) for cell, style in zip(padded[1:], styles, strict=True))
    return Column(name, padded[0], cells, frozenset(uses))


def _period(page: Page) -> Column:
    """Beside the value: which period it is of, where that is not the heading's."""
    texts = ["" if line.current.start == page.heading.start else page.short(line.current) for line in page.lines]
    return Column("period", "", tuple(Text(cell, style="dim") for cell in texts))


def _judged(page: Page) -> Column:
    """After periods as columns: which of them target, change, n and interval are of."""
    texts = [page.short(line.current) for line in page.lines]
    return Column("period", "Judged", tuple(Text(cell, style="dim") for cell in texts))


def _target(page: Page) -> Column:
    texts = [
        "" if (row := line.row) is None or row.target is None else page.scale(line).target(row.target, row.better)
        for line in page.lines
    ]
    return _aligned("target", "Target", texts, [""] * len(texts))


def _change(page: Page) -> Column:
    texts, styles, uses = [], [], set()
    for line in page.lines:
        change = line.row.change if line.row is not None else None
        if change is None:
            texts.append("")
            styles.append("")
            continue
        arrow = figures.arrow(change.difference, change.significant, page.glyphs)
        texts.append(f"{page.scale(line).change(change.difference)} {arrow or ' '}")
        gain = {"higher": 1, "lower": -1}.get(line.info.better or "", 0) * change.difference
        styles.append("" if not change.significant or not gain else "green" if gain > 0 else "red")
        uses.add({page.glyphs.up: "up", page.glyphs.down: "down", page.glyphs.noise: "noise"}.get(arrow, "changed"))
    return _aligned("change", "Change  ", texts, styles, uses=uses)


def _n(page: Page) -> Column:
    texts = ["" if line.row is None else figures.count(line.row.n) for line in page.lines]
    return _aligned("n", "n", texts, [""] * len(texts))


def _interval(page: Page) -> Column:
    texts = ["" if (row := line.row) is None else page.scale(line).interval(row.low, row.high) for line in page.lines]
    level = _confidence(page)
    return _aligned("interval", f"{level} % interval" if level else "Interval", texts, ["dim"] * len(texts))


def _confidence(page: Page) -> str:
    """``95`` where every interval of the table has that level, else empty."""
    rows = [line.row for line in page.lines if line.row is not None]
    levels = {row.confidence for row in rows if row.confidence is not None and (row.low, row.high) != (None, None)}
    return f"{100 * levels.pop():g}" if len(levels) == 1 else ""


def _trend(page: Page, over: Sequence[Period]) -> Column:
    """A bar for each of the periods before the line's current one."""
    drawn = over[-_BARS[0] :]

    def bars(line: Line) -> str:
        earlier = [line.rows.get(period.start) if period.start < line.current.start else None for period in drawn]
        return figures.sparkline([row.value if row is not None else None for row in earlier], page.glyphs)

    last = page.short(drawn[-1])
    first = page.short(drawn[0])
    heading = last if len(drawn) == 1 else f"{first}{page.glyphs.to}{last}"
    if cell_len(heading) > max(len(drawn), 9):
        heading = "Earlier"
    return Column("trend", heading, tuple(Text(bars(line), style="cyan") for line in page.lines), frozenset({"trend"}))


def _table(page: Page, columns: Sequence[Column], unicode: bool) -> RenderableType:
    table = _grid(_RULED if unicode else _RULED_ASCII, "bold", columns)
    for index, line in enumerate(page.lines):
        if page.result.by and (index == 0 or page.lines[index - 1].info is not line.info):
            if index:
                table.add_section()
            table.add_row(Text(_title(line, page), style="bold"))
        table.add_row(*(column.cells[index] for column in columns))
    return Padding(table, (0, 0, 0, 1))


def _grid(box: Box | None, header_style: str, columns: Sequence[Column]) -> Table:
    """An empty table whose columns are ``_GAP`` apart: one cell of padding, and one of the box."""
    padding = (0, 1 if box is not None else _GAP, 0, 0)
    table = Table(
        box=box, padding=padding, pad_edge=False, show_edge=False, header_style=header_style, border_style="dim"
    )
    for column in columns:
        table.add_column(Text(column.heading), width=column.width, no_wrap=column.folded is None, overflow="fold")
    return table


def _small(texts: Iterable[str], width: int) -> Iterator[RenderableType]:
    for line in texts:
        yield Padding(Text(line, style="dim"), (0, max(0, width - _WIDEST_LEGEND), 0, 1))


def _symbols(page: Page, columns: Sequence[Column]) -> Iterator[str]:
    glyphs, names = page.glyphs, {column.name for column in columns}
    uses = frozenset().union(*(column.uses for column in columns))
    few = {line.info.min_n for line in page.lines}
    meanings = {
        "met": f"{glyphs.met} target met",
        "missed": f"{glyphs.missed} target missed",
        "alarm": f"{glyphs.alarm} at or beyond the alarm",
        "partial": f"{glyphs.partial} period not over",
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
    if "change" in names:
        yield f"change: against {_compared(page)}"
    if "n" in names:
        yield "n: contacts, answers or people measured"
    if "interval" in names and (level := _confidence(page)):
        yield f"{level} % interval: holds the true figure {level} times in 100"
    if any(page.scale(line).style == "clock" for line in page.lines):
        yield "times: minutes:seconds"
    if "trend" in uses:
        yield f"{glyphs.bars[0]}{glyphs.bars[-1]} lowest to highest of its row"


def _compared(page: Page) -> str:
    gaps = {
        (line.current.start - row.change.period).days
        for line in page.lines
        if (row := line.row) is not None and row.change is not None
    }
    noun = periods.noun(page.result.every)
    year_before = page.result.every != "year" and all(gap > 360 for gap in gaps)
    return f"the same {noun} a year before" if year_before else f"the {noun} before"


def _packed(entries: Iterable[str], width: int) -> Iterator[str]:
    """Entries side by side, as many to a line as fit."""
    room, line = min(width, _WIDEST_LEGEND) - 1, ""
    for entry in entries:
        joined = f"{line}   {entry}" if line and entry else line or entry
        if line and cell_len(joined) > room:
            yield line
            line = entry
        else:
            line = joined
    if line:
        yield line


def _sentences(page: Page, columns: Sequence[Column]) -> Iterator[str]:
    """What the reader must know about single metrics; a sentence that holds for several names them all."""
    about: dict[str, dict[str, None]] = {}
    for line in page.lines:
        for sentence in _about(page, line):
            about.setdefault(sentence, {}).setdefault(_title(line, page))
    for sentence, titles in about.items():
        yield f"{'; '.join(titles)}: {sentence}"
    if all(column.name != "over time" for column in columns):
        for period in page.periods:
            if period.start > page.heading.start and not period.complete:
                yield f"{periods.name(period)} is not over and not shown."
    for dimension in page.aliases:
        yield f"Values of {dimension} are numbered; --show-values prints them."


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
    if row is not None:
        yield from map(plain, row.notes)


def _waiting(later: Row | None, period: Period) -> str:
    """Why a metric is not judged for the newest complete period."""
    if later is None:
        return f"there is nothing to measure in {periods.name(period)}."
    return (
        f"{_records(later.immature)} of {periods.name(period)} cannot be judged yet: the time to wait for is not over."
    )


def _records(number: int) -> str:
    return {0: "records", 1: "1 record"}.get(number, f"{figures.count(number)} records")


def _span(roll: str) -> str:
    number = roll.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = {"d": "days", "wk": "weeks", "mo": "months"}.get(roll[len(number) :])
    return f"{number} {unit}" if unit else roll


def _ledger(files: Sequence[FileEntry], width: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    """One line per input file; columns in which every file has 0 are left out, but for accepted and rejected."""
    if not files:
        return
    counts = {
        "accepted": [entry.accepted for entry in files],
        "rejected": [entry.rejected for entry in files],
        "superseded": [entry.superseded for entry in files],
        "skipped": [entry.skipped for entry in files],
        "blanked": [entry.blanked for entry in files],
    }
    columns = [Column("profile", "Profile", tuple(Text(plain(entry.profile)) for entry in files))]
    for name, numbers in counts.items():
        if any(numbers) or name in ("accepted", "rejected"):
            styles = ["yellow" if name == "rejected" and number else "" for number in numbers]
            columns.append(_aligned(name, name.capitalize(), [figures.count(number) for number in numbers], styles))
    paths = [plain(entry.path) for entry in files]
    longest = max(map(cell_len, [*paths, "File"]))
    for name in LEDGER_DROPPED_FIRST:
        if min(longest, max(_SHORTEST_PATH, width // 3)) <= _room(width, columns):
            break
        columns = [column for column in columns if column.name != name]
    room = max(_SHORTEST_PATH, min(longest, _room(width, columns)))
    shown = tuple(Text(_tail(path, room, glyphs)) for path in paths)
    columns = [Column("path", "File", shown), *columns]
    table = _grid(None, "dim", columns)
    for index in range(len(files)):
        table.add_row(*(column.cells[index] for column in columns))
    yield Text()
    yield Padding(table, (0, 0, 0, 1))
    meanings = {
        "rejected": "rejected: cannot be used; --rejects FILE lists why" if any(counts["rejected"]) else "",
        "superseded": "superseded: an older version of a record",
        "skipped": "skipped: no record (title, footer, total)",
        "blanked": "blanked: an unreadable value left empty",
    }
    yield from _small(_packed((meanings.get(column.name, "") for column in columns), width), width)


def _tail(path: str, room: int, glyphs: Glyphs) -> str:
    """The end of a path, where the file's name is."""
    if cell_len(path) <= room:
        return path
    kept = path
    while cell_len(kept) > room - len(glyphs.ellipsis):
        kept = kept[1:]
    return glyphs.ellipsis + kept
