"""A column without a value is no column: what a look-up leads to under the same name is used instead."""

from __future__ import annotations

from .conftest import Load

AGENTS = "agent_id,hired_on,left_on,site,team\na1,2025-01-01,,Leeds,\n"


def test_an_empty_column_of_a_tables_own_is_not_supplied(loaded: Load) -> None:
    contacts = "contact_id,ended_at,agent_id,site,wait_s\nc1,2026-01-05 09:05,a1,,10\nc2,2026-01-05 09:06,,,\n"
    stored = loaded({"contacts.csv": contacts, "agents.csv": AGENTS}).loaded.stored
    assert stored["contacts"].supplied == {"contact_id", "ended_at", "agent_id", "wait_s"}
    assert stored["agents"].supplied == {"agent_id", "hired_on", "left_on", "site"}, "nobody left: that is known"


def test_a_value_in_one_of_several_files_is_enough_but_not_one_in_a_rejected_or_superseded_record(
    loaded: Load,
) -> None:
    head = "contact_id,started_at,ended_at,site\n"
    first = head + "c1,2026-01-05 09:00,2026-01-05 09:05,\n"
    supplied = lambda files: "site" in loaded(files).loaded.stored["contacts"].supplied  # noqa: E731
    assert supplied({"a.csv": first, "b.csv": head + "c2,2026-01-05 09:00,2026-01-05 09:05,York\n"})
    assert not supplied({"a.csv": first, "b.csv": head + "c2,2026-01-05 09:00,2026-01-05 08:05,York\n"})
    older = head + "c1,2026-01-04 09:00,2026-01-04 09:05,York\n"
    assert not supplied({"a.csv": first, "b.csv": older}), "the older version of c1 had a site"


def test_an_empty_identifier_stays_unless_the_contact_has_it(loaded: Load) -> None:
    invitations = "invitation_id,contact_id,agent_id,sent_at,responded_at\ni1,c1,,2026-01-05 10:00,\n"
    alone = loaded({"invitations.csv": invitations, "agents.csv": AGENTS}).loaded.stored["invitations"]
    assert alone.supplied == {"invitation_id", "contact_id", "agent_id", "sent_at", "responded_at"}
    contacts = "contact_id,ended_at,agent_id\nc1,2026-01-05 09:05,a1\n"
    stored = loaded({"invitations.csv": invitations, "agents.csv": AGENTS, "contacts.csv": contacts}).loaded.stored
    assert "agent_id" not in stored["invitations"].supplied
