"""Results of every shape: those of the goldens, and any at all for Hypothesis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from hypothesis import strategies as st
from reports.factory import AS_OF, FILES, centre, info, month, result, row

from cxkpi.errors import Problem
from cxkpi.result import (
    Cause,
    Change,
    Every,
    FileEntry,
    MetricInfo,
    PastCell,
    Period,
    Reason,
    Restated,
    Restatement,
    Result,
    Row,
    Status,
)

HOSTILE = '=HYPERLINK("http://x.example","a|b") <script>alert(1)</script> @all #12 `x` [y](http://z)'


def fiscal(number: int) -> Period:
    start = date(2026, 5, 31) + timedelta(days=28 * (number - 1))
    return Period("month", start, start + timedelta(days=28), True, None, f"FY27 P{number:02d}")


def odd() -> Result:
    """Two dimensions, one of which names people; ranges, bounds, fiscal periods, what is withheld, refused or mixed."""
    p1, p2 = fiscal(1), fiscal(2)
    people = [
        {},
        {"queue": HOSTILE, "agent_id": "A-17"},
        {"queue": None, "agent_id": "A-2"},
        {"queue": "all", "agent_id": None},
    ]
    rows: list[Row] = []
    for by in people:
        rows += [
            row("aht", p1, by=by, value=372.7, target=(300.0, 360.0), alarm=(240.0, 480.0), low=-12.5,
                high=400.25, n=41),
            row(
                "aht", p2, by=by, value=359.96, target=(300.0, 360.0), alarm=None, status="met", n=40,
                definition="77aa0c1d",
                change=Change(p1.start, 372.7, -12.74, True),
                notes=("mixes definitions: wrap is counted since 1 June",
                "improved while csat got significantly worse"),
            ),
        ]  # fmt: skip
        rows += [
            row(
                "fcr", p1, by=by, value=0.74996, low=0.70, high=0.79, n=1200, target=0.75, alarm=None, missing=3,
                numerator=900.0, denominator=1200,
            ),
            row(
                "fcr", p2, by=by, value=0.7, low=None, high=0.75, n=1000, target=0.70, alarm=0.6, immature=120,
                status=None, reason="immature", bounds=(0.65, 0.81),
            ),
        ]  # fmt: skip
        hidden = bool(by)
        rows.append(
            row(
                "csat", p2, by=by, value=None if hidden else 0.871, low=None, high=None, n=0 if hidden else 64,
                numerator=None, denominator=None, status=None if hidden else "met",
                reason="withheld" if hidden else None,
            )
        )  # fmt: skip
        rows.append(
            row(
                "turnover", p2, by=by, value=None if hidden else 0.412, n=0, low=None, high=None, numerator=None,
                denominator=None, status=None if hidden else "alarm", reason="refused" if hidden else None,
                notes=("its people are in no queue",) if hidden else (),
            )
        )  # fmt: skip
    rows.append(
        row(
            "speed_to_competency",
            p2,
            value=None,
            low=49.0,
            high=None,
            n=96,
            status=None,
            reason="not_reached",
            censored=80,
        )
    )
    rows = [item for metric in dict.fromkeys(one.metric for one in rows) for item in rows if item.metric == metric]
    found = result(rows, by=("queue", "agent_id"), files=(*FILES[-2:], replace(FILES[0], path="a|b `c` <d>.csv")))
    metrics = dict(found.metrics)
    metrics["aht", None] = info(
        "aht", label="Average handle time | *net*", objective="=1+1", description="What <b>it</b> costs.",
        family="time",
        formula="talk_s + hold_s + wrap_s of contacts, over contacts.",
    )  # fmt: skip
    return replace(
        found,
        metrics=metrics,
        notes=("See http://x.example and @all.", "1. a list? no"),
        absent=(Problem("I140", "csat.any needs answers, and no file holds any.", None, None),),
        further=(row("ces", p2, status="alarm"),),
        further_metrics={("ces", None): info("ces")},
    )


def weekly() -> Result:
    """Weeks across the turn of a year, the newest not over, one without anything, one with too little."""
    rows = []
    for number in range(6):
        start = date(2025, 12, 8) + timedelta(days=7 * number)
        week = Period("week", start, start + timedelta(days=7), number < 5, None)
        value = 370.0 - 4 * number
        few, none = number == 0, number == 3
        status: Status | None = None if few or none or number == 5 else "met" if value <= 360 else "missed"
        rows.append(
            row(
                "aht", week, value=None if none else value, low=None if none else value - 9,
                high=None if none else value + 9, n=12 if few else 0 if none else 600 + number, status=status,
                reason=None if status else "too_few" if few else "empty" if none else "partial",
                numerator=None if none else value * 600, denominator=0 if none else 600,
                change=Change(start - timedelta(days=7), value + 4, -4.0, False) if number == 2 else None,
            )
        )  # fmt: skip
    return result(rows, every="week", notes=("2 contacts have no end: they belong to no period.",))


def _past(value: float | None, n: int, status: Status | None = "met", **fields: Any) -> PastCell:
    base = PastCell("9c2e01b7", value, n, None, None, 0, 360.0, 480.0, status, None)
    return replace(base, **fields)


def restated() -> Result:
    """By queue, with what became of an earlier run's figures: every cause, sides that are not there, and ties."""
    may, june = month(5), month(6)
    queues: list[Mapping[str, str | None]] = [{}, {"queue": "Billing"}, {"queue": "all"}, {"queue": None}]
    rows = [row("aht", period, by=by, value=366.9, n=3280) for by in queues for period in (may, june)]
    rows += [row("csat", may, value=0.84996, target=0.85, alarm=0.75, low=None, high=None, n=500)]

    def cell(metric: str, by: Mapping[str, str | None], then: PastCell | None, now: PastCell | None, *causes: Cause,
             final: bool = True) -> Restated:  # fmt: skip
        return Restated(metric, None, "month", may.start, may.end, by, then, now, causes, final)

    cells = (
        cell("aht", {}, _past(359.0, 3200), _past(366.9, 3280, "missed"), "late_rows"),
        cell("aht", {"queue": "Billing"}, _past(366.91, 3279), _past(366.94, 3279), "as_of", "profiles", final=False),
        cell("aht", {"queue": "all"}, None, _past(366.9, 3280, "missed"), "late_rows"),
        cell("aht", {"queue": None}, _past(380.0, 41), _past(None, 3, None, reason="withheld"), "definition"),
        cell("aht", {"queue": "Gone | away"}, _past(-0.4, 7, None, reason="too_few"), None, "late_rows"),
        cell(
            "csat", {}, _past(0.84996, 500, target=0.85, alarm=None), _past(0.84996, 500, "missed", target=0.9),
            "target",
        ),
    )  # fmt: skip
    found = Restatement(
        "nightly/run.json",
        datetime(2026, 6, 1, 4, 5, tzinfo=UTC),
        ("acd_2026-06.csv",),
        ("a|b.csv", "c.csv"),
        (),
        cells,
    )
    return replace(result(rows, by=("queue",)), restated=found)


