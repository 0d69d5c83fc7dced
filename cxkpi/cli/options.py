"""Arguments and options that several commands share, each said once.

A function makes the declaration of an option, for commands that set it into a panel of their help or say more of it;
the names below are for those that take it as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import typer

from cxkpi.cli.completion import candidates

Period: TypeAlias = Literal["day", "week", "month", "quarter", "year", "all"]

_REPEAT = "Repeat, or join with commas"
_ANY_METRIC = f"A metric, [bold]aht[/], or a variant, [bold]fcr.within_30d[/]. {_REPEAT}."


def metric(help_: str = _ANY_METRIC, *, panel: str | None = None) -> Any:
    """``--metric``, a list of names."""
    return typer.Option(
        "--metric",
        "-m",
        metavar="NAME",
        rich_help_panel=panel,
        show_default=False,
        autocompletion=candidates.metrics,
        help=help_,
    )


def by(help_: str, *, panel: str | None = None) -> Any:
    """``--by``, a list of dimensions."""
    return typer.Option(
        metavar="DIM",
        rich_help_panel=panel,
        show_default=False,
        autocompletion=candidates.dimensions,
        help=help_,
    )


def every(help_: str = "Length of a period.", *, panel: str | None = None) -> Any:
    """``--every``, a :data:`Period`."""
    return typer.Option(rich_help_panel=panel, help=help_)


def catalogue(
    help_: str = "The YAML file that defines metrics, further columns and the time zone. Default: the one that comes "
    "with cxkpi.",
    *,
    panel: str | None = None,
) -> Any:
    """``--catalogue``, a file."""
    return typer.Option(
        "--catalogue",
        "-c",
        metavar="FILE",
        readable=False,
        rich_help_panel=panel,
        show_default=False,
        autocompletion=candidates.yaml_files,
        help=help_,
    )


def dialect(*, panel: str | None = None) -> Any:
    """``--dialect``, a name."""
    return typer.Option(
        metavar="NAME",
        rich_help_panel=panel,
        show_default=False,
        autocompletion=candidates.dialects,
        help="A vendor's own definitions instead: [bold]genesys_cloud[/], [bold]amazon_connect[/], "
        "[bold]nice_cxone[/], [bold]talkdesk[/], [bold]zendesk[/] or [bold]cisco[/].",
    )


def profile(*, panel: str | None = None) -> Any:
    """``--profile``, a list of files and folders."""
    return typer.Option(
        "--profile",
        metavar="FILE",
        rich_help_panel=panel,
        show_default=False,
        autocompletion=candidates.yaml_files,
        help="A profile that describes a file layout cxkpi does not know, or a folder of them. Repeatable.",
    )


def rejects(*, panel: str | None = None) -> Any:
    """``--rejects``, a file."""
    return typer.Option(
        metavar="FILE",
        rich_help_panel=panel,
        show_default=False,
        help="Write every rejected record with file, line and reason as CSV, readable by you only.",
    )


def max_rejects(instead: str, *, panel: str | None = None) -> Any:
    """``--max-rejects``, a limit; ``instead``: what is not done beyond it."""
    return typer.Option(
        "--max-rejects",
        metavar="LIMIT",
        rich_help_panel=panel,
        show_default=False,
        help=f"Exit with 3, and {instead}, if more records are rejected: [bold]1%[/] of them, or a number.",
    )


def show_values(
    help_: str = "Print ids, names and free text, which are hidden otherwise.", *, panel: str | None = None
) -> Any:
    """``--show-values``, a flag."""
    return typer.Option("--show-values", metavar="", rich_help_panel=panel, help=help_)


def no_cache(*, panel: str | None = None) -> Any:
    """``--no-cache``, a flag."""
    return typer.Option(
        "--no-cache",
        metavar="",
        rich_help_panel=panel,
        help="Read every file anew, and keep nothing of it for the next time.",
    )


def quiet(help_: str = "No notes and no progress; the result and errors only.", *, panel: str | None = None) -> Any:
    """``--quiet``, a flag."""
    return typer.Option("--quiet", "-q", metavar="", rich_help_panel=panel, help=help_)


def log_format(*, panel: str | None = None) -> Any:
    """``--log-format``, ``text`` or ``json``."""
    return typer.Option(
        "--log-format",
        rich_help_panel=panel,
        show_default=False,
        help="How stderr is written: [bold]json[/] is one object a line, with level, code, message, file and line.",
    )


Paths: TypeAlias = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        help="Export files, or folders of them. Default: what cxkpi.yaml in this folder names.",
        show_default=False,
        readable=False,
    ),
]
Catalogue: TypeAlias = Annotated[Path | None, catalogue()]
Dialect: TypeAlias = Annotated[str | None, dialect()]
Profiles: TypeAlias = Annotated[list[Path] | None, profile()]
Rejects: TypeAlias = Annotated[Path | None, rejects()]
ShowValues: TypeAlias = Annotated[bool, show_values()]
NoCache: TypeAlias = Annotated[bool, no_cache()]
Quiet: TypeAlias = Annotated[bool, quiet()]
LogFormat: TypeAlias = Annotated[Literal["text", "json"], log_format()]
