"""What is wrong with exports, and what that does to which metrics: the whole of ``cxkpi doctor`` but its looks."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from cxkpi import __version__
from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.load import load as load_catalogue
from cxkpi.engines.base import load as load_engine
from cxkpi.errors import Problem
from cxkpi.exports.cache import Cache, default_folder
from cxkpi.exports.findings import Finding, Severity, merged, register
from cxkpi.exports.joining import gaps, identity_findings
from cxkpi.exports.load import Loaded
from cxkpi.exports.load import load as load_exports
from cxkpi.exports.one_file import Progress
from cxkpi.exports.profile import normalise
from cxkpi.exports.values import noticing
from cxkpi.measurement import run_file
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.measurement.computing.needs import missing_input
from cxkpi.measurement.doctor import coverage, days, impossible, relations
from cxkpi.measurement.doctor.coverage import Filled, Responses
from cxkpi.measurement.doctor.days import Covered
from cxkpi.measurement.doctor.effects import Reads, Touched, reads, touched
from cxkpi.measurement.doctor.observed import Diagnosis, Effect, FileCheck, Observation, together
from cxkpi.measurement.doctor.spots import LISTED, Spot, Spotted, in_front, spot
from cxkpi.measurement.run import titles
from cxkpi.result import FileEntry, Reject
from cxkpi.tables import TABLES, Stored

_RANK: Mapping[Severity, int] = {"error": 0, "warning": 1, "note": 2}
# Of a file's records rejected: from the first share on a figure may be wrong, from the second on it is.
_SOME, _MANY = 0.01, 0.05


def _rejected(finding: Finding) -> str:
    cell = f"{finding.column}: " if finding.column else ""
    were = "was" if finding.count == 1 else "were"
    records = f"{finding.count:,} of {finding.total:,} records {were} rejected"
    return f"{in_front(finding.path)}{records}: {cell}{finding.detail}."


REJECTED = register("F350", "note", False, _rejected)
SOME_REJECTED = register("F351", "warning", False, _rejected)
MANY_REJECTED = register("F352", "error", False, _rejected)
_ADD_UP = frozenset({REJECTED, SOME_REJECTED, MANY_REJECTED}) | impossible.OF_ROWS | relations.OF_ROWS
"""Codes whose sentence begins with a number of rows or records, so that it can be said of several files at once."""


# What people.csv and customers.csv decide. The roster's own identifiers are what logins lead to.
_LED_BY: Mapping[str, tuple[str, ...]] = {
    "people": tuple(
        f"{name}.agent_id" for name, table in TABLES.items() if "agent_id" in table.columns and name != "agents"
    ),
    "customers": tuple(f"{name}.customer_id" for name, table in TABLES.items() if "customer_id" in table.columns),
}


def diagnose(
    paths: Sequence[Path],
    *,
    catalogue: Path | None = None,
    profiles: Sequence[Path] = (),
    cache: bool = False,
    progress: Progress | None = None,
) -> Diagnosis:
    """Read exports leniently and say everything that is wrong with them.

    ``paths``: files and folders; a run file in one of them counts, and the one here where none is named. ``catalogue``:
    by default that of the run file, or the shipped one. ``cache``: whether files read before are kept and used.
    ``progress``: told of files being read.

    Raises UsageError for a missing path, CatalogueError for a wrong catalogue, profile or run file.
    """
    meant = run_file.find(paths)
    defined = load_catalogue(catalogue or meant.catalogue)
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        loaded = load_exports(
            meant.paths,
            tables=defined.tables,
            timezone=defined.timezone,
            profiles=[*profiles, *meant.profiles],
            into=Path(folder),
            cache=Cache(default_folder()) if cache else None,
            settings=meant.settings,
            lenient=True,
            progress=progress,
            written=meant.written,
        )
        return examine(defined, loaded)


def examine(defined: Catalogue, loaded: Loaded) -> Diagnosis:
    """What is wrong with what was read, while its Parquet parts are still there."""
    stored, tables, zone = loaded.stored, defined.tables, defined.timezone
    # Without a single row there is nothing to be asked of.
    any_row = any(held.rows for held in stored.values())
    outlook = dataset(stored, tables, zone, load_engine("polars")) if any_row else None
    others = titles(defined)
    why_not: dict[str, str] = {}
    known: dict[str, Reads] = {}
    for title, metric in others.items():
        why = "no record could be used" if outlook is None else missing_input(metric, others, outlook.data)
        if why is not None:
            why_not[title] = why
        elif outlook is not None:
            known[title] = reads(metric, others, outlook.data)
    entries = {entry.path: entry for entry in loaded.files}
    layouts = {path: entry.profile for path, entry in entries.items()}
    seen = _look(stored, defined, _rejected_of(loaded.rejects, entries), layouts)
    read = [Spotted(_of_one_unit(one, seen.units)) for one in merged(loaded.findings)]
    spotted = [*read, *_of_rejects(loaded.rejects, entries), *seen.spotted]
    better = {(one.finding.code, one.finding.column) for one in seen.spotted}
    observations = tuple(sorted((_observation(one, entries, known, better) for one in spotted), key=_order))
    unusable = tuple(problem for problem in loaded.problems if not _refused(problem, entries))
    return Diagnosis(
        version=__version__,
        catalogue_path=defined.path,
        catalogue_hash=defined.hash,
        timezone=zone,
        as_of=None if outlook is None else outlook.data.as_of,
        files=_files(loaded, entries, seen.covered, observations, unusable),
        observations=observations,
        effects=_effects(observations, _unsound(unusable, entries, known, loaded.logins)),
        metrics=tuple(others),
        impossible=tuple(why_not.items()),
        problems=unusable,
        filled=seen.filled,
        responses=seen.responses,
        notes=(*_left_alone(loaded), *(() if outlook is None else outlook.notes)),
        aside=loaded.aside,
    )


def _left_alone(loaded: Loaded) -> tuple[str, ...]:
    """Notes that are no finding's: of files and folders that were not read."""
    found = {one.message for one in loaded.findings}
    told = {problem.message for problem in loaded.problems}
    return tuple(note for note in loaded.notes if note not in found and not any(note.endswith(one) for one in told))


