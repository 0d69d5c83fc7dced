"""Results made by hand: six metrics over six months, as a centre's report looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from cxkpi.result import Change, Every, FileEntry, MetricInfo, Period, Reject, Result, Row, Target

AS_OF = datetime(2026, 6, 30, 22, 12, 9, tzinfo=UTC)
JUDGED_UNTIL = datetime(2026, 6, 23, 22, 12, 9, tzinfo=UTC)
QUEUES = ("Billing", "Sales", "Technical support")

_SPECS: Mapping[str, tuple[str, str, str, str, Target | None, float | None]] = {
    "fcr": ("First contact resolution", "repeat", "percent", "higher", 0.75, 0.65),
    "csat": ("Customer satisfaction", "share", "percent", "higher", 0.85, 0.75),
    "ces": ("Customer effort", "mean", "score", "higher", 5.5, 5.0),
    "aht": ("Average handle time", "ratio", "seconds", "lower", 360.0, 480.0),
    "turnover": ("Turnover, yearly rate", "ratio", "percent", "lower", 0.30, 0.45),
    "speed_to_competency": ("Speed to competency", "time_to_event", "days", "lower", 70.0, 100.0),
}
_VALUES: Mapping[str, tuple[float, ...]] = {
    "fcr": (0.7312, 0.7288, 0.7354, 0.7401, 0.7412, 0.7602),
    "csat": (0.861, 0.858, 0.842, 0.849, 0.866, 0.871),
    "ces": (5.41, 5.44, 5.32, 5.39, 5.47, 5.52),
    "aht": (386.2, 391.4, 402.13, 395.0, 372.7, 366.9),
    "turnover": (0.392, 0.401, 0.418, 0.437, 0.449, 0.462),
    "speed_to_competency": (77.0, 77.0, 75.0, 74.0, 70.0, 70.0),
}
_HALF: Mapping[str, float] = {
    "fcr": 0.009, "csat": 0.021, "ces": 0.09, "aht": 6.1, "turnover": 0.11, "speed_to_competency": 9.0,
}  # fmt: skip
_N: Mapping[str, int] = {"fcr": 2871, "csat": 1104, "ces": 962, "aht": 3280, "turnover": 412, "speed_to_competency": 96}


def month(number: int, *, year: int = 2026, complete: bool = True, judged_until: datetime | None = None) -> Period:
    end = date(year, number + 1, 1) if number < 12 else date(year + 1, 1, 1)
    return Period("month", date(year, number, 1), end, complete, judged_until)


def row(metric: str = "aht", period: Period | None = None, **fields: object) -> Row:
    """A plausible row; any field can be given."""
    _, kind, unit, better, target, alarm = _SPECS[metric]
    base = Row(
        metric=metric, variant=None, kind=kind, definition="9c2e01b7", unit=unit, better=better,
        period=period or month(6), by={}, value=402.13, low=398.2, high=406.1, confidence=0.95, bounds=None, n=35940,
        numerator=14452700.0, denominator=35940, immature=0, missing=0, censored=None, target=target, alarm=alarm,
        status="missed", reason=None, change=None, notes=(),
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


def info(metric: str, **fields: object) -> MetricInfo:
    label, _, unit, better, _, _ = _SPECS[metric]
    roll = "12mo" if metric in ("turnover", "speed_to_competency") else None
    base = MetricInfo(metric, None, label, unit, better, None, None, None, roll, 30)
    return replace(base, **fields)  # type: ignore[arg-type]


def result(rows: Sequence[Row], **fields: object) -> Result:
    """A Result around ``rows``; any field can be given."""
    base = Result(
        version="0.1.0", catalogue_path="cxkpi:metrics.yaml", catalogue_hash="4f1c9e2a", timezone="Europe/London",
        as_of=AS_OF, as_of_from_data=True, through={"contacts": AS_OF}, every="month", by=tuple(
            dict.fromkeys(name for item in rows for name in item.by)
        ),
        metrics={item.key: info(item.metric, variant=item.variant) for item in rows},
        rows=tuple(rows), files=(), rejects=(), notes=(),
    )  # fmt: skip
    return replace(base, **fields)  # type: ignore[arg-type]


def _status(metric: str, value: float) -> str:
    _, _, _, better, target, alarm = _SPECS[metric]
    assert isinstance(target, float)
    assert alarm is not None
    sign = 1 if better == "higher" else -1
    if sign * value >= sign * target:
        return "met"
    return "alarm" if sign * value <= sign * alarm else "missed"


def _series(metric: str, by: Mapping[str, str | None], shift: float, part: float) -> list[Row]:
    rows = []
    for index, base in enumerate(_VALUES[metric]):
        value = round(base * (1 + shift), 6)
        if metric == "speed_to_competency":
            value = float(round(value))
        half = _HALF[metric] / part**0.5
        n = round(_N[metric] * part) + 7 * index
        waiting = round(704 * part) if metric == "fcr" and index == 5 else 0
        period = month(index + 1, judged_until=JUDGED_UNTIL if metric == "fcr" else None)
        before = rows[-1].value if rows and not waiting else None
        few = n < 30
        rows.append(
            row(
                metric, period, by=by, value=value, low=round(value - half, 6), high=round(value + half, 6), n=n,
                numerator=None, denominator=n, immature=waiting,
                censored=23 if metric == "speed_to_competency" and not by else None,
                status=None if waiting or few else _status(metric, value),
                reason="immature" if waiting else "too_few" if few else None,
                change=None if before is None else Change(
                    month(index).start, before, round(value - before, 6),
                    None if metric == "speed_to_competency" else abs(value - before) > half * 1.2,
                ),
            )
        )  # fmt: skip
    return rows


FILES = (
    *(
        FileEntry(
            f"acd_2026-{number:02d}.csv", "genesys_cloud.interactions", 3400 + number, 3384 + number, 12, 4, 0,
            3 if number == 2 else 0, 3401 + number, (("contacts", 3384 + number),),
        )
        for number in range(1, 7)
    ),
    FileEntry("salesforce_cases.csv", "salesforce.cases", 1239, 1234, 0, 0, 5, 0, 1241, (("cases", 1234),)),
    FileEntry(
        "survey_responses.csv", "qualtrics.responses", 6711, 6655, 0, 1, 55, 0, 6722,
        (("invitations", 6655), ("answers", 18433)),
    ),
    FileEntry("roster.csv", "workday.roster", 168, 163, 0, 0, 5, 0, 169, (("agents", 163),)),
)  # fmt: skip
REJECTS = tuple(
    Reject(f"acd_2026-{number:02d}.csv", 40 + number, "End Date", "31/02/2026 25:00", "not a date and time")
    for number in range(1, 7)
)


def centre(*, by: str | None = None, values: Sequence[str | None] = QUEUES) -> Result:
    """Six metrics, January to June 2026; the window of first contact resolution is still open in June."""
    groups: list[tuple[Mapping[str, str | None], float, float]] = [({}, 0.0, 1.0)]
    if by is not None:
        parts = (0.52, 0.4, 0.08, *([0.2] * len(values)))
        shifts = (-0.012, 0.031, 0.044, *([0.0] * len(values)))
        groups += [({by: value}, shifts[index], parts[index]) for index, value in enumerate(values)]
    rows = [item for metric in _SPECS for group in groups for item in _series(metric, *group)]
    every: Every = "month"
    return result(
        rows, every=every, by=(by,) if by else (), files=FILES, rejects=REJECTS,
        notes=("3 answers name a contact that is not in the data; they count for the whole, and for no queue.",),
    )  # fmt: skip
