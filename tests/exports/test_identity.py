"""Logins, names and employee numbers of one person; customers; employment spells; times of tables."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from cxkpi.errors import InputError

from .acd import export, row
from .conftest import Load
from .test_vendors import ROSTER, SURVEY, response

PEOPLE = "agent_id,system,login,from,to\n"


def roster(*lines: str) -> str:
    return ROSTER + "".join(f"{line}\r\n" for line in lines)


def worker(agent: str, name: str, hired: str = "2020-01-01", left: str = "") -> str:
    return f"{agent},{name},{hired},{left},,Oak,Leeds,Bo,Full time"


def test_people_csv_decides_by_system_and_local_date(loaded: Load) -> None:
    people = PEOPLE + ("1,genesys_cloud,Ann Lee,,2026-07-05\n2,genesys_cloud,ann  lee,2026-07-06,\n3,qa,Ann Lee,,\n")
    # 23:30 UTC on 5 July is half past midnight of the 6th in London.
    late = row(conversation_id="c2", date="2026-07-06 00:30:00", end_date="2026-07-06 00:40:00")
    early = row(conversation_id="c1", date="2026-07-05 23:50:00", end_date="2026-07-06 00:10:00")
    became = loaded({"people.csv": people, "acd.csv": export(early, late)})
    assert became.rows("contacts", "contact_id", "agent_id") == [("c1", "1"), ("c2", "2")]
    assert became.entry("people.csv").profile == "cxkpi.people"
    assert became.entry("people.csv").tables == (("people", 3),)
    assert not [note for note in became.loaded.notes if "login" in note]


def test_a_unique_name_stands_in_and_is_noted(loaded: Load) -> None:
    files = {
        "roster.csv": roster(worker("007", "Ann  LEE"), worker("008", "Bo Dee"), worker("009", "Bo Dee")),
        "acd.csv": export(row(), row(conversation_id="c2", users="Bo Dee"), row(conversation_id="c3", users="Nobody")),
    }
    became = loaded(files)
    assert became.rows("contacts", "agent_id") == [("007",), ("Bo Dee",), ("Nobody",)]
    (matched,) = [note for note in became.loaded.notes if "by name" in note]
    (orphans,) = [note for note in became.loaded.notes if "neither" in note]
    assert matched.startswith("1 login of genesys_cloud")
    (shared,) = [note for note in became.loaded.notes if "two people" in note]
    assert orphans.startswith("1 login of genesys_cloud is known neither")
    assert shared == (
        "1 login of genesys_cloud is the name of two people of the roster; 1 row of contacts keeps the login as "
        "agent_id. Lines in people.csv would tell them apart."
    )
    assert "Nobody" not in orphans


def test_without_people_or_roster_nothing_is_missed(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row())})
    assert became.rows("contacts", "agent_id") == [("Ann Lee",)]
    assert became.loaded.notes == ()


def test_a_login_outside_its_dates_is_an_orphan(loaded: Load) -> None:
    became = loaded({"people.csv": PEOPLE + "1,genesys_cloud,Ann Lee,2027-01-01,\n", "acd.csv": export(row())})
    assert became.rows("contacts", "agent_id") == [("Ann Lee",)]
    assert len(became.loaded.notes) == 1


def test_one_login_of_two_people_on_one_day_is_an_error(loaded: Load) -> None:
    people = PEOPLE + "1,genesys_cloud,Ann Lee,,2026-01-05\n2,genesys_cloud,ANN LEE,2026-01-05,\n"
    with pytest.raises(InputError) as caught:
        loaded({"people.csv": people, "acd.csv": export(row())})
    (problem,) = caught.value.problems
    assert str(problem.place) == "people.csv:3"
    assert "line 2" in problem.message
    assert "Lee" not in str(problem)


def test_customers_csv_joins_numbers(loaded: Load) -> None:
    files = {
        "customers.csv": "customer_id,system,login\nK1,genesys_cloud,+441632960001\n",
        "acd.csv": export(row(), row(conversation_id="c2", ani="tel:+449999")),
    }
    profile = None
    became = loaded(files, profile=profile)
    assert became.rows("contacts", "customer_id") == [("K1",), ("449999",)]
    assert [note for note in became.loaded.notes if "customers.csv" in note]


def test_a_rehire_within_a_day_continues_the_spell(loaded: Load) -> None:
    files = {
        "roster.csv": roster(
            worker("1", "Ann", "2020-01-01", "2024-05-31"),
            worker("1", "Ann", "2024-06-01", "2024-12-31"),
            worker("1", "Ann", "2025-01-02"),
            worker("2", "Bo", "2020-01-01", "2024-05-31"),
            worker("2", "Bo", "2024-05-31"),
        )
    }
    became = loaded(files)
    assert became.rows("agents", "agent_id", "hired_on", "left_on") == [
        ("1", date(2020, 1, 1), date(2024, 12, 31)),
        ("1", date(2025, 1, 2), None),
        ("2", date(2020, 1, 1), None),
    ]
    assert became.entry("roster.csv").accepted == 5
    assert "2 rehires within a day of leaving continued a spell of employment." in became.loaded.notes


@pytest.mark.parametrize("left", ["2024-06-02", ""])
def test_overlapping_spells_are_an_error(loaded: Load, left: str) -> None:
    text = roster(worker("00417", "Ann", "2020-01-01", left), worker("00417", "Ann", "2024-06-01"))
    with pytest.raises(InputError) as caught:
        loaded({"roster.csv": text})
    (problem,) = caught.value.problems
    assert str(problem.place) == "roster.csv:8"
    assert "roster.csv:7" in problem.message
    assert "00417" not in str(problem)


def test_first_and_through(loaded: Load) -> None:
    files = {
        "acd.csv": export(row(), row(conversation_id="c2", date="2026-07-05 10:00:00", end_date="2026-07-05 10:10:00")),
        "roster.csv": roster(worker("1", "Ann Lee", "2020-07-01")),
        "moves.csv": "agent_id,moved_on,to_team\n1,2026-07-03,Ash\n",
        "survey.csv": SURVEY + response("R_1", "5,,,,,c1"),
    }
    stored = loaded(files).loaded.stored
    assert (stored["contacts"].first, stored["contacts"].through) == (
        datetime(2026, 1, 5, 9, 5),
        datetime(2026, 7, 5, 9, 10),
    )
    assert stored["agents"].first == datetime(2020, 6, 30, 23)
    # A date is over at local midnight, which is 23:00 UTC in summer.
    assert stored["moves"].through == datetime(2026, 7, 3, 23)
    assert stored["invitations"].through == datetime(2026, 7, 6, 9, 11, 12)
    # The default time of an answer is the end of its contact; it came into view when it was given.
    assert stored["answers"].first == datetime(2026, 1, 5, 9, 5)
    assert stored["answers"].through == datetime(2026, 7, 6, 9, 11, 12)


def test_surveys_of_unknown_contacts_and_second_surveys_are_noted(loaded: Load) -> None:
    text = SURVEY + response("R_1", "5,,,,,c1") + response("R_2", "5,,,,,c1") + response("R_3", "5,,,,,zz")
    notes = loaded({"acd.csv": export(row()), "survey.csv": text}).loaded.notes
    assert [note for note in notes if note.startswith("1 contact was surveyed more than once")]
    assert [note for note in notes if note.startswith("1 row of invitations names a contact")]
