"""The canonical tables: columns, types, keys, look-ups, and what is known only once a contact was answered.

Physical types in Parquet: instants are ``Datetime("us")`` without a zone, meaning UTC; dates are ``Date``; durations
are ``Float64`` seconds to the millisecond (names end in ``_s``); numbers ``Float64``; integers ``Int64``; identifiers
and text ``String``; booleans ``Boolean``. Every table also holds ``source`` (the system the record came from), so that
a key is (source, id).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import polars as pl

ColumnType = Literal["text", "number", "integer", "boolean", "instant", "date", "duration"]

# How each type is stored; what the types mean stands at the head of this module.
POLARS_TYPES: Mapping[ColumnType, pl.DataType] = {
    "text": pl.String(),
    "number": pl.Float64(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "instant": pl.Datetime("us"),
    "date": pl.Date(),
    "duration": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, and three facts that decide what may be asked of it.

    ``event``: the instant or date records something that happened, so it counts towards ``through`` (a due date does
    not). ``known``: ``"always"``, or ``"answered"`` where the column is filled only once somebody answered the contact.
    ``role``: ``"identifier"`` and ``"free text"`` values are masked on terminals and in logs.
    """

    type: ColumnType
    event: bool = False
    known: Literal["always", "answered"] = "always"
    role: Literal["plain", "identifier", "free text"] = "plain"


@dataclass(frozen=True, slots=True)
class Lookup:
    """A many-to-one step from one table to another: ``on`` names the column, of the same name on both sides."""

    table: str
    on: str


