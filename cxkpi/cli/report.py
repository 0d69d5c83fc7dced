"""``cxkpi report``: measure, print, write, judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, freshness, gates, messages, options, output
from cxkpi.errors import EXIT_FINE, EXIT_INPUT, most_severe

if TYPE_CHECKING:
    from cxkpi.result import Result

WHAT, CUT, SHOW, SAFE, ENGINE = "What to measure", "How to cut it", "How to show it", "When to fail", "How to run it"


def report(
    paths: options.Paths = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            metavar="NAME",
            rich_help_panel=WHAT,
            show_default=False,
            help="A metric, [bold]aht[/], or a variant, [bold]fcr.within_30d[/]. Repeat, or join with commas. "
            "Default: the headline metrics of the catalogue.",
        ),
    ] = None,
    all_metrics: Annotated[
        bool, typer.Option("--all", metavar="", rich_help_panel=WHAT, help="Every metric of the catalogue.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIM=VALUE",
            rich_help_panel=WHAT,
            show_default=False,
            help="Only rows with this value, [bold]queue=Billing[/]. The same dimension twice means either.",
        ),
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option(
            "--catalogue",
            "-c",
            metavar="FILE",
            readable=False,
            rich_help_panel=WHAT,
            show_default=False,
            help="The YAML file that defines the metrics. Default: the one that comes with cxkpi.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIM",
            rich_help_panel=CUT,
            show_default=False,
            help="One line per value of a dimension: queue, channel, team, site, agent_id ... "
            "Repeat, or join with commas, for every combination.",
        ),
    ] = None,
    every: Annotated[
        Literal["day", "week", "month", "quarter", "year", "all"],
        typer.Option(rich_help_panel=CUT, help="Length of a period; [bold]all[/] is one period over everything."),
    ] = "month",
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", rich_help_panel=CUT, show_default=False, help="First day, 2026-01-01."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", rich_help_panel=CUT, show_default=False, help="First day that is left out."),
    ] = None,
    last: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            rich_help_panel=CUT,
            show_default=False,
            help="Only the newest N complete periods, and the running one.",
        ),
    ] = None,
    compare: Annotated[
        Literal["previous", "year", "none"],
        typer.Option(rich_help_panel=CUT, help="What change is against: the period before, or a year before."),
    ] = "previous",
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            rich_help_panel=CUT,
            show_default=False,
            help="Look at the data as it was then: a day (its end), or [bold]2026-06-30T18:00[/]. "
            "Default: its newest event.",
        ),
    ] = None,
    format_: Annotated[
        Literal["table", "json", "csv"] | None,
        typer.Option(
            "--format",
            "-f",
            rich_help_panel=SHOW,
            show_default=False,
            help="What to print. Default: table, or nothing with --output.",
        ),
    ] = None,
    output_: Annotated[
        list[Path] | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            rich_help_panel=SHOW,
            show_default=False,
            help="Write a file; its name ends in .json or .csv. Repeat for several.",
        ),
    ] = None,
    show_values: Annotated[
        bool,
        typer.Option(
            "--show-values",
            metavar="",
            rich_help_panel=SHOW,
            help="Print agent and customer ids, names and free text, which are hidden otherwise.",
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", metavar="", rich_help_panel=SHOW, help="No notes and no progress; errors only."),
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="missed|alarm|rejects",
            rich_help_panel=SAFE,
            show_default=False,
            help="Exit with 1 if in a printed line the newest judged period missed its target, or is beyond its alarm, "
            "or if records were rejected. Repeatable.",
        ),
    ] = None,
    max_rejects: Annotated[
        str | None,
        typer.Option(
            "--max-rejects",
            metavar="LIMIT",
            rich_help_panel=SAFE,
            show_default=False,
            help="Exit with 3, and print nothing, if more records are rejected: [bold]1%[/] of them, or a number.",
        ),
    ] = None,
    max_age: Annotated[
        str | None,
        typer.Option(
            "--max-age",
            metavar="TIME",
            rich_help_panel=SAFE,
            show_default=False,
            help="Exit with 4 if the newest event of all files is older than that now: [bold]26h[/], [bold]8d[/].",
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=SAFE,
            show_default=False,
            help="Write every rejected record with file, line and reason as CSV, readable by you only.",
        ),
    ] = None,
    profile: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=ENGINE,
            show_default=False,
            help="A profile that describes a file layout cxkpi does not know, or a folder of them. Repeatable.",
        ),
    ] = None,
    engine: Annotated[
        Literal["polars", "duckdb"],
        typer.Option(
            rich_help_panel=ENGINE, help="What computes; the numbers are the same. [bold]duckdb[/] must be installed."
        ),
    ] = "polars",
    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache",
            metavar="",
            rich_help_panel=ENGINE,
            help="Read every file anew, and keep nothing of it for the next time.",
        ),
    ] = False,
) -> int:
    """Measure KPIs from export files, and print one table of them.

    Each file is recognised by its content. The table shows for every metric the newest month that is over and can be
    judged: its value, whether the target is met, the change, how many records it rests on, and how far chance could
    move it.

    [bold]Examples[/]

      cxkpi report sample_data
      cxkpi report exports/ --by queue --last 3
      cxkpi report exports/ -m aht,fcr --every week --since 2026-05-01
      cxkpi report exports/ -o kpis.json -o kpis.csv --fail-on missed

    Beside the data a [bold]cxkpi.yaml[/] may say what to read, how, and what to write; then [bold]cxkpi report[/] is
    enough.
    """
    from cxkpi.measurement import run_file

    failing = arguments.chosen("--fail-on", fail_on or (), gates.GATES)
    limit = arguments.limit(max_rejects)
    meant = run_file.find(paths or [])
    asked = output_ or (() if format_ is not None else meant.outputs)
    outputs = arguments.outputs(asked)
    ages = freshness.limits(max_age, meant.ages)
    first, end = arguments.day("--since", since), arguments.day("--until", until)
    arguments.span(first, end)
    conditions = arguments.conditions(only or ())
    metrics, dimensions = arguments.metrics(metric or (), all_metrics), arguments.named("--by", by or ())
    newest = arguments.newest(last)
    arguments.readable(meant.paths)
    written = [*(path for path, _ in outputs), *([rejects] if rejects is not None else [])]
    arguments.apart(written)
    given = [catalogue or meant.catalogue, meant.file]
    read = [*meant.paths, *(path for path in given if path is not None), *(profile or ()), *meant.profiles]
    arguments.not_an_input(written, read)
    for path in () if output_ or format_ is not None else meant.outputs:
        output.make_folder(path.parent)

    import cxkpi
    from cxkpi.result import NothingMeasuredError

    try:
        with messages.progress(f"Measuring {', '.join(map(str, meant.paths))} …", quiet=quiet) as progress:
            result = cxkpi.measure(
                paths or (),
                catalogue=catalogue,
                metrics=metrics,
                all_metrics=all_metrics,
                every=every,
                by=dimensions,
                since=first,
                until=end,
                last=newest,
                only=conditions or None,
                compare=compare,
                as_of=as_of,
                profiles=tuple(profile or ()),
                engine=engine,
                cache=not no_cache,
                progress=progress,
            )
    except NothingMeasuredError as nothing:
        if rejects is not None:
            arguments.not_an_input(written, read, [entry.path for entry in nothing.files])
            output.write_rejects(rejects, nothing.rejects)
        raise
    arguments.not_an_input(written, read, [entry.path for entry in result.files])
    if rejects is not None:
        output.write_rejects(rejects, result.rejects)
    try:
        arguments.check_limit(limit, result.files)
        for path, kind in outputs:
            output.write_file(path, _text(result, kind))
        if format_ is not None or not outputs:
            _print(result, format_ or "table", show_values)
    finally:
        if not quiet:
            messages.rejects(result.rejects, result.files, show_values=show_values)
            messages.notes([*result.notes, *_nothing_before(result, compare)])
    for problem in result.absent:
        messages.say(str(problem))
    return most_severe(
        [
            EXIT_INPUT if result.absent else EXIT_FINE,
            gates.check(failing, result, show_values),
            freshness.check(ages, result.newest),
        ]
    )


def _text(result: Result, kind: str) -> str:
    from cxkpi.reports import delimited, json

    return json.render(result) if kind == "json" else delimited.render(result)


def _print(result: Result, kind: str, show_values: bool) -> None:
    if kind != "table":
        output.print_text(_text(result, kind))
        return
    from cxkpi.reports import terminal

    width = output.terminal_width()
    page = terminal.render(result, width=width, unicode=output.shows_unicode(), show_values=show_values)
    output.print_rich(page, width)


def _nothing_before(result: Result, compare: str) -> list[str]:
    """Says so where a year was to be compared with, and no figure reaches that far back."""
    if compare != "year" or not result.rows or any(row.change is not None for row in result.rows):
        return []
    return ["there is no figure a year before to compare with."]
