"""What is done in a short way where a column or block allows it comes to the same as the long way."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal, assert_series_equal

from cxkpi.exports import parquet
from cxkpi.exports.files import reading, records
from cxkpi.exports.files.records import Splitter
from cxkpi.exports.parquet import write_rows
from cxkpi.exports.values import few as few_values
from cxkpi.exports.values import spreadsheet, units
from cxkpi.exports.values.cells import picked, text_marked, tidy_identifiers
from cxkpi.exports.values.columns import as_number, plain_numbers, retried
from cxkpi.exports.values.durations import durations
from cxkpi.exports.values.few import few
from cxkpi.exports.values.phones import WITHHELD, _keys, phones

from .rules import made, profile

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def text(cells: Sequence[str | None]) -> pl.Series:
    return pl.Series("t", cells, dtype=pl.String)


# -- blocks of lines --------------------------------------------------------------------------------------------------


def splitter(delimiter: str = ",", width: int = 3, wanted: Sequence[int] = (0, 1)) -> Splitter:
    return Splitter(heading_line=0, data_line=0, delimiter=delimiter, width=width, wanted=wanted, nulls=["-"])


def both(content: str, **how: object) -> bool:
    """Whether a block can be split the short way; if so, it must become what it becomes line by line."""
    block = content.encode()
    short = splitter(**how)._plain(block, True)  # type: ignore[arg-type]
    long = splitter(**how)._careful(block, True)  # type: ignore[arg-type]
    if short is None:
        return False
    assert_frame_equal(short.cells, long.cells)
    same = {"cells": pl.DataFrame(), "errors": True}
    assert dataclasses.replace(short, **same) == dataclasses.replace(long, **same)  # type: ignore[arg-type]
    return True


CELLS = st.sampled_from(
    ["", "a", "1", " b", "b ", "c d", "-", "é", "ā", "e\u0301", "\u00a0x", "x\x85", "\tt", "t\x0b", "#"]
)


@QUICK
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4).map(",".join), max_size=8), st.booleans())
@example(["a,b,", "", "c,d"], True)
@example(["a,b,c,d", "e,f"], True)
@example(["a,b,", "c,d,"], False)
@example([",a", ",a,,"], False)
def test_blocks_split_the_short_way(lines: list[str], ended: bool) -> None:
    both("\n".join(lines) + "\n" * ended)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("cell", ["x", " x", "x ", "x\x0b", "ä", "ā", "x\u00a0"])
def test_ordinary_lines_are_split_the_short_way(delimiter: str, cell: str) -> None:
    rows = [[cell, "b", "c"], ["a", cell, "c"], ["a", "b", cell]]
    assert both("".join(delimiter.join(row) + "\n" for row in rows), delimiter=delimiter)


@pytest.mark.parametrize(
    "line", ["a,b", "a,b,c,d", "", ",,", '"a",b,c', "a,b,c\r", "\ufeffa,b,c", "  , ,", "a,b,c\nd,e\nf,g,h,i"]
)
def test_a_line_that_is_not_ordinary_takes_the_long_way(line: str) -> None:
    content = f"a,b,c\n{line}\nd,e,f\n"
    assert splitter()._plain(content.encode(), True) is None


@QUICK
@given(st.text(alphabet="ab ,;\n\t\r#\x0bé€\ufeff\x85\xa0", max_size=60).filter(bool), st.integers(1, 20))
def test_what_is_counted_of_a_block(content: str, size: int) -> None:
    block = content.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_READ_BYTES", size)
        found = records._counted(block, b",")
    cells = content.removesuffix("\n").replace("\n", ",").split(",")
    assert found[:3] == (block.count(b"\n"), block.count(b","), max(block))
    assert found.spaces == any(cell != cell.strip(" ") for cell in cells)
    assert found.signs == {sign for sign in map(str.encode, "\r#\t\x0b\x0c\ufeff\x85\xa0") if sign in block}


def test_whether_a_spreadsheet_may_have_left_errors() -> None:
    whole = splitter()._plain(b"a,b,c\nd,e,f\n", True)
    damaged = splitter()._plain(b"a,b,c\nd,#N/A,f\n", True)
    assert whole is not None
    assert damaged is not None
    assert (whole.errors, damaged.errors) == (False, True)


# -- columns of few texts ---------------------------------------------------------------------------------------------


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_values, "FEWEST_CELLS", 1)
    monkeypatch.setattr(few_values, "_FEW", 4.0)


@pytest.mark.usefixtures("always")
@QUICK
@given(st.lists(st.none() | st.sampled_from(["a", "B", "", "c;d", " e", "é\u00a0", "'7"]), min_size=1, max_size=30))
def test_few_texts_stand_for_all_cells(cells: list[str | None]) -> None:
    column = text(cells)
    found = few(column)
    assert found is not None
    assert found.texts.n_unique() == found.texts.len() == column.n_unique()
    assert_series_equal(found.spread(found.texts), column, check_names=False)
    for work in (tidy_identifiers, text_marked, lambda some: picked(some, ";", "last"), pl.Series.is_null):
        assert_series_equal(found.each(work), work(column), check_names=False)


def test_many_texts_are_not_few() -> None:
    count = few_values.FEWEST_CELLS
    numbers = pl.int_range(count, eager=True).cast(pl.String)
    assert few(numbers) is None
    assert few((numbers.cast(pl.Int64) % 7).cast(pl.String)) is not None
    assert few(text(["a"] * (count - 1))) is None
    # What the beginning says need not hold for the rest.
    assert few(pl.concat([text(["a"] * 5000), numbers])) is None


PROFILE = profile(
    """contact_id: Id
