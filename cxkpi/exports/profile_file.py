"""Profile files to profiles: the ones that ship, the ones a user gives, and the plain layouts made from the tables.

Codes of problems: P001 to P007 the YAML itself, P102 to P105 keys and values, P201 unknown table, P202 unknown
column, P203 a required key column has no rule, P204 two profiles of one name, P205 an option that means nothing for
the column's type, P206 an unknown time zone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cxkpi.documents.places import Document, read, sort_key
from cxkpi.documents.places import Path as Steps
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.documents.validation import validate
from cxkpi.errors import CatalogueError, Place, Problem, UsageError
from cxkpi.exports.identity_tables import IDENTITY
from cxkpi.exports.profile import Condition, File, Origin, Profile, Rows, Rule, Written
from cxkpi.tables import Table

MAY_BE_EMPTY: Mapping[str, frozenset[str]] = {
    "intervals": frozenset({"queue", "agent_id"}),
    "people": frozenset({"from"}),
}
"""Key columns that may be empty: an interval row is of a queue or of an agent; a login may hold from the beginning."""

_MAY_BE_OPEN = frozenset({"contacts"})
"""Tables with rows that have no default time yet: a contact that is still running has no end."""

_OPTIONS: Mapping[str, frozenset[str]] = {
    "format": frozenset({"instant", "date"}),
    "unit": frozenset({"duration", "instant"}),
    "decimal": frozenset({"number", "integer", "duration", "instant"}),
    "plus": frozenset({"instant"}),
    "true": frozenset({"boolean"}),
    "false": frozenset({"boolean"}),
    "filled": frozenset({"boolean"}),
    "scale": frozenset({"number", "integer"}),
    "lower": frozenset({"text", "boolean"}),
    "login": frozenset({"text"}),
}


def key_columns(table: Table) -> tuple[str, ...]:
    """The columns of a table's key that no row may leave empty."""
    return tuple(column for column in table.key if column not in MAY_BE_EMPTY.get(table.name, frozenset()))


def own_time(table: Table) -> str | None:
    """The column of the table itself that is its default time; None where that is another table's, or there is none."""
    return table.time[0] if table.time and "." not in table.time[0] else None


def collect(paths: Sequence[Path], tables: Mapping[str, Table]) -> tuple[Profile, ...]:
    """Every profile in force: those in ``paths`` (files or folders), the shipped ones, and the plain layouts.

    Raises UsageError where a path is missing or a folder holds no profile, CatalogueError with every problem found.
    """
    given: list[Profile] = []
    problems: list[Problem] = []
    named: dict[str, Place] = {}
    for path in _files(paths):
        try:
            profile = parse(path.read_text(encoding="utf-8"), path.as_posix(), tables, "user")
        except CatalogueError as error:
            problems.extend(error.problems)
            continue
        except UnicodeDecodeError:
            problems.append(
                Problem("P001", "this is not UTF-8 text", Place(path.as_posix()), "A profile is a YAML file.")
            )
            continue
        if profile.name in named:
            message = f"the profile '{profile.name}' is also in {named[profile.name]}"
            problems.append(Problem("P204", message, Place(path.as_posix()), "Rename one of them."))
        named[profile.name] = Place(path.as_posix())
        given.append(profile)
    if problems:
        raise CatalogueError(*sorted(problems, key=sort_key))
    ours = [profile for profile in shipped(tables) if profile.name not in named]
    return (*given, *ours, *plain(tables))


def shipped(tables: Mapping[str, Table]) -> tuple[Profile, ...]:
    """The profiles that come with cxkpi, by name."""
    folder = files("cxkpi.exports").joinpath("profiles")
    found: list[Traversable] = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name
    )
    return tuple(
        parse(entry.read_text(encoding="utf-8"), f"cxkpi:profiles/{entry.name}", tables, "shipped") for entry in found
    )


def plain(tables: Mapping[str, Table]) -> tuple[Profile, ...]:
    """``cxkpi.TABLE`` for every table: headings are column names, instants ISO 8601, durations seconds.

    Required are the key and the table's own default time, but for the end of a contact, which may still be running.
    """
    return tuple(_plain(table) for table in (*tables.values(), *IDENTITY.values()))


def _plain(table: Table) -> Profile:
    required = key_columns(table)
    time = own_time(table)
    if time is not None and table.name not in _MAY_BE_OPEN:
        required = tuple(dict.fromkeys((*required, time)))
    rules = {name: (Rule.model_validate({"from": name, "required": name in required}),) for name in (*table.columns,)}
    return Profile(
        name=f"cxkpi.{table.name}",
        system="cxkpi",
        headings=tuple((name,) for name in required),
        file=File(),
        skip=(),
        notes=(),
        version=None,
        tables={table.name: (Rows(rules, {}),)},
        origin="plain",
        closed=True,
    )


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.suffix in (".yaml", ".yml"))
            if not inside:
                hint = "Name a profile file, or a folder of .yaml files."
                raise UsageError(Problem("U021", f"no profile in the folder {path.as_posix()}.", None, hint))
            found.extend(inside)
        elif path.is_file():
            found.append(path)
        else:
            message = f"there is no profile {path.as_posix()}."
            raise UsageError(Problem("U020", message, None, "Check the spelling of --profile."))
    return found


