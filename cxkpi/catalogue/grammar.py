"""The keys of ``metrics.yaml`` as pydantic models; those of a kind are derived from its dataclass.

A model checks keys and the form of values. What needs tables, columns or other metrics is checked afterwards.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    field_validator,
)

from cxkpi.calendar import MONTHS, PATTERNS, WEEKDAYS, Every
from cxkpi.catalogue.values import quantities
from cxkpi.catalogue.values.clock import STRETCH, one_or_more
from cxkpi.catalogue.values.quantities import Refusal
from cxkpi.documents.validation import Strict, describe, refusal
from cxkpi.kinds.definition import MIN_GROUP, Duration, MetricRows, TableName
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.registry import KINDS
from cxkpi.tables import TABLES, ColumnType

NOT_YET = ""
LATER: Mapping[str, str] = {}
LATER_OF_KIND: Mapping[str, Mapping[str, str]] = {}
LATER_KINDS: tuple[str, ...] = ()


def _quantity(parse: Callable[[Any], Any]) -> BeforeValidator:
    def checked(written: Any) -> Any:
        if isinstance(written, bool) or not isinstance(written, str | int | float):
            raise refusal("103", f"a quantity is a number with its unit, not {describe(written)}")
        parsed = parse(written)
        if isinstance(parsed, Refusal):
            raise refusal("107", parsed.message, parsed.hint)
        return parsed

    return BeforeValidator(checked)


def _as_text(written: Any) -> Any:
    # `where: true` and `sum: 1` are expressions, although YAML reads them as something else.
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, int | float):
        return repr(written)
    return written


def _plain_time(written: Any) -> Any:
    if isinstance(written, dict):
        raise refusal("103", "a stretch ('split') is not taken here", "Name a column; an amount ('sum') can be split.")
    return written


def _plain_table(written: Any) -> Any:
    if isinstance(written, dict):
        raise refusal("103", "rows of metrics are not taken here", "Name a table.")
    return written


def _whole_duration(written: Any) -> Any:
    if isinstance(written, Duration):
        if written.unit not in ("d", "wk", "mo") or written.amount < 1 or written.amount % 1:
            raise refusal("107", f"'{written}' is not a window of whole periods", "Write whole days, weeks or months.")
        return written
    return written


def _fixed_duration(written: Any) -> Any:
    if isinstance(written, Duration) and written.unit == "mo":
        raise refusal("107", f"'{written}' has no fixed length", "Write it in days or weeks.")
    return written


_TEXT = {"type": "string"}
_FIXED_LENGTH = {"type": "string", "pattern": r"\+?[0-9]+(?:\.[0-9]+)?\s*(s|m|h|d|wk)"}
_WHOLE_LENGTH = {"type": "string", "pattern": r"\+?0*[1-9][0-9]*(?:\.0+)?\s*(d|wk|mo)"}
_SHARE = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": quantities.PERCENTAGE.pattern}]}
_TARGET = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": quantities.WRITTEN}]}
_EXPRESSION = {"type": ["string", "number", "boolean"]}

# Validators run from the last to the first.
AnyDuration = Annotated[
    Duration, BeforeValidator(_whole_duration), _quantity(quantities.duration), WithJsonSchema(_WHOLE_LENGTH)
]
FixedDuration = Annotated[
    Duration, BeforeValidator(_fixed_duration), _quantity(quantities.duration), WithJsonSchema(_FIXED_LENGTH)
]
Share = Annotated[float, _quantity(quantities.fraction), WithJsonSchema(_SHARE)]
Confidence = Annotated[float, _quantity(quantities.confidence), WithJsonSchema(_SHARE)]
Quantity = Annotated[str | float, WithJsonSchema(_TARGET)]
MinGroup = Annotated[int, Field(ge=2)]
# A queue called 7, or a flag: shown, and compared, as text.
DimensionValue = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]
_HOURS = {"type": "string", "pattern": f"^{STRETCH.pattern}$"}
_DAYS_OR_FILE = {"anyOf": [_TEXT, {"type": "array", "items": {"type": "string", "format": "date"}}]}
Stretches = Annotated[
    list[str],
    BeforeValidator(one_or_more),
    WithJsonSchema({"anyOf": [_HOURS, {"type": "array", "items": _HOURS}]}),
]
Holidays = Annotated[list[str], BeforeValidator(one_or_more), WithJsonSchema(_DAYS_OR_FILE)]
ExpressionText = Annotated[str, BeforeValidator(_as_text), WithJsonSchema(_EXPRESSION)]
_ROLES: Mapping[str, Any] = {
    "column": str,
    "metric": str,
    "time": Annotated[str, BeforeValidator(_plain_time), WithJsonSchema(_TEXT)],
    "table": Annotated[str, BeforeValidator(_plain_table), WithJsonSchema({"anyOf": [{"enum": list(TABLES)}, _TEXT]})],
    "dimensions": Annotated[dict[str, str], Field(min_length=1)],
    "fraction": Share,
    "periods": AnyDuration,
    "boolean": ExpressionText,
    "number": ExpressionText,
    "formula": ExpressionText,
}


class Written(Strict):
    """A mapping in which no key is left empty; a key that says nothing is left out."""

    @field_validator("*", mode="before")
    @classmethod
    def _says_something(cls, written: Any, info: ValidationInfo) -> Any:
        if written is None:
            key = key_of(info.field_name or "")
            raise refusal("103", f"'{key}' is empty", "Leave the key out, or write a value.")
        return written


class Calendar(Written):
    timezone: str
    week_starts: Literal[*WEEKDAYS] = "monday"  # type: ignore[valid-type]
    year_starts: Literal[*MONTHS] = "january"  # type: ignore[valid-type]
    pattern: Literal[*PATTERNS] | None = None  # type: ignore[valid-type]
    year_rule: Literal["nearest", "last"] = "nearest"
    year_name: Literal["end", "start"] = "end"
    compare: Literal["dates", "weekdays"] = "dates"
    hours: dict[str, Stretches] | None = None
    holidays: Holidays | None = None


class Defaults(Written):
    confidence: Confidence = 0.95
    min_n: int = Field(default=30, ge=0)
    min_group: MinGroup = MIN_GROUP
    examples: Literal["optional", "required"] = "optional"


class ColumnText(Written):
    """A column with more than its type."""

    type: ColumnType
    event: bool | None = None
    role: Literal["plain", "identifier", "free text"] | None = None


class LookupText(Written):
    """A many-to-one step to another table by a column of the same name on both sides."""

    table: str
    on: str


def _is_column_text(written: Any) -> str:
    return "<mapping>" if isinstance(written, dict | ColumnText) else "<text>"


AnyColumn = Annotated[
    Annotated[ColumnText, Tag("<mapping>")] | Annotated[ColumnType, Tag("<text>")], Discriminator(_is_column_text)
]


class TableText(Written):
    """Further columns and look-ups of a canonical table, or a table of the catalogue's own."""

    row: str | None = None
    key: Annotated[list[str], Field(min_length=1)] | None = None
    time: list[str] | None = None
    columns: dict[str, AnyColumn] = Field(default_factory=dict)
    lookups: dict[str, LookupText] = Field(default_factory=dict)
    span: list[str] | None = None


