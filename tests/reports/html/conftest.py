"""One drawing of each chart serves all tests, because starting the drawing library takes most of their time."""

from __future__ import annotations

import json

import pytest

from cxkpi.reports.html import charts, drawing

_DRAWN: dict[str, tuple[str, ...]] = {}


@pytest.fixture(autouse=True)
def _drawn_once(monkeypatch, request):
    """Tests that ask for ``drawn_anew`` have every chart drawn whenever it is asked for."""
    if "drawn_anew" in request.fixturenames:
        return

    def drawn(specifications):
        key = json.dumps(specifications)
        if key not in _DRAWN:
            _DRAWN[key] = drawing.drawn(specifications)
        return _DRAWN[key]

    monkeypatch.setattr(charts, "drawn", drawn)


@pytest.fixture
def drawn_anew() -> None:
    """See ``_drawn_once``."""
