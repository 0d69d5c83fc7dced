"""Opening time up to an instant as a column, from a small table of days joined by the instant's day."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import narwhals as nw

from cxkpi.engines.base import Engine, Frame
from cxkpi.kinds.expression import OpenName, translate
from cxkpi.opening import by_day_of_years

# Amounts of time may be added to what is read, so years around the data are needed too.
_BEFORE, _AFTER = 10, 10
# Beyond these an instant has no opening time, and its row is counted as missing.
_FIRST, _LAST = 1890, 2209


def decades(first_year: int, last_year: int) -> tuple[int, int]:
    """The years for which opening time is known where data reach from one year to another: whole decades."""
    return max(_FIRST, (first_year - _BEFORE) // 10 * 10), min(_LAST, (last_year + _AFTER) // 10 * 10 + 9)


def with_open_time(
    engine: Engine, frame: Frame, names: Iterable[OpenName], column: Callable[[str], nw.Expr], years: tuple[int, int]
) -> tuple[Frame, dict[str, str]]:
    """``frame`` with the opening time up to each instant in whole microseconds, and the names of those columns."""
    found: dict[str, str] = {}
    for number, name in enumerate(sorted(names)):
        days = by_day_of_years(name.hours, *years)
        mine = {one: f"__{one}_{number}" for one in days.columns}
        instant, into = f"__instant_{number}", f"__open_{number}"
        kept = frame.collect_schema().names()
        at = translate(name.operand, column)
        frame = frame.with_columns(at.alias(instant))
        frame = frame.with_columns(nw.col(instant).cast(nw.Date).alias(f"__on_{number}"))
        right = engine.frame(days).select(*(nw.col(one).alias(new) for one, new in mine.items()))
        frame = frame.join(right, left_on=f"__on_{number}", right_on=mine["day"], how="left")
        midnight = nw.col(f"__on_{number}").cast(nw.Datetime("us"))
        elapsed = (nw.col(instant) - midnight).dt.total_microseconds()
        frame = frame.with_columns(elapsed.cast(nw.Int64).alias(instant))
        total = nw.col(mine["before"])
        for place in range(len([one for one in days.columns if one.startswith("from")])):
            start, length = nw.col(mine[f"from{place}"]), nw.col(mine[f"length{place}"])
            past = nw.col(instant) - start
            total = total + nw.when(past <= 0).then(nw.lit(0)).otherwise(
                nw.when(past >= length).then(length).otherwise(past)
            )
        frame = frame.with_columns(total.cast(nw.Int64).alias(into)).select(*kept, into)
        found[name] = into
    return frame, found