@dataclass(frozen=True, slots=True)
class History:
    """Where the earlier values of a spell's columns are kept: a table of changes, each with the value before it.

    ``before`` maps a column of the spell to the column of the change that holds what it was until ``at``.
    """

    table: str
    on: str
    at: str
    before: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    ``key``: columns that, with ``source``, identify a row. ``time``: dotted names; the first that is not null is the
    row's default time. ``seen``: dotted names, likewise; when the row came into view, compared with as_of. ``lookups``
    are searched in this order. ``span``: first and last day of a spell, which makes ``stock`` possible. ``history``:
    where earlier values of a spell's columns stand.
    """

    name: str
    row: str
    key: tuple[str, ...]
    time: tuple[str, ...]
    columns: Mapping[str, Column]
    seen: tuple[str, ...] = ()
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    span: tuple[str, str] | None = None
    history: History | None = None


_text = Column("text")
_id = Column("text", role="identifier")
_note = Column("text", role="free text")
_number = Column("number")
_integer = Column("integer")
_boolean = Column("boolean")
_duration = Column("duration")
_happened = Column("instant", event=True)
_instant = Column("instant")
_day = Column("date", event=True)


def _answered(column: Column) -> Column:
    return replace(column, known="answered")


_AGENT = Lookup("agents", "agent_id")
_CONTACT = Lookup("contacts", "contact_id")

TABLES: Mapping[str, Table] = {
    table.name: table
    for table in (
        Table(
            name="contacts",
            row="one contact of a customer, its legs folded in",
            key=("contact_id",),
            time=("ended_at",),
            seen=("ended_at",),
            lookups={"agent": _AGENT},
            columns={
                "contact_id": _id,
                "customer_id": _id,
                "agent_id": _answered(_id),
                "queue": _text,
                "channel": _text,
                "direction": _text,
                "reason": _answered(_text),
                "vendor": _text,
                "site": _text,
                "started_at": _happened,
                "queued_at": _happened,
                "answered_at": _answered(_happened),
                "ended_at": _happened,
                "wait_s": _duration,
                "ring_s": _duration,
                "dial_s": _duration,
                "ivr_s": _duration,
                "talk_s": _duration,
                "hold_s": _duration,
                "wrap_s": _duration,
                "silence_s": _duration,
                "abandoned": _boolean,
                "callback_requested_at": _happened,
                "transfers": _integer,
                "escalated": _boolean,
                "resolved": _answered(_boolean),
                "resolvable": _boolean,
                "disposition": _answered(_text),
                "difficult": _boolean,
                "cost": _number,
            },
        ),
        Table(
            name="legs",
            row="one agent's part of a contact",
            key=("contact_id", "leg_no"),
            time=("ended_at",),
            seen=("ended_at",),
            lookups={"contact": _CONTACT, "agent": _AGENT},
            columns={
                "contact_id": _id,
                "leg_no": _integer,
                "agent_id": _id,
                "queue": _text,
                "started_at": _happened,
                "ended_at": _happened,
                "talk_s": _duration,
                "hold_s": _duration,
                "wrap_s": _duration,
                "outcome": _text,
            },
        ),
        Table(
            name="cases",
            row="one CRM case",
            key=("case_id",),
            time=("opened_at",),
            seen=("opened_at",),
            lookups={"contact": _CONTACT},
            columns={
                "case_id": _id,
                "customer_id": _id,
                "contact_id": _id,
                "opened_at": _happened,
                "first_reply_at": _happened,
                "closed_at": _happened,
                "reopens": _integer,
                "agent_replies": _integer,
                "priority": _text,
                "reason": _text,
                "root_cause": _text,
                "complaint": _boolean,
                "outcome": _text,
                "escalated_at": _happened,
                "due_at": _instant,
                "cost": _number,
            },
        ),
        Table(
            name="invitations",
            row="one survey invitation",
            key=("invitation_id",),
            time=("contact.ended_at", "sent_at", "responded_at"),
            seen=("sent_at", "responded_at"),
            lookups={"contact": _CONTACT, "agent": _AGENT},
            columns={
                "invitation_id": _id,
                "contact_id": _id,
                "customer_id": _id,
                "agent_id": _id,
                "sent_at": _happened,
                "delivered_at": _happened,
                "responded_at": _happened,
                "followed_up_at": _happened,
                "follow_up_due_at": _instant,
            },
        ),
        Table(
            name="answers",
            row="one answered question",
            key=("invitation_id", "question"),
            time=("invitation.contact.ended_at", "invitation.sent_at", "invitation.responded_at"),
            seen=("invitation.responded_at",),
            lookups={"invitation": Lookup("invitations", "invitation_id")},
            columns={
                "invitation_id": _id,
                "question": _text,
                "score": _number,
                "scale_min": _number,
                "scale_max": _number,
                "text": _note,
            },
        ),
        Table(
            name="evaluations",
            row="one scored section of one evaluation",
            key=("evaluation_id", "section"),
            time=("evaluated_at",),
            seen=("evaluated_at",),
            lookups={"agent": _AGENT, "contact": _CONTACT},
            columns={
                "evaluation_id": _id,
                "section": _text,
                "contact_id": _id,
                "agent_id": _id,
                "evaluated_at": _happened,
                "points": _number,
                "points_available": _number,
                "error_class": _text,
                "critical_fail": _boolean,
            },
        ),
        Table(
            name="agents",
            row="one spell of employment",
            key=("agent_id", "hired_on"),
            time=("hired_on",),
            seen=("hired_on",),
            span=("hired_on", "left_on"),
            history=History("moves", "agent_id", "moved_on", {"team": "from_team", "site": "from_site"}),
            columns={
                "agent_id": _id,
                "hired_on": _day,
                "name": _id,
                "left_on": _day,
                "leave_type": _text,
                "team": _text,
                "site": _text,
                "supervisor": _id,
                "competent_on": _day,
                "entered_on": _day,
            },
        ),
        Table(
            name="moves",
            row="one change of team or site",
            key=("agent_id", "moved_on"),
            time=("moved_on",),
            seen=("moved_on",),
            lookups={"agent": _AGENT},
            columns={
                "agent_id": _id,
                "moved_on": _day,
                "from_team": _text,
                "to_team": _text,
                "from_site": _text,
                "to_site": _text,
            },
        ),
        Table(
            name="agent_time",
            row="one stretch in one state",
            key=("agent_id", "state", "started_at"),
            time=("started_at",),
            seen=("started_at",),
            lookups={"agent": _AGENT},
            columns={
                "agent_id": _id,
                "state": _text,
                "started_at": _happened,
                "ended_at": _happened,
                "duration_s": _duration,
                "on_queue": _boolean,
                "paid": _boolean,
                "scheduled_state": _text,
            },
        ),
        Table(
            name="intervals",
            row="one aggregate row of an interval report",
            key=("queue", "agent_id", "started_at", "length_s"),
            time=("started_at",),
            seen=("started_at",),
            lookups={"agent": _AGENT},
            columns={
                "queue": _text,
                "agent_id": _id,
                "started_at": _happened,
                "length_s": _duration,
                "offered": _integer,
                "answered": _integer,
                "threshold_s": _duration,
                "answered_in_threshold": _integer,
                "abandoned": _integer,
                "abandoned_in_threshold": _integer,
                "abandoned_short": _integer,
                "talk_s": _duration,
                "hold_s": _duration,
                "wrap_s": _duration,
                "wait_s": _duration,
            },
        ),
        Table(
            name="costs",
            row="one ledger line",
            key=("cost_id",),
            time=("month_start",),
            seen=("month_start",),
            columns={
                "cost_id": _id,
                "month_start": Column("date"),
                "month_end": Column("date"),
                "amount": _number,
                "currency": _text,
                "site": _text,
                "vendor": _text,
            },
        ),
    )
}


def with_columns(extra: Mapping[str, Mapping[str, ColumnType]]) -> Mapping[str, Table]:
    """The canonical tables with the further columns a catalogue declares (``tables: contacts: columns: …``)."""
    declared = dict(TABLES)
    for name, columns in extra.items():
        table = declared[name]
        declared[name] = replace(
            table, columns={**table.columns, **{column: Column(kind) for column, kind in columns.items()}}
        )
    return declared


def paths(tables: Mapping[str, Table], table: str, column: str) -> Iterable[tuple[str, ...]]:
    """Every way to read ``column`` from a row of ``table``, nearest first: own column, then look-ups as declared.

    A path is the names of the look-ups and then the column, ``("invitation", "contact", "queue")``. ``column`` may be
    dotted (``agent.site``), which fixes the path from any point on.
    """
    *steps, last = column.split(".")
    if not steps and last in tables[table].columns:
        yield (last,)
    for name, lookup in tables[table].lookups.items():
        if steps and steps[0] == name:
            yield from ((name, *path) for path in paths(tables, lookup.table, ".".join([*steps[1:], last])))
        else:
            yield from ((name, *path) for path in paths(tables, lookup.table, column))


def column_at(tables: Mapping[str, Table], table: str, path: tuple[str, ...]) -> Column:
    """The declared column at the end of a path from ``table``; KeyError where there is none."""
    for step in path[:-1]:
        table = tables[table].lookups[step].table
    return tables[table].columns[path[-1]]


@dataclass(frozen=True, slots=True)
class Stored:
    """One canonical table as written to Parquet, or a small one in memory.

    ``files``: its Parquet parts, all of one schema: every declared column, and ``source``. ``frame``: the same rows in
    memory, and then there are no files. ``supplied``: the declared
    columns that some input file fills. ``rows``. ``first`` and ``through``: oldest default time and newest event, UTC
    without zone.
    """

    table: str
    files: tuple[Path, ...]
    supplied: frozenset[str]
    rows: int
    first: datetime | None
    through: datetime | None
    frame: pl.DataFrame | None = field(default=None, compare=False, repr=False)

    def lazy(self) -> pl.LazyFrame:
        """Its rows, for a look at them that is no plan of an engine."""
        return pl.scan_parquet(list(self.files)) if self.frame is None else self.frame.lazy()

    def years(self, column: str) -> tuple[int, ...]:
        """The first and the last year of a column of dates or instants; none where it is empty."""
        return _years_of_files(self.files, column) if self.frame is None else _years(self.frame.lazy(), column)


def _years(rows: pl.LazyFrame, column: str) -> tuple[int, ...]:
    ends = rows.select(pl.col(column).min().alias("first"), pl.col(column).max().alias("last")).collect().row(0)
    return tuple(one.year for one in ends if one is not None)


@lru_cache(maxsize=256)
def _years_of_files(files: tuple[Path, ...], column: str) -> tuple[int, ...]:
    # Every pass of every metric asks, and files of a run do not change.
    return _years(pl.scan_parquet(list(files)), column)
