"""The sample centre twice: its canonical tables for SQL, and what the report says of them.

An oracle is a query of one row with the columns ``value``, ``n``, ``numerator``, ``denominator``, and ``least`` and
``most`` for its bounds (one that is left out means: the report has none), over the canonical tables and

- ``since()``, ``until()``: the local midnights of the period, UTC, the later one exclusive: ``where within(ended_at)``;
- ``first_day()``, ``next_day()``: the same as dates: ``where in_days(month_start)``;
- ``as_of()``: how far the data reach, UTC; ``local(t)``: wall-clock time of an instant; ``utc(day)``: its midnight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from math import isclose
from pathlib import Path
from typing import Any

import duckdb

from cxkpi.catalogue.load import Catalogue, load
from cxkpi.exports.cache import Cache, default_folder
from cxkpi.exports.load import load as load_exports
from cxkpi.measurement.run import measure, titles
from cxkpi.reports import canonical
from cxkpi.result import Row

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_data"
CATALOGUE = ROOT / "metrics.yaml"
_FIGURES = ("value", "n", "numerator", "denominator", "least", "most")
_ZONE = "Europe/London"


@dataclass(frozen=True)
class Centre:
    """``rows``: what the report says, by metric title and first day; the whole range has the first day None."""

    catalogue: Catalogue
    database: duckdb.DuckDBPyConnection
    as_of: datetime
    periods: Mapping[date | None, tuple[date, date]]
    rows: Mapping[str, Mapping[date | None, Row]]

    @property
    def titles(self) -> set[str]:
        """Every metric and variant of the catalogue, the private ones too."""
        return set(titles(self.catalogue))

    def ask(self, query: str, start: date | None) -> dict[str, Any]:
        """The one row of ``query`` in the period that begins on ``start``, None for the whole range."""
        first, after = self.periods[start]
        self.database.execute(f"set variable first_day = date '{first}'; set variable next_day = date '{after}'")
        self.database.execute("set variable since = utc(getvariable('first_day'))")
        self.database.execute("set variable until = utc(getvariable('next_day'))")
        found = self.database.execute(query)
        names = [column[0] for column in found.description]
        rows = found.fetchall()
        assert len(rows) == 1, f"an oracle has one row, not {len(rows)}"
        return dict(zip(names, rows[0], strict=True))

    def disagreements(self, title: str, query: str) -> list[str]:
        """Where the report and an independent query over the canonical tables say different things."""
        said = []
        for start in self.periods:
            row, found = self.rows[title].get(start), self.ask(query, start)
            unknown = set(found) - set(_FIGURES)
            assert not unknown, f"{title}: an oracle has no column {unknown}"
            when = "the whole range" if start is None else f"{start:%B}"
            if row is None:
                said.append(f"{title}, {when}: no row in the report")
                continue
            for figure in _FIGURES:
                ours, theirs = _reported(row, figure), found.get(figure)
                if not _same(ours, theirs):
                    said.append(f"{title}, {when}: {figure} is {ours} in the report and {theirs} by SQL")
        return said


def _reported(row: Row, figure: str) -> float | None:
    if figure in ("least", "most"):
        return None if row.bounds is None else row.bounds[figure == "most"]
    found: float | None = getattr(row, figure)
    return found


def _same(ours: float | None, theirs: Any) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return isclose(ours, float(theirs), rel_tol=1e-9, abs_tol=1e-12)


def open_centre(folder: Path) -> Centre:
    """Read the sample, write its tables to ``folder`` as Parquet, and compute every metric over it and by month."""
    catalogue = load(CATALOGUE)
    loaded = load_exports(
        [SAMPLE],
        tables=catalogue.tables,
        timezone=catalogue.timezone,
        into=folder / "parts",
        cache=Cache(default_folder()),
    )
    database = duckdb.connect(config={"threads": 1})
    database.execute("set timezone = 'UTC'")
    for table in loaded.stored.values():
        place = folder / f"{table.table}.parquet"
        canonical.write(table, place, "parquet")
        database.execute(f"create table {table.table} as from '{place}'")
    rows: dict[str, dict[date | None, Row]] = {title: {} for title in titles(catalogue)}
    periods: dict[date | None, tuple[date, date]] = {}
    for every in ("all", "month"):
        result = measure([SAMPLE], catalogue=catalogue, metrics=list(rows), every=every, compare="none")
        for row in result.rows:
            title = row.metric if row.variant is None else f"{row.metric}.{row.variant}"
            start = None if every == "all" else row.period.start
            rows[title][start] = row
            periods[start] = (row.period.start, row.period.end)
    database.execute(f"""
        create macro as_of() as timestamp '{result.as_of}';
        create macro utc(day) as (day::timestamp at time zone '{_ZONE}') at time zone 'UTC';
        create macro local(instant) as (instant at time zone 'UTC') at time zone '{_ZONE}';
        create macro since() as getvariable('since')::timestamp;
        create macro until() as getvariable('until')::timestamp;
        create macro first_day() as getvariable('first_day')::date;
        create macro next_day() as getvariable('next_day')::date;
        create macro within(instant) as instant >= since() and instant < until();
        create macro in_days(day) as day >= first_day() and day < next_day();
    """)
    return Centre(catalogue, database, result.as_of, periods, rows)
