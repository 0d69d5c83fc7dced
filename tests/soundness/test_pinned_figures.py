"""One plausible wrong figure each, where the number is right and what people read is not."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from decimal import ROUND_FLOOR, Decimal

import openpyxl
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reports.factory import info, month, result, row

from cxkpi.cli.outputs import OUTPUTS, render
from cxkpi.reports.figures import UNICODE, Scale, fixed, scale
from cxkpi.reports.xlsx.formats import Formats, change, stored

CONTACTS = "contact_id,customer_id,agent_id,queue,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s,abandoned\n"
CATALOGUE = """\
cxkpi: 1
calendar: {timezone: UTC}
metrics:
  aht:
    kind: ratio
    label: Handle time
    unit: seconds
    better: lower
    target: 6m
    min_n: 1
    numerator: {from: contacts, sum: talk_s + wrap_s}
    denominator: {from: contacts, count: rows}
  talk:
    kind: ratio
    label: Handle time
    unit: seconds
    better: lower
    numerator: {from: contacts, sum: talk_s}
    denominator: {from: contacts, count: rows}
  cost:
    kind: ratio
    label: Cost of a contact
    unit: EUR
    better: lower
    target: 3
    min_n: 1
    numerator: {from: contacts, sum: "case when queue = 'Billing' then 12345.6 else 0.169 end"}
    denominator: {from: contacts, count: rows}
"""


@pytest.fixture
def centre(tmp_path, monkeypatch):
    """Two contacts of Billing in January, of 362 and 363 s, and one of Sales, of 300 s."""

    def contact(number, queue, seconds, day):
        at = f"2026-01-{day:02d} 10:00"
        return f"c{number},CUST-ALICE,AGENT-BO,{queue},{at}:00,{at}:01,{at}:59,{seconds},0,0,no\n"

    lines = [contact(1, "Billing", 362, 5), contact(2, "Billing", 363, 6), contact(3, "Sales", 300, 7)]
    lines.append(contact(9, "Sales", 300, 7).replace("2026-01-07", "2026-02-10"))
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "contacts.csv").write_text(CONTACTS + "".join(lines))
    (tmp_path / "metrics.yaml").write_text(CATALOGUE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


RUN = ("report", "exports", "-c", "metrics.yaml", "-m", "aht", "--until", "2026-02-01")
FILES = ("a.html", "a.xlsx", "a.md", "a.json", "a.csv", "a.prom", "a.parquet")
OUT = [part for name in FILES for part in ("-o", name)]


def everything(folder) -> dict[str, str]:
    """All that stands in the files of a run, a workbook unpacked."""
    found = {}
    for name in (*FILES, "run.json"):
        place = folder / name
        if not place.is_file():
            continue
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(place) as book:
                found[name] = "".join(book.read(part).decode("utf-8", "replace") for part in book.namelist())
        elif name.endswith(".parquet"):
            frame = pl.read_parquet(place)
            found[name] = f"{frame.columns} {frame.rows()}"
        else:
            found[name] = place.read_text(encoding="utf-8")
    return found


def test_a_part_is_not_taken_for_the_whole(run, centre):
    """Of the contacts of January 362, 363 and 300 s long Billing has the first two: 362.5 s, not 341.7 s. A report of
    Billing alone says so wherever the whole's would stand, and is another series."""
    whole = run(*RUN, *OUT)
    assert whole.code == 0, whole.err
    before = everything(centre)
    assert not any("only" in text for name, text in before.items() if name in ("a.md", "a.csv", "a.prom", "a.parquet"))
    assert json.loads(before["a.json"])["only"] == {}
    ran = run(*RUN, *OUT, "--only", "queue=Billing", "--manifest", "run.json")
    assert ran.code == 0, ran.err
    after = everything(centre)
    for name in ("a.html", "a.md", "a.xlsx"):
        assert "only queue = Billing" in after[name]
    assert "; only queue = Billing; " in ran.err
    assert json.loads(after["a.json"])["only"] == {"queue": ["Billing"]}
    assert {line["only_queue"] for line in csv.DictReader(io.StringIO(after["a.csv"]))} == {"Billing"}
    assert "'only_queue'" in after["a.parquet"]
    lines = [one["a.prom"].splitlines() for one in (before, after)]
    series = [{line.rpartition(" ")[0] for line in those if line[0] != "#"} for those in lines]
    assert series[0]
    assert series[1]
    assert not series[0] & series[1]
    assert all('only_queue="Billing"' in one for one in series[1])
    both = run(*RUN, "--only", "queue=Sales", "--only", "queue=Billing", "--only", "hour=10", columns=160)
    assert "only queue = Billing or Sales and hour = 10" in both.out
    assert run("verify", "run.json").code == 0


