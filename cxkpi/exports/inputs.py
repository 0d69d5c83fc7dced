"""Which of the files found are exports, in which layout, and what is to be said of those that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.finding import Found
from cxkpi.exports.profile import Profile
from cxkpi.exports.reading import NotText, again, decode
from cxkpi.exports.recognise import Layout, NotRecognised, recognise
from cxkpi.result import FileEntry

_HINT = "If it is an export, describe it in a profile and give it with --profile FILE."
_AS_TEXT = "Export it again as CSV (comma-separated text)."


@dataclass(frozen=True, slots=True)
class Recognised:
    """An input file with its layout. ``encoding``: the one it was decoded with, and a note where that was guessed."""

    found: Found
    layout: Layout
    encoding: str
    encoding_note: str | None

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.found.path.stat().st_size

    def text(self) -> bytes:
        """The file's text as UTF-8. Raises InputError where it is not in the encoding its profile declares."""
        content = self.found.path.read_bytes()
        declared = self.layout.profile.file.encoding
        if declared is None:
            return again(content, self.encoding)
        try:
            return decode(content, declared).utf8
        except NotText as what:
            message = f"{self.layout.profile.name} declares the encoding '{declared}', but this is {what}."
            hint = "Correct 'encoding' under 'file' in the profile, or leave it out."
            raise InputError(Problem("I103", message, Place(self.found.shown), hint)) from None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An input file nothing is taken from: why, and the word that stands in the ledger for its profile."""

    found: Found
    problem: Problem
    word: Literal["unreadable", "unrecognised"]

    @property
    def note(self) -> str:
        """What the reader of the report is told."""
        return f"{self.found.shown} was left out: {self.problem.message}"

    @property
    def entry(self) -> FileEntry:
        """Its line in the ledger, which has no records to account for."""
        return FileEntry(
            path=self.found.shown,
            profile=self.word,
            records=0,
            accepted=0,
            superseded=0,
            rejected=0,
            skipped=0,
            blanked=0,
            lines=0,
            tables=(),
        )


def recognise_all(found: Sequence[Found], known: Sequence[Profile]) -> tuple[list[Recognised], list[LeftOut]]:
    """The exports among the files, and the others.

    Raises InputError where a file named on the command line is not an export, or none is.
    """
    outcomes = [_recognise(file, known) for file in found]
    recognised = [outcome for outcome in outcomes if isinstance(outcome, Recognised)]
    left = [outcome for outcome in outcomes if isinstance(outcome, LeftOut)]
    named = [file.problem for file in left if file.found.given]
    if named or not recognised:
        raise InputError(*(named or [file.problem for file in left]))
    return recognised, left


def _recognise(file: Found, known: Sequence[Profile]) -> Recognised | LeftOut:
    place = Place(file.shown)
    try:
        content = file.path.read_bytes()
    except OSError as error:
        return LeftOut(file, Problem("I100", f"it cannot be read: {error.strerror}.", place), "unreadable")
    if not content[:4096].strip() and not content.strip():
        problem = Problem("I102", "the file is empty.", place, "Export it again, or leave it out.")
        return LeftOut(file, problem, "unreadable")
    try:
        text = decode(content)
    except NotText as what:
        problem = Problem("I103", f"this is {what}, not the text of an export.", place, _AS_TEXT)
        return LeftOut(file, problem, "unreadable")
    layout = recognise(text.utf8, file.shown, known)
    if isinstance(layout, NotRecognised):
        problem = Problem("I105", f"nobody recognises this file: {layout}.", place, _HINT)
        return LeftOut(file, problem, "unrecognised")
    note = None
    if text.guessed and layout.profile.file.encoding is None:
        note = f"{file.shown} is not UTF-8; it was read as {text.encoding}."
    return Recognised(file, layout, text.encoding, note)
