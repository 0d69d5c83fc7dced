"""``cxkpi adopt``: a profile drafted for a file that no profile knows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, messages, options, output
from cxkpi.cli.completion import candidates
from cxkpi.errors import EXIT_FINE, Problem, UsageError

if TYPE_CHECKING:
    from cxkpi.exports.adopting.adopted import Adopted, Known


def adopt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The export to describe.", show_default=False, readable=False)
    ],
    output_: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help="Write the drafted profile, a .yaml file."
        ),
    ] = None,
    yaml: Annotated[
        bool, typer.Option("--yaml", metavar="", help="Print the drafted profile instead of the table.")
    ] = False,
    format_: Annotated[
        Literal["table", "json"] | None,
        typer.Option("--format", "-f", show_default=False, help="What to print. Default: table."),
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(
            metavar="TABLE",
            show_default=False,
            autocompletion=candidates.subjects,
            help="What the file is about: contacts, cases, invitations, agents ...",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", show_default=False, help="The system it comes from. Default: from the file's name."
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="SHEET", show_default=False, help="The sheet of a workbook, or the file in an archive."),
    ] = None,
    catalogue: options.Catalogue = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", metavar="", help="Draft a profile even where a known one reads the file.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Write over the profile that --output names.")
    ] = False,
    show_values: options.ShowValues = False,
    quiet: options.Quiet = False,
) -> int:
    """Draft a profile for a file that cxkpi does not know.

    Headings and values are looked at, and for every column it is said what it is taken for, how surely, and why. What
    data alone cannot settle is marked: the profile is not used before somebody has confirmed it.

    [bold]Examples[/]

      cxkpi adopt calls.csv
      cxkpi adopt calls.csv -o calls.yaml
      cxkpi report exports/ --profile calls.yaml
    """
    if yaml and format_ is not None:
        raise UsageError(
            Problem(
                "U122",
                f"--yaml prints the profile, and --format {format_} the proposals.",
                None,
                "Give one of the two.",
            )
        )
    arguments.readable([file])
    if output_ is not None:
        _yaml_file(output_)
        arguments.not_an_input([output_], [file, *([catalogue] if catalogue is not None else [])])
        if not force:
            _new_file(output_)

    from cxkpi.catalogue.load import load
    from cxkpi.exports.adopting import draft as adopting
    from cxkpi.exports.adopting import files as adopting_files
    from cxkpi.exports.adopting.match import MAIN
    from cxkpi.exports.profile_file import collect

    tables = load(catalogue).tables
    if table is not None:
        arguments.chosen("--table", [table], MAIN)
    with messages.progress(f"Looking at {file} …", quiet=quiet):
        source = adopting_files.source_of(file, part)
        known = adopting_files.known(source, collect((), tables))
        if known is not None and not anyway:
            _print_known(source.shown, known, format_ or "table")
            return EXIT_FINE
        drafted = adopting.adopt(
            adopting_files.grid(source), tables, name=name or adopting_files.base_name(source), table=table
        )
    if output_ is not None:
        output.write_file(output_, drafted.yaml)
    if yaml:
        output.print_text(drafted.yaml)
    elif format_ is not None or output_ is None or not quiet:
        _print(drafted, known, format_ or "table", output_, show_values)
    return EXIT_FINE


def _print(drafted: Adopted, known: Known | None, kind: str, written: Path | None, show_values: bool) -> None:
    if kind == "json":
        from cxkpi.reports import adopted_json

        output.print_text(adopted_json.render(drafted, known, show_values=show_values))
        return
    from cxkpi.reports.terminal import adopt as page

    width = output.terminal_width()
    shown = page.render(
        drafted,
        width=width,
        unicode=output.shows_unicode(),
        show_values=show_values,
        written=None if written is None else str(written),
    )
    output.print_rich(shown, width)


def _print_known(shown: str, known: Known, kind: str) -> None:
    if kind == "json":
        from cxkpi.reports import adopted_json

        output.print_text(adopted_json.render_known(shown, known))
        return
    from cxkpi.reports.terminal import adopt as page

    output.print_rich(page.render_known(shown, known), output.terminal_width())


def _new_file(path: Path) -> None:
    """Refuse to write over a profile that somebody may have corrected."""
    if path.exists() or path.is_symlink():
        message = f"--output: {str(path)!r} is there already, and may have been corrected by hand."
        raise UsageError(Problem("U124", message, None, "Choose another name, or write over it with --force."))


def _yaml_file(path: Path) -> None:
    """Refuse an output that would not be found again as a profile."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        raise UsageError(
            Problem("U123", f"--output: {str(path)!r} is no .yaml file.", None, "A profile's name ends in .yaml.")
        )
