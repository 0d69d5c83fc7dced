"""``cxkpi tables`` and ``cxkpi demo`` from the command line."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from reports.factory import FILES, REJECTS

import cxkpi.demo.write
import cxkpi.measurement.run
from cxkpi.tables import Stored


@dataclass(frozen=True)
class _Loaded:
    stored: dict
    files: tuple = FILES
    rejects: tuple = REJECTS
    notes: tuple = ("a note",)
    aside: tuple = ()


@pytest.fixture
def read(monkeypatch):
    """Two parts of one table instead of what the exports would give."""

    def fake(paths, *, catalogue=None, profiles=(), into: Path, cache=True, progress=None):
        parts = []
        for number, text in ((1, "=1+1"), (2, None)):
            part = into / f"{number}.parquet"
            frame = {"contact_id": [f"c{number}"], "queue": [text], "ended_at": [datetime(2026, 1, 5, 9, 0, number)]}
            pl.DataFrame(frame, schema_overrides={"queue": pl.String}).write_parquet(part)
            parts.append(part)
        return _Loaded({"contacts": Stored("contacts", tuple(parts), frozenset(), 2, None, None)})

    monkeypatch.setattr(cxkpi.measurement.run, "tables", fake)


def test_tables_as_parquet(run, read, tmp_path):
    ran = run("tables", "x", "-o", tmp_path / "out" / "deep")
    place = tmp_path / "out" / "deep" / "contacts.parquet"
    assert (ran.code, ran.out) == (0, "")
    assert pl.read_parquet(place)["contact_id"].to_list() == ["c1", "c2"]
    assert f"{place}: 2 rows" in ran.err
    assert "note: a note" in ran.err
    assert "25 records were rejected" in ran.err
    assert [path.name for path in place.parent.iterdir()] == ["contacts.parquet"]


def test_tables_as_csv_keep_every_text(run, read, tmp_path):
    ran = run("tables", "x", "-o", tmp_path, "-f", "csv", "--quiet", "--rejects", tmp_path / "r.csv")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "contacts.csv").read_text() == (
        "contact_id,queue,ended_at\nc1,=1+1,2026-01-05T09:00:01.000000Z\nc2,,2026-01-05T09:00:02.000000Z\n"
    )
    assert stat.S_IMODE((tmp_path / "r.csv").stat().st_mode) == 0o600


def test_tables_with_too_many_rejects_write_none(run, read, tmp_path):
    ran = run("tables", "x", "-o", tmp_path / "out", "--max-rejects", "1")
    assert ran.code == 3
    assert not (tmp_path / "out").exists()


def test_tables_where_a_file_is_in_the_way(run, read, tmp_path):
    (tmp_path / "out").write_text("")
    ran = run("tables", "x", "-o", tmp_path / "out")
    assert ran.code == 74
    assert "error[O101]" in ran.err
    assert run("tables", "x").code == 2


def test_demo_passes_its_options_on(run, monkeypatch, tmp_path):
    seen = {}

    def fake(folder, **options):
        seen.update(options, folder=folder)
        return cxkpi.demo.write.Summary(folder, {"a.csv": 1}, None, None, "")

    monkeypatch.setattr(cxkpi.demo.write, "write", fake)
    ran = run(
        "demo", tmp_path / "d", "--contacts", "500", "--months", "2", "--seed", "7", "--truth", tmp_path / "t.json"
    )
    assert (ran.code, ran.out) == (0, "")
    assert seen == {
        "folder": tmp_path / "d", "contacts": 500, "months": 2, "seed": 7, "truth": tmp_path / "t.json",
    }  # fmt: skip
    assert f"Next: cxkpi report {tmp_path / 'd'}" in ran.err


def test_demo_writes_exports(run, tmp_path):
    ran = run("demo", tmp_path / "d", "--contacts", "100", "--months", "1", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert (tmp_path / "d" / "acd_2026-01.csv").is_file()


def test_demo_into_a_folder_of_somebody_else_is_refused(run, tmp_path):
    (tmp_path / "thesis.doc").write_text("")
    ran = run("demo", tmp_path, "--contacts", "100", "--months", "1")
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_tables_do_not_go_where_the_exports_are(run, tmp_path, kind):
    exports, away = tmp_path / "s3", tmp_path / "away"
    exports.mkdir()
    away.mkdir()
    text = "contact_id,ended_at\nc1,2026-01-05 09:00\n"
    (exports / "contacts.csv").write_text(text)
    (away / "linked.csv").symlink_to(exports / "contacts.csv")
    for path in (exports, exports / "contacts.csv", exports / ".." / "s3", away):
        ran = run("tables", path, "-o", exports, "-f", kind)
        assert (ran.code, ran.out) == (2, "")
        assert "error[U109]: " in ran.err
    assert (exports / "contacts.csv").read_text() == text
    assert sorted(path.name for path in exports.iterdir()) == ["contacts.csv"]
    assert run("tables", exports, "-o", exports / "tables", "-f", kind).code == 0


def test_rejects_do_not_go_into_a_table(run, read, tmp_path):
    ran = run("tables", "x", "-o", tmp_path, "-f", "csv", "--rejects", tmp_path / "contacts.csv")
    assert ran.code == 2
    assert "error[U108]" in ran.err
    assert list(tmp_path.iterdir()) == []


def test_demo_leaves_exports_alone_that_only_look_like_its_own(run, tmp_path):
    (tmp_path / "acd_2025-12.csv").write_text("mine")
    (tmp_path / "roster.csv").write_text("mine")
    ran = run("demo", tmp_path, "--contacts", "100", "--months", "1")
    assert ran.code == 2
    assert "such as acd_2025-12.csv; nothing was written" in ran.err
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "acd_2025-12.csv": "mine",
        "roster.csv": "mine",
    }


def test_demo_fills_its_own_folder_again(run, tmp_path):
    for months in ("2", "1"):
        assert run("demo", tmp_path / "d", "--contacts", "100", "--months", months, "-q").code == 0
    assert [path.name for path in (tmp_path / "d").glob("acd_*")] == ["acd_2026-01.csv"]


def test_demo_names_the_truth_as_it_was_typed(run, tmp_path):
    place = tmp_path / "nodir" / "x"
    ran = run("demo", tmp_path / "d", "--contacts", "100", "--months", "1", "--truth", place)
    assert ran.code == 74
    assert f"cannot write {place}: No such file or directory." in ran.err
    ran = run("demo", tmp_path / "d", "--truth", tmp_path / "d" / "roster.csv")
    assert ran.code == 2
    assert "roster.csv is one of the files the demo writes itself" in ran.err
