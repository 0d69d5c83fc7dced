"""Who is who: logins and names of the other systems to the identifiers of the HR system.

people.csv decides, by system and the local date of the event. Where it is silent, a login that is itself an
identifier of the roster stands for it, and then an exact match of the normalised name with exactly one person of the
roster; ``Last, First`` is the same name as ``First Last``. What is left are orphans: they keep their login and are
counted. A login that differs from a name by more than that, by a suffix or an accent, is never taken for the person; it
is offered as a near match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.findings import Finding
from cxkpi.exports.joining.identity_findings import (
    BY_NAME,
    MERGED,
    MERGED_CUSTOMERS,
    NAMESAKES,
    NEAR,
    ORPHANS,
    STRANGERS,
    UNKNOWN_PEOPLE,
    UNLISTED,
    UNSEEN,
    Led,
    Tally,
)
from cxkpi.exports.joining.names import bare, compared
from cxkpi.exports.profile import normalise
from cxkpi.exports.values.phones import as_phone

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

_AT_WORK = ("contacts", "legs", "evaluations", "agent_time", "intervals")
"""Tables in which whoever worked in their days can be expected."""

_NEAR_SHOWN = 20


class Identity:
    """Resolves logins file by file, and says in ``findings`` how that went.

    ``people``: agent_id, system, login, from, to; ``path`` and ``line`` where there are any. ``customers``:
    customer_id, system, login. ``roster``: agent_id, name, and hired_on, left_on, file, line where there are any.
    ``timezone`` gives the local date of an instant.
    """

    def __init__(self, people: pl.DataFrame, customers: pl.DataFrame, roster: pl.DataFrame, timezone: str) -> None:
        self.timezone = timezone
        self.people = _normalised(people)
        self.customers = _numbered(_normalised(customers))
        self.roster = roster
        self.known = set(roster["agent_id"].drop_nulls().to_list())
        owners = _owners(roster)
        self.names = {name: ids[0] for name, ids in owners.items() if len(ids) == 1}
        self.shared = sorted(name for name, ids in owners.items() if len(ids) > 1)
        self.by_name: dict[str, Tally] = {}
        self.namesakes: dict[str, Tally] = {}
        self.orphans: dict[str, Tally] = {}
        self.strangers: dict[str, Tally] = {}
        self.unlisted = Tally()
        self.led: dict[str, Led] = {}
        self.customers_led: dict[str, Led] = {}
        self.seen: set[str] = set()
        self.days: tuple[date, date] | None = None

    def resolve(
        self, table: str, frame: pl.DataFrame, logins: Mapping[tuple[str, str], str], path: str = ""
    ) -> pl.DataFrame:
        """``frame`` with the identifiers in place of logins; ``logins`` gives the system of (table, column).

        ``frame`` has ``line``, and ``file`` unless all its rows are of the file ``path``.
        """
        for (name, column), system in sorted(logins.items()):
            if name != table:
                continue
            if column == "customer_id":
                frame = self._customers(frame, table, system, path)
            elif column in frame.columns:
                frame = self._agents(frame, table, column, system, path)
        if self.known and table != "agents" and "agent_id" in frame.columns:
            if (table, "agent_id") not in logins:
                self._unlisted(table, frame, path)
            if table in _AT_WORK:
                self.seen.update(self.known.intersection(frame["agent_id"].unique().to_list()))
                self._period(table, frame)
        return frame

    def _agents(self, frame: pl.DataFrame, table: str, column: str, system: str, path: str) -> pl.DataFrame:
        if self.people.is_empty() and not self.known:
            return frame
        used = frame.select(pl.col(column).alias("written"), self._day(table, frame).alias("day"), *_place(frame, path))
        pairs = used.select("written", "day").unique().drop_nulls("written")
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
                pl.col("name")
                .replace_strict(list(self.names), list(self.names.values()), default=None, return_dtype=pl.String)
                .alias("named"),
            )
            .with_columns(pl.coalesce("listed", "same").alias("sure"))
            .with_columns(pl.coalesce("sure", "named", "written").alias("id"))
        )
        owned = found.filter(pl.col("sure").is_not_null() | pl.col("named").is_not_null())
        self.led.setdefault(system, Led()).add(owned)
        joined = used.join(
            found.select("written", "day", "id", "sure", "named", pl.col("name").is_in(self.shared).alias("shared")),
            on=["written", "day"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
        unsure = joined.filter(pl.col("written").is_not_null() & pl.col("sure").is_null())
        named = unsure.filter(pl.col("named").is_not_null())
        _tally(self.by_name, system, table, column, named)
        _tally(self.namesakes, system, table, column, unsure.filter(pl.col("shared")))
        orphans = unsure.filter(pl.col("named").is_null() & ~pl.col("shared"))
        _tally(self.orphans, system, table, column, orphans)
        return frame.with_columns(joined["id"].alias(column))

    def _unlisted(self, table: str, frame: pl.DataFrame, path: str) -> None:
        """Identifiers taken as they are, which no spell of the roster has."""
        ids = frame["agent_id"].drop_nulls().unique().to_list()
        unknown = [one for one in ids if one not in self.known]
        if unknown:
            rows = frame.select(pl.col("agent_id").alias("written"), *_place(frame, path))
            self.unlisted.add(table, "agent_id", rows.filter(pl.col("written").is_in(unknown)))

    def _customers(self, frame: pl.DataFrame, table: str, system: str, path: str) -> pl.DataFrame:
        known = self.customers.filter(pl.col("system") == normalise(system))
        if known.is_empty():
            return frame
        used = frame.select(pl.col("customer_id").alias("written"), *_place(frame, path))
        written = _with_login(used.select("written").unique().drop_nulls()).with_columns(_digits().alias("number"))
        by_login = known.select("login", pl.col("customer_id").alias("by_login")).unique()
        by_number = known.drop_nulls("number").select("number", pl.col("customer_id").alias("by_number")).unique()
        found = (
            written.join(by_login, on="login", how="left")
            .join(by_number, on="number", how="left")
            .with_columns(pl.coalesce("by_login", "by_number").alias("id"))
            .drop_nulls("id")
        )
        self.customers_led.setdefault(system, Led()).add(found)
        joined = used.join(found.select("written", "id"), on="written", how="left", maintain_order="left")
        strangers = joined.filter(pl.col("written").is_not_null() & pl.col("id").is_null())
        _tally(self.strangers, system, table, "customer_id", strangers)
        return frame.with_columns(joined.select(pl.coalesce("id", "written").alias("customer_id")).to_series())

    def _day(self, table: str, frame: pl.DataFrame) -> pl.Expr:
        if self.people.is_empty():
            return pl.lit(None, dtype=pl.Date)
        return self._local_day(table, frame)

    def _local_day(self, table: str, frame: pl.DataFrame) -> pl.Expr:
        days: list[pl.Expr] = []
        for name in _DAY_OF.get(table, ()):
            column = pl.col(name)
            if frame.schema[name] == pl.Date:
                days.append(column)
            else:
                local = column.dt.replace_time_zone("UTC").dt.convert_time_zone(self.timezone)
                days.append(local.dt.date())
        return pl.coalesce(days) if days else pl.lit(None, dtype=pl.Date)

    def _period(self, table: str, frame: pl.DataFrame) -> None:
        """Remember the days that the files with people in them cover."""
        names = [name for name in _DAY_OF.get(table, ()) if name in frame.columns]
        if not names:
            return
        first = frame.select(pl.col(names).min().cast(pl.Date)).row(0)
        last = frame.select(pl.col(names).max().cast(pl.Date)).row(0)
        days = [day for day in (*first, *last, *(self.days or ())) if day is not None]
        if days:
            self.days = (min(days), max(days))

    # -- what came of it ----------------------------------------------------------------------------------------------

    def findings(self) -> tuple[Finding, ...]:
        """What was matched by name, who is left over, who was put together, and who never appears."""
        found: list[Finding] = []
        for code, tallies in (
            (BY_NAME, self.by_name),
            (NAMESAKES, self.namesakes),
            (ORPHANS, self.orphans),
            (STRANGERS, self.strangers),
        ):
            found.extend(tally.finding(code, system) for system, tally in sorted(tallies.items()))
        if self.unlisted.rows:
            found.append(self.unlisted.finding(UNLISTED))
        for system, led in sorted(self.led.items()):
            found.extend(led.finding(MERGED, system, "agents.agent_id"))
        for system, led in sorted(self.customers_led.items()):
            found.extend(led.finding(MERGED_CUSTOMERS, system, "contacts.customer_id"))
        return (*found, *self._near(), *self._unseen(), *self._unknown_people())

    def notes(self) -> list[str]:
        """Those findings that reports print, in words."""
        return [one.message for one in self.findings() if one.said]

    def _near(self) -> Iterable[Finding]:
        """Orphans that come near one name, with the names in ``detail``."""
        for system, tally in sorted(self.orphans.items()):
            theirs = self.people.filter(pl.col("system") == normalise(system)).select("agent_id", "login")
            candidates: dict[str, set[str]] = {}
            for owner, name in (*self._named(), *theirs.iter_rows()):
                candidates.setdefault(bare(name), set()).add(f"{name} ({owner})")
            near = {login: sorted(candidates.get(bare(login), ())) for login in sorted(tally.logins)}
            pairs = [f"{login} ~ {' or '.join(names)}" for login, names in near.items() if names]
            if pairs:
                more = len(pairs) - _NEAR_SHOWN
                rest = f"; and {more:,} more" if more > 0 else ""
                yield Finding(
                    NEAR,
                    path=tally.first[0] if tally.first else "",
                    count=len(pairs),
                    total=len(tally.logins),
                    example=pairs[0],
                    masked=True,
                    detail=f"{system}: {'; '.join(pairs[:_NEAR_SHOWN])}{rest}",
                    tables=tuple(sorted(tally.rows)),
                    columns=tuple(sorted(tally.columns)),
                )

    def _named(self) -> Iterable[tuple[str, str]]:
        """agent_id and name, as written, of those whose name is only theirs."""
        for agent_id, name in self.roster.select("agent_id", "name").drop_nulls().unique().iter_rows():
            if compared(name) in self.names:
                yield agent_id, name

    def _unseen(self) -> Iterable[Finding]:
        """People of the roster employed in the days covered whom no login leads to; nothing where nobody is met."""
        if not self.seen or self.days is None:
            return
        first, last = self.days
        here = pl.lit(True)
        if {"hired_on", "left_on"} <= set(self.roster.columns):
            here = (pl.col("hired_on") <= last) & (pl.col("left_on").is_null() | (pl.col("left_on") >= first))
        there = self.roster.filter(here.fill_null(True)).drop_nulls("agent_id")
        unseen = there.filter(~pl.col("agent_id").is_in(sorted(self.seen))).sort("agent_id")
        count = unseen["agent_id"].n_unique()
        if count:
            placed = {"file", "line"} <= set(unseen.columns)
            at = unseen.sort("file", "line", "agent_id") if placed else unseen
            yield Finding(
                UNSEEN,
                path=str(at["file"][0]) if placed else "",
                column="agents.agent_id",
                count=count,
                total=there["agent_id"].n_unique(),
                line=int(at["line"][0]) if placed else None,
                example=str(at["agent_id"][0]),
                masked=True,
                tables=("agents",),
                columns=("agents.agent_id",),
            )

    def _unknown_people(self) -> Iterable[Finding]:
        """People of people.csv who are not on the roster."""
        if not self.known or "path" not in self.people.columns:
            return
        unknown = self.people.filter(~pl.col("agent_id").is_in(sorted(self.known))).sort("path", "line")
        for part in unknown.partition_by("path", maintain_order=True):
            yield Finding(
                UNKNOWN_PEOPLE,
                path=str(part["path"][0]),
                column="agent_id",
                count=part["agent_id"].n_unique(),
                total=self.people["agent_id"].n_unique(),
                line=int(part["line"][0]),
                example=str(part["agent_id"][0]),
                masked=True,
                tables=("agents",),
                columns=("agents.agent_id",),
            )


def _tally(tallies: dict[str, Tally], system: str, table: str, column: str, rows: pl.DataFrame) -> None:
    if not rows.is_empty():
        tallies.setdefault(system, Tally()).add(table, column, rows)


def _place(frame: pl.DataFrame, path: str) -> tuple[pl.Expr, pl.Expr]:
    file = pl.col("file") if "file" in frame.columns else pl.lit(path).alias("file")
    line = pl.col("line") if "line" in frame.columns else pl.lit(0)
    return file, line.cast(pl.Int64).alias("line")


def _normalised(logins: pl.DataFrame) -> pl.DataFrame:
    return logins.with_columns(
        pl.Series("login", [normalise(login) for login in logins["login"]], dtype=pl.String),
        pl.Series("system", [normalise(system) for system in logins["system"]], dtype=pl.String),
    )


def _numbered(customers: pl.DataFrame) -> pl.DataFrame:
    """``number``: the key of a login that says it is a telephone number, by a plus sign or ``tel:`` in front.

    Profiles make such keys of the numbers in exports. Bare digits may be an account's, whose zeros count.
    """
    said = pl.col("login").str.contains(r"^(?:tel:|sips?:|callto:|\+)")
    return customers.with_columns(pl.when(said).then(as_phone(pl.col("login"))).alias("number"))


def _digits() -> pl.Expr:
    """What a login from an export is called as a number; bare digits have been made a key by the profile."""
    login = pl.col("login")
    return pl.when(login.str.contains(r"^\d+$")).then(login).otherwise(as_phone(login))


def _with_login(pairs: pl.DataFrame) -> pl.DataFrame:
    """``login``, normalised, and ``name``, as a name is compared, beside what was written."""
    written = pairs["written"].unique().sort()
    logins = pl.DataFrame(
        {
            "written": written,
            "login": pl.Series([normalise(one) for one in written], dtype=pl.String),
            "name": pl.Series([compared(one) for one in written], dtype=pl.String),
        }
    )
    return pairs.join(logins, on="written", how="inner")


def _owners(roster: pl.DataFrame) -> Mapping[str, list[str]]:
    """Name, as it is compared, to the people of the roster who have it."""
    owners: dict[str, set[str]] = {}
    for agent_id, name in roster.select("agent_id", "name").unique().sort("agent_id", "name").iter_rows():
        if name is not None and agent_id is not None:
            owners.setdefault(compared(name), set()).add(agent_id)
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
    rows = _numbered(_normalised(customers)).with_columns(paths.alias("path"))
    twice = (
        rows.sort("path", "line")
        .group_by("system", pl.coalesce("number", "login").alias("login"))
        .agg(pl.col("customer_id").n_unique().alias("owners"), pl.col("path", "line").last())
        .filter(pl.col("owners") > 1)
        .sort("system", "login")
    )
    if not twice.is_empty():
        message = "a login of {} is given to two customers."
        raise InputError(
            *(
                Problem("I111", message.format(system), Place(path, line), "Keep one.")
                for system, path, line in twice.select("system", "path", "line").iter_rows()
            )
        )
