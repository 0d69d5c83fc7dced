"""The bytes of an export to text lines: encoding, line ends, and what is not text at all.

The encoding is decided by every byte of a file, never by a sample. Nearly all files are UTF-8, so they are read as that
while every block is checked; only where a block fails is the whole file surveyed and read anew.

A file put together from several is seldom all of one encoding: where nearly all of it is UTF-8, what is not is read by
itself, and the survey says how much that is and where it begins.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import polars as pl

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEAD_BYTES = 1 << 20
_SURVEYED_BYTES = 4 << 20
_READ_BYTES = 1 << 20
"""What is looked at at a time where it need not be more: for larger pieces memory is asked for again every time."""
_BOM = codecs.BOM_UTF8
# So many characters beyond ASCII show that a file is UTF-8, though a share of what is beyond ASCII is not.
_TELLING = 10
_STRAY_SHARE = 0.05
# A program that writes text leaves a NUL here and there; in what is no text they are everywhere.
_NUL_SHARE = 1e-4
_NULS_ALWAYS = 2
_FEWEST_NULS = 4
_ESCAPED = re.compile("(?:\udced[\udca0-\udcbf][\udc80-\udcbf])+|[\udc80-\udcff]+|[\ud800-\udfff]")
_HALF_AT_END = re.compile("(?:\udced[\udca0-\udcaf][\udc80-\udcbf])?(?:\udced[\udca0-\udcbf]?)?\\Z")
_LONGEST_HALF = 6
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
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
class Strays:
    """What does not belong in a text: how many, and the 1-based line of the first."""

    count: int
    line: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the text of a file is encoded.

    ``name``: of the codec; ``guessed``: neither declared nor proved by the bytes. ``mark``: the bytes of the
    byte-order mark. ``returns``: carriage returns alone end lines. ``expected``: only the first bytes have been seen.
    ``others``: of text that is UTF-8 but for a few characters, which are read as cp1252, and halves of characters in
    UTF-8 or UTF-16, which stand for none. ``nuls``: NUL bytes, which are left out.
    """

    name: str
    guessed: bool = False
    mark: int = 0
    returns: bool = False
    expected: bool = False
    others: Strays | None = None
    nuls: Strays | None = None

    @property
    def wide(self) -> bool:
        """Whether a character takes two bytes."""
        return self.name.startswith("utf-16")


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text as UTF-8 with ``\\n`` line ends, without a byte-order mark.

    ``encoding``: the one it was decoded with; ``guessed``: neither declared nor proved by the bytes.
    """

    utf8: bytes
    encoding: str
    guessed: bool = False


def decode(content: bytes, declared: str | None = None) -> Text:
    """Decode a whole file: a byte-order mark, else ``declared``, else the NUL pattern of UTF-16, UTF-8, cp1252.

    Raises NotText where the bytes are no text, or not in the encoding declared.
    """

    def opened() -> BinaryIO:
        return io.BytesIO(content)

    encoding = survey(opened, declared)
    return Text(b"".join(text_blocks(opened(), encoding, max(1, len(content)))), encoding.name, encoding.guessed)


def decode_beginning(start: bytes, opened: Callable[[], BinaryIO]) -> bytes:
    """The beginning of a file as ``Text.utf8``, up to its last line end, in the encoding that the whole file has.

    Raises NotText as ``decode`` does.
    """
    encoding = expect(opened)
    try:
        return b"".join(text_blocks(io.BytesIO(_to_line_end(start, encoding)), encoding, len(start)))
    except Reconsider:
        encoding = survey(opened)
    return b"".join(text_blocks(io.BytesIO(_to_line_end(start, encoding)), encoding, len(start)))


def _to_line_end(start: bytes, encoding: Encoding) -> bytes:
    """A beginning up to its last line end, so that no character is cut in two."""
    if encoding.wide:
        for end in ("\n", "\r"):
            mark = end.encode(encoding.name)
            at = start.rfind(mark)
            while at > 0 and at % 2:
                at = start.rfind(mark, 0, at)
            if at > 0:
                return start[: at + 2]
        return start[: len(start) // 2 * 2]
    at = max(start.rfind(b"\n"), start.rfind(b"\r"))
    if at > 0:
        return start[: at + 1]
    cut = len(start)
    while cut and len(start) - cut < 4 and start[cut - 1] & 0xC0 == 0x80:
        cut -= 1
    return start[: cut - 1] if cut and start[cut - 1] >= 0xC0 else start


def _is_utf8(content: bytes) -> bool:
    return content.isascii() or all(_reads_as_utf8(piece) for piece in in_pieces(content))


def _reads_as_utf8(content: bytes) -> bool:
    try:
        # Checks as ``decode`` does, at a third of the cost.
        pl.Series([content], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def in_pieces(text: bytes) -> Iterator[bytes]:
    """A text in pieces of whole lines, which a processor has at hand."""
    at = 0
    while at < len(text):
        end = text.find(b"\n", at + _READ_BYTES) + 1 or len(text)
        yield text[at:end]
        at = end


def _wide(content: bytes) -> str | None:
    """UTF-16 by the NUL bytes of its commas and line ends, all of which are the first or all the second of two."""
    head = content[: len(content[:4096]) // 2 * 2]
    half = len(head) // 2
    if half < 2:
        return None
    even, odd = head[0::2].count(0), head[1::2].count(0)
    for name, many, few in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if many > half * 0.4 and few < half * 0.1:
            return name
        # Languages with letters of their own have few others, but commas and line ends they have.
        if many >= max(_FEWEST_NULS, half * 0.02) and few < many and _reads(head, name):
            return name
    return None


def _reads(head: bytes, name: str) -> bool:
    """Whether a beginning is a table in a wide encoding: with line ends, without control characters."""
    text = head.decode(name, errors="surrogatepass")
    if "\n" not in text or not any(delimiter in text for delimiter in ",;\t|"):
        return False
    return sum(letter < " " and letter not in "\t\n\r\x0b\x0c" for letter in text) <= len(text) // 1000


def _control_share(content: bytes) -> float:
    head = content[:65536]
    control = sum(head.count(byte) for byte in (*range(9), *range(14, 32)))
    return control / max(1, len(head))


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
        return replace(known, returns=returns, expected=True)
    return Encoding("utf-8", mark=0 if known is None else known.mark, expected=True)


def survey(opened: Callable[[], BinaryIO], declared: str | None = None) -> Encoding:
    """The encoding of a file, from all of its bytes: what ``decode`` says, without holding the file in memory.

    Raises NotText as ``decode`` does.
    """
    with opened() as stream:
        head = _filled(stream, _HEAD_BYTES)
    known = _evident(head, declared)
    if known is not None and not (known.name == "utf-8" and known.mark):
        return _surveyed(opened, known)
    mark = 0 if known is None else known.mark
    utf8, returns, unknown, nuls, size = True, True, False, 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened() as stream:
        _filled(stream, mark)
        while raw := _filled(stream, _SURVEYED_BYTES):
            size += len(raw)
            nuls += raw.count(0)
            returns = returns and b"\n" not in raw
            unknown = unknown or any(byte in raw for byte in _UNKNOWN_TO_CP1252)
            utf8 = utf8 and _decodes(decoder, raw)
    found = Encoding("utf-8", mark=mark, returns=returns, nuls=_nuls(opened, nuls, size, head, returns))
    if utf8 and _decodes(decoder, b"", final=True):
        return found
    if _control_share(head) > 0.02:
        raise NotText("a binary file")
    others = _others(opened, found)
    if others is not None:
        return replace(found, others=others)
    return replace(found, name="latin-1" if unknown else "cp1252", guessed=True)


def _surveyed(opened: Callable[[], BinaryIO], known: Encoding) -> Encoding:
    """A known encoding with what only the whole file tells."""
    if not known.wide:
        with opened() as stream:
            head = _filled(stream, _HEAD_BYTES)
            size, nuls, returns = len(head), head.count(0), b"\n" not in head
            while raw := _filled(stream, _SURVEYED_BYTES):
                size, nuls, returns = size + len(raw), nuls + raw.count(0), returns and b"\n" not in raw
        known = replace(known, nuls=_nuls(opened, nuls, size, head, returns))
    elif (halves := _halves(opened, known)) is not None:
        known = replace(known, others=halves)
    with opened() as stream:
        returns = True
        for text in _decoded(stream, known, _SURVEYED_BYTES):
            returns = returns and b"\n" not in text
    return replace(known, returns=returns)


def _nuls(opened: Callable[[], BinaryIO], count: int, size: int, head: bytes, returns: bool) -> Strays | None:
    """The NUL bytes of a text. Raises NotText where they are too many for one."""
    if not count:
        return None
    if count > max(min(_NULS_ALWAYS, size / 20), size * _NUL_SHARE) or _control_share(head.replace(b"\x00", b"")) > 0:
        raise NotText("a binary file, or text in an encoding such as UTF-32")
    line = 1
    with opened() as stream:
        while raw := _filled(stream, _SURVEYED_BYTES):
            at = raw.find(b"\x00")
            line += raw.count(b"\r" if returns else b"\n", 0, len(raw) if at < 0 else at)
            if at >= 0:
                break
    return Strays(count, line)


def _others(opened: Callable[[], BinaryIO], encoding: Encoding) -> Strays | None:
    """What is not UTF-8 in a file that is UTF-8 for the rest; None where it is too much for that."""
    counted = _beyond_ascii(opened, encoding)
    if counted is not None and _too_strange(*counted, encoding):
        return None
    strange = whole = lone = 0
    line, first = 1, 0
    for text in _escaped(opened, encoding, "surrogateescape"):
        found = list(_ESCAPED.finditer(text))
        if found and not first:
            first = line + text.count("\r" if encoding.returns else "\n", 0, found[0].start())
        line += text.count("\r" if encoding.returns else "\n")
        escaped = sum(len(one.group()) for one in found)
        whole += len(text) - len(text.encode("ascii", "ignore")) - escaped
        halves = sum(len(one.group()) // 3 for one in found if _is_half(one))
        lone += halves
        strange += escaped - 3 * halves
    if _too_strange(strange, whole + lone, encoding):
        return None
    return Strays(strange + lone, first)


def _beyond_ascii(opened: Callable[[], BinaryIO], encoding: Encoding) -> tuple[int, int] | None:
    """How many bytes of a file are not UTF-8, and how many characters beyond ASCII are.

    Counted seventy times as fast as one by one. None where there may be halves of characters, which are neither.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    size = kept = whole = 0
    before = b""
    with opened() as stream:
        _filled(stream, encoding.mark)
        while True:
            raw = _filled(stream, _SURVEYED_BYTES)
            if _HALF.search(before + raw):
                return None
            text = decoder.decode(raw, not raw)
            size += len(raw)
            kept += len(text.encode("utf-8"))
            whole += len(text) - len(text.encode("ascii", "ignore"))
            before = (before + raw)[-2:]
            if not raw:
                return size - kept, whole


