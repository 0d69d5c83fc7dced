"""What each renderer writes, byte for byte. ``UPDATE_GOLDENS=1`` writes the files anew and fails, so that one looks."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from reports import written
from reports.factory import centre, month, result, row
from reports.shapes import cases

from cxkpi.cli.outputs import render
from cxkpi.reports import delimited, json, terminal

GOLDEN = Path(__file__).parent / "golden"


def _small():
    """A result with every kind of field in it."""
    rows = [
        row("fcr", month(5), value=0.1 + 0.2, low=None, high=None, confidence=None, missing=4, notes=("a", "b, c")),
        row("aht", month(6), by={"queue": "=cmd|' /C calc'!A0"}, target=(300.0, 420.0), bounds=(0.5, 0.75)),
        row("aht", month(6), by={"queue": None}, value=None, low=None, high=None, n=0, status=None, reason="empty"),
    ]
    return replace(result(rows, by=("queue",), notes=("3 answers … left out",)), files=centre().files[-2:])


CASES = {
    "table_80.txt": lambda: terminal.text(centre(), width=80),
    "table_100.txt": lambda: terminal.text(centre(), width=100),
    "table_160.txt": lambda: terminal.text(centre(), width=160),
    "table_by_queue_100.txt": lambda: terminal.text(centre(by="queue"), width=100),
    "table_ascii_100.txt": lambda: terminal.text(centre(), width=100, unicode=False),
    "small.json": lambda: json.render(_small()),
    "small.csv": lambda: delimited.render(_small()),
}
# Every kind of table in every format. HTML has a page of its own with all there is; here are those that differ.
for _name, _found in cases().items():
    CASES[f"table_{_name}_120.txt"] = lambda found=_found: terminal.text(found, width=120)
    if _name in ("odd", "weekly", "restated", "as_before"):
        CASES[f"{_name}.html"] = lambda found=_found: render(found, "html").decode("utf-8")
    CASES |= {
        f"{_name}.{end}": lambda found=_found, kind=kind: render(found, kind).decode("utf-8")
        for kind, end in (("markdown", "md"), ("csv", "csv"), ("json", "json"), ("prometheus", "prom"))
    }
    CASES[f"{_name}.de.csv"] = lambda found=_found: render(found, "csv", locale="de").decode("utf-8")
    CASES[f"{_name}.parquet.txt"] = lambda found=_found: written.parquet(render(found, "parquet"))
    CASES[f"{_name}.xlsx.txt"] = lambda found=_found: written.workbook(render(found, "xlsx"))


@pytest.mark.parametrize("name", CASES)
def test_output_is_the_golden_file(name):
    text, place = CASES[name](), GOLDEN / name
    if os.environ.get("UPDATE_GOLDENS"):
        place.write_text(text, encoding="utf-8", newline="")
        pytest.fail(f"{name} was written anew; look at the difference, then run again without UPDATE_GOLDENS")
    assert place.is_file(), f"there is no {name}; write it with UPDATE_GOLDENS=1"
    assert text == place.read_bytes().decode("utf-8")
