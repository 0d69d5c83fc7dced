"""The style sheet: what is written and drawn can be read in light, in dark and on paper (WCAG 2.2, AA)."""

from __future__ import annotations

import itertools
import re
from importlib.resources import files

import pytest

from cxkpi.reports.html import charts

STYLE = (files("cxkpi.reports.html") / "report.css").read_text(encoding="utf-8")
_BLOCK = re.compile(r":root \{([^}]*)\}")
# Lines that only part what is apart anyway.
DECORATIVE = {"rule", "grid"}


def _schemes():
    found = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in _BLOCK.findall(STYLE)]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def _used(*properties):
    """The variables that are the colour of something."""
    pattern = rf"(?<![\w-])(?:{'|'.join(properties)}): ([^;}}]*)"
    values = re.findall(pattern, STYLE)
    for value in values:
        assert not re.search(r"#[0-9a-f]{3,8}|rgb|hsl", value), f"a colour that is no variable: {value}"
    return {name for value in values for name in re.findall(r"var\(--(\w+)\)", value)}


def _luminance(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, 1.4.3)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_text_on_every_ground(scheme):
    colours = _schemes()[scheme]
    texts, grounds = _used("color"), _used("background")
    assert {"ink", "muted", "met", "missed", "alarm", "goal"} <= texts
    assert grounds == {"paper", "card", "tint"}
    for text, ground in itertools.product(texts, grounds):
        assert contrast(colours[text], colours[ground]) >= 4.5, (scheme, text, ground)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_line_that_says_something(scheme):
    colours = _schemes()[scheme]
    drawn = _used("stroke", "fill", "outline", "border", "border-top", "border-top-color", "border-bottom") | {
        name[len("var(--") : -1] for name in charts._VARIABLES.values()
    }
    for name, ground in itertools.product(drawn - DECORATIVE - {"card"}, ("paper", "card", "tint")):
        assert contrast(colours[name], colours[ground]) >= 3, (scheme, name, ground)


def test_the_letters_of_a_chart_have_the_contrast_of_text():
    for colours in _schemes().values():
        for name in ("muted", "goal", "alarm"):
            assert contrast(colours[name], colours["card"]) >= 4.5


def test_every_scheme_has_every_colour():
    names = [set(colours) for colours in _schemes().values()]
    assert names[0] == names[1] == names[2]
    assert set(re.findall(r"var\(--(\w+)\)", STYLE)) <= names[0]
