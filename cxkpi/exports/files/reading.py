"""The bytes of an export to text lines: encoding, line ends, and what is not text at all.

The encoding is decided by every byte of a file, never by a sample. Nearly all files are UTF-8, so they are read as that
while every block is checked; only where a block fails is the whole file surveyed and read anew.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import polars as pl

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEAD_BYTES = 1 << 20
_SURVEYED_BYTES = 4 << 20
# Five byte values mean nothing in cp1252; latin-1 knows them all.
_UNKNOWN_TO_CP1252 = (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")
_KNOWN_BINARY = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
)


class NotText(Exception):  # noqa: N818 - a finding about a file, not a fault of the program
    """The bytes are not text; the message says what they seem to be."""


class Reconsider(Exception):  # noqa: N818 - the same
    """What was expected of a file by its first bytes does not hold further down: it must be surveyed."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the text of a file is encoded.

    ``name``: of the codec; ``guessed``: neither declared nor proved by the bytes. ``mark``: the bytes of the
    byte-order mark. ``returns``: carriage returns alone end lines. ``expected``: only the first bytes have been seen.
    """

    name: str
    guessed: bool = False
    mark: int = 0
    returns: bool = False
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text as UTF-8 with ``\\n`` line ends, without a byte-order mark.

    ``encoding``: the one it was decoded with; ``guessed``: neither declared nor proved by the bytes.
    """

    utf8: bytes
    encoding: str
    guessed: bool = False


def decode(content: bytes, declared: str | None = None) -> Text:
    """Decode a whole file: a byte-order mark, else ``declared``, else the NUL pattern of UTF-16, strict UTF-8, cp1252.

    The whole file is decoded because a sample says nothing about the accent in its last line. Raises NotText where the
    bytes are no text, or not in the encoding declared.
    """
    for magic, what in _KNOWN_BINARY:
        if content.startswith(magic):
            raise NotText(what)
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return Text(_to_utf8(content[len(mark) :], encoding), encoding)
    if declared is not None:
        return Text(_to_utf8(content, declared), declared)
    wide = _wide(content)
    if wide is not None:
        return Text(_to_utf8(content, wide), wide)
    if b"\x00" in content:
        raise NotText("a binary file")
    if _is_utf8(content):
        return Text(_line_ends(content), "utf-8")
    if _control_share(content) > 0.02:
        raise NotText("a binary file")
    try:
        return Text(_to_utf8(content, "cp1252"), "cp1252", guessed=True)
    except NotText:
        # Five byte values mean nothing in cp1252; latin-1 knows them all.
        return Text(_to_utf8(content, "latin-1"), "latin-1", guessed=True)


