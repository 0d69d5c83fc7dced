"""A Result as the texts of an HTML page: tiles, a section per metric, the files read, the notes and the legend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from cxkpi.reports import figures, periods, restatements
from cxkpi.reports.figures import UNICODE
from cxkpi.reports.html import cells
from cxkpi.reports.html.cells import Cell, Table
from cxkpi.reports.html.charts import Chart, Point, alarm_in_view, draw, specification
from cxkpi.reports.html.sparks import spark
from cxkpi.reports.html.tables import MOST_RESTATED, history, ledger, over_time, overview, restatement, split
from cxkpi.reports.many_files import folded, noted
from cxkpi.reports.page import Page, group, prepare, shortened
from cxkpi.reports.reading import Line, aliases, also_missed
from cxkpi.reports.remarks import compared, numbered, remarks, span
from cxkpi.reports.selection import selection
from cxkpi.result import Restatement, Result, Row

MOST_TILES = 12
"""Metrics that get a tile; where there are more, a table names them all."""
MOST_CELLS = 60_000
"""Figures of splits by period a page holds, all metrics together; a metric that would go beyond is without them."""

_NOTE, _SENTENCE, _NAME = 600, 2000, 160
_NAMED_GROUPS = 3
_WITHOUT_MONTHS = "The figures behind the sparklines are too many for this page; -o report.csv holds them."


@dataclass(frozen=True, slots=True)
class Tile:
    """The newest judged figure of a metric; ``look`` is a class, ``flag`` what qualifies the verdict."""

    anchor: str
    label: str
    value: str
    when: str
    verdict: str
    look: str
    flag: str
    target: str
    change: Cell | None
    drawing: Markup


@dataclass(frozen=True, slots=True)
class Section:
    """One metric: what it is, its chart, and its tables; ``months`` are the figures behind the sparklines."""

    anchor: str
    label: str
    objective: str
    verdict: str
    look: str
    flag: str
    chart: Markup
    key: str
    description: str
    formula: str
    facts: tuple[tuple[str, str], ...]
    over_time: Table
    split: Table | None
    months: Table | None
    refused: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """The whole page."""

    title: str
    heading: str
    subtitle: str
    summary: str
    tiles: tuple[Tile, ...]
    overview: Table | None
    sections: tuple[Section, ...]
    files: Table
    notes: tuple[str, ...]
    also: tuple[str, ...]
    restated: str
    restatements: Table | None
    absent: tuple[str, ...]
    provenance: tuple[tuple[str, str], ...]
    legend: tuple[str, ...]


def compose(result: Result, *, show_values: bool) -> Content:
    """Everything the page says, in its order."""
    until = periods.until(result.as_of, result.timezone)
    seen = f"{'data to' if result.as_of_from_data else 'as of'} {until}"
    page = prepare(result, UNICODE, show_values, longest=_NAME) if result.rows else None
    blocks = _blocks(page) if page is not None else ()
    heading = shortened(periods.heading(page.heading), _NAME) if page is not None else "No figures"
    only = selection(result, show_values=show_values)
    wholes = [(anchor, lines[0]) for anchor, lines in blocks if not lines[0].by]
    tiles = tuple(_tile(page, anchor, line) for anchor, line in _foremost(wholes)) if page is not None else ()
    room = MOST_CELLS
    sections = []
    charts = draw([_chart(page, lines[0], anchor) for anchor, lines in blocks]) if page is not None else ()
    for (anchor, lines), chart in zip(blocks, charts, strict=True):
        assert page is not None
        needed = sum(len(line.rows) for line in lines if line.by)
        sections.append(_section(page, anchor, lines, chart, months=needed <= room))
        room -= needed if needed <= room else 0
    return Content(
        title=f"Contact centre KPIs, {heading}{f', {only}' if only else ''}",
        heading=heading,
        subtitle=f"Contact centre KPIs · {shortened(result.timezone, _NAME)}, {seen}{f' · {only}' if only else ''}",
        summary=_summary([line.row for _, line in wholes], result.restated),
        tiles=tiles,
        overview=overview(page, wholes) if page is not None and len(wholes) > MOST_TILES else None,
        sections=tuple(sections),
        files=ledger(folded(result.files, result.notes)),
        notes=tuple(shortened(note, _NOTE) for note in noted(result.notes, result.files)),
        also=tuple(_also(result)),
        restated=_restated(result),
        restatements=restatement(result, aliases(result, show_values=show_values)),
        absent=tuple(shortened(problem.message, _NOTE) for problem in result.absent),
        provenance=(
            ("catalogue", f"{shortened(result.catalogue_path, _NAME)} ({shortened(result.catalogue_hash, _NAME)})"),
            ("cxkpi", shortened(result.version, _NAME)),
            (seen.removesuffix(until).strip(), f"{until}, {shortened(result.timezone, _NAME)}"),
        ),
        legend=tuple(_legend(page)) if page is not None else (),
    )


def _blocks(page: Page) -> tuple[tuple[str, tuple[Line, ...]], ...]:
    """The lines of each metric, the whole first, with the id of its section."""
    found: dict[tuple[str, str | None], list[Line]] = {}
    for line in page.lines:
        found.setdefault((line.info.metric, line.info.variant), []).append(line)
    blocks = []
    for at, ((metric, variant), lines) in enumerate(found.items()):
        named = metric if variant is None else f"{metric}.{variant}"
        plainly = named.isascii() and named.replace("_", "").replace(".", "").isalnum() and len(named) < _NAME
        anchor = f"m-{named}" if plainly else f"metric-{at}"
        blocks.append((anchor, tuple(sorted(lines, key=lambda line: bool(line.by)))))
    return tuple(blocks)


def _foremost(wholes: Sequence[tuple[str, Line]]) -> Sequence[tuple[str, Line]]:
    """The metrics that get tiles: of more than there is room for those with a target that are no variants."""
    if len(wholes) <= MOST_TILES:
        return wholes
    own = [one for one in wholes if one[1].info.variant is None]
    aimed = [one for one in own if one[1].row is not None and one[1].row.target is not None]
    return (aimed or own or wholes)[:MOST_TILES]


def _restated(result: Result) -> str:
    """What became of an earlier run's figures, in a sentence; how many of them the table has no room for."""
    if result.restated is None:
        return ""
    said = shortened(restatements.heading(result, result.restated), _NOTE)
    more = len(result.restated.cells) - MOST_RESTATED
    beyond = f" The first {MOST_RESTATED} are shown; -o report.json holds them all." if more > 0 else ""
    return f"{said[:1].upper()}{said[1:]}.{beyond}"


