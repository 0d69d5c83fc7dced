"""A catalogue as a whole: what is read, what variants inherit, what decides the hashes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cxkpi.catalogue.load import load
from cxkpi.kinds import ratio, repeat
from cxkpi.kinds.definition import Duration, Metric
from cxkpi.kinds.repeat import Clock
from cxkpi.kinds.time_to_event import MetricRows, SustainedRun

from .marked import HEAD, SHARE, metrics, problems, read

EXAMPLE = """\
# yaml-language-server: $schema=./metrics.schema.json
cxkpi: 1                                  # version of this grammar
headline: [fcr, aht]
calendar: {timezone: Europe/London, week_starts: monday, year_starts: january}
defaults: {confidence: 95%, min_n: 30}

fields:                                   # row arithmetic, named once
  contacts:
    handled: not abandoned and answered_at is not null
    handle_s: talk_s + hold_s + wrap_s

metrics:
  aht:
    kind: ratio
    label: Average handle time
    objective: What a contact costs us in time. Never to be cut at the customer's expense.
    unit: seconds
    better: lower
    target: 6m
    alarm: 8m
    guards: [fcr]                         # an improvement while one of these worsens is flagged, not praised
    numerator:   {from: contacts, sum: handle_s, where: handled}
    denominator: {from: contacts, count: rows,   where: handled}
    cluster: agent_id                     # the interval allows for contacts of one agent being alike
    examples:
      - name: a ratio of sums, not a mean of means
        given:
          contacts: |
            contact_id | queue | abandoned | answered_at      | ended_at         | talk_s | hold_s | wrap_s
            c1         | A     | false     | 2026-01-05 09:00 | 2026-01-05 09:02 | 100    | 0      | 20
            c2         | B     | false     | 2026-01-05 11:00 | 2026-01-05 11:10 | 600    | 0      | 0
        expect: {value: 360, n: 2}

  fcr:
    kind: repeat
    label: First contact resolution
    family: fcr
    from: contacts
    where: handled and direction = 'inbound'
    key: [customer_id, reason]            # a repeat: same customer, same reason
    blank_key: exclude                    # withheld numbers are not evidence of anything
    clock: {from: ended_at, to: started_at}
    within: 7d                            # so a contact can be judged 7 d after it ended, not before
    counts: resolved
    unit: percent
    better: higher
    target: 75%
    variants:
      any_reason: {key: [customer_id]}
      within_30d: {within: 30d}
