"""The columns that the summary and the sheets of metrics have in common: one figure with all that belongs to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cxkpi.reports.figures import Scale
from cxkpi.reports.tidy import limits
from cxkpi.reports.xlsx.formats import change, stored
from cxkpi.reports.xlsx.sheet import Sheet
from cxkpi.result import Reason, Row

REASONS: Mapping[Reason, str] = {
    "no_target": "",
    "empty": "nothing to measure",
    "too_few": "too few to judge",
    "withheld": "withheld: too few people to show",
    "immature": "not all judged yet",
    "partial": "only part of the period",
    "not_reached": "not reached",
    "refused": "refused: cannot be told from this data",
}


VERDICT_WIDTH = 17
"""Of a column of verdicts: reasons why there is none are wider than figures, the longest go on below."""

WORDS = ("verdict", "beyond chance")
"""The headings of :func:`columns` that are not over figures."""


def columns(rows: Iterable[Row], interval: str) -> tuple[str, ...]:
    """The headings; those of a range for a target, and of bounds, are there where one of ``rows`` has it."""
    every = list(rows)
    ranges = any(isinstance(row.target, tuple) for row in every)
    bounds = any(row.bounds is not None for row in every)
    return (
        "value", "verdict", "target", *(["target to"] if ranges else []), "change", "beyond chance", "n",
        f"{interval} from", f"{interval} to", *(["will be from", "will be to"] if bounds else []),
    )  # fmt: skip


def write(sheet: Sheet, first: int, names: tuple[str, ...], scale: Scale, row: Row) -> None:
    """One figure in the columns ``names``, the first of them at ``first``."""
    low, high = limits(row.target)
    bounds = row.bounds or (None, None)
    place = {name: first + index for index, name in enumerate(names)}
    apart = 0 if row.value is None or high is not None else scale.apart(row.value, low)
    figure(sheet, place["value"], scale, row.value, extra=apart)
    sheet.text(place["verdict"], row.status or (REASONS[row.reason] if row.reason else ""), wrapped=True)
    figure(sheet, place["target"], scale, low)
    if "target to" in place:
        figure(sheet, place["target to"], scale, high)
    if row.change is not None:
        sheet.number(
            place["change"], change(scale, row.change.difference), sheet.formats.change(scale, row.change.difference)
        )
        sheet.text(place["beyond chance"], {True: "yes", False: "no", None: ""}[row.change.significant])
    if row.reason != "withheld":
        sheet.number(place["n"], row.n, sheet.formats.of("#,##0"))
    after = place["n"]
    figure(sheet, after + 1, scale, row.low)
    figure(sheet, after + 2, scale, row.high)
    if "will be from" in place:
        figure(sheet, place["will be from"], scale, bounds[0])
        figure(sheet, place["will be to"], scale, bounds[1])


def figure(sheet: Sheet, column: int, scale: Scale, value: float | None, *, extra: int = 0) -> None:
    """A figure of a metric, with ``extra`` decimals beyond the usual; nothing where there is none."""
    if value is not None and value < 0 and scale.style in ("clock", "seconds"):
        # A spreadsheet shows no negative durations.
        sheet.raw.write_string(sheet.at, column, scale.value(value, extra=extra), sheet.formats.of("@"))
    elif value is not None:
        sheet.number(column, stored(scale, value), sheet.formats.number(scale, value, extra=extra))
