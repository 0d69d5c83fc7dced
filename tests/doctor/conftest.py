"""``diagnosed``: a centre written, read and examined."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cxkpi.measurement.diagnosis import diagnose
from cxkpi.measurement.observed import Diagnosis

from .centre import Centre

Diagnosed = Callable[[Centre], Diagnosis]


@pytest.fixture
def diagnosed(tmp_path: Path) -> Diagnosed:
    def call(centre: Centre) -> Diagnosis:
        return diagnose([centre.write(tmp_path / "exports")])

    return call
