"""time_to_event: competing ends, delayed entry, later rows, instants and readings, against sums made row by row."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from kinds.centre import DAY, ENGINES, answer, ask, by_cell, catalogue, one, same, start_of, utc

Row = Mapping[str, Any]
AS_OF = date(2025, 12, 31)
SINCE = date(2024, 12, 1)
HOUR = timedelta(hours=1)

# (duration, "event", "competing" or "censored", and when they came into view)
Watched = tuple[int, str, int]


def incidence(watched: Sequence[Watched], until: int) -> Fraction:
    """The share with the event by ``until``: at every time, those still free times the share of those at risk."""
    free, share = Fraction(1), Fraction(0)
    for time in sorted({end for end, kind, _ in watched if kind != "censored" and end <= until}):
        at_risk = sum(entry < time <= end or (time == 0 == entry) for end, _, entry in watched)
        ended = [kind for end, kind, _ in watched if end == time and kind != "censored"]
        share += free * Fraction(ended.count("event"), at_risk)
        free *= 1 - Fraction(len(ended), at_risk)
    return share


def first_time(watched: Sequence[Watched], q: Fraction) -> int | None:
    return next((time for time in sorted({end for end, _, _ in watched}) if incidence(watched, time) >= q), None)


def metric(**keys: Any) -> dict[str, Any]:
    return {"kind": "time_to_event", "from": "agents", "start": "hired_on", "event": "competent_on", **keys}


def people(seed: int, size: int = 70) -> list[dict[str, Any]]:
    """Hires of half a year with ties, leavers of two kinds, and an event for some, before or after they left."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        hired = date(2025, 1, 6) + timedelta(days=chance.randrange(180))
        left = hired + timedelta(days=7 * chance.randrange(1, 40)) if chance.random() < 0.6 else None
        able = hired + timedelta(days=7 * chance.randrange(30)) if chance.random() < 0.6 else None
        rows.append(
            {
                "agent_id": f"a{number}",
                "hired_on": hired,
                "left_on": left,
                "leave_type": None if left is None else chance.choice(["voluntary", "involuntary", None]),
                "competent_on": able,
                "entered_on": chance.choice([None, hired, hired + timedelta(days=chance.randrange(80))]),
                "team": chance.choice(["Red", "Blue"]),
            }
        )
    return rows


def history(row: Row, *, competes: bool = True, entered: bool = False) -> Watched | None:
    """One agent's: who becomes able on the day of leaving did; nobody is watched after the last day of the data."""
    ends = [(AS_OF, 2, "censored")]
    if row["competent_on"] is not None:
        ends.append((row["competent_on"], 0, "event"))
    if row["left_on"] is not None:
        ends.append((row["left_on"], 1, "competing" if competes else "censored"))
    day, _, kind = min(ends)
    entry = 0
    if entered and row["entered_on"] is not None:
        entry = max(0, (row["entered_on"] - row["hired_on"]).days)
    duration = (day - row["hired_on"]).days
    return None if entry and duration <= entry else (duration, kind, entry)


@pytest.mark.parametrize("engine", ENGINES)
def test_competing_ends_by_team_and_quarter(engine):
    metrics = {
        **{f"q{percent}": metric(competing="left_on", read={"quantile": f"{percent}%"}) for percent in (20, 50)},
        **{f"by{weeks}": metric(competing="left_on", read={"by": f"{weeks}wk"}) for weeks in (4, 12, 30)},
        "never": metric(competing="left_on", read={"by": "84d", "of": "survivors"}),
    }
    defined = catalogue(metrics)
    assert {one.name: one.unit for one in defined.metrics.values()}["by12"] == "percent"
    reached = 0
    for seed in range(2):
        agents = people(seed)
        found = ask(defined, {"agents": agents}, by=("team",), every="quarter", as_of=str(AS_OF), engine=engine)
        for row in found:
            inside = [
                history(agent)
                for agent in agents
                if row.period.start <= agent["hired_on"] < row.period.end
                and row.by.get("team") in (None, agent["team"])
            ]
            kinds = [kind for _, kind, _ in inside]
            assert (row.n, row.numerator, row.censored) == (len(inside), kinds.count("event"), kinds.count("censored"))
            if not inside:
                assert row.reason == "empty"
                continue
            if row.metric.startswith("q"):
                wanted = first_time(inside, Fraction(int(row.metric[1:]), 100))
            else:
                share = incidence(inside, 84 if row.metric == "never" else 7 * int(row.metric[2:]))
                wanted = float(1 - share if row.metric == "never" else share)
            assert same((row.value,), (wanted,)), (row.metric, row.by, row.period.start)
            if row.low is not None and row.high is not None and wanted is not None:
                assert row.low <= row.value <= row.high
            reached += wanted is not None
    assert reached > 30


