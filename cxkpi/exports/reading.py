"""The bytes of an export to text lines: encoding, line ends, and what is not text at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_KNOWN_BINARY = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
)


class NotText(Exception):  # noqa: N818 - a finding about a file, not a fault of the program
    """The bytes are not text; the message says what they seem to be."""


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
        content.decode("utf-8")
    except UnicodeDecodeError:
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
