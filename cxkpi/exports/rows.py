"""One file's records to rows of its tables: which records are used, their rows and keys, and what is worth a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from cxkpi.exports.casting import Caster
from cxkpi.exports.drafting import Draft, drafts, logins
from cxkpi.exports.judging import blanked, judged
from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.sequence import settled
from cxkpi.exports.texts import Texts
from cxkpi.result import Reject
from cxkpi.tables import POLARS_TYPES, Table

_SHORTENED = r"^\d(?:[.,]\d+)?[eE]\+\d+$"


@dataclass(frozen=True, slots=True)
class Made:
    """What one file's records became.

    ``tables``: table -> its columns, ``source`` and ``line`` (the record's). ``keys``: ``line``, ``key`` (a hash of
    source and the key of the profile's first table) and ``version`` of every accepted record. ``logins``: (table,
    column) -> system.
    """

    tables: Mapping[str, pl.DataFrame]
    keys: pl.DataFrame
    logins: Mapping[tuple[str, str], str]
    supplied: Mapping[str, frozenset[str]]
    rejects: tuple[Reject, ...]
    skipped: int
    blanked: int
    notes: tuple[str, ...]


def make(
    path: str,
    cells: pl.DataFrame,
    positions: Mapping[str, int],
    headings: Sequence[str],
    profile: Profile,
    tables: Mapping[str, Table],
    timezone: str,
) -> Made:
    """The rows of one file. Raises InputError where dates can be read in two ways, or in none for the whole column."""
    texts = Texts(path, cells, positions, headings)
    del cells
    skipped = _skip(profile, texts)
    caster = Caster(texts, profile, tables, profile.file.timezone or timezone)
    caster.look_ahead()
    drafted, again = settled(drafts(profile, tables, texts, caster))
    rejected, rejects = judged(drafted, texts)
    source = _source(profile, texts)
    supplied: dict[str, set[str]] = {}
    for draft in drafted:
        supplied.setdefault(draft.table.name, set()).update(draft.casts)
    return Made(
        tables=_tables(drafted, rejected, source, texts.line),
        keys=_keys(profile, drafted, rejected, source, texts, caster),
        logins=logins(profile, texts),
        supplied={name: frozenset(columns) for name, columns in supplied.items()},
        rejects=rejects,
        skipped=skipped,
        blanked=blanked(drafted, rejected),
        notes=(
            *_said(profile, texts, rejected),
            *_shortened(drafted, path),
            *_left_empty(drafted, rejected, path),
            *_unset(drafted, rejected, path),
            *_doubtful(caster, again, path),
        ),
    )


def fingerprint(frame: pl.DataFrame) -> pl.Series:
    """A 128-bit number per row that is the same for equal rows: keys are compared by it, at a sixth of their size."""
    high = frame.hash_rows(1).cast(pl.UInt128)
    low = frame.hash_rows(2).cast(pl.UInt128)
    return pl.select(high * pl.lit(2**64, dtype=pl.UInt128) + low).to_series()


def _skip(profile: Profile, texts: Texts) -> int:
    """Take the records that are not data out of ``texts``; how many."""
    texts.hold([skip.when for skip in profile.skip])
    skipped = texts.none
    for skip in profile.skip:
        skipped = skipped | texts.holds(skip.when)
    if skipped.any():
        texts.keep(~skipped)
    return int(skipped.sum())


# -- tables and keys --------------------------------------------------------------------------------------------------


def _tables(
    drafted: Sequence[Draft], rejected: pl.Series, source: pl.Series, line: pl.Series
) -> Mapping[str, pl.DataFrame]:
    frames: dict[str, list[pl.DataFrame]] = {}
    for draft in drafted:
        frames.setdefault(draft.table.name, []).append(_frame(draft, ~rejected & draft.here, source, line))
    return {
        name: parts[0] if len(parts) == 1 else pl.concat(parts).sort("line", maintain_order=True)
        for name, parts in frames.items()
    }


def _frame(draft: Draft, mask: pl.Series, source: pl.Series, line: pl.Series) -> pl.DataFrame:
    filled = {name: draft.casts[name].values for name in draft.table.columns if name in draft.casts}
    frame = pl.DataFrame({**filled, "source": source, "line": line})
    if not mask.all():
        frame = frame.filter(mask)
    columns = [
        (pl.col(name) if name in filled else pl.lit(None)).cast(POLARS_TYPES[column.type]).alias(name)
        for name, column in draft.table.columns.items()
    ]
    return frame.select(*columns, "source", "line")


def _source(profile: Profile, texts: Texts) -> pl.Series:
    """The system a record came from; the plain layouts may name it in a column."""
    if profile.closed and "source" in texts.positions:
        return texts.cell("source").fill_null(profile.system)
    return pl.repeat(profile.system, texts.height, eager=True, dtype=pl.String)


def _keys(
    profile: Profile, drafted: Sequence[Draft], rejected: pl.Series, source: pl.Series, texts: Texts, caster: Caster
) -> pl.DataFrame:
    """What makes two records versions of one another: the key of the first table, constants left out."""
    name = next(iter(profile.tables))
    first = [draft for draft in drafted if draft.table.name == name]
    table, casts = first[0].table, first[0].casts
    fixed = [n for n in table.key if all(_is_constant(draft.rows.rules.get(n, ())) for draft in first)]
    columns: dict[str, pl.Series] = {n: casts[n].values for n in table.key if n in casts and n not in fixed}
    shape = ";".join(sorted({str(draft.rows.rules[n][0].is_) for draft in first for n in fixed}))
    frame = pl.DataFrame({**columns, "source": source}).with_columns(pl.lit(f"{name}:{shape}").alias("shape"))
    version = pl.repeat(None, texts.height, eager=True, dtype=pl.Float64)
    if profile.version is not None and texts.supplied(profile.version):
        version = caster.version(profile.version)
    keys = pl.DataFrame({"line": texts.line, "key": fingerprint(frame), "version": version})
    return keys.filter(~rejected) if rejected.any() else keys


def _is_constant(rules: Sequence[Rule]) -> bool:
    return len(rules) == 1 and rules[0].is_ is not None


# -- notes ------------------------------------------------------------------------------------------------------------


def _said(profile: Profile, texts: Texts, rejected: pl.Series) -> list[str]:
    """What the profile itself wants noted."""
    notes = []
    for say in profile.notes:
        met = int((texts.holds(say.when) & ~rejected).sum())
        if met:
            notes.append(f"{texts.path}: {say.say} ({met:,} record{'s' if met != 1 else ''}).")
    return notes


def _shortened(drafted: Sequence[Draft], path: str) -> list[str]:
    """Identifiers that a spreadsheet has turned into numbers."""
    found: dict[str, None] = {}
    for draft in drafted:
        for name, cast in draft.casts.items():
            column = draft.table.columns[name]
            if column.role == "identifier" and column.type == "text" and cast.values.str.contains(_SHORTENED).any():
                found[cast.heading] = None
    return [
        f"{path}: '{heading}' holds identifiers such as 1.2E+15, which a spreadsheet has shortened; "
        "different records may have become one. Export it again without opening it."
        for heading in found
    ]


def _left_empty(drafted: Sequence[Draft], rejected: pl.Series, path: str) -> list[str]:
    """Columns of which nothing could be read, and numbers whose comma may mean two things."""
    notes: dict[str, str] = {}
    for draft in drafted:
        here = draft.here & ~rejected
        for name, cast in draft.casts.items():
            bad = here & cast.bad
            count = int(bad.sum())
            commas = 0 if cast.comma is None else int((bad & cast.comma).sum())
            if commas:
                cells = "1 cell" if commas == 1 else f"{commas:,} cells"
                notes[cast.heading] = (
                    f"{path}: {cells} in '{cast.heading}' {'has' if commas == 1 else 'have'} a comma that may part "
                    "thousands or decimals; left empty. Declare decimal: ',' or '.' in a profile."
                )
            elif count and count == int((here & cast.text.is_not_null()).sum()):
                such = "" if draft.table.columns[name].role != "plain" else f", such as '{cast.text.filter(bad)[0]}'"
                cells = "the only cell" if count == 1 else f"none of the {count:,} cells"
                notes.setdefault(
                    cast.heading,
                    f"{path}: {cells} in '{cast.heading}' {'cannot' if count == 1 else 'can'} be read as "
                    f"{name}{such}; left empty.",
                )
    return list(notes.values())


def _unset(drafted: Sequence[Draft], rejected: pl.Series, path: str) -> list[str]:
    """Dates that stand for no date and were read as empty."""
    found: dict[str, int] = {}
    for draft in drafted:
        for cast in draft.casts.values():
            if cast.unset is not None:
                count = int((draft.here & cast.unset & ~cast.bad & ~rejected).sum())
                found[cast.heading] = max(count, found.get(cast.heading, 0))
    return [
        f"{path}: {count:,} {'date' if count == 1 else 'dates'} in '{heading}' {'is' if count == 1 else 'are'} "
        "9999-12-31 or 0001-01-01, which stand for no date; read as empty."
        for heading, count in found.items()
        if count
    ]


def _doubtful(caster: Caster, again: int, path: str) -> list[str]:
    """Local times in hours that a change of clocks repeats or skips."""
    notes = []
    twice = sum(zone.twice for zone in caster.zones.values())
    missing = sum(zone.missing for zone in caster.zones.values())
    if twice:
        but = f", except {again:,} that would have come before {'its' if again == 1 else 'their'} beginning"
        notes.append(
            f"{path}: {_counted(twice, 'local time')} in the hour that {caster.timezone} has twice when "
            f"clocks go back; each was taken as the first{but if again else ''}."
        )
    if missing:
        notes.append(
            f"{path}: {_counted(missing, 'local time')} in the hour that {caster.timezone} skips when "
            "clocks go forward; each was read with the offset before the change. Is the time zone right?"
        )
    return notes


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s lie' if count != 1 else ' lies'}"
