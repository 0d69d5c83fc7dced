"""Examples beside a definition: small tables written as text, and what the metric must give over them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cxkpi.catalogue.grammar import EXPECTED, IN_UNIT, WORDS, ExampleText
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.values.moments import parse_date, parse_timestamp
from cxkpi.catalogue.values.quantities import Refusal, in_unit
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.documents.validation import describe
from cxkpi.kinds.definition import Example
from cxkpi.tables import ColumnType, Table

MAX_ROWS = 100_000
"""Rows of all examples of a catalogue together."""

# As in the files of a report, where what lies beyond stands for no date.
_YEARS = range(1900, 2200)
_REACH = f"Years go from {_YEARS[0]} to {_YEARS[-1]}."
_EMPTY = "Leave the cell empty where there is none."

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_WANTED: Mapping[ColumnType, str] = {
    "number": "a number",
    "duration": "a number of seconds",
    "integer": "a whole number",
    "boolean": "true or false",
    "instant": "a local time such as 2026-01-05 09:00",
    "date": "a date such as 2026-01-05",
}

Row = Mapping[str, str | None]


@dataclass(slots=True)
class Allowance:
    """How many rows the examples of a catalogue may still have."""

    rows: int = MAX_ROWS


def example(
    text: ExampleText,
    number: int,
    unit: str,
    path: Path,
    tables: Mapping[str, Table],
    report: Report,
    left: Allowance | None = None,
) -> Example:
    """The example at ``path``, the ``number``-th of its metric; what is wrong with it is reported.

    ``left``: how many rows the examples may still have.
    """
    left = left or Allowance()
    given = {
        name: parse_table(written, name, tables, (*path, "given", name), report, left)
        for name, written in text.given.items()
    }
    expect = _expected(text.expect, unit, (*path, "expect"), report)
    expect_by = {
        dimension: {
            value: _expected(fields, unit, (*path, "expect_by", dimension, value), report)
            for value, fields in values.items()
        }
        for dimension, values in text.expect_by.items()
    }
    if not expect and not expect_by:
        report.add("C503", "this example expects nothing", path, "Add 'expect: {value: …}'.")
    if text.round is not None and text.truncate is not None:
        report.add("C109", "'truncate' does not go with 'round'", (*path, "truncate"), key=True)
    if text.as_of is not None and parse_timestamp(text.as_of) is None:
        report.add("C504", f"'{text.as_of}' is not a local date or time", (*path, "as_of"))
    for key, written in (("since", text.since), ("until", text.until)):
        if written is not None and parse_date(written) is None:
            report.add("C504", f"'{written}' is not a date", (*path, key))
    for key, written in (("as_of", text.as_of), ("since", text.since), ("until", text.until)):
        if written is not None and _out_of_reach(written):
            report.add("C504", f"the year of '{written}' is out of reach", (*path, key), _REACH)
    return Example(
        name=text.name or f"example {number}",
        given=given,
        expect=expect,
        expect_by=expect_by,
        as_of=text.as_of,
        every=text.every,
        since=text.since,
        until=text.until,
        decimals=text.round if text.truncate is None else text.truncate,
        truncated=text.truncate is not None,
        place=report.document.place_of(path),
    )


def parse_table(
    text: str, name: str, tables: Mapping[str, Table], path: Path, report: Report, left: Allowance | None = None
) -> tuple[Row, ...]:
    """The rows of a table written with bars between columns and its column names in the first line.

    Cells are trimmed, an empty cell is null, and a column ``rows`` says how often its row stands there.
    """
    if name not in tables:
        message = f"no table '{name}'{did_you_mean(name, tables)}"
        report.add("C502", message, path, f"There are {listed(tables)}.", key=True)
        return ()
    lines = _lines(text)
    if not lines:
        report.add("C501", f"the table '{name}' has no line of column names", path)
        return ()
    header, *body = lines
    columns = _columns([cell for _, cell in header], [at for at, _ in header], tables[name], path, report)
    rows: list[Row] = []
    left = left or Allowance()
    for cells in body:
        row = _row(cells, columns, tables[name], path, report)
        if row is None:
            continue
        times = int(row.pop("rows", None) or 1)
        if times > left.rows:
            message = f"the examples of a catalogue have at most {MAX_ROWS:,} rows in all"
            if left.rows >= 0:
                _fault(report, path, cells[0][0], "C501", message, "A few rows show what a metric means.")
            left.rows = -1
            return ()
        left.rows -= times
        rows.extend([row] * times)
    return tuple(rows)


def _fault(report: Report, path: Path, offset: int, code: str, message: str, hint: str | None = None) -> None:
    document = report.document
    report.extend([document.problem(code, message, document.place_in(path, offset), hint)])


def _lines(text: str) -> list[list[tuple[int, str]]]:
    """The cells of every line that is not blank, each with its offset; bars around a line are left out."""
    found = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            inner, shift = line, 0
            if line.strip().startswith("|"):
                shift = line.index("|") + 1
                inner = line[shift:]
                inner = inner.rstrip()[:-1] if inner.rstrip().endswith("|") else inner
            cells = []
            for cell in inner.split("|"):
                leading = len(cell) - len(cell.lstrip())
                # An empty cell is pointed at by the bar that ends it.
                cells.append((start + shift + (leading if cell.strip() else 0), cell.strip()))
                shift += len(cell) + 1
            found.append(cells)
        start += len(line) + 1
    return found


def _columns(names: list[str], offsets: list[int], table: Table, path: Path, report: Report) -> list[str]:
    known = (*table.columns, "source", "rows")
    for position, (column, offset) in enumerate(zip(names, offsets, strict=True)):
        if column in names[:position]:
            _fault(report, path, offset, "C501", f"the column '{column}' stands here twice")
        elif column not in known:
            message = f"no column '{column}' in table '{table.name}'{did_you_mean(column, known)}"
            _fault(report, path, offset, "C502", message)
    return names


def _row(
    cells: list[tuple[int, str]], columns: list[str], table: Table, path: Path, report: Report
) -> dict[str, str | None] | None:
    if len(cells) != len(columns):
        message = f"this row has {len(cells)} cells, and the table {len(columns)} columns"
        _fault(report, path, cells[0][0], "C501", message)
        return None
    row: dict[str, str | None] = {}
    for column, (offset, cell) in zip(columns, cells, strict=True):
        row[column] = cell or None
        if not cell:
            continue
        if column == "rows":
            if not (_INTEGER.fullmatch(cell) and int(cell) > 0):
                _fault(report, path, offset, "C504", f"'{cell}' is not how often a row stands there")
                row[column] = None
        elif column in table.columns and not _fits(cell, table.columns[column].type):
            wanted = _WANTED[table.columns[column].type]
            _fault(report, path, offset, "C504", f"{column}: '{cell}' is not {wanted}")
        elif column in table.columns and table.columns[column].type in ("date", "instant") and _out_of_reach(cell):
            _fault(
                report, path, offset, "C504", f"{column}: the year of '{cell}' is out of reach", f"{_REACH} {_EMPTY}"
            )
    return row


def _out_of_reach(written: str) -> bool:
    at: date | None = parse_timestamp(written)
    return at is not None and at.year not in _YEARS


def _fits(cell: str, kind: ColumnType) -> bool:
    match kind:
        case "text":
            return True
        case "boolean":
            return cell in ("true", "false")
        case "integer":
            return _INTEGER.fullmatch(cell) is not None
        case "number" | "duration":
            return _NUMBER.fullmatch(cell) is not None
        case "date":
            return parse_date(cell) is not None
        case "instant":
            return parse_timestamp(cell) is not None


def _expected(written: Mapping[str, Any], unit: str, path: Path, report: Report) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, value in written.items():
        place = (*path, field)
        found[field] = value
        if field not in EXPECTED:
            hint = f"It may expect {listed(EXPECTED)}."
            report.add("C503", f"no field '{field}' in a result{did_you_mean(field, EXPECTED)}", place, hint, key=True)
        elif field in WORDS:
            if value is not None and value not in WORDS[field]:
                report.add("C503", f"{field} is never {describe(value)}", place, f"It is {listed(WORDS[field])}.")
        elif field in IN_UNIT and isinstance(value, str):
            number = in_unit(value, unit)
            if isinstance(number, Refusal):
                report.add("C503", number.message, place, number.hint)
            else:
                found[field] = number
        elif value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            report.add("C503", f"{field} is a number, not {describe(value)}", place)
    return found
