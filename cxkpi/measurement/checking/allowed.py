"""Whether exports allow a metric, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lack:
    """A column no file gives, or a whole table where ``column`` is None.

    ``needed``: the columns of the table that the metric rests on. ``profiles``: shipped profiles of exports that give
    it.
    """

    table: str
    column: str | None
    needed: tuple[str, ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether a metric can be computed; if not why, in a sentence, and everything it lacks."""

    title: str
    computable: bool
    why: str | None
    lacks: tuple[Lack, ...]
