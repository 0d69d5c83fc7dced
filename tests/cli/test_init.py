"""``cxkpi init``: the files a newcomer begins with, written beside a folder of exports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxkpi.catalogue.load import load
from cxkpi.engines.base import load as load_engine
from cxkpi.measurement import run_file
from cxkpi.measurement.checking.check import worked
from cxkpi.measurement.checking.examples import Bench
from cxkpi.measurement.run import titles

ROOT = Path(__file__).parents[2]
GOLDENS = Path(__file__).parent / "goldens"
PROFILE = """
profile: {name}
system: ring
match: {{headings: [Call, Began, Over]}}
tables:
  contacts:
    contact_id: Call
    started_at: {{from: Began, required: true}}
    answered_at: Began
    ended_at: {{from: Over, required: true}}
    talk_s: {{is: 60}}
    hold_s: {{is: 0}}
    wrap_s: {{is: 0}}
    abandoned: {{is: false}}
"""
RING = "Call,Began,Over\nr1,2026-05-04 09:00,2026-05-04 09:20\nr2,2026-05-04 10:00,2026-05-04 10:05\n"
UNKNOWN = (
    "Ticket ref;Opened;Closed;Talk seconds;Operator\n"
    "T1;2026-05-04 09:00:00;2026-05-04 09:05:00;280;Ann\n"
    "T2;2026-05-04 10:00:00;2026-05-04 10:05:00;200;Bob\n"
    "T3;2026-05-05 10:00:00;2026-05-05 10:05:00;210;Bob\n"
)
STAFF = "Employee number;Hired on;Left on;Team\n" + "".join(
    f"e{number:02d};2024-{1 + number % 12:02d}-{11 + number % 17};"
    f"{f'2025-{1 + number % 9:02d}-15' if number % 3 == 0 else ''};{'Sales' if number % 2 else 'Service'}\n"
    for number in range(40)
)
INTERVALS = (
    "queue,agent_id,started_at,length_s,offered,answered\n"
    "Sales,,2026-05-04T09:00:00Z,1800,10,9\nSales,,2026-05-04T09:30:00Z,1800,10,8\n"
)


def contacts(zone: str = "") -> str:
    days = [f"2026-05-{day:02d} 09:0" for day in range(1, 21)]
    rows = [
        f"c{number},Sales,inbound,{day}0{zone},{day}0{zone},{day}5{zone},280,0,20,no"
        for number, day in enumerate(days, 1)
    ]
    headings = "contact_id,queue,direction,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s,abandoned"
    return "\n".join([headings, *rows, ""])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one plain export."""
    made = tmp_path / "exports"
    made.mkdir()
    (made / "contacts.csv").write_text(contacts(), encoding="utf-8")
    return made


def switched_on(text: str) -> str:
    """A file with every line that is switched off, which is # without a blank behind it."""
    return re.sub(r"(?m)^( *)#(?=[^ #\n])", r"\1", text)


def proved(catalogue: Path, name: str) -> bool:
    """Whether a catalogue is right, and every example of one of its metrics holds."""
    defined = load(catalogue)
    bench, metric = Bench(defined, load_engine("polars")), titles(defined)[name]
    return bool(metric.examples) and all(worked(bench, metric, one).problem is None for one in metric.examples)


def of(text: str, key: str) -> list[str]:
    """The items of a list, those that are switched on."""
    block = re.search(rf"(?m)^{key}:\n((?:  .*\n)*)", text)
    assert block is not None
    return re.findall(r"(?m)^  - (\S+)", block[1])


