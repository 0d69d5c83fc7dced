"""Rows that cannot be true: an end before its start, talk longer than the call, more answered than offered.

What one row's own columns show. What several tables show together is in ``relations``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import chain

import polars as pl

from cxkpi.calendar import midnight_utc
from cxkpi.documents.spelling import listed
from cxkpi.exports.findings import Finding, register
from cxkpi.measurement.doctor.days import FAR_DAYS, Sane
from cxkpi.measurement.doctor.spots import Check, Checked, in_front, rows_have
from cxkpi.tables import Stored, Table

ORDER = register("F310", "error", False, rows_have)
LONGER = register("F311", "error", False, rows_have)
SUM = register("F312", "warning", False, rows_have)
NEGATIVE = register("F313", "error", False, rows_have)
COUNTS = register("F314", "error", False, rows_have)
POINTS = register("F315", "error", False, rows_have)
BOTH = register("F316", "warning", False, rows_have)
FAR = register("F317", "error", False, rows_have)
LONG_NOTICE = register("F318", "warning", False, rows_have)
NO_CHANGE = register("F319", "note", False, rows_have)
OF_ROWS = frozenset({ORDER, LONGER, SUM, NEGATIVE, COUNTS, POINTS, BOTH, FAR, LONG_NOTICE, NO_CHANGE})


def _unit(finding: Finding) -> str:
    return f"{in_front(finding.path)}half of the {finding.count:,} values of {finding.column} are {finding.detail}."


UNIT = register("F320", "error", False, _unit)

# Times may be written to the second or the minute, and durations rounded apart from them.
_SECOND, _MINUTE = 1.0, 60.0

_IN_ORDER: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "contacts": (
        ("started_at", "ended_at", "an end before the start"),
        ("started_at", "queued_at", "a time in the queue before the start"),
        ("started_at", "answered_at", "an answer before the start"),
        ("queued_at", "answered_at", "an answer before the queue"),
        ("queued_at", "ended_at", "an end before the queue"),
        ("answered_at", "ended_at", "an end before the answer"),
    ),
    "legs": (("started_at", "ended_at", "an end before the start"),),
    "cases": (
        ("opened_at", "closed_at", "a closing before the opening"),
        ("opened_at", "first_reply_at", "a first reply before the opening"),
        ("opened_at", "escalated_at", "an escalation before the opening"),
    ),
    "invitations": (
        ("sent_at", "delivered_at", "a delivery before the sending"),
        ("sent_at", "responded_at", "a response before the sending"),
        ("responded_at", "followed_up_at", "a follow-up before the response"),
    ),
    "agents": (
        ("hired_on", "left_on", "a leaving date before the hire"),
        ("hired_on", "entered_on", "an entry into the team before the hire"),
        ("hired_on", "competent_on", "a day of competency before the hire"),
    ),
    "agent_time": (("started_at", "ended_at", "an end before the start"),),
    "costs": (("month_start", "month_end", "an end before the start"),),
}
"""Per table: what must not lie after what, and what a row has where it does."""

_SPANS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "contacts": (
        "the call",
        {"talk_s": "talk", "hold_s": "hold", "wait_s": "a wait", "ivr_s": "a time in the menu", "ring_s": "ringing"},
    ),
    "legs": ("the leg", {"talk_s": "talk", "hold_s": "hold"}),
    "agent_time": ("the stretch it is in", {"duration_s": "a duration"}),
}
"""Per table: what a row from started_at to ended_at is called, and the durations that lie within it."""

_AT_MOST: tuple[tuple[str, str, str], ...] = (
    ("answered", "offered", "more answered than offered"),
    ("abandoned", "offered", "more abandoned than offered"),
    ("answered_in_threshold", "answered", "more answered in time than answered"),
    ("abandoned_in_threshold", "abandoned", "more abandoned in time than abandoned"),
    ("abandoned_short", "abandoned", "more short abandons than abandoned"),
)

_NOT_COUNTED = ("leg_no",)
_LONGEST_NOTICE = timedelta(days=5 * 366)


def checks(stored: Mapping[str, Stored], tables: Mapping[str, Table], sane: Sane, zone: str) -> list[Checked]:
    """What is checked of every stored table's rows, each by itself. ``sane``: the days that are no wrong dates."""
    found = []
    minutes = _to_the_minute(stored, tables)
    for name, held in stored.items():
        declared = tables[name]
        every = tuple(_of_table(declared, held.supplied, sane, zone, minutes.get(name, {})))
        if every:
            found.append(Checked(name, pl.scan_parquet(list(held.files)), every))
    return found


