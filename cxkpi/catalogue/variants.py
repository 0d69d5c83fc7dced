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


def with_variants(document: Document, report: Report) -> Document:
    """The document with ``metrics: fcr: variants: any_reason`` also standing at ``metrics: fcr.any_reason``, merged.

    The keys of a variant replace those of its metric whole. Metrics without the form of a mapping are left as they are.
    """
    metrics = document.data.get("metrics")
    if not isinstance(metrics, Mapping):
        return document
    expanded: dict[str, Any] = {}
    written = dict(document.written)
    for name, metric in metrics.items():
        expanded[name] = metric
        variants = metric.get("variants") if isinstance(metric, Mapping) else None
        if not isinstance(variants, Mapping):
            continue
        base: Path = ("metrics", name)
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
            written.update(_moved(document.written, base, ("metrics", title), (*kept, *fixed)))
            written.update(_moved(document.written, path, ("metrics", title), tuple(own)))
            written[("metrics", title)] = document.written[path]
    return replace(document, data={**document.data, "metrics": expanded}, written=written)


def _moved(written: Mapping[Path, Written], source: Path, target: Path, keys: tuple[str, ...]) -> dict[Path, Written]:
    depth = len(source)
    wanted = frozenset(keys)
    return {
        (*target, *path[depth:]): at
        for path, at in written.items()
        if len(path) > depth and path[:depth] == source and path[depth] in wanted
    }
