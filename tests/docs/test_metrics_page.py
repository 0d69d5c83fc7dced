"""docs/metrics.md is what the command writes, and docs/practices.md names metrics that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxkpi.catalogue.load import load
from cxkpi.cli.app import main

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_metrics_is_up_to_date(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["metrics", "-f", "markdown"]) == 0
    assert capfd.readouterr().out == (DOCS / "metrics.md").read_text(encoding="utf-8"), (
        "run: cxkpi metrics -f markdown > docs/metrics.md"
    )


def test_every_metric_that_is_not_private_has_a_section() -> None:
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    sections = set(re.findall(r"^## ([a-z_0-9]+)$", page, re.MULTILINE))
    assert sections == {one.name for one in load(None).metrics.values() if one.variant is None and not one.private}


def test_practices_name_metrics_that_there_are() -> None:
    page = (DOCS / "practices.md").read_text(encoding="utf-8")
    named = {name for name in re.findall(r"`([a-z][a-z_0-9.]*)`", page) if not name.startswith("_")}
    titles = {one.title for one in load(None).metrics.values()}
    assert named <= titles | {"cxkpi"}, named - titles
    assert len(named) > 40
