"""Folders within the folder that is read: they are named, not passed over in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

CONTACTS = """contact_id,customer_id,started_at,ended_at,direction,abandoned,wait_s
{0},k,2026-0{0}-05 09:00,2026-0{0}-05 09:05,inbound,false,5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "centre" / "2026-05").mkdir(parents=True)
    (tmp_path / "centre" / "c04.csv").write_text(CONTACTS.format(4))
    (tmp_path / "centre" / "2026-05" / "c05.csv").write_text(CONTACTS.format(5))
    return tmp_path / "centre"


@pytest.mark.parametrize("command", [("report",), ("doctor",), ("metrics",)])
def test_a_folder_that_is_not_searched_is_named(run, folder, command):
    ran = run(*command, folder)
    said = " ".join((ran.out + ran.err).split())
    assert "not searched: 2026-05." in said


def test_nothing_is_said_of_folders_without_exports(run, folder):
    (folder / "2026-05" / "c05.csv").unlink()
    (folder / "2026-05" / "readme.md").write_text("nothing")
    assert "not searched" not in run("report", folder).err


def test_a_folder_that_is_named_too_is_read(run, folder):
    ran = run("report", folder, folder / "2026-05", "-m", "service_level")
    assert ("c05.csv" in ran.out, "not searched" in ran.err) == (True, False)


def test_metrics_reads_the_catalogue_of_the_folder(run, folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("mine.yaml").write_text("cxkpi: 1\nextends: cxkpi\nmetrics:\n  aht: {target: 5m}\n")
    Path("cxkpi.yaml").write_text("cxkpi: 1\ncatalogue: mine.yaml\npaths: ['.']\n")
    assert "target 5m" in run("metrics", "-m", "aht").out
