"""How much of what metrics need is there: filled columns by file, surveys against contacts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from cxkpi.exports.findings import Finding, register
from cxkpi.measurement.doctor.days import own_time
from cxkpi.measurement.doctor.spots import in_front
from cxkpi.tables import Stored, Table


def _empty(finding: Finding) -> str:
    return (
        f"{in_front(finding.path)}{finding.column} is empty in all {finding.count:,} rows, and filled in other files "
        "of its kind."
    )


def _sparse(finding: Finding) -> str:
    return f"only {finding.detail} of {finding.total:,} contacts have a {finding.column.partition('.')[2]}."


def _plain(finding: Finding) -> str:
    return f"{finding.detail}."


EMPTY_HERE = register("F652", "warning", False, _empty)
SPARSE = register("F653", "warning", False, _sparse)
BEFORE_SURVEYS = register("F654", "warning", False, _plain)
AFTER_SURVEYS = register("F655", "warning", False, _plain)
ONLY_ANSWERS = register("F656", "note", False, _plain)
APART = register("F657", "error", False, _plain)

_FEWEST_ROWS = 20
_SPARSE = 0.5
# Surveys are sent some days late, and small samples miss a day.
_LATE = timedelta(days=7)
_LATE_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Filled:
    """How many rows of a table have a value in a column. ``of``: rows that can have one, answered contacts for some."""

    table: str
    column: str
    count: int
    of: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where no row can have a value."""
        return self.count / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Responses:
    """Surveys against contacts.

    ``contacts``: rows, ``surveyed``: of these, those some invitation names. ``invitations``; ``responses``: answered
    ones. ``contact_days`` and ``response_days``: first and last local day, without far dates.
    """

    contacts: int
    surveyed: int
    invitations: int
    responses: int
    contact_days: tuple[date, date] | None
    response_days: tuple[date, date] | None
    named: int = 0
    """How many contacts invitations name, known ones and others."""


def filled(stored: Mapping[str, Stored], tables: Mapping[str, Table]) -> list[tuple[str, pl.LazyFrame]]:
    """Per table and file: rows, answered rows, and how many of either have a value in each supplied column."""
    found = []
    for name, held in stored.items():
        columns = [column for column in tables[name].columns if column in held.supplied]
        answered = _answered(tables[name], held.supplied)
        sums = [
            pl.col(column).is_not_null().sum().alias(column)
            if tables[name].columns[column].known == "always"
            else (pl.col(column).is_not_null() & answered).sum().alias(column)
            for column in columns
        ]
        frame = pl.scan_parquet(list(held.files)).group_by("file")
        found.append((name, frame.agg(pl.len().alias("__rows"), answered.sum().alias("__answered"), *sums)))
    return found


def _answered(table: Table, supplied: frozenset[str]) -> pl.Expr:
    if table.name == "contacts" and "answered_at" in supplied:
        answered = pl.col("answered_at").is_not_null()
        return answered & ~pl.col("abandoned").fill_null(False) if "abandoned" in supplied else answered
    return pl.col("file").is_not_null()


def shares(found: Mapping[str, pl.DataFrame], tables: Mapping[str, Table]) -> tuple[Filled, ...]:
    """How much of each column is filled, over all files of its table."""
    every = []
    for name, frame in found.items():
        for column in (column for column in tables[name].columns if column in frame.columns):
            of = "__rows" if tables[name].columns[column].known == "always" else "__answered"
            every.append(Filled(name, column, int(frame[column].sum()), int(frame[of].sum())))
    return tuple(every)


def gaps(found: Mapping[str, pl.DataFrame], tables: Mapping[str, Table], layouts: Mapping[str, str]) -> list[Finding]:
    """Columns that are empty in one file and not in others of its layout, and identifiers most contacts lack.

    ``layouts``: the profile of each file. What one system never exports is no gap of its files.
    """
    findings: list[Finding] = []
    for name, frame in found.items():
        for column in (column for column in tables[name].columns if column in frame.columns):
            for of_one_layout in _by_layout(frame.sort("file"), layouts):
                findings += _empty_here(name, column, of_one_layout, tables[name])
    for one in shares(found, tables):
        share = one.share
        told = one.table == "contacts" and one.column in ("customer_id", "agent_id", "reason")
        if told and share is not None and share < _SPARSE and one.of >= _FEWEST_ROWS:
            name = f"contacts.{one.column}"
            lacking = one.of - one.count
            findings.append(
                Finding(
                    SPARSE, "", name, lacking, one.of, detail=f"{one.count:,}", tables=("contacts",), columns=(name,)
                )
            )
    return findings


