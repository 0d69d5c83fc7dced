"""Cells that may mean two things or nothing are left empty or rejected, and said; none is guessed at."""

from __future__ import annotations

import polars as pl
import pytest

from cxkpi.errors import InputError
from cxkpi.exports import one_file

from .acd import export, row
from .conftest import Load

EVALUATIONS = (
    "evaluation_id;agent_id;conversation_external_id;section;score;max_score;scored_at\n"
    "e1;a1;c1;P;3,125;4;2026-01-05 09:00:00\ne2;a1;c1;P;3,5;4;2026-01-05 09:00:00\n"
)
COSTS = "profile: t.x\nsystem: t\nmatch: {{headings: [Id]}}\ntables:\n  contacts:\n    contact_id: Id\n    {}\n"


def cell(loaded: Load, rule: str, written: str, column: str) -> object:
    text = f'Id,C,D\n1,"{written}",2026-01-05 09:00\n'
    return loaded({"x.csv": text}, profile=COSTS.format(f"{column}: {rule}")).rows("contacts", column)[0][0]


def test_a_comma_that_may_be_either_is_not_read_as_thousands(loaded: Load) -> None:
    became = loaded({"qa.csv": EVALUATIONS})
    reason = "a comma: thousands or decimals? declare decimal: ',' or '.' in the profile"
    assert became.rejects == [("qa.csv", 2, "score", "3,125", reason), ("qa.csv", 3, "score", "3,5", reason)]


@pytest.mark.parametrize(
    ("decimal", "written", "number"),
    [
        (None, "3,125", None),
        (None, "£3,125", None),
        (None, "1,234.5", 1234.5),
        (None, "1,234,567", 1234567.0),
        (None, "-1,234,567.25", -1234567.25),
        (None, "1'234", 1234.0),
        (None, "3.125", 3.125),
        (".", "3,125", 3125.0),
        (".", "3,5", None),
        (",", "3,125", 3.125),
        (",", "3,5", 3.5),
        (",", "-€ 3,5", -3.5),
        (",", "€ 1.234,5", 1234.5),
        (",", "1.234", 1234.0),
        (",", "3.12", None),
        (",", "1,234.5", None),
        (",", "12", 12.0),
        (",", "later", None),
    ],
)
def test_the_decimal_sign(loaded: Load, decimal: str | None, written: str, number: float | None) -> None:
    rule = "C" if decimal is None else f"{{from: C, decimal: '{decimal}'}}"
    assert cell(loaded, rule, written, "cost") == number


SEMICOLONS = COSTS.replace("Id]", "Id, C]")


def costs(
    loaded: Load, cells: list[str], rule: str = "cost: C", delimiter: str = ";"
) -> tuple[list[object], list[str]]:
    lines = [f'{n}{delimiter}"{written}"\n' for n, written in enumerate(cells)]
    became = loaded({"x.csv": f"Id{delimiter}C\n" + "".join(lines)}, profile=SEMICOLONS.format(rule))
    column = rule.split(":")[0]
    values = [row[0] for row in became.rows("contacts", column)]
    return values, [note for note in became.loaded.notes if "point" in note]


@pytest.mark.parametrize(
    ("delimiter", "cells", "values"),
    [
        (";", ["1.234", "2.100", "950", "875"], [None, None, 950, 875]),
        (";", ["1.234", "2.5"], [1.234, 2.5]),
        (";", ["0.125", "2.500"], [0.125, 2.5]),
        (",", ["5410.123", "1.234", "2.500"], [5410.123, 1.234, 2.5]),
        (",", ["1.234,50", "2.500", "12"], [None, None, 12]),
        (",", ["12.500.000", "2.500"], [None, None]),
        (",", ["3,5", "2.500"], [None, None]),
        (",", ["3,125", "2.500"], [None, 2.5]),
    ],
)
def test_a_point_that_may_part_thousands_is_not_guessed_at(
    loaded: Load, delimiter: str, cells: list[str], values: list[object]
) -> None:
    found, notes = costs(loaded, cells, delimiter=delimiter)
    assert found == values
    doubtful = [cell for cell, value in zip(cells, values, strict=True) if value is None and "," not in cell]
    assert bool(notes) == any(cell.count(".") == 1 or "500.000" in cell for cell in doubtful)
    if values[0] is None and delimiter == ";":
        assert notes == [
            "x.csv: 2 cells in 'C' have a point that may part thousands or decimals (line 2, such as '1.234'); left "
            "empty. Declare decimal: ',' or '.' in a profile."
        ]


def test_a_profile_settles_what_a_point_parts(loaded: Load) -> None:
    assert costs(loaded, ["1.234", "950"], "cost: {from: C, decimal: ','}") == ([1234, 950], [])
    assert costs(loaded, ["1.234", "950"], "cost: {from: C, decimal: '.'}") == ([1.234, 950], [])
    assert costs(loaded, ["1.234", "950"], "talk_s: C")[0] == [None, 950]


