"""Repeats, quantiles, formulas and late surveys: one plausible wrong number each, checked on paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, by_cell, catalogue, one, utc

pytestmark = pytest.mark.parametrize("engine", ENGINES)

REPEATED = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "repeated"}


def contact(name: str, begin: str, end: str | None = None, customer: str | None = "u", **other: Any) -> dict[str, Any]:
    times = {"started_at": utc(begin), "ended_at": utc(end or begin)}
    return {"contact_id": name, "customer_id": customer, **times, **other}


LATER = contact("later", "2026-03-31 12:00", customer="nobody else")


def followed(*rows: dict[str, Any], engine: str, until: date | None = date(2026, 3, 1), **keys: Any) -> tuple[Any, int]:
    """(rows that count, rows judged) before March."""
    row = one(catalogue({"r": {**REPEATED, **keys}}), {"contacts": [*rows, LATER]}, until=until, engine=engine)
    return row.numerator, row.n


# ------------------------------------------------------------------------------------------------- self and ties


@pytest.mark.parametrize(
    "keys", [{}, {"count": "keys"}, {"chain": "gap"}, {"look": "backward"}, {"clock": {"from": "started_at"}}]
)
def test_no_contact_is_its_own_repeat(keys, engine):
    """Joined to itself, every contact that lasts is followed by one that ends later: 100 % repeats."""
    rows = [contact("x", "2025-12-01 09:00", customer=None), contact("a", "2026-01-05 09:00", "2026-01-05 09:30")]
    assert followed(*rows, engine=engine, **keys) == (0, 1)


def test_two_at_the_same_instant(engine):
    """Neither comes after the other; "at or after" makes each the other's repeat, and both issues unresolved."""
    rows = [contact("a", "2026-01-05 09:00"), contact("b", "2026-01-05 09:00")]
    assert followed(*rows, engine=engine) == (0, 2)


# ------------------------------------------------------------------------------------------------- edges


def test_the_repeat_of_next_month_is_a_repeat(engine):
    """Followed on the second of the next month. A window cut at the month's end makes January perfect."""
    rows = [contact("a", "2026-01-30 09:00"), contact("b", "2026-02-02 09:00")]
    assert followed(*rows, engine=engine, until=date(2026, 2, 1)) == (1, 1)
    monthly = by_cell(ask(catalogue({"r": REPEATED}), {"contacts": [*rows, LATER]}, every="month", engine=engine))
    assert [monthly[((), date(2026, month, 1))].value for month in (1, 2)] == [1.0, 0.0]


def test_the_contact_of_last_month_makes_a_repeat_of_this_one(engine):
    """Looking back from February into January; a window cut at the month's beginning finds no repeats at all."""
    rows = [
        contact("x", "2025-12-01 09:00", customer=None),
        contact("a", "2026-01-30 09:00"),
        contact("b", "2026-02-02 09:00"),
    ]
    defined = catalogue({"r": {**REPEATED, "look": "backward"}})
    monthly = by_cell(ask(defined, {"contacts": [*rows, LATER]}, every="month", engine=engine))
    assert [monthly[((), date(2026, month, 1))].value for month in (1, 2)] == [0.0, 1.0]


def test_the_first_week_of_the_data_has_no_repeats_to_see(engine):
    """What came before the file began is not known: counted as new issues, repeats look rare at first."""
    rows = [contact("a", "2026-01-05 09:00", customer="u"), contact("b", "2026-01-09 09:00", customer="v")]
    rows += [contact("c", "2026-01-13 09:00", customer="v")]
    row = one(catalogue({"r": {**REPEATED, "look": "backward"}}), {"contacts": rows}, engine=engine)
    assert (row.value, row.n, row.immature) == (1.0, 1, 2)
    assert (row.status, row.reason) == (None, "immature")


def test_a_selection_selects_no_successors(engine):
    """Billing's caller calls Sales back. Filtered first, Billing resolves everything."""
    rows = [contact("a", "2026-01-05 09:00", queue="Billing"), contact("b", "2026-01-06 09:00", queue="Sales")]
    defined = catalogue({"r": REPEATED, "w": {**REPEATED, "where": "queue = 'Billing'"}})
    for name, only in (("r", (("queue", ("Billing",)),)), ("w", ())):
        found = one(defined, {"contacts": [*rows, LATER]}, name, only=only, until=date(2026, 2, 1), engine=engine)
        assert (found.value, found.n) == (1.0, 1), name


