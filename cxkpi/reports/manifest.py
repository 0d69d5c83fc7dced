"""``--manifest``: what a run was asked, what it rested on, what it found and wrote, each by its hash.

Paths are as they were named; ``root`` is the folder they start from, as seen from the folder of the manifest. There is
no clock in it: the same run gives the same bytes. ``cells`` are the numbers of periods that were over, which a later
run compares itself with, one on each line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from cxkpi.errors import InputError, Place, Problem
from cxkpi.measurement.runs.recorded import Hashed, Past, PastRow, Seen
from cxkpi.reports.json import dump, instant, lines, past_cell
from cxkpi.result import Cause, PastCell

FORMAT = 1
_WHAT = "cxkpi run"


@dataclass(frozen=True, slots=True)
class Output:
    """A file that was written; ``kind`` as ``-f`` names it, or ``rejects``."""

    path: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The file of the key people were renamed by, and what tells that key from another."""

    path: str
    mark: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A run. ``options``: those of ``cxkpi report`` that were not left at their default, by their long name.

    ``profiles_used``: by name, with those that ship. ``against``: the manifest it was compared with.
    """

    root: str
    paths: tuple[str, ...]
    options: Mapping[str, str | bool | tuple[str, ...]]
    versions: Mapping[str, str]
    as_of: datetime
    as_of_from_data: bool
    catalogue_path: str
    catalogue_hash: str
    catalogue: tuple[Hashed, ...]
    profiles_used: tuple[str, ...]
    seen: Seen
    pseudonyms: Pseudonyms | None
    against: Hashed | None
    outputs: tuple[Output, ...]
    cells: tuple[PastRow, ...]

    def past(self, path: str) -> Past:
        """The run as a later one compares itself with it; ``path``: of this manifest."""
        return Past(path, self.as_of, self.cells, self.seen.inputs, self.rest)

    @property
    def rest(self) -> Mapping[Cause, object]:
        """What else than data, definitions and as_of may change a number, by the cause it is named as."""
        asked = {name: self.options.get(name) for name in ("compare", "only", "since", "until", "leave-out")}
        computing = {name: self.versions.get(name) for name in ("cxkpi", "polars", "duckdb")}
        profiles = [*self.seen.profiles, *([self.seen.run_file] if self.seen.run_file else [])]
        return {
            "profiles": sorted(one.sha256 for one in profiles),
            "version": computing,
            "question": asked,
        }


def render(run: Manifest) -> str:
    """The manifest as JSON text with one trailing newline."""
    seen = run.seen
    head: dict[str, Any] = {
        "format": FORMAT,
        "what": _WHAT,
        "root": run.root,
        "paths": list(run.paths),
        "options": {name: list(value) if isinstance(value, tuple) else value for name, value in run.options.items()},
        "versions": dict(run.versions),
        "as_of": instant(run.as_of),
        "as_of_from_data": run.as_of_from_data,
    }
    catalogue = {
        "path": run.catalogue_path,
        "hash": run.catalogue_hash,
        "files": [_hashed(one) for one in run.catalogue],
    }
    profiles = {"used": list(run.profiles_used), "files": [_hashed(one) for one in seen.profiles]}
    named = None if run.pseudonyms is None else {"path": run.pseudonyms.path, "mark": run.pseudonyms.mark}
    after = {
        "catalogue": catalogue,
        "profiles": profiles,
        "run_file": None if seen.run_file is None else _hashed(seen.run_file),
        "pseudonyms": named,
        "against": None if run.against is None else _hashed(run.against),
    }
    parts = [f"{dump(key)}: {dump(value)}" for key, value in {**head, **after}.items()]
    parts.append(f'"inputs": {lines([dump(_hashed(one)) for one in seen.inputs])}')
    outputs = [{"path": one.path, "kind": one.kind, "size": one.size, "sha256": one.sha256} for one in run.outputs]
    parts.append(f'"outputs": {lines([dump(one) for one in outputs])}')
    parts.append(f'"cells": {lines([dump(_cell(row)) for row in run.cells])}')
    return "{" + ",\n ".join(parts) + "}\n"


def _hashed(one: Hashed) -> Mapping[str, Any]:
    return {"path": one.path, "size": one.size, "sha256": one.sha256}


def _cell(row: PastRow) -> Mapping[str, Any]:
    return {
        "metric": row.metric,
        "variant": row.variant,
        "period": {"every": row.every, "start": row.start.isoformat(), "end": row.end.isoformat()},
        "by": dict(row.by),
        **past_cell(row.cell),
    }


def parse(text: str, shown: str) -> Manifest:
    """The manifest a text holds; ``shown``: what the file is called.

    Raises:
        InputError: It is none, or one of another version of its format.
    """
    hint = "Name the file that 'cxkpi report --manifest FILE' wrote."
    try:
        data = json.loads(text)
        if data["what"] != _WHAT:
            raise ValueError
        if data["format"] != FORMAT:
            message = f"this manifest has the format {data['format']}, and this cxkpi knows {FORMAT}."
            raise InputError(Problem("I197", message, Place(shown), "Use the cxkpi that wrote it."))
        return _manifest(data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(Problem("I196", "this is no manifest of a run.", Place(shown), hint)) from error


def _manifest(data: Mapping[str, Any]) -> Manifest:
    named = data["pseudonyms"]
    return Manifest(
        root=_text(data["root"]),
        paths=tuple(map(_text, data["paths"])),
        options={_text(name): _option(value) for name, value in data["options"].items()},
        versions={_text(name): _text(value) for name, value in data["versions"].items()},
        as_of=datetime.fromisoformat(_text(data["as_of"]).removesuffix("Z")),
        as_of_from_data=bool(data["as_of_from_data"]),
        catalogue_path=_text(data["catalogue"]["path"]),
        catalogue_hash=_text(data["catalogue"]["hash"]),
        catalogue=_files(data["catalogue"]["files"]),
        profiles_used=tuple(map(_text, data["profiles"]["used"])),
        seen=Seen(
            _files(data["inputs"]),
            _files(data["profiles"]["files"]),
            None if data["run_file"] is None else _file(data["run_file"]),
        ),
        pseudonyms=None if named is None else Pseudonyms(_text(named["path"]), _text(named["mark"])),
        against=None if data["against"] is None else _file(data["against"]),
        outputs=tuple(
            Output(_text(one["path"]), _text(one["kind"]), int(one["size"]), _text(one["sha256"]))
            for one in data["outputs"]
        ),
        cells=tuple(_row(one) for one in data["cells"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _option(value: object) -> str | bool | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(_text, value))
    return value if isinstance(value, bool) else _text(value)


def _files(found: Sequence[Mapping[str, Any]]) -> tuple[Hashed, ...]:
    return tuple(map(_file, found))


def _file(one: Mapping[str, Any]) -> Hashed:
    return Hashed(_text(one["path"]), int(one["size"]), _text(one["sha256"]))


def _row(one: Mapping[str, Any]) -> PastRow:
    period = one["period"]
    return PastRow(
        metric=_text(one["metric"]),
        variant=one["variant"],
        every=cast(Any, _text(period["every"])),
        start=date.fromisoformat(period["start"]),
        end=date.fromisoformat(period["end"]),
        by=dict(one["by"]),
        cell=PastCell(
            definition=_text(one["definition"]),
            value=one["value"],
            n=one["n"],
            numerator=one["numerator"],
            denominator=one["denominator"],
            immature=one["immature"],
            target=_limit(one["target"]),
            alarm=_limit(one["alarm"]),
            status=one["status"],
            reason=one["reason"],
        ),
    )


def _limit(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
