"""One plausible wrong number each, over tables small enough to check on paper."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, by_cell, catalogue, one, utc

from cxkpi.errors import CatalogueError

pytestmark = pytest.mark.parametrize("engine", ENGINES)

AHT = {
    "kind": "ratio",
    "unit": "seconds",
    "numerator": {"from": "contacts", "sum": "talk_s"},
    "denominator": {"from": "contacts", "count": "rows"},
}
VOLUME = {"kind": "total", "from": "contacts", "count": "rows"}
FCR = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}
ABANDONED = {"kind": "share", "from": "contacts", "meets": "abandoned"}


def contact(name: str, when: str = "2026-01-05 09:00", **other: Any) -> dict[str, Any]:
    return {"contact_id": name, "started_at": utc(when), "ended_at": utc(when), **other}


# ------------------------------------------------------------------------------------------------- look-ups


def test_rehired_agent_does_not_double_contacts(engine):
    """Joined to both spells, two contacts become four, and half of them go to the team the agent is no longer in."""
    agents = [
        {"agent_id": "a", "hired_on": date(2024, 1, 1), "left_on": date(2024, 6, 30), "team": "Red"},
        {"agent_id": "a", "hired_on": date(2025, 1, 1), "left_on": None, "team": "Blue"},
    ]
    rows = ask(
        catalogue({"n": VOLUME}),
        {"contacts": [contact("1", agent_id="a"), contact("2", agent_id="a")], "agents": agents},
        by=("team",),
        engine=engine,
    )
    assert [(row.by, row.value) for row in rows] == [({}, 2), ({"team": "Blue"}, 2)]


def test_an_agent_in_two_hr_systems_does_not_double_contacts(engine):
    """Both systems say the agent started on one day: the contact still is one, and its team is not known."""
    agents = [
        {"agent_id": "a", "hired_on": date(2025, 1, 1), "team": team, "source": system}
        for team, system in (("Red", "hr1"), ("Blue", "hr2"))
    ]
    rows = ask(
        catalogue({"n": VOLUME}),
        {"contacts": [contact("1", agent_id="a")], "agents": agents},
        by=("team",),
        engine=engine,
    )
    assert sum(row.value for row in rows if not row.by) == 1
    assert sum(row.value for row in rows if row.by) == 1


def test_one_contact_id_in_two_systems(engine):
    """Two ACDs number from 1. An answer to "contact 1" belongs to neither for certain, and to both in no case."""
    tables = {
        "contacts": [
            contact("1", queue="Billing", source="acd1"),
            contact("1", queue="Sales", source="acd2"),
            contact("2", queue="Sales", source="acd2"),
        ],
        "invitations": [
            {"invitation_id": "i", "contact_id": "1", "responded_at": utc("2026-01-05 10:00")},
            {"invitation_id": "j", "contact_id": "2", "responded_at": utc("2026-01-05 10:00")},
        ],
        "answers": [
            {"invitation_id": "i", "question": "csat", "score": 5.0},
            {"invitation_id": "j", "question": "csat", "score": 1.0},
        ],
    }
    csat = {"kind": "share", "from": "answers", "meets": "score >= 4"}
    rows = ask(catalogue({"csat": csat}), tables, by=("queue",), engine=engine)
    assert [(row.by, row.value, row.n) for row in rows] == [
        ({}, 0.5, 2),
        ({"queue": "Sales"}, 0.0, 1),
        ({"queue": None}, 1.0, 1),
    ]


def test_distinct_contacts_of_two_systems(engine):
    metric = {"kind": "total", "from": "contacts", "distinct": "contact_id", "unit": "contacts"}
    tables = {"contacts": [contact("1", source="acd1"), contact("1", source="acd2")]}
    assert one(catalogue({"n": metric}), tables, engine=engine).value == 2


# ------------------------------------------------------------------------------------------------- repeats

LATER = contact("later", "2026-03-01 12:00", customer_id="nobody else")


def test_withheld_numbers_are_not_one_customer(engine):
    """Three anonymous calls: matched on null they would be two repeats, taken as single three successes."""
    rows = [contact(str(day), f"2026-01-0{day} 09:00", customer_id=None) for day in (1, 2, 3)]
    rows += [contact("x", customer_id="u"), LATER]
    row = one(catalogue({"fcr": FCR}), {"contacts": rows}, engine=engine)
    assert (row.value, row.n, row.missing, row.immature) == (1.0, 1, 3, 1)


def test_a_transfer_is_no_repeat(engine):
    """One call through three agents is one contact: its later legs are nobody's second call."""
    first = contact("1", customer_id="u", transfers=2)
    first["ended_at"] += timedelta(minutes=30)
    legs = [
        {
            "contact_id": "1",
            "leg_no": number,
            "agent_id": f"a{number}",
            "started_at": first["started_at"] + timedelta(minutes=10 * number),
            "ended_at": first["started_at"] + timedelta(minutes=10 * number + 10),
        }
        for number in range(3)
    ]
    row = one(catalogue({"fcr": FCR}), {"contacts": [first, LATER], "legs": legs}, "fcr", engine=engine)
    assert (row.value, row.n) == (1.0, 1)


