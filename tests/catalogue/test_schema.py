"""The JSON Schema against the code it is derived from: every catalogue passes, every wrong shape does not."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from cxkpi.catalogue import schema
from cxkpi.catalogue.load import parse
from cxkpi.documents import places
from cxkpi.errors import UserError

ROOT = Path(__file__).parents[2]
SHAPE = {"C101", "C102", "C103", "C104", "C105"}


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    derived = schema.schema()
    Draft202012Validator.check_schema(derived)
    return Draft202012Validator(derived)


def test_the_schema_beside_the_catalogue_is_the_derived_one() -> None:
    written = (ROOT / schema.FILE).read_text(encoding="utf-8")
    assert written == schema.text(), f"it has changed: cxkpi schema -o {schema.FILE}"


def test_it_is_what_it_is_whatever_the_layout() -> None:
    assert json.loads(schema.text()) == schema.schema()


def test_the_shipped_catalogue_names_it_in_its_first_line() -> None:
    first = (ROOT / "metrics.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=./{schema.FILE}"


def catalogues() -> Iterator[tuple[str, str]]:
    """Every right catalogue of the repository: files, blocks of the documentation, and texts within tests."""
    yield "metrics.yaml", (ROOT / "metrics.yaml").read_text(encoding="utf-8")
    for path in sorted((ROOT / "tests").rglob("*.y*ml")):
        yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
            yield str(path.relative_to(ROOT)), block
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.value


def right() -> list[tuple[str, str]]:
    found = []
    for name, text in catalogues():
        if "cxkpi: 1" not in text or "metrics:" not in text:
            continue
        try:
            parse(text, name)
        except UserError:
            continue
        found.append((name, text))
    return found


RIGHT = right()


def test_there_are_catalogues_to_try_it_on() -> None:
    assert len(RIGHT) > 10


@pytest.mark.parametrize(("name", "text"), RIGHT, ids=[name for name, _ in RIGHT])
def test_every_right_catalogue_passes(name: str, text: str, validator: Draft202012Validator) -> None:
    data = places.read(text, name).data
    assert [f"{list(error.path)}: {error.message}" for error in validator.iter_errors(data)] == []


ALL_KINDS = next(text for name, text in RIGHT if name == "docs/catalogue.md" and "kind: time_to_event" in text)
OVERRIDES = """
cxkpi: 1
calendar: {timezone: Europe/London}
defaults: {confidence: 95%, min_n: 30}
tables: {contacts: {columns: {campaign: text}}}
fields: {contacts: {handled: not abandoned, always: true, one: 1}}
metrics:
  a:
    kind: share
    from: contacts
    where: true
    meets: wait_s <= 20
    better: inside
    target: [70%, 0.85]
    confidence: 0.9
    matures: 2d
    roll: 12mo
    private: true
    aka: [x]
    variants: {short: {meets: wait_s <= 10, label: Short}}
    examples: [{name: n, given: {contacts: "wait_s\\n1"}, expect: {value: 1}, round: 2}]
  b: {kind: total, from: contacts, sum: 1, unit: EUR, better: lower, target: 3 EUR, alarm: 4.5}
  c: {kind: mean, from: contacts, value: wait_s, unit: seconds, better: lower, target: 6m, guards: [a]}
"""


def steps(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in a document but the cells of examples, which may be anything."""
    yield path
    inside = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inside:
        if "examples" not in path or key not in ("expect", "expect_by"):
            yield from steps(value, (*path, key))


def mutations(data: Any) -> Iterator[tuple[str, Any]]:
    """The document with one thing wrong: a key more, a word that is none, a value of another type, a key less."""
    for path in steps(data):
        changes: list[tuple[str, Any]] = []
        value = at(data, path)
        if isinstance(value, dict):
            changes += [("a key more", {**value, "not_a_key": 1})]
            changes += [(f"without {key}", {k: v for k, v in value.items() if k != key}) for key in value]
            changes += [("a list", ["x"]), ("a text", "x y")]
        elif isinstance(value, list):
            changes += [("a mapping", {"a": 1}), ("a number", 7), ("an empty mapping", {}), ("a list of lists", [[1]])]
        else:
            changes += [("a mapping", {"a": 1}), ("a list", [[1]]), ("a number", -7.5), ("true", True)]
            changes += [("empty", None), ("no such word", "no such word"), ("a word in other letters", f"{value}X")]
        for what, changed in changes:
            yield f"{'.'.join(map(str, path))}: {what}", put(data, path, changed)


def at(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


def put(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    changed = copy.deepcopy(data)
    at(changed, path[:-1])[path[-1]] = value
    return changed


@pytest.mark.parametrize("text", [OVERRIDES, ALL_KINDS], ids=["overrides", "all kinds"])
@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.slow)])
def test_what_is_refused_for_its_shape_is_refused_by_the_schema(
    text: str, every: int, validator: Draft202012Validator
) -> None:
    data = places.read(text, "x").data
    missed, refused = [], 0
    for what, mutated in islice(mutations(data), 0, None, every):
        written = yaml.safe_dump(mutated, sort_keys=False, allow_unicode=True)
        try:
            parse(written, "x")
        except UserError as error:
            codes = {problem.code for problem in error.problems}
        else:
            codes = set()
        passes = validator.is_valid(places.read(written, "x").data)
        if codes & SHAPE:
            refused += 1
            if passes and not depends(error_of(written)):
                missed.append(f"{what}: {error_of(written)}")
        elif not codes and not passes:
            missed.append(f"{what}: refused only by the schema")
    assert refused > 200 / every
    assert missed == []


def error_of(written: str) -> str:
    with pytest.raises(UserError) as caught:
        parse(written, "x")
    return next(str(problem) for problem in caught.value.problems if problem.code in SHAPE).partition("\n")[0]


def depends(message: str) -> bool:
    """What no schema can know: a unit that is needed for some values, and a unit spelt as another word for it."""
    return "'unit' is missing" in message or "is not a unit" in message


def test_every_key_says_what_it_is_for() -> None:
    silent = []
    derived = schema.schema()

    def look(part: Any, name: str) -> None:
        for key, value in part.get("properties", {}).items():
            if isinstance(value, dict) and "$ref" in value and "description" not in value:
                value = derived["$defs"][value["$ref"].rpartition("/")[2]]
            if isinstance(value, dict) and "description" not in value:
                silent.append(f"{name}.{key}")

    look(derived, "")
    for name, part in derived["$defs"].items():
        look(part, name)
    assert silent == []
