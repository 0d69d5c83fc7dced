"""The numbers under two catalogues, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cxkpi.errors import Problem
from cxkpi.result import Every, Period, Result, Row


@dataclass(frozen=True, slots=True)
class Pairing:
    """One cell of one metric under both definitions; a side is None where it has no such metric or period.

    ``title``: as NEW calls the metric; as OLD does where NEW has none. ``difference``: new less old, None where a side
    has no value or the units differ. ``flips``: both sides were judged, and differently.
    """

    title: str
    old_title: str | None
    label: str
    period: Period
    by: Mapping[str, str | None]
    old: Row | None
    new: Row | None

    @property
    def row(self) -> Row:
        """A row of either side, the newer definition first."""
        row = self.new if self.new is not None else self.old
        assert row is not None
        return row

    @property
    def difference(self) -> float | None:
        if self.old is None or self.new is None or self.old.unit != self.new.unit:
            return None
        if self.old.value is None or self.new.value is None:
            return None
        return float(f"{self.new.value - self.old.value:.12g}")

    @property
    def flips(self) -> bool:
        if self.old is None or self.new is None or self.old.status is None or self.new.status is None:
            return False
        return self.old.status != self.new.status


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The cells of the metrics compared: metric in the order of NEW, the whole first, then by period.

    ``old`` and ``new``: the runs they are of, None where nothing of a side could be computed. ``absent``: metrics that
    were named and cannot be computed; ``notes``: what there is to know, each side's own marked.
    """

    every: Every
    by: tuple[str, ...]
    rows: tuple[Pairing, ...]
    old: Result | None
    new: Result | None
    absent: tuple[Problem, ...]
    notes: tuple[str, ...]

    @property
    def flips(self) -> int:
        """How many verdicts differ."""
        return sum(row.flips for row in self.rows)
