"""A first look at a folder of exports: what its files are, what they allow, and what only a person can say."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from itertools import groupby
from pathlib import Path, PurePath

from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.meaning.words import quantity
from cxkpi.engines.base import load as load_engine
from cxkpi.errors import InputError
from cxkpi.exports import profile_file
from cxkpi.exports.adopting import files as adopting_files
from cxkpi.exports.adopting.several import Draft, drafts
from cxkpi.exports.cache import Cache, default_folder
from cxkpi.exports.files import sources as exported
from cxkpi.exports.files.finding import find, profiles_beside
from cxkpi.exports.findings import Finding
from cxkpi.exports.joining.identity_tables import IDENTITY
from cxkpi.exports.layout import inputs
from cxkpi.exports.layout.inputs import UNRECOGNISED, Recognised, missed, recognise_all
from cxkpi.exports.load import Loaded
from cxkpi.exports.load import load as load_exports
from cxkpi.exports.profile import Profile
from cxkpi.exports.zoneless import zoneless
from cxkpi.kinds.definition import Metric
from cxkpi.measurement.computing.dataset import dataset
from cxkpi.measurement.computing.needs import missing_input
from cxkpi.measurement.run import titles
from cxkpi.measurement.run_file import RunFile
from cxkpi.measurement.starting.found import Choice, Drafted, FirstLook, LeftOut, Question, Source
from cxkpi.result import FileEntry

PROFILES = "profiles"
"""The folder beside the data whose profiles are found by themselves."""
_HEADLINE = 6
# Dates and running numbers, but no digit of a word: acd_2026-01, calls20260131, report (3); not sample_2header.
_NUMBERS = re.compile(r"\d{4,}(?:[-_.]\d+)*|(?<![^\W_])\d+(?:[-_.]\d+)*(?![^\W_])")
_HOURLY = frozenset({"contacts", "legs", "cases", "invitations", "answers", "evaluations", "agent_time", "intervals"})


def look(
    defined: Catalogue,
    meant: RunFile,
    *,
    zone: str | None = None,
    kept: str | None = None,
    cache: bool = True,
    progress: Callable[[str, int, int], None] | None = None,
) -> FirstLook:
    """Look at the files of a run. ``zone``: the centre's, where a person says it; ``kept``: where one has said so.

    Files of a draft that has nothing to confirm count as read, since the next report reads them.

    Raises UsageError for a missing path, InputError where there are no files, CatalogueError for a wrong profile.
    """
    tables = defined.tables
    found, notes = find(meant.paths, meant.written)
    beside = profiles_beside(meant.paths, meant.profiles)
    unconfirmed: list[Finding] = []
    known = profile_file.collect(meant.profiles, tables, beside, unconfirmed)
    recognised, left, _ = recognise_all(found, known, meant.settings, lenient=True)
    left = missed(left, recognised)
    unknown = [one for one in left if one.problem.code == UNRECOGNISED and not one.source.hidden]
    waiting = _waiting([*meant.profiles, *beside], defined)
    drafted, untold = drafts([one.source for one in unknown], tables, [one.name for one in (*known, *waiting)], waiting)
    asked = [one for one in left if one.fitting]
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        loaded = load_exports(
            meant.paths,
            tables=tables,
            timezone=defined.timezone,
            profiles=(*meant.profiles, *_ready(drafted, Path(folder))),
            into=Path(folder),
            cache=Cache(default_folder()) if cache else None,
            settings=meant.settings,
            lenient=True,
            progress=progress,
            written=meant.written,
        )
        allowed = _why_not(defined, loaded)
    sources = _sources(recognised, loaded, defined)
    headline = _headline(defined, allowed)
    shown = [_choice(metric) for metric in headline]
    names = {metric.name for metric in headline}
    others = [
        metric
        for metric in defined.metrics.values()
        if not metric.private and metric.variant is None and metric.name not in names and allowed[metric.title] is None
    ]
    further = [metric for metric in others if metric.target is not None]
    centre, zone_from = _zone(zone, kept, recognised, defined)
    by_name = {one.source.shown: one.source for one in unknown}
    return FirstLook(
        sources=tuple(sources),
        drafts=tuple(_drafted(one, by_name, [file.source for file in recognised]) for one in drafted),
        questions=tuple(_questions(asked, recognised)),
        left_out=(
            *(
                LeftOut(one.source.shown, one.problem.message)
                for one in left
                if one not in unknown and one not in asked
            ),
            *(LeftOut(source.shown, problem.message) for source, problem in untold),
            *_unreadable(loaded, recognised),
        ),
        headline=tuple(shown),
        lacking=tuple(
            _choice(metric, allowed[metric.title])
            for metric in _named(defined)
            if metric.name not in names and allowed[metric.title] is not None
        ),
        further=tuple(_choice(metric) for metric in further),
        more=len(others) - len(further),
        zone=centre,
        zone_from=zone_from,
        tables=frozenset(name for name, held in loaded.stored.items() if held.rows),
        columns=frozenset(
            f"{name}.{one}" for name, held in loaded.stored.items() if held.rows for one in held.supplied
        ),
        as_it_is=any(allowed[metric.title] is None for metric in _named(defined)),
        notes=notes,
    )


def _waiting(paths: Sequence[Path], defined: Catalogue) -> list[Profile]:
    """The drafts among these profiles that nobody has confirmed."""
    parsed = [
        profile_file.parse(path.read_text(encoding="utf-8"), path.as_posix(), defined.tables, "beside")
        for path in (profile_file.files_of(paths) if paths else ())
    ]
    return [one for one in parsed if one.unconfirmed or one.unfilled]


def _ready(drafted: Sequence[Draft], folder: Path) -> list[Path]:
    """The new drafts that nobody has to confirm, as files."""
    found = []
    for number, draft in enumerate(drafted):
        if draft.adopted is not None and not (draft.profile.unconfirmed or draft.profile.unfilled):
            found.append(folder / f"draft_{number}.yaml")
            found[-1].write_text(draft.adopted.yaml, encoding="utf-8")
    return found


def _drafted(draft: Draft, by_name: Mapping[str, exported.Source], others: Sequence[exported.Source]) -> Drafted:
    profile, adopted = draft.profile, draft.adopted
    # A rule to be filled in is marked, too, and counts once.
    fill = dict.fromkeys(name.rpartition(".")[2] for name, _ in profile.unfilled)
    marked = {name for name, _ in profile.unconfirmed}
    unmarked = {name for name, _ in profile.unfilled} - marked
    return Drafted(
        file=profile.written_in if adopted is None else f"{PROFILES}/{profile.name}.yaml",
        text=None if adopted is None else adopted.yaml,
        profile=profile.name,
        files=draft.files,
        patterns=tuple(dict.fromkeys(_pattern(shown, others) for shown in draft.files)),
        table=next(iter(profile.tables)),
        records=None if adopted is None else _records(draft, by_name),
        confirm=len(profile.unconfirmed) + len(unmarked),
        fill=tuple(fill),
    )


def _records(draft: Draft, by_name: Mapping[str, exported.Source]) -> int | None:
    """The records of all files of a draft; None where only the first of some were read."""
    assert draft.adopted is not None
    records, sampled = draft.adopted.records, draft.adopted.sampled
    for shown in draft.files[1:]:
        if sampled:
            break
        try:
            grid = adopting_files.grid(by_name[shown])
        except InputError:
            return None
        records, sampled = records + grid.height, grid.sampled
    return None if sampled else records


# -- files ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _File:
    """A file that is read, and what became of it."""

    read: Recognised
    entry: FileEntry
    pattern: str


def _sources(recognised: Sequence[Recognised], loaded: Loaded, defined: Catalogue) -> list[Source]:
    """The files that are read, those of one name and profile together, in the order of their patterns."""
    entries = {entry.path: entry for entry in loaded.files}
    readable = [one for one in recognised if one.shown in entries]
    files = [_File(one, entries[one.shown], _pattern(one.shown, _others(one, recognised))) for one in readable]
    files.sort(key=lambda one: (one.pattern, one.read.shown))
    grouped = groupby(files, key=lambda one: (one.pattern, one.read.layout.profile.name))
    return [_source(pattern, list(group), defined) for (pattern, _), group in grouped]


def _source(pattern: str, files: Sequence[_File], defined: Catalogue) -> Source:
    profile = files[0].read.layout.profile
    rows: dict[str, int] = {}
    for one in files:
        for table, number in one.entry.tables:
            rows[table] = rows.get(table, 0) + number
    return Source(
        pattern=pattern,
        files=tuple(one.read.shown for one in files),
        profile=profile.name,
        title=profile.title,
        records=sum(one.entry.records for one in files),
        rejected=sum(one.entry.rejected for one in files),
        tables=tuple(rows.items()),
        # Files of one system are written alike.
        zoneless=zoneless(files[-1].read, {**defined.tables, **IDENTITY}),
        staff=_HOURLY.isdisjoint(profile.tables),
    )


def _questions(asked: Sequence[inputs.LeftOut], recognised: Sequence[Recognised]) -> Iterator[Question]:
    """One for each pattern of files that fit several profiles alike."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in asked:
        others = [file.source for file in recognised]
        others += [other.source for other in asked if other.fitting != one.fitting]
        found.setdefault((_pattern(one.source.shown, others), one.fitting), []).append(one.source.shown)
    for (pattern, profiles), files in found.items():
        yield Question(pattern, tuple(files), profiles)


