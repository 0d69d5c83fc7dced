"""How well the values of a column suit a canonical column, the rule that would read them, and what speaks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from cxkpi.exports.adopting import terms as said
from cxkpi.exports.adopting.facts import ENOUGH, Facts, is_iso
from cxkpi.exports.adopting.headings import notions, unit
from cxkpi.tables import Column

_KEYS = frozenset({"contact_id", "case_id", "invitation_id", "evaluation_id", "agent_id", "cost_id"})
_PEOPLE = frozenset({"customer_id", "agent_id", "name", "supervisor"})
_FEW = frozenset(
    {
        "queue",
        "channel",
        "direction",
        "reason",
        "vendor",
        "site",
        "disposition",
        "priority",
        "team",
        "state",
        "outcome",
        "leave_type",
    }
)
_BRACKETED = r"^\[.*\]$"
_PARTED = (" / ", " | ", " - ", " – ")


@dataclass(frozen=True, slots=True)
class Fit:
    """``factor`` 0 to 1: nothing fits, everything does. ``rule``: options beside the heading. ``evidence``: in words.

    ``doubts``: what the values cannot tell, so that a person must.
    """

    factor: float
    rule: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


NO_FIT = Fit(0.0)
HOURS_OR_MINUTES = "clocks such as 4:10 may be M:SS or H:MM"
_EMPTY = Fit(0.75, {}, ("empty in all records",), ("there is no value to judge by",))


def fit(column: str, declared: Column, heading: str, facts: Facts) -> Fit:
    """How a column of the file suits ``column`` of a canonical table."""
    if facts.count == 0:
        return _EMPTY if len(notions(heading)) else NO_FIT
    match declared.type:
        case "instant":
            found = instant(facts)
        case "date":
            found = _date(facts)
        case "duration":
            found = _duration(heading, facts)
        case "integer":
            found = _integer(facts)
        case "number":
            found = _number(facts)
        case "boolean":
            found = _boolean(column, heading, facts)
        case _:
            found = _text(column, heading, facts)
    if not found.factor or not facts.nothing or column in _KEYS:
        return found
    evidence = (*found.evidence, taken_for_nothing(facts))
    return Fit(found.factor, {**found.rule, "nulls": list(facts.nothing)}, evidence, found.doubts)


def taken_for_nothing(facts: Facts) -> str:
    """What the words for nothing are, and how often they stand."""
    return f"{listed(facts.nothing)} in {records(facts.blanks)} is taken for nothing"


def records(number: int) -> str:
    """``1 record``, ``2 records``."""
    return f"{number:,} record" if number == 1 else f"{number:,} records"


def _different(facts: Facts) -> str:
    """How many values there are, or the only one."""
    if facts.different == 1:
        filled = "" if facts.count == facts.rows else " in which it is filled"
        return f"one value in all {records(facts.count)}{filled}"
    return f"{facts.different:,} different values in {records(facts.count)}"


def instant(facts: Facts) -> Fit:
    """As an instant or date, by the format all values can be read with."""
    if not facts.formats:
        return NO_FIT
    format, *others = facts.formats
    rule: dict[str, Any] = {} if is_iso(format) else {"format": format}
    how = "ISO 8601" if is_iso(format) else format
    evidence = [f"{_share(facts.read, facts.count)} read as {how}"]
    if others:
        return Fit(0.9, rule, tuple(evidence), (f"{listed(others)} would read them too",))
    return Fit(1.0 if facts.has_time else 0.9, rule, tuple(evidence))


def _date(facts: Facts) -> Fit:
    found = instant(facts)
    return Fit(
        found.factor and (0.9 if facts.has_time else max(found.factor, 0.95)), found.rule, found.evidence, found.doubts
    )


def _duration(heading: str, facts: Facts) -> Fit:
    if facts.formats or facts.percent:
        return NO_FIT
    if facts.mostly(facts.clock + facts.worded) or (
        facts.clock + facts.worded > 0.2 and facts.seconds.count() >= ENOUGH * facts.count
    ):
        longest = facts.seconds.max()
        most = clock_text(float(longest)) if isinstance(longest, int | float) else "?"
        if facts.mostly(facts.worded):
            return Fit(1.0, _decimal(facts), (f"durations in words, up to {most}",))
        if facts.time_of_day and " %p" in facts.time_of_day:
            return NO_FIT
        if facts.two_part:
            if facts.share(r"^-?(?:2[4-9]|[3-9]\d|\d{3,}):") > 0:
                return Fit(1.0, _decimal(facts), (f"clocks M:SS, up to {most}",))
            return Fit(0.95, {}, (f"clocks of two parts, up to {most} if M:SS",), (HOURS_OR_MINUTES,))
        return Fit(1.0, _decimal(facts), (f"all values are clocks, up to {most}",))
    if not facts.mostly(facts.numeric) or (facts.least is not None and facts.least < 0):
        return NO_FIT
    evidence = (_range("numbers", facts),)
    if (named := unit(heading)) is not None:
        return Fit(1.0, {"unit": named, **_decimal(facts)}, (*evidence, f"the heading says {UNIT_NAMES[named]}"))
    return Fit(0.9, {"unit": "s", **_decimal(facts)}, evidence, ("nothing says which unit",))


def _integer(facts: Facts) -> Fit:
    if facts.truth is not None and not facts.mostly(facts.numeric):
        yes, no = facts.truth
        return Fit(
            0.7, {"values": {**dict.fromkeys(yes, 1), **dict.fromkeys(no, 0)}}, ("yes or no, counted as 1 or 0",)
        )
    if not facts.mostly(facts.numeric) or not facts.whole or facts.formats or (facts.least or 0) < 0:
        return NO_FIT
    factor = 0.5 if facts.unique and facts.rows > 20 else 1.0
    return Fit(factor, _decimal(facts), (_range("whole numbers", facts),))


def _number(facts: Facts) -> Fit:
    if not facts.mostly(facts.numeric) or facts.formats:
        return NO_FIT
    rule = {**_decimal(facts), **({"percent": True} if facts.percent else {})}
    return Fit(1.0, rule, (_range("numbers", facts),))


def _boolean(column: str, heading: str, facts: Facts) -> Fit:
    upside = column == "abandoned" and _says_answered(heading)
    if facts.truth is not None:
        yes, no = facts.truth
        counted = ", ".join(f"{word} in {number:,}" for word, number in facts.counts.items())
        true, false = (no, yes) if upside else (yes, no)
        doubts = () if true and false else ("only one of the two values is there",)
        if not true or not false:
            true, false = _both(true, false, upside)
        return Fit(1.0, {"true": list(true), "false": list(false)}, (counted,), doubts)
    if column == "abandoned" and facts.words:
        found = outcomes(facts)
        if found is not None:
            return found
    if column == "resolved" and facts.words and any("solved" in word for word in facts.words):
        true_words = [word for word in facts.words if "solved" in word and not re.search(r"\bun|\bnot ", word)]
        return Fit(
            0.9, {"values": dict.fromkeys(true_words, True), "otherwise": False}, (f"values {listed(facts.words)}",)
        )
    if facts.different == 1 and facts.count < facts.rows and facts.links < 0.5 and not facts.formats:
        word = next(iter(facts.counts))
        return Fit(0.7, {"filled": True}, (f"{word} in {facts.count:,}, else empty",), ("empty is taken for no",))
    return NO_FIT


def outcomes(facts: Facts) -> Fit | None:
    """Giving up as an outcome among others; None where hardly any of the values is known."""
    known = {word: said.OUTCOMES[word] for word in facts.words if word in said.OUTCOMES}
    if True not in known.values() or len(known) < 2:
        return None
    unknown = [word for word in facts.words if word not in known]
    values = {**known, **dict.fromkeys(unknown)}
    doubts = (f"what {listed(unknown)} means is not known",) if unknown else ()
    return Fit(0.9 if not unknown else 0.7, {"values": values}, (f"values {listed(facts.words)}",), doubts)


def _says_answered(heading: str) -> bool:
    found = set(notions(heading))
    return bool(found & {"answered", "handled", "connected"}) and not found & {"not", "abandoned", "missed"}


def _both(true: tuple[str, ...], false: tuple[str, ...], upside: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words of both sides, where the file has those of one only."""
    word = (true or false)[0]
    for yes, no in said.TRUTHS:
        if word in (*yes, *no):
            return (no, yes) if upside else (yes, no)
    return true, false


