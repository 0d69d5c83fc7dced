"""``--open``: the page in whatever browser a person has. That there is none is no reason for a run to fail."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxkpi.cli import messages, output


def private(page: bytes) -> Path:
    """The page in a folder of its own that only its owner can look into.

    Raises:
        OutputError: It cannot be written.
    """
    place = Path(tempfile.mkdtemp(prefix="cxkpi-")) / "cxkpi.html"
    output.write_file(place, page, private=True)
    return place


def show(page: Path, *, quiet: bool) -> None:
    """Have a browser show a file, the one that ``BROWSER`` names or that of the desktop; else say where it is."""
    import webbrowser

    try:
        with _nothing_on_stdout():
            shown = webbrowser.open(page.resolve().as_uri())
    except (OSError, ValueError, webbrowser.Error):
        shown = False
    if not quiet:
        messages.notes([f"the page is {page}" if shown else f"no browser could be started; the page is {page}"])


@contextmanager
def _nothing_on_stdout() -> Iterator[None]:
    """Some browsers say something when they start; stdout is for the result alone."""
    try:
        kept = os.dup(1)
    except OSError:
        yield
        return
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
