"""Which changes of a catalogue a reader is shown, and how figures of both sides are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from cxkpi.catalogue.meaning.changes import GRADES, Change, Comparison, Detail, Grade
from cxkpi.measurement.checking.paired import Pairing, SideBySide
from cxkpi.reports import periods, reading
from cxkpi.reports.figures import Glyphs, Scale, mark, scale
from cxkpi.reports.tidy import named
from cxkpi.result import Row

MEANS: Mapping[Grade, str] = {
    "meaning": "numbers, or what they are numbers of",
    "target": "verdicts",
    "wording": "what people read",
    "none": "nothing: the same in other words, or read by nobody",
}

# Changes beside the metrics that name all those they are felt in.
_ELSEWHERE = ("defaults.", "calendar.timezone")


@dataclass(frozen=True, slots=True)
class Block:
    """One change, and the metrics in which the same keys change in the same way and for the same reason."""

    change: Change
    details: tuple[Detail, ...]
    also: tuple[str, ...] = ()


def blocks(comparison: Comparison) -> tuple[tuple[Grade, tuple[Block, ...]], ...]:
    """The changes by grade, gravest first, in the order of the comparison.

    What a metric takes from a default or from the zone is told once, with that. Variants that change as their metric
    does stand with it, and so do metrics that change alike by what they read.
    """
    found: list[Block] = []
    for change in comparison.changes:
        details = tuple(one for one in change.details if not (one.via or "").startswith(_ELSEWHERE))
        if change.section == "metrics" and change.action == "changed" and not details:
            continue
        at = next((at for at, block in enumerate(found) if _same(block, change, details)), None)
        if at is None:
            found.append(Block(change, details))
        else:
            found[at] = replace(found[at], also=(*found[at].also, _called(change)))
    graded = {grade: tuple(block for block in found if block.change.grade == grade) for grade in reversed(GRADES)}
    return tuple((grade, those) for grade, those in graded.items() if those)


def _same(block: Block, change: Change, details: Sequence[Detail]) -> bool:
    first = block.change
    if not change.section == first.section == "metrics" or tuple(details) != block.details:
        return False
    variant = _name(change.title) == _name(first.title) and _name(change.title) != change.title
    read = bool(details) and all(one.via is not None for one in details)
    alike = (change.action, change.grade, change.since) == (first.action, first.grade, first.since)
    return alike and (variant or (read and change.action == "changed"))


def _name(title: str) -> str:
    return title.partition(".")[0]


def _called(change: Change) -> str:
    return change.title if change.action != "renamed" else f"{change.title} ({change.old_title})"


def becomes(detail: Detail) -> str | None:
    """What stands beside a key that reads as before: whose fault it is, or that it holds something else."""
    if detail.via is not None:
        return None
    return "changed" if detail.old == detail.new and detail.old is not None else None


def since(change: Change) -> str | None:
    """From which day on a change is felt, in words."""
    if change.since is None:
        return None
    kept = "numbers and verdicts" if change.grade == "meaning" else "verdicts"
    return f"{change.since} on; {kept} of periods before it stay"


def summary(comparison: Comparison) -> str:
    """``3 changes: 1 meaning, 2 wording; 18 metrics as before``."""
    counts = {grade: sum(change.grade == grade for change in comparison.changes) for grade in reversed(GRADES)}
    parts = ", ".join(f"{count} {grade}" for grade, count in counts.items() if count)
    total = len(comparison.changes)
    unchanged = f"{comparison.unchanged} {'metric' if comparison.unchanged == 1 else 'metrics'} as before"
    if not total:
        return f"no change; {unchanged}"
    return f"{total} {'change' if total == 1 else 'changes'}: {parts}; {unchanged}"


@dataclass(frozen=True, slots=True)
class Line:
    """One cell of a metric, written: ``by`` without its dimensions' names, verdicts as symbols, ``flip`` in words."""

    period: str
    by: tuple[str, ...]
    old: str
    new: str
    difference: str
    verdict: str
    flips: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """One metric's lines; ``unit_note`` where the two sides are not in the same unit."""

    title: str
    label: str
    lines: tuple[Line, ...]


