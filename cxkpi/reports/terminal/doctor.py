"""``cxkpi doctor`` for people: the verdict, the files, what was found, what it does, and what cannot be computed.

The verdict comes first, in a line. Files stand under what they were taken for, each with the days it covers and its
account. Then what was found, the same thing in several files once, the worst first; then what that does to metrics, how
much of what they need is there, and which of them cannot be computed. Where there is much of anything the first ten are
shown and the rest counted; ``-f json`` lists all of it. Columns that do not fit are left out, and the legend says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import StringIO
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cxkpi.documents.spelling import listed
from cxkpi.measurement.doctor.coverage import Filled
from cxkpi.measurement.doctor.days import Covered, told
from cxkpi.measurement.doctor.observed import Diagnosis, Effect, FileCheck, Observation, together, without_place
from cxkpi.reports import figures, periods
from cxkpi.reports.figures import ASCII, UNICODE, Glyphs
from cxkpi.reports.page import plain
from cxkpi.reports.terminal.layout import small
from cxkpi.reports.terminal.legend import packed

__all__ = ["render", "text"]

_MOST = 10
_MOST_PLACES = 3
_SHORTEST_PATH = 16
_WIDEST = 120
_GAP = 2
_DROPPED_FIRST = ("Blank", "Continued", "Lines", "Skipped", "Superseded")
_DROPPED_LAST = ("Accepted", "Rejected", "Shared")
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_STYLES = {"error": "red", "warning": "yellow", "note": "dim"}
_MEANING = {
    "error": "a metric would be wrong",
    "warning": "a metric may be wrong",
    "note": "good to know",
}


def render(found: Diagnosis, *, width: int, unicode: bool = True, show_values: bool = False) -> RenderableType:
    """The diagnosis as one Rich renderable, ``width`` cells wide.

    ``unicode``: whether the terminal shows symbols beyond ASCII. ``show_values``: print identifiers and free text.
    """
    glyphs = UNICODE if unicode else ASCII
    return Group(
        *_verdict(found, glyphs),
        *_files(found, width, glyphs),
        *_problems(found, glyphs),
        *_findings(found, width, glyphs, show_values),
        *_effects(found, glyphs),
        *_coverage(found, glyphs),
        *_impossible(found),
    )


def text(found: Diagnosis, *, width: int = 100, unicode: bool = True, show_values: bool = False) -> str:
    """The page as plain text without colour, as it reads in a pipe."""
    console = Console(file=StringIO(), width=width, color_system=None, force_terminal=False, highlight=False)
    with console.capture() as captured:
        console.print(render(found, width=width, unicode=unicode, show_values=show_values))
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


# -- the verdict ------------------------------------------------------------------------------------------------------


def _verdict(found: Diagnosis, glyphs: Glyphs) -> Iterator[RenderableType]:
    possible = len(found.metrics) - len(found.impossible)
    wrong, doubtful = len(found.wrong), len(found.doubtful)
    attention = sum(one.attention for one in found.files)
    if wrong:
        first = f"{wrong} of {_metrics(possible)} would be wrong" + (f", and {doubtful} may be" if doubtful else "")
    elif doubtful:
        first = f"No metric would be wrong; {doubtful} of {possible} may be"
    else:
        first = "No metric would be wrong" if possible else "No metric can be computed"
    files = "1 file" if len(found.files) == 1 else f"{len(found.files)} files"
    needs = f"{attention} of {files} need{'s' if attention == 1 else ''} attention" if attention else ""
    unusable = sum(bool(one.problems) and (one.entry is None or not one.entry.accepted) for one in found.files)
    cannot = f"{unusable} cannot be used" if unusable else ""
    sentence = "; ".join(part for part in (first, needs, cannot) if part) + "."
    style = "bold red" if found.exit_code else "bold yellow" if doubtful else "bold green"
    yield Padding(Text(sentence, style=style), (0, 0, 0, 1))
    seen = [found.timezone]
    if found.as_of is not None:
        seen.append(f"data to {periods.until(found.as_of, found.timezone)}")
    yield Padding(Text(f" {glyphs.dot} ".join(seen), style="dim"), (0, 0, 0, 1))
    for note in found.notes:
        yield Padding(Text(plain(note)), (0, 0, 0, 1))


def _metrics(count: int) -> str:
    return "1 metric" if count == 1 else f"{count} metrics"


# -- files ------------------------------------------------------------------------------------------------------------


def _files(found: Diagnosis, width: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    files = [one for one in found.files if one.entry is not None]
    if not files:
        return
    columns = _counts(files)
    names = [plain(one.path) for one in files]
    spans = [_period(one.covered, glyphs) for one in files]
    longest = max(map(cell_len, ["File", *names]))
    period = max(map(cell_len, ["Period", *spans]))
    fixed = 1 + longest + 2 + (_GAP + period)
    dropped = []
    for name in _DROPPED_FIRST:
        if fixed + _wide(columns) <= width:
            break
        if name in columns:
            dropped.append(name)
            del columns[name]
    for name in _DROPPED_LAST:
        if name in columns and fixed - longest + min(longest, _SHORTEST_PATH) + _wide(columns) > width:
            dropped.insert(0, name)
            del columns[name]
    room = min(longest, max(_SHORTEST_PATH, width - (fixed - longest) - _wide(columns)))
    heading = [("File", room + 2), ("Period", period), *((name, -_width(name, columns)) for name in columns)]
    yield Text()
    yield Text(" " + _line([name for name, _ in heading], heading), style="dim")
    order = sorted(range(len(files)), key=lambda number: (_kind(files[number], glyphs), number))
    for kind, numbers in groupby(order, key=lambda number: _kind(files[number], glyphs)):
        yield Padding(Text(kind[0], style="bold"), (0, 0, 0, 1))
        if kind[1]:
            yield Padding(Text(kind[1], style="dim"), (0, 0, 0, 3))
        for number in numbers:
            one = files[number]
            name = "  " + _tail(names[number], room, glyphs)
            cells = [name, spans[number], *(counts[number] for counts in columns.values())]
            yield Text(" " + _line(cells, heading), style="yellow" if one.attention else "")
            if said := _days(one.covered):
                yield Padding(Text(said, style="dim"), (0, 0, 0, 5))
    shared = " - shared" if any(one.entry is not None and one.entry.shared for one in files) else ""
    legend = ["records = accepted + superseded + rejected + skipped", f"lines = records + continued + blank{shared}"]
    if dropped:
        needed = fixed + _wide(_counts(files))
        hidden = listed([name.lower() for name in reversed(dropped)]).replace(" or ", " and ")
        legend.append(f"not shown for lack of room: {hidden}; widen to {needed} columns")
    yield from small(packed(legend, width), width)


def _counts(files: Sequence[FileCheck]) -> dict[str, list[str]]:
    """The columns of the account; those in which every file has 0 are left out."""
    entries = [one.entry for one in files if one.entry is not None]
    every = {
        "Records": [entry.records for entry in entries],
        "Accepted": [entry.accepted for entry in entries],
        "Superseded": [entry.superseded for entry in entries],
        "Rejected": [entry.rejected for entry in entries],
        "Skipped": [entry.skipped for entry in entries],
        "Lines": [entry.lines for entry in entries],
        "Continued": [entry.continued for entry in entries],
        "Blank": [entry.blank for entry in entries],
        "Shared": [entry.shared for entry in entries],
    }
    kept = ("Records", "Accepted", "Rejected", "Lines")
    return {name: [figures.count(one) for one in some] for name, some in every.items() if any(some) or name in kept}


def _width(name: str, columns: Mapping[str, Sequence[str]]) -> int:
    return max(map(cell_len, [name, *columns[name]]))


def _wide(columns: Mapping[str, Sequence[str]]) -> int:
    return sum(_GAP + _width(name, columns) for name in columns)


def _line(cells: Sequence[str], columns: Sequence[tuple[str, int]]) -> str:
    """Cells side by side; a column of negative width is flush right."""
    parts = []
    for cell, (_, wide) in zip(cells, columns, strict=True):
        blank = " " * (abs(wide) - cell_len(cell))
        parts.append(blank + cell if wide < 0 else cell + blank)
    return (" " * _GAP).join(parts).rstrip()


def _kind(one: FileCheck, glyphs: Glyphs) -> tuple[str, str]:
    """What a file was taken for and how it is written; and why."""
    read, entry = one.read, one.entry
    if read is None:
        return (plain(entry.profile) if entry is not None else "", "")
    status = {"verified": "headings verified", "partial": "headings known in part"}.get(read.status or "", "")
    delimiter = _DELIMITERS.get(read.delimiter or "", read.delimiter or "")
    named = [read.title, read.profile] if read.title not in ("", read.profile) else [read.profile]
    parts = [*named, status, read.encoding, delimiter]
    # How near the next best profile came is for those who doubt; it is in the JSON.
    why, _, _ = read.why.partition(";")
    return (f" {glyphs.dot} ".join(plain(part) for part in parts if part), plain(why))


def _period(covered: Covered | None, glyphs: Glyphs) -> str:
    return "" if covered is None else between(covered.first, covered.last, glyphs)


def between(first: date, last: date, glyphs: Glyphs) -> str:
    """``1–31 Jan 2026``, ``1 Jan–30 Jun 2026``, ``29 Sep 2015–22 Jun 2026``."""
    end = periods.day(last)
    if first == last:
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{glyphs.to}{end}"
    return f"{periods.day(first, year=first.year != last.year)}{glyphs.to}{end}"


def _days(covered: Covered | None) -> str:
    """On which days a file has no rows: weekdays, and days that usually have some."""
    if covered is None:
        return ""
    parts = []
    if covered.closed:
        parts.append(f"no rows on {listed(covered.closed).replace(' or ', ' and ')}")
    if covered.missing:
        days = f"{covered.missing_days} {'further ' if parts else ''}day{'' if covered.missing_days == 1 else 's'}"
        parts.append(f"no rows on {days}: {told(covered.missing)}")
    return "; ".join(parts)


def _tail(path: str, room: int, glyphs: Glyphs) -> str:
    """The end of a path, where the file's name is."""
    kept = path
    while cell_len(kept) > room - (len(glyphs.ellipsis) if kept != path else 0):
        kept = kept[1:]
    return kept if kept == path else glyphs.ellipsis + kept