def _summary(rows: Sequence[Row | None], restated: Restatement | None) -> str:
    told = {"met": "met", "missed": "missed", "alarm": "at or beyond the alarm"}
    counts = {status: sum(row is not None and row.status == status for row in rows) for status in told}
    judged = sum(counts.values())
    past = 0 if restated is None else len(restated.cells)
    changed = f"{past:,} past figure{'s' if past > 1 else ''} restated" if past else ""
    if not judged:
        return changed
    parts = [f"{number} {told[status]}" for status, number in counts.items() if number]
    traded = sum(row is not None and cells.traded(row) for row in rows)
    if traded:
        parts.append(f"{traded} improved at the expense of another")
    verdicts = f"{judged} target{'s' if judged > 1 else ''}: {', '.join(parts)}"
    return f"{verdicts}; {changed}" if changed else verdicts


def _also(result: Result) -> Iterator[str]:
    """The metrics nobody asked for that missed their target."""
    for told, row in also_missed(result):
        scale = figures.scale(told.unit, [row.value], signed=row.kind == "net")
        target = "" if row.target is None else f", target {scale.target(row.target, row.better)}"
        figure = f"{cells.value(scale, row)} {cells.verdict(row)}{target}"
        yield f"{shortened(told.label, _NAME)}, {shortened(periods.name(row.period), _NAME)}: {figure}"


