"""What a spreadsheet leaves behind is found, with the first line and what stands there."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from cxkpi.exports.findings import Finding
from cxkpi.exports.values.spreadsheet import lost_zeros, rounded

from .conftest import Load
from .rules import made, profile


def found(cells: Sequence[str | None], column: str = "customer_id: C") -> list[Finding]:
    ids = [f"c{number}" for number in range(len(cells))]
    return list(made(profile(f"contact_id: Id\n{column}"), {"Id": ids, "C": cells}).findings)


@pytest.mark.parametrize("cell", ["4.47E+11", "1E+15", "1,2E+15", "4.47e+11"])
def test_shortened_identifiers(cell: str) -> None:
    (one,) = found(["a", cell, cell])
    assert (one.code, one.column, one.line, one.example, one.count, one.masked) == ("F230", "C", 3, cell, 2, True)
    assert "different records may have become one" in one.message


@pytest.mark.parametrize("cell", ["E+11", "4.47E-11", "ABC1E+5", "4E5", "44E+10"])
def test_what_only_looks_shortened(cell: str) -> None:
    assert [one for one in found([cell]) if one.code == "F230"] == []


def test_a_shortened_number_to_call_is_nobody_s_and_named_all_the_same() -> None:
    (one,) = found(["+441632960001", "4.47E+11"], "customer_id: {from: C, phone: true}")
    assert (one.code, one.line) == ("F230", 3)


def test_identifiers_rounded_to_fifteen_digits() -> None:
    cells = [f"90071992547{n:04}00" for n in range(5)]
    (one,) = found(cells)
    assert (one.code, one.line, one.count) == ("F231", 2, 5)
    assert found([*cells, "90071992547401234"]) == []
    assert rounded(pl.Series(["1234567890123450", "1234567890123460"])) is None


def test_lost_leading_zeros() -> None:
    cells = ["10417", "52230", "417", "93311", "70002", "31150", "4102"]
    (one,) = found(cells)
    assert (one.code, one.line, one.count, one.detail, one.said) == ("F232", 4, 2, "5", False)


def test_lost_leading_zeros_of_some() -> None:
    (one,) = found(["00417", "00418", "419", "00420", "00421"])
    assert (one.code, one.line) == ("F232", 4)


@pytest.mark.parametrize(
    "cells",
    [
        [str(number) for number in range(95, 130)],
        [str(number) for number in range(1, 300)],
        ["00417", "00418", "00419", "00420", "00421"],
        ["417", "00418", "0419", "00420", "00421"],
        ["a417", "00418", "0419", "00420", "00421"],
        ["1", "2", "3"],
        [None, None],
    ],
)
def test_identifiers_of_several_lengths_that_lost_nothing(cells: list[str | None]) -> None:
    assert lost_zeros(pl.Series(cells, dtype=pl.String)) is None


def test_days_as_numbers() -> None:
    (one, cells) = found(["2026-01-05 10:00", "46027.5", "46027", "later"], "started_at: C")[::-1]
    assert (one.code, one.line, one.count, one.example) == ("F233", 3, 2, "46027.5")
    assert (cells.code, cells.count) == ("F206", 3)
    assert found(["2026-01-05 10:00", "99999"], "started_at: C")[0].code == "F206"
    assert [one.code for one in found(["46027.5"], "started_at: {from: C, format: excel}")] == []


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("#####", "F234"),
        ("###", "F234"),
        ("#NAME?", "F235"),
        ("#N/A", "F235"),
        ("#DIV/0!", "F235"),
        ("#VALUE!", "F235"),
    ],
)
def test_errors_are_no_values(cell: str, code: str) -> None:
    became = made(profile("contact_id: Id\nqueue: C\ntalk_s: C"), {"Id": ["a", "b", "d"], "C": [None, cell, None]})
    assert became.tables["contacts"]["queue"].to_list() == [None, None, None]
    (one,) = became.findings
    assert (one.code, one.column, one.line, one.count, one.example) == (code, "C", 3, 1, cell)
    assert became.blanked == 0


@pytest.mark.parametrize("cell", ["#1", "##", "#hashtag", "#N/A?", "a #####"])
def test_texts_that_only_begin_like_errors(cell: str) -> None:
    became = made(profile("contact_id: Id\nqueue: C"), {"Id": ["a"], "C": [cell]})
    assert became.tables["contacts"]["queue"].to_list() == [cell]
    assert became.findings == ()


def test_a_key_that_was_an_error_is_rejected() -> None:
    became = made(profile("contact_id: Id"), {"Id": ["a", "#REF!"]})
    assert [(reject.line, reject.reason) for reject in became.rejects] == [(3, "empty")]


def test_formulas_that_keep_zeros_are_undone(loaded: Load) -> None:
    became = loaded({"x.csv": 'Id,Q\n="00123","=""00417"""\n'}, profile=profile("contact_id: Id\nqueue: Q"))
    assert became.rows("contacts", "contact_id", "queue") == [("00123", "00417")]


def test_identifiers_shortened_and_rounded_in_one_column_are_both_named() -> None:
    both = found(["a", "4,47E+11", "123456789012345000"])
    assert [(one.code, one.line, one.count) for one in both] == [("F230", 3, 1), ("F231", 4, 1)]
    assert [one.code for one in found(["4,47E+11", "1234567890123450"])] == ["F230"]
    assert [one.code for one in found(["4,47E+11", "123456789012345000", "123456789012345678"])] == ["F230"]