# -- what was found ---------------------------------------------------------------------------------------------------


def _problems(found: Diagnosis, glyphs: Glyphs) -> Iterator[RenderableType]:
    if not found.problems:
        return
    yield from _heading("Problems", "a file, or some of its rows, cannot be used")
    for problem in found.problems[:_MOST]:
        place = "" if problem.place is None else f"{problem.place}: "
        hint = f" {problem.hint}" if problem.hint else ""
        yield _item(glyphs.missed, "red", Text(plain(f"{place}{problem.message}{hint}")))
    yield from _more(len(found.problems) - _MOST, glyphs)


def _findings(found: Diagnosis, width: int, glyphs: Glyphs, show_values: bool) -> Iterator[RenderableType]:
    marks = {"error": glyphs.missed, "warning": "!", "note": glyphs.dot}
    for severity, several in groupby(_first_told(found), key=lambda one: one.severity):
        groups: dict[tuple[str, str, str], list[Observation]] = {}
        for one in several:
            groups.setdefault(_same(one), []).append(one)
        yield from _heading(f"{severity.capitalize()}s", _MEANING[severity])
        for group in list(groups.values())[:_MOST]:
            yield _item(marks[severity], _STYLES[severity], _told(group, glyphs, show_values))
        yield from _more(len(groups) - _MOST, glyphs)
    hidden = any(one.finding.masked and one.spots for one in _first_told(found))
    if hidden and not show_values:
        yield Padding(Text("--show-values prints the ids and texts that are hidden here", style="dim"), (0, 0, 0, 3))


