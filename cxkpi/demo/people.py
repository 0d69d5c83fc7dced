"""The people of the demo centre: who was employed when, in which team, under which names.

The roster is simulated day by day over the history before the contacts and through them: leavers by a hazard that
falls with tenure, hires on Mondays (a few on Wednesdays) towards a planned headcount that grows while the contacts
run.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from cxkpi.demo.chance import Chance, cumulative, exponential, normal
from cxkpi.demo.days import add_months
from cxkpi.demo.settings import TEAMS, Settings

_FIRST = (
    "Adam Aisha Alan Amber Amir Anna Beth Bruno Callum Carys Chloë Clara Colin Daisy Dana Dev Dylan Eddie Elin "
    "Ellis Emma Erin Faye Femi Finn Freya Gareth Gemma Grace Hamza Hannah Harry Hugo Ian Imran Iris Jack Jade "
    "Jenna Jonah Kai Karen Keira Leah Leon Lewis Lucy Maya Megan Mina Niall Nina Noah Olive Omar Owen Petra Priya "
    "Rhys Robin Ruby Sam Sara Seán Tara Theo Tom Una Vera Will Yusuf Zara Zoë "
)
_LAST = (
    "Abbott Ahmed Archer Baines Barlow Begum Bishop Brennan Burton Carver Chandra Coates Conway Cooper Daly "
    "Dawson Devlin Doyle Easton Ellery Farrow Fenton Fielding Forbes Foster Gallagher Garner Gibbs Gupta Hale "
    "Hardy Harper Hobbs Holt Hussain Ibrahim Irving James Jarvis Kaur Keane Kirby Lacey Lane Lloyd Lowe Mallory "
    "Marsh Mensah Miller Moss Nash Nolan Okoro Osborne Parry Patel Pike Quinn Ramsey Reid Revell Rowe Sadler Shaw "
    "Sharp Sinclair Stone Swift Tait Thorne Tully Upton Vance Vaughan Walsh Warren Webb Whitfield Yates Young "
)
FIRST_NAMES, LAST_NAMES = tuple(_FIRST.split()), tuple(_LAST.split())
MANAGERS = (
    "Morag Ainsley",
    "Peter Braddock",
    "Sian Cadwallader",
    "Hugh Pemberton",
    "Nerys Tregarth",
    "Ravi Sandhu",
    "Oonagh Mulhern",
    "Declan Farquhar",
)
VOLUNTARY = ("Better Opportunity", "Relocation", "Personal Reasons", "Return to Education", "Working Hours")
INVOLUNTARY = ("Performance", "Attendance", "Misconduct", "Probation Not Passed")
OTHER = ("Retirement > Retirement", "End of Contract > Fixed Term Ended")
CONTINUED = "Terminate Employee > Transfer > Change of Legal Employer"


@dataclass(slots=True)
class Spell:
    """One row of the roster; ``left`` is the last day of employment, None while there is none."""

    hired: date
    left: date | None = None
    reason: str = ""

    def covers(self, day: date) -> bool:
        return self.hired <= day and (self.left is None or day <= self.left)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of team on a day; ``before`` and ``after`` are indices of ``TEAMS``."""

    moved: date
    before: int
    after: int


@dataclass(slots=True, eq=False)
class Person:
    """One person and what the ACD, HR and QA systems call them.

    ``agent_id`` is empty for a name that no other system knows. ``listed``: people.csv has the ACD name. ``level``:
    handle time against the mean once experienced. ``quality``: QA share of points once experienced. ``excess`` and
    ``gap``: what a novice has on top of (or lacks from) that today; both shrink by ``keep`` a day. The rest is the
    state of the working day.
    """

    name: str
    team: int
    spells: list[Spell] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    agent_id: str = ""
    qa_login: str = ""
    genesys_id: str = ""
    listed: bool = True
    level: float = 1.0
    quality: float = 0.9
    excess: float = 0.0
    gap: float = 0.0
    keep: float = 1.0
    rotation: int = 0
    busy_until: int = 0
    last_ended: int = -1
    handled_ms: int = 0
    last_contact: str = ""
    evaluated_week: int = -1
    away_week: int = -1
    away: bool = False

    def spell_on(self, day: date) -> Spell | None:
        return next((spell for spell in reversed(self.spells) if spell.covers(day)), None)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that matter: the roster from ``roster``, contacts from ``start`` up to, not including, ``end``."""

    roster: date
    start: date
    end: date


def headcount_for(contacts: int, days: int, settings: Settings) -> int:
    """Planned mean headcount: 80, and more once each would handle more than a full week."""
    wanted = int(contacts * 7 / days / settings.contacts_per_agent_week)
    return min(max(settings.headcount_least, wanted), settings.headcount_most)


class _Names:
    """Distinct names in an order of their own."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def next(self) -> str:
        while True:
            first = FIRST_NAMES[self._chance.below(len(FIRST_NAMES))]
            name = f"{first} {LAST_NAMES[self._chance.below(len(LAST_NAMES))]}"
            if name not in self._used:
                self._used.add(name)
                return name


