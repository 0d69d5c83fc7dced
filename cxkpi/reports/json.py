"""``-f json``: the whole Result for programs. Its keys and their order are a promise that scripts are written against.

Instants are ISO 8601 with ``Z``, shares fractions, durations seconds, ``end`` exclusive, ``by`` empty for the whole.
Floats are written with the fewest digits that read back as the same number. ``change.from`` is the value compared with
(``Change.before``). One result stands on each line, so that two runs can be compared line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cxkpi.result import Change, FileEntry, PastCell, Period, Restated, Restatement, Result, Row

FORMAT = 1
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def render(result: Result) -> str:
    """The Result as JSON text with one trailing newline; the same Result gives the same bytes."""
    catalogue = {"path": result.catalogue_path, "hash": result.catalogue_hash}
    through = {table: instant(at) for table, at in sorted(result.through.items())}
    head = {
        "format": FORMAT,
        "cxkpi": result.version,
        "catalogue": catalogue,
        "timezone": result.timezone,
        "as_of": instant(result.as_of),
        "through": through,
        "only": {name: list(values) for name, values in result.only.items()},
    }
    parts = [f"{dump(key)}: {dump(value)}" for key, value in head.items()]
    rows = lines([dump(_row(row)) for row in result.rows])
    files = lines([dump(_file(entry)) for entry in result.files])
    parts.append(f'"results": {rows}')
    parts.append(f'"ledger": {{"files": {files}}}')
    parts.append(f'"notes": {lines([dump(note) for note in result.notes])}')
    if result.restated is not None:
        parts.append(f'"restated": {_restatement(result.restated)}')
    return "{" + ",\n ".join(parts) + "}\n"


def instant(at: datetime) -> str:
    """``2026-07-01T02:11:09Z``; an instant without zone is UTC; fractions of a second only where there are any."""
    utc = at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat()}Z"


def _row(row: Row) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "variant": row.variant,
        "kind": row.kind,
        "definition": row.definition,
        "unit": row.unit,
        "better": row.better,
        "period": _period(row.period),
        "by": dict(row.by),
        "value": row.value,
        "low": row.low,
        "high": row.high,
        "confidence": row.confidence,
        "bounds": None if row.bounds is None else list(row.bounds),
        "n": row.n,
        "numerator": row.numerator,
        "denominator": row.denominator,
        "immature": row.immature,
        "missing": row.missing,
        "censored": row.censored,
        "target": list(row.target) if isinstance(row.target, tuple) else row.target,
        "alarm": list(row.alarm) if isinstance(row.alarm, tuple) else row.alarm,
        "status": row.status,
        "reason": row.reason,
        "change": None if row.change is None else _change(row.change),
        "notes": list(row.notes),
    }


def _restatement(found: Restatement) -> str:
    head: dict[str, Any] = {
        "against": found.against,
        "as_of": instant(found.as_of),
        "inputs": {"new": list(found.new), "changed": list(found.changed), "gone": list(found.gone)},
    }
    head["compared"] = found.compared
    head["not_compared"] = [
        {"what": one.what, "names": list(one.names), "asked": one.asked} for one in found.uncompared
    ]
    cells = lines([dump(_restated(cell)) for cell in found.cells])
    return "{" + ", ".join(f"{dump(key)}: {dump(value)}" for key, value in head.items()) + f', "cells": {cells}}}'


def _restated(cell: Restated) -> Mapping[str, Any]:
    return {
        "metric": cell.metric,
        "variant": cell.variant,
        "period": {"every": cell.every, "start": cell.start.isoformat(), "end": cell.end.isoformat()},
        "by": dict(cell.by),
        "then": None if cell.then is None else past_cell(cell.then),
        "now": None if cell.now is None else past_cell(cell.now),
        "causes": list(cell.causes),
        "final": cell.final,
        "unit": cell.unit,
    }


def past_cell(cell: PastCell) -> Mapping[str, Any]:
    """A number as a later run compares with it."""
    return {
        "definition": cell.definition,
        "value": cell.value,
        "n": cell.n,
        "numerator": cell.numerator,
        "denominator": cell.denominator,
        "immature": cell.immature,
        "target": list(cell.target) if isinstance(cell.target, tuple) else cell.target,
        "alarm": list(cell.alarm) if isinstance(cell.alarm, tuple) else cell.alarm,
        "status": cell.status,
        "reason": cell.reason,
    }


def _period(period: Period) -> Mapping[str, Any]:
    return {
        "every": period.every,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "complete": period.complete,
        "judged_until": None if period.judged_until is None else instant(period.judged_until),
        **({} if period.label is None else {"label": period.label}),
    }


def _change(change: Change) -> Mapping[str, Any]:
    return {
        "period": change.period.isoformat(),
        "from": change.before,
        "difference": change.difference,
        "significant": change.significant,
    }


def _file(entry: FileEntry) -> Mapping[str, Any]:
    return {
        "path": entry.path,
        "profile": entry.profile,
        "records": entry.records,
        "accepted": entry.accepted,
        "superseded": entry.superseded,
        "rejected": entry.rejected,
        "skipped": entry.skipped,
        "blanked": entry.blanked,
        "tables": [{"table": table, "rows": rows} for table, rows in entry.tables],
    }


def dump(value: Any) -> str:
    """A value as JSON on one line."""
    # Text stays readable; what a terminal could take for a command, or UTF-8 cannot hold, is escaped.
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def lines(items: list[str]) -> str:
    """An array of values that are JSON already, one on each line."""
    return "[" + ",\n  ".join(items) + "]"
