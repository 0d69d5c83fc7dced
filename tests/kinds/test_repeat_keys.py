"""repeat: published numbers for every unit of count, chains, and what must hold whatever the data."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds.centre import ENGINES, ask, by_cell, catalogue, made_contacts, one, same, utc

BASE = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}


def contact(name: str, when: str, customer: str | None, until: str | None = None, **other: Any) -> dict[str, Any]:
    times = {"started_at": utc(when), "ended_at": utc(until or when)}
    return {"contact_id": name, "customer_id": customer, "reason": "x", **times, **other}


# The three customers of callcenterdecoded's example, and somebody else a month later, so that all of it is judged.
TOM_JOHN_BETTY = [
    contact("t", "2026-01-05 08:00", "Tom"),
    contact("j1", "2026-01-05 08:00", "John"),
    contact("j2", "2026-01-05 15:00", "John"),
    contact("b", "2026-01-05 08:00", "Betty"),
    contact("later", "2026-02-05 08:00", None),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("keys", "k", "n"),
    [
        ({"count": "keys"}, 2, 4),
        ({"count": "first"}, 2, 3),
        ({}, 3, 4),
        ({"chain": "gap"}, 2, 4),
        ({"chain": "gap", "count": "first"}, 2, 3),
        ({"chain": "gap", "count": "keys"}, 2, 4),
    ],
)
def test_published_counts_of_one_centre(keys, k, n, engine):
    """G-4 (callcenterdecoded): 2/4 as published; by issue 2/3; contact by contact 3/4."""
    row = one(catalogue({"fcr": {**BASE, "key": ["customer_id", "reason"], **keys}}), {"contacts": TOM_JOHN_BETTY},
              until=date(2026, 2, 1), engine=engine)  # fmt: skip
    assert (row.numerator, row.n, row.value) == (k, n, pytest.approx(k / n, abs=1e-12))


def test_had_the_first_call_fixed_it():
    """G-4: without John's second call 3/3, by whatever unit."""
    rows = [row for row in TOM_JOHN_BETTY if row["contact_id"] != "j2"]
    for keys in ({"count": "keys"}, {"count": "first"}, {}, {"chain": "gap"}):
        row = one(catalogue({"fcr": {**BASE, **keys}}), {"contacts": rows}, until=date(2026, 2, 1))
        assert (row.numerator, row.n) == (3, 3), keys


def maturity_example() -> list[dict[str, Any]]:
    days = {"c1": ("A", 1), "c3": ("B", 2), "c2": ("A", 5), "c4": ("C", 9), "c5": ("D", 12)}
    rows = [contact(name, f"2026-01-{day:02d} 00:00", who) for name, (who, day) in days.items()]
    # The file reaches to the last instant of day 13, which is when day 14 begins; its row has no customer.
    return [*rows, contact("c6", "2026-01-14 00:00", None)]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("keys", "value", "n", "bounds"),
    [
        ({}, 2 / 3, 3, None),
        ({"immature": "exclude"}, 2 / 3, 3, None),
        ({"immature": "bounds"}, 2 / 3, 3, (0.4, 0.8)),
        ({"immature": "survival"}, 0.75, 5, (0.4, 0.8)),
        ({"immature": "survival", "counts": "repeated"}, 0.25, 5, (0.2, 0.6)),
    ],
)
def test_published_policies_for_the_last_days(keys, value, n, bounds, engine):
    """G-32: seven days, as of day 14. Counted as successes the two that wait would make it 80 %."""
    row = one(catalogue({"fcr": {**BASE, **keys}}), {"contacts": maturity_example()}, engine=engine)
    assert (row.value, row.n, row.immature, row.missing) == (pytest.approx(value, abs=1e-12), n, 2, 1)
    assert row.bounds == (None if bounds is None else pytest.approx(bounds, abs=1e-12))
    assert row.status is None
    assert row.reason == "immature"


# ------------------------------------------------------------------------------------------------- chains


