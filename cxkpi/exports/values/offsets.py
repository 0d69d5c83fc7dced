"""Zones written as offsets: ``GMT+3``, ``UTC-03:30``, ``+0530``, ``Z``."""

from __future__ import annotations

import re

_OFFSET = re.compile(r"(?:gmt|utc)?\s*([+-]\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_ZERO = frozenset({"z", "gmt", "utc", "ut"})
_FARTHEST = 14 * 60
"""Minutes; no clock on earth is farther from UTC."""


def offset_of(zone: str) -> int | None:
    """Minutes east of UTC; None where the text is no offset.

    Of ``Etc/GMT+3``, which means three hours west, nothing is said here: it is a name of the IANA list.
    """
    text = zone.strip()
    if text.casefold() in _ZERO:
        return 0
    found = _OFFSET.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found.group(1)), int(found.group(2) or 0)
    offset = 60 * hours + (-minutes if found.group(1).startswith("-") else minutes)
    return offset if minutes < 60 and abs(offset) <= _FARTHEST else None
