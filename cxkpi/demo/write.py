"""Writes one centre's exports into a folder, day by day, and counts the truth while doing so."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TextIO

from cxkpi.demo import lines
from cxkpi.demo.acd import AcdFiles
from cxkpi.demo.cases import Cases
from cxkpi.demo.chance import Chance
from cxkpi.demo.contacts import Centre
from cxkpi.demo.days import Day, add_months, days_of, midnight
from cxkpi.demo.people import Person, Span, headcount_for, roster_start, stranger, workforce
from cxkpi.demo.quality import Evaluations, States
from cxkpi.demo.settings import REASONS, Settings
from cxkpi.demo.surveys import Surveys
from cxkpi.demo.truth import Employment, Truth
from cxkpi.errors import OutputError, Problem, UsageError

_ENCODINGS = {lines.CASES: "cp1252"}
_PART = ".part"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: records per file, in order of name, and the days they cover (``end`` is not included)."""

    folder: Path
    files: Mapping[str, int]
    start: date
    end: date
    as_of: str


def write(
    folder: Path,
    *,
    contacts: int = 20000,
    months: int = 6,
    seed: int = 2026,
    truth: Path | None = None,
    start: date = date(2026, 1, 1),
) -> Summary:
    """Write the exports of ``months`` whole months from ``start`` on, with ``contacts`` contacts that count.

    The same arguments give the same bytes on every platform. ``truth``: a JSON file for the KPIs counted while
    writing, see ``cxkpi.demo.truth``. Raises ``UsageError`` for arguments that make no sense and for a folder that
    holds other files, ``OutputError`` where a file cannot be written.
    """
    _check(folder, contacts, months, seed, start)
    try:
        counted, summary = _write(folder, contacts, months, seed, start, Settings())
        if truth is not None:
            _replace(truth, json.dumps(counted, indent=1) + "\n")
    except OSError as error:
        place = error.filename or folder
        raise OutputError(
            Problem("O201", f"cannot write {place}: {error.strerror}.", hint="Choose a folder you may write to.")
        ) from error
    return summary


def _usage(code: str, message: str, hint: str) -> UsageError:
    return UsageError(Problem(code, message, hint=hint))


def _check(folder: Path, contacts: int, months: int, seed: int, start: date) -> None:
    if contacts < 100:
        raise _usage("U201", f"{contacts} contacts are too few for a centre.", "Ask for 100 or more.")
    if not 1 <= months <= 60:
        raise _usage("U202", f"{months} months cannot be made.", "Ask for 1 to 60 months.")
    if seed < 0:
        raise _usage("U203", f"the seed {seed} is below zero.", "Give a whole number from 0 on.")
    if start.day != 1 or not 2000 <= start.year <= 2090:
        raise _usage("U204", f"the data cannot start on {start}.", "Give the first day of a month from 2000 to 2090.")
    if folder.exists() and not folder.is_dir():
        raise _usage("U205", f"{folder} is a file.", "Give a folder; it is made where it does not exist.")
    others = [name for name in _names(folder) if not _own(name)]
    if others:
        raise _usage(
            "U206",
            f"{folder} holds other files, such as {others[0]}; nothing was written.",
            "Give a new or an empty folder, or one that an earlier demo filled.",
        )


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _own(name: str) -> bool:
    name = name.removesuffix(_PART)
    return name in lines.FIXED_NAMES or lines.ACD_NAME.fullmatch(name) is not None


