"""What a first look at a folder of exports found, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Files of one name but for dates and numbers, read by one profile.

    ``pattern``: a glob that fits them and no other file of the folder. ``tables``: table and rows of it, of all of
    them. ``zoneless``: they hold times that carry no zone, and the profile has none for them. ``staff``: they are about
    people who work there, money or customers at large, and not about what happened hour by hour.
    """

    pattern: str
    files: tuple[str, ...]
    profile: str
    title: str | None
    records: int
    rejected: int
    tables: tuple[tuple[str, int], ...]
    zoneless: bool
    staff: bool


@dataclass(frozen=True, slots=True)
class Drafted:
    """A profile drafted for files that none knew. ``text`` is None where its ``file`` is there and waits.

    ``patterns``: globs that fit them, as in Source. ``confirm``: how many of its rules a person has to confirm, and
    ``fill``: which of them still say what has to be filled in. ``table``: what the files are about. ``records``: of all
    files; None where nobody counted them.
    """

    file: str
    text: str | None
    profile: str
    files: tuple[str, ...]
    patterns: tuple[str, ...]
    table: str
    records: int | None
    confirm: int
    fill: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """Files of one pattern between whose profiles only a person can choose."""

    pattern: str
    files: tuple[str, ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file nothing is taken from."""

    file: str
    why: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A metric by its title, and in the words of the catalogue its target and alarm; ``why``: what it lacks."""

    title: str
    label: str
    target: str | None = None
    alarm: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class FirstLook:
    """A folder of exports as a newcomer has it.

    ``headline``: the metrics to begin with, which these files allow; ``lacking``: those of the catalogue's headline
    that they do not allow; ``further``: others with a target that they allow, and ``more``: how many besides.
    ``zone``: the centre's, where it was given, stood in a catalogue that is replaced, or the files name it, else the
    catalogue's; ``zone_from`` says which: ``"given"``, ``"kept"``, ``"files"`` or ``"catalogue"``. ``tables``: those
    that hold rows, and ``columns``: theirs that are filled, ``contacts.talk_s``. ``as_it_is``: whether the headline of
    the catalogue has a metric that these files allow. ``notes``: of files left alone.
    """

    sources: tuple[Source, ...]
    drafts: tuple[Drafted, ...]
    questions: tuple[Question, ...]
    left_out: tuple[LeftOut, ...]
    headline: tuple[Choice, ...]
    lacking: tuple[Choice, ...]
    further: tuple[Choice, ...]
    more: int
    zone: str
    zone_from: str
    tables: frozenset[str]
    columns: frozenset[str]
    as_it_is: bool
    notes: tuple[str, ...] = ()

    @property
    def unconfirmed(self) -> bool:
        """Whether a report is refused until somebody has confirmed a draft."""
        return any(draft.confirm for draft in self.drafts)
