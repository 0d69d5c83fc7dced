"""Definitions by date: what a version may say, where what is wrong with it stands, and which hashes it has."""

from __future__ import annotations

from datetime import date

import pytest

from cxkpi.catalogue.load import Catalogue

from .marked import marked, metrics, problems, read

SHARE = "  x:\n    kind: share\n    from: contacts\n    meets: escalated\n    better: higher\n    target: 75%\n"


def dated(versions: str, more: str = "") -> str:
    return metrics(f"{SHARE}{more}    versions:\n{versions}")


def only(catalogue: Catalogue, title: str = "x") -> tuple[tuple[date | None, str, float], ...]:
    """Of every version of a metric its day, condition and target."""
    (metric,) = [one for one in catalogue.metrics.values() if one.title == title]
    return tuple(
        (one.since, one.metric.spec.meets.canonical, one.metric.target)  # type: ignore[misc]
        for one in metric.versions
    )


def test_a_version_has_the_keys_of_the_one_before() -> None:
    found = read(dated("      - {since: 2026-01-01, meets: transfers > 0}\n      - {since: 2026-04-01, target: 80%}\n"))
    assert [(since, target) for since, _, target in only(found)] == [
        (None, 0.75),
        (date(2026, 1, 1), 0.75),
        (date(2026, 4, 1), 0.80),
    ]
    conditions = [condition for _, condition, _ in only(found)]
    assert conditions[0] != conditions[1] == conditions[2]


def test_each_version_has_the_definition_it_would_have_alone() -> None:
    both = read(dated("      - {since: 2026-01-01, meets: transfers > 0}\n"))
    alone = [read(metrics(SHARE)), read(metrics(SHARE.replace("escalated", "transfers > 0")))]
    (metric,) = both.metrics.values()
    wanted = [next(iter(one.metrics.values())).definition for one in alone]
    assert [one.metric.definition for one in metric.versions] == wanted
    assert metric.definition not in wanted
    later = read(dated("      - {since: 2026-01-02, meets: transfers > 0}\n"))
    assert next(iter(later.metrics.values())).definition != metric.definition
    assert len({both.hash, later.hash, *(one.hash for one in alone)}) == 4


def test_a_target_by_date_is_of_the_catalogue_and_not_of_the_definition_of_a_period() -> None:
    (metric,) = read(dated("      - {since: 2026-01-01, target: 80%}\n")).metrics.values()
    assert len({one.metric.definition for one in metric.versions}) == 1
    other = read(dated("      - {since: 2026-01-01, target: 81%}\n"))
    assert other.hash != read(dated("      - {since: 2026-01-01, target: 80%}\n")).hash


def test_what_a_variant_says_holds_in_every_version() -> None:
    found = read(
        dated(
            "      - {since: 2026-01-01, meets: transfers > 0, where: talk_s > 0}\n",
            "    variants:\n      other: {meets: callback_requested_at is not null}\n"
            "      own: {versions: [{since: 2026-02-01, where: talk_s > 5}]}\n",
        )
    )
    variant = only(found, "x.other")
    assert [since for since, _, _ in variant] == [None, date(2026, 1, 1)]
    assert len({condition for _, condition, _ in variant}) == 1
    wheres = [one.metric.spec.where for one in found.metrics["x", "other"].versions]
    assert wheres[0] is None
    assert wheres[1] is not None
    assert [since for since, _, _ in only(found, "x.own")] == [None, date(2026, 2, 1)]


def test_metrics_without_versions_keep_their_hash() -> None:
    (plain,) = read(metrics(SHARE)).metrics.values()
    assert plain.versions == ()
    assert read(dated("      []\n")).metrics["x", None].definition == plain.definition


CASES = [
    ("C102", "'since' is missing in a version", dated("      - «{meets: transfers > 0}\n")),
    ("C107", "the text 'soon' is not a date", dated("      - {since: «soon, meets: transfers > 0}\n")),
    ("C419", "this version changes nothing", dated("      - «{since: 2026-01-01}\n")),
    ("C419", "versions stand in the order of their days, and 2026-01-01 is before it",
     dated("      - {since: 2026-01-01, meets: transfers > 0}\n      - {since: «2026-01-01, meets: transfers > 1}\n")),
    ("C109", "a version cannot have its own 'kind'", dated("      - {since: 2026-01-01, «kind: net}\n      \n")),
    ("C109", "a version cannot have its own 'examples'",
     dated("      - {since: 2026-01-01, meets: transfers > 0, «examples: []}\n")),
    ("C104", "unknown key 'meet' in a share metric; did you mean 'meets'?",
     dated("      - {since: 2026-01-01, «meet: transfers > 0}\n")),
    ("C302", "meets: no column 'transfer' in table 'contacts'; did you mean 'transfers'?",
     dated("      - {since: 2026-01-01, meets: «transfer > 0}\n")),
    ("C107", "'92' is more than the whole", dated("      - {since: 2026-01-01, target: «92}\n")),
    ("C103", "'versions' must be a list, not a mapping", metrics(SHARE + "    versions: «{since: 2026-01-01}\n")),
    ("C109", "the time of a row cannot differ between versions",
     dated("      - {since: 2026-01-01, «at: started_at}\n")),
    ("C106", "a formula has no versions", metrics(
        SHARE + "  y: {kind: formula, formula: 2 * x, unit: percent, «versions: [{since: 2026-01-01, formula: x}]}\n")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=[f"{code}-{words}" for code, words, _ in CASES])
def test_each_mistake_has_its_code_place_and_words(code: str, message: str, text: str) -> None:
    found = [one for one in problems(text) if one.code == code]
    assert [str(one.place) for one in found] == [marked(text)]
    assert found[0].message.startswith(message)


@pytest.mark.parametrize(
    "metric",
    [
        "{kind: repeat, from: contacts, key: [customer_id], within: 7d, counts: resolved, "
        "versions: [{since: 2026-01-01, clock: {from: started_at}}]}",
        "{kind: ratio, unit: seconds, numerator: {from: contacts, sum: talk_s}, denominator: {from: contacts, "
        "count: rows}, versions: [{since: 2026-01-01, denominator: {from: contacts, count: rows, at: started_at}}]}",
        "{kind: time_to_event, from: agents, start: hired_on, event: left_on, "
        "versions: [{since: 2026-01-01, start: competent_on}]}",
    ],
)
def test_the_time_of_a_row_is_the_same_in_every_version_of_every_kind(metric: str) -> None:
    """Judged by its start before the day and by its end after it, a row across midnight would be in neither."""
    assert [one.code for one in problems(metrics(f"  x: {metric}\n"))] == ["C109"]


def test_min_group_needs_somebody_to_protect() -> None:
    text = metrics(SHARE + "    «min_group: 4\n")
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == ("C109", marked(text))
    text = metrics(SHARE + "    protects: «agent\n")
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == ("C203", marked(text))
    text = metrics(SHARE + "    protects: agent_id\n    min_group: «1\n")
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == ("C103", marked(text))
    (metric,) = read(metrics(SHARE + "    protects: agent_id\n")).metrics.values()
    assert (metric.protects, metric.min_group) == ("agent_id", 5)
    (metric,) = read(
        metrics(SHARE + "    protects: agent_id\n").replace("metrics:", "defaults: {min_group: 8}\nmetrics:")
    ).metrics.values()
    assert metric.min_group == 8