def _tile(page: Page, anchor: str, line: Line) -> Tile:
    scale, row = page.scale(line), line.row
    past = [one.value if one.period.complete else None for _, one in sorted(line.rows.items())]
    moved = None
    if row is not None and row.change is not None:
        # The sign of noise would stand beside the dot between target and change.
        moved = cells.change(scale, row)
        moved = replace(moved, text=moved.text.removesuffix(UNICODE.noise).rstrip())
    return Tile(
        anchor=anchor,
        label=cells.label(page, line),
        value=cells.value(scale, row),
        when=shortened(periods.name(line.current), _NAME),
        verdict=cells.verdict(row),
        look=cells.look(row),
        flag=cells.flag(row),
        target="" if row is None or row.target is None else scale.target(row.target, row.better),
        change=moved,
        drawing=spark(_trimmed(past), width=120, height=28),
    )


def _trimmed(values: Sequence[float | None]) -> Sequence[float | None]:
    """Without the gaps at either end: what a metric has not yet, and what is not over."""
    known = [at for at, value in enumerate(values) if value is not None]
    return values[known[0] : known[-1] + 1] if known else ()


def _section(page: Page, anchor: str, lines: Sequence[Line], chart: Markup, *, months: bool) -> Section:
    whole, parts, info = lines[0], [line for line in lines if line.by], lines[0].info
    row, name = whole.row, cells.label(page, whole)
    many = len({start for line in parts for start in line.rows}) > 1
    return Section(
        anchor=anchor,
        label=name,
        objective=shortened(info.objective or "", _SENTENCE),
        verdict=cells.verdict(row),
        look=cells.look(row),
        flag=cells.flag(row),
        chart=chart,
        key=_key(page, whole) if chart else "",
        description=shortened(info.description or "", _SENTENCE),
        formula=shortened(info.formula or "", _SENTENCE),
        facts=tuple(_facts(page, whole)),
        over_time=over_time(page, whole, name),
        split=split(page, parts, name) if parts else None,
        months=history(page, parts, name) if parts and many and months else None,
        refused=_refused(page, whole),
        notes=(*_notes(page, lines), *(() if months or not parts or not many else (_WITHOUT_MONTHS,))),
    )


def _refused(page: Page, line: Line) -> str:
    why = page.refused.get((line.info.metric, line.info.variant))
    named = " and ".join(shortened(name, _NAME) for name in page.result.by)
    return "" if why is None else f"By {named}: refused. {shortened(why, _NOTE)}"


def _facts(page: Page, line: Line) -> Iterator[tuple[str, str]]:
    info, row, scale = line.info, line.row, page.scale(line)
    if row is not None and row.target is not None:
        yield "Target", scale.target(row.target, row.better)
    if row is not None and row.alarm is not None:
        worse = {"higher": "lower", "lower": "higher"}.get(row.better or "")
        outside = "outside " if isinstance(row.alarm, tuple) else ""
        yield "Alarm", outside + scale.target(row.alarm, worse)
    if info.roll is not None:
        yield "Each figure covers", f"the {shortened(span(info.roll), _NAME)} that end with its period"
    yield "Unit", shortened(info.unit, _NAME)
    if info.family:
        yield "Family", shortened(info.family, _NAME)
    yield "Judged from", f"n of {figures.count(info.min_n)}"
    if row is not None:
        yield "Definition", shortened(row.definition, _NAME)


def _chart(page: Page, line: Line, anchor: str) -> Chart:
    points = _points(page, line)
    told = [point.said for point in points if point.value is not None]
    rows = [row for _, row in sorted(line.rows.items())]
    goals = dict.fromkeys(page.scale(line).target(row.target, row.better) for row in rows if row.target is not None)
    target = f" Target {' then '.join(goals)}." if goals else ""
    named = f"{cells.label(page, line)} by {periods.noun(page.result.every)}"
    return Chart(anchor, named, f"{'; '.join(told)}.{target}", specification(points, page.scale(line)))