def _to_the_minute(
    stored: Mapping[str, Stored], tables: Mapping[str, Table]
) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """By table and column that has an order: the files in which no time of it has seconds."""
    columns = {
        name: [
            column
            for column in dict.fromkeys(chain.from_iterable(pair[:2] for pair in _IN_ORDER.get(name, ())))
            if column in held.supplied and tables[name].columns[column].type == "instant"
        ]
        for name, held in stored.items()
    }
    asked = {name: of for name, of in columns.items() if len(of) > 1}
    found = pl.collect_all(
        [
            pl.scan_parquet(list(stored[name].files))
            .group_by("file")
            .agg((pl.col(column).dt.second() == 0).all() for column in of)
            for name, of in asked.items()
        ]
    )
    return {
        name: {column: frozenset(by_file.filter(column)["file"]) for column in of}
        for (name, of), by_file in zip(asked.items(), found, strict=True)
    }


def _of_table(
    table: Table, supplied: frozenset[str], sane: Sane, zone: str, minutes: Mapping[str, frozenset[str]]
) -> Iterator[Check]:
    name = table.name
    for early, late, detail in _IN_ORDER.get(name, ()):
        if {early, late} <= supplied:
            shown = {early: pl.col(early), late: pl.col(late)}
            columns = tuple(f"{name}.{column}" for column in _doubted(table, early, late))
            yield Check(ORDER, _earlier(table, late, early, minutes), detail, columns, shown)
    yield from _negatives(table, supplied)
    yield from _far(table, supplied, sane, zone)
    if name in _SPANS and {"started_at", "ended_at"} <= supplied:
        yield from _within_span(name, supplied)
    if name == "contacts" and {"abandoned", "answered_at"} <= supplied:
        both = pl.col("abandoned") & pl.col("answered_at").is_not_null()
        yield _check(BOTH, name, both, "an answer in spite of being abandoned", "abandoned", "answered_at")
    if name == "intervals":
        for part, whole, detail in _AT_MOST:
            if {part, whole} <= supplied:
                yield _check(COUNTS, name, pl.col(part) > pl.col(whole), detail, part, whole)
    if name == "evaluations" and {"points", "points_available"} <= supplied:
        more = pl.col("points") > pl.col("points_available") + 1e-9
        yield _check(POINTS, name, more, "more points than there are to be had", "points", "points_available")
    if name == "answers" and {"score", "scale_min", "scale_max"} <= supplied:
        outside = (pl.col("score") < pl.col("scale_min")) | (pl.col("score") > pl.col("scale_max"))
        yield _check(POINTS, name, outside, "a score outside its scale", "score", "scale_min", "scale_max")
    if name == "agents" and "left_on" in supplied and sane.last is not None:
        notice = pl.col("left_on") > pl.lit(sane.last + _LONGEST_NOTICE)
        detail = "a leaving date years ahead, as systems write where none is known"
        yield _check(LONG_NOTICE, name, notice, detail, "left_on")
    if name == "moves":
        pairs = [(f"from_{what}", f"to_{what}") for what in ("team", "site")]
        pairs = [pair for pair in pairs if set(pair) <= supplied]
        if pairs:
            same = pl.all_horizontal(pl.col(before).eq_missing(pl.col(after)) for before, after in pairs)
            yield _check(NO_CHANGE, name, same, "no change of team or site", *(one for pair in pairs for one in pair))


def _doubted(table: Table, early: str, late: str) -> tuple[str, ...]:
    """Which of two times in the wrong order is doubted: both, but for the one by which rows belong to a period.

    That one is in every figure of the table, and it is the other one that does not fit it.
    """
    others = tuple(name for name in (early, late) if name not in table.time)
    return others or (early, late)


def _earlier(table: Table, late: str, early: str, minutes: Mapping[str, frozenset[str]]) -> pl.Expr:
    if table.columns[late].type == "date":
        return pl.col(late) < pl.col(early)
    # A case is opened to the second in one column and closed to the minute in another.
    only_one = sorted(minutes.get(late, frozenset()) ^ minutes.get(early, frozenset()))
    slack = pl.when(pl.col("file").is_in(only_one)).then(pl.lit(_MINUTE)).otherwise(pl.lit(_SECOND))
    return _seconds(late, early) >= slack


def _seconds(start: str, end: str) -> pl.Expr:
    return (pl.col(end) - pl.col(start)).dt.total_milliseconds() / 1000


def _negatives(table: Table, supplied: frozenset[str]) -> Iterator[Check]:
    for name, column in table.columns.items():
        counted = column.type in ("duration", "integer") or name in ("points", "points_available")
        if name in supplied and counted and name not in _NOT_COUNTED:
            yield _check(NEGATIVE, table.name, pl.col(name) < 0, f"{name} below zero", name)


