"""Any bytes at all give rows or a clear error: files of the museum, damaged at random, through the command line.

    python tests/fuzz/fuzz_exports.py --seconds 60 --seed 7

A case fails where the program shows an internal fault (exit code 70), a traceback, or takes longer than a person
would wait. The damaged input of a failure is kept in the folder named at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cxkpi.cli.app import main

MUSEUM = Path(__file__).parents[1] / "museum"
_LIMIT_S = 30
_FINE = {0, 2, 3, 5}
_TOKENS = (
    b'"',
    b'""',
    b"'",
    b",",
    b";",
    b"\t",
    b"|",
    b"\r",
    b"\n",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\x81",
    b"\xe9",
    b'="',
    b"sep=;\n",
    b"-",
    b"N/A",
    b"[None]",
    b"1/1/1900",
    b"9999-12-31",
    b"-99",
    b"1e308",
    b"nan",
    b"inf",
    b"4.47E+11",
    b"99999999999999999999999",
    b"0.000069444446",
    b"50:38:24.085",
    b"PT5M3S",
    b"31/02/2026",
    b"2026-03-29 01:30:00",
    b"2026-10-25 01:30:00",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\\",
    b"\xc2\xa0",
    b"\xe2\x80\xaf",
    b"#",
    b"%",
)


@dataclass(frozen=True)
class Failure:
    """A damaged input that was not dealt with: what was damaged, with which seed, and what was shown."""

    case: str
    seed: int
    why: str


def damaged(content: bytes, others: Sequence[bytes], chance: random.Random) -> bytes:
    """``content`` with one to four random changes."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        end = min(len(content), at + chance.choice((1, 2, 8, 64, 400)))
        match chance.randrange(9):
            case 0:
                content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            case 1:
                content = content[:at] + content[end:]
            case 2:
                content = content[:at] + content[at:end] * chance.choice((2, 3, 50)) + content[end:]
            case 3 | 4:
                content = content[:at] + chance.choice(_TOKENS) + content[at:]
            case 5:
                content = content[:at]
            case 6:
                other = chance.choice(others)
                cut = chance.randrange(len(other) + 1)
                content = content[:at] + other[cut : cut + 400] + content[at:]
            case 7:
                lines = content.split(b"\n")
                chance.shuffle(lines)
                content = b"\n".join(lines)
            case 8:
                with contextlib.suppress(UnicodeDecodeError):
                    content = content.decode("utf-8").encode(chance.choice(("utf-16", "utf-16-le", "utf-32", "utf-7")))
    return content


def one(seed: int, cases: Sequence[Path], contents: Sequence[bytes], scratch: Path) -> Failure | None:
    """One damaged case, through ``tables`` or ``doctor``."""
    chance = random.Random(seed)
    case = chance.choice(cases)
    folder = scratch / "in"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(case / "in", folder)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if not files:
        return None
    for file in files:
        file.write_bytes(damaged(file.read_bytes(), contents, chance))
    # Named, a file must be read or refused; in a folder it may be left out.
    inputs = [folder] if chance.random() < 0.5 else files
    command = ["tables", "-o", str(scratch / "out")] if chance.random() < 0.6 else ["doctor", "-f", "json"]
    out, err = io.StringIO(), io.StringIO()
    try:
        with _in_time(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([*command, *map(str, inputs)])
    except TimeoutError:
        return Failure(case.name, seed, f"more than {_LIMIT_S} s")
    if code not in _FINE or "Traceback" in err.getvalue():
        return Failure(case.name, seed, f"exit code {code}\n{err.getvalue()}")
    return None


@contextlib.contextmanager
def _in_time() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(_LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def cases_of_the_museum() -> tuple[list[Path], list[bytes]]:
    """The museum's folders, and what their files hold."""
    cases = sorted(path.parent for path in MUSEUM.glob("*/in"))
    contents = [file.read_bytes() for case in cases for file in sorted((case / "in").iterdir()) if file.is_file()]
    return cases, [content for content in contents if content]


def fuzz(seconds: float, seed: int) -> int:
    """Damage files for so long; the number of failures."""
    cases, contents = cases_of_the_museum()
    begun, tried, failures = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        while time.monotonic() - begun < seconds:
            failure = one(seed + tried, cases, contents, Path(scratch))
            tried += 1
            if failure is not None:
                failures += 1
                kept = Path(tempfile.mkdtemp(prefix="fuzz-")) / "in"
                shutil.copytree(Path(scratch) / "in", kept)
                print(f"seed {failure.seed}, {failure.case}: {failure.why}\nkept in {kept}", file=sys.stderr)
    print(f"fuzz: {tried} damaged inputs from seed {seed} in {seconds:g} s, {failures} not dealt with")
    return failures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sys.exit(1 if fuzz(asked.seconds, asked.seed) else 0)
