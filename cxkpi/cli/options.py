"""Arguments and options that several commands share; ``report`` sets some of its own into panels."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

Paths: TypeAlias = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        help="Export files, or folders of them. Default: what cxkpi.yaml in this folder names.",
        show_default=False,
        readable=False,
    ),
]

Catalogue: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--catalogue",
        "-c",
        metavar="FILE",
        readable=False,
        show_default=False,
        help="The YAML file that defines metrics, further columns and the time zone. Default: the one that comes "
        "with cxkpi.",
    ),
]

Dialect: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        show_default=False,
        help="A vendor's own definitions instead: genesys_cloud, amazon_connect, nice_cxone, talkdesk, zendesk, cisco.",
    ),
]

Profiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--profile",
        metavar="FILE",
        show_default=False,
        help="A profile that describes a file layout cxkpi does not know, or a folder of them. Repeatable.",
    ),
]

ShowValues: TypeAlias = Annotated[
    bool,
    typer.Option("--show-values", metavar="", help="Print ids, names and free text, which are hidden otherwise."),
]

NoCache: TypeAlias = Annotated[
    bool,
    typer.Option("--no-cache", metavar="", help="Read every file anew, and keep nothing of it for the next time."),
]

Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", metavar="", help="No notes and no progress; the result and errors only.")
]

LogFormat: TypeAlias = Annotated[
    Literal["text", "json"],
    typer.Option(
        "--log-format",
        show_default=False,
        help="How stderr is written: [bold]json[/] is one object a line, with level, code, message, file and line.",
    ),
]
