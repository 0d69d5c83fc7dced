"""Dialects: catalogues that ship beside the main one and say what a vendor's own screens mean by its metrics.

A dialect is called by its name, ``genesys_cloud``; as a catalogue its path is ``cxkpi:dialects/genesys_cloud.yaml``.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from cxkpi.documents.spelling import nearest
from cxkpi.errors import Problem, UsageError

_FOLDER = PurePosixPath("cxkpi:dialects")


def names() -> tuple[str, ...]:
    """Every dialect that ships, in the order of the alphabet."""
    found = (PurePosixPath(one.name) for one in _folder().iterdir())
    return tuple(sorted(one.stem for one in found if one.suffix == ".yaml"))


def named(name: str) -> Path:
    """The path of a dialect, as a catalogue. UsageError with the nearest name where there is none."""
    known = names()
    if name not in known:
        near = nearest(name, known)
        guess = f"Did you mean '{near}'? " if near is not None else ""
        raise UsageError(Problem("U051", f"there is no dialect '{name}'.", hint=f"{guess}They are {', '.join(known)}."))
    return Path(_FOLDER / f"{name}.yaml")


def file(path: Path) -> Traversable | None:
    """Where the text of a catalogue's path is, if it is that of a dialect."""
    return _folder() / path.name if PurePosixPath(path.as_posix()).parent == _FOLDER else None


def shipped() -> Traversable:
    """The main catalogue."""
    inside = files("cxkpi") / "metrics.yaml"
    # A checkout keeps it at the top; a wheel has it in the package.
    return inside if inside.is_file() else Path(str(files("cxkpi"))).parent / "metrics.yaml"


def _folder() -> Traversable:
    inside = files("cxkpi") / "dialects"
    # A checkout keeps them at the top; a wheel has them in the package.
    return inside if inside.is_dir() else Path(str(files("cxkpi"))).parent / "dialects"
