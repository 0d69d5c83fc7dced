"""The keys of ``metrics.yaml`` as pydantic models; those of a kind are derived from its dataclass.

A model checks keys and the form of values. What needs tables, columns or other metrics is checked afterwards.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
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

from cxkpi.calendar import MONTHS, WEEKDAYS, Every
from cxkpi.catalogue import quantities
from cxkpi.catalogue.quantities import Refusal
from cxkpi.documents.validation import Strict, describe, refusal
from cxkpi.kinds.definition import Duration
from cxkpi.kinds.expression import Expression
from cxkpi.kinds.registry import KINDS
from cxkpi.tables import TABLES, ColumnType

NOT_YET = ""
LATER: Mapping[str, str] = dict.fromkeys(
    ("targets", "protects", "versions", "min_group", "q", "formula", "extends"), NOT_YET
)
LATER_OF_KIND: Mapping[str, Mapping[str, str]] = {
    "repeat": dict.fromkeys(("look", "meets", "immature"), NOT_YET),
    "time_to_event": {**dict.fromkeys(("entered", "competing", "mean_until"), NOT_YET), "by": "Read a 'quantile'."},
    "ratio": {"as": "Name the dimension as the table calls it."},
}
LATER_KINDS = ("quantile", "formula")


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
        raise refusal("106", "times spread over periods ('split') are not supported by this version of cxkpi")
    return written


def _plain_table(written: Any) -> Any:
    if isinstance(written, dict):
        raise refusal("106", "rows of metrics are not supported here by this version of cxkpi", "Name a table.")
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
_LENGTH = {"type": "string", "pattern": quantities.DURATION.pattern}
_SHARE = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": quantities.PERCENTAGE.pattern}]}
_TARGET = {"anyOf": [{"type": "number"}, {"type": "string"}]}

# Validators run from the last to the first.
AnyDuration = Annotated[
    Duration, BeforeValidator(_whole_duration), _quantity(quantities.duration), WithJsonSchema(_LENGTH)
]
FixedDuration = Annotated[
    Duration, BeforeValidator(_fixed_duration), _quantity(quantities.duration), WithJsonSchema(_LENGTH)
]
Share = Annotated[float, _quantity(quantities.fraction), WithJsonSchema(_SHARE)]
Confidence = Annotated[float, _quantity(quantities.confidence), WithJsonSchema(_SHARE)]
Quantity = Annotated[str | float, WithJsonSchema(_TARGET)]
ExpressionText = Annotated[str, BeforeValidator(_as_text), WithJsonSchema(_TEXT)]
_ROLES: Mapping[str, Any] = {
    "column": str,
    "metric": str,
    "time": Annotated[str, BeforeValidator(_plain_time), WithJsonSchema(_TEXT)],
    "table": Annotated[str, BeforeValidator(_plain_table), WithJsonSchema({"enum": list(TABLES)})],
    "fraction": Share,
    "boolean": ExpressionText,
    "number": ExpressionText,
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


class Defaults(Written):
    confidence: Confidence = 0.95
    min_n: int = Field(default=30, ge=0)


class TableColumns(Written):
    columns: dict[str, ColumnType]


class ExampleText(Written):
    """An example as written: tables are text, with columns between bars."""

    name: str = ""
    given: dict[str, str]
    expect: dict[str, Any] = Field(default_factory=dict)
    expect_by: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)
    as_of: str | None = None
    every: Every = "all"
    since: str | None = None
    until: str | None = None
    round: int | None = Field(default=None, ge=0, le=12)
    truncate: int | None = Field(default=None, ge=0, le=12)


class Common(Written):
    """The keys that every metric may have."""

    kind: str
    label: str = ""
    objective: str = ""
    description: str = ""
    unit: str = ""
    better: Literal["higher", "lower", "inside"] | None = None
    target: Quantity | list[Quantity] | None = None
    alarm: Quantity | None = None
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


TOP: Mapping[str, Any] = {
    "cxkpi": int,
    "headline": list[str],
    "calendar": Calendar,
    "defaults": Defaults,
    "tables": dict[str, TableColumns],
    "fields": dict[str, dict[str, ExpressionText]],
    "metrics": dict[str, dict[str, Any]],
}


@cache
def metric_model(kind: str) -> type[Common]:
    """The model of all keys a metric of that kind takes."""
    fields = _fields(KINDS[kind].Spec)
    fields["kind"] = (Literal[kind], ...)
    return create_model(f"{kind} metric", __base__=Common, **fields)


@cache
def model_of(spec: type) -> type[Strict]:
    """The model of a mapping with a dataclass's keys."""
    return create_model(spec.__name__, __base__=Strict, **_fields(spec))


def key_of(field_name: str) -> str:
    """The key a dataclass's field is written under: ``from_`` is ``from``."""
    return field_name.rstrip("_")


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


def _fields(spec: type) -> dict[str, Any]:
    hints = hints_of(spec)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(spec):
        needed = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        # A key that is left out gets the dataclass's default later; a key left empty is an error.
        info = Field(... if needed else None, alias=key_of(field.name))
        fields[field.name] = (_form(optional(hints[field.name])), info)
    return fields


def _form(alternatives: tuple[Any, ...]) -> Any:
    """What may be written for a field, as pydantic takes it."""
    if len(alternatives) == 1:
        return _single(alternatives[0])
    mapping = [part for part in alternatives if dataclasses.is_dataclass(part)]
    text = [part for part in alternatives if part not in mapping]
    if len(mapping) != 1 or len(text) != 1:
        raise TypeError(f"a field takes one mapping and one word at most, not {alternatives}")
    return Annotated[
        Union[Annotated[_single(mapping[0]), Tag("<mapping>")], Annotated[_single(text[0]), Tag("<text>")]],  # noqa: UP007
        Discriminator(_is_mapping),
    ]


def _is_mapping(written: Any) -> str:
    return "<mapping>" if isinstance(written, dict) else "<text>"


def _single(annotation: Any) -> Any:
    named = role(annotation)
    if named is not None:
        return _ROLES[named]
    if annotation is Duration:
        return FixedDuration
    if annotation is Expression:
        raise TypeError("an expression needs its type: use Condition or Amount")
    if dataclasses.is_dataclass(annotation):
        return model_of(annotation)  # type: ignore[arg-type]
    if get_origin(annotation) is tuple:
        return Annotated[list[_single(get_args(annotation)[0])], Field(min_length=1)]  # type: ignore[misc]
    return annotation
