"""Which records cannot be used and why, and which cells were left empty because they could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from cxkpi.exports.drafting import Draft
from cxkpi.exports.profile_file import own_time
from cxkpi.exports.sequence import IN_ORDER
from cxkpi.exports.values.casting import Cast
from cxkpi.exports.values.texts import Texts
from cxkpi.result import Reject
from cxkpi.tables import Column, ColumnType

_COMMA = "a comma: thousands or decimals? declare decimal: ',' or '.' in the profile"
_POINT = "a point: thousands or decimals? declare decimal: ',' or '.' in the profile"


def judged(drafts: Sequence[Draft], texts: Texts) -> tuple[pl.Series, tuple[Reject, ...]]:
    """Which records are rejected, and for each the first reason found.

    A record is rejected where a required column is empty or unreadable, its table's own default time is unreadable, a
    value is refused, or two times are in the wrong order.
    """
    judge = _Judge(texts)
    for draft in drafts:
        judge.columns(draft)
        judge.order(draft)
        if draft.table.name == "intervals":
            judge.owner(draft)
    return judge.rejected, tuple(sorted(judge.found, key=lambda reject: (reject.line, reject.column)))


def blanked(drafts: Sequence[Draft], rejected: pl.Series) -> int:
    """Cells that could not be read and were left out, of records that were not rejected; each cell once."""
    by_heading: dict[str, pl.Series] = {}
    for draft in drafts:
        here = draft.here & ~rejected
        for cast in draft.casts.values():
            if cast.bad.any():
                for bad, heading, _ in cast.places(here & cast.bad):
                    by_heading[heading] = by_heading[heading] | bad if heading in by_heading else bad
    return sum(int(mask.sum()) for mask in by_heading.values())


class _Judge:
    def __init__(self, texts: Texts) -> None:
        self.path = texts.path
        self.line = texts.line
        self.rejected = texts.none
        self.found: list[Reject] = []

    def columns(self, draft: Draft) -> None:
        time = own_time(draft.table)
        for name, cast in draft.casts.items():
            column = draft.table.columns[name]
            required = draft.required(name)
            if required or name == time:
                if cast.distant is not None:
                    self._reject(draft.here & cast.bad & cast.distant, cast, column, "not a sensible date")
                if cast.comma is not None:
                    self._reject(draft.here & cast.bad & cast.comma, cast, column, _COMMA)
                if cast.point is not None:
                    self._reject(draft.here & cast.bad & cast.point, cast, column, _POINT)
                for reason, rows in cast.reasons.items():
                    self._reject(draft.here & cast.bad & rows, cast, column, reason)
                for rows, heading, text in cast.places(draft.here & cast.bad):
                    # What is added to an instant is a duration.
                    kind = "duration" if column.type == "instant" and text is not cast.text else column.type
                    self._reject(rows, replace(cast, heading=heading, text=text), column, f"not {_noun(kind)}")
            if required:
                self._reject(draft.here & cast.values.is_null() & ~cast.bad, cast, column, "empty")
            for mask, reason in cast.refused:
                self._reject(draft.here & mask, cast, column, reason)

    def order(self, draft: Draft) -> None:
        for early, late, reason in IN_ORDER.get(draft.table.name, ()):
            if early in draft.casts and late in draft.casts:
                wrong = draft.casts[late].values < draft.casts[early].values
                self._reject(draft.here & wrong, draft.casts[late], draft.table.columns[late], reason)

    def owner(self, draft: Draft) -> None:
        owners = [draft.casts[name] for name in ("queue", "agent_id") if name in draft.casts]
        empty = draft.here
        for owner in owners:
            empty = empty & owner.values.is_null()
        for owner in owners[:1]:
            self._reject(empty, owner, draft.table.columns["queue"], "neither a queue nor an agent")

    def _reject(self, mask: pl.Series, cast: Cast, column: Column, reason: str) -> None:
        if not mask.any():
            return
        new = mask.fill_null(False) & ~self.rejected
        if not new.any():
            return
        self.rejected = self.rejected | new
        masked = column.role != "plain"
        for line, value in zip(self.line.filter(new), cast.text.filter(new), strict=True):
            self.found.append(Reject(self.path, line, cast.heading, value or "", reason, masked))


def _noun(kind: ColumnType) -> str:
    return {
        "text": "one of the values known",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "yes or no",
        "instant": "a date and time",
        "date": "a date",
        "duration": "a duration",
    }[kind]