def again(content: bytes, encoding: str) -> bytes:
    """The text of bytes that ``decode`` has read before, by the encoding it found: nothing is checked twice."""
    if encoding == "utf-8":
        return _line_ends(content.removeprefix(codecs.BOM_UTF8))
    return decode(content, encoding).utf8


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        # Checks as ``decode`` does, at a third of the cost.
        pl.Series([content], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _wide(content: bytes) -> str | None:
    head = content[:4096]
    if len(head) < 4:
        return None
    even, odd = head[0::2], head[1::2]
    if odd.count(0) > len(odd) * 0.4 and even.count(0) < len(even) * 0.1:
        return "utf-16-le"
    if even.count(0) > len(even) * 0.4 and odd.count(0) < len(odd) * 0.1:
        return "utf-16-be"
    return None


def _control_share(content: bytes) -> float:
    head = content[:65536]
    control = sum(head.count(byte) for byte in (*range(9), *range(14, 32)))
    return control / max(1, len(head))


def _to_utf8(content: bytes, encoding: str) -> bytes:
    if encoding == "utf-8" and _is_utf8(content):
        if b"\x00" in content:
            raise NotText("a binary file")
        return _line_ends(content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise NotText(f"not {encoding} text") from None
    except LookupError:
        raise NotText(f"declared as '{encoding}', which is not a known encoding") from None
    if "\x00" in text:
        raise NotText("a binary file")
    utf8 = content if encoding == "utf-8" else text.removeprefix("\ufeff").encode("utf-8")
    return _line_ends(utf8)


def _line_ends(content: bytes) -> bytes:
    if b"\r" not in content:
        return content
    content = content.replace(b"\r\n", b"\n")
    # A carriage return alone ends lines only where nothing else does.
    return content if b"\n" in content else content.replace(b"\r", b"\n")


# -- block by block ---------------------------------------------------------------------------------------------------


def expect(opened: Callable[[], BinaryIO], declared: str | None = None) -> Encoding:
    """The encoding of a file as far as its first bytes tell; with ``expected`` where they cannot tell all.

    Raises NotText as ``decode`` does.
    """
    with opened() as stream:
        head = _filled(stream, _HEAD_BYTES)
    known = _evident(head, declared)
    utf8 = known is not None and known.name == "utf-8"
    if len(head) < _HEAD_BYTES or (b"\n" not in head and (known is None or utf8)):
        return survey(opened, declared)
    if known is not None and not utf8:
        with opened() as stream:
            returns = not any(b"\n" in text for text in _decoded(stream, known, _SURVEYED_BYTES))
        return Encoding(known.name, known.guessed, known.mark, returns)
    return known or Encoding("utf-8", expected=True)


def survey(opened: Callable[[], BinaryIO], declared: str | None = None) -> Encoding:
    """The encoding of a file, from all of its bytes: what ``decode`` says, without holding the file in memory.

    Raises NotText as ``decode`` does.
    """
    with opened() as stream:
        head = _filled(stream, _HEAD_BYTES)
    known = _evident(head, declared)
    if known is not None:
        with opened() as stream:
            returns = True
            for text in _decoded(stream, known, _SURVEYED_BYTES):
                returns = returns and b"\n" not in text
        return Encoding(known.name, known.guessed, known.mark, returns)
    utf8, returns, unknown = True, True, False
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened() as stream:
        while raw := _filled(stream, _SURVEYED_BYTES):
            if b"\x00" in raw:
                raise NotText("a binary file")
            returns = returns and b"\n" not in raw
            unknown = unknown or any(byte in raw for byte in _UNKNOWN_TO_CP1252)
            utf8 = utf8 and _decodes(decoder, raw)
    if utf8 and _decodes(decoder, b"", final=True):
        return Encoding("utf-8", returns=returns)
    if _control_share(head) > 0.02:
        raise NotText("a binary file")
    return Encoding("latin-1" if unknown else "cp1252", guessed=True, returns=returns)


def text_blocks(stream: BinaryIO, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The text of a file as UTF-8 with ``\\n`` line ends, in blocks of about ``size`` bytes that end with lines.

    Only the last may end without one; it may be empty. Raises Reconsider where an expected encoding proves wrong,
    NotText where a certain one does.
    """
    carried: list[bytes] = []
    for decoded in _decoded(stream, encoding, size):
        text = decoded.replace(b"\r", b"\n") if encoding.returns else decoded
        cut = text.rfind(b"\n") + 1
        if not cut:
            carried.append(text)
            continue
        block = b"".join([*carried, memoryview(text)[:cut]])
        carried = [text[cut:]]
        yield _whole_lines(block, encoding)
    yield _whole_lines(b"".join(carried), encoding)


def _whole_lines(block: bytes, encoding: Encoding) -> bytes:
    """A block checked, where that could wait until its lines were whole, and with plain line ends."""
    if encoding.name == "utf-8" and not (_is_utf8(block) and b"\x00" not in block):
        if encoding.expected:
            raise Reconsider
        raise NotText("a binary file" if _is_utf8(block) else "not utf-8 text")
    return block.replace(b"\r\n", b"\n") if b"\r" in block else block


def _decoded(stream: BinaryIO, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The file as UTF-8 in pieces of any length; UTF-8 itself is passed on unchecked."""
    _filled(stream, encoding.mark)
    if encoding.name == "utf-8":
        while raw := _filled(stream, size):
            yield raw
        return
    decoder = codecs.getincrementaldecoder(encoding.name)()
    first = True
    while True:
        raw = _filled(stream, size)
        try:
            text = decoder.decode(raw, not raw)
        except UnicodeDecodeError:
            raise NotText(f"not {encoding.name} text") from None
        if "\x00" in text:
            raise NotText("a binary file")
        if text:
            yield (text.removeprefix("\ufeff") if first else text).encode("utf-8")
            first = False
        if not raw:
            return


def _evident(head: bytes, declared: str | None) -> Encoding | None:
    """The encoding that a mark, the declaration or the pattern of UTF-16 gives; None where every byte has a say."""
    for magic, what in _KNOWN_BINARY:
        if head.startswith(magic):
            raise NotText(what)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return Encoding(encoding, mark=len(mark))
    if declared is not None:
        try:
            b"".decode(declared)
            codecs.getincrementaldecoder(declared)
            name = codecs.lookup(declared).name
        except LookupError:
            raise NotText(f"declared as '{declared}', which is not a known encoding") from None
        return Encoding("utf-8" if name == "utf-8" else declared)
    wide = _wide(head)
    return None if wide is None else Encoding(wide)


def _filled(stream: BinaryIO, size: int) -> bytes:
    """``size`` bytes, or what is left of a stream that may give less than is asked for."""
    parts = []
    while size > 0 and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _decodes(decoder: codecs.IncrementalDecoder, raw: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(raw, final)
    except UnicodeDecodeError:
        return False
    return True
