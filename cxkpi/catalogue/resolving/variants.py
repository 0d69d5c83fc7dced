"""Variants written out: each becomes a metric of its own that still knows where every key of it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cxkpi.catalogue.report import Report
from cxkpi.documents.places import Document, Path, Written

# A variant is the same metric, of the same kind and unit. What names or proves one metric is not another's.
FIXED = ("kind", "unit")
NOT_INHERITED = ("variants", "examples", "aka")
# Each is written out and read as a metric of its own: generous for people, and a second for a machine.
MAX_OF_ONE, MAX_IN_ALL = 200, 1_000


def with_variants(document: Document, report: Report) -> Document:
    """The document with ``metrics: fcr: variants: any_reason`` also standing at ``metrics: fcr.any_reason``, merged.

    The keys of a variant replace those of its metric whole. Metrics without the form of a mapping are left as they are.
    """
    metrics = document.data.get("metrics")
    if not isinstance(metrics, Mapping):
        return document
    expanded: dict[str, Any] = {}
    written = dict(document.written)
    parts = by_metric(document)
    left = MAX_IN_ALL
    for name, metric in metrics.items():
        if "." in str(name):
            whole, _, last = str(name).rpartition(".")
            instead = f"Write it as '{last}' under 'variants' of '{whole}'."
            report.add("C108", f"'{name}' is not a name and cannot be a metric", ("metrics", name), instead, key=True)
            continue
        expanded[name] = metric
        variants = metric.get("variants") if isinstance(metric, Mapping) else None
        if not isinstance(variants, Mapping):
            continue
        base: Path = ("metrics", name)
        if too_many(len(variants), left, "variants", (*base, "variants"), report):
            continue
        left -= len(variants)
        for variant, override in variants.items():
            path: Path = (*base, "variants", variant)
            if not isinstance(override, Mapping):
                continue
            for key in (*FIXED, "variants"):
                if key in override:
                    message = f"a variant cannot have its own '{key}'"
                    hint = "Define another metric and give both the same 'family'." if key in FIXED else None
                    report.add("C109", message, (*path, key), hint, key=True)
            kept = {key: value for key, value in metric.items() if key not in override and key not in NOT_INHERITED}
            title = f"{name}.{variant}"
            own = {key: value for key, value in override.items() if key not in (*FIXED, "variants")}
            fixed = {key: metric[key] for key in FIXED if key in metric}
            # The order of the metric's own keys is kept, so that messages about both are the same.
            expanded[title] = {**kept, **own, **fixed}
            here = {steps: at for steps, at in parts[name].items() if steps[0] in kept or steps[0] in fixed}
            there = {
                steps[2:]: at
                for steps, at in parts[name].items()
                if len(steps) > 2 and steps[:2] == ("variants", variant) and steps[2] in own
            }
            written |= {("metrics", title, *steps): at for steps, at in {**here, **there}.items()}
            written[("metrics", title)] = document.written[path]
    return replace(document, data={**document.data, "metrics": expanded}, written=written)


def too_many(count: int, left: int, what: str, path: Path, report: Report, most: int = MAX_OF_ONE) -> bool:
    """Whether a metric has more variants or versions than are read, or than are left in all; that is reported."""
    if count <= min(most, left):
        return False
    message = (
        f"a metric has at most {most} {what}, not {count:,}"
        if count > most
        else f"a catalogue has at most {MAX_IN_ALL:,} {what} in all, and this goes beyond"
    )
    hint = "Cut one metric by a dimension instead (--by), or read several catalogues." if what == "variants" else None
    report.add("C008", message, path, hint, key=True)
    return True


def by_metric(document: Document) -> Mapping[str, Mapping[Path, Written]]:
    """By title where everything below a metric was written, by path from it."""
    found: dict[str, dict[Path, Written]] = {str(title): {} for title in document.data["metrics"]}
    for path, at in document.written.items():
        if len(path) > 2 and path[0] == "metrics":
            found.setdefault(str(path[1]), {})[path[2:]] = at
    return found
