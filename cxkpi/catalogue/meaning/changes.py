"""What changed between two catalogues, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

Grade = Literal["none", "wording", "target", "meaning"]
Action = Literal["changed", "added", "removed", "renamed"]

Pair = tuple[str | None, str | None]
"""What OLD and NEW call one metric, ``name`` or ``name.variant``; None where a side does not have it."""

GRADES: tuple[Grade, ...] = ("none", "wording", "target", "meaning")
"""From what changes nothing to what changes a number, in rising order.

``none``: written otherwise, and means the same. ``wording``: what people read, or which metrics there are, but no
number and no verdict. ``target``: verdicts. ``meaning``: numbers, or what they are numbers of.
"""


def gravest(grades: Iterable[Grade]) -> Grade:
    """The highest of some grades; ``none`` of none."""
    return max(grades, key=GRADES.index, default="none")


def reaches(grade: Grade, limit: Grade) -> bool:
    """Whether a grade is the limit or above it."""
    return GRADES.index(grade) >= GRADES.index(limit)


@dataclass(frozen=True, slots=True)
class Detail:
    """One key: what it was and what it is, as written in a catalogue; None where it was not or is not there.

    ``via``: what makes the difference, where the key itself reads the same: a field, a metric that is read, the zone.
    """

    key: str
    old: str | None
    new: str | None
    grade: Grade
    via: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One metric, or one thing beside the metrics (``calendar``, ``defaults``, ``tables``, ``fields``, ``headline``).

    ``title``: as NEW calls it; as OLD did where it was removed. ``old_title``: as OLD called it, None where it was
    added. ``section``: ``metrics`` for a metric. ``reaches``: titles of the metrics a change beside them is felt in.
    ``old_definition`` and ``definition``: the hashes of a metric's meaning; they also differ where what it reads has
    another name. ``since``: the day from which its numbers or verdicts can differ, where those before it stay.
    """

    section: str
    title: str
    action: Action
    grade: Grade
    details: tuple[Detail, ...] = ()
    old_title: str | None = None
    label: str = ""
    reaches: tuple[str, ...] = ()
    old_definition: str | None = None
    definition: str | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every change, those beside the metrics first, then metrics in the order of NEW, then those OLD alone has.

    ``pairs``: every metric of both sides in that order. ``unchanged``: how many of them are not among the changes.
    """

    old: str
    new: str
    old_hash: str
    new_hash: str
    changes: tuple[Change, ...]
    pairs: tuple[Pair, ...]
    unchanged: int

    @property
    def grade(self) -> Grade:
        """The gravest grade of all changes."""
        return gravest(change.grade for change in self.changes)

    @property
    def metrics(self) -> tuple[Change, ...]:
        """The changes of metrics."""
        return tuple(change for change in self.changes if change.section == "metrics")

    @property
    def affected(self) -> tuple[Pair, ...]:
        """The metrics whose numbers or verdicts may differ, those of one side alone with them."""
        felt = {title for change in self.changes if reaches(change.grade, "target") for title in change.reaches}
        felt |= {change.title for change in self.metrics if reaches(change.grade, "target")}
        return tuple(pair for pair in self.pairs if pair[1] in felt or None in pair)

    def narrowed(self, pairs: Sequence[Pair]) -> Comparison:
        """What is of some metrics alone: their changes, and those beside them that reach one of them."""
        chosen = [pair for pair in self.pairs if pair in pairs]
        titles = {new if new is not None else old for old, new in chosen}
        changes = []
        for change in self.changes:
            felt = tuple(title for title in change.reaches if title in titles)
            if felt or (change.section == "metrics" and change.title in titles):
                changes.append(replace(change, reaches=felt))
        kept = sum(change.section == "metrics" for change in changes)
        return replace(self, changes=tuple(changes), pairs=tuple(chosen), unchanged=len(chosen) - kept)