def chain(*days: int, customer: str = "u") -> list[dict[str, Any]]:
    rows = [contact(f"{customer}{day}", f"2026-01-{day:02d} 09:00", customer) for day in days]
    return [*rows, contact("later", "2026-03-01 08:00", None)]


def test_a_cluster_lasts_as_long_as_it_goes_on():
    """Contacts on days 1, 6, 11 and 25: three of them are one cluster of ten days, though the window is seven."""
    rows = chain(1, 6, 11, 25)
    for keys, expected in (
        ({"chain": "gap"}, (1, 4)),
        ({"chain": "gap", "count": "first"}, (1, 2)),
        ({"chain": "anchor"}, (2, 4)),
        ({"chain": "anchor", "count": "first"}, (1, 2)),
    ):
        row = one(catalogue({"fcr": {**BASE, **keys}}), {"contacts": rows}, until=date(2026, 2, 1))
        assert (row.numerator, row.n) == expected, keys


def test_blank_numbers_are_single_calls_where_the_centre_says_so():
    """QueueMetrics: "any calls with a blank caller-id will be counted as a single-call"."""
    rows = [contact(str(day), f"2026-01-{day:02d} 09:00", None) for day in (1, 2, 3)] + chain(4, 5)
    keys = {"chain": "gap", "count": "first"}
    single = one(catalogue({"r": {**BASE, **keys, "blank_key": "single"}}), {"contacts": rows}, until=date(2026, 2, 1))
    exclude = one(catalogue({"r": {**BASE, **keys}}), {"contacts": rows}, until=date(2026, 2, 1))
    assert (single.numerator, single.n, single.missing) == (3, 4, 0)
    assert (exclude.numerator, exclude.n, exclude.missing) == (0, 1, 3)


def test_a_dropped_call_taken_up_again_is_one_issue():
    """Cut off and back within the gap: no repeat, and no second issue either."""
    rows = [*chain(4), contact("back", "2026-01-04 09:02", "u")]
    for chained in ("anchor", "gap"):
        keys = {"chain": chained, "count": "first", "gap": "5m"}
        row = one(catalogue({"r": {**BASE, **keys}}), {"contacts": rows}, until=date(2026, 2, 1))
        assert (row.numerator, row.n) == (1, 1), chained


def clusters(rows: list[dict[str, Any]], within: timedelta, gap: timedelta) -> Counter[str]:
    """By search: rows hang together if one begins no more than ``within`` after the end of one begun before it."""
    known = [row for row in rows if row["customer_id"] is not None]
    label = {row["contact_id"]: row["contact_id"] for row in known}

    def linked(a: dict[str, Any], b: dict[str, Any]) -> bool:
        same_key = a["customer_id"] == b["customer_id"]
        return same_key and a["started_at"] <= b["started_at"] <= max(a["ended_at"], a["started_at"]) + within

    for a in known:
        for b in known:
            if linked(a, b):
                old, new = label[b["contact_id"]], label[a["contact_id"]]
                label = {name: new if one == old else one for name, one in label.items()}
    repeated = {
        label[b["contact_id"]]
        for a in known
        for b in known
        if a["customer_id"] == b["customer_id"] and a["ended_at"] + gap < b["started_at"] <= a["ended_at"] + within
    }
    alone = sum(label[row["contact_id"]] not in repeated for row in known)
    names = set(label.values())
    return Counter(rows=len(known), alone=alone, clusters=len(names), single=len(names - repeated))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gap", ["0s", "6h"])
