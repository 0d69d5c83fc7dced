"""What decides between profiles: what they ask for and know, where they come from, and when the user is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxkpi.errors import InputError, UsageError
from cxkpi.exports.layout.inputs import FileSetting
from cxkpi.exports.profile import Profile

from .acd import export, row
from .recognising import profile, recognised


def mine(name: str, match: str, *, file: str = "", more: str = "", rules: str = "", origin: str = "user") -> Profile:
    """A profile of contacts. ``match``, ``file``: as in YAML between braces; ``rules``: further columns."""
    contacts = f"contact_id: Id, started_at: When{rules}"
    top = f"profile: {name}\nsystem: ours\nmatch: {{{match}}}\nfile: {{{file}}}\n{more}\n"
    return profile(f"{top}tables: {{contacts: {{{contacts}}}}}\n", origin=origin)


CALLS = mine("ours.calls", "headings: [Id, When]")
TEXT = "Id,When,Until,Queue\n1,2026-01-05 10:00,2026-01-05 10:05,Sales\n"


def name_of(folder: Path, text: str, *profiles: Profile, name: str = "a.csv") -> str:
    return recognised(folder, {name: text}, *profiles).one().layout.profile.name


def test_the_reason_for_a_choice_is_said(tmp_path: Path) -> None:
    layout = recognised(tmp_path, {"a.csv": export(row())}).one().layout
    known = layout.why.partition("next best")[0]
    assert known.startswith("all 4 of the headings it asks for, and ")
    assert known.endswith(" of 24 headings of the file are known to it; ")


def test_who_asks_for_all_another_asks_for_and_more_wins(tmp_path: Path) -> None:
    narrow = mine("ours.sales", "headings: [Id, When, Until]")
    wide = mine("ours.calls", "headings: [Id, When]", rules=", queue: Queue, ended_at: Until")
    assert name_of(tmp_path, TEXT, wide, narrow) == "ours.sales"


def test_who_knows_more_wins_where_both_ask_for_as_much(tmp_path: Path) -> None:
    other = mine("ours.more", "headings: [Id, Until]", rules=", ended_at: Until, queue: Queue")
    assert name_of(tmp_path, TEXT, CALLS, other) == "ours.more"


def test_one_that_asks_for_more_and_one_that_knows_more_are_a_question(tmp_path: Path) -> None:
    asks = mine("ours.asks", "headings: [Id, When, Until]")
    knows = mine("ours.knows", "headings: [Id, Queue]", rules=", ended_at: Until, queue: Queue")
    with pytest.raises(InputError) as caught:
        recognised(tmp_path, {"a.csv": TEXT}, asks, knows)
    message = str(caught.value)
    assert "I104" in message
    assert "ours.asks asks for 3 headings and knows 3 of 4" in message
    assert "ours.knows asks for 2 headings and knows 4 of 4" in message
    assert "cxkpi.yaml" in message


def test_a_question_leaves_the_file_out_where_others_go_on(tmp_path: Path) -> None:
    other = mine("ours.others", "headings: [Id, When]")
    outcome = recognised(tmp_path, {"a.csv": TEXT}, CALLS, other, lenient=True)
    assert outcome.profiles == {"a.csv": "unrecognised"}
    assert outcome.left[0].problem.code == "I104"


def test_a_given_profile_then_one_beside_the_data_then_a_shipped_one(tmp_path: Path) -> None:
    text = export(row()).replace("Conversation ID", "Conversation ID,Id,When").replace(",c1,", ",c1,i,w,")
    beside = mine("ours.beside", "headings: [Id, When]", origin="beside")
    assert name_of(tmp_path, text, beside) == "ours.beside"
    assert name_of(tmp_path, text, beside, CALLS) == "ours.calls"


def test_the_last_resort_comes_after_everything_else(tmp_path: Path) -> None:
    last = mine("ours.last", "headings: [contact_id], last_resort: true")
    text = "contact_id,started_at,ended_at\nc1,2026-01-05 10:00,2026-01-05 10:05\n"
    assert name_of(tmp_path, text, last) == "cxkpi.contacts"
    assert name_of(tmp_path / "b", "contact_id,mood\nc1,good\n", last) == "ours.last"


def test_the_first_heading_may_be_asked_for(tmp_path: Path) -> None:
    first = mine("ours.first", "headings: [Id, When, Until, Queue], first: Id")
    assert name_of(tmp_path, TEXT, first, CALLS) == "ours.first"
    assert name_of(tmp_path, TEXT.replace("Id,When", "When,Id"), first, CALLS) == "ours.calls"


def test_headings_may_be_asked_for_by_a_pattern(tmp_path: Path) -> None:
    pattern = mine("ours.level", "headings: [Id, When], like: ['^service level (\\d+)']")
    text = TEXT.replace("Queue", "Service  Level 20 seconds")
    file = recognised(tmp_path, {"a.csv": text}, pattern, CALLS).one()
    assert file.layout.profile.name == "ours.level"
    assert name_of(tmp_path / "b", TEXT, pattern, CALLS) == "ours.calls"


def test_rules_find_their_heading_by_a_pattern(tmp_path: Path) -> None:
    like = mine("ours.level", "headings: [Id, When]", rules=", queue: {like: 'queue name$'}")
    layout = recognised(tmp_path, {"a.csv": TEXT.replace("Queue", "First Queue Name")}, like).one().layout
    assert layout.positions["like:queue name$"] == 3
    assert like.read_from(layout.positions) == (0, 1, 3)


@pytest.mark.parametrize("written", ["id", "ID", " Id ", "\ufeffId", "I-d", "i_d", "I D"])
def test_case_spaces_and_underscores_do_not_matter(tmp_path: Path, written: str) -> None:
    assert name_of(tmp_path, TEXT.replace("Id", written), CALLS) == "ours.calls"


def test_they_do_matter_in_plain_layouts(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        recognised(tmp_path, {"a.csv": "Contact ID,Started at,Ended at\nc1,2026-01-05 10:00,2026-01-05 10:05\n"})


def test_two_headings_that_differ_only_in_an_underscore_are_not_mixed_up(tmp_path: Path) -> None:
    layout = recognised(tmp_path, {"a.csv": "Id,When,call_id,call id,callid\n"}, CALLS).one().layout
    assert (layout.positions["call_id"], layout.positions["call id"], layout.positions["callid"]) == (2, 3, 4)
    with pytest.raises(InputError, match="'Id'"):
        recognised(tmp_path / "b", {"a.csv": "I_d,I-d,When\n"}, mine("ours.x", "headings: [Id, When]", origin="user"))


def test_further_spellings_are_good_everywhere(tmp_path: Path) -> None:
    spelled = mine("ours.calls", "headings: [Id, When]", more="spellings: {When: [Fecha, Cuándo], Queue: [Cola]}")
    layout = (
        recognised(tmp_path, {"a.csv": TEXT.replace("When", "FECHA").replace("Queue", "Cola")}, spelled).one().layout
    )
    assert layout.positions["when"] == 1
    assert layout.why.startswith("both of the headings")


def test_the_zone_in_a_heading(tmp_path: Path) -> None:
    text = TEXT.replace("When", "When (America/New_York)").replace("Until", "Until (UTC)")
    layout = recognised(tmp_path, {"a.csv": text}, CALLS).one().layout
    assert (layout.positions["when"], dict(layout.zones)) == (1, {1: "America/New_York", 2: "UTC"})
    with pytest.raises(InputError, match="'When'"):
        recognised(tmp_path / "b", {"a.csv": TEXT.replace("When", "When (seconds)")}, CALLS)
    with pytest.raises(InputError, match="'When'"):
        recognised(tmp_path / "c", {"a.csv": TEXT.replace("When", "When (Nowhere/Atlantis)")}, CALLS)


def test_a_file_without_headings_is_known_by_its_lines(tmp_path: Path) -> None:
    events = mine("ours.events", "lines: '^\\d{10}\\|'", file="columns: [When, Id, Queue]", rules=", queue: Queue")
    text = "\n1596191926|c1|Sales\n1596191927|c2\n\n1596191928|c3|Sales|more|and more\n"
    file = recognised(tmp_path, {"a.log": text, "b.csv": "1596191926|c1\nand more\nId,When\n1,2\n"}, events, CALLS)
    layout = file.recognised[0].layout
    assert file.profiles == {"a.log": "ours.events", "b.csv": "ours.calls"}
    assert (layout.headings, layout.delimiter, layout.columns_named, layout.ragged) == (
        ("When", "Id", "Queue"),
        "|",
        True,
        True,
    )
    assert (layout.heading_line, layout.data_line) == (0, 0)


def test_preamble_blank_and_broken_headings(tmp_path: Path) -> None:
    text = '\nMy report\n;;\n"sep";\n"Id";"When";;"Time\nto ""go""";Id;\n1;2026-01-05 10:00;;5;1;\n'
    layout = (
        recognised(tmp_path, {"a.csv": text}, mine("ours.calls", "headings: [Id, When, 'Time to \"go\"']")).one().layout
    )
    assert (layout.delimiter, layout.heading_line, layout.data_line) == (";", 4, 6)
    assert layout.repeated == ("Id",)
    assert "" not in layout.positions


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_line_that_declares_the_delimiter(tmp_path: Path, first: str) -> None:
    layout = (
        recognised(tmp_path, {"a.csv": f"{first}\r\nId;When,with;Until\n".replace("When,with", "When")}, CALLS)
        .one()
        .layout
    )
    assert (layout.delimiter, layout.heading_line) == (";", 1)