def test_a_failure_belongs_to_the_first_agent(engine):
    """The second agent solved it. Blaming whoever took the repeat would turn 0 and 100 % round."""
    rows = [
        contact("1", "2026-01-05 09:00", customer_id="u", agent_id="first", answered_at=utc("2026-01-05 09:00")),
        contact("2", "2026-01-06 09:00", customer_id="u", agent_id="second", answered_at=utc("2026-01-06 09:00")),
        {**LATER, "agent_id": "third", "answered_at": LATER["ended_at"]},
    ]
    found = ask(catalogue({"fcr": FCR}), {"contacts": rows}, by=("agent_id",), engine=engine)
    assert [(row.by.get("agent_id"), row.value) for row in found] == [
        (None, 0.5),
        ("first", 0.0),
        ("second", 1.0),
        ("third", None),
    ]


def test_the_last_week_is_not_a_success(engine):
    """A hundred calls of yesterday are not a hundred resolved ones, and a repeat of this morning is no failure yet."""
    old = [contact(f"o{n}", "2026-01-05 09:00", customer_id=f"o{n // 2}") for n in range(4)]
    old += [contact("again", "2026-01-06 09:00", customer_id="o0")]
    new = [contact(f"n{n}", "2026-01-30 09:00", customer_id=f"n{n}") for n in range(100)]
    row = one(catalogue({"fcr": FCR}), {"contacts": [*old, *new]}, engine=engine)
    # o0 twice followed; o1 twice and the one that follows are not.
    assert (row.numerator, row.n, row.immature) == (3, 5, 100)


def test_a_clock_that_ran_backwards_is_no_repeat(engine):
    """A record that ends before it starts is bad data; it is not a second call of its customer."""
    bad = contact("1", customer_id="u")
    bad["ended_at"] -= timedelta(minutes=5)
    row = one(catalogue({"fcr": FCR}), {"contacts": [bad, contact("2", customer_id="v"), LATER]}, engine=engine)
    assert (row.value, row.n, row.missing) == (1.0, 1, 1)


# ------------------------------------------------------------------------------------------------- nought and null


def test_nothing_over_nothing(engine):
    """No contact, no rate: neither 0 % nor 100 %."""
    metrics = {
        "aht": {**AHT, "denominator": {"from": "contacts", "sum": "wait_s"}},
        "quick": {"kind": "share", "from": "contacts", "where": "queue = 'none'", "meets": "wait_s < 20"},
        "talk": {"kind": "mean", "from": "contacts", "where": "queue = 'none'", "value": "talk_s", "unit": "seconds"},
        "mood": {
            "kind": "net",
            "from": "contacts",
            "where": "queue = 'none'",
            "for": "wait_s < 2",
            "against": "wait_s > 9",
        },
    }
    tables = {"contacts": [contact("1", queue="A", wait_s=0.0, talk_s=60.0)]}
    for row in ask(catalogue(metrics), tables, engine=engine):
        assert (row.value, row.low, row.high, row.reason) == (None, None, None, "empty"), row.metric


def test_a_missing_wrap_time_is_not_a_short_one(engine):
    """Summed with nought for the missing wrap, 300 and 600 s make 450; the second is not known, so 300."""
    aht = {**AHT, "numerator": {"from": "contacts", "sum": "talk_s + wrap_s"}}
    tables = {"contacts": [contact("1", talk_s=240.0, wrap_s=60.0), contact("2", talk_s=600.0, wrap_s=None)]}
    row = one(catalogue({"aht": aht}), tables, engine=engine)
    assert (row.value, row.n, row.missing) == (300.0, 1, 1)


