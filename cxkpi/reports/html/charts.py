"""One chart per metric: its values over time with their intervals, the target and the alarm, drawn to SVG.

A chart is an Altair (Vega-Lite) specification. Periods are an ordinal axis of text, so that no time zone can move a
point; sizes, ticks and their labels are fixed here, so that no font of the machine can; and ids are numbered anew,
because the drawing library counts them over the whole process. Colours are variables of the style sheet.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from cxkpi.reports.figures import Scale
from cxkpi.reports.html.drawing import VEGA_LITE, drawn
from cxkpi.reports.html.ticks import labels, ticks
from cxkpi.result import Target

WIDTH, HEIGHT = 540, 246
"""Of the whole drawing, in its own units; twelve of them are the height of a letter."""

_TOP, _RIGHT, _BOTTOM = 14, 62, 36
_PLOT = HEIGHT - _TOP - _BOTTOM
# Letters grow on small screens, and labels must have room all the same.
_LABEL_MARGIN, _LABEL_LETTER = 14, 10.5
# Colours that stand for variables of the style sheet, put in once the chart is drawn.
_INK, _LINE, _GOAL, _ALARM, _GRID, _CARD = "#010203", "#040506", "#070809", "#0a0b0c", "#0d0e0f", "#101112"
_VARIABLES = {
    _INK: "var(--muted)", _LINE: "var(--line)", _GOAL: "var(--goal)", _ALARM: "var(--alarm)", _GRID: "var(--grid)",
    _CARD: "var(--card)",
}  # fmt: skip
_LARGEST = 1e15
_LETTER, _LABEL_GAP = 6.6, 10
_FEW_POINTS = 40
_NEAR = 13
_PLACES = re.compile(r' (transform|d|x|y|x1|x2|y1|y2|width|height|stroke-width)="([^"]*)"')
_FRACTION = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


@dataclass(frozen=True, slots=True)
class Point:
    """A period by its name, with value, interval and goals.

    ``settled``: over and judged in full; such points are joined by a solid line. ``definition``: the line is broken
    where it changes. ``said`` is what the point tells on being pointed at.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    target: Target | None
    alarm: Target | None
    settled: bool
    definition: str
    said: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is to be drawn: ``ident`` begins the ids in it, and is that of nothing else on the page."""

    ident: str
    name: str
    described: str
    specification: Mapping[str, Any] | None


def draw(charts: Sequence[Chart]) -> tuple[Markup, ...]:
    """Each chart as an SVG element with title and description; empty where there is nothing to draw."""
    found = iter(drawn([chart.specification for chart in charts if chart.specification is not None]))
    return tuple(
        Markup("") if chart.specification is None else Markup(_finished(next(found), chart)) for chart in charts
    )


def specification(points: Sequence[Point], scale: Scale) -> dict[str, Any] | None:
    """The chart in Vega-Lite's grammar; None where there are not two values to show."""
    domain = _domain(points)
    if domain is None:
        return None
    marks = [one for one in ticks(*domain, scale) if domain[0] <= one <= domain[1]]
    said = labels(marks, scale)
    left = round(_LABEL_MARGIN + _LABEL_LETTER * max(map(len, said), default=0))
    width = WIDTH - left - _RIGHT
    frame = _Frame(
        x={"type": "ordinal", "axis": _x_axis(points, width), "sort": None, "scale": _band(points)},
        y={"type": "quantitative", "scale": {"domain": list(domain), "nice": False, "zero": False},
           "axis": _y_axis(marks, said)},
        domain=domain,
        width=width,
    )  # fmt: skip
    layers = [*_intervals(points, frame), *_goals(points, frame), *_lines(points, frame), _dots(points, frame)]
    return {
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE.partition('.')[0]}.json",
        "width": width,
        "height": _PLOT,
        "autosize": {"type": "none"},
        "padding": {"left": left, "top": _TOP, "right": _RIGHT, "bottom": _BOTTOM},
        "background": "transparent",
        "data": {"values": [{"period": _key(at, point)} for at, point in enumerate(points)]},
        "layer": layers,
        "config": {
            "view": {"stroke": "transparent"},
            "font": "sans-serif",
            "axis": {
                "labelColor": _INK, "gridColor": _GRID, "domainColor": _GRID, "tickColor": _GRID, "labelFontSize": 12,
            },
        },
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Frame:
    x: dict[str, Any]
    y: dict[str, Any]
    domain: tuple[float, float]
    width: int

    def across(self, field: str = "period", **more: Any) -> dict[str, Any]:
        return {**self.x, "field": field, **more}

    def up(self, field: str = "value") -> dict[str, Any]:
        return {**self.y, "field": field}

    def height(self, value: float) -> float:
        low, high = self.domain
        return _PLOT * (1 - (value - low) / (high - low))


