"""Rows of metrics, stretches and renamed dimensions as they are written: what they mean, and every mistake in place."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.load import parse
from cxkpi.kinds.definition import MetricRows, Split, metric_rows_named

from .marked import SHARE, marked, metrics, problems


def reader(source: str, *, meets: str = "escalation > 0", more: str = "") -> str:
    return metrics(f"{SHARE}  x: {{kind: share, from: {source}, meets: {meets!r}}}\n{more}")


def ratio(above: str) -> str:
    below = "{from: agents, stock: mean}"
    return metrics(f"\n  x:\n    kind: ratio\n    unit: percent\n    numerator: {above}\n    denominator: {below}\n")


def total(keys: str) -> str:
    return metrics(f"\n  x: {{kind: total, unit: seconds, from: contacts, {keys}}}\n")


CASES = [
    ("C102", "'metrics' is missing in 'from'", reader("{per: [agent_id]}").replace("from: {per", "«from: {per")),
    ("C104", "unknown key 'pre' in 'from'; did you mean 'per'?",
     reader("{metrics: [escalation], «pre: [agent_id]}")),
    ("C105", "'hour' is not a value of 'every'; it takes day, week, month, quarter or year",
     reader("{metrics: [escalation], per: [agent_id], every: «hour}")),
    ("C201", "no metric 'escalations'; did you mean 'escalation'?",
     reader("{metrics: [«escalations], per: [agent_id]}", meets="true")),
    ("C203", "per: no column 'team_id' in table 'contacts'; did you mean 'team'?",
     reader("{metrics: [escalation], per: [«team_id]}")),
    ("C204", "these rows would have two columns 'escalation'",
     reader("{metrics: [escalation, «escalation], per: [agent_id]}")),
    ("C204", "these rows would have two columns 'site'",
     reader("{metrics: [escalation], per: [site, «agent.site]}")),
    ("C206", "'escalation' cannot be told apart by 'wait_s', a column of numbers or times",
     reader("{metrics: [«escalation], per: [wait_s]}")),
    ("C208", "'x' reads rows of metrics itself", reader("{metrics: [«x], per: [agent_id]}", meets="x > 0")),
    ("C208", "'y' reads rows of metrics itself", reader(
        "{metrics: [«y], per: [agent_id]}", meets="y > 0",
        more="  y: {kind: share, from: {metrics: [escalation], per: [agent_id]}, meets: escalation > 0}\n")),
    ("C302", "meets: no column 'escalation_m' in these rows of metrics; did you mean 'escalation_n'?",
     metrics(f"{SHARE}  x:\n    kind: share\n    from: {{metrics: [escalation], per: [agent_id]}}\n"
             "    meets: «escalation_m > 0\n")),
    ("C303", "meets: '=' mixes a number and text", metrics(
        f"{SHARE}  x:\n    kind: share\n    from: {{metrics: [escalation], per: [agent_id]}}\n"
        "    meets: escalation = «'met'\n")),
    ("C103", "a stretch ('split') is not taken here", metrics(
        "\n  x: {kind: mean, unit: s1, from: contacts, value: talk_s, at: «{split: [started_at, ended_at]}}\n")),
    ("C107", "a stretch is from one time to another, not 1 of them",
     total("sum: talk_s, at: {split: «[started_at]}")),
    ("C109", "only an amount ('sum') can be spread over a stretch",
     total("count: rows, «at: {split: [started_at, ended_at]}")),
    ("C203", "split: no column 'ended_of' in table 'contacts'; did you mean 'ended_at'?",
     total("sum: talk_s, at: {split: [started_at, «ended_of]}")),
    ("C206", "split: 'hired_on' is not a timestamp, and an amount is spread over time to the second",
     total("sum: talk_s, at: {split: [«hired_on, ended_at]}")),
    ("C203", "no table has a column 'taem'; did you mean 'team'?",
     ratio("{from: moves, count: rows, as: {«taem: from_team}}")),
    ("C203", "team: no column 'form_team' in table 'moves'; did you mean 'from_team'?",
     ratio("{from: moves, count: rows, as: {team: «form_team}}")),
    ("C109", "'as' does not go with 'stock', whose dimensions have a history",
     ratio("{from: agents, stock: mean, «as: {team: site}}")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=[f"{code}-{words}" for code, words, _ in CASES])
def test_each_mistake_has_its_code_place_and_words(code: str, message: str, text: str) -> None:
    found = problems(text)
    assert len(found) == 1, [str(problem) for problem in found]
    assert str(found[0]).startswith(f"{marked(text)}: error[{code}]: {message}")


def test_a_table_of_metric_rows_is_named_by_what_is_in_it() -> None:
    for rule in (
        MetricRows(("aht", "fcr.any_reason"), ("vendor", "agent.site"), "month"),
        MetricRows(("aht",)),
        MetricRows(("per", "every"), ("every",), "day"),
    ):
        assert metric_rows_named(rule.table) == rule
    for name in ("contacts", "agent_time", "every day", "per"):
        assert metric_rows_named(name) is None


def test_what_is_written_is_what_is_read() -> None:
    found = parse(reader("{metrics: [escalation], per: [agent_id], every: month}"), "x.yaml").metrics
    assert found[("x", None)].spec.from_ == "escalation per agent_id every month"
    spent = parse(total("sum: talk_s, at: {split: [started_at, ended_at]}, as: {queue: reason}"), "x.yaml")
    spec = spent.metrics[("x", None)].spec
    assert (spec.at, spec.as_) == (Split(("started_at", "ended_at")), (("queue", "reason"),))


def of(text: str) -> str:
    return parse(text, "x.yaml").metrics[("x", None)].definition


def test_the_definition_follows_what_is_read_and_how() -> None:
    rows = "{metrics: [escalation], per: [agent_id], every: week}"
    one = of(reader(rows))
    assert one == of(reader("{every: week, per: [agent_id], metrics: [escalation]}"))
    assert one == of(reader("{metrics: [escalation], per: [agent_id]}"))
    assert one != of(reader(rows.replace("week", "month")))
    assert one != of(reader(rows.replace("agent_id", "team")))
    assert one != of(reader(rows).replace("meets: escalated", "meets: not escalated"))
    judged = reader(rows, meets="escalation < escalation_target").replace(
        "meets: escalated\n", "meets: escalated\n    better: lower\n    target: 5%\n"
    )
    assert of(judged) != of(judged.replace("5%", "6%"))
    spread = total("sum: talk_s, at: {split: [started_at, ended_at]}")
    assert of(spread) != of(total("sum: talk_s, at: started_at"))
    assert of(total("sum: talk_s")) != of(total("sum: talk_s, as: {queue: reason}"))
