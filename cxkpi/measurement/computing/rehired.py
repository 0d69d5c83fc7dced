"""Rehires in tables that did not come through files, where spells of employment are joined as they are read."""

from __future__ import annotations

import polars as pl

from cxkpi.errors import InputError
from cxkpi.exports.joining.spells import merged


def continued(agents: pl.DataFrame) -> pl.DataFrame:
    """Spells of employment, a rehire within a day of leaving joined to the spell before.

    Overlapping spells are a mistake that the files' reader reports; here they are left as they are. So are rows that
    name nobody, of which an example may have any number.
    """
    named = pl.col("agent_id").is_not_null() & pl.col("hired_on").is_not_null()
    known = agents.filter(named)
    if known.height == known.select("source", "agent_id").unique().height:
        return agents
    placed = known.with_columns(pl.lit("").alias("path")).with_row_index("line")
    try:
        joined = merged(placed)
    except InputError:
        return agents
    return pl.concat([joined.select(agents.columns), agents.filter(~named)])
