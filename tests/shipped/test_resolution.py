"""Resolution and cost: every figure of the report against SQL written from its description.

A contact is handled if it was answered and not abandoned. What other systems know of a contact or a case stands in
``contact_details`` and ``case_history``. Rows are judged as far as the table reaches in which the answer would stand.
"""

from __future__ import annotations

import pytest

from .centre import Centre

HANDLED = "not abandoned and answered_at is not null"
INBOUND = f"direction = 'inbound' and {HANDLED}"
REACH = "(select max(ended_at) from contacts)"


def _came_back(of: str, days: float, *key: str) -> str:
    """Whether the customer was in touch again, by the columns of ``key``, in the days after the contact ended."""
    same = " and ".join(f"later.{column} = {of}.{column}" for column in key)
    return f"""exists (
        select 1 from contacts later where {same}
        and later.started_at > {of}.ended_at and later.started_at <= {of}.ended_at + interval '{days * 24:.0f} hours'
    )"""


def _repeats(
    days: float = 7,
    key: tuple[str, ...] = ("customer_id", "reason"),
    where: str = INBOUND,
    good: str = "true",
    counts: str = "good and not again",
) -> str:
    """Over contacts with a key whose window has passed: the share that ``counts``."""
    known = " and ".join(f"one.{column} is not null" for column in key)
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter ({counts}) as k from (
                select {_came_back("one", days, *key)} as again, {good} as good
                from contacts one left join contact_details using (contact_id)
                where {where} and within(ended_at) and {known}
                and ended_at <= {REACH} - interval '{days * 24:.0f} hours'
            )
        )
    """


def _share(rows: str, meets: str) -> str:
    """The share of rows for which ``meets`` holds, over those for which it is known."""
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator
        from (select count({meets}) as n, count(*) filter ({meets}) as k {rows})
    """


def _surveyed(*questions: str) -> str:
    """One row per invitation that has an answer to all these questions, which are its columns."""
    columns = ", ".join(f"max(score) filter (question = '{one}') as {one}" for one in questions)
    return f"""
        from (
            select invitation_id, {columns}
            from answers join invitations using (invitation_id) left join contacts using (contact_id)
            where within(coalesce(contacts.ended_at, sent_at, responded_at)) group by invitation_id
        ) where {" and ".join(f"{one} is not null" for one in questions)}
    """


def _answered(question: str) -> str:
    return f"""
        select total / nullif(n, 0) as value, n, total as numerator, n as denominator
        from (select coalesce(sum({question}), 0) as total, count(*) as n {_surveyed(question)})
    """


# Every contact of FCR, when its customer came back within seven days, and whether those are over.
WATCHED = f"""
    watched as (
        select ended_at, ended_at <= {REACH} - interval '7 days' as judged, (
            select min(later.started_at) from contacts later
            where later.customer_id = one.customer_id and later.reason = one.reason
            and later.started_at > one.ended_at and later.started_at <= one.ended_at + interval '7 days'
        ) as again from contacts one
        where {INBOUND} and within(ended_at) and customer_id is not null and reason is not null
    ), counted as (
        select count(*) as rows, count(*) filter (judged) as n, count(*) filter (judged and again is null) as k,
            k / rows as least, count(*) filter (again is null) / rows as most
        from watched
    )
"""
CASES = "from cases join case_history using (case_id) where closed_at is not null and within(closed_at)"
OLD_CASES = f"{CASES} and closed_at <= (select max(greatest(opened_at, closed_at)) from cases) - interval '14 days'"

# Value, and n behind it, of the metrics that formulas are made of.
PARTS = f"""
    with fcr as ({_repeats()}),
    handled as (select count(*) as n from contacts where {HANDLED} and within(ended_at)),
    spent as (select sum(amount) as amount from costs where in_days(month_start)),
    parts as (
        select fcr.value as fcr, fcr.n as judged, handled.n as handled, amount / nullif(handled.n, 0) as each
        from fcr, handled, spent
    )
"""

