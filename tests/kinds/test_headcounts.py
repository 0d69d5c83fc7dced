"""Every way to count heads, against a walk through every day, and as published."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
import yaml
from kinds.centre import DAY, ENGINES, answer, ask, catalogue, made_agents, one, period_of, same
from kinds.test_stock_oracle import JANUARY, centre_of, moved, next_month, on_day

from cxkpi.catalogue.load import parse
from cxkpi.engines.base import load
from cxkpi.measurement.checking.examples import failures

Row = Mapping[str, Any]
LEAVERS = {"from": "agents", "count": "rows", "at": "left_on"}


def stock(read: str, **keys: Any) -> dict[str, Any]:
    return {"kind": "stock", "from": "agents", "read": read, **keys}


def rate(above: Mapping[str, Any], below: Mapping[str, Any], **keys: Any) -> dict[str, Any]:
    return {"kind": "ratio", "unit": "percent", "numerator": above, "denominator": below, **keys}


# ------------------------------------------------------------------------------------------------- day by day


def later(day: date, months: int) -> date:
    """The same date so many months later or earlier; the last of a month that lacks it."""
    first = next_month(day.replace(day=1), months)
    return min(first + timedelta(days=day.day - 1), next_month(first) - DAY)


class Days:
    """Who is employed, where, at the end of which day; leavers of the day out unless ``counted``."""

    def __init__(self, agents: Sequence[Row], moves: Sequence[Row], as_of: date, cell: tuple[str | None, ...]) -> None:
        self._spells = [
            {**agent, "left_on": None if agent["left_on"] is None or agent["left_on"] > as_of else agent["left_on"]}
            for agent in agents
            if agent["hired_on"] <= as_of
        ]
        self._agents, self._moves, self._cell = agents, moves, cell

    def here(self, day: date, *, closing: bool, counted: bool = False) -> Iterator[Row]:
        """The spells employed on a day, or still at its end."""
        for spell in self._spells:
            left = spell["left_on"]
            stays = left is None or (day < left if closing and not counted else day <= left)
            if spell["hired_on"] <= day and stays:
                team = on_day(self._agents, spell, self._moves, "team", day)
                if not self._cell or team == self._cell[0]:
                    yield spell

    def hires(self, start: date, until: date) -> int:
        """The spells that begin on one of these days, where they begin."""
        return sum(spell["hired_on"] == day for day in each(start, until) for spell in self.here(day, closing=False))


def each(start: date, until: date) -> list[date]:
    return [start + timedelta(days=offset) for offset in range((until - start).days)]


def month_ends(start: date, until: date) -> list[date]:
    return [day for day in each(start, until) if (day + DAY).day == 1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("every", "seed"), [("month", 1), ("quarter", 2), ("week", 3)])
def test_snapshots_and_joiners(every, seed, engine):
    agents = made_agents(seed, size=24)
    moves = moved(agents, seed)
    as_of = date(2025, 4, 11)
    metrics = {
        "snapshots": stock("snapshots"),
        "counted": stock("snapshots", last_day="counted"),
        "joiners": stock("joiners"),
    }
    options = {"every": every, "since": period_of(date(2024, 12, 5), every), "as_of": as_of.isoformat()}
    found = ask(catalogue(metrics), {"agents": agents, "moves": moves}, by=("team",), engine=engine, **options)
    assert {row.metric for row in found if row.value} == set(metrics)
    for row in found:
        days = Days(agents, moves, as_of, tuple(row.by.values()))
        start, until = row.period.start, min(row.period.end, as_of + DAY)
        counted = row.metric == "counted"
        if row.metric == "joiners":
            opening = len(list(days.here(start - DAY, closing=True)))
            assert (row.value, row.denominator) == (opening + days.hires(start, until), None)
            continue
        closes = sorted({start - DAY, *month_ends(start, until), until - DAY})
        heads = sum(len(list(days.here(day, closing=True, counted=counted))) for day in closes)
        assert (row.numerator, row.denominator) == (heads, len(closes)), (row.metric, row.by, start)
        assert same((row.value,), (heads / len(closes),))


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("length", "months", "days"), [("12mo", 12, 0), ("6wk", 0, 42), ("3mo", 3, 0)])
def test_service_and_so_long_ago(length, months, days, engine):
    """At the end of a day those have served a year who were there at the end of that day a year before."""
    agents = made_agents(5, size=30, first=date(2023, 2, 1))
    agents += [
        {"agent_id": f"edge{number}", "hired_on": hired, "left_on": None, "team": "Red"}
        for number, hired in enumerate(
            [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1), date(2023, 2, 28), date(2024, 5, 31)]
        )
    ]
    as_of = date(2025, 4, 11)
    metrics = {
        "served": stock("closing", served=length),
        "ago": stock("closing", ago=length),
        "mean": stock("mean", served=length),
        "mean_ago": stock("mean", ago=length),
    }
    options = {"every": "month", "since": date(2024, 2, 1), "as_of": as_of.isoformat(), "engine": engine}
    for row in ask(catalogue(metrics), {"agents": agents}, **options):
        seen = Days(agents, [], as_of, ())
        start, until = row.period.start, min(row.period.end, as_of + DAY)

        def before(day: date) -> date:
            """The day whose end lies that long before the end of a day."""
            return later(day + DAY, -months) - timedelta(days=days) - DAY

        def served(day: date, *, closing: bool, seen: Days = seen) -> int:
            return sum(spell["hired_on"] <= before(day) for spell in seen.here(day, closing=closing))

        inside = each(start, until)
        if row.metric == "served":
            assert row.value == served(until - DAY, closing=True), start
        elif row.metric == "mean":
            assert row.numerator == sum(served(day, closing=False) for day in inside), start
        elif row.metric == "ago":
            assert row.value == len(list(seen.here(before(until - DAY), closing=True))), start
        else:
            earlier = each(before(start - DAY) + DAY, before(until - DAY) + DAY)
            assert row.numerator == sum(len(list(seen.here(day, closing=False))) for day in earlier), start
            assert row.denominator == len(earlier)


def test_stability_is_a_part_of_those_of_a_year_ago():
    """Armstrong's index: with a year of service now, of those employed a year ago. Never more than all of them."""
    index = rate(
        {"from": "agents", "stock": "closing", "served": "12mo"}, {"from": "agents", "stock": "closing", "ago": "12mo"}
    )
    agents = made_agents(8, size=40, first=date(2022, 11, 1))
    moves = moved(agents, 8)
    seen = 0
    for row in ask(catalogue({"stability": index}), {"agents": agents, "moves": moves}, every="month",
                   since=date(2023, 6, 1), as_of="2025-04-11"):  # fmt: skip
        until = min(row.period.end, date(2025, 4, 12))
        then = later(until, -12) - DAY
        days = Days(agents, [], date(2025, 4, 11), ())
        there = list(days.here(then, closing=True))
        stayed = [spell for spell in days.here(until - DAY, closing=True) if any(spell is other for other in there)]
        assert (row.numerator, row.denominator) == (len(stayed), len(there))
        assert row.numerator <= row.denominator
        seen += bool(there) and 0 < row.value < 1
    assert seen > 5


