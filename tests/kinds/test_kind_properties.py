"""What must hold whatever the data are: exact sums, no effect of order or files, and totals of rows, not of reports."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds.centre import DAY, ENGINES, answer, ask, by_cell, catalogue, made_agents, made_contacts, one, start_of, utc

HANDLED = "handled"
DEFINED = catalogue(
    {
        "volume": {"kind": "total", "from": "contacts", "count": "rows"},
        "spent": {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"},
        "customers": {"kind": "total", "from": "contacts", "distinct": "customer_id", "unit": "customers"},
        "talk": {"kind": "mean", "from": "contacts", "value": "talk_s", "unit": "seconds", "where": HANDLED},
        "quick": {"kind": "share", "from": "contacts", "meets": "wait_s <= 20", "where": HANDLED},
        "mood": {"kind": "net", "from": "contacts", "for": "wait_s <= 10", "against": "wait_s > 40", "where": HANDLED},
        "aht": {
            "kind": "ratio",
            "unit": "seconds",
            "numerator": {"from": "contacts", "sum": "handle_s", "where": HANDLED},
            "denominator": {"from": "contacts", "count": "rows", "where": HANDLED},
            "cluster": "agent_id",
        },
        "per_head": {
            "kind": "ratio",
            "unit": "contacts",
            "numerator": {"from": "contacts", "count": "rows", "where": HANDLED},
            "denominator": {"from": "agents", "stock": "mean"},
        },
        "fcr": {
            "kind": "repeat",
            "from": "contacts",
            "key": ["customer_id"],
            "within": "3d",
            "counts": "resolved",
            "where": HANDLED,
        },
        "heads": {"kind": "stock", "from": "agents", "read": "mean"},
    }
)
AS_OF = "2025-05-20"
OPTIONS: dict[str, Any] = {"as_of": AS_OF, "since": date(2025, 2, 1), "until": date(2025, 5, 21)}


def tables(seed: int) -> dict[str, list[dict[str, Any]]]:
    return {"contacts": made_contacts(seed), "agents": made_agents(seed)}


@pytest.mark.parametrize(("seed", "engine"), list(enumerate(ENGINES)))
def test_the_whole_is_the_sum_of_its_parts(seed, engine):
    """Numerators and denominators of queues, teams or days add up to those of the whole, to the last digit."""
    names = ("volume", "spent", "talk", "quick", "mood", "aht", "fcr")
    wholes = {row.metric: row for row in ask(DEFINED, tables(seed), *names, **OPTIONS, engine=engine)}
    for question in (
        {"by": ("queue", "team")},
        {"by": ("weekday", "reason")},
        {"every": "day"},
        {"every": "week", "by": ("team",)},
    ):
        rows = ask(DEFINED, tables(seed), *names, **{**OPTIONS, **question}, engine=engine)
        parts = [row for row in rows if ("by" not in question or row.by) and row.reason != "refused"]
        for name, whole in wholes.items():
            mine = [row for row in parts if row.metric == name]
            if not mine:
                # Contacts nobody answered have no team or reason: refused, not counted as nought.
                assert name in ("volume", "spent")
                continue
            for field in ("n", "numerator", "denominator", "immature", "missing"):
                total = getattr(whole, field)
                if total is not None:
                    assert sum(getattr(row, field) or 0 for row in mine) == pytest.approx(total, rel=1e-12), (
                        name,
                        field,
                    )


@pytest.mark.parametrize("engine", ENGINES)
def test_whole_and_part_come_from_the_same_sums(engine):
    """A quarter is not the mean of its months, nor the whole that of its queues."""
    rows = by_cell(ask(DEFINED, tables(4), "aht", by=("queue",), **OPTIONS, engine=engine))
    start = OPTIONS["since"]
    whole = rows[(), start]
    parts = [row for (cell, _), row in rows.items() if cell and row.n]
    assert whole.value == pytest.approx(sum(row.numerator for row in parts) / sum(row.denominator for row in parts))
    assert whole.value != pytest.approx(sum(row.value for row in parts) / len(parts), rel=1e-6)


@pytest.mark.parametrize(("seed", "parts", "engine"), [(1, 2, "polars"), (2, 3, "polars"), (3, 5, "duckdb")])
def test_neither_order_nor_files_matter(seed, parts, engine):
    given_rows = tables(3)
    chance = random.Random(seed)
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in given_rows.items()}
    question = {**OPTIONS, "every": "month", "by": ("queue",), "engine": engine}
    assert ask(DEFINED, shuffled, parts=parts, **question) == ask(DEFINED, given_rows, **question)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("by", [("queue",), ("team",), ("agent_id",), ("site", "queue")])
def test_a_dimension_never_changes_the_whole(by, seed):
    plain = ask(DEFINED, tables(seed), **OPTIONS, every="month")
    # Only what an interval is over may change: within one agent there are no agents to cluster by.
    cut = answer(DEFINED, tables(seed), **OPTIONS, every="month", by=by)
    assert [row for row in cut.rows if not row.by] == list(plain)


def test_engines_agree():
    for question in ({"by": ("queue", "team"), "every": "month"}, {"by": ("hour",), "every": "week"}):
        polars, duckdb = (ask(DEFINED, tables(6), **OPTIONS, **question, engine=engine) for engine in ENGINES)
        assert polars == duckdb


@pytest.mark.parametrize(("seed", "engine"), list(enumerate(ENGINES)))
def test_immature_rows_change_only_the_count_of_immature(seed, engine):
    """Contacts of new customers in the last three days before as_of: fcr says more are waiting, and nothing else."""
    before = tables(seed)
    new = [
        {**row, "contact_id": f"n{number}", "customer_id": f"new{number}"}
        for number, row in enumerate(before["contacts"])
        if row["abandoned"] is False and row["answered_at"] is not None and row["customer_id"] is not None
    ][:20]
    for number, row in enumerate(new):
        row["started_at"] = start_of(date(2025, 5, 19)) + number * timedelta(minutes=7)
        row["answered_at"] = row["ended_at"] = row["started_at"] + timedelta(minutes=3)
    assert len(new) == 20
    # The file's reach is the same with and without them.
    edge = {**new[0], "contact_id": "edge", "customer_id": None, "ended_at": utc("2025-05-20 23:00")}
    edge["started_at"] = edge["answered_at"] = edge["ended_at"]
    old, more = (
        one(DEFINED, {**before, "contacts": [*before["contacts"], edge, *extra]}, "fcr", **OPTIONS, engine=engine)
        for extra in ([], new)
    )
    assert more.immature == old.immature + 20
    assert (more.value, more.n, more.numerator, more.missing, more.low, more.high) == (
        (old.value, old.n, old.numerator, old.missing, old.low, old.high)
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.data())
def test_a_wider_window_never_raises_resolution(data):
    """On contacts judged under both windows, whatever was followed within the short one was within the long one."""
    hours = st.integers(0, 24 * 12)
    rows = [
        {
            "contact_id": f"c{number}",
            "customer_id": data.draw(st.sampled_from(["u1", "u2", "u3", None])),
            "started_at": utc("2026-01-05 00:00") + timedelta(hours=begin),
            "ended_at": utc("2026-01-05 00:00") + timedelta(hours=begin + data.draw(st.integers(0, 30))),
        }
        for number, begin in enumerate(data.draw(st.lists(hours, min_size=1, max_size=12)))
    ]
    rows.append(
        {**rows[0], "customer_id": None, "started_at": utc("2026-06-01 12:00"), "ended_at": utc("2026-06-01 12:00")}
    )
    defined = catalogue(
        {
            f"within_{days}": {
                "kind": "repeat",
                "from": "contacts",
                "key": ["customer_id"],
                "within": f"{days}d",
                "counts": "resolved",
            }
            for days in (1, 2, 7, 30)
        }
    )
    found = ask(defined, {"contacts": rows})
    assert len({row.n for row in found}) == 1
    values = [row.numerator for row in found]
    assert values == sorted(values, reverse=True)


def test_resolved_and_repeated_are_two_sides_of_one_number():
    metrics = {
        counts: {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "5d", "counts": counts}
        for counts in ("resolved", "repeated")
    }
    for row, other in zip(
        *(ask(catalogue(metrics), tables(8), name, every="week", by=("queue",)) for name in metrics), strict=True
    ):
        assert (row.n, row.immature, row.missing) == (other.n, other.immature, other.missing)
        assert row.numerator + other.numerator == row.n


def test_other_metrics_beside_it_change_nothing():
    """Bundled into one pass or asked alone, a metric is the same."""
    together = ask(DEFINED, tables(9), **OPTIONS, every="month", by=("team",))
    for name in ("aht", "fcr", "customers", "heads", "per_head"):
        alone = ask(DEFINED, tables(9), name, **OPTIONS, every="month", by=("team",))
        assert list(alone) == [row for row in together if row.metric == name]


def test_later_data_do_not_change_what_was_seen_then():
    """A report as of April, made in May, is the report made in April: rows, successors and leavings are out of view."""
    whole = tables(10)
    for row in whole["agents"]:
        row["competent_on"] = row["hired_on"] + 60 * DAY
    limit = start_of(date(2025, 4, 16))
    then = {
        "contacts": [row for row in whole["contacts"] if row["ended_at"] < limit],
        "agents": [
            {
                **row,
                **{
                    name: row[name] if row[name] is not None and row[name] < date(2025, 4, 16) else None
                    for name in ("left_on", "competent_on")
                },
            }
            for row in whole["agents"]
            if row["hired_on"] < date(2025, 4, 16)
        ],
    }
    question: dict[str, Any] = {"as_of": "2025-04-15", "since": date(2025, 2, 1), "every": "month", "by": ("team",)}
    assert ask(DEFINED, whole, **question) == ask(DEFINED, then, **question)


def test_days_add_up_to_the_month_at_as_of():
    rows = [{"contact_id": when, "ended_at": utc(when)} for when in ("2026-01-15 12:00", "2026-01-16 00:00")]
    rows.append({"contact_id": "later", "ended_at": utc("2026-03-01 12:00")})
    counted = [
        sum(row.value for row in ask(DEFINED, {"contacts": rows}, "volume", every=every, as_of="2026-01-15"))
        for every in ("day", "month", "all")
    ]
    assert counted == [1, 1, 1]
