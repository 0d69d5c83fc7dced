"""What pydantic says about a document, as problems with places and the nearest spelling.

Codes, after the letter of the document's family: 102 a required key is missing, 103 the wrong type of value, 104 an
unknown key, 105 not one of the values allowed, 106 a key that this version does not support. A validator that raises
``refusal`` chooses its own.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from cxkpi.documents.places import Document, Path
from cxkpi.documents.spelling import did_you_mean, listed, nearest
from cxkpi.errors import MAX_PROBLEMS, Place, Problem

_OURS = "cxkpi"
_SHOWN = 40
# What is left out may bring to light what else is wrong; in a document made by people, not for long.
_ROUNDS = 10
_TYPES = {
    "string_type": "text",
    "float_type": "a number",
    "float_parsing": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "mapping_type": "a mapping",
}


class Strict(BaseModel):
    """Base of every model of a document: unknown keys are errors, and text is never taken for a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def refusal(code: str, message: str, hint: str | None = None) -> PydanticCustomError:
    """The error a validator raises to choose its own code (digits only), message and hint."""
    # Braces would be read as a template.
    return PydanticCustomError(_OURS, "{message}", {"code": code, "message": message, "hint": hint})


def validate(
    annotation: Any,
    data: Any,
    document: Document,
    base: Path,
    noun: str,
    *,
    family: str = "C",
    later: Mapping[str, str] | None = None,
) -> tuple[Any, list[Problem]]:
    """``data`` as ``annotation`` (a model, or any type pydantic knows), and what is wrong with it.

    ``base`` is the path of ``data`` in the document, ``noun`` what it is called (``"a share metric"``). ``later``: keys
    that are known but not supported yet, each with a hint. The value is None where there are problems.
    """
    try:
        return _adapter(annotation).validate_python(data), []
    except ValidationError as error:
        return None, problems_of(error, annotation, data, document, base, noun, family=family, later=later)


@lru_cache(maxsize=256)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """Making one takes as long as using it ten times."""
    return TypeAdapter(annotation)


