"""Rows of metrics as a table of the data: its columns first, its rows once they were computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from cxkpi.kinds.definition import MetricRows
from cxkpi.kinds.metric_rows import table_of, withheld_of
from cxkpi.kinds.rows import Data
from cxkpi.measurement.computing.dataset import holds_instants
from cxkpi.tables import Column, Stored, column_at


def declared(
    rule: MetricRows,
    tables: Iterable[str],
    data: Data,
    frame: pl.DataFrame | None = None,
    withheld: pl.DataFrame | None = None,
) -> Data:
    """The data with the table these rows make; as it is where it was declared before.

    ``tables``: those that the metrics read. ``frame``: the rows. Without it the table can be asked about, not read.
    ``withheld``: the rows of which a metric is withheld, a table of their own where there are any.
    """
    if rule.table in data.stored:
        return data
    read = sorted(table for table in tables if table in data.stored)
    per: dict[str, Column] = {}
    for name in rule.per:
        for table in read:
            path = data.path(table, name)
            if path is not None:
                per.setdefault(name, column_at(data.tables, table, path))
    made = table_of(rule, per, data.tables)
    dated = [name for name in read if holds_instants(data.tables[name])]
    firsts = [first for name in dated or read if (first := data.stored[name].first) is not None]
    stored = Stored(
        table=made.name,
        files=(),
        frame=frame,
        supplied=frozenset(made.columns),
        rows=0 if frame is None else frame.height,
        first=min(firsts, default=None),
        through=None,
    )
    found = replace(data, tables={**data.tables, made.name: made}, stored={**data.stored, made.name: stored})
    if withheld is None or withheld.is_empty():
        return found
    name = withheld_of(rule.table)
    others = replace(stored, table=name, frame=withheld, rows=withheld.height)
    tables_too = {**found.tables, name: replace(made, name=name)}
    return replace(found, tables=tables_too, stored={**found.stored, name: others})
