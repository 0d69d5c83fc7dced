"""time_to_event: event columns against lifelines, sustained runs against a search through every week."""

from __future__ import annotations

import random
import warnings
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from kinds.centre import DAY, ENGINES, ask, by_cell, catalogue, one, utc

Row = Mapping[str, Any]
WEEK = timedelta(weeks=1)
SINCE = date(2024, 12, 1)


def cohort(seed: int, size: int = 60) -> list[dict[str, Any]]:
    """Hires of half a year with ties, leavers, and an event for some, before or after they left."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        hired = date(2025, 1, 6) + timedelta(days=chance.randrange(180))
        left = hired + timedelta(days=7 * chance.randrange(40)) if chance.random() < 0.4 else None
        able = hired + timedelta(days=7 * chance.randrange(30)) if chance.random() < 0.7 else None
        team = chance.choice(["Red", "Blue"])
        rows.append({"agent_id": f"a{number}", "hired_on": hired, "left_on": left, "competent_on": able, "team": team})
    return rows


def watched(row: Row, as_of: date) -> tuple[int, bool]:
    """(days, whether the event happened) as seen at the end of ``as_of``; who leaves before it is censored."""
    end = min(day for day in (row["left_on"], as_of) if day is not None)
    able = row["competent_on"]
    return (
        ((able - row["hired_on"]).days, True)
        if able is not None and able <= end
        else ((end - row["hired_on"]).days, False)
    )


def first_time(durations: Sequence[tuple[int, bool]], q: Fraction) -> int | None:
    """The first time at which the product of shares that go on is no more than 1 - q; in exact fractions."""
    survival = Fraction(1)
    for time in sorted({days for days, happened in durations if happened}):
        at_risk = sum(days >= time for days, _ in durations)
        survival *= 1 - Fraction(sum(days == time and happened for days, happened in durations), at_risk)
        if survival <= 1 - q:
            return time
    return None


def definition(quantile: float = 0.5, **keys: Any) -> dict[str, Any]:
    return {
        "kind": "time_to_event",
        "from": "agents",
        "start": "hired_on",
        "event": "competent_on",
        "censor": "left_on",
        "read": {"quantile": quantile},
        **keys,
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("q", [0.25, 0.5, 0.8])
def test_event_column(q, engine):
    defined = catalogue({"ramp": definition(q)})
    reached = 0
    for seed in range(3):
        agents = cohort(seed)
        for as_of in (date(2025, 6, 1), date(2025, 12, 31)):
            options = {"by": ("team",), "every": "quarter", "as_of": as_of.isoformat(), "engine": engine}
            for (cell, start), row in by_cell(ask(defined, {"agents": agents}, **options)).items():
                inside = [
                    watched(agent, as_of)
                    for agent in agents
                    if start <= agent["hired_on"] < row.period.end
                    and agent["hired_on"] <= as_of
                    and (not cell or agent["team"] == cell[0])
                ]
                events = sum(happened for _, happened in inside)
                got = (row.value, row.n, row.numerator, row.censored, row.denominator)
                assert got == (first_time(inside, Fraction(str(q))), len(inside), events, len(inside) - events, None)
                assert row.reason == ("empty" if not inside else "not_reached" if row.value is None else row.reason)
                reached += row.value is not None
    assert reached > 3


def test_value_and_limits_are_those_of_lifelines():
    as_of = date(2025, 10, 1)

    def reaches_half(series: Any) -> float | None:
        """lifelines stores an exact half as a hair more (10.4 of the definitions), so with a hair of room."""
        return next((time for time, share in series.items() if share <= 0.5 + 1e-12), None)

    for seed in range(4):
        agents = cohort(seed, size=80)
        durations = [watched(agent, as_of) for agent in agents]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from lifelines import KaplanMeierFitter

            fitted = KaplanMeierFitter().fit(*zip(*durations, strict=True), alpha=0.05)
        row = one(catalogue({"ramp": definition()}), {"agents": agents}, as_of=as_of.isoformat(), since=SINCE)
        curve, limits = fitted.survival_function_["KM_estimate"], fitted.confidence_interval_
        assert (row.value, row.low, row.high) == (
            reaches_half(curve),
            reaches_half(limits.iloc[:, 0]),
            reaches_half(limits.iloc[:, 1]),
        ), seed


def test_nobody_is_watched_after_as_of():
    """Hired nine days before as_of, one agent is not at risk when the other gets there on day 10."""
    agents = [
        {"agent_id": "a", "hired_on": date(2026, 1, 1), "left_on": None, "competent_on": None},
        {"agent_id": "b", "hired_on": date(2025, 1, 1), "left_on": None, "competent_on": date(2025, 1, 11)},
    ]
    row = one(catalogue({"ramp": definition(0.6)}), {"agents": agents}, as_of="2026-01-10", since=SINCE)
    assert (row.value, row.n) == (10, 2)
    row = one(catalogue({"ramp": definition(0.6)}), {"agents": agents}, as_of="2026-01-11", since=SINCE)
    assert (row.value, row.n) == (None, 2)


def test_published_times():
    """G-22, Bewick, Cheek & Ball: 1, 1, 4, 5, 6+, 9, 9+, 22; S(5) is exactly a half, so the median is 5."""
    hired = date(2025, 1, 1)
    times = [(1, 1), (1, 1), (4, 1), (5, 1), (6, 0), (9, 1), (9, 0), (22, 1)]
    agents = [
        {
            "agent_id": f"a{number}",
            "hired_on": hired,
            "competent_on": hired + days * DAY if event else None,
            "left_on": None if event else hired + days * DAY,
        }
        for number, (days, event) in enumerate(times)
    ]
    expected = {0.25: 1, 0.375: 4, 0.5: 5, 0.6: 9, 0.67: 22, 0.99: 22}
    for quantile, days in expected.items():
        row = one(catalogue({"ramp": definition(quantile)}), {"agents": agents}, as_of="2025-12-31", since=SINCE)
        assert (row.value, row.n, row.numerator, row.censored) == (days, 8, 6, 2), quantile


def test_who_leaves_on_the_day_got_there():
    hired = date(2025, 1, 1)
    agents = [{"agent_id": "a", "hired_on": hired, "competent_on": hired + 9 * DAY, "left_on": hired + 9 * DAY}]
    row = one(catalogue({"ramp": definition()}), {"agents": agents}, as_of="2025-12-31", since=SINCE)
    assert (row.value, row.censored) == (9, 0)


def test_an_event_before_the_start_is_no_fault_of_ours():
    """Rehired after having been competent in an earlier spell: no negative duration, one agent missing."""
    agents = cohort(1)
    agents[0]["competent_on"] = agents[0]["hired_on"] - DAY
    row = one(catalogue({"ramp": definition()}), {"agents": agents}, as_of="2025-12-31", since=SINCE)
    assert row.n == len(agents) - 1
    assert row.missing == 1


# ------------------------------------------------------------------------------------------------- sustained runs


def learners(seed: int, size: int = 16) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Agents and their contacts: weeks without work, weeks of few contacts, some too slow, some without a talk time."""
    chance = random.Random(seed)
    agents, contacts = [], []
    for number in range(size):
        hired = date(2025, 1, 1) + timedelta(days=chance.randrange(60)) - (30 * DAY if number < 2 else timedelta())
        left = hired + timedelta(days=chance.randrange(20, 120)) if chance.random() < 0.3 else None
        agents.append({"agent_id": f"a{number}", "hired_on": hired, "left_on": left})
        for week in range(14):
            if chance.random() < 0.12:
                continue
            slow = chance.random() < 0.45
            for _ in range(chance.choice([1, 2, 3, 3, 4])):
                day = max(hired, date(2025, 1, 6)) + week * WEEK + chance.randrange(7) * DAY
                if left is not None and day > left:
                    continue
                contacts.append(
                    {
                        "contact_id": f"c{len(contacts)}",
                        "agent_id": f"a{number}",
                        "ended_at": utc(f"{day} 12:00") + timedelta(seconds=chance.randrange(3600)),
                        "talk_s": chance.choice([None, *[float(chance.randrange(100, 300) + 200 * slow)] * 8]),
                    }
                )
    return agents, contacts


