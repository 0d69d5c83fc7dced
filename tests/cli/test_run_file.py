"""``cxkpi.yaml`` beside the data: what is read and written without naming it, and how old it may be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from cxkpi.cli import freshness
from cxkpi.errors import CatalogueError, UsageError
from cxkpi.measurement import run_file

CONTACTS = (
    "contact_id,queue,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s,abandoned\n"
    "c1,Sales,{day} 09:00,{day} 09:00,{day} 09:05,280,0,20,no\n"
    "c2,Sales,{day} 10:00,{day} 10:00,{day} 10:05,200,0,40,no\n"
)
PROFILE = """
profile: ring.calls
system: ring
match: {headings: [Call, Began, Over]}
tables:
  contacts:
    contact_id: Call
    started_at: {from: Began, required: true}
    answered_at: Began
    ended_at: {from: Over, required: true}
    talk_s: Talk
    hold_s: {is: 0}
    wrap_s: {is: 0}
    abandoned: {is: false}
"""


def centre(folder: Path, run_yaml: str | None = None) -> Path:
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "contacts.csv").write_text(CONTACTS.format(day="2026-05-04"), encoding="utf-8")
    if run_yaml is not None:
        (folder / "cxkpi.yaml").write_text(run_yaml, encoding="utf-8")
    return folder


def test_report_without_a_path_does_what_the_run_file_here_says(run, tmp_path, monkeypatch):
    centre(tmp_path, "cxkpi: 1\npaths: [exports]\noutputs: [kpis.json, kpis.csv]\n")
    monkeypatch.chdir(tmp_path)
    ran = run("report")
    assert (ran.code, ran.out) == (0, "")
    assert (tmp_path / "kpis.json").is_file()
    assert "aht" in (tmp_path / "kpis.csv").read_text()


def test_what_is_typed_wins_over_the_outputs_of_the_run_file(run, tmp_path):
    centre(tmp_path, "cxkpi: 1\npaths: [exports]\noutputs: [kpis.json]\n")
    ran = run("report", tmp_path, "-f", "csv", "-m", "aht")
    assert ran.code == 0
    assert ran.out.startswith("metric,")
    assert not (tmp_path / "kpis.json").exists()


def test_paths_are_those_of_the_folder_the_run_file_is_in(run, tmp_path):
    centre(tmp_path / "centre", "cxkpi: 1\npaths: [exports]\n")
    assert run("report", tmp_path / "centre", "-m", "aht", "-f", "csv").code == 0
    assert run("report", tmp_path / "centre" / "cxkpi.yaml", "-m", "aht", "-f", "csv").code == 0


def test_without_paths_the_folder_itself_is_read(run, tmp_path):
    folder = centre(tmp_path) / "exports"
    (folder / "cxkpi.yaml").write_text("cxkpi: 1\n", encoding="utf-8")
    assert run("report", folder, "-m", "aht", "-f", "csv").code == 0


def test_the_zone_of_files_that_carry_none_moves_their_times(run, tmp_path):
    centre(tmp_path, 'cxkpi: 1\npaths: [exports]\nfiles:\n  - {match: "*.csv", timezone: America/New_York}\n')
    assert run("tables", tmp_path, "-o", tmp_path / "out", "-f", "csv").code == 0
    # 09:00 in New York in May is 13:00 UTC.
    assert "2026-05-04T13:00:00" in (tmp_path / "out" / "contacts.csv").read_text()


def test_a_profile_is_chosen_by_the_name_of_the_file(run, tmp_path):
    chosen = 'files:\n  - {match: "r*.csv", profile: ring.calls}\n'
    folder = centre(tmp_path, f"cxkpi: 1\npaths: [exports]\nprofiles: [ring.yaml]\n{chosen}")
    (folder / "ring.yaml").write_text(PROFILE, encoding="utf-8")
    (folder / "exports" / "ring.csv").write_text("Call,Began,Over,Talk\n7,2026-05-05 08:00,2026-05-05 08:02,100\n")
    assert run("tables", folder, "-o", tmp_path / "out", "-f", "csv").code == 0
    assert "ring" in (tmp_path / "out" / "contacts.csv").read_text()


def test_no_path_and_no_run_file_is_a_usage_error(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("report")
    assert ran.code == 2
    assert "error[U060]" in ran.err
    assert "cxkpi.yaml" in ran.err


def test_two_run_files_are_a_question(run, tmp_path):
    first, second = centre(tmp_path / "a", "cxkpi: 1\n"), centre(tmp_path / "b", "cxkpi: 1\n")
    ran = run("report", first, second)
    assert (ran.code, "error[U061]" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "cxkpi: 1\npath: [x]\n",
            "cxkpi.yaml:2:1: error[R104]: unknown key 'path' in a run file; did you mean 'paths'",
        ),
        ("paths: [x]\n", "error[R102]: 'cxkpi' is missing"),
        ("cxkpi: 2\n", "error[R105]"),
        ("cxkpi: 1\nfiles:\n  - {match: '*', timezone: Europe/Lodnon}\n", "cxkpi.yaml:3:28: error[R201]"),
        ("cxkpi: 1\nfiles:\n  - {match: '*', max_age: soon}\n", "error[R202]"),
        ("cxkpi: 1\nfiles:\n  - {match: '*', max_age: 2mo}\n", "not a fixed length of time"),
        ("cxkpi: 1\nfiles:\n  - {timezone: UTC}\n", "'match' is missing"),
        ("cxkpi: 1\ncxkpi: 1\n", "error[R00"),
        ("", "error[R10"),
    ],
)
def test_mistakes_in_a_run_file_name_their_place(run, tmp_path, text, words):
    centre(tmp_path, text)
    ran = run("report", tmp_path)
    assert ran.code == 5
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_stale_data_end_with_4_and_change_nothing_else(run, tmp_path):
    centre(tmp_path, 'cxkpi: 1\npaths: [exports]\nfiles:\n  - {match: "contacts*", max_age: 26h}\n')
    stale = run("report", tmp_path, "-f", "json", "-m", "aht")
    assert stale.code == 4
    assert "stale: the newest event of contacts* is" in stale.err
    (tmp_path / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\n", encoding="utf-8")
    fresh = run("report", tmp_path, "-f", "json", "-m", "aht")
    assert (fresh.code, fresh.out) == (0, stale.out)
    assert run("report", tmp_path, "-f", "json", "-m", "aht", "--max-age", "8d").code == 4
    assert run("report", tmp_path, "--max-age", "soon").code == 2


def test_of_several_files_of_one_source_the_newest_counts(capsys):
    ages = freshness.limits("2d", ())
    written = datetime(2026, 6, 12)
    newest = {
        "a.csv": (datetime(2026, 6, 1), written),
        "b.csv": (datetime(2026, 6, 9), written),
        "p.csv": (None, written),
    }
    assert freshness.check(ages, newest, datetime(2026, 6, 10)) == 0
    assert freshness.check(ages, newest, datetime(2026, 6, 12)) == 4
    assert "is 3 days old; it may be 2d" in capsys.readouterr().err


def test_a_source_that_is_missing_is_stale():
    from datetime import timedelta

    ages = (run_file.Age("five9_*", timedelta(days=1), "1d"),)
    assert freshness.check(ages, {"acd.csv": (datetime(2026, 6, 1), None)}, datetime(2026, 6, 1)) == 4


def test_patterns_fit_names_in_archives_too():
    from datetime import timedelta

    ages = (run_file.Age("acd_*.csv", timedelta(days=1), "1d"),)
    assert freshness.check(ages, {"june.zip/acd_1.csv": (datetime(2026, 6, 1), None)}, datetime(2026, 6, 1)) == 0


def test_a_run_file_is_found_or_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError):
        run_file.find([])
    (tmp_path / "cxkpi.yaml").write_text("cxkpi: 1\nfiles: 3\n", encoding="utf-8")
    with pytest.raises(CatalogueError):
        run_file.find([])


def test_a_pattern_that_fits_no_file_is_noted_with_its_line(run, tmp_path):
    centre(tmp_path, 'cxkpi: 1\npaths: [exports]\nfiles:\n  - {match: "contcts*", timezone: Asia/Tokyo}\n')
    ran = run("report", tmp_path, "-m", "aht", "-f", "csv")
    assert ran.code == 0
    assert "no file fits 'contcts*', so what " in ran.err
    assert "cxkpi.yaml:4 says of it was not used" in ran.err


@pytest.mark.parametrize("packed", ["zip", "gz"])
def test_a_zone_is_given_to_what_an_archive_holds(run, tmp_path, packed):
    import gzip
    import zipfile

    centre(tmp_path, 'cxkpi: 1\npaths: [exports]\nfiles:\n  - {match: "contacts*.csv", timezone: America/New_York}\n')
    plain = tmp_path / "exports" / "contacts.csv"
    if packed == "gz":
        (tmp_path / "exports" / "contacts.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(tmp_path / "exports" / "may.zip", "w") as archive:
            archive.write(plain, "contacts.csv")
    plain.unlink()
    assert run("tables", tmp_path, "-o", tmp_path / "out", "-f", "csv").code == 0
    assert "2026-05-04T13:00:00" in (tmp_path / "out" / "contacts.csv").read_text()


def test_what_a_run_writes_it_does_not_read_the_next_night(run, tmp_path):
    folder = centre(tmp_path) / "exports"
    (folder / "cxkpi.yaml").write_text("cxkpi: 1\noutputs: [kpis.csv, deep/kpis.json]\n", encoding="utf-8")
    for _ in range(2):
        assert run("report", folder, "-m", "aht").code == 0
    assert (folder / "deep" / "kpis.json").is_file()


def test_a_leaving_date_to_come_does_not_make_stale_data_fresh(run, tmp_path):
    folder = centre(tmp_path) / "exports"
    (folder / "agents.csv").write_text("agent_id,hired_on,left_on\na1,2024-02-01,2999-12-31\n", encoding="utf-8")
    assert run("report", folder, "-m", "aht", "-f", "csv", "--max-age", "26h").code == 4
    (folder / "cxkpi.yaml").write_text('cxkpi: 1\nfiles: [{match: "contacts*", max_age: 26h}]\n', encoding="utf-8")
    assert run("report", folder, "-m", "aht", "-f", "csv").code == 4


def test_a_roster_is_as_old_as_its_file(capsys):
    from datetime import timedelta

    ages = (run_file.Age("roster*", timedelta(days=8), "8d"),)
    assert freshness.check(ages, {"roster.csv": (None, datetime(2026, 6, 1))}, datetime(2026, 6, 8)) == 0
    assert freshness.check(ages, {"roster.csv": (None, datetime(2026, 6, 1))}, datetime(2026, 6, 10)) == 4


def test_an_event_in_the_future_is_no_proof_of_freshness(capsys):
    from datetime import timedelta

    ages = (run_file.Age("acd*", timedelta(days=1), "1d"),)
    assert freshness.check(ages, {"acd.csv": (datetime(2030, 1, 1), None)}, datetime(2026, 6, 1)) == 4
    assert "lies in the future, on 2030-01-01" in capsys.readouterr().err