def _reason(kind: int, chance: Chance) -> str:
    if kind == 0:
        return f"Terminate Employee > Voluntary > {VOLUNTARY[chance.below(len(VOLUNTARY))]}"
    if kind == 1:
        return f"Terminate Employee > Involuntary > {INVOLUNTARY[chance.below(len(INVOLUNTARY))]}"
    return f"Terminate Employee > {OTHER[chance.below(len(OTHER))]}"


def _yearly_hazard(tenure: int, settings: Settings) -> float:
    if tenure < 3:
        return 0.0
    if tenure < settings.novice_days:
        return settings.leaving_novice
    return settings.leaving_first_year if tenure < 365 else settings.leaving_later


def _person(names: _Names, chance: Chance, settings: Settings, bell: tuple[float, ...]) -> Person:
    person = Person(names.next(), chance.below(len(TEAMS)))
    person.level = max(0.8, 1.0 + settings.level_spread * chance.draw(bell))
    person.quality = min(0.97, settings.quality_mean + settings.quality_spread * chance.draw(bell))
    person.keep = 1.0 - 0.6931 / (settings.novice_halving_days * (0.75 + 0.5 * chance.random()))
    person.rotation = chance.below(14)
    return person


class _Workforce:
    """The simulation of hires, leavers, moves and returns."""

    def __init__(self, chance: Chance, span: Span, headcount: int, settings: Settings) -> None:
        self.chance, self.span, self.settings = chance, span, settings
        self.names = _Names(chance)
        self.bell = normal()
        self.leave_types = cumulative(settings.leave_types)
        self.opening = round(headcount * settings.opening_share)
        self.closing = round(headcount * settings.closing_share)
        self.people: list[Person] = []
        self.active: list[Person] = []
        self.alumni: list[Person] = []
        self._staff()

    def _staff(self) -> None:
        tenure = exponential()
        for _ in range(self.opening):
            person = _person(self.names, self.chance, self.settings, self.bell)
            days = 1 + int(min(self.chance.draw(tenure) * 800.0, 4200.0))
            person.spells.append(Spell(self.span.roster - timedelta(days=days)))
            self.people.append(person)
            self.active.append(person)

    def planned(self, day: date) -> int:
        """Headcount wanted: level until the contacts start, then up over the first three quarters of them."""
        if day < self.span.start:
            return self.opening
        share = (day - self.span.start).days / ((self.span.end - self.span.start).days * 0.75)
        return round(self.opening + (self.closing - self.opening) * min(share, 1.0))

    def run(self) -> None:
        # Somebody leaves where the summed hazard passes a whole number: yearly turnover then stays near its level.
        hazard = 0.5
        for index in range((self.span.end - self.span.roster).days):
            day = self.span.roster + timedelta(days=index)
            weights = [
                _yearly_hazard((day - person.spells[-1].hired).days, self.settings) / 365.25 for person in self.active
            ]
            hazard += sum(weights)
            while hazard >= 1.0 and day.weekday() < 5:
                hazard -= 1.0
                self._leave(self.active[self.chance.pick(cumulative(weights))], day)
                weights = [
                    _yearly_hazard((day - person.spells[-1].hired).days, self.settings) for person in self.active
                ]
            if day.weekday() == 0:
                self._hire(day)
                self._move(day)

    def _leave(self, person: Person, day: date) -> None:
        spell = person.spells[-1]
        spell.left = day
        kind = self.chance.pick(self.leave_types)
        spell.reason = _reason(kind, self.chance)
        self.active.remove(person)
        if kind == 0:
            self.alumni.append(person)

    def _returning(self, day: date) -> Person | None:
        for person in self.alumni:
            left = person.spells[-1].left
            if left is not None and 90 <= (day - left).days <= 500:
                self.alumni.remove(person)
                return person
        return None

    def _hire(self, day: date) -> None:
        for _ in range(max(0, self.planned(day + timedelta(days=14)) - len(self.active))):
            hired = day + timedelta(days=2 if self.chance.random() < 0.15 else 0)
            person = self._returning(day) if self.chance.random() < 0.05 else None
            if person is None:
                person = _person(self.names, self.chance, self.settings, self.bell)
                self.people.append(person)
            person.spells.append(Spell(hired))
            self.active.append(person)

    def _move(self, day: date) -> None:
        for person in self.active:
            if self.chance.random() >= self.settings.moves_per_month * 12 / 52:
                continue
            after = self.chance.below(len(TEAMS))
            if after == person.team or (day - person.spells[-1].hired).days < 90:
                continue
            person.moves.append(Move(day, person.team, after))
            person.team = after