def test_an_unanswered_question_is_not_a_no(engine):
    """Two of three who answered: 66.7 %; over all five it would be 40 %."""
    rows = [contact(str(n), resolved=value) for n, value in enumerate([True, True, False, None, None])]
    metric = {"kind": "share", "from": "contacts", "meets": "resolved"}
    row = one(catalogue({"said": metric}), {"contacts": rows}, engine=engine)
    assert (row.numerator, row.n, row.missing) == (2, 3, 2)
    negated = one(catalogue({"said": {**metric, "meets": "not resolved"}}), {"contacts": rows}, engine=engine)
    assert (negated.numerator, negated.n) == (1, 3)


def test_null_is_unequal_to_nothing(engine):
    """``queue <> 'A'`` is unknown where there is no queue; it neither counts nor counts against."""
    rows = [contact("1", queue="A"), contact("2", queue="B"), contact("3", queue=None)]
    other = {"kind": "share", "from": "contacts", "meets": "queue <> 'A'"}
    among = {"kind": "total", "from": "contacts", "count": "rows", "where": "not (queue in ('A', 'C'))"}
    found = ask(catalogue({"other": other, "among": among}), {"contacts": rows}, engine=engine)
    assert [(row.value, row.n) for row in found] == [(0.5, 2), (1, 1)]


