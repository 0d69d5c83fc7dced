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

    ``patterns``: globs that fit them, as in Source. ``confirm``: how many of its rules a person has to confirm.
    ``table``: what the files are about.
    """

    file: str
    text: str | None
    profile: str
    files: tuple[str, ...]
    patterns: tuple[str, ...]
    table: str
    records: int | None
    confirm: int


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
    ``zone``: the centre's, where it was given or the files name it, else the catalogue's; ``zone_from`` says which:
    ``"given"``, ``"files"`` or ``"catalogue"``. ``tables``: those that hold rows. ``notes``: of files left alone.
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
    notes: tuple[str, ...] = ()

    @property
    def unconfirmed(self) -> bool:
        """Whether a report is refused until somebody has confirmed a draft."""
        return any(draft.confirm for draft in self.drafts)
