"""pydantic's complaints as problems with a place, the key's name and the nearest spelling."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BeforeValidator, Field

from cxkpi.documents.places import read
from cxkpi.documents.spelling import did_you_mean, listed, nearest
from cxkpi.documents.validation import Strict, refusal, validate
from cxkpi.errors import Problem


def _refuse(value: object) -> object:
    if value == "bad":
        raise refusal("777", "{this} is bad", "Be good.")
    return value


class Cat(Strict):
    kind: Literal["cat"]
    lives: int = 9


class Dog(Strict):
    kind: Literal["dog"]
    name: Annotated[str, BeforeValidator(_refuse)] = "Rex"
    from_: str = Field(alias="from", default="here")


class Home(Strict):
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = Field(default_factory=list)
    rooms: dict[str, Literal["small", "large"]] = Field(default_factory=dict)
    size: float | None = None


def complaints(text: str, later: dict[str, str] | None = None) -> list[Problem]:
    document = read(text, "home.yaml")
    value, problems = validate(Home, document.data, document, (), "a home", family="P", later=later)
    assert (value is None) == bool(problems)
    return problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("siez: 3", "home.yaml:1:1: error[P104]: unknown key 'siez' in a home; did you mean 'size'?"),
        ("pets:\n  - kind: cat\n    livs: 3", "home.yaml:3:5: error[P104]: unknown key 'livs' in 'pets';"
         " did you mean 'lives'?"),
        ("pets: [{kind: dog, form: x}]", "home.yaml:1:20: error[P104]: unknown key 'form' in 'pets';"
         " did you mean 'from'?"),
        ("pets: [{kind: dog, name: 5}]", "home.yaml:1:26: error[P103]: 'name' must be text, not the number 5"),
        ("pets: [{kind: dog, name: bad}]", "home.yaml:1:26: error[P777]: {this} is bad"),
        ("pets: [{kind: cat, lives: '9'}]", "home.yaml:1:27: error[P103]: 'lives' must be a whole number,"
         " not the text '9'"),
        ("rooms: {attic: tiny}", "home.yaml:1:16: error[P105]: 'tiny' is not a value of 'attic';"
         " it takes small or large"),
        ("size: big", "home.yaml:1:7: error[P103]: 'size' must be a number, not the text 'big'"),
        ("pets: 3", "home.yaml:1:7: error[P103]: 'pets' must be a list, not the number 3"),
        ("rooms: []", "home.yaml:1:8: error[P103]: 'rooms' must be a mapping, not a list"),
    ],
)  # fmt: skip
def test_messages(text: str, message: str) -> None:
    (problem,) = complaints(text)
    assert str(problem).startswith(message)


def test_keys_of_a_later_version_are_named_as_such() -> None:
    (problem,) = complaints("garden: 3", {"garden": "Use rooms."})
    assert (problem.code, problem.hint) == ("P106", "Use rooms.")


def test_a_correct_document_is_its_model() -> None:
    document = read("pets: [{kind: cat}, {kind: dog, from: there}]\nsize: 3", "home.yaml")
    value, problems = validate(Home, document.data, document, (), "a home")
    assert problems == []
    assert value == Home(pets=[Cat(kind="cat"), Dog(kind="dog", **{"from": "there"})], size=3.0)


def test_spelling() -> None:
    assert nearest("Tagret", ["target", "alarm"]) == "target"
    assert nearest("zzz", ["target", "alarm"]) is None
    assert did_you_mean("alrm", ["target", "alarm"]) == "; did you mean 'alarm'?"
    assert did_you_mean("zzz", ["alarm"]) == ""
    assert [listed(["a"]), listed(["a", "b"]), listed("abc")] == ["a", "a or b", "a, b or c"]