def _text(column: str, heading: str, facts: Facts) -> Fit:
    if column == "direction":
        return _mapped(facts, said.DIRECTIONS, strict=True)
    if column == "channel":
        return _mapped(facts, said.CHANNELS, strict=False)
    if column == "leave_type":
        return _leaving(facts)
    if facts.links > 0.5 or (facts.prose and column not in ("text",)):
        return NO_FIT
    if column in _FEW:
        return _few(column, facts)
    if column in _PEOPLE:
        return _person(column, heading, facts)
    if column in _KEYS:
        return _key(facts)
    if facts.formats and not facts.numeric:
        return NO_FIT
    return Fit(1.0, {}, (_different(facts),))


def _key(facts: Facts) -> Fit:
    if facts.formats or facts.clock > 0.5 or (facts.different == 1 and facts.count > 1):
        return NO_FIT
    if facts.unique:
        return Fit(1.0, {}, (f"unique in all {facts.rows:,} records",))
    rule: dict[str, Any] = {}
    for sign in _PARTED:
        if facts.share(re.escape(sign)) >= 0.95:
            first = facts.filled.str.split(sign).list.first()
            if first.n_unique() == facts.different and first.str.contains(r"^\S*\d\S*$").mean() == 1.0:
                rule = {"split": sign, "pick": "first"}
                break
    factor = 0.9 if facts.different > 0.05 * facts.count else 0.5
    if facts.count < 0.9 * facts.rows:
        factor *= 0.6
    return Fit(factor, rule, (_different(facts),))