@pytest.mark.parametrize("first", ['sep="', "sep= ", "sep=a", "sep=", "sep=é", "sep=;;"])
def test_a_line_that_declares_nothing_sensible(tmp_path: Path, first: str) -> None:
    assert name_of(tmp_path, f"{first}\nId,When\n1,2\n", CALLS) == "ours.calls"


def test_a_profile_asked_for_by_name(tmp_path: Path) -> None:
    other = mine("ours.others", "headings: [Id, When]")
    files: dict[str, str | bytes] = {"a.csv": TEXT, "b.csv": TEXT}
    settings = [FileSetting("*.csv", "ours.calls"), FileSetting("b*", "ours.others")]
    outcome = recognised(tmp_path, files, CALLS, other, settings=settings)
    assert outcome.profiles == {"a.csv": "ours.calls", "b.csv": "ours.others"}
    assert outcome.recognised[0].layout.why.startswith("it was asked for by name; ")


def test_a_profile_asked_for_by_name_that_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"read by the profile five9\.call_log, but lacks the headings 'CALL ID'"):
        recognised(tmp_path, {"a.csv": TEXT}, CALLS, settings=[FileSetting("a.csv", "five9.call_log")])
    with pytest.raises(UsageError, match=r"no profile 'ours\.cals'; did you mean 'ours\.calls'\?"):
        recognised(tmp_path, {"a.csv": TEXT}, CALLS, settings=[FileSetting("a.csv", "ours.cals")])


