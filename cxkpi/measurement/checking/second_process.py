"""A second process that works examples from the last one backwards, while this one works them from the first.

Working an example is nearly all Python, and of threads only one at a time runs Python. Whoever asks never waits: what
the second process has not answered yet is worked here, so it may fail, die or hang, and nothing but time is lost.

Imports next to nothing, so that the second process starts before this one has imported its libraries.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

FEWEST = 100
"""With fewer examples there is little to gain, and a second start costs the processor time of eighty."""

# What is larger is no catalogue.
_LARGEST = 4_000_000
_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_EXTENDS_SHIPPED = re.compile(r"^extends:\s*[\"']?cxkpi[\"']?\s*(?:#.*)?$", re.MULTILINE)
_READS_OTHERS = re.compile(r"^[^#\n]*\b(?:extends|holidays)[\"']?\s*:", re.MULTILINE)
# What the parent imports is found on the parent's path, which may hold what no variable of the environment can say.
_PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.stdin.buffer.readline()); "
    "from cxkpi.measurement.checking.second_process import answer; answer()"
)


class Fault(NamedTuple):
    """What is wrong with an example: what it does not do, and how."""

    message: str
    hint: str | None = None


class Key(NamedTuple):
    """Which example is meant: its place among those of a catalogue, its metric and its name."""

    at: int
    metric: str
    name: str


class Second:
    """The second process, and what it has answered so far.

    ``path`` and ``text``: the catalogue it was started on. ``answers`` fills while others read it: None for an example
    that holds, nothing for one that has no answer yet.
    """

    def __init__(self, path: Path | None, text: str) -> None:
        """Start it on a catalogue and its text. OSError where that cannot be."""
        self.path = path
        self.text = text
        self.answers: dict[Key, Fault | None] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-P", *_flags(), "-c", _PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        found_on = [entry for entry in sys.path if isinstance(entry, str)]
        asked = f"{json.dumps(found_on)}\n{json.dumps([None if path is None else str(path), text])}\n"
        # A pipe holds less than a catalogue has.
        self._talk = Thread(target=self._talked, args=(asked.encode("ascii"),), daemon=True)
        self._talk.start()

    def of(self, path: Path | None, text: str) -> Mapping[Key, Fault | None]:
        """Its answers, if it was started on this very text."""
        return self.answers if (self.path, self.text) == (path, text) else {}

    def _talked(self, asked: bytes) -> None:
        asks, answers = self.process.stdin, self.process.stdout
        if asks is None or answers is None:
            return
        # It was ended, or ended by itself; or something else wrote to its stdout.
        with suppress(OSError, ValueError, TypeError):
            asks.write(asked)
            asks.flush()
            # It is left open: the second process ends when it is closed.
            rest = b""
            # Not by a buffer, whose lock would be held whenever this program is told to end.
            while read := os.read(answers.fileno(), 65_536):
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    key, fault = json.loads(line)
                    self.answers[Key(*key)] = None if fault is None else Fault(*fault)

    def end(self) -> None:
        """End it, whatever it is doing."""
        self.process.kill()
        self._talk.join()
        with suppress(OSError):
            self.process.communicate()


@contextmanager
def started(paths: Sequence[Path | None]) -> Iterator[Second | None]:
    """A second process for the catalogue with most examples, for as long as this lasts; None where it would not pay.

    ``paths`` as ``check`` takes them. None, too, for what can be read but once, or reads other files: they may change
    between two readings.
    """
    second = None
    if _usual() and processors() > 1 and (found := _largest(paths)) is not None:
        with suppress(OSError):
            second = Second(*found)
    try:
        yield second
    finally:
        if second is not None:
            second.end()


def processors() -> int:
    """How many processors this process may use, as far as it is told."""
    with suppress(OSError, ValueError):
        # A container shows all of them and grants some.
        granted, period = _QUOTA.read_text(encoding="ascii").split()
        if granted != "max" and int(granted) < 2 * int(period):
            return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _usual() -> bool:
    """Whether this is a program of its own that has just begun, by an interpreter as it comes.

    Where warnings are asked for, none must get lost.
    """
    own = bool(sys.executable) and not getattr(sys, "frozen", False)
    return own and "polars" not in sys.modules and not sys.warnoptions and not sys.flags.dev_mode


def _flags() -> list[str]:
    given = {"-E": sys.flags.ignore_environment, "-s": sys.flags.no_user_site, "-B": sys.flags.dont_write_bytecode}
    return [flag for flag, is_given in given.items() if is_given]


def _largest(paths: Sequence[Path | None]) -> tuple[Path | None, str] | None:
    """The catalogue with most examples and its text; None where none has many."""
    read = [(path, text) for path in dict.fromkeys(paths) if (text := _text(path)) is not None]
    counted = [(_examples(text), -at) for at, (_, text) in enumerate(read)]
    most, at = max(counted, default=(0, 0))
    return read[-at] if most >= FEWEST else None


def _examples(text: str) -> int:
    """About how many examples a catalogue has, one that it extends included; 0 where it reads other files."""
    shipped = _EXTENDS_SHIPPED.search(text) is not None
    if _READS_OTHERS.search(_EXTENDS_SHIPPED.sub("", text)):
        return 0
    return text.count("given:") + ((_text(None) or "").count("given:") if shipped else 0)


def _text(path: Path | None) -> str | None:
    """The text of a catalogue that can be read twice; None where it is another, or none."""
    from cxkpi.catalogue.resolving import dialects

    packed = dialects.shipped() if path is None else dialects.file(path)
    if packed is None and path is not None and os.path.realpath(path).startswith(("/dev/", "/proc/")):
        return None
    file = packed or path
    with suppress(OSError, ValueError):
        if file is not None and file.is_file():
            with file.open("rb") as opened:
                written: bytes = opened.read(_LARGEST + 1)
            return written.decode("utf-8") if len(written) <= _LARGEST else None
    return None


def answer() -> None:
    """What the second process does: read what is asked from stdin, and answer on stdout, a line for each example."""
    import gc

    gc.disable()
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    path, text = json.loads(asked.readline())
    Thread(target=_end_with, args=(asked.fileno(),), daemon=True).start()

    from cxkpi.catalogue.load import SHIPPED, parse
    from cxkpi.measurement.checking import check

    defined = parse(text, SHIPPED if path is None else Path(path).as_posix(), beside=_unread)
    bench = check.bench_of(defined)
    for key, metric, example in reversed(check.tasks(defined)):
        answers.write(json.dumps([key, check.fault(bench, metric, example)]).encode("ascii") + b"\n")
        answers.flush()


def _end_with(asked: int) -> None:
    """End when stdin does, which whoever asked has open to its own end, however that comes."""
    os.read(asked, 1)
    os._exit(0)


def _unread(name: str) -> Any:
    """Another file, which may be another one by now than what the first process read."""
    raise OSError(name)
