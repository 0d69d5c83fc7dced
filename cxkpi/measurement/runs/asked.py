"""What two runs were both asked for, and what only one of them: a metric, a period, a dimension.

What only one was asked for is not compared, and told of as that. What both were asked for and only one has is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from cxkpi.calendar import is_complete
from cxkpi.measurement.runs.recorded import Asked, Asking, Hashed, Metric, Past, PastRow
from cxkpi.result import Cause, Result, Row, Uncompared


@dataclass(frozen=True, slots=True)
class Now:
    """The run of now beside its Result: what it was asked for, what it rests on.

    ``defined``: every metric of its catalogue. ``rest`` is as in :class:`Past`. ``again`` measures today's data as of
    another instant, with every period up to then; it is called where that tells why.
    """

    asking: Asking
    defined: frozenset[Metric]
    inputs: Sequence[Hashed]
    rest: Mapping[Cause, object]
    again: Callable[[str], Result]


class Both:
    """What both runs were asked for, and what only one of them."""

    def __init__(self, past: Past, result: Result, now: Now) -> None:
        self._past, self._result, self._now = past, result, now
        self._metrics_then = _by_key(past.asking.metrics)
        self._metrics_now = _by_key(now.asking.metrics)
        self._known = set(self._metrics_then) or {(row.metric, row.variant) for row in past.rows}
        self._since_then = _oldest((row.start for row in past.rows), past.asking.last)
        complete = (row.period.start for row in result.rows if row.period.complete)
        self._since_now = _oldest(complete, now.asking.last)

    def asked_now(self, old: PastRow) -> bool:
        return self._metric_now((old.metric, old.variant)) and self._period_now(old) and _cut(old.by, self._now.asking)

    def asked_then(self, row: Row) -> bool:
        return row.key in self._known and self._over(row) and self._period_then(row) and _cut(row.by, self._past.asking)

    def _metric_now(self, key: Metric) -> bool:
        """Whether the run of now was asked for a metric; also if the catalogue it was asked by has it no longer."""
        then, now = self._past.asking, self._now.asking
        same = then.default and now.default and (now.everything or not then.everything)
        return key in self._metrics_now or (same and key not in self._now.defined)

    def _period_now(self, old: PastRow) -> bool:
        if old.every == "all":
            # All there is has other days as soon as another day is there.
            return any((row.period.start, row.period.end) == (old.start, old.end) for row in self._result.rows)
        return _within(old.start, old.end, self._now.asking, self._since_now)

    def _period_then(self, row: Row) -> bool:
        period = row.period
        if period.every == "all":
            return any((old.start, old.end) == (period.start, period.end) for old in self._past.rows)
        return _within(period.start, period.end, self._past.asking, self._since_then)

    def _over(self, row: Row) -> bool:
        """Whether the period is over, and was at the present of then."""
        past, zone = self._past, self._result.timezone
        return row.period.complete and is_complete(row.period.end, past.as_of, past.as_of_from_data, zone)

    def units(self, key: Metric) -> str | None:
        """The unit of then, where it is another one now."""
        then, now = self._metrics_then.get(key), self._metrics_now.get(key)
        return None if then is None or now is None or then.unit == now.unit else then.unit

    def unit_lost(self, key: Metric) -> str | None:
        """The unit of then, where nothing says now what it is."""
        then = self._metrics_then.get(key)
        return None if then is None or key in self._result.metrics else then.unit

    def judged_from(self, key: Metric) -> bool:
        """Whether another n is asked of what is judged."""
        then, now = self._metrics_then.get(key), self._metrics_now.get(key)
        return then is not None and now is not None and then.min_n != now.min_n

    def uncompared(self) -> tuple[Uncompared, ...]:
        """What only one of the two was asked for, as far as it has numbers of it."""
        old = [one for one in self._past.rows if one.cell.n]
        new = [row for row in self._result.rows if row.n and self._over(row)]
        metrics_then = [one for one in old if not self._metric_now((one.metric, one.variant))]
        metrics_now = [row for row in new if row.key not in self._known]
        found = [
            Uncompared("metric", _titles((one.metric, one.variant) for one in metrics_then), "then"),
            Uncompared("metric", _titles(row.key for row in metrics_now), "now"),
        ]
        old = [one for one in old if self._metric_now((one.metric, one.variant))]
        new = [row for row in new if row.key in self._known]
        periods_then = [(one.start, one.end) for one in old if not self._period_now(one)]
        periods_now = [(row.period.start, row.period.end) for row in new if not self._period_then(row)]
        found += [
            Uncompared("period", _periods(periods_then), "then"),
            Uncompared("period", _periods(periods_now), "now"),
        ]
        by_then = [one.by for one in old if self._period_now(one) and not _cut(one.by, self._now.asking)]
        by_now = [row.by for row in new if self._period_then(row) and not _cut(row.by, self._past.asking)]
        found += [Uncompared("by", _names(by_then), "then"), Uncompared("by", _names(by_now), "now")]
        return tuple(one for one in found if one.names)


def _oldest(starts: Iterable[date], last: int | None) -> date | None:
    """The first day that is asked about, where only the newest periods are; None where there are no more of them."""
    found = set(starts)
    return min(found) if last is not None and len(found) >= last else None


def _by_key(metrics: Iterable[Asked] | None) -> dict[Metric, Asked]:
    return {one.key: one for one in metrics or ()}


def _within(start: date, end: date, asking: Asking, oldest: date | None) -> bool:
    first = max((day for day in (asking.since, oldest) if day is not None), default=start)
    return start >= first and (asking.until is None or end <= asking.until)


def _cut(by: Mapping[str, str | None], asking: Asking) -> bool:
    """Whether a question has a place for the number: it is the whole, or cut by the same dimensions."""
    return not by or by.keys() == asking.by


def _titles(keys: Iterable[Metric]) -> tuple[str, ...]:
    named = (name if variant is None else f"{name}.{variant}" for name, variant in keys)
    return tuple(dict.fromkeys(named))


def _periods(found: Iterable[tuple[date, date]]) -> tuple[str, ...]:
    return tuple(f"{start}/{end}" for start, end in sorted(set(found)))


def _names(found: Sequence[Mapping[str, str | None]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for by in found for name in by))
