"""Targets by queue and date, dated definitions, overlays and withheld cells, as ``cxkpi report`` shows them."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[2] / "sample_data"


@pytest.fixture
def mine(tmp_path):
    """Write a catalogue over the shipped one and return its path."""

    def write(metrics: str, more: str = "") -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(f"cxkpi: 1\nextends: cxkpi\n{more}metrics:\n{metrics}\n", encoding="utf-8")
        return path

    return write


def rows(ran: Any) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["results"]


def test_every_row_shows_the_target_it_was_judged_by(run, mine):
    path = mine(
        "  aht:\n    targets:\n      - {from: 2026-06-01, target: 7m}\n"
        "      - {when: {queue: Technical}, until: 2026-06-01, target: 90s, alarm: 100s}"
    )
    asked = ("report", SAMPLE, "-c", path, "-m", "aht", "--by", "queue", "--last", "2")
    found = {
        (row["by"].get("queue"), row["period"]["start"]): (row["target"], row["alarm"], row["status"])
        for row in rows(run(*asked, "-f", "json"))
        if row["period"]["complete"]
    }
    assert {key: value[:2] for key, value in found.items() if key[0] in (None, "Technical")} == {
        (None, "2026-05-01"): (360.0, 480.0),
        (None, "2026-06-01"): (420.0, 480.0),
        ("Technical", "2026-05-01"): (90.0, 100.0),
        ("Technical", "2026-06-01"): (420.0, 480.0),
    }


def test_a_gate_fails_on_the_target_of_a_queue_alone(run, mine):
    path = mine("  talk_time: {better: lower, target: 1h, targets: [{when: {queue: Orders}, target: 10s}]}")
    whole = run("report", SAMPLE, "-c", path, "-m", "talk_time", "--last", "2", "--fail-on", "missed")
    assert whole.code == 0
    cut = run("report", SAMPLE, "-c", path, "-m", "talk_time", "--last", "2", "--by", "queue", "--fail-on", "missed")
    assert cut.code == 1
    assert "--fail-on missed: talk_time: queue Orders missed the target in June 2026" in cut.err
    (line,) = [line for line in cut.out.splitlines() if line.strip().startswith("Orders")]
    assert "✗" in line
    assert "≤ 0:10" in line


VERSION = "  talk_time: {{versions: [{{since: {since}, value: talk_s + hold_s}}]}}"


def test_a_change_of_definition_is_said_and_is_no_change_of_the_figure(run, mine):
    path = mine(VERSION.format(since="2026-05-16"))
    asked = ("report", SAMPLE, "-c", path, "-m", "talk_time", "--last", "3")
    april, may, june = [row for row in rows(run(*asked, "-f", "json")) if row["period"]["complete"]]
    assert may["notes"] == ["mixes definitions: changed on 2026-05-16"]
    assert (may["change"], june["change"]) == (None, None)
    assert may["definition"] == june["definition"] != april["definition"]
    plain = rows(run("report", SAMPLE, "-m", "talk_time", "--last", "3", "-f", "json"))
    before, _, after = (row for row in plain if row["period"]["complete"])
    assert april == before
    assert after["value"] != june["value"]
    assert "May 2026 mixes two definitions, changed on 2026-05-16" in run(*asked).out
    path = mine(VERSION.format(since="2026-05-01"))
    said = run("report", SAMPLE, "-c", path, "-m", "talk_time", "--last", "3").out
    assert "defined otherwise before May 2026." in said
    assert "mixes" not in said


def test_what_is_withheld_is_in_no_output(run, mine):
    path = mine("  csat: {protects: agent_id, min_group: 20}")
    asked = ("report", SAMPLE, "-c", path, "-m", "csat", "--by", "team", "--last", "1")
    found = rows(run(*asked, "-f", "json"))
    hidden = [row for row in found if row["reason"] == "withheld"]
    assert {row["by"]["team"] for row in hidden} >= {"Leeds Ash", "Cardiff Maple"}
    for row in hidden:
        assert (row["n"], row["immature"], row["missing"]) == (0, 0, 0)
        told = (
            "value",
            "low",
            "high",
            "confidence",
            "bounds",
            "numerator",
            "denominator",
            "censored",
            "status",
            "change",
        )
        assert [row[name] for name in told] == [None] * len(told)
        assert row["notes"] == []
    ran = run(*asked, "-f", "csv")
    cells = {row["by_team"]: row for row in csv.DictReader(ran.out.splitlines()) if row["by_team"]}
    assert (cells["Leeds Ash"]["value"], cells["Leeds Ash"]["n"]) == ("", "0")
    table = run(*asked).out
    (line,) = [line for line in table.splitlines() if line.strip().startswith("Leeds Ash")]
    assert line.split()[2:] in (["withheld", "≥", "85.0", "%"], ["withheld", "withheld", "≥", "85.0", "%"])
    assert "withheld: too few people to show" in table
    gate = run(*asked, "--fail-on", "missed")
    assert "Leeds" not in gate.err


def test_a_selection_of_few_is_withheld_too(run, mine):
    path = mine("  csat: {protects: agent_id, min_group: 20}")
    found = rows(
        run("report", SAMPLE, "-c", path, "-m", "csat", "--only", "team=Leeds Ash", "--last", "1", "-f", "json")
    )
    assert {row["reason"] for row in found} == {"withheld"}


def test_a_band_with_alarms_on_both_sides(run, mine):
    path = mine("  talk_time: {better: inside, target: [1s, 2s], alarm: [0.5s, 2m]}")
    (row,) = rows(run("report", SAMPLE, "-c", path, "-m", "talk_time", "--every", "all", "--until", "2026-06-30",
                      "--compare", "none", "-f", "json"))  # fmt: skip
    assert (row["target"], row["alarm"]) == ([1.0, 2.0], [0.5, 120.0])
    ran = run("report", SAMPLE, "-c", path, "-m", "talk_time", "--last", "1", "-f", "csv")
    newest = [row for row in csv.DictReader(ran.out.splitlines()) if row["status"]][-1]
    assert (newest["target"], newest["alarm"], newest["status"]) == ("1.0..2.0", "0.5..120.0", "alarm")


def test_what_is_wrong_with_an_overlay_or_its_base_stops_the_report(run, mine, tmp_path):
    path = mine("  aht: {target: soon}")
    ran = run("report", SAMPLE, "-c", path)
    assert (ran.code, ran.out) == (5, "")
    assert f"{path}:4:17: error[C107]: 'soon' is not a quantity" in ran.err
    path = mine("  fcr: null")
    ran = run("report", SAMPLE, "-c", path)
    assert ran.code == 5
    assert f"error[C201]: no metric 'fcr': it is taken away at {path}:4:3" in ran.err
    assert "cxkpi:metrics.yaml:" in ran.err
    missing = tmp_path / "other.yaml"
    missing.write_text("cxkpi: 1\nextends: nowhere.yaml\n", encoding="utf-8")
    ran = run("report", SAMPLE, "-c", missing)
    assert ran.code == 5
    assert f"{missing}:2:10: error[C211]: the catalogue 'nowhere.yaml' that this extends cannot be read" in ran.err
