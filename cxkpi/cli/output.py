"""What goes to stdout and into files: the result, whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from cxkpi.cli.messages import write
from cxkpi.cli.streams import STDOUT, reporting

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxkpi.result import Reject

PIPE_WIDTH = 100
_OWNER_ONLY = 0o600


def print_text(text: str) -> None:
    """A machine-readable result on stdout, in UTF-8 whatever the locale.

    Raises:
        OutputError: stdout cannot be written, because a disk is full for instance.
    """
    with reporting(STDOUT):
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:
            sys.stdout.write(text)
        else:
            sys.stdout.flush()
            binary.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()


def terminal_width() -> int:
    """Columns of the terminal; ``COLUMNS`` if set; 100 in a pipe."""
    wanted = os.environ.get("COLUMNS", "")
    if wanted.isdigit() and int(wanted) > 0:
        return int(wanted)
    if not sys.stdout.isatty():
        return PIPE_WIDTH
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or PIPE_WIDTH
    except OSError:
        return PIPE_WIDTH


def shows_unicode() -> bool:
    """Whether stdout can show the symbols of a report."""
    return (sys.stdout.encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf16", "utf32")


def print_rich(renderable: RenderableType, width: int) -> None:
    """A Rich renderable on stdout: colour on a terminal only, and not where ``NO_COLOR`` is set.

    Raises:
        OutputError: stdout cannot be written.
    """
    from rich.console import Console

    terminal = sys.stdout.isatty()
    plain = not terminal or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") in ("dumb", "unknown")
    text = StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=terminal,
        color_system=None if plain else "auto",
        highlight=False,
        legacy_windows=False,
    )
    console.print(renderable)
    # Blanks at the end of a line wrap where a terminal was made narrower, and are noise in a file.
    printed = text.getvalue()
    if plain:
        printed = "".join(f"{line.rstrip()}\n" for line in printed.split("\n")[:-1])
    with reporting(STDOUT):
        write(sys.stdout, printed)


def as_text(renderable: RenderableType, width: int = PIPE_WIDTH) -> str:
    """A Rich renderable as plain text, as it reads in a pipe."""
    from rich.console import Console

    text = StringIO()
    Console(file=text, width=width, color_system=None, highlight=False, legacy_windows=False).print(renderable)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().split("\n")[:-1])


def write_file(path: Path, text: str, *, private: bool = False) -> None:
    """Write a text file, UTF-8, as :func:`replacing` does."""
    with replacing(path, private=private) as part:
        part.write_bytes(text.encode("utf-8", "backslashreplace"))


def write_rejects(path: Path, rows: Sequence[Reject]) -> None:
    """Write rejected records as CSV, readable by the owner only, because they hold what the export holds."""
    from cxkpi.reports import delimited

    write_file(path, delimited.render_rejects(rows), private=True)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A file beside ``path`` to write to, renamed into it at the end, so that nobody ever reads half a file.

    ``private``: readable by the owner only. Else a file that is replaced keeps its permissions. A link stays a link.

    Raises:
        OutputError: The file cannot be written; what was there before is untouched.
    """
    place = Path(os.path.realpath(path))
    with reporting(path):
        if place.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not place.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
        if place.exists() and not place.is_file():
            yield place
            return
        mode = _OWNER_ONLY if private else _permissions(place)
        handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
        os.close(handle)
        part = Path(name)
        try:
            yield part
            part.chmod(mode)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, if they are not there.

    Raises:
        OutputError: It cannot be made, or is a file.
    """
    with reporting(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _permissions(place: Path) -> int:
    if place.exists():
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
