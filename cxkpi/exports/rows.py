"""One file's records to rows of its tables: which records are used, their rows and keys, and what is worth a note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from cxkpi.exports.drafting import Draft, drafts, logins, skipped, with_legs
from cxkpi.exports.findings import Finding, merged
from cxkpi.exports.judging import blanked, judged
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile import Profile, Rule
from cxkpi.exports.sequence import settled
from cxkpi.exports.values.casting import Caster, Decisions
from cxkpi.exports.values.checks import checked
from cxkpi.exports.values.decisions import decide
from cxkpi.exports.values.noticing import FEW_ROWS, UNIT, noticed
from cxkpi.exports.values.texts import Texts
from cxkpi.result import Reject
from cxkpi.tables import POLARS_TYPES, Table

_LEG_COLUMNS = ("leg_id", "leg_previous")
_EXACT = 1e12
_NOT_ADDED = frozenset({"threshold_s", "length_s", "leg_no", "scale_min", "scale_max"})
"""Numbers that are the same in every part of a row."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a stretch of one file's records became.

    ``tables``: table -> its columns, ``source`` and ``line`` (the record's), and ``record``, a number of it, where some
    records share a line; contacts of a profile with ``legs`` also have ``leg_id`` and ``leg_previous``. ``keys``:
    ``line`` (``record`` where there is one), ``key`` (a hash of source and the key of the profile's first table) and
    ``version`` of every accepted record (of rows that are added up, of the first). ``logins``:
    (table, column) -> system. ``contradicted``: these records show that what was decided for the file is wrong.
    """

    tables: Mapping[str, pl.DataFrame]
    keys: pl.DataFrame
    logins: Mapping[tuple[str, str], str]
    supplied: Mapping[str, frozenset[str]]
    rejects: tuple[Reject, ...]
    skipped: int
    blanked: int
    findings: tuple[Finding, ...]
    contradicted: bool
    points_doubted: bool = False
    """These records show that what was decided of points between digits is wrong, or had to be."""
    coded: Mapping[str, Mapping[str, pl.Series]] = field(default_factory=dict, compare=False)
    """Table -> those of its columns that are known to hold few different texts, as categories."""
    unsaid: tuple[Finding, ...] = ()
    """Findings of nothing: of how many cells there is nothing to say; see ``noticing.of_file``."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What reports say of the findings."""
        return tuple(finding.message for finding in self.findings if finding.said)


def make(
    shown: str,
    cells: pl.DataFrame,
    layout: Layout,
    profile: Profile,
    tables: Mapping[str, Table],
    timezone: str,
    decisions: Decisions | None = None,
    *,
    errors: bool = True,
) -> Made:
    """The rows of some records of a file.

    ``decisions``: what was decided for the whole file; None decides by these records. ``errors``: as in ``Records``.
    Raises InputError where a required column has no heading, and as ``decide`` does.
    """
    if decisions is None:
        decisions = decide(shown, cells, layout, profile, tables, timezone)
    texts = Texts(shown, cells, layout, errors=errors)
    del cells
    away, said = skipped(profile, texts)
    count = int(away.sum())
    if count:
        texts.keep(~away)
    profile, tables = with_legs(profile, tables)
    caster = Caster(texts, profile, tables, profile.file.timezone or timezone, decisions)
    drafted, again = settled(drafts(profile, tables, texts, caster))
    rejected, rejects = judged(drafted, texts)
    source = _source(profile, texts)
    supplied: dict[str, set[str]] = {}
    for draft in drafted:
        supplied.setdefault(draft.table.name, set()).update(set(draft.casts) - set(_LEG_COLUMNS))
    keys = _keys(profile, drafted, rejected, source, texts, caster)
    found = [*said, *noticed(profile, drafted, caster, rejected, again), *checked(profile, texts, caster, rejected)]
    every = merged(found)
    made, coded = _tables(drafted, rejected, source, texts)
    return Made(
        tables=made,
        coded=coded,
        keys=keys,
        logins=logins(profile, texts),
        supplied={name: frozenset(columns) for name, columns in supplied.items()},
        rejects=rejects,
        skipped=count,
        blanked=blanked(drafted, rejected),
        findings=tuple(one for one in every if one.count),
        unsaid=tuple(one for one in every if not one.count),
        points_doubted=caster.points_doubted,
        contradicted=caster.contradicted or _in_another_unit(profile, found),
    )


def _in_another_unit(profile: Profile, found: Sequence[Finding]) -> bool:
    """Whether durations do not fit the unit that was decided on, of several."""
    return any(one.code in (UNIT, FEW_ROWS) for one in found) and any(len(rule.unit) > 1 for rule in profile.rules)


def fingerprint(frame: pl.DataFrame) -> pl.Series:
    """A 128-bit number per row that is the same for equal rows: keys are compared by it, at a sixth of their size."""
    high = frame.hash_rows(1).cast(pl.UInt128)
    low = frame.hash_rows(2).cast(pl.UInt128)
    return pl.select(high * pl.lit(2**64, dtype=pl.UInt128) + low).to_series()


# -- tables and keys --------------------------------------------------------------------------------------------------


def _tables(
    drafted: Sequence[Draft], rejected: pl.Series, source: pl.Series, texts: Texts
) -> tuple[Mapping[str, pl.DataFrame], Mapping[str, Mapping[str, pl.Series]]]:
    """The rows of every table, and what of them is known as few texts."""
    frames: dict[str, list[pl.DataFrame]] = {}
    coded: dict[str, Mapping[str, pl.Series]] = {}
    for draft in drafted:
        mask = ~rejected & draft.here
        name = draft.table.name
        coded[name] = {} if name in frames or draft.rows.sum else _coded(draft, mask, source, texts)
        frames.setdefault(name, []).append(_frame(draft, mask, source, texts))
    joined = {
        name: parts[0] if len(parts) == 1 else pl.concat(parts).sort(numbered_by(parts[0]), maintain_order=True)
        for name, parts in frames.items()
    }
    added = {draft.table.name: draft.table for draft in drafted if draft.rows.sum}
    tables = {name: _added_up(frame, added[name]) if name in added else frame for name, frame in joined.items()}
    return tables, coded


def _coded(draft: Draft, mask: pl.Series, source: pl.Series, texts: Texts) -> Mapping[str, pl.Series]:
    """The columns of few different texts as categories."""
    found: dict[str, pl.Series] = {}
    columns = {name: cast.values for name, cast in draft.casts.items()}
    for name, values in {**columns, "source": source}.items():
        few = texts.few_in(values) if values.dtype == pl.String else None
        if few is not None:
            found[name] = few.coded()
    return found if mask.all() else {name: column.filter(mask) for name, column in found.items()}


def _added_up(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows of one key as one: what can be added is added, of the rest the first filled is kept."""
    key = ["source", *table.key]
    parts: list[pl.Expr] = [pl.col("line", "record").min() if "record" in frame.columns else pl.col("line").min()]
    for name, column in table.columns.items():
        if name in table.key:
            continue
        if column.type in ("integer", "number", "duration") and name not in _NOT_ADDED:
            total = pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum())
            # Decimal fractions are added as whole millionths, so that the order of rows cannot change a sum.
            exact = (pl.col(name) * 1e6).round().cast(pl.Int64, strict=False).sum() / 1e6
            exact = pl.when(pl.col(name).abs().max() < _EXACT).then(exact).otherwise(pl.col(name).sum())
            parts.append((total if column.type == "integer" else pl.when(total.is_not_null()).then(exact)).alias(name))
        else:
            parts.append(pl.col(name).drop_nulls().first())
    return frame.sort("line").group_by(key, maintain_order=True).agg(parts).select(frame.columns).sort("line")


def _frame(draft: Draft, mask: pl.Series, source: pl.Series, texts: Texts) -> pl.DataFrame:
    filled = {name: draft.casts[name].values for name in draft.table.columns if name in draft.casts}
    number = {} if texts.number is texts.line else {"record": texts.number}
    frame = pl.DataFrame({**filled, "source": source, "line": texts.line, **number})
    if not mask.all():
        frame = frame.filter(mask)
    types = {name: POLARS_TYPES[column.type] for name, column in draft.table.columns.items()}
    empty = {kind: pl.repeat(None, frame.height, eager=True, dtype=kind) for kind in {*types.values()}}
    columns = {name: frame[name].cast(kind) if name in filled else empty[kind] for name, kind in types.items()}
    return pl.DataFrame({**columns, **{name: frame[name] for name in ("source", "line", *number)}})


def numbered_by(frame: pl.DataFrame) -> str:
    """The column that tells the records of a file apart: ``line``, unless some stand on one line."""
    return "record" if "record" in frame.columns else "line"


def _source(profile: Profile, texts: Texts) -> pl.Series:
    """The system a record came from; the plain layouts may name it in a column."""
    if profile.closed and "source" in texts.positions:
        return texts.cell("source").fill_null(profile.system)
    return texts.spread(texts.constant(profile.system))


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
    keys = pl.DataFrame({"line": texts.number, "key": fingerprint(frame), "version": version})
    keys = keys.filter(~rejected) if rejected.any() else keys
    if first[0].rows.sum:
        # Parts of one row are no versions of one another.
        keys = keys.sort("line").unique("key", keep="first", maintain_order=True)
    return keys


def _is_constant(rules: Sequence[Rule]) -> bool:
    return len(rules) == 1 and rules[0].is_ is not None
