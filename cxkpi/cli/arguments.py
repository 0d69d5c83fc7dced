"""From what was typed to what is meant: lists, dates, limits, ``DIM=VALUE``; each mistake says what to type instead."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from cxkpi.errors import InputError, Problem, UsageError, UserError

if TYPE_CHECKING:
    from cxkpi.measurement.run_file import RunFile
    from cxkpi.result import FileEntry


@dataclass(frozen=True, slots=True)
class Limit:
    """How many records may be rejected: a number of them, or a share of all."""

    number: int | None
    share: float | None

    def exceeded(self, rejected: int, records: int) -> bool:
        """Whether ``rejected`` of ``records`` is more than allowed."""
        if self.number is not None:
            return rejected > self.number
        return self.share is not None and rejected > self.share * records


def names(values: Sequence[str]) -> tuple[str, ...]:
    """``["fcr,csat", "aht"]`` as three names, each once, in order."""
    return tuple(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))


def named(option: str, values: Sequence[str]) -> tuple[str, ...]:
    """As :func:`names`, of an option that names something wherever it is given.

    Raises:
        UsageError: It was given without a name.
    """
    found = names(values)
    if values and not found:
        raise UsageError(
            Problem("U110", f"{option} names nothing.", None, f"Write a name after it, or leave out {option}.")
        )
    return found


def metrics(values: Sequence[str], everything: bool) -> tuple[str, ...]:
    """The metrics named with ``--metric``.

    Raises:
        UsageError: None is named, or ``--all`` asks for every other one too.
    """
    found = named("--metric", values)
    if found and everything:
        message = f"--all measures every metric, and --metric only {', '.join(found)}."
        raise UsageError(Problem("U110", message, None, "Give one of the two."))
    return found


def catalogue(given: Path | None, dialect: str | None) -> Path | None:
    """The catalogue that ``--catalogue`` or ``--dialect`` names.

    Raises:
        UsageError: Both do, or there is no such dialect.
    """
    if dialect is None:
        return given
    if given is not None:
        message = f"--catalogue {given} and --dialect {dialect} both say what metrics mean."
        raise UsageError(Problem("U110", message, None, "Give one of the two."))
    from cxkpi.catalogue.resolving import dialects

    return dialects.named(dialect)


def catalogue_in_use() -> Path | None:
    """The catalogue that is used in this folder where none is named; None for the one that ships."""
    # What reads a run file takes long to import.
    if not Path("cxkpi.yaml").is_file():
        return None
    from cxkpi.measurement import run_file

    return run_file.find([Path()]).catalogue


def newest(number: int | None) -> int | None:
    """How many periods ``--last`` keeps.

    Raises:
        UsageError: Fewer than one.
    """
    if number is not None and number < 1:
        hint = "Write a whole number from 1 on, as in --last 3."
        raise UsageError(Problem("U111", f"--last: {number} is not a number of periods.", None, hint))
    return number


def readable(paths: Sequence[Path]) -> None:
    """Refuse a file or folder that is there and may not be read; one that is not there is noticed when it is read.

    Raises:
        UsageError: One may not be read.
    """
    for path in paths:
        needed = os.R_OK | os.X_OK if path.is_dir() else os.R_OK
        if path.exists() and not os.access(path, needed):
            hint = "Ask its owner for the right to read it, or copy it to where you may."
            raise UsageError(Problem("U107", f"{str(path)!r} cannot be read: permission denied.", None, hint))


def chosen(option: str, values: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names out of a closed list.

    Raises:
        UsageError: One is not in the list.
    """
    wanted = names(values)
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]}?" if near else f"Choose from {', '.join(known)}."
            raise UsageError(Problem("U101", f"{option}: {name!r} is not one of its values.", None, hint))
    return wanted


def day(option: str, text: str | None) -> date | None:
    """A local date.

    Raises:
        UsageError: It is not written as ``2026-06-01``, or is in no calendar.
    """
    if text is None:
        return None
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            Problem("U102", f"{option}: {text!r} is not a date.", None, "Write year-month-day, as in 2026-06-01.")
        ) from None


def span(since: date | None, until: date | None) -> None:
    """Refuse a span of no days.

    Raises:
        UsageError: ``until``, which is exclusive, is not after ``since``.
    """
    if since is not None and until is not None and until <= since:
        hint = "--until is the first day left out, so it must be later than --since."
        raise UsageError(Problem("U102", f"no day lies from --since {since} to before --until {until}.", None, hint))


