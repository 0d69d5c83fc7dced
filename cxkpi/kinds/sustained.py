"""The first run of consecutive periods in which an entity meets a rule over several metrics."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Literal

import narwhals as nw
import polars as pl

from cxkpi.kinds.definition import Condition, MetricRows


@dataclass(frozen=True, slots=True)
class SustainedRun:
    """The first run of ``sustained`` consecutive periods that meet a rule; ``where`` false makes a period thin."""

    from_: MetricRows
    meets: Condition
    where: Condition | None = None
    sustained: int = 1
    thin: Literal["break", "skip"] = "break"
    date: Literal["start", "end"] = "end"


class Runs:
    """For each entity the periods that meet the rule, and those too thin to say."""

    def __init__(self, rule: SustainedRun, metric_rows: pl.DataFrame | None, until: date | None) -> None:
        self._rule = rule
        self._met: dict[str, list[tuple[date, date, bool | None]]] = defaultdict(list)
        self._until = until
        if metric_rows is None:
            return
        (entity,) = rule.from_.per
        frame = nw.from_native(metric_rows.lazy())
        verdicts = frame.select(
            nw.col(entity).alias("entity"),
            nw.col("start"),
            nw.col("end"),
            meets=rule.meets.narwhals(nw.col).fill_null(False),
            thick=nw.lit(True) if rule.where is None else rule.where.narwhals(nw.col).fill_null(False),
        )
        table: pl.DataFrame = nw.to_native(verdicts).collect().sort("entity", "start")
        for name, start, end, meets, thick in table.select("entity", "start", "end", "meets", "thick").iter_rows():
            self._met[name].append((start, end, meets if thick else None))

    def first(self, entity: str, since: date) -> tuple[date | None, date | None]:
        """The day of the first complete run, and the day on which a run still open began; None where there is none."""
        run: list[tuple[date, date]] = []
        for start, end, verdict in self._met.get(entity, []):
            if end <= since:
                continue
            if verdict is None and self._rule.thin == "skip":
                continue
            if run and run[-1][1] != start and self._rule.thin == "break":
                run = []
            if not verdict:
                run = []
                continue
            run.append((start, end))
            if len(run) == self._rule.sustained:
                return (run[-1][1] if self._rule.date == "end" else max(run[0][0], since)), None
        if run and (self._rule.thin == "skip" or run[-1][1] == self._until):
            return None, max(run[0][0], since)
        return None, None
