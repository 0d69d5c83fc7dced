"""``sample_data`` against the generator, and its truth against a reader that knows only the files' text.

The reader below shares nothing with the package: csv, zoneinfo and brute force.
"""

from __future__ import annotations

import csv
import io
import json
from bisect import bisect_right
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cxkpi.demo.write import write

SAMPLE = Path(__file__).parents[2] / "sample_data"
TRUTH = Path(__file__).with_name("sample_truth.json")
LONDON = ZoneInfo("Europe/London")
MONTHS = [date(2026, month, 1) for month in range(1, 7)]
END = date(2026, 7, 1)
Row = dict[str, str]


@cache
def truth() -> dict[str, Any]:
    return dict(json.loads(TRUTH.read_text(encoding="utf-8")))


def rows(name: str, encoding: str = "utf-8", above: int = 0) -> list[Row]:
    lines = (SAMPLE / name).read_text(encoding=encoding).split("\n", above)[above]
    return list(csv.DictReader(io.StringIO(lines)))


def utc(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=LONDON).astimezone(UTC)


@cache
def contacts() -> tuple[list[dict[str, Any]], dict[str, dict[str, int]]]:
    """Accepted contacts, newest version of each, and the ledger of the ACD files."""
    newest: dict[str, dict[str, Any]] = {}
    ledger: dict[str, dict[str, int]] = {}
    for path in sorted(SAMPLE.glob("acd_*.csv")):
        count = {"records": 0, "accepted": 0, "superseded": 0, "rejected": 0, "skipped": 0, "blanked": 0}
        ledger[path.name] = count
        for row in rows(path.name, "utf-8-sig"):
            count["records"] += 1
            started = utc(row["Date"])
            try:
                ended = utc(row["End Date"])
            except ValueError:
                count["rejected"] += 1
                continue
            if ended < started:
                count["rejected"] += 1
                continue
            assert int(row["Duration"]) == (ended - started).total_seconds() * 1000
            count["blanked"] += row["Total Talk"] == "N/A"
            other = newest.get(row["Conversation ID"])
            count["superseded" if other else "accepted"] += 1
            if other is None or ended > other["ended"]:
                newest[row["Conversation ID"]] = contact(row, started, ended)
    return list(newest.values()), ledger


def contact(row: Row, started: datetime, ended: datetime) -> dict[str, Any]:
    inbound = row["Direction"] == "Inbound"
    number = row["ANI" if inbound else "DNIS"].removeprefix("tel:")
    parts = [row[f"Total {part}"] for part in ("Talk", "Hold", "ACW")]
    return {
        "id": row["Conversation ID"],
        "started": started,
        "ended": ended,
        "day": date.fromisoformat(row["End Date"][:10]),
        "inbound": inbound,
        "customer": "" if number == "anonymous" else number,
        "reason": row["Wrap-up"],
        "name": row["Users"].split(";")[-1].strip(),
        "handled": row["Abandoned"] == "NO" and row["Users"] != "",
        "handle_ms": None if "N/A" in parts else sum(map(int, parts)),
        "row": row,
    }


@cache
def people() -> tuple[dict[str, list[tuple[str, date, date]]], dict[str, str]]:
    """ACD names with the days on which they mean somebody, and QA logins."""
    names: dict[str, list[tuple[str, date, date]]] = defaultdict(list)
    logins = {}
    for row in rows("people.csv"):
        if row["system"] == "qa":
            logins[row["login"]] = row["agent_id"]
        else:
            since = date.fromisoformat(row["from"] or "0001-01-01")
            names[row["login"]].append((row["agent_id"], since, date.fromisoformat(row["to"] or "9999-12-31")))
    for row in roster():
        if row["Worker"] not in names:
            names[row["Worker"]].append((row["Employee ID"], date.min, date.max))
    return names, logins


def roster() -> list[Row]:
    return rows("roster.csv", above=5)


def agent(name: str, day: date) -> str:
    matches = [number for number, since, until in people()[0].get(name, []) if since <= day <= until]
    assert len(matches) <= 1
    return matches[0] if matches else ""


def month(day: date) -> date:
    return day.replace(day=1)


