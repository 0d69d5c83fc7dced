"""The rows a metric reads, and the conditions they are judged by, as the checks of its meaning look at them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cxkpi.catalogue.expressions.emptiness import Row, possible
from cxkpi.catalogue.grammar import key_of
from cxkpi.documents.places import Path
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.expression import Expression
from cxkpi.tables import Table

# Conditions of success, by the name of their field in a kind's Spec.
_JUDGING = ("meets", "for_", "against")
# A stretch that was recorded has begun.
ALWAYS_THERE = frozenset({"started_at"})


def expressions(value: Any, path: Path) -> Iterator[tuple[Path, Expression]]:
    """Every expression of a spec, with the path it was written at."""
    if isinstance(value, Expression):
        yield path, value
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from expressions(getattr(value, field.name), (*path, key_of(field.name)))


@dataclass(frozen=True, slots=True)
class Population:
    """Rows of one table that a metric reads: at ``path`` in the catalogue, those where ``where`` holds.

    ``judging``: the conditions of success, by key. ``at``: the time they fall into periods by, where it is named.
    """

    path: Path
    table: str
    where: Expression | None
    judging: Mapping[str, Expression]
    at: str | None = None

    def excludes(self, row: Row) -> bool:
        """Whether such a row is never in it."""
        return self.where is not None and True not in possible(self.where.root, row)


def populations(metric: Metric, tables: Mapping[str, Table]) -> Iterator[Population]:
    """The rows of tables that a metric reads, one population for each term of a ratio."""
    return (one for one in every_population(metric) if one.table in tables)


def every_population(metric: Metric) -> Iterator[Population]:
    """The same with rows of metrics among them."""
    path: Path = ("metrics", metric.title)
    terms = [(key, getattr(metric.spec, key, None)) for key in ("numerator", "denominator")]
    specs = [((*path, key), term) for key, term in terms if term is not None] or [(path, metric.spec)]
    for place, spec in specs:
        table = getattr(spec, "from_", None)
        if isinstance(table, str):
            found = {name: getattr(spec, name, None) for name in _JUDGING}
            judging = {key_of(name): one for name, one in found.items() if isinstance(one, Expression)}
            at = getattr(spec, "at", None)
            named = at if isinstance(at, str) else None
            yield Population(place, table, getattr(spec, "where", None), judging, named)
