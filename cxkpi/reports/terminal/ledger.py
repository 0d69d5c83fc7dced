"""Last: one line per input file, with what became of its records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from cxkpi.reports import figures
from cxkpi.reports.figures import Glyphs
from cxkpi.reports.many_files import dayless, folded
from cxkpi.reports.page import plain
from cxkpi.reports.terminal.columns import Column, aligned, room
from cxkpi.reports.terminal.layout import grid, small
from cxkpi.reports.terminal.legend import packed
from cxkpi.result import FileEntry

DROPPED_FIRST = ("blanked", "skipped", "superseded", "profile")
"""Columns that give way where the terminal is narrow, the first named first."""

_SHORTEST_PATH = 16


def ledger(
    every: Sequence[FileEntry], width: int, glyphs: Glyphs, notes: Sequence[str] = ()
) -> Iterator[RenderableType]:
    """One line per input file, or for many of which nothing is to be seen (``notes``: as ``many_files`` has them).

    Columns in which every file has 0 are left out, but for accepted and rejected.
    """
    files = folded(every, notes)
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
            columns.append(aligned(name, name.capitalize(), [figures.count(number) for number in numbers], styles))
    paths = [plain(entry.path) for entry in files]
    longest = max(map(cell_len, [*paths, "File"]))
    for name in DROPPED_FIRST:
        if min(longest, max(_SHORTEST_PATH, width // 3)) <= room(width, columns):
            break
        columns = [column for column in columns if column.name != name]
    shown_names = {column.name for column in columns}
    hidden = [f"{name} {sum(counts[name]):,}" for name in counts if name not in shown_names and any(counts[name])]
    kept = max(_SHORTEST_PATH, min(longest, room(width, columns)))
    shown = tuple(Text(_tail(path if cell_len(path) <= kept else dayless(path), kept, glyphs)) for path in paths)
    columns = [Column("path", "File", shown), *columns]
    table = grid(None, "dim", columns)
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
    said = [meanings.get(column.name, "") for column in columns]
    if len(files) < len(every):
        said.append(f"({glyphs.ellipsis} files): added up; -f json and .xlsx list each")
    if hidden:
        said.append(f"in all {', '.join(hidden)}: by file on a wider terminal")
    yield from small(packed(said, width), width)


def _tail(path: str, room: int, glyphs: Glyphs) -> str:
    """The end of a path, where the file's name is."""
    if cell_len(path) <= room:
        return path
    kept = path
    while cell_len(kept) > room - len(glyphs.ellipsis):
        kept = kept[1:]
    return glyphs.ellipsis + kept
