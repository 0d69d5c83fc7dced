"""The tables of the page: a metric over time, its split, the figures behind the sparklines, all metrics, the files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cxkpi.reports import figures, periods, restatements
from cxkpi.reports.figures import UNICODE, Scale
from cxkpi.reports.html import cells
from cxkpi.reports.html.cells import Cell, Heading, Table
from cxkpi.reports.html.sparks import spark
from cxkpi.reports.page import Page, group, shortened
from cxkpi.reports.reading import Line
from cxkpi.reports.restatements import WAITED
from cxkpi.result import FileEntry, Result, Row

MOST_RESTATED = 300
"""Restated figures that a page lists."""

_NAME, _PATH, _WHOLE = 80, 160, 600


@dataclass(frozen=True, slots=True)
class _Column:
    """One figure of a row; the column is there where ``occurs`` holds of a row."""

    heading: Heading
    cell: Callable[[Page, Scale, Row], Cell]
    occurs: Callable[[Row], bool] = lambda row: True


def _figure(text: str) -> Heading:
    return Heading(text)


def _shown(row: Row, number: float | None) -> float | None:
    # How many people a withheld figure is of is withheld with it.
    return None if row.reason == "withheld" else number


def _amount(text: str, read: Callable[[Row], float | None], occurs: Callable[[Row], bool]) -> _Column:
    return _Column(_figure(text), lambda page, scale, row: cells.counted(_shown(row, read(row))), occurs)


def _value(page: Page, scale: Scale, row: Row) -> Cell:
    return cells.number(cells.value(scale, row), row.value, "value")


def _interval(page: Page, scale: Scale, row: Row) -> Cell:
    return cells.number(scale.interval(row.low, row.high), row.low)


def _bounds(page: Page, scale: Scale, row: Row) -> Cell:
    low, high = row.bounds or (None, None)
    return cells.number(scale.interval(low, high), low)


_JUDGED = (
    _Column(_figure("value"), _value),
    _Column(
        Heading("verdict", "verdict"),
        lambda page, scale, row: cells.judged(row),
        lambda row: bool(cells.verdict(row) or cells.flag(row)),
    ),
    _Column(_figure("target"), lambda page, scale, row: cells.target(scale, row), lambda row: row.target is not None),
    _Column(_figure("change"), lambda page, scale, row: cells.change(scale, row), lambda row: row.change is not None),
)
_COUNTED = (
    _Column(_figure("interval"), _interval, lambda row: (row.low, row.high) != (None, None)),
    _amount("n", lambda row: row.n, lambda row: True),
)
_BEHIND = (
    _amount("numerator", lambda row: row.numerator, lambda row: row.numerator not in (None, row.value)),
    _amount("denominator", lambda row: row.denominator, lambda row: row.denominator not in (None, row.n)),
    _amount("not judged yet", lambda row: row.immature, lambda row: row.immature > 0),
    _Column(_figure("bounds"), _bounds, lambda row: row.bounds is not None),
    _amount("without a value", lambda row: row.missing, lambda row: row.missing > 0),
    _amount("not there yet", lambda row: row.censored, lambda row: bool(row.censored)),
)


def _columns(rows: Iterable[Row | None], columns: Sequence[_Column]) -> tuple[_Column, ...]:
    known = [row for row in rows if row is not None]
    return tuple(column for column in columns if any(column.occurs(row) for row in known))


def _headings(columns: Sequence[_Column], rows: Iterable[Row | None]) -> tuple[Heading, ...]:
    """Headings of columns; that of the interval names its level where all have the same."""
    levels = {row.confidence for row in rows if row is not None and row.confidence is not None}
    named = f"{100 * levels.pop():.12g} % interval" if len(levels) == 1 else "interval"
    return tuple(Heading(named) if column.heading.text == "interval" else column.heading for column in columns)


def over_time(page: Page, line: Line, name: str) -> Table:
    """A metric's periods, the newest first, with the counts behind each figure."""
    rows = [row for _, row in sorted(line.rows.items(), reverse=True)]
    scale, columns = page.scale(line), _columns(rows, (*_JUDGED, *_COUNTED, *_BEHIND))
    every = Heading(periods.noun(page.result.every))
    return Table(
        f"{name} over time",
        (every, *_headings(columns, rows)),
        tuple((_period(row), *(column.cell(page, scale, row) for column in columns)) for row in rows),
    )


def _period(row: Row) -> Cell:
    return Cell(shortened(periods.name(row.period), _NAME), row.period.start.isoformat())


def split(page: Page, lines: Sequence[Line], name: str) -> Table:
    """The parts of a metric in the period its verdict belongs to, each with a sparkline of its past."""
    rows = [line.row for line in lines]
    judged, counted = _columns(rows, _JUDGED), _columns(rows, (*_COUNTED, *_BEHIND))
    starts = sorted({start for line in lines for start in line.rows})
    drawn = len(starts) > 1
    trend = (Heading("trend", "trend", False),) if drawn else ()
    return Table(
        f"{name} by {_named(lines)}, {shortened(periods.name(lines[0].current), _NAME)}",
        (Heading(_named(lines)), *_headings(judged, rows), *trend, *_headings(counted, rows)),
        tuple(
            (
                _group(page, line),
                *_part(page, line, judged),
                *(_trend(line, starts) if drawn else ()),
                *_part(page, line, counted),
            )
            for line in lines
        ),
    )


