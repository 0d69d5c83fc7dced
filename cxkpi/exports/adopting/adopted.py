"""What ``adopt`` has found: proposals by column, and the profile drafted from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONFIRM_BELOW = 0.75
"""A proposal less sure than this has to be confirmed."""

FILL_IN = "FILL IN"
"""What a rule says where a person has to write the value."""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule of a profile as it would be written, without ``confirm``; ``positions``: columns of the file it reads."""

    column: str
    rule: Mapping[str, Any]
    confidence: float
    evidence: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    positions: tuple[int, ...] = ()

    @property
    def confirm(self) -> bool:
        """Whether a person has to say that it is right."""
        return bool(self.doubts) or self.confidence < CONFIRM_BELOW

    @property
    def why(self) -> str:
        """Evidence and doubts in one line."""
        return "; ".join((*self.evidence, *self.doubts))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What becomes of one column of the file.

    ``target``: ``contacts.talk_s``, or ``version``, or None where it is left out. ``rule``: as in the profile.
    ``question``: of a survey's column. ``examples``: a few of its values, to be masked where ``masked``.
    """

    heading: str
    target: str | None
    rule: Mapping[str, Any]
    confidence: float | None
    confirm: bool
    evidence: str
    question: str | None
    examples: tuple[str, ...]
    masked: bool


@dataclass(frozen=True, slots=True)
class Adopted:
    """A drafted profile. ``derived``: rules that no column alone gives. ``confirm``: how many rules to confirm."""

    shown: str
    table: str
    runner_up: str | None
    records: int
    sampled: bool
    encoding: str
    delimiter: str
    heading_line: int
    profile: str
    columns: tuple[Proposal, ...]
    derived: tuple[tuple[str, RuleDraft], ...]
    remarks: tuple[str, ...]
    yaml: str
    confirm: int


@dataclass(frozen=True, slots=True)
class Known:
    """The profile that reads a file already: its name, what it is of, and why it was chosen."""

    profile: str
    title: str | None
    why: str
    refuse: str | None = None
