"""``cxkpi check``: problems as compilers print them, then a line that adds them up."""

from __future__ import annotations

from dataclasses import replace

from cxkpi.errors import Problem
from cxkpi.measurement.checking.checked import Checked, CheckedFile
from cxkpi.reports.checked.safe import plain
from cxkpi.reports.figures import counted


def render(checked: Checked, *, quiet: bool = False) -> str:
    """Problems file by file, each with its line and a caret, and one line about each file unless ``quiet``."""
    paragraphs = [plain(str(_on_one_line(problem))) for problem in checked.problems()]
    summaries = [] if quiet else [plain(summary(file).replace("\n", "?")) for file in checked.files]
    return "".join(f"{line}\n" for line in (*paragraphs, *summaries))


def _on_one_line(problem: Problem) -> Problem:
    """A problem of a file whose name has line breaks, which would look like lines of their own."""
    if problem.place is None or "\n" not in problem.place.file:
        return problem
    return replace(problem, place=replace(problem.place, file=problem.place.file.replace("\n", "?")))


def summary(file: CheckedFile) -> str:
    """One line about a file: how much it defines, and how much of that is wrong."""
    held = sum(one.problem is None for one in file.examples)
    if file.errors and not file.examples:
        waiting = "its example was" if file.not_run == 1 else f"its {file.not_run:,} examples were"
        left = f"; {waiting} not run, as the catalogue has to be right first" if file.not_run else ""
        return f"{file.path}: {counted(file.errors, 'error')}{left}"
    metrics, variants = file.inherited
    parts = _defined(len(file.metrics), file.variants)
    if metrics or variants:
        whole = _defined(len(file.metrics) + metrics, file.variants + variants)
        parts[-1] += f"; with what it extends {whole[0]}"
        parts += whole[1:]
    if held == len(file.examples):
        if held:
            parts.append(f"{counted(held, 'example')} {'holds' if held == 1 else 'hold'}")
    else:
        parts.append(f"{held} of {counted(len(file.examples), 'example')} hold")
    if file.warnings:
        parts.append(counted(file.warnings, "warning"))
    return f"{file.path}: {', '.join(parts)}"


def _defined(metrics: int, variants: int) -> list[str]:
    return [counted(metrics, "metric"), *([counted(variants, "variant")] if variants else [])]
