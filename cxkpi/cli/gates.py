"""``--fail-on``: whether what was printed is a reason to fail, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cxkpi.cli import messages
from cxkpi.errors import EXIT_FINE, EXIT_GATE

if TYPE_CHECKING:
    from cxkpi.result import Result, Row

GATES = ("missed", "alarm", "rejects")

_FAILING = {"missed": ("missed", "alarm"), "alarm": ("alarm",)}
_VERB = {"missed": "missed the target", "alarm": "reached the alarm"}


def check(gates: Sequence[str], result: Result, show_values: bool) -> int:
    """The exit code of the gates asked for; says one line for each gate and metric that fails."""
    from cxkpi.reports.reading import aliases

    hidden = {} if show_values else aliases(result)
    failures = [line for gate in gates for line in _failures(gate, result, hidden)]
    for failure in failures:
        messages.say(failure)
    return EXIT_GATE if failures else EXIT_FINE


def _failures(gate: str, result: Result, hidden: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    from cxkpi.reports import periods
    from cxkpi.reports.reading import newest_judged

    if gate == "rejects":
        rejected = sum(entry.rejected for entry in result.files)
        if rejected:
            yield f"--fail-on rejects: {rejected:,} {'record was' if rejected == 1 else 'records were'} rejected"
        return
    rows_of: dict[tuple[str, str | None], list[Row]] = {}
    for row in newest_judged(result):
        rows_of.setdefault(row.key, []).append(row)
    for (metric, variant), rows in rows_of.items():
        failing = [row for row in rows if row.status in _FAILING[gate]]
        if failing:
            name = metric if variant is None else f"{metric}.{variant}"
            subject = _subject(failing, sum(bool(row.by) for row in rows), hidden)
            yield f"--fail-on {gate}: {name}{subject} {_VERB[gate]} in {periods.name(failing[0].period)}"


def _subject(failing: Sequence[Row], groups: int, hidden: Mapping[str, Mapping[str, str]]) -> str:
    """Which lines of a metric fail: nothing to add for the whole, one line by its name, several by their number."""
    parts = [row for row in failing if row.by]
    if not parts:
        return ""
    if len(parts) == 1:
        named = " ".join(f"{name} {_shown(name, value, hidden)}" for name, value in parts[0].by.items())
    else:
        named = f"{len(parts)} of {groups} {' and '.join(parts[0].by)}"
    whole = len(parts) < len(failing)
    return f": the whole and {named}" if whole else f": {named}"


def _shown(name: str, value: str | None, hidden: Mapping[str, Mapping[str, str]]) -> str:
    if value is None:
        return "(blank)"
    return hidden[name][value] if name in hidden else value