def test_an_abandoned_second_try_is_a_repeat(engine):
    """Who waits in vain to call again did call again, though only handled contacts are judged."""
    rows = [contact("a", "2026-01-05 09:00", abandoned=False), contact("b", "2026-01-06 09:00", abandoned=True)]
    assert followed(*rows, engine=engine, where="not abandoned") == (1, 1)


# ------------------------------------------------------------------------------------------------- overlaps


@pytest.mark.parametrize("keys", [{}, {"chain": "gap", "count": "first"}, {"count": "first"}])
def test_an_overlapping_chat_does_not_hide_the_repeat(keys, engine):
    """A chat begins during the call and goes on. "The next contact" by start is the chat, which is no repeat; the call
    of the next day, which is one, comes after it, and is missed."""
    rows = [
        contact("call", "2026-01-05 09:00", "2026-01-05 09:30", channel="voice"),
        contact("chat", "2026-01-05 09:10", "2026-01-05 18:00", channel="chat"),
        contact("again", "2026-01-06 09:00", "2026-01-06 09:10", channel="voice"),
    ]
    n = {"contacts": 3, "first": 2 if not keys.get("chain") else 1}[keys.get("count", "contacts")]
    k = 1 if keys.get("chain") else 2
    assert followed(*rows, engine=engine, **keys) == (k, n)


def test_a_long_chat_does_not_swallow_two_calls(engine):
    """Two calls while a chat lasts for days: the second repeats the first, though the chat is still open."""
    rows = [
        contact("chat", "2026-01-05 09:00", "2026-01-09 18:00"),
        contact("call", "2026-01-06 09:00", "2026-01-06 09:10"),
        contact("again", "2026-01-07 09:00", "2026-01-07 09:10"),
    ]
    assert followed(*rows, engine=engine) == (1, 3)
    assert followed(*rows, engine=engine, chain="gap", count="first") == (1, 1)


# ------------------------------------------------------------------------------------------------- counting units


def test_a_customer_without_a_number_is_no_issue_that_goes_on(engine):
    """Three withheld numbers in one cluster of null would be one unresolved issue."""
    rows = [contact(str(day), f"2026-01-0{day} 09:00", customer=None) for day in (1, 2, 3)]
    assert followed(*rows, engine=engine, chain="gap", count="first") == (0, 0)
    assert followed(*rows, engine=engine, chain="gap", count="first", blank_key="single") == (0, 3)


def test_an_unknown_transfer_is_not_a_success(engine):
    rows = [
        contact("a", "2026-01-05 09:00", transfers=None),
        contact("b", "2026-01-05 09:00", customer="v", transfers=0),
    ]
    keys = {"counts": "resolved", "meets": "transfers = 0"}
    assert followed(*rows, engine=engine, **keys) == (1, 1)


def test_pending_is_neither_success_nor_failure(engine):
    """Nine waiting since yesterday, one resolved of two judged: not 10 of 11, nor 1 of 11; between the two."""
    rows = [contact("a", "2026-01-05 09:00", customer="a"), contact("b", "2026-01-05 09:00", customer="b")]
    rows += [contact("b2", "2026-01-06 09:00", customer="b", direction="outbound")]
    rows += [contact(f"n{at}", "2026-01-30 09:00", customer=f"n{at}") for at in range(9)]
    definition = {**REPEATED, "counts": "resolved", "immature": "bounds", "where": "direction is null"}
    row = one(catalogue({"r": definition}), {"contacts": rows}, engine=engine)
    assert (row.value, row.n, row.immature) == (0.5, 2, 9)
    assert row.bounds == (pytest.approx(1 / 11), pytest.approx(10 / 11))


# ------------------------------------------------------------------------------------------------- quantiles


def test_a_quantile_of_two_teams_is_not_the_mean_of_theirs(engine):
    """Nine waits of 10 s, one of 100 s: the median is 10 s, the mean of both queues' medians 55 s."""
    rows = [
        contact(str(at), "2026-01-05 09:00", queue="A" if at < 9 else "B", wait_s=10.0 if at < 9 else 100.0)
        for at in range(10)
    ]
    median = {"kind": "quantile", "from": "contacts", "value": "wait_s", "q": "50%", "unit": "seconds"}
    found = ask(catalogue({"median": median}), {"contacts": rows}, by=("queue",), engine=engine)
    assert [row.value for row in found] == [10.0, 10.0, 100.0]


