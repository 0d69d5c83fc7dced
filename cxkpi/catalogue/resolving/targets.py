"""``targets``: other goals for some dimension values and dates, checked against the tables a metric reads."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cxkpi.catalogue.checks.rules import limits_of, no_direction, wrong_side
from cxkpi.catalogue.expressions.scopes import find_column, reachable_names
from cxkpi.catalogue.grammar import Common, GoalText
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.values.moments import parse_date
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean
from cxkpi.kinds.definition import Goal, Limits, Term
from cxkpi.tables import Table

# Of what a cell may be cut by although no table has a column of that name.
_OF_TIME = ("hour", "weekday")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# More combinations of values and dates than this are not gone through.
_MOST_CELLS = 5_000


def targets_of(
    common: Common,
    own: tuple[Limits | None, Limits | None],
    unit: str,
    spec: Any,
    tables: Mapping[str, Table],
    path: Path,
    report: Report,
) -> tuple[Goal, ...]:
    """The entries of ``targets`` in the stored unit; what is wrong with them is reported.

    ``own``: the metric's target and alarm. ``spec``: its kind's keys, which say what tables it reads.
    """
    before = report.count
    sources, renamed = _sources(spec)
    found = []
    for at, text in enumerate(common.targets):
        place = (*path, "targets", at)
        when = tuple(
            (name, _values(name, values, (*place, "when", name), report)) for name, values in text.when.items()
        )
        for name in text.when:
            if name not in renamed:
                _dimension(name, sources, tables, (*place, "when", name), report)
        found.append(_goal(common, text, when, unit, place, report))
    if common.targets and report.count == before:
        _check_effect(found, own, common.better, path, report)
    return tuple(found)


def _sources(spec: Any) -> tuple[list[str], frozenset[str]]:
    """The tables a spec reads, and the dimensions it reads under another name."""
    terms = [value for name in ("numerator", "denominator") if isinstance(value := getattr(spec, name, None), Term)]
    parts = terms or [spec]
    sources = [source for part in parts if isinstance(source := getattr(part, "from_", None), str)]
    renamed = frozenset(name for part in parts for name, _ in getattr(part, "as_", ()))
    return sources, renamed


def _goal(
    common: Common,
    text: GoalText,
    when: tuple[tuple[str, tuple[str, ...]], ...],
    unit: str,
    place: Path,
    report: Report,
) -> Goal:
    given = next((key for key in ("target", "alarm") if getattr(text, key) is not None), None)
    if given is None:
        report.add("C102", "nothing is set here: 'target' or 'alarm' is missing", place)
    elif common.better is None:
        no_direction(given, place, report)
    if not text.when and text.from_ is None and text.until is None:
        hint = "Add 'when', 'from' or 'until', or write it as the metric's own target."
        report.add("C109", "this holds for every cell and date", place, hint)
    since, until = (
        _date(written, (*place, key), report) for key, written in (("from", text.from_), ("until", text.until))
    )
    if since is not None and until is not None and until <= since:
        report.add("C107", f"no period starts from {since} on and before {until}", (*place, "until"))
    target, alarm = (limits_of(text, key, common.better, unit, place, report) for key in ("target", "alarm"))
    return Goal(when, since, until, target, alarm)


def _date(written: str | None, place: Path, report: Report) -> date | None:
    found = None if written is None else parse_date(written)
    if written is not None and found is None:
        report.add("C107", f"'{written}' is not a date", place, "Write it as 2026-04-01.")
    return found


def _values(name: str, written: str | list[str], place: Path, report: Report) -> tuple[str, ...]:
    """The values of a dimension as a report shows them."""
    values = [written] if isinstance(written, str) else written
    if not values:
        report.add("C103", f"'{name}' has no values", place)
    column = name.rpartition(".")[2]
    if column == "hour":
        values = [value.zfill(2) for value in values]
        known: Sequence[str] = [f"{hour:02d}" for hour in range(24)]
    elif column == "weekday":
        known = _WEEKDAYS
    else:
        return tuple(values)
    for value in values:
        if value not in known:
            report.add("C105", f"'{value}' is no {column}; it is one of {known[0]} to {known[-1]}", place)
    return tuple(values)


def check_dimensions(names: Iterable[str], spec: Any, tables: Mapping[str, Table], path: Path, report: Report) -> None:
    """What the rows an example expects are cut by."""
    sources, renamed = _sources(spec)
    for name in names:
        if name not in renamed:
            _dimension(name, sources, tables, (*path, name), report, "C503")


def _dimension(
    name: str,
    sources: Sequence[str],
    tables: Mapping[str, Table],
    place: Path,
    report: Report,
    code: str = "C203",
) -> None:
    """A metric can be cut by what every table it reads has."""
    key = place[-2]
    for source in sources:
        if source not in tables or name in _OF_TIME:
            continue
        column = find_column(tables, source, name)
        if column is None:
            guess = did_you_mean(name, (*reachable_names(tables, source), *_OF_TIME))
            report.add(code, f"{key}: no column '{name}' in table '{source}'{guess}", place, key=True)
            return
        if column.type not in ("text", "boolean", "integer"):
            message = f"{key}: '{name}' holds a {column.type}, and nothing is cut by that"
            report.add(code, message, place, "Name a column of texts, flags or whole numbers.", key=True)
            return


def _check_effect(
    goals: Sequence[Goal], own: tuple[Limits | None, Limits | None], better: str | None, path: Path, report: Report
) -> None:
    """Go through every kind of cell: what holds there must fit together, and every entry must hold somewhere."""
    if _size(goals) > _MOST_CELLS:
        return
    used: set[tuple[int, str]] = set()
    faults: dict[int, str] = {}
    for matching in _cells(goals):
        target, alarm = own
        giving: list[tuple[int, str]] = []
        for key in ("target", "alarm"):
            last = max((at for at in matching if getattr(goals[at], key) is not None), default=None)
            if last is not None:
                giving.append((last, key))
                target, alarm = (goals[last].target, alarm) if key == "target" else (target, goals[last].alarm)
        used.update(giving)
        wrong = None if better is None or not giving else wrong_side(better, target, alarm)
        if wrong is not None:
            faults.setdefault(max(at for at, _ in giving), f"{wrong}: here {_shown(target)} and {_shown(alarm)} meet")
    for at, message in faults.items():
        hint = "An entry leaves what it does not give as it is; give both."
        report.add("C402", message, (*path, "targets", at), hint)
    for at, goal in enumerate(goals):
        keys = [key for key in ("target", "alarm") if getattr(goal, key) is not None]
        if not faults and not any((at, key) in used for key in keys):
            hint = "The last entry that matches wins: put the general ones first."
            report.warn(
                "C418", "this never holds: later entries say otherwise wherever it would", (*path, "targets", at), hint
            )


def _shown(limits: Limits | None) -> str:
    if isinstance(limits, tuple):
        return f"[{limits[0]:g}, {limits[1]:g}]"
    return f"{limits:g}"


def _axes(goals: Sequence[Goal]) -> tuple[dict[str, list[str | None]], list[date]]:
    values: dict[str, list[str | None]] = {}
    for goal in goals:
        for name, named in goal.when:
            known = values.setdefault(name, [None])
            known.extend(value for value in named if value not in known)
    bounds = {bound for goal in goals for bound in (goal.since, goal.until) if bound is not None}
    return values, [date.min, *sorted(bounds)]


def _size(goals: Sequence[Goal]) -> int:
    values, starts = _axes(goals)
    size = len(starts)
    for named in values.values():
        size *= len(named)
    return size


def _cells(goals: Sequence[Goal]) -> Iterator[list[int]]:
    """For every combination of values that are named, or none of them, and stretch of dates: the entries that match."""
    values, starts = _axes(goals)
    for combination in itertools.product(*values.values()):
        by = dict(zip(values, combination, strict=True))
        fitting = [at for at, goal in enumerate(goals) if all(by[name] in named for name, named in goal.when)]
        for start in starts:
            yield [
                at
                for at in fitting
                if (since := goals[at].since) is None or since <= start
                if (until := goals[at].until) is None or start < until
            ]