def _named(lines: Sequence[Line]) -> str:
    return " and ".join(shortened(name, _NAME) for name in lines[0].by)


def _group(page: Page, line: Line) -> Cell:
    """What the line is of; all of a name that was cut is told on pointing at it."""
    shown = group(page, line)
    values = {name: value for name, value in line.by.items() if value is not None and name not in page.aliases}
    cut = any(UNICODE.ellipsis in page.names[name][value] and len(value) > _NAME for name, value in values.items())
    return Cell(shown, whole=" · ".join(shortened(value, _WHOLE) for value in values.values()) if cut else "")


def _part(page: Page, line: Line, columns: Sequence[_Column]) -> Iterator[Cell]:
    row = line.row
    if row is not None:
        yield from (column.cell(page, page.scale(line), row) for column in columns)
        return
    for column in columns:
        yield cells.number(UNICODE.none, None) if column.heading.text == "value" else Cell("", None)


def _trend(line: Line, starts: Sequence[date]) -> Iterator[Cell]:
    rows = {start: row for start, row in line.rows.items() if row.period.complete}
    values = [None if (row := rows.get(start)) is None else row.value for start in starts]
    yield Cell("", None, "trend", drawing=spark(values, width=110, height=22))


def history(page: Page, lines: Sequence[Line], name: str) -> Table:
    """The figures behind the sparklines: the parts down, the periods across, the newest first."""
    present = {start for line in lines for start in line.rows}
    across = [period for period in reversed(page.periods) if period.start in present]
    headings = (Heading(_named(lines)), *(_figure(shortened(page.short(period), _NAME)) for period in across))
    rows = []
    for line in lines:
        scale = page.scale(line)
        found = [line.rows.get(period.start) for period in across]
        figured = (Cell(_brief(scale, row), None if row is None else row.value) for row in found)
        rows.append((_group(page, line), *figured))
    return Table(f"{name} by {_named(lines)} and {periods.noun(page.result.every)}", headings, tuple(rows))


def _brief(scale: Scale, row: Row | None) -> str:
    """A figure with the mark of what limits it; nothing where there is no row."""
    if row is None:
        return ""
    mark = figures.mark(None, row.reason) if row.status is None else ""
    return f"{cells.value(scale, row)}{mark and f' {mark}'}"


def overview(page: Page, wholes: Sequence[tuple[str, Line]]) -> Table:
    """All metrics, each with its newest judged figure and a link to its section."""
    rows = [line.row for _, line in wholes]
    columns = _columns(rows, (*_JUDGED, *_COUNTED[1:]))
    every = Heading(periods.noun(page.result.every), "text")
    return Table(
        "All metrics",
        (Heading("metric"), Heading("family", "text"), every, *_headings(columns, rows)),
        tuple(
            (
                Cell(cells.label(page, line), link=anchor),
                Cell(shortened(line.info.family or "", _NAME), look="text"),
                Cell(shortened(periods.name(line.current), _NAME), line.current.start.isoformat(), "text"),
                *_part(page, line, columns),
            )
            for anchor, line in wholes
        ),
    )


def restatement(result: Result, hidden: Mapping[str, Mapping[str, str]]) -> Table | None:
    """The figures of past periods that are not what an earlier run had; None where there are none.

    ``hidden``: what values of dimensions are printed as.
    """
    told = restatements.told(result, hidden, MOST_RESTATED)
    if not told:
        return None
    judged = any(one.verdicts is not None for one in told)
    named = (Heading(shortened(name, _NAME), "text") for name in result.by)
    verdict = (Heading("verdict", "text"),) if judged else ()
    return Table(
        "Restated figures",
        (Heading("metric"), Heading("period", "text"), *named, _figure("then"), _figure("now"), *verdict,
         _figure("n then"), _figure("n now"), Heading("why", "text")),
        tuple(
            (
                Cell(shortened(one.label, _NAME)),
                Cell(shortened(periods.name(one.period), _NAME), one.period.start.isoformat(), "text"),
                *(Cell(shortened(value, _NAME), look="text") for value in one.by.values()),
                cells.number(one.then, None if one.cell.then is None else one.cell.then.value),
                cells.number(one.now, None if one.cell.now is None else one.cell.now.value, "value"),
                *((Cell("" if one.verdicts is None else " → ".join(one.verdicts), look="text"),) if judged else ()),
                *(cells.counted(number) for number in one.counts),
                Cell(one.why + ("" if one.final else WAITED), look="text told"),
            )
            for one in told
        ),
    )  # fmt: skip


def ledger(files: Sequence[FileEntry]) -> Table:
    """The files read: what became of their records."""
    counts: tuple[tuple[str, Callable[[FileEntry], int]], ...] = (
        ("records", lambda entry: entry.records),
        ("accepted", lambda entry: entry.accepted),
        ("superseded", lambda entry: entry.superseded),
        ("rejected", lambda entry: entry.rejected),
        ("skipped", lambda entry: entry.skipped),
        ("blanked cells", lambda entry: entry.blanked),
    )
    return Table(
        "Files read",
        (Heading("file"), Heading("profile", "text"), *(_figure(name) for name, _ in counts)),
        tuple(
            (
                Cell(shortened(entry.path, _PATH)),
                Cell(shortened(entry.profile, _NAME), look="text"),
                *(cells.number(figures.count(read(entry)), read(entry)) for _, read in counts),
            )
            for entry in files
        ),
    )
