"""Wrong numbers that plausible rows of metrics would give, and parts of stretches; one per test."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from kinds.centre import answer, ask, catalogue, made_contacts, one, utc

from cxkpi.measurement.metric_rows import rows as metric_rows


def contact(number: int, ended: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": str(number), "agent_id": "a", "ended_at": utc(ended), "wait_s": 10.0, **more}


WEEKLY = {"metrics": ["calls"], "per": ["agent_id"], "every": "week"}
CALLS = {"kind": "total", "from": "contacts", "count": "rows"}
WEEKS = {"kind": "total", "unit": "calls", "from": WEEKLY, "sum": "calls"}


def test_a_week_belongs_to_the_month_in_which_it_ends() -> None:
    """By its start it would join January after January was complete and its figure given."""
    rows = [contact(1, "2026-01-27 12:00"), contact(2, "2026-01-20 12:00"), contact(3, "2026-02-10 12:00")]
    defined = catalogue({"calls": CALLS, "weeks": WEEKS})
    before = ask(defined, {"contacts": rows}, "weeks", every="month", as_of="2026-01-31")
    after = ask(defined, {"contacts": rows}, "weeks", every="month", as_of="2026-02-28")
    assert [(row.period.start.month, row.value, row.period.complete) for row in before] == [(1, 1, True)]
    assert [(row.period.start.month, row.value) for row in after] == [(1, 1), (2, 2)]


def test_the_dates_asked_for_do_not_cut_what_is_in_a_row() -> None:
    """Since Wednesday only two of the week's four calls would be left of a week that was above three."""
    rows = [contact(day, f"2026-01-{day:02d} 12:00") for day in (5, 6, 8, 9)]
    busy = {"kind": "share", "from": WEEKLY, "meets": "calls > 3"}
    defined = catalogue({"calls": CALLS, "busy": busy})
    row = one(defined, {"contacts": rows}, "busy", since=date(2026, 1, 8), as_of="2026-01-11")
    assert (row.value, row.n) == (1, 1)


def test_a_running_week_is_no_row() -> None:
    """Its two calls of two days would say that the agent does too few."""
    rows = [contact(1, "2026-01-05 12:00"), contact(2, "2026-01-06 12:00"), contact(3, "2026-01-13 12:00")]
    busy = {"kind": "share", "from": WEEKLY, "meets": "calls > 1"}
    row = one(catalogue({"calls": CALLS, "busy": busy}), {"contacts": rows}, "busy", as_of="2026-01-14")
    assert (row.value, row.n) == (1, 1)


def test_what_has_no_agent_is_no_agent() -> None:
    rows = [contact(1, "2026-01-05 12:00"), contact(2, "2026-01-05 12:00", agent_id=None)]
    people = {"kind": "total", "unit": "agents", "from": WEEKLY, "count": "rows"}
    row = one(catalogue({"calls": CALLS, "people": people}), {"contacts": rows}, "people", as_of="2026-01-11")
    assert row.value == 1


def fcr(**more: Any) -> dict[str, Any]:
    return {
        "kind": "repeat",
        "from": "contacts",
        "key": ["customer_id"],
        "within": "7d",
        "counts": "resolved",
        "better": "higher",
        "target": "50%",
        **more,
    }


def test_a_value_that_is_not_judged_yet_meets_nothing_and_misses_nothing() -> None:
    """Of the last week nobody can have called back yet: it would be all met."""
    rows = [
        contact(
            number, f"2026-01-{day:02d} 12:00", customer_id=f"u{customer}", started_at=utc(f"2026-01-{day:02d} 11:50")
        )
        for number, (day, customer) in enumerate([(5, 1), (6, 1), (19, 2), (24, 3), (25, 4)])
    ]
    goal = {
        "kind": "share",
        "from": {**WEEKLY, "metrics": ["fcr"]},
        "meets": "fcr_status = 'met'",
        "target": "50%",
        "better": "higher",
    }
    unready = {
        "kind": "total",
        "unit": "weeks",
        "from": {**WEEKLY, "metrics": ["fcr"]},
        "count": "rows",
        "where": "not fcr_complete and fcr is null and fcr_status is null",
    }
    defined = catalogue({"fcr": fcr(), "goal": goal, "unready": unready})
    found = {row.metric: row for row in ask(defined, {"contacts": rows}, "goal", "unready", as_of="2026-01-25")}
    assert (found["goal"].value, found["goal"].n, found["goal"].missing) == (1, 1, 1)
    assert found["unready"].value == 1
    # A month of which a week is not judged is not judged either.
    month = ask(defined, {"contacts": rows}, "goal", every="month", as_of="2026-01-31")
    assert [(row.status, row.reason) for row in month] == [(None, "immature")]