def test_a_sum_of_nothing_known(engine):
    """One contact of unknown cost did not cost nought."""
    metric = {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"}
    row = one(catalogue({"spent": metric}), {"contacts": [contact("1", cost=None)]}, engine=engine)
    assert (row.value, row.n, row.missing, row.reason) == (None, 0, 1, "empty")


def test_naming_the_default_time_changes_nothing(engine):
    """One known talk time of 300 s in two contacts: 300, not 150, whether ``at`` is written out or not."""
    named = {**AHT, "denominator": {**AHT["denominator"], "at": "ended_at"}}
    rows = [contact("1", talk_s=300.0), contact("2", talk_s=None)]
    found = ask(catalogue({"plain": AHT, "named": named}), {"contacts": rows}, engine=engine)
    assert [(row.value, row.n, row.missing) for row in found] == [(300.0, 1, 1), (300.0, 1, 1)]


# ------------------------------------------------------------------------------------------------- averages


def test_average_of_averages(engine):
    """Ten calls of 100 s and one of 1000 s: 181.8 s. The mean of the two agents' 100 and 1000 would be 550."""
    rows = [contact(str(n), agent_id="a", talk_s=100.0) for n in range(10)] + [
        contact("x", agent_id="b", talk_s=1000.0)
    ]
    whole, *agents = ask(catalogue({"aht": AHT}), {"contacts": rows}, by=("agent_id",), engine=engine)
    assert whole.value == pytest.approx(2000 / 11)
    assert [row.value for row in agents] == [100.0, 1000.0]


def test_a_quarter_is_not_the_mean_of_its_months(engine):
    """Distinct customers and rates of a quarter are counted over it: one customer in each month is one, not three."""
    rows = [
        contact(str(month), f"2026-{month:02d}-05 09:00", customer_id="u", talk_s=100.0 * month) for month in (1, 2, 3)
    ]
    rows += [contact(f"m{n}", "2026-03-05 09:00", customer_id="v", talk_s=300.0) for n in range(7)]
    metric = {"kind": "total", "from": "contacts", "distinct": "customer_id", "unit": "customers"}
    found = {
        (row.metric, row.period.every): row.value
        for every in ("quarter", "month")
        for row in ask(
            catalogue({"who": metric, "aht": AHT}), {"contacts": rows}, every=every, as_of="2026-03-31", engine=engine
        )
    }
    assert found["who", "quarter"] == 2
    assert found["aht", "quarter"] == 270.0


def test_abandonment_has_no_agent(engine):
    """Who abandons has no agent, so every agent's rate would be a proud 0 %. Refused, and the whole is still right."""
    rows = [
        contact("1", abandoned=False, agent_id="a", answered_at=utc("2026-01-05 09:00")),
        contact("2", abandoned=True, agent_id=None, answered_at=None),
    ]
    agents = [{"agent_id": "a", "hired_on": date(2025, 1, 1), "team": "Red"}]
    for dimension in ("agent_id", "team"):
        whole, *cells = ask(
            catalogue({"s": ABANDONED}), {"contacts": rows, "agents": agents}, by=(dimension,), engine=engine
        )
        assert whole.value == 0.5
        assert cells
        assert all((row.value, row.status, row.reason) == (None, None, "refused") and row.notes for row in cells)


def test_abandonment_of_one_agent(engine):
    """The same question asked with --only is the same 0 %."""
    rows = [
        contact("1", abandoned=False, agent_id="a", answered_at=utc("2026-01-05 09:00")),
        contact("2", abandoned=True, agent_id=None, answered_at=None),
    ]
    row = one(catalogue({"s": ABANDONED}), {"contacts": rows}, only=(("agent_id", ("a",)),), engine=engine)
    assert (row.value, row.reason) == (None, "refused")


# ------------------------------------------------------------------------------------------------- arithmetic


def test_sums_do_not_depend_on_order(engine):
    """In floating point 1e15 swallows what is added to it a cent at a time, so that the order decides the sum."""
    small = [0.01] * 50
    metric = {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"}
    for costs in ([1e15, *small, -1e15], [*small, 1e15, -1e15], [1e15, -1e15, *small]):
        rows = [contact(str(n), cost=cost) for n, cost in enumerate(costs)]
        assert one(catalogue({"spent": metric}), {"contacts": rows}, engine=engine).value == 0.5


def test_ten_dimes_are_one(engine):
    rows = [contact(str(n), cost=0.1) for n in range(10)] + [contact(f"r{n}", cost=-0.1) for n in range(3)]
    metric = {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"}
    assert one(catalogue({"spent": metric}), {"contacts": rows}, engine=engine).value == 0.7


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        ([-1.000001, -0.000001], -1.000002),
        ([-2.5, 2.5], 0.0),
        ([-12.345678] * 3, -37.037034),
        ([1e-6, -1e-6, 1e-6], 1e-6),
    ],
)
def test_negative_amounts_keep_their_millionths(engine, costs, total):
    """Refunds round like charges: adding a half and cutting towards nought would lose a millionth of each."""
    rows = [contact(str(n), cost=cost) for n, cost in enumerate(costs)]
    metric = {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"}
    assert one(catalogue({"spent": metric}), {"contacts": rows}, engine=engine).value == total


def test_an_absurd_amount_spoils_no_interval(engine):
    """Either the interval of five values with 1e15 among them, or none; not one from a sum that ran over."""
    rows = [contact(str(n), cost=cost) for n, cost in enumerate([1e15, -1e15, 1.0, 2.0, 3.0])]
    metric = {"kind": "mean", "from": "contacts", "value": "cost", "unit": "EUR"}
    row = one(catalogue({"spent": metric}), {"contacts": rows}, engine=engine)
    assert row.value == 1.2
    assert row.low is None or row.high - row.value == pytest.approx(2.7764451 * (2e30 / 4 / 5) ** 0.5, rel=1e-6)


def test_whole_numbers_divide_with_a_fraction(engine):
    rows = [contact("1", transfers=1), contact("2", transfers=2)]
    metric = {"kind": "mean", "from": "contacts", "value": "transfers / 2", "unit": "times"}
    assert one(catalogue({"half": metric}), {"contacts": rows}, engine=engine).value == 0.75


@pytest.mark.parametrize(
    "condition", ["queue = 7", "wait_s = '20'", "queue > 5", "queue in ('A', 7)", "wait_s + queue > 1"]
)
def test_text_and_numbers_never_mix(engine, condition):
    """'10' < '9' as text: rather no number than one that depends on which side was converted."""
    with pytest.raises(CatalogueError):
        catalogue({"n": {**VOLUME, "where": condition}})


def test_codes_keep_their_noughts(engine):
    """Queue 010 is neither 10 nor 8, and its contacts are not those of queue 10."""
    rows = [contact("1", queue="010"), contact("2", queue="10"), contact("3", queue="10.0")]
    metric = {**VOLUME, "where": "queue = '010'"}
    found = ask(catalogue({"n": VOLUME, "x": metric}), {"contacts": rows}, by=("queue",), engine=engine)
    assert {(row.metric, row.by.get("queue")): row.value for row in found if row.value} == {
        ("n", None): 3,
        ("n", "010"): 1,
        ("n", "10"): 1,
        ("n", "10.0"): 1,
        ("x", None): 1,
        ("x", "010"): 1,
    }


def test_for_and_against_at_once_is_neither_side(engine):
    """Two conditions that overlap count such a row on both sides: nothing is won by it, and nothing breaks."""
    rows = [contact(str(n), wait_s=float(wait)) for n, wait in enumerate([9, 9, 12])]
    metric = {"kind": "net", "from": "contacts", "for": "wait_s >= 9", "against": "wait_s <= 9"}
    row = one(catalogue({"mood": metric}), {"contacts": rows}, engine=engine)
    assert (row.value, row.n) == (pytest.approx(100 / 3), 3)


# ------------------------------------------------------------------------------------------------- the calendar


def test_summer_evening_belongs_to_its_day(engine):
    """23:30 on 30 June in London is 22:30 UTC; 00:30 on 1 July is 23:30 UTC of June."""
    rows = [contact("1", "2026-06-30 23:30"), contact("2", "2026-07-01 00:30"), contact("3", "2026-07-01 12:00")]
    found = ask(catalogue({"n": VOLUME}), {"contacts": rows}, every="month", engine=engine)
    assert [(row.period.start.month, row.value) for row in found] == [(6, 1), (7, 2)]


def test_the_hour_that_comes_twice(engine):
    """01:30 BST and 01:30 GMT on 25 October: both in hour 01, an hour apart, and none lost."""
    instants = [utc("2026-10-25 01:30"), utc("2026-10-25 01:30") + timedelta(hours=1), utc("2026-10-25 12:00")]
    rows = [{**contact(str(n)), "started_at": when, "ended_at": when} for n, when in enumerate(instants)]
    found = ask(catalogue({"n": VOLUME}), {"contacts": rows}, by=("hour",), every="day", engine=engine)
    assert [(row.by, row.value) for row in found] == [({}, 3), ({"hour": "01"}, 2), ({"hour": "12"}, 1)]


def test_the_hour_that_is_missing(engine):
    """A call of ten minutes over the spring change lasted ten minutes, not seventy, and 29 March has its 23 hours."""
    begin = utc("2026-03-29 00:55")
    rows = [
        {**contact("1"), "started_at": begin, "ended_at": begin + timedelta(minutes=10)},
        contact("2", "2026-03-29 23:59"),
    ]
    metric = {"kind": "mean", "from": "contacts", "value": "seconds(started_at, ended_at)", "unit": "seconds"}
    found = ask(
        catalogue({"n": VOLUME, "lasted": metric}), {"contacts": rows}, every="day", by=("hour",), engine=engine
    )
    value = {(row.metric, row.by.get("hour")): row.value for row in found}
    assert value["n", None] == 2
    assert (value["n", "02"], value["n", "23"]) == (1, 1)
    assert value["lasted", "02"] == 600.0


def test_leap_day_is_in_february(engine):
    rows = [contact(when, f"2024-{when} 12:00") for when in ("02-28", "02-29", "03-01")]
    found = ask(catalogue({"n": VOLUME}), {"contacts": rows}, every="month", engine=engine)
    assert [row.value for row in found] == [2, 1]
    days = ask(catalogue({"n": VOLUME}), {"contacts": rows}, every="day", engine=engine)
    assert [(row.period.start.isoformat(), row.value) for row in days] == [
        ("2024-02-28", 1),
        ("2024-02-29", 1),
        ("2024-03-01", 1),
    ]


def test_a_week_runs_over_the_year(engine):
    """29 December 2025 to 4 January 2026 is one week."""
    rows = [contact(when, f"{when} 12:00") for when in ("2025-12-29", "2025-12-31", "2026-01-01", "2026-01-04")]
    found = ask(catalogue({"n": VOLUME}), {"contacts": rows}, every="week", engine=engine)
    assert [(row.period.start, row.value) for row in found] == [(date(2025, 12, 29), 4)]


def test_the_newest_contact_ends_at_midnight(engine):
    """A contact that ends as the new day begins is on that day, and is not lost for being the last."""
    rows = [contact("1", "2026-01-31 23:50"), contact("2", "2026-02-01 00:00")]
    assert one(catalogue({"n": VOLUME}), {"contacts": rows}, engine=engine).value == 2
    found = by_cell(ask(catalogue({"n": VOLUME}), {"contacts": rows}, every="month", engine=engine))
    assert found[(), date(2026, 2, 1)].value == 1


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_the_zone_of_the_machine_does_not_matter(engine):
    test_summer_evening_belongs_to_its_day(engine)
    test_the_hour_that_comes_twice(engine)


# ------------------------------------------------------------------------------------------------- people

TURNOVER = {
    "kind": "ratio",
    "unit": "percent",
    "numerator": {"from": "agents", "count": "rows", "at": "left_on"},
    "denominator": {"from": "agents", "stock": "mean"},
}


def test_a_year_of_monthly_rates_is_not_their_sum(engine):
    """Twelve of a hundred leave on the last day of a year: 12 of 100, and not of the 88 who remain."""
    agents = [
        {"agent_id": str(n), "hired_on": date(2020, 1, 1), "left_on": date(2026, 12, 31) if n < 12 else None}
        for n in range(100)
    ]
    row = one(
        catalogue({"t": {**TURNOVER, "annualise": "months", "roll": "12mo"}}),
        {"agents": agents},
        every="all",
        since=date(2026, 1, 1),
        as_of="2026-12-31",
        engine=engine,
    )
    assert (row.value, row.numerator, row.denominator) == (0.12, 12, 100)


def test_moving_is_not_leaving(engine):
    """An agent who goes from Red to Blue in mid-January: no leaver, and half a month of each team's headcount."""
    agents = [{"agent_id": "a", "hired_on": date(2025, 1, 1), "left_on": None, "team": "Blue"}]
    moves = [{"agent_id": "a", "moved_on": date(2026, 1, 17), "from_team": "Red", "to_team": "Blue"}]
    found = ask(
        catalogue({"t": TURNOVER}),
        {"agents": agents, "moves": moves},
        by=("team",),
        since=date(2026, 1, 1),
        as_of="2026-01-31",
        engine=engine,
    )
    assert [(row.by.get("team"), row.numerator, row.denominator) for row in found] == [
        (None, 0, 1.0),
        ("Blue", 0, pytest.approx(15 / 31)),
        ("Red", 0, pytest.approx(16 / 31)),
    ]


def test_those_who_never_get_there_count(engine):
    """One of three got there, in ten days. The mean of those who did is 10; the median of all is not reached."""
    agents = [
        {"agent_id": str(n), "hired_on": date(2026, 1, 1), "competent_on": date(2026, 1, 11) if n == 0 else None}
        for n in range(3)
    ]
    metric = {"kind": "time_to_event", "from": "agents", "start": "hired_on", "event": "competent_on"}
    row = one(catalogue({"ramp": metric}), {"agents": agents}, as_of="2026-03-01", engine=engine)
    assert (row.value, row.n, row.numerator, row.censored, row.reason) == (None, 3, 1, 2, "not_reached")


def test_nobody_is_watched_before_they_were_hired(engine):
    """Hired after as_of: not yet anybody's headcount, hire or leaver, although HR knows the date."""
    agents = [
        {"agent_id": "a", "hired_on": date(2025, 1, 1), "left_on": None},
        {"agent_id": "b", "hired_on": date(2026, 2, 1), "left_on": date(2026, 2, 20)},
    ]
    heads = {"kind": "stock", "from": "agents", "read": "through"}
    hires = {"kind": "total", "from": "agents", "count": "rows", "unit": "agents"}
    found = ask(
        catalogue({"heads": heads, "hires": hires, "t": TURNOVER}),
        {"agents": agents},
        since=date(2025, 1, 1),
        as_of="2026-01-31",
        engine=engine,
    )
    assert [(row.value, row.n) for row in found] == [(1, 1), (1, 1), (0.0, 1)]


def test_who_came_before_the_first_leaver_came(engine):
    """Three hires, the last of whom leaves after nine days: three, not the one since, nor none."""
    agents = [
        {"agent_id": str(month), "hired_on": date(2025, month, 1), "left_on": date(2025, 3, 10) if month == 3 else None}
        for month in (1, 2, 3)
    ]
    hires = {"kind": "total", "from": "agents", "count": "rows", "unit": "agents"}
    assert one(catalogue({"hires": hires}), {"agents": agents}, as_of="2025-12-31", engine=engine).value == 3


def test_one_team_has_the_name_of_none(engine):
    """A team called 'None' and agents without a team are two cells."""
    agents = [
        {"agent_id": "a", "hired_on": date(2025, 1, 1), "team": "None"},
        {"agent_id": "b", "hired_on": date(2025, 1, 1), "team": None},
        {"agent_id": "c", "hired_on": date(2025, 1, 1), "team": ""},
    ]
    hires = {"kind": "total", "from": "agents", "count": "rows", "unit": "agents"}
    found = ask(catalogue({"hires": hires}), {"agents": agents}, by=("team",), engine=engine)
    assert [(row.by, row.value) for row in found] == [
        ({}, 3),
        ({"team": ""}, 1),
        ({"team": "None"}, 1),
        ({"team": None}, 1),
    ]
