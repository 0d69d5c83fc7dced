"""Units of durations whose headings name none: by what must add up, else by what is usual and to be confirmed.

So with clocks of two parts: M:SS where as H:MM they are longer than their records, H:MM where M:SS are next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import polars as pl

from cxkpi.exports.adopting.doubts import over_midnight, same_day, seconds, span_of
from cxkpi.exports.adopting.facts import enough
from cxkpi.exports.adopting.fit import HOURS_OR_MINUTES, UNIT_NAMES, Fit, clock_text, records
from cxkpi.exports.adopting.headings import averages
from cxkpi.exports.adopting.match import Match, Matched
from cxkpi.exports.values import units as by_rows
from cxkpi.exports.values.durations import DURATION_UNITS

_ADD_UP = 0.9
_WHICH_UNIT = "which unit"
_MINUTE = 60
_SPELT = {"m:s": "M:SS", "h:m": "H:MM"}
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
    found = _clocks_settled(found)
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


def _clocks_settled(found: Matched) -> Matched:
    """The same with clocks of two parts read as the times of their records show; in doubt where these show nothing."""
    open_ = [match for match in found.matches if HOURS_OR_MINUTES in match.fit.doubts]
    within = [match for match in open_ if match.column in by_rows.PARTS.get(found.table, ())]
    length = _lengths(found)
    decided = None if length is None or not within else _clock_by_rows(within, length)
    if decided is None:
        return found
    clock, words = decided
    names = " + ".join(match.column for match in within)
    are = f"{names} {'is' if len(within) == 1 else 'are'} {_SPELT[clock]} by the times of the records"
    changed = {}
    for match in open_:
        rule = {**match.fit.rule, "clock": clock} if clock == "h:m" else match.fit.rule
        said = words if match in within else f"{are}, and this one is taken for it too"
        most = seconds(replace(match, fit=Fit(1.0, rule))).max()
        how = f"clocks {_SPELT[clock]}, up to {clock_text(float(most))}" if isinstance(most, int | float) else ""
        doubts = tuple(doubt for doubt in match.fit.doubts if doubt != HOURS_OR_MINUTES)
        fit = Fit(1.0, rule, tuple(filter(None, (how, said, *match.fit.evidence[1:]))), doubts)
        changed[match.column] = replace(match, fit=fit, score=min(1.0, match.score / max(0.1, match.fit.factor)))
    return replace(found, matches=tuple(changed.get(match.column, match) for match in found.matches))


def _clock_by_rows(within: Sequence[Match], length: pl.Series) -> tuple[str, str] | None:
    """How clocks of two parts that lie within their records are meant, and why; None where records do not tell."""
    clocks = pl.DataFrame([match.source.facts.two_parts.alias(match.column) for match in within])
    rows = pl.DataFrame({"longest": clocks.max_horizontal(), "total": clocks.sum_horizontal(), "elapsed": length})
    rows = rows.filter((pl.col("elapsed") > by_rows.LONGER_THAN) & (pl.col("longest") > 0))
    if rows.height < by_rows.FEWEST:
        return None
    as_minutes, as_hours = (
        int((rows["longest"] * factor > rows["elapsed"] + _MINUTE).sum()) for factor in (1, _MINUTE)
    )
    too_long = as_hours >= max(by_rows.FEWEST, 0.5 * rows.height)
    if too_long and enough(rows.height - as_minutes, rows.height):
        none = f"in {as_minutes:,}" if as_minutes else "in none"
        of = f"{as_hours:,} of {records(rows.height)}"
        return "m:s", f"as H:MM longer than from start to end in {of}, as M:SS {none}"
    quotient = rows["total"] / rows["elapsed"]
    if by_rows.better_factor(quotient, [1 / _MINUTE], rows.select("total", "elapsed")) is None:
        return None
    return "h:m", f"as H:MM about the time from start to end of {records(rows.height)}, as M:SS next to nothing of it"


def _in_doubt(match: Match) -> bool:
    return any(_WHICH_UNIT in doubt for doubt in match.fit.doubts)


def _by_times(found: Matched, open_: Sequence[Match]) -> tuple[str, tuple[str, ...], float] | None:
    """The one unit in which some sum of the durations is the time from start to end; None where none or several are."""
    span = _lengths(found)
    if span is None or span.drop_nulls().len() < 5:
        return None
    known = {match.column: match for match in found.matches if match.column in (*_PARTS, "duration_s")}
    doubtful = {match.column for match in open_}
    fitting: dict[str, tuple[tuple[str, ...], float]] = {}
    for unit, factor in DURATION_UNITS.items():
        lengths = {
            column: (match.source.facts.numbers * factor if column in doubtful else seconds(match)).fill_null(0)
            for column, match in known.items()
        }
        for size in range(len(lengths), 0, -1):
            for which in combinations(lengths, size):
                if not doubtful & set(which):
                    continue
                share = _adds_up([lengths[column] for column in which], span, factor)
                rest = [lengths[column] for column in which if column not in doubtful]
                # Where it adds up without them, too, nothing is said about them.
                needed = not rest or _adds_up(rest, span, factor) < _ADD_UP / 2
                if share >= _ADD_UP and needed and share > fitting.get(unit, ((), 0.0))[1]:
                    fitting[unit] = (which, share)
    if len(fitting) != 1:
        return None
    unit, (which, share) = next(iter(fitting.items()))
    return unit, which, share


def _lengths(found: Matched) -> pl.Series | None:
    """Seconds from the start to the end of each record; None where either is not known."""
    start, end = found.of("started_at"), found.of("ended_at")
    span = None if start is None or end is None else span_of(start, end)
    if span is None or start is None or end is None:
        return None
    # Of one day and two clocks the later one may belong to the day after.
    return over_midnight(span) if same_day(start.source, end.source) else span


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
        length = mean * DURATION_UNITS[unit]
        if usual[0] <= length <= usual[1]:
            words = f"{clock_text(length)} on average if {UNIT_NAMES[unit]}"
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
