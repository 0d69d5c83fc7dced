"""Prometheus' text format, for the textfile collector of the node exporter: the newest complete judged period only.

There are no timestamps, as the collector asks; ``cxkpi_period_end_seconds`` says which period a figure is of.
``cxkpi_status`` is 1 where the target is met, 0 where it is missed and -1 at or beyond the alarm. Every gauge has the
labels ``metric``, ``variant``, ``unit``, ``every``, and ``by_<name>`` for each dimension, empty for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC

from cxkpi.calendar import midnight_utc
from cxkpi.reports.reading import is_judged, newest_judged
from cxkpi.reports.tidy import BLANK, limits
from cxkpi.result import Result, Row

_STATUS = {"met": 1, "missed": 0, "alarm": -1}
_NOT_IN_A_LABEL = re.compile(r"[^a-zA-Z0-9_]")


def render(result: Result) -> str:
    """The gauges of every line whose newest complete period is judged, and may be shown."""
    rows = [row for row in newest_judged(result) if is_judged(row) and row.reason not in ("withheld", "refused")]
    names = _label_names(result.by)
    gauges: tuple[tuple[str, str, Callable[[Row], float | None]], ...] = (
        ("value", "A metric in its stored unit: shares are fractions, durations seconds.", lambda row: row.value),
        ("low", "Lower limit of the interval of the value.", lambda row: row.low),
        ("high", "Upper limit of the interval of the value.", lambda row: row.high),
        ("n", "Contacts, answers or people measured.", lambda row: row.n),
        ("target", "Target of the metric, of a range its lower limit.", lambda row: limits(row.target)[0]),
        ("target_high", "Upper limit of a target that is a range.", lambda row: limits(row.target)[1]),
        ("status", "1 target met, 0 missed, -1 at or beyond the alarm.", lambda row: _STATUS.get(row.status or "")),
        ("period_end_seconds", "End of the period measured, in seconds since 1970.", lambda row: _end(row, result)),
    )
    labels = [_labels(row, names) for row in rows]
    parts = []
    for name, told, read in gauges:
        samples = [
            f"cxkpi_{name}{{{label}}} {_number(value)}\n"
            for row, label in zip(rows, labels, strict=True)
            if (value := read(row)) is not None
        ]
        if samples:
            parts += [f"# HELP cxkpi_{name} {told}\n", f"# TYPE cxkpi_{name} gauge\n", *samples]
    return "".join(parts)


def _end(row: Row, result: Result) -> float:
    return midnight_utc(row.period.end, result.timezone).replace(tzinfo=UTC).timestamp()


def _label_names(dimensions: Sequence[str]) -> Mapping[str, str]:
    """A label for each dimension; two that would have the same one are told apart by a number."""
    names: dict[str, str] = {}
    for dimension in dimensions:
        base = f"by_{_NOT_IN_A_LABEL.sub('_', dimension)}"
        name, number = base, 2
        while name in names.values():
            name, number = f"{base}_{number}", number + 1
        names[dimension] = name
    return names


def _labels(row: Row, names: Mapping[str, str]) -> str:
    labels = {"metric": row.metric, "variant": row.variant or "", "unit": row.unit, "every": row.period.every}
    for dimension, value in row.by.items():
        labels[names[dimension]] = _shown(value)
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _shown(value: str | None) -> str:
    """A dimension's value; in quotes where it says what an absent one, or the whole, is written as."""
    if value is None:
        return BLANK
    return f'"{value}"' if value.strip('"') in ("", BLANK) else value


def _escaped(text: str) -> str:
    utf8 = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return utf8.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or (value == int(value) and abs(value) < 1e15) else repr(value)
