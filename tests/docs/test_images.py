"""The pictures of the terminal in README show what the program prints."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LINE = re.compile(r"line-(\d+)\)$")
CELL = 12.2  # Rich draws letters of 20 points so wide.


def text_of(svg: Path) -> list[str]:
    """The lines of a terminal's picture."""
    lines: dict[int, dict[int, str]] = defaultdict(dict)
    for element in ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}text"):
        line = LINE.search(element.get("clip-path", ""))
        if line is not None:
            start = round(float(element.get("x", "0")) / CELL)
            cells = (element.text or "").replace("\N{NO-BREAK SPACE}", " ")
            lines[int(line[1])].update({start + number: cell for number, cell in enumerate(cells)})
    return [
        "".join(lines[number].get(column, " ") for column in range(max(lines[number], default=-1) + 1)).rstrip()
        for number in range(max(lines) + 1)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 160])
def test_the_terminal_looks_as_in_the_picture(run, width):
    shown = run("report", IMAGES.parents[1] / "sample_data", columns=width).out
    drawn = text_of(IMAGES / f"terminal_{width}.svg")
    assert drawn == [line.rstrip() for line in shown.rstrip("\n").splitlines()], "python tools/images.py draws it anew"