def _first_told(found: Diagnosis) -> list[Observation]:
    """What is not said by another observation with more places."""
    return [one for one in found.observations if not one.echo]


def _same(one: Observation) -> tuple[str, str, str]:
    # A sentence that names its file in the middle cannot speak of several.
    prefixed = not one.finding.path or one.message.startswith(f"{one.finding.path}: ")
    return one.same if prefixed else (one.finding.code, one.finding.path, one.message)


def _told(group: Sequence[Observation], glyphs: Glyphs, show_values: bool) -> Text:
    """Where, what, and an example; then where else."""
    first = group[0]
    path, line = first.finding.path, first.finding.line
    named = first.message.startswith(f"{path} ") and line is None
    place = "" if not path or named else path if line is None else f"{path}:{line}"
    said = Text(plain(place), style="bold")
    message = plain(together(group) if len(group) > 1 else without_place(first))
    said.append(f"{'  ' if place else ''}{message}", style="not bold")
    masked = first.finding.masked and not show_values
    if first.spots and not masked and (example := first.spots[0].example) and plain(example) not in message:
        said.append(f"  {plain(example)}", style="cyan")
    further = _further(group, glyphs)
    if further:
        said.append(f"  {further}", style="dim")
    return said


def _further(group: Sequence[Observation], glyphs: Glyphs) -> str:
    """``also in lines 48 and 112 and 309 more``, or ``also in b.csv:4, c.csv:9 and 3 more files``."""
    first, *others = group
    if others:
        named = [
            f"{one.finding.path}{'' if one.finding.line is None else f':{one.finding.line}'}"
            for one in others[:_MOST_PLACES]
        ]
        more = len(others) - _MOST_PLACES
        rest = f" and {more} more file{'' if more == 1 else 's'}" if more > 0 else ""
        return f"also {plain(', '.join(named))}{rest}"
    lines = [f"{spot.line}" for spot in first.spots[1 : 1 + _MOST_PLACES]]
    if not lines:
        return ""
    more = max(first.finding.count, len(first.spots)) - 1 - len(lines)
    rest = f" {glyphs.ellipsis} {more:,} more" if more > 0 else ""
    return f"also line{'' if len(lines) == 1 and not more else 's'} {', '.join(lines)}{rest}"


