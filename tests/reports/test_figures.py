"""Numbers in their units. Expected texts are written out by hand."""

from __future__ import annotations

import pytest

from cxkpi.reports import figures
from cxkpi.reports.figures import ASCII, scale


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        ("seconds", 338.0, "5:38"),
        ("seconds", 338.5, "5:39"),
        ("seconds", 3723.0, "1:02:03"),
        ("seconds", 59.6, "59.6 s"),
        ("seconds", 20.0, "0:20"),
        ("seconds", 3599.7, "1:00:00"),
        ("percent", 0.749, "74.9 %"),
        ("percent", 1.0, "100.0 %"),
        ("percent", 0.0042, "0.42 %"),
        ("points", -12.34, "−12.3"),
        ("days", 12.0, "12 d"),
        ("days", 12.5, "12.5 d"),
        ("contacts", 1204.0, "1,204"),
        ("score", 5.4149, "5.41"),
        ("score", 123.45, "123.5"),
        ("score", 12345.6, "12,346"),
        ("EUR", 3.5, "3.50 EUR"),
        ("EUR", 3.0, "3.00 EUR"),
        ("percent", 0.0, "0.0 %"),
        ("percent", -0.00004, "0.00 %"),
    ],
)
def test_value(unit, value, text):
    assert scale(unit, [value]).value(value) == text


def test_a_net_score_carries_its_sign():
    signed = scale("points", [12.3], signed=True)
    assert [signed.value(value) for value in (12.3, -12.3, 0.0)] == ["+12.3", "−12.3", "0.0"]


def test_figures_of_one_metric_have_the_same_decimals():
    together = scale("score", [5.0, 5.41, None])
    assert (together.value(5.0), together.value(5.41)) == ("5.00", "5.41")


@pytest.mark.parametrize(
    ("unit", "difference", "text"),
    [
        ("seconds", 8.0, "+0:08"),
        ("seconds", -16.0, "−0:16"),
        ("percent", -0.011, "−1.1 pt"),
        ("percent", 0.0, "0.0 pt"),
        ("points", 2.0, "+2.0 pt"),
        ("days", -3.0, "−3 d"),
        ("score", 0.05, "+0.05"),
    ],
)
def test_change(unit, difference, text):
    values = {"seconds": 338.0, "days": 70.0}.get(unit, 0.749)
    assert scale(unit, [values]).change(difference) == text


@pytest.mark.parametrize(
    ("unit", "target", "better", "text"),
    [
        ("percent", 0.75, "higher", "≥ 75.0 %"),
        ("seconds", 360.0, "lower", "≤ 6:00"),
        ("percent", (0.7, 0.85), "inside", "70.0–85.0 %"),
        ("days", 70.0, None, "70 d"),
    ],
)
def test_target(unit, target, better, text):
    values = list(target) if isinstance(target, tuple) else [target]
    assert scale(unit, values).target(target, better) == text


def test_interval():
    share, score = scale("percent", [0.7]), scale("points", [3.0], signed=True)
    assert share.interval(0.719, 0.729) == "71.9–72.9"
    assert share.interval(None, None) == ""
    assert scale("days", [62.0]).interval(62.0, None) == "62–∞"
    assert scale("days", [62.0], glyphs=ASCII).interval(62.0, None) == "62-inf"
    assert score.interval(-3.1, 2.0) == "−3.1 to +2.0"


@pytest.mark.parametrize(
    ("unit", "value", "target", "text"),
    [
        ("percent", 0.7496, 0.75, "74.96 %"),
        ("percent", 0.749999, 0.75, "74.9999 %"),
        ("percent", 0.75, 0.75, "75.0 %"),
        ("percent", 0.74, 0.75, "74.0 %"),
        ("seconds", 360.3, 360.0, "6:00.3"),
        ("seconds", 361.0, 360.0, "6:01"),
    ],
)
def test_a_value_short_of_its_target_never_looks_equal_to_it(unit, value, target, text):
    assert scale(unit, [value, target]).value(value, apart_from=target) == text


def test_marks():
    assert [figures.mark(status, None) for status in ("met", "missed", "alarm")] == ["✓", "✗", "‼"]
    assert [figures.mark(None, reason) for reason in ("partial", "immature", "too_few")] == ["~", "°", "?"]
    assert [figures.mark(None, reason) for reason in ("no_target", "empty", None)] == ["", "", ""]
    assert [figures.mark(status, None, ASCII) for status in ("met", "missed", "alarm")] == ["ok", "x", "!!"]


def test_arrows():
    assert figures.arrow(1.0, True) == "▲"
    assert figures.arrow(-1.0, True) == "▼"
    assert figures.arrow(1.0, False) == "·"
    assert figures.arrow(1.0, None) == ""
    assert [figures.arrow(*change, ASCII) for change in ((1.0, True), (-1.0, True), (1.0, False))] == ["^", "v", "."]


@pytest.mark.parametrize(
    ("values", "bars"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([7.0, 0.0], "█▁"),
        ([1.0, None, 2.0], "▁ █"),
        ([5.0, 5.0], "▄▄"),
        ([None, None], "  "),
        ([], ""),
    ],
)
def test_sparkline(values, bars):
    assert figures.sparkline(values) == bars


def test_ascii_sparkline():
    assert figures.sparkline([0, 1, 2, 3, 4], ASCII) == "_.-=^"
