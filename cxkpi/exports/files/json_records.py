"""JSON exports to records: one object a line, an array, one object, or objects one behind the other.

Nested values stand under dotted headings (``Agent.Username``). Numbers are taken as they are written, so that an
identifier of twenty digits keeps them all. Python's own parser reads them: Polars' would make floats of large numbers
and ends at the first broken line.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

from cxkpi.errors import InputError, Place
from cxkpi.exports.files.faults import unreadable

Cells: TypeAlias = dict[str, str]

_LONGEST = 64 << 20
_CHUNK = 1 << 20
_BEGINS = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{\]])')
_SPACE = re.compile(r"[\s,]*")
_ONE_A_LINE = "Export it again, one object a line."
_TOO_DEEP = "it is nested too deeply"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Number(str):
    """A number as it is written."""

    __slots__ = ()


class _Repeating(dict[str, Any]):
    """An object in which a name stands twice; the last value is kept."""

    name = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    repeating = _Repeating(values)
    names = [name for name, _ in pairs]
    repeating.name = next(name for name in names if names.count(name) > 1)
    return repeating


_DECODER = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number, object_pairs_hook=_object)


@dataclass(frozen=True, slots=True)
class Item:
    """A record with its 1-based line; ``broken``: why there is none.

    ``number``: its line, too, but where several records stand on one line the count goes on from it: no two have the
    same. ``twice``: a name that stands twice in one of its objects.
    """

    line: int
    number: int = 0
    cells: Cells = field(default_factory=dict)
    broken: str | None = None
    twice: str = ""


@dataclass(slots=True)
class Tally:
    """How many lines of a file have been read."""

    lines: int = 0


def begins(text: str) -> bool:
    """Whether a text begins as JSON records do."""
    return _BEGINS.match(text.removeprefix("\ufeff")) is not None


def items(stream: BinaryIO, shown: str, each: str | None = None) -> Iterator[Item]:
    """The records of a JSON file, in order; see ``opened``."""
    return opened(stream, shown, each)[1]


def opened(stream: BinaryIO, shown: str, each: str | None = None) -> tuple[bool, Iterator[Item], Tally]:
    """Whether the file is of the kind that has one object a line, its records in order, and its lines, at the end all.

    ``each``: the array of which every element is a record of its own. A broken line is a broken record. Where the file
    is one document there is no next line to go on with: then it is an InputError (I103) that names the line.
    """
    first = stream.read(_CHUNK)
    encoding = "utf-8"
    for mark, name in _BOMS:
        if first.startswith(mark):
            encoding, first = name, first[len(mark) :]
            break
    else:
        if len(first) >= 4 and first[1::2].count(0) > len(first) // 4 > first[0::2].count(0):
            encoding = "utf-16-le"
    chunks = _chunks(first, stream)
    by_lines = encoding == "utf-8" and _by_lines(first, stream_ended=len(first) < _CHUNK)
    tally = Tally()
    found = _lines(chunks, tally) if by_lines else _document(_counted(_decoded(chunks, encoding, shown), tally), shown)
    return by_lines, _records(found, each), tally


def _counted(texts: Iterator[str], tally: Tally) -> Iterator[str]:
    ended = True
    for text in texts:
        tally.lines += text.count("\n")
        ended = text.endswith("\n") if text else ended
        yield text
    tally.lines += not ended


def _chunks(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = stream.read(_CHUNK)


def _by_lines(first: bytes, stream_ended: bool) -> bool:
    """Whether the first filled line is an object by itself, or the second where the first is broken."""
    filled = [line for line in first.split(b"\n")[:20] if line.strip()]
    for number, line in enumerate(filled[:3]):
        if line.lstrip()[:1] != b"{":
            return False
        if isinstance(_value(line), Mapping):
            return True
        if number + 1 == len(filled) and not stream_ended:
            return False
    return False


def _value(line: bytes) -> Any:
    """The value of a line; None where it is not exactly one."""
    try:
        return _DECODER.decode(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


# -- one object a line ------------------------------------------------------------------------------------------------


def _lines(chunks: Iterable[bytes], tally: Tally) -> Iterator[tuple[int, Any]]:
    """Line number and value; a text of class ``_Broken`` instead where there is none."""
    rest = b""
    number = 0
    too_long = False
    for chunk in chunks:
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        for line in parts:
            number += 1
            tally.lines = number
            if too_long:
                too_long = False
                yield number, _Broken(f"it is longer than {_LONGEST >> 20} MB")
            elif line.strip():
                yield from ((number, value) for value in _of_line(line))
        if len(rest) > _LONGEST:
            rest, too_long = b"", True
    tally.lines += bool(rest or too_long)
    if too_long:
        yield number + 1, _Broken(f"it is longer than {_LONGEST >> 20} MB")
    elif rest.strip():
        yield from ((number + 1, value) for value in _of_line(rest))


class _Broken(str):
    """Why there is no value."""

    __slots__ = ()


def _of_line(line: bytes) -> list[Any]:
    """The objects of a line, as a rule one; what is wrong with it where it cannot be read."""
    try:
        text = line.decode("utf-8").strip()
    except UnicodeDecodeError:
        return [_Broken("it is not UTF-8 text")]
    values: list[Any] = []
    at = 0
    try:
        while at < len(text):
            value, at = _DECODER.raw_decode(text, at)
            values.append(value)
            space = _SPACE.match(text, at)
            at = space.end() if space else at
    except ValueError as error:
        values.append(_Broken(f"it is not JSON: {_said(error)}"))
    except RecursionError:
        values.append(_Broken(_TOO_DEEP))
    return values


def _said(error: ValueError) -> str:
    """A parser's complaint without the place, which is told otherwise."""
    return str(getattr(error, "msg", error)).lower().split(" (char")[0]