# Fields of a row of the Result that an example may expect, and what they may be.
IN_UNIT = ("value", "low", "high")
NUMBERS = (*IN_UNIT, "n", "numerator", "denominator", "immature", "missing", "censored")
WORDS: Mapping[str, tuple[str, ...]] = {
    "status": ("met", "missed", "alarm"),
    "reason": ("no_target", "empty", "too_few", "withheld", "immature", "partial", "not_reached", "refused"),
}
EXPECTED = (*NUMBERS, *WORDS)
_EXPECTED = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        **{name: {"type": ["number", "string", "null"] if name in IN_UNIT else ["number", "null"]} for name in NUMBERS},
        **{name: {"enum": [*words, None]} for name, words in WORDS.items()},
    },
}
Expected = Annotated[dict[str, Any], WithJsonSchema(_EXPECTED)]


class ExampleText(Written):
    """An example as written: tables are text, with columns between bars."""

    name: str = ""
    given: dict[str, str]
    expect: Expected = Field(default_factory=dict)
    expect_by: dict[str, dict[str, Expected]] = Field(default_factory=dict)
    as_of: str | None = None
    every: Every = "all"
    since: str | None = None
    until: str | None = None
    round: int | None = Field(default=None, ge=0, le=12)
    truncate: int | None = Field(default=None, ge=0, le=12)


class GoalText(Written):
    """A target or alarm for some dimension values and dates."""

    when: dict[str, DimensionValue | list[DimensionValue]] = Field(default_factory=dict)
    from_: str | None = Field(default=None, alias="from")
    until: str | None = None
    target: Quantity | list[Quantity] | None = None
    alarm: Quantity | list[Quantity] | None = None


class Common(Written):
    """The keys that every metric may have."""

    kind: str
    label: str = ""
    objective: str = ""
    description: str = ""
    unit: str = ""
    better: Literal["higher", "lower", "inside"] | None = None
    target: Quantity | list[Quantity] | None = None
    alarm: Quantity | list[Quantity] | None = None
    targets: list[GoalText] = Field(default_factory=list)
    min_n: Annotated[int, Field(ge=0)] | None = None
    confidence: Confidence | None = None
    matures: FixedDuration | None = None
    cluster: str | None = None
    guards: list[str] = Field(default_factory=list)
    family: str | None = None
    private: bool = False
    owner: str | None = None
    source: str | None = None
    aka: list[str] = Field(default_factory=list)
    roll: AnyDuration | None = None
    examples: list[ExampleText] = Field(default_factory=list)
    variants: dict[str, dict[str, Any]] = Field(default_factory=dict)
    protects: str | None = None
    min_group: MinGroup | None = None
    versions: list[dict[str, Any]] = Field(default_factory=list)


