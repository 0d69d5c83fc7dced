"""Where problems are gathered while a catalogue is read, so that all of them are told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from cxkpi.catalogue.checks import blame
from cxkpi.catalogue.expressions.tokens import Fault
from cxkpi.documents.places import Document, Path, sort_key
from cxkpi.errors import MAX_PROBLEMS, CatalogueError, Problem, shortened


class Report:
    """The problems found so far in one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.upper: Document | None = None
        """The catalogue that is read, where ``document`` is this one and what it extends."""
        self._found: list[Problem] = list(document.problems)
        self._warned: list[Problem] = []
        # By the problem as its metric has it, if it has: how it is told of each variant.
        self._of_variants: dict[Problem, list[Problem]] = {}

    @property
    def count(self) -> int:
        """How many errors were reported, the same one twice counted twice."""
        variants = sum(len(each) for one, each in self._of_variants.items() if one.severity == "error")
        return len(self._found) + variants

    def add(self, code: str, message: str, path: Path, hint: str | None = None, *, key: bool = False) -> None:
        """Report a problem at a value, or at its key. CatalogueError where that is one too many to go on."""
        problem = self.document.problem(code, message, self.document.place_of(path, key=key), hint)
        if not self._inherited(problem, path):
            self.extend([_of_variant(problem, path)])

    def warn(self, code: str, message: str, path: Path, hint: str | None = None, *, key: bool = False) -> None:
        """Report what is allowed and probably not meant; it stops nothing."""
        problem = self.document.problem(code, message, self.document.place_of(path, key=key), hint)
        problem = replace(problem, severity="warning")
        if not self._inherited(problem, path):
            self._warned.append(_of_variant(problem, path))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._found.extend(problems)
        if len(self._found) > MAX_PROBLEMS:
            raise CatalogueError(*self.sorted()[:MAX_PROBLEMS])

    def faults(self, faults: Iterable[Fault], path: Path, within: str) -> None:
        """Report what is wrong in the expression at ``path``, at the characters that are wrong."""
        for fault in faults:
            place = self.document.place_in(path, fault.offset)
            problem = self.document.problem(fault.code, f"{within}: {fault.message}", place, fault.hint)
            if not self._inherited(problem, path):
                self.extend([problem])

    def _inherited(self, problem: Problem, path: Path) -> bool:
        """Whether a problem of a variant stands where its metric is written, and so may be the metric's own."""
        at = blame.in_variant(problem, path, self.document)
        if at is None:
            return False
        place = self.document.place_of(at, key=True)
        message = problem.message if str(path[1]) in problem.message else f"{path[1]}: {problem.message}"
        told = replace(problem, message=shortened(message), place=place, source=self.document.line(place))
        self._of_variants.setdefault(problem, []).append(told)
        return True

    def warnings(self) -> tuple[Problem, ...]:
        """Every warning once, by place."""
        found = [*self._warned, *self._only_of_variants(self._warned, "warning")]
        once = {(problem.code, problem.message, problem.place): problem for problem in found}
        return tuple(sorted(once.values(), key=sort_key))

    def _only_of_variants(self, told: Iterable[Problem], severity: str) -> Iterator[Problem]:
        of_metrics = set(told)
        for problem, variants in self._of_variants.items():
            if problem.severity == severity and problem not in of_metrics:
                yield from variants

    def sorted(self) -> tuple[Problem, ...]:
        """Every error once, by place."""
        # A variant repeats its metric's keys, and with them their problems.
        found = [*self._found, *self._only_of_variants(self._found, "error")]
        once = {(problem.code, problem.message, problem.place): problem for problem in found}
        # What could not be read as text is no value of the right type either.
        unread = {problem.place for problem in self.document.problems}
        told = [one for one in once.values() if one in self.document.problems or one.place not in unread]
        if self.upper is not None:
            told = blame.moved(told, self.document, self.upper)
        return tuple(sorted(told, key=sort_key))


def _of_variant(problem: Problem, path: Path) -> Problem:
    """A problem of what a metric means, C4…, with the variant it is about; its keys are those of the metric, too."""
    title = str(path[1]) if len(path) > 2 and path[0] == "metrics" else ""
    if "." not in title or not problem.code.startswith("C4") or title in problem.message:
        return problem
    return replace(problem, message=shortened(f"{title}: {problem.message}"))
