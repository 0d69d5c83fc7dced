"""YAML as plain data with places: YAML 1.2 scalars, nothing constructed, nothing silently lost."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.documents import places
from cxkpi.documents.places import MAX_DEPTH, Document, read


@pytest.fixture(params=["C", "Python"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "Python":
        monkeypatch.setattr(places, "_LOADER", yaml.SafeLoader)


def codes(document: Document) -> list[tuple[str, str]]:
    return [(str(problem.place), problem.code) for problem in document.problems]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("1:30", "1:30"), ("010", "010"), ("0o17", "0o17"),
        ("2026-01-01", "2026-01-01"), ("1_000", "1_000"), ("0x1F", "0x1F"), (".inf", ".inf"), (".nan", ".nan"),
        ("1e999", "1e999"), ("+12e", "+12e"), ("00.5", "00.5"), ("=", "="),
        ("true", True), ("FALSE", False), ("null", None), ("~", None), ("", None),
        ("0", 0), ("-7", -7), ("+7", 7), ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-1.5E-2", -0.015),
        ("'12'", "12"), ('"true"', "true"), ("'~'", "~"), ("''", ""), ("|-\n  12", "12"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(written: str, value: Any) -> None:
    document = read(f"a: {written}\n", "a.yaml")
    assert not document.problems
    assert document.data == {"a": value}
    assert type(document.data["a"]) is type(value)


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_places_of_keys_and_values(newline: str) -> None:
    text = "\ufeffa:\n  é🙂: [1, {b: 2}]  # c\n  'quoted key':\n    x\n".replace("\n", newline)
    document = read(text, "a.yaml")
    key = "é🙂"
    assert document.data == {"a": {key: [1, {"b": 2}], "quoted key": "x"}}
    assert str(document.place_of(("a",), key=True)) == "a.yaml:1:1"
    assert str(document.place_of(("a", key), key=True)) == "a.yaml:2:3"
    assert str(document.place_of(("a", key, 0))) == "a.yaml:2:8"
    assert str(document.place_of(("a", key, 1, "b"))) == "a.yaml:2:15"
    assert str(document.place_of(("a", key, 1, "b"), key=True)) == "a.yaml:2:12"
    assert str(document.place_of(("a", "quoted key"))) == "a.yaml:4:5"
    assert str(document.place_of(("a", key, 1, "missing"))) == "a.yaml:2:11"
    assert str(document.place_of(("a", "missing", "deeper"))) == "a.yaml:1:1"
    assert document.line(document.place_of(("a", "quoted key"), key=True)) == "  'quoted key':"
    assert document.text_at(("a", key, 0)) == "1"


@pytest.mark.usefixtures("loader")
def test_a_key_written_twice_keeps_the_first_and_says_where() -> None:
    document = read("a: 1\nb: 2\na: 3\n", "a.yaml")
    assert document.data == {"a": 1, "b": 2}
    assert codes(document) == [("a.yaml:3:1", "C002")]
    assert document.problems[0].hint == "It was first written on line 1."


@pytest.mark.usefixtures("loader")
def test_keys_are_text_as_written() -> None:
    assert read("1: a\ntrue: b\n010: c\n", "a.yaml").data == {"1": "a", "true": "b", "010": "c"}


@pytest.mark.usefixtures("loader")
def test_aliases_are_written_out_within_bounds() -> None:
    document = read("a: &x [1, {b: 2}]\nc: *x\n", "a.yaml")
    assert document.data == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}
    assert str(document.place_of(("c", 1, "b"))) == "a.yaml:1:15"
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
    )
    refused = read(laughs, "a.yaml")
    assert refused.data is None
    assert [problem.code for problem in refused.problems] == ["C003"]
    assert codes(read("a: &x [*x]\n", "a.yaml")) == [("a.yaml:1:8", "C003")]


@pytest.mark.usefixtures("loader")
@pytest.mark.parametrize(
    ("text", "place", "code"),
    [
        ("a: [1,\n", "a.yaml:2:1", "P001"),
        ("a:\n\t- b\n", "a.yaml:2:1", "P001"),
        ("a: b: c\n", "a.yaml:1:5", "P001"),
        ("a: x\x01y\n", "a.yaml:1:5", "P001"),
        ("a: 1\n--- 2\n", "a.yaml:2:1", "P007"),
        ("a: !date 2026\n", "a.yaml:1:4", "P005"),
        ("<<: {a: 1}\n", "a.yaml:1:1", "P004"),
        ("? [a]\n: 1\n", "a.yaml:1:3", "P006"),
        ("- " * (MAX_DEPTH + 2) + "a", f"a.yaml:1:{2 * MAX_DEPTH + 3}", "P007"),
    ],
)
def test_faults_of_the_text_have_a_place(text: str, place: str, code: str) -> None:
    assert codes(read(text, "a.yaml", family="P")) == [(place, code)]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_document_is_no_data(text: str) -> None:
    document = read(text, "a.yaml")
    assert (document.data, document.problems) == (None, ())


# Spaces stand only within, so that every style can hold the text.
WORDS = st.lists(st.text(alphabet="ab'\"é🙂#:{", min_size=1, max_size=4), min_size=1, max_size=6)
STYLES = st.sampled_from(["'", '"', "|", ">"])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(words=WORDS, style=STYLES)
def test_every_character_of_a_quoted_text_is_found_where_it_stands(words: list[str], style: str) -> None:
    value = " ".join(words)
    text = yaml.dump({"key": value}, default_style=style, allow_unicode=True, width=10)
    document = read(text, "a.yaml")
    path = next(iter(document.data))
    got = document.data[path]
    assert got.rstrip("\n") == value
    lines = text.splitlines()
    for offset, character in enumerate(value):
        place = document.place_in((path,), offset)
        assert place.line is not None
        assert place.column is not None
        if character == " ":
            continue
        rest = lines[place.line - 1][place.column - 1 :]
        assert rest.startswith((character, "\\")), (text, offset)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text(alphabet="ab:-[]{},&*!|>'\"%@`?#~<\n\t 1.é\\", max_size=40))
def test_any_text_is_data_or_problems(text: str) -> None:
    document = read(text, "a.yaml")
    for problem in document.problems:
        assert problem.place is not None
        assert str(problem)
