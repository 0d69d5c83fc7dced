"""What a load says besides its tables: problems of single files, findings about keys, caps and how files were read."""

from __future__ import annotations

from pathlib import Path

from cxkpi.exports.load import load
from cxkpi.tables import TABLES

from .acd import export, row
from .conftest import Load

PROFILE = (
    "profile: t.s\ntitle: Testing, moves\nsystem: t\nmatch: {headings: [R]}\nfile: {caps: [3]}\n"
    "tables: {moves: {agent_id: R, moved_on: {from: A, format: ['%d/%m/%Y', '%m/%d/%Y']}, from_team: B}}\n"
)


def test_lenient_leaves_out_what_cannot_be_read(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "good.csv").write_text("R,A,B\na,28/03/2026,x\n")
    (folder / "unclear.csv").write_text("R,A,B\na,02/03/2026,x\n")
    (folder / "empty.csv").write_text("")
    (tmp_path / "p.yaml").write_text(PROFILE)
    found = load(
        [folder],
        tables=TABLES,
        timezone="Europe/London",
        profiles=[tmp_path / "p.yaml"],
        into=tmp_path / "out",
        lenient=True,
    )
    codes = {problem.place.file: problem.code for problem in found.problems if problem.place is not None}
    assert codes == {"empty.csv": "I102", "unclear.csv": "I106"}
    assert found.stored["moves"].rows == 1
    (report,) = found.reports
    assert (report.shown, report.profile, report.title) == ("good.csv", "t.s", "Testing, moves")
    assert (report.encoding, report.delimiter, report.heading_line, report.records) == ("utf-8", ",", 1, 1)


def test_a_cap_exactly_reached_is_warned_about(loaded: Load) -> None:
    rows = ["a,28/03/2026,x", "b,28/03/2026,x", "c,28/03/2026,x"]
    capped = loaded({"m.csv": "\n".join(["R,A,B", *rows, ""])}, profile=PROFILE)
    assert [one.count for one in capped.loaded.findings if one.code == "F600"] == [3]
    fewer = loaded({"m.csv": "\n".join(["R,A,B", *rows[:2], ""])}, profile=PROFILE)
    assert not [one for one in fewer.loaded.findings if one.code == "F600"]


def test_exports_that_disagree_are_reported_and_equal_ones_are_not(loaded: Load) -> None:
    first, other = row(conversation_id="c1"), row(conversation_id="c2")
    changed = row(conversation_id="c1", queue="Else")
    became = loaded({"1.csv": export(first, other), "2.csv": export(changed, other)})
    (finding,) = [one for one in became.loaded.findings if one.code == "F400"]
    assert (finding.path, finding.detail, finding.count, finding.line) == ("2.csv", "1.csv", 1, 2)
    newer = row(conversation_id="c1", queue="Else", end_date="2026-01-05 09:06:00")
    settled = loaded({"1.csv": export(first), "2.csv": export(newer)})
    assert not [one for one in settled.loaded.findings if one.code == "F400"]
    within = loaded({"1.csv": export(first, changed)})
    (again,) = [one for one in within.loaded.findings if one.code == "F401"]
    assert (again.count, again.line, again.said) == (1, 2, False)


def test_lines_add_up(loaded: Load) -> None:
    entry = loaded({"acd.csv": export(row(users='"Al;\nBo"'), "", row(conversation_id="c2"))}).entry("acd.csv")
    assert (entry.lines, entry.records, entry.continued, entry.blank) == (5, 2, 2, 1)