def test_stability_of_a_long_fiscal_year():
    """Twelve months of 4-4-5 are 52 or 53 weeks; who served them was there then, also in the long year."""
    index = rate(
        {"from": "agents", "stock": "closing", "served": "12mo"}, {"from": "agents", "stock": "closing", "ago": "12mo"}
    )
    agents = [
        {"agent_id": str(n), "hired_on": date(2022, 12, 20) + n * DAY, "left_on": date(2027, 3, 1) if n % 9 else None}
        for n in range(900)
    ]
    for agent in agents[:300:7]:
        agent["left_on"] = agent["hired_on"] + 500 * DAY
    options = {"every": "month", "since": date(2024, 1, 1), "as_of": "2027-06-30"}
    rows = ask(catalogue({"s": index}, pattern="4-4-5"), {"agents": agents}, **options)
    lengths = set()
    seen = {row.period.end: row for row in rows if row.period.complete}
    for row in seen.values():
        earlier = next((one for one in sorted(seen) if 360 <= (row.period.end - one).days <= 372), None)
        if earlier is None:
            continue
        lengths.add((row.period.end - earlier).days)
        there = [one for one in agents if one["hired_on"] < earlier and (one["left_on"] or date.max) >= earlier]
        stayed = [one for one in there if (one["left_on"] or date.max) >= row.period.end]
        assert (row.numerator, row.denominator) == (len(stayed), len(there)), row.period
    assert lengths == {364, 371}


def test_share_of_the_workforce_with_a_year_of_service():
    """CIPD's form. Three of four have been there for a year on 31 January; one of them was hired on 1 February 2025."""
    hired = [date(2020, 1, 1), date(2025, 1, 31), date(2025, 2, 1), date(2025, 8, 1)]
    agents = [{"agent_id": str(at), "hired_on": day, "left_on": None} for at, day in enumerate(hired)]
    share = rate({"from": "agents", "stock": "closing", "served": "12mo"}, {"from": "agents", "stock": "closing"})
    assert one(catalogue({"s": share}), {"agents": agents}, **JANUARY).value == 0.5
    # The 1st of February is the first day at whose end the third has served a year.
    day_after = {**JANUARY, "until": date(2026, 2, 2), "as_of": "2026-02-01"}
    assert one(catalogue({"s": share}), {"agents": agents}, **day_after).value == 0.75


