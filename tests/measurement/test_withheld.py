"""Cells that would single somebody out are withheld, and so is what they could be worked out from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds.centre import ENGINES, answer, ask, catalogue, utc

from cxkpi.measurement.computing.cells import By
from cxkpi.measurement.computing.withheld import hidden

SURVEY = {
    "kind": "share",
    "from": "answers",
    "where": "question = 'esat'",
    "meets": "score >= 4",
    "protects": "agent_id",
}


JANUARY = date(2026, 1, 1)


def centre(**teams: int) -> dict[str, list[dict[str, Any]]]:
    """Two answers of each of so many agents per team, one of them content."""
    people = [(team, f"{team}{number}") for team, size in teams.items() for number in range(size)]
    rows = [(team, agent, score) for team, agent in people for score in (2, 5)]
    answered = utc("2026-01-05 09:00")
    return {
        "agents": [{"agent_id": agent, "team": team, "hired_on": answered.date()} for team, agent in people],
        "invitations": [
            {"invitation_id": f"{agent}-{score}", "agent_id": agent, "sent_at": answered, "responded_at": answered}
            for _, agent, score in rows
        ],
        "answers": [
            {"invitation_id": f"{agent}-{score}", "question": "esat", "score": float(score)} for _, agent, score in rows
        ],
    }


def by_team(metric: Mapping[str, Any], teams: Mapping[str, int], **options: Any) -> dict[str | None, Any]:
    rows = ask(catalogue({"x": metric}), centre(**teams), by=("team",), since=JANUARY, as_of="2026-01-31", **options)
    return {row.by.get("team", ""): row for row in rows}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_team_of_three_is_withheld_and_the_next_smallest_with_it(engine: str) -> None:
    rows = by_team({**SURVEY, "better": "higher", "target": "50%"}, {"a": 3, "b": 9, "c": 6, "d": 30}, engine=engine)
    assert {team: row.reason for team, row in rows.items()} == {
        "": None, "a": "withheld", "b": None, "c": "withheld", "d": None,
    }  # fmt: skip
    hidden_row = rows["a"]
    assert (hidden_row.n, hidden_row.value, hidden_row.low, hidden_row.high) == (0, None, None, None)
    assert (hidden_row.numerator, hidden_row.denominator, hidden_row.bounds) == (None, None, None)
    assert (hidden_row.immature, hidden_row.missing, hidden_row.censored) == (0, 0, None)
    assert (hidden_row.status, hidden_row.change, hidden_row.notes) == (None, None, ())
    assert (rows[""].n, rows["b"].n, rows["d"].n) == (96, 18, 60)


@pytest.mark.parametrize(
    ("teams", "gone"),
    [
        ({"a": 5, "b": 9}, set()),
        ({"a": 4, "b": 9}, {"a", "b"}),
        ({"a": 4, "b": 3, "c": 9}, {"a", "b"}),
        ({"a": 4, "b": 7, "c": 6}, {"a", "c"}),
        ({"a": 2}, {"", "a"}),
        ({"a": 2, "b": 2}, {"", "a", "b"}),
        ({"a": 5}, set()),
    ],
)
def test_which_cells_go(teams: Mapping[str, int], gone: set[str]) -> None:
    rows = by_team(SURVEY, teams)
    assert {team for team, row in rows.items() if row.reason == "withheld"} == gone


def test_the_smallest_group_is_of_the_metric_else_of_the_catalogue() -> None:
    assert by_team({**SURVEY, "min_group": 3}, {"a": 3, "b": 9})["a"].reason == "no_target"
    assert by_team({**SURVEY, "min_group": 10}, {"a": 9, "b": 12})["b"].reason == "withheld"


@pytest.mark.parametrize("engine", ENGINES)
def test_people_are_counted_not_their_answers(engine: str) -> None:
    """One agent's thousand answers are one agent's answers; an unknown agent is nobody in particular."""
    tables = centre(a=6, b=6)
    tables["agents"] += [{"agent_id": "z", "team": "c", "hired_on": None}]
    tables["invitations"] += [
        {"invitation_id": f"i{number}", "agent_id": "z" if number < 50 else None,
         "sent_at": utc("2026-01-05 09:00"), "responded_at": utc("2026-01-05 09:00")}
        for number in range(60)
    ]  # fmt: skip
    tables["agents"][-1]["hired_on"] = tables["agents"][0]["hired_on"]
    tables["answers"] += [{"invitation_id": f"i{number}", "question": "esat", "score": 5.0} for number in range(60)]
    rows = ask(catalogue({"x": SURVEY}), tables, by=("team",), engine=engine, since=JANUARY, as_of="2026-01-31")
    # The ten answers of nobody in particular are the smallest of what is left: of no person known at all.
    assert {row.by.get("team", ""): row.reason for row in rows} == {
        "": "no_target", "a": "no_target", "b": "no_target", "c": "withheld", None: "withheld",
    }  # fmt: skip


def test_a_selection_is_a_cell_like_any_other() -> None:
    rows = by_team(SURVEY, {"a": 3, "b": 9, "c": 12}, only=(("team", ("a",)),))
    assert {team: row.reason for team, row in rows.items()} == {"": "withheld", "a": "withheld"}


def test_a_change_does_not_tell_what_was_withheld_before() -> None:
    tables = centre(a=6, b=9)
    later = utc("2026-02-05 09:00")
    tables["invitations"] += [
        {**row, "invitation_id": f"{row['invitation_id']}+", "sent_at": later, "responded_at": later}
        for row in tables["invitations"]
    ]
    tables["answers"] += [{**row, "invitation_id": f"{row['invitation_id']}+"} for row in tables["answers"]]
    few = {f"a{number}" for number in range(3)}
    tables["invitations"] = [
        row
        for row in tables["invitations"]
        if row["sent_at"] == later or row["agent_id"][0] == "b" or row["agent_id"] in few
    ]
    kept = {row["invitation_id"] for row in tables["invitations"]}
    tables["answers"] = [row for row in tables["answers"] if row["invitation_id"] in kept]
    rows = ask(catalogue({"x": SURVEY}), tables, by=("team",), every="month", since=JANUARY, as_of="2026-02-28")
    found = {(row.by.get("team"), row.period.start.month): row for row in rows}
    assert found["a", 1].reason == found["b", 1].reason == "withheld"
    assert found["a", 2].value == 0.5
    assert found["a", 2].change is None
    assert found[None, 2].change is not None


@pytest.mark.parametrize("kind", ["mean", "ratio", "quantile", "distinct", "time_to_event", "stock", "two tables"])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_counts_the_people_behind_its_n(kind: str, engine: str) -> None:
    given: dict[str, dict[str, Any]] = {
        "mean": {"kind": "mean", "from": "answers", "value": "score", "unit": "score", "cluster": "agent_id"},
        "quantile": {"kind": "quantile", "from": "answers", "value": "score", "q": 0.5, "unit": "score"},
        "ratio": {
            "kind": "ratio",
            "unit": "score",
            "numerator": {"from": "answers", "sum": "score"},
            "denominator": {"from": "answers", "count": "rows"},
        },
        "two tables": {
            "kind": "ratio",
            "unit": "score",
            "numerator": {"from": "answers", "sum": "score"},
            "denominator": {"from": "invitations", "count": "rows"},
        },
        "distinct": {"kind": "total", "from": "invitations", "distinct": "invitation_id", "unit": "invitations"},
        "time_to_event": {"kind": "time_to_event", "from": "agents", "start": "hired_on", "event": "left_on"},
        "stock": {"kind": "stock", "from": "agents", "read": "closing"},
    }
    tables = centre(a=3, b=9, c=6)
    tables["agents"][0]["left_on"] = tables["agents"][0]["hired_on"]
    metric = given[kind]
    shown, guarded = (
        {
            row.by.get("team", ""): row
            for row in ask(
                catalogue({"x": one}), tables, by=("team",), engine=engine, since=JANUARY, as_of="2026-01-31"
            )
        }
        for one in (metric, {**metric, "protects": "agent_id"})
    )
    assert {team for team, row in guarded.items() if row.reason == "withheld"} == {"a", "c"}
    for team in ("", "b"):
        same = ("value", "low", "high", "n", "numerator", "denominator", "definition", "reason")
        assert all(getattr(shown[team], name) == getattr(guarded[team], name) for name in same)


def test_versions_count_the_people_of_their_own_days() -> None:
    """Six people, three of each definition: a cell of both has six, and each month alone too few."""
    rows = [
        {"contact_id": f"{agent}{day}", "agent_id": f"a{agent}", "started_at": utc(day), "ended_at": utc(day)}
        for agent, day in [(number, "2026-01-20 09:00" if number < 3 else "2026-02-20 09:00") for number in range(6)]
    ]
    metric = {
        "kind": "total",
        "from": "contacts",
        "count": "rows",
        "protects": "agent_id",
        "where": "true",
        "versions": [{"since": "2026-02-01", "where": "agent_id is not null"}],
    }
    for engine in ENGINES:
        months = ask(catalogue({"x": metric}), {"contacts": rows}, every="month", engine=engine, as_of="2026-03-01")
        assert [row.reason for row in months[:2]] == ["withheld", "withheld"]
        (quarter,) = ask(catalogue({"x": metric}), {"contacts": rows}, every="quarter", engine=engine, last=1,
                         as_of="2026-03-31")  # fmt: skip
        assert quarter.value == 6


def test_rows_of_nobody_that_is_told_cannot_be_shown() -> None:
    rows = [{"contact_id": "1", "started_at": utc("2026-01-20 09:00"), "ended_at": utc("2026-01-20 09:00")}]
    metric = {"kind": "total", "from": "contacts", "count": "rows", "protects": "agent_id"}
    found = answer(catalogue({"x": metric}), {"contacts": rows})
    assert dict(found.left_out) == {("x", None): "no file gives contacts.agent_id"}


# ------------------------------------------------------------------------------------------- what can be worked out

TEAMS, CHANNELS = ("a", "b", "c", "d"), ("chat", "voice", None)
people = st.integers(0, 12)


@given(st.dictionaries(st.sampled_from(list(product(TEAMS, CHANNELS))), people, min_size=1))
@settings(max_examples=300, deadline=None)
def test_no_withheld_cell_is_the_whole_less_the_others(sizes: dict[tuple[str, str | None], int]) -> None:
    counts: dict[By, tuple[int, int]] = {
        (("team", team), ("channel", channel)): (size, size) for (team, channel), size in sizes.items()
    }
    counts[()] = (sum(sizes.values()), sum(sizes.values()))
    gone = hidden(counts, 5)
    assert {by for by, (size, _) in counts.items() if 0 < size < 5} <= gone
    filled = [by for by in counts if by and counts[by][1]]
    unknown = [by for by in filled if by in gone]
    # One equation per sum that is printed, or would be in a run by one of the two: none of them has one unknown.
    for fixed in (None, *(("team", one) for one in TEAMS), *(("channel", one) for one in CHANNELS)):
        line = [by for by in filled if fixed is None or fixed in by]
        hidden_here = [by for by in line if by in unknown]
        assert len(hidden_here) != 1 or len(line) == 1


@given(st.lists(people, min_size=1, max_size=6), st.integers(2, 8))
@settings(max_examples=200, deadline=None)
def test_no_more_is_withheld_than_needed(sizes: list[int], min_group: int) -> None:
    counts: dict[By, tuple[int, int]] = {(("team", str(at)),): (size, size) for at, size in enumerate(sizes)}
    counts[()] = (sum(sizes), sum(sizes))
    small = {by for by, (size, _) in counts.items() if by and 0 < size < min_group}
    gone = {by for by in hidden(counts, min_group) if by}
    assert len(gone - small) <= (1 if len(small) == 1 else 0)
    if gone - small:
        (further,) = gone - small
        assert counts[further][0] == min(size for size in sizes if size >= min_group)


def metric_rows_tables() -> dict[str, list[dict[str, Any]]]:
    """Four contacts of each of three, nine and six agents in January, and one more in February."""
    people = [(team, f"{team}{number}") for team, size in (("a", 3), ("b", 9), ("c", 6)) for number in range(size)]
    given = [(team, agent, "2026-01-05 09:00", 5.0 * at) for team, agent in people for at in range(4)]
    given.append(("b", "b0", "2026-02-05 09:00", 5.0))
    return {
        "contacts": [
            {
                "contact_id": f"c{number}",
                "agent_id": agent,
                "queue": team,
                "wait_s": wait,
                "started_at": utc(when),
                "ended_at": utc(when),
            }
            for number, (team, agent, when, wait) in enumerate(given)
        ],
        "agents": [{"agent_id": agent, "team": team, "hired_on": date(2025, 1, 1)} for team, agent in people],
    }


INNER = {"kind": "share", "from": "contacts", "meets": "wait_s <= 5", "protects": "agent_id"}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_made_of_single_peoples_rows_protects_them_in_turn(engine: str) -> None:
    outer = {"kind": "share", "from": {"metrics": ["x"], "per": ["agent_id"], "every": "month"}, "meets": "x >= 0.4"}
    defined = catalogue({"x": INNER, "y": outer, "z": {**outer, "protects": "agent_id", "min_group": 2}})
    assert [one.protects for one in defined.metrics.values()] == ["agent_id"] * 3
    asked: dict[str, Any] = {"by": ("team",), "every": "month", "until": date(2026, 2, 1), "as_of": "2026-02-05"}
    rows = ask(defined, metric_rows_tables(), "y", engine=engine, **asked)
    assert [(row.by.get("team"), row.n, row.reason) for row in rows] == [
        (None, 18, "no_target"), ("a", 0, "withheld"), ("b", 9, "no_target"), ("c", 0, "withheld"),
    ]  # fmt: skip
    assert {row.reason for row in ask(defined, metric_rows_tables(), "z", engine=engine, **asked)} == {"no_target"}


def test_rows_of_groups_are_cells_like_any_other() -> None:
    """Summed over queues, the two that are withheld are not there to be seen through the sum."""
    outer = {
        "kind": "total",
        "from": {"metrics": ["x"], "per": ["queue"], "every": "month"},
        "count": "rows",
        "unit": "rows",
    }
    defined = catalogue({"x": INNER, "y": {**outer, "where": "x is not null"}})
    (row,) = ask(defined, metric_rows_tables(), "y", every="month", until=date(2026, 2, 1), as_of="2026-02-05")
    assert row.value == 1


def test_a_formula_of_what_is_withheld_is_withheld() -> None:
    tables = centre(a=3, b=9, c=6)
    defined = catalogue({"x": SURVEY, "y": {"kind": "formula", "formula": "2 * x", "unit": "percent"}})
    rows = ask(defined, tables, "y", by=("team",), since=JANUARY, as_of="2026-01-31")
    assert [(row.by.get("team"), row.value, row.n) for row in rows] == [
        (None, 1.0, 36), ("a", None, 0), ("b", 1.0, 18), ("c", None, 0),
    ]  # fmt: skip
    assert [row.reason for row in rows if row.value is None] == ["withheld", "withheld"]
