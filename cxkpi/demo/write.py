"""Writes one centre's exports into a folder, day by day, and counts the truth while doing so."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
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
from cxkpi.demo.details import ContactDetails
from cxkpi.demo.histories import Histories
from cxkpi.demo.invitations import Invitations
from cxkpi.demo.ledger import costs, customers
from cxkpi.demo.people import Person, Span, headcount_for, roster_start, stranger, workforce
from cxkpi.demo.quality import Evaluations, States
from cxkpi.demo.schedule import SCHEDULE_DAYS, Schedule
from cxkpi.demo.settings import REASONS, Settings
from cxkpi.demo.surveys import Surveys
from cxkpi.demo.truth import Employment, Truth
from cxkpi.errors import OutputError, Problem, UsageError

_ENCODINGS = {lines.CASES: "cp1252"}
_PART = ".part"
MARKER = ".cxkpi-demo"
"""Written into a folder before anything else: the names of what a demo may overwrite and remove there. Hidden, so that
it is not taken for an export."""
_MARKER_TITLE = "Files that cxkpi demo wrote here, and may overwrite or remove."


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
    writing, see ``cxkpi.demo.truth``. Files are overwritten only in a folder that an earlier demo filled, which
    ``MARKER`` in it says. Raises ``UsageError`` for arguments that make no sense and for a folder that holds other
    files, ``OutputError`` where a file cannot be written.
    """
    _check(folder, contacts, months, seed, start)
    names = _names_of(start, months)
    if truth is not None:
        _check_truth(truth, folder, names)
        if truth.absolute().parent.resolve() == folder.resolve():
            names = (*names, truth.name)
    try:
        counted, summary = _write(folder, names, contacts, months, seed, start, Settings())
    except OSError as error:
        raise _unwritable(_meant(error.filename or folder), error) from error
    if truth is not None:
        try:
            _replace(truth, json.dumps(counted, indent=1) + "\n")
        except OSError as error:
            raise _unwritable(str(truth), error) from error
    return summary


def _unwritable(place: str, error: OSError) -> OutputError:
    hint = "Choose a folder you may write to."
    return OutputError(Problem("O201", f"cannot write {place}: {error.strerror}.", hint=hint))


def _meant(place: object) -> str:
    """What a person calls a place: the file behind a part of it, the folder behind its marker."""
    path = Path(str(place).removesuffix(_PART))
    return str(path.parent if path.name == MARKER else path)


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
    own = _marked(folder)
    others = [name for name in _names(folder) if name not in own and name.removesuffix(_PART) not in own]
    if others:
        raise _usage(
            "U206",
            f"{folder} holds other files, such as {others[0]}; nothing was written.",
            "Give a new or an empty folder, or one that an earlier demo filled and nobody added to.",
        )


def _check_truth(truth: Path, folder: Path, names: Sequence[str]) -> None:
    """Before hours of counting: the truth has a place, and that is not one of the exports."""
    if truth.resolve() in {(folder / name).resolve() for name in (*names, MARKER)}:
        message = f"--truth {truth} is one of the files the demo writes itself."
        raise _usage("U207", message, "Give the truth another name.")
    if truth.is_dir():
        raise _usage("U207", f"--truth {truth} is a folder.", "Give a file.")
    if not truth.parent.is_dir() and truth.parent.resolve() != folder.resolve():
        raise _unwritable(str(truth), FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))


def _names(folder: Path) -> list[str]:
    """What a folder holds, but for hidden files, which a demo never touches."""
    return sorted(path.name for path in folder.iterdir() if path.name[0] != ".") if folder.is_dir() else []


def _names_of(start: date, months: int) -> tuple[str, ...]:
    """Every export a demo over these months writes."""
    return tuple(sorted([*lines.FIXED_NAMES, *(lines.acd_name(add_months(start, at)) for at in range(months))]))


