"""Which profile a file is written in, and where its headings are.

A profile fits where everything it asks for under ``match`` is there, in one line among the first 25. Of those that fit,
a user's wins over a shipped one and a shipped one over the plain layouts. Among profiles of one origin the choice must
be clear: the one chosen asks for all the headings the other asks for and for more, or neither asks for fewer headings
nor knows fewer of the file's. Where two are close the user is asked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from cxkpi.documents.spelling import listed
from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.files.sections import flat
from cxkpi.exports.files.sources import Head
from cxkpi.exports.layout import headings as naming
from cxkpi.exports.profile import Profile, normalise

SEARCHED_LINES = 25
_LINES_OF_ONE_RECORD = 200
_FIRST_LINES = 5
_LINES_OF_SECTIONS = 400
_DELIMITERS = (",", ";", "\t", "|")
# A first line that says what parts the cells, for Excel.
_SEPARATOR = re.compile(r"sep=[!#-/:-@\[-`{-~\t]")
_WRITTEN = {"tab": "\t"}
_ORIGINS = {"user": 3, "beside": 2, "shipped": 1, "plain": 0}

HeadingsOfEach = Callable[[str], tuple[str, ...]]
"""The headings of a JSON file whose records are the elements of an array."""


@dataclass(frozen=True)
class Layout:
    """Where the data of a file is: its headings in order, the 0-based line they are on, and the first line of data.

    ``more_headings``: rows below the headings that are no data. ``why``: what the choice of the profile rests on.
    ``columns_named``: the file has no headings, the profile names its columns; both lines are 0 then.
    """

    profile: Profile
    delimiter: str
    headings: tuple[str, ...]
    heading_line: int
    data_line: int
    more_headings: int
    why: str = ""
    columns_named: bool = False

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Where each name is found that the profile may ask for; see ``headings.positions``."""
        return naming.positions(self.headings, self.profile)

    @cached_property
    def zones(self) -> Mapping[int, str]:
        """Position -> the time zone that its heading names, ``Started at (Europe/Berlin)``."""
        return naming.zones_of(self.headings)

    @property
    def ragged(self) -> bool:
        """Whether records may have more cells than headings, which are ignored, or fewer, which are empty."""
        return self.columns_named or bool(getattr(self.profile.file, "ragged", False))

    @cached_property
    def repeated(self) -> tuple[str, ...]:
        """Headings that stand more than once and that the profile reads."""
        seen = [normalise(heading) for heading in self.headings]
        if len(set(seen)) == len(seen):
            return ()
        used = self.profile.known
        return tuple(
            dict.fromkeys(h for h, n in zip(self.headings, seen, strict=True) if n in used and seen.count(n) > 1)
        )


@dataclass(frozen=True, slots=True)
class NotRecognised:
    """No profile fits: the nearest one, and which of its headings are missing.

    ``unknown``: headings of the file that a plain layout, which must know all of them, does not know.
    """

    nearest: str | None
    missing: tuple[str, ...]
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.nearest is None:
            return "no profile knows any of its headings"
        if self.unknown:
            return f"nearest is the profile {self.nearest}, which does not know {named(self.unknown)}"
        return f"nearest is the profile {self.nearest}, which also needs {named(self.missing)}"


class UndecidedError(InputError):
    """Several profiles fit a file and none of them clearly better; ``profiles``: their names (I104)."""

    def __init__(self, problem: Problem, profiles: tuple[str, ...]) -> None:
        super().__init__(problem)
        self.profiles = profiles


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile that fits: its layout, and how many of the file's headings it knows."""

    layout: Layout
    known: int

    @property
    def profile(self) -> Profile:
        """The profile."""
        return self.layout.profile

    @property
    def asked(self) -> int:
        """How many headings it asks for."""
        match = self.profile.match
        if match.lines is not None:
            return len(self.layout.headings)
        return len(match.headings) + len(match.like)

    @property
    def width(self) -> int:
        """How many different headings the file has."""
        return len({normalise(heading) for heading in self.layout.headings} - {""})

    def clear_of(self, other: Fit) -> bool:
        """Whether it is the better one beyond doubt."""
        asks, others = set(self.profile.asked), set(other.profile.asked)
        if asks > others and set(self.profile.match.like) >= set(other.profile.match.like):
            return True
        if others > asks and set(other.profile.match.like) >= set(self.profile.match.like):
            return False
        better = (self.asked, self.known), (other.asked, other.known)
        return self.asked >= other.asked and self.known >= other.known and better[0] != better[1]


