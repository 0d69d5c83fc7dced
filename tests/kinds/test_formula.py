"""formula: arithmetic over metrics in the same cell, however they are cut, rolled and judged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from kinds.centre import ENGINES, answer, ask, by_cell, catalogue, made_agents, made_contacts, one, same, utc

from cxkpi.errors import CatalogueError
from cxkpi.kinds.formula import linear

ABANDONED = {"kind": "share", "from": "contacts", "meets": "abandoned"}
TALK = {"kind": "mean", "from": "contacts", "value": "talk_s", "unit": "seconds"}
FCR = {"kind": "repeat", "from": "contacts", "key": ["customer_id"], "within": "7d", "counts": "resolved",
       "variants": {"wide": {"within": "14d"}}}  # fmt: skip
STAFF = {"kind": "stock", "from": "agents", "read": "closing"}


def formula(text: str, unit: str = "percent", **keys: Any) -> dict[str, Any]:
    return {"kind": "formula", "formula": text, "unit": unit, **keys}


CATALOGUE = {
    "ab": ABANDONED,
    "talk": TALK,
    "fcr": FCR,
    "quality": formula("0.5 * served + 0.5 * fcr.wide"),
    "served": formula("1 - ab"),
    "slow": formula("case when talk > 600 then 1 else 0 end", "flag"),
    "worst": formula("least(served, fcr)"),
    "gap": formula("fcr - fcr.wide"),
    "nothing": formula("ab / (talk - talk)"),
}


def expected(name: str, of: dict[str, Any]) -> float | None:
    """The same by hand, from the parts' rows."""

    def value(title: str) -> float | None:
        return of[title].value

    match name:
        case "served":
            return None if value("ab") is None else 1 - value("ab")
        case "quality":
            parts = (expected("served", of), value("fcr.wide"))
            return None if None in parts else 0.5 * parts[0] + 0.5 * parts[1]
        case "slow":
            return 1.0 if value("talk") is not None and value("talk") > 600 else 0.0
        case "worst":
            return min((part for part in (expected("served", of), value("fcr")) if part is not None), default=None)
        case "gap":
            return None if None in (value("fcr"), value("fcr.wide")) else value("fcr") - value("fcr.wide")
    return None


PARTS = {
    "served": ["ab"],
    "quality": ["ab", "fcr.wide"],
    "slow": ["talk"],
    "worst": ["ab", "fcr"],
    "gap": ["fcr", "fcr.wide"],
    "nothing": ["ab", "talk"],
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("by", [(), ("queue",), ("queue", "weekday")])
def test_from_its_parts(by, engine):
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    found = ask(catalogue(CATALOGUE), {"contacts": rows}, every="month", by=by, engine=engine)
    cells: dict[str, Any] = {}
    for row in found:
        title = row.metric if row.variant is None else f"{row.metric}.{row.variant}"
        cells.setdefault(title, {})[(tuple(row.by.values()), row.period.start)] = row
    compared = 0
    for name, titles in PARTS.items():
        for key, row in cells[name].items():
            of = {title: cells[title][key] for title in titles}
            assert same((row.value,), (expected(name, of),)), (name, key)
            assert row.n == min(part.n for part in of.values())
            assert row.immature == max(part.immature for part in of.values())
            assert row.missing == max(part.missing for part in of.values())
            assert (row.numerator, row.denominator, row.censored) == (None, None, None)
            assert row.reason is not None
            compared += row.value is not None
    assert compared >= 15
    # In the order they were asked for, whatever stands on what.
    assert list(dict.fromkeys(row.metric for row in found)) == list(CATALOGUE)


def test_an_interval_only_where_it_is_exact():
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    found = {row.metric: row for row in ask(catalogue(CATALOGUE), {"contacts": rows}, until=date(2025, 5, 1))}
    served, abandoned = found["served"], found["ab"]
    assert same((served.low, served.high), (1 - abandoned.high, 1 - abandoned.low))
    assert served.confidence == 0.95
    assert all(found[name].low is None for name in ("quality", "slow", "worst", "gap", "nothing"))
    other = {**CATALOGUE, "served": formula("1 - ab", confidence="90%")}
    row = one(catalogue(other), {"contacts": rows}, "served", until=date(2025, 5, 1))
    assert (row.low, row.high, row.confidence) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1 - ab", ("ab", -1.0, 1.0)),
        ("100 * (ab / 4 + 1)", ("ab", 25.0, 100.0)),
        ("-ab", ("ab", -1.0, 0.0)),
        ("ab + ab", ("ab", 2.0, 0.0)),
        ("ab - ab", None),
        ("ab * ab", None),
        ("1 / ab", None),
        ("ab + talk", None),
        ("ab / 0", None),
        ("coalesce(ab, 0)", None),
        ("abs(ab)", None),
    ],
)
def test_what_is_a_line(text, line):
    spec = catalogue({"ab": ABANDONED, "talk": TALK, "f": formula(text)}).metrics[("f", None)].spec
    assert linear(spec.formula) == line


