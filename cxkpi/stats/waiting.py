"""The share still waiting at the end of a window, when some are watched for part of it only."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cxkpi.stats.quantiles import normal_quantile


def survival_to(
    counts: Sequence[tuple[int, int, int]], confidence: float
) -> tuple[float, float | None, float | None] | None:
    """Kaplan–Meier's S after the last of (time, events, exits without one), ascending, with its limits.

    Who leaves at a time is at risk at it. The limits are Greenwood's on the log(-log) scale; there are none where
    nothing or everything has happened. None for no counts. Unlike a curve of exact fractions this takes any number of
    different times: between two exits without an event the steps telescope, so that without such exits S is the plain
    share, to the last bit. ValueError for times out of order, or no count above 0.

    Kaplan & Meier 1958.
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie strictly between 0 and 1, got {confidence}")
    if not counts:
        return None
    at_risk = sum(events + exits for _, events, exits in counts)
    share, variance = 1.0, 0.0
    # The stretch under way: how many were at risk at its beginning, and how many of them are left.
    begun = left = at_risk
    before = None
    for time, events, exits in counts:
        if min(events, exits) < 0 or events + exits == 0 or (before is not None and time <= before):
            raise ValueError(f"counts need ascending times and somebody at each, got {(time, events, exits)}")
        before = time
        if events:
            if left != at_risk:
                share *= left / begun
                begun = left = at_risk
            left = at_risk - events
            variance += events / (at_risk * left) if left else math.inf
        at_risk -= events
        if exits:
            at_risk -= exits
    share *= left / begun
    if share in (0.0, 1.0):
        return share, None, None
    z = normal_quantile((1.0 + confidence) / 2.0)
    factor = math.exp(z * math.sqrt(variance) / -math.log(share))
    return share, share**factor, share ** (1.0 / factor)
