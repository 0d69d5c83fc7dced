"""Names of people: which are the same, and which only come near."""

from __future__ import annotations

import re
import unicodedata

from cxkpi.exports.profile import normalise


def compared(written: str) -> str:
    """A name for comparison: normalised, ``Last, First`` as ``First Last``. With two commas it stays as it is."""
    return _turned(normalise(written))


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    if not comma or "," in first or not last.strip() or not first.strip():
        return name
    return f"{first.strip()} {last.strip()}"


_SUFFIX = re.compile(r"(?:\s+[-–|/]\s+\S.*|\s*[(\[][^()\[\]]*[)\]])+$")


def bare(written: str) -> str:
    """A name without what follows a dash or stands in brackets at its end, without accents, points and hyphens."""
    name = normalise(written)
    decomposed = unicodedata.normalize("NFKD", _turned(_SUFFIX.sub("", name) or name))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(re.sub(r"[.\-_’'`]", " ", letters).split())
