"""What the figures of a report are of, where ``--only`` left something out: in the same words in every report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cxkpi.reports.page import shortened
from cxkpi.reports.reading import aliases
from cxkpi.result import Result

_MOST, _LONGEST = 12, 80
# What would be read as several values, or as another part of the sentence.
_ODD = re.compile(r"""^$|^["'\s]|["'\s]$| (?:or|and) |[=,;·|]|^(?:\(blank\)|\d+ more)$""")


def selection(result: Result, *, show_values: bool = False) -> str:
    """``only queue = Billing or Sales and channel = voice``; empty where nothing is left out.

    Values that identify somebody are numbered as in the rest of the report.
    """
    if not result.only:
        return ""
    hidden = aliases(result, show_values=show_values)
    told = [
        f"{shortened(name, _LONGEST)} = {_either(values, hidden.get(name))}" for name, values in result.only.items()
    ]
    return f"only {' and '.join(told)}"


def selected(result: Result) -> Mapping[str, str]:
    """What was selected, by dimension, for programs: all values, ``Billing or Sales``."""
    return {name: " or ".join(map(_quoted, values)) for name, values in result.only.items()}


def _either(values: Sequence[str], hidden: Mapping[str, str] | None) -> str:
    """The values, or the first of many; ``hidden``: what they are printed as where they identify somebody."""
    if hidden is None:
        shown = [shortened(_quoted(value), _LONGEST) for value in values[:_MOST]]
    else:
        shown = [hidden.get(value, "#?") for value in values[:_MOST]]
    more = len(values) - _MOST
    return " or ".join([*shown, *([f"{more} more"] if more > 0 else [])])


def _quoted(value: str) -> str:
    return f'"{value}"' if _ODD.search(value) else value
