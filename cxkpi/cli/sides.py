"""A side of a comparison: a file, a catalogue that comes with cxkpi, or a file as it was in a git revision."""

from __future__ import annotations

import os
import posixpath
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from cxkpi.documents.spelling import nearest
from cxkpi.errors import Problem, UsageError

if TYPE_CHECKING:
    from cxkpi.catalogue.load import Catalogue

SHIPPED = "cxkpi"
_SECONDS = 60
_LARGEST = 20_000_000


def load(written: str) -> Catalogue:
    """The catalogue that ``written`` names: a file that is there, ``cxkpi``, a dialect, or ``REVISION:PATH``.

    Raises:
        UsageError: There is no such file, revision, or path in the revision; or git is not there.
        CatalogueError: It is there, and is no right catalogue.
    """
    from cxkpi.catalogue import load as catalogues
    from cxkpi.catalogue.resolving import dialects

    path = Path(written)
    # The word for a shipped catalogue is easily the name of a folder, but a file of that name was meant.
    if path.is_file():
        return catalogues.load(path)
    if written == SHIPPED:
        return catalogues.load(None)
    if written in dialects.names():
        return catalogues.load(dialects.named(written))
    revision, colon, inside = written.partition(":")
    if not colon or not inside:
        near = nearest(written, [SHIPPED, *dialects.names()])
        guess = f"Did you mean '{near}'? " if near is not None else ""
        hint = f"{guess}Name a file, one in a git revision such as main:metrics.yaml, cxkpi for its own, or a dialect."
        what = "is a folder" if path.is_dir() else "is no file"
        raise UsageError(Problem("U130", f"{written!r} {what}.", None, hint))

    def beside(name: str) -> tuple[str, str]:
        """What it extends, and its holidays, are read from the same revision."""
        place = posixpath.normpath(posixpath.join(posixpath.dirname(inside), name))
        if inside.startswith("./") and not place.startswith("../"):
            place = f"./{place}"
        shown = f"{revision}:{place}"
        return catalogues.decoded(_blob(shown, revision, place), shown), shown

    return catalogues.parse(catalogues.decoded(_blob(written, revision, inside), written), written, beside=beside)


def _blob(written: str, revision: str, inside: str) -> bytes:
    """The content of a file in a revision; an empty revision is the index, what ``git add`` has staged."""
    if _git("rev-parse", "--git-dir").returncode:
        message = f"{written!r} is no file, and this is no git repository in which it could be a revision's."
        raise UsageError(Problem("U132", message, None, "Run it inside the repository, or name files."))
    commit = ""
    if revision:
        found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        commit = found.stdout.decode("ascii", "replace").strip().splitlines()[-1] if not found.returncode else ""
        if not commit:
            hint = "It may have to be fetched: git fetch origin. In a build, fetch more than one commit."
            raise UsageError(Problem("U133", f"git knows no revision {revision!r}.", None, hint))
    # From here on only a hash git gave, or nothing, stands before the colon: no spelling of it is an option.
    name = f"{commit}:{inside}"
    kind = _git("cat-file", "-t", name)
    where = f"the revision {revision!r}" if revision else "the index"
    if kind.returncode:
        hint = "Paths are counted from the top of the repository; begin with ./ to count from this folder."
        raise UsageError(Problem("U134", f"there is no {inside!r} in {where}.", None, hint))
    if kind.stdout.strip() != b"blob":
        raise UsageError(Problem("U134", f"{inside!r} is no file in {where}.", None, "Name a catalogue, a YAML file."))
    size = _git("cat-file", "-s", name)
    if size.returncode or int(size.stdout) > _LARGEST:
        raise UsageError(Problem("U134", f"{inside!r} in {where} is too large for a catalogue.", None, None))
    content = _git("cat-file", "blob", name)
    if content.returncode:
        raise UsageError(Problem("U135", f"git cannot read {written!r}: {_said(content)}", None, None))
    return content.stdout


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    # Nothing is asked of a person, fetched, or written while reading.
    settings = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", "--no-pager", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**os.environ, **settings},
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        message = "git is not installed, and is needed to read a file of a revision."
        raise UsageError(Problem("U131", message, None, "Install git, or name files.")) from error
    except (OSError, ValueError) as error:
        raise UsageError(Problem("U135", f"git cannot be run: {error}.", None, "Name files instead.")) from error
    except subprocess.TimeoutExpired as error:
        message = f"git did not answer within {_SECONDS} seconds."
        raise UsageError(Problem("U135", message, None, "Try it by hand: git show REVISION:PATH.")) from error


def _said(ran: subprocess.CompletedProcess[bytes]) -> str:
    lines = ran.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else f"it ended with {ran.returncode}"
