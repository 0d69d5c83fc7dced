"""The numbers of two catalogues over the same exports, side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence, Set
from datetime import date
from pathlib import Path
from typing import Any

from cxkpi.catalogue.load import Catalogue
from cxkpi.catalogue.meaning.changes import Comparison, Pair
from cxkpi.errors import Problem
from cxkpi.exports.load import Loaded
from cxkpi.exports.load import load as load_exports
from cxkpi.measurement.checking.paired import Pairing, SideBySide
from cxkpi.measurement.run import ABSENT, Progress, measure
from cxkpi.result import Every, NothingMeasuredError, Result, Row
from cxkpi.tables import Table


def side_by_side(
    old: Catalogue,
    new: Catalogue,
    comparison: Comparison,
    paths: Sequence[str | Path],
    *,
    named: bool = False,
    every: Every = "month",
    last: int | None = 6,
    by: Sequence[str] = (),
    profiles: Sequence[str | Path] = (),
    engine: str = "polars",
    cache: bool = True,
    progress: Progress | None = None,
) -> SideBySide:
    """Both catalogues over the same exports, for the metrics whose numbers or verdicts may differ.

    ``named``: somebody asked for the metrics of the comparison, so all are computed, and one that cannot be is a
    problem and not a note. What no change reaches is computed once and stands on both sides.
    """
    pairs = comparison.pairs if named else comparison.affected
    alike = frozenset(pairs) - frozenset(comparison.affected)
    results: list[Result | None] = []
    absent: list[Problem] = []
    sides = (
        (old, [title for title, other in pairs if title is not None and (title, other) not in alike]),
        (new, [title for _, title in pairs if title is not None]),
    )
    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        exports = _Exports(Path(folder))
        for catalogue, titles in sides:
            result = None
            if titles:
                try:
                    result = measure(
                        paths,
                        catalogue=catalogue,
                        metrics=titles,
                        every=every,
                        by=by,
                        last=last,
                        profiles=profiles,
                        engine=engine,
                        cache=cache,
                        compare="none",
                        progress=progress,
                        exports=exports.load,
                    )
                    absent += result.absent
                except NothingMeasuredError as nothing:
                    if not {problem.code for problem in nothing.problems} <= ABSENT:
                        raise
                    absent += [problem for problem in nothing.problems if problem.severity == "error"]
            results.append(result)
    before, after = results
    lacking = tuple({problem.message: problem for problem in absent}.values())
    notes = [*([] if named else [problem.message for problem in lacking]), *_notes(before, after)]
    return SideBySide(
        every=every,
        by=tuple(by),
        rows=tuple(_rows(pairs, alike, before, after)),
        old=before,
        new=after,
        absent=lacking if named else (),
        notes=tuple(dict.fromkeys(notes)),
    )


class _Exports:
    """Exports that are read once for catalogues that declare the same tables and zone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: list[tuple[Mapping[str, Table], str, Loaded]] = []

    def load(self, paths: Sequence[Path], *, tables: Mapping[str, Table], timezone: str, **further: Any) -> Loaded:
        """As ``cxkpi.exports.load.load``; what is read stays until the folder goes."""
        for known, zone, loaded in self._read:
            # The order of look-ups says which of them is tried first.
            if zone == timezone and repr(known) == repr(tables):
                return loaded
        further["into"] = self._folder / f"{len(self._read)}"
        further["into"].mkdir()
        loaded = load_exports(paths, tables=tables, timezone=timezone, **further)
        self._read.append((tables, timezone, loaded))
        return loaded


def _notes(before: Result | None, after: Result | None) -> list[str]:
    one, two = (() if result is None else result.notes for result in (before, after))
    both = [note for note in two if note in one]
    apart = [f"{side}: {note}" for side, notes in (("OLD", one), ("NEW", two)) for note in notes if note not in both]
    if before is not None and after is not None and before.as_of != after.as_of:
        apart.append(f"OLD is read as of {before.as_of}, NEW as of {after.as_of}: their tables reach differently far")
    return [*both, *apart]


_Cell = tuple[tuple[tuple[str, str | None], ...], date, date]


def _rows(pairs: Sequence[Pair], alike: Set[Pair], before: Result | None, after: Result | None) -> list[Pairing]:
    sides = [_cells(result) for result in (before, after)]
    found = []
    for old_title, new_title in pairs:
        cells = [side.get(title or "", {}) for side, title in zip(sides, (old_title, new_title), strict=True)]
        if (old_title, new_title) in alike:
            cells[0] = cells[1]
        # Both sides keep the declared order; what only the old one has goes to the end of its group.
        order: dict[_Cell, None] = dict.fromkeys([*cells[1], *cells[0]])
        for cell in sorted(order, key=lambda cell: (cell[0] != (), _shown(cell[0]), cell[1], cell[2])):
            old, new = cells[0].get(cell), cells[1].get(cell)
            row = new if new is not None else old
            assert row is not None
            label = _label(after if new is not None else before, row)
            found.append(Pairing(new_title or old_title or "", old_title, label, row.period, row.by, old, new))
    return found


def _shown(by: tuple[tuple[str, str | None], ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for _, value in by)


def _label(result: Result | None, row: Row) -> str:
    return "" if result is None else result.metrics[row.key].label


def _cells(result: Result | None) -> dict[str, dict[_Cell, Row]]:
    found: dict[str, dict[_Cell, Row]] = {}
    for row in () if result is None else result.rows:
        title = row.metric if row.variant is None else f"{row.metric}.{row.variant}"
        cell = (tuple(row.by.items()), row.period.start, row.period.end)
        found.setdefault(title, {})[cell] = row
    return found
