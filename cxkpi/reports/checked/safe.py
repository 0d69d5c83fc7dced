"""Text of a stranger's file, made fit to stand in somebody's terminal, log or XML."""

from __future__ import annotations

import re

# Control characters and lone surrogates, which XML 1.0 has no way to write.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def plain(text: str) -> str:
    """A text without what has no shape of its own: escapes, marks that turn the direction of writing round."""
    return "".join(char if char == "\n" or char.isprintable() else "?" for char in text)


def xml(text: str) -> str:
    """A text that XML can hold, and that reads in a log as it does in an editor."""
    return _NOT_XML.sub("?", plain(text))
