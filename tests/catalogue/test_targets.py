"""Targets by dimension and date: their form, where they hold, and what can never hold."""

from __future__ import annotations

from datetime import date

import pytest

from cxkpi.kinds.definition import Goal
from cxkpi.measurement.computing.goals import goal_of

from .marked import marked, metrics, problems, read


def goals(entries: str, head: str = "better: higher, target: 75%, alarm: 65%") -> str:
    """A share with entries of targets."""
    return metrics(f"  x: {{kind: share, from: contacts, meets: escalated, {head}, targets: [\n{entries}]}}\n")


def test_entries_are_stored_in_the_unit() -> None:
    text = metrics(
        "  x: {kind: mean, from: contacts, value: talk_s, unit: seconds, better: lower, target: 6m, targets: [\n"
        "    {when: {queue: [VIP, 7], weekday: Mon, hour: 9}, from: 2026-04-01, until: 2026-07-01, target: 5m},\n"
        "    {when: {abandoned: false}, alarm: 600}]}\n"
    )
    (metric,) = read(text).metrics.values()
    assert metric.targets == (
        Goal(
            (("queue", ("VIP", "7")), ("weekday", ("Mon",)), ("hour", ("09",))),
            date(2026, 4, 1),
            date(2026, 7, 1),
            300.0,
            None,
        ),
        Goal((("abandoned", ("false",)),), None, None, None, 600.0),
    )


def test_the_last_entry_that_matches_wins_for_each_of_target_and_alarm() -> None:
    entries = "    {when: {queue: VIP}, target: 92%},\n    {from: 2026-04-01, target: 80%, alarm: 70%}"
    (metric,) = read(goals(entries)).metrics.values()
    january, april = date(2026, 1, 1), date(2026, 4, 1)
    assert goal_of(metric, {}, january) == (0.75, 0.65)
    assert goal_of(metric, {"queue": "VIP"}, january) == (0.92, 0.65)
    assert goal_of(metric, {"queue": "Sales", "channel": "chat"}, january) == (0.75, 0.65)
    assert goal_of(metric, {"queue": None}, january) == (0.75, 0.65)
    assert goal_of(metric, {"queue": "VIP"}, april) == (0.80, 0.70)
    assert goal_of(metric, {}, date(2026, 3, 31)) == (0.75, 0.65)


def test_until_is_the_first_day_on_which_an_entry_no_longer_holds() -> None:
    (metric,) = read(goals("    {from: 2026-02-01, until: 2026-03-01, target: 80%}")).metrics.values()
    found = [goal_of(metric, {}, date(2026, month, 1))[0] for month in (1, 2, 3)]
    assert found == [0.75, 0.80, 0.75]


def test_entries_alone_are_enough() -> None:
    (metric,) = read(goals("    {when: {queue: VIP}, target: 92%}", "better: higher")).metrics.values()
    assert goal_of(metric, {}, date(2026, 1, 1)) == (None, None)
    assert goal_of(metric, {"queue": "VIP"}, date(2026, 1, 1)) == (0.92, None)


def test_targets_change_the_catalogue_and_not_the_definition() -> None:
    entries = "    {when: {queue: VIP}, target: 92%}"
    with_goals, without = read(goals(entries)), read(goals(""))
    assert with_goals.hash != without.hash
    assert with_goals.hash != read(goals(entries.replace("92", "91"))).hash
    definitions = [{one.definition for one in found.metrics.values()} for found in (with_goals, without)]
    assert definitions[0] == definitions[1]