def test_a_newcomer_comes_to_a_table(run, folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    began = run("init", folder.name)
    assert (began.code, began.err) == (0, "")
    assert f"cxkpi report {folder.name}" in began.out
    monkeypatch.chdir(folder)
    checked = run("check", "metrics.yaml")
    assert checked.code == 0, checked.err
    report = run("report")
    assert report.code == 0, report.err
    assert "Average handle time" in report.out
    assert "left out" not in report.err


def test_what_is_written_for_a_plain_export(run, folder):
    run("init", folder)
    for name in ("metrics.yaml", "cxkpi.yaml"):
        assert (folder / name).read_text() == (GOLDENS / f"init.{name}").read_text()


def test_what_is_printed(run, folder, monkeypatch):
    monkeypatch.chdir(folder)
    ran = run("init", columns=80)
    assert ran.out == (GOLDENS / "init.txt").read_text()


def test_the_sample_data(run, tmp_path):
    for path in (ROOT / "sample_data").glob("*.csv"):
        (tmp_path / path.name).symlink_to(path)
    ran = run("init", tmp_path, "--timezone", "Europe/London")
    assert ran.code == 0
    text = (tmp_path / "metrics.yaml").read_text()
    assert of(text, "headline") == ["fcr", "csat", "ces", "aht", "turnover", "speed_to_competency"]
    assert "CHECK THIS" not in text
    files = (tmp_path / "cxkpi.yaml").read_text()
    assert '#- {match: "acd_*.csv", timezone: Europe/London, max_age: 26h}' in files
    assert "#- {match: roster.csv, max_age: 8d}" in files
    assert "First contact resolution" in run("report", tmp_path).out


@pytest.mark.parametrize("tables", [("contacts",), ("intervals",), ("contacts", "intervals"), ()])
def test_everything_that_is_switched_off_is_right_when_it_is_switched_on(run, tmp_path, tables):
    held = {"contacts": contacts(), "intervals": INTERVALS}
    for table in tables:
        (tmp_path / f"{table}.csv").write_text(held[table])
    if not tables:
        (tmp_path / "tickets.csv").write_text(UNKNOWN)
    assert run("init", tmp_path).code == 0
    catalogue, files = tmp_path / "metrics.yaml", tmp_path / "cxkpi.yaml"
    assert switched_on(catalogue.read_text()) != catalogue.read_text()
    catalogue.write_text(switched_on(catalogue.read_text()))
    assert proved(catalogue, "calls_answered" if tables == ("intervals",) else "long_contacts")
    files.write_text(switched_on(files.read_text()))
    assert run_file.load(files).manifest is not None


@pytest.mark.parametrize(("table", "name"), [("cases", "reopened"), ("answers", "low_scores"), ("agents", "hires")])
def test_the_metric_of_ones_own_suits_the_files(run, tmp_path, table, name):
    sample = {
        "cases": "case_id,opened_at,reopens\nk1,2026-05-04 09:00,0\n",
        "answers": "invitation_id,question,score\nr1,csat,4\n",
        "agents": "agent_id,hired_on\na1,2026-05-04\n",
    }
    (tmp_path / f"{table}.csv").write_text(sample[table])
    if table == "answers":
        (tmp_path / "invitations.csv").write_text("invitation_id,sent_at\nr1,2026-05-04 09:00\n")
    assert run("init", tmp_path).code == 0
    text = switched_on((tmp_path / "metrics.yaml").read_text())
    assert f"\n  {name}:\n" in text
    (tmp_path / "metrics.yaml").write_text(text)
    assert proved(tmp_path / "metrics.yaml", name)


def test_where_nothing_that_ships_fits_the_metric_of_ones_own_is_shown(run, tmp_path):
    (tmp_path / "intervals.csv").write_text(INTERVALS)
    run("init", tmp_path)
    assert of((tmp_path / "metrics.yaml").read_text(), "headline") == ["calls_answered"]
    report = run("report", tmp_path)
    assert report.code == 0
    assert "85.0 %" in report.out


def test_a_variant_stands_for_a_metric_these_files_do_not_allow(run, folder):
    """First contact resolution by reason needs reasons; without them it can be had for any reason."""
    plain = (folder / "contacts.csv").read_text().replace("contact_id,", "customer_id,contact_id,", 1)
    (folder / "contacts.csv").write_text(re.sub(r"(?m)^c(\d+),", r"k\1,c\1,", plain))
    run("init", folder)
    assert of((folder / "metrics.yaml").read_text(), "headline")[0] == "fcr.any_reason"


def test_what_is_there_stays(run, folder):
    (folder / "metrics.yaml").write_text("cxkpi: 1\nextends: cxkpi\nheadline: [aht]\n")
    ran = run("init", folder, "--timezone", "America/Chicago", columns=200)
    assert ran.code == 0
    assert (folder / "metrics.yaml").read_text() == "cxkpi: 1\nextends: cxkpi\nheadline: [aht]\n"
    assert (folder / "cxkpi.yaml").is_file()
    assert "was there and is as it was; --timezone was not used" in " ".join(ran.out.split())
    assert "Chicago" not in (folder / "cxkpi.yaml").read_text()
    before = (folder / "cxkpi.yaml").read_bytes()
    again = run("init", folder)
    assert again.code == 0
    assert "Written" not in again.out
    assert (folder / "cxkpi.yaml").read_bytes() == before


def test_force_writes_over_both_files(run, folder):
    for name in ("metrics.yaml", "cxkpi.yaml"):
        (folder / name).write_text("not: ours\n")
    assert run("init", folder).code == 5
    assert run("init", folder, "--force").code == 0
    assert "extends: cxkpi" in (folder / "metrics.yaml").read_text()
    assert "catalogue: metrics.yaml" in (folder / "cxkpi.yaml").read_text()


def test_a_zone_that_is_a_guess_stands_in_the_catalogue_alone(run, folder):
    """Corrected there it is corrected everywhere, also once a line that watches the age of files is switched on."""
    run("init", folder)
    files, catalogue = folder / "cxkpi.yaml", folder / "metrics.yaml"
    assert "Europe/London" not in files.read_text()
    assert "are read in the zone of metrics.yaml" in files.read_text()
    catalogue.write_text(catalogue.read_text().replace("timezone: Europe/London", "timezone: Asia/Manila"))
    files.write_text(re.sub(r"(?m)^(#)(?=files:)|^(  #)(?=- )", lambda m: "  " if m[2] else "", files.read_text()))
    (setting,) = run_file.load(files).settings
    assert (setting.pattern, setting.timezone) == ("contacts.csv", None)


def test_force_keeps_the_zone_and_what_it_replaces(run, folder, monkeypatch):
    monkeypatch.chdir(folder)
    run("init")
    assert "No file says so" in run("init", "--force").out
    assert not list(folder.glob("*.bak*"))
    catalogue = folder / "metrics.yaml"
    mine = catalogue.read_text().replace("timezone: Europe/London", "timezone: America/Chicago")
    catalogue.write_text(mine)
    again = run("init", "--force", columns=200)
    assert "  timezone: America/Chicago\n" in catalogue.read_text()
    assert "CHECK THIS" not in catalogue.read_text()
    assert "No file says so" not in again.out
    assert re.search(r"Kept +metrics\.yaml\.bak +what metrics\.yaml was", again.out)
    assert "the zone it named, America/Chicago, stays" in again.out
    assert (folder / "metrics.yaml.bak").read_text() == mine
    # Nothing that was kept is lost, and what is typed counts more than what was there.
    catalogue.write_text("not: [right")
    assert run("init", "--force", "--timezone", "Asia/Manila").code == 0
    assert "  timezone: Asia/Manila\n" in catalogue.read_text()
    assert (folder / "metrics.yaml.bak").read_text() == mine
    assert (folder / "metrics.yaml.bak2").read_text() == "not: [right"


def test_rules_to_be_filled_in_are_counted_once_and_named(run, folder):
    calls = "".join(f"2026-05-{day:02d} 09:00:00;2026-05-{day:02d} 09:05:00;{day + 200};Ann\n" for day in range(1, 4))
    (folder / "calls.csv").write_text(f"Opened;Closed;Talk seconds;Operator\n{calls}")
    ran = run("init", folder, columns=200)
    (draft,) = (folder / "profiles").iterdir()
    marks = draft.read_text().partition("\nprofile:")[2].count("confirm: true")
    said = " ".join(ran.out.split())
    assert f"{marks} rules marked 'confirm: true', 1 of them to be filled in (direction)" in said
    assert f"{marks} rules to confirm, 1 of them to be filled in (direction)" in (folder / "cxkpi.yaml").read_text()


def test_a_draft_with_nothing_to_confirm_counts_as_read(run, folder):
    (folder / "contacts.csv").unlink()
    (folder / "people.csv").write_text(STAFF)
    ran = run("init", folder)
    (draft,) = (folder / "profiles").iterdir()
    assert "confirm: true}" not in draft.read_text()
    assert "turnover" in of((folder / "metrics.yaml").read_text(), "headline")
    assert "once that is done" not in ran.out
    assert run("report", folder).code == 0


def test_no_report_is_proposed_that_would_fail(run, tmp_path):
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    ran = run("init", tmp_path, columns=200)
    assert ran.code == 0
    assert "cxkpi report" not in ran.out
    assert "cxkpi adopt FILE" in ran.out
    assert run("report", tmp_path).code != 0
    (tmp_path / "contacts.csv").write_text("contact_id,started_at,ended_at\nc1,2026-05-04 09:00,2026-05-04 09:05\n")
    for _ in range(2):
        ran = run("init", tmp_path, columns=200)
        assert "cxkpi report" not in ran.out
        assert "cxkpi metrics" in ran.out
        assert "No report yet" in ran.out
        (tmp_path / "metrics.yaml").unlink(missing_ok=True)
    assert run("report", tmp_path, "-c", "cxkpi").code != 0


def test_counts(run, folder):
    (folder / "contacts.csv").write_text("\n".join(contacts().splitlines()[:2]) + "\n")
    for month in ("05", "06"):
        (folder / f"tickets_2026-{month}.csv").write_text(UNKNOWN.replace("-05-", f"-{month}-"))
    out = run("init", folder).out
    assert re.search(r"cxkpi\.contacts +1 contact\n", out)
    assert "6 records of " in out
    assert "contacts.csv: 1 contact, by" in (folder / "cxkpi.yaml").read_text()


def test_a_folder_that_begins_with_a_dash(run, folder, monkeypatch):
    folder.rename(folder.parent / "-x")
    monkeypatch.chdir(folder.parent)
    out = run("init", "--", "-x").out
    assert "cxkpi report ./-x" in out
    assert " -x" not in out


def test_a_run_file_that_is_there_says_what_is_read_and_which_catalogue_counts(run, tmp_path, folder):
    mine = tmp_path / "cxkpi.yaml"
    mine.write_text("cxkpi: 1\npaths: [exports]\n")
    ran = run("init", tmp_path, columns=200)
    assert ran.code == 0
    assert "write in it 'catalogue: metrics.yaml'" in ran.out
    assert "aht" in of((tmp_path / "metrics.yaml").read_text(), "headline")
    mine.write_text("cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\n")
    (tmp_path / "metrics.yaml").unlink()
    assert run("init", tmp_path).code == 0
    assert run("report", tmp_path).code == 0


def test_a_profile_is_drafted_for_files_nobody_knows_and_the_report_leads_on(run, folder):
    (folder / "tickets_2026-05.csv").write_text(UNKNOWN)
    (folder / "tickets_2026-06.csv").write_text(UNKNOWN.replace("-05-", "-06-").replace("\nT", "\nU"))
    ran = run("init", folder)
    assert ran.code == 0
    (draft,) = (folder / "profiles").iterdir()
    assert "confirm: true" in draft.read_text()
    assert "once that is done" in " ".join(ran.out.split())
    assert "profiles/" in (folder / "cxkpi.yaml").read_text()
    report = run("report", folder)
    assert report.code == 5
    assert str(draft) in report.err
    assert "remove 'confirm: true'" in report.err
    # What was drafted is not drafted again, and not written over.
    draft.write_text(draft.read_text() + "# corrected\n")
    again = run("init", folder, "--force")
    assert again.code == 0
    assert [path.name for path in (folder / "profiles").iterdir()] == [draft.name]
    assert draft.read_text().endswith("# corrected\n")
    assert draft.as_posix() in again.out.replace("\n             ", "")


def test_two_layouts_of_one_name_are_two_profiles(run, folder):
    (folder / "tickets_1.csv").write_text(UNKNOWN)
    (folder / "tickets_2.csv").write_text(
        "Conversation;Start time;End time;Wrap seconds\nA;2026-05-04 09:00:00;2026-05-04 09:05:00;20\n"
        "B;2026-05-04 10:00:00;2026-05-04 10:05:00;25\n"
    )
    assert run("init", folder).code == 0
    names = {path.name for path in (folder / "profiles").iterdir()}
    assert len(names) == 2
    assert run("doctor", folder).code in (0, 3)


def test_between_two_profiles_only_a_person_can_choose(run, folder):
    profiles = folder / "profiles"
    profiles.mkdir()
    for name in ("ring.old", "ring.new"):
        (profiles / f"{name}.yaml").write_text(PROFILE.format(name=name))
    (folder / "ring_2026-05.csv").write_text(RING)
    ran = run("init", folder)
    assert ran.code == 0
    assert "fits ring.new and ring.old alike" in " ".join(ran.out.split())
    files = folder / "cxkpi.yaml"
    assert "WHICH IS IT? ring_2026-05.csv fits ring.new and ring.old alike." in files.read_text()
    assert run("report", folder).code == 3
    chosen = (
        files.read_text()
        .replace("#files:", "files:")
        .replace('#- {match: "ring_*.csv", profile: ring.old}', '- {match: "ring_*.csv", profile: ring.old}')
    )
    files.write_text(chosen)
    report = run("report", folder)
    assert report.code == 0
    assert "ring.old" in report.out


def test_files_whose_times_have_a_zone_are_not_asked_for_one(run, folder):
    (folder / "contacts.csv").write_text(contacts("+02:00"))
    ran = run("init", folder)
    assert "carry no zone" not in ran.out
    assert "#- {match: contacts.csv, max_age: 26h}" in (folder / "cxkpi.yaml").read_text()


def test_a_zone_that_the_files_name_is_taken(run, folder):
    (folder / "contacts.csv").unlink()
    text = RING.replace("Began", "Began (Europe/Berlin)").replace("Over", "Over (Europe/Berlin)")
    (folder / "ring.csv").write_text(text)
    (folder / "profiles").mkdir()
    (folder / "profiles" / "ring.yaml").write_text(PROFILE.format(name="ring.calls"))
    ran = run("init", folder)
    assert ran.code == 0
    assert "is the centre in" not in ran.out
    assert "timezone: Europe/Berlin" in (folder / "metrics.yaml").read_text()


@pytest.mark.parametrize("zone", ["Chicago", "+05:00", "Mars/Olympus", ""])
def test_a_zone_nobody_knows_is_refused(run, folder, zone):
    ran = run("init", folder, "--timezone", zone)
    assert ran.code == 2
    assert "U127" in ran.err
    assert not (folder / "metrics.yaml").exists()


def test_nothing_is_written_where_there_are_no_exports(run, tmp_path, folder):
    ran = run("init", tmp_path)
    assert ran.code == 3
    assert f"cxkpi init {folder.as_posix()}" in ran.err
    assert not (tmp_path / "metrics.yaml").exists()
    assert run("init", tmp_path / "nowhere").code == 2
    ran = run("init", folder / "contacts.csv")
    assert ran.code == 2
    assert f"cxkpi init {folder.as_posix()}" in ran.err


def test_all_files_appear_or_none(run, folder):
    (folder / "cxkpi.yaml").mkdir()
    ran = run("init", folder, "--force")
    assert ran.code == 74
    assert not (folder / "metrics.yaml").exists()
    assert {path.name for path in folder.iterdir()} == {"contacts.csv", "cxkpi.yaml"}


def test_a_file_that_cannot_be_read_is_named(run, folder):
    (folder / "notes.csv").write_bytes(b"")
    (folder / "roster.xls").write_bytes(b"x")
    ran = run("init", folder)
    assert ran.code == 0
    assert re.search(r"notes\.csv +left out", ran.out)
    assert "roster.xls was not read" in ran.out


def test_names_of_files_hold_what_they_like(run, folder):
    (folder / "a [b] #{c}: 'd' 1.csv").write_text(contacts().replace("\nc", "\nd"))
    assert run("init", folder).code == 0
    files = folder / "cxkpi.yaml"
    files.write_text(switched_on(files.read_text()))
    (one,) = [setting for setting in run_file.load(files).settings if setting.pattern.startswith("a")]
    assert one.timezone is None
    assert "no file fits" not in run("report", folder, "-m", "aht", "-f", "json").err


def test_quiet_says_nothing(run, folder):
    ran = run("init", folder, "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
