"""What may stand as the value of an option: metrics, dimensions, their values, dialects, codes and files.

Each function takes what was typed so far and gives whole words with what they mean. Nothing is imported before it is
needed: a person waits for the answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

Candidates = list[str | tuple[str, str]]

_YAML, _JSON = (".yaml", ".yml"), (".json",)
_MOST_FILES = 500


def metrics(ctx: typer.Context, incomplete: str) -> Candidates:
    """Metrics and variants with their labels, as one of a list joined with commas; variants once a name is begun."""
    from cxkpi.catalogue import names

    known = names.metrics(_catalogue(ctx))
    begun = incomplete.rpartition(",")[2]
    return _listed(incomplete, {name: label for name, label in known.items() if begun or "." not in name})


def dimensions(ctx: typer.Context, incomplete: str) -> Candidates:
    """Dimensions with the tables that have them, as one of a list joined with commas."""
    return _listed(incomplete, _dimensions(ctx))


def conditions(ctx: typer.Context, incomplete: str) -> Candidates:
    """``DIM=``, and behind it the values found in the data."""
    name, sign, begun = incomplete.partition("=")
    if not sign:
        return [(f"{dimension}=", where) for dimension, where in _dimensions(ctx).items()]
    from cxkpi.cli.completion import values

    found = values.of(
        name.strip(),
        paths=_paths(ctx),
        catalogue=_catalogue(ctx),
        profiles=ctx.params.get("profile") or (),
        keep=not ctx.params.get("no_cache"),
    )
    return [f"{name}={value}" for value in found if value.startswith(begun)]


def dialects(incomplete: str) -> Candidates:
    """Vendors with definitions of their own."""
    from cxkpi.catalogue.resolving import dialects as shipped

    return list(shipped.names())


def codes(incomplete: str) -> Candidates:
    """Codes of problems in catalogues with what they mean, in either case."""
    from cxkpi.catalogue.codes import CODES

    typed = incomplete.upper()
    return [(incomplete + code[len(typed) :], means) for code, means in CODES.items() if code.startswith(typed)]


def gates(incomplete: str) -> Candidates:
    """What ``--fail-on`` of a report takes, as one of a list joined with commas."""
    from cxkpi.cli.gates import GATES

    return _listed(incomplete, dict.fromkeys(GATES, ""))


def shells(incomplete: str) -> Candidates:
    """The shells there is a script for."""
    from cxkpi.cli.completion.shells import SCRIPTS

    return list(SCRIPTS)


def subjects(incomplete: str) -> Candidates:
    """The tables a drafted profile can fill."""
    from cxkpi.exports.adopting.match import MAIN

    return list(MAIN)


def yaml_files(incomplete: str) -> Candidates:
    """YAML files and folders."""
    return _files(incomplete, _YAML)


def json_files(incomplete: str) -> Candidates:
    """JSON files and folders."""
    return _files(incomplete, _JSON)


def outputs(incomplete: str) -> Candidates:
    """Files and folders that are there, and the name that was begun with every ending a report may have."""
    from cxkpi.cli.outputs import EXTENSIONS

    stem, point, ending = Path(incomplete).name.rpartition(".")
    begun = incomplete if not point else incomplete[: len(incomplete) - len(ending) - 1]
    named = bool(stem if point else ending)
    new = [f"{begun}{extension}" for extension in EXTENSIONS] if named and not incomplete.endswith("/") else []
    return list(dict.fromkeys([*_files(incomplete, tuple(EXTENSIONS)), *new]))


def _listed(incomplete: str, known: Mapping[str, str]) -> Candidates:
    """Words of a list joined with commas: each after what stands there already, and none of that again."""
    before, comma, _ = incomplete.rpartition(",")
    there = {name.strip() for name in before.split(",")}
    return [(f"{before}{comma}{name}", text) for name, text in known.items() if name not in there]


def _dimensions(ctx: typer.Context) -> Mapping[str, str]:
    from cxkpi.catalogue import names

    found = names.dimensions(names.tables(_catalogue(ctx)))
    return {name: _few(tables) or "of the time" for name, tables in found.items()}


def _few(tables: Sequence[str]) -> str:
    return ", ".join(tables[:3]) + (" …" if len(tables) > 3 else "")


def _files(incomplete: str, endings: Iterable[str]) -> Candidates:
    """Folders, and files with one of these endings; nothing where the shell knows better, as of ``~``."""
    if incomplete.startswith("~"):
        return []
    folder, begun = os.path.split(incomplete)
    before = incomplete[: len(incomplete) - len(begun)]
    found = []
    with os.scandir(folder or ".") as entries:
        for entry in entries:
            if not entry.name.startswith(begun) or (entry.name.startswith(".") and not begun):
                continue
            if entry.is_dir():
                found.append(f"{before}{entry.name}/")
            elif entry.name.lower().endswith(tuple(endings)):
                found.append(f"{before}{entry.name}")
    return list(sorted(found)[:_MOST_FILES])


def _paths(ctx: typer.Context) -> Sequence[Path]:
    return [Path(path) for path in ctx.params.get("paths") or ()]


def _catalogue(ctx: typer.Context) -> Path | None:
    """The catalogue that is meant so far; None for the one that ships."""
    given = ctx.params
    if given.get("catalogue") is not None:
        return Path(given["catalogue"])
    from cxkpi.catalogue.resolving import dialects as shipped

    if given.get("dialect") in shipped.names():
        return shipped.named(given["dialect"])
    if given.get("new") is not None:
        return Path(given["new"]) if os.path.isfile(given["new"]) else None
    for folder in _paths(ctx) or [Path()]:
        written = _run_file(folder)
        if written.get("dialect") in shipped.names():
            return shipped.named(written["dialect"])
        if isinstance(written.get("catalogue"), str):
            base = folder if folder.is_dir() else folder.parent
            return base / str(written["catalogue"])
    return None


def _run_file(folder: Path) -> Mapping[str, Any]:
    """What ``cxkpi.yaml`` in a folder says, as far as it can be read."""
    from cxkpi.documents import places

    file = folder / "cxkpi.yaml" if folder.is_dir() else folder
    if file.name != "cxkpi.yaml" or not file.is_file():
        return {}
    found = places.read(file.read_text(encoding="utf-8"), "").data
    return found if isinstance(found, Mapping) else {}
