"""Why a number of an earlier run is not what it was, as far as it can be told:

- ``definition``: the metric means something else now, or is in the catalogue no longer. What else moved the number
  cannot be told apart from that.
- ``unit``, ``target``, ``min_n``: the metric has another unit, target or alarm, or is judged from another n on.
- ``as_of``: today's data give another number as of then than as of now: a window passed, a case was closed.
- ``late_rows``: today's data read as of then give another number, and the files are not the same: rows came late, were
  corrected, or went.
- ``profiles``: the files are read by other profiles, or by another run file.
- ``version``: cxkpi or what it computes with is another.
- ``question``: the run left out other files.
- ``catalogue``: its calendar, tables or protection of people are not what they were.

Of the last four and ``late_rows`` any may be the cause where several are named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cxkpi.measurement.runs.recorded import Key, PastRow
from cxkpi.result import Cause, PastCell, Row


def cell(row: Row) -> PastCell:
    """A row as two runs are compared by it."""
    return PastCell(
        row.definition,
        row.value,
        row.n,
        row.numerator,
        row.denominator,
        row.immature,
        row.target,
        row.alarm,
        row.status,
        row.reason,
    )


def differs(then: PastRow | None, now: Row | None, another_unit: bool) -> bool:
    """Whether somebody who reads the number now reads another one, or another verdict."""
    if then is None or now is None:
        # A number of nothing that is not there, or no longer, is none that anybody read.
        return (then.cell.n if then is not None else now.n if now is not None else 0) > 0
    old, new = then.cell, cell(now)
    if another_unit and old.value is not None:
        return True
    return _number(old) != _number(new) or (old.target, old.alarm, old.status) != (new.target, new.alarm, new.status)


def _number(one: PastCell) -> tuple[float | None, int, float | None, float | None, int]:
    return (one.value, one.n, one.numerator, one.denominator, one.immature)


def redefined(then: PastRow | None, now: Row | None) -> bool:
    """Whether the metric means something else now, so that nothing else can be told."""
    return then is not None and now is not None and then.cell.definition != now.definition


class Back:
    """One number as today's data give it as of then."""

    def __init__(self, cells: Mapping[Key, PastCell] | None, key: Key) -> None:
        self.moved = cells is not None
        self._cell = None if cells is None else cells.get(key)

    def cell(self, now: PastCell | None) -> PastCell | None:
        """``now`` where the present is that of then."""
        return self._cell if self.moved else now


def causes(
    then: PastCell | None,
    now: PastCell | None,
    past: Back,
    others: Sequence[Cause],
    another_unit: bool,
    another_n: bool,
) -> tuple[Cause, ...]:
    """Why, as far as it can be told; nothing where it cannot. ``others``: what may have moved the number itself."""
    found: list[Cause] = []
    back = past.cell(now)
    if not _same(back, now):
        found.append("as_of")
    if not _same(then, back):
        found += others
    if then is None or now is None:
        return tuple(found)
    goals: list[Cause] = []
    if another_unit:
        goals = ["unit"]
    elif (then.target, then.alarm) != (now.target, now.alarm):
        goals = ["target"]
    if then.definition != now.definition:
        return ("definition", *goals)
    found += goals
    if then.status != now.status and "target" not in goals:
        if another_n and "too_few" in (then.reason, now.reason):
            found.append("min_n")
        elif not found and back is not None and (back.status, back.reason) != (now.status, now.reason):
            # A verdict alone: a period that was not over, or not judged, by the present of then.
            found.append("as_of")
    return tuple(found)


def _same(one: PastCell | None, other: PastCell | None) -> bool:
    if one is None or other is None:
        return (one is None or one.n == 0) and (other is None or other.n == 0)
    return _number(one) == _number(other)
