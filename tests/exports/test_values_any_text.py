"""Whatever stands in a cell, every rule gives a value or none, and every record is accounted for."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxkpi.errors import InputError

from .rules import made, profile

RULES = """contact_id: {join: [Id, A], empty: ''}
customer_id: {from: A, phone: "44", login: t}
queue: {from: A, extract: '(\\d+)$', strip: ['x'], nulls: ['-']}
reason: {from: A, split: ';', pick: last}
channel: {like: '^B', lower: true}
started_at: {from: A, format: ['%d/%m/%Y %H:%M', '%m/%d/%Y %I:%M %p', excel, unix], timezone: {from: B}}
queued_at: {from: A, plus: [B], minus: [C], unit: m}
answered_at: {from: A, format: unix_ms}
ended_at: {from: B, format: '%Y-%m-%d %H:%M:%S %z'}
wait_s: {between: [A, B]}
ring_s: {from: A, format: epoch, clock: 'h:m'}
talk_s: {from: A, plus: [B], minus: [C], times: A}
hold_s: {from: B, unit: ms, decimal: ','}
cost: {from: A, percent: true, minus: [B]}
transfers: {from: B, percent: true, times: C}
abandoned: {from: C, when: {A: {above: 0}, 'like:^B': {not: [x]}}}"""
TEXT = profile(RULES, top="checks: [{name: n, sum: [A], equals: {between: [B, C]}}]\nquestions: {}\n")
PIECES = st.sampled_from(
    [
        "0", "7", "12", "2026", "99999", "-", "\u2212", ":", ".", ",", "/", " ", "T", "Z", "+", "GMT+3", "AM", "p. m.",
        "%", "£", "(", ")", "h", "m", "s", "PT", "d", "#", "#N/A", "E+", "tel:", "@", "\u00a0", "\u200b", "e\u0301",
        "Europe/London", "\x00", "9" * 40,
    ]
)  # fmt: skip
CELLS = st.none() | st.lists(PIECES, max_size=7).map("".join).filter(bool) | st.text(min_size=1, max_size=9)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5))
def test_any_cells(rows: list[tuple[str | None, str | None, str | None]]) -> None:
    columns = {name: [row[n] for row in rows] for n, name in enumerate("ABC")}
    try:
        became = made(TEXT, {"Id": [str(n) for n in range(len(rows))], **columns}, "Europe/London")
    except InputError as asked:
        if {problem.code for problem in asked.problems} <= {"I106", "I107"}:
            return
        raise
    lines = set(became.keys["line"].to_list()) | {reject.line for reject in became.rejects}
    assert lines == set(range(2, len(rows) + 2))
    assert all(finding.message for finding in became.findings)
