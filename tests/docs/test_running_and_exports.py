"""``docs/running.md`` and ``docs/exports.md`` against the code: no key and no export is missing or made up."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from cxkpi.exports.profile_file import shipped
from cxkpi.measurement import run_file
from cxkpi.tables import TABLES

DOCS = Path(__file__).parents[2] / "docs"
RUNNING = (DOCS / "running.md").read_text(encoding="utf-8")
EXPORTS = (DOCS / "exports.md").read_text(encoding="utf-8")


def _keys(text: str, heading: str) -> list[str]:
    section = text.split(f"{heading}\n", 1)[1].split("\n#", 1)[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_key_of_a_run_file_is_described() -> None:
    assert _keys(RUNNING, "## cxkpi.yaml") == list(run_file._Written.model_fields)
    assert _keys(RUNNING, "### files") == list(run_file._File.model_fields)


def test_the_example_of_a_run_file_is_one(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(cxkpi: 1\n.*?)```", RUNNING, re.DOTALL)
    (tmp_path / "cxkpi.yaml").write_text(example, encoding="utf-8")
    found = run_file.load(tmp_path / "cxkpi.yaml")
    assert [age.written for age in found.ages] == ["26h", "8d"]
    assert found.outputs[0] == tmp_path / "out" / "kpis.json"
    assert yaml.safe_load(example)["cxkpi"] == 1


def test_every_shipped_profile_is_in_the_list_with_what_it_fills() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (.+?) \| (\w+) \| (.+?) \| .+ \|$", EXPORTS, re.MULTILINE)
    listed = {name: (title, status, fills) for name, title, status, fills in rows}
    expected = {}
    for profile in shipped(TABLES):
        fills = [*profile.tables, *(["legs"] if profile.legs and profile.legs.parts and profile.tables else [])]
        expected[profile.name] = (profile.title, profile.status, ", ".join(fills) or "nothing")
    assert listed == expected
