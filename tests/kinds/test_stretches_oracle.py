"""Amounts spread over the time their rows cover, against DuckDB's own clock and against published examples."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from kinds.centre import DAY, ENGINES, ask, by_cell, catalogue, local, one, period_of, start_of, utc

SPLIT = {"split": ["started_at", "ended_at"]}
SPENT = {"kind": "total", "from": "agent_time", "sum": "duration_s", "at": SPLIT, "unit": "seconds"}


def stretch(agent: str, state: str, start: str | datetime, end: str | datetime | None, **more: Any) -> dict[str, Any]:
    """One stretch; its duration is what the clock says unless told otherwise."""
    begins, ends = (utc(one) if isinstance(one, str) else one for one in (start, end))
    lasted = None if ends is None else (ends - begins).total_seconds()
    return {"agent_id": agent, "state": state, "started_at": begins, "ended_at": ends, "duration_s": lasted, **more}


def made(seed: int, size: int = 60) -> list[dict[str, Any]]:
    """Stretches around both nights in which London's clocks change, some very long, some open, some of no length."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        night = chance.choice([date(2025, 3, 29), date(2025, 10, 25), date(2025, 12, 30)])
        begins = start_of(night) + timedelta(seconds=chance.randrange(3 * 86400))
        length = chance.choice([0, 1, 59, 1800, 3600, 40_000, 86_400, 90_000, 700_000, 40_000_000 if number < 2 else 7])
        ends = None if chance.random() < 0.1 else begins + timedelta(seconds=length, milliseconds=chance.randrange(999))
        if chance.random() < 0.1:
            begins, ends = start_of(night), start_of(night + DAY)
        row = stretch(f"a{chance.randrange(4)}", chance.choice(["busy", "idle"]), begins, ends)
        if chance.random() < 0.1:
            row["duration_s"] = None
        elif chance.random() < 0.2:
            row["duration_s"] = chance.randrange(1000) / 7
        rows.append(row)
    return rows


ORACLE = """
with rows as (
    select *, row_number() over () as id, epoch_us(ended_at) - epoch_us(started_at) as lasts from given
    where ended_at is not null and duration_s is not null
), clock as (
    select unnest(generate_series(timestamp '2025-01-01', timestamp '2027-06-01', interval '15 minutes')) as begins
), grid as (
    select begins, epoch_us(begins) as since, epoch_us(begins) + 900000000 as until,
        timezone('Europe/London', timezone('UTC', begins)) as there
    from clock
)
select date_trunc('day', there)::date as day, hour(there) as hour, id, agent_id,
    sum(case when lasts = 0 then duration_s
        else duration_s * (least(until, epoch_us(ended_at)) - greatest(since, epoch_us(started_at))) / lasts
        end) as part
from rows join grid on since < epoch_us(ended_at) and until > epoch_us(started_at)
    or lasts = 0 and epoch_us(started_at) >= since and epoch_us(started_at) < until
group by all
"""


def oracle(rows: list[dict[str, Any]]) -> list[tuple[date, int, int, str, float]]:
    """(local day, local hour, row, agent, part), cut at every quarter of an hour."""
    connection = duckdb.connect()
    connection.execute(
        "create table given (agent_id varchar, started_at timestamp, ended_at timestamp, duration_s double)"
    )
    names = ("agent_id", "started_at", "ended_at", "duration_s")
    connection.executemany("insert into given values (?, ?, ?, ?)", [[row[name] for name in names] for row in rows])
    return connection.execute(ORACLE).fetchall()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("every", ["day", "week", "month", "all"])
