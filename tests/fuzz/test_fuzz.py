"""A few damaged files in every run of the tests; ``.ci/run`` does a minute of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_exports import cases_of_the_museum, one

CASES, CONTENTS = cases_of_the_museum()


# The rest is left to the slow tests, and to what runs for a minute.
@pytest.mark.parametrize(
    "first", [0, 25, 50, *(pytest.param(first, marks=pytest.mark.slow) for first in range(75, 200, 25))]
)
def test_damaged_files_give_rows_or_a_clear_error(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 25):
        failure = one(seed, CASES, CONTENTS, tmp_path)
        assert failure is None, failure
