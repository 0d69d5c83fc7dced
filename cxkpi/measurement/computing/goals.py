"""What a figure is measured against: the target and alarm of its cell, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from cxkpi.kinds.definition import Goal, Limits, Metric
from cxkpi.result import Status


def goal_of(metric: Metric, by: Mapping[str, str | None], start: date) -> tuple[Limits | None, Limits | None]:
    """Target and alarm of the cell with these dimension values (as shown) in the period that begins on ``start``.

    The metric's own, unless entries of ``targets`` match: of those that give a target the last decides, and likewise
    for the alarm. An entry that gives one of the two leaves the other as it is.
    """
    target, alarm = metric.target, metric.alarm
    for goal in metric.targets:
        if holds(goal, by, start):
            target = target if goal.target is None else goal.target
            alarm = alarm if goal.alarm is None else goal.alarm
    return target, alarm


def holds(goal: Goal, by: Mapping[str, str | None], start: date) -> bool:
    """Whether a cell has the values an entry names, in a period that begins within its dates."""
    in_time = (goal.since is None or goal.since <= start) and (goal.until is None or start < goal.until)
    return in_time and all(by.get(name) in values for name, values in goal.when)


def verdict(metric: Metric, target: Limits | None, alarm: Limits | None, value: float) -> Status | None:
    """What a value is by a target and an alarm, both inclusive; None where neither says anything about it."""
    if alarm is not None and _at_or_beyond(metric, alarm, value):
        return "alarm"
    if target is None:
        return None
    return "met" if _reaches(metric, target, value) else "missed"


def _at_or_beyond(metric: Metric, alarm: Limits, value: float) -> bool:
    if isinstance(alarm, tuple):
        return value <= alarm[0] or value >= alarm[1]
    return value >= alarm if metric.better == "lower" else value <= alarm


def _reaches(metric: Metric, target: Limits, value: float) -> bool:
    if isinstance(target, tuple):
        return target[0] <= value <= target[1]
    return value <= target if metric.better == "lower" else value >= target


def shortfall(better: str | None, target: Limits | None, value: float) -> float | None:
    """How much worse a value is than another with less of it: what ranks values and tells gains from losses.

    For ``inside`` the distance from the band, 0 within it. None where nothing says which side is better.
    """
    if better == "higher":
        return -value
    if better == "lower":
        return value
    if better == "inside" and isinstance(target, tuple):
        low, high = target
        return max(low - value, value - high, 0.0)
    return None
