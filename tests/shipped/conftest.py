"""``centre``: the sample centre, read and computed once per session."""

from __future__ import annotations

import pytest

from .centre import Centre, open_centre


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Centre:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("centre")
        patch.setenv("CXKPI_CACHE", str(folder / "cache"))
        return open_centre(folder)
