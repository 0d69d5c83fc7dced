"""Files that were read before, kept as Parquet, so that tomorrow's run parses only what is new.

An entry is a folder with the parts of one file and ``meta.json``, which holds the size and checksum of each of them.
It is written beside its place and renamed into it; what has been damaged since is noticed when it is asked for. When
something is kept, what nobody has asked for in sixty days is removed.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
from pydantic import BaseModel

from cxkpi._version import __version__

READER = 6
"""Raised whenever the same bytes and the same profile may make something else than before."""

# Prints of keys are compared between files, and another Polars or another processor may make others.
_MADE_BY = (pl.__version__, platform.machine())

UNUSED_DAYS = 60
"""After so many days an entry nobody has asked for is removed: its file has gone, has grown, or is read otherwise."""
_UNFINISHED_DAYS = 1
"""No run takes longer; what is older was left by one that was killed."""
_SUMMED_AT_ONCE = 2
_CHUNK = 1 << 20
_META = "meta.json"
_UNFINISHED = ".unfinished-"
_KEY = re.compile(r"[0-9a-f]{32}-[0-9a-f]{64}")


class Damaged(Exception):  # noqa: N818 - a finding about the cache, not a fault of the program
    """An entry is there, but not as it was written; it has been removed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of one file. ``shown``: its name when it was read; ``size``: bytes on disk.

    ``made`` and ``used``: when it was read, and when it was last asked for, UTC.
    """

    key: str
    shown: str
    size: int
    made: datetime
    used: datetime


class Cache:
    """The entries in a folder, which only its owner can read."""

    def __init__(self, folder: Path, least: int = 1 << 20) -> None:
        self.folder = folder
        self.least = least
        """Bytes of a file below which keeping it is not worth while."""

    def has(self, begun: str) -> bool:
        """Whether some key begins so; without one there is no need to know the rest of it."""
        try:
            return any(name.startswith(begun) for name in os.listdir(self.folder))
        except OSError:
            return False

    def get(self, key: str) -> tuple[Path, Mapping[str, Any]] | None:
        """The folder of an entry and what ``put`` was told of it; None if there is no entry.

        Raises Damaged where something of it is missing or changed.
        """
        folder = self.folder / key
        if not folder.is_dir():
            return None
        try:
            meta = json.loads((folder / _META).read_text(encoding="utf-8"))
            there = _of_files(folder / name for name in meta["files"])
            same = all(there[name] == tuple(of) for name, of in meta["files"].items())
            sound = same and _digest(meta["told"]) == meta["digest"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            sound = False
        if not sound:
            shutil.rmtree(folder, ignore_errors=True)
            raise Damaged
        # An entry's folder is as old as its last use. Whoever reads another's cache may not be allowed to say so.
        with contextlib.suppress(OSError):
            os.utime(folder)
        return folder, meta["told"]

    def begin(self) -> Path:
        """An empty folder to write an entry's files to. Raises OSError where the cache cannot be written."""
        if not self.folder.is_dir():
            self.folder.mkdir(parents=True, mode=0o700, exist_ok=True)
            _restrict(self.folder, 0o700)
        return Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.folder))

    def put(
        self,
        key: str,
        begun: Path,
        shown: str,
        told: Mapping[str, Any],
        summed: Mapping[str, tuple[int, int]] = MappingProxyType({}),
    ) -> Path:
        """Make an entry of the files in ``begun``; returns the folder where they are then.

        ``told``: what is to be known of them, as JSON has it. ``summed``: their sizes and checksums, as far as they
        are known. Raises OSError where that cannot be written.
        """
        files = {**summed, **_of_files(path for path in begun.iterdir() if path.name not in summed)}
        meta = {"shown": shown, "files": files, "told": told, "digest": _digest(told)}
        (begun / _META).write_text(json.dumps(meta), encoding="utf-8")
        for path in begun.iterdir():
            _restrict(path, 0o600)
        target = self.folder / key
        try:
            begun.rename(target)
        except OSError:
            # Another run was faster, and what it wrote is the same.
            if not target.is_dir():
                raise
            shutil.rmtree(begun, ignore_errors=True)
        self._forget_unused()
        return target

    def _forget_unused(self) -> None:
        """Remove what nobody has asked for in a long time, and what runs that were killed have left."""
        now = datetime.now(UTC)
        for folder in self._folders():
            days = _UNFINISHED_DAYS if folder.name.startswith(_UNFINISHED) else UNUSED_DAYS
            with contextlib.suppress(OSError):
                if now - _changed(folder) > timedelta(days=days):
                    shutil.rmtree(folder, ignore_errors=True)

    def entries(self) -> list[Entry]:
        """Everything that is kept, by name and key; damaged entries go by no name."""
        return sorted(self._entries(), key=lambda entry: (entry.shown, entry.key))

    def clear(self) -> int:
        """Remove everything that is kept; how many entries there were."""
        count = 0
        for folder in self._folders():
            shutil.rmtree(folder, ignore_errors=True)
            count += not folder.name.startswith(_UNFINISHED) and not folder.exists()
        return count

    def _entries(self) -> Iterator[Entry]:
        for folder in self._folders():
            if folder.name.startswith(_UNFINISHED):
                continue
            try:
                shown = str(json.loads((folder / _META).read_text(encoding="utf-8"))["shown"])
            except (OSError, ValueError, KeyError, TypeError):
                shown = ""
            try:
                size = sum(path.stat().st_size for path in folder.iterdir())
                used = _changed(folder)
                meta = folder / _META
                made = _changed(meta) if meta.exists() else used
            except OSError:
                continue
            yield Entry(folder.name, shown, size, made, used)

    def _folders(self) -> list[Path]:
        """Only what the cache has made itself: the folder may have been named by mistake."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path
            for path in self.folder.iterdir()
            if (_KEY.fullmatch(path.name) or path.name.startswith(_UNFINISHED)) and path.is_dir()
        )


def default_folder() -> Path:
    """Where the cache is unless somebody says otherwise: ``CXKPI_CACHE``, else the convention of the platform."""
    named = os.environ.get("CXKPI_CACHE")
    if named:
        return Path(named).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "cxkpi" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "cxkpi"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cxkpi"


def begun(*parts: object) -> str:
    """The first half of a key: what is known without reading the file to its end."""
    text = json.dumps([READER, __version__, *_MADE_BY, *(canonical(part) for part in parts)], sort_keys=False)
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


def canonical(value: object) -> Any:
    """A profile, table or layout as JSON that is the same whenever it means the same."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = (field.name for field in dataclasses.fields(value) if field.name not in ("origin", "written_in"))
        return {name: canonical(getattr(value, name)) for name in fields}
    if isinstance(value, Mapping):
        # The order of tables and columns has a meaning.
        return [[canonical(key), canonical(item)] for key, item in value.items()]
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(str(item) for item in value)
    if isinstance(value, re.Pattern):
        return value.pattern
    return value if isinstance(value, str | int | float | None) else str(value)


def summed(path: Path) -> tuple[int, int]:
    """Size and CRC-32 of a file. They tell damage, not malice: whoever can write to the cache can write anything."""
    size = total = 0
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            size += len(chunk)
            total = zlib.crc32(chunk, total)
    return size, total


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _digest(told: object) -> str:
    return hashlib.sha256(json.dumps(told).encode("utf-8")).hexdigest()


def _of_files(paths: Iterable[Path]) -> dict[str, tuple[int, int]]:
    """Size and checksum of files of one folder, by name."""
    every = sorted(paths)
    with ThreadPoolExecutor(_SUMMED_AT_ONCE, thread_name_prefix="sums") as threads:
        return {path.name: found for path, found in zip(every, threads.map(summed, every), strict=True)}


def _restrict(path: Path, mode: int) -> None:
    # Some file systems know no permissions.
    with contextlib.suppress(OSError):
        path.chmod(mode)
