"""The cells of the page's tables: texts as people read them, and beside each what it sorts by."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from cxkpi.measurement.computing.goals import shortfall
from cxkpi.reports import figures
from cxkpi.reports.figures import UNICODE, Scale
from cxkpi.reports.page import Page, shortened, single_target, title
from cxkpi.reports.reading import Line, at_whose_expense
from cxkpi.result import Row

VERDICTS = {"met": "target met", "missed": "target missed", "alarm": "at or beyond the alarm"}
REASONS = {
    "no_target": "",
    "empty": "nothing to measure",
    "too_few": "too few to judge",
    "withheld": "withheld, too few people to show",
    "immature": "cannot be judged in full yet",
    "partial": "only part of the period",
    "not_reached": "not reached while seen",
    "refused": "cannot be told from this data",
}
_IN_WORDS = {"not_reached": "not reached", "withheld": "withheld", "refused": "refused"}
_SEVERITY = {"alarm": 0.0, "missed": 1.0, "met": 2.0}
_TIMES = ("seconds", "minutes", "hours", "days", "weeks", "months")
_LABEL = 120


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, what it sorts by (None sorts last, "" by its text), and a class for its looks.

    Cells without a class are set to the right, as figures are.
    ``said`` is added for those who listen. ``flag`` stands below the text. ``whole`` is what a shortened text was.
    """

    text: str
    key: float | str | None = ""
    look: str = ""
    said: str = ""
    flag: str = ""
    drawing: Markup | None = None
    link: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """The heading of a column; ``sorts``: whether sorting by it says anything."""

    text: str
    look: str = ""
    sorts: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of each row is its heading."""

    caption: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]


def label(page: Page, line: Line) -> str:
    """The metric's label, short enough for a heading."""
    return shortened(title(line, page), _LABEL) or shortened(line.info.metric, _LABEL) or "(no name)"


def number(text: str, key: float | None, look: str = "") -> Cell:
    """A figure."""
    return Cell(text, key, look)


def value(scale: Scale, row: Row | None) -> str:
    """The figure in its unit, or in a word why there is none."""
    if row is None:
        return UNICODE.none
    if row.value is None:
        return _IN_WORDS.get(row.reason or "", UNICODE.none)
    return scale.value(row.value, apart_from=single_target(row))


def reason(row: Row) -> str:
    """Why a row has no verdict, in words."""
    return REASONS.get(row.reason or "", "")


def verdict(row: Row | None) -> str:
    """Mark and words: ``✓ target met``."""
    if row is None:
        return REASONS["empty"]
    said = VERDICTS[row.status] if row.status is not None else reason(row)
    return f"{figures.mark(row.status, row.reason)} {said}".strip()


def look(row: Row | None) -> str:
    """The class of a verdict; what improved at the expense of something else is not shown as a success."""
    if row is None:
        return ""
    if traded(row):
        return f"{row.status or ''} traded".strip()
    return row.status or ""


def traded(row: Row) -> bool:
    """Whether the figure improved while a metric it guards got significantly worse."""
    return at_whose_expense(row) is not None


def flag(row: Row | None) -> str:
    """``Faster, not better: at the expense of Customer satisfaction``; empty for other rows."""
    names = None if row is None else at_whose_expense(row)
    if row is None or names is None:
        return ""
    faster = row.better == "lower" and row.unit in _TIMES
    return f"{'Faster' if faster else 'Improved'}, not better: at the expense of {shortened(names, _LABEL)}"


def change(scale: Scale, row: Row) -> Cell:
    """The change with its direction if it is beyond chance; coloured only then, and never where it was traded."""
    if row.change is None or row.value is None:
        return number("", None)
    moved = row.change
    arrow = figures.arrow(moved.difference, moved.significant)
    said = {True: "beyond chance", False: "within chance", None: ""}[moved.significant]
    now, before = (shortfall(row.better, row.target, one) for one in (row.value, moved.before))
    looks = ""
    if moved.significant and now is not None and before is not None and now != before:
        looks = "traded" if traded(row) else "gained" if now < before else "lost"
    text = f"{scale.change(moved.difference)} {arrow}".strip()
    return Cell(text, moved.difference, looks, said)


def target(scale: Scale, row: Row) -> Cell:
    """The target of a row's own period and dimension values."""
    if row.target is None:
        return number("", None)
    key = row.target[0] if isinstance(row.target, tuple) else row.target
    return number(scale.target(row.target, row.better), key)


def judged(row: Row) -> Cell:
    """The verdict, the worst first when sorted."""
    severity = _SEVERITY.get(row.status or "", 3.0)
    return Cell(verdict(row), severity, f"verdict {look(row)}".strip(), flag=flag(row))


def counted(amount: float | None) -> Cell:
    """An amount that is counted or added up, as it is."""
    if amount is None:
        return number("", None)
    return number(figures.fixed(amount, 0 if amount == int(amount) else 2), amount)
