"""What follows from another fault is said so, with the right advice; and what is nobody's fault is no warning."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cxkpi.demo.write import write
from cxkpi.measurement.doctor.diagnosis import diagnose
from cxkpi.measurement.doctor.observed import Diagnosis, Observation
from cxkpi.reports.terminal import doctor as page

from .centre import PER_DAY, Centre, line, sound

Diagnosed = Callable[[Centre], Diagnosis]
Run = Callable[..., Any]


def coded(diagnosis: Diagnosis, code: str) -> list[Observation]:
    return [one for one in diagnosis.observations if one.finding.code == code]


def test_a_unit_is_wrong_of_every_duration_that_has_it(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["contacts"]:
        row.update({name: f"{row[name]}000" for name in ("talk_s", "hold_s", "wrap_s")})
    diagnosis = diagnosed(centre)
    every = {"aht", "talk_time", "hold_time", "wrap_time"}
    assert every <= set(diagnosis.wrong)
    for code in ("F220", "F320"):
        assert every <= {metric for one in coded(diagnosis, code) for metric in one.metrics}


def test_a_duration_in_another_unit_is_not_wrong_with_talk(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["contacts"]:
        row["talk_s"] += "000"
    wrong = diagnosed(centre).wrong
    assert "talk_time" in wrong
    assert "wrap_time" not in wrong


def test_a_survey_of_a_rejected_contact_names_the_rejected_record(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre["contacts"][200]["ended_at"] = "2026-01-01 08:00:00"
    (survey,) = [one for one in coded(diagnosed(centre), "F330") if one.finding.column == "invitations"]
    assert survey.finding.line == line(200)
    assert survey.message.endswith(f"perhaps that of the record rejected in contacts.csv:{line(200)}.")


def test_an_agent_of_a_rejected_roster_row_is_told_with_its_line(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre["agents"][1]["left_on"] = "2020-01-01"
    strangers = coded(diagnosed(centre), "F332")
    assert strangers
    for one in strangers:
        assert f"perhaps that of the record rejected in agents.csv:{line(1)}; else a line in people.csv" in one.message


def test_surveys_of_contacts_before_and_after_the_files_are_a_note(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre.files["contacts.csv"] = centre["contacts"][12 * PER_DAY : 30 * PER_DAY]
    for table in ("legs", "cases", "evaluations"):
        del centre.files[f"{table}.csv"]
    diagnosis = diagnosed(centre)
    (outside,) = coded(diagnosis, "F336")
    assert (outside.severity, outside.finding.count, outside.metrics) == ("note", 18 * PER_DAY, ())
    assert coded(diagnosis, "F330") == []
    assert diagnosis.doubtful == ()


def test_a_survey_without_contact_makes_no_answer_wrong_but_cuts_by_its_contact(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre["invitations"][200]["contact_id"] = "c9999"
    (survey,) = coded(diagnosed(centre), "F330")
    assert survey.metrics == ()
    assert "queue" in survey.cuts


def test_invitations_without_a_time_touch_nothing_that_counts_answers(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["invitations"]:
        if not row["responded_at"]:
            row.update({"sent_at": "", "contact_id": ""})
    diagnosis = diagnosed(centre)
    assert [one.finding.column for one in coded(diagnosis, "F602")] == ["invitations"]
    assert {"csat", "ces", "nps"}.isdisjoint(diagnosis.doubtful)


def test_surveys_none_of_which_meets_a_contact_are_one_error(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["invitations"]:
        row["contact_id"] = "z" + row["contact_id"]
    diagnosis = diagnosed(centre)
    (apart,) = coded(diagnosis, "F657")
    assert "none of the 432 contacts that surveys name is in a contact export" in apart.message
    assert "csat" in diagnosis.wrong
    text = page.text(diagnosis)
    assert "names a contact" not in text
    assert "name a contact" not in text


def test_a_login_of_two_people_touches_what_its_system_wrote(tmp_path: Path) -> None:
    folder = sound().write(tmp_path)
    (folder / "people.csv").write_text("system,login,agent_id\ncontacts,x1,a1\ncontacts,x1,a2\n", encoding="utf-8")
    diagnosis = diagnose([folder])
    assert [one.code for one in diagnosis.problems] == ["I110"]
    assert {"turnover", "headcount"}.isdisjoint(diagnosis.wrong)


def test_only_what_logins_of_that_system_stand_in_is_touched(tmp_path: Path) -> None:
    write(tmp_path, contacts=300, months=1, seed=0)
    people = tmp_path / "people.csv"
    lines = people.read_text(encoding="utf-8").splitlines()
    number = next(n for n, row in enumerate(lines) if "genesys_cloud" in row)
    agent = lines[0].split(",").index("agent_id")
    twice = lines[number].split(",")
    twice[agent] = next(row.split(",")[agent] for row in lines[1:] if row.split(",")[agent] != twice[agent])
    people.write_text("\n".join([*lines, ",".join(twice)]) + "\n", encoding="utf-8")
    diagnosis = diagnose([tmp_path])
    assert [one.code for one in diagnosis.problems] == ["I110"]
    # The day an agent is competent is told from their own contacts and evaluations.
    assert "speed_to_competency" in diagnosis.wrong
    assert not {"aht", "fcr", "qa_score"} & set(diagnosis.wrong)


def test_what_is_hidden_is_not_made_up(diagnosed: Diagnosed) -> None:
    centre = sound()
    for row in centre["contacts"][30:33]:
        row["contact_id"] = "4.47E+11"
    diagnosis = diagnosed(centre)
    (damaged,) = coded(diagnosis, "F230")
    assert "1.2E+15" not in damaged.message
    assert "4.47E+11" not in page.text(diagnosis)
    assert "4.47E+11" in page.text(diagnosis, show_values=True)


def test_a_draft_beside_the_data_is_left_out_and_said(run: Run, tmp_path: Path) -> None:
    folder = sound().write(tmp_path)
    (folder / "calls.csv").write_text("Call,Ended\n1,2026-01-05 09:00\n", encoding="utf-8")
    (folder / "profiles").mkdir()
    drafted = run("adopt", folder / "calls.csv", "-o", folder / "profiles" / "calls.yaml")
    draft = folder / "profiles" / "calls.yaml"
    if not draft.is_file():
        pytest.fail(f"no draft: {drafted.out}{drafted.err}")
    (folder / "calls.csv").unlink()
    text = draft.read_text(encoding="utf-8")
    assert "confirm: true" in text
    ran = run("doctor", folder)
    assert ran.code == 0, ran.err
    assert "calls.yaml" in ran.out
    assert "the profile is left out" in " ".join(ran.out.split())
    assert run("report", folder).code == 5


def test_when_none_of_the_headline_can_be_computed_those_that_can_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(
        "contact_id,ended_at,answered_at,talk_s,abandoned,channel,direction\n"
        + "".join(f"c{n},2026-01-05 09:0{n}:00,2026-01-05 09:00:00,60,no,voice,inbound\n" for n in range(9)),
        encoding="utf-8",
    )
    ran = run("report", tmp_path)
    assert ran.code != 0
    assert ran.err.count("cannot be computed") < 7
    assert "talk_time" in " ".join(ran.err.split())
    assert "leave the metric out" not in ran.err


# -- files that say the same twice ------------------------------------------------------------------------------------

_NAMELESS = """
profile: acme.surveys
title: Acme, surveys
system: acme
match: {headings: [When, Score]}
tables:
  invitations:
    invitation_id: {row_number: true}
    responded_at: {from: When, format: ["%Y-%m-%d %H:%M:%S"]}
  answers:
    invitation_id: {row_number: true}
    question: {is: csat}
    score: Score
