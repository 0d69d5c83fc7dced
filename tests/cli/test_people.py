"""Headcounts and tenures from a roster as it was exported, through the command line, recounted from its lines."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_data"
DAY = timedelta(days=1)

CATALOGUE = """
cxkpi: 1
calendar: {timezone: Europe/London}
metrics:
  snapshots: {kind: stock, from: agents, read: snapshots}
  joiners: {kind: stock, from: agents, read: joiners}
  stability:
    kind: ratio
    unit: percent
    numerator: {from: agents, stock: closing, served: 12mo}
    denominator: {from: agents, stock: closing, ago: 12mo}
  still_here:
    kind: time_to_event
    from: agents
    start: hired_on
    event: left_on
    read: {by: 90d, of: survivors}
  tenure:
    kind: time_to_event
    from: agents
    start: hired_on
    event: {at: left_on, where: leave_type = 'voluntary'}
    competing: [{at: left_on, where: leave_type <> 'voluntary'}]
    read: {by: 26wk}
"""

Spell = tuple[str, date, date | None]


def spells() -> list[Spell]:
    """The roster's spells, those that go on within a day joined."""
    with (SAMPLE / "roster.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    start = next(at for at, line in enumerate(lines) if line[:1] == ["Employee ID"])
    found: list[Spell] = []
    for line in sorted(lines[start + 1 :], key=lambda line: (line[0], line[2])):
        hired = date.fromisoformat(line[2])
        left = date.fromisoformat(line[3]) if line[3] else None
        if found and found[-1][0] == line[0] and found[-1][2] is not None and hired <= found[-1][2] + DAY:
            hired = found.pop()[1]
        found.append((line[0], hired, left))
    return found


def at_close(day: date) -> list[Spell]:
    return [spell for spell in spells() if spell[1] <= day and (spell[2] is None or spell[2] > day)]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(CATALOGUE, encoding="utf-8")
    return path


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_quarter_of_a_roster(run, catalogue, engine):
    ran = run(
        "report", SAMPLE / "roster.csv", "-c", catalogue, "--every", "quarter", "--since", "2026-01-01",
        "--until", "2026-04-01", "--as-of", "2026-06-30", "--engine", engine, "-f", "json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    (found,) = [{row["metric"]: row for row in json.loads(ran.out)["results"]}]
    closes = [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]
    heads = [len(at_close(day)) for day in closes]
    assert (found["snapshots"]["numerator"], found["snapshots"]["denominator"]) == (sum(heads), 4)
    hired = [spell for spell in spells() if date(2026, 1, 1) <= spell[1] < date(2026, 4, 1)]
    assert found["joiners"]["value"] == heads[0] + len(hired)
    there = at_close(date(2025, 3, 31))
    stayed = [spell for spell in at_close(date(2026, 3, 31)) if spell in there]
    assert (found["stability"]["numerator"], found["stability"]["denominator"]) == (len(stayed), len(there))
    # Those hired in the quarter were all watched for 90 days, up to the last of June.
    gone = [spell for spell in hired if spell[2] is not None and spell[2] - spell[1] <= 90 * DAY]
    assert min(date(2026, 6, 30) - spell[1] for spell in hired) >= 90 * DAY
    assert found["still_here"]["value"] == pytest.approx(1 - len(gone) / len(hired), abs=1e-12)
    assert (found["still_here"]["unit"], found["still_here"]["n"]) == ("percent", len(hired))
    assert found["tenure"]["reason"] in (None, "not_reached", "no_target")


def test_a_curve_reads_like_any_figure(run, catalogue):
    """A share in percent, with its interval; and what nobody has been watched for is not reached, not nought."""
    shown = run(
        "report", SAMPLE / "roster.csv", "-c", catalogue, "--every", "all", "--since", "2026-01-01",
        "--as-of", "2026-04-30", "-m", "still_here,tenure",
    )  # fmt: skip
    assert shown.code == 0, shown.err
    lines = [line for line in shown.out.splitlines() if "Still here" in line or "Tenure" in line]
    assert "%" in lines[0]
    assert "not reached" in shown.out
