"""Whether durations fit the times of their rows: what decides on a unit, and what shows that one is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from cxkpi.exports.values.durations import DURATION_UNITS

PARTS: Mapping[str, tuple[str, ...]] = {
    "contacts": ("ivr_s", "wait_s", "ring_s", "talk_s", "hold_s"),
    "legs": ("talk_s", "hold_s"),
    "agent_time": ("duration_s",),
}
"""Columns that lie one after the other between ``started_at`` and ``ended_at``; wrap-up comes behind the end."""

LONGER_THAN = 10.0
"""Seconds: times to the second say little about shorter rows."""
_FEWEST = 3
_FITS = (0.02, 1.25)
# Where a unit is too small the rows must agree: an e-mail of an hour may well be worked on for a minute.
_AGREE = (0.8, 1.1)
_TOO_LONG = 2.0
_TOO_SHORT = 1 / 12


def quotients(started: pl.Series, ended: pl.Series, parts: Sequence[pl.Series], among: pl.Series) -> pl.Series:
    """What the parts of each row add up to, as a multiple of the time it took; rows longer than ten seconds only."""
    columns = {str(number): part for number, part in enumerate(parts)}
    frame = pl.DataFrame({"a": started, "b": ended, "among": among, **columns})
    total = pl.sum_horizontal([*columns])
    return (
        frame.lazy()
        .with_columns(total.alias("total"), _elapsed().alias("elapsed"))
        .filter(pl.col("among") & (pl.col("elapsed") > LONGER_THAN) & (pl.col("total") > 0))
        .select(pl.col("total") / pl.col("elapsed"))
        .collect()
        .to_series()
    )


def elapsed(started: pl.Series, ended: pl.Series) -> pl.Series:
    """How long each row took, in seconds."""
    return pl.DataFrame({"a": started, "b": ended}).select(_elapsed()).to_series()


def _elapsed() -> pl.Expr:
    return (pl.col("b") - pl.col("a")).dt.total_milliseconds() * 0.001


def fits(quotient: pl.Series) -> bool:
    """Whether durations can have been meant so: neither longer than their rows nor next to nothing of them."""
    median = quotient.median()
    return isinstance(median, float) and _FITS[0] <= median <= _FITS[1]


def usual(quotient: pl.Series) -> bool:
    """Whether durations are no more than the time of their rows and a fair part of it, as nearly all are."""
    median = quotient.median()
    return isinstance(median, float) and _TOO_SHORT <= median <= _TOO_LONG


def better_factor(quotient: pl.Series, factors: Sequence[float]) -> float | None:
    """By which of some factors the durations would have to be divided to fit their rows; None where they may be right.

    Too long they cannot be: nothing takes twelve times as long as the row it is in. Too short they are only where half
    of the rows agree on it.
    """
    if quotient.len() < _FEWEST:
        return None
    median = float(quotient.median() or 0.0)  # type: ignore[arg-type]
    if median > _TOO_LONG:
        possible = [factor for factor in factors if factor > 1 and _FITS[0] <= median / factor <= _FITS[1]]
        return max(possible, key=lambda factor: -abs(median / factor - 1), default=None)
    if median < _TOO_SHORT:
        low, high = (float(quotient.quantile(q, "linear") or 0.0) for q in (0.25, 0.75))
        possible = [f for f in factors if f < 1 and low / f >= _AGREE[0] and high / f <= _AGREE[1]]
        return possible[0] if possible else None
    return None


def factors_from(unit: str) -> Mapping[float, str]:
    """By how much durations are too long when read in ``unit`` while they are in another -> that other."""
    return {DURATION_UNITS[unit] / size: name for name, size in DURATION_UNITS.items() if name != unit}