"""


def _answers(first: int, last: int) -> str:
    rows = (f"2026-01-{1 + n // 20:02d} 09:{n % 20:02d}:00,{1 + n % 5}\n" for n in range(first, last))
    return "When,Score\n" + "".join(rows)


def _nameless(tmp_path: Path, **files: str) -> Diagnosis:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "acme.surveys.yaml").write_text(_NAMELESS, encoding="utf-8")
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return diagnose([tmp_path])


def test_a_file_downloaded_twice_counts_twice_without_identifiers(tmp_path: Path) -> None:
    diagnosis = _nameless(tmp_path, june=_answers(0, 100), june_1=_answers(0, 100))
    (copies,) = coded(diagnosis, "F404")
    assert copies.message.startswith("june.csv and june_1.csv hold the same bytes")
    assert copies.severity == "warning"
    assert "csat" in diagnosis.doubtful
    assert coded(diagnosis, "F406") == []


def test_a_longer_download_of_the_same_is_found_by_its_records(tmp_path: Path) -> None:
    diagnosis = _nameless(tmp_path, june=_answers(0, 100), june_1=_answers(10, 140))
    (overlap,) = coded(diagnosis, "F406")
    assert overlap.message.startswith("june_1.csv: 90 of 130 records stand in june.csv, too, word for word")


def test_files_that_follow_one_another_are_no_twins(tmp_path: Path) -> None:
    diagnosis = _nameless(tmp_path, june=_answers(0, 100), july=_answers(100, 200))
    assert {one.finding.code for one in diagnosis.observations}.isdisjoint({"F404", "F405", "F406"})


@pytest.mark.parametrize("same", [True, False])
def test_members_of_one_archive_with_the_same_bytes_are_told(tmp_path: Path, same: bool) -> None:
    text = "contact_id,started_at,ended_at\nc1,2026-01-05 09:00:00,2026-01-05 09:05:00\n"
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text if same else text.replace("c1", "c2"))
    copies = coded(diagnose([tmp_path]), "F405")
    said = "x.zip/a.csv and x.zip/b.csv hold the same bytes; each record counts once."
    assert [one.message for one in copies] == ([said] if same else [])


def test_copies_with_identifiers_are_a_note(diagnosed: Diagnosed) -> None:
    centre = sound()
    centre.files["contacts-copy.csv"] = centre["contacts"]
    diagnosis = diagnosed(centre)
    (copies,) = coded(diagnosis, "F405")
    assert copies.message == "contacts-copy.csv and contacts.csv hold the same bytes; each record counts once."
    assert diagnosis.doubtful == ()
