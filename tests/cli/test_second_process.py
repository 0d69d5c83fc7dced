"""A check whose examples a second process works, too: the same to the last byte, whatever becomes of that process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cxkpi.measurement.checking import check, second_process
from cxkpi.measurement.checking.second_process import Second

HEAD = "cxkpi: 1\ncalendar: {timezone: Europe/London}\nmetrics:\n"
METRIC = """  x{number}:
    kind: share
    from: contacts
    meets: {meets}
    examples:
      - name: {name}
        given:
          contacts: |
            ended_at         | escalated | queue
            2026-01-05 10:00 | true      | Zürich
            2026-01-05 11:00 | false     | B
        since: {since}
        expect_by:
          queue:
            Zürich: {{value: {value}, n: 1}}
"""


def metric(number, value="100%", name="one of two", meets="escalated", since="2026-01-01"):
    return METRIC.format(number=number, value=value, name=name, meets=meets, since=since)


ALL_HOLD = HEAD + "".join(metric(number) for number in range(4))
SOME_FAIL = HEAD + "".join(
    (
        metric(1),
        metric(2, "40%", "größer, “Zürich” \U0001f4c8"),
        metric(3),
        metric(4, name="x" * 90, since="2030-01-01"),
        metric(5, "40%"),
    )
)


class Finished(Second):
    """One that has answered everything it will before anybody asks."""

    begun: list[Second] = []  # noqa: RUF012

    def __init__(self, path, text):
        super().__init__(path, text)
        Finished.begun.append(self)
        self._talk.join(60)
        assert not self._talk.is_alive()


class Killed(Finished):
    """One that somebody ends before it says anything."""

    def _talked(self, asked):
        self.process.kill()
        super()._talked(asked)


class Hanging(Second):
    """One that is there and says nothing."""

    def _talked(self, asked):
        super()._talked(asked.splitlines(keepends=True)[0])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shared(monkeypatch):
    """Have a second process for every check from now on, of this class."""

    def share(kind=Finished):
        Finished.begun.clear()
        monkeypatch.setattr(second_process, "_usual", lambda: True)
        monkeypatch.setattr(second_process, "processors", lambda: 2)
        monkeypatch.setattr(second_process, "FEWEST", 1)
        monkeypatch.setattr(second_process, "Second", kind)

    return share


def environment():
    """That of a program of its own, which finds this package."""
    usual = {name: value for name, value in os.environ.items() if name not in ("PYTHONWARNINGS", "PYTHONDEVMODE")}
    return {**usual, "PYTHONPATH": os.path.abspath(Path(second_process.__file__).parents[3])}


def everything(run, *names):
    """What a check of these files prints and writes, in every format."""
    outputs = ["a.txt", "a.json", "a.sarif", "a.xml"]
    ran = run("check", *names, "-f", "github", *(part for one in outputs for part in ("-o", one)))
    return ran, [Path(one).read_bytes() for one in outputs]


@pytest.mark.parametrize("text", [ALL_HOLD, SOME_FAIL], ids=["hold", "fail"])
def test_what_the_second_process_finds_is_what_the_first_would(run, here, shared, monkeypatch, text):
    Path("mine.yaml").write_text(text, encoding="utf-8")
    alone = everything(run, "mine.yaml")
    assert alone[0].code == (0 if text is ALL_HOLD else 5)
    assert alone[0].out.count("C506") == (0 if text is ALL_HOLD else 3)
    assert ("cannot be run: no period lies" in alone[0].out) == (text is SOME_FAIL)
    shared()
    monkeypatch.setattr(check, "worked", lambda *_: pytest.fail("an example was worked here"))
    assert everything(run, "mine.yaml") == alone
    assert [one.process.poll() is not None for one in Finished.begun] == [True]


def test_the_process_that_has_begun_and_the_one_that_finishes_share_the_examples(run, here, shared):
    """As it is in earnest: both work, and where they meet is a matter of chance."""
    Path("mine.yaml").write_text(SOME_FAIL, encoding="utf-8")
    alone = everything(run, "mine.yaml")
    shared(Second)
    assert everything(run, "mine.yaml") == alone


@pytest.mark.parametrize("kind", [Killed, Hanging])
def test_without_answers_the_examples_are_worked_here(run, here, shared, kind):
    Path("mine.yaml").write_text(SOME_FAIL, encoding="utf-8")
    alone = everything(run, "mine.yaml")
    shared(kind)
    assert everything(run, "mine.yaml") == alone


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for the interpreter")
@pytest.mark.parametrize("said", ["nonsense", "[1, 2]", "[[0], null]", "\\377", "[[0, 1, 2], {}]", "", None])
def test_an_interpreter_that_is_none(run, here, shared, monkeypatch, said):
    Path("mine.yaml").write_text(SOME_FAIL, encoding="utf-8")
    alone = everything(run, "mine.yaml")
    shared()
    program = here / "python"
    if said is not None:
        program.write_text(f"#!/bin/sh\nprintf '{said}\\n'\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    assert everything(run, "mine.yaml") == alone


def test_a_file_that_is_written_meanwhile_is_worked_as_it_is_now(run, here, shared):
    Path("mine.yaml").write_text(SOME_FAIL, encoding="utf-8")
    alone = everything(run, "mine.yaml")
    Path("mine.yaml").write_text(ALL_HOLD, encoding="utf-8")

    class Overtaken(Finished):
        def __init__(self, path, text):
            super().__init__(path, text)
            assert len(self.answers) == 4
            path.write_text(SOME_FAIL, encoding="utf-8")

    shared(Overtaken)
    assert everything(run, "mine.yaml") == alone


def test_of_several_files_it_works_the_one_with_most_examples(run, here, shared):
    Path("few.yaml").write_text(HEAD + metric(1, "40%"), encoding="utf-8")
    Path("many.yaml").write_text(SOME_FAIL, encoding="utf-8")
    alone = everything(run, "few.yaml", "many.yaml", "few.yaml")
    shared()
    assert everything(run, "few.yaml", "many.yaml", "few.yaml") == alone
    assert [str(one.path) for one in Finished.begun] == ["many.yaml"]
    assert len(Finished.begun[0].answers) == 5


def test_a_catalogue_that_is_wrong_is_told_of_as_ever(run, here, shared):
    Path("mine.yaml").write_text(SOME_FAIL + "    taget: 5%\n", encoding="utf-8")
    alone = everything(run, "mine.yaml")
    shared()
    assert everything(run, "mine.yaml") == alone
    assert Finished.begun[0].answers == {}


def test_a_fault_of_ours_ends_both(run, here, shared, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a fault")

    Path("mine.yaml").write_text(ALL_HOLD, encoding="utf-8")
    shared(Killed)
    monkeypatch.setattr(check, "fault", broken)
    ran = run("check", "mine.yaml")
    assert (ran.code, ran.out) == (70, "")
    assert "ZeroDivisionError: a fault" in ran.err
    assert Finished.begun[0].process.poll() is not None


def test_an_interrupt_ends_both(run, here, shared, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    Path("mine.yaml").write_text(ALL_HOLD, encoding="utf-8")
    shared(Killed)
    monkeypatch.setattr(check, "parse", interrupted)
    assert run("check", "mine.yaml").code == 130
    assert Finished.begun[0].process.poll() is not None


def test_what_reads_other_files_is_worked_by_one_process(run, here, shared, monkeypatch):
    """Another file may be another one by the time the second process reads it."""
    Path("base.yaml").write_text(SOME_FAIL, encoding="utf-8")
    Path("mine.yaml").write_text("cxkpi: 1\nextends: base.yaml\n", encoding="utf-8")
    alone = everything(run, "mine.yaml")
    assert alone[0].code == 5
    shared()
    assert everything(run, "mine.yaml") == alone
    assert Finished.begun == []
    monkeypatch.setattr(second_process, "_examples", len)
    assert everything(run, "mine.yaml") == alone
    assert [one.answers for one in Finished.begun] == [{}]


@pytest.mark.parametrize(
    ("text", "examples"),
    [
        ("# it may say extends: base.yaml\n  given: {}\n  given: {}\n", 2),
        ("extends: base.yaml\n  given: {}\n", 0),
        ("{cxkpi: 1, 'extends': base.yaml, given: {}}\n", 0),
        ("calendar:\n  hours: {}\n  holidays: days.csv\n  given: {}\n", 0),
        ("extends: cxkpi\nmetrics:\n  given: {}\n", 217),
        ("extends: 'cxkpi' # what ships\n", 216),
    ],
)
def test_how_many_examples_a_text_is_thought_to_have(monkeypatch, text, examples):
    monkeypatch.setattr(second_process, "_text", lambda path: "given:" * 216)
    assert second_process._examples(text) == examples


@pytest.mark.skipif(not Path("/dev/stdin").exists(), reason="stdin has no path")
def test_a_pipe_is_read_once(here):
    text = HEAD + "".join(metric(number) for number in range(second_process.FEWEST))
    ended = subprocess.run(
        [sys.executable, "-m", "cxkpi", "check", "/dev/stdin"],
        input=text.encode(),
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.startswith(b"/dev/stdin: 100 metrics, 100 examples hold")


def test_few_examples_or_one_processor_need_no_second_process(run, here, shared, monkeypatch):
    Path("mine.yaml").write_text(ALL_HOLD, encoding="utf-8")
    shared()
    run("check", "mine.yaml", "--no-examples")
    monkeypatch.setattr(second_process, "FEWEST", 5)
    run("check", "mine.yaml")
    monkeypatch.setattr(second_process, "FEWEST", 4)
    monkeypatch.setattr(second_process, "processors", lambda: 1)
    run("check", "mine.yaml")
    assert Finished.begun == []


@pytest.mark.parametrize(
    ("granted", "enough"), [("100000 100000", False), ("200000 100000", True), ("max 100000", True)]
)
def test_a_container_may_grant_less_than_it_shows(tmp_path, monkeypatch, granted, enough):
    monkeypatch.setattr(second_process, "_QUOTA", tmp_path / "cpu.max")
    shown = second_process.processors()
    assert shown >= 1
    (tmp_path / "cpu.max").write_text(f"{granted}\n")
    assert second_process.processors() == (shown if enough else 1)


def test_it_ends_when_stdin_does(monkeypatch):
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    reads, writes = os.pipe()
    os.close(writes)
    second_process._end_with(reads)
    os.close(reads)
    assert ended == [0]


STARTED = """
import sys
from cxkpi.cli.app import main
from cxkpi.measurement.checking import second_process as module
module.processors = lambda: 2
started = []
class Noted(module.Second):
    def __init__(self, *asked):
        started.append("cxkpi.catalogue.load" not in sys.modules and "polars" not in sys.modules)
        super().__init__(*asked)
module.Second = Noted
code = main(sys.argv[1:])
print(code, started)
"""


def test_a_program_of_its_own_starts_it_before_it_imports_its_libraries(here):
    text = HEAD + "".join(metric(number) for number in range(second_process.FEWEST))
    Path("mine.yaml").write_text(text, encoding="utf-8")
    for flags, started in (((), "[True]"), (("-W", "error"), "[]")):
        ended = subprocess.run(
            [sys.executable, *flags, "-c", STARTED, "check", "mine.yaml"],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.stderr == ""
        assert ended.stdout.splitlines() == ["mine.yaml: 100 metrics, 100 examples hold", f"0 {started}"]
