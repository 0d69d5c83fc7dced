"""What goes to stdout and into files: the result, whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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


def print_text(text: str | bytes) -> None:
    """A machine-readable result on stdout, in UTF-8 whatever the locale; ``text`` may be in UTF-8 already.

    Raises:
        OutputError: stdout cannot be written, because a disk is full for instance.
    """
    with reporting(STDOUT):
        binary = getattr(sys.stdout, "buffer", None)
        if binary is None:
            sys.stdout.write(text if isinstance(text, str) else text.decode("utf-8"))
        else:
            sys.stdout.flush()
            binary.write(_bytes(text))
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
        # Without a height Rich takes a dumb terminal to be 80 wide, whatever it is told.
        height=25,
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


def write_file(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file, text in UTF-8, as :func:`replacing` does."""
    with replacing(path, private=private) as part:
        part.write_bytes(_bytes(content))


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace")


def write_rejects(path: Path, rows: Sequence[Reject]) -> None:
    """Write rejected records as CSV, readable by the owner only, because they hold what the export holds."""
    write_file(path, _rejects(rows), private=True)


def _rejects(rows: Sequence[Reject]) -> str:
    from cxkpi.reports import delimited

    return delimited.render_rejects(rows)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[Path]:
    """A file beside ``path`` to write to, renamed into it at the end, so that nobody ever reads half a file.

    ``private``: readable by the owner only. Else a file that is replaced keeps its permissions. A link stays a link.

    Raises:
        OutputError: The file cannot be written; what was there before is untouched.
    """
    with reporting(path):
        place = _place(path)
        if place.exists() and not place.is_file():
            yield place
            return
        part = _part(place, private)
        try:
            yield part
            _settle(part)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Written:
    """A file of a run: its place as it was named, its size in bytes and the SHA-256 of what was written."""

    path: Path
    size: int
    sha256: str


class Together:
    """Several files that appear together; see :func:`together`."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Path, Path, Path]] = []
        self._direct: list[tuple[Path, bytes]] = []
        self.written: list[Written] = []

    def add_rejects(self, path: Path, rows: Sequence[Reject]) -> None:
        """Rejected records, as :func:`write_rejects` writes them."""
        self.add(path, _rejects(rows), private=True)

    def add(self, path: Path, content: str | bytes, *, private: bool = False) -> None:
        """Keep a file for :meth:`appear`, written already, so that a full disk is noticed before anything is replaced.

        ``private``: readable by the owner only.

        Raises:
            OutputError: It cannot be written.
        """
        data = _bytes(content)
        with reporting(path):
            place = _place(path)
            if place.exists() and not place.is_file():
                self._direct.append((path, data))
            else:
                with _unstopped():
                    part = _part(place, private)
                    self._waiting.append((path, part, place))
                part.write_bytes(data)
                _settle(part)
        self.written.append(Written(path, len(data), hashlib.sha256(data).hexdigest()))

    def appear(self, last: Path | None = None) -> None:
        """Rename all into their places, in their order. ``last`` is one of them that speaks of the others.

        It is taken away before the first of them changes, so that at no moment, and if the process is killed at no
        moment, it speaks of files that are not there. Another run that does the same waits.

        Raises:
            OutputError: One cannot be put in its place.
        """
        for path, data in self._direct:
            with reporting(path):
                path.write_bytes(data)
        with _alone(last), _unstopped():
            if last is not None:
                with reporting(last):
                    _place(last).unlink(missing_ok=True)
            for path, part, place in self._waiting:
                with reporting(path):
                    part.replace(place)

    def forget(self) -> None:
        """Take away what has not appeared."""
        for _, part, _ in self._waiting:
            part.unlink(missing_ok=True)


@contextmanager
def together() -> Iterator[Together]:
    """Files that appear together, by :meth:`Together.appear`, or not at all."""
    files = Together()
    try:
        yield files
    finally:
        files.forget()


def _place(path: Path) -> Path:
    """Where a file is to be, at the end of all links; a pipe or a device by the name that was typed."""
    if path.exists() and not path.is_file() and not path.is_dir():
        # What /dev/stdout leads to, a pipe, has no name in any folder.
        return path
    place = Path(os.path.realpath(path))
    if place.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not place.parent.is_dir():
        # A link may lead into a folder that is gone, while its own is there.
        missing = place.parent if path.parent.is_dir() else path.parent
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {missing}")
    return place


def _part(place: Path, private: bool) -> Path:
    mode = _OWNER_ONLY if private else _permissions(place)
    handle, name = tempfile.mkstemp(prefix=f".{place.name}.", suffix=".part", dir=place.parent)
    os.close(handle)
    part = Path(name)
    part.chmod(mode)
    return part


def _settle(part: Path) -> None:
    """Have the disk hold what was written before its name does, so that not even a power cut leaves half a file."""
    # Some file systems know no such thing.
    with part.open("rb") as file, suppress(OSError):
        os.fsync(file.fileno())


@contextmanager
def _alone(file: Path | None) -> Iterator[None]:
    """While another run puts its files in place in the same folder, wait; nothing is waited for where none is named."""
    if file is None or sys.platform == "win32":
        yield
        return
    import fcntl

    handle = None
    with suppress(OSError):
        handle = os.open(_place(file).parent, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


@contextmanager
def _unstopped() -> Iterator[None]:
    """Signals to stop wait until this is done, which takes no time."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
