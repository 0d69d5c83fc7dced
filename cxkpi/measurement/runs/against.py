"""An earlier run's numbers against those of now: every one of a period that was over then and is not what it was.

Compared is what both runs were asked for, see ``measurement.runs.asked``. A number that is not there any more, or was
not there then, counts as one that differs. Why it does is in ``measurement.runs.causes``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cxkpi.errors import UserError
from cxkpi.measurement.runs.asked import Both, Now
from cxkpi.measurement.runs.causes import Back, causes, cell, differs, redefined
from cxkpi.measurement.runs.recorded import Hashed, Key, Past, PastRow
from cxkpi.result import Cause, PastCell, Restated, Restatement, Result, Row


def past_rows(result: Result) -> tuple[PastRow, ...]:
    """The numbers that a later run is compared with: those of periods that are over."""
    return tuple(_past(row) for row in result.rows if row.period.complete)


def _past(row: Row) -> PastRow:
    period = row.period
    return PastRow(row.metric, row.variant, period.every, period.start, period.end, row.by, cell(row))


def restated(past: Past, result: Result, now: Now) -> Restatement:
    """What became of an earlier run's numbers: those of periods that were over then, and that both were asked for."""
    new, changed, gone = moved(past.inputs, now.inputs)
    both = Both(past, result, now)
    rows = {_past(row).key: row for row in result.rows}
    then = {row.key: row for row in past.rows}
    pairs: list[tuple[Key, PastRow | None, Row | None]]
    pairs = [(key, old, rows.get(key)) for key, old in then.items() if both.asked_now(old)]
    compared = len(pairs)
    pairs += [(key, None, row) for key, row in rows.items() if key not in then and both.asked_then(row)]
    units = {key: both.units(key[:2]) for key, _, _ in pairs}
    differ = [(key, old, row) for key, old, row in pairs if differs(old, row, units[key] is not None)]
    back = _as_of_then(past, result, now, [(old, row) for _, old, row in differ])
    others: list[Cause] = ["late_rows"] if new or changed or gone else []
    others += [name for name in sorted(past.rest) if now.rest[name] != past.rest[name]]
    order = {key: number for number, key in enumerate([*rows, *then])}
    cells = []
    for key, old, row in sorted(differ, key=lambda pair: order[pair[0]]):
        before, after = None if old is None else old.cell, None if row is None else cell(row)
        why: tuple[Cause, ...]
        if key[:2] not in now.defined:
            why = ("definition",)
        else:
            why = causes(before, after, Back(back, key), others, units[key] is not None, both.judged_from(key[:2]))
        shown = old if old is not None else _past(row) if row is not None else None
        cells.append(
            Restated(
                metric=key[0],
                variant=key[1],
                every=key[2],
                start=key[3],
                end=key[4],
                by={} if shown is None else shown.by,
                then=before,
                now=after,
                causes=why or ("unknown",),
                final=before is None or before.immature == 0,
                unit=None if before is None else units[key] or both.unit_lost(key[:2]),
            )
        )
    return Restatement(past.path, past.as_of, new, changed, gone, tuple(cells), compared, both.uncompared())


def _as_of_then(
    past: Past, result: Result, now: Now, differ: Sequence[tuple[PastRow | None, Row | None]]
) -> Mapping[Key, PastCell] | None:
    """Today's data as of then; None where that is as of now, or tells nothing."""
    if past.as_of == _naive(result.as_of) or all(redefined(old, row) for old, row in differ):
        return None
    try:
        back = now.again(f"{past.as_of.isoformat()}Z")
    except UserError:
        # Nothing of today's data is as old as that.
        return {}
    return {_past(row).key: cell(row) for row in back.rows}


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


def moved(then: Iterable[Hashed], now: Iterable[Hashed]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The files that came, that changed, and that went, by content: one that was only renamed did none of it.

    A second copy of a file came, though its content was there: its records may count twice.
    """
    before, after = {one.path: one.sha256 for one in then}, {one.path: one.sha256 for one in now}
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    copies_then, copies_now = Counter(before.values()), Counter(after.values())
    new = {path for path in after.keys() - before.keys() if copies_now[after[path]] > copies_then[after[path]]}
    gone = {path for path in before.keys() - after.keys() if copies_then[before[path]] > copies_now[before[path]]}
    return tuple(sorted(new)), tuple(sorted(changed)), tuple(sorted(gone))
