"""``cxkpi verify``: whether a recorded run still stands: its inputs, its definitions, and the bytes it wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import chdir
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
    Place,
    Problem,
    UsageError,
    UserError,
    most_severe,
)

if TYPE_CHECKING:
    from cxkpi.measurement.runs.recorded import Hashed
    from cxkpi.reports.manifest import Manifest

FORMAT = 1
# A PDF holds the hour it was printed at.
_NEVER_THE_SAME = frozenset({"pdf"})


@dataclass(frozen=True, slots=True)
class Finding:
    """What was checked: ``what`` it is, its path, and what it ``is``: same, changed, missing, new, not compared."""

    what: str
    path: str
    state: Literal["same", "changed", "missing", "new", "not compared"]
    why: str = ""

    @property
    def code(self) -> int:
        """The exit code it asks for. What is not there any more cannot be proven; other bytes are proven wrong."""
        if self.state == "missing" and self.what not in ("output", "output, made again"):
            return EXIT_INPUT
        return EXIT_GATE if self.state in ("changed", "missing") else EXIT_FINE


def verify(
    manifest: Annotated[
        Path, typer.Argument(
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
    there any more. Files that came into a folder since are left out. PDFs are not made again, because they hold the
    hour they were printed at.

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
    for path in _new(run):
        yield Finding("input", path, "new", "it came since, and is left out")
    for one in run.catalogue:
        try:
            now = provenance.catalogue_file(one.path)
        except UserError:
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


def _key(path: str, mark: str) -> Finding:
    try:
        key = recording.key(Path(path))
    except UsageError:
        return Finding("key", path, "missing")
    return Finding("key", path, "same" if key is not None and key.mark == mark else "changed")


def _new(run: Manifest) -> list[str]:
    """Files that a folder or pattern means now, and did not then."""
    from cxkpi.measurement import run_file
    from cxkpi.measurement.runs import provenance

    left_out = run.options.get("leave-out", ())
    try:
        meant = run_file.find([Path(path) for path in run.paths])
        leave_out = [Path(path) for path in left_out] if isinstance(left_out, tuple) else []
        now = provenance.inputs_of(meant, leave_out)
    except UserError:
        # What is missing or wrong is told of by its name.
        return []
    known = {one.path for one in run.seen.inputs}
    return [path.as_posix() for path in now if path.as_posix() not in known]


def _again(run: Manifest) -> Iterator[Finding]:
    """The report made again, and its bytes beside those of the run."""
    from cxkpi.measurement.runs import provenance, recorded

    comparable = [one for one in run.outputs if one.kind not in _NEVER_THE_SAME]
    with TemporaryDirectory(prefix="cxkpi-") as folder:
        base = Path(folder)
        places = [base / str(number) / Path(one.path).name for number, one in enumerate(comparable)]
        record = base / "run.json"
        # With a file to write, nothing is printed.
        arguments = [*_arguments(run), "--manifest", str(record), "--output", str(base / "figures.json")]
        for one, place in zip(comparable, places, strict=True):
            place.parent.mkdir()
            arguments += ["--rejects" if one.kind == "rejects" else "--output", str(place)]
        for path in _new(run):
            arguments += ["--leave-out", path]
        _report([*arguments, "--", *run.paths])
        made = recording.read(record)
        yield Finding("figures", str(record.name), "same" if made.cells == run.cells else "changed", _first(run, made))
        for one, place in zip(comparable, places, strict=True):
            now = provenance.digest(place)
            found = _compared("output, made again", recorded.Hashed(one.path, one.size, one.sha256), now)
            yield found if found.state == "same" else Finding(found.what, one.path, "changed", _why(run, made, found))
    for one in run.outputs:
        if one.kind in _NEVER_THE_SAME:
            yield Finding("output, made again", one.path, "not compared", "a PDF holds the hour it was printed at")


def _first(run: Manifest, made: Manifest) -> str:
    now = {row.key: row for row in made.cells}
    differ = [row for row in run.cells if now.get(row.key) != row]
    if not differ:
        return "" if len(run.cells) == len(made.cells) else "there are others"
    one = differ[0]
    return f"{len(differ):,} differ, first {one.metric} of {one.start}"


def _why(run: Manifest, made: Manifest, found: Finding) -> str:
    other = [
        f"{name} {run.versions.get(name, 'none')} then, {made.versions.get(name, 'none')} now"
        for name in dict.fromkeys([*run.versions, *made.versions])
        if run.versions.get(name) != made.versions.get(name)
    ]
    return "; ".join([found.why, *other])


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


def _text(manifest: Path, run: Manifest, findings: Sequence[Finding], code: int) -> Iterator[str]:
    shown = [finding for finding in findings if finding.state != "same"]
    for finding in shown:
        why = f": {finding.why}" if finding.why else ""
        yield f"{finding.what} {finding.path}: {finding.state}{why}"
    made = sum(finding.what == "output, made again" and finding.state == "same" for finding in findings)
    inputs = f"{len(run.seen.inputs)} {'input' if len(run.seen.inputs) == 1 else 'inputs'}"
    if code == EXIT_FINE:
        outputs = f"{made} {'output' if made == 1 else 'outputs'} made again to the same bytes"
        yield f"{manifest} holds: {inputs} and the catalogue as they were, {len(run.cells):,} figures, {outputs}"
    elif code == EXIT_INPUT:
        yield f"{manifest} cannot be proven: something it rests on is not there any more"
    else:
        yield f"{manifest} does not hold"


def _json(manifest: Path, findings: Sequence[Finding], code: int) -> str:
    checks = [{"what": one.what, "path": one.path, "is": one.state, "why": one.why or None} for one in findings]
    told = {"format": FORMAT, "manifest": str(Place(manifest.as_posix())), "holds": code == EXIT_FINE, "checks": checks}
    return json.dumps(told, indent=1) + "\n"