ORACLES = {
    "fcr": _repeats(),
    "fcr.any_reason": _repeats(key=("customer_id",)),
    "fcr.within_24h": _repeats(1),
    "fcr.within_48h": _repeats(2),
    "fcr.within_30d": _repeats(30),
    "fcr.same_channel": _repeats(key=("customer_id", "reason", "channel")),
    "fcr.no_transfer": _repeats(good="transfers = 0"),
    # Calls of a key less than seven days apart are one cluster; it is resolved if it is no more than one conversation.
    "fcr.gap_chained": f"""
        with linked as (
            select *, max(ended_at) over earlier as latest
            from contacts where customer_id is not null and reason is not null
            window earlier as (
                partition by customer_id, reason order by started_at, contact_id
                rows between unbounded preceding and 1 preceding
            )
        ), counted as (
            select *, sum(case when started_at <= latest + interval '7 days' then 0 else 1 end) over (
                partition by customer_id, reason order by started_at, contact_id
            ) as number from linked
        ), clusters as (
            select customer_id, reason, number, max(started_at) > min(ended_at) as again
            from counted group by all
        )
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (not again) as k
            from counted join clusters using (customer_id, reason, number)
            where {INBOUND} and within(ended_at) and ended_at <= {REACH} - interval '7 days'
        )
    """,
    # The first contact of an issue follows none of those that are judged.
    "fcr.issues": _repeats(
        where=f"""{INBOUND} and not exists (
            select 1 from contacts before where {INBOUND.replace("direction", "before.direction")}
            and before.customer_id = one.customer_id and before.reason = one.reason
            and before.ended_at < one.started_at and before.ended_at >= one.started_at - interval '7 days'
        )"""
    ),
    "fcr.single_contacts": _repeats(
        good="""not exists (
            select 1 from contacts before
            where before.customer_id = one.customer_id and before.reason = one.reason
            and before.ended_at < one.started_at and before.ended_at >= one.started_at - interval '7 days'
        )"""
    ),
    # Between all that still wait coming back, and none of them but those who did so already.
    "fcr.bounds": f"""
        with {WATCHED}
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator, least, most from counted
    """,
    # Kaplan–Meier at seven days: who came back did so at a known time, everybody else was watched as long as there was.
    "fcr.survival": f"""
        with {WATCHED}, steps as (
            select waited, count(*) filter (again is not null) as events,
                sum(count(*)) over (order by waited desc) as at_risk
            from (
                select again, coalesce(again, least(ended_at + interval '7 days', {REACH})) - ended_at as waited
                from watched
            ) group by waited
        )
        select coalesce(product(1 - events / at_risk), 1) as value, any_value(counted.rows) as n,
            any_value(least) as least, any_value(most) as most
        from steps, counted where events > 0
    """,
    "fcr_net": _repeats(where=f"{INBOUND} and coalesce(contact_details.resolvable, true)"),
    "survey_said_resolved": _answered("resolved"),
    "survey_said_contacts": _answered("contacts"),
    "survey_said_channels": _answered("channels"),
    "fcr_survey": _share(_surveyed("resolved", "contacts"), "resolved = 1 and contacts = 1"),
    "one_contact_resolution": _share(
        _surveyed("resolved", "contacts", "channels"), "resolved = 1 and contacts = 1 and channels = 1"
    ),
    "fcr_agent": _share(
        f"from contacts join contact_details details using (contact_id) where {INBOUND} and within(ended_at)",
        "details.resolved",
    ),
    "fcr_agent.unmarked_fails": _share(
        f"from contacts left join contact_details details using (contact_id) where {INBOUND} and within(ended_at)",
        "coalesce(details.resolved, false)",
    ),
    "fcr_case": _share(CASES, "case_history.agent_replies = 1"),
    "fcr_case.fewer_than_two": _share(CASES, "case_history.agent_replies < 2"),
    "fcr_case.not_reopened": _share(OLD_CASES, "case_history.reopens = 0"),
    "reopen_rate": _share(OLD_CASES, "case_history.reopens > 0"),
    "one_and_done": _repeats(key=("customer_id",), where="direction = 'inbound'", good=HANDLED),
    "repeat_rate": _repeats(counts="again"),
    "repeat_share": f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (exists (
                select 1 from contacts before
                where before.customer_id = one.customer_id and before.reason = one.reason
                and before.ended_at < one.started_at and before.ended_at >= one.started_at - interval '7 days'
            )) as k from contacts one
            where {INBOUND} and customer_id is not null and reason is not null and within(started_at)
            and started_at >= (select min(ended_at) from contacts) + interval '7 days'
        )
    """,
    "transfer_rate": _share(f"from contacts where {HANDLED} and within(ended_at)", "transfers > 0"),
    "transfer_rate.inbound": _share(f"from contacts where {INBOUND} and within(ended_at)", "transfers > 0"),
    "escalation_rate": _share(
        f"from contacts join contact_details details using (contact_id) where {HANDLED} and within(ended_at)",
        "details.escalated",
    ),
    "contact_rate": """
        select 1000 * contacts / customers as value, rows as n, 1000 * contacts as numerator, customers as denominator
        from (select count(*) as contacts from contacts where direction = 'inbound' and within(ended_at)),
            (select sum(customers) as customers, count(*) as rows from customer_base where in_days(month_start))
    """,
    "contacts_handled": f"""
        select count(*) as value, count(*) as n, count(*) as numerator from contacts
        where {HANDLED} and within(ended_at)
    """,
    "running_cost": """
        select coalesce(sum(amount), 0) as value, count(*) as n, value as numerator from costs
        where in_days(month_start)
    """,
    "cost_per_contact": f"""
        {PARTS} select each as value, handled as n, amount as numerator, handled as denominator from parts, spent
    """,
    "cost_per_contact.inbound": """
        select amount / nullif(inbound, 0) as value, inbound as n, amount as numerator, inbound as denominator
        from (select count(*) as inbound from contacts where direction = 'inbound' and within(ended_at)),
            (select sum(amount) as amount from costs where in_days(month_start))
    """,
    "cost_of_repeats.one_and_a_half": f"""
        {PARTS} select handled * (1 - fcr) * 1.5 * each as value, judged as n from parts
    """,
    "cost_per_resolution": f"{PARTS} select each / fcr as value, judged as n from parts",
    "cost_of_repeats": f"{PARTS} select handled * (1 - fcr) * each as value, judged as n from parts",
    "saved_by_fcr": f"""
        {PARTS} select handled * (each / fcr - each / least(fcr + 0.05, 1)) as value, judged as n from parts
    """,
}


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])
