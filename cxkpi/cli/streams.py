"""Standard output and standard error as they may be: closed, full, or a pipe that nobody reads any more.

Exit codes depend on it. A result that cannot be printed is an output that could not be written; a note that cannot be
printed is no reason to fail.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, TextIO

from cxkpi.errors import OutputError, Place, Problem

STDOUT = "standard output"


class ReaderGone(Exception):  # noqa: N818
    """Whoever read our output closed the pipe. Typer would end a BrokenPipeError with 1, which means a failed gate."""


@contextmanager
def reporting(path: Path | str) -> Iterator[None]:
    """Turn a failure to write into an :class:`OutputError` that names ``path``.

    Raises:
        ReaderGone: The other end of a pipe is closed, which is nobody's mistake.
    """
    try:
        yield
    except BrokenPipeError as error:
        raise ReaderGone from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(Problem("O101", f"cannot be written: {reason}.", Place(str(path)))) from error


class _Reporting:
    """A text stream whose failures are those of an output."""

    def __init__(self, stream: TextIO | _Closed) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with reporting(STDOUT):
            return self._stream.write(text)

    def flush(self) -> None:
        with reporting(STDOUT):
            self._stream.flush()


class _Closed(io.TextIOBase):
    """What stands for a stream that was closed before the program began."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "it is closed")


@contextmanager
def usable() -> Iterator[None]:
    """Streams that can be written to in any case: stdout reports its failures, a closed stderr swallows what it gets.

    Python has None for a stream that is closed when it starts.
    """
    stdout: Any = _Reporting(_Closed() if sys.stdout is None else sys.stdout)
    with redirect_stdout(stdout), redirect_stderr(io.StringIO() if sys.stderr is None else sys.stderr):
        yield


def hold() -> None:
    """Keep the numbers of closed streams, so that no file opened later is written to by what means the stream."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given out, and those below it are taken.
            os.open(os.devnull, os.O_RDWR)


def settle() -> None:
    """Before the process ends: what cannot be written any more is forgotten, or Python would exit with 120 over it."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None:
            continue
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
