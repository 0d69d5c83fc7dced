"""Status, reason, change and guards, at the edges where people argue."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

import pytest
from kinds.centre import ask, catalogue, one, start_of, utc
from scipy import stats

JANUARY = {"since": date(2026, 1, 1), "until": date(2026, 2, 1)}


def answers(good: int, of: int, day: date = date(2026, 1, 15), **other: Any) -> list[dict[str, Any]]:
    """Contacts of one day, so many of them abandoned."""
    noon = start_of(day) + timedelta(hours=12)
    return [
        {"contact_id": f"{day}-{n}", "ended_at": noon + timedelta(seconds=n), "abandoned": n < good, **other}
        for n in range(of)
    ]


def share(better: str, **keys: Any) -> dict[str, Any]:
    return {"kind": "share", "from": "contacts", "meets": "abandoned", "better": better, **keys}


@pytest.mark.parametrize(
    ("better", "good", "status"),
    [
        ("higher", 80, "met"),
        ("higher", 79, "missed"),
        ("higher", 61, "missed"),
        ("higher", 60, "alarm"),
        ("higher", 59, "alarm"),
        ("lower", 20, "met"),
        ("lower", 21, "missed"),
        ("lower", 39, "missed"),
        ("lower", 40, "alarm"),
        ("lower", 41, "alarm"),
    ],
)
def test_target_is_inclusive_and_alarm_too(better, good, status):
    goals = {"target": "80%", "alarm": "60%"} if better == "higher" else {"target": "20%", "alarm": "40%"}
    row = one(catalogue({"s": share(better, **goals)}), {"contacts": answers(good, 100)}, **JANUARY, as_of="2026-01-31")
    assert (row.status, row.reason) == (status, None)


@pytest.mark.parametrize(("good", "status"), [(69, "missed"), (70, "met"), (85, "met"), (86, "missed")])
def test_inside(good, status):
    metric = share("inside", target=["70%", "85%"])
    row = one(catalogue({"s": metric}), {"contacts": answers(good, 100)}, **JANUARY, as_of="2026-01-31")
    assert row.status == status


def test_the_stored_value_is_compared():
    """A third to twelve digits meets a target written as 0.333333333333; nobody sees the thirteenth digit."""
    metric = {"kind": "share", "from": "contacts", "meets": "abandoned", "better": "lower", "target": 0.333333333333}
    row = one(catalogue({"s": metric}), {"contacts": answers(100, 300)}, **JANUARY, as_of="2026-01-31")
    assert (row.value, row.status) == (0.333333333333, "met")


@pytest.mark.parametrize(
    ("keys", "of", "as_of", "status", "reason"),
    [
        ({"target": "80%"}, 30, "2026-01-31", "met", None),
        ({"target": "80%"}, 29, "2026-01-31", None, "too_few"),
        ({}, 30, "2026-01-31", None, "no_target"),
        ({"alarm": "60%"}, 30, "2026-01-31", None, "no_target"),
        ({"target": "80%"}, 0, "2026-01-31", None, "empty"),
        ({"target": "80%"}, 30, "2026-01-30", None, "partial"),
        ({"target": "80%", "matures": "7d"}, 30, "2026-01-31", None, "immature"),
        ({"target": "80%", "matures": "7d"}, 30, "2026-02-10", "met", None),
    ],
)
def test_reasons(keys, of, as_of, status, reason):
    """Contacts of another queue carry the file's reach on to February, so that only as_of decides."""
    metric = share("higher", min_n=30, where="queue is null", **keys)
    rows = answers(of, of, queue=None)
    for other in (date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 10), date(2026, 3, 15)):
        rows += answers(1, 1, other, queue="other")
    row = one(catalogue({"s": metric}), {"contacts": rows}, **JANUARY, as_of=as_of)
    assert (row.status, row.reason) == (status, reason)
    assert (row.value is None) == (of == 0)


def test_alarm_without_a_target():
    metric = share("higher", alarm="60%")
    row = one(catalogue({"s": metric}), {"contacts": answers(50, 100)}, **JANUARY, as_of="2026-01-31")
    assert (row.status, row.reason) == ("alarm", None)


