"""Any table, written in any dialect, encoding and spelling that is supported, reads back equal."""

from __future__ import annotations

import csv
import gzip
import io
import json
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkpi.exports.load import load
from cxkpi.tables import TABLES

COLUMNS = ["Id", "Where", "Began", "Over", "Spoken", "Lost", "Price"]
_BLANK = " \t\x0b\x0c\x1c\x1d\x1e\x1f\x85"


@dataclass(frozen=True)
class Row:
    """One contact as it was before anybody wrote it down; times are whole seconds, durations whole milliseconds."""

    id: str
    queue: str | None
    began: datetime
    talk_ms: int | None
    lost: bool
    cost: int

    @property
    def over(self) -> datetime:
        return self.began + timedelta(seconds=1 + (self.talk_ms or 0) // 1000)


@dataclass(frozen=True)
class Spelling:
    """How a value of each kind is written, and what a profile says about it."""

    instant: str
    duration: str
    truth: tuple[str, str]
    decimal: str


def _texts(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    text = st.text(alphabet, min_size=1, max_size=12).map(lambda t: unicodedata.normalize("NFC", t))
    return text.filter(
        lambda t: t == t.strip() and t.strip(_BLANK) == t and t.isprintable() and not t.startswith(('="', "sep="))
    )


_WESTERN = st.sampled_from([chr(n) for n in (*range(33, 127), *range(0xC0, 0x100), 0x20AC, 0x201C)])
_ANY = st.characters(exclude_categories=("C", "Z", "Mn", "Mc", "Me"))
_ALPHABETS = {"utf-8": _ANY, "utf-8-sig": _ANY, "utf-16": _ANY, "cp1252": _WESTERN}


@st.composite
def tables(draw: st.DrawFn, alphabet: st.SearchStrategy[str]) -> list[Row]:
    ids = draw(st.lists(_texts(alphabet), min_size=1, max_size=8, unique=True))
    moment = st.integers(0, 3_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC).replace(tzinfo=None))
    return [
        Row(
            id=one,
            queue=draw(st.none() | _texts(alphabet)),
            began=draw(moment).replace(second=draw(st.integers(0, 59))),
            talk_ms=draw(st.none() | st.integers(0, 400_000_000)),
            lost=draw(st.booleans()),
            cost=draw(st.integers(-10_000_000, 10_000_000)),
        )
        for one in ids
    ]


spellings = st.builds(
    Spelling,
    instant=st.sampled_from(
        ["%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S",
         "%Y%m%d%H%M%S", "iso", "isoz", "unix"]
    ),
    duration=st.sampled_from(["ms", "s", "clock", "long clock", "words", "iso", "comma"]),
    truth=st.sampled_from([("yes", "no"), ("TRUE", "FALSE"), ("1", "0"), ("ja", "nein"), ("SÍ", "NO"), ("x", "-")]),
    decimal=st.sampled_from([".", ","]),
)  # fmt: skip


def _instant(at: datetime, spelling: Spelling) -> str:
    match spelling.instant:
        case "iso":
            return at.isoformat()
        case "isoz":
            return at.isoformat() + "Z"
        case "unix":
            return str(int(at.replace(tzinfo=UTC).timestamp()))
        case format:
            return at.strftime(format)


def _duration(ms: int | None, spelling: Spelling) -> str:
    if ms is None:
        return ""
    seconds, rest = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    match spelling.duration:
        case "ms":
            return str(ms)
        case "s":
            return f"{ms / 1000:.3f}"
        case "clock":
            return f"{hours}:{minute:02}:{second:02}.{rest:03}"
        case "long clock":
            return f" {minutes}:{second:02}.{rest:03}"
        case "words":
            return f"{hours}h {minute}m {second}.{rest:03}s"
        case "iso":
            return f"PT{hours}H{minute}M{second}.{rest:03}S"
        case _:
            return f"{ms / 1000:.3f}".replace(".", ",")


def _price(cents: int, spelling: Spelling) -> str:
    written = f"{cents / 100:,.2f}"
    return written if spelling.decimal == "." else written.translate(str.maketrans(",.", ".,"))


def _cells(rows: Sequence[Row], spelling: Spelling, *, native: bool = False) -> list[list[str]]:
    yes, no = spelling.truth
    return [
        [
            row.id,
            row.queue or "",
            _instant(row.began, spelling),
            _instant(row.over, spelling),
            _duration(row.talk_ms, spelling),
            yes if row.lost else no,
            _price(row.cost, spelling),
        ]
        for row in rows
    ]


def _profile(spelling: Spelling, encoding: str | None, delimiter: str = ",") -> str:
    moment = {} if spelling.instant in ("iso", "isoz") else {"format": spelling.instant}
    talk: dict[str, object] = {"from": "Spoken"}
    if spelling.duration == "ms":
        talk["unit"] = "ms"
    if spelling.duration == "comma":
        talk["decimal"] = ","
    elif spelling.duration == "s" and delimiter == ";":
        # There 1.000 may be a thousand, and is left empty unless the profile says what a point is.
        talk["decimal"] = "."
    file: dict[str, object] = {} if encoding is None else {"encoding": encoding}
    return yaml.safe_dump(
        {
            "profile": "made.up",
            "system": "made_up",
            "match": {"headings": COLUMNS},
            "file": file,
            "tables": {
                "contacts": {
                    "contact_id": "Id",
                    "queue": "Where",
                    "started_at": {"from": "Began", "required": True, **moment},
                    "ended_at": {"from": "Over", "required": True, **moment},
                    "talk_s": talk,
                    "abandoned": {"from": "Lost", "true": [spelling.truth[0]], "false": [spelling.truth[1]]},
                    "cost": {"from": "Price", "decimal": spelling.decimal},
                }
            },
        },
        allow_unicode=True,
    )


def _read(files: dict[str, bytes], profile: str) -> list[Row]:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "in"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        (Path(scratch) / "made.yaml").write_text(profile, encoding="utf-8")
        loaded = load(
            [folder], tables=TABLES, timezone="UTC", profiles=[Path(scratch) / "made.yaml"], into=Path(scratch) / "out"
        )
        assert loaded.rejects == ()
        for entry in loaded.files:
            assert entry.records == entry.accepted + entry.superseded + entry.rejected + entry.skipped
            assert entry.blanked == 0
        frame = pl.concat([pl.read_parquet(file) for file in loaded.stored["contacts"].files])
    return [
        Row(
            id=row["contact_id"],
            queue=row["queue"],
            began=row["started_at"],
            talk_ms=None if row["talk_s"] is None else round(row["talk_s"] * 1000),
            lost=row["abandoned"],
            cost=round(row["cost"] * 100),
        )
        for row in frame.iter_rows(named=True)
    ]


def _by_id(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.id)


_MODEST = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@_MODEST
@given(data=st.data(), spelling=spellings)
def test_delimited_text(data: st.DataObject, spelling: Spelling) -> None:
    encoding = data.draw(st.sampled_from(sorted(_ALPHABETS)))
    rows = data.draw(tables(_ALPHABETS[encoding]))
    # A column of days up to 12 is no question here, because the profile declares one format.
    delimiter = data.draw(st.sampled_from([",", ";", "\t", "|"]))
    ends = data.draw(st.sampled_from(["\n", "\r\n", "\r"]))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    preamble = data.draw(st.sampled_from(["", "Call list", "Call list\n\nMay 2026"])).replace("\n", ends)
    declared = data.draw(st.booleans()) if delimiter != "\t" else False
    text = io.StringIO(newline="")
    if preamble:
        text.write(preamble + ends)
    elif declared:
        text.write(f"sep={delimiter}{ends}")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=ends, quoting=quoting)
    writer.writerow(COLUMNS)
    writer.writerows(_cells(rows, spelling))
    # Of a few bytes nobody can tell a code page: the profile says so.
    said = "cp1252" if encoding == "cp1252" else None
    content = text.getvalue().encode(encoding, "strict")
    packing = data.draw(st.sampled_from(["plain", "gz", "zip"]))
    assert _by_id(_read(_packed(content, packing), _profile(spelling, said, delimiter))) == _by_id(rows)


def _packed(content: bytes, packing: str) -> dict[str, bytes]:
    if packing == "gz":
        return {"calls.csv.gz": gzip.compress(content, mtime=0)}
    if packing == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("calls.csv", content)
        return {"calls.zip": buffer.getvalue()}
    return {"calls.csv": content}


@settings(_MODEST, max_examples=40)
@given(rows=tables(_ANY), spelling=spellings, marked=st.booleans())
def test_json_lines(rows: list[Row], spelling: Spelling, marked: bool) -> None:
    lines = [
        json.dumps({name: cell or None for name, cell in zip(COLUMNS, cells, strict=True)}, ensure_ascii=marked)
        for cells in _cells(rows, spelling)
    ]
    content = "\n".join(lines).encode("utf-8-sig" if marked else "utf-8")
    assert _by_id(_read({"calls.jsonl": content}, _profile(spelling, None))) == _by_id(rows)


@settings(_MODEST, max_examples=40)
@given(rows=tables(_ANY), spelling=spellings)
def test_parquet(rows: list[Row], spelling: Spelling) -> None:
    frame = pl.DataFrame(_cells(rows, spelling), schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    assert _by_id(_read({"calls.parquet": buffer.getvalue()}, _profile(spelling, None))) == _by_id(rows)
