"""Several records to one contact: what its legs, or the events of a log, add up to.

A *leg* is one part of a contact as the vendor writes it: a queue, a ringing phone, one agent's conversation. It was
*answered* if ``answered_at`` is filled, or if it has an agent and ``talk_s`` above 0. Legs stand in the order of the
profile's ``legs: order`` (``started_at`` unless it says otherwise; empty ones last), then of the chain, then of file
and line. What a contact has of its legs:

======================================================  ===============================================================
column                                                  value
======================================================  ===============================================================
started_at, queued_at, answered_at, callback_…          the earliest
ended_at                                                the latest
wait_s, ivr_s, ring_s                                   sum up to and with the first answered leg; of all if none was
talk_s, hold_s, wrap_s, silence_s, dial_s, cost         sum
agent_id                                                the last agent who answered; null if nobody did
disposition, resolved                                   the last one filled
abandoned                                               false if any leg was answered, else true if any leg says so
transfers                                               the larger of what the legs say (sum) and the changes of agent
escalated, difficult, resolvable                        true if any leg says so
queue, customer_id, channel, direction and all others   the first one filled
======================================================  ===============================================================

*Changes of agent* are those from one answered leg to the next; a leg of a chain that comes after an answered one and
was abandoned proves one, too. Where the legs say no number, name no agent and were not abandoned, transfers stay null.

A column that no leg fills stays null: null is not zero. Durations and money are added up as whole millionths, so that
the order of legs cannot change a sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias, get_args

import polars as pl

from cxkpi.exports.findings import Finding, register
from cxkpi.tables import POLARS_TYPES, TABLES, ColumnType

Way: TypeAlias = Literal["first", "last", "sum", "min", "max", "any", "until_answer", "first_agent", "none"]
WAYS: tuple[str, ...] = get_args(Way)
"""How one column of several legs becomes one value; ``keep`` of a profile names them. The text ones skip nulls."""

ADDED = frozenset({"transfers"})
"""Columns of contacts that folding fills even where no rule does."""

PART_COLUMNS: Mapping[str, str] = {
    "contact_id": "contact_id",
    "agent_id": "agent_id",
    "queue": "queue",
    "started_at": "started_at",
    "ended_at": "ended_at",
    "talk_s": "talk_s",
    "hold_s": "hold_s",
    "wrap_s": "wrap_s",
    "outcome": "disposition",
}
"""Column of ``legs`` -> the column of the leg that fills it; ``leg_no`` is counted."""

_KEY = ("source", "contact_id")
_PLACE = ("file", "line")
_OF_LEG = ("leg_id", "leg_previous", "leg_depth")
_DEFAULT: Mapping[str, Way] = {
    "started_at": "min",
    "queued_at": "min",
    "answered_at": "min",
    "callback_requested_at": "min",
    "ended_at": "max",
    "wait_s": "until_answer",
    "ivr_s": "until_answer",
    "ring_s": "until_answer",
    "talk_s": "sum",
    "hold_s": "sum",
    "wrap_s": "sum",
    "silence_s": "sum",
    "dial_s": "sum",
    "cost": "sum",
    "agent_id": "last",
    "disposition": "last",
    "resolved": "last",
    "abandoned": "any",
    "transfers": "sum",
    "escalated": "any",
    "difficult": "any",
    "resolvable": "any",
}
# Within one leg of an event log a value may be told twice: the wait by CONNECT and again by COMPLETE.
_OF_EVENTS: Mapping[str, Way] = {
    **_DEFAULT,
    **dict.fromkeys((name for name, way in _DEFAULT.items() if way in ("sum", "until_answer")), "max"),
    "transfers": "sum",
    "cost": "sum",
}
_FITTING: Mapping[str, frozenset[ColumnType]] = {
    "sum": frozenset({"number", "integer", "duration"}),
    "until_answer": frozenset({"number", "integer", "duration"}),
    "any": frozenset({"boolean"}),
    "min": frozenset({"number", "integer", "duration", "instant", "date"}),
    "max": frozenset({"number", "integer", "duration", "instant", "date"}),
    "first_agent": frozenset({"number", "integer", "duration", "instant"}),
}
_PLACES = 6
_GRAIN = 10**_PLACES
# What is larger cannot be a duration or a price, and would not fit when added up.
_MOST = 1e24


def _said_open(one: Finding) -> str:
    contacts = "1 contact has" if one.count == 1 else f"{one.count:,} contacts have"
    first = "its last record is" if one.count == 1 else "the last record of the first is"
    return f"{one.path}: {contacts} no end ({first} on line {one.line}); not in any period until an export tells it."


UNENDED = register("F450", "warning", False, _said_open)


def misfit(column: str, type_: ColumnType, way: str) -> str | None:
    """Why ``keep: {column: way}`` cannot be meant, as the rest of a sentence about ``way``; None if it can."""
    if way not in WAYS:
        return "is not one of the ways to keep a column"
    if column in ("contact_id", "source"):
        return "cannot change the key"
    if type_ not in _FITTING.get(way, frozenset({type_})):
        return f"means nothing for a column of type {type_}"
    return None


def fold(
    legs: pl.DataFrame, keep: Mapping[str, str], order: Sequence[str], *, parts: bool = True, events: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The contacts of some legs, one per source and contact_id, and the rows of the table ``legs``.

    ``legs``: the columns of contacts, ``source``, ``file``, ``line`` and, where there are such, ``leg_id``,
    ``leg_previous`` and ``leg_depth`` (steps from the head of the chain). All legs of a contact must be in one call.
    ``keep``: column -> way, instead of the defaults at the head of this module; ``none`` leaves the column empty, and
    ``first_agent`` takes the largest of the legs that the first agent answered before another one did. ``max`` of
    transfers takes the place of their sum only, every other way also of the changes of agent.
    ``order``: columns that put legs in order. ``parts``: whether legs with an agent, answered or not, become rows of
    ``legs``, numbered from 1. ``events``: the records are events; they are first put together to legs. A leg then
    begins with each record that has ``queued_at``, or a further ``answered_at``, and a contact whose last leg has no
    ``ended_at`` has none either: it may still be waiting.

    Contacts have the columns of ``legs`` without those of the chain, sorted by source and contact_id; ``file`` and
    ``line`` are those of the first leg. The parts have the columns of the table ``legs``, ``source``, ``file`` and
    ``line``.
    """
    ordered = _ordered(legs, order)
    if events:
        ordered = _assembled(ordered)
    columns = [name for name in legs.columns if name not in _OF_LEG]
    contacts = _contacts(ordered, columns, keep, events)
    return contacts.select(columns), _parts(ordered if parts else ordered.clear())


