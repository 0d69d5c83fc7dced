"""One rule over one column of cells, by a profile with nothing else in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from cxkpi.exports.layout.recognise import Layout
from cxkpi.exports.profile_file import parse
from cxkpi.exports.rows import Made, make
from cxkpi.tables import TABLES

HEAD = "profile: t.x\nsystem: t\nmatch: {headings: [Id]}\n"


def profile(rules: str, table: str = "contacts", top: str = "") -> str:
    """A profile of one table; ``rules``: one per line. ``top``: further keys."""
    lines = "".join(f"    {rule}\n" for rule in rules.splitlines())
    return f"{HEAD}{top}tables:\n  {table}:\n{lines}"


def made(text: str, columns: dict[str, Sequence[str | None]], timezone: str = "UTC", *, decisions: Any = None) -> Made:
    """What a profile makes of a file with these columns."""
    known = parse(text, "t.yaml", TABLES, "user")
    headings = tuple(columns)
    height = len(next(iter(columns.values())))
    cells = pl.DataFrame(
        {f"c{n}": pl.Series(values, dtype=pl.String) for n, values in enumerate(columns.values())}
    ).with_columns(pl.int_range(2, height + 2, dtype=pl.Int64).alias("line"))
    layout = Layout(known, ",", headings, 0, 1, 0)
    return make("x.csv", cells, layout, known, TABLES, timezone, decisions)


def read(
    rule: str, cells: Sequence[str | None], column: str, timezone: str = "UTC", **more: Sequence[str]
) -> list[Any]:
    """The values of one column; ``more``: further columns of the file. Records that are rejected give none."""
    ids = [f"c{n}" for n in range(len(cells))]
    became = made(profile(f"contact_id: Id\n{column}: {rule}"), {"Id": ids, "C": cells, **more}, timezone)
    return became.tables["contacts"][column].to_list()


def codes(became: Made) -> list[tuple[str, str, int | None]]:
    """Code, column and line of every finding."""
    return [(one.code, one.column, one.line) for one in became.findings]
