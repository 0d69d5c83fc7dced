"""Where a file is cut into blocks changes nothing: not its rows, its ledger, its rejects nor what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkpi.errors import InputError
from cxkpi.exports import one_file
from cxkpi.exports.files.records import Splitter, split

from .acd import HEADINGS, row
from .conftest import Became, Load

PROFILE = """
profile: t.s
system: t
match: {headings: [id, at, team]}
file: {footer: ['^Totals', '^end of report'], nulls: ['-'], timezone: Europe/London}
tables:
  moves:
    agent_id: id
    moved_on: {from: at, format: ['%d/%m/%Y', '%Y-%m-%d']}
    from_team: team
    to_team: to
"""
HEAD = "id,at,team,to\n"


def lines(count: int, start: int = 0) -> str:
    """Ordinary records."""
    return "".join(f"a{n},{n % 28 + 1:02d}/03/2026,Team {n % 7},B\n" for n in range(start, start + count))


QUOTED = "".join(f'q{n},01/03/2026,"over\nthree\n\nlines {n}","x, ""y"""\n' for n in range(40))
AWKWARD = {
    "ordinary": HEAD + lines(150),
    "no last line end": HEAD + lines(60).rstrip("\n"),
    "no records": HEAD,
    "quoted line breaks": HEAD + lines(20) + QUOTED + lines(20, 100),
    "unclosed": HEAD
    + lines(30)
    + 'bad,01/03/2026,"open,B\n'
    + lines(30, 50)
    + 'b2,01/03/2026,"also,B\n'
    + lines(5, 90),
    "unclosed, then a line break": HEAD + 'bad,01/03/2026,"open,B\n' + lines(30) + QUOTED + lines(3, 60),
    "unclosed at the end": HEAD + lines(70) + 'bad,01/03/2026,"open,B',
    "far apart": HEAD + 'bad,01/03/2026,"open,B\n' + lines(620) + 'bad,01/03/2026,"again,B\n' + lines(9, 700),
    "footer": HEAD + lines(90) + "\nTotals,90,,\nend of report\n",
    "what looks like a footer": HEAD + lines(40) + "Totals,01/03/2026,A,B\n" + lines(80, 50),
    "footer within a quote": HEAD + lines(70) + 'm,01/03/2026,"a\nTotals\nb",B\nTotals,1,,\n',
    "repeated headings": HEAD + lines(30) + HEAD + lines(30, 40) + "\ufeff" + HEAD + lines(3, 80),
    "preamble": "Report of moves,,,\n\nmade today\n" + HEAD + lines(40),
    "declared delimiter": "sep=;\n" + (HEAD + lines(40)).replace(",", ";"),
    "ragged": HEAD + lines(9) + "a,01/03/2026,A\nb,01/03/2026,A,B,\nc,01/03/2026,A,B,C\n\n,,,\n" + lines(9, 20),
    "ragged, but right in sum": HEAD + lines(30) + "a,01/03/2026,A\n" + lines(30, 40) + "c,01/03/2026,A,B,C\n",
    "blanks": HEAD
    + lines(9)
    + " x , 02/03/2026,\tA ,B\u00a0\n  \n\u3000\n"
    + lines(9, 20)
    + "e\u0301,02/03/2026,\u00e9,-\n",
    "stray quotes": HEAD + lines(9) + 's,02/03/2026,5" screen,B\nt,02/03/2026,the "big" team,B\n' + lines(9, 20),
    "formulas": HEAD + lines(9) + '="00417",02/03/2026,A,B\n' + lines(9, 20),
    "rejects": HEAD + lines(19) + "x,never,A,B\n,02/03/2026,A,B\n" + lines(9, 20) + "y,31/02/2026,A,B\n",
    "versions": HEAD + lines(40) + lines(20),
    "one column wide empty": HEAD + "".join(f"a{n},01/03/2026,A,\n" for n in range(50)),
}


def outcome(became: Became) -> object:
    """Everything there is to compare."""
    stored = became.loaded.stored
    frames = {
        name: pl.concat([pl.read_parquet(file) for file in table.files]).sort("file", "line").rows()
        for name, table in stored.items()
    }
    plain = [(name, table.supplied, table.rows, table.first, table.through) for name, table in stored.items()]
    return frames, plain, became.loaded.files, became.loaded.rejects, became.loaded.findings, became.loaded.notes