def open_ended(legs: pl.DataFrame, contacts: pl.DataFrame) -> tuple[Finding, ...]:
    """Contacts that have no end though they have a beginning, by the file of their last record, with its line."""
    without = contacts.filter(pl.col("ended_at").is_null()).select(_KEY)
    if without.is_empty():
        return ()
    last = (
        legs.join(without, on=_KEY, how="semi", nulls_equal=True)
        .sort("started_at", *_PLACE, nulls_last=False)
        .group_by(_KEY)
        .agg(pl.col(*_PLACE).last())
        .sort(*_PLACE, *_KEY)
    )
    every = contacts.height
    return tuple(
        Finding(
            UNENDED,
            path=str(group["file"][0]),
            count=group.height,
            total=every,
            line=int(group["line"][0]),
            example=str(group["contact_id"][0]),
            masked=True,
            tables=("contacts",),
            columns=("contacts.ended_at",),
        )
        for group in last.partition_by("file", maintain_order=True)
    )


# -- in order, and events to legs -------------------------------------------------------------------------------------


def _ordered(legs: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Legs of one contact next to each other and in order; ``_contact`` numbers the contacts."""
    by = [name for name in (*order, "leg_depth", *_PLACE, "leg_id") if name in legs.columns]
    ordered = legs.sort(*_KEY, *by, nulls_last=True)
    return ordered.with_columns(pl.struct(_KEY).rle_id().alias("_contact"))


def _assembled(ordered: pl.DataFrame) -> pl.DataFrame:
    """Events put together to legs, in order."""
    queued = pl.col("queued_at").is_not_null().cast(pl.UInt32).cum_sum()
    events = ordered.with_columns(queued.alias("_queued"), pl.col("answered_at").is_not_null().alias("_taken"))
    # What comes before the answer belongs to the same leg as the answer; a second answer begins another leg.
    answer = pl.col("_taken").cum_sum().over("_contact", "_queued").clip(lower_bound=1)
    events = events.with_columns(answer.alias("_answer"))
    leg = pl.struct("_contact", "_queued", "_answer").rle_id().alias("_leg")
    events = events.with_columns(leg).drop("_queued", "_answer", "_taken")
    columns = [name for name in events.columns if name not in ("_leg", *_PLACE)]
    values = [_combined(name, _OF_EVENTS.get(name, "first")) for name in columns]
    return events.group_by("_leg", maintain_order=True).agg(*values, pl.col(*_PLACE).first()).drop("_leg")


# -- contacts ---------------------------------------------------------------------------------------------------------


def _contacts(ordered: pl.DataFrame, columns: Sequence[str], keep: Mapping[str, str], events: bool) -> pl.DataFrame:
    ways = {name: keep.get(name, _DEFAULT.get(name, "first")) for name in columns if name not in (*_KEY, *_PLACE)}
    prepared = _prepared(ordered, ways)
    neighbours = pl.col("_contact").eq_missing(pl.col("_contact").shift(1)) | pl.col("_contact").eq_missing(
        pl.col("_contact").shift(-1)
    )
    several = (
        prepared.filter(neighbours)
        .group_by("_contact", maintain_order=True)
        .agg(
            pl.col(*_KEY, *_PLACE).first(),
            *(_combined(name, way) for name, way in ways.items()),
            pl.col("_answered", "_named", "_passed").any(),
            pl.col("_changed").sum(),
            pl.col("_open").last(),
        )
    )
    contacts = pl.concat([prepared.filter(~neighbours).select(several.columns), several]).sort("_contact")
    finished: dict[str, pl.Expr] = {}
    for name, way in ways.items():
        if way == "none":
            finished[name] = pl.lit(None, dtype=ordered.schema[name])
        elif _is_summed(way) and ordered.schema[name] == pl.Float64:
            # Dividing by a constant multiplies by its inverse; ``round`` gives the nearest double.
            finished[name] = (pl.col(name).cast(pl.Float64) / _GRAIN).round(_PLACES)
    if "abandoned" not in keep:
        finished["abandoned"] = pl.col("abandoned") & ~pl.col("_answered")
    if keep.get("transfers") in (None, "max"):
        changes = pl.max_horizontal("_changed", pl.col("_passed").cast(pl.Int64))
        given_up = pl.col("abandoned").fill_null(False) & ~pl.col("_answered")
        told = pl.col("_named") | pl.col("_passed") | given_up
        finished["transfers"] = pl.max_horizontal("transfers", pl.when(told).then(changes))
    if events and "ended_at" not in keep:
        finished["ended_at"] = pl.when(~pl.col("_open")).then("ended_at")
    return contacts.with_columns(**finished)


def _prepared(ordered: pl.DataFrame, ways: Mapping[str, str]) -> pl.DataFrame:
    """Columns such that those of the only leg of a contact are the contact's, and several legs add up column-wise."""
    legs = ordered.with_columns(_answered().alias("_answered"), pl.col("ended_at").is_null().alias("_open"))
    legs = legs.with_columns((pl.col("_answered").cum_sum() - pl.col("_answered").cast(pl.UInt32)).alias("_before"))
    after = pl.col("_before") > pl.col("_before").first().over("_contact")
    follows = (pl.col("leg_depth") > 0).fill_null(False) if "leg_depth" in legs.columns else pl.lit(False)
    given_up = pl.col("abandoned").fill_null(False) & ~pl.col("_answered")
    legs = legs.with_columns(
        (~after).alias("_until"),
        (after & follows & given_up).alias("_passed"),
        pl.col("agent_id").is_not_null().alias("_named"),
        _changed().alias("_changed"),
    )
    if "first_agent" in ways.values():
        unchanged = pl.col("_changed").cum_sum().over("_contact") == 0
        legs = legs.with_columns((pl.col("_answered") & unchanged).alias("_first"))
    changed: dict[str, pl.Expr] = {}
    for name, way in ways.items():
        column = pl.col(name)
        if _is_summed(way) and ordered.schema[name] == pl.Float64:
            column = (column.clip(-_MOST, _MOST) * _GRAIN).round().cast(pl.Int128)
        if way == "until_answer":
            column = pl.when("_until").then(column)
        elif way == "first_agent":
            column = pl.when("_first").then(column)
        elif name == "agent_id":
            column = pl.when("_answered").then(column)
        changed[name] = column
    return legs.with_columns(**changed)


def _answered() -> pl.Expr:
    spoke = (pl.col("talk_s") > 0) & pl.col("agent_id").is_not_null()
    return pl.col("answered_at").is_not_null() | spoke.fill_null(False)


def _changed() -> pl.Expr:
    """1 where another agent answers than did on the answered leg before, of the same contact."""
    answers = pl.col("_answered") & pl.col("agent_id").is_not_null()
    last = pl.when(answers).then(pl.struct("_contact", "agent_id")).forward_fill().shift(1)
    same = last.struct.field("_contact") == pl.col("_contact")
    return (answers & same & (last.struct.field("agent_id") != pl.col("agent_id"))).fill_null(False).cast(pl.Int64)


def _is_summed(way: str) -> bool:
    return way in ("sum", "until_answer")


def _combined(name: str, way: str) -> pl.Expr:
    """One value of several; null only where there is none."""
    column = pl.col(name)
    if _is_summed(way):
        return pl.when(column.count() > 0).then(column.sum()).alias(name)
    if way in ("max", "any", "first_agent"):
        return column.max()
    if way == "min":
        return column.min()
    if way == "last":
        return column.last(ignore_nulls=True)
    return column.first(ignore_nulls=True)


# -- the table legs ---------------------------------------------------------------------------------------------------


def _parts(ordered: pl.DataFrame) -> pl.DataFrame:
    """A row of ``legs`` for each leg that names an agent."""
    ours = ordered.filter(pl.col("agent_id").is_not_null())
    filled = {name: pl.col(of) for name, of in PART_COLUMNS.items()}
    filled["leg_no"] = pl.int_range(pl.len(), dtype=pl.Int64).over("_contact") + 1
    columns = [
        filled.get(name, pl.lit(None)).cast(POLARS_TYPES[column.type]).alias(name)
        for name, column in TABLES["legs"].columns.items()
    ]
    return ours.select(*columns, "source", *_PLACE)
