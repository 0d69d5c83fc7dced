"""Quality and consistency: every figure of the report against SQL written from its description."""

from __future__ import annotations

import pytest

from .centre import Centre

EVALUATED = "from evaluations where within(evaluated_at) and points_available > 0"


def _points(*sections: str) -> str:
    """Points over points available, in some sections or all."""
    chosen = f"and section in ({', '.join(repr(one) for one in sections)})" if sections else ""
    return f"""
        select points / nullif(available, 0) as value, n, points as numerator, available as denominator from (
            select count(*) as n, sum(points) as points, sum(points_available) as available {EVALUATED} {chosen}
        )
    """


def _errors(kind: str) -> str:
    return f"""
        select k as value, n, k as numerator from (
            select count(*) as n, count(*) filter (critical_fail and error_class = '{kind}') as k
            from evaluations where within(evaluated_at)
        )
    """


def _accuracy(kind: str) -> str:
    """The share of evaluations that hold no critical error of a class."""
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (not wrong) as k from (
                select evaluation_id, bool_or(coalesce(critical_fail and error_class = '{kind}', false)) as wrong
                from evaluations where within(evaluated_at) group by evaluation_id
            )
        )
    """


# One row for every agent and month with evaluations.
AGENTS = f"""
    agents_months as (
        select agent_id, date_trunc('month', local(evaluated_at)) as month,
            sum(points) / sum(points_available) as score, count(distinct evaluation_id) as evaluations
        {EVALUATED} and agent_id is not null group by all
    )
"""


def _at(q: float) -> str:
    """A quantile of the agents' scores, which count in whole millionths, as all values of rows do."""
    return f"quantile_cont(round(score, 6), {q})"


def _satisfied(difficult: bool) -> str:
    marked = "difficult" if difficult else "not difficult"
    return f"""
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (score >= 4) as k
            from answers join invitations using (invitation_id) join contacts using (contact_id)
            join (select contact_id, difficult as difficult_one from contact_details) details using (contact_id)
            where question = 'csat' and within(ended_at) and {marked.replace("difficult", "difficult_one")}
        )
    """


ORACLES = {
    "qa_score": _points(),
    "qa_score.critical_zero": f"""
        select points / nullif(available, 0) as value, n, points as numerator, available as denominator from (
            select count(*) as n, sum(points_available) as available,
                sum(points) filter (not coalesce(critical_fail, false)) as points {EVALUATED}
        )
    """,
    "process_adherence": _points("Process"),
    "soft_skills": _points("Empathy", "Listening", "Patience", "Care"),
    "empathy": _points("Empathy"),
    "listening": _points("Listening"),
    "patience": _points("Patience"),
    "care": _points("Care"),
    "customer_errors": _errors("customer"),
    "business_errors": _errors("business"),
    "compliance_errors": _errors("compliance"),
    "customer_critical_accuracy": _accuracy("customer"),
    "business_critical_accuracy": _accuracy("business"),
    "compliance_critical_accuracy": _accuracy("compliance"),
    "evaluations": """
        select n as value, rows as n, n as numerator from (
            select count(distinct evaluation_id) as n, count(*) as rows from evaluations where within(evaluated_at)
        )
    """,
    "qa_p90": f"with {AGENTS} select {_at(0.9)} as value, count(*) as n from agents_months",
    "qa_p10": f"with {AGENTS} select {_at(0.1)} as value, count(*) as n from agents_months",
    "qa_spread": f"with {AGENTS} select {_at(0.9)} - {_at(0.1)} as value, count(*) as n from agents_months",
    "agents_at_quality": f"""
        with {AGENTS}
        select k / nullif(n, 0) as value, n, k as numerator, n as denominator from (
            select count(*) as n, count(*) filter (score >= 0.85) as k from agents_months where evaluations >= 2
        )
    """,
    "csat_difficult": _satisfied(True),
    "csat_other": _satisfied(False),
    "difficult_gap": f"""
        select others.value - difficult.value as value, least(others.n, difficult.n) as n
        from ({_satisfied(False)}) others, ({_satisfied(True)}) difficult
    """,
}


@pytest.mark.parametrize("title", ORACLES)
def test_the_report_says_what_sql_says(centre: Centre, title: str) -> None:
    assert not centre.disagreements(title, ORACLES[title])
