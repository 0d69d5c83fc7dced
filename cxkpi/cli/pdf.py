"""PDF: the HTML report, printed by the Chromium of this machine. Its bytes hold the hour they were printed at."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cxkpi.errors import OutputError, Place, Problem, UsageError

if TYPE_CHECKING:
    from cxkpi.result import Result

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge")
_LONGEST_S = 180


def browser() -> str:
    """The path of a browser that prints. ``CXKPI_BROWSER`` names another one than those on the ``PATH``.

    Raises:
        UsageError: There is none.
    """
    names = (os.environ["CXKPI_BROWSER"],) if os.environ.get("CXKPI_BROWSER") else _NAMES
    found = next((path for name in names if (path := shutil.which(name)) is not None), None)
    if found is None:
        hint = "Install chromium, or set CXKPI_BROWSER to a Chrome or Edge; -o report.html can be printed by hand."
        message = f"a PDF needs Chromium or Chrome to print it, and there is no {' or '.join(names[:3])} here."
        raise UsageError(Problem("U137", message, None, hint))
    return found


def render(result: Result, *, show_values: bool = False) -> bytes:
    """The HTML report on paper.

    Raises:
        UsageError: There is no browser.
        OutputError: It printed nothing.
    """
    from cxkpi.reports import html

    program = browser()
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as name:
        folder = Path(name)
        page, paper = folder / "report.html", folder / "report.pdf"
        page.write_bytes(html.render(result, show_values=show_values).encode("utf-8", "backslashreplace"))
        command = [
            program, "--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions", "--no-first-run",
            "--disable-background-networking", f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={paper}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # Chromium's sandbox does not run for root; the page is ours, and holds no script of others.
            command.append("--no-sandbox")
        try:
            done = subprocess.run([*command, page.as_uri()], capture_output=True, timeout=_LONGEST_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise OutputError(Problem("O102", f"{program} printed no PDF: {error}.", Place("PDF"))) from error
        if not paper.is_file():
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            message = f"{program} printed no PDF: {said[-1] if said else f'it ended with {done.returncode}'}."
            raise OutputError(Problem("O102", message, Place("PDF")))
        return paper.read_bytes()