def rule(sustained: int, thin: str, dated: str) -> dict[str, Any]:
    return {
        "kind": "time_to_event",
        "from": "agents",
        "start": "hired_on",
        "censor": "left_on",
        "event": {
            "from": {"metrics": ["talk"], "per": ["agent_id"], "every": "week"},
            "where": "talk_n >= 2",
            "meets": "talk <= 300",
            "sustained": sustained,
            "thin": thin,
            "date": dated,
        },
    }


TALK = {
    "kind": "ratio",
    "unit": "seconds",
    "numerator": {"from": "contacts", "sum": "talk_s"},
    "denominator": {"from": "contacts", "count": "rows"},
}


def search(
    agent: Row, weekly: Mapping[date, list[float]], last_week: date, as_of: date, sustained: int, thin: str, dated: str
) -> tuple[int, bool]:
    """(days, whether they got there): walk the weeks since the hire, ``last_week`` being the newest complete one."""
    hired = agent["hired_on"]
    left = agent["left_on"] if agent["left_on"] is not None and agent["left_on"] <= as_of else None
    week = hired - hired.weekday() * DAY
    run: list[date] = []
    while week <= last_week:
        values = weekly.get(week, [])
        enough = len(values) >= 2
        if not enough:
            run = run if thin == "skip" else []
        elif sum(values) / len(values) > 300:
            run = []
        else:
            run.append(week)
            if len(run) == sustained:
                there = run[-1] + WEEK if dated == "end" else max(run[0], hired)
                return ((there - hired).days, True) if left is None or there <= left else ((left - hired).days, False)
        week += WEEK
    if left is not None:
        return (left - hired).days, False
    return ((max(run[0], hired) if run else as_of) - hired).days, False


