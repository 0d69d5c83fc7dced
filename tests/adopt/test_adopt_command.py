"""``cxkpi adopt`` from the command line, and what ``report`` does with an unconfirmed draft."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CALLS = "Call ID,Start,End,Queue,Agent,Caller,Talk,Outcome\n" + "".join(
    f"10{n},{n}/01/2026 09:00:00,{n}/01/2026 09:0{n % 9 + 1}:00,Billing,Ann Lee,0163296000{n % 10},{60 * (n % 9)},"
    "Answered\n"
    for n in range(10, 20)
)
REFERENCE = Path(os.environ.get("CXKPI_REFERENCE_DATA", "absent"))
CATALOGUE = Path(__file__).parents[1] / "reference" / "catalogues" / "pwc_call_center.yaml"


def confirmed(text: str) -> str:
    """A draft as somebody leaves it who agrees with every rule: no marks, and the direction filled in."""
    return text.replace(", confirm: true", "").replace("direction: {is: FILL IN}", "direction: {is: inbound}")


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(CALLS)
    return path


@pytest.mark.parametrize("columns", [80, 100, 160])
def test_a_line_for_every_column_at_every_width(run: Callable[..., Any], calls: Path, columns: int) -> None:
    ran = run("adopt", calls, columns=columns)
    assert (ran.code, ran.err) == (0, "")
    for heading in ("Call ID", "Start", "End", "Queue", "Agent", "Caller", "Talk", "Outcome"):
        assert any(line.startswith(f" {heading} ") for line in ran.out.splitlines())
    assert max(map(len, ran.out.splitlines())) <= columns
    assert "-o FILE.yaml writes the profile" in ran.out


def test_values_that_identify_people_are_masked(run: Callable[..., Any], calls: Path) -> None:
    assert "Ann Lee" not in run("adopt", calls, columns=160).out
    assert "Ann Lee" not in run("adopt", calls, "-f", "json").out
    assert "Ann Lee" in run("adopt", calls, "--show-values", columns=160).out


def test_json_holds_every_column(run: Callable[..., Any], calls: Path) -> None:
    content = json.loads(run("adopt", calls, "-f", "json").out)
    assert content["table"] == "contacts"
    assert [column["heading"] for column in content["columns"]] == CALLS.splitlines()[0].split(",")
    talk = next(column for column in content["columns"] if column["heading"] == "Talk")
    assert (talk["target"], talk["confirm"], talk["rule"]["unit"]) == ("contacts.talk_s", True, "s")


def test_an_unconfirmed_draft_stops_the_report(run: Callable[..., Any], calls: Path, tmp_path: Path) -> None:
    profile = tmp_path / "calls.yaml"
    assert run("adopt", calls, "-o", profile, "-q").out == ""
    text = profile.read_text()
    place = next(n for n, line in enumerate(text.splitlines(), 1) if "talk_s:" in line)
    stopped = run("report", calls, "--profile", profile)
    assert (stopped.code, stopped.out) == (5, "")
    assert f"calls.yaml:{place}" in stopped.err
    assert "error[P210]: 'contacts.talk_s' was drafted and nobody has confirmed it" in stopped.err
    assert "nothing says which unit" in stopped.err
    profile.write_text(confirmed(text))
    read = run("tables", calls, "--profile", profile, "-o", tmp_path / "tables", "-f", "csv")
    assert read.code == 0, read.err
    assert len((tmp_path / "tables" / "contacts.csv").read_text().splitlines()) == 11


def test_a_file_that_is_known_needs_no_draft(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text("contact_id,started_at,ended_at\nc1,2026-01-05 09:00:00,2026-01-05 09:05:00\n")
    ran = run("adopt", path)
    assert ran.code == 0
    assert "contacts.csv needs no profile: cxkpi.contacts reads it" in ran.out
    assert json.loads(run("adopt", path, "-f", "json").out)["recognised"] == "cxkpi.contacts"
    assert "profile: contacts.contacts" in run("adopt", path, "--anyway", "--yaml").out


def test_an_output_is_a_yaml_file_and_no_input(run: Callable[..., Any], calls: Path, tmp_path: Path) -> None:
    assert run("adopt", calls, "-o", tmp_path / "x.csv").code == 2
    assert run("adopt", calls, "--yaml", "-f", "json").code == 2
    assert run("adopt", calls, "--table", "contact").code == 2
    assert run("adopt", tmp_path / "none.csv").code == 2


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="CXKPI_REFERENCE_DATA is not set")
def test_a_confirmed_draft_gives_the_published_figures(run: Callable[..., Any], tmp_path: Path) -> None:
    file, profile = REFERENCE / "pwc_call_center" / "Call-Center-Dataset.csv", tmp_path / "phonenow.yaml"
    assert run("adopt", file, "-o", profile, "-q").code == 0
    profile.write_text(confirmed(profile.read_text()))
    ran = run("report", file, "--profile", profile, "-c", CATALOGUE, "--every", "all", "--all", "-f", "json")
    assert ran.code == 0, ran.err
    values = {row["metric"]: row["value"] for row in json.loads(ran.out)["results"]}
    assert values["answered"] == 4054
    assert round(values["asa"], 2) == 67.52
    assert round(values["rating"], 2) == 3.40
    assert round(100 * values["resolved"]) == 73
    assert (values["within_20s"], values["within_30s"], values["within_60s"]) == (374, 751, 1796)


def test_a_profile_that_is_there_is_not_written_over(run: Callable[..., Any], calls: Path, tmp_path: Path) -> None:
    profile = tmp_path / "calls.yaml"
    profile.write_text("# corrected by hand\n")
    refused = run("adopt", calls, "-o", profile)
    assert refused.code == 2
    assert "error[U124]" in refused.err
    assert "--force" in refused.err
    assert profile.read_text() == "# corrected by hand\n"
    assert run("adopt", calls, "-o", profile, "--force").code == 0
    assert "tables:" in profile.read_text()


def test_what_was_to_be_filled_in_stops_the_report_without_the_mark_too(
    run: Callable[..., Any], calls: Path, tmp_path: Path
) -> None:
    profile = tmp_path / "calls.yaml"
    run("adopt", calls, "-o", profile, "-q")
    text = profile.read_text().replace(", confirm: true", "")
    profile.write_text(text)
    place = next(n for n, line in enumerate(text.splitlines(), 1) if "FILL IN" in line)
    stopped = run("report", calls, "--profile", profile)
    assert stopped.code == 5
    assert f"calls.yaml:{place}" in stopped.err
    assert "error[P210]: 'contacts.direction' still says 'FILL IN'" in stopped.err


def test_a_profile_beside_the_data_needs_no_option(run: Callable[..., Any], calls: Path, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    beside = run("adopt", calls, "-o", tmp_path / "profiles" / "calls.yaml", columns=200).out
    assert "--profile" not in beside
    assert "--profile" in run("adopt", calls, "-o", tmp_path / "calls.yaml", columns=200).out


def test_totals_within_the_file_are_no_intervals(run: Callable[..., Any], tmp_path: Path) -> None:
    lines = []
    for day in (1, 2, 13):
        lines += [f"{day:02}.05.2026,{hour}:00,A,20,18" for hour in range(8, 18)]
        lines.append("Total,,,200,180")
    path, profile = tmp_path / "day.csv", tmp_path / "day.yaml"
    path.write_text("Date,Time,Queue,Offered,Answered\n" + "\n".join([*lines, "Grand Total,,,600,540"]) + "\n")
    assert run("adopt", path, "-o", profile, "-q").code == 0
    assert "Total" in profile.read_text()
    profile.write_text(confirmed(profile.read_text()))
    read = run("tables", path, "--profile", profile, "-o", tmp_path / "tables", "-f", "csv")
    assert read.code == 0, read.err
    rows = (tmp_path / "tables" / "intervals.csv").read_text().splitlines()
    assert len(rows) == 31


def test_a_draft_for_calls_over_midnight_reads_all_of_them(run: Callable[..., Any], tmp_path: Path) -> None:
    text = "Call ID,Date,Start Time,End Time,Agent,Wait Time,Talk Time,Direction\n" + "".join(
        f"c{n},{n}/05/2026,23:5{n % 10}:00,00:0{n % 10}:30,ann,00:00:30,00:10:00,Inbound\n" for n in range(10, 20)
    )
    path, profile = tmp_path / "night.csv", tmp_path / "night.yaml"
    path.write_text(text + "c99,20/05/2026,20:00:00,20:10:30,ann,00:00:30,00:10:00,Inbound\n")
    run("adopt", path, "-o", profile, "-q")
    profile.write_text(confirmed(profile.read_text()))
    read = run("tables", path, "--profile", profile, "-o", tmp_path / "tables", "-f", "csv")
    assert read.code == 0, read.err
    assert len((tmp_path / "tables" / "contacts.csv").read_text().splitlines()) == 12
