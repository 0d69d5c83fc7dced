"""Whether the times of a file depend on the time zone they are read in, found out on its first records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from cxkpi.errors import InputError
from cxkpi.exports.files.blocks import encoding_of, text_records
from cxkpi.exports.files.reading import Reconsider
from cxkpi.exports.files.records import Records
from cxkpi.exports.layout.inputs import Recognised
from cxkpi.exports.one_file import wanted
from cxkpi.exports.rows import make
from cxkpi.tables import Table

_BYTES = 1 << 18
_RECORDS = 2_000
_ZONES = ("UTC", "+05:00")


def zoneless(file: Recognised, tables: Mapping[str, Table]) -> bool:
    """Whether some time in the first records carries no zone of its own, and the profile has none for it.

    They are read in two zones; a time that moves depends on them. Where the first records cannot be read by themselves,
    because all of the file decides how dates are written, a file of instants counts as one that needs a zone.
    """
    if file.layout.profile.file.timezone is not None:
        return False
    try:
        records = next((one for one in _blocks(file) if one.cells.height), None)
        return records is not None and _moved(file, records.cells.head(_RECORDS), records.errors, tables)
    except (InputError, Reconsider):
        return _has_instants(file, tables)


def _blocks(file: Recognised) -> Iterator[Records]:
    if file.by_cells:
        return file.cells(wanted(file))
    return text_records(file, encoding_of(file), wanted(file), _BYTES)


def _moved(file: Recognised, cells: pl.DataFrame, errors: bool, tables: Mapping[str, Table]) -> bool:
    layout = file.layout
    one, other = (
        make(file.shown, cells, layout, layout.profile, tables, zone, errors=errors).tables for zone in _ZONES
    )
    return any(not _instants(frame).equals(_instants(other[name])) for name, frame in one.items())


def _instants(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name, kind in frame.schema.items() if kind == pl.Datetime)


def _has_instants(file: Recognised, tables: Mapping[str, Table]) -> bool:
    return any(
        tables[name].columns[column].type == "instant"
        for name, templates in file.layout.profile.tables.items()
        for rows in templates
        for column in rows.rules
    )
