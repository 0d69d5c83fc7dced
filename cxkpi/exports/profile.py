"""What a profile says: how one vendor's export is recognised, read and turned into rows of the canonical tables.

A profile is a YAML file of one page or less that an analyst can write; the models here are its grammar. Words in lists
are compared trimmed and without regard to case.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

DURATION_UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


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


Text: TypeAlias = Annotated[str, BeforeValidator(_text)]
Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class Model(BaseModel):
    """A part of a profile: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False, validate_by_alias=True)


class Condition(Model):
    """What a cell must be: ``filled``, ``empty``, a word, a list of words, or a mapping of which every part must hold.

    The mapping's keys: ``is`` (filled or empty), ``words``, ``not`` (words it must not be; an empty cell is none of
    them) and ``matches`` (a regular expression found anywhere in it).
    """

    is_: Literal["filled", "empty"] | None = Field(default=None, alias="is")
    words: Texts = ()
    not_: Texts = Field(default=(), alias="not")
    matches: Text | None = None

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


class Rule(Model):
    """How one canonical column is filled from a record.

    ``from``: the heading, or several spellings of it, the first present being used. ``join`` (``with`` between them):
    several headings as one text. ``is``: a constant. ``row_number``: the file and line, where an export has no
    identifier. The text is then cut (``split``, ``pick``: first, last or a number from 1), freed of prefixes
    (``strip``), compared with ``nulls``, mapped (``values``, ``otherwise``) and cast to the column's type: by
    ``format`` for instants and dates, ``unit`` for durations, ``decimal`` (the decimal sign) for numbers and durations,
    ``true``/``false`` words or ``filled`` for booleans.
    ``empty`` stands for an empty cell. ``plus`` adds durations (in ``unit``) to an instant. ``scale`` bounds a score.
    ``when``: otherwise null. ``login``: the cell is a login of that system and is looked up in people.csv or
    customers.csv.
    """

    from_: Texts = Field(default=(), alias="from")
    join: Texts = ()
    with_: str = Field(default=" ", alias="with")
    is_: Text | None = Field(default=None, alias="is")
    row_number: bool = False
    format: Texts = ()
    decimal: Literal[".", ","] | None = None
    unit: Literal["ms", "s", "m", "h", "d"] = "s"
    split: Text | None = None
    pick: Literal["first", "last"] | int = "first"
    strip: Texts = ()
    lower: bool = False
    nulls: Texts = ()
    values: Annotated[Mapping[str, str | None], BeforeValidator(_mapping_of_texts)] = Field(default_factory=dict)
    otherwise: Text | None = None
    true: Texts = ("true", "yes", "y", "t", "1")
    false: Texts = ("false", "no", "n", "f", "0")
    filled: bool | None = None
    empty: Text | None = None
    plus: Texts = ()
    scale: tuple[float, float] | None = None
    required: bool = False
    when: Mapping[Text, Condition] = Field(default_factory=dict)
    login: Text | None = None

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

    @model_validator(mode="after")
    def _one_origin(self) -> Rule:
        origins = [bool(self.from_), bool(self.join), self.is_ is not None, self.row_number]
        if sum(origins) != 1:
            raise ValueError("give exactly one of 'from', 'join', 'is' and 'row_number'")
        return self


@dataclass(frozen=True, slots=True)
class Rows:
    """One row a record may give: its rules by canonical column, alternatives in order, and when there is such a row."""

    rules: Mapping[str, tuple[Rule, ...]]
    when: When


class Match(Model):
    """``headings``: those that must all be there; a list within the list names several spellings of one heading."""

    headings: tuple[Texts, ...] = Field(min_length=1)


class Skip(Model):
    """Records that are not data: ``when`` all its conditions hold; ``why`` is for the reader of the profile."""

    when: Mapping[Text, Condition] = Field(min_length=1)
    why: str | None = None


class Say(Model):
    """A note for the reader of the report where any record meets ``when``."""

    when: Mapping[Text, Condition] = Field(min_length=1)
    say: str


class File(Model):
    """How the file is written, where that cannot be seen in it.

    ``header_rows`` counts the headings and the rows below them that are no data; ``header_mark`` is a text in every
    filled cell of the last of these rows, without which there is only one. ``footer``: patterns of the first
    line after the data.
    """

    delimiter: Literal[",", ";", "tab", "|"] | None = None
    encoding: Text | None = None
    header_rows: int = Field(default=1, ge=1, le=10)
    header_mark: Text | None = None
    footer: Texts = ()
    timezone: str | None = None
    nulls: Texts = ()


class Written(Model):
    """A profile as its file has it, but for ``tables``, which needs the canonical tables to be understood."""

    profile: str = Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")
    title: str | None = None
    source: str | None = None
    system: str
    match: Match
    file: File = Field(default_factory=File)
    skip: tuple[Skip, ...] = ()
    notes: tuple[Say, ...] = ()
    version: Rule | None = None
    tables: Mapping[str, Any] = Field(min_length=1)


Origin: TypeAlias = Literal["user", "shipped", "plain"]


@dataclass(frozen=True)
class Profile:
    """A profile ready for use. ``tables``: table name -> the rows one record may give."""

    name: str
    system: str
    headings: tuple[tuple[str, ...], ...]
    file: File
    skip: tuple[Skip, ...]
    notes: tuple[Say, ...]
    version: Rule | None
    tables: Mapping[str, tuple[Rows, ...]]
    origin: Origin = "user"
    written_in: str = ""
    closed: bool = False
    """No heading may be left over: true for the plain layouts, whose headings say little."""

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Every heading some rule, condition or version names, in the order written."""
        names: dict[str, None] = {}
        for spellings in self.headings:
            names.update(dict.fromkeys(spellings))
        conditions = [*(skip.when for skip in self.skip), *(say.when for say in self.notes)]
        rules = [self.version] if self.version else []
        for templates in self.tables.values():
            for rows in templates:
                conditions.append(rows.when)
                rules.extend(rule for alternatives in rows.rules.values() for rule in alternatives)
        for rule in rules:
            names.update(dict.fromkeys((*rule.from_, *rule.join, *rule.plus)))
            conditions.append(rule.when)
        for when in conditions:
            names.update(dict.fromkeys(when))
        return tuple(names)

    @cached_property
    def known(self) -> frozenset[str]:
        """``used``, normalised."""
        return frozenset(normalise(name) for name in self.used)

    @cached_property
    def asked(self) -> tuple[frozenset[str], ...]:
        """``headings``, normalised: the spellings of each one that must be there."""
        return tuple(frozenset(normalise(name) for name in spellings) for spellings in self.headings)
