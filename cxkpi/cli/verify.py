"""``cxkpi verify``: whether a recorded run still stands: its inputs, its definitions, and the bytes it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import chdir, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cxkpi.cli import messages, options, output, recording
from cxkpi.cli.completion import candidates
from cxkpi.errors import (
    EXIT_FINE,
    EXIT_GATE,
    EXIT_INPUT,
    InputError,
    OutputError,
    Place,
    Problem,
    UsageError,
    UserError,
    most_severe,
)

if TYPE_CHECKING:
    from cxkpi.measurement.run_file import RunFile
    from cxkpi.measurement.runs.recorded import Hashed
    from cxkpi.reports.manifest import Manifest

FORMAT = 1
_TOLD = 3
_MADE = "output, made again"
# A PDF holds the hour it was printed at.
_NEVER_THE_SAME = frozenset({"pdf"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked: ``what`` it is, its path, and what it ``is``.

    ``other``: a version that is not that of then, which is nothing wrong by itself. ``not possible``: the report cannot
    be made again.
    """

    what: str
    path: str
    state: Literal["same", "changed", "missing", "new", "not compared", "other", "not possible"]
    why: str = ""

    @property
    def code(self) -> int:
        """The exit code it asks for. What is not there any more cannot be proven; other bytes are proven wrong."""
        if self.state == "not possible" or (self.state == "missing" and self.what not in ("output", _MADE)):
            return EXIT_INPUT
        return EXIT_GATE if self.state in ("changed", "missing") else EXIT_FINE


def verify(
    manifest: Annotated[
        Path,
        typer.Argument(
            metavar="MANIFEST",
            readable=False,
            autocompletion=candidates.json_files,
            help="What [bold]report --manifest[/] wrote.",
        ),
    ],
    root: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default=False,
            help="The folder that paths start from. Default: where the run was started, as seen from the manifest.",
        ),
    ] = None,
    format_: Annotated[Literal["text", "json"], typer.Option("--format", "-f", help="What to print.")] = "text",
    quiet: options.Quiet = False,
    log_format: options.LogFormat = "text",
) -> int:
    """Prove a run: inputs, catalogue and outputs are what they were, and the same report gives the same bytes again.

    Exit code 0 if all is the same, 1 if something differs, 3 if an input, a profile, the key or the catalogue is not
    there any more, or the report cannot be made again. Files that came into a folder since are left out. PDFs are not
    made again, because they hold the hour they were printed at.

    [bold]Examples[/]

      cxkpi report exports/ -o kpis.html --manifest run.json
      cxkpi verify run.json
      cxkpi verify archive/2026-06/run.json --root archive/2026-06
    """
    run = recording.read(manifest)
    place = root or manifest.resolve().parent / run.root
    if not place.is_dir():
        hint = "Name the folder the run was started in with --root."
        raise UsageError(Problem("U146", f"there is no folder {str(place)!r}.", None, hint))
    with chdir(place), messages.progress(f"Proving {manifest} …", quiet=quiet):
        findings = [*_kept(run)]
        if not any(finding.code for finding in findings if finding.what != "output"):
            findings += _again(run)
    code = most_severe([finding.code for finding in findings])
    if format_ == "json":
        output.print_text(_json(manifest, findings, code))
    else:
        output.print_text("".join(f"{line}\n" for line in _text(manifest, run, findings, code)))
    return code


def _kept(run: Manifest) -> Iterator[Finding]:
    """What the run rests on and what it wrote, as it lies there now."""
    from cxkpi.measurement.runs import provenance, recorded

    for one in run.seen.inputs:
        yield _of_file("input", one)
    yield from _since(run)
    for one in run.catalogue:
        try:
            now = provenance.catalogue_file(one.path)
        except (UserError, OSError):
            yield Finding("catalogue", one.path, "missing")
            continue
        yield _compared("catalogue", one, now)
    for one in run.seen.profiles:
        yield _of_file("profile", one)
    if run.seen.run_file is not None:
        yield _of_file("run file", run.seen.run_file)
    if run.against is not None:
        yield _of_file("run compared with", run.against)
    if run.pseudonyms is not None:
        yield _key(run.pseudonyms.path, run.pseudonyms.mark)
    for written in run.outputs:
        yield _of_file("output", recorded.Hashed(written.path, written.size, written.sha256))


def _of_file(what: str, one: Hashed) -> Finding:
    from cxkpi.measurement.runs import provenance

    try:
        return _compared(what, one, provenance.digest(Path(one.path)))
    except OSError as error:
        return Finding(what, one.path, "missing", "" if isinstance(error, FileNotFoundError) else str(error.strerror))


