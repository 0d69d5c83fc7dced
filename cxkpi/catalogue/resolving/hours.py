"""Business hours and holidays as a catalogue writes them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from cxkpi.calendar import WEEKDAYS
from cxkpi.catalogue.report import Report
from cxkpi.catalogue.values.clock import STRETCH
from cxkpi.catalogue.values.moments import parse_date
from cxkpi.documents.places import Path as Steps
from cxkpi.documents.spelling import did_you_mean
from cxkpi.errors import Place, Problem
from cxkpi.opening import MINUTES, OpeningHours, Stretch

_NAMES = tuple(name[:3] for name in WEEKDAYS)
_LARGEST_FILE, _MOST_LINES = 1 << 20, 10_000
_MOST_WRONG = 5
_SHOWN = 40
_AT: Steps = ("calendar", "hours")
_HOLIDAYS: Steps = ("calendar", "holidays")
_HINT = "Write it as 08:00-18:00; 22:00-06:00 goes on until the next morning, 00:00-24:00 is the whole day."

# The text of a file named by its path from the catalogue, and what it is shown as; OSError or ValueError where it
# cannot be read.
Beside = Callable[[str], tuple[str, str]]


def opening_hours(
    hours: Mapping[str, Sequence[str]] | None,
    holidays: Sequence[str] | None,
    zone: str,
    report: Report,
    beside: Beside | None = None,
) -> OpeningHours | None:
    """The business hours a calendar declares, or None where it declares none; what is wrong is reported.

    ``beside`` reads the file of holidays, from disk if it is left out.
    """
    if hours is None:
        if holidays is not None:
            hint = "Add 'hours: {mon-fri: 08:00-18:00}', or leave the holidays out."
            report.add("C109", "'holidays' needs 'hours', which they are taken from", _HOLIDAYS, hint, key=True)
        return None
    week: list[list[Stretch]] = [[] for _ in WEEKDAYS]
    named: dict[int, str] = {}
    for days, stretches in hours.items():
        path = (*_AT, days)
        numbers = _weekdays(days, path, report)
        if again := [number for number in numbers if number in named]:
            message = f"'{days}' names {WEEKDAYS[again[0]].capitalize()} again, as '{named[again[0]]}' does"
            report.add("C406", message, path, "Name every weekday once.", key=True)
            continue
        named |= dict.fromkeys(numbers, days)
        for at, text in enumerate(stretches):
            place = (*path, at) if isinstance(_written(report, path), list) else path
            found = _stretch(text, place, report)
            if found is not None:
                for number in numbers:
                    _add(week, number, found)
    for number, stretches_of in enumerate(week):
        stretches_of.sort()
        for (_, end), (start, _) in itertools.pairwise(stretches_of):
            if start < end:
                message = f"two stretches hold {start // 60:02d}:{start % 60:02d} on {WEEKDAYS[number].capitalize()}"
                path = (*_AT, named[number]) if number in named else _AT
                report.add("C406", message, path, "Stretches of a day lie apart.", key=True)
                break
    closed = _holidays(holidays, report, beside)
    return OpeningHours(zone, tuple(_joined(day) for day in week), tuple(sorted(set(closed))))


def _joined(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Stretches of a day in order, one for those of which the next begins where one ends."""
    found: list[Stretch] = []
    for start, end in stretches:
        if found and found[-1][1] == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def _written(report: Report, path: Steps) -> Any:
    value = report.document.data
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _weekdays(text: str, path: Steps, report: Report) -> list[int]:
    """The weekdays of ``mon``, ``monday`` or ``mon-fri``, 0 for Monday."""
    ends = [_weekday(part.strip()) for part in text.split("-")]
    if len(ends) > 2 or None in ends:
        known = (*_NAMES, *WEEKDAYS)
        guess = did_you_mean(text, known)
        report.add("C406", f"'{text}' names no weekdays{guess}", path, "Write mon, mon-fri or sat-sun.", key=True)
        return []
    first, last = (number for number in (ends[0], ends[-1]) if number is not None)
    return [(first + step) % 7 for step in range((last - first) % 7 + 1)]


