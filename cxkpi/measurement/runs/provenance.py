"""What a run rests on, by hash: its input files, the catalogue with all it reads, profiles, the run file.

Hashes are taken after the files were read, and hold only if no file has changed since before: see :meth:`Watched.seen`.
"""

from __future__ import annotations

import errno
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cxkpi import __version__
from cxkpi.catalogue import load as catalogues
from cxkpi.catalogue.load import SHIPPED, Catalogue
from cxkpi.catalogue.meaning.hashes import short_hash
from cxkpi.catalogue.resolving import overlays
from cxkpi.catalogue.resolving.overlays import SHIPPED_NAME
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.files.finding import find, profiles_beside
from cxkpi.exports.profile_file import files_of
from cxkpi.measurement.run_file import RunFile
from cxkpi.measurement.runs.recorded import Hashed, Seen

_EXTENDS_SHIPPED = re.compile(rf"""^["']?extends["']?\s*:\s*["']?{SHIPPED_NAME}["']?\s*(#.*)?$""", re.MULTILINE)


def digest(path: Path) -> Hashed:
    """The hash of a file. OSError where it cannot be read, or is none, but a device or a pipe."""
    _regular(path)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        return Hashed(path.as_posix(), file.tell(), found)


def _regular(path: Path) -> None:
    """Refuse what is there and may have no end. OSError."""
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is a folder" if path.is_dir() else "it is not a file", path.as_posix())


def of_text(text: str, shown: str) -> Hashed:
    """The hash of a file whose text was read."""
    written = text.encode("utf-8")
    return Hashed(shown, len(written), hashlib.sha256(written).hexdigest())


def load_catalogue(path: Path | None) -> tuple[Catalogue, tuple[Hashed, ...]]:
    """A catalogue, and every file it was read from: itself, those it extends, its holidays.

    The one that ships is named ``cxkpi:metrics.yaml``. Raises as ``catalogue.load.load`` does.
    """
    shown = SHIPPED if path is None else path.as_posix()
    text = catalogues.text_of(path)
    read = {shown: text}

    def beside(name: str) -> tuple[str, str]:
        other = overlays.beside(shown, name)
        read[other] = catalogues.text_of(Path(other))
        return read[other], other

    loaded = catalogues.parse(text, shown, beside=None if path is None else beside)
    if any(_EXTENDS_SHIPPED.search(one) for one in read.values()):
        read[SHIPPED] = catalogues.text_of(None)
    return loaded, tuple(of_text(read[name], name) for name in sorted(read))


def around(catalogue: Catalogue) -> str:
    """A short hash of what a catalogue decides about figures beside each metric: calendar, tables, who is protected."""
    hidden = {metric.title: (metric.protects, metric.min_group) for metric in catalogue.metrics.values()}
    calendar = (catalogue.timezone, catalogue.week_starts, catalogue.year_starts, catalogue.calendar, catalogue.hours)
    return short_hash(_in_order([calendar, catalogue.tables, hidden]))


def _in_order(value: Any) -> Any:
    """A value as JSON has it, in an order that depends on nothing but the value."""
    if isinstance(value, Mapping):
        return sorted((str(key), _in_order(part)) for key, part in value.items())
    if isinstance(value, Set):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [_in_order(part) for part in value]
    if is_dataclass(value):
        return [(one.name, _in_order(getattr(value, one.name))) for one in fields(value) if one.compare]
    return str(value)


def catalogue_file(shown: str) -> Hashed:
    """A file of a catalogue as it is now, by the name :func:`load_catalogue` gave it.

    UsageError where it is gone; OSError where it is no file, but a device or a pipe.
    """
    _regular(Path(shown))
    return of_text(catalogues.text_of(None if shown == SHIPPED else Path(shown)), shown)


class Watched:
    """The files of a run, looked at before they are read."""

    def __init__(self, meant: RunFile, profiles: Sequence[Path], leave_out: Sequence[Path]) -> None:
        self._meant, self._given, self._leave_out = meant, profiles, leave_out
        self._before = _states(self._files())

    def seen(self) -> Seen:
        """The hashes of what was read.

        Raises:
            InputError: A file came, went or changed meanwhile, so that nobody can say what was read.
        """
        inputs, profiles, run_file = self._files()
        after = _states((inputs, profiles, run_file))
        if after == self._before:
            found = Seen(
                tuple(digest(path) for path in inputs),
                tuple(digest(path) for path in profiles),
                None if run_file is None else digest(run_file),
            )
            after = _states(self._files())
        if after != self._before:
            moved = sorted(
                {path for path in self._before.keys() | after.keys() if self._before.get(path) != after.get(path)}
            )
            message = "it changed while it was read, so that the run cannot be recorded."
            raise InputError(
                *(Problem("I195", message, Place(path), "Run it again when the export is done.") for path in moved)
            )
        return found

    def _files(self) -> tuple[list[Path], list[Path], Path | None]:
        inputs = inputs_of(self._meant, self._leave_out)
        return inputs, profiles_of(self._meant, self._given), self._meant.file


def profiles_of(meant: RunFile, given: Sequence[Path] = ()) -> list[Path]:
    """The profiles that a run reads beside those that ship: those named, then those that lie beside the data."""
    named = [*given, *meant.profiles]
    return list(dict.fromkeys([*files_of(named), *files_of(profiles_beside(meant.paths, named))]))


def inputs_of(meant: RunFile, leave_out: Sequence[Path] = ()) -> list[Path]:
    """The files that a run reads, in the order of their names."""
    found, _ = find(meant.paths, [*meant.written, *leave_out])
    # A link that leads nowhere is told of where it is read.
    return sorted((one.path for one in found if one.path.exists()), key=lambda path: path.as_posix())


def versions(engine: str, packages: Iterable[str] = ()) -> dict[str, str]:
    """What computed and wrote: package to version; a package that is not there is left out."""
    found = {"cxkpi": __version__}
    for name in dict.fromkeys(["polars", engine, *sorted(packages)]):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _states(files: tuple[list[Path], list[Path], Path | None]) -> dict[str, tuple[int, int, int]]:
    inputs, profiles, run_file = files
    every = [*inputs, *profiles, *([run_file] if run_file is not None else [])]
    states = ((path, path.stat()) for path in every if path.exists())
    return {path.as_posix(): (state.st_size, state.st_mtime_ns, state.st_ino) for path, state in states}
