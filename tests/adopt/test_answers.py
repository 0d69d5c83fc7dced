"""What ``adopt`` makes of the reference data, against answers written down before it could read any."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adopt import scoring
from cxkpi.exports.profile_file import parse
from cxkpi.tables import TABLES

DATA = Path(os.environ.get("CXKPI_REFERENCE_DATA", "absent"))
FOUR_FIFTHS = 0.8

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the reference data are not here")


@pytest.fixture(scope="module")
def drafts() -> list[tuple[str, scoring.Adopted, dict[str, str], int]]:
    found = []
    for answer in scoring.answers():
        adopted = scoring.drafted(DATA / answer["file"])
        found.append((answer["file"], adopted, scoring.wrong(adopted, answer["columns"]), len(answer["columns"])))
    return found


def test_four_fifths_of_all_columns_are_right(drafts: list[tuple[str, scoring.Adopted, dict[str, str], int]]) -> None:
    total = sum(columns for _, _, _, columns in drafts)
    faults = {f"{file}: {heading}": fault for file, _, wrong, _ in drafts for heading, fault in wrong.items()}
    assert total == 276
    assert total - len(faults) >= FOUR_FIFTHS * total, faults


def test_four_fifths_are_right_also_of_the_columns_that_mean_something(
    drafts: list[tuple[str, scoring.Adopted, dict[str, str], int]],
) -> None:
    # Leaving everything out would get the columns right that no canonical column holds.
    right = meant = 0
    for (_, _, wrong, _), answer in zip(drafts, scoring.answers(), strict=True):
        for heading, wanted in answer["columns"].items():
            if not (isinstance(wanted, dict) and "ignore" in wanted):
                meant += 1
                right += heading not in wrong
    assert right >= FOUR_FIFTHS * meant, (right, meant)


def test_every_draft_can_be_read_as_a_profile(drafts: list[tuple[str, scoring.Adopted, dict[str, str], int]]) -> None:
    for file, adopted, _, _ in drafts:
        profile = parse(adopted.yaml, file, TABLES, "user")
        assert len(profile.unconfirmed) == adopted.confirm


def test_no_canonical_column_is_filled_twice(drafts: list[tuple[str, scoring.Adopted, dict[str, str], int]]) -> None:
    for _, adopted, _, _ in drafts:
        filled = {}
        for column in adopted.columns:
            if column.target and not column.target.startswith("answers."):
                filled.setdefault(column.target, []).append((column.heading, tuple(column.rule.get("join", ()))))
        for headings in filled.values():
            assert len(headings) == 1 or all(heading in join for heading, join in headings)


def test_every_wrong_proposal_is_marked_or_explained(
    drafts: list[tuple[str, scoring.Adopted, dict[str, str], int]],
) -> None:
    # A wrong rule that nobody is asked about is a wrong number; a column left out is a missing one.
    silent = [
        f"{file}: {column.heading} -> {column.target}"
        for file, adopted, wrong, _ in drafts
        for column in adopted.columns
        if column.heading in wrong and column.target is not None and not column.confirm
    ]
    assert len(silent) <= 3, silent
