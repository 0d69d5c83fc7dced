"""What became of each case: replies, returns, causes, outcomes. The case report itself shows none of it."""

from __future__ import annotations

from collections.abc import Sequence

from cxkpi.demo.chance import Chance, cumulative
from cxkpi.demo.days import CLOCK, Day
from cxkpi.demo.lines import HISTORIES, HISTORIES_HEADING, Write
from cxkpi.demo.truth import Truth

CAUSES = (
    "Wrong information",
    "Billing error",
    "Engineer late",
    "System fault",
    "Delivery late",
    "Price change",
    "Attitude",
)
_COMPLAINT_CAUSES = cumulative((0.29, 0.22, 0.17, 0.12, 0.09, 0.06, 0.05))
_OTHER_CAUSES = cumulative((0.12, 0.25, 0.12, 0.25, 0.14, 0.10, 0.02))
_OUTCOMES = ("upheld", "partly upheld", "not upheld")
_OUTCOME = cumulative((0.46, 0.2, 0.34))
_DUE_DAYS = 10
_MINUTE = 60


class Histories:
    """One row per case, written with it."""

    def __init__(self, seed: int, days: Sequence[Day], truth: Truth, write: Write) -> None:
        self._chance = Chance(seed, 13)
        self._days, self._truth, self._write = days, truth, write
        self._count = truth.file(HISTORIES)
        write(HISTORIES_HEADING)

    def add(self, case: str, opened: int, closed: int | None, *, complaint: bool, escalated: bool) -> None:
        """``opened``, ``closed``: seconds of the data."""
        chance = self._chance
        cause = CAUSES[chance.pick(_COMPLAINT_CAUSES if complaint else _OTHER_CAUSES)]
        replies = 0 if closed is None and chance.random() < 0.3 else 1
        if closed is None or closed - opened > 30 * _MINUTE:
            replies += chance.below(4)
        reopens = int(closed is not None and chance.random() < (0.12 if complaint else 0.05))
        outcome = _OUTCOMES[chance.pick(_OUTCOME)] if complaint and closed is not None else ""
        first = self._within(opened, closed, 20 * 3600) if replies else None
        raised = self._within(opened, closed, 48 * 3600) if escalated else None
        due = opened + _DUE_DAYS * 86400
        self._count.accepted += 1
        self._write(
            f"{case},{self._when(first)},{replies},{reopens},{cause if complaint or chance.random() < 0.6 else ''},"
            f"{outcome},{self._when(raised)},{self._planned(due)}\n"
        )

    def _within(self, opened: int, closed: int | None, longest: int) -> int:
        """A working moment after the opening, not after the closing."""
        moment = opened + 2 * _MINUTE + int(longest * self._chance.random() * self._chance.random())
        second = moment % 86400
        if not 8 * 3600 <= second < 20 * 3600:
            moment += 8 * 3600 - second if second < 8 * 3600 else 86400 + 8 * 3600 - second
        return moment if closed is None else min(moment, closed)

    def _when(self, moment: int | None) -> str:
        if moment is None or moment >= len(self._days) * 86400:
            return ""
        day = self._days[moment // 86400]
        self._truth.seen(day.utc + moment % 86400)
        return f"{day.text} {CLOCK[moment % 86400]}"

    def _planned(self, moment: int) -> str:
        """A due date, which may lie after the data: the days go on as the calendar does."""
        last = self._days[-1]
        if moment < len(self._days) * 86400:
            return f"{self._days[moment // 86400].text} {CLOCK[moment % 86400]}"
        beyond = last.date.fromordinal(last.date.toordinal() + moment // 86400 - last.index)
        return f"{beyond} {CLOCK[moment % 86400]}"
