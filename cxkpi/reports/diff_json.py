"""``cxkpi diff -f json``: every change and every pair of figures for programs. Its keys and their order are a promise.

``grade`` rises from ``none`` over ``wording`` and ``target`` to ``meaning``. ``old`` and ``new`` of a detail are as
written in a catalogue, null where the key is not there. ``since``: the day from which the numbers or verdicts of a
metric can differ, null where all can. ``figures`` is null where no exports were given; its rows are as in ``cxkpi
report -f json``, null where a side has no such metric or period. ``difference`` is new less old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkpi.catalogue.meaning.changes import Change, Comparison
from cxkpi.measurement.checking.paired import Pairing, SideBySide
from cxkpi.reports.changes import identifiers
from cxkpi.reports.json import dump, lines
from cxkpi.reports.reading import numbers, outside
from cxkpi.result import Row

FORMAT = 1


def render(comparison: Comparison, found: SideBySide | None, *, show_values: bool = False) -> str:
    """The comparison as JSON text with one trailing newline; the same comparison gives the same bytes.

    Of dimension values those are numbered that are in ``cxkpi report -f json``.
    """
    head: dict[str, Any] = {
        "format": FORMAT,
        "old": {"path": comparison.old, "hash": comparison.old_hash},
        "new": {"path": comparison.new, "hash": comparison.new_hash},
        "grade": comparison.grade,
        "unchanged": comparison.unchanged,
    }
    parts = [f"{dump(key)}: {dump(value)}" for key, value in head.items()]
    parts.append(f'"changes": {lines([dump(_change(change)) for change in comparison.changes])}')
    if found is None:
        parts.append('"figures": null')
    else:
        names = [name for name in found.by if outside(name, identifiers(found), show_values=show_values)]
        called = numbers((row.by for row in found.rows), names)
        rows = lines([dump(_pairing(row, called)) for row in found.rows])
        notes = dump(list(found.notes))
        parts.append(f'"figures": {{"every": {dump(found.every)}, "flips": {found.flips}, "rows": {rows},\n')
        parts[-1] += f'  "notes": {notes}}}'
    return "{" + ",\n ".join(parts) + "}\n"


def _change(change: Change) -> dict[str, Any]:
    return {
        "section": change.section,
        "title": change.title,
        "old_title": change.old_title,
        "label": change.label or None,
        "action": change.action,
        "grade": change.grade,
        "old_definition": change.old_definition,
        "definition": change.definition,
        "details": [
            {"key": one.key, "old": one.old, "new": one.new, "grade": one.grade, "via": one.via}
            for one in change.details
        ],
        "reaches": list(change.reaches),
        "since": None if change.since is None else change.since.isoformat(),
    }


def _pairing(row: Pairing, called: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    period = row.period
    return {
        "metric": row.title,
        "old_metric": row.old_title,
        "period": {
            "every": period.every,
            "start": period.start.isoformat(),
            "end": period.end.isoformat(),
            "complete": period.complete,
        },
        "by": {
            name: called[name][value] if value is not None and name in called else value
            for name, value in row.by.items()
        },
        "old": _side(row.old),
        "new": _side(row.new),
        "difference": row.difference,
        "flips": row.flips,
    }


def _side(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "definition": row.definition,
        "unit": row.unit,
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "n": row.n,
        "target": list(row.target) if isinstance(row.target, tuple) else row.target,
        "alarm": row.alarm,
        "status": row.status,
        "reason": row.reason,
    }
