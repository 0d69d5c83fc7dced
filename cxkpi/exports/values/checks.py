"""The identities a profile states of its export: what does not add up shows a wrong unit or a broken row."""

from __future__ import annotations

import polars as pl

from cxkpi.exports.findings import Finding, register
from cxkpi.exports.profile import Between, Check, Profile, Rule, normalise
from cxkpi.exports.values.casting import Caster
from cxkpi.exports.values.texts import Texts


def _rows(one: Finding) -> str:
    return "1 row" if one.count == 1 else f"{one.count:,} rows"


OFF = register(
    "F221",
    "warning",
    True,
    lambda one: (
        f"{one.path}: in {_rows(one)} of {one.total:,} {one.detail} do{'es' if one.count == 1 else ''} not add up "
        f"(line {one.line}: {one.example})."
    ),
)
MOSTLY_OFF = register(
    "F222",
    "error",
    True,
    lambda one: (
        f"{one.path}: in {_rows(one)} of {one.total:,} {one.detail} does not add up (line {one.line}: {one.example}); "
        "a unit is wrong, or a column means something else."
    ),
)


def checked(profile: Profile, texts: Texts, caster: Caster, rejected: pl.Series) -> list[Finding]:
    """What does not add up in rows that are used; a check that names a heading the file lacks is left out."""
    found: list[Finding] = []
    for check in profile.checks:
        if all(texts.position(heading) is not None for heading in check.headings):
            found += _off(profile, texts, caster, check, rejected)
    return found


def _off(profile: Profile, texts: Texts, caster: Caster, check: Check, rejected: pl.Series) -> list[Finding]:
    columns: dict[str, pl.Series] = {}
    terms: list[pl.Expr] = []
    unread = texts.none
    for sign, headings in ((1, check.sum), (-1, check.minus)):
        for heading in headings:
            name = f"p{len(columns)}"
            columns[name] = caster.amount(heading, _reader(profile, check, heading), "duration")
            if columns[name].null_count() > texts.cell(heading).null_count():
                unread = unread | (columns[name].is_null() & texts.cell(heading).is_not_null())
            terms.append(pl.col(name).fill_null(0.0) * sign)
    columns["equals"] = _equals(profile, caster, check).set(rejected | unread, None)
    known = pl.any_horizontal(pl.col(name).is_not_null() for name in columns if name != "equals")
    frame = pl.DataFrame(columns).select(
        pl.when(known & pl.col("equals").is_not_null()).then(pl.sum_horizontal(terms)).alias("sum"), "equals"
    )
    difference = (frame["sum"] - frame["equals"]).abs()
    # Decimal fractions do not add up to the last bit.
    off = (difference > check.within + 1e-6).fill_null(False)
    total, count = difference.len() - difference.null_count(), int(off.sum())
    added = " + ".join(check.sum)
    if not count:
        # Nothing to say, but other records of the file may have something, of how many rows.
        return [Finding(OFF, texts.path, added, count=0, total=total, detail=check.name)]
    first = off.arg_max() or 0
    example = f"{frame['sum'][first]:,.6g} s and {frame['equals'][first]:,.6g} s"
    code = MOSTLY_OFF if mostly(count, total) else OFF
    return [
        Finding(
            code, texts.path, added, count, total, int(texts.line[first]), example, detail=check.name,
            tables=tuple(profile.tables),
        )
    ]  # fmt: skip


def mostly(count: int, total: int | None) -> bool:
    """Whether more than half of the rows do not add up: then it is not the rows that are wrong."""
    return total is not None and 2 * count > total


def _equals(profile: Profile, caster: Caster, check: Check) -> pl.Series:
    if isinstance(check.equals, Between):
        rule = Rule.model_validate({"between": [*check.equals.between], "format": [*check.equals.format]})
        return caster.elapsed(rule)[0]
    return caster.amount(check.equals, _reader(profile, check, check.equals), "duration")


def _reader(profile: Profile, check: Check, heading: str) -> Rule:
    """The rule by which a heading's durations are read: a rule's own that reads it, else plain numbers in seconds."""
    if check.unit is not None:
        return Rule.model_validate({"from": heading, "unit": check.unit})
    wanted = {normalise(name) for name in profile.spelled(heading)}
    for templates in profile.tables.values():
        for rows in templates:
            for column, rules in rows.rules.items():
                for rule in rules if column.endswith("_s") else ():
                    if wanted & {normalise(name) for name in (*rule.from_, *rule.plus, *rule.minus)}:
                        return rule
    return Rule.model_validate({"from": heading})
