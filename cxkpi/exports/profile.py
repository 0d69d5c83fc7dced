"""What a profile says: how one vendor's export is recognised, read and turned into rows of the canonical tables.

A profile is a YAML file of one page or less that an analyst can write; the models here are its grammar. Words in lists
are compared trimmed and without regard to case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, TypeAlias

import polars as pl
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
    model_validator,
)

from cxkpi.documents.spelling import listed
from cxkpi.documents.validation import refusal
from cxkpi.errors import Place
from cxkpi.exports.values.durations import DURATION_UNITS

LIKE = "like:"
"""What stands before a regular expression that takes the place of a heading."""


@lru_cache(maxsize=4096)
def normalise(heading: str) -> str:
    """A heading for comparison: no byte-order mark, NFKC, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", heading.replace("\ufeff", "")).casefold().split())


def _text(value: Any) -> Any:
    """A YAML scalar as the text a CSV cell would hold: an analyst writes ``values: {1: yes}``, the cell says ``1``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value


def _texts(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return tuple(_text(item) for item in value)
    return (_text(value),)


def _mapping_of_texts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_text(key): _text(item) for key, item in value.items()}
    return value


def _units(value: Any) -> Any:
    """One unit or several, each of them known."""
    units = value if isinstance(value, list | tuple) else (value,)
    for unit in units:
        if unit not in DURATION_UNITS:
            message = f"'{unit}' is not a value of 'unit'; it takes {listed(DURATION_UNITS)}"
            raise refusal("105", message)
    if not units:
        raise refusal("105", f"'unit' is an empty list; it takes {listed(DURATION_UNITS)}")
    return tuple(dict.fromkeys(units))


def _phone(value: Any) -> Any:
    """``true`` is a number of no known country, ``false`` none at all; the rest is a country code."""
    if isinstance(value, bool):
        return "" if value else None
    return _text(value)


def _pattern(pattern: str) -> str:
    """A pattern for single lines and headings."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise refusal("103", f"'{pattern}' is not a regular expression: {error}") from error
    return pattern


@lru_cache(maxsize=1024)
def _cell_pattern(pattern: str) -> str:
    """A pattern for whole columns, which has no look-around and no references back."""
    try:
        pl.Series(["a cell"]).str.contains(pattern)
    except pl.exceptions.ComputeError as error:
        hint = "Look-around and references back are not known here."
        raise refusal("103", f"'{pattern}' is not a regular expression", hint) from error
    return pattern


def _catches(pattern: str) -> str:
    if re.compile(pattern).groups != 1:
        raise refusal("103", f"'{pattern}' must have exactly one group in brackets: what is to be taken")
    return pattern


def _text_or_mapping(value: Any) -> str:
    """Which of two forms a value is meant to have, so that only what is wrong with that one is said."""
    return "mapping" if isinstance(value, Mapping | BaseModel) else "text"


def _heading(name: str) -> str:
    """A heading, or ``like:`` and a regular expression that finds one."""
    if name.startswith(LIKE):
        _pattern(name.removeprefix(LIKE))
    return name


Text: TypeAlias = Annotated[str, BeforeValidator(_text)]
Heading: TypeAlias = Annotated[Text, AfterValidator(_heading)]
Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Pattern: TypeAlias = Annotated[Text, AfterValidator(_pattern)]
Patterns: TypeAlias = Annotated[tuple[Pattern, ...], BeforeValidator(_texts)]
CellPattern: TypeAlias = Annotated[Text, AfterValidator(_cell_pattern)]
Catching: TypeAlias = Annotated[Text, AfterValidator(_pattern), AfterValidator(_catches)]


