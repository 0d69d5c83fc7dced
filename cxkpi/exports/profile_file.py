"""Profile files to profiles: the ones that ship, the ones a user gives, and the plain layouts made from the tables.

Codes of problems: P001 to P007 the YAML itself, P102 to P105 keys and values, P201 unknown table, P202 unknown
column, P203 a required key column has no rule, P204 two profiles of one name, P205 an option that means nothing for
the column's type, P206 an unknown time zone, P207 legs without contacts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from cxkpi.documents.places import Document, read, sort_key
from cxkpi.documents.places import Path as Steps
from cxkpi.documents.spelling import did_you_mean, listed
from cxkpi.documents.validation import validate
from cxkpi.errors import CatalogueError, Place, Problem, UsageError
from cxkpi.exports import unconfirmed
from cxkpi.exports.adopting.adopted import FILL_IN
from cxkpi.exports.findings import Finding
from cxkpi.exports.joining.folding import misfit
from cxkpi.exports.joining.identity_tables import IDENTITY
from cxkpi.exports.profile import Condition, File, Match, Origin, Profile, Rows, RowZone, Rule, Skip, Written
from cxkpi.exports.totals import TOTAL
from cxkpi.exports.values.zones import is_zone
from cxkpi.tables import Table

MAY_BE_EMPTY: Mapping[str, frozenset[str]] = {
    "intervals": frozenset({"queue", "agent_id"}),
    "people": frozenset({"from"}),
}
"""Key columns that may be empty: an interval row is of a queue or of an agent; a login may hold from the beginning."""

_MAY_BE_OPEN = frozenset({"contacts"})
"""Tables with rows that have no default time yet: a contact that is still running has no end."""

_OPTIONS: Mapping[str, frozenset[str]] = {
    "format": frozenset({"instant", "date", "duration"}),
    "timezone": frozenset({"instant", "duration"}),
    "between": frozenset({"duration"}),
    "unit": frozenset({"duration", "instant"}),
    "clock": frozenset({"duration", "instant"}),
    "decimal": frozenset({"number", "integer", "duration", "instant"}),
    "percent": frozenset({"number", "integer"}),
    "plus": frozenset({"instant", "duration", "number", "integer"}),
    "minus": frozenset({"instant", "duration", "number", "integer"}),
    "times": frozenset({"duration", "number", "integer"}),
    "phone": frozenset({"text"}),
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


def collect(
    paths: Sequence[Path],
    tables: Mapping[str, Table],
    beside: Sequence[Path] = (),
    left_out: list[Finding] | None = None,
) -> tuple[Profile, ...]:
    """Every profile in force: those in ``paths`` (files or folders), those ``beside`` the data, the shipped ones, and
    the plain layouts. Of several with one name the first in this order counts. ``left_out``: takes what is to be said
    of drafts nobody has confirmed, which are left out then.

    Raises UsageError where a path is missing or a folder holds no profile, CatalogueError with every problem found.
    """
    given = _given(files_of(paths), tables, "user")
    near = _given([path for path in files_of(beside) if not _among(path, paths)], tables, "beside")
    names = {profile.name for profile in given}
    near = [profile for profile in near if profile.name not in names]
    if left_out is None:
        unconfirmed.refuse((*given, *near))
    else:
        left_out += unconfirmed.told((*given, *near))
        given, near = ([one for one in several if not (one.unconfirmed or one.unfilled)] for several in (given, near))
        names = {profile.name for profile in given}
    names |= {profile.name for profile in near}
    ours = [profile for profile in shipped(tables) if profile.name not in names]
    return (*given, *near, *ours, *plain(tables))


def _among(path: Path, paths: Sequence[Path]) -> bool:
    """Whether a file was already given by its name or by its folder."""
    known = {one.resolve() for one in paths}
    return path.resolve() in known or path.resolve().parent in known


def _given(paths: Sequence[Path], tables: Mapping[str, Table], origin: Origin) -> list[Profile]:
    found: list[Profile] = []
    problems: list[Problem] = []
    named: dict[str, Place] = {}
    for path in dict.fromkeys(paths):
        try:
            profile = parse(path.read_text(encoding="utf-8"), path.as_posix(), tables, origin)
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
        found.append(profile)
    if problems:
        raise CatalogueError(*sorted(problems, key=sort_key))
    return found


def shipped(tables: Mapping[str, Table]) -> tuple[Profile, ...]:
    """The profiles that come with cxkpi, by name."""
    return _shipped(_Tables(tables))


class _Tables:
    """Tables as the key of a cache: equal where they have the same columns."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.columns = tuple((name, tuple(table.columns.items())) for name, table in tables.items())

    def __hash__(self) -> int:
        return hash(self.columns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tables) and self.columns == other.columns


@lru_cache(maxsize=4)
def _shipped(tables: _Tables) -> tuple[Profile, ...]:
    """Reading them takes a fifth of a second, and one process may load often."""
    folder = files("cxkpi.exports").joinpath("profiles")
    found: list[Traversable] = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".yaml")), key=lambda entry: entry.name
    )
    return tuple(
        parse(entry.read_text(encoding="utf-8"), f"cxkpi:profiles/{entry.name}", tables.tables, "shipped")
        for entry in found
    )


