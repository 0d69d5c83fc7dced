"""What a diagnosis says: files, observations, effects on metrics. Plain values that renderers read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from cxkpi.errors import EXIT_FINE, EXIT_INPUT, Problem
from cxkpi.exports.findings import Finding, Severity, merged
from cxkpi.measurement.doctor.coverage import Filled, Responses
from cxkpi.measurement.doctor.days import Covered
from cxkpi.measurement.doctor.spots import Spot
from cxkpi.result import FileEntry


class Reading(Protocol):
    """How a file was read, as the reader of exports reports it."""

    @property
    def profile(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def status(self) -> str: ...

    @property
    def why(self) -> str: ...

    @property
    def encoding(self) -> str: ...

    @property
    def delimiter(self) -> str: ...

    @property
    def heading_line(self) -> int | None: ...

    @property
    def size(self) -> int: ...

    @property
    def cached(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Observation:
    """A finding with what it does: ``metrics`` by title that rest on what it touches, or only ``cuts`` of them.

    ``spots``: its first places in the file, at most ``LISTED``; the first of them is the finding's own. ``of_all``: of
    how many rows of all files. ``adds_up``: its sentence begins with a number of
    rows or records. ``echo``: another one says the same with more places.
    """

    finding: Finding
    severity: Severity
    message: str
    spots: tuple[Spot, ...] = ()
    metrics: tuple[str, ...] = ()
    cuts: tuple[str, ...] = ()
    of_all: int | None = None
    adds_up: bool = False
    echo: bool = False

    @property
    def same(self) -> tuple[str, str, str]:
        """What the same thing in another file has in common with it."""
        return (self.finding.code, self.finding.column, self.finding.detail)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """One input file: what it was taken for, its line in the ledger, the days it covers.

    ``read``: how it was read; None where it could not be. ``attention``: whether anything is an error or a warning.
    """

    path: str
    entry: FileEntry | None
    read: Reading | None
    covered: Covered | None
    problems: tuple[Problem, ...]
    attention: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that is wrong, in however many files, and the metrics it makes wrong (error) or may (warning)."""

    severity: Severity
    metrics: tuple[str, ...]
    message: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything ``cxkpi doctor`` found out.

    ``metrics``: every title of the catalogue; ``impossible``: title and reason of those that cannot be computed.
    ``observations``: most severe first, then by file and line. ``problems``: of files that cannot be used, and of rows
    that cannot stand together. ``aside``: what to say beside it, of the cache.
    """

    version: str
    catalogue_path: str
    catalogue_hash: str
    timezone: str
    as_of: datetime | None
    files: tuple[FileCheck, ...]
    observations: tuple[Observation, ...]
    effects: tuple[Effect, ...]
    metrics: tuple[str, ...]
    impossible: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    filled: tuple[Filled, ...]
    responses: Responses | None
    notes: tuple[str, ...] = field(default=())
    aside: tuple[str, ...] = field(default=())

    @property
    def wrong(self) -> tuple[str, ...]:
        """The metrics that would be wrong, in the catalogue's order."""
        found = {title for effect in self.effects if effect.severity == "error" for title in effect.metrics}
        return tuple(title for title in self.metrics if title in found)

    @property
    def doubtful(self) -> tuple[str, ...]:
        """The metrics that may be wrong, in the catalogue's order."""
        found = {title for effect in self.effects if effect.severity == "warning" for title in effect.metrics}
        return tuple(title for title in self.metrics if title in found - set(self.wrong))

    @property
    def exit_code(self) -> int:
        """3 where a metric would be wrong or a file cannot be used, else 0."""
        return EXIT_INPUT if self.wrong or self.problems else EXIT_FINE


def together(group: Sequence[Observation]) -> str:
    """What is the same in several files as one sentence, without a path in front.

    The counts are added up where the sentence is of rows or records; else it is that of the first file. What is in one
    file only is counted there.
    """
    first = group[0]
    if not first.adds_up or len(group) == 1:
        return without_place(first)
    (one,) = merged([replace(one.finding, path="") for one in group])
    return (one if first.of_all is None else replace(one, total=first.of_all)).message


def without_place(one: Observation) -> str:
    """A finding's sentence without the file, line and example in it, to stand beside them."""
    finding = one.finding
    message = one.message.removeprefix(f"{finding.path}: ")
    line = f"line {finding.line}"
    for said in (f" ({line}: {finding.example})", f" ({line})", f" (the first in {line})", f" (in {line})"):
        message = message.replace(said, "")
    return message.replace(f"({line}, ", "(")
