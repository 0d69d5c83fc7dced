"""Faults planted at random lines of a demo centre's exports, as a vendor or a spreadsheet makes them: all are found.

The demo has its own cancelled exports, duplicates and typing errors, so what is found is compared with what is found in
the centre as it was.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cxkpi.demo.write import write
from cxkpi.measurement.doctor.diagnosis import diagnose

ACD = "acd_2026-01.csv"
Place = tuple[str, str, int]
_ENCODINGS = {"salesforce_cases.csv": "cp1252"}


@dataclass
class Export:
    """An export's records by the physical line they begin on, and its headings."""

    path: Path
    headings: list[str]
    lines: list[tuple[int, list[str]]]
    used: set[int] = field(default_factory=set)

    @classmethod
    def read(cls, path: Path, first_heading: str) -> Export:
        text = path.read_bytes().decode(_ENCODINGS.get(path.name, "utf-8-sig"))
        reader = csv.reader(io.StringIO(text, newline=""))
        records, begin = [], 1
        for record in reader:
            records.append((begin, record))
            begin = reader.line_num + 1
        headings = next(record for _, record in records if record and record[0] == first_heading)
        return cls(path, headings, records)

    def write(self) -> None:
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(record for _, record in self.lines)
        self.path.write_bytes(text.getvalue().encode(_ENCODINGS.get(self.path.name, "utf-8-sig")))

    def pick(self, chance: random.Random, fits: Callable[[dict[str, str]], bool]) -> tuple[int, list[str]]:
        fitting = [
            (line, record)
            for line, record in self.lines
            if line not in self.used
            and len(record) == len(self.headings)
            and record != self.headings
            and fits(dict(zip(self.headings, record, strict=True)))
        ]
        line, record = chance.choice(fitting)
        self.used.add(line)
        return line, record

    def put(self, record: list[str], **cells: str) -> None:
        for heading, value in cells.items():
            record[self.headings.index(heading.replace("_", " "))] = value


def _answered(cells: dict[str, str]) -> bool:
    whole = len(cells["Date"]) == len(cells["End Date"]) == 19
    return whole and cells["Abandoned"] == "NO" and cells["Total Talk"] not in ("", "0") and bool(cells["Users"])


def _plant(folder: Path, chance: random.Random) -> Iterator[Place]:
    """One fault of each kind, at a line of its own; the code that finds it, or the reason its record is rejected."""
    acd = Export.read(folder / ACD, "Full Export Completed")
    ids = [record[acd.headings.index("Conversation ID")] for _, record in acd.lines]

    def plain(cells: dict[str, str]) -> bool:
        return _answered(cells) and ids.count(cells["Conversation ID"]) == 1

    line, record = acd.pick(chance, plain)
    talk = str(int(record[acd.headings.index("Duration")]) + 61_000)
    acd.put(record, Total_Talk=talk)
    yield "F311", ACD, line

    line, record = acd.pick(chance, plain)
    acd.put(record, End_Date="2026-01-01 00:00:01")
    yield "it ends before it starts", ACD, line

    line, record = acd.pick(chance, plain)
    acd.put(record, Total_Talk="-1000")
    yield "a duration cannot be negative", ACD, line

    line, record = acd.pick(chance, plain)
    acd.put(record, Users="Nobody Known")
    yield "F332", ACD, line

    line, record = acd.pick(chance, plain)
    acd.put(record, Transfers="-1")
    yield "F313", ACD, line

    line, record = acd.pick(chance, plain)
    acd.put(record, Date="2036-01-05 09:00:00", End_Date="2036-01-05 23:00:00")
    yield "F317", ACD, line
    acd.write()

    cases = Export.read(folder / "salesforce_cases.csv", "Case Number")
    line, record = cases.pick(chance, lambda cells: bool(cells["Date/Time Closed"]))
    record[cases.headings.index("Date/Time Closed")] = "01/01/2020 09:00"
    yield "it is closed before it is opened", cases.path.name, line
    line, record = cases.pick(chance, lambda cells: bool(cells["Interaction ID"]))
    cases.put(record, Interaction_ID="00000000-aaaa")
    yield "F330", cases.path.name, line
    cases.write()

    surveys = Export.read(folder / "survey_responses.csv", "StartDate")
    line, record = surveys.pick(chance, lambda cells: cells["ResponseId"].startswith("R_") and cells["Status"] == "0")
    surveys.put(record, ContactId="00000000-bbbb")
    yield "F330", surveys.path.name, line
    surveys.write()

    roster = Export.read(folder / "roster.csv", "Employee ID")
    line, record = roster.pick(chance, lambda cells: bool(cells["Termination Date"]) and cells["Hire Date"] > "2025")
    roster.put(record, Termination_Date="2010-01-01")
    yield "it ends before the hire", roster.path.name, line
    roster.write()

    moves = Export.read(folder / "moves.csv", "agent_id")
    line, record = moves.pick(chance, lambda cells: True)
    record[0] = "99999"
    yield "F333", moves.path.name, line
    moves.write()

    evaluations = Export.read(folder / "evaluations.csv", "evaluation_id")
    line, record = evaluations.pick(chance, lambda cells: cells["score"].isdigit())
    record[evaluations.headings.index("score")] = str(1 + int(record[evaluations.headings.index("max_score")]))
    yield "F315", evaluations.path.name, line
    evaluations.write()


def _places(folder: Path) -> set[Place]:
    """Every place found: (code, or reason of a rejected record; file; line)."""
    return {
        (name, one.finding.path, spot.line)
        for one in diagnose([folder]).observations
        for name in (one.finding.code, one.finding.detail)
        for spot in one.spots
    }


@pytest.mark.parametrize("seed", range(2))
def test_everything_planted_is_found(seed: int, tmp_path: Path) -> None:
    write(tmp_path, contacts=500, months=1, seed=seed)
    before = _places(tmp_path)
    planted = set(_plant(tmp_path, random.Random(seed)))
    assert planted.isdisjoint(before)
    found = _places(tmp_path)
    assert planted <= found
    # A rejected contact or employee leaves those that name it without a counterpart, and one that is far in the future
    # begins after its survey; nothing else is new, but what reading says of the same things.
    codes = {name for name, _, _ in found - before - planted if name[:1] == "F" and name[1:].isdigit()}
    beside = {"F221", "F330", "F332", "F335", "F350", "F351", "F502", "F503", "F508", "F509", "F601"}
    assert codes <= beside | {name for name, _, _ in planted}


@pytest.mark.parametrize("seed", range(2))
def test_a_demo_centre_has_no_errors(seed: int, tmp_path: Path) -> None:
    write(tmp_path, contacts=400, months=1, seed=seed)
    diagnosis = diagnose([tmp_path])
    assert diagnosis.wrong == ()
    assert {one.severity for one in diagnosis.observations} <= {"warning", "note"}
    assert diagnosis.exit_code == 0