def _continue_spells(people: list[Person], span: Span, count: int) -> None:
    """A change of legal employer: the old spell ends one day before the new one begins, so nobody left."""
    day = span.start - timedelta(days=76)
    chosen = [
        person
        for person in people
        if len(person.spells) == 1
        and person.spells[0].hired < day - timedelta(days=60)
        and (person.spells[0].left is None or person.spells[0].left > span.end - timedelta(days=20))
        and not any(move.moved == day for move in person.moves)
    ]
    for person in chosen[:count]:
        old = person.spells[0]
        person.spells = [Spell(old.hired, day, CONTINUED), Spell(day + timedelta(days=1), old.left, old.reason)]


def _plan_departures(people: list[Person], span: Span, chance: Chance, count: int) -> None:
    """Notice given: a leaving date after the data end."""
    staying = [person for person in people if person.spells[-1].left is None]
    for k, person in enumerate(staying[3 :: max(1, len(staying) // count)][:count]):
        person.spells[-1].left = span.end + timedelta(days=16 + 14 * (k % 3))
        person.spells[-1].reason = _reason(0, chance)


def _reuse_name(people: list[Person], span: Span) -> None:
    """The ACD gives a leaver's display name to somebody hired later; only the dates tell them apart."""
    for old in people:
        left = old.spells[-1].left
        if len(old.spells) > 1 or left is None or not span.start + timedelta(days=20) <= left < span.end:
            continue
        for new in people:
            if len(new.spells) == 1 and new.spells[0].hired > left + timedelta(days=3):
                new.name = old.name
                return


def _identify(people: list[Person], chance: Chance) -> None:
    """Employee numbers by first hire, QA logins, ACD ids; one veteran's ACD name is missing from people.csv."""
    people.sort(key=lambda person: (person.spells[0].hired, person.name))
    number = 117
    logins: dict[str, int] = {}
    for person in people:
        person.agent_id = f"{number:05d}"
        number += chance.between(1, 4)
        first, last = person.name.split(" ")
        login = (first[0] + last).lower().translate(str.maketrans("éëá", "eea"))
        logins[login] = logins.get(login, 0) + 1
        person.qa_login = login if logins[login] == 1 else f"{login}{logins[login]}"
        person.genesys_id = genesys_id(chance)
    names = Counter(person.name for person in people)
    for person in people:
        if len(person.spells) == 1 and person.spells[0].left is None and names[person.name] == 1:
            person.listed = False
            break


def genesys_id(chance: Chance) -> str:
    """A made-up UUID of the ACD."""
    a, b, c = (int(chance.random() * 2**44) for _ in range(3))
    first, second = f"{a & 0xFFFFFFFF:08x}", f"{a >> 32 & 0xFFF:03x}0"
    return f"{first}-{second}-4{b & 0xFFF:03x}-9{b >> 12 & 0xFFF:03x}-{b >> 24:05x}{c >> 16:07x}"


def workforce(seed: int, span: Span, headcount: int, settings: Settings) -> list[Person]:
    """Everybody employed at some time from ``span.roster`` on, in order of employee number."""
    chance = Chance(seed, 1)
    simulation = _Workforce(chance, span, headcount, settings)
    simulation.run()
    few = max(1, headcount // 80)
    _continue_spells(simulation.people, span, few)
    _plan_departures(simulation.people, span, chance, 2 * few)
    _reuse_name(simulation.people, span)
    _identify(simulation.people, chance)
    return simulation.people


def stranger(span: Span, chance: Chance) -> Person:
    """A seat of an agency: handles contacts for some weeks, but neither HR nor people.csv knows the name."""
    first = span.start + timedelta(days=35)
    person = Person("Agency Seat 7", 0, [Spell(first, first + timedelta(days=40))])
    person.genesys_id = genesys_id(chance)
    return person


def roster_start(start: date, months: int, settings: Settings) -> date:
    """24 months before the end of the data, at least 12 before its start: every window of 12 months is covered."""
    return add_months(start, min(months - settings.history_months, -12))
