"""Chains of legs against an account that walks them one step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cxkpi.exports.joining import chains


def resolved(pairs: Sequence[tuple[str, str | None]], source: str = "cxone") -> chains.Chains:
    return chains.resolve(
        pl.DataFrame(
            {
                "source": pl.Series([source] * len(pairs), dtype=pl.String),
                "leg_id": pl.Series([one for one, _ in pairs], dtype=pl.String),
                "leg_previous": pl.Series([before for _, before in pairs], dtype=pl.String),
                "file": pl.Series(["june.csv"] * len(pairs), dtype=pl.String),
                "line": pl.Series(range(2, len(pairs) + 2), dtype=pl.Int64),
            }
        )
    )


def test_the_first_leg_points_to_itself_the_others_to_the_one_before():
    """A, B, C, D of one call: reading the pointer as the first leg's id would make three contacts of it."""
    became = resolved([("C", "B"), ("A", "A"), ("D", "C"), ("B", "A"), ("E", None)])
    assert became.root.to_list() == ["A", "A", "A", "A", "E"]
    assert became.depth.to_list() == [2, 0, 3, 1, 0]
    assert became.findings == ()


def test_a_head_that_is_in_no_file_stands_for_the_contact():
    became = resolved([("D", "C"), ("C", "B"), ("X", "X"), ("E", "B")])
    assert became.root.to_list() == ["B", "B", "X", "B"]
    assert became.depth.to_list() == [2, 1, 0, 1]
    (finding,) = became.findings
    assert (finding.code, finding.count, finding.total, finding.line, finding.example) == ("F451", 3, 4, 2, "D")
    assert finding.masked
    assert finding.message == (
        "june.csv: 3 legs of 4 go back to a leg that is in no file (the first on line 2); the missing one stands for "
        "the contact. The export before may hold it."
    )


def test_a_circle_is_found_and_its_smallest_id_stands_for_it():
    # D -> C -> B -> D, and A leads into it though A sorts before all of them.
    became = resolved([("D", "C"), ("C", "B"), ("B", "D"), ("A", "D"), ("X", "X")])
    assert became.root.to_list() == ["B", "B", "B", "B", "X"]
    (finding,) = became.findings
    assert (finding.code, finding.count, finding.line) == ("F452", 4, 2)
    assert finding.message.startswith("june.csv: 4 legs of 5 lead into a circle")


def test_one_id_in_two_systems_is_two_chains():
    every = pl.DataFrame(
        {
            "source": ["one", "two", "two"],
            "leg_id": ["A", "B", "A"],
            "leg_previous": ["A", "A", "A0"],
            "file": ["a.csv"] * 3,
            "line": [2, 3, 4],
        }
    )
    became = chains.resolve(every)
    assert became.root.to_list() == ["A", "A0", "A0"]


def test_only_legs_that_follow_another_are_kept():
    every = pl.LazyFrame(
        {
            "source": ["x"] * 4,
            "leg_id": ["A", "B", "C", "D"],
            "leg_previous": ["A", "A", None, "Z"],
            "file": ["a.csv", "a.csv", "b.csv", "b.csv"],
            "line": [2, 3, 2, 3],
        }
    )
    found, findings = chains.followers(every)
    assert found.rows() == [("x", "B", "A", 1), ("x", "D", "Z", 1)]
    assert [(one.code, one.path, one.count, one.total, one.line) for one in findings] == [("F451", "b.csv", 1, 2, 3)]


def test_a_leg_told_twice_with_different_ones_before_it_takes_the_smaller():
    became = resolved([("A", "A"), ("B", "B"), ("C", "B"), ("C", "A")])
    assert became.root.to_list() == ["A", "B", "A", "A"]


def test_no_legs_no_chains():
    assert resolved([]).root.to_list() == []


def test_a_long_chain_takes_few_steps():
    count = 50_000
    ids = [f"{number:06d}" for number in range(count)]
    became = resolved([(one, ids[max(number - 1, 0)]) for number, one in enumerate(ids)])
    assert became.root.unique().to_list() == ["000000"]
    assert became.depth.to_list() == list(range(count))


def walked(before: Mapping[str, str | None], leg: str) -> str:
    seen: list[str] = []
    while leg not in seen:
        seen.append(leg)
        further = before.get(leg)
        if further is None or further == leg:
            return leg
        leg = further
    return min(seen[seen.index(leg) :])


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(st.sampled_from("abcdefghij"), st.sampled_from([None, *"abcdefghijz"]), max_size=10))
def test_roots_agree_with_walking(before):
    legs = list(before.items())
    ids = pl.Series([one for one, _ in legs], dtype=pl.String)
    previous = pl.Series([other for _, other in legs], dtype=pl.String)
    expected = [walked(before, one) for one, _ in legs]
    assert chains.roots(ids, previous).to_list() == expected
    backwards = chains.roots(ids.reverse(), previous.reverse())
    assert backwards.to_list() == expected[::-1]
