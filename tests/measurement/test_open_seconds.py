"""``open_seconds`` against a walk through the minutes, on both engines, with clocks that change and nights worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kinds import centre

from cxkpi.catalogue.load import parse
from cxkpi.opening import OpeningHours, by_day

MINUTE = timedelta(minutes=1)
US = timedelta(microseconds=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = Mapping[str, Sequence[tuple[int, int]]]


def walked(opened: datetime, closed: datetime, zone: str, hours: Hours, holidays: Sequence[date]) -> float:
    """Seconds between two UTC instants whose local minute lies in the hours of its weekday, holidays apart.

    ``hours``: minutes from the weekday's beginning, which go beyond 24 hours where a night is worked.
    """
    if closed < opened:
        return -walked(closed, opened, zone, hours, holidays)
    rules, total, minute = ZoneInfo(zone), timedelta(), opened.replace(second=0, microsecond=0)
    while minute < closed:
        shown = minute.replace(tzinfo=UTC).astimezone(rules)
        at, day = 60 * shown.hour + shown.minute, shown.weekday()
        today = any(start <= at < end for start, end in hours.get(DAYS[day], ()))
        since_yesterday = any(start <= at + 1440 < end for start, end in hours.get(DAYS[day - 1], ()))
        if (today or since_yesterday) and shown.date() not in holidays:
            total += min(closed, minute + MINUTE) - max(opened, minute)
        minute += MINUTE
    return total / timedelta(seconds=1)


def clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def catalogue(zone: str, hours: Hours, holidays: Sequence[date]) -> Any:
    week = "".join(
        f"\n    {day}: [{', '.join(f'{clock(a)}-24:00' if b == 1440 else f'{clock(a)}-{clock(b)}' for a, b in of)}]"
        for day, of in hours.items()
    )
    closed = f"\n  holidays: [{', '.join(str(day) for day in holidays)}]" if holidays else ""
    return parse(
        f"cxkpi: 1\ncalendar:\n  timezone: {zone}\n  hours:{week}{closed}\nmetrics:\n"
        "  waited: {kind: total, from: cases, unit: seconds, sum: 'open_seconds(opened_at, closed_at)'}\n",
        "hours.yaml",
    )


def measured(defined: Any, pairs: Sequence[tuple[datetime, datetime]], engine: str) -> list[float]:
    """Each pair's opening time, as cxkpi adds it up for its case alone."""
    cases = [
        {"case_id": str(at), "priority": f"{at:03d}", "opened_at": opened, "closed_at": closed}
        for at, (opened, closed) in enumerate(pairs)
    ]
    rows = centre.ask(defined, {"cases": cases}, "waited", engine=engine, by=["priority"])
    found = {row.by["priority"]: row.value for row in rows if row.by}
    return [float(found[f"{at:03d}"] or 0) for at in range(len(pairs))]


@st.composite
def week(draw: st.DrawFn) -> Hours:
    """Hours of some weekdays: up to two stretches, the last of which may go on into the next, closed, morning."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at, day in enumerate(DAYS):
        cuts = sorted(draw(st.sets(st.integers(0, 1440), max_size=4)))
        found[day] = [*zip(cuts[::2], cuts[1::2], strict=False)]
        night = draw(st.booleans()) and not draw(st.booleans())
        if night and (not found[day] or found[day][-1][1] < 1300) and at % 2 == 0:
            found[day].append((1320, 1440 + draw(st.integers(1, 400))))
    for at, day in enumerate(DAYS):
        over = max([end for _, end in found[DAYS[at - 1]]], default=0) - 1440
        found[day] = [(start, end) for start, end in found[day] if start >= over]
    kept = {day: stretches for day, stretches in found.items() if stretches}
    return kept or {"mon": [(480, 1080)]}


# Around the nights on which clocks change in these zones, half-hour steps and a change at midnight among them.
ZONES = {
    "Europe/London": [datetime(2026, 3, 29), datetime(2026, 10, 25), datetime(2026, 7, 1)],
    "America/New_York": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4), datetime(2026, 10, 3)],
    "America/Santiago": [datetime(2026, 4, 5), datetime(2026, 9, 6)],
    "Asia/Kathmandu": [datetime(2026, 5, 5)],
}


@st.composite
def situation(draw: st.DrawFn) -> tuple[str, Hours, list[date], list[tuple[datetime, datetime]]]:
    zone = draw(st.sampled_from(sorted(ZONES)))
    around = draw(st.sampled_from(ZONES[zone]))
    seconds = st.integers(-2 * 86_400_000_000, 2 * 86_400_000_000)
    pairs = draw(st.lists(st.tuples(seconds, seconds), min_size=1, max_size=6))
    holidays = draw(st.lists(st.integers(-3, 3), max_size=2, unique=True))
    return (
        zone,
        draw(week()),
        [around.date() + timedelta(days=at) for at in holidays],
        [(around + a * US, around + b * US) for a, b in pairs],
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(situation())
def test_the_walk_and_both_engines_agree_to_the_microsecond(
    case: tuple[str, Hours, list[date], list[tuple[datetime, datetime]]],
) -> None:
    zone, hours, holidays, pairs = case
    expected = [walked(opened, closed, zone, hours, holidays) for opened, closed in pairs]
    defined = catalogue(zone, hours, holidays)
    for engine in centre.ENGINES:
        assert measured(defined, pairs, engine) == pytest.approx(expected, rel=0, abs=5e-7), engine


def london(text: str) -> datetime:
    return centre.utc(text)


# Worked by hand. The clocks in London go forward at 01:00 on 29 March 2026 and back at 02:00 on 25 October.
NIGHT: Hours = {day: [(1320, 1800)] for day in DAYS}
OFFICE: Hours = {day: [(480, 1080)] for day in DAYS[:5]}


@pytest.mark.parametrize(
    ("hours", "holidays", "opened", "closed", "seconds"),
    [
        (OFFICE, [], "2026-01-09 17:30", "2026-01-12 08:30", 3600),
        (OFFICE, [], "2026-01-10 10:00", "2026-01-11 10:00", 0),
        (OFFICE, [], "2026-01-12 08:30", "2026-01-09 17:30", -3600),
        (OFFICE, [date(2026, 1, 12)], "2026-01-09 17:30", "2026-01-13 08:30", 3600),
        # A night of eight hours by the clock lasts seven when an hour is skipped, and nine when one is shown twice.
        (NIGHT, [], "2026-03-28 12:00", "2026-03-29 12:00", 7 * 3600),
        (NIGHT, [], "2026-10-24 12:00", "2026-10-25 12:00", 9 * 3600),
        # A holiday is closed from midnight to midnight: of the nights around it one part each is left.
        (NIGHT, [date(2026, 1, 6)], "2026-01-05 12:00", "2026-01-07 12:00", 2 * 3600 + 6 * 3600 + 2 * 3600 - 2 * 3600),
        ({day: [(0, 1440)] for day in DAYS}, [], "2026-03-29 00:00", "2026-03-30 00:00", 23 * 3600),
        ({day: [(0, 1440)] for day in DAYS}, [], "2026-10-25 00:00", "2026-10-26 00:00", 25 * 3600),
    ],
)
@pytest.mark.parametrize("engine", centre.ENGINES)
def test_worked_by_hand(
    hours: Hours, holidays: list[date], opened: str, closed: str, seconds: float, engine: str
) -> None:
    defined = catalogue("Europe/London", hours, holidays)
    assert measured(defined, [(london(opened), london(closed))], engine) == [seconds]


def test_a_null_end_is_missing_and_not_zero() -> None:
    defined = catalogue("Europe/London", OFFICE, [])
    case = {"case_id": "1", "opened_at": london("2026-01-09 17:30"), "closed_at": None}
    done = {"case_id": "2", "opened_at": london("2026-01-09 17:00"), "closed_at": london("2026-01-09 17:10")}
    for engine in centre.ENGINES:
        row = centre.one(defined, {"cases": [case, done]}, "waited", engine=engine)
        assert (row.value, row.n, row.missing) == (600, 1, 1)


@pytest.mark.parametrize("engine", centre.ENGINES)
def test_arguments_may_be_worked_out_and_stand_anywhere(engine: str) -> None:
    defined = parse(
        """
