"""What of a file can fill a canonical column: its columns, and those that belong together, as date and time do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from cxkpi.exports.adopting.facts import Facts, facts
from cxkpi.exports.adopting.fit import joined
from cxkpi.exports.adopting.grid import Grid
from cxkpi.exports.adopting.headings import notions, rating, terms
from cxkpi.exports.adopting.terms import ABOUT_PEOPLE, FIRST_NAME, LAST_NAME, SKIPPED
from cxkpi.exports.profile import normalise

_MOMENTS = frozenset({"interval", "start", "end", "answered", "queued", "opened", "closed", "connected"})


@dataclass(frozen=True)
class Source:
    """One column, or several put together. ``label``: what it is matched by. ``again``: its heading stood before."""

    positions: tuple[int, ...]
    headings: tuple[str, ...]
    label: str
    facts: Facts
    again: bool = False

    @property
    def joins(self) -> bool:
        """Whether several columns are put together."""
        return len(self.positions) > 1

    @cached_property
    def left_out(self) -> str | None:
        """Why no canonical column holds it, where its heading says so."""
        if self.again:
            return "its heading stands more than once, and the first is read"
        said = notions(self.label)
        if not self.joins and self._numbers_rows():
            return "numbers the rows of the file"
        if any(word in ABOUT_PEOPLE for word in said):
            return "about the person; no canonical column holds it"
        found = [SKIPPED[word] for word in said if word in SKIPPED]
        return found[0] if found else None

    def _numbers_rows(self) -> bool:
        unnamed = not self.label.strip() or self.label.strip().casefold() in (
            "index",
            "unnamed: 0",
            "row",
            "row number",
            "row id",
        )
        return (
            unnamed
            and self.facts.unique
            and self.facts.whole
            and self.facts.most == (self.facts.least or 0) + self.facts.rows - 1
        )


def sources(grid: Grid) -> tuple[Source, ...]:
    """Every column of a file, and before them those put together."""
    known = [normalise(heading) for heading in grid.headings]
    single = [
        Source((position,), (heading,), heading, facts(text), known.index(normalise(heading)) < position)
        for position, (heading, text) in enumerate(zip(grid.headings, grid.columns, strict=True))
    ]
    return (*_moments(single), *_names(single), *single)


def _moments(single: Sequence[Source]) -> list[Source]:
    """Dates with the times of day that belong to them, by what their headings share."""
    days = [one for one in single if not one.again and one.facts.formats and not one.facts.has_time]
    clocks = [one for one in single if not one.again and not one.facts.formats and one.facts.time_of_day is not None]
    found: list[Source] = []
    for clock in clocks:
        rest = set(notions(clock.label)) - {"time", "timestamp"}
        own = [day for day in days if set(notions(day.label)) - {"date"} == rest]
        shared = [day for day in days if set(notions(day.label)) - {"date", "contact"} == set()]
        if len(own) == 1 and "time" in notions(clock.label):
            found.append(_joined((own[0], clock), f"{own[0].label} {clock.label}"))
        elif not own and len(shared) == 1 and rest & _MOMENTS and not rest & {"duration"}:
            found.append(_joined((shared[0], clock), clock.label))
    return [one for one in found if one.facts.formats]


def _names(single: Sequence[Source]) -> list[Source]:
    first, last = terms(FIRST_NAME), terms(LAST_NAME)
    given = [one for one in single if rating(one.label, first) >= 0.6 and one.facts.count and not one.facts.formats]
    family = [one for one in single if rating(one.label, last) >= 0.6 and one.facts.count and not one.facts.formats]
    pairs = [
        (one, other)
        for one in given
        for other in family
        if set(notions(one.label)) - {"first", "name"} == set(notions(other.label)) - {"last", "name"}
    ]
    found = []
    for one, other in pairs:
        rest = [word for word in notions(one.label) if word not in ("first", "name")]
        found.append(_joined((one, other), " ".join([*rest, "name"])))
    return found


def _joined(parts: Sequence[Source], label: str) -> Source:
    text = joined([part.facts.text for part in parts])
    return Source(
        tuple(part.positions[0] for part in parts),
        tuple(part.headings[0] for part in parts),
        label,
        facts(text.cast(pl.String)),
    )
