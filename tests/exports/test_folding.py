"""Several records to one contact: vendors' legs worked by hand, and random ones against an account in plain Python."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.exports.joining import folding
from cxkpi.tables import POLARS_TYPES, TABLES

CONTACTS = TABLES["contacts"].columns
SCHEMA = {
    **{name: POLARS_TYPES[column.type] for name, column in CONTACTS.items()},
    "campaign": pl.String(),
    "source": pl.String(),
    "file": pl.String(),
    "line": pl.Int64(),
    "leg_id": pl.String(),
    "leg_depth": pl.UInt32(),
}
DAY = datetime(2026, 8, 21)


def at(clock: str) -> datetime:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return DAY + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Legs as the pipeline hands them over; lines are counted where a row has none."""
    every = [
        {**dict.fromkeys(SCHEMA), "source": "acd", "file": "a.csv", "line": number + 2, "contact_id": "c1", **row}
        for number, row in enumerate(rows)
    ]
    return pl.DataFrame(every, schema=SCHEMA)


def folded(
    rows: Sequence[Mapping[str, Any]], keep: Mapping[str, str] | None = None, **options: Any
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    contacts, parts = folding.fold(frame(rows), keep or {}, ["started_at"], **options)
    return contacts.to_dicts(), parts.to_dicts()


def has(row: Mapping[str, Any], **expected: Any) -> None:
    assert {name: row[name] for name in expected} == expected


# -- vendors, by hand -------------------------------------------------------------------------------------------------


def test_five9_inbound_and_third_party_transfer():
    """The published rows of call 300000010270763: the transfer leg stands first in the file and has no agent."""
    transfer = {
        "leg_id": "3rd party transfer",
        "started_at": at("09:00:12"),
        "queue": "Confirmation - Inbound",
        "ivr_s": 233.0,
        "cost": 0.0304,
        "customer_id": "7275550105",
    }
    inbound = {
        "leg_id": "Inbound",
        "started_at": at("09:00:04"),
        "disposition": "Transferred To 3rd Party",
        "direction": "inbound",
        "ivr_s": 233.0,
        "cost": 0.0312,
        "abandoned": False,
        "customer_id": "7275550105",
    }
    # Both legs repeat the time the call spent in the IVR, so the profile keeps the larger one. Neither says how often
    # it was transferred, and no agent is named from whom.
    ((contact,), parts) = folded([transfer, inbound], {"ivr_s": "max"})
    has(contact, started_at=at("09:00:04"), direction="inbound", ivr_s=233.0, cost=0.0616, abandoned=False)
    has(contact, disposition="Transferred To 3rd Party", agent_id=None, transfers=None, file="a.csv", line=3)
    assert parts == []


def test_cxone_chain_of_three_agents():
    """A, B and C in turn; the times of the second and third leg round to the same second, the chain tells the order."""
    legs = [
        {"agent_id": "C", "started_at": at("10:05:00"), "leg_depth": 2, "wait_s": 5.0, "talk_s": 60.0, "wrap_s": 20.0},
        {"agent_id": "B", "started_at": at("10:05:00"), "leg_depth": 1, "wait_s": 0.0, "talk_s": 1.0, "wrap_s": 0.0},
        {"agent_id": "A", "started_at": at("10:00:00"), "leg_depth": 0, "wait_s": 30.0, "talk_s": 240.0, "hold_s": 9.0},
    ]
    ((contact,), parts) = folded(legs)
    # The customer waited 30 s for A; the 5 s before C are not the wait for an answer.
    has(contact, agent_id="C", wait_s=30.0, talk_s=301.0, hold_s=9.0, wrap_s=20.0, transfers=2, abandoned=False)
    assert [(part["leg_no"], part["agent_id"], part["talk_s"]) for part in parts] == [
        (1, "A", 240.0),
        (2, "B", 1.0),
        (3, "C", 60.0),
    ]


def test_connect_transfer_to_a_queue_that_is_abandoned():
    """The first leg was answered, so the contact was not abandoned although its second leg was."""
    first = {
        "started_at": at("11:00:00"),
        "queued_at": at("11:00:10"),
        "answered_at": at("11:00:40"),
        "ended_at": at("11:05:00"),
        "agent_id": "mtully",
        "queue": "Sales",
        "wait_s": 30.0,
        "talk_s": 250.0,
        "wrap_s": 15.0,
        "abandoned": False,
    }
    second = {
        "started_at": at("11:05:00"),
        "queued_at": at("11:05:00"),
        "ended_at": at("11:09:00"),
        "queue": "Service",
        "wait_s": 240.0,
        "abandoned": True,
    }
    ((contact,), parts) = folded([first, second])
    has(contact, queue="Sales", agent_id="mtully", abandoned=False, wait_s=30.0, talk_s=250.0, transfers=0)
    has(contact, answered_at=at("11:00:40"), ended_at=at("11:09:00"), queued_at=at("11:00:10"))
    assert len(parts) == 1


def test_talkdesk_ring_group_fallback():
    """Nobody of the first ring group picks up, the second does: the wait is that of both, and no transfer."""
    missed = {"started_at": at("12:00:00"), "wait_s": 25.0, "ring_s": 20.0, "queue": "Tier 1", "abandoned": True}
    taken = {"started_at": at("12:00:25"), "wait_s": 10.0, "ring_s": 4.0, "queue": "Tier 2", "abandoned": False}
    taken |= {"answered_at": at("12:00:35"), "agent_id": "u7", "talk_s": 90.0}
    ((contact,), _) = folded([taken, missed])
    has(contact, queue="Tier 1", wait_s=35.0, ring_s=24.0, abandoned=False, agent_id="u7", transfers=0)


def test_threecx_queue_rings_three_extensions():
    """Rows of one call id: three extensions rang, one answered. One agent, no transfer; the legs are all there."""
    rows = [
        {"agent_id": "117", "started_at": at("11:41:48"), "ring_s": 12.0, "talk_s": 0.0, "disposition": "Unanswered"},
        {"agent_id": "118", "started_at": at("11:41:48"), "ring_s": 12.0, "talk_s": 0.0, "disposition": "Unanswered"},
        {"agent_id": "119", "started_at": at("11:41:48"), "ring_s": 12.0, "talk_s": 75.0, "disposition": "Answered"},
    ]
    ((contact,), parts) = folded(rows, {"ring_s": "max"})
    has(contact, agent_id="119", transfers=0, talk_s=75.0, ring_s=12.0, disposition="Answered")
    assert [part["outcome"] for part in parts] == ["Unanswered", "Unanswered", "Answered"]


def test_one_agent_on_two_legs_has_handed_nothing_over():
    """Changes of agent are counted from answered leg to answered leg, not legs: A, A, then B, then A again."""
    legs = [
        {"agent_id": agent, "started_at": at(f"10:0{n}:00"), "talk_s": talk, "abandoned": False}
        for n, (agent, talk) in enumerate([("A", 9.0), ("A", 9.0), ("C", 0.0), ("B", 9.0), (None, None), ("A", 9.0)])
    ]
    assert folded(legs[:3])[0][0]["transfers"] == 0
    assert folded(legs)[0][0]["transfers"] == 2


def test_the_largest_of_the_legs_does_not_hide_a_change_of_agent():
    """Five9 repeats TRANSFERS on each row, and leaves it empty on some: A hands over to B, then B to C."""
    legs = [
        {"agent_id": agent, "started_at": at(f"09:0{n}:00"), "talk_s": 60.0, "transfers": number}
        for n, (agent, number) in enumerate([("A", 1), ("B", 1), ("C", None)])
    ]
    assert folded(legs, {"transfers": "max"})[0][0]["transfers"] == 2
    assert folded(legs[:1], {"transfers": "max"})[0][0]["transfers"] == 1
    assert folded(legs[:1] * 2, {"transfers": "sum"})[0][0]["transfers"] == 2
    assert folded([{**leg, "transfers": None} for leg in legs], {"transfers": "sum"})[0][0]["transfers"] is None


@pytest.mark.parametrize(
    ("depth", "queue", "abandoned", "transfers"),
    [(1, "Tech", True, 1), (None, "Tech", True, 0), (1, "Tech", False, 0), (1, "Sales", True, 1)],
)
def test_a_leg_of_a_chain_abandoned_after_an_answer_was_handed_over(depth, queue, abandoned, transfers):
    taken = {"agent_id": "501", "started_at": at("09:00:00"), "talk_s": 90.0, "queue": "Sales", "abandoned": False}
    given_up = {"started_at": at("09:02:00"), "queue": queue, "abandoned": abandoned, "leg_depth": depth}
    ((contact,), _) = folded([{**taken, "leg_depth": None if depth is None else 0}, given_up])
    has(contact, transfers=transfers, abandoned=False)


def test_a_leg_of_a_chain_abandoned_before_the_answer_was_not():
    """A callback: the first leg was given up in the queue, the second answered."""
    given_up = {"started_at": at("09:00:00"), "abandoned": True, "leg_depth": 0}
    taken = {"agent_id": "501", "started_at": at("09:30:00"), "talk_s": 90.0, "leg_depth": 1}
    assert folded([given_up, taken])[0][0]["transfers"] == 0


def test_legs_that_say_nothing_of_agents_leave_transfers_unknown():
    segments = [{"started_at": at("13:00:00"), "queue": "A"}, {"started_at": at("13:01:00"), "queue": "B"}]
    assert folded(segments)[0][0]["transfers"] is None
    assert folded([*segments, {"abandoned": True}])[0][0]["transfers"] == 0
    assert folded([*segments, {"agent_id": "x"}])[0][0]["transfers"] == 0
    assert folded([*segments, {"transfers": 0}])[0][0]["transfers"] == 0


def test_the_first_agents_conversation_told_on_two_rows():
    """Queue and phone of one agent, then a colleague: the phone says when it was picked up."""
    queue = {"agent_id": "201", "started_at": at("09:00:00"), "answered_at": at("09:00:00")}
    phone = {
        "agent_id": "201",
        "started_at": at("09:00:05"),
        "answered_at": at("09:00:10"),
        "ring_s": 5.0,
        "talk_s": 70.0,
    }
    colleague = {"agent_id": "202", "started_at": at("09:01:20"), "answered_at": at("09:01:28"), "ring_s": 8.0}
    keep = {"answered_at": "first_agent", "ring_s": "first_agent"}
    contacts = folded(
        [
            *({**leg, "contact_id": "c1"} for leg in (queue, phone, {**colleague, "talk_s": 30.0})),
            *({**leg, "contact_id": "c2"} for leg in (queue, colleague)),
            {"contact_id": "c3", "agent_id": "203", "ring_s": 9.0},
        ],
        keep,
    )[0]
    has(contacts[0], answered_at=at("09:00:10"), ring_s=5.0, talk_s=100.0, transfers=1, agent_id="202")
    has(contacts[1], answered_at=at("09:00:00"), ring_s=None, transfers=1)
    has(contacts[2], answered_at=None, ring_s=None, transfers=0)


def test_eight_by_eight_journey_over_two_queues_nobody_answers():
    """Both segments of the journey wait in vain: one abandoned contact that waited for both."""
    rows = [
        {"started_at": at("13:00:00"), "ended_at": at("13:01:00"), "queue": "A", "wait_s": 60.0, "abandoned": False},
        {"started_at": at("13:01:00"), "ended_at": at("13:03:00"), "queue": "B", "wait_s": 120.0, "abandoned": True},
    ]
    ((contact,), parts) = folded(rows)
    has(contact, queue="A", wait_s=180.0, abandoned=True, agent_id=None, transfers=0, ended_at=at("13:03:00"))
    assert parts == []


def test_freepbx_channels_of_one_linkedid():
    """A queue rings four phones: three rows NO ANSWER, one ANSWERED; afterwards its agent transfers to a colleague."""
    ringing = [
        {"agent_id": f"20{n}", "started_at": at("14:00:00"), "disposition": "NO ANSWER", "talk_s": 0.0, "line": 10 + n}
        for n in (1, 2, 3)
    ]
    answered = {"agent_id": "204", "started_at": at("14:00:00"), "talk_s": 100.0, "disposition": "ANSWERED", "line": 9}
    colleague = {"agent_id": "300", "started_at": at("14:01:40"), "talk_s": 50.0, "disposition": "ANSWERED", "line": 5}
    ((contact,), parts) = folded([*ringing, answered, colleague])
    has(contact, agent_id="300", transfers=1, talk_s=150.0, disposition="ANSWERED")
    assert len(parts) == 5


# -- an event log -----------------------------------------------------------------------------------------------------


def event(epoch: int, callid: str, queue: str, agent: str, name: str, *parameters: str) -> dict[str, Any]:
    """A line of queue_log as a profile reads it."""
    when = datetime(1970, 1, 1) + timedelta(seconds=epoch)
    row: dict[str, Any] = {"contact_id": callid, "queue": queue, "started_at": when, "leg_id": f"{epoch}{name}"}
    if name == "ENTERQUEUE":
        row |= {"queued_at": when, "customer_id": parameters[1]}
    if name == "CONNECT":
        row |= {"answered_at": when, "agent_id": agent, "wait_s": float(parameters[0]), "ring_s": float(parameters[2])}
    if name.startswith("COMPLETE"):
        row |= {"ended_at": when, "agent_id": agent, "wait_s": float(parameters[0]), "talk_s": float(parameters[1])}
    if name == "BLINDTRANSFER":
        row |= {"ended_at": when, "agent_id": agent, "wait_s": float(parameters[2]), "talk_s": float(parameters[3])}
        row |= {"transfers": 1}
    if name == "ABANDON":
        row |= {"ended_at": when, "wait_s": float(parameters[2]), "abandoned": True}
    if name == "EXITWITHTIMEOUT":
        row |= {"ended_at": when, "wait_s": float(parameters[2])}
    return row


def test_queue_log_published_lines():
    """The lines of the Asterisk documentation: one abandon, two handled, one abandon."""
    rows = [
        event(1596512941, "1596512941.163", "support", "NONE", "ENTERQUEUE", "", "7000", "1"),
        event(1596513009, "1596512941.163", "support", "NONE", "ABANDON", "1", "1", "68"),
        event(1699286234, "1699286234.123", "8000", "NONE", "ENTERQUEUE", "", "7145", "1"),
        event(1699286240, "1699286234.123", "8000", "7140", "CONNECT", "6", "1699286234.124", "3"),
        event(1699286265, "1699286234.123", "8000", "7140", "COMPLETECALLER", "6", "25", "1"),
        event(1784160000, "1.1", "700", "NONE", "ENTERQUEUE", "", "441632960111", "1"),
        event(1784160010, "1.1", "700", "PJSIP/201", "CONNECT", "10", "1.2", "3"),
        event(1784160130, "1.1", "700", "PJSIP/201", "COMPLETEAGENT", "10", "120", "1"),
        event(1784160200, "1.2", "700", "NONE", "ENTERQUEUE", "", "441632960222", "1"),
        event(1784160290, "1.2", "700", "NONE", "ABANDON", "1", "1", "90"),
    ]
    contacts, parts = folded(rows, events=True)
    assert [(c["contact_id"], c["agent_id"], c["wait_s"], c["talk_s"], c["abandoned"]) for c in contacts] == [
        ("1.1", "PJSIP/201", 10.0, 120.0, False),
        ("1.2", None, 90.0, None, True),
        ("1596512941.163", None, 68.0, None, True),
        ("1699286234.123", "7140", 6.0, 25.0, False),
    ]
    assert [c["transfers"] for c in contacts] == [0, 0, 0, 0]
    assert [(p["contact_id"], p["leg_no"], p["agent_id"], p["talk_s"]) for p in parts] == [
        ("1.1", 1, "PJSIP/201", 120.0),
        ("1699286234.123", 1, "7140", 25.0),
    ]
    has(parts[0], started_at=datetime(2026, 7, 16), ended_at=datetime(2026, 7, 16, 0, 2, 10))


def test_queue_log_several_queues_under_one_callid():
    """20 s in sales, time-out; 15 s in support, Ann; blindly transferred; 5 s in billing, Bo."""
    rows = [
        event(100, "x", "sales", "NONE", "ENTERQUEUE", "", "4711", "1"),
        event(120, "x", "sales", "NONE", "EXITWITHTIMEOUT", "1", "1", "20"),
        event(121, "x", "support", "NONE", "ENTERQUEUE", "", "4711", "1"),
        event(136, "x", "support", "Ann", "CONNECT", "15", "y", "4"),
        event(196, "x", "support", "Ann", "BLINDTRANSFER", "600", "default", "15", "60", "1"),
        event(196, "x", "billing", "NONE", "ENTERQUEUE", "", "4711", "1"),
        event(201, "x", "billing", "Bo", "CONNECT", "5", "z", "2"),
        event(241, "x", "billing", "Bo", "COMPLETECALLER", "5", "40", "1"),
    ]
    ((contact,), parts) = folded(rows, events=True)
    has(contact, queue="sales", customer_id="4711", wait_s=35.0, ring_s=4.0, talk_s=100.0, agent_id="Bo", transfers=1)
    assert [(p["leg_no"], p["queue"], p["agent_id"], p["talk_s"]) for p in parts] == [
        (1, "support", "Ann", 60.0),
        (2, "billing", "Bo", 40.0),
    ]


def test_queue_log_missing_exits_are_counted_with_the_line_of_the_last_event():
    rows = [
        event(100, "a", "sales", "NONE", "ENTERQUEUE", "", "1", "1"),
        event(100, "b", "sales", "NONE", "ENTERQUEUE", "", "2", "1"),
        event(110, "b", "sales", "Ann", "CONNECT", "10", "y", "4"),
        event(120, "c", "sales", "NONE", "ENTERQUEUE", "", "3", "1"),
        event(150, "c", "sales", "NONE", "EXITWITHTIMEOUT", "1", "1", "30"),
        event(151, "c", "support", "NONE", "ENTERQUEUE", "", "3", "1"),
        event(160, "d", "sales", "NONE", "ENTERQUEUE", "", "4", "1"),
        event(170, "d", "sales", "NONE", "ABANDON", "1", "1", "10"),
    ]
    legs = frame(rows)
    contacts, _ = folding.fold(legs, {}, ["started_at"], events=True)
    # c left one queue and entered another: where it ended is not known, though one of its legs has an end.
    assert contacts.select("contact_id", "ended_at").rows() == [
        ("a", None),
        ("b", None),
        ("c", None),
        ("d", datetime(1970, 1, 1, 0, 2, 50)),
    ]
    (finding,) = folding.open_ended(legs, contacts)
    assert (finding.count, finding.total, finding.line, finding.example) == (3, 4, 2, "a")
    assert finding.message == (
        "a.csv: 3 contacts have no end (the last record of the first is on line 2); not in any period until an export "
        "tells it."
    )


def test_open_ended_names_every_file_and_nothing_where_all_ended():
    rows = [
        {"contact_id": "a", "file": "one.csv", "line": 2},
        {"contact_id": "a", "file": "two.csv", "line": 7},
        {"contact_id": "b", "file": "one.csv", "line": 3},
        {"contact_id": "c", "file": "one.csv", "line": 4, "ended_at": at("01:00:00")},
    ]
    legs = frame(rows)
    contacts, _ = folding.fold(legs, {}, ["started_at"])
    found = folding.open_ended(legs, contacts)
    assert [(one.path, one.count, one.line) for one in found] == [("one.csv", 1, 3), ("two.csv", 1, 7)]
    ended, _ = folding.fold(legs.filter(contact_id="c"), {}, ["started_at"])
    assert folding.open_ended(legs, ended) == ()


# -- what profiles may change -----------------------------------------------------------------------------------------


def test_keep_overrides_the_defaults():
    rows = [
        {"started_at": at("01:00:00"), "queue": "A", "agent_id": "x", "talk_s": 1.0, "hold_s": 2.0, "transfers": 1},
        {"started_at": at("02:00:00"), "queue": "B", "agent_id": "y", "talk_s": 4.0, "hold_s": 8.0, "abandoned": True},
    ]
    keep = {
        "queue": "last",
        "agent_id": "first",
        "hold_s": "max",
        "talk_s": "min",
        "abandoned": "any",
        "ring_s": "none",
    }
    ((contact,), _) = folded(rows, {**keep, "transfers": "max", "started_at": "max", "wait_s": "sum"})
    has(contact, queue="B", agent_id="x", hold_s=8.0, talk_s=1.0, abandoned=True, ring_s=None, transfers=1)
    has(contact, started_at=at("02:00:00"), wait_s=None)


def test_parts_may_be_left_out():
    rows = [{"agent_id": "x", "talk_s": 1.0}]
    ((contact,), parts) = folded(rows, parts=False)
    assert (contact["agent_id"], parts) == ("x", [])


def test_declared_columns_take_the_first_filled():
    rows = [{"started_at": at("01:00:00")}, {"started_at": at("02:00:00"), "campaign": "Spring"}]
    assert folded(rows)[0][0]["campaign"] == "Spring"


def test_contacts_of_two_systems_stay_apart():
    contacts, _ = folded([{"source": "one", "talk_s": 1.0}, {"source": "two", "talk_s": 2.0}])
    assert [(c["source"], c["talk_s"]) for c in contacts] == [("one", 1.0), ("two", 2.0)]


def test_nothing_folds_to_nothing():
    contacts, parts = folding.fold(frame([]), {}, ["started_at"], events=True)
    assert contacts.columns == [name for name in SCHEMA if not name.startswith("leg_")]
    assert parts.columns == [*TABLES["legs"].columns, "source", "file", "line"]
    assert (contacts.height, parts.height) == (0, 0)


def test_types_stay_as_stored():
    contacts, parts = folding.fold(frame([{"agent_id": "x", "talk_s": 0.1}, {"talk_s": 0.2}]), {}, ["started_at"])
    assert contacts.schema == {name: type_ for name, type_ in SCHEMA.items() if not name.startswith("leg_")}
    for name, column in TABLES["legs"].columns.items():
        assert parts.schema[name] == POLARS_TYPES[column.type]
    # A sum in floating point would be 0.30000000000000004.
    assert contacts["talk_s"].to_list() == [0.3]


def test_absurd_numbers_stay_absurd():
    ((contact,), _) = folded([{"talk_s": float("inf")}, {"talk_s": 1e300, "cost": -1e300}])
    assert contact["talk_s"] > 1e20
    assert contact["cost"] < -1e20


@pytest.mark.parametrize(
    ("column", "type_", "way", "fits"),
    [
        ("queue", "text", "first", True),
        ("queue", "text", "sum", False),
        ("wait_s", "duration", "until_answer", True),
        ("abandoned", "boolean", "any", True),
        ("abandoned", "boolean", "sum", False),
        ("started_at", "instant", "max", True),
        ("contact_id", "text", "first", False),
        ("queue", "text", "longest", False),
        ("cost", "number", "none", True),
        ("answered_at", "instant", "first_agent", True),
        ("queue", "text", "first_agent", False),
    ],
)
def test_misfit(column, type_, way, fits):
    assert (folding.misfit(column, type_, way) is None) == fits


# -- against an account in plain Python -------------------------------------------------------------------------------

MOMENTS = st.one_of(st.none(), st.integers(0, 5).map(lambda minute: DAY + timedelta(minutes=minute)))
SECONDS = st.one_of(st.none(), st.integers(0, 5000).map(lambda tenths: tenths / 10))
FLAGS = st.sampled_from([None, True, False])


def words(*some: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *some])


