"""``cxkpi diff``: what a change of the catalogue does to meanings, and to numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, messages, options, output, sides
from cxkpi.documents.spelling import listed
from cxkpi.errors import (
    EXIT_CATALOGUE,
    EXIT_FINE,
    EXIT_GATE,
    EXIT_INPUT,
    CatalogueError,
    Problem,
    UsageError,
    most_severe,
)

if TYPE_CHECKING:
    from cxkpi.catalogue.load import Catalogue
    from cxkpi.catalogue.meaning.changes import Comparison
    from cxkpi.measurement.checking.paired import SideBySide

DATA = "With exports"
_FORMATS = {".json": "json", ".md": "markdown", ".txt": "text"}


# What nothing is computed without, by its parameter.
_OF_EXPORTS = {
    "by": "--by",
    "every": "--every",
    "last": "--last",
    "profile": "--profile",
    "show_values": "--show-values",
    "no_cache": "--no-cache",
}


def diff(
    context: typer.Context,
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            show_default=False,
            help="A catalogue: a file, one in a git revision, [bold]main:metrics.yaml[/], [bold]cxkpi[/], the one "
            "that ships with it, or a dialect, [bold]genesys_cloud[/].",
        ),
    ],
    new: Annotated[
        str,
        typer.Argument(
            metavar="NEW", show_default=False, help="Likewise. [bold]:metrics.yaml[/] is what git add has staged."
        ),
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            readable=False,
            show_default=False,
            help="Export files, or folders of them, to compute under both.",
        ),
    ] = None,
    fail_on: Annotated[
        Literal["none", "wording", "target", "meaning"] | None,
        typer.Option(show_default=False, help="Exit with 1 if a change has this grade or one above it."),
    ] = None,
    format_: Annotated[
        Literal["text", "json", "markdown"] | None,
        typer.Option(
            "--format", "-f", show_default=False, help="What to print. Default: text, or nothing with --output."
        ),
    ] = None,
    output_: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write a file; its name ends in .md, .json or .txt. Repeat for several.",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        options.metric("Compute these metrics. Default: those whose numbers or verdicts may differ.", panel=DATA),
    ] = None,
    by: Annotated[
        list[str] | None,
        options.by("One line per value of a dimension. Repeat, or join with commas.", panel=DATA),
    ] = None,
    every: Annotated[options.Period, options.every(panel=DATA)] = "month",
    last: Annotated[
        int,
        typer.Option(metavar="N", rich_help_panel=DATA, help="The newest N complete periods, and the running one."),
    ] = 6,
    profile: Annotated[list[Path] | None, options.profile(panel=DATA)] = None,
    show_values: options.ShowValues = False,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
) -> int:
    """Say what a change of the catalogue does: to meanings, to verdicts, and with exports to the numbers.

    Each change has a grade: [bold]none[/], written otherwise; [bold]wording[/]; [bold]target[/], which can turn
    verdicts; [bold]meaning[/], which can change numbers. With exports both catalogues are computed over them, and the
    verdicts that flip are marked.

    [bold]Examples[/]

      cxkpi diff main:metrics.yaml metrics.yaml
      cxkpi diff cxkpi mine.yaml exports/ -m fcr --by queue
      cxkpi diff origin/main:metrics.yaml metrics.yaml --fail-on meaning -o diff.md
    """
    written = arguments.outputs(output_ or (), _FORMATS)
    arguments.apart([path for path, _ in written])
    arguments.not_an_input([path for path, _ in written], [Path(old), Path(new), *(paths or ())])
    names, dimensions = arguments.named("--metric", metric or ()), arguments.named("--by", by or ())
    arguments.newest(last)
    arguments.readable(paths or ())
    if not paths:
        _without_exports(context)

    loaded = _both(old, new)
    if loaded is None:
        return EXIT_CATALOGUE
    from cxkpi.catalogue.meaning.comparison import choose, compare

    before, after = loaded
    comparison = compare(before, after)
    if names:
        comparison = comparison.narrowed(choose(comparison, names))
    found = None
    if paths:
        from cxkpi.measurement.checking import side_by_side

        with messages.progress(f"Measuring {', '.join(map(str, paths))} …", quiet=quiet) as progress:
            found = side_by_side.side_by_side(
                before,
                after,
                comparison,
                paths,
                named=bool(names),
                every=every,
                last=last,
                by=dimensions,
                profiles=profile or (),
                cache=not no_cache,
                progress=progress,
            )
    for path, kind in written:
        output.write_file(path, _text(comparison, found, kind, show_values))
    if format_ is not None or not written:
        _print(comparison, found, format_ or "text", show_values)
    if found is not None and not quiet:
        messages.notes(found.notes)
    for problem in found.absent if found is not None else ():
        messages.say(str(problem))
    return most_severe([EXIT_INPUT if found is not None and found.absent else EXIT_FINE, _gate(comparison, fail_on)])


def _without_exports(context: typer.Context) -> None:
    """Refuses options that say how exports are computed where there are none."""
    given = []
    for name, option in _OF_EXPORTS.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            given.append(option)
    if given:
        one = len(given) == 1
        message = f"{listed(given, 'and')} {'says' if one else 'say'} how exports are computed, and none are named."
        hint = f"Name export files after OLD and NEW, or leave {'it' if one else 'them'} out."
        raise UsageError(Problem("U138", message, None, hint))


def _both(old: str, new: str) -> tuple[Catalogue, Catalogue] | None:
    """Both catalogues; None, and every problem of both said, where one is not right."""
    found: list[Catalogue] = []
    for side, written in (("OLD", old), ("NEW", new)):
        try:
            found.append(sides.load(written))
        except CatalogueError as error:
            messages.say(f"{side}, {written}, is not a right catalogue:")
            messages.problems(error)
    return (found[0], found[1]) if len(found) == 2 else None


def _gate(comparison: Comparison, fail_on: str | None) -> int:
    from cxkpi.catalogue.meaning.changes import GRADES, reaches

    if fail_on is None:
        return EXIT_FINE
    limit = GRADES[[str(grade) for grade in GRADES].index(fail_on)]
    failing = [change for change in comparison.changes if reaches(change.grade, limit)]
    if not failing:
        return EXIT_FINE
    said = ", ".join(change.title for change in failing[:5]) + (" …" if len(failing) > 5 else "")
    number = "1 change" if len(failing) == 1 else f"{len(failing)} changes"
    messages.say(f"--fail-on {fail_on}: {number} of {comparison.new}: {said}")
    return EXIT_GATE


def _text(comparison: Comparison, found: SideBySide | None, kind: str, show_values: bool) -> str:
    if kind == "json":
        from cxkpi.reports import diff_json

        return diff_json.render(comparison, found, show_values=show_values)
    if kind == "markdown":
        from cxkpi.reports import diff_markdown

        return diff_markdown.render(comparison, found, show_values=show_values)
    from cxkpi.reports.terminal import diff as page

    return output.as_text(page.render(comparison, found, width=output.PIPE_WIDTH, show_values=show_values))


def _print(comparison: Comparison, found: SideBySide | None, kind: str, show_values: bool) -> None:
    if kind != "text":
        output.print_text(_text(comparison, found, kind, show_values))
        return
    from cxkpi.reports.terminal import diff as page

    width = output.terminal_width()
    shown = page.render(comparison, found, width=width, unicode=output.shows_unicode(), show_values=show_values)
    output.print_rich(shown, width)
