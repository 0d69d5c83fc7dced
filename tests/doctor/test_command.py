"""``cxkpi doctor`` as a person types it: exit codes, what goes where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .centre import Centre, sound
from .conftest import CATALOGUE

Run = Callable[..., Any]


def test_a_sound_centre_ends_with_0(run: Run, tmp_path: Path) -> None:
    ran = run("doctor", sound().write(tmp_path / "exports"))
    assert ran.code == 0, ran.err
    assert ran.out.lstrip().startswith("No metric would be wrong.")


def test_a_metric_that_would_be_wrong_ends_with_3(run: Run, tmp_path: Path) -> None:
    centre = sound()
    centre["contacts"][9]["talk_s"] = "900"
    folder = centre.write(tmp_path / "exports")
    ran = run("doctor", folder, "-c", CATALOGUE)
    assert ran.code == 3
    assert ran.out.lstrip().startswith("3 of 21 metrics would be wrong")
    assert "contacts.csv:11" in ran.out
    found = json.loads(run("doctor", folder, "-c", CATALOGUE, "-f", "json").out)
    assert found["metrics"]["wrong"] == ["aht", "talk_time", "speed_to_competency"]
    assert found["findings"][0]["places"] == [{"line": 11, "value": "talk_s 900, from start to end 301"}]


def test_identifiers_are_masked_unless_asked_for(run: Run, tmp_path: Path) -> None:
    centre = sound()
    centre["contacts"][9]["agent_id"] = "Zoe Nobody"
    folder = centre.write(tmp_path / "exports")
    for form in ("table", "json"):
        assert "Zoe Nobody" not in run("doctor", folder, "-f", form).out
        assert "Zoe Nobody" in run("doctor", folder, "-f", form, "--show-values").out


def test_a_path_that_is_not_there_is_a_mistake_of_usage(run: Run, tmp_path: Path) -> None:
    assert run("doctor", tmp_path / "nowhere").code == 2


def test_a_wrong_catalogue_is_said_as_everywhere(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("cxkpi: 1\nmetrics: []\n", encoding="utf-8")
    assert run("doctor", sound().write(tmp_path / "exports"), "-c", wrong).code == 5


def test_a_file_that_cannot_be_used_ends_with_3_and_the_others_are_examined(run: Run, tmp_path: Path) -> None:
    folder = sound().write(tmp_path / "exports")
    other = tmp_path / "other.csv"
    other.write_text("what,ever\n1,2\n", encoding="utf-8")
    ran = run("doctor", folder, other)
    assert ran.code == 3
    assert "other.csv" in ran.out
    assert "contacts.csv" in ran.out


def test_the_sample_centre_is_fit_for_use(run: Run) -> None:
    ran = run("doctor", Path(__file__).parents[2] / "sample_data")
    assert ran.code == 0, ran.out + ran.err
    assert ran.out.lstrip().startswith("No metric would be wrong")
    assert len(ran.out.splitlines()) < 140
    assert "Agency Seat" not in ran.out


def test_a_run_file_says_what_is_examined(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound().write(tmp_path / "exports")
    (tmp_path / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = run("doctor")
    assert ran.code == 0, ran.err
    assert "contacts.csv" in ran.out


def test_a_table_alone_is_examined_too(run: Run, tmp_path: Path) -> None:
    centre = sound()
    for name, rows in centre.files.items():
        alone = Centre({name: rows}).write(tmp_path / name.removesuffix(".csv"))
        ran = run("doctor", alone, "-f", "json")
        assert ran.code == 0, ran.err
        assert json.loads(ran.out)["files"][0]["ledger"]["accepted"] == len(rows)


def test_files_without_a_single_row_can_be_used_for_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("contact_id,started_at,ended_at\n", encoding="utf-8")
    ran = run("doctor", tmp_path)
    assert ran.code == 0, ran.err
    assert ran.out.lstrip().startswith("No metric can be computed.")