class _Folder:
    """Open files of a folder, each written beside its place and renamed into it at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, TextIO] = {}

    def start(self, name: str) -> lines.Write:
        path = self._folder / (name + _PART)
        stream = path.open("w", encoding=_ENCODINGS.get(name, "utf-8"), newline="", buffering=1 << 16)
        self._open[name] = stream
        return stream.write

    def close(self) -> None:
        for stream in self._open.values():
            stream.close()

    def keep(self) -> None:
        """Put the finished files in their place and remove what an earlier, longer demo left."""
        self.close()
        for name in self._open:
            (self._folder / (name + _PART)).replace(self._folder / name)
        for name in _names(self._folder):
            if name not in self._open:
                (self._folder / name).unlink()

    def drop(self) -> None:
        self.close()
        for name in self._open:
            (self._folder / (name + _PART)).unlink(missing_ok=True)


@contextmanager
def _files(folder: Path) -> Iterator[_Folder]:
    folder.mkdir(parents=True, exist_ok=True)
    files = _Folder(folder)
    try:
        yield files
        files.keep()
    except BaseException:
        files.drop()
        raise


def _replace(path: Path, text: str) -> None:
    part = path.with_name(path.name + _PART)
    part.write_text(text, encoding="utf-8", newline="\n")
    part.replace(path)


def _write(
    folder: Path, contacts: int, months: int, seed: int, start: date, settings: Settings
) -> tuple[dict[str, object], Summary]:
    end = add_months(start, months)
    days = days_of(start, end)
    span = Span(roster_start(start, months, settings), start, end)
    people = workforce(seed, span, headcount_for(contacts, len(days), settings), settings)
    agency = stranger(span, Chance(seed, 8))
    truth = Truth(start, end)
    with _files(folder) as files:
        _people_files(files, truth, span, people)
        centre = Centre(seed, contacts, days, [*people, agency], settings)
        acd = AcdFiles(seed, truth, files.start)
        surveys = Surveys(seed, days, settings, truth, files.start(lines.SURVEYS))
        cases = Cases(seed, days, settings, truth, files.start(lines.CASES))
        evaluations = Evaluations(seed, settings, truth, files.start(lines.EVALUATIONS))
        states = States(seed, truth, files.start(lines.STATUS))
        for day in days:
            acd.begin(day)
            _day(day, centre, acd, truth, surveys, cases, evaluations)
            acd.end()
            states.add(
                day, centre.on_shift, centre.in_training, int(midnight(day.date + timedelta(days=1)).timestamp())
            )
            surveys.flush(day)
            cases.flush()
        cases.finish(days[-1].date)
    rows = [Employment(person.agent_id, spell.hired, spell.left) for person in people for spell in person.spells]
    counted = truth.close(rows, end, seed)
    records = {name: count.records for name, count in sorted(truth.files.items())}
    return counted, Summary(folder, records, start, end, str(counted["as_of"]))


def _day(
    day: Day,
    centre: Centre,
    acd: AcdFiles,
    truth: Truth,
    surveys: Surveys,
    cases: Cases,
    evaluations: Evaluations,
) -> None:
    handled: dict[int, tuple[Person, str]] = {}
    for contact in centre.contacts_of(day):
        acd.add(contact)
        agent = contact.agent
        truth.contact(
            day.date,
            day.utc + contact.start,
            day.utc + contact.end,
            agent.agent_id if agent else "",
            contact.phone,
            REASONS[contact.reason][1] if contact.reason >= 0 else "",
            not contact.outbound,
            agent is not None,
            contact.talk,
            contact.hold,
            contact.wrap,
        )
        if agent is None:
            continue
        handled[id(agent)] = (agent, contact.id)
        if contact.phone and not contact.outbound:
            surveys.offer(contact)
            cases.offer(contact)
    evaluations.score(day, centre.on_shift)
    for agent, number in handled.values():
        agent.last_contact = number


def _people_files(files: _Folder, truth: Truth, span: Span, people: Sequence[Person]) -> None:
    write, count = files.start(lines.ROSTER), truth.file(lines.ROSTER)
    effective = (span.end - timedelta(days=1)).isoformat()
    titles = (*lines.ROSTER_TITLES, f"Hired or Terminated From: {span.roster}", f"Effective Date: {effective}")
    for title in titles:
        write(title + "," * 8 + "\r\n")
    count.skipped += len(titles)
    write(lines.ROSTER_HEADING)
    for person in people:
        for spell in person.spells:
            write(lines.roster(person, spell))
            count.accepted += 1

    write, count = files.start(lines.MOVES), truth.file(lines.MOVES)
    write(lines.MOVES_HEADING)
    changes = [(change.moved, person.agent_id, change, person) for person in people for change in person.moves]
    for _, _, change, person in sorted(changes, key=lambda item: item[:2]):
        write(lines.move(person, change))
        count.accepted += 1

    write, count = files.start(lines.PEOPLE), truth.file(lines.PEOPLE)
    write(lines.PEOPLE_HEADING)
    names = Counter(person.name for person in people)
    for person in people:
        shared = names[person.name] > 1
        since = person.spells[0].hired.isoformat() if shared else ""
        left = person.spells[-1].left
        until = left.isoformat() if shared and left else ""
        if person.listed:
            write(f"{person.agent_id},genesys_cloud,{person.name},{since},{until}\n")
            count.accepted += 1
        write(f"{person.agent_id},qa,{person.qa_login},,\n")
        count.accepted += 1
