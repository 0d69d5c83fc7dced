"""Checks over rows: which of them are wrong, how many of how many in each file, and where they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from cxkpi.exports.findings import Finding

LISTED = 100
"""Of so many wrong rows of one kind in one file the place is told."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One place in a file: 1-based physical line, and what stands there."""

    line: int
    example: str


@dataclass(frozen=True, slots=True)
class Spotted:
    """A finding, with the first ``LISTED`` of its places in order of line.

    ``of_all``: of how many rows of all files, also of those in which nothing is wrong; None where that is not known.
    """

    finding: Finding
    spots: tuple[Spot, ...] = ()
    of_all: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong with a row.

    ``wrong``: true where it is; null counts as false. ``detail``: what such rows have, for the finding's wording.
    ``columns``: the canonical columns it touches (``contacts.talk_s``). ``shown``: what an example tells, by name.
    ``masked``: whether that identifies somebody. ``among``: the rows that can have it, all by default.
    """

    code: str
    wrong: pl.Expr
    detail: str
    columns: tuple[str, ...]
    shown: Mapping[str, pl.Expr]
    masked: bool = False
    among: pl.Expr | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows of one table, with columns ``file`` and ``line``, and what is checked of them."""

    table: str
    frame: pl.LazyFrame
    checks: tuple[Check, ...]


def spot(checked: Sequence[Checked], zone: str) -> list[Spotted]:
    """What is wrong in these rows: one finding per check and file.

    Each frame is read once to count; only those with something wrong are read again for the places. ``zone``: of the
    times in examples.
    """
    counts = pl.collect_all([_counted(one) for one in checked])
    wanted = [
        (one, check, dict(wrong), int(counted[f"of{number}"].sum()))
        for one, counted in zip(checked, counts, strict=True)
        for number, check in enumerate(one.checks)
        if (wrong := [(row["file"], (row[f"n{number}"], row[f"of{number}"])) for row in _rows(counted, number)])
    ]
    places = pl.collect_all([_placed(one.frame, check) for one, check, *_ in wanted])
    return [
        _spotted(one.table, check, file, of[file], of_all, spots, zone)
        for (one, check, of, of_all), frame in zip(wanted, places, strict=True)
        for file, spots in frame.sort("file").iter_rows()
    ]


def _counted(checked: Checked) -> pl.LazyFrame:
    sums = [pl.len().alias("rows")]
    for number, check in enumerate(checked.checks):
        sums.append(check.wrong.fill_null(False).sum().alias(f"n{number}"))
        of = pl.len() if check.among is None else check.among.fill_null(False).sum()
        sums.append(of.alias(f"of{number}"))
    return checked.frame.group_by("file").agg(sums)


def _rows(counted: pl.DataFrame, number: int) -> Iterable[Mapping[str, Any]]:
    return counted.filter(pl.col(f"n{number}") > 0).iter_rows(named=True)


def _placed(frame: pl.LazyFrame, check: Check) -> pl.LazyFrame:
    told = pl.struct("line", *(shown.alias(f"_{number}") for number, shown in enumerate(check.shown.values())))
    wrong = frame.filter(check.wrong.fill_null(False)).select("file", "line", told.alias("told"))
    return wrong.group_by("file").agg(pl.col("told").sort_by("line").head(LISTED))


def _spotted(
    table: str,
    check: Check,
    file: str,
    counts: tuple[int, int],
    of_all: int,
    told: Sequence[Mapping[str, Any]],
    zone: str,
) -> Spotted:
    spots = tuple(Spot(one["line"], _example(check, one, zone)) for one in told)
    finding = Finding(
        code=check.code,
        path=file,
        column=table,
        count=counts[0],
        total=counts[1],
        line=spots[0].line,
        example=spots[0].example,
        masked=check.masked,
        detail=check.detail,
        tables=(table,),
        columns=check.columns,
    )
    return Spotted(finding, spots, of_all)


def _example(check: Check, told: Mapping[str, Any], zone: str) -> str:
    values = [(name, told[f"_{number}"]) for number, name in enumerate(check.shown)]
    return ", ".join(f"{name} {written(value, zone)}" for name, value in values if value is not None)


def written(value: object, zone: str) -> str:
    """A value for people: instants in local time, seconds without a needless fraction."""
    if isinstance(value, datetime):
        local = value.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone))
        return local.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def rows_have(finding: Finding) -> str:
    """``acd.csv: 312 of 4,000 rows of contacts have talk longer than the call.``"""
    have = "has" if finding.count == 1 else "have"
    return f"{in_front(finding.path)}{rows_of(finding)} {have} {finding.detail}."


def in_front(path: str) -> str:
    """A path as it stands in front of a sentence; nothing where the sentence is about several files."""
    return f"{path}: " if path else ""


def rows_of(finding: Finding) -> str:
    """``312 of 4,000 rows of contacts``, or ``1 row of contacts`` where it is not known of how many."""
    if finding.total is None:
        return f"{finding.count:,} row{'' if finding.count == 1 else 's'} of {finding.column}"
    return f"{finding.count:,} of {finding.total:,} row{'' if finding.total == 1 else 's'} of {finding.column}"