def test_stability_by_team_says_that_people_move():
    """Both were in Red a year ago and one is in Blue now: 50 % of Red, and of Blue no share at all."""
    agents = [
        {"agent_id": name, "hired_on": date(2020, 1, 1), "left_on": None, "team": team}
        for name, team in (("a", "Blue"), ("b", "Red"))
    ]
    moves = [{"agent_id": "a", "moved_on": date(2025, 9, 1), "from_team": "Red", "to_team": "Blue"}]
    index = rate(
        {"from": "agents", "stock": "closing", "served": "12mo"}, {"from": "agents", "stock": "closing", "ago": "12mo"}
    )
    found = answer(catalogue({"s": index}), {"agents": agents, "moves": moves}, by=("team",), **JANUARY)
    assert [(row.by.get("team"), row.numerator, row.denominator, row.value) for row in found.rows] == [
        (None, 2, 2, 1.0),
        ("Blue", 1, 0, None),
        ("Red", 1, 2, 0.5),
    ]
    assert any("service counts in whatever team" in note for note in found.notes)


def test_ago_needs_a_roster_of_that_time():
    """Nobody is known of a year ago: there is no index, and not one of 0 or 100 %."""
    agents = [{"agent_id": "a", "hired_on": date(2026, 1, 5), "left_on": None}]
    index = rate(
        {"from": "agents", "stock": "closing", "served": "12mo"}, {"from": "agents", "stock": "closing", "ago": "12mo"}
    )
    row = one(catalogue({"s": index}), {"agents": agents}, **JANUARY)
    assert (row.value, row.reason) == (None, "empty")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_condition_that_is_always_true(engine):
    agents = centre_of(3, 0, 1)
    metrics = {
        "plain": stock("closing"),
        "always": stock("closing", where="true"),
        "never": stock("closing", where="false"),
    }
    found = ask(catalogue(metrics), {"agents": agents}, engine=engine, **JANUARY)
    assert [row.value for row in found] == [2, 2, 0]


# ------------------------------------------------------------------------------------------------- as published


def table(people: Sequence[Row]) -> str:
    """A table of an example."""
    names = ("agent_id", "hired_on", "left_on")
    lines = [" | ".join(names), *(" | ".join(str(person[name] or "") for name in names) for person in people)]
    return "\n".join(lines)


def holds(metric: Mapping[str, Any], people: Sequence[Row], engine: str, **example: Any) -> None:
    """An example beside the definition holds."""
    worked = {
        "given": {"agents": table(people)},
        "as_of": "2026-01-31",
        "since": "2026-01-01",
        "until": "2026-02-01",
        **example,
    }
    document = {
        "cxkpi": 1,
        "calendar": {"timezone": "Europe/London"},
        "metrics": {"m": {**metric, "examples": [worked]}},
    }
    defined = parse(yaml.safe_dump(document), "published.yaml")
    (read,) = defined.metrics.values()
    assert failures(read, read.examples[0], defined, load(engine)) == []


def below(read: str) -> dict[str, Any]:
    return {"from": "agents", "stock": read}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("source", "people", "read", "expect"),
    [
        ("G-26b, Bizfluent: 30 at the start, 40 at the end, 5 separations", (30, 15, 5), "both", (0.14, 2)),
        ("G-26d, CiteHR: 20 left of 150 and 25 who joined", (150, 25, 20), "joiners", (0.1142, 4)),
        ("G-26e, CiteHR: against the closing of 130", (100, 50, 20), "closing", (0.1538, 4)),
        ("G-26e, CiteHR: against opening and joiners", (100, 50, 20), "joiners", (0.1333, 4)),
        ("G-26f, Talkdesk: 17 lost of 63 employed in the month", (56, 7, 17), "through", (0.269, 3)),
        ("G-26f, Talkdesk: 12 of 56", (50, 6, 12), "through", (0.214, 3)),
        ("G-26f, Talkdesk: 86 of 718", (640, 78, 86), "through", (0.119, 3)),
        ("G-26f, Talkdesk: 75 of 724", (700, 24, 75), "through", (0.103, 3)),
        ("G-29, TechTarget: 98 of 100 remain", (100, 0, 2), "opening", (0.02, 6)),
    ],
)
def test_published_turnover(source, people, read, expect, engine):
    """Printed figures are cut off, not rounded."""
    value, digits = expect
    holds(
        rate(LEAVERS, below(read), source=source),
        centre_of(*people),
        engine,
        expect={"value": value, "numerator": people[2]},
        truncate=digits,
    )


