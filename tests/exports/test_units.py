"""Units are decided by the times of the rows, and a declared one is compared with them."""

from __future__ import annotations

import pytest

from cxkpi.errors import CatalogueError, InputError
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile_file import parse
from cxkpi.exports.values.decisions import Decisions, columns
from cxkpi.tables import TABLES

from .rules import codes, made, profile

IDS = [*"abcde"]
STARTS = [f"2026-01-05 1{n}:00:00" for n in range(5)]
ENDS = [f"2026-01-05 1{n}:0{n + 1}:00" for n in range(5)]
SECONDS = [60 * (n + 1) for n in range(5)]
PER = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def rules(talk: str, more: str = "") -> str:
    return profile(f"contact_id: Id\nstarted_at: Start\nended_at: End\ntalk_s: {talk}{more}")


def cells(unit: str, part: float = 0.9) -> dict[str, list[str]]:
    talk = [repr(seconds * part / PER[unit]) for seconds in SECONDS]
    return {"Id": IDS, "Start": STARTS, "End": ENDS, "T": talk}


@pytest.mark.parametrize("written", ["s", "ms", "m", "d"])
def test_the_unit_that_fits_is_taken(written: str) -> None:
    became = made(rules("{from: T, unit: [s, ms, m, d]}"), cells(written))
    assert became.tables["contacts"]["talk_s"].to_list() == [pytest.approx(54.0 * n) for n in range(1, 6)]
    assert codes(became) == []


@pytest.mark.parametrize("written", PER)
@pytest.mark.parametrize("declared", PER)
def test_a_declared_unit_is_compared(declared: str, written: str) -> None:
    became = made(rules(f"{{from: T, unit: {declared}}}"), cells(written))
    found = [one for one in became.findings if one.code == "F220"]
    if written == declared:
        assert found == []
        return
    (one,) = found
    assert (one.column, one.line, one.count, one.severity) == ("T", 2, 5, "error")
    assert one.detail == f"{written} {declared}"
    assert f"they seem to be in {written}, not {declared}" in one.message


def test_clocks_of_hours_and_minutes_read_as_minutes_and_seconds() -> None:
    ends = [f"2026-01-05 1{n}:0{n + 1}:00" for n in range(5)]
    became = made(rules("T"), {"Id": IDS, "Start": STARTS, "End": ends, "T": [f"{n}:00" for n in range(1, 6)]})
    assert codes(became) == []
    wrong = made(rules("{from: T, clock: 'h:m'}"), {"Id": IDS, "Start": STARTS, "End": ends, "T": ["1:00"] * 5})
    assert [one.detail for one in wrong.findings] == ["m:s h:m"]


def test_a_short_talk_in_a_long_row_is_nothing_wrong() -> None:
    ends = ["2026-01-05 15:00:00", "2026-01-06 15:00:00", "2026-01-05 12:20:00", "2026-01-07 13:00:00", ENDS[4]]
    columns_ = {"Id": IDS, "Start": STARTS, "End": ends, "T": ["60", "120", "30", "90", "10"]}
    assert codes(made(rules("T"), columns_)) == []


def test_only_the_column_that_is_wrong_is_named() -> None:
    became = made(rules("T", "\nwait_s: W"), {**cells("s", 0.6), "W": [str(300 * seconds) for seconds in SECONDS]})
    assert [one.column for one in became.findings] == ["W"]


def test_clocks_and_zeros_need_no_unit() -> None:
    became = made(rules("{from: T, unit: [s, d]}"), {**cells("s"), "T": ["0:01:00", "0", None, "19s", "0.0"]})
    assert became.tables["contacts"]["talk_s"].to_list() == [60, 0, None, 19, 0]


@pytest.mark.parametrize("part", [0.9, 30.0])
def test_what_does_not_fit_is_asked_about(part: float) -> None:
    text = rules("{from: T, unit: [s, h]}")
    if part == 0.9:
        text = text.replace("    ended_at: End\n", "")
    with pytest.raises(InputError, match=r"I113.*'T' may be in 's' or 'h'"):
        made(text, cells("s", part))


def test_a_unit_decided_on_is_that_of_what_is_added_to_an_instant() -> None:
    text = rules("{from: T, unit: [s, ms]}", "\nqueued_at: {from: Start, plus: [T], unit: [s, ms]}")
    frame = made(text, cells("ms")).tables["contacts"]
    assert str(frame["queued_at"][0]) == "2026-01-05 10:00:54"


def test_a_later_stretch_shows_that_the_unit_is_another() -> None:
    text = rules("{from: T, unit: [s, ms]}")
    decided = Decisions(units={("s", "ms"): "s"})
    assert made(text, cells("ms"), decisions=decided).contradicted
    assert not made(text, cells("s"), decisions=decided).contradicted


def test_only_the_columns_that_decide_are_asked_for() -> None:
    text = rules("{from: T, unit: [s, d]}", "\nqueue: Q\nwrap_s: {from: W, unit: [s, d]}")
    text = text.replace("tables:", "skip: [{when: {X: x}}]\ntables:")
    known = parse(text, "t.yaml", TABLES, "user")
    layout = Layout(known, ",", ("Q", "Id", "X", "Start", "End", "T", "W"), 0, 1, 0)
    assert columns(known, layout) == (2, 3, 4, 5, 6)
    plain = parse(rules("T"), "t.yaml", TABLES, "user")
    assert columns(plain, Layout(plain, ",", ("Id", "Start", "End", "T"), 0, 1, 0)) == ()


CHECK = "checks: [{{name: total time, sum: [A, B], minus: [C], equals: {}, within: 1}}]\n"


def test_rows_that_do_not_add_up_are_found() -> None:
    text = profile("contact_id: Id\ntalk_s: A", top=CHECK.format("T"))
    columns_ = {"Id": IDS, "A": ["10", "20", "30", "40", None], "B": ["5"] * 5, "C": ["1"] * 5}
    right = made(text, {**columns_, "T": ["14", "24", "34.9", "44", "4"]})
    assert codes(right) == []
    one = made(text, {**columns_, "T": ["14", "24", "54", "44", None]})
    assert [(f.code, f.severity, f.count, f.total, f.line) for f in one.findings] == [("F221", "warning", 1, 4, 4)]
    most = made(text, {**columns_, "T": ["14000", "24000", "34000", "44", "4"]})
    assert [(f.code, f.severity, f.count, f.total, f.line) for f in most.findings] == [("F222", "error", 3, 5, 2)]


def test_a_check_against_two_instants_reads_a_column_as_its_rule_does() -> None:
    check = "checks: [{name: length, sum: [T], equals: {between: [Start, End]}}]\n"
    text = rules("{from: T, unit: ms}").replace("tables:", check + "tables:")
    assert codes(made(text, cells("ms", 1.0))) == []
    assert [code for code, _, _ in codes(made(text, cells("ms", 0.5)))] == ["F222"]
    assert codes(made(text.replace("sum: [T]", "sum: [Gone]"), cells("ms", 0.5))) == []


def test_an_unknown_unit_is_shown_where_it_stands() -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(rules("{from: T, unit: [s, min]}"), "p.yaml", TABLES, "user")
    assert "'min' is not a value of 'unit'; it takes ms, s, m, h or d" in caught.value.problems[0].message
