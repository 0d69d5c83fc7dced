"""Cells that may mean two things or nothing are left empty or rejected, and said; none is guessed at."""

from __future__ import annotations

import pytest

from cxkpi.errors import InputError

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