@pytest.mark.parametrize("early", [0, 6])
def test_new_starters_among_the_leavers_change_nothing(early):
    """G-26, Call Centre Helper: 16 left, of 70 on average; 22.857 %, whether or not six of them were new."""
    people = centre_of(70, 16, 16)
    for person, newcomer in zip(people[:early], people[70:], strict=False):
        newcomer["left_on"], person["left_on"] = newcomer["hired_on"] + DAY, None
    holds(rate(LEAVERS, below("both")), people, "polars", expect={"value": 0.22857, "denominator": 70}, truncate=5)


def test_published_average_headcount():
    """G-26c, Call Centre Helper: 6,500 at the start and 6,380 at the end are 6,440 on average."""
    people = centre_of(6500, 0, 120)
    holds(stock("both"), people, "polars", expect={"value": 6440})
    holds(stock("snapshots"), people, "polars", expect={"value": 6440, "numerator": 12880, "denominator": 2})


def test_one_centre_and_five_rates():
    """G-26d: what stands below decides, from 12.90 % to 11.43 %; the rest is opening, closing and their mean."""
    expected = {"opening": 0.1333, "closing": 0.1290, "both": 0.1311, "joiners": 0.1143, "through": 0.1143}
    for read, value in expected.items():
        holds(rate(LEAVERS, below(read)), centre_of(150, 25, 20), "polars", expect={"value": value}, round=4)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("days", "value"), [(90, 0.16), (365, 0.22)])
def test_published_cohort_attrition(days, value, engine):
    """G-27, Hire.school: of 50 who began from January to March 8 left before day 90, and 11 within a year.

    Judged once the youngest of them could have been there so long; left_on is empty for those who stay."""
    attrition = {
        "kind": "share",
        "from": "agents",
        "meets": f"left_on is not null and days(hired_on, left_on) < {days}",
        "matures": f"{days}d",
    }
    people = [
        {"agent_id": f"a{n}", "hired_on": date(2025, 1, 1) + timedelta(days=n % 88), "left_on": None} for n in range(50)
    ]
    for n in range(11):
        people[n]["left_on"] = people[n]["hired_on"] + timedelta(days=20 + n if n < 8 else 100 + 50 * (n - 8))
    span = {"since": "2025-01-01", "until": "2025-04-01"}
    holds(attrition, people, engine, as_of="2026-04-30", expect={"value": value, "n": 50, "immature": 0}, **span)
    # In February nobody has been there for 90 days; those who left already do not make a rate.
    early = {"value": None, "n": 0, "immature": 38}
    holds(attrition, people, engine, as_of="2025-02-07", expect=early, **span)


def test_survival_at_ninety_days_is_the_cohort_share_once_all_are_judged():
    """5.2: Kaplan-Meier at 90 days also uses those hired lately; of a cohort judged in full it is the plain share."""
    retained = {
        "kind": "time_to_event",
        "from": "agents",
        "start": "hired_on",
        "event": "left_on",
        "read": {"by": "89d", "of": "survivors"},
    }
    chance = random.Random(4)
    people = [
        {
            "agent_id": f"a{n}",
            "hired_on": date(2025, 1, 1) + timedelta(days=chance.randrange(80)),
            "left_on": None,
        }
        for n in range(60)
    ]
    for person in people[:25]:
        person["left_on"] = person["hired_on"] + timedelta(days=chance.randrange(5, 200))
    gone = sum(
        person["left_on"] is not None and (person["left_on"] - person["hired_on"]).days < 90 for person in people
    )
    row = one(catalogue({"r": retained}), {"agents": people}, as_of="2026-01-31")
    assert same((row.value,), (float(1 - Fraction(gone, 60)),))
    assert row.unit == "percent"


def test_published_rates_of_all_employment():
    """G-30, BLS JOLTS of June 2009 (thousands): 3,776 hires and 4,337 separations print 2.9 and 3.3 %.

    With 2,558 openings at 1.9 % of openings and employment, that lies above 129,463 and at most at 132,491."""
    printed = {"hires": 0.029, "separations": 0.033}
    above = {"hires": 3776, "separations": 4337}
    for employed, fits in ((129_462, False), (129_464, True), (131_000, True), (132_491, True), (132_493, False)):
        got = {name: round(count / employed, 3) for name, count in above.items()}
        opening_rate = round(2558 / (2558 + employed), 3)
        assert (got == printed and opening_rate == 0.019) == fits, employed


def test_hires_and_separations_over_one_month_of_employment():
    """The form of those rates: flows of a month over the stock; 38 hired and 43 gone of 1,310 are 2.9 and 3.3 %."""
    people = centre_of(1310, 38, 43)
    hires = {"from": "agents", "count": "rows", "at": "hired_on"}
    for flow, value in ((hires, 0.029), (LEAVERS, 0.033)):
        holds(rate(flow, below("opening")), people, "polars", expect={"value": value}, round=3)
