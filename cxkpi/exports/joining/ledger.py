"""Which version of a record counts: records of one key within a file and across files, and rows of one key of a table.

The newest wins by version column, then by the newest instant of its file, then by file name and line. Keys are compared
as prints of 128 bits, and of a large input in parts by the print itself, so that they are never all in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from cxkpi.exports.findings import Finding, merged, register
from cxkpi.exports.one_file import FileRead
from cxkpi.result import FileEntry

_KEYS_AT_ONCE = 6_000_000
_PAIR = ("of", "line", "best_of", "best_line")


def _said_disagreeing(one: Finding) -> str:
    have = "1 record has" if one.count == 1 else f"{one.count:,} records have"
    return (
        f"{one.path}: {have} the key of a record of {one.detail} but other content, and no version says which is "
        f"newer; {one.path} was believed (line {one.line})."
    )


def _said_repeated(one: Finding) -> str:
    have = "1 record has" if one.count == 1 else f"{one.count:,} records have"
    return (
        f"{one.path}: {have} the key of a later one but other content, and no version says which is newer; "
        f"the later was believed (line {one.line})."
    )


DISAGREE = register("F400", "warning", True, _said_disagreeing)
REPEATED = register("F401", "warning", False, _said_repeated)


@dataclass(slots=True)
class Account:
    """One file's account while it is being made up.

    ``again``: lines of records that another record of the same file replaces; ``lost``: of those that another file's
    does. ``newest``: the newest instant of what is left of it. ``rows``: of the tables it has rows in.
    """

    read: FileRead
    again: pl.Series
    newest: datetime | None
    lost: pl.Series = field(default_factory=lambda: pl.Series("line", [], dtype=pl.Int64))
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        """The file's name in reports."""
        return self.read.file.source.shown

    def entry(self) -> FileEntry:
        """The line of the ledger, which must add up twice over."""
        read = self.read
        rejected, superseded = len(read.rejects), self.again.len() + self.lost.len()
        entry = FileEntry(
            path=self.shown,
            profile=read.file.layout.profile.name,
            records=read.records,
            accepted=read.records - superseded - rejected - read.skipped,
            superseded=superseded,
            rejected=rejected,
            skipped=read.skipped,
            blanked=read.blanked,
            lines=read.lines,
            tables=tuple(self.rows.items()),
            blank=read.blank,
            continued=read.continued,
            shared=read.shared,
        )
        if entry.accepted < 0 or entry.lines != entry.records + entry.continued + entry.blank - entry.shared:
            raise RuntimeError(f"the account of {self.shown} does not add up: {entry}")
        return entry


def replaced_in_file(read: FileRead) -> tuple[pl.Series, tuple[Finding, ...]]:
    """The lines of records that a newer record of the same file replaces."""
    lines: list[pl.Series] = []
    pairs: list[pl.DataFrame] = []
    for again in _in_parts([read.keys], accepted(read)):
        ordered = again.sort("key", "version", "line", descending=[False, True, True], nulls_last=True)
        losers = _beside_winners(ordered).filter(pl.col("place") > 0)
        lines.append(losers["line"])
        pairs.append(losers.filter(_undecided()).select(_PAIR))
    if not lines:
        return pl.Series("line", [], dtype=pl.Int64), ()
    unsure = _differing(pl.concat(pairs), [read])
    shown = read.file.source.shown
    if unsure.is_empty():
        return pl.concat(lines).sort(), ()
    found = Finding(REPEATED, shown, count=unsure.height, line=_line(read, unsure["line"]))
    return pl.concat(lines).sort(), (found,)


def replaced_elsewhere(accounts: Sequence[Account]) -> tuple[Mapping[int, pl.Series], tuple[Finding, ...]]:
    """Account number -> the lines of records that a newer record of another file replaces."""
    if len(accounts) < 2:
        return {}, ()
    ranks = _ranks(accounts)
    reads = [account.read for account in accounts]
    gone = pl.concat(
        [
            pl.DataFrame({"line": account.again}).with_columns(pl.lit(number, pl.UInt32).alias("of"))
            for number, account in enumerate(accounts)
        ]
    )
    lost: dict[int, list[pl.Series]] = {}
    found: list[Finding] = []
    for frame in _in_parts([read.keys for read in reads], sum(accepted(read) for read in reads)):
        again = frame.join(gone, on=["of", "line"], how="anti").filter(pl.col("key").is_duplicated())
        ranked = again.with_columns(pl.col("of").replace_strict(ranks, return_dtype=pl.UInt32).alias("rank"))
        ordered = ranked.sort("key", "version", "rank", "line", descending=[False, True, True, True], nulls_last=True)
        losers = _beside_winners(ordered).filter(pl.col("place") > 0)
        for (number,), part in losers.partition_by("of", as_dict=True).items():
            lost.setdefault(int(number), []).append(part["line"])
        unsure = _differing(losers.filter(_undecided()).select(_PAIR), reads)
        pairs = unsure.group_by("of", "best_of").agg(pl.len(), pl.col("best_line").min()).sort("of", "best_of")
        for of, best, count, line in pairs.iter_rows():
            other = accounts[of].shown
            line = _line(accounts[best].read, pl.Series([line]))
            found.append(Finding(DISAGREE, accounts[best].shown, count=count, line=line, detail=other))
    return {number: pl.concat(parts).sort() for number, parts in sorted(lost.items())}, merged(found)


