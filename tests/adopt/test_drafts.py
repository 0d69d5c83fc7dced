"""``adopt`` on small files made for the test: what it proposes, what it doubts, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adopt.scoring import drafted
from cxkpi.errors import InputError, UsageError
from cxkpi.exports.adopting.adopted import Adopted, Proposal, RuleDraft
from cxkpi.exports.adopting.files import source_of
from cxkpi.exports.profile_file import parse
from cxkpi.tables import TABLES


def draft(
    folder: Path, text: str, name: str = "calls.csv", encoding: str = "utf-8", table: str | None = None
) -> Adopted:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    adopted = drafted(path, table)
    profile = parse(adopted.yaml, "draft.yaml", TABLES, "user")
    assert len(profile.unconfirmed) == adopted.confirm
    return adopted


def column(adopted: Adopted, heading: str) -> Proposal:
    return next(column for column in adopted.columns if column.heading == heading)


def targets(adopted: Adopted) -> dict[str, str | None]:
    return {column.heading: column.target for column in adopted.columns}


GERMAN = """Anrufliste
Stand: 01.02.2026
Anruf-Nr.;Datum;Uhrzeit;Warteschlange;Bearbeiter;Rufnummer;Wartezeit;Gesprächsdauer;Beantwortet
10001;05.01.2026;09:00:12;Rechnung;Müller, Anna;+49 30 1234567;00:00:12;00:03:10;ja
10002;05.01.2026;09:02:12;Rechnung;;+49 30 1234568;00:01:12;;nein
10003;15.01.2026;09:05:12;Technik;Schmidt, Bernd;+49 30 1234569;00:00:05;00:05:00;ja
10004;16.01.2026;10:05:12;Technik;Schmidt, Bernd;+49 30 1234570;00:00:25;00:02:00;ja
Summe;;;;;;00:01:54;00:10:10;
"""


def test_a_german_call_list_with_preamble_and_totals(tmp_path: Path) -> None:
    adopted = draft(tmp_path, GERMAN, encoding="cp1252")
    assert (adopted.table, adopted.records, adopted.heading_line, adopted.encoding) == ("contacts", 4, 2, "cp1252")
    assert targets(adopted) == {
        "Anruf-Nr.": "contacts.contact_id",
        "Datum": "contacts.started_at",
        "Uhrzeit": "contacts.started_at",
        "Warteschlange": "contacts.queue",
        "Bearbeiter": "contacts.agent_id",
        "Rufnummer": "contacts.customer_id",
        "Wartezeit": "contacts.wait_s",
        "Gesprächsdauer": "contacts.talk_s",
        "Beantwortet": "contacts.abandoned",
    }
    assert column(adopted, "Datum").rule == {"join": ["Datum", "Uhrzeit"], "format": "%d.%m.%Y %H:%M:%S"}
    assert column(adopted, "Beantwortet").rule == {"from": "Beantwortet", "true": ["nein"], "false": ["ja"]}
    assert column(adopted, "Rufnummer").rule["phone"] is True
    # Its last line has a cell for every heading: a footer is never one, so that only a rule can skip it.
    assert "skip:\n  - {when: {Anruf-Nr.: [Summe]}" in adopted.yaml.replace('"', "")


def numbers(talk: str, unit: int, rows: int = 8) -> str:
    lines = [f"Call ID,Start,End,Agent,{talk},Queue"]
    for row in range(rows):
        seconds, day = 120 + 60 * row, f"2026-01-{row + 1:02}"
        lines.append(f"c{row},{day} 09:00:00,{day} 09:{seconds // 60:02}:00,ann,{seconds // unit},a")
    return "\n".join(lines)


@pytest.mark.parametrize(("per", "unit"), [(1, "s"), (60, "m")])
def test_a_unit_is_known_where_durations_are_the_time_from_start_to_end(tmp_path: Path, per: int, unit: str) -> None:
    talk = column(draft(tmp_path, numbers("Talk Time", per)), "Talk Time")
    assert (talk.target, talk.rule["unit"], talk.confirm) == ("contacts.talk_s", unit, False)
    assert "talk_s = end - start in 100%" in talk.evidence


def test_a_unit_that_nothing_shows_has_to_be_confirmed(tmp_path: Path) -> None:
    text = "Call ID,Start,Agent,Talk Time\n" + "".join(f"c{n},2026-01-{n:02} 09:00:00,ann,{n}\n" for n in range(10, 19))
    talk = column(draft(tmp_path, text), "Talk Time")
    assert (talk.rule["unit"], talk.confirm) == ("m", True)
    assert "nothing says which unit" in talk.evidence
    assert "0:14:00 on average if minutes" in talk.evidence


def test_a_sum_that_is_right_without_a_duration_says_nothing_of_its_unit(tmp_path: Path) -> None:
    lines = [
        f"c{n},2026-01-{n:02} 09:00:00,2026-01-{n:02} 09:0{n % 7 + 1}:00,{60 * (n % 7 + 1)},{n}" for n in range(10, 20)
    ]
    adopted = draft(tmp_path, "Call ID,Start,End,Talk Secs,ACW\n" + "\n".join(lines))
    acw = column(adopted, "ACW")
    assert (acw.target, acw.rule["unit"], acw.confirm) == ("contacts.wrap_s", "s", True)


def clocks(talk: Callable[[int], str], minutes: Callable[[int], int], rows: int = 6) -> str:
    lines = ["Call ID,Start,End,Agent,Talk Time,Wrap Time"]
    for row in range(rows):
        day = f"2026-01-{row + 1:02}"
        end = f"{9 + minutes(row) // 60:02}:{minutes(row) % 60:02}:05"
        lines.append(f"c{row},{day} 09:00:00,{day} {end},ann,{talk(row)},00:35")
    return "\n".join(lines)


def test_clocks_that_as_hours_would_be_longer_than_their_records_are_minutes_and_seconds(tmp_path: Path) -> None:
    adopted = draft(tmp_path, clocks(lambda row: f"{4 + row:02}:00", lambda row: 5 + row, rows=3))
    talk, wrap = column(adopted, "Talk Time"), column(adopted, "Wrap Time")
    assert (talk.target, talk.rule, talk.confirm) == ("contacts.talk_s", {"from": "Talk Time"}, False)
    assert "as H:MM longer than from start to end in 3 of 3 records, as M:SS in none" in talk.evidence
    assert (wrap.target, wrap.rule, wrap.confirm) == ("contacts.wrap_s", {"from": "Wrap Time"}, False)
    assert "talk_s is M:SS by the times of the records, and this one is taken for it too" in wrap.evidence


def test_clocks_that_as_minutes_would_be_next_to_nothing_of_their_records_are_hours(tmp_path: Path) -> None:
    adopted = draft(tmp_path, clocks(lambda row: f"{1 + row}:10", lambda row: 60 * (1 + row) + 12))
    talk = column(adopted, "Talk Time")
    assert (talk.rule, talk.confirm) == ({"from": "Talk Time", "clock": "h:m"}, False)
    assert "clocks H:MM, up to 6:10:00" in talk.evidence


@pytest.mark.parametrize(("minutes", "rows"), [(300, 6), (5, 2)])
def test_clocks_of_which_records_tell_nothing_have_to_be_confirmed(tmp_path: Path, minutes: int, rows: int) -> None:
    talk = column(draft(tmp_path, clocks(lambda row: f"0{1 + row % 3}:20", lambda row: minutes, rows)), "Talk Time")
    assert (talk.rule, talk.confirm) == ({"from": "Talk Time"}, True)
    assert "clocks such as 4:10 may be M:SS or H:MM" in talk.evidence


def test_days_and_months_that_may_be_exchanged_have_to_be_confirmed(tmp_path: Path) -> None:
    rows = [f"c{n},0{n}/02/2026 09:00,ann,0:01:00" for n in range(1, 7)]
    doubtful = column(draft(tmp_path, "Call ID,Start,Agent,Talk\n" + "\n".join(rows)), "Start")
    assert doubtful.confirm
    assert "%m/%d/%Y %H:%M would read them too" in doubtful.evidence
    rows.append("c9,13/02/2026 09:00,ann,0:01:00")
    decided = column(draft(tmp_path, "Call ID,Start,Agent,Talk\n" + "\n".join(rows)), "Start")
    assert (decided.confirm, decided.rule["format"]) == (False, "%d/%m/%Y %H:%M")


def test_every_survey_question_has_to_be_confirmed(tmp_path: Path) -> None:
    text = (
        "Response ID,Submitted,Customer Email,How satisfied were you? (1-5),How likely are you to recommend us?,"
        "Was your issue resolved?,Any comments?\n"
        "r1,2026-01-05T10:00:00Z,a@x.com,5,9,Yes,Great service from all of the team\n"
        "r2,2026-01-05T11:00:00Z,b@x.com,4,7,No,\n"
        "r3,2026-01-06T10:00:00Z,c@x.com,2,3,Yes,Waited far too long\n"
    )
    adopted = draft(tmp_path, text, "survey.csv")
    assert adopted.table == "invitations"
    asked = {column.question: column for column in adopted.columns if column.target == "answers.score"}
    assert {name: question.rule["scale"] for name, question in asked.items()} == {
        "csat": [1, 5],
        "nps": [0, 10],
        "resolved": [0, 1],
    }
    assert all(question.confirm for question in asked.values())
    assert column(adopted, "Any comments?").target == "answers.text"
    assert column(adopted, "Customer Email").target == "invitations.customer_id"


def test_an_interval_report(tmp_path: Path) -> None:
    text = (
        "Date,Interval,Queue,Calls Offered,Calls Answered,Abandoned,Answered within 20s,ASA (sec),Max Wait Time (sec)\n"
        "01/02/2026,09:00,Sales,20,18,2,15,12,60\n"
        "01/02/2026,09:30,Sales,22,20,2,16,14,61\n"
        "13/02/2026,10:00,Sales,25,24,1,20,10,62\n"
    )
    adopted = draft(tmp_path, text, "day.csv")
    assert adopted.table == "intervals"
    assert column(adopted, "Interval").rule == {"join": ["Date", "Interval"], "format": "%d/%m/%Y %H:%M"}
    assert column(adopted, "Answered within 20s").target == "intervals.answered_in_threshold"
    assert column(adopted, "ASA (sec)").rule == {"from": "ASA (sec)", "unit": "s", "times": "Calls Answered"}
    assert column(adopted, "Max Wait Time (sec)").target is None
    derived = {target: rule.rule for target, rule in adopted.derived}
    assert derived == {"intervals.length_s": {"is": "1800"}, "intervals.threshold_s": {"is": "20"}}


def test_agent_states(tmp_path: Path) -> None:
    text = (
        "Agent,State,Start Time,Duration (min)\n"
        "Ann,Available,2026-01-05 09:00:00,30\nAnn,Break,2026-01-05 09:30:00,15\n"
        "Bob,Available,2026-01-05 09:00:00,60\nBob,Lunch,2026-01-05 10:00:00,30\n"
    )
    adopted = draft(tmp_path, text, "states.csv")
    assert adopted.table == "agent_time"
    assert column(adopted, "Duration (min)").rule == {"from": "Duration (min)", "unit": "m"}
    assert dict(adopted.derived)["agent_time.ended_at"].rule == {
        "from": "Start Time",
        "plus": ["Duration (min)"],
        "unit": "m",
    }


def test_a_roster_with_names_apart_and_reasons_for_leaving(tmp_path: Path) -> None:
    text = (
        "Payroll No;Surname;Forename;Start Date;Leaving Date;Leaving Type;Department;Date of birth\n"
        "0417;Lee;Ann;13/01/2020;;;Billing;01/01/1990\n"
        "0418;Dee;Bob;02/03/2021;30/06/2025;Resignation;Billing;02/01/1990\n"
        "0419;Fry;Cyd;05/07/2022;31/12/2025;Dismissal;Sales;03/01/1990\n"
    )
    adopted = draft(tmp_path, text, "staff.csv")
    assert adopted.table == "agents"
    assert column(adopted, "Payroll No").target == "agents.agent_id"
    assert column(adopted, "Surname").rule == {"join": ["Forename", "Surname"]}
    assert column(adopted, "Leaving Type").rule["values"] == {"resignation": "voluntary", "dismissal": "involuntary"}
    assert column(adopted, "Date of birth").target is None


def test_what_is_missing_is_for_a_person_to_fill_in(tmp_path: Path) -> None:
    adopted = draft(tmp_path, "Agent,Offered,Answered\nann,20,18\nbob,30,22\n", "month.csv")
    missing = dict(adopted.derived)
    assert set(missing) == {"intervals.started_at", "intervals.length_s"}
    assert all(rule.rule == {"is": "FILL IN"} and rule.confirm for rule in missing.values())


def test_no_column_is_taken_twice_and_repeated_headings_are_read_once(tmp_path: Path) -> None:
    text = "Call ID,Start Time,Call Start,Agent,Agent Name,Talk Time,Talk Duration\n" + "".join(
        f"c{n},2026-01-{n:02} 09:00:00,2026-01-{n:02} 09:00:00,a{n % 3},Ann Lee,0:01:00,0:01:00\n"
        for n in range(10, 16)
    )
    adopted = draft(tmp_path, text)
    taken = [column.target for column in adopted.columns if column.target]
    assert len(taken) == len(set(taken))


def test_the_table_can_be_said(tmp_path: Path) -> None:
    text = "Reference,Opened,Closed,Category\n" + "".join(
        f"k{n},2026-01-{n:02} 09:00:00,2026-01-{n:02} 12:00:00,Billing\n" for n in range(10, 16)
    )
    assert draft(tmp_path, text, "x.csv", table="cases").table == "cases"
    assert draft(tmp_path, text, "x.csv", table="contacts").table == "contacts"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,2,3\n4,5,6\n", "I130"),
        ("Call ID,Start,Agent\n", "I131"),
        ("Colour,Weight\nred,5\nblue,6\ngreen,7\n", "I132"),
    ],
)
def test_what_cannot_be_drafted_is_said(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        drafted(path)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_one_file_at_a_time(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        source_of(tmp_path, None)
    with pytest.raises(UsageError, match="there is no file"):
        source_of(tmp_path / "no.csv", None)


def test_rows_that_share_a_contact_are_asked_about(tmp_path: Path) -> None:
    text = "Call ID,Start Time,Agent,Talk Time,Sequence\n" + "".join(
        f"c{n // 2},2026-01-{n:02} 09:00:00,ann,0:01:00,{n % 2}\n" for n in range(10, 20)
    )
    contact = column(draft(tmp_path, text), "Call ID")
    assert contact.confirm
    assert "legs of one contact" in contact.evidence


def test_the_newest_of_several_rows_of_a_spell_counts(tmp_path: Path) -> None:
    text = "Month End Date,Employee ID,Hire Date,Leave Date\n" + "".join(
        f"{day}/0{month}/2026,e{n},01/12/20{n},\n" for day, month in ((31, 1), (28, 2)) for n in range(10, 16)
    )
    adopted = draft(tmp_path, text, "heads.csv")
    assert column(adopted, "Month End Date").target == "version"
    assert not column(adopted, "Employee ID").confirm
    without = draft(tmp_path, "\n".join(line.split(",", 1)[1] for line in text.splitlines()), "heads.csv")
    assert column(without, "Employee ID").confirm


def test_of_a_repeated_heading_the_first_is_read(tmp_path: Path) -> None:
    text = "Call ID,Start Time,Agent,Agent,Talk Time\n" + "".join(
        f"c{n},2026-01-{n:02} 09:00:00,ann,bob,0:01:00\n" for n in range(10, 20)
    )
    adopted = draft(tmp_path, text)
    assert [column.target for column in adopted.columns if column.heading == "Agent"] == ["contacts.agent_id", None]


def derived(adopted: Adopted, target: str) -> RuleDraft:
    return dict(adopted.derived)[target]


@pytest.mark.parametrize("heading", ["Half Hour", "Half-hour beginning", "Slot", "Von"])
def test_a_day_and_a_clock_belong_together_whatever_the_clock_is_called(tmp_path: Path, heading: str) -> None:
    text = f"Date,{heading},Queue,Calls Offered,Calls Answered,ASA\n" + "".join(
        f"2026-05-{day},{hour:02}:{half},{queue},20,18,0:09\n"
        for day in (11, 12, 13)
        for hour in range(8, 18)
        for half in ("00", "30")
        for queue in "AB"
    )
    adopted = draft(tmp_path, text, "day.csv")
    assert adopted.table == "intervals"
    assert column(adopted, heading).rule == {"join": ["Date", heading]}
    assert column(adopted, heading).confirm == ("Half" not in heading)
    assert derived(adopted, "intervals.length_s").rule == {"is": "1800"}


def test_a_key_that_records_share_has_to_be_confirmed_with_the_number(tmp_path: Path) -> None:
    text = "Date,Queue,Offered,Answered\n" + "".join(
        f"2026-05-{day},{queue},20,18\n" for day in (11, 12) for _ in range(5) for queue in "AB"
    )
    adopted = draft(tmp_path, text, "day.csv")
    for heading in ("Date", "Queue"):
        assert column(adopted, heading).confirm
        assert "20 of 20 records share the key" in column(adopted, heading).evidence


def survey(scores: Callable[[int], str], key: str = "Survey ID", rows: int = 30) -> str:
    return f"{key},Completed At,CSAT,NPS Score\n" + "".join(
        f"{1000 + n},2026-01-{n % 28 + 1:02} 10:00,{scores(n)},{n % 11}\n" for n in range(rows)
    )


def test_an_id_of_a_respondent_that_never_stands_twice_is_that_of_the_response(tmp_path: Path) -> None:
    adopted = draft(tmp_path, survey(lambda n: str(n % 5 + 1), "Respondent ID"), "survey.csv")
    assert column(adopted, "Respondent ID").target == "invitations.invitation_id"


def test_an_id_of_a_customer_that_never_stands_twice_is_doubted_and_taken_for_the_key(tmp_path: Path) -> None:
    adopted = draft(tmp_path, survey(lambda n: str(n % 5 + 1), "Customer ID"), "survey.csv")
    assert column(adopted, "Customer ID").confirm
    key = derived(adopted, "invitations.invitation_id")
    assert (key.rule["from"], key.confirm) == ("Customer ID", True)


def test_file_and_line_as_a_key_have_to_be_confirmed(tmp_path: Path) -> None:
    text = "Start Time,Agent,Queue,Talk Time\n" + "".join(
        f"2026-01-{n} 09:00:00,ann,a,0:01:0{n % 3}\n" for n in range(10, 20)
    )
    key = derived(draft(tmp_path, text), "contacts.contact_id")
    assert (key.rule, key.confirm) == ({"row_number": True}, True)
    assert "count twice" in key.why


@pytest.mark.parametrize(("word", "numbers"), [("-99", True), ("-1", True), ("99", True), ("n/a", False), ("-", False)])
def test_what_stands_for_no_answer_is_no_score(tmp_path: Path, word: str, numbers: bool) -> None:
    adopted = draft(tmp_path, survey(lambda n: word if n % 3 else str(n % 5 + 1)), "survey.csv")
    csat = column(adopted, "CSAT")
    assert adopted.table == "invitations"
    assert (csat.target, csat.question, csat.rule["scale"]) == ("answers.score", "csat", [1, 5])
    assert csat.rule["nulls"] == [word]
    assert f"{word} in 20 records" in csat.evidence
    assert csat.confirm


def test_a_score_that_stays_unread_makes_the_table_doubtful(tmp_path: Path) -> None:
    text = "Employee ID,Name,Hire Date,Leave Date,Team,Satisfaction\n" + "".join(
        f"e{n},Ann Lee,2020-01-{n},,A,{n % 5 + 1}\n" for n in range(10, 20)
    )
    key = column(draft(tmp_path, text, "staff.csv"), "Employee ID")
    assert key.target == "agents.agent_id"
    assert key.confirm
    assert "Satisfaction looks like scores" in key.evidence


def night(end: str, talk: str = "00:10:00") -> str:
    return "Call ID,Date,Start Time,End Time,Agent,Talk Time\n" + "".join(
        f"c{n},{n}/05/2026,{'23:55:00' if n % 2 else '20:00:00'},{end if n % 2 else '20:10:00'},ann,{talk}\n"
        for n in range(10, 30)
    )


def test_ends_after_midnight_are_start_and_durations_where_these_prove_it(tmp_path: Path) -> None:
    end = column(draft(tmp_path, night("00:05:00")), "End Time")
    assert end.target == "contacts.ended_at"
    assert end.rule == {"join": ["Date", "Start Time"], "format": "%d/%m/%Y %H:%M:%S", "plus": ["Talk Time"]}
    assert "in 10 of 20 records the end would be before its start" in end.evidence


def test_ends_before_starts_that_nothing_explains_have_to_be_confirmed(tmp_path: Path) -> None:
    end = column(draft(tmp_path, night("00:05:00", "00:01:00")), "End Time")
    assert (end.target, end.confirm) == ("contacts.ended_at", True)
    assert "in 10 of 20 records the end would be before its start" in end.evidence


def test_moments_that_no_heading_names_are_proposed_by_their_order(tmp_path: Path) -> None:
    text = "Call ID,Dialled In,Picked Up,Hung Up,Agent,Queue,Abandoned\n" + "".join(
        f"c{n},{1_777_900_000_000 + n * 60_000},{0 if n % 4 == 0 else 1_777_900_005_000 + n * 60_000},"
        f"{1_777_900_030_000 + n * 60_000},ann,a,{'Y' if n % 4 == 0 else 'N'}\n"
        for n in range(20)
    )
    adopted = draft(tmp_path, text)
    for heading, target in (("Dialled In", "started_at"), ("Picked Up", "answered_at"), ("Hung Up", "ended_at")):
        found = column(adopted, heading)
        assert (found.target, found.rule["format"], found.confirm) == (f"contacts.{target}", "unix_ms", True)
        assert found.confidence is not None
        assert found.confidence < 0.5
    assert column(adopted, "Picked Up").rule["nulls"] == ["0"]


def test_of_what_is_left_over_it_is_said_that_it_is_a_moment_or_a_duration(tmp_path: Path) -> None:
    text = "Call ID,Start,End,Agent,Talk Time,Pondered,Blue Moon\n" + "".join(
        f"c{n},2026-01-{n} 09:00:00,2026-01-{n} 09:05:00,ann,0:05:00,0:00:{n},2025-12-{n} 08:00:00\n"
        for n in range(10, 20)
    )
    adopted = draft(tmp_path, text)
    assert column(adopted, "Blue Moon").evidence.startswith("a moment; which one is not clear: queued_at")
    assert column(adopted, "Pondered").evidence.startswith("a duration; which one is not clear: wait_s")


def test_one_bad_cell_of_a_few_hides_no_duration(tmp_path: Path) -> None:
    text = "Call ID,Start,Agent,Talk Secs\n" + "".join(
        f"c{n},2026-01-{n} 09:00:00,ann,{'later' if n == 12 else 10 * n}\n" for n in range(10, 15)
    )
    talk = column(draft(tmp_path, text), "Talk Secs")
    assert (talk.target, talk.rule["unit"]) == ("contacts.talk_s", "s")
    assert "1 of 5 cells" in talk.evidence


def test_a_talk_time_that_contains_hold_is_said_to(tmp_path: Path) -> None:
    text = "Call ID,Start,End,Agent,Talk Time,Hold Time\n" + "".join(
        f"c{n},2026-01-{n} 09:00:00,2026-01-{n} 09:05:00,ann,00:05:00,00:00:{n}\n" for n in range(10, 20)
    )
    talk = column(draft(tmp_path, text), "Talk Time")
    assert (talk.rule, talk.confirm) == ({"from": "Talk Time", "minus": ["Hold Time"]}, True)
    assert "seems to contain hold" in talk.evidence


def test_what_is_not_said_about_contacts_is_proposed_or_to_be_filled_in(tmp_path: Path) -> None:
    text = "Call ID,Start,End,Agent,Wait Time,Talk Time\n" + "".join(
        f"c{n},2026-01-{n} 09:00:00,2026-01-{n} 09:05:30,ann,00:00:30,00:05:00\n" for n in range(10, 20)
    )
    adopted = draft(tmp_path, text)
    answered = derived(adopted, "contacts.answered_at")
    assert answered.rule == {"from": "Start", "plus": ["Wait Time"], "when": {"Talk Time": {"above": 0}}}
    assert answered.confirm
    direction = derived(adopted, "contacts.direction")
    assert (direction.rule, direction.confirm) == ({"is": "FILL IN"}, True)
    assert any("abandoning" in remark for remark in adopted.remarks)
    without = draft(tmp_path, "\n".join(line.rsplit(",", 2)[0] for line in text.splitlines()))
    assert any("speed of answer" in remark for remark in without.remarks)


def test_a_queue_that_is_called_total_is_no_line_of_totals(tmp_path: Path) -> None:
    text = "Queue,Date,Offered,Answered\n" + "".join(
        f"{queue},2026-05-{day},{10 + day},8\n"
        for day in range(10, 20)
        for queue in ("Total Care", "Sales", "Help", "Web")
    )
    adopted = draft(tmp_path, text, "day.csv")
    assert adopted.records == 40
    assert "skip:" not in adopted.yaml


def test_a_clock_is_no_time_of_day_where_another_column_is_the_start(tmp_path: Path) -> None:
    text = "Call ID,Start,Invoice Date,Rest,Agent,Talk Time\n" + "".join(
        f"c{n},2026-01-{n} 09:00:00,2026-02-{n},0:{5 * (n % 5):02},ann,0:01:00\n" for n in range(10, 20)
    )
    adopted = draft(tmp_path, text)
    assert column(adopted, "Start").target == "contacts.started_at"
    assert column(adopted, "Rest").target is None


def test_rows_of_one_survey_in_long_form_may_share_its_id(tmp_path: Path) -> None:
    text = "Response ID,Date,Question,Score\n" + "".join(
        f"r{n // 3},2026-01-{n // 3 + 1:02} 10:00,{('csat', 'nps', 'ces')[n % 3]},{n % 5 + 1}\n" for n in range(60)
    )
    adopted = draft(tmp_path, text, "survey.csv")
    assert "share the key" not in column(adopted, "Response ID").evidence