def back(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def windows() -> dict[str, tuple[date, date, int]]:
    found = {f"{m:%Y-%m}": (back(m, 11), back(m, -1), 12) for m in MONTHS}
    return {**found, "total": (back(END, 12), END, 12)}


def spells() -> list[tuple[str, date, date | None]]:
    joined: list[tuple[str, date, date | None]] = []
    parsed = [
        (row["Employee ID"], date.fromisoformat(row["Hire Date"]), row["Termination Date"] or None) for row in roster()
    ]
    for number, hired, left in sorted(parsed, key=lambda item: item[:2]):
        last = date.fromisoformat(left) if left else None
        if joined and joined[-1][0] == number and joined[-1][2] and (hired - joined[-1][2]).days <= 1:
            joined[-1] = (number, joined[-1][1], last)
        else:
            joined.append((number, hired, last))
    return joined


def same(cell: dict[str, Any], value: Fraction | None, n: int, numerator: Fraction | int) -> None:
    assert cell["n"] == n
    assert cell["numerator"] == pytest.approx(float(numerator), rel=1e-11)
    assert cell["value"] == (None if value is None else pytest.approx(float(value), rel=1e-11))


def exports(folder: Path) -> list[str]:
    """The files a report reads: the marker of the demo, hidden as it is, is none of them."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_regenerating_gives_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "again", truth=tmp_path / "truth.json")
    names = exports(SAMPLE)
    assert exports(tmp_path / "again") == names
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (SAMPLE / name).read_bytes(), name
    assert (tmp_path / "truth.json").read_bytes() == TRUTH.read_bytes()


def test_size() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) <= 12_500_000


def test_ledger_of_the_acd_files() -> None:
    ledger = contacts()[1]
    assert {name: count for name, count in truth()["files"].items() if name.startswith("acd_")} == ledger
    assert sum(count["accepted"] for count in ledger.values()) == 20_000
    for count in ledger.values():
        assert (count["superseded"], count["rejected"], count["blanked"]) == (3, 3, 2)


def test_ledger_of_the_other_files() -> None:
    files = truth()["files"]
    survey = rows("survey_responses.csv")
    off_scale = [row for row in survey[2:] if row["Q_CSAT"] == "9"]
    kept = [row for row in survey[2:] if row["Status"] == "0"]
    assert files["survey_responses.csv"]["records"] == len(survey)
    assert files["survey_responses.csv"]["rejected"] == len(off_scale) > 0
    assert files["survey_responses.csv"]["accepted"] == len(kept) - len(off_scale)
    known = {contact["id"] for contact in contacts()[0]}
    asked = [row["ContactId"] for row in kept]
    assert any(number not in known for number in asked), "a response to a contact nobody knows"
    assert len(set(asked)) < len(asked), "a contact answered twice"
    assert {row["Status"] for row in survey[2:]} == {"0", "1", "8"}
    scored = rows("evaluations.csv")
    assert files["evaluations.csv"]["skipped"] == sum(row["score"] == "N/A" for row in scored) > 0
    assert files["evaluations.csv"]["records"] == len(scored)
    cases = (SAMPLE / "salesforce_cases.csv").read_text(encoding="cp1252").splitlines()
    assert cases[-7:-4] == [f'"Grand Totals ({len(cases) - 8} records)"', "", '"Cases with Interactions"']
    assert files["salesforce_cases.csv"]["accepted"] == len(cases) - 8
    assert files["salesforce_cases.csv"]["skipped"] == 6
    assert files["roster.csv"]["accepted"] == len(roster())
    assert files["roster.csv"]["skipped"] == 5
    for name in ("moves.csv", "people.csv", "agent_status.csv"):
        assert files[name]["records"] == files[name]["accepted"] == len(rows(name))


def test_aht() -> None:
    for key, some in {**{f"{m:%Y-%m}": [m] for m in MONTHS}, "total": MONTHS}.items():
        handled = [c for c in contacts()[0] if c["handled"] and month(c["day"]) in some]
        known = [c["handle_ms"] for c in handled if c["handle_ms"] is not None]
        cell = truth()["kpis"]["aht"][key]
        same(cell, Fraction(sum(known), 1000 * len(known)), len(known), Fraction(sum(known), 1000))
        assert cell["missing"] == len(handled) - len(known)


def test_fcr() -> None:
    starts: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for c in contacts()[0]:
        starts[c["customer"], c["reason"]].append(c["started"])
    for times in starts.values():
        times.sort()
    through = max(c["ended"] for c in contacts()[0])
    window = timedelta(days=7)
    assert truth()["through"]["contacts"] == f"{through:%Y-%m-%dT%H:%M:%SZ}"
    for key, some in {**{f"{m:%Y-%m}": [m] for m in MONTHS}, "total": MONTHS}.items():
        n = resolved = immature = 0
        for c in contacts()[0]:
            if not (c["handled"] and c["inbound"] and c["customer"] and c["reason"]) or month(c["day"]) not in some:
                continue
            if c["ended"] + window > through:
                immature += 1
                continue
            times = starts[c["customer"], c["reason"]]
            after = bisect_right(times, c["ended"])
            n += 1
            resolved += after == len(times) or times[after] > c["ended"] + window
        cell = truth()["kpis"]["fcr"][key]
        same(cell, Fraction(resolved, n), n, resolved)
        assert cell["immature"] == immature


def test_every_edge_of_the_window_occurs() -> None:
    by_key: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for c in contacts()[0]:
        if c["customer"] and c["reason"]:
            by_key[c["customer"], c["reason"]].append(c)
    gaps = {
        int((later["started"] - first["ended"]).total_seconds())
        for same_key in by_key.values()
        for first in same_key
        for later in same_key
        if later["started"] > first["started"]
    }
    assert {0, 604_800, 604_801} <= gaps
    assert min(gaps) < 0, "a contact that starts while the one before is still on"


@pytest.mark.parametrize(("kpi", "column"), [("csat", "Q_CSAT"), ("ces", "Q_CES")])
def test_surveys(kpi: str, column: str) -> None:
    days = {c["id"]: c["day"] for c in contacts()[0]}
    scores: list[tuple[date, int]] = []
    for row in rows("survey_responses.csv")[2:]:
        text = row[column]
        if row["Status"] != "0" or text in ("", "-99") or not 1 <= int(text) <= (5 if kpi == "csat" else 7):
            continue
        day = days.get(row["ContactId"], date.fromisoformat(row["RecordedDate"][:10]))
        scores.append((month(day), int(text)))
    for key, some in {**{f"{m:%Y-%m}": [m] for m in MONTHS}, "total": MONTHS}.items():
        chosen = [score for when, score in scores if when in some]
        numerator = sum(score >= 4 for score in chosen) if kpi == "csat" else sum(chosen)
        same(truth()["kpis"][kpi][key], Fraction(numerator, len(chosen)), len(chosen), numerator)


def test_turnover() -> None:
    for key, (first, after, months) in windows().items():
        days = [first + timedelta(days=k) for k in range((after - first).days)]
        present = sum(hired <= day and (left is None or day <= left) for _, hired, left in spells() for day in days)
        leavers = sum(left is not None and first <= left < after for _, _, left in spells())
        mean = Fraction(present, len(days))
        cell = truth()["kpis"]["turnover"][key]
        assert cell["denominator"] == pytest.approx(float(mean), rel=1e-11)
        assert (cell["numerator"], cell["person_days"], cell["days"]) == (leavers, present, len(days))
        assert cell["value"] == pytest.approx(float(leavers / mean * Fraction(12, months)), rel=1e-11)


def test_speed_to_competency() -> None:
    weeks: dict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for c in contacts()[0]:
        if c["handled"] and c["handle_ms"] is not None:
            week = weeks[agent(c["name"], c["day"]), c["day"] - timedelta(days=c["day"].weekday())]
            week[0] += 1
            week[1] += c["handle_ms"]
    for row in rows("evaluations.csv"):
        if row["score"] != "N/A":
            day = date.fromisoformat(row["scored_at"][:10])
            week = weeks[people()[1][row["agent_id"]], day - timedelta(days=day.weekday())]
            week[2] += int(row["score"])
            week[3] += int(row["max_score"])
    good = {
        key
        for key, (n, ms, points, most) in weeks.items()
        if n >= 5 and Fraction(ms, 1000 * n) <= 420 and most and Fraction(points, most) >= Fraction(85, 100)
    }
    last_full = END - timedelta(days=END.weekday() + 7)

    def duration(number: str, hired: date, left: date | None) -> tuple[int, bool]:
        gone = left if left is not None and left < END else None
        mondays = [
            hired - timedelta(days=hired.weekday()) + timedelta(days=7 * k)
            for k in range(200)
            if hired - timedelta(days=hired.weekday()) + timedelta(days=7 * k) <= last_full
        ]
        for one, two, three in zip(mondays, mondays[1:], mondays[2:], strict=False):
            if {(number, one), (number, two), (number, three)} <= good:
                done = three + timedelta(days=7)
                if gone is not None and done > gone:
                    return (gone - hired).days, False
                return (done - hired).days, True
        run: date | None = None
        for monday in reversed(mondays):
            if (number, monday) not in good:
                break
            run = monday
        return (min(gone or END, max(run, hired) if run else END) - hired).days, False

    for key, (first, after, _) in windows().items():
        cohort = [duration(*spell) for spell in spells() if first <= spell[1] < after and spell[1] >= MONTHS[0]]
        survival, value = Fraction(1), None
        for reached in sorted({days for days, happened in cohort if happened}):
            at_risk = sum(days >= reached for days, _ in cohort)
            survival *= 1 - Fraction(sum(days == reached and happened for days, happened in cohort), at_risk)
            if survival <= Fraction(1, 2):
                value = Fraction(reached)
                break
        cell = truth()["kpis"]["speed_to_competency"][key]
        same(cell, value, len(cohort), sum(happened for _, happened in cohort))
        assert cell["censored"] == len(cohort) - cell["numerator"]


def test_as_of_is_the_end_of_the_last_day() -> None:
    last = max(utc(row["Interval End"]) for row in rows("agent_status.csv"))
    assert truth()["as_of"] == f"{last:%Y-%m-%dT%H:%M:%SZ}" == "2026-06-30T23:00:00Z"
    recorded = [utc(row["RecordedDate"]) for row in rows("survey_responses.csv")[2:]]
    scored = [utc(row["scored_at"]) for row in rows("evaluations.csv")]
    assert max(*recorded, *scored, *(c["ended"] for c in contacts()[0])) < last


def test_levels_are_those_of_a_real_centre() -> None:
    kpis = truth()["kpis"]
    assert 0.72 <= kpis["fcr"]["total"]["value"] <= 0.76
    assert 0.80 <= kpis["csat"]["total"]["value"] <= 0.84
    assert 5.2 <= kpis["ces"]["total"]["value"] <= 5.6
    assert 360 <= kpis["aht"]["total"]["value"] <= 380
    assert 0.34 <= kpis["turnover"]["2026-06"]["value"] <= 0.42
    assert 60 <= kpis["speed_to_competency"]["2026-06"]["value"] <= 80
    assert kpis["speed_to_competency"]["2026-06"]["n"] >= 30


def test_the_fourth_month_is_bad_and_the_queue_mix_moves() -> None:
    kpis = truth()["kpis"]
    others = [key for key in kpis["fcr"] if key not in ("2026-04", "total")]
    for kpi in ("fcr", "csat", "ces"):
        assert kpis[kpi]["2026-04"]["value"] < min(kpis[kpi][key]["value"] for key in others)
    abandoned: dict[date, list[bool]] = defaultdict(list)
    queues: dict[date, list[str]] = defaultdict(list)
    for c in contacts()[0]:
        abandoned[month(c["day"])].append(c["row"]["Abandoned"] == "YES")
        queues[month(c["day"])].append(c["row"]["Queue"].split(";")[0])
    share = {when: sum(values) / len(values) for when, values in abandoned.items()}
    assert share[MONTHS[3]] > 1.6 * max(value for when, value in share.items() if when != MONTHS[3])
    billing = [queues[m].count("Billing") / len(queues[m]) for m in MONTHS]
    technical = [queues[m].count("Technical") / len(queues[m]) for m in MONTHS]
    assert billing[0] > billing[-1] + 0.1
    assert technical[-1] > technical[0] + 0.1


def test_the_roster() -> None:
    listed = roster()
    assert len(listed) >= 150
    assert len({row["Location"] for row in listed}) == 3
    assert len({row["Supervisory Organization"] for row in listed}) == 8
    hired = [row["Hire Date"] for row in listed if row["Hire Date"] >= "2026-01-01"]
    assert len(hired) >= 35
    assert any(row["Termination Date"] > "2026-07-01" for row in listed), "somebody has given notice"
    assert len(spells()) < len(listed), "a spell goes on within a day"
    numbers = [number for number, _, _ in spells()]
    assert len(set(numbers)) < len(numbers), "somebody came back"
    places = {row["Employee ID"]: row["Supervisory Organization"] for row in listed}
    moved: dict[str, list[Row]] = defaultdict(list)
    for row in rows("moves.csv"):
        moved[row["agent_id"]].append(row)
    for number, changes in moved.items():
        assert changes[-1]["to_team"] == places[number]
        for before, later in pairwise(changes):
            assert before["to_team"] == later["from_team"]


def test_names() -> None:
    named = [(c["name"], c["day"]) for c in contacts()[0] if c["name"]]
    unknown = {name for name, day in named if not agent(name, day)}
    assert unknown == {"Agency Seat 7"}
    assert sum(len(numbers) == 2 for numbers in people()[0].values()) == 1, "one display name, two people"
    listed = {row["login"] for row in rows("people.csv") if row["system"] == "genesys_cloud"}
    left_out = {name for name, _ in named} - listed - unknown
    assert len(left_out) == 1
    assert [row["Worker"] for row in roster()].count(*left_out) == 1
    shared = next(name for name, numbers in people()[0].items() if len(numbers) == 2)
    assert len({agent(name, day) for name, day in named if name == shared}) == 2