def test_clusters_by_search(gap, engine):
    defined = catalogue(
        {
            "each": {**BASE, "within": "30h", "chain": "gap", "gap": gap},
            "first": {**BASE, "within": "30h", "chain": "gap", "count": "first", "gap": gap},
        }
    )
    for seed in range(3):
        rows = made_contacts(seed, first=date(2025, 3, 20), days=20)
        chance = random.Random(seed)
        for row in rows:
            # Some chats last for days, over the calls the customer makes meanwhile.
            row["ended_at"] += timedelta(hours=chance.choice([0, 0, 0, 40]))
        rows.append({**rows[0], "contact_id": "z", "customer_id": None})
        rows[-1] |= {"started_at": datetime(2025, 6, 1), "ended_at": datetime(2025, 6, 1)}
        found = clusters(rows, timedelta(hours=30), timedelta(hours=6) if gap == "6h" else timedelta())
        each, first = ask(defined, {"contacts": rows}, engine=engine)
        assert (each.numerator, each.n) == (found["alone"], found["rows"])
        assert (first.numerator, first.n) == (found["single"], found["clusters"])


# ------------------------------------------------------------------------------------------------- properties

MOMENTS = st.integers(0, 40)
CONTACTS = st.lists(st.tuples(st.sampled_from(["u", "v", None]), MOMENTS, st.integers(0, 6)), min_size=1, max_size=14)


def made(drawn: list[tuple[str | None, int, int]], *, hours: int = 6) -> list[dict[str, Any]]:
    first = datetime(2026, 1, 5)
    rows = [
        {
            "contact_id": f"c{at}",
            "customer_id": who,
            "queue": "AB"[at % 2],
            "started_at": first + timedelta(hours=hours * begin),
            "ended_at": first + timedelta(hours=hours * (begin + length)),
        }
        for at, (who, begin, length) in enumerate(drawn)
    ]
    beyond = datetime(2026, 6, 1)
    return [*rows, {"contact_id": "z", "customer_id": None, "queue": "A", "started_at": beyond, "ended_at": beyond}]


@settings(max_examples=15, deadline=None)
@given(CONTACTS)
def test_a_wider_window_never_raises_fcr(drawn):
    windows = ["1d", "2d", "7d"]
    units = [{"chain": chained, "count": unit} for chained in ("anchor", "gap") for unit in ("contacts", "keys")]
    defined = catalogue(
        {
            f"w{w}_{u}": {**BASE, "within": wide, **unit}
            for w, wide in enumerate(windows)
            for u, unit in enumerate(units)
        }
    )
    found = {row.metric: row for row in ask(defined, {"contacts": made(drawn)})}
    for unit in range(len(units)):
        rows = [found[f"w{w}_{unit}"] for w in range(len(windows))]
        assert len({row.n for row in rows}) == 1
        assert [row.numerator for row in rows] == sorted((row.numerator for row in rows), reverse=True)


@settings(max_examples=15, deadline=None)
@given(CONTACTS, st.randoms(use_true_random=False))
def test_shuffling_changes_no_bit(drawn, chance):
    keys = [{}, {"count": "first"}, {"chain": "gap", "count": "first"}, {"look": "backward"}, {"immature": "survival"}]
    defined = catalogue({f"r{at}": {**BASE, "within": "2d", **one} for at, one in enumerate(keys)})
    rows = made(drawn)
    before = ask(defined, {"contacts": rows}, by=("queue",), every="week")
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert ask(defined, {"contacts": shuffled}, by=("queue",), every="week", parts=2) == before


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(MOMENTS, st.integers(0, 6)), min_size=1, max_size=6, unique=True))
def test_no_row_is_its_own_repeat(drawn):
    """Every customer once: nothing is a repeat of anything, in any direction and unit."""
    rows = [contact("first", "2025-12-01 08:00", None)]
    rows += made([(f"u{at}", begin, length) for at, (begin, length) in enumerate(drawn)])
    units = [
        {"count": unit, "chain": chained} for unit in ("contacts", "first", "keys") for chained in ("anchor", "gap")
    ]
    defined = catalogue({f"r{at}": {**BASE, **one} for at, one in enumerate([*units, {"look": "backward"}])})
    for row in ask(defined, {"contacts": rows}):
        assert row.numerator == row.n, row.metric
        assert row.n + row.immature == len(drawn), row.metric


