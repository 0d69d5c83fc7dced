"""XLSX: what cells hold and look like, the limits of a workbook, and what LibreOffice makes of it."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import replace
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from reports.factory import centre, info, month, result, row
from reports.shapes import odd

from cxkpi.reports import xlsx
from cxkpi.reports.xlsx import sheet as limits
from cxkpi.reports.xlsx.sheet import LONGEST_TEXT, fitted, name_of
from cxkpi.result import Change


def _book(found, **options):
    return openpyxl.load_workbook(io.BytesIO(xlsx.render(found, **options)))


def _table(sheet, top):
    """The lines under the headings in row ``top``, as mappings."""
    lines = sheet.iter_rows(min_row=top)
    names = [cell.value for cell in next(lines)]
    return [dict(zip(names, line, strict=True)) for line in lines]


def test_the_sheets_in_their_order():
    names = _book(centre()).sheetnames
    assert names == [
        "Summary", "Data", "fcr", "csat", "ces", "aht", "turnover", "speed_to_competency", "Definitions", "Files",
    ]  # fmt: skip


def test_durations_percentages_and_dates_are_real():
    book = _book(centre())
    lines = {line["metric"].value: line for line in _table(book["Summary"], 4)}
    assert lines["Average handle time"]["value"].value == timedelta(seconds=366.9)
    assert lines["Average handle time"]["value"].number_format == "[>=0.04166087962962963][h]:mm:ss;[m]:ss"
    assert (lines["Customer satisfaction"]["value"].value, lines["Customer satisfaction"]["value"].number_format) == (
        0.871,
        "0.0%",
    )
    assert lines["Speed to competency"]["value"].number_format == '#,##0" d"'
    months = _table(book["aht"], 5)
    assert [line["start"].value for line in months[:2]] == [datetime(2026, 1, 1), datetime(2026, 2, 1)]
    assert months[0]["start"].is_date
    again = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.render(centre()))).get_sheet_by_name("aht").to_python()
    assert again[5][1:3] == [date(2026, 1, 1), timedelta(seconds=386.2)]


@pytest.mark.parametrize(
    ("unit", "value", "format_"),
    [
        ("seconds", 59.5, '[s].0" s"'), ("seconds", 59.0, "[>=0.04166087962962963][h]:mm:ss;[m]:ss"),
        ("seconds", -3.0, "@"),
        ("percent", 0.005, "0.00%"), ("points", -12.5, "0.0"), ("EUR", 3.5, '#,##0.00" EUR"'), ("score", 4.25,
        "#,##0.00"),
        ('a"b', 4.25, "#,##0.00"), ("hours", 1.25, '#,##0.0" h"'),
    ],
)  # fmt: skip
def test_formats_of_units(unit, value, format_):
    found = result([row(unit=unit, value=value, low=None, high=None, target=None, alarm=None, status="met")])
    found = replace(found, metrics={row().key: info("aht", unit=unit)})
    cell = _table(_book(found)["Summary"], 4)[0]["value"]
    assert cell.number_format == format_
    kept = cell.value.total_seconds() if isinstance(cell.value, timedelta) else cell.value
    # A spreadsheet shows no duration below 0.
    assert kept == ("−0:03" if value == -3.0 else pytest.approx(value))


def test_a_value_does_not_look_equal_to_the_target_it_misses():
    found = result([row("fcr", value=0.74996, target=0.75, low=None, high=None)])
    assert _table(_book(found)["Summary"], 4)[0]["value"].number_format == "0.000%"


def test_changes_are_seconds_and_points():
    rows = [
        row("aht", value=360.0, change=Change(month(5).start, 400.0, -40.0, True)),
        row("fcr", value=0.7, change=Change(month(5).start, 0.65, 0.05, None)),
        row("ces", value=5.0, change=Change(month(5).start, 5.0, -0.0001, False)),
    ]
    lines = _table(_book(result(rows))["Summary"], 4)
    assert (lines[0]["change"].value, lines[0]["change"].number_format) == (-40, '+#,##0" s";-#,##0" s";#,##0" s"')
    assert (lines[1]["change"].value, lines[1]["change"].number_format) == (5, '+0.0" pt";-0.0" pt";0.0" pt"')
    assert lines[2]["change"].number_format == "#,##0.00;#,##0.00;#,##0.00"
    assert [line["beyond chance"].value for line in lines] == ["yes", None, "no"]


def test_headings_are_frozen_filtered_and_printed_on_every_page():
    book = _book(centre(by="queue"))
    assert {sheet.title: sheet.freeze_panes for sheet in book}["aht"] == "B6"
    for sheet in book:
        top = int(sheet.freeze_panes[1:]) - 1
        assert sheet.auto_filter.ref.startswith(f"A{top}:")
        assert sheet.print_title_rows == f"${top}:${top}"
        assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)


def test_verdicts_colour_their_value():
    sheet = _book(centre())["Summary"]
    rules = {
        str(area.sqref): [rule.formula[0] for rule in those]
        for area, those in sheet.conditional_formatting._cf_rules.items()
    }
    assert rules == {"C5:D10": ['$D5="met"', '$D5="missed"', '$D5="alarm"']}
    assert [line["verdict"].value for line in _table(sheet, 4)][:2] == ["missed", "met"]


def test_a_chart_per_metric_with_more_than_one_period():
    book = _book(centre())
    assert [len(sheet._charts) for sheet in book] == [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
    chart = book["aht"]._charts[0]
    assert [series.val.numRef.f for series in chart.series] == [
        "aht!$C$6:$C$11", "aht!$E$6:$E$11", "aht!$I$6:$I$11", "aht!$J$6:$J$11",
    ]  # fmt: skip
    assert not _book(result([row()]))["aht"]._charts


def test_a_chart_has_no_lines_of_what_is_not_there():
    rows = [row("aht", month(at), value=350.0 + at, low=None, high=None, target=None, alarm=None) for at in (4, 5)]
    of_a_queue = row("aht", month(5), by={"queue": "Billing"}, target=360.0)
    chart = _book(replace(result([*rows, of_a_queue]), by=("queue",)))["aht"]._charts[0]
    assert [series.tx.v for series in chart.series] == ["value"]


@pytest.mark.parametrize(
    ("values", "end"), [((0.5, 0.96), 1), ((0.9, 0.99), 1), ((0.2, 0.4), None), ((0.9, 1.2), None)]
)
def test_the_axis_of_shares_ends_at_100_percent(values, end):
    rows = [row("fcr", month(at), value=one, low=None, high=None, target=None) for at, one in enumerate(values, 4)]
    assert _book(result(rows))["fcr"]._charts[0].y_axis.scaling.max == end


def test_targets_of_their_own_ranges_bounds_and_what_is_withheld():
    book = _book(odd())
    months = _table(book["fcr"], 5)
    assert [line["target"].value for line in months[:2]] == [0.75, 0.70]
    assert (months[1]["will be from"].value, months[1]["will be to"].value) == (0.65, 0.81)
    assert [line["period"].value for line in months[:2]] == ["FY27 P01", "FY27 P02"]
    ranges = _table(book["aht"], 5)[0]
    assert (ranges["target"].value, ranges["target to"].value) == (timedelta(minutes=5), timedelta(minutes=6))
    hidden = next(line for line in _table(book["csat"], 5) if line["queue"].value != "all")
    assert (hidden["verdict"].value, hidden["value"].value, hidden["n"].value) == (
        "withheld: too few people to show",
        None,
        None,
    )
    summary = _table(book["Summary"], 4)
    assert any(
        "not by queue, agent_id: its people are in no queue" in (line["remarks"].value or "") for line in summary
    )
    assert any("its figure will be in 65.0–81.0 %" in (line["remarks"].value or "") for line in summary)
    assert any("mixes two definitions" in (line["remarks"].value or "") for line in summary)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r\n", "'", "{=", "http://"])
def test_text_is_text(start):
    hostile = f"{start}1+1"
    found = result([row(by={"queue": hostile})], notes=(hostile,))
    found = replace(found, metrics={row().key: info("aht", label=hostile, objective=hostile)})
    book = _book(found)
    for sheet in book:
        for cell in (cell for line in sheet.iter_rows() for cell in line):
            assert cell.data_type != "f"
            assert cell.hyperlink is None
    cell = _table(book["Data"], 1)[0]["by_queue"]
    assert cell.value.replace("_x000D_", "") == hostile.replace("\r\n", "\n")
    # Whoever edits the cell gets text again, not a formula.
    assert cell.quotePrefix is (start in ("=", "+", "-", "@", "\t", "\r\n", "'"))


def test_agents_are_numbered_unless_shown():
    found = result([row(by={"agent_id": "A-4711"})])
    for shown in (False, True):
        cells = [cell.value for sheet in _book(found, show_values=shown) for line in sheet.iter_rows() for cell in line]
        assert ("A-4711" in cells, "#1" in cells) == (shown, not shown)


def test_a_long_text_is_cut_where_a_cell_ends():
    for char in ("x", "😀"):
        kept = fitted(char * 40_000)
        assert len(kept.encode("utf-16-le")) // 2 <= LONGEST_TEXT
        assert kept.endswith("(cut here: a cell holds no more)")
    assert fitted("x" * LONGEST_TEXT) == "x" * LONGEST_TEXT
    found = result([row(by={"queue": "q" * 50_000}, notes=("n" * 50_000,))])
    assert _table(_book(found)["Data"], 1)[0]["by_queue"].value == fitted("q" * 50_000)


def test_names_of_sheets():
    assert name_of("aht", set()) == "aht"
    assert name_of("a" * 40, set()) == "a" * 31
    assert name_of("a" * 40, {"a" * 31}) == "a" * 29 + "~2"
    assert name_of("Summary", {"summary"}) == "Summary~2"
    assert name_of("history", set()) == "history~2"
    assert name_of("[x]:*?/\\'", set()) == "_x_______"
    assert name_of("", set()) == "_"
    assert len(name_of("😀" * 20, set()).encode("utf-16-le")) <= 62


def test_rows_beyond_the_last_are_cut_with_a_note(monkeypatch):
    monkeypatch.setattr(limits, "MOST_ROWS", 12)
    book = _book(centre(by="queue"))
    for name in ("Data", "aht", "Summary"):
        assert book[name].max_row == 12
        assert book[name].cell(12, 1).value == "cut here: a sheet holds no more rows"
        assert book[name].cell(11, 1).value


def test_a_thousand_metrics_are_two_hundred_sheets():
    rows = [replace(row(), metric=f"m{number}") for number in range(230)]
    found = replace(
        result([row()]), rows=tuple(rows), metrics={one.key: replace(info("aht"), metric=one.metric) for one in rows}
    )
    assert len(_book(found).sheetnames) == 204


def test_days_before_the_calendar_of_a_workbook_are_text():
    period = replace(month(6), start=date(1899, 12, 1), judged_until=datetime(1899, 12, 1))
    line = _table(_book(result([row(period=period)]))["Data"], 1)[0]
    assert (line["period_start"].value, line["period_judged_until"].value) == ("1899-12-01", "1899-12-01T00:00:00")


def test_the_same_result_gives_the_same_bytes_also_when_it_is_large(monkeypatch):
    first = xlsx.render(centre(by="queue"))
    assert first == xlsx.render(centre(by="queue"))
    before = _cells(first)
    monkeypatch.setattr(xlsx, "_MANY_ROWS", 1)
    large = xlsx.render(centre(by="queue"))
    assert large == xlsx.render(centre(by="queue"))
    assert _cells(large) == before


def _cells(content):
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {sheet.title: [[cell.value for cell in line] for line in sheet.iter_rows()] for sheet in book}


def _soffice(place, *targets):
    profile = f"-env:UserInstallation={(place.parent / 'profile').as_uri()}"
    for target in targets:
        done = subprocess.run(
            ["soffice", profile, "--headless", "--convert-to", target, "--outdir", place.parent, place],
            capture_output=True, text=True, timeout=240, check=True,
        )  # fmt: skip
        assert "Error" not in done.stderr + done.stdout


# Every sheet as CSV: comma, quotes, UTF-8; the ninth says whether cells are as they look.
_AS_KEPT = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
_AS_SHOWN = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,-1"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_figures_as_a_report_does(tmp_path):
    place = tmp_path / "report.xlsx"
    place.write_bytes(xlsx.render(centre()))
    _soffice(place, _AS_SHOWN)
    lines = list(csv.reader((tmp_path / "report-Summary.csv").read_text(encoding="utf-8").splitlines()))
    shown = {line[0]: line[2:9] for line in lines[4:]}
    assert shown["Average handle time"][:4] == ["6:07", "missed", "6:00", "-6 s"]
    assert shown["Customer satisfaction"][:4] == ["87.1%", "met", "85.0%", "+0.5 pt"]
    assert shown["Speed to competency"][:3] == ["70 d", "met", "70 d"]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("found", [centre(by="queue"), odd()], ids=["by_queue", "odd"])
def test_libreoffice_opens_it_and_reads_the_same(found, tmp_path):
    place = tmp_path / "report.xlsx"
    place.write_bytes(xlsx.render(found))
    _soffice(place, _AS_KEPT, "pdf")
    assert (tmp_path / "report.pdf").stat().st_size > 10_000
    book = openpyxl.load_workbook(place)
    for sheet in book:
        text = (tmp_path / f"report-{sheet.title}.csv").read_text(encoding="utf-8")
        lines = list(csv.reader(io.StringIO(text, newline="")))
        kept = [[cell.value for cell in line] for line in sheet.iter_rows()]
        for line, cells in zip(lines, kept, strict=False):
            padded = [*line, *[""] * (len(cells) - len(line))]
            assert all(_read(shown, cell) for shown, cell in zip(padded, cells, strict=False)), (
                sheet.title,
                line,
                cells,
            )


def _read(shown, cell):
    """Whether LibreOffice's text of a cell says what openpyxl reads."""
    match cell:
        case None:
            return shown == ""
        case bool():
            return shown == str(cell).upper()
        case timedelta():
            # Whole seconds are a time of day, others minutes and seconds.
            hours, minutes, seconds = ["0"] * (3 - len(shown.split(":"))) + shown[
                : -3 if shown[-1] == "M" else None
            ].split(":")
            told = int(hours) % 12 * 3600 + int(minutes) * 60 + float(seconds)
            return told == pytest.approx(cell.total_seconds() % 43_200, abs=0.51)
        case datetime():
            return shown.startswith((cell.strftime("%Y-%m-%d"), cell.strftime("%m/%d/%y")))
        case int() | float() if shown.endswith("%"):
            return float(shown[:-1]) / 100 == pytest.approx(cell, rel=1e-9)
        case int() | float():
            return float(shown) == pytest.approx(cell, rel=1e-9)
        case _:
            return shown == cell
