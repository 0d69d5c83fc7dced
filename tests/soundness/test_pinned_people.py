"""Headcounts, leavers and times to an event: one plausible wrong number each, over rosters small enough for paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from kinds.centre import DAY, ENGINES, ask, catalogue, one, utc

from cxkpi.catalogue.load import parse
from cxkpi.engines.base import load
from cxkpi.measurement.checking.examples import failures

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def agent(name: str, hired: date, left: date | None = None, **other: Any) -> dict[str, Any]:
    return {"agent_id": name, "hired_on": hired, "left_on": left, **other}


def stock(read: str, **keys: Any) -> dict[str, Any]:
    return {"kind": "stock", "from": "agents", "read": read, **keys}


def turnover(read: str, **keys: Any) -> dict[str, Any]:
    above = {"from": "agents", "count": "rows", "at": "left_on"}
    return {"kind": "ratio", "unit": "percent", "numerator": above,
            "denominator": {"from": "agents", "stock": read}, **keys}  # fmt: skip


def tenure(**keys: Any) -> dict[str, Any]:
    return {"kind": "time_to_event", "from": "agents", "start": "hired_on", "event": "left_on", **keys}


# ------------------------------------------------------------------------------------------------- leap days


def test_a_leap_year_is_a_year(engine):
    """366 days of 2024, annualised by months, are one year: 1 of 10, not 365/366 of it; and February is a month."""
    agents = [agent(str(n), date(2020, 1, 1), date(2024, 2, 29) if not n else None) for n in range(10)]
    rolling = turnover("opening", annualise="months", roll="12mo")
    plain = turnover("opening", annualise="months")
    options = {"every": "month", "as_of": "2024-12-31", "engine": engine}
    year = ask(catalogue({"t": rolling}), {"agents": agents}, since=date(2024, 12, 1), **options)
    assert [(row.value, row.numerator, row.denominator) for row in year] == [(0.1, 1, 10)]
    february = ask(
        catalogue({"t": plain}), {"agents": agents}, since=date(2024, 2, 1), until=date(2024, 3, 1), **options
    )
    assert [row.value for row in february] == [1.2]


def test_hired_on_a_leap_day(engine):
    """Hired on 29 February 2024: a year of service is over at the end of 28 February 2025, with the year ago of it."""
    agents = [agent("a", date(2024, 2, 29)), agent("b", date(2020, 1, 1))]
    metrics = {"served": stock("closing", served="12mo"), "ago": stock("closing", ago="12mo")}
    for day, served in (("2025-02-27", 1), ("2025-02-28", 2), ("2025-03-01", 2)):
        until = date.fromisoformat(day) + DAY
        found = ask(
            catalogue(metrics), {"agents": agents}, since=date(2025, 2, 1), until=until, as_of=day, engine=engine
        )
        assert [row.value for row in found] == [served, served], day


def test_the_days_of_a_leap_february(engine):
    """One person all February 2024: 29 person-days over 29 days, and the snapshots of a quarter are four."""
    agents = [agent("a", date(2024, 2, 1))]
    options = {"since": date(2024, 1, 1), "as_of": "2024-03-31", "engine": engine, "every": "quarter"}
    mean, snapshots = ask(catalogue({"m": stock("mean"), "s": stock("snapshots")}), {"agents": agents}, **options)
    assert (mean.numerator, mean.denominator) == (29 + 31, 91)
    # Opening 0, end of January 0, of February 1, of March 1.
    assert (snapshots.numerator, snapshots.denominator, snapshots.value) == (2, 4, 0.5)


# ------------------------------------------------------------------------------------------------- spells


def test_a_rehire_of_the_same_day_has_not_left(engine):
    """HR closes one contract and opens the next: no leaver, no joiner, one person, and 31 person-days and not 32."""
    roster = """
        agent_id | hired_on   | left_on
        a        | 2025-01-01 | 2026-01-15
        a        | 2026-01-15 |
        b        | 2025-01-01 | 2026-01-20
        b        | 2026-01-21 |
    """
    expected = {
        "left": (turnover("opening"), {"value": 0, "numerator": 0, "denominator": 2}),
        "mean": (stock("mean"), {"value": 2, "n": 2, "numerator": 62}),
        "joined": (stock("joiners"), {"value": 2}),
        "served": (stock("closing", served="12mo"), {"value": 2}),
        "tenure": (tenure(read={"by": "90d"}), {"n": 0}),
    }
    span = {"given": {"agents": roster}, "as_of": "2026-01-31", "since": "2026-01-01", "until": "2026-02-01"}
    metrics = {
        name: {**defined, "examples": [{**span, "expect": expect}]} for name, (defined, expect) in expected.items()
    }
    document = {"cxkpi": 1, "calendar": {"timezone": "Europe/London"}, "metrics": metrics}
    read = parse(yaml.safe_dump(document), "people.yaml")
    for metric in read.metrics.values():
        assert failures(metric, metric.examples[0], read, load(engine)) == [], metric.title


def test_one_agent_in_two_teams(engine):
    """From Red to Blue in mid-January: in each team's headcount of everybody employed, and once in the centre's."""
    agents = [agent("a", date(2025, 1, 1), team="Blue"), agent("b", date(2025, 1, 1), team="Red")]
    moves = [{"agent_id": "a", "moved_on": date(2026, 1, 17), "from_team": "Red", "to_team": "Blue"}]
    metrics = {read: stock(read) for read in ("through", "opening", "closing", "joiners", "snapshots")}
    found = ask(
        catalogue(metrics),
        {"agents": agents, "moves": moves},
        by=("team",),
        since=date(2026, 1, 1),
        as_of="2026-01-31",
        engine=engine,
    )
    value = {(row.metric, row.by.get("team")): row.value for row in found}
    assert [value["through", team] for team in (None, "Blue", "Red")] == [2, 1, 2]
    assert [value["opening", team] for team in (None, "Blue", "Red")] == [2, 0, 2]
    assert [value["closing", team] for team in (None, "Blue", "Red")] == [2, 1, 1]
    # Moving in is no hire: a team's joiners are those the centre hired.
    assert [value["joiners", team] for team in (None, "Blue", "Red")] == [2, 0, 2]
    assert [value["snapshots", team] for team in (None, "Blue", "Red")] == [2, 0.5, 1.5]


def test_a_leaver_on_the_last_day_of_the_year(engine):
    """Left on 31 December: a leaver of that year and not of the next, out of its closing and of the next opening."""
    agents = [agent("a", date(2020, 1, 1), date(2025, 12, 31)), agent("b", date(2020, 1, 1))]
    metrics = {
        "t": turnover("mean"),
        "closing": stock("closing"),
        "opening": stock("opening"),
        "counted": stock("closing", last_day="counted"),
        "mean": stock("mean"),
    }
    found = ask(
        catalogue(metrics), {"agents": agents}, every="year", since=date(2025, 1, 1), as_of="2026-12-31", engine=engine
    )
    value = {(row.metric, row.period.start.year): (row.value, row.numerator) for row in found}
    assert (value["t", 2025], value["t", 2026]) == ((0.5, 1), (0.0, 0))
    assert (value["closing", 2025][0], value["counted", 2025][0], value["opening", 2026][0]) == (1, 2, 1)
    # The last day was worked.
    assert (value["mean", 2025][1], value["mean", 2026][1]) == (2 * 365, 365)


def test_a_joiner_who_left_at_once_is_a_leaver_too(engine):
    """Ten at the start and the end, ten hired who all left: a rate of 100 % of the mean, and not of nothing."""
    agents = [agent(f"o{n}", date(2020, 1, 1)) for n in range(10)]
    agents += [agent(f"j{n}", date(2026, 1, 10), date(2026, 1, 20)) for n in range(10)]
    metrics = {read: turnover(read) for read in ("both", "joiners", "snapshots", "through")}
    found = ask(catalogue(metrics), {"agents": agents}, since=date(2026, 1, 1), as_of="2026-01-31", engine=engine)
    assert {row.metric: row.value for row in found} == {"both": 1.0, "joiners": 0.5, "snapshots": 1.0, "through": 0.5}


def test_stability_of_survivors_only(engine):
    """A roster of those still here says that all of a year ago stayed. It is said, and not judged."""
    here = [agent(f"h{n}", date(2020, 1, 1)) for n in range(4)]
    gone = [agent(f"g{n}", date(2020, 1, 1), date(2025, 6, 1)) for n in range(4)]
    late = agent("late", date(2020, 1, 1), date(2026, 1, 5))
    index = {
        "kind": "ratio",
        "unit": "percent",
        "better": "higher",
        "target": "50%",
        "numerator": {"from": "agents", "stock": "closing", "served": "12mo"},
        "denominator": {"from": "agents", "stock": "closing", "ago": "12mo"},
    }
    options = {"every": "month", "since": date(2026, 1, 1), "until": date(2026, 2, 1), "as_of": "2026-02-28"}
    all_of_them = [*here, *gone, late, agent("first", date(2019, 1, 1), date(2024, 5, 1))]
    (right,) = ask(catalogue({"s": index}), {"agents": all_of_them}, engine=engine, **options)
    assert (right.numerator, right.denominator, right.status) == (4, 9, "missed")
    (wrong,) = ask(catalogue({"s": index}), {"agents": [*here, late]}, engine=engine, **options)
    assert (wrong.value, wrong.status, wrong.reason) == (0.8, None, "partial")
    assert any("before the roster's first leaver" in note for note in wrong.notes)


def test_moves_are_the_exits_of_the_team_left(engine):
    """Churnover: one of two leaves Red for Blue. An exit of Red, over its mean headcount; Blue has none."""
    agents = [agent("a", date(2025, 1, 1), team="Blue"), agent("b", date(2025, 1, 1), team="Red")]
    moves = [{"agent_id": "a", "moved_on": date(2026, 1, 17), "from_team": "Red", "to_team": "Blue"}]
    churn = {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {"from": "moves", "count": "rows", "where": "from_team <> to_team", "as": {"team": "from_team"}},
        "denominator": {"from": "agents", "stock": "mean"},
    }
    found = ask(
        catalogue({"churn": churn}),
        {"agents": agents, "moves": moves},
        by=("team",),
        since=date(2026, 1, 1),
        as_of="2026-01-31",
        engine=engine,
    )
    assert [(row.by.get("team"), row.numerator, row.denominator) for row in found] == [
        (None, 1, 2.0),
        ("Blue", 0, pytest.approx(15 / 31)),
        ("Red", 1, pytest.approx(47 / 31)),
    ]


# ------------------------------------------------------------------------------------------------- times to an event


def test_new_hires_who_left_are_not_all_new_hires(engine):
    """Two of ten left within 90 days, and five were hired last month: 2 of 5 judged, and not 2 of 10."""
    old = [agent(f"o{n}", date(2025, 1, 6), date(2025, 2, 1) if n < 2 else None) for n in range(5)]
    new = [agent(f"n{n}", date(2025, 6, 1)) for n in range(5)]
    early = {
        "kind": "share",
        "from": "agents",
        "meets": "left_on is not null and days(hired_on, left_on) < 90",
        "matures": "90d",
    }
    tables = {"agents": old + new}
    row = one(catalogue({"early": early}), tables, since=date(2025, 1, 1), as_of="2025-06-30", engine=engine)
    assert (row.value, row.n, row.immature) == (0.4, 5, 5)


def test_those_who_left_are_not_able(engine):
    """Four began, two left in their first week, two were able after four. By week 12 a half is: not all, as one less
    Kaplan-Meier says of those who stayed, and what the mean of the able (28 days) hides."""
    hired = date(2025, 1, 6)
    agents = [agent(f"l{n}", hired, hired + 5 * DAY, competent_on=None) for n in range(2)]
    agents += [agent(f"a{n}", hired, competent_on=hired + 28 * DAY) for n in range(2)]
    able = {"event": "competent_on", "read": {"by": "12wk"}}
    metrics = {"share": tenure(**able, competing="left_on"), "if_all_stayed": tenure(**able, censor="left_on")}
    found = ask(catalogue(metrics), {"agents": agents}, as_of="2025-12-31", engine=engine)
    assert {row.metric: row.value for row in found} == {"share": 0.5, "if_all_stayed": 1.0}


def test_a_roster_begun_late_knows_no_early_leavers(engine):
    """Kept since 1 January 2025. Four hired a year before were there then, one of whom left after 400 days; of four
    hired on that day two left after 30. On day 30 only the latter are in view: 2 of 4 stay, then 5 of 6, so 5/12 stay
    400 days. Taken as if all had been watched from their hire it would be 6 of 8 and 5 of 6: 5/8."""
    first = date(2025, 1, 1)
    old = [agent(f"o{n}", date(2024, 1, 1), entered_on=first) for n in range(4)]
    old[0]["left_on"] = date(2024, 1, 1) + 400 * DAY
    new = [agent(f"n{n}", first, first + 30 * DAY if n < 2 else None, entered_on=first) for n in range(4)]
    stay = {"by": "400d", "of": "survivors"}
    metrics = {"right": tenure(entered="entered_on", read=stay), "ignored": tenure(read=stay)}
    found = ask(catalogue(metrics), {"agents": old + new}, as_of="2026-12-31", engine=engine)
    value = {row.metric: row.value for row in found}
    assert value["right"] == pytest.approx(5 / 12)
    assert value["ignored"] == 0.625


def test_what_is_not_over_is_not_short(engine):
    """Of four cases two were closed within a day; the others are open for ten. The mean of the closed is one day; the
    median is not reached, and a mean of at most ten days is (1 + 1 + 10 + 10) / 4."""
    rows = [
        {
            "case_id": str(n),
            "opened_at": utc("2026-01-05 09:00"),
            "closed_at": utc("2026-01-06 09:00") if n < 2 else None,
        }
        for n in range(4)
    ]
    took = {"kind": "time_to_event", "from": "cases", "start": "opened_at", "event": "closed_at"}
    rows.append({"case_id": "new", "opened_at": utc("2026-01-15 09:00"), "closed_at": utc("2026-01-15 09:00")})
    metrics = {"median": {**took, "read": {"quantile": 0.6}}, "mean": {**took, "read": {"mean_until": "10d"}}}
    found = ask(
        catalogue(metrics), {"cases": rows}, since=date(2026, 1, 1), until=date(2026, 1, 10), as_of="2026-01-15T09:00",
        engine=engine,
    )  # fmt: skip
    median, mean = found
    assert (median.value, median.reason, mean.value) == (None, "not_reached", 5.5)


def test_the_first_contact_was_not_the_first(engine):
    """Hired in 2020, and contacts are known of 2026 only: theirs did not take six years."""
    agents = [agent("old", date(2020, 1, 1)), agent("new", date(2026, 1, 10))]
    contacts = [
        {"contact_id": str(n), "ended_at": utc(f"2026-01-{day:02d} 09:00"), "agent_id": name}
        for n, (name, day) in enumerate([("old", 2), ("old", 20), ("new", 15)])
    ]
    first = tenure(event={"from": "contacts"})
    row = one(
        catalogue({"first": first}), {"agents": agents, "contacts": contacts}, since=date(2020, 1, 1), engine=engine
    )
    assert (row.value, row.n, row.missing) == (5, 1, 1)


def test_watched_no_longer_than_its_table(engine):
    """Cases were exported until the 10th, contacts until the 31st: an open case was seen open for five days, not 26."""
    cases = [
        {"case_id": "open", "opened_at": utc("2026-01-05 09:00"), "closed_at": None},
        {"case_id": "shut", "opened_at": utc("2026-01-01 09:00"), "closed_at": utc("2026-01-10 09:00")},
    ]
    contacts = [{"contact_id": "c", "ended_at": utc("2026-01-31 09:00")}]
    took = {"kind": "time_to_event", "from": "cases", "start": "opened_at", "event": "closed_at"}
    row = one(catalogue({"took": took}), {"cases": cases, "contacts": contacts}, since=date(2026, 1, 1), engine=engine)
    # Nobody but the other is at risk on day 9, so it is over for all who were: taken as open until the 31st, a half.
    assert (row.value, row.n, row.censored) == (9, 2, 1)
    share = {**took, "read": {"by": "9d"}}
    by = one(catalogue({"took": share}), {"cases": cases, "contacts": contacts}, since=date(2026, 1, 1), engine=engine)
    assert by.value == 1.0


def test_the_median_where_half_is_left(engine):
    """Two of four left after 10 and 20 days: S is a half from day 20 on, so that is the median; not "not reached"."""
    hired = date(2025, 1, 1)
    agents = [
        agent(str(n), hired, hired + timedelta(days=days) if days else None) for n, days in enumerate((10, 20, 0, 0))
    ]
    assert one(catalogue({"t": tenure()}), {"agents": agents}, as_of="2025-12-31", engine=engine).value == 20


def test_a_unit_is_not_another_name(engine):
    """Ten days are two weeks, rounded up; 1.43 weeks are nobody's week."""
    agents = [agent("a", date(2025, 1, 1), date(2025, 1, 11))]
    metrics: Mapping[str, Any] = {"d": tenure(), "w": tenure(unit="weeks")}
    found = ask(catalogue(metrics), {"agents": agents}, as_of="2025-12-31", engine=engine)
    assert [(row.value, row.unit) for row in found] == [(10, "days"), (2, "weeks")]
