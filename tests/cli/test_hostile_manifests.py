"""Manifests that nobody wrote with ``--manifest``: refused in a line, whatever is in them, and never obeyed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .small_centre import contacts, make

RUN = ("report", "exports", "-c", "metrics.yaml")


@pytest.fixture
def here(run, tmp_path, monkeypatch):
    folder = make(tmp_path / "centre")
    monkeypatch.chdir(folder)
    ran = run(*RUN, "--by", "queue", "-o", "a.csv", "--rejects", "r.csv", "--manifest", "run.json")
    assert ran.code == 0, ran.err
    return folder


def forged(*steps, to):
    """The manifest with the value at ``steps`` changed; as text, so that what JSON cannot hold can be put in, too."""
    found = json.loads(Path("run.json").read_text())
    part = found
    for step in steps[:-1]:
        part = part[step]
    part[steps[-1]] = "@@"
    Path("run.json").write_text(json.dumps(found).replace('"@@"', to))


@pytest.mark.parametrize(
    ("steps", "to"),
    [
        (("inputs", 0, "size"), "1e999"),
        (("inputs", 0, "size"), "-1"),
        (("inputs", 0, "size"), "1" + "0" * 400),
        (("inputs", 0, "size"), "NaN"),
        (("inputs", 0, "path"), r'"a\u0000b"'),
        (("inputs", 0, "path"), r'"a\ud800b"'),
        (("inputs",), "{}"),
        (("outputs", 0, "path"), r'"a\u0000b"'),
        (("outputs", 0, "kind"), '"rejects"'),
        (("root",), r'"a\u0000b"'),
        (("root",), "[" * 200_000),
        (("paths",), '"exports"'),
        (("paths", 0), r'"\ud800"'),
        (("options",), "[]"),
        (("options", "by"), "7"),
        (("options", "since"), '"yesterday"'),
        (("options", "last"), '"three"'),
        (("as_of",), '"2026-06-30T00:00:00+02:00"'),
        (("as_of",), '"0001-01-01T00:00:00Z"'),
        (("as_of_from_data",), '"yes"'),
        (("catalogue", "files", 0), '"metrics.yaml"'),
        (("metrics",), "7"),
        (("metrics", 0, "min_n"), '"30"'),
        (("cells",), '{"a": 1}'),
        (("cells", 0), "null"),
        (("cells", 0, "by"), '{"queue": ["x"]}'),
        (("cells", 0, "by"), "[]"),
        (("cells", 0, "variant"), "[1]"),
        (("cells", 0, "value"), '"abc"'),
        (("cells", 0, "value"), "1e999"),
        (("cells", 0, "value"), "Infinity"),
        (("cells", 0, "n"), '"x"'),
        (("cells", 0, "n"), "true"),
        (("cells", 0, "target"), "[1]"),
        (("cells", 0, "status"), '"perfect"'),
        (("cells", 0, "reason"), "{}"),
        (("cells", 0, "period", "every"), '"hour"'),
        (("cells", 0, "period", "start"), '"0001-01-01"'),
        (("pseudonyms",), '"names.key"'),
        (("run_file",), '{"path": 1}'),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else value[:20],
)
def test_what_is_in_no_manifest_is_refused(run, here, steps, to):
    forged(*steps, to=to)
    for argv in (["verify", "run.json"], [*RUN, "--by", "queue", "--against", "run.json", "-f", "json"]):
        ran = run(*argv)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith("run.json: error[I196]: this is no manifest of a run.")


def test_a_number_of_thousands_of_digits_is_refused(run, here):
    forged("inputs", 0, "size", to="9" * 5000)
    assert run("verify", "run.json").code == 3


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device that never ends")
def test_what_is_no_file_is_not_read(run, here):
    os.mkfifo("pipe")
    for steps in (("inputs", 0, "path"), ("outputs", 0, "path"), ("catalogue", "files", 0, "path")):
        for path in ("/dev/zero", "pipe", "exports"):
            found = json.loads(Path("run.json").read_text())
            forged(*steps, to=json.dumps(path))
            ran = run("verify", "run.json")
            assert ran.code in (1, 3)
            assert f"{path}: missing" in ran.out
            Path("run.json").write_text(json.dumps(found))
    for path in ("/dev/zero", "pipe"):
        found = json.loads(Path("run.json").read_text())
        forged("pseudonyms", to=json.dumps({"path": path, "mark": "x"}))
        ran = run("verify", "run.json")
        assert (ran.code, f"key {path}: missing" in ran.out) == (3, True)
        Path("run.json").write_text(json.dumps(found))
        for argv in (["verify", path], [*RUN, "--against", path]):
            ran = run(*argv)
            assert ran.code == 2
            assert "it is not a file" in ran.err


def test_a_terminal_is_not_told_what_to_do(run, here):
    evil = "a\x1b]0;owned\x07\x1b[2Jb\u202e.csv"
    forged("outputs", 0, "path", to=json.dumps(evil))
    ran = run("verify", "run.json")
    assert ran.code == 1
    assert ran.out.isascii()
    assert all(char.isprintable() or char == "\n" for char in ran.out + ran.err)
    assert "output a?]0;owned??[2Jb?.csv: missing\n" in ran.out
    assert "\x1b" not in run("verify", "run.json", "-f", "json").out


@pytest.mark.parametrize(
    ("name", "value"),
    [("by", True), ("all", "yes"), ("all", ["yes"]), ("every", ["day", "week"]), ("since", True)],
)
def test_an_option_with_what_it_does_not_take(run, here, name, value):
    found = json.loads(Path("run.json").read_text())
    found["options"][name] = value
    Path("run.json").write_text(json.dumps(found))
    ran = run("verify", "run.json")
    assert (ran.code, ran.out) == (3, "")
    assert f"error[I198]: the manifest gives the option --{name} what it does not take." in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"by": ["no_such_thing"]}, "report: not possible: cxkpi report ends with U"),
        ({"every": "fortnight"}, "report: not possible: its options are none of this version"),
        ({"since": "2031-01-01"}, "report: not possible: cxkpi report ends with U031"),
        ({"catalogue": "secret.txt"}, "catalogue secret.txt: not possible: the manifest holds no hash of it"),
        ({"profile": ["secret.txt"]}, "report: not possible: cxkpi report ends with P"),
    ],
)
def test_a_report_that_cannot_be_made_again_is_not_proven(run, here, options, says):
    Path("secret.txt").write_text("root:x:0:0:root password hunter2\n")
    found = json.loads(Path("run.json").read_text())
    found["options"] = {"catalogue": "metrics.yaml", **options}
    Path("run.json").write_text(json.dumps(found))
    ran = run("verify", "run.json")
    assert (ran.code, ran.err) == (3, "")
    assert says in ran.out
    assert ran.out.endswith("run.json cannot be proven: the report cannot be made again\n")
    assert "hunter2" not in ran.out


def test_an_output_by_a_name_that_is_none(run, here):
    Path("a").mkdir()
    forged("outputs", 0, "path", to='"a/.."')
    ran = run("verify", "run.json")
    assert ran.code in (1, 3)
    assert ran.err == ""


def head(**changes):
    def change(found):
        found |= changes

    return change


def inside(part, name, value):
    def change(found):
        found[part][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            head(as_of="2026-06-30T00:00:00Z"),
            "as of: changed: 2026-06-30 00:00:00 by the manifest, 2026-06-28 11:05:00",
        ),
        (head(as_of_from_data=False), "as of the data: changed: False by the manifest, True made again"),
        (inside("catalogue", "hash", "deadbeef"), "catalogue's hash: changed: deadbeef by the manifest, "),
        (inside("catalogue", "files", []), None),
        (inside("profiles", "used", ["ours"]), "profiles used: changed: ours by the manifest, cxkpi.contacts made"),
        (head(metrics=[]), "metrics asked for: changed\n"),
    ],
)
def test_what_the_head_of_a_manifest_says_is_proven_too(run, here, change, says):
    found = json.loads(Path("run.json").read_text())
    change(found)
    Path("run.json").write_text(json.dumps(found))
    ran = run("verify", "run.json")
    assert ran.code in ((1,) if says else (1, 3))
    assert "holds:" not in ran.out
    assert says is None or says in ran.out
    assert json.loads(run("verify", "run.json", "-f", "json").out)["holds"] is False


def test_another_version_that_gives_the_same_bytes_is_said(run, here):
    found = json.loads(Path("run.json").read_text())
    found["versions"]["polars"] = "0.0.1"
    Path("run.json").write_text(json.dumps(found))
    ran = run("verify", "run.json")
    assert ran.code == 0
    assert ran.out.startswith("version polars: other: 0.0.1 then, ")
    assert ran.out.splitlines()[-1].startswith("run.json holds: ")


def test_a_run_file_and_a_profile_that_came_since_are_named(run, here):
    Path("other").mkdir()
    Path("other/acd.csv").write_text(contacts(3))
    Path("exports/cxkpi.yaml").write_text("cxkpi: 1\npaths: [../nothing]\n")
    ran = run("verify", "run.json")
    assert ran.code == 3
    assert "run file exports/cxkpi.yaml: new: it came since, and the report goes by it\n" in ran.out
    assert "report: not possible: cxkpi report ends with U010" in ran.out
    Path("exports/cxkpi.yaml").write_text("cxkpi: 1\n")
    ran = run("verify", "run.json")
    assert (ran.code, "run file exports/cxkpi.yaml: new" in ran.out) == (0, True)
    Path("exports/cxkpi.yaml").unlink()
    Path("exports/profiles").mkdir()
    Path("exports/profiles/p.yaml").write_text("nonsense: hunter2\n")
    ran = run("verify", "run.json")
    assert (ran.code, ran.err) == (3, "")
    assert "profile exports/profiles/p.yaml: new: it came since, and is tried on every file\n" in ran.out
    assert "report: not possible: cxkpi report ends with P" in ran.out
    assert "hunter2" not in ran.out
