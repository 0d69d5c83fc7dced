"""What goes to stderr: notes, rejected records, problems. Nothing else in the package writes there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from shutil import get_terminal_size
from textwrap import fill
from time import monotonic
from typing import TYPE_CHECKING, TextIO, TypeAlias

from cxkpi.cli.streams import ReaderGone

if TYPE_CHECKING:
    from cxkpi.errors import UserError
    from cxkpi.result import FileEntry, Reject

MASK = "***"
_LISTED = 5
_SLOW_S = 1.0


def write(stream: TextIO, text: str) -> None:
    """Write to a text stream whatever its encoding can show; the rest becomes ``?``."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def raw(text: str) -> None:
    """A text on stderr as it is; where stderr is closed or full there is nobody left to tell."""
    with suppress(OSError, ValueError, ReaderGone):
        write(sys.stderr, text)


def say(text: str) -> None:
    """One paragraph on stderr, without the control characters that names from the data may hold."""
    raw("".join(char if char == "\n" or char.isprintable() else "?" for char in text) + "\n")


def problems(error: UserError) -> None:
    """A person's mistake, one paragraph for each problem."""
    for problem in error.problems:
        say(str(problem))


def notes(lines: Iterable[str]) -> None:
    """What the reader of the numbers should know; folded between words on a terminal."""
    width = get_terminal_size().columns if sys.stderr.isatty() else None
    for line in lines:
        text = f"note: {line}"
        say(text if width is None else fill(text, width, subsequent_indent="      ", break_on_hyphens=False))


def rejects(rows: Sequence[Reject], files: Sequence[FileEntry], *, show_values: bool) -> None:
    """The first rejected records with their place and reason, and how many more there are."""
    total = max(len(rows), sum(entry.rejected for entry in files))
    if total == 0:
        return
    say(f"{total:,} {'record was' if total == 1 else 'records were'} rejected:")
    for row in rows[:_LISTED]:
        # A record may be wrong as a whole, and then no cell is to blame.
        value = MASK if row.masked and not show_values else repr(row.value)
        cell = f"{row.column} {value}: " if row.column else ""
        say(f"  {row.path}:{row.line}: {cell}{row.reason}")
    if total > _LISTED:
        say(f"  … and {total - _LISTED:,} more; --rejects FILE writes them all")


Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a file being read: its name, the bytes read so far, and all there are."""


@contextmanager
def progress(text: str, *, quiet: bool) -> Iterator[Progress | None]:
    """A moving line on stderr while something takes long, and a bar for every file that takes over a second.

    Gives what is to be told of files being read; None, and nothing is shown, unless stderr is a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich import progress as bars
    from rich.console import Console, Group
    from rich.live import Live
    from rich.markup import escape
    from rich.spinner import Spinner

    files = bars.Progress(
        bars.TextColumn("  {task.description}"),
        bars.BarColumn(bar_width=24),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(compact=True),
    )
    begun: dict[str, float] = {}
    tasks: dict[str, bars.TaskID] = {}

    def tell(name: str, done: int, total: int) -> None:
        first = begun.setdefault(name, monotonic())
        if name not in tasks and done < total and monotonic() - first > _SLOW_S:
            tasks[name] = files.add_task(escape(name), total=total)
        if name in tasks:
            files.update(tasks[name], completed=done, visible=done < total)

    shown = Group(Spinner("dots", escape(text)), files)
    with Live(shown, console=Console(file=sys.stderr), transient=True, refresh_per_second=10):
        yield tell