def _far(table: Table, supplied: frozenset[str], sane: Sane, zone: str) -> Iterator[Check]:
    if table.name not in sane.spans:
        return
    first, last = sane.spans[table.name]
    for name, column in table.columns.items():
        if name in supplied and column.event and column.type == "instant":
            own = name == sane.times.get(table.name)
            low = midnight_utc(_shifted(first, 0 if own else -FAR_DAYS), zone)
            high = midnight_utc(_shifted(last, 1 if own else FAR_DAYS), zone)
            far = ~pl.col(name).is_between(_instant(low), _instant(high), closed="both")
            yield _check(FAR, table.name, far, f"{'an' if name[0] in 'aeio' else 'a'} {name} far from all others", name)


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return day


def _instant(at: datetime) -> pl.Expr:
    return pl.lit(at, dtype=pl.Datetime("us"))


def _within_span(table: str, supplied: frozenset[str]) -> Iterator[Check]:
    whole, parts = _SPANS[table]
    length = _seconds("started_at", "ended_at")
    coarse = (pl.col("started_at").dt.second() == 0) & (pl.col("ended_at").dt.second() == 0)
    slack = pl.when(coarse).then(pl.lit(_MINUTE)).otherwise(pl.lit(_SECOND))
    present = [name for name in parts if name in supplied]
    longer = {name: pl.col(name) > length + slack for name in present}
    for name in present:
        shown = {name: pl.col(name), "from start to end": length}
        columns = (f"{table}.{name}", f"{table}.started_at", f"{table}.ended_at")
        yield Check(LONGER, longer[name], f"{parts[name]} longer than {whole}", columns[:1], shown)
    # Ringing is part of the wait in some systems, and menus are heard before the contact begins in others.
    summed = [name for name in present if name in ("wait_s", "talk_s", "hold_s")]
    if len(summed) > 1:
        total = pl.sum_horizontal(summed)
        over = (total > length + slack) & ~pl.any_horizontal(list(longer.values()))
        words = {"wait_s": "a wait", "talk_s": "talk", "hold_s": "hold"}
        named = listed([words[name] for name in words if name in summed]).replace(" or ", " and ")
        detail = f"{named} that together are longer than {whole}"
        shown = {**{name: pl.col(name) for name in summed}, "from start to end": length}
        yield Check(SUM, over, detail, tuple(f"{table}.{name}" for name in summed), shown)


def _check(code: str, table: str, wrong: pl.Expr, detail: str, *columns: str) -> Check:
    shown = {name: pl.col(name) for name in columns}
    return Check(code, wrong, detail, tuple(f"{table}.{name}" for name in columns), shown)


_OF_HANDLING = ("talk_s", "hold_s", "wrap_s")
# Of one unit are durations whose medians are no further apart; a wrong unit sets them a thousand times apart.
_APART = 100.0
# A median talk below this, or above that, is one of a wrong unit: milliseconds, or minutes, taken for seconds.
_SHORTEST_TALK, _LONGEST_TALK, _FEWEST = 2.0, 6 * 3600.0, 20


def medians(stored: Mapping[str, Stored]) -> list[tuple[str, pl.LazyFrame]]:
    """Per table with talk, and per file: how many have any, and the median of those; and of other durations."""
    return [
        (
            name,
            pl.scan_parquet(list(stored[name].files))
            .filter(pl.col("talk_s") > 0)
            .group_by("file")
            .agg(
                pl.len().alias("count"),
                *(
                    pl.col(column).filter(pl.col(column) > 0).median()
                    for column in _OF_HANDLING
                    if column in stored[name].supplied
                ),
            ),
        )
        for name in ("contacts", "legs")
        if name in stored and "talk_s" in stored[name].supplied
    ]


def units(table: str, found: pl.DataFrame) -> list[Finding]:
    """Files in which half of all talk is shorter or longer than talk can be."""
    findings = []
    for row in found.filter(pl.col("count") >= _FEWEST).sort("file").iter_rows(named=True):
        file, count, median = row["file"], row["count"], row["talk_s"]
        if median < _SHORTEST_TALK:
            detail = f"shorter than {_SHORTEST_TALK:g} seconds, so the unit is probably wrong"
        elif median > _LONGEST_TALK:
            detail = f"longer than {_LONGEST_TALK / 3600:g} hours, so the unit is probably wrong"
        else:
            continue
        columns = of_one_unit(table, found)[file]
        findings.append(Finding(UNIT, file, columns[0], count, count, detail=detail, tables=(table,), columns=columns))
    return findings


def of_one_unit(table: str, found: pl.DataFrame) -> Mapping[str, tuple[str, ...]]:
    """By file, the durations that are written in the unit talk is in: where one of them is misread, all are."""
    return {
        row["file"]: tuple(
            f"{table}.{name}"
            for name in _OF_HANDLING
            if row.get(name) and 1 / _APART <= row[name] / row["talk_s"] <= _APART
        )
        for row in found.iter_rows(named=True)
    }