def test_published_competing_risks():
    """G-25: by day 5, 40 % are competent, 5.2 to 75.3 %; with leavers taken as censored it would be two thirds."""
    hired = date(2025, 1, 1)
    agents = []
    for day, code in enumerate([0, 1, 1, 2, 2], start=1):
        agents.append(
            {
                "agent_id": f"a{day}",
                "hired_on": hired,
                "left_on": hired + day * DAY if code == 1 else None,
                "competent_on": hired + day * DAY if code == 2 else None,
                # The first was lost sight of on day 1 and the last on day 6, without having left.
                "entered_on": hired + day * DAY if code == 0 else None,
            }
        )
    agents.append({"agent_id": "a6", "hired_on": hired, "left_on": None, "competent_on": None, "entered_on": None})
    competent = metric(censor="entered_on", competing="left_on", read={"by": "5d"})
    earlier = metric(censor="entered_on", competing="left_on", read={"by": "4d"})
    naive = {**metric(read={"by": "5d"}), "censor": "left_on", "where": "agent_id <> 'a1'"}
    metrics = {"competent": competent, "earlier": earlier, "naive": naive}
    found = {row.metric: row for row in ask(catalogue(metrics), {"agents": agents}, as_of="2025-01-07")}
    row = found["competent"]
    assert (row.value, row.n, row.numerator, row.censored) == (0.4, 6, 2, 2)
    assert (row.low, row.high) == pytest.approx((0.05197575, 0.75281579), abs=5.1e-9)
    assert (found["earlier"].low, found["earlier"].high) == pytest.approx((0.00836904, 0.58185303), abs=5.1e-9)
    assert found["naive"].value == pytest.approx(2 / 3)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_some_ends_compete(engine):
    """Resigning competes with becoming able; those dismissed are watched until then. All three add up to the whole."""
    agents = people(3)
    resigned = [{"at": "left_on", "where": "leave_type = 'voluntary'"}]
    metrics = {
        "able": metric(competing=resigned, read={"by": "20wk"}),
        "resigned": metric(
            event={"at": "left_on", "where": "leave_type = 'voluntary'"}, competing="competent_on", read={"by": "20wk"}
        ),
        "neither": metric(competing=resigned, read={"by": "20wk", "of": "survivors"}),
    }
    found = {row.metric: row for row in ask(catalogue(metrics), {"agents": agents}, as_of=str(AS_OF), engine=engine)}
    watched = []
    for agent in agents:
        duration, kind, entry = history(agent)
        watched.append(
            (duration, "censored" if kind == "competing" and agent["leave_type"] != "voluntary" else kind, entry)
        )
    assert same((found["able"].value,), (float(incidence(watched, 140)),))
    assert found["able"].censored == sum(kind == "censored" for _, kind, _ in watched)
    assert same((found["neither"].value,), (1 - found["able"].value,))
    swapped = [
        (duration, {"event": "competing", "competing": "event"}.get(kind, kind), 0) for duration, kind, _ in watched
    ]
    # On a day on which both happen, whichever is asked about comes first.
    ties = [agent for agent in agents if agent["left_on"] is not None and agent["left_on"] == agent["competent_on"]]
    if not ties:
        assert same((found["resigned"].value,), (float(incidence(swapped, 140)),))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("competes", [False, True])
