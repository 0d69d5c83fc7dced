"""What other systems know about a contact: what the agent noted, who was to take it, what the recording says."""

from __future__ import annotations

from cxkpi.demo.chance import Chance, exponential
from cxkpi.demo.contacts import CLOSES, VOICE, Contact
from cxkpi.demo.days import CLOCK
from cxkpi.demo.lines import DETAILS, DETAILS_HEADING, Write
from cxkpi.demo.settings import OUTSOURCED, OUTSOURCER, REASONS, TEAMS, Settings
from cxkpi.demo.truth import Truth

_IN_HOUSE = "In house"
# A fault in the street is no matter that the first line could settle.
_NOT_OURS = frozenset(at for at, (_, reason) in enumerate(REASONS) if reason == "Fault report")
_QUICKEST_CALL_BACK_S, _SLOWEST_CALL_BACK_S = 300, 9000


class ContactDetails:
    """One row per contact, in the order of the contacts."""

    def __init__(self, seed: int, settings: Settings, truth: Truth, write: Write) -> None:
        self._chance = Chance(seed, 9)
        self._settings, self._truth, self._write = settings, truth, write
        self._silence = exponential()
        self._count = truth.file(DETAILS)
        write(DETAILS_HEADING)

    def add(self, contact: Contact) -> None:
        """Note a contact: by its agent, or by the queue where nobody answered."""
        vendor, noted = self._vendor(contact), f"{contact.day.text} {CLOCK[contact.end]}"
        if contact.agent is None:
            self._row(contact, noted, "", "", "", "", self._call_back(contact), "", "", "", vendor)
        else:
            self._row(contact, noted, *self._word(contact), ",", self._quiet(contact), *self._rung(contact), vendor)

    def _row(self, contact: Contact, noted: str, *cells: str) -> None:
        self._count.accepted += 1
        self._truth.seen(contact.day.utc + contact.end)
        self._write(f"{contact.id},{noted},{','.join(cells)}\n")

    def _word(self, contact: Contact) -> tuple[str, str, str, str]:
        """resolved, resolvable, escalated, difficult: agents say of two in five open matters that they are settled."""
        chance, settings = self._chance, self._settings
        u = chance.random()
        said = "" if u < 0.05 else "true" if contact.resolved or u < settings.said_resolved else "false"
        resolvable = contact.reason not in _NOT_OURS or chance.random() >= settings.beyond_first_line
        share = settings.escalated_share * (1 if contact.resolved else 3) * (2 if contact.difficult else 1)
        escalated = chance.random() < share
        return said, _flag(resolvable), _flag(escalated), _flag(contact.difficult)

    def _call_back(self, contact: Contact) -> str:
        """When a call back was asked for in the queue, and when it was made: two cells."""
        chance = self._chance
        if not contact.abandoned or contact.channel != VOICE or chance.random() >= self._settings.call_back_asked:
            return ","
        asked = f"{contact.day.text} {CLOCK[contact.end]}"
        called = contact.end + chance.between(_QUICKEST_CALL_BACK_S, _SLOWEST_CALL_BACK_S)
        if called >= CLOSES or chance.random() >= self._settings.call_back_made:
            return f"{asked},"
        self._truth.seen(contact.day.utc + called)
        return f"{asked},{contact.day.text} {CLOCK[called]}"

    def _quiet(self, contact: Contact) -> str:
        """Seconds in which nobody spoke, of the calls whose recording was analysed."""
        chance = self._chance
        if contact.channel != VOICE or contact.talk is None or chance.random() >= self._settings.analysed_share:
            return ""
        share = min(0.04 + self._settings.silence_mean * chance.draw(self._silence), 0.8)
        return f"{int(contact.talk * share) / 1000:.3f}"

    def _rung(self, contact: Contact) -> tuple[str, str]:
        """Seconds the agent's phone rang, and seconds of dialling where the centre called."""
        chance = self._chance
        if contact.channel != VOICE:
            return "0", "0"
        ring, dial = chance.between(1, 9), chance.between(6, 25)
        return ("0", str(dial)) if contact.outbound else (str(ring), "0")

    def _vendor(self, contact: Contact) -> str:
        if contact.agent is not None:
            outsourced = TEAMS[contact.agent.team][1] == OUTSOURCED
        else:
            outsourced = self._chance.random() < 0.25
        return OUTSOURCER if outsourced else _IN_HOUSE


def _flag(value: bool) -> str:
    return "true" if value else "false"