def test_parts_nobody_asked_for_are_not_shown():
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    assert {row.metric for row in ask(catalogue(CATALOGUE), {"contacts": rows}, "quality")} == {"quality"}


def test_a_part_without_the_dimension():
    """Headcount has no queue: only the whole is shown, and said so; by site both have it."""
    tables = {"contacts": made_contacts(2, first=date(2025, 3, 20), days=30), "agents": made_agents(2)}
    calls = {"kind": "total", "from": "contacts", "count": "rows", "where": "agent_id is not null"}
    defined = catalogue({"calls": calls, "staff": STAFF, "load": formula("calls / staff", "contacts")})
    found = answer(defined, tables, ["calls", "load"], by=("queue",))
    assert [row.by for row in found.rows if row.metric == "load"] == [{}]
    assert found.notes == ("load: agents has no queue, so only the whole is shown",)
    sites = by_cell(ask(defined, tables, "load", by=("site",)))
    assert len(sites) > 1


def test_a_part_absent_in_a_cell():
    """Nothing outbound in queue B: a share of nothing is no value, unless the formula says what it is then."""
    when = utc("2026-01-05 09:00")
    rows = [{"contact_id": "1", "ended_at": when, "queue": "A", "abandoned": True, "direction": "outbound"},
            {"contact_id": "2", "ended_at": when, "queue": "B", "abandoned": None, "direction": "inbound"}]  # fmt: skip
    defined = catalogue(
        {
            "ab": {**ABANDONED, "where": "direction = 'outbound'"},
            "calls": {"kind": "total", "from": "contacts", "count": "rows"},
            "lost": formula("ab * calls", "contacts"),
            "known": formula("coalesce(ab, 0) * calls", "contacts"),
        }
    )
    found = {(row.metric, row.by.get("queue")): row for row in ask(defined, {"contacts": rows}, by=("queue",))}
    assert (found[("lost", "B")].value, found[("lost", "B")].n, found[("lost", "B")].reason) == (None, 0, "empty")
    assert found[("known", "B")].value == 0.0
    assert found[("lost", "A")].value == 1.0


def test_judged_as_early_as_its_latest_part():
    rows = made_contacts(3, first=date(2025, 3, 20), days=30)
    found = {row.metric: row for row in ask(catalogue(CATALOGUE), {"contacts": rows})}
    wide = next(row for row in ask(catalogue(CATALOGUE), {"contacts": rows}, "fcr.wide"))
    assert found["quality"].period.judged_until == wide.period.judged_until == datetime(2025, 4, 5, 11)
    assert found["gap"].status is None
    assert found["gap"].reason == "immature"
    assert found["served"].period.judged_until is None


def test_target_guard_and_change():
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    metrics = {**CATALOGUE, "served": formula("1 - ab", better="higher", target="70%"),
               "talk": {**TALK, "better": "lower", "guards": ["served"]}}  # fmt: skip
    april = [row for row in ask(catalogue(metrics), {"contacts": rows}, "served", every="month")
             if row.period.start == date(2025, 4, 1)]  # fmt: skip
    (row,) = april
    assert row.status == "met"
    assert row.change is not None
    assert row.change.difference == pytest.approx(row.value - row.change.before)
    assert row.change.significant is False
    assert ask(catalogue(metrics), {"contacts": rows}, "talk", every="month")


def test_a_rolled_part():
    rows = made_contacts(8, first=date(2025, 1, 1), days=160)
    metrics = {"ab": {**ABANDONED, "roll": "3mo"}, "served": formula("1 - ab")}
    found = by_cell(ask(catalogue(metrics), {"contacts": rows}, "served", every="month"))
    parts = by_cell(ask(catalogue(metrics), {"contacts": rows}, "ab", every="month"))
    assert all(same((row.value,), (1 - parts[key].value,)) for key, row in found.items())
    changes = [row.change for row in found.values() if row.change is not None]
    # Windows that overlap say nothing about their difference.
    assert changes
    assert all(change.significant is None for change in changes)


def test_a_part_that_may_not_be_told_apart():
    """Abandonment by agent is refused, and so is what stands on it."""
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    found = ask(catalogue(CATALOGUE), {"contacts": rows}, "served", by=("agent_id",))
    assert {row.reason for row in found if row.by} == {"refused"}


