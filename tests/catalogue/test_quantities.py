"""Quantities: what people write, and what is stored."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.values.quantities import Refusal, duration, fraction, in_unit
from cxkpi.kinds.definition import Duration


@pytest.mark.parametrize(
    ("written", "unit", "stored"),
    [
        ("75%", "percent", 0.75),
        ("74.1%", "percent", 0.741),
        ("0.5 %", "percent", 0.005),
        (0.75, "percent", 0.75),
        (1, "percent", 1.0),
        ("6m", "seconds", 360.0),
        ("20s", "seconds", 20.0),
        ("48h", "seconds", 172_800.0),
        (360, "seconds", 360.0),
        ("45d", "days", 45.0),
        ("12wk", "days", 84.0),
        ("12h", "days", 0.5),
        (45, "days", 45.0),
        ("90m", "hours", 1.5),
        ("3 EUR", "EUR", 3.0),
        ("2.50EUR", "EUR", 2.5),
        (40, "points", 40.0),
        (-10, "points", -10.0),
        (4.2, "score", 4.2),
    ],
)
def test_targets_are_stored_in_the_unit(written: str | float, unit: str, stored: float) -> None:
    assert in_unit(written, unit) == stored


@pytest.mark.parametrize(
    ("written", "unit", "hint"),
    [
        (75, "percent", "Write 75% or 0.75."),
        ("7d", "percent", "Write 75% or 0.75."),
        ("75%", "seconds", "Write a number of seconds."),
        ("6m", "contacts", "Write a number of contacts."),
        ("12mo", "days", "Write a number of days."),
        ("3 EUR", "USD", None),
        ("a lot", "seconds", "Write a number of seconds, or 20s, 6m, 48h, 7d."),
        ("5", "points", "Write a number of points."),
    ],
)
def test_targets_in_another_unit_are_refused(written: str | float, unit: str, hint: str | None) -> None:
    found = in_unit(written, unit)
    assert isinstance(found, Refusal)
    assert found.hint == hint


@pytest.mark.parametrize(
    ("written", "length"),
    [
        ("20s", (20, "s")),
        ("6m", (6, "m")),
        ("1.5h", (1.5, "h")),
        ("7d", (7, "d")),
        ("12wk", (12, "wk")),
        ("12mo", (12, "mo")),
    ],
)
def test_durations(written: str, length: tuple[float, str]) -> None:
    found = duration(written)
    assert isinstance(found, Duration)
    assert (found.amount, found.unit) == length


@pytest.mark.parametrize("written", ["7", 7, "7 days", "1:30", "-7d", "d", "", "7D", "1e3s"])
def test_other_durations_are_refused(written: str | float) -> None:
    assert isinstance(duration(written), Refusal)


@pytest.mark.parametrize(("written", "value"), [("95%", 0.95), (0.5, 0.5), ("50 %", 0.5), (0, 0.0), ("100%", 1.0)])
def test_fractions(written: str | float, value: float) -> None:
    assert fraction(written) == value


@pytest.mark.parametrize("written", [95, "95", "-5%", "101%", -0.1, "half"])
def test_other_fractions_are_refused(written: str | float) -> None:
    assert isinstance(fraction(written), Refusal)
