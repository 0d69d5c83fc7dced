"""``cxkpi metrics``: what is defined, one definition in full, and which of them exports allow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, messages, options, output
from cxkpi.errors import EXIT_FINE, EXIT_INPUT, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxkpi.catalogue.load import Catalogue
    from cxkpi.catalogue.meaning.words import Card
    from cxkpi.measurement.checking.allowed import Allowance


def metrics(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH",
            readable=False,
            show_default=False,
            help="Export files, or folders of them: say which metrics they allow.",
        ),
    ] = None,
    metric: Annotated[
        list[str] | None,
        options.metric(
            "Show a metric, [bold]aht[/], or a variant, [bold]fcr.within_30d[/], in full. Repeat, or join with commas."
        ),
    ] = None,
    format_: Annotated[
        Literal["table", "json", "markdown"],
        typer.Option(
            "--format", "-f", help="What to print; [bold]json[/] says everything, [bold]markdown[/] is a page of all."
        ),
    ] = "table",
    catalogue: options.Catalogue = None,
    dialect: options.Dialect = None,
    profile: options.Profiles = None,
    no_cache: options.NoCache = False,
    quiet: options.Quiet = False,
) -> int:
    """List the metrics of a catalogue, show one in full, or say which ones exports allow.

    In full is: why it matters, its formula in words, where it comes from, its parameters and variants, the columns it
    needs, and its worked examples. With exports it is said which metrics they allow, which columns each other one
    lacks, and which exports of known systems give them. Exit code 3 if a metric named by -m cannot be computed.

    [bold]Examples[/]

      cxkpi metrics
      cxkpi metrics -m fcr
      cxkpi metrics exports/
    """
    names = arguments.named("--metric", metric or ())
    arguments.readable(paths or ())

    from cxkpi.catalogue.meaning.words import card
    from cxkpi.measurement.run import choose, titles

    defined = _catalogue(arguments.catalogue(catalogue, dialect), paths)
    every = titles(defined)
    chosen = choose(defined, names, True) if names else list(every.values())
    allowed: Mapping[str, Allowance] | None = None
    if paths:
        from cxkpi.measurement.checking.possible import possible

        with messages.progress(f"Reading {', '.join(map(str, paths))} …", quiet=quiet) as progress:
            allowed, notes = possible(defined, paths, profiles=profile or (), cache=not no_cache, progress=progress)
        if not quiet:
            messages.notes(notes)
    cards = [card(one, every, defined.tables, defined.fields) for one in chosen]
    if format_ == "json":
        from cxkpi.reports import definitions_json

        output.print_text(definitions_json.render(defined.path, defined.hash, cards, allowed))
    elif format_ == "markdown":
        from cxkpi.reports import definitions_markdown

        output.print_text(definitions_markdown.render(cards, defined.path))
    else:
        _print(cards, allowed, full=bool(names))
    return _impossible(names, allowed)


def _catalogue(given: Path | None, paths: Sequence[Path] | None) -> Catalogue:
    from cxkpi.catalogue.load import load

    if given is not None:
        return load(given)
    if not paths:
        return load(arguments.catalogue_in_use())
    from cxkpi.measurement import run_file

    return load(run_file.find(paths).catalogue)


def _print(cards: Sequence[Card], allowed: Mapping[str, Allowance] | None, *, full: bool) -> None:
    from rich.console import Group, RenderableType
    from rich.text import Text

    from cxkpi.reports.terminal import definitions as page

    width, unicode = output.terminal_width(), output.shows_unicode()
    parts: list[RenderableType] = []
    if full:
        for one in cards:
            allowance = None if allowed is None else allowed[one.metric.title]
            parts += [*([Text()] if parts else []), page.render_card(one, allowance, width=width, unicode=unicode)]
    elif allowed is not None:
        parts.append(page.render_allowed(cards, allowed, unicode=unicode))
    else:
        parts.append(page.render_list(cards, width=width, unicode=unicode))
    output.print_rich(Group(*parts), width)


def _impossible(names: Sequence[str], allowed: Mapping[str, Allowance] | None) -> int:
    """A metric somebody asked for by name and that cannot be computed makes the input unusable for it."""
    code = EXIT_FINE
    for one in () if allowed is None else (allowed[name] for name in names):
        if not one.computable:
            hint = "Add the file that holds it, or leave the metric out."
            messages.say(str(Problem("I016", f"{one.title} cannot be computed: {one.why}.", None, hint)))
            code = EXIT_INPUT
    return code