def test_an_unanswered_contact_makes_no_agent_worse() -> None:
    """Contacts nobody answered have no agent, so every agent would be at 0 % abandoned."""
    rows = [
        contact(1, "2026-01-05 12:00", abandoned=False, answered_at=utc("2026-01-05 11:00")),
        contact(2, "2026-01-05 12:00", abandoned=True, answered_at=None, agent_id=None),
    ]
    lost = {"kind": "share", "from": "contacts", "meets": "abandoned"}
    good = {"kind": "share", "from": {**WEEKLY, "metrics": ["lost"]}, "meets": "lost = 0"}
    found = answer(catalogue({"lost": lost, "good": good}), {"contacts": rows}, ["good"], as_of="2026-01-11")
    assert not found.rows


def test_a_variant_is_read_by_its_own_name() -> None:
    rows = [contact(1, "2026-01-05 12:00"), contact(2, "2026-01-05 13:00", wait_s=50.0)]
    quick = {
        "kind": "share",
        "from": "contacts",
        "meets": "wait_s <= 20",
        "variants": {"slow": {"meets": "wait_s <= 60"}},
    }
    read = {
        "kind": "mean",
        "unit": "percent",
        "from": {**WEEKLY, "metrics": ["quick", "quick.slow"]},
        "value": "quick_slow - quick",
    }
    row = one(catalogue({"quick": quick, "read": read}), {"contacts": rows}, "read", as_of="2026-01-11")
    assert row.value == 0.5


def test_ranks_are_no_sample() -> None:
    """The first three of seven causes are not drawn: an interval over causes would reach beyond 100 %."""
    rows = [contact(number, "2026-01-05 12:00", reason=f"r{number % 7}") for number in range(60)]
    causes = {"metrics": ["calls"], "per": ["reason"], "every": "week"}
    leading = {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {"from": causes, "sum": "calls", "where": "calls_rank <= 3"},
        "denominator": {"from": causes, "sum": "calls"},
    }
    row = one(catalogue({"calls": CALLS, "leading": leading}), {"contacts": rows}, "leading", as_of="2026-01-11")
    assert row.value is not None
    assert (row.low, row.high) == (None, None)


@pytest.mark.parametrize("kind", ["count", "sum", "mean", "share", "ratio", "inside"])
def test_many_small_cells_are_read_as_a_report_reads_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way over columns gives the very digits of the way over figures."""
    keys: dict[str, dict[str, Any]] = {
        "count": {"kind": "total", "count": "rows"},
        "sum": {"kind": "total", "unit": "EUR", "sum": "cost", "better": "lower", "target": 20, "alarm": 30},
        "mean": {"kind": "mean", "unit": "seconds", "value": "talk_s / 7", "better": "lower", "target": 80},
        "share": {"kind": "share", "meets": "transfers = 0", "better": "higher", "target": "40%"},
        "ratio": {
            "kind": "ratio",
            "unit": "seconds",
            "numerator": {"from": "contacts", "sum": "handle_s"},
            "denominator": {"from": "contacts", "sum": "wait_s", "where": "handled"},
            "cluster": "queue",
            "better": "lower",
            "target": 20,
        },
        "inside": {
            "kind": "mean",
            "unit": "seconds",
            "value": "talk_s",
            "better": "inside",
            "target": [300, 700],
            "matures": "9d",
        },
    }
    source = {} if kind == "ratio" else {"from": "contacts"}
    defined = catalogue({"x": {**keys[kind], **source, "min_n": 2}})
    rules = {"metrics": ["x"], "per": ["customer_id", "queue"], "every": "month"}
    reads = {
        "v": {"kind": "total", "unit": "v", "from": rules, "sum": "x"},
        "met": {"kind": "total", "unit": "rows", "from": rules, "count": "rows", "where": "x_status = 'met'"},
        "ranks": {"kind": "total", "unit": "ranks", "from": rules, "sum": "x_rank * x_n"},
        "half": {"kind": "total", "unit": "rows", "from": rules, "count": "rows", "where": "not x_complete"},
        "goal": {
            "kind": "total",
            "unit": "goals",
            "from": rules,
            "sum": "coalesce(x_target, 1) + coalesce(x_alarm, 2)",
        },
    }
    defined = catalogue({"x": {**keys[kind], **source, "min_n": 2}, **reads})
    tables = {"contacts": made_contacts(6, 400)}

    def given() -> list[Any]:
        found = by_cell_of_all(ask(defined, tables, *reads, every="month", by=("customer_id",), as_of="2025-05-31"))
        return sorted(found, key=str)

    quick = given()
    monkeypatch.setattr(metric_rows, "is_plain", lambda job: False)
    assert given() == quick
    assert any(value for *_, value, _ in quick)


def by_cell_of_all(rows: Any) -> list[Any]:
    return [(row.metric, tuple(row.by.values()), row.period.start, row.value, row.n) for row in rows]
