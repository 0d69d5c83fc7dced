"""Questions a person may ask, and what must not come out of them without a word."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import cxkpi
from cxkpi.errors import InputError, UsageError
from cxkpi.measurement.computing.needs import by_lack

SAMPLE = Path(__file__).parents[2] / "sample_data"
ACD = sorted(SAMPLE.glob("acd_*.csv"))
CONTACTS = (
    "contact_id,customer_id,reason,direction,queue,abandoned,started_at,answered_at,ended_at,talk_s,hold_s,wrap_s\n"
)


def plain(folder: Path, days: list[str], **other: str) -> Path:
    """A file of contacts in the plain layout, one a day."""
    rows = [
        f"c{number},u{number},bill,inbound,Billing,false,{day} 09:00:00,{day} 09:00:10,{day} 09:05:00,100,0,20"
        for number, day in enumerate(days)
    ]
    file = folder / "contacts.csv"
    file.write_text(CONTACTS + "\n".join(rows) + "\n", encoding="utf-8")
    return file


def many_days(until: date, count: int) -> list[str]:
    return [str(date.fromordinal(until.toordinal() - number % 80)) for number in range(count)]


def test_one_row_dated_far_ahead_does_not_move_the_present(tmp_path):
    file = plain(tmp_path, [*many_days(date(2026, 6, 30), 1500), "2036-06-30"])
    result = cxkpi.measure([file], metrics=["aht"])
    assert result.as_of.date() == date(2026, 6, 30)
    assert result.rows[-1].period.start == date(2026, 6, 1)
    assert sum(row.n for row in result.rows) == 1500
    assert any("2036-06-30" in note for note in result.notes)


def test_one_wrong_year_among_a_few_hundred(tmp_path):
    file = plain(tmp_path, [*many_days(date(2026, 6, 30), 300), "2062-01-05"])
    result = cxkpi.measure([file], metrics=["aht"])
    assert result.rows[-1].period.start == date(2026, 6, 1)
    assert any("2062-01-05" in note for note in result.notes)


def test_nothing_accepted_is_unusable_input(tmp_path):
    file = plain(tmp_path, [])
    with pytest.raises(InputError, match="no record could be used"):
        cxkpi.measure([file])
    file.write_text(CONTACTS + "c1,u1,bill,inbound,Billing,false,x,x,garbage,1,0,1\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"contacts.csv:2"):
        cxkpi.measure([file])


def test_an_empty_file_beside_good_ones_is_said(tmp_path):
    plain(tmp_path, ["2026-01-05"])
    (tmp_path / "moves.csv").write_text("agent_id,moved_on,from_team,to_team\n", encoding="utf-8")
    result = cxkpi.measure([tmp_path], metrics=["aht"])
    assert "moves.csv holds no records" in result.notes


def test_a_team_read_as_it_is_now_is_said():
    by_team = cxkpi.measure([SAMPLE], metrics=["aht"], by=["team"], every="all")
    assert any("before a move" in note for note in by_team.notes)
    without = cxkpi.measure([SAMPLE / "roster.csv"], metrics=["headcount"], by=["team"], every="all")
    assert any("no file gives moves" in note for note in without.notes)
    assert not any("move" in note for note in cxkpi.measure([SAMPLE], metrics=["aht"], by=["queue"]).notes)


def test_named_as_of_reads_on_to_it(tmp_path):
    file = plain(tmp_path, [*many_days(date(2026, 6, 30), 1500), "2036-06-30"])
    result = cxkpi.measure([file], metrics=["aht"], as_of="2036-12-31", every="all")
    assert sum(row.n for row in result.rows) == 1501


def test_a_pause_of_months_is_not_a_wrong_date(tmp_path):
    file = plain(tmp_path, ["2026-01-05", "2026-01-06", "2026-06-01", "2026-06-02"])
    result = cxkpi.measure([file], metrics=["aht"], every="all")
    assert result.rows[0].n == 4


def test_a_roster_alone_does_not_take_notices_for_leavers(tmp_path):
    roster = tmp_path / "agents.csv"
    spells = ["a1,2025-01-01,2025-06-30", "a2,2025-01-01,", "a3,2026-03-10,2026-09-30"]
    roster.write_text("\n".join(["agent_id,hired_on,left_on", *spells]) + "\n", encoding="utf-8")
    result = cxkpi.measure([roster], metrics=["turnover", "headcount"])
    assert result.as_of.date() == date(2026, 3, 11)  # midnight in London, which is UTC in March
    assert {row.period.start for row in result.rows if row.metric == "turnover"} >= {date(2026, 3, 1)}
    assert any("--as-of" in note for note in result.notes)


def test_turnover_is_not_judged_where_the_roster_does_not_reach(tmp_path):
    result = cxkpi.measure([SAMPLE / "roster.csv"], metrics=["turnover"], since="2023-01-01", as_of="2026-06-30")
    early = [row for row in result.rows if row.period.start < date(2025, 1, 1)]
    assert early
    assert all(row.status is None and row.reason in ("partial", "empty") for row in early)
    assert all("first leaver" in row.notes[-1] for row in early if row.value is not None)
    assert result.rows[-1].status == "missed"


def test_no_change_from_before_the_first_record(tmp_path):
    file = plain(tmp_path, ["2026-01-05", "2026-02-05", "2026-02-06", "2026-03-31"])
    result = cxkpi.measure([file], metrics=["contacts_handled"])
    changes = {row.period.start.month: row.change for row in result.rows}
    assert changes[1] is None
    assert changes[2] is not None
    assert changes[2].difference == 1


@pytest.mark.parametrize("dimension", ["hour", "weekday"])
def test_hour_and_weekday_of_a_time_behind_a_look_up(dimension):
    result = cxkpi.measure([SAMPLE], metrics=["csat"], by=[dimension], every="all")
    parts = [row for row in result.rows if row.by]
    assert sum(row.n for row in parts) == result.rows[0].n
    assert len(parts) > 5


def test_only_with_a_guard_that_lacks_the_dimension():
    result = cxkpi.measure(ACD, metrics=["aht"], only={"hour": ["9"]}, every="all")
    whole = cxkpi.measure(ACD, metrics=["aht"], every="all")
    assert 0 < result.rows[0].n < whole.rows[0].n


def test_only_by_an_unknown_dimension_is_refused():
    with pytest.raises(UsageError, match=r"U032.*nope"):
        cxkpi.measure(ACD, metrics=["aht"], only={"nope": ["1"]})


def test_only_with_a_value_nobody_has_is_said():
    result = cxkpi.measure(ACD, metrics=["aht"], only={"queue": ["Tecnical"]})
    assert any("'Tecnical'" in note and "'Technical'" in note for note in result.notes)


def test_a_named_metric_without_its_table_fails_and_others_stand():
    result = cxkpi.measure(ACD, metrics=["aht", "csat"])
    assert {row.metric for row in result.rows} == {"aht"}
    (problem,) = result.absent
    assert "csat" in problem.message
    with pytest.raises(InputError, match="csat"):
        cxkpi.measure(ACD, metrics=["csat"])


def test_a_default_metric_without_its_table_is_a_note():
    result = cxkpi.measure(ACD)
    assert result.absent == ()
    assert [note for note in result.notes if "left out: no file" in note] == [
        "csat and ces are left out: no file gives answers (one answered question)",
        "turnover and speed_to_competency are left out: no file gives agents (one spell of employment)",
    ]


def test_what_is_lacking_is_said_once_with_all_it_stops():
    said = by_lack(
        {
            "fcr": "no file gives contacts.direction, contacts.reason",
            "csat": "no file gives answers (one answered question)",
            "aht": "no file gives contacts.direction, contacts.wrap_s",
            "at_goal": "it reads csat, and no file gives answers (one answered question)",
            "other": "contacts has no queue, by which --only selects",
        }
    )
    assert said == (
        (("fcr", "aht"), "no file gives contacts.direction"),
        (("fcr",), "no file gives contacts.reason"),
        (("csat", "at_goal"), "no file gives answers (one answered question)"),
        (("aht",), "no file gives contacts.wrap_s"),
        (("other",), "contacts has no queue, by which --only selects"),
    )
    alone = {"at_goal": "it reads csat, and no file gives answers (one answered question)"}
    assert by_lack(alone) == ((("at_goal",), alone["at_goal"]),)


def test_the_hint_is_said_once(tmp_path):
    (tmp_path / "contacts.csv").write_text("contact_id,started_at,queue\n1,2026-06-01T10:00:00Z,Sales\n")
    with pytest.raises(InputError) as caught:
        cxkpi.measure(tmp_path, metrics=["fcr", "aht", "csat", "ces"])
    problems = [one for one in caught.value.problems if one.code == "I010"]
    assert [one.hint is None for one in problems] == [True] * (len(problems) - 1) + [False]
    assert any(one.message.startswith("csat and ces cannot be computed: ") for one in problems)


def test_single_names_are_taken_where_several_are():
    result = cxkpi.measure(str(SAMPLE), metrics="aht", by="queue", since="2026-05-01", as_of=date(2026, 6, 30))
    assert {row.metric for row in result.rows} == {"aht"}
    assert {tuple(row.by) for row in result.rows} == {(), ("queue",)}
    with pytest.raises(TypeError):
        result.rows[0].by["queue"] = "x"


@pytest.mark.parametrize(
    "question",
    [
        {"every": "fortnight"},
        {"compare": "never"},
        {"last": 0},
        {"last": -1},
        {"since": "5 May"},
        {"since": date(1, 1, 1)},
        {"until": date(9999, 12, 31)},
        {"as_of": "9999-12-31"},
        {"as_of": "0001-01-01"},
        {"as_of": "yesterday"},
        {"since": "2026-05-01", "until": "2026-04-01"},
        {"metrics": ["AHTT"]},
        {"by": ["nope"]},
    ],
    ids=str,
)
def test_what_cannot_be_asked(question):
    with pytest.raises(UsageError) as refused:
        cxkpi.measure(ACD, **{"metrics": ["aht"], **question})
    assert str(refused.value)


def test_no_path():
    with pytest.raises(UsageError):
        cxkpi.measure([])


def test_a_metric_in_capitals_is_guessed():
    with pytest.raises(UsageError, match="Did you mean 'aht'"):
        cxkpi.measure(ACD, metrics=["AHT"])


def test_counts_of_a_ratio_are_whole():
    rows = cxkpi.measure(ACD, metrics=["aht"], every="all").rows
    assert isinstance(rows[0].denominator, int)
    assert isinstance(rows[0].numerator, float)


def test_why_nothing_is_there_is_said(tmp_path):
    file = plain(tmp_path, ["2026-01-05", "2026-01-06"])
    file.write_text(file.read_text(encoding="utf-8").replace(",100,", ",oops,"), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        cxkpi.measure([file], metrics=["talk_time"])
    assert "talk_s" in str(refused.value)
    assert any(problem.severity == "note" and "oops" in problem.message for problem in refused.value.problems)


def test_a_rule_over_what_no_agent_has_is_refused(tmp_path):
    shipped = (SAMPLE.parent / "metrics.yaml").read_text(encoding="utf-8")
    ruled = shipped.replace("metrics: [aht, qa_score]", "metrics: [aht, abandonment]")
    ruled = ruled.replace("aht <= 420 and qa_score >= 0.85", "aht <= 420 and abandonment <= 0.05")
    before, _, after = ruled.partition("      - name: one who got there at once")
    catalogue = tmp_path / "mine.yaml"
    ruled = before.rpartition("    examples:")[0].replace("examples: required", "examples: optional")
    catalogue.write_text(ruled, encoding="utf-8")
    assert after
    result = cxkpi.measure([SAMPLE], metrics=["speed_to_competency"], catalogue=catalogue)
    assert {(row.value, row.reason) for row in result.rows} == {(None, "refused")}
