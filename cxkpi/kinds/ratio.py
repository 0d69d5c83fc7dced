"""Kind ``ratio``: one sum over another, each of its own rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import compress
from operator import and_, or_
from typing import Literal

import narwhals as nw

from cxkpi.calendar import Calendar
from cxkpi.kinds import stock
from cxkpi.kinds.base import (
    FEW_CLUSTERS,
    GRAIN,
    Branch,
    Cells,
    Figure,
    Window,
    cluster_keys,
    few_clusters_note,
    flag,
    grains,
    judged,
    maturity,
    never_negative,
    of_age,
    only,
    reads,
    squarable,
    waiting,
)
from cxkpi.kinds.definition import Metric, Term
from cxkpi.kinds.rows import Data, Rows
from cxkpi.kinds.stretches import began, counts, needed, once, part_of, stretches, told_apart
from cxkpi.kinds.total import distinct, identity
from cxkpi.stats.intervals import poisson_exact, ratio_interval


@dataclass(frozen=True, slots=True)
class Spec:
    numerator: Term
    denominator: Term
    annualise: Literal["months", "days"] | None = None


SHORTEST_ANNUALISED_DAYS = 28


def branches(metric: Metric, data: Data) -> Mapping[str, Branch]:
    spec: Spec = metric.spec
    if _same_rows(spec, data):
        return {"rows": _pair(metric)}
    return {"above": _term(metric, data, spec.numerator), "below": _term(metric, data, spec.denominator)}


def _same_rows(spec: Spec, data: Data) -> bool:
    above, below = spec.numerator, spec.denominator
    summed = all(term.stock is None and term.distinct is None for term in (above, below))
    if not summed or above.from_ != below.from_:
        return False
    if stretches(above.at) != stretches(below.at) or above.as_ != below.as_:
        return False
    return data.time_paths(above.from_, began(above.at)) == data.time_paths(below.from_, began(below.at))


def _is_share(metric: Metric) -> bool:
    """Whether the value is a share of the denominator, and no number or rate."""
    return metric.unit == "percent" and metric.spec.annualise is None


def _amount(term: Term, rows: Rows) -> nw.Expr:
    """What a row adds: whole grains of its sum, or one row."""
    if term.sum is None:
        return nw.lit(1, nw.Int128)
    return rows.named(part_of(grains(rows.read(term.sum)), term.at))


def _grain(term: Term) -> int:
    return GRAIN if term.sum is not None else 1


def _pair(metric: Metric) -> Branch:
    """Both terms over one table: a row with a null in either is out of both."""
    spec: Spec = metric.spec
    above, below = spec.numerator, spec.denominator
    above_grain, below_grain = _grain(above), _grain(below)
    shared = _is_share(metric)

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        in_above, in_below = rows.true(above.where), rows.true(below.where)
        y, x = _amount(above, rows), _amount(below, rows)
        either = rows.named(in_above | in_below)
        # What is only counted adds one, which is neither null nor large.
        summed = [term.sum is not None for term in (above, below)]
        unknowns = [*compress((in_above & y.is_null(), in_below & x.is_null()), summed)] or [nw.lit(False)]
        unknown = rows.named(reduce(or_, unknowns), 2)
        counted = rows.named(of_age(metric, rows, ~unknown), 3)
        y_counted = rows.named(only(in_above & counted, y), 4)
        x_counted = rows.named(only(in_below & counted, x), 4)
        # The parts of a stretch are no rows of their own, so an interval over rows has nothing to square.
        whole = stretches(below.at) is None
        smalls = [squarable(one) for one in compress((y_counted, x_counted), summed)] or [nw.lit(True)]
        small = rows.named(reduce(and_, smalls), 5) if whole else nw.lit(False)
        return {
            **counts(in_below & counted, below.at),
            "y": y_counted,
            "x": x_counted,
            "yy": only(small, y_counted * y_counted),
            "xy": only(small, x_counted * y_counted),
            "xx": only(small, x_counted * x_counted),
            "big": flag(~small),
            **({"negative": flag((y_counted < 0) | (x_counted < 0))} if never_negative(metric) else {}),
            **({"beyond": flag(y_counted * below_grain > x_counted * above_grain)} if shared else {}),
            "rows": flag(either & counted),
            **waiting(metric, rows, once(either, below.at)),
            "missing": flag(once(of_age(metric, rows, either & unknown), below.at)),
        }

    return Branch(
        below.from_,
        began(below.at),
        reads(above.where, above.sum, below.where, below.sum) | needed(below.at),
        adds,
        below.where,
        keys=(*cluster_keys(metric), *told_apart(below.at)),
        derived=told_apart(below.at),
        step=stretches(below.at),
        as_=below.as_,
    )


def _term(metric: Metric, data: Data, term: Term) -> Branch:
    if term.stock is not None:
        return stock.spells(data, term.from_, term)

    def adds(rows: Rows) -> Mapping[str, nw.Expr]:
        member, old_enough = rows.true(term.where), judged(metric, rows)
        amount = rows.column(term.distinct) if term.distinct is not None else _amount(term, rows)
        counted = member & ~amount.is_null() & old_enough
        sums = {
            **counts(counted, term.at),
            "immature": flag(once(member & ~old_enough, term.at)),
            "missing": flag(once(member & amount.is_null() & old_enough, term.at)),
        }
        return sums if term.distinct is not None else {**sums, "x": only(counted, amount)}

    keys = () if term.distinct is None else identity(data, term.from_, term.distinct)
    needs = reads(term.where, term.sum) | frozenset(keys) | needed(term.at)
    split = told_apart(term.at)
    return Branch(
        term.from_,
        began(term.at),
        needs,
        adds,
        term.where,
        keys=(*keys, *split),
        derived=split,
        step=stretches(term.at),
        as_=term.as_,
    )


def figures(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    return _over_same_rows(metric, cells) if _same_rows(spec, cells.data) else _over_two_tables(metric, cells)


def _over_same_rows(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    above, below = _grain(spec.numerator), _grain(spec.denominator)
    totals = cells.totals("rows")
    clusters = None if metric.cluster is None or not cells.limits else cells.clusters("rows", metric.cluster, "y", "x")
    found = []
    for cell, (sums, window) in enumerate(zip(totals, cells.windows, strict=True)):
        y, x = sums.get("y", 0), sums.get("x", 0)
        notes: tuple[str, ...] = ()
        moments = (sums.get("rows", 0), sums.get("yy", 0), sums.get("xy", 0), sums.get("xx", 0))
        if clusters is not None and clusters[cell][0] >= FEW_CLUSTERS:
            moments = clusters[cell]
        elif clusters is not None:
            notes = (few_clusters_note(metric),)
        factor, refused = _factor(spec, window, cells.data.calendar)
        limits = None
        over_rows = clusters is None or clusters[cell][0] < FEW_CLUSTERS
        if x and not refused and cells.limits and not (over_rows and sums.get("big")):
            count, yy, xy, xx = moments
            limits = ratio_interval(
                count, y * below, x * above, yy * below**2, xy * above * below, xx * above**2, metric.confidence
            )
        if limits is not None and never_negative(metric) and not sums.get("negative"):
            # Of parts none of which is below nothing, or more than its whole, no other sum can be.
            above_one = not _is_share(metric) or sums.get("beyond")
            limits = max(0.0, limits[0]), limits[1] if above_one else min(1.0, limits[1])
        found.append(
            Figure(
                n=sums.get("n", 0),
                value=y * below * factor / (x * above) if x and not refused else None,
                low=None if limits is None else limits[0] * factor,
                high=None if limits is None else limits[1] * factor,
                numerator=_in_units(y, above),
                denominator=_in_units(x, below),
                immature=sums.get("immature", 0),
                missing=sums.get("missing", 0),
                reason="empty" if not x else "refused" if refused else None,
                notes=notes if limits is not None else ((_TOO_SHORT,) if refused else ()),
            )
        )
    return found


_TOO_SHORT = f"a period under {SHORTEST_ANNUALISED_DAYS} days is not annualised"


def _over_two_tables(metric: Metric, cells: Cells) -> list[Figure]:
    spec: Spec = metric.spec
    above = _read(spec.numerator, cells, "above")
    below = _read(spec.denominator, cells, "below")
    found = []
    for (y, y_over, _, sums_above), (x, x_over, n, sums_below), window in zip(above, below, cells.windows, strict=True):
        factor, refused = _factor(spec, window, cells.data.calendar)
        usable = x != 0 and x_over != 0 and y_over != 0
        value = low = high = None
        if usable and not refused:
            scale = x_over * factor / (x * y_over)
            value = y * scale
            if spec.denominator.stock is not None and spec.numerator.count is not None:
                limits = poisson_exact(y, metric.confidence)
                low, high = limits[0] * scale, limits[1] * scale
        found.append(
            Figure(
                n=n,
                value=value,
                low=low,
                high=high,
                numerator=_in_units(y, y_over) if y_over else None,
                denominator=_in_units(x, x_over) if x_over else None,
                immature=sums_above.get("immature", 0) + sums_below.get("immature", 0),
                missing=sums_above.get("missing", 0) + sums_below.get("missing", 0),
                reason="empty" if not usable else "refused" if refused else None,
                notes=(_TOO_SHORT,) if usable and refused else (),
            )
        )
    return found


def _in_units(amount: int, grain: int) -> float:
    """A sum in the term's own unit; a count stays whole."""
    return amount if grain == 1 else amount / grain


