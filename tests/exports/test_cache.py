"""What was read once is read from the cache: only as long as nothing changed, and never where it is damaged."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from cxkpi.errors import OutputError
from cxkpi.exports import cache as cache_module
from cxkpi.exports.cache import UNUSED_DAYS, Cache, default_folder
from cxkpi.exports.findings import registered
from cxkpi.exports.load import Loaded, load
from cxkpi.exports.one_file import ASIDE
from cxkpi.tables import TABLES

MOVES = "agent_id,moved_on,from_team,to_team\na1,2026-01-05,A,B\na1,2026-01-05,C,D\na2,never,A,B\n\n"


class Place:
    """A folder of exports with a cache."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.data = base / "exports"
        self.data.mkdir()
        self.file = self.data / "moves.csv"
        self.file.write_text(MOVES)
        self.cache = Cache(base / "cache", least=0)
        self.count = 0

    def load(self, timezone: str = "Europe/London", **how: object) -> Loaded:
        self.count += 1
        into = self.base / f"tables{self.count}"
        return load([self.data], tables=TABLES, timezone=timezone, into=into, cache=self.cache, **how)  # type: ignore[arg-type]

    def hit(self, **how: object) -> bool:
        return all(report.cached for report in self.load(**how).reports)  # type: ignore[arg-type]

    def entry(self) -> Path:
        (entry,) = self.cache.entries()
        return self.cache.folder / entry.key


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def rows(loaded: Loaded) -> list[tuple[object, ...]]:
    return pl.concat([pl.read_parquet(file) for file in loaded.stored["moves"].files]).sort("line").rows()


def test_the_second_time_gives_the_same(place: Place) -> None:
    first, second = place.load(), place.load()
    assert [report.cached for report in (*first.reports, *second.reports)] == [False, True]
    assert rows(first) == rows(second)
    assert (first.files, first.rejects, first.notes, first.findings) == (
        second.files,
        second.rejects,
        second.notes,
        second.findings,
    )
    assert first.rejects
    assert (first.files[0].superseded, first.files[0].blank) == (1, 1)


def test_a_changed_byte_is_read_anew(place: Place) -> None:
    place.load()
    place.file.write_text(MOVES.replace("C,D", "C,E"))
    changed = place.load()
    assert not changed.reports[0].cached
    assert "E" in rows(changed)[0]
    assert len(place.cache.entries()) == 2


def test_a_changed_zone_name_or_reader_is_read_anew(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.load()
    assert place.hit()
    assert not place.hit(timezone="Europe/Paris")
    place.file.rename(place.data / "other.csv")
    assert not place.hit()
    assert place.hit()
    monkeypatch.setattr(cache_module, "READER", 999)
    assert not place.hit()


def test_a_changed_profile_is_read_anew(place: Place) -> None:
    profile = place.base / "given.yaml"
    text = (
        "profile: t.s\nsystem: t\nmatch: {headings: [agent_id, moved_on]}\n"
        "tables: {moves: {agent_id: agent_id, moved_on: moved_on, from_team: from_team}}\n"
    )
    profile.write_text(text)
    place.load(profiles=[profile])
    assert place.hit(profiles=[profile])
    profile.write_text(f"# a comment changes nothing\n{text}")
    assert place.hit(profiles=[profile])
    profile.write_text(text.replace("from_team: from_team", "from_team: to_team"))
    assert not place.hit(profiles=[profile])


@pytest.mark.parametrize("name", ["moves-00000.parquet", "keys-00000.parquet", "meta.json"])
@pytest.mark.parametrize("harm", ["flipped", "cut", "gone", "emptied"])
def test_a_damaged_entry_is_noticed_and_rebuilt(place: Place, name: str, harm: str) -> None:
    sound = place.load()
    path = place.entry() / name
    content = bytearray(path.read_bytes())
    if harm == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif harm == "gone":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "cut" else b"")
    again = place.load()
    assert again.aside == ("moves.csv: what was kept of it in the cache was damaged; it was read again.",)
    assert (again.notes, again.findings) == (sound.notes, sound.findings)
    assert rows(again) == rows(sound)
    assert again.files == sound.files
    last = place.load()
    assert last.reports[0].cached
    assert last.notes == sound.notes


def test_settling_leaves_the_cache_as_it_is(place: Place) -> None:
    """Records replaced and people resolved are this run's; the entry is the file's."""
    place.load()
    before = {path.name: path.read_bytes() for path in place.entry().iterdir()}
    (place.data / "newer.csv").write_text("agent_id,moved_on,from_team,to_team\na1,2026-01-05,X,Y\na9,2026-03-05,A,B\n")
    both = place.load()
    assert both.reports[0].cached
    assert {row[2] for row in rows(both)} == {"X", "A"}
    entry = next(entry for entry in place.cache.entries() if entry.shown == "moves.csv")
    assert {path.name: path.read_bytes() for path in (place.cache.folder / entry.key).iterdir()} == before


def test_clearing_while_the_tables_are_in_use(place: Place) -> None:
    place.load()
    loaded = place.load()
    assert place.cache.clear() == 1
    assert place.cache.entries() == []
    assert len(rows(loaded)) == 1


