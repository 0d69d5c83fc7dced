"""Which files are found and what they hold: archives, members, sheets, and what is said of what cannot be read."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from cxkpi.errors import InputError, UsageError
from cxkpi.exports.files import archives
from cxkpi.exports.files.finding import find, profiles_beside
from cxkpi.exports.files.sources import Source, Unread, expand
from cxkpi.exports.layout.inputs import FileSetting, fits

from .books import Sheet, workbook
from .recognising import recognised, write

HEADINGS = ("contact_id", "started_at", "ended_at")
TEXT = "contact_id,started_at,ended_at\nc1,2026-01-05 10:00,2026-01-05 10:05\n"
LINE = '{"contact_id": "c2", "started_at": "2026-01-05 10:00", "ended_at": "2026-01-05 10:05"}\n'


def packed(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def parquet() -> bytes:
    buffer = io.BytesIO()
    pl.read_csv(io.StringIO(TEXT)).write_parquet(buffer)
    return buffer.getvalue()


def sheet() -> bytes:
    return workbook(Sheet("Calls", [HEADINGS, ("c3", "2026-01-05 10:00", "2026-01-05 10:05")]))


def test_every_kind_of_file_in_a_folder_is_read(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.csv": TEXT,
        "b.tsv": TEXT.replace(",", "\t"),
        "c.log": TEXT,
        "d.txt.gz": gzip.compress(TEXT.encode()),
        "e.zip": packed({"june/acd.csv": TEXT, "x.jsonl": LINE, "book.xlsx": sheet(), "p.parquet": parquet()}),
        "f.xlsx": sheet(),
        "g.json": f"[{LINE}]",
        "h.ndjson": LINE,
        "i.parquet": parquet(),
        "j.jsonl.gz": gzip.compress(LINE.encode()),
        ".hidden.csv": "no,export\n1,2\n",
        "~$f.xlsx": b"the lock of an open workbook",
    }
    outcome = recognised(tmp_path, files)
    assert outcome.profiles == dict.fromkeys(
        [
            *("a.csv", "b.tsv", "c.log", "d.txt.gz", "e.zip/book.xlsx", "e.zip/june/acd.csv", "e.zip/p.parquet"),
            *("e.zip/x.jsonl", "f.xlsx", "g.json", "h.ndjson", "i.parquet", "j.jsonl.gz"),
        ],
        "cxkpi.contacts",
    )
    assert outcome.notes == []


def test_what_a_file_is_shows_in_its_bytes_not_in_its_name(tmp_path: Path) -> None:
    files = {
        "a.csv": gzip.compress(TEXT.encode()),
        "b.txt": LINE,
        "c.csv": parquet(),
        "d.csv": sheet(),
        "e.txt": packed({"x.csv": TEXT}),
        "f.json.gz": LINE.encode(),
    }
    kinds = dict(zip(files, ("text", "json", "parquet", "workbook", "text", "json"), strict=True))
    outcome = recognised(tmp_path, files, named=True)
    assert {file.source.path.name: file.source.kind for file in outcome.recognised} == kinds


def test_the_stream_is_the_text_and_tells_how_far_it_is(tmp_path: Path) -> None:
    long = TEXT + "c9,2026-01-05 10:00,2026-01-05 10:05\n" * 40_000
    write(tmp_path, {"a.csv": long, "b.csv.gz": gzip.compress(long.encode()), "c.zip": packed({"x.csv": long})})
    for source in expand(find([tmp_path])[0]):
        assert isinstance(source, Source)
        with source.open() as stream:
            begin = stream.read(1000)
            assert 0 <= stream.consumed <= source.size
            assert begin + stream.read() == long.encode()
            assert stream.consumed >= source.size * 0.9
        with source.open() as stream:
            assert [stream.readline() for _ in range(2)] == [line.encode() for line in TEXT.splitlines(keepends=True)]


def test_the_hash_follows_the_content(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"a.zip": packed({"x.csv": TEXT, "y.csv": TEXT})})
    one, other = (source.content_hash() for source in expand(find([path])[0]) if isinstance(source, Source))
    assert one != other
    path.write_bytes(packed({"x.csv": TEXT, "y.csv": TEXT + "\n"}))
    assert one not in {source.content_hash() for source in expand(find([path])[0]) if isinstance(source, Source)}


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("a.csv.gz", gzip.compress(TEXT.encode() * 99, mtime=0)[:-20], "I103", "cut off"),
        ("a.csv.gz", gzip.compress(TEXT.encode(), mtime=0)[:12] + b"xxxxxxxxxx", "I103", "damaged"),
        ("a.zip", packed({"x.csv": TEXT})[:60], "I103", "damaged"),
        ("a.zip", packed({}), "I102", "empty"),
        ("a.zip", packed({"in.zip": packed({"x.csv": TEXT})}), "I103", "archive within an archive"),
        ("a.zip", packed({"x.csv.gz": gzip.compress(TEXT.encode())}), "I103", "archive within an archive"),
        ("a.gz", gzip.compress(packed({"x.csv": TEXT})), "I103", "archive within an archive"),
        ("a.parquet", parquet()[:200], "I103", "Parquet"),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "I103", r"\.xlsx or CSV"),
        ("a.xlsm", packed({"xl/workbook.xml": "", "xl/vbaProject.bin": ""}), "I103", r"\.xlsm.*save it as \.xlsx"),
        ("a.xlsb", packed({"xl/workbook.bin": ""}), "I103", r"\.xlsb.*save it as \.xlsx"),
        ("a.ods", packed({"mimetype": "", "content.xml": ""}), "I103", "OpenDocument"),
        ("a.csv", b"<html><body><table>", "I103", "web page"),
        ("a.tar", b"x" * 257 + b"ustar" + bytes(300), "I103", "tar archive"),
        ("a.csv", b"", "I102", "empty"),
        ("a.csv", b"\xef\xbb\xbf", "I102", "empty"),
        ("a.json", b"[]", "I102", "empty"),
        ("a.csv", b"%PDF-1.7", "I103", "PDF"),
    ],
    # Archives hold the time they were made at.
    ids=lambda value: "content" if isinstance(value, bytes) else value,
)  # fmt: skip
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, code: str, says: str) -> None:
    with pytest.raises(InputError, match=f"(?s){code}.*{says}"):
        recognised(tmp_path, {name: content}, named=True)


def test_an_encrypted_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    content = bytearray(packed({"locked.csv": TEXT, "open.csv": TEXT}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    outcome = recognised(tmp_path, {"a.zip": bytes(content)}, named=True)
    assert outcome.profiles == {"a.zip/locked.csv": "unreadable", "a.zip/open.csv": "cxkpi.contacts"}
    assert "encrypted" in outcome.left[0].note


def test_a_bomb_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_UNSUSPECTED", 1 << 20)
    bomb = gzip.compress(TEXT.encode() + bytes(40 << 20), 9)
    write(tmp_path, {"a.csv.gz": bomb, "b.zip": packed({"x.csv": TEXT.encode() + bytes(40 << 20)})})
    for source in expand(find([tmp_path])[0]):
        assert isinstance(source, Source)
        with source.open() as stream, pytest.raises(InputError, match="300 times as large"):
            stream.read()


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 2)
    with pytest.raises(InputError, match="holds 3 files"):
        recognised(tmp_path, {"a.zip": packed(dict.fromkeys(("a.csv", "b.csv", "c.csv"), TEXT))})


def test_what_stands_beside_the_data_in_an_archive_is_said(tmp_path: Path) -> None:
    members = {"acd.csv": TEXT, "readme.md": "how to read this", "__MACOSX/._acd.csv": b"\x00", ".DS_Store": b"\x00"}
    outcome = recognised(tmp_path, {"a.zip": packed(members)}, named=True)
    assert outcome.profiles == {"a.zip/acd.csv": "cxkpi.contacts", "a.zip/readme.md": "unrecognised"}


def test_a_name_within_an_archive_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    outcome = recognised(tmp_path, {"a.zip": packed({"a\x1b[2J.csv": TEXT})})
    assert outcome.one().shown == "a.zip/a?[2J.csv"


def test_other_workbooks_and_archives_of_a_folder_are_said_with_what_to_do(tmp_path: Path) -> None:
    outcome = recognised(tmp_path, {"a.csv": TEXT, "b.xls": b"", "c.7z": b"", "d.pdf": b""})
    assert outcome.notes == [
        "b.xls was not read: cxkpi does not read .xls workbooks. Open it and save it as .xlsx or CSV.",
        "c.7z was not read: cxkpi does not unpack .7z archives. Unpack it, or pack it as .zip or .gz.",
    ]


def test_patterns_stand_for_files_also_below(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": TEXT, "b/c.csv": TEXT, "b/d/e.csv": TEXT, "b/f.pdf": "", "b/.g/h.csv": TEXT})

    def names(pattern: str) -> list[str]:
        return [file.path.relative_to(tmp_path).as_posix() for file in find([tmp_path / pattern])[0]]

    assert names("*.csv") == ["a.csv"]
    assert names("b/*") == ["b/c.csv"]
    assert names("**/*.csv") == ["a.csv", "b/c.csv", "b/d/e.csv"]
    assert names("b/**") == ["b/c.csv", "b/d/e.csv"]
    with pytest.raises(UsageError, match="no file fits"):
        names("*.pdf")
    with pytest.raises(UsageError, match="is no pattern"):
        names("b**/x.csv")


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert recognised(tmp_path, {"a[1].csv": TEXT}, named=True).one().shown == "a[1].csv"


def test_the_log_of_asterisk_is_found_without_an_ending(tmp_path: Path) -> None:
    write(tmp_path, {"queue_log": "1", "queue_log.1": "1", "queue_logs_of_mine": "1", "notes": "1"})
    assert [file.shown for file in find([tmp_path])[0]] == ["queue_log", "queue_log.1"]


def test_profiles_beside_the_data_are_found_once(tmp_path: Path) -> None:
    write(tmp_path, {"a.csv": TEXT, "profiles/one.yaml": "", "b/c.csv": TEXT, "b/profiles/notes.txt": ""})
    paths = [tmp_path, tmp_path / "a.csv", tmp_path / "b"]
    assert profiles_beside(paths) == (tmp_path / "profiles",)
    assert profiles_beside(paths, [tmp_path / "profiles"]) == ()


def test_the_last_setting_that_fits_counts_for_profile_and_zone_alone(tmp_path: Path) -> None:
    settings = [FileSetting("*", timezone="UTC"), FileSetting("a*", timezone="Europe/Rome"), FileSetting("a.csv")]
    outcome = recognised(tmp_path, {"a.csv": TEXT, "b.csv": TEXT}, settings=settings)
    zones = {file.shown: file.layout.profile.file.timezone for file in outcome.recognised}
    assert zones == {"a.csv": "Europe/Rome", "b.csv": "UTC"}


def test_a_setting_fits_by_name_path_or_part() -> None:
    source = Source(Path("data/june/acd.zip"), "acd.zip/x.csv", True, member="x.csv")
    assert [fits(pattern, source) for pattern in ("acd.*", "june/*.zip", "acd.zip/*.csv", "x.csv", "*.xlsx")] == [
        *(True, True, True, True),
        *(False,),
    ]


def test_a_file_that_vanishes_is_no_fault_of_the_program(tmp_path: Path) -> None:
    (path,) = write(tmp_path, {"a.csv": TEXT})
    found, _ = find([path])
    path.unlink()
    (outcome,) = expand(found)
    assert isinstance(outcome, Unread)
    assert outcome.problem.code == "I100"
