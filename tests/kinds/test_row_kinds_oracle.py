"""total, mean, share, net and ratio over one table, against plain Python over the same rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from kinds.centre import (
    DAY,
    ENGINES,
    ask,
    by_cell,
    catalogue,
    local,
    local_day,
    made_agents,
    made_contacts,
    period_of,
    same,
    start_of,
)

HANDLED = {"where": "handled"}
METRICS: dict[str, dict[str, Any]] = {
    "rows": {"kind": "total", "from": "contacts", "count": "rows", **HANDLED},
    "customers": {"kind": "total", "from": "contacts", "distinct": "customer_id", "unit": "customers", **HANDLED},
    "spent": {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR", **HANDLED},
    "talk": {"kind": "mean", "from": "contacts", "value": "talk_s", "unit": "seconds", **HANDLED},
    "odds": {"kind": "mean", "from": "contacts", "value": "hold_s / wait_s", "unit": "times", **HANDLED},
    "quick": {"kind": "share", "from": "contacts", "meets": "wait_s <= 20 or transfers > 1", **HANDLED},
    "mood": {"kind": "net", "from": "contacts", "for": "wait_s <= 10", "against": "wait_s > 40", **HANDLED},
    "aht": {
        "kind": "ratio",
        "unit": "seconds",
        "numerator": {"from": "contacts", "sum": "handle_s", **HANDLED},
        "denominator": {"from": "contacts", "count": "rows", **HANDLED},
    },
    # The two sides read different rows: a repeated transfer's hold counts above, every answered contact's talk below.
    "mixed": {
        "kind": "ratio",
        "unit": "times",
        "numerator": {"from": "contacts", "sum": "hold_s", "where": "handled and transfers > 0"},
        "denominator": {"from": "contacts", "sum": "talk_s", **HANDLED},
    },
}

Row = Mapping[str, Any]
Expected = tuple[float | None, int, float | None, float | None, int]


def handled(row: Row) -> bool:
    return row["abandoned"] is False and row["answered_at"] is not None


def exact(value: float) -> Fraction:
    """A number of at most six decimals, as it was written."""
    return Fraction(round(value * 1_000_000), 1_000_000)


def quotient(above: Fraction | int, below: Fraction | int) -> float | None:
    return float(Fraction(above) / Fraction(below)) if below else None


def either(a: bool | None, b: bool | None) -> bool | None:
    """SQL's ``or``."""
    if a or b:
        return True
    return None if a is None or b is None else False


def expect_rows(rows: Sequence[Row]) -> Expected:
    return len(rows), len(rows), len(rows), None, 0


def expect_customers(rows: Sequence[Row]) -> Expected:
    known = [row["customer_id"] for row in rows if row["customer_id"] is not None]
    return len(set(known)), len(known), len(set(known)), None, len(rows) - len(known)


def expect_spent(rows: Sequence[Row]) -> Expected:
    known = [exact(row["cost"]) for row in rows if row["cost"] is not None]
    if rows and not known:
        return None, 0, None, None, len(rows)
    return float(sum(known)), len(known), float(sum(known)), None, len(rows) - len(known)


def expect_mean(rows: Sequence[Row], of: Callable[[Row], Fraction | None]) -> Expected:
    known = [value for row in rows if (value := of(row)) is not None]
    return quotient(sum(known), len(known)), len(known), float(sum(known)), len(known), len(rows) - len(known)


def expect_talk(rows: Sequence[Row]) -> Expected:
    return expect_mean(rows, lambda row: None if row["talk_s"] is None else exact(row["talk_s"]))


def expect_odds(rows: Sequence[Row]) -> Expected:
    def of(row: Row) -> Fraction | None:
        if row["hold_s"] is None or not row["wait_s"]:
            return None
        return Fraction(math.floor(row["hold_s"] / row["wait_s"] * 1e6 + 0.5), 1_000_000)

    return expect_mean(rows, of)


def expect_quick(rows: Sequence[Row]) -> Expected:
    verdicts = [
        either(
            None if row["wait_s"] is None else row["wait_s"] <= 20,
            None if row["transfers"] is None else row["transfers"] > 1,
        )
        for row in rows
    ]
    known = [verdict for verdict in verdicts if verdict is not None]
    return quotient(sum(known), len(known)), len(known), sum(known), len(known), len(rows) - len(known)