TOP: Mapping[str, Any] = {
    "cxkpi": int,
    "extends": str,
    "headline": list[str],
    "calendar": Calendar,
    "defaults": Defaults,
    "tables": dict[str, TableText],
    "fields": dict[str, dict[str, ExpressionText]],
    "metrics": dict[str, dict[str, Any]],
}


@cache
def metric_model(kind: str, *, loose: bool = False) -> type[Common]:
    """The model of all keys a metric of that kind takes; ``loose``: none of which is required."""
    fields = _fields(KINDS[kind].Spec, loose=loose)
    fields["kind"] = (Literal[kind], ...)
    return create_model(f"{kind} metric", __base__=Common, **fields)


@cache
def model_of(spec: type) -> type[Strict]:
    """The model of a mapping with a dataclass's keys."""
    return create_model(spec.__name__, __base__=Strict, **_fields(spec))


@cache
def _loose_model_of(spec: type) -> type[Strict]:
    """The same, with no key required; rows of metrics say nothing without theirs."""
    if spec is MetricRows:
        return model_of(spec)
    return create_model(spec.__name__, __base__=model_of(spec), **_fields(spec, loose=True))


def key_of(field_name: str) -> str:
    """The key a dataclass's field is written under: ``from_`` is ``from``."""
    return field_name.rstrip("_")


@cache
def hints_of(spec: type) -> Mapping[str, Any]:
    """A dataclass's annotations with their roles."""
    return get_type_hints(spec, include_extras=True)


def optional(annotation: Any) -> tuple[Any, ...]:
    """The alternatives of an annotation, None left out."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(part for part in get_args(annotation) if part is not type(None))
    return (annotation,)


def role(annotation: Any) -> str | None:
    """The role of ``Annotated[str, "column"]`` and its like."""
    return str(annotation.__metadata__[0]) if get_origin(annotation) is Annotated else None


def _fields(spec: type, *, loose: bool = False) -> dict[str, Any]:
    hints = hints_of(spec)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(spec):
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        # A key that is left out gets the dataclass's default later; a key left empty is an error.
        info = Field(... if needed and not loose else None, alias=key_of(field.name))
        fields[field.name] = (_form(optional(hints[field.name]), loose), info)
    return fields


def _form(alternatives: tuple[Any, ...], loose: bool) -> Any:
    """What may be written for a field, as pydantic takes it."""
    if len(alternatives) == 1:
        return _single(alternatives[0], loose)
    tagged = {_tag(part): part for part in alternatives}
    if len(tagged) != len(alternatives):
        raise TypeError(f"what is written does not tell these apart: {alternatives}")
    members = tuple(Annotated[_single(part, loose), Tag(tag)] for tag, part in tagged.items())

    def written_as(written: Any) -> str:
        return _written_as(tagged.keys(), written)

    return Annotated[Union[members], Discriminator(written_as)]  # noqa: UP007


_TEXT_TAG, _LIST_TAG, _PLAIN_TAG, _TABLE_TAG, _ROWS_TAG = "<text>", "<list>", "<mapping>", "<of a table>", "<of rows>"


def _tag(alternative: Any) -> str:
    """What an alternative is told apart by: a word, a list, or a mapping without ``from``, of a table, or of rows."""
    if get_origin(alternative) is tuple:
        return _LIST_TAG
    if not dataclasses.is_dataclass(alternative):
        return _TEXT_TAG
    source = hints_of(alternative).get("from_")  # type: ignore[arg-type]
    if source is None:
        return _PLAIN_TAG
    return _ROWS_TAG if dataclasses.is_dataclass(source) else _TABLE_TAG


def _written_as(tags: Collection[str], written: Any) -> str:
    if isinstance(written, dict):
        source = written.get("from")
        meant = _PLAIN_TAG if "from" not in written else _ROWS_TAG if isinstance(source, dict) else _TABLE_TAG
        order: tuple[str, ...] = (meant, _ROWS_TAG, _TABLE_TAG, _PLAIN_TAG)
    else:
        order = (_LIST_TAG,) if isinstance(written, list) else ()
    return next((tag for tag in (*order, _TEXT_TAG) if tag in tags), min(tags))


def _single(annotation: Any, loose: bool) -> Any:
    named = role(annotation)
    if named == "source":
        return _form((MetricRows, TableName), loose)
    if named is not None:
        return _ROLES[named]
    if annotation is Duration:
        return FixedDuration
    if annotation is Expression:
        raise TypeError("an expression needs its type: use Condition or Amount")
    if dataclasses.is_dataclass(annotation):
        return _loose_model_of(annotation) if loose else model_of(annotation)  # type: ignore[arg-type]
    if get_origin(annotation) is tuple:
        return Annotated[list[_single(get_args(annotation)[0], loose)], Field(min_length=1)]  # type: ignore[misc]
    return annotation
