"""What the tables lack of one another: rows that name what no file holds, rows without a time, surveys sent twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from cxkpi.exports.findings import Finding, register
from cxkpi.exports.profile_file import own_time
from cxkpi.tables import Stored, Table

_NAMES = {
    "contacts": "a contact that is in no contact export",
    "invitations": "an invitation that is in no file",
    "cases": "a case that is in no file",
}


def _said_unknown(one: Finding) -> str:
    table, _, target = one.column.partition(" ")
    naming = f"1 row of {table} names" if one.count == 1 else f"{one.count:,} rows of {table} name"
    return f"{naming} {_NAMES.get(target, f'a row of {target} that is in no file')}."


def _said_timeless(one: Finding) -> str:
    single = one.count == 1
    if one.column == "contacts":
        lacking = f"{'contact has' if single else 'contacts have'} no end"
    else:
        lacking = f"{'row' if single else 'rows'} of {one.column} {'has' if single else 'have'} no {one.detail}"
    return f"{one.count:,} {lacking}: {'it belongs' if single else 'they belong'} to no period."


def _said_again(one: Finding) -> str:
    surveyed = "1 contact was" if one.count == 1 else f"{one.count:,} contacts were"
    return f"{surveyed} surveyed more than once; every response counts."


UNKNOWN = register("F601", "warning", True, _said_unknown)
TIMELESS = register("F602", "warning", True, _said_timeless)
SURVEYED_AGAIN = register("F603", "note", True, _said_again)


def unknown(stored: Mapping[str, Stored], tables: Mapping[str, Table]) -> list[Finding]:
    """Rows that name a row of another table that no file holds; ``column`` is the one table and the other.

    Agents are left to the identity findings. A whole table that is absent is worth saying only to rows that have their
    time from it and from nowhere else.
    """
    asking: dict[str, dict[str, pl.DataFrame]] = {}
    for name, here in stored.items():
        for step, lookup in tables[name].lookups.items():
            if lookup.table == "agents" or lookup.on not in here.supplied or tables[name].key == (lookup.on,):
                # What a further table adds to rows of this one need not be there for each.
                continue
            time = tables[name].time
            if lookup.table in stored or (time and all(path.startswith(f"{step}.") for path in time)):
                asking.setdefault(lookup.table, {})[name] = _counted(here.files, lookup.on)
    found = []
    for target, named in asking.items():
        (on,) = {frame.columns[0] for frame in named.values()}
        known = pl.DataFrame(schema={on: pl.String})
        if target in stored:
            # The rows looked up are many, those named few: one pass over the many keeps what is needed.
            wanted = pl.concat([frame.select(on) for frame in named.values()]).unique()
            every = pl.scan_parquet(list(stored[target].files)).select(on)
            known = every.join(wanted.lazy(), on=on, how="semi").collect(engine="streaming")
        for name, frame in named.items():
            count = frame.join(known, on=on, how="anti")["len"].sum()
            if count:
                found.append(
                    Finding(
                        UNKNOWN, "", f"{name} {target}", count=int(count), tables=(name,), columns=(f"{name}.{on}",)
                    )
                )
    return found


def timeless(table: Table, count: int) -> list[Finding]:
    """Rows without a default time, so that none leaves the figures unsaid."""
    if not count:
        return []
    time = own_time(table)
    return [
        Finding(TIMELESS, "", table.name, count=count, detail="time" if time is None else time, tables=(table.name,))
    ]


def surveyed_again(stored: Mapping[str, Stored]) -> list[Finding]:
    """Contacts with more than one response in one system, where both tables are there."""
    if "contacts" not in stored or "invitations" not in stored:
        return []
    rows = pl.scan_parquet(list(stored["invitations"].files)).drop_nulls(["contact_id", "responded_at"])
    twice = rows.group_by("contact_id", "source").len().filter(pl.col("len") > 1)
    twice = twice.select(pl.col("contact_id").n_unique()).collect().item()
    return [Finding(SURVEYED_AGAIN, "", count=twice, tables=("invitations",))] if twice else []


def _counted(files: tuple[Path, ...], name: str) -> pl.DataFrame:
    """The values of a column and how often each stands there, part by part."""
    counts = [pl.scan_parquet(file).select(name).drop_nulls().group_by(name).agg(pl.len()).collect() for file in files]
    return pl.concat(counts)
