"""A run in a line, for a mail of cron; and what became of an earlier run's figures, a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from cxkpi.reports import figures, periods
from cxkpi.reports.page import plain
from cxkpi.reports.reading import aliases, newest_judged
from cxkpi.result import Cause, PastCell, Period, Restated, Restatement, Result

_LISTED = 20
_WHY: Mapping[Cause, str] = {
    "definition": "another definition",
    "target": "another target",
    "late_rows": "late or corrected rows",
    "as_of": "the present moved on",
    "profiles": "read by other profiles",
    "version": "another version of cxkpi or Polars",
    "question": "asked otherwise",
    "unknown": "nobody can tell why",
}


def line(result: Result, written: Sequence[Path]) -> str:
    """``6 metrics, 4 missed, 1 alarm; June 2026; 43,210 records, 17 rejected; written: a.html, a.xlsx``.

    Verdicts are those of the whole in its newest judged period, which gates look at; the period named is the newest of
    them.
    """
    judged = newest_judged(result)
    whole = [row for row in judged if not row.by]
    counts = [f"{len(result.metrics)} {'metric' if len(result.metrics) == 1 else 'metrics'}"]
    for status in ("missed", "alarm"):
        number = sum(row.status == status for row in whole)
        counts += [f"{number} {status}"] if number else []
    rejected = sum(entry.rejected for entry in result.files)
    records = f"{sum(entry.records for entry in result.files):,} records"
    parts = [
        ", ".join(counts),
        *([periods.name(max((row.period for row in judged), key=lambda period: period.start))] if judged else []),
        f"{records}, {rejected:,} rejected" if rejected else records,
    ]
    if result.restated is not None:
        parts.append(f"{len(result.restated.cells):,} past figures restated")
    return "; ".join([*parts, f"written: {', '.join(map(str, written))}"])


def restated(result: Result, show_values: bool) -> list[str]:
    """What became of the figures of an earlier run: how many, which files are not the same, and the first of them."""
    found = result.restated
    if found is None:
        return []
    since = f"the run of {found.against} (as of {periods.local(found.as_of, result.timezone)})"
    if not found.cells:
        return [f"no figure of a past period differs from {since}."]
    number = "1 figure of a past period differs" if len(found.cells) == 1 else ""
    number = number or f"{len(found.cells):,} figures of past periods differ"
    listed = [_restated(cell, result, {} if show_values else aliases(result)) for cell in found.cells[:_LISTED]]
    more = len(found.cells) - _LISTED
    return [
        f"{number} from {since}{_files(found)}:",
        *listed,
        *([f"… and {more:,} more; -o FILE.json lists them all"] if more > 0 else []),
    ]


def _files(found: Restatement) -> str:
    told = [
        f"{what} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for what, names in (("new", found.new), ("changed", found.changed), ("gone", found.gone))
        if names
    ]
    return f"; files: {'; '.join(told)}" if told else "; the files are the same"


def _restated(cell: Restated, result: Result, hidden: Mapping[str, Mapping[str, str]]) -> str:
    title = cell.metric if cell.variant is None else f"{cell.metric}.{cell.variant}"
    info = result.metrics[cell.metric, cell.variant]
    scale = figures.scale(info.unit, [side.value for side in (cell.then, cell.now) if side is not None])
    labels = (row.period for row in result.rows if row.period.start == cell.start and row.period.every == cell.every)
    period = next(labels, Period(cell.every, cell.start, cell.end, True, None))
    by = "".join(f", {name} {_called(name, value, hidden)}" for name, value in cell.by.items())
    shown = [_side(side, scale) for side in (cell.then, cell.now)]
    if shown[0] == shown[1] and cell.then is not None and cell.now is not None and cell.then.value != cell.now.value:
        # A change below what is shown is one all the same.
        shown = [f"{side.value!r}" for side in (cell.then, cell.now)]
    counted = _counted(cell.then, cell.now)
    verdict = _verdict(cell.then, cell.now)
    why = " and ".join(_WHY[cause] for cause in cell.causes)
    waiting = "" if cell.final else " (part of it could not be judged then)"
    values = f"{shown[0]} → {shown[1]}" if shown[0] != shown[1] else shown[0]
    return f"{title}, {periods.name(period)}{by}: {values}{counted}{verdict}: {why}{waiting}"


def _side(side: PastCell | None, scale: figures.Scale) -> str:
    if side is None:
        return "not there"
    return "none" if side.value is None else scale.value(side.value)


def _counted(then: PastCell | None, now: PastCell | None) -> str:
    if then is None or now is None or then.n == now.n:
        return ""
    return f", n {then.n:,} → {now.n:,}"


def _verdict(then: PastCell | None, now: PastCell | None) -> str:
    if then is None or now is None or then.status == now.status:
        return ""
    return f", {then.status or then.reason or 'no verdict'} → {now.status or now.reason or 'no verdict'}"


def _called(name: str, value: str | None, hidden: Mapping[str, Mapping[str, str]]) -> str:
    if value is None:
        return "(blank)"
    return hidden[name].get(value, "#?") if name in hidden else plain(value)
