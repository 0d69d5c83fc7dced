"""YAML text to plain data, with the line and column of every key and value.

Only YAML 1.2 scalars are known: ``no``, ``1:30``, ``010`` and ``2026-01-01`` are text. A key written twice is a problem
(the first one counts); tags and merge keys are refused; aliases are bounded. Nothing is constructed but dictionaries,
lists, texts, numbers, true, false and null.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import yaml

from cxkpi.errors import MAX_PROBLEMS, Place, Problem, shortened

Path = tuple[str | int, ...]

# Generous for people, small for machines: a catalogue of 200 metrics has some 6,000 nodes.
MAX_NODES = 50_000
MAX_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK = re.compile(r"\r\n?|\n")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", "")),
}


@dataclass(frozen=True, slots=True)
class Written:
    """Where a node was written: index of its first character, of its key's, and how a scalar was quoted.

    ``document``: the one it stands in, where it was taken over into another.
    """

    start: int
    key: int | None = None
    style: str | None = None
    text: str | None = None
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML document as plain data, which still knows where everything stands.

    ``problems`` are faults of the text itself. ``data`` is None where the text could not be read at all. ``others``:
    the documents that parts of it were taken from, whose places are theirs.
    """

    file: str
    source: str
    data: Any
    problems: tuple[Problem, ...]
    written: Mapping[Path, Written] = field(repr=False)
    others: tuple[Document, ...] = field(default=(), repr=False)

    def place_of(self, path: Path, *, key: bool = False) -> Place:
        """The place of the value at ``path``, or of its key; of the nearest thing above it where there is none."""
        for depth in range(len(path), -1, -1):
            at = self.written.get(path[:depth])
            if at is not None:
                # Something that is missing is missing from what the key above it names.
                use_key = at.key is not None and (key or depth < len(path))
                return (at.document or self).place_at(at.key if use_key and at.key is not None else at.start)
        return Place(self.file)

    def place_in(self, path: Path, offset: int) -> Place:
        """The place of one character of the text at ``path``; ``offset`` counts characters of its value."""
        at = self.written.get(path)
        if at is None or at.text is None:
            return self.place_of(path)
        home = at.document or self
        return home.place_at(_index_of(home.source, at, offset))

    def text_at(self, path: Path) -> str | None:
        """A scalar exactly as it was written, quotes and escapes resolved; None where there is no scalar."""
        at = self.written.get(path)
        return None if at is None else at.text

    def follows_comma(self, path: Path) -> bool:
        """Whether the key at ``path`` stands behind a comma in a mapping between braces."""
        at = self.written.get(path)
        if at is None or at.key is None or at.style is not None:
            return False
        return (at.document or self).source[: at.key].rstrip().endswith(",")

    def text_before(self, path: Path) -> str | None:
        """The plain text of the value that is written right before the key at ``path``, in the same mapping."""
        at = self.written.get(path)
        if at is None or at.key is None:
            return None
        beside = [
            one
            for other, one in self.written.items()
            if other[:-1] == path[:-1]
            and len(other) == len(path)
            and one.document is at.document
            and one.start < at.key
        ]
        last = max(beside, key=lambda one: one.start, default=None)
        return None if last is None or last.style is not None else last.text

    def place_at(self, index: int) -> Place:
        """The place of a character of the source."""
        starts = _line_starts(self.source)
        line = bisect_right(starts, index)
        return Place(self.file, line, index - starts[line - 1] + 1)

    def line(self, place: Place) -> str | None:
        """The source line a place is on, for showing."""
        source = next((one for one in self.others if one.file == place.file), self).source
        starts = _line_starts(source)
        if place.line is None or not source or not 0 < place.line <= len(starts):
            return None
        end = starts[place.line] if place.line < len(starts) else len(source)
        return source[starts[place.line - 1] : end].rstrip("\n\r")

    def problem(self, code: str, message: str, place: Place, hint: str | None = None) -> Problem:
        """A problem at a place of this document, with the line it is on."""
        return Problem(code, shortened(message), place, hint, self.line(place))


def read(text: str, file: str, *, family: str = "C") -> Document:
    """Plain data and places of one YAML document; ``family`` is the letter its problems' codes begin with.

    Codes: 001 not YAML, 002 key written twice, 003 aliases, 004 merge key, 005 tag, 006 key that is not text, 007 too
    deep or more than one document, 008 more than is read (of a catalogue).
    """
    source = text.removeprefix("\ufeff")
    empty = Document(file, source, None, (), {})
    reader = _Reader(empty, family)
    try:
        data = reader.document(yaml.parse(source, Loader=_LOADER))
    except _TooMuch as refusal:
        return replace(empty, problems=(*reader.problems, refusal.problem))
    except yaml.YAMLError as error:
        return replace(empty, problems=(*reader.problems, _not_yaml(empty, error, family)))
    return replace(empty, data=data, problems=tuple(reader.problems), written=reader.written)


def sort_key(problem: Problem) -> tuple[str, int, int, str, str]:
    """Order of problems: by file, line, column, then code and message."""
    place = problem.place or Place("")
    return (place.file, place.line or 0, place.column or 0, problem.code, problem.message)


class _TooMuch(Exception):  # noqa: N818 - control flow within this module
    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


@dataclass(slots=True)
class _Node:
    """Data, and where each of its parts was written, by path from here."""

    data: Any
    written: dict[Path, Written]


