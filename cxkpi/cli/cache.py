"""``cxkpi cache``: what is kept of files read before, and clearing it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from cxkpi.cli import messages, output
from cxkpi.errors import EXIT_FINE, OutputError, Place, Problem

_UNITS = ("bytes", "kB", "MB", "GB")


def cache(
    clear: Annotated[bool, typer.Option("--clear", metavar="", help="Delete everything that is kept.")] = False,
    format_: Annotated[
        Literal["table", "json"], typer.Option("--format", "-f", help="How to list what is kept.")
    ] = "table",
) -> int:
    """Show what is kept of files read before, or clear it.

    A file that was read once is kept as Parquet, so that the next run parses only what is new. What is kept depends on
    the file's bytes, its profile and the version of the reader, never on its date; clearing it costs time and nothing
    else. What no run has asked for in 60 days goes by itself. [bold]CXKPI_CACHE[/] names another place for it.

    [bold]Examples[/]

      cxkpi cache
      cxkpi cache --clear
    """
    from cxkpi.exports.cache import Cache, default_folder

    folder = default_folder()
    kept = Cache(folder)
    if clear:
        before = kept.entries()
        kept.clear()
        left = {entry.key for entry in kept.entries()}
        gone = [entry for entry in before if entry.key not in left]
        messages.say(f"{_files(len(gone))} cleared from {folder}, {_size(sum(entry.size for entry in gone))}.")
        if left:
            message = f"{_files(len(left))} could not be cleared."
            raise OutputError(Problem("O104", message, Place(str(folder)), "Ask the owner of the folder."))
        return EXIT_FINE
    entries = sorted(kept.entries(), key=lambda entry: (entry.shown, entry.key))
    if format_ == "json":
        import json

        rows = [
            {"file": e.shown, "bytes": e.size, "made": e.made.isoformat(), "used": e.used.isoformat(), "key": e.key}
            for e in entries
        ]
        output.print_text(json.dumps({"format": 1, "folder": str(folder), "entries": rows}, indent=2) + "\n")
        return EXIT_FINE
    width = max((len(entry.shown) for entry in entries), default=0)
    lines = [f"{entry.shown:<{width}}  {_size(entry.size):>10}  {entry.made:%Y-%m-%d %H:%M}" for entry in entries]
    total = _size(sum(entry.size for entry in entries))
    output.print_text("".join(f"{line}\n" for line in [*lines, f"{_files(len(entries))}, {total}, in {folder}"]))
    return EXIT_FINE


def _files(count: int) -> str:
    return f"{count:,} {'file' if count == 1 else 'files'}"


def _size(size: float) -> str:
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    raise AssertionError
