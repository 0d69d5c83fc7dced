"""One plausible wrong number each, from files as vendors write them: what comes twice, and what comes late."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

import cxkpi

SAMPLE = Path(__file__).parents[2] / "sample_data"


def lines_of(name: str, count: int) -> list[list[str]]:
    """The first records of a sample file, its heading rows included."""
    text = (SAMPLE / name).read_text(encoding="utf-8-sig")
    return [row for _, row in zip(range(count), csv.reader(io.StringIO(text)), strict=False)]


def write(file: Path, rows: list[list[str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def handled(folder: Path) -> tuple[float | None, float | None]:
    """Contacts handled, and their handle time."""
    result = cxkpi.measure([folder], metrics=["contacts_handled", "aht"], every="all")
    count, aht = (row for row in result.rows if not row.by)
    return count.value, aht.value


def test_a_file_delivered_twice_counts_once(tmp_path):
    """The month's export sent again under another name doubles nothing."""
    rows = lines_of("acd_2026-01.csv", 300)
    write(tmp_path / "january.csv", rows)
    once = handled(tmp_path)
    write(tmp_path / "january (1).csv", rows)
    assert handled(tmp_path) == once
    assert once[0] > 100


def test_overlapping_exports_count_once(tmp_path):
    """Two exports that share a week count its contacts once."""
    rows = lines_of("acd_2026-01.csv", 301)
    write(tmp_path / "all.csv", rows)
    once = handled(tmp_path)
    (tmp_path / "all.csv").unlink()
    write(tmp_path / "first.csv", rows[:200])
    write(tmp_path / "second.csv", [rows[0], *rows[120:]])
    assert handled(tmp_path) == once


def test_the_order_of_files_does_not_matter(tmp_path):
    rows = lines_of("acd_2026-01.csv", 301)
    for folder, names in (("one", ("a", "b")), ("two", ("b", "a"))):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / f"{names[0]}.csv", rows[:150])
        write(tmp_path / folder / f"{names[1]}.csv", [rows[0], *rows[150:]])
    assert handled(tmp_path / "one") == handled(tmp_path / "two")


@pytest.mark.parametrize("first", ["1", "5"])
def test_a_survey_answered_twice_counts_once(tmp_path, first):
    """A respondent reopens the survey and changes the answer: the newer record of the response counts, and only it."""
    *heading, pattern = lines_of("survey_responses.csv", 4)
    names = heading[0]

    def response(number: int, score: str, day: int) -> list[str]:
        record = dict(zip(names, pattern, strict=True))
        record |= {"ResponseId": f"R_{number}", "Q_CSAT": score, "Status": "0", "Finished": "1"}
        record |= dict.fromkeys(("StartDate", "EndDate", "RecordedDate"), f"2026-01-{day:02d} 10:00:00")
        return [record[name] for name in names]

    others = [response(number, "5" if number < 30 else "2", 10) for number in range(40)]
    second = "1" if first == "5" else "5"
    # In one file or two, and whichever comes first.
    write(tmp_path / "survey.csv", [*heading, response(99, second, 20), *others, response(99, first, 12)])
    (row,) = cxkpi.measure([tmp_path], metrics=["csat"], every="all").rows
    assert (row.n, row.numerator) == (41, 30 + (second == "5"))