@pytest.mark.parametrize(
    ("newest", "as_of", "complete"),
    [
        ("2026-01-31 00:00", None, True),
        ("2026-01-30 23:59:59", None, False),
        ("2026-01-31 20:00", "2026-01-31", True),
        ("2026-01-31 20:00", "2026-01-31T23:59", False),
        ("2026-03-31 20:00", "2026-01-31T23:59", False),
        ("2026-03-31 20:00", "2026-02-01T00:00", True),
    ],
)
def test_complete(newest, as_of, complete):
    """A period ends at local midnight; data that reach its last day are enough where nobody named an as_of."""
    rows = [*answers(1, 1, date(2026, 1, 5)), {"contact_id": "n", "ended_at": utc(newest), "abandoned": False}]
    found = ask(catalogue({"s": share("higher", target="80%")}), {"contacts": rows}, every="month", as_of=as_of)
    assert found[0].period.start == date(2026, 1, 1)
    assert found[0].period.complete is complete
    assert (found[0].reason == "partial") is not complete


def test_cut_periods_are_partial():
    rows = [*answers(80, 100, date(2026, 1, 5)), *answers(80, 100, date(2026, 2, 5)), *answers(8, 10, date(2026, 3, 5))]
    defined = catalogue({"s": share("higher", target="80%")})
    found = ask(
        defined, {"contacts": rows}, every="month", since=date(2026, 1, 2), until=date(2026, 3, 31), as_of="2026-04-30"
    )
    assert [(row.period.start.month, row.period.complete, row.status, row.reason) for row in found] == [
        (1, False, None, "partial"),
        (2, True, "met", None),
        (3, False, None, "partial"),
    ]
    # February is compared with the whole of January, of which only a part is shown; March has no change.
    assert [row.change and row.change.before for row in found] == [None, 0.8, None]


MONTHS = {month: date(2026, month, 5) for month in (1, 2, 3)}


def test_change_is_against_the_period_before():
    rows = [*answers(50, 100, MONTHS[1]), *answers(60, 100, MONTHS[2]), *answers(90, 100, MONTHS[3])]
    defined = catalogue({"s": share("higher")})
    found = ask(defined, {"contacts": rows}, every="month", as_of="2026-03-20")
    january, february, march = found
    assert january.change is None
    assert (february.change.period, february.change.before) == (date(2026, 1, 1), 0.5)
    assert february.change.difference == pytest.approx(0.1)
    # March is not over.
    assert march.change is None
    # Asked for alone, February still knows its January.
    (alone,) = ask(defined, {"contacts": rows}, every="month", last=1, as_of="2026-02-28")
    assert alone.change == february.change


def test_no_change_beside_an_unjudged_or_empty_period():
    rows = [*answers(50, 100, MONTHS[1]), *answers(60, 100, MONTHS[3])]
    found = ask(catalogue({"s": share("higher")}), {"contacts": rows}, every="month", as_of="2026-03-31")
    assert [row.change for row in found] == [None, None, None]
    waiting = catalogue({"s": share("higher", matures="30d")})
    rows = [*answers(50, 100, MONTHS[1]), *answers(60, 100, MONTHS[2]), *answers(1, 2, date(2026, 3, 6))]
    found = ask(waiting, {"contacts": rows}, every="month", as_of="2026-03-10")
    assert [(row.reason, row.change) for row in found][1] == ("immature", None)


def test_change_against_the_year_before():
    rows = [*answers(50, 100, date(2024, 2, 29)), *answers(60, 100, date(2025, 2, 28))]
    found = ask(
        catalogue({"s": share("higher")}), {"contacts": rows}, every="month", compare="year", as_of="2025-03-31"
    )
    by_start = {row.period.start: row for row in found}
    assert by_start[date(2025, 2, 1)].change.period == date(2024, 2, 1)
    assert by_start[date(2025, 2, 1)].change.difference == pytest.approx(0.1)
    assert all(row.change is None for start, row in by_start.items() if start != date(2025, 2, 1))
    plain = ask(catalogue({"s": share("higher")}), {"contacts": rows}, every="month", compare="none")
    assert all(row.change is None for row in plain)


