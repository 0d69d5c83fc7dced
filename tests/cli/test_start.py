"""How the program starts: help, version, usage errors, what is imported for them, and how a run can end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from reports.factory import centre

import cxkpi
from cxkpi.errors import CatalogueError, InputError, OutputError, Place, Problem, UsageError

HEAVY = {"polars", "pydantic", "narwhals", "duckdb"}


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--version"], []])
def test_help_and_version_import_no_heavy_library(argv):
    program = (
        "import sys; from cxkpi.cli.app import main; code = main(sys.argv[1:]);"
        f"print('loaded', sorted({HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, *argv], capture_output=True, text=True, check=True)
    assert "loaded []" in done.stderr


def test_completion_of_command_names_imports_no_heavy_library():
    program = (
        f"import sys; from cxkpi.cli.app import main; code = main(['']);"
        f"print('loaded', sorted({HEAVY!r} & {{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)"
    )
    env = {**os.environ, "_CXKPI_COMPLETE": "complete_bash", "COMP_WORDS": "cxkpi re", "COMP_CWORD": "1"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert "report" in done.stdout
    assert "loaded []" in done.stderr


def test_version(run):
    ran = run("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"cxkpi {cxkpi.__version__}\n", "")


def test_help_lists_the_commands_that_work(run):
    ran = run("--help")
    assert ran.code == 0
    assert all(command in ran.out for command in ("report", "tables", "demo"))
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_no_command_is_a_usage_error_that_shows_the_help(run):
    ran = run()
    assert (ran.code, ran.out) == (2, "")
    assert "report" in ran.err


def test_options_of_later_versions_are_not_shown(run):
    text = run("report", "--help").out
    assert "--max-rejects" in text
    assert not any(option in text for option in ("--max-age", "--no-cache", "spark", "markdown", "prometheus", "xlsx"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["repot"], "Did you mean 'report'"),
        (["report"], "Missing argument"),
        (["report", "x", "--fromat", "csv"], "--format"),
        (["report", "x", "--every", "hour"], "'day', 'week', 'month'"),
        (["report", "x", "--last", "0"], "--last"),
        (["report", "x", "--fail-on", "mised"], "Did you mean missed?"),
        (["report", "x", "--fail-on", "zzz"], "Choose from missed, alarm, rejects."),
        (["report", "x", "-o", "a.html"], ".json, .csv"),
        (["report", "x", "-o", "noextension"], ".json, .csv"),
        (["report", "x", "--since", "01/06/2026"], "2026-06-01"),
        (["report", "x", "--until", "2026-02-30"], "is not a date"),
        (["report", "x", "--since", "2026-06-01", "--until", "2026-06-01"], "later than --since"),
        (["report", "x", "--only", "queue"], "DIM=VALUE"),
        (["report", "x", "--only", "=x"], "DIM=VALUE"),
        (["report", "x", "--max-rejects", "many"], "1%"),
        (["report", "x", "--max-rejects", "101%"], "1%"),
    ],
)
def test_a_usage_error_is_one_plain_paragraph(run, monkeypatch, argv, words):
    monkeypatch.setattr(cxkpi, "measure", lambda *_, **__: pytest.fail("measured in spite of a usage error"))
    ran = run(*argv)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert "╭" not in ran.err


@pytest.mark.parametrize(("error", "code"), [(UsageError, 2), (InputError, 3), (CatalogueError, 5), (OutputError, 74)])
def test_every_user_error_has_its_code_and_no_traceback(run, monkeypatch, error, code):
    def fail(*_, **__):
        raise error(Problem("X1", "it is wrong.", Place("a.csv", 3, 4), "Do this."), Problem("X2", "and this too."))

    monkeypatch.setattr(cxkpi, "measure", fail)
    ran = run("report", "x")
    assert (ran.code, ran.out) == (code, "")
    assert ran.err == "a.csv:3:4: error[X1]: it is wrong. Do this.\nerror[X2]: and this too.\n"
    assert run("report", "x", "--quiet").err == ran.err


def test_an_internal_fault_shows_its_traceback(run, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(cxkpi, "measure", fail)
    ran = run("report", "x")
    assert (ran.code, ran.out) == (70, "")
    assert "Traceback" in ran.err
    assert "ZeroDivisionError: ours" in ran.err


def test_interrupted(run, monkeypatch):
    def fail(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cxkpi, "measure", fail)
    ran = run("report", "x")
    assert (ran.code, ran.out) == (130, "")
    assert "Traceback" not in ran.err


def test_a_closed_pipe_is_quiet(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import cxkpi, time\nfrom reports.factory import centre\n"
        "cxkpi.measure = lambda *a, **k: time.sleep(0.2) or centre(by='queue')\n"
    )
    program = f"PYTHONPATH={tmp_path}:{os.pathsep.join(sys.path)} {sys.executable} -m cxkpi report x -q | true"
    done = subprocess.run(
        ["bash", "-c", f"{program}; echo ${{PIPESTATUS[0]}}"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "74"


def test_a_full_disk_is_an_output_error(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import cxkpi\nfrom reports.factory import centre\ncxkpi.measure = lambda *a, **k: centre(by='queue')\n"
    )
    program = f"PYTHONPATH={tmp_path}:{os.pathsep.join(sys.path)} {sys.executable} -m cxkpi report x -q > /dev/full"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 74
    assert "standard output" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_python_call_has_the_arguments_of_the_documentation(monkeypatch):
    import cxkpi.measurement.run

    seen = {}
    monkeypatch.setattr(cxkpi.measurement.run, "measure", lambda paths, **options: seen.update(options) or centre())
    result = cxkpi.measure(["x"], metrics=["aht"], every="week")
    assert result.version
    assert (seen["metrics"], seen["every"], seen["engine"]) == (["aht"], "week", "polars")
