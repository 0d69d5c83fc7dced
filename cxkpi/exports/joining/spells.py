"""Spells of employment: a rehire within a day continues the spell; spells that overlap are a mistake in the roster."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from cxkpi.errors import InputError, Place, Problem

_DAY = timedelta(days=1)
_OF_THE_FIRST = ("hired_on", "entered_on", "competent_on")


def merged(agents: pl.DataFrame) -> pl.DataFrame:
    """Spells joined where the next begins at most a day after the last.

    ``agents``: the canonical columns, ``source``, ``path`` and ``line``. The joined spell begins with the first hire,
    ends as the last one does, and has the team and site of the last. Raises InputError with every overlap found.
    """
    ordered = agents.sort("source", "agent_id", "hired_on", "path", "line")
    several = ordered.filter(pl.struct("source", "agent_id").is_duplicated())
    if several.is_empty():
        return ordered
    problems: list[Problem] = []
    joined: list[dict[str, Any]] = []
    for row in several.iter_rows(named=True):
        last = joined[-1] if joined else None
        if last is None or (last["source"], last["agent_id"]) != (row["source"], row["agent_id"]):
            joined.append(row)
        elif last["left_on"] is None or row["hired_on"] < last["left_on"]:
            problems.append(_overlap(last, row))
            joined.append(row)
        elif row["hired_on"] <= last["left_on"] + _DAY:
            first = {name: last[name] if last[name] is not None else row[name] for name in _OF_THE_FIRST}
            joined[-1] = {**row, **first}
        else:
            joined.append(row)
    if problems:
        raise InputError(*problems)
    single = ordered.filter(~pl.struct("source", "agent_id").is_duplicated())
    rest = pl.DataFrame(joined, schema=ordered.schema, infer_schema_length=None)
    return pl.concat([single, rest]).sort("source", "agent_id", "hired_on")


def _overlap(last: Mapping[str, Any], row: Mapping[str, Any]) -> Problem:
    end = "has not ended" if last["left_on"] is None else f"ends on {last['left_on']}"
    before = f"{last['path']}:{last['line']}"
    message = f"two spells of one agent overlap: this one begins on {row['hired_on']}, the one in {before} {end}."
    hint = "Correct the dates, or give the two spells different ids."
    return Problem("I112", message, Place(row["path"], row["line"]), hint)