def test_clearing_leaves_what_is_not_the_caches(place: Place) -> None:
    place.load()
    (place.cache.folder / "mine").mkdir()
    (place.cache.folder / ".unfinished-x").mkdir()
    assert place.cache.clear() == 1
    assert [path.name for path in place.cache.folder.iterdir()] == ["mine"]


def test_small_files_are_not_kept(place: Place) -> None:
    place.cache = Cache(place.cache.folder)
    place.load()
    assert not place.cache.folder.exists()


def test_what_failed_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Cache, "put", fail)
    with pytest.raises(KeyboardInterrupt):
        place.load()
    assert list(place.cache.folder.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another matter there")
def test_only_the_owner_can_read_it(place: Place) -> None:
    place.load()
    assert stat.S_IMODE(place.cache.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.entry().stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.entry().iterdir()} == {0o600}


def test_a_cache_that_cannot_be_written_is_said(place: Place) -> None:
    place.cache.folder.write_text("a file is in the way")
    loaded = place.load()
    assert rows(loaded)
    assert [note for note in loaded.aside if "cache cannot be written" in note]
    assert not [note for note in loaded.notes if "cache" in note]


@pytest.mark.skipif(sys.platform != "linux", reason="each platform has its convention")
def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("CXKPI_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "cxkpi"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "cxkpi"
    monkeypatch.setenv("CXKPI_CACHE", str(tmp_path / "here"))
    assert default_folder() == tmp_path / "here"


def test_entries_say_what_they_are(place: Place) -> None:
    place.load()
    (entry,) = place.cache.entries()
    assert entry.shown == "moves.csv"
    assert entry.size == sum(path.stat().st_size for path in place.entry().iterdir())
    assert entry.made.utcoffset() is not None


def days_ago(path: Path, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(path, (then, then))


def test_what_nobody_asks_for_goes_by_itself(place: Place) -> None:
    place.load()
    old = place.entry()
    left = place.cache.begin()
    days_ago(left, 2)
    begun = place.cache.begin()
    days_ago(old, UNUSED_DAYS + 1)
    place.file.write_text(MOVES + "a3,2026-01-06,A,B\n")
    place.load()
    assert place.entry() != old
    assert [old.exists(), left.exists(), begun.exists()] == [False, False, True]


def test_what_is_asked_for_stays(place: Place) -> None:
    place.load()
    asked = place.entry()
    made = place.cache.entries()[0].made
    for name in asked.iterdir():
        days_ago(name, UNUSED_DAYS + 30)
    days_ago(asked, UNUSED_DAYS - 1)
    assert place.hit()
    place.file.write_text(MOVES + "a3,2026-01-06,A,B\n")
    place.load()
    (first,) = [entry for entry in place.cache.entries() if entry.key == asked.name]
    assert first.made < made < first.used


def test_progress_reaches_the_end(place: Place) -> None:
    told: list[tuple[str, int, int]] = []
    for _ in range(2):
        place.load(progress=lambda *what: told.append(what))
    size = place.file.stat().st_size
    assert told[-1] == ("moves.csv", size, size)
    assert {(name, whole) for name, _, whole in told} == {("moves.csv", size)}
    assert [done for _, done, _ in told] == [size] * len(told)


@pytest.mark.parametrize("method", ["get", "put"])
def test_what_is_cleared_while_it_is_used_is_read_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    first = place.load()
    if method == "put":
        place.cache.clear()
    original = getattr(Cache, method)

    def cleared(cache: Cache, *arguments: object) -> object:
        found = original(cache, *arguments)
        cache.clear()
        return found

    monkeypatch.setattr(Cache, method, cleared)
    again = place.load()
    assert rows(again) == rows(first)


def test_a_full_disk_costs_the_cache_and_not_the_report(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    write = pl.DataFrame.write_parquet

    def full(frame: pl.DataFrame, path: Path, **how: object) -> None:
        if str(path).startswith(str(place.cache.folder)):
            raise pl.exceptions.ComputeError("parquet: IO error: No space left on device (os error 28)")
        write(frame, path, **how)  # type: ignore[arg-type]

    expected = rows(place.load())
    place.cache.clear()
    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    loaded = place.load()
    assert rows(loaded) == expected
    assert loaded.aside == ("the cache cannot be written (No space left on device); nothing was kept.",)


def test_no_room_for_the_tables_is_an_output_error(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(frame: pl.DataFrame, path: Path, **how: object) -> None:
        raise pl.exceptions.ComputeError("parquet: IO error: No space left on device (os error 28)")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(OutputError, match="no space left"):
        load([place.data], tables=TABLES, timezone="UTC", into=place.base / "t")


def test_a_limit_on_the_size_of_files_is_an_output_error(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(*_: object, **__: object) -> None:
        raise OSError(errno.EFBIG, "File too large")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", limited)
    with pytest.raises(OutputError, match="larger files than may be written"):
        load([place.data], tables=TABLES, timezone="UTC", into=place.base / "t")


def test_what_is_said_of_the_cache_is_a_note_as_it_is_shown() -> None:
    assert {registered()[code].severity for code in ASIDE} == {"note"}
