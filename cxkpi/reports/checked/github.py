"""``cxkpi check -f github``: workflow commands, which GitHub Actions shows beside the lines of a pull request."""

from __future__ import annotations

from cxkpi.errors import Problem, sentence
from cxkpi.measurement.checking.checked import Checked
from cxkpi.reports.checked.safe import plain


def render(checked: Checked) -> str:
    """One ``::error`` or ``::warning`` for each problem; empty where there is none."""
    return "".join(f"{_command(problem)}\n" for problem in checked.problems())


def _command(problem: Problem) -> str:
    place = problem.place
    properties = {
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "col": None if place is None else place.column,
        "title": problem.code,
    }
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None)
    message = plain(problem.message)
    if problem.hint:
        joint = "\n" if "\n" in problem.hint else " "
        message = f"{sentence(message)}{joint}{plain(problem.hint)}"
    command = "error" if problem.severity == "error" else "warning"
    return f"::{command} {given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
