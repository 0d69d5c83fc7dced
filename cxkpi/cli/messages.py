"""What goes to stderr: notes, rejected records, problems. Nothing else in the package writes there.

With ``--log-format json`` each is one object on a line of its own: ``level`` (``info``, ``note``, ``warning``,
``error``, ``fault``), ``code``, ``message``, ``file``, ``line``, and where there are any ``column``, ``hint`` and
``trace``. Nothing in them depends on the terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO
from shutil import get_terminal_size
from textwrap import fill
from time import monotonic
from typing import TYPE_CHECKING, Literal, TextIO, TypeAlias

from cxkpi.cli.streams import ReaderGone

if TYPE_CHECKING:
    from cxkpi.errors import Problem, UserError
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


Level: TypeAlias = Literal["info", "note", "warning", "error", "fault"]

_OPTION = "--log-format"
_json = False


def choose(argv: Sequence[str]) -> None:
    """Write as ``--log-format`` says, found among what was typed, so that a slip in another option is said that way."""
    global _json
    words = [*argv, ""]
    asked = [words[at + 1] for at, word in enumerate(argv) if word == _OPTION]
    asked += [word.partition("=")[2] for word in argv if word.startswith(f"{_OPTION}=")]
    _json = asked[-1:] == ["json"]


@contextmanager
def silence() -> Iterator[None]:
    """Nothing is said for a while, as where a report is made again only to be compared."""
    with redirect_stderr(StringIO()):
        yield


def say(text: str, level: Level = "info", **told: str | int | None) -> None:
    """One paragraph on stderr, without the control characters that names from the data may hold.

    ``told``: ``code``, ``file``, ``line`` and the like, for programs; ``message``, if it is not the text.
    """
    if _json:
        shown = {"level": level, "code": None, "message": text, "file": None, "line": None}
        raw(json.dumps(shown | told) + "\n")
        return
    raw("".join(char if char == "\n" or char.isprintable() else "?" for char in text) + "\n")


def problem(one: Problem) -> None:
    """Something a person did, or that is wrong with what was given."""
    level: Level = "error" if one.severity == "error" else "warning" if one.severity == "warning" else "note"
    told: dict[str, str | int | None] = {"code": one.code, "message": one.message}
    if one.place is not None:
        told |= {"file": one.place.file, "line": one.place.line}
        if one.place.column is not None:
            told["column"] = one.place.column
    if one.hint is not None:
        told["hint"] = one.hint
    say(str(one), level, **told)


def problems(error: UserError) -> None:
    """A person's mistake, one paragraph for each problem."""
    for one in error.problems:
        problem(one)


def fault(trace: str, message: str) -> None:
    """A fault of ours: the lines a report of it needs, and what to do."""
    if _json:
        say(f"{message} Please report it with its trace.", "fault", trace=trace)
        return
    raw(trace)
    say(f"{message} Please report it with the lines above.")


def warn(text: str) -> None:
    """What a person should change, and what stops nothing."""
    say(f"warning: {text}", "warning", message=text)


def notes(lines: Iterable[str]) -> None:
    """What the reader of the numbers should know; folded between words on a terminal."""
    width = get_terminal_size().columns if sys.stderr.isatty() else None
    for line in lines:
        text = f"note: {line}"
        folded = text if width is None else fill(text, width, subsequent_indent="      ", break_on_hyphens=False)
        say(folded, "note", message=line)


def rejects(rows: Sequence[Reject], files: Sequence[FileEntry], *, show_values: bool) -> None:
    """The first rejected records with their place and reason, and how many more there are."""
    total = max(len(rows), sum(entry.rejected for entry in files))
    if total == 0:
        return
    say(f"{total:,} {'record was' if total == 1 else 'records were'} rejected:", "note")
    for row in rows[:_LISTED]:
        # A record may be wrong as a whole, and then no cell is to blame.
        value = MASK if row.masked and not show_values else repr(row.value)
        cell = f"{row.column} {value}: " if row.column else ""
        text = f"{cell}{row.reason}"
        say(f"  {row.path}:{row.line}: {text}", "note", message=text, file=row.path, line=row.line)
    if total > _LISTED:
        more = f"… and {total - _LISTED:,} more; --rejects FILE writes them all"
        say(f"  {more}", "note", message=more)


Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a file being read: its name, the bytes read so far, and all there are."""


@contextmanager
def progress(text: str, *, quiet: bool) -> Iterator[Progress | None]:
    """A moving line on stderr while something takes long, and a bar for every file that takes over a second.

    Gives what is to be told of files being read; None, and nothing is shown, unless stderr is a terminal.
    """
    if quiet or _json or not sys.stderr.isatty():
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
