"""repeat, against a plain search through all rows for every row."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from kinds.centre import (
    DAY,
    ENGINES,
    ask,
    by_cell,
    catalogue,
    local_day,
    made_contacts,
    one,
    period_of,
    same,
    start_of,
    utc,
)

Row = Mapping[str, Any]
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Case:
    """One definition, as a catalogue writes it and as the search reads it."""

    keys: tuple[str, ...]
    within: str
    window: timedelta
    counts: str = "resolved"
    gap: str | None = None
    pause: timedelta = timedelta()
    blank_key: str = "exclude"
    where: str | None = None
    member: Callable[[Row], bool] = lambda row: True
    next: str | None = None
    follows: Callable[[Row], bool] = lambda row: True
    begins: str = "ended_at"
    comes: str = "started_at"

    def definition(self) -> dict[str, Any]:
        written = {
            "kind": "repeat",
            "from": "contacts",
            "key": list(self.keys),
            "within": self.within,
            "counts": self.counts,
            "blank_key": self.blank_key,
            "clock": {"from": self.begins, "to": self.comes},
            "where": self.where,
            "gap": self.gap,
            "next": self.next,
        }
        return {key: value for key, value in written.items() if value is not None}


CASES = {
    "any reason": Case(("customer_id",), "7d", 7 * DAY),
    "same reason": Case(("customer_id", "reason"), "3d", 3 * DAY),
    "share repeated": Case(("customer_id",), "48h", 48 * HOUR, counts="repeated"),
    "anonymous as single": Case(("customer_id", "reason"), "7d", 7 * DAY, blank_key="single"),
    "anonymous, repeated": Case(("customer_id",), "7d", 7 * DAY, blank_key="single", counts="repeated"),
    "a gap first": Case(("customer_id",), "2d", 2 * DAY, gap="6h", pause=6 * HOUR),
    "a gap as long as the window": Case(("customer_id",), "12h", 12 * HOUR, gap="12h", pause=12 * HOUR),
    "only inbound follows": Case(
        ("customer_id",),
        "7d",
        7 * DAY,
        where="direction = 'outbound'",
        member=lambda row: row["direction"] == "outbound",
        next="direction = 'inbound'",
        follows=lambda row: row["direction"] == "inbound",
    ),
    "from the start": Case(("customer_id",), "3d", 3 * DAY, begins="started_at"),
}


def on_a_grid(seed: int) -> list[dict[str, Any]]:
    """Contacts whose times are whole sixths of a day, so that ends, starts and window edges often coincide."""
    chance = random.Random(seed)
    first = utc("2025-03-24 00:00")
    rows = []
    for number in range(140):
        begin = first + 6 * HOUR * chance.randrange(60)
        rows.append(
            {
                "contact_id": f"c{number}",
                "customer_id": chance.choice([None, "u1", "u2", "u3", "u4", "u5", "u6", "u7", "u8"]),
                "reason": chance.choice(["invoice", "outage", None]),
                "queue": chance.choice(["Billing", "Sales", None]),
                "direction": chance.choice(["inbound", "outbound", None]),
                "started_at": begin,
                "ended_at": begin + 6 * HOUR * chance.randrange(4),
            }
        )
    rows.append({**rows[0], "contact_id": "newest", "customer_id": "alone", "started_at": first + 20 * DAY + HOUR})
    rows[-1]["ended_at"] = rows[-1]["started_at"]
    return rows


def judged(case: Case, rows: Sequence[Row], as_of: datetime | None) -> list[tuple[Row, str]]:
    """Every row of the population with its verdict: missing, immature, followed or alone."""
    view = [row for row in rows if as_of is None or row["ended_at"] < as_of]
    # What had begun by then and was not over is judged by nobody, and follows others all the same.
    begun = [row for row in rows if as_of is None or row[case.comes] < as_of]
    newest = max(moment for row in view for moment in (row["started_at"], row["ended_at"]))
    horizon = newest if as_of is None else min(as_of, newest)
    verdicts = []
    for row in filter(case.member, view):
        key = tuple(row[name] for name in case.keys)
        begins = row[case.begins]
        if None in key and case.blank_key == "exclude":
            verdict = "missing"
        elif begins + case.window > horizon:
            verdict = "immature"
        else:
            later = [
                other[case.comes]
                for other in begun
                if None not in key
                and tuple(other[name] for name in case.keys) == key
                and case.follows(other)
                and other[case.comes] > begins + case.pause
            ]
            verdict = "followed" if later and min(later) <= begins + case.window else "alone"
        verdicts.append((row, verdict))
    return verdicts


def counts(verdicts: Sequence[str], wanted: str) -> tuple[float | None, int, int, int, int]:
    """(value, n, numerator, immature, missing)."""
    good = verdicts.count("followed" if wanted == "repeated" else "alone")
    n = verdicts.count("followed") + verdicts.count("alone")
    return good / n if n else None, n, good, verdicts.count("immature"), verdicts.count("missing")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("source", ["grid", "chance"])
@pytest.mark.parametrize("as_of", [None, date(2025, 4, 2)], ids=str)
def test_search(as_of, source, engine):
    defined = catalogue({name.replace(" ", "_").replace(",", ""): case.definition() for name, case in CASES.items()})
    cases = dict(zip((metric.name for metric in defined.metrics.values()), CASES.values(), strict=True))
    edges = 0
    for seed in range(2):
        rows = on_a_grid(seed) if source == "grid" else made_contacts(seed, first=date(2025, 3, 20), days=20)
        until = None if as_of is None else as_of.isoformat()
        found = ask(defined, {"contacts": rows}, every="week", by=("queue",), as_of=until, engine=engine)
        for name, case in cases.items():
            verdicts = judged(case, rows, None if as_of is None else start_of(as_of + DAY))
            groups: dict[Any, list[str]] = {}
            for row, verdict in verdicts:
                start = period_of(local_day(row[case.begins]), "week")
                groups.setdefault(((), start), []).append(verdict)
                groups.setdefault(((row["queue"],), start), []).append(verdict)
            for key, row in by_cell(row for row in found if row.metric == name).items():
                got = (row.value, row.n, row.numerator, row.immature, row.missing)
                assert same(got, counts(groups.pop(key, []), case.counts)), (name, key)
            assert not groups, (name, groups)
            edges += sum(verdict == "followed" for _, verdict in verdicts)
    assert edges > 50


def contact(name: str, begin: str, end: str | None = None, customer: str | None = "u1", **other: Any) -> dict[str, Any]:
    times = {"started_at": utc(begin), "ended_at": utc(end or begin)}
    return {"contact_id": name, "customer_id": customer, "reason": "x", **times, **other}


LATER = contact("later", "2026-02-20 12:00", customer="other")


def followed(*rows: Row, **keys: Any) -> tuple[float | None, int]:
    """(rows that are followed, rows judged) of one customer, a month later."""
    defined = catalogue(
        {
            "repeated": {
                "kind": "repeat",
                "from": "contacts",
                "key": ["customer_id"],
                "within": "7d",
                "counts": "repeated",
                "where": "customer_id <> 'other' or customer_id is null",
                **keys,
            }
        }
    )
    row = one(defined, {"contacts": [*rows, LATER]})
    return row.numerator, row.n


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        ("2026-01-12 09:00:00", 1),
        ("2026-01-12 09:00:00.001", 0),
        ("2026-01-12 08:59:59.999", 1),
        ("2026-01-05 09:00:00", 0),
        ("2026-01-05 09:00:00.001", 1),
    ],
)
def test_edges_of_the_window(begin, expected):
    """``to`` is strictly later than ``from``, and no later than ``from`` + within."""
    assert followed(contact("a", "2026-01-05 08:00", "2026-01-05 09:00"), contact("b", begin)) == (expected, 2)


def test_a_gap_is_strict_too():
    first = contact("a", "2026-01-05 08:00", "2026-01-05 09:00")
    assert followed(first, contact("b", "2026-01-05 09:05"), gap="5m") == (0, 2)
    assert followed(first, contact("b", "2026-01-05 09:05:00.001"), gap="5m") == (1, 2)


def test_what_lies_in_the_gap_hides_nothing():
    """The successor is the earliest after the gap, whatever lies between."""
    first = contact("a", "2026-01-05 08:00", "2026-01-05 09:00")
    rows = (first, contact("b", "2026-01-05 09:01"), contact("c", "2026-01-06 09:00"))
    assert followed(*rows, gap="5m") == (2, 3)


def test_window_is_elapsed_time_when_clocks_change():
    """Seven days are 168 hours: the contact an hour after the same wall-clock time in March still counts."""
    defined = catalogue(
        {"r": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "repeated"}}
    )
    for begin, expected in (("2026-03-31 10:00", 1), ("2026-03-31 10:00:01", 0)):
        rows = [contact("a", "2026-03-24 09:00"), contact("b", begin), contact("c", "2026-06-01 12:00", customer="z")]
        row = one(defined, {"contacts": rows})
        assert (row.numerator, row.n, row.immature) == (expected, 2, 1)


@pytest.mark.parametrize(
    ("as_of", "n", "immature", "numerator"),
    [
        ("2026-01-12T09:00", 1, 1, 1),
        ("2026-01-12T08:59:59", 0, 2, 0),
        ("2026-01-12", 1, 1, 1),
        # Known to be followed on the 6th, but judged no sooner than a contact that is not.
        ("2026-01-07", 0, 2, 0),
    ],
)
def test_judged_once_the_window_has_passed(as_of, n, immature, numerator):
    defined = catalogue(
        {"r": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "repeated"}}
    )
    rows = [contact("a", "2026-01-05 08:00", "2026-01-05 09:00"), contact("b", "2026-01-06 09:00")]
    # Other customers keep the table's newest event at as_of, so that only as_of decides.
    rows += [contact(f"x{when}", when, customer=None) for when in ("2026-01-07 23:59", "2026-01-12 08:59:59")]
    rows += [contact(f"y{when}", when, customer=None) for when in ("2026-01-12 09:00", "2026-02-01 09:00")]
    row = one(defined, {"contacts": rows}, as_of=as_of)
    assert (row.n, row.immature, row.numerator) == (n, immature, numerator)


def test_reach_of_the_table_limits_maturity():
    """as_of in March does not make contacts judged for whom the file ends in January."""
    defined = catalogue(
        {"r": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}}
    )
    rows = [contact("a", "2026-01-05 08:00"), contact("b", "2026-01-11 08:00", customer="u2")]
    row = one(defined, {"contacts": rows}, as_of="2026-03-31")
    assert (row.value, row.n, row.immature) == (None, 0, 2)
    assert row.period.judged_until == utc("2026-01-04 08:00")


def test_successors_outside_the_question_still_count():
    """``since``, ``until`` and ``only`` choose what is judged, never what may follow."""
    defined = catalogue(
        {"r": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "repeated"}}
    )
    rows = [
        contact("a", "2026-01-30 08:00", queue="Billing"),
        contact("b", "2026-02-02 08:00", queue="Sales"),
        contact("c", "2026-03-02 08:00", queue="Sales", customer="z"),
    ]
    january = {"since": date(2026, 1, 1), "until": date(2026, 2, 1)}
    for question in (january, {"only": (("queue", ("Billing",)),)}, {**january, "only": (("queue", ("Billing",)),)}):
        row = one(defined, {"contacts": rows}, **question)
        assert (row.value, row.n) == (1.0, 1), question


def test_three_fold_chain_counts_each_contact_once():
    """G-4 judged contact by contact: of Tom's one, John's two and Betty's one, only John's first is followed."""
    rows = [
        contact("t", "2026-01-05 08:00", customer="Tom"),
        contact("j1", "2026-01-05 08:00", customer="John"),
        contact("j2", "2026-01-05 15:00", customer="John"),
        contact("b", "2026-01-05 08:00", customer="Betty"),
    ]
    assert followed(*rows) == (1, 4)


def test_published_maturity_example():
    """G-32: seven days, as of day 14. Mature only: two of three."""
    days = {"c1": ("A", 1), "c3": ("B", 2), "c2": ("A", 5), "c4": ("C", 9), "c5": ("D", 12)}
    rows = [contact(name, f"2026-01-{day:02d} 00:00", customer=who) for name, (who, day) in days.items()]
    # The file reaches to the end of day 14.
    rows.append(contact("c6", "2026-01-14 23:59:59", customer=None))
    defined = catalogue(
        {"fcr": {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved"}}
    )
    row = one(defined, {"contacts": rows}, as_of="2026-01-14")
    assert (row.numerator, row.n, row.immature, row.missing) == (2, 3, 2, 1)


def test_another_customer_or_reason_is_no_repeat():
    first, again = contact("a", "2026-01-05 08:00"), contact("b", "2026-01-06 08:00")
    assert followed(first, {**again, "customer_id": "u2"}) == (0, 2)
    assert followed(first, {**again, "reason": "y"}, key=["customer_id", "reason"]) == (0, 2)
    assert followed(first, {**again, "reason": "y"}) == (1, 2)
    assert followed(first, {**again, "reason": None}, key=["customer_id", "reason"]) == (0, 1)


def test_no_row_follows_itself():
    """A clock from a contact's start to its own end finds it followed by itself: it says nothing, and is not judged."""
    rows = [contact("a", "2026-01-05 08:00", "2026-01-05 09:00"), contact("b", "2026-01-05 08:00", customer="u2")]
    assert followed(*rows, clock={"from": "started_at", "to": "ended_at"}) == (0, 1)


def test_a_contact_still_open_is_a_successor():
    rows = [contact("a", "2026-01-05 08:00"), {**contact("b", "2026-01-06 08:00"), "ended_at": None}]
    assert followed(*rows) == (1, 1)
