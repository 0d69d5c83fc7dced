"""The truth about the demo centre's headline KPIs, counted from the rows as they are written.

This module shares no code with the part of the package that reads files and computes KPIs, so that the two can be
held against each other. It sees every accepted row once, in order of its start, and keeps only what it still needs:
sums per month, sums per agent and week, and the contacts of the last seven days.

Definitions, in local time of Europe/London; durations are whole milliseconds and every division is the last step:

- ``handled``: not abandoned, and somebody answered.
- ``aht``: talk + hold + wrap over handled contacts, by month of the end; an unknown part takes the contact out
  (``missing``).
- ``fcr``: handled inbound contacts with a known customer and reason. Resolved unless a later row of the same customer
  and reason, whatever its direction, starts after the end and no later than seven days (604,800 s) after it. Judged
  once these seven days lie before as_of and before the newest instant of the contacts; the rest are ``immature``.
- ``csat``: share of scores of 4 or more; ``ces``: mean score; by month of the end of the contact, else of the
  response.
- ``turnover``: leavers over mean headcount by person-days in the 12 months that end with the month, the last day of
  employment included; a new spell within a day continues the old one. ``total`` is that of the months of the
  contacts, times 12 over their number.
- ``speed_to_competency``: Kaplan-Meier median of days from hire to the Monday after the third of three consecutive
  weeks with at least five contacts, aht of at most 420 s and a QA score of at least 85 %; cohorts as for turnover.
  People hired before the first contact cannot be observed from the start and are left out (``missing``). Whoever is
  not there yet is censored: at the last day of employment, else at as_of, but at the start of a run that is still
  open in the last full week.

A record of a file is a line of data, title, prompt or footer (a quoted line break does not end it); the heading row
and blank lines are none. Titles, footers and the second and third heading row of Qualtrics are ``skipped``.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

WEEK_S = 7 * 86400
AHT_GOAL_MS = 420_000
LEAST_CONTACTS = 5
RUN = 3

Cell = dict[str, "float | int | None"]


@dataclass(slots=True)
class FileCount:
    """What became of the records of one file."""

    accepted: int = 0
    superseded: int = 0
    rejected: int = 0
    skipped: int = 0
    blanked: int = 0

    @property
    def records(self) -> int:
        return self.accepted + self.superseded + self.rejected + self.skipped


@dataclass(slots=True)
class _Sum:
    n: int = 0
    total: int = 0
    missing: int = 0


def _sums() -> dict[date, _Sum]:
    return defaultdict(_Sum)


@dataclass(slots=True)
class _Judged:
    n: int = 0
    resolved: int = 0


@dataclass(slots=True, eq=False)
class _Waiting:
    """A judged contact whose seven days are not over: when it ended, in which month, and whether it was repeated."""

    ended: int
    month: date
    key: tuple[str, str]
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Employment:
    """A spell of the roster: first and last day; ``left`` is None where no last day is written."""

    agent_id: str
    hired: date
    left: date | None


@dataclass(slots=True)
class _Week:
    n: int = 0
    ms: int = 0
    points: int = 0
    available: int = 0

    def qualifies(self) -> bool:
        return (
            self.n >= LEAST_CONTACTS
            and self.ms <= AHT_GOAL_MS * self.n
            and self.available > 0
            and self.points * 100 >= self.available * 85
        )


def _number(value: Fraction | int | None) -> float | int | None:
    """A whole number as it is, another as a double with 12 significant digits."""
    if value is None or value == int(value):
        return None if value is None else int(value)
    return float(f"{float(value):.12g}")


def _cell(value: Fraction | None, n: int, numerator: Fraction | int, denominator: Fraction | int | None) -> Cell:
    return {
        "value": None if value is None else float(f"{float(value):.12g}"),
        "n": n,
        "numerator": _number(numerator),
        "denominator": _number(denominator),
        "immature": 0,
    }


def _next_month(month: date, by: int = 1) -> date:
    count = month.year * 12 + month.month - 1 + by
    return date(count // 12, count % 12 + 1, 1)


def joined(rows: Iterable[Employment]) -> list[Employment]:
    """Spells with those that follow within a day joined to the one before."""
    spells: list[Employment] = []
    for row in sorted(rows, key=lambda row: (row.agent_id, row.hired)):
        last = spells[-1] if spells else None
        if last and last.agent_id == row.agent_id and last.left and (row.hired - last.left).days <= 1:
            spells[-1] = Employment(row.agent_id, last.hired, row.left)
        else:
            spells.append(row)
    return spells


def median(durations: Sequence[tuple[int, bool]]) -> tuple[int | None, int]:
    """First day by which half have had the event (Kaplan-Meier, exact), and the number of events.

    ``durations``: days, and whether the event ended them. An exit on day t is still at risk on day t.
    """
    at_risk = len(durations)
    events = sum(happened for _, happened in durations)
    survival = Fraction(1)
    for day in sorted({days for days, _ in durations}):
        here = [happened for days, happened in durations if days == day]
        survival *= 1 - Fraction(sum(here), at_risk)
        if survival <= Fraction(1, 2):
            return day, events
        at_risk -= len(here)
    return None, events


@dataclass(slots=True)
class Truth:
    """The running count; ``start`` and ``end`` are the first day of the data and the first day after it."""

    start: date
    end: date
    files: dict[str, FileCount] = field(default_factory=dict)
    _aht: dict[date, _Sum] = field(default_factory=_sums)
    _judged: dict[date, _Judged] = field(default_factory=lambda: defaultdict(_Judged))
    _csat: dict[date, _Sum] = field(default_factory=_sums)
    _ces: dict[date, _Sum] = field(default_factory=_sums)
    _weeks: dict[tuple[str, date], _Week] = field(default_factory=lambda: defaultdict(_Week))
    _open: dict[tuple[str, str], list[_Waiting]] = field(default_factory=dict)
    _window: deque[_Waiting] = field(default_factory=deque)
    _day: date = date.min
    _month: date = date.min
    _monday: date = date.min
    _newest: int = 0
    _through: int = 0
    _last_start: int = 0
    _first_day: date | None = None

    def file(self, name: str) -> FileCount:
        """The count of one file, for the writer to add to."""
        return self.files.setdefault(name, FileCount())

    def seen(self, instant: int) -> None:
        """An event happened at this UTC second: as_of is the newest."""
        self._newest = max(self._newest, instant)

    def contact(
        self,
        day: date,
        started: int,
        ended: int,
        agent_id: str,
        customer: str,
        reason: str,
        inbound: bool,
        handled: bool,
        talk_ms: int | None,
        hold_ms: int,
        wrap_ms: int,
    ) -> None:
        """One accepted contact that started and ended on ``day``: UTC seconds, empty text where nothing is known."""
        if started < self._last_start:
            raise ValueError("contacts must come in order of their start")
        self._last_start = started
        if day is not self._day:
            self._turn(day, started)
        self._through = max(self._through, ended)
        if customer and reason:
            self._repeat(started, ended, (customer, reason), inbound and handled)
        if not handled:
            return
        total = self._aht[self._month]
        if talk_ms is None:
            total.missing += 1
            return
        handle = talk_ms + hold_ms + wrap_ms
        total.n += 1
        total.total += handle
        if agent_id:
            week = self._weeks[agent_id, self._monday]
            week.n += 1
            week.ms += handle

    def _turn(self, day: date, started: int) -> None:
        self._day = day
        self._month = day.replace(day=1)
        self._monday = day - timedelta(days=day.weekday())
        if self._first_day is None:
            self._first_day = day
        while self._window and self._window[0].ended + WEEK_S < started:
            self._judge(self._window.popleft())

    def _judge(self, row: _Waiting) -> None:
        judged = self._judged[row.month]
        judged.n += 1
        judged.resolved += not row.repeated
        self._forget(row)

    def _forget(self, row: _Waiting) -> None:
        waiting = self._open.get(row.key)
        if waiting and row in waiting:
            waiting.remove(row)
            if not waiting:
                del self._open[row.key]

    def _repeat(self, started: int, ended: int, key: tuple[str, str], judged: bool) -> None:
        waiting = self._open.get(key)
        if waiting:
            still = []
            for row in waiting:
                if row.ended < started:
                    row.repeated = started <= row.ended + WEEK_S
                else:
                    still.append(row)
            if still:
                self._open[key] = still
            else:
                del self._open[key]
        if judged:
            row = _Waiting(ended, self._month, key)
            self._open.setdefault(key, []).append(row)
            self._window.append(row)

    def response(self, of: date, csat: int | None, ces: int | None) -> None:
        """The answers of one accepted response; ``of`` is the day they are counted on."""
        month = of.replace(day=1)
        if csat is not None:
            total = self._csat[month]
            total.n += 1
            total.total += csat >= 4
        if ces is not None:
            total = self._ces[month]
            total.n += 1
            total.total += ces

    def evaluation(self, agent_id: str, scored: date, points: int, available: int) -> None:
        """One accepted section of an evaluation."""
        if agent_id:
            week = self._weeks[agent_id, scored - timedelta(days=scored.weekday())]
            week.points += points
            week.available += available

    def close(self, roster: Sequence[Employment], as_of_day: date, seed: int) -> dict[str, object]:
        """The whole truth. ``as_of_day`` is the local date of as_of, a midnight: the days before it have passed."""
        self.seen(self._through)
        immature = self._finish()
        months = []
        month = self.start
        while month < self.end:
            months.append(month)
            month = _next_month(month)
        spells = joined(roster)
        durations = self._durations(spells, as_of_day)
        first = self._first_day or self.start
        kpis: dict[str, dict[str, Cell]] = {
            "fcr": _monthly(months, lambda some: _fcr(some, self._judged, immature)),
            "csat": _monthly(months, lambda some: _mean(some, self._csat, 1)),
            "ces": _monthly(months, lambda some: _mean(some, self._ces, 1)),
            "aht": _monthly(months, lambda some: _mean(some, self._aht, 1000)),
            "turnover": _rolling(months, self.end, lambda a, b: _turnover(spells, a, b, as_of_day)),
            "speed_to_competency": _rolling(months, self.end, lambda a, b: _speed(spells, durations, first, a, b)),
        }
        return {
            "as_of": datetime.fromtimestamp(self._newest, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "through": {"contacts": datetime.fromtimestamp(self._through, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")},
            "seed": seed,
            "files": {
                name: {
                    "records": count.records,
                    "accepted": count.accepted,
                    "superseded": count.superseded,
                    "rejected": count.rejected,
                    "skipped": count.skipped,
                    "blanked": count.blanked,
                }
                for name, count in sorted(self.files.items())
            },
            "kpis": kpis,
        }

    def _finish(self) -> dict[date, int]:
        """Judge what can be judged at the end; the number of contacts per month that cannot."""
        limit = min(self._newest, self._through)
        immature: dict[date, int] = {}
        for row in self._window:
            if row.ended + WEEK_S <= limit:
                self._judge(row)
            else:
                immature[row.month] = immature.get(row.month, 0) + 1
        self._window.clear()
        return immature

    def _durations(self, spells: Sequence[Employment], as_of: date) -> dict[Employment, tuple[int, bool]]:
        """Days from hire to competency (True), or to the day up to which that was not seen (False)."""
        return {spell: _until_competent(spell, self._weeks, as_of) for spell in spells}


def _monthly(months: Sequence[date], count: Callable[[Sequence[date]], Cell]) -> dict[str, Cell]:
    cells = {f"{month:%Y-%m}": count([month]) for month in months}
    return {**cells, "total": count(months)}


def _rolling(months: Sequence[date], end: date, count: Callable[[date, date], Cell]) -> dict[str, Cell]:
    cells = {f"{month:%Y-%m}": count(_next_month(month, -11), _next_month(month)) for month in months}
    # The total is one period over everything; its window, too, is the twelve months that end with it.
    return {**cells, "total": count(_next_month(end, -12), end)}


def _mean(months: Sequence[date], sums: Mapping[date, _Sum], grain: int) -> Cell:
    parts = [sums[month] for month in months if month in sums]
    n = sum(part.n for part in parts)
    numerator = Fraction(sum(part.total for part in parts), grain)
    cell = _cell(numerator / n if n else None, n, numerator, n)
    cell["missing"] = sum(part.missing for part in parts)
    return cell


def _fcr(months: Sequence[date], judged: Mapping[date, _Judged], immature: Mapping[date, int]) -> Cell:
    n = sum(judged[month].n for month in months if month in judged)
    resolved = sum(judged[month].resolved for month in months if month in judged)
    cell = _cell(Fraction(resolved, n) if n else None, n, resolved, n)
    cell["immature"] = sum(immature.get(month, 0) for month in months)
    return cell


def _turnover(spells: Iterable[Employment], first: date, after: date, as_of: date) -> Cell:
    """Leavers per mean head, a year's worth; ``after`` is the first day behind the window."""
    until = min(after, as_of)
    days = (until - first).days
    months = (after.year - first.year) * 12 + after.month - first.month
    leavers, person_days = 0, 0
    people: set[str] = set()
    for spell in spells:
        gone = spell.left + timedelta(days=1) if spell.left else until
        present = (min(gone, until) - max(spell.hired, first)).days
        if present > 0:
            person_days += present
            people.add(spell.agent_id)
        leavers += spell.left is not None and first <= spell.left < until
    mean = Fraction(person_days, days)
    cell = _cell(leavers / mean * Fraction(12, months) if mean else None, len(people), leavers, mean)
    cell["person_days"] = person_days
    cell["days"] = days
    return cell