def test_a_wait_not_known_is_not_the_shortest(engine):
    """As nought, three unknown waits would make the median of 20, 30 and 40 s a wait of 10 s."""
    rows = [
        contact(str(at), "2026-01-05 09:00", wait_s=wait)
        for at, wait in enumerate([None, None, None, 20.0, 30.0, 40.0])
    ]
    median = {"kind": "quantile", "from": "contacts", "value": "wait_s", "q": 0.5, "unit": "seconds"}
    row = one(catalogue({"median": median}), {"contacts": rows}, engine=engine)
    assert (row.value, row.n, row.missing) == (30.0, 3, 3)


# ------------------------------------------------------------------------------------------------- formulas


def test_a_formula_of_the_whole_is_not_the_mean_of_its_cells(engine):
    """Costs 100 over 10 contacts, 100 over 1: 200 / 11 = 18.18, not the mean of 10 and 100."""
    rows = [contact(f"a{at}", "2026-01-05 09:00", queue="A", cost=10.0) for at in range(10)]
    rows += [contact("b", "2026-01-05 09:00", queue="B", cost=100.0)]
    defined = catalogue(
        {
            "cost": {"kind": "total", "from": "contacts", "sum": "cost", "unit": "EUR"},
            "calls": {"kind": "total", "from": "contacts", "count": "rows"},
            "each": {"kind": "formula", "formula": "cost / calls", "unit": "EUR"},
        }
    )
    found = ask(defined, {"contacts": rows}, "each", by=("queue",), engine=engine)
    assert [row.value for row in found] == [pytest.approx(200 / 11), 10.0, 100.0]


def test_a_part_without_a_value_is_not_nought(engine):
    """Nobody was asked: a quality of half nothing and half the FCR is not half of it."""
    rows = [contact("a", "2026-01-05 09:00", resolved=True, difficult=None)]
    defined = catalogue(
        {
            "fcr": {"kind": "share", "from": "contacts", "meets": "resolved"},
            "easy": {"kind": "share", "from": "contacts", "meets": "not difficult"},
            "quality": {"kind": "formula", "formula": "0.5 * fcr + 0.5 * easy", "unit": "percent"},
        }
    )
    row = one(defined, {"contacts": rows}, "quality", engine=engine)
    assert (row.value, row.n, row.reason) == (None, 0, "empty")


# ------------------------------------------------------------------------------------------------- surveys


def surveys() -> dict[str, list[dict[str, Any]]]:
    return {
        "contacts": [contact("1", "2026-01-30 09:00"), contact("2", "2026-02-20 09:00", customer="v")],
        "invitations": [
            {"invitation_id": "i", "contact_id": "1", "responded_at": utc("2026-02-03 09:00")},
            {"invitation_id": "j", "contact_id": "2", "responded_at": utc("2026-02-20 11:00")},
        ],
        "answers": [
            {"invitation_id": "i", "question": "csat", "score": 1.0},
            {"invitation_id": "j", "question": "csat", "score": 5.0},
        ],
    }  # fmt: skip


CSAT = {"kind": "share", "from": "answers", "meets": "score >= 4"}


def test_a_survey_belongs_to_the_month_of_its_contact(engine):
    """Answered in February about January: by the answer's date January has none, and February is half bad."""
    monthly = by_cell(ask(catalogue({"csat": CSAT}), surveys(), every="month", since=date(2026, 1, 1), engine=engine))
    assert [(row.value, row.n) for row in monthly.values()] == [(0.0, 1), (1.0, 1)]


def test_an_answer_that_had_not_come_yet_is_not_known(engine):
    """Seen from the end of January nobody had answered: the report of that day cannot hold the answer of February."""
    found = ask(catalogue({"csat": CSAT}), surveys(), since=date(2026, 1, 1), as_of="2026-01-31", engine=engine)
    assert [(row.value, row.n) for row in found] == [(None, 0)]


def test_surveys_that_reach_further_than_the_contacts(engine):
    """The survey tool delivers until March, the ACD until 1 February: a contact of 30 January is not judged on calls
    nobody has seen, however new the surveys are."""
    tables = {
        **surveys(),
        "contacts": [contact("1", "2026-01-20 09:00"), contact("2", "2026-01-30 09:00", customer="v")],
    }
    tables["contacts"].append(contact("3", "2026-02-01 09:00", customer="w"))
    tables["invitations"][1]["responded_at"] = datetime(2026, 3, 15, 9)
    row = one(catalogue({"r": REPEATED}), tables, engine=engine)
    assert (row.n, row.immature) == (1, 2)
    assert row.period.judged_until == utc("2026-01-25 09:00")
