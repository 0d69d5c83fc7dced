"""Every profile that ships says where it comes from, and has a file in the museum that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import cxkpi.exports
from cxkpi.exports.profile_file import shipped
from cxkpi.tables import TABLES

PROFILES = {profile.name: profile for profile in shipped(TABLES)}
FOLDER = Path(cxkpi.exports.__file__).parent / "profiles"
HERE = Path(__file__).parent


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_says_where_it_comes_from(name: str) -> None:
    profile = PROFILES[name]
    assert profile.status in ("verified", "partial")
    assert profile.title
    assert (profile.source or "").startswith("https://")
    # The head comment: where in the product the export is found, and what is peculiar about it.
    assert (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").startswith("# ")


def test_every_profile_reads_a_file_of_the_museum() -> None:
    read: set[str] = set()
    for case in HERE.glob("*/case.yaml"):
        written = yaml.load(case.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        read.update(written.get("profiles", {}).values())
    assert sorted(PROFILES.keys() - read) == []
