"""What a catalogue names, right or wrong, in a tenth of the time it takes to check it: for completing what is typed.

What cannot be read names nothing; what a catalogue extends is read below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeAlias

from cxkpi.catalogue.resolving import dialects
from cxkpi.documents import places
from cxkpi.errors import UserError

Kind: TypeAlias = tuple[str, str]
"""Type and role of a column, as in ``cxkpi.tables.Column``."""

_LARGEST = 4_000_000
_DEEPEST = 5
_AGENT = "agent_id"
# Known of every row that happened at an instant.
_BUILT_IN = ("hour", "weekday")


def metrics(path: Path | None) -> Mapping[str, str]:
    """Title to label of all that are not private, each followed by its variants; ``path`` as ``load.load`` takes it."""
    found: dict[str, dict[str, Any]] = {}
    for layer in _layers(path):
        for name, written in _mapping(layer.get("metrics")).items():
            if written is None:
                found.pop(str(name), None)
            else:
                _lay(found.setdefault(str(name), {"variants": {}}), _mapping(written))
    return dict(_labelled(found))


def tables(path: Path | None) -> Mapping[str, Mapping[str, Kind]]:
    """The columns of the canonical tables, of those a catalogue adds and of its own, by table."""
    from cxkpi.tables import TABLES

    found = {
        name: {column: (str(kind.type), str(kind.role)) for column, kind in table.columns.items()}
        for name, table in TABLES.items()
    }
    for layer in _layers(path):
        for table, written in _mapping(layer.get("tables")).items():
            columns = _mapping(_mapping(written).get("columns"))
            keys = () if table in TABLES else _mapping(written).get("key") or ()
            kinds = {str(name): _column(kind, name in keys) for name, kind in columns.items()}
            found.setdefault(str(table), {}).update(kinds)
    return found


def dimensions(columns: Mapping[str, Mapping[str, Kind]]) -> Mapping[str, tuple[str, ...]]:
    """What rows can be cut by, sorted by name, with the tables that have it: texts that name nobody, and agents."""
    found: dict[str, list[str]] = {name: [] for name in (_AGENT, *_BUILT_IN)}
    for table, kinds in columns.items():
        for column, kind in kinds.items():
            if column == _AGENT or kind == ("text", "plain"):
                found.setdefault(column, []).append(table)
    return {name: tuple(found[name]) for name in sorted(found)}


def _layers(path: Path | None) -> list[Mapping[str, Any]]:
    """A catalogue and all it extends, as written, the lowest first."""
    source = dialects.shipped() if path is None else dialects.file(path) or path
    found = [_written(source)]
    while len(found) <= _DEEPEST and isinstance(name := found[-1].get("extends"), str):
        if name != "cxkpi" and not isinstance(source, Path):
            break
        source = dialects.shipped() if name == "cxkpi" else Path(str(source)).parent / name
        found.append(_written(source))
    return found[::-1]


def _written(source: Traversable) -> Mapping[str, Any]:
    try:
        with source.open("rb") as file:
            text = file.read(_LARGEST).decode("utf-8", "replace")
        return _mapping(places.read(text, "").data)
    except (OSError, UserError):
        return {}


def _lay(lower: dict[str, Any], upper: Mapping[str, Any]) -> None:
    lower.update({key: value for key, value in upper.items() if key != "variants"})
    for name, written in _mapping(upper.get("variants")).items():
        if written is None:
            lower["variants"].pop(str(name), None)
        else:
            lower["variants"].setdefault(str(name), {}).update(_mapping(written))


def _labelled(found: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for name, metric in found.items():
        if metric.get("private") is True:
            continue
        label = str(metric.get("label") or name)
        yield name, label
        for variant, written in metric["variants"].items():
            yield f"{name}.{variant}", str(written.get("label") or label)


def _column(written: Any, key: bool) -> Kind:
    """A column's type and role as written; the text by which a table of one's own is keyed identifies somebody."""
    kind, role = (written.get("type"), written.get("role")) if isinstance(written, Mapping) else (written, None)
    return str(kind), str(role or ("identifier" if key and kind == "text" else "plain"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
