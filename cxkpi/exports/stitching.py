"""The rows of all files stitched into tables: people known, duplicates settled, spells joined, accounts closed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cxkpi.exports.gaps import surveyed_again, timeless, unknown
from cxkpi.exports.identity import Identity, check_customers, check_people
from cxkpi.exports.identity_tables import IDENTITY
from cxkpi.exports.ledger import Account, Part, losers, newest_in_file
from cxkpi.exports.one_file import Read
from cxkpi.exports.rows import fingerprint
from cxkpi.exports.spells import merged
from cxkpi.exports.times import newest_event, reach
from cxkpi.result import FileEntry, Reject
from cxkpi.tables import POLARS_TYPES, Stored, Table


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the input became. ``stored``: the tables some file supplies. ``notes``: sentences for people, sorted."""

    stored: Mapping[str, Stored]
    files: tuple[FileEntry, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


class Stitching:
    """The state of one load: accounts, parts written so far, and who is who."""

    def __init__(self, tables: Mapping[str, Table], timezone: str, into: Path) -> None:
        self.tables = tables
        self.timezone = timezone
        self.into = into
        self.accounts: list[Account] = []
        self.mapped: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.identities: dict[str, list[pl.DataFrame]] = {"people": [], "customers": []}
        self.rosters: list[pl.DataFrame] = []
        self.spells: list[pl.DataFrame] = []
        self.identity = Identity(_no_people(), _no_customers(), _no_roster(), timezone)

    # -- file by file -------------------------------------------------------------------------------------------------

    def take(self, read: Read) -> None:
        """One file's rows are written, its account opened."""
        layout, shown, made = read.file.layout, read.file.found.shown, read.made
        self.notes.extend(read.notes)
        broken = read.broken
        skipped = read.records.skipped + layout.more_headings
        kept = newest_in_file(made.keys)
        frames = dict(made.tables)
        if kept.height < made.keys.height:
            frames = {
                name: frame.filter(pl.col("line").is_in(kept["line"].implode())) for name, frame in frames.items()
            }
        account = Account(
            shown=shown,
            layout=layout,
            lines=read.records.lines,
            records=read.height + len(broken) + skipped,
            rejects=tuple(sorted((*broken, *made.rejects), key=lambda reject: (reject.line, reject.column))),
            skipped=skipped + made.skipped,
            blanked=made.blanked,
            keys=kept,
            newest=newest_event(frames, self.tables),
            superseded=made.keys.height - kept.height,
        )
        self.accounts.append(account)
        for name, frame in frames.items():
            table = self.tables[name]
            self.mapped.setdefault(name, set()).update(made.supplied[name])
            if name in self.identities:
                account.others[name] = frame.height
                self.identities[name].append(frame.with_columns(pl.lit(shown).alias("path")))
                continue
            if name == "agents":
                self.rosters.append(frame.select("agent_id", "name"))
            else:
                frame = self.identity.resolve(name, frame, made.logins)
            key = fingerprint(frame.select("source", *table.key))
            target = self.into / name / f"{len(self.accounts) - 1:05d}.parquet"
            account.parts[name] = Part(target, frame["line"], key, filled(frame))
            write(frame.drop("line"), target)

    def know_people(self) -> None:
        """Take people.csv, customers.csv and the roster into use."""
        people = _together(self.identities["people"], _no_people())
        customers = _together(self.identities["customers"], _no_customers())
        if "path" in people.columns:
            check_people(people, people["path"])
        if "path" in customers.columns:
            check_customers(customers, customers["path"])
        self.identity = Identity(people, customers, _together(self.rosters, _no_roster()), self.timezone)

    # -- finishing ----------------------------------------------------------------------------------------------------

    def finish(self, notes: Sequence[str], left_out: Sequence[FileEntry]) -> Loaded:
        """Settle duplicates over all files, join spells, and close the accounts; ``left_out`` are closed already."""
        self._settle_records()
        names = [name for name in self.tables if any(name in account.parts for account in self.accounts)]
        for name in names:
            self._settle_rows(name)
        rows = [
            {**{name: account.parts[name].lines.len() for name in names if name in account.parts}, **account.others}
            for account in self.accounts
        ]
        files = {name: self._parts(name) for name in names}
        if "agents" in files:
            files["agents"] = self._join_spells(files["agents"])
        stored = {name: self._stored(name, files) for name in names}
        self.notes.extend(self.identity.notes())
        self.notes.extend(unknown(stored, self.tables))
        self.notes.extend(surveyed_again(stored))
        entries = sorted(
            (*left_out, *(account.entry(count) for account, count in zip(self.accounts, rows, strict=True))),
            key=lambda entry: entry.path,
        )
        rejects = sorted(
            (reject for account in self.accounts for reject in account.rejects),
            key=lambda r: (r.path, r.line, r.column),
        )
        every = tuple(sorted({*self.notes, *notes}))
        return Loaded(stored, tuple(entries), tuple(rejects), every)

    def _settle_records(self) -> None:
        lost = losers(self.accounts, [account.keys for account in self.accounts])
        for number, lines in lost.items():
            account = self.accounts[number]
            account.superseded += lines.len()
            for name, part in account.parts.items():
                self._drop(name, part, part.lines.is_in(lines.implode()))
        for account in self.accounts:
            account.keys = account.keys.clear()

    def _settle_rows(self, name: str) -> None:
        """Rows of one key that came from records of different keys: two exports tell of the same thing."""
        accounts = [account for account in self.accounts if name in account.parts]
        keys = [
            pl.DataFrame({"line": pl.int_range(part.lines.len(), eager=True), "key": part.keys}).with_columns(
                pl.lit(None, pl.Float64).alias("version")
            )
            for part in (account.parts[name] for account in accounts)
        ]
        lost = losers(accounts, keys)
        for number, rows in lost.items():
            part = accounts[number].parts[name]
            self._drop(name, part, pl.int_range(part.lines.len(), eager=True).is_in(rows.implode()))
        count = sum(rows.len() for rows in lost.values())
        if count:
            have = f"1 row of {name} has" if count == 1 else f"{count:,} rows of {name} have"
            self.notes.append(f"{have} the key of a row from another record; the newest of each was kept.")

    def _drop(self, name: str, part: Part, mask: pl.Series) -> None:
        if not mask.any():
            return
        kept = pl.read_parquet(part.path).filter(~mask)
        write(kept, part.path)
        part.filled = filled(kept)
        part.lines = part.lines.filter(~mask)
        part.keys = part.keys.filter(~mask)

    def _parts(self, name: str) -> tuple[Path, ...]:
        return tuple(account.parts[name].path for account in self.accounts if name in account.parts)

    def _join_spells(self, files: tuple[Path, ...]) -> tuple[Path, ...]:
        parts = [
            pl.read_parquet(account.parts["agents"].path).with_columns(
                account.parts["agents"].lines.alias("line"), pl.lit(account.shown).alias("path")
            )
            for account in self.accounts
            if "agents" in account.parts
        ]
        every = pl.concat(parts)
        joined = merged(every)
        if joined.height == every.height:
            return files
        count = every.height - joined.height
        rehires = "1 rehire" if count == 1 else f"{count:,} rehires"
        self.notes.append(f"{rehires} within a day of leaving continued a spell of employment.")
        for path in files[1:]:
            path.unlink()
        write(joined.drop("line", "path"), files[0])
        return files[:1]

    def _stored(self, name: str, files: Mapping[str, tuple[Path, ...]]) -> Stored:
        table = self.tables[name]
        frame = pl.scan_parquet(list(files[name]))
        reached = reach(table, self.tables, files, self.timezone)
        self.notes.extend(timeless(table, reached.timeless))
        return Stored(
            table=name,
            files=files[name],
            supplied=self._supplied(table),
            rows=int(frame.select(pl.len()).collect().item()),
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
        return frozenset(self.mapped[table.name] & (telling | self._filled(table.name)))

    def _filled(self, name: str) -> frozenset[str]:
        parts = (account.parts[name] for account in self.accounts if name in account.parts)
        return frozenset[str]().union(*(part.filled for part in parts))


def filled(frame: pl.DataFrame) -> frozenset[str]:
    """The columns in which at least one row has a value."""
    return frozenset(column.name for column in frame.iter_columns() if column.null_count() < frame.height)


def write(frame: pl.DataFrame, path: Path) -> None:
    """Write Parquet beside its place and rename it into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    frame.write_parquet(beside, compression="lz4")
    os.replace(beside, path)


def _together(frames: Sequence[pl.DataFrame], none: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(frames) if frames else none


def _no_people() -> pl.DataFrame:
    return _empty(IDENTITY["people"])


def _no_customers() -> pl.DataFrame:
    return _empty(IDENTITY["customers"])


def _no_roster() -> pl.DataFrame:
    return pl.DataFrame(schema={"agent_id": pl.String, "name": pl.String})


def _empty(table: Table) -> pl.DataFrame:
    return pl.DataFrame(schema={name: POLARS_TYPES[column.type] for name, column in table.columns.items()})