def recognise(
    head: Head,
    name: str,
    profiles: Sequence[Profile],
    *,
    sheet: str | None = None,
    of_each: HeadingsOfEach | None = None,
    hidden: bool = False,
) -> Layout | NotRecognised:
    """The layout of a file by the best profile.

    ``head``: its beginning. ``sheet``: of a workbook; a ``hidden`` one is read only by a profile that names it.
    ``of_each``: for JSON. Raises UndecidedError where two profiles are close.
    """
    fits, nearest = _fits(head, profiles, sheet, of_each, hidden)
    if not fits:
        return nearest
    ordinary = [fit for fit in fits if not fit.profile.match.last_resort] or fits
    best = max(_ORIGINS.get(fit.profile.origin, 0) for fit in ordinary)
    fitting = [fit for fit in ordinary if _ORIGINS.get(fit.profile.origin, 0) == best]
    for fit in fitting:
        if all(fit is other or fit.clear_of(other) for other in fitting):
            return _explained(fit, profiles)
    raise _undecided(name, fitting)


def asked_for(profile: Profile) -> Profile:
    """A profile as it is tried on a file for which somebody has named it: of a last resort no signs are needed."""
    if not profile.match.last_resort:
        return profile
    return replace(profile, match=profile.match.model_copy(update={"like": (), "unlike": ()}))


def missing_of(head: Head, profile: Profile, of_each: HeadingsOfEach | None = None) -> tuple[str, ...]:
    """The headings a profile asks for and a file lacks, as the nearest line has them; none where only signs do."""
    if any(all(names & (row.exact | row.bare) for names in profile.asked) for row in _rows(head)):
        return ()
    _, nearest = _fits(head, [profile], profile.file.sheet, of_each, False)
    return nearest.missing or tuple(spellings[0] for spellings in profile.headings)


def named(names: Sequence[str]) -> str:
    """``the headings 'a' and 'b'``."""
    plural = "headings" if len(names) > 1 else "heading"
    return f"the {plural} {listed([f'{chr(39)}{name}{chr(39)}' for name in names]).replace(' or ', ' and ')}"


def _explained(fit: Fit, profiles: Sequence[Profile]) -> Layout:
    """The layout with the reason for it."""
    layout, asked, width = fit.layout, len(fit.profile.match.headings), fit.width
    if layout.columns_named:
        why = "its first lines look as the profile says; it has no headings"
    else:
        all_of = {1: "the one heading", 2: "both of the headings"}.get(asked, f"all {asked} of the headings")
        asks = f"{all_of} it asks for, and " if asked else ""
        why = f"{asks}{fit.known} of {width} headings of the file are known to it"
        others = [
            (count, profile.name)
            for profile in profiles
            if profile.name != fit.profile.name
            and not profile.closed
            and (count := _known(layout.headings, profile)) > 1
        ]
        if others:
            count, other = max(others, key=lambda item: (item[0], [-ord(letter) for letter in item[1]]))
            why += f"; next best is {other}, {count} of {width}"
    return Layout(
        layout.profile,
        layout.delimiter,
        layout.headings,
        layout.heading_line,
        layout.data_line,
        layout.more_headings,
        why,
        layout.columns_named,
    )


