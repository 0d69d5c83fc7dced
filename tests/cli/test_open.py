"""``report --open``: the page in a browser, and a run that does not depend on there being one."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest

from cxkpi.cli.app import main

from .small_centre import make

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for the browser")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the browser was told to open."""
    seen = tmp_path / "opened.txt"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {seen}\necho "Opening in existing session."\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    # The list of browsers is made once in a process.
    monkeypatch.setattr("webbrowser._tryorder", None)
    monkeypatch.setattr("webbrowser._browsers", {})
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return seen


def place(seen: Path) -> Path:
    (line,) = seen.read_text().splitlines()
    return Path(unquote(urlparse(line).path))


def test_the_page_that_was_written_is_shown(tmp_path: Path, opened: Path, capfd: pytest.CaptureFixture[str]) -> None:
    centre = make(tmp_path / "centre")
    page = tmp_path / "a b.html"
    assert (
        main(
            [
                "report",
                str(centre / "exports"),
                "-c",
                str(centre / "metrics.yaml"),
                "-o",
                str(page),
                "--open",
                "--manifest",
                str(tmp_path / "run.json"),
            ]
        )
        == 0
    )
    assert place(opened) == page
    out, err = capfd.readouterr()
    assert out == ""
    assert f"note: the page is {page}" in err.replace("\n      ", " ")
    assert "open" not in json.loads((tmp_path / "run.json").read_text())["options"]


def test_without_a_page_one_is_written_where_nobody_else_looks(
    tmp_path: Path, opened: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    centre = make(tmp_path / "centre")
    assert main(["report", str(centre / "exports"), "-c", str(centre / "metrics.yaml"), "-f", "json", "--open"]) == 0
    page = place(opened)
    assert page.read_bytes().startswith(b"<!doctype html>") or b"<html" in page.read_bytes()[:200]
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
    # What a browser says is not in the result.
    json.loads(capfd.readouterr().out)


def test_no_browser_is_no_failure(
    tmp_path: Path, opened: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    centre = make(tmp_path / "centre")
    monkeypatch.setenv("BROWSER", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", os.devnull)
    page = tmp_path / "kpis.html"
    assert main(["report", str(centre / "exports"), "-c", str(centre / "metrics.yaml"), "-o", str(page), "--open"]) == 0
    assert "no browser could be started; the page is" in capfd.readouterr().err
    assert page.exists()


def test_nothing_is_shown_where_nothing_was_measured(tmp_path: Path, opened: Path) -> None:
    assert main(["report", str(tmp_path / "nowhere"), "--open"]) == 2
    assert not opened.exists()
