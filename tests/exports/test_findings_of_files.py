"""What is said of a file is said of all of it, however it is cut into blocks, and of the records that are used."""

from __future__ import annotations

import pytest

from cxkpi.exports import one_file
from cxkpi.exports.findings import Finding

from .conftest import Load

CALLS = """
profile: made_up.calls
system: made_up
match: {headings: [Call, Begin, End, Spoken, Held]}
file: {timezone: UTC}
skip:
  - {when: {Kind: [internal]}, why: a conversation between agents}
checks:
  - name: talk and hold
    sum: [Spoken, Held]
    equals: {between: [Begin, End], format: "%Y-%m-%d %H:%M:%S"}
    within: 1
    unit: s
tables:
  contacts:
    contact_id: Call
    disposition: Note
    started_at: {from: Begin, format: "%Y-%m-%d %H:%M:%S"}
    answered_at: {from: Begin, format: "%Y-%m-%d %H:%M:%S", plus: [Wait], unit: s}
    ended_at: {from: End, format: "%Y-%m-%d %H:%M:%S"}
    talk_s: {from: Spoken, unit: s}
    hold_s: {from: Held, unit: s}
"""
HEAD = "Call,Kind,Begin,End,Spoken,Held,Wait,Note\n"
TYPEFORM = "#,CSAT,What did you like?,What else?,Start Date (UTC),Submit Date (UTC),Network ID\n"


def call(number: int, spoken: str = "290", wait: str = "5", note: str = "done", kind: str = "call") -> str:
    return f"c{number},{kind},2026-03-02 09:00:00,2026-03-02 09:05:00,{spoken},10,{wait},{note}\n"


@pytest.fixture
def found(loaded: Load, monkeypatch: pytest.MonkeyPatch):
    def call(content: str, size: int = 1 << 20, **how: object) -> list[Finding]:
        with monkeypatch.context() as patch:
            patch.setattr(one_file, "BLOCK_BYTES", size)
            return list(loaded({"calls.csv": content}, **how).loaded.findings)

    return call


SIZES = (200, 777, 4000, 1 << 20)


@pytest.mark.parametrize("size", SIZES)
def test_most_rows_are_most_of_the_file(found, size: int) -> None:
    """The last rows, which do not add up, may be nearly alone in the last block."""
    content = HEAD + "".join(call(n) for n in range(200)) + "".join(call(n, spoken="250") for n in range(200, 220))
    (one,) = found(content, size, profile=CALLS)
    assert (one.code, one.severity, one.count, one.total, one.line) == ("F221", "warning", 20, 220, 202)


@pytest.mark.parametrize("size", SIZES)
def test_where_most_rows_do_not_add_up_it_is_an_error_in_every_block(found, size: int) -> None:
    content = HEAD + "".join(call(n) for n in range(60)) + "".join(call(n, spoken="250") for n in range(60, 180))
    (one,) = found(content, size, profile=CALLS)
    assert (one.code, one.severity, one.count, one.total, one.line) == ("F222", "error", 120, 180, 62)


@pytest.mark.parametrize("size", SIZES)
def test_cells_are_of_all_that_could_not_be_read(found, size: int) -> None:
    """Also of what is added to an instant, under a heading of its own."""
    content = HEAD + "".join(call(n, wait="soon" if n == 70 else "5" if n % 2 else "") for n in range(200))
    (one,) = found(content, size, profile=CALLS)
    assert (one.code, one.column, one.count, one.total, one.line) == ("F206", "Wait", 1, 101, 72)


@pytest.mark.parametrize("size", SIZES)
def test_errors_of_a_spreadsheet_beside_records_that_are_skipped(found, size: int) -> None:
    """Only those in records that are used count, at their own lines."""
    content = HEAD + "".join(
        call(n, note="#N/A" if n in (0, 30, 99) else "done", kind="internal" if n % 3 == 0 and n < 90 else "call")
        for n in range(100)
    )
    (one,) = found(content, size, profile=CALLS)
    assert (one.code, one.count, one.line, one.example) == ("F235", 1, 101, "#N/A")
    (one,) = found(
        content.replace("c31,call", "c31,x").replace("09:05:00,290,10,5,done\nc32", "09:05:00,290,10,5,#REF!\nc32"),
        size,
        profile=CALLS,
    )
    assert (one.code, one.count, one.line, one.example) == ("F235", 2, 33, "#REF!")


@pytest.mark.parametrize("size", SIZES)
def test_columns_nobody_uses_are_counted_once(found, size: int) -> None:
    content = TYPEFORM + "".join(
        f"{n:032},4,good,{'more' if n == 150 else ''},2026-07-01 09:05:14,2026-07-01 09:05:40,n{n}\n"
        for n in range(200)
    )
    (one,) = [one for one in found(content, size) if one.code == "F241"]
    assert (one.count, one.detail) == (2, "'What did you like?', 'What else?'")


@pytest.mark.parametrize("size", [6000, 9000, 1 << 20])
def test_a_few_last_rows_say_nothing_about_the_unit(found, size: int) -> None:
    """Talk of 290 s in a row of 300 s is right, whatever stands in the few rows behind."""
    rows = [f"c{n:04},2026-08-01 09:00:00,2026-08-01 09:05:00,290" for n in range(2000)]
    rows += [f"d{n},2026-08-01 09:00:00,2026-08-01 13:00:00,290" for n in range(6)]
    content = "\n".join(["contact_id,started_at,ended_at,talk_s", *rows]) + "\n"
    assert [one.code for one in found(content, size) if one.code in ("F220", "F223")] == []
