"""Catalogues with a mark where a problem is expected."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.load import Catalogue, parse
from cxkpi.errors import CatalogueError, Problem

MARK = "«"

HEAD = """cxkpi: 1
calendar: {timezone: Europe/London}
"""

SHARE = """
  escalation:
    kind: share
    from: contacts
    meets: escalated
"""


def read(text: str) -> Catalogue:
    """The catalogue a text says, under the name ``metrics.yaml``."""
    return parse(text.replace(MARK, ""), "metrics.yaml")


def problems(text: str) -> tuple[Problem, ...]:
    """Every problem of a text."""
    with pytest.raises(CatalogueError) as caught:
        read(text)
    return caught.value.problems


def marked(text: str) -> str:
    """``metrics.yaml:line:column`` of the mark, counted in the text without it."""
    before = text[: text.index(MARK)]
    return f"metrics.yaml:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def metrics(text: str) -> str:
    """A whole catalogue around metrics."""
    return f"{HEAD}metrics:\n{text}"