@pytest.mark.parametrize(
    ("thin", "dated", "engine", "seeds"),
    [
        ("break", "end", "polars", 3),
        ("break", "start", "polars", 2),
        ("skip", "end", "polars", 2),
        ("skip", "start", "polars", 2),
        ("break", "end", "duckdb", 1),
    ],
)
def test_sustained_runs(thin, dated, engine, seeds):
    """Wednesdays as as_of, so that no run is complete on the very day; those hired before the data are left out."""
    events = 0
    for seed in range(seeds):
        agents, contacts = learners(seed)
        first = min(row["ended_at"] for row in contacts).date()
        for as_of in (date(2025, 2, 26), date(2025, 3, 26), date(2025, 7, 2)):
            for sustained in (1, 3):
                weekly: dict[str, dict[date, list[float]]] = {}
                for row in contacts:
                    day = row["ended_at"].date()
                    if day <= as_of and row["talk_s"] is not None:
                        weekly.setdefault(row["agent_id"], {}).setdefault(day - day.weekday() * DAY, []).append(
                            row["talk_s"]
                        )
                last_week = as_of - as_of.weekday() * DAY - WEEK
                durations = [
                    search(agent, weekly.get(agent["agent_id"], {}), last_week, as_of, sustained, thin, dated)
                    for agent in agents
                    if first <= agent["hired_on"] <= as_of
                ]
                unseen = sum(agent["hired_on"] < first for agent in agents)
                assert unseen
                row = one(
                    catalogue({"talk": TALK, "ramp": rule(sustained, thin, dated)}),
                    {"agents": agents, "contacts": contacts},
                    "ramp",
                    as_of=as_of.isoformat(),
                    since=date(2024, 11, 1),
                    engine=engine,
                )
                happened = sum(event for _, event in durations)
                wanted = (
                    first_time(durations, Fraction(1, 2)),
                    len(durations),
                    happened,
                    len(durations) - happened,
                    unseen,
                )
                assert (row.value, row.n, row.numerator, row.censored, row.missing) == wanted, (seed, as_of, sustained)
                assert any("began before the data" in note for note in row.notes)
                events += happened
    assert events > 12 * seeds


