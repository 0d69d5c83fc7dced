"""The Genesys Cloud profiles against files as the vendor writes them."""

from __future__ import annotations

from datetime import datetime

from .acd import export, row
from .conftest import Load


def test_an_answered_contact(loaded: Load) -> None:
    became = loaded({"acd.csv": "\ufeff" + export(row(users="Al Ert; Ann Lee", queue="First; Second", transfers="2"))})
    columns = ("contact_id", "customer_id", "agent_id", "queue", "channel", "direction", "reason", "disposition")
    assert became.rows("contacts", *columns) == [
        ("c1", "441632960001", "Ann Lee", "First", "voice", "inbound", "Refund", "Refund")
    ]
    instants = ("started_at", "queued_at", "answered_at", "ended_at")
    assert became.rows("contacts", *instants) == [
        (
            datetime(2026, 1, 5, 9, 0),
            datetime(2026, 1, 5, 9, 0, 10),
            datetime(2026, 1, 5, 9, 0, 30),
            datetime(2026, 1, 5, 9, 5),
        )
    ]
    durations = ("wait_s", "talk_s", "hold_s", "wrap_s", "ivr_s", "abandoned", "transfers", "source")
    assert became.rows("contacts", *durations) == [(20.0, 200.0, 0.0, 30.0, 10.0, False, 2, "genesys_cloud")]


def test_an_abandoned_contact_was_not_answered_by_whoever_was_alerted(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(abandoned="YES", abandoned_in_queue="Billing", total_talk=""))})
    assert became.rows("contacts", "abandoned", "answered_at") == [(True, None)]


def test_without_users_nobody_answered(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(users=""))})
    assert became.rows("contacts", "agent_id", "answered_at") == [(None, None)]


def test_the_customer_of_an_outbound_contact_is_the_number_called(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(direction="Outbound"))})
    assert became.rows("contacts", "customer_id", "direction") == [("441632960100", "outbound")]


def test_a_withheld_number_is_no_customer(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(ani="tel:anonymous"))})
    assert became.rows("contacts", "customer_id") == [(None,)]


def test_abandoned_in_queue_holds_a_name_and_stands_in_for_abandoned(loaded: Load) -> None:
    at = export().strip().split(",").index("Abandoned")
    text = export(row(abandoned_in_queue="Billing", total_talk=""), row(conversation_id="c2")).splitlines()
    without = "\n".join(",".join(cell for n, cell in enumerate(line.split(",")) if n != at) for line in text)
    became = loaded({"acd.csv": without})
    assert became.rows("contacts", "abandoned") == [(True,), (False,)]


def test_unreadable_values_reject_where_they_are_needed_and_are_blanked_elsewhere(loaded: Load) -> None:
    became = loaded(
        {
            "acd.csv": export(
                row(),
                row(conversation_id="c2", end_date="31/02/2026 25:00"),
                row(conversation_id="c3", total_talk="N/A"),
                row(conversation_id="c4", end_date="2026-01-05 08:59:59"),
                row(conversation_id="c5", total_talk="-5"),
                row(conversation_id=""),
            )
        }
    )
    assert became.rejects == [
        ("acd.csv", 3, "End Date", "31/02/2026 25:00", "not a date and time"),
        ("acd.csv", 5, "End Date", "2026-01-05 08:59:59", "it ends before it starts"),
        ("acd.csv", 6, "Total Talk", "-5", "a duration cannot be negative"),
        ("acd.csv", 7, "Conversation ID", "", "empty"),
    ]
    entry = became.entry("acd.csv")
    assert (entry.records, entry.accepted, entry.rejected, entry.blanked, entry.lines) == (6, 2, 4, 1, 7)
    assert became.rows("contacts", "contact_id", "talk_s") == [("c1", 200.0), ("c3", None)]


def test_durations_of_the_other_export_option(loaded: Load) -> None:
    became = loaded(
        {"acd.csv": export(row(total_talk=" 50:38:24.085"), row(conversation_id="c2", total_talk="19m 10s"))}
    )
    assert became.rows("contacts", "talk_s") == [(182304.085,), (1150.0,)]


def test_a_file_of_another_locale(loaded: Load) -> None:
    text = export(row(date="6/23/25 07:00 AM", end_date="6/23/25 07:10 PM")).replace(",", ";")
    became = loaded({"acd.csv": text})
    assert became.rows("contacts", "started_at", "ended_at") == [
        (datetime(2025, 6, 23, 6), datetime(2025, 6, 23, 18, 10))
    ]


def test_a_truncated_export_is_noted(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(), row(conversation_id="c2", full_export_completed="NO"))})
    assert any("cut this export short" in note for note in became.loaded.notes)


def test_agent_status_becomes_a_row_per_state_and_zero_gives_none(loaded: Load) -> None:
    text = (
        "Interval Start,Interval End,Interval Complete,Filters,Agent Id,Agent Name,Logged In,On Queue,Idle,Off Queue,"
        "Interacting\n"
        "2026-01-05 00:00:00,2026-01-06 00:00:00,1.0,,g1,Ann Lee,7200000,3600000,3000000,3600000,600000\n"
        "2026-01-06 00:00:00,2026-01-07 00:00:00,1.0,,g1,Ann Lee,3600000,,,3600000,0\n"
        "2026-01-07 00:00:00,2026-01-08 00:00:00,0.0,,g1,Ann Lee,60000,60000,60000,,\n"
    )
    became = loaded({"agent_status.csv": text})
    assert became.rows("agent_time", "state", "on_queue", "started_at", "duration_s") == [
        ("idle", True, datetime(2026, 1, 5), 3000.0),
        ("interacting", True, datetime(2026, 1, 5), 600.0),
        ("off_queue", False, datetime(2026, 1, 5), 3600.0),
        ("off_queue", False, datetime(2026, 1, 6), 3600.0),
    ]
    entry = became.entry("agent_status.csv")
    assert (entry.records, entry.accepted, entry.skipped) == (3, 2, 1)
    assert entry.tables == (("agent_time", 4),)


def test_a_wait_of_ages_is_left_out_of_the_instants_it_would_move(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(total_queue="1200000000000000"), row(conversation_id="c2"))})
    assert became.rows("contacts", "contact_id", "answered_at") == [
        ("c1", None),
        ("c2", datetime(2026, 1, 5, 9, 0, 30)),
    ]
    assert became.entry("acd.csv").blanked == 1


def test_a_conversation_without_an_end_is_still_running(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(), row(conversation_id="c2", end_date=""))})
    assert became.rejects == []
    assert became.rows("contacts", "contact_id", "answered_at")[1][0] == "c2"
    assert [note for note in became.loaded.notes if "no end" in note] == [
        "1 contact has no end: it belongs to no period."
    ]
