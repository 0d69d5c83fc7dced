"""A definition that changed on a day: earlier figures stay as they were, later ones are as if it had always been so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest
from kinds.centre import ENGINES, ask, by_cell, catalogue, local_day, made_agents, made_contacts, start_of, utc

CHANGED = "2025-04-10"
SHARE = {"kind": "share", "from": "contacts", "meets": "wait_s <= 20", "better": "higher", "target": "80%"}
CONTACTS = made_contacts(7, size=500)
AGENTS = made_agents(7)
TABLES = {"contacts": CONTACTS, "agents": AGENTS}


def versions(old: Mapping[str, Any], new: Mapping[str, Any], since: str = CHANGED) -> dict[str, Any]:
    """The old definition with what differs in the new one as a version."""
    return {
        **old,
        "versions": [{"since": since, **{key: value for key, value in new.items() if old.get(key) != value}}],
    }


def pair(kind: str, **keys: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two definitions of one kind: keys given as a pair differ, all others are alike; ``from_`` stands for ``from``."""
    both = {key.rstrip("_"): value if isinstance(value, tuple) else (value, value) for key, value in keys.items()}
    old, new = ({"kind": kind, **{key: value[at] for key, value in both.items()}} for at in (0, 1))
    return old, new


HANDLED = {"from": "contacts", "sum": "talk_s + hold_s", "where": "not abandoned"}
WIDER = {"from": "contacts", "sum": "talk_s + hold_s + wrap_s", "where": "not abandoned"}
CALLS = {"from": "contacts", "count": "rows", "where": "not abandoned"}
LEAVERS = {"from": "agents", "count": "rows", "at": "left_on"}
PAIRS = {
    "share": pair("share", from_="contacts", meets=("wait_s <= 20", "wait_s <= 10"), where=("true", "talk_s > 60")),
    "mean": pair("mean", from_="contacts", value=("talk_s", "talk_s + hold_s"), unit="seconds"),
    "clustered": pair(
        "mean", from_="contacts", value=("talk_s", "talk_s + hold_s"), unit="seconds", cluster="agent_id"
    ),
    "quantile": pair("quantile", from_="contacts", value=("talk_s", "talk_s + hold_s"), q=0.9, unit="seconds"),
    "net": pair("net", from_="contacts", against=("wait_s > 40", "wait_s > 50"), for_="wait_s <= 10"),
    "distinct": pair(
        "total", from_="contacts", distinct="customer_id", where=("true", "not abandoned"), unit="customers"
    ),
    "sum": pair("total", from_="contacts", sum=("talk_s", "talk_s + wrap_s"), unit="seconds"),
    "ratio": pair("ratio", unit="seconds", numerator=(HANDLED, WIDER), denominator=CALLS),
    "two tables": pair(
        "ratio",
        unit="leavers",
        numerator=({**LEAVERS, "where": "site = 'Leeds'"}, LEAVERS),
        denominator={"from": "agents", "stock": "mean"},
    ),
    "repeat": pair(
        "repeat",
        from_="contacts",
        key=["customer_id"],
        within=("7d", "2d"),
        counts="resolved",
        where=("true", "not abandoned"),
    ),
    "stock": pair("stock", from_="agents", where=("agent_id <> 'a3'", "site = 'Leeds'")),
    "matures": pair("share", from_="contacts", meets="abandoned", matures=("1d", "9d")),
    "time_to_event": pair(
        "time_to_event", from_="agents", start="hired_on", event="left_on", where=("agent_id <> 'a3'", "site = 'Leeds'")
    ),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("every", ["week", "month"])
def test_before_the_change_the_old_definition_holds_and_after_it_the_new(name: str, every: str, engine: str) -> None:
    old, new = PAIRS[name]
    day = date.fromisoformat(CHANGED)
    dated = catalogue({"x": versions(old, new)})
    by = ("site",) if old["kind"] in ("stock", "time_to_event") or name == "two tables" else ("queue",)
    found, before, after = (
        by_cell(ask(one, TABLES, engine=engine, every=every, by=by, since=date(2025, 2, 24)))
        for one in (dated, catalogue({"x": old}), catalogue({"x": new}))
    )
    seen = set()
    for (values, start), row in found.items():
        if row.period.end <= day and (values, start) in before:
            assert row == before[values, start]
            seen.add("before")
        elif start >= day and (values, start) in after:
            bare = after[values, start]
            first = start - (timedelta(7) if every == "week" else timedelta(1)) < day
            # The first period of a definition has nothing of its own to be compared with.
            assert row == (bare if not first else replace(bare, change=None))
            seen.add("after")
        elif start < day < row.period.end:
            assert row.change is None
            assert row.notes[0] == f"mixes definitions: changed on {CHANGED}"
            assert row.definition == next(iter(after.values())).definition
            seen.add("mixed")
    assert seen == {"before", "mixed", "after"}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_month_of_two_definitions_adds_what_each_says_of_its_days(engine: str) -> None:
    """Written in SQL from the definition: every contact is judged by the one of the local day it ended on."""
    old, new = PAIRS["share"]
    rows = by_cell(ask(catalogue({"x": versions(old, new)}), TABLES, engine=engine, every="month", by=("queue",)))
    frame = pl.DataFrame(
        {
            "day": [local_day(row["ended_at"]) for row in CONTACTS],
            **{name: [row[name] for row in CONTACTS] for name in ("queue", "wait_s", "talk_s")},
        },
        infer_schema_length=None,
    )
    connection = duckdb.connect()
    connection.register("contacts", frame.to_arrow())
    wanted = connection.execute(
        """
        select date_trunc('month', day)::date, queue, count(*), count(*) filter (meets)
        from (
            select day, queue,
                case when day < date '2025-04-10' then wait_s <= 20 else wait_s <= 10 end as meets,
                case when day < date '2025-04-10' then true else talk_s > 60 end as member
            from contacts
        ) where member and meets is not null group by all
        """
    ).fetchall()
    assert {(month, queue): (n, k) for month, queue, n, k in wanted} == {
        (start, values[0]): (row.n, row.numerator) for (values, start), row in rows.items() if values and row.n
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_a_ratio_and_a_repeat_of_two_definitions_in_sql(engine: str) -> None:
    defined = catalogue({"a": versions(*PAIRS["ratio"]), "b": versions(*PAIRS["repeat"])})
    aht, fcr = ask(defined, TABLES, engine=engine, every="all", as_of="2025-06-30")
    frame = pl.DataFrame(
        {
            "number": list(range(len(CONTACTS))),
            "day": [local_day(row["ended_at"]) for row in CONTACTS],
            **{
                name: [row[name] for row in CONTACTS]
                for name in ("customer_id", "started_at", "ended_at", "abandoned", "talk_s", "hold_s", "wrap_s")
            },
        },
        infer_schema_length=None,
    )
    connection = duckdb.connect()
    connection.register("contacts", frame.to_arrow())
    handled = connection.execute(
        """
        select sum(amount), count(*) from (
            select case when day < date '2025-04-10' then talk_s + hold_s else talk_s + hold_s + wrap_s end as amount
            from contacts where not abandoned
        ) where amount is not null
        """
    ).fetchone()
    assert handled is not None
    assert aht.numerator == pytest.approx(handled[0], rel=1e-12)
    assert aht.denominator == handled[1]
    resolved = connection.execute(
        """
        with judged as (
            select *,
                ended_at + case when day < date '2025-04-10' then interval 7 days else interval 2 days end as until
            from contacts where customer_id is not null and (day < date '2025-04-10' or not abandoned)
        )
        select count(*), count(*) filter (not exists (
            from contacts b
            where b.customer_id = a.customer_id and b.started_at > a.ended_at and b.started_at <= a.until
        ))
        from judged a where until <= (select max(ended_at) from contacts)
        """
    ).fetchone()
    assert (fcr.n, fcr.numerator) == resolved


def test_a_row_at_the_local_midnight_of_the_change_is_of_the_new_definition() -> None:
    """British summer time began on 30 March 2025: the day of the change begins at 23:00 UTC of the day before."""
    metric = versions(
        *pair("total", from_="contacts", count="rows", where=("queue = 'A'", "queue = 'B'")), "2025-04-10"
    )
    rows = [
        {"contact_id": f"{queue}{text}", "queue": queue, "started_at": utc(text), "ended_at": utc(text)}
        for text in ("2025-04-09 23:59:59", "2025-04-10 00:00:00")
        for queue in "AB"
    ]
    for engine in ENGINES:
        found = ask(catalogue({"x": metric}), {"contacts": rows}, engine=engine, every="month", by=("hour", "queue"))
        assert {tuple(row.by.values()): row.value for row in found if row.by} == {("23", "A"): 1, ("00", "B"): 1}


def test_judged_until_is_that_of_the_definition_whose_window_is_still_open() -> None:
    old, new = pair("repeat", from_="contacts", key=["customer_id"], within=("30d", "1d"), counts="resolved")
    rows = [
        {"contact_id": text, "customer_id": "u", "started_at": utc(text), "ended_at": utc(text)}
        for text in ("2025-03-05 09:00", "2025-04-02 09:00", "2025-04-20 09:00")
    ]
    found = ask(
        catalogue({"x": versions(old, new)}),
        {"contacts": rows},
        every="month",
        as_of="2025-04-25",
        since=date(2025, 3, 1),
    )
    march, april = (row.period for row in found)
    # Rows before the 10th wait 30 days: 26 March is not over, whatever the new window says.
    assert march.judged_until == april.judged_until
    assert march.judged_until is not None
    assert march.judged_until < start_of(date(2025, 3, 26))
    late = ask(catalogue({"x": versions(old, new)}), {"contacts": rows}, every="month", as_of="2025-06-30", last=1)
    assert late[-1].period.judged_until is not None
    assert late[-1].period.judged_until > start_of(date(2025, 4, 10))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rolled_window_across_the_change_is_mixed_until_it_lies_behind_it(engine: str) -> None:
    old, new = ({**one, "roll": "2mo"} for one in PAIRS["mean"])
    rows = ask(catalogue({"x": versions(old, new, "2025-04-01")}), TABLES, engine=engine, every="month")
    mixed = [[note for note in row.notes if "definitions" in note] for row in rows if not row.by]
    assert [bool(notes) and notes[0] for notes in mixed] == [
        False,
        False,
        "mixes definitions: changed on 2025-04-01",
        False,
    ]


def test_what_does_not_add_up_is_refused_and_says_so() -> None:
    for name in ("stock", "time_to_event"):
        rows = ask(catalogue({"x": versions(*PAIRS[name])}), TABLES, every="quarter", since=date(2025, 4, 1))
        (mixed,) = [row for row in rows if row.period.start == date(2025, 4, 1)]
        assert (mixed.value, mixed.reason, mixed.n) == (None, "refused", 0)
        assert mixed.notes == ("mixes definitions: changed on 2025-04-10", "its figures under the two do not add up")


def test_the_newest_version_says_what_a_mixed_cell_is_measured_against() -> None:
    metric = {**SHARE, "versions": [{"since": CHANGED, "meets": "wait_s <= 60", "target": "99.9%"}]}
    rows = ask(catalogue({"x": metric}), TABLES, every="month")
    assert [(row.target, row.status) for row in rows[1:3]] == [(0.8, "missed"), (0.999, rows[2].status)]
    assert rows[2].notes


def test_a_new_target_is_no_new_definition() -> None:
    metric = {**SHARE, "versions": [{"since": CHANGED, "target": "10%"}]}
    rows = ask(catalogue({"x": metric}), TABLES, every="month")
    plain = ask(catalogue({"x": SHARE}), TABLES, every="month")
    assert [row.value for row in rows] == [row.value for row in plain]
    assert [row.change for row in rows] == [row.change for row in plain]
    assert len({row.definition for row in rows}) == 1
    assert [row.target for row in rows] == [0.8, 0.8, 0.1, 0.1]
    assert not any(row.notes for row in rows)


def test_back_to_the_old_definition() -> None:
    """The same definition twice, with another between: each has its own days."""
    other = {"meets": "wait_s <= 1"}
    metric = {
        **SHARE,
        "versions": [{"since": "2025-03-01", **other}, {"since": "2025-04-01", "meets": SHARE["meets"]}],
    }
    rows, old, new = (ask(catalogue({"x": one}), TABLES, every="month") for one in (metric, SHARE, {**SHARE, **other}))
    assert [row.value for row in rows] == [old[0].value, new[1].value, old[2].value, old[3].value]
    assert rows[0].definition == rows[2].definition != rows[1].definition
    assert [row.change is None for row in rows] == [True, True, True, rows[3].change is None]


def test_a_version_still_to_come_changes_nothing_yet() -> None:
    metric = {**SHARE, "versions": [{"since": "2025-05-29", "meets": "wait_s <= 1"}]}
    rows = ask(catalogue({"x": metric}), TABLES, every="month")
    assert rows == ask(catalogue({"x": SHARE}), TABLES, every="month")


def test_a_formula_has_no_change_across_the_change_of_a_part() -> None:
    metrics = {"part": {**SHARE, "versions": [{"since": "2025-04-01", "meets": "wait_s <= 10"}]},
               "x": {"kind": "formula", "formula": "1 - part", "unit": "percent"}}  # fmt: skip
    rows = ask(catalogue(metrics), TABLES, "x", every="month")
    assert [row.change is None for row in rows] == [True, False, True, True]
