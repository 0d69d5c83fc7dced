"""``cxkpi check`` as a person meets it: what it prints, where, and which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

HEAD = "cxkpi: 1\ncalendar: {timezone: Europe/London}\nmetrics:\n"
SHARE = "  x:\n    kind: share\n    from: contacts\n    meets: escalated\n"
EXAMPLE = """    examples:
      - name: one of two
        given:
          contacts: |
            ended_at         | escalated
            2026-01-05 10:00 | true
            2026-01-05 11:00 | false
        expect: {value: 50%}
"""
RIGHT = HEAD + SHARE + EXAMPLE
WRONG = RIGHT.replace("50%", "60%")
MISSPELT = HEAD + SHARE + "    taget: 5%\n"
DOUBTFUL = HEAD + "  x: {kind: share, from: contacts, meets: resolved}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to be in; writes files into it."""
    monkeypatch.chdir(tmp_path)

    def write(**files: str) -> None:
        for name, text in files.items():
            Path(f"{name}.yaml").write_text(text, encoding="utf-8")

    return write


def test_the_shipped_catalogue_is_right_and_its_examples_hold(run, here):
    ran = run("check")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("cxkpi:metrics.yaml: ")
    assert ran.out.rstrip().endswith("examples hold")


def test_the_catalogue_of_the_run_file_is_the_default(run, here):
    here(mine=MISSPELT, cxkpi="cxkpi: 1\npaths: [exports]\ncatalogue: mine.yaml\n")
    assert run("check").out.startswith("mine.yaml:8:5: error[C104]")


def test_an_example_that_does_not_hold_shows_what_came_out(run, here):
    here(mine=WRONG)
    ran = run("check", "mine.yaml", columns=80)
    assert (ran.code, ran.err) == (5, "")
    assert ran.out == (
        "mine.yaml:9:9: error[C506]: x: the example 'one of two' does not hold\n"
        "          - name: one of two\n"
        "            ^\n"
        "    expected (-) and got (+):\n"
        "      the whole\n"
        "        - value: 0.6\n"
        "        + value: 0.5\n"
        "      reason: no_target\n"
        "mine.yaml: 1 metric, 0 of 1 example hold\n"
    )
    assert run("check", "mine.yaml", "--no-examples").out == "mine.yaml: 1 metric\n"
    assert run("check", "mine.yaml", "--no-examples").code == 0


def test_several_files_are_told_of_in_order_and_the_worst_decides(run, here):
    here(a=RIGHT, b=MISSPELT)
    ran = run("check", "a.yaml", "-c", "b.yaml", "a.yaml")
    assert ran.code == 5
    assert ran.out.splitlines()[-2:] == ["a.yaml: 1 metric, 1 example holds", "b.yaml: 1 error"]


def test_warnings_fail_only_if_strict(run, here):
    here(mine=DOUBTFUL)
    loose, strict = run("check", "mine.yaml"), run("check", "mine.yaml", "--strict")
    assert (loose.code, strict.code) == (0, 1)
    assert loose.out == strict.out
    assert loose.out.splitlines()[-1] == "mine.yaml: 1 metric, 1 warning"
    # A report does not mention them.
    here(data_is_missing="")
    assert "C412" not in run("report", "nowhere", "-c", "mine.yaml").err


def test_quiet_prints_problems_only(run, here):
    here(right=RIGHT, wrong=MISSPELT)
    assert run("check", "right.yaml", "-q").out == ""
    assert len(run("check", "wrong.yaml", "-q").out.splitlines()) == 3


@pytest.mark.parametrize("kind", ["text", "json", "github", "sarif", "junit"])
def test_every_format_goes_to_stdout_alone_and_has_no_escapes(run, here, kind):
    here(mine=MISSPELT)
    ran = run("check", "mine.yaml", "-f", kind, terminal=True)
    assert (ran.code, ran.err) == (5, "")
    assert "\x1b" not in ran.out
    assert "taget" in ran.out


