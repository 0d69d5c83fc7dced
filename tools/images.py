"""The pictures in README, made anew: the terminal at 80 and 160 columns, and with Chromium the page.

python tools/images.py
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTHS = (80, 160)
_COMMAND = [sys.executable, "-m", "cxkpi", "report", "sample_data"]
_PAGE = "1100,1250"


def terminal(width: int) -> str:
    """What a terminal of so many columns shows, with its colours, as SVG."""
    environment = {**os.environ, "COLUMNS": str(width), "LINES": "60", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
    environment.pop("NO_COLOR", None)
    ours, theirs = os.openpty()
    with subprocess.Popen([*_COMMAND, "--quiet"], cwd=ROOT, env=environment, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown = b"".join(_read(ours)).decode("utf-8").replace("\r\n", "\n")
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(shown.rstrip("\n")), soft_wrap=True)
    return console.export_svg(title="cxkpi report sample_data", unique_id=f"cxkpi{width}")


def _read(terminal: int) -> Iterator[bytes]:
    """What is written to a terminal until its last writer is gone, which Linux tells as an error."""
    with suppress(OSError):
        while piece := os.read(terminal, 1 << 16):
            yield piece


def page(chromium: str, into: Path) -> None:
    """The HTML report as a headless Chromium shows it."""
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder) / "report.html"
        subprocess.run([*_COMMAND, "--quiet", "-o", str(html)], cwd=ROOT, check=True)
        seen = [f"--screenshot={into}", f"--window-size={_PAGE}", "--hide-scrollbars", html.as_uri()]
        subprocess.run([chromium, "--headless", "--no-sandbox", *seen], check=True, capture_output=True)


def main() -> None:
    for width in WIDTHS:
        (IMAGES / f"terminal_{width}.svg").write_text(terminal(width), encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium here: the page was not made anew")
    page(chromium, IMAGES / "report.png")


if __name__ == "__main__":
    main()