def _others(file: Recognised, every: Sequence[Recognised]) -> list[exported.Source]:
    return [one.source for one in every if one.layout.profile.name != file.layout.profile.name]


def _pattern(shown: str, others: Sequence[exported.Source]) -> str:
    """A glob for files named alike but for dates and numbers, as next month's will be, unless it fits ``others`` too;
    else the name itself."""
    name = escape(_name(shown))
    likely = _NUMBERS.sub("*", name)
    return name if any(inputs.fits(likely, source) for source in others) else likely


def _name(shown: str) -> str:
    """A file's name without its folder or archive, and without ``.gz``."""
    whole, sign, sheet = shown.partition("#")
    return f"{PurePath(whole).name.removesuffix('.gz') if not sign else whole}{sign}{sheet}"


def _unreadable(loaded: Loaded, recognised: Sequence[Recognised]) -> Iterator[LeftOut]:
    """Files whose profile is known and that cannot be read all the same."""
    known = {one.shown for one in recognised}
    for problem in loaded.problems:
        if problem.place is not None and problem.place.file in known:
            yield LeftOut(str(problem.place), problem.message)


def _zone(given: str | None, kept: str | None, recognised: Sequence[Recognised], defined: Catalogue) -> tuple[str, str]:
    """The centre's zone, and who says so: a person, now or before, the files where all that name one name the same, the
    catalogue."""
    if given is not None:
        return given, "given"
    if kept is not None:
        return kept, "kept"
    named = {zone for file in recognised for zone in file.layout.zones.values()}
    named |= {file.layout.profile.file.timezone or "" for file in recognised}
    places = {zone for zone in named if "/" in zone and not zone.startswith("Etc/")}
    if len(places) == 1:
        return places.pop(), "files"
    return defined.timezone, "catalogue"


