"""``--against``: which figures of past periods are not what they were in an earlier run, and why."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from . import small_centre
from .small_centre import contacts, make

SCHEMA = json.loads((small_centre.ROOT / "docs" / "result.schema.json").read_text(encoding="utf-8"))
RUN = ("report", "exports", "-c", "metrics.yaml")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = make(tmp_path / "centre")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def compared(run, here):
    """Record a run, change something, and compare: the cells that differ, and what was said."""

    def call(change, *options, code=0, then=()):
        first = run(*RUN, *(then or options), "--manifest", "then.json")
        assert first.code == 0, first.err
        change(here)
        ran = run(*RUN, *options, "-o", "now.json", "--manifest", "now.run.json", "--against", "then.json")
        assert ran.code == code, ran.err
        if code:
            return None, ran.err
        whole = json.loads(Path("now.json").read_text())
        jsonschema.validate(whole, SCHEMA)
        found = whole["restated"]
        proof = run("verify", "now.run.json")
        assert proof.code == 0, proof.out
        return found, ran.err

    return call


def late(here):
    """An hour's calls of 3 May came late."""
    at = "2026-05-03 18:"
    more = "".join(
        f"late{number},k{number},Agent 0,Sales,{at}0{number},{at}0{number},{at}09,60,0,0,no\n" for number in range(5)
    )
    with (here / "exports" / "acd_05.csv").open("a") as file:
        file.write(more)


def key(cell):
    return cell["metric"], cell["period"]["start"], tuple(cell["by"].values()), tuple(cell["causes"])


def test_nothing_changed(compared):
    found, said = compared(lambda here: None)
    assert found == {
        "against": "then.json", "as_of": "2026-06-28T11:05:00Z", "compared": 4, "not_compared": [], "cells": [],
        "inputs": {"new": [], "changed": [], "gone": []},
    }  # fmt: skip
    assert "note: no figure of a past period differs from the run of then.json (as of 28 Jun 2026 11:05).\n" in said
    assert "; 0 past figures restated; " in said.splitlines()[-1]


def test_late_rows(compared):
    found, said = compared(late, "--by", "queue")
    assert found["inputs"] == {"new": [], "changed": ["exports/acd_05.csv"], "gone": []}
    may = "2026-05-01"
    assert [key(cell) for cell in found["cells"]] == [
        ("aht", may, (), ("late_rows",)),
        ("aht", may, ("Sales",), ("late_rows",)),
        ("abandoned", may, (), ("late_rows",)),
        ("abandoned", may, ("Sales",), ("late_rows",)),
    ]
    whole = found["cells"][0]
    # 28 days of two answered contacts with 300 + day of talk and 20 of wrap, and five of 60.
    old = (sum(320 + day for day in range(1, 29)) * 2) / 56
    new = (old * 56 + 300) / 61
    assert whole["then"]["value"] == pytest.approx(old)
    assert whole["now"]["value"] == pytest.approx(new)
    assert (whole["then"]["n"], whole["now"]["n"], whole["final"]) == (56, 61, True)
    assert "note: aht, May 2026: 5:35 → 5:12, n 56 → 61: late or corrected rows\n" in said
    assert "note: aht, May 2026, queue Sales: " in said
    assert "4 figures of past periods differ from the run of then.json" in said
    assert "; files: changed exports/acd_05.csv:" in said


def test_a_renamed_file_changes_nothing_and_a_new_one_does(compared):
    def change(here):
        (here / "exports" / "acd_04.csv").rename(here / "exports" / "april.csv")
        (here / "exports" / "more.csv").write_text(contacts(4, [2]).replace("c4-2", "d4-2"))

    found, _ = compared(change)
    assert found["inputs"] == {"new": ["exports/more.csv"], "changed": [], "gone": []}
    assert {key(cell)[1:] for cell in found["cells"]} == {("2026-04-01", (), ("late_rows",))}