def expect_mood(rows: Sequence[Row]) -> Expected:
    known = [row["wait_s"] for row in rows if row["wait_s"] is not None]
    net = sum(wait <= 10 for wait in known) - sum(wait > 40 for wait in known)
    return quotient(100 * net, len(known)), len(known), net, len(known), len(rows) - len(known)


def expect_aht(rows: Sequence[Row]) -> Expected:
    parts = [(row["talk_s"], row["hold_s"], row["wrap_s"]) for row in rows]
    known = [sum(map(exact, part)) for part in parts if None not in part]
    return quotient(sum(known), len(known)), len(known), float(sum(known)), len(known), len(rows) - len(known)


def expect_mixed(rows: Sequence[Row]) -> Expected:
    above = below = Fraction(0)
    n = missing = 0
    for row in rows:
        transferred = row["transfers"] is not None and row["transfers"] > 0
        if row["talk_s"] is None or (transferred and row["hold_s"] is None):
            missing += 1
            continue
        n += 1
        below += exact(row["talk_s"])
        above += exact(row["hold_s"]) if transferred else 0
    return quotient(above, below), n, float(above), float(below), missing


ORACLES: dict[str, Callable[[Sequence[Row]], Expected]] = {
    "rows": expect_rows,
    "customers": expect_customers,
    "spent": expect_spent,
    "talk": expect_talk,
    "odds": expect_odds,
    "quick": expect_quick,
    "mood": expect_mood,
    "aht": expect_aht,
    "mixed": expect_mixed,
}
DEFINED = catalogue(METRICS)


def teams(agents: Sequence[Row], moves: Sequence[Row], as_of: date) -> dict[str, str | None]:
    """The team of every agent at the end of ``as_of``: the newest spell's, taken back over later moves."""
    found = {}
    for agent in {row["agent_id"] for row in agents if row["hired_on"] <= as_of}:
        spells = [row for row in agents if row["agent_id"] == agent and row["hired_on"] <= as_of]
        later = [move for move in moves if move["agent_id"] == agent and move["moved_on"] > as_of]
        newest = max(spells, key=lambda row: row["hired_on"])
        found[agent] = min(later, key=lambda move: move["moved_on"])["from_team"] if later else newest["team"]
    return found


def check(tables: Mapping[str, Sequence[Row]], every: str, by: tuple[str, ...], engine: str, as_of: date | None) -> int:
    contacts = tables["contacts"]
    last = as_of or local_day(max(row["ended_at"] for row in contacts))
    known = [row for row in contacts if local_day(row["ended_at"]) <= last]
    team = teams(tables.get("agents", ()), tables.get("moves", ()), last)
    dimension: dict[str, Callable[[Row], str | None]] = {
        "queue": lambda row: row["queue"],
        "agent_id": lambda row: row["agent_id"],
        "team": lambda row: team.get(row["agent_id"]),
        "hour": lambda row: f"{local(row['ended_at']).hour:02d}",
        "weekday": lambda row: local(row["ended_at"]).strftime("%a"),
    }
    first = local_day(min(row["ended_at"] for row in contacts))
    groups: dict[tuple[tuple[str | None, ...], date], list[Row]] = {}
    for row in filter(handled, known):
        day = local_day(row["ended_at"])
        start = first if every == "all" else period_of(day, every)
        groups.setdefault(((), start), []).append(row)
        if by:
            groups.setdefault((tuple(dimension[name](row) for name in by), start), []).append(row)
    found = ask(
        DEFINED, tables, engine=engine, every=every, by=by, as_of=as_of.isoformat() if as_of is not None else None
    )
    for name, oracle in ORACLES.items():
        cells = by_cell(row for row in found if row.metric == name)
        assert len(cells) == sum(row.metric == name for row in found)
        assert groups.keys() <= cells.keys()
        for key, row in cells.items():
            value, n, above, below, missing = oracle(groups.get(key, []))
            got = (row.value, row.n, row.numerator, row.denominator, row.missing, row.immature)
            wanted = (value, n, above, below, missing, 0)
            assert same(got, wanted), (name, key, got, wanted)
            assert row.reason == ("empty" if value is None else row.reason)
    return len(found)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", ["day", "week", "month", "quarter", "year", "all"])
