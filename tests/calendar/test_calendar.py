"""Where periods begin and end, and which instants those are, in zones that change their clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi import calendar
from cxkpi.calendar import Calendar, Every

quick = settings(max_examples=80, deadline=None, derandomize=True, database=None)

LONDON = Calendar("Europe/London")
FISCAL = Calendar("Europe/London", week_starts="sunday", year_starts="april")
DAYS = st.dates(date(1990, 1, 1), date(2040, 12, 31))
CALENDARS = st.builds(
    Calendar,
    st.just("Europe/London"),
    st.sampled_from(calendar.WEEKDAYS),
    st.sampled_from(calendar.MONTHS),
)
FIXED: list[Every] = ["day", "week", "month", "quarter", "year"]
# Ordinary, southern, half an hour, skipping midnight, repeating midnight, skipping a whole day.
ZONES = [
    "UTC",
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Apia",
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("cut", "every", "of", "start", "end"),
    [
        (LONDON, "day", "2024-02-28", "2024-02-28", "2024-02-29"),
        (LONDON, "day", "2023-02-28", "2023-02-28", "2023-03-01"),
        (LONDON, "week", "2026-01-01", "2025-12-29", "2026-01-05"),
        (LONDON, "week", "2026-01-05", "2026-01-05", "2026-01-12"),
        (FISCAL, "week", "2026-01-01", "2025-12-28", "2026-01-04"),
        (FISCAL, "week", "2026-01-03", "2025-12-28", "2026-01-04"),
        (LONDON, "month", "2024-02-29", "2024-02-01", "2024-03-01"),
        (LONDON, "month", "2025-12-31", "2025-12-01", "2026-01-01"),
        (LONDON, "quarter", "2026-03-31", "2026-01-01", "2026-04-01"),
        (FISCAL, "quarter", "2026-03-31", "2026-01-01", "2026-04-01"),
        (Calendar("UTC", year_starts="february"), "quarter", "2026-01-31", "2025-11-01", "2026-02-01"),
        (Calendar("UTC", year_starts="december"), "quarter", "2026-02-10", "2025-12-01", "2026-03-01"),
        (LONDON, "year", "2026-07-01", "2026-01-01", "2027-01-01"),
        (FISCAL, "year", "2026-03-31", "2025-04-01", "2026-04-01"),
        (FISCAL, "year", "2026-04-01", "2026-04-01", "2027-04-01"),
    ],
)
def test_the_period_of_a_day(cut: Calendar, every: Every, of: str, start: str, end: str) -> None:
    assert cut.period_start(day(of), every) == day(start)
    assert cut.next_start(day(start), every) == day(end)
    assert cut.previous_start(day(end), every) == day(start)


@quick
@given(CALENDARS, st.sampled_from(FIXED), DAYS)
def test_periods_tile_the_days(cut: Calendar, every: Every, of: date) -> None:
    start = cut.period_start(of, every)
    end = cut.next_start(start, every)
    assert start <= of < end
    assert cut.period_start(start, every) == start
    assert cut.period_start(end - timedelta(days=1), every) == start
    assert cut.period_start(end, every) == end
    assert cut.previous_start(end, every) == start
    assert cut.previous_start(cut.next_start(end, every), every, periods=2) == start


@quick
@given(CALENDARS, DAYS)
def test_years_start_in_their_month_and_hold_four_quarters_of_three_months(cut: Calendar, of: date) -> None:
    start = cut.period_start(of, "year")
    assert calendar.MONTHS[start.month - 1] == cut.year_starts
    quarters = cut.periods(start, cut.next_start(start, "year") - timedelta(days=1), "quarter")
    assert [calendar.whole_months(*quarter) for quarter in quarters] == [3, 3, 3, 3]
    assert quarters[0][0] == start
    assert calendar.WEEKDAYS[cut.period_start(of, "week").weekday()] == cut.week_starts


def test_periods_hold_every_day_asked_for() -> None:
    assert LONDON.periods(day("2026-01-15"), day("2026-03-01"), "month") == [
        (day("2026-01-01"), day("2026-02-01")),
        (day("2026-02-01"), day("2026-03-01")),
        (day("2026-03-01"), day("2026-04-01")),
    ]
    assert LONDON.periods(day("2026-01-15"), day("2026-03-01"), "all") == [(day("2026-01-15"), day("2026-03-02"))]
    assert LONDON.periods(day("2026-01-15"), day("2026-01-14"), "month") == []
    assert LONDON.periods(day("2026-01-15"), day("2026-01-14"), "all") == []


@quick
@given(CALENDARS, st.sampled_from(FIXED), DAYS, st.integers(0, 800))
def test_periods_are_adjacent_and_none_is_idle(cut: Calendar, every: Every, first: date, more: int) -> None:
    last = first + timedelta(days=more)
    found = cut.periods(first, last, every)
    assert all(start <= last and end > first for start, end in found)
    assert [end for _, end in found[:-1]] == [start for start, _ in found[1:]]
    assert found[0][0] <= first
    assert last < found[-1][1]


@pytest.mark.parametrize(
    ("every", "start", "before"),
    [
        ("day", "2024-02-29", "2023-02-28"),
        ("day", "2026-07-01", "2025-07-01"),
        ("week", "2026-01-05", "2025-01-06"),
        ("month", "2024-02-01", "2023-02-01"),
        ("quarter", "2026-04-01", "2025-04-01"),
        ("year", "2026-04-01", "2025-04-01"),
    ],
)
def test_the_same_period_one_year_before(every: Every, start: str, before: str) -> None:
    assert FISCAL.year_before(day(start), every) == day(before)


def test_all_has_no_neighbours() -> None:
    for call in (
        lambda: LONDON.period_start(day("2026-01-01"), "all"),
        lambda: LONDON.next_start(day("2026-01-01"), "all"),
        lambda: LONDON.previous_start(day("2026-01-01"), "all"),
        lambda: LONDON.year_before(day("2026-01-01"), "all"),
    ):
        with pytest.raises(ValueError, match="'all'"):
            call()


@pytest.mark.parametrize(
    ("end", "amount", "unit", "start"),
    [
        ("2026-07-01", 12, "mo", "2025-07-01"),
        ("2026-07-01", 12.0, "mo", "2025-07-01"),
        ("2026-01-01", 1, "mo", "2025-12-01"),
        ("2026-03-31", 1, "mo", "2026-02-28"),
        ("2024-03-31", 1, "mo", "2024-02-29"),
        ("2024-02-29", 12, "mo", "2023-02-28"),
        ("2026-07-01", 4, "wk", "2026-06-03"),
        ("2024-03-01", 1, "d", "2024-02-29"),
    ],
)
def test_a_rolled_window_ends_where_its_period_ends(end: str, amount: float, unit: str, start: str) -> None:
    assert calendar.window_start(day(end), amount, unit) == day(start)


@pytest.mark.parametrize(("amount", "unit"), [(12, "h"), (0, "mo"), (1.5, "mo"), (-1, "d")])
def test_a_window_is_a_whole_number_of_days_weeks_or_months(amount: float, unit: str) -> None:
    with pytest.raises(ValueError, match="a window"):
        calendar.window_start(day("2026-07-01"), amount, unit)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ("2026-01-01", "2026-02-01", 1),
        ("2025-07-01", "2026-07-01", 12),
        ("2026-01-15", "2026-03-15", 2),
        ("2026-01-01", "2026-01-31", None),
        ("2026-01-31", "2026-02-28", None),
        ("2026-01-01", "2026-01-01", None),
        ("2026-02-01", "2026-01-01", None),
    ],
)
def test_whole_months(start: str, end: str, months: int | None) -> None:
    assert calendar.whole_months(day(start), day(end)) == months


@quick
@given(DAYS, st.integers(1, 60))
def test_whole_months_invert_the_window(end: date, months: int) -> None:
    assert calendar.whole_months(calendar.window_start(end, months, "mo"), end) == months


def test_days_in_counts_leap_days() -> None:
    assert calendar.days_in(day("2024-02-01"), day("2024-03-01")) == 29
    assert calendar.days_in(day("2026-02-01"), day("2026-03-01")) == 28
    assert calendar.days_in(day("2026-02-01"), day("2026-02-01")) == 0


@pytest.mark.parametrize(
    ("zone", "of", "hours"),
    [
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2026-10-25", 25),
        ("Europe/London", "2026-06-01", 24),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        # The clock jumped from midnight to one o'clock: the day began at one.
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("Asia/Beirut", "2022-03-27", 23),
        # The clock went back from midnight to eleven: the day before ended an hour later.
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("America/Sao_Paulo", "2018-02-18", 24),
        # The clock went back from one to midnight: midnight came twice and the day began at the first.
        ("America/Havana", "2022-11-06", 25),
        # Samoa crossed the date line and had no 30 December 2011.
        ("Pacific/Apia", "2011-12-29", 24),
        ("Pacific/Apia", "2011-12-30", 0),
        ("Pacific/Apia", "2011-12-31", 24),
        # Half past eleven became half past twelve: the day before lost half an hour, and so did this.
        ("America/Toronto", "1919-03-30", 23.5),
        ("America/Toronto", "1919-03-31", 23.5),
    ],
)
def test_days_have_as_many_hours_as_their_clock_showed(zone: str, of: str, hours: float) -> None:
    length = calendar.end_of_day_utc(day(of), zone) - calendar.midnight_utc(day(of), zone)
    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "of", "utc"),
    [
        ("UTC", "2026-01-01", "2026-01-01T00:00"),
        ("Europe/London", "2026-07-01", "2026-06-30T23:00"),
        ("Asia/Kolkata", "2026-07-01", "2026-06-30T18:30"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30"),
    ],
)
def test_midnight_is_an_instant(zone: str, of: str, utc: str) -> None:
    assert calendar.midnight_utc(day(of), zone) == instant(utc)
    assert calendar.midnight_utc(day(of), zone).tzinfo is None


@quick
@given(st.sampled_from(ZONES), DAYS)
def test_midnight_is_the_first_instant_of_its_day(zone: str, of: date) -> None:
    start = calendar.midnight_utc(of, zone)
    assert calendar.local_day(start, zone) >= of
    assert calendar.local_day(start - timedelta(microseconds=1), zone) < of
    assert start <= calendar.end_of_day_utc(of, zone)


@quick
@given(st.sampled_from(ZONES), st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)))
def test_local_time_is_the_clocks_and_leads_back(zone: str, utc: datetime) -> None:
    local = calendar.local_time(utc, zone)
    expected = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert local.isoformat() == expected.replace(tzinfo=None).isoformat()
    assert calendar.local_day(utc, zone) == expected.date()
    resolved = calendar.resolve(local, zone)
    assert not resolved.missing
    if resolved.ambiguous:
        assert resolved.utc <= utc
        assert calendar.local_time(resolved.utc, zone) == local
    else:
        assert resolved.utc == utc


def test_local_days_turn_at_local_midnight() -> None:
    assert calendar.local_day(instant("2026-06-30T22:59:59.999"), "Europe/London") == day("2026-06-30")
    assert calendar.local_day(instant("2026-06-30T23:00"), "Europe/London") == day("2026-07-01")
    assert calendar.local_day(instant("2026-12-31T23:30"), "Europe/London") == day("2026-12-31")


@pytest.mark.parametrize(
    ("zone", "local", "utc", "ambiguous", "missing"),
    [
        ("Europe/London", "2026-01-05T09:00", "2026-01-05T09:00", False, False),
        ("Europe/London", "2026-07-05T09:00", "2026-07-05T08:00", False, False),
        # Shown twice: the first, still on summer time.
        ("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30", True, False),
        ("Europe/London", "2026-10-25T02:00", "2026-10-25T02:00", False, False),
        # Never shown: what it would have been, had the clock not jumped; now called half past two.
        ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:30", False, True),
        ("Europe/London", "2026-03-29T02:00", "2026-03-29T01:00", False, False),
        ("America/New_York", "2026-11-01T01:15:30.250", "2026-11-01T05:15:30.250", True, False),
    ],
)
def test_local_times_become_instants(zone: str, local: str, utc: str, ambiguous: bool, missing: bool) -> None:
    resolved = calendar.resolve(instant(local), zone)
    assert (resolved.utc, resolved.ambiguous, resolved.missing) == (instant(utc), ambiguous, missing)
    assert calendar.to_utc(instant(local), zone) == instant(utc)


def test_a_missing_time_moves_forward_by_what_was_skipped() -> None:
    utc = calendar.to_utc(instant("2026-03-29T01:30"), "Europe/London")
    assert calendar.local_time(utc, "Europe/London") == instant("2026-03-29T02:30")


@pytest.mark.parametrize(
    ("as_of", "from_data", "complete"),
    [
        ("2026-06-30T22:59:59", False, False),
        ("2026-06-30T23:00", False, True),
        ("2026-07-15T00:00", False, True),
        # Data that reach into the last local day are taken to cover it; an as_of a person gave is taken at its word.
        ("2026-06-30T15:00", True, True),
        ("2026-06-30T15:00", False, False),
        # Half past midnight in London on 30 June is still 29 June in UTC.
        ("2026-06-29T23:30", True, True),
        ("2026-06-29T22:30", True, False),
        ("2026-07-01T09:00", True, True),
    ],
)
def test_june_is_complete(as_of: str, from_data: bool, complete: bool) -> None:
    assert calendar.is_complete(day("2026-07-01"), instant(as_of), from_data, "Europe/London") is complete


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"timezone": "Europe/Londn"}, "unknown timezone 'Europe/Londn'"),
        ({"timezone": ""}, "unknown timezone ''"),
        ({"timezone": "Europe"}, "unknown timezone 'Europe'"),
        ({"timezone": "../etc/passwd"}, "unknown timezone"),
        ({"timezone": "UTC", "week_starts": "Mon"}, "unknown weekday 'Mon'; one of monday"),
        ({"timezone": "UTC", "year_starts": "4"}, "unknown month '4'; one of january"),
    ],
)
def test_names_that_mean_nothing_are_refused(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Calendar(**arguments)


def test_zones_of_functions_are_checked_too() -> None:
    with pytest.raises(ValueError, match="unknown timezone"):
        calendar.midnight_utc(day("2026-01-01"), "Mars/Olympus")
