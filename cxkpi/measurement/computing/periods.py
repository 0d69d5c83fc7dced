"""Which periods a question is about, and the window of days behind each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from cxkpi.calendar import Calendar, is_complete
from cxkpi.kinds.base import Window
from cxkpi.kinds.definition import Duration
from cxkpi.kinds.rows import Data
from cxkpi.result import Every

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One period: its days, whether it is complete, and the days its change is against, if any.

    ``label``: what a fiscal period is called.
    """

    start: date
    end: date
    complete: bool
    before: date | None
    before_end: date | None = None
    label: str | None = None


def asked(
    data: Data,
    calendar: Calendar,
    every: Every,
    first_day: date,
    since: date | None,
    until: date | None,
    last: int | None,
    compare: str,
) -> list[Span]:
    """The periods to show, oldest first.

    A period cut by ``since`` or ``until`` is partial, and its days are cut too.
    """
    begin = since if since is not None else first_day
    end = until if until is not None else data.as_of_day + _DAY
    spans = []
    for start, stop in calendar.periods(begin, end - _DAY, every):
        cut_start = max(start, since) if since is not None else start
        cut_stop = min(stop, until) if until is not None else stop
        spans.append(_span(data, calendar, every, cut_start, cut_stop, (cut_start, cut_stop) == (start, stop), compare))
    if last is not None:
        complete = [span for span in spans if span.complete][-last:] if last else []
        # The running period is shown beside them, also where there is no complete one yet.
        oldest = complete[0].start if complete else spans[-1].start if spans else end
        spans = [span for span in spans if span.start >= oldest]
    return spans


def _span(data: Data, calendar: Calendar, every: Every, start: date, end: date, whole: bool, compare: str) -> Span:
    complete = whole and is_complete(end, data.as_of, data.as_of_from_data, data.zone)
    before = before_end = None
    if complete and every != "all" and compare != "none":
        before, before_end = calendar.compared(start, end, every, a_year=compare == "year")
    return Span(start, end, complete, before, before_end, calendar.label(start, every))


def with_earlier(spans: Sequence[Span], calendar: Calendar, every: Every) -> list[tuple[date, date]]:
    """The days of every period shown, and of those only compared with, oldest first."""
    days = {(span.start, span.end) for span in spans}
    shown = {span.start for span in spans}
    for span in spans:
        if span.before is not None and span.before_end is not None and span.before not in shown:
            days.add((span.before, span.before_end))
    return sorted(days)


def windows(days: Iterable[tuple[date, date]], roll: Duration | None, data: Data) -> tuple[Window, ...]:
    """The window behind each period: its own days, or with ``roll`` the stretch that ends with it."""
    found = []
    for start, end in days:
        first = start if roll is None else data.calendar.window_start(end, roll.amount, roll.unit)
        found.append(Window(first, end, max(first, min(end, data.as_of_day + _DAY))))
    return tuple(found)
