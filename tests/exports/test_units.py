"""Units are decided by the times of the rows, and a declared one is compared with them."""

from __future__ import annotations

from datetime import datetime, timedelta

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
    found = [one for one in became.findings if one.code in ("F220", "F223")]
    if written == declared:
        assert found == []
        return
    (one,) = found
    # Five rows may agree by chance.
    assert (one.code, one.column, one.line, one.count, one.severity) == ("F223", "T", 2, 5, "warning")
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


LONG = [120 + 37 * n % 480 for n in range(40)]


def long(talk: list[str], lengths: list[int] = LONG, **more: list[str]) -> dict[str, list[str]]:
    began = datetime(2026, 1, 5, 9)
    return {
        "Id": [f"c{n}" for n in range(len(lengths))],
        "Start": [str(began + timedelta(hours=n)) for n in range(len(lengths))],
        "End": [str(began + timedelta(hours=n, seconds=length)) for n, length in enumerate(lengths)],
        "T": talk,
        **more,
    }


def units_found(text: str, columns_: dict[str, list[str]]) -> list[tuple[str, int, str]]:
    found = made(text, columns_).findings
    return [(one.code, one.count, one.detail) for one in found if one.code in ("F220", "F223")]


@pytest.mark.parametrize("units", ["[s, m]", "[m, s]", "[s, m, h]", "[ms, s]"])
def test_little_work_in_long_rows_is_no_larger_unit(units: str) -> None:
    size = 1000 if "ms" in units else 1
    days = [86400 * (5 if size > 1 else 1) + 3600 * (n % 9) for n in range(40)]
    talk = [str((60 + 97 * n % 500) * size) for n in range(40)]
    with pytest.raises(InputError, match=r"I113.*work may be a small part"):
        made(rules(f"{{from: T, unit: {units}}}"), long(talk, days))


def test_a_larger_unit_that_fits_nearly_exactly_is_taken() -> None:
    became = made(rules("{from: T, unit: [s, m]}"), long([str(round(length / 60, 2)) for length in LONG]))
    assert became.tables["contacts"]["talk_s"].to_list() == pytest.approx(LONG, abs=0.4)


def test_talk_in_minutes_is_seen_by_the_time_from_answer_to_end() -> None:
    # Talk is a small part of the row, most of which was a wait: only the identity shows the unit.
    lengths = [600 + length for length in LONG]
    began = datetime(2026, 1, 5, 9)
    answered = [str(began + timedelta(hours=n, seconds=600)) for n in range(40)]
    text = rules("T", "\nanswered_at: A\nwait_s: W\nhold_s: H")
    minutes = [str(round((length - 20) / 60, 2)) for length in LONG]
    more = {"A": answered, "W": ["600"] * 40, "H": ["20"] * 40}
    assert units_found(text, long(minutes, lengths, **more)) == [("F220", 40, "m s")]
    right = [str(length - 20) for length in LONG]
    assert units_found(text, long(right, lengths, **more)) == []


@pytest.mark.parametrize("part", [0.45, 0.7, 0.9])
def test_talk_in_minutes_is_seen_where_it_is_a_part_of_the_row(part: float) -> None:
    minutes = [str(round(length * (part + 0.05 * (n % 3 - 1)) / 60, 2)) for n, length in enumerate(LONG)]
    assert units_found(rules("T"), long(minutes)) == [("F220", 40, "m s")]


def test_a_file_of_which_some_rows_are_in_minutes() -> None:
    talk = [str(round(length * 0.9 / (60 if n % 2 else 1), 2)) for n, length in enumerate(LONG)]
    assert units_found(rules("T"), long(talk)) == [("F220", 20, "m s")]


@pytest.mark.parametrize(
    ("talk", "lengths"),
    [
        ([60] * 40, [3600] * 40),
        ([60 + 97 * n % 500 for n in range(40)], [3600 * (1 + 7 * n % 40) for n in range(40)]),
        ([1700] * 40, [1800] * 40),
        ([300] * 40, [20] * 40),
        ([260] * 40, [100] * 40),
        ([1000] * 40, [12] * 40),
        ([5 + 13 * n % 70 if n % 3 else 280 for n in range(40)], [300] * 40),
    ],
)
def test_mails_chats_and_callbacks_are_right_as_they_are(talk: list[int], lengths: list[int]) -> None:
    columns_ = long([str(seconds) for seconds in talk], lengths)
    assert units_found(rules("T"), columns_) == []
    assert units_found(rules("T", "\nanswered_at: Start"), columns_) == []


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
    garbled = cells("ms", 1.0)
    garbled["T"][2] = "n.n."
    assert [code for code, _, _ in codes(made(text, garbled))] == ["F206"]
    assert codes(made(text.replace("sum: [T]", "sum: [Gone]"), cells("ms", 0.5))) == []


def test_an_unknown_unit_is_shown_where_it_stands() -> None:
    with pytest.raises(CatalogueError) as caught:
        parse(rules("{from: T, unit: [s, min]}"), "p.yaml", TABLES, "user")
    assert "'min' is not a value of 'unit'; it takes ms, s, m, h or d" in caught.value.problems[0].message
