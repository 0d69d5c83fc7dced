"""The monthly ACD files, with the dirty rows that real ones have.

On fixed days of a month the next suitable contact is written in a way that an import has to cope with:

- the same conversation twice, the newer version with a later End Date and more after-call work, before the older
  one or after it: the newer counts;
- a further record whose End Date cannot be read, or that ends before it starts: it is rejected;
- ``N/A`` for the talk time: the contact counts, its handle time is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cxkpi.demo.chance import Chance
from cxkpi.demo.contacts import Contact
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.lines import ACD_HEADING, Write, acd, acd_name
from cxkpi.demo.truth import FileCount, Truth

_TWICE, _TWICE_NEWEST_FIRST, _UNREADABLE, _BACKWARDS, _UNKNOWN_TALK = range(5)
_DIRT = {
    4: _TWICE,
    9: _UNREADABLE,
    11: _UNKNOWN_TALK,
    15: _TWICE_NEWEST_FIRST,
    18: _BACKWARDS,
    22: _UNKNOWN_TALK,
    25: _TWICE,
    27: _UNREADABLE,
}


class AcdFiles:
    """The file of the current month; ``start_file`` opens the next one and gives its ``write``."""

    def __init__(self, seed: int, truth: Truth, start_file: Callable[[str], Write]) -> None:
        self._chance = Chance(seed, 5)
        self._truth, self._start_file = truth, start_file
        self._write: Write
        self._count: FileCount
        self._month = -1
        self._due: list[int] = []
        self._after = 0
        self._later: list[str] = []

    def begin(self, day: Day) -> None:
        if day.month != self._month:
            self._month = day.month
            name = acd_name(day.date)
            self._count = self._truth.file(name)
            self._write = self._start_file(name)
            self._write("\ufeff" + ACD_HEADING)
        if day.date.day in _DIRT:
            self._due.append(_DIRT[day.date.day])
            self._after = 9 * 3600 + self._chance.below(6 * 3600)

    def add(self, contact: Contact) -> None:
        """Write the contact; where it is a dirty one it is changed to the version that counts."""
        self._count.accepted += 1
        if self._due and contact.start >= self._after and contact.agent is not None and not contact.outbound:
            self._write(self._dirty(self._due.pop(0), contact))
        else:
            self._write(acd(contact))

    def _dirty(self, kind: int, contact: Contact) -> str:
        if kind in (_TWICE, _TWICE_NEWEST_FIRST):
            older = acd(contact)
            more = self._chance.between(20, 70)
            contact.end += more
            contact.wrap += more * 1000
            self._count.superseded += 1
            if kind == _TWICE:
                return older + acd(contact)
            self._later.append(older)
            return acd(contact)
        if kind == _UNKNOWN_TALK:
            contact.talk = None
            self._count.blanked += 1
            return acd(contact)
        self._count.rejected += 1
        further = replace(contact, id="d" * 8 + contact.id[8:])
        if kind == _UNREADABLE:
            return acd(contact) + acd(further, end="31/02/2026 25:00")
        return acd(contact) + acd(further, end=f"{contact.day.text} {CLOCK[contact.start - 3600]}")

    def end(self) -> None:
        """The day ends: older versions that the system exports late."""
        for line in self._later:
            self._write(line)
        self._later.clear()
