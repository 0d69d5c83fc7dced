"""Long lists of files: what is folded, and that nothing worth seeing is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkpi.reports import markdown
from cxkpi.reports.html.tables import ledger
from cxkpi.reports.json import render as as_json
from cxkpi.reports.many_files import FEW, folded, noted, pattern
from cxkpi.reports.terminal import text
from cxkpi.result import FileEntry
from tests.reports import factory

DAYS = [f"2026-{month:02d}-{day:02d}" for month in (1, 2, 3) for day in range(1, 29)]


def entry(path: str, accepted: int = 10, rejected: int = 0, blanked: int = 0, profile: str = "acd") -> FileEntry:
    records = accepted + rejected
    tables = (("contacts", accepted),)
    return FileEntry(path, profile, records, accepted, 0, rejected, 0, blanked, records + 1, tables, 0, 1)


def daily() -> list[FileEntry]:
    return [entry(f"acd_{day}.csv") for day in DAYS]


def test_ordinary_folders_look_as_they_are() -> None:
    files = daily()[:FEW]
    notes = [f"{one.path} is not UTF-8; it was read as cp1252." for one in files]
    assert folded(files, notes) == tuple(files)
    assert noted(notes, files) == tuple(notes)


def test_many_files_of_one_kind_are_one_line() -> None:
    roster = entry("roster.csv", 300, profile="roster")
    (line, other) = folded([*daily(), roster])
    assert other is roster
    assert line.path == "acd_*.csv (84 files, 2026-01-01 to 2026-03-28)"
    assert (line.records, line.accepted, line.lines, line.tables) == (840, 840, 924, (("contacts", 840),))


def test_what_is_to_be_seen_has_a_line_of_its_own() -> None:
    files = daily()
    files[3] = replace(files[3], rejected=1, accepted=9)
    files[5] = replace(files[5], blanked=2)
    files[7] = replace(files[7], accepted=0, skipped=10)
    notes = [f"{files[9].path}: 2 NUL bytes were left out."]
    shown = folded(files, notes)
    assert shown[0].path.startswith("acd_*.csv (80 files")
    assert list(shown[1:]) == [files[3], files[5], files[7], files[9]]


def test_folders_and_profiles_are_not_mixed() -> None:
    files = [
        entry(f"{site}/acd_{day}.csv", profile=profile) for site, profile in (("a", "x"), ("b", "y")) for day in DAYS
    ]
    assert [(one.path, one.profile, one.accepted) for one in folded(files)] == [
        ("a/acd_*.csv (84 files, 2026-01-01 to 2026-03-28)", "x", 840),
        ("b/acd_*.csv (84 files, 2026-01-01 to 2026-03-28)", "y", 840),
    ]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 1), st.integers(0, 1), st.sampled_from("xy")), max_size=120)
)
def test_folding_loses_no_record_and_hides_no_reject(drawn: list[tuple[int, int, int, str]]) -> None:
    files = [entry(f"{number:03d}.csv", *of) for number, of in enumerate(drawn)]
    shown = folded(files)
    for name in ("records", "accepted", "rejected", "blanked", "lines"):
        assert sum(getattr(one, name) for one in shown) == sum(getattr(one, name) for one in files)
    assert {one.path for one in files if one.rejected or one.blanked or not one.accepted} <= {one.path for one in shown}
    assert all(not one.rejected for one in shown if one not in files)


def test_a_note_of_all_files_is_said_once() -> None:
    files = daily()
    notes = [f"{one.path} is not UTF-8; it was read as cp1252." for one in files]
    assert noted(["1 rehire.", *notes], files) == (
        "1 rehire.",
        "acd_*.csv (84 files) is not UTF-8; it was read as cp1252.",
    )
    assert len(folded(files, notes)) == 1


def test_notes_that_differ_in_numbers_are_said_twice_and_counted() -> None:
    files = daily()
    notes = [f"{one.path}: {at:,} records had stray quotes." for at, one in enumerate(files, 2)]
    more = "acd_*.csv: the same, with other numbers, in 82 more files."
    assert noted(notes, files) == (notes[0], notes[1], more)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a/export1.csv", "a/export2.csv"], "a/export*.csv"),
        (["calls.csv", "mails.csv"], "*.csv"),
        (["acd_back.csv", "acd_bill.csv"], "acd_*.csv"),
        (["2026-01-01.csv", "2026-01-02.csv"], "*.csv"),
        (["a.csv", "aa.csv", "aaa.csv"], "*.csv"),
        (["book.xlsx#Jan", "book.xlsx#Feb"], "book.xlsx#*"),
    ],
)
def test_patterns(paths: list[str], expected: str) -> None:
    assert pattern(paths) == expected


def test_reports_for_people_fold_and_json_does_not() -> None:
    files = daily()
    files[3] = replace(files[3], rejected=1, accepted=9)
    result = replace(factory.centre(), files=tuple(files))
    printed = text(result, width=100)
    assert "acd_*.csv (83 files, 2026-01-01 to 2026-03-28)" in printed
    assert "acd_*.csv (83 files) " in text(result, width=60)
    for page in (
        printed,
        markdown.render(result),
        "\n".join(str(row) for row in ledger(folded(result.files, result.notes)).rows),
    ):
        assert files[3].path in page
        assert files[4].path not in page
    assert all(one.path in as_json(result) for one in files)
