"""``cxkpi doctor``: what is wrong with exports, and what that does to which metrics."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cxkpi.cli import arguments, messages, options, output


def doctor(
    paths: options.Paths = None,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", "-f", help="What to print; [bold]json[/] lists everything.")
    ] = "table",
    catalogue: options.Catalogue = None,
    profile: options.Profiles = None,
    show_values: options.ShowValues = False,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
) -> int:
    """Say what is wrong with exports: in which file and line, and which metrics it would make wrong.

    What each file is and how it is written, what became of its records, the days it covers and lacks; values, rows and
    keys that cannot be right; rows that name what no file holds; how much of what metrics need is there. Exit code 3 if
    a metric would be wrong or a file cannot be used, else 0.

    [bold]Examples[/]

      cxkpi doctor sample_data
      cxkpi doctor exports/ -f json
    """
    from cxkpi.measurement import run_file

    meant = run_file.find(paths or ())
    arguments.readable(meant.paths)

    from cxkpi.measurement.doctor.diagnosis import diagnose

    with messages.progress(f"Examining {', '.join(map(str, meant.paths))} …", quiet=quiet) as progress:
        found = diagnose(
            paths or (), catalogue=catalogue, profiles=profile or (), cache=not no_cache, progress=progress
        )
    if format_ == "json":
        from cxkpi.reports import doctor_json

        output.print_text(doctor_json.render(found, show_values=show_values))
    else:
        from cxkpi.reports.terminal import doctor as page

        width = output.terminal_width()
        shown = page.render(found, width=width, unicode=output.shows_unicode(), show_values=show_values)
        output.print_rich(shown, width)
    if not quiet:
        messages.notes(found.aside)
    return found.exit_code
