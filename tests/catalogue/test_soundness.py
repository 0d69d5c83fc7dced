"""Whatever is done to a catalogue, it is read or refused with places; it never fails inside."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.catalogue.codes import CODES
from cxkpi.catalogue.load import parse
from cxkpi.errors import CatalogueError, Problem

from .test_load import EXAMPLE

LINES = EXAMPLE.splitlines()
SCALARS = ["", "~", "5", "-1", "75%", "7d", "12mo", "true", "[]", "{}", "[1, x]", "{a: b}", "contacts", "agents", "'",
           "talk_s > 1", "nothing", "share", "time_to_event", "{from: contacts}", "{metrics: [aht], per: [queue]}",
           "&a [*a]", "2026-01-01", "{queue: {A: {value: 1}}}", "inside", "[10%, 20%]"]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["drop", "double", "value", "swap", "indent", "key"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "value":
                lines[at] = re.sub(r": .*", lambda _: ": " + draw(st.sampled_from(SCALARS)), lines[at], count=1)
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = "  " + lines[at]
            case "key":
                lines[at] = re.sub(r"\w+:", draw(st.sampled_from(["kind:", "from:", "x:", "target:", "event:"])),
                                   lines[at], count=1)  # fmt: skip
    return "\n".join(lines)


def outcome(text: str) -> tuple[Problem, ...]:
    """The problems of a text, none if it is read."""
    try:
        assert parse(text, "metrics.yaml").metrics
    except CatalogueError as error:
        return error.problems
    return ()


@settings(max_examples=250, deadline=None, derandomize=True)
@given(text=damaged())
def test_a_damaged_catalogue_is_read_or_refused(text: str) -> None:
    found = outcome(text)
    lines = text.splitlines()
    for problem in found:
        assert problem.code in CODES
        assert problem.place is not None
        assert problem.place.line is not None
        assert problem.place.column is not None
        assert 1 <= problem.place.line <= len(lines) + 1
    assert len({str(problem) for problem in found}) == len(found)


def test_every_code_that_is_reported_is_in_the_table() -> None:
    folder = Path(__file__).parents[2] / "cxkpi" / "catalogue"
    sources = [file.read_text("utf-8") for file in folder.rglob("*.py") if file.name != "codes.py"]
    used = {code for source in sources for code in re.findall(r'"(C\d{3})"', source)}
    assert used
    assert used <= set(CODES)