def test_a_required_number_with_a_doubtful_point_is_rejected(loaded: Load) -> None:
    evaluations = EVALUATIONS.replace("3,125", "3.125").replace("3,5", "3")
    assert [reject[:4] for reject in loaded({"qa.csv": evaluations}).rejects] == [("qa.csv", 2, "score", "3.125")]


@pytest.mark.parametrize("places", [(0, 399), (399, 0)])
def test_a_doubtful_point_is_the_same_in_every_block(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, places: tuple[int, int]
) -> None:
    monkeypatch.setattr(one_file, "BLOCK_BYTES", 512)
    cells = ["12"] * 400
    cells[places[0]], cells[places[1]], cells[200] = "1.234,50", "2.500", "7.000"
    found, notes = costs(loaded, cells, delimiter=",")
    assert sum(value is None for value in found) == 3
    assert "2 cells in 'C' have a point" in notes[0]


def test_other_cells_that_cannot_be_read_are_named_beside_the_doubtful(loaded: Load) -> None:
    text = 'Id,C\n1,"4,5"\n' + "".join(f"{n},bad\n" for n in range(2, 9)) + "9,5\n"
    became = loaded({"x.csv": text}, profile=COSTS.format("cost: C"))
    found = {one.code: one.count for one in became.loaded.findings}
    assert (found["F202"], found["F206"]) == (1, 7)


@pytest.mark.parametrize("size", [None, 512])
@pytest.mark.parametrize(
    ("new", "old", "unread"),
    [
        ("2026-01-06 10:00:00", "2026-01-05 10:00:00", "n.n."),
        ("2026-01-06 10:00:00", "2026-01-05 10:00:00", "17"),
        ("12", "9", "n.n."),
        ("12", "9", "2026-01-05 10:00:00"),
    ],
)
@pytest.mark.parametrize("at", [0, 200, 399])
def test_one_unreadable_version_does_not_switch_off_the_others(
    loaded: Load, monkeypatch: pytest.MonkeyPatch, size: int | None, new: str, old: str, unread: str, at: int
) -> None:
    if size is not None:
        monkeypatch.setattr(one_file, "BLOCK_BYTES", size)
    rows = [f"k{n},{n},{old}" for n in range(400)]
    rows[at] = f"k{at},{at},{unread}"
    text = "Id,C,V\nx,1," + new + "\n" + "\n".join(rows) + "\nx,2," + old + "\n"
    profile = COSTS.format("cost: C").replace("system: t\n", "system: t\nversion: V\n")
    became = loaded({"x.csv": text}, profile=profile)
    assert became.frame("contacts").filter(pl.col("contact_id") == "x")["cost"].to_list() == [1.0]
    (found,) = [one for one in became.loaded.findings if one.code == "F210"]
    assert (found.count, found.line, found.example) == (1, at + 3, unread)


def test_versions_not_in_the_declared_format_are_named(loaded: Load) -> None:
    profile = COSTS.format("cost: C").replace("system: t\n", "system: t\nversion: {from: V, format: '%d/%m/%Y'}\n")
    became = loaded({"x.csv": "Id,C,V\nx,1,06/01/2026\nx,2,5 Jan\n"}, profile=profile)
    assert became.rows("contacts", "cost") == [(1.0,)]
    assert [(one.line, one.example) for one in became.loaded.findings if one.code == "F210"] == [(3, "5 Jan")]


@pytest.mark.parametrize(
    ("percent", "cells", "shares", "asked"),
    [
        ("true", ["0.9", "0.4", "0"], [0.9, 0.4, 0], 2),
        ("fraction", ["0.9", "0.4", "0"], [0.9, 0.4, 0], 0),
        ("hundred", ["0.9", "0.4", "0"], [0.009, 0.004, 0], 0),
        ("fraction", ["1.8", "0.4"], [1.8, 0.4], 0),
        ("true", ["0.9", "1.0000001"], [0.9, 1.0000001], 2),
        ("true", ["0.9", "1.6"], [0.009, 0.016], 0),
        ("true", ["0", "0"], [0, 0], 0),
        ("true", ["90%", "0.4%"], [0.9, 0.004], 0),
    ],
)
def test_what_a_share_counts_to_is_asked(
    loaded: Load, percent: str, cells: list[str], shares: list[float], asked: int
) -> None:
    text = "Id,C\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))
    became = loaded({"x.csv": text}, profile=COSTS.format(f"cost: {{from: C, percent: {percent}}}"))
    assert [row[0] for row in became.rows("contacts", "cost")] == pytest.approx(shares)
    assert sum(one.count for one in became.loaded.findings if one.code == "F212") == asked


@pytest.mark.parametrize(
    ("rule", "written", "reason"),
    [
        ("{from: C, required: true, timezone: {from: Z}}", "2026-01-05 09:00", "its time zone is not known"),
        ("{from: C, required: true, format: '%Y-%m-%d %H:%M%z'}", "2026-01-05 09:00", "it lacks the offset"),
        ("{from: C, required: true}", "0088-01-05 09:00", "not a sensible date"),
        ("{from: C, required: true}", "soon", "not a date and time"),
    ],
)
def test_why_an_instant_could_not_be_read(loaded: Load, rule: str, written: str, reason: str) -> None:
    became = loaded({"x.csv": f"Id,C,Z\n1,{written},5\n"}, profile=COSTS.format(f"started_at: {rule}"))
    ((_, _, _, value, why),) = became.rejects
    assert value == written
    assert why.startswith(reason)


