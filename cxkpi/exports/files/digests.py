"""SHA-256 of files on disk. Of one that is read to its end it is taken on the way, so that no large file is read twice.

What is known of a file holds for as long as its size, its time of change and its place on the disk are the same.
"""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import BinaryIO, NamedTuple

_KEPT = 512


class State(NamedTuple):
    """What says that a file is still the same one."""

    path: Path
    size: int
    changed: int
    number: int


_known: dict[State, str] = {}


def state(path: Path) -> State:
    """The state of a file as it is now. Raises OSError where there is none."""
    return _state(path, path.stat())


def of_file(path: Path) -> str:
    """The SHA-256 of a file. Raises OSError where it cannot be read."""
    now = state(path)
    found = _known.get(now)
    if found is None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        _remember(now, found)
    return found


def reading(path: Path) -> BinaryIO:
    """A file, opened to be read: once it has been read from its beginning to its end, its hash is known.

    Raises OSError where it cannot be opened.
    """
    return io.BufferedReader(_Followed(path))


def forget() -> None:
    """Take every hash anew, as a run of its own does."""
    _known.clear()


class _Followed(io.FileIO):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._path = path
        self._begun = _state(path, os.fstat(self.fileno()))
        self._sum = hashlib.sha256()
        self._in_order = True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class's is untyped in effect
        count = super().readinto(buffer)
        if count:
            self._sum.update(buffer[:count])
        elif len(buffer) and self._in_order:
            self._ended()
        return count

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        self._in_order = False
        return super().seek(position, whence)

    def _ended(self) -> None:
        # A file that grew, or was replaced, while it was read has no one content.
        if self._begun == _state(self._path, os.fstat(self.fileno())) and self.tell() == self._begun.size:
            _remember(self._begun, self._sum.hexdigest())


def _state(path: Path, status: os.stat_result) -> State:
    return State(path.resolve(), status.st_size, status.st_mtime_ns, status.st_ino)


def _remember(at: State, found: str) -> None:
    while len(_known) >= _KEPT:
        _known.pop(next(iter(_known)), None)
    _known[at] = found
