"""The JSON Schema of ``metrics.yaml`` (draft 2020-12), derived from the models that check it.

It says which keys there are and what form their values have, so that an editor completes them and marks what has the
wrong shape. What needs tables, columns or other metrics is left to ``cxkpi check``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import create_model
from pydantic.json_schema import models_json_schema

from cxkpi.catalogue import grammar
from cxkpi.catalogue.described import keys_of, sections
from cxkpi.catalogue.load import NAME, VERSION
from cxkpi.catalogue.resolving.variants import FIXED as FIXED_IN_VARIANTS
from cxkpi.catalogue.resolving.versions import FIXED as FIXED_IN_VERSIONS
from cxkpi.kinds.registry import KINDS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILE = "metrics.schema.json"
_EVERY = "Keys of every metric"
# A variant or version has keys of its metric; these hold overrides themselves.
_WIDTH = 120
_NESTED = ("variants", "versions")


def text() -> str:
    """The schema as it is written to a file."""
    return _laid_out(schema(), 0) + "\n"


def schema() -> dict[str, Any]:
    """The schema of a whole catalogue."""
    kinds = {kind: grammar.metric_model(kind) for kind in KINDS}
    fields: dict[str, Any] = {key: (annotation, ...) for key, annotation in grammar.TOP.items()}
    top = create_model("Catalogue", __base__=grammar.Written, **fields)
    models: list[Any] = [*kinds.values(), top]
    found = models_json_schema(
        [(model, "validation") for model in models], by_alias=True, ref_template="#/$defs/{model}"
    )
    references, whole = found
    parts: dict[str, Any] = {name: _tidied(part) for name, part in whole["$defs"].items()}
    names = {model: references[model, "validation"]["$ref"].rpartition("/")[2] for model in models}
    catalogue = parts.pop(names[top])
    metrics = {kind: parts.pop(names[model]) for kind, model in kinds.items()}
    for part in parts.values():
        _describe(part, keys_of(part.get("properties", ())))
    for kind, part in metrics.items():
        _describe(part, {**sections().get(_EVERY, {}), **keys_of((), kind)})
        part["properties"] = {key: _shared(key, value, parts) for key, value in part["properties"].items()}
        parts[f"{kind}.keys"] = _keys(kind, part)
        parts[kind] = {"allOf": [{"$ref": f"#/$defs/{kind}.keys"}], "required": part["required"]}
        fixed = dict.fromkeys((*FIXED_IN_VARIANTS, "variants"), False)
        parts[f"{kind}.variant"] = {"allOf": [{"$ref": f"#/$defs/{kind}.keys"}], "properties": fixed}
        parts[f"{kind}.version"] = _version(part)
    parts["metric"] = _by_kind({kind: kind for kind in metrics})
    parts["change"] = _change(metrics, parts)
    _describe(catalogue, sections().get("Top level", {}))
    whole = _catalogue(catalogue, parts)
    return {**whole, "$defs": _used(parts, _names(whole))}


def _catalogue(top: Mapping[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    properties = dict(top["properties"])
    properties["cxkpi"] = {**_said(properties["cxkpi"]), "const": VERSION}
    metrics = {**_said(properties["metrics"]), "type": "object", "propertyNames": {"pattern": f"^{NAME.pattern}$"}}
    every = _each(metrics, "metric")
    needed = ["cxkpi", "calendar", "metrics"]
    found = {
        "$schema": DRAFT,
        "title": "A catalogue of metrics for cxkpi",
        "type": "object",
        "additionalProperties": False,
        "properties": {**properties, "metrics": metrics},
    }
    if "extends" in properties:
        # What extends another catalogue changes it, and need not say what that says already.
        zone = {"required": parts["Calendar"].pop("required")}
        found["if"] = {"required": ["extends"]}
        found["then"] = {"required": ["cxkpi"], "properties": {"metrics": _each({}, "change")}}
        found["else"] = {"required": needed, "properties": {"metrics": every, "calendar": zone}}
    else:
        found |= {"required": needed, "properties": {**properties, "metrics": every}}
    return found


def _each(metrics: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {**metrics, "additionalProperties": {"$ref": f"#/$defs/{part}"}}


def _said(part: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key == "description"}


def _by_kind(parts: Mapping[str, str]) -> dict[str, Any]:
    """A metric, whose ``kind`` decides which keys it takes."""
    described = sections().get(_EVERY, {}).get("kind")
    kind: dict[str, Any] = {"enum": list(parts)}
    if described:
        kind = {"description": described, **kind}
    return {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": kind},
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": name}}, "required": ["kind"]},
                "then": {"$ref": f"#/$defs/{part}"},
            }
            for name, part in parts.items()
        ],
    }


def _shared(key: str, value: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    """A key that every metric may have stands once for all kinds."""
    if key not in grammar.Common.model_fields or key in ("kind", *_NESTED):
        return value
    parts.setdefault(f"every.{key}", value)
    return {"$ref": f"#/$defs/every.{key}"}


def _keys(kind: str, part: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's keys, none of them needed, with variants and versions that take keys of that kind."""
    properties = dict(part["properties"])
    names = {"propertyNames": {"pattern": f"^{NAME.pattern}$"}}
    properties["variants"] = {
        **_said(properties["variants"]), "type": "object", **names,
        "additionalProperties": {"$ref": f"#/$defs/{kind}.variant"},
    }  # fmt: skip
    if "versions" in properties:
        versions = {"type": "array", "items": {"$ref": f"#/$defs/{kind}.version"}}
        properties["versions"] = {**_said(properties["versions"]), **versions}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _version(part: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a kind that may differ from some day on."""
    left_out = {*FIXED_IN_VERSIONS, *_NESTED}
    said = keys_of((), "versions").get("since", "The first day on which it holds")
    kept = {key: value for key, value in part["properties"].items() if key not in left_out}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {"since": {"description": said, "type": "string"}, **kept},
        "required": ["since"],
    }


def _change(metrics: Mapping[str, Mapping[str, Any]], parts: Mapping[str, Any]) -> dict[str, Any]:
    """What a catalogue says of a metric of the one it extends: keys of any kind, or that it is removed."""
    properties: dict[str, Any] = {}
    for part in metrics.values():
        for key, value in part["properties"].items():
            choices = properties.setdefault(key, [])
            if value not in choices:
                choices.append(value)
    # Of which kind the metric is only the other catalogue says, so every form a key has in some kind is taken.
    said = {key: _any_of(choices) for key, choices in properties.items()}
    # A key without a value is one key of the other catalogue taken away.
    said = {key: value if key == "kind" else _or_nothing(value, parts) for key, value in said.items()}
    said["kind"] = {**_said(said["kind"]), "enum": list(metrics)}
    itself = {"$ref": "#/$defs/change"}
    said["variants"] = {**_said(said["variants"]), "type": ["object", "null"], "additionalProperties": itself}
    said["versions"] = {**_said(said["versions"]), "type": ["array", "null"], "items": {"type": "object"}}
    said["remove"] = {"const": True, "description": "Leaves the metric out"}
    return {"type": ["object", "null"], "additionalProperties": False, "properties": said}


def _or_nothing(part: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in part.items() if key != "description"}
    choices = rest["anyOf"] if list(rest) == ["anyOf"] else [rest]
    said = _said(part) or _said(parts.get(str(part.get("$ref")).rpartition("/")[2], {}))
    return {**said, "anyOf": [*choices, {"type": "null"}]}


def _any_of(choices: list[dict[str, Any]]) -> dict[str, Any]:
    if len(choices) == 1:
        return choices[0]
    apart = [{key: value for key, value in choice.items() if key != "description"} for choice in choices]
    each = [choice for at, choice in enumerate(apart) if choice not in apart[:at]]
    return {**_said(choices[0]), **(each[0] if len(each) == 1 else {"anyOf": each})}


def _describe(part: dict[str, Any], known: Mapping[str, str]) -> None:
    properties = part.get("properties")
    if properties is not None:
        part["properties"] = {
            key: {"description": known[key], **value} if key in known else value for key, value in properties.items()
        }


def _tidied(part: Any) -> Any:
    """pydantic's schema without what it adds for itself: titles, defaults, nulls (a key is left out, not empty)."""
    if isinstance(part, list):
        return [_tidied(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {
        key: _tidied_each(value) if key in ("properties", "$defs") else _tidied(value)
        for key, value in part.items()
        if key not in ("title", "default", "discriminator", "description", "oneOf", "anyOf")
    }
    choices = [_tidied(one) for key in ("anyOf", "oneOf") for one in part.get(key, ()) if one != {"type": "null"}]
    if len(choices) == 1:
        found = {**found, **choices[0]}
    elif choices:
        found["anyOf"] = choices
    pattern = found.get("pattern")
    if isinstance(pattern, str) and not pattern.startswith("^"):
        # Quantities are compared as a whole, spaces around them aside.
        found["pattern"] = rf"^\s*(?:{pattern})\s*$"
    return found


def _tidied_each(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _tidied(part) for name, part in parts.items()}


def _laid_out(value: Any, depth: int) -> str:
    """JSON with what fits into a line on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(flat) + 2 * depth <= _WIDTH:
        return flat
    inner, outer = "  " * (depth + 1), "  " * depth
    if isinstance(value, list):
        return "[\n" + ",\n".join(f"{inner}{_laid_out(one, depth + 1)}" for one in value) + f"\n{outer}]"
    lines = (f"{inner}{json.dumps(key)}: {_laid_out(one, depth + 1)}" for key, one in value.items())
    return "{\n" + ",\n".join(lines) + f"\n{outer}}}"


def _used(parts: Mapping[str, Any], first: Iterable[str]) -> dict[str, Any]:
    """The parts that the catalogue leads to, in the order of their names."""
    reached, found = set(first), set[str]()
    while left := reached - found:
        found |= left
        reached |= {name for part in left for name in _names(parts[part])}
    return {name: parts[name] for name in sorted(reached)}


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for one in part:
            yield from _names(one)
    elif isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield reference.rpartition("/")[2]
        for one in part.values():
            yield from _names(one)
