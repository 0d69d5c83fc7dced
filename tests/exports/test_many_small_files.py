"""Small files of one kind are put together before anything is asked of their rows; that changes nothing."""

from __future__ import annotations

import pytest

from cxkpi.exports.joining import stitching

from .acd import export, row
from .conftest import Became, Load

PEOPLE = "agent_id,system,login,from,to\n7,genesys_cloud,Una Kaur,,\n"


def daily() -> dict[str, str]:
    """A call a day, each export with the last call of the day before, once in a newer version and once in an equal."""
    files = {"people.csv": PEOPLE}
    for day in range(1, 13):
        began = {"date": f"2026-01-{day:02d} 09:00:00"}
        files[f"acd_{day:02d}.csv"] = export(
            row(conversation_id=f"c{day - 1}", total_acw="10000", end_date=f"2026-01-{day:02d} 09:06:00", **began),
            row(
                conversation_id=f"c{day}", users="Una Kaur", end_date=f"2026-01-{day:02d} 09:0{5 + day % 2}:00", **began
            ),
            row(
                conversation_id=f"c{day}",
                users="Una Kaur",
                end_date="" if day == 5 else f"2026-01-{day:02d} 09:07:00",
                **began,
            ),
        )
    return files


def seen(became: Became) -> tuple[object, ...]:
    found = became.loaded
    frame = became.frame("contacts").sort("contact_id", "file", "line")
    return frame.rows(), found.files, found.rejects, found.notes, found.findings, found.stored["contacts"].supplied


def test_files_put_together_give_what_they_give_one_by_one(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    together = loaded(daily())
    assert len(together.loaded.stored["contacts"].files) == 1
    monkeypatch.setattr(stitching, "_ROWS_TOGETHER", 0)
    alone = loaded(daily())
    assert len(alone.loaded.stored["contacts"].files) == 12
    assert seen(together) == seen(alone)
    assert any(entry.superseded for entry in together.loaded.files)
