"""One recognised file: its records, the rows they make, and what is to be said of how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cxkpi.exports.inputs import Recognised
from cxkpi.exports.profile import normalise
from cxkpi.exports.records import Records, split
from cxkpi.exports.rows import Made, make
from cxkpi.result import Reject
from cxkpi.tables import Table


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds. ``records``: without their cells, of which there were ``height`` rows."""

    file: Recognised
    records: Records
    height: int
    made: Made

    @property
    def broken(self) -> tuple[Reject, ...]:
        """Records that could not be split into cells."""
        return tuple(Reject(self.file.found.shown, one.line, "", "", one.reason) for one in self.records.broken)

    @property
    def notes(self) -> list[str]:
        """How the file is written, and what its rows say."""
        shown, count = self.file.found.shown, self.records.repaired
        notes = [self.file.encoding_note] if self.file.encoding_note else []
        if count:
            had = "1 record had stray quotes and was" if count == 1 else f"{count:,} records had stray quotes and were"
            notes.append(f"{shown}: {had} read all the same.")
        for heading in self.file.layout.repeated:
            notes.append(f"{shown}: the heading '{heading}' stands more than once; the first was read.")
        return [*notes, *self.made.notes]


def read(file: Recognised, tables: Mapping[str, Table], timezone: str) -> Read:
    """One file's records and rows. Raises InputError where it cannot be read by its profile."""
    layout = file.layout
    profile = layout.profile
    positions = layout.positions
    wanted = {positions[n] for name in profile.used if (n := normalise(name)) in positions}
    if profile.closed and "source" in positions:
        wanted.add(positions["source"])
    records = split(
        file.text(),
        heading_line=layout.heading_line,
        data_line=layout.data_line,
        delimiter=layout.delimiter,
        width=len(layout.headings),
        wanted=sorted(wanted),
        footer=profile.file.footer,
        nulls=profile.file.nulls,
    )
    made = make(file.found.shown, records.cells, positions, layout.headings, profile, tables, timezone)
    height = records.cells.height
    return Read(file, replace(records, cells=records.cells.clear()), height, made)
