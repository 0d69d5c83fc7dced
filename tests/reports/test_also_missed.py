"""The table of the headline names what else missed its target; nothing else of a report knows of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cxkpi.measurement.run import measure
from cxkpi.reports import json, terminal
from cxkpi.reports.reading import also_missed

CATALOGUE = """
cxkpi: 1
headline: [contacts]
calendar: {timezone: UTC}
defaults: {min_n: 1}
metrics:
  contacts: {kind: total, label: Contacts, from: contacts, count: rows}
  waited:
    {kind: mean, label: Wait, from: contacts, value: wait_s, unit: seconds, better: lower, target: 20s, alarm: 40s}
  talked:
    kind: mean
    label: Talk
    from: contacts
    value: talk_s
    unit: seconds
    better: lower
    target: 100s
    variants: {long: {where: talk_s > 150, label: Long talk}}
  abandoned: {kind: share, label: Gave up, from: contacts, meets: abandoned, better: lower, target: 50%}
  hidden:
    {kind: mean, label: Hidden, private: true, from: contacts, value: wait_s, unit: seconds, better: lower, target: 1s}
  no_target: {kind: mean, label: Longest, from: contacts, value: wait_s, unit: seconds}
  no_column: {kind: mean, label: Held, from: contacts, value: hold_s, unit: seconds, better: lower, target: 1s}
"""


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    lines = ["contact_id,direction,started_at,ended_at,wait_s,talk_s,abandoned"]
    for month, wait in ((1, 10), (2, 50), (3, 10)):
        for number in range(4):
            start, end = (f"2026-{month:02}-05T09:0{minute}:00Z" for minute in (number, 5 + number))
            lines.append(f"c{month}{number},inbound,{start},{end},{wait},200,false")
    # February is the newest month that is over.
    (tmp_path / "contacts.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(CATALOGUE, encoding="utf-8")
    return tmp_path


def test_what_missed_in_its_newest_judged_month_is_named(centre: Path) -> None:
    result = measure([centre / "contacts.csv"], catalogue=centre / "mine.yaml", further=True, cache=False)
    assert {row.metric for row in result.rows} == {name for name, _ in result.metrics} == {"contacts"}
    assert [(info.label, row.status, row.period.start.month) for info, row in also_missed(result)] == [
        ("Wait", "alarm", 2),
        ("Talk", "missed", 2),
    ]
    assert " Also missed: Wait (alarm); Talk. --all shows them.\n" in terminal.text(result)


def test_nothing_else_of_the_report_is_changed_by_it(centre: Path) -> None:
    paths, catalogue = [centre / "contacts.csv"], centre / "mine.yaml"
    with_it = measure(paths, catalogue=catalogue, further=True, cache=False)
    without = measure(paths, catalogue=catalogue, cache=False)
    assert json.render(with_it) == json.render(without)
    assert with_it.notes == without.notes
    kept = [line for line in terminal.text(with_it).splitlines() if "Also missed" not in line]
    assert [line for line in kept if line] == [line for line in terminal.text(without).splitlines() if line]


@pytest.mark.parametrize(
    "asked", [{"metrics": ["contacts"]}, {"by": ["direction"]}, {"only": {"direction": ["inbound"]}}]
)
def test_it_is_said_of_the_default_report_alone(centre: Path, asked: dict[str, object]) -> None:
    result = measure([centre / "contacts.csv"], catalogue=centre / "mine.yaml", further=True, cache=False, **asked)
    assert result.further == ()


def test_the_command_line_says_it_in_the_table(run: Callable[..., object], centre: Path) -> None:
    given = ["report", centre / "contacts.csv", "-c", centre / "mine.yaml", "--no-cache"]
    assert "Also missed: Wait (alarm); Talk. --all shows them." in run(*given).out
    for further in (["-m", "contacts"], ["--all"], ["-f", "markdown"], ["-f", "csv"]):
        assert "Also missed" not in run(*given, *further).out
