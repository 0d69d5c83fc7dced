"""Binary reports as text, for golden files that a person can read."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import polars as pl


def workbook(content: bytes) -> str:
    """Every cell with its number format, and what else a sheet has."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    parts = []
    for sheet in book.worksheets:
        parts.append(f"== {sheet.title}")
        parts.append(f"frozen {sheet.freeze_panes}; filter {sheet.auto_filter.ref}; charts {len(sheet._charts)}")
        for area, rules in sheet.conditional_formatting._cf_rules.items():
            parts += [f"{area.sqref} if {rule.formula[0]}" for rule in rules]
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.value is not None:
                    form = "" if cell.number_format in ("General", "@") else f"  [{cell.number_format}]"
                    parts.append(f"{cell.coordinate} {cell.value!r}{form}")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        charts = sorted(name for name in archive.namelist() if name.startswith("xl/charts/"))
    return "\n".join([*parts, *charts]) + "\n"


def parquet(content: bytes) -> str:
    """The columns with their types, and every row."""
    frame = pl.read_parquet(io.BytesIO(content))
    columns = [f"{name}: {kind}" for name, kind in frame.schema.items()]
    return "\n".join([*columns, *(repr(row) for row in frame.rows())]) + "\n"
