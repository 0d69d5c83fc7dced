"""Any Result, with any strings in it, is written in every format without error, and reads back equal."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import jsonschema
import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from reports import written
from reports.factory import month, result, row
from reports.shapes import cases, restated, results
from rich.cells import cell_len

from cxkpi.cli.outputs import OUTPUTS, render
from cxkpi.reports import result_schema, summary, terminal, tidy
from cxkpi.reports.reading import numbered, sheltered
from cxkpi.reports.xlsx.sheet import fitted
from cxkpi.result import PastCell, Restated, Restatement, Result

_TEXTS = ("html", "markdown", "csv", "json", "prometheus")
_EXAMPLES = settings(
    max_examples=int(os.environ.get("CXKPI_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
_VALIDATOR = jsonschema.Draft202012Validator(dict(result_schema.schema()))


def _table(found: Result) -> tuple[Mapping[str, str], Sequence[Sequence[object]]]:
    types = tidy.columns(found)
    return types, list(tidy.rows(found))


def _same(one: object, other: object) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        # A workbook keeps milliseconds.
        return abs(one - other) <= timedelta(milliseconds=1)
    if isinstance(one, float | int) and not isinstance(one, bool) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-14, abs_tol=1e-300)
    return one == other


@pytest.mark.parametrize("kind", [kind for kind in OUTPUTS if kind not in ("pdf", "html")])
@_EXAMPLES
@given(found=results())
def test_everything_renders_and_always_alike(kind, found):
    first = render(found, kind)
    assert first == render(found, kind)
    assert summary.restated(found, False) == summary.restated(found, False)
    if kind in _TEXTS:
        first.decode("utf-8")


@_EXAMPLES
@given(found=results(), width=st.sampled_from([20, 60, 80, 100, 160, 200]), unicode=st.booleans())
def test_a_terminal_shows_everything_within_its_width(found, width, unicode):
    text = terminal.text(found, width=width, unicode=unicode)
    assert text == terminal.text(found, width=width, unicode=unicode)
    # Where a label and a value have no room on one line, nothing has.
    assert width < 60 or all(cell_len(line) <= width for line in text.split("\n"))
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]", text)


# A chart takes a tenth of a second.
@settings(_EXAMPLES, max_examples=max(5, _EXAMPLES.max_examples // 4))
@given(found=results())
def test_html_renders_and_always_alike(found):
    first = render(found, "html")
    assert first == render(found, "html")
    assert b"<script>alert" not in first
    first.decode("utf-8")


@_EXAMPLES
@given(found=results())
def test_json_reads_back_equal_and_fits_its_schema(found):
    value = json.loads(render(found, "json"))
    _VALIDATOR.validate(value)
    shown = sheltered(found)
    assert value["notes"] == list(shown.notes)
    assert value["only"] == {name: list(values) for name, values in shown.only.items()}
    for item, expected in zip(value["results"], shown.rows, strict=True):
        assert item["by"] == dict(expected.by)
        assert (item["metric"], item["variant"], item["unit"]) == (expected.metric, expected.variant, expected.unit)
        numbers = ("value", "low", "high", "n", "numerator", "denominator", "immature", "missing", "censored")
        assert [item[name] for name in numbers] == [getattr(expected, name) for name in numbers]
        assert item["notes"] == list(expected.notes)
        assert item["period"].get("label") == expected.period.label


@pytest.mark.parametrize("locale", ["en", "de"])
@_EXAMPLES
@given(found=results())
def test_csv_reads_back_equal(locale, found):
    text = render(found, "csv", locale=locale).decode("utf-8")
    comma, point = (";", ",") if locale == "de" else (",", ".")
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=comma))
    types, rows = _table(sheltered(found))
    assert lines[0] == [_as_csv(name) for name in types]
    for cells, expected in zip(lines[1:], rows, strict=True):
        for kind, cell, value in zip(types.values(), cells, expected, strict=True):
            assert _from_csv(kind, cell, point) == (_clean(value) if isinstance(value, str) else _blank(value))


def _clean(text: str) -> str | None:
    """A text as CSV may hold it: no control characters, UTF-8; an empty one is nothing."""
    shown = re.sub("\r(?!\n)|[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", "\ufffd", text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8") or None


def _as_csv(text: str) -> str:
    clean = _clean(text) or ""
    return f"'{clean}" if clean.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else clean


def _blank(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value


def _from_csv(kind: str, cell: str, point: str) -> object:
    if cell == "":
        return None
    match kind:
        case "text":
            return cell[1:] if cell.startswith("'") else cell
        case "flag":
            return {"true": True, "false": False}[cell]
        case "day":
            return date.fromisoformat(cell)
        case "instant":
            return datetime.fromisoformat(cell)
        case "limit" if ".." in cell:
            low, high = cell.split("..")
            return float(low.replace(point, ".")), float(high.replace(point, "."))
        case _:
            return float(cell.replace(point, "."))


@_EXAMPLES
@given(found=results())
def test_parquet_reads_back_equal(found):
    frame = pl.read_parquet(io.BytesIO(render(found, "parquet")))
    types, rows = _table(sheltered(found))
    assert frame.columns == [_utf8(name) for name in tidy.split(types)]
    expected = [tuple(_utf8(cell) for cell in tidy.split_cells(types, cells)) for cells in rows]
    assert [tuple(cells) for cells in frame.rows()] == expected


def _utf8(cell: object) -> object:
    return cell.encode("utf-8", "backslashreplace").decode("utf-8") if isinstance(cell, str) else cell


@_EXAMPLES
@given(found=results())
def test_xlsx_reads_back_equal_within_a_cells_limits(found):
    content = render(found, "xlsx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(io.BytesIO(content))
    other = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheetnames == other.sheet_names
    assert all(len(name.encode("utf-16-le")) <= 62 for name in book.sheetnames)
    if not found.rows:
        return
    types, rows = _table(numbered(sheltered(found)))
    expected = [tidy.split_cells(types, cells) for cells in rows]
    skipped = 2 if found.by else 1
    names = [fitted(name) for name in tidy.split(types)]
    lines = [cells[skipped:] for cells in book["Data"].iter_rows(values_only=True)]
    assert [name or "" for name in lines[0]] == names
    for cells, wanted in zip(lines[1:], expected, strict=True):
        for cell, value in zip(cells, wanted, strict=True):
            assert _same(cell, _for_cell(value))
    again = [line[skipped:] for line in other.get_sheet_by_name("Data").to_python(skip_empty_area=False)]
    for cells, wanted in zip(again[1:], expected, strict=True):
        padded = [*cells, *[""] * (len(wanted) - len(cells))]
        for cell, value in zip(padded, wanted, strict=True):
            kept = _for_cell(value)
            if isinstance(cell, date) and not isinstance(cell, datetime):
                cell = datetime(cell.year, cell.month, cell.day)
            assert _same(cell, "" if kept is None else kept)


def _for_cell(value: object) -> object:
    match value:
        case "":
            return None
        case str():
            return fitted(value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case date():
            return datetime(value.year, value.month, value.day)
        case _:
            return value


@pytest.mark.parametrize("kind", [kind for kind in OUTPUTS if kind not in ("pdf",)])
@pytest.mark.parametrize("name", cases())
def test_every_shape_renders(kind, name):
    assert render(cases()[name], kind)


def test_every_shape_fits_the_schema():
    for found in (*cases().values(), replace(result([]), through={})):
        _VALIDATOR.validate(json.loads(render(found, "json")))


@pytest.mark.parametrize("show_values", [False, True])
@pytest.mark.parametrize("name", ["customer_id", "contact.customer_id"])
@pytest.mark.parametrize("kind", ["table", *(kind for kind in OUTPUTS if kind != "pdf")])
def test_a_customer_is_in_no_report(kind, name, show_values):
    found = result([row(by={}), row(by={name: "C-4711"}), row(by={name: None})])
    cell = PastCell("9c2e01b7", 1.0, 9, None, None, 0, None, None, None, None)
    past = Restated("aht", None, "month", month(5).start, month(5).end, {name: "C-4712"}, cell, None, ("as_of",), True)
    found = replace(found, restated=Restatement("run.json", found.as_of, (), (), (), (past,)))
    said = _readable(found, kind, show_values)
    assert "471" not in said
    assert "#1" in said or "&#35;1" in said
    assert not any("471" in line for line in summary.restated(found, show_values))


def _readable(found: Result, kind: str, show_values: bool) -> str:
    if kind == "table":
        return terminal.text(found, width=160, show_values=show_values)
    content = render(found, kind, show_values=show_values)
    if kind == "xlsx":
        return written.workbook(content)
    return written.parquet(content) if kind == "parquet" else content.decode("utf-8")


def test_a_number_is_the_same_in_every_file():
    found = result(
        [row(by={}), *(row(by={"customer_id": f"C-{number}"}, value=100.0 + number) for number in range(12))]
    )
    assert '"by": {"customer_id": "#12"}, "value": 109' in render(found, "json").decode("utf-8")
    assert '"by": {"customer_id": "#2"}, "value": 101' in render(found, "json").decode("utf-8")
    assert re.search(r"`#12` \| Jun 2026 \| 1:49 ", render(found, "markdown").decode("utf-8"))
    assert re.search(r"`#2` \| Jun 2026 \| 1:41 ", render(found, "markdown").decode("utf-8"))


@pytest.mark.parametrize("kind", ["html", "markdown", "xlsx"])
def test_what_was_restated_is_told_from_what_to_what_and_why(kind):
    said = _readable(restated(), kind, False)
    assert "6 figures of past periods differ from the run of nightly/run.json" in said
    assert "another target (≥ 85.0 % → ≥ 90.0 %)" in said
    assert "the present moved on and read by other profiles (part of it could not be judged then)" in said
    assert ("6:06.91" in said) == (kind != "xlsx")
    assert "not there" in said
    assert "withheld" in said


def test_free_text_and_ids_of_records_are_shown_on_request_alone():
    found = result([row(by={"contact_id": "K-4711", "agent_id": "A-17"})])
    assert b"4711" not in render(found, "json")
    assert b"A-17" in render(found, "json")
    assert b"4711" in render(found, "json", show_values=True)
    own = replace(result([row(by={"shop": "S-4711"})]), identifiers=frozenset({"shop"}))
    assert b"4711" not in render(own, "csv")


@pytest.mark.parametrize("kind", ["markdown", "html"])
def test_agents_are_numbered_in_what_people_read(kind):
    found = result([row(by={"agent_id": "A-4711"})])
    assert b"4711" not in render(found, kind)
    assert b"4711" in render(found, kind, show_values=True)
