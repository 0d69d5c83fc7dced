"""Text of others in Markdown: nothing in it is a link, a mention, a heading or HTML.

A backslash is not enough: a forge looks for ``@name``, ``#12`` and addresses in what the page says, when the backslash
is gone. The one place where it looks for nothing is a code span.
"""

from __future__ import annotations

import re
import unicodedata

from cxkpi.reports.page import JOINERS

# Beside letters, marks on them and digits: what means nothing to Markdown, nor to a forge.
_HARMLESS = frozenset("-−–—.,;:/%’‘“”„'\"°+=…?≥≤×()→▲▼✓✗‼·≠€£") | JOINERS
_TAIL = re.compile(r"[.,;:]+$")
_LINKED = re.compile(r"(?i)://|www\.|^[(\"']*GH-\d|^[(\"']*[0-9a-f]{7,40}\b")
_OF_A_LIST = re.compile(r"[-+=]+|\d+[.)]")


def words(text: str, *, table: bool = False) -> str:
    """A text on one line; those of its words that would mean something to Markdown or a forge are in code spans."""
    pieces: list[tuple[bool, list[str]]] = []
    for place, word in enumerate(" ".join(_printed(text).split()).split(" ")):
        harmless = _is_harmless(word) and not (place == 0 and _OF_A_LIST.fullmatch(word))
        if not pieces or pieces[-1][0] != harmless:
            pieces.append((harmless, []))
        pieces[-1][1].append(word)
    return " ".join(" ".join(run) if harmless else _spanned(" ".join(run), table) for harmless, run in pieces)


def code(text: str, *, table: bool = True) -> str:
    """A text as a code span, whatever it holds; ``table``: in the cell of one, which a bar ends even there."""
    plain = _printed(text)
    longest = max((len(run) for run in re.findall("`+", plain)), default=0)
    fence = "`" * (longest + 1)
    # A reader takes a blank away at both ends.
    pad = " " if plain.startswith(("`", " ")) or plain.endswith(("`", " ")) or not plain else ""
    span = f"{fence}{pad}{plain}{pad}{fence}"
    return span.replace("|", "\\|") if table else span


def _spanned(text: str, table: bool) -> str:
    """A code span without the sentence's own full stop."""
    tail = _TAIL.search(text)
    if tail is None or tail.start() == 0:
        return code(text, table=table)
    return code(text[: tail.start()], table=table) + tail[0]


def _printed(text: str) -> str:
    return "".join(char if char.isprintable() or char in JOINERS else " " for char in text)


def _is_harmless(word: str) -> bool:
    # Without a semicolon & begins no character reference.
    known = _HARMLESS if ";" in word else _HARMLESS | {"&"}
    letters = all(char in known or unicodedata.category(char)[0] in "LMN" for char in word)
    return letters and _LINKED.search(word) is None
