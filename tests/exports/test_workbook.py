"""Workbooks: cells as text, sheets, headings that are not on the first row, and what would not fit in memory."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from cxkpi.errors import InputError
from cxkpi.exports.files.workbook import Workbook, clock
from cxkpi.exports.layout.inputs import Recognised

from .books import Cell, Sheet, workbook
from .recognising import profile, recognised

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
HEADINGS = ("contact_id", "started_at", "ended_at")
ROW = ("c1", Cell("46027.4166666667", "instant"), Cell("46027.5", "instant"))


def rows(*cells: Sheet, first_day_1904: bool = False) -> list[tuple[str, ...]]:
    return list(Workbook(workbook(*cells, first_day_1904=first_day_1904), "book").rows(cells[0].name))


def records(file: Recognised) -> tuple[pl.DataFrame, dict[str, int]]:
    """The cells of all headings, and the sums of what is not a record."""
    blocks = list(file.cells(range(len(file.layout.headings))))
    sums = {name: sum(getattr(block, name) for block in blocks) for name in ("skipped", "lines", "blank", "continued")}
    return pl.concat([block.cells for block in blocks]), sums


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (109, "109"),
        (Cell("109.0"), "109"),
        (0.1, "0.1"),
        (Cell("0.30000000000000004"), "0.3"),
        (Cell("6.9444446E-5"), "0.000069444446"),
        (Cell("447123456789012"), "447123456789012"),
        (Cell("1234567890123456789"), "1234567890123460000"),
        (Cell("-2.50"), "-2.5"),
        (Cell("0.832", "percent"), "0.832"),
        ("00417", "00417"),
        ("two\nlines", "two\nlines"),
        (Cell("1", kind="b"), "true"),
        (Cell("0", kind="b"), "false"),
        (Cell("#N/A", kind="e"), "#N/A"),
        (Cell("#DIV/0!", kind="e"), "#DIV/0!"),
        (Cell("46027", "date"), "2026-01-05"),
        (Cell("46027", "instant"), "2026-01-05"),
        (Cell("46027.4166666667", "instant"), "2026-01-05 10:00:00"),
        (Cell("46027.4166724537", "instant"), "2026-01-05 10:00:00.500"),
        (Cell("0.4166666667", "clock"), "10:00:00"),
        (Cell("0", "clock"), "0:00:00"),
        (Cell("1.25", "clock"), "30:00:00"),
        (Cell("2.10603819444444", "span"), "50:32:41.700"),
        (Cell("1", "span"), "24:00:00"),
        (Cell("-0.1", "span"), "-2:24:00"),
        (Cell("0.00165509259", "minutes"), "0:02:23"),
    ],
)
def test_a_cell_as_text(cell: str | float | Cell, text: str) -> None:
    assert rows(Sheet("S", [["x", cell]])) == [("x", text)]


def test_a_formula_nobody_calculated_is_not_an_empty_cell() -> None:
    cells = [
        '<c r="A1"><v>1</v></c>',
        '<c r="B1"><f>A1+1</f></c>',
        '<c r="C1"><f>A1</f><v>1</v></c>',
        '<c r="D1" t="str"><f>""</f><v></v></c>',
        '<c r="E1"><v>5</v></c>',
    ]
    assert rows(Sheet("S", xml=f'<row r="1">{"".join(cells)}</row>')) == [("1", "", "1", "", "5")]


def test_days_counted_from_1904() -> None:
    cells = [Cell("44565", "date"), Cell("44565.5", "instant"), Cell("1.25", "clock")]
    assert rows(Sheet("S", [cells]), first_day_1904=True) == [("2026-01-05", "2026-01-05 12:00:00", "30:00:00")]


def test_spans() -> None:
    assert [clock(timedelta(seconds=s)) for s in (0, 59.9994, 3600, 90061.5)] == [
        *("0:00:00", "0:00:59.999", "1:00:00", "25:01:01.500"),
    ]


def test_headings_below_a_title_and_not_in_the_first_column(tmp_path: Path) -> None:
    sheet = Sheet(
        "Calls",
        [
            [None, "Calls of the week"],
            [],
            [None, *HEADINGS],
            [None, *ROW],
            [],
            [None, *HEADINGS],
            [None, "c2", *ROW[1:]],
            [None, "Total", None, None],
        ],
    )
    footed = profile(
        "profile: my.calls\nsystem: x\nmatch: {headings: [contact_id, started_at]}\nfile: {footer: ['total']}\n"
        "tables: {contacts: {contact_id: contact_id, started_at: started_at}}"
    )
    file = recognised(tmp_path, {"a.xlsx": workbook(sheet)}, footed).one()
    assert (file.layout.headings, file.layout.heading_line) == (HEADINGS, 2)
    cells, sums = records(file)
    assert cells.rows() == [
        ("c1", "2026-01-05 10:00:00", "2026-01-05 12:00:00", 4),
        ("c2", "2026-01-05 10:00:00", "2026-01-05 12:00:00", 7),
    ]
    # Skipped: the title, the headings again, the footer. Lines: every row of the sheet.
    assert sums == {"skipped": 3, "lines": 8, "blank": 2, "continued": 1}


def test_a_sheet_of_several_blocks_of_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxkpi.exports.files.cellwise._BLOCK", 7)
    sheet = Sheet("Calls", [HEADINGS, *[(f"c{n}", *ROW[1:]) for n in range(100)]])
    file = recognised(tmp_path, {"a.xlsx": workbook(sheet)}).one()
    cells, sums = records(file)
    assert cells["c0"].to_list() == [f"c{n}" for n in range(100)]
    assert cells["line"].to_list() == list(range(2, 102))
    assert sums == {"skipped": 0, "lines": 101, "blank": 0, "continued": 1}


def test_every_sheet_is_a_source_of_its_own(tmp_path: Path) -> None:
    book = workbook(
        Sheet("Calls", [HEADINGS, ROW]),
        Sheet("Empty"),
        Sheet("Notes", [["what these numbers mean"]]),
        Sheet("Old", [HEADINGS, ROW], "hidden"),
    )
    outcome = recognised(tmp_path, {"a.xlsx": book}, named=True)
    assert outcome.profiles == {
        "a.xlsx#Calls": "cxkpi.contacts",
        "a.xlsx#Notes": "unrecognised",
        "a.xlsx#Old": "unrecognised",
    }
    assert "hidden" in outcome.left[1].note


def test_a_profile_may_name_its_sheet_even_a_hidden_one(tmp_path: Path) -> None:
    mine = profile(
        "profile: my.calls\nsystem: x\nmatch: {headings: [contact_id]}\nfile: {sheet: old}\n"
        "tables: {contacts: {contact_id: contact_id}}"
    )
    book = workbook(Sheet("Calls", [HEADINGS, ROW]), Sheet("Old", [HEADINGS, ROW], "veryHidden"))
    outcome = recognised(tmp_path, {"a.xlsx": book}, mine)
    assert outcome.profiles == {"a.xlsx#Calls": "cxkpi.contacts", "a.xlsx#Old": "my.calls"}


@pytest.mark.parametrize(
    "xml",
    [
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="9000000000"><c><v>1</v></c></row>',
        "<row r='1'><c s='0' r='A1'><v>1</v></c><c s='0' r='ZZZZZZ99999999'><v>1</v></c></row>",
    ],
)
def test_a_stray_cell_far_out_takes_no_memory(xml: str) -> None:
    with pytest.raises(InputError, match="reaches over"):
        rows(Sheet("S", xml=xml))


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"", workbook(Sheet("S", [["x"]]))[:300]])
def test_what_is_no_workbook_is_said(content: bytes) -> None:
    with pytest.raises(InputError, match="I103"):
        Workbook(content, "book")


def test_xml_that_breaks_off_is_said() -> None:
    with pytest.raises(InputError, match="I103"):
        rows(Sheet("S", xml='<row r="1"><c r="A1" t="n"><v>1</v></c'))


def test_workbooks_people_really_have() -> None:
    sentiment = DATA / "rwfd_sample70" / "Call-Center-Sentiment-Sample-Data.xlsx"
    calls = DATA / "pwc_call_center" / "01 Call-Center-Dataset.xlsx"
    if not (sentiment.exists() and calls.exists()):
        pytest.skip("the data sets are not here")
    book = Workbook(sentiment.read_bytes(), "book")
    assert [(sheet.name, sheet.empty) for sheet in book.sheets()] == [
        *(("pivot table", False), ("Dashboard", True), ("Call Center Data", False)),
    ]
    found = list(book.rows("Call Center Data"))
    assert found[5][:3] == ("ID", "Customer Name", "Sentiment")
    assert found[6][:6] == ("PIS-39858047", "Frances Gullefant", "Neutral", "8", "2024-01-01", "Billing Question")
    written = list(Workbook(calls.read_bytes(), "book").rows("Sheet1"))
    assert len(written) == 5001
    assert written[1] == (
        "ID0001",
        "Diane",
        "2021-01-01",
        "9:12:58",
        "Contract related",
        "Y",
        "Y",
        "109",
        "0:02:23",
        "3",
    )