def test_every_period_gets_the_part_that_falls_into_it(every: str, engine: str) -> None:
    rows = made(7)
    parts = oracle(rows)
    found = by_cell(
        ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every=every, by=("agent_id",), engine=engine)
    )
    wanted: dict[Any, list[Any]] = {}
    first = min(period for _, period in found)
    for day, _, row, agent, part in parts:
        start = first if every == "all" else period_of(day, every)
        for who in ((), (agent,)):
            cell = wanted.setdefault((who, start), [0.0, set()])
            cell[0] += part
            cell[1].add(row)
    assert wanted.keys() <= found.keys()
    for place, cell in found.items():
        amount, which = wanted.get(place, (0.0, set()))
        assert cell.value is None or cell.value == pytest.approx(amount, abs=1e-4), place
        assert cell.n == len(which), place


@pytest.mark.parametrize("engine", ENGINES)
def test_by_hour_the_parts_fall_into_the_local_hours_they_cover(engine: str) -> None:
    rows = made(11)
    found = by_cell(ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every="all", by=("hour",), engine=engine))
    wanted: dict[str, float] = {}
    touched: dict[str, set[Any]] = {}
    for day, hour, row, _, part in oracle(rows):
        wanted[f"{hour:02d}"] = wanted.get(f"{hour:02d}", 0.0) + part
        touched.setdefault(f"{hour:02d}", set()).add((day, row))
    hours = {by[0]: cell for (by, _), cell in found.items() if by}
    assert hours.keys() == wanted.keys()
    for hour, cell in hours.items():
        assert cell.value == pytest.approx(wanted[str(hour)], abs=1e-3)
        assert cell.n == len(touched[str(hour)])
    (whole,) = (cell for (by, _), cell in found.items() if not by)
    assert whole.n == sum(row["ended_at"] is not None and row["duration_s"] is not None for row in rows)
    assert whole.missing == len(rows) - whole.n


@pytest.mark.parametrize("every", ["day", "month", "all"])
def test_the_parts_add_up_to_the_whole_amount_to_the_last_grain(every: str) -> None:
    chance = random.Random(5)
    rows = [{**row, "duration_s": chance.randrange(1_000_000) / 1_000_000} for row in made(3)]
    wanted = sum(round(row["duration_s"] * 1_000_000) for row in rows if row["ended_at"] is not None)
    for by in ((), ("hour",), ("weekday",), ("agent_id", "hour")):
        cells = ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every=every, by=by)
        for whole in sorted({True, not by}):
            parts = [cell for cell in cells if bool(cell.by) != whole]
            assert sum(round((cell.value or 0) * 1_000_000) for cell in parts) == wanted


def test_a_stretch_counts_once_in_every_period_it_touches() -> None:
    rows = [stretch("a", "busy", "2026-01-30 22:00", "2026-03-02 04:00")]
    found = ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every="month", as_of="2026-03-31")
    assert [(cell.period.start.month, cell.n, cell.value) for cell in found] == [
        (1, 1, 26 * 3600.0),
        (2, 1, 28 * 86400.0),
        (3, 1, 28 * 3600.0),
    ]
    assert one(catalogue({"spent": SPENT}), {"agent_time": rows}, as_of="2026-03-31").n == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_nights_in_which_clocks_change_have_23_and_25_hours(engine: str) -> None:
    rows = [
        stretch("a", "busy", "2025-03-29 12:00", "2025-03-31 12:00"),
        stretch("a", "busy", "2025-10-25 12:00", "2025-10-27 12:00"),
    ]
    found = by_cell(ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every="day", engine=engine))
    hours = {start: (cell.value or 0) / 3600 for (_, start), cell in found.items() if cell.n}
    assert hours == {
        date(2025, 3, 29): 12,
        date(2025, 3, 30): 23,
        date(2025, 3, 31): 12,
        date(2025, 10, 25): 12,
        date(2025, 10, 26): 25,
        date(2025, 10, 27): 12,
    }


