"""``cxkpi init``: a catalogue, a run file and drafted profiles beside a folder of exports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxkpi.cli import arguments, messages, options, output
from cxkpi.cli.streams import reporting
from cxkpi.errors import EXIT_FINE, InputError, Place, Problem, UsageError, UserError

if TYPE_CHECKING:
    from cxkpi.measurement.run_file import RunFile
    from cxkpi.measurement.starting.found import FirstLook

_CATALOGUE = "metrics.yaml"
_OTHERS = 0o077
_THERE = "was there and is as it was"


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of exports. Default: this one.", show_default=False)
    ] = Path(),
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE",
            show_default=False,
            help="Where the centre is, [bold]America/Chicago[/]. Default: what the files name, else to be filled in.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            metavar="",
            help="Write metrics.yaml and cxkpi.yaml anew; the old ones stay as .bak.",
        ),
    ] = False,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
) -> int:
    """Look at a folder of exports and write the files to begin with beside them.

    metrics.yaml: the metrics these exports allow, with targets and calendar to change, over the catalogue that comes
    with cxkpi. cxkpi.yaml: what is read how, so that later cxkpi report is all there is to type. profiles/: a draft for
    every file that cxkpi does not know. Files that are there stay as they are.

    [bold]Examples[/]

      cxkpi init exports/
      cxkpi init exports/ --timezone America/Chicago
    """
    from cxkpi.measurement import run_file

    _check(folder, timezone)
    arguments.readable([folder])
    meant = run_file.RunFile(None, (folder,))
    if not force and (folder / run_file.NAME).is_file():
        meant = run_file.find([folder])
    look = _look(folder, meant, timezone, force=force, cache=not no_cache, quiet=quiet)
    files, left = _files(folder, look, meant, force=force)
    copies = list(_copies(files))
    if timezone is not None and folder / _CATALOGUE not in dict(files):
        left = [(path, f"{why}; --timezone was not used" if path.name == _CATALOGUE else why) for path, why in left]
    for place in dict.fromkeys(path.parent for path, _ in files):
        output.make_folder(place)
    with output.together() as together:
        for path, old, _, private in copies:
            together.add(path, old, private=private)
        for path, text in files:
            together.add(path, text)
        together.appear()
    if not quiet:
        kept = [(path, f"what {was} was") for path, _, was, _ in copies]
        _print(folder, look, [path for path, _ in files], left, kept)
    return EXIT_FINE


def _check(folder: Path, timezone: str | None) -> None:
    """Refuse what is no folder of exports, and a zone nobody knows."""
    if folder.is_file():
        hint = f"Name the folder it is in: cxkpi init {shlex.quote(_typed(folder.parent))}"
        raise UsageError(Problem("U126", f"{str(folder)!r} is a file.", None, hint))
    if timezone is not None:
        from cxkpi.exports.values.zones import is_zone

        if ("/" not in timezone and timezone != "UTC") or not is_zone(timezone):
            message = f"--timezone: there is no time zone {timezone!r}."
            raise UsageError(Problem("U127", message, None, "Use a name such as Europe/London or America/Chicago."))


def _look(folder: Path, meant: RunFile, timezone: str | None, *, force: bool, cache: bool, quiet: bool) -> FirstLook:
    from cxkpi.catalogue.load import load
    from cxkpi.measurement.starting.look import look

    named = meant.catalogue or folder / _CATALOGUE
    # The one that is to be written may be named by a run file already.
    new = named == folder / _CATALOGUE and (force or not named.is_file())
    defined = load(None if new else named)
    kept = _zone_of(folder / _CATALOGUE, load(None).timezone) if force else None
    if not new:
        # The catalogue that is there says where the centre is.
        timezone, kept = None, defined.timezone
    with messages.progress(f"Looking at {folder.resolve().name or folder} …", quiet=quiet) as progress:
        try:
            return look(defined, meant, zone=timezone, kept=kept, cache=cache, progress=progress)
        except InputError as error:
            raise _nothing(folder, error) from None


def _zone_of(catalogue: Path, usual: str) -> str | None:
    """The time zone somebody has said in a catalogue that may be wrong in all else; None where it is a guess still."""
    from cxkpi.catalogue.load import load
    from cxkpi.documents.places import read
    from cxkpi.exports.values.zones import is_zone
    from cxkpi.reports.first_catalogue import GUESSED

    try:
        text = catalogue.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    data = read(text, catalogue.as_posix()).data
    calendar = data.get("calendar") if isinstance(data, dict) else None
    zone = calendar.get("timezone") if isinstance(calendar, dict) else None
    if zone is None:
        # What it extends may name one.
        with suppress(UserError):
            inherited = load(catalogue).timezone
            return None if inherited == usual else inherited
    if not isinstance(zone, str) or not is_zone(zone) or (zone == usual and GUESSED in text):
        return None
    return zone


def _nothing(folder: Path, error: InputError) -> InputError:
    """Where a folder holds no exports, those of its folders that do are named: nothing is written in a wrong place."""
    from cxkpi.exports.files.finding import NOTHING, find

    if [problem.code for problem in error.problems] != [NOTHING]:
        return error

    holding: list[str] = []
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
        try:
            find([inner])
        except (InputError, UsageError, OSError):
            continue
        holding.append(shlex.quote(_typed(inner)))
    (problem,) = error.problems
    hint = problem.hint
    if holding:
        hint = f"Name the folder that holds them: {' or '.join(f'cxkpi init {name}' for name in holding[:3])}"
    return InputError(Problem(problem.code, problem.message, Place(folder.as_posix()), hint))


def _files(
    folder: Path, look: FirstLook, meant: RunFile, *, force: bool
) -> tuple[list[tuple[Path, str]], list[tuple[Path, str]]]:
    """What is to be written, and what is left with the reason; the run file comes last, since it names the others."""
    from cxkpi.measurement import run_file
    from cxkpi.reports import first_catalogue, first_run_file

    files: list[tuple[Path, str]] = []
    left: list[tuple[Path, str]] = []
    for draft in look.drafts:
        if draft.text is not None:
            _take(folder / draft.file, draft.text, False, files, left)
    if meant.catalogue in (None, folder / _CATALOGUE):
        _take(folder / _CATALOGUE, first_catalogue.render(look), force, files, left)
    _take(folder / run_file.NAME, first_run_file.render(look), force, files, left)
    if meant.file is not None and meant.catalogue is None:
        left[-1] = (left[-1][0], f"{_THERE}; to use {_CATALOGUE}, write in it 'catalogue: {_CATALOGUE}'")
    return files, left


def _take(path: Path, text: str, force: bool, files: list[tuple[Path, str]], left: list[tuple[Path, str]]) -> None:
    if (path.exists() or path.is_symlink()) and not force:
        left.append((path, _THERE))
    else:
        files.append((path, text))


def _copies(files: Sequence[tuple[Path, str]]) -> Iterator[tuple[Path, bytes, str, bool]]:
    """Of every file that is replaced by another text: where it is kept, what it holds, its name, and whether only its
    owner may read it. What was kept before stays."""
    for path, text in files:
        if not path.is_file():
            continue
        with reporting(path):
            old, private = path.read_bytes(), not path.stat().st_mode & _OTHERS
        if old == text.encode("utf-8", "backslashreplace"):
            continue
        beside = (path.with_name(f"{path.name}.bak{number or ''}") for number in chain([0], count(2)))
        yield next(one for one in beside if not (one.exists() or one.is_symlink())), old, path.name, private


def _typed(path: Path) -> str:
    """A path as it can be typed: one that begins with a dash is no option."""
    text = path.as_posix()
    return f"./{text}" if text.startswith("-") else text


def _print(
    folder: Path,
    look: FirstLook,
    written: Sequence[Path],
    left: Sequence[tuple[Path, str]],
    kept: Sequence[tuple[Path, str]],
) -> None:
    from cxkpi.reports.terminal import init as page

    done = page.Written(
        _typed(folder),
        tuple(_typed(path) for path in written),
        tuple((_typed(path), why) for path, why in left),
        tuple((_typed(path), what) for path, what in kept),
    )
    width = output.terminal_width()
    output.print_rich(page.render(look, done, width=width, unicode=output.shows_unicode()), width)
