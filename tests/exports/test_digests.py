"""The hash of a file that was read on the way is that of its bytes, and never that of others."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path
from typing import BinaryIO

import pytest

from cxkpi.exports import one_file
from cxkpi.exports.cache import Cache
from cxkpi.exports.files import digests
from cxkpi.exports.files.archives import open_gzip, open_plain
from cxkpi.exports.load import load
from cxkpi.tables import TABLES

CONTENT = b"agent_id,moved_on,from_team,to_team\n" + b"a1,2026-01-05,A,B\n" * 60_000


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    digests.forget()


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files are read for their hash alone."""
    seen: list[str] = []
    whole = hashlib.file_digest

    def watched(file: BinaryIO, name: str) -> object:
        seen.append(Path(file.name).name)
        return whole(file, name)

    monkeypatch.setattr("cxkpi.exports.files.digests.hashlib.file_digest", watched)
    return seen


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", [1, 1000, 1 << 20, 1 << 24])
def test_of_a_file_read_to_its_end_the_hash_is_known(tmp_path: Path, reads: list[str], size: int) -> None:
    path = tmp_path / "a.csv"
    content = CONTENT[: 3000 * min(size, 400)]
    path.write_bytes(content)
    with open_plain(path, "a.csv", hashed=True) as stream:
        assert b"".join(iter(lambda: stream.read(size), b"")) == content
        assert stream.consumed == len(content)
    assert (digests.of_file(path), reads) == (sha(content), [])


def test_of_a_packed_file_it_is_that_of_the_packed_bytes(tmp_path: Path, reads: list[str]) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(CONTENT[:9000]) + gzip.compress(CONTENT[9000:]))
    with open_gzip(path, "a.csv.gz", hashed=True) as stream:
        assert stream.read() == CONTENT
    assert (digests.of_file(path), reads) == (sha(path.read_bytes()), [])


@pytest.mark.parametrize("how", ["a part", "not asked", "backwards", "grown", "replaced", "touched"])
def test_else_the_file_is_read_for_it(tmp_path: Path, reads: list[str], how: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    with digests.reading(path) if how != "not asked" else path.open("rb") as stream:
        stream.read(1 << 20 if how != "not asked" else -1)
        if how == "backwards":
            stream.seek(0)
            stream.seek(1 << 20)
        elif how == "grown":
            with path.open("ab") as more:
                more.write(b"a2,2026-01-05,A,B\n")
        elif how == "replaced":
            path.unlink()
            path.write_bytes(CONTENT.replace(b"a1", b"a3"))
        elif how == "touched":
            os.utime(path, (1, 1))
        if how != "a part":
            while stream.read(1 << 20):
                pass
    assert (digests.of_file(path), reads) == (sha(path.read_bytes()), ["a.csv"])
    assert (digests.of_file(path), reads) == (sha(path.read_bytes()), ["a.csv"])


def test_what_changes_is_hashed_again(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for content in (b"one", b"two", b"three"):
        path.write_bytes(content)
        os.utime(path, ns=(1, len(content) * 10 + content[0]))
        assert digests.of_file(path) == sha(content)


def test_a_file_that_is_kept_is_read_once(tmp_path: Path, reads: list[str]) -> None:
    (tmp_path / "moves.csv").write_bytes(CONTENT)
    loaded = load(
        [tmp_path / "moves.csv"], tables=TABLES, timezone="UTC", into=tmp_path / "into",
        cache=Cache(tmp_path / "cache", least=0),
    )  # fmt: skip
    (entry,) = Cache(tmp_path / "cache").entries()
    assert (reads, loaded.aside) == ([], ())
    digests.forget()
    again = load(
        [tmp_path / "moves.csv"], tables=TABLES, timezone="UTC", into=tmp_path / "again",
        cache=Cache(tmp_path / "cache", least=0),
    )  # fmt: skip
    assert [report.cached for report in again.reports] == [True]
    assert [one.key for one in Cache(tmp_path / "cache").entries()] == [entry.key]


def test_a_file_that_changes_while_it_is_read_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "moves.csv"
    path.write_bytes(CONTENT)
    whole = one_file._read

    def slowly(*given: object, **asked: object) -> object:
        found = whole(*given, **asked)  # type: ignore[arg-type]
        if asked:
            with path.open("ab") as more:
                more.write(b"a2,2026-01-06,A,B\n")
        return found

    monkeypatch.setattr(one_file, "_read", slowly)
    cache = Cache(tmp_path / "cache", least=0)
    loaded = load([path], tables=TABLES, timezone="UTC", into=tmp_path / "into", cache=cache)
    assert loaded.aside == ("moves.csv changed while it was read; it was read again, and not kept.",)
    assert cache.entries() == []
    assert loaded.files[0].records == 60_001
