"""``cxkpi check -f json``: every problem for programs. Its keys and their order are a promise (``format``: 1).

Lines and columns count from 1. ``metric`` is the one a problem stands in, null where it stands in none. One problem and
one example stand on each line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkpi.errors import Problem, excerpt
from cxkpi.measurement.checking.checked import Checked, CheckedFile, Worked
from cxkpi.reports.json import dump, lines

FORMAT = 1


def render(checked: Checked) -> str:
    """What was found as JSON text with one trailing newline; the same findings give the same bytes."""
    head = {"format": FORMAT, "cxkpi": checked.version, "exit_code": checked.exit_code}
    parts = [f"{dump(key)}: {dump(value)}" for key, value in head.items()]
    problems = [dump(_problem(problem, file)) for file in checked.files for problem in file.problems]
    worked = [dump(_worked(one, file)) for file in checked.files for one in file.examples]
    parts.append(f'"files": {lines([dump(_file(file)) for file in checked.files])}')
    parts.append(f'"problems": {lines(problems)}')
    parts.append(f'"examples": {lines(worked)}')
    return "{" + ",\n ".join(parts) + "}\n"


def _file(file: CheckedFile) -> Mapping[str, Any]:
    return {
        "path": file.path,
        "errors": file.errors,
        "warnings": file.warnings,
        "metrics": len(file.metrics),
        "variants": file.variants,
        "examples": len(file.examples),
    }


def _problem(problem: Problem, file: CheckedFile) -> Mapping[str, Any]:
    place = problem.place
    source = problem.source
    if source is not None:
        source, _ = excerpt(source, 1 if place is None or place.column is None else place.column)
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "hint": problem.hint,
        "file": file.path if place is None else place.file,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
        "metric": file.owner(problem),
        "source": source,
    }


def _worked(one: Worked, file: CheckedFile) -> Mapping[str, Any]:
    return {
        "file": file.path,
        "metric": one.metric,
        "example": one.name,
        "line": None if one.place is None else one.place.line,
        "holds": one.problem is None,
    }
