"""The program ``cxkpi``: its commands, and what each way to end means for the exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from cxkpi import __version__
from cxkpi.cli import messages
from cxkpi.cli.demo import demo
from cxkpi.cli.report import report
from cxkpi.cli.tables import tables
from cxkpi.errors import EXIT_FINE, EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_OUTPUT, EXIT_USAGE, UserError


class _Root(TyperGroup):
    """The root's flags are False until given: a flag left None goes through pydantic, which then has to be imported."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = list(super().get_params(ctx))
        for param in params:
            if getattr(param, "is_bool_flag", False) and param.default is None:
                param.default = False
        return params


app = typer.Typer(
    name="cxkpi",
    cls=_Root,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cxkpi {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", metavar="", callback=_version, is_eager=True, help="Print the version and exit."),
    ] = False,
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
        with redirect_stdout(sys.stderr):
            typer.echo(context.get_help())
        raise typer.Exit(EXIT_USAGE)


app.command()(report)
app.command()(tables)
app.command()(demo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; ``argv`` is what was typed after ``cxkpi``, by default of this process.

    A person's mistake is a paragraph on stderr and the code of its kind. Anything else that goes wrong is ours: a
    traceback, and 70.
    """
    try:
        code = app(args=None if argv is None else list(argv), prog_name="cxkpi", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else EXIT_FINE
    except UserError as error:
        messages.problems(error)
        return error.exit_code
    except TyperException as error:
        messages.say(_usage(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return EXIT_INTERRUPTED
    except (messages.ReaderGone, BrokenPipeError):
        return EXIT_OUTPUT
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_FINE
    except Exception:
        traceback.print_exc()
        messages.say("This is a fault of cxkpi, not yours. Please report it with the lines above.")
        return EXIT_INTERNAL


def main_exit() -> NoReturn:
    """The console script."""
    code = main()
    if code == EXIT_OUTPUT:
        _forget_output()
    sys.exit(code)


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "cxkpi"
    message = error.format_message().replace("Value error, ", "").rstrip(". ")
    return f"error[U100]: {message}. Try '{command} --help'."


def _forget_output() -> None:
    """Nobody reads stdout any more, so that flushing it at exit would fail once more, with a message."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