class _Reader:
    """Builds data from parser events; recursion is bounded by ``MAX_DEPTH`` and size by ``MAX_NODES``."""

    def __init__(self, document: Document, family: str) -> None:
        self.blank = document
        self.family = family
        self.problems: list[Problem] = []
        self.written: dict[Path, Written] = {}
        self.anchors: dict[str, _Node | None] = {}
        self.nodes = 0
        self.aliased = False

    def report(self, code: str, message: str, index: int, hint: str | None = None) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(self.fault(code, message, index, hint))

    def fault(self, code: str, message: str, index: int, hint: str | None = None) -> Problem:
        return self.blank.problem(self.family + code, message, self.blank.place_at(index), hint)

    def document(self, events: Iterator[Any]) -> Any:
        node: _Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    start: Any = event.start_mark
                    self.report("007", "a second document starts here", start.index, "Keep one per file.")
                    break
                node = self.node(next(events), events, 0)
        if node is None:
            return None
        self.written = node.written
        return node.data

    def node(self, event: Any, events: Iterator[Any], depth: int) -> _Node:
        index = event.start_mark.index
        if depth > MAX_DEPTH:
            raise _TooMuch(self.fault("007", f"nested more than {MAX_DEPTH} levels deep", index))
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, index)
        self.count(1, index)
        if event.tag is not None:
            self.report("005", f"the tag '{event.tag}' is not supported", index, "Write the plain value without a tag.")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            plain = not event.style
            data = _scalar(event.value) if plain else event.value
            built = _Node(data, {(): Written(index, style=event.style or None, text=event.value)})
        elif isinstance(event, yaml.SequenceStartEvent):
            built = self.sequence(events, index, depth)
        else:
            built = self.mapping(events, index, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = built
        return built

    def count(self, nodes: int, index: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            message = f"more than {MAX_NODES:,} values"
            raise _TooMuch(
                self.fault("003", f"{message} once aliases are written out", index)
                if self.aliased
                else self.fault(
                    "008" if self.family == "C" else "003", f"this file is too large: it has {message}", index
                )
            )

    def alias(self, event: Any, index: int) -> _Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            known = event.anchor in self.anchors
            reason = "refers to something that contains it" if known else "has no anchor before it"
            self.report("003", f"the alias '*{event.anchor}' {reason}", index)
            return _Node(None, {(): Written(index)})
        self.aliased = True
        self.count(len(node.written), index)
        return node

    def sequence(self, events: Iterator[Any], index: int, depth: int) -> _Node:
        built = _Node([], {(): Written(index)})
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            item = self.node(event, events, depth + 1)
            position = len(built.data)
            built.data.append(item.data)
            built.written.update({(position, *path): at for path, at in item.written.items()})
        return built

    def mapping(self, events: Iterator[Any], index: int, depth: int) -> _Node:
        built = _Node({}, {(): Written(index)})
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(event, events, depth)
            value = self.node(next(events), events, depth + 1)
            if key is None:
                continue
            at = event.start_mark.index
            if key in built.data:
                first = built.written[(key,)].key
                line = self.blank.place_at(first if first is not None else at).line
                self.report("002", f"the key '{key}' is written twice", at, f"It was first written on line {line}.")
                continue
            built.data[key] = value.data
            built.written.update({(key, *path): written for path, written in value.written.items()})
            built.written[(key,)] = replace(built.written[(key,)], key=at)
        return built

    def key(self, event: Any, events: Iterator[Any], depth: int) -> str | None:
        index = event.start_mark.index
        node = self.node(event, events, depth + 1)
        text = node.written[()].text
        if text is None:
            self.report("006", "a key must be plain text", index)
            return None
        if text == "<<" and not node.written[()].style:
            hint = "Write the keys out, or use 'variants'." if self.family == "C" else "Write the keys out."
            self.report("004", "merge keys ('<<') are not supported", index, hint)
            return None
        return text


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def _not_yaml(document: Document, error: yaml.YAMLError, family: str) -> Problem:
    code = f"{family}001"
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        message = ", ".join(part for part in (error.problem, error.context) if part)
        at = error.problem_mark.index
        tab = "\t" in message or "'\\t'" in message or document.source[at : at + 1] == "\t"
        hint = "Indent with spaces; YAML does not allow tabs." if tab else None
        place = document.place_at(min(error.problem_mark.index, len(document.source)))
        return document.problem(code, f"this is not YAML: {message}", place, hint)
    position = getattr(error, "position", None)
    place = document.place_at(position) if isinstance(position, int) else Place(document.file)
    reason = getattr(error, "reason", None) or str(error)
    return document.problem(code, f"this is not YAML: {reason}", place)


@lru_cache(maxsize=8)
def _line_starts(source: str) -> tuple[int, ...]:
    # YAML counts more characters as line breaks than editors, code hosts and compilers do.
    return (0, *(found.end() for found in _LINE_BREAK.finditer(source)))


_ESCAPE_LENGTHS = {"x": 4, "u": 6, "U": 10}


def _index_of(source: str, at: Written, offset: int) -> int:
    """The index in the source of one character of a scalar's text, whatever its quoting and folding."""
    text = at.text or ""
    index = at.start
    if at.style in ("|", ">"):
        index = source.find("\n", index) + 1
    elif at.style in ("'", '"'):
        index += 1
    for position, character in enumerate(text):
        if at.style == '"':
            while source.startswith(("\\\n", "\\\r"), index):
                index += 2
                while index < len(source) and source[index] in " \t\n\r":
                    index += 1
            if source.startswith("\\", index):
                if position == offset:
                    return index
                index += _ESCAPE_LENGTHS.get(source[index + 1 : index + 2], 2)
                continue
        if character.isspace():
            if position == offset:
                return index
            index += source[index : index + 1] == character
            continue
        # Line folding, indentation and doubled quotes stand between the characters of the text.
        while index < len(source) and source[index] != character:
            index += 1
        if position == offset:
            return min(index, len(source))
        index += 1
    return min(index, len(source))