def test_output_files_have_the_format_of_their_name(run, here, tmp_path):
    here(mine=MISSPELT)
    ran = run("check", "mine.yaml", "-o", "a.json", "-o", "a.sarif", "-o", "a.xml", "-o", "a.txt")
    assert (ran.code, ran.out, ran.err) == (5, "", "")
    assert json.loads((tmp_path / "a.json").read_text())["problems"][0]["code"] == "C104"
    assert json.loads((tmp_path / "a.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "C104"
    assert ElementTree.parse(tmp_path / "a.xml").getroot().get("failures") == "1"
    both = run("check", "mine.yaml", "-f", "github", "-o", "b.txt")
    assert both.out.startswith("::error file=mine.yaml,line=8,col=5,title=C104::unknown key")
    assert (tmp_path / "b.txt").read_text() == (tmp_path / "a.txt").read_text()


def test_what_cannot_be_done_is_said_with_its_exit_code(run, here, tmp_path):
    here(mine=RIGHT)
    missing = run("check", "nowhere.yaml", "mine.yaml", "nobody.yaml")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.count("there is no catalogue") == 2
    assert run("check", ".").code == 2
    assert run("check", "mine.yaml", "-o", "a.pdf").code == 2
    assert run("check", "mine.yaml", "-o", "nowhere/a.json").code == 74
    over = run("check", "mine.yaml", "-o", "mine.yaml")
    assert over.code == 2
    twice = run("check", "mine.yaml", "-o", "a.json", "-o", "./a.json")
    assert (twice.code, "twice" in twice.err) == (2, True)
    same = run("check", "mine.yaml", "-f", "yaml")
    assert same.code == 2
    assert (tmp_path / "mine.yaml").read_text() == RIGHT


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the super-user may read everything")
def test_a_file_that_may_not_be_read_is_named(run, here, tmp_path):
    here(mine=RIGHT)
    (tmp_path / "mine.yaml").chmod(0)
    ran = run("check", "mine.yaml")
    assert ran.code == 2
    assert "cannot be read" in ran.err


def test_explain_prints_a_page_and_a_wrong_code_the_nearest(run):
    ran = run("check", "--explain", "c104")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("C104: an unknown key\n")
    assert "    taget: 5%" in ran.out
    wrong = run("check", "--explain", "C1O4")
    assert wrong.code == 2
    assert "Did you mean C104" in wrong.err


def test_examples_can_be_required(run, here):
    here(mine="cxkpi: 1\ncalendar: {timezone: UTC}\ndefaults: {examples: required}\nmetrics:\n" + SHARE
         + "    private: true\n    variants: {other: {meets: difficult}}\n")  # fmt: skip
    (line, *_) = run("check", "mine.yaml").out.splitlines()
    assert line == "mine.yaml:5:3: error[C505]: 'x' has no examples, and this catalogue requires them"


def test_an_example_is_computed_as_a_report_would(run, here):
    here(
        mine=RIGHT.replace(
            "expect: {value: 50%}", "expect: {low: 0.0945312057, high: 0.9054687942, n: 2}\n        round: 9"
        )
    )
    assert run("check", "mine.yaml").code == 0


def test_pytest_collects_the_examples(here, tmp_path):
    here(mine=WRONG.replace("    examples:\n", "    examples:\n      - name: good\n        given:\n          contacts: |\n"  # noqa: E501
                            "            ended_at         | escalated\n            2026-01-05 10:00 | true\n"
                            "        expect: {value: 1}\n"), bad=MISSPELT)  # fmt: skip
    root = str(Path(__file__).parents[2])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "cxkpi.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
    ]
    environment = {**os.environ, "PYTHONPATH": root, "PYTEST_ADDOPTS": ""}
    ran = subprocess.run(
        [*command, "--cxkpi", "mine.yaml", "--cxkpi", "bad.yaml"], capture_output=True, text=True, env=environment, cwd=tmp_path  # noqa: E501
    )  # fmt: skip
    assert ran.returncode != 0
    assert "bad.yaml:8:5: error[C104]: unknown key 'taget'" in ran.stdout
    assert "Traceback" not in ran.stdout
    (tmp_path / "pytest.ini").write_text("[pytest]\ncxkpi_catalogues = mine.yaml\n")
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert "mine.yaml:15:9: error[C506]: x: the example 'one of two' does not hold" in ran.stdout
    assert "- value: 0.6" in ran.stdout
    assert "1 failed, 1 passed" in ran.stdout


HOSTILE = {
    "an alias bomb": lambda: "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 20)) + RIGHT,
    "deep nesting": lambda: "[" * 100_000,
    "deep brackets": lambda: HEAD + SHARE.replace("escalated", "(" * 9_000),
    "50 MB": lambda: RIGHT + "# " + "x" * 50_000_000,
    "a line of 10 MB": lambda: HEAD + SHARE + "    label: " + "x" * 10_000_000,
    "a line of 3 MB": lambda: HEAD + SHARE + "    taget: " + "x" * 3_000_000,
    "a million keys": lambda: HEAD + "  a: 1\n" * 1_000_000,
    "many keys": lambda: HEAD + "".join(f"  a{i}: 1\n" for i in range(24_000)),
    "many unknown keys": lambda: HEAD + SHARE + "".join(f"    k{i}: 1\n" for i in range(24_000)),
    "many unknown names": lambda: "headline: [" + ",".join(f"n{i}" for i in range(40_000)) + "]\n" + RIGHT,
    "many metrics with unknown guards": lambda: HEAD
    + "".join(SHARE.replace("x:", f"x{i}:") + f"    guards: [y{i}]\n" for i in range(3_000)),
    "many unknown columns": lambda: HEAD + SHARE.replace("escalated", " and ".join(f"c{i}" for i in range(1_200))),
    "a long expression": lambda: HEAD + SHARE.replace("escalated", "escalated and " * 200_000 + "true"),
    "fields that double": lambda: HEAD.replace("metrics:", "fields:\n  contacts:\n" + "".join(
        f"    f{i}: f{i + 1} + f{i + 1}\n" for i in range(60)) + "    f60: talk_s\nmetrics:")
    + "  x: {kind: mean, from: contacts, value: f0, unit: points}\n",
    "a name of 1 MB": lambda: HEAD + "  ? " + "x" * 1_000_000 + "\n  : {kind: share, from: contacts, meets: escalated}\n",  # noqa: E501
    "a column of 1 MB": lambda: HEAD + SHARE.replace("escalated", "y" * 9_999),
    "rows without end": lambda: RIGHT.replace("| escalated\n", "| escalated | rows\n").replace("| true", "| true | 999999999999999999").replace("| false", "| false | 1"),  # noqa: E501
    "control characters": lambda: RIGHT.replace("kind", '"\\e[31m\\x07"'),
    "writing turned round": lambda: RIGHT.replace("kind", '"\\u202ekind"'),
    "markup": lambda: RIGHT.replace("kind", '"[bold]kind[/bold]"'),
    "zero bytes": lambda: "\0" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_ends_in_a_clear_error_within_a_second(run, here, name):
    here(right=RIGHT, hostile=HOSTILE[name]())
    run("check", "right.yaml")
    began = time.process_time()
    ran = run("check", "hostile.yaml")
    took = time.process_time() - began
    assert (ran.code, ran.err) == (5, "")
    assert "error[C" in ran.out
    assert len(ran.out) < 200_000
    assert not [char for char in ran.out if char != "\n" and not char.isprintable()]
    assert took < 1


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "escalated.__class__",
        "().__class__.__bases__",
        "eval('1')",
        "open('/etc/passwd')",
        "read_csv('/etc/passwd')",
        "(select 1)",
        "escalated; drop table contacts",
        "getenv('HOME') = 'x'",
        "{{ escalated }}",
        "source = 'a' or 1 = 1 --",
        "lambda: 0",
        "pg_read_file('/etc/passwd') = ''",
        "cases.case_id = 'x'",
        "contacts.escalated",
        "agent.__dict__ is null",
    ],
)
def test_expressions_reach_nothing_but_columns_and_functions(run, here, expression):
    quoted = expression.replace("'", "''")
    here(mine=HEAD + SHARE.replace("escalated", f"'{quoted}'"))
    ran = run("check", "mine.yaml")
    assert (ran.code, ran.err) == (5, "")
    assert "mine.yaml:7:" in ran.out
    assert "error[C3" in ran.out


