"""Survey responses: who answers, what, and when; written in the order in which they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from cxkpi.demo.chance import Chance, exponential
from cxkpi.demo.contacts import Contact
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.invitations import Invitations
from cxkpi.demo.lines import SURVEYS, Write, quoted, survey_heading
from cxkpi.demo.settings import Settings
from cxkpi.demo.truth import Truth

_GOOD = ("Quick and friendly, thank you.", "Sorted in one go.", 'The adviser said "leave it with me" and did.')
_BAD = (
    "Had to explain everything twice, again.",
    "Still not working.\nPlease call me.",
    "Waited far too long, then cut off",
    "Nobody could tell me why…",
)
_WAKING, _SLEEPING = 7 * 3600, 22 * 3600
_MOST_DELAY_S = 5 * 86400


# What becomes of a response when it is read.
_ORDINARY, _PREVIEW, _SPAM, _OFF_SCALE, _ORPHAN = 0, 1, 8, 9, -1


@dataclass(frozen=True, slots=True)
class _Response:
    fate: int
    contact: Contact
    finished: bool
    csat: int | None
    ces: int | None
    number: str
    took: int
    answers: str


class Surveys:
    """The responses still to be recorded, and the file they go to."""

    def __init__(
        self,
        seed: int,
        days: Sequence[Day],
        settings: Settings,
        truth: Truth,
        write: Write,
        invitations: Invitations,
    ) -> None:
        self._invitations = invitations
        self._chance = Chance(seed, 3)
        self._settings, self._truth, self._write = settings, truth, write
        self._days = days
        self._delay = exponential()
        self._waiting: list[tuple[int, int, _Response]] = []
        self._made = 0
        self._recorded = 0
        self._count = truth.file(SURVEYS)
        write(survey_heading())
        self._count.skipped += 2

    def offer(self, contact: Contact) -> None:
        """Ask the customer of a handled contact; most do not answer, unhappy ones less often."""
        settings, chance = self._settings, self._chance
        share = settings.happy_resolved if contact.resolved else settings.happy_unresolved
        if contact.day.month == settings.bad_month:
            share += settings.happy_bad
        if contact.difficult:
            share += settings.happy_difficult
        if contact.agent is not None:
            share += 0.9 * (contact.agent.quality - contact.agent.gap - settings.quality_mean)
        happy = chance.random() < share
        if chance.random() >= (settings.respond_happy if happy else settings.respond_unhappy):
            self._invitations.mailed(contact, None)
            return
        self._invitations.mailed(contact, self._respond(contact, happy))
        if self._made % 400 == 120:
            self._respond(contact, not happy)

    def _respond(self, contact: Contact, happy: bool) -> int | None:
        """When the response counts: the second of the data, None where it is a test, or spam."""
        chance = self._chance
        u = chance.random()
        csat = (5 if u < 0.62 else 4) if happy else (3 if u < 0.42 else 2 if u < 0.68 else 1)
        ces: int | None = min(
            7, max(1, csat + 1 + chance.between(0 if u < 0.4 else -1, 2) + (0 if contact.resolved else -1))
        )
        nps = min(10, max(0, 2 * csat + chance.between(-2, 1)))
        resolved = 1 if contact.resolved == (chance.random() < 0.93) else 2
        u = chance.random()
        finished = u >= 0.05
        rest = f"{ces},{-99 if u >= 0.97 else nps},{resolved}"
        if not finished:
            rest, ces = ",,", None
        elif u < 0.08:
            rest, ces = f"-99,{nps},{resolved}", None
        comment = ""
        if finished and chance.random() < 0.12:
            said = _GOOD if happy else _BAD
            comment = quoted(said[chance.below(len(said))])
        delay = min(int(chance.draw(self._delay) * 36_000) + 300, _MOST_DELAY_S)
        self._made += 1
        fate = _PREVIEW if self._made % 500 == 77 else _SPAM if self._made % 700 == 333 else _ORDINARY
        recorded, name = self._record(
            contact, delay, fate, finished, csat, ces, f"{csat},{rest},{comment},{contact.id}"
        )
        counts = fate == _ORDINARY and recorded < len(self._days) * 86400
        if counts and finished and nps <= 6:
            self._invitations.follow_up(name, recorded)
        if self._made % 600 == 50:
            # A key off the scale: whoever rejects the answer or the whole record counts the same.
            self._record(contact, delay + 60, _OFF_SCALE, True, None, None, f"9,,,,,{contact.id}")
        if self._made % 300 == 100:
            lost = f"{self._made:08x}-0000-4000-8000-{chance.below(16**6):012x}"
            self._record(contact, delay + 90, _ORPHAN, True, csat, ces, f"{csat},{rest},,{lost}")
        return recorded if counts else None

    def _record(
        self, contact: Contact, delay: int, fate: int, finished: bool, csat: int | None, ces: int | None, answers: str
    ) -> tuple[int, str]:
        """When it is recorded, and under which id."""
        when = contact.day.index * 86400 + contact.end + delay
        second = when % 86400
        if second < _WAKING:
            when += _WAKING + second // 8 - second
        elif second >= _SLEEPING:
            when += 86400 - second + _WAKING + (second - _SLEEPING) // 2
        took = self._chance.between(25, 200)
        self._recorded += 1
        number = f"R_{self._recorded * 2654435761 & 0xFFFFFFFF:08x}{int(self._chance.random() * 268435456):07x}"
        if when < len(self._days) * 86400:
            response = _Response(fate, contact, finished, csat, ces, number, took, answers)
            heappush(self._waiting, (when, self._recorded, response))
        return when, number

    def flush(self, today: Day) -> None:
        """Write what was recorded before the end of ``today``."""
        while self._waiting and self._waiting[0][0] < (today.index + 1) * 86400:
            when, _, response = heappop(self._waiting)
            day = self._days[when // 86400]
            second = when % 86400
            recorded = f"{day.text} {CLOCK[second]}"
            status = response.fate if response.fate in (_PREVIEW, _SPAM) else 0
            self._write(
                f"{day.text} {CLOCK[second - response.took]},{recorded},{status},,{100 if response.finished else 40},"
                f"{response.took},{int(response.finished)},{recorded},{response.number},,,,,,,email,EN,{response.answers}\n"
            )
            self._tell(day, second, response)

    def _tell(self, day: Day, second: int, response: _Response) -> None:
        if response.fate in (_PREVIEW, _SPAM):
            self._count.skipped += 1
        elif response.fate == _OFF_SCALE:
            self._count.rejected += 1
        else:
            self._count.accepted += 1
            self._truth.seen(day.utc + second)
            of = day.date if response.fate == _ORPHAN else response.contact.day.date
            self._truth.response(of, response.csat, response.ces)
