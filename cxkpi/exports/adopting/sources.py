"""What of a file can fill a canonical column: its columns, and those that belong together, as date and time do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from cxkpi.exports.adopting.facts import Facts, facts
from cxkpi.exports.adopting.fit import joined
from cxkpi.exports.adopting.grid import Grid
from cxkpi.exports.adopting.headings import Term, averages, notions, rating, terms, vocabulary, words
from cxkpi.exports.adopting.terms import ABOUT_PEOPLE, FIRST_NAME, LAST_NAME, SKIPPED
from cxkpi.exports.profile import normalise

_MOMENTS = frozenset({"interval", "start", "end", "answered", "queued", "opened", "closed", "connected"})
_LENGTHS = frozenset({"duration", "average", "minimum", "maximum", "total", "login", "logout"})
_NAMED = 0.6
_WELL_NAMED = 0.8


@dataclass(frozen=True)
class Source:
    """One column, or several put together. ``label``: what it is matched by. ``again``: its heading stood before.

    ``doubts``: why they may not belong together.
    """

    positions: tuple[int, ...]
    headings: tuple[str, ...]
    label: str
    facts: Facts
    again: bool = False
    doubts: tuple[str, ...] = ()

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
        if any(word in ABOUT_PEOPLE for word in (*said, "".join(words(self.label)))):
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
    days = [
        one for one in single if not one.again and one.facts.formats and not one.facts.has_time and one.left_out is None
    ]
    clocks = [one for one in single if not one.again and not one.facts.formats and one.facts.time_of_day is not None]
    found: list[Source] = []
    unnamed: list[Source] = []
    for clock in clocks:
        rest = set(notions(clock.label)) - {"time", "timestamp"}
        own = [day for day in days if set(notions(day.label)) - {"date"} == rest]
        shared = [day for day in days if set(notions(day.label)) - {"date", "contact"} == set()]
        if len(own) == 1 and "time" in notions(clock.label):
            found.append(_joined((own[0], clock), f"{own[0].label} {clock.label}"))
        elif not own and len(shared) == 1 and rest & _MOMENTS and not rest & {"duration"}:
            unsaid = bool(rest & {"start", "interval"}) and rating(clock.label, _starts()) < _WELL_NAMED
            found.append(_joined((shared[0], clock), "start time" if unsaid else clock.label))
        elif len(days) == 1 and not own and _keeps_time(clock):
            unnamed.append(clock)
    timed = any(one.facts.has_time and rating(one.label, _starts()) >= _NAMED for one in single)
    if unnamed and not found and not timed:
        # Where an interval has two clocks, the earlier one is its start.
        begins = min(unnamed, key=lambda one: float(one.facts.seconds.mean() or 0))  # type: ignore[arg-type]
        day = days[0]
        named = rating(begins.label, _starts()) >= _NAMED
        label = begins.label if named else "date time"
        doubts = () if named else (f"'{begins.label}' is taken for a time of day because its values look like one",)
        found.append(replace(_joined((day, begins), label), doubts=doubts))
    return [one for one in found if one.facts.formats]


def _keeps_time(clock: Source) -> bool:
    """Whether clocks are times of day: their heading names no duration, and they are of whole five minutes."""
    durations = (
        terms for (table, column), terms in vocabulary().items() if column.endswith("_s") and column != "length_s"
    )
    if averages(clock.label) or set(notions(clock.label)) & _LENGTHS:
        return False
    seconds = clock.facts.filled.str.contains(r":\d\d:(?:[1-9]\d|\d[1-9])")
    if any(rating(clock.label, terms) >= _NAMED for terms in durations) or bool(seconds.any()):
        return False
    minutes = clock.facts.filled.str.extract(r"^\d{1,2}:(\d\d)", 1).cast(pl.Int64, strict=False).drop_nulls()
    return minutes.len() > 0 and bool((minutes % 5 == 0).all()) and clock.facts.different > 1


def _starts() -> tuple[Term, ...]:
    return tuple(term for (_, column), terms in vocabulary().items() if column == "started_at" for term in terms)


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
