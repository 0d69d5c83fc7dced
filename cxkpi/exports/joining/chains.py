"""Chains of legs: exports that name for each leg the one before it, and nothing for the contact as a whole.

The contact is the head of the chain, found by pointer doubling: after k steps every leg points 2^k legs back, so that
a chain of a million legs takes twenty steps over whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from cxkpi.exports.findings import Finding, register


def _said_headless(one: Finding) -> str:
    legs, go = ("1 leg", "goes") if one.count == 1 else (f"{one.count:,} legs", "go")
    return (
        f"{one.path}: {legs} of {one.total:,} {go} back to a leg that is in no file (the first on line {one.line}); "
        "the missing one stands for the contact. The export before may hold it."
    )


def _said_circular(one: Finding) -> str:
    legs, lead = ("1 leg", "leads") if one.count == 1 else (f"{one.count:,} legs", "lead")
    return (
        f"{one.path}: {legs} of {one.total:,} {lead} into a circle of legs, each before the other (the first on line "
        f"{one.line}); the smallest id of the circle stands for the contact."
    )


HEADLESS = register("F451", "warning", True, _said_headless)
CIRCULAR = register("F452", "warning", True, _said_circular)

_NODE = ["source", "leg_id"]
_FOUND = {"source": pl.String, "leg_id": pl.String, "root": pl.String, "depth": pl.UInt32}


@dataclass(frozen=True, slots=True)
class Chains:
    """In the order of the legs: ``root``, the id of the chain's head, and ``depth``, steps from it (0 in a circle)."""

    root: pl.Series
    depth: pl.Series
    findings: tuple[Finding, ...]


def roots(id_: pl.Series, previous: pl.Series) -> pl.Series:
    """The head of each leg's chain.

    A leg without ``previous``, or that names itself, is a head. A chain that leads to an id which is not among the legs
    has that id as its head; one that leads into a circle the smallest id (in the order of text) of the circle.
    """
    here = pl.lit("")
    legs = pl.DataFrame({"leg_id": id_, "leg_previous": previous})
    return resolve(legs.with_columns(here.alias("source"), here.alias("file"), pl.lit(0).alias("line"))).root


def resolve(legs: pl.DataFrame) -> Chains:
    """The chains of every source by itself; as ``followers``, but for each of the legs, in their order."""
    found, findings = followers(legs.lazy())
    ids = legs.select("source", "leg_id")
    every = ids.join(found, on=["source", "leg_id"], how="left", maintain_order="left")
    whole = every.select(pl.coalesce("root", "leg_id").alias("root"), pl.col("depth").fill_null(0))
    return Chains(whole["root"], whole["depth"], findings)


def followers(legs: pl.LazyFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """The heads of those legs that follow another one: source, leg_id, root, depth; and what is wrong with chains.

    ``legs``: source, leg_id, leg_previous, file, line, of all files, since a chain may go on in the next one. Only legs
    that follow another one are held in memory; of a file with transfers that is a small part.
    """
    links = legs.filter(pl.col("leg_previous") != pl.col("leg_id")).select(*_NODE, "leg_previous", "file", "line")
    following = links.collect()
    ends = following.select("source", pl.col("leg_previous").alias("leg_id")).unique()
    ends = ends.join(following, on=_NODE, how="anti")
    known = legs.select(_NODE).join(ends.lazy(), on=_NODE, how="semi").unique().collect(engine="streaming")
    parts = []
    for (source,), part in following.group_by("source"):
        heads = ends.filter(pl.col("source") == source)["leg_id"]
        there = known.filter(pl.col("source") == source)["leg_id"]
        parts.append(_headed(part, heads, there))
    if not parts:
        return pl.DataFrame(schema=_FOUND), ()
    found = pl.concat(parts)
    totals = dict(legs.group_by("file").len().collect().iter_rows())
    placed = following.join(found, on=_NODE, how="left")
    findings = (
        *_findings(placed.filter("headless"), totals, HEADLESS),
        *_findings(placed.filter("circular"), totals, CIRCULAR),
    )
    return found.select(list(_FOUND)).sort(_NODE), findings


def _findings(legs: pl.DataFrame, totals: Mapping[str, int], code: str) -> Iterable[Finding]:
    for part in legs.sort("file", "line").partition_by("file", maintain_order=True):
        path = str(part["file"][0])
        yield Finding(
            code,
            path=path,
            count=part.height,
            total=totals[path],
            line=int(part["line"][0]),
            example=str(part["leg_id"][0]),
            masked=True,
            tables=("contacts",),
            columns=("contacts.contact_id",),
        )


def _headed(following: pl.DataFrame, heads: pl.Series, there: pl.Series) -> pl.DataFrame:
    """root, depth, headless and circular of each leg of one source that follows another.

    ``heads``: ids that are followed and follow nothing; ``there``: those of them that are legs.
    """
    # Where a leg is told twice with different ones before it, the smaller counts.
    links = following.group_by(_NODE).agg(pl.col("leg_previous").min())
    nodes = pl.concat([links["leg_id"], heads]).sort().alias("leg_id").to_frame().with_row_index("node")
    parent = nodes.join(links, on="leg_id", how="left", maintain_order="left").join(
        nodes.select(pl.col("leg_id").alias("leg_previous"), pl.col("node").alias("parent")),
        on="leg_previous",
        how="left",
        maintain_order="left",
    )
    steps = parent.select(pl.coalesce("parent", "node")).to_series()
    end, depth = _doubled(steps)
    turning = steps.gather(end) != end
    root = nodes["leg_id"].gather(_circled(steps, end, turning))
    return (
        parent.select("source", "leg_id")
        .with_columns(
            root.alias("root"),
            depth.zip_with(~turning, pl.zeros(nodes.height, dtype=pl.UInt32, eager=True)).alias("depth"),
            turning.alias("circular"),
            (~turning & ~root.is_in(there.implode())).alias("headless"),
        )
        .drop_nulls("source")
    )


def _doubled(steps: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Where each node ends, and after how many steps; nodes that turn in a circle end somewhere on it."""
    to = steps
    depth = (steps != pl.int_range(steps.len(), dtype=pl.UInt32, eager=True)).cast(pl.UInt32)
    for _ in range(steps.len().bit_length()):
        further = to.gather(to)
        if (further == to).all() and (steps.gather(to) == to).all():
            break
        depth = depth + depth.gather(to)
        to = further
    return to, depth


def _circled(steps: pl.Series, root: pl.Series, turning: pl.Series) -> pl.Series:
    """``root`` with the smallest node of its circle for every node that leads into one."""
    if not turning.any():
        return root
    lowest, to = pl.int_range(steps.len(), dtype=pl.UInt32, eager=True), steps
    for _ in range(steps.len().bit_length()):
        lowest = pl.select(pl.min_horizontal(lowest, lowest.gather(to))).to_series()
        to = to.gather(to)
    return lowest.gather(root).zip_with(turning, root)
