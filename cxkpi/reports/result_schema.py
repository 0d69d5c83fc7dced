"""The JSON Schema of ``-f json``: every key, what it may hold, and what it means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, get_args

from cxkpi.reports.json import FORMAT
from cxkpi.result import Cause, Every, Reason, Status

Schema = Mapping[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BETTER = ("higher", "lower", "inside")


def text() -> str:
    """The schema as a file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def schema() -> Schema:
    """The schema of the whole document."""
    return {
        "$schema": _DIALECT,
        "title": "cxkpi report",
        "description": "What cxkpi report -f json prints. Times are ISO 8601, shares fractions, durations seconds; "
        "the end of a period is the first day after it.",
        **_object(
            {
                "format": _told({"const": FORMAT}, "Version of this format."),
                "cxkpi": _told(_TEXT, "Version of the program."),
                "catalogue": _object(
                    {"path": _TEXT, "hash": _told(_TEXT, "Of what its metrics mean, not how it looks.")}
                ),
                "timezone": _told(_TEXT, "In which periods are cut."),
                "as_of": _told(_INSTANT, "The moment the data are read as of."),
                "through": _told(
                    {"type": "object", "additionalProperties": _INSTANT}, "The newest event of each table."
                ),
                "only": _told(
                    {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
                    "Dimension to the values selected, any of them; empty where the figures are of everything.",
                ),
                "results": _list(
                    {"$ref": "#/$defs/result"}, "In the order: metric as asked, variant, the whole, start."
                ),
                "ledger": _object({"files": _list({"$ref": "#/$defs/file"}, "The input files.")}),
                "notes": _list(_TEXT, "What has to be said about the run."),
                "restated": _told({"$ref": "#/$defs/restatement"}, "Only with --against: what an earlier run had."),
            },
            optional=("restated",),
        ),
        "$defs": {
            "result": _result(),
            "period": _period(),
            "file": _file(),
            "restatement": _restatement(),
            "past": _past(),
            "by": _told(
                {"type": "object", "additionalProperties": _or_null(_TEXT)},
                "Dimension to value; empty for the whole, null where the data has no value.",
            ),
            "target": _told(
                {"oneOf": [_NUMBER, _PAIR, {"type": "null"}]}, "A number, or the lower and upper limit of a range."
            ),
        },
    }


_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_DAY: Schema = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_INSTANT: Schema = {
    "type": "string",
    "format": "date-time",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?Z$",
}
_PAIR: Schema = {"type": "array", "prefixItems": [_NUMBER, _NUMBER], "items": False, "minItems": 2}
_TARGET: Schema = {"$ref": "#/$defs/target"}
_STATUS: Schema = {"enum": [*get_args(Status), None]}
_REASON: Schema = {"enum": [*get_args(Reason), None]}


def _result() -> Schema:
    change = _object(
        {
            "period": _told(_DAY, "Start of the period compared with."),
            "from": _told(_NUMBER, "The value there."),
            "difference": _NUMBER,
            "significant": _told(_or_null(_FLAG), "Beyond chance; null where a side has no interval."),
        }
    )
    return _object(
        {
            "metric": _TEXT,
            "variant": _or_null(_TEXT),
            "kind": _told(_TEXT, "How it is computed: ratio, share, repeat …"),
            "definition": _told(_TEXT, "Hash of what the metric means."),
            "unit": _TEXT,
            "better": {"enum": [*_BETTER, None]},
            "period": {"$ref": "#/$defs/period"},
            "by": {"$ref": "#/$defs/by"},
            "value": _told(_or_null(_NUMBER), "null where there is none, see reason."),
            "low": _told(_or_null(_NUMBER), "Lower limit of the interval."),
            "high": _told(_or_null(_NUMBER), "Upper limit of the interval."),
            "confidence": _told(_or_null(_NUMBER), "Of the interval, a fraction."),
            "bounds": _told(_or_null(_PAIR), "Between what the value will be once everything is judged."),
            "n": _told(_COUNT, "Contacts, answers or people measured."),
            "numerator": _or_null(_NUMBER),
            "denominator": _or_null(_NUMBER),
            "immature": _told(_COUNT, "Records that cannot be judged yet; they are left out."),
            "missing": _told(_COUNT, "Records that lack a value; they are left out."),
            "censored": _told(_or_null(_COUNT), "Of those measured, how many are not there yet."),
            "target": _TARGET,
            "alarm": _TARGET,
            "status": _told(_STATUS, "The verdict; null with a reason."),
            "reason": _told(_REASON, "Why there is no verdict."),
            "change": _or_null(change),
            "notes": _list(_TEXT, "What has to be said about this figure."),
        }
    )


def _period() -> Schema:
    return _object(
        {
            "every": {"enum": list(get_args(Every))},
            "start": _DAY,
            "end": _told(_DAY, "The first day after it."),
            "complete": _FLAG,
            "judged_until": _told(_or_null(_INSTANT), "Records up to then can be judged, where a window must pass."),
            "label": _told(_TEXT, "What a fiscal period is called; only there for one."),
        },
        optional=("label",),
    )


def _file() -> Schema:
    counts = ("records", "accepted", "superseded", "rejected", "skipped", "blanked")
    return _told(
        _object(
            {
                "path": _TEXT,
                "profile": _TEXT,
                **dict.fromkeys(counts, _COUNT),
                "tables": _list(_object({"table": _TEXT, "rows": _COUNT}), "What the accepted records became."),
            }
        ),
        "records = accepted + superseded + rejected + skipped",
    )


def _restatement() -> Schema:
    cell = _object(
        {
            "metric": _TEXT,
            "variant": _or_null(_TEXT),
            "period": _object({"every": {"enum": list(get_args(Every))}, "start": _DAY, "end": _DAY}),
            "by": {"$ref": "#/$defs/by"},
            "then": _told(_or_null({"$ref": "#/$defs/past"}), "null where it was not there."),
            "now": _told(_or_null({"$ref": "#/$defs/past"}), "null where it is there no longer."),
            "causes": _list({"enum": list(get_args(Cause))}, "Why it is another."),
            "final": _told(_FLAG, "Nothing in it waited to be judged then."),
            "unit": _told(_or_null(_TEXT), "That of then, where the metric has another unit now, or is not there."),
        }
    )
    return _object(
        {
            "against": _told(_TEXT, "The manifest of the earlier run."),
            "as_of": _INSTANT,
            "inputs": _object(
                {name: _list(_TEXT, f"Files that are {name}.") for name in ("new", "changed", "gone")},
            ),
            "compared": _told(_COUNT, "How many figures of then were looked for."),
            "not_compared": _list(
                _object(
                    {
                        "what": {"enum": ["metric", "period", "by"]},
                        "names": _list(_TEXT, "Metrics, periods as start/end (exclusive), or dimensions."),
                        "asked": _told({"enum": ["then", "now", "both"]}, "Which of the two runs has such figures."),
                    }
                ),
                "Figures of past periods that only one of the two runs was asked for.",
            ),
            "cells": _list(cell, "The figures of periods that were over, and are not what they were."),
        }
    )


def _past() -> Schema:
    return _object(
        {
            "definition": _TEXT,
            "value": _or_null(_NUMBER),
            "n": _COUNT,
            "numerator": _or_null(_NUMBER),
            "denominator": _or_null(_NUMBER),
            "immature": _COUNT,
            "target": _TARGET,
            "alarm": _TARGET,
            "status": _STATUS,
            "reason": _REASON,
        }
    )


def _object(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _list(items: Schema, told: str) -> Schema:
    return _told({"type": "array", "items": items}, told)


def _or_null(one: Schema) -> Schema:
    if isinstance(one.get("type"), str):
        return {**one, "type": [one["type"], "null"]}
    return {"oneOf": [one, {"type": "null"}]}


def _told(one: Schema, told: str) -> Schema:
    return {**one, "description": told}
