"""A small contact centre made by chance, and a way to ask cxkpi about it without files of vendors.

Rows are dicts of Python values: instants are UTC ``datetime`` without a zone, dates are ``date``. Nothing here computes
a metric; the oracles in the tests do, from rows, in plain Python."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import yaml

from cxkpi.catalogue.load import Catalogue, parse
from cxkpi.engines.base import load
from cxkpi.measurement.computing.compute import Answer, Question, compute
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.result import Row
from cxkpi.tables import POLARS_TYPES, Stored, Table

LONDON = ZoneInfo("Europe/London")
DAY = timedelta(days=1)
ENGINES = ("polars", "duckdb")

Rows = Sequence[Mapping[str, Any]]
Tables = Mapping[str, Rows]

FIELDS = {
    "contacts": {
        "handled": "not abandoned and answered_at is not null",
        "handle_s": "talk_s + hold_s + wrap_s",
    }
}


def catalogue(metrics: Mapping[str, Mapping[str, Any]], **calendar: str) -> Catalogue:
    """A catalogue of these metrics, in Europe/London unless told otherwise; targets are judged from one row on."""
    document = {
        "cxkpi": 1,
        "calendar": {"timezone": "Europe/London", **calendar},
        "defaults": {"confidence": "95%", "min_n": 1},
        "fields": FIELDS,
        "metrics": dict(metrics),
    }
    return parse(yaml.safe_dump(document, sort_keys=False), "test.yaml")


def utc(text: str, zone: ZoneInfo = LONDON) -> datetime:
    """The UTC instant of a local time such as ``2026-01-05 09:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def local(instant: datetime) -> datetime:
    """What a clock in London shows at a UTC instant."""
    return instant.replace(tzinfo=UTC).astimezone(LONDON).replace(tzinfo=None)


def local_day(instant: datetime) -> date:
    return local(instant).date()


