"""Durations: in every spelling the same seconds, and none that is not meant."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.exports.values.durations import durations

from .rules import made, profile, read


def one(text: str, unit: str = "s", clock: str = "m:s") -> float | None:
    value: float | None = durations(pl.Series([text]), unit, None, clock)[0]
    return value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50:38:24.085", 182304.085),
        (" 50:38:24.085", 182304.085),
        ("75:30", 4530),
        (":07", 7),
        ("1:2:3", 3723),
        ("0:00:19,5", 19.5),
        ("1.02:30:00", 95400),
        ("1:02:30:00", 95400),
        ("1 day, 2:30:00", 95400),
        ("1 days 02:30:00.5", 95400.5),
        ("1d 02:30:00", 95400),
        ("19m 10s", 1150),
        ("19m\u202f10s", 1150),
        ("1 Day 9 Hours 46 Minutes", 121560),
        ("1 hour and 5 minutes", 3900),
        ("2 hrs 5 min", 7500),
        ("1w 2d", 777600),
        ("235ms", 0.235),
        ("1s 235ms", 1.235),
        ("PT5M3S", 303),
        ("P1DT2H", 93600),
        ("PT0.5S", 0.5),
        ("-0:05:00", -300),
        ("\u22120:05", -5),
        ("-19m 10s", -1150),
        ("-PT5M", -300),
        ("P1M", None),
        ("P", None),
        ("PT", None),
        ("5:75", None),
        ("0:75:30", None),
        ("1::30", None),
        (":", None),
        ("-", None),
        ("later", None),
        ("9" * 400 + "h", None),
        ("9" * 400, None),
    ],
)
def test_one_spelling(text: str, seconds: float | None) -> None:
    assert one(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"), [("5:30", 19800), ("0:05", 300), ("5:30:00", 19800), ("5:30.5", None), ("19m 10s", 1150)]
)
def test_a_clock_of_hours_and_minutes(text: str, seconds: float | None) -> None:
    assert one(text, clock="h:m") == seconds


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [("ms", "235", 0.235), ("m", "1.5", 90), ("h", "0.25", 900), ("d", "0.48118", 41573.952), ("d", "0:05:00", 300)],
)
def test_the_unit_of_plain_numbers(unit: str, text: str, seconds: float) -> None:
    assert one(text, unit) == seconds


WRITTEN = st.sampled_from(["clock", "long", "days", "words", "long words", "iso", "ms", "m", "d", "python"])


def _write(ms: int, spelling: str) -> tuple[str, str]:
    """A duration in some spelling, and the unit of a plain number."""
    seconds, rest = divmod(ms, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    match spelling:
        case "clock":
            return f"{hours}:{minute:02}:{second:02}.{rest:03}", "s"
        case "long":
            return f"{minutes}:{second:02}.{rest:03}", "s"
        case "days":
            return f"{days}.{hour:02}:{minute:02}:{second:02}.{rest:03}", "s"
        case "python":
            return f"{days} day{'' if days == 1 else 's'}, {hour}:{minute:02}:{second:02}.{rest:03}", "s"
        case "words":
            return f"{hours}h {minute}m {second}s {rest}ms", "s"
        case "long words":
            return f"{days} Days {hour} Hours {minute} Minutes {second}.{rest:03} Seconds", "s"
        case "iso":
            return f"P{days}DT{hour}H{minute}M{second}.{rest:03}S", "s"
        case "ms":
            return str(ms), "ms"
        case "m":
            return repr(ms / 60000), "m"
        case _:
            return repr(ms / 86_400_000), "d"


@settings(deadline=None, derandomize=True)
@given(st.integers(0, 10**9), WRITTEN)
def test_any_duration_reads_back_equal(ms: int, spelling: str) -> None:
    text, unit = _write(ms, spelling)
    assert one(text, unit) == pytest.approx(ms / 1000, abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(st.integers(1, 10**9), WRITTEN)
def test_a_sign_in_front_turns_it(ms: int, spelling: str) -> None:
    text, unit = _write(ms, spelling)
    assert one("-" + text, unit) == pytest.approx(-ms / 1000, abs=1e-9)


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=12))
def test_any_text_is_a_number_of_seconds_or_none(text: str) -> None:
    value = one(text)
    assert value is None or abs(value) < 1e300


def test_the_display_of_an_instant_behind_1970_is_a_duration() -> None:
    rule = "{from: C, format: epoch}"
    assert read(rule, ["1970-01-02 09:46:18", "1970-01-01 00:00:00", "1 Day 9 Hours 46 Minutes", ""], "talk_s") == [
        121578.0,
        0.0,
        121560.0,
        None,
    ]


def test_a_duration_below_zero_rejects_its_record() -> None:
    became = made(profile("contact_id: Id\ntalk_s: C"), {"Id": ["a", "b"], "C": ["-0:05:00", "5"]})
    assert [(reject.line, reject.value, reject.reason) for reject in became.rejects] == [
        (2, "-0:05:00", "a duration cannot be negative")
    ]


def test_durations_are_added_subtracted_and_multiplied() -> None:
    text = profile(
        "contact_id: Id\nwait_s: {from: A, plus: [B]}\ntalk_s: {from: A, minus: [B]}\nhold_s: {from: A, times: N}"
    )
    became = made(
        text,
        {
            "Id": ["a", "b", "c", "d"],
            "A": ["100", "0:01:40", None, None],
            "B": ["30", None, "5", None],
            "N": ["3", "2.5", "1", "7"],
        },
    )
    frame = became.tables["contacts"]
    assert frame["wait_s"].to_list() == [130, 100, 5, None]
    assert frame["talk_s"].to_list() == [70, 100, None, None]
    assert frame["hold_s"].to_list() == [300, 250, None, None]
    assert became.rejects == ()
