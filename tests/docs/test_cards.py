"""docs/cards.md: every card has metrics in the catalogue shown there, and that catalogue is right."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import pytest

from cxkpi.catalogue.load import Catalogue, parse

PAGE = (Path(__file__).parents[2] / "docs" / "cards.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z_0-9,/ ]+) \| (`.*) \| (.*) \|$", PAGE, re.MULTILINE)
CATALOGUE = PAGE.partition("```yaml\n")[2].partition("```")[0]


@cache
def catalogue() -> Catalogue:
    return parse(CATALOGUE, "cards.yaml")


def test_the_catalogue_is_right_and_without_a_warning() -> None:
    defined = catalogue()
    assert defined.warnings == ()
    assert len(defined.metrics) > 100


@pytest.mark.parametrize(("card", "metrics", "variants"), ROWS)
def test_every_card_is_written(card: str, metrics: str, variants: str) -> None:
    defined = catalogue()
    names = re.findall(r"`([a-z_0-9]+)`", metrics)
    assert names
    assert {(name, None) for name in names} <= defined.metrics.keys(), card
    named = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|\b(?:held|issues|opened|evaluated|voluntary|rolling)\b", variants)
    known = {variant for name, variant in defined.metrics if name in names and variant}
    assert set(named) <= known, card


def test_no_card_is_left_out() -> None:
    """Against the list of cards, where it is at hand."""
    data = os.environ.get("CXKPI_REFERENCE_DATA")
    reference = Path(data or "").parent / "reference" / "metric-definitions.md"
    if data is None or not reference.is_file():
        pytest.skip("CXKPI_REFERENCE_DATA is not set")
    cards = reference.read_text(encoding="utf-8").partition("## 11. Metric cards")[2].partition("## 12.")[0]
    wanted = {row.split("|")[1].strip() for row in cards.splitlines() if row.startswith("| ") and "| --- |" not in row}
    assert wanted - {"id", "---"} == {card for card, *_ in ROWS}