def _undecided(name: str, fitting: Sequence[Fit]) -> UndecidedError:
    """Names those that nothing tells apart, and what each has to say for itself."""
    best = max(fitting, key=lambda fit: (fit.asked, fit.known))
    close = [fit for fit in fitting if fit is best or not best.clear_of(fit)]
    close.sort(key=lambda fit: fit.profile.name)
    names = [fit.profile.name for fit in close]
    both = listed(names).replace(" or ", " and ")
    if len({(fit.asked, fit.known) for fit in close}) == 1:
        message = f"this file fits the profiles {both} equally well."
    else:
        facts = "; ".join(
            f"{fit.profile.name} asks for {fit.asked} headings and knows {fit.known} of {fit.width}" for fit in close
        )
        message = f"this file fits the profiles {both}, and none of them clearly better: {facts}."
    hint = (
        f"Say which it is: in cxkpi.yaml under 'files', or with --profile and one that asks for more headings than "
        f"{listed(names)} do."
    )
    return UndecidedError(Problem("I104", message, Place(name), hint), tuple(names))


# -- which profiles fit -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A line that may hold headings. ``after``: the line behind it."""

    at: int
    delimiter: str
    cells: tuple[str, ...]
    after: int
    exact: frozenset[str]
    bare: frozenset[str]
    loosely: frozenset[str]


@dataclass(slots=True)
class _Search:
    """What is looked for in one file. ``text``: its first lines, normalised as headings are; made when asked for."""

    head: Head
    of_each: HeadingsOfEach | None
    found: dict[str, Fit] = field(default_factory=dict)
    nearest: tuple[float, int, NotRecognised] | None = None
    text: str | None = None

    def holds(self, names: Iterable[frozenset[str]]) -> bool:
        """Whether of each of these sets of headings one may stand in the first lines; no is certain."""
        if self.text is None:
            self.text = normalise.__wrapped__("\n".join(self.head.lines[:_LINES_OF_SECTIONS]))
        # A quote within a heading is written twice.
        return all(any('"' in name or name in self.text for name in of) for of in names)

    def missed(self, profile: Profile, missing: tuple[str, ...], known: int) -> None:
        self._nearly(1 - len(missing) / max(1, len(profile.headings)), known, NotRecognised(profile.name, missing))

    def unknown(self, profile: Profile, cells: Sequence[str], known: int) -> None:
        others = tuple(dict.fromkeys(c.strip() for c in cells if c.strip() and normalise(c) not in profile.known))
        share = 1 - len(others) / max(1, len(others) + known)
        self._nearly(share, known, NotRecognised(profile.name, (), others))

    def _nearly(self, share: float, known: int, what: NotRecognised) -> None:
        if share > 0 and (self.nearest is None or (share, known) > self.nearest[:2]):
            self.nearest = (share, known, what)

    def fits(self, fit: Fit) -> None:
        before = self.found.get(fit.profile.name)
        if before is None or (fit.known, -fit.layout.heading_line) > (before.known, -before.layout.heading_line):
            self.found[fit.profile.name] = fit


def _fits(
    head: Head, profiles: Sequence[Profile], sheet: str | None, of_each: HeadingsOfEach | None, hidden: bool
) -> tuple[list[Fit], NotRecognised]:
    search = _Search(head, of_each)
    rows = list(_rows(head))
    # Of lines of data nearly all hold no heading that any profile asks for.
    telling = _telling(rows, profiles)
    for profile in profiles:
        wanted = profile.file.sheet
        if hidden and wanted is None:
            continue
        if wanted is not None and sheet is not None and normalise(wanted) != normalise(sheet):
            continue
        if profile.match.lines is not None:
            _positional(search, profile)
        elif profile.file.sections is not None and head.lines:
            _sectioned(search, profile)
        elif profile.file.each is not None and of_each is not None:
            cells = of_each(profile.file.each)
            _headed(search, profile, [_row(0, "", cells, 0)])
        else:
            _headed(search, profile, telling if profile.asked else rows)
    return list(search.found.values()), search.nearest[2] if search.nearest else NotRecognised(None, ())