def start_of(day: date) -> datetime:
    """The UTC instant at which a London day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC).replace(tzinfo=None)


def write(name: str, table: Table, rows: Rows, folder: Path, parts: int = 1) -> Stored:
    """Rows as a stored table in ``parts`` Parquet files; columns that no row names are not supplied."""
    supplied = frozenset(column for row in rows for column in row if column != "source") or frozenset(table.columns)
    schema = {column: POLARS_TYPES[kind.type] for column, kind in table.columns.items()}
    frame = pl.DataFrame(
        {column: [row.get(column) for row in rows] for column in schema},
        schema=schema,
    ).with_columns(pl.Series("source", [row.get("source", "test") for row in rows], dtype=pl.String))
    size = max(1, -(-frame.height // parts))
    files = []
    for part in range(parts):
        file = folder / f"{name}-{part}.parquet"
        frame.slice(part * size, size).write_parquet(file)
        files.append(file)
    happened = [column for column, kind in table.columns.items() if kind.event and kind.type == "instant"]
    dated = [column for column, kind in table.columns.items() if kind.event and kind.type == "date"]
    times = [column for column in table.time if "." not in column]
    return Stored(
        table=name,
        files=tuple(files),
        supplied=supplied,
        rows=frame.height,
        first=min(_instants(frame, times, start_of), default=None),
        through=max(_instants(frame, happened or dated, lambda day: start_of(day + DAY)), default=None),
    )


def _instants(frame: pl.DataFrame, columns: Iterable[str], of_day: Callable[[date], datetime]) -> list[datetime]:
    values = [value for column in columns for value in frame[column].drop_nulls().to_list()]
    return [value if isinstance(value, datetime) else of_day(value) for value in values]


def answer(
    defined: Catalogue,
    tables: Tables,
    names: Sequence[str] = (),
    *,
    engine: str = "polars",
    as_of: str | None = None,
    parts: int = 1,
    **question: Any,
) -> Answer:
    """What cxkpi computes of these tables; ``names`` are titles of metrics, all by default."""
    titles = {metric.title: metric for metric in defined.metrics.values()}
    with tempfile.TemporaryDirectory(prefix="cxkpi-test-") as folder:
        stored = {name: write(name, defined.tables[name], rows, Path(folder), parts) for name, rows in tables.items()}
        data = dataset(stored, defined.tables, defined.timezone, load(engine), as_of, defined.calendar).data
        asked = Question(
            calendar=defined.calendar,
            **{"every": "all", **question},
        )
        return compute([titles[name] for name in names or titles], titles, data, asked)


def ask(defined: Catalogue, tables: Tables, *names: str, **options: Any) -> tuple[Row, ...]:
    """The rows of ``answer``."""
    return answer(defined, tables, names, **options).rows


def one(defined: Catalogue, tables: Tables, *names: str, **options: Any) -> Row:
    """The only row of a question about the whole, over one period."""
    (row,) = ask(defined, tables, *names, **options)
    return row


def by_cell(rows: Iterable[Row]) -> dict[tuple[tuple[str | None, ...], date], Row]:
    """Rows by (dimension values, start of the period); the whole has no dimension values."""
    return {(tuple(row.by.values()), row.period.start): row for row in rows}


def period_of(day: date, every: str) -> date:
    """First day of the calendar period that holds a day; weeks start on Monday, years in January."""
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[every]
    return date(day.year, month, 1)


QUEUES = ("Billing", "Technical", "Sales", None)
REASONS = ("invoice", "outage", None)


def made_contacts(seed: int, size: int = 160, first: date = date(2025, 2, 20), days: int = 90) -> list[dict[str, Any]]:
    """Contacts over months in which clocks change, some of them touching midnight, with nulls everywhere.

    The newest ends at noon of the day after ``days``."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        begin = start_of(first) + timedelta(seconds=chance.randrange(days * 86400))
        end = begin + timedelta(seconds=chance.randrange(5400))
        if chance.random() < 0.08:
            end = start_of(local_day(begin) + DAY)
        abandoned = chance.choice([True, False, False, False, False, None])
        answered = None if abandoned or chance.random() < 0.1 else begin + timedelta(seconds=20)
        rows.append(
            {
                "contact_id": f"c{number}",
                "customer_id": chance.choice([None, *(f"u{one}" for one in range(12))]),
                "agent_id": None if answered is None else f"a{chance.randrange(14)}",
                "queue": chance.choice(QUEUES),
                "reason": chance.choice(REASONS),
                "direction": chance.choice(["inbound", "inbound", "outbound", None]),
                "started_at": begin,
                "answered_at": answered,
                "ended_at": end,
                "abandoned": abandoned,
                "talk_s": maybe(chance, chance.randrange(1_200_000) / 1000),
                "hold_s": maybe(chance, chance.choice([0.0, 0.0, 12.5])),
                "wrap_s": maybe(chance, chance.randrange(120) * 1.0),
                "wait_s": maybe(chance, chance.randrange(60) * 1.0),
                "transfers": maybe(chance, chance.randrange(3)),
                "cost": maybe(chance, chance.randrange(-500, 5000) / 100),
            }
        )
    noon = start_of(first + timedelta(days=days)) + timedelta(hours=12)
    rows[-1] |= {"started_at": noon - timedelta(seconds=90), "ended_at": noon}
    return rows


def made_agents(seed: int, size: int = 14, first: date = date(2024, 6, 1)) -> list[dict[str, Any]]:
    """Spells of employment, some agents rehired, some gone; teams as at the end of the data."""
    chance = random.Random(seed)
    rows = []
    for number in range(size):
        hired = first + timedelta(days=chance.randrange(300))
        left = hired + timedelta(days=chance.randrange(200)) if chance.random() < 0.5 else None
        team, site = chance.choice(["Red", "Blue", None]), chance.choice(["Leeds", "York"])
        person = {"agent_id": f"a{number}", "team": team, "site": site}
        rows.append({**person, "hired_on": hired, "left_on": left})
        if left is not None and chance.random() < 0.4:
            back = left + timedelta(days=chance.randrange(2, 40))
            rows.append({**person, "hired_on": back, "left_on": None})
    return rows


def maybe(chance: random.Random, value: Any) -> Any:
    """The value, or null now and then."""
    return None if chance.random() < 0.12 else value


def same(got: Iterable[float | None], wanted: Iterable[float | None]) -> bool:
    """Numbers alike to eleven digits, nothing alike to nothing only."""
    return all(
        (a is None and b is None)
        or (a is not None and b is not None and abs(a - b) <= 1e-11 * max(1.0, abs(a), abs(b)))
        for a, b in zip(got, wanted, strict=True)
    )
