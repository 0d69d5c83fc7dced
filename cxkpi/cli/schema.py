"""``cxkpi schema``: the JSON Schema by which editors complete and check a catalogue, and that of a report as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from cxkpi.cli import output
from cxkpi.errors import EXIT_FINE


def schema(
    of: Annotated[
        Literal["catalogue", "result"],
        typer.Argument(metavar="[catalogue|result]", show_default=False, help="Of what. Default: catalogue."),
    ] = "catalogue",
    output_: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", show_default=False, help="Write it to a file instead of printing it."
        ),
    ] = None,
) -> int:
    """Write the JSON Schema of catalogues, by which an editor completes and checks them.

    Let a catalogue's first line say where it is, [bold]# yaml-language-server: $schema=./metrics.schema.json[/], and
    editors with the YAML language server know every key, kind and value that may be chosen. [bold]result[/] writes that
    of [bold]cxkpi report -f json[/], for programs that read reports.

    [bold]Examples[/]

      cxkpi schema -o metrics.schema.json
      cxkpi schema result -o result.schema.json
    """
    text = _text(of)
    if output_ is None:
        output.print_text(text)
    else:
        output.write_file(output_, text)
    return EXIT_FINE


def _text(of: Literal["catalogue", "result"]) -> str:
    if of == "result":
        from cxkpi.reports import result_schema

        return result_schema.text()
    from cxkpi.catalogue import schema as derived

    return derived.text()
