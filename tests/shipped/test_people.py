"""People: every figure of the report against SQL, or lifelines, written from its description."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import isclose

import pytest

from .centre import Centre

# ------------------------------------------------------------------ headcount and leavers

# The days of the window so far, and who was employed on each of them: the last day of employment counts.
_YEAR = "first_day() as first, next_day() as next"
_ROLLED = "(next_day() - interval 12 months)::date as first, next_day() as next"
_BASE = """
    with span as (select {window}),
    days as (select unnest(generate_series(first, next - 1, interval 1 day))::date as day from span),
    present as (select day, agent_id, hired_on from days join agents
                on hired_on <= day and (left_on is null or left_on >= day) where day <= local(as_of())::date),
    -- At the end of a day its leavers are gone.
    closing as (select day, count(agent_id) as heads from (
                    select (first - 1) as day from span union all select day from days)
                left join agents on hired_on <= day and (left_on is null or left_on > day) group by day),
    leavers as (select count(*) as number, count(*) filter (leave_type = 'voluntary') as voluntary,
                    count(*) filter (leave_type = 'involuntary') as involuntary
                from agents, span where left_on >= first and left_on < next),
    joiners as (select count(*) as number from agents, span where hired_on >= first and hired_on < next),
    bounds as (select (select heads from closing, span where day = first - 1) as opening,
                    (select heads from closing, span where day = next - 1) as closing,
                    (select avg(heads) from closing, span where day = first - 1 or day = next - 1
                        or day = last_day(day)) as counted),
    stood as (select count(*) / count(distinct day) as mean, count(distinct agent_id) as people,
                count(*) as person_days, count(distinct day) as days from present)
"""


def _over(part: str, whole: str, *, window: str = _ROLLED, factor: str = "1") -> str:
    return f"""
        {_BASE.format(window=window)}
        select ({part}) / ({whole}) * ({factor}) as value, people as n, ({part}) as numerator, ({whole}) as denominator
        from stood, bounds
    """


_LEFT = "select number from leavers"
_MONTHS = "12 / datediff('month', first_day(), next_day())"
_MOVED = """
    select count(*) from moves, span where moved_on >= first and moved_on < next
"""
_PULSE = """
    from answers join invitations using (invitation_id) left join contacts using (contact_id)
    where question = '{question}' and score is not null
        and within(coalesce(contacts.ended_at, invitations.sent_at, invitations.responded_at))
"""
# The part of each stretch that lies in the period.
_STRETCHES = """
    (select *, duration_s * greatest(epoch(least(ended_at, until()) - greatest(started_at, since())), 0)
            / epoch(ended_at - started_at) as part
     from agent_time where started_at < until() and ended_at > since())
