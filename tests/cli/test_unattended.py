"""Runs nobody watches: what they write, leave alone, refuse and say, at the edges."""

from __future__ import annotations

import os
import re
import signal
import stat
import time
from pathlib import Path

import pytest

from .small_centre import HEADINGS, contacts, make, start

RUN = ("-c", "metrics.yaml")
BAD = "bad,line,x\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A small centre, and we are in its folder."""
    monkeypatch.chdir(make(tmp_path))
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


# -- what cxkpi wrote is no export -------------------------------------------------------------------------------------


def test_the_same_command_twice_in_the_folder_of_the_data(run, here, monkeypatch):
    """Nothing that the first run left there is read, or in the way, or changes a byte of the second."""
    monkeypatch.chdir(here / "exports")
    made = [f"-okpis{end}" for end in (".csv", ".json", ".xlsx", ".parquet")]
    command = ("report", ".", "-c", "../metrics.yaml", *made, "--manifest", "run.json", "--rejects", "rejects.csv")
    first = run(*command)
    after = state(here / "exports")
    second = run(*command)
    assert (first.code, second.code) == (0, 0)
    assert second.err == first.err
    assert "kpis" not in second.err.partition("written:")[0]
    assert state(here / "exports") == after
    assert len(after) == 9
    assert run("verify", "run.json").code == 0


def test_reports_in_another_language_and_under_another_name_are_known_too(run, here, monkeypatch):
    monkeypatch.chdir(here / "exports")
    whole = run("report", ".", "-c", "../metrics.yaml", "-f", "json")
    run("report", ".", "-c", "../metrics.yaml", "--locale", "de", "--by", "queue", "-o", "german.csv")
    run("report", ".", "-c", "../metrics.yaml", "--rejects", "rejects.txt", "-q")
    assert {"german.csv", "rejects.txt"} <= {path.name for path in Path().iterdir()}
    again = run("report", ".", "-c", "../metrics.yaml", "-f", "json")
    assert (again.out, again.err) == (whole.out, whole.err)


def test_a_folder_of_reports_holds_no_exports(run, here):
    Path("out").mkdir()
    run("report", "exports", *RUN, "-o", "out/a.json", "-o", "out/b.csv")
    ran = run("report", "out", *RUN)
    assert ran.code == 3
    assert "there is nothing in the folder out but reports that cxkpi wrote" in ran.err


@pytest.mark.parametrize("key", ["outputs: [exports/acd_04.csv]", "pseudonyms: exports/acd_04.csv",
                                 "manifest: exports/acd_04.csv"])  # fmt: skip
def test_a_run_file_never_names_an_export_as_an_output(run, here, key):
    """It would be left out of the figures, and written over."""
    before = state(here / "exports")
    Path("cxkpi.yaml").write_text(f"cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\n{key}\n")
    for command in (("report",), ("report", "-f", "csv"), ("tables", "-o", "out"), ("doctor",)):
        ran = run(*command)
        assert (ran.code, ran.out) == (2, "")
        assert "acd_04.csv" in ran.err
        assert "error[U023]" in ran.err
    assert state(here / "exports") == before


def test_a_report_of_yesterday_is_written_over(run, here):
    Path("cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\noutputs: [exports/kpis.csv]\n")
    assert [run("report").code for _ in range(2)] == [0, 0]


def test_an_export_deep_in_a_pattern_is_not_written_over(run, here):
    deep = here / "exports" / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "kpis.csv").write_text(contacts(3))
    ran = run("report", "exports/**/*.csv", *RUN, "-o", "exports/a/b/kpis.csv")
    assert ran.code == 2
    assert "error[U106]: 'exports/a/b/kpis.csv' is an input" in ran.err
    assert (deep / "kpis.csv").read_text() == contacts(3)


# -- all or nothing ----------------------------------------------------------------------------------------------------


def test_a_run_that_fails_leaves_yesterdays_run_whole(run, here):
    """Too many rejects, no usable record, an output that cannot be written: manifest, rejects and report stay."""
    command = ("report", "exports", *RUN, "-o", "kpis.json", "--rejects", "rejects.csv", "--manifest", "run.json")
    assert run(*command).code == 0
    before = state(here)
    export = here / "exports" / "acd_06.csv"
    export.write_text(export.read_text() + BAD)
    many = run(*command, "--max-rejects", "0")
    assert many.code == 3
    assert "rejects.csv was not written: with a manifest all files of a run appear, or none" in many.err
    assert run(*command, "-o", "nowhere/kpis.csv").code == 74
    assert state(here) == before
    for path in (here / "exports").iterdir():
        path.write_text(f"{HEADINGS}\n{BAD}")
    assert run(*command).code == 3
    assert state(here) == before


def test_rejects_appear_with_the_outputs_and_are_private(run, here):
    command = ("report", "exports", *RUN, "-o", "kpis.json", "--rejects", "rejects.csv")
    assert run(*command, "-o", "nowhere/kpis.csv").code == 74
    assert not Path("rejects.csv").exists()
    assert run(*command).code == 0
    assert stat.S_IMODE(Path("rejects.csv").stat().st_mode) == 0o600


