"""What the rows of the file say against a draft: keys that records share, ends before starts, sums that hold too much.

Each function takes what was matched, all columns of the file, the table and the rules by column, and gives the rules
with corrections that the rows prove and doubts where they prove none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from cxkpi.exports.adopting.adopted import RuleDraft
from cxkpi.exports.adopting.fit import listed, records
from cxkpi.exports.adopting.headings import notions
from cxkpi.exports.adopting.match import Match, Matched
from cxkpi.exports.adopting.sources import Source
from cxkpi.exports.values.durations import DURATION_UNITS
from cxkpi.tables import Table

Rules = dict[str, RuleDraft]

_MANY = 0.01
_PROVEN = 0.9
_DAY = 86_400.0
_NEAR = 1.5
_FEWEST = 5
_SPELT = frozenset({"decimal", "clock"})
_SPANS: Mapping[str, tuple[str, str]] = {
    "contacts": ("started_at", "ended_at"),
    "agent_time": ("started_at", "ended_at"),
    "cases": ("opened_at", "closed_at"),
    "agents": ("hired_on", "left_on"),
}
_PARTS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "contacts": (("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s"),),
    "agent_time": (("duration_s",),),
}
_SCORED = frozenset({"score", "rating", "satisfaction", "nps", "csat", "ces"})
_HIGHEST_SCORE = 10


def shared_key(found: Matched, every: Sequence[Source], table: Table, rules: Rules) -> Rules:
    """Doubt of every rule of the key where many records share theirs, so that all but one of them would be lost."""
    del every
    if found.version is not None or any(question.long for question in found.questions):
        return rules
    keyed = [rules[column] for column in table.key if column in rules]
    if not keyed or any(rule.rule.get("row_number") for rule in keyed):
        return rules
    cells = [match.source.facts.text for column in table.key if (match := found.of(column)) is not None]
    if not cells:
        return rules
    frame = pl.DataFrame([cell.fill_null("").alias(f"k{number}") for number, cell in enumerate(cells)])
    shared = int(frame.is_duplicated().sum())
    if shared <= _MANY * frame.height:
        return rules
    key = ", ".join(rule.column for rule in keyed)
    said = f"{shared:,} of {frame.height:,} records share the key ({key}) with others"
    doubt = f"{said}; of such records one would be kept"
    return {**rules, **{rule.column: replace(rule, doubts=(*rule.doubts, doubt)) for rule in keyed}}


def ends_before_start(found: Matched, every: Sequence[Source], table: Table, rules: Rules) -> Rules:
    """Where ends lie before starts: start and durations if these prove to be the end, else a doubt with a count."""
    del every
    names = _SPANS.get(table.name)
    if names is None:
        return rules
    start, end = found.of(names[0]), found.of(names[1])
    if start is None or end is None or names[1] not in rules:
        return rules
    span = span_of(start, end)
    if span is None:
        return rules
    before = span < 0
    count = int(before.fill_null(False).sum())
    if not count:
        return rules
    said = f"in {count:,} of {span.drop_nulls().len():,} records the end would be before its start"
    rule = rules[names[1]]
    if same_day(start.source, end.source):
        added = _durations_to_end(found, span)
        if added is not None:
            parts, unit, share = added
            written: dict[str, Any] = {**rules[names[0]].rule, "plus": [part.source.headings[0] for part in parts]}
            if unit != "s":
                written["unit"] = unit
            named = " + ".join(part.column.removesuffix("_s") for part in parts)
            evidence = (
                f"{said}, because '{end.source.headings[0]}' is the day of the start",
                f"start + {named} is the time of the end in {share:.0%} of the records, over midnight too",
            )
            doubts = rules[names[0]].doubts
            return {**rules, names[1]: RuleDraft(names[1], written, 0.9, evidence, doubts, end.source.positions)}
        said += f": '{end.source.headings[0]}' is the day of the start, and they go over midnight"
    return {**rules, names[1]: replace(rule, confidence=min(rule.confidence, 0.5), doubts=(*rule.doubts, said))}


def _durations_to_end(found: Matched, span: pl.Series) -> tuple[list[Match], str, float] | None:
    """Durations of one unit whose sum is the time from start to end, a day later where that is below zero."""
    wanted = over_midnight(span)
    known = [
        match
        for columns in _PARTS.get(found.table, ())
        for column in columns
        if (match := found.of(column)) is not None and not _SPELT & set(match.fit.rule) and not match.source.joins
    ]
    units = {str(match.fit.rule["unit"]) for match in known if "unit" in match.fit.rule} or {"s"}
    if not known or len(units) != 1 or wanted.drop_nulls().len() < _FEWEST:
        return None
    unit = units.pop()
    best: tuple[list[Match], str, float] | None = None
    for last in range(len(known), 0, -1):
        for first in range(last):
            parts = known[first:last]
            total = sum((seconds(part).fill_null(0) for part in parts[1:]), seconds(parts[0]).fill_null(0))
            near = ((total - wanted).abs() <= max(_NEAR, 0.51 * DURATION_UNITS[unit])).fill_null(False)
            share = float(near.sum()) / wanted.drop_nulls().len()
            over = int((near & (span < 0)).sum()) / max(1, int((span < 0).sum()))
            if min(share, over) >= _PROVEN and (best is None or share > best[2]):
                best = parts, unit, share
    return best


def hold_within_talk(found: Matched, every: Sequence[Source], table: Table, rules: Rules) -> Rules:
    """Talk without hold, where the talk time alone is the time from start to end though there is hold time."""
    del every
    start, end, talk, hold = (found.of(name) for name in ("started_at", "ended_at", "talk_s", "hold_s"))
    if table.name != "contacts" or talk is None or hold is None or "talk_s" not in rules:
        return rules
    rule = rules["talk_s"]
    handled = "handle" in notions(talk.source.label)
    held = (seconds(hold) > 0).fill_null(False)
    if not held.any() or talk.source.joins or hold.source.joins:
        return rules
    span = None if start is None or end is None else span_of(start, end)
    contains = False
    if span is not None and start is not None and end is not None:
        span = over_midnight(span) if same_day(start.source, end.source) else span
        factor = DURATION_UNITS[str(talk.fit.rule.get("unit", "s"))]
        near = ((seconds(talk) - span).abs() <= max(_NEAR, 0.51 * factor)).fill_null(False)
        among = held & span.is_not_null()
        contains = among.any() and int((near & among).sum()) >= _PROVEN * int(among.sum())
    if not contains and not handled:
        return rules
    if contains:
        often = records(int(held.sum()))
        how = f"'{talk.source.label}' is end - start though '{hold.source.label}' is above 0 in {often}"
    else:
        how = f"'{talk.source.label}' is a time of handling"
    written = dict(rule.rule)
    same = rule.rule.get("unit", "s") == rules["hold_s"].rule.get("unit", "s") and not _SPELT & set(rule.rule)
    taken_off = same and "from" in rules["hold_s"].rule and "minus" not in written
    if taken_off:
        written["minus"] = [hold.source.headings[0]]
    doubt = f"{how}: it seems to contain hold{', which is taken off' if taken_off else ''}"
    wrap = found.of("wrap_s")
    if (
        handled
        and not contains
        and wrap is not None
        and taken_off
        and rules["wrap_s"].rule.get("unit", "s") == (rule.rule.get("unit", "s"))
    ):
        written["minus"] = [hold.source.headings[0], wrap.source.headings[0]]
        doubt = f"{how}: it seems to contain hold and wrap, which are taken off"
    return {
        **rules,
        "talk_s": replace(rule, rule=written, confidence=min(rule.confidence, 0.6), doubts=(*rule.doubts, doubt)),
    }


def unread_scores(found: Matched, every: Sequence[Source], table: Table, rules: Rules) -> Rules:
    """Doubt of the table where columns that look like scores of a survey stay unread."""
    if table.name == "invitations":
        return rules
    taken = {position for match in found.matches for position in match.source.positions}
    taken |= {position for question in found.questions for position in question.source.positions}
    taken |= {position for rule in rules.values() for position in rule.positions}
    open_ = [
        source.label for source in every if not source.joins and taken.isdisjoint(source.positions) and _score(source)
    ]
    key = next((column for column in table.key if column in rules), None)
    if not open_ or key is None:
        return rules
    doubt = f"{listed(open_)} {'looks' if len(open_) == 1 else 'look'} like scores: the file may be of 'invitations'"
    return {**rules, key: replace(rules[key], doubts=(*rules[key].doubts, doubt))}


def _score(source: Source) -> bool:
    facts = source.facts.scored
    if source.left_out is not None or not facts.count or not set(notions(source.label)) & _SCORED:
        return False
    return facts.mostly(facts.numeric) and (facts.least or 0) >= 0 and (facts.most or 0) <= _HIGHEST_SCORE


def seconds(match: Match) -> pl.Series:
    """The durations of a column by its rule."""
    unit = match.fit.rule.get("unit")
    if match.fit.rule.get("clock") == "h:m":
        return (match.source.facts.two_parts * 60).fill_null(match.source.facts.seconds)
    if unit is None:
        return match.source.facts.seconds
    plain = match.source.facts.numbers * DURATION_UNITS[str(unit)]
    return plain.fill_null(match.source.facts.seconds) if match.source.facts.clock else plain


def same_day(start: Source, end: Source) -> bool:
    """Whether two moments are one column of days with a clock each."""
    return start.joins and end.joins and start.positions[0] == end.positions[0]


def over_midnight(span: pl.Series) -> pl.Series:
    """Seconds, a day later where they are below zero."""
    return pl.select(pl.when(span < 0).then(span + _DAY).otherwise(span)).to_series()


def span_of(start: Match, end: Match) -> pl.Series | None:
    """Seconds from start to end; None where either is no moment."""
    begun, ended = start.source.facts.times, end.source.facts.times
    if begun is None or ended is None:
        return None
    return pl.select((ended - begun).dt.total_milliseconds() / 1000).to_series()