def _person(column: str, heading: str, facts: Facts) -> Fit:
    if (facts.formats and not facts.numeric) or facts.clock > 0.5 or (facts.truth is not None and facts.rows > 10):
        return NO_FIT
    rule: dict[str, Any] = {}
    what = _different(facts)
    if facts.share(_BRACKETED) > 0:
        rule["nulls"] = sorted({word for word in facts.counts if re.match(_BRACKETED, word)})
    if facts.mostly(facts.emails):
        return Fit(0.95, {**rule, "lower": True}, (f"e-mail addresses, {what}",))
    if column == "customer_id":
        if facts.phones >= 0.8:
            return Fit(1.0, {**rule, "phone": True}, (f"telephone numbers, {what}",))
        factor = 1.0 if facts.different > 0.3 * facts.count or facts.rows < 20 else 0.6
        return Fit(factor, rule, (what,))
    if column in ("agent_id", "supervisor") and facts.mostly(facts.phones) and not facts.whole:
        return NO_FIT
    if column == "name" and facts.numeric > 0.5:
        return NO_FIT
    if column == "name":
        return Fit(1.0 if facts.names > 0.4 else 0.7, rule, (f"{round(100 * facts.names)} % look like names, {what}",))
    if column == "agent_id" and facts.names > 0.6 and set(notions(heading)) == {"employee"}:
        return Fit(0.8, rule, (what,))
    if column == "supervisor" and facts.count < facts.rows and facts.mostly(facts.numeric):
        return Fit(0.8, rule, (what,))
    return Fit(1.0, rule, (what,))


