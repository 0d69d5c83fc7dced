"""Which times of a row follow which: rows out of order are wrong, unless the clock showed an hour twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from cxkpi.exports.drafting import Draft

IN_ORDER: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "contacts": (("started_at", "ended_at", "it ends before it starts"),),
    "legs": (("started_at", "ended_at", "it ends before it starts"),),
    "cases": (("opened_at", "closed_at", "it is closed before it is opened"),),
    "agents": (("hired_on", "left_on", "it ends before the hire"),),
    "agent_time": (("started_at", "ended_at", "it ends before it starts"),),
    "costs": (("month_start", "month_end", "it ends before it starts"),),
    "people": (("from", "to", "it ends before it starts"),),
}
"""Pairs of columns that must be in order, and the reason a record is rejected with where they are not."""

_FOLLOWS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "contacts": {
        "queued_at": ("started_at",),
        "callback_requested_at": ("started_at",),
        "answered_at": ("started_at", "queued_at"),
        "ended_at": ("started_at", "queued_at", "answered_at"),
    },
    "legs": {"ended_at": ("started_at",)},
    "cases": {
        "first_reply_at": ("opened_at",),
        "escalated_at": ("opened_at",),
        "closed_at": ("opened_at", "first_reply_at", "escalated_at"),
    },
    "invitations": {
        "delivered_at": ("sent_at",),
        "responded_at": ("sent_at", "delivered_at"),
        "followed_up_at": ("sent_at", "responded_at"),
    },
    "agent_time": {"ended_at": ("started_at",)},
}
"""Column -> the columns it cannot lie before, in the order in which they are settled."""


def settled(drafts: Sequence[Draft]) -> tuple[list[Draft], int]:
    """The drafts with local times that occur twice taken as the second where as the first they would come too early.

    A contact that starts at 01:50 and ends at 01:10 of the night in October lasted 20 minutes. Also how many cells
    were taken so.
    """
    taken: dict[str, pl.Series] = {}
    done = [_settled(draft, taken) for draft in drafts]
    return done, sum(int(mask.sum()) for mask in taken.values())


def _settled(draft: Draft, taken: dict[str, pl.Series]) -> Draft:
    casts = dict(draft.casts)
    for name, earlier in _FOLLOWS.get(draft.table.name, {}).items():
        cast = casts.get(name)
        before = [casts[column].values for column in earlier if column in casts]
        if cast is None or cast.second is None or not before:
            continue
        latest = pl.DataFrame({str(n): value for n, value in enumerate(before)}).select(pl.max_horizontal(pl.all()))
        again = (draft.here & (cast.values < latest.to_series()) & cast.second.is_not_null()).fill_null(False)
        if not again.any():
            continue
        casts[name] = replace(cast, values=cast.second.zip_with(again, cast.values))
        taken[cast.heading] = taken[cast.heading] | again if cast.heading in taken else again
    return replace(draft, casts=casts)
