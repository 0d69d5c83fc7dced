"""A command line up to the cursor as a shell understands it: words without their quotes, and quotes put back."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

BREAKS = "=:@"
"""Where bash begins to replace within a word, besides blanks and quotes, unless ``COMP_WORDBREAKS`` says otherwise."""

_SAFE = re.compile(r"[\w./:=@%+,^-]")


@dataclass(frozen=True, slots=True)
class Typed:
    """``words`` that are finished, the ``begun`` one, and the quote that is open in it.

    ``kept``: how many of its characters bash leaves alone, because it replaces what comes after the last break.
    """

    words: tuple[str, ...]
    begun: str
    quote: str = ""
    kept: int = 0

    def bash(self, word: str) -> str:
        """What bash is to put in the place of what it replaces, so that the word begun becomes ``word``."""
        rest = word[self.kept :]
        if self.quote == "'":
            return rest.replace("'", "'\\''")
        if self.quote == '"':
            return re.sub(r'([\\"$`])', r"\\\1", rest)
        return "".join(char if _SAFE.fullmatch(char) else f"\\{char}" for char in rest)


def read(line: str, breaks: Collection[str] = BREAKS) -> Typed:
    """Split a line into words as a shell does, whatever is still open at its end."""
    words: list[str] = []
    current: list[str] | None = None
    quote, kept, escaped = "", 0, False
    for char in line:
        if escaped:
            escaped = False
            if quote == '"' and char not in '\\"$`':
                current = [*(current or []), "\\"]
            current = [*(current or []), char]
        elif char == "\\" and quote != "'":
            escaped = True
        elif quote:
            if char == quote:
                quote, kept = "", len(current or [])
            else:
                current = [*(current or []), char]
        elif char in "'\"":
            current = current or []
            quote, kept = char, len(current)
        elif char.isspace():
            if current is not None:
                words.append("".join(current))
            current, kept = None, 0
        else:
            current = [*(current or []), char]
            if char in breaks:
                kept = len(current)
    return Typed(tuple(words), "".join(current or []), quote, kept)
