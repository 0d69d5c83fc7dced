"""Expressions give the same on Polars and on DuckDB, and what SQL gives where the two mean the same."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.catalogue.expressions.parser import MAX_DEPTH, ColumnScope, parse
from cxkpi.kinds.expression import Expression, Type, like_to_regex

ZONE = "Europe/London"
TYPES: dict[str, Type] = {
    "x": "number", "y": "number", "n": "number", "p": "boolean", "q": "boolean", "s": "text", "t": "text",
    "a": "instant", "b": "instant", "d": "date", "e": "date",
}  # fmt: skip
SCOPE = ColumnScope("a table", TYPES)


def _frame() -> pl.DataFrame:
    """Every pair of values of each type, nulls included."""
    instants = [datetime(2026, 1, 5, 9), datetime(2026, 3, 29, 0, 30, 0, 500_000), datetime(1969, 12, 31, 23), None]
    values: dict[str, tuple[str, list[Any]]] = {
        "x": ("y", [0.0, 1.5, -2.0, 1e9, None]),
        "p": ("q", [True, False, None]),
        "s": ("t", ["", "Billing", "b%_x", " Straße\t", "O'Neil\nx", None]),
        "a": ("b", instants),
        "d": ("e", [date(2026, 1, 5), date(2026, 3, 29), date(1969, 12, 31), None]),
    }
    columns: dict[str, list[Any]] = {"row": list(range(36))}
    for first, (second, options) in values.items():
        pairs = [(one, other) for one in options for other in options]
        columns[first] = [pairs[row % len(pairs)][0] for row in range(36)]
        columns[second] = [pairs[row % len(pairs)][1] for row in range(36)]
    columns["n"] = [(0, 7, -3, None)[row % 4] for row in range(36)]
    return pl.DataFrame(columns, schema_overrides={"a": pl.Datetime("us"), "b": pl.Datetime("us"), "n": pl.Int64})


FRAME = _frame()


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    found = duckdb.connect()
    found.register("source", FRAME.to_arrow())
    found.execute("create table data as select * from source")
    found.execute("set TimeZone = 'UTC'")
    return found


def expression(text: str, scope: ColumnScope = SCOPE) -> Expression:
    found, faults = parse(text, scope, ZONE)
    assert not faults, [fault.message for fault in faults]
    assert found is not None
    return found


def values(found: Expression, frame: nw.LazyFrame[Any]) -> list[Any]:
    result = frame.select("row", out=found.narwhals(nw.col)).collect("polars").to_native()
    return result.sort("row")["out"].to_list()


def both(text: str, connection: duckdb.DuckDBPyConnection) -> list[Any]:
    """The values of an expression, which are the same on both engines."""
    found = expression(text)
    on_polars = values(found, nw.from_native(FRAME.lazy()))
    on_duckdb = values(found, nw.from_native(connection.table("data")))
    assert on_polars == on_duckdb
    return on_polars


def sql(text: str, connection: duckdb.DuckDBPyConnection) -> list[Any]:
    return [row[0] for row in connection.sql(f"select {text} from data order by row").fetchall()]


LIKE_SQL = [
    "x + y * 2 - n",
    "-x - -y + +n",
    "x > y",
    "x = y or x <> n",
    "not (x < y) and x != 1.5",
    "p and q",
    "p or q",
    "not p or not q and p",
    "p = q",
    "p <> true",
    "(x > 0) = p",
    "s = t",
    "s < t",
    "s >= 'Billing'",
    "s in ('', 'Billing', 'O''Neil')",
    "s not in ('', 'Billing')",
    "x in (0, -2, y)",
    "x between y and 1.5",
    "x not between -2 and 0",
    "a between b and timestamp '2026-01-05 10:00'",
    "s like 'b%'",
    "s like '%il%'",
    "s like '_illing'",
    "s like 'b\\%'",
    "s not like '%'",
    "s like ''",
    "s like 'O''Neil%'",
    "s is null",
    "x is not null and p is null",
    "case when p then x when q then y end",
    "case when x > 0 then 'plus' when x < 0 then 'minus' else s end",
    "case s when 'Billing' then 1 when '' then 2 else 3 end",
    "case when p then null else a end",
    "coalesce(x, y, 0)",
    "coalesce(s, t)",
    "coalesce(null, p, q)",
    "nullif(x, y)",
    "nullif(s, 'Billing')",
    "nullif(a, b)",
    "abs(x - n)",
    "least(x, y, n)",
    "greatest(x, 0)",
    "least(s, t)",
    "greatest(a, b)",
    "least(d, e)",
    "length(s)",
    "upper(t) = 'BILLING'",
    "lower(s) in ('billing', 'o''neil')",
    "a < b",
    "a = timestamp '2026-01-05 09:00'",
    "a >= timestamp '2026-01-05 09:00:00.5'",
    "d >= date '2026-01-05'",
    "d in (date '2026-01-05', e)",
    "a + interval '48 hours' > b",
    "a - interval '90 minutes'",
    "interval '1 week' + a",
    "d + interval '2 days' = e",
    "true",
    "'text'",
    "3.25e1",
]


@pytest.mark.parametrize("text", LIKE_SQL)
def test_what_sql_says(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert both(text, connection) == sql(text, connection)


def test_a_quotient_by_zero_is_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert both("x / y", connection) == sql("case when y <> 0 then x / y end", connection)
    assert set(both("1 / 0", connection)) == {None}


def test_whole_numbers_divide_as_doubles(connection: duckdb.DuckDBPyConnection) -> None:
    assert both("n / 2", connection)[:4] == [0.0, 3.5, -1.5, None]


def test_elapsed_time(connection: duckdb.DuckDBPyConnection) -> None:
    assert both("seconds(a, b)", connection) == sql("epoch(b) - epoch(a)", connection)
    assert both("days(d, e)", connection) == sql("date_diff('day', d, e)", connection)
    assert both("days(a, b) * 86400 - seconds(a, b) between -1e-3 and 1e-3", connection) == sql(
        "a is not null and b is not null or null", connection
    )
    assert both("seconds(d, e) / 86400", connection) == sql("date_diff('day', d, e)", connection)


def test_a_date_moves_by_days_and_stays_a_date(connection: duckdb.DuckDBPyConnection) -> None:
    assert both("d - interval '1 week'", connection)[0] == date(2025, 12, 29)


def test_a_local_literal_is_read_in_the_zone() -> None:
    summer = expression("a >= timestamp '2026-07-01 09:00'").canonical
    assert summer == "(a >= timestamp '2026-07-01T08:00:00')"
    assert expression("a >= date '2026-07-01'").canonical == "(a >= timestamp '2026-06-30T23:00:00')"
    assert expression("date '2026-07-01' + interval '1 day' <= a").canonical.startswith(
        "(timestamp '2026-07-01T23:00:00'"
    )


def test_trim_and_case_agree_beyond_ascii(connection: duckdb.DuckDBPyConnection) -> None:
    trimmed = [value for value in both("trim(s)", connection) if value]
    assert "Straße" in trimmed
    assert "STRASSE" in both("upper(trim(s))", connection)
    text = "ΑΣ İ ß"
    frame = pl.DataFrame({"row": [0], "s": [text]})
    relation = duckdb.sql("select 0 as row, 'ΑΣ İ ß' as s")
    for call in ("lower(s)", "upper(s)"):
        found = expression(call)
        assert values(found, nw.from_native(frame.lazy())) == values(found, nw.from_native(relation))


def test_columns_are_named_as_written_and_once() -> None:
    scope = ColumnScope("a table", {**TYPES, "agent.site": "text"})
    assert expression("agent.site = s and s = t and 1 < 2", scope).columns == {"agent.site", "s", "t"}


@pytest.mark.parametrize(
    "text",
    [
        " or ".join(["x = 1"] * MAX_DEPTH),
        " + ".join(["x"] * MAX_DEPTH),
        "(x" + " + 1" * 58 + ")" + " * 2" * 58,
        "(" * (MAX_DEPTH - 2) + "x" + ")" * (MAX_DEPTH - 2),
        "not " * (MAX_DEPTH - 2) + "p",
        "- " * (MAX_DEPTH - 2) + "x",
        "case when p then x else " * 28 + "y" + " end" * 28,
        f"s in ({', '.join(repr(str(number)) for number in range(300))})",
        f"x in ({', '.join(str(number) for number in range(300))})",
    ],
    ids=["or", "plus", "high", "parentheses", "not", "minus", "case", "texts", "numbers"],
)
def test_the_deepest_expression_runs(text: str, connection: duckdb.DuckDBPyConnection) -> None:
    assert both(text, connection) == sql(text, connection)


# Any expression of the grammar, as text, with whatever spacing and capitals.

NUMBERS = st.sampled_from(["x", "y", "n", "0", "1.5", "2", "1e3"])
TEXTS = st.sampled_from(["s", "t", "'Billing'", "'b%_x'", "''", "'O''Neil'"])
INSTANTS = st.sampled_from(["a", "b", "timestamp '2026-01-05 09:00'", "(a + interval '36 hours')"])


def _numbers(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return NUMBERS
    inner, truth = _numbers(depth - 1), _truths(depth - 1)
    return st.one_of(
        NUMBERS,
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*"]), inner),
        st.builds("(- {})".format, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["least", "GREATEST", "coalesce", "nullif"]), inner, inner),
        st.builds("case when {} then {} else {} end".format, truth, inner, inner),
        st.builds("length({})".format, TEXTS),
        st.builds("Abs( {})".format, inner),
    )


def _truths(depth: int) -> st.SearchStrategy[str]:
    compare = st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "!="])
    if depth == 0:
        return st.sampled_from(["p", "q", "true", "FALSE"])
    inner, number = _truths(depth - 1), _numbers(depth - 1)
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "OR", "or"]), inner),
        st.builds("(not {})".format, inner),
        st.builds("({} {} {})".format, number, compare, number),
        st.builds("({} {} {})".format, TEXTS, compare, TEXTS),
        st.builds("({} {} {})".format, INSTANTS, compare, INSTANTS),
        st.builds("({} between {} and {})".format, number, number, number),
        st.builds("({} {} ({}, {}))".format, number, st.sampled_from(["in", "not  in"]), number, number),
        st.builds("({} Like {})".format, TEXTS, st.sampled_from(["'b%'", "'%i_l%'", "'.*%'"])),
        st.builds("({} is {})".format, inner, st.sampled_from(["null", "NOT null"])),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.one_of(_truths(3), _numbers(3)))
def test_any_expression_is_what_sql_says(text: str) -> None:
    connection = duckdb.connect()
    connection.register("data", FRAME.to_arrow())
    wanted = sql(text, connection)
    got = both(text, connection)
    assert len(got) == len(wanted)
    for one, other in zip(got, wanted, strict=True):
        if isinstance(one, float) and isinstance(other, int | float):
            assert math.isclose(one, other, rel_tol=1e-12) or (math.isinf(one) and one == other)
        else:
            assert one == other


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.one_of(_truths(3), _numbers(3)))
def test_the_canonical_text_is_a_fixed_point(text: str) -> None:
    first = expression(text)
    spaced = expression(f"  {first.canonical.replace('(', '( ').replace(' and ', chr(10) + 'AND ')} ")
    in_utc, faults = parse(first.canonical, SCOPE, "UTC")
    assert not faults
    assert in_utc is not None
    assert in_utc.root == first.root
    assert in_utc.canonical == first.canonical
    if "timestamp" not in text:
        assert spaced.canonical == first.canonical


@given(pattern=st.text(alphabet="ab%_.*\\[]()^$|+?{}-é\n", max_size=6), text=st.text(alphabet="ab.*\\[é\n", max_size=5))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_like_takes_nothing_but_percent_and_underscore_for_special(pattern: str, text: str) -> None:
    regex = like_to_regex(pattern)
    question = "select $1 like $2, regexp_matches($1, $3)"
    (row,) = duckdb.sql(question, params=[text, pattern, regex]).fetchall()
    assert row == (pl.select(pl.lit(text).str.contains(regex)).item(),) * 2
