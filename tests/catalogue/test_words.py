"""A metric in words: every kind's formula, its fields, its columns, and nothing left unsaid."""

from __future__ import annotations

import pytest

from cxkpi.catalogue.load import Catalogue, load, parse
from cxkpi.catalogue.meaning import words
from cxkpi.kinds.definition import Metric
from cxkpi.kinds.registry import KINDS

HEAD = "cxkpi: 1\ncalendar: {timezone: UTC}\nfields: {contacts: {handled: not abandoned, busy_s: talk_s + wrap_s}}\n"


def read(metric: str) -> tuple[Metric, Catalogue]:
    catalogue = parse(f"{HEAD}metrics:\n  a: {{kind: total, from: contacts, count: rows}}\n  m: {metric}\n", "x")
    return catalogue.metrics["m", None], catalogue


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("{kind: total, from: contacts, count: rows}", "The number of rows of contacts."),
        (
            "{kind: total, from: contacts, distinct: customer_id, where: handled, unit: people}",
            "The number of different customer_id among rows of contacts where handled.",
        ),
        ("{kind: total, from: costs, sum: 'amount * 2', unit: EUR}", "The sum of (amount * 2) over rows of costs."),
        (
            "{kind: mean, from: contacts, value: busy_s, unit: seconds, matures: 2d, cluster: agent_id, roll: 3mo}",
            "The sum of busy_s divided by the number of rows that have it, over rows of contacts. A row is judged once "
            "it is 2d old. Each period is computed over the 3mo that end with it. The interval allows for rows of one "
            "agent_id being alike.",
        ),
        (
            "{kind: quantile, from: contacts, value: wait_s, q: 90%, unit: seconds}",
            "The value of wait_s that 90% of the rows of contacts do not exceed.",
        ),
        (
            "{kind: share, from: cases, where: complaint, meets: closed_at <= due_at, at: closed_at}",
            "Of the rows of cases where complaint, the share with: closed_at <= due_at. A row belongs to the period of "
            "its closed_at.",
        ),
        (
            "{kind: net, from: answers, where: question = 'nps', for: score >= 9, against: score <= 6}",
            "100 × (share with score >= 9, less share with score <= 6), in points, of the rows of answers where "
            "question = 'nps'.",
        ),
        (
            "{kind: ratio, unit: percent, annualise: months, numerator: {from: agents, count: rows, at: left_on}, "
            "denominator: {from: agents, stock: mean}}",
            "The number of rows of agents; divided by the mean number open, person-days divided by days, over rows of "
            "agents. Brought to a year by months. Rows of the upper one belong to the period of their left_on.",
        ),
        ("{kind: stock, from: agents, read: closing}", "The number open as the period ends, over rows of agents."),
        (
            "{kind: repeat, from: contacts, key: [customer_id], within: 7d, gap: 60s, counts: repeated, "
            "next: not abandoned, blank_key: single}",
            "Of the rows of contacts, the share that is followed by a row where not abandoned, with the same "
            "customer_id within 7d and more than 60s, counted from ended_at of the one to started_at of the other. "
            "Rows with an empty key are never followed.",
        ),
        (
            "{kind: time_to_event, from: agents, start: hired_on, event: competent_on, censor: left_on}",
            "From hired_on to competent_on, over rows of agents: the first day by which 50% have had it. Who has not "
            "had it is watched until left_on.",
        ),
        ("{kind: formula, formula: '2 * a', unit: x}", "2 * a, each part read in the same cell."),
    ],
)  # fmt: skip
def test_a_formula_in_words(metric: str, said: str) -> None:
    assert " ".join(words.formula(read(metric)[0])) == said


def test_every_kind_has_words() -> None:
    assert set(KINDS) <= set(words._KINDS)


def test_the_columns_are_found_through_look_ups_with_their_keys() -> None:
    metric, catalogue = read("{kind: share, from: answers, where: contact.queue = 'A', meets: score >= 4}")
    assert words.columns(metric, catalogue.tables) == {
        "contacts": ("contact_id", "queue", "ended_at"),
        "invitations": ("invitation_id", "contact_id"),
        "answers": ("invitation_id", "score"),
    }


def test_a_clock_is_not_taken_for_a_table() -> None:
    metric, catalogue = read("{kind: repeat, from: contacts, key: [customer_id], within: 7d, counts: resolved}")
    assert words.columns(metric, catalogue.tables) == {"contacts": ("customer_id", "started_at", "ended_at")}


def test_a_formula_rests_on_the_columns_of_what_it_reads() -> None:
    metric, catalogue = read("{kind: formula, formula: '2 * a', unit: x}")
    titles = {one.title: one for one in catalogue.metrics.values()}
    card = words.card(metric, titles, catalogue.tables, catalogue.fields)
    assert (card.reads, card.columns) == (("a",), {"contacts": ("ended_at",)})
    assert words.card(titles["a"], titles, catalogue.tables, catalogue.fields).read_by == ("m",)


def test_fields_are_found_through_fields_and_not_inside_texts() -> None:
    text = HEAD.replace("busy_s: talk_s + wrap_s", "busy_s: talk_s + wrap_s, long: handled and busy_s > 9")
    text += "metrics:\n  m: {kind: share, from: contacts, meets: long and queue <> 'busy_s handled'}\n"
    catalogue = parse(text, "x")
    found = words.fields_used(catalogue.metrics["m", None], catalogue.fields)
    assert [name for _, name, _ in found] == ["busy_s", "handled", "long"]
    text = text.replace("long and queue", "queue")
    assert words.fields_used(parse(text, "x").metrics["m", None], catalogue.fields) == ()


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.75, "percent", "75%"), (0.741, "percent", "74.1%"), (360.0, "seconds", "6m"), (90.0, "seconds", "90s"),
        (7200.0, "seconds", "120m"), (45.0, "days", "45d"), (1.5, "days", "36h"), (2.0, "weeks", "2wk"),
        (3.0, "EUR", "3 EUR"), (5.5, "score", "5.5"), ((0.7, 0.85), "percent", "[70%, 85%]"), (30.0, "points", "30"),
        (-10.0, "points", "-10"), (0.1 + 0.2, "score", "0.3"), (1e15, "score", "1e+15"), (0.0, "seconds", "0s"),
    ],
)  # fmt: skip
def test_a_quantity_is_said_as_it_would_be_written(value: float, unit: str, said: str) -> None:
    assert words.quantity(value, unit) == said


def test_what_is_said_of_a_target_reads_back_as_that_target() -> None:
    for metric in load(None).metrics.values():
        if isinstance(metric.target, float):
            from cxkpi.catalogue.values.quantities import in_unit

            said = words.quantity(metric.target, metric.unit)
            assert in_unit(float(said) if said.replace(".", "").replace("-", "").isdigit() else said, metric.unit) == (
                metric.target
            )


def test_everything_that_is_written_stands_among_the_parameters() -> None:
    catalogue = load(None)
    titles = {metric.title: metric for metric in catalogue.metrics.values()}
    for metric in titles.values():
        card = words.card(metric, titles, catalogue.tables, catalogue.fields)
        given = {key for key, _, said in card.parameters if said}
        assert given == {leaf.key for leaf in words.leaves(metric.spec) if leaf.given}
        assert set(card.columns) <= catalogue.tables.keys()
