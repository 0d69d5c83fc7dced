"""Metrics read as rows of a table: what a report shows per entity and period, counted again; against DuckDB's SQL."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from kinds.centre import ENGINES, answer, ask, by_cell, catalogue, made_agents, made_contacts, one, same, utc

AHT = {
    "kind": "ratio",
    "unit": "seconds",
    "better": "lower",
    "target": "10m",
    "alarm": "15m",
    "numerator": {"from": "contacts", "sum": "handle_s", "where": "handled"},
    "denominator": {"from": "contacts", "count": "rows", "where": "handled"},
}
SMOOTH = {
    "kind": "share",
    "from": "contacts",
    "where": "handled",
    "meets": "transfers = 0",
    "better": "higher",
    "target": "40%",
}
MONTHLY = {"metrics": ["aht", "smooth"], "per": ["agent_id"], "every": "month"}

PER_AGENT = """
with known as (
    select agent_id, date_trunc('month', timezone('Europe/London', timezone('UTC', ended_at)))::date as month,
        talk_s + hold_s + wrap_s as handle_s, transfers
    from contacts where not abandoned and answered_at is not null and agent_id is not null
)
select agent_id, month, avg(handle_s) as aht, count(handle_s) as aht_n,
    avg((transfers = 0)::int) as smooth, count(transfers) as smooth_n
