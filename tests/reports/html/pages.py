"""Results for the HTML report: one with everything a page can say, one as large as a page should hold."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

from reports.factory import FILES, JUDGED_UNTIL, info, month, result, row

from cxkpi.errors import Problem
from cxkpi.result import Change, MetricInfo, Period, Result, Row


def _goal(at: int) -> float:
    return 0.75 if at < 3 else 0.78


def telling() -> Result:
    """Two metrics by queue over five months: targets that differ, a guard, bounds, a withheld and a waiting figure."""
    rows: list[Row] = []
    for by, shift in (({}, 0.0), ({"queue": "Billing & <Sales>"}, 0.021), ({"queue": None}, -0.034)):
        for at in range(1, 6):
            waiting = at == 4
            value = round(0.731 + 0.013 * at + shift, 4)
            few = by == {"queue": None} and at == 3
            before = None if at in (1, 4, 5) or few else Change(month(at - 1).start, value - 0.013, 0.013, at == 2)
            rows.append(
                row(
                    "fcr", month(at, complete=at < 5, judged_until=JUDGED_UNTIL), by=by,
                    value=None if few else value, low=None if few else value - 0.011,
                    high=None if few else value + 0.012, confidence=None if few else 0.95,
                    bounds=(value - 0.04, value + 0.02) if waiting else None,
                    n=1000 + at, numerator=None if few else round(value * 1000.0), denominator=1000.0 + at,
                    immature=17 if waiting else 0, missing=3 if by else 0, target=_goal(at), alarm=_goal(at) - 0.02,
                    status=None if few or at > 3 else "met" if value >= _goal(at) else "missed",
                    reason="withheld" if few else "immature" if waiting else "partial" if at == 5 else None,
                    change=before, definition="0ldef123" if at == 1 else "9c2e01b7",
                )
            )  # fmt: skip
    for at, value in enumerate((395.0, 372.0, 351.5, 349.0), start=1):
        rows.append(
            row(
                "aht", month(at), value=value, low=value - 6, high=value + 6, n=2000 + at,
                numerator=value * (2000 + at), denominator=2000 + at, status="met" if value <= 360 else "missed",
                change=None if at == 1 else Change(month(at - 1).start, value + 20, -20.0, True),
                notes=("improved while First contact resolution got significantly worse",) if at > 2 else (),
            )
        )  # fmt: skip
    told = {
        ("fcr", None): info(
            "fcr", objective="The customer has to ask only once.", description="No contact within seven days.",
            family="fcr", formula="Of the rows of contacts where handled, the share that is not followed.",
        ),
        ("aht", None): info("aht", objective="What a contact costs us in time."),
    }  # fmt: skip
    return result(
        rows, metrics=told, by=("queue",), files=FILES[-2:], notes=("3 answers name no contact.",),
        absent=(Problem("I010", "csat cannot be computed: no file holds answers."),),
    )  # fmt: skip


def large(metrics: int = 12, queues: int = 40, months: int = 24) -> Result:
    """A report of many metrics, queues and months, with intervals, changes and targets everywhere."""
    periods = [Period("month", date(2024 + at // 12, at % 12 + 1, 1), date(2024 + (at + 1) // 12, (at + 1) % 12 + 1, 1),
                      True, None) for at in range(months)]  # fmt: skip
    rows: list[Row] = []
    for metric in range(metrics):
        for queue in range(-1, queues):
            before: float | None = None
            for at, period in enumerate(periods):
                value = round(0.75 + 0.1 * math.sin(metric + queue * 0.7 + at * 0.9), 6)
                past = periods[at - 1].start
                change = None if before is None else Change(past, before, value - before, at % 3 == 0)
                rows.append(
                    replace(
                        row("fcr", period), metric=f"metric_{metric}", value=value, low=value - 0.02, high=value + 0.02,
                        by={} if queue < 0 else {"queue": f"Queue number {queue:02d}"}, n=1000 + at, change=change,
                        numerator=round(value * 1000), denominator=1000.0 + at,
                        status="met" if value > 0.75 else "missed",
                    )
                )  # fmt: skip
                before = value
    told = {
        (f"metric_{at}", None): MetricInfo(
            f"metric_{at}", None, f"Metric number {at}", "percent", "higher", "What it is for.", "What it counts.",
            "family", None, 30, "Of the rows of contacts where handled, the share that is resolved.",
        )
        for at in range(metrics)
    }  # fmt: skip
    return replace(result([row()]), rows=tuple(rows), metrics=told, by=("queue",), files=FILES)