class Model(BaseModel):
    """A part of a profile: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False, validate_by_alias=True)


class Condition(Model):
    """What a cell must be: ``filled``, ``empty``, a word, a list of words, or a mapping of which every part must hold.

    The mapping's keys: ``is`` (filled or empty), ``words``, ``not`` (words it must not be; an empty cell is none of
    them), ``matches`` (a regular expression found anywhere in it), ``not_matches`` (one that is not) and ``above`` (a
    number or duration greater than this; a cell that is neither is not).
    """

    is_: Literal["filled", "empty"] | None = Field(default=None, alias="is")
    words: Texts = ()
    not_: Texts = Field(default=(), alias="not")
    matches: CellPattern | None = None
    not_matches: CellPattern | None = None
    above: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            return value
        words = _texts(value)
        if words in (("filled",), ("empty",)):
            return {"is": words[0]}
        return {"words": words}


When: TypeAlias = Mapping[str, Condition]


class RowZone(Model):
    """The zone of each row: what a cell says, as a name of the IANA list or an offset such as ``GMT+3``.

    ``values``: word in the cell -> zone, for systems that write ``Eastern Time``.
    """

    from_: Texts = Field(alias="from")
    values: Annotated[Mapping[str, str], BeforeValidator(_mapping_of_texts)] = Field(default_factory=dict)


_Zone: TypeAlias = Annotated[
    Annotated[str, Tag("text")] | Annotated[RowZone, Tag("mapping")], Discriminator(_text_or_mapping)
]


class Rule(Model):
    """How one canonical column is filled from a record.

    Its origin is one of: ``from``, the heading, or several spellings of it, the first present being used; ``like``, a
    regular expression of which the first heading that matches is read, or with ``of_heading`` what its group catches in
    the heading itself; ``join`` (``with`` between them), several headings as one text; ``is``, a constant;
    ``row_number``, the file and line, where an export has no identifier; ``between``, the time from one instant to
    another.

    The text is cut (``split``, ``pick``: first, last or a number from 1; ``extract``: the group of a regular
    expression), freed of prefixes (``strip``), compared with ``nulls``, made a number to call (``phone``), mapped
    (``values``, ``otherwise``) and cast to the column's type: by ``format`` and ``timezone`` for instants and dates,
    ``unit`` and ``clock`` for durations, ``decimal`` (the decimal sign) for numbers and durations, ``percent`` for
    shares (``hundred``: 83.2 is 0.832; ``fraction``: 0.832 is; ``true``: as the column shows), ``true``/``false`` words
    or ``filled`` for booleans. ``empty`` stands for an empty cell.

    ``plus`` and ``minus`` add and subtract what other headings hold, ``times`` multiplies with it. ``scale`` bounds a
    score. ``when``: otherwise null. ``login``: the cell is a login of that system and is looked up in people.csv or
    customers.csv. Of several ``unit`` one is chosen for the whole file by what fits the times of its rows. ``confirm``:
    this rule was drafted and nobody has confirmed it yet.
    """

    from_: Texts = Field(default=(), alias="from")
    like: Pattern | None = None
    of_heading: bool = False
    join: Texts = ()
    with_: str = Field(default=" ", alias="with")
    is_: Text | None = Field(default=None, alias="is")
    row_number: bool = False
    between: Texts = ()
    format: Texts = ()
    timezone: _Zone | None = None
    decimal: Literal[".", ","] | None = None
    percent: bool | Literal["hundred", "fraction"] = False
    unit: Annotated[tuple[str, ...], BeforeValidator(_units)] = ("s",)
    clock: Literal["m:s", "h:m"] = "m:s"
    split: Text | None = None
    pick: Literal["first", "last"] | int = "first"
    extract: Annotated[Catching, AfterValidator(_cell_pattern)] | None = None
    strip: Texts = ()
    lower: bool = False
    phone: Annotated[str | None, BeforeValidator(_phone)] = Field(default=None, pattern=r"^\d{0,3}$")
    nulls: Texts = ()
    values: Annotated[Mapping[str, str | None], BeforeValidator(_mapping_of_texts)] = Field(default_factory=dict)
    otherwise: Text | None = None
    true: Texts = ("true", "yes", "y", "t", "1", "sí", "si", "oui", "ja", "sim")
    false: Texts = ("false", "no", "n", "f", "0", "non", "nein", "nee", "nej", "nei", "não")
    filled: bool | None = None
    empty: Text | None = None
    plus: Texts = ()
    minus: Texts = ()
    times: Text | None = None
    scale: tuple[float, float] | None = None
    required: bool = False
    when: Mapping[Heading, Condition] = Field(default_factory=dict)
    login: Text | None = None
    confirm: bool = False

    @model_validator(mode="before")
    @classmethod
    def _heading_alone(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, str | int | float) else value

    @field_validator("pick")
    @classmethod
    def _counts_from_one(cls, value: str | int) -> str | int:
        if isinstance(value, int) and value < 1:
            raise ValueError("counts parts from 1")
        return value

    @field_validator("between")
    @classmethod
    def _from_one_to_another(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and len(value) != 2:
            raise ValueError("names two headings, where the time begins and where it ends")
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Rule:
        origins = (self.from_, self.like, self.join, self.is_ is not None, self.row_number, self.between)
        if sum(bool(origin) for origin in origins) != 1:
            raise ValueError("give exactly one of 'from', 'like', 'join', 'is', 'row_number' and 'between'")
        if self.of_heading and self.like is None:
            raise ValueError("'of_heading' needs 'like', whose group catches something in the heading")
        if self.of_heading and re.compile(self.like or "").groups != 1:
            raise ValueError("with 'of_heading' the regular expression of 'like' must have exactly one group")
        return self

    @cached_property
    def headings(self) -> tuple[str, ...]:
        """Every heading this rule names, those of its conditions too."""
        zone = self.timezone.from_ if isinstance(self.timezone, RowZone) else ()
        times = () if self.times is None else (self.times,)
        return (*self.from_, *self.join, *self.between, *self.plus, *self.minus, *times, *zone, *self.when)

    @property
    def of_rows(self) -> RowZone | None:
        """Where the zone of each row stands, if each has its own."""
        return self.timezone if isinstance(self.timezone, RowZone) else None


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a record may give: its rules by canonical column, alternatives in order, and when there is such a row.

    ``sum``: rows of one key within the file are parts of one, and their numbers are added up.
    """

    rules: Mapping[str, tuple[Rule, ...]]
    when: When
    sum: bool = False


