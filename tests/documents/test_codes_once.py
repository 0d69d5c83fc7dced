"""An error code stands for one kind of problem, wherever in the package it is raised."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "cxkpi"
CODE = re.compile(r'"([A-Z]\d{3})"')
_REGISTRY = "catalogue/codes.py"


def users() -> dict[str, set[str]]:
    """The modules that name each code."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(PACKAGE).as_posix()
        if name != _REGISTRY:
            for code in CODE.findall(file.read_text(encoding="utf-8")):
                found[code].add(name)
    return found


def test_no_two_parts_of_the_package_share_a_code() -> None:
    # The modules of the catalogue say the same thing in different places, by the table of its codes.
    shared = {
        code: names
        for code, names in users().items()
        if len(names) > 1 and not (code.startswith("C") and all(name.startswith("catalogue/") for name in names))
    }
    assert shared == {}


def test_codes_are_found_at_all() -> None:
    assert {"U010", "U106", "U201", "I100", "O101", "C107", "P201"} <= users().keys()
