"""stock, and ratios over a stock, against a walk through every day."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from kinds.centre import DAY, ENGINES, ask, by_cell, catalogue, made_agents, one, period_of, same

Row = Mapping[str, Any]
READINGS = ("mean", "opening", "closing", "both", "through")
METRICS = {
    **{read: {"kind": "stock", "from": "agents", "read": read} for read in READINGS},
    **{
        f"{read}_counted": {"kind": "stock", "from": "agents", "read": read, "last_day": "counted"}
        for read in ("opening", "closing", "both")
    },
}


def next_month(start: date, months: int = 1) -> date:
    month = start.year * 12 + start.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def moved(agents: Sequence[Row], seed: int) -> list[dict[str, Any]]:
    """Changes of team and site, often of one only; some come after the agent left, or between two spells."""
    chance = random.Random(seed)
    moves = []
    for agent in {agent["agent_id"]: agent for agent in agents}.values():
        days = [agent["hired_on"] + timedelta(days=chance.randrange(-60, 160)) for _ in range(chance.randrange(4))]
        for when in sorted(set(days)):
            kind = chance.choice(["team", "site", "both"])
            move = {"agent_id": agent["agent_id"], "moved_on": when}
            if kind != "site":
                move |= {"from_team": chance.choice(["Red", "Blue", "Green"]), "to_team": "?"}
            if kind != "team":
                move |= {"from_site": chance.choice(["Leeds", "York"]), "to_site": "?"}
            moves.append(move)
    return moves


def on_day(agents: Sequence[Row], agent: Row, moves: Sequence[Row], dimension: str, day: date) -> str | None:
    """Where somebody was on a day: what the first later move that says so moved them from.

    A move in a later spell says nothing of this one: whoever comes back may come back elsewhere."""
    back = [one["hired_on"] for one in agents if one["agent_id"] == agent["agent_id"]]
    back = [hired for hired in back if hired > agent["hired_on"]]
    later = [
        move
        for move in moves
        if move["agent_id"] == agent["agent_id"]
        and move["moved_on"] > day
        and move.get(f"from_{dimension}") is not None
        and all(move["moved_on"] < hired for hired in back)
    ]
    if not later:
        return agent[dimension]
    return min(later, key=lambda move: move["moved_on"])[f"from_{dimension}"]


def walk(
    agents: Sequence[Row],
    moves: Sequence[Row],
    by: Sequence[str],
    cell: tuple[str | None, ...],
    start: date,
    until: date,
    as_of: date,
) -> dict[str, float]:
    """Person-days, and who is there at the opening, at the closing and at all, of ``start`` to ``until`` exclusive."""
    spells = [
        {**agent, "left_on": None if agent["left_on"] is None or agent["left_on"] > as_of else agent["left_on"]}
        for agent in agents
        if agent["hired_on"] <= as_of
    ]

    def here(agent: Row, day: date) -> bool:
        employed = agent["hired_on"] <= day and (agent["left_on"] is None or day <= agent["left_on"])
        return employed and (not cell or tuple(on_day(agents, agent, moves, name, day) for name in by) == cell)

    def at_end_of(day: date, counted: bool) -> int:
        present = [one for one in spells if here(one, day) and (counted or one["left_on"] != day)]
        return len({one["agent_id"] for one in present})

    days = [start + timedelta(days=offset) for offset in range((until - start).days)]
    found: dict[str, float] = {
        "days": sum(here(agent, day) for day in days for agent in spells),
        "open": len({agent["agent_id"] for day in days for agent in spells if here(agent, day)}),
    }
    for suffix, counted in (("", False), ("_counted", True)):
        found["opening" + suffix] = at_end_of(start - DAY, counted)
        found["closing" + suffix] = at_end_of(until - DAY, counted)
        found["both" + suffix] = (found["opening" + suffix] + found["closing" + suffix]) / 2
    found["through"] = found["open"]
    found["mean"] = found["days"] / len(days)
    return found


@pytest.mark.parametrize(
    ("every", "by", "engine"),
    [
        *((every, by, "polars") for every in ("week", "month", "quarter") for by in ((), ("team",), ("team", "site"))),
        ("month", ("site", "team"), "duckdb"),
    ],
    ids=str,
)
def test_every_day(every, by, engine):
    defined = catalogue(METRICS)
    as_of = date(2025, 4, 11)
    since = period_of(date(2024, 12, 5), every)
    for seed in {"week": (1,), "month": (2, 4), "quarter": (5,)}[every]:
        agents = made_agents(seed)
        moves = moved(agents, seed)
        assert moves
        tables = {"agents": agents, "moves": moves}
        found = ask(defined, tables, every=every, by=by, as_of=as_of.isoformat(), since=since, engine=engine)
        for row in found:
            until = min(row.period.end, as_of + DAY)
            cell = tuple(row.by.values())
            wanted = walk(agents, moves, by, cell, row.period.start, until, as_of)
            got = (row.value, row.n)
            assert same(got, (wanted[row.metric], wanted["open"])), (row.metric, cell, row.period.start)
            if row.metric == "mean":
                assert (row.numerator, row.denominator) == (wanted["days"], (until - row.period.start).days)


def test_opening_is_the_closing_before():
    """Nobody appears or disappears between two periods, whatever happens on their edge."""
    agents = [
        {"agent_id": name, "hired_on": date(2026, 1, 1) + hired * DAY, "left_on": date(2026, 1, 1) + left * DAY}
        for name, hired, left in [
            (f"{hired}-{left}", hired, left) for hired in (0, 29, 30, 31, 32) for left in range(hired, 36)
        ]
    ]
    defined = catalogue(METRICS)
    rows = ask(defined, {"agents": agents}, every="month", since=date(2026, 1, 1), as_of="2026-02-28")
    value = {(row.metric, row.period.start): row.value for row in rows}
    for suffix in ("", "_counted"):
        january, february = date(2026, 1, 1), date(2026, 2, 1)
        assert value[f"closing{suffix}", january] == value[f"opening{suffix}", february]
    # The 31st is the last day of January: its leavers are out at the closing, unless they are counted.
    gone = sum(agent["left_on"] == date(2026, 1, 31) for agent in agents)
    assert gone > 0
    assert value["closing_counted", date(2026, 1, 1)] - value["closing", date(2026, 1, 1)] == gone


@pytest.mark.parametrize("engine", ENGINES)
def test_one_day_of_work(engine):
    """Hired and gone on one day: one person-day, never in a closing unless it counts its leavers."""
    agents = [{"agent_id": "a", "hired_on": date(2026, 1, 31), "left_on": date(2026, 1, 31)}]
    rows = ask(catalogue(METRICS), {"agents": agents}, since=date(2026, 1, 1), as_of="2026-01-31", engine=engine)
    value = {row.metric: row.value for row in rows}
    got = (value["mean"], value["through"], value["closing"], value["closing_counted"])
    assert same(got, (1 / 31, 1, 0, 1))


def headcount_methods(annualise: str | None = None) -> dict[str, dict[str, Any]]:
    above = {"from": "agents", "count": "rows", "at": "left_on"}
    return {
        read: {
            "kind": "ratio",
            "unit": "percent",
            "numerator": above,
            "denominator": {"from": "agents", "stock": read},
            **({} if annualise is None else {"annualise": annualise}),
        }
        for read in READINGS
    }


def centre_of(opening: int, joined: int, left: int) -> list[dict[str, Any]]:
    """A January in which so many people were there at the start, came and went."""
    people = [{"agent_id": f"o{n}", "hired_on": date(2025, 6, 1), "left_on": None} for n in range(opening)]
    people += [
        {"agent_id": f"j{n}", "hired_on": date(2026, 1, 2) + n % 29 * DAY, "left_on": None} for n in range(joined)
    ]
    for n in range(left):
        people[n]["left_on"] = date(2026, 1, 2) + n % 30 * DAY
    return people


JANUARY = {"since": date(2026, 1, 1), "until": date(2026, 2, 1), "as_of": "2026-01-31"}


@pytest.mark.parametrize(
    ("opening", "joined", "left", "expected"),
    [
        # CiteHR: opening and joiners; then the same against opening, closing and their mean.
        (150, 25, 20, {"through": 11.4286, "opening": 13.3333, "closing": 12.9032, "both": 13.1148}),
        # CiteHR: closing 130 against opening and joiners.
        (100, 50, 20, {"closing": 15.3846, "through": 13.3333, "both": 17.3913}),
        # Bizfluent: 30 at the start, 40 at the end, five separations.
        (30, 15, 5, {"both": 14.2857}),
        # Talkdesk: 17 lost of 63 employed in the month (printed 26.9, truncated).
        (56, 7, 17, {"through": 26.9841}),
        # TechTarget: 100 at the start, 98 remain.
        (100, 0, 2, {"opening": 2.0}),
    ],
)
def test_published_headcount_methods(opening, joined, left, expected):
    """G-26 and G-29: which headcount stands below decides the rate."""
    rows = ask(catalogue(headcount_methods()), {"agents": centre_of(opening, joined, left)}, **JANUARY)
    found = {row.metric: row for row in rows}
    for method, percent in expected.items():
        row = found[method]
        assert round(100 * row.value, 4) == percent, method
        assert (row.n, row.numerator) == (opening + joined, left)


@pytest.mark.parametrize(("seed", "engine"), [(0, "polars"), (1, "polars"), (2, "duckdb")])
def test_rolling_turnover_by_team(seed, engine):
    """Leavers of twelve months over mean headcount, annualised by elapsed days where the last month is not over."""
    agents = made_agents(seed, size=30, first=date(2023, 3, 1))
    moves = moved(agents, seed)
    defined = catalogue({"turnover": {**headcount_methods("months")["mean"], "roll": "12mo"}})
    as_of = date(2025, 2, 10)
    found = ask(
        defined,
        {"agents": agents, "moves": moves},
        every="month",
        by=("team",),
        since=date(2024, 9, 1),
        as_of=as_of.isoformat(),
        engine=engine,
    )
    cells = by_cell(found)
    assert {start for _, start in cells} == {next_month(date(2024, 9, 1), step) for step in range(6)}
    for (cell, start), row in cells.items():
        end = next_month(start)
        first, until = next_month(end, -12), min(end, as_of + DAY)
        left = [
            agent
            for agent in agents
            if agent["left_on"] is not None
            and first <= agent["left_on"] < until
            and (not cell or on_day(agents, agent, moves, "team", agent["left_on"]) == cell[0])
        ]
        stock = walk(agents, moves, ("team",), cell, first, until, as_of)
        factor = Fraction(1) if until == end else Fraction(365, (until - first).days)
        value = float(len(left) / Fraction(stock["mean"]) * factor) if stock["days"] else None
        assert same((row.value, row.numerator, row.n), (value, len(left), stock["open"])), (cell, start)
        assert same((row.denominator,), (stock["mean"],)), (cell, start)


@pytest.mark.parametrize(
    ("days", "mode", "factor"),
    [
        (31, "months", 12),
        (31, "days", Fraction(365, 31)),
        (28, "months", Fraction(365, 28)),
        (30, "months", Fraction(365, 30)),
        (27, "months", None),
        (27, "days", None),
    ],
)
def test_annualising(days, mode, factor):
    """One leaver of ten in a January seen so many days; under 28 days no yearly rate is made of it."""
    agents = centre_of(10, 0, 0)
    agents[0]["left_on"] = date(2026, 1, 5)
    until = date(2026, 1, 1) + days * DAY
    row = one(
        catalogue({"turnover": headcount_methods(mode)["opening"]}),
        {"agents": agents},
        since=date(2026, 1, 1),
        until=date(2026, 2, 1),
        as_of=(until - DAY).isoformat(),
    )
    if factor is None:
        assert (row.value, row.low, row.high, row.status, row.reason) == (None, None, None, None, "refused")
        assert row.notes
    else:
        assert same((row.value,), (float(Fraction(1, 10) * factor),))


def test_leap_february_is_a_month():
    agents = centre_of(10, 0, 0)
    agents[0] |= {"hired_on": date(2023, 1, 1), "left_on": date(2024, 2, 29)}
    agents[1] |= {"hired_on": date(2023, 1, 1), "left_on": None}
    rows = ask(
        catalogue({"turnover": headcount_methods("months")["opening"]}),
        {"agents": agents[:2]},
        every="month",
        since=date(2024, 2, 1),
        until=date(2024, 3, 1),
        as_of="2024-12-31",
    )
    (row,) = rows
    assert (row.value, row.numerator, row.denominator) == (6.0, 1, 2)


@pytest.mark.parametrize("read", READINGS)
def test_before_anybody_came(read):
    """A rate over nobody is no rate; a stock of nobody is nought."""
    agents = [{"agent_id": "a", "hired_on": date(2026, 3, 1), "left_on": None}]
    stock = one(catalogue({"s": METRICS[read]}), {"agents": agents}, **{**JANUARY, "as_of": "2026-04-30"})
    assert (stock.value, stock.n) == (0, 0)
    rate = one(catalogue({"r": headcount_methods()[read]}), {"agents": agents}, **{**JANUARY, "as_of": "2026-04-30"})
    assert (rate.value, rate.reason) == (None, "empty")


def test_a_leaving_announced_is_not_yet_one():
    """left_on after as_of is open, and no leaver."""
    agents = centre_of(10, 0, 0)
    agents[0]["left_on"] = date(2026, 1, 20)
    metrics = {"closing": METRICS["closing"], "rate": headcount_methods()["opening"]}
    before = ask(catalogue(metrics), {"agents": agents}, **{**JANUARY, "as_of": "2026-01-19"})
    after = ask(catalogue(metrics), {"agents": agents}, **{**JANUARY, "as_of": "2026-01-20"})
    assert [row.value for row in before] == [10, 0]
    assert [row.value for row in after] == [9, 0.1]


@pytest.mark.parametrize("read", ["opening", "closing", "both", "through"])
def test_a_period_that_has_not_begun_has_no_value(read):
    rows = ask(
        catalogue({read: METRICS[read]}),
        {"agents": centre_of(3, 0, 0)},
        every="month",
        since=date(2026, 1, 1),
        until=date(2026, 4, 1),
        as_of="2026-01-15",
    )
    assert [(row.value, row.reason) for row in rows[1:]] == [(None, "empty"), (None, "empty")]


def test_a_leaver_belongs_to_the_team_worked_in():
    """HR moves leavers to a team of their own the day after; their days, and their leaving, were in Red."""
    agents = [
        {"agent_id": "a", "hired_on": date(2025, 1, 1), "left_on": date(2026, 1, 10), "team": "Leavers"},
        {"agent_id": "b", "hired_on": date(2025, 1, 1), "left_on": None, "team": "Red"},
    ]
    moves = [{"agent_id": "a", "moved_on": date(2026, 1, 11), "from_team": "Red", "to_team": "Leavers"}]
    metrics = {"mean": METRICS["mean"], "rate": headcount_methods()["mean"]}
    rows = ask(catalogue(metrics), {"agents": agents, "moves": moves}, by=("team",), **JANUARY)
    found = {(row.metric, row.by.get("team")): row.numerator for row in rows}
    assert found == {("mean", None): 41, ("mean", "Red"): 41, ("rate", None): 1, ("rate", "Red"): 1}


def test_moves_of_a_later_spell_say_nothing_of_this_one():
    """As of April the agent is in Blue, whatever team they are in when they come back in July."""
    person = {"agent_id": "a", "team": "Blue"}
    agents = [
        {**person, "hired_on": date(2025, 2, 26), "left_on": date(2025, 6, 18)},
        {**person, "hired_on": date(2025, 7, 4), "left_on": None},
    ]
    moves = [{"agent_id": "a", "moved_on": date(2025, 9, 8), "from_team": "Red", "to_team": "Blue"}]
    question = {"by": ("team",), "since": date(2025, 3, 1), "until": date(2025, 4, 1)}
    for as_of in ("2025-04-11", "2025-12-31"):
        rows = ask(catalogue({"mean": METRICS["mean"]}), {"agents": agents, "moves": moves}, as_of=as_of, **question)
        assert {row.by.get("team"): row.numerator for row in rows if row.n} == {None: 31, "Blue": 31}, as_of


def test_where_reads_the_team_of_the_day():
    agents = [{"agent_id": "a", "hired_on": date(2026, 1, 1), "left_on": None, "team": "Blue"}]
    moves = [{"agent_id": "a", "moved_on": date(2026, 1, 11), "from_team": "Red", "to_team": "Blue"}]
    metrics = {"mean": METRICS["mean"], "red": {**METRICS["mean"], "where": "team = 'Red'"}}
    (red,) = ask(catalogue(metrics), {"agents": agents, "moves": moves}, "red", **JANUARY)
    (only,) = ask(catalogue(metrics), {"agents": agents, "moves": moves}, "mean", only=(("team", ("Red",)),), **JANUARY)
    assert (red.numerator, only.numerator) == (10, 10)
