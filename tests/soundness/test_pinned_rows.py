"""Rows of metrics in which nothing happened or a definition changed, parts of a selection, what was open, far dates."""

from __future__ import annotations

from typing import Any

import pytest
from kinds.centre import ENGINES, ask, catalogue, one, utc

from cxkpi.catalogue.load import parse


def contact(number: int, agent: str, ended: str, **more: Any) -> dict[str, Any]:
    return {"contact_id": f"c{number}", "agent_id": agent, "ended_at": utc(ended), **more}


MONTHLY = {"metrics": ["n", "esc"], "per": ["agent_id"], "every": "month"}
COUNTS: dict[str, dict[str, Any]] = {
    "count": {"count": "rows"},
    "distinct": {"distinct": "contact_id", "unit": "contacts"},
    "sum": {"sum": "cost", "unit": "EUR"},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("counted", COUNTS)
def test_an_agent_who_never_escalated_escalated_0_times(counted: str, engine: str) -> None:
    """Of three agents one never did: left out, nobody is without escalations, and each has one."""
    rows = [
        contact(number, agent, f"2026-01-{day:02d} 12:00", escalated=escalated, cost=1.0)
        for number, (agent, day, escalated) in enumerate(
            [("a1", 5, False), ("a1", 6, False), ("a2", 7, True), ("a3", 8, False), ("a3", 31, True)]
        )
    ]
    defined = catalogue(
        {
            "n": {"kind": "total", "from": "contacts", "count": "rows"},
            "esc": {"kind": "total", "from": "contacts", "where": "escalated", **COUNTS[counted]},
            "quiet": {"kind": "share", "from": MONTHLY, "meets": "esc = 0"},
            "per": {"kind": "mean", "from": MONTHLY, "value": "esc", "unit": "contacts"},
            "first": {"kind": "total", "from": MONTHLY, "count": "rows", "where": "esc_rank = 3", "unit": "agents"},
            "with_n": {"kind": "total", "from": MONTHLY, "sum": "esc_n", "unit": "contacts"},
        }
    )
    found = {row.metric: row for row in ask(defined, {"contacts": rows}, engine=engine, as_of="2026-01-31")}
    assert [found[name].n for name in ("quiet", "per", "with_n")] == [3, 3, 3]
    assert found["quiet"].value == pytest.approx(1 / 3)
    assert found["per"].value == pytest.approx(2 / 3)
    assert found["first"].value == 1
    assert found["with_n"].value == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sum_of_nothing_that_is_known_stays_unknown(engine: str) -> None:
    rows = [contact(1, "a1", "2026-01-05 12:00", cost=None), contact(2, "a2", "2026-01-05 12:00", cost=2.0)]
    defined = catalogue(
        {
            "n": {"kind": "total", "from": "contacts", "count": "rows"},
            "esc": {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"},
            "per": {"kind": "mean", "from": MONTHLY, "value": "esc", "unit": "EUR"},
        }
    )
    row = one(defined, {"contacts": rows}, "per", engine=engine, as_of="2026-01-31")
    assert (row.value, row.n, row.missing) == (2, 1, 1)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_goal_of_nothing_is_the_cells_own(engine: str) -> None:
    """A total of nothing is measured against what holds for that agent, as every other is."""
    rows = [contact(1, "a1", "2026-01-05 12:00", escalated=False), contact(2, "a2", "2026-01-05 12:00", escalated=True)]
    esc = {
        "kind": "total", "from": "contacts", "where": "escalated", "count": "rows", "better": "lower", "target": 5,
        "min_n": 0, "targets": [{"when": {"agent_id": "a1"}, "target": 3}],
    }  # fmt: skip
    met = {"kind": "total", "from": MONTHLY, "sum": "esc_target", "where": "esc_status = 'met'", "unit": "x"}
    defined = catalogue({"n": {"kind": "total", "from": "contacts", "count": "rows"}, "esc": esc, "met": met})
    assert one(defined, {"contacts": rows}, "met", engine=engine, as_of="2026-01-31").value == 8


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_made_of_two_definitions_says_so(engine: str) -> None:
    talk = {
        "kind": "mean", "from": "contacts", "value": "talk_s", "unit": "seconds",
        "versions": [{"since": "2026-01-14", "value": "talk_s * 2"}],
    }  # fmt: skip
    read = {"kind": "mean", "unit": "seconds", "from": {"metrics": ["p"], "per": ["agent_id"], "every": "week"},
            "value": "p"}  # fmt: skip
    days = ("2026-01-06", "2026-01-13", "2026-01-15", "2026-02-03")
    rows = [contact(number, "a", f"{day} 12:00", talk_s=10.0) for number, day in enumerate(days)]
    found = ask(catalogue({"p": talk, "x": read}), {"contacts": rows}, "x", every="month", engine=engine,
                as_of="2026-02-08")  # fmt: skip
    # Weeks of 10, 15 (the one that mixes) and 20.
    assert [(row.value, row.notes) for row in found] == [
        (12.5, ("p mixes definitions: changed on 2026-01-14",)), (20, ()),
    ]  # fmt: skip


SPENT = {
    "kind": "total",
    "unit": "seconds",
    "from": "agent_time",
    "sum": "duration_s",
    "at": {"split": ["started_at", "ended_at"]},
}


def stretch(agent: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    begins, ends = utc(start), utc(end)
    lasts = (ends - begins).total_seconds()
    given = {"agent_id": agent, "state": "ready", "started_at": begins, "ended_at": ends, "duration_s": lasts}
    return {**given, **more}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("only", "n", "hours"),
    [(("hour", ("01",)), 2, 2), (("weekday", ("Sun",)), 3, 8.5), (("hour", ("04", "22")), 2, 1.5)],
)
def test_a_stretch_counts_once_by_what_is_left_of_it(only: Any, n: int, hours: float, engine: str) -> None:
    """Saturday 23:30 to Sunday 04:30, Sunday 21:00 to Monday 03:00, and an hour of the Sunday after; May 2026."""
    rows = [
        stretch("a1", "2026-05-02 23:30", "2026-05-03 04:30"),
        stretch("a2", "2026-05-03 21:00", "2026-05-04 03:00"),
        stretch("a3", "2026-05-10 10:00", "2026-05-10 11:00"),
    ]
    row = one(catalogue({"x": SPENT}), {"agent_time": rows}, only=(only,), engine=engine)
    assert (row.n, row.value) == (n, hours * 3600)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stretch_of_many_sundays_counts_once_in_each_month(engine: str) -> None:
    """25 April to 20 June 2026: no month begins on a Sunday, and June's first is the 7th. One has no duration."""
    rows = [stretch("a", "2026-04-25 12:00", "2026-06-20 12:00"), stretch("b", "2026-06-06 12:00", "2026-06-08 12:00")]
    rows.append(stretch("c", "2026-05-02 12:00", "2026-05-04 12:00", duration_s=None))
    found = ask(catalogue({"x": SPENT}), {"agent_time": rows}, only=(("weekday", ("Sun",)),), every="month",
                engine=engine)  # fmt: skip
    assert [(row.period.start.month, row.n, row.missing) for row in found] == [(4, 1, 0), (5, 1, 1), (6, 2, 0)]


REPEAT = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}


def lasting(number: int, customer: str, start: str, end: str | None) -> dict[str, Any]:
    return {
        "contact_id": f"c{number}",
        "customer_id": customer,
        "started_at": utc(start),
        "ended_at": None if end is None else utc(end),
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("chain", ["anchor", "gap"])
@pytest.mark.parametrize("end", [None, "2026-01-20 09:10"])
def test_who_is_on_the_line_again_has_called_again(end: str | None, chain: str, engine: str) -> None:
    """On 14 January the second call of u1 was open. That its end is known by now makes no success of the first."""
    rows = [
        lasting(1, "u1", "2026-01-01 09:00", "2026-01-01 09:10"),
        lasting(2, "u1", "2026-01-03 09:00", end),
        lasting(3, "u9", "2026-01-14 09:00", "2026-01-14 09:10"),
        lasting(4, "u2", "2026-01-31 09:00", "2026-01-31 09:10"),
    ]
    defined = catalogue({
        "fcr": {**REPEAT, "chain": chain},
        "n": {"kind": "total", "from": "contacts", "count": "rows"},
    })  # fmt: skip
    fcr, n = ask(defined, {"contacts": rows}, as_of="2026-01-14", engine=engine)
    assert (fcr.value, fcr.n, fcr.immature) == (0, 1, 1)
    # It had no end, so that no period has it.
    assert (n.value, n.n) == (2, 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_call_that_had_not_begun_follows_nothing(engine: str) -> None:
    rows = [
        lasting(1, "u1", "2026-01-01 09:00", "2026-01-01 09:10"),
        lasting(2, "u1", "2026-01-07 09:00", "2026-01-07 09:10"),
        lasting(3, "u9", "2026-01-06 09:00", "2026-01-06 09:10"),
    ]
    fcr = one(catalogue({"fcr": {**REPEAT, "within": "5d"}}), {"contacts": rows}, as_of="2026-01-06", engine=engine)
    assert (fcr.value, fcr.n) == (1, 1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("due", ["1900-01-08 12:00", "2099-01-07 12:00", "2199-12-30 12:00"])
def test_a_date_far_off_has_opening_hours_too(due: str, engine: str) -> None:
    """From 08:00 on a working day to the noon of another: whole weeks of 50 hours apart, four hours more."""
    text = (
        "cxkpi: 1\ncalendar:\n  timezone: UTC\n  hours: {mon-fri: ['08:00-18:00']}\nmetrics:\n"
        "  ahead: {kind: total, from: cases, unit: seconds, sum: 'open_seconds(opened_at, due_at)'}\n"
    )
    ends = utc(due)
    weeks = (ends.date() - utc("2026-01-05 08:00").date()).days // 7
    opened = utc("2026-01-05 08:00").replace(day=5 + (ends.weekday()))
    rows = [{"case_id": "1", "opened_at": opened, "due_at": ends}]
    row = one(parse(text, "hours.yaml"), {"cases": rows}, engine=engine, as_of="2026-01-31")
    assert (row.value, row.missing) == ((weeks * 50 + 4) * 3600, 0)
