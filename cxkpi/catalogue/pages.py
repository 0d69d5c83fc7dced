"""The page of each error code: what it means, an example that has it, and what to do."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cxkpi.catalogue.codes import CODES
from cxkpi.documents.spelling import nearest
from cxkpi.errors import Problem, UsageError

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


def folder() -> Traversable:
    """Where the pages are: in an installed package, else in the documentation of a checkout."""
    inside = files("cxkpi") / "codes"
    return inside if inside.is_dir() else Path(str(files("cxkpi"))).parent / "docs" / "codes"


def page(code: str) -> str:
    """The page of a code as Markdown. UsageError with the nearest code where there is none."""
    wanted = code.strip().upper()
    if wanted not in CODES:
        near = nearest(wanted, CODES)
        hint = (
            f"Did you mean {near}, {CODES[near]}?"
            if near is not None
            else f"They run from {min(CODES)} to {max(CODES)}."
        )
        raise UsageError(Problem("U125", f"--explain: there is no code {code!r}.", None, hint))
    return (folder() / f"{wanted}.md").read_text(encoding="utf-8")


def as_text(markdown: str) -> str:
    """A page for a terminal: blocks indented, without the marks of Markdown."""
    heading, _, rest = markdown.partition("\n")
    blocks = _FENCE.sub(lambda found: "".join(f"    {line}".rstrip() + "\n" for line in found[1].splitlines()), rest)
    return f"{heading.lstrip('# ')}\n{_INLINE.sub(lambda found: found[1], blocks)}"
