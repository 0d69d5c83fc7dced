"""Reports that are a row of blocks, each with its own date and skill above its own headings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.exports.files.sections import Flat, flat, whole_day
from cxkpi.exports.profile import Sections

from .recognising import profile, recognised

SECTIONS = Sections.model_validate(
    {
        "captures": {"Date": r"^Date:\s*(.+?)\s*$", "Split": r"^(?:Split|Skill|VDN)[^:]*:\s*(.+)$"},
        "times": ["StartTime", "StopTime"],
        "ends": "^Totals",
    }
)
ASKED = [frozenset({"starttime"}), frozenset({"acd calls"}), frozenset({"date"})]
REPORT = """\
Date: 1/5/2026
Split/Skill: Billing

StartTime,StopTime,Avg Speed Ans,ACD Calls
11:30,-,12:00PM,:07,5
12:00,-,12:30PM,1:23,6
Totals,,,:45,11

Split/Skill: Sales
StartTime,StopTime,Avg Speed Ans,ACD Calls
11:30,-,12:00AM,75:30,7
Totals,,,75:30,7
Date: 1/6/2026
Split/Skill: Billing
StartTime,StopTime,ACD Calls,Aban Calls
12:00,-,12:30AM,8,1
"""


def table(text: str, delimiter: str = ",") -> Flat:
    lines = text.split("\n")
    found = flat(lines[:-1] if not lines[-1] else lines, delimiter, SECTIONS, ASKED)
    assert found is not None
    return found


def test_blocks_become_one_table() -> None:
    found = table(REPORT)
    assert found.headings == ("StartTime", "StopTime", "Avg Speed Ans", "ACD Calls", "Aban Calls", "Date", "Split")
    assert [(record.line, record.cells) for record in found.records] == [
        (5, ("11:30", "12:00", ":07", "5", "", "1/5/2026", "Billing")),
        (6, ("12:00", "12:30", "1:23", "6", "", "1/5/2026", "Billing")),
        (11, ("23:30", "24:00", "75:30", "7", "", "1/5/2026", "Sales")),
        (16, ("00:00", "00:30", "", "8", "1", "1/6/2026", "Billing")),
    ]
    assert found.heading_line == 3


def test_every_line_is_accounted_for() -> None:
    found = table(REPORT)
    # The headings of the first block are no record, as in any other file.
    assert found.total == len(REPORT.splitlines()) == len(found.records) + found.skipped + found.blank + found.more + 1


def test_a_new_date_ends_the_skill_of_the_last() -> None:
    found = table(
        "Date: 1/5/2026\nSkill: A\nStartTime,ACD Calls\n1:00,5\nDate: 1/6/2026\nStartTime,ACD Calls\n1:00,6\n"
    )
    assert [record.cells[2:] for record in found.records] == [("1/5/2026", "A"), ("1/6/2026", "")]


def test_lines_after_the_totals_are_no_records() -> None:
    found = table("Date: x\nStartTime,ACD Calls\n1:00,5\nTotals,5\n1:30,6\n")
    assert len(found.records) == 2
    found = table("Date: x\nStartTime,ACD Calls\n1:00,5\nSkill: B\n1:30,6\nprinted by,ann\n")
    assert [record.line for record in found.records] == [3]


def test_cells_that_do_not_fit_are_a_broken_record() -> None:
    (fine, wrong) = table("Date: x\nStartTime,ACD Calls\n1:00,5,,\n1:30,6,7\n").records
    assert fine.cells == ("1:00", "5", "x", "")
    assert (wrong.line, wrong.broken) == (4, "it has 3 cells, the headings 2")


def test_tabs_quotes_and_the_whole_stretch_in_one_cell() -> None:
    found = table(
        '"Date: 1/5/2026"\t\t\nStartTime\tStopTime\tACD Calls\n"12:00 - 12:30AM"\t5\n"1:00"\t"-"\t"1:30AM"\t6\n', "\t"
    )
    assert [record.cells for record in found.records] == [
        ("00:00", "00:30", "5", "1/5/2026", ""),
        ("01:00", "01:30", "6", "1/5/2026", ""),
    ]


@pytest.mark.parametrize(
    ("begin", "end", "day"),
    [
        ("12:00", "12:30AM", ("00:00", "00:30")),
        ("11:30", "12:00AM", ("23:30", "24:00")),
        ("11:30", "12:00PM", ("11:30", "12:00")),
        ("12:30", "1:00 pm", ("12:30", "13:00")),
        ("8:00", "5:00PM", ("08:00", "17:00")),
        ("8:00AM", "5:00PM", ("08:00", "17:00")),
        ("8:00AM", "8:00AM", ("08:00", "08:00")),
        ("9:00", "9:00PM", ("9:00", "9:00PM")),
        ("130 - 160", "", ("130 - 160", "")),
        ("13:00", "1:30PM", ("13:00", "1:30PM")),
        ("12:00", "12:30", ("12:00", "12:30")),
    ],
)
def test_a_clock_that_says_am_or_pm_only_at_the_end(begin: str, end: str, day: tuple[str, str]) -> None:
    assert whole_day(begin, end) == day


def test_a_file_without_such_blocks_is_none() -> None:
    assert flat(["a,b", "1,2"], ",", SECTIONS, ASKED) is None
    assert flat([], ",", SECTIONS, ASKED) is None


MINE = """
profile: my.splits
system: cms
match: {headings: [StartTime, ACD Calls, Date]}
file:
  sections:
    captures: {Date: '^Date:\\s*(.+?)\\s*$', Split: '^Split[^:]*:\\s*(.+)$'}
    times: [StartTime, StopTime]
    ends: '^Totals'
tables:
  intervals: {queue: Split, started_at: {join: [Date, StartTime]}, length_s: {is: 1800}, offered: ACD Calls}
"""


def test_the_records_of_a_report(tmp_path: Path) -> None:
    file = recognised(tmp_path, {"a.txt": REPORT}, profile(MINE)).one()
    assert file.by_cells
    positions = file.layout.positions
    wanted = [positions[name] for name in ("split", "date", "starttime", "acd calls")]
    (block,) = file.cells(wanted)
    names = [f"c{position}" for position in wanted]
    assert block.cells.select(*names, "line").rows()[2] == ("Sales", "1/5/2026", "23:30", "7", 11)
    assert block.lines == len(REPORT.splitlines())


def test_a_report_without_its_date_lacks_a_heading(tmp_path: Path) -> None:
    text = REPORT.replace("Date: 1/5/2026\n", "").replace("Date: 1/6/2026\n", "")
    outcome = recognised(tmp_path, {"a.txt": text, "b.txt": REPORT}, profile(MINE))
    assert "'Date'" in outcome.left[0].note


def test_blocks_folded_into_one_table_beforehand_are_read_as_well(tmp_path: Path) -> None:
    text = "Date,Split,StartTime,StopTime,ACD Calls\n1/5/2026,Billing,12:00,12:30AM,5\n"
    file = recognised(tmp_path, {"a.csv": text}, profile(MINE)).one()
    (block,) = file.cells([file.layout.positions["date"], file.layout.positions["starttime"]])
    assert block.cells.rows() == [("1/5/2026", "00:00", 2)]