def _points(page: Page, line: Line) -> Sequence[Point]:
    return [
        Point(
            name=shortened(page.short(row.period), 24),
            value=row.value,
            low=row.low,
            high=row.high,
            target=row.target,
            alarm=row.alarm,
            settled=row.period.complete and row.reason not in ("immature", "partial") and not row.immature,
            definition=row.definition,
            said=_said(page, line, row),
        )
        for _, row in sorted(line.rows.items())
    ]


def _said(page: Page, line: Line, row: Row) -> str:
    scale = page.scale(line)
    between = scale.interval(row.low, row.high)
    told = f"{shortened(periods.name(row.period), _NAME)}: {cells.value(scale, row)}"
    told += f" ({between})" if between else ""
    return told if row.status is not None or not row.reason else f"{told}, {cells.reason(row)}"


def _key(page: Page, line: Line) -> str:
    """What is drawn how; of it what occurs."""
    rows = list(line.rows.values())
    level = {row.confidence for row in rows if row.confidence is not None}
    said = [f"Line: value by {periods.noun(page.result.every)}"]
    if any(row.low is not None and row.high is not None for row in rows):
        said.append(f"bars: {f'{100 * level.pop():.12g} % ' if len(level) == 1 else ''}interval")
    if any(row.target is not None for row in rows):
        said.append("dashes: target")
    if alarm_in_view(_points(page, line)):
        said.append("dots: alarm")
    if any(not row.period.complete or row.immature or row.reason in ("immature", "partial") for row in rows):
        said.append("hollow: not over, or not judged in full")
    if len({row.definition for row in rows}) > 1:
        said.append("a gap: defined otherwise before it")
    return "; ".join(said) + "."


def _notes(page: Page, lines: Sequence[Line]) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    for line in lines:
        for sentence in remarks(page, line):
            said.setdefault(shortened(sentence, _NOTE), []).append(group(page, line) if line.by else "")
    for sentence, where in said.items():
        more = len(where) - _NAMED_GROUPS
        named = ", ".join(name for name in where[:_NAMED_GROUPS]) + (f" and {more} more" if more > 0 else "")
        yield sentence[:1].upper() + sentence[1:] if "" in where else f"{named}: {sentence}"


def _legend(page: Page) -> Iterator[str]:
    """What the marks mean that occur on the page, and no others."""
    rows = [row for line in page.lines for row in line.rows.values()]
    reasons: Mapping[str, str] = {
        "partial": f"{UNICODE.partial} only part of the period",
        "immature": f"{UNICODE.immature} not all of it can be judged yet",
        "too_few": f"{UNICODE.few} too few to judge",
        "empty": f"{UNICODE.none} nothing to measure",
    }
    statuses = {"met": UNICODE.met, "missed": UNICODE.missed, "alarm": UNICODE.alarm}
    yield from (f"{mark} {cells.VERDICTS[status]}" for status, mark in statuses.items() if _any(rows, status))
    yield from (text for reason, text in reasons.items() if any(row.reason == reason for row in rows))
    arrows = {figures.arrow(row.change.difference, row.change.significant) for row in rows if row.change is not None}
    if turned := " ".join(arrow for arrow in (UNICODE.up, UNICODE.down) if arrow in arrows):
        yield f"{turned} change beyond chance"
    if UNICODE.noise in arrows:
        yield f"{UNICODE.noise} change within chance"
    if any(row.change is not None for row in rows):
        yield f"change: against {compared(page)}"
    yield "n: contacts, answers or people measured"
    levels = {row.confidence for row in rows if row.confidence is not None and (row.low, row.high) != (None, None)}
    if len(levels) == 1:
        level = f"{100 * levels.pop():.12g}"
        yield f"{level} % interval: holds the true figure {level} times in 100"
    if any(row.bounds is not None for row in rows):
        yield "bounds: between these the figure will be once all records are judged"
    if any(scale.style == "clock" for scale in page.scales.values()):
        yield "times: minutes:seconds"
    yield from (shortened(sentence, _NOTE).removesuffix(".") for sentence in numbered(page))


def _any(rows: Sequence[Row], status: str) -> bool:
    return any(row.status == status for row in rows)
