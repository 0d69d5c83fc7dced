"""Files put together from several, saved by programs that do not calculate, or with more on a line than one record."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxkpi.errors import InputError
from cxkpi.exports.files.reading import decode, survey, text_blocks
from cxkpi.exports.load import load
from cxkpi.tables import TABLES

from .books import Sheet, workbook
from .conftest import Became, Load

HEAD = "agent_id,moved_on,from_team,to_team\n"
READ = ("agent_id", "from_team")
PROFILE = (
    "profile: my.moves\nsystem: x\nmatch: {headings: [agent_id, moved_on, from_team]}\n"
    "tables: {moves: {agent_id: agent_id, moved_on: moved_on, from_team: from_team, to_team: to_team}}"
)


def found(became: Became, code: str) -> list[tuple[int, int | None]]:
    return [(one.count, one.line) for one in became.loaded.findings if one.code == code]


def lines(count: int, team: str = "Café") -> str:
    return "".join(f"a{n:04d},2026-01-05,{team},B\n" for n in range(count))


def test_a_line_of_another_encoding_leaves_the_others_alone(loaded: Load) -> None:
    became = loaded({"moves.csv": (HEAD + lines(60)).encode() + "z,2026-01-05,Größe,B\n".encode("cp1252")})
    teams = became.rows("moves", *READ)
    assert (teams[0], teams[-1]) == (("a0000", "Café"), ("z", "Größe"))
    assert (found(became, "F105"), found(became, "F100")) == ([(2, 62)], [])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_where_a_file_is_cut_changes_nothing(tmp_path: Path, size: int) -> None:
    content = lines(60).encode() + b"caf\xe9 \xed\xa0\xbd\xed\xb8\x80 \xed\xa0\x80 x\x81\n"
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    encoding = survey(lambda: path.open("rb"))
    with path.open("rb") as stream:
        text = b"".join(text_blocks(stream, encoding, size)).decode()
    assert text == lines(60) + "café 😀 \ufffd x\x81\n"
    assert encoding.others is not None
    assert encoding.others.line == 61


def test_half_a_character_is_no_reason_to_guess(loaded: Load) -> None:
    became = loaded({"moves.csv": (HEAD + "a,2026-01-05,x").encode() + b"\xed\xa0\x80,B\n"})
    assert (became.rows("moves", *READ), found(became, "F105")) == ([("a", "x\ufffd")], [(1, 2)])
    wide = (HEAD + "a,2026-01-05,x\ud800,B\n").encode("utf-16", "surrogatepass")
    became = loaded({"moves.csv": wide})
    assert (became.rows("moves", *READ), found(became, "F105")) == ([("a", "x\ufffd")], [(1, 2)])


def test_a_file_in_cp1252_stays_one() -> None:
    assert decode((HEAD + lines(40)).encode("cp1252")).encoding == "cp1252"


def test_a_zero_byte_is_left_out_and_named(loaded: Load) -> None:
    became = loaded({"moves.csv": (HEAD + lines(3) + "z,2026-01-05,A\x00B,C\n").encode()})
    assert became.rows("moves", *READ)[-1] == ("z", "AB")
    assert found(became, "F106") == [(1, 5)]


def test_wide_text_of_few_latin_letters_is_seen(loaded: Load) -> None:
    rows = "".join(f"a{n},2026-01-05,{'東京第一営業部' * 9},B\n" for n in range(40))
    became = loaded({"moves.csv": (HEAD + rows).encode("utf-16-le")})
    assert became.rows("moves", *READ)[0] == ("a0", "東京第一営業部" * 9)


def test_byte_order_marks_of_files_put_one_behind_the_other(loaded: Load) -> None:
    became = loaded({"moves.csv": f"\ufeff{HEAD}a,2026-01-05,A,B\n\ufeffb,2026-01-05,A,B\n"})
    assert became.rows("moves", *READ) == [("a", "A"), ("b", "A")]


def test_blanks_outside_the_quotes_belong_to_no_cell(loaded: Load) -> None:
    became = loaded({"moves.csv": HEAD + 'a,2026-01-05,"q" ,B\nb,2026-01-05, "q, x",B\nc,2026-01-05,"q",B\n'})
    assert became.rows("moves", *READ) == [("a", "q"), ("b", "q, x"), ("c", "q")]
    assert found(became, "F101") == [(2, None)]


def test_a_formula_that_keeps_zeros_behind_a_blank(loaded: Load) -> None:
    alone = loaded({"moves.csv": HEAD + ' ="00417",2026-01-05,A,B\n'})
    both = loaded({"moves.csv": HEAD + ' ="00417",2026-01-05,A,B\n="00418",2026-01-05,A,B\n'})
    assert alone.rows("moves", *READ) == both.rows("moves", *READ)[:1] == [("00417", "A")]


def test_an_apostrophe_marks_a_number_as_text(loaded: Load) -> None:
    became = loaded({"moves.csv": HEAD + "'00419,2026-01-05,'t Hart,B\n"})
    assert (became.rows("moves", *READ), found(became, "F236")) == ([("00419", "'t Hart")], [(1, 2)])


# -- workbooks --------------------------------------------------------------------------------------------------------


def cells(number: int, *written: str) -> str:
    made = "".join(
        one.replace("<c", f'<c r="{"ABCD"[at]}{number}"', 1)
        if one.startswith("<c")
        else f'<c r="{"ABCD"[at]}{number}" t="inlineStr"><is><t>{one}</t></is></c>'
        for at, one in enumerate(written)
        if one
    )
    return f'<row r="{number}">{made}</row>'


@pytest.mark.parametrize("value", ["", "<v></v>", "<v/>", "<v />"])
def test_formulas_without_a_result_are_an_error(loaded: Load, value: str) -> None:
    xml = cells(1, *HEAD.strip().split(",")) + cells(2, "a", "2026-01-05", f"<c><f>B1</f>{value}</c>", "B")
    became = loaded({"moves.xlsx": workbook(Sheet("S", xml=xml))})
    assert became.rows("moves", *READ) == [("a", None)]
    (one,) = (one for one in became.loaded.findings if one.code == "F107")
    assert (one.severity, one.column, one.line) == ("error", "from_team", 2)


def test_merged_cells_hold_what_is_shown(loaded: Load) -> None:
    xml = (
        cells(1, *HEAD.strip().split(","))
        + cells(2, "a", "2026-01-05", "Blue", "B")
        + cells(3, "b", "2026-01-05", "", "B")
        + cells(4, "c", "2026-01-05", "", "B")
        + '</sheetData><mergeCells count="1"><mergeCell ref="C2:C3"/></mergeCells><sheetData>'
    )
    became = loaded({"moves.xlsx": workbook(Sheet("S", xml=xml))})
    assert became.rows("moves", *READ) == [("a", "Blue"), ("b", "Blue"), ("c", None)]
    assert found(became, "F108") == [(1, 3)]


# -- JSON -------------------------------------------------------------------------------------------------------------

OBJECT = '{"agent_id": "%s", "moved_on": "%s", "from_team": "A", "to_team": "B"}'


def test_records_of_one_line_have_its_number(loaded: Load) -> None:
    first, second, third = OBJECT % ("a", "2026-01-05"), OBJECT % ("b", "never"), OBJECT % ("c", "2026-01-05")
    became = loaded({"moves.json": f"[{first}, {second},\n {third}, {third}]\n"}, profile=PROFILE)
    assert became.rows("moves", *READ) == [("a", "A"), ("c", "A")]
    assert [(line, value) for _, line, _, value, _ in became.rejects] == [(1, "never")]
    entry = became.entry("moves.json")
    assert (entry.lines, entry.records, entry.accepted, entry.superseded, entry.rejected, entry.shared) == (
        *(2, 4, 2, 1, 1),
        2,
    )
    assert became.frame("moves").sort("agent_id")["line"].to_list() == [1, 2]


def test_a_name_twice_in_one_object(loaded: Load) -> None:
    twice = (OBJECT % ("a", "2026-01-05")).replace("{", '{"from_team": "Z", ')
    became = loaded({"moves.jsonl": f"{OBJECT % ('b', '2026-01-05')}\n{twice}\n"}, profile=PROFILE)
    assert (became.rows("moves", *READ)[0], found(became, "F109")) == (("a", "A"), [(1, 2)])


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_link_to_nothing_is_not_missed(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "moves.csv").write_text(HEAD + "a,2026-01-05,A,B\n", encoding="utf-8")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere.csv")
    read = load([tmp_path], tables=TABLES, timezone="Europe/London", into=tmp_path / "out")
    assert {entry.path: entry.profile for entry in read.files}["gone.csv"] == "unreadable"
    assert any("which is not there" in note for note in read.notes)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "moves.csv")
    with pytest.raises(InputError, match="not a regular file"):
        load([tmp_path / "moves.csv"], tables=TABLES, timezone="Europe/London", into=tmp_path / "out")


def test_headings_far_down_are_said_not_to_be_looked_for(loaded: Load) -> None:
    with pytest.raises(InputError, match="first 25 lines"):
        loaded({"moves.csv": "about this export\n" * 30 + HEAD + lines(3)})


def test_a_hidden_sheet_beside_a_good_one_is_no_fault(tmp_path: Path) -> None:
    rows = [HEAD.strip().split(","), ["a", "2026-01-05", "A", "B"]]
    (tmp_path / "m.xlsx").write_bytes(workbook(Sheet("S", rows), Sheet("T", [["x"]], "hidden")))
    read = load([tmp_path], tables=TABLES, timezone="Europe/London", into=tmp_path / "out", lenient=True)
    assert not read.problems
    assert any("hidden" in note for note in read.notes)