def test_without_a_manifest_rejects_tell_why_nothing_else_was_written(run, here):
    export = here / "exports" / "acd_06.csv"
    export.write_text(export.read_text() + BAD)
    ran = run("report", "exports", *RUN, "-o", "kpis.json", "--rejects", "rejects.csv", "--max-rejects", "0")
    assert ran.code == 3
    assert not Path("kpis.json").exists()
    assert "acd_06.csv" in Path("rejects.csv").read_text()


def test_the_gravest_reason_hides_no_other(run, here):
    export = here / "exports" / "acd_06.csv"
    export.write_text(export.read_text() + BAD)
    gates = ("--fail-on", "missed", "--fail-on", "rejects", "--fail-on", "stale", "--max-age", "26h")
    said = ("--fail-on missed: abandoned missed", "--fail-on rejects: 1 record", "stale: the newest event of the data")
    many = run("report", "exports", *RUN, "-o", "a.json", "--max-rejects", "0", *gates)
    assert (many.code, many.out) == (3, "")
    full = run("report", "exports", *RUN, "-o", "nowhere/a.json", *gates)
    assert full.code == 74
    for ran, first in ((many, "error[I190]"), (full, "nowhere/a.json: error[O101]")):
        assert first in ran.err
        assert [line for line in said if line not in ran.err] == []
        assert "; written:" not in ran.err
    assert not Path("a.json").exists()


# -- places -----------------------------------------------------------------------------------------------------------


def test_an_output_may_be_a_link_to_a_pipe(here, tmp_path):
    Path("kpis.csv").symlink_to("/dev/stdout")
    child = start(here, tmp_path / "cache", "report", "exports", *RUN, "-q", "-o", "kpis.csv")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    assert out.startswith("metric,")
    assert Path("kpis.csv").is_symlink()


def test_a_link_into_a_folder_that_is_gone_names_that_folder(run, here, tmp_path):
    gone = tmp_path / "gone"
    Path("kpis.csv").symlink_to(gone / "kpis.csv")
    ran = run("report", "exports", *RUN, "-q", "-o", "kpis.csv")
    assert ran.code == 74
    assert ran.err == f"kpis.csv: error[O101]: cannot be written: there is no folder {gone}.\n"
    assert "there is no folder nowhere." in run("report", "exports", *RUN, "-q", "-o", "nowhere/kpis.csv").err


# -- what may be how old ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["99999999999d", "9999999999999999999999h", "36526d"])
def test_an_age_beyond_all_data_is_a_slip(run, here, age):
    ran = run("report", "exports", *RUN, "--max-age", age)
    assert ran.code == 2
    assert f"error[U112]: --max-age: '{age}' is longer than any data are old" in ran.err
    written = f"cxkpi: 1\npaths: [exports]\nfiles: [{{match: '*', max_age: {age}}}]\n"
    Path("cxkpi.yaml").write_text(written)
    ran = run("report")
    assert ran.code == 5
    assert re.search(rf"cxkpi\.yaml:3:\d+: error\[R202\]: '{age}' is longer than any data are old", ran.err)


# -- the cache is not in the report -----------------------------------------------------------------------------------


def test_bytes_do_not_depend_on_the_cache(run, here):
    """A file kept, a damaged cache, one that cannot be written: said at the terminal, and the same report."""
    from cxkpi.exports.cache import Cache

    large = here / "exports" / "acd_05.csv"
    rows = "".join(contacts(5).splitlines(keepends=True)[1:])
    large.write_text(contacts(5) + re.sub(r"(?m)^c5-(\d+-\d)", r"d\1", rows) + "\n" * Cache(here).least)
    command = ("report", "exports", *RUN, "-f", "json", "-o", "a.xlsx", "-o", "a.csv", "-o", "a.md")
    cache = here / "cache"
    plain = run(*command, "--no-cache")
    before = state(here)
    kept = run(*command, env={"CXKPI_CACHE": str(cache)})
    entry = next(cache.rglob("keys-*.parquet"))
    entry.write_bytes(b"")
    damaged = run(*command, env={"CXKPI_CACHE": str(cache)})
    (here / "in_the_way").write_text("")
    unwritten = run(*command, env={"CXKPI_CACHE": str(here / "in_the_way")})
    (here / "in_the_way").unlink()
    assert "note: acd_05.csv: what was kept of it in the cache was damaged; it was read again." in damaged.err
    assert "note: the cache cannot be written (" in unwritten.err
    assert plain.out == kept.out == damaged.out == unwritten.out
    assert state(here) == before
    assert "cache" not in plain.out


# -- told to stop -----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signal here")
def test_a_closed_terminal_stops_a_run_that_cleans_up(here, tmp_path, monkeypatch):
    """As SIGTERM does: no temporary tables are left, and the code says which signal it was."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    pipe = here / "out.csv"
    os.mkfifo(pipe)
    # Nobody reads the pipe, so the run waits where its tables are gone, or is stopped before, while they are there.
    child = start(here, tmp_path / "cache", "report", "exports", *RUN, "-q", "-o", "out.csv")
    until = time.monotonic() + 30
    while not list(temporary.glob("cxkpi-*")) and child.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    child.send_signal(signal.SIGHUP)
    child.communicate(timeout=30)
    assert child.returncode == 128 + signal.SIGHUP
    assert list(temporary.iterdir()) == []