def _weekday(name: str) -> int | None:
    lower = name.lower()
    return next((at for at, day in enumerate(WEEKDAYS) if lower in (day, day[:3])), None)


def _stretch(text: str, path: Steps, report: Report) -> Stretch | None:
    """Minutes from the beginning of the day; the end of a stretch over midnight is beyond 24 hours."""
    found = STRETCH.fullmatch(text.strip())
    if found is None:
        report.add("C406", f"'{text}' is not a stretch of the day", path, _HINT)
        return None
    from_hour, from_minute, *until = (int(part) for part in found.groups() if part is not None)
    start, end = 60 * from_hour + from_minute, 60 * until[0] + until[1]
    if start == end:
        report.add("C406", f"'{text}' begins where it ends", path, _HINT)
        return None
    return start, end if end > start else end + MINUTES


def _add(week: list[list[Stretch]], number: int, stretch: Stretch) -> None:
    start, end = stretch
    week[number].append((start, min(end, MINUTES)))
    if end > MINUTES:
        week[(number + 1) % 7].append((0, end - MINUTES))


def _holidays(written: Sequence[str] | None, report: Report, beside: Beside | None) -> list[date]:
    if written is None:
        return []
    as_list = isinstance(_written(report, _HOLIDAYS), list)
    if not as_list and parse_date(written[0]) is None:
        return _from_file(written[0], report, beside or _on_disk(report))
    found = []
    for at, text in enumerate(written):
        day = parse_date(text)
        if day is None:
            place = (*_HOLIDAYS, at) if as_list else _HOLIDAYS
            report.add("C407", f"'{_short(text)}' is not a date", place, "Write it as 2026-12-25.")
        else:
            found.append(day)
    return found


def _from_file(name: str, report: Report, beside: Beside) -> list[date]:
    """The dates of a file, one a line, each with a name after a comma if it has one."""
    try:
        text, shown = beside(name)
    except UnicodeDecodeError:
        report.add("C407", f"the holidays in '{_short(name)}' are not UTF-8 text", _HOLIDAYS, "Save them as UTF-8.")
        return []
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        hint = "Name a file of dates beside the catalogue, one a line, or write them as a list."
        report.add("C407", f"the holidays in '{_short(name)}' cannot be read: {why}", _HOLIDAYS, hint)
        return []
    return list(_dates(text.removeprefix("\ufeff"), shown, report))


def _dates(text: str, shown: str, report: Report) -> Iterator[date]:
    # Whatever file is named here, nothing of it is shown.
    wrong = 0
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        report.add("C407", f"a file of holidays has at most {_MOST_LINES:,} lines", _HOLIDAYS)
        return
    for number, line in enumerate(lines, 1):
        written = line.partition(",")[0].strip().strip('"')
        if not line.strip() or line.lstrip().startswith("#") or (number == 1 and written.lower() == "date"):
            continue
        day = parse_date(written)
        if day is None:
            column = len(line) - len(line.lstrip()) + 1
            wrong += 1
            hint = "Write one date a line, 2026-12-25, and after a comma what it is."
            report.extend([Problem("C407", "this line has no date", Place(shown, number, column), hint)])
            if wrong == _MOST_WRONG:
                return
        else:
            yield day


def _on_disk(report: Report) -> Beside:
    """Reads files by their path from the one in which the holidays are written."""
    folder = Path(report.document.place_of(_HOLIDAYS).file).parent

    def read(name: str) -> tuple[str, str]:
        file = folder / name
        if not file.exists():
            raise ValueError("there is no such file")
        if not file.is_file():
            raise ValueError("it is not a file")
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise ValueError(f"it is larger than {_LARGEST_FILE >> 20} MB")
        return content.decode("utf-8"), file.as_posix()

    return read


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
