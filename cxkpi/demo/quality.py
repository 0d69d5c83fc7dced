"""QA evaluations and daily agent states."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cxkpi.demo.chance import Chance, normal
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.lines import EVALUATIONS, EVALUATIONS_HEADING, STATUS, STATUS_HEADING, Write
from cxkpi.demo.people import Person
from cxkpi.demo.settings import Settings
from cxkpi.demo.truth import Truth

SECTIONS = (("Process", 40), ("Empathy", 20), ("Listening", 20), ("Patience", 10), ("Care", 10))
ERROR_CLASSES = ("customer", "customer", "business", "compliance")
REVIEWERS = ("qa.north", "qa.south", "qa.west")
_SHIFT_MS = 27_000_000


class Evaluations:
    """About one evaluation per agent and week: five sections of a contact of an earlier day."""

    def __init__(self, seed: int, settings: Settings, truth: Truth, write: Write) -> None:
        self._chance = Chance(seed, 6)
        self._settings, self._truth, self._write = settings, truth, write
        self._bell = normal()
        self._number = 0
        self._count = truth.file(EVALUATIONS)
        write(EVALUATIONS_HEADING)

    def score(self, day: Day, people: Sequence[Person]) -> None:
        """Evaluate whoever is due; ``people`` are on shift today, their last contact is of an earlier day."""
        chance = self._chance
        week = (day.date.toordinal() - 1) // 7
        due: list[tuple[int, int, Person]] = []
        for person in people:
            if person.evaluated_week == week or not person.last_contact or not person.agent_id:
                continue
            # From the middle of the week on, so that most scores are in by Sunday.
            if chance.random() < (0.15 if day.weekday < 2 else 0.7):
                person.evaluated_week = week
                due.append((9 * 3600 + chance.below(8 * 3600), len(due), person))
        for second, _, person in sorted(due, key=lambda item: item[:2]):
            self._evaluate(day, second, person)

    def _evaluate(self, day: Day, second: int, person: Person) -> None:
        settings, chance, truth = self._settings, self._chance, self._truth
        self._number += 1
        level = person.quality - person.gap + settings.evaluation_spread * chance.draw(self._bell)
        reviewer = REVIEWERS[chance.below(len(REVIEWERS))]
        critical = chance.random() < 0.008 + 0.03 * person.excess
        truth.seen(day.utc + second)
        for section, most in SECTIONS:
            points = max(0, min(most, round(most * (level + 0.02 * (chance.random() - 0.5)))))
            if section == "Process" and critical:
                points //= 2
            applies = section != "Listening" or chance.random() >= 0.05
            failed = critical and section == "Process"
            fails, error = ("TRUE", ERROR_CLASSES[self._number % 4]) if failed else ("FALSE", "")
            self._write(
                f"QA-{self._number:06d},{person.qa_login},{person.last_contact},{section},"
                f"{points if applies else 'N/A'},{most},{fails},{error},{reviewer},{day.text} {CLOCK[second]}\n"
            )
            if applies:
                self._count.accepted += 1
                truth.evaluation(person.agent_id, day.date, points, most)
            else:
                self._count.skipped += 1


class States:
    """One row per agent and worked day; a zero is an empty cell."""

    def __init__(self, seed: int, truth: Truth, write: Write) -> None:
        self._chance = Chance(seed, 7)
        self._truth, self._write = truth, write
        self._count = truth.file(STATUS)
        write(STATUS_HEADING)

    def add(self, day: Day, on_shift: Sequence[Person], in_training: Sequence[Person], next_midnight: int) -> None:
        tomorrow = (day.date + timedelta(days=1)).isoformat()
        for person in on_shift:
            logged = _SHIFT_MS + 1000 * self._chance.between(-900, 1500)
            away = 1000 * self._chance.between(1800, 5400)
            # The export holds one line of business; the day has other work of the kind too.
            busy = int((logged - away) * (0.58 + 0.16 * (self._chance.random() + self._chance.random()))) // 1000 * 1000
            interacting = min(max(person.handled_ms, busy), logged - away)
            self._row(day, tomorrow, person, logged, logged - away, interacting)
        for person in in_training:
            self._row(day, tomorrow, person, _SHIFT_MS + 1000 * self._chance.between(-300, 300), 0, 0)
        if on_shift or in_training:
            self._truth.seen(next_midnight)

    def _row(self, day: Day, tomorrow: str, person: Person, logged: int, on_queue: int, interacting: int) -> None:
        self._count.accepted += 1
        self._write(
            f"{day.text} 00:00:00,{tomorrow} 00:00:00,1.0,,{person.genesys_id},{person.name},{logged},{on_queue or ''},"
            f"{(on_queue - interacting) or ''},{(logged - on_queue) or ''},{interacting or ''}\n"
        )
