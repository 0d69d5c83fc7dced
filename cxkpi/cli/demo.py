"""``cxkpi demo``: a centre's exports to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cxkpi.cli import messages
from cxkpi.errors import EXIT_FINE


def demo(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Folder to write to: new, empty, or filled by an earlier demo.", show_default=False
        ),
    ],
    contacts: Annotated[int, typer.Option(metavar="N", help="How many contacts, 100 or more.")] = 20_000,
    months: Annotated[int, typer.Option(metavar="M", help="Over how many months, from January 2026 on.")] = 6,
    seed: Annotated[int, typer.Option(metavar="S", help="Another number gives another centre.")] = 2026,
    truth: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=False,
            help="Also count the headline metrics while making the data, and write them as JSON.",
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", metavar="", help="No progress; errors only.")] = False,
) -> int:
    """Write one contact centre's exports as real systems write them: ACD, CRM, survey, HR and QA files.

    The same numbers give the same files, byte for byte. A handful of rows are wrong in the ways real exports are.

    [bold]Example[/]

      cxkpi demo centre --contacts 50000 --months 12
      cxkpi report centre
    """
    from cxkpi.demo.write import write

    with messages.progress(f"Writing {folder} …", quiet=quiet):
        summary = write(folder, contacts=contacts, months=months, seed=seed, truth=truth)
    if not quiet:
        messages.say(
            f"{len(summary.files)} files of {contacts:,} contacts are in {folder}. Next: cxkpi report {folder}"
        )
    return EXIT_FINE
