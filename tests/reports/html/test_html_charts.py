"""Charts: what is drawn of a Result, with Altair's own grammar as a judge of the specification."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from reports.factory import month, result, row

from cxkpi.reports import figures, html
from cxkpi.reports.figures import UNICODE
from cxkpi.reports.html import charts, drawing
from cxkpi.reports.html.charts import Chart, Point, specification
from cxkpi.reports.html.sparks import spark
from cxkpi.reports.html.ticks import labels, ticks

PERCENT = figures.scale("percent", [0.7], glyphs=UNICODE)
CLOCK = figures.scale("seconds", [390.5], glyphs=UNICODE)


def point(name="Jan", value=0.7, **fields):
    given = {"low": None, "high": None, "target": None, "alarm": None, "settled": True, "definition": "d", "said": name}
    return Point(name, value, **{**given, **fields})


def draw(points, scale, ident, name, described):
    return charts.draw([Chart(ident, name, described, specification(points, scale))])[0]


def _of(layers, mark):
    return [layer for layer in layers if layer["mark"]["type"] == mark]


def _lines(points):
    specified = specification(points, PERCENT)
    return [
        (layer["mark"]["strokeDash"] == [1, 0], sorted({row["stretch"] for row in layer["data"]["values"]}),
         [row["period"][4:] for row in layer["data"]["values"]])
        for layer in _of(specified["layer"], "line")
    ]  # fmt: skip


def test_altair_knows_every_word_of_a_specification():
    altair = pytest.importorskip("altair")
    full = {"low": 0.6, "high": 0.8, "target": (0.6, 0.7), "alarm": 0.5}
    points = [point("a", **full), point("b", 0.72, **full), point("c", None), point("d", 0.5, settled=False, **full)]
    specified = specification(points, PERCENT)
    drawn = altair.LayerChart.from_dict(specified)
    assert drawn.to_dict()["layer"]


def test_fewer_than_two_values_are_no_chart():
    assert specification([point(), point(value=None)], PERCENT) is None
    assert draw([point()], PERCENT, "m", "n", "d") == ""


@pytest.mark.parametrize("value", [math.inf, math.nan, 1e16])
def test_what_no_axis_can_hold_is_no_chart(value):
    assert specification([point(), point(value=value)], PERCENT) is None


def test_periods_are_text_in_their_order():
    specified = specification([point("Feb"), point("Jan"), point("Jan")], PERCENT)
    assert specified["layer"][-1]["encoding"]["x"]["type"] == "ordinal"
    assert specified["layer"][-1]["encoding"]["x"]["scale"]["domain"] == ["0000Feb", "0001Jan", "0002Jan"]


def test_settled_values_are_joined_by_one_solid_line_and_others_by_a_dotted_one():
    assert _lines([point("a"), point("b"), point("c"), point("d", settled=False)]) == [
        (True, [0], ["a", "b", "c"]),
        (False, [2], ["c", "d"]),
    ]


@pytest.mark.parametrize("broken", [{"value": None}, {"definition": "other"}])
def test_no_line_over_a_gap_or_a_change_of_definition(broken):
    points = [point("a"), point("b"), point("c", **broken), point("d", definition=broken.get("definition", "d"))]
    stretches = _lines(points)
    assert stretches[0][2][:2] == ["a", "b"]
    assert not any(told[at] == "b" and told[at + 1] == "c" and marks == [told]
                   for _, marks, told in stretches for at in range(len(told) - 1))  # fmt: skip
    joined = {tuple(told) for _, _, told in stretches}
    assert joined == ({("a", "b")} if "value" in broken else {("a", "b", "c", "d")})
    if "definition" in broken:
        assert stretches[0][1] == [0, 2]


def test_a_target_is_drawn_as_long_as_it_holds():
    points = [point("a", target=0.7), point("b", target=0.7), point("c", target=0.8), point("d")]
    rules = [layer for layer in _of(specification(points, PERCENT)["layer"], "rule") if "x2" in layer["encoding"]]
    assert [(row["first"], row["last"], row["value"]) for layer in rules for row in layer["data"]["values"]] == [
        ("0000a", "0001b", 0.7),
        ("0002c", "0002c", 0.8),
    ]


def test_an_alarm_far_away_does_not_flatten_the_line():
    points = [point("a", 0.70, alarm=0.1), point("b", 0.71, alarm=0.1)]
    specified = specification(points, PERCENT)
    assert not _of(specified["layer"], "text")
    assert specified["layer"][-1]["encoding"]["y"]["scale"]["domain"][0] > 0.6


def test_an_alarm_is_in_the_key_where_it_is_drawn():
    rows = [row("aht", month(at), value=350.0 + at, low=340.0, high=380.0, target=360.0) for at in (4, 5)]
    near, far = ([replace(one, alarm=alarm) for one in rows] for alarm in (370.0, 3700.0))
    assert "dots: alarm." in html.render(result(near))
    assert "alarm." not in html.render(result(far)).split("<figcaption")[1].split("</figcaption>")[0]


def test_a_chart_has_a_title_a_description_and_what_each_point_says():
    points = [point("Jan", said="January: 70 <b> & 1.23456 %"), point("Feb")]
    svg = draw(points, PERCENT, "m-x", "FCR <i>", "said & done")
    assert '<title id="m-x-t">FCR &lt;i&gt;</title><desc id="m-x-d">said &amp; done</desc>' in svg
    assert 'role="img" aria-labelledby="m-x-t m-x-d"' in svg
    assert "<title>January: 70 &lt;b&gt; &amp; 1.23456 %</title></path>" in svg


def test_a_drawing_holds_no_colours_of_its_own_and_no_long_numbers():
    svg = draw([point("Jan", 0.701), point("Feb", 0.7133, target=0.75)], PERCENT, "m", "n", "d")
    drawn = re.findall(r' (?:fill|stroke)="([^"]*)"', svg)
    assert set(drawn) <= {"none", *charts._VARIABLES.values()} | {"transparent"}
    assert not re.search(r'="[^"]*\d\.\d{3,}', svg)


def test_labels_that_would_touch_are_left_out():
    axis = specification([point(f"week of {at}") for at in range(60)], PERCENT)["layer"][-1]["encoding"]["x"]["axis"]
    assert 2 <= len(axis["values"]) <= 6
    assert axis["values"][-1] == "0059week of 59"


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.sampled_from([PERCENT, CLOCK]))
def test_marks_are_round_within_the_axis_and_told_apart(low, span, scale):
    high = low + span
    assume(high > low and span > abs(low) * 1e-9)
    marks = ticks(low, high, scale)
    assert 1 <= len(marks) <= 6
    slack = 1e-6 * span + 1e-9 * max(abs(low), abs(high))
    assert all(low - slack <= mark <= high + slack for mark in marks)
    assert list(marks) == sorted(set(marks))


@pytest.mark.parametrize(
    ("low", "high", "unit", "said"),
    [
        (0.68, 0.78, "percent", ("68 %", "70 %", "72 %", "74 %", "76 %", "78 %")),
        (0.7491, 0.7499, "percent", ("74.92 %", "74.94 %", "74.96 %", "74.98 %")),
        (350.0, 385.0, "seconds", ("5:50", "6:00", "6:10", "6:20")),
        (0.0, 9000.0, "seconds", ("0:00", "30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00")),
        (-12.0, 31.0, "points", ("−10", "0", "10", "20", "30")),
        (1.2, 3.9, "days", ("1.5 d", "2.0 d", "2.5 d", "3.0 d", "3.5 d")),
    ],
)
def test_marks_of_an_axis(low, high, unit, said):
    scale = figures.scale(unit, [low, high], glyphs=UNICODE)
    assert labels(ticks(low, high, scale), scale) == said


def test_a_spark_is_broken_where_there_is_no_value():
    assert spark([1.0], width=100, height=20) == ""
    drawn = spark([1.0, 3.0, None, 2.0], width=106, height=26)
    assert '<path d="M3 23.0h0L36 3.0M103 13.0h0"/><circle cx="103" cy="13.0"' in drawn
    assert "nan" not in spark([-1.7e308, 1.7e308], width=100, height=20)


def test_a_drawing_process_that_died_is_started_again(monkeypatch, tmp_path):
    marker = tmp_path / "died"
    dying = (
        f"""
import os, pathlib
marker = pathlib.Path({str(marker)!r})
if not marker.exists():
    marker.touch()
    os.abort()
"""
        + drawing._PROGRAM
    )
    monkeypatch.setattr(drawing, "_PROGRAM", dying)
    assert len(drawing.drawn([specification([point("a"), point("b")], PERCENT)])) == 1
    assert marker.exists()


def test_a_drawing_that_never_succeeds_says_why(monkeypatch):
    monkeypatch.setattr(drawing, "_PROGRAM", "raise SystemExit('no ink')")
    with pytest.raises(RuntimeError, match="no ink"):
        drawing.drawn([{}])
