"""What identity says about logins: who is matched how, who is left over, put together, or never met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import pytest

from cxkpi.errors import InputError
from cxkpi.exports.findings import Finding
from cxkpi.exports.joining.identity import Identity, check_customers

LOGIN = {("contacts", "agent_id"): "five9", ("contacts", "customer_id"): "five9"}
SPELL = {"agent_id": pl.String, "name": pl.String, "hired_on": pl.Date, "left_on": pl.Date}
PLACE = {"file": pl.String, "line": pl.Int64}


def identity(
    *, people: Sequence[tuple[str, str]] = (), customers: Sequence[tuple[str, str]] = (), roster: Mapping[str, str]
) -> Identity:
    """``people`` and ``customers``: (id, login) of five9; ``roster``: id -> name, hired in 2020."""
    return Identity(
        pl.DataFrame(
            [
                {"agent_id": one, "system": "five9", "login": login, "path": "people.csv", "line": line}
                for line, (one, login) in enumerate(people, 2)
            ],
            schema={
                "agent_id": pl.String,
                "system": pl.String,
                "login": pl.String,
                "path": pl.String,
                "line": pl.Int64,
            },
        ).with_columns(pl.lit(None, pl.Date).alias("from"), pl.lit(None, pl.Date).alias("to")),
        pl.DataFrame(
            [{"customer_id": one, "system": "five9", "login": login} for one, login in customers],
            schema={"customer_id": pl.String, "system": pl.String, "login": pl.String},
        ),
        pl.DataFrame(
            [
                {"agent_id": one, "name": name, "hired_on": date(2020, 1, 1), "file": "hr.csv", "line": line}
                for line, (one, name) in enumerate(roster.items(), 2)
            ],
            schema={**SPELL, **PLACE},
        ),
        "Europe/London",
    )


def contacts(
    agents: Sequence[str | None], customers: Sequence[str | None] | None = None, **columns: Any
) -> pl.DataFrame:
    count = len(agents)
    frame = {
        "agent_id": list(agents),
        "customer_id": list(customers or [None] * count),
        "started_at": [datetime(2026, 6, 1, 9)] * count,
        "ended_at": [None] * count,
        "file": ["june.csv"] * count,
        "line": list(range(2, count + 2)),
        **columns,
    }
    types = {"agent_id": pl.String, "customer_id": pl.String, "ended_at": pl.Datetime("us")}
    return pl.DataFrame(frame, schema_overrides=types)


def only(found: Sequence[Finding], code: str) -> Finding:
    (one,) = [finding for finding in found if finding.code == code]
    return one


def test_last_first_is_the_same_name():
    who = identity(roster={"1": "Lee, Ann", "2": "Bo Dee", "3": "Cy Fox, Jr., Esq."})
    became = who.resolve("contacts", contacts(["Ann Lee", "DEE,  Bo", "Lee,Ann", "Esq., Cy Fox, Jr."]), LOGIN)
    # With two commas nobody knows which part is the name.
    assert became["agent_id"].to_list() == ["1", "2", "1", "Esq., Cy Fox, Jr."]


def test_one_name_written_in_two_ways_is_two_people():
    who = identity(roster={"1": "Lee, Ann", "2": "Ann Lee"})
    became = who.resolve("contacts", contacts(["ann lee", None]), LOGIN)
    assert became["agent_id"].to_list() == ["ann lee", None]
    finding = only(who.findings(), "F501")
    assert (finding.path, finding.line, finding.example, finding.masked) == ("june.csv", 2, "ann lee", True)
    assert finding.message == (
        "1 login of five9 is the name of two people of the roster; 1 row of contacts keeps the login as agent_id. "
        "Lines in people.csv would tell them apart."
    )


@pytest.mark.parametrize("written", ["Zoë Kirby", "ZOE\u0308 KIRBY", " zoë  kirby"])
def test_composed_letters_case_and_spaces_make_no_difference(written):
    who = identity(roster={"1": "Zoë Kirby"})
    assert who.resolve("contacts", contacts([written]), LOGIN)["agent_id"].to_list() == ["1"]


def test_suffixes_and_accents_are_offered_not_taken():
    who = identity(roster={"1": "Ann Lee", "2": "Zoë Kirby", "3": "Dee, Bo"}, people=[("4", "cfox")])
    logins = ["Ann Lee - LF", "Zoe Kirby", "Bo Dee (117)", "Dee, Bo (118)", "cfox (2)", "Nobody", "Nobody"]
    became = who.resolve("contacts", contacts(logins), LOGIN)
    assert became["agent_id"].to_list() == logins
    orphans = only(who.findings(), "F502")
    assert (orphans.count, orphans.line, orphans.example, orphans.masked) == (6, 2, "Ann Lee - LF", True)
    assert orphans.message.startswith("6 logins of five9 are known neither to people.csv nor to the roster; 7 rows of")
    near = only(who.findings(), "F505")
    assert (near.count, near.total, near.masked, near.said) == (5, 6, True, False)
    assert near.detail == (
        "five9: Ann Lee - LF ~ Ann Lee (1); Bo Dee (117) ~ Dee, Bo (3); Dee, Bo (118) ~ Dee, Bo (3); "
        "Zoe Kirby ~ Zoë Kirby (2); cfox (2) ~ cfox (4)"
    )
    assert "Lee" not in near.message


def test_the_first_line_is_the_first_of_all_files():
    who = identity(roster={"1": "Ann Lee"})
    who.resolve("contacts", contacts(["X"], file=["b.csv"], line=[3]), LOGIN)
    who.resolve("contacts", contacts(["Y", "Z"], file=["a.csv"] * 2, line=[9, 8]), LOGIN)
    orphans = only(who.findings(), "F502")
    assert (orphans.path, orphans.line, orphans.example, orphans.count) == ("a.csv", 8, "Z", 3)
    without = identity(roster={"1": "Ann Lee"})
    without.resolve("contacts", contacts(["X"]).drop("file"), LOGIN, "given.csv")
    assert only(without.findings(), "F502").path == "given.csv"


def test_several_logins_of_one_person_are_counted():
    who = identity(roster={"1": "Ann Lee", "2": "Bo Dee"}, people=[("1", "alee"), ("1", "alee2"), ("2", "bdee")])
    became = who.resolve("contacts", contacts(["alee", "ALEE2", "bdee", "Ann Lee", "alee"]), LOGIN)
    assert became["agent_id"].to_list() == ["1", "1", "2", "1", "1"]
    merged = only(who.findings(), "F506")
    assert merged.message == "3 logins of five9 lead to 1 person: their rows are put together."
    assert (merged.example, merged.masked, merged.said) == ("1: alee, alee2, ann lee", True, False)


def test_several_numbers_of_one_customer_are_counted():
    who = identity(roster={}, customers=[("K1", "+441"), ("K1", "+442"), ("K2", "+443")])
    became = who.resolve("contacts", contacts([None] * 4, ["+441", "+442", "+443", "+449"]), LOGIN)
    assert became["customer_id"].to_list() == ["K1", "K1", "K2", "+449"]
    merged = only(who.findings(), "F507")
    assert merged.message == "2 logins of five9 lead to 1 customer: their rows are put together."
    strangers = only(who.findings(), "F504")
    assert strangers.message == "1 login of five9 is not in customers.csv (1 row of contacts); it keeps the login."
    assert (strangers.line, strangers.column) == (5, "contacts.customer_id")


def test_people_nobody_is_led_to():
    who = identity(roster={"1": "Ann Lee", "2": "Bo Dee", "3": "Cy Fox"})
    who.roster = pl.concat(
        [
            who.roster,
            pl.DataFrame(
                # One left before the first contact, one was hired after the last: neither could have been met.
                {
                    "agent_id": ["8", "9"],
                    "name": ["Di Gee", "Ed Ho"],
                    "hired_on": [date(2020, 1, 1), date(2026, 6, 2)],
                    "left_on": [date(2026, 5, 31), None],
                    "file": ["hr.csv"] * 2,
                    "line": [8, 9],
                }
            ),
        ]
    )
    who.resolve("contacts", contacts(["Ann Lee"]), LOGIN)
    unseen = only(who.findings(), "F508")
    assert (unseen.count, unseen.total, unseen.path, unseen.line, unseen.example) == (2, 3, "hr.csv", 3, "2")
    assert unseen.message == (
        "2 of the 3 people on the roster in these days appear in no export of work; no login leads there."
    )


def test_nobody_is_missed_where_no_file_names_anybody():
    who = identity(roster={"1": "Ann Lee"})
    who.resolve("contacts", contacts([None]), LOGIN)
    assert who.findings() == ()


def test_people_csv_may_name_people_the_roster_does_not_have():
    who = identity(roster={"1": "Ann Lee"}, people=[("1", "alee"), ("7", "xx"), ("7", "yy")])
    unknown = only(who.findings(), "F509")
    assert (unknown.path, unknown.line, unknown.count, unknown.total) == ("people.csv", 3, 1, 2)
    assert unknown.message == (
        "people.csv: 1 agent_id of people.csv is not in the roster; what leads there has no team or hiring date."
    )


def test_identifiers_taken_as_they_are():
    who = identity(roster={"1": "Ann Lee"})
    became = who.resolve("contacts", contacts(["1", "5", "5", "6"]), {})
    assert became["agent_id"].to_list() == ["1", "5", "5", "6"]
    unlisted = only(who.findings(), "F503")
    assert unlisted.message == "2 agent_ids are not in the roster: 3 rows of contacts."
    assert (unlisted.line, unlisted.example) == (3, "5")


def test_notes_are_the_findings_that_reports_print():
    who = identity(roster={"1": "Ann Lee", "2": "Bo Dee"})
    who.resolve("contacts", contacts(["Ann Lee", "Nobody"]), LOGIN)
    assert who.notes() == [
        "1 login of five9 not in people.csv was matched with the roster by name: 1 row of contacts.",
        "1 login of five9 is known neither to people.csv nor to the roster; 1 row of contacts keeps the login as "
        "agent_id. Lines in people.csv would join them.",
    ]


@pytest.mark.parametrize("listed", ["+44 1632 960001", "tel:+441632960001", "+44 (0)1632 960001"])
@pytest.mark.parametrize("written", ["441632960001", "tel:+441632960001", "+44 1632-960001"])
def test_a_number_is_the_customers_however_it_is_written(listed, written):
    who = identity(roster={}, customers=[("K1", listed)])
    assert who.resolve("contacts", contacts([None], [written]), LOGIN)["customer_id"].to_list() == ["K1"]


def test_account_numbers_keep_their_zeros():
    who = identity(roster={}, customers=[("K1", "0012345"), ("K2", "12345")])
    became = who.resolve("contacts", contacts([None] * 3, ["0012345", "12345", "012345"]), LOGIN)
    assert became["customer_id"].to_list() == ["K1", "K2", "012345"]


def test_one_number_of_two_customers_is_refused():
    rows = pl.DataFrame(
        {
            "customer_id": ["K1", "K2", "K3"],
            "system": ["five9"] * 3,
            "login": ["+44 1632 960001", "tel:+441632960001", "0123"],
            "line": [2, 3, 4],
        }
    )
    with pytest.raises(InputError) as caught:
        check_customers(rows, pl.Series(["customers.csv"] * 3))
    (problem,) = caught.value.problems
    assert (problem.code, str(problem.place)) == ("I111", "customers.csv:3")
    assert "960001" not in str(problem)
