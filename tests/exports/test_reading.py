"""From bytes to records: encodings, delimiters, line ends, quotes, ragged rows, preambles and footers."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.errors import InputError
from cxkpi.exports.files import reading

from .acd import export, row
from .conftest import Load

MOVES = "agent_id,moved_on,from_team,to_team\n00417,2026-01-05,Café,Bar\n"
WANTED = [("00417", "Café", "Bar")]
READ = ("agent_id", "from_team", "to_team")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings(loaded: Load, encoding: str) -> None:
    became = loaded({"moves.csv": MOVES.encode(encoding)})
    assert became.rows("moves", *READ) == WANTED
    guessed = [note for note in became.loaded.notes if "not UTF-8" in note]
    assert bool(guessed) == (encoding == "cp1252")


def test_an_accent_far_down_the_file_decides(loaded: Load) -> None:
    lines = "".join(f"{n:06d},2026-01-05,A,B\n" for n in range(9000))
    text = "agent_id,moved_on,from_team,to_team\n" + lines + "zz,2026-01-05,Caf\xe9,B\n"
    became = loaded({"moves.csv": text.encode("latin-1")})
    assert became.rows("moves", *READ)[-1] == ("zz", "Café", "B")


def test_a_byte_unknown_to_cp1252_is_still_read(loaded: Load) -> None:
    became = loaded({"moves.csv": MOVES.replace("é", "\x81\xe9").encode("latin-1")})
    assert became.rows("moves", "from_team") == [("Caf\x81é",)]


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n"])
def test_line_ends(loaded: Load, ends: str) -> None:
    became = loaded({"moves.csv": MOVES.replace("\n", ends)})
    assert became.rows("moves", *READ) == WANTED
    assert became.entry("moves.csv").lines == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(loaded: Load, delimiter: str) -> None:
    assert loaded({"moves.txt": MOVES.replace(",", delimiter)}).rows("moves", *READ) == WANTED


def test_a_line_that_declares_the_delimiter(loaded: Load) -> None:
    became = loaded({"moves.csv": "sep=;\r\n" + MOVES.replace(",", ";").replace("\n", "\r\n")})
    assert became.rows("moves", *READ) == WANTED
    assert became.entry("moves.csv").skipped == 1


def test_headings_are_compared_without_case_and_odd_spaces(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row()).replace("Conversation ID", "conversation\u00a0 id ")})
    assert became.rows("contacts", "contact_id") == [("c1",)]


def test_preamble_and_empty_rows_are_skipped_and_counted(loaded: Load) -> None:
    text = "Report of moves,,,\n\n" + MOVES + ",,,\n\n"
    entry = loaded({"moves.csv": text}).entry("moves.csv")
    assert (entry.records, entry.accepted, entry.skipped, entry.lines) == (3, 1, 2, 6)


def test_line_breaks_within_cells_keep_the_line_numbers_right(loaded: Load) -> None:
    text = (
        "agent_id,moved_on,from_team,to_team\n"
        'a1,2026-01-05,"Team\nover\nthree lines","B ""quoted"""\n'
        "a2,never,A,B\n"
        'a3,2026-01-05,"A, with comma",B\n'
        'a4,2026-01-05,"two\nlines",B\n'
        "a5,,A,B\n"
    )
    became = loaded({"moves.csv": text})
    assert became.rows("moves", *READ) == [
        ("a1", "Team\nover\nthree lines", 'B "quoted"'),
        ("a3", "A, with comma", "B"),
        ("a4", "two\nlines", "B"),
    ]
    assert [(r[1], r[3], r[4]) for r in became.rejects] == [(5, "never", "not a date"), (9, "", "empty")]
    assert became.entry("moves.csv").lines == 9


def test_a_quote_that_is_never_closed_costs_one_record(loaded: Load) -> None:
    good = "".join(f"g{n},2026-01-05,A,B\n" for n in range(50))
    text = (
        "agent_id,moved_on,from_team,to_team\n"
        + 'bad,2026-01-05,"A,B\n'
        + good
        + 'm,2026-01-05,"x\ny",B\n'
        + good.upper()
    )
    became = loaded({"moves.csv": text})
    assert [(r[1], r[4]) for r in became.rejects] == [(2, "a quote is opened and not closed")]
    entry = became.entry("moves.csv")
    assert (entry.records, entry.accepted) == (102, 101)
    assert ("m", "x\ny", "B") in became.rows("moves", *READ)


def test_the_last_quote_of_a_file_may_be_the_open_one(loaded: Load) -> None:
    became = loaded({"moves.csv": MOVES + 'a,2026-01-05,"A,B\nb,2026-01-05,A,B\n'})
    assert [(r[1], r[4]) for r in became.rejects] == [(3, "a quote is opened and not closed")]
    assert len(became.rows("moves")) == 2


def test_stray_quotes_that_can_be_read_are_read_and_counted(loaded: Load) -> None:
    text = MOVES + 'a1,2026-01-05,5" screen,B\na2,2026-01-05,"the "big" team",B\n'
    became = loaded({"moves.csv": text})
    assert became.rows("moves", "agent_id", "from_team")[1:] == [("a1", '5" screen'), ("a2", 'the "big" team')]
    assert "moves.csv: 1 record had stray quotes and was read all the same." in became.loaded.notes


