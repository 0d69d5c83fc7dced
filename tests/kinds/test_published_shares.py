"""The rival formulas of service level and abandonment, resolution and surveys, against published worked examples.

One catalogue holds them as metrics; an example gives its counts as that many contacts. Numbers of examples and
tolerances are those of the collection of definitions: published to whole per cents, to two digits, or exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from kinds.centre import ask, catalogue, utc
from kinds.test_formula import formula

QUEUED: Mapping[str, Any] = {"kind": "share", "from": "contacts"}
IN_TIME = "answered_at is not null and wait_s <= 20"


def share(meets: str, where: str | None = None) -> dict[str, Any]:
    return {**QUEUED, "meets": meets, **({} if where is None else {"where": where})}


# SL = (answered in time + n_B) / (answered + d_B), with abandons as success (n_B) and in the denominator (d_B) or not.
SERVICE_LEVELS = {
    "positive": share("wait_s <= 20"),
    "negative": share(IN_TIME),
    "answered_only": share("wait_s <= 20", "not abandoned"),
    "after_threshold": share(IN_TIME, "not abandoned or wait_s > 20"),
    "short_excluded": share(IN_TIME, "not abandoned or wait_s > 5"),
    "short_positive": share(f"({IN_TIME}) or wait_s <= 5"),
    # By those who publish them.
    "cisco_ignored": share(IN_TIME, "not abandoned or wait_s > 20"),
    "cisco_negative": share(IN_TIME),
    "cisco_positive": share("wait_s <= 20"),
    "genesys": share(IN_TIME, "not abandoned or wait_s >= 10"),
    # Whatever takes a contact out of the queue in time is a success: answer, hanging up, a call-back asked for.
    "amazon": share("least(wait_s, seconds(queued_at, callback_requested_at)) <= 20"),
    "talkdesk": share(IN_TIME, "not abandoned or wait_s > 5"),
    "with_flowouts": share(f"({IN_TIME}) and callback_requested_at is null"),
    "abandonment": share("abandoned"),
}


def calls(*groups: tuple[int, float, bool]) -> list[dict[str, Any]]:
    """So many contacts that waited so long, and were abandoned or not."""
    queued = utc("2026-01-05 09:00")
    rows = []
    for group, (count, wait, abandoned) in enumerate(groups):
        left = queued + timedelta(seconds=wait)
        contact = {
            "customer_id": None,
            "queued_at": queued,
            "started_at": queued,
            "ended_at": left,
            "wait_s": wait,
            "abandoned": abandoned,
            "answered_at": None if abandoned else left,
            "callback_requested_at": None,
        }
        rows += [{**contact, "contact_id": f"{group}-{number}"} for number in range(count)]
    return rows


def values(metrics: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {row.metric: row for row in ask(catalogue(metrics), {"contacts": rows})}


def test_g1_call_centre_helper():
    """1,000 answered, 860 of them in 20 s; 60 abandoned, 10 within 5 s, 10 more within 20 s, 40 after that."""
    rows = calls((860, 15, False), (140, 60, False), (10, 3, True), (10, 12, True), (40, 45, True))
    found = values(SERVICE_LEVELS, rows)
    published = {"positive": 83, "answered_only": 86, "negative": 81, "after_threshold": 83}
    assert {name: round(100 * found[name].value) for name in published} == published
    unrounded = {
        "positive": 83.0189,
        "answered_only": 86.0,
        "negative": 81.1321,
        "after_threshold": 82.6923,
        "short_positive": 82.0755,
        "short_excluded": 81.9048,
    }
    assert {name: round(100 * found[name].value, 4) for name in unrounded} == unrounded
    assert found["negative"].n == 1060
    assert found["talkdesk"].value == found["short_excluded"].value


def test_g1_amazon_counts_a_call_back_asked_for():
    """A contact that asked for a call-back after 10 s and was called after an hour left the queue in time."""
    rows = calls((860, 15, False), (140, 60, False), (20, 12, True), (40, 45, True), (1, 3600, False))
    rows[-1]["callback_requested_at"] = rows[-1]["queued_at"] + timedelta(seconds=10)
    found = values(SERVICE_LEVELS, rows)
    assert (found["amazon"].numerator, found["amazon"].n) == (881, 1061)
    assert (found["positive"].numerator, found["positive"].n) == (880, 1061)


def test_g2_cisco():
    """Service-level calls 70, abandoned within it 10, offered 100: ignored 77.78 %, negative 70 %, positive 80 %."""
    found = values(SERVICE_LEVELS, calls((70, 10, False), (10, 10, True), (20, 90, False)))
    shares = {
        name: (found[name].numerator, found[name].n) for name in ("cisco_ignored", "cisco_negative", "cisco_positive")
    }
    assert shares == {"cisco_ignored": (70, 90), "cisco_negative": (70, 100), "cisco_positive": (80, 100)}


def test_g2b_cisco():
    """50 answered in 30 s, 80 later: 38 %."""
    found = values({"sl": share("wait_s < 30")}, calls((50, 29.9, False), (80, 30, False)))
    assert round(100 * found["sl"].value) == 38
    assert (found["sl"].numerator, found["sl"].n) == (50, 130)


def test_g3_genesys():
    """400 calls, 200 in time and 100 later, 50 abandoned within 10 s and 50 after: 57.14 %."""
    found = values(SERVICE_LEVELS, calls((200, 15, False), (100, 40, False), (50, 4, True), (50, 30, True)))
    assert round(100 * found["genesys"].value, 2) == 57.14
    assert (found["genesys"].numerator, found["genesys"].n) == (200, 350)


def test_g3b_investopedia():
    """1,000 calls, 40 abandoned: exactly 4 %."""
    found = values(SERVICE_LEVELS, calls((960, 15, False), (40, 60, True)))
    assert found["abandonment"].value == 0.04


def test_improves_when_callers_hang_up():
    """Published as a pitfall: positive rises with every caller who gives up early, negative falls."""
    before, after = calls((80, 10, False), (20, 60, False)), calls((80, 10, False), (20, 60, False), (20, 5, True))
    earlier, later = values(SERVICE_LEVELS, before), values(SERVICE_LEVELS, after)
    assert later["positive"].value > earlier["positive"].value == earlier["negative"].value > later["negative"].value


# ------------------------------------------------------------------------------------------------- resolution


def plain(count: int, **columns: Any) -> list[dict[str, Any]]:
    when = utc("2026-01-05 09:00")
    return [{"contact_id": f"{at}{sorted(columns.items())}", "ended_at": when, **columns} for at in range(count)]


def test_g5_sqm():
    """280 of 400 surveyed said it was resolved on the first call: 70 %; Wilson 65.34 to 74.28."""
    rows = [*plain(280, resolved=True), *plain(120, resolved=False)]
    row = values({"fcr": share("resolved")}, rows)["fcr"]
    assert row.value == 0.7
    assert (round(100 * row.low, 2), round(100 * row.high, 2)) == (65.34, 74.28)


def test_g7_gross_and_net():
    """MetricNet: 600 of 1,000 resolved, 200 not resolvable at level one: gross 60 %, net 75 %."""
    rows = [
        *plain(600, resolved=True, resolvable=True),
        *plain(200, resolved=False, resolvable=True),
        *plain(200, resolved=False, resolvable=False),
    ]
    found = values({"gross": share("resolved"), "net": share("resolved", "resolvable")}, rows)
    assert (found["gross"].value, found["net"].value) == (0.6, 0.75)


def test_g15_transfers():
    """150 of 2,000 handled were transferred (7.5 %), and of 1,000 (15 %)."""
    for handled, wanted in ((2000, 0.075), (1000, 0.15)):
        rows = [*plain(150, transfers=2), *plain(handled - 150, transfers=0)]
        assert values({"rate": share("transfers > 0")}, rows)["rate"].value == wanted


# ------------------------------------------------------------------------------------------------- surveys


def answers(scores: Mapping[float | None, int], question: str = "csat") -> dict[str, list[dict[str, Any]]]:
    """So many answers of each score, over invitations of one morning; None is a question left out."""
    when = utc("2026-01-05 09:00")
    given = [score for score, count in scores.items() for _ in range(count)]
    invited = [{"invitation_id": str(at), "sent_at": when, "responded_at": when} for at in range(len(given))]
    replies = [{"invitation_id": str(at), "question": question, "score": score} for at, score in enumerate(given)]
    return {"invitations": invited, "answers": replies}


def survey(metrics: Mapping[str, Any], scores: Mapping[float | None, int]) -> dict[str, Any]:
    return {row.metric: row for row in ask(catalogue(metrics), answers(scores))}


def of(kind: str, **keys: Any) -> dict[str, Any]:
    return {"kind": kind, "from": "answers", "where": "question = 'csat'", **keys}


CSAT = {
    "top_two": of("share", meets="score >= 4"),
    "top_box": of("share", meets="score >= 5"),
    "bottom_two": of("share", meets="score <= 2"),
    "mean": of("mean", value="score", unit="points"),
}


def test_g20_intercom():
    """Ratings 5 to 1: 10, 20, 10, 5, 5. Top two 60 %; top box and bottom two 20 %, mean 3.5; Wilson 46.18 to 72.39."""
    found = survey(CSAT, {5.0: 10, 4.0: 20, 3.0: 10, 2.0: 5, 1.0: 5})
    assert {name: row.value for name, row in found.items()} == {
        "top_two": 0.6, "top_box": 0.2, "bottom_two": 0.2, "mean": 3.5}  # fmt: skip
    assert (round(100 * found["top_two"].low, 2), round(100 * found["top_two"].high, 2)) == (46.18, 72.39)
    # SD 1.2164 is that of a sample: the half-width is t(49) SD / √50.
    half = (found["mean"].high - found["mean"].low) / 2
    assert round(half / 2.0095752371292397 * math.sqrt(50), 4) == 1.2164


def test_g20b_assembled():
    """8 good, 2 bad; what was not rated does not count."""
    row = survey({"good": of("share", meets="score = 1")}, {1.0: 8, 0.0: 2, None: 5})["good"]
    assert (row.value, row.n, row.missing) == (0.8, 10, 5)


def test_g20c_youropinion():
    """60 of 100 rated 4 or 5."""
    assert survey(CSAT, {5.0: 25, 4.0: 35, 3.0: 40})["top_two"].value == 0.6


NPS = {"nps": of("net", **{"for": "score >= 9", "against": "score <= 6"})}


def test_g21_whuber():
    """162 promoters, 108 passives, 54 detractors: 33.3, standard error 4.1 points, half a 95 % interval 8.116."""
    row = survey(NPS, {10.0: 162, 7.0: 108, 3.0: 54})["nps"]
    assert row.value == pytest.approx(100 / 3, abs=1e-9)
    assert round((row.high - row.low) / 2, 3) == 8.116
    assert round((row.high - row.low) / 2 / 1.959963984540054, 4) == 4.1409


@pytest.mark.parametrize(
    ("scores", "wanted"), [({9.0: 25, 8.0: 55, 0.0: 20}, 5.0), ({10.0: 50, 7.0: 30, 6.0: 20}, 30.0)]
)
def test_g21b_zenefits_and_thrivesparrow(scores, wanted):
    assert survey(NPS, scores)["nps"].value == wanted


def test_g21c_decagon():
    """100 answers on a scale of seven add up to 540: 5.4."""
    row = survey({"ces": of("mean", value="score", unit="points")}, {7.0: 40, 5.0: 40, 3.0: 20})["ces"]
    assert (row.numerator, row.value) == (540.0, 5.4)


def test_a_mean_of_scores_and_its_complement_by_formula():
    """The share of dissatisfied answers where only the satisfied are defined."""
    found = survey({**CSAT, "others": formula("1 - top_two")}, {5.0: 10, 4.0: 20, 3.0: 10, 2.0: 5, 1.0: 5})
    assert found["others"].value == pytest.approx(0.4, abs=1e-12)
