"""What each key of a catalogue is for, read from the reference of its format: the one place where that is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

_HEADING = re.compile(r"^#+ (.+)$")
_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$")
_LINK = re.compile(r"\s*\(\[[^\]]*\]\([^)]*\)\)|\[([^\]]*)\]\([^)]*\)")


def reference() -> Traversable:
    """Where the reference is: in an installed package, else in the documentation of a checkout."""
    inside = files("cxkpi") / "catalogue.md"
    return inside if inside.is_file() else Path(str(files("cxkpi"))).parent / "docs" / "catalogue.md"


@cache
def sections() -> Mapping[str, Mapping[str, str]]:
    """Heading to key to what it is for, of every table of the reference whose first column holds keys."""
    found: dict[str, dict[str, str]] = {}
    heading, fenced = "", False
    for line in reference().read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith("```")
        if not fenced and (title := _HEADING.match(line)):
            heading = title[1]
        elif row := _ROW.match(line):
            found.setdefault(heading, {})[row[1]] = _plain(row[2])
    return found


def keys_of(keys: Collection[str], heading: str | None = None) -> Mapping[str, str]:
    """What some keys that stand together are for: of the section so called, else of the one that has them all.

    Where none has exactly these keys it is the one that shares most with them; empty where none shares half.
    """
    known = sections()
    if heading is not None and heading in known:
        return known[heading]
    wanted = frozenset(keys)

    def likeness(section: str) -> float:
        return len(wanted & known[section].keys()) / len(wanted | known[section].keys())

    best = max(known, key=likeness, default=None)
    return known[best] if best is not None and likeness(best) >= 0.5 else {}


def _plain(cell: str) -> str:
    text = _LINK.sub(lambda link: link[1] or "", cell).replace("\\|", "|")
    text = re.sub(r"\s*\bRequired\.?$", "", text).strip()
    return text[:1].upper() + text[1:]
