"""Wrong numbers where a table, or somebody's being watched, has not begun; where all is over; one per test."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from kinds.centre import ENGINES, answer, ask, catalogue, one, utc

COUNT = {"from": "contacts", "count": "rows"}
PER_HEAD = {
    "kind": "ratio",
    "unit": "x",
    "better": "lower",
    "target": 2,
    "numerator": COUNT,
    "denominator": {"from": "agents", "stock": "mean"},
}
CALLS = {"kind": "total", "unit": "calls", **COUNT}
HEADS = {"kind": "stock", "from": "agents"}
FORMULA = {"kind": "formula", "formula": "n / hc", "unit": "x", "better": "lower", "target": 2}


def centre() -> dict[str, list[dict[str, Any]]]:
    """Forty calls in January and in February 2026; two agents since 2025."""
    days = [f"2026-{month:02d}-{day:02d} 12:00" for month in (1, 2) for day in range(1, 21) for _ in range(2)]
    calls = [{"contact_id": str(at), "ended_at": utc(day), "wait_s": 1.0} for at, day in enumerate(days)]
    return {
        "contacts": calls,
        "agents": [{"agent_id": name, "hired_on": date(2025, 1, 1), "left_on": None} for name in ("a", "b")],
    }


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["cpa", "f2"])
def test_before_the_first_call_there_were_not_none(name: str, engine: str) -> None:
    """The roster reaches back to 2025: December's 0 calls a head would meet the target, and January rise from it."""
    defined = catalogue({"cpa": PER_HEAD, "n": CALLS, "hc": HEADS, "f2": FORMULA})
    asked = {"every": "month", "since": date(2025, 12, 1), "as_of": "2026-02-28", "engine": engine}
    december, january, february = ask(defined, centre(), name, **asked)
    assert (december.status, december.reason, january.value, january.change) == (None, "partial", 20.0, None)
    assert any("begins on 2026-01-01" in note for note in december.notes)
    assert (january.status, february.change is not None) == ("missed", True)


@pytest.mark.parametrize("of", ["events", "survivors"])
def test_what_has_happened_to_all_is_not_0_to_100_percent(of: str) -> None:
    """Of two hundred, all answered in half an hour, the limits of the curve at its end say nothing."""
    opened = utc("2026-01-05 09:00")
    cases = [
        {"case_id": str(at), "opened_at": opened, "first_reply_at": utc("2026-01-05 09:30")} for at in range(200)
    ] + [{"case_id": "last", "opened_at": utc("2026-02-05 09:00"), "first_reply_at": utc("2026-02-05 09:30")}]
    metric = {
        "kind": "time_to_event",
        "from": "cases",
        "start": "opened_at",
        "event": "first_reply_at",
        "read": {"by": "2h", **({} if of == "events" else {"of": of})},
    }
    row = ask(catalogue({"b": metric}), {"cases": cases}, "b", every="month", as_of="2026-02-28")[0]
    assert (row.value, row.low, row.high) == (1.0 if of == "events" else 0.0, None, None)


@pytest.mark.parametrize("engine", ENGINES)
def test_nobody_watched_for_a_week_has_not_kept_away_for_a_week(engine: str) -> None:
    """The contact of the last minute would count as one of which all customers stay away: 100 %."""
    rows = [
        {
            "contact_id": str(at),
            "customer_id": customer,
            "started_at": utc(f"{day} 09:00"),
            "ended_at": utc(f"{day} 09:10"),
        }
        for at, (customer, day) in enumerate(
            [("u1", "2026-01-05"), ("u2", "2026-01-12"), ("u3", "2026-01-12"), ("u2", "2026-01-13")]
        )
    ]
    metric = {
        "kind": "repeat",
        "from": "contacts",
        "key": ["customer_id"],
        "within": "7d",
        "counts": "resolved",
        "immature": "survival",
    }
    found = ask(catalogue({"f": metric}), {"contacts": rows}, "f", every="day", engine=engine)
    values = {row.period.start.day: (row.value, row.reason) for row in found if row.n}
    assert values == {5: (1.0, "no_target"), 12: (None, "not_reached"), 13: (None, "not_reached")}
    # With the one that was watched for all of it there is a curve: one of the three still watched then came back.
    whole = one(catalogue({"f": metric}), {"contacts": rows}, "f", every="all", engine=engine)
    assert whole.value == pytest.approx(2 / 3)


def test_rows_of_metrics_without_per_are_told_in_words(run, tmp_path: Path) -> None:
    """One row per period; putting nobody's names together ended in a fault."""
    rule = {"metrics": ["n"], "every": "day"}
    defined = catalogue({"n": CALLS, "m": {"kind": "mean", "from": rule, "value": "n", "unit": "calls"}})
    row = answer(defined, centre(), "m", every="all", as_of="2026-02-28").rows[0]
    days = (date(2026, 2, 28) - date(2026, 1, 1)).days + 1
    assert (row.value, row.n) == (pytest.approx(80 / row.n), row.n)
    assert row.n <= days
    path = tmp_path / "c.yaml"
    path.write_text(
        "cxkpi: 1\ncalendar: {timezone: Europe/London}\nmetrics:\n"
        "  n: {kind: total, from: contacts, count: rows, unit: calls}\n"
        "  m: {kind: mean, from: {metrics: [n], every: day}, value: n, unit: calls}\n"
    )
    shown = run("metrics", "-c", path, "-m", "m")
    assert (shown.code, "(one per day)" in " ".join(shown.out.split())) == (0, True)
