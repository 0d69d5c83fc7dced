"""``diagnosed``: a centre written, read and examined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cxkpi.measurement.doctor.diagnosis import diagnose
from cxkpi.measurement.doctor.observed import Diagnosis

from .centre import Centre

# A catalogue of few metrics, whose names the tests spell out.
CATALOGUE = Path(__file__).with_name("catalogue.yaml")

Diagnosed = Callable[[Centre], Diagnosis]


@pytest.fixture
def diagnosed(tmp_path: Path) -> Diagnosed:
    def call(centre: Centre) -> Diagnosis:
        return diagnose([centre.write(tmp_path / "exports")], catalogue=CATALOGUE)

    return call
