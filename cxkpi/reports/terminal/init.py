"""``cxkpi init`` at a terminal: the files found, what was written, what only a person can say, what to type next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from cxkpi.documents.spelling import listed
from cxkpi.measurement.starting.found import FirstLook
from cxkpi.reports.figures import ASCII, UNICODE, Glyphs, count, counted
from cxkpi.reports.first_catalogue import shows_something
from cxkpi.reports.first_run_file import rows_of, rules, several
from cxkpi.reports.page import plain
from cxkpi.reports.terminal.columns import GAP, Column
from cxkpi.reports.terminal.layout import RULED, RULED_ASCII, WIDEST_LEGEND, grid

_SHORTEST = 16
_NAMED = 7
_CONTENT = "What is in it"
_MARKED = " marked 'confirm: true'"


@dataclass(frozen=True, slots=True)
class Written:
    """What ``init`` did: paths as to be typed. ``left``: those that were there, and what to do where that matters.
    ``kept``: copies of what was replaced, and of what.
    """

    folder: str
    written: tuple[str, ...]
    left: tuple[tuple[str, str], ...]
    kept: tuple[tuple[str, str], ...] = ()


def render(look: FirstLook, done: Written, *, width: int, unicode: bool = True) -> RenderableType:
    """The page as one Rich renderable, ``width`` cells wide."""
    glyphs = UNICODE if unicode else ASCII
    parts: list[RenderableType] = [_table(look, width, unicode, glyphs), Text()]
    for name, mark, lines in (
        ("Written", "", _paths([(path, _about(path, look)) for path in done.written])),
        ("Kept", "", _paths(done.kept)),
        ("Left", "", _paths(done.left)),
        ("To do", glyphs.dot, [Text(line) for line in _to_do(look, done)]),
        ("Next", "", list(_next(look, done))),
    ):
        if lines:
            parts += [*_block(name, mark, lines, width), Text()]
    return Group(*parts[:-1])


def _table(look: FirstLook, width: int, unicode: bool, glyphs: Glyphs) -> RenderableType:
    lines = list(_lines(look))
    last = min(max(cell_len(text) for text in (_CONTENT, *(line[2] for line in lines))), max(_SHORTEST, width // 3))
    second = max(cell_len("Read as"), *(cell_len(line[1]) for line in lines))
    first = min(max(cell_len(line[0]) for line in lines), max(_SHORTEST, width - 3 - second - last - 2 * GAP))
    second = min(second, max(_SHORTEST, width - 3 - first - last - 2 * GAP))
    columns = [
        Column(name.lower(), name, tuple(Text(line[number], style=line[3]) for line in lines), folded=room)
        for number, (name, room) in enumerate((("File", first), ("Read as", second), (_CONTENT, last)))
    ]
    table = grid(RULED if unicode else RULED_ASCII, "bold", columns)
    for number in range(len(lines)):
        table.add_row(*(column.cells[number] for column in columns))
    return Padding(table, (0, 0, 0, 1))


def _lines(look: FirstLook) -> Iterator[tuple[str, str, str, str]]:
    """File, profile, content and style of every line."""
    for source in look.sources:
        rows = ", ".join(rows_of(number, table) for table, number in source.tables if number)
        rejected = f", {count(source.rejected)} rejected" if source.rejected else ""
        yield _shown(source.files, source.pattern), source.profile, f"{rows or 'no rows'}{rejected}", ""
    for draft in look.drafts:
        records = "" if draft.records is None else f"{counted(draft.records, 'record')} of "
        what = f"{records}{draft.table}"
        yield _shown(draft.files, draft.files[0]), "a draft", what, "yellow" if draft.confirm else ""
    for question in look.questions:
        yield _shown(question.files, question.pattern), "?", f"fits {len(question.profiles)} profiles", "yellow"
    for one in look.left_out:
        yield plain(one.file), "left out", plain(one.why).rstrip("."), "dim"


def _shown(files: tuple[str, ...], pattern: str) -> str:
    return plain(files[0]) if len(files) == 1 else f"{plain(pattern)} ({len(files)})"


def _paths(lines: Sequence[tuple[str, str]]) -> list[Text]:
    """Paths, and beside them, one below the other, what is to be known of them."""
    widest = max((cell_len(plain(path)) for path, about in lines if about), default=0)
    found = []
    for path, about in lines:
        text = Text(plain(path))
        if about:
            text.append(f"{' ' * (widest - text.cell_len)}  {about}", style="dim")
        found.append(text)
    return found


def _about(path: str, look: FirstLook) -> str:
    """What is to be known of a catalogue; of other files their name says it."""
    if not path.endswith("metrics.yaml"):
        return ""
    further = len(look.further) + look.more
    zone = f"the zone it named, {look.zone}, stays" if look.zone_from == "kept" else ""
    if look.headline:
        more = f", {further} more possible" if further else ""
        about = f"{counted(len(look.headline), 'metric')} to begin with{more}"
    else:
        about = "" if look.unconfirmed else "these files allow no metric that comes with cxkpi"
    return "; ".join(text for text in (about, zone) if text)


def _to_do(look: FirstLook, done: Written) -> Iterator[str]:
    at = _within(done.folder)
    for question in look.questions:
        fits = "fits" if len(question.files) == 1 else "fit"
        both = listed(question.profiles, "and")
        yield f"{plain(several(question.files))} {fits} {both} alike: say which in {at}cxkpi.yaml."
    for draft in look.drafts:
        if draft.confirm:
            files = plain(several(draft.files))
            place = plain(draft.file if draft.text is None else at + draft.file)
            yield (
                f"{place}, for {files}: {rules(draft.confirm, draft.fill, _MARKED)}. Check and take "
                f"{'the mark' if draft.confirm == 1 else 'the marks'} away; or delete it, and the files are left out."
            )
    if look.zone_from == "catalogue" and f"{at}metrics.yaml" in done.written:
        bare = [_shown(source.files, source.pattern) for source in look.sources if source.zoneless]
        times = f" Times in {_some(bare)} carry no zone and are read in it." if bare else " Days are cut in it."
        yield f"{at}metrics.yaml: is the centre in {look.zone}? No file says so.{times}"
    if not (look.unconfirmed or look.questions or _reportable(look, done)):
        describe = ", or describe those left out" if look.left_out else ""
        yield f"No report yet: these files allow no metric of the headline. Add files that do{describe}."
    for note in look.notes:
        yield plain(note)


def _next(look: FirstLook, done: Written) -> Iterator[Text]:
    folder = "" if done.folder == "." else f" {plain(shlex.quote(done.folder))}"
    yield _command(f"cxkpi doctor{folder}", "")
    waiting = look.unconfirmed or bool(look.questions)
    if not waiting and not _reportable(look, done):
        if look.tables:
            yield _command(f"cxkpi metrics{folder or ' .'}", "what each metric needs that no file gives")
        if look.left_out:
            yield _command("cxkpi adopt FILE", "drafts a profile for a file that is left out")
        return
    yield _command(f"cxkpi report{folder}", "once that is done" if waiting else "")


def _command(command: str, why: str) -> Text:
    text = Text(command, style="bold")
    text.append(f"  {why}" if why else "", style="not bold dim")
    return text


def _reportable(look: FirstLook, done: Written) -> bool:
    """Whether a report has a metric to show, by the catalogue that is there now."""
    return shows_something(look) if f"{_within(done.folder)}metrics.yaml" in done.written else look.as_it_is


def _within(folder: str) -> str:
    return "" if folder == "." else f"{folder.rstrip('/')}/"


def _some(names: Sequence[str]) -> str:
    most = 3
    if len(names) <= most:
        return listed(names, "and")
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _block(name: str, mark: str, lines: Sequence[Text], width: int) -> Iterator[RenderableType]:
    """A heading at the left, and lines beside it that are folded, each behind a mark."""
    widths = [_NAMED, *([cell_len(mark)] if mark else [])]
    widths.append(min(WIDEST_LEGEND, max(_SHORTEST, width - 1 - sum(widths) - GAP * len(widths))))
    for number, line in enumerate(lines):
        head = Text(name if number == 0 else "", style="dim")
        cells = [head, *([Text(mark)] if mark else []), line]
        columns = [Column("", "", (cell,), folded=room) for cell, room in zip(cells, widths, strict=True)]
        table = grid(None, "", columns, header=False)
        table.add_row(*cells)
        yield Padding(table, (0, 0, 0, 1))