def problems_of(
    error: ValidationError,
    annotation: Any,
    data: Any,
    document: Document,
    base: Path,
    noun: str,
    *,
    family: str = "C",
    later: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Every complaint of pydantic as a Problem; see ``validate`` for the arguments."""
    details = error.errors(include_url=False)[:MAX_PROBLEMS]
    paths = [written_path(detail["loc"], data, missing=detail["type"] == "missing") for detail in details]
    unknown = [path for detail, path in zip(details, paths, strict=True) if detail["type"] == "extra_forbidden"]
    unknown = [path for path in unknown if path[-1] not in (later or {})]
    guesses = {(*path[:-1], nearest(str(path[-1]), keys_at(annotation, path[:-1]))) for path in unknown}
    return [
        _problem(detail, annotation, path, document, base, noun, family, later or {})
        for detail, path in zip(details, paths, strict=True)
        # What is written under a wrong name is not missing as well.
        if detail["type"] != "missing" or path not in guesses
    ]


def without_wrong(annotation: Any, data: Mapping[str, Any]) -> tuple[Any, frozenset[Path]]:
    """``data`` without what is wrong with it, and the keys that are written there all the same.

    Those are the keys left out and, for one that is not known, the one it was probably meant to be. Of a list all that
    stands before the first wrong entry is kept, so that the others keep their positions. ``annotation`` should require
    as little as can be done without: what lacks a required key is left out with it.
    """
    known = keys_at(annotation, ())
    unknown = [key for key in data if key not in known]
    unusable: set[Path] = {(nearest(key, known) or "",) for key in unknown[:MAX_PROBLEMS]}
    data = {key: value for key, value in data.items() if key in known}
    for _ in range(_ROUNDS):
        try:
            _adapter(annotation).validate_python(data)
        except ValidationError as error:
            wrong = set()
            for detail in error.errors(include_url=False)[:MAX_PROBLEMS]:
                missing = detail["type"] == "missing"
                path = written_path(detail["loc"], data, missing=missing)
                wrong.add(path[:-1] if missing else path)
                if detail["type"] == "extra_forbidden":
                    unusable.add((*path[:-1], nearest(str(path[-1]), keys_at(annotation, path[:-1])) or ""))
            if () in wrong:
                break
            before = data
            for path in sorted(wrong, key=str):
                data = _without(data, path)
            if data == before:
                # What is wrong is not where it was written: the whole key goes.
                wrong = {path[:1] for path in wrong}
                data = {key: value for key, value in data.items() if (key,) not in wrong}
            unusable |= wrong
        else:
            return data, frozenset(unusable)
    return None, frozenset(unusable)


def _without(data: Any, path: Path) -> Any:
    """A copy of nested data in which one key is missing; of a list what stands before the step."""
    step, *rest = path
    if isinstance(data, list):
        return data[:step] if isinstance(step, int) else data
    if not isinstance(data, Mapping) or step not in data:
        return data
    if not rest:
        return {key: value for key, value in data.items() if key != step}
    return {key: _without(value, tuple(rest)) if key == step else value for key, value in data.items()}


def written_path(loc: Iterable[str | int], data: Any, *, missing: bool = False) -> Path:
    """pydantic's location without the tags of unions, which nobody wrote; ``missing`` keeps the last step."""
    steps = list(loc)
    tail = [steps.pop()] if missing and steps else []
    path: list[str | int] = []
    for step in steps:
        inside = step in data if isinstance(data, Mapping) else isinstance(data, list) and step in range(len(data))
        if inside:
            data = data[step]
            path.append(step)
    return (*path, *tail)


def _problem(
    detail: ErrorDetails,
    annotation: Any,
    path: Path,
    document: Document,
    base: Path,
    noun: str,
    family: str,
    later: Mapping[str, str],
) -> Problem:
    full = (*base, *path)
    key = str(full[-1]) if full else document.file
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    place = document.place_of(full)

    def problem(code: str, message: str, hint: str | None = None, where: Place = place) -> Problem:
        return document.problem(family + code, message, where, hint)

    holder = noun if len(path) <= 1 else f"'{_name(path[:-1])}'"
    if kind == _OURS:
        return problem(context["code"], context["message"], context["hint"])
    if kind in ("extra_forbidden", *_TYPES) and given is None and document.follows_comma(full):
        # YAML takes what stands behind the comma of a text for another key.
        begun = document.text_before(full)
        message = f"text with a comma needs quotes between {{ and }}: '{_short(key)}' is read as a key of its own"
        quoted = f'Write "{_short(begun)}, {_short(key)}" in quotes.' if begun else "Write the whole text in quotes."
        return problem("103", message, quoted, document.place_of(full, key=True))
    if kind == "extra_forbidden":
        at_key = document.place_of(full, key=True)
        if key in later:
            message = f"'{key}' is not supported by this version of cxkpi"
            return problem("106", message, later[key] or None, at_key)
        known = keys_at(annotation, path[:-1])
        hint = None if did_you_mean(key, known) or not known else f"It takes {listed(known)}."
        return problem("104", f"unknown key '{key}' in {holder}{did_you_mean(key, known)}", hint, at_key)
    if kind == "missing":
        return problem("102", f"'{key}' is missing in {holder}", where=document.place_of(full[:-1], key=True))
    if kind == "literal_error":
        choices = literals_at(annotation, path)
        one_of = f"it takes {listed(choices)}" if choices else f"expected {context.get('expected')}"
        guess = nearest(str(given), choices) if len(choices) > 1 else None
        hint = None if guess is None else f"Did you mean '{guess}'?"
        return problem("105", f"{_shown(given)} is not a value of '{_name(full)}'; {one_of}", hint)
    if kind in _TYPES:
        message = f"'{_name(full)}' must be {_TYPES[kind]}, not {describe(given)}"
        return problem("103", message, _type_hint(kind, given))
    if kind in _BOUNDS:
        return problem("103", f"'{_name(full)}' must be {_BOUNDS[kind]} {next(iter(context.values()))}, not {given}")
    if kind in ("too_short", "string_too_short"):
        return problem("103", f"'{_name(full)}' is empty", "Leave the key out, or write a value.")
    return problem("103", f"'{_name(full)}': {detail['msg']}")


def _name(path: Path) -> str:
    """The last key of a path; a position in a list counts with it."""
    names = [step for step in path if isinstance(step, str)]
    return names[-1] if names else ".".join(str(step) for step in path)


def _shown(value: Any) -> str:
    return f"'{_short(str(value))}'"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def describe(value: Any) -> str:
    """What a value is, in the words of a person who wrote YAML."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value:g}" if isinstance(value, float) else f"the number {value}"
    if isinstance(value, str):
        return f"the text {_shown(value)}"
    return "a mapping" if isinstance(value, Mapping) else "a list"


def _type_hint(kind: str, given: Any) -> str | None:
    if kind == "string_type" and given is not None and isinstance(given, bool | int | float):
        return "Write it in quotes if it is text."
    if kind == "list_type" and isinstance(given, str | int | float) and len(str(given)) <= _SHOWN:
        return f"Write [{given}]."
    if kind == "list_type" and isinstance(given, Mapping):
        return "Begin each of its entries with '- ', or put it into [ ]."
    if kind == "bool_type" and isinstance(given, str) and given.lower() in _TRUTHS:
        return f"Write {_TRUTHS[given.lower()]}: this is YAML 1.2."
    return None


_TRUTHS = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
_BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}


def keys_at(annotation: Any, path: Path) -> tuple[str, ...]:
    """The keys that the model at ``path`` below ``annotation`` takes; empty where there is no model."""
    models = [part for part in _at(annotation, path) if isinstance(part, type) and issubclass(part, BaseModel)]
    names = [info.alias or name for model in models for name, info in model.model_fields.items()]
    return tuple(dict.fromkeys(names))


def literals_at(annotation: Any, path: Path) -> tuple[str, ...]:
    """The words that may stand at ``path`` below ``annotation``."""
    found = [part for part in _at(annotation, path) if get_origin(part) is Literal]
    return tuple(dict.fromkeys(str(choice) for part in found for choice in get_args(part)))


def _at(annotation: Any, path: Path) -> list[Any]:
    """The alternatives an annotation allows at a path: unions and ``Annotated`` taken apart."""
    parts = _alternatives(annotation)
    for step in path:
        parts = [below for part in parts for below in _below(part, step)]
    return parts


def _alternatives(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _alternatives(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [part for argument in get_args(annotation) for part in _alternatives(argument)]
    return [annotation]


def _below(part: Any, step: str | int) -> list[Any]:
    if isinstance(part, type) and issubclass(part, BaseModel):
        for name, info in part.model_fields.items():
            if step == (info.alias or name):
                return _alternatives(info.annotation)
        return []
    arguments = get_args(part)
    if isinstance(step, str) and len(arguments) == 2:
        return _alternatives(arguments[1])
    if isinstance(step, int) and arguments:
        return _alternatives(arguments[0])
    return []
