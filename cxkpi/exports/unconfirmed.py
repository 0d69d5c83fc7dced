"""Rules of a drafted profile that nobody has confirmed: nothing is read with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from cxkpi.errors import CatalogueError, Problem
from cxkpi.exports.adopting.adopted import FILL_IN
from cxkpi.exports.findings import Finding, register
from cxkpi.exports.profile import Profile


def _said_left_out(one: Finding) -> str:
    rules = "1 rule was" if one.count == 1 else f"{one.count:,} rules were"
    return (
        f"{one.path}: {rules} drafted and nobody has confirmed {'it' if one.count == 1 else 'them'} (line {one.line}); "
        "the profile is left out. Check every 'confirm: true', correct the rule, and remove the mark."
    )


LEFT_OUT = register("F110", "error", False, _said_left_out)

_MARK = re.compile(r"^CONFIRM, (\d+ %): ")


def refuse(profiles: Iterable[Profile]) -> None:
    """Stop where a profile has rules marked ``confirm: true``, or that still say ``FILL IN``.

    Raises CatalogueError (P210) with a problem for each, which names file and line of the rule and repeats the evidence
    that stands in the comment above it.
    """
    problems = []
    for profile in profiles:
        lines: list[str] = []
        if profile.unconfirmed or profile.unfilled:
            with suppress(OSError, UnicodeDecodeError):
                lines = Path(profile.written_in).read_text(encoding="utf-8").splitlines()
        for target, place in profile.unfilled:
            why = _evidence(lines, place.line)
            message = f"'{target}' still says '{FILL_IN}'{f' ({why})' if why else ''}."
            problems.append(
                Problem("P210", message, place, "Write what it is in the whole file, or leave the rule out.")
            )
        unfilled = {place.line for _, place in profile.unfilled}
        for target, place in profile.unconfirmed:
            if place.line in unfilled:
                continue
            why = _evidence(lines, place.line)
            message = f"'{target}' was drafted and nobody has confirmed it{f' ({why})' if why else ''}."
            problems.append(Problem("P210", message, place, "Check it, correct it, and remove 'confirm: true'."))
    if problems:
        raise CatalogueError(*problems)


def told(profiles: Iterable[Profile]) -> list[Finding]:
    """For each profile with such rules, that it is left out."""
    found = []
    for profile in profiles:
        marked = (*profile.unconfirmed, *profile.unfilled)
        lines = [place.line for _, place in marked if place.line is not None]
        if marked:
            first = min(lines, default=None)
            rules = len(profile.unconfirmed) or len(profile.unfilled)
            found.append(Finding(LEFT_OUT, profile.written_in, count=rules, line=first))
    return found


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
