"""people.csv and customers.csv: not canonical tables, but read and accounted for the same way."""

from __future__ import annotations

from collections.abc import Mapping

from cxkpi.tables import Column, Table

_id = Column("text", role="identifier")

IDENTITY: Mapping[str, Table] = {
    "people": Table(
        name="people",
        row="one login of one agent in one system, first and last day included",
        key=("agent_id", "system", "login", "from"),
        time=(),
        columns={
            "agent_id": _id,
            "system": Column("text"),
            "login": _id,
            "from": Column("date"),
            "to": Column("date"),
        },
    ),
    "customers": Table(
        name="customers",
        row="one login, number or address of one customer in one system",
        key=("customer_id", "system", "login"),
        time=(),
        columns={"customer_id": _id, "system": Column("text"), "login": _id},
    ),
}
