"""What identity says: logins matched by name, left over, put together, or leading to nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.exports.findings import Finding, register

# -- wording ----------------------------------------------------------------------------------------------------------
# ``detail`` of these findings is the system and what has the logins: "five9: 3 rows of contacts".


def _said_by_name(one: Finding) -> str:
    system, rows = _detail(one)
    was = "was" if one.count == 1 else "were"
    return f"{_logins(one, system)} not in people.csv {was} matched with the roster by name: {rows}."


def _said_namesakes(one: Finding) -> str:
    system, rows = _detail(one)
    names = "is the name" if one.count == 1 else "are names"
    return (
        f"{_logins(one, system)} {names} of two people of the roster; {rows} {_keep(one)} the login as agent_id. "
        "Lines in people.csv would tell them apart."
    )


def _said_orphans(one: Finding) -> str:
    system, rows = _detail(one)
    return (
        f"{_logins(one, system)} {_is(one)} known neither to people.csv nor to the roster; {rows} {_keep(one)} the "
        "login as agent_id. Lines in people.csv would join them."
    )


def _said_unlisted(one: Finding) -> str:
    ids = "1 agent_id is" if one.count == 1 else f"{one.count:,} agent_ids are"
    return f"{ids} not in the roster: {one.detail}."


def _said_strangers(one: Finding) -> str:
    system, rows = _detail(one)
    they = "it keeps" if _is_one_row(rows) else "they keep"
    return f"{_logins(one, system)} {_is(one)} not in customers.csv ({rows}); {they} the login."


def _said_near(one: Finding) -> str:
    logins, come = ("1 login", "comes") if one.count == 1 else (f"{one.count:,} logins", "come")
    return (
        f"{logins} of {_detail(one)[0]}, of {one.total:,} that nobody is known by, {come} near a name, but for a "
        "suffix, a bracket or accents; not taken for the same."
    )


def _said_merged(one: Finding) -> str:
    people = "1 person" if one.count == 1 else f"{one.count:,} people"
    return f"{_some(one.total, 'login')} of {one.detail} lead to {people}: their rows are put together."


def _said_merged_customers(one: Finding) -> str:
    customers = "1 customer" if one.count == 1 else f"{one.count:,} customers"
    return f"{_some(one.total, 'login')} of {one.detail} lead to {customers}: their rows are put together."


def _said_unseen(one: Finding) -> str:
    appear = "appears" if one.count == 1 else "appear"
    people = "person" if one.total == 1 else "people"
    return (
        f"{one.count:,} of the {one.total:,} {people} on the roster in these days {appear} in no export of work; no "
        "login leads there."
    )


def _said_unknown_people(one: Finding) -> str:
    ids = "1 agent_id" if one.count == 1 else f"{one.count:,} agent_ids"
    return f"{one.path}: {ids} of people.csv {_is(one)} not in the roster; what leads there has no team or hiring date."


BY_NAME = register("F500", "note", True, _said_by_name)
NAMESAKES = register("F501", "warning", True, _said_namesakes)
ORPHANS = register("F502", "warning", True, _said_orphans)
UNLISTED = register("F503", "warning", True, _said_unlisted)
STRANGERS = register("F504", "note", True, _said_strangers)
NEAR = register("F505", "note", False, _said_near)
MERGED = register("F506", "note", False, _said_merged)
MERGED_CUSTOMERS = register("F507", "note", False, _said_merged_customers)
UNSEEN = register("F508", "note", False, _said_unseen)
UNKNOWN_PEOPLE = register("F509", "warning", False, _said_unknown_people)


def _detail(one: Finding) -> tuple[str, str]:
    system, _, rows = one.detail.partition(": ")
    return system, rows


def _logins(one: Finding, system: str) -> str:
    return f"{_some(one.count, 'login')} of {system}"


def _some(count: int | None, noun: str) -> str:
    return f"{count or 0:,} {noun}{'' if count == 1 else 's'}"


def _is(one: Finding) -> str:
    return "is" if one.count == 1 else "are"


def _keep(one: Finding) -> str:
    return "keeps" if _is_one_row(_detail(one)[1]) else "keep"


def _is_one_row(rows: str) -> bool:
    return rows.startswith("1 row of ") and " and " not in rows


# -- what was seen ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """Logins, how many rows of which table and column have them, and where the first of these rows stands."""

    logins: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    columns: set[str] = field(default_factory=set)
    first: tuple[str, int, str] | None = None

    def add(self, table: str, column: str, rows: pl.DataFrame) -> None:
        """``rows``: written, file, line."""
        if rows.is_empty():
            return
        self.logins.update(rows["written"].unique().to_list())
        self.rows[table] = self.rows.get(table, 0) + rows.height
        self.columns.add(f"{table}.{column}")
        path, line, written = rows.select("file", "line", "written").bottom_k(1, by=["file", "line", "written"]).row(0)
        self.first = min(self.first or (path, line, written), (path, line, written))

    @property
    def of_tables(self) -> str:
        parts = [f"{_some(count, 'row')} of {table}" for table, count in sorted(self.rows.items())]
        return listed(parts).replace(" or ", " and ")

    def finding(self, code: str, system: str | None = None) -> Finding:
        """All of it as one finding; ``path``, ``line`` and ``example`` are those of the first row."""
        path, line, written = self.first or ("", 0, "")
        columns = tuple(sorted(self.columns))
        return Finding(
            code,
            path=path,
            column=columns[0] if len(columns) == 1 else "",
            count=len(self.logins),
            line=line or None,
            example=written,
            masked=True,
            detail=self.of_tables if system is None else f"{system}: {self.of_tables}",
            tables=tuple(sorted(self.rows)),
            columns=columns,
        )


@dataclass(slots=True)
class Led:
    """Which logins of a system led to whom."""

    owners: dict[str, set[str]] = field(default_factory=dict)

    def add(self, pairs: pl.DataFrame) -> None:
        """``pairs``: login, id."""
        for login, owner in pairs.select("login", "id").unique().iter_rows():
            self.owners.setdefault(owner, set()).add(login)

    def finding(self, code: str, system: str, column: str) -> Iterable[Finding]:
        several = {owner: logins for owner, logins in self.owners.items() if len(logins) > 1}
        if several:
            owner = min(several)
            example = ", ".join(sorted(several[owner])[:3])
            total = sum(len(logins) for logins in several.values())
            yield Finding(
                code, "", column, len(several), total, example=f"{owner}: {example}", masked=True, detail=system
            )