def _too_strange(strange: int, whole: int, encoding: Encoding) -> bool:
    """Whether ``strange`` bytes beside so many characters of UTF-8 say that a file is not UTF-8."""
    # A byte-order mark, or halves of characters alone, are proof enough.
    return strange > 0 and not encoding.mark and (whole < _TELLING or strange >= _STRAY_SHARE * whole)


def _is_half(found: re.Match[str]) -> bool:
    group = found.group()
    return len(group) % 3 == 0 and group[0] == "\udced" and "\udca0" <= group[1] <= "\udcbf"


def _halves(opened: Callable[[], BinaryIO], encoding: Encoding) -> Strays | None:
    """The halves of characters in UTF-16 that stand alone. Raises NotText where it ends within a character."""
    count, line, first = 0, 1, 0
    for text in _escaped(opened, encoding, "surrogatepass"):
        found = list(_ESCAPED.finditer(text))
        if found and not first:
            first = line + text.count("\n", 0, found[0].start())
        count += sum(len(one.group()) for one in found)
        line += text.count("\n")
    return Strays(count, first) if count else None


def _escaped(opened: Callable[[], BinaryIO], encoding: Encoding, errors: str) -> Iterator[str]:
    """The file as text in which a surrogate stands for what is none, never cut within a group of them."""
    decoder = codecs.getincrementaldecoder(encoding.name)(errors)
    with opened() as stream:
        _filled(stream, encoding.mark)
        yield from _pieces(stream, decoder, _SURVEYED_BYTES, encoding.name)