def _key(at: int, point: Point) -> str:
    # Two periods may have one name; the number keeps them apart and is cut off in the label.
    return f"{at:04d}{point.name}"


def _pair(target: Target | None) -> tuple[float, ...]:
    return () if target is None else target if isinstance(target, tuple) else (target,)


def _number(value: float) -> float:
    # What is drawn needs no more digits, and equal numbers are then equal text.
    return float(f"{value:.8g}")


def alarm_in_view(points: Sequence[Point]) -> bool:
    """Whether the chart has a line for an alarm: one that is far away would flatten all else, and has none."""
    domain = _domain(points)
    return domain is not None and any(domain[0] <= one <= domain[1] for point in points for one in _pair(point.alarm))


def _domain(points: Sequence[Point]) -> tuple[float, float] | None:
    """From where to where the axis goes; None where there is nothing to draw."""
    numbers = [number for point in points for number in (point.value, point.low, point.high) if number is not None]
    numbers += [number for point in points for number in _pair(point.target)]
    shown = sum(point.value is not None for point in points)
    if shown < 2 or not all(abs(number) < _LARGEST for number in numbers):
        return None
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.08 or abs(high) * 0.08 or 1.0
    floor = max(low - room, 0.0) if low >= 0 else low - room
    return _number(floor), _number(high + room)


def _band(points: Sequence[Point]) -> dict[str, Any]:
    return {"type": "band", "padding": 0, "domain": [_key(at, point) for at, point in enumerate(points)]}


