"""What is answered to a shell that asks what may stand at the cursor. Never a message, and never a traceback.

The scripts of ``shells`` call the program with ``_CXKPI_COMPLETE=complete_SHELL`` and the line in ``_CXKPI_LINE``. The
answer has a candidate a line; exit code 1 leaves it to the shell, which knows files better.
"""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cxkpi.cli.completion import typed as lines
from cxkpi.cli.completion.typed import Typed

VARIABLE = "_CXKPI_COMPLETE"
FINISHED, LEFT_TO_THE_SHELL = 0, 1
PATHS = frozenset({"PATH", "FILE", "DIR", "CATALOGUE", "MANIFEST", "KEYFILE", "OLD", "NEW"})
"""How arguments and options that take a path are called."""

_SECONDS = 5
_MARKUP = re.compile(r"\[/?(?:bold)?\]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# Ways of asking bash for candidates that inserts them one after the other.
_INSERTING = ("37", "42")
_NARROWEST = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole word that may stand at the cursor, and what it means."""

    word: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """All that may stand there; ``files``: nothing is known, and the shell may offer files."""

    candidates: tuple[Candidate, ...]
    files: bool = False


def answer(instruction: str) -> int:
    """Print what may stand at the cursor of the line in the environment; the exit code of the answer."""
    shell = instruction.removeprefix("complete_")
    if shell not in _WRITTEN:
        return FINISHED
    with _no_longer_than(_SECONDS):
        try:
            line = _line(os.environ)
            found = complete(line.words[1:], line.begun)
            written = _WRITTEN[shell](found.candidates, line, os.environ)
        except Exception:
            return FINISHED
    from cxkpi.cli import output

    # Names of files may be no text.
    output.print_text("".join(f"{one}\n" for one in written).encode("utf-8", "surrogateescape"))
    return LEFT_TO_THE_SHELL if found.files else FINISHED


def complete(words: Sequence[str], begun: str) -> Answer:
    """What may stand for the word ``begun`` after the ``words`` behind the program's name."""
    import typer

    from cxkpi.cli.commands import app

    root: Any = typer.main.get_command(app)
    names = [number for number, word in enumerate(words) if word in root.commands]
    if not names:
        return _of_root(root, words, begun)
    name, rest = words[names[0]], list(words[names[0] + 1 :])
    command = root.commands[name]
    option, before, begun = _pending(command, rest, begun)
    context = _context(command, name, rest)
    if option is None and begun.startswith("-") and "--" not in rest:
        return Answer(_options(command.get_params(context), rest, begun))
    param = option or _argument(command, context)
    if param is None:
        return Answer(())
    found = [Candidate(before + item.value, _first(item.help)) for item in param.shell_complete(context, begun)]
    shown = tuple(one for one in found if not _CONTROL.search(one.word))
    return Answer(shown, files=not shown and str(param.metavar).strip("[]") in PATHS)


def _line(environment: Mapping[str, str]) -> Typed:
    if "_CXKPI_LINE" in environment:
        breaks = environment.get("_CXKPI_BREAKS", lines.BREAKS)
        return lines.read(environment["_CXKPI_LINE"], breaks)
    # As scripts ask that were not written by this program.
    whole = lines.read(environment.get("COMP_WORDS", ""))
    words = [*whole.words, whole.begun]
    at = int(environment.get("COMP_CWORD", len(words) - 1))
    return Typed(tuple(words[:at]), words[at] if at < len(words) else "")


def _of_root(root: Any, words: Sequence[str], begun: str) -> Answer:
    context = _context(root, "cxkpi", [])
    option, before, begun = _pending(root, list(words), begun)
    if option is not None:
        found = [Candidate(before + item.value) for item in option.shell_complete(context, begun)]
        return Answer(tuple(found))
    if begun.startswith("-"):
        return Answer(_options(root.get_params(context), words, begun))
    commands = ((name, _first(one.help)) for name, one in root.commands.items() if not one.hidden)
    return Answer(tuple(Candidate(name, text) for name, text in commands if name.startswith(begun)))


def _pending(command: Any, rest: list[str], begun: str) -> tuple[Any, str, str]:
    """The option whose value is typed, taken off ``rest``; what of the word stands before the value; the value."""
    if "--" in rest:
        return None, "", begun
    options = {
        name: param
        for param in command.params
        if param.param_type_name == "option" and not param.is_flag
        for name in param.opts
    }
    name, sign, value = begun.partition("=")
    if sign and name in options:
        return options[name], name + sign, value
    if rest and rest[-1] in options:
        return options[rest.pop()], "", begun
    return None, "", begun


def _context(command: Any, name: str, rest: Sequence[str]) -> Any:
    """What was typed, as far as it can be read; nothing of it where some value cannot be."""
    try:
        return command.make_context(name, list(rest), resilient_parsing=True)
    except Exception:
        return command.make_context(name, [], resilient_parsing=True)


def _argument(command: Any, context: Any) -> Any:
    """The argument the next word is for; None where there is none."""
    for param in command.params:
        if param.param_type_name == "argument":
            source = context.get_parameter_source(param.name)
            if param.nargs == -1 or source is None or source.name != "COMMANDLINE":
                return param
    return None


def _options(params: Sequence[Any], rest: Sequence[str], begun: str) -> tuple[Candidate, ...]:
    found = []
    for param in params:
        if param.param_type_name != "option" or param.hidden:
            continue
        given = not param.multiple and any(name in rest for name in param.opts)
        name = next((name for name in reversed(param.opts) if name.startswith(begun) and name.startswith("--")), None)
        if name is not None and not given:
            found.append(Candidate(name, _first(param.help)))
    return tuple(found)


def _first(text: str | None) -> str:
    """The first sentence of a help text, without markup."""
    plain = _MARKUP.sub("", _CONTROL.sub(" ", text or ""))
    return re.split(r"(?<=[^.]{3})[.:;](?:\s|$)", plain, maxsplit=1)[0]


def _bash(candidates: Sequence[Candidate], line: Typed, environment: Mapping[str, str]) -> Iterator[str]:
    """Words as bash puts them in, with what they mean where several are shown and none is inserted."""
    words = [line.bash(one.word) for one in candidates]
    longest = max(map(len, words), default=0)
    columns = environment.get("_CXKPI_COLUMNS", "")
    room = (int(columns) if columns.isdigit() else 80) - longest - 5
    alone = len(words) < 2 or environment.get("_CXKPI_TYPE") in _INSERTING or room < _NARROWEST
    for word, one in zip(words, candidates, strict=True):
        text = one.text if len(one.text) <= room else f"{one.text[: room - 1]}…"
        yield word if alone or not text else f"{word:<{longest}}  ({text})"


def _tabbed(candidates: Sequence[Candidate], line: Typed, environment: Mapping[str, str]) -> Iterator[str]:
    """Words with what they mean behind a tab; these shells put in quotes of their own."""
    for one in candidates:
        yield f"{one.word}\t{one.text}" if one.text else one.word


_WRITTEN: Mapping[str, Callable[[Sequence[Candidate], Typed, Mapping[str, str]], Iterator[str]]] = {
    "bash": _bash,
    "zsh": _tabbed,
    "fish": _tabbed,
}


@contextmanager
def _no_longer_than(seconds: float) -> Iterator[None]:
    """End the process with nothing said where it takes longer: nobody waits for a completion."""
    timer = threading.Timer(seconds, _give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _give_up() -> None:
    from cxkpi.cli.completion import values

    for folder in values.scratch:
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(FINISHED)
