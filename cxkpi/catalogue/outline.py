"""What stands where in a catalogue, right or wrong: its metrics' places, and the lines of its text."""

from __future__ import annotations

from collections.abc import Mapping

from cxkpi.documents.places import Document
from cxkpi.errors import Place


def metrics(document: Document) -> list[tuple[str, Place, int | None]]:
    """The metrics of a catalogue as written: name, place, and the line after the last of each (None: to the end)."""
    written = document.data.get("metrics") if isinstance(document.data, Mapping) else None
    if not isinstance(written, Mapping) or not written:
        return []
    found = [(name, document.place_of(("metrics", name), key=True)) for name in written]
    tops = [document.place_of((key,), key=True).line or 0 for key in document.data]
    begun = document.place_of(("metrics",), key=True).line or 0
    after = min((line for line in tops if line > begun), default=None)
    ends = [*(place.line for _, place in found[1:]), after]
    return [(name, place, end) for (name, place), end in zip(found, ends, strict=True)]


def examples(document: Document) -> int:
    """How many examples the metrics of a catalogue and their variants hold, as written."""
    written = document.data.get("metrics") if isinstance(document.data, Mapping) else None
    metrics = [one for one in (written.values() if isinstance(written, Mapping) else ()) if isinstance(one, Mapping)]
    variants = [one.get("variants") for one in metrics]
    every = [*metrics, *(one for each in variants if isinstance(each, Mapping) for one in each.values())]
    held = (one.get("examples") for one in every if isinstance(one, Mapping))
    return sum(len(one) for one in held if isinstance(one, list))