def _until_competent(spell: Employment, weeks: Mapping[tuple[str, date], _Week], as_of: date) -> tuple[int, bool]:
    left = spell.left if spell.left is not None and spell.left < as_of else None
    monday = spell.hired - timedelta(days=spell.hired.weekday())
    run = 0
    while monday + timedelta(days=7) <= as_of:
        week = weeks.get((spell.agent_id, monday))
        run = run + 1 if week is not None and week.qualifies() else 0
        monday += timedelta(days=7)
        if run == RUN:
            if left is not None and monday > left:
                break
            return (monday - spell.hired).days, True
    last = left or as_of
    if 0 < run < RUN:
        last = min(last, max(spell.hired, monday - timedelta(days=7 * run)))
    return (last - spell.hired).days, False


def _speed(
    spells: Iterable[Employment],
    durations: Mapping[Employment, tuple[int, bool]],
    first_contact: date,
    first: date,
    after: date,
) -> Cell:
    hired = [spell for spell in spells if first <= spell.hired < after]
    cohort = [durations[spell] for spell in hired if spell.hired >= first_contact]
    value, events = median(cohort)
    cell = _cell(None if value is None else Fraction(value), len(cohort), events, None)
    cell["censored"] = len(cohort) - events
    cell["missing"] = len(hired) - len(cohort)
    return cell
