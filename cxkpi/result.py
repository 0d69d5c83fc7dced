"""The Result: one frozen value with every number of a run. Renderers read it; none recomputes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from cxkpi.errors import InputError, Problem

Every = Literal["day", "week", "month", "quarter", "year", "all"]
Status = Literal["met", "missed", "alarm"]
Reason = Literal["no_target", "empty", "too_few", "withheld", "immature", "partial", "not_reached", "refused"]
Target = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Period:
    """A local period, ``end`` exclusive.

    ``judged_until`` (UTC): rows up to then can be judged, where a window must pass. ``label``: what a fiscal period is
    called, ``FY27 Q1``; None for periods of the common calendar.
    """

    every: Every
    start: date
    end: date
    complete: bool
    judged_until: datetime | None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Difference from the same length one period (or year) before.

    ``significant`` is None where a side has no interval.
    """

    period: date
    before: float
    difference: float
    significant: bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One number: a metric in a period for one combination of dimension values (``by`` is empty for the whole)."""

    metric: str
    variant: str | None
    kind: str
    definition: str
    unit: str
    better: str | None
    period: Period
    by: Mapping[str, str | None]
    value: float | None
    low: float | None
    high: float | None
    confidence: float | None
    bounds: tuple[float, float] | None
    n: int
    numerator: float | None
    denominator: float | None
    immature: int
    missing: int
    censored: int | None
    target: Target | None
    alarm: Target | None
    status: Status | None
    reason: Reason | None
    change: Change | None
    notes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str | None]:
        """(metric, variant): which entry of ``Result.metrics`` this row belongs to."""
        return (self.metric, self.variant)


@dataclass(frozen=True, slots=True)
class MetricInfo:
    """What renderers say about a metric beside its numbers; ``formula`` in sentences, from its definition."""

    metric: str
    variant: str | None
    label: str
    unit: str
    better: str | None
    objective: str | None
    description: str | None
    family: str | None
    roll: str | None
    min_n: int
    formula: str | None = None


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One input file in the ledger: records = accepted + superseded + rejected + skipped.

    ``lines``: physical lines = records + continued + blank - shared. ``continued``: lines that are no record
    of their own: the headings, and those that go on with a record from the line above; ``blank``: lines with
    nothing on them; ``shared``: records that stand on the line of another one, as JSON may have it.
    """

    path: str
    profile: str
    records: int
    accepted: int
    superseded: int
    rejected: int
    skipped: int
    blanked: int
    lines: int
    tables: tuple[tuple[str, int], ...]
    blank: int = 0
    continued: int = 0
    shared: int = 0


@dataclass(frozen=True, slots=True)
class Reject:
    """One rejected record: its file, 1-based physical line, the export's column, the value as written, and why."""

    path: str
    line: int
    column: str
    value: str
    reason: str
    masked: bool = False


class NothingMeasuredError(InputError):
    """No figure came of the input; what was read and rejected is known all the same."""

    def __init__(self, *problems: Problem, files: tuple[FileEntry, ...], rejects: tuple[Reject, ...]) -> None:
        super().__init__(*problems)
        self.files = files
        self.rejects = rejects


@dataclass(frozen=True, slots=True)
class PastCell:
    """One number as a run had it: what two runs are compared by. The fields are those of :class:`Row`."""

    definition: str
    value: float | None
    n: int
    numerator: float | None
    denominator: float | None
    immature: int
    target: Target | None
    alarm: Target | None
    status: Status | None
    reason: Reason | None


Cause = Literal[
    "definition",
    "unit",
    "target",
    "min_n",
    "late_rows",
    "as_of",
    "profiles",
    "version",
    "question",
    "catalogue",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Restated:
    """A number of a period that was over in an earlier run, and is not what it was.

    ``then`` is None where it was not there, ``now`` where it is there no longer. ``causes``: why, see
    ``measurement.runs.against``. ``final``: nothing in it waited to be judged then. ``unit``: that of then, where it is
    another now, or the metric is not there any more.
    """

    metric: str
    variant: str | None
    every: Every
    start: date
    end: date
    by: Mapping[str, str | None]
    then: PastCell | None
    now: PastCell | None
    causes: tuple[Cause, ...]
    final: bool
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Uncompared:
    """Figures of past periods that were not compared, because one of two runs was not asked for them.

    ``names``: titles of metrics; or periods as ``2026-01-01/2026-02-01``, the end exclusive; or dimensions. ``asked``:
    which run was; ``both``: people who are numbered anew in every run.
    """

    what: Literal["metric", "period", "by"]
    names: tuple[str, ...]
    asked: Literal["then", "now", "both"]


@dataclass(frozen=True, slots=True)
class Restatement:
    """What became of the numbers of an earlier run: ``against`` is its manifest, ``as_of`` its present.

    ``new``, ``changed`` and ``gone``: its input files and those of this run, compared by their content. ``compared``:
    how many of its numbers were looked for in this run.
    """

    against: str
    as_of: datetime
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    cells: tuple[Restated, ...]
    compared: int = 0
    uncompared: tuple[Uncompared, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Everything a run found out. ``rows`` are in the declared order: metric as asked, variant, the whole first, start.

    ``absent``: one problem for each metric that was named but could not be computed; the others are in ``rows`` all the
    same. ``newest``: of every file the newest instant and when it was written, UTC without zone, for whoever asks how
    fresh the data are. ``further``: the whole of metrics nobody asked for, with what is said about them in
    ``further_metrics``; no report has them as figures of its own. ``only``: what was selected, dimension to values, any
    of which; empty for everything. ``identifiers``: the dimensions whose values name somebody in a table of the
    catalogue's own.
    ``aliased``: the dimensions whose values are pseudonyms, which may be shown. ``restated``: what became of an earlier
    run's numbers, where that was asked for. ``aside``: what to say at the terminal and in no report, because it is not
    about the data.
    """

    version: str
    catalogue_path: str
    catalogue_hash: str
    timezone: str
    as_of: datetime
    as_of_from_data: bool
    through: Mapping[str, datetime]
    every: Every
    by: tuple[str, ...]
    metrics: Mapping[tuple[str, str | None], MetricInfo]
    rows: tuple[Row, ...]
    files: tuple[FileEntry, ...]
    rejects: tuple[Reject, ...]
    notes: tuple[str, ...]
    absent: tuple[Problem, ...] = ()
    newest: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    identifiers: frozenset[str] = frozenset()
    further: tuple[Row, ...] = ()
    further_metrics: Mapping[tuple[str, str | None], MetricInfo] = field(default_factory=dict)
    aliased: frozenset[str] = frozenset()
    restated: Restatement | None = None
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