def test_a_zone_with_half_hours_is_cut_at_its_own_hours() -> None:
    defined = catalogue({"spent": SPENT}, timezone="Asia/Kolkata")
    begins = datetime(2026, 1, 5, 4, 0)  # half past nine
    rows = [stretch("a", "busy", begins, begins + timedelta(hours=1))]
    found = by_cell(ask(defined, {"agent_time": rows}, by=("hour",)))
    assert {by: cell.value for (by, _), cell in found.items()} == {(): 3600, ("09",): 1800, ("10",): 1800}


@pytest.mark.parametrize("engine", ENGINES)
def test_the_ends_of_stretches(engine: str) -> None:
    """Open ones are missing, those of no length fall on their instant, and midnight ends a day without touching it."""
    rows = [
        stretch("a", "open", "2026-01-05 10:00", None, duration_s=60.0),
        stretch("b", "instant", "2026-01-06 00:00", "2026-01-06 00:00", duration_s=5.0),
        stretch("c", "evening", "2026-01-05 23:00", "2026-01-06 00:00"),
        stretch("d", "wrong", "2026-01-06 12:00", "2026-01-06 11:00"),
    ]
    found = by_cell(ask(catalogue({"spent": SPENT}), {"agent_time": rows}, every="day", engine=engine))
    monday, tuesday = found[((), date(2026, 1, 5))], found[((), date(2026, 1, 6))]
    assert (monday.value, monday.n, monday.missing) == (3600, 1, 1)
    assert (tuesday.value, tuesday.n, tuesday.missing) == (5, 1, 1)


def test_g9_a_contact_over_three_intervals_by_the_hours_it_was_worked_in() -> None:
    """Amazon Connect: 05:23 to 06:15 is 7, 30 and 15 minutes of its half-hours; so 37 and 15 of its hours."""
    begins, ends = utc("2026-01-05 05:23"), utc("2026-01-05 06:15")
    rows = [{"contact_id": "1", "started_at": begins, "ended_at": ends, "talk_s": 52 * 60.0, "abandoned": False}]
    talked = {"kind": "total", "from": "contacts", "sum": "talk_s", "unit": "seconds"}
    defined = catalogue({"split": {**talked, "at": SPLIT}, "ended": talked})
    found = by_cell(ask(defined, {"contacts": rows}, "split", by=("hour",)))
    assert {by: (cell.value or 0) / 60 for (by, _), cell in found.items()} == {(): 52, ("05",): 37, ("06",): 15}
    ended = by_cell(ask(defined, {"contacts": rows}, "ended", by=("hour",)))
    assert {by: (cell.value or 0) / 60 for (by, _), cell in ended.items()} == {(): 52, ("06",): 52}


def of_time(kind: str, above: str, below: str) -> dict[str, Any]:
    term = {"from": "agent_time", "sum": "duration_s", "at": SPLIT}
    return {
        "kind": "ratio",
        "unit": "percent",
        "numerator": {**term, "where": above},
        "denominator": {**term, "where": below},
    }


def test_g11_adherence_and_conformance() -> None:
    """CX Central: scheduled 9:00 to 10:00 and worked 9:15 to 10:15 is 75 % adherence and 100 % conformance."""
    rows = [
        stretch("a", "away", "2026-01-05 09:00", "2026-01-05 09:15", on_queue=False, scheduled_state="work"),
        stretch("a", "work", "2026-01-05 09:15", "2026-01-05 10:00", on_queue=True, scheduled_state="work"),
        stretch("a", "work", "2026-01-05 10:00", "2026-01-05 10:15", on_queue=True, scheduled_state="off"),
    ]
    defined = catalogue(
        {
            "adherence": of_time("ratio", "scheduled_state = 'work' and state = 'work'", "scheduled_state = 'work'"),
            "conformance": of_time("ratio", "state = 'work'", "scheduled_state = 'work'"),
        }
    )
    assert [row.value for row in ask(defined, {"agent_time": rows})] == [0.75, 1.0]


