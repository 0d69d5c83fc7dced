"""What is decided once for a whole file: which of several formats and units its columns are written in.

``decide`` looks at as many records as it is given. What it finds holds for the others until one of them shows the
opposite (``Made.contradicted``); then the columns that decide (``columns``) are to be looked at all at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.drafting import skipped
from cxkpi.exports.files.records import name_of
from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile import LIKE, Profile, Rows, Rule
from cxkpi.exports.values import numbers as values
from cxkpi.exports.values import units
from cxkpi.exports.values.casting import AMOUNTS, Caster, Decisions
from cxkpi.exports.values.columns import as_number
from cxkpi.exports.values.durations import DURATION_UNITS
from cxkpi.exports.values.formats import evident_format, one_format
from cxkpi.exports.values.instants import of_any_year
from cxkpi.exports.values.texts import Texts, position_of, text_key
from cxkpi.tables import Column, Table

__all__ = ["Decisions", "columns", "decide"]

_INSTANT = Column("instant")
_DURATION = Column("duration")


def decide(
    shown: str,
    cells: pl.DataFrame,
    layout: Layout,
    profile: Profile,
    tables: Mapping[str, Table],
    timezone: str,
) -> Decisions:
    """Formats, units and the scale of percentages as these records show them.

    Raises InputError where dates can be read in two ways (I106) or in none for the whole column (I107), and where
    nothing decides which of several units a duration is in (I113).
    """
    texts = Texts(shown, cells, layout)
    away, _ = skipped(profile, texts)
    if away.any():
        texts.keep(~away)
    formats, ties = _formats(profile, texts)
    decided = Decisions(
        formats=formats,
        ties=ties,
        hundreds=_hundreds(profile, texts),
        counted=_counted(profile, texts),
        points=_points(profile, tables, texts),
    )
    zone = profile.file.timezone or timezone
    return replace(decided, units=_units(profile, Caster(texts, profile, tables, zone, decided), texts))


def columns(profile: Profile, layout: Layout, tables: Mapping[str, Table] | None = None) -> tuple[int, ...]:
    """The positions of a file that ``decide`` needs, in order; with ``tables`` also to see what points part."""
    if not _open(profile) and tables is None:
        return ()
    rules = [rule for rule in profile.rules if len(rule.format) > 1 or rule.percent or len(rule.unit) > 1]
    if profile.version is not None and not profile.version.format:
        rules.append(profile.version)
    whens = [skip.when for skip in profile.skip]
    if any(len(rule.unit) > 1 for rule in profile.rules):
        for name, parts in units.PARTS.items():
            for rows in profile.tables.get(name, ()):
                whens.append(rows.when)
                for column in ("started_at", "ended_at", *parts):
                    rules.extend(rows.rules.get(column, ()))
    if tables is not None:
        rules.extend(_amounts(profile, tables))
    names = [name for rule in rules for name in rule.headings]
    names += [LIKE + rule.like for rule in rules if rule.like is not None]
    names += [name for when in whens for name in when]
    found = {position_of(layout.positions, name) for name in names} - {None}
    return tuple(sorted(position for position in found if position is not None))


def _open(profile: Profile) -> bool:
    """Whether the profile leaves anything to be decided."""
    if profile.version is not None and not profile.version.format:
        return True
    return any(len(rule.format) > 1 or rule.percent or len(rule.unit) > 1 for rule in profile.rules)


def _counted(profile: Profile, texts: Texts) -> bool:
    """Whether more versions can be read as numbers than as instants."""
    rule = profile.version
    if rule is None or rule.format or not texts.supplied(rule):
        return False
    text = texts.of(rule)
    left = text.filter(of_any_year(text, ()).is_null() & text.is_not_null())
    read = left.len() - values.numbers(left, None, rule.decimal).null_count()
    return read > text.len() - text.null_count() - left.len()


def _formats(
    profile: Profile, texts: Texts
) -> tuple[Mapping[tuple[str, ...], str], Mapping[tuple[str, ...], tuple[str, ...]]]:
    """One format per list of formats, from every value of every column that declares the list."""
    wanted: dict[tuple[str, ...], list[Rule]] = {}
    for rule in profile.rules:
        if len(rule.format) > 1 and texts.supplied(rule):
            wanted.setdefault(rule.format, []).append(rule)
    formats: dict[tuple[str, ...], str] = {}
    ties: dict[tuple[str, ...], tuple[str, ...]] = {}
    for several, users in wanted.items():
        seen = list({key: text for rule in users for key, text in _written(rule, texts)}.values())
        evident = evident_format(several, seen)
        if evident is not None:
            formats[several] = evident
            continue
        every = pl.concat([text.alias("text").to_frame() for text in seen])["text"].drop_nulls().unique().sort()
        names = dict.fromkeys(f"'{texts.heading(rule)}'" for rule in users)
        formats[several], same = one_format(texts.path, _and(names), several, every)
        if same:
            ties[several] = same
    return formats, ties


def _written(rule: Rule, texts: Texts) -> Iterator[tuple[object, pl.Series]]:
    """The texts a rule reads by its format."""
    if rule.between:
        yield from ((name, texts.cell(name)) for name in rule.between)
    else:
        yield text_key(rule), texts.of(rule)


def _amounts(profile: Profile, tables: Mapping[str, Table]) -> Iterator[Rule]:
    """The rules that read or add numbers and durations whose decimal sign is not declared."""
    for name, templates in profile.tables.items():
        for rows in templates:
            for column, alternatives in rows.rules.items():
                # Legs have columns of their own, which are no amounts.
                known = tables[name].columns.get(column)
                for rule in alternatives:
                    of_amounts = known is not None and known.type in AMOUNTS
                    if rule.decimal is None and not rule.values and (of_amounts or rule.plus or rule.minus):
                        yield rule


def _points(profile: Profile, tables: Mapping[str, Table], texts: Texts) -> Mapping[str, bool]:
    """Heading -> whether ``1.234`` may be a thousand and more there, of the columns that show something of it."""
    seen: dict[str, pl.Series] = {}
    for rule in _amounts(profile, tables):
        if not texts.supplied(rule):
            continue
        origin = texts.origin(rule)
        if origin is not None and name_of(origin) in texts.cells.columns:
            seen.setdefault(texts.heading(rule), texts.of(rule))
        for name in (*rule.plus, *rule.minus, *(() if rule.times is None else (rule.times,))):
            position = texts.position(name)
            if position is not None and name_of(position) in texts.cells.columns:
                seen.setdefault(texts.headings[position].strip(), texts.cells[name_of(position)])
    european = texts.delimiter == ";"
    shown = {heading: values.signs_of(text, european) for heading, text in seen.items() if text.dtype == pl.String}
    return {heading: signs.doubtful for heading, signs in shown.items() if signs is not None}


def _hundreds(profile: Profile, texts: Texts) -> frozenset[str]:
    return frozenset(
        texts.heading(rule)
        for rule in profile.rules
        if rule.percent is True and texts.supplied(rule) and values.counts_to_hundred(texts.of(rule), rule.decimal)
    )


# -- units ------------------------------------------------------------------------------------------------------------


def _units(profile: Profile, caster: Caster, texts: Texts) -> Mapping[tuple[str, ...], str]:
    """One unit per list of units: the one with which durations fit the times of their rows."""
    wanted: dict[tuple[str, ...], list[Rule]] = {}
    for rule in profile.rules:
        if len(rule.unit) > 1 and texts.supplied(rule):
            wanted.setdefault(rule.unit, []).append(rule)
    found: dict[tuple[str, ...], str] = {}
    for several, users in wanted.items():
        plain = [rule for rule in users if _has_plain_numbers(rule, texts)]
        if not plain:
            # Zeros, clocks and words are the same in every unit.
            found[several] = several[0]
            continue
        tried = {unit: _tried(profile, caster, texts, several, {**found, several: unit}) for unit in several}
        fitting = [unit for unit in several if units.fits(tried[unit][0])]
        # Work may be a small part of a long row: where a smaller unit is possible a larger one needs more.
        smaller = {unit: [u for u in several if DURATION_UNITS[u] < DURATION_UNITS[unit]] for unit in several}
        sure = [
            unit
            for unit in fitting
            if units.agree(tried[unit][0]) or not any(units.possible(*tried[u]) for u in smaller[unit])
        ]
        if len(fitting) != 1 or not sure:
            raise InputError(_ask(texts, several, plain, fitting, sure=bool(sure)))
        found[several] = fitting[0]
    return found


def _has_plain_numbers(rule: Rule, texts: Texts) -> bool:
    added = [texts.cell(name) for name in (*rule.plus, *rule.minus)]
    columns = added if rule.plus and rule.format else [texts.of(rule), *added]
    return any(
        bool(text.to_frame("t").select((as_number(pl.col("t")) != 0).any()).item()) for text in columns if text.len()
    )


def _tried(
    profile: Profile,
    caster: Caster,
    texts: Texts,
    several: tuple[str, ...],
    chosen: Mapping[tuple[str, ...], str],
) -> tuple[pl.Series, pl.Series]:
    """What durations so read are of the times of their rows, and how long they are."""
    trial = Caster(texts, profile, caster.tables, caster.timezone, replace(caster.decisions, units=chosen))
    quotients: list[pl.Series] = []
    lengths: list[pl.Series] = []
    for name, parts in units.PARTS.items():
        for rows in profile.tables.get(name, ()):
            ends = [_cast(trial, texts, rows, column, _INSTANT) for column in ("started_at", "ended_at")]
            amounts = [_cast(trial, texts, rows, column, _DURATION) for column in parts]
            asked = any(rule.unit == several for column in parts for rule in rows.rules.get(column, ()))
            present = [amount for amount in amounts if amount is not None]
            if asked and present and ends[0] is not None and ends[1] is not None:
                quotients.append(units.quotients(ends[0], ends[1], present, texts.holds(rows.when)))
                lengths.extend(amount.filter(amount > 0) for amount in present)
    none = pl.Series([], dtype=pl.Float64)
    return pl.concat([none, *quotients]), pl.concat([none, *lengths])


def _cast(caster: Caster, texts: Texts, rows: Rows, column: str, kind: Column) -> pl.Series | None:
    usable = [rule for rule in rows.rules.get(column, ()) if texts.supplied(rule)]
    return caster.cast(usable, kind).values if usable else None


def _ask(texts: Texts, several: Sequence[str], users: Sequence[Rule], fitting: Sequence[str], sure: bool) -> Problem:
    names = _and(dict.fromkeys(f"'{texts.heading(rule)}'" for rule in users))
    may = listed([f"'{unit}'" for unit in (fitting if fitting and sure else several)])
    if not fitting:
        why = "none of them fits, or there are no times to compare with"
    else:
        why = "more than one of them fits" if sure else "work may be a small part of them"
    message = f"durations in {names} may be in {may}, and the times of the rows do not say which: {why}."
    return Problem("I113", message, Place(texts.path), "Give --profile with a profile that declares one 'unit'.")


def _and(names: Mapping[str, None]) -> str:
    return listed(names).replace(" or ", " and ")
