"""An earlier run's numbers against those of now: every one of a period that was over then and is not what it was.

Why, as far as it can be told:

- ``definition``: the metric means something else now. What else moved the number cannot be told apart from that.
- ``target``: only target, alarm or verdict differ, by another target.
- ``as_of``: the same data as of then give the number of then: a window was still open, a case not closed.
- ``late_rows``: today's data read as of then give another number, and the files are not the same: rows came late, were
  corrected, or went.
- ``profiles``: the files are the same and are read by other profiles, or by another run file.
- ``version``: nothing but cxkpi or what it computes with differs.
- ``question``: the run asked otherwise (another comparison, another engine).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from cxkpi.measurement.runs.recorded import Hashed, Key, Past, PastRow
from cxkpi.result import Cause, PastCell, Restated, Restatement, Result, Row


def past_rows(result: Result) -> tuple[PastRow, ...]:
    """The numbers that a later run is compared with: those of periods that are over."""
    return tuple(_past(row) for row in result.rows if row.period.complete)


def _past(row: Row) -> PastRow:
    period = row.period
    return PastRow(row.metric, row.variant, period.every, period.start, period.end, row.by, cell(row))


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


def restated(
    past: Past,
    result: Result,
    inputs: Sequence[Hashed],
    rest: Mapping[Cause, object],
    again: Callable[[str], Result],
) -> Restatement:
    """What became of an earlier run's numbers.

    Compared are numbers of periods that were over then, for every metric and period that is shown now. ``rest`` is as
    in :class:`Past`. ``again`` measures today's data as of another instant; it is called where that tells why.
    """
    new, changed, gone = moved(past.inputs, inputs)
    now = {_past(row).key: row for row in result.rows}
    shown = {key[:4] for key in now}
    then = {row.key: row for row in past.rows}
    known = {key[:4] for key in then}
    pairs: list[tuple[Key, PastRow | None, Row | None]] = [
        (key, row, now.get(key)) for key, row in then.items() if key[:4] in shown and _comparable(key, result)
    ]
    pairs += [(key, None, row) for key, row in now.items() if key[:4] in known and key not in then]
    differ = [pair for pair in pairs if _differs(pair[1], pair[2])]
    others = tuple(cause for cause in sorted(rest) if rest[cause] != past.rest.get(cause))
    as_of_then: Mapping[Key, PastCell] | None = None
    if past.as_of != _naive(result.as_of) and any(not _redefined(old, row) for _, old, row in differ):
        back = again(f"{past.as_of.isoformat()}Z")
        as_of_then = {_past(row).key: cell(row) for row in back.rows}
    order = {key: number for number, key in enumerate([*now, *then])}
    cells = []
    for key, old, row in sorted(differ, key=lambda pair: order[pair[0]]):
        before, after = None if old is None else old.cell, None if row is None else cell(row)
        causes = _causes(key, before, after, as_of_then, bool(new or changed or gone), others)
        cells.append(
            Restated(
                metric=key[0],
                variant=key[1],
                every=key[2],
                start=key[3],
                end=old.end if old is not None else row.period.end if row is not None else key[3],
                by=old.by if old is not None else row.by if row is not None else {},
                then=before,
                now=after,
                causes=causes,
                final=before is None or before.immature == 0,
            )
        )
    return Restatement(past.path, past.as_of, new, changed, gone, tuple(cells))


def _comparable(key: Key, result: Result) -> bool:
    """Whether today's question has a place for the number: it is the whole, or cut by the same dimensions."""
    names = {name for name, _ in key[4]}
    return not names or names == set(result.by)


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def moved(then: Iterable[Hashed], now: Iterable[Hashed]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The files that came, that changed, and that went, by content: one that was only renamed did none of it."""
    before, after = {one.path: one.sha256 for one in then}, {one.path: one.sha256 for one in now}
    new = {path for path in after.keys() - before.keys() if after[path] not in before.values()}
    gone = {path for path in before.keys() - after.keys() if before[path] not in after.values()}
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    return tuple(sorted(new)), tuple(sorted(changed)), tuple(sorted(gone))


def _differs(then: PastRow | None, now: Row | None) -> bool:
    if then is None or now is None:
        # A number of nothing that is not there, or no longer, is none that anybody read.
        return (then.cell.n if then is not None else now.n if now is not None else 0) > 0
    old, new = then.cell, cell(now)
    return _number(old) != _number(new) or (old.target, old.alarm, old.status) != (new.target, new.alarm, new.status)


def _number(one: PastCell) -> tuple[float | None, int, float | None, float | None, int]:
    return (one.value, one.n, one.numerator, one.denominator, one.immature)


def _redefined(then: PastRow | None, now: Row | None) -> bool:
    return then is not None and now is not None and then.cell.definition != now.definition


def _causes(
    key: Key,
    then: PastCell | None,
    now: PastCell | None,
    as_of_then: Mapping[Key, PastCell] | None,
    other_files: bool,
    others: tuple[Cause, ...],
) -> tuple[Cause, ...]:
    if then is not None and now is not None:
        if then.definition != now.definition:
            return ("definition",)
        if _number(then) == _number(now) and (then.target, then.alarm) != (now.target, now.alarm):
            return ("target",)
    found: list[Cause] = []
    back = now if as_of_then is None else as_of_then.get(key)
    if not _same(back, now):
        found.append("as_of")
    if not _same(then, back):
        found += ["late_rows"] if other_files else []
        found += others
    if not found and as_of_then is not None:
        # A verdict alone: a period that was not over, or not judged, by the present of then.
        found.append("as_of")
    return tuple(found) or ("unknown",)


def _same(one: PastCell | None, other: PastCell | None) -> bool:
    if one is None or other is None:
        return (one is None or one.n == 0) and (other is None or other.n == 0)
    return _number(one) == _number(other)
