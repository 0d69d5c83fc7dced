"""Rules about a metric as a whole: its unit, its target, and the other metrics it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cxkpi.catalogue.checks import durations
from cxkpi.catalogue.grammar import Common
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.values.quantities import Refusal, in_unit
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import listed
from cxkpi.kinds import time_to_event
from cxkpi.kinds.definition import Limits, metric_rows_named
from cxkpi.tables import Table

# What the values of a kind are, where the kind decides that.
UNIT_OF_KIND: Mapping[str, str] = {
    "share": "percent",
    "repeat": "percent",
    "net": "points",
}
# Kinds with an interval that allows for clusters, and kinds whose rows wait for nothing but their age.
CLUSTERED = ("mean", "quantile", "share", "net", "ratio", "repeat")
MATURING = ("total", "mean", "quantile", "share", "net", "ratio")
_UNIT_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("%", "percentage", "pct", "share", "fraction"), "percent"),
    **dict.fromkeys(("s", "sec", "secs", "second"), "seconds"),
    **dict.fromkeys(("m", "min", "mins", "minute"), "minutes"),
    **dict.fromkeys(("h", "hour"), "hours"),
    **dict.fromkeys(("d", "day"), "days"),
    **dict.fromkeys(("wk", "week"), "weeks"),
    "point": "points",
}


def check_keys(common: Common, path: Path, report: Report) -> None:
    """Common keys that the kind would not heed are refused rather than ignored."""
    if common.cluster is not None and common.kind not in CLUSTERED:
        message = f"'cluster' is not supported in a {common.kind} metric by this version of cxkpi"
        report.add("C106", message, (*path, "cluster"), f"It is for {listed(CLUSTERED)}.", key=True)
    if common.matures is not None and common.kind not in MATURING:
        hint = "Its window is 'within'." if common.kind == "repeat" else None
        report.add("C109", f"'matures' does not go with the kind {common.kind}", (*path, "matures"), hint, key=True)
    if common.cluster is not None and getattr(common, "immature", None) == "survival":
        hint = "Its interval is that of the curve: leave 'cluster' out."
        report.add("C109", "'cluster' does not go with 'immature: survival'", (*path, "cluster"), hint, key=True)
    if common.roll is not None and common.kind == "formula":
        message = "'roll' does not go with the kind formula"
        report.add("C109", message, (*path, "roll"), "Give it to the metrics the formula reads.", key=True)


def unit_of(common: Common, spec: Any, tables: Mapping[str, Table], path: Path, report: Report) -> str:
    """The unit of a metric, checked against what its kind measures."""
    fixed = UNIT_OF_KIND.get(common.kind)
    if isinstance(spec, time_to_event.Spec) and common.unit not in _UNIT_WORDS:
        return durations.unit_of(spec, common.unit, tables, path, report)
    if not common.unit:
        if fixed is not None:
            return fixed
        if common.kind == "stock" or (getattr(spec, "count", None) and not metric_rows_named(spec.from_)):
            return str(spec.from_)
        report.add("C102", f"'unit' is missing in a {common.kind} metric", path, key=True)
        return ""
    if common.unit in _UNIT_WORDS:
        unit = _UNIT_WORDS[common.unit]
        report.add("C105", f"'{common.unit}' is not a unit; did you mean '{unit}'?", (*path, "unit"))
        return unit
    if fixed is not None and common.unit != fixed:
        hint = "Fractions are shown as percentages." if fixed == "percent" else None
        message = f"a {common.kind} metric is in {fixed}, not in {common.unit}"
        report.add("C403", message, (*path, "unit"), hint)
        return fixed
    return common.unit


def goals_of(common: Common, unit: str, path: Path, report: Report) -> tuple[Limits | None, Limits | None]:
    """Target and alarm in the stored unit; each on the side that ``better`` says."""
    target, alarm = (limits_of(common, key, common.better, unit, path, report) for key in ("target", "alarm"))
    given = next((key for key in ("target", "alarm") if getattr(common, key) is not None), None)
    if given is not None and common.better is None:
        no_direction(given, path, report)
    elif common.better is not None and (wrong := wrong_side(common.better, target, alarm)) is not None:
        hint = "Swap target and alarm, or change 'better'."
        report.add("C402", wrong, (*path, "alarm"), None if common.better == "inside" else hint)
    return target, alarm


def no_direction(key: str, path: Path, report: Report) -> None:
    """Report a goal of a metric that does not say which side is better."""
    hint = "Add 'better: higher', 'better: lower', or 'better: inside' with two limits."
    report.add("C401", f"'{key}' needs to know which side is better", (*path, key), hint, key=True)


def wrong_side(better: str, target: Limits | None, alarm: Limits | None) -> str | None:
    """What is wrong where an alarm does not lie beyond its target."""
    if target is None or alarm is None:
        return None
    if isinstance(target, tuple) and isinstance(alarm, tuple):
        return None if alarm[0] < target[0] and target[1] < alarm[1] else "the alarms must lie outside the target"
    if isinstance(target, tuple) or isinstance(alarm, tuple):
        return None  # Said already.
    if alarm < target if better == "higher" else alarm > target:
        return None
    side = "below" if better == "higher" else "above"
    return f"the alarm must be {side} the target, as {better} is better"


_PAIR = {"target": "[70%, 85%]", "alarm": "[60%, 95%]"}


def limits_of(goals: Any, key: str, better: str | None, unit: str, path: Path, report: Report) -> Limits | None:
    """The target or the alarm of a mapping, in the stored unit: one number, or two limits for ``inside``."""
    place, written = (*path, key), getattr(goals, key)
    if written is None:
        return None
    if isinstance(written, list):
        if better != "inside":
            message = "two limits need 'better: inside'"
            report.add("C403", message, place, f"Write one {key}, or change 'better'.")
            return None
        limits = [_quantity(limit, unit, (*place, at), report) for at, limit in enumerate(written)]
        if len(limits) != 2:
            report.add("C403", f"inside has two limits, not {len(limits)}", place, f"Write {key}: {_PAIR[key]}.")
            return None
        low, high = limits
        if low is None or high is None:
            return None
        if low >= high:
            report.add("C403", "the lower limit comes first and is less than the upper", place)
            return None
        return (low, high)
    if better == "inside":
        report.add("C403", "inside needs two limits", place, f"Write {key}: {_PAIR[key]}.")
        return None
    return _quantity(written, unit, place, report)


def _quantity(written: str | float, unit: str, path: Path, report: Report) -> float | None:
    if not unit:
        return None
    found = in_unit(written, unit)
    if isinstance(found, Refusal):
        report.add("C107", found.message, path, found.hint)
        return None
    return found


def check_names(titles: Mapping[str, Common | None], report: Report) -> None:
    """No two metrics answer to one name, and no metric watches itself."""
    owner: dict[str, str] = {title: title for title in titles}
    for title, common in titles.items():
        if common is None:
            continue
        path: Path = ("metrics", title)
        for at, alias in enumerate(common.aka):
            if alias in owner:
                message = f"'{alias}' already names the metric '{owner[alias]}'"
                report.add("C204", message, (*path, "aka", at))
            owner.setdefault(alias, title)
        for at, guard in enumerate(common.guards):
            if guard == title:
                report.add("C208", f"'{title}' cannot guard itself", (*path, "guards", at))
            elif guard in common.guards[:at]:
                report.add("C204", f"'{guard}' stands here twice", (*path, "guards", at))