def test_delayed_entry(competes, engine):
    """At risk only after they came into view; who was over by then was never seen, and is counted as missing."""
    ends = {"competing": "left_on"} if competes else {"censor": "left_on"}
    late = 0
    for seed in range(3):
        agents = people(seed)
        watched = [history(agent, competes=competes, entered=True) for agent in agents]
        seen = [one for one in watched if one is not None]
        metrics = {
            "half": metric(entered="entered_on", **ends, read={"quantile": 0.25}),
            "by": metric(entered="entered_on", **ends, read={"by": "10wk"}),
        }
        found = {
            row.metric: row for row in ask(catalogue(metrics), {"agents": agents}, as_of=str(AS_OF), engine=engine)
        }
        assert found["half"].value == first_time(seen, Fraction(1, 4))
        assert same((found["by"].value,), (float(incidence(seen, 70)),))
        for row in found.values():
            assert (row.n, row.missing) == (len(seen), len(watched) - len(seen))
            assert (row.missing > 0) == any("before they came into view" in note for note in row.notes)
            late += row.missing
    assert late


@pytest.mark.parametrize(
    ("entries", "exits", "published"),
    [
        ((1, 2, 4, 0, 0), (2, 10, 5, 4, 3), {2: 0.667, 3: 0.444, 4: 0.222, 5: 0.111, 10: 0}),
        # Entry at 1.9 is entry within the second day: the clock of this one has ten days to the published day.
        ((19, 0, 0, 0, 0), (20, 100, 50, 40, 30), {20: 0.8, 30: 0.6, 40: 0.4, 50: 0.2, 100: 0}),
    ],
)
def test_published_delayed_entry(entries, exits, published):
    """G-24: lifelines' test against R."""
    hired = date(2025, 1, 1)
    agents = [
        {"agent_id": f"a{n}", "hired_on": hired, "left_on": hired + leave * DAY, "entered_on": hired + entry * DAY}
        for n, (entry, leave) in enumerate(zip(entries, exits, strict=True))
    ]
    for day, share in published.items():
        definition = metric(event="left_on", entered="entered_on", read={"by": f"{day}d", "of": "survivors"})
        row = one(catalogue({"stay": definition}), {"agents": agents}, as_of=str(AS_OF), since=SINCE)
        assert round(row.value, 3) == share
        assert row.n == 5


def test_published_tenures():
    """G-23, the control group of g3: S is exactly a half on day 32, so that is the median, not 34; by day 40, 1/3."""
    hired = date(2025, 1, 1)
    ends = [(34, 1), (32, 1), (9, 1), (19, 1), (50, 0), (48, 0)]
    agents = [
        {
            "agent_id": f"a{n}",
            "hired_on": hired,
            "left_on": hired + days * DAY if left else None,
            "entered_on": None if left else hired + days * DAY,
        }
        for n, (days, left) in enumerate(ends)
    ]
    gone = {"event": "left_on", "censor": "entered_on"}
    metrics = {
        "median": metric(**gone),
        "left": metric(**gone, read={"by": "19d"}),
        "stay": metric(**gone, read={"by": "40d", "of": "survivors"}),
        "mean": metric(**gone, read={"mean_until": "40d"}),
    }
    found = {row.metric: row for row in ask(catalogue(metrics), {"agents": agents}, as_of=str(AS_OF))}
    assert found["median"].value == 32
    assert found["left"].value == pytest.approx(1 / 3)
    assert (found["left"].low, found["left"].high) == pytest.approx((1 - 0.904, 1 - 0.1946), abs=5.1e-4)
    assert (found["stay"].low, found["stay"].high) == pytest.approx((0.0461, 0.676), abs=5.1e-4)
    # 9 + 10 x 5/6 + 13 x 2/3 + 2 x 1/2 + 6 x 1/3
    assert found["mean"].value == pytest.approx(29.0)
    assert found["mean"].unit == "days"
    assert found["mean"].low < 29 < found["mean"].high <= 40


