"""What the tables lack of one another: rows that name what no file holds, rows without a time, surveys sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from cxkpi.exports.profile_file import own_time
from cxkpi.tables import Stored, Table

_NAMES = {
    "contacts": "a contact that is in no contact export",
    "invitations": "an invitation that is in no file",
    "cases": "a case that is in no file",
}


def unknown(stored: Mapping[str, Stored], tables: Mapping[str, Table]) -> list[str]:
    """Notes on rows that name a row of another table that no file holds.

    Agents are left to the identity notes. A whole table that is absent is worth a note only to rows that have their
    time from it and from nowhere else.
    """
    asking: dict[str, dict[str, pl.Series]] = {}
    for name, here in stored.items():
        for step, lookup in tables[name].lookups.items():
            if lookup.table == "agents" or lookup.on not in here.supplied:
                continue
            time = tables[name].time
            if lookup.table in stored or (time and all(path.startswith(f"{step}.") for path in time)):
                asking.setdefault(lookup.table, {})[name] = _column(here.files, lookup.on)
    notes = []
    for target, named in asking.items():
        (on,) = {series.name for series in named.values()}
        known = pl.Series(on, [], dtype=pl.String)
        if target in stored:
            # The rows looked up are many, those named few: one pass over the many keeps what is needed.
            wanted = pl.concat(named.values()).unique().to_frame().lazy()
            rows = pl.scan_parquet(list(stored[target].files)).select(on)
            known = rows.join(wanted, on=on, how="semi").collect().to_series()
        for name, found in named.items():
            count = found.to_frame().join(known.to_frame(), on=on, how="anti").height
            if count:
                naming = f"1 row of {name} names" if count == 1 else f"{count:,} rows of {name} name"
                notes.append(f"{naming} {_NAMES.get(target, f'a row of {target} that is in no file')}.")
    return notes


def timeless(table: Table, count: int) -> list[str]:
    """A note on rows without a default time, so that none leaves the figures unsaid."""
    if not count:
        return []
    one = count == 1
    time = own_time(table)
    if table.name == "contacts":
        lacking = f"{'contact has' if one else 'contacts have'} no end"
    else:
        what = "time" if time is None else time
        lacking = f"{'row' if one else 'rows'} of {table.name} {'has' if one else 'have'} no {what}"
    return [f"{count:,} {lacking}: {'it belongs' if one else 'they belong'} to no period."]


def surveyed_again(stored: Mapping[str, Stored]) -> list[str]:
    """A note on contacts with more than one invitation, where both tables are there."""
    if "contacts" not in stored or "invitations" not in stored:
        return []
    rows = pl.scan_parquet(list(stored["invitations"].files)).select("contact_id").drop_nulls()
    twice = rows.group_by("contact_id").len().filter(pl.col("len") > 1).select(pl.len()).collect().item()
    if not twice:
        return []
    surveyed = "1 contact was" if twice == 1 else f"{twice:,} contacts were"
    return [f"{surveyed} surveyed more than once; every response counts."]


def _column(files: tuple[Path, ...], name: str) -> pl.Series:
    return pl.scan_parquet(list(files)).select(name).drop_nulls().collect().to_series()
