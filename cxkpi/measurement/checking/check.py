"""``cxkpi check``: is a catalogue right, and do its examples hold?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from cxkpi import __version__
from cxkpi.catalogue import outline
from cxkpi.catalogue.checks import blame
from cxkpi.catalogue.load import SHIPPED, Catalogue, parse, text_of
from cxkpi.documents import places
from cxkpi.documents.places import Document, sort_key
from cxkpi.engines.base import load as load_engine
from cxkpi.errors import CatalogueError, Place, Problem, UsageError, UserError, shortened
from cxkpi.kinds.definition import Example, Metric
from cxkpi.measurement.checking.checked import Checked, CheckedFile, Defined, Worked
from cxkpi.measurement.checking.examples import Bench, Difference
from cxkpi.measurement.checking.second_process import Fault, Key, Second

# While one thread waits for Polars, another can plan.
_THREADS = 2

Task = tuple[Key, Metric, Example]


def check(
    paths: Sequence[Path | None], *, examples: bool = True, strict: bool = False, second: Second | None = None
) -> Checked:
    """Check catalogues, None being the one that ships, and run their examples unless not wanted.

    ``second``: a second process that works examples of one of them, too.

    Raises:
        UsageError: A file is not there, or may not be read; with every such file.
    """
    found: list[CheckedFile] = []
    unread: list[Problem] = []
    for path in dict.fromkeys(paths):
        try:
            found.append(_checked(path, examples, second))
        except UsageError as error:
            unread.extend(error.problems)
    if unread:
        raise UsageError(*unread)
    return Checked(tuple(found), __version__, strict)


def _checked(path: Path | None, examples: bool, second: Second | None) -> CheckedFile:
    shown = SHIPPED if path is None else path.as_posix()
    text = ""
    try:
        # A pipe can be read but once.
        text = text_of(path)
        defined = parse(text, shown)
    except CatalogueError as error:
        document = places.read(text, shown)
        not_run = outline.examples(document) if examples else 0
        return CheckedFile(shown, error.problems, _metrics(document), not_run=not_run)
    # A file may have been written since the second process was told of it.
    answers = second.of(path, text) if second is not None else {}
    worked = tuple(run(defined, answers)) if examples else ()
    here = [metric for metric in defined.metrics.values() if metric.place is None or metric.place.file == shown]
    bases = [metric for metric in here if metric.variant is None]
    inherited = [metric for metric in defined.metrics.values() if metric.place and metric.place.file != shown]
    metrics = tuple(Defined(metric.name, metric.place or Place(defined.path)) for metric in bases)
    if defined.warnings or any(one.problem is not None for one in worked):
        document = places.read(text, shown)
        # What it takes away it does not define.
        metrics = tuple(one for one in _metrics(document) if (one.name, None) in defined.metrics)
        worked = tuple(_at_home(one, document) for one in worked)
    variants = sum(metric.variant is not None for metric in inherited)
    failed = [one.problem for one in worked if one.problem is not None]
    return CheckedFile(
        path=defined.path,
        problems=tuple(sorted((*defined.warnings, *failed), key=sort_key)),
        metrics=metrics,
        variants=len(here) - len(bases),
        examples=worked,
        inherited=(len(inherited) - variants, variants),
    )


def _metrics(document: Document) -> tuple[Defined, ...]:
    return tuple(Defined(name, place, until) for name, place, until in outline.metrics(document))


def _at_home(one: Worked, document: Document) -> Worked:
    """An example whose problem shows the line it begins on; of an extended one, the line that changed its metric."""
    if one.problem is None or one.place is None:
        return one
    if one.place.file != document.file:
        return replace(one, problem=blame.at_metric(one.problem, one.metric, document))
    return replace(one, problem=replace(one.problem, source=document.line(one.place)))


def run(defined: Catalogue, answers: Mapping[Key, Fault | None]) -> list[Worked]:
    """Every example of a catalogue, in order, each with what is wrong with it.

    ``answers``: what somebody else found of them, who may still be adding to it.
    """
    bench = bench_of(defined)

    def work(task: Task) -> Worked:
        key, metric, example = task
        if key in answers:
            return _worked(metric, example, answers[key])
        return worked(bench, metric, example)

    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(work, tasks(defined)))


def bench_of(defined: Catalogue) -> Bench:
    """Where the examples of a catalogue are run by ``check``."""
    return Bench(defined, load_engine("polars"))


def tasks(defined: Catalogue) -> list[Task]:
    """Every example of a catalogue, in order, with its key and its metric."""
    every = [(metric, example) for metric in defined.metrics.values() for example in metric.examples]
    return [(Key(at, metric.title, example.name), metric, example) for at, (metric, example) in enumerate(every)]


def worked(bench: Bench, metric: Metric, example: Example) -> Worked:
    """One example of a metric, run."""
    return _worked(metric, example, fault(bench, metric, example))


def fault(bench: Bench, metric: Metric, example: Example) -> Fault | None:
    """What is wrong with an example of a metric, by running it; None where it holds."""
    try:
        differences = bench.differences(metric, example)
    except UserError as error:
        # What a report would refuse, such as a day out of reach, is refused here in the same words.
        return Fault(f"cannot be run: {'; '.join(str(problem.message) for problem in error.problems)}")
    return Fault("does not hold", told(differences)) if differences else None


def _worked(metric: Metric, example: Example, found: Fault | None) -> Worked:
    problem = None
    if found is not None:
        message = f"{metric.title}: the example '{shortened(example.name, 80)}' {found.message}"
        problem = Problem("C506", shortened(message), example.place, found.hint)
    return Worked(metric.title, example.name, example.place, problem)


def told(differences: Sequence[Difference]) -> str:
    """What came out otherwise, as lines expected (``-``) and got (``+``), with what the row says about itself."""
    lines = ["expected (-) and got (+):"]
    where = None
    for one in differences:
        if one.where != where:
            where = one.where
            lines.append(f"  {shortened(where, 80)}")
        if one.field is None:
            lines.append("    + there is no such row")
            continue
        lines += [f"    - {one.field}: {_value(one.expected)}", f"    + {one.field}: {_value(one.got)}"]
    for reason in dict.fromkeys(one.reason for one in differences if one.reason is not None):
        lines.append(f"  reason: {reason}")
    lines += [f"  note: {note}" for note in dict.fromkeys(note for one in differences for note in one.notes)]
    return "\n".join(lines)


def _value(value: object) -> str:
    """A value as a catalogue would write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else shortened(str(value), 80)
