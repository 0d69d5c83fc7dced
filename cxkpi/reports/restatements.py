"""What became of an earlier run's figures, as people read it: which, from what to what, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from cxkpi.reports import figures, periods
from cxkpi.reports.figures import Scale
from cxkpi.reports.page import plain, titles
from cxkpi.result import Cause, Every, PastCell, Period, Restated, Restatement, Result

CAUSES: Mapping[Cause, str] = {
    "definition": "another definition",
    "unit": "another unit",
    "target": "another target",
    "min_n": "judged from another n on",
    "late_rows": "late or corrected rows",
    "as_of": "the present moved on",
    "profiles": "read by other profiles",
    "version": "another version of cxkpi or Polars",
    "question": "other files left out",
    "catalogue": "something else in the catalogue",
    "unknown": "nobody can tell why",
}
_EITHER: frozenset[Cause] = frozenset({"late_rows", "profiles", "version", "question", "catalogue"})
WAITED = " (part of it could not be judged then)"
_NAMED_FILES = 3


@dataclass(frozen=True, slots=True)
class Told:
    """One restated figure, written. ``scale``: how its values are, with ``extra`` decimals beyond the usual.

    ``label`` is the metric's, ``title`` its name in the catalogue; ``by`` holds the values of the Result's dimensions,
    ``all`` for the whole. ``verdicts``: of then and now, None where it did not change. ``final``: all of it could be
    judged then.
    """

    cell: Restated
    scale: Scale
    extra: int
    title: str
    label: str
    period: Period
    by: Mapping[str, str]
    then: str
    now: str
    verdicts: tuple[str, str] | None
    why: str
    final: bool

    @property
    def counts(self) -> tuple[int | None, int | None]:
        """n of then and of now; None for a side that is not there, or withheld."""
        return _count(self.cell.then), _count(self.cell.now)


def heading(result: Result, found: Restatement) -> str:
    """How many figures differ, from which run, which files are not the same, and what was not compared; no stop."""
    run = f"the run of {plain(found.against)} (as of {periods.local(found.as_of, result.timezone)})"
    number, one = len(found.cells), len(found.cells) == 1
    if not found.compared and not found.cells:
        none = "" if found.uncompared else ", which has none of a period that was over"
        said = f"no figure was compared with {run}{none}"
    elif not found.cells:
        said = f"no figure of a past period differs from {run}"
    else:
        differ = "1 figure of a past period differs" if one else f"{number:,} figures of past periods differ"
        said = f"{differ} from {run}{_gone_and_new(found)}"
    return f"{said}{_files(found)}{_uncompared(result, found)}"


def _gone_and_new(found: Restatement) -> str:
    """How many of the figures are not there any more, and how many were not there then."""
    counts = (
        (sum(cell.now is None for cell in found.cells), "not there any more"),
        (sum(cell.then is None for cell in found.cells), "not there then"),
    )
    said = [f"{number:,} {what}" for number, what in counts if number]
    return f", {' and '.join(said)}" if said else ""


def _files(found: Restatement) -> str:
    told = [f"{what} {_some(list(map(plain, names)))}" for what, names in _moved(found) if names]
    if not told:
        return "; the files are the same" if found.cells else ""
    return f"; files: {'; '.join(told)}"


def _uncompared(result: Result, found: Restatement) -> str:
    """What was not compared, and which of the two runs was not asked for it."""
    told = []
    for one in found.uncompared:
        names = [_period(result, name) if one.what == "period" else plain(name) for name in one.names]
        shown = f"figures by {' and '.join(names)}" if one.what == "by" else _some(names)
        if one.what == "period" and result.every == "all":
            why = "other days than now" if one.asked == "then" else "other days than then"
        elif one.asked == "both":
            why = "people who are numbered anew in every run"
        else:
            why = "not asked for now" if one.asked == "then" else "not asked for then"
        told.append(f"{shown} ({why})")
    return f"; not compared: {', '.join(told)}" if told else ""


def _period(result: Result, days: str) -> str:
    """The name of a period written as ``2026-01-01/2026-02-01``."""
    start, end = map(date.fromisoformat, days.split("/"))
    known = (row.period for row in result.rows if (row.period.start, row.period.end) == (start, end))
    return periods.name(next(known, Period(result.every, start, end, True, None)))


def _moved(found: Restatement) -> Iterator[tuple[str, Sequence[str]]]:
    yield from (("new", found.new), ("changed", found.changed), ("gone", found.gone))


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED_FILES
    return ", ".join(names[:_NAMED_FILES]) + (f" and {more} more" if more > 0 else "")


def told(result: Result, hidden: Mapping[str, Mapping[str, str]], most: int | None = None) -> tuple[Told, ...]:
    """The figures that are not what they were, in the Result's order, no more than ``most``.

    ``hidden``: what values of dimensions are printed as, see ``reading.aliases``.
    """
    if result.restated is None:
        return ()
    labels = {(row.period.every, row.period.start): row.period for row in result.rows}
    scales, named = _scales(result), titles(result)
    return tuple(_told(cell, result, labels, scales, named, hidden) for cell in result.restated.cells[:most])


def _scales(result: Result) -> Mapping[tuple[str, str | None], Scale]:
    """One scale per metric for both runs, so that equal figures look equal."""
    values: dict[tuple[str, str | None], list[float | None]] = {}
    for cell in _cells(result):
        sides = (side for side in (cell.then, cell.now) if side is not None)
        values.setdefault((cell.metric, cell.variant), []).extend(side.value for side in sides)
    signed = {row.key for row in result.rows if row.kind == "net"}
    units = {(cell.metric, cell.variant): cell.unit or "" for cell in _cells(result)}
    units |= {key: info.unit for key, info in result.metrics.items()}
    return {key: figures.scale(units.get(key, ""), found, signed=key in signed) for key, found in values.items()}


def _cells(result: Result) -> Sequence[Restated]:
    return () if result.restated is None else result.restated.cells


def _told(
    cell: Restated,
    result: Result,
    labels: Mapping[tuple[Every, date], Period],
    scales: Mapping[tuple[str, str | None], Scale],
    named: Mapping[tuple[str, str | None], str],
    hidden: Mapping[str, Mapping[str, str]],
) -> Told:
    key = (cell.metric, cell.variant)
    title = cell.metric if cell.variant is None else f"{cell.metric}.{cell.variant}"
    scale = scales[key]
    extra = _extra(cell.then, cell.now, scale)
    scale_then = scale
    if cell.unit is not None and cell.then is not None and key in result.metrics:
        scale_then = figures.scale(cell.unit, [cell.then.value])
    then = "not there" if cell.then is None else _side(cell.then, scale_then, extra)
    now = "not there any more" if cell.now is None else _side(cell.now, scale, extra)
    if then == now and cell.then is not None and cell.now is not None and cell.then.value != cell.now.value:
        then, now = (f"{side.value!r}" for side in (cell.then, cell.now))
    return Told(
        cell=cell,
        scale=scale,
        extra=extra,
        title=plain(title),
        label=named.get(key) or plain(title),
        period=labels.get((cell.every, cell.start)) or Period(cell.every, cell.start, cell.end, True, None),
        by={name: _called(cell, name, hidden) for name in result.by},
        then=then,
        now=now,
        verdicts=_verdicts(cell.then, cell.now),
        why=_why(cell, scale, result),
        final=cell.final,
    )


def _why(cell: Restated, scale: Scale, result: Result) -> str:
    """Every cause; those that only the files and versions tell of are alternatives."""
    either = [_cause(cell, cause, scale, result) for cause in cell.causes if cause in _EITHER]
    found = [_cause(cell, cause, scale, result) for cause in cell.causes if cause not in _EITHER]
    at = next((number for number, cause in enumerate(cell.causes) if cause in _EITHER), 0)
    return " and ".join([*found[:at], *([" or ".join(either)] if either else []), *found[at:]])


def _cause(cell: Restated, cause: Cause, scale: Scale, result: Result) -> str:
    match cause:
        case "target":
            return _goal(cell, scale, result)
        case "definition" if cell.now is None:
            return "the catalogue has no such metric any more"
        case "late_rows" if cell.now is None:
            return "its rows are gone"
        case "as_of" if result.restated is not None and _utc(result.as_of) < _utc(result.restated.as_of):
            return "the present moved back"
        case "unit":
            info = result.metrics.get((cell.metric, cell.variant))
            return (
                CAUSES[cause] if info is None or cell.unit is None else f"{CAUSES[cause]} ({cell.unit} → {info.unit})"
            )
        case _:
            return CAUSES[cause]


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def _goal(cell: Restated, scale: Scale, result: Result) -> str:
    """Which target, or alarm, was another one, where both sides are there."""
    if cell.then is None or cell.now is None or cell.then.target == cell.now.target:
        return "another alarm" if cell.then is not None and cell.now is not None else CAUSES["target"]
    info = result.metrics.get((cell.metric, cell.variant))
    better = None if info is None else info.better
    goals = (side.target for side in (cell.then, cell.now))
    shown = ("none" if goal is None else scale.target(goal, better) for goal in goals)
    return f"{CAUSES['target']} ({' → '.join(shown)})"


def _extra(then: PastCell | None, now: PastCell | None, scale: Scale) -> int:
    """Decimals beyond the usual, so that no side looks equal to the other, or to a target, and is not."""
    sides = [side for side in (then, now) if side is not None]
    known = [side.value for side in sides if side.value is not None]
    goals = [(side.value, side.target) for side in sides if side.status is not None]
    apart = [scale.apart(value, goal) for value, goal in goals if value is not None and not isinstance(goal, tuple)]
    return max([*apart, *(scale.apart(known[0], other) for other in known[1:])], default=0)


def _side(side: PastCell, scale: Scale, extra: int) -> str:
    if side.value is None:
        return side.reason if side.reason in ("withheld", "refused") else "none"
    return scale.value(side.value, extra=extra)


def _count(side: PastCell | None) -> int | None:
    return None if side is None or side.reason == "withheld" else side.n


def _verdicts(then: PastCell | None, now: PastCell | None) -> tuple[str, str] | None:
    if then is None or now is None or then.status == now.status:
        return None
    before, after = (side.status or (side.reason or "no verdict").replace("_", " ") for side in (then, now))
    return before, after


def _called(cell: Restated, name: str, hidden: Mapping[str, Mapping[str, str]]) -> str:
    if name not in cell.by:
        return "all"
    value = cell.by[name]
    if value is None:
        return "(blank)"
    if name in hidden:
        return hidden[name].get(value, "#?")
    shown = plain(value)
    return f'"{shown}"' if shown.strip() in ("", "all", "(blank)") else shown


def line(one: Told) -> str:
    """One figure in a line: ``aht, May 2026, queue Sales: 6:10 → 6:12, n 3,044 → 3,050: late or corrected rows``."""
    by = "".join(f", {plain(name)} {value}" for name, value in one.by.items() if name in one.cell.by)
    values = f"{one.then} → {one.now}" if one.then != one.now else one.then
    before, after = one.counts
    counted = "" if before is None or after is None or before == after else f", n {before:,} → {after:,}"
    verdict = "" if one.verdicts is None else f", {one.verdicts[0]} → {one.verdicts[1]}"
    waiting = "" if one.final else WAITED
    return f"{one.title}, {periods.name(one.period)}{by}: {values}{counted}{verdict}: {one.why}{waiting}"