def _pieces(stream: BinaryIO, decoder: codecs.IncrementalDecoder, size: int, name: str) -> Iterator[str]:
    held = ""
    while True:
        raw = _filled(stream, size)
        try:
            text = held + decoder.decode(raw, not raw)
        except UnicodeDecodeError:
            raise NotText(f"not {name} text") from None
        end = _HALF_AT_END.search(text, max(0, len(text) - _LONGEST_HALF)) if raw else None
        cut = len(text) if end is None else end.start()
        held = text[cut:]
        yield text[:cut]
        if not raw:
            return


def _mended(text: str, encoding: Encoding) -> str:
    """Text with what is no UTF-8 read as cp1252, and U+FFFD for halves of characters."""
    if text.isascii():
        return text
    return _ESCAPED.sub(lambda found: "\ufffd" if encoding.wide else _of_bytes(found), text)


def _of_bytes(found: re.Match[str]) -> str:
    raw = found.group().encode("utf-8", "surrogateescape")
    if _is_half(found):
        # Both halves of a character, each written as a character, make it again.
        halves = raw.decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
        return halves.decode("utf-16-le", "replace")
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def text_blocks(stream: BinaryIO, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The text of a file as UTF-8 with ``\\n`` line ends, in blocks of about ``size`` bytes that end with lines.

    Only the last may end without one; it may be empty. Raises Reconsider where an expected encoding proves wrong,
    NotText where a certain one does.
    """
    held: list[bytes] = []
    length = 0
    for decoded in _decoded(stream, encoding, min(size, _READ_BYTES)):
        text = decoded.replace(b"\r", b"\n") if encoding.returns else decoded
        length += len(text)
        cut = text.rfind(b"\n") + 1 if length >= size else 0
        if not cut:
            held.append(text)
            continue
        block = b"".join([*held, memoryview(text)[:cut]])
        held = [text[cut:]]
        length = len(held[0])
        yield _whole_lines(block, encoding)
    yield _whole_lines(b"".join(held), encoding)


def _whole_lines(block: bytes, encoding: Encoding) -> bytes:
    """A block checked, where that could wait until its lines were whole, and with plain line ends."""
    if encoding.name == "utf-8" and not (_is_utf8(block) and b"\x00" not in block):
        if encoding.expected:
            raise Reconsider
        raise NotText("a binary file" if _is_utf8(block) else "not utf-8 text")
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n")
    # A single byte is found twenty times as fast.
    if _BOM[:1] in block and _BOM in block:
        # Of files put one behind the other, each has its own.
        block = block.replace(b"\n" + _BOM, b"\n").removeprefix(_BOM)
    return block


def _decoded(stream: BinaryIO, encoding: Encoding, size: int) -> Iterator[bytes]:
    """The file as UTF-8 in pieces of any length; UTF-8 itself is passed on unchecked."""
    _filled(stream, encoding.mark)
    if encoding.name == "utf-8" and encoding.others is None:
        while raw := _filled(stream, size):
            yield raw if encoding.nuls is None else raw.replace(b"\x00", b"")
        return
    errors = "strict" if encoding.others is None else "surrogatepass" if encoding.wide else "surrogateescape"
    try:
        decoder = codecs.getincrementaldecoder(encoding.name)(errors)
        for text in _pieces(stream, decoder, size, encoding.name):
            if encoding.others is not None:
                text = _mended(text, encoding)
            if "\x00" in text:
                if encoding.nuls is None:
                    raise NotText("a binary file")
                text = text.replace("\x00", "")
            if text:
                yield text.encode("utf-8")
    except NotText:
        if encoding.expected:
            raise Reconsider from None
        raise


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
