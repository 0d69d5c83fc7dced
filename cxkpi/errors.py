"""What a person did wrong, apart from what we did wrong.

A ``UserError`` ends in a short message on stderr and an exit code; every other exception is an internal fault and
shows its traceback. This module imports nothing from the package.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

EXIT_FINE = 0
EXIT_GATE = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_STALE = 4
EXIT_CATALOGUE = 5
EXIT_INTERNAL = 70
EXIT_OUTPUT = 74
EXIT_INTERRUPTED = 130

# Most severe first: when a run has several reasons to fail, the first of these wins.
SEVERITY = (EXIT_INTERNAL, EXIT_OUTPUT, EXIT_USAGE, EXIT_CATALOGUE, EXIT_INPUT, EXIT_STALE, EXIT_GATE, EXIT_FINE)


def most_severe(codes: Sequence[int]) -> int:
    """The exit code that wins among several; 0 for none."""
    return min(codes, key=SEVERITY.index, default=EXIT_FINE)


def sentence(text: str) -> str:
    """A text with the stop it needs for another sentence to follow."""
    return text if text.endswith((".", "?", "!", ":", "…")) else f"{text}."


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was written: file, 1-based line and column (None where a whole file or line is meant)."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.file]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: stable code, message, place, what to do next, and the source line if there is one."""

    code: str
    message: str
    place: Place | None = None
    hint: str | None = None
    source: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        shows_source = self.source is not None
        message = sentence(self.message) if self.hint and not shows_source else self.message
        head = f"{self.severity}[{self.code}]: {message}"
        if self.place is not None:
            head = f"{self.place}: {head}"
        if self.source is not None and self.place is not None and self.place.column is not None:
            head += f"\n    {self.source}\n    {' ' * (self.place.column - 1)}^"
        if self.hint:
            head += f"\n    {self.hint}" if shows_source else f" {self.hint}"
        return head


@contextmanager
def disk_faults() -> Iterator[None]:
    """What Polars says of a disk that is full or read-only as the OSError it is, so that callers can tell it apart."""
    try:
        yield
    except Exception as error:
        number = re.search(r"\(os error (\d+)\)", str(error))
        if isinstance(error, OSError) or number is None:
            raise
        code = int(number[1])
        raise OSError(code, os.strerror(code)) from None


class UserError(Exception):
    """A mistake of the person at the keyboard, or of what they gave us; carries one problem or more."""

    exit_code = EXIT_USAGE

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class UsageError(UserError):
    """The command line asks for something that cannot be: a missing path, an unknown metric or dimension."""

    exit_code = EXIT_USAGE


class InputError(UserError):
    """The input cannot be used: empty, not recognised, too many rejects, a table that a named metric needs."""

    exit_code = EXIT_INPUT


class CatalogueError(UserError):
    """The catalogue (or a profile) is wrong; carries every problem found, sorted by place."""

    exit_code = EXIT_CATALOGUE


class OutputError(UserError):
    """An output could not be written."""

    exit_code = EXIT_OUTPUT
