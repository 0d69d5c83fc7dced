"""From figures to verdicts: status and its reason, change and whether it is significant, guards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from cxkpi.calendar import midnight_utc
from cxkpi.kinds.base import Figure
from cxkpi.kinds.definition import Limits, Metric
from cxkpi.measurement.computing.goals import goal_of, shortfall, verdict
from cxkpi.measurement.computing.periods import Span
from cxkpi.result import Change, Every, Period, Reason, Row, Status
from cxkpi.stats.intervals import mover_difference


def rounded(value: float | None) -> float | None:
    """12 significant digits: what every number has when it enters the Result. A count stays whole."""
    return value if value is None or isinstance(value, int) else float(f"{value:.12g}")


def _rounded_pair(pair: tuple[float, float] | None) -> tuple[float, float] | None:
    low, high = pair or (None, None)
    low, high = rounded(low), rounded(high)
    return None if low is None or high is None else (low, high)


def row(
    metric: Metric,
    by: Mapping[str, str | None],
    figure: Figure,
    span: Span,
    every: Every,
    judged_until: datetime | None,
    zone: str,
    *,
    covered: bool = True,
) -> Row:
    """One figure as a row, with its status; the change is added when the period before is known.

    ``covered``: whether the data are there for the whole of the cell's window; if not it is judged like a part.
    """
    value = rounded(figure.value)
    waiting = judged_until is not None and midnight_utc(span.end, zone) > judged_until
    target, alarm = goal_of(metric, by, span.start)
    status, reason = _status(metric, figure, (target, alarm), value, (span.complete, covered), waiting)
    low, high = rounded(figure.low), rounded(figure.high)
    return Row(
        metric=metric.name,
        variant=metric.variant,
        kind=metric.kind,
        definition=metric.definition,
        unit=metric.unit,
        better=metric.better,
        period=Period(every, span.start, span.end, span.complete, judged_until, span.label),
        by=by,
        value=value,
        low=low,
        high=high,
        confidence=metric.confidence if low is not None or high is not None else None,
        bounds=_rounded_pair(figure.bounds),
        n=figure.n,
        numerator=rounded(figure.numerator),
        denominator=rounded(figure.denominator),
        immature=figure.immature,
        missing=figure.missing,
        censored=figure.censored,
        target=target,
        alarm=alarm,
        status=status,
        reason=reason,
        change=None,
        notes=figure.notes,
    )


def _status(
    metric: Metric,
    figure: Figure,
    goal: tuple[Limits | None, Limits | None],
    value: float | None,
    whole: tuple[bool, bool],
    waiting: bool,
) -> tuple[Status | None, Reason | None]:
    if value is None:
        return None, "immature" if figure.immature and figure.reason == "empty" else figure.reason or "empty"
    complete, covered = whole
    if not complete:
        return None, "partial"
    if waiting or figure.immature:
        return None, "immature"
    if not covered:
        return None, "partial"
    if goal == (None, None):
        return None, "no_target"
    if figure.n < metric.min_n:
        return None, "too_few"
    status = verdict(metric, *goal, value)
    return status, "no_target" if status is None else None


def with_change(now: Row, before: Row | None, start: date | None, *, overlapping: bool) -> Row:
    """The row with its change against an earlier period of the same length and definition.

    There is none where either is unjudged or empty. ``overlapping``: both read rows in common (rolled windows), so the
    two intervals say nothing about the difference.
    """
    if before is None or start is None or not (_settled(now) and _settled(before)):
        return now
    if now.definition != before.definition:
        return now
    if now.value is None or before.value is None:
        return now
    change = Change(
        period=start,
        before=before.value,
        difference=rounded(now.value - before.value) or 0.0,
        significant=None if overlapping else _significant(now, before),
    )
    return replace(now, change=change)


def _settled(row: Row) -> bool:
    return row.period.complete and row.reason not in ("immature", "partial")


def _significant(now: Row, before: Row) -> bool | None:
    sides = (now.value, now.low, now.high, before.value, before.low, before.high)
    numbers = [side for side in sides if side is not None]
    if len(numbers) != len(sides):
        return None
    low, high = mover_difference(*numbers)
    return low > 0 or high < 0


def guarded(row: Row, guards: Mapping[str, Row]) -> Row:
    """The row, with a note where it improved while a metric it guards against got significantly worse.

    An improvement within chance is none, and nothing was paid for it; where chance cannot be told, the note stands.
    """
    if not _went(row, better=True) or (row.change is not None and row.change.significant is False):
        return row
    worse = [
        name
        for name, guard in guards.items()
        if _went(guard, better=False) and guard.change and guard.change.significant
    ]
    if not worse:
        return row
    return replace(row, notes=(*row.notes, f"improved while {', '.join(worse)} got significantly worse"))


def _went(row: Row, *, better: bool) -> bool:
    if row.change is None or row.value is None or not row.change.difference:
        return False
    now, before = (shortfall(row.better, row.target, value) for value in (row.value, row.change.before))
    if now is None or before is None:
        return False
    return now < before if better else now > before