def _marked(folder: Path) -> frozenset[str]:
    """The names that the marker of an earlier demo lists; none without a marker."""
    try:
        title, *names = (folder / MARKER).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return frozenset()
    # A marker speaks of its own folder only, whoever wrote it.
    return frozenset(name for name in names if Path(name).name == name) if title == _MARKER_TITLE else frozenset()


def _mark(folder: Path, names: Collection[str]) -> None:
    text = "".join(f"{line}\n" for line in (_MARKER_TITLE, *sorted(names)))
    (folder / MARKER).write_text(text, encoding="utf-8", newline="\n")


class _Folder:
    """Open files of a folder, each written beside its place and renamed into it at the end."""

    def __init__(self, folder: Path, names: Collection[str]) -> None:
        self._folder = folder
        self._names = names
        self._before = _marked(folder)
        self._open: dict[str, TextIO] = {}
        # From the first byte on the folder says what in it a demo may overwrite, even if this one is interrupted.
        _mark(folder, self._before | set(names))

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
        for name in sorted(self._before - set(self._names)):
            (self._folder / name).unlink(missing_ok=True)
        _mark(self._folder, self._names)

    def drop(self) -> None:
        self.close()
        for name in self._open:
            (self._folder / (name + _PART)).unlink(missing_ok=True)
        if not _names(self._folder):
            (self._folder / MARKER).unlink(missing_ok=True)


@contextmanager
def _files(folder: Path, names: Collection[str]) -> Iterator[_Folder]:
    folder.mkdir(parents=True, exist_ok=True)
    files = _Folder(folder, names)
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
    folder: Path, names: Collection[str], contacts: int, months: int, seed: int, start: date, settings: Settings
) -> tuple[dict[str, object], Summary]:
    end = add_months(start, months)
    days = days_of(start, end)
    span = Span(roster_start(start, months, settings), start, end)
    people = workforce(seed, span, headcount_for(contacts, len(days), settings), settings)
    agency = stranger(span, Chance(seed, 8))
    truth = Truth(start, end)
    with _files(folder, names) as files:
        _people_files(files, truth, span, people)
        centre = Centre(seed, contacts, days, [*people, agency], settings)
        acd = AcdFiles(seed, truth, files.start)
        asked = (files.start(lines.INVITATIONS), files.start(lines.ANSWERS), files.start(lines.FOLLOW_UPS))
        invitations = Invitations(seed, days, settings, truth, asked)
        surveys = Surveys(seed, days, settings, truth, files.start(lines.SURVEYS), invitations)
        histories = Histories(seed, days, truth, files.start(lines.HISTORIES))
        cases = Cases(seed, days, settings, truth, files.start(lines.CASES), histories)
        details = ContactDetails(seed, settings, truth, files.start(lines.DETAILS))
        schedule = Schedule(seed, truth, files.start(lines.SCHEDULE))
        evaluations = Evaluations(seed, settings, truth, files.start(lines.EVALUATIONS))
        states = States(seed, truth, files.start(lines.STATUS))
        for day in days:
            acd.begin(day)
            _day(day, centre, acd, truth, surveys, cases, evaluations, details, invitations)
            acd.end()
            invitations.pulse(day, people)
            if day.index >= len(days) - SCHEDULE_DAYS:
                schedule.add(day, centre.on_shift, centre.in_training)
            states.add(
                day, centre.on_shift, centre.in_training, int(midnight(day.date + timedelta(days=1)).timestamp())
            )
            surveys.flush(day)
            cases.flush()
        cases.finish(days[-1].date)
        firsts = [add_months(start, at) for at in range(months)]
        costs(people, firsts, settings, truth, files.start(lines.COSTS))
        customers(seed, centre.customers, firsts, truth, files.start(lines.CUSTOMERS))
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
    details: ContactDetails,
    invitations: Invitations,
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
        details.add(contact)
        if agent is None:
            continue
        handled[id(agent)] = (agent, contact.id)
        if contact.phone and not contact.outbound:
            surveys.offer(contact)
            invitations.after_call(contact)
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
