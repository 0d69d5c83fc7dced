"""What a profile can say, and what it is told where it is wrong."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from cxkpi.errors import CatalogueError
from cxkpi.exports.load import load
from cxkpi.exports.profile_file import parse, shipped
from cxkpi.tables import TABLES, with_columns

from .conftest import Load

HEAD = "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\n"


def contacts(rules: str) -> str:
    return (
        HEAD
        + "tables:\n  contacts:\n    contact_id: Id\n"
        + "".join(f"    {rule}\n" for rule in rules.split("\n") if rule)
    )


def one(loaded: Load, rules: str, cells: dict[str, str], column: str, **more: str) -> object:
    text = ",".join(["Id", *cells]) + "\n" + ",".join(["1", *cells.values()]) + "\n"
    return loaded({"x.csv": text}, profile=contacts(rules), **more).rows("contacts", column)[0][0]


@pytest.mark.parametrize(
    ("unit", "cell", "seconds"),
    [
        ("ms", "1500", 1.5),
        ("s", "5410.123", 5410.123),
        ("m", "1.5", 90.0),
        ("h", "0.5", 1800.0),
        ("d", "0.000069444446", 6.0),
        ("s", "0:02:23", 143.0),
        ("ms", "50:38:24.085", 182304.085),
        ("s", ":07", 7.0),
        ("s", "75:30", 4530.0),
        ("s", "1:23", 83.0),
        ("s", "19m 10s", 1150.0),
        ("s", "1 Day 9 Hours", 118800.0),
        ("s", "nan", None),
        ("s", "inf", None),
        ("s", "-", None),
    ],
)
def test_durations(loaded: Load, unit: str, cell: str, seconds: float | None) -> None:
    assert one(loaded, f"talk_s: {{from: T, unit: {unit}}}", {"T": cell}, "talk_s") == seconds


@pytest.mark.parametrize(
    ("rule", "cell", "value"),
    [
        ("abandoned: T", "Yes", True),
        ("abandoned: T", "0", False),
        ("abandoned: T", "perhaps", None),
        ("abandoned: {from: T, true: [gone]}", "GONE", True),
        ("abandoned: {from: T, filled: true}", "Billing", True),
        ("abandoned: {from: T, filled: true}", "", False),
        ("abandoned: {from: T, empty: 'no'}", "", False),
        ("queue: {from: T, split: ';', pick: last}", "A; B ;", "B"),
        ("queue: {from: T, split: ';', pick: 2}", "A;B;C", "B"),
        ("queue: {from: T, split: ';', pick: 2}", "A", None),
        ("queue: {from: T, strip: ['tel:']}", "tel:12", "12"),
        ("queue: {from: T, nulls: [none]}", "None", None),
        ("queue: {from: T, lower: true}", "Billing", "billing"),
        ("queue: {from: T, values: {b: Billing, x: null}, otherwise: Else}", "B", "Billing"),
        ("queue: {from: T, values: {b: Billing, x: null}, otherwise: Else}", "c", "Else"),
        ("queue: {from: T, values: {b: Billing, x: null}}", "x", None),
        ("queue: {is: Voice}", "", "Voice"),
        ("queue: {from: [Absent, T]}", "here", "here"),
        ("queue: [Absent, T]", "here", "here"),
        ("queue: {join: [Id, T], with: '/'}", "7", "1/7"),
        ("queue: {join: [Id, T]}", "", None),
        ("queue: {from: T, when: {Id: [1]}}", "here", "here"),
        ("queue: {from: T, when: {Id: {not: [1]}}}", "here", None),
        ("queue: {from: T, when: {Id: {matches: '^[0-9]$'}}}", "here", "here"),
        ("queue: {from: T, when: {Absent: filled}}", "here", None),
        ("transfers: T", "3.0", 3),
        ("transfers: T", "3.5", None),
        ("cost: T", "£1.25", 1.25),
        ("cost: T", "12,34", None),
    ],
)
def test_rules(loaded: Load, rule: str, cell: str, value: object) -> None:
    text = f'Id,T\n1,"{cell}"\n'
    became = loaded({"x.csv": text}, profile=contacts(rule))
    assert became.rows("contacts", rule.split(":")[0]) == [(value,)]


@pytest.mark.parametrize(
    ("rule", "cell", "value"),
    [
        ("T", "2026-07-05 10:00:00", datetime(2026, 7, 5, 9)),
        ("T", "2026-07-05T10:00", datetime(2026, 7, 5, 9)),
        ("T", "2026-07-05T10:00:00.250Z", datetime(2026, 7, 5, 10, 0, 0, 250000)),
        ("T", "2026-07-05T10:00:00+05:30", datetime(2026, 7, 5, 4, 30)),
        ("{from: T, format: '%d/%m/%Y %H:%M'}", "5/7/2026 9:05", datetime(2026, 7, 5, 8, 5)),
        ("{from: T, format: '%d/%m/%Y %H:%M'}", "05/07/26 09:05", None),
        ("{from: T, format: '%a, %d %b %Y %H:%M:%S'}", '"Fri, 21 Aug 2026 09:00:06"', datetime(2026, 8, 21, 8, 0, 6)),
        ("{from: T, format: '%Y-%m-%d %H:%M:%S %z'}", "2026-07-05 10:00:00 +0200", datetime(2026, 7, 5, 8)),
        ("{join: [D, T], format: '%Y-%m-%d %H:%M:%S'}", "9:12:58", datetime(2026, 1, 1, 9, 12, 58)),
        ("{from: D, plus: [Id], unit: m}", "", datetime(2026, 1, 1, 0, 1)),
    ],
)
def test_instants(loaded: Load, rule: str, cell: str, value: datetime | None) -> None:
    text = f"Id,D,T\n1,2026-01-01,{cell}\n"
    became = loaded({"x.csv": text}, profile=contacts(f"started_at: {rule}"))
    assert became.rows("contacts", "started_at") == [(value,)]


def test_an_hour_that_occurs_twice_is_the_first_and_counted(loaded: Load) -> None:
    text = "Id,T\n1,2026-10-25 01:30:00\n2,2026-10-25 02:30:00\n"
    became = loaded({"x.csv": text}, profile=contacts("started_at: T\nended_at: T"))
    assert became.rows("contacts", "started_at") == [(datetime(2026, 10, 25, 0, 30),), (datetime(2026, 10, 25, 2, 30),)]
    assert [note for note in became.loaded.notes if "1 local time lies" in note and "twice" in note]


def test_a_time_the_clocks_skip_keeps_its_distance(loaded: Load) -> None:
    text = "Id,T,U\n1,2026-03-29 00:50:00,2026-03-29 01:10:00\n"
    became = loaded({"x.csv": text}, profile=contacts("started_at: T\nended_at: U"))
    assert became.rows("contacts", "started_at", "ended_at") == [
        (datetime(2026, 3, 29, 0, 50), datetime(2026, 3, 29, 1, 10))
    ]
    assert [note for note in became.loaded.notes if "skips" in note]


def test_a_profile_may_have_a_zone_of_its_own(loaded: Load) -> None:
    profile = contacts("started_at: T").replace("tables:", "file: {timezone: Asia/Kolkata}\ntables:")
    became = loaded({"x.csv": "Id,T\n1,2026-07-05 10:00:00\n"}, profile=profile)
    assert became.rows("contacts", "started_at") == [(datetime(2026, 7, 5, 4, 30),)]


def test_row_numbers_name_records_without_an_id(loaded: Load) -> None:
    profile = HEAD + "tables:\n  answers: {invitation_id: {row_number: true}, question: {is: nps}, score: Id}\n"
    became = loaded({"x.csv": 'Id,W\n9,"a\nb"\n8,c\n'}, profile=profile)
    assert became.rows("answers", "invitation_id", "score") == [("x.csv:2", 9.0), ("x.csv:4", 8.0)]


def test_a_required_column_that_the_file_lacks(loaded: Load) -> None:
    with pytest.raises(Exception, match=r"reads 'ended_at' of contacts from 'Gone'"):
        loaded({"x.csv": "Id,T\n1,2\n"}, profile=contacts("ended_at: {from: Gone, required: true}"))


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        (HEAD + "tables:\n  contakts: {}\n", 5, 3, "no table 'contakts'; did you mean 'contacts'?"),
        (contacts("qeue: Q"), 7, 5, "no column 'qeue'; did you mean 'queue'?"),
        (contacts("queue: {fron: Q}"), 7, 13, "unknown key 'fron'"),
        (contacts("queue: {from: Q, is: x}"), 7, 12, "exactly one of"),
        (contacts("queue: {from: Q, unit: ms}"), 7, 22, "means nothing for 'queue', which is text"),
        (contacts("talk_s: {from: Q, unit: min}"), 7, 29, "'min' is not a value of 'unit'"),
        (contacts("queue: Q").replace("t.x", "T x"), 1, 10, "profile"),
        (HEAD + "tables:\n  answers: {invitation_id: Id}\n", 5, 3, "need question"),
        (HEAD + "file: {timezone: Europe/Atlantis}\n" + contacts("queue: Q")[len(HEAD) :], 4, 18, "no time zone"),
        (HEAD.replace("system: t\n", "") + "tables:\n  contacts: {contact_id: Id}\n", 1, 1, "'system' is missing"),
        ("profile: [", 1, 11, "not YAML"),
        (contacts("queue: Q\nqueue: R"), 8, 5, "written twice"),
    ],
)
def test_a_mistake_is_shown_where_it_was_made(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(text, "p.yaml", TABLES, "user")
    problem = caught.value.problems[0]
    assert words in problem.message
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (line, column)
    assert problem.code.startswith("P")


def test_all_mistakes_are_shown_at_once() -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(contacts("qeue: Q\nchanel: C\ntalk_s: {from: T, unit: x}"), "p.yaml", TABLES, "user")
    assert len(caught.value.problems) == 3


def test_the_shipped_profiles_are_valid_and_name_their_source() -> None:
    names = [profile.name for profile in shipped(TABLES)]
    assert names == sorted(names)
    assert {"genesys_cloud.interactions", "qualtrics.responses", "salesforce.cases", "workday.roster"} <= set(names)


def test_profiles_may_fill_columns_the_catalogue_adds(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("Id,C\n1,spring\n")
    (tmp_path / "p.yaml").write_text(contacts("campaign: C"))
    tables = with_columns({"contacts": {"campaign": "text"}})
    found = load(
        [tmp_path / "x.csv"], tables=tables, timezone="UTC", profiles=[tmp_path / "p.yaml"], into=tmp_path / "tables"
    )
    assert "campaign" in found.stored["contacts"].supplied
    assert pl.read_parquet(found.stored["contacts"].files[0])["campaign"].to_list() == ["spring"]
    with pytest.raises(CatalogueError, match="no column 'campaign'"):
        parse(contacts("campaign: C"), "p.yaml", TABLES, "user")