# -- one document -----------------------------------------------------------------------------------------------------


def _decoded(chunks: Iterable[bytes], encoding: str, shown: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        message = f"this is not {encoding} text, as JSON must be."
        raise InputError(unreadable(message, Place(shown), "Export it again as UTF-8.")) from None


def _document(texts: Iterator[str], shown: str) -> Iterator[tuple[int, Any]]:
    """The values of an array, or of a row of objects, with the lines they begin on."""
    text, at, line = "", 0, 1
    opened = closed = ended = False
    wanted = 1
    while True:
        while not ended and len(text) - at < wanted:
            more = next(texts, None)
            ended, text, at = more is None, text[at:] + (more or ""), 0
        space = _SPACE.match(text, at)
        begin = space.end() if space else at
        line += text.count("\n", at, begin)
        at = begin
        if at == len(text):
            if not ended:
                wanted = 1
                continue
            if opened and not closed:
                raise _cut_off(shown, line)
            return
        if text[at] == "[" and not opened:
            opened, at = True, at + 1
            continue
        if text[at] == "]" and opened and not closed:
            closed, at = True, at + 1
            continue
        if text[at] != "{" or closed:
            message = f"the JSON cannot be read from line {line} on: an object was expected there."
            raise InputError(unreadable(message, Place(shown, line), _ONE_A_LINE))
        try:
            value, end = _DECODER.raw_decode(text, at)
        except ValueError as error:
            stopped = getattr(error, "pos", at)
            if not ended and len(text) - at < _LONGEST and _may_go_on(error, len(text)):
                wanted = 2 * (len(text) - at)
                continue
            place = line + text.count("\n", at, stopped)
            if ended and (_said(error).startswith("unterminated") or stopped >= len(text.rstrip()) - 1):
                raise _cut_off(shown, place) from None
            message = f"the JSON cannot be read from line {place} on: {_said(error)}."
            if not ended and len(text) - at >= _LONGEST:
                message = f"the JSON has an object of more than {_LONGEST >> 20} MB, from line {line} on."
            raise InputError(unreadable(message, Place(shown, place), _ONE_A_LINE)) from None
        except RecursionError:
            raise InputError(unreadable(f"{_TOO_DEEP}.", Place(shown, line), "Export it again.")) from None
        yield line, value
        line += text.count("\n", at, end)
        at = end
        wanted = 1


def _may_go_on(error: ValueError, length: int) -> bool:
    """Whether more of the text could make it right."""
    message = str(getattr(error, "msg", ""))
    return message.startswith("Unterminated") or getattr(error, "pos", 0) >= length - 16


def _cut_off(shown: str, line: int) -> InputError:
    message = f"the JSON ends in the middle of a record, on line {line}: it was cut off."
    return InputError(unreadable(message, Place(shown, line), "Export or download it again."))


# -- values to cells --------------------------------------------------------------------------------------------------


def _records(found: Iterable[tuple[int, Any]], each: str | None) -> Iterator[Item]:
    last = 0
    for line, value in found:
        broken = value if isinstance(value, _Broken) else None
        if broken is None and not isinstance(value, Mapping):
            broken = _Broken("it is not an object with named values")
        if broken is not None:
            last = max(line, last + 1)
            yield Item(line, last, broken=broken)
            continue
        try:
            twice = _twice(value)
            for cells in spread(value, each):
                last = max(line, last + 1)
                yield Item(line, last, cells, twice=twice)
                twice = ""
        except RecursionError:
            last = max(line, last + 1)
            yield Item(line, last, broken=_TOO_DEEP)


def _twice(value: Any) -> str:
    """A name that stands twice in an object or in one within it; empty where none does."""
    if isinstance(value, _Repeating):
        return value.name
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((name for one in inside if isinstance(one, dict | list) and (name := _twice(one))), "")


def spread(value: Mapping[str, Any], each: str | None = None) -> Iterator[Cells]:
    """An object's cells under dotted headings, once for every element of the array ``each``.

    An object without that array, or with an empty one, gives one record of its own values.
    """
    cells: Cells = {}
    flatten(value, "", cells, each)
    elements = None if each is None else _found(value, each)
    if not isinstance(elements, list) or not elements:
        yield cells
        return
    for element in elements:
        own = dict(cells)
        if isinstance(element, Mapping):
            flatten(element, f"{each}.", own, None)
        else:
            own[str(each)] = _scalar(element)
        yield own


def _found(value: Any, path: str) -> Any:
    """What stands under a dotted path; a heading that has the dots in itself counts too."""
    if not isinstance(value, Mapping):
        return None
    if path in value:
        return value[path]
    for key, inside in value.items():
        if path.startswith(f"{key}."):
            found = _found(inside, path[len(key) + 1 :])
            if found is not None:
                return found
    return None


def flatten(value: Mapping[str, Any], prefix: str, cells: Cells, without: str | None) -> None:
    """Put an object's values into ``cells``. ``without``: a heading that is left out."""
    for key, inside in value.items():
        heading = prefix + key if prefix else key
        if heading == without:
            continue
        if isinstance(inside, str):
            text: str = inside
        elif inside is None:
            text = ""
        elif isinstance(inside, dict):
            flatten(inside, f"{heading}.", cells, without)
            continue
        else:
            text = _list(inside) if isinstance(inside, list) else _scalar(inside)
        if not (text.isascii() and heading.isascii()):
            heading, text = _whole(heading), _whole(text)
        cells[heading] = text


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _json(value)


def _list(values: Sequence[Any]) -> str:
    if all(not isinstance(value, Mapping | list) for value in values):
        return ";".join(_scalar(value) for value in values if value is not None)
    return _json(values)


def _json(value: Any) -> str:
    """JSON text again, numbers as they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_json(v)}" for key, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(inside) for inside in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> str:
    """A text without halves of characters, which JSON can write and UTF-8 cannot."""
    return text.encode("utf-8", errors="replace").decode("utf-8")