def _compared(what: str, then: Hashed, now: Hashed) -> Finding:
    if then.sha256 == now.sha256:
        return Finding(what, then.path, "same")
    sizes = f"{then.size:,} bytes then, {now.size:,} now" if then.size != now.size else "as many bytes, and others"
    return Finding(what, then.path, "changed", sizes)


def _since(run: Manifest) -> Iterator[Finding]:
    """What a folder or pattern means now, and did not then."""
    from cxkpi.measurement.runs import provenance

    meant = _meant(run)
    if meant is None:
        return
    if meant.file is not None and run.seen.run_file is None:
        yield Finding("run file", meant.file.as_posix(), "new", "it came since, and the report goes by it")
    known = {one.path for one in run.seen.profiles}
    with suppress(UserError):
        for path in provenance.profiles_of(meant, _paths(run, "profile")):
            if path.as_posix() not in known:
                yield Finding("profile", path.as_posix(), "new", "it came since, and is tried on every file")
    for name in _new(run):
        yield Finding("input", name, "new", "it came since, and is left out")


def _meant(run: Manifest) -> RunFile | None:
    """The run as its paths mean it now; None where nobody can say."""
    from cxkpi.measurement import run_file

    try:
        return run_file.find([Path(path) for path in run.paths])
    except UserError:
        # What is missing or wrong is told of by its name.
        return None


def _paths(run: Manifest, option: str) -> list[Path]:
    named = run.options.get(option, ())
    return [Path(path) for path in named] if isinstance(named, tuple) else []


def _key(path: str, mark: str) -> Finding:
    try:
        key = recording.key(Path(path), quiet=True) if Path(path).is_file() else None
    except UsageError:
        key = None
    if key is None:
        return Finding("key", path, "missing")
    return Finding("key", path, "same" if key.mark == mark else "changed")


def _new(run: Manifest) -> list[str]:
    """Inputs that a folder or pattern means now, and did not then."""
    from cxkpi.measurement.runs import provenance

    meant = _meant(run)
    try:
        now = [] if meant is None else provenance.inputs_of(meant, _paths(run, "leave-out"))
    except UserError:
        return []
    known = {one.path for one in run.seen.inputs}
    return [path.as_posix() for path in now if path.as_posix() not in known]


def _again(run: Manifest) -> Iterator[Finding]:
    """The report made again, and its bytes beside those of the run."""
    from typer.exceptions import TyperException

    from cxkpi.measurement.runs import provenance, recorded
    from cxkpi.reports.manifest import REJECTS

    catalogue = run.options.get("catalogue")
    if catalogue is not None and catalogue not in {one.path for one in run.catalogue}:
        yield Finding("catalogue", str(catalogue), "not possible", "the manifest holds no hash of it")
        return
    comparable = [one for one in run.outputs if one.kind not in _NEVER_THE_SAME]
    with TemporaryDirectory(prefix="cxkpi-") as folder:
        base = Path(folder)
        places = [base / f"{number}{Path(one.path).suffix}" for number, one in enumerate(comparable)]
        record = base / "run.json"
        # With a file to write, nothing is printed.
        arguments = [*_arguments(run), "--manifest", str(record), "--output", str(base / "figures.json")]
        for one, place in zip(comparable, places, strict=True):
            arguments += ["--rejects" if one.kind == REJECTS else "--output", str(place)]
        for path in _new(run):
            arguments += ["--leave-out", path]
        try:
            _report([*arguments, "--", *run.paths])
        except OutputError:
            raise
        except (UserError, TyperException) as error:
            yield Finding("report", "", "not possible", _refusal(error))
            return
        made = recording.read(record)
        yield from _head(run, made)
        yield Finding("figures", str(record.name), "same" if made.cells == run.cells else "changed", _first(run, made))
        for one, place in zip(comparable, places, strict=True):
            yield _compared(_MADE, recorded.Hashed(one.path, one.size, one.sha256), provenance.digest(place))
    for one in run.outputs:
        if one.kind in _NEVER_THE_SAME:
            yield Finding(_MADE, one.path, "not compared", "a PDF holds the hour it was printed at")


def _refusal(error: Exception) -> str:
    """Why a report cannot be made again. Nothing of what the files hold: a manifest of somebody else's can name any."""
    if not isinstance(error, UserError):
        return "its options are none of this version"
    told = dict.fromkeys(f"{one.code} at {one.place}" if one.place else one.code for one in error.problems)
    return f"cxkpi report ends with {', '.join(list(told)[:_TOLD])}"


