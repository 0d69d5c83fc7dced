"""One plausible wrong number each, of targets, dated definitions, overlays and withheld cells; worked on paper."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from kinds.centre import ENGINES, ask, catalogue, utc

from cxkpi.catalogue.load import parse

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def contacts(*given: tuple[str, dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Contacts at these local times."""
    rows = [
        {"contact_id": f"c{number}", "started_at": utc(when), "ended_at": utc(when), **other}
        for number, (when, other) in enumerate(given)
    ]
    return {"contacts": rows}


def many(when: str, times: int, **other: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(when, other)] * times


FAST = {"kind": "share", "from": "contacts", "meets": "wait_s <= 20", "better": "higher", "target": "70%"}
STRICTER = {**FAST, "versions": [{"since": "2026-01-16", "meets": "wait_s <= 10"}]}


def test_the_month_of_a_change_is_not_judged_by_the_new_definition_alone(engine):
    """15 s was in time in the first half. By the new rule for all of January: 0 of 4; by the old one: 4 of 4."""
    tables = contacts(*many("2026-01-05 09:00", 3, wait_s=15.0), *many("2026-01-20 09:00", 1, wait_s=15.0))
    (row,) = ask(catalogue({"x": STRICTER}), tables, every="month", engine=engine)
    assert (row.value, row.numerator, row.n) == (0.75, 3, 4)


def test_two_definitions_are_added_and_not_averaged(engine):
    """9 of 9 before and 0 of 1 after are 90 %; the mean of the two figures is 50 %."""
    tables = contacts(*many("2026-01-05 09:00", 9, wait_s=5.0), *many("2026-01-20 09:00", 1, wait_s=15.0))
    (row,) = ask(catalogue({"x": STRICTER}), tables, every="month", engine=engine)
    assert row.value == 0.9


def test_a_definition_changes_at_local_midnight(engine):
    """In Tokyo the 16th begins at 15:00 UTC of the 15th. By UTC days the contact at 08:00 is still of the old rule."""
    text = (
        "cxkpi: 1\ncalendar: {timezone: Asia/Tokyo}\nmetrics:\n"
        "  x: {kind: share, from: contacts, meets: wait_s <= 20,\n"
        "      versions: [{since: 2026-01-16, meets: wait_s <= 10}]}\n"
    )
    at = utc("2026-01-15 23:00")
    rows = [{"contact_id": "c", "started_at": at, "ended_at": at, "wait_s": 15.0}]
    (row,) = ask(parse(text, "x.yaml"), {"contacts": rows}, every="month", engine=engine)
    assert (row.value, row.n) == (0.0, 1)


def test_a_stricter_definition_is_no_worse_month(engine):
    """Nothing changed but the rule: printed as a change, February is 100 points down."""
    tables = contacts(
        *many("2026-01-05 09:00", 40, wait_s=15.0),
        *many("2026-02-05 09:00", 40, wait_s=15.0),
        *many("2026-03-05 09:00", 40, wait_s=15.0),
    )
    metric = {**FAST, "versions": [{"since": "2026-02-01", "meets": "wait_s <= 10"}]}
    january, february, march = ask(catalogue({"x": metric}), tables, every="month", engine=engine, as_of="2026-03-31")
    assert (january.value, february.value) == (1.0, 0.0)
    assert february.change is None
    assert march.change is not None
    assert march.change.difference == 0


def test_a_customer_under_both_definitions_is_one_customer(engine):
    """Two halves with one customer each are not two customers."""
    metric = {
        "kind": "total", "from": "contacts", "distinct": "customer_id", "unit": "customers", "where": "wait_s > 1",
        "versions": [{"since": "2026-01-16", "where": "wait_s > 2"}],
    }  # fmt: skip
    tables = contacts(
        ("2026-01-05 09:00", {"customer_id": "u", "wait_s": 5.0}),
        ("2026-01-20 09:00", {"customer_id": "u", "wait_s": 5.0}),
    )
    (row,) = ask(catalogue({"x": metric}), tables, every="month", engine=engine)
    assert row.value == 1


def test_a_repeat_is_looked_for_beyond_the_day_of_the_change(engine):
    """The call of the 14th is repeated on the 18th. With rows cut at the change it would count as resolved."""
    metric = {
        "kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved",
        "versions": [{"since": "2026-01-16", "within": "1d"}],
    }  # fmt: skip
    tables = contacts(
        ("2026-01-14 09:00", {"customer_id": "u"}),
        ("2026-01-18 09:00", {"customer_id": "u"}),
        ("2026-01-30 09:00", {"customer_id": "v"}),
    )
    (row,) = ask(catalogue({"x": metric}), tables, every="month", engine=engine, as_of="2026-01-31")
    assert (row.n, row.numerator) == (2, 1)