LEG = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["five9", "cxone"]),
        "contact_id": st.sampled_from(["1", "2", "3", "x"]),
        "file": st.sampled_from(["a.csv", "b.csv"]),
        "started_at": MOMENTS,
        "queued_at": MOMENTS,
        "answered_at": st.one_of(st.none(), MOMENTS),
        "ended_at": MOMENTS,
        "agent_id": words("ann", "bo"),
        "queue": words("A", "B"),
        "disposition": words("sold", "lost"),
        "campaign": words("May"),
        "wait_s": SECONDS,
        "ring_s": SECONDS,
        "talk_s": SECONDS,
        "hold_s": SECONDS,
        "cost": SECONDS,
        "abandoned": FLAGS,
        "escalated": FLAGS,
        "resolved": FLAGS,
        "transfers": st.sampled_from([None, 0, 1, 2]),
        "leg_depth": st.sampled_from([None, 0, 1]),
    }
)


def is_answered(leg: Mapping[str, Any]) -> bool:
    return leg["answered_at"] is not None or (leg["agent_id"] is not None and (leg["talk_s"] or 0) > 0)


def by_hand(legs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One contact of its legs, from the definition and with nothing of the package."""

    def place(leg: Mapping[str, Any]) -> tuple[Any, ...]:
        start, depth = leg["started_at"], leg["leg_depth"]
        return (start is None, start or DAY, depth is None, depth or 0, leg["file"], leg["line"])

    ordered = sorted(legs, key=place)

    def filled(name: str, among: Sequence[Mapping[str, Any]] = ordered) -> list[Any]:
        return [leg[name] for leg in among if leg[name] is not None]

    answered = [leg for leg in ordered if is_answered(leg)]
    until = ordered[: ordered.index(answered[0]) + 1] if answered else ordered
    agents = filled("agent_id", answered)
    changes = sum(one != other for one, other in itertools.pairwise(agents))
    handed_over = answered and any(
        leg["abandoned"] and leg["leg_depth"] and not is_answered(leg) for leg in ordered[len(until) :]
    )
    known = filled("agent_id") or handed_over or (not answered and any(filled("abandoned")))
    numbers = [sum(filled("transfers"))] if filled("transfers") else []
    numbers += [changes, int(bool(handed_over))] if known else []
    contact = {
        "source": ordered[0]["source"],
        "contact_id": ordered[0]["contact_id"],
        "file": ordered[0]["file"],
        "line": ordered[0]["line"],
        "agent_id": agents[-1] if agents else None,
        "abandoned": False if answered else any(filled("abandoned")) if filled("abandoned") else None,
        "transfers": max(numbers, default=None),
        "escalated": any(filled("escalated")) if filled("escalated") else None,
        "ended_at": max(filled("ended_at"), default=None),
    }
    for name in ("started_at", "queued_at", "answered_at"):
        contact[name] = min(filled(name), default=None)
    for name in ("talk_s", "hold_s", "cost"):
        contact[name] = round(sum(filled(name)), 3) if filled(name) else None
    for name in ("wait_s", "ring_s"):
        contact[name] = round(sum(filled(name, until)), 3) if filled(name, until) else None
    for name in ("queue", "campaign"):
        contact[name] = next(iter(filled(name)), None)
    for name in ("disposition", "resolved"):
        contact[name] = next(iter(reversed(filled(name))), None)
    return contact


@settings(max_examples=80, deadline=None)
@given(st.lists(LEG, max_size=12), st.randoms(use_true_random=False))
def test_folding_agrees_with_plain_python_whatever_the_order(some, random):
    rows = [{**leg, "line": number + 2} for number, leg in enumerate(some)]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["source"], row["contact_id"]), []).append(row)
    shuffled = list(rows)
    random.shuffle(shuffled)
    legs = frame(shuffled)
    contacts, parts = folding.fold(legs, {}, ["started_at"])
    expected = [by_hand(group) for _, group in sorted(groups.items())]
    assert [{name: row[name] for name in by} for row, by in zip(contacts.to_dicts(), expected, strict=True)] == expected
    # What is added up is neither lost nor doubled.
    for name in ("talk_s", "hold_s", "cost"):
        assert contacts[name].sum() == pytest.approx(legs[name].sum())
    # Every leg of an agent is there once, numbered without gaps, and splitting the input by contact changes nothing.
    assert parts.height == legs["agent_id"].count()
    for _, group in parts.group_by("source", "contact_id"):
        assert group["leg_no"].to_list() == list(range(1, group.height + 1))
    halves = [folding.fold(part, {}, ["started_at"]) for part in legs.partition_by("contact_id")]
    if halves:
        assert pl.concat([half for half, _ in halves]).sort("source", "contact_id").equals(contacts)
        again = pl.concat([half for _, half in halves]).sort("source", "contact_id", "leg_no")
        assert again.equals(parts.sort("source", "contact_id", "leg_no"))


# -- event logs against the calls they were written from --------------------------------------------------------------

STAY = st.tuples(
    st.sampled_from(["sales", "support", "billing"]),
    st.integers(0, 90),
    st.sampled_from(["EXITWITHTIMEOUT", "BLINDTRANSFER", "COMPLETEAGENT", "ABANDON", None]),
    st.sampled_from(["Ann", "Bo"]),
    st.integers(0, 300),
    st.integers(0, 2),
)
ON = ("EXITWITHTIMEOUT", "BLINDTRANSFER")


def told(callid: str, begin: int, stays: Sequence[tuple[Any, ...]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The events of one call that stays in some queues one after another, and what is true of it."""
    now, lines = begin, []
    truth: dict[str, Any] = {"contact_id": callid, "wait_s": 0.0, "talk_s": None, "agent_id": None, "ended": False}
    truth |= {"queue": stays[0][0], "parts": [], "abandoned": None}
    transfers = None
    for queue, wait, outcome, agent, talk, missed in stays:
        lines.append(event(now, callid, queue, "NONE", "ENTERQUEUE", "", "4711", "1"))
        for _ in range(missed):
            lines.append(event(now, callid, queue, "Cy", "RINGNOANSWER", "1000"))
        now += wait
        truth["ended"] = outcome is not None
        answered = outcome in ("BLINDTRANSFER", "COMPLETEAGENT")
        if truth["agent_id"] is None and outcome is not None:
            truth["wait_s"] += float(wait)
        if answered:
            lines.append(event(now, callid, queue, agent, "CONNECT", str(wait), "bridge", "1"))
            now += talk
            truth["talk_s"] = (truth["talk_s"] or 0.0) + float(talk)
            truth["agent_id"] = agent
            truth["parts"].append((agent, queue, float(talk)))
        if outcome == "BLINDTRANSFER":
            lines.append(event(now, callid, queue, agent, outcome, "600", "default", str(wait), str(talk), "1"))
            transfers = (transfers or 0) + 1
        elif outcome == "COMPLETEAGENT":
            lines.append(event(now, callid, queue, agent, outcome, str(wait), str(talk), "1"))
        elif outcome is not None:
            lines.append(event(now, callid, queue, "NONE", outcome, "1", "1", str(wait)))
        if outcome == "ABANDON":
            truth["abandoned"] = True
        if outcome not in ON:
            break
    if truth["agent_id"] is not None:
        truth["abandoned"] = False
    elif not any(outcome for _, _, outcome, *_ in stays[:1]):
        truth["wait_s"] = None
    agents = [agent for agent, _, _ in truth["parts"]]
    changes = sum(one != other for one, other in itertools.pairwise(agents))
    known = agents or truth["abandoned"]
    truth["transfers"] = max(transfers or 0, changes) if known else transfers
    truth["ended_at"] = datetime(1970, 1, 1) + timedelta(seconds=now) if truth.pop("ended") else None
    return lines, truth


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.lists(STAY, min_size=1, max_size=4)), max_size=5),
    st.randoms(use_true_random=False),
)
def test_calls_are_put_together_from_the_events_they_wrote(calls, random):
    lines, truths = [], []
    for number, (begin, stays) in enumerate(calls):
        events, truth = told(f"{number}.1", begin, stays)
        lines.extend(events)
        truths.append(truth)
    lines = [{**line, "line": n + 1} for n, line in enumerate(sorted(lines, key=lambda line: line["started_at"]))]
    random.shuffle(lines)
    legs = frame(lines)
    contacts, parts = folding.fold(legs, {}, ["started_at"], events=True)
    expected = [{**truth} for truth in truths]
    spoken = [expected_one.pop("parts") for expected_one in expected]
    assert [{name: row[name] for name in by} for row, by in zip(contacts.to_dicts(), expected, strict=True)] == expected
    rows = parts.select("contact_id", "leg_no", "agent_id", "queue", "talk_s").rows()
    assert rows == [
        (truth["contact_id"], number, *part)
        for truth, some in zip(truths, spoken, strict=True)
        for number, part in enumerate(some, 1)
    ]
    assert sum(one.count for one in folding.open_ended(legs, contacts)) == contacts["ended_at"].null_count()
