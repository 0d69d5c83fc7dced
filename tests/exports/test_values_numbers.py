"""Numbers, shares, words for yes and no, nulls, texts and identifiers."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.exports.values.noticing import of_file
from cxkpi.exports.values.numbers import numbers

from .rules import codes, made, profile, read


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1,234.5", None, 1234.5),
        ("(1,234.00)", None, -1234.0),
        ("(5)", None, -5.0),
        ("1,234.50-", None, -1234.5),
        ("\u22125", None, -5.0),
        ("-£1,234.50", None, -1234.5),
        ("£-5", None, -5.0),
        ("12 €", None, 12.0),
        ("EUR 12", None, 12.0),
        ("12.50 USD", None, 12.5),
        ("kr 5", None, 5.0),
        ("1 234.5", None, 1234.5),
        ("1\u202f234.5", None, 1234.5),
        ("1'234", None, 1234.0),
        ("12,34,567.50", None, 1234567.5),
        ("1e5", None, 1e5),
        ("3,125", None, None),
        ("1,234-", None, None),
        ("1,234-", ".", -1234.0),
        ("3,125", ".", 3125.0),
        ("3,125", ",", 3.125),
        ("-€ 3,5", ",", -3.5),
        ("1.234,5-", ",", -1234.5),
        ("(1.234,5)", ",", -1234.5),
        ("1,234.5", ",", None),
        ("5%", None, None),
        ("USD", None, None),
        ("()", None, None),
        ("1 23", None, None),
        ("nan", None, None),
        ("9" * 400, None, None),
    ],
)
def test_one_number(text: str, decimal: str | None, number: float | None) -> None:
    assert numbers(pl.Series([text]), None, decimal)[0] == number


@settings(deadline=None, derandomize=True)
@given(
    st.decimals(-(10**12), 10**12, places=2, allow_nan=False),
    st.sampled_from([(",", "."), (".", ","), ("'", "."), ("\u202f", ","), ("", ".")]),
    st.sampled_from(["{}", "£{}", "{} €", "USD {}"]),
    st.booleans(),
)
def test_any_number_reads_back_equal(value: object, signs: tuple[str, str], money: str, brackets: bool) -> None:
    number = float(str(value))
    thousands, decimal = signs
    digits = f"{abs(number):,.2f}".replace(",", "_").replace(".", decimal).replace("_", thousands)
    written = money.format(digits)
    if number < 0:
        written = f"({written})" if brackets else f"-{written}"
    assert numbers(pl.Series([written]), None, decimal)[0] == number


@pytest.mark.parametrize(
    ("cells", "shares"),
    [
        (["83.2%", "0.5%"], [0.832, 0.005]),
        (["83.2", "0.5"], [0.832, 0.005]),
        (["0.832", "1"], [0.832, 1.0]),
        (["0.832", "83.2%"], [0.832, 0.832]),
        (["83.2 %", None], [0.832, None]),
        (["83.2", "x"], [0.832, None]),
    ],
)
def test_shares(cells: list[str | None], shares: list[float | None]) -> None:
    assert read("{from: C, percent: true}", cells, "cost") == shares


def test_a_share_with_a_decimal_comma() -> None:
    assert read("{from: C, percent: true, decimal: ','}", ["83,2%", "7"], "cost") == [0.832, 0.07]


def test_a_share_of_a_count_is_a_whole_number() -> None:
    rules = (
        "queue: Id\nstarted_at: {is: 2026-01-05}\nlength_s: {is: 900}\n"
        "answered_in_threshold: {from: C, percent: true, times: N}\n"
        "threshold_s: {like: 'level (\\d+) s', of_heading: true}"
    )
    became = made(
        profile(rules, "intervals"),
        {"Id": ["a", "b"], "C": ["83.3%", "100%"], "N": ["6", "7"], "Service Level 20 seconds": ["", ""]},
    )
    frame = became.tables["intervals"]
    assert frame["answered_in_threshold"].to_list() == [5, 7]
    assert frame["threshold_s"].to_list() == [20.0, 20.0]


@pytest.mark.parametrize(
    ("word", "value"),
    [("SÍ", True), ("ja", True), ("Oui", True), ("1.0", True), ("0.0", False), ("NEIN", False), ("x", None)],
)
def test_words_for_yes_and_no(word: str, value: bool | None) -> None:
    assert read("C", [word], "abandoned") == [value]


def test_a_word_matches_whatever_its_case_and_composition() -> None:
    assert read("{from: C, true: ['STRASSE', 'ßig', 'no\u0308']}", ["strasse", "SSIG", "ßIG", "NÖ"], "abandoned") == [
        True,
        None,
        True,
        True,
    ]


@pytest.mark.parametrize("word", ["-", "--", "N/A", "[None]", "1/1/1900", "-99"])
def test_declared_words_for_nothing(word: str) -> None:
    rule = "{from: C, nulls: ['-', '--', n/a, '[none]', 1/1/1900, -99]}"
    assert read(rule, [word], "talk_s") == [None]
    assert made(profile(f"contact_id: Id\ntalk_s: {rule}"), {"Id": ["a"], "C": [word]}).blanked == 0
    assert made(profile("contact_id: Id\ntalk_s: C\nqueue: C"), {"Id": ["a"], "C": ["n/a"]}).blanked == 1


def test_identifiers_stay_text_and_lose_what_nobody_sees() -> None:
    ids = ["00417", "\u200b00417\ufeff", "Ann\u00a0Lee", "a\u200db"]
    became = made(profile("contact_id: Id"), {"Id": ids})
    assert became.tables["contacts"]["contact_id"].to_list() == ["00417", "00417", "Ann Lee", "a\u200db"]


@pytest.mark.parametrize(
    ("rule", "cells", "values"),
    [
        ("{from: C, extract: '\\((\\d+)\\)'}", ["Lee, Ann (117)", "Lee"], ["117", "Lee"]),
        ("{like: '^score of .*'}", ["7"], None),
        ("{like: '^C$'}", ["7"], ["7"]),
    ],
)
def test_texts(rule: str, cells: list[str], values: list[str] | None) -> None:
    if values is None:
        became = made(profile(f"contact_id: Id\nqueue: {rule}"), {"Id": ["a"], "C": cells})
        assert "queue" not in became.supplied["contacts"]
    else:
        assert read(rule, cells, "queue") == values


def test_a_condition_on_an_amount() -> None:
    rule = "{from: C, when: {C: {above: 0}}}"
    assert read(rule, ["0:00:00", "0", "0:00:05", "12", "", "x", "-1"], "queue") == [
        None, None, "0:00:05", "12", None, None, None,
    ]  # fmt: skip


def test_the_cell_to_blame_is_named() -> None:
    rules = "contact_id: Id\ntalk_s: {from: A, minus: [B]}"
    became = made(profile(rules), {"Id": ["a", "b"], "A": ["10", "20"], "B": ["5", "soon"]})
    (one,) = became.findings
    assert (one.code, one.column, one.line, one.example, one.count, one.total) == ("F206", "B", 3, "soon", 1, 2)
    assert became.blanked == 1


def test_rows_that_are_parts_of_one_are_added_up() -> None:
    rules = (
        "sum: true\nqueue: Id\nstarted_at: {is: 2026-01-05}\nlength_s: {is: 900}\noffered: N\ntalk_s: C\n"
        "threshold_s: {is: 20}"
    )
    became = made(
        profile(rules, "intervals"),
        {"Id": ["a", "b", "a"], "N": ["1", "2", "3"], "C": ["0.1", None, "0.2"]},
    )
    frame = became.tables["intervals"].sort("queue")
    assert frame.select("queue", "offered", "talk_s", "threshold_s", "line").rows() == [
        ("a", 4, 0.3, 20.0, 2),
        ("b", 2, None, 20.0, 3),
    ]
    assert became.keys["line"].to_list() == [2, 3]


def test_answers_nobody_has_mapped_are_said() -> None:
    text = profile("contact_id: Id", top="questions: {except: ['^start']}\n")
    became = made(text, {"Id": ["a"], "Started": ["x"], "Q7": ["5"], "Q8": [None], "Q7_NPS_GROUP": ["1"]})
    assert [(one.code, one.count, one.detail) for one in of_file(became.findings, records=1)] == [
        ("F241", 2, "'Q7' (a net promoter score), 'Q7_NPS_GROUP'")
    ]


def test_skipped_records_may_be_said() -> None:
    top = "skip: [{when: {C: total}, say: the report is grouped}]\n"
    became = made(profile("contact_id: Id", top=top), {"Id": ["a", "b"], "C": ["x", "Total"]})
    assert (became.skipped, codes(became)) == (1, [("F240", "", 3)])
    assert became.notes == ("x.csv: the report is grouped (1 record).",)
