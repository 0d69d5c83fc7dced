"""Legs of all files of one profile folded to contacts, a part of the contacts at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from cxkpi.exports.findings import Finding
from cxkpi.exports.joining import chains, folding
from cxkpi.exports.one_file import Part, write_part
from cxkpi.exports.profile import Legs
from cxkpi.tables import POLARS_TYPES, Table

_LEGS_AT_ONCE = 1_000_000
_AT = ("source", "file", "line", "leg_id")
_LINKS = ("source", "leg_id", "leg_previous", "file", "line")


@dataclass(frozen=True, slots=True)
class Folded:
    """What the legs became: tables ``contacts`` and ``legs``, and the columns that are supplied by it."""

    parts: Mapping[str, tuple[Part, ...]]
    supplied: Mapping[str, frozenset[str]]
    findings: tuple[Finding, ...]


def fold_legs(
    files: Sequence[Path],
    legs: Legs,
    tables: Mapping[str, Table],
    place: Callable[[str], Path],
    supplied: set[str],
) -> Folded:
    """Fold legs that stand in ``files``, of which no two are versions of one another.

    ``place`` gives the file for the next part of a table. ``supplied``: the columns of contacts that some rule fills.
    """
    findings: list[Finding] = []
    heads = None
    if legs.previous is not None:
        links = pl.scan_parquet(list(files)).select(_LINKS).collect()
        found = chains.resolve(links)
        findings.extend(found.findings)
        heads = (
            links.select(_AT).with_columns(found.root.alias("contact_id"), found.depth.alias("leg_depth")).unique(_AT)
        )
    count = int(pl.scan_parquet(list(files)).select(pl.len()).collect().item())
    parts = max(1, -(-count // _LEGS_AT_ONCE))
    written: dict[str, list[Part]] = {"contacts": [], "legs": []}
    for part in range(parts):
        some = _some(files, heads, part, parts)
        contacts, rows = folding.fold(some, legs.keep, legs.order, parts=legs.parts, events=legs.events)
        findings.extend(folding.open_ended(some, contacts))
        written["contacts"].append(write_part(contacts, tables["contacts"], place("contacts")))
        if legs.parts:
            written["legs"].append(write_part(_complete(rows, tables["legs"]), tables["legs"], place("legs")))
    of_legs = {name for name, column in folding.PART_COLUMNS.items() if column in supplied} | {"leg_no"}
    filled = {"contacts": frozenset(supplied | folding.ADDED), "legs": frozenset(of_legs)}
    return Folded({name: tuple(made) for name, made in written.items() if made}, filled, tuple(findings))


def _some(files: Sequence[Path], heads: pl.DataFrame | None, part: int, parts: int) -> pl.DataFrame:
    """All legs of some of the contacts."""
    scan = pl.scan_parquet(list(files))
    if heads is not None:
        scan = scan.drop("contact_id").join(heads.lazy(), on=_AT, how="left", nulls_equal=True)
    if parts > 1:
        scan = scan.filter(pl.struct("source", "contact_id").hash(3) % parts == part)
    return scan.collect()


def _complete(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Rows with the columns that a catalogue adds to the table, which no leg fills."""
    lacking = {name: column for name, column in table.columns.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, POLARS_TYPES[column.type]).alias(name) for name, column in lacking.items())
