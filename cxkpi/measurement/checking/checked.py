"""What a check of catalogues found: plain values that every renderer of it reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cxkpi.errors import EXIT_CATALOGUE, EXIT_FINE, EXIT_GATE, Place, Problem


@dataclass(frozen=True, slots=True)
class Defined:
    """A metric as it stands in its file: its place, and the line after its last (None: to the end)."""

    name: str
    place: Place
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Worked:
    """One example that was run: of which metric, where it stands, and what is wrong with it, if anything."""

    metric: str
    name: str
    place: Place | None
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One catalogue.

    ``problems``: errors and warnings by place, examples that do not hold among them. ``metrics`` as written, without
    ``variants``, of which it says how many there are. ``examples``: those that were run, in order; none where the
    catalogue is not right, or where nobody wanted them run. ``inherited``: how many metrics and variants it has of a
    catalogue that it extends and says nothing of; their examples are run, too. ``not_run``: how many examples it holds
    that were wanted and could not be run, because the catalogue is not right.
    """

    path: str
    problems: tuple[Problem, ...]
    metrics: tuple[Defined, ...]
    variants: int = 0
    examples: tuple[Worked, ...] = ()
    inherited: tuple[int, int] = (0, 0)
    not_run: int = 0

    @property
    def errors(self) -> int:
        """How many problems are errors."""
        return sum(problem.severity == "error" for problem in self.problems)

    @property
    def warnings(self) -> int:
        """How many problems are warnings."""
        return len(self.problems) - self.errors

    def owner(self, problem: Problem) -> str | None:
        """The metric a problem stands in; None where it stands in none, or in another file."""
        place = problem.place
        if place is None or place.file != self.path or place.line is None:
            return None
        for metric in self.metrics:
            begun = metric.place.line is not None and metric.place.line <= place.line
            if begun and (metric.until is None or place.line < metric.until):
                return metric.name
        return None


@dataclass(frozen=True, slots=True)
class Checked:
    """Catalogues that were checked, in the order named. ``version`` of cxkpi; ``strict``: warnings fail, too."""

    files: tuple[CheckedFile, ...]
    version: str
    strict: bool = False

    def problems(self) -> Iterator[Problem]:
        """Every problem, file by file and by place."""
        for file in self.files:
            yield from file.problems

    @property
    def exit_code(self) -> int:
        """5 where a catalogue or an example is wrong, 1 where warnings fail and there are any, 0 otherwise."""
        if any(file.errors for file in self.files):
            return EXIT_CATALOGUE
        return EXIT_GATE if self.strict and any(file.warnings for file in self.files) else EXIT_FINE
