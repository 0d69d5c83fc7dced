"""The counting of the truth on cases small enough to check by hand, and the generator's own arithmetic."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cxkpi.demo.chance import SIZE, Chance, cumulative, exp, exponential, ln, lognormal, normal
from cxkpi.demo.days import add_months, days_of, midnight, summer
from cxkpi.demo.people import Span, headcount_for, workforce
from cxkpi.demo.settings import Settings
from cxkpi.demo.truth import Employment, Truth, joined, median

DAY = 86400
START, END = date(2026, 1, 1), date(2026, 3, 1)
LONDON = ZoneInfo("Europe/London")


def at(day: int, clock: str) -> int:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) + (day - 1) * DAY + hours * 3600 + minutes * 60 + seconds


def counted(*contacts: tuple[Any, ...], roster: tuple[Employment, ...] = ()) -> dict[str, Any]:
    """Contacts as (day of January, start, end, customer, reason[, more]); the data run to 28 February."""
    truth = Truth(START, END)
    days = {k: START + timedelta(days=k - 1) for k in range(1, 60)}
    for day, start, end, customer, reason, *more in contacts:
        inbound, handled = more or (True, True)
        truth.contact(
            days[day], at(day, start), at(day, end), "1", customer, reason, inbound, handled, 100_000, 0, 20_500
        )
    truth.seen(at(60, "00:00:00"))
    kpis: Any = truth.close(roster, END, 1)["kpis"]
    return dict(kpis)


LAST = (59, "10:00:00", "10:05:00", "z", "end")


def fcr(*contacts: tuple[Any, ...]) -> tuple[int, int, int]:
    cell = counted(*contacts, LAST)["fcr"]["2026-01"]
    return cell["numerator"], cell["n"], cell["immature"]


def test_a_repeat_within_seven_days_is_not_resolved() -> None:
    first = (5, "09:00:00", "09:05:00", "a", "bill")
    assert fcr(first) == (1, 1, 0)
    assert fcr(first, (6, "09:00:00", "09:05:00", "a", "bill")) == (1, 2, 0)
    assert fcr(first, (6, "09:00:00", "09:05:00", "a", "fault")) == (2, 2, 0)
    assert fcr(first, (6, "09:00:00", "09:05:00", "b", "bill")) == (2, 2, 0)


@pytest.mark.parametrize(("start", "resolved"), [("09:05:00", 1), ("09:05:01", 2)])
def test_the_last_second_of_the_window_counts(start: str, resolved: int) -> None:
    assert fcr((5, "09:00:00", "09:05:00", "a", "bill"), (12, start, "09:20:00", "a", "bill")) == (resolved, 2, 0)


def test_the_second_in_which_the_first_ends_does_not_count() -> None:
    assert fcr((5, "09:00:00", "09:05:00", "a", "bill"), (5, "09:05:00", "09:06:00", "a", "bill")) == (2, 2, 0)


def test_an_overlapping_contact_is_passed_over_for_the_next() -> None:
    first, chat = (5, "09:00:00", "09:30:00", "a", "bill"), (5, "09:10:00", "09:20:00", "a", "bill")
    assert fcr(first, chat) == (2, 2, 0)
    # The third follows both.
    assert fcr(first, chat, (6, "09:00:00", "09:05:00", "a", "bill")) == (1, 3, 0)
    # The third follows the chat and overlaps the call.
    assert fcr(first, chat, (5, "09:25:00", "09:28:00", "a", "bill")) == (2, 3, 0)


def test_a_call_back_is_a_repeat_and_is_not_judged() -> None:
    first = (5, "09:00:00", "09:05:00", "a", "bill")
    assert fcr(first, (5, "10:00:00", "10:05:00", "a", "bill", False, True)) == (0, 1, 0)


def test_unknown_customers_and_reasons_are_not_judged() -> None:
    assert fcr((5, "09:00:00", "09:05:00", "", "bill"), (6, "09:00:00", "09:05:00", "", "bill")) == (0, 0, 0)
    assert fcr((5, "09:00:00", "09:05:00", "a", ""), (6, "09:00:00", "09:05:00", "a", "", True, False)) == (0, 0, 0)


def test_contacts_whose_window_is_open_are_immature_even_if_repeated() -> None:
    kpis = counted(
        (5, "09:00:00", "09:05:00", "a", "bill"),
        (52, "10:00:00", "10:05:00", "b", "bill"),
        (52, "10:00:00", "10:05:01", "c", "bill"),
        (53, "09:00:00", "09:05:00", "c", "bill"),
        LAST,
    )
    february = kpis["fcr"]["2026-02"]
    # The newest contact ends on day 59 at 10:05:00: what ended by 10:05:00 of day 52 is judged, not a second later.
    assert (february["numerator"], february["n"], february["immature"]) == (1, 1, 3)
    assert kpis["fcr"]["total"]["n"] == 2


def test_aht_is_a_ratio_of_sums() -> None:
    cell = counted((5, "09:00:00", "09:05:00", "a", "bill"), LAST)["aht"]["total"]
    assert (cell["value"], cell["n"], cell["numerator"]) == (120.5, 2, 241)


def test_contacts_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="in order"):
        counted((5, "09:00:00", "09:05:00", "a", "bill"), (4, "09:00:00", "09:05:00", "a", "bill"))


def test_turnover_counts_the_last_day_and_not_a_change_of_contract() -> None:
    roster = (
        Employment("1", date(2020, 1, 1), None),
        Employment("2", date(2020, 1, 1), date(2026, 1, 31)),
        Employment("2", date(2026, 2, 1), None),
        Employment("3", date(2020, 1, 1), date(2026, 1, 10)),
        Employment("4", date(2020, 1, 1), date(2026, 5, 1)),
    )
    cell = counted(LAST, roster=roster)["turnover"]["total"]
    assert (cell["numerator"], cell["person_days"], cell["days"], cell["n"]) == (1, 3 * 365 + 316, 365, 4)
    assert cell["value"] == pytest.approx(1 / (1411 / 365), rel=1e-11)


def test_spells_join_within_a_day_only() -> None:
    first = Employment("1", date(2020, 1, 1), date(2021, 1, 1))
    assert len(joined([first, Employment("1", date(2021, 1, 2), None)])) == 1
    assert len(joined([first, Employment("1", date(2021, 1, 3), None)])) == 2


def test_median_by_hand() -> None:
    # Of four, one gone at 2: S = 3/4; one censored at 3; one of two at 5: S = 3/8.
    assert median([(2, True), (3, False), (5, True), (9, False)]) == (5, 2)
    assert median([(2, True), (5, True), (5, False), (9, False)]) == (5, 2)
    assert median([(2, True), (9, False), (9, False)]) == (None, 1)
    assert median([]) == (None, 0)


def weeks(*good: bool, hired: date, left: date | None = None) -> dict[str, Any]:
    """Speed to competency of one person who has one week after the other from hire on, good or bad."""
    truth = Truth(START, END)
    monday = hired - timedelta(days=hired.weekday())
    truth.contact(START, at(1, "09:00:00"), at(1, "09:05:00"), "x", "", "", True, True, 1, 1, 1)
    for k, well in enumerate(good):
        day = max(monday + timedelta(days=7 * k), hired)
        offset = (day - START).days + 1
        for minute in range(10, 15):
            clock = f"10:{minute}:00"
            talk = 420_000 if well else 421_000
            truth.contact(day, at(offset, clock), at(offset, clock) + 60, "1", "", "", True, True, talk, 0, 0)
        truth.evaluation("1", day, 85, 100)
    truth.seen(at(60, "00:00:00"))
    kpis: Any = truth.close([Employment("1", hired, left)], END, 1)["kpis"]
    return dict(kpis["speed_to_competency"]["total"])


def test_competent_after_the_third_good_week_in_a_row() -> None:
    # Hired on Wednesday 7 January: weeks of 5, 12, 19 and 26 January.
    hired = date(2026, 1, 7)
    cell = weeks(True, True, True, hired=hired)
    assert (cell["value"], cell["numerator"], cell["censored"]) == (19, 1, 0)
    assert weeks(False, True, True, True, hired=hired)["value"] == 26
    assert weeks(True, True, False, True, True, hired=hired)["numerator"] == 0
    assert weeks(True, True, True, hired=hired, left=date(2026, 1, 25))["numerator"] == 0
    assert weeks(True, True, True, hired=hired, left=date(2026, 1, 26))["numerator"] == 1


def test_nobody_hired_before_the_contacts_is_in_the_cohort() -> None:
    cell = weeks(True, True, True, hired=date(2026, 1, 1))
    assert (cell["n"], cell["missing"]) == (1, 0)
    truth = Truth(START, END)
    truth.contact(date(2026, 1, 3), at(3, "09:00:00"), at(3, "09:05:00"), "x", "", "", True, True, 1, 1, 1)
    kpis: Any = truth.close([Employment("1", date(2026, 1, 2), None)], END, 1)["kpis"]
    assert (kpis["speed_to_competency"]["total"]["n"], kpis["speed_to_competency"]["total"]["missing"]) == (0, 1)


def test_functions_agree_with_the_library() -> None:
    for x in (1e-4, 0.3, 0.5, 0.9, 1.0, 1.7):
        assert ln(x) == pytest.approx(math.log(x), rel=1e-13, abs=1e-14)
    for x in (-8.0, -1.0, 0.0, 0.5, 3.0):
        assert exp(x) == pytest.approx(math.exp(x), rel=1e-12)


def test_tables_have_the_moments_they_claim() -> None:
    def moments(table: tuple[float, ...]) -> tuple[float, float]:
        middle = [(a + b) / 2 for a, b in pairwise(table)]
        mean = sum(middle) / SIZE
        return mean, (sum(x * x for x in middle) / SIZE - mean * mean) ** 0.5

    assert moments(exponential()) == (pytest.approx(1, abs=1e-9), pytest.approx(1, abs=0.02))
    assert moments(normal()) == (pytest.approx(0, abs=1e-9), pytest.approx(1, abs=0.02))
    assert moments(lognormal(0.45)) == (pytest.approx(1, abs=1e-9), pytest.approx(0.45, abs=0.02))


def test_the_sequence_of_draws_is_fixed() -> None:
    chance = Chance(2026, 1)
    assert [chance.below(1000) for _ in range(5)] == [647, 884, 501, 525, 243]
    assert cumulative((1, 1, 2)) == (0.25, 0.5, 1.0)


def test_the_clock_is_londons() -> None:
    for day in days_of(date(2025, 1, 1), date(2028, 1, 1)):
        noon = datetime(day.date.year, day.date.month, day.date.day, 12, tzinfo=LONDON)
        assert day.utc == noon.timestamp() - 12 * 3600
        assert summer(day.date) == (noon.utcoffset() == timedelta(hours=1))
        begins = datetime(day.date.year, day.date.month, day.date.day, tzinfo=LONDON)
        assert midnight(day.date) == begins.astimezone(UTC)


def test_months_are_added_over_the_year() -> None:
    assert add_months(date(2026, 1, 1), -18) == date(2024, 7, 1)
    assert add_months(date(2026, 11, 1), 3) == date(2027, 2, 1)


@pytest.mark.parametrize("seed", range(6))
def test_a_workforce_is_sound(seed: int) -> None:
    span = Span(date(2024, 7, 1), date(2026, 1, 1), date(2026, 7, 1))
    people = workforce(seed, span, 80, Settings())
    assert len({person.agent_id for person in people}) == len(people)
    assert len({person.qa_login for person in people}) == len(people)
    for person in people:
        for spell in person.spells:
            assert spell.left is None or (spell.hired <= spell.left and spell.left >= span.roster and spell.reason)
        for before, after in zip(person.spells, person.spells[1:], strict=False):
            assert before.left is not None
            assert before.left < after.hired
        for change in person.moves:
            assert any(spell.covers(change.moved) for spell in person.spells)


def test_headcount_grows_with_the_contacts_and_stays_bounded() -> None:
    settings = Settings()
    assert headcount_for(20_000, 181, settings) == 80
    assert 80 < headcount_for(1_000_000, 181, settings) < 400
    assert headcount_for(100_000_000, 181, settings) == settings.headcount_most
