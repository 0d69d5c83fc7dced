"""Years of whole weeks, against the retail calendar as published, pandas' FY5253, and plain counting."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkpi.calendar import MONTHS, PATTERNS, WEEKDAYS, Calendar, Every

DAY = timedelta(days=1)
RETAIL = Calendar("UTC", "sunday", "february", "4-5-4", "nearest", "start")
FISCAL = Calendar("UTC", "monday", "april")

calendars = st.builds(
    Calendar,
    st.just("UTC"),
    st.sampled_from(WEEKDAYS),
    st.sampled_from(MONTHS),
    st.sampled_from(PATTERNS),
    st.sampled_from(["nearest", "last"]),
)
days = st.dates(date(1990, 1, 1), date(2060, 1, 1))


# The 4-5-4 calendar of the National Retail Federation: first day of each year and of the year after.
@pytest.mark.parametrize(
    ("year", "first", "following", "weeks"),
    [
        (2022, date(2022, 1, 30), date(2023, 1, 29), 52),
        (2023, date(2023, 1, 29), date(2024, 2, 4), 53),
        (2024, date(2024, 2, 4), date(2025, 2, 2), 52),
        (2025, date(2025, 2, 2), date(2026, 2, 1), 52),
        (2026, date(2026, 2, 1), date(2027, 1, 31), 52),
    ],
)
def test_the_retail_years_as_published(year: int, first: date, following: date, weeks: int) -> None:
    assert RETAIL.period_start(first, "year") == first
    assert RETAIL.period_start(following - DAY, "year") == first
    assert RETAIL.next_start(first, "year") == following
    assert (following - first).days == 7 * weeks
    assert RETAIL.label(first, "year") == f"FY{year % 100}"


def test_the_months_of_the_long_retail_year_as_published() -> None:
    starts = [start for start, _ in RETAIL.periods(date(2023, 1, 29), date(2024, 2, 3), "month")]
    assert starts == [
        date(2023, 1, 29),
        date(2023, 2, 26),
        date(2023, 4, 2),
        date(2023, 4, 30),
        date(2023, 5, 28),
        date(2023, 7, 2),
        date(2023, 7, 30),
        date(2023, 8, 27),
        date(2023, 10, 1),
        date(2023, 10, 29),
        date(2023, 11, 26),
        date(2023, 12, 31),
    ]
    # The 53rd week belongs to the last month.
    assert RETAIL.next_start(starts[-1], "month") == date(2024, 2, 4)


# Years that end on the last Saturday of a month, from annual reports: Cisco's (July) and Apple's (September).
@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("august", [date(2020, 7, 25), date(2021, 7, 31), date(2022, 7, 30), date(2023, 7, 29), date(2024, 7, 27)]),
        ("october", [date(2021, 9, 25), date(2022, 9, 24), date(2023, 9, 30), date(2024, 9, 28), date(2025, 9, 27)]),
    ],
)
def test_years_that_end_on_the_last_saturday_as_reported(starts: str, ends: list[date]) -> None:
    calendar = Calendar("UTC", "sunday", starts, "4-4-5", "last")
    for end, following in itertools.pairwise(ends):
        assert calendar.next_start(calendar.period_start(end, "year"), "year") == end + DAY
        assert calendar.period_start(following, "year") == end + DAY
        assert calendar.label(following, "year") == f"FY{following.year % 100}"


@pytest.mark.parametrize("rule", ["nearest", "last"])
@pytest.mark.parametrize("week_starts", WEEKDAYS)
def test_quarters_are_those_of_pandas(week_starts: str, rule: Any) -> None:
    """pandas counts from the last day of a year: one before the week's start, in the month before the year's."""
    offsets = pytest.importorskip("pandas.tseries.offsets")
    pandas = pytest.importorskip("pandas")
    last_day = (WEEKDAYS.index(week_starts) - 1) % 7
    for month in (1, 4, 9, 12):
        ends_in = (month - 2) % 12 + 1
        offset = offsets.FY5253Quarter(weekday=last_day, startingMonth=ends_in, qtr_with_extra_week=4, variation=rule)
        expected = pandas.date_range("2015-01-01", "2035-12-31", freq=offset)
        calendar = Calendar("UTC", week_starts, MONTHS[month - 1], "4-4-5", rule)
        for end, following in itertools.pairwise(expected):
            assert calendar.period_start(following.date(), "quarter") == end.date() + DAY


@given(calendars, days)
def test_periods_of_every_length_nest_and_leave_no_day_out(calendar: Calendar, day: date) -> None:
    year = calendar.period_start(day, "year")
    after = calendar.next_start(year, "year")
    assert year <= day < after
    assert (after - year).days in (364, 371)
    for every, count in (("quarter", 4), ("month", 12)):
        found = calendar.periods(year, after - DAY, every)  # type: ignore[arg-type]
        assert len(found) == count
        assert [start for start, _ in found] == [year, *(end for _, end in found[:-1])]
        assert found[-1][1] == after
    weeks = [(end - start).days // 7 for start, end in calendar.periods(year, after - DAY, "month")]
    expected = [int(one) for one in (calendar.pattern or "").split("-")] * 4
    expected[-1] += (after - year).days == 371
    assert weeks == expected
    assert calendar.previous_start(after, "month", 12) == year
    assert calendar.period_start(day, "week") in [year + timedelta(weeks=week) for week in range(53)]


@given(calendars, days)
def test_a_year_begins_as_near_to_the_first_of_its_month_as_its_rule_says(calendar: Calendar, day: date) -> None:
    year = calendar.period_start(day, "year")
    firsts = [date(one, MONTHS.index(calendar.year_starts) + 1, 1) for one in (year.year, year.year + 1)]
    away = min((year - first for first in firsts), key=abs)
    low, high = (-3, 3) if calendar.year_rule == "nearest" else (-6, 0)
    assert low <= away.days <= high
    assert year.weekday() == WEEKDAYS.index(calendar.week_starts)


@given(calendars, days, st.integers(1, 30))
def test_windows_of_months_count_the_calendars_own_months(calendar: Calendar, day: date, months: int) -> None:
    end = calendar.period_start(day, "month")
    start = calendar.window_start(end, months, "mo")
    assert len(calendar.periods(start, end - DAY, "month")) == months
    assert calendar.whole_months(start, end) == months
    assert calendar.whole_months(start, end + DAY) is None
    assert calendar.window_start(day, months, "mo") <= day


def test_a_year_of_months_is_52_or_53_weeks() -> None:
    assert RETAIL.window_start(date(2024, 2, 4), 12, "mo") == date(2023, 1, 29)
    assert RETAIL.window_start(date(2023, 1, 29), 12, "mo") == date(2022, 1, 30)
    assert RETAIL.window_start(date(2024, 2, 4), 4, "wk") == date(2024, 1, 7)


@pytest.mark.parametrize(
    ("calendar", "day", "every", "label"),
    [
        (RETAIL, date(2026, 2, 1), "month", "FY26 P01"),
        (RETAIL, date(2027, 1, 30), "month", "FY26 P12"),
        (RETAIL, date(2026, 5, 3), "quarter", "FY26 Q2"),
        (RETAIL, date(2026, 5, 3), "week", None),
        (RETAIL, date(2026, 5, 3), "day", None),
        (FISCAL, date(2026, 4, 1), "year", "FY27"),
        (FISCAL, date(2026, 4, 1), "quarter", "FY27 Q1"),
        (FISCAL, date(2027, 1, 1), "quarter", "FY27 Q4"),
        # Months of the year keep their names.
        (FISCAL, date(2026, 4, 1), "month", None),
        (Calendar("UTC", year_starts="april", year_name="start"), date(2027, 1, 1), "quarter", "FY26 Q4"),
        (Calendar("UTC"), date(2026, 4, 1), "quarter", None),
        # The year 2026 of whole weeks begins in December.
        (Calendar("UTC", pattern="4-4-5"), date(2025, 12, 29), "year", "FY26"),
        (Calendar("UTC", pattern="4-4-5"), date(2027, 1, 3), "month", "FY26 P12"),
    ],
)
def test_fiscal_periods_have_names(calendar: Calendar, day: date, every: Every, label: str | None) -> None:
    assert calendar.label(calendar.period_start(day, every), every) == label


@pytest.mark.parametrize(
    ("calendar", "every", "start", "before"),
    [
        (Calendar("UTC"), "day", date(2026, 6, 10), (date(2025, 6, 10), date(2025, 6, 11))),
        (Calendar("UTC", compare="weekdays"), "day", date(2026, 6, 10), (date(2025, 6, 11), date(2025, 6, 12))),
        (Calendar("UTC", compare="weekdays"), "month", date(2026, 6, 1), (date(2025, 6, 2), date(2025, 7, 2))),
        (Calendar("UTC", compare="weekdays"), "week", date(2026, 6, 1), (date(2025, 6, 2), date(2025, 6, 9))),
        # The period of the same number, and with weekdays the same weeks of the year before.
        (RETAIL, "month", date(2024, 2, 4), (date(2023, 1, 29), date(2023, 2, 26))),
        (RETAIL, "year", date(2024, 2, 4), (date(2023, 1, 29), date(2024, 2, 4))),
        (
            Calendar("UTC", "sunday", "february", "4-5-4", compare="weekdays"),
            "month",
            date(2024, 2, 4),
            (date(2023, 2, 5), date(2023, 3, 5)),
        ),
    ],
)
def test_what_a_period_is_compared_with_a_year_before(
    calendar: Calendar, every: Every, start: date, before: tuple[date, date]
) -> None:
    assert calendar.compared(start, calendar.next_start(start, every), every, a_year=True) == before


@given(days, st.sampled_from(["day", "week", "month"]))
def test_weekdays_stay_weekdays(day: date, every: Any) -> None:
    calendar = Calendar("UTC", compare="weekdays")
    start = calendar.period_start(day, every)
    end = calendar.next_start(start, every)
    before, before_end = calendar.compared(start, end, every, a_year=True)
    assert before.weekday() == start.weekday()
    assert before_end - before == end - start


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown pattern '4-4-4'"):
        Calendar("UTC", pattern="4-4-4")  # type: ignore[arg-type]
