"""JSON and CSV: the keys of the contract in their order, and what hostile or odd values become."""

from __future__ import annotations

import csv
import io
import json as standard
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.factory import centre, month, result, row

from cxkpi.reports import delimited, json
from cxkpi.result import Change, Reject

KEYS = [
    "metric", "variant", "kind", "definition", "unit", "better", "period", "by", "value", "low", "high", "confidence",
    "bounds", "n", "numerator", "denominator", "immature", "missing", "censored", "target", "alarm", "status", "reason",
    "change", "notes",
]  # fmt: skip


def _read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_json_keys_in_order():
    value = standard.loads(json.render(centre(by="queue")))
    assert list(value) == [
        "format", "cxkpi", "catalogue", "timezone", "as_of", "through", "only", "results", "ledger", "notes",
    ]  # fmt: skip
    assert value["format"] == 1
    assert list(value["catalogue"]) == ["path", "hash"]
    assert value["as_of"] == "2026-06-30T22:12:09Z"
    assert all(list(item) == KEYS for item in value["results"])
    item = value["results"][1]
    assert list(item["period"]) == ["every", "start", "end", "complete", "judged_until"]
    assert item["period"] == {
        "every": "month", "start": "2026-02-01", "end": "2026-03-01", "complete": True,
        "judged_until": "2026-06-23T22:12:09Z",
    }  # fmt: skip
    assert list(item["change"]) == ["period", "from", "difference", "significant"]
    assert item["by"] == {}
    assert value["results"][6]["by"] == {"queue": "Billing"}
    assert list(value["ledger"]["files"][0]) == [
        "path", "profile", "records", "accepted", "superseded", "rejected", "skipped", "blanked", "tables",
    ]  # fmt: skip
    assert value["ledger"]["files"][0]["tables"] == [{"table": "contacts", "rows": 3385}]


def test_json_is_deterministic_and_ends_with_one_newline():
    first, second = json.render(centre()), json.render(centre())
    assert first == second
    assert first.endswith("}\n")
    assert not first.endswith("\n\n")


def test_json_of_nothing():
    value = standard.loads(json.render(replace(result([]), through={})))
    assert (value["results"], value["ledger"], value["notes"], value["through"]) == ([], {"files": []}, [], {})


def test_json_numbers_keep_their_kind_and_every_digit():
    text = json.render(result([row(value=0.1 + 0.2, numerator=14452700.0, denominator=35940)]))
    assert '"value": 0.30000000000000004' in text
    assert '"numerator": 14452700.0, "denominator": 35940' in text


def test_json_refuses_what_is_no_number():
    with pytest.raises(ValueError, match="JSON"):
        json.render(result([row(value=float("nan"))]))


def test_json_instants_are_utc():
    assert json.instant(datetime(2026, 7, 1, 2, 11, 9)) == "2026-07-01T02:11:09Z"
    assert json.instant(datetime(2026, 7, 1, 2, 11, 9, 250000, tzinfo=UTC)) == "2026-07-01T02:11:09.250000Z"


@given(st.text(st.characters(codec=None)))
def test_json_holds_any_text_and_no_control_character(text):
    written = json.render(result([row(by={"queue": text})], notes=(text,)))
    assert standard.loads(written)["notes"] == [text]
    assert standard.loads(written)["results"][0]["by"] == {"queue": text}
    assert all(char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f") for char in written)
    written.encode("utf-8")


def test_csv_columns_in_order():
    heading = delimited.render(centre(by="queue")).split("\n")[0].split(",")
    assert heading == [
        "metric", "variant", "kind", "definition", "unit", "better", "period_every", "period_start", "period_end",
        "period_complete", "period_judged_until", "by_queue", "value", "low", "high", "confidence", "bounds_low",
        "bounds_high", "n", "numerator", "denominator", "immature", "missing", "censored", "target", "alarm", "status",
        "reason", "change_period", "change_from", "change_difference", "change_significant", "notes",
    ]  # fmt: skip


def test_csv_cells():
    rows = _read(
        delimited.render(
            result(
                [
                    row(
                        target=(300.0, 420.0), bounds=(0.5, 0.75), notes=("a", "b"), value=-1.5,
                        change=Change(month(5).start, 395.0, -7.13, None),
                    ),
                    row(by={"queue": None}, value=None),
                    row(by={"queue": "Billing"}, change=Change(month(5).start, 395.0, 7.13, True)),
                ]
            )
        )
    )  # fmt: skip
    assert rows[0]["target"] == "300.0..420.0"
    assert (rows[0]["bounds_low"], rows[0]["bounds_high"]) == ("0.5", "0.75")
    assert rows[0]["notes"] == "a | b"
    assert (rows[0]["value"], rows[0]["change_difference"]) == ("-1.5", "-7.13")
    assert (rows[0]["change_period"], rows[0]["change_from"]) == ("2026-05-01", "395.0")
    assert (rows[0]["change_significant"], rows[2]["change_significant"]) == ("", "true")
    assert [item["by_queue"] for item in rows] == ["", "(blank)", "Billing"]
    assert (rows[1]["value"], rows[1]["change_from"]) == ("", "")
    assert rows[0]["period_complete"] == "true"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r\n", "'"])
def test_csv_text_never_starts_a_formula(start):
    hostile = f"{start}HYPERLINK(1)"
    written = delimited.render(result([row(by={"queue": hostile}, notes=(hostile,))]))
    cells = _read(written)[0]
    assert cells["by_queue"] == f"'{hostile}"
    assert cells["notes"] == f"'{hostile}"
    rejects = _read(delimited.render_rejects([Reject(hostile, 2, hostile, hostile, hostile)]))[0]
    assert rejects == {"line": "2", **dict.fromkeys(("path", "column", "value", "reason"), f"'{hostile}")}


@given(st.text(st.characters(codec="utf-8")))
def test_csv_gives_every_text_back(text):
    cell = _read(delimited.render(result([row(by={"queue": text})])))[0]["by_queue"]
    # Columns are empty for the whole, and say (blank) where there is no value: a value that reads so is in quotes.
    text = f'"{text}"' if text.strip('"') in ("", "(blank)") else text
    shown = ["\ufffd" if _obeyed(char, after) else char for char, after in zip(text, [*text[1:], ""], strict=False)]
    kept = "".join(shown)
    assert cell == (f"'{kept}" if kept.startswith(("=", "+", "-", "@", "\t", "\r", "'")) else kept)


def _obeyed(char, after):
    """Whether a terminal would act on a character, beyond moving on to the next cell or line."""
    if char == "\r":
        return after != "\n"
    return unicodedata.category(char) == "Cc" and char not in "\t\n"


def test_csv_shows_a_control_character_without_obeying_it():
    hostile = "\x1b[2J\x9b31m\x07Sales\rX\x7f\r\nline\ttab"
    written = delimited.render(result([row(by={"queue": hostile})]))
    assert _read(written)[0]["by_queue"] == "\ufffd[2J\ufffd31m\ufffdSales\ufffdX\ufffd\r\nline\ttab"


def test_csv_and_json_have_the_same_rows():
    value = centre(by="queue")
    items, rows = standard.loads(json.render(value))["results"], _read(delimited.render(value))
    assert len(items) == len(rows) == len(value.rows)
    for item, cells in zip(items, rows, strict=True):
        assert cells["value"] == repr(item["value"])
        assert cells["by_queue"] == item["by"].get("queue", "")
        assert cells["period_start"] == item["period"]["start"]