def cases() -> Mapping[str, Result]:
    """The tables of which there are goldens in every format."""
    return {
        "centre": centre(), "by_queue": centre(by="queue"), "weekly": weekly(), "odd": odd(), "restated": restated(),
        "as_before": replace(weekly(), restated=Restatement("run.json", AS_OF, (), (), (), (), compared=9)),
    }  # fmt: skip


# As long as nothing depends on it, short texts with all that is dangerous in one format or another.
_ANY_TEXT = st.text(st.characters(codec=None), max_size=12) | st.sampled_from(
    ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", "a\r\nb", "_x0041_", "a|b", "(blank)", '"(blank)"', "all", "", " ",
     "\x1b[31m", "\ufffe", "\ud800", "😀" * 3, "x" * 40, "[]:*?/\\", "History", "{{ x }}", "<b>", "&amp;",
     "]]>", "1,5", "NaN"]
)  # fmt: skip
_NUMBER = st.floats(-1e12, 1e12).map(lambda value: float(f"{value:.12g}")) | st.sampled_from(
    [0.0, -0.0, 1e-12, 0.1, 59.96, 359.96, 86400.0]
)
_COUNT = st.integers(0, 10**9)
_INSTANT = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
_DAY = st.dates(date(1990, 1, 1), date(2090, 1, 1))
_UNIT = st.sampled_from(["seconds", "percent", "points", "days", "minutes", "score", "EUR"]) | _ANY_TEXT


