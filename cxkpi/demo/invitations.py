"""Who was asked for an answer: customers by mail and after the call, employees twice a quarter; and who came back.

The mailed survey's answers are in its own export; here stands that it was sent. The survey after a call and the pulse
survey of employees are exported as invitations and answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from cxkpi.demo.chance import Chance
from cxkpi.demo.contacts import CLOSES, VOICE, Contact
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.lines import (
    ANSWERS,
    ANSWERS_HEADING,
    FOLLOW_UPS,
    FOLLOW_UPS_HEADING,
    INVITATIONS,
    INVITATIONS_HEADING,
    Write,
)
from cxkpi.demo.people import Person
from cxkpi.demo.settings import Settings
from cxkpi.demo.truth import Truth

_HOUR = 3600
_WAVE_DAYS = (12, 75)
_DUE_HOURS = 48


class Invitations:
    """Both exports of the survey tool, and the list of those whom somebody was to call back after a bad answer."""

    def __init__(
        self, seed: int, days: Sequence[Day], settings: Settings, truth: Truth, writes: tuple[Write, Write, Write]
    ) -> None:
        self._chance = Chance(seed, 12)
        self._days, self._settings, self._truth = days, settings, truth
        self._invited, self._answered, self._followed = writes
        self._counts = [truth.file(name) for name in (INVITATIONS, ANSWERS, FOLLOW_UPS)]
        for write, heading in zip(writes, (INVITATIONS_HEADING, ANSWERS_HEADING, FOLLOW_UPS_HEADING), strict=True):
            write(heading)
        self._number = 0

    def mailed(self, contact: Contact, responded: int | None) -> None:
        """The survey went out by mail, as it does to some; ``responded``: second of the data of the answer, if any."""
        if responded is None and self._chance.random() >= self._settings.mailed_share:
            return
        sent = contact.day.index * 86400 + min(contact.end + 5 * 60, 86399)
        delivered = sent + 20 if self._chance.random() >= self._settings.bounced_share else None
        if responded is not None:
            delivered = sent + 20
        self._invite("M", contact.id, contact.phone, None, sent, delivered, responded)

    def after_call(self, contact: Contact) -> None:
        """The survey at the end of some calls: resolved, in how many contacts and channels, and how hard it was."""
        chance, settings = self._chance, self._settings
        if contact.channel != VOICE or chance.random() >= settings.after_call_share:
            return
        asked = contact.day.index * 86400 + contact.end
        answers = chance.random() < settings.after_call_answered
        name = self._invite(
            "V", contact.id, contact.phone, contact.agent, asked, asked, asked + 60 if answers else None
        )
        if not answers:
            return
        resolved = contact.resolved == (chance.random() < 0.95)
        took = 1 if chance.random() < (0.86 if resolved else 0.4) else 2 + chance.below(3)
        channels = 1 if took == 1 or chance.random() < 0.6 else 2
        effort = min(5, max(1, (2 if resolved else 4) + chance.between(-1, 1)))
        for question, score, low, high in (
            ("resolved", int(resolved), 0, 1),
            ("contacts", took, 1, 9),
            ("channels", channels, 1, 4),
            ("ces1", effort, 1, 5),
        ):
            self._answer(name, question, score, low, high)

    def pulse(self, day: Day, people: Sequence[Person]) -> None:
        """Employees are asked on two days of every quarter; most answer within the week."""
        if day.index % 91 not in _WAVE_DAYS:
            return
        chance = self._chance
        for person in people:
            if not person.agent_id or person.spell_on(day.date) is None:
                continue
            sent = day.index * 86400 + 9 * _HOUR
            answers = chance.random() < self._settings.pulse_answered
            later = sent + 600 + chance.below(5 * 86400)
            second = later % 86400
            if not 8 * _HOUR <= second < CLOSES:
                later += 9 * _HOUR - second if second < 8 * _HOUR else 86400 + 9 * _HOUR - second
            name = self._invite("E", "", "", person, sent, sent + 5, later if answers else None)
            if answers and later < len(self._days) * 86400:
                content = min(5, max(1, 4 - (person.gap > 0.05) + chance.between(-1, 1)))
                self._answer(name, "esat", content, 1, 5)
                self._answer(name, "enps", min(10, max(0, 2 * content + chance.between(-2, 1))), 0, 10)

    def follow_up(self, response: str, recorded: int) -> None:
        """A customer who would not recommend the centre is to be called within two days; not all are."""
        chance, settings = self._chance, self._settings
        due = recorded + _DUE_HOURS * _HOUR
        called: int | None = None
        u = chance.random()
        if u < settings.followed_up:
            day = recorded // 86400 + (0 if u < settings.followed_up * 0.4 else 1 + chance.below(4))
            second = 9 * _HOUR + chance.below(10 * _HOUR)
            called = day * 86400 + second
            if called <= recorded:
                called += 86400
        if due >= len(self._days) * 86400:
            due = len(self._days) * 86400 - 1
        self._counts[2].accepted += 1
        self._followed(f"{response},{self._when(due)},{self._when(called, happened=True)}\n")

    def _invite(
        self,
        kind: str,
        contact: str,
        customer: str,
        employee: Person | None,
        sent: int,
        delivered: int | None,
        responded: int | None,
    ) -> str:
        self._number += 1
        self._counts[0].accepted += 1
        name = f"{kind}-{self._number:07d}"
        self._invited(
            f"{name},{contact},{customer},{employee.agent_id if employee else ''},{self._when(sent, happened=True)},"
            f"{self._when(delivered, happened=True)},{self._when(responded, happened=True)}\n"
        )
        return name

    def _answer(self, invitation: str, question: str, score: int, low: int, high: int) -> None:
        self._counts[1].accepted += 1
        self._answered(f"{invitation},{question},{score},{low},{high}\n")

    def _when(self, moment: int | None, *, happened: bool = False) -> str:
        """A second of the data as local time; empty where it lies after them, or there is none."""
        if moment is None or moment >= len(self._days) * 86400:
            return ""
        day, second = self._days[moment // 86400], moment % 86400
        if happened:
            self._truth.seen(day.utc + second)
        return f"{day.text} {CLOCK[second]}"
