"""Files that cannot be read: the problem it is, and faults within libraries, which are no ``Exception`` in Python."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cxkpi.errors import InputError, Place, Problem


class NothingThere(InputError):  # noqa: N818 - a finding about a file
    """There is nothing in it that could be an export: it is empty, or no text at all."""


def unreadable(message: str, place: Place | None, hint: str | None) -> Problem:
    """What a file of which nothing can be read ends in: damaged, encrypted, too large, or no export at all."""
    return Problem("I103", message, place, hint)


@contextmanager
def no_panic() -> Iterator[None]:
    """A panic of a library as a ValueError, so that a damaged file is only a damaged file."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ValueError("the library that reads it failed") from None