# -- what it does -----------------------------------------------------------------------------------------------------


def _effects(found: Diagnosis, glyphs: Glyphs) -> Iterator[RenderableType]:
    says = {"error": ("would be wrong", "red"), "warning": ("may be wrong", "yellow")}
    if found.effects:
        yield from _heading("What that does")
    groups: dict[tuple[str, tuple[str, ...]], list[Effect]] = {}
    for effect in found.effects:
        groups.setdefault((effect.severity, effect.metrics), []).append(effect)
    for (severity, metrics), effects in list(groups.items())[:_MOST]:
        verb, style = says[severity]
        line = Text(plain(", ".join(_with_variants(metrics, found.metrics))), style="bold")
        line.append(f" {verb}:", style=style)
        if len(effects) == 1:
            line.append(f" {_because(effects[0])}", style="not bold")
        yield Padding(line, (0, 0, 0, 3), expand=False)
        for effect in effects[:_MOST] if len(effects) > 1 else ():
            yield Padding(Text(_because(effect)), (0, 0, 0, 5), expand=False)
        yield from _more(len(effects) - _MOST, glyphs)
    yield from _more(len(groups) - _MOST, glyphs)
    cuts: dict[tuple[str, ...], list[Observation]] = {}
    for one in _first_told(found):
        if one.cuts and one.severity != "note":
            cuts.setdefault(one.cuts, []).append(one)
    for dimensions, group in list(cuts.items())[:_MOST]:
        line = Text(f"cuts by {', '.join(dimensions)}", style="bold")
        line.append(f" {says[group[0].severity][0]}: ", style=says[group[0].severity][1])
        reasons = [together(list(same)).rstrip(".") for _, same in groupby(group, key=lambda one: one.same)]
        line.append(plain(f"{'; '.join(reasons)}."))
        yield Padding(line, (0, 0, 0, 3), expand=False)


def _because(effect: Effect) -> str:
    files = f" ({len(effect.files)} files)" if len(effect.files) > 1 else ""
    return plain(effect.message) + files