def test_a_text_of_an_expression_stays_text_in_every_engine(run, here):
    text = "''; drop table contacts; --"
    here(mine=RIGHT.replace("meets: escalated", f'meets: "queue <> \'{text}\'"').replace("| escalated", "| queue").replace(  # noqa: E501
        "| true", "| a").replace("| false", "| '; drop table contacts; --"))  # fmt: skip
    assert run("check", "mine.yaml").out == "mine.yaml: 1 metric, 1 example holds\n"


def test_a_catalogue_without_metrics_is_no_fault_of_ours(run, here):
    here(mine="cxkpi: 1\nmetrics: {}\n")
    ran = run("check", "mine.yaml")
    assert (ran.code, ran.err) == (5, "")
    assert ran.out.startswith("mine.yaml:1:1: error[C102]: 'calendar' is missing")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_read_once(run, here):
    here(mine=MISSPELT)
    os.mkfifo("pipe")
    writer = subprocess.Popen(
        [sys.executable, "-c", "open('pipe', 'w').write(open('mine.yaml').read())"], stdin=subprocess.DEVNULL
    )
    ran = run("check", "pipe", "-f", "json")
    assert writer.wait(timeout=10) == 0
    assert [(one["line"], one["metric"]) for one in json.loads(ran.out)["problems"]] == [(8, "x")]


