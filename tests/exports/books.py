"""Small .xlsx workbooks made from their parts, so that a test says which cell is written in which way."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_FORMATS = {"date": 14, "instant": 22, "clock": 21, "span": 164, "percent": 10, "minutes": 45}


@dataclass(frozen=True)
class Cell:
    """A number with a format, or with ``kind`` a boolean (``b``) or an error (``e``)."""

    value: str
    style: str = ""
    kind: str = ""


Row = Sequence["str | int | float | Cell | None"]


@dataclass(frozen=True)
class Sheet:
    """Rows from A1 on; None is no cell. ``state``: visible, hidden or veryHidden. ``xml``: the rows as they are."""

    name: str
    rows: Sequence[Row] = ()
    state: str = "visible"
    xml: str | None = None


def workbook(*sheets: Sheet, first_day_1904: bool = False) -> bytes:
    """The bytes of a workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _content_types(len(sheets)))
        archive.writestr("_rels/.rels", _relations([("officeDocument", "xl/workbook.xml")]))
        targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(sheets) + 1)]
        archive.writestr("xl/_rels/workbook.xml.rels", _relations([*targets, ("styles", "styles.xml")]))
        listed = "".join(
            f'<sheet name={quoteattr(sheet.name)} sheetId="{n}" state="{sheet.state}" r:id="r{n}"/>'
            for n, sheet in enumerate(sheets, 1)
        )
        since = '<workbookPr date1904="1"/>' if first_day_1904 else ""
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{since}<sheets>{listed}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/styles.xml", _styles())
        for number, sheet in enumerate(sheets, 1):
            rows = sheet.xml if sheet.xml is not None else _rows(sheet.rows)
            archive.writestr(
                f"xl/worksheets/sheet{number}.xml",
                f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>',
            )
    return buffer.getvalue()


def _rows(rows: Sequence[Row]) -> str:
    return "".join(f'<row r="{n}">{_cells(n, row)}</row>' for n, row in enumerate(rows, 1))


def _cells(number: int, row: Row) -> str:
    written = []
    for place, cell in enumerate(row):
        at = f'r="{chr(65 + place)}{number}"'
        if isinstance(cell, str):
            written.append(f'<c {at} t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>')
        elif isinstance(cell, Cell):
            kind = f' t="{cell.kind}"' if cell.kind else ""
            style = f' s="{list(_FORMATS).index(cell.style) + 1}"' if cell.style else ""
            written.append(f"<c {at}{style}{kind}><v>{escape(cell.value)}</v></c>")
        elif cell is not None:
            written.append(f"<c {at}><v>{cell}</v></c>")
    return "".join(written)


def _styles() -> str:
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (0, *_FORMATS.values()))
    own = '<numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts>'
    return f'<styleSheet xmlns="{_MAIN}">{own}<cellXfs count="{len(_FORMATS) + 1}">{formats}</cellXfs></styleSheet>'


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="r{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}">{found}</Relationships>'


def _content_types(sheets: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{kind}.worksheet+xml"/>'
        for n in range(1, sheets + 1)
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>{parts}</Types>'
    )
