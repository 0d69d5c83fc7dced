"""Compressed files as streams: .gz and the members of .zip, never unpacked on disk, bounded in what they become."""

from __future__ import annotations

import gzip
import io
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.files import digests
from cxkpi.exports.files.faults import unreadable

# What text compresses to at most: empty cells by the hundred reach a hundredth, a bomb less than a thousandth.
_LARGEST_RATIO = 300
_UNSUSPECTED = 1 << 30
_MOST_MEMBERS = 10_000
_ARCHIVES = frozenset({".zip", ".gz", ".tgz", ".tar", ".7z", ".rar", ".bz2", ".xz", ".zst"})
_DAMAGED = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, zipfile.LargeZipFile)
_AGAIN = "Download it again."
_UNPACK = "Unpack it and name the files in it."


if TYPE_CHECKING:

    class _Raw(io.RawIOBase, BinaryIO):
        """What reads bytes, to a type checker."""

else:
    _Raw = io.RawIOBase


class Stream(_Raw):
    """The bytes of an input file, decompressed while they are read.

    ``consumed``: how many bytes of the file on disk have been taken so far. What cannot be read, is damaged or becomes
    far more than a compressed text can be is an InputError (I100, I103) that names the file.
    """

    def __init__(self, inner: BinaryIO, shown: str, compressed: int, below: BinaryIO | None, whole: int = 0) -> None:
        """``below``: the file on disk under ``inner``. ``whole``: the length that ``inner`` says it has."""
        super().__init__()
        self._inner = inner
        self._below = below
        self._shown = shown
        self._compressed = compressed
        self._whole = whole
        self._taken = 0

    @property
    def consumed(self) -> int:
        """Bytes of the file on disk that have been read."""
        if self._below is None:
            share = self._taken / self._whole if self._whole else 1.0
            return min(self._compressed, int(self._compressed * share))
        return self._taken if self._below is self._inner else min(self._compressed, self._below.tell())

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the base class's is untyped in effect
        """Fill ``buffer``; how many bytes came, 0 at the end."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """Everything that is left."""
        return b"".join(iter(lambda: self.read(1 << 20), b""))

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes, fewer only at the end."""
        if size is None or size < 0:
            return self.readall()
        with unspoilt(self._shown):
            data = self._inner.read(size)
        self._taken += len(data)
        packed = self._below is not self._inner
        if packed and self._taken > _UNSUSPECTED and self._taken > _LARGEST_RATIO * max(1, self._compressed):
            message = f"it becomes more than {_LARGEST_RATIO} times as large when it is unpacked, as no export does."
            raise InputError(unreadable(message, Place(self._shown), "If it is one, unpack it and name the file."))
        return data

    def close(self) -> None:
        """Close the file below too."""
        if not self.closed:
            self._inner.close()
            if self._below is not None:
                self._below.close()
        super().close()


@contextmanager
def unspoilt(shown: str) -> Iterator[None]:
    """Faults of an archive or of the disk as InputError."""
    try:
        yield
    except _DAMAGED:
        message = "the archive is damaged or was cut off: it cannot be unpacked to its end."
        raise InputError(unreadable(message, Place(shown), _AGAIN)) from None
    except NotImplementedError:
        message = "it is compressed in a way that cxkpi does not know."
        raise InputError(unreadable(message, Place(shown), _UNPACK)) from None
    except OSError as error:
        raise InputError(Problem("I100", f"it cannot be read: {error.strerror or error}.", Place(shown))) from None


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a zip archive. ``fault``: why it cannot be read, if it cannot."""

    name: str
    compressed: int
    fault: Problem | None


def members(path: Path, shown: str) -> tuple[Member, ...]:
    """The files of a zip archive, by name, without folders and what macOS adds. Raises InputError where it is none."""
    with unspoilt(shown), zipfile.ZipFile(path) as archive:
        every = archive.infolist()
    if len(every) > _MOST_MEMBERS:
        message = f"the archive holds {len(every):,} files, more than {_MOST_MEMBERS:,}."
        raise InputError(unreadable(message, Place(shown), "Unpack it and name the folders that matter."))
    found: dict[str, Member] = {}
    for info in every:
        steps = PurePosixPath(info.filename.replace("\\", "/")).parts
        if info.is_dir() or "__MACOSX" in steps or not steps or steps[-1].startswith((".", "~$")):
            continue
        place = Place(f"{shown}/{printable(info.filename)}")
        fault = None
        if info.filename in found:
            message = "the archive holds two files of this name, and only the last can be read."
            fault = unreadable(message, place, "Unpack it and name the files.")
        elif info.flag_bits & 0x1:
            message = "it is encrypted: cxkpi asks for no passwords."
            fault = unreadable(message, place, _UNPACK)
        elif PurePosixPath(info.filename).suffix.lower() in _ARCHIVES:
            message = "it is an archive within an archive, which is not unpacked."
            fault = unreadable(message, place, "Unpack the outer one.")
        found[info.filename] = Member(info.filename, info.compress_size, fault)
    return tuple(found[name] for name in sorted(found))


def open_plain(path: Path, shown: str, *, hashed: bool = False) -> Stream:
    """A file as it is; ``hashed``: see ``digests.reading``."""
    if path.is_symlink() and not path.exists():
        message = f"it is a link to {printable(os.readlink(path))}, which is not there."
        raise InputError(Problem("I100", message, Place(shown), "Put the file there, or remove the link."))
    with unspoilt(shown):
        file = digests.reading(path) if hashed else path.open("rb")
    return Stream(file, shown, path.stat().st_size, file)


def open_gzip(path: Path, shown: str, *, hashed: bool = False) -> Stream:
    """A .gz file decompressed; several gzip streams one behind the other are one. ``hashed``: as of ``open_plain``."""
    with unspoilt(shown):
        file = digests.reading(path) if hashed else path.open("rb")
        inner = gzip.GzipFile(fileobj=file, mode="rb")
    return Stream(inner, shown, path.stat().st_size, file)  # type: ignore[arg-type]  # a GzipFile reads like a file


def open_member(path: Path, name: str, shown: str) -> Stream:
    """A member of a zip archive decompressed."""
    with unspoilt(shown):
        archive = zipfile.ZipFile(path)
        try:
            info = archive.getinfo(name)
            inner = _MemberFile(archive, info)
        except (RuntimeError, KeyError):
            archive.close()
            message = "it is encrypted, or no longer in the archive."
            raise InputError(unreadable(message, Place(shown), _UNPACK)) from None
    return Stream(inner, shown, info.compress_size, None, info.file_size)  # type: ignore[arg-type]  # reads like a file


class _MemberFile(io.RawIOBase):
    """A member that closes its archive with itself."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> None:
        super().__init__()
        self._archive = archive
        self._file = archive.open(info)

    def read(self, size: int | None = -1) -> bytes:
        return self._file.read(-1 if size is None else size)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            self._archive.close()
        super().close()


def printable(name: str) -> str:
    """A name from within a file, fit to be shown on a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)
