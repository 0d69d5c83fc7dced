"""The rows each record may give, column by column, before it is known which records can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.casting import Cast, Caster
from cxkpi.exports.profile import Profile, Rows, Rule
from cxkpi.exports.profile_file import key_columns
from cxkpi.exports.texts import Texts
from cxkpi.tables import Table

_OPEN_ENDED = ("agents", "people")
"""Tables of spells, in which a system may write a date for no date: 9999-12-31 for a spell that has not ended."""


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
        wanted = [heading for rule in alternatives for heading in (*rule.from_, *rule.join, *rule.plus)]
        names = listed([f"'{heading}'" for heading in wanted])
        message = f"{profile.name} reads '{name}' of {table.name} from {names}, which this file does not have."
        raise InputError(Problem("I108", message, Place(path), "Add the column to the export, or give --profile FILE."))


def _constant(value: float, texts: Texts) -> Cast:
    filled = pl.repeat(value, texts.height, eager=True, dtype=pl.Float64)
    return Cast(filled, filled, "", texts.none)