@pytest.fixture
def in_blocks(monkeypatch: pytest.MonkeyPatch, loaded: Load) -> Callable[..., object]:
    """The outcome of files read in blocks of some bytes."""

    def call(files: dict[str, bytes], size: int, **how: object) -> object:
        with monkeypatch.context() as patch:
            patch.setattr(one_file, "BLOCK_BYTES", size)
            try:
                return outcome(loaded(files, **how))
            except InputError as error:
                return [str(problem) for problem in error.problems]

    return call


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", AWKWARD)
def test_blocks_change_nothing(in_blocks: Callable[..., object], name: str, ends: str) -> None:
    content = AWKWARD[name].replace("\n", ends).encode()
    whole = in_blocks({"moves.csv": content}, 1 << 20, profile=PROFILE)
    for size in (200, 1000) if ends == "\n" else (333,):
        assert in_blocks({"moves.csv": content}, size, profile=PROFILE) == whole


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1"])
@pytest.mark.parametrize("name", ["ordinary", "quoted line breaks", "footer"])
def test_encodings_in_blocks(in_blocks: Callable[..., object], name: str, encoding: str) -> None:
    accent = "é\x81" if encoding == "latin-1" else "é"
    content = (AWKWARD[name] + f"last,01/03/2026,{accent},B\n").encode(encoding)
    whole = in_blocks({"moves.csv": content}, 1 << 20, profile=PROFILE)
    assert in_blocks({"moves.csv": content}, 201, profile=PROFILE) == whole


def test_blocks_are_parts(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_file, "BLOCK_BYTES", 200)
    became = loaded({"moves.csv": AWKWARD["ordinary"]}, profile=PROFILE)
    assert len(became.loaded.stored["moves"].files) > 10
    assert became.frame("moves").select("file", "line").sort("line").row(0) == ("moves.csv", 2)


def test_every_byte_decides_about_the_encoding(loaded: Load) -> None:
    """What is valid UTF-8 for a megabyte and more is still not UTF-8 where the last line is not."""
    text = HEAD + lines(45_000)
    became = loaded({"moves.csv": text.encode() + "z,01/03/2026,Caf\xe9,B\n".encode("cp1252")}, profile=PROFILE)
    assert became.rows("moves", "agent_id", "from_team")[-1] == ("z", "Café")
    assert "moves.csv is not UTF-8; it was read as cp1252." in became.loaded.notes


def test_zero_bytes_far_down_are_no_text(loaded: Load) -> None:
    with pytest.raises(InputError) as caught:
        loaded({"moves.csv": (HEAD + lines(45_000)).encode() + b"z,\x00,A,B\n" * 400}, profile=PROFILE, named=True)
    assert [problem.code for problem in caught.value.problems] == ["I103"]


def test_a_later_block_may_decide_about_dates(in_blocks: Callable[..., object]) -> None:
    """The first records fit two formats; only the last shows that days come first."""
    profile = PROFILE.replace("'%d/%m/%Y', '%Y-%m-%d'", "'%m/%d/%Y', '%d/%m/%Y'")
    first = "".join(f"a{n},{n % 12 + 1:02d}/03/2026,A,B\n" for n in range(60))
    clear = {"moves.csv": (HEAD + first + "z,28/03/2026,A,B\n").encode()}
    whole = in_blocks(clear, 1 << 20, profile=profile)
    assert isinstance(whole, tuple)
    assert in_blocks(clear, 300, profile=profile) == whole
    unclear = {"moves.csv": (HEAD + first).encode()}
    refused = in_blocks(unclear, 1 << 20, profile=profile)
    assert isinstance(refused, list)
    assert "I106" in refused[0]
    assert in_blocks(unclear, 300, profile=profile) == refused


def test_a_later_block_may_contradict_what_was_decided(in_blocks: Callable[..., object]) -> None:
    profile = PROFILE.replace("'%d/%m/%Y', '%Y-%m-%d'", "'%m/%d/%Y', '%d/%m/%Y'")
    mixed = HEAD + "a,03/28/2026,A,B\n" * 30 + lines(60, 20)
    files = {"moves.csv": mixed.encode()}
    assert in_blocks(files, 300, profile=profile) == in_blocks(files, 1 << 20, profile=profile)


