"""Sparklines as small SVG drawings; what they show stands in figures beside them, so they are hidden from readers."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup


def spark(values: Sequence[float | None], *, width: int, height: int) -> Markup:
    """A line through the values, broken where there is none, with a dot on the last; empty with fewer than two."""
    # Halves, because the distance of the largest two numbers there are is beyond the largest.
    halves = [None if value is None else value / 2 for value in values]
    known = [value for value in halves if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(known), max(known)
    span = high - low
    step = (width - 6) / (len(values) - 1)
    path, pen, x, y = "", "M", 0.0, 0.0
    for at, value in enumerate(halves):
        if value is None:
            pen = "M"
            continue
        share = (value - low) / span if span > 0 else 0.5
        x, y = 3 + at * step, 3 + (height - 6) * (1 - share)
        # A line of no length with round ends is a dot, for a value between two gaps.
        path += f"{pen}{x:.0f} {y:.1f}" + ("h0" if pen == "M" else "")
        pen = "L"
    return Markup(
        f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<path d="{path}"/><circle cx="{x:.0f}" cy="{y:.1f}" r="2.4"/></svg>'
    )
