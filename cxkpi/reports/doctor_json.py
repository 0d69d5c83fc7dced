"""``cxkpi doctor -f json``: the whole diagnosis for programs. Its keys and their order are a promise (``format``: 1).

Dates are local days, ``covered`` runs from the first to the last day with rows, and so do ``missing`` stretches. Lines
are physical lines, from 1 on. ``places`` are the first hundred of a finding in its file; ``count`` says how many there
are. A finding about several files has an empty ``path``; ``echo`` says that another one tells the same with more
places. ``example`` and the values of ``places`` are ``***`` where they may identify somebody, unless asked for.
One file and one finding stand on each line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkpi.errors import Problem
from cxkpi.measurement.doctor.coverage import Filled, Responses
from cxkpi.measurement.doctor.days import Covered
from cxkpi.measurement.doctor.observed import Diagnosis, Effect, FileCheck, Observation
from cxkpi.measurement.doctor.spots import Spot
from cxkpi.reports.json import dump, instant, lines

FORMAT = 1
MASK = "***"


def render(found: Diagnosis, *, show_values: bool = False) -> str:
    """The diagnosis as JSON text with one trailing newline; the same diagnosis gives the same bytes."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "cxkpi": found.version,
        "catalogue": {"path": found.catalogue_path, "hash": found.catalogue_hash},
        "timezone": found.timezone,
        "as_of": None if found.as_of is None else instant(found.as_of),
        "exit_code": found.exit_code,
        "metrics": {
            "all": list(found.metrics),
            "wrong": list(found.wrong),
            "doubtful": list(found.doubtful),
            "impossible": [{"metric": title, "why": why} for title, why in found.impossible],
        },
    }
    parts = [f"{dump(key)}: {dump(value)}" for key, value in head.items()]
    parts.append(f'"effects": {lines([dump(_effect(one)) for one in found.effects])}')
    parts.append(f'"files": {lines([dump(_file(one)) for one in found.files])}')
    parts.append(f'"problems": {lines([dump(_problem(one)) for one in found.problems])}')
    parts.append(f'"findings": {lines([dump(_finding(one, show_values)) for one in found.observations])}')
    parts.append(f'"filled": {lines([dump(_filled(one)) for one in found.filled])}')
    parts.append(f'"surveys": {dump(None if found.responses is None else _responses(found.responses))}')
    parts.append(f'"notes": {lines([dump(note) for note in found.notes])}')
    return "{" + ",\n ".join(parts) + "}\n"


def shown(spot: Spot, observation: Observation, show_values: bool) -> str:
    """What stands at a place, or the mask for it."""
    return MASK if observation.finding.masked and spot.example and not show_values else spot.example


def _effect(one: Effect) -> Mapping[str, Any]:
    return {
        "severity": one.severity,
        "metrics": list(one.metrics),
        "message": one.message,
        "files": list(one.files),
    }


def _file(one: FileCheck) -> Mapping[str, Any]:
    entry, read = one.entry, one.read
    return {
        "path": one.path,
        "attention": one.attention,
        "usable": not one.problems,
        "profile": read.profile if read is not None else None if entry is None else entry.profile,
        "title": None if read is None else read.title,
        "status": None if read is None else read.status,
        "why": None if read is None else read.why,
        "encoding": None if read is None else read.encoding,
        "delimiter": None if read is None else read.delimiter,
        "heading_line": None if read is None else read.heading_line,
        "bytes": None if read is None else read.size,
        "cached": None if read is None else read.cached,
        "ledger": None
        if entry is None
        else {
            "records": entry.records,
            "accepted": entry.accepted,
            "superseded": entry.superseded,
            "rejected": entry.rejected,
            "skipped": entry.skipped,
            "blanked": entry.blanked,
            "lines": entry.lines,
            "continued": entry.continued,
            "blank": entry.blank,
            "shared": entry.shared,
            "tables": [{"table": table, "rows": rows} for table, rows in entry.tables],
        },
        "covered": None if one.covered is None else _covered(one.covered),
    }


def _covered(one: Covered) -> Mapping[str, Any]:
    return {
        "table": one.table,
        "first": one.first.isoformat(),
        "last": one.last.isoformat(),
        "days": one.days,
        "closed": list(one.closed),
        "missing_days": one.missing_days,
        "missing": [[first.isoformat(), last.isoformat()] for first, last in one.missing],
    }


def _problem(one: Problem) -> Mapping[str, Any]:
    return {
        "code": one.code,
        "message": one.message,
        "file": None if one.place is None else one.place.file,
        "line": None if one.place is None else one.place.line,
        "hint": one.hint,
    }


def _finding(one: Observation, show_values: bool) -> Mapping[str, Any]:
    finding = one.finding
    first = shown(Spot(finding.line or 0, finding.example), one, show_values)
    return {
        "code": finding.code,
        "severity": one.severity,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column or None,
        "count": finding.count,
        "total": finding.total,
        "message": one.message,
        "example": first or None,
        "places": [{"line": spot.line, "value": shown(spot, one, show_values) or None} for spot in one.spots],
        "tables": list(finding.tables),
        "columns": list(finding.columns),
        "metrics": list(one.metrics),
        "cuts": list(one.cuts),
        "echo": one.echo,
    }


def _filled(one: Filled) -> Mapping[str, Any]:
    return {"column": f"{one.table}.{one.column}", "count": one.count, "of": one.of}


def _responses(one: Responses) -> Mapping[str, Any]:
    return {
        "contacts": one.contacts,
        "surveyed": one.surveyed,
        "invitations": one.invitations,
        "responses": one.responses,
        "contact_days": None if one.contact_days is None else [day.isoformat() for day in one.contact_days],
        "response_days": None if one.response_days is None else [day.isoformat() for day in one.response_days],
    }