def test_rows_that_went_and_rows_of_a_new_group(compared):
    def change(here):
        text = (here / "exports" / "acd_05.csv").read_text()
        (here / "exports" / "acd_05.csv").write_text(text.replace("Billing", "Accounts"))

    found, said = compared(change, "--by", "queue", "-m", "aht")
    assert [(key(cell)[1:], cell["then"] is None, cell["now"] is None) for cell in found["cells"]] == [
        (("2026-05-01", ("Accounts",), ("late_rows",)), True, False),
        (("2026-05-01", ("Billing",), ("late_rows",)), False, False),
    ]
    assert found["cells"][1]["now"]["n"] == 0
    assert "queue Accounts: not there → 5:" in said


def edit(old, new):
    def change(here):
        assert old in small_centre.CATALOGUE
        (here / "metrics.yaml").write_text(small_centre.CATALOGUE.replace(old, new))

    return change


def test_a_definition(compared):
    found, said = compared(edit("sum: talk_s + wrap_s", "sum: talk_s"))
    assert {key(cell)[0::3] for cell in found["cells"]} == {("aht", ("definition",))}
    assert [cell["period"]["start"] for cell in found["cells"]] == ["2026-04-01", "2026-05-01"]
    assert found["cells"][0]["then"]["definition"] != found["cells"][0]["now"]["definition"]
    assert ": another definition\n" in said


def test_a_target_moves_verdicts_only(compared):
    found, said = compared(edit("target: 6m", "target: 5m"))
    assert {key(cell)[0::3] for cell in found["cells"]} == {("aht", ("target",))}
    assert all(cell["then"]["value"] == cell["now"]["value"] for cell in found["cells"])
    assert "note: aht, April 2026: 5:35, met → missed: another target (≤ 6:00 → ≤ 5:00)\n" in said


def test_a_change_of_wording_is_none(compared):
    found, _ = compared(edit("label: Abandoned", "label: Lost"))
    assert found["cells"] == []


def test_the_present_moves_on(compared):
    found, said = compared(lambda here: None, "-m", "fcr", then=("-m", "fcr", "--as-of", "2026-05-31"))
    # Until 31 May nobody could know whether customers of its last week would call again.
    assert [key(cell) for cell in found["cells"]] == [("fcr", "2026-05-01", (), ("as_of",))]
    assert found["cells"][0]["final"] is False
    assert found["cells"][0]["then"]["immature"] > 0
    assert found["inputs"] == {"new": [], "changed": [], "gone": []}
    assert ": the present moved on (part of it could not be judged then)\n" in said


def test_late_rows_are_told_from_the_present_that_moved_on(compared):
    found, _ = compared(late, "-m", "fcr,aht", then=("-m", "fcr,aht", "--as-of", "2026-05-31"))
    assert [key(cell) for cell in found["cells"]] == [
        ("fcr", "2026-05-01", (), ("as_of", "late_rows")),
        ("aht", "2026-05-01", (), ("late_rows",)),
    ]


def test_tomorrow_adds_a_month_and_restates_nothing(compared):
    found, _ = compared(lambda here: (here / "exports" / "acd_07.csv").write_text(contacts(7)))
    # June was not over then.
    assert found["inputs"]["new"] == ["exports/acd_07.csv"]
    assert found["cells"] == []


def test_the_gate(run, here):
    assert run(*RUN, "--manifest", "then.json").code == 0
    gate = (*RUN, "--against", "then.json", "--fail-on", "restated")
    assert run(*gate).code == 0
    late(here)
    ran = run(*gate, "--quiet")
    assert ran.code == 1
    assert ran.err == "--fail-on restated: 2 past figures are not what the run of then.json had\n"


@pytest.mark.parametrize("options", [("--every", "week"), ("--only", "queue=Sales")])
def test_another_question_is_refused(run, here, options):
    assert run(*RUN, "--manifest", "then.json").code == 0
    ran = run(*RUN, *options, "--against", "then.json")
    assert ran.code == 2
    assert "error[U143]" in ran.err


def test_a_run_is_not_compared_with_what_it_writes(run, here):
    assert run(*RUN, "--manifest", "run.json").code == 0
    before = Path("run.json").read_bytes()
    assert run(*RUN, "--against", "run.json", "--manifest", "run.json").code == 2
    assert Path("run.json").read_bytes() == before


def test_json_says_it_only_when_asked(run, here):
    assert "restated" not in json.loads(run(*RUN, "-f", "json").out)
