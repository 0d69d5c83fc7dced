"""Metrics of one table are computed from one scan, however many they are."""

from __future__ import annotations

from pathlib import Path

import cxkpi
from cxkpi.engines.polars import PolarsEngine
from cxkpi.measurement import run

SAMPLE = Path(__file__).parents[2] / "sample_data"
CONTACTS = sorted(SAMPLE.glob("acd_*.csv"))
TEN = [
    "fcr",
    "aht",
    "talk_time",
    "hold_time",
    "wrap_time",
    "speed_of_answer",
    "service_level",
    "abandonment",
    "transfer_rate",
    "contacts_handled",
]


class Watched(PolarsEngine):
    """Polars, keeping the optimised plan of each run."""

    def __init__(self) -> None:
        super().__init__()
        self.plans: list[str] = []
        self.collected: list[int] = []

    def collect(self, plans):
        self.plans.append(self.explain(plans))
        self.collected.append(len(plans))
        return super().collect(plans)


def scans(plan: str, table: str) -> int:
    return sum("SCAN" in line and f"/{table}/" in line for line in plan.splitlines())


def watched(monkeypatch, paths, **question):
    engine = Watched()
    monkeypatch.setattr(run, "load_engine", lambda name: engine)
    result = cxkpi.measure(paths, **question)
    return engine, result


def test_ten_metrics_of_contacts_read_the_table_once(monkeypatch):
    engine, result = watched(monkeypatch, CONTACTS, metrics=TEN)
    assert {row.metric for row in result.rows} == set(TEN)
    (plan,) = engine.plans
    assert scans(plan, "contacts") == 1


def test_a_dimension_of_a_look_up_does_not_read_contacts_again(monkeypatch):
    # Without aht, whose guard csat reads contacts as a look-up of its own.
    metrics = [name for name in TEN if name != "aht"]
    engine, _ = watched(monkeypatch, [SAMPLE], metrics=metrics, by=["team"])
    assert scans(engine.plans[0], "contacts") == 1


def test_metrics_of_one_table_and_time_share_a_group_by(monkeypatch):
    # Repeats need a step of their own, and so does what fcr guards.
    metrics = [name for name in TEN if name not in ("fcr", "aht", "transfer_rate")]
    engine, _ = watched(monkeypatch, CONTACTS, metrics=metrics)
    assert engine.collected == [1]


def test_two_scans_would_be_counted():
    assert scans("Parquet SCAN [/a/contacts/1.parquet]\n x\nParquet SCAN [/a/contacts/1.parquet]", "contacts") == 2
