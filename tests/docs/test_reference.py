"""docs/cli.md and the manual page are what the program says of itself; every command shown anywhere can be typed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from cxkpi.cli import reference
from cxkpi.cli.commands import app
from cxkpi.cli.completion.answer import PATHS

ROOT = Path(__file__).parents[2]
MAN = ROOT / "man" / "cxkpi.1"
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_reference_is_up_to_date() -> None:
    assert reference.markdown() == (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), (
        "run: python -m cxkpi.cli.reference markdown > docs/cli.md"
    )


def test_the_manual_page_is_up_to_date() -> None:
    assert reference.man() == MAN.read_text(encoding="utf-8"), "run: python -m cxkpi.cli.reference man > man/cxkpi.1"


def test_every_command_has_an_example_and_every_option_a_help() -> None:
    for page in reference.pages():
        code = [text for kind, text in page.blocks if kind == "code"]
        assert any(line.startswith(page.name) for text in code for line in text.split("\n")), page.name
        entries = [*page.arguments, *(one for _, entries in page.options for one in entries)]
        assert [one.names for one in entries if len(one.text) < 12] == []


def test_exit_codes_are_those_of_commands_there_are() -> None:
    assert set(reference.FURTHER) <= set(COMMANDS)
    assert {code for page in reference.pages() for code in page.codes} == set(reference.EXIT_CODES)


def test_whatever_takes_a_path_is_called_as_completion_knows_it() -> None:
    for command in COMMANDS.values():
        for param in command.params:
            if "Path" in str(param.type_descriptor.annotation):
                assert param.metavar.strip("[]") in PATHS, (command.name, param.name)


@pytest.mark.parametrize("text", [r".TH 1", "'br", r"\fBx", "a `b` ^~ 'c' \"d\" - e", "≥ 75 %", "[bold].x[/]"])
def test_text_stays_text_in_roff(text: str) -> None:
    written = reference._roff(text)
    assert not written.startswith((".", "'"))
    assert written.isascii()
    assert re.sub(r"\\(e|-|&|\(\w\w|\[u\w+\]|f[BR])", "", written).count("\\") == 0


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_has_nothing_to_say_about_the_manual_page() -> None:
    ran = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", str(MAN)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    plain = re.sub(r".\x08|\x1b\[[0-9;]*m", "", ran.stdout)
    for words in ("cxkpi report [OPTIONS] [PATH]...", "--fail-on missed|alarm|rejects|stale|restated", "EXIT STATUS"):
        assert words in plain


def lines() -> Iterator[tuple[str, str]]:
    """Every command line of the pages, with where it stands."""
    for page in PAGES:
        text = re.sub(r"\\\n\s*", "", page.read_text(encoding="utf-8"))
        for number, line in enumerate(text.split("\n"), start=1):
            where = f"{page.relative_to(ROOT)}:{number}"
            shown = re.match(r"^\s*(?:\$ |- run: |- |exec |run: |entry: )?(cxkpi [^`]*)$", line)
            if shown and ("    " in line[:4] or not line.startswith("cxkpi is")):
                yield where, shown[1]
            else:
                yield from ((where, found) for found in re.findall(r"`(cxkpi [^`]+)`", line))


def written(line: str) -> list[str]:
    """The words behind ``cxkpi``, up to a comment, a pipe or the next command."""
    words = shlex.split(line, comments=True)[1:]
    ends = [number for number, word in enumerate(words) if word in ("|", ">", ">>", "&&", "||", ";", "2>")]
    return [word for word in words[: min(ends, default=len(words))] if word not in ("…", "...")]


@pytest.mark.parametrize(("where", "line"), list(lines()))
def test_a_command_that_is_shown_can_be_typed(where: str, line: str) -> None:
    words = written(line)
    if not words or not re.fullmatch(r"[a-z]+", words[0]):
        assert not words or words[0] in (
            "COMMAND",
            "[OPTIONS]",
            "--install-completion",
            "--show-completion",
            "--version",
        )
        return
    assert words[0] in COMMANDS, where
    command = COMMANDS[words[0]]
    known = {name: param for param in command.params for name in param.opts}
    known |= {"--help": None, "-h": None}
    rest = iter(words[1:])
    for word in rest:
        name, sign, _ = word.partition("=")
        if not word.startswith("-") or word == "-":
            continue
        assert name in known, f"{where}: {name}"
        param = known[name]
        if param is not None and not param.is_flag and not sign:
            value = next(rest, None)
            choices = param.type_descriptor.choices if param.type_descriptor.is_choice else None
            # In a sentence an option may stand without its value.
            assert value is None or choices is None or value in choices or value.isupper(), f"{where}: {line}"