@pytest.mark.parametrize("day", ["9999-12-30", "9999-12-31", "0001-01-01", "2200-01-01 10:00"])
def test_a_day_out_of_reach_is_told_at_its_cell(run, here, day):
    here(mine=RIGHT.replace("2026-01-05 10:00", day))
    ran = run("check", "mine.yaml")
    assert (ran.code, ran.err) == (5, "")
    assert ran.out.startswith(f"mine.yaml:13:13: error[C504]: ended_at: the year of '{day}' is out of reach")


def test_the_base_that_an_overlay_breaks_is_told_in_the_overlay(run, here):
    here(mine="cxkpi: 1\nextends: cxkpi\nmetrics:\n  ces: {better: lower}\n")
    ran = run("check", "mine.yaml", "-f", "github")
    assert ran.code == 5
    assert ran.out.startswith("::error file=mine.yaml,line=4,col=9,title=C402::")
    ran = run("check", "mine.yaml", "-f", "sarif")
    (found,) = json.loads(ran.out)["runs"][0]["results"]
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "mine.yaml"


def test_what_is_extended_is_counted_apart(run, here):
    metric = "  y: {kind: share, from: contacts, meets: resolved}\n"
    here(base=RIGHT, mine=f"cxkpi: 1\nextends: base.yaml\nmetrics:\n{metric}")
    counted = "mine.yaml: 1 metric; with what it extends 2 metrics, 1 example holds"
    ran = run("check", "mine.yaml")
    assert ran.out.splitlines()[-1] == f"{counted}, 1 warning"
    Path("mine.yaml").write_text(Path("mine.yaml").read_text().replace("resolved", "escalated"))
    assert run("check", "mine.yaml").out == f"{counted}\n"
    Path("mine.yaml").write_text("cxkpi: 1\nextends: base.yaml\nmetrics:\n  x: null\n  y: " + "{kind: total, "
                                 "from: contacts, count: rows}\n")  # fmt: skip
    assert run("check", "mine.yaml").out == "mine.yaml: 1 metric\n"


def test_a_name_with_line_breaks_makes_no_lines(run, here):
    Path("a\nb.yaml").write_text(MISSPELT)
    lines = run("check", "a\nb.yaml").out.splitlines()
    assert lines[0].startswith("a?b.yaml:8:5: error[C104]")
    assert lines[-1] == "a?b.yaml: 1 error"


def _many(count: int, line: str) -> str:
    return "".join(line.format(at=at) for at in range(count))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            HEAD + SHARE + "    variants:\n" + _many(5000, "      v{at}: {{label: V}}\n"),
            "mine.yaml:8:5: error[C008]: a metric has at most 200 variants, not 5,000",
        ),
        (
            HEAD + SHARE + "    versions:\n" + _many(3000, "      - {{since: 2026-01-01, label: V}}\n"),
            "mine.yaml:8:5: error[C008]: a metric has at most 100 versions, not 3,000",
        ),
        (
            HEAD + SHARE + "    examples:\n" + _many(
                50, '      - {{given: {{contacts: "rows | escalated\\n99999 | true"}}, expect: {{n: 1}}}}\n'
            ),
            "mine.yaml:10:47: error[C501]: the examples of a catalogue have at most 100,000 rows in all",
        ),
        (
            HEAD + SHARE + "    aka: [" + "a, " * 50_000 + "b]\n",
            "mine.yaml:8:149954: error[C008]: this file is too large: it has more than 50,000 values",
        ),
    ],
    ids=["variants", "versions", "rows", "values"],
)  # fmt: skip
def test_what_is_more_than_anybody_needs_is_refused_at_once(run, here, text, told):
    here(mine=text)
    begun = time.process_time()
    ran = run("check", "mine.yaml")
    assert time.process_time() - begun < 5
    assert ran.code == 5
    assert ran.out.startswith(told)
    last = ran.out.splitlines()[-1]
    assert last.split(";")[0] == "mine.yaml: 1 error"
    assert ("its 50 examples were not run" in last) == ("examples" in told)
