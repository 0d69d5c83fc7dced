"""Rules of a drafted profile that nobody has confirmed: nothing is read with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cxkpi.errors import CatalogueError, Problem
from cxkpi.exports.profile import Profile

_MARK = re.compile(r"^CONFIRM, (\d+ %): ")


def refuse(profiles: Iterable[Profile]) -> None:
    """Stop where a profile has rules marked ``confirm: true``.

    Raises CatalogueError (P210) with a problem for each, which names file and line of the rule and repeats the evidence
    that stands in the comment above it.
    """
    problems = []
    for profile in profiles:
        lines: list[str] = []
        if profile.unconfirmed:
            with suppress(OSError, UnicodeDecodeError):
                lines = Path(profile.written_in).read_text(encoding="utf-8").splitlines()
        for target, place in profile.unconfirmed:
            why = _evidence(lines, place.line)
            message = f"'{target}' was drafted and nobody has confirmed it{f' ({why})' if why else ''}."
            problems.append(Problem("P210", message, place, "Check it, correct it, and remove 'confirm: true'."))
    if problems:
        raise CatalogueError(*problems)


def _evidence(lines: Sequence[str], line: int | None) -> str:
    """The comment above a line, in one piece."""
    if line is None or line > len(lines):
        return ""
    found: list[str] = []
    at = line - 2
    while at >= 0 and lines[at].lstrip().startswith("#"):
        found.insert(0, lines[at].lstrip().lstrip("# ").rstrip())
        at -= 1
    return _MARK.sub(r"\1: ", " ".join(found)).rstrip(".")
