"""``--manifest``: what a run was asked, what it rested on, what it found and wrote, each by its hash.

Paths are as they were named; ``root`` is the folder they start from, as seen from the folder of the manifest. There is
no clock in it: the same run gives the same bytes. ``cells`` are the numbers of periods that were over, which a later
run compares itself with, one on each line.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast, get_args

from cxkpi.errors import InputError, Place, Problem
from cxkpi.measurement.runs.recorded import Asked, Asking, Hashed, Past, PastRow, Seen
from cxkpi.reports.json import dump, instant, lines, past_cell
from cxkpi.result import Cause, Every, PastCell, Reason, Status

FORMAT = 1
REJECTS = "rejects"
# Years that a run can be about; others would be no dates once they are moved to another time zone.
_YEARS = range(1900, 2200)
_T = TypeVar("_T")
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

    ``profiles_used``: by name, with those that ship. ``against``: the manifest it was compared with. ``metrics``: those
    it was asked for; ``around``: what tells all else in the catalogue that decides figures from another's; each None
    where it was not recorded.
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
    metrics: tuple[Asked, ...] | None = None
    around: str | None = None

    def past(self, path: str) -> Past:
        """The run as a later one compares itself with it; ``path``: of this manifest."""
        return Past(path, self.as_of, self.as_of_from_data, self.asking, self.cells, self.seen.inputs, self.rest)

    @property
    def asking(self) -> Asking:
        """What it was asked for. ValueError where an option of it is none that could be typed."""
        by = (name.strip() for one in self._typed("by") for name in one.split(","))
        since, until = ([date.fromisoformat(one) for one in self._typed(name)] for name in ("since", "until"))
        return Asking(
            metrics=self.metrics,
            default=not self._typed("metric"),
            everything=self.options.get("all") is True,
            by=frozenset(name for name in by if name),
            since=next(iter(since), None),
            until=next(iter(until), None),
            last=next(map(int, self._typed("last")), None),
        )

    def _typed(self, name: str) -> tuple[str, ...]:
        value = self.options.get(name, ())
        return (value,) if isinstance(value, str) else () if isinstance(value, bool) else value

    @property
    def rest(self) -> Mapping[Cause, object]:
        """What else than data, definitions and as_of may change a number, by the cause it is named as."""
        computing = {name: self.versions.get(name) for name in ("cxkpi", "polars", "duckdb")}
        profiles = [*self.seen.profiles, *([self.seen.run_file] if self.seen.run_file else [])]
        return {
            "profiles": sorted(one.sha256 for one in profiles),
            "version": computing,
            "question": self._typed("leave-out"),
            **({} if self.around is None else {"catalogue": self.around}),
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
        **({} if run.around is None else {"around": run.around}),
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
    if run.metrics is not None:
        parts.append(f'"metrics": {lines([dump(asdict(one)) for one in run.metrics])}')
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
        data = _object(json.loads(text, parse_constant=_refuse))
        if data["what"] != _WHAT:
            raise ValueError
        if data["format"] != FORMAT:
            message = f"this manifest has the format {_whole(data['format'])}, and this cxkpi knows {FORMAT}."
            raise InputError(Problem("I197", message, Place(shown), "Use the cxkpi that wrote it."))
        found = _manifest(data)
        found.past(shown)
        return found
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(Problem("I196", "this is no manifest of a run.", Place(shown), hint)) from error


def _manifest(data: Mapping[str, Any]) -> Manifest:
    named, asked = data["pseudonyms"], data.get("metrics")
    catalogue, profiles = _object(data["catalogue"]), _object(data["profiles"])
    return Manifest(
        root=_path(data["root"]),
        paths=tuple(map(_path, _list(data["paths"]))),
        options={_text(name): _option(value) for name, value in _object(data["options"]).items()},
        versions={_text(name): _text(value) for name, value in _object(data["versions"]).items()},
        as_of=_instant(data["as_of"]),
        as_of_from_data=_flag(data["as_of_from_data"]),
        catalogue_path=_text(catalogue["path"]),
        catalogue_hash=_text(catalogue["hash"]),
        catalogue=_files(catalogue["files"]),
        profiles_used=tuple(map(_text, _list(profiles["used"]))),
        seen=Seen(
            _files(data["inputs"]),
            _files(profiles["files"]),
            None if data["run_file"] is None else _file(data["run_file"]),
        ),
        pseudonyms=None if named is None else Pseudonyms(_path(named["path"]), _text(named["mark"])),
        against=None if data["against"] is None else _file(data["against"]),
        outputs=_outputs(data["outputs"]),
        metrics=None if asked is None else tuple(map(_asked, _list(asked))),
        cells=tuple(map(_row, _list(data["cells"]))),
        around=_or_none(_text, catalogue.get("around")),
    )


def _outputs(found: object) -> tuple[Output, ...]:
    written = []
    for one in _list(found):
        file = _file(one)
        written.append(Output(file.path, _text(one["kind"]), file.size, file.sha256))
    if sum(one.kind == REJECTS for one in written) > 1:
        raise ValueError
    return tuple(written)


def _asked(one: Any) -> Asked:
    return Asked(_text(one["metric"]), _or_none(_text, one["variant"]), _text(one["unit"]), _whole(one["min_n"]))


def _row(one: Any) -> PastRow:
    period, every = one["period"], _text(one["period"]["every"])
    return PastRow(
        metric=_text(one["metric"]),
        variant=_or_none(_text, one["variant"]),
        every=cast(Any, _one_of(every, Every)),
        start=_day(period["start"]),
        end=_day(period["end"]),
        by={_text(name): _or_none(_text, value) for name, value in _object(one["by"]).items()},
        cell=PastCell(
            definition=_text(one["definition"]),
            value=_or_none(_number, one["value"]),
            n=_whole(one["n"]),
            numerator=_or_none(_number, one["numerator"]),
            denominator=_or_none(_number, one["denominator"]),
            immature=_whole(one["immature"]),
            target=_limit(one["target"]),
            alarm=_limit(one["alarm"]),
            status=None if one["status"] is None else cast(Any, _one_of(one["status"], Status)),
            reason=None if one["reason"] is None else cast(Any, _one_of(one["reason"], Reason)),
        ),
    )


def _file(one: Any) -> Hashed:
    return Hashed(_path(one["path"]), _whole(one["size"]), _text(one["sha256"]))


def _files(found: object) -> tuple[Hashed, ...]:
    return tuple(map(_file, _list(found)))


def _option(value: object) -> str | bool | tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(_path, value))
    return value if isinstance(value, bool) else _path(value)


def _limit(value: object) -> Any:
    if not isinstance(value, list):
        return _or_none(_number, value)
    low, high = map(_number, value)
    return low, high


def _or_none(read: Callable[[object], _T], value: object) -> _T | None:
    return None if value is None else read(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _path(value: object) -> str:
    """What the system can look for: UnicodeEncodeError, a ValueError, where it cannot."""
    if b"\0" in os.fsencode(_text(value)):
        raise ValueError
    return _text(value)


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        raise TypeError
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= sys.maxsize:
        raise TypeError
    return value


def _day(value: object) -> date:
    found = date.fromisoformat(_text(value))
    if found.year not in _YEARS:
        raise ValueError
    return found


def _instant(value: object) -> datetime:
    found = datetime.fromisoformat(_text(value).removesuffix("Z"))
    if found.tzinfo is not None or found.year not in _YEARS:
        raise ValueError
    return found


def _one_of(value: object, names: Any) -> str:
    if value not in get_args(names):
        raise ValueError
    return _text(value)


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _refuse(constant: str) -> object:
    raise ValueError(constant)
