"""``--manifest`` and ``cxkpi verify``: what a run rested on, by hash, and whether it can be made again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from . import small_centre
from .small_centre import contacts, make

RUN = ("report", "exports", "-c", "metrics.yaml")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = make(tmp_path / "centre")
    monkeypatch.chdir(folder)
    return folder


def sha(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def recorded(run, *further):
    ran = run(*RUN, "-o", "a.json", "-o", "a.csv", "--manifest", "run.json", *further)
    assert ran.code == 0, ran.err
    return json.loads(Path("run.json").read_text())


def test_everything_is_there_by_its_hash(run, here):
    found = recorded(run, "--by", "queue", "--every", "month", "--rejects", "rejects.csv")
    assert [one["path"] for one in found["inputs"]] == [f"exports/acd_{month:02d}.csv" for month in (4, 5, 6)]
    assert [one["path"] for one in found["outputs"]] == ["a.json", "a.csv", "rejects.csv"]
    every = [*found["inputs"], *found["outputs"], *found["catalogue"]["files"]]
    assert all((one["sha256"], one["size"]) == (sha(one["path"]), Path(one["path"]).stat().st_size) for one in every)
    report = json.loads(Path("a.json").read_text())
    assert found["catalogue"]["hash"] == report["catalogue"]["hash"]
    assert found["catalogue"]["path"] == "metrics.yaml"
    assert found["as_of"] == report["as_of"]
    assert found["options"] == {"by": ["queue"], "catalogue": "metrics.yaml"}
    assert (found["paths"], found["root"]) == (["exports"], ".")
    assert set(found["versions"]) >= {"cxkpi", "polars"}
    assert found["profiles"]["used"] == ["cxkpi.contacts"]
    complete = [row for row in report["results"] if row["period"]["complete"]]
    assert len(found["cells"]) == len(complete)
    assert [cell["value"] for cell in found["cells"]] == [row["value"] for row in complete]


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(run, here, tmp_path, monkeypatch):
    recorded(run)
    first = Path("run.json").read_bytes()
    recorded(run, "--no-cache", "--quiet", "--fail-on", "alarm", "--max-rejects", "3")
    assert Path("run.json").read_bytes() == first
    other = tmp_path / "elsewhere"
    shutil.copytree(here / "exports", other / "exports")
    shutil.copy(here / "metrics.yaml", other)
    monkeypatch.chdir(other)
    for path in other.rglob("*"):
        os.utime(path, (1, 1))
    recorded(run)
    assert Path("run.json").read_bytes() == first
    assert str(tmp_path).encode() not in first


def test_a_catalogue_is_all_the_files_it_reads(run, here):
    (here / "base").mkdir()
    base = small_centre.CATALOGUE.replace("{timezone: UTC}", "{timezone: UTC, holidays: days.txt}").replace(
        "calendar: {timezone: UTC, holidays: days.txt}",
        "calendar:\n  timezone: UTC\n  hours: {mon-sun: 08:00-20:00}\n  holidays: days.txt",
    )
    (here / "base" / "metrics.yaml").write_text(base)
    (here / "base" / "days.txt").write_text("2026-05-01\n")
    (here / "metrics.yaml").write_text("cxkpi: 1\nextends: base/metrics.yaml\nmetrics:\n  aht: {target: 5m}\n")
    found = recorded(run)
    assert [one["path"] for one in found["catalogue"]["files"]] == [
        "base/days.txt", "base/metrics.yaml", "metrics.yaml",
    ]  # fmt: skip
    (here / "metrics.yaml").write_text("cxkpi: 1\nextends: cxkpi  # ours over it\nmetrics:\n  aht: {target: 5m}\n")
    assert [one["path"] for one in recorded(run, "-m", "aht")["catalogue"]["files"]] == [
        "cxkpi:metrics.yaml", "metrics.yaml",
    ]  # fmt: skip
    assert run("verify", "run.json").code == 0
    (here / "metrics.yaml").write_text("cxkpi: 1\nextends: base/metrics.yaml\nmetrics:\n  aht: {target: 5m}\n")
    recorded(run)
    (here / "base" / "days.txt").write_text("2026-05-02\n")
    ran = run("verify", "run.json")
    assert ran.code == 1
    assert "catalogue base/days.txt: changed: as many bytes, and others\n" in ran.out


def test_a_run_that_holds(run, here, tmp_path, monkeypatch):
    recorded(run, "--by", "queue", "--last", "2", "--only", "queue=Sales", "--rejects", "rejects.csv")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    ran = run("verify", "run.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "run.json holds: 3 inputs and the catalogue as they were, 8 figures, 3 outputs made again to the same bytes\n"
    )
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before
    monkeypatch.chdir(tmp_path)
    assert run("verify", "centre/run.json").code == 0
    moved = tmp_path / "moved"
    shutil.move(here, moved)
    assert run("verify", "moved/run.json").code == 0
    shutil.move(moved / "run.json", tmp_path / "run.json")
    assert run("verify", "run.json").code == 3
    assert run("verify", "run.json", "--root", "moved").code == 0


def changed_input(here):
    (here / "exports" / "acd_05.csv").write_text(contacts(5, talk=301))


def missing_input(here):
    (here / "exports" / "acd_05.csv").unlink()


def changed_catalogue(here):
    (here / "metrics.yaml").write_text(small_centre.CATALOGUE.replace("6m", "5m"))


def missing_catalogue(here):
    (here / "metrics.yaml").unlink()


def changed_output(here):
    with (here / "a.csv").open("a") as file:
        file.write("\n")


def missing_output(here):
    (here / "a.csv").unlink()


@pytest.mark.parametrize(
    ("what", "code", "says"),
    [
        (changed_input, 1, "input exports/acd_05.csv: changed: as many bytes, and others"),
        (missing_input, 3, "input exports/acd_05.csv: missing"),
        (changed_catalogue, 1, "catalogue metrics.yaml: changed"),
        (missing_catalogue, 3, "catalogue metrics.yaml: missing"),
        (changed_output, 1, "output a.csv: changed"),
        (missing_output, 1, "output a.csv: missing"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_differs_is_named(run, here, what, code, says):
    recorded(run)
    what(here)
    ran = run("verify", "run.json")
    assert ran.code == code
    assert ran.out.splitlines()[0].startswith(says)
    told = json.loads(run("verify", "run.json", "-f", "json").out)
    assert told["holds"] is False
    [other] = [one for one in told["checks"] if one["is"] != "same"]
    assert f"{other['what']} {other['path']}: {other['is']}" in says


def test_a_forged_output_with_a_forged_hash_is_found_by_making_it_again(run, here):
    found = recorded(run)
    (here / "a.csv").write_text("all targets met\n")
    found["outputs"][1] |= {"sha256": sha("a.csv"), "size": 16}
    found["cells"][0]["value"] += 1
    Path("run.json").write_text(json.dumps(found))
    ran = run("verify", "run.json")
    assert ran.code == 1
    assert "figures run.json: changed: 1 differ, first aht of 2026-04-01\n" in ran.out
    assert "output, made again a.csv: changed: 16 bytes then, " in ran.out


def test_a_run_that_only_printed_can_be_proven_too(run, here):
    assert run(*RUN, "--manifest", "run.json").code == 0
    ran = run("verify", "run.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "run.json holds: 3 inputs and the catalogue as they were, 4 figures, 0 outputs made again to the same bytes\n"
    )


def test_files_that_came_since_are_left_out(run, here):
    recorded(run)
    (here / "exports" / "acd_07.csv").write_text(contacts(7))
    ran = run("verify", "run.json")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "input exports/acd_07.csv: new: it came since, and is left out"


def test_a_file_can_be_left_out(run, here):
    whole = run(*RUN, "-f", "json").out
    ran = run(*RUN, "-f", "json", "--leave-out", "exports/acd_06.csv")
    assert len(json.loads(ran.out)["ledger"]["files"]) == len(json.loads(whole)["ledger"]["files"]) - 1
    found = recorded(run, "--leave-out", "exports/acd_06.csv")
    assert len(found["inputs"]) == 2
    assert run("verify", "run.json").code == 0


def test_a_run_file_names_manifest_and_outputs(run, here):
    text = "cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\noutputs: [out/a.json]\nmanifest: out/run.json\n"
    (here / "cxkpi.yaml").write_text(text)
    assert run("report").code == 0
    found = json.loads(Path("out/run.json").read_text())
    assert (found["root"], found["paths"], found["run_file"]["path"]) == ("..", [], "cxkpi.yaml")
    assert [one["path"] for one in found["outputs"]] == ["out/a.json"]
    before = Path("out/run.json").read_bytes()
    assert run("report", "-f", "csv").code == run("report", "-o", "look.csv").code == 0
    assert Path("out/run.json").read_bytes() == before
    assert run("verify", "out/run.json").code == 0
    (here / "cxkpi.yaml").write_text(text + "files: [{match: '*', timezone: Asia/Tokyo}]\n")
    ran = run("verify", "out/run.json")
    assert (ran.code, ran.out.splitlines()[0].split(":")[0]) == (1, "run file cxkpi.yaml")


def test_what_a_run_writes_into_the_folder_it_reads_is_refused_or_never_read(run, here):
    text = "cxkpi: 1\ncatalogue: ../metrics.yaml\noutputs: [kpis.json]\nmanifest: run.json\n"
    (here / "exports" / "cxkpi.yaml").write_text(text)
    for _ in range(2):
        assert run("report", "exports").code == 0
    found = json.loads((here / "exports" / "run.json").read_text())
    assert len(found["inputs"]) == 3
    assert run("verify", "exports/run.json").code == 0
    assert run(*RUN, "--manifest", "exports/acd_04.csv").code == 2


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (None, 2, "U140"),
        ("", 3, "I196"),
        ("[]", 3, "I196"),
        ('{"format": 1}', 3, "I196"),
        ('{"format": 2, "what": "cxkpi run"}', 3, "I197"),
    ],
)
def test_what_is_no_manifest(run, here, text, code, says):
    if text is not None:
        Path("run.json").write_text(text)
    for argv in (["verify", "run.json"], [*RUN, "--against", "run.json"]):
        ran = run(*argv)
        assert ran.code == code
        assert f"error[{says}]" in ran.err
        assert ran.out == ""


def test_a_manifest_cannot_have_another_file_written(run, here):
    found = recorded(run)
    for name in ("output", "rejects", "manifest", "unheard-of"):
        found["options"] = {"catalogue": "metrics.yaml", name: "stolen.csv"}
        Path("run.json").write_text(json.dumps(found))
        ran = run("verify", "run.json")
        assert ran.code == 3
        assert f"--{name}, which this cxkpi does not know" in ran.err
        assert not Path("stolen.csv").exists()


def test_an_input_that_changes_while_it_is_read_is_not_recorded(run, here, monkeypatch):
    import cxkpi

    measure = cxkpi.measure

    def slow(*args, **options):
        found = measure(*args, **options)
        with (here / "exports" / "acd_06.csv").open("a") as file:
            file.write("c99,k1,Agent 1,Sales,2026-06-28 20:00,2026-06-28 20:01,2026-06-28 20:05,1,0,1,no\n")
        return found

    monkeypatch.setattr(cxkpi, "measure", slow)
    ran = run(*RUN, "-o", "a.json", "--manifest", "run.json")
    assert ran.code == 3
    assert "exports/acd_06.csv: error[I195]: it changed while it was read" in ran.err
    assert not Path("a.json").exists()
    assert not Path("run.json").exists()


def test_a_failed_run_keeps_the_old_outputs_and_their_manifest(run, here, monkeypatch):
    recorded(run)
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    changed_input(here)
    before[here / "exports" / "acd_05.csv"] = (here / "exports" / "acd_05.csv").read_bytes()
    for argv in (("-o", "no/a.csv", "--manifest", "run.json"), ("--manifest", "no/run.json")):
        assert run(*RUN, "-o", "a.json", *argv).code == 74
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_a_link_that_leads_nowhere_is_no_fault_of_the_record(run, here):
    Path("exports/acd_07.csv").symlink_to("nowhere.csv")
    plain = run(*RUN, "-f", "json")
    ran = run(*RUN, "-f", "json", "--manifest", "run.json")
    assert (ran.code, ran.out, ran.err) == (plain.code, plain.out, plain.err)
    assert ran.code != 70