def test_iso_dates_that_were_not_read_are_not_said_to_be_others(loaded: Load) -> None:
    profile = COSTS.format("started_at: {from: C, format: '%d/%m/%Y %H:%M %z'}")
    text = "Id,C\n1,05/01/2026 09:00 +0100\n2,2026-01-05 09:00\n"
    assert "F207" not in {one.code for one in loaded({"x.csv": text}, profile=profile).loaded.findings}
    with_offset = text.replace("2026-01-05 09:00", "2026-01-05 09:00:00+01:00")
    assert "F207" in {one.code for one in loaded({"x.csv": with_offset}, profile=profile).loaded.findings}


def test_the_decimal_sign_of_durations_and_of_what_is_added_to_an_instant(loaded: Load) -> None:
    assert cell(loaded, "{from: C, unit: m, decimal: ','}", "1,5", "talk_s") == 90.0
    assert cell(loaded, "{from: C, decimal: ','}", "1:02,5", "talk_s") == 62.5
    assert cell(loaded, "{from: C, decimal: ','}", "1m 2,5s", "talk_s") == 62.5
    assert cell(loaded, "C", "1,5", "talk_s") is None
    added = cell(loaded, "{from: D, plus: [C], unit: m, decimal: ','}", "1,5", "started_at")
    assert str(added) == "2026-01-05 09:01:30"


def test_commas_left_empty_and_columns_of_which_nothing_can_be_read_are_noted(loaded: Load) -> None:
    head = "contact_id,ended_at,cost,talk_s,wrap_s,resolved,agent_id\n"
    text = head + (
        'c1,2026-01-05 09:00,"1,5",soon,soon,,a1\nc2,2026-01-05 09:00,2,,5,perhaps,a1\n'
        "c3,2026-01-05 09:00,3,later,6,,a1\nc4,2026-01-05,4,later,6,,\n"
    )
    became = loaded({"contacts.csv": text})
    assert became.entry("contacts.csv").blanked == 6
    assert [note for note in became.loaded.notes if "left empty" in note] == [
        "contacts.csv: 1 cell in 'cost' has a comma that may part thousands or decimals; left empty. "
        "Declare decimal: ',' or '.' in a profile.",
        "contacts.csv: none of the 3 cells in 'talk_s' can be read as talk_s, such as 'soon'; left empty.",
        "contacts.csv: the only cell in 'resolved' cannot be read as resolved, such as 'perhaps'; left empty.",
    ]


@pytest.mark.parametrize("address", ["tel:", "TEL: ", "Withheld", "sip:Anonymous@Anonymous.invalid", "Private"])
def test_an_address_that_names_nobody_is_no_customer(loaded: Load, address: str) -> None:
    became = loaded({"acd.csv": export(row(ani=address), row(conversation_id="c2", ani="Tel:+441632960009"))})
    assert became.rows("contacts", "customer_id") == [(None,), ("441632960009",)]


def test_the_example_of_a_second_date_format_is_not_in_the_first(loaded: Load) -> None:
    profile = COSTS.format("started_at: {from: C, format: ['%d/%m/%Y', '%m/%d/%Y']}")
    text = "Id,C\n1,13/01/2026\n2,01/14/2026\n"
    with pytest.raises(InputError, match=r"most as %d/%m/%Y, but not '01/14/2026'"):
        loaded({"x.csv": text}, profile=profile)


def test_a_row_below_the_headings_is_data_unless_every_filled_cell_has_the_mark(loaded: Load) -> None:
    profile = COSTS.format("reason: C").replace("tables:", "file: {header_rows: 2, header_mark: ImportId}\ntables:")
    said = loaded({"x.csv": "Id,C,D\n1,what is an ImportId?,\n2,x,\n"}, profile=profile)
    assert said.rows("contacts", "contact_id") == [("1",), ("2",)]
    marked = loaded({"x.csv": "Id,C,D\nImportId: 7,ImportId: 8,\n2,x,\n"}, profile=profile)
    assert marked.rows("contacts", "contact_id") == [("2",)]


def test_one_row_is_a_row(loaded: Load) -> None:
    legs = "contact_id,leg_no,ended_at\nc1,1,2026-01-05 09:05\n"
    profile = (
        "profile: t.x\nsystem: cxkpi\nmatch: {headings: [Id]}\ntables:\n  legs:\n    contact_id: C\n    leg_no: N\n"
        "    ended_at: T\n  contacts:\n    contact_id: C\n"
    )
    files = {"x.csv": "Id,C,N,T\n1,c1,1,2026-01-05 09:05\n2,c1,2,2026-01-05 09:06\n", "legs.csv": legs}
    notes = loaded(files, profile=profile).loaded.notes
    assert [note for note in notes if "another record" in note] == [
        "1 row of contacts has the key of a row from another record; the newest of each was kept."
    ]
