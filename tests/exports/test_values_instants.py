"""Instants and dates: by declared formats, in ISO 8601, as counts; zones are applied once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.errors import InputError
from cxkpi.exports.values.instants import dates
from cxkpi.exports.values.offsets import offset_of

from .rules import codes, made, profile, read

LONDON = "Europe/London"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("rule", "cell", "utc"),
    [
        ("{from: C, format: '%a, %d %b %Y %H:%M:%S'}", "Fri, 21 Aug 2026 09:00:06", "2026-08-21 08:00:06"),
        ("{from: C, format: '%a, %d %b %Y %H:%M:%S'}", "Fri, 21 Aug 2026 09:00:06.25", "2026-08-21 08:00:06.250"),
        ("{from: C, format: '%m/%d/%y %I:%M %p'}", "6/23/25 07:00\u202fAM", "2025-06-23 06:00"),
        ("{from: C, format: '%m/%d/%y %I:%M %p'}", "6/23/25 07:00\u00a0p. m.", "2025-06-23 18:00"),
        ("{from: C, format: '%m/%d/%y %I:%M %p'}", "6/23/25 12:30 am", "2025-06-22 23:30"),
        ("{from: C, format: '%Y/%m/%d %I:%M:%S %p'}", "2026/08/21 9:00:06 AM GMT+3", "2026-08-21 06:00:06"),
        ("{from: C, format: '%Y/%m/%d %I:%M:%S %p'}", "2026/08/21 9:00:06 AM UTC-03:30", "2026-08-21 12:30:06"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S'}", "21/08/2026 09:00:06Z", "2026-08-21 09:00:06"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S'}", "2026-08-21 09:00:06", "2026-08-21 08:00:06"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S'}", "2026-08-21", "2026-08-20 23:00"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S'}", "2026-08-21T09:00:06+05:30", "2026-08-21 03:30:06"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S.%f'}", "21/08/2026 09:00:06.5", "2026-08-21 08:00:06.500"),
        ("{from: C, format: '%d/%m/%Y %H:%M:%S'}", "21/08/2026 09:00:06,5", "2026-08-21 08:00:06.500"),
        ("{from: C, format: '%Y-%m-%dT%H:%M:%SZ'}", "2026-08-21T09:00:06Z", "2026-08-21 09:00:06"),
        ("{from: C, format: '%Y-%m-%d %H:%M:%S %z'}", "2026-08-21 09:00:06 +0200", "2026-08-21 07:00:06"),
        ("{from: C, format: '%Y-%m-%d %H:%M:%S %z'}", "2026-08-21 09:00:06 GMT+2", "2026-08-21 07:00:06"),
        ("{from: C, format: unix}", "1787302806", "2026-08-21 09:00:06"),
        ("{from: C, format: unix}", "1787302806.5", "2026-08-21 09:00:06.500"),
        ("{from: C, format: unix_ms}", "1787302806250", "2026-08-21 09:00:06.250"),
        ("{from: C, format: excel}", "46255.3750694444", "2026-08-21 08:00:06"),
        ("{from: C, format: excel}", "46255", "2026-08-20 23:00"),
        ("C", "2026-08-21 09:00:06.25", "2026-08-21 08:00:06.250"),
        ("C", "2026-08-21T09:00:06,25", "2026-08-21 08:00:06.250"),
        ("C", "2026-08-21T09:00:06.25Z", "2026-08-21 09:00:06.250"),
        ("C", "2026-08-21 09:00:06 GMT+3", "2026-08-21 06:00:06"),
        ("{from: C, timezone: Asia/Kolkata}", "2026-08-21 09:00:06", "2026-08-21 03:30:06"),
        ("{from: C, timezone: Asia/Kolkata}", "2026-08-21 09:00:06Z", "2026-08-21 09:00:06"),
        ("{from: C, timezone: UTC}", "2026-08-21 09:00:06", "2026-08-21 09:00:06"),
        ("{from: C, minus: [D], unit: m}", "2026-08-21 09:00:06", "2026-08-21 07:58:06"),
    ],
)
def test_one_instant(rule: str, cell: str, utc: str) -> None:
    assert read(rule, [cell], "started_at", LONDON, D=["2"]) == [at(utc)]


@pytest.mark.parametrize("cell", ["9", "99999999999999999999", "-1", "later", "1787302806000000"])
def test_a_count_of_no_sensible_year_is_no_instant(cell: str) -> None:
    became = made(profile("contact_id: Id\nstarted_at: {from: C, format: unix_ms}"), {"Id": ["a"], "C": [cell]})
    value = became.tables["contacts"]["started_at"][0]
    assert value is None or value.year in (1969, 1970)


@pytest.mark.parametrize(
    ("text", "format", "day"),
    [
        ("2026-08-21 10:00", None, date(2026, 8, 21)),
        ("21.08.2026", "%d.%m.%Y", date(2026, 8, 21)),
        ("08/21/2026 12:00:00 AM", "%m/%d/%Y", date(2026, 8, 21)),
        ("2026-08-21T00:00:00", "%m/%d/%Y", date(2026, 8, 21)),
        ("46255", "excel", date(2026, 8, 21)),
        ("21 Aug 2026", "%d %b %Y", date(2026, 8, 21)),
        ("21.08.26", "%d.%m.%Y", None),
    ],
)
def test_dates(text: str, format: str | None, day: date | None) -> None:
    assert dates(pl.Series([text]), format).to_list() == [day]


MOMENTS = st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC).replace(tzinfo=None))
FORMATS = [
    "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d.%m.%Y %H:%M:%S", "%a, %d %b %Y %H:%M:%S",
    "%d-%b-%y %H:%M:%S", "%Y%m%d%H%M%S",
]  # fmt: skip


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(FORMATS), st.sampled_from(["", "Z", "+05:30", " GMT-3", " UTC+10"]))
def test_any_instant_reads_back_equal(moment: datetime, format: str, offset: str) -> None:
    if format == "%d-%b-%y %H:%M:%S" and moment.year > 2068:
        moment = moment.replace(year=2030, day=min(moment.day, 28))
    if format == "%Y%m%d%H%M%S":
        # Digits alone do not show where a time ends and an offset begins.
        offset = ""
    text = moment.strftime(format) + offset
    shift = timedelta(minutes=offset_of(offset.strip()) or 0) if offset else timedelta(0)
    assert read(f"{{from: C, format: '{format}'}}", [text], "started_at") == [moment - shift]


@settings(deadline=None, derandomize=True)
@given(MOMENTS, st.sampled_from(["Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]))
def test_a_local_time_is_its_instant(moment: datetime, zone: str) -> None:
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    first = local.replace(fold=0).astimezone(UTC).replace(tzinfo=None)
    assert read("C", [local.strftime("%Y-%m-%d %H:%M:%S")], "started_at", zone) == [first]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("GMT+3", 180), ("utc-03:30", -210), ("+0530", 330), ("Z", 0), ("GMT", 0), ("+15", None), ("Etc/GMT+3", None)],
)
def test_offsets(text: str, minutes: int | None) -> None:
    assert offset_of(text) == minutes


# -- zones ------------------------------------------------------------------------------------------------------------


def test_each_row_may_have_a_zone() -> None:
    rule = "{from: C, timezone: {from: Zone, values: {Eastern Time: America/New_York}}}"
    zones = ["Asia/Kolkata", "GMT+3", "eastern time", None, "Mars/Olympus", "Australia/Sydney"]
    text = profile(f"contact_id: Id\nstarted_at: {rule}")
    became = made(text, {"Id": [*"abcdef"], "C": ["2026-01-05 10:00:00"] * 6, "Zone": zones}, LONDON)
    assert became.tables["contacts"]["started_at"].to_list() == [
        at("2026-01-05 04:30"), at("2026-01-05 07:00"), at("2026-01-05 15:00"), at("2026-01-05 10:00"), None,
        at("2026-01-04 23:00"),
    ]  # fmt: skip
    assert [one for one in codes(became) if one[0] in ("F208", "F209")] == [("F208", "Zone", 5), ("F209", "Zone", 6)]


def test_the_zone_may_stand_at_the_end_of_the_time() -> None:
    rule = "{from: C, format: '%Y/%m/%d %H:%M', extract: '^(.*\\d:\\d\\d)', timezone: {from: C}}"
    cells = ["2026/07/05 10:00 Asia/Kolkata", "2026/07/05 10:00 GMT+3", "2026/07/05 10:00"]
    assert read(rule, cells, "started_at", LONDON) == [
        at("2026-07-05 04:30"), at("2026-07-05 07:00"), at("2026-07-05 09:00"),
    ]  # fmt: skip


def test_a_zone_in_the_heading_is_that_of_its_column() -> None:
    text = profile("contact_id: Id\nstarted_at: Started at\nended_at: Ended")
    heading = "Started at (America/New_York)"
    columns = {"Id": ["a"], heading: ["2026-01-05 10:00:00"], "Ended": ["2026-01-05 16:00:00"]}
    frame = made(text, columns, LONDON).tables["contacts"]
    assert frame.select("started_at", "ended_at").row(0) == (at("2026-01-05 15:00"), at("2026-01-05 16:00"))


def test_doubtful_hours_are_found_with_a_line() -> None:
    cells = ["2026-01-05 10:00:00", "2026-10-25 01:30:00", "2026-03-29 01:30:00"]
    became = made(profile("contact_id: Id\nstarted_at: C"), {"Id": [*"abc"], "C": cells}, LONDON)
    assert codes(became) == [("F204", "", 3), ("F205", "", 4)]


def test_the_time_between_two_instants() -> None:
    text = profile("contact_id: Id\nwait_s: {between: [A, B]}\ntalk_s: {between: [B, A]}")
    columns = {"Id": [*"abc"], "A": ["2026-10-25 01:50:00", None, "x"], "B": ["2026-10-25 01:10:00.5"] * 3}
    became = made(text.replace("\n    talk_s: {between: [B, A]}", ""), columns, LONDON)
    assert became.tables["contacts"]["wait_s"].to_list() == [1200.5, None, None]
    assert ("F206", "A", 4) in codes(became) or ("F206", "A to B", 4) in codes(became)


# -- formats ----------------------------------------------------------------------------------------------------------

TWO = "started_at: {from: C, format: ['%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M']}"


def test_a_day_above_twelve_decides() -> None:
    cells = ["05/01/2026 10:00", "13/01/2026 10:00"]
    assert read(TWO.removeprefix("started_at: "), cells, "started_at")[0] == at("2026-01-05 10:00")


def test_days_that_can_be_months_are_asked_about() -> None:
    with pytest.raises(InputError, match=r"I106.*'05/06/2026 10:00' is a date in both"):
        read(TWO.removeprefix("started_at: "), ["05/06/2026 10:00", "05/05/2026 10:00"], "started_at")


def test_a_format_may_be_decided_by_values_with_an_offset() -> None:
    cells = ["13/01/2026 10:00 GMT+1", "05/01/2026 10:00 GMT+1"]
    assert read(TWO.removeprefix("started_at: "), cells, "started_at")[1] == at("2026-01-05 09:00")


def test_a_later_stretch_shows_that_the_format_is_another() -> None:
    from cxkpi.exports.values.casting import Decisions

    formats = ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M")
    text = profile(f"contact_id: Id\n{TWO}")

    def contradicted(cell: str, ties: tuple[str, ...] = ()) -> bool:
        decided = Decisions(formats={formats: formats[0]}, ties={formats: ties} if ties else {})
        return made(text, {"Id": ["a"], "C": [cell]}, decisions=decided).contradicted

    assert not contradicted("13/01/2026 10:00")
    assert contradicted("01/13/2026 10:00")
    assert not contradicted("05/06/2026 10:00")
    assert contradicted("05/06/2026 10:00", ties=(formats[1],))
    assert not contradicted("05/05/2026 10:00", ties=(formats[1],))
    assert not contradicted("2026-01-05 10:00", ties=(formats[1],))


def test_some_dates_in_iso_among_others_may_be_a_spreadsheet_s_work() -> None:
    text = profile("contact_id: Id\nstarted_at: {from: C, format: '%d/%m/%Y %H:%M'}")
    mixed = made(text, {"Id": [*"ab"], "C": ["13/01/2026 10:00", "2026-05-01 10:00:00"]})
    assert codes(mixed) == [("F207", "C", 3)]
    assert codes(made(text, {"Id": [*"ab"], "C": ["2026-05-01 10:00:00", None]})) == []