class Match(Model):
    """How a file is known: by what its headings are, or where it has none by its lines.

    ``headings``: those that must all be there; a list within the list names several spellings of one heading.
    ``first``: what the first heading must be. ``like``: regular expressions, each found in some heading. ``unlike``:
    such as are found in none. ``lines``: one that the first filled lines of a file without headings all match.
    ``last_resort``: only where nothing else fits; asked for by name, ``headings`` and ``first`` are enough.
    """

    headings: tuple[Texts, ...] = ()
    first: Texts = ()
    like: Patterns = ()
    unlike: Patterns = ()
    lines: Pattern | None = None
    last_resort: bool = False

    @model_validator(mode="after")
    def _asks_for_something(self) -> Match:
        if not (self.headings or self.lines or self.first or self.like):
            raise ValueError("give 'headings', or for a file without headings 'lines'")
        if self.lines and (self.headings or self.first or self.like or self.unlike):
            raise ValueError("'lines' is for files without headings, so nothing can be asked of them")
        return self


class Skip(Model):
    """Records that are not data: ``when`` all its conditions hold; ``why`` is for the reader of the profile.

    ``say``: a note for the reader of the report, with the number of records skipped.
    """

    when: Mapping[Heading, Condition] = Field(min_length=1)
    why: str | None = None
    say: str | None = None


class Say(Model):
    """A note for the reader of the report where any record meets ``when``."""

    when: Mapping[Heading, Condition] = Field(min_length=1)
    say: str


