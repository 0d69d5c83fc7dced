"""Which of the files found are exports, in which layout, and what is to be said of those that are left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatch
from functools import partial
from io import TextIOWrapper
from pathlib import Path, PurePath
from typing import Any, BinaryIO, cast

from cxkpi.documents.spelling import did_you_mean
from cxkpi.errors import InputError, Place, Problem, UsageError
from cxkpi.exports.files.cellwise import cells, is_cellwise, text_lines
from cxkpi.exports.files.faults import NothingThere
from cxkpi.exports.files.finding import Found, is_read
from cxkpi.exports.files.reading import NotText, survey
from cxkpi.exports.files.records import Records
from cxkpi.exports.files.sections import flat
from cxkpi.exports.files.sources import HEAD_BYTES, Head, Source, Unread, expand, head, json_headings
from cxkpi.exports.layout.headings import zone_in
from cxkpi.exports.layout.recognise import (
    SEARCHED_LINES,
    Layout,
    NotRecognised,
    UndecidedError,
    asked_for,
    missing_of,
    named,
    recognise,
)
from cxkpi.exports.profile import Profile
from cxkpi.result import FileEntry

_HINT = "If it is an export, 'cxkpi adopt FILE' drafts a profile; complete it, and give it with --profile FILE."
_SHOWN_PROBLEMS = 20
UNRECOGNISED = "I105"
"""The problem of files that no profile reads."""


@dataclass(frozen=True, slots=True)
class FileSetting:
    """What a run file says of the files whose name fits ``pattern``: how they are to be read.

    ``profile``: by its name, instead of recognition. ``timezone``: of local times, instead of the profile's.
    ``written``: where that is said, file and line.
    """

    pattern: str
    profile: str | None = None
    timezone: str | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Recognised:
    """An input with its layout, in whose profile the time zone of the run file has taken the place of its own."""

    source: Source
    layout: Layout

    @property
    def shown(self) -> str:
        """Its name in reports."""
        return self.source.shown

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self.source.size

    @property
    def by_cells(self) -> bool:
        """Whether its records come from ``cells``; else it is text, to be split at line ends."""
        return is_cellwise(self.source, self.layout)

    def cells(self, wanted: Sequence[int]) -> Iterator[Records]:
        """Its records in blocks; see ``cellwise.cells``."""
        return cells(self.source, self.layout, wanted, self.layout.profile.file.nulls)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An input nothing is taken from: why, and the word that stands in the ledger for its profile.

    ``word``: ``unreadable``, ``unrecognised``, or the name of a profile that refuses the export; then ``records`` of it
    are skipped, and of its lines so many are ``blank`` or ``continued``; so many records are ``shared``. ``nothing``:
    there is nothing in it that anybody could miss. ``fitting``: the profiles between which only a person can choose.
    """

    source: Source
    problem: Problem
    word: str
    records: int = 0
    blank: int = 0
    continued: int = 0
    shared: int = 0
    nothing: bool = False
    fitting: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What the reader of the report is told."""
        return f"{self.source.shown} was left out: {self.problem.message}"

    @property
    def entry(self) -> FileEntry:
        """Its line in the ledger."""
        values: dict[str, Any] = {
            "path": self.source.shown,
            "profile": self.word,
            "records": self.records,
            "accepted": 0,
            "superseded": 0,
            "rejected": 0,
            "skipped": self.records,
            "blanked": 0,
            "lines": self.records + self.blank + self.continued - self.shared,
            "tables": (),
            "blank": self.blank,
            "continued": self.continued,
            "shared": self.shared,
        }
        return FileEntry(**{field.name: values[field.name] for field in fields(FileEntry) if field.name in values})


def recognise_all(
    found: Sequence[Found],
    known: Sequence[Profile],
    settings: Sequence[FileSetting] = (),
    *,
    lenient: bool = False,
) -> tuple[list[Recognised], list[LeftOut], list[str]]:
    """The exports among the files, the others, and what is to be said of profiles that were given in vain.

    ``settings``: of a run file; of those that fit a file the last counts, for the profile and for the time zone. Raises
    UsageError where one names a profile nobody knows, InputError where a file named on the command line is no export,
    where none is, or where two profiles are close; ``lenient``: such a file is left out.
    """
    names = {profile.name for profile in known}
    for setting in settings:
        if setting.profile is not None and setting.profile not in names:
            message = f"there is no profile '{setting.profile}'{did_you_mean(setting.profile, names)}"
            hint = f"It is asked for where files fit '{setting.pattern}'{_where(setting)}."
            raise UsageError(Problem("U022", message, None, hint))
    sources = tuple(expand(found))
    outcomes = [_outcome(source, known, settings, lenient) for source in sources]
    recognised = [outcome for outcome in outcomes if isinstance(outcome, Recognised)]
    left = [outcome for outcome in outcomes if isinstance(outcome, LeftOut)]
    used = {file.source.path for file in recognised}
    useless = [file.problem for file in left if file.source.given and file.source.path not in used]
    if not lenient and (useless or not recognised):
        raise InputError(*(useless or [file.problem for file in left])[:_SHOWN_PROBLEMS])
    return recognised, left, [*_in_vain(recognised, known), *_settings_in_vain(sources, settings)]


def is_export(path: Path, known: Sequence[Profile], settings: Sequence[FileSetting] = ()) -> bool:
    """Whether some table of a file is known by a profile, or by several, or by one that refuses it."""
    if not is_read(path):
        return False
    outcomes = [_outcome(source, known, settings, True) for source in expand([Found(path, path.name, False)])]
    return any(
        isinstance(one, Recognised) or one.fitting or one.word not in ("unreadable", "unrecognised") for one in outcomes
    )


def _where(setting: FileSetting) -> str:
    return f" ({setting.written})" if setting.written else ""


def missed(left: Sequence[LeftOut], recognised: Sequence[Recognised]) -> list[LeftOut]:
    """What was left out and may be missed: not what is in a file of which other parts are read, and holds nothing."""
    used = {file.source.path for file in recognised}
    return [file for file in left if not (file.nothing and file.source.path in used)]


def _in_vain(recognised: Sequence[Recognised], known: Sequence[Profile]) -> list[str]:
    """Profiles that a user gave and no file is read by, where files are read by others."""
    used = {file.layout.profile.name for file in recognised}
    notes = []
    for profile in known:
        if profile.origin != "user" or profile.name in used or profile.match.lines is not None:
            continue
        nearest = [(missing, file) for file in recognised if (missing := _lacking(profile, file.layout))]
        if not nearest:
            continue
        missing, file = min(nearest, key=lambda item: (len(item[0]), item[1].shown))
        if len(missing) < len(profile.headings):
            instead = f"{file.shown} lacks {named(missing)} and is read by {file.layout.profile.name}"
            notes.append(f"no file fits the profile {profile.name}; {instead}.")
        else:
            notes.append(f"no file fits the profile {profile.name}.")
    return notes


def _lacking(profile: Profile, layout: Layout) -> tuple[str, ...]:
    placed = Layout(profile, layout.delimiter, layout.headings, 0, 0, 0).positions
    return tuple(
        names[0]
        for names, asked in zip(profile.headings, profile.asked, strict=True)
        if asked.isdisjoint(placed.keys())
    )


def _outcome(
    source: Source | Unread, known: Sequence[Profile], settings: Sequence[FileSetting], lenient: bool
) -> Recognised | LeftOut:
    if isinstance(source, Unread):
        return LeftOut(source.source, source.problem, "unreadable")
    try:
        start = head(source)
    except InputError as error:
        return LeftOut(source, error.problems[0], "unreadable", nothing=isinstance(error, NothingThere))
    setting = _setting_of(source, settings)
    try:
        layout = _layout(source, start, known, setting)
    except InputError as error:
        if not lenient:
            raise
        fitting = error.profiles if isinstance(error, UndecidedError) else ()
        return LeftOut(source, error.problems[0], "unrecognised", fitting=fitting)
    if isinstance(layout, Problem):
        return LeftOut(source, layout, "unrecognised", nothing=source.hidden)
    if layout.profile.refuse is not None:
        return _refused(source, layout)
    if setting.timezone is not None:
        file = layout.profile.file.model_copy(update={"timezone": setting.timezone})
        layout = replace(layout, profile=replace(layout.profile, file=file))
    return Recognised(source, layout)


def _setting_of(source: Source, settings: Sequence[FileSetting]) -> FileSetting:
    """Profile and time zone of a source: of each the last setting that fits its name."""
    profile = timezone = None
    for setting in settings:
        if fits(setting.pattern, source):
            profile, timezone = setting.profile or profile, setting.timezone or timezone
    return FileSetting("", profile, timezone)


def fits(pattern: str, source: Source) -> bool:
    """Whether a glob fits a source: any of its names in reports, its path, or the file it is in."""
    names = (source.path.name, source.path.as_posix())
    by_path = any(fnmatch(name, pattern) for name in names) or source.path.match(pattern)
    return by_path or fits_name(pattern, source.shown)


def fits_name(pattern: str, shown: str) -> bool:
    """Whether a glob fits a file as reports call it, without its sheet, its folder or archive, or ``.gz``."""
    whole = shown.partition("#")[0]
    names = {shown, whole, whole.removesuffix(".gz"), PurePath(whole).name, PurePath(whole).name.removesuffix(".gz")}
    return any(fnmatch(name, pattern) for name in names) or PurePath(whole).match(pattern)


def _settings_in_vain(inputs: Sequence[Source | Unread], settings: Sequence[FileSetting]) -> list[str]:
    """What a run file says of files that are not there: a slip in a pattern would move every time unseen."""
    sources = [one.source if isinstance(one, Unread) else one for one in inputs]
    return [
        f"no file fits '{setting.pattern}', so what {setting.written or 'the run file'} says of it was not used."
        for setting in settings
        if setting.profile or setting.timezone
        if not any(fits(setting.pattern, source) for source in sources)
    ]


def _layout(source: Source, start: Head, known: Sequence[Profile], setting: FileSetting) -> Layout | Problem:
    of_each = partial(_headings_of_each, source) if source.kind == "json" else None
    if setting.profile is not None:
        asked = [profile for profile in known if profile.name == setting.profile]
        layout = recognise(start, source.shown, [asked_for(profile) for profile in asked], of_each=of_each)
        if isinstance(layout, NotRecognised):
            missing = missing_of(start, asked[0], of_each)
            lacks = f"lacks {named(missing)}" if missing else "does not look like that"
            message = f"it is to be read by the profile {setting.profile}, but {lacks}."
            hint = "Correct the profile, or leave it out of the run file for this file."
            raise InputError(Problem(UNRECOGNISED, message, Place(source.shown), hint))
        layout = replace(layout, profile=asked[0], why=f"it was asked for by name; {layout.why}")
    else:
        layout = recognise(start, source.shown, known, sheet=source.sheet, of_each=of_each, hidden=source.hidden)
    if isinstance(layout, NotRecognised):
        if source.hidden:
            message = "the sheet is hidden, and hidden sheets are read only where a profile names them."
            hint = "Show it in Excel, or name it under 'file: sheet'."
            return Problem(UNRECOGNISED, message, Place(source.shown), hint)
        message = f"nobody recognises this file: {layout}{_searched(start)}."
        return Problem(UNRECOGNISED, message, Place(source.shown), _HINT)
    return _completed(source, layout)


def _searched(start: Head) -> str:
    """Where headings were looked for, if there is more than that."""
    if start.lines and len(start.lines) == 1 and len(start.lines[0]) >= HEAD_BYTES // 4:
        return "; its first line is longer than any headings"
    if len(start.lines) > SEARCHED_LINES + 1 or len(start.rows) > SEARCHED_LINES:
        return f"; headings are looked for in its first {SEARCHED_LINES} lines"
    return ""


def _headings_of_each(source: Source, each: str) -> tuple[str, ...]:
    return json_headings(source, each)


def _completed(source: Source, layout: Layout) -> Layout:
    """The layout with the headings that come only further down in a file."""
    profile = layout.profile
    if source.kind == "json":
        missing = [name for name in profile.used if name.casefold() not in layout.positions]
        if missing and _comes_later(source, missing):
            return replace(layout, headings=json_headings(source, profile.file.each, whole=True))
    if source.kind == "text" and profile.file.sections is not None:
        lines = text_lines(source, profile.file.encoding)
        table = flat(lines, layout.delimiter, profile.file.sections, profile.asked)
        assert table is not None
        return replace(layout, headings=table.headings)
    return layout


def _comes_later(source: Source, names: Sequence[str]) -> bool:
    """Whether the key of some name stands in the file somewhere."""
    keys = [f'"{part}"'.encode().lower() for part in {zone_in(name)[0].rpartition(".")[2] for name in names} if part]
    longest = max(map(len, keys), default=0)
    carried = b""
    with source.open() as stream:
        while chunk := stream.read(HEAD_BYTES):
            text = (carried + chunk).lower()
            if any(key in text for key in keys):
                return True
            carried = text[-longest:]
    return False


# -- refused exports --------------------------------------------------------------------------------------------------


def _refused(source: Source, layout: Layout) -> LeftOut:
    """An export of which nothing can be read: why, and how many records that are."""
    profile = layout.profile
    title = f"{profile.title} ({profile.name})" if profile.title else profile.name
    message = f"nothing can be read from this export, {title}: {(profile.refuse or '').rstrip('.')}."
    problem = Problem("I109", message, Place(source.shown), None)
    try:
        if is_cellwise(source, layout):
            records = blank = continued = shared = 0
            for block in cells(source, layout, (0,)):
                records += block.cells.height + len(block.broken) + block.skipped
                blank, continued = blank + block.blank, continued + block.continued
                shared += block.shared
        else:
            (records, blank, continued), shared = _counted(source, layout), 0
    except (InputError, NotText) as error:
        fault = error.problems[0] if isinstance(error, InputError) else replace(problem, message=f"this is {error}.")
        return LeftOut(source, fault, "unreadable")
    return LeftOut(source, problem, profile.name, records, blank, continued, shared)


def _counted(source: Source, layout: Layout) -> tuple[int, int, int]:
    """Records, blank lines, and lines that are no record of their own, of a text that nobody looks at further."""
    encoding = survey(source.open).name
    lines = blank = 0
    with source.open() as stream, TextIOWrapper(cast(BinaryIO, stream), encoding=encoding, errors="replace") as text:
        for line in text:
            lines += 1
            blank += not line.strip()
    heading = 0 if layout.columns_named else layout.data_line - layout.heading_line
    records = max(0, lines - blank - heading)
    return records, blank, lines - blank - records
