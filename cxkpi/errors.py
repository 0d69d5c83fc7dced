"""What a person did wrong, apart from what we did wrong.

A ``UserError`` ends in a short message on stderr and an exit code; every other exception is an internal fault and
shows its traceback. This module imports nothing from the package.
"""

from __future__ import annotations

import os
import re
import unicodedata
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

# As many problems are told of one file; who has more has one that explains them.
MAX_PROBLEMS = 200

# Most severe first: when a run has several reasons to fail, the first of these wins.
SEVERITY = (EXIT_INTERNAL, EXIT_OUTPUT, EXIT_USAGE, EXIT_CATALOGUE, EXIT_INPUT, EXIT_STALE, EXIT_GATE, EXIT_FINE)


def most_severe(codes: Sequence[int]) -> int:
    """The exit code that wins among several; 0 for none."""
    return min(codes, key=SEVERITY.index, default=EXIT_FINE)


def sentence(text: str) -> str:
    """A text with the stop it needs for another sentence to follow."""
    return text if text.endswith((".", "?", "!", ":", "…")) else f"{text}."


def shortened(text: str, most: int = 300) -> str:
    """A text of no more than so many characters: of a longer one the beginning and the end, with ``…`` between."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


def excerpt(source: str, column: int, width: int = 116) -> tuple[str, str]:
    """What can be shown of a source line around a column, and a line that has a caret below that character.

    At most ``width`` characters; what has no shape of its own, such as an escape, stands as ``?``, a tab as a blank.
    """
    at = min(max(column - 1, 0), len(source))
    first = 0 if len(source) <= width else max(0, min(at - width // 2, len(source) - width + 2))
    part = source[first : first + width - 2] if len(source) > width else source
    shape = "".join(" " if char == "\t" else char if char.isprintable() else "?" for char in part)
    before, after = ("…" if first else ""), ("…" if first + len(part) < len(source) else "")
    cells = sum(_cells(char) for char in shape[: at - first]) + len(before)
    return f"{before}{shape}{after}".rstrip(), " " * cells + "^"


def _cells(char: str) -> int:
    """How many cells of a terminal a character takes."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


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
            line, caret = excerpt(self.source, self.place.column)
            head += f"\n    {line}\n    {caret}"
        if self.hint:
            hint = self.hint.replace("\n", "\n    ")
            head += f"\n    {hint}" if shows_source else f" {hint}"
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
