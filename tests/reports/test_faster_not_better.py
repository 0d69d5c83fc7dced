"""A figure that improved while one it guards got significantly worse is marked so: faster is not better."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cxkpi.measurement.run import measure
from cxkpi.reports import markdown, terminal
from cxkpi.reports.reading import at_whose_expense
from cxkpi.result import Result

CATALOGUE = """
cxkpi: 1
headline: [aht, fcr]
calendar: {timezone: UTC}
metrics:
  fcr:
    kind: repeat
    label: First contact resolution
    from: contacts
    key: [customer_id]
    within: 7d
    counts: resolved
    better: higher
  aht:
    kind: mean
    label: Handle time
    from: contacts
    value: talk_s
    unit: seconds
    better: lower
    guards: [fcr]
"""


def measured(folder: Path, talk: tuple[int, int], repeats: tuple[int, int], spread: int = 1) -> Result:
    """A hundred customers in January and in February, with their talk time and how many of them came back in a day."""
    lines = ["contact_id,customer_id,direction,started_at,answered_at,ended_at,talk_s,abandoned"]

    def contact(customer: str, at: datetime, seconds: float) -> None:
        end = at + timedelta(seconds=seconds)
        times = ",".join(f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (at, at, end))
        lines.append(f"c{len(lines)},{customer},inbound,{times},{seconds},false")

    for month, seconds, back in zip((1, 2), talk, repeats, strict=True):
        for number in range(100):
            at = datetime(2026, month, 5, 9) + timedelta(minutes=number)
            contact(f"u{month}-{number}", at, seconds + number % 2 * spread)
            if number < back:
                contact(f"u{month}-{number}", at + timedelta(days=1), seconds)
    contact("last", datetime(2026, 3, 20, 9), 300)
    (folder / "contacts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "mine.yaml").write_text(CATALOGUE, encoding="utf-8")
    return measure([folder / "contacts.csv"], catalogue=folder / "mine.yaml", until="2026-03-01", cache=False)


def test_faster_at_the_expense_of_resolution_is_marked(tmp_path: Path) -> None:
    result = measured(tmp_path, talk=(400, 300), repeats=(10, 60))
    (row,) = (row for row in result.rows if row.metric == "aht" and row.period.start.month == 2)
    assert at_whose_expense(row) == "First contact resolution"
    for text, mark in ((terminal.text(result), "▼ ≠"), (terminal.text(result, unicode=False), "v !=")):
        (line,) = (line for line in text.splitlines() if line.startswith(" Handle time "))
        assert mark in line
        assert f"{mark.split()[1]} better at the expense of another figure" in text
        assert "Handle time: improved while First contact resolution got significantly worse" in text
    assert "improved while First contact resolution got significantly worse" in markdown.render(result)


@pytest.mark.parametrize(
    ("talk", "repeats", "spread"),
    [
        ((400, 300), (10, 10), 1),
        ((400, 300), (60, 10), 1),
        ((300, 400), (10, 60), 1),
        ((400, 300), (10, 11), 1),
        ((400, 425), (10, 60), 200),
    ],
    ids=["as good", "better", "slower", "worse by chance", "faster by chance"],
)
def test_nothing_is_marked_where_nothing_was_paid(
    tmp_path: Path, talk: tuple[int, int], repeats: tuple[int, int], spread: int
) -> None:
    result = measured(tmp_path, talk, repeats, spread)
    (change,) = (row.change for row in result.rows if row.metric == "aht" and row.change is not None)
    assert (change.difference < 0) == (talk[0] > talk[1] or spread > 1)
    assert {at_whose_expense(row) for row in result.rows} == {None}
    text = terminal.text(result)
    assert "≠" not in text
    assert "expense" not in text
