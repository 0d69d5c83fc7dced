"""Prometheus' text format, for the textfile collector of the node exporter: the newest complete judged period only.

There are no timestamps, as the collector asks; ``cxkpi_period_end_seconds`` says which period a figure is of.
``cxkpi_status`` is 1 where the target is met, 0 where it is missed and -1 at or beyond the alarm. Every gauge has the
labels ``metric``, ``variant``, ``unit``, ``every``, and ``by_<name>`` for each dimension, empty for the whole. Figures
of a selection have ``only_<name>`` as well, with the values selected: they are series of their own. Control characters
are U+FFFD, as in CSV.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC

from cxkpi.calendar import midnight_utc
from cxkpi.reports.delimited import shown
from cxkpi.reports.reading import is_judged, newest_judged
from cxkpi.reports.selection import selected
from cxkpi.reports.tidy import limits, named
from cxkpi.result import Result, Row

_STATUS = {"met": 1, "missed": 0, "alarm": -1}
_NOT_IN_A_LABEL = re.compile(r"[^a-zA-Z0-9_]")


def render(result: Result) -> str:
    """The gauges of every line whose newest complete period is judged, and may be shown."""
    rows = [row for row in newest_judged(result) if is_judged(row) and row.reason not in ("withheld", "refused")]
    only = selected(result)
    names = _label_names([*(f"only_{name}" for name in only), *(f"by_{name}" for name in result.by)])
    fixed = {names[f"only_{name}"]: values for name, values in only.items()}
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
    labels = _apart([_labels(row, names, fixed) for row in rows])
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


def _label_names(wanted: Sequence[str]) -> Mapping[str, str]:
    """A label for each dimension; two that would have the same one are told apart by a number."""
    names: dict[str, str] = {}
    for one in wanted:
        base = _NOT_IN_A_LABEL.sub("_", one)
        name, number = base, 2
        while name in names.values():
            name, number = f"{base}_{number}", number + 1
        names[one] = name
    return names


def _labels(row: Row, names: Mapping[str, str], fixed: Mapping[str, str]) -> Mapping[str, str]:
    labels = {"metric": row.metric, "variant": row.variant or "", "unit": row.unit, "every": row.period.every}
    return {**labels, **fixed, **{names[f"by_{dimension}"]: named(value) for dimension, value in row.by.items()}}


def _apart(every: Sequence[Mapping[str, str]]) -> Sequence[str]:
    """The labels as they are written. A collector refuses a series that is there twice, so what differs in characters
    that are not written gets a number."""
    found: dict[str, None] = {}
    for labels in every:
        text, number = _written(labels), 2
        while text in found:
            last = list(labels)[-1]
            text, number = _written({**labels, last: f"{labels[last]}~{number}"}), number + 1
        found[text] = None
    return list(found)


def _written(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    utf8 = shown(text).encode("utf-8", "backslashreplace").decode("utf-8")
    return utf8.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) or (value == int(value) and abs(value) < 1e15) else repr(value)
