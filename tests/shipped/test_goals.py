"""Goals and vendors: every figure of the report against SQL written from its description."""

from __future__ import annotations

import pytest

from .centre import Centre

# First contact resolution and quality by month and whoever is named, of the months that are over and can be judged:
# a contact is seven days after its end. An agent counts for the team and the supervisor of today.
_BY_MONTH = """
    with people as (
        select agent_id, arg_max(team, hired_on) as team, arg_max(supervisor, hired_on) as supervisor
        from agents group by agent_id),
    contact as (
        select agent_id, team, supervisor, date_trunc('month', local(ended_at))::date as month, (not exists (
                from contacts as later
                where later.customer_id = c.customer_id and later.reason = c.reason
                    and later.started_at > c.ended_at and later.started_at <= c.ended_at + interval 7 days
            ))::int as resolved
        from contacts as c left join people using (agent_id)
        where direction = 'inbound' and not abandoned and answered_at is not null
            and customer_id is not null and reason is not null),
    fcr as (
        select {who} as who, month, count(*) as judged, avg(resolved) as fcr from contact
        where who is not null and utc((month + interval 1 month)::date) + interval 7 days <= as_of()
        group by all),
    quality as (
        select {who} as who, date_trunc('month', local(evaluated_at))::date as month, count(*) as heard,
            sum(points) / sum(points_available) as quality
        from evaluations left join people using (agent_id) where points_available > 0 group by all)
    select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
        select count(*) as n, count(*) filter ({meets}) as k from fcr left join quality using (who, month)
        where {enough} and in_days(last_day(month)))
"""
_BY_DAY = """
    with contact as (
        select d.vendor, local(ended_at)::date as day, (not abandoned and wait_s <= 20)::int as in_time
        from contacts join contact_details as d using (contact_id)
        where direction = 'inbound' and d.vendor is not null and abandoned is not null and wait_s is not null),
    daily as (
        -- A value that is added up is rounded to a millionth.
        select vendor, day, round(avg(in_time), 6) as level, avg(in_time) >= 0.8 as met from contact
        where in_days(day) group by all)
"""
_GOAL = "fcr >= 0.75"

ORACLES = {
    "agents_at_fcr_goal": _BY_MONTH.format(who="agent_id", meets=_GOAL, enough="judged >= 10"),
    "agents_at_both_goals": _BY_MONTH.format(
        who="agent_id", meets=f"{_GOAL} and quality >= 0.85", enough="judged >= 10 and heard >= 2"
    ),
    "agents_at_csat_goal": """
        with answered as (
            select contacts.agent_id, (score >= 4)::int as content,
                date_trunc('quarter', local(coalesce(contacts.ended_at, sent_at, responded_at)))::date as quarter
            from answers join invitations using (invitation_id) left join contacts using (contact_id)
            where question = 'csat' and score is not null),
        agents_of as (
            select avg(content) >= 0.85 as met from answered
            where agent_id is not null and quarter + interval 3 months <= local(as_of())
                and in_days((quarter + interval 3 months)::date - 1)
            group by agent_id, quarter having count(*) >= 10)
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator
        from (select count(*) filter (met) as k, count(*) as n from agents_of)
    """,
    "teams_at_fcr_goal": _BY_MONTH.format(who="team", meets=_GOAL, enough="judged >= 30"),
    "supervisors_at_fcr_goal": _BY_MONTH.format(who="supervisor", meets=_GOAL, enough="judged >= 30"),
    "vendor_service_level": f"""
        {_BY_DAY} select avg(in_time) as value, count(*) as n, sum(in_time) as numerator, n as denominator from contact
        where in_days(day)
    """,
    "vendor_mean_of_days": f"""
        {_BY_DAY} select avg(level) as value, count(*) as n, sum(level) as numerator, n as denominator from daily
    """,
    "vendor_days_met": f"""
        {_BY_DAY} select k / n as value, n, k as numerator, n as denominator
        from (select count(*) filter (met) as k, count(*) as n from daily)
    """,
    "vendor_all_days_met": f"{_BY_DAY} select bool_and(met)::int as value, count(*) as n from daily",
}


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])
