"""Mistakes in repeats, quantiles and formulas, with the exact place and words a person sees."""

from __future__ import annotations

import pytest

from .marked import SHARE, marked, metrics, problems

REPEAT = "  x:\n    kind: repeat\n    from: contacts\n    key: [customer_id]\n    within: 7d\n    counts: resolved\n"


def repeat(lines: str) -> str:
    return metrics(REPEAT + lines)


def formula(text: str, more: str = "") -> str:
    return metrics(f"{SHARE}  f:\n    kind: formula\n    unit: percent\n    formula: {text}\n{more}")


CASES = [
    ("C105", "'anker' is not a value of 'chain'; it takes anchor or gap", repeat("    chain: «anker\n")),
    ("C109", "'chain: gap' does not go with 'look: backward'", repeat("    look: backward\n    «chain: gap\n")),
    ("C109", "'count: first' does not go with 'look: backward'", repeat("    look: backward\n    «count: first\n")),
    ("C109", "'immature: bounds' does not go with 'look: backward'", repeat(
        "    look: backward\n    «immature: bounds\n")),
    ("C109", "'immature: survival' does not go with 'chain: gap'", repeat("    chain: gap\n    «immature: survival\n")),
    ("C109", "'immature: survival' does not go with 'count: keys'", repeat(
        "    count: keys\n    «immature: survival\n")),
    ("C109", "'meets' does not go with 'counts: repeated'", repeat("    «meets: transfers = 0\n").replace(
        "counts: resolved", "counts: repeated")),
    ("C109", "'cluster' does not go with 'immature: survival'", repeat(
        "    immature: survival\n    «cluster: agent_id\n")),
    ("C302", "meets: no column 'transfer' in table 'contacts'; did you mean 'transfers'?", repeat(
        "    meets: «transfer = 0\n")),
    ("C107", "110%", metrics("  x: {kind: quantile, from: contacts, value: talk_s, unit: seconds, q: «110%}\n")),
    ("C102", "'q' is missing in a quantile metric", metrics(
        "  «x: {kind: quantile, from: contacts, value: talk_s, unit: seconds}\n")),
    ("C201", "formula: no metric 'escalations'; did you mean 'escalation'?", formula("1 - «escalations")),
    ("C306", "a formula is about metrics, and this reads none", formula("«1 + 1")),
    ("C306", "formula: this must be a number, but it is true or false", formula("«escalation > 0.5")),
    ("C208", "the formula 'f' reads itself: f → f", formula("«escalation + f")),
    ("C208", "the formula 'f' reads itself: f → g → f", formula(
        "«g / 2", "  g: {kind: formula, unit: percent, formula: 1 - f}\n")),
    ("C109", "'roll' does not go with the kind formula", formula("1 - escalation", "    «roll: 3mo\n")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "message", "text"), CASES, ids=lambda case: case if len(str(case)) < 90 else "")
def test_each_mistake_has_its_place(code: str, message: str, text: str) -> None:
    (problem,) = problems(text)
    assert problem.code == code
    assert message in problem.message
    assert str(problem.place) == marked(text)
