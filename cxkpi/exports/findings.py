"""What was found out about the input: one kind of finding for notes, for doctor and for what a number may lose by it.

A code is registered once, where it is found, with its severity, whether reports say it, and its wording. Codes: F1xx
file and encoding, F2xx values, F3xx impossible rows, F4xx keys and versions, F5xx people and look-ups, F6xx cut off or
not covered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

Severity = Literal["error", "warning", "note"]
Wording: TypeAlias = "str | Callable[[Finding], str]"


@dataclass(frozen=True, slots=True)
class Kind:
    """What all findings of one code have in common.

    ``severity``: error, a metric would be wrong; warning, it may be; note, good to know. ``said``: reports print it.
    ``wording``: a sentence for one finding, or a template with its attributes (``{path}: {count:,} rows …``).
    """

    code: str
    severity: Severity
    said: bool
    wording: Wording


_KINDS: dict[str, Kind] = {}


def register(code: str, severity: Severity, said: bool, wording: Wording) -> str:
    """Make a code known; it is returned, to be given a name. The same code cannot mean two things."""
    if code in _KINDS:
        raise ValueError(f"{code} is registered twice")
    _KINDS[code] = Kind(code, severity, said, wording)
    return code


def registered() -> Mapping[str, Kind]:
    """Every kind of finding, by its code."""
    return dict(sorted(_KINDS.items()))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found in one file (or in all: ``path`` is empty then).

    ``column``: the heading, or ``table.column`` where it is about tables. ``count`` of ``total``: how many of how many.
    ``line``: 1-based, of the first; ``example``: what stands there, and ``masked`` where it should not be shown to
    everybody. ``detail``: further words the wording needs. ``tables`` and ``columns`` (``contacts.talk_s``): what it
    touches.
    """

    code: str
    path: str
    column: str = ""
    count: int = 1
    total: int | None = None
    line: int | None = None
    example: str = ""
    masked: bool = False
    detail: str = ""
    tables: tuple[str, ...] = field(default=())
    columns: tuple[str, ...] = field(default=())
    other: int = 0
    """A second count that the wording needs; it adds like ``count``."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _KINDS[self.code].severity

    @property
    def said(self) -> bool:
        """Whether reports print it as a note."""
        return _KINDS[self.code].said

    @property
    def message(self) -> str:
        """One sentence with the count, the path in front where there is one."""
        wording = _KINDS[self.code].wording
        if callable(wording):
            return wording(self)
        return wording.format(
            path=self.path,
            column=self.column,
            count=self.count,
            total=self.total,
            line=self.line,
            example=self.example,
            detail=self.detail,
            other=self.other,
        )


def merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of the same thing as one: counts and totals add, the first line is kept with its example; sorted."""
    found: dict[tuple[str, str, str, str], Finding] = {}
    for one in findings:
        key = (one.path, one.code, one.column, one.detail)
        found[key] = _together(found[key], one) if key in found else one
    return tuple(found[key] for key in sorted(found))


def _together(one: Finding, other: Finding) -> Finding:
    first = min(one, other, key=lambda finding: (finding.line is None, finding.line or 0))
    totals = [finding.total for finding in (one, other) if finding.total is not None]
    return replace(
        first,
        count=one.count + other.count,
        other=one.other + other.other,
        total=sum(totals) if totals else None,
        masked=one.masked or other.masked,
        tables=tuple(dict.fromkeys((*one.tables, *other.tables))),
        columns=tuple(dict.fromkeys((*one.columns, *other.columns))),
    )