def test_every_sheet_of_a_part_says_so(run, centre):
    assert run(*RUN, "-o", "a.xlsx", "--only", "queue=Billing").code == 0
    book = openpyxl.load_workbook("a.xlsx")
    told = {
        sheet.title: any("only queue = Billing" in str(cell.value) for line in sheet.iter_rows() for cell in line)
        for sheet in book
    }
    assert told == {"Summary": True, "Data": False, "aht": True, "Definitions": False, "Files": True}
    assert "only_queue" in [cell.value for cell in book["Data"][1]]


def test_a_gate_names_the_part(run, centre):
    ran = run(*RUN, "--only", "queue=Billing", "--fail-on", "missed", "-q")
    assert ran.code == 1
    assert "aht missed the target in January 2026, only queue = Billing" in ran.err


@pytest.mark.parametrize("dimension", ["customer_id", "contact_id", "agent_id"])
@pytest.mark.parametrize("further", [(), ("--show-values",), ("--pseudonyms", "names.key")])
def test_nobody_is_named_by_a_selection(run, centre, dimension, further):
    """Ids of customers are in no report, whatever is asked for; those of their records and of agents as elsewhere."""
    (centre / "names.key").write_text("a key of some length, for tests\n")
    (centre / "names.key").chmod(0o600)
    value = {"customer_id": "CUST-ALICE", "contact_id": "c1", "agent_id": "AGENT-BO"}[dimension]
    ran = run(*RUN, *OUT, "-f", "table", "--only", f"{dimension}={value}", *further, columns=160)
    assert ran.code == 0, ran.err
    found = {**everything(centre), "table": ran.out, "said": ran.err}
    word = re.compile(rf"\b{value}\b")
    named = {name for name, text in found.items() if word.search(text)}
    machines, people = {"a.json", "a.csv", "a.prom", "a.parquet"}, {"a.html", "a.xlsx", "a.md", "table"}
    shown = {
        ("customer_id", ""): set(),
        ("contact_id", ""): set(),
        ("agent_id", ""): machines,
        ("contact_id", "--show-values"): machines | people,
        ("agent_id", "--show-values"): machines | people,
    }.get((dimension, "".join(further[:1])), set())
    assert named - {"said"} == shown
    if not shown:
        called = "#1" if dimension == "customer_id" or not further else rf"{dimension.removesuffix('_id')}-[0-9A-Z]+"
        assert re.search(rf"only {dimension} = {called}", found["a.md"].replace("`", ""))
        assert re.search(rf"only {dimension} = {called}", ran.out)


@pytest.mark.parametrize(
    ("dimension", "further", "code"),
    [
        ("customer_id", (), 2),
        ("customer_id", ("--pseudonyms", "names.key"), 2),
        ("customer_id", ("--show-values",), 2),
        ("contact_id", (), 2),
        ("contact_id", ("--pseudonyms", "names.key"), 2),
        ("agent_id", (), 0),
        ("agent_id", ("--pseudonyms", "names.key"), 2),
    ],
)
def test_no_manifest_holds_the_id_of_a_customer(run, centre, dimension, further, code):
    (centre / "names.key").write_text("a key of some length, for tests\n")
    (centre / "names.key").chmod(0o600)
    value = {"customer_id": "CUST-ALICE", "contact_id": "c1", "agent_id": "AGENT-BO"}[dimension]
    ran = run(*RUN, "-o", "a.md", "--only", f"{dimension}={value}", "--manifest", "run.json", *further)
    assert (ran.code, "U145" in ran.err) == (code, code == 2)
    assert (centre / "run.json").exists() == (code == 0)