def _telling(rows: Sequence[_Row], profiles: Sequence[Profile]) -> list[_Row]:
    """The rows that hold a heading some profile asks for, by any spelling."""
    asked = frozenset(name for profile in profiles for names in profile.asked for name in names)
    loosely = frozenset(map(naming.loose, asked))
    return [
        row
        for row in rows
        if not (asked.isdisjoint(row.exact) and asked.isdisjoint(row.bare) and loosely.isdisjoint(row.loosely))
    ]


def _headed(search: _Search, profile: Profile, rows: Sequence[_Row]) -> None:
    """A profile against every line that may hold headings."""
    declared = profile.file.delimiter
    delimiter = _WRITTEN.get(declared, declared) if declared is not None else None
    asked = profile.asked
    loosely = [frozenset(map(naming.loose, names)) for names in asked]
    for row in rows:
        if delimiter is not None and row.delimiter not in ("", delimiter):
            continue
        present = row.exact if profile.closed else row.exact | row.bare
        missing = tuple(
            names[0]
            for names, exact, loose in zip(profile.headings, asked, loosely, strict=True)
            if exact.isdisjoint(present) and (profile.closed or loose.isdisjoint(row.loosely))
        )
        if len(missing) == len(asked) and asked:
            continue
        known = _known(row.cells, profile)
        if missing:
            search.missed(profile, missing, known)
            continue
        if profile.closed and not row.exact <= profile.known | {"source"}:
            search.unknown(profile, row.cells, known)
            continue
        if not _matches(profile, row.cells):
            continue
        more, data = _below(search.head, row, profile)
        search.fits(Fit(Layout(profile, row.delimiter, row.cells, row.at, data, more), known))


def _known(cells: Sequence[str], profile: Profile) -> int:
    """How many of these headings, each counted once, a profile has a use for."""
    count = profile.counted.get(tuple(cells))
    if count is None:
        count = profile.counted[tuple(cells)] = _counted(cells, profile)
    return count


def _counted(cells: Sequence[str], profile: Profile) -> int:
    exact = {normalise(cell): cell for cell in cells}
    exact.pop("", None)
    if profile.closed:
        return len(profile.known & exact.keys())
    loosely = frozenset(map(naming.loose, profile.used))
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in naming.patterns_of(profile)]
    if profile.questions is not None:
        # What is no question is known to belong to the export, though no rule reads it.
        patterns += [re.compile(pattern, re.IGNORECASE) for pattern in profile.questions.except_]
    count = 0
    for name, cell in exact.items():
        bare = normalise(naming.zone_in(cell)[0])
        count += (
            name in profile.known
            or bare in profile.known
            or naming.loose(name) in loosely
            or any(pattern.search(" ".join(cell.split())) for pattern in patterns)
        )
    return count


def _matches(profile: Profile, cells: Sequence[str]) -> bool:
    """Whether what is asked besides ``headings`` is there."""
    match = profile.match
    if match.first:
        spellings = {normalise(name) for name in profile.spelled(*match.first)}
        if not cells or normalise(cells[0]) not in spellings:
            return False
    if any(naming.matching(pattern, cells) is not None for pattern in match.unlike):
        return False
    return all(naming.matching(pattern, cells) is not None for pattern in match.like)


def _positional(search: _Search, profile: Profile) -> None:
    """A file without headings, known by its first lines."""
    filled = [line for line in search.head.lines if line.strip()][:_FIRST_LINES]
    pattern = re.compile(profile.match.lines or "")
    if not filled or not all(pattern.search(line) for line in filled):
        return
    declared = profile.file.delimiter
    delimiter = _WRITTEN.get(declared, declared) if declared is not None else max(_DELIMITERS, key=filled[0].count)
    columns = profile.file.columns
    search.fits(Fit(Layout(profile, delimiter, columns, 0, 0, 0, columns_named=True), len(columns)))


