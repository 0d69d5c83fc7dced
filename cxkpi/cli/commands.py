"""The program's commands as Typer knows them, and how their help is set."""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import redirect_stdout, suppress
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from cxkpi import __version__
from cxkpi.cli import arguments, messages
from cxkpi.cli.adopt import adopt
from cxkpi.cli.cache import cache
from cxkpi.cli.check import check
from cxkpi.cli.completion import candidates, shells
from cxkpi.cli.demo import demo
from cxkpi.cli.diff import diff
from cxkpi.cli.doctor import doctor
from cxkpi.cli.init import init
from cxkpi.cli.metrics import metrics
from cxkpi.cli.report import report
from cxkpi.cli.schema import schema
from cxkpi.cli.tables import tables
from cxkpi.cli.verify import verify
from cxkpi.errors import EXIT_USAGE


def _no_type(ctx: object) -> None:
    """What is shown of an argument's type: its name says what it is."""


def _in_words(params: list[Any]) -> list[Any]:
    """Parameters without the names of Python types beside them."""
    for param in params:
        if param.param_type_name == "argument":
            param.display_type_rich = _no_type
        elif param.is_flag and param.metavar is None:
            param.metavar = ""
        # A flag left None goes through pydantic, which then has to be imported.
        if getattr(param, "is_bool_flag", False) and param.default is None:
            param.default = False
    return params


def _flowing(text: str) -> str:
    """A docstring whose paragraphs flow; indented lines stay lines."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(part if part.startswith(" ") else part.replace("\n", " ") for part in paragraphs)


def _colour_on_terminals_only() -> None:
    # Typer forces escape codes into pipes where it finds itself in a build.
    from typer import rich_utils

    rich_utils.FORCE_TERMINAL = sys.stdout.isatty()


class _Command(TyperCommand):
    def __init__(self, *args: Any, help: str | None = None, **settings: Any) -> None:
        super().__init__(*args, help=None if help is None else _flowing(help), **settings)

    def get_params(self, ctx: Any) -> list[Any]:
        return _in_words(list(super().get_params(ctx)))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _colour_on_terminals_only()
        super().format_help(ctx, formatter)


def _light_where_left_out(param: Any) -> Any:
    """An option that is not typed does not go through pydantic, which then has to be imported."""
    process = type(param).process_value
    param.process_value = lambda ctx, value: process(param, ctx, value) if value else value
    return param


class _Root(TyperGroup):
    def get_params(self, ctx: Any) -> list[Any]:
        params = _in_words(list(super().get_params(ctx)))
        return [_light_where_left_out(param) if param.name == "show_completion" else param for param in params]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _colour_on_terminals_only()
        super().format_help(ctx, formatter)


app = typer.Typer(
    name="cxkpi",
    cls=_Root,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        messages.write(sys.stdout, f"cxkpi {__version__}\n")
        raise typer.Exit


def _install_completion(wanted: bool) -> None:
    if wanted:
        shell = shells.current()
        written = " and ".join(map(str, shells.install(shell, os.environ)))
        messages.write(sys.stdout, f"Completion for {shell} is in {written}; it works in shells started from now on.\n")
        raise typer.Exit


def _show_completion(shell: str) -> None:
    if shell:
        arguments.chosen("--show-completion", [shell], list(shells.SCRIPTS))
        messages.write(sys.stdout, shells.SCRIPTS[cast(shells.Shell, shell)])
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
    install_completion: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            metavar="",
            callback=_install_completion,
            is_eager=True,
            help="Have this shell complete commands, metrics, dimensions and their values.",
        ),
    ] = False,
    show_completion: Annotated[
        str,
        typer.Option(
            "--show-completion",
            metavar="bash|zsh|fish",
            callback=_show_completion,
            is_eager=True,
            show_default=False,
            autocompletion=candidates.shells,
            help="Print the script that does so, to install it by hand.",
        ),
    ] = "",
) -> None:
    """Contact-centre KPIs that hold up, from the exports you already have.

    [bold]Examples[/]

    A centre's exports to try it on, and its six headline KPIs:

      cxkpi demo centre
      cxkpi report centre

    Everything a report can do:

      cxkpi report --help
    """
    if context.invoked_subcommand is None:
        with redirect_stdout(sys.stderr), suppress(OSError, ValueError):
            typer.echo(context.get_help())
        raise typer.Exit(EXIT_USAGE)


for command in (init, report, doctor, metrics, check, diff, schema, adopt, tables, demo, cache, verify):
    app.command(cls=_Command)(command)