def _by_layout(frame: pl.DataFrame, layouts: Mapping[str, str]) -> list[pl.DataFrame]:
    layout = pl.Series("layout", [layouts.get(file, "") for file in frame["file"]], dtype=pl.String)
    return frame.with_columns(layout).partition_by("layout", maintain_order=True, include_key=False)


def _empty_here(name: str, column: str, frame: pl.DataFrame, table: Table) -> Iterator[Finding]:
    of = "__rows" if table.columns[column].known == "always" else "__answered"
    rows = frame.filter(pl.col(of) >= _FEWEST_ROWS).select("file", column, of).rows()
    # Half filled elsewhere: what is rare everywhere may well be absent from one file.
    if not any(2 * count >= total for _, count, total in rows):
        return
    for file, count, total in rows:
        if count == 0:
            where = f"{name}.{column}"
            yield Finding(EMPTY_HERE, file, where, total, total, tables=(name,), columns=(where,))


def responses(
    stored: Mapping[str, Stored], tables: Mapping[str, Table], days: Mapping[str, tuple[date, date]]
) -> Responses | None:
    """Surveys against contacts; None where there are no invitations. ``days``: first and last sane day by table."""
    if "invitations" not in stored:
        return None
    held = stored["invitations"]
    rows = pl.scan_parquet(list(held.files))
    responded = "responded_at" in held.supplied
    own = rows.select(pl.col("responded_at").is_not_null().sum() if responded else pl.lit(0, pl.UInt32))
    plans = [own]
    both = "contacts" in stored and "contact_id" in held.supplied
    if both:
        named = rows.select("contact_id").drop_nulls().unique()
        contacts = pl.scan_parquet(list(stored["contacts"].files)).select("contact_id")
        plans.append(contacts.join(named, on="contact_id", how="semi").select(pl.len()))
        plans.append(named.select(pl.len()))
    counts = [int(frame.item()) for frame in pl.collect_all(plans)]
    time = own_time(tables["invitations"], held.supplied)
    return Responses(
        contacts=stored["contacts"].rows if "contacts" in stored else 0,
        surveyed=counts[1] if both else 0,
        invitations=held.rows,
        responses=counts[0],
        contact_days=days.get("contacts"),
        response_days=days.get("invitations") if time is not None else None,
        named=counts[2] if both else 0,
    )


def response_gaps(found: Responses | None) -> list[Finding]:
    """Where surveys do not cover the contacts they are compared with."""
    if found is None:
        return []
    findings = []
    if found.responses == found.invitations and found.invitations:
        detail = "every invitation has a response, so this is an export of responses: how many were asked is not known"
        findings.append(Finding(ONLY_ANSWERS, "", "invitations", detail=detail, tables=("invitations",)))
    nobody = found.named >= _FEWEST_NAMED and not found.surveyed
    if found.contact_days is None or found.response_days is None:
        return [*findings, _apart(APART, _strange(found))] if nobody else findings
    (begin, end), (first, last) = found.contact_days, found.response_days
    allowed = max(_LATE, (end - begin) * _LATE_SHARE)
    if last < begin or first > end:
        detail = f"surveys are of {first} to {last} and contacts of {begin} to {end}: they do not meet"
        findings.append(_apart(APART, detail))
        return findings
    if nobody:
        return [*findings, _apart(APART, _strange(found))]
    if first - begin > allowed:
        findings.append(_apart(BEFORE_SURVEYS, f"surveys begin on {first}, contacts on {begin}"))
    if end - last > allowed:
        findings.append(_apart(AFTER_SURVEYS, f"surveys end on {last}, contacts on {end}"))
    return findings


# One survey or two without a contact are said one by one.
_FEWEST_NAMED = 3


def _strange(found: Responses) -> str:
    return f"none of the {found.named:,} contacts that surveys name is in a contact export: they do not meet"


def _apart(code: str, detail: str) -> Finding:
    return Finding(code, "", "invitations", detail=detail, tables=("invitations", "answers"))
