"""A file nobody recognises, and the profile that lies beside it already."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

TICKETS = """Timestamp,Ticket ID,Status,Priority,Agent,Closed
2026-01-05 10:00:00,1,Open,High,Ann,
2026-01-05 11:00:00,2,Closed,High,Ann,2026-01-06 11:00:00
"""
PROFILE = """profile: ours.tickets
system: ours
match: {headings: [Timestamp, Ticket ID, Closed]}
tables:
  cases:
    case_id: Ticket ID
    opened_at: {from: Timestamp, confirm: true}
    closed_at: {from: Closed, confirm: true}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("tickets.csv").write_text(TICKETS, encoding="utf-8")
    Path("profiles").mkdir()
    return tmp_path


def said(run: Run) -> str:
    """Problem and hint of the one file that cannot be used."""
    ran = run("doctor", "tickets.csv", "-f", "json")
    (problem,) = json.loads(ran.out)["problems"]
    assert (ran.code, problem["code"]) == (3, "I105")
    return f"{problem['message']} {problem['hint']}"


def test_without_one_a_draft_is_to_be_made(run: Run, folder: Path) -> None:
    Path("metrics.yaml").write_text("cxkpi: 1\nextends: cxkpi\n", encoding="utf-8")
    Path("notes.yml").write_text("profile: {", encoding="utf-8")
    assert "'cxkpi adopt FILE' drafts a profile" in said(run)


def test_a_draft_that_is_found_by_itself_is_named_with_what_is_open(run: Run, folder: Path) -> None:
    Path("profiles/any.yaml").write_text(PROFILE, encoding="utf-8")
    assert said(run) == (
        "a draft for this file is there, profiles/any.yaml, and not finished: cases.opened_at (line 7) and "
        "cases.closed_at (line 8) to be confirmed. Check these rules, correct them, and remove 'confirm: true'; it is "
        "found by itself then."
    )
    page = " ".join(run("doctor", "tickets.csv").out.split())
    assert "a draft for this file is there, profiles/any.yaml" in page
    assert "nearest is the profile" not in page


@pytest.mark.parametrize("name", ["tickets.yaml", "tickets.profile.yaml", "tickets.csv.profile.yaml", "my draft.yml"])
def test_a_draft_in_the_folder_of_the_file_must_also_be_given(run: Run, folder: Path, name: str) -> None:
    Path(name).write_text(PROFILE.replace("from: Closed", "is: FILL IN"), encoding="utf-8")
    given = f"'{name}'" if " " in name else name
    assert said(run) == (
        f"a draft for this file is there, {name}, and not finished: cases.closed_at (line 8) still says 'FILL IN'; "
        f"cases.opened_at (line 7) to be confirmed. Check these rules, correct them, and remove 'confirm: true'; then "
        f"give it with --profile {given}."
    )


def test_a_finished_profile_that_nobody_has_named_is_said_to_be_that(run: Run, folder: Path) -> None:
    Path("tickets.yaml").write_text(PROFILE.replace(", confirm: true", ""), encoding="utf-8")
    assert said(run) == (
        "the profile tickets.yaml reads this file and is not in force, as nobody has named it. Give it with --profile "
        "tickets.yaml, or put it into a folder 'profiles' beside the data."
    )


@pytest.mark.parametrize("name", ["tickets.profile.yaml", "profiles/tickets.yaml"])
def test_one_of_the_same_name_that_no_longer_fits_is_said_to_lack_what_it_lacks(
    run: Run, folder: Path, name: str
) -> None:
    Path(name).write_text(PROFILE.replace("ID, Closed", "ID, Solved"), encoding="utf-8")
    assert said(run).startswith(
        f"the profile {name} has the name of this file and does not fit it: the file lacks the heading 'Solved'. "
    )


def test_many_open_rules_are_counted(run: Run, folder: Path) -> None:
    more = "".join(f"    {name}: {{from: Status, confirm: true}}\n" for name in ("outcome", "reason", "priority"))
    Path("profiles/any.yaml").write_text(PROFILE + more, encoding="utf-8")
    assert "cases.outcome (line 9), cases.reason (line 10) and 1 more to be confirmed." in said(run)