def test_a_name_that_nobody_has_is_not_answered_with_somebody_elses(run, centre):
    """For a queue the nearest one helps; for a person it would be the name of another."""
    ran = run(*RUN, "--only", "agent_id=AGENT-BA", "--only", "agent_id=AGENT-BO", "--only", "queue=Biling",
              "--only", "queue=Billing")  # fmt: skip
    assert "no row has queue 'Biling', by which --only selects; did you mean 'Billing'?" in ran.err
    assert "no row has 1 of the 2 agent_id by which --only selects" in ran.err
    assert "AGENT" not in ran.err


def _as_a_spreadsheet(code: str, kept: float) -> str:
    """A number as a spreadsheet shows it: rounded half away from 0 on the 15 digits it keeps, or the exact seconds."""
    match = re.fullmatch(r"\[>=([0-9.]+)\]\[h\]:mm:ss(\.0*)?;\[m\]:ss(\.0*)?", code)
    if match is not None:
        places = len(match[2] or ".") - 1
        ticks = int((Decimal(kept) * 86400 * 10**places + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
        whole, rest = divmod(ticks, 10**places)
        fraction = f".{rest:0{places}d}" if places else ""
        if kept >= float(match[1]):
            return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}{fraction}"
        return f"{whole // 60}:{whole % 60:02d}{fraction}"
    sections = code.split(";")
    section = sections[0 if kept > 0 or len(sections) == 1 else 1 if kept < 0 else 2]
    match = re.fullmatch(r"(\[s\]|[+-]?(?:#,##)?0)(\.0+)?(%)?(?:\" (.*)\")?", section)
    assert match is not None, section
    number = Decimal(f"{abs(kept) * (86400 if match[1] == '[s]' else 1):.15g}") * (100 if match[3] else 1)
    places = len(match[2] or ".") - 1
    ticks = int((number * 10**places + Decimal("0.5")).to_integral_value(ROUND_FLOOR))
    text = f"{ticks // 10**places:,}" + (f".{ticks % 10**places:0{places}d}" if places else "")
    sign = match[1][0] if match[1][0] in "+-" else "-" if kept < 0 and len(sections) == 1 else ""
    return f"{sign}{text}{' %' if match[3] else ''}{f' {match[4]}' if match[4] else ''}"


class _Book:
    def add_format(self, properties):
        return properties["num_format"]


ties = st.builds(
    lambda whole, digits, sign: sign * float(f"{whole}.{digits}5"),
    st.integers(0, 90_000),
    st.text("0123456789", max_size=4),
    st.sampled_from([1, -1]),
)


@given(ties, st.sampled_from(["percent", "points", "EUR", "score", "days"]), st.integers(0, 3), st.booleans())
def test_a_terminal_and_a_workbook_round_alike(value, unit, decimals, signed):
    """-31.25 % is -31.3 %, never -31.2 % in one and -31.3 % in the other."""
    value = float(Decimal(repr(value)).scaleb(-2)) if unit == "percent" else value
    base = scale(unit, [value], signed=signed)
    written = Scale(base.style, decimals, base.suffix, signed, UNICODE)
    formats = Formats(_Book())
    if float(fixed(abs(value) * (100 if unit == "percent" else 1), written.places(value)).replace(",", "")):
        shown = _as_a_spreadsheet(formats.number(written, value), stored(written, value))
        assert shown == written.value(value).replace("−", "-")
    moved = _as_a_spreadsheet(formats.change(written, value), change(written, value))
    assert moved == written.change(value).replace("−", "-")


@given(st.integers(0, 200_000), st.text("0123456789", max_size=2), st.integers(0, 2))
def test_durations_half_way_are_alike(whole, digits, decimals):
    """362.5 s is 6:03 in both, 3,599.5 s is 1:00:00 in both."""
    value = float(f"{whole}.{digits}5")
    clock = Scale("clock", decimals, "", False, UNICODE)
    kept = stored(clock, value)
    assert _as_a_spreadsheet(Formats(_Book()).number(clock, value), kept) == clock.value(value)
    assert math.isclose(kept * 86400, value, rel_tol=1e-14)


@given(ties, st.integers(0, 6))
def test_what_is_half_way_goes_away_from_zero(value, decimals):
    """By school arithmetic on the digits as written: 2.675 is 2.68, though its float is a little less."""
    whole, _, digits = repr(abs(value)).partition(".")
    kept, rest = int(whole + digits[:decimals].ljust(decimals, "0")), digits[decimals:]
    kept += int(rest[:1] or 0) >= 5
    assert fixed(abs(value), decimals).replace(",", "").replace(".", "").lstrip("0") == str(kept).lstrip("0")


@pytest.mark.parametrize(
    ("number", "decimals", "percent", "text"),
    [
        (362.5, 0, False, "363"), (0.0125, 1, True, "1.3"), (4.5, 0, False, "5"), (31.25, 1, False, "31.3"),
        (2.675, 2, False, "2.68"), (1.005, 2, False, "1.01"), (0.285, 0, True, "29"), (1e300, 0, False, f"{10**300:,}"),
    ],
)  # fmt: skip
def test_figures_half_way(number, decimals, percent, text):
    assert fixed(number, decimals, percent=percent) == text


def test_the_same_handle_time_in_every_form(run, centre):
    """(362 + 363) / 2 = 362.5 s: 6:03. Half to even would be 6:02."""
    ran = run(*RUN, "--only", "queue=Billing", *OUT, "-f", "table")
    assert "6:03" in ran.out
    found = everything(centre)
    assert all("6:03" in found[name] and "6:02" not in found[name] for name in ("a.html", "a.md"))
    cell = next(
        cell for line in openpyxl.load_workbook("a.xlsx")["Summary"].iter_rows() for cell in line if cell.is_date
        and cell.column_letter == "C"
    )  # fmt: skip
    assert cell.value.total_seconds() == 362.5


def test_a_small_amount_beside_large_ones_is_not_nothing(run, centre):
    """Beside a queue of 12,345.60 EUR a contact a queue of 0.169 EUR is 0.17 EUR, within 3.00 EUR; never 0 EUR."""
    command = ("report", "exports", "-c", "metrics.yaml", "-m", "cost", "--by", "queue", "--until", "2026-02-01")
    ran = run(*command, "-f", "table", "-o", "a.md", "-o", "a.html", "-o", "a.xlsx", columns=140)
    assert ran.code == 0, ran.err
    found = everything(centre)
    for text in (ran.out, found["a.md"], found["a.html"]):
        assert ("12,346 EUR" in text, "0.17 EUR" in text, "≤ 3.00 EUR" in text) == (True, True, True)
        assert not re.search(r"(?<![0-9,.])0 EUR", text)
    lines = [line for line in openpyxl.load_workbook("a.xlsx")["Summary"].iter_rows() if line[1].value == "Sales"]
    assert (lines[0][3].value, lines[0][3].number_format) == (0.169, '#,##0.00" EUR"')


def test_amounts_keep_their_cents_below_a_hundred():
    amounts = scale("EUR", [12345.6, 0.169])
    assert [amounts.value(amount) for amount in (12345.6, 100.0, 99.5, -4.5, 0.169, 0.0004, 0.0)] == [
        "12,346 EUR", "100 EUR", "99.50 EUR", "−4.50 EUR", "0.17 EUR", "0.0004 EUR", "0.00 EUR",
    ]  # fmt: skip
    assert scale("score", [12345.6, 0.169]).value(0.169) == "0.2"


def _by_queue(values):
    return result([row("aht", month(6), by={"queue": value}) for value in values], by=("queue",))


@pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx", "prometheus"])
def test_no_value_and_a_value_that_reads_so_are_two(kind):
    """A queue called (blank) is not the contacts without a queue: summed by queue they must not fall together."""
    written = render(_by_queue(["(blank)", None, '"(blank)"', ""]), kind)
    if kind == "csv":
        found = [line["by_queue"] for line in csv.DictReader(io.StringIO(written.decode()))]
    elif kind == "parquet":
        found = pl.read_parquet(io.BytesIO(written))["by_queue"].to_list()
    elif kind == "xlsx":
        lines = list(openpyxl.load_workbook(io.BytesIO(written))["Data"].values)
        found = [line[lines[0].index("by_queue")] for line in lines[1:]]
    else:
        found = re.findall(r'^cxkpi_value\{.*by_queue="(.*)"\} ', written.decode(), re.M)
        found = [one.replace('\\"', '"') for one in found]
    assert found == ['"(blank)"', "(blank)", '""(blank)""', '""']


def test_series_that_differ_in_what_cannot_be_written_stay_two():
    """A collector refuses a file in which a series comes twice, and with it every figure of the run."""
    text = render(_by_queue(["A\x1b", "A\x07", "A\ufffd", "A\ufffd~2"]), "prometheus").decode()
    names = re.findall(r"^cxkpi_value\{.*by_queue=\"(.*)\"\} ", text, re.M)
    assert len(set(names)) == 4
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@pytest.mark.parametrize("label", ["-2+3+cmd|' /C calc'!A0", "Great!Q1", "=Data!A1", "=1+1"])
def test_a_label_is_no_reference(label):
    """A chart titled Great!Q1 shows its title, not what stands in a cell."""
    rows = [row("aht", month(number)) for number in (5, 6)]
    found = result(rows, metrics={("aht", None): info("aht", label=label)})
    with zipfile.ZipFile(io.BytesIO(render(found, "xlsx"))) as book:
        (name,) = [part for part in book.namelist() if part.startswith("xl/charts/chart")]
        title = re.search(r"<c:title>.*?</c:title>", book.read(name).decode(), re.S)
    assert title is not None
    assert "<c:f>" not in title[0]
    assert "<a:t>" in title[0]


def test_metrics_of_one_label_are_told_apart(run, centre):
    """Handle time and talk time under one label are two figures nobody could tell from one another."""
    command = ("report", "exports", "-c", "metrics.yaml", "-m", "aht,talk,cost", "--until", "2026-02-01")
    ran = run(*command, *OUT, "-f", "table", columns=140)
    assert ran.code == 0, ran.err
    assert ("Handle time (aht)" in ran.out, "Handle time (talk)" in ran.out) == (True, True)
    assert "Cost of a contact (" not in ran.out
    found = everything(centre)
    assert all("Handle time (talk)" in found[name].replace("`", "") for name in ("a.html", "a.md", "a.xlsx"))


def test_one_record_is_one_record(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line = "c1,k,a,q,2026-01-05 10:00:00,2026-01-05 10:00:01,2026-01-05 10:00:59,30,0,0,no\n"
    (tmp_path / "contacts.csv").write_text(CONTACTS + line)
    (tmp_path / "metrics.yaml").write_text(CATALOGUE)
    ran = run("report", "contacts.csv", "-c", "metrics.yaml", "-m", "aht", "-o", "a.csv")
    assert ran.err.endswith("; 1 record; written: a.csv\n")


def test_all_kinds_are_looked_at():
    assert {f".{name.partition('.')[2]}" for name in FILES} == {one.extension for one in OUTPUTS.values()} - {".pdf"}
