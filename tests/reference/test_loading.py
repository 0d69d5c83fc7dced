"""Data sets by other people, read with a dozen lines of profile each; their README names the sources."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from cxkpi.errors import InputError
from cxkpi.exports.load import Loaded, load
from cxkpi.tables import TABLES

DATA = os.environ.get("CXKPI_REFERENCE_DATA")
PROFILES = Path(__file__).parent / "profiles"

pytestmark = pytest.mark.skipif(not DATA, reason="CXKPI_REFERENCE_DATA is not set")


def read(file: str, profile: str, into: Path) -> Loaded:
    paths = [Path(DATA or "") / file]
    return load(paths, tables=TABLES, timezone="Europe/London", profiles=[PROFILES / profile], into=into)


def table(loaded: Loaded, name: str) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(file) for file in loaded.stored[name].files])


def account(loaded: Loaded) -> tuple[int, int, int, int, int]:
    (entry,) = loaded.files
    assert entry.records == entry.accepted + entry.superseded + entry.rejected + entry.skipped
    return entry.records, entry.accepted, entry.superseded, entry.rejected, entry.blanked


def test_phonenow(tmp_path: Path) -> None:
    loaded = read("pwc_call_center/Call-Center-Dataset.csv", "pwc_call_center.yaml", tmp_path)
    assert account(loaded) == (5000, 5000, 0, 0, 0)
    contacts, answers = table(loaded, "contacts"), table(loaded, "answers")
    answered = contacts.filter(pl.col("answered_at").is_not_null())
    assert (answered.height, int(contacts["abandoned"].sum()), int(contacts["resolved"].sum())) == (4054, 946, 3646)
    assert round(answered["wait_s"].mean(), 2) == 67.52  # type: ignore[arg-type]
    assert round(answered["talk_s"].mean(), 2) == 224.92  # type: ignore[arg-type]
    assert (answers.height, round(answers["score"].mean(), 2)) == (4054, 3.40)  # type: ignore[arg-type]
    assert contacts["agent_id"].n_unique() == 8


def test_monthly_snapshots_of_staff(tmp_path: Path) -> None:
    loaded = read("preppin_prepbench/case_237/inputs/input_01.csv", "dc_headcount.yaml", tmp_path)
    assert account(loaded) == (7440, 607, 6833, 0, 0)
    agents = table(loaded, "agents")
    assert agents.height == loaded.stored["agents"].rows == 607
    assert agents["agent_id"].str.split("/").list.last().n_unique() == 537
    assert agents["site"].unique().sort().to_list() == ["1", "2", "3", "4", "5", "6"]


def test_survey_without_identifiers(tmp_path: Path) -> None:
    loaded = read("preppin_prepbench/case_040/inputs/input_02.csv", "sudzilla_nps.yaml", tmp_path)
    assert account(loaded) == (39, 39, 0, 0, 0)
    score = table(loaded, "answers")["score"]
    assert (int((score >= 9).sum()), int((score <= 6).sum())) == (8, 22)


def test_dates_of_the_first_days_of_november_could_be_of_january_to_april(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be read as"):
        read("preppin_prepbench/case_040/inputs/input_01.csv", "sudzilla_nps.yaml", tmp_path)


def test_month_first_dates_with_and_without_zeros(tmp_path: Path) -> None:
    loaded = read("hr_huebner_v14/HRDataset_v14.csv", "hr_huebner.yaml", tmp_path)
    assert account(loaded) == (311, 311, 0, 0, 0)
    agents = table(loaded, "agents")
    left = agents["left_on"].drop_nulls()
    assert (left.len(), str(left.min()), str(left.max())) == (104, "2010-08-30", "2018-11-10")
    by_year = left.dt.year().value_counts().sort("left_on")["count"].to_list()
    assert by_year == [1, 3, 8, 13, 13, 23, 22, 8, 13]
