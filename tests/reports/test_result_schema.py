"""The published schema of ``-f json`` is the one the program derives, and says something of every key."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
from reports.factory import row

from cxkpi.reports import result_schema
from cxkpi.result import FileEntry, PastCell, Row

_PUBLISHED = Path(__file__).parents[2] / "docs" / "result.schema.json"


def test_the_published_schema_is_the_derived_one():
    hint = "write it anew: cxkpi schema result -o docs/result.schema.json"
    assert _PUBLISHED.read_text(encoding="utf-8") == result_schema.text(), hint


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(dict(result_schema.schema()))


@pytest.mark.parametrize(
    ("name", "kind", "left_out"),
    [
        ("result", Row, set()),
        ("past", PastCell, set()),
        ("file", FileEntry, {"lines", "blank", "continued", "shared"}),
    ],
)
def test_every_field_has_its_key(name, kind, left_out):
    keys = list(result_schema.schema()["$defs"][name]["properties"])
    assert keys == [field.name for field in fields(kind) if field.name not in left_out]


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "1"},
        {"status": "good"},
        {"n": -1},
        {"target": [1.0]},
        {"period": {}},
        {"reason": "lazy"},
        {"extra": 1},
    ],
)
def test_what_is_no_result_is_refused(wrong):
    from reports.factory import result

    from cxkpi.reports.json import render

    value = json.loads(render(result([row()])))
    validator = jsonschema.Draft202012Validator(dict(result_schema.schema()))
    validator.validate(value)
    value["results"][0].update(wrong)
    assert not validator.is_valid(value)


def test_the_command_prints_it(run):
    assert json.loads(run("schema", "result").out) == result_schema.schema()
    assert json.loads(run("schema").out)["title"] != result_schema.schema()["title"]
