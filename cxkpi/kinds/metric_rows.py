"""Metrics as a table: its columns, and through which of them further tables are looked up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cxkpi.kinds.definition import MetricRows
from cxkpi.tables import Column, Lookup, Table

START, END, LAST_DAY = "start", "end", "last_day"

# What stands beside a metric's value; each is the metric's name, _ and one of these.
BESIDE: Mapping[str, Column] = {
    "n": Column("number"),
    "target": Column("number"),
    "alarm": Column("number"),
    "status": Column("text"),
    "rank": Column("number"),
    "complete": Column("boolean"),
}


def withheld_of(table: str) -> str:
    """The name of the table that holds those of the rows of which a metric is withheld."""
    return f"{table}: withheld"


def column_of(title: str) -> str:
    """The column that holds a metric's value: ``fcr_any_reason`` for ``fcr.any_reason``."""
    return title.replace(".", "_")


def entity_of(name: str) -> str:
    """The column that holds an entity: ``site`` for ``agent.site``."""
    return name.rpartition(".")[2]


def names_of(rule: MetricRows) -> list[str]:
    """Every column of the table, in order; one that two parts of the rule give stands there twice."""
    values = [column_of(title) for title in rule.metrics]
    beside = [f"{value}_{what}" for value in values for what in BESIDE]
    return [*(entity_of(name) for name in rule.per), START, END, LAST_DAY, *values, *beside]


def table_of(rule: MetricRows, per: Mapping[str, Column], tables: Mapping[str, Table]) -> Table:
    """The declared table of metric rows: one row per entity and period.

    A row's time is the last day of its period, so that a row never joins a month after that month was complete.
    ``per``: the columns that name an entity, as the tables of the metrics declare them; text where one is not known.
    Tables that others look up by such a column are looked up from here too.
    """
    columns = {entity_of(name): per.get(name, Column("text")) for name in rule.per}
    columns |= {name: Column("date") for name in (START, END, LAST_DAY)}
    for title in rule.metrics:
        value = column_of(title)
        columns |= {value: Column("number"), **{f"{value}_{what}": column for what, column in BESIDE.items()}}
    return Table(
        name=rule.table,
        row="one entity in one period",
        key=(*(entity_of(name) for name in rule.per), START),
        time=(LAST_DAY,),
        columns=columns,
        lookups=_lookups([entity_of(name) for name in rule.per], tables.values()),
    )


def _lookups(entities: Iterable[str], tables: Iterable[Table]) -> Mapping[str, Lookup]:
    found: dict[str, Lookup] = {}
    declared = [(name, lookup) for table in tables for name, lookup in table.lookups.items()]
    for entity in entities:
        for name, lookup in declared:
            if lookup.on == entity:
                found.setdefault(name, lookup)
    return found
