"""One plausible wrong number each, or one that nobody is told of, from runs that nobody watches."""

from __future__ import annotations

import csv
import io
import os
from datetime import datetime
from pathlib import Path

import pytest

from cxkpi.cli import freshness

HEADINGS = "contact_id,queue,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s,abandoned"


def contact(name: str, day: str, talk: int) -> str:
    return f"{name},Sales,{day} 09:00,{day} 09:00,{day} 09:30,{talk},0,0,no"


def export(file: Path, *rows: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([HEADINGS, *rows, ""]), encoding="utf-8")
    return file


def aht(ran) -> float:
    (row,) = csv.DictReader(io.StringIO(ran.out))
    return float(row["value"])


def test_which_of_two_records_counts_is_not_a_matter_of_typing(run, tmp_path, monkeypatch):
    """Two folders have a file of one name, both hold contact c1, and nothing says which is newer: by the order of
    names that of b counts, 900 s. The number that is not to appear is 100, which came out from within a.
    """
    a = export(tmp_path / "k" / "a" / "c.csv", contact("c1", "2026-05-04", 100)).parent
    b = export(tmp_path / "k" / "b" / "c.csv", contact("c1", "2026-05-04", 900)).parent
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "link").symlink_to(a)
    typed = [
        (a.parent, ["a", "b"]), (a.parent, ["b", "a"]), (a, [".", "../b"]), (b, ["../a", "."]), (b, [".", "../a"]),
        (a, [a, "../b"]), (a, [".", b]), (b, [a, "."]), (tmp_path, ["k/*/c.csv"]), (tmp_path, ["k/b/c.csv", a]),
        (elsewhere, ["link", "../k/b"]), (elsewhere, [b, "link"]),
    ]  # fmt: skip
    reports = set()
    for folder, paths in typed:
        monkeypatch.chdir(folder)
        command = ("report", *paths, "-m", "aht", "--every", "all")
        assert aht(run(*command, "-f", "csv")) == 900, (folder, paths)
        reports.add(run(*command, "-f", "json").out)
    # Down to the names of files, the report is the same.
    assert len(reports) == 1
    assert '"b/c.csv: 1 record has the key of a record of a/c.csv' in reports.pop()


def test_paths_of_a_run_file_mean_the_same_from_within_and_without(run, tmp_path, monkeypatch):
    """As above: 900 s, wherever the report is asked for."""
    export(tmp_path / "k" / "a" / "c.csv", contact("c1", "2026-05-04", 100))
    export(tmp_path / "k" / "b" / "c.csv", contact("c1", "2026-05-04", 900))
    (tmp_path / "k" / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [b, a]\n", encoding="utf-8")
    reports = set()
    for folder, paths in (
        (tmp_path / "k", []),
        (tmp_path, ["k"]),
        (tmp_path / "k" / "a", [".."]),
        (tmp_path / "k", ["."]),
    ):
        monkeypatch.chdir(folder)
        ran = run("report", *paths, "-m", "aht", "--every", "all", "-f", "csv")
        assert aht(ran) == 900
        reports.add(ran.out)
    assert len(reports) == 1


def test_a_file_of_two_names_has_one_whatever_comes_first(run, tmp_path, monkeypatch):
    """A link and the file it leads to are one file, which goes by the first of its names, m.csv. So the record of n.csv
    counts, 100 s; 900 would be that of z.csv, the same file as it was named where b stood first.
    """
    export(tmp_path / "a" / "m.csv", contact("c1", "2026-05-04", 900))
    export(tmp_path / "a" / "n.csv", contact("c1", "2026-05-04", 100))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "z.csv").symlink_to(tmp_path / "a" / "m.csv")
    monkeypatch.chdir(tmp_path)
    ran = [run("report", *paths, "-m", "aht", "--every", "all", "-f", "csv") for paths in (["a", "b"], ["b", "a"])]
    assert [aht(one) for one in ran] == [100, 100]
    assert ran[0].err == ran[1].err


@pytest.mark.parametrize("newest", ["", "c9,Sales,someday,someday,someday,1,0,0,no", "\n\n"])
def test_an_export_of_today_without_a_record_is_no_proof_of_freshness(run, tmp_path, newest):
    """The newest event is of May 2026. A file that is written today and holds headings only, or records of which none
    can be used, says nothing newer: exit code 4, as without it, and never 0.
    """
    export(tmp_path / "e" / "acd_1.csv", contact("c1", "2026-05-04", 100))
    export(tmp_path / "e" / "acd_2.csv", newest)
    (tmp_path / "cxkpi.yaml").write_text(
        'cxkpi: 1\npaths: [e]\nfiles: [{match: "acd_*.csv", max_age: 26h}]\n', encoding="utf-8"
    )
    ran = run("report", tmp_path, "-m", "aht", "-q", "-f", "csv")
    assert ran.code == 4
    assert "stale: the newest event of acd_*.csv is" in ran.err
    (tmp_path / "e" / "acd_1.csv").rename(tmp_path / "e" / "old.csv")
    ran = run("report", tmp_path, "-m", "aht", "-q", "-f", "csv")
    assert ran.code == 4
    assert "stale: there is no event in acd_*.csv, which must not be older than 26h." in ran.err


def test_a_roster_of_today_does_not_make_calls_fresh():
    """All files together are as new as their newest event. Calls that are there and hold none make nothing new, though
    the roster was written a moment ago; a roster alone is as new as it was written.
    """
    now = datetime(2026, 6, 10)
    ages = freshness.limits("26h", ())
    roster, calls = {"roster.csv": (None, now)}, {"calls.csv": (None, None)}
    assert freshness.check(ages, {**roster, **calls}, now) == 4
    assert freshness.check(ages, roster, now) == 0
    assert freshness.check(ages, calls, now) == 4


def test_a_roster_is_as_new_as_it_was_written(run, tmp_path):
    """Hired in January, exported today: fresh. Exported in 2023: stale."""
    roster = tmp_path / "agents.csv"
    roster.write_text("agent_id,hired_on,left_on\na1,2026-01-01,\na2,2025-01-01,2026-03-01\n", encoding="utf-8")
    command = ("report", tmp_path, "-m", "turnover", "-q", "-f", "csv", "--max-age", "26h")
    assert run(*command).code == 0
    os.utime(roster, (1_700_000_000, 1_700_000_000))
    assert run(*command).code == 4
