"""The museum: small files that each show a vendor's export or a quirk, with what must become of them beside them.

A case is a folder: ``in/`` holds the files, ``case.yaml`` what is expected, worked out by hand. See README.md here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from cxkpi.exports.load import Loaded, load
from cxkpi.tables import TABLES

HERE = Path(__file__).parent
CASES = sorted(path.parent.name for path in HERE.glob("*/case.yaml"))
_KEYS = {"what", "timezone", "profiles", "ledger", "rows", "rejects", "findings", "problem"}
_ORDINARY = {"exit": 3}
_CATALOGUE = """
cxkpi: 1
calendar: {{timezone: {zone}}}
metrics:
  handled: {{kind: total, label: Contacts, unit: count, from: contacts, count: rows}}
"""


@dataclass(frozen=True)
class Case:
    """One case as written, and its folder."""

    name: str
    said: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        return HERE / self.name / "in"

    @property
    def zone(self) -> str:
        return str(self.said.get("timezone", "Europe/London"))

    def load(self, into: Path) -> Loaded:
        return load([self.folder], tables=TABLES, timezone=self.zone, into=into)


@cache
def case_of(name: str) -> Case:
    # Everything stays the text that was written: 1e5 is no number and no is not false.
    written = yaml.load((HERE / name / "case.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    unknown = set(written) - _KEYS
    assert not unknown, f"{name}: unknown keys {sorted(unknown)}"
    return Case(name, written)


def test_the_museum_is_as_large_as_it_should_be() -> None:
    assert len(CASES) >= 120


@pytest.mark.parametrize("name", [name for name in CASES if "problem" not in case_of(name).said])
def test_what_becomes_of_a_case(name: str, tmp_path: Path) -> None:
    case = case_of(name)
    loaded = case.load(tmp_path)
    entries = {entry.path: entry for entry in loaded.files}
    for path, profile in case.said.get("profiles", {}).items():
        assert entries[path].profile == profile
    for entry in loaded.files:
        assert entry.records == entry.accepted + entry.superseded + entry.rejected + entry.skipped, entry
        assert entry.lines == entry.records + entry.continued + entry.blank - entry.shared, entry
    for path, counts in case.said.get("ledger", {}).items():
        assert {name: str(getattr(entries[path], name)) for name in counts} == dict(counts), path
    for table, text in case.said.get("rows", {}).items():
        expected = _expected(text)
        columns = list(expected[0])
        assert _rows(loaded, table, columns) == expected[1:]
    if "rejects" in case.said:
        found = [{"file": one.path, "line": str(one.line), "column": one.column} for one in loaded.rejects]
        assert found == [{key: one[key] for key in ("file", "line", "column")} for one in case.said["rejects"]]


@pytest.mark.parametrize("name", [name for name in CASES if case_of(name).said.get("findings")])
def test_doctor_finds_what_was_planted(name: str, run: Callable[..., Any], tmp_path: Path) -> None:
    case = case_of(name)
    catalogue = tmp_path / "metrics.yaml"
    catalogue.write_text(_CATALOGUE.format(zone=case.zone), encoding="utf-8")
    ran = run("doctor", case.folder, "-c", catalogue, "-f", "json", "--show-values")
    assert ran.code in (0, 3), ran.err
    found = json.loads(ran.out)["findings"]
    for wanted in case.said["findings"]:
        assert any(
            one["code"] == wanted["code"]
            and one["path"] == wanted["file"]
            and ("line" not in wanted or str(one["line"]) == wanted["line"])
            for one in found
        ), (wanted, found)


@pytest.mark.parametrize("name", [name for name in CASES if "problem" in case_of(name).said])
def test_what_must_be_refused(name: str, run: Callable[..., Any], tmp_path: Path) -> None:
    case = case_of(name)
    wanted = {**_ORDINARY, **case.said["problem"]}
    catalogue = tmp_path / "metrics.yaml"
    catalogue.write_text(_CATALOGUE.format(zone=case.zone), encoding="utf-8")
    ran = run("tables", case.folder, "-o", tmp_path / "out", "-c", catalogue)
    assert (ran.code, f"error[{wanted['code']}]" in ran.err) == (int(wanted["exit"]), True), ran.err
    assert "Traceback" not in ran.err
    for word in wanted.get("says", []):
        assert word in ran.err


def _expected(text: str) -> list[list[str | None]]:
    lines = [line for line in text.splitlines() if line.strip()]
    cells = [[cell.strip() or None for cell in line.split("|")] for line in lines]
    assert all(len(row) == len(cells[0]) for row in cells), "a row has more or fewer cells than the heading"
    return cells


def _rows(loaded: Loaded, table: str, columns: list[str | None]) -> list[list[str | None]]:
    stored = loaded.stored.get(table)
    if stored is None:
        return []
    frame = pl.concat([pl.read_parquet(file) for file in stored.files])
    frame = frame.sort([*TABLES[table].key, "source"], nulls_last=False)
    return [[_written(cell) for cell in row] for row in frame.select(columns).rows()]


def _written(value: Any) -> str | None:
    """A value as a case writes it: 90 and not 90.0, true and not True."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return value.isoformat() if not value.microsecond else value.isoformat(timespec="milliseconds")
    return value.isoformat() if isinstance(value, date) else str(value)