def test_ragged_rows_are_rejected_with_their_line(loaded: Load) -> None:
    became = loaded({"moves.csv": MOVES + "a1,2026-01-05,A\na2,2026-01-05,A,B,\na3,2026-01-05,A,B,C\n"})
    assert [(r[1], r[4]) for r in became.rejects] == [
        (3, "it has 3 cells, the headings 4"),
        (5, "it has 5 cells, the headings 4"),
    ]
    assert [agent for (agent,) in became.rows("moves", "agent_id")] == ["00417", "a2"]


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "I102", "empty"),
        (b"  \n\n", "I102", "empty"),
        (b"PK\x03\x04" + bytes(200), "I103", "damaged or was cut off"),
        (bytes(range(256)) * 4, "I103", "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(1, 32)) * 50 + b"\xff\xfe", "I103", "binary"),
        (b"a,b\n1,2\n", "I105", "no profile knows"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_paragraph(loaded: Load, content: bytes, code: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        loaded({"odd.csv": content}, named=True)
    (problem,) = caught.value.problems
    assert problem.code == code
    assert words in problem.message
    assert problem.hint
    assert "\n" not in str(problem)


def test_a_file_nobody_knows_is_one_to_adopt(loaded: Load) -> None:
    with pytest.raises(InputError) as caught:
        loaded({"odd.csv": "a,b\n1,2\n"}, named=True)
    (problem,) = caught.value.problems
    assert "'cxkpi adopt FILE' drafts a profile" in str(problem.hint)


def test_an_odd_file_in_a_folder_is_a_note_and_the_rest_goes_on(loaded: Load) -> None:
    became = loaded({"moves.csv": MOVES, "empty.csv": b"", "other.csv": "agent_id,colour\n1,red\n", "a.xlsx": b"PK"})
    assert became.rows("moves", *READ) == WANTED
    left_out = [note for note in became.loaded.notes if "left out" in note]
    assert [note.split(" ")[0] for note in left_out] == ["a.xlsx", "empty.csv", "other.csv"]


def test_nothing_recognised_in_a_folder_is_an_error(loaded: Load) -> None:
    with pytest.raises(InputError):
        loaded({"empty.csv": b"", "other.csv": "x,y\n1,2\n"})


def test_headings_again_are_skipped(loaded: Load) -> None:
    became = loaded({"moves.csv": MOVES + MOVES.replace("00417", "00418")})
    assert [agent for (agent,) in became.rows("moves", "agent_id")] == ["00417", "00418"]
    assert became.entry("moves.csv").skipped == 1


def test_what_a_spreadsheet_does_to_identifiers(loaded: Load) -> None:
    text = 'agent_id,moved_on\n="00417",2026-01-05\n"=""00418""",2026-01-05\n1.2E+15,2026-01-05\n'
    became = loaded({"moves.csv": text})
    assert [agent for (agent,) in became.rows("moves", "agent_id")] == ["00417", "00418", "1.2E+15"]
    assert [note for note in became.loaded.notes if "as a power of ten" in note]


@pytest.mark.parametrize("space", [" ", "\t", "\u00a0", "\u2003"])
@pytest.mark.parametrize("heading", ["full_export_completed", "users", "transfers"])
def test_space_around_a_cell_is_no_part_of_it_wherever_it_stands(loaded: Load, space: str, heading: str) -> None:
    plain = row(conversation_id="c2", users="Ann Lee", transfers="1")
    cell = {"full_export_completed": "YES", "users": "Ann Lee", "transfers": "1"}[heading]
    spaced = row(**{"users": "Ann Lee", "transfers": "1", heading: f"{space}{cell}{space}"})
    became = loaded({"acd.csv": export(spaced, plain)})
    assert became.rows("contacts", "contact_id", "agent_id", "transfers") == [
        ("c1", "Ann Lee", 1),
        ("c2", "Ann Lee", 1),
    ]
    assert became.entry("acd.csv").blanked == 0


def test_a_line_of_wide_spaces_is_blank_and_one_of_empty_cells_is_skipped(loaded: Load) -> None:
    became = loaded({"acd.csv": export("\u3000\u3000", row(), "," * 23)})
    entry = became.entry("acd.csv")
    assert (entry.records, entry.accepted, entry.skipped, entry.lines) == (2, 1, 1, 4)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [b"a\n", b"\xc3\xa9", b"\xe9", b"\xf0\x9f\x98\x80", b"\xed\x9f\xbf", b"\xed\xa0", b"\xc3", b"\x80"]
        )
        | st.binary(max_size=4),
        max_size=30,
    ).map(b"".join),
    st.integers(1, 9),
    st.sampled_from([0, 3]),
)
def test_what_is_not_utf8_is_counted_as_one_by_one(content: bytes, size: int, mark: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_SURVEYED_BYTES", size)
        counted = reading._beyond_ascii(lambda: io.BytesIO(content), reading.Encoding("utf-8", mark=mark))
    text = content[mark:].decode("utf-8", "surrogateescape")
    escaped = sum("\udc80" <= letter <= "\udcff" for letter in text)
    halves = re.search(rb"\xed[\xa0-\xbf][\x80-\xbf]", content[mark:])
    assert counted == (None if halves else (escaped, sum(letter > "\x7f" for letter in text) - escaped))
