"""Exit codes: every reason to fail by itself and with the others, through ``main``; the most severe one wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from reports.factory import centre, month, result, row

import cxkpi
from cxkpi.errors import Problem
from cxkpi.result import PastCell, Restated, Restatement

OLD = {"acd.csv": (datetime(2020, 1, 1), datetime(2020, 1, 1))}
ABSENT = (Problem("I010", "ces cannot be computed: no answers."),)


@pytest.fixture
def measured(monkeypatch):
    return lambda value: monkeypatch.setattr(cxkpi, "measure", lambda *args, **options: value)


@pytest.mark.parametrize(("absent", "stale", "missed", "unwritable"), list(product((False, True), repeat=4)), ids=str)
def test_the_most_severe_reason_gives_the_code(run, measured, tmp_path, absent, stale, missed, unwritable):
    status = {"status": "missed"} if missed else {"status": "met", "value": 300.0}
    measured(result([row(**status)], absent=ABSENT if absent else (), newest=OLD))
    argv = ["report", "x", "--fail-on", "missed", *(["--max-age", "1h"] if stale else [])]
    argv += ["-o", tmp_path / "no" / "a.json"] if unwritable else []
    expected = 74 if unwritable else 3 if absent else 4 if stale else 1 if missed else 0
    ran = run(*argv)
    assert ran.code == expected
    if not unwritable:
        said = ("error[I010]" in ran.err, "stale: the newest" in ran.err, "--fail-on missed: aht" in ran.err)
        assert said == (absent, stale, missed)


@pytest.mark.parametrize("stale", [False, True])
def test_fail_on_stale_is_the_code_of_max_age(run, measured, stale):
    now = datetime.now(UTC).replace(tzinfo=None)
    measured(result([row(status="met")], newest=OLD if stale else {"a.csv": (now, None)}))
    ran = run("report", "x", "--fail-on", "stale", "--max-age", "26h")
    assert ran.code == (4 if stale else 0)
    assert ("it may be 26h" in ran.err) == stale


@pytest.mark.parametrize(("gate", "option"), [("stale", "--max-age"), ("restated", "--against")])
def test_a_gate_that_could_never_fail_is_refused(run, monkeypatch, gate, option):
    monkeypatch.setattr(cxkpi, "measure", lambda *_, **__: pytest.fail("measured"))
    ran = run("report", "x", "--fail-on", gate)
    assert ran.code == 2
    assert "error[U113]" in ran.err
    assert option in ran.err


def test_a_limit_in_the_run_file_is_one(run, measured, tmp_path):
    (tmp_path / "cxkpi.yaml").write_text('cxkpi: 1\nfiles: [{match: "acd*", max_age: 26h}]\n')
    measured(result([row(status="met")], newest=OLD))
    ran = run("report", tmp_path, "--fail-on", "stale")
    assert ran.code == 4
    assert "stale: the newest event of acd* is" in ran.err


@pytest.mark.parametrize(("final", "code"), [(True, 1), (False, 0)])
def test_restated_is_about_figures_that_were_judged(run, measured, monkeypatch, final, code):
    cell = PastCell("x", 1.0, 1, 1.0, 1.0, 0, None, None, None, None)
    start, end = month(5).start, month(5).end
    one = Restated("aht", None, "month", start, end, {}, cell, replace(cell, value=2.0), ("late_rows",), final)
    found = Restatement("run.json", datetime(2026, 7, 1), (), (), (), (one,))
    measured(replace(result([row(status="met")]), restated=found))
    monkeypatch.setattr("cxkpi.cli.gates.ready", lambda *_: None)
    ran = run("report", "x", "--fail-on", "restated")
    assert ran.code == code
    assert ("--fail-on restated: 1 past figure is not what the run of run.json had" in ran.err) == final


def test_quiet_says_nothing_of_a_success(run, measured, tmp_path):
    measured(centre())
    ran = run("report", "x", "-q", "-o", tmp_path / "a.json")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_a_mail_of_cron_has_one_line_of_summary(run, measured, tmp_path):
    measured(centre())
    place = tmp_path / "a.json"
    ran = run("report", "x", "-o", place)
    assert ran.out == ""
    last = ran.err.splitlines()[-1]
    assert last == f"6 metrics, 2 missed, 1 alarm; June 2026; 28,539 records, 25 rejected; written: {place}"
    failed = run("report", "x", "-o", place, "-q", "--fail-on", "alarm")
    assert failed.code == 1
    assert failed.err == f"--fail-on alarm: turnover reached the alarm in June 2026\n{last}\n"


def test_what_is_printed_needs_no_summary(run, measured, tmp_path):
    measured(centre())
    assert "written:" not in run("report", "x").err
    assert "written:" not in run("report", "x", "-o", tmp_path / "a.json", "-f", "csv").err


def test_a_cut_that_fails_is_counted_in_lines(run, measured):
    lines = [row(status="missed"), *(row(status="missed", by={"queue": name}) for name in ("Sales", "Billing"))]
    measured(result(lines, by=("queue",)))
    ran = run("report", "x", "--by", "queue", "--fail-on", "missed")
    assert ran.code == 1
    assert ": the whole and 2 of 2 lines by queue missed the target in " in ran.err
