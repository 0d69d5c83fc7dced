"""Every fault planted in a sound centre is found, with its file and line; in the sound one none is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from cxkpi.measurement.doctor.diagnosis import diagnose
from cxkpi.measurement.doctor.observed import Diagnosis

from .centre import PER_DAY, Centre, line, sound

Diagnosed = Callable[[Centre], Diagnosis]


def found(diagnosis: Diagnosis, *, notes: bool = False) -> set[tuple[str, str, int | None]]:
    """Code, file and line of everything found, places beyond the first included."""
    return {
        (one.finding.code, one.finding.path, place)
        for one in diagnosis.observations
        if notes or one.severity != "note"
        for place in ([spot.line for spot in one.spots] or [one.finding.line])
    }


def test_a_sound_centre_has_nothing_wrong(diagnosed: Diagnosed) -> None:
    diagnosis = diagnosed(sound())
    assert found(diagnosis) == set()
    assert diagnosis.wrong == diagnosis.doubtful == ()
    assert diagnosis.exit_code == 0
    assert not any(one.attention for one in diagnosis.files)


@dataclass(frozen=True)
class Fault:
    """One cell changed, and what is to be found."""

    table: str
    row: int
    cells: dict[str, str]
    code: str
    wrong: tuple[str, ...] = ()


FAULTS = {
    "answered before queued": Fault("contacts", 7, {"queued_at": "2026-01-05 12:26:50"}, "F310"),
    "answered after its end": Fault("contacts", 8, {"answered_at": "2026-01-05 23:00:09"}, "F310"),
    "replied before opened": Fault("cases", 3, {"first_reply_at": "2026-01-04 09:00:00"}, "F310"),
    "answered before sent": Fault("invitations", 4, {"sent_at": "2026-01-20 09:00:00"}, "F310", ("csat",)),
    "competent before hired": Fault("agents", 0, {"competent_on": "2024-12-31"}, "F310"),
    "talk beyond the call": Fault("contacts", 9, {"talk_s": "303"}, "F311", ("aht", "talk_time")),
    "hold beyond the call": Fault("contacts", 10, {"hold_s": "303"}, "F311", ("aht", "hold_time")),
    "wait beyond the call": Fault("contacts", 11, {"wait_s": "303"}, "F311", ("speed_of_answer", "service_level")),
    "talk beyond the leg": Fault("legs", 3, {"talk_s": "500"}, "F311"),
    "longer than its stretch": Fault("agent_time", 3, {"duration_s": "29000"}, "F311"),
    "negative transfers": Fault("contacts", 13, {"transfers": "-1"}, "F313", ("transfer_rate",)),
    "more answered than offered": Fault("intervals", 2, {"answered": "11"}, "F314"),
    "points beyond those available": Fault("evaluations", 5, {"points": "11"}, "F315", ("qa_score",)),
    "abandoned and answered": Fault("contacts", 14, {"abandoned": "yes"}, "F316"),
    "parts beyond the call": Fault("contacts", 15, {"talk_s": "270"}, "F312"),
    "far in the future": Fault(
        "contacts",
        16,
        {"started_at": "2036-01-05 08:00:00", "queued_at": "", "answered_at": "", "ended_at": "2036-01-05 08:05:01"},
        "F317",
        ("contacts_handled",),
    ),
    "far in the past": Fault("evaluations", 17, {"evaluated_at": "1970-01-01 00:00:00"}, "F317", ("qa_score",)),
    "left where systems write none": Fault("agents", 1, {"left_on": "2099-12-31"}, "F318"),
    "a survey without contact": Fault("invitations", 18, {"contact_id": "c9999"}, "F330"),
    "an evaluation without contact": Fault("evaluations", 19, {"contact_id": "c9999"}, "F330"),
    "an answer without invitation": Fault("answers", 20, {"invitation_id": "i9999"}, "F331"),
    "an agent on no roster": Fault("contacts", 21, {"agent_id": "a4"}, "F332"),
    "a stretch of a stranger": Fault("agent_time", 21, {"agent_id": "a4"}, "F332"),
    "a move of a stranger": Fault("moves", 0, {"agent_id": "a4"}, "F333"),
    "a contact after leaving": Fault("contacts", 22, {"agent_id": "a9"}, "F334"),
    "a survey before its contact": Fault(
        "invitations", 23, {"sent_at": "2026-01-05 01:00:00", "responded_at": "2026-01-05 02:00:00"}, "F335"
    ),
}


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Diagnosis:
    """A centre in which every one of the faults was planted, each in a row of its own."""
    centre = sound()
    for fault in FAULTS.values():
        centre[fault.table][fault.row].update(fault.cells)
    return diagnose([centre.write(tmp_path_factory.mktemp("faulty"))])


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found_where_it_is(fault: Fault, faulty: Diagnosis) -> None:
    path, place = f"{fault.table}.csv", line(fault.row)
    seen = [
        one
        for one in faulty.observations
        if (one.finding.code, one.finding.path) == (fault.code, path) and place in [spot.line for spot in one.spots]
    ]
    assert seen
    assert set(fault.wrong) <= {metric for one in seen for metric in one.metrics}
    assert path in {file.path for file in faulty.files if file.attention}


def _answered(tmp_path: Path, *answered: str) -> list[int]:
    """The lines on which an answer before the start is found."""
    begun = ("09:01:00", "09:02:13", "09:03:27")
    rows = [
        f"c{n},2026-01-05 {start},2026-01-05 {answer},2026-01-05 09:30:00"
        for n, (start, answer) in enumerate(zip(begun, answered, strict=True))
    ]
    head = "contact_id,started_at,answered_at,ended_at"
    (tmp_path / "contacts.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return [spot.line for one in diagnose([tmp_path]).observations if one.finding.code == "F310" for spot in one.spots]


def test_less_than_a_minute_too_early_is_a_fault_where_times_are_written_to_the_second(tmp_path: Path) -> None:
    assert _answered(tmp_path, "09:00:10", "09:02:40", "09:03:26") == [2, 4]


def test_up_to_a_minute_too_early_is_none_where_one_of_the_times_is_written_to_the_minute(tmp_path: Path) -> None:
    assert _answered(tmp_path, "09:01:00", "09:02:00", "09:02:00") == [4]


def test_no_two_faults_stand_in_one_row() -> None:
    assert len({(fault.table, fault.row) for fault in FAULTS.values()}) == len(FAULTS)


def test_nothing_is_found_where_nothing_was_planted(faulty: Diagnosis) -> None:
    planted = {(f"{fault.table}.csv", line(fault.row)) for fault in FAULTS.values()}
    # What names the contact of a faulty row is later or earlier than it.
    beside = {("F335", one) for one in ("cases.csv", "evaluations.csv", "invitations.csv", "legs.csv")}
    new = {
        (code, path, place)
        for code, path, place in found(faulty)
        if place is not None and (path, place) not in planted and (code, path) not in beside
    }
    assert new == set()


@pytest.mark.parametrize(
    ("table", "row", "cells", "reason"),
    [
        ("contacts", 30, {"ended_at": "2026-01-01 08:00:00"}, "it ends before it starts"),
        ("cases", 31, {"closed_at": "2026-01-01 08:00:00"}, "it is closed before it is opened"),
        ("agents", 3, {"left_on": "2024-04-30"}, "it ends before the hire"),
        ("contacts", 32, {"ended_at": "31/02/2026"}, "not a date and time"),
        ("contacts", 33, {"wrap_s": "-45"}, "a duration cannot be negative"),
    ],
)
def test_a_rejected_record_is_told_with_its_line(
    table: str, row: int, cells: dict[str, str], reason: str, diagnosed: Diagnosed
) -> None:
    centre = sound()
    centre[table][row].update(cells)
    told = [one for one in diagnosed(centre).observations if one.finding.detail == reason]
    assert [(one.finding.path, one.finding.line) for one in told] == [(f"{table}.csv", line(row))]
    # One contact in four hundred is no reason to doubt a figure, one employee in four is.
    assert [one.severity for one in told] == ["error" if table == "agents" else "note"]


def test_a_talk_that_is_not_known_is_not_longer_than_anything(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre["contacts"][5]["talk_s"] = ""
    assert found(diagnosed(centre)) == set()


def test_times_to_the_minute_are_given_a_minute(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["contacts"]:
        row["started_at"], row["ended_at"] = row["started_at"][:-2] + "00", row["ended_at"][:-2] + "00"
        row["queued_at"], row["answered_at"] = "", ""
    centre["contacts"][9]["talk_s"] = "361"
    assert {one for one in found(diagnosed(centre)) if one[0] == "F311"} == {("F311", "contacts.csv", line(9))}


def test_milliseconds_read_as_seconds_and_the_reverse(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["contacts"]:
        row["talk_s"] = "0.24"
    diagnosis = diagnosed(centre)
    assert ("F320", "contacts.csv", None) in found(diagnosis)
    assert {"aht", "talk_time"} <= set(diagnosis.wrong)
    assert diagnosis.exit_code == 3


def test_days_without_rows_are_told_and_sundays_are_not_missed(diagnosed: Diagnosed) -> None:
    centre = sound()
    days = slice(PER_DAY * 7, PER_DAY * 10)
    gone = {row["started_at"][:10] for row in centre["contacts"][days]}
    assert gone == {"2026-01-13", "2026-01-14", "2026-01-15"}
    del centre["contacts"][days]
    diagnosis = diagnosed(centre)
    (covered,) = [file.covered for file in diagnosis.files if file.path == "contacts.csv"]
    assert covered is not None
    assert covered.closed == ("Sun",)
    assert covered.missing == ((date(2026, 1, 13), date(2026, 1, 15)),)
    quiet = [one for one in diagnosis.observations if one.finding.code == "F650"]
    assert [one.finding.path for one in quiet] == ["contacts.csv"]
    assert "on 3 days that usually have some: Tue 13 to Thu 15 Jan 2026." in quiet[0].message


def test_a_day_or_two_without_rows_may_be_a_holiday_and_are_counted_as_shown(diagnosed: Diagnosed) -> None:
    centre = sound()
    gone = ("2026-01-10", "2026-01-12", "2026-01-28")
    centre.files["contacts.csv"] = [row for row in centre["contacts"] if row["started_at"][:10] not in gone]
    diagnosis = diagnosed(centre)
    (short,) = [one for one in diagnosis.observations if one.finding.column == "contacts" and one.finding.total == 41]
    assert (short.finding.code, short.severity, short.finding.count) == ("F658", "note", 3)
    days = "Sat 10 Jan 2026, Mon 12 Jan 2026, Wed 28 Jan 2026"
    assert f"on 3 days that usually have some: {days}; public holidays?" in short.message
    (covered,) = [file.covered for file in diagnosis.files if file.path == "contacts.csv"]
    assert covered is not None
    assert (covered.missing_days, len(covered.missing)) == (3, 3)


def test_a_few_rows_a_day_leave_days_empty_by_chance(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre.files["cases.csv"] = [row for n, row in enumerate(centre["cases"]) if n % 7 == 0 and n % 24]
    assert not [one for one in diagnosed(centre).observations if one.finding.code == "F650"]


def test_a_month_missing_between_two_files_is_told(diagnosed: Diagnosed) -> None:
    centre = sound()
    rows = centre.files.pop("contacts.csv")
    centre.files |= {"contacts-1.csv": rows[: 12 * PER_DAY], "contacts-3.csv": rows[24 * PER_DAY :]}
    quiet = [one for one in diagnosed(centre).observations if one.finding.code == "F651"]
    assert [(one.finding.path, one.finding.count) for one in quiet] == [("", 12)]
    assert "Mon 19 to Sat 24 Jan 2026, Mon 26 to Sat 31 Jan 2026" in quiet[0].message


def test_a_day_that_another_file_has_is_not_missing(diagnosed: Diagnosed) -> None:
    centre = sound()
    rows = centre.files.pop("contacts.csv")
    odd = [row for number, row in enumerate(rows) if number // PER_DAY % 2]
    even = [row for number, row in enumerate(rows) if not number // PER_DAY % 2]
    centre.files |= {"contacts-a.csv": odd, "contacts-b.csv": even}
    assert found(diagnosed(centre)) == set()


def test_a_column_empty_in_one_file_only(diagnosed: Diagnosed) -> None:
    centre = sound()
    rows = centre.files.pop("contacts.csv")
    for row in rows[12 * PER_DAY :]:
        row["customer_id"] = ""
    centre.files |= {"contacts-1.csv": rows[: 12 * PER_DAY], "contacts-2.csv": rows[12 * PER_DAY :]}
    diagnosis = diagnosed(centre)
    empty = [one for one in diagnosis.observations if one.finding.code == "F652"]
    assert [(one.finding.path, one.finding.column) for one in empty] == [("contacts-2.csv", "contacts.customer_id")]
    assert empty[0].metrics == ("fcr", "fcr.any_reason", "fcr.within_24h", "fcr.within_30d")
    assert "F653" in {one.finding.code for one in diagnosis.observations}


def test_surveys_that_end_before_the_contacts(diagnosed: Diagnosed) -> None:
    centre = sound()
    del centre["invitations"][12 * PER_DAY :]
    kept = {row["invitation_id"] for row in centre["invitations"]}
    centre.files["answers.csv"] = [row for row in centre["answers"] if row["invitation_id"] in kept]
    diagnosis = diagnosed(centre)
    assert "F655" in {one.finding.code for one in diagnosis.observations}
    assert diagnosis.responses is not None
    assert (diagnosis.responses.surveyed, diagnosis.responses.contacts) == (12 * PER_DAY, 36 * PER_DAY)


def test_surveys_of_another_time_altogether(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["invitations"]:
        row["sent_at"] = row["sent_at"].replace("2026", "2025")
        row["responded_at"] = row["responded_at"].replace("2026", "2025")
    diagnosis = diagnosed(centre)
    assert "F657" in {one.finding.code for one in diagnosis.observations}
    assert "csat" in diagnosis.wrong
    assert diagnosis.exit_code == 3


def test_an_export_of_responses_only_says_so(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre.files["invitations.csv"] = [row for row in centre["invitations"] if row["responded_at"]]
    assert "F656" in {one.finding.code for one in diagnosed(centre).observations}


def test_what_cannot_be_computed_and_why(diagnosed: Diagnosed) -> None:
    centre = sound()
    for table in ("agents", "moves", "evaluations"):
        del centre.files[f"{table}.csv"]
    diagnosis = diagnosed(centre)
    why = dict(diagnosis.impossible)
    assert set(why) == {"qa_score", "turnover", "headcount", "speed_to_competency"}
    assert why["headcount"] == "no file gives agents (one spell of employment)"


def test_an_error_that_no_metric_reads_is_no_reason_to_stop(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre["cases"][3]["first_reply_at"] = "2026-01-04 09:00:00"
    diagnosis = diagnosed(centre)
    assert "error" in {one.severity for one in diagnosis.observations}
    assert diagnosis.wrong == ()
    assert diagnosis.exit_code == 0


def test_the_same_fault_in_two_files_is_one_effect(diagnosed: Diagnosed) -> None:
    centre = sound()
    rows = centre.files.pop("contacts.csv")
    for number in (3, 20 * PER_DAY):
        rows[number]["talk_s"] = "400"
    centre.files |= {"contacts-1.csv": rows[: 12 * PER_DAY], "contacts-2.csv": rows[12 * PER_DAY :]}
    diagnosis = diagnosed(centre)
    (effect,) = diagnosis.effects
    assert effect.message == f"2 of {36 * PER_DAY} rows of contacts have talk longer than the call."
    assert effect.files == ("contacts-1.csv", "contacts-2.csv")
    # The day an agent is competent is told from their handle times.
    assert effect.metrics == ("aht", "talk_time", "speed_to_competency")


def test_overlapping_spells_stop_no_other_file(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre.files["agents.csv"].append({"agent_id": "a1", "hired_on": "2025-06-01", "left_on": "", "team": "T0"})
    diagnosis = diagnosed(centre)
    assert diagnosis.exit_code == 3
    told = [(one.place.file, one.place.line) for one in diagnosis.problems if one.place is not None]
    assert told == [("agents.csv", 6)]
    assert diagnosis.wrong == ("turnover", "headcount", "speed_to_competency")
    assert "aht" not in dict(diagnosis.impossible)
