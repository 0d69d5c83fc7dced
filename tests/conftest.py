"""``run``: the command line as a person meets it: exit code, stdout, stderr."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from cxkpi.cli.app import main

_SETTINGS = ("NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS")


@dataclass(frozen=True)
class Ran:
    """What one call left behind."""

    code: int
    out: str
    err: str


class _Stream(io.TextIOWrapper):
    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def _a_cache_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXKPI_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    """Call ``main`` with arguments, ``run("report", folder, columns=80, env={"NO_COLOR": "1"}, terminal=True)``."""

    def call(
        *argv: object,
        columns: int | None = 100,
        env: Mapping[str, str] | None = None,
        terminal: bool = False,
        encoding: str = "utf-8",
    ) -> Ran:
        with monkeypatch.context() as patch:
            for name in _SETTINGS:
                patch.delenv(name, raising=False)
            patch.setenv("TERM", "xterm-256color")
            if columns is not None:
                patch.setenv("COLUMNS", str(columns))
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            out, err = _Stream(encoding, terminal), _Stream(encoding, terminal)
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            code = main([str(argument) for argument in argv])
        return Ran(code, out.text(), err.text())

    return call