def _head(run: Manifest, made: Manifest) -> Iterator[Finding]:
    """What the manifest says of the run beside its figures, and what is so."""
    said = (
        ("as of", run.as_of, made.as_of),
        ("as of the data", run.as_of_from_data, made.as_of_from_data),
        ("catalogue's path", run.catalogue_path, made.catalogue_path),
        ("catalogue's hash", run.catalogue_hash, made.catalogue_hash),
        ("catalogue's calendar and tables", run.around or made.around, made.around),
        ("catalogue's files", _named(run.catalogue), _named(made.catalogue)),
        ("profiles used", ", ".join(run.profiles_used), ", ".join(made.profiles_used)),
    )
    for what, then, now in said:
        if then != now:
            yield Finding(what, "", "changed", f"{then} by the manifest, {now} made again")
    if run.metrics is not None and run.metrics != made.metrics:
        yield Finding("metrics asked for", "", "changed")
    known = {one.path for one in run.seen.profiles}
    then, now = _named(run.seen.profiles), _named([one for one in made.seen.profiles if one.path in known])
    if then != now:
        yield Finding("profiles", "", "changed", f"{then} by the manifest, {now} made again")
    all_made = not any(one.kind in _NEVER_THE_SAME for one in run.outputs)
    for name in dict.fromkeys([*run.versions, *made.versions]):
        before, after = run.versions.get(name, "none"), made.versions.get(name, "none")
        if before != after and (all_made or name in made.versions):
            yield Finding("version", name, "other", f"{before} then, {after} now")


def _named(files: Sequence[Hashed]) -> str:
    return ", ".join(one.path for one in files)


def _first(run: Manifest, made: Manifest) -> str:
    now = {row.key: row for row in made.cells}
    differ = [row for row in run.cells if now.get(row.key) != row]
    if not differ:
        return "" if len(run.cells) == len(made.cells) else "there are others"
    one = differ[0]
    return f"{len(differ):,} differ, first {one.metric} of {one.start}"


def _arguments(run: Manifest) -> list[str]:
    """The options of the run as they are typed.

    Raises:
        InputError: The manifest names one that this version does not know.
    """
    from cxkpi.cli.commands import app

    command: Any = typer.main.get_command(app)
    known = {recording.long_name(param): param for param in command.commands["report"].params}
    found = ["--quiet"]
    for name, value in run.options.items():
        if name not in known or name in recording.UNRECORDED:
            message = f"the manifest names an option --{name}, which this cxkpi does not know."
            raise InputError(Problem("I198", message, None, "Use the version that wrote it."))
        if known[name].is_flag != (value is True) or (isinstance(value, tuple) and not known[name].multiple):
            message = f"the manifest gives the option --{name} what it does not take."
            raise InputError(Problem("I198", message, None, "Use the version that wrote it."))
        for one in value if isinstance(value, tuple) else (value,):
            found += [f"--{name}"] if one is True else [f"--{name}={one}"]
    if run.pseudonyms is not None:
        found.append(f"--pseudonyms={run.pseudonyms.path}")
    if run.against is not None:
        found.append(f"--against={run.against.path}")
    return found


def _report(arguments: Sequence[str]) -> None:
    """``cxkpi report`` with these arguments, without a word. Raises what it raises."""
    from cxkpi.cli.commands import app

    with messages.silence():
        app(args=["report", *arguments], prog_name="cxkpi", standalone_mode=False)


def _printed(text: str) -> str:
    """A text of a manifest, without what a terminal would act on."""
    return "".join(char if char.isprintable() else "?" for char in text)


def _text(manifest: Path | str, run: Manifest, findings: Sequence[Finding], code: int) -> Iterator[str]:
    shown = [finding for finding in findings if finding.state != "same"]
    for finding in shown:
        why = f": {_printed(finding.why)}" if finding.why else ""
        path = f" {_printed(finding.path)}" if finding.path else ""
        yield f"{finding.what}{path}: {finding.state}{why}"
    manifest = _printed(str(manifest))
    made = sum(finding.what == _MADE and finding.state == "same" for finding in findings)
    inputs = f"{len(run.seen.inputs)} {'input' if len(run.seen.inputs) == 1 else 'inputs'}"
    if code == EXIT_FINE:
        outputs = f"{made} {'output' if made == 1 else 'outputs'} made again to the same bytes"
        yield f"{manifest} holds: {inputs} and the catalogue as they were, {len(run.cells):,} figures, {outputs}"
    elif code == EXIT_INPUT:
        lost = any(finding.state == "missing" for finding in findings)
        reason = "something it rests on is not there any more" if lost else "the report cannot be made again"
        yield f"{manifest} cannot be proven: {reason}"
    else:
        yield f"{manifest} does not hold"


def _json(manifest: Path, findings: Sequence[Finding], code: int) -> str:
    checks = [{"what": one.what, "path": one.path, "is": one.state, "why": one.why or None} for one in findings]
    told = {"format": FORMAT, "manifest": str(Place(manifest.as_posix())), "holds": code == EXIT_FINE, "checks": checks}
    return json.dumps(told, indent=1) + "\n"
