"""Nothing disappears unsaid: rows without a time, rows that name nobody's row, and files nothing is taken from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pytest

from cxkpi.cli.app import main
from cxkpi.exports.load import load
from cxkpi.tables import TABLES

from .acd import export, row
from .conftest import Became, Load

CONTACTS = "contact_id,started_at,ended_at\n"
FIVE = CONTACTS + (
    "c1,2026-01-05 09:00,2026-01-05 09:05\n"
    "c2,2026-01-05 09:00,\n"
    "c3,2026-01-05 09:00,garbage\n"
    "c4,2026-01-05 09:00,2026-01-05 09:06\n"
    "c5,2026-01-05 09:00,2026-01-05 09:07\n"
)
COUNT = (
    "cxkpi: 1\ncalendar: {timezone: Europe/London}\n"
    "metrics:\n  calls: {kind: total, label: Calls, from: contacts, count: rows, unit: number}\n"
)
# What a row of each table needs, but for its own default time.
NEEDS: Mapping[str, Mapping[str, str]] = {
    "legs": {"contact_id": "c1", "leg_no": "1"},
    "cases": {"case_id": "k1"},
    "evaluations": {"evaluation_id": "e1", "section": "s"},
    "agents": {"agent_id": "a1"},
    "moves": {"agent_id": "a1"},
    "agent_time": {"agent_id": "a1", "state": "idle"},
    "intervals": {"queue": "q", "length_s": "900"},
    "costs": {"cost_id": "x1"},
}


def unsaid(became: Became) -> list[str]:
    return [note for note in became.loaded.notes if "no period" in note]


def test_a_contact_that_is_not_over_is_accepted_and_counted_and_one_with_an_unreadable_end_is_rejected(
    loaded: Load,
) -> None:
    became = loaded({"contacts.csv": FIVE})
    assert became.rejects == [("contacts.csv", 4, "ended_at", "garbage", "not a date and time")]
    entry = became.entry("contacts.csv")
    assert (entry.records, entry.accepted, entry.rejected, entry.blanked) == (5, 4, 1, 0)
    assert unsaid(became) == ["1 contact has no end: it belongs to no period."]


def test_the_report_counts_what_was_accepted_but_for_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "contacts.csv").write_text(FIVE)
    (tmp_path / "metrics.yaml").write_text(COUNT)
    asked = ["report", str(tmp_path), "-c", str(tmp_path / "metrics.yaml"), "--every", "all", "-f", "json"]
    assert main(asked) == 0
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert (result["results"][0]["value"], result["ledger"]["files"][0]["accepted"]) == (3, 4)
    assert "1 contact has no end" in printed.err
    assert "contacts.csv:4" in printed.err


@pytest.mark.parametrize("table", sorted(NEEDS))
@pytest.mark.parametrize(("cell", "reason"), [("", "empty"), ("garbage", "not a date")])
def test_a_plain_row_without_its_own_time_is_rejected(loaded: Load, table: str, cell: str, reason: str) -> None:
    time = TABLES[table].time[0]
    good, bad = {**NEEDS[table], time: "2026-01-05"}, {**NEEDS[table], time: cell}
    text = "\n".join([",".join(good), ",".join(good.values()), ",".join(bad.values()), ""])
    became = loaded({"rows.csv": text})
    ((_, line, column, value, why),) = became.rejects
    assert (line, column, value) == (3, time, cell)
    assert why.startswith(reason)
    assert became.loaded.stored[table].rows == 1


def test_a_plain_file_without_the_time_of_its_table_is_not_taken_for_one(loaded: Load) -> None:
    files = {"cases.csv": "case_id,closed_at\nk1,2026-01-05 09:00\n", "contacts.csv": FIVE}
    became = loaded(files)
    assert "cases" not in became.loaded.stored
    assert [note for note in became.loaded.notes if "cxkpi.cases" in note and "'opened_at'" in note]


def test_a_profile_may_leave_the_time_open_but_what_is_written_must_be_a_time(loaded: Load) -> None:
    profile = (
        "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\n"
        "tables:\n  cases: {case_id: Id, opened_at: Opened, closed_at: Closed}\n"
    )
    text = "Id,Opened,Closed\n1,2026-01-05 09:00,later\n2,,\n3,soon,\n4,,\n"
    became = loaded({"x.csv": text}, profile=profile)
    assert became.rejects == [("x.csv", 4, "Opened", "soon", "not a date and time")]
    assert (became.entry("x.csv").accepted, became.entry("x.csv").blanked) == (3, 1)
    assert unsaid(became) == ["2 rows of cases have no opened_at: they belong to no period."]


def test_answers_to_unknown_invitations_are_said(loaded: Load) -> None:
    files = {
        "invitations.csv": "invitation_id,sent_at\ni1,2026-01-05 09:00\ni2,\n",
        "answers.csv": "invitation_id,question,score\ni1,csat,5\ni2,csat,5\ni3,csat,5\ni4,csat,4\n",
    }
    became = loaded(files)
    assert became.entry("answers.csv").accepted == 4
    assert "2 rows of answers name an invitation that is in no file." in became.loaded.notes
    assert unsaid(became) == [
        "1 row of invitations has no time: it belongs to no period.",
        "3 rows of answers have no time: they belong to no period.",
    ]


def test_answers_without_any_invitations_are_said(loaded: Load) -> None:
    became = loaded({"answers.csv": "invitation_id,question,score\ni1,csat,5\n"})
    assert became.loaded.notes == (
        "1 row of answers has no time: it belongs to no period.",
        "1 row of answers names an invitation that is in no file.",
    )


def test_invitations_have_a_time_of_their_own_where_no_contacts_are_there(loaded: Load) -> None:
    became = loaded({"invitations.csv": "invitation_id,contact_id,sent_at\ni1,c1,2026-01-05 09:00\n"})
    assert became.loaded.notes == ()


def test_a_contact_id_of_two_systems_gives_no_time(loaded: Load) -> None:
    """Measurement joins neither of the two, so the answer is in no period."""
    files = {
        "contacts.csv": "contact_id,source,ended_at\nc1,a,2026-01-05 09:00\nc1,b,2026-01-06 09:00\n",
        "invitations.csv": "invitation_id,contact_id\ni1,c1\n",
    }
    assert unsaid(loaded(files)) == ["1 row of invitations has no time: it belongs to no period."]


@pytest.mark.parametrize("table", ["legs", "cases", "evaluations", "invitations"])
def test_rows_of_every_table_that_name_an_unknown_contact_are_said(loaded: Load, table: str) -> None:
    needs = {"invitations": {"invitation_id": "i1", "sent_at": "2026-01-05"}, **NEEDS}[table]
    cells = {**needs, **({} if table == "invitations" else {TABLES[table].time[0]: "2026-01-05"}), "contact_id": "zz"}
    text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    became = loaded({"contacts.csv": CONTACTS + "c1,,2026-01-05 09:05\n", f"{table}.csv": text})
    assert became.loaded.notes == (f"1 row of {table} names a contact that is in no contact export.",)


def test_agents_the_roster_does_not_know_are_said_without_logins_too(loaded: Load) -> None:
    files = {
        "agents.csv": "agent_id,hired_on\na1,2020-01-01\n",
        "evaluations.csv": (
            "evaluation_id,section,agent_id,evaluated_at\n"
            "e1,s,a1,2026-01-05 09:00\ne2,s,a9,2026-01-05 09:00\ne3,s,a9,2026-01-05 09:00\n"
        ),
        "moves.csv": "agent_id,moved_on\na8,2026-01-05\n",
    }
    (note,) = loaded(files).loaded.notes
    assert note == "2 agent_ids are not in the roster: 2 rows of evaluations and 1 row of moves."


# -- files nothing is taken from --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "unreadable"),
        (b" \n", "unreadable"),
        (bytes(range(256)) * 4, "unreadable"),
        (b"PK\x03\x04" + bytes(200), "unreadable"),
        (b"agent_id,colour\n1,red\n", "unrecognised"),
    ],
)
def test_a_file_that_is_left_out_has_a_line_in_the_ledger(loaded: Load, content: bytes, word: str) -> None:
    became = loaded({"acd.csv": export(row()), "odd.csv": content})
    assert [entry.path for entry in became.loaded.files] == ["acd.csv", "odd.csv"]
    entry = became.entry("odd.csv")
    assert (entry.profile, entry.records, entry.accepted, entry.lines, entry.tables) == (word, 0, 0, 0, ())
    assert became.balanced()
    assert [note for note in became.loaded.notes if note.startswith("odd.csv was left out")]


def test_a_file_without_permission_has_a_line_in_the_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "acd.csv").write_text(export(row()))
    (tmp_path / "in" / "locked.csv").write_text(export(row()))
    opened = Path.open

    def refused(path: Path, *how: str) -> IO[Any]:
        if path.name == "locked.csv":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how)

    # A test may run as root, whom no permission stops.
    monkeypatch.setattr(Path, "open", refused)
    found = load([tmp_path / "in"], tables=TABLES, timezone="UTC", into=tmp_path / "tables")
    assert [(entry.path, entry.profile, entry.records) for entry in found.files] == [
        ("acd.csv", "genesys_cloud.interactions", 1),
        ("locked.csv", "unreadable", 0),
    ]
    assert found.notes == ("locked.csv was left out: it cannot be read: Permission denied.",)


@pytest.mark.parametrize("format", ["table", "json", "csv"])
def test_a_report_goes_on_with_files_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "contacts.csv").write_text(FIVE)
    (tmp_path / "in" / "empty.csv").write_text("")
    (tmp_path / "metrics.yaml").write_text(COUNT)
    asked = ["report", str(tmp_path / "in"), "-c", str(tmp_path / "metrics.yaml"), "-f", format]
    assert main(asked) == 0
    printed = capsys.readouterr()
    assert "empty.csv was left out" in printed.err
    if format == "json":
        files = {file["path"]: file for file in json.loads(printed.out)["ledger"]["files"]}
        assert (files["empty.csv"]["profile"], files["empty.csv"]["records"]) == ("unreadable", 0)
    if format == "table":
        assert [line.split()[:2] for line in printed.out.splitlines() if "empty.csv" in line] == [
            ["empty.csv", "unreadable"]
        ]


def test_an_encoding_declared_wrongly_is_said_in_one_paragraph(loaded: Load) -> None:
    profile = (
        "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\nfile: {encoding: ascii}\n"
        "tables:\n  contacts: {contact_id: Id, ended_at: Ended}\n"
    )
    with pytest.raises(Exception, match=r"x\.csv: error\[I103\]: t\.x declares the encoding 'ascii'"):
        loaded({"x.csv": "Id,Ended\nä,2026-01-05\n"}, profile=profile)


# -- dates nobody means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["9999-12-31", "0001-01-01", "9999-12-31 00:00:00"])
def test_the_end_of_the_calendar_as_leaving_date_means_not_left(loaded: Load, cell: str) -> None:
    text = f"agent_id,hired_on,left_on\na1,2020-01-01,{cell}\na2,2020-01-01,2026-01-05\na3,2020-01-01,1066-10-14\n"
    became = loaded({"agents.csv": text})
    assert [left is None for (left,) in became.rows("agents", "left_on")] == [True, False, True]
    entry = became.entry("agents.csv")
    assert (entry.accepted, entry.blanked) == (3, 1)
    (note,) = [note for note in became.loaded.notes if "stand for no date" in note]
    assert note.startswith("agents.csv: 1 date in 'left_on' is 9999-12-31")


def test_a_login_until_the_end_of_the_calendar_has_no_end(loaded: Load) -> None:
    people = "agent_id,system,login,from,to\na1,genesys_cloud,Ann Lee,0001-01-01,9999-12-31\n"
    became = loaded({"people.csv": people, "acd.csv": export(row())})
    assert became.rows("contacts", "agent_id") == [("a1",)]
    assert became.entry("people.csv").blanked == 0


@pytest.mark.parametrize("format", ["", ", format: ['%Y-%m-%d %H:%M', '%d/%m/%Y']"])
def test_the_end_of_the_calendar_is_known_in_the_formats_of_the_profile(loaded: Load, format: str) -> None:
    profile = (
        "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\n"
        f"tables:\n  agents: {{agent_id: Id, hired_on: Hired, left_on: {{from: Left{format}}}}}\n"
    )
    cell = "31/12/9999" if format else "9999-12-31"
    became = loaded({"x.csv": f"Id,Hired,Left\n1,2020-01-01,{cell}\n"}, profile=profile)
    assert became.rows("agents", "left_on") == [(None,)]
    assert became.entry("x.csv").blanked == 0


@pytest.mark.parametrize("cell", ["9999-12-31", "0001-01-01", "1899-12-31", "2200-01-01"])
def test_a_year_nobody_means_is_not_a_date(loaded: Load, cell: str) -> None:
    hired = loaded({"agents.csv": f"agent_id,hired_on\na1,2020-01-01\na2,{cell}\n"})
    assert hired.rejects == [("agents.csv", 3, "hired_on", cell, "not a sensible date")]
    text = f"contact_id,started_at,ended_at\nc1,{cell} 10:00,2026-01-05 09:00\nc2,,{cell}T10:00:00Z\n"
    became = loaded({"contacts.csv": text})
    assert became.rejects == [("contacts.csv", 3, "ended_at", f"{cell}T10:00:00Z", "not a sensible date")]
    assert became.rows("contacts", "started_at") == [(None,)]
    assert became.entry("contacts.csv").blanked == 1


def test_a_year_nobody_means_with_an_offset_of_the_format(loaded: Load) -> None:
    profile = (
        "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\n"
        "tables:\n  contacts: {contact_id: Id, ended_at: {from: T, format: '%Y-%m-%d %H:%M %z'}}\n"
    )
    text = "Id,T\n1,2026-01-05 09:00 +0100\n2,9999-12-31 23:59 +0000\n"
    became = loaded({"x.csv": text}, profile=profile)
    assert became.rows("contacts", "ended_at") == [(datetime(2026, 1, 5, 8),)]
    assert [reject[4] for reject in became.rejects] == ["not a sensible date"]


@pytest.mark.parametrize("cell", ["1900-01-01", "2199-12-31"])
def test_the_first_and_the_last_sensible_year(loaded: Load, cell: str) -> None:
    became = loaded({"agents.csv": f"agent_id,hired_on,entered_on\na1,1900-01-01,{cell}\n"})
    assert became.rows("agents", "entered_on")[0][0].isoformat() == cell


def test_a_report_over_a_roster_that_is_open_to_the_end_of_the_calendar(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    lines = "".join(f"a{n},2025-01-0{n},9999-12-31\n" for n in range(1, 6)) + "a6,2025-01-01,2026-03-01\n"
    (tmp_path / "in" / "agents.csv").write_text("agent_id,hired_on,left_on\n" + lines)
    assert main(["report", str(tmp_path / "in"), "-m", "turnover", "--as-of", "2026-06-30", "-f", "json"]) == 0
    printed = capsys.readouterr()
    assert "5 dates in 'left_on' are 9999-12-31" in printed.err
    newest = json.loads(printed.out)["results"][-1]
    assert (newest["numerator"], newest["n"]) == (1, 6)


# -- the hour that occurs twice ---------------------------------------------------------------------------------------


def test_a_contact_over_the_doubled_hour_lasts_twenty_minutes(loaded: Load) -> None:
    text = (
        "contact_id,started_at,queued_at,answered_at,ended_at\n"
        "c1,2026-10-25 01:50,2026-10-25 01:55,2026-10-25 01:05,2026-10-25 01:10\n"
        "c2,2026-10-25 01:10,,2026-10-25 01:20,2026-10-25 01:50\n"
        "c3,2026-10-25 01:50,,,2026-10-25 00:59\n"
        "c4,2026-10-25T01:50:00+01:00,,,2026-10-25T01:10:00+01:00\n"
    )
    became = loaded({"contacts.csv": text})
    assert became.rows("contacts", "contact_id", "started_at", "queued_at", "answered_at", "ended_at") == [
        (
            "c1",
            datetime(2026, 10, 25, 0, 50),
            datetime(2026, 10, 25, 0, 55),
            datetime(2026, 10, 25, 1, 5),
            datetime(2026, 10, 25, 1, 10),
        ),
        ("c2", datetime(2026, 10, 25, 0, 10), None, datetime(2026, 10, 25, 0, 20), datetime(2026, 10, 25, 0, 50)),
    ]
    assert [(line, reason) for _, line, _, _, reason in became.rejects] == [
        (4, "it ends before it starts"),
        (5, "it ends before it starts"),
    ]
    (note,) = [note for note in became.loaded.notes if "twice" in note]
    assert note.endswith("; each was taken as the first, except 2 that would have come before their beginning.")
    assert "8 local times lie" in note


def test_a_genesys_contact_over_the_doubled_hour(loaded: Load) -> None:
    """2025: the night of 26 October; the answer is counted from the start and needs no second reading."""
    became = loaded({"acd.csv": export(row(date="2025-10-26 01:50:00", end_date="2025-10-26 01:10:00"))})
    assert became.rows("contacts", "started_at", "answered_at", "ended_at") == [
        (datetime(2025, 10, 26, 0, 50), datetime(2025, 10, 26, 0, 50, 30), datetime(2025, 10, 26, 1, 10))
    ]
    assert became.entry("acd.csv").rejected == 0
    assert [note for note in became.loaded.notes if "except 1 that would have come before its beginning" in note]


def test_a_second_spelling_of_the_time_may_lie_in_the_doubled_hour(loaded: Load) -> None:
    profile = (
        "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\ntables:\n"
        "  contacts:\n    contact_id: Id\n    started_at: Began\n    ended_at: [{from: Ended}, {from: Closed}]\n"
    )
    text = (
        "Id,Began,Ended,Closed\n"
        "1,2026-10-25 01:50,,2026-10-25 01:10\n"
        "2,2026-10-25 01:50,2026-10-25 01:20,\n"
        "3,2026-10-25 01:50,2026-10-25 03:20,2026-10-25 01:10\n"
    )
    became = loaded({"x.csv": text}, profile=profile)
    assert became.rows("contacts", "ended_at") == [
        (datetime(2026, 10, 25, 1, 10),),
        (datetime(2026, 10, 25, 1, 20),),
        (datetime(2026, 10, 25, 3, 20),),
    ]


@pytest.mark.parametrize("word", ["total", "Total", "Grand total", "SUMME", "Suma:", "somme"])
def test_a_line_of_totals_below_the_plain_layout_is_no_contact(loaded: Load, word: str) -> None:
    became = loaded({"c.csv": f"contact_id,started_at,ended_at,talk_s\n1,2026-01-05 09:00,,60\n{word},,,60\n"})
    assert became.rows("contacts", "contact_id") == [("1",)]
    entry = became.entry("c.csv")
    assert (entry.records, entry.accepted, entry.skipped, entry.rejected) == (2, 1, 1, 0)
    assert became.balanced()
    assert "c.csv: skipped as a line of totals (1 record)." in [one.message for one in became.loaded.findings]


def test_a_line_of_totals_is_skipped_where_its_table_needs_a_time(loaded: Load) -> None:
    became = loaded({"cases.csv": "case_id,opened_at,closed_at\nk1,2026-01-05 09:00,\nTotal,,\n"})
    assert (became.entry("cases.csv").skipped, became.rejects) == (1, [])


@pytest.mark.parametrize("row", ["total,2026-01-05 09:00,,60", "totally,,,60", "7,,,60"])
def test_a_record_with_a_time_or_an_id_of_its_own_is_no_line_of_totals(loaded: Load, row: str) -> None:
    became = loaded({"c.csv": f"contact_id,started_at,ended_at,talk_s\n1,2026-01-05 09:00,,60\n{row}\n"})
    assert (became.entry("c.csv").accepted, became.entry("c.csv").skipped) == (2, 0)