def _or_none(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | one


_TARGET = _or_none(_NUMBER | st.tuples(_NUMBER, _NUMBER).map(sorted).map(tuple))


@st.composite
def _period(draw: st.DrawFn, every: Every, index: int) -> Period:
    start = date(2020, 1, 1) + timedelta(days=31 * index)
    label = draw(_or_none(_ANY_TEXT.filter(str.strip)))
    return Period(every, start, start + timedelta(days=31), draw(st.booleans()), draw(_or_none(_INSTANT)), label)


@st.composite
def _row(draw: st.DrawFn, key: tuple[str, str | None], unit: str, period: Period, by: Mapping[str, str | None]) -> Row:
    status = draw(_or_none(st.sampled_from(get_args(Status))))
    change = st.builds(Change, _DAY, _NUMBER, _NUMBER, _or_none(st.booleans()))
    return Row(
        metric=key[0], variant=key[1], kind=draw(_ANY_TEXT), definition=draw(_ANY_TEXT), unit=unit,
        better=draw(st.sampled_from([None, "higher", "lower", "inside"])), period=period, by=by,
        value=draw(_or_none(_NUMBER)), low=draw(_or_none(_NUMBER)), high=draw(_or_none(_NUMBER)),
        confidence=draw(_or_none(st.sampled_from([0.9, 0.95]))), bounds=draw(_or_none(st.tuples(_NUMBER, _NUMBER))),
        n=draw(_COUNT), numerator=draw(_or_none(_NUMBER)), denominator=draw(_or_none(_NUMBER)), immature=draw(_COUNT),
        missing=draw(_COUNT), censored=draw(_or_none(_COUNT)), target=draw(_TARGET), alarm=draw(_TARGET), status=status,
        reason=None if status else draw(st.sampled_from(get_args(Reason))), change=draw(_or_none(change)),
        notes=tuple(draw(st.lists(_ANY_TEXT, max_size=2))),
    )  # fmt: skip


@st.composite
def results(draw: st.DrawFn) -> Result:
    """Any Result: strings of all kinds wherever a string may stand, from no row to a dozen."""
    every = draw(st.sampled_from(get_args(Every)))
    names = draw(st.lists(_ANY_TEXT | st.sampled_from(["queue", "agent_id", "customer_id"]), max_size=2, unique=True))
    keys = draw(st.lists(st.tuples(_ANY_TEXT, _or_none(_ANY_TEXT)), max_size=2, unique=True))
    periods = [draw(_period(every, index)) for index in range(draw(st.integers(1, 2)))]
    value = _or_none(_ANY_TEXT)
    groups: list[Mapping[str, str | None]] = [{}]
    if names:
        found = draw(st.lists(st.tuples(*[value] * len(names)), max_size=2, unique=True))
        groups += [dict(zip(names, values, strict=True)) for values in found]
    rows, metrics = [], {}
    for key in keys:
        unit = draw(_UNIT)
        texts = [draw(_or_none(_ANY_TEXT)) for _ in range(5)]
        label = draw(_ANY_TEXT)
        metrics[key] = MetricInfo(
            *key, label, unit, None, *texts[:3], draw(st.sampled_from([None, "12mo"])), 30, texts[4]
        )
        rows += [draw(_row(key, unit, period, by)) for by in groups for period in periods]
    file = st.builds(
        FileEntry, _ANY_TEXT, _ANY_TEXT, *[_COUNT] * 7, st.lists(st.tuples(_ANY_TEXT, _COUNT), max_size=1).map(tuple)
    )
    texts_ = st.lists(_ANY_TEXT, max_size=2).map(tuple)
    problems = st.lists(st.builds(Problem, st.just("I140"), _ANY_TEXT, st.none(), st.none()), max_size=1).map(tuple)
    return Result(
        version=draw(_ANY_TEXT), catalogue_path=draw(_ANY_TEXT), catalogue_hash=draw(_ANY_TEXT),
        timezone="Europe/London", as_of=draw(_INSTANT), as_of_from_data=True,
        through=draw(st.dictionaries(_ANY_TEXT, _INSTANT, max_size=1)), every=every, by=tuple(names), metrics=metrics,
        rows=tuple(rows), files=tuple(draw(st.lists(file, max_size=1))), rejects=(), notes=draw(texts_),
        absent=draw(problems), identifiers=frozenset(draw(st.sets(st.sampled_from(names),
        max_size=1)) if names else ()),
        restated=draw(_or_none(_restated(names))),
        only=draw(st.dictionaries(
            _ANY_TEXT | st.sampled_from(["queue", "customer_id", *names]),
            st.lists(_ANY_TEXT, min_size=1, max_size=2, unique=True).map(tuple), max_size=2,
        )),
    )  # fmt: skip


@st.composite
def _restated(draw: st.DrawFn, names: list[str]) -> Restatement:
    past = st.builds(
        PastCell, _ANY_TEXT, _or_none(_NUMBER), _COUNT, _or_none(_NUMBER), _or_none(_NUMBER), _COUNT, _TARGET, _TARGET,
        _or_none(st.sampled_from(get_args(Status))), _or_none(st.sampled_from(get_args(Reason))),
    )  # fmt: skip
    by = st.fixed_dictionaries(dict.fromkeys(names, _or_none(_ANY_TEXT)))
    causes = st.lists(st.sampled_from(get_args(Cause)), max_size=2, unique=True).map(tuple)
    cell = st.builds(
        Restated, _ANY_TEXT, _or_none(_ANY_TEXT), st.just("month"), _DAY, _DAY, by, _or_none(past),
        _or_none(past), causes,
        st.booleans(),
    )  # fmt: skip
    texts = st.lists(_ANY_TEXT, max_size=1).map(tuple)
    cells = st.lists(cell, max_size=1).map(tuple)
    return draw(st.builds(Restatement, _ANY_TEXT, _INSTANT, texts, texts, texts, cells))


__all__ = ["HOSTILE", "cases", "fiscal", "month", "odd", "results"]
