"""Markdown for a wiki page or the comment of a pull request: one table of verdicts, the remarks, and the files.

What comes from data or catalogue is written as :mod:`cxkpi.reports.marked` does, so that no name makes a link, a
mention or a heading.
"""

from __future__ import annotations

from collections.abc import Mapping

from cxkpi.reports import figures, periods, restatements
from cxkpi.reports.figures import UNICODE
from cxkpi.reports.many_files import folded, noted
from cxkpi.reports.marked import code, words
from cxkpi.reports.page import Page, confidence, is_ours, plain, prepare, shortened, title
from cxkpi.reports.reading import Line, also_missed, at_whose_expense
from cxkpi.reports.remarks import compared, gathered, numbered, unfinished
from cxkpi.reports.selection import selection
from cxkpi.result import Result, Row

_WORDS = {"not_reached": "not reached", "withheld": "withheld", "refused": "refused"}
_LONGEST_NAME = 80
_LISTED = 20


def render(result: Result, *, show_values: bool = False) -> str:
    """The newest judged period of every line as a table, with what must be known about it below."""
    parts: list[str] = []
    only = words(selection(result, show_values=show_values))
    part = [only, ""] if only else []
    if result.rows:
        page = prepare(result, UNICODE, show_values, longest=_LONGEST_NAME)
        parts += [f"## {words(periods.heading(page.heading))}", "", *part, *_table(page), "", *_legend(page), ""]
        parts += _restated(result, page)
        told = [*_also(result), *_remarks(page)]
    else:
        parts += ["## No figures", "", *part, "No metric could be measured.", ""]
        told = []
    told += [words(plain(note)) for note in noted(result.notes, result.files)]
    told += [words(plain(problem.message)) for problem in result.absent]
    if told := list(dict.fromkeys(told)):
        parts += [*(f"- {remark}" for remark in told), ""]
    if result.files:
        parts += [*_files(result), ""]
    source = f"{code(plain(result.catalogue_path), table=False)} ({code(result.catalogue_hash, table=False)})"
    until = periods.until(result.as_of, result.timezone)
    parts.append(f"{words(result.timezone)}, data to {until}; catalogue {source}, cxkpi {words(result.version)}")
    return "\n".join(parts) + "\n"


def _table(page: Page) -> list[str]:
    level = confidence(page)
    names = ["Metric", *(_cell(name) for name in page.result.by), "Period", "Value", "", "Target", "Change", "n"]
    names.append(f"{level} % interval" if level else "Interval")
    sides = [":--"] * (2 + len(page.result.by)) + ["--:", ":--"] + ["--:"] * 4
    return [_line(names), _line(sides), *(_line(_cells(page, line)) for line in page.lines)]


def _cells(page: Page, line: Line) -> list[str]:
    row, scale = line.row, page.scale(line)
    cells = [_cell(title(line, page)), *(_dimension(page, line, name) for name in page.result.by)]
    cells.append(words(periods.short(line.current), table=True))
    if row is None:
        return [*cells, UNICODE.none, "", "", "", "", ""]
    target = None if isinstance(row.target, tuple) else row.target
    change = ""
    if row.change is not None:
        arrow = figures.arrow(row.change.difference, row.change.significant)
        dear = UNICODE.expense if at_whose_expense(row) is not None else ""
        change = " ".join(part for part in (scale.change(row.change.difference), arrow, dear) if part)
    return [
        *cells,
        _value(row) or words(scale.value(row.value or 0.0, apart_from=target), table=True),
        figures.mark(row.status, row.reason),
        "" if row.target is None else words(scale.target(row.target, row.better), table=True),
        words(change, table=True) if change else "",
        "" if row.reason == "withheld" else figures.count(row.n),
        scale.interval(row.low, row.high),
    ]


def _value(row: Row) -> str:
    """Why there is no value; empty where there is one."""
    return _WORDS.get(row.reason or "", UNICODE.none) if row.value is None else ""


def _dimension(page: Page, line: Line, name: str) -> str:
    if name not in line.by:
        return "all"
    value = line.by[name]
    if value is None:
        return "(blank)"
    shown = page.names[name][value]
    # What a queue may be called, and what this table calls the whole, is in quotes.
    return code(shown[1:-1]) if is_ours(value) and shown[-1:] == '"' else _name(shown)