def parse(text: str, file: str, tables: Mapping[str, Table], origin: Origin) -> Profile:
    """One profile from its YAML text. Raises CatalogueError with every problem found, by place."""
    document = read(text, file, family="P")
    problems = list(document.problems)
    data = document.data
    if data is None and not problems:
        problems.append(document.problem("P102", "this profile is empty", Place(file)))
    if data is None:
        raise CatalogueError(*problems)
    written, found = validate(Written, data, document, (), "a profile", family="P")
    problems += found
    every = {**tables, **IDENTITY}
    rows: dict[str, tuple[Rows, ...]] = {}
    described = data.get("tables") if isinstance(data, Mapping) else None
    for name, content in described.items() if isinstance(described, Mapping) else ():
        if name not in every:
            hint = f"The tables are {listed(every)}."
            message = f"there is no table '{name}'{did_you_mean(name, every)}"
            problems.append(document.problem("P201", message, document.place_of(("tables", name), key=True), hint))
            continue
        rows[name] = tuple(_templates(document, every[name], content, ("tables", name), problems))
    if isinstance(written, Written):
        problems += _patterns(document, written)
        problems += _zone(document, written)
    if problems:
        raise CatalogueError(*sorted(problems, key=sort_key))
    assert isinstance(written, Written)
    return Profile(
        name=written.profile,
        system=written.system,
        headings=written.match.headings,
        file=written.file,
        skip=written.skip,
        notes=written.notes,
        version=written.version,
        tables=rows,
        origin=origin,
        written_in=file,
    )


def _templates(document: Document, table: Table, content: Any, at: Steps, problems: list[Problem]) -> list[Rows]:
    if isinstance(content, list):
        return [_rows(document, table, item, (*at, number), problems) for number, item in enumerate(content)]
    return [_rows(document, table, content, at, problems)]


def _rows(document: Document, table: Table, content: Any, at: Steps, problems: list[Problem]) -> Rows:
    if not isinstance(content, Mapping):
        place = document.place_of(at)
        problems.append(document.problem("P103", f"'{table.name}' must be a mapping of columns to headings", place))
        return Rows({}, {})
    when: dict[str, Condition] = {}
    rules: dict[str, tuple[Rule, ...]] = {}
    for column, value in content.items():
        here = (*at, column)
        if column == "when":
            found, wrong = validate(dict[str, Condition], value, document, here, "a condition", family="P")
            problems += wrong
            when = found or {}
        elif column not in table.columns:
            message = f"'{table.name}' has no column '{column}'{did_you_mean(column, table.columns)}"
            hint = "Further columns are declared in the catalogue under 'tables'."
            problems.append(document.problem("P202", message, document.place_of(here, key=True), hint))
        else:
            rules[column] = tuple(_rules(document, table, column, value, here, problems))
    missing = [column for column in key_columns(table) if column not in content]
    if missing:
        message = f"rows of '{table.name}' need {listed(missing).replace(' or ', ' and ')}"
        problems.append(document.problem("P203", message, document.place_of(at, key=True), "They are its key."))
    return Rows(rules, when)


def _rules(document: Document, table: Table, column: str, value: Any, at: Steps, problems: list[Problem]) -> list[Rule]:
    alternatives = [((*at, n), item) for n, item in enumerate(value)] if isinstance(value, list) else [(at, value)]
    rules = []
    for here, item in alternatives:
        rule, wrong = validate(Rule, item, document, here, f"the rule of '{column}'", family="P")
        problems += wrong
        if not isinstance(rule, Rule):
            continue
        kind = table.columns[column].type
        for option in item if isinstance(item, Mapping) else ():
            if kind not in _OPTIONS.get(option, {kind}):
                message = f"'{option}' means nothing for '{column}', which is {_a(kind)}"
                problems.append(document.problem("P205", message, document.place_of((*here, option), key=True)))
        if column in key_columns(table) and not rule.required:
            rule = rule.model_copy(update={"required": True})
        rules.append(rule)
    return rules


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else kind if kind == "text" else f"a {kind}"


def _patterns(document: Document, written: Written) -> list[Problem]:
    found = []
    for number, pattern in enumerate(written.file.footer):
        try:
            re.compile(pattern)
        except re.error as error:
            path: Steps = ("file", "footer", number)
            message = f"'{pattern}' is not a regular expression: {error}"
            found.append(document.problem("P103", message, document.place_of(path)))
    return found


def _zone(document: Document, written: Written) -> list[Problem]:
    zone = written.file.timezone
    if zone is None:
        return []
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone '{zone}'"
        hint = "Use a name such as Europe/London."
        return [document.problem("P206", message, document.place_of(("file", "timezone")), hint)]
    return []