def test_versions_over_blocks_and_files(in_blocks: Callable[..., object]) -> None:
    first = [row(conversation_id=f"c{n % 9}", end_date=f"2026-01-05 09:{n % 40 + 10}:00") for n in range(60)]
    second = [row(conversation_id=f"c{n}", queue="other") for n in range(5, 30)]
    files = {name: "\n".join([HEADINGS, *rows, ""]).encode() for name, rows in (("1.csv", first), ("2.csv", second))}
    assert in_blocks(files, 700) == in_blocks(files, 1 << 20)


def test_what_is_said_of_cells_counts_all_of_them(in_blocks: Callable[..., object], loaded: Load) -> None:
    """One block has nothing but unreadable cells, most have none."""
    good = [row(conversation_id=f"c{n}") for n in range(40)]
    bad = [row(conversation_id=f"d{n}", total_talk="N/A!", total_hold="none") for n in range(5)]
    files = {"acd.csv": "\n".join([HEADINGS, *good[:20], *bad, *good[20:], ""]).encode()}
    assert in_blocks(files, 400) == in_blocks(files, 1 << 20)
    became = loaded({"acd.csv": files["acd.csv"]})
    assert [(one.count, one.total) for one in became.loaded.findings if one.column == "Total Talk"] == [(5, 45)]
    all_bad = {"acd.csv": "\n".join([HEADINGS, *bad, ""]).encode()}
    assert in_blocks(all_bad, 400) == in_blocks(all_bad, 1 << 20)


CELL = st.sampled_from(
    [
        "",
        "a",
        "b c",
        " x",
        '"q"',
        '"a,b"',
        '"l1\nl2"',
        '"l1\n\nl3"',
        '"op',
        'cl"',
        '5" x',
        '="00417"',
        "é",
        "-",
        "\u3000",
    ]
)
LINE = st.one_of(
    st.lists(CELL, min_size=1, max_size=6).map(",".join),
    st.sampled_from(["", ",,,", "  ", "h0,h1,h2,h3", "Totals: 5", "a,b,c,d", "a,b,c,d"]),
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(LINE, max_size=90),
    st.integers(1, 4),
    st.sampled_from(["", "\n"]),
    st.integers(1, 900),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_any_lines_in_any_blocks(
    rows: list[str], times: int, end: str, size: int, footer: bool, ragged: bool, told: bool
) -> None:
    text = ("\n".join(["note", "h0,h1,h2,h3", *rows * times]) + end).encode()
    options = {
        "heading_line": 1,
        "data_line": 2,
        "delimiter": ",",
        "width": 4,
        "wanted": [0, 2, 3],
        "footer": ("totals",) if footer else (),
        "nulls": ("-",),
        "ragged": ragged,
    }
    whole = Splitter(**options).split(text, last=True)  # type: ignore[arg-type]
    splitter = Splitter(**options)  # type: ignore[arg-type]
    blocks = []
    left = b""
    for at in range(0, len(text), size):
        left += text[at : at + size]
        cut = left.rfind(b"\n") + 1
        if cut:
            blocks.append(left[:cut])
            left = left[cut:]
    blocks.append(left)
    parts = [
        splitter.split(block, last=last, following=following if told else b"")
        for block, following, last in zip(blocks, [*blocks[1:], b""], [*[False] * (len(blocks) - 1), True], strict=True)
    ]
    assert pl.concat([part.cells for part in parts]).equals(whole.cells)
    assert tuple(one for part in parts for one in part.broken) == whole.broken
    for name in ("skipped", "lines", "repaired", "blank", "continued"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    records = whole.cells.height + len(whole.broken) + whole.skipped
    assert whole.lines == records + whole.blank + whole.continued == len(text.splitlines())


def test_ordinary_lines_and_careful_ones_agree() -> None:
    """A quote in one cell sends a block the careful way; the others must come out the same."""
    text = "h0,h1,h2,h3\n" + "".join(f"a{n}, b ,c{n % 3 or ''},d\n" for n in range(50))
    options = {"heading_line": 0, "data_line": 1, "delimiter": ",", "width": 4, "wanted": [0, 1, 2]}
    plain = split(text.encode(), **options)  # type: ignore[arg-type]
    careful = split((text + '"z",b,c,d\n').encode(), **options)  # type: ignore[arg-type]
    assert careful.cells.head(50).equals(plain.cells)
    assert (plain.lines, plain.continued, careful.lines) == (51, 1, 52)