def test_what_its_parts_have_to_say():
    """A definition that changed within the period, and an interval over rows where the formula takes it over."""
    rows = made_contacts(8, first=date(2025, 3, 20), days=60)
    metrics = {
        "ab": {**ABANDONED, "cluster": "queue", "versions": [{"since": "2025-04-10", "meets": "not abandoned"}]},
        "served": formula("1 - ab"),
        "odds": formula("ab / (1 - ab)"),
    }
    found = {row.metric: row for row in ask(catalogue(metrics), {"contacts": rows}, until=date(2025, 5, 1))}
    changed, over_rows = (
        "ab: mixes definitions: changed on 2025-04-10",
        "ab: interval over rows: fewer than 10 different queue",
    )
    assert changed in found["odds"].notes
    assert not any("interval" in note for note in found["odds"].notes)
    assert {changed, over_rows} <= set(found["served"].notes)


def test_a_part_without_its_table():
    found = answer(catalogue({"ab": ABANDONED, "staff": STAFF, "load": formula("ab / staff")}),
                   {"contacts": made_contacts(1)}, ["load", "ab"])  # fmt: skip
    assert found.left_out == {("load", None): "it reads staff, and no file gives agents (one spell of employment)"}


def test_meaning_follows_the_parts():
    """A formula means what its parts mean: their definition changes, and so does its own."""
    first, again = catalogue(CATALOGUE), catalogue({**CATALOGUE, "ab": {**ABANDONED, "where": "queue = 'A'"}})
    relabelled = catalogue({**CATALOGUE, "ab": {**ABANDONED, "label": "Lost"}})

    def of(defined: Any, name: str) -> str:
        return defined.metrics[(name, None)].definition

    assert of(first, "quality") != of(again, "quality")
    assert of(first, "slow") == of(again, "slow")
    assert of(first, "quality") == of(relabelled, "quality")


def test_published_calls_per_resolution():
    """G-6 (SQM): FCR of 67 % and 80 %: 1.5 and 1.2 calls per resolution as printed; 1 / 0.8 is 1.25."""
    for resolved, exact, printed in ((67, 100 / 67, 1.5), (80, 1.25, 1.2)):
        when = utc("2026-01-05 09:00")
        rows = [{"contact_id": str(at), "ended_at": when, "resolved": at < resolved} for at in range(100)]
        metrics = {
            "fcr": {"kind": "share", "from": "contacts", "meets": "resolved"},
            "cpr": formula("1 / fcr", "contacts"),
        }
        row = one(catalogue(metrics), {"contacts": rows}, "cpr")
        assert row.value == pytest.approx(exact, rel=1e-11)
        assert abs(row.value - printed) <= 0.05 + 1e-9


def test_published_cost_per_resolution():
    """G-16 (Taylor Reach): 5 dollars per contact at an FCR of 80 % is 6.25 per resolution; 5.88 at 85 %."""
    when = utc("2026-01-05 09:00")
    for resolved, wanted in ((80, 6.25), (85, 5 / 0.85)):
        rows = [{"contact_id": str(at), "ended_at": when, "resolved": at < resolved, "cost": 5.0} for at in range(100)]
        metrics = {
            "fcr": {"kind": "share", "from": "contacts", "meets": "resolved"},
            "cost": {"kind": "mean", "from": "contacts", "value": "cost", "unit": "USD"},
            "per_resolution": formula("cost / fcr", "USD"),
        }
        assert one(catalogue(metrics), {"contacts": rows}, "per_resolution").value == pytest.approx(wanted, rel=1e-11)


# ------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("metrics", "codes"),
    [
        ({"f": formula("abb")}, ["C201"]),
        ({"f": formula("1 + 1")}, ["C306"]),
        ({"f": formula("ab > 0.5")}, ["C306"]),
        ({"f": formula("sum(ab)")}, ["C304"]),
        ({"f": formula("f + 1")}, ["C208"]),
        ({"f": formula("g"), "g": formula("h * 2"), "h": formula("ab + f")}, ["C208"]),
        ({"f": formula("ab + g"), "g": formula("g")}, ["C208"]),
        ({"f": {**formula("ab"), "roll": "3mo"}}, ["C109"]),
        ({"f": {**formula("ab"), "matures": "3d"}}, ["C109"]),
        ({"f": {"kind": "formula", "formula": "ab"}}, ["C102"]),
        ({"f": {"kind": "formula", "unit": "percent"}}, ["C102"]),
    ],
)
def test_refusals(metrics, codes):
    with pytest.raises(CatalogueError) as refused:
        catalogue({"ab": ABANDONED, **metrics})
    assert [problem.code for problem in refused.value.problems] == codes


def test_a_tower_of_formulas():
    tower = {f"f{at}": formula(f"f{at - 1} + 1" if at else "ab + 1") for at in range(400)}
    assert catalogue({"ab": ABANDONED, **dict(list(tower.items())[:20])}).metrics
    for metrics in (tower, dict(reversed(list(tower.items())))):
        with pytest.raises(CatalogueError) as refused:
            catalogue({"ab": ABANDONED, **metrics})
        assert [problem.code for problem in refused.value.problems] == ["C208"]
        assert "more than 20 levels" in refused.value.problems[0].message
