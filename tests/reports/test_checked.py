"""What each format of ``cxkpi check`` writes, byte for byte; and that no name, however hostile, breaks one."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cxkpi.catalogue.codes import CODES
from cxkpi.errors import Place, Problem
from cxkpi.measurement.checking.checked import Checked, CheckedFile, Defined, Worked
from cxkpi.reports.checked import github, junit, sarif, text
from cxkpi.reports.checked import json as json_format

GOLDEN = Path(__file__).parent / "golden"

FAILED = Problem(
    "C506",
    "aht: the example 'a ratio of sums' does not hold",
    Place("kpis/metrics.yaml", 14, 9),
    "expected (-) and got (+):\n  the whole\n    - value: 360\n    + value: 350.5\n  reason: too_few",
    "      - name: a ratio of sums",
)
WARNED = Problem(
    "C412",
    "meets reads 'resolved', and does not say what it means while that is empty",
    Place("kpis/metrics.yaml", 23, 12),
    "Such rows are left out and counted as missing.",
    "    meets: resolved",
    "warning",
)
UNKNOWN = Problem(
    "C104",
    "unknown key 'taget' in a share metric; did you mean 'target'?",
    Place("other.yaml", 8, 5),
    None,
    "    taget: 5%",
)
UNREAD = Problem(
    "C102", "'calendar' is missing in a catalogue", Place("other.yaml", 1, 1), "Add 'calendar'.", "cxkpi: 1"
)


def found(strict: bool = False) -> Checked:
    held = Worked("aht", "milliseconds, 100 %", Place("kpis/metrics.yaml", 18, 9), None)
    first = CheckedFile(
        path="kpis/metrics.yaml",
        problems=(FAILED, WARNED),
        metrics=(
            Defined("aht", Place("kpis/metrics.yaml", 4, 3), 20),
            Defined("solved", Place("kpis/metrics.yaml", 20, 3)),
        ),
        variants=1,
        examples=(Worked("aht", "a ratio of sums", Place("kpis/metrics.yaml", 14, 9), FAILED), held),
    )
    second = CheckedFile("other.yaml", (UNREAD, UNKNOWN), (Defined("csat", Place("other.yaml", 4, 3)),))
    return Checked((first, second), "1.2.3", strict)


def as_sarif(checked: Checked) -> str:
    return sarif.render(checked, CODES, {"C104": "# C104: an unknown key\n"})


CASES = {
    "check.txt": lambda: text.render(found()),
    "check.json": lambda: json_format.render(found()),
    "check.github": lambda: github.render(found()),
    "check.sarif": lambda: as_sarif(found()),
    "check.xml": lambda: junit.render(found()),
}


@pytest.mark.parametrize("name", CASES)
def test_output_is_the_golden_file(name):
    shown, place = CASES[name](), GOLDEN / name
    if os.environ.get("UPDATE_GOLDENS"):
        place.write_text(shown, encoding="utf-8")
        pytest.fail(f"{place} was written anew")
    assert shown == place.read_text(encoding="utf-8")


HOSTILE = [
    "a\x1b[31mred\x1b[0m",
    "[bold red]x[/] [link=http://example.com]y[/link]",
    "‮gnirts⁦",
    "a\nb\r::error file=x::injected",
    "100%, a:b,c::d",
    '</failure>]]><a b="&amp;">',
    "\x00\x07\x9b\ud800",
    "x" * 1_000_000,
]


def hostile(name: str) -> Checked:
    place = Place(f"{name[:200]}.yaml", 3, 500_000 if len(name) > 1000 else 2)
    # What reads a document shortens its messages; a name of an example is shortened where it is told.
    problem = Problem("C104", f"unknown key '{name[:300]}'", place, f"See {name[:300]}.", name)
    file = CheckedFile(place.file, (problem,), (Defined(name, Place(place.file, 1, 1)),), 0,
                       (Worked(name, name, place, None),))  # fmt: skip
    return Checked((file,), "1.2.3")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_name_breaks_a_format(name):
    checked = hostile(name)
    shown = text.render(checked)
    assert len(shown) < 5000
    assert not [char for char in shown if char != "\n" and not char.isprintable()]
    assert json.loads(json_format.render(checked))["problems"][0]["message"] == f"unknown key '{name[:300]}'"
    json_format.render(checked).encode()
    commands = github.render(checked).splitlines()
    assert len(commands) == 1
    assert re.fullmatch(r"::error file=[^,:]*,line=3,col=\d+,title=C104::[^\r\n]*", commands[0])
    root = ElementTree.fromstring(junit.render(checked).encode())
    assert [case.tag for case in root.iter("testcase")] == ["testcase"] * 2
    valid(json.loads(as_sarif(checked)))


def valid(log: dict) -> None:
    """The essentials of the schema of SARIF 2.1.0: what is required, and of which type."""
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert isinstance(driver["name"], str)
    assert re.fullmatch(r"\d+\.\d+\.\d+", driver["semanticVersion"])
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    assert all(isinstance(rule["shortDescription"]["text"], str) for rule in driver["rules"])
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    for result in run["results"]:
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        for location in result["locations"]:
            physical = location["physicalLocation"]
            # A URI reference: no blanks, no raw characters beyond ASCII, no stray percent sign.
            assert re.fullmatch(r"(?:[A-Za-z0-9\-._~/:]|%[0-9A-F]{2})+", physical["artifactLocation"]["uri"])
            region = physical["region"]
            assert min(region["startLine"], region.get("startColumn", 1)) >= 1


def test_sarif_has_what_its_schema_requires():
    valid(json.loads(as_sarif(found())))


def test_junit_counts_what_it_holds():
    root = ElementTree.fromstring(junit.render(found()).encode())
    cases = list(root.iter("testcase"))
    assert [case.get("name") for case in cases] == [
        "aht", "solved", "aht: a ratio of sums", "aht: milliseconds, 100 %", "catalogue", "csat",
    ]  # fmt: skip
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert failed == ["aht: a ratio of sums", "catalogue", "csat"]
    assert (root.get("tests"), root.get("failures")) == ("6", "3")
    strict = ElementTree.fromstring(junit.render(found(strict=True)).encode())
    assert strict.get("failures") == "4"


def test_the_caret_stands_below_its_character_in_a_line_of_any_width():
    line = "x" * 5000 + "漢字" + "taget" + "y" * 5000
    problem = Problem("C104", "unknown key", Place("a.yaml", 1, 5003), None, line)
    _, shown, caret = str(problem).splitlines()
    assert len(shown) <= 130
    before = shown[: shown.index("taget")]
    # Each of the two wide characters takes two cells.
    assert len(caret) - 1 == len(before) + 2
