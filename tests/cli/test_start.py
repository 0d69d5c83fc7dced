"""How the program starts: help, version, usage errors, what is imported for them, and how a run can end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

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
    assert all(command in ran.out for command in ("report", "tables", "doctor", "adopt", "demo", "cache"))
    assert "\x1b" not in ran.out
    assert ran.err == ""


def test_no_command_is_a_usage_error_that_shows_the_help(run):
    ran = run()
    assert (ran.code, ran.out) == (2, "")
    assert "report" in ran.err


def test_options_of_later_versions_are_not_shown(run):
    text = run("report", "--help").out
    assert "--max-rejects" in text
    assert "spark" not in text


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["repot"], "Did you mean 'report'? Try 'cxkpi --help'."),
        (["demo"], "Missing argument"),
        (["report", "x", "--fromat", "csv"], "--format"),
        (["report", "x", "--every", "hour"], "'day', 'week', 'month'"),
        (["report", "x", "--last", "0"], "--last"),
        (["report", "x", "-m", "aht", "--all"], "Give one of the two"),
        (["report", "x", "-m", ""], "--metric names nothing"),
        (["report", "x", "-m", " , "], "--metric names nothing"),
        (["report", "x", "--by", ""], "--by names nothing"),
        (["report", "x", "--fail-on", "mised"], "Did you mean missed?"),
        (["report", "x", "--fail-on", "zzz"], "Choose from missed, alarm, rejects, stale, restated."),
        (["report", "x", "-o", "a.docx"], ".csv, .json"),
        (["report", "x", "-o", "noextension"], ".csv, .json"),
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


def test_a_message_ends_before_its_hint_begins(run, monkeypatch):
    def fail(*_, **__):
        raise UsageError(Problem("X1", "there is none", None, "Do this."), Problem("X2", "is it?", None, "Do that."))

    monkeypatch.setattr(cxkpi, "measure", fail)
    assert run("report", "x").err == "error[X1]: there is none. Do this.\nerror[X2]: is it? Do that.\n"


@pytest.mark.parametrize(("command", "more"), [("report", ()), ("tables", ("-o", "out"))])
def test_a_catalogue_that_is_not_there_is_a_usage_error(run, tmp_path, command, more):
    (tmp_path / "folder").mkdir()
    (tmp_path / "roster.csv").write_text("agent_id\n")
    for name, words in (("nosuch.yaml", "there is no catalogue"), ("folder", "is a folder")):
        ran = run(command, tmp_path, *more, "-c", tmp_path / name)
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("{kind: total, from: contacts, unit: seconds, sum: «talk}", ["C302"]),
        ("{kind: total, from: «contact, unit: seconds, sum: talk_s}", ["C202"]),
        ("{kind: total, from: contacts, unit: seconds, «smu: talk_s}", ["C104"]),
        ("{kind: share, from: contacts, meets: escalated, confidence: «100%}", ["C107"]),
        ("{kind: share, from: contacts, meets: escalated, confidence: «0%}", ["C107"]),
        ("{kind: share, from: contacts, meets: escalated, confidence: «99.9999999999999999%}", ["C107"]),
    ],
)
def test_a_mistake_in_a_catalogue_is_told_once_with_its_place(run, tmp_path, metric, expected):
    place = tmp_path / "m.yaml"
    line = f"  x: {metric}"
    text = f"cxkpi: 1\ncalendar: {{timezone: UTC}}\nmetrics:\n{line}\n"
    place.write_text(text.replace("«", ""), encoding="utf-8")
    ran = run("report", tmp_path, "-c", place)
    assert (ran.code, ran.out) == (5, "")
    assert re.findall(r"error\[(\w+)\]", ran.err) == expected
    assert ran.err.startswith(f"{place}:4:{line.index('«') + 1}: error")


def test_a_path_that_may_not_be_read_is_a_usage_error(run, monkeypatch, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("")
    # The superuser may read everything, so the system's answer is given here.
    monkeypatch.setattr(os, "access", lambda path, mode, **_: str(path) != str(secret))
    for argv in (("report", secret), ("tables", secret, "-o", tmp_path / "out")):
        ran = run(*argv)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(f"error[U107]: '{secret}' cannot be read: permission denied. Ask its owner")


def test_help_is_in_words_and_flows(run):
    for command in ("report", "tables", "demo"):
        text = run(command, "--help", columns=80).out
        assert not any(word in text for word in ("<bool>", "<path>", "list[Path]", "x>=1", "<int>"))
    text = run("report", "--help", columns=80).out
    lines = [line.strip() for line in text.split("\n")]
    start = next(index for index, line in enumerate(lines) if line.startswith("Each file is recognised"))
    paragraph = lines[start : lines.index("", start)]
    assert all(len(line) > 60 for line in paragraph[:-1])
    assert "cxkpi report sample_data" in lines
    assert "--help     " in run("--help").out
    assert "<bool>" not in run("--help").out


@pytest.mark.parametrize("setting", ["GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS"])
@pytest.mark.parametrize("argv", [["--help"], ["report", "--help"], []])
def test_help_in_a_pipe_has_no_escape_codes(run, argv, setting):
    ran = run(*argv, env={setting: "1"})
    assert "\x1b" not in ran.out + ran.err
    assert "\x1b[" in "".join(run("--help", terminal=True).out)


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


def _shell(tmp_path, arguments):
    """A process that measures nothing, started by a shell, so that its streams are as a shell makes them."""
    (tmp_path / "sitecustomize.py").write_text(
        "import cxkpi\nfrom reports.factory import centre\ncxkpi.measure = lambda *a, **k: centre(by='queue')\n"
    )
    program = f"PYTHONPATH={tmp_path}:{os.pathsep.join(sys.path)} {sys.executable} -m cxkpi {arguments}"
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("argv", ["--version", "--help", "report --help", "report x -q", "report x -q -f json"])
@pytest.mark.parametrize("stdout", [">&-", ">/dev/full"])
def test_an_output_that_cannot_be_printed_is_74(tmp_path, argv, stdout):
    done = _shell(tmp_path, f"{argv} {stdout}")
    assert done.returncode == 74
    assert done.stderr.startswith("standard output: error[O101]: cannot be written: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
@pytest.mark.parametrize(
    ("argv", "code"),
    [
        ("", 2),
        ("report", 2),
        ("repot", 2),
        ("report x", 0),
        ("report x --fail-on missed", 1),
        ("report x -o no/a.csv", 74),
    ],
)
def test_a_stderr_that_cannot_be_written_changes_nothing(tmp_path, argv, code, stderr):
    done = _shell(tmp_path, f"{argv} {stderr}")
    assert done.returncode == code
    assert "Traceback" not in done.stdout
    assert ("First contact resolution" in done.stdout) == (code < 2)


def test_a_closed_stdout_is_no_matter_to_files(tmp_path):
    place = tmp_path / "a.csv"
    assert _shell(tmp_path, f"report x -q -o {place} >&- 2>&-").returncode == 0
    assert place.read_text().startswith("metric,")


def test_streams_that_python_does_not_have(monkeypatch):
    from cxkpi.cli.app import main

    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["--version"]) == 74
    assert main(["repot"]) == 2
    assert (sys.stdout, sys.stderr) == (None, None)


@pytest.mark.parametrize("library", ["typer", "rich", "cxkpi.cli.report"])
def test_interrupted_while_libraries_are_loaded(tmp_path, library):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {library!r}:\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    done = subprocess.run([sys.executable, "-m", "cxkpi", "report", "--help"], env=env, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_python_call_has_the_arguments_of_the_documentation(monkeypatch):
    import cxkpi.measurement.run

    seen = {}
    monkeypatch.setattr(cxkpi.measurement.run, "measure", lambda paths, **options: seen.update(options) or centre())
    result = cxkpi.measure(["x"], metrics=["aht"], every="week")
    assert result.version
    assert (seen["metrics"], seen["every"], seen["engine"]) == (["aht"], "week", "polars")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals")
def test_a_run_that_is_told_to_stop_leaves_nothing_behind(tmp_path):
    sample = Path(cxkpi.__file__).parents[1] / "sample_data"
    program = "from cxkpi.cli.app import main_exit; main_exit()"
    env = {**os.environ, "TMPDIR": str(tmp_path / "t"), "CXKPI_CACHE": str(tmp_path / "c")}
    (tmp_path / "t").mkdir()
    running = subprocess.Popen([sys.executable, "-c", program, "report", str(sample), "-q"], env=env)
    deadline = time.monotonic() + 60
    while not list((tmp_path / "t").glob("cxkpi-*")) and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGTERM)
    assert running.wait(timeout=60) == 128 + signal.SIGTERM
    assert list((tmp_path / "t").glob("cxkpi-*")) == []
    assert not list((tmp_path / "c").glob(".unfinished*"))
