"""Moments and durations that no heading names: what their order says they may be, and what those left over are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.exports.adopting.fit import Fit, fit
from cxkpi.exports.adopting.headings import notions, rating, unit, versions
from cxkpi.exports.adopting.match import Match, Matched
from cxkpi.exports.adopting.sources import Source
from cxkpi.exports.adopting.terms import SKIPPED
from cxkpi.tables import Table

_SURE = 0.4
_NEARLY_ALL = 0.98
_VERSION = 0.6
_LONGEST = 5 * 366 * 86_400
_ORDER: Mapping[str, tuple[str, str | None, str]] = {
    "contacts": ("started_at", "answered_at", "ended_at"),
    "cases": ("opened_at", "first_reply_at", "closed_at"),
    "invitations": ("sent_at", None, "responded_at"),
    "agent_time": ("started_at", None, "ended_at"),
    "agents": ("hired_on", None, "left_on"),
}
_LENGTH: Mapping[str, str] = {"agent_time": "duration_s", "contacts": "talk_s"}
_DOUBT = "its values fit, but the heading does not say so"


def with_nearest(found: Matched, every: Sequence[Source], table: Table) -> Matched:
    """The matches and those that only values speak for: the first and the last moment, one between, one duration."""
    names = _ORDER.get(table.name)
    if names is None:
        return found
    first, between, last = names
    open_ = [source for source in left_over(found, every) if _moment(source) and not _is_version(source)]
    added: list[Match] = []

    def take(column: str, source: Source, why: str) -> None:
        suits = fit(column, table.columns[column], source.label, source.facts)
        evidence = (*suits.evidence, why)
        added.append(
            Match(source, table.name, column, _SURE, replace(suits, evidence=evidence, doubts=(*suits.doubts, _DOUBT)))
        )
        open_.remove(source)

    start, end = found.of(first), found.of(last)
    begun = start.source if start is not None else None
    ended = end.source if end is not None else None
    if begun is None and (earliest := _foremost(open_, ended, earliest=True)) is not None:
        take(first, earliest, "the earliest moment of each record")
        begun = earliest
    if ended is None and begun is not None and (latest := _foremost(open_, begun, earliest=False)) is not None:
        take(last, latest, f"never before '{begun.label}', and the latest moment of each record")
        ended = latest
    if between is not None and found.of(between) is None and begun is not None and ended is not None:
        inside = [source for source in open_ if _not_after(begun, source) and _not_after(source, ended)]
        if len(inside) == 1:
            take(between, inside[0], f"between '{begun.label}' and '{ended.label}' in each record")
    lengths = [source for source in left_over(found, every) if _duration(source)]
    column = _LENGTH.get(table.name)
    if column is not None and found.of(column) is None and len(lengths) == 1:
        suits = fit(column, table.columns[column], lengths[0].label, lengths[0].facts)
        if suits.factor:
            suits = Fit(suits.factor, suits.rule, (*suits.evidence, "the only duration left"), (*suits.doubts, _DOUBT))
            added.append(Match(lengths[0], table.name, column, _SURE, suits))
    return replace(found, matches=(*found.matches, *added))


def left_over(found: Matched, every: Sequence[Source]) -> list[Source]:
    """Single columns of the file that nothing is matched with and that say of themselves nothing else."""
    taken = {position for match in found.matches for position in match.source.positions}
    taken |= {position for question in found.questions for position in question.source.positions}
    if found.version is not None:
        taken |= set(found.version.source.positions)
    return [
        source
        for source in every
        if not source.joins and source.left_out is None and source.facts.count and taken.isdisjoint(source.positions)
    ]


def unused(source: Source, found: Matched, table: Table) -> str:
    """Why a column of the file is left out."""
    if source.left_out is not None:
        return source.left_out
    if source.facts.count == 0:
        return "empty in all records"
    if source.facts.different == 1 and source.facts.rows > 1:
        return "the same in every record"
    said = next((SKIPPED[word] for word in notions(source.label) if word in SKIPPED), None)
    if said is not None:
        return said
    if _moment(source):
        open_ = _open(found, table, ("instant", "date"))
        return f"a moment; which one is not clear{f': {open_}?' if open_ else ''}"
    if _duration(source):
        open_ = _open(found, table, ("duration",))
        return f"a duration; which one is not clear{f': {open_}?' if open_ else ''}"
    return "no canonical column is known for it"


def _open(found: Matched, table: Table, types: tuple[str, ...]) -> str:
    """Columns of these types that nothing fills: the first three."""
    columns = [name for name, column in table.columns.items() if column.type in types and found.of(name) is None]
    return ", ".join(columns[:3])


def _moment(source: Source) -> bool:
    return bool(source.facts.formats)


def _duration(source: Source) -> bool:
    facts = source.facts
    if facts.formats or facts.percent:
        return False
    clocks = facts.mostly(facts.clock) or facts.mostly(facts.worded)
    return clocks or (facts.mostly(facts.numeric) and unit(source.label) is not None and (facts.least or 0) >= 0)


def _is_version(source: Source) -> bool:
    said = set(notions(source.label))
    return rating(source.label, versions()) >= _VERSION or bool(said & {"change", "changed", "update", "due"})


def _foremost(open_: Sequence[Source], other: Source | None, *, earliest: bool) -> Source | None:
    """The moment that is before (after) all others in nearly all records; of several alike, none."""
    best = [
        source
        for source in open_
        if source.facts.has_time or other is None or not other.facts.has_time
        if all(
            _not_after(source, one) if earliest else _not_after(one, source)
            for one in (*open_, *([other] if other is not None else []))
            if one is not source
        )
    ]
    return best[0] if len(best) == 1 else None


def _not_after(first: Source, second: Source) -> bool:
    """Whether one moment is at or before another in nearly all records that have both, and really before in some."""
    one, other = first.facts.times, second.facts.times
    if one is None or other is None:
        return False
    gap = pl.select((other - one).dt.total_seconds()).to_series().drop_nulls()
    # Years before anything else lie dates of birth and of joining, which are no part of a record's course.
    if gap.len() == 0 or float(gap.median() or 0) > _LONGEST:  # type: ignore[arg-type]
        return False
    return float((gap >= 0).sum()) >= _NEARLY_ALL * gap.len() and bool((gap > 0).any())
