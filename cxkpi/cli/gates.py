"""``--fail-on``: whether what was printed is a reason to fail, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from cxkpi.cli import messages
from cxkpi.errors import EXIT_FINE, EXIT_GATE, Problem, UsageError

if TYPE_CHECKING:
    from cxkpi.result import Result, Row

GATES = ("missed", "alarm", "rejects", "stale", "restated")

_FAILING = {"missed": ("missed", "alarm"), "alarm": ("alarm",)}
_VERB = {"missed": "missed the target", "alarm": "reached the alarm"}


def check(gates: Sequence[str], result: Result, show_values: bool) -> int:
    """The exit code of the gates asked for; says one line for each gate and metric that fails."""
    from cxkpi.reports.reading import aliases
    from cxkpi.reports.selection import selection

    hidden = aliases(result, show_values=show_values)
    only = selection(result, show_values=show_values)
    failures = [(gate, line) for gate in gates for line in _failures(gate, result, hidden)]
    for gate, failure in failures:
        messages.say(f"{failure}, {only}" if only and gate in _FAILING else failure, "error", code=gate)
    return EXIT_GATE if failures else EXIT_FINE


def ready(gates: Sequence[str], ages: Sequence[object], against: object) -> None:
    """Refuse a gate that could never fail: nothing says how old data may be, or what to compare with.

    Raises:
        UsageError: So it is.
    """
    if "stale" in gates and not ages:
        hint = "Add --max-age 26h, or max_age to files in cxkpi.yaml."
        raise UsageError(Problem("U113", "--fail-on stale: nothing says how old the data may be.", None, hint))
    if "restated" in gates and against is None:
        hint = "Add --against run.json, the manifest of an earlier run."
        raise UsageError(Problem("U113", "--fail-on restated: there is no run to compare with.", None, hint))


def _failures(gate: str, result: Result, hidden: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    from cxkpi.reports import periods
    from cxkpi.reports.reading import newest_judged

    if gate == "stale":
        # Its code is that of --max-age, and what is too old is said there.
        return
    if gate == "restated":
        found = result.restated
        final = 0 if found is None else sum(cell.final for cell in found.cells)
        if found is not None and not found.compared and found.uncompared:
            yield f"--fail-on restated: nothing was compared with the run of {found.against}"
        if found is not None and final:
            number = "1 past figure is" if final == 1 else f"{final:,} past figures are"
            yield f"--fail-on restated: {number} not what the run of {found.against} had"
        return
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
        named = f"{len(parts)} of {groups} lines by {' and '.join(parts[0].by)}"
    whole = len(parts) < len(failing)
    return f": the whole and {named}" if whole else f": {named}"


def _shown(name: str, value: str | None, hidden: Mapping[str, Mapping[str, str]]) -> str:
    from cxkpi.reports.tidy import named

    return hidden[name][value] if name in hidden and value is not None else named(value)