cxkpi: 1
calendar: {timezone: Europe/London, hours: {mon-fri: "08:00-18:00"}}
fields:
  cases:
    answer_s: open_seconds(opened_at, coalesce(first_reply_at, closed_at))
metrics:
  in_time:
    kind: share
    from: cases
    where: opened_at < timestamp '2026-01-12 00:00'
    meets: answer_s <= 3600 or open_seconds(opened_at + interval '48 hours', closed_at) < 0
  overdue:
    kind: share
    from: invitations
    meets: open_seconds(contact.ended_at, responded_at) > 3600
  waiting_long:
    kind: total
    from: cases
    where: open_seconds(opened_at, closed_at) > 3600
    count: rows
""",
        "hours.yaml",
    )
    cases = [
        {"case_id": "1", "opened_at": london("2026-01-09 17:30"), "closed_at": london("2026-01-12 08:10")},
        {"case_id": "2", "opened_at": london("2026-01-09 12:00"), "first_reply_at": london("2026-01-09 14:00"),
         "closed_at": london("2026-01-13 08:10")},
    ]  # fmt: skip
    assert centre.one(defined, {"cases": cases}, "in_time", engine=engine).value == 0.5
    assert centre.one(defined, {"cases": cases}, "waiting_long", engine=engine).value == 1
    tables = {
        "contacts": [{"contact_id": "c", "ended_at": london("2026-01-09 17:30")}],
        "invitations": [{"invitation_id": "i", "contact_id": "c", "sent_at": london("2026-01-09 17:40"),
                         "responded_at": london("2026-01-12 08:20")}],
    }  # fmt: skip
    assert centre.one(defined, tables, "overdue", engine=engine).value == 0.0


def test_days_add_up_whatever_the_clocks_do() -> None:
    hours = OpeningHours("Europe/London", tuple(((0, 1440),) for _ in DAYS))
    days = by_day(hours, date(2026, 1, 1), date(2026, 12, 31))
    assert days["before"].diff().drop_nulls().unique().to_list() == [86_400_000_000]
    assert days["length0"].unique().to_list() == [86_400_000_000]


def definition(text: str, name: str) -> str:
    defined = parse(
        f"cxkpi: 1\ncalendar: {{timezone: Europe/London, {text}}}\nmetrics:\n"
        "  waited: {kind: total, from: cases, unit: seconds, sum: 'open_seconds(opened_at, closed_at)'}\n"
        "  cases: {kind: total, from: cases, count: rows}\n",
        "hours.yaml",
    )
    return defined.metrics[(name, None)].definition


def test_hours_and_holidays_are_part_of_what_a_metric_means_that_counts_them() -> None:
    plain = 'hours: {mon-fri: "08:00-18:00"}'
    same = 'hours: {mon: ["08:00-18:00"], tue-friday: "8:00 - 18:00"}, holidays: []'
    others = ['hours: {mon-fri: "08:00-18:30"}', f"{plain}, holidays: [2026-12-25]"]
    assert definition(plain, "waited") == definition(same, "waited")
    assert len({definition(text, "waited") for text in [plain, *others]}) == 3
    assert len({definition(text, "cases") for text in [plain, *others, f"{plain}, week_starts: sunday"]}) == 1
