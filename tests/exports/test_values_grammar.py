"""The keys of a profile: what is wrong is shown where it stands, and what is right is known by its headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.errors import CatalogueError, InputError
from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.profile_file import collect, parse, shipped
from cxkpi.tables import TABLES

from .rules import HEAD, made, profile

LEGS = "legs: {id: Leg, previous: Before, keep: {queue: last}}\n"


def known(text: str) -> Profile:
    return parse(text, "p.yaml", TABLES, "user")


@pytest.mark.parametrize(
    ("rules", "top", "code", "line", "words"),
    [
        ("queue: {from: Q, extract: 'a(b'}", "", "P103", 6, "not a regular expression"),
        ("queue: {from: Q, extract: 'ab'}", "", "P103", 6, "exactly one group"),
        ("queue: {from: Q, extract: '(?=a)(b)'}", "", "P103", 6, "not a regular expression"),
        ("queue: {from: Q, when: {X: {matches: '(?!a)'}}}", "", "P103", 6, "not a regular expression"),
        ("queue: {from: Q, when: {X: {not_matches: '(?!a)'}}}", "", "P103", 6, "not a regular expression"),
        ("queue: {from: Q, when: {'like:(': filled}}", "", "P103", 6, "not a regular expression"),
        ("queue: {like: '('}", "", "P103", 6, "not a regular expression"),
        ("queue: {like: 'Q', of_heading: true}", "", "P103", 6, "exactly one group"),
        ("queue: {from: Q, of_heading: true}", "", "P103", 6, "needs 'like'"),
        ("queue: {from: Q, like: Q}", "", "P103", 6, "exactly one of"),
        ("wait_s: {between: [A]}", "", "P103", 6, "names two headings"),
        ("queue: {between: [A, B]}", "", "P205", 6, "means nothing for 'queue'"),
        ("queue: {from: Q, percent: true}", "", "P205", 6, "means nothing for 'queue'"),
        ("talk_s: {from: T, phone: true}", "", "P205", 6, "means nothing for 'talk_s'"),
        ("talk_s: {from: T, clock: 'h:m:s'}", "", "P105", 6, "'h:m:s' is not a value of 'clock'; it takes m:s or h:m"),
        ("talk_s: {from: T, unit: []}", "", "P105", 6, "ms, s, m, h or d"),
        ("customer_id: {from: C, phone: '+44'}", "", "P103", 6, "phone"),
        ("started_at: {from: T, timezone: Europe/Atlantis}", "", "P206", 6, "no time zone 'Europe/Atlantis'"),
        ("started_at: {from: T, timezone: {from: Z, values: {E: Mars}}}", "", "P206", 6, "no time zone 'Mars'"),
        ("started_at: {from: T, timezone: {fron: Z}}", "", "P104", 6, "unknown key 'fron'"),
        ("queue: Q", "legs: {id: L, keep: {qeue: last}}\n", "P202", 4, "did you mean 'queue'?"),
        ("queue: Q", "legs: {id: L, keep: {queue: sum}}\n", "P103", 4, "means nothing for a column of type text"),
        ("queue: Q", "legs: {id: L, keep: {queue: latest}}\n", "P105", 4, "'latest' is not a value"),
        ("queue: Q", "legs: {id: L, order: [begun]}\n", "P202", 4, "no column 'begun'"),
        ("queue: Q", "checks: [{name: x, sum: [A]}]\n", "P102", 4, "'equals' is missing"),
        ("queue: Q", "checks: [{name: x, sum: [A], equals: {between: [A]}}]\n", "P103", 4, "two headings"),
        ("queue: Q", "status: certain\n", "P105", 4, "verified or partial"),
        ("queue: Q", "file: {caps: [0]}\n", "P103", 4, "caps"),
        ("queue: Q", "file: {sections: {captures: {D: 'Date'}}}\n", "P103", 4, "exactly one group"),
        ("queue: Q", "file: {sections: {times: [A]}}\n", "P103", 4, "two headings"),
        ("queue: Q", "questions: {accept: [x]}\n", "P104", 4, "unknown key 'accept'"),
    ],
)
def test_a_mistake_is_shown_where_it_was_made(rules: str, top: str, code: str, line: int, words: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        known(profile(f"contact_id: Id\n{rules}", top=top))
    problem = caught.value.problems[0]
    assert problem.code == code
    assert words in problem.message
    assert problem.place is not None
    assert problem.place.line == (line if top else 7)


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ("{}", "give 'headings'"),
        ("{lines: x, headings: [A]}", "nothing can be asked of them"),
        ("{lines: x}", "needs names for its columns"),
        ("{lines: '('}", "not a regular expression"),
    ],
)
def test_what_a_match_needs(match: str, words: str) -> None:
    with pytest.raises(CatalogueError, match=words):
        known(profile("contact_id: Id").replace("{headings: [Id]}", match))


def test_legs_need_contacts() -> None:
    text = profile("agent_id: Id\nhired_on: D", "agents", top="legs: {id: L}\n")
    with pytest.raises(CatalogueError, match="needs one mapping of 'contacts'"):
        known(text)


def test_a_profile_may_say_that_nothing_can_be_read() -> None:
    assert known(HEAD + "refuse: totals only, without a time\n").refuse == "totals only, without a time"
    with pytest.raises(CatalogueError, match="what do the records become"):
        known(HEAD)


def test_every_heading_is_known_that_something_reads() -> None:
    text = profile(
        "when: {A: filled, 'like:^NPS': filled}\ncontact_id: Id\ntalk_s: {from: B, plus: [C], minus: [D], times: E}\n"
        "wait_s: {between: [F, G]}\nqueue: {like: '^Queue \\d'}\nstarted_at: {from: H, timezone: {from: I}}",
        top="spellings: {B: [Bé]}\nskip: [{when: {J: x}}]\nnotes: [{when: {K: x}, say: y}]\n"
        "legs: {id: L, previous: M}\nversion: N\nchecks: [{name: n, sum: [O], equals: P}]\n",
    )
    one = known(text)
    assert set(one.used) == {"Id", "Bé", *"ABCDEFGHIJKLMNOP"}
    assert set(one.patterns) == {r"^Queue \d", "^NPS"}
    positions = {"id": 0, "bé": 1, "b": 1, "x": 2, r"like:^Queue \d": 3, "queue 7": 3, "like:^NPS": 4}
    assert one.read_from(positions) == (0, 1, 3, 4)


def test_columns_that_may_hold_answers_are_read_too() -> None:
    one = known(profile("contact_id: Id", top="questions: {except: ['^start']}\n"))
    positions = {"id": 0, "started": 1, "q1": 2, "": 3}
    assert (one.unmapped(positions), one.read_from(positions)) == ({"q1": 2}, (0, 2))


def test_the_key_of_a_leg_is_its_own() -> None:
    columns = {"Id": ["a", "a", "b"], "Leg": ["1", "2", None], "Before": [None, "1", None], "Q": ["x", "y", "z"]}
    became = made(profile("contact_id: Id\nqueue: Q", top=LEGS), columns)
    frame = became.tables["contacts"]
    assert frame.select("contact_id", "leg_id", "leg_previous", "queue", "line").rows() == [
        ("a", "1", None, "x", 2),
        ("a", "2", "1", "y", 3),
    ]
    assert became.keys["key"].n_unique() == 2
    assert became.supplied["contacts"] == {"contact_id", "queue"}
    assert [(reject.line, reject.reason) for reject in became.rejects] == [(4, "empty")]


def test_a_file_without_the_heading_of_its_legs_is_refused() -> None:
    with pytest.raises(InputError, match=r"I108.*'leg_id' of contacts from 'Leg'"):
        made(profile("contact_id: Id\nqueue: Q", top=LEGS), {"Id": ["a", "a"], "Q": ["x", "y"]})


def test_joined_cells_may_be_empty_where_the_profile_says_so() -> None:
    columns = {"Id": [*"abc"], "A": ["1", None, None], "B": ["2", "3", None]}
    rules = "contact_id: Id\nqueue: {join: [A, B]}\nreason: {join: [A, B], empty: '', with: '/'}"
    frame = made(profile(rules), columns).tables["contacts"]
    assert frame.select("queue", "reason").rows() == [("1 2", "1/2"), (None, "/3"), (None, None)]


def test_what_asks_to_be_confirmed_is_known_by_its_place() -> None:
    rules = "contact_id: Id\nqueue: {from: Q, confirm: true}\nreason: [A, {from: R, confirm: true}]"
    one = known(profile(rules))
    assert [(name, place.line) for name, place in one.unconfirmed] == [("contacts.queue", 7), ("contacts.reason", 8)]


def test_profiles_beside_the_data_come_after_those_given(tmp_path: Path) -> None:
    given, beside = tmp_path / "given", tmp_path / "data" / "profiles"
    for folder in (given, beside):
        folder.mkdir(parents=True)
    (given / "a.yaml").write_text(profile("contact_id: Id"))
    (beside / "a.yaml").write_text(profile("contact_id: Id\nqueue: Q"))
    (beside / "b.yaml").write_text(profile("contact_id: Id").replace("t.x", "salesforce.cases"))
    found = {one.name: one for one in collect([given], TABLES, [beside])}
    assert (found["t.x"].origin, "queue" in found["t.x"].tables["contacts"][0].rules) == ("user", False)
    assert found["salesforce.cases"].origin == "beside"
    assert [one.origin for one in collect([beside], TABLES, [beside]) if one.name == "t.x"] == ["user"]
    (beside / "c.yaml").write_text(profile("contact_id: Id"))
    with pytest.raises(CatalogueError, match="P204"):
        collect([], TABLES, [beside])


def test_shipped_profiles_are_read_once() -> None:
    assert shipped(TABLES) is shipped(dict(TABLES))


def test_a_short_rule_is_a_heading() -> None:
    assert Rule.model_validate("A") == Rule.model_validate({"from": "A"})
