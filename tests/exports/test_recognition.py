"""Which profile a file gets, and what is said where none, or more than one, fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.errors import InputError, UsageError
from cxkpi.exports.load import load
from cxkpi.tables import TABLES

from .acd import export, row
from .conftest import Load

CALLS = """
profile: ours.calls
system: ours
match: {headings: [Id, When, Until]}
tables:
  contacts: {contact_id: Id, started_at: When, ended_at: Until}
"""
TEXT = "Id,When,Until\nx1,2026-01-05 10:00,2026-01-05 10:05\n"


def test_a_dozen_lines_are_enough(loaded: Load) -> None:
    became = loaded({"calls.csv": TEXT}, profile=CALLS)
    assert became.rows("contacts", "contact_id", "source") == [("x1", "ours")]
    assert became.entry("calls.csv").profile == "ours.calls"
    assert became.loaded.stored["contacts"].supplied == {"contact_id", "started_at", "ended_at"}


def test_a_given_profile_wins_over_a_shipped_one(loaded: Load) -> None:
    profile = CALLS.replace("[Id, When, Until]", "[Conversation ID]").replace(
        "contact_id: Id", "contact_id: Conversation ID"
    )
    profile = profile.replace("started_at: When", "started_at: Date").replace("Until", "End Date")
    assert loaded({"acd.csv": export(row())}, profile=profile).entry("acd.csv").profile == "ours.calls"


def test_two_given_profiles_that_fit_equally_ask(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/one.yaml").write_text(CALLS)
    (tmp_path / "profiles/two.yaml").write_text(CALLS.replace("ours.calls", "ours.others"))
    (tmp_path / "calls.csv").write_text(TEXT)
    with pytest.raises(InputError, match=r"ours\.calls and ours\.others equally well"):
        load(
            [tmp_path / "calls.csv"],
            tables=TABLES,
            timezone="UTC",
            profiles=[tmp_path / "profiles"],
            into=tmp_path / "tables",
        )


def test_the_nearest_profile_and_what_it_misses_are_named(loaded: Load) -> None:
    text = export(row()).replace("Conversation ID", "Talk")
    with pytest.raises(InputError) as caught:
        loaded({"acd.csv": text})
    message = str(caught.value)
    assert "genesys_cloud.interactions" in message
    assert "'Conversation ID'" in message
    assert "--profile FILE" in message


def test_the_plain_layout_of_every_table(loaded: Load) -> None:
    files = {
        "legs.csv": "contact_id,leg_no,started_at,ended_at,talk_s\nc,1,2026-01-05T10:00:00Z,2026-01-05 10:05,60\n",
        "cases.csv": "case_id,opened_at,complaint\n1,2026-07-05 10:00:00,yes\n",
        "intervals.csv": "queue,started_at,length_s,offered\nBilling,2026-01-05 10:00,1800,12\n",
        "costs.csv": 'cost_id,month_start,amount\nx,2026-01-01,"1,234.50"\n',
    }
    became = loaded(files)
    assert {entry.profile for entry in became.loaded.files} == {
        "cxkpi.legs",
        "cxkpi.cases",
        "cxkpi.intervals",
        "cxkpi.costs",
    }
    assert became.rows("costs", "amount") == [(1234.5,)]
    assert became.rows("intervals", "queue", "offered", "length_s") == [("Billing", 12, 1800.0)]
    assert str(became.rows("cases", "opened_at")[0][0]) == "2026-07-05 09:00:00"


def test_a_plain_file_with_an_unknown_heading_is_not_guessed(loaded: Load) -> None:
    with pytest.raises(InputError, match=r"cxkpi\.cases, which does not know the heading 'complaind'"):
        loaded({"cases.csv": "case_id,opened_at,complaind\n1,2026-07-05 10:00:00,yes\n"})


def test_an_interval_needs_a_queue_or_an_agent(loaded: Load) -> None:
    text = "queue,agent_id,started_at,length_s\n,,2026-01-05 10:00,1800\n,7,2026-01-05 10:00,1800\n"
    became = loaded({"intervals.csv": text})
    assert [(r[1], r[4]) for r in became.rejects] == [(2, "neither a queue nor an agent")]


def test_a_missing_path_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        load([tmp_path / "nowhere"], tables=TABLES, timezone="UTC", into=tmp_path / "tables")


def test_an_empty_folder_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "exports").mkdir()
    with pytest.raises(InputError, match=r"no \.csv"):
        load([tmp_path / "exports"], tables=TABLES, timezone="UTC", into=tmp_path / "tables")


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name, key in (("a", "c1"), ("b", "c2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "acd.csv").write_text(export(row(conversation_id=key)))
    paths = [tmp_path / "a", tmp_path / "b", tmp_path / "a" / "acd.csv"]
    found = load(paths, tables=TABLES, timezone="UTC", into=tmp_path / "tables")
    assert [Path(entry.path).parts[-2:] for entry in found.files] == [("a", "acd.csv"), ("b", "acd.csv")]
