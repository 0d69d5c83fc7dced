"""What ``report`` prints and writes in every format, byte for byte, through the whole command line."""

from __future__ import annotations

import json
import os
import stat
import sys
import textwrap
from pathlib import Path
from typing import get_args

import pytest
from reports import written
from reports.factory import centre
from reports.shapes import cases

import cxkpi
from cxkpi.cli import outputs
from cxkpi.errors import EXIT_OUTPUT

GOLDEN = Path(__file__).parents[1] / "reports" / "golden"
_AS_TEXT = {".xlsx": written.workbook, ".parquet": written.parquet}


@pytest.fixture
def measured(monkeypatch):
    def put(value):
        monkeypatch.setattr(cxkpi, "measure", lambda *args, **options: value)

    return put


def test_what_can_be_printed_is_in_the_table():
    assert set(get_args(outputs.Printed)) - {"table"} <= set(outputs.OUTPUTS)
    assert set(outputs.EXTENSIONS) == {".html", ".xlsx", ".md", ".csv", ".json", ".parquet", ".prom", ".pdf"}


@pytest.mark.parametrize("name", cases())
@pytest.mark.parametrize(
    ("kind", "end"), [("markdown", "md"), ("csv", "csv"), ("json", "json"), ("prometheus", "prom")]
)
def test_what_is_printed(run, measured, name, kind, end):
    measured(cases()[name])
    assert run("report", "x", "-f", kind, "-q").out == (GOLDEN / f"{name}.{end}").read_bytes().decode("utf-8")


@pytest.mark.parametrize("name", cases())
@pytest.mark.parametrize("extension", [end for end in outputs.EXTENSIONS if end not in (".pdf", ".html")])
def test_what_is_written(run, measured, tmp_path, name, extension):
    measured(cases()[name])
    place = tmp_path / f"report{extension}"
    ran = run("report", "x", "-o", place, "-q")
    assert ran.out == ""
    content = place.read_bytes()
    text = _AS_TEXT[extension](content) if extension in _AS_TEXT else content.decode("utf-8")
    end = f"{extension}.txt" if extension in _AS_TEXT else extension
    assert text == (GOLDEN / f"{name}{end}").read_bytes().decode("utf-8")


def test_a_german_csv(run, measured, tmp_path):
    measured(centre())
    golden = (GOLDEN / "centre.de.csv").read_text(encoding="utf-8")
    assert run("report", "x", "-f", "csv", "--locale", "de", "-q").out == golden
    run("report", "x", "-o", tmp_path / "a.csv", "-o", tmp_path / "a.json", "--locale", "de", "-q")
    assert (tmp_path / "a.csv").read_text(encoding="utf-8") == golden
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["results"][0]["value"] == 0.7312
    assert run("report", "x", "--locale", "fr").code == 2


def test_several_at_once_and_the_table_beside(run, measured, tmp_path):
    measured(centre())
    files = [tmp_path / name for name in ("a.xlsx", "a.md", "a.PARQUET", "a.prom", "a.html")]
    ran = run("report", "x", *(part for file in files for part in ("-o", file)), "-f", "table", "-q")
    assert (ran.code, ran.err) == (0, "")
    assert "First contact resolution" in ran.out
    assert all(file.stat().st_size for file in files)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(file.name for file in files)


def test_the_files_of_a_run_file(run, tmp_path, monkeypatch, measured):
    measured(centre())
    (tmp_path / "cxkpi.yaml").write_text("cxkpi: 1\noutputs: [out/a.xlsx, out/a.md, out/a.prom]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run("report", "-q").code == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.md", "a.prom", "a.xlsx"]


@pytest.mark.parametrize("name", ["a.txt", "a", "a.xls", "a.json.gz"])
def test_a_name_without_a_known_end_is_refused_with_those_there_are(run, measured, tmp_path, name):
    measured(centre())
    ran = run("report", "x", "-o", tmp_path / name)
    assert ran.code == 2
    assert ".html, .xlsx, .md, .csv, .json, .parquet, .prom, .pdf" in ran.err.replace("\n", " ").replace("  ", " ")


def test_a_workbook_that_cannot_be_made_leaves_the_old_one(run, measured, tmp_path, monkeypatch):
    from cxkpi.reports import xlsx

    measured(centre())
    place = tmp_path / "a.xlsx"
    place.write_bytes(b"old")

    def fail(*args, **options):
        raise RuntimeError("no")

    monkeypatch.setattr(xlsx, "render", fail)
    assert run("report", "x", "-o", place).code == 70
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_a_pdf_without_a_browser_is_refused_before_anything_is_read(run, tmp_path, monkeypatch):
    monkeypatch.setenv("CXKPI_BROWSER", str(tmp_path / "no-such-browser"))
    monkeypatch.setattr(cxkpi, "measure", lambda *args, **options: pytest.fail("measured"))
    ran = run("report", tmp_path, "-o", tmp_path / "a.pdf")
    assert ran.code == 2
    assert "error[U137]" in ran.err
    assert "Chromium" in ran.err
    assert not (tmp_path / "a.pdf").exists()


def _browser(tmp_path, body):
    place = tmp_path / "browser"
    place.write_text(f"#!{sys.executable}\n" + textwrap.dedent(body), encoding="utf-8")
    place.chmod(place.stat().st_mode | stat.S_IXUSR)
    return str(place)


@pytest.mark.skipif(os.name == "nt", reason="the browser is a script")
def test_a_pdf_is_the_page_as_the_browser_prints_it(run, measured, tmp_path, monkeypatch):
    measured(centre())
    program = """
        import sys, urllib.parse, urllib.request
        paper = next(one.partition("=")[2] for one in sys.argv if one.startswith("--print-to-pdf="))
        page = urllib.request.url2pathname(urllib.parse.urlparse(sys.argv[-1]).path)
        open(paper, "wb").write(b"%PDF " + open(page, "rb").read())
    """
    monkeypatch.setenv("CXKPI_BROWSER", _browser(tmp_path, program))
    html, pdf = tmp_path / "a.html", tmp_path / "a.pdf"
    assert run("report", "x", "-o", html, "-o", pdf, "-q").code == 0
    assert pdf.read_bytes() == b"%PDF " + html.read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="the browser is a script")
def test_a_browser_that_prints_nothing_is_an_output_that_failed(run, measured, tmp_path, monkeypatch):
    measured(centre())
    monkeypatch.setenv("CXKPI_BROWSER", _browser(tmp_path, "import sys; sys.exit('no display')"))
    ran = run("report", "x", "-o", tmp_path / "a.pdf", "-q")
    assert ran.code == EXIT_OUTPUT
    assert "no display" in ran.err
    assert not (tmp_path / "a.pdf").exists()


@pytest.mark.slow
def test_chromium_prints_a_pdf(run, measured, tmp_path):
    from cxkpi.cli import pdf
    from cxkpi.errors import UsageError

    try:
        pdf.browser()
    except UsageError:
        pytest.skip("Chromium is not installed")
    measured(centre())
    assert run("report", "x", "-o", tmp_path / "a.pdf", "-q").code == 0
    content = (tmp_path / "a.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
