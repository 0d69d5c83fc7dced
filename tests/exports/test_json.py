"""JSON exports: one object a line, arrays, objects one behind the other; nested values, exact numbers, broken lines."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxkpi.errors import InputError
from cxkpi.exports.files.json_records import begins, items, spread
from cxkpi.exports.files.sources import HEAD_BYTES

from .recognising import profile, recognised

LINE = '{"contact_id": "c%d", "started_at": "2026-01-05 10:00", "ended_at": "2026-01-05 10:05"}'


def found(content: str | bytes, each: str | None = None) -> list[tuple[int, dict[str, str]]]:
    data = content if isinstance(content, bytes) else content.encode()
    return [(item.line, item.cells) for item in items(io.BytesIO(data), "x.json", each) if item.broken is None]


def broken(content: str | bytes) -> list[tuple[int, str]]:
    data = content if isinstance(content, bytes) else content.encode()
    return [(item.line, item.broken) for item in items(io.BytesIO(data), "x.json") if item.broken is not None]


def test_nested_values_stand_under_dotted_headings() -> None:
    assert found('{"Agent": {"Username": "ann", "Hold": {"n": 2}}, "Queue": null}') == [
        (1, {"Agent.Username": "ann", "Agent.Hold.n": "2", "Queue": ""})
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("12345678901234567890123", "12345678901234567890123"),
        ("1.10", "1.10"),
        ("1E+3", "1E+3"),
        ("-0.5", "-0.5"),
        ("true", "true"),
        ("null", ""),
        ('"00417"', "00417"),
        ('["a", 2, null, true]', "a;2;true"),
        ("[]", ""),
        ('[{"n": 1.0, "s": "é\\""}]', '[{"n":1.0,"s":"é\\""}]'),
        ('"\\ud83d\\ude00 \\ud800"', "😀 ?"),
        ('"two\\nlines"', "two\nlines"),
    ],
)
def test_a_value_as_it_is_written(written: str, text: str) -> None:
    assert found(f'{{"v": {written}}}') == [(1, {"v": text})]


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ('{"a": 1}\n{"a": 2}', [1, 2]),
        ('\ufeff{"a": 1}\r\n\r\n{"a": 2}\r\n', [1, 3]),
        ('{"a": 1}{"a": 2}', [1, 1]),
        ('{"a": 1}{"a": 2}\n{"a": 3}', [1, 1, 2]),
        ('[{"a": 1}, {"a": 2}]', [1, 1]),
        ('[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  }\n]\n', [2, 5]),
        ('{\n  "a": 1\n}\n{\n  "a": 2\n}', [1, 4]),
        ('{"a": 1}', [1]),
    ],
)
def test_every_form_a_file_has(content: str, lines: list[int]) -> None:
    records = found(content)
    assert [line for line, _ in records] == lines
    assert [cells["a"] for _, cells in records] == [str(n) for n in range(1, len(lines) + 1)]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_encodings(encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    assert found(mark + '{"a": "é"}\n{"a": "ü"}'.encode(encoding)) == [(1, {"a": "é"}), (2, {"a": "ü"})]


def test_a_broken_line_costs_one_record() -> None:
    content = b'{"a": 1}\n{"a": \n[1]\n{"a": "\xe9"}\n"text"\n{"a": 2}\n' + b'{"a":' * 60_000 + b"\n"
    assert [line for line, _ in found(content)] == [1, 6]
    assert broken(content) == [
        (2, "it is not JSON: expecting value"),
        (3, "it is not an object with named values"),
        (4, "it is not UTF-8 text"),
        (5, "it is not an object with named values"),
        (7, "it is nested too deeply"),
    ]


def test_the_first_line_may_be_the_broken_one() -> None:
    assert (broken('{"a": \n{"a": 2}')[0][0], found('{"a": \n{"a": 2}')) == (1, [(2, {"a": "2"})])


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ('[\n{"a": 1},\n{"a": 2', 3, "cut off"),
        ('[\n{"a": 1}', 2, "cut off"),
        ('[\n{"a": "unterminated', 2, "cut off"),
        ('[{"a": 1},\n{"a": 2 "b"},\n{"a": 3}]' + " " * 99, 2, "cannot be read from line 2 on"),
        ("[1, 2]", 1, "an object was expected"),
        ('[{"a": 1}] and more', 1, "an object was expected"),
        ("[" * 100_000, 1, "an object was expected"),
        ('[{"a":' + '{"a":' * 100_000, 1, "nested too deeply"),
    ],
)
def test_a_document_that_breaks_off_is_an_error_with_its_line(content: str, line: int, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        found(content)
    assert caught.value.problems[0].place is not None
    assert caught.value.problems[0].place.line == line


def test_every_element_of_an_array_is_a_record() -> None:
    content = '{"id": "e1", "meta": {"agent": "ann"}, "sections": [{"n": 1}, {"n": 2}]}\n{"id": "e2", "sections": []}'
    assert found(content, "sections") == [
        (1, {"id": "e1", "meta.agent": "ann", "sections.n": "1"}),
        (1, {"id": "e1", "meta.agent": "ann", "sections.n": "2"}),
        (2, {"id": "e2"}),
    ]
    assert list(spread({"a": {"b": [{"c": "x"}, "y"]}}, "a.b")) == [{"a.b.c": "x"}, {"a.b": "y"}]


@pytest.mark.parametrize(
    ("text", "is_json"),
    [
        ('{"a": 1}', True),
        ('\ufeff \n{ "a"', True),
        ('[\n {"a"', True),
        ("[]", True),
        ("{}", True),
        ("[None],x", False),
        ("{x},y", False),
        ("a,b", False),
    ],
)
def test_what_begins_as_json(text: str, is_json: bool) -> None:
    assert begins(text) is is_json


def test_columns_that_come_only_later_are_not_lost(tmp_path: Path) -> None:
    count = HEAD_BYTES // len(LINE) + 3000
    lines = [LINE % n for n in range(count)] + [(LINE % count)[:-1] + ', "queue": "Billing"}']
    file = recognised(tmp_path, {"a.jsonl": "\n".join(lines)}).one()
    assert file.layout.headings == ("contact_id", "started_at", "ended_at", "queue")
    blocks = list(file.cells([0, 3]))
    assert sum(block.cells.height for block in blocks) == count + 1
    assert blocks[-1].cells.rows()[-1] == (f"c{count}", "Billing", count + 1)


def test_the_account_of_lines(tmp_path: Path) -> None:
    text = f"{LINE % 1}\n\n{{\n{LINE % 2}\n"
    (block,) = recognised(tmp_path, {"a.jsonl": text}).one().cells([0])
    assert (block.cells.height, len(block.broken), block.blank, block.continued, block.lines) == (2, 1, 1, 0, 4)
    (block,) = recognised(tmp_path / "b", {"a.json": f"[\n{LINE % 1},\n{LINE % 2}\n]"}).one().cells([0])
    assert (block.cells["line"].to_list(), block.continued, block.lines) == ([2, 3], 2, 4)


def test_a_profile_for_the_elements_of_an_array(tmp_path: Path) -> None:
    mine = profile(
        "profile: my.scores\nsystem: x\nmatch: {headings: [id, sections.title]}\nfile: {each: sections}\n"
        "tables: {evaluations: {evaluation_id: id, section: sections.title}}"
    )
    content = '[{"id": "e1", "sections": [{"title": "Greeting"}, {"title": "Solution"}]}]'
    file = recognised(tmp_path, {"a.json": content}, mine).one()
    assert file.layout.headings == ("id", "sections.title")
    (block,) = file.cells([0, 1])
    assert block.cells.rows() == [("e1", "Greeting", 1, 1), ("e1", "Solution", 1, 2)]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(TEXT.filter(lambda key: "." not in key), VALUES, max_size=4), min_size=1, max_size=5)


@given(OBJECTS, st.booleans())
def test_all_forms_of_one_table_read_alike(objects: list[dict[str, object]], ascii_only: bool) -> None:
    written = [json.dumps(one, ensure_ascii=ascii_only) for one in objects]
    forms = [
        "\n".join(written),
        "".join(written),
        "[" + ",".join(written) + "]",
        json.dumps(objects, indent=2, ensure_ascii=ascii_only),
    ]
    read = [[cells for _, cells in found(form.encode())] for form in forms]
    assert read[0] == read[1] == read[2] == read[3]
    assert len(read[0]) == len(objects)
    assert all("" not in cells or isinstance(cells[""], str) for cells in read[0])