def _few(column: str, facts: Facts) -> Fit:
    if (facts.formats and not facts.whole) or facts.clock > 0.5 or facts.emails > 0.5:
        return NO_FIT
    fractions = facts.mostly(facts.numeric) and not facts.whole
    most = (
        max(30.0, 0.5 * facts.count) if column in ("reason", "team", "site", "queue") else max(20.0, 0.2 * facts.count)
    )
    if fractions or facts.different > most:
        return NO_FIT
    factor = 1.0
    if facts.truth is not None or (facts.mostly(facts.numeric) and column == "queue"):
        factor = 0.5
    elif facts.mostly(facts.numeric) and column not in ("priority", "site", "team", "disposition"):
        factor = 0.6
    return Fit(
        factor,
        {},
        (f"{facts.different:,} different values" if facts.different != 1 else f"only {next(iter(facts.counts))}",),
    )


def _mapped(facts: Facts, known: Mapping[str, str], *, strict: bool) -> Fit:
    if not facts.words:
        return NO_FIT
    found: dict[str, str | None] = {}
    for word in facts.words:
        parts = [part for part in re.split(r"[^\w-]+|(?<=\w)-(?=\w)", word) if part]
        meant = [known[part] for part in (word, *parts) if part in known]
        found[word] = meant[0] if meant else None
    missing = [word for word, meaning in found.items() if meaning is None]
    rows = dict.fromkeys(facts.words, 0)
    for cell, number in facts.counts.items():
        rows[cell.casefold()] += number
    covered = sum(number for word, number in rows.items() if found[word] is not None) / max(1, facts.count)
    if strict and covered < 0.5:
        return NO_FIT
    evidence = (f"values {listed(facts.words)}",)
    if not missing and all(word == meaning for word, meaning in found.items()):
        return Fit(1.0, {"lower": True}, evidence)
    if strict:
        doubts = (f"what {listed(missing)} means is not known",) if missing else ()
        return Fit(0.95, {"values": found}, evidence, doubts)
    if len(missing) == len(found):
        return Fit(0.6, {}, evidence)
    return Fit(0.95, {"values": {word: meaning or word for word, meaning in found.items()}}, evidence)


def _leaving(facts: Facts) -> Fit:
    if not facts.words:
        return NO_FIT
    found: dict[str, str | None] = {}
    unknown = []
    for word in facts.words:
        kind = next(((meaning,) for part, meaning in said.LEAVING if part in word), None)
        if kind is None:
            unknown.append(word)
        found[word] = kind[0] if kind else "other"
    if not set(found.values()) & {"voluntary", "involuntary"}:
        return Fit(
            0.4, {"values": found}, (f"values {listed(facts.words)}",), ("none of the values says voluntary or not",)
        )
    doubts = (f"what {listed(unknown)} means is not known",) if unknown else ()
    factor = 1.0 - 0.6 * len(unknown) / len(found)
    return Fit(factor, {"values": found}, (f"values {listed(facts.words)}",), doubts)


UNIT_NAMES: Mapping[str, str] = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _range(kind: str, facts: Facts) -> str:
    read = round(facts.numeric * facts.count)
    other = "" if read == facts.count else f", and {facts.count - read:,} of {facts.count:,} cells that are none"
    return f"{kind} from {short(facts.least)} to {short(facts.most)}{other}"


def clock_text(seconds: float) -> str:
    """``1:02:03``."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"


def short(number: float | None) -> str:
    """A number with the digits it needs."""
    return "?" if number is None else f"{number:,.6g}" if abs(number) < 1e6 else f"{number:,.0f}"


def listed(words: object) -> str:
    """``Y, N and 3 more``: up to five words."""
    texts = [str(word) for word in words]  # type: ignore[attr-defined]
    shown = ", ".join(texts[:5])
    return f"{shown} and {len(texts) - 5} more" if len(texts) > 5 else shown


def _share(share: float, count: int) -> str:
    return f"all {count:,} values" if share == 1 else f"{share:.1%} of {count:,} values"


def _decimal(facts: Facts) -> dict[str, Any]:
    return {"decimal": facts.decimal} if facts.decimal else {}


def joined(parts: list[pl.Series]) -> pl.Series:
    """Cells put together with a space; null where any is."""
    first, *rest = parts
    text = first
    for part in rest:
        text = text + " " + part
    return text
