"""Spells of employment: a rehire within a day continues the spell; spells that overlap are a mistake in the roster."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from cxkpi.errors import InputError, Place, Problem

_DAY = timedelta(days=1)
_OF_THE_FIRST = ("hired_on", "entered_on", "competent_on")


def merged(agents: pl.DataFrame) -> pl.DataFrame:
    """Spells joined where the next begins at most a day after the last.

    ``agents``: the canonical columns, ``source``, ``path`` and ``line``. The joined spell begins with the first hire, ends as
    the last one does, and has the team and site of the last. Raises InputError with every overlap found.
    """
    ordered = agents.sort("source", "agent_id", "hired_on", "path", "line")
    several = ordered.filter(pl.struct("source", "agent_id").is_duplicated())
    if several.is_empty():
        return ordered
    problems: list[Problem] = []
    joined: list[dict[str, object]] = []
    last: dict[str, object] | None = None
    for row in several.iter_rows(named=True):
        if last is None or (last["source"], last["agent_id"]) != (row["source"], row["agent_id"]):
            joined.append(row)
            last = row
            continue
        left, hired = last["left_on"], row["hired_on"]
        if left is None or hired < left:
            message = f"two spells of one agent overlap: hired on {hired}, but the spell of {last['path']}:{last['line']} "
            message += "has not ended" if left is None else f"ends on {left}"
            hint = "Correct the dates, or give the agent's spells different ids."
            problems.append(Problem("I112", message, Place(str(row["path"]), int(row["line"])), hint))
            last = row
            continue
        if hired <= left + _DAY:
            first = {name: last[name] if last[name] is not None else row[name] for name in _OF_THE_FIRST}
            joined[-1] = {**row, **first}
        else:
            joined.append(row)
        last = joined[-1]
    if problems:
        raise InputError(*problems)
    single = ordered.filter(~pl.struct("source", "agent_id").is_duplicated())
    rest = pl.DataFrame(joined, schema=ordered.schema, infer_schema_length=None)
    return pl.concat([single, rest]).sort("source", "agent_id", "hired_on")
