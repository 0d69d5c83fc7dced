"""From metrics to sums: every branch of every metric, bundled so that each table is passed over once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import narwhals as nw
import polars as pl

from cxkpi.engines.base import Frame
from cxkpi.kinds.base import Branch, Step, Window, flag, reads
from cxkpi.kinds.definition import Metric, Renamed
from cxkpi.kinds.neighbours import comes
from cxkpi.kinds.rows import BUILT_IN_DIMENSIONS, LOCAL, Data, Path, Prepared, Rows, rows
from cxkpi.kinds.stock import split_at_changes
from cxkpi.kinds.stretches import Stretches, hourly, selecting
from cxkpi.kinds.versions import epochs
from cxkpi.tables import Table, column_at

Only = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Job:
    """One metric to be computed for dimensions and windows; ``only`` keeps rows with certain dimension values.

    ``shown``: whether somebody sees the figures of single cells, which may then have to be withheld.
    """

    metric: Metric
    branches: Mapping[str, Branch]
    by: tuple[str, ...]
    windows: tuple[Window, ...]
    only: Only = ()
    limits: bool = True
    shown: bool = True


@dataclass(frozen=True)
class _Stream:
    """A branch in the pass it belongs to: group columns by dimension or key, and columns of sums by their name."""

    job: int
    branch: str
    spec: Branch
    by: tuple[str, ...]
    groups: frozenset[str]
    daily: bool


@dataclass(frozen=True)
class Pass:
    """One group-by over one table: which streams it feeds, and the plan."""

    streams: tuple[_Stream, ...]
    plan: Frame
    groups: Mapping[str, str]
    sums: Mapping[tuple[int, str], Mapping[str, str]]
    check: Frame | None = None


def passes(jobs: Sequence[Job], data: Data) -> list[Pass]:
    """The fewest passes that serve all jobs.

    Branches over one table, time, step and selection share a pass; its groups are theirs together when one branch's
    groups hold the other's, because adding up a finer grouping again is cheap and reading rows again is not.
    """
    shared: dict[tuple[str, tuple[Path, ...], Step | None, Renamed, Only], list[_Stream]] = {}
    single: list[tuple[_Stream, Only]] = []
    for number, job in enumerate(jobs):
        daily = any(not _first_of_month(window) for window in job.windows)
        daily |= any(epoch.since.day != 1 for epoch in epochs(job.metric))
        for name, branch in job.branches.items():
            whenever = branch.form == "events"
            by, only = ((), ()) if whenever else (job.by, job.only)
            groups = frozenset({*by, *branch.keys})
            # What is spread over days counts once per period only if its days are told apart.
            spread = isinstance(branch.step, Stretches)
            stream = _Stream(number, name, branch, by, groups, daily or whenever or spread)
            if branch.form in ("sums", "events"):
                times = data.time_paths(branch.table, branch.at)
                shared.setdefault((branch.table, times, branch.step, branch.as_, only), []).append(stream)
            else:
                single.append((stream, job.only))
    found: list[Pass] = []
    for (*_, only), streams in shared.items():
        found.extend(_sums_pass(bundle, data, only) for bundle in _bundles(streams))
    found.extend(_list_pass(stream, data, only) for stream, only in single)
    return found


def _first_of_month(window: Window) -> bool:
    return window.start.day == 1 and window.end.day == 1


def _bundles(streams: Sequence[_Stream]) -> list[list[_Stream]]:
    bundles: list[list[_Stream]] = []
    for stream in sorted(streams, key=lambda stream: (-len(stream.groups), stream.job, stream.branch)):
        for bundle in bundles:
            # Values as keys make as many groups as there are values; nothing else is added up over those.
            alike = stream.spec.derived.keys() == bundle[0].spec.derived.keys()
            if alike and stream.groups <= bundle[0].groups:
                bundle.append(stream)
                break
        else:
            bundles.append([stream])
    return bundles


def _sums_pass(streams: Sequence[_Stream], data: Data, only: Only) -> Pass:
    first = streams[0].spec
    selected = frozenset(name for name, _ in only)
    groups = streams[0].groups
    derived = {name: of for stream in streams for name, of in stream.spec.derived.items()}
    read = {first.column(name) for name in (groups - derived.keys()) | selected}
    needs = frozenset().union(*(stream.spec.needs for stream in streams)) | read
    asked = {first.column(name) for stream in streams for name in stream.by} | {first.column(name) for name in selected}
    late = {name for name in asked if _known_once_answered(data, first.table, name)}
    answered = _answered_column(data, data.tables[first.table]) if late else None
    needs |= {answered} if answered else set()
    timed = rows(data, first.table, needs - set(BUILT_IN_DIMENSIONS), first.at, comes=comes(first.step))
    check = _check(timed, streams, _read_from(first, only), late, answered) if answered else None
    step = hourly(first.step) if "hour" in groups | selected else first.step
    step = selecting(step, _numbers(only, "hour"), _numbers(only, "weekday"))
    if step is not None:
        timed = step(timed)
    timed = timed.having(timed.frame.drop_nulls(LOCAL))
    frame = _selected(timed, _read_from(first, only))
    timed = timed.having(frame)
    daily = any(stream.daily for stream in streams)
    atom = nw.col(LOCAL).dt.truncate("1d" if daily else "1mo").cast(nw.Date)
    columns = {name: f"g{position}" for position, name in enumerate(sorted(groups))}
    added: dict[str, nw.Expr] = {}
    sums: dict[tuple[int, str], dict[str, str]] = {}
    prepared = Prepared(timed)
    for number, stream in enumerate(streams):
        adds = dict(stream.spec.adds(prepared))
        names = {name: f"s{number}_{position}" for position, name in enumerate(adds)}
        sums[(stream.job, stream.branch)] = names
        added |= {names[name]: expression for name, expression in adds.items()}
    keys = [
        (derived[name](prepared) if name in derived else _dimension(timed, first.column(name))).alias(column)
        for name, column in columns.items()
    ]
    grouped = prepared.made().select(
        atom.alias("atom"),
        *keys,
        *(expression.alias(name) for name, expression in added.items()),
    )
    plan = grouped.group_by("atom", *columns.values()).agg(nw.col(*added).sum())
    return Pass(tuple(streams), plan, columns, sums, check)


def _numbers(only: Only, dimension: str) -> list[int]:
    """Which hours or weekdays are selected; none where all are."""
    return [built_in_number(name, value) for name, values in only if name == dimension for value in values]


def _read_from(branch: Branch, only: Only) -> Only:
    return tuple((branch.column(name), values) for name, values in only)


def _check(timed: Rows, streams: Sequence[_Stream], only: Only, late: set[str], answered: str) -> Frame:
    """Per stream, how many contacts of its population nobody answered and so lack a dimension asked for or selected by.

    Counted before such dimensions select anything: a selection would drop the very rows that make it meaningless.
    """
    counted = timed.having(_selected(timed, tuple((name, values) for name, values in only if name not in late)))
    selecting = {name for name, _ in only}
    unanswered = _unanswered(counted, answered) & ~nw.col(LOCAL).is_null()
    flags = {}
    for number, stream in enumerate(streams):
        member = counted.true(stream.spec.where) & unanswered
        by = sorted(late & {stream.spec.column(name) for name in stream.by})
        selected = sorted(late & selecting)
        for kind, names in (("by", by), ("only", selected)):
            blank = reduce(or_, (counted.column(name).is_null() for name in names), nw.lit(False))
            flags[f"{kind}{number}"] = flag(member & blank)
    columns = counted.frame.select(*(expression.alias(name) for name, expression in flags.items()))
    return columns.select(nw.col(*flags).sum())


def _list_pass(stream: _Stream, data: Data, only: Only) -> Pass:
    spec = stream.spec
    selected = frozenset(name for name, _ in only)
    timed = rows(
        data,
        spec.table,
        (spec.needs | stream.groups | selected) - set(BUILT_IN_DIMENSIONS),
        spec.at,
        timed=spec.form == "list",
    )
    frame = timed.frame
    groups = stream.groups | selected
    if spec.form == "spells":
        # A spell's team may have been another one earlier, so spells are selected after they were cut at its changes.
        groups |= reads(spec.where)
    else:
        if spec.where is not None:
            frame = frame.with_columns(timed.true(spec.where).alias("__member")).filter(nw.col("__member"))
        frame = _selected(timed.having(frame.filter(~nw.col(LOCAL).is_null())), only)
    columns = {name: f"g{position}" for position, name in enumerate(sorted(groups))}
    adds = spec.adds(timed)
    names = {name: f"s0_{position}" for position, name in enumerate(adds)}
    atom = [nw.col(LOCAL).dt.truncate("1d").cast(nw.Date).alias("atom")] if spec.form == "list" else []
    plan = frame.select(
        *atom,
        *(_dimension(timed, name).alias(column) for name, column in columns.items()),
        *(adds[name].alias(column) for name, column in names.items()),
    )
    return Pass((stream,), plan, columns, {(stream.job, stream.branch): names})


def _dimension(timed: Rows, name: str) -> nw.Expr:
    if name == "hour":
        return nw.col(LOCAL).dt.hour()
    if name == "weekday":
        return nw.col(LOCAL).dt.weekday()
    return timed.column(name)


def _selected(timed: Rows, only: Only) -> Frame:
    if not only:
        return timed.frame
    chosen = (reduce(or_, (_is(timed, name, value) for value in values)) for name, values in only)
    return timed.frame.filter(reduce(and_, chosen))


def _is(timed: Rows, name: str, value: str) -> nw.Expr:
    column = _dimension(timed, name)
    if name in BUILT_IN_DIMENSIONS:
        return column == nw.lit(built_in_number(name, value))
    path = timed.data.path(timed.table, name)
    kind = None if path is None else timed.data.declared_type(timed.table, path)
    if kind == "boolean":
        return column == nw.lit(value == "true") if value in ("true", "false") else _never(column)
    if kind == "integer":
        return column == nw.lit(int(value)) if _WHOLE.fullmatch(value) else _never(column)
    return column == nw.lit(value)


def _never(column: nw.Expr) -> nw.Expr:
    return column.is_null() & ~column.is_null()


_WHOLE = re.compile(r"-?[0-9]{1,18}")


WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def built_in_number(name: str, value: str) -> int:
    """The number a value of ``hour`` or ``weekday`` stands for; -1 where it is none."""
    if name == "weekday":
        return WEEKDAYS.index(value) + 1 if value in WEEKDAYS else -1
    return int(value) if value.isdigit() else -1


def _known_once_answered(data: Data, table: str, name: str) -> bool:
    """Whether a dimension is filled only once somebody answered the contact."""
    path = data.path(table, name)
    if table != "contacts" or path is None:
        return False
    first = data.tables[table].lookups[path[0]].on if len(path) > 1 else path[0]
    return column_at(data.tables, table, (first,)).known == "answered"


def _answered_column(data: Data, table: Table) -> str | None:
    supplied = data.stored[table.name].supplied
    return next((name for name in ("answered_at", "abandoned") if name in supplied), None)


def _unanswered(timed: Rows, column: str) -> nw.Expr:
    return timed.column(column).is_null() if column == "answered_at" else timed.column(column)


@dataclass(frozen=True)
class Sums:
    """What the passes gave.

    ``frames``: (job, branch) to a frame with ``atom`` (a day or the first of a month), dimensions and keys by name, and
    sums. ``refused``: jobs that may not be cut by what was asked; True where not even
    the whole.
    """

    frames: Mapping[tuple[int, str], pl.DataFrame]
    refused: Mapping[int, bool]


def run(jobs: Sequence[Job], data: Data) -> Sums:
    """Run every pass together and hand each job its sums."""
    found: dict[tuple[int, str], pl.DataFrame] = {}
    planned = passes(jobs, data)
    checks = [(one, one.check) for one in planned if one.check is not None]
    frames = data.engine.collect([one.plan for one in planned] + [plan for _, plan in checks])
    for one, frame in zip(planned, frames[: len(planned)], strict=True):
        for stream in one.streams:
            found[(stream.job, stream.branch)] = _sums(frame, one, stream, data, jobs[stream.job].only)
    return Sums(found, _refused([one for one, _ in checks], frames[len(planned) :]))


def refused(jobs: Sequence[Job], data: Data) -> Mapping[int, bool]:
    """What ``run`` would say of jobs that may not be cut by what is asked, without adding anything up."""
    checks = [(one, one.check) for one in passes(jobs, data) if one.check is not None]
    return _refused([one for one, _ in checks], data.engine.collect([plan for _, plan in checks])) if checks else {}


def _refused(checked: Sequence[Pass], counted: Sequence[pl.DataFrame]) -> dict[int, bool]:
    found: dict[int, bool] = {}
    for one, counts in zip(checked, counted, strict=True):
        for number, stream in enumerate(one.streams):
            whole = bool(counts[f"only{number}"].item())
            if whole or counts[f"by{number}"].item():
                found[stream.job] = found.get(stream.job, False) or whole
    return found


def _sums(frame: pl.DataFrame, one: Pass, stream: _Stream, data: Data, only: Only) -> pl.DataFrame:
    names = one.sums[(stream.job, stream.branch)]
    groups = stream.groups if stream.spec.form in ("sums", "events") else frozenset(one.groups)
    atom = ["atom"] if "atom" in frame.columns else []
    dimensions = groups - stream.spec.derived.keys()
    group = {name: pl.col(one.groups[name]).alias(name) for name in sorted(groups)}
    # Dimension values are text, so that a queue named 7 and one named Billing are of one type.
    texts = {name: column.cast(pl.String) if name in dimensions else column for name, column in group.items()}
    columns = [pl.col(column).alias(name) for name, column in names.items()]
    if stream.spec.form == "spells":
        return _spells(frame.select(*atom, *group.values(), *columns), stream, data, only)
    if stream.spec.form == "list":
        return frame.select(*atom, *texts.values(), *columns)
    if groups == one.groups.keys():
        # These are the pass's own groups, so there is nothing left to add up.
        return frame.select(*atom, *texts.values(), *(column.cast(pl.Int128).fill_null(0) for column in columns))
    part = frame.select(*atom, *texts.values(), *columns)
    return part.group_by("atom", *sorted(groups)).agg(pl.col(names).cast(pl.Int128).sum())


def _spells(frame: pl.DataFrame, stream: _Stream, data: Data, only: Only) -> pl.DataFrame:
    declared = data.tables[stream.spec.table]
    dimensions = [name for name in frame.columns if name not in ("entity", "first", "last")]
    changes = {}
    if declared.history is not None and declared.history.table in data.stored:
        for dimension in dimensions:
            column = declared.history.before.get(dimension.rpartition(".")[2])
            if column is not None and column in data.stored[declared.history.table].supplied:
                changes[dimension] = _changes(data, stream.spec.table, column)
    split = split_at_changes(frame, changes)
    if stream.spec.where is not None:
        # As a column first: a condition such as `true` is no column, and cannot filter by itself.
        member = stream.spec.where.narwhals(nw.col).fill_null(False).alias("__member")
        split = nw.to_native(nw.from_native(split).with_columns(member).filter(nw.col("__member")))
    split = split.with_columns(pl.col(dimensions).cast(pl.String))
    for name, values in only:
        split = split.filter(pl.col(name).is_in(list(values)))
    wanted = ["entity", "first", "last", "begun", "leaves", *sorted(stream.groups)]
    return split.select(wanted)


def _changes(data: Data, table: str, column: str) -> pl.DataFrame:
    history = data.tables[table].history
    if history is None:
        raise ValueError(f"{table} keeps no history")
    frame = data.scan(history.table).select(history.on, history.at, column)
    frame = frame.filter(nw.col(history.at) <= nw.lit(data.as_of_day), ~nw.col(column).is_null())
    (changes,) = data.engine.collect([frame])
    return changes.select(
        pl.col(history.on).alias("entity"), pl.col(history.at).alias("at"), pl.col(column).alias("was")
    ).sort("entity", "at")
