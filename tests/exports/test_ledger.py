"""Every record is accounted for once, and the newest version of a record counts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkpi.exports.load import load
from cxkpi.tables import TABLES

from .acd import HEADINGS, export, row
from .conftest import Load


def test_the_newest_version_column_wins_within_a_file(loaded: Load) -> None:
    became = loaded(
        {
            "acd.csv": export(
                row(end_date="2026-01-05 09:07:00", total_acw="90000"),
                row(end_date="2026-01-05 09:05:00"),
                row(conversation_id="c2"),
            )
        }
    )
    assert became.rows("contacts", "contact_id", "wrap_s") == [("c1", 90.0), ("c2", 30.0)]
    entry = became.entry("acd.csv")
    assert (entry.accepted, entry.superseded, entry.tables) == (2, 1, (("contacts", 2),))


def test_the_later_line_wins_where_versions_are_equal(loaded: Load) -> None:
    became = loaded({"acd.csv": export(row(queue="Old"), row(queue="New"))})
    assert became.rows("contacts", "queue") == [("New",)]


def test_overlapping_exports(loaded: Load) -> None:
    became = loaded(
        {
            "acd_1.csv": export(row(conversation_id="c0"), row(queue="first export")),
            "acd_2.csv": export(row(queue="second export"), row(conversation_id="c2", end_date="2026-02-01 00:00:00")),
        }
    )
    assert became.rows("contacts", "contact_id", "queue") == [
        ("c0", "Billing"),
        ("c1", "second export"),
        ("c2", "Billing"),
    ]
    assert (became.entry("acd_1.csv").superseded, became.entry("acd_2.csv").superseded) == (1, 0)
    assert became.loaded.stored["contacts"].rows == 3


def test_the_version_column_is_stronger_than_the_newer_file(loaded: Load) -> None:
    became = loaded(
        {
            "acd_1.csv": export(row(end_date="2026-01-05 09:09:00", queue="longer")),
            "acd_2.csv": export(row(queue="shorter"), row(conversation_id="c2", end_date="2026-02-01 00:00:00")),
        }
    )
    assert became.rows("contacts", "queue")[0] == ("longer",)


def test_the_file_name_decides_last(loaded: Load) -> None:
    became = loaded({"b.csv": export(row(queue="b")), "a.csv": export(row(queue="a"))})
    assert became.rows("contacts", "queue") == [("b",)]


def test_a_superseded_record_takes_its_other_rows_along(loaded: Load) -> None:
    profile = (
        "profile: t.s\nsystem: t\nmatch: {headings: [R]}\nversion: When\ntables:\n"
        "  invitations: {invitation_id: R, responded_at: When}\n"
        "  answers:\n"
        "    - {invitation_id: R, question: {is: csat}, score: A, when: {A: filled}}\n"
        "    - {invitation_id: R, question: {is: nps}, score: B, when: {B: filled}}\n"
    )
    files = {"1.csv": "R,When,A,B\nr,2026-01-05,5,10\n", "2.csv": "R,When,A,B\nr,2026-01-06,4,\n"}
    became = loaded(files, profile=profile)
    assert became.rows("answers", "question", "score") == [("csat", 4.0)]
    assert became.entry("1.csv").superseded == 1
    assert became.entry("1.csv").tables == (("invitations", 0), ("answers", 0))


def test_two_exports_that_tell_of_the_same_row(loaded: Load) -> None:
    became = loaded(
        {
            "answers_1.csv": "invitation_id,question,score\nr,csat,5\n",
            "answers_2.csv": "invitation_id,question,score,source\nr,csat,4,cxkpi\nr,csat,3,other\n",
        }
    )
    assert became.rows("answers", "score") in ([(4.0,), (3.0,)], [(3.0,), (4.0,)])
    assert became.balanced()


CELL = st.sampled_from(["", "c1", "c2", "2026-01-05 09:00:00", "31/02/2026", "N/A", '"a\nb"', '"open', "5", "YES", ";"])
LINE = st.lists(CELL, min_size=1, max_size=26).map(",".join)
GOOD = st.builds(
    row,
    conversation_id=st.sampled_from(["c1", "c2", "c3", ""]),
    end_date=st.sampled_from(["2026-01-05 09:05:00", "2026-01-05 09:06:00", "2026-01-05 08:00:00", "never"]),
    users=st.sampled_from(["", "Ann", '"Al;\nBo"']),
)
FILE = st.lists(st.one_of(GOOD, GOOD, LINE), max_size=12).map(lambda lines: "\n".join([HEADINGS, *lines, ""]))


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(FILE, min_size=1, max_size=3))
def test_records_always_add_up(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "exports"
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"acd_{number}.csv").write_text(text)
        found = load([folder], tables=TABLES, timezone="Europe/London", into=Path(name) / "tables")
        for number, entry in enumerate(found.files):
            assert entry.records == entry.accepted + entry.superseded + entry.rejected + entry.skipped
            assert entry.rejected == sum(reject.path == entry.path for reject in found.rejects)
            assert entry.lines == len(texts[number].splitlines())
            assert dict(entry.tables)["contacts"] == entry.accepted
            assert min(entry.accepted, entry.superseded, entry.skipped) >= 0
        stored = found.stored["contacts"]
        keys = pl.concat([pl.read_parquet(file) for file in stored.files])["contact_id"]
        assert keys.n_unique() == keys.len() == stored.rows == sum(entry.accepted for entry in found.files)
