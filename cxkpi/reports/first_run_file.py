"""The run file ``cxkpi init`` writes: which files are read how, what is asked of them, what only a person knows.

As in the catalogue beside it, ``#`` without a blank behind it switches a line off.
"""

from __future__ import annotations

from collections.abc import Iterator

from cxkpi.documents.spelling import listed
from cxkpi.documents.writing import comment, flow, scalar
from cxkpi.measurement.starting.found import FirstLook, Question, Source
from cxkpi.reports.figures import count, counted

_HEAD = """\
# What cxkpi report, doctor and tables read here when nothing is named, and what a report writes.
# A line that begins with # and no blank behind it is switched off: take the # away, and it counts. Paths begin in this
# folder. All keys, and how to have it run every night: docs/running.md.
cxkpi: 1
catalogue: metrics.yaml

# Files, folders and patterns to read. Layouts that cxkpi does not know are described in profiles/, which is found by
# itself; cxkpi adopt FILE -o profiles/NAME.yaml drafts one.
paths: ["."]

# What a report writes where neither -o nor -f is typed, and where it is recorded, so that cxkpi verify can prove it:
#outputs: [out/kpis.html, out/kpis.xlsx, out/kpis.json]
#manifest: out/run.json
"""
_FILES = """\
# What is to be known of files by their name. timezone: of times that carry none, where it is not the one of
# metrics.yaml. max_age: with older data a report ends with exit code 4; switch it on for what arrives regularly.
"""
_OFTEN, _SELDOM = "26h", "8d"


def render(look: FirstLook) -> str:
    """The run file as YAML."""
    return "\n".join([*_HEAD.splitlines(), "", *_files(look), ""])


def _files(look: FirstLook) -> Iterator[str]:
    if not (look.questions or look.sources or look.drafts):
        return
    yield from _FILES.splitlines()
    yield "#files:"
    for question in look.questions:
        yield from _question(question)
    for source in look.sources:
        yield from _source(source, look.zone if look.zone_from in ("given", "files") else None)
    for draft in look.drafts:
        confirm = f"; {rules(draft.confirm, draft.fill, ' to confirm')}" if draft.confirm else ""
        yield from comment(f"{several(draft.files)}: described in {draft.file}{confirm}", "  ")
        yield from (f"  #- {{match: {scalar(pattern)}, max_age: {_OFTEN}}}" for pattern in draft.patterns)


def _question(question: Question) -> Iterator[str]:
    fits = "fits" if len(question.files) == 1 else "fit"
    both = listed(question.profiles, "and")
    yield from comment(
        f"WHICH IS IT? {several(question.files)} {fits} {both} alike. No report is made before this is said: switch on "
        "'files:' and one of these lines.",
        "  ",
    )
    for profile in question.profiles:
        yield f"  #- {flow({'match': question.pattern, 'profile': profile})}"


def _source(source: Source, zone: str | None) -> Iterator[str]:
    # A zone that is a guess stands in the catalogue alone: corrected there, it must be corrected everywhere.
    what = ", ".join(rows_of(rows, table) for table, rows in source.tables if rows) or "nothing used"
    title = f" ({source.title})" if source.title else ""
    zoneless = ""
    if source.zoneless:
        zoneless = ". Times carry no zone" + ("" if zone else " and are read in the zone of metrics.yaml")
    yield from comment(f"{several(source.files)}: {what}, by {source.profile}{title}{zoneless}", "  ")
    said = [f"match: {scalar(source.pattern)}", *([f"timezone: {scalar(zone)}"] if source.zoneless and zone else [])]
    yield f"  #- {{{', '.join([*said, f'max_age: {_SELDOM if source.staff else _OFTEN}'])}}}"


def several(files: tuple[str, ...]) -> str:
    """One file by its name, several by the first and the last."""
    if len(files) == 1:
        return files[0]
    if len(files) == 2:
        return " and ".join(files)
    return f"{files[0]} to {files[-1]}, {len(files)} files"


def rules(number: int, fill: tuple[str, ...] = (), marked: str = "") -> str:
    """So many rules of a profile, ``marked`` in some way, and which of them are to be filled in."""
    said = f"{counted(number, 'rule')}{marked}"
    if not fill:
        return said
    these = "to be filled in" if number == 1 else f"{len(fill)} of them to be filled in"
    return f"{said}, {these} ({', '.join(fill)})"


def rows_of(number: int, table: str) -> str:
    """``1 contact``, ``1,204 contacts``: rows of a table."""
    one = number == 1 and table.endswith("s") and not table.endswith("ss")
    return f"{count(number)} {table[:-1] if one else table}"
