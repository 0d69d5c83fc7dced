"""Dialects: each is right, says what its vendor's documentation says, and is found by its name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cxkpi.catalogue.load import Catalogue, load
from cxkpi.catalogue.resolving import dialects
from cxkpi.engines.base import load as load_engine
from cxkpi.errors import CatalogueError, UsageError
from cxkpi.kinds.definition import Metric
from cxkpi.measurement import run_file
from cxkpi.measurement.checking.check import check, worked
from cxkpi.measurement.checking.examples import Bench
from cxkpi.measurement.run import measure

from .centre import SAMPLE

NAMES = ("amazon_connect", "cisco", "genesys_cloud", "nice_cxone", "talkdesk", "zendesk")


def test_these_dialects_ship() -> None:
    assert dialects.names() == NAMES


def _own(dialect: Catalogue) -> list[Metric]:
    """The metrics a dialect says something of, and not the catalogue it extends."""
    return [one for one in dialect.metrics.values() if one.place is not None and one.place.file == dialect.path]


@pytest.mark.parametrize("name", NAMES)
def test_a_dialect_is_right_and_its_own_examples_hold(name: str) -> None:
    dialect = load(dialects.named(name))
    assert dialect.path == f"cxkpi:dialects/{name}.yaml"
    assert not dialect.warnings
    bench = Bench(dialect, load_engine("polars"))
    ran = [worked(bench, metric, example) for metric in _own(dialect) for example in metric.examples]
    assert ran
    assert [one.problem for one in ran if one.problem is not None] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_what_a_dialect_takes_over_still_holds(name: str) -> None:
    assert check([dialects.named(name)], strict=True).exit_code == 0


@pytest.mark.parametrize("name", NAMES)
def test_what_a_dialect_says_otherwise_has_a_source_and_an_example(name: str) -> None:
    shipped, dialect = load(None), load(dialects.named(name))
    for metric in _own(dialect):
        assert metric.source
        assert metric.description
        before = shipped.metrics.get(metric.key)
        if before is None or before.definition != metric.definition:
            assert metric.examples, metric.title


# ------------------------------------------------------------------ published numbers

ANSWERED, ABANDONED = 1000, 60
# Call Centre Helper's threshold article: 860 of 1,000 answered in 20 s; of 60 abandoned 20 in 20 s, and 10 in 5 s.
THRESHOLD = [("false", 20, 860), ("false", 21, 140), ("true", 5, 10), ("true", 20, 10), ("true", 45, 40)]
# The Genesys user forum's ServiceFactor, and Cisco's user guide.
FACTOR = [("false", 15, 200), ("false", 25, 100), ("true", 5, 50), ("true", 15, 50)]
GUIDE = [("false", 15, 70), ("true", 15, 10), ("false", 25, 20)]

Rows = list[tuple[str, float, int]]


def _exports(folder: Path, rows: Rows) -> Path:
    """A table of contacts as an export: so many each, with a wait and whether they were abandoned."""
    lines = ["contact_id,direction,started_at,answered_at,ended_at,wait_s,abandoned"]
    number = 0
    for abandoned, wait, times in rows:
        for _ in range(times):
            number += 1
            answered = "" if abandoned == "true" else "2026-01-05T09:01:00Z"
            lines.append(f"c{number},inbound,2026-01-05T09:00:00Z,{answered},2026-01-05T09:05:00Z,{wait},{abandoned}")
    (folder / "contacts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("dialect", "title", "rows", "percent"),
    [
        # The four formulas as the article prints them.
        (None, "service_level", THRESHOLD, 81.1),
        (None, "service_level.positive", THRESHOLD, 83.0),
        (None, "service_level.answered_only", THRESHOLD, 86.0),
        (None, "service_level.after_threshold", THRESHOLD, 82.7),
        # Whose screen says which.
        ("genesys_cloud", "service_level", THRESHOLD, 81.1),
        ("genesys_cloud", "service_level.without_abandons", THRESHOLD, 86.0),
        ("amazon_connect", "service_level", THRESHOLD, 83.0),
        ("nice_cxone", "service_level", THRESHOLD, 86.0),
        ("cisco", "service_level", THRESHOLD, 82.7),
        ("cisco", "service_level.negative", THRESHOLD, 81.1),
        ("cisco", "service_level.positive", THRESHOLD, 83.0),
        ("talkdesk", "service_level", THRESHOLD, 81.9),
        ("genesys_cloud", "service_level.without_short_abandons", FACTOR, 57.14),
        ("cisco", "service_level", GUIDE, 77.78),
        ("cisco", "service_level.negative", GUIDE, 70.0),
        ("cisco", "service_level.positive", GUIDE, 80.0),
    ],
)
def test_published_service_levels(tmp_path: Path, dialect: str | None, title: str, rows: Rows, percent: float) -> None:
    exports = _exports(tmp_path, rows)
    result = measure([exports], dialect=dialect, metrics=[title], every="all", compare="none", cache=False)
    (row,) = result.rows
    assert row.value is not None
    digits = 2 if percent in (57.14, 77.78) else 1
    assert round(100 * row.value, digits) == percent


# ------------------------------------------------------------------ on the sample


@pytest.mark.parametrize("name", NAMES)
def test_the_headline_of_a_dialect_computes_on_the_sample(name: str) -> None:
    result = measure([SAMPLE], dialect=name, every="all", compare="none")
    assert result.catalogue_path == f"cxkpi:dialects/{name}.yaml"
    headline = load(dialects.named(name)).headline
    assert [row.metric for row in result.rows] == list(headline)
    assert all(row.value is not None for row in result.rows)


# ------------------------------------------------------------------ how they are named


def test_an_unknown_dialect_is_told_the_nearest() -> None:
    with pytest.raises(UsageError, match="genesis") as caught:
        dialects.named("genesis_cloud")
    assert "'genesys_cloud'" in str(caught.value.problems[0].hint)


def test_a_dialect_and_a_catalogue_exclude_each_other(run: Callable[..., object], tmp_path: Path) -> None:
    for command in ("report", "metrics", "check"):
        ran = run(command, *(["x"] if command == "report" else []), "-c", "mine.yaml", "--dialect", "cisco")
        assert (ran.code, ran.out) == (2, "")
        assert "both say what metrics mean" in ran.err
    with pytest.raises(UsageError, match="both say"):
        measure([tmp_path], catalogue="mine.yaml", dialect="cisco")


def test_the_run_file_may_name_a_dialect(tmp_path: Path) -> None:
    file = tmp_path / "cxkpi.yaml"
    file.write_text("cxkpi: 1\ndialect: cisco\n", encoding="utf-8")
    assert run_file.load(file).catalogue == dialects.named("cisco")
    file.write_text("cxkpi: 1\ndialect: cisko\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="no dialect 'cisko'") as caught:
        run_file.load(file)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.line) == ("R203", 2)
    file.write_text("cxkpi: 1\ncatalogue: mine.yaml\ndialect: cisco\n", encoding="utf-8")
    with pytest.raises(CatalogueError, match="both say") as caught:
        run_file.load(file)
    assert caught.value.problems[0].code == "R204"


def test_the_command_line_prints_by_the_dialect(run: Callable[..., object], tmp_path: Path) -> None:
    exports = _exports(tmp_path, THRESHOLD)
    ran = run("report", exports, "--dialect", "amazon_connect", "-m", "service_level", "--every", "all", "--no-cache")
    assert "SL 20" in ran.out
    assert "83.0 %" in ran.out
