"""``cxkpi diff -f json``: every change and every pair of figures for programs. Its keys and their order are a promise.

``grade`` rises from ``none`` over ``wording`` and ``target`` to ``meaning``. ``old`` and ``new`` of a detail are as
written in a catalogue, null where the key is not there. ``figures`` is null where no exports were given; its rows are
as in ``cxkpi report -f json``, null where a side has no such metric or period. ``difference`` is new less old.
"""

from __future__ import annotations

from typing import Any

from cxkpi.catalogue.meaning.changes import Change, Comparison
from cxkpi.measurement.checking.paired import Pairing, SideBySide
from cxkpi.reports.json import dump, lines
from cxkpi.result import Row

FORMAT = 1


def render(comparison: Comparison, found: SideBySide | None) -> str:
    """The comparison as JSON text with one trailing newline; the same comparison gives the same bytes."""
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
        rows = lines([dump(_pairing(row)) for row in found.rows])
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
    }


def _pairing(row: Pairing) -> dict[str, Any]:
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
        "by": dict(row.by),
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
