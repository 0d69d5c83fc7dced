"""Export files to canonical tables as Parquet, with a ledger in which every record is accounted for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.finding import Found, find
from cxkpi.exports.identity import Identity, check_customers, check_people
from cxkpi.exports.identity_tables import IDENTITY
from cxkpi.exports.ledger import Account, Part, losers, newest_in_file
from cxkpi.exports.profile import Profile, normalise
from cxkpi.exports.profile_file import collect
from cxkpi.exports.reading import NotText, again, decode
from cxkpi.exports.recognise import Layout, NotRecognised, recognise
from cxkpi.exports.records import split
from cxkpi.exports.rows import POLARS_TYPES, fingerprint, make
from cxkpi.exports.spells import merged
from cxkpi.result import FileEntry, Reject
from cxkpi.tables import Stored, Table

_HINT = "If it is an export, describe it in a profile and give it with --profile FILE."
# These come first: the others are joined with them while they are read.
_FIRST = ("people", "customers", "agents")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the input became. ``stored``: the tables some file supplies. ``notes``: sentences for people, sorted."""

    stored: Mapping[str, Stored]
    files: tuple[FileEntry, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Recognised:
    found: Found
    layout: Layout
    encoding: str
    encoding_note: str | None


def load(
    paths: Sequence[Path],
    *,
    tables: Mapping[str, Table],
    timezone: str,
    profiles: Sequence[Path] = (),
    into: Path,
) -> Loaded:
    """Read export files into canonical tables.

    ``paths``: files and folders. ``tables``: the canonical tables with the columns a catalogue adds. ``timezone``: of
    local times, unless a profile has its own. ``profiles``: files or folders of profiles that win over the shipped
    ones. ``into``: the folder for the Parquet parts, one folder per table.

    Raises UsageError for a missing path, CatalogueError for a wrong profile, InputError for input that cannot be used:
    empty, not text, not recognised, dates that can be read in two ways, overlapping spells.
    """
    known = collect(profiles, tables)
    found, notes = find(paths)
    recognised, more = _recognise_all(found, known)
    run = _Run({**tables, **IDENTITY}, timezone, into)
    first = [file for file in recognised if any(name in file.layout.profile.tables for name in _FIRST)]
    rest = [file for file in recognised if file not in first]
    for file in first:
        run.read(file)
    run.know_people()
    for file in rest:
        run.read(file)
    return run.finish([*notes, *more])


def _recognise_all(found: Sequence[Found], known: Sequence[Profile]) -> tuple[list[_Recognised], list[str]]:
    recognised: list[_Recognised] = []
    problems: list[Problem] = []
    left: list[tuple[Found, Problem]] = []
    for file in found:
        outcome = _recognise_one(file, known)
        if isinstance(outcome, Problem):
            left.append((file, outcome))
            if file.given:
                problems.append(outcome)
        else:
            recognised.append(outcome)
    if problems:
        raise InputError(*problems)
    if not recognised:
        raise InputError(*(problem for _, problem in left))
    return recognised, [f"{file.shown} was left out: {problem.message}" for file, problem in left]


def _recognise_one(file: Found, known: Sequence[Profile]) -> _Recognised | Problem:
    try:
        content = file.path.read_bytes()
    except OSError as error:
        return Problem("I100", f"it cannot be read: {error.strerror}.", Place(file.shown))
    if not content[:4096].strip() and not content.strip():
        return Problem("I102", "the file is empty.", Place(file.shown), "Export it again, or leave it out.")
    try:
        text = decode(content)
    except NotText as what:
        hint = "Export it again as CSV (comma-separated text)."
        return Problem("I103", f"this is {what}, not the text of an export.", Place(file.shown), hint)
    layout = recognise(text.utf8, file.shown, known)
    if isinstance(layout, NotRecognised):
        return Problem("I105", f"nobody recognises this file: {layout}.", Place(file.shown), _HINT)
    note = None
    if text.guessed and layout.profile.file.encoding is None:
        note = f"{file.shown} is not UTF-8; it was read as {text.encoding}."
    return _Recognised(file, layout, text.encoding, note)


def _text(file: _Recognised) -> bytes:
    content = file.found.path.read_bytes()
    declared = file.layout.profile.file.encoding
    return again(content, file.encoding) if declared is None else decode(content, declared).utf8


class _Run:
    """The state of one load: accounts, parts written so far, and who is who."""

    def __init__(self, tables: Mapping[str, Table], timezone: str, into: Path) -> None:
        self.tables = tables
        self.timezone = timezone
        self.into = into
        self.accounts: list[Account] = []
        self.supplied: dict[str, set[str]] = {}
        self.notes: list[str] = []
        self.identities: dict[str, list[pl.DataFrame]] = {"people": [], "customers": []}
        self.rosters: list[pl.DataFrame] = []
        self.spells: list[pl.DataFrame] = []
        self.identity = Identity(_no_people(), _no_customers(), _no_roster(), timezone)

    # -- reading ------------------------------------------------------------------------------------------------------

    def read(self, file: _Recognised) -> None:
        """One file: its rows are written, its account opened."""
        layout, shown = file.layout, file.found.shown
        profile = layout.profile
        if file.encoding_note:
            self.notes.append(file.encoding_note)
        positions = layout.positions
        wanted = {positions[n] for name in profile.used if (n := normalise(name)) in positions}
        if profile.closed and "source" in positions:
            wanted.add(positions["source"])
        records = split(
            _text(file),
            heading_line=layout.heading_line,
            data_line=layout.data_line,
            delimiter=layout.delimiter,
            width=len(layout.headings),
            wanted=sorted(wanted),
            footer=profile.file.footer,
            nulls=profile.file.nulls,
        )
        skipped = records.skipped + layout.more_headings
        made = make(shown, records.cells, positions, layout.headings, profile, self.tables, self.timezone)
        broken = tuple(Reject(shown, one.line, "", "", one.reason) for one in records.broken)
        if records.repaired:
            had = (
                "1 record had stray quotes and was"
                if records.repaired == 1
                else f"{records.repaired:,} records had stray quotes and were"
            )
            self.notes.append(f"{shown}: {had} read all the same.")
        for heading in layout.repeated:
            self.notes.append(f"{shown}: the heading '{heading}' stands more than once; the first was read.")
        self.notes.extend(made.notes)
        kept = newest_in_file(made.keys)
        frames = dict(made.tables)
        if kept.height < made.keys.height:
            frames = {
                name: frame.filter(pl.col("line").is_in(kept["line"].implode())) for name, frame in frames.items()
            }
        account = Account(
            shown=shown,
            layout=layout,
            lines=records.lines,
            records=records.cells.height + len(broken) + skipped,
            rejects=tuple(sorted((*broken, *made.rejects), key=lambda reject: (reject.line, reject.column))),
            skipped=skipped + made.skipped,
            blanked=made.blanked,
            keys=kept,
            newest=_newest(frames, self.tables),
            superseded=made.keys.height - kept.height,
        )
        self.accounts.append(account)
        for name, frame in frames.items():
            self.supplied.setdefault(name, set()).update(made.supplied[name])
            if name in self.identities:
                account.others[name] = frame.height
                self.identities[name].append(frame.with_columns(pl.lit(shown).alias("path")))
                continue
            if name == "agents":
                self.rosters.append(frame.select("agent_id", "name"))
            else:
                frame = self.identity.resolve(name, frame, made.logins)
            table = self.tables[name]
            key = fingerprint(frame.select("source", *table.key))
            target = self.into / name / f"{len(self.accounts) - 1:05d}.parquet"
            account.parts[name] = Part(target, frame["line"], key)
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

    def finish(self, notes: Sequence[str]) -> Loaded:
        """Settle duplicates over all files, join spells, and close the accounts."""
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
        self.notes.extend(_orphans(stored))
        entries = sorted(
            (account.entry(count) for account, count in zip(self.accounts, rows, strict=True)),
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
            self.notes.append(
                f"{count:,} rows of {name} have the key of a row from another record; the newest of each was kept."
            )

    def _drop(self, name: str, part: Part, mask: pl.Series) -> None:
        if not mask.any():
            return
        write(pl.read_parquet(part.path).filter(~mask), part.path)
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
        first, through = _span(table, self.tables, files, self.timezone)
        return Stored(
            table=name,
            files=files[name],
            supplied=frozenset(self.supplied[name]),
            rows=int(frame.select(pl.len()).collect().item()),
            first=first,
            through=through,
        )


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


def _newest(frames: Mapping[str, pl.DataFrame], tables: Mapping[str, Table]) -> datetime | None:
    """The newest instant (or date) among a file's event columns: how fresh the file is."""
    newest: list[datetime] = []
    for name, frame in frames.items():
        for column, kind in tables[name].columns.items():
            if kind.event and (value := frame[column].max()) is not None:
                newest.append(value if isinstance(value, datetime) else _midnight(value))
    return max(newest, default=None)


def _midnight(day: object) -> datetime:
    assert isinstance(day, date)
    return datetime(day.year, day.month, day.day)


def _span(
    table: Table, tables: Mapping[str, Table], files: Mapping[str, tuple[Path, ...]], timezone: str
) -> tuple[datetime | None, datetime | None]:
    """The oldest default time of a table and the newest of its events, as naive UTC.

    A table without event columns of its own (answers) takes the times its rows came into view with.
    """
    times = _reached(table, table.time, tables, files)
    first = times.select(pl.coalesce(pl.all()).min()).collect().item() if table.time else None
    instants = [name for name, column in table.columns.items() if column.event and column.type == "instant"]
    days = [name for name, column in table.columns.items() if column.event and column.type == "date"]
    own = instants or days
    events = pl.scan_parquet(list(files[table.name])).select(own) if own else _reached(table, table.seen, tables, files)
    newest = [value for value in events.select(pl.all().max()).collect().row(0) if value is not None]
    through = max((_end_of(value, timezone) for value in newest), default=None)
    return (None if first is None else _start_of(first, timezone)), through


def _reached(
    table: Table,
    names: Sequence[str],
    tables: Mapping[str, Table],
    files: Mapping[str, tuple[Path, ...]],
    by: str | None = None,
) -> pl.LazyFrame:
    """What dotted names lead to from every row of a table, over the look-ups: columns ``0``, ``1`` … in their order.

    ``by``: a column of the table to have one row per value of, with the oldest of each time.
    """
    frame = pl.scan_parquet(list(files[table.name]))
    found = []
    for number, name in enumerate(names):
        step, _, rest = name.partition(".")
        if not rest:
            frame = frame.with_columns(pl.col(step).alias(str(number)))
        elif (lookup := table.lookups[step]).table in files:
            other = tables[lookup.table]
            values = _reached(other, (rest,), tables, files, by=lookup.on).rename({"0": str(number)})
            frame = frame.join(values, on=lookup.on, how="left")
        else:
            frame = frame.with_columns(pl.lit(None, pl.Datetime("us")).alias(str(number)))
        found.append(str(number))
    return frame.select(found) if by is None else frame.group_by(by).agg(pl.col(found).min())


def _start_of(value: datetime | date, timezone: str) -> datetime:
    if isinstance(value, datetime):
        return value
    return _to_utc(datetime(value.year, value.month, value.day), timezone)


def _end_of(value: datetime | date, timezone: str) -> datetime:
    """An instant as it is; of a date, the local midnight it ends with."""
    if isinstance(value, datetime):
        return value
    return _to_utc(datetime(value.year, value.month, value.day) + timedelta(days=1), timezone)


def _to_utc(local: datetime, timezone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC).replace(tzinfo=None)


def _orphans(stored: Mapping[str, Stored]) -> list[str]:
    """Rows that name a contact nobody exported, and contacts surveyed twice."""
    notes = []
    if "contacts" not in stored:
        return []
    contacts = pl.scan_parquet(list(stored["contacts"].files)).select("contact_id").unique()
    for name in ("invitations", "cases", "evaluations"):
        if name not in stored or "contact_id" not in stored[name].supplied:
            continue
        rows = pl.scan_parquet(list(stored[name].files)).select("contact_id").drop_nulls()
        count = rows.join(contacts, on="contact_id", how="anti").select(pl.len()).collect().item()
        if count:
            rows_name = "1 row of {} names" if count == 1 else f"{count:,} rows of {{}} name"
            notes.append(f"{rows_name.format(name)} a contact that is in no contact export.")
    if "invitations" in stored:
        rows = pl.scan_parquet(list(stored["invitations"].files)).select("contact_id").drop_nulls()
        twice = rows.group_by("contact_id").len().filter(pl.col("len") > 1).select(pl.len()).collect().item()
        if twice:
            surveyed = "1 contact was" if twice == 1 else f"{twice:,} contacts were"
            notes.append(f"{surveyed} surveyed more than once; every response counts.")
    return notes