def accepted(read: FileRead) -> int:
    """How many records of a file have rows."""
    return read.records - read.skipped - len(read.rejects)


def _ranks(accounts: Sequence[Account]) -> dict[int, int]:
    """Account number -> its place among the files from the oldest to the newest."""
    order = sorted(range(len(accounts)), key=lambda n: (accounts[n].newest or datetime.min, accounts[n].shown))
    return {number: rank for rank, number in enumerate(order)}


def _beside_winners(ordered: pl.DataFrame) -> pl.DataFrame:
    """Beside every row its ``place`` among those of its key, in the order given, and what the first of them has."""
    numbered = ordered.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias("at"))
    placed = numbered.with_columns(pl.col("at").min().over("key").alias("first"))
    best = [pl.col(name).gather(pl.col("first")).alias(f"best_{name}") for name in ("line", "of", "version")]
    return placed.with_columns((pl.col("at") - pl.col("first")).alias("place"), *best)


def _undecided() -> pl.Expr:
    """Whether neither a row nor the one that wins over it is known to be newer."""
    return pl.col("version").eq_missing(pl.col("best_version"))


def _differing(pairs: pl.DataFrame, reads: Sequence[FileRead]) -> pl.DataFrame:
    """Of pairs of records those that do not say the same."""
    if pairs.is_empty():
        return pairs
    asked = pl.concat(
        [pairs.select("of", "line"), pairs.select(pl.col("best_of").alias("of"), pl.col("best_line").alias("line"))]
    )
    contents = pl.concat(
        [
            _contents(reads[number], part).with_columns(pl.lit(number, pl.UInt32).alias("of"))
            for (number,), part in asked.unique().partition_by("of", as_dict=True).items()
        ]
    )
    both = pairs.join(contents, on=["of", "line"], how="left").join(
        contents.rename({"of": "best_of", "line": "best_line", "content": "best_content"}),
        on=["best_of", "best_line"],
        how="left",
    )
    return both.filter(pl.col("content").ne_missing(pl.col("best_content"))).select(_PAIR)


def _contents(read: FileRead, lines: pl.DataFrame) -> pl.DataFrame:
    """A number for each of some records that is the same where their rows are."""
    found = [pl.DataFrame(schema={"line": pl.Int64, "content": pl.UInt128})]
    for table, parts in read.parts.items():
        for part in parts:
            if not part.has(lines["line"]):
                continue
            rows = pl.read_parquet(part.path)
            if part.numbered:
                rows = rows.drop("line").rename({"record": "line"})
            rows = rows.join(lines, on="line", how="semi")
            if not rows.is_empty():
                values = rows.drop("line", "file").with_columns(pl.lit(table).alias("table"))
                content = values.hash_rows(5).cast(pl.UInt128).alias("content")
                found.append(pl.DataFrame([rows["line"], content]))
    return pl.concat(found).group_by("line").agg(pl.col("content").sum())


def _line(read: FileRead, numbers: pl.Series) -> int:
    """The line of the first of some records."""
    least = int(numbers.min())  # type: ignore[arg-type]
    for part in (part for parts in read.parts.values() for part in parts):
        if part.numbered and part.first <= least <= part.last:
            found = pl.read_parquet(part.path, columns=["line", "record"]).filter(pl.col("record") == least)
            if not found.is_empty():
                return int(found["line"][0])
    return least


def _in_parts(files: Sequence[Sequence[Path]], count: int) -> Iterator[pl.DataFrame]:
    """Those keys of some files that stand more than once, with ``of``: the number of the file; equal ones together."""
    parts = max(1, -(-count // _KEYS_AT_ONCE))
    for part in range(parts):
        frames = []
        for number, paths in enumerate(files):
            if paths:
                scan = pl.scan_parquet(list(paths)).with_columns(pl.lit(number, pl.UInt32).alias("of"))
                frames.append((scan if parts == 1 else scan.filter(pl.col("key") % parts == part)).collect())
        if frames:
            every = pl.concat(frames)
            # Sorting finds the few equal ones in a quarter of the time that ``is_duplicated`` takes.
            ordered = every["key"].sort()
            twice = ordered.filter(ordered == ordered.shift()).unique()
            if twice.len():
                yield every.filter(pl.col("key").is_in(twice.implode()))
