"""A few damaged files in every run of the tests; ``.ci/run`` does a minute of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fuzz_exports import cases_of_the_museum, one

CASES, CONTENTS = cases_of_the_museum()


@pytest.mark.parametrize("first", range(0, 200, 25))
def test_damaged_files_give_rows_or_a_clear_error(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + 25):
        failure = one(seed, CASES, CONTENTS, tmp_path)
        assert failure is None, failure
