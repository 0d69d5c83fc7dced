"""What rows of several tables show together: names that lead nowhere, and things that happened in the wrong order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import polars as pl

from cxkpi.calendar import midnight_utc
from cxkpi.documents.spelling import listed
from cxkpi.exports.findings import Finding, register
from cxkpi.measurement.doctor.days import Sane, local_day, own_time
from cxkpi.measurement.doctor.spots import Check, Checked, in_front, rows_have, rows_of
from cxkpi.tables import Stored, Table

Scan = Callable[[str], pl.LazyFrame]


def _name(finding: Finding) -> str:
    names = "names" if finding.count == 1 else "name"
    return f"{in_front(finding.path)}{rows_of(finding)} {names} {finding.detail}."


NO_CONTACT = register("F330", "warning", False, _name)
NO_INVITATION = register("F331", "warning", False, _name)
NO_AGENT = register("F332", "warning", False, _name)
NO_MOVER = register("F333", "warning", False, _name)
NOT_EMPLOYED = register("F334", "warning", False, rows_have)
TOO_EARLY = register("F335", "warning", False, rows_have)
OUTSIDE = register("F336", "note", False, _name)
OF_ROWS = frozenset({NO_CONTACT, NO_INVITATION, NO_AGENT, NO_MOVER, NOT_EMPLOYED, TOO_EARLY, OUTSIDE})

# Written to the minute, a case is opened before the contact it comes from begins.
_SLACK = pl.duration(seconds=60)
_OF_CONTACTS: Mapping[str, str] = {
    "invitations": "responded_at",
    "cases": "opened_at",
    "evaluations": "evaluated_at",
    "legs": "ended_at",
}
# What follows a contact mostly follows it within as much as this share does, and within so many seconds.
_USUAL, _LATEST = 0.95, 7 * 86_400

Places = Mapping[str, Sequence[tuple[str, int]]]


def checks(
    stored: Mapping[str, Stored], tables: Mapping[str, Table], sane: Sane, zone: str, rejected: Places
) -> list[Checked]:
    """What is checked of rows together with the rows they name.

    ``sane``: the days that are no wrong dates. ``rejected``: by table, file and line of the records rejected that would
    have given rows of it.
    """

    def scan(name: str) -> pl.LazyFrame:
        return pl.scan_parquet(list(stored[name].files))

    return [
        *_of_contacts(stored, scan, _covered(sane, zone), rejected),
        *_of_invitations(stored, scan, rejected),
        *_of_agents(stored, tables, scan, zone, rejected),
    ]


_NAMED = 3


def among_rejected(rejected: Places, table: str) -> str:
    """``, perhaps that of the record rejected in contacts.csv:11``; nothing where none of a table was rejected."""
    places = rejected.get(table, ())
    if not places:
        return ""
    if len(places) == 1:
        return f", perhaps that of the record rejected in {places[0][0]}:{places[0][1]}"
    if len(places) <= _NAMED:
        return f", perhaps that of a record rejected in {listed([f'{file}:{line}' for file, line in places])}"
    files = sorted({file for file, _ in places})
    of = f"{len(files):,} files" if len(files) > _NAMED else listed(files).replace(" or ", " and ")
    return f", perhaps among the {len(places):,} records rejected of {of}"


def _covered(sane: Sane, zone: str) -> tuple[datetime, datetime] | None:
    """From when to when there are contacts, by UTC."""
    days = sane.spans.get("contacts")
    return None if days is None else (midnight_utc(days[0], zone), midnight_utc(days[1] + timedelta(days=1), zone))


def _outside(own: pl.Expr, covered: tuple[datetime, datetime] | None) -> pl.Expr:
    """Whether a contact that is not known lies, by the time of what names it, beyond those that are.

    It lies before them where it would be among them only by following sooner than one in twenty here does.
    """
    if covered is None:
        return pl.lit(False)
    begin, end = (pl.lit(at, dtype=pl.Datetime("us")) for at in covered)
    lag = (own - pl.col("__begin")).dt.total_seconds().quantile(_USUAL, "nearest").fill_null(0).clip(0, _LATEST)
    longest = pl.duration(seconds=lag)
    return ((own < begin + longest) | (own >= end)).fill_null(False)


def _of_contacts(
    stored: Mapping[str, Stored], scan: Scan, covered: tuple[datetime, datetime] | None, rejected: Places
) -> Iterator[Checked]:
    if "contacts" not in stored:
        return
    held = stored["contacts"].supplied
    begin = next((name for name in ("started_at", "ended_at") if name in held), None)
    for name, at in _OF_CONTACTS.items():
        if name not in stored or "contact_id" not in stored[name].supplied:
            continue
        timed = begin is not None and at in stored[name].supplied
        times = [one for one in ("sent_at", at) if one in stored[name].supplied and begin is not None]
        own = scan(name).select("file", "line", "contact_id", *times).drop_nulls("contact_id")
        # The contacts are many and the names few: what is not named is dropped while it is read.
        told = scan("contacts").join(own.select("contact_id").unique(), on="contact_id", how="semi")
        began = [] if begin is None else [pl.col(begin).min().alias("__begin")]
        known = told.group_by("contact_id").agg(pl.lit(True).first().alias("__known"), *began)
        joined = own.join(known, on="contact_id", how="left")
        beyond = _outside(pl.coalesce(times), covered) if times else pl.lit(False)
        joined = joined.with_columns((pl.col("__known").is_null() & beyond).alias("__outside"))
        columns, shown = (f"{name}.contact_id",), {"contact_id": pl.col("contact_id")}
        nowhere = f"a contact that is in no contact export{among_rejected(rejected, 'contacts')}"
        outside = "a contact outside the days the contact files cover"
        unknown = pl.col("__known").is_null() & ~pl.col("__outside")
        checks = [
            Check(NO_CONTACT, unknown, nowhere, columns, shown, masked=True),
            Check(OUTSIDE, pl.col("__outside"), outside, columns, shown, masked=True),
        ]
        if timed:
            checks.append(
                Check(
                    TOO_EARLY,
                    pl.col(at) < pl.col("__begin") - _SLACK,
                    f"{_THING[name]} before the contact began (a wrong time zone?)",
                    (f"{name}.{at}", f"contacts.{begin}"),
                    {at: pl.col(at), "contact began": pl.col("__begin")},
                    among=pl.col("__known").is_not_null(),
                )
            )
        yield Checked(name, joined, tuple(checks))


_THING = {
    "invitations": "a response",
    "cases": "an opening",
    "evaluations": "an evaluation",
    "legs": "an end",
}


def _of_invitations(stored: Mapping[str, Stored], scan: Scan, rejected: Places) -> Iterator[Checked]:
    if "answers" not in stored or "invitations" not in stored:
        return
    known = scan("invitations").select("invitation_id", pl.lit(True).alias("__known")).unique()
    own = scan("answers").select("file", "line", "invitation_id").join(known, on="invitation_id", how="left")
    missing = Check(
        NO_INVITATION,
        pl.col("__known").is_null() & pl.col("invitation_id").is_not_null(),
        f"an invitation that is in no file{among_rejected(rejected, 'invitations')}",
        ("answers.invitation_id",),
        {"invitation_id": pl.col("invitation_id")},
        masked=True,
    )
    yield Checked("answers", own, (missing,))


def _of_agents(
    stored: Mapping[str, Stored], tables: Mapping[str, Table], scan: Scan, zone: str, rejected: Places
) -> Iterator[Checked]:
    if "agents" not in stored:
        return
    ends = "left_on" in stored["agents"].supplied
    first, last = pl.col("hired_on").min(), pl.col("left_on").max()
    # Somebody with a spell that goes on is still there.
    until = pl.when(pl.col("left_on").is_null().any()).then(None).otherwise(last) if ends else pl.lit(None, pl.Date)
    spells = scan("agents").group_by("agent_id").agg(first.alias("__hired"), until.alias("__left"))
    among = among_rejected(rejected, "agents")
    perhaps = f"{among}; else " if among else "; "
    for name, held in stored.items():
        if name == "agents" or "agent_id" not in held.supplied:
            continue
        time = own_time(tables[name], held.supplied)
        timed = time is not None and name in ("contacts", "legs", "agent_time", "moves")
        day = local_day(tables[name], time, zone) if timed and time is not None else pl.lit(None, pl.Date).alias("day")
        own = scan(name).select("file", "line", "agent_id", day).drop_nulls("agent_id")
        missing = Check(
            NO_MOVER if name == "moves" else NO_AGENT,
            pl.col("__hired").is_null(),
            f"an agent who is on no roster{perhaps}a line in people.csv joins a login to its owner",
            (f"{name}.agent_id",),
            {"agent_id": pl.col("agent_id")},
            masked=True,
        )
        away = Check(
            NOT_EMPLOYED,
            (pl.col("day") < pl.col("__hired")) | (pl.col("day") > pl.col("__left")),
            "a day before the agent was hired or after they left",
            (f"{name}.agent_id", "agents.hired_on", "agents.left_on"),
            {"day": pl.col("day"), "hired": pl.col("__hired"), "left": pl.col("__left")},
            among=pl.col("__hired").is_not_null(),
        )
        yield Checked(name, own.join(spells, on="agent_id", how="left"), (missing, away) if timed else (missing,))