def figures(found: SideBySide, glyphs: Glyphs, *, show_values: bool = False) -> tuple[Figures, ...]:
    """Both sides written, metric by metric; values that identify somebody are numbered unless asked for."""
    names = [name for name in found.by if reading.is_hidden(name, identifiers(found), show_values=show_values)]
    hidden = reading.numbers((row.by for row in found.rows), names)
    written = []
    for title, group in groupby(found.rows, key=lambda row: row.title):
        rows = list(group)
        written.append(Figures(title, rows[0].label, tuple(_lines(rows, glyphs, hidden))))
    return tuple(written)


def identifiers(found: SideBySide) -> frozenset[str]:
    """The dimensions of which a catalogue of either side says that their values name somebody."""
    return frozenset().union(*(side.identifiers for side in (found.old, found.new) if side is not None))


def _lines(rows: Sequence[Pairing], glyphs: Glyphs, hidden: Mapping[str, Mapping[str, str]]) -> list[Line]:
    measured = [side for row in rows for side in (row.old, row.new) if side is not None]
    # One scale for both sides of a unit, so that equal numbers look equal.
    scales = {
        unit: scale(unit, [side.value for side in measured if side.unit == unit], glyphs=glyphs)
        for unit in dict.fromkeys(side.unit for side in measured)
    }
    lines = []
    for row in rows:
        sides = (row.old, row.new)
        targets = [side.target for side in sides if side is not None and isinstance(side.target, float)]
        texts = ["" if side is None else _number(side, scales[side.unit], targets, glyphs) for side in sides]
        marks = ["" if side is None else mark(side.status, side.reason, glyphs) for side in sides]
        difference = row.difference
        lines.append(
            Line(
                period=periods.short(row.period),
                by=tuple(_value(name, value, hidden) for name, value in row.by.items()),
                old=texts[0],
                new=texts[1],
                difference="" if difference is None else scales[row.row.unit].change(difference),
                verdict=_verdict(marks, row.flips, glyphs),
                flips=row.flips,
            )
        )
    return lines


def _number(row: Row, scaled: Scale, targets: Sequence[float], glyphs: Glyphs) -> str:
    """The value, with as many decimals as keep it apart from the targets of both sides."""
    if row.value is None:
        return glyphs.none
    return max((scaled.value(row.value, apart_from=target) for target in (None, *targets)), key=len)


def flips(found: SideBySide) -> str:
    """How many verdicts differ, in words."""
    if not found.flips:
        return "no verdict flips"
    return "1 verdict flips" if found.flips == 1 else f"{found.flips} verdicts flip"


def legend(found: SideBySide, glyphs: Glyphs) -> str:
    """What the symbols of the verdicts mean, those that occur."""
    words = {
        glyphs.met: "target met",
        glyphs.missed: "missed",
        glyphs.alarm: "alarm",
        glyphs.immature: "not all judged yet",
        glyphs.partial: "period not over",
        glyphs.few: "too few",
    }
    sides = (side for row in found.rows for side in (row.old, row.new) if side is not None)
    used = {mark(side.status, side.reason, glyphs) for side in sides}
    return ", ".join(f"{sign} {meaning}" for sign, meaning in words.items() if sign in used)


def _verdict(marks: Sequence[str], flips: bool, glyphs: Glyphs) -> str:
    if marks[0] == marks[1]:
        return marks[0]
    arrow = "->" if glyphs.met == "ok" else "→"
    text = f"{marks[0] or glyphs.none} {arrow} {marks[1] or glyphs.none}"
    return f"{text} flips" if flips else text


def _value(name: str, value: str | None, hidden: Mapping[str, Mapping[str, str]]) -> str:
    return hidden[name][value] if name in hidden and value is not None else named(value)