def plain(tables: Mapping[str, Table]) -> tuple[Profile, ...]:
    """``cxkpi.TABLE`` for every table: headings are column names, instants ISO 8601, durations seconds.

    Required are the key and the table's own default time, but for the end of a contact, which may still be running.
    Lines of totals are skipped.
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
        match=Match.model_validate({"headings": list(required)}),
        file=File(),
        skip=_totals(table),
        notes=(),
        version=None,
        tables={table.name: (Rows(rules, {}),)},
        origin="plain",
        closed=True,
    )


def _totals(table: Table) -> tuple[Skip, ...]:
    """What skips a line of totals: where an id should be there is a word for one, and nowhere a time."""
    times = [name for name, column in table.columns.items() if column.type in ("instant", "date")]
    if not times or table.name in IDENTITY or table.columns[table.key[0]].type != "text":
        return ()
    word = {"matches": rf"(?i)^\s*(?:{TOTAL})\s*:?\s*$"}
    when = {**dict.fromkeys(times, "empty"), table.key[0]: word}
    return (Skip.model_validate({"when": when, "say": "skipped as a line of totals"}),)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The profile files that ``paths``, files or folders, mean. UsageError where one is missing or holds none."""
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
        problems += _zone(document, written.file.timezone, ("file", "timezone"))
        problems += _legs(document, written, every, rows)
    if problems:
        raise CatalogueError(*sorted(problems, key=sort_key))
    assert isinstance(written, Written)
    return Profile(
        name=written.profile,
        system=written.system,
        match=written.match,
        file=written.file,
        skip=written.skip,
        notes=written.notes,
        version=written.version,
        tables=rows,
        origin=origin,
        written_in=file,
        title=written.title,
        source=written.source,
        status=written.status,
        refuse=written.refuse,
        spellings=written.spellings,
        legs=written.legs,
        checks=written.checks,
        questions=written.questions,
        unconfirmed=_unconfirmed(document, rows, written.version),
        unfilled=_unfilled(document, rows),
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
    adds = False
    for column, value in content.items():
        here = (*at, column)
        if column == "when":
            found, wrong = validate(dict[str, Condition], value, document, here, "a condition", family="P")
            problems += wrong
            when = found or {}
        elif column == "sum":
            found, wrong = validate(bool, value, document, here, "rows", family="P")
            problems += wrong
            adds = bool(found)
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
    return Rows(rules, when, adds)


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
        problems += _zone(document, rule.timezone, (*here, "timezone"))
        if column in key_columns(table) and not rule.required:
            rule = rule.model_copy(update={"required": True})
        rules.append(rule)
    return rules


def _unfilled(document: Document, rows: Mapping[str, tuple[Rows, ...]]) -> tuple[tuple[str, Place], ...]:
    """Where rules stand whose value a person had to fill in and has not."""
    return tuple(
        (f"{name}.{column}", _place_of(document, name, number, column, order, "is"))
        for name, templates in rows.items()
        for number, template in enumerate(templates)
        for column, alternatives in template.rules.items()
        for order, rule in enumerate(alternatives)
        if rule.is_ is not None and rule.is_.strip().casefold() == FILL_IN.casefold()
    )


def _place_of(document: Document, table: str, number: int, column: str, order: int, key: str) -> Place:
    """Where a key of a rule stands, in a list of rows or rules or without one."""
    steps = [(("tables", table, *n), o) for n in ((number,), ()) for o in ((order,), ())]
    paths = ((*at, column, *o, key) for at, o in steps)
    return next((document.place_of(path) for path in paths if path in document.written), Place(document.file))


def _unconfirmed(
    document: Document, rows: Mapping[str, tuple[Rows, ...]], version: Rule | None
) -> tuple[tuple[str, Place], ...]:
    """Where rules stand that were drafted and ask to be confirmed."""
    found: list[tuple[str, Place]] = []
    for name, templates in rows.items():
        for number, template in enumerate(templates):
            for column, alternatives in template.rules.items():
                for order, rule in enumerate(alternatives):
                    if rule.confirm:
                        place = _place_of(document, name, number, column, order, "confirm")
                        found.append((f"{name}.{column}", place))
    if version is not None and version.confirm:
        found.append(("version", document.place_of(("version", "confirm"))))
    return tuple(found)


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


def _zone(document: Document, zone: str | RowZone | None, at: Steps) -> list[Problem]:
    named = (
        {(): zone}
        if isinstance(zone, str)
        else {}
        if zone is None
        else {("values", w): n for w, n in zone.values.items()}
    )
    hint = "Use a name such as Europe/London."
    return [
        document.problem("P206", f"there is no time zone '{name}'", document.place_of((*at, *path)), hint)
        for path, name in named.items()
        if not is_zone(name)
    ]


def _legs(
    document: Document, written: Written, tables: Mapping[str, Table], rows: Mapping[str, tuple[Rows, ...]]
) -> list[Problem]:
    """Legs are of contacts, and name columns of theirs."""
    if written.legs is None:
        return []
    if len(rows.get("contacts", ())) != 1:
        message = "'legs' says how records become contacts, so 'tables' needs one mapping of 'contacts'"
        return [document.problem("P207", message, document.place_of(("legs",), key=True))]
    columns = tables["contacts"].columns
    named: list[tuple[Steps, str]] = [(("legs", "keep", column), column) for column in written.legs.keep]
    named += [(("legs", "order", number), column) for number, column in enumerate(written.legs.order)]
    return [
        document.problem(
            "P202",
            f"'contacts' has no column '{column}'{did_you_mean(column, columns)}",
            document.place_of(path, key=path[1] == "keep"),
        )
        for path, column in named
        if column not in columns
    ] + [
        document.problem("P103", f"'{way}' {why}", document.place_of(("legs", "keep", column)))
        for column, way in written.legs.keep.items()
        if column in columns and (why := misfit(column, columns[column].type, way)) is not None
    ]