"""


@pytest.fixture(scope="module")
def example() -> dict[str, Metric]:
    return {metric.title: metric for metric in read(EXAMPLE).metrics.values()}


def test_the_whole_is_read() -> None:
    catalogue = read(EXAMPLE)
    assert catalogue.path == "metrics.yaml"
    assert catalogue.headline == ("fcr", "aht")
    assert (catalogue.timezone, catalogue.week_starts, catalogue.year_starts) == ("Europe/London", "monday", "january")
    assert (catalogue.confidence, catalogue.min_n) == (0.95, 30)
    assert list(catalogue.metrics) == [("aht", None), ("fcr", None), ("fcr", "any_reason"), ("fcr", "within_30d")]
    assert len(catalogue.hash) == 8


def test_a_ratio(example: dict[str, Metric]) -> None:
    aht = example["aht"]
    assert isinstance(aht.spec, ratio.Spec)
    assert aht.spec.numerator.sum is not None
    assert aht.spec.numerator.sum.text == "handle_s"
    assert aht.spec.numerator.sum.canonical == "((talk_s + hold_s) + wrap_s)"
    assert aht.spec.numerator.where is not None
    assert aht.spec.numerator.where.columns == {"abandoned", "answered_at"}
    assert aht.spec.denominator.count == "rows"
    assert (aht.unit, aht.better, aht.target, aht.alarm) == ("seconds", "lower", 360.0, 480.0)
    assert (aht.cluster, aht.guards, aht.min_n) == ("agent_id", ("fcr",), 30)
    assert str(aht.place) == "metrics.yaml:13:3"


def test_an_example(example: dict[str, Metric]) -> None:
    (one,) = example["aht"].examples
    assert one.name == "a ratio of sums, not a mean of means"
    first, second = one.given["contacts"]
    assert first["talk_s"] == "100"
    assert second == {
        "contact_id": "c2", "queue": "B", "abandoned": "false", "answered_at": "2026-01-05 11:00",
        "ended_at": "2026-01-05 11:10", "talk_s": "600", "hold_s": "0", "wrap_s": "0",
    }  # fmt: skip
    assert one.expect == {"value": 360, "n": 2}
    assert str(one.place) == "metrics.yaml:26:9"


def test_a_repeat_and_its_variants(example: dict[str, Metric]) -> None:
    fcr = example["fcr"].spec
    assert isinstance(fcr, repeat.Spec)
    assert fcr.key == ("customer_id", "reason")
    assert fcr.clock == Clock("ended_at", "started_at")
    assert fcr.within == Duration(7, "d")
    assert example["fcr"].target == 0.75
    other = example["fcr.any_reason"]
    assert (other.name, other.variant, other.label) == ("fcr", "any_reason", "First contact resolution")
    assert other.spec.key == ("customer_id",)
    assert other.spec.within == Duration(7, "d")
    assert example["fcr.within_30d"].spec.within.seconds == timedelta(days=30).total_seconds()
    assert str(example["fcr.within_30d"].place) == "metrics.yaml:50:7"


def _definitions(text: str) -> dict[str, str]:
    return {metric.title: metric.definition for metric in read(text).metrics.values()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("label: Average handle time", "label: Handle time"),
        ("target: 6m", "target: 300"),
        ("cluster: agent_id", "cluster: queue"),
        ("sum: handle_s", "sum: (TALK_S + hold_s)+wrap_s".replace("TALK_S", "talk_s")),
        ("within: 7d", "within: 168h"),
        ("    blank_key: exclude   ", "    "),
        ("where: handled and direction = 'inbound'", "where: ( handled AND (direction='inbound') )"),
        ("n: 2}", "n: 3}"),
        ("week_starts: monday", "week_starts: sunday"),
    ],
)
def test_wording_and_judgement_are_not_meaning(old: str, new: str) -> None:
    assert old in EXAMPLE
    assert _definitions(EXAMPLE.replace(old, new)) == _definitions(EXAMPLE)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("handle_s: talk_s + hold_s + wrap_s", "handle_s: talk_s + hold_s", {"aht"}),
        ("within: 7d", "within: 8d", {"fcr", "fcr.any_reason"}),
        ("answered_at is not null", "answered_at is null", {"aht", "fcr", "fcr.any_reason", "fcr.within_30d"}),
        ("blank_key: exclude", "blank_key: single", {"fcr", "fcr.any_reason", "fcr.within_30d"}),
        ("label: Average handle time", "roll: 3mo", {"aht"}),
        ("label: Average handle time", "matures: 3d", {"aht"}),
        ("Europe/London", "UTC", {"aht", "fcr", "fcr.any_reason", "fcr.within_30d"}),
    ],
)
def test_meaning_changes_the_definition(old: str, new: str, changed: set[str]) -> None:
    before, after = _definitions(EXAMPLE), _definitions(EXAMPLE.replace(old, new))
    assert {title for title in before if before[title] != after[title]} == changed


def test_the_hash_of_the_catalogue_sees_judgement_but_not_comments() -> None:
    assert read(EXAMPLE.replace("target: 6m", "target: 5m")).hash != read(EXAMPLE).hash
    assert read(EXAMPLE.replace("week_starts: monday", "week_starts: sunday")).hash != read(EXAMPLE).hash
    assert read(EXAMPLE.replace("# version of this grammar", "")).hash == read(EXAMPLE).hash
    assert read(EXAMPLE.replace("target: 6m", "target: 360")).hash == read(EXAMPLE).hash


def test_all_problems_are_told_in_order_and_once() -> None:
    text = metrics(
        "  a:\n    kind: share\n    from: contacts\n    meets: escaleted\n    alrm: 3\n    guards: [b, c]\n"
        "    variants:\n      v: {where: tru}\n"
        "  b:\n    kind: total\n    from: kontacts\n    count: rows\n    unit: calls\n"
    )
    assert [(str(problem.place), problem.code) for problem in problems(text)] == [
        ("metrics.yaml:7:12", "C302"),
        ("metrics.yaml:8:5", "C104"),
        ("metrics.yaml:9:17", "C201"),
        ("metrics.yaml:11:18", "C302"),
        ("metrics.yaml:14:11", "C202"),
    ]


def test_a_broken_section_does_not_make_its_other_names_unknown() -> None:
    text = HEAD + (
        "fields:\n  contacts:\n    long: talk_s > 600\n    wrong: [1]\n"
        "tables:\n  contacts: {columns: {campaign: string}}\n"
        "metrics:\n  x: {kind: share, from: contacts, where: long and campaign = 'a', meets: wrong}\n"
    )
    assert [(str(problem.place), problem.code) for problem in problems(text)] == [
        ("metrics.yaml:6:12", "C103"),
        ("metrics.yaml:8:34", "C105"),
    ]


def test_a_problem_of_a_field_is_told_where_the_field_is_written() -> None:
    text = HEAD + (
        "fields:\n  contacts:\n    bad: talk_z + 1\nmetrics:\n  x: {kind: mean, from: contacts, value: bad, unit: s1}\n"
    )
    assert [(str(problem.place), problem.code) for problem in problems(text)] == [("metrics.yaml:5:10", "C302")]


@pytest.mark.parametrize(
    ("scalar", "place"),
    [
        ("escalated and talk_z > 1", "7:26"),
        ("'escalated and talk_z > 1'", "7:27"),
        ("'queue = ''A'' and talk_z > 1'", "7:31"),
        ('"escalated and\\ttalk_z > 1"', "7:28"),
        ("|\n      escalated\n      and talk_z > 1", "9:11"),
        (">-\n      escalated\n\n      and talk_z > 1", "10:11"),
        ("escalated\n      and talk_z > 1", "8:11"),
    ],
    ids=["plain", "single", "doubled quotes", "double", "literal", "folded", "over two lines"],
)
def test_the_place_within_an_expression_survives_quoting(scalar: str, place: str) -> None:
    (problem,) = problems(metrics(f"  x:\n    kind: share\n    from: contacts\n    meets: {scalar}\n"))
    assert (str(problem.place), problem.code) == (f"metrics.yaml:{place}", "C302")


def test_fields_are_read_through_look_ups() -> None:
    text = (
        HEAD
        + "fields: {contacts: {handled: agent_id is not null and team <> 'X'}}\nmetrics:\n"
        + ("  csat: {kind: share, from: answers, where: contact.handled and queue = 'A', meets: score >= 4}\n")
    )
    where = read(text).metrics[("csat", None)].spec.where
    assert where.columns == {"contact.agent_id", "contact.team", "queue"}


def test_declared_columns_can_be_read() -> None:
    text = HEAD + (
        "tables: {contacts: {columns: {campaign: text, promised: date}}}\nmetrics:\n"
        "  x: {kind: share, from: contacts, at: promised, meets: campaign = 'spring'}\n"
    )
    catalogue = read(text)
    assert catalogue.tables["contacts"].columns["campaign"].type == "text"
    assert catalogue.metrics[("x", None)].spec.at == "promised"


def test_rows_of_metrics() -> None:
    text = metrics(SHARE) + (
        "  speed:\n    kind: time_to_event\n    from: agents\n    start: hired_on\n    censor: left_on\n"
        "    event:\n      from: {metrics: [escalation], per: [agent_id], every: week}\n"
        "      where: escalation_n >= 20\n      meets: escalation <= 0.1 and escalation_status <> 'alarm'\n"
        "      sustained: 3\n    read: {quantile: 50%}\n    better: lower\n    target: 45d\n    roll: 12mo\n"
    )
    speed = read(text).metrics[("speed", None)]
    event = speed.spec.event
    assert isinstance(event, SustainedRun)
    assert event.from_ == MetricRows(("escalation",), ("agent_id",), "week")
    assert (event.sustained, event.thin, event.date) == (3, "break", "end")
    assert event.meets.columns == {"escalation", "escalation_status"}
    assert (speed.unit, speed.target, speed.roll) == ("days", 45.0, Duration(12, "mo"))
    # The metric read is part of the meaning, and so is the target its status comes from.
    stricter = read(text.replace("meets: escalated", "meets: escalated\n    better: lower\n    target: 5%"))
    assert stricter.metrics[("speed", None)].definition != speed.definition
    plain = read(
        text.replace("event:\n      from:", "event: entered_on\n    owner: |\n      from:").replace(
            "      where: escalation_n", "      and: escalation_n"
        )
    )
    assert plain.metrics[("speed", None)].spec.event == "entered_on"


def test_inside_has_two_limits() -> None:
    text = metrics(SHARE + "    better: inside\n    target: [70%, 0.85]\n")
    assert read(text).metrics[("escalation", None)].target == (0.7, 0.85)


def test_without_headline_every_public_metric_is_one() -> None:
    text = metrics(SHARE + "  hidden: {kind: share, from: contacts, meets: escalated, private: true}\n")
    assert read(text).headline == ("escalation",)


def test_conditions_may_be_plain_true_and_amounts_plain_numbers() -> None:
    text = metrics(
        "  x: {kind: net, from: contacts, for: true, against: false}\n"
        "  y: {kind: mean, from: contacts, value: 1, unit: ones}\n"
    )
    found = read(text).metrics
    assert found[("x", None)].spec.for_.canonical == "true"
    assert found[("y", None)].spec.value.canonical == "1"


def test_examples_repeat_rows_and_read_bars_around_lines() -> None:
    text = metrics(
        SHARE + "    examples:\n      - given:\n          contacts: |\n"
        "            | contact_id | escalated | rows |\n"
        "            | c1 | true | 3 |\n"
        "            |    | false |  |\n"
        "        expect: {value: 75%, n: 4, status: null}\n"
        "        as_of: 2026-02-01\n        truncate: 1\n"
    )
    (one,) = read(text).metrics[("escalation", None)].examples
    assert one.given["contacts"] == (
        *({"contact_id": "c1", "escalated": "true"},) * 3,
        {"contact_id": None, "escalated": "false"},
    )
    assert one.expect == {"value": 0.75, "n": 4, "status": None}
    assert (one.as_of, one.decimals, one.truncated, one.name) == ("2026-02-01", 1, True, "example 1")


def test_the_shipped_catalogue_loads() -> None:
    catalogue = load(None)
    assert catalogue.path == "cxkpi:metrics.yaml"
    assert catalogue.headline == ("fcr", "csat", "ces", "aht", "turnover", "speed_to_competency")