# -- metrics ----------------------------------------------------------------------------------------------------------


def _why_not(defined: Catalogue, loaded: Loaded) -> Mapping[str, str | None]:
    """By title why a metric cannot be computed, None where it can; while the rows are there."""
    others = titles(defined)
    if not any(held.rows for held in loaded.stored.values()):
        return dict.fromkeys(others, "no record could be used")
    data = dataset(loaded.stored, defined.tables, defined.timezone, load_engine("polars")).data
    return {title: missing_input(metric, others, data) for title, metric in others.items()}


def _named(defined: Catalogue) -> list[Metric]:
    """The catalogue's headline."""
    every = titles(defined)
    return [every[title] for title in defined.headline]


def _headline(defined: Catalogue, why_not: Mapping[str, str | None]) -> list[Metric]:
    """What to begin with: of the catalogue's headline what files allow, or the first variant they allow; and where that
    is little, further metrics with a target, in the catalogue's order."""
    found: dict[str, Metric] = {}
    every = list(defined.metrics.values())
    for wanted in _named(defined):
        alike = (one for one in every if one.name == wanted.name)
        metric = next((one for one in (wanted, *alike) if why_not[one.title] is None), None)
        if metric is not None:
            found.setdefault(metric.name, metric)
    for metric in every:
        if len(found) >= _HEADLINE:
            break
        judged = metric.target is not None and metric.variant is None and not metric.private
        if judged and why_not[metric.title] is None:
            found.setdefault(metric.name, metric)
    return list(found.values())


def _choice(metric: Metric, why: str | None = None) -> Choice:
    return Choice(
        metric.title,
        metric.label,
        None if metric.target is None else quantity(metric.target, metric.unit),
        None if metric.alarm is None else quantity(metric.alarm, metric.unit),
        why,
    )