def run_of(weeks: Sequence[str], as_of: str, left: date | None = None, **event: Any) -> tuple[Any, ...]:
    """(value, events, censored) of one agent hired on Monday 5 January with one quick contact in each week named."""
    definition = rule(3, "break", "end")
    definition["event"] |= {"where": "talk_n >= 1", **event}
    agents = [{"agent_id": "a", "hired_on": date(2026, 1, 5), "left_on": left}]
    contacts = [{"contact_id": day, "agent_id": "a", "ended_at": utc(f"{day} 12:00"), "talk_s": 200.0} for day in weeks]
    row = one(
        catalogue({"talk": TALK, "ramp": definition}),
        {"agents": agents, "contacts": contacts},
        "ramp",
        as_of=as_of,
        since=date(2026, 1, 1),
        until=date(2026, 2, 1),
    )
    return row.value, row.numerator, row.censored


THREE = ("2026-01-05", "2026-01-14", "2026-01-23")


def test_three_weeks_in_a_row():
    assert run_of(THREE, "2026-01-26") == (21, 1, 0)
    assert run_of(THREE, "2026-02-15", date="start") == (0, 1, 0)
    assert run_of(THREE, "2026-01-23") == (None, 0, 1)
    # A week without contacts breaks the run, or is passed over.
    broken = (*THREE[:2], "2026-01-28", "2026-02-04", "2026-02-11")
    assert run_of(broken, "2026-02-17") == (42, 1, 0)
    assert run_of(broken, "2026-02-17", thin="skip") == (28, 1, 0)


def test_leaving_before_the_run_is_complete():
    assert run_of(THREE, "2026-02-15", left=date(2026, 1, 25)) == (None, 0, 1)
    assert run_of(THREE, "2026-02-15", left=date(2026, 1, 26)) == (21, 1, 0)


def test_a_run_complete_on_the_day():
    """The third week ends with Sunday 25 January, and so does as_of."""
    assert run_of(THREE, "2026-01-25") == (21, 1, 0)


def test_a_week_is_complete_when_it_has_ended():
    """As of Sunday noon the third week is still running; as of midnight it is over."""
    assert run_of(THREE, "2026-01-25T12:00") == (None, 0, 1)
    assert run_of(THREE, "2026-01-26T00:00") == (21, 1, 0)


def test_an_open_run_censors_at_its_start():
    """Two agents: one gets there on day 21, the other has an open run since day 14 and is not at risk on day 21."""
    agents = [{"agent_id": name, "hired_on": date(2026, 1, 5), "left_on": None} for name in ("a", "b")]
    days = {"a": ("2026-01-05", "2026-01-12", "2026-01-19"), "b": ("2026-01-19", "2026-01-26")}
    contacts = [
        {"contact_id": f"{name}{day}", "agent_id": name, "ended_at": utc(f"{day} 12:00"), "talk_s": 200.0}
        for name, when in days.items()
        for day in when
    ]
    definition = rule(3, "break", "end")
    definition["event"]["where"] = "talk_n >= 1"
    defined = catalogue({"talk": TALK, "ramp": {**definition, "read": {"quantile": 0.9}}})
    tables = {"agents": agents, "contacts": contacts}
    # b is censored on day 14, so S falls from 1 to 0 on day 21.
    row = one(defined, tables, "ramp", as_of="2026-02-03", since=date(2026, 1, 1), until=date(2026, 2, 1))
    assert (row.value, row.n, row.numerator, row.censored) == (21, 2, 1, 1)
    # A week later b has not got there (no contacts): censored at as_of, still at risk on day 21.
    row = one(defined, tables, "ramp", as_of="2026-02-11", since=date(2026, 1, 1), until=date(2026, 2, 1))
    assert (row.value, row.n, row.numerator, row.censored) == (None, 2, 1, 1)


def test_no_complete_week_yet():
    assert run_of(("2026-01-05",), "2026-01-06") == (None, 0, 1)