"""


def _time(part: str, whole: str) -> str:
    return f"""
        select a / nullif(b, 0) as value, n, a as numerator, b as denominator from (
            select coalesce(sum(part) filter ({part}), 0) as a, coalesce(sum(part) filter ({whole}), 0) as b,
                count(*) filter ({whole}) as n from {_STRETCHES})
    """


ORACLES = {
    "turnover": _over(_LEFT, "mean"),
    "turnover.voluntary": _over("select voluntary from leavers", "mean"),
    "turnover.involuntary": _over("select involuntary from leavers", "mean"),
    "turnover.over_opening": _over(_LEFT, "opening"),
    "turnover.over_closing": _over(_LEFT, "closing"),
    "turnover.over_both": _over(_LEFT, "(opening + closing) / 2"),
    "turnover.over_snapshots": _over(_LEFT, "counted"),
    "turnover.over_joiners": _over(_LEFT, "opening + (select number from joiners)"),
    "turnover.over_everyone": _over(_LEFT, "people"),
    "turnover_monthly": _over(_LEFT, "mean", window=_YEAR),
    "turnover_monthly.yearly": _over(_LEFT, "mean", window=_YEAR, factor=_MONTHS),
    "headcount": f"""
        {_BASE.format(window=_YEAR)}
        select mean as value, people as n, person_days as numerator, days as denominator from stood
    """,
    "churnover": _over(_MOVED, "mean"),
    "new_hire_attrition": """
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (left_on - hired_on < 90) as k from agents
            where hired_on >= next_day() - interval 12 months and hired_on < next_day()
                and utc(hired_on + 90) <= as_of())
    """,
    "stability_index": """
        with day as (select next_day() - 1 as today, (next_day() - interval 12 months)::date - 1 as before)
        select stayed / were as value, (
                select count(distinct agent_id) from agents
                where hired_on < next_day() - interval 12 months
                    and (left_on is null or left_on >= first_day() - interval 12 months)
            ) as n, stayed as numerator, were as denominator
        from (
            select count(*) filter (hired_on <= before and (left_on is null or left_on > today)) as stayed,
                count(*) filter (hired_on <= before and (left_on is null or left_on > before)) as were
            from agents, day)
    """,
    "employee_satisfaction": f"""
        select case when people >= 5 then k / n end as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (score in (4, 5)) as k,
                count(distinct employee) as people {_PULSE.format(question="esat")})
    """,
    "enps": f"""
        select case when people >= 5 then 100 * k / n end as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (score >= 9) - count(*) filter (score <= 6) as k,
                count(distinct employee) as people {_PULSE.format(question="enps")})
    """,
    "occupancy": _time(
        "on_queue and state = 'interacting'", "on_queue and state in ('interacting', 'communicating', 'idle')"
    ),
    "utilisation": _time("paid and on_queue", "paid"),
    "shrinkage": _time("paid and not on_queue", "paid"),
    "adherence": _time("state = scheduled_state", "scheduled_state is not null"),
    "conformance": _time("paid is not null and state not in ('offline', 'meal')", "scheduled_state <> 'meal'"),
}

ELSEWHERE = (
    "tenure",
    "tenure.known_from",
    "retention",
    "retention.known_from",
    "speed_to_competency",
    "competent_by_week_12",
)


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])


# ------------------------------------------------------------------ times to an event


@pytest.mark.parametrize("title", ["tenure.known_from", "retention.known_from"])
def test_what_no_file_of_the_sample_gives_is_left_out(centre: Centre, title: str) -> None:
    """Their own examples prove them."""
    assert not centre.rows[title]
    assert next(one for one in centre.catalogue.metrics.values() if one.title == title).examples


_COHORT = """
    select agent_id, hired_on, left_on from agents
    where hired_on >= date '{after}' - interval {months} months and hired_on < date '{after}' order by 1, 2
"""
Spell = tuple[str, date, date | None]


def _hired(centre: Centre, after: date, months: int) -> list[Spell]:
    """Who was hired in the months before a day: agent, first day, last day if it is known."""
    return centre.database.execute(_COHORT.format(after=after, months=months)).fetchall()


def _lives(centre: Centre, after: date) -> tuple[list[int], list[bool]]:
    """Days from hire to leaving, or to the last day seen, of those hired in 36 months, and whether they left."""
    today = centre.as_of.date()
    spells = [
        (hired, left if left is not None and left <= today else None) for _, hired, left in _hired(centre, after, 36)
    ]
    return [((left or today) - hired).days for hired, left in spells], [left is not None for _, left in spells]


def _kaplan_meier(durations: list[int], events: list[bool]) -> dict[float, float]:
    lifelines = pytest.importorskip("lifelines")
    fitted = lifelines.KaplanMeierFitter().fit(durations, events)
    return dict(fitted.survival_function_.iloc[:, 0].items())


def _median(curve: dict[float, float]) -> float | None:
    """The first time by which half are over; the curve is made of products of floats."""
    return next((time for time, share in sorted(curve.items()) if share <= 0.5 + 1e-12), None)


def _at(curve: dict[float, float], time: float) -> float:
    return curve[max(one for one in curve if one <= time)]


def test_tenure_is_the_median_of_kaplan_meier(centre: Centre) -> None:
    for start, (_, after) in centre.periods.items():
        durations, events = _lives(centre, after)
        row = centre.rows["tenure"][start]
        assert row.value == _median(_kaplan_meier(durations, events))
        assert (row.n, row.numerator, row.censored) == (len(events), sum(events), len(events) - sum(events))


def test_retention_is_the_curve_after_a_year(centre: Centre) -> None:
    for start, (_, after) in centre.periods.items():
        durations, events = _lives(centre, after)
        row = centre.rows["retention"][start]
        assert row.value is not None
        assert isclose(row.value, _at(_kaplan_meier(durations, events), 365), rel_tol=1e-9)
        assert (row.n, row.numerator) == (len(events), sum(events))


_WEEKS = """
    with handled as (
        select agent_id, date_trunc('week', local(ended_at))::date as week, sum(talk_s + hold_s + wrap_s) as handling,
            count(talk_s + hold_s + wrap_s) as n
        from contacts where not abandoned and answered_at is not null group by all),
    heard as (
        select agent_id, date_trunc('week', local(evaluated_at))::date as week, sum(points) as points,
            sum(points_available) as available
        from evaluations where points_available > 0 group by all)
    select agent_id, week from handled join heard using (agent_id, week)
    where n >= 5 and handling / n <= 420 and points / available >= 0.85 and week + 7 <= local(as_of())::date + 1
    order by 1, 2