agent_id: {from: Users, split: ";", pick: last}
queue: {from: Queue, strip: ["q:"], nulls: [none]}
channel: {from: Media, lower: true, values: {call: voice, mail: email, other: null}}
customer_id: {from: Number, phone: "44"}
direction: [{is: outbound, when: {Way: [out]}}, {from: Way, lower: true}]
abandoned: {from: Gone, empty: "no"}
started_at: {from: At, format: "%d/%m/%Y %H:%M"}
answered_at: {from: At, format: "%d/%m/%Y %H:%M", plus: [Wait], when: {Users: filled, Talk: {above: 0}}}
wait_s: {from: Wait, when: {Talk: {not: [n/a]}, Way: {matches: "^[IO]"}}}
talk_s: {from: Talk, empty: 0}"""
)


def rows(chance: random.Random, count: int, odd: bool) -> dict[str, list[str | None]]:
    """Columns of a file; ``odd``: with cells that only the long ways read, or nobody."""

    def cells(usual: Sequence[str | None], strange: Sequence[str | None]) -> list[str | None]:
        return [chance.choice(strange if odd and chance.random() < 0.2 else usual) for _ in range(count)]

    times = [f"{day:02d}/03/2026 {hour:02d}:15" for day in (1, 28, 29) for hour in (0, 1, 2, 9)]
    return {
        "Id": [f"{n:06d}" for n in range(count)],
        "Users": cells(["Ann", "Bo; Cy", "Zoë", None], ["'12", "A\u200b", ";", "\u00a0"]),
        "Queue": cells(["q:Billing", "Sales", None], ["none", "q:", "Q:x", "4.47E+11"]),
        "Media": cells(["Call", "MAIL"], ["other", "fax", None]),
        "Number": cells(["+441632960001", "tel:+441632960002", None], ["anonymous", "01632 960003", "7378742833", "0"]),
        "Way": cells(["In", "Out"], ["INTERNAL", None]),
        "Gone": cells(["yes", "No", None], ["1", "perhaps"]),
        "At": cells(times, ["2026-03-01T10:00:00Z", "31/02/2026 10:00", None, "9999-12-31"]),
        "Wait": cells(["1", "25", "0"], ["1.5", "-0", "-3", "0:10", "1,234", "x", None]),
        "Talk": cells(["0", "30", "7"], ["n/a", "N/A", "1:30", None, "1e3"]),
    }


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_rows_are_the_same_whether_texts_are_few_or_not(monkeypatch: pytest.MonkeyPatch, seed: int, odd: bool) -> None:
    columns = rows(random.Random(seed), 120, odd)
    long = made(PROFILE, columns, "Europe/London")
    monkeypatch.setattr(few_values, "FEWEST_CELLS", 1)
    short = made(PROFILE, columns, "Europe/London")
    assert short.tables.keys() == long.tables.keys()
    for name, frame in long.tables.items():
        assert_frame_equal(short.tables[name], frame)
    assert_frame_equal(short.keys, long.keys)
    rest = {"tables": {}, "keys": None}
    assert dataclasses.replace(short, **rest) == dataclasses.replace(long, **rest)  # type: ignore[arg-type]


def test_words_are_looked_for_among_numbers_only_if_they_are_some() -> None:
    columns = {"Id": ["1", "2", "3", "4"], "N": ["0", "1.0", None, "12"]}
    for condition, kept in (
        ("[N/A]", []),
        ("{not: [N/A]}", ["1", "2", "3", "4"]),
        ("[n/a, '12']", ["4"]),
        ("{not: ['12']}", ["1", "2", "3"]),
        ("{words: ['0'], not: [x]}", ["1"]),
    ):
        became = made(profile(f"contact_id: Id\nqueue: {{from: Id, when: {{N: {condition}}}}}"), columns)
        assert became.tables["contacts"]["queue"].drop_nulls().to_list() == kept


# -- numbers ----------------------------------------------------------------------------------------------------------

NUMBERS = st.integers(-(10**20), 10**20).map(str) | st.floats().map(str) | st.text("0123456789+-.eE ,:infa", max_size=6)


@QUICK
@given(st.lists(st.none() | NUMBERS, max_size=12))
@example(["9223372036854775807", "9007199254740993", "007", "+5"])
@example(["9223372036854775808", "1"])
def test_plain_numbers(cells: list[str | None]) -> None:
    column = text(cells)
    expected = column.to_frame().select(as_number(pl.col("t"))).to_series()
    # A zero with a sign is nothing all the same.
    assert_series_equal(plain_numbers(column) + 0.0, expected + 0.0, check_names=False, check_exact=True)


def test_what_is_read_at_a_second_look_does_not_change_what_was_read_at_first() -> None:
    column = text(["1", "1:30"])
    first = plain_numbers(column)
    assert durations(column, "s", first).to_list() == [1.0, 90.0]
    assert first.to_list() == [1.0, None]
    assert retried(column, first, lambda rest: rest.str.len_chars().cast(pl.Float64)).to_list() == [1.0, 4.0]
    assert first.to_list() == [1.0, None]


@QUICK
@given(st.lists(st.none() | st.floats(0, 30, allow_nan=False), max_size=15))
def test_the_median_lies_where_it_lies(quotients: list[float | None]) -> None:
    column = pl.Series(quotients, dtype=pl.Float64)
    median = column.median()
    assert units.usual(column) == (isinstance(median, float) and 1 / 12 <= median <= 2)
    assert units.near(column) == (not isinstance(median, float) or 0.5 <= median <= 2)


# -- identifiers ------------------------------------------------------------------------------------------------------

DIALLED = (
    st.text("0123456789", min_size=3, max_size=16)
    | st.text("0123456789+() -", max_size=14)
    | st.sampled_from([*WITHHELD[:6], "7378742833", "4.47E+11", "chat@example.org", "123;ext=4"])
)


@pytest.mark.parametrize("country", ["", "44", "1", "39"])
@pytest.mark.parametrize("start", ["", "+", "tel:", "tel:+"])
@QUICK
@given(
    st.lists(st.none() | DIALLED, max_size=8),
    st.lists(st.sampled_from(["+441632960001", "tel:+4915112345"]), max_size=3),
)
def test_numbers_to_call(start: str, country: str, cells: list[str | None], others: list[str]) -> None:
    column = text([*(None if cell is None else start + cell for cell in cells), *others])
    assert_series_equal(phones(column, country), _keys(column, country), check_names=False)


ODD = st.text("0123456789.,eE+'a٣", max_size=20)


@QUICK
@given(st.lists(st.none() | ODD, max_size=8))
@example(["٣E+11"])
@example(["٣" * 16, "٣" * 16])
@example(["4,47E+11"])
def test_identifiers_a_spreadsheet_has_changed_are_not_passed_over(cells: list[str | None]) -> None:
    column = text(cells)
    if spreadsheet.shortened(column).any() or spreadsheet.rounded(column) is not None:
        assert spreadsheet.may_be_changed(column)
    begins = [cell is not None and len(cell) > 1 and cell[0] == "'" and cell[1] in "0123456789+" for cell in cells]
    assert text_marked(column).to_list() == begins


# -- parts ------------------------------------------------------------------------------------------------------------


WORDS = st.none() | st.sampled_from(["", "a", "Zoë", "ab" * 40])


@QUICK
@given(st.lists(st.tuples(WORDS, WORDS, st.none() | st.integers(0, 9)), max_size=12), st.sets(st.sampled_from("ab")))
def test_text_is_text_again_however_it_was_written(
    tmp_path: Path, cells: list[tuple[str | None, str | None, int | None]], known: set[str]
) -> None:
    schema = {"a": pl.String(), "b": pl.String(), "n": pl.Int64(), "none": pl.String()}
    frame = pl.DataFrame([(*row, None) for row in cells], schema=schema, orient="row")
    coded = {name: frame[name].cast(pl.Categorical(pl.Categories.random())) for name in known}
    write_rows(frame, tmp_path / "rows.parquet", coded)
    assert_frame_equal(pl.read_parquet(tmp_path / "rows.parquet"), frame)
    assert pl.scan_parquet(tmp_path / "rows.parquet").collect_schema() == frame.schema


def test_polars_heeds_what_a_part_says_of_its_columns() -> None:
    schema = pl.DataFrame({"a": ["x"], "n": [1]}).schema
    assert parquet._as_text(tuple(schema.items())) is not None


@pytest.mark.parametrize("odd", [False, True])
def test_columns_of_few_texts_hold_what_the_rows_hold(monkeypatch: pytest.MonkeyPatch, odd: bool) -> None:
    monkeypatch.setattr(few_values, "FEWEST_CELLS", 1)
    became = made(PROFILE, rows(random.Random(7), 120, odd), "Europe/London")
    coded = became.coded["contacts"]
    assert {"source", "queue", "channel"} <= coded.keys()
    for name, column in coded.items():
        assert isinstance(column.dtype, pl.Categorical)
        assert_series_equal(column.cast(pl.String), became.tables["contacts"][name], check_names=False)


def test_a_constant_is_one_text_in_every_row() -> None:
    assert parquet.constant("x", 3).cast(pl.String).to_list() == ["x"] * 3
    assert parquet.constant("x", 0).len() == 0
