"""``cxkpi metrics -f json``: every definition for programs. Its keys and their order are a promise (``format``: 1).

``target`` and ``alarm`` are as stored, shares as fractions; ``formula`` are sentences. ``available`` is null where no
exports were given; ``lacks`` names a column, or a whole table where ``column`` is null, and the shipped profiles whose
exports give it. One metric stands on each line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxkpi.catalogue.meaning.words import Card
from cxkpi.measurement.checking.allowed import Allowance
from cxkpi.reports.json import dump, lines

FORMAT = 1


def render(path: str, digest: str, cards: Sequence[Card], allowed: Mapping[str, Allowance] | None) -> str:
    """The definitions as JSON text with one trailing newline; ``path`` and ``digest`` are of the catalogue."""
    parts = [f'"format": {FORMAT}', f'"catalogue": {dump({"path": path, "hash": digest})}']
    parts.append(f'"metrics": {lines([dump(_card(card, allowed)) for card in cards])}')
    return "{" + ",\n ".join(parts) + "}\n"


def _card(card: Card, allowed: Mapping[str, Allowance] | None) -> dict[str, Any]:
    metric = card.metric
    return {
        "metric": metric.name,
        "variant": metric.variant,
        "label": metric.label,
        "kind": metric.kind,
        "definition": metric.definition,
        "unit": metric.unit,
        "better": metric.better,
        "target": _limits(metric.target),
        "alarm": _limits(metric.alarm),
        "targets": list(card.targets),
        "family": metric.family,
        "objective": metric.objective,
        "description": metric.description,
        "source": metric.source,
        "owner": metric.owner,
        "aka": list(metric.aka),
        "private": metric.private,
        "formula": list(card.formula),
        "fields": [{"table": table, "name": name, "is": text} for table, name, text in card.fields],
        "parameters": [{"key": key, "value": value, "default": not given} for key, value, given in card.parameters],
        "versions": [{"since": since, "differs": text} for since, text in card.versions],
        "variants": [
            {"metric": title, "label": label, "differs": dict(differs)} for title, label, differs in card.variants
        ],
        "columns": {table: list(names) for table, names in card.columns.items()},
        "reads": list(card.reads),
        "read_by": list(card.read_by),
        "guards": list(metric.guards),
        "guarded_by": list(card.guarded_by),
        "examples": [
            {
                "name": sample.name,
                "given": {
                    table: [dict(zip(names, row, strict=True)) for row in rows] for table, names, rows in sample.given
                },
                **dict(sample.settings),
                "expect": dict(sample.expect),
            }
            for sample in card.examples
        ],
        "place": None if metric.place is None else str(metric.place),
        "available": None if allowed is None else _allowance(allowed[metric.title]),
    }


def _limits(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _allowance(one: Allowance) -> dict[str, Any]:
    return {
        "computable": one.computable,
        "why": one.why,
        "lacks": [
            {"table": lack.table, "column": lack.column, "needed": list(lack.needed), "profiles": list(lack.profiles)}
            for lack in one.lacks
        ],
    }