"""
_WEEK = timedelta(days=7)


def _novices(centre: Centre, after: date) -> tuple[list[tuple[int, str]], int]:
    """How each of those hired in twelve months ended, after how many days, and how many came before the data.

    The ends are ``competent``, ``left`` and ``watched``.
    """
    good: dict[str, set[date]] = {}
    for agent, week in centre.database.execute(_WEEKS).fetchall():
        good.setdefault(agent, set()).add(week)
    begin, today = centre.periods[None][0], centre.as_of.date()
    newest = today + timedelta(days=1)
    last = max(week for weeks in good.values() for week in weeks)
    ends, before = [], 0
    for agent, hired, left in _hired(centre, after, 12):
        if hired < begin:
            before += 1
            continue
        weeks = {week for week in good.get(agent, ()) if week + _WEEK > hired}
        runs = [week for week in weeks if {week + _WEEK, week + 2 * _WEEK} <= weeks]
        reached = min(runs) + 3 * _WEEK if runs else None
        if reached is not None and reached <= min(left or reached, newest):
            ends.append(((reached - hired).days, "competent"))
        elif left is not None and left <= newest:
            ends.append(((left - hired).days, "left"))
        else:
            # Whoever is in the middle of a run is watched only up to its start: what comes of it is not known.
            since = last + _WEEK
            while since - _WEEK in weeks:
                since -= _WEEK
            watched = max(since, hired) if since <= last else newest
            ends.append(((watched - hired).days, "watched"))
    return ends, before


def test_speed_to_competency_is_the_median_of_kaplan_meier(centre: Centre) -> None:
    for start, (_, after) in centre.periods.items():
        ends, before = _novices(centre, after)
        row = centre.rows["speed_to_competency"][start]
        events = [how == "competent" for _, how in ends]
        assert row.value == _median(_kaplan_meier([days for days, _ in ends], events))
        assert (row.n, row.numerator, row.missing) == (len(ends), sum(events), before)


def test_competent_by_week_12_counts_leavers_as_not_there(centre: Centre) -> None:
    """Aalen–Johansen, in fractions."""
    for start, (_, after) in centre.periods.items():
        ends, before = _novices(centre, after)
        free, there = Fraction(1), Fraction(0)
        for day in sorted({day for day, _ in ends if day <= 84}):
            risk = sum(one >= day for one, _ in ends)
            reached, left = (sum(end == (day, how) for end in ends) for how in ("competent", "left"))
            there += free * Fraction(reached, risk)
            free *= 1 - Fraction(reached + left, risk)
        row = centre.rows["competent_by_week_12"][start]
        assert row.value is not None
        assert isclose(row.value, there, rel_tol=1e-9)
        competent, watched = (sum(how == one for _, how in ends) for one in ("competent", "watched"))
        assert (row.n, row.numerator, row.censored, row.missing) == (len(ends), competent, watched, before)