def test_nobody_has_been_watched_so_long():
    """Hired six weeks ago: what will be by week 12 is not known, whatever has happened so far."""
    agents = [
        {
            "agent_id": str(n),
            "hired_on": date(2025, 11, 19),
            "left_on": None,
            "competent_on": date(2025, 12, 1) if n else None,
        }
        for n in range(3)
    ]
    metrics = {
        "by": metric(read={"by": "12wk"}),
        "mean": metric(read={"mean_until": "12wk"}),
        "competing": metric(read={"by": "12wk"}, competing="left_on"),
    }
    found = ask(catalogue(metrics), {"agents": agents}, as_of=str(AS_OF))
    assert len(found) == 3
    for row in found:
        assert (row.value, row.low, row.high, row.reason) == (None, None, None, "not_reached")
        assert "nobody has been watched for 12wk yet" in row.notes
    # The third got there as well: then all is known.
    agents[0]["competent_on"] = date(2025, 12, 30)
    assert [row.value for row in ask(catalogue(metrics), {"agents": agents}, as_of=str(AS_OF))] == [
        1.0,
        pytest.approx((12 + 12 + 41) / 3),
        1.0,
    ]


# ------------------------------------------------------------------------------------------------- later rows


def centre(seed: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Agents, some rehired, some hired before the contacts begin; and their contacts."""
    chance = random.Random(seed)
    agents, contacts = [], []
    for number in range(24):
        hired = date(2025, 2, 1) + timedelta(days=chance.randrange(-30, 120))
        left = hired + timedelta(days=chance.randrange(120)) if chance.random() < 0.4 else None
        person = {"agent_id": f"a{number}", "team": chance.choice(["Red", "Blue"])}
        agents.append({**person, "hired_on": hired, "left_on": left})
        if left is not None and chance.random() < 0.5:
            agents.append({**person, "hired_on": left + timedelta(days=20), "left_on": None})
    for number in range(260):
        when = start_of(date(2025, 2, 1)) + timedelta(hours=chance.randrange(24 * 200))
        agent = f"a{chance.randrange(24)}"
        answered = {"answered_at": when, "agent_id": agent}
        contacts.append(
            {
                "contact_id": f"c{number}",
                "ended_at": when,
                "direction": chance.choice(["inbound", "outbound"]),
                **answered,
            }
        )
    contacts.append({"contact_id": "first", "ended_at": utc("2025-02-01 08:00"), "agent_id": None})
    contacts.append({"contact_id": "last", "ended_at": utc("2025-08-30 12:00"), "agent_id": None})
    return agents, contacts


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("nth", [1, 3])
def test_the_nth_contact(nth, engine):
    definition = metric(
        event={"from": "contacts", "where": "direction = 'inbound'", "nth": nth},
        censor="left_on",
        read={"quantile": 0.3},
    )
    reached = 0
    for seed in range(2):
        agents, contacts = centre(seed)
        found = ask(
            catalogue({"ramp": definition}), {"agents": agents, "contacts": contacts}, by=("team",), engine=engine,
            since=date(2025, 1, 1),
        )  # fmt: skip
        for (cell, _), row in by_cell(found).items():
            watched, before = [], 0
            for agent in agents:
                if (cell and agent["team"] != cell[0]) or agent["hired_on"] > date(2025, 8, 30):
                    continue
                if agent["hired_on"] < date(2025, 2, 1):
                    before += 1
                    continue
                days = sorted(
                    (contact["ended_at"] + HOUR * (contact["ended_at"] >= datetime(2025, 3, 30, 1))).date()
                    for contact in contacts
                    if contact["agent_id"] == agent["agent_id"] and contact["direction"] == "inbound"
                )
                days = [day for day in days if day >= agent["hired_on"]]
                end = min(day for day in (agent["left_on"], date(2025, 8, 30)) if day is not None)
                happened = days[nth - 1] if len(days) >= nth else None
                there = happened is not None and happened <= end
                day = happened if there else end
                watched.append(((day - agent["hired_on"]).days, "event" if there else "censored", 0))
            events = sum(kind == "event" for _, kind, _ in watched)
            assert (row.n, row.numerator, row.missing) == (len(watched), events, before)
            assert row.value == first_time(watched, Fraction(3, 10)), (cell, seed)
            reached += row.value is not None
    assert reached


def test_later_rows_are_not_selected_away():
    """--only chooses agents; the contacts they are found in are all contacts, whatever queue they were in."""
    agents = [{"agent_id": name, "hired_on": date(2025, 3, 3), "team": name} for name in ("Red", "Blue")]
    contacts = [
        {"contact_id": "0", "ended_at": utc("2025-03-01 09:00"), "agent_id": "x"},
        {"contact_id": "1", "ended_at": utc("2025-03-08 09:00"), "agent_id": "Red"},
        {"contact_id": "2", "ended_at": utc("2025-04-08 09:00"), "agent_id": "Blue"},
    ]
    definition = metric(event={"from": "contacts"})
    found = answer(
        catalogue({"first": definition}),
        {"agents": agents, "contacts": contacts},
        only=(("team", ("Red",)),),
        every="month",
        since=date(2025, 3, 1),
    )
    assert [(row.value, row.n) for row in found.rows] == [(5, 1), (None, 0)]


# ------------------------------------------------------------------------------------------------- instants


def cases(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    rows = []
    for number in range(60):
        opened = datetime(2025, 3, 20) + timedelta(seconds=chance.randrange(14 * 86400))
        closed = opened + timedelta(seconds=chance.choice([0, 3600, 7200, chance.randrange(6 * 86400)]))
        rows.append(
            {
                "case_id": f"k{number}",
                "opened_at": opened,
                "closed_at": closed if chance.random() < 0.7 else None,
                "complaint": chance.random() < 0.5,
            }
        )
    return rows


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("unit", "seconds"), [("minutes", 60), ("hours", 3600), ("days", 86400), ("weeks", 604800)])
def test_instants_are_counted_in_whole_units_rounded_up(unit, seconds, engine):
    """A case of 61 minutes took two hours, one of 60 took one; open ones count until the newest event of all."""
    rows = cases(1)
    as_of = datetime(2025, 4, 3, 15, 0, 1)
    newest = max(time for row in rows for time in (row["opened_at"], row["closed_at"]) if time and time <= as_of)
    watched = []
    for row in rows:
        closed = row["closed_at"] if row["closed_at"] is not None and row["closed_at"] <= as_of else None
        end = closed or newest
        watched.append(
            (-(-int((end - row["opened_at"]).total_seconds()) // seconds), "event" if closed else "censored", 0)
        )
    definition = {
        "kind": "time_to_event",
        "from": "cases",
        "start": "opened_at",
        "event": "closed_at",
        "unit": unit,
        "read": {"quantile": 0.5},
    }
    row = one(catalogue({"open": definition}), {"cases": rows}, as_of="2025-04-03T16:00:01", engine=engine)
    assert (row.value, row.n, row.unit) == (first_time(watched, Fraction(1, 2)), 60, unit)


@pytest.mark.parametrize("engine", ENGINES)
def test_by_an_hour(engine):
    """Closed within 48 hours, or two days: one definition, and open cases are watched to the hour."""
    rows = cases(2)
    defined = catalogue(
        {
            name: {
                "kind": "time_to_event",
                "from": "cases",
                "start": "opened_at",
                "event": "closed_at",
                "read": {"by": by},
            }
            for name, by in (("in_hours", "48h"), ("in_days", "2d"))
        }
    )
    assert len({metric.definition for metric in defined.metrics.values()}) == 1
    two, same_again = ask(defined, {"cases": rows}, as_of="2025-12-31", engine=engine)
    assert (two.value, two.low) == (same_again.value, same_again.low)
    newest = max(time for row in rows for time in (row["opened_at"], row["closed_at"]) if time)
    watched = []
    for row in rows:
        end = row["closed_at"] or newest
        hours = -(-int((end - row["opened_at"]).total_seconds()) // 3600)
        watched.append((hours, "event" if row["closed_at"] else "censored", 0))
    assert same((two.value,), (float(incidence(watched, 48)),))


def test_hours_over_a_night_of_two_ones():
    """From 23:00 on 25 October to 04:00 is six hours in London, as the clock goes back; and five in spring's night."""
    rows = [
        {"case_id": "autumn", "opened_at": utc("2025-10-25 23:00"), "closed_at": utc("2025-10-26 04:00")},
    ]
    definition = {"kind": "time_to_event", "from": "cases", "start": "opened_at", "event": "closed_at", "unit": "hours"}
    assert one(catalogue({"open": definition}), {"cases": rows}, as_of="2025-12-31").value == 6


def test_days_where_one_time_is_a_date():
    """Hired on a date, first contact at an instant: local days between them, a late evening in summer being its own."""
    agents = [{"agent_id": "a", "hired_on": date(2025, 6, 2)}]
    contacts = [
        {"contact_id": "0", "ended_at": utc("2025-06-01 09:00"), "agent_id": None},
        {"contact_id": "1", "ended_at": utc("2025-06-05 00:30"), "agent_id": "a"},
    ]
    row = one(catalogue({"first": metric(event={"from": "contacts"})}), {"agents": agents, "contacts": contacts},
              since=date(2025, 6, 1))  # fmt: skip
    assert row.value == 3


def test_weeks_are_rounded_up():
    """15 days are three weeks; so are 21."""
    hired = date(2025, 1, 1)
    for days, weeks in ((14, 2), (15, 3), (21, 3), (0, 0)):
        agents = [{"agent_id": "a", "hired_on": hired, "competent_on": hired + days * DAY}]
        row = one(catalogue({"ramp": metric(unit="weeks")}), {"agents": agents}, as_of=str(AS_OF))
        assert (row.value, row.unit) == (weeks, "weeks")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_mean_time_until(engine):
    agents = people(6)
    watched = [history(agent, competes=False) for agent in agents]
    row = one(
        catalogue({"mean": metric(censor="left_on", read={"mean_until": "20wk"})}),
        {"agents": agents},
        as_of=str(AS_OF),
        engine=engine,
    )
    area = sum(1 - incidence(watched, day) for day in range(140))
    assert same((row.value,), (float(area),))
    assert row.low < row.value < row.high <= 140


# ------------------------------------------------------------------------------------------------- runs


def test_a_run_and_leaving():
    """Of two, one sustains it for three weeks and one leaves before: half of them get there, and not all who stayed."""
    talk = {
        "kind": "ratio",
        "unit": "seconds",
        "numerator": {"from": "contacts", "sum": "talk_s"},
        "denominator": {"from": "contacts", "count": "rows"},
    }
    run = {"from": {"metrics": ["talk"], "per": ["agent_id"], "every": "week"}, "meets": "talk <= 300", "sustained": 3}
    agents = [
        {"agent_id": "a", "hired_on": date(2026, 1, 5), "left_on": None},
        {"agent_id": "b", "hired_on": date(2026, 1, 5), "left_on": date(2026, 1, 16)},
    ]
    contacts = [
        {"contact_id": day, "agent_id": "a", "ended_at": utc(f"{day} 12:00"), "talk_s": 200.0}
        for day in ("2026-01-05", "2026-01-14", "2026-01-23", "2026-01-30")
    ]
    tables = {"agents": agents, "contacts": contacts}
    metrics = {
        "talk": talk,
        "competes": metric(event=run, competing="left_on", read={"by": "3wk"}),
        "censored": metric(event=run, censor="left_on", read={"by": "3wk"}),
    }
    found = {row.metric: row for row in ask(catalogue(metrics), tables, "competes", "censored", since=date(2026, 1, 1))}
    assert (found["competes"].value, found["competes"].n, found["competes"].censored) == (0.5, 2, 0)
    assert (found["censored"].value, found["censored"].n, found["censored"].censored) == (1.0, 2, 1)
