"""The program ``cxkpi``: what each way to end means for the exit code.

Imports next to nothing, so that an interrupt in the first moments, while libraries are loaded, ends like any other.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from cxkpi.cli import streams
from cxkpi.errors import (
    EXIT_FINE,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_OUTPUT,
    UserError,
    sentence,
)

MEMORY = ("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000,muzzy_decay_ms:-1")
"""What tells the memory manager of Polars, which asks once, when it is loaded, to keep what is freed for ten seconds.

Blocks of a file follow one another: memory that is handed back and asked for again costs a twentieth of the time.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; ``argv`` is what was typed after ``cxkpi``, by default of this process.

    A person's mistake is a paragraph on stderr and the code of its kind. Anything else that goes wrong is ours: a
    traceback, and 70.
    """
    with streams.usable():
        try:
            return _run(argv)
        except KeyboardInterrupt:
            return EXIT_INTERRUPTED
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else EXIT_FINE
        except Exception as error:
            return _failed(error)


def main_exit() -> NoReturn:
    """The console script."""
    streams.hold()
    os.environ.setdefault(*MEMORY)
    # A run that is told to stop, or whose terminal is closed, cleans up behind it, as one that is interrupted does.
    signal.signal(signal.SIGTERM, _stop)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        # It is ignored under nohup, and stays so.
        signal.signal(signal.SIGHUP, _stop)
    code = main()
    streams.settle()
    sys.exit(code)


def _stop(number: int, _: object) -> NoReturn:
    raise SystemExit(128 + number)


def _run(argv: Sequence[str] | None) -> int:
    if asked := os.environ.get("_CXKPI_COMPLETE"):
        from cxkpi.cli.completion import answer

        return answer.answer(asked)
    from cxkpi.cli import messages

    messages.choose(sys.argv[1:] if argv is None else argv)
    from cxkpi.cli.commands import app

    code = app(args=None if argv is None else list(argv), prog_name="cxkpi", standalone_mode=False)
    sys.stdout.flush()
    return code if isinstance(code, int) else EXIT_FINE


def _failed(error: Exception) -> int:
    """Say what went wrong, and which exit code that is."""
    import typer
    from typer.exceptions import TyperException

    from cxkpi.cli import messages

    match error:
        case UserError():
            messages.problems(error)
            return error.exit_code
        case TyperException():
            message = _usage(error)
            messages.say(f"error[U100]: {message}", "error", code="U100", message=message)
            return error.exit_code
        case typer.Abort():
            return EXIT_INTERRUPTED
        case streams.ReaderGone() | BrokenPipeError():
            return EXIT_OUTPUT
        case _:
            import traceback

            messages.fault("".join(traceback.format_exception(error)), "This is a fault of cxkpi, not yours.")
            return EXIT_INTERNAL


def _usage(error: Any) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "cxkpi"
    message = error.format_message().replace("Value error, ", "").strip()
    return f"{sentence(message)} Try '{command} --help'."
