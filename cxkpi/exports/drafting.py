"""The rows each record may give, column by column, before it is known which records can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.findings import Finding, register
from cxkpi.exports.profile import Profile, Rows, Rule, When
from cxkpi.exports.profile_file import key_columns
from cxkpi.exports.values.casting import Cast, Caster
from cxkpi.exports.values.texts import Texts
from cxkpi.tables import Column, Table

_OPEN_ENDED = ("agents", "people")
"""Tables of spells, in which a system may write a date for no date: 9999-12-31 for a spell that has not ended."""

_LEG = Column("text", role="identifier")

REMARK = register(
    "F240",
    "warning",
    True,
    lambda one: f"{one.path}: {one.detail} ({one.count:,} record{'s' if one.count != 1 else ''}).",
)


@dataclass(frozen=True, slots=True)
class Draft:
    """One row a record may give. ``casts``: canonical column -> its cast. ``here``: which records give this row."""

    table: Table
    rows: Rows
    casts: Mapping[str, Cast]
    here: pl.Series

    def required(self, column: str) -> bool:
        """Whether a record without this column is rejected."""
        return column in key_columns(self.table) or any(rule.required for rule in self.rows.rules.get(column, ()))


def drafts(profile: Profile, tables: Mapping[str, Table], texts: Texts, caster: Caster) -> list[Draft]:
    """Every row the profile makes of a record. Raises InputError where a required column has no heading."""
    return [
        _draft(profile, tables[name], rows, texts, caster)
        for name, templates in profile.tables.items()
        for rows in templates
    ]


def skipped(profile: Profile, texts: Texts) -> tuple[pl.Series, list[Finding]]:
    """Which records are not data, and what the profile wants said of them."""
    whens = [_present(skip.when, texts) if profile.closed else skip.when for skip in profile.skip]
    texts.hold(whens)
    every = texts.none
    said: list[Finding] = []
    for skip, when in zip(profile.skip, whens, strict=True):
        here = texts.holds(when) & ~every
        if skip.say is not None and here.any():
            said.append(remark(texts, skip.say, here))
        every = every | here
    return every, said


def _present(when: When, texts: Texts) -> When:
    """The conditions on columns the file has: in a plain layout a column that is left out is an empty one."""
    return {heading: condition for heading, condition in when.items() if texts.position(heading) is not None}


def remark(texts: Texts, say: str, here: pl.Series) -> Finding:
    """What the profile itself wants noted where records meet a condition."""
    return Finding(REMARK, texts.path, count=int(here.sum()), line=texts.line[here.arg_max() or 0], detail=say)


def with_legs(profile: Profile, tables: Mapping[str, Table]) -> tuple[Profile, Mapping[str, Table]]:
    """A profile whose contacts are legs, and the table of these: a leg's own id is part of its key.

    Without ``legs`` both stay as they are.
    """
    if profile.legs is None:
        return profile, tables
    # Legs without an id of their own would pass for versions of one another.
    legs = {"leg_id": (profile.legs.id.model_copy(update={"required": True}),)}
    if profile.legs.previous is not None:
        legs["leg_previous"] = (profile.legs.previous,)
    contacts = tables["contacts"]
    table = replace(
        contacts,
        key=(*contacts.key, "leg_id"),
        columns={**contacts.columns, "leg_id": _LEG, "leg_previous": _LEG},
    )
    rows = tuple(replace(rows, rules={**rows.rules, **legs}) for rows in profile.tables["contacts"])
    first = {"contacts": rows, **{name: rest for name, rest in profile.tables.items() if name != "contacts"}}
    return replace(profile, tables=first), {**tables, "contacts": table}


def logins(profile: Profile, texts: Texts) -> dict[tuple[str, str], str]:
    """(table, column) -> the system whose logins the file has there."""
    return {
        (name, column): rule.login
        for name, templates in profile.tables.items()
        for rows in templates
        for column, alternatives in rows.rules.items()
        for rule in alternatives
        if rule.login is not None and texts.supplied(rule)
    }


def _draft(profile: Profile, table: Table, rows: Rows, texts: Texts, caster: Caster) -> Draft:
    casts: dict[str, Cast] = {}
    draft = Draft(table, rows, casts, texts.holds(rows.when))
    for name, alternatives in rows.rules.items():
        usable = [rule for rule in alternatives if texts.supplied(rule)]
        if not usable:
            # Rows that ask for a heading the file lacks are no rows.
            if texts.present(rows.when):
                _insist(profile, table, name, alternatives, texts.path)
            continue
        cast = caster.cast(usable, table.columns[name])
        if cast.unset is not None and table.name in _OPEN_ENDED and not draft.required(name):
            cast = replace(cast, bad=cast.bad & ~cast.unset)
        casts[name] = cast
        for rule in usable:
            if rule.scale is not None:
                for bound, column in zip(rule.scale, ("scale_min", "scale_max"), strict=True):
                    if column in table.columns:
                        casts[column] = _constant(bound, texts)
    return draft


def _insist(profile: Profile, table: Table, name: str, alternatives: Sequence[Rule], path: str) -> None:
    if any(rule.required for rule in alternatives):
        wanted = [heading for rule in alternatives for heading in rule.headings if heading not in rule.when]
        wanted += [rule.like for rule in alternatives if rule.like is not None]
        names = listed([f"'{heading}'" for heading in wanted])
        message = f"{profile.name} reads '{name}' of {table.name} from {names}, which this file does not have."
        raise InputError(Problem("I108", message, Place(path), "Add the column to the export, or give --profile FILE."))


def _constant(value: float, texts: Texts) -> Cast:
    filled = pl.repeat(value, texts.height, eager=True, dtype=pl.Float64)
    return Cast(filled, filled, "", texts.none)