class Sections(Model):
    """A file of several blocks, each with its own lines above its own headings.

    ``captures``: column -> regular expression whose group is caught in the lines above. ``times``: two headings of
    clock times of which only the last says AM or PM. ``ends``: lines that are no data.
    """

    captures: Mapping[Text, Catching] = Field(default_factory=dict)
    times: Texts = ()
    ends: Patterns = ()

    @field_validator("times")
    @classmethod
    def _two(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value and len(value) != 2:
            raise ValueError("names two headings, where a stretch begins and where it ends")
        return value


class File(Model):
    """How the file is written, where that cannot be seen in it.

    ``header_rows`` counts the headings and the rows below them that are no data; ``header_mark`` is a text in every
    filled cell of the last of these rows, without which there is only one. ``columns``: names for the columns of a file
    without headings. ``ragged``: records may have fewer or more cells than there are headings. ``sections``: see there.
    ``each``: the array of which every element is a record (JSON). ``sheet``: the only one that is read (workbooks).
    ``footer``: patterns of the first line after the data. ``caps``: numbers of
    records at which the system cuts exports off.
    """

    delimiter: Literal[",", ";", "tab", "|"] | None = None
    encoding: Text | None = None
    header_rows: int = Field(default=1, ge=1, le=10)
    header_mark: Text | None = None
    columns: Texts = ()
    ragged: bool = False
    sections: Sections | None = None
    each: Text | None = None
    sheet: Text | None = None
    footer: Texts = ()
    caps: tuple[Annotated[int, Field(gt=0)], ...] = ()
    timezone: str | None = None
    nulls: Texts = ()


Keep: TypeAlias = Literal["first", "last", "sum", "min", "max", "any", "until_answer", "first_agent", "none"]


class Legs(Model):
    """Several records are one contact: what tells them apart, their order, and how columns are folded.

    ``id``: the leg's own identifier, unique in the system. ``previous``: the leg before it. ``order``: columns of
    contacts. ``keep``: column -> what the contact takes of its legs. ``parts``: legs with an agent fill ``legs``.
    ``events``: the records are events, of which the legs are put together first.
    """

    id: Rule
    previous: Rule | None = None
    order: Texts = ("started_at",)
    keep: Mapping[Text, Keep] = Field(default_factory=dict)
    parts: bool = True
    events: bool = False


class Between(Model):
    """The seconds from one instant to another; ``format``: how both are written."""

    between: Texts
    format: Texts = ()

    @field_validator("between")
    @classmethod
    def _from_one_to_another(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) != 2:
            raise ValueError("names two headings, where the time begins and where it ends")
        return value


class Check(Model):
    """An identity that holds in every row of the export: ``sum`` less ``minus`` is ``equals``, ``within`` seconds.

    ``unit``: of plain numbers in these columns; if left out, that of the rule that reads the first of them, else
    seconds.
    """

    name: Text
    sum: Texts = Field(min_length=1)
    minus: Texts = ()
    equals: Annotated[
        Annotated[Text, Tag("text")] | Annotated[Between, Tag("mapping")], Discriminator(_text_or_mapping)
    ]
    within: float = Field(default=1.0, ge=0)
    unit: Literal["ms", "s", "m", "h", "d"] | None = None

    @property
    def headings(self) -> tuple[str, ...]:
        """Every heading the check reads."""
        equals = self.equals.between if isinstance(self.equals, Between) else (self.equals,)
        return (*self.sum, *self.minus, *equals)


class Questions(Model):
    """A survey export, in which a column that the profile does not use may hold answers.

    ``except``: regular expressions of headings that hold none.
    """

    except_: Patterns = Field(default=(), alias="except")


class Written(Model):
    """A profile as its file has it, but for ``tables``, which needs the canonical tables to be understood.

    ``status``: how well the headings are known. ``refuse``: nothing can be read from such an export, and why.
    ``spellings``: heading -> further spellings of it, good everywhere in the profile.
    """

    profile: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
    title: str | None = None
    source: str | None = None
    system: str
    status: Literal["verified", "partial"] | None = None
    refuse: str | None = None
    match: Match
    spellings: Mapping[Text, Texts] = Field(default_factory=dict)
    file: File = Field(default_factory=File)
    skip: tuple[Skip, ...] = ()
    notes: tuple[Say, ...] = ()
    version: Rule | None = None
    legs: Legs | None = None
    checks: tuple[Check, ...] = ()
    questions: Questions | None = None
    tables: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _reads_something(self) -> Written:
        if not self.tables and self.refuse is None:
            raise ValueError("'tables' is missing: what do the records become?")
        if self.match.lines is not None and not self.file.columns:
            raise ValueError("a file without headings needs names for its columns: 'file: columns'")
        return self


Origin: TypeAlias = Literal["user", "beside", "shipped", "plain"]


@dataclass(frozen=True)
class Profile:
    """A profile ready for use. ``tables``: table name -> the rows one record may give."""

    name: str
    system: str
    match: Match
    file: File
    skip: tuple[Skip, ...]
    notes: tuple[Say, ...]
    version: Rule | None
    tables: Mapping[str, tuple[Rows, ...]]
    origin: Origin = "user"
    written_in: str = ""
    closed: bool = False
    """No heading may be left over: true for the plain layouts, whose headings say little."""
    title: str | None = None
    source: str | None = None
    status: str | None = None
    refuse: str | None = None
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    legs: Legs | None = None
    checks: tuple[Check, ...] = ()
    questions: Questions | None = None
    unconfirmed: tuple[tuple[str, Place], ...] = ()
    unfilled: tuple[tuple[str, Place], ...] = ()
    """``table.column`` of every rule that asks to be confirmed, and where it stands."""

    @cached_property
    def headings(self) -> tuple[tuple[str, ...], ...]:
        """The headings that must all be there, each with every spelling of it."""
        return tuple(self.spelled(*names) for names in self.match.headings)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there is: of tables, the version and the legs."""
        found = [self.version] if self.version else []
        if self.legs is not None:
            found.append(self.legs.id)
            found += [self.legs.previous] if self.legs.previous else []
        for templates in self.tables.values():
            found += [rule for rows in templates for alternatives in rows.rules.values() for rule in alternatives]
        return tuple(found)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Every heading some rule, condition, check or version names, in the order written, with its spellings."""
        names: dict[str, None] = {}
        for spellings in self.match.headings:
            names.update(dict.fromkeys(spellings))
        names.update(dict.fromkeys(self.match.first))
        names.update(dict.fromkeys(self.file.columns))
        if self.file.sections is not None:
            names.update(dict.fromkeys((*self.file.sections.captures, *self.file.sections.times)))
        for rule in self.rules:
            names.update(dict.fromkeys(rule.headings))
        for check in self.checks:
            names.update(dict.fromkeys(check.headings))
        for when in self._conditions:
            names.update(dict.fromkeys(when))
        return self.spelled(*(name for name in names if not name.startswith(LIKE)))

    @property
    def _conditions(self) -> tuple[When, ...]:
        """Of records and rows; those of rules are among the headings of the rules."""
        rows = (rows.when for templates in self.tables.values() for rows in templates)
        return (*(skip.when for skip in self.skip), *(say.when for say in self.notes), *rows)

    @cached_property
    def patterns(self) -> tuple[str, ...]:
        """The regular expressions that find a heading for some rule or condition.

        ``Layout.positions`` has them under ``like:`` and the pattern.
        """
        names = [LIKE + rule.like for rule in self.rules if rule.like is not None]
        names += [name for rule in self.rules for name in rule.headings]
        names += [name for when in self._conditions for name in when]
        return tuple(dict.fromkeys(name.removeprefix(LIKE) for name in names if name.startswith(LIKE)))

    @cached_property
    def counted(self) -> dict[tuple[str, ...], int]:
        """Headings of files -> how many of them it knows, as far as recognition has asked: many files have the same."""
        return {}

    @cached_property
    def known(self) -> frozenset[str]:
        """``used``, normalised."""
        return frozenset(normalise(name) for name in self.used)

    @cached_property
    def asked(self) -> tuple[frozenset[str], ...]:
        """``headings``, normalised: the spellings of each one that must be there."""
        return tuple(frozenset(normalise(name) for name in spellings) for spellings in self.headings)

    @cached_property
    def _spellings(self) -> Mapping[str, tuple[str, ...]]:
        return {normalise(name): others for name, others in self.spellings.items()}

    def spelled(self, *names: str) -> tuple[str, ...]:
        """These headings and every further spelling of them, each once."""
        if not self.spellings:
            return tuple(dict.fromkeys(names))
        every = ((name, *self._spellings.get(normalise(name), ())) for name in names)
        return tuple(dict.fromkeys(spelling for spellings in every for spelling in spellings))

    def read_from(self, positions: Mapping[str, int]) -> tuple[int, ...]:
        """The positions of a file that this profile reads, in order; ``positions``: as ``Layout.positions``.

        With ``questions`` also those of columns that may hold answers nobody has mapped.
        """
        keys = [normalise(name) for name in self.used] + [LIKE + pattern for pattern in self.patterns]
        if self.closed:
            keys.append("source")
        read = {positions[key] for key in keys if key in positions}
        return tuple(sorted(read | set(self.unmapped(positions).values())))

    def unmapped(self, positions: Mapping[str, int]) -> Mapping[str, int]:
        """Headings, normalised, that may hold answers and are used by nothing; none without ``questions``."""
        if self.questions is None:
            return {}
        patterns = [re.compile(pattern, re.IGNORECASE) for pattern in self.questions.except_]
        used = {positions[key] for key in self.known if key in positions}
        used |= {positions[LIKE + pattern] for pattern in self.patterns if LIKE + pattern in positions}
        return {
            key: position
            for key, position in positions.items()
            if position not in used
            and key
            and not key.startswith(LIKE)
            and not any(pattern.search(key) for pattern in patterns)
        }
