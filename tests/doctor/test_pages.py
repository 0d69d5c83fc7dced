"""What people and programs get to see. ``UPDATE_GOLDENS=1`` writes the files anew and fails, so that one looks."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from cxkpi.exports.findings import Finding
from cxkpi.measurement.doctor.observed import Observation, together
from cxkpi.measurement.doctor.spots import Spot
from cxkpi.reports import doctor_json
from cxkpi.reports.terminal import doctor as page

from .invented import healthy, ill

GOLDEN = Path(__file__).parent / "golden"
CASES = {
    "healthy_100.txt": lambda: page.text(healthy(), width=100),
    "ill_80.txt": lambda: page.text(ill(), width=80),
    "ill_100.txt": lambda: page.text(ill(), width=100),
    "ill_160.txt": lambda: page.text(ill(), width=160),
    "ill_ascii_100.txt": lambda: page.text(ill(), width=100, unicode=False),
    "ill.json": lambda: doctor_json.render(ill()),
}


@pytest.mark.parametrize("name", CASES)
def test_output_is_the_golden_file(name: str) -> None:
    text, place = CASES[name](), GOLDEN / name
    if os.environ.get("UPDATE_GOLDENS"):
        place.write_text(text, encoding="utf-8", newline="")
        pytest.fail(f"{name} was written anew; look at the difference, then run again without UPDATE_GOLDENS")
    assert place.is_file(), f"there is no {name}; write it with UPDATE_GOLDENS=1"
    assert text == place.read_bytes().decode("utf-8")


@pytest.mark.parametrize("width", [80, 100, 160])
@pytest.mark.parametrize("make", [healthy, ill])
def test_no_line_is_wider_than_the_terminal(width: int, make: object) -> None:
    assert callable(make)
    assert max(map(cell_len, page.text(make(), width=width).splitlines())) <= width


def test_the_verdict_comes_first() -> None:
    assert page.text(healthy()).splitlines()[0].strip() == "No metric would be wrong."
    first = page.text(ill()).splitlines()[0].strip()
    assert first == "2 of 7 metrics would be wrong, and 3 may be; 3 of 3 files need attention; 1 cannot be used."


def test_ten_of_a_kind_are_shown_and_the_rest_counted() -> None:
    text = page.text(ill())
    assert text.count("not a number") == 10
    assert "and 3 more; -f json lists all" in text


def test_what_identifies_somebody_is_shown_only_when_asked_for() -> None:
    for text in (page.text(ill()), doctor_json.render(ill())):
        assert "c-1" not in text
        assert "Agency Seat" not in text
    assert "Agency Seat" in page.text(ill(), show_values=True)
    shown = json.loads(doctor_json.render(ill(), show_values=True))
    assert [place["value"] for place in shown["findings"][2]["places"]] == ["contact_id c-1", "contact_id \x1b[31mc-2"]


def test_nothing_in_a_name_moves_the_cursor() -> None:
    assert "\x1b" not in page.text(ill(), show_values=True)
    assert "\x1b" not in doctor_json.render(ill(), show_values=True)


def test_json_lists_everything_the_page_leaves_out() -> None:
    found = json.loads(doctor_json.render(ill()))
    assert found["format"] == 1
    assert len(found["findings"]) == 17
    assert found["exit_code"] == 3
    assert found["metrics"]["wrong"] == ["aht", "talk_time"]
    assert [one["path"] for one in found["files"] if not one["usable"]] == ["what.csv"]


def test_a_diagnosis_is_written_the_same_twice() -> None:
    assert doctor_json.render(ill()) == doctor_json.render(ill())


@pytest.mark.parametrize("width", [60, 66, 72, 80])
def test_no_word_is_broken_on_a_narrow_terminal(width: int) -> None:
    whole = set(page.text(ill(), width=300).split())
    narrow = page.text(ill(), width=width)
    broken = {word for word in narrow.split() if word not in whole}
    # What tells which columns are not shown is said on narrow terminals only.
    (legend,) = [part for part in " ".join(narrow.split()).split("  ") if "not shown for lack of room" in part]
    assert broken <= set(legend[legend.index("not shown") :].split(" Problems ")[0].split())
    assert all(len(line) <= width for line in narrow.splitlines())
    (heading,) = [line for line in narrow.splitlines() if line.startswith(" File")]
    accounts = [line for line in narrow.splitlines() if line.startswith(("   acd.csv  ", "   survey.csv  "))]
    assert {len(line) for line in accounts} == {len(heading)}


def test_an_example_in_the_sentence_is_not_repeated_behind_it() -> None:
    cell = Finding("F235", "a.csv", "Name", 2, 9, 4, "#N/A")
    seen = Observation(cell, "warning", cell.message, (Spot(4, "#N/A"),))
    text = page.text(replace(healthy(), observations=(seen,)))
    assert text.count("#N/A") == 1
    assert "line 4" not in text
    assert "a.csv:4" in text


def test_counts_in_the_list_are_those_of_the_effects() -> None:
    one = replace(ill().observations[0], of_all=90_000)
    assert together([one]) == "312 of 4,000 rows of contacts have talk longer than the call."


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_line_of_the_account_is_never_folded(width: int) -> None:
    lines = page.text(ill(), width=width).splitlines()
    heading = next(line for line in lines if line.startswith(" File"))
    account = next(line for line in lines if line.startswith("   acd.csv"))
    assert heading.split()[-1] in ("Rejected", "Lines", "Continued", "Blank")
    assert len(account) == len(heading)