def test_a_profile_given_in_vain_is_said(tmp_path: Path) -> None:
    wrong = mine("ours.calls", "headings: [Conversation ID, When, Flow]")
    outcome = recognised(tmp_path, {"acd.csv": export(row())}, wrong)
    read_by = "acd.csv lacks the heading 'When' and is read by genesys_cloud.interactions"
    assert outcome.notes == [f"no file fits the profile ours.calls; {read_by}."]
    assert recognised(tmp_path / "b", {"a.csv": TEXT}, CALLS).notes == []


REFUSED = """
profile: ours.sums
system: ours
refuse: it has no dates.
match: {headings: [Agent, Calls]}
"""


def test_an_export_of_which_nothing_can_be_read(tmp_path: Path) -> None:
    text = "Calls by agent\nAgent,Calls\nann,5\n\nbob,6\n"
    outcome = recognised(tmp_path, {"a.csv": text, "b.csv": TEXT}, profile(REFUSED), CALLS)
    (left,) = outcome.left
    assert left.note == "a.csv was left out: nothing can be read from this export, ours.sums: it has no dates."
    entry = left.entry
    assert (entry.profile, entry.records, entry.skipped, entry.accepted) == ("ours.sums", 3, 3, 0)
    assert (left.blank, left.continued, entry.lines) == (1, 1, 5)
    with pytest.raises(InputError, match="I109"):
        recognised(tmp_path, {"a.csv": text}, profile(REFUSED), CALLS, named=True)


def test_a_quote_never_closed_in_the_headings_takes_no_rows(tmp_path: Path) -> None:
    layout = recognised(tmp_path, {"a.csv": 'Id,When,"Note\n1,2026-01-05 10:00,x\n'}, CALLS).one().layout
    assert (layout.headings, layout.data_line) == (("Id", "When", "Note"), 1)


def test_a_headings_line_that_is_all_there_is(tmp_path: Path) -> None:
    assert name_of(tmp_path, "Id,When", CALLS) == "ours.calls"


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01\x02",
        b'"' * 3_000_000,
        b"\n" * 2_000_000,
        b'Id,"When,' + b"x\n" * 600_000,
        b"\xff\xfe" + "Id,When\n".encode("utf-16-be"),
        b"sep=,",
        b"," * 200_000,
        b"\xef\xbb\xbf\xef\xbb\xbf",
    ],
    ids=["binary", "quotes", "empty lines", "open quote", "wrong mark", "sep alone", "commas", "marks"],
)
def test_any_bytes_give_a_clear_answer(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match=r"I10\d"):
        recognised(tmp_path, {"a.csv": content}, CALLS)
