"""Rules about a time to an event: which times it is made of, in what it is counted, and what is read off it."""

from __future__ import annotations

from collections.abc import Mapping

from cxkpi.catalogue.expressions.scopes import find_column
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import listed
from cxkpi.kinds.definition import Duration
from cxkpi.kinds.time_to_event import DAY_UNITS, UNITS, NthRow, Reading, Spec, SustainedRun, times
from cxkpi.tables import Table

_READINGS = ("quantile", "by", "mean_until")


def check_spec(spec: Spec, tables: Mapping[str, Table], path: Path, report: Report) -> None:
    """What ends a time, and what does not go together."""
    if isinstance(spec.event, SustainedRun) and spec.from_ in tables:
        _check_run(spec.event, tables[spec.from_].key[0], (*path, "event"), report)
    if isinstance(spec.event, NthRow) and spec.from_ in tables:
        _check_later(spec.event, tables[spec.from_].key[0], tables, (*path, "event"), report)
    if spec.competing is None:
        return
    ends = (spec.competing,) if isinstance(spec.competing, str) else tuple(cause.at for cause in spec.competing)
    for at, name in enumerate(ends):
        if name is not None and name == spec.censor:
            place = (*path, "competing") if isinstance(spec.competing, str) else (*path, "competing", at, "at")
            message = f"'{name}' cannot both compete with the event and be a mere end of watching"
            report.add("C109", message, place, "Leave out 'censor', or name another column.")
    if spec.read.mean_until is not None:
        message = "a mean time does not go with 'competing': for those who ended otherwise it never comes"
        report.add("C109", message, (*path, "read", "mean_until"), "Read a 'quantile' or 'by'.", key=True)


def check_reading(read: Reading, written: frozenset[str], path: Path, report: Report) -> None:
    """One thing is read off the curve, at a place where there is something to read."""
    given = [name for name in _READINGS if name in written]
    if len(given) > 1:
        message = f"'{given[1]}' does not go with '{given[0]}'"
        report.add("C109", message, (*path, given[1]), f"Keep one of {listed(_READINGS)}.", key=True)
    if "of" in written and "by" not in written:
        report.add("C109", "'of' goes with 'by' only", (*path, "of"), "Write by: 90d, of: survivors.", key=True)
    if not 0 < read.quantile < 1:
        message = f"a quantile lies above 0 and below 100%, and {read.quantile:.0%} does not"
        report.add("C107", message, (*path, "quantile"), "Write 50% for the median.")
    for name in ("by", "mean_until"):
        length: Duration | None = getattr(read, name)
        if length is not None and (length.seconds <= 0 or length.seconds % 1):
            message = f"'{length}' is not a length that time can be read at"
            report.add("C107", message, (*path, name), "Write whole units of time, such as 90d, 12wk or 48h.")


def _check_run(rule: SustainedRun, entity: str, path: Path, report: Report) -> None:
    """A sustained run is one of the entity's own periods, and at least one period long."""
    if rule.from_.per != (entity,):
        message = f"a run is looked for per '{entity}', whose time is counted"
        report.add("C109", message, (*path, "from", "per"), f"Write per: [{entity}].")
    if rule.sustained < 1:
        report.add("C107", f"a run is at least 1 period long, not {rule.sustained}", (*path, "sustained"))


def _check_later(rule: NthRow, entity: str, tables: Mapping[str, Table], path: Path, report: Report) -> None:
    """The rows counted say whose they are."""
    if rule.from_ in tables and find_column(tables, rule.from_, entity) is None:
        message = f"table '{rule.from_}' has no column '{entity}', whose time is counted"
        report.add("C203", message, (*path, "from"))
    if rule.nth < 1:
        report.add("C107", f"rows are counted from 1, not from {rule.nth}", (*path, "nth"))


def unit_of(spec: Spec, written: str, tables: Mapping[str, Table], path: Path, report: Report) -> str:
    """The unit of a time to an event: a share where it is read at a time, else what time is counted in.

    Where any time is a date, or the event is a row or a run of days, that is days or weeks.
    """
    until = spec.read.mean_until
    by_days = _by_days(spec, tables)
    if spec.read.by is not None:
        if written not in ("", "percent"):
            message = f"what has happened 'by' a time is a share, in percent and not in {written}"
            report.add("C403", message, (*path, "unit"))
        if by_days and spec.read.by.seconds % UNITS["days"]:
            _part_of_a_day(spec.read.by, (*path, "read", "by"), report)
        return "percent"
    unit = written or "days"
    known = DAY_UNITS if by_days else tuple(UNITS)
    if unit not in known:
        hint = "Some of its times are days." if unit in UNITS else None
        report.add("C403", f"a time_to_event metric is in {listed(known)}, not in {unit}", (*path, "unit"), hint)
    elif until is not None and until.seconds % UNITS[unit]:
        message = f"'{until}' is not a whole number of {unit}, in which time is counted"
        report.add("C107", message, (*path, "read", "mean_until"))
    return unit


def _part_of_a_day(length: Duration, path: Path, report: Report) -> None:
    message = f"'{length}' is not a number of days, in which time is counted here"
    report.add("C107", message, path, "Write whole days or weeks.")


def _by_days(spec: Spec, tables: Mapping[str, Table]) -> bool:
    if isinstance(spec.event, NthRow | SustainedRun):
        return True
    if spec.from_ not in tables:
        return False
    columns = [find_column(tables, spec.from_, name) for name in times(spec)]
    return any(column is not None and column.type == "date" for column in columns)
