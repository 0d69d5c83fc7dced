"""Files that cxkpi wrote itself, told by how they begin: a report left beside the exports is none of them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

_START, _FOOTER = 4096, 1 << 20
# As reports write them; tests hold the two together.
_JSON = re.compile(rb'\{"format": \d+,\s+("cxkpi": "|"what": "cxkpi run")')
_CSV = re.compile(
    rb"(\xef\xbb\xbf)?(metric([,;])variant\3kind\3definition\3unit\3better\3period_every\3period_start\3"
    rb"|path,line,column,value,reason\r?\n)"
)
_PARQUET = (b"definition", b"period_every", b"period_judged_until", b"change_significant")
_XLSX = (b"<dc:title>Contact centre KPIs</dc:title>", b">2000-01-01T00:00:00Z</dcterms:created>")


def is_own(path: Path) -> bool:
    """Whether a file is a report, a list of rejected records or a manifest; False for what cannot be read."""
    try:
        match path.suffix.lower():
            case ".parquet":
                footer = _footer(path)
                return all(name in footer for name in _PARQUET)
            case ".xlsx":
                with zipfile.ZipFile(path) as book:
                    core = book.read("docProps/core.xml")
                return all(part in core for part in _XLSX)
            case _:
                beginning = _beginning(path)
                return any(pattern.match(beginning) for pattern in (_JSON, _CSV))
    except (OSError, KeyError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile):
        return False


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_START)


def _footer(path: Path) -> bytes:
    """What a Parquet file says of its columns, at its end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 8))
        length, magic = int.from_bytes(file.read(4), "little"), file.read(4)
        if magic != b"PAR1" or not 0 < length <= min(size - 8, _FOOTER):
            return b""
        file.seek(size - 8 - length)
        return file.read(length)
