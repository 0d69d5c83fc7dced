"""Units of durations whose headings name none: by what must add up, else by what is usual and to be confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import polars as pl

from cxkpi.exports.adopting.fit import UNIT_NAMES, Fit, clock_text
from cxkpi.exports.adopting.headings import averages
from cxkpi.exports.adopting.match import Match, Matched
from cxkpi.exports.values.durations import DURATION_UNITS

_ADD_UP = 0.9
_WHICH_UNIT = "which unit"
_USUAL: Mapping[str, tuple[float, float]] = {
    "talk_s": (30, 3600),
    "hold_s": (1, 900),
    "wrap_s": (3, 1200),
    "wait_s": (1, 3600),
    "ring_s": (1, 120),
    "ivr_s": (1, 600),
    "duration_s": (20, 8 * 3600),
}
"""Lowest and highest mean, in seconds, that is usual for one contact."""

_PARTS = ("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s", "wrap_s")


def settled(found: Matched) -> Matched:
    """The same with the units of its durations, and in words how they are known."""
    open_ = [match for match in found.matches if _in_doubt(match)]
    if not open_:
        return found
    proven = _by_times(found, open_)
    if proven is None:
        changed = {match.column: _by_what_is_usual(found, match) for match in open_}
    else:
        unit, which, share = proven
        words = f"{' + '.join(which)} = end - start in {share:.0%} of the records if {UNIT_NAMES[unit]}"
        other = f"{' + '.join(which)} in {UNIT_NAMES[unit]}, so this one is taken for {UNIT_NAMES[unit]} too"
        changed = {}
        for match in open_:
            own = match.column in which
            doubts = tuple(doubt for doubt in match.fit.doubts if not (own and _WHICH_UNIT in doubt))
            fit = Fit(1.0, {**match.fit.rule, "unit": unit}, (*match.fit.evidence, words if own else other), doubts)
            changed[match.column] = replace(match, fit=fit, score=min(1.0, match.score / max(0.1, match.fit.factor)))
    return replace(found, matches=tuple(changed.get(match.column, match) for match in found.matches))


def _in_doubt(match: Match) -> bool:
    return any(_WHICH_UNIT in doubt for doubt in match.fit.doubts)


def _by_times(found: Matched, open_: Sequence[Match]) -> tuple[str, tuple[str, ...], float] | None:
    """The one unit in which some sum of the durations is the time from start to end; None where none or several are."""
    start, end = found.of("started_at"), found.of("ended_at")
    if start is None or end is None:
        return None
    begun, ended = start.source.facts.times, end.source.facts.times
    if begun is None or ended is None:
        return None
    span = pl.select((ended - begun).dt.total_milliseconds() / 1000).to_series()
    if start.source.joins and end.source.joins and start.source.positions[0] == end.source.positions[0]:
        # Of one day and two clocks the later one may belong to the day after.
        span = pl.select(pl.when(span < 0).then(span + 86_400).otherwise(span)).to_series()
    if span.drop_nulls().len() < 5:
        return None
    known = {match.column: match for match in found.matches if match.column in (*_PARTS, "duration_s")}
    doubtful = {match.column for match in open_}
    fitting: dict[str, tuple[tuple[str, ...], float]] = {}
    for unit, factor in DURATION_UNITS.items():
        seconds = {
            column: (
                match.source.facts.numbers * factor if column in doubtful else match.source.facts.seconds
            ).fill_null(0)
            for column, match in known.items()
        }
        for size in range(len(seconds), 0, -1):
            for which in combinations(seconds, size):
                if not doubtful & set(which):
                    continue
                share = _adds_up([seconds[column] for column in which], span, factor)
                rest = [seconds[column] for column in which if column not in doubtful]
                # Where it adds up without them, too, nothing is said about them.
                needed = not rest or _adds_up(rest, span, factor) < _ADD_UP / 2
                if share >= _ADD_UP and needed and share > fitting.get(unit, ((), 0.0))[1]:
                    fitting[unit] = (which, share)
    if len(fitting) != 1:
        return None
    unit, (which, share) = next(iter(fitting.items()))
    return unit, which, share


def _adds_up(parts: Sequence[pl.Series], span: pl.Series, factor: float) -> float:
    """The share of records in which the sum of the parts is the time from start to end."""
    first, *rest = parts
    total = sum(rest, first)
    if not float(total.sum()) > 0:
        return 0.0
    near = ((total - span).abs() <= max(1.5, 0.51 * factor)).fill_null(False)
    return float(near.sum()) / max(1, span.drop_nulls().len())


def _by_what_is_usual(found: Matched, match: Match) -> Match:
    """The first of seconds, minutes, milliseconds and hours that gives a usual mean; still to be confirmed."""
    usual = _USUAL.get(match.column)
    mean = _mean(found, match)
    if usual is None or mean is None:
        return match
    for unit in ("s", "m", "ms", "h"):
        seconds = mean * DURATION_UNITS[unit]
        if usual[0] <= seconds <= usual[1]:
            words = f"{clock_text(seconds)} on average if {UNIT_NAMES[unit]}"
            fit = replace(match.fit, rule={**match.fit.rule, "unit": unit}, evidence=(*match.fit.evidence, words))
            return replace(match, fit=fit)
    return match


def _mean(found: Matched, match: Match) -> float | None:
    numbers = match.source.facts.numbers
    if found.table == "intervals" and not averages(match.source.label):
        answered = found.of("answered")
        count = answered.source.facts.numbers.sum() if answered else None
        total = numbers.sum()
        return float(total) / float(count) if isinstance(count, int | float) and count and total is not None else None
    mean = numbers.filter(numbers > 0).mean()
    return float(mean) if isinstance(mean, int | float) else None
