"""What is read from: a file, a member of a zip archive or a sheet of a workbook, and what its beginning looks like."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal, TypeAlias

from cxkpi.errors import InputError, Place, Problem
from cxkpi.exports.files import archives, digests, json_records, parquet_cells
from cxkpi.exports.files.faults import NothingThere, unreadable
from cxkpi.exports.files.finding import JSON, TEXT, Found, advice_for
from cxkpi.exports.files.reading import NotText, decode, decode_beginning
from cxkpi.exports.files.workbook import Workbook, is_workbook

Kind: TypeAlias = Literal["text", "workbook", "json", "parquet"]

HEAD_BYTES = 1 << 20
_HEAD_ROWS = 60
_HEAD_RECORDS = 2000
_IN_MEMORY = 1 << 30
_AS_TEXT = "Export it again as CSV (comma-separated text)."
_SAVE_WORKBOOK = "Open it in Excel and save it as .xlsx or CSV."


@dataclass(frozen=True, slots=True)
class Source:
    """One table of an input.

    ``path``: the file on disk. ``shown``: its name in reports (``june.zip/acd.csv``, ``roster.xlsx#Staff``). ``given``:
    named on the command line, not found in a folder. ``member``: of a zip archive. ``sheet``: of a workbook, ``hidden``
    where the workbook does not show it. ``packed``: a gzip file.
    """

    path: Path
    shown: str
    given: bool
    kind: Kind = "text"
    member: str | None = None
    sheet: str | None = None
    hidden: bool = False
    packed: bool = False
    taken: int | None = None

    @property
    def size(self) -> int:
        """Bytes on disk that are read for it: of an archive's member, its compressed size."""
        return self.path.stat().st_size if self.taken is None else self.taken

    def open(self, *, hashed: bool = False) -> archives.Stream:
        """The decompressed bytes. Raises InputError where they cannot be read, here or while they are read.

        ``hashed``: once all of them have been read ``content_hash`` need not read the file again.
        """
        if self.member is not None:
            return archives.open_member(self.path, self.member, self.shown)
        opened = archives.open_gzip if self.packed else archives.open_plain
        return opened(self.path, self.shown, hashed=hashed)

    def content_hash(self) -> str:
        """What tells this content from any other: SHA-256 of the file on disk, and what of it is meant."""
        with archives.unspoilt(self.shown):
            of_file = digests.of_file(self.path)
        part = f"{of_file}\0{self.kind}\0{self.member or ''}\0{self.sheet or ''}"
        return hashlib.sha256(part.encode("utf-8", errors="surrogatepass")).hexdigest()

    def content(self) -> bytes:
        """Everything at once, for workbooks. Raises InputError where that would take too much memory."""
        with self.open() as stream:
            content = stream.read(_IN_MEMORY + 1)
        if len(content) > _IN_MEMORY:
            message = f"it is larger than {_IN_MEMORY >> 30} GB, too large for its kind of file."
            raise InputError(unreadable(message, Place(self.shown), "Export it as CSV."))
        return content

    def parquet(self) -> Path | io.BytesIO:
        """What Polars reads a Parquet file from."""
        return self.path if self.member is None and not self.packed else io.BytesIO(self.content())


@dataclass(frozen=True, slots=True)
class Unread:
    """An input of which nothing can be read, and why."""

    source: Source
    problem: Problem


def expand(found: Sequence[Found]) -> Iterator[Source | Unread]:
    """What the files hold: themselves, the members of archives, the sheets of workbooks.

    Empty sheets are left out; the only sheet of a workbook goes by the file's name.
    """
    for file in found:
        base = Source(file.path, file.shown, file.given)
        try:
            yield from _expanded(base)
        except InputError as error:
            yield Unread(base, error.problems[0])


def _expanded(base: Source) -> Iterator[Source | Unread]:
    start = _start(base)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if _names_workbook(base):
            yield from _sheets(replace(base, kind="workbook"))
        else:
            yield from _members(base)
        return
    if start.startswith(b"\x1f\x8b"):
        packed = replace(base, packed=True)
        yield from _by_content(packed, _start(packed), base.path.name.lower().removesuffix(".gz"))
        return
    yield from _by_content(base, start, base.path.name)


def _start(source: Source) -> bytes:
    with source.open() as stream:
        return stream.read(4096)


def _by_content(source: Source, start: bytes, name: str) -> Iterator[Source | Unread]:
    """What the first bytes are, whatever the name says; where they do not tell, the name does."""
    ending = Path(name).suffix.lower()
    if start.startswith(b"PK\x03\x04") and ending not in TEXT:
        if is_workbook(source.content()):
            yield from _sheets(replace(source, kind="workbook"))
            return
        message = "it is an archive within an archive, which is not unpacked."
        yield Unread(source, unreadable(message, Place(source.shown), "Unpack the outer one."))
    elif start[257:262] == b"ustar":
        message = "it is a tar archive, which cxkpi does not unpack."
        yield Unread(source, unreadable(message, Place(source.shown), "Unpack it, or pack it as .zip or .gz."))
    elif start.startswith(b"PAR1"):
        yield replace(source, kind="parquet")
    elif ending in JSON or json_records.begins(_text_of(start)):
        yield replace(source, kind="json")
    else:
        yield source


def _text_of(start: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if start.startswith(mark):
            return start[2:].decode(encoding, errors="ignore")
    return start.decode("utf-8", errors="ignore")


def _names_workbook(source: Source) -> bool:
    """Whether a zip archive is a workbook of the kind that is read; other kinds are refused."""
    with archives.unspoilt(source.shown), zipfile.ZipFile(source.path) as archive:
        names = set(archive.namelist())
    if names & {"xl/workbook.bin", "xl/vbaProject.bin"}:
        kind = ".xlsb" if "xl/workbook.bin" in names else ".xlsm"
        message = f"it is an Excel workbook of the kind {kind}, which cxkpi does not read."
        raise InputError(unreadable(message, Place(source.shown), _SAVE_WORKBOOK))
    if "content.xml" in names and "mimetype" in names:
        message = "it is an OpenDocument file, which cxkpi does not read."
        raise InputError(unreadable(message, Place(source.shown), "Open it and save it as .xlsx or CSV."))
    return "xl/workbook.xml" in names


def _members(base: Source) -> Iterator[Source | Unread]:
    members = archives.members(base.path, base.shown)
    if not members:
        message = "the archive is empty."
        raise InputError(Problem("I102", message, Place(base.shown), "Download it again, or leave it out."))
    for member in members:
        shown = f"{base.shown}/{archives.printable(member.name)}"
        source = replace(base, shown=shown, member=member.name, taken=member.compressed)
        if member.fault is not None:
            yield Unread(source, member.fault)
            continue
        try:
            yield from _by_content(source, _start(source), member.name)
        except InputError as error:
            yield Unread(source, error.problems[0])


def _sheets(source: Source) -> Iterator[Source | Unread]:
    every = Workbook(source.content(), source.shown).sheets()
    sheets = [sheet for sheet in every if not sheet.empty]
    if not sheets:
        message = "the workbook has no cells."
        raise InputError(Problem("I102", message, Place(source.shown), "Export it again, or leave it out."))
    for sheet in sheets:
        shown = source.shown if len(sheets) == 1 else f"{source.shown}#{archives.printable(sheet.name)}"
        yield replace(source, shown=shown, sheet=sheet.name, hidden=sheet.hidden)


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a source, as recognition looks at it.

    ``lines``: of a text. ``rows``: of cells, each with its 0-based number; of JSON and Parquet the headings alone. The
    records of JSON depend on ``each``, the array that a profile names.
    """

    lines: tuple[str, ...] = ()
    rows: tuple[tuple[int, tuple[str, ...]], ...] = ()


def head(source: Source) -> Head:
    """The beginning of a source. Raises InputError where it is empty (I102) or no text at all (I103)."""
    if source.kind == "workbook":
        rows = Workbook(source.content(), source.shown).rows(source.sheet or "")
        filled = tuple((number, row) for number, row in enumerate(islice(rows, _HEAD_ROWS)) if row)
        return Head(rows=filled)
    if source.kind == "parquet":
        return Head(rows=((0, parquet_cells.headings(source.parquet(), source.shown)),))
    if source.kind == "json":
        return Head(rows=((0, json_headings(source, None)),))
    return Head(lines=_lines(source))


def json_headings(source: Source, each: str | None, whole: bool = False) -> tuple[str, ...]:
    """The headings of a JSON file in the order they first come, by its first records or by all of them.

    Raises InputError (I102) where it has no record.
    """
    names: dict[str, None] = {}
    seen = False
    with source.open() as stream:
        every = json_records.items(stream, source.shown, each)
        for item in every if whole else islice(every, _HEAD_RECORDS):
            seen = True
            names.update(dict.fromkeys(item.cells))
    if not seen:
        raise InputError(_empty(source))
    return tuple(names)


def _lines(source: Source) -> tuple[str, ...]:
    with source.open() as stream:
        start = stream.read(HEAD_BYTES)
    if not start.strip(b" \t\r\n\x0b\x0c") or start in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        raise NothingThere(_empty(source))
    try:
        utf8 = decode(start).utf8 if len(start) < HEAD_BYTES else decode_beginning(start, source.open)
        text = utf8.decode("utf-8", errors="replace")
    except NotText as what:
        raise NothingThere(_not_text(source, str(what))) from None
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<table", "<?xml", "<meta", "<style")):
        raise NothingThere(_not_text(source, "a web page or XML"))
    return tuple(text.split("\n"))


def _empty(source: Source) -> Problem:
    return Problem("I102", "the file is empty.", Place(source.shown), "Export it again, or leave it out.")


def _not_text(source: Source, what: str) -> Problem:
    advice = advice_for(Path(source.member or source.path.name))
    old = _SAVE_WORKBOOK if what == "an old Excel workbook" else _AS_TEXT
    message = f"this is {what}, not the text of an export."
    return unreadable(message, Place(source.shown), advice[1] if advice else old)