def _refused(problem: Problem, entries: Mapping[str, FileEntry]) -> bool:
    """Whether a file was recognised as one that holds nothing for any metric: nothing is lost by leaving it out."""
    entry = None if problem.place is None else entries.get(problem.place.file)
    if entry is None or entry.profile in ("unreadable", "unrecognised"):
        return False
    return bool(entry.records) and entry.records == entry.skipped


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a look at the tables gave."""

    spotted: tuple[Spotted, ...] = ()
    covered: Mapping[str, Covered] = field(default_factory=dict)
    filled: tuple[Filled, ...] = ()
    responses: Responses | None = None
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _look(
    stored: Mapping[str, Stored], defined: Catalogue, rejected: relations.Places, layouts: Mapping[str, str]
) -> _Seen:
    """Every check of the tables. First what is counted per file, because it says which dates are wrong ones."""
    tables, zone = defined.tables, defined.timezone
    stored = {name: held for name, held in stored.items() if held.rows}
    if not stored:
        return _Seen()
    plans = {
        "days": days.counted(stored, tables, zone),
        "filled": coverage.filled(stored, tables),
        "medians": impossible.medians(stored),
    }
    frames = iter(pl.collect_all([plan for several in plans.values() for _, plan in several]))
    counted, filled, medians = ({name: next(frames) for name, _ in several} for several in plans.values())
    sane = days.sane(counted, stored, tables)
    covered, holes = days.covered(counted, tables, sane)
    responses = coverage.responses(stored, tables, sane.spans)
    findings = [*holes, *coverage.gaps(filled, tables, layouts), *coverage.response_gaps(responses)]
    units: dict[str, tuple[str, ...]] = {}
    for name, frame in medians.items():
        findings += impossible.units(name, frame)
        for file, columns in impossible.of_one_unit(name, frame).items():
            units[file] = (*units.get(file, ()), *columns)
    checked = [
        *impossible.checks(stored, tables, sane, zone),
        *relations.checks(stored, tables, sane, zone, rejected),
    ]
    spotted = [*(Spotted(finding) for finding in findings), *spot(checked, zone)]
    return _Seen(tuple(spotted), covered, coverage.shares(filled, tables), responses, units)


def _rejected_of(rejects: Sequence[Reject], entries: Mapping[str, FileEntry]) -> relations.Places:
    """By table, file and line of the records rejected that would have given rows of it."""
    places: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for reject in rejects:
        for name in _tables_of(entries.get(reject.path)):
            places[name].add((reject.path, reject.line))
    return {name: sorted(of) for name, of in places.items()}


def _of_one_unit(finding: Finding, units: Mapping[str, tuple[str, ...]]) -> Finding:
    """Where one duration is in a wrong unit, so are those written in the same one, wrap-up too."""
    same = units.get(finding.path, ())
    if finding.code != noticing.UNIT or set(same).isdisjoint(finding.columns):
        return finding
    return replace(finding, columns=tuple(dict.fromkeys((*finding.columns, *same))))


# What reading says of names that lead nowhere, of all files together, is found here file by file with every line.
_SAID_BETTER: Mapping[str, frozenset[str]] = {
    identity_findings.ORPHANS: frozenset({relations.NO_AGENT, relations.NO_MOVER}),
    identity_findings.UNLISTED: frozenset({relations.NO_AGENT, relations.NO_MOVER}),
    gaps.UNKNOWN: frozenset({relations.NO_CONTACT, relations.NO_INVITATION, relations.OUTSIDE}),
}


def _said_better(finding: Finding, found: AbstractSet[tuple[str, str]]) -> bool:
    """Whether another finding says the same; ``found``: codes and columns."""
    if finding.code in (relations.NO_CONTACT, relations.OUTSIDE) and finding.column == "invitations":
        return (coverage.APART, "invitations") in found
    return not {code for code, _ in found}.isdisjoint(_SAID_BETTER.get(finding.code, ()))


def _of_rejects(rejects: Sequence[Reject], entries: Mapping[str, FileEntry]) -> list[Spotted]:
    """Rejected records by file, column and reason."""
    groups: defaultdict[tuple[str, str, str], list[Reject]] = defaultdict(list)
    for reject in rejects:
        groups[reject.path, reject.column, reject.reason].append(reject)
    spotted = []
    for (path, column, reason), group in sorted(groups.items()):
        entry = entries[path]
        first, *_ = ordered = sorted(group, key=lambda one: one.line)
        finding = Finding(
            code=_code_of(entry),
            path=path,
            column=column,
            count=len(group),
            total=entry.records,
            line=first.line,
            example=repr(first.value) if first.value else "",
            masked=any(one.masked for one in group),
            detail=reason,
            tables=_tables_of(entry),
        )
        spots = tuple(Spot(one.line, repr(one.value) if one.value else "") for one in ordered[:LISTED])
        spotted.append(Spotted(finding, spots))
    return spotted


def _code_of(entry: FileEntry) -> str:
    share = entry.rejected / entry.records
    return MANY_REJECTED if share >= _MANY else SOME_REJECTED if share >= _SOME else REJECTED


def _tables_of(entry: FileEntry | None) -> tuple[str, ...]:
    return () if entry is None else tuple(name for name, _ in entry.tables)


def _observation(
    one: Spotted, entries: Mapping[str, FileEntry], known: Mapping[str, Reads], better: AbstractSet[tuple[str, str]]
) -> Observation:
    finding = one.finding
    if not finding.tables and not finding.columns:
        finding = replace(finding, tables=_tables_of(entries.get(finding.path)))
    # A note is no doubt about a number.
    does = Touched() if finding.severity == "note" else touched(finding, known)
    spots = one.spots or (() if finding.line is None else (Spot(finding.line, finding.example),))
    return Observation(
        finding=finding,
        severity=finding.severity,
        message=finding.message,
        spots=spots,
        metrics=does.metrics,
        cuts=does.cuts,
        of_all=one.of_all,
        adds_up=finding.code in _ADD_UP,
        echo=_said_better(finding, better),
    )


def _order(one: Observation) -> tuple[Any, ...]:
    finding = one.finding
    return (_RANK[one.severity], finding.path, finding.line or 0, finding.code, finding.column, finding.detail)


def _unsound(
    problems: Sequence[Problem],
    entries: Mapping[str, FileEntry],
    known: Mapping[str, Reads],
    logins: Mapping[str, frozenset[str]],
) -> Iterator[Effect]:
    """Problems of files whose rows are in the tables all the same, such as spells that overlap.

    ``logins``: by system, the columns that its logins stand in; what one login leads to is in no other column.
    """
    for problem in problems:
        entry = None if problem.place is None else entries.get(problem.place.file)
        if entry is None or not entry.accepted:
            continue
        tables = _tables_of(entry)
        columns = tuple(column for name in tables for column in _LED_BY.get(name, ()))
        if columns:
            of_system = [found for name, found in logins.items() if f"login of {normalise(name)} " in problem.message]
            columns = tuple(column for column in columns if any(column in found for found in of_system))
            tables = () if not columns else tables
        metrics = tuple(title for title, one in known.items() if one.touched_by(tables, columns))
        if metrics:
            yield Effect("error", metrics, problem.message, (entry.path,))


def _effects(observations: Iterable[Observation], further: Iterable[Effect]) -> tuple[Effect, ...]:
    """The same thing in several files is one effect."""
    groups: defaultdict[tuple[str, str, str], list[Observation]] = defaultdict(list)
    for one in observations:
        if one.metrics and not one.echo:
            groups[one.same].append(one)
    effects = [*(_effect(group) for group in groups.values()), *further]
    return tuple(sorted(effects, key=lambda one: (_RANK[one.severity], -len(one.metrics), one.message)))


def _effect(group: Sequence[Observation]) -> Effect:
    files = tuple(dict.fromkeys(one.finding.path for one in group if one.finding.path))
    named = tuple(dict.fromkeys(title for one in group for title in one.metrics))
    return Effect(group[0].severity, named, together(group), files)


def _files(
    loaded: Loaded,
    entries: Mapping[str, FileEntry],
    covered: Mapping[str, Covered],
    observations: Sequence[Observation],
    unusable: Sequence[Problem],
) -> tuple[FileCheck, ...]:
    reports = {report.shown: report for report in loaded.reports}
    problems: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in unusable:
        if problem.place is not None:
            problems[problem.place.file].append(problem)
    doubted = {one.finding.path for one in observations if one.severity != "note"}
    return tuple(
        FileCheck(
            path=path,
            entry=entries.get(path),
            read=reports.get(path),
            covered=covered.get(path),
            problems=tuple(problems[path]),
            attention=path in doubted or bool(problems[path]),
        )
        for path in sorted({*entries, *reports, *problems})
    )
