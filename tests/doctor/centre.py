"""A small centre in the plain layouts, in which nothing is wrong until a test plants something.

Line 1 of every file holds the headings, so row ``n`` of a table stands on line ``n + 2``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

Row = dict[str, str]
WEEKS = 6
PER_DAY = 12
AGENTS = ("a1", "a2", "a3")


@dataclass
class Centre:
    """Rows by file; every file is named after its table, ``contacts.csv``."""

    files: dict[str, list[Row]] = field(default_factory=dict)

    def write(self, folder: Path) -> Path:
        """Write every file that has rows."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self.files.items():
            if not rows:
                continue
            headings = list(dict.fromkeys(heading for row in rows for heading in row))
            with (folder / name).open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, headings, restval="")
                writer.writeheader()
                writer.writerows(rows)
        return folder

    def __getitem__(self, table: str) -> list[Row]:
        return self.files[f"{table}.csv"]


def line(row: int) -> int:
    """The physical line of a row."""
    return row + 2


def at(moment: datetime) -> str:
    """An instant as the plain layouts write it."""
    return moment.isoformat(sep=" ")


def sound() -> Centre:
    """Six weeks of January and February 2026, Monday to Saturday, by London time."""
    begun = list(_begun())
    contacts, legs, cases, invitations, answers, evaluations = [], [], [], [], [], []
    for number, start in enumerate(begun):
        name, agent = f"c{number:04d}", AGENTS[number % 3]
        end = start + timedelta(seconds=301)
        contacts.append(
            {
                "contact_id": name,
                "customer_id": f"u{number % 97}",
                "agent_id": agent,
                "queue": "Billing",
                "channel": "voice",
                "direction": "inbound",
                "reason": "Refund",
                "started_at": at(start),
                "queued_at": at(start + timedelta(seconds=10)),
                "answered_at": at(start + timedelta(seconds=31)),
                "ended_at": at(end),
                "wait_s": "21",
                "talk_s": "240",
                "hold_s": "30",
                "wrap_s": "45",
                "abandoned": "no",
                "transfers": "0",
            }
        )
        legs.append(
            {
                "contact_id": name,
                "leg_no": "1",
                "agent_id": agent,
                "started_at": at(start + timedelta(seconds=31)),
                "ended_at": at(end),
                "talk_s": "240",
                "hold_s": "30",
            }
        )
        cases.append(
            {
                "case_id": f"k{number}",
                "contact_id": name,
                "opened_at": at(end),
                "first_reply_at": at(end + timedelta(hours=1)),
                "closed_at": at(end + timedelta(hours=5)),
                "reopens": "0",
            }
        )
        responded = at(end + timedelta(hours=3)) if number % 3 else ""
        invitations.append(
            {
                "invitation_id": f"i{number}",
                "contact_id": name,
                "sent_at": at(end + timedelta(minutes=5)),
                "responded_at": responded,
            }
        )
        if responded:
            answers.append(
                {
                    "invitation_id": f"i{number}",
                    "question": "csat",
                    "score": str(1 + number % 5),
                    "scale_min": "1",
                    "scale_max": "5",
                }
            )
        evaluations.append(
            {
                "evaluation_id": f"e{number}",
                "section": "Greeting",
                "contact_id": name,
                "agent_id": agent,
                "evaluated_at": at(end + timedelta(hours=2)),
                "points": "8",
                "points_available": "10",
                "critical_fail": "no",
            }
        )
    stretches = [
        {
            "agent_id": agent,
            "state": "interacting",
            "started_at": at(day.replace(hour=8)),
            "ended_at": at(day.replace(hour=16)),
            "duration_s": "20000",
            "on_queue": "yes",
        }
        for day in begun[::PER_DAY]
        for agent in AGENTS
    ]
    intervals = [
        {
            "queue": "Billing",
            "started_at": at(day.replace(hour=8, minute=0, second=0)),
            "length_s": "1800",
            "offered": "10",
            "answered": "8",
            "abandoned": "2",
            "threshold_s": "20",
            "answered_in_threshold": "7",
        }
        for day in begun[::PER_DAY]
    ]
    agents = [
        {"agent_id": name, "hired_on": f"2025-0{n + 1}-01", "left_on": "", "team": f"T{n}", "site": "Leeds"}
        for n, name in enumerate(AGENTS)
    ]
    agents.append({"agent_id": "a9", "hired_on": "2024-05-01", "left_on": "2025-12-31", "team": "T1", "site": "Leeds"})
    moves = [{"agent_id": "a2", "moved_on": "2026-01-20", "from_team": "T9", "to_team": "T1"}]
    named = {
        "contacts": contacts,
        "legs": legs,
        "cases": cases,
        "invitations": invitations,
        "answers": answers,
        "evaluations": evaluations,
        "agent_time": stretches,
        "intervals": intervals,
        "agents": agents,
        "moves": moves,
    }
    return Centre({f"{table}.csv": rows for table, rows in named.items()})


def _begun() -> Iterator[datetime]:
    monday = datetime(2026, 1, 5)
    for day in range(7 * WEEKS):
        if day % 7 != 6:
            for number in range(PER_DAY):
                yield monday + timedelta(days=day, hours=8, minutes=37 * number, seconds=7 + number)
