"""Who is who: logins and names of the other systems to the identifiers of the HR system.

people.csv decides, by system and the local date of the event. Where it is silent, a login that is itself an
identifier of the roster stands for it, and then an exact match of the normalised name with exactly one person of the
roster. What is left are orphans: they keep their login and are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.profile import normalise

_DAY_OF: Mapping[str, tuple[str, ...]] = {
    "contacts": ("started_at", "ended_at"),
    "legs": ("started_at", "ended_at"),
    "invitations": ("sent_at", "responded_at"),
    "evaluations": ("evaluated_at",),
    "agent_time": ("started_at",),
    "intervals": ("started_at",),
    "moves": ("moved_on",),
}
"""The columns whose first filled one gives the day on which a login must have been a person's."""


@dataclass(slots=True)
class _Tally:
    logins: set[str] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, logins: pl.Series) -> None:
        self.logins.update(logins.unique().to_list())
        self.rows[table] = self.rows.get(table, 0) + logins.len()

    @property
    def of_tables(self) -> str:
        parts = [f"{count:,} row{'' if count == 1 else 's'} of {table}" for table, count in sorted(self.rows.items())]
        return listed(parts).replace(" or ", " and ")


class Identity:
    """Resolves logins file by file, and says in ``notes`` how that went.

    ``people``: agent_id, system, login, from, to. ``customers``: customer_id, system, login. ``roster``: agent_id,
    name. ``timezone`` gives the local date of an instant.
    """

    def __init__(self, people: pl.DataFrame, customers: pl.DataFrame, roster: pl.DataFrame, timezone: str) -> None:
        self.timezone = timezone
        self.people = _normalised(people)
        self.customers = _normalised(customers)
        self.known = set(roster["agent_id"].drop_nulls().to_list())
        owners = _owners(roster)
        self.names = {name: ids[0] for name, ids in owners.items() if len(ids) == 1}
        self.shared = sorted(name for name, ids in owners.items() if len(ids) > 1)
        self.by_name: dict[str, _Tally] = {}
        self.namesakes: dict[str, _Tally] = {}
        self.orphans: dict[str, _Tally] = {}
        self.strangers: dict[str, _Tally] = {}
        self.unlisted = _Tally()

    def resolve(self, table: str, frame: pl.DataFrame, logins: Mapping[tuple[str, str], str]) -> pl.DataFrame:
        """``frame`` with the identifiers in place of logins; ``logins`` gives the system of (table, column)."""
        for (name, column), system in sorted(logins.items()):
            if name != table:
                continue
            if column == "customer_id":
                frame = self._customers(frame, table, system)
            elif column in frame.columns:
                frame = self._agents(frame, table, column, system)
        if self.known and table != "agents" and "agent_id" in frame.columns and (table, "agent_id") not in logins:
            self._unlisted(table, frame["agent_id"])
        return frame

    def _agents(self, frame: pl.DataFrame, table: str, column: str, system: str) -> pl.DataFrame:
        if self.people.is_empty() and not self.known:
            return frame
        used = frame.select(pl.col(column).alias("written"), self._day(table, frame).alias("day"))
        pairs = used.unique().drop_nulls("written")
        if pairs.is_empty():
            return frame
        pairs = _with_login(pairs)
        people = self.people.filter(pl.col("system") == normalise(system)).select("login", "agent_id", "from", "to")
        within = (pl.col("from").is_null() | (pl.col("from") <= pl.col("day"))) & (
            pl.col("to").is_null() | (pl.col("day") <= pl.col("to"))
        )
        listed = (
            pairs.join(people, on="login", how="inner")
            .filter(within.fill_null(True))
            .group_by("written", "day")
            .agg(pl.col("agent_id").unique().alias("ids"))
            .filter(pl.col("ids").list.len() == 1)
            .select("written", "day", pl.col("ids").list.first().alias("listed"))
        )
        found = (
            pairs.join(listed, on=["written", "day"], how="left", nulls_equal=True)
            .with_columns(
                pl.when(pl.col("written").is_in(sorted(self.known))).then("written").alias("same"),
                pl.col("login")
                .replace_strict(list(self.names), list(self.names.values()), default=None, return_dtype=pl.String)
                .alias("named"),
            )
            .with_columns(pl.coalesce("listed", "same").alias("sure"))
            .with_columns(pl.coalesce("sure", "named", "written").alias("id"))
        )
        joined = used.join(
            found.select("written", "day", "id", "sure", "named", pl.col("login").is_in(self.shared).alias("shared")),
            on=["written", "day"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        unsure = joined.filter(pl.col("written").is_not_null() & pl.col("sure").is_null())
        named = unsure.filter(pl.col("named").is_not_null())
        if not named.is_empty():
            self.by_name.setdefault(system, _Tally()).add(table, named["written"])
        shared = unsure.filter(pl.col("shared"))
        if not shared.is_empty():
            self.namesakes.setdefault(system, _Tally()).add(table, shared["written"])
        orphans = unsure.filter(pl.col("named").is_null() & ~pl.col("shared"))
        if not orphans.is_empty():
            self.orphans.setdefault(system, _Tally()).add(table, orphans["written"])
        return frame.with_columns(joined["id"].alias(column))

    def _unlisted(self, table: str, ids: pl.Series) -> None:
        """Identifiers taken as they are, which no spell of the roster has."""
        unknown = ids.drop_nulls().unique().to_list()
        unknown = [one for one in unknown if one not in self.known]
        if unknown:
            self.unlisted.add(table, ids.filter(ids.is_in(unknown)))

    def _customers(self, frame: pl.DataFrame, table: str, system: str) -> pl.DataFrame:
        known = self.customers.filter(pl.col("system") == normalise(system))
        if known.is_empty():
            return frame
        used = frame.select(pl.col("customer_id").alias("written"))
        written = _with_login(used.unique().drop_nulls())
        found = written.join(known.select("login", pl.col("customer_id").alias("id")).unique(), on="login", how="inner")
        ids = found.select("written", "id")
        joined = used.join(ids, on="written", how="left", maintain_order="left")
        strangers = joined.filter(pl.col("written").is_not_null() & pl.col("id").is_null())
        if not strangers.is_empty():
            self.strangers.setdefault(system, _Tally()).add(table, strangers["written"])
        return frame.with_columns(joined.select(pl.coalesce("id", "written").alias("customer_id")).to_series())

    def _day(self, table: str, frame: pl.DataFrame) -> pl.Expr:
        days: list[pl.Expr] = []
        for name in _DAY_OF.get(table, ()):
            column = pl.col(name)
            if frame.schema[name] == pl.Date:
                days.append(column)
            else:
                local = column.dt.replace_time_zone("UTC").dt.convert_time_zone(self.timezone)
                days.append(local.dt.date())
        return pl.coalesce(days) if days and not self.people.is_empty() else pl.lit(None, dtype=pl.Date)

    def notes(self) -> list[str]:
        """What was matched by name and who is left over, in words."""
        notes = []
        for system, tally in sorted(self.by_name.items()):
            notes.append(
                f"{_logins(tally, system)} not in people.csv {_was(tally)} matched with the roster by name: "
                f"{tally.of_tables}."
            )
        for system, tally in sorted(self.namesakes.items()):
            one = len(tally.logins) == 1
            notes.append(
                f"{_logins(tally, system)} {'is the name' if one else 'are names'} of two people of the roster; "
                f"{tally.of_tables} keep the login as agent_id. Lines in people.csv would tell them apart."
            )
        for system, tally in sorted(self.orphans.items()):
            notes.append(
                f"{_logins(tally, system)} {_is(tally)} known neither to people.csv nor to the roster; "
                f"{tally.of_tables} keep the login as agent_id. Lines in people.csv would join them."
            )
        if self.unlisted.rows:
            count = len(self.unlisted.logins)
            ids = "1 agent_id is" if count == 1 else f"{count:,} agent_ids are"
            notes.append(f"{ids} not in the roster: {self.unlisted.of_tables}.")
        for system, tally in sorted(self.strangers.items()):
            notes.append(
                f"{_logins(tally, system)} {_is(tally)} not in customers.csv ({tally.of_tables}); they keep the login."
            )
        return notes


def _logins(tally: _Tally, system: str) -> str:
    count = len(tally.logins)
    return f"{count:,} login{'s' if count != 1 else ''} of {system}"


def _is(tally: _Tally) -> str:
    return "is" if len(tally.logins) == 1 else "are"


def _was(tally: _Tally) -> str:
    return "was" if len(tally.logins) == 1 else "were"


def _normalised(logins: pl.DataFrame) -> pl.DataFrame:
    return logins.with_columns(
        pl.Series("login", [normalise(login) for login in logins["login"]], dtype=pl.String),
        pl.Series("system", [normalise(system) for system in logins["system"]], dtype=pl.String),
    )


def _with_login(pairs: pl.DataFrame) -> pl.DataFrame:
    written = pairs["written"].unique().sort()
    logins = pl.DataFrame({"written": written, "login": pl.Series([normalise(w) for w in written], dtype=pl.String)})
    return pairs.join(logins, on="written", how="inner")


def _owners(roster: pl.DataFrame) -> Mapping[str, list[str]]:
    """Name, normalised, to the people of the roster who have it."""
    owners: dict[str, set[str]] = {}
    for agent_id, name in roster.select("agent_id", "name").unique().sort("agent_id", "name").iter_rows():
        if name is not None and agent_id is not None:
            owners.setdefault(normalise(name), set()).add(agent_id)
    return {name: sorted(ids) for name, ids in sorted(owners.items())}


def check_people(people: pl.DataFrame, paths: pl.Series) -> None:
    """Raises InputError where one login of one system is two people's on the same day.

    ``paths``: the file of each row.
    """
    rows = _normalised(people).with_columns(paths.alias("path")).sort("system", "login", "from", nulls_last=False)
    problems = []
    for _, group in rows.group_by("system", "login", maintain_order=True):
        spells = group.rows(named=True)
        for number, one in enumerate(spells):
            for other in spells[number + 1 :]:
                apart = (one["to"] is not None and other["from"] is not None and one["to"] < other["from"]) or (
                    other["to"] is not None and one["from"] is not None and other["to"] < one["from"]
                )
                if one["agent_id"] != other["agent_id"] and not apart:
                    first, second = sorted((one, other), key=lambda row: (row["path"], row["line"]))
                    also = f"here and on line {first['line']}"
                    message = f"a login of {one['system']} is given to two people on the same days, {also}."
                    hint = "Set 'from' and 'to' so that every day has one owner."
                    problems.append(Problem("I110", message, Place(second["path"], second["line"]), hint))
    if problems:
        raise InputError(*problems)


def check_customers(customers: pl.DataFrame, paths: pl.Series) -> None:
    """Raises InputError where one login of one system is given to two customers."""
    rows = _normalised(customers).with_columns(paths.alias("path"))
    twice = (
        rows.group_by("system", "login")
        .agg(pl.col("customer_id").n_unique().alias("owners"), pl.struct("path", "line").max().alias("at"))
        .filter(pl.col("owners") > 1)
        .sort("system", "login")
    )
    if not twice.is_empty():
        raise InputError(
            *(
                Problem(
                    "I111",
                    f"a login of {system} is given to two customers.",
                    Place(at["path"], at["line"]),
                    "Keep one.",
                )
                for system, at in twice.select("system", "at").iter_rows()
            )
        )
