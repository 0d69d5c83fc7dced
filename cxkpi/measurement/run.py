"""From paths to a Result: read the catalogue, read the files, compute. The documented Python call stands on this."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from cxkpi import __version__
from cxkpi.calendar import midnight_utc
from cxkpi.catalogue.load import SHIPPED, Catalogue
from cxkpi.catalogue.load import load as load_catalogue
from cxkpi.catalogue.meaning import words
from cxkpi.catalogue.resolving import dialects
from cxkpi.documents.spelling import listed
from cxkpi.engines.base import load as load_engine
from cxkpi.errors import Problem, UsageError
from cxkpi.exports.cache import Cache, default_folder
from cxkpi.exports.load import Loaded
from cxkpi.exports.load import load as load_exports
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.rows import Data
from cxkpi.measurement import run_file
from cxkpi.measurement.computing.compute import Answer, Question, compute
from cxkpi.measurement.computing.dataset import dataset, reasonable
from cxkpi.measurement.computing.dimensions import identifies
from cxkpi.measurement.computing.needs import by_lack, missing_input
from cxkpi.result import Every, MetricInfo, NothingMeasuredError, Result

Progress: TypeAlias = Callable[[str, int, int], None]

_NEAREST = 3
# More names than that nobody reads in a message.
_LISTED = 12


def measure(
    paths: Sequence[str | Path],
    *,
    catalogue: str | Path | Catalogue | None = None,
    dialect: str | None = None,
    metrics: Sequence[str] = (),
    all_metrics: bool = False,
    every: Every = "month",
    by: Sequence[str] = (),
    since: date | str | None = None,
    until: date | str | None = None,
    last: int | None = None,
    only: Mapping[str, Sequence[str]] | None = None,
    compare: Literal["previous", "year", "none"] = "previous",
    as_of: str | date | None = None,
    profiles: Sequence[str | Path] = (),
    engine: str = "polars",
    cache: bool = True,
    leave_out: Sequence[str | Path] = (),
    further: bool = False,
    progress: Progress | None = None,
    exports: Callable[..., Loaded] = load_exports,
) -> Result:
    """See ``cxkpi.measure``, which is this function; ``progress`` is told of every file while it is read.

    ``exports`` reads them, called as ``cxkpi.exports.load.load`` is.
    """
    paths, metrics, by, profiles = _several(paths), _several(metrics), _several(by), _several(profiles)
    since, until = _day(since, "since"), _day(until, "until")
    _check(every, compare, last)
    meant = run_file.find([Path(path) for path in paths])
    if dialect is not None:
        if catalogue is not None:
            message = "catalogue and dialect both say what metrics mean."
            raise UsageError(Problem("U052", message, hint="Give one of the two."))
        catalogue = dialects.named(dialect)
    if isinstance(catalogue, Catalogue):
        defined = catalogue
    else:
        defined = load_catalogue(meant.catalogue if catalogue is None else Path(catalogue))
    chosen = choose(defined, metrics, all_metrics)
    beside = _with_targets(defined, chosen) if further and not (metrics or by or only) else []
    runner = load_engine(engine)
    question = Question(
        calendar=defined.calendar,
        every=every,
        by=tuple(dict.fromkeys(by)),
        since=since,
        until=until,
        last=last,
        only=tuple((name, tuple(values)) for name, values in (only or {}).items()),
        compare=compare,
    )
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        loaded = exports(
            meant.paths,
            tables=defined.tables,
            timezone=defined.timezone,
            profiles=[*(Path(profile) for profile in profiles), *meant.profiles],
            into=Path(folder),
            cache=Cache(default_folder()) if cache else None,
            settings=meant.settings,
            progress=progress,
            never=[Path(path) for path in _several(leave_out)],
            written=meant.written,
        )
        moment = None if as_of is None else as_of if isinstance(as_of, str) else as_of.isoformat()
        check_any(loaded)
        outlook = dataset(loaded.stored, defined.tables, defined.timezone, runner, moment, defined.calendar)
        answer = compute(chosen, titles(defined), outlook.data, question, further=beside)
        answer = replace(answer, notes=(*outlook.notes, *answer.notes))
    return _result(defined, chosen, bool(metrics), loaded, outlook.data, question, answer)


def _several(given: Any) -> Any:
    # A single name is easily given where several are taken, and a string is a sequence of its letters.
    return [given] if isinstance(given, str | Path) else given


def _day(given: date | str | None, name: str) -> date | None:
    if not isinstance(given, str):
        return given if given is None else reasonable(given)
    try:
        return reasonable(date.fromisoformat(given))
    except ValueError as error:
        raise UsageError(
            Problem("U034", f"{name}: '{given}' is not a date.", hint="Write it as 2026-06-30.")
        ) from error


def _check(every: str, compare: str, last: int | None) -> None:
    """Refuses what the command line cannot say but a Python call can."""
    for name, given, known in (("every", every, get_args(Every)), ("compare", compare, ("previous", "year", "none"))):
        if given not in known:
            raise UsageError(
                Problem("U035", f"{name}: there is no '{given}'.", hint=f"It is one of {', '.join(known)}.")
            )
    if last is not None and last < 1:
        raise UsageError(Problem("U036", f"last: {last} periods cannot be shown.", hint="Name a number from 1 on."))


def check_any(loaded: Loaded) -> None:
    """Refuses input of which no record was accepted: nothing dated means nothing to measure, whatever as_of."""
    if any(table.rows for table in loaded.stored.values()):
        return
    records = sum(entry.records for entry in loaded.files)
    first = "; ".join(f"{one.path}:{one.line}: {one.reason}" for one in loaded.rejects[:3])
    message = (
        f"no record could be used: {records} read, {len(loaded.rejects)} rejected{f' ({first})' if first else ''}."
    )
    problem = Problem("I011", message, hint="Export them again; --rejects FILE lists every rejected record.")
    raise NothingMeasuredError(problem, files=loaded.files, rejects=loaded.rejects)


def _empty_files(loaded: Loaded) -> list[str]:
    left_out = ("unreadable", "unrecognised")
    return [
        f"{entry.path} holds no records"
        for entry in loaded.files
        if entry.records == entry.skipped and entry.profile not in left_out
    ]


def tables(
    paths: Sequence[str | Path],
    *,
    catalogue: Path | None = None,
    profiles: Sequence[Path] = (),
    into: Path,
    cache: bool = True,
    progress: Progress | None = None,
    lenient: bool = False,
) -> Loaded:
    """Read export files into canonical tables under ``into``, one folder of Parquet parts per table.

    ``lenient``: a file that cannot be used is left out and told of in ``Loaded.problems``.
    """
    meant = run_file.find([Path(path) for path in paths])
    defined = load_catalogue(meant.catalogue if catalogue is None else catalogue)
    return load_exports(
        meant.paths,
        tables=defined.tables,
        timezone=defined.timezone,
        profiles=[*profiles, *meant.profiles],
        into=into,
        cache=Cache(default_folder()) if cache else None,
        settings=meant.settings,
        progress=progress,
        lenient=lenient,
        written=meant.written,
    )


def titles(defined: Catalogue) -> dict[str, Metric]:
    """Every metric of a catalogue by its title, ``name`` or ``name.variant``."""
    return {metric.title: metric for metric in defined.metrics.values()}


def choose(defined: Catalogue, names: Sequence[str], every: bool) -> list[Metric]:
    """The metrics asked for, in that order: those named, all that are not private, or the headline.

    UsageError for a name the catalogue does not have, with the nearest spelling.
    """
    known = titles(defined)
    if not names:
        if every or not defined.headline:
            return [metric for metric in defined.metrics.values() if not metric.private]
        return [known[name] for name in defined.headline]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(*(_unknown_metric(name, known, defined) for name in unknown))
    return [known[name] for name in dict.fromkeys(names)]


def _with_targets(defined: Catalogue, chosen: Sequence[Metric]) -> list[Metric]:
    """The metrics beside those chosen that can miss a target; variants say of the same thing what their metric says."""
    asked = {metric.key for metric in chosen}
    return [
        metric
        for metric in defined.metrics.values()
        if metric.key not in asked
        and metric.variant is None
        and not metric.private
        and (metric.target is not None or metric.alarm is not None or metric.targets)
    ]


def _unknown_metric(name: str, known: Mapping[str, Metric], defined: Catalogue) -> Problem:
    shown = {title.casefold(): title for title, metric in known.items() if not metric.private}
    near = [shown[match] for match in get_close_matches(name.casefold(), shown, n=_NEAREST, cutoff=0.6)]
    guess = f"Did you mean {listed([repr(title) for title in near])}? " if near else ""
    listing = f"cxkpi metrics{_option(defined.path)}"
    return Problem(
        "U001", f"there is no metric '{name}' in {defined.path}.", hint=f"{guess}'{listing}' lists all of them."
    )


def _option(catalogue: str) -> str:
    """How a catalogue is named on the command line, by its path."""
    if catalogue == SHIPPED:
        return ""
    dialect = dialects.file(Path(catalogue)) is not None
    return f" --dialect {Path(catalogue).stem}" if dialect else f" -c {catalogue}"


def _result(
    defined: Catalogue,
    chosen: Sequence[Metric],
    named: bool,
    loaded: Loaded,
    data: Data,
    question: Question,
    answer: Answer,
) -> Result:
    lacks = by_lack({one.title: answer.left_out[one.key] for one in chosen if one.key in answer.left_out})
    absent = _absent(lacks)
    if absent and (named or not answer.rows):
        if not answer.rows:
            # What was said while reading often tells why nothing is there.
            said = (Problem("I012", note, severity="note") for note in loaded.notes)
            if not named and len(answer.left_out) == len(chosen):
                absent = _others(defined, lacks, data)
            raise NothingMeasuredError(*absent, *said, files=loaded.files, rejects=loaded.rejects)
    else:
        absent = []
    notes = [*loaded.notes, *_empty_files(loaded), *answer.notes]
    if not named:
        notes += [f"{_named(stopped)} {'is' if len(stopped) == 1 else 'are'} left out: {why}" for stopped, why in lacks]
    notes += _completeness(answer, data)
    return Result(
        version=__version__,
        catalogue_path=defined.path,
        catalogue_hash=defined.hash,
        timezone=defined.timezone,
        as_of=data.as_of,
        as_of_from_data=data.as_of_from_data,
        through=dict(sorted(data.through.items())),
        every=question.every,
        by=question.by,
        metrics={metric.key: _info(metric) for metric in chosen if metric.key not in answer.left_out},
        rows=answer.rows,
        files=loaded.files,
        rejects=loaded.rejects,
        notes=tuple(dict.fromkeys(notes)),
        absent=tuple(absent),
        newest={report.shown: (report.newest, report.written) for report in loaded.reports},
        identifiers=frozenset(
            name for name in (*question.by, *dict(question.only)) if identifies(name, defined.tables.values())
        ),
        only={name: tuple(sorted(set(values))) for name, values in question.only},
        aside=loaded.aside,
        further=answer.further,
        further_metrics={row.key: _info(titles(defined)[row.metric]) for row in answer.further},
    )


def _others(defined: Catalogue, lacks: Lacks, data: Data) -> list[Problem]:
    """One problem for the whole headline, with the metrics that can be computed; the same problems where none can."""
    every = titles(defined)
    can = [title for title, one in every.items() if not one.private and missing_input(one, every, data) is None]
    if not can:
        return _absent(lacks)
    why = "; ".join(f"{why} (for {_named(stopped)})" for stopped, why in lacks)
    message = f"none of the metrics of {defined.path} shown by default can be computed: {why}."
    more = "" if len(can) <= _LISTED else f" and {len(can) - _LISTED} more: 'cxkpi metrics PATH…' lists them"
    return [Problem("I014", message, hint=f"These can: -m {','.join(can[:_LISTED])}{more}.")]


_NAMED_VARIANTS = 2

Lacks: TypeAlias = Sequence[tuple[Sequence[str], str]]

# A metric that cannot be computed from these files, and what was said while reading them.
ABSENT = frozenset({"I010", "I012", "I014"})


def _named(titles: Sequence[str]) -> str:
    """Metrics in a sentence; several variants of one that is named are counted."""
    variants: dict[str, list[str]] = {}
    for title in titles:
        base = title.partition(".")[0]
        variants.setdefault(base if base in titles else title, []).append(title)
    names: list[str] = []
    for base, found in variants.items():
        names += found if len(found) <= _NAMED_VARIANTS else [f"{base} with {len(found) - 1} variants"]
    return listed(names, "and")


def _absent(lacks: Lacks) -> list[Problem]:
    """A problem for each thing that is lacking; what to do is said once, with the last of them."""
    hint = "Add the file that holds it, or leave the metric out; 'cxkpi tables PATH… -o DIR' writes what was found."
    if sum(len(stopped) for stopped, _ in lacks) > 1:
        hint = hint.replace("holds it", "holds them").replace("the metric", "the metrics")
    return [
        Problem("I010", f"{_named(stopped)} cannot be computed: {why}.", hint=hint if number == len(lacks) else None)
        for number, (stopped, why) in enumerate(lacks, start=1)
    ]


def _info(metric: Metric) -> MetricInfo:
    return MetricInfo(
        metric=metric.name,
        variant=metric.variant,
        label=metric.label,
        unit=metric.unit,
        better=metric.better,
        objective=metric.objective,
        description=metric.description,
        family=metric.family,
        roll=None if metric.roll is None else str(metric.roll),
        min_n=metric.min_n,
        formula=_in_words(metric),
    )


def _in_words(metric: Metric) -> str:
    changed = (f"From {since} on: {what}." for since, what in words.versions(metric))
    return " ".join((*words.formula(metric), *changed))


def _completeness(answer: Answer, data: Data) -> list[str]:
    """Says so where a period counts as complete although the data end before its last midnight."""
    newest = max((row.period for row in answer.rows if row.period.complete), key=lambda one: one.end, default=None)
    if newest is None or midnight_utc(newest.end, data.zone) <= data.as_of:
        return []
    return [f"the period up to {newest.end - timedelta(days=1)} counts as complete: the data reach its last day"]