def _sectioned(search: _Search, profile: Profile) -> None:
    """A file of blocks: what is caught above a block counts as a heading of it."""
    sections = profile.file.sections
    assert sections is not None
    caught = {normalise(name) for name in sections.captures}
    if not search.holds(names for names in profile.asked if names.isdisjoint(caught)):
        return
    lines = search.head.lines[:_LINES_OF_SECTIONS]
    declared = profile.file.delimiter
    for delimiter in (_WRITTEN.get(declared, declared),) if declared is not None else _DELIMITERS:
        # Blocks have several columns, so that a delimiter none of the lines has is not theirs.
        held = any(delimiter in line for line in lines)
        table = flat(lines, delimiter, sections, profile.asked) if held else None
        if table is None:
            continue
        captured = len(sections.captures)
        own = table.headings[: len(table.headings) - captured]
        seen = {
            name
            for number, name in enumerate(table.headings[len(own) :], len(own))
            if any(record.cells and record.cells[number] for record in table.records)
        }
        present = {normalise(name) for name in (*own, *seen)}
        missing = tuple(
            names[0] for names, asked in zip(profile.headings, profile.asked, strict=True) if asked.isdisjoint(present)
        )
        known = _known(table.headings, profile)
        if missing:
            search.missed(profile, missing, known)
        elif _matches(profile, own):
            line = table.heading_line
            search.fits(Fit(Layout(profile, delimiter, table.headings, line, line + 1, 0), known))


# -- lines that may hold headings -------------------------------------------------------------------------------------


def _rows(head: Head) -> Iterator[_Row]:
    for at, cells in head.rows[:SEARCHED_LINES]:
        yield _row(at, "", cells, at + 1)
    for at, delimiter, found, after in _header_lines(head.lines):
        yield _row(at, delimiter, tuple(found), after)


def _row(at: int, delimiter: str, cells: Sequence[str], after: int) -> _Row:
    exact = frozenset(normalise(cell) for cell in cells) - {""}
    bare = frozenset(normalise(naming.zone_in(cell)[0]) for cell in cells) - {""}
    return _Row(at, delimiter, tuple(cells), after, exact, bare, frozenset(naming.loosely(cells)))


def _header_lines(lines: Sequence[str]) -> Iterator[tuple[int, str, list[str], int]]:
    """Lines that may hold headings: their number, the delimiter, the cells, and the line after them."""
    delimiters: tuple[str, ...] = _DELIMITERS
    first = 0
    declared = lines[0].rstrip("\r\n").strip('"').lower() if lines else ""
    if _SEPARATOR.fullmatch(declared):
        delimiters, first = (declared[4],), 1
    for start in range(first, min(len(lines), first + SEARCHED_LINES)):
        for delimiter in delimiters:
            cells, used = one_record(lines, start, delimiter)
            if cells:
                yield start, delimiter, cells, start + used


def one_record(lines: Sequence[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """The record that starts on a line, and how many lines it takes; no cells where it cannot be read."""
    some = lines[start : start + _LINES_OF_ONE_RECORD] if '"' in lines[start] else lines[start : start + 1]
    # A quote that is not closed takes nothing but its own line with it.
    for lines_of_it, strict in ((some, True), (some[:1], False)):
        reader = csv.reader((line + "\n" for line in lines_of_it), delimiter=delimiter, strict=strict)
        try:
            cells = next(reader, [])
        except csv.Error:
            continue
        return [cell.removesuffix("\n") for cell in cells], max(1, reader.line_num)
    return [], 1


def _below(head: Head, row: _Row, profile: Profile) -> tuple[int, int]:
    """How many rows below the headings are no data, and the line after them."""
    at = row.after
    rows: list[Sequence[str]] = []
    if head.rows:
        under = dict(head.rows)
        while len(rows) < profile.file.header_rows - 1 and at <= max(under):
            rows.append(under.get(at, ()))
            at += 1
    while len(rows) < profile.file.header_rows - 1 and at < len(head.lines):
        cells, used = one_record(head.lines, at, row.delimiter)
        rows.append(cells)
        at += used
    mark = profile.file.header_mark
    last = [cell for cell in rows[-1] if cell.strip()] if rows else []
    if mark is not None and not (last and all(mark in cell for cell in last)):
        return 0, row.after
    return len(rows), at
