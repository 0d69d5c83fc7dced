"""The form of stretches of a day, ``08:00-18:00``, one or several."""

from __future__ import annotations

import re
from typing import Any

from cxkpi.documents.validation import describe, refusal

STRETCH = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])\s*-\s*(?:([01]?[0-9]|2[0-3]):([0-5][0-9])|(24):(00))")


def one_or_more(written: Any) -> Any:
    """A text, or a list of texts, as a list; anything else is refused."""
    if written is None:
        return None
    several = written if isinstance(written, list) else [written]
    for one in several:
        if not isinstance(one, str):
            raise refusal("103", f"this must be text or a list of texts, not {describe(one)}")
    return several
