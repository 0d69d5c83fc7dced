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
FEWEST = 3
_SHORTEST = 1.0
ENOUGH = 10
"""Rows; fewer may agree by chance."""
_FEWEST_MIXED = 5
_NEARLY_ALL = 0.9
_EXACTLY = 0.1
_NEAR = (0.5, 2.0)
_FOLLOWS = 0.7
_FAIR = 0.1
_PART_OF_A_CALL = 0.35
_FITS = (0.02, 1.25)
# Where a unit is too small the rows must agree: an e-mail of an hour may well be worked on for a minute.
_AGREE = (0.8, 1.1)
_TOO_LONG = 2.0
TOO_SHORT = 1 / 12


def quotients(started: pl.Series, ended: pl.Series, parts: Sequence[pl.Series], among: pl.Series) -> pl.Series:
    """What the parts of each row add up to, as a multiple of the time it took; rows longer than ten seconds only."""
    pairs = sums(started, ended, parts, among)
    return pairs["total"] / pairs["elapsed"]


def sums(started: pl.Series, ended: pl.Series, parts: Sequence[pl.Series], among: pl.Series) -> pl.DataFrame:
    """``total``, ``elapsed`` and ``row`` (its place) of the rows that ``quotients`` compares."""
    columns = {str(number): part for number, part in enumerate(parts)}
    frame = pl.DataFrame({"a": started, "b": ended, "among": among, **columns})
    total = pl.sum_horizontal([*columns])
    return (
        frame.lazy()
        .select(
            "among",
            total.alias("total"),
            _elapsed().alias("elapsed"),
            pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        )
        .filter(pl.col("among") & (pl.col("elapsed") > LONGER_THAN) & (pl.col("total") > 0))
        .drop("among")
        .collect()
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


def agree(quotient: pl.Series) -> bool:
    """Whether most durations are nearly all of the time of their rows."""
    low, high = (float(quotient.quantile(q, "linear") or 0.0) for q in (0.25, 0.75))
    return low >= _AGREE[0] and high <= _AGREE[1]


def possible(quotient: pl.Series, lengths: pl.Series) -> bool:
    """Whether durations can be so short: no longer than their rows, and not under a second, as no work is."""
    part, length = quotient.median(), lengths.median()
    return isinstance(part, float) and isinstance(length, float) and part <= _FITS[1] and length >= _SHORTEST


def usual(quotient: pl.Series) -> bool:
    """Whether durations are no more than the time of their rows and a fair part of it, as nearly all are."""
    return _most_within(quotient, TOO_SHORT, _TOO_LONG) or _within(quotient.median(), TOO_SHORT, _TOO_LONG)


def near(quotient: pl.Series) -> bool:
    """Whether durations are about the time of their rows, so that no other unit can be meant; true of none."""
    if _most_within(quotient, *_NEAR):
        return True
    median = quotient.median()
    return not isinstance(median, float) or _within(median, *_NEAR)


def _within(median: object, low: float, high: float) -> bool:
    return isinstance(median, float) and low <= median <= high


def _most_within(quotient: pl.Series, low: float, high: float) -> bool:
    """Whether fewer than half are below and fewer than half above, so that the median lies between; that is counted."""
    count = quotient.len() - quotient.null_count()
    return 2 * int((quotient < low).sum()) < count and 2 * int((quotient > high).sum()) < count


def exact(quotient: pl.Series) -> bool:
    """Whether most durations are the time of their rows to a tenth."""
    low, high = (float(quotient.quantile(q, "linear") or 0.0) for q in (0.25, 0.75))
    return low >= 1 - _EXACTLY and high <= 1 + _EXACTLY


def follows(pairs: pl.DataFrame) -> bool:
    """Whether the durations rise and fall with the time of their rows (``total`` and ``elapsed``, as ``sums``)."""
    together = pairs.select(pl.corr(pl.col("total").log(), pl.col("elapsed").log())).item()
    return isinstance(together, float) and together >= _FOLLOWS


def may_be_mixed(quotient: pl.Series) -> bool:
    """Whether some durations are next to nothing of their rows and nearly all others all of them."""
    short = quotient < TOO_SHORT
    if int(short.sum()) < _FEWEST_MIXED:
        return False
    return int((short | quotient.is_between(*_AGREE)).sum()) >= _NEARLY_ALL * quotient.len()


def mixed_in(quotient: pl.Series, factors: Sequence[float]) -> tuple[float, pl.Series] | None:
    """By which factor some durations are too short while the others fit, and which; None where nothing shows it.

    Both have to be nearly all of their rows: short work among long is no other unit.
    """
    fitting = quotient.is_between(*_AGREE)
    for factor in factors:
        short = (quotient / factor).is_between(*_AGREE)
        few = int(short.sum()) if factor < 1 else 0
        nearly_all = int((fitting | short).sum()) >= _NEARLY_ALL * quotient.len()
        if few >= _FEWEST_MIXED and int(fitting.sum()) >= _FEWEST_MIXED and nearly_all:
            return factor, short
    return None


def better_factor(quotient: pl.Series, factors: Sequence[float], pairs: pl.DataFrame | None = None) -> float | None:
    """By which of some factors the durations would have to be divided to fit their rows; None where they may be right.

    Too long they cannot be: nothing takes twelve times as long as the row it is in. Too short they are only where half
    of the rows agree on it and durations rise and fall with their rows, or are under a second. ``pairs``: as ``sums``.
    """
    if quotient.len() < FEWEST:
        return None
    related = pairs is None or follows(pairs)
    median = float(quotient.median() or 0.0)  # type: ignore[arg-type]
    if median > _TOO_LONG:
        least = _FITS[0] if related else _FAIR
        possible = [factor for factor in factors if factor > 1 and least <= median / factor <= _FITS[1]]
        return max(possible, key=lambda factor: -abs(median / factor - 1), default=None)
    if median < TOO_SHORT:
        low, high = (float(quotient.quantile(q, "linear") or 0.0) for q in (0.25, 0.75))
        least = _PART_OF_A_CALL if quotient.len() >= ENOUGH else _AGREE[0]
        no_work = pairs is not None and float(pairs["total"].median() or 0.0) < _SHORTEST  # type: ignore[arg-type]
        possible = [f for f in factors if (related or no_work) and f < 1 and low / f >= least and high / f <= _AGREE[1]]
        return possible[0] if possible else None
    return None


def factors_from(unit: str) -> Mapping[float, str]:
    """By how much durations are too long when read in ``unit`` while they are in another -> that other."""
    return {DURATION_UNITS[unit] / size: name for name, size in DURATION_UNITS.items() if name != unit}
