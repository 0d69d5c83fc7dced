"""The contacts of the demo centre, one after the other in order of their start.

A contact draws its customer, reason, channel, waiting time, agent and durations, and may leave wishes behind: the same
customer calls again, opens a chat while the call is still on, is called back, comes with another reason. Wishes wait
in a heap until they are due, so memory holds the coming days and no more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from cxkpi.demo.chance import Chance, cumulative, exponential, lognormal
from cxkpi.demo.days import Day
from cxkpi.demo.people import CONTINUED, Person
from cxkpi.demo.settings import QUEUES, REASON_WEIGHTS, REASONS, Settings

VOICE, CHAT, EMAIL = 0, 1, 2
OPENS, CLOSES = 8 * 3600, 20 * 3600
_LATE_SHIFT, _EARLY_ENDS = 12 * 3600, 16 * 3600
_LONGEST_MS = 5_400_000
_RETURN_DAYS = cumulative((0.30, 0.22, 0.17, 0.13, 0.10, 0.08))
_FREE_DAYS = (*((5, 6),) * 6, *((6, 0),) * 2, *((4, 5),) * 2, (1, 2), (2, 3), (3, 4), (0, 1))
_REASONS_OF = tuple(tuple(r for r, (queue, _) in enumerate(REASONS) if queue == q) for q in range(len(QUEUES)))
_EDGE_DAY = 35

# What a wish asks for: a return of the customer, one that nobody lets wait, or a call by the centre.
_RETURN, _PROMPT, _CALL_BACK = 0, 1, 2


@dataclass(slots=True)
class Contact:
    """One contact. ``start`` and ``end`` are seconds of the local day, other durations milliseconds.

    ``customer`` is -1 where the number was withheld. ``reason``, ``queue`` and ``onward`` (the queue transferred to)
    are indices, -1 where there is none. ``agent`` handled it; ``first_agent`` was alerted, or transferred it, before.
    ``talk`` is None where the ACD does not know it.
    """

    day: Day
    start: int
    channel: int
    customer: int
    phone: str
    reason: int
    queue: int
    outbound: bool = False
    id: str = ""
    end: int = 0
    onward: int = -1
    agent: Person | None = None
    first_agent: str = ""
    transfers: int = 0
    ivr: int = 0
    wait: int = 0
    talk: int | None = 0
    hold: int = 0
    wrap: int = 0
    abandoned: bool = False
    resolved: bool = True
    difficult: bool = False


class _Pool:
    """Who can take a contact now, longest idle first."""

    def __init__(self, people: Sequence[Person], week: int) -> None:
        waiting = sorted(people, key=lambda person: (person.last_ended, person.agent_id))
        early = [person for person in waiting if (week + person.rotation) % 2 == 0]
        self._late = [person for person in waiting if (week + person.rotation) % 2 == 1]
        self._idle = deque(early or waiting)
        self._shift = 0

    def next(self, second: int, now: int) -> Person:
        if self._shift == 0 and second >= _LATE_SHIFT:
            self._idle.extendleft(reversed(self._late))
            self._shift = 1
        if self._shift == 1 and second >= _EARLY_ENDS:
            if self._late:
                late = set(map(id, self._late))
                self._idle = deque(person for person in self._idle if id(person) in late)
            self._shift = 2
        idle = self._idle
        for _ in range(min(8, len(idle))):
            idle.rotate(-1)
            if idle[-1].busy_until <= now:
                break
        return idle[-1]

    def another(self) -> Person:
        return self._idle[0]


class Centre:
    """The running centre; ``contacts_of`` is to be called once for every day, in order."""

    def __init__(
        self, seed: int, contacts: int, days: Sequence[Day], people: Sequence[Person], settings: Settings
    ) -> None:
        self.settings = settings
        self.people = people
        self.on_shift: list[Person] = []
        self.in_training: list[Person] = []
        self._days = days
        self._contacts = contacts
        self._chance = Chance(seed, 2)
        self._wishes: list[tuple[int, int, int, int, int, int]] = []
        self._wished = 0
        self._emitted = 0
        self._last_day = False
        self._edges: list[int] = []
        self.customers = max(1000, int(contacts * settings.customers_per_contact))
        self._digits = max(6, len(str(self.customers - 1)))
        self._hours = cumulative(settings.hour_weights)
        self._channels = cumulative(settings.channel_weights)
        self._reasons = tuple(cumulative(weights) for weights in REASON_WEIGHTS)
        self._exponential = exponential()
        self._talk = lognormal(settings.talk_variation)
        self._wrap = lognormal(settings.wrap_variation)
        bad = settings.bad_month_volume
        weights = [
            settings.weekday_weights[day.weekday] * (bad if day.month == settings.bad_month else 1.0) for day in days
        ]
        self._shares = cumulative(weights)
        self._queues = tuple(self._mix(day.index / len(days)) for day in days)
        self._prepare(days[0])

    def _mix(self, elapsed: float) -> tuple[float, ...]:
        first, last = self.settings.queue_first, self.settings.queue_last
        return cumulative([a + (b - a) * elapsed for a, b in zip(first, last, strict=True)])

    def _prepare(self, first: Day) -> None:
        for person in self.people:
            spell = person.spell_on(first.date)
            if spell is None:
                continue
            hired = person.spells[0].hired if person.spells[0].reason == CONTINUED else spell.hired
            self._begin_learning(person, 1.0)
            for _ in range(min(400, max(0, (first.date - hired).days - self.settings.training_days))):
                self._learn(person)

    def _begin_learning(self, person: Person, share: float) -> None:
        spread = self.settings.novice_slowness_spread * (self._chance.random() - 0.5)
        person.excess = share * (self.settings.novice_slowness + spread)
        person.gap = share * self.settings.novice_quality_gap

    @staticmethod
    def _learn(person: Person) -> None:
        person.excess *= person.keep
        person.gap *= person.keep

    def _staff(self, day: Day) -> _Pool:
        """Who works today, who is in training; experience grows by a day."""
        settings, chance = self.settings, self._chance
        self.on_shift, self.in_training = [], []
        week = day.date.toordinal() // 7
        for person in self.people:
            spell = person.spell_on(day.date)
            if spell is None:
                continue
            tenure = (day.date - spell.hired).days
            if tenure == 0 and day.index > 0:
                self._begin_learning(person, 1.0 if spell is person.spells[0] else 0.35)
            elif tenure > settings.training_days:
                self._learn(person)
            if day.weekday == 0 or day.index == 0:
                person.away = tenure > 120 and chance.random() < settings.holiday_share
            if person.away or day.weekday in _FREE_DAYS[person.rotation] or chance.random() < settings.sick_share:
                continue
            person.handled_ms = 0
            if tenure < settings.training_days:
                self.in_training.append(person)
            else:
                self.on_shift.append(person)
        return _Pool(self.on_shift or [person for person in self.people if person.spell_on(day.date)], week)

    def contacts_of(self, day: Day) -> Iterator[Contact]:
        """The contacts that start on ``day``, by start."""
        pool = self._staff(day)
        self._last_day = day.index == len(self._days) - 1
        goal = self._contacts if self._last_day else int(self._contacts * self._shares[day.index])
        midnight = day.index * 86400
        due = sum(wish[0] < midnight + 86400 for wish in self._wishes)
        fresh = [self._second() for _ in range(max(0, goal - self._emitted - due))]
        fresh.sort(reverse=True)
        waits = (0.7 + 0.6 * self._chance.random()) * (
            self.settings.wait_mean_bad if day.month == self.settings.bad_month else self.settings.wait_mean
        )
        wishes = self._wishes
        while self._emitted < self._contacts:
            if wishes and wishes[0][0] < midnight + 86400 and not (fresh and midnight + fresh[-1] <= wishes[0][0]):
                when, _, customer, reason, channel, kind = heappop(wishes)
                contact = self._contact(day, when - midnight, customer, reason, channel, kind, pool, waits)
            elif fresh:
                second = fresh.pop()
                channel = self._chance.pick(self._channels)
                queue = self._chance.pick(self._queues[day.index])
                reason = _REASONS_OF[queue][self._chance.pick(self._reasons[queue])]
                customer = self._chance.below(self.customers)
                if channel == VOICE:
                    u = self._chance.random()
                    if u < self.settings.menu_only_share:
                        self._emitted += 1
                        yield self._menu_only(day, second, customer)
                        continue
                    if u < self.settings.menu_only_share + self.settings.withheld_share:
                        customer = -1
                contact = self._contact(day, second, customer, reason, channel, _RETURN, pool, waits)
            else:
                return
            self._emitted += 1
            yield contact

    def _second(self) -> int:
        return OPENS + self._chance.pick(self._hours) * 3600 + self._chance.below(3600)

    def _wish(self, when: int, customer: int, reason: int, channel: int, kind: int) -> None:
        if self._last_day:
            # Nothing may be added to the last day, or the number asked for would be reached before closing time.
            return
        self._wished += 1
        heappush(self._wishes, (when, self._wished, customer, reason, channel, kind))

    def _phone(self, customer: int) -> str:
        # A fixed shuffle of the numbers; the factor has no divisor in common with a power of ten.
        number = (customer * 7_368_787 + 104_729) % 10**self._digits
        return f"+441632{number:0{self._digits}d}"

    def _id(self) -> str:
        draw = self._chance.random
        number = self._emitted + 1
        a, b = int(draw() * 17592186044416.0), int(draw() * 17592186044416.0)
        first = number * 2654435761 & 0xFFFFFFFF
        return f"{first:08x}-{a & 65535:04x}-4{a >> 16 & 4095:03x}-a{a >> 28 & 4095:03x}-{b:011x}{a >> 40:1x}"

    def _menu_only(self, day: Day, second: int, customer: int) -> Contact:
        seconds = self._chance.between(20, 95)
        contact = Contact(day, second, VOICE, customer, self._phone(customer), -1, -1, ivr=seconds * 1000)
        contact.end = second + seconds
        contact.id = self._id()
        return contact

    def _contact(
        self, day: Day, second: int, customer: int, reason: int, channel: int, kind: int, pool: _Pool, waits: float
    ) -> Contact:
        phone = self._phone(customer) if customer >= 0 else ""
        contact = Contact(day, second, channel, customer, phone, reason, REASONS[reason][0], kind == _CALL_BACK)
        if kind != _CALL_BACK:
            if channel != EMAIL:
                least, most = (15_000, 50_000) if channel == VOICE else (2_000, 8_000)
                contact.ivr = self._chance.between(least, most)
            contact.wait = self._wait(day, channel, waits)
        if kind != _RETURN or channel == EMAIL or not self._gives_up(contact):
            self._handle(contact, pool)
            if customer >= 0 and not self._edge(contact):
                self._follow(contact)
        return contact

    def _gives_up(self, contact: Contact) -> bool:
        """The customer leaves the queue, often to try again; no reason is noted then."""
        patience = int(self._chance.draw(self._exponential) * self.settings.patience_mean * 1000)
        if patience >= contact.wait:
            return False
        contact.wait, contact.abandoned, contact.resolved = patience, True, False
        contact.end = contact.start + -(-(contact.ivr + patience) // 1000)
        if contact.customer >= 0 and self._chance.random() < self.settings.retry_share:
            again = self._later_today(contact.day, contact.end, 5, 90)
            self._wish(again, contact.customer, contact.reason, contact.channel, _RETURN)
        contact.reason = -1
        contact.id = self._id()
        return True

    def _handle(self, contact: Contact, pool: _Pool) -> None:
        """An agent answers: who, how long, and whether the matter is resolved."""
        settings, chance, queue = self.settings, self._chance, contact.queue
        midnight = contact.day.index * 86400
        answered = contact.start + (contact.ivr + contact.wait) // 1000
        agent = contact.agent = pool.next(answered, midnight + answered)
        scattered = contact.customer * 2654435761 % 4294967296
        contact.difficult = contact.customer >= 0 and scattered < settings.difficult_share * 4294967296
        novice = 1.0 + agent.excess
        factor = settings.queue_talk[queue] * settings.channel_talk[contact.channel] * agent.level * novice
        if contact.difficult:
            factor *= settings.difficult_talk
        u = chance.random()
        if u < settings.transfer_share * novice:
            contact.transfers, contact.onward = 1, (queue + 1 + int(u * 1e6) % 3) % len(QUEUES)
            factor *= settings.transfer_talk
        if contact.transfers or u > 1.0 - settings.alert_missed_share:
            other = pool.another()
            contact.first_agent = other.name if other is not agent else ""
        talk = contact.talk = min(int(chance.draw(self._talk) * settings.talk_mean * factor * 1000), _LONGEST_MS)
        if contact.channel == VOICE and chance.random() < settings.hold_share:
            contact.hold = int(chance.draw(self._exponential) * settings.hold_mean * 1000)
        contact.wrap = int(chance.draw(self._wrap) * settings.wrap_mean * novice * 1000)
        contact.end = contact.start + -(-(contact.ivr + contact.wait + talk + contact.hold) // 1000)
        contact.id = self._id()
        agent.busy_until = agent.last_ended = midnight + contact.end + contact.wrap // 1000
        agent.handled_ms += talk + contact.hold + contact.wrap
        share = settings.unresolved_share * settings.unresolved_queue[queue]
        share *= 0.9 + agent.level * 0.1 + 0.5 * agent.excess
        if contact.day.month == settings.bad_month:
            share *= settings.unresolved_bad
        if contact.difficult:
            share *= settings.unresolved_difficult
        contact.resolved = chance.random() >= share

    def _wait(self, day: Day, channel: int, mean: float) -> int:
        settings, chance = self.settings, self._chance
        if channel == EMAIL:
            return min(int(chance.draw(self._exponential) * settings.email_wait_mean * 1000), 7_200_000)
        at_once = settings.wait_at_once_bad if day.month == settings.bad_month else settings.wait_at_once
        if chance.random() < at_once:
            return chance.between(1_500, 7_000)
        return int(chance.draw(self._exponential) * mean * 1000)

    def _later_today(self, day: Day, second: int, least_minutes: int, most_minutes: int) -> int:
        later = second + 60 * least_minutes + self._chance.below(60 * (most_minutes - least_minutes))
        if later < CLOSES - 300:
            return day.index * 86400 + later
        return (day.index + 1) * 86400 + self._second()

    def _in_days(self, day: Day, days: int) -> int:
        return (day.index + days) * 86400 + self._second()

    def _follow(self, contact: Contact) -> None:
        """What the customer, or the centre, does after this contact."""
        settings, chance, day = self.settings, self._chance, contact.day
        customer, reason, channel = contact.customer, contact.reason, contact.channel
        u = chance.random()
        if u < settings.overlap_share and channel == VOICE and contact.end - contact.start > 150:
            chat = contact.start + 60 + chance.below(contact.end - contact.start - 90)
            if chat < CLOSES:
                self._wish(day.index * 86400 + chat, customer, reason, CHAT, _PROMPT)
                if chance.random() < settings.overlap_third_share:
                    self._wish(self._in_days(day, 1 + chance.below(3)), customer, reason, CHAT, _RETURN)
                return
        if 1.0 - u < settings.other_reason_share:
            other = (reason + 1 + chance.below(len(REASONS) - 1)) % len(REASONS)
            self._wish(self._in_days(day, 1 + chance.below(9)), customer, other, channel, _RETURN)
        if contact.resolved:
            return
        if chance.random() < 0.2:
            channel = chance.pick(self._channels)
        u = chance.random()
        if u < settings.callback_share:
            self._wish(self._later_today(day, contact.end, 30, 240), customer, reason, VOICE, _CALL_BACK)
        elif u < settings.callback_share + settings.late_return_share:
            self._wish(self._in_days(day, 8 + chance.below(9)), customer, reason, channel, _RETURN)
        elif u < settings.callback_share + settings.late_return_share + settings.same_day_share:
            self._wish(self._later_today(day, contact.end, 12, 300), customer, reason, channel, _RETURN)
        else:
            self._wish(self._in_days(day, 1 + chance.pick(_RETURN_DAYS)), customer, reason, channel, _RETURN)

    def _edge(self, contact: Contact) -> bool:
        """On one day, three contacts whose next lies on an edge of the window of seven days.

        The next starts in the second in which the first ends, exactly 604,800 s after it, and one second later.
        """
        day = contact.day
        if day.index != _EDGE_DAY or day.index + 8 > len(self._days) or len(self._edges) == 3:
            return False
        if contact.outbound or contact.channel == EMAIL or contact.customer in self._edges:
            return False
        if not 10 * 3600 <= contact.start < 16 * 3600:
            return False
        gap = (0, 604_800, 604_801)[len(self._edges)]
        self._edges.append(contact.customer)
        self._wish(day.index * 86400 + contact.end + gap, contact.customer, contact.reason, VOICE, _PROMPT)
        contact.resolved = True
        return True