def test_periods(every, engine):
    assert check({"contacts": made_contacts(1, first=date(2025, 3, 20), days=20)}, every, (), engine, None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "by", [("queue",), ("agent_id",), ("team",), ("queue", "team"), ("hour",), ("weekday", "queue")]
)
def test_dimensions(by, engine):
    tables = {"contacts": made_contacts(2), "agents": made_agents(2)}
    assert check(tables, "month", by, engine, date(2025, 4, 14))


@pytest.mark.parametrize("seed", range(2))
def test_autumn(seed):
    contacts = made_contacts(seed, size=120, first=date(2025, 10, 18), days=16)
    assert check({"contacts": contacts, "agents": made_agents(seed)}, "day", (), "polars", date(2025, 10, 30))
    assert check({"contacts": contacts, "agents": made_agents(seed)}, "week", ("hour", "team"), "polars", None)


@pytest.mark.parametrize("engine", ENGINES)
def test_team_is_the_one_at_as_of(engine):
    agents = [row for row in made_agents(5) if row["left_on"] is None]
    agents = [row for row in agents if sum(one["agent_id"] == row["agent_id"] for one in agents) == 1]
    moves = []
    for position, agent in enumerate(agents):
        when = date(2025, 3, 1) + timedelta(days=9 * position)
        moves.append({"agent_id": agent["agent_id"], "moved_on": when, "from_team": "Old", "to_team": "Mid"})
        moves.append(
            {"agent_id": agent["agent_id"], "moved_on": when + 5 * DAY, "from_team": "Mid", "to_team": agent["team"]}
        )
    tables = {"contacts": made_contacts(5), "agents": agents, "moves": moves}
    assert check(tables, "month", ("team",), engine, date(2025, 4, 1))
    assert check(tables, "all", ("team",), engine, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_selection_equals_the_cell(engine):
    """``--only queue=A --only queue=B`` gives what the rows of those queues alone give."""
    contacts = made_contacts(7)
    picked = [row for row in contacts if row["queue"] in ("Billing", "Sales")]
    only = (("queue", ("Billing", "Sales")),)
    options = {"engine": engine, "as_of": "2025-05-30", "since": date(2025, 2, 1)}
    narrowed = ask(DEFINED, {"contacts": contacts}, only=only, **options)
    alone = ask(DEFINED, {"contacts": picked}, **options)
    assert [(row.metric, row.value, row.n, row.missing) for row in narrowed] == [
        (row.metric, row.value, row.n, row.missing) for row in alone
    ]
    cells = by_cell(ask(DEFINED, {"contacts": contacts}, "rows", by=("queue",), **options))
    assert narrowed[0].value == sum(cells[(queue,), date(2025, 2, 1)].value for queue in ("Billing", "Sales"))


@pytest.mark.parametrize("engine", ENGINES)
def test_rolled_months(engine):
    """A cell with ``roll: 3mo`` holds the rows of the three months that end with the period."""
    contacts = made_contacts(8, days=200)
    defined = catalogue({"rolled": {**METRICS["aht"], "roll": "3mo"}, "seen": {**METRICS["customers"], "roll": "3mo"}})
    for row in ask(defined, {"contacts": contacts}, every="month", engine=engine):
        month = row.period.end.year * 12 + row.period.end.month - 1 - 3
        start = date(month // 12, month % 12 + 1, 1)
        inside = [one for one in contacts if handled(one) and start <= local_day(one["ended_at"]) < row.period.end]
        value, n, *_, missing = (expect_aht if row.metric == "rolled" else expect_customers)(inside)
        assert same((row.value, row.n, row.missing), (value, n, missing))


@pytest.mark.parametrize("engine", ENGINES)
def test_rolled_weeks_by_day(engine):
    contacts = made_contacts(9, days=40)
    defined = catalogue({"rolled": {**METRICS["aht"], "roll": "2wk"}})
    for row in ask(defined, {"contacts": contacts}, every="day", engine=engine):
        inside = [
            one
            for one in contacts
            if handled(one) and row.period.end - 14 * DAY <= local_day(one["ended_at"]) < row.period.end
        ]
        value, n, *_ = expect_aht(inside)
        assert same((row.value, row.n), (value, n))


@pytest.mark.parametrize("engine", ENGINES)
def test_maturity(engine):
    """``matures: 3d``: judged once three days have passed by as_of and by the table's newest event."""
    contacts = made_contacts(10, days=30)
    defined = catalogue({name: {**METRICS[name], "matures": "3d"} for name in ("quick", "talk", "mood", "aht", "rows")})
    newest = max(moment for row in contacts for moment in (row["started_at"], row["ended_at"]))
    for as_of in (None, "2025-03-10", "2025-06-01"):
        limit = newest if as_of != "2025-03-10" else start_of(date(2025, 3, 11))
        view = [row for row in contacts if handled(row) and row["ended_at"] <= limit]
        through = max(moment for row in contacts for moment in (row["started_at"], row["ended_at"]) if moment <= limit)
        mature = [row for row in view if row["ended_at"] + timedelta(days=3) <= min(limit, through)]
        for row in ask(defined, {"contacts": contacts}, engine=engine, as_of=as_of):
            value, n, *_, missing = ORACLES[row.metric](mature)
            assert same((row.value, row.n, row.missing), (value, n, missing)), row.metric
            assert row.immature == len(view) - len(mature) > 0
            assert row.reason == "immature"


@pytest.mark.parametrize("engine", ENGINES)
def test_another_time_than_the_default(engine):
    contacts = [{**row, "queued_at": row["started_at"] + timedelta(hours=30)} for row in made_contacts(11, days=10)]
    contacts[0]["queued_at"] = None
    contacts.append({**contacts[1], "contact_id": "last", "queued_at": None, "ended_at": start_of(date(2025, 5, 1))})
    defined = catalogue({"rows": {**METRICS["rows"], "at": "queued_at"}})
    expected: dict[date, int] = {}
    for row in contacts:
        if handled(row) and row["queued_at"] is not None:
            expected[local_day(row["queued_at"])] = expected.get(local_day(row["queued_at"]), 0) + 1
    found = ask(defined, {"contacts": contacts}, every="day", engine=engine)
    assert {row.period.start: row.value for row in found if row.value} == expected


@pytest.mark.parametrize("engine", ENGINES)
def test_contacts_per_customer(engine):
    """Two terms of one table that do not pair: rows above, different customers below, each by queue and month."""
    contacts = made_contacts(12)
    metric = {
        "kind": "ratio",
        "unit": "contacts",
        "numerator": {"from": "contacts", "count": "rows", **HANDLED},
        "denominator": {"from": "contacts", "distinct": "customer_id", **HANDLED},
    }
    found = ask(catalogue({"each": metric}), {"contacts": contacts}, every="month", by=("queue",), engine=engine)
    for (cell, start), row in by_cell(found).items():
        inside = [
            one
            for one in contacts
            if handled(one)
            and start <= local_day(one["ended_at"]) < row.period.end
            and (not cell or one["queue"] == cell[0])
        ]
        customers, n, *_, missing = expect_customers(inside)
        got = (row.value, row.numerator, row.denominator, row.n, row.missing)
        assert same(got, (quotient(len(inside), customers), len(inside), customers, n, missing)), (cell, start)
        assert row.low is None


def test_ninety_days_after_a_date():
    """Hired on 1 January: 31, 28 and 31 days later the 90 days are over, at the end of 31 March."""
    stay = {"kind": "share", "from": "agents", "meets": "left_on is null", "matures": "90d"}
    agents = [
        {"agent_id": "a", "hired_on": date(2026, 1, 1), "left_on": None},
        {"agent_id": "b", "hired_on": date(2026, 6, 1), "left_on": date(2026, 12, 1)},
    ]
    for as_of, n in (("2026-03-30", 0), ("2026-03-31", 1)):
        (row,) = ask(catalogue({"stay": stay}), {"agents": agents}, as_of=as_of, since=date(2026, 1, 1))
        assert (row.n, row.immature) == (n, 1 - n), as_of


def test_no_count_of_a_month_to_come():
    rows = ask(
        DEFINED,
        {"contacts": made_contacts(1)},
        "rows",
        every="month",
        since=date(2025, 5, 1),
        until=date(2025, 8, 1),
    )
    assert [(row.value is None, row.reason) for row in rows] == [(False, "partial"), (True, "empty"), (True, "empty")]