@pytest.mark.parametrize("good", range(50, 72, 2))
def test_significant_by_mover(good):
    """Zou & Donner 2008, computed here from Wilson's limits: the interval of the difference leaves 0 out."""
    rows = [*answers(50, 100, MONTHS[1]), *answers(good, 100, MONTHS[2])]
    found = ask(catalogue({"s": share("higher")}), {"contacts": rows}, every="month", as_of="2026-02-28")
    before, now = (stats.binomtest(k, 100).proportion_ci(0.95, method="wilson") for k in (50, good))
    p, q = good / 100, 0.5
    low = p - q - math.sqrt((p - now.low) ** 2 + (before.high - q) ** 2)
    high = p - q + math.sqrt((now.high - p) ** 2 + (q - before.low) ** 2)
    assert found[1].change.significant is (low > 0 or high < 0)


def test_no_interval_no_significance():
    rows = [*answers(1, 10, MONTHS[1]), *answers(1, 99, MONTHS[2])]
    defined = catalogue({"n": {"kind": "total", "from": "contacts", "count": "rows"}})
    found = ask(defined, {"contacts": rows}, every="month", as_of="2026-02-28")
    assert (found[1].change.difference, found[1].change.significant) == (89, None)


def guarded(fast: float, slow: float, satisfied: tuple[int, int], guards: list[str]) -> tuple[str, ...]:
    """Notes of a handle time that went from ``slow`` to ``fast`` while so many of 100 were satisfied."""
    defined = catalogue(
        {
            "aht": {
                "kind": "mean",
                "from": "contacts",
                "value": "talk_s",
                "unit": "seconds",
                "better": "lower",
                "guards": guards,
                "label": "Handle time",
            },
            "csat": {**share("higher"), "label": "Satisfaction"},
        }
    )
    rows = [
        {**row, "talk_s": seconds + n % 2}
        for seconds, good, month in ((slow, satisfied[0], 1), (fast, satisfied[1], 2))
        for n, row in enumerate(answers(good, 100, MONTHS[month]))
    ]
    return ask(defined, {"contacts": rows}, "aht", every="month", as_of="2026-02-28")[1].notes


def test_an_improvement_at_a_price_is_flagged():
    assert any("Satisfaction" in note for note in guarded(300, 400, (90, 60), ["csat"]))
    assert guarded(300, 400, (90, 60), []) == ()
    # No improvement, no significant worsening, or an improvement of both: nothing to say.
    assert guarded(400, 300, (90, 60), ["csat"]) == ()
    assert guarded(300, 400, (90, 89), ["csat"]) == ()
    assert guarded(300, 400, (60, 90), ["csat"]) == ()


def test_windows_that_share_rows_have_no_significance():
    """A rolling four weeks against the four weeks one week before: three quarters of the rows are the same."""
    rows = [row for week in range(10) for row in answers(20 + 6 * week, 100, date(2026, 1, 5) + timedelta(weeks=week))]
    found = ask(catalogue({"s": share("higher", roll="4wk")}), {"contacts": rows}, every="week", as_of="2026-03-15")
    changes = [row.change for row in found if row.change is not None]
    assert changes
    assert all(change.significant is None for change in changes)


def test_windows_that_share_no_rows_have_significance():
    times = [(1, 1, date(2023, 7, 2)), (20, 100, date(2024, 6, 5)), (80, 100, date(2025, 6, 5))]
    rows = [row for yes, n, day in times for row in answers(yes, n, day)]
    found = ask(
        catalogue({"s": share("higher", roll="12mo")}),
        {"contacts": rows},
        every="month",
        compare="year",
        as_of="2025-06-30",
    )
    assert found[-1].change.significant is True


def test_all_immature_is_not_empty():
    rows = answers(10, 100, date(2026, 1, 31))
    row = one(catalogue({"s": share("higher", target="80%", matures="7d")}), {"contacts": rows}, **JANUARY)
    assert (row.value, row.n, row.immature, row.reason) == (None, 0, 100, "immature")
