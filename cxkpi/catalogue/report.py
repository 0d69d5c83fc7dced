"""Where problems are gathered while a catalogue is read, so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cxkpi.catalogue.tokens import Fault
from cxkpi.documents.places import Document, Path, sort_key
from cxkpi.errors import MAX_PROBLEMS, CatalogueError, Problem


class Report:
    """The problems found so far in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._found: list[Problem] = list(document.problems)
        self._warned: list[Problem] = []

    @property
    def count(self) -> int:
        """How many errors were reported, the same one twice counted twice."""
        return len(self._found)

    def add(self, code: str, message: str, path: Path, hint: str | None = None, *, key: bool = False) -> None:
        """Report a problem at a value, or at its key. CatalogueError where that is one too many to go on."""
        self.extend([self.document.problem(code, message, self.document.place_of(path, key=key), hint)])

    def warn(self, code: str, message: str, path: Path, hint: str | None = None, *, key: bool = False) -> None:
        """Report what is allowed and probably not meant; it stops nothing."""
        problem = self.document.problem(code, message, self.document.place_of(path, key=key), hint)
        self._warned.append(replace(problem, severity="warning"))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._found.extend(problems)
        if len(self._found) > MAX_PROBLEMS:
            raise CatalogueError(*self.sorted()[:MAX_PROBLEMS])

    def faults(self, faults: Iterable[Fault], path: Path, within: str) -> None:
        """Report what is wrong in the expression at ``path``, at the characters that are wrong."""
        for fault in faults:
            place = self.document.place_in(path, fault.offset)
            self.extend([self.document.problem(fault.code, f"{within}: {fault.message}", place, fault.hint)])

    def warnings(self) -> tuple[Problem, ...]:
        """Every warning once, by place."""
        once = {(problem.code, problem.message, problem.place): problem for problem in self._warned}
        return tuple(sorted(once.values(), key=sort_key))

    def sorted(self) -> tuple[Problem, ...]:
        """Every error once, by place."""
        # A variant repeats its metric's keys, and with them their problems.
        once = {(problem.code, problem.message, problem.place): problem for problem in self._found}
        # What could not be read as text is no value of the right type either.
        unread = {problem.place for problem in self.document.problems}
        told = (one for one in once.values() if one in self.document.problems or one.place not in unread)
        return tuple(sorted(told, key=sort_key))