def test_g12_occupancy() -> None:
    """AWS: six minutes of contact, one of wrap-up and three idle are 70 % occupancy."""
    rows = [
        stretch("a", "contact", "2026-01-05 09:00", "2026-01-05 09:06", on_queue=True),
        stretch("a", "wrap", "2026-01-05 09:06", "2026-01-05 09:07", on_queue=True),
        stretch("a", "idle", "2026-01-05 09:07", "2026-01-05 09:10", on_queue=True),
        stretch("a", "lunch", "2026-01-05 12:00", "2026-01-05 13:00", on_queue=False),
    ]
    defined = catalogue({"occupancy": of_time("ratio", "on_queue and state in ('contact', 'wrap')", "on_queue")})
    assert one(defined, {"agent_time": rows}).value == 0.7


SHRINKAGE = {
    "leave": 26,
    "sickness": 13,
    "training": 15,
    "meetings": 6,
    "breaks": 11.5,
    "quality": 6,
    "coaching": 11.5,
    "rotation": 2.5,
}


def test_g13_shrinkage() -> None:
    """CCa2z: 91.5 of 260 paid days are not worked: 35.2 %, so that 100 people give 65; row by row as printed."""
    hours = 8 * 3600.0
    at = datetime(2026, 1, 1)
    rows = []
    for state, days in {**SHRINKAGE, "work": 260 - sum(SHRINKAGE.values())}.items():
        rows.append(stretch("a", state, at, at + timedelta(seconds=days * hours), paid=True))
        at += timedelta(seconds=days * hours)
    assert sum(row["duration_s"] for row in rows) == 260 * hours
    named = {state: of_time("ratio", f"paid and state = '{state}'", "paid") for state in SHRINKAGE}
    defined = catalogue({"total": of_time("ratio", "paid and state <> 'work'", "paid"), **named})
    values = {row.metric: row.value or 0 for row in ask(defined, {"agent_time": rows}, as_of="2026-12-31")}
    assert round(values["total"] * 100, 1) == 35.2
    assert round(100 * (1 - values["total"])) == 65
    printed = {"leave": 10.0, "sickness": 5.0, "training": 5.8, "meetings": 2.3, "breaks": 4.4, "quality": 2.3}
    assert {state: round(values[state] * 100, 1) for state in printed} == printed
    assert [round(values[state] * 100, 1) for state in ("coaching", "rotation")] == [4.4, 1.0]


def test_both_sides_of_a_ratio_are_spread_alike_and_its_interval_needs_clusters() -> None:
    rows = [
        stretch(f"a{number}", state, start, end, on_queue=True)
        for number in range(12)
        for state, start, end in (
            ("busy", "2026-01-31 22:00", f"2026-02-01 0{number % 4 + 1}:00"),
            ("idle", f"2026-02-01 0{number % 4 + 1}:00", "2026-02-01 06:00"),
        )
    ]
    plain = of_time("ratio", "state = 'busy'", "on_queue")
    found = ask(
        catalogue({"plain": plain, "clustered": {**plain, "cluster": "agent_id"}}), {"agent_time": rows}, every="month"
    )
    months = {(row.metric, row.period.start.month): row for row in found}
    assert months[("plain", 1)].value == 1
    assert months[("plain", 2)].value == pytest.approx(30 / 72)
    assert (months[("plain", 2)].low, months[("plain", 2)].n) == (None, 24)
    low, value, high = (getattr(months[("clustered", 2)], side) for side in ("low", "value", "high"))
    assert low < value < high


def test_a_stretch_is_there_only_up_to_the_day_the_data_are_read_as_of() -> None:
    rows = [
        stretch("a", "busy", "2026-01-05 10:00", "2026-01-07 10:00"),
        stretch("b", "busy", "2026-01-05 09:00", "2026-01-05 10:00"),
    ]
    row = one(catalogue({"spent": SPENT}), {"agent_time": rows}, as_of="2026-01-05")
    assert (row.value, row.n, row.missing) == (3600, 1, 1)
    assert local(rows[0]["ended_at"]).day == 7