CASES = [
    ("C203", "when: no column 'que' in table 'contacts'; did you mean 'queue'?",
     goals("    {when: {«que: VIP}, target: 92%}")),
    ("C203", "when: 'talk_s' holds a duration", goals("    {when: {«talk_s: 5}, target: 92%}")),
    ("C105", "'Monday' is no weekday; it is one of Mon to Sun", goals("    {when: {weekday: «Monday}, target: 92%}")),
    ("C105", "'24' is no hour", goals("    {when: {hour: «24}, target: 92%}")),
    ("C107", "'next year' is not a date", goals("    {from: «next year, target: 92%}")),
    ("C107", "no period starts from 2026-04-01 on and before 2026-04-01",
     goals("    {from: 2026-04-01, until: «2026-04-01, target: 92%}")),
    ("C107", "'92' is more than the whole", goals("    {when: {queue: VIP}, target: «92}")),
    ("C102", "nothing is set here", goals("    «{when: {queue: VIP}}")),
    ("C109", "this holds for every cell and date", goals("    «{target: 92%}")),
    ("C104", "unknown key 'where' in 'targets'", goals("    {«where: {queue: VIP}, target: 92%}")),
    ("C401", "'target' needs to know which side is better",
     goals("    {when: {queue: VIP}, «target: 92%}", "label: X")),
    ("C402", "the alarm must be below the target, as higher is better: here 0.6 and 0.65 meet",
     goals("    «{when: {queue: VIP}, target: 60%}")),
    ("C402", "the alarm must be below the target, as higher is better: here 0.92 and 0.95 meet",
     goals("    {when: {channel: chat}, target: 97%, alarm: 95%},\n    «{when: {queue: VIP}, target: 92%}")),
    ("C403", "two limits need 'better: inside'", goals("    {when: {queue: VIP}, target: «[60%, 92%]}")),
    ("C403", "inside needs two limits",
     goals("    {when: {queue: VIP}, target: «92%}", "better: inside, target: [70%, 80%]")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=[f"{code}-{words}" for code, words, _ in CASES])
def test_each_mistake_has_its_code_place_and_words(code: str, message: str, text: str) -> None:
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == (code, marked(text))
    assert problem.message.startswith(message)


@pytest.mark.parametrize(
    "entries",
    [
        "    «{when: {queue: VIP}, target: 92%},\n    {when: {queue: [VIP, Sales]}, target: 90%}",
        "    «{from: 2026-02-01, until: 2026-03-01, target: 92%},\n    {from: 2026-01-01, target: 90%, alarm: 60%}",
        "    «{when: {queue: VIP}, from: 2026-05-01, target: 92%},\n    {from: 2026-01-01, until: 2026-06-01, "
        "target: 90%},\n    {from: 2026-06-01, target: 91%}",
    ],
)
def test_an_entry_that_never_holds_is_warned_of(entries: str) -> None:
    text = goals(entries)
    (warning,) = [one for one in read(text).warnings if one.code == "C418"]
    assert (str(warning.place), warning.severity) == (marked(text), "warning")


def test_entries_that_hold_somewhere_are_not_warned_of() -> None:
    entries = (
        "    {when: {queue: [VIP, Sales]}, target: 90%},\n    {when: {queue: VIP}, target: 92%},\n"
        "    {when: {queue: VIP}, from: 2026-05-01, alarm: 70%},\n    {when: {channel: chat}, target: 80%}"
    )
    assert [one for one in read(goals(entries)).warnings if one.code == "C418"] == []


INSIDE = "  x: {{kind: share, from: contacts, meets: escalated, better: inside, {}}}\n"


@pytest.mark.parametrize(
    ("code", "message", "keys"),
    [
        ("C403", "inside needs two limits", "target: [70%, 85%], alarm: «60%"),
        ("C402", "the alarms must lie outside the target", "target: [70%, 85%], alarm: «[75%, 95%]"),
        ("C402", "the alarms must lie outside the target", "target: [70%, 85%], alarm: «[60%, 85%]"),
        ("C403", "the lower limit comes first", "target: [70%, 85%], alarm: «[95%, 60%]"),
        ("C403", "inside has two limits, not 3", "alarm: «[1%, 2%, 3%]"),
    ],
)
def test_alarms_on_both_sides_of_a_band(code: str, message: str, keys: str) -> None:
    text = metrics(INSIDE.format(keys))
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == (code, marked(text))
    assert problem.message.startswith(message)


def test_a_band_and_its_alarms_are_read() -> None:
    (metric,) = read(metrics(INSIDE.format("target: [70%, 85%], alarm: [60%, 95%]"))).metrics.values()
    assert (metric.target, metric.alarm) == ((0.70, 0.85), (0.60, 0.95))


def test_two_alarms_where_one_side_is_better_are_refused() -> None:
    text = metrics("  x: {kind: share, from: contacts, meets: escalated, better: higher, alarm: «[60%, 95%]}\n")
    (problem,) = problems(text)
    assert (problem.code, str(problem.place)) == ("C403", marked(text))
