"""``cxkpi check``: problems as compilers print them, then a line that adds them up."""

from __future__ import annotations

from cxkpi.measurement.checked import Checked, CheckedFile
from cxkpi.reports.checked.safe import plain


def render(checked: Checked, *, quiet: bool = False) -> str:
    """Problems file by file, each with its line and a caret, and one line about each file unless ``quiet``."""
    paragraphs = [plain(str(problem)) for problem in checked.problems()]
    summaries = [] if quiet else [plain(summary(file)) for file in checked.files]
    return "".join(f"{line}\n" for line in (*paragraphs, *summaries))


def summary(file: CheckedFile) -> str:
    """One line about a file: how much it defines, and how much of that is wrong."""
    held = sum(one.problem is None for one in file.examples)
    if file.errors and not file.examples:
        return f"{file.path}: {_counted(file.errors, 'error')}"
    parts = [_counted(len(file.metrics), "metric")]
    if file.variants:
        parts.append(_counted(file.variants, "variant"))
    if held == len(file.examples):
        if held:
            parts.append(f"{_counted(held, 'example')} {'holds' if held == 1 else 'hold'}")
    else:
        parts.append(f"{held} of {_counted(len(file.examples), 'example')} hold")
    if file.warnings:
        parts.append(_counted(file.warnings, "warning"))
    return f"{file.path}: {', '.join(parts)}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
