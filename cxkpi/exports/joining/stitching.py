"""The rows of all files stitched into tables: people known, duplicates settled, spells joined, accounts closed.

Rows are on disk all the time, in parts of one block of one file each; what is held in memory are the small tables of
people and, a part of them at a time, the prints of keys.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from cxkpi.errors import InputError, Problem
from cxkpi.exports.findings import Finding, merged, register
from cxkpi.exports.joining.gaps import surveyed_again, timeless, unknown
from cxkpi.exports.joining.identity import Identity, check_customers, check_people
from cxkpi.exports.joining.identity_tables import IDENTITY
from cxkpi.exports.joining.ledger import Account, replaced_elsewhere, replaced_in_file
from cxkpi.exports.joining.legs import Folded, fold_legs
from cxkpi.exports.joining.spells import merged as joined_spells
from cxkpi.exports.joining.times import events, reach
from cxkpi.exports.joining.twins import twins
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.one_file import ASIDE, FileRead, Part, another_name, write_part
from cxkpi.exports.profile import Profile
from cxkpi.exports.rows import fingerprint, numbered_by
from cxkpi.result import FileEntry, Reject
from cxkpi.tables import POLARS_TYPES, Stored, Table

_ROWS_AT_ONCE = 6_000_000
_ROWS_TOGETHER = 250_000
"""Rows of several small files are put into one part until there are so many."""
_WRITERS = 2
"""Parts that are written while the next one is looked at."""
_PRINTED = {"print": pl.UInt128(), "row": pl.UInt32(), "piece": pl.UInt32(), "rank": pl.UInt32()}


def _said_again(one: Finding) -> str:
    have = f"1 row of {one.column} has" if one.count == 1 else f"{one.count:,} rows of {one.column} have"
    return f"{have} the key of a row from another record; the newest of each was kept."


def _said_rehired(one: Finding) -> str:
    rehires = "1 rehire" if one.count == 1 else f"{one.count:,} rehires"
    return f"{rehires} within a day of leaving continued a spell of employment."


SAME_ROW = register("F402", "note", True, _said_again)
REHIRED = register("F403", "note", True, _said_rehired)


@dataclass(frozen=True, slots=True)
class FileReport:
    """How one file was read. ``first`` and ``last``: of its event columns; ``size``: bytes on disk.

    ``newest``: of its instants, UTC without zone; None where its rows have only dates or none. ``written``: when the
    file was, because a roster is as new as its export, not as its last hire; None where its rows are to have instants.
    """

    shown: str
    profile: str
    title: str
    status: str
    why: str
    encoding: str
    delimiter: str
    heading_line: int | None
    records: int
    first: datetime | None
    last: datetime | None
    size: int
    cached: bool
    newest: datetime | None = None
    written: datetime | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the input became. ``stored``: the tables some file supplies; their parts also have ``file`` and ``line``.

    ``findings``: all that was found out; ``notes``: of it what reports say, and of the files that were left alone;
    sentences, sorted. ``problems``: why files were left out, where that is allowed.
    """

    stored: Mapping[str, Stored]
    files: tuple[FileEntry, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    reports: tuple[FileReport, ...] = ()
    logins: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By system, the columns (``contacts.agent_id``) that its logins stand in."""
    aside: tuple[str, ...] = ()
    """Sentences about the cache, for the terminal only."""


@dataclass(slots=True)
class _Piece:
    """A part in its place; ``newest`` and ``shown``: of the file that decides between it and others.

    ``accounts``: of the files whose rows it holds, all of one profile; none where contacts were folded of them.
    """

    part: Part
    newest: datetime | None
    shown: str
    accounts: tuple[Account, ...]

    @property
    def profile(self) -> Profile | None:
        """What its files were read by."""
        return self.accounts[0].read.file.layout.profile if self.accounts else None


class Stitching:
    """The state of one load: accounts, parts in their places, and who is who."""

    def __init__(self, tables: Mapping[str, Table], timezone: str, into: Path, *, lenient: bool = False) -> None:
        self.tables = tables
        self.timezone = timezone
        self.into = into
        self.lenient = lenient
        self.accounts: list[Account] = []
        self.supplied: dict[str, set[str]] = {}
        self.findings: list[Finding] = []
        self.problems: list[Problem] = []
        self.pieces: dict[str, list[_Piece]] = {}
        self.written = 0
        self.identity = Identity(_no_people(), _no_customers(), _no_roster(), timezone)

    def take(self, read: FileRead) -> None:
        """One file's account is opened."""
        again, found = replaced_in_file(read)
        self.findings.extend((*read.findings, *found))
        newest = max((part.newest for parts in read.parts.values() for part in parts if part.newest), default=None)
        if again.len():
            newest = self._newest(read, again)
        self.accounts.append(Account(read, again, newest))
        for name, columns in read.supplied.items():
            self.supplied.setdefault(name, set()).update(columns)

    def finish(self, notes: Sequence[str], left_out: Sequence[FileEntry], problems: Sequence[Problem] = ()) -> Loaded:
        """Settle duplicates over all files, join spells, and close the accounts; ``left_out`` are closed already."""
        self.problems.extend(problems)
        self._know_people()
        lost, found = replaced_elsewhere(self.accounts)
        self.findings.extend(found)
        for number, lines in lost.items():
            self.accounts[number].lost = lines
        self.findings.extend(twins([account.read for account in self.accounts], self.tables))
        for name, run in _runs(self.accounts):
            if len(run) == 1:
                self._place(run[0], name, run[0].read.parts[name])
            else:
                self._place_together(run, name)
        self._fold()
        names = [name for name in self.tables if self.pieces.get(name)]
        for name in names:
            if not self._told_apart(name):
                self._settle_rows(name)
        for name in names:
            self._count(name)
        files = {name: tuple(piece.part.path for piece in self.pieces[name]) for name in names}
        if "agents" in files:
            files["agents"] = self._join_spells(files["agents"])
        stored = {name: self._stored(name, files) for name in names}
        self.findings.extend(self.identity.findings())
        self.findings.extend(unknown(stored, self.tables))
        self.findings.extend(surveyed_again(stored))
        aside = tuple(dict.fromkeys(one.message for one in merged(self.findings) if one.code in ASIDE))
        findings = merged(one for one in self.findings if one.code not in ASIDE)
        entries = sorted((*left_out, *(account.entry() for account in self.accounts)), key=lambda entry: entry.path)
        rejects = sorted(
            (reject for account in self.accounts for reject in account.read.rejects),
            key=lambda r: (r.path, r.line, r.column),
        )
        every = tuple(sorted({*notes, *(finding.message for finding in findings if finding.said)}))
        reports = [_report(account, self.tables) for account in self.accounts]
        return Loaded(
            stored=stored,
            files=tuple(entries),
            rejects=tuple(rejects),
            notes=every,
            findings=findings,
            problems=tuple(self.problems),
            reports=tuple(sorted(reports, key=lambda report: report.shown)),
            logins=self._logins(),
            aside=aside,
        )

    def _logins(self) -> Mapping[str, frozenset[str]]:
        """By system, the columns that its logins stand in."""
        found: dict[str, set[str]] = {}
        for account in self.accounts:
            for (table, column), system in account.read.logins.items():
                found.setdefault(system, set()).add(f"{table}.{column}")
        return {system: frozenset(columns) for system, columns in sorted(found.items())}

    # -- people -------------------------------------------------------------------------------------------------------

    def _know_people(self) -> None:
        """Take people.csv, customers.csv and the roster into use."""
        people = self._whole("people", _no_people())
        customers = self._whole("customers", _no_customers())
        roster = self._whole("agents", _no_roster())
        if "path" in people.columns:
            self._allowing(lambda: check_people(people, people["path"]))
        if "path" in customers.columns:
            self._allowing(lambda: check_customers(customers, customers["path"]))
        self.identity = Identity(people, customers, roster, self.timezone)

    def _whole(self, name: str, none: pl.DataFrame) -> pl.DataFrame:
        """A small table of all files, without what a file replaces itself."""
        frames = [
            _without(pl.read_parquet(part.path), account.again).drop("record", strict=False)
            for account in self.accounts
            for part in account.read.parts.get(name, ())
        ]
        return pl.concat(frames).with_columns(pl.col("file").alias("path")) if frames else none

    def _allowing(self, check: Callable[[], None]) -> None:
        try:
            check()
        except InputError as error:
            if not self.lenient:
                raise
            self.problems.extend(error.problems)

    # -- parts to their places ----------------------------------------------------------------------------------------

    def _newest(self, read: FileRead, again: pl.Series) -> datetime | None:
        newest: list[datetime] = []
        for name, parts in read.parts.items():
            for part in parts:
                if not part.has(again):
                    newest += [] if part.newest is None else [part.newest]
                    continue
                found = events(_without(pl.read_parquet(part.path), again), self.tables[name])[1]
                newest += [] if found is None else [found]
        return max(newest, default=None)

    def _place(self, account: Account, name: str, parts: Iterable[Part]) -> None:
        """One file's rows of a table: what is replaced is dropped, logins become people."""
        if name in IDENTITY:
            account.rows[name] = sum(part.rows for part in parts)
            if account.again.len():
                account.rows[name] = sum(_without(pl.read_parquet(part.path), account.again).height for part in parts)
            return
        account.rows.setdefault(name, 0)
        gone = pl.concat([account.again, account.lost])
        begun: deque[Part | Future[Part]] = deque()
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="parts") as writers:
            for part in parts:
                if len(begun) > _WRITERS:
                    self._placed(account, name, begun.popleft())
                begun.append(self._settled(account, name, part, gone, writers))
            while begun:
                self._placed(account, name, begun.popleft())

    def _place_together(self, accounts: Sequence[Account], name: str) -> None:
        """The rows of many small files of one kind as one part: each by itself would take longer than its rows."""
        frames = []
        for account in accounts:
            account.rows.setdefault(name, 0)
            frames += [_without(pl.read_parquet(part.path), account.again) for part in account.read.parts[name]]
        frame = pl.concat(frames)
        if not self.identity_is_empty:
            frame = self.identity.resolve(name, frame, accounts[0].read.logins)
        frame = _without_lost(frame, accounts)
        frame = frame.drop("record", strict=False)
        part = write_part(frame, self.tables[name], self._next_place(name))
        newest = max((account.newest for account in accounts if account.newest), default=None)
        shown = min(account.shown for account in accounts)
        self.pieces.setdefault(name, []).append(_Piece(part, newest, shown, tuple(accounts)))

    def _settled(
        self, account: Account, name: str, part: Part, gone: pl.Series, writers: ThreadPoolExecutor
    ) -> Part | Future[Part]:
        """One part in its place, or being written there while the next one is looked at."""
        alone = name == "agents" or self.identity_is_empty
        if not alone or part.numbered or part.has(gone):
            frame = pl.read_parquet(part.path)
            left = _without(frame, account.again)
            if name != "agents":
                left = self.identity.resolve(name, left, account.read.logins)
            left = _without(left, account.lost)
            left = left.drop("record") if part.numbered else left
            if left is not frame:
                return writers.submit(write_part, left, self.tables[name], self._next_place(name))
        return replace(part, path=_moved(part.path, self._next_place(name), account.read.movable))

    def _placed(self, account: Account, name: str, settled: Part | Future[Part]) -> None:
        part = settled.result() if isinstance(settled, Future) else settled
        self.pieces.setdefault(name, []).append(_Piece(part, account.newest, account.shown, (account,)))

    @property
    def identity_is_empty(self) -> bool:
        """Whether nothing is known of anybody, so that identifiers stay as they are."""
        who = self.identity
        return not who.known and who.people.is_empty() and who.customers.is_empty()

    def _next_place(self, name: str) -> Path:
        folder = self.into / name
        folder.mkdir(parents=True, exist_ok=True)
        self.written += 1
        return folder / f"{self.written:05d}.parquet"

    # -- legs to contacts ---------------------------------------------------------------------------------------------

    def _fold(self) -> None:
        """The contacts of files whose records are legs, put together over all files of a profile."""
        by_profile: dict[str, list[_Piece]] = {}
        for piece in self.pieces.get("contacts", ()):
            if piece.profile is not None and piece.profile.legs is not None:
                by_profile.setdefault(piece.profile.name, []).append(piece)
        for name in sorted(by_profile):
            pieces = by_profile[name]
            profile = pieces[0].profile
            legs = None if profile is None else profile.legs
            assert legs is not None
            folded = fold_legs(
                [piece.part.path for piece in pieces], legs, self.tables, self._next_place, self.supplied["contacts"]
            )
            self._take_folded(folded, pieces)

    def _take_folded(self, folded: Folded, legs: Sequence[_Piece]) -> None:
        self.findings.extend(folded.findings)
        newest = max((piece.newest for piece in legs if piece.newest), default=None)
        shown = min(piece.shown for piece in legs)
        gone = {piece.part.path for piece in legs}
        self.pieces["contacts"] = [piece for piece in self.pieces["contacts"] if piece.part.path not in gone]
        for path in gone:
            path.unlink(missing_ok=True)
        for name, parts in folded.parts.items():
            self.pieces.setdefault(name, []).extend(_Piece(part, newest, shown, ()) for part in parts)
            self.supplied.setdefault(name, set()).update(folded.supplied[name])
            for piece in legs:
                for account in piece.accounts:
                    account.rows.setdefault(name, 0)

    # -- rows of one key ----------------------------------------------------------------------------------------------

    def _told_apart(self, name: str) -> bool:
        """Whether records of different keys cannot have given rows of one key, so that nothing is left to settle."""
        for piece in self.pieces[name]:
            profile = piece.profile
            if profile is None:
                if len({other.shown for other in self.pieces[name]}) > 1:
                    return False
                continue
            if next(iter(profile.tables)) != name or len(profile.tables[name]) != 1:
                return False
            rules = [rule for column in self.tables[name].key for rule in profile.tables[name][0].rules.get(column, ())]
            if any(rule.is_ is not None or rule.login is not None for rule in rules):
                return False
        return True

    def _settle_rows(self, name: str) -> None:
        """Rows of one key that came from records of different keys: two exports tell of the same thing."""
        pieces = self.pieces[name]
        ranks = _ranks(pieces)
        total = sum(piece.part.rows for piece in pieces)
        parts = max(1, -(-total // _ROWS_AT_ONCE))
        lost: dict[int, list[pl.Series]] = {}
        for part in range(parts):
            every = pl.concat([self._prints(name, number, ranks[number], part, parts) for number in range(len(pieces))])
            if every["print"].n_unique() == every.height:
                continue
            again = every.filter(pl.col("print").is_duplicated())
            losers = again.sort("print", "rank", "row", descending=[False, True, True]).filter(
                pl.col("print").cum_count().over("print", order_by=pl.int_range(pl.len())) > 1
            )
            for (number,), rows in losers.partition_by("piece", as_dict=True).items():
                lost.setdefault(int(number), []).append(rows["row"])
        for number, gone in sorted(lost.items()):
            piece = pieces[number]
            frame = pl.read_parquet(piece.part.path)
            kept = frame.filter(~pl.int_range(pl.len(), dtype=pl.UInt32).is_in(pl.concat(gone).implode()))
            piece.part.path.unlink()
            piece.part = write_part(kept, self.tables[name], self._next_place(name))
        count = sum(rows.len() for series in lost.values() for rows in series)
        if count:
            self.findings.append(Finding(SAME_ROW, "", name, count=count, tables=(name,)))

    def _prints(self, name: str, number: int, ranks: Mapping[str, int], part: int, parts: int) -> pl.DataFrame:
        """The prints of the keys of one piece's rows, as far as they belong to a part of all prints.

        ``ranks``: of its files, the newest highest; by no name where all its rows have one.
        """
        file = ["file"] if len(ranks) > 1 else []
        frame = pl.read_parquet(self.pieces[name][number].part.path, columns=["source", *self.tables[name].key, *file])
        if frame.is_empty():
            return pl.DataFrame(schema=_PRINTED)
        prints = pl.DataFrame({"print": fingerprint(frame.select("source", *self.tables[name].key))}).with_columns(
            pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
            pl.lit(number, pl.UInt32).alias("piece"),
            frame["file"].replace_strict(ranks, return_dtype=pl.UInt32).alias("rank")
            if file
            else pl.lit(next(iter(ranks.values())), pl.UInt32).alias("rank"),
        )
        return prints if parts == 1 else prints.filter(pl.col("print") % parts == part)

    # -- closing ------------------------------------------------------------------------------------------------------

    def _count(self, name: str) -> None:
        """What the records of each file became."""
        by_name = {account.shown: account for account in self.accounts}
        for piece in self.pieces[name]:
            if len(piece.accounts) == 1:
                piece.accounts[0].rows[name] += piece.part.rows
                continue
            of_files = pl.scan_parquet(piece.part.path).group_by("file").len().collect()
            for shown, rows in of_files.iter_rows():
                by_name[shown].rows[name] = by_name[shown].rows.get(name, 0) + rows

    def _join_spells(self, files: tuple[Path, ...]) -> tuple[Path, ...]:
        every = pl.concat([pl.read_parquet(path) for path in files]).with_columns(pl.col("file").alias("path"))
        try:
            joined = joined_spells(every)
        except InputError as error:
            if not self.lenient:
                raise
            self.problems.extend(error.problems)
            return files
        if joined.height == every.height:
            return files
        self.findings.append(Finding(REHIRED, "", "agents", count=every.height - joined.height, tables=("agents",)))
        place = self._next_place("agents")
        write_part(joined.drop("path"), self.tables["agents"], place)
        for path in files:
            path.unlink()
        return (place,)

    def _stored(self, name: str, files: Mapping[str, tuple[Path, ...]]) -> Stored:
        table = self.tables[name]
        reached = reach(table, self.tables, files, self.timezone)
        self.findings.extend(timeless(table, reached.timeless))
        return Stored(
            table=name,
            files=files[name],
            supplied=self._supplied(table),
            rows=int(pl.scan_parquet(list(files[name])).select(pl.len()).collect().item()),
            first=reached.first,
            through=reached.through,
        )

    def _supplied(self, table: Table) -> frozenset[str]:
        """The columns that hold something, and those whose emptiness says something: nobody left, nobody is named.

        Any other column without a value would only stand before one of the same name that a look-up leads to; so would
        an empty identifier of a row, ``agent_id`` of invitations, where the contact has one.
        """
        telling = {*table.key, *table.time, *(table.span or ())}
        for lookup in table.lookups.values():
            others = (other.table for other in table.lookups.values() if other.on != lookup.on)
            if not any(lookup.on in self._filled(other) for other in others):
                telling.add(lookup.on)
        return frozenset(self.supplied[table.name] & (telling | self._filled(table.name)))

    def _filled(self, name: str) -> frozenset[str]:
        return frozenset[str]().union(*(piece.part.filled for piece in self.pieces.get(name, ())))


def _runs(accounts: Sequence[Account]) -> Iterator[tuple[str, list[Account]]]:
    """The files that have rows of a table, in their order; small ones of one kind that follow one another together."""
    names = dict.fromkeys(name for account in accounts for name in account.read.parts)
    for name in names:
        alone = name == "agents" or name in IDENTITY
        run: list[Account] = []
        rows = 0
        for account in (account for account in accounts if name in account.read.parts):
            further = sum(part.rows for part in account.read.parts[name])
            if run and (alone or rows + further > _ROWS_TOGETHER or not _alike(run[0], account, name)):
                yield name, run
                run, rows = [], 0
            run.append(account)
            rows += further
        yield name, run


def _alike(one: Account, other: Account, name: str) -> bool:
    """Whether rows of two files can be treated as those of one."""
    profiles = [account.read.file.layout.profile for account in (one, other)]
    numbered = [{part.numbered for part in account.read.parts[name]} for account in (one, other)]
    same = profiles[0].name == profiles[1].name and one.read.logins == other.read.logins
    return same and numbered[0] == numbered[1] and len(numbered[0]) == 1


def _without_lost(frame: pl.DataFrame, accounts: Sequence[Account]) -> pl.DataFrame:
    """Rows of several files but for those that another file replaces."""
    lost = [
        pl.DataFrame({"line": account.lost}).with_columns(pl.lit(account.shown).alias("file"))
        for account in accounts
        if account.lost.len()
    ]
    if not lost:
        return frame
    gone = pl.concat(lost).rename({"line": numbered_by(frame)})
    return frame.join(gone, on=["file", numbered_by(frame)], how="anti", maintain_order="left")


def _ranks(pieces: Sequence[_Piece]) -> list[Mapping[str, int]]:
    """Of each piece the ranks of its files among those of all pieces, the newest highest, by the names of the files."""
    files = [
        [(one.newest or datetime.min, one.shown) for one in (piece.accounts if len(piece.accounts) > 1 else (piece,))]
        for piece in pieces
    ]
    order = sorted((newest, shown, number) for number, of in enumerate(files) for newest, shown in of)
    place = {(shown, number): rank for rank, (_, shown, number) in enumerate(order)}
    return [{shown: place[shown, number] for _, shown in of} for number, of in enumerate(files)]


def _report(account: Account, tables: Mapping[str, Table]) -> FileReport:
    read, layout = account.read, account.read.file.layout
    instants = _has_instants(layout, tables)
    written = None if instants else datetime.fromtimestamp(read.file.source.path.stat().st_mtime, UTC)
    parts = [part for parts in read.parts.values() for part in parts]
    text = bool(read.encoding)
    return FileReport(
        shown=account.shown,
        profile=layout.profile.name,
        title=layout.profile.title or layout.profile.name,
        status=layout.profile.status or "",
        why=layout.why,
        encoding=read.encoding,
        delimiter=layout.delimiter if text else "",
        heading_line=None if layout.columns_named else layout.heading_line + 1,
        records=read.records,
        first=min((part.oldest for part in parts if part.oldest), default=None),
        last=max((part.newest for part in parts if part.newest), default=None),
        size=read.file.source.size,
        cached=read.cached,
        newest=max((part.newest for part in parts if part.newest), default=None) if instants else None,
        written=None if written is None else written.replace(tzinfo=None),
    )


def _has_instants(layout: Layout, tables: Mapping[str, Table]) -> bool:
    columns = (column for name in layout.profile.tables for column in tables[name].columns.values())
    return any(column.event and column.type == "instant" for column in columns)


def _without(frame: pl.DataFrame, lines: pl.Series) -> pl.DataFrame:
    """Rows but for those of some lines; the same frame where there are none."""
    if not lines.len():
        return frame
    left = frame.filter(~pl.col(numbered_by(frame)).is_in(lines.implode()))
    return frame if left.height == frame.height else left


def _moved(path: Path, place: Path, movable: bool) -> Path:
    """A part in its place: moved, or of what the cache keeps a second name, where the file system allows it."""
    if movable:
        os.replace(path, place)
        return place
    another_name(path, place)
    return place


def _no_people() -> pl.DataFrame:
    return _empty(IDENTITY["people"])


def _no_customers() -> pl.DataFrame:
    return _empty(IDENTITY["customers"])


def _no_roster() -> pl.DataFrame:
    return pl.DataFrame(schema={"agent_id": pl.String, "name": pl.String})


def _empty(table: Table) -> pl.DataFrame:
    return pl.DataFrame(schema={name: POLARS_TYPES[column.type] for name, column in table.columns.items()})
