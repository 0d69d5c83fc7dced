"""Formulas of a catalogue: their names are its metrics, and no formula stands on itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cxkpi.catalogue.expressions.parser import ColumnScope
from cxkpi.catalogue.expressions.tokens import Fault
from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Path
from cxkpi.documents.spelling import did_you_mean
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.formula import parts

# How many formulas may stand on each other.
MAX_HEIGHT = 20


def scope(metrics: Iterable[str]) -> ColumnScope:
    """What names mean in a formula: the values of the catalogue's metrics."""
    return ColumnScope("this catalogue", dict.fromkeys(metrics, "number"))


def told(text: str, faults: Iterable[Fault], metrics: Iterable[str]) -> list[Fault]:
    """The faults of a formula, with an unknown name called what it is there: a metric."""
    found = []
    for fault in faults:
        if fault.code == "C302":
            name = text[fault.offset :]
            end = next((at for at, one in enumerate(name) if not (one.isalnum() or one in "_.")), len(name))
            message = f"no metric '{name[:end]}'{did_you_mean(name[:end], tuple(metrics))}"
            fault = replace(fault, code="C201", message=message)
        found.append(fault)
    return found


def check_reads(expression: Expression, path: Path, report: Report) -> None:
    """A formula reads at least one metric."""
    if not expression.columns:
        hint = "Write metrics by their names, '0.5 * fcr + 0.5 * csat'."
        report.add("C306", "a formula is about metrics, and this reads none", path, hint)


def check_loops(metrics: Mapping[str, Metric | None], report: Report) -> None:
    """No formula stands on itself, by whatever way, nor on too many others; each loop is told at its first formula."""
    reads = {title: [part for part in parts(metric) if part in metrics] for title, metric in metrics.items() if metric}
    height: dict[str, int] = {}
    for level in range(MAX_HEIGHT + 2):
        ready = [title for title, read in reads.items() if title not in height and all(one in height for one in read)]
        height |= dict.fromkeys(ready, level)
    for title in height:
        if height[title] > MAX_HEIGHT:
            message = f"'{title}' stands on formulas more than {MAX_HEIGHT} levels deep"
            report.add("C208", message, ("metrics", title, "formula"))
    # What has no height stands on a loop. Metrics with a fault of their own have none either, and read nothing.
    left = {title: [one for one in read if one in reads and one not in height] for title, read in reads.items()}
    seen: set[str] = set()
    for title in left:
        way: list[str] = []
        while title not in seen and left[title]:
            seen.add(title)
            way.append(title)
            title = left[title][0]
        if title in way:
            loop = way[way.index(title) :]
            first = min(loop, key=list(left).index)
            loop = loop[loop.index(first) :] + loop[: loop.index(first)]
            message = f"the formula '{first}' reads itself: {' → '.join([*loop, first])}"
            report.add("C208", message, ("metrics", first, "formula"))
