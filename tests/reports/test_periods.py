"""Names of periods."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cxkpi.reports import periods
from cxkpi.result import Period


@pytest.mark.parametrize(
    ("every", "start", "end", "name", "short"),
    [
        ("day", date(2026, 1, 5), date(2026, 1, 6), "5 Jan 2026", "5 Jan"),
        ("week", date(2026, 1, 5), date(2026, 1, 12), "week of 5 Jan 2026", "5 Jan"),
        ("month", date(2026, 6, 1), date(2026, 7, 1), "June 2026", "Jun"),
        ("quarter", date(2026, 4, 1), date(2026, 7, 1), "Q2 2026", "Q2"),
        ("quarter", date(2026, 2, 1), date(2026, 5, 1), "Feb-Apr 2026", "Feb-Apr"),
        ("year", date(2026, 1, 1), date(2027, 1, 1), "2026", "2026"),
        ("year", date(2026, 4, 1), date(2027, 4, 1), "Apr 2026 to Mar 2027", "Apr 2026 to Mar 2027"),
        ("all", date(2026, 1, 1), date(2026, 7, 1), "1 Jan 2026 to 30 Jun 2026", "1 Jan 2026 to 30 Jun 2026"),
    ],
)
def test_names(every, start, end, name, short):
    period = Period(every, start, end, True, None)
    assert periods.name(period) == name
    assert periods.short(period, year=False) == short


def test_local_time_with_and_without_zone():
    assert periods.local(datetime(2026, 6, 30, 22, 12), "Europe/London") == "30 Jun 2026 23:12"
    assert periods.local(datetime(2026, 6, 30, 22, 12, tzinfo=UTC), "Asia/Kolkata") == "1 Jul 2026 03:42"
