"""Experience and listening: every figure of the report against SQL written from its description.

An answer counts on the day its contact ended; where no contact is known, when it was asked for, else when it came.
"""

from __future__ import annotations

import pytest

from .centre import Centre
from .test_resolution import ORACLES as RESOLUTION

ASKED = """
    from answers join invitations using (invitation_id) left join contacts using (contact_id)
    left join follow_ups using (invitation_id)
"""
# As far as it is known who was asked and who answered.
SURVEYS = "(select greatest(max(sent_at), max(delivered_at), max(responded_at)) from invitations)"
CASES = "(select greatest(max(opened_at), max(closed_at)) from cases)"
FOLLOWED = "follow_ups.followed_up_at"
UNHAPPY = "question = 'nps' and score <= 6"


def _answers(question: str) -> str:
    return f"{ASKED} where question = '{question}' and within(coalesce(contacts.ended_at, sent_at, responded_at))"


def _share(rows: str, meets: str) -> str:
    """The share of rows for which ``meets`` holds, over those for which it is known."""
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator
        from (select count({meets}) as n, count(*) filter ({meets}) as k {rows})
    """


def _mean(rows: str, value: str = "score") -> str:
    return f"""
        select total / nullif(n, 0) as value, n, total as numerator, n as denominator
        from (select count({value}) as n, sum({value}) as total {rows})
    """


def _net(rows: str, good: str, bad: str) -> str:
    return f"""
        select 100 * net / nullif(n, 0) as value, n, net as numerator, n as denominator
        from (select count(score) as n, count(*) filter ({good}) - count(*) filter ({bad}) as net {rows})
    """


def _closed_loops(hours: int) -> str:
    """Of the unhappy answers that are old enough, those whose customer was called so many hours later."""
    limit = f"interval '{hours} hours'"
    rows = f"{ASKED} where {UNHAPPY} and within(responded_at) and responded_at <= {SURVEYS} - {limit}"
    return _share(rows, f"coalesce({FOLLOWED} <= responded_at + {limit}, false)")


def _complaints(at: str, and_: str = "true") -> str:
    return f"""
        from cases one join case_history using (case_id) where complaint and one.{at} is not null
        and within(one.{at}) and {and_}
    """


COMPLAINTS = "select count(*) as n from cases where complaint and within(opened_at)"

ORACLES = {
    "csat": _share(_answers("csat"), "score >= 4"),
    "csat.top_box": _share(_answers("csat"), "score = 5"),
    "csat.bottom_two": _share(_answers("csat"), "score in (1, 2)"),
    "csat_mean": _mean(_answers("csat")),
    "csat_mean.normalised": _mean(_answers("csat"), "((score - scale_min) / (scale_max - scale_min))"),
    "csat_net": _net(_answers("csat"), "score in (4, 5)", "score in (1, 2)"),
    "csat_zendesk": _share(_answers("csat"), "score not in (1, 2, 3)"),
    "ces": _mean(_answers("ces")),
    "ces_top_three": _share(_answers("ces"), "score in (5, 6, 7)"),
    "ces_top_three.top_two": _share(_answers("ces"), "score in (6, 7)"),
    "ces_v1": _mean(_answers("ces1")),
    "ces_v1_net": _net(_answers("ces1"), "score in (1, 2)", "score in (4, 5)"),
    "nps": _net(_answers("nps"), "score in (9, 10)", "score <= 6"),
    "response_rate": _share(
        f"""
            from invitations where customer_id is not null and sent_at is not null and within(delivered_at)
            and delivered_at <= {SURVEYS} - interval '14 days'
        """,
        "responded_at is not null",
    ),
    "response_rate.sent": _share(
        f"""
            from invitations where customer_id is not null and within(sent_at)
            and sent_at <= {SURVEYS} - interval '14 days'
        """,
        "responded_at is not null",
    ),
    "invitations_per_customer": """
        select asked / nullif(customers, 0) as value, asked as n, asked as numerator, customers as denominator
        from (
            select count(*) as asked, count(distinct customer_id) as customers
            from invitations where customer_id is not null and within(sent_at)
        )
    """,
    "over_surveyed": """
        with sent as (
            select *, lag(sent_at) over (partition by customer_id order by sent_at) as before
            from invitations where sent_at is not null and customer_id is not null
        )
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (sent_at <= before + interval '30 days') as k
            from sent where within(sent_at) and sent_at >= (select min(sent_at) from invitations) + interval '30 days'
        )
    """,
    "loop_closed": _closed_loops(48),
    "loop_closed.within_24h": _closed_loops(24),
    # Kaplan–Meier: a wait of a begun hour is a whole one; the first hour by which half have been called.
    "time_to_close_loop": f"""
        with waits as (
            select {FOLLOWED} is not null as called,
                ceil(epoch(coalesce({FOLLOWED}, {SURVEYS}) - responded_at) / 3600) as hours
            {ASKED} where {UNHAPPY} and within(responded_at)
        ), steps as (
            select hours, count(*) filter (called) as events, sum(count(*)) over (order by hours desc) as at_risk
            from waits group by hours
        ), curve as (
            select hours, product(1 - events / at_risk) over (order by hours) as waiting from steps
        )
        select (select min(hours) from curve where waiting <= 0.5 + 1e-12) as value, count(*) as n,
            count(*) filter (called) as numerator
        from waits
    """,
    "complaints": f"select n as value, n, n as numerator from ({COMPLAINTS})",
    "complaint_rate": f"""
        select 1000 * complaints.n / handled.n as value, handled.n as n, 1000 * complaints.n as numerator,
            handled.n as denominator
        from ({COMPLAINTS}) complaints, (
            select count(*) as n from contacts where not abandoned and answered_at is not null and within(ended_at)
        ) handled
    """,
    "complaint_rate.customers": f"""
        select 1000 * complaints.n / customers as value, base.rows as n, 1000 * complaints.n as numerator,
            customers as denominator
        from ({COMPLAINTS}) complaints, (
            select sum(customers) as customers, count(*) as rows from customer_base where in_days(month_start)
        ) base
    """,
    "complaints_settled": _share(_complaints("closed_at"), "one.closed_at <= case_history.due_at"),
    "complaints_settled.opened": _share(
        _complaints("opened_at", f"one.opened_at <= {CASES} - interval '21 days'"),
        "coalesce(one.closed_at <= case_history.due_at, false)",
    ),
    "complaints_settled.within_8_weeks": _share(
        _complaints("closed_at"), "one.closed_at <= one.opened_at + interval '56 days'"
    ),
    "complaints_within_3_days": _share(_complaints("closed_at"), "one.closed_at <= one.opened_at + interval '3 days'"),
    "recurring_complaints": f"""
        with complaints as (
            select one.*, case_history.root_cause as cause from cases one join case_history using (case_id)
            where complaint and customer_id is not null and case_history.root_cause is not null
        )
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (exists (
                select 1 from complaints later
                where later.customer_id = one.customer_id and later.cause = one.cause
                and later.opened_at > one.opened_at and later.opened_at <= one.opened_at + interval '90 days'
            )) as k
            from complaints one where within(opened_at) and opened_at <= {CASES} - interval '90 days'
        )
    """,
    "leading_causes": f"""
        with causes as (
            select date_trunc('month', local(one.opened_at)) as month, case_history.root_cause as cause, count(*) as n
            {_complaints("opened_at", "case_history.root_cause is not null")} group by all
        ), ranked as (select *, rank() over (partition by month order by n desc) as place from causes)
        select k / nullif(total, 0) as value, rows as n, k as numerator, total as denominator
        from (select count(*) as rows, sum(n) as total, sum(n) filter (place <= 3) as k from ranked)
    """,
    "upheld_rate": _share(_complaints("closed_at"), "case_history.outcome in ('upheld', 'partly upheld')"),
    "escalations_in_time": _share(
        f"""
            from cases one join case_history using (case_id) where within(case_history.escalated_at)
            and case_history.escalated_at <= {CASES} - interval '5 days'
        """,
        "coalesce(one.closed_at <= case_history.escalated_at + interval '5 days', false)",
    ),
}
ORACLES["experience_index"] = f"""
    select 100 * (0.4 * fcr.value + 0.3 * csat.value + 0.2 * (ces.value - 1) / 6 + 0.1 * loops.value) as value,
        least(fcr.n, csat.n, ces.n, loops.n) as n
    from ({RESOLUTION["fcr"]}) fcr, ({ORACLES["csat"]}) csat, ({ORACLES["ces"]}) ces, ({ORACLES["loop_closed"]}) loops
"""


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])
