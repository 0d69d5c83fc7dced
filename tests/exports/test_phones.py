"""Numbers to call become one key for one customer; withheld ones none."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.exports.values.phones import WITHHELD, phones


def one(text: str | None, country: str = "") -> str | None:
    value: str | None = phones(pl.Series([text], dtype=pl.String), country)[0]
    return value


@pytest.mark.parametrize("country", ["", "44", "1"])
@pytest.mark.parametrize(
    "text",
    [
        "+441632960001", "tel:+441632960001", "TEL: +44 1632 960001", "00441632960001", "+44 (0)1632 960001",
        "+44-1632-960-001", "+44.1632.960001", "'+441632960001", "sip:+441632960001@sbc.example.com",
        "sips:+441632960001@10.0.0.1;user=phone", "whatsapp:+441632960001", '"Ann Lee" <+441632960001>',
        "+44 1632\u00a0960001", "+441632960001 ext. 12", "+441632960001;ext=12", "\u202a+441632960001\u202c",
        "0044 (0)1632 960001", "=+441632960001",
    ],
)  # fmt: skip
def test_international_numbers(text: str, country: str) -> None:
    assert one(text, country) == "441632960001"


@pytest.mark.parametrize(
    ("country", "text", "key"),
    [
        ("44", "01632 960001", "441632960001"),
        ("44", "1632960001", "441632960001"),
        ("44", "441632960001", "441632960001"),
        ("44", "(01632) 960 001", "441632960001"),
        ("44", "61413555666", "61413555666"),
        ("61", "0413 555 666", "61413555666"),
        ("61", "61413555666", "61413555666"),
        ("1", "(555) 010-1234", "5550101234".join(["1", ""])),
        ("1", "1-555-010-1234", "15550101234"),
        ("1", "011 44 1632 960001", "441632960001"),
        ("39", "06 1234 5678", "390612345678"),
        ("47", "4791234567", "4791234567"),
        ("47", "91234567", "4791234567"),
        ("", "01632 960001", "01632960001"),
        ("", "61413555666", "61413555666"),
        ("", "447700900123.0", "447700900123"),
    ],
)
def test_national_numbers(country: str, text: str, key: str) -> None:
    assert one(text, country) == key


@pytest.mark.parametrize(
    "text",
    [
        *WITHHELD, "Anonymous", "RESTRICTED", "Private Number", "sip:anonymous@anonymous.invalid", "tel:", "",
        None, "0",
        "00000000", "12", "1234", "+", "+266696687", "2562533", "4.47E+11", "4,47e+11", "sip:unknown@host",
        '"Unknown" <anonymous>',
    ],
)  # fmt: skip
def test_nobody(text: str | None) -> None:
    assert one(text) is None
    assert one(text, "44") is None


@pytest.mark.parametrize(
    ("text", "key"),
    [("Ann@Mail.example", "ann@mail.example"), ("sip:alice@host", "alice@host"), ("Agent Smith", "agent smith")],
)
def test_addresses_stay(text: str, key: str) -> None:
    assert one(text) == key


@pytest.mark.parametrize(
    ("country", "text", "key"),
    [
        ("44", "01632960001 <Reception>", "441632960001"),
        ("44", '"01632960001" <Reception>', "441632960001"),
        ("44", '"Reception" <01632960001>', "441632960001"),
        ("44", "12345@a.example", "12345@a.example"),
        ("", "12345@b.example", "12345@b.example"),
        ("", "sip:12345@b.example", "12345"),
        ("", "447700900123@mail.example", "447700900123@mail.example"),
        ("44", "01632960001x12", "441632960001"),
        ("44", "9,01632960001", "441632960001"),
        ("44", "9,,+44 1632 960001", "441632960001"),
        ("44", "44 (0)1632 960001", "441632960001"),
        ("", "44 (0)1632 960001", "441632960001"),
        ("44", "4401632960001", "441632960001"),
        ("44", "+4401632960001", "441632960001"),
        ("39", "390612345678", "390612345678"),
        ("44", "\u0660\u0661\u0666\u0663\u0662\u0669\u0666\u0660\u0660\u0660\u0661", "441632960001"),
        ("44", "\uff10\uff11\uff16\uff13\uff12\uff19\uff16\uff10\uff10\uff10\uff11", "441632960001"),
        ("44", "4.4716E11", None),
        ("44", "4.47e11", None),
        ("44", "447123456789.5", None),
        ("44", "1e5", "1e5"),
    ],
)
def test_one_caller_is_not_taken_for_another(country: str, text: str, key: str | None) -> None:
    assert one(text, country) == key


def test_two_callers_with_one_name_are_two_customers() -> None:
    written = pl.Series(["01632960001 <Reception>", "01632960002 <Reception>", "12345@a.example", "12345@b.example"])
    assert phones(written, "44").n_unique() == 4


@settings(deadline=None, derandomize=True)
@given(
    st.integers(10**9, 10**10 - 1).filter(lambda n: not str(n).startswith("44")),
    st.sampled_from(["+44{}", "tel:+44{}", "0044{}", "0{}", "+44 (0){}", "sip:+44{}@host"]),
    st.integers(1, 9),
    st.sampled_from(["", " ", "-", ".", "\u00a0"]),
)
def test_any_spelling_is_one_customer(number: int, spelling: str, cut: int, between: str) -> None:
    digits = str(number)
    written = spelling.format(digits[:cut] + between + digits[cut:])
    assert one(written, "44") == f"44{digits}"


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=20), st.sampled_from(["", "1", "44"]))
def test_a_key_is_a_key_of_itself(text: str, country: str) -> None:
    key = one(text, country)
    assert key is None or (key == key.strip() and key != "")