def _coverage(found: Diagnosis, glyphs: Glyphs) -> Iterator[RenderableType]:
    lines = list(_shares(found.filled))
    surveys = found.responses
    if surveys is not None and surveys.contacts:
        share = _percent(surveys.surveyed, surveys.contacts)
        lines.append(f"{surveys.surveyed:,} of {surveys.contacts:,} contacts ({share}) have a survey")
        if surveys.invitations != surveys.responses:
            share = _percent(surveys.responses, surveys.invitations)
            lines.append(f"{surveys.responses:,} of {surveys.invitations:,} invitations ({share}) were answered")
        if surveys.contact_days is not None and surveys.response_days is not None:
            spans = (between(*surveys.contact_days, glyphs), between(*surveys.response_days, glyphs))
            lines.append(f"contacts are of {spans[0]}, surveys {'too' if spans[0] == spans[1] else f'of {spans[1]}'}")
    if lines:
        yield from _heading("Coverage")
        for line in lines:
            yield Padding(Text(line), (0, 0, 0, 3))


_NEEDED = ("customer_id", "agent_id", "reason")


def _shares(filled: Sequence[Filled]) -> Iterator[str]:
    """``contacts with customer_id 98.5 %; answered ones with agent_id 100 %, reason 97.0 %``."""
    by_name = {one.column: one for one in filled if one.table == "contacts" and one.of}
    shares = {name: _percent(by_name[name].count, by_name[name].of) for name in _NEEDED if name in by_name}
    parts = []
    if "customer_id" in shares:
        parts.append(f"contacts with customer_id {shares.pop('customer_id')}")
    if shares:
        parts.append(f"answered ones with {', '.join(f'{name} {share}' for name, share in shares.items())}")
    if parts:
        yield "; ".join(parts)


def _percent(part: int, whole: int) -> str:
    """A share that is not quite all is not called 100 %."""
    share = 100 * part / whole if whole else 0.0
    if part < whole:
        share = min(share, 99.9)
    return f"{figures.fixed(share, 1)} %".replace("100.0 %", "100 %")


def _impossible(found: Diagnosis) -> Iterator[RenderableType]:
    if not found.impossible:
        return
    why: dict[str, list[str]] = {}
    for title, reason in found.impossible:
        why.setdefault(reason, []).append(title)
    yield from _heading("Cannot be computed")
    for reason, titles in why.items():
        line = Text(plain(", ".join(_with_variants(titles, found.metrics))), style="bold")
        line.append(f": {plain(reason)}", style="not bold")
        yield Padding(line, (0, 0, 0, 3), expand=False)


def _with_variants(titles: Sequence[str], every: Sequence[str]) -> list[str]:
    """Titles with the variants of a metric drawn together where all of them are there: ``fcr and its 3 variants``."""
    found = []
    for title in titles:
        base, _, variant = title.partition(".")
        variants = [one for one in every if one.startswith(f"{base}.")]
        whole = base in titles and all(one in titles for one in variants)
        if variant and whole:
            continue
        if whole and variants:
            found.append(f"{title} and its {'variant' if len(variants) == 1 else f'{len(variants)} variants'}")
        else:
            found.append(title)
    return found


def _heading(name: str, meaning: str = "") -> Iterator[RenderableType]:
    line = Text(name, style="bold")
    if meaning:
        line.append(f"  {meaning}", style="not bold dim")
    yield Text()
    yield Padding(line, (0, 0, 0, 1))


def _item(mark: str, style: str, said: Text) -> RenderableType:
    """A mark, and beside it what is said, folded under itself."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False, width=None)
    table.add_column(width=max(1, cell_len(mark)), style=style, no_wrap=True)
    table.add_column(overflow="fold", max_width=_WIDEST)
    table.add_row(Text(mark, style=style), said)
    return Padding(table, (0, 0, 0, 1))


def _more(count: int, glyphs: Glyphs) -> Iterator[RenderableType]:
    if count > 0:
        yield Padding(Text(f"{glyphs.ellipsis} and {count} more; -f json lists all", style="dim"), (0, 0, 0, 3))
