"""``--pseudonyms``: people under stable aliases, in everything a report writes or says."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.factory import month, result, row

from cxkpi.reports import pseudonyms
from cxkpi.reports.pseudonyms import Key, aliases, applied

from .small_centre import contacts, make

KEY = Key(b"a key of some length, for tests")
RUN = ("report", "exports", "-c", "metrics.yaml", "--by", "agent_id")
NAMES = ("Agent 0", "Agent 1")


@pytest.fixture
def here(tmp_path, monkeypatch):
    folder = make(tmp_path / "centre")
    (folder / "names.key").write_text("a key of some length, for tests\n")
    (folder / "names.key").chmod(0o600)
    monkeypatch.chdir(folder)
    return folder


def test_no_output_holds_a_name(run, here):
    files = [f"a{end}" for end in (".json", ".csv", ".md", ".prom", ".parquet", ".html", ".xlsx")]
    options = [part for file in files for part in ("-o", file)]
    ran = run(*RUN, *options, "-f", "table", "--show-values", "--manifest", "run.json", "--pseudonyms", "names.key",
              "--fail-on", "missed")  # fmt: skip
    assert ran.code in (0, 1), ran.err
    printed = ran.out + ran.err
    for file in ("a.json", "a.csv", "a.md", "a.html", "run.json"):
        printed += Path(file).read_text(encoding="utf-8")
    printed += str(pl.read_parquet("a.parquet").rows())
    import zipfile

    with zipfile.ZipFile("a.xlsx") as book:
        printed += "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
    assert not any(name in printed for name in NAMES)
    called = {f"agent-{letters}" for letters in aliases(NAMES, KEY).values()}
    assert set(re.findall(r"agent-[0-9A-Z]{6}\b", printed)) == called
    assert all(alias in ran.out for alias in called)
    assert run("verify", "run.json").code == 0


def test_the_same_person_has_the_same_alias_in_every_run(run, here):
    first = run(*RUN, "-f", "csv", "--pseudonyms", "names.key").out
    (here / "exports" / "acd_05.csv").unlink()
    (here / "exports" / "acd_07.csv").write_text(contacts(7).replace("Agent 1", "Agent 2"))
    second = run(*RUN, "-f", "csv", "--pseudonyms", "names.key").out
    found = [set(re.findall("agent-[0-9A-Z]+", text)) for text in (first, second)]
    assert [len(one) for one in found] == [2, 3]
    assert found[0] < found[1]


def test_another_key_gives_other_aliases_and_proves_nothing(run, here):
    assert run(*RUN, "-o", "a.csv", "--manifest", "run.json", "--pseudonyms", "names.key").code == 0
    Path("names.key").write_text("another key of the same length")
    ran = run("verify", "run.json")
    assert ran.code == 1
    assert "key names.key: changed\n" in ran.out
    ran = run(*RUN, "--against", "run.json", "--pseudonyms", "names.key")
    assert (ran.code, "U144" in ran.err) == (2, True)
    assert run(*RUN, "--against", "run.json").code == 2
    Path("names.key").unlink()
    assert run("verify", "run.json").code == 3


def test_a_key_others_can_read_is_warned_of(run, here):
    assert "warning" not in run(*RUN, "-f", "csv", "--pseudonyms", "names.key").err
    Path("names.key").chmod(0o640)
    ran = run(*RUN, "-f", "csv", "--pseudonyms", "names.key")
    assert ran.code == 0
    assert "warning: others can read names.key, and with it find out who is who: chmod 600 names.key\n" in ran.err
    assert run(*RUN, "-f", "csv", "--pseudonyms", "names.key", "-q").err == ""


@pytest.mark.parametrize(("text", "code"), [(None, "U141"), ("", "U142"), ("too short\n\n\n\n\n\n\n\n", "U142")])
def test_a_key_that_is_none(run, here, text, code):
    if text is not None:
        Path("short.key").write_text(text)
    ran = run(*RUN, "--pseudonyms", "short.key")
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}]" in ran.err


def test_the_run_file_names_the_key(run, here):
    (here / "cxkpi.yaml").write_text("cxkpi: 1\npaths: [exports]\ncatalogue: metrics.yaml\npseudonyms: names.key\n")
    ran = run("report", "--by", "agent_id", "-f", "csv")
    assert ran.code == 0
    assert "agent-" in ran.out
    assert "Agent 0" not in ran.out


def test_the_manifest_does_not_hold_a_name_that_was_typed(run, here):
    typed = (*RUN, "--only", "agent_id=Agent 0", "--pseudonyms", "names.key")
    assert run(*typed).code == 0
    ran = run(*typed, "--manifest", "run.json")
    assert (ran.code, "U145" in ran.err) == (2, True)


def test_names_in_sentences_and_in_several_dimensions():
    rows = [
        row(by={}, notes=("without Ann Lee",)),
        *(
            row(
                "aht",
                month(number),
                by={"supervisor": boss, "agent_id": agent, "queue": queue},
                notes=(f"{agent} left",),
            )
            for boss, agent, queue in (("Bo", "Ann Lee", "10"), ("Zoe", "Bo", "9"), ("Zoe", None, "9"))
            for number in (5, 6)
        ),
    ]
    found = applied(result(rows, notes=("Ann Lee and Bo; Bobby stays.",)), KEY)
    called = {name: f"agent-{letters}" for name, letters in aliases(("Ann Lee", "Bo", "Zoe"), KEY).items()}
    assert found.notes == (f"{called['Ann Lee']} and {called['Bo']}; Bobby stays.",)
    assert found.rows[0].notes == (f"without {called['Ann Lee']}",)
    assert {(one.by["supervisor"], one.by["agent_id"], one.by["queue"]) for one in found.rows[1:]} == {
        (called["Bo"], called["Ann Lee"], "10"), (called["Zoe"], called["Bo"], "9"), (called["Zoe"], None, "9"),
    }  # fmt: skip
    assert found.aliased == {"supervisor", "agent_id"}
    places = [(one.by["supervisor"], one.by["agent_id"] or "~", one.period.start) for one in found.rows[1:]]
    assert places == sorted(places)


@given(st.sets(st.text(min_size=1, max_size=8), max_size=60), st.integers(1, 3))
def test_aliases_tell_people_apart_however_short_they_begin(names, length):
    key = Key(KEY.secret, length)
    found = aliases(names, key)
    assert len(set(found.values())) == len(names)
    assert all(key.letters(name).startswith(letters) for name, letters in found.items())
    # Nobody's alias is the beginning of another's, so that none is taken for it.
    ordered = sorted(found.values())
    assert not any(later.startswith(first) for first, later in pairwise(ordered))


def test_aliases_are_those_of_hmac_sha256():
    """RFC 4231, test case 2: its digest begins 5bdcc146bf60754e6a04."""
    letters = Key(b"Jefe").letters("what do ya want for nothing?")
    number = int("5bdcc146bf60754e6a04", 16)
    expected = "".join(pseudonyms._LETTERS[number >> shift & 31] for shift in range(75, -1, -5))
    assert letters[:16] == expected
