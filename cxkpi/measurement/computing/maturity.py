"""Up to which time the rows of a window are judged."""

from __future__ import annotations

from datetime import datetime, timedelta

from cxkpi.calendar import midnight_utc
from cxkpi.kinds.base import Window
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.registry import KINDS
from cxkpi.kinds.rows import Data, judged_until
from cxkpi.kinds.versions import epochs


def settled_until(metric: Metric, window: Window, data: Data) -> datetime | None:
    """The newest time up to which all rows of a window are judged, each by the definition of its day."""
    found = None
    last = max(window.until, window.start + timedelta(days=1))
    for epoch in epochs(metric):
        if epoch.since >= last or epoch.until <= window.start:
            continue
        ahead = KINDS[metric.kind].window(epoch.metric)
        found = None if ahead is None else judged_until(data, *ahead)
        if found is not None and epoch.until < last and found < midnight_utc(epoch.until, data.zone):
            break
    return found
