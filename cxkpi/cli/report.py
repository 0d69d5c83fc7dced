"""``cxkpi report``: measure, print, write, judge."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxkpi.cli import arguments, browser, freshness, gates, messages, options, output, outputs, recording
from cxkpi.cli.completion import candidates
from cxkpi.errors import EXIT_FINE, EXIT_INPUT, UserError, most_severe
from cxkpi.reports.many_files import noted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxkpi.result import Reject, Result

WHAT, CUT, SHOW, SAFE, ENGINE = "What to measure", "How to cut it", "How to show it", "When to fail", "How to run it"


def report(
    context: typer.Context,
    paths: options.Paths = None,
    metric: Annotated[
        list[str] | None,
        options.metric(
            "A metric, [bold]aht[/], or a variant, [bold]fcr.within_30d[/]. Repeat, or join with commas. Default: the "
            "headline metrics of the catalogue.",
            panel=WHAT,
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
            autocompletion=candidates.conditions,
            help="Only rows with this value, [bold]queue=Billing[/]. The same dimension twice means either.",
        ),
    ] = None,
    catalogue: Annotated[
        Path | None,
        options.catalogue(
            "The YAML file that defines the metrics. Default: the one that comes with cxkpi.", panel=WHAT
        ),
    ] = None,
    dialect: Annotated[str | None, options.dialect(panel=WHAT)] = None,
    by: Annotated[
        list[str] | None,
        options.by(
            "One line per value of a dimension: queue, channel, team, site, agent_id ... "
            "Repeat, or join with commas, for every combination.",
            panel=CUT,
        ),
    ] = None,
    every: Annotated[
        options.Period, options.every("Length of a period; [bold]all[/] is one period over everything.", panel=CUT)
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
        outputs.Printed | None,
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
            autocompletion=candidates.outputs,
            help="Write a file; the end of its name chooses what: .html .xlsx .md .csv .json .parquet .prom, or .pdf "
            "where Chromium is installed. Repeat for several.",
        ),
    ] = None,
    locale: Annotated[
        outputs.Locale,
        typer.Option(
            rich_help_panel=SHOW,
            help="How CSV is written: [bold]de[/] has semicolons and decimal commas, as a German spreadsheet expects.",
        ),
    ] = "en",
    open_: Annotated[
        bool,
        typer.Option(
            "--open",
            metavar="",
            rich_help_panel=SHOW,
            help="Show the page in the browser: the .html of --output, else one in a private folder of its own.",
        ),
    ] = False,
    show_values: Annotated[
        bool,
        options.show_values(
            "Print agent and customer ids, names and free text, which are hidden otherwise.", panel=SHOW
        ),
    ] = False,
    pseudonyms: Annotated[
        Path | None,
        typer.Option(
            metavar="KEYFILE",
            rich_help_panel=SHOW,
            show_default=False,
            help="Call people by aliases such as agent-7KQ2FX everywhere, the same ones for the same key.",
        ),
    ] = None,
    quiet: Annotated[
        bool,
        options.quiet(
            "No notes, no summary and no progress: nothing on stderr unless the exit code is not 0.", panel=SHOW
        ),
    ] = False,
    log_format: Annotated[Literal["text", "json"], options.log_format(panel=SHOW)] = "text",
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="missed|alarm|rejects|stale|restated",
            rich_help_panel=SAFE,
            show_default=False,
            autocompletion=candidates.gates,
            help="Exit with 1 if in a printed line the newest judged period missed its target, or is beyond its alarm, "
            "if records were rejected, or if figures differ from the run of --against; with 4 if the data are older "
            "than --max-age or cxkpi.yaml allows. Repeatable.",
        ),
    ] = None,
    max_rejects: Annotated[str | None, options.max_rejects("print nothing", panel=SAFE)] = None,
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
    rejects: Annotated[Path | None, options.rejects(panel=SAFE)] = None,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=SAFE,
            show_default=False,
            autocompletion=candidates.json_files,
            help="Record the run: inputs, catalogue, versions and outputs, all by hash. [bold]cxkpi verify[/] proves "
            "it.",
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="MANIFEST",
            rich_help_panel=SAFE,
            show_default=False,
            autocompletion=candidates.json_files,
            help="Say which figures of past periods are not what they were in that run, and why.",
        ),
    ] = None,
    leave_out: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=ENGINE,
            show_default=False,
            help="A file not to read although a folder holds it. Repeatable.",
        ),
    ] = None,
    profile: Annotated[list[Path] | None, options.profile(panel=ENGINE)] = None,
    engine: Annotated[
        Literal["polars", "duckdb"],
        typer.Option(
            rich_help_panel=ENGINE, help="What computes; the numbers are the same. [bold]duckdb[/] must be installed."
        ),
    ] = "polars",
    no_cache: Annotated[bool, options.no_cache(panel=ENGINE)] = False,
) -> int:
    """Measure KPIs from export files, and print one table of them.

    Each file is recognised by its content. The table shows for every metric the newest month that is over and can be
    judged: its value, whether the target is met, the change, how many records it rests on, and how far chance could
    move it.

    [bold]Examples[/]

      cxkpi report sample_data
      cxkpi report exports/ --by queue --last 3
      cxkpi report exports/ -m aht,fcr --every week --since 2026-05-01
      cxkpi report exports/ -o kpis.html -o kpis.xlsx --fail-on missed
      cxkpi report exports/ -o kpis.html --open
      cxkpi report exports/ -o kpis.html --manifest run.json --max-age 26h

    Beside the data a [bold]cxkpi.yaml[/] may say what to read, how, and what to write; then [bold]cxkpi report[/] is
    enough.
    """
    from cxkpi.measurement import run_file

    failing = arguments.chosen("--fail-on", fail_on or (), gates.GATES)
    limit = arguments.limit(max_rejects)
    catalogue = arguments.catalogue(catalogue, dialect)
    meant = run_file.find(paths or [])
    asked = output_ or (() if format_ is not None else meant.outputs)
    files = arguments.outputs(asked, outputs.EXTENSIONS)
    outputs.ready(files)
    ages = freshness.limits(max_age, meant.ages)
    gates.ready(failing, ages, against)
    # What is typed to have a look at is not the run that the run file records.
    place = manifest or (None if output_ or format_ is not None else meant.manifest)
    key_file = pseudonyms or meant.pseudonyms
    first, end = arguments.day("--since", since), arguments.day("--until", until)
    arguments.span(first, end)
    conditions = arguments.conditions(only or ())
    metrics, dimensions = arguments.metrics(metric or (), all_metrics), arguments.named("--by", by or ())
    newest = arguments.newest(last)
    arguments.readable(meant.paths)
    written = [*(path for path, _ in files), *(path for path in (rejects, place) if path is not None)]
    arguments.apart(written)
    given = [catalogue or meant.catalogue, meant.file, against, key_file]
    read = [*arguments.inputs(meant, leave_out or ()), *(path for path in given if path is not None)]
    arguments.not_an_input(written, [*read, *(profile or ()), *meant.profiles])
    for path in () if output_ or format_ is not None else meant.outputs:
        output.make_folder(path.parent)
    if manifest is None and place is not None:
        output.make_folder(place.parent)
    key = recording.key(key_file, quiet=quiet)
    run = recording.Recording(
        context,
        meant,
        manifest=place,
        against=against,
        catalogue=catalogue,
        profiles=profile or (),
        leave_out=leave_out or (),
        engine=engine,
        key=key,
        key_file=key_file,
    )

    import cxkpi
    from cxkpi.reports import pseudonyms as names
    from cxkpi.reports import summary
    from cxkpi.result import NothingMeasuredError

    def measured(moment: str | None, last: int | None, progress: messages.Progress | None) -> Result:
        found = cxkpi.measure(
            paths or (),
            catalogue=run.catalogue(catalogue),
            metrics=metrics,
            all_metrics=all_metrics,
            every=every,
            by=dimensions,
            since=first,
            until=end,
            last=last,
            only=conditions or None,
            compare=compare,
            as_of=moment,
            profiles=tuple(profile or ()),
            engine=engine,
            cache=not no_cache,
            leave_out=tuple(leave_out or ()),
            # Only the table has room to say what else missed its target.
            further=format_ == "table" or (format_ is None and not files),
            progress=progress,
        )
        return names.applied(found, key)

    try:
        with messages.progress(f"Measuring {', '.join(map(str, meant.paths))} …", quiet=quiet) as progress:
            result = measured(as_of, newest, progress)
            result = run.seen(result, lambda moment: measured(moment, None, progress))
    except NothingMeasuredError as nothing:
        _rejects_alone(rejects, nothing.rejects, place)
        raise
    failed: list[UserError] = []
    try:
        with _gathered(failed):
            arguments.check_limit(limit, result.files)
        if failed:
            with _gathered(failed):
                _rejects_alone(rejects, result.rejects, place)
        else:
            with _gathered(failed):
                with output.together() as ready:
                    for path, kind in files:
                        ready.add(path, outputs.render(result, kind, show_values=show_values, locale=locale))
                    kinds = [kind for _, kind in files]
                    if rejects is not None:
                        ready.add_rejects(rejects, result.rejects)
                        kinds.append("rejects")
                    run.add(ready, kinds, result)
                    ready.appear(last=place)
                if format_ is not None or not files:
                    _print(result, format_ or "table", show_values, locale)
                if open_:
                    page = next((path for path, kind in files if kind == "html"), None)
                    shown = page or browser.private(outputs.render(result, "html", show_values=show_values))
                    browser.show(shown, quiet=quiet)
    finally:
        if not quiet:
            messages.rejects(result.rejects, result.files, show_values=show_values)
            restated = summary.restated(result, show_values)
            said = noted(result.notes, result.files)
            messages.notes([*result.aside, *said, *_nothing_before(result, compare), *restated])
    for error in failed:
        messages.problems(error)
    for problem in result.absent:
        messages.problem(problem)
    code = most_severe(
        [
            *(error.exit_code for error in failed),
            EXIT_INPUT if result.absent else EXIT_FINE,
            gates.check(failing, result, show_values),
            freshness.check(ages, result.newest),
        ]
    )
    if files and format_ is None and not failed and (code or not quiet):
        messages.say(summary.line(result, written, show_values=show_values))
    return code


@contextmanager
def _gathered(failed: list[UserError]) -> Iterator[None]:
    """Keep what goes wrong for later, so that it does not hide what else is to be said."""
    try:
        yield
    except UserError as error:
        failed.append(error)


def _rejects_alone(rejects: Path | None, rows: Sequence[Reject], manifest: Path | None) -> None:
    """Rejected records where nothing else is written, because they tell why; not what a manifest may speak of."""
    if rejects is None:
        return
    if manifest is None:
        output.write_rejects(rejects, rows)
        return
    messages.notes([f"{rejects} was not written: with a manifest all files of a run appear, or none; run it without."])


def _print(result: Result, kind: str, show_values: bool, locale: outputs.Locale) -> None:
    if kind != "table":
        output.print_text(outputs.render(result, kind, show_values=show_values, locale=locale))
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
