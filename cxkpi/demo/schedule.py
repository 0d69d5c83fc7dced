"""What the planners wanted of everybody and what they did, by stretch of one activity: the last two weeks only.

A shift of seven and a half hours has a meal, two breaks and, once a week, a meeting or a coaching. Stretches are cut
wherever the plan or the doing changes, so that a row has one scheduled and one actual state.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from cxkpi.demo.chance import Chance
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.lines import SCHEDULE, SCHEDULE_HEADING, Write
from cxkpi.demo.people import Person
from cxkpi.demo.truth import Truth

QUEUE, MEAL, BREAK, MEETING, TRAINING, OFFLINE = "queue", "meal", "break", "meeting", "training", "offline"
SCHEDULE_DAYS = 14
_UNPAID = frozenset({MEAL, OFFLINE})
_MINUTE = 60

Stretch = tuple[int, int, str]


class Schedule:
    """The adherence export of the planning system; ``add`` is called for every day it covers."""

    def __init__(self, seed: int, truth: Truth, write: Write) -> None:
        self._chance = Chance(seed, 11)
        self._truth, self._write = truth, write
        self._count = truth.file(SCHEDULE)
        write(SCHEDULE_HEADING)

    def add(self, day: Day, on_shift: Sequence[Person], in_training: Sequence[Person]) -> None:
        """Everybody planned for the day, by id."""
        training = set(map(id, in_training))
        for person in sorted((*on_shift, *in_training), key=lambda person: person.agent_id):
            if person.agent_id:
                self._person(day, person, TRAINING if id(person) in training else QUEUE)

    def _person(self, day: Day, person: Person, work: str) -> None:
        plan = self._plan(day, person, work)
        done = self._done(plan)
        for start, end, planned, actual in _overlaid(plan, done):
            self._count.accepted += 1
            self._truth.seen(day.utc + end)
            paid = (planned or actual) not in _UNPAID and actual != OFFLINE
            self._write(
                f"{person.agent_id},{actual},{day.text} {CLOCK[start]},{day.text} {CLOCK[end]},{end - start},"
                f"{'true' if actual == QUEUE else 'false'},{'true' if paid else 'false'},{planned}\n"
            )

    def _plan(self, day: Day, person: Person, work: str) -> list[Stretch]:
        late = (day.date.toordinal() // 7 + person.rotation) % 2
        start = (12 if late else 8) * 3600
        cuts: list[Stretch] = [
            (start + 120 * _MINUTE, start + 135 * _MINUTE, BREAK),
            (start + 225 * _MINUTE, start + 255 * _MINUTE, MEAL),
            (start + 360 * _MINUTE, start + 375 * _MINUTE, BREAK),
        ]
        if work == QUEUE and (day.weekday + person.rotation) % 5 == 0:
            cuts.append((start + 300 * _MINUTE, start + 330 * _MINUTE, MEETING))
        plan: list[Stretch] = []
        now = start
        for begin, end, activity in sorted(cuts):
            plan += [(now, begin, work), (begin, end, activity)]
            now = end
        return [*plan, (now, start + 450 * _MINUTE, work)]

    def _done(self, plan: Sequence[Stretch]) -> list[Stretch]:
        """The plan with its edges moved: late to log in, back late from a break, called away now and then."""
        chance = self._chance
        edges = [plan[0][0]]
        for begin, end, _ in plan:
            slip = int((chance.random() + chance.random() + chance.random() - 1.2) * 3 * _MINUTE)
            edges.append(max(edges[-1] + 60, min(end + slip, end + 8 * _MINUTE)) if end > begin else edges[-1])
        late = chance.below(6 * _MINUTE) if chance.random() < 0.3 else 0
        edges[0] += late
        return [(edges[at], edges[at + 1], activity) for at, (_, _, activity) in enumerate(plan)]


def _overlaid(plan: Sequence[Stretch], done: Sequence[Stretch]) -> list[tuple[int, int, str, str]]:
    """(start, end, planned, actual) wherever either goes on; planned is empty outside the shift, actual ``offline``."""
    cuts = sorted({edge for start, end, _ in (*plan, *done) for edge in (start, end)})
    found = []
    for start, end in pairwise(cuts):
        planned, actual = _at(plan, start), _at(done, start) or OFFLINE
        if planned or actual != OFFLINE:
            found.append((start, end, planned, actual))
    return found


def _at(stretches: Sequence[Stretch], second: int) -> str:
    return next((activity for start, end, activity in stretches if start <= second < end), "")
