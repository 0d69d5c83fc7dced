"""The records of one source in blocks, so that a file of any size takes little memory.

The next block is read and split in a thread while the caller works on this one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count

from cxkpi.errors import InputError, Place
from cxkpi.exports.files.faults import unreadable
from cxkpi.exports.files.reading import Encoding, NotText, expect, survey, text_blocks
from cxkpi.exports.files.records import Records, Splitter
from cxkpi.exports.layout.inputs import Recognised

BLOCK_BYTES = 30 << 20
"""Text that is looked at at one time. For 32 MiB and more the system gives memory anew with every block."""


def encoding_of(file: Recognised, *, whole: bool = False) -> Encoding:
    """How a text source is encoded; ``whole``: by all of its bytes, as ``Reconsider`` asks for.

    Raises InputError where it is no text, or not in the encoding its profile declares.
    """
    declared = file.layout.profile.file.encoding
    try:
        return (survey if whole else expect)(file.source.open, declared)
    except NotText as what:
        raise _not_text(file, what) from None


def text_records(
    file: Recognised,
    encoding: Encoding,
    wanted: Sequence[int],
    size: int | None = BLOCK_BYTES,
    read: Callable[[int], None] | None = None,
    *,
    hashed: bool = False,
) -> Iterator[Records]:
    """The records of a text source, in blocks of about ``size`` bytes; None: in one.

    ``read`` is told how many bytes of the file on disk have been read so far. ``hashed``: as ``Source.open`` takes it.
    Raises Reconsider where the encoding was only expected and proves wrong, InputError where it was certain.
    """
    layout = file.layout
    splitter = Splitter(
        heading_line=layout.heading_line,
        data_line=layout.data_line,
        more_headings=layout.more_headings,
        delimiter=layout.delimiter,
        width=len(layout.headings),
        wanted=wanted,
        footer=layout.profile.file.footer,
        nulls=layout.profile.file.nulls,
        ragged=layout.columns_named or layout.profile.file.ragged,
    )
    with file.source.open(hashed=hashed) as stream:
        texts = text_blocks(stream, encoding, size or BLOCK_BYTES)
        if size is None:
            texts = iter((b"".join(texts),))
        try:
            for records in ahead(_split(splitter, texts), size is not None and file.source.size > size):
                if read:
                    read(stream.consumed)
                yield records
        except NotText as what:
            raise _not_text(file, what) from None


def _split(splitter: Splitter, texts: Iterator[bytes]) -> Iterator[Records]:
    text = next(texts, b"")
    for number in count():
        following = next(texts, None)
        records = splitter.split(text, last=following is None, following=following or b"")
        if number == 0 or records.lines:
            yield records
        if following is None:
            return
        text = following


def ahead(blocks: Iterator[Records], worth: bool) -> Iterator[Records]:
    """The same blocks, the next of which is made in a thread while this one is in use, where that is ``worth`` it."""
    if not worth:
        yield from blocks
        return
    with ThreadPoolExecutor(1, thread_name_prefix="blocks") as thread:
        begun: Future[Records | None] = thread.submit(next, blocks, None)
        while (block := begun.result()) is not None:
            begun = thread.submit(next, blocks, None)
            yield block


def _not_text(file: Recognised, what: NotText) -> InputError:
    place = Place(file.source.shown)
    declared = file.layout.profile.file.encoding
    if declared is None:
        message = f"this is {what}, not the text of an export."
        return InputError(unreadable(message, place, "Export it again as CSV (comma-separated text)."))
    message = f"{file.layout.profile.name} declares the encoding '{declared}', but this is {what}."
    hint = "Correct 'encoding' under 'file' in the profile, or leave it out."
    return InputError(unreadable(message, place, hint))
