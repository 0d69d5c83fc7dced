"""``cxkpi.yaml`` beside the data: what a run reads and writes, so that cron types ``cxkpi report`` and nothing else.

Codes of problems: R001 to R007 the YAML itself, R102 to R105 keys and values, R201 an unknown time zone, R202 a length
of time that is none, R203 no such dialect, R204 a catalogue and a dialect, U060 no PATH and no run file, U061 more than
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field

from cxkpi.catalogue.resolving import dialects
from cxkpi.catalogue.values.quantities import Refusal, duration
from cxkpi.documents.places import Document, read, sort_key
from cxkpi.documents.validation import Strict, validate
from cxkpi.errors import CatalogueError, Place, Problem, UsageError
from cxkpi.exports.layout.inputs import FileSetting

NAME = "cxkpi.yaml"
# A hundred years: what is older is a slip.
_OLDEST = timedelta(days=36_525)
_AS_TIME = "Write a number and a unit: 90m, 26h, 8d or 5wk."


class _File(Strict):
    match: str = Field(min_length=1)
    profile: str | None = None
    timezone: str | None = None
    max_age: str | None = None


class _Written(Strict):
    cxkpi: Literal[1]
    paths: list[str] = Field(default_factory=list)
    catalogue: str | None = None
    dialect: str | None = None
    profiles: list[str] = Field(default_factory=list)
    outputs: list[str] = Field(default_factory=list)
    manifest: str | None = None
    pseudonyms: str | None = None
    files: list[_File] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Age:
    """How old the newest event of the files whose name fits ``pattern`` may be."""

    pattern: str
    limit: timedelta
    written: str


@dataclass(frozen=True, slots=True)
class RunFile:
    """What a run file says, with paths relative to the folder it lies in.

    ``paths``: what to read. ``catalogue``: a file, or a dialect's path. ``settings``: profile and time zone of files by
    their name; the last that fits counts, for each of the two. ``ages``: what may be how old. ``manifest``: where a run
    is recorded; ``pseudonyms``: the file of the key by which people are renamed.
    """

    file: Path | None
    paths: tuple[Path, ...]
    catalogue: Path | None = None
    profiles: tuple[Path, ...] = ()
    outputs: tuple[Path, ...] = ()
    settings: tuple[FileSetting, ...] = ()
    ages: tuple[Age, ...] = field(default=())
    manifest: Path | None = None
    pseudonyms: Path | None = None

    @property
    def written(self) -> tuple[Path, ...]:
        """What a run writes, and never reads, and the key, which is no export."""
        return (*self.outputs, *(path for path in (self.manifest, self.pseudonyms) if path is not None))


def find(paths: Sequence[Path]) -> RunFile:
    """The run that ``paths`` mean: that of the run file in one of these folders (or in the current one), or just them.

    A run file given by its own name counts as its folder. Raises UsageError where nothing is named and there is no run
    file here, or where two are meant; CatalogueError with every mistake in the file.
    """
    asked = [path.parent if path.name == NAME and path.is_file() else path for path in paths] or [Path()]
    holding = [path for path in dict.fromkeys(asked) if (path / NAME).is_file()]
    if len(holding) > 1:
        both = " and ".join(str(path / NAME) for path in holding)
        message = f"two run files are meant: {both}."
        raise UsageError(Problem("U061", message, None, "Name one of the folders, or the files themselves."))
    if not holding:
        if not paths:
            message = f"no PATH is named, and there is no {NAME} here."
            hint = f"Name the exports, as in cxkpi report exports/, or write a {NAME} that does."
            raise UsageError(Problem("U060", message, None, hint))
        return RunFile(None, tuple(paths))
    place = holding[0]
    written = load(place / NAME)
    others = [path for path in asked if path != place]
    return RunFile(
        file=place / NAME,
        paths=(*(written.paths or (place,)), *others),
        catalogue=written.catalogue,
        profiles=written.profiles,
        outputs=written.outputs,
        settings=written.settings,
        ages=written.ages,
        manifest=written.manifest,
        pseudonyms=written.pseudonyms,
    )


def load(file: Path) -> RunFile:
    """One run file. Raises CatalogueError with every mistake found, UsageError where it cannot be read."""
    shown = file.as_posix()
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        message = "this is not UTF-8 text"
        raise CatalogueError(Problem("R001", message, Place(shown), "A run file is a YAML file.")) from None
    except OSError as error:
        raise UsageError(Problem("U062", f"{shown} cannot be read: {error.strerror}.", Place(shown))) from error
    document = read(text, shown, family="R")
    problems = list(document.problems)
    if not problems and document.data is None:
        hint = "It begins with cxkpi: 1."
        raise CatalogueError(document.problem("R102", "this run file is empty", Place(shown), hint))
    if problems and document.data is None:
        raise CatalogueError(*problems)
    written, found = validate(_Written, document.data, document, (), "a run file", family="R")
    problems += found
    settings: list[FileSetting] = []
    ages: list[Age] = []
    if isinstance(written, _Written):
        for number, one in enumerate(written.files):
            place = document.place_of(("files", number))
            settings.append(FileSetting(one.match, one.profile, one.timezone, str(Place(shown, place.line))))
            problems += _zone(document, one.timezone, number)
            if one.max_age is not None:
                limit = age(one.match, one.max_age)
                if isinstance(limit, Refusal):
                    at = document.place_of(("files", number, "max_age"))
                    problems.append(document.problem("R202", limit.message, at, limit.hint))
                else:
                    ages.append(limit)
        problems += _dialect(document, written)
    if problems or not isinstance(written, _Written):
        raise CatalogueError(*sorted(problems, key=sort_key))
    base = file.parent
    return RunFile(
        file=file,
        paths=tuple(base / path for path in written.paths),
        catalogue=_catalogue(base, written),
        profiles=tuple(base / path for path in written.profiles),
        outputs=tuple(base / path for path in written.outputs),
        settings=tuple(settings),
        ages=tuple(ages),
        manifest=None if written.manifest is None else base / written.manifest,
        pseudonyms=None if written.pseudonyms is None else base / written.pseudonyms,
    )


def _dialect(document: Document, written: _Written) -> list[Problem]:
    if written.dialect is None:
        return []
    place = document.place_of(("dialect",))
    if written.catalogue is not None:
        message = "'catalogue' and 'dialect' both say what metrics mean"
        return [document.problem("R204", message, place, "Take one of them out.")]
    try:
        dialects.named(written.dialect)
    except UsageError as error:
        (problem,) = error.problems
        return [document.problem("R203", problem.message.rstrip("."), place, problem.hint)]
    return []


def _catalogue(base: Path, written: _Written) -> Path | None:
    if written.dialect is not None:
        return dialects.named(written.dialect)
    return None if written.catalogue is None else base / written.catalogue


def _zone(document: Document, zone: str | None, number: int) -> list[Problem]:
    if zone is None:
        return []
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place = document.place_of(("files", number, "timezone"))
        hint = "Use a name such as Europe/London."
        return [document.problem("R201", f"there is no time zone '{zone}'", place, hint)]
    return []


def age(pattern: str, written: str) -> Age | Refusal:
    """How old the files of a pattern may be, as a person writes it; why not, where it is no fixed length of time."""
    found = duration(written)
    if isinstance(found, Refusal):
        return Refusal(found.message, _AS_TIME)
    if found.unit == "mo":
        return Refusal(f"'{written}' is not a fixed length of time", "Write days or weeks: 31d, 5wk.")
    if found.seconds > _OLDEST.total_seconds():
        return Refusal(f"'{written}' is longer than any data are old", _AS_TIME)
    return Age(pattern, timedelta(seconds=found.seconds), written)