def _x_axis(points: Sequence[Point], width: int) -> dict[str, Any]:
    longest = max(len(point.name) for point in points)
    most = max(1, int(width // (longest * _LETTER + _LABEL_GAP)))
    every = -(-len(points) // most)
    shown = [_key(at, points[at]) for at in range((len(points) - 1) % every, len(points), every)]
    return {
        "title": "", "labelAngle": 0, "labelOverlap": False, "values": shown, "labelExpr": "slice(datum.label, 4)",
        "labelLimit": 0, "labelPadding": 6, "domain": True, "ticks": True, "grid": False,
    }  # fmt: skip


def _y_axis(marks: Sequence[float], said: Sequence[str]) -> dict[str, Any]:
    # JSON is JavaScript, so labels are quoted whatever is in them.
    between = [_number((one + other) / 2) for one, other in itertools.pairwise(marks)]
    cases = [f"datum.value < {limit!r} ? {json.dumps(text)} : " for limit, text in zip(between, said, strict=False)]
    expression = "".join(cases) + json.dumps(said[-1] if said else "")
    return {
        "title": "", "values": list(marks), "labelExpr": expression, "labelOverlap": False, "labelLimit": 0,
        "labelPadding": 6, "domain": False, "ticks": False,
    }  # fmt: skip


def _intervals(points: Sequence[Point], frame: _Frame) -> Iterator[dict[str, Any]]:
    rows = [
        {"period": _key(at, point), "low": _number(point.low), "high": _number(point.high)}
        for at, point in enumerate(points)
        if point.low is not None and point.high is not None
    ]
    if not rows:
        return
    wide = max(1.0, min(9.0, round(frame.width / len(points) * 0.6, 1)))
    for width, opacity in ((wide, 0.2), (1.0, 1.0)) if wide > 2 else ((wide, 0.35),):
        yield {
            "data": {"values": rows},
            "mark": {"type": "rule", "strokeWidth": width, "opacity": opacity, "color": _LINE},
            "encoding": {"x": frame.across(), "y": frame.up("low"), "y2": {"field": "high"}},
        }


def _lines(points: Sequence[Point], frame: _Frame) -> Iterator[dict[str, Any]]:
    """A solid line through settled values, a dotted one on to others; none over gaps and changes of definition."""
    solid: list[dict[str, Any]] = []
    dotted: list[dict[str, Any]] = []
    for at, (before, after) in enumerate(itertools.pairwise(points)):
        if before.value is None or after.value is None or before.definition != after.definition:
            continue
        ends = [(at, before), (at + 1, after)]
        part = solid if before.settled and after.settled else dotted
        part.extend(
            {"period": _key(place, end), "value": _number(end.value), "stretch": at}
            for place, end in ends
            if end.value is not None
        )
    _joined(solid)
    for rows, dash in ((solid, [1, 0]), (dotted, [2, 3])):
        if rows:
            yield {
                "data": {"values": rows},
                "mark": {"type": "line", "strokeWidth": 2, "strokeDash": dash, "color": _LINE},
                "encoding": {
                    "x": frame.across(), "y": frame.up(), "detail": {"field": "stretch", "type": "nominal"},
                },
            }  # fmt: skip


def _joined(rows: list[dict[str, Any]]) -> None:
    """Stretches that share a period become one, so that a line is one path."""
    for at in range(2, len(rows), 2):
        if rows[at]["period"] == rows[at - 1]["period"]:
            rows[at]["stretch"] = rows[at + 1]["stretch"] = rows[at - 1]["stretch"]
    seen = set()
    kept = []
    for row in rows:
        key = (row["period"], row["stretch"])
        if key not in seen:
            kept.append(row)
        seen.add(key)
    rows[:] = kept


def _dots(points: Sequence[Point], frame: _Frame) -> dict[str, Any]:
    rows = [
        {"period": _key(at, point), "value": _number(point.value), "settled": point.settled, "said": point.said}
        for at, point in enumerate(points)
        if point.value is not None
    ]
    return {
        "data": {"values": rows},
        "mark": {"type": "point", "size": 44 if len(points) <= _FEW_POINTS else 12, "strokeWidth": 1.6, "opacity": 1,
                 "stroke": _LINE},
        "encoding": {
            "x": frame.across(),
            "y": frame.up(),
            "fill": {"condition": {"test": "datum.settled", "value": _LINE}, "value": _CARD},
            "description": {"field": "said", "type": "nominal"},
        },
    }  # fmt: skip


def _goals(points: Sequence[Point], frame: _Frame) -> Iterator[dict[str, Any]]:
    """Target and alarm as long as they hold, each with its name behind its last stretch."""
    taken: list[float] = []
    low, high = frame.domain
    for name, colour, dash in (("target", _GOAL, [6, 4]), ("alarm", _ALARM, [1.5, 3])):
        for side in (0, 1):
            rows: list[dict[str, Any]] = []
            for value, run in itertools.groupby(enumerate(points), key=lambda one: _limit(one[1], name, side)):
                stretch = list(run)
                if value is not None and low <= value <= high:
                    first, last = (_key(*stretch[place]) for place in (0, -1))
                    rows.append({"first": first, "last": last, "value": _number(value)})
            if not rows:
                continue
            yield {
                "data": {"values": rows},
                "mark": {"type": "rule", "strokeDash": dash, "strokeWidth": 1.6, "color": colour},
                "encoding": {
                    "x": frame.across("first", bandPosition=0),
                    "x2": {"field": "last", "bandPosition": 1},
                    "y": frame.up(),
                },
            }
            height = frame.height(rows[-1]["value"])
            if all(abs(height - other) >= _NEAR for other in taken):
                taken.append(height)
                yield {
                    "data": {"values": rows[-1:]},
                    "mark": {"type": "text", "text": name, "align": "left", "baseline": "middle", "fontSize": 12,
                             "color": colour},
                    "encoding": {"x": {"value": frame.width + 6}, "y": frame.up()},
                }  # fmt: skip


def _limit(point: Point, name: str, side: int) -> float | None:
    limits = _pair(point.target if name == "target" else point.alarm)
    return limits[side] if side < len(limits) else None


# -- the drawing -------------------------------------------------------------------------------------------------------


def _finished(svg: str, chart: Chart) -> str:
    ident, name, described = chart.ident, chart.name, chart.described
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(f'"{colour}"', f'"{variable}"')
    inner = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    inner = _PLACES.sub(_rounded, inner)
    # A point keeps what it says as a title, which browsers show on pointing at it; the rest is for programs only.
    inner = re.sub(r'<path aria-label="([^"]*)"([^>]*aria-roledescription="(?:point|circle)"[^>]*)/>', _told, inner)
    inner = re.sub(r' (?:role|aria-[a-z]+|pointer-events)="[^"]*"', "", inner)
    inner = re.sub(r'<path class="(?:background|foreground)"[^>]*/>', "", inner)
    inner = _renumbered(inner, ident)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="{ident}-t {ident}-d">'
        f'<title id="{ident}-t">{escape(name)}</title><desc id="{ident}-d">{escape(described)}</desc>{inner}</svg>'
    )


def _told(found: re.Match[str]) -> str:
    return f"<path{found[2]}><title>{found[1]}</title></path>"


def _rounded(found: re.Match[str]) -> str:
    return f' {found[1]}="{_FRACTION.sub(_two_places, found[2])}"'


def _two_places(found: re.Match[str]) -> str:
    value = round(float(found[0]), 2)
    return f"{value:g}" if math.isfinite(value) and value else "0"


def _renumbered(svg: str, ident: str) -> str:
    """Ids counted from the chart's own beginning instead of the process's."""
    for at, old in enumerate(dict.fromkeys(re.findall(r' id="([^"]+)"', svg))):
        svg = svg.replace(f' id="{old}"', f' id="{ident}-{at}"').replace(f"url(#{old})", f"url(#{ident}-{at})")
    return svg
