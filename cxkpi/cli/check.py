"""``cxkpi check``: is a catalogue right, and do its examples hold?"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, options, output
from cxkpi.cli.completion import candidates
from cxkpi.errors import EXIT_FINE

if TYPE_CHECKING:
    from cxkpi.measurement.checking.checked import Checked

Format = Literal["text", "json", "github", "sarif", "junit"]
FORMATS: Mapping[str, Format] = {".txt": "text", ".json": "json", ".sarif": "sarif", ".xml": "junit"}
"""File extension to the format written there."""


def check(
    catalogues: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CATALOGUE",
            autocompletion=candidates.yaml_files,
            help="Catalogues to check. Default: the one that cxkpi.yaml in this folder names, else the one that comes "
            "with cxkpi.",
            show_default=False,
            readable=False,
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            "-f",
            show_default=False,
            help="What to print; [bold]github[/] marks the lines of a pull request. Default: text.",
        ),
    ] = None,
    output_: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default=False,
            help="Write it to a file; the end of its name chooses the format: .txt .json .sarif .xml (JUnit). "
            "Repeatable.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="CODE",
            show_default=False,
            autocompletion=candidates.codes,
            help="Print what an error code means, as [bold]C104[/].",
        ),
    ] = None,
    catalogue: options.Catalogue = None,
    dialect: options.Dialect = None,
    strict: Annotated[bool, typer.Option("--strict", metavar="", help="Let warnings fail, too.")] = False,
    no_examples: Annotated[bool, typer.Option("--no-examples", metavar="", help="Do not run the examples.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", metavar="", help="Print problems only, nothing where there is none.")
    ] = False,
) -> int:
    """Say whether a catalogue is right, and run the examples beside its metrics.

    Every problem at once: its code, file, line and column, and the line itself. Exit code 5 if there is an error or an
    example does not hold, 1 if there are only warnings and --strict is given, else 0.

    [bold]Examples[/]

      cxkpi check metrics.yaml
      cxkpi check metrics.yaml -f github -o check.sarif
      cxkpi check --explain C104
    """
    if explain is not None:
        from cxkpi.catalogue import pages

        output.print_text(pages.as_text(pages.page(explain)))
        return EXIT_FINE
    outputs = _outputs(output_ or ())
    given = arguments.catalogue(catalogue, dialect)
    named: list[Path | None] = [*(catalogues or ()), *([given] if given is not None else [])]
    arguments.not_an_input(list(outputs), [path for path in named if path is not None])

    # Examples are small: Polars takes longer to wake a second thread than to do the work.
    if "polars" not in sys.modules:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from cxkpi.measurement.checking import second_process

    paths = named or [arguments.catalogue_in_use()]
    with second_process.started([] if no_examples else paths) as second, _no_collector():
        # Only now, so that both processes import the libraries at once.
        from cxkpi.measurement.checking.check import check as run

        found = run(paths, examples=not no_examples, strict=strict, second=second)
    for path, kind in outputs.items():
        output.write_file(path, _text(found, kind, quiet=quiet))
    if format_ is not None or not outputs:
        output.print_text(_text(found, format_ or "text", quiet=quiet))
    return found.exit_code


@contextmanager
def _no_collector() -> Iterator[None]:
    """What a check makes it keeps to its end, so looking for garbage is a tenth of its time for nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _outputs(paths: Sequence[Path]) -> dict[Path, Format]:
    chosen = arguments.outputs(paths, FORMATS)
    arguments.apart(paths)
    return {path: FORMATS[path.suffix.lower()] for path, _ in chosen}


def _text(found: Checked, kind: Format, *, quiet: bool) -> str:
    match kind:
        case "text":
            from cxkpi.reports.checked import text

            return text.render(found, quiet=quiet)
        case "json":
            from cxkpi.reports.checked import json

            return json.render(found)
        case "github":
            from cxkpi.reports.checked import github

            return github.render(found)
        case "junit":
            from cxkpi.reports.checked import junit

            return junit.render(found)
        case "sarif":
            from cxkpi.catalogue import pages
            from cxkpi.catalogue.codes import CODES
            from cxkpi.reports.checked import sarif

            codes = {problem.code for problem in found.problems()} & set(CODES)
            return sarif.render(found, CODES, {code: pages.page(code) for code in codes})
