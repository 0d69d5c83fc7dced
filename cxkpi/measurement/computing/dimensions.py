"""By what a metric can be cut and selected in these data, and what to say where it cannot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

import polars as pl

from cxkpi.documents.spelling import listed, nearest
from cxkpi.errors import Problem, UsageError
from cxkpi.kinds import versions
from cxkpi.kinds.base import Branch
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.rows import BUILT_IN_DIMENSIONS, Data, rows
from cxkpi.measurement.computing.dataset import holds_instants
from cxkpi.measurement.computing.plans import Only
from cxkpi.tables import Table


def lacking(metric: Metric, names: Iterable[str], data: Data) -> tuple[str, str] | None:
    """The first of these dimensions that some rows the metric reads do not have, as (table, dimension), or None."""
    branches = versions.branches(metric, data).values()
    return next(((one.table, name) for name in names for one in branches if not _has(name, one, data)), None)


def _has(name: str, branch: Branch, data: Data) -> bool:
    if branch.form == "events":
        return True  # Rows that other rows are looked up in are cut by nothing.
    if name in BUILT_IN_DIMENSIONS:
        times = data.time_paths(branch.table, branch.at)
        return branch.form == "sums" and any(data.declared_type(branch.table, time) == "instant" for time in times[:1])
    path = data.path(branch.table, branch.column(name))
    return path is not None and data.declared_type(branch.table, path) in ("text", "boolean", "integer")


def unknown_dimension(verb: str, names: Sequence[str], metrics: Sequence[Metric], data: Data) -> UsageError:
    tables = sorted({branch.table for metric in metrics for branch in versions.branches(metric, data).values()})
    known = sorted({name for table in tables for name in dimensions(table, data)})
    near = [found for name in names if (found := nearest(name, known)) is not None]
    guess = f"Did you mean {listed([repr(name) for name in dict.fromkeys(near)])}? " if near else ""
    return UsageError(
        Problem(
            "U032",
            f"no metric asked for can be {verb} by {', '.join(names)}.",
            hint=f"{guess}Dimensions in these data: {', '.join(known)}.",
        )
    )


def dimensions(table: str, data: Data) -> list[str]:
    """Every dimension rows of a table can be cut by, in these data: its own columns and those of its look-ups."""
    names = {
        column
        for one in _reachable(table, data)
        for column, kind in data.tables[one].columns.items()
        if kind.type == "text" and kind.role == "plain"
    }
    names |= {"agent_id"}
    found = [name for name in names if data.path(table, name) is not None]
    return sorted([*found, *BUILT_IN_DIMENSIONS] if holds_instants(data.tables[table]) else found)


def _reachable(table: str, data: Data) -> list[str]:
    found = [table]
    for one in found:
        found.extend(lookup.table for lookup in data.tables[one].lookups.values() if lookup.table not in found)
    return found


def restated(metrics: Iterable[Metric], names: Iterable[str], data: Data) -> list[str]:
    """Says where a dimension that changes in time, such as a team, is read as it is now rather than as it was."""
    branches = [one for metric in metrics for one in versions.branches(metric, data).values()]
    notes = []
    for name in names:
        of_spells = {_changes(one.table, one.column(name), data) for one in branches if one.form == "spells"} - {None}
        happened = [one for one in branches if one.form not in ("spells", "events")]
        of_events = {_changes(one.table, one.column(name), data) for one in happened} - {None}
        notes += [
            f"no file gives {moves}: headcount by {name} is by today's {name}"
            for moves in of_spells - data.stored.keys()
        ]
        if of_events & data.stored.keys():
            notes.append(f"{name} is the one an agent has on {data.as_of_day}, also for what happened before a move")
        served = (one for one in branches if one.form == "spells" and (one.served or one.ago))
        if any(_changes(one.table, one.column(name), data) in data.stored for one in served):
            notes.append(f"service counts in whatever {name}: who moved is in the {name} of now, and of then")
    return notes


def _changes(table: str, name: str, data: Data) -> str | None:
    """The table that holds the changes of a dimension, where it has any and is looked up."""
    path = data.path(table, name)
    if path is None:
        return None
    *_, last = data.tables_on(table, path)
    history = data.tables[last].history
    return history.table if history is not None and path[-1] in history.before else None


def identifies(dimension: str, tables: Iterable[Table]) -> bool:
    """Whether some of the tables says that the values of a dimension name somebody, or are free text."""
    name = dimension.rpartition(".")[2]
    return any(table.columns[name].role != "plain" for table in tables if name in table.columns)


def unknown_values(metrics: Sequence[Metric], only: Only, data: Data) -> list[str]:
    """Says so where --only names a value that no row has, with the nearest one that some row has.

    Values that identify somebody are not written.
    """
    notes = []
    for name, wanted in only:
        if name in BUILT_IN_DIMENSIONS:
            continue
        known: set[str] = set()
        read = {
            (branch.table, branch.column(name))
            for metric in metrics
            for branch in versions.branches(metric, data).values()
        }
        for table, column in sorted(read):
            timed = rows(data, table, {column}, None, timed=False)
            (values,) = data.engine.collect([timed.frame.select(timed.column(column).alias("value")).unique()])
            known |= {str(value) for value in values["value"].cast(pl.String) if value is not None}
        if identifies(name, data.tables.values()):
            missing = sum(value not in known for value in wanted)
            if missing:
                several = "any" if missing == len(wanted) else str(missing)
                which = f"the {name}" if len(wanted) == 1 else f"{several} of the {len(wanted)} {name}"
                notes.append(f"no row has {which} by which --only selects")
            continue
        for value in wanted:
            if value not in known:
                near = get_close_matches(value, sorted(known), n=1, cutoff=0.5)
                guess = f"; did you mean '{near[0]}'?" if near else ""
                notes.append(f"no row has {name} '{value}', by which --only selects{guess}")
    return notes