def _read(term: Term, cells: Cells, branch: str) -> list[tuple[int, int, int, Mapping[str, int]]]:
    """Per cell (sum, over, n, all sums): the term is sum / over."""
    totals = cells.totals(branch)
    if term.stock is not None:
        return [
            (
                *stock.read(
                    sums, stock.earlier(window, term.ago, cells.data.calendar), term.stock, cells.data.calendar
                ),
                sums.get("open", 0),
                sums,
            )
            for sums, window in zip(totals, cells.windows, strict=True)
        ]
    if term.distinct is not None:
        keys = identity(cells.data, term.from_, term.distinct)
        counts = distinct(cells.frames[branch], keys, len(totals))
        return [(count, 1, sums.get("n", 0), sums) for count, sums in zip(counts, totals, strict=True)]
    return [(sums.get("x", 0), _grain(term), sums.get("n", 0), sums) for sums in totals]


def _factor(spec: Spec, window: Window, calendar: Calendar) -> tuple[float, bool]:
    """What annualising multiplies by, and whether the elapsed days are too few for it.

    ``months``: 12 / whole months. Where the elapsed days are not whole months, and for ``days``: 365 / days.
    """
    if spec.annualise is None:
        return 1.0, False
    days = (window.until - window.start).days
    if days < SHORTEST_ANNUALISED_DAYS:
        return 1.0, True
    months = calendar.whole_months(window.start, window.until)
    if spec.annualise == "months" and months:
        return 12 / months, False
    return 365 / days, False


def window(metric: Metric) -> tuple[tuple[str, ...], float] | None:
    return maturity(metric, metric.spec.denominator.from_)
