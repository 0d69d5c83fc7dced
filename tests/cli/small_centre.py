"""A centre small enough to be measured in a moment, and a process that measures it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = """\
cxkpi: 1
calendar: {timezone: UTC}
headline: [aht, abandoned]
metrics:
  aht:
    kind: ratio
    label: Average handle time
    unit: seconds
    better: lower
    target: 6m
    numerator: {from: contacts, sum: talk_s + wrap_s, where: not abandoned}
    denominator: {from: contacts, count: rows, where: not abandoned}
  abandoned:
    kind: share
    label: Abandoned
    from: contacts
    meets: abandoned
    unit: percent
    better: lower
    target: 5%
  fcr:
    kind: repeat
    label: First contact resolution
    from: contacts
    where: not abandoned
    key: [customer_id]
    clock: {from: ended_at, to: started_at}
    within: 7d
    counts: resolved
    unit: percent
    better: higher
    target: 75%
"""
HEADINGS = "contact_id,customer_id,agent_id,queue,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s,abandoned"


def contacts(month: int, days: Iterable[int] = range(1, 29), talk: int = 300) -> str:
    """Three contacts a day, by two agents, about two things; every third is abandoned."""
    lines = []
    for day in days:
        for number in range(3):
            at = f"2026-{month:02d}-{day:02d} {9 + number:02d}:0"
            gone = number == 2
            lines.append(
                f"c{month}-{day}-{number},k{(day * 7 + number) % 40},{'' if gone else f'Agent {number}'},"
                f"{('Sales', 'Billing')[day % 2]},{at}0,{'' if gone else f'{at}1'},{at}5,"
                f"{0 if gone else talk + day},0,{0 if gone else 20},{'yes' if gone else 'no'}"
            )
    return "\n".join([HEADINGS, *lines, ""])


def make(folder: Path, months: Iterable[int] = (4, 5, 6)) -> Path:
    """The exports, the catalogue ``metrics.yaml`` and nothing else."""
    (folder / "exports").mkdir(parents=True)
    (folder / "metrics.yaml").write_text(CATALOGUE, encoding="utf-8")
    for month in months:
        (folder / "exports" / f"acd_{month:02d}.csv").write_text(contacts(month), encoding="utf-8")
    return folder


def command(*arguments: object) -> list[str]:
    """The program as another process runs it."""
    return [sys.executable, "-m", "cxkpi", *map(str, arguments)]


def environment(cache: Path) -> dict[str, str]:
    """What a process of its own needs."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return {**os.environ, "PYTHONPATH": path, "CXKPI_CACHE": str(cache), "COVERAGE_PROCESS_START": ""}


def start(folder: Path, cache: Path, *arguments: object) -> subprocess.Popen[str]:
    """The program, running in ``folder``."""
    return subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(cache), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