@settings(max_examples=8, deadline=None)
@given(CONTACTS)
def test_a_question_hides_nobody(drawn):
    """What is asked for changes which rows are shown, never what came before or after them."""
    rows = made(drawn)
    keys = [{}, {"count": "first"}, {"count": "keys"}, {"chain": "gap"}, {"look": "backward", "counts": "repeated"}]
    defined = catalogue({f"r{at}": {**BASE, "within": "2d", **one} for at, one in enumerate(keys)})
    parts = by_cell(ask(defined, {"contacts": rows}, "r0", by=("queue",), every="week"))
    for at in range(len(keys)):
        name = f"r{at}"
        parts = by_cell(ask(defined, {"contacts": rows}, name, by=("queue",), every="week"))
        for (by, start), row in parts.items():
            if by and row.n:
                week = {"since": start, "until": start + timedelta(days=7)}
                alone = one(defined, {"contacts": rows}, name, only=(("queue", by),), **week)
                assert (alone.numerator, alone.n, alone.missing) == (row.numerator, row.n, row.missing), (name, by)


def test_forward_and_backward_count_the_same_pairs_where_both_see_everything():
    """Customers contact twice at most, so every pair is one follower of one first; only edges differ."""
    chance = random.Random(11)
    rows = []
    for who in range(120):
        begin = datetime(2026, 3, 1) + timedelta(minutes=chance.randrange(20 * 1440))
        again = begin + timedelta(minutes=chance.randrange(1, 12 * 1440))
        for at, when in enumerate([begin, again][: chance.choice([1, 2, 2])]):
            rows.append({"contact_id": f"{who}-{at}", "customer_id": f"u{who}", "started_at": when, "ended_at": when})
    for name, when in (("first", datetime(2026, 1, 1)), ("last", datetime(2026, 6, 1))):
        rows.append({"contact_id": name, "customer_id": name, "started_at": when, "ended_at": when})
    defined = catalogue(
        {look: {**BASE, "within": "5d", "counts": "repeated", "look": look} for look in ("forward", "backward")}
    )
    backward, forward = sorted(ask(defined, {"contacts": rows}), key=lambda row: row.metric)
    assert forward.numerator == backward.numerator > 20
    # The first row of the data has nothing before it that could be known, and the last nothing after it.
    assert (forward.n, forward.immature) == (backward.n, backward.immature) == (len(rows) - 1, 1)
    assert backward.notes == ("1 not judged: they come less than 5d after the first row of the data",)
    assert backward.period.judged_until is None
    assert same((forward.value,), (backward.value,))


def test_backward_belongs_to_the_repeat():
    """Looking back, the later contact is the repeat: its queue, its week."""
    rows = [
        contact("x", "2026-01-01 08:00", None, queue="A"),
        contact("a", "2026-01-15 08:00", "u", queue="A"),
        contact("b", "2026-01-20 08:00", "u", queue="B"),
    ]
    defined = catalogue({"r": {**BASE, "counts": "repeated", "look": "backward"}})
    found = by_cell(ask(defined, {"contacts": rows}, by=("queue",), every="week"))
    assert {key: row.value for key, row in found.items() if key[0] and row.n} == {
        (("A",), date(2026, 1, 12)): 0.0,
        (("B",), date(2026, 1, 19)): 1.0,
    }


def test_a_further_condition_of_success():
    """First point resolution: solved by whom it first reached. Not known whether it was passed on: missing."""
    rows = [
        contact("a", "2026-01-05 08:00", "a", transfers=0),
        contact("b", "2026-01-05 08:00", "b", transfers=1),
        contact("c", "2026-01-05 08:00", "c", transfers=None),
        contact("d", "2026-01-05 08:00", "d", transfers=0),
        contact("d2", "2026-01-06 08:00", "d", transfers=0),
        contact("later", "2026-02-05 08:00", None),
    ]
    defined = catalogue({"fpr": {**BASE, "meets": "transfers = 0"}})
    row = one(defined, {"contacts": rows}, until=date(2026, 2, 1))
    assert (row.numerator, row.n, row.missing) == (2, 4, 1)
