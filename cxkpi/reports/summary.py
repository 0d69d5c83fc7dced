"""A run in a line, for a mail of cron; and what became of an earlier run's figures, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxkpi.reports import figures, periods, restatements
from cxkpi.reports.reading import aliases, newest_judged
from cxkpi.reports.selection import selection
from cxkpi.result import Result

_LISTED = 20


def line(result: Result, written: Sequence[Path], *, show_values: bool = False) -> str:
    """``6 metrics, 4 missed, 1 alarm; June 2026; 43,210 records, 17 rejected; written: a.html, a.xlsx``.

    Verdicts are those of the whole in its newest judged period, which gates look at; the period named is the newest of
    them.
    """
    judged = newest_judged(result)
    whole = [row for row in judged if not row.by]
    counts = [figures.counted(len(result.metrics), "metric")]
    for status in ("missed", "alarm"):
        number = sum(row.status == status for row in whole)
        counts += [f"{number} {status}"] if number else []
    rejected = sum(entry.rejected for entry in result.files)
    records = figures.counted(sum(entry.records for entry in result.files), "record")
    parts = [
        ", ".join(counts),
        *([periods.name(max((row.period for row in judged), key=lambda period: period.start))] if judged else []),
        *([only] if (only := selection(result, show_values=show_values)) else []),
        f"{records}, {rejected:,} rejected" if rejected else records,
    ]
    if result.restated is not None:
        past = figures.counted(len(result.restated.cells), "past figure")
        parts.append(f"{past} restated" if result.restated.compared else "no past figure compared")
    return "; ".join([*parts, f"written: {', '.join(map(str, written))}"])


def restated(result: Result, show_values: bool) -> list[str]:
    """What became of the figures of an earlier run: how many, which files are not the same, and the first of them."""
    found = result.restated
    if found is None:
        return []
    said = restatements.heading(result, found)
    if not found.cells:
        return [f"{said}."]
    shown = restatements.told(result, aliases(result, show_values=show_values), _LISTED)
    more = len(found.cells) - len(shown)
    return [
        f"{said}:",
        *map(restatements.line, shown),
        *([f"… and {more:,} more; -o FILE.json lists them all"] if more > 0 else []),
    ]
