"""A run as it is recorded: the files it rests on and the figures it found. Only values; nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cxkpi.result import Cause, Every, PastCell

Metric = tuple[str, str | None]
Key = tuple[str, str | None, Every, date, date, tuple[tuple[str, str | None], ...]]


@dataclass(frozen=True, slots=True)
class Hashed:
    """A file as it was read: its path as it was named or found, its size in bytes, its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The files that a run read. ``profiles``: those of the user, not those that ship."""

    inputs: tuple[Hashed, ...]
    profiles: tuple[Hashed, ...]
    run_file: Hashed | None


@dataclass(frozen=True, slots=True)
class PastRow:
    """A number of an earlier run, with where it stands. ``end`` is exclusive."""

    metric: str
    variant: str | None
    every: Every
    start: date
    end: date
    by: Mapping[str, str | None]
    cell: PastCell

    @property
    def key(self) -> Key:
        """What makes it the same number in two runs."""
        return (self.metric, self.variant, self.every, self.start, self.end, tuple(sorted(self.by.items())))


@dataclass(frozen=True, slots=True)
class Asked:
    """A metric that a run was asked for, whether or not it could be computed, with what else its figures stand on."""

    metric: str
    variant: str | None
    unit: str
    min_n: int

    @property
    def key(self) -> Metric:
        """Which metric it is."""
        return (self.metric, self.variant)


@dataclass(frozen=True, slots=True)
class Asking:
    """What a run was asked for. ``metrics`` is None where that was not recorded.

    ``default``: metrics were not named; ``everything``: the catalogue's, not its headline. ``since``, ``until`` and
    ``last`` as on the command line.
    """

    metrics: tuple[Asked, ...] | None
    default: bool
    everything: bool
    by: frozenset[str]
    since: date | None
    until: date | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier run: what it found for periods that were over, and what it rested on.

    ``path``: of its manifest. ``rest``: whatever else may change numbers, by cause: ``profiles``, ``version``,
    ``question``, ``catalogue``, each in any form that can be compared.
    """

    path: str
    as_of: datetime
    as_of_from_data: bool
    asking: Asking
    rows: tuple[PastRow, ...]
    inputs: tuple[Hashed, ...]
    rest: Mapping[Cause, object]