from known group by all
"""


def database(tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> duckdb.DuckDBPyConnection:
    """The tables of a test, as DuckDB would hold them without cxkpi."""
    types = {
        "agent_id": "varchar",
        "queue": "varchar",
        "team": "varchar",
        "transfers": "integer",
        "abandoned": "boolean",
    }
    connection = duckdb.connect()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        kinds = [
            types.get(one, "timestamp" if one.endswith("_at") else "double" if one.endswith("_s") else "varchar")
            for one in columns
        ]
        declared = ", ".join(f"{column} {kind}" for column, kind in zip(columns, kinds, strict=True))
        connection.execute(f"create table {name} ({declared})")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(
            f"insert into {name} values ({marks})", [[row.get(column) for column in columns] for row in rows]
        )
    return connection


def test_the_share_of_agents_at_goal_per_month_and_by_team() -> None:
    agents = [row for row in made_agents(5) if row["left_on"] is None and row["hired_on"] < date(2025, 5, 31)]
    tables = {"contacts": made_contacts(5, 400), "agents": agents}
    defined = catalogue(
        {
            "aht": AHT,
            "smooth": SMOOTH,
            "at_goal": {"kind": "share", "from": MONTHLY, "meets": "aht_status = 'met'"},
            "at_both": {
                "kind": "share",
                "from": MONTHLY,
                "meets": "aht_status = 'met' and smooth_status = 'met'",
                "where": "aht_n >= 5",
            },
        }
    )
    connection = database(tables)
    people = "select agent_id, any_value(team) as team from agents group by all having count(*) = 1"
    sql = f"""
        with rows as ({PER_AGENT}), people as ({people}),
        teamed as (select rows.*, team from rows left join people using (agent_id))
        select month, {{by}} as team, avg((aht <= 600)::int) as goal, count(aht) as n,
            avg(((aht <= 600) and (smooth >= 0.4))::int) filter (where aht_n >= 5) as both,
            count(*) filter (where aht_n >= 5 and ((aht <= 600) and (smooth >= 0.4)) is not null) as both_n
        from teamed group by all
    """
    wanted = {}
    for whole, by in ((True, "null"), (False, "team")):
        for month, team, goal, n, both, both_n in connection.execute(sql.format(by=by)).fetchall():
            wanted[((), month) if whole else ((team,), month)] = (goal, n, both, both_n)
    for engine in ENGINES:
        found = {
            name: by_cell(ask(defined, tables, name, every="month", by=("team",), engine=engine, as_of="2025-05-31"))
            for name in ("at_goal", "at_both")
        }
        assert len(wanted) > 8
        for place, (goal, n, both, both_n) in wanted.items():
            row = found["at_goal"][place]
            assert same([row.value], [goal]), place
            assert row.n == n
            row = found["at_both"].get(place)
            assert (0 if row is None else row.n) == both_n
            assert same([None if row is None else row.value], [both]), place
        assert {place for place, row in found["at_goal"].items() if row.n} == {
            place for place, (_, n, *_) in wanted.items() if n
        }


def intervals() -> list[dict[str, Any]]:
    """Three intervals, each a day here: offered 10, 100, 10, of which 10, 70, 10 in time."""
    return [
        {
            "queue": "A",
            "started_at": utc(f"2026-01-0{day} 10:00"),
            "length_s": 86400.0,
            "offered": offered,
            "answered_in_threshold": in_time,
        }
        for day, offered, in_time in ((5, 10, 10), (6, 100, 70), (7, 10, 10))
    ]


def test_vendor_attainment_in_its_four_aggregations() -> None:
    """Definitions, section 7.6: 75 % of contacts, 90 % as a mean of periods, 66.7 % of periods, and not all of them."""
    daily = {"metrics": ["level"], "per": ["queue"], "every": "day"}
    defined = catalogue(
        {
            "level": {
                "kind": "ratio",
                "unit": "percent",
                "better": "higher",
                "target": "80%",
                "numerator": {"from": "intervals", "sum": "answered_in_threshold"},
                "denominator": {"from": "intervals", "sum": "offered"},
            },
            "mean_of_periods": {"kind": "mean", "unit": "percent", "from": daily, "value": "level"},
            "periods_met": {"kind": "share", "from": daily, "meets": "level_status = 'met'"},
            "missed": {
                "kind": "total",
                "unit": "days",
                "from": daily,
                "count": "rows",
                "where": "level < level_target",
            },
            "worst": {"kind": "quantile", "unit": "percent", "from": daily, "value": "level", "q": 0},
        }
    )
    tables = {"intervals": intervals()}
    found = {row.metric: row.value for row in ask(defined, tables, as_of="2026-01-07")}
    assert found["level"] == 0.75
    assert found["mean_of_periods"] == pytest.approx(0.9)
    assert found["periods_met"] == pytest.approx(2 / 3)
    assert (found["missed"], found["worst"]) == (1, 0.7)


def test_vendor_by_queue_are_the_rows_of_two_columns() -> None:
    chance = random.Random(2)
    rows = [
        {
            "contact_id": str(number),
            "ended_at": utc("2026-01-05 09:00") + timedelta(hours=number * 5),
            "vendor": chance.choice(["North", "South"]),
            "queue": chance.choice(["A", "B"]),
            "wait_s": float(chance.randrange(60)),
        }
        for number in range(200)
    ]
    defined = catalogue(
        {
            "quick": {
                "kind": "share",
                "from": "contacts",
                "meets": "wait_s <= 20",
                "better": "higher",
                "target": "33%",
            },
            "kept": {
                "kind": "share",
                "from": {"metrics": ["quick"], "per": ["vendor", "queue"], "every": "week"},
                "meets": "quick_status = 'met'",
            },
        }
    )
    connection = duckdb.connect()
    connection.execute("create table contacts (ended timestamp, vendor varchar, queue varchar, wait_s double)")
    connection.executemany(
        "insert into contacts values (?, ?, ?, ?)",
        [[row["ended_at"], row["vendor"], row["queue"], row["wait_s"]] for row in rows],
    )
    wanted = dict(
        connection.execute("""
            with weekly as (
                select vendor, queue, date_trunc('week', ended) as week, avg((wait_s <= 20)::int) as quick from contacts
                where ended < '2026-02-16' group by all
            ) select vendor, avg((quick >= 0.33)::int) from weekly group by all
        """).fetchall()
    )
    found = by_cell(ask(defined, {"contacts": rows}, "kept", by=("vendor",), as_of="2026-02-15"))
    assert {by[0]: row.value for (by, _), row in found.items() if by} == pytest.approx(wanted)


def test_customers_surveyed_too_often() -> None:
    days = {"u1": (1, 2, 3, 4), "u2": (5, 25), "u3": (7, 8, 9), None: (1, 2, 3, 4, 5)}
    rows = [
        {
            "invitation_id": f"{customer}-{day}",
            "customer_id": customer,
            "sent_at": utc(f"2026-01-{day:02d} 12:00"),
            "delivered_at": utc(f"2026-01-{day:02d} 12:00"),
        }
        for customer, sent in days.items()
        for day in sent
    ]
    rows.append({"invitation_id": "last", "customer_id": "u2", "sent_at": utc("2026-01-31 12:00")})
    asked = {"metrics": ["sent"], "per": ["customer_id"], "every": "month"}
    defined = catalogue(
        {
            "sent": {"kind": "total", "from": "invitations", "count": "rows"},
            "pestered": {"kind": "share", "from": asked, "meets": "sent > 2"},
            "too_many": {"kind": "total", "unit": "invitations", "from": asked, "sum": "greatest(sent - 2, 0)"},
        }
    )
    tables = {"invitations": rows}
    found = {row.metric: row for row in ask(defined, tables, "pestered", "too_many", every="month", as_of="2026-01-31")}
    assert (found["pestered"].value, found["pestered"].n) == (1.0, 3)
    assert found["too_many"].value == 4


def test_evaluations_without_a_critical_error() -> None:
    """One section that fails makes its evaluation fail, however many sections there are; share of evaluations."""
    sections = [("e1", (False, False)), ("e2", (False, True, True)), ("e3", (False,)), ("e4", (None, False))]
    rows = [
        {
            "evaluation_id": name,
            "section": str(at),
            "agent_id": "a1",
            "evaluated_at": utc("2026-01-05 12:00"),
            "critical_fail": failed,
        }
        for name, fails in sections
        for at, failed in enumerate(fails)
    ]
    defined = catalogue(
        {
            "fails": {
                "kind": "total",
                "from": "evaluations",
                "sum": "case when critical_fail then 1 else 0 end",
                "unit": "sections",
            },
            "accuracy": {
                "kind": "share",
                "from": {"metrics": ["fails"], "per": ["evaluation_id", "agent_id"], "every": "day"},
                "meets": "fails = 0",
            },
        }
    )
    found = by_cell(ask(defined, {"evaluations": rows}, "accuracy", by=("agent_id",), as_of="2026-01-05"))
    for by in ((), ("a1",)):
        row = found[(by, date(2026, 1, 5))]
        assert (row.value, row.numerator, row.n) == (0.75, 3, 4)


def test_the_spread_between_agents() -> None:
    """The ninth decile of agents less the first, as a formula of two quantiles."""
    tables = {"contacts": made_contacts(8, 500)}
    defined = catalogue(
        {
            "aht": AHT,
            "smooth": SMOOTH,
            "slow": {"kind": "quantile", "unit": "seconds", "from": MONTHLY, "value": "aht", "q": 0.9},
            "fast": {"kind": "quantile", "unit": "seconds", "from": MONTHLY, "value": "aht", "q": 0.1},
            "spread": {"kind": "formula", "unit": "seconds", "formula": "slow - fast"},
        }
    )
    wanted = (
        database(tables)
        .execute(
            f"""select month, quantile_cont(round(aht, 6), 0.9) - quantile_cont(round(aht, 6), 0.1)
            from ({PER_AGENT}) where month < '2025-05-01' group by all"""
        )
        .fetchall()
    )
    for engine in ENGINES:
        found = {row.period.start: row.value for row in ask(defined, tables, "spread", every="month", engine=engine)}
        assert len(wanted) == 3
        for month, spread in wanted:
            assert found[month] == pytest.approx(spread, abs=1e-5)


def test_the_share_of_the_three_leading_causes() -> None:
    counts = {"invoice": 40, "outage": 30, "delivery": 10, "login": 10, "praise": 6, "other": 4}
    rows = [
        {
            "contact_id": f"{reason}{number}",
            "reason": reason,
            "ended_at": utc("2026-01-05 12:00"),
            "abandoned": False,
            "answered_at": utc("2026-01-05 11:00"),
        }
        for reason, count in counts.items()
        for number in range(count)
    ]
    causes = {"metrics": ["volume"], "per": ["reason"], "every": "month"}
    defined = catalogue(
        {
            "volume": {"kind": "total", "from": "contacts", "count": "rows", "where": "handled"},
            "leading": {
                "kind": "ratio",
                "unit": "percent",
                "numerator": {"from": causes, "sum": "volume", "where": "volume_rank <= 3"},
                "denominator": {"from": causes, "sum": "volume"},
            },
            "ranked": {"kind": "total", "unit": "causes", "from": causes, "sum": "volume_rank"},
        }
    )
    found = by_cell(ask(defined, {"contacts": rows}, "leading", "ranked", every="month", as_of="2026-01-31"))
    # The third place is shared by two causes, so both are among the first three: 90 of 100, ranks 1, 2, 3, 3, 5, 6.
    values = {
        row.metric: row.value for row in ask(defined, {"contacts": rows}, "leading", "ranked", as_of="2026-01-31")
    }
    assert values == {"leading": 0.9, "ranked": 20}
    assert found


def test_ranks_follow_better_and_ignore_nobody() -> None:
    rows = [
        {"contact_id": f"{agent}{number}", "agent_id": agent, "ended_at": utc("2026-01-05 12:00"), "wait_s": wait}
        for agent, waits in {"a": (5.0,), "b": (10.0, 20.0), "c": (15.0,), "d": (None,), None: (0.0,)}.items()
        for number, wait in enumerate(waits)
    ]
    base = {"kind": "mean", "unit": "seconds", "from": "contacts", "value": "wait_s"}
    found = {}
    for name, keys in {
        "lower": {"better": "lower"},
        "higher": {"better": "higher"},
        "inside": {"better": "inside", "target": [10, 14]},
        "none": {},
    }.items():
        rows_of = {"metrics": ["wait"], "per": ["agent_id"], "every": "day"}
        ranks = {"kind": "total", "unit": "ranks", "from": rows_of, "sum": "wait_rank"}
        defined = catalogue({"wait": {**base, **keys}, "rank": ranks})
        cells = by_cell(ask(defined, {"contacts": rows}, "rank", by=("agent_id",), as_of="2026-01-05"))
        found[name] = {by[0]: row.value for (by, _), row in cells.items() if by}
    assert found == {
        "lower": {"a": 1, "b": 2, "c": 2, "d": None},
        "higher": {"a": 3, "b": 1, "c": 1, "d": None},
        "inside": {"a": 3, "b": 1, "c": 1, "d": None},
        "none": {"a": 3, "b": 1, "c": 1, "d": None},
    }


def test_one_row_per_period_without_an_entity() -> None:
    defined = catalogue(
        {
            "calls": {"kind": "total", "from": "contacts", "count": "rows"},
            "busy_days": {
                "kind": "total",
                "unit": "days",
                "from": {"metrics": ["calls"], "every": "day"},
                "count": "rows",
                "where": "calls >= 2",
            },
        }
    )
    at = ("2026-01-05 10:00", "2026-01-05 11:00", "2026-01-06 10:00", "2026-01-08 10:00", "2026-01-08 23:59")
    rows = [{"contact_id": str(number), "ended_at": utc(one)} for number, one in enumerate(at)]
    assert one(defined, {"contacts": rows}, "busy_days", as_of="2026-01-09").value == 2


def test_the_change_of_a_metric_over_rows_has_an_interval_and_a_status() -> None:
    tables = {"contacts": made_contacts(4, 600)}
    defined = catalogue(
        {
            "aht": AHT,
            "smooth": SMOOTH,
            "goal": {
                "kind": "share",
                "from": MONTHLY,
                "meets": "aht_status = 'met'",
                "better": "higher",
                "target": "50%",
            },
        }
    )
    rows = {row.period.start.month: row for row in ask(defined, tables, "goal", every="month", as_of="2025-05-31")}
    april = rows[4]
    assert april.status in ("met", "missed")
    assert april.low is not None
    assert april.high is not None
    assert april.low < (april.value or 0) < april.high
    assert april.change is not None
    assert april.change.before == rows[3].value


def test_selecting_by_team_selects_rows_and_never_what_is_in_them() -> None:
    agents = [
        {"agent_id": f"a{one}", "hired_on": date(2024, 1, 1), "team": "Red" if one < 3 else "Blue"} for one in range(14)
    ]
    tables = {"contacts": made_contacts(5, 300), "agents": agents}
    defined = catalogue(
        {"aht": AHT, "smooth": SMOOTH, "goal": {"kind": "share", "from": MONTHLY, "meets": "aht_status = 'met'"}}
    )
    asked = {"every": "month", "as_of": "2025-05-31"}
    cut = by_cell(ask(defined, tables, "goal", by=("team",), **asked))
    only = ask(defined, tables, "goal", only=(("team", ("Red",)),), **asked)
    assert [(row.value, row.n) for row in only] == [
        (cut[(("Red",), row.period.start)].value, cut[(("Red",), row.period.start)].n) for row in only
    ]


def test_a_metric_without_its_file_or_column_is_left_out_with_the_reason() -> None:
    defined = catalogue(
        {
            "score": {"kind": "mean", "unit": "points", "from": "evaluations", "value": "points"},
            "good": {
                "kind": "share",
                "from": {"metrics": ["score"], "per": ["agent_id"], "every": "month"},
                "meets": "score > 3",
            },
        }
    )
    found = answer(defined, {"contacts": made_contacts(1, 20)}, ["good"])
    assert list(found.left_out.values()) == [
        "it reads score, and no file gives evaluations (one scored section of one evaluation)"
    ]
    rows = [{"evaluation_id": "e", "section": "s", "evaluated_at": utc("2026-01-05 10:00"), "points": 4.0}]
    found = answer(defined, {"evaluations": rows}, ["good"])
    assert list(found.left_out.values()) == ["it reads score by agent_id, and no file gives evaluations.agent_id"]


def test_what_may_not_be_told_apart_by_agent_is_not_read_by_agent() -> None:
    defined = catalogue(
        {
            "lost": {"kind": "share", "from": "contacts", "meets": "abandoned"},
            "good": {
                "kind": "share",
                "from": {"metrics": ["lost"], "per": ["agent_id"], "every": "month"},
                "meets": "lost < 0.1",
            },
        }
    )
    found = answer(defined, {"contacts": made_contacts(1, 60)}, ["good"], every="month")
    assert not found.rows
    assert list(found.left_out.values()) == [
        "it reads lost by agent_id, which counts contacts nobody answered, and they have no agent_id"
    ]


def test_rows_of_metrics_have_dates_only_so_they_have_no_hours() -> None:
    tables = {"contacts": made_contacts(5, 200)}
    defined = catalogue(
        {"aht": AHT, "smooth": SMOOTH, "goal": {"kind": "share", "from": MONTHLY, "meets": "aht_status = 'met'"}}
    )
    for dimension in ("hour", "weekday"):
        found = answer(defined, tables, ["aht", "goal"], every="month", by=(dimension,))
        assert {row.metric for row in found.rows if row.by} == {"aht"}
        assert (
            f"goal: aht, smooth per agent_id every month has no {dimension}, so only the whole is shown" in found.notes
        )


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["total", "mean", "quantile", "share", "net", "ratio"])
def test_every_kind_reads_rows_in_rolled_windows(kind: str, engine: str) -> None:
    """The window of two months holds the rows of both, so its sums are those of the months together."""
    keys: dict[str, dict[str, Any]] = {
        "total": {"unit": "seconds", "sum": "aht"},
        "mean": {"unit": "seconds", "value": "aht"},
        "quantile": {"unit": "seconds", "value": "aht", "q": 0.5},
        "share": {"meets": "aht_status = 'met'"},
        "net": {"for": "aht_status = 'met'", "against": "aht_status = 'alarm'"},
        "ratio": {
            "unit": "seconds",
            "numerator": {"from": MONTHLY, "sum": "aht"},
            "denominator": {"from": MONTHLY, "count": "rows", "where": "aht is not null"},
        },
    }
    source = {} if kind == "ratio" else {"from": MONTHLY}
    defined = catalogue({"aht": AHT, "smooth": SMOOTH, "x": {"kind": kind, **source, **keys[kind], "roll": "2mo"}})
    tables = {"contacts": made_contacts(5, 300)}
    values = [
        (agent, month, aht)
        for agent, month, aht, *_ in database(tables).execute(PER_AGENT).fetchall()
        if aht is not None
    ]
    found = {
        row.period.start: row for row in ask(defined, tables, "x", every="month", as_of="2025-05-31", engine=engine)
    }
    for month, first in ((date(2025, 4, 1), date(2025, 3, 1)), (date(2025, 5, 1), date(2025, 4, 1))):
        inside = sorted(aht for _, start, aht in values if first <= start <= month)
        n, met = len(inside), sum(aht <= 600 for aht in inside)
        alarm = sum(aht >= 900 for aht in inside)
        middle = (inside[(n - 1) // 2] + inside[n // 2]) / 2
        wanted = {
            "total": sum(inside),
            "mean": sum(inside) / n,
            "quantile": middle,
            "share": met / n,
            "net": 100 * (met - alarm) / n,
            "ratio": sum(inside) / n,
        }[kind]
        assert found[month].value == pytest.approx(wanted, abs=1e-4)
        assert found[month].n == n