def conditions(values: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """``["queue=Billing", "queue=Sales"]`` as dimension to values; the same dimension twice means "or".

    Raises:
        UsageError: There is no ``=``, or nothing before it.
    """
    only: dict[str, tuple[str, ...]] = {}
    for text in values:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            hint = "Write a dimension, =, and a value, as in --only queue=Billing."
            raise UsageError(Problem("U103", f"--only: {text!r} is not DIM=VALUE.", None, hint))
        only[name.strip()] = (*only.get(name.strip(), ()), value)
    return only


def limit(text: str | None) -> Limit | None:
    """``1%`` or ``50``.

    Raises:
        UsageError: It is neither a percentage up to 100 nor a whole number.
    """
    if text is None:
        return None
    if re.fullmatch(r"\d+", text):
        return Limit(int(text), None)
    if (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", text)) and float(match[1]) <= 100:
        return Limit(None, float(match[1]) / 100)
    hint = "Write a whole number of records, or a share of all records, as in --max-rejects 1%."
    raise UsageError(Problem("U104", f"--max-rejects: {text!r} is not a number or a percentage.", None, hint))


def check_limit(limit: Limit | None, files: Sequence[FileEntry]) -> None:
    """Refuse to go on with more rejected records than allowed.

    Raises:
        InputError: There are more.
    """
    rejected, records = sum(entry.rejected for entry in files), sum(entry.records for entry in files)
    if limit is None or not limit.exceeded(rejected, records):
        return
    allowed = f"{limit.number:,}" if limit.share is None else f"{100 * limit.share:g}%"
    were = "record was" if records == 1 else "records was" if rejected == 1 else "records were"
    message = f"{rejected:,} of {records:,} {were} rejected, and --max-rejects allows {allowed}."
    raise InputError(Problem("I190", message, None, "--rejects FILE writes them with the reasons."))


def outputs(paths: Sequence[Path], formats: Mapping[str, str]) -> tuple[tuple[Path, str], ...]:
    """Each output file with its format, by the end of its name; ``formats``: extension to format.

    Raises:
        UsageError: An extension that no format has.
    """
    for path in paths:
        if path.suffix.lower() not in formats:
            known = ", ".join(formats)
            hint = f"The end of its name chooses the format: {known}."
            raise UsageError(Problem("U105", f"--output: cannot tell the format of {str(path)!r}.", None, hint))
    return tuple((path, formats[path.suffix.lower()]) for path in paths)


def apart(written: Sequence[Path]) -> None:
    """Refuse to write two things into one file.

    Raises:
        UsageError: A file is named twice.
    """
    first: dict[tuple[object, ...], Path] = {}
    for path in written:
        for known in _names_of(path):
            if known in first:
                message = f"{str(path)!r} is named twice, and each output needs a file of its own."
                raise UsageError(Problem("U108", message, None, "Choose another name for one of them."))
        first.update(dict.fromkeys(_names_of(path), path))


def inputs(meant: RunFile, leave_out: Sequence[Path] = ()) -> list[Path]:
    """The paths of a run and the files they stand for; a path that is wrong is told of when it is read."""
    from cxkpi.exports.files.finding import find

    found = list(meant.paths)
    for path in meant.paths:
        with suppress(UserError, OSError):
            found += [one.path for one in find([path], [*meant.written, *leave_out])[0]]
    return found


def not_an_input(written: Sequence[Path], read: Sequence[Path]) -> None:
    """Refuse to write over a file that is read.

    Raises:
        UsageError: An output is one of them.
    """
    names = {name for place in read for name in _names_of(place)}
    for path in written:
        if not names.isdisjoint(_names_of(path)):
            message = f"{str(path)!r} is an input, and would be written over."
            raise UsageError(Problem("U106", message, None, "Choose another name, or another folder."))


def not_among_inputs(folder: Path, read: Sequence[Path]) -> None:
    """Refuse a folder to write tables to that is an input, or holds one.

    Raises:
        UsageError: It is, or does.
    """
    place = folder.resolve()
    for path in read:
        inside = path.is_file() and (path.resolve().parent == place or path.parent.resolve() == place)
        if inside or path.resolve() == place:
            message = (
                f"--output: the folder {str(folder)!r} {'holds the input ' + path.name if inside else 'is an input'}."
            )
            hint = "Name another folder, so that no export is written over or mixed with tables."
            raise UsageError(Problem("U109", message, None, hint))


def _names_of(path: Path) -> set[tuple[object, ...]]:
    """What a file is known by: its place, and its number where it exists, which its hard links share."""
    try:
        found = path.stat()
    except OSError:
        return {(path.resolve(),)}
    return {(path.resolve(),), (found.st_dev, found.st_ino)}
