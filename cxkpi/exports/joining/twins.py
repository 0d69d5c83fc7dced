"""Files that say the same twice: a download repeated, or the same records where nothing in them tells them apart."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from cxkpi.exports.files.sources import Source
from cxkpi.exports.findings import Finding, register
from cxkpi.exports.one_file import FileRead
from cxkpi.exports.profile import Profile
from cxkpi.tables import Table


def _said_copies(one: Finding) -> str:
    return f"{one.path} and {one.detail} hold the same bytes; their records have no identifier, so each counts twice."


def _said_copies_settled(one: Finding) -> str:
    return f"{one.path} and {one.detail} hold the same bytes; each record counts once."


def _said_overlap(one: Finding) -> str:
    return (
        f"{one.path}: {one.count:,} of {one.total:,} records stand in {one.detail}, too, word for word; they have no "
        "identifier, so each counts twice."
    )


COPIES = register("F404", "warning", True, _said_copies)
COPIES_SETTLED = register("F405", "note", True, _said_copies_settled)
OVERLAP = register("F406", "warning", True, _said_overlap)

# Fewer may be alike by chance; so may a few of many.
_FEWEST, _SHARE = 5, 0.5
_CHUNK = 1 << 20


def twins(reads: Sequence[FileRead], tables: Mapping[str, Table]) -> list[Finding]:
    """Pairs of files with the same bytes, and pairs whose records are mostly the same where only file and line name
    them.
    """
    found: list[Finding] = []
    copies: set[tuple[str, str]] = set()
    for first, second in _same_bytes(reads):
        names = (first.file.source.shown, second.file.source.shown)
        copies.add(names)
        profile = second.file.layout.profile
        code = COPIES if _nameless(profile) else COPIES_SETTLED
        of = tuple(profile.tables) if code == COPIES else ()
        found.append(Finding(code, names[0], detail=names[1], tables=of))
    by_profile: defaultdict[str, list[FileRead]] = defaultdict(list)
    for read in sorted(reads, key=lambda one: one.file.source.shown):
        if _nameless(read.file.layout.profile):
            by_profile[read.file.layout.profile.name].append(read)
    for several in by_profile.values():
        if len(several) > 1:
            found += _overlaps(several, tables, copies)
    return found


def _nameless(profile: Profile) -> bool:
    """Whether only file and line tell the records of an export apart."""
    first = next(iter(profile.tables.values()), ())
    return any(rule.row_number for rows in first for rules in rows.rules.values() for rule in rules)


def _same_bytes(reads: Sequence[FileRead]) -> Iterator[tuple[FileRead, FileRead]]:
    """Every file with the first that holds the same; only files of one size are read for it."""
    by_size: defaultdict[int, list[FileRead]] = defaultdict(list)
    for read in sorted(reads, key=lambda one: one.file.source.shown):
        if read.records:
            by_size[read.file.source.size].append(read)
    for several in by_size.values():
        first: dict[str, FileRead] = {}
        for read in several if len(several) > 1 else ():
            same = first.setdefault(_content(read.file.source), read)
            if same is not read and _place(same.file.source) != _place(read.file.source):
                yield same, read


def _place(source: Source) -> tuple[Path, str | None]:
    return source.path, source.member


def _content(source: Source) -> str:
    """What is the same where the bytes are, of an archive's members too, whatever they are called."""
    if source.member is None:
        return source.content_hash()
    digest = hashlib.sha256()
    with source.open() as stream:
        for chunk in iter(partial(stream.read, _CHUNK), b""):
            digest.update(chunk)
    return f"{digest.hexdigest()}\0{source.kind}\0{source.sheet or ''}"


def _overlaps(
    reads: Sequence[FileRead], tables: Mapping[str, Table], copies: set[tuple[str, str]]
) -> Iterator[Finding]:
    """Files of which most records, or most of those of the other, stand in one before; ``reads`` by name."""
    contents = [_contents(read, tables) for read in reads]
    every = pl.concat(
        [
            pl.DataFrame({"content": content}).unique().with_columns(pl.lit(number, pl.UInt32).alias("of"))
            for number, content in enumerate(contents)
        ]
    )
    # With the first file that has a record only: of many copies each pair would be too many.
    again = every.with_columns(pl.col("of").min().over("content").alias("first")).filter(
        pl.col("of") != pl.col("first")
    )
    for first, of, count in again.group_by("first", "of").len().sort("first", "of").iter_rows():
        earlier, name = reads[first].file.source.shown, reads[of].file.source.shown
        fewer = min(contents[first].len(), contents[of].len())
        if (earlier, name) not in copies and count >= max(_FEWEST, _SHARE * fewer):
            tables_of = tuple(reads[of].file.layout.profile.tables)
            yield Finding(OVERLAP, name, count=count, total=contents[of].len(), detail=earlier, tables=tables_of)


def _contents(read: FileRead, tables: Mapping[str, Table]) -> pl.Series:
    """A number for each row of the first table that is the same where a row says the same; rows without a time, of
    which many are alike, are left out.
    """
    profile = read.file.layout.profile
    name = next(iter(profile.tables))
    numbered = {
        column
        for rows in profile.tables[name]
        for column, rules in rows.rules.items()
        if any(rule.row_number for rule in rules)
    }
    timed = [column for column, of in tables[name].columns.items() if of.type == "instant" and column not in numbered]
    found = [pl.Series("content", [], dtype=pl.UInt64)]
    for part in read.parts.get(name, ()):
        rows = pl.read_parquet(part.path).filter(pl.any_horizontal(pl.col(timed).is_not_null())) if timed else None
        if rows is not None and not rows.is_empty():
            found.append(rows.drop("file", "line", "record", *numbered, strict=False).hash_rows(5).alias("content"))
    return pl.concat(found)