def _cell(text: str) -> str:
    return _name(shortened(text, _LONGEST_NAME))


def _name(text: str) -> str:
    """A name as it is, or all of it in one code span."""
    written = words(text, table=True)
    return code(text) if "`" in written else written


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _legend(page: Page) -> list[str]:
    """What the marks mean that occur in the table."""
    rows = [line.row for line in page.lines if line.row is not None]
    marks: Mapping[str, str] = {
        UNICODE.met: "target met",
        UNICODE.missed: "target missed",
        UNICODE.alarm: "at or beyond the alarm",
        UNICODE.partial: "only part of the period",
        UNICODE.immature: "not all of it can be judged yet",
        UNICODE.few: "too few to judge",
    }
    used = {figures.mark(row.status, row.reason) for row in rows}
    told = [f"{mark} {meaning}" for mark, meaning in marks.items() if mark in used]
    arrows = {figures.arrow(row.change.difference, row.change.significant) for row in rows if row.change is not None}
    if beyond := [arrow for arrow in (UNICODE.up, UNICODE.down) if arrow in arrows]:
        told.append(f"{' '.join(beyond)} change beyond chance")
    if UNICODE.noise in arrows:
        told.append(f"{UNICODE.noise} change within chance")
    if any(at_whose_expense(row) is not None for row in rows):
        told.append(f"{UNICODE.expense} better at the expense of another figure")
    if arrows:
        told.append(f"change: against {compared(page)}")
    if any(row.reason == "withheld" for row in rows):
        told.append("withheld: too few people to show")
    if any(page.scale(line).style == "clock" for line in page.lines):
        told.append("times: minutes:seconds")
    told += [words(sentence).removesuffix(".") for sentence in numbered(page)]
    return ["; ".join(told)] if told else []


def _remarks(page: Page) -> list[str]:
    by = ", ".join(map(plain, page.result.by))
    found = [words(f"{where}: {sentence}") for where, sentence in gathered(page)]
    for line in page.lines:
        why = None if line.by else page.refused.get((line.info.metric, line.info.variant))
        if why is not None:
            found.append(words(f"{title(line, page)}, by {by}: {why}"))
    return [*found, *map(words, unfinished(page))]


def _restated(result: Result, page: Page) -> list[str]:
    """The figures of an earlier run that are not what they were, in a table of their own."""
    found = result.restated
    if found is None:
        return []
    said = words(restatements.heading(result, found))
    if not found.cells:
        return [f"{said[:1].upper()}{said[1:]}.", ""]
    told = restatements.told(result, page.aliases, _LISTED)
    more = len(found.cells) - len(told)
    names = ["Metric", *(_cell(name) for name in result.by), "Period", "Then", "Now", "n then", "n now", "Why"]
    sides = [":--"] * (2 + len(result.by)) + ["--:"] * 4 + [":--"]
    return [
        f"{said}:", "", _line(names), _line(sides), *(_line(_told(one)) for one in told), "",
        *([f"… and {more:,} more; {code('-o report.json', table=False)} lists them all.", ""] if more > 0 else []),
    ]  # fmt: skip


def _told(one: restatements.Told) -> list[str]:
    verdict = "" if one.verdicts is None else f"; {' → '.join(one.verdicts)}"
    return [
        _cell(one.label),
        *map(_cell, one.by.values()),
        words(periods.short(one.period), table=True),
        words(one.then, table=True),
        words(one.now, table=True),
        *("" if number is None else figures.count(number) for number in one.counts),
        words(f"{one.why}{'' if one.final else restatements.WAITED}{verdict}", table=True),
    ]


def _also(result: Result) -> list[str]:
    """What missed its target of all that was not asked for."""
    found = [plain(info.label) + (" (alarm)" if row.status == "alarm" else "") for info, row in also_missed(result)]
    return [words(f"Also missed: {'; '.join(found)}.")] if found else []


def _files(result: Result) -> list[str]:
    parts = ["| File | Profile | Accepted | Rejected | Superseded | Skipped |", "|:--|:--|--:|--:|--:|--:|"]
    for entry in folded(result.files, result.notes):
        counts = (entry.accepted, entry.rejected, entry.superseded, entry.skipped)
        parts.append(_line([code(plain(entry.path)), code(plain(entry.profile)), *map(figures.count, counts)]))
    return parts