def test_an_important_queue_is_held_to_its_own_target(engine):
    """80 % meets the target of all queues and misses that of VIP, which is 92 % from April on."""
    tables = contacts(*many("2026-04-05 09:00", 8, wait_s=5.0, queue="VIP"),
                      *many("2026-04-05 09:00", 2, wait_s=50.0, queue="VIP"),
                      *many("2026-03-05 09:00", 8, wait_s=5.0, queue="VIP"),
                      *many("2026-03-05 09:00", 2, wait_s=50.0, queue="VIP"))  # fmt: skip
    metric = {**FAST, "targets": [{"when": {"queue": "VIP"}, "from": "2026-04-01", "target": "92%"}]}
    rows = ask(catalogue({"x": metric}), tables, every="month", by=("queue",), engine=engine, as_of="2026-04-30")
    assert [(dict(row.by), row.period.start.month, row.target, row.status) for row in rows] == [
        ({}, 3, 0.7, "met"),
        ({}, 4, 0.7, "met"),
        ({"queue": "VIP"}, 3, 0.7, "met"),
        ({"queue": "VIP"}, 4, 0.92, "missed"),
    ]


INSIDE = {**FAST, "better": "inside", "target": ["70%", "85%"], "alarm": ["50%", "95%"]}


def test_an_occupancy_that_rose_beyond_its_band_did_not_improve(engine):
    """From 80 % to 92 % is more, and worse: with more being better a note would praise it and blame the guard."""
    metrics = {"x": {**INSIDE, "guards": ["y"]}, "y": {**FAST, "meets": "talk_s <= 20"}}
    tables = contacts(
        *many("2026-01-05 09:00", 80, wait_s=5.0, talk_s=5.0),
        *many("2026-01-05 09:00", 20, wait_s=50.0, talk_s=5.0),
        *many("2026-02-05 09:00", 92, wait_s=5.0, talk_s=50.0),
        *many("2026-02-05 09:00", 8, wait_s=50.0, talk_s=50.0),
    )
    rows = ask(catalogue(metrics), tables, "x", every="month", engine=engine, as_of="2026-02-28")
    assert [(row.value, row.status, row.notes) for row in rows] == [(0.8, "met", ()), (0.92, "missed", ())]


def test_coming_nearer_to_the_band_is_an_improvement_from_either_side(engine):
    metrics = {"x": {**INSIDE, "guards": ["y"]}, "y": {**FAST, "meets": "talk_s <= 20"}}
    tables = contacts(
        *many("2026-01-05 09:00", 96, wait_s=5.0, talk_s=5.0),
        *many("2026-01-05 09:00", 4, wait_s=50.0, talk_s=5.0),
        *many("2026-02-05 09:00", 88, wait_s=5.0, talk_s=50.0),
        *many("2026-02-05 09:00", 12, wait_s=50.0, talk_s=50.0),
    )
    rows = ask(catalogue(metrics), tables, "x", every="month", engine=engine, as_of="2026-02-28")
    assert [row.status for row in rows] == ["alarm", "missed"]
    assert rows[1].notes == ("improved while Y got significantly worse",)


def test_a_team_of_three_is_not_the_whole_less_the_other_team(engine):
    """Content: 12 of 24 answers of all, 10 of 18 of the team of nine. So 2 of 6 of the three, who are not shown."""
    given = [("a", number, good) for number in range(3) for good in (number < 2, False)]
    given += [("b", number, good) for number in range(9) for good in (True, number < 1)]
    tables = contacts(
        *(("2026-01-05 09:00", {"queue": team, "agent_id": f"{team}{number}", "wait_s": 5.0 if good else 50.0})
          for team, number, good in given)
    )  # fmt: skip
    metric = {**FAST, "protects": "agent_id"}
    rows = ask(catalogue({"x": metric}), tables, by=("queue",), engine=engine, as_of="2026-01-31")
    assert [(row.by.get("queue"), row.value, row.n, row.reason) for row in rows] == [
        (None, 0.5, 24, None),
        ("a", None, 0, "withheld"),
        ("b", None, 0, "withheld"),
    ]


def test_a_hundred_answers_of_one_agent_are_one_agent(engine):
    """By the number of answers the cell is large enough; it is still one person's figure."""
    tables = contacts(*many("2026-01-05 09:00", 100, agent_id="a", wait_s=5.0))
    metric = {**FAST, "protects": "agent_id"}
    (row,) = ask(catalogue({"x": metric}), tables, engine=engine, as_of="2026-01-31")
    assert (row.value, row.n, row.reason, row.status) == (None, 0, "withheld", None)


def test_a_variant_of_a_base_is_of_the_metric_as_it_is_laid_over(engine):
    """The overlay leaves outbound out. A variant built on the base would count all three contacts."""
    base = (
        "cxkpi: 1\ncalendar: {timezone: Europe/London}\nmetrics:\n  x:\n    kind: total\n    from: contacts\n"
        "    count: rows\n    variants: {long: {where: wait_s > 10}, all: {label: All}}\n"
    )
    text = "cxkpi: 1\nextends: b.yaml\nmetrics: {x: {where: direction = 'inbound'}}\n"
    defined = parse(text, "mine.yaml", beside=lambda name: (base, name))
    tables = contacts(*many("2026-01-05 09:00", 2, wait_s=5.0, direction="inbound"),
                      *many("2026-01-05 09:00", 1, wait_s=50.0, direction="outbound"))  # fmt: skip
    found = {row.variant: row.value for row in ask(defined, tables, engine=engine, since=date(2026, 1, 1))}
    # What the variant says itself it says still.
    assert found == {None: 2, "long": 1, "all": 2}
