"""``cxkpi tables``: the canonical tables, for people who want to compute with them elsewhere."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, messages, options, output
from cxkpi.errors import EXIT_FINE
from cxkpi.reports.many_files import noted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxkpi.tables import Stored


def tables(
    output_: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write to; it is made if it is not there.")
    ],
    paths: options.Paths = None,
    format_: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", "-f", help="What each table is written as.")
    ] = "parquet",
    catalogue: options.Catalogue = None,
    profile: options.Profiles = None,
    rejects: options.Rejects = None,
    max_rejects: Annotated[str | None, options.max_rejects("write no table")] = None,
    show_values: options.ShowValues = False,
    quiet: options.Quiet = False,
    no_cache: options.NoCache = False,
) -> int:
    """Write the canonical tables that the metrics are computed from: contacts, cases, answers, agents ...

    Times are UTC, durations seconds, ids text. One file per table that the exports fill.

    [bold]Example[/]

      cxkpi tables exports/ -o tables/
    """
    from cxkpi.measurement import run_file

    limit = arguments.limit(max_rejects)
    meant = run_file.find(paths or [])
    arguments.readable(meant.paths)
    given = [catalogue or meant.catalogue, meant.file]
    inputs = arguments.inputs(meant)
    arguments.not_among_inputs(output_, inputs)
    if rejects is not None:
        further = (path for path in given if path is not None)
        arguments.not_an_input([rejects], [*inputs, *further, *(profile or ()), *meant.profiles])

    from cxkpi.measurement import run

    with tempfile.TemporaryDirectory(prefix="cxkpi-") as folder:
        with messages.progress(f"Reading {', '.join(map(str, meant.paths))} …", quiet=quiet) as progress:
            loaded = run.tables(
                paths or (),
                catalogue=catalogue,
                profiles=profile or (),
                into=Path(folder),
                cache=not no_cache,
                progress=progress,
            )
        if rejects is not None:
            places = [_place(output_, table, format_) for table in loaded.stored.values()]
            arguments.apart([rejects, *places])
            output.write_rejects(rejects, loaded.rejects)
        if not quiet:
            messages.rejects(loaded.rejects, loaded.files, show_values=show_values)
        arguments.check_limit(limit, loaded.files)
        written = _write(loaded.stored.values(), output_, format_)
    if not quiet:
        for place, rows in written:
            messages.say(f"{place}: {rows:,} rows")
        messages.notes([*loaded.aside, *noted(loaded.notes, loaded.files)])
    return EXIT_FINE


def _write(stored: Iterable[Stored], folder: Path, kind: Literal["parquet", "csv"]) -> list[tuple[Path, int]]:
    from cxkpi.reports import canonical

    output.make_folder(folder)
    written = []
    for table in stored:
        place = _place(folder, table, kind)
        with output.replacing(place) as part:
            canonical.write(table, part, kind)
        written.append((place, table.rows))
    return written


def _place(folder: Path, table: Stored, kind: str) -> Path:
    return folder / f"{table.table}.{kind}"
